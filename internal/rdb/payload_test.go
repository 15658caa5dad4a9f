package rdb

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFunctions exchanges libraries with a real server.
func TestFunctions(t *testing.T) {
	j := newJudge(t)
	codes, err := Functions([]byte(j.c.Do("FUNCTION", "DUMP").Str))
	require.NoError(t, err)
	require.Empty(t, codes)

	var w Writer
	code := "#!lua name=lib\n" + strings.Repeat("-- a comment\n", 20) + "redis.register_function('f', function() return 1 end)"
	require.Equal(t, "lib", j.c.Do("FUNCTION", "LOAD", code).Str)
	dump := j.c.Do("FUNCTION", "DUMP").Str
	codes, err = Functions([]byte(dump))
	require.NoError(t, err)
	require.Equal(t, []string{code}, codes)
	require.Equal(t, dump, string(w.AppendFunctions(nil, codes)))

	second := strings.ReplaceAll(strings.ReplaceAll(code, "=lib", "=second"), "'f'", "'g'")
	ours := w.AppendFunctions(nil, []string{code, second})
	require.Equal(t, "OK", j.c.Do("FUNCTION", "RESTORE", string(ours), "FLUSH").Str)
	codes, err = Functions([]byte(j.c.Do("FUNCTION", "DUMP").Str))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{code, second}, codes)

	for _, bad := range [][]byte{nil, ours[:len(ours)-1], []byte("something else")} {
		_, err = Functions(bad)
		require.ErrorIs(t, err, ErrPayload)
	}
	_, err = Functions(payload(TypeString, str("value")))
	require.EqualError(t, err, "rdb: a payload of functions at offset 0: no library of functions")
	require.ErrorIs(t, err, ErrNotFunctions)
	codes, err = Functions(seal(append(new(Writer).AppendString([]byte{opFunction2}, code), opFunctionPre, 0), 0, VersionPlain))
	require.ErrorIs(t, err, ErrOldFunctions)
	require.Equal(t, []string{code}, codes, "what came before")
	_, err = Functions(seal([]byte{opFunction2, 5, 'x'}, 0, VersionPlain))
	require.EqualError(t, err, "rdb: truncated at offset 3: unexpected EOF")
}

func TestIsPlain(t *testing.T) {
	require.True(t, IsPlain(string(payload(TypeStream2, make([]byte, 10)))))
	require.False(t, IsPlain(string(payload(TypeStream3, make([]byte, 10)))))
	require.True(t, IsPlain(string(seal(join(TypeString, str("v")), 0, VersionPlain))))
	require.False(t, IsPlain(string(seal(join(TypeString, str("v")), 0, VersionPlain+1))))
}

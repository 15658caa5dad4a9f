package acl

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLog(t *testing.T) {
	var l Log
	e := Entry{Reason: DeniedKey, Object: "k", User: "u", Client: "1"}
	l.Add(e, 1000, 10)
	e.Client = "2"
	l.Add(e, 61_000, 10) // within a minute
	require.Equal(t, []Entry{{ID: 0, Count: 2, Reason: DeniedKey, Object: "k", User: "u", Client: "2", Created: 1000, Updated: 61_000}}, l.Latest(10))
	for i, other := range []Entry{
		{Reason: DeniedCommand, Object: "k", User: "u"},
		{Reason: DeniedKey, Context: Lua, Object: "k", User: "u"},
		{Reason: DeniedKey, Object: "l", User: "u"},
		{Reason: DeniedKey, Object: "k", User: "v"},
	} {
		l.Add(other, 62_000, 10)
		require.Len(t, l.Latest(10), i+2)
	}
	l.Add(e, 121_000, 10)
	require.Len(t, l.Latest(10), 5)
	require.Equal(t, int64(3), l.Latest(1)[0].Count)
	l.Add(e, 181_001, 10) // more than a minute later
	require.Len(t, l.Latest(10), 6)
	require.Equal(t, int64(5), l.Latest(1)[0].ID)
	require.Empty(t, l.Latest(-1))
	l.trim(2)
	require.Len(t, l.Latest(10), 2)
	l.Reset()
	require.Empty(t, l.Latest(10))
	l.Add(e, 0, 10)
	require.Equal(t, int64(6), l.Latest(1)[0].ID)
	l.Add(e, 0, 0) // is not new
	require.Len(t, l.Latest(10), 1)
	l.Add(Entry{}, 0, 0)
	require.Empty(t, l.Latest(10))
}

// TestLogLooksBackSoFar adds what is the same as an entry that is too far back to be found.
func TestLogLooksBackSoFar(t *testing.T) {
	var l Log
	for i := range latest + 1 {
		l.Add(Entry{Object: strconv.Itoa(i)}, 0, 100)
	}
	l.Add(Entry{Object: "1"}, 0, 100)
	require.Len(t, l.Latest(100), latest+1)
	l.Add(Entry{Object: "0"}, 0, 100)
	require.Len(t, l.Latest(100), latest+2)
}

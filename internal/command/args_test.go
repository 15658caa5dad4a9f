package command

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIs(t *testing.T) {
	for _, arg := range []string{"keepttl", "KEEPTTL", "KeepTtl", "keepttl\x00", "keepttl\x00x"} {
		require.True(t, is(arg, "keepttl"), "%q", arg)
	}
	// The Kelvin sign folds to k in Unicode, but not in C.
	for _, arg := range []string{"", "keepttlx", "keeptt", "\x00keepttl", "\u212aeepttl", "keepttl "} {
		require.False(t, is(arg, "keepttl"), "%q", arg)
	}
}

func TestSameOptionTwice(t *testing.T) {
	o, err := parseStringOptions([]string{"EX", "1", "nx", "ex", "2", "NX", "get", "GET"}, ^option(0))
	require.NoError(t, err)
	require.Equal(t, stringOptions{compare: optNX, expire: optEX, time: "2", get: true}, o)
	o, err = parseStringOptions([]string{"IFEQ", "a", "ifeq", "nx"}, ^option(0))
	require.NoError(t, err)
	require.Equal(t, stringOptions{compare: optIfEq, operand: "nx"}, o)
}

func TestOptionWords(t *testing.T) {
	for i, word := range optionWords {
		require.Equal(t, option(1)<<i, optionOf(word))
	}
	require.Equal(t, optNX, optionOf("NX"))
	require.Equal(t, optPersist, optionOf("Persist"))
	require.Zero(t, optionOf("foo"))
}

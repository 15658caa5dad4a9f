package nooktest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What a command is written as, RequireCommands reads as that command.
func TestWordsAreReadAsWritten(t *testing.T) {
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a", "*", "...", "a\"b", "\\", " ", "\xff"}))
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.SliceOfN(word, 1, 6).Draw(t, "args")
		line := Command{Args: args}.String()
		require.NotContains(t, line, "\n")
		words, err := parseWords(line)
		require.NoError(t, err)
		require.Equal(t, strings.ToUpper(args[0]), words[0])
		require.Equal(t, args[1:], words[1:])
		lines, err := parseLines(line)
		require.NoError(t, err)
		require.Len(t, lines, 1)
		require.True(t, lines[0].matches(args))
	})
}

func FuzzWords(f *testing.F) {
	for _, line := range []string{"", "GET k", `SET k "a b" "\x00"`, `"`, `"a`, `a"b" c`, "\t * ..."} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := parseWords(line)
		if err == nil {
			again, err := parseWords(Command{Args: append([]string{"X"}, words...)}.String())
			require.NoError(t, err)
			require.Equal(t, len(words), len(again)-1)
		}
	})
}

package nooktest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sides returns what a comparison says of either side.
func sides(text string) (want, got []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\t"), "\n")
		if line[0] != '+' {
			want = append(want, line[2:])
		}
		if line[0] != '-' {
			got = append(got, line[2:])
		}
	}
	return want, got
}

// TestDiffTellsBothSides checks that both sides can be read off a comparison, and that it shows no more lines than need be.
func TestDiffTellsBothSides(t *testing.T) {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		want, got := lines.Draw(t, "want"), lines.Draw(t, "got")
		text, differs := diff(want, got, func(i, j int) bool { return want[i] == got[j] })
		require.Equal(t, strings.Join(want, "") != strings.Join(got, ""), differs)
		if !differs {
			require.Empty(t, text)
			return
		}
		a, b := sides(text)
		require.Equal(t, strings.Join(want, ""), strings.Join(a, ""))
		require.Equal(t, strings.Join(got, ""), strings.Join(b, ""))
		require.Equal(t, longest(want, got), strings.Count(text, "\t  "))
	})
}

// longest returns the length of a longest sequence that both have, in the plainest way.
func longest(a, b []string) int {
	switch {
	case len(a) == 0 || len(b) == 0:
		return 0
	case a[0] == b[0]:
		return 1 + longest(a[1:], b[1:])
	default:
		return max(longest(a[1:], b), longest(a, b[1:]))
	}
}

// What is too much to compare is shown whole.
func TestDiffOfVeryMuch(t *testing.T) {
	want, got := make([]string, 5000), make([]string, 5000)
	for i := range want {
		want[i], got[i] = "w", "g"
	}
	want[10], got[20] = "same", "same"
	text, differs := diff(want, got, func(i, j int) bool { return want[i] == got[j] })
	require.True(t, differs)
	a, b := sides(text)
	require.Equal(t, want, a)
	require.Equal(t, got, b)
}

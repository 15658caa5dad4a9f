package nook

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestLCS compares with what the real server replies.
func TestLCS(t *testing.T) {
	s := newStore(t, Options{})
	for _, c := range []struct {
		a, b, want string
		matches    []LCSMatch
	}{
		{"ohmytext", "mynewtext", "mytext", []LCSMatch{
			{Span{4, 7}, Span{5, 8}, 4}, {Span{2, 3}, Span{0, 1}, 2},
		}},
		{"abcabc", "abc", "abc", []LCSMatch{{Span{3, 5}, Span{0, 2}, 3}}},
		{"abc", "abcabc", "abc", []LCSMatch{{Span{0, 2}, Span{3, 5}, 3}}},
		{"xaxbxc", "aybyc", "abc", []LCSMatch{{Span{5, 5}, Span{4, 4}, 1}, {Span{3, 3}, Span{2, 2}, 1}, {Span{1, 1}, Span{0, 0}, 1}}},
		{"ab", "ba", "b", []LCSMatch{{Span{1, 1}, Span{0, 0}, 1}}},
		{"abc", "xyz", "", nil},
		{"", "abc", "", nil},
		{"", "", "", nil},
		{"same", "same", "same", []LCSMatch{{Span{0, 3}, Span{0, 3}, 4}}},
		{"\x00\xff\x00", "\xff\x00\x00", "\xff\x00", []LCSMatch{{Span{2, 2}, Span{2, 2}, 1}, {Span{1, 1}, Span{0, 0}, 1}}},
	} {
		try(s.MSet(Pair{"a", c.a}, Pair{"b", c.b}))
		require.Equal(t, c.want, must(s.LCS("a", "b")), "%q %q", c.a, c.b)
		require.Equal(t, len(c.want), must(s.LCSLen("a", "b")))
		require.Equal(t, LCSResult{c.matches, len(c.want)}, must(s.LCSIdx("a", "b", 0)), "%q %q", c.a, c.b)
	}
}

func TestLCSKeys(t *testing.T) {
	s := newStore(t, Options{})
	try(s.Set("k", "abc"))
	must(s.IncrBy("n", 123))
	must(s.SetRange("buffer", 600, "3c1"))
	require.Equal(t, "abc", must(s.LCS("k", "k")))
	require.Empty(t, must(s.LCS("k", "missing")))
	require.Zero(t, must(s.LCSLen("missing", "missing")))
	require.Equal(t, "c", must(s.LCS("k", "buffer")))
	require.Equal(t, "3", must(s.LCS("n", "buffer")))
	putThings(t, &s.commands, "things", 1)
	fails(t, ErrLCSType)(s.LCS("k", "things"))
	fails(t, ErrLCSType)(s.LCSLen("things", "missing"))
	fails(t, ErrLCSType)(s.LCSIdx("things", "things", 0))
	fails(t, ErrDBIndex)(s.DB(99).LCS("k", "k"))
}

func TestLCSMinMatch(t *testing.T) {
	s := newStore(t, Options{})
	try(s.MSet(Pair{"a", "ohmytext"}, Pair{"b", "mynewtext"}))
	for least, want := range map[int]int{-1: 2, 0: 2, 1: 2, 2: 2, 3: 1, 4: 1, 5: 0} {
		r := must(s.LCSIdx("a", "b", least))
		require.Len(t, r.Matches, want, least)
		require.Equal(t, 6, r.Len)
	}
}

func TestLCSTooBig(t *testing.T) {
	s := newStore(t, Options{MaxStringLen: 400})
	try(s.MSet(Pair{"a", strings.Repeat("x", 9)}, Pair{"b", strings.Repeat("x", 9)}, Pair{"c", strings.Repeat("x", 10)}))
	require.Equal(t, 9, must(s.LCSLen("a", "b")), "a table of 10 x 10 cells of 4 bytes")
	fails(t, ErrLCSTooBig)(s.LCSLen("a", "c"))
	fails(t, ErrLCSTooBig)(s.LCS("c", "a"))
}

// lcsNaive is the length of the longest common subsequence by its definition:
// either the last bytes are a pair, or one of them is not in it.
func lcsNaive(a, b string) int {
	if a == "" || b == "" {
		return 0
	}
	shortA, shortB := a[:len(a)-1], b[:len(b)-1]
	if a[len(a)-1] == b[len(b)-1] {
		return lcsNaive(shortA, shortB) + 1
	}
	return max(lcsNaive(shortA, b), lcsNaive(a, shortB))
}

func TestLCSNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStore(t, Options{Shards: 1})
		value := rapid.StringOfN(rapid.SampledFrom([]rune("abc")), 0, 8, -1)
		a, b := value.Draw(t, "a"), value.Draw(t, "b")
		try(s.MSet(Pair{"a", a}, Pair{"b", b}))
		want := lcsNaive(a, b)
		common := must(s.LCS("a", "b"))
		require.Len(t, common, want)
		require.Equal(t, want, must(s.LCSLen("a", "b")))

		r := must(s.LCSIdx("a", "b", 0))
		require.Equal(t, want, r.Len)
		joined, endA, endB := "", len(a), len(b)
		for _, m := range r.Matches {
			require.Equal(t, m.Len, m.A.End-m.A.Start+1)
			require.Equal(t, m.Len, m.B.End-m.B.Start+1)
			require.Equal(t, a[m.A.Start:m.A.End+1], b[m.B.Start:m.B.End+1])
			require.Less(t, m.A.End, endA, "from the last to the first")
			require.Less(t, m.B.End, endB)
			joined = a[m.A.Start:m.A.End+1] + joined
			endA, endB = m.A.Start, m.B.Start
		}
		require.Equal(t, common, joined)
	})
}

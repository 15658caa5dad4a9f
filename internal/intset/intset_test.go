package intset

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// contents returns the integers of a set, which it checks.
func contents(t require.TestingT, s Set) []int64 {
	require.NoError(t, Check(s))
	all := []int64{}
	for i := range s.Len() {
		all = append(all, s.At(i))
	}
	return all
}

// bounds are where widths begin and end.
var bounds = []int64{
	0, -1, 1, 2, 3, math.MinInt16, math.MaxInt16, math.MinInt16 - 1, math.MaxInt16 + 1, math.MinInt32, math.MaxInt32,
	math.MinInt32 - 1, math.MaxInt32 + 1, math.MinInt64, math.MaxInt64,
}

func someInt() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(-20, 20), rapid.SampledFrom(bounds), rapid.Int64Range(-40_000, 40_000), rapid.Int64(),
	)
}

// TestModel does random things to a set and to a map.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, want, widest := New(), map[int64]bool{}, 2
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				n := someInt().Draw(t, "n")
				var added bool
				s, added = s.Add(n)
				require.Equal(t, !want[n], added)
				want[n] = true
				widest = max(widest, widthOf(n))
			},
			"remove": func(t *rapid.T) {
				n := someInt().Draw(t, "n")
				if s.Len() > 0 && rapid.Bool().Draw(t, "present") {
					n = s.At(rapid.IntRange(0, s.Len()-1).Draw(t, "index"))
				}
				var removed bool
				s, removed = s.Remove(n)
				require.Equal(t, want[n], removed)
				delete(want, n)
			},
			"has": func(t *rapid.T) {
				n := someInt().Draw(t, "n")
				require.Equal(t, want[n], s.Has(n))
			},
			"clone": func(*rapid.T) { s = s.Clone() },
			"": func(t *rapid.T) {
				sorted := []int64{}
				for n := range want {
					sorted = append(sorted, n)
					require.True(t, s.Has(n))
				}
				slices.Sort(sorted)
				require.Equal(t, sorted, contents(t, s))
				require.Len(t, s, headerSize+len(want)*widest)
			},
		})
	})
}

// TestBytesOfRedis compares with what DUMP returns, between the type and the checksum, of
// sets at a redis-server 7.0.15.
func TestBytesOfRedis(t *testing.T) {
	for _, c := range []struct {
		members []int64
		bytes   string
	}{
		{[]int64{3, -1, 300}, "0200000003000000ffff03002c01"},
		{[]int64{1, 70000, -2}, "0400000003000000feffffff0100000070110100"},
		{[]int64{7, math.MinInt64}, "080000000200000000000000000000800700000000000000"},
	} {
		s := New()
		for _, n := range c.members {
			s, _ = s.Add(n)
		}
		require.Equal(t, c.bytes, hex.EncodeToString(s))
	}
}

// TestGivesMemoryBack removes most of a set.
func TestGivesMemoryBack(t *testing.T) {
	s := New()
	for i := range int64(1000) {
		s, _ = s.Add(i)
	}
	require.LessOrEqual(t, cap(s), len(s)*5/4)
	for i := range int64(990) {
		s, _ = s.Remove(i)
	}
	require.Len(t, contents(t, s), 10)
	require.LessOrEqual(t, cap(s), 2*len(s)+64)
}

func TestDamaged(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":           {},
		"half a header":     {2, 0, 0, 0},
		"no such width":     {3, 0, 0, 0, 0, 0, 0, 0},
		"too short":         {2, 0, 0, 0, 2, 0, 0, 0, 1, 0},
		"too long":          {2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0},
		"not in order":      {2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0},
		"twice":             {2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0},
		"not in order, < 0": {2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0xFF, 0xFF},
		"length overflows":  {8, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		_, err := Decode(b)
		require.ErrorIs(t, err, ErrDamaged, name)
	}
}

// FuzzDecode feeds it anything. What it takes can be read and changed.
func FuzzDecode(f *testing.F) {
	s := New()
	for _, n := range bounds {
		f.Add([]byte(s.Clone()))
		s, _ = s.Add(n)
	}
	f.Add([]byte(s))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(slices.Clone(b))
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		want := contents(t, s)
		require.True(t, slices.IsSorted(want))
		for _, n := range bounds {
			s, _ = s.Add(n)
			want = append(want, n)
		}
		slices.Sort(want)
		require.Equal(t, slices.Compact(want), contents(t, s))
	})
}

func benchSet(n int) Set {
	s := New()
	for i := range n {
		s, _ = s.Add(int64(3 * i))
	}
	return s
}

func BenchmarkHas(b *testing.B) {
	s := benchSet(512)
	r := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for b.Loop() {
		if s.Has(int64(3*r.IntN(512) + 1)) {
			b.Fatal("found")
		}
	}
}

func BenchmarkAddRemove(b *testing.B) {
	s := benchSet(512)
	b.ReportAllocs()
	for b.Loop() {
		s, _ = s.Add(700)
		s, _ = s.Remove(700)
	}
}

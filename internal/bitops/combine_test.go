package bitops

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var names = map[Op]string{
	And: "and", Or: "or", Xor: "xor", Not: "not", Diff: "diff", Diff1: "diff1", AndOr: "andor", One: "one",
}

// combined is one bit of the result, by the definition of the operation.
func combined(o Op, x int, ys []int) bool {
	set := 0
	for _, y := range ys {
		set += y
	}
	switch o {
	case And:
		return x == 1 && set == len(ys)
	case Or:
		return x+set > 0
	case Xor:
		return (x+set)%2 == 1
	case Not:
		return x == 0
	case Diff:
		return x == 1 && set == 0
	case Diff1:
		return x == 0 && set > 0
	case AndOr:
		return x == 1 && set > 0
	}
	return x+set == 1
}

func model(o Op, sources []string) []byte {
	size := 0
	for _, s := range sources {
		size = max(size, len(s))
	}
	b := make([]byte, size)
	for i := range int64(size) * 8 {
		var all []int
		for _, s := range sources {
			all = append(all, bit(s, i))
		}
		if combined(o, all[0], all[1:]) {
			b[i/8] |= 0x80 >> (i % 8)
		}
	}
	return b
}

func TestCombine(t *testing.T) {
	for o, name := range names {
		t.Run(name, func(t *testing.T) {
			most := 5
			if o == Not {
				most = 1
			}
			rapid.Check(t, func(t *rapid.T) {
				sources := rapid.SliceOfN(bitStrings(), 1, most).Draw(t, "sources")
				requireCombined(t, o, sources)
			})
		})
	}
}

// The longest sources take more than one block, others end inside of one.
func TestCombineBlocks(t *testing.T) {
	for o := range names {
		var sources []string
		for i, n := range []int{blockLen + 9, 3*blockLen - 1, blockLen, 2*blockLen + 100, 5} {
			s := []byte(strings.Repeat("\x0f\x33\x55\x01\xfe", n/5+1)[i:][:n-i])
			sources = append(sources, string(s))
		}
		if o == Not {
			sources = sources[1:2]
		}
		requireCombined(t, o, sources)
	}
}

// requireCombined also checks that what dst holds is kept, and that old bytes
// in its capacity do not show.
func requireCombined(t require.TestingT, o Op, sources []string) {
	want := model(o, sources)
	require.Equal(t, want, append([]byte{}, o.Combine(nil, sources...)...), names[o])
	dirty := []byte("ab" + strings.Repeat("\xff", len(want)+10))
	require.Equal(t, "ab"+string(want), string(o.Combine(dirty[:2], sources...)), names[o])
	require.Equal(t, "ab"+string(want), string(o.Combine(dirty[:2:2], sources...)), names[o])
}

func TestCombineNothing(t *testing.T) {
	for o := range names {
		require.Empty(t, o.Combine(nil))
		require.Empty(t, o.Combine(nil, ""))
		require.Equal(t, "a", string(o.Combine([]byte("a"), "")))
	}
}

func BenchmarkCombine(b *testing.B) {
	s := strings.Repeat("\x5a\x00\xff\x13", 1<<18)
	dst := make([]byte, 0, len(s))
	for o := And; o <= One; o++ {
		b.Run(names[o], func(b *testing.B) {
			b.SetBytes(3 * int64(len(s)))
			for b.Loop() {
				o.Combine(dst, s, s, s)
			}
		})
	}
}

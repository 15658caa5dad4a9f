package bitops

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// strings around the lengths at which loops begin and end.
func bitStrings() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		b := rapid.SliceOfN(rapid.OneOf(
			rapid.Byte(), rapid.SampledFrom([]byte{0, 0xff}),
		), 0, 100).Draw(t, "bytes")
		fill := rapid.SampledFrom([]string{"\x00", "\xff", "\x5a"}).Draw(t, "fill")
		at := rapid.IntRange(0, len(b)).Draw(t, "at")
		run := strings.Repeat(fill, rapid.SampledFrom([]int{0, 0, 7, 40, 200}).Draw(t, "run"))
		return string(b[:at]) + run + string(b[at:])
	})
}

// bit is GETBIT: the i-th bit, 0 behind the end.
func bit(s string, i int64) int {
	if i >= int64(len(s))*8 {
		return 0
	}
	return int(s[i/8]>>(7-i%8)) & 1
}

func TestCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := bitStrings().Draw(t, "s")
		want := int64(0)
		for i := range int64(len(s)) * 8 {
			want += int64(bit(s, i))
		}
		require.Equal(t, want, Count(s))
		require.Equal(t, want, Count([]byte(s)))
	})
}

func TestCountRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := bitStrings().Draw(t, "s")
		start, end := span(t, s)
		want := int64(0)
		for i := start; i < end; i++ {
			want += int64(bit(s, i))
		}
		require.Equal(t, want, CountRange(s, start, end), "%d to %d", start, end)
		require.Equal(t, want, CountRange([]byte(s), start, end))
	})
}

// span draws a start and an end, both also behind the end of s.
func span(t *rapid.T, s string) (start, end int64) {
	offsets := rapid.Int64Range(0, int64(len(s))*8+20)
	return offsets.Draw(t, "start"), offsets.Draw(t, "end")
}

func TestPos(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := bitStrings().Draw(t, "s")
		start, end := span(t, s)
		for _, b := range []int{0, 1} {
			want := int64(-1)
			for i := start; i < min(end, int64(len(s))*8); i++ {
				if bit(s, i) == b {
					want = i
					break
				}
			}
			require.Equal(t, want, Pos(s, b, start, end), "%d from %d to %d", b, start, end)
			require.Equal(t, want, Pos([]byte(s), b, start, end))
		}
	})
}

func TestFarOffsets(t *testing.T) {
	const far = int64(1) << 62
	require.Zero(t, CountRange("\xff", far, far+9))
	require.EqualValues(t, 8, CountRange("\xff", 0, far))
	require.EqualValues(t, -1, Pos("\xff", 1, far, far+1))
	require.EqualValues(t, -1, Pos("\xff", 0, 0, far))
	require.Zero(t, GetField("\xff", far, 64, false))
}

func TestDoesNotAllocate(t *testing.T) {
	s := strings.Repeat("\x00\x01", 5000)
	b := make([]byte, 0, len(s))
	sources := []string{s, s[1:], s[2:]}
	require.Zero(t, testing.AllocsPerRun(10, func() {
		Count(s)
		CountRange(s, 3, 70_000)
		Pos(s, 1, 5, 70_000)
		GetField(s, 61, 63, false)
		SetField(b[:100], 61, 63, -1)
		for o := And; o <= One; o++ {
			o.Combine(b, sources...)
		}
	}))
}

func BenchmarkCount(b *testing.B) {
	s := strings.Repeat("\x5a\x00\xff\x13", 1<<18)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Count(s)
	}
}

func BenchmarkCountRange(b *testing.B) {
	s := strings.Repeat("\x5a\x00\xff\x13", 64)
	for b.Loop() {
		CountRange(s, 3, 1111)
	}
}

func BenchmarkPos(b *testing.B) {
	s := strings.Repeat("\x00", 1<<20)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Pos(s, 1, 0, int64(len(s))*8)
	}
}

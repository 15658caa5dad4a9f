package bitops

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naiveField reads a field bit by bit.
func naiveField(s string, offset int64, width int, signed bool) int64 {
	v := new(big.Int)
	for i := range int64(width) {
		v.Lsh(v, 1)
		v.SetBit(v, 0, uint(bit(s, offset+i)))
	}
	if signed && v.Bit(width-1) == 1 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(width)))
	}
	if v.IsUint64() {
		return int64(v.Uint64())
	}
	return v.Int64()
}

func TestGetField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := bitStrings().Draw(t, "s")
		offset := rapid.Int64Range(0, int64(len(s))*8+70).Draw(t, "offset")
		width := rapid.IntRange(1, 64).Draw(t, "width")
		signed := rapid.Bool().Draw(t, "signed")
		want := naiveField(s, offset, width, signed)
		require.Equal(t, want, GetField(s, offset, width, signed))
		require.Equal(t, want, GetField([]byte(s), offset, width, signed))
	})
}

func TestSetField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := bitStrings().Draw(t, "s") + "\x5a"
		width := rapid.IntRange(1, min(64, len(s)*8)).Draw(t, "width")
		offset := rapid.Int64Range(0, int64(len(s)*8-width)).Draw(t, "offset")
		v := rapid.Int64().Draw(t, "v")
		b := []byte(s)
		SetField(b, offset, width, v)
		for i := range int64(len(s)) * 8 {
			want := bit(s, i)
			if k := i - offset; k >= 0 && k < int64(width) {
				want = int(v>>(int64(width)-1-k)) & 1
			}
			require.Equal(t, want, bit(string(b), i), "bit %d", i)
		}
	})
}

// fieldSum is what OVERFLOW makes of v + by, computed without limits.
func fieldSum(v, by *big.Int, width int, signed bool, o Overflow) (*big.Int, bool) {
	bottom, top := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(width))
	if signed {
		top.Rsh(top, 1)
		bottom.Neg(top)
	}
	size := new(big.Int).Sub(top, bottom)
	top.Sub(top, big.NewInt(1))
	sum := new(big.Int).Add(v, by)
	if sum.Cmp(bottom) >= 0 && sum.Cmp(top) <= 0 {
		return sum, true
	}
	switch {
	case o == Fail:
		return new(big.Int), false
	case o == Wrap:
		sum.Mod(sum.Sub(sum, bottom), size) // Mod is never negative
		return sum.Add(sum, bottom), true
	case sum.Cmp(bottom) < 0:
		return bottom, true
	}
	return top, true
}

func overflows() *rapid.Generator[Overflow] {
	return rapid.SampledFrom([]Overflow{Wrap, Sat, Fail})
}

func TestAddSigned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 64).Draw(t, "width")
		o := overflows().Draw(t, "overflow")
		shift := 64 - width
		v := rapid.Int64().Draw(t, "v") << shift >> shift
		by := rapid.Int64().Draw(t, "by") >> rapid.IntRange(0, 63).Draw(t, "small")
		want, ok := fieldSum(big.NewInt(v), big.NewInt(by), width, true, o)
		got, gotOK := AddSigned(v, by, width, o)
		require.Equal(t, ok, gotOK)
		require.Equal(t, want.Int64(), got)
	})
}

func TestAddUnsigned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 63).Draw(t, "width")
		o := overflows().Draw(t, "overflow")
		v := rapid.Uint64().Draw(t, "v") >> (64 - width)
		by := rapid.Int64().Draw(t, "by") >> rapid.IntRange(0, 63).Draw(t, "small")
		want, ok := fieldSum(new(big.Int).SetUint64(v), big.NewInt(by), width, false, o)
		got, gotOK := AddUnsigned(v, by, width, o)
		require.Equal(t, ok, gotOK)
		require.Equal(t, want.Uint64(), got)
	})
}

// What BITFIELD key OVERFLOW SAT SET i8 0 v, or u8, leaves in the field of
// Redis 7.0.15, for values that the field cannot hold.
func TestSaturatedSetAsServer(t *testing.T) {
	for v, want := range map[int64]struct{ signed, unsigned int64 }{
		200:                 {127, 200},
		-200:                {-128, 255},
		math.MaxInt64:       {127, 255},
		math.MinInt64 + 128: {-128, 255},
		math.MinInt64 + 127: {127, 255}, // the difference to 127 wraps
		math.MinInt64:       {127, 255},
	} {
		signed, ok := AddSigned(v, 0, 8, Sat)
		require.True(t, ok)
		require.Equal(t, want.signed, signed, "%d", v)
		unsigned, ok := AddUnsigned(uint64(v), 0, 8, Sat)
		require.True(t, ok)
		require.EqualValues(t, want.unsigned, unsigned, "%d", v)
		_, ok = AddSigned(v, 0, 8, Fail)
		require.False(t, ok)
	}
}

func BenchmarkGetField(b *testing.B) {
	s := strings.Repeat("\x5a\x00\xff\x13", 64)
	for b.Loop() {
		GetField(s, 77, 19, true)
	}
}

func BenchmarkSetField(b *testing.B) {
	s := []byte(strings.Repeat("\x5a\x00\xff\x13", 64))
	for b.Loop() {
		SetField(s, 77, 19, 12345)
	}
}

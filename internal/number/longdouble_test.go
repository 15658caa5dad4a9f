package number

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// incrByFloat is what INCRBYFLOAT replies.
func incrByFloat(value, increment string) string {
	x, ok := ParseLongDouble(value)
	y, ok2 := ParseLongDouble(increment)
	if !ok || !ok2 {
		return "ERR value is not a valid float"
	}
	sum := x.Add(y)
	if sum.IsNaN() || sum.IsInf() {
		return "ERR increment would produce NaN or Infinity"
	}
	return string(sum.Append(nil))
}

func TestIncrByFloatAsServer(t *testing.T) {
	server(t, "incrbyfloat", 3, func(field []string) {
		require.Equal(t, field[2], incrByFloat(field[0], field[1]), "%q + %q", field[0], field[1])
	})
}

func TestParseLongDoubleLength(t *testing.T) {
	for length, ok := range map[int]bool{5119: true, 5120: false} {
		_, got := ParseLongDouble("0." + strings.Repeat("3", length-2))
		require.Equal(t, ok, got)
	}
}

func TestLongDoubleLimits(t *testing.T) {
	largest, ok := ParseLongDouble("0x.ffffffffffffffffp16384")
	require.True(t, ok)
	text := largest.Append(nil)
	require.Equal(t, 4933, len(text))
	again, ok := ParseLongDouble(string(text))
	require.True(t, ok)
	require.Equal(t, largest, again)
	require.True(t, largest.Add(largest).IsInf())
	require.True(t, math.IsInf(largest.Float64(), 1))

	smallest, ok := ParseLongDouble("-0x1p-16445")
	require.True(t, ok)
	require.Equal(t, "0", string(smallest.Append(nil)))
	require.Equal(t, LongDouble{}, smallest.Add(smallest.abs()))
	require.Zero(t, smallest.Float64())
}

func (x LongDouble) abs() LongDouble {
	x.negative = false
	return x
}

func TestLongDoubleSpecial(t *testing.T) {
	inf, minus := LongDoubleOf(math.Inf(1)), LongDoubleOf(math.Inf(-1))
	one := LongDoubleOf(1)
	require.True(t, inf.Add(minus).IsNaN())
	require.True(t, LongDoubleOf(math.NaN()).Add(one).IsNaN())
	require.Equal(t, minus, one.Add(minus))
	require.Equal(t, inf, inf.Add(inf))
	require.Equal(t, "inf", string(inf.Append(nil)))
	require.Equal(t, "-inf", string(minus.Append(nil)))
	require.Equal(t, "nan", string(inf.Add(minus).Append(nil)))
	require.True(t, math.IsInf(minus.Float64(), -1))
	require.True(t, math.IsInf(inf.Float64(), 1))
	require.True(t, math.IsNaN(inf.Add(minus).Float64()))
	require.Equal(t, inf, LongDoubleNear(math.Inf(1)))
	require.True(t, LongDoubleNear(math.NaN()).IsNaN())
}

// decimals draws literals with digits of all lengths, near the magnitudes
// where the methods of reading change.
func decimals() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := rapid.SampledFrom([]string{"", "-", "+"}).Draw(t, "sign")
		s += rapid.StringMatching(`[0-9]{1,22}`).Draw(t, "whole")
		s += rapid.StringMatching(`(\.[0-9]{0,25})?`).Draw(t, "fraction")
		switch rapid.IntRange(0, 3).Draw(t, "scale") {
		case 0:
			s += "e" + strconv.Itoa(rapid.IntRange(-35, 35).Draw(t, "exp"))
		case 1:
			s += "e" + strconv.Itoa(rapid.IntRange(-5000, 5000).Draw(t, "exp"))
		}
		return s
	})
}

// model rounds a finite literal to 64 bits, or fewer for a subnormal number,
// from its exact fraction. It returns false for one out of range.
func model(s string) (*big.Float, bool) {
	x, ok := new(big.Rat).SetString(goSyntax(s))
	if !ok || x.Sign() == 0 {
		return new(big.Float), ok
	}
	f := new(big.Float).SetPrec(64).SetRat(x)
	exp := f.MantExp(nil)
	if under := -16381 - exp; under >= 64 {
		half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 16446))
		if x.Abs(x).Cmp(half) <= 0 {
			return nil, false
		}
		return new(big.Float).SetMantExp(big.NewFloat(float64(f.Sign())), -16445), true
	} else if under > 0 {
		f.SetPrec(uint(64 - under)).SetRat(x)
	}
	return f, f.MantExp(nil) <= 16384
}

// big returns x, exactly.
func (x LongDouble) big() *big.Float {
	f := new(big.Float).SetPrec(64).SetUint64(x.mant)
	f.SetMantExp(f, int(x.exp))
	if x.negative {
		f.Neg(f)
	}
	return f
}

func TestParseLongDoubleAsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkParse(t, decimals().Draw(t, "s")) })
}

func checkParse(t require.TestingT, s string) {
	want, ok := model(s)
	x, got := ParseLongDouble(s)
	require.Equal(t, ok, got, "%q", s)
	if ok {
		require.Zero(t, want.Cmp(x.big()), "%q: want %v, got %v", s, want, x.big())
	}
}

// longDoubles draws numbers around 1, so that sums round and cancel.
func longDoubles() *rapid.Generator[LongDouble] {
	return rapid.Custom(func(t *rapid.T) LongDouble {
		w := wide{hi: rapid.Uint64().Draw(t, "mant"), exp: -64 + int64(rapid.IntRange(-140, 70).Draw(t, "exp"))}
		if rapid.Bool().Draw(t, "round") {
			w.hi &= ^uint64(0) << rapid.IntRange(0, 63).Draw(t, "zeros")
		}
		return w.longDouble(rapid.Bool().Draw(t, "negative"))
	})
}

func TestAddAsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := longDoubles().Draw(t, "x"), longDoubles().Draw(t, "y")
		want := new(big.Float).SetPrec(64).Add(x.big(), y.big())
		sum := x.Add(y)
		require.Zero(t, want.Cmp(sum.big()), "want %v, got %v", want, sum.big())
		require.Equal(t, sum, y.Add(x))
		zero := x
		zero.negative = !x.negative
		require.Zero(t, x.Add(zero).mant)
	})
}

func TestAppendAsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := longDoubles().Draw(t, "x")
		want := x.big().Text('f', 17)
		want = strings.TrimRight(strings.TrimRight(want, "0"), ".")
		if want == "-0" || want == "" {
			want = "0"
		}
		require.Equal(t, want, string(x.Append(nil)))
	})
}

// A half of the last digit rounds to the even digit.
func TestAppendTies(t *testing.T) {
	for f, want := range map[float64]string{
		0x1p-18: "0.00000381469726562", // ...5625 has 18 digits
		0x3p-18: "0.00001144409179688",
		0x5p-18: "0.00001907348632812",
	} {
		require.Equal(t, want, string(LongDoubleOf(f).Append(nil)))
	}
}

func TestLongDoubleOfDouble(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		x := LongDoubleOf(f)
		require.Zero(t, big.NewFloat(f).Cmp(x.big()))
		require.Equal(t, math.Float64bits(f), math.Float64bits(x.Float64()))

		near := LongDoubleNear(f)
		want, ok := model(strconv.FormatFloat(f, 'g', -1, 64))
		require.True(t, ok)
		require.Zero(t, want.Cmp(near.big()))
	})
	require.Equal(t, "0.1", string(LongDoubleNear(0.1).Append(nil)))
	require.Equal(t, "0.10000000000000001", string(LongDoubleOf(0.1).Append(nil)))
}

func TestFloat64AsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := longDoubles().Draw(t, "x")
		x.exp += rapid.SampledFrom([]int32{0, -1000, 900}).Draw(t, "shift")
		want, _ := x.big().Float64()
		require.Equal(t, want, x.Float64())
	})
}

func FuzzLongDouble(f *testing.F) {
	f.Add("0.1", "-3e4931")
	f.Add("0x1.8p-16446", "inf")
	f.Add("1e-4951", "18446744073709551615.5")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, s := range []string{a, b} {
			x, ok := ParseLongDouble(s)
			require.True(t, !ok || syntax.MatchString(s), "%q", s)
			text := x.Append(nil)
			require.LessOrEqual(t, len(text), 4934)
			_, again := ParseLongDouble(string(text))
			require.True(t, again, "%q", s)
			if exp := regexpExp(s); syntax.MatchString(s) && !x.IsInf() && len(s) < 300 && exp > -20000 && exp < 20000 {
				checkParse(t, s)
			}
		}
		require.LessOrEqual(t, len(incrByFloat(a, b)), 4934)
	})
}

// regexpExp returns the exponent that a literal ends with.
func regexpExp(s string) int {
	s = strings.ToLower(s)
	i := strings.LastIndexAny(s, "ep")
	if i < 0 || strings.Contains(s, "x") && s[i] == 'e' {
		return 0
	}
	exp, err := strconv.Atoi(s[i+1:])
	if err != nil {
		return math.MaxInt
	}
	return exp
}

func BenchmarkIncrByFloat(b *testing.B) {
	var buf [64]byte
	for b.Loop() {
		x, _ := ParseLongDouble("1234.5678")
		y, _ := ParseLongDouble("-0.25")
		x.Add(y).Append(buf[:0])
	}
}

// The slowest literal that is not refused.
func BenchmarkParseLongDoubleWorst(b *testing.B) {
	s := "0." + strings.Repeat("7", maxLongLen-10) + "e-4900"
	for b.Loop() {
		ParseLongDouble(s)
	}
}

package lua

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// luaText returns a literal of any bytes.
func luaText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		fmt.Fprintf(&b, `\%03d`, text[i])
	}
	return b.String() + `"`
}

// literal returns an expression of any number.
func literal(f float64) string {
	switch {
	case f != f:
		return `(0/0)`
	case math.IsInf(f, 1):
		return `math.huge`
	case math.IsInf(f, -1):
		return `-math.huge`
	}
	return fmt.Sprintf("tonumber('%.17g')", f)
}

// numbers are of all sizes, with those among them that are special to something.
func numbers() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64(),
		rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.IntRange(-100, 1000).Draw(t, "n")) / 8 }),
		rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.Int64().Draw(t, "n")) }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1e14, 1e15, 99999999999999.5,
			1 << 31, 1<<31 - 1, -1 << 31, 1 << 53, 1 << 63, -1 << 63, 1 << 64, 1e300, 5e-324, 0.1, 1e-5, 0.0001, 2.5, -0.5}),
	)
}

func TestNumberTexts(t *testing.T) {
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		x := literal(numbers().Draw(t, "x"))
		check(t, fmt.Sprintf(`return tostring(%s), %s .. "", tonumber(tostring(%s))`, x, x, x))
	})
}

func TestNumberParsing(t *testing.T) {
	both := comparer(t)
	check := func(t require.TestingT, text string) {
		both(t, `return tonumber(`+luaText(text)+`), tostring(tonumber(`+luaText(text)+`))`)
	}
	for _, text := range []string{
		"", " ", "1", " 1 ", "\v\f\r\n\t1\v\f\r\n\t", "1 2", "+1", "-1", "--1", "+-1", "- 1", ".5", "5.", ".", "-.", "1e", "1e+", "1e5", "1E-5", "1e5.",
		"e5", ".e5", "1..2", "0x", "0x1", "0X1", "-0xff", "0x.8", "0x8.", "0x.", "0x1p", "0x1p4", "0x1P-4", "0x1p+", "0xg", "0x1e5", "0x.p1",
		"0x80000000000000000000", "0x1.fffffffffffff8p0", "0x1.fffffffffffff7p0", "1e308", "1e309", "-1e400", "1e-400", "1e99999999999", "0e99999999999",
		"inf", "INF", "-inf", "+Infinity", "infinityx", "nan", "NaN", "-nan", "nan()", "nan(123)", "nan(a_1)", "nan(-)", "nan(", "nanx", "in", "i", "n",
		"1\x002", "\x001", "1\x00", "1_000", "0b11", "0o7", "1f", "1d", "0x_1", "١", "0x1.8", "00001", "-0", "1e1_0", strings.Repeat("9", 400), "0." + strings.Repeat("0", 400) + "1",
	} {
		check(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.StringOfN(rapid.RuneFrom([]rune("0011..eEpPxX-+ \tinfafn()")), 0, 12, -1).Draw(t, "text"))
	})
}

func TestNumberBases(t *testing.T) {
	compare(t, caught(
		`tonumber()`, `tonumber(nil)`, `tonumber("10", 1)`, `tonumber("10", 37)`, `tonumber(10, 16)`, `tonumber("1e1", 10)`, `tonumber({}, 16)`,
		`tonumber({}, 10)`, `tonumber("8", 9.9)`, `tonumber("8", "x")`, `tonumber("8", "9")`, `tonumber(true)`, `tonumber("1\0002", 16)`,
	)...)
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789abcdefxXzZ+- ")), 0, 20, -1).Draw(t, "text")
		base := rapid.SampledFrom([]int{2, 3, 8, 9, 11, 16, 16, 35, 36}).Draw(t, "base")
		check(t, fmt.Sprintf("return tonumber(%s, %d)", luaText(text), base))
	})
}

func FuzzNumber(f *testing.F) {
	f.Add("0x1p-5", 1.5)
	f.Fuzz(func(t *testing.T, text string, x float64) {
		parseNumber(text)
		parseBase(text, 36)
		y, ok := parseNumber(formatNumber(x))
		require.True(t, ok)
		if x == x && !math.IsInf(x, 0) && math.Abs(x) < 1e300 {
			require.InEpsilon(t, x+math.Copysign(1, x), y+math.Copysign(1, x), 1e-13)
		}
	})
}

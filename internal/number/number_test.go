package number

import (
	"fmt"
	"math"
	"math/big"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// server calls f for each line of a file of testdata: first what was sent to
// Redis 7.0.15, then what it answered. Bytes that are not printable stand as
// %xx. In testdata, a file is made from its own first column by
//
//	redis-cli -x EVAL "$(cat NAME.lua)" 0 <NAME.txt
func server(t *testing.T, name string, fields int, f func(field []string)) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		field := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", fields)
		for i := range field {
			field[i], err = url.PathUnescape(field[i])
			require.NoError(t, err)
		}
		f(field)
	}
}

// syntax is what C's strtod reads, without NaN.
var syntax = regexp.MustCompile(`^(?i:[+-]?` +
	`(inf(inity)?` +
	`|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?` +
	`|0x([\da-f]+\.?[\da-f]*|\.[\da-f]+)(p[+-]?\d+)?))$`)

// isZeroLiteral reports whether all digits before the exponent are zeros.
func isZeroLiteral(s string) bool {
	s = strings.ToLower(strings.TrimLeft(s, "+-"))
	mark := "e"
	if strings.HasPrefix(s, "0x") {
		s, mark = s[2:], "p"
	}
	s, _, _ = strings.Cut(s, mark)
	return strings.Trim(s, "0.") == ""
}

// goSyntax adds the exponent that Go wants of a hexadecimal literal.
func goSyntax(s string) string {
	if strings.ContainsAny(s, "xX") && !strings.ContainsAny(s, "pP") {
		return s + "p0"
	}
	return s
}

func TestParseIntAsServer(t *testing.T) {
	server(t, "integer", 2, func(field []string) {
		v, ok := ParseInt(field[0])
		require.Equal(t, field[1] != "refused", ok, "%q", field[0])
		if ok {
			require.Equal(t, field[1], string(AppendInt(nil, v)))
		}
	})
}

func TestParseCursorAsServer(t *testing.T) {
	server(t, "cursor", 2, func(field []string) {
		_, ok := ParseCursor(field[0])
		require.Equal(t, field[1] != "refused", ok, "%q", field[0])
	})
}

// SCAN does not show what it read; XADD does, and both call strtoul.
func TestParseUintAsServer(t *testing.T) {
	server(t, "streamid", 2, func(field []string) {
		v, ok := ParseUint(field[0])
		require.Equal(t, field[1] != "refused", ok, "%q", field[0])
		if !ok {
			return
		}
		require.Equal(t, field[1], strconv.FormatUint(v, 10), "%q", field[0])
		if cursor, ok := ParseCursor(field[0]); ok {
			require.Equal(t, v, cursor, "%q", field[0])
		}
	})
}

func FuzzParseInt(f *testing.F) {
	for _, s := range []string{"0", "-0", "+1", "01", "-9223372036854775808", "9223372036854775808", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := strconv.ParseInt(s, 10, 64)
		canonical := err == nil && strconv.FormatInt(want, 10) == s
		v, ok := ParseInt(s)
		require.Equal(t, canonical, ok, "%q", s)
		u, uok := ParseUint(s)
		if ok {
			require.Equal(t, want, v)
			require.Equal(t, v >= 0, uok)
		}
		if cursor, ok := ParseCursor(s); ok && uok {
			require.Equal(t, u, cursor)
		}
	})
}

func TestScoreAsServer(t *testing.T) {
	server(t, "score", 3, func(field []string) {
		f, ok := ParseFloat(field[0])
		require.Equal(t, field[1] != "refused", ok, "%q", field[0])
		if !ok {
			return
		}
		if f == 0 {
			f = 0 // a small sorted set forgets the sign
		}
		require.Equal(t, field[1], string(AppendDouble(nil, f)), "%q", field[0])
		require.Equal(t, field[2], string(AppendScore(nil, f)), "%q", field[0])
	})
}

// With zset-max-listpack-entries 0 both replies of "-0" are "-0".
func TestNegativeZero(t *testing.T) {
	f, ok := ParseFloat("-0")
	require.True(t, ok)
	require.Equal(t, "-0", string(AppendDouble(nil, f)))
	require.Equal(t, "-0", string(AppendScore(nil, f)))
	v, ok := Integral(f)
	require.True(t, ok)
	require.Zero(t, v)
}

func TestIntegral(t *testing.T) {
	for f, ok := range map[float64]bool{
		1: true, -7: true, 0.5: false, 1 << 62: true, -1 << 62: true,
		math.Nextafter(1<<62, math.Inf(1)): false, math.Inf(-1): false, math.NaN(): false,
	} {
		_, got := Integral(f)
		require.Equal(t, ok, got, "%v", f)
	}
}

// The strings are longer than strconv reads right; ZADD takes them all.
func TestParseFloatLong(t *testing.T) {
	zeros := strings.Repeat("0", 120_000)
	for s, want := range map[string]float64{
		"-0." + zeros + "1e120000":        -0.1,
		"1" + zeros + "e-120000":          1,
		"1" + zeros + "e-120308":          1e-308,
		"0x." + zeros + "1p480000":        1.0 / 16,
		"0x1" + zeros + "p-480000":        1,
		zeros + "." + zeros:               0,
		"9007199254740993." + zeros:       9007199254740992,
		"9007199254740993." + zeros + "1": 9007199254740994,
	} {
		f, ok := ParseFloat(s)
		require.True(t, ok, "%.40s", s)
		require.Equal(t, want, f, "%.40s", s)
	}
	for _, s := range []string{
		"1" + zeros, "1" + zeros + "e-119000", "0." + zeros + "1e119000",
		"0x1" + zeros, "0x." + zeros + "1", "0x1p999999999999999999999", "0x1p-999999999999999999999", "1" + zeros + "x",
	} {
		_, ok := ParseFloat(s)
		require.False(t, ok, "%.40s", s)
	}
}

// The halves between two doubles, written out, and what lies next to them.
func TestParseFloatTies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64Range(0, math.MaxFloat64/2).Draw(t, "f")
		if rapid.Bool().Draw(t, "subnormal") {
			f = math.Float64frombits(math.Float64bits(f) & (1<<52 - 1))
		}
		next := math.Nextafter(f, math.Inf(1))
		half := new(big.Float).SetPrec(2000).SetFloat64(f)
		half.Add(half, big.NewFloat(next))
		half.Quo(half, big.NewFloat(2))
		even := f
		if math.Float64bits(f)&1 == 1 {
			even = next
		}
		text := half.Text('f', 1100)
		requireFloat(t, even, text)
		requireFloat(t, next, text+"1")
		requireFloat(t, next, text+strings.Repeat("0", maxDirect)+"1")
		var mant big.Int
		exp := half.MantExp(half) - 60
		half.SetMantExp(half, 60).Int(&mant)
		requireFloat(t, even, fmt.Sprintf("0x%xp%d", &mant, exp))
		requireFloat(t, next, fmt.Sprintf("0x%x.%0100dp%d", &mant, 1, exp))
	})
}

func requireFloat(t require.TestingT, want float64, s string) {
	f, ok := ParseFloat(s)
	require.Equal(t, want != 0, ok, s)
	if ok {
		require.Equal(t, want, f, s)
	}
}

func FuzzParseFloat(f *testing.F) {
	for _, s := range []string{"1.5e300", "0x1.8p-1075", "-infinity", "nan", "1e-400", "0x.p1", "1_0", " 1", "5."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1000 {
			t.Skip("strconv may stop counting exponents")
		}
		want, err := strconv.ParseFloat(goSyntax(s), 64)
		valid := syntax.MatchString(s) && err == nil && (want != 0 || isZeroLiteral(s))
		v, ok := ParseFloat(s)
		require.Equal(t, valid, ok, "%q", s)
		if ok {
			require.Equal(t, math.Float64bits(want), math.Float64bits(v), "%q", s)
		}
	})
}

// percentG is C's "%.17g" by its definition, made from the digits of "%.16e".
func percentG(f float64) string {
	text := strconv.FormatFloat(f, 'e', 16, 64)
	mant, tail, _ := strings.Cut(text, "e")
	exp, _ := strconv.Atoi(tail)
	if exp < -4 || exp >= 17 {
		return strings.TrimRight(strings.TrimRight(mant, "0"), ".") + "e" + tail
	}
	fixed := strconv.FormatFloat(f, 'f', 16-exp, 64)
	if strings.Contains(fixed, ".") {
		fixed = strings.TrimRight(strings.TrimRight(fixed, "0"), ".")
	}
	return fixed
}

func TestAppendDoubleAsDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(
			rapid.Float64(),
			rapid.Float64Range(-10, 10),
			rapid.Map(rapid.Int64(), func(v int64) float64 { return float64(v) }),
			rapid.Map(rapid.Int64(), func(v int64) float64 { return float64(v) / 1000 }),
		).Draw(t, "f")
		text := string(AppendDouble(nil, f))
		require.Equal(t, percentG(f), text)
		back, ok := ParseFloat(text)
		require.True(t, ok)
		require.Equal(t, f, back)
		back, ok = ParseFloat(string(AppendScore(nil, f)))
		require.True(t, ok)
		require.Equal(t, f, back)
	})
}

func TestDoesNotAllocate(t *testing.T) {
	b := make([]byte, 0, 64)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		ParseInt("-9223372036854775808")
		ParseCursor("18446744073709551615")
		ParseUint("1526919030474")
		ParseFloat("3.14159265358979")
		ParseFloat("0x1.8p3")
		AppendInt(b, math.MinInt64)
		AppendDouble(b, 0.1)
		AppendScore(b, 1e18)
		x, _ := ParseLongDouble("10.5")
		y, _ := ParseLongDouble("-0.1")
		x.Add(y).Append(b)
	}))
}

func BenchmarkParseInt(b *testing.B) {
	for b.Loop() {
		ParseInt("1234567890")
	}
}

func BenchmarkParseFloat(b *testing.B) {
	for b.Loop() {
		ParseFloat("1234567.891")
	}
}

func BenchmarkAppendDouble(b *testing.B) {
	var buf [32]byte
	for b.Loop() {
		AppendDouble(buf[:0], 1234567.891)
	}
}

func BenchmarkAppendDoubleInteger(b *testing.B) {
	var buf [32]byte
	for b.Loop() {
		AppendDouble(buf[:0], 1234567)
	}
}

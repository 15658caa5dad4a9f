package lua

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// bitNumbers are arguments at which the library could go wrong: ties between two integers, numbers of more bits than
// it keeps, and what is no number.
var bitNumbers = []string{
	"0", "-0", "1", "-1", "2", "31", "32", "33", "-31", "-32", "255", "0x12345678", "0xdeadbeef", "0x7fffffff",
	"0x80000000", "-0x80000000", "0xffffffff", "-0xffffffff", "0x100000000", "-0x100000001", "2^51", "2^51+1", "-2^51-1",
	"2^52+1", "2^53", "2^53+2", "-2^53", "2^62+2^31", "2^63", "-2^63", "2^64", "1e15", "123456789012345", "1e300", "-1e300", "5e-324",
	"0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "0.4999999", "0.5000001", "1e9+0.5", "2^31-0.5", "2^31+0.5", "2^50+0.25",
	"1/0", "-1/0", "0/0", "-(0/0)", "'12'", "' 0x10 '", "'1e2'", "'-2.5'", "tonumber('nan')", "tonumber('-nan')", "'nan'", "'inf'",
	"'7fffffffffff'", "''", "'x'", "nil", "true", "{}",
}

func TestBitUnary(t *testing.T) {
	ask := judge(t)
	for _, x := range bitNumbers {
		for _, f := range []string{"tobit", "bnot", "bswap", "tohex", "band", "bor", "bxor"} {
			source := fmt.Sprintf("return bit.%s(%s)", f, x)
			require.Equal(t, ask(source), run(t, source), source)
		}
	}
}

func TestBitShift(t *testing.T) {
	ask := judge(t)
	counts := strings.Join([]string{"0", "1", "4", "15", "31", "32", "33", "-1", "-31", "-32", "1.5", "2.5", "1e10", "'3'", "0/0"}, ",")
	for _, f := range []string{"lshift", "rshift", "arshift", "rol", "ror"} {
		for _, x := range []string{"0", "1", "-1", "0x87654321", "0x12345678", "1e15", "-2.5", "'5'"} {
			source := fmt.Sprintf("local r = {} for i, n in ipairs{%s} do r[i] = bit.%s(%s, n) end return r", counts, f, x)
			require.Equal(t, ask(source), run(t, source), source)
		}
	}
}

func TestBitHexDigits(t *testing.T) {
	ask := judge(t)
	for _, n := range []string{"0", "1", "2", "7", "8", "9", "100", "-1", "-4", "-8", "-9", "-2^31", "2^31", "2^31-1", "1.5", "'3'"} {
		source := fmt.Sprintf("return bit.tohex(0xabcdef01, %s)", n)
		require.Equal(t, ask(source), run(t, source), source)
	}
}

func TestBitErrors(t *testing.T) {
	ask := judge(t)
	for _, source := range []string{
		"return bit.tobit()",
		"return bit.band()",
		"return bit.band(nil, 'x')",
		"return bit.bor(1, 'x', {})",
		"return bit.bxor(1, 2, nil)",
		"return bit.lshift(1)",
		"return bit.lshift('a', 'b')",
		"return bit.rol(1, nil)",
		"return bit.arshift(1, bit.band)",
		"return bit.tohex(1, nil)",
		"return bit.tohex(1, 'x')",
		"return bit.bnot(1, 2, 'x')",
		"bit.tobit = 1",
	} {
		require.Equal(t, ask(source), run(t, source), source)
	}
}

func TestBitRandom(t *testing.T) {
	ask := judge(t)
	rapid.Check(t, func(r *rapid.T) {
		number := rapid.OneOf(
			rapid.SampledFrom(bitNumbers[:len(bitNumbers)-6]),
			rapid.Map(rapid.Int64(), func(n int64) string { return fmt.Sprint(n) }),
			rapid.Map(rapid.Int32(), func(n int32) string { return fmt.Sprintf("%d.5", n) }),
			rapid.Map(rapid.Float64(), func(f float64) string { return fmt.Sprintf("(%.17g)", f) }),
		)
		var b strings.Builder
		b.WriteString("return 0")
		for range 10 {
			f := rapid.SampledFrom([]string{"band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "tobit", "bnot", "bswap"}).Draw(r, "function")
			args := rapid.SliceOfN(number, 2, 4).Draw(r, "arguments")
			fmt.Fprintf(&b, ", bit.%s(%s)", f, strings.Join(args, ", "))
		}
		require.Equal(r, ask(b.String()), run(t, b.String()), b.String())
	})
}

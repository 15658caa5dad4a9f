package lua

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPower(t *testing.T) {
	compare(t,
		`local r = {} for i = -320, 308 do r[#r+1] = tostring(math.pow(10, i)) end return r`,
		`local r = {} for i = -1080, 1030 do r[#r+1] = math.pow(2, i) end return r`,
		`local r = {} for i = 1, 60 do r[#r+1] = {tostring(math.pow(3, i)), tostring(math.pow(-7, i)), tostring(math.pow(i, 0.5)), tostring(math.pow(1.1, i)), tostring(math.pow(i, -2.5))} end return r`,
		`local function p(x, y) return string.format("%.15g", math.pow(x, y)) end
			return p(1.0000001, 1e9), p(0.999999, 123456789), p(1.5, 1750), p(1.5, 1751), p(0.3, 500), p(0.3, 610)`,
		`local r = {} for _, x in ipairs{0, tonumber("-0"), 1, -1, 2, -2, 0.5, -0.5, math.huge, -math.huge} do
			for _, y in ipairs{0, tonumber("-0"), 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2^53, 2^53 + 2, 1e300, math.huge, -math.huge} do r[#r+1] = tostring(math.pow(x, y)) end
		end return r`,
	)
	ask := judge(t)
	rapid.Check(t, func(at *rapid.T) {
		x, y := rapid.Float64Range(1e-5, 1e5).Draw(at, "x"), rapid.Float64Range(-60, 60).Draw(at, "y")
		want := ask(fmt.Sprintf("return math.pow(%s, %s)", literal(x), literal(y)))
		c, err := strconv.ParseFloat(strings.TrimPrefix(want, "true "), 64)
		require.NoError(at, err)
		require.InEpsilon(at, c, power(x, y), 3e-16)
	})
}

// Whole powers are known to any digit. What lies in the middle between two numbers may become either.
func TestPowerOfWholeNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(0.5, 2).Draw(t, "x")
		n := rapid.IntRange(1, 700).Draw(t, "n")
		exact := new(big.Float).SetPrec(4000).SetFloat64(1)
		for range n {
			exact.Mul(exact, big.NewFloat(x))
		}
		want, _ := exact.Float64()
		if math.IsInf(want, 0) || want < smallest {
			return
		}
		got := power(x, float64(n))
		off, _ := new(big.Float).Sub(exact, big.NewFloat(got)).Float64()
		require.LessOrEqual(t, math.Abs(off), 0.501*(math.Nextafter(want, math.Inf(1))-want))
	})
}

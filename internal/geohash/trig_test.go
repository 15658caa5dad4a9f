package geohash

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

const precision = 300

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// bigSeries returns the series of the sine, or of the cosine, of x.
func bigSeries(x *big.Float, cosine bool) *big.Float {
	term := new(big.Float).SetPrec(precision).Set(x)
	n := int64(1)
	if cosine {
		term.SetInt64(1)
		n = 0
	}
	total := new(big.Float).SetPrec(precision)
	square := new(big.Float).Mul(x, x)
	for range 100 {
		total.Add(total, term)
		term.Mul(term, square)
		term.Quo(term, bigFloat(-float64((n+1)*(n+2))))
		n += 2
	}
	return total
}

// TestTrigonometry compares with sums of many terms: nearly all results are the nearest
// floats.
func TestTrigonometry(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	wrong := 0
	const rounds = 2000
	for range rounds {
		x := (r.Float64()*2 - 1) * math.Pi
		if r.IntN(4) == 0 {
			x = math.Copysign(math.Pi/2*float64(r.IntN(3)), x) + (r.Float64()-0.5)*math.Pow(10, -16*r.Float64())
		}
		sin, _ := bigSeries(bigFloat(x), false).Float64()
		cos, _ := bigSeries(bigFloat(x), true).Float64()
		for _, c := range [][2]float64{{sin, sinOf(x)}, {cos, cosOf(x)}} {
			if c[0] != c[1] {
				wrong++
				require.InDelta(t, c[0], c[1], math.Abs(c[0])*0x1p-52, "%v", x)
			}
		}
		y := math.Abs(sin)
		if r.IntN(2) == 0 {
			y = 1 - r.Float64()*math.Pow(10, -15*r.Float64())
		}
		// The sine of half a unit below and above the arc sine must be on both sides.
		got := asinOf(y)
		below := bigFloat(got)
		below.Add(below, bigFloat(math.Nextafter(got, 0))).Quo(below, bigFloat(2))
		above := bigFloat(got)
		above.Add(above, bigFloat(math.Nextafter(got, 2))).Quo(above, bigFloat(2))
		if bigSeries(below, false).Cmp(bigFloat(y)) > 0 || y < 1 && bigSeries(above, false).Cmp(bigFloat(y)) < 0 {
			wrong++
			require.InDelta(t, math.Asin(y), got, 1e-7, "%v", y)
		}
	}
	require.Less(t, wrong, rounds/1000)
	require.Equal(t, math.Pi/2, asinOf(1))
	require.Zero(t, asinOf(0))
	require.True(t, math.IsNaN(asinOf(1.5)))
}

func BenchmarkDistance(b *testing.B) {
	p, q := Point{13.361389, 38.115556}, Point{15.087269, 37.502669}
	for b.Loop() {
		Distance(p, q)
	}
}

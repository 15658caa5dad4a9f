package geohash

import "math"

// The distance between places that are nearly opposite each other, and every distance that is
// stored as a score, depends on the last bit of sines and cosines. Those of the C library
// that Redis runs on are the nearest floats, but for one in some hundred; those of package math
// are off by one much more often. So here they are computed with about 64 bits, and rounded once.

// A pair is a number as the sum of two floats, of which the second is at most half a unit
// in the last place of the first.
type pair struct{ high, low float64 }

// sum returns a + b, where a is the greater one.
func sum(a, b float64) pair {
	s := a + b
	return pair{s, b - (s - a)}
}

// times returns p * q.
func (p pair) times(q pair) pair {
	high := p.high * q.high
	low := math.FMA(p.high, q.high, -high) + (float64(p.high*q.low) + float64(p.low*q.high))
	return sum(high, low)
}

// plus returns p + q, where p is the greater one.
func (p pair) plus(q pair) pair {
	s := sum(p.high, q.high)
	return sum(s.high, s.low+(p.low+q.low))
}

// The beginnings of the series of sine and cosine in x², of which x and 1 are left out.
var (
	sine   = series{pair{-1.0 / 6, -9.25185853854297e-18}, pair{1.0 / 120, 1.1564823173178714e-19}, sineTail[:]}
	cosine = series{pair{-0.5, 0}, pair{1.0 / 24, 2.3129646346357427e-18}, cosineTail[:]}

	sineTail = [...]float64{
		-1.0 / 5040, 1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000,
		-1.0 / 121645100408832000,
	}
	cosineTail = [...]float64{
		-1.0 / 720, 1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000,
		-1.0 / 6402373705728000, 1.0 / 2432902008176640000,
	}
)

// A series is a polynomial of which the first two coefficients matter beyond a float.
type series struct {
	first, second pair
	tail          []float64
}

// at returns z * (first + second*z + ...).
func (s *series) at(z pair) pair {
	tail := 0.0
	for i := len(s.tail) - 1; i >= 0; i-- {
		tail = s.tail[i] + float64(tail*z.high)
	}
	return s.first.plus(s.second.plus(pair{tail, 0}.times(z)).times(z)).times(z)
}

// Half of pi in three parts.
const (
	halfPi1 = 1.5707963267948966
	halfPi2 = 6.123233995736766e-17
	halfPi3 = -1.4973849048591833e-33
)

// quadrant returns x, of magnitude up to 4, as a multiple of half of pi and a rest.
func quadrant(x float64) (int, pair) {
	n := math.RoundToEven(x / halfPi1)
	rest := x - n*halfPi1 // exact
	// Either may be the greater one.
	b := -n * halfPi2
	s := rest + b
	t := s - rest
	return int(n) & 3, pair{s, (rest - (s - t)) + (b - t) - n*halfPi3}
}

// sinCos returns the sine and the cosine of x, of magnitude up to 4.
func sinCos(x float64) (sin, cos pair) {
	n, r := quadrant(x)
	z := pair{r.high, 0}.times(pair{r.high, 0})
	s, c := sine.at(z), cosine.at(z)
	// What the low part of the rest adds is its multiple of the other function.
	sin = sum(r.high, r.high*s.high)
	sin.low += math.FMA(r.high, s.high, -(r.high*s.high)) + float64(r.high*s.low) + float64(r.low*(1+c.high))
	cos = sum(1, c.high)
	cos.low += c.low - float64(r.low*(r.high+float64(r.high*s.high)))
	switch n {
	case 1:
		return cos, sin.negative()
	case 2:
		return sin.negative(), cos.negative()
	case 3:
		return cos.negative(), sin
	}
	return sin, cos
}

func (p pair) negative() pair { return pair{-p.high, -p.low} }

func sinOf(x float64) float64 {
	s, _ := sinCos(x)
	return s.high + s.low
}

func cosOf(x float64) float64 {
	_, c := sinCos(x)
	return c.high + c.low
}

// asinOf returns the arc sine of x, which is not negative.
func asinOf(x float64) float64 {
	switch {
	case x == 0 || x > 1:
		return math.Asin(x)
	case x == 1:
		return halfPi1
	}
	y := math.Asin(x)
	if x > 0.5 {
		y = halfPi1 - 2*math.Asin(math.Sqrt((1-x)/2))
	}
	// One step of Newton's from there doubles the digits.
	s, c := sinCos(y)
	return y + ((x-s.high)-s.low)/c.high
}

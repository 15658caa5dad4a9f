package lua

import "math"

// A pair is a number with twice the digits: the sum of two, the second of which is small against the first.
type pair struct{ high, low float64 }

func sum(a, b float64) pair {
	s := a + b
	t := s - a
	return pair{s, (a - (s - t)) + (b - t)}
}

func product(a, b float64) pair {
	p := a * b
	return pair{p, math.FMA(a, b, -p)}
}

func (a pair) plus(b pair) pair {
	s := sum(a.high, b.high)
	return sum(s.high, s.low+a.low+b.low)
}

func (a pair) times(b pair) pair {
	p := product(a.high, b.high)
	return sum(p.high, p.low+(a.high*b.low+a.low*b.high))
}

func (a pair) over(b pair) pair {
	q := a.high / b.high
	rest := a.plus(b.times(pair{-q, 0}))
	return sum(q, rest.high/b.high)
}

var ln2 = pair{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}

// power returns x to the power of y to the last digit, as C's does. Go's multiplies, and loses a digit more
// with each digit of y.
func power(x, y float64) float64 {
	magnitude := math.Abs(x)
	if !(magnitude > 0) || math.IsInf(x, 0) || x != x || y != y || math.IsInf(y, 0) || y == 0 || magnitude == 1 {
		return math.Pow(x, y)
	}
	sign := 1.0
	if x < 0 {
		if y != math.Trunc(y) {
			return nan
		}
		if math.Mod(y, 2) != 0 {
			sign = -1
		}
	}
	if exponent := math.Abs(y * log(magnitude)); exponent > 800 {
		if (magnitude > 1) == (y > 0) {
			return sign * math.Inf(1)
		}
		return sign * 0
	}
	l := logarithm(magnitude)
	e := product(l.high, y)
	e.low += l.low * y
	return sign * exponential(sum(e.high, e.low))
}

// logarithm returns the logarithm of a number.
func logarithm(x float64) pair {
	m, exponent := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		exponent--
	}
	// The logarithm of m is 2(r + r³/3 + r⁵/5 + …) with r = (m-1)/(m+1), at most 0.18.
	r := sum(m, -1).over(sum(m, 1))
	square := r.times(r)
	var series pair
	for n := 45; n >= 1; n -= 2 {
		series = series.times(square).plus(pair{1, 0}.over(pair{float64(n), 0}))
	}
	series = series.times(r)
	return ln2.times(pair{float64(exponent), 0}).plus(pair{2 * series.high, 2 * series.low})
}

// exponential returns e to the power of a number that is not far from those with a finite result.
func exponential(x pair) float64 {
	k := math.Round(x.high / math.Ln2)
	r := x.plus(ln2.times(pair{-k, 0})) // at most 0.35
	series := pair{1, 0}
	for n := 22.0; n >= 1; n-- {
		series = series.times(r).over(pair{n, 0}).plus(pair{1, 0})
	}
	return math.Ldexp(series.high+series.low, int(k))
}

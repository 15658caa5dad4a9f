package number

import (
	"math"
	"strconv"
)

// ParseFloat reads a double: the score of ZADD, the increment of ZINCRBY, a
// weight, a longitude. It rounds to the nearest double and
// refuses what overflows, and what is not zero but rounds to it.
func ParseFloat(s string) (float64, bool) {
	if v, ok := ParseInt(s); ok {
		return float64(v), true
	}
	l, ok := scan(s)
	if !ok {
		return 0, false
	}
	f := l.float64(s)
	if f == 0 {
		return f, l.isZero()
	}
	return f, l.infinite || !math.IsInf(f, 0)
}

// float64 rounds l, which was scanned from s.
func (l *literal) float64(s string) float64 {
	switch {
	case l.infinite:
		return math.Copysign(math.Inf(1), l.sign())
	case l.hex:
		return l.binary().float64(l.negative)
	case len(s) > maxDirect:
		s = l.shorten()
	}
	f, _ := strconv.ParseFloat(s, 64) // infinite if out of range
	return f
}

// maxDirect is how long a decimal strconv reads right: it stops counting
// exponents at 10,000, which is then out of range wherever the point stands.
const maxDirect = 5000

// maxDigits is more than the 767 digits that may decide how a double rounds.
const maxDigits = 1000

// shorten returns a short decimal literal that rounds to the same double.
func (l *literal) shorten() string {
	head, tail, exp := l.trim()
	digits := head + tail
	exp += int64(len(digits))
	if len(digits) > maxDigits {
		// The last digit is no zero, so one stands for the rest.
		digits = digits[:maxDigits] + "1"
	}
	sign := ""
	if l.negative {
		sign = "-"
	}
	return sign + "0." + digits + "e" + strconv.FormatInt(min(max(exp, -9999), 9999), 10)
}

// AppendDouble appends f as a reply holds it: 17 significant digits, without
// the zeros at the end, in exponent form from 1e+17 and below 0.0001. It is
// C's "%.17g".
func AppendDouble(b []byte, f float64) []byte {
	if special, ok := appendSpecial(b, f); ok {
		return special
	}
	if v, ok := Integral(f); ok && -1e17 < f && f < 1e17 {
		return AppendInt(b, v)
	}
	return strconv.AppendFloat(b, f, 'g', 17, 64)
}

// AppendScore appends f as a small sorted set stores it and ZSCAN shows it
// there: as AppendDouble, but integers up to 2^62 have all their digits. Redis
// itself stores those as integers, which makes -0 a 0 in a small sorted set and
// only there; here it is "-0".
func AppendScore(b []byte, f float64) []byte {
	if special, ok := appendSpecial(b, f); ok {
		return special
	}
	if v, ok := Integral(f); ok {
		return AppendInt(b, v)
	}
	return strconv.AppendFloat(b, f, 'g', 17, 64)
}

// appendSpecial appends the numbers that have a name, and the negative zero.
func appendSpecial(b []byte, f float64) ([]byte, bool) {
	switch {
	case math.IsNaN(f):
		return append(b, "nan"...), true
	case math.IsInf(f, 1):
		return append(b, "inf"...), true
	case math.IsInf(f, -1):
		return append(b, "-inf"...), true
	case f == 0 && math.Signbit(f):
		return append(b, "-0"...), true
	}
	return b, false
}

// Integral returns f as an integer if it is one of magnitude at most 2^62, the
// doubles that Redis stores as integers. The negative zero is one.
func Integral(f float64) (int64, bool) {
	const limit = 1 << 62
	if !(-limit <= f && f <= limit) {
		return 0, false
	}
	v := int64(f)
	return v, float64(v) == f
}

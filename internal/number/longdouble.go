package number

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// A LongDouble is a number of the x87 80-bit format, in which Redis on amd64
// computes INCRBYFLOAT and HINCRBYFLOAT: 64 significant bits, exponents up to
// 2^16383, infinities and NaN. Operations round to the nearest number, and
// from the middle to the even one. The zero value is 0.
//
// math/big's Float knows neither subnormal numbers nor NaN, and reads decimals
// with an error that can reach the last bit.
type LongDouble struct {
	mant     uint64 // the top bit is set, unless the number is 0
	exp      int32  // the value is mant * 2^exp
	kind     kind
	negative bool
}

type kind uint8

const (
	finite kind = iota
	infinite
	nan
)

// The bounds of LongDouble.exp: of the last bit of a subnormal number, and of
// the last bit of the largest number.
const (
	minLongExp = -16445
	maxLongExp = 16320
)

// maxLongLen is the length from which Redis refuses to read a long double.
const maxLongLen = 5 * 1024

// ParseLongDouble reads a long double: a value or increment of INCRBYFLOAT or
// HINCRBYFLOAT. It refuses strings of 5120 bytes and more, what overflows, and
// what is not zero but rounds to it.
func ParseLongDouble(s string) (LongDouble, bool) {
	if len(s) >= maxLongLen {
		return LongDouble{}, false
	}
	l, ok := scan(s)
	switch {
	case !ok:
		return LongDouble{}, false
	case l.infinite:
		return LongDouble{kind: infinite, negative: l.negative}, true
	case l.isZero():
		return LongDouble{negative: l.negative}, true
	}
	w, ok := l.magnitude()
	x := w.longDouble(l.negative)
	return x, ok && x.kind == finite && x.mant != 0
}

// magnitude returns the magnitude of a literal that is not zero. It returns
// false if no long double is near it.
func (l *literal) magnitude() (wide, bool) {
	if l.hex {
		return l.binary(), true
	}
	head, tail, exp := l.trim()
	v, ok := parseDigits(0, head)
	if ok {
		v, ok = parseDigits(v, tail)
	}
	if ok && -maxPower <= exp && exp <= maxPower {
		return scale(v, int(exp)), true
	}
	const (
		// The largest number is 1.2e4932, half of the smallest 1.8e-4951.
		maxPoint = 4933
		minPoint = -4950
	)
	if point := exp + int64(len(head)+len(tail)); point < minPoint || point > maxPoint {
		return wide{}, false
	}
	return scaleBig(head+tail, exp), true
}

// maxPower is the largest n for which 5^n fits 64 bits.
const maxPower = 27

// power5 returns 5^n for n up to maxPower.
func power5(n int) uint64 {
	v := uint64(1)
	for ; n > 0; n-- {
		v *= 5
	}
	return v
}

// scale returns v * 10^exp, for an exp up to maxPower either way and v > 0.
func scale(v uint64, exp int) wide {
	if exp >= 0 {
		hi, lo := bits.Mul64(v, power5(exp))
		return wide{hi: hi, lo: lo, exp: int64(exp)}
	}
	d := power5(-exp)
	vShift, dShift := bits.LeadingZeros64(v), bits.LeadingZeros64(d)
	v, d = v<<vShift, d<<dShift
	// Both have their top bit set, so the quotient is 1.5 or 0.5, say: one
	// digit before the point, 127 bits behind it.
	one := uint64(0)
	if v >= d {
		one, v = 1<<63, v-d
	}
	hi, v := bits.Div64(v, 0, d)
	lo, v := bits.Div64(v, 0, d)
	return wide{
		hi:   one | hi>>1,
		lo:   hi<<63 | lo>>1,
		rest: lo&1|v != 0,
		exp:  int64(exp - 127 + dShift - vShift),
	}
}

// scaleBig returns digits * 10^exp, exactly but for the rest.
func scaleBig(digits string, exp int64) wide {
	v, _ := new(big.Int).SetString(digits, 10)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(max(exp, -exp)), nil)
	if exp >= 0 {
		return wideOf(v.Mul(v, power), 0, false)
	}
	// 130 bits of quotient are enough to round 64.
	shift := max(0, power.BitLen()-v.BitLen()+130)
	v, r := v.QuoRem(v.Lsh(v, uint(shift)), power, new(big.Int))
	return wideOf(v, -shift, r.Sign() != 0)
}

// wideOf returns v * 2^exp, plus something if rest.
func wideOf(v *big.Int, exp int, rest bool) wide {
	if drop := v.BitLen() - 128; drop > 0 {
		rest = rest || v.TrailingZeroBits() < uint(drop)
		v.Rsh(v, uint(drop))
		exp += drop
	}
	var b [16]byte
	v.FillBytes(b[:])
	return wide{
		hi:   binary.BigEndian.Uint64(b[:8]),
		lo:   binary.BigEndian.Uint64(b[8:]),
		rest: rest,
		exp:  int64(exp),
	}
}

// longDouble rounds w to a long double. It is infinite if w is out of range.
func (w wide) longDouble(negative bool) LongDouble {
	if w.isZero() {
		return LongDouble{negative: negative}
	}
	w = w.normalize()
	if under := minLongExp - (w.exp + 64); under > 0 {
		w = w.shiftRight(under)
	}
	mant, exp := w.rounded(), w.exp+64
	if mant == 0 && w.hi != 0 { // carried over
		mant, exp = 1<<63, exp+1
	}
	if mant == 0 {
		return LongDouble{negative: negative}
	}
	n := bits.LeadingZeros64(mant)
	mant, exp = mant<<n, exp-int64(n)
	if exp > maxLongExp {
		return LongDouble{kind: infinite, negative: negative}
	}
	return LongDouble{mant: mant, exp: int32(exp), negative: negative}
}

// LongDoubleOf returns f, exactly. GEOPOS prints its coordinates so.
func LongDoubleOf(f float64) LongDouble {
	negative := math.Signbit(f)
	switch {
	case math.IsNaN(f):
		return LongDouble{kind: nan}
	case math.IsInf(f, 0):
		return LongDouble{kind: infinite, negative: negative}
	}
	fraction, exp := math.Frexp(math.Abs(f))
	return wide{hi: uint64(fraction * (1 << 63)), exp: int64(exp - 127)}.longDouble(negative)
}

// LongDoubleNear returns the long double nearest to the shortest decimal that
// reads as f: what a Go program means that passes 0.1 as an increment.
func LongDoubleNear(f float64) LongDouble {
	var b [32]byte
	if x, ok := ParseLongDouble(string(strconv.AppendFloat(b[:0], f, 'g', -1, 64))); ok {
		return x
	}
	return LongDouble{kind: nan}
}

// IsInf reports whether x is an infinity.
func (x LongDouble) IsInf() bool { return x.kind == infinite }

// IsNaN reports whether x is no number.
func (x LongDouble) IsNaN() bool { return x.kind == nan }

// Float64 returns the double nearest to x, infinite if x is out of its range.
func (x LongDouble) Float64() float64 {
	switch {
	case x.kind == nan:
		return math.NaN()
	case x.kind == infinite && x.negative:
		return math.Inf(-1)
	case x.kind == infinite:
		return math.Inf(1)
	}
	return wide{hi: x.mant, exp: int64(x.exp) - 64}.float64(x.negative)
}

// Add returns x + y. It is an infinity if the sum is out of range, and NaN for
// infinities of opposite signs.
func (x LongDouble) Add(y LongDouble) LongDouble {
	switch {
	case x.kind != finite || y.kind != finite:
		return x.addSpecial(y)
	case x.mant == 0 && y.mant == 0:
		return LongDouble{negative: x.negative && y.negative}
	case x.mant == 0:
		return y
	case y.mant == 0:
		return x
	}
	if x.exp < y.exp || x.exp == y.exp && x.mant < y.mant {
		x, y = y, x
	}
	a, b := x.spread(), y.spread()
	b = b.shiftRight(a.exp - b.exp)
	if x.negative == y.negative {
		return a.add(b).longDouble(x.negative)
	}
	d := a.sub(b)
	return d.longDouble(x.negative && !d.isZero())
}

// addSpecial is Add where x or y is an infinity or NaN.
func (x LongDouble) addSpecial(y LongDouble) LongDouble {
	switch {
	case x.kind == nan || y.kind == nan || x.kind == y.kind && x.negative != y.negative:
		return LongDouble{kind: nan}
	case x.kind == infinite:
		return x
	}
	return y
}

// spread returns the magnitude of x with a free bit on top, for the carry.
func (x LongDouble) spread() wide {
	return wide{hi: x.mant >> 1, lo: x.mant << 63, exp: int64(x.exp) - 63}
}

// Append appends x as INCRBYFLOAT prints it: in full, without exponent, with up
// to 17 digits behind the point. That is C's "%.17Lf" without the zeros at the
// end; there is no negative zero. It writes at most 4934 bytes.
func (x LongDouble) Append(b []byte) []byte {
	if x.kind != finite {
		return x.appendSpecial(b)
	}
	whole, fraction := x.split()
	if x.negative && (whole|fraction != 0 || x.exp > 0) {
		b = append(b, '-')
	}
	if x.exp > 0 {
		v := new(big.Int).SetUint64(x.mant)
		return v.Lsh(v, uint(x.exp)).Append(b, 10)
	}
	b = strconv.AppendUint(b, whole, 10)
	if fraction == 0 {
		return b
	}
	b = append(b, ".00000000000000000"...)
	for i := len(b) - 1; fraction != 0; i-- {
		b[i] += byte(fraction % 10)
		fraction /= 10
	}
	return bytes.TrimRight(b, "0")
}

// split returns the whole part of x and the first 17 digits behind the point,
// rounded, of a magnitude below 2^64.
func (x LongDouble) split() (whole, fraction uint64) {
	const one = 1e17
	if x.exp > 0 || x.mant == 0 {
		return 0, 0
	}
	n := uint(-x.exp)
	whole = x.mant >> n
	// The fraction in units of the last digit, with the point moved between
	// hi and lo. It is below 2^(n+57), so nothing is lost over the top.
	var w wide
	w.hi, w.lo = bits.Mul64(x.mant-whole<<n, one)
	if n <= 64 {
		w = w.shiftLeft(64 - n)
	} else {
		w = w.shiftRight(int64(n) - 64)
	}
	if fraction = w.rounded(); fraction == one {
		return whole + 1, 0
	}
	return whole, fraction
}

// appendSpecial appends the name of an infinity or NaN.
func (x LongDouble) appendSpecial(b []byte) []byte {
	switch {
	case x.kind == nan:
		return append(b, "nan"...)
	case x.negative:
		return append(b, "-inf"...)
	}
	return append(b, "inf"...)
}

package number

import (
	"math"
	"math/bits"
)

// A wide is a magnitude on its way to be rounded: (hi*2^64 + lo) * 2^exp. If
// rest is set, the value is more than that, by less than one unit of lo.
type wide struct {
	hi, lo uint64
	rest   bool
	exp    int64
}

// isZero reports whether no bit is set.
func (w wide) isZero() bool { return w.hi|w.lo == 0 }

// normalize moves the highest set bit to the top of hi. A rest then stands for
// less than the zeros that come in below; those are below the bits that decide
// how hi is rounded, since no wide has a rest and fewer than 66 bits.
func (w wide) normalize() wide {
	if w.hi == 0 {
		w.hi, w.lo = w.lo, 0
		w.exp -= 64
	}
	n := bits.LeadingZeros64(w.hi)
	if n == 64 {
		return w
	}
	return w.shiftLeft(uint(n))
}

// shiftLeft moves the bits up by n <= 64, over the top.
func (w wide) shiftLeft(n uint) wide {
	w.hi = w.hi<<n | w.lo>>(64-n)
	w.lo <<= n
	w.exp -= int64(n)
	return w
}

// shiftRight moves the bits down by n. What falls off becomes rest.
func (w wide) shiftRight(n int64) wide {
	w.exp += n
	if n >= 128 {
		w.hi, w.lo, w.rest = 0, 0, w.rest || !w.isZero()
		return w
	}
	if n >= 64 {
		w.rest = w.rest || w.lo != 0
		w.hi, w.lo = 0, w.hi
		n -= 64
	}
	w.rest = w.rest || w.lo<<(64-n) != 0
	w.lo = w.lo>>n | w.hi<<(64-n)
	w.hi >>= n
	return w
}

// add returns w + v for equal exponents, where w has no rest. The sum must not
// carry over the top.
func (w wide) add(v wide) wide {
	lo, carry := bits.Add64(w.lo, v.lo, 0)
	hi, _ := bits.Add64(w.hi, v.hi, carry)
	return wide{hi: hi, lo: lo, rest: v.rest, exp: w.exp}
}

// sub returns w - v for equal exponents, where v is at most w and w has no
// rest. A rest of v turns over: taking off one unit too much leaves one.
func (w wide) sub(v wide) wide {
	borrow := uint64(0)
	if v.rest {
		borrow = 1
	}
	lo, borrow := bits.Sub64(w.lo, v.lo, borrow)
	hi, _ := bits.Sub64(w.hi, v.hi, borrow)
	return wide{hi: hi, lo: lo, rest: v.rest, exp: w.exp}
}

// rounded returns hi, rounded by what stands below it: to the nearest, and
// from the middle to the even one. It carries over to 0.
func (w wide) rounded() uint64 {
	const half = 1 << 63
	if w.lo > half || w.lo == half && (w.rest || w.hi&1 == 1) {
		return w.hi + 1
	}
	return w.hi
}

// float64 rounds w to a double. It is infinite if w is out of range.
func (w wide) float64(negative bool) float64 {
	const (
		precision = 53
		minExp    = -1074 // of the last bit
		maxExp    = 1024  // infinite from here on
	)
	w = w.normalize().shiftRight(64 - precision)
	if under := minExp - (w.exp + 64); under > 0 {
		w = w.shiftRight(under)
	}
	f := math.Ldexp(float64(w.rounded()), int(min(w.exp+64, maxExp)))
	if negative {
		return -f
	}
	return f
}

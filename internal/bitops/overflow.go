package bitops

import "math"

// An Overflow says what becomes of a result that its field cannot hold.
type Overflow uint8

// The ways of BITFIELD's OVERFLOW.
const (
	Wrap Overflow = iota // keep the lowest bits
	Sat                  // take the nearest value of the field
	Fail                 // give none
)

// AddSigned returns v + by for a signed field of 1 to 64 bits. It returns false
// only for Fail, if the field cannot hold the sum.
//
// INCRBY passes the field's value as v. SET passes the new value with 0 for by,
// and v may be anything: as in Redis, a v so low that the way from it to the
// field's maximum is no int64 then counts as too high, and Sat makes it the
// maximum.
func AddSigned(v, by int64, width int, o Overflow) (int64, bool) {
	top := int64(math.MaxInt64) >> (MaxFieldBits - width)
	bottom := -top - 1
	room, depth := top-v, bottom-v // these wrap, and that counts
	narrow := width < MaxFieldBits
	switch {
	case v > top || by > room && (narrow || v >= 0 && by > 0):
		return limitSigned(v+by, top, width, o)
	case v < bottom || by < depth && (narrow || v < 0 && by < 0):
		return limitSigned(v+by, bottom, width, o)
	}
	return v + by, true
}

// limitSigned returns what o makes of a sum beyond the limit of its field.
func limitSigned(sum, limit int64, width int, o Overflow) (int64, bool) {
	switch o {
	case Wrap:
		shift := MaxFieldBits - width
		return sum << shift >> shift, true
	case Sat:
		return limit, true
	}
	return 0, false
}

// AddUnsigned is AddSigned for an unsigned field of 1 to 63 bits.
func AddUnsigned(v uint64, by int64, width int, o Overflow) (uint64, bool) {
	top := uint64(1)<<width - 1
	sum := v + uint64(by)
	limit := uint64(0)
	switch {
	case v > top || by > 0 && sum > top:
		limit = top
	case by >= 0 || v >= -uint64(by):
		return sum, true
	}
	switch o {
	case Wrap:
		return sum & top, true
	case Sat:
		return limit, true
	}
	return 0, false
}

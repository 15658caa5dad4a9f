// Package bitops works on byte strings as arrays of bits, as GETBIT, BITCOUNT,
// BITPOS, BITOP and BITFIELD do.
//
// Bit 0 is the highest bit of the first byte. Bits behind the end of a string
// are zeros, so no function here fails on a string that is too short. Offsets
// count bits and are not negative; what negative ones mean, and the limits of
// lengths, is the caller's business.
//
// Strings are read eight bytes at a time.
package bitops

import "math/bits"

// Bytes is what the reading functions take.
type Bytes interface{ string | []byte }

// word is the number of bytes that are read at a time.
const word = 8

// load returns the first eight bytes of s, the first one highest, so that bit i
// of s is the i-th from the top.
func load[S Bytes](s S) uint64 { return bits.ReverseBytes64(native(s)) }

// native returns the first eight bytes of s, the first one lowest, for where
// their order does not matter. The compiler makes it one load.
func native[S Bytes](s S) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// loadAt returns eight bytes of s from i on, as load does. Bytes behind the end
// are zeros.
func loadAt[S Bytes](s S, i int) (w uint64) {
	if i+word <= len(s) {
		return load(s[i:])
	}
	for k := i; k < i+word; k++ {
		w <<= 8
		if k < len(s) {
			w |= uint64(s[k])
		}
	}
	return w
}

// Count returns the number of set bits.
func Count[S Bytes](s S) (n int64) {
	// Eight words at a time: their counts do not wait for each other, and the
	// compiler spills its registers once for all of them.
	const stride = 8 * word
	i := 0
	for ; i+stride <= len(s); i += stride {
		p := s[i : i+stride]
		n += int64(ones(p) + ones(p[word:]) + ones(p[2*word:]) + ones(p[3*word:]) +
			ones(p[4*word:]) + ones(p[5*word:]) + ones(p[6*word:]) + ones(p[7*word:]))
	}
	for ; i < len(s); i += word {
		n += int64(bits.OnesCount64(loadAt(s, i)))
	}
	return n
}

// ones counts the bits of the first eight bytes of s.
func ones[S Bytes](s S) int { return bits.OnesCount64(native(s)) }

// CountRange returns the number of set bits from start on and before end.
func CountRange[S Bytes](s S, start, end int64) int64 {
	s, start, end = window(s, start, end)
	if start >= end {
		return 0
	}
	n := Count(s)
	// The window holds whole bytes; take off what juts out of the range.
	n -= int64(bits.OnesCount8(s[0] &^ (0xff >> start)))
	if beyond := int64(len(s))*8 - end; beyond > 0 {
		n -= int64(bits.OnesCount8(s[len(s)-1] & (1<<beyond - 1)))
	}
	return n
}

// window cuts s to the bytes that hold the bits from start on and before end,
// and returns where these are in it: start lies in the first byte and end in or
// right behind the last. If there are none, start is not below end.
func window[S Bytes](s S, start, end int64) (S, int64, int64) {
	end = min(end, int64(len(s))*8)
	if start >= end {
		return s[:0], 0, 0
	}
	first := start / 8
	return s[first : (end+7)/8], start - first*8, end - first*8
}

// Pos returns the offset of the first bit from start on and before end that is
// equal to bit, -1 if there is none. It looks only at the bits that s has: for
// a zero, the caller decides what lies behind the end.
func Pos[S Bytes](s S, bit int, start, end int64) int64 {
	base := start / 8 * 8
	s, start, end = window(s, start, end)
	var flip uint64 // makes what is looked for a one
	if bit == 0 {
		flip = ^flip
	}
	i := 0
	w := (loadAt(s, 0) ^ flip) & (^uint64(0) >> start) // without what precedes start
	if w == 0 {
		i = skip(s, word, flip)
		w = loadAt(s, i) ^ flip
	}
	at := int64(i)*8 + int64(bits.LeadingZeros64(w))
	if at >= end {
		return -1
	}
	return base + at
}

// skip returns the index of the first whole word of s from i on that differs
// from blank, or where there is no whole word left.
func skip[S Bytes](s S, i int, blank uint64) int {
	const stride = 4 * word
	for ; i+stride <= len(s); i += stride {
		p := s[i : i+stride]
		a, b := native(p)^blank, native(p[word:])^blank
		c, d := native(p[2*word:])^blank, native(p[3*word:])^blank
		if a|b|c|d != 0 {
			break
		}
	}
	for i+word <= len(s) && native(s[i:i+word]) == blank {
		i += word
	}
	return i
}

// Package lzf is the compression of strings in Redis's files: LZF, by Marc
// Lehmann.
//
// # Format
//
// Compressed bytes are a sequence of literals, which are copied as they are, and of
// references to what has been written before:
//
//	000nnnnn                      n+1 bytes follow
//	nnnddddd dddddddd             n+2 bytes from d+1 bytes back, n from 1 to 6
//	111ddddd nnnnnnnn dddddddd    n+9 bytes from d+1 bytes back
//
// A reference may run into the bytes that it writes itself.
//
// # The same bytes as Redis's
//
// There are many ways to compress a string. So that files and DUMP payloads are
// equal to Redis's to the byte, the one taken here is that of the library as Redis
// builds it: a table of 65536 places, each that of the last three bytes with its hash that were
// looked at; behind a reference only the last two places are noted; a reference ends two bytes
// before the end unless it is about 18 bytes long. One difference is intended: the library
// does not clear its table, so what it makes may, rarely, depend on what it compressed before. Here it
// never does.
package lzf

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

const (
	hashBits   = 16
	maxLiteral = 1 << 5  // bytes in a literal
	maxBack    = 1 << 13 // bytes to go back
	maxRef     = 1<<8 + 1<<3

	// surelyCompared is how far a match is followed however near the end is, if there is room for a long one.
	surelyCompared = 19

	minSource = 4
)

// A Compressor compresses strings. The zero value is ready. It is large, a quarter
// of a MiB, and made to be used again.
type Compressor struct {
	// seen has, for a hash of three bytes, base and their place. What is not above base is from
	// before, so the table need not be cleared each time.
	seen [1 << hashBits]uint32
	base uint32
}

// Append appends src in compressed form, if that takes at most so many bytes, and reports
// whether it does; if not, dst stays as it is.
func (c *Compressor) Append(dst, src []byte, most int) ([]byte, bool) {
	if len(src) < minSource || most <= 0 || len(src) > math.MaxInt32 {
		return dst, false
	}
	if c.base > math.MaxUint32-uint32(len(src)) {
		clear(c.seen[:])
		c.base = 0
	}
	start := len(dst)
	dst = slices.Grow(dst, most+1)
	n := c.compress(dst[start:start+most+1], src)
	c.base += uint32(len(src))
	return dst[:start+n], n > 0
}

// compress fills out, whose last byte is spare, and returns how many bytes it took, 0 if there is
// not enough room.
func (c *Compressor) compress(out, src []byte) int {
	room, op, lit := len(out)-1, 1, 0 // out[op-lit-1] is for the length of the literal
	ip, last := 0, len(src)-2
	h := uint32(src[0])<<8 | uint32(src[1])
	for ip < last {
		h = h<<8 | uint32(src[ip+2])
		ref := c.swap(h, ip)
		if ref <= 0 || ip-ref > maxBack || src[ref+2] != src[ip+2] || src[ref] != src[ip] || src[ref+1] != src[ip+1] {
			if op >= room {
				return 0
			}
			out[op] = src[ip]
			op, lit, ip = op+1, lit+1, ip+1
			if lit == maxLiteral {
				op, lit = endLiteral(out, op, lit)+1, 0
			}
			continue
		}
		if op = endLiteral(out, op, lit); op+4 >= room {
			return 0
		}
		n := match(src, ref, ip)
		op = putRef(out, op, ip-ref-1, n) + 1
		lit = 0
		if ip += n; ip >= last {
			break
		}
		h = c.note(src, ip-2)
	}
	return finish(out, src[ip:], op, lit)
}

// swap returns the place that was noted for a hash, 0 or less if there is none, and notes another.
func (c *Compressor) swap(h uint32, ip int) int {
	slot := &c.seen[index(h)]
	ref := int(*slot) - int(c.base)
	*slot = c.base + uint32(ip)
	return ref
}

// note notes the two places from ip on, and returns the hash to go on with.
func (c *Compressor) note(src []byte, ip int) uint32 {
	h := uint32(src[ip])<<16 | uint32(src[ip+1])<<8 | uint32(src[ip+2])
	c.seen[index(h)] = c.base + uint32(ip)
	h = h<<8 | uint32(src[ip+3])
	c.seen[index(h)] = c.base + uint32(ip) + 1
	return h
}

// index returns where the table has three bytes.
func index(h uint32) uint32 { return (h>>(24-hashBits) - h*5) & (1<<hashBits - 1) }

// endLiteral puts the length of a literal before it, and returns where the next thing goes. Of an empty
// literal nothing is left.
func endLiteral(out []byte, op, lit int) int {
	if lit == 0 {
		return op - 1
	}
	out[op-lit-1] = byte(lit - 1)
	return op
}

// putRef puts a reference, and returns where the next thing goes.
func putRef(out []byte, op, back, n int) int {
	high, n := byte(back>>8), n-2
	if n < 7 {
		out[op] = high | byte(n)<<5
		out[op+1] = byte(back)
		return op + 2
	}
	out[op] = high | 7<<5
	out[op+1] = byte(n - 7)
	out[op+2] = byte(back)
	return op + 3
}

// match returns how many bytes at ref are those at ip, at least three.
func match(src []byte, ref, ip int) int {
	most := min(len(src)-ip-2, maxRef)
	if most > 16 {
		most = max(most, surelyCompared)
	} else {
		most = max(most, 3)
	}
	a, b, n := src[ref:], src[ip:], 3
	for n+8 <= most {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
		n += 8
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// finish puts the last bytes, and returns how many there are in all, 0 if there is not enough room.
func finish(out, rest []byte, op, lit int) int {
	if op+3 > len(out)-1 {
		return 0
	}
	for _, b := range rest {
		out[op] = b
		op, lit = op+1, lit+1
		if lit == maxLiteral {
			op, lit = endLiteral(out, op, lit)+1, 0
		}
	}
	return endLiteral(out, op, lit)
}

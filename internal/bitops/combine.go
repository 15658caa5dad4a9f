package bitops

import "encoding/binary"

// An Op is a bitwise operation on any number of strings. Where one of them is
// special it is the first, called x, and the others are called y.
type Op uint8

// The operations of BITOP.
const (
	And   Op = iota // bits set in all
	Or              // bits set in any
	Xor             // bits set in an odd number
	Not             // bits not set in x; there is no y
	Diff            // bits set in x and in no y
	Diff1           // bits set in any y, but not in x
	AndOr           // bits set in x and in any y
	One             // bits set in exactly one
)

// blockLen is how many bytes of the result are finished at a time: few enough
// to stay in the nearest cache while one source after the other is applied.
const blockLen = 4 << 10

// Combine appends the result of an operation, which is as long as the longest
// source: shorter ones count as filled up with zeros. Not takes the first source
// and only the length of others. It allocates only to grow dst.
func (o Op) Combine(dst []byte, sources ...string) []byte {
	if len(sources) == 0 {
		return dst
	}
	size := longest(sources)
	start := len(dst)
	if cap(dst)-start < size {
		dst = append(make([]byte, 0, start+size), dst...)
	}
	dst = dst[:start+size]
	for i := 0; i < size; i += blockLen {
		o.block(dst[start+i:start+min(i+blockLen, size)], i, sources)
	}
	return dst
}

// longest returns the length of the longest source.
func longest(sources []string) (n int) {
	for _, s := range sources {
		n = max(n, len(s))
	}
	return n
}

// block makes the part of the result that starts at byte i.
func (o Op) block(b []byte, i int, sources []string) {
	x, ys := part(sources[0], i, len(b)), sources[1:]
	switch o {
	case Not:
		fill(b, x)
		not(b)
	case And, Or, Xor, Diff:
		fill(b, x)
		for _, y := range ys {
			o.apply(b, part(y, i, len(b)))
		}
	case Diff1, AndOr:
		clear(b)
		for _, y := range ys {
			or(b, part(y, i, len(b)))
		}
		if o == AndOr {
			and(b, x)
		} else {
			andNot(b, x)
		}
	case One:
		one(b, i, sources)
	}
}

// apply applies a source to the result of those before it.
func (o Op) apply(b []byte, y string) {
	switch o {
	case And:
		and(b, y)
	case Or:
		or(b, y)
	case Xor:
		xor(b, y)
	case Diff:
		andNot(b, y)
	}
}

// part returns up to n bytes of s from i on.
func part(s string, i, n int) string {
	i = min(i, len(s))
	return s[i:min(i+n, len(s))]
}

// fill copies s to b and clears the rest of b.
func fill(b []byte, s string) { clear(b[copy(b, s):]) }

// The loops below take stride bytes of b and s at a time, where s is not longer
// than b. One function for all, called with the operation, is five times slower.
const stride = 4 * word

// store writes what native reads.
func store(b []byte, w uint64) { binary.LittleEndian.PutUint64(b, w) }

func not(b []byte) {
	i := 0
	for ; i+word <= len(b); i += word {
		store(b[i:i+word], ^native(b[i:i+word]))
	}
	for ; i < len(b); i++ {
		b[i] = ^b[i]
	}
}

func and(b []byte, s string) {
	i := 0
	for ; i+stride <= len(s); i += stride {
		p, q := b[i:i+stride], s[i:i+stride]
		store(p, native(p)&native(q))
		store(p[word:], native(p[word:])&native(q[word:]))
		store(p[2*word:], native(p[2*word:])&native(q[2*word:]))
		store(p[3*word:], native(p[3*word:])&native(q[3*word:]))
	}
	for ; i < len(s); i++ {
		b[i] &= s[i]
	}
	clear(b[i:])
}

func or(b []byte, s string) {
	i := 0
	for ; i+stride <= len(s); i += stride {
		p, q := b[i:i+stride], s[i:i+stride]
		store(p, native(p)|native(q))
		store(p[word:], native(p[word:])|native(q[word:]))
		store(p[2*word:], native(p[2*word:])|native(q[2*word:]))
		store(p[3*word:], native(p[3*word:])|native(q[3*word:]))
	}
	for ; i < len(s); i++ {
		b[i] |= s[i]
	}
}

func xor(b []byte, s string) {
	i := 0
	for ; i+stride <= len(s); i += stride {
		p, q := b[i:i+stride], s[i:i+stride]
		store(p, native(p)^native(q))
		store(p[word:], native(p[word:])^native(q[word:]))
		store(p[2*word:], native(p[2*word:])^native(q[2*word:]))
		store(p[3*word:], native(p[3*word:])^native(q[3*word:]))
	}
	for ; i < len(s); i++ {
		b[i] ^= s[i]
	}
}

func andNot[S Bytes](b []byte, s S) {
	i := 0
	for ; i+stride <= len(s); i += stride {
		p, q := b[i:i+stride], s[i:i+stride]
		store(p, native(p)&^native(q))
		store(p[word:], native(p[word:])&^native(q[word:]))
		store(p[2*word:], native(p[2*word:])&^native(q[2*word:]))
		store(p[3*word:], native(p[3*word:])&^native(q[3*word:]))
	}
	for ; i < len(s); i++ {
		b[i] &^= s[i]
	}
}

// one keeps in b the bits seen an odd number of times and in twice those seen
// more than once.
func one(b []byte, i int, sources []string) {
	var block [blockLen]byte
	twice := block[:len(b)]
	clear(b)
	for _, s := range sources {
		addOnce(b, twice, part(s, i, len(b)))
	}
	andNot(b, twice)
}

// addOnce counts the bits of s into once and twice.
func addOnce(once, twice []byte, s string) {
	i := 0
	for ; i+stride <= len(s); i += stride {
		p, t, q := once[i:i+stride], twice[i:i+stride], s[i:i+stride]
		store(t, native(t)|native(p)&native(q))
		store(p, native(p)^native(q))
		store(t[word:], native(t[word:])|native(p[word:])&native(q[word:]))
		store(p[word:], native(p[word:])^native(q[word:]))
		store(t[2*word:], native(t[2*word:])|native(p[2*word:])&native(q[2*word:]))
		store(p[2*word:], native(p[2*word:])^native(q[2*word:]))
		store(t[3*word:], native(t[3*word:])|native(p[3*word:])&native(q[3*word:]))
		store(p[3*word:], native(p[3*word:])^native(q[3*word:]))
	}
	for ; i < len(s); i++ {
		twice[i] |= once[i] & s[i]
		once[i] ^= s[i]
	}
}

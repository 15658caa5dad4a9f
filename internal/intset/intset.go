// Package intset is Redis's intset: a sorted array of distinct integers in one
// slice of bytes. It is the small form of sets that hold nothing but integers.
//
// # Format
//
// The bytes are those of Redis, so that they go into its files and come from
// them as they are; all numbers are little-endian:
//
//	| width | length | integer ... integer |
//	  4       4        width each, ascending
//
// The width is 2, 4 or 8 bytes, as much as the largest integer that was ever added
// needs. It never shrinks.
//
// # Cost
//
// There is one heap object, without pointers. Lookups are a binary search, O(log n);
// changes move what lies behind, O(n), and a wider integer rewrites all, which happens twice
// at the most.
//
// Invariant: the bytes satisfy [Check] at all times. They come from the methods here, or
// from [Decode].
package intset

import (
	"encoding/binary"
	"errors"
	"math"
)

// A Set is an intset. The zero value is not one: see [New]. Methods that change it
// may move it, so there is to be one owner.
type Set []byte

const (
	headerSize = 8

	// MaxLen is the greatest number of integers of a set. Redis has the same.
	MaxLen = 1 << 30
)

// New returns an empty set.
func New() Set { return Set{2, 0, 0, 0, 0, 0, 0, 0} }

// Len returns the number of integers.
func (s Set) Len() int { return int(binary.LittleEndian.Uint32(s[4:])) }

func (s Set) setLen(n int) { binary.LittleEndian.PutUint32(s[4:], uint32(n)) }

// width returns the bytes of an integer.
func (s Set) width() int { return int(s[0]) }

// widthOf returns how many bytes n needs.
func widthOf(n int64) int {
	switch {
	case n < math.MinInt32 || n > math.MaxInt32:
		return 8
	case n < math.MinInt16 || n > math.MaxInt16:
		return 4
	}
	return 2
}

// At returns the integer with the given index, of which that of the smallest is 0.
func (s Set) At(i int) int64 { return load(s[headerSize:], s.width(), i) }

// load returns an integer of an array of such of a width.
func load(b []byte, width, i int) int64 {
	switch width {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b[2*i:])))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return int64(binary.LittleEndian.Uint64(b[8*i:]))
}

func store(b []byte, width, i int, n int64) {
	switch width {
	case 2:
		binary.LittleEndian.PutUint16(b[2*i:], uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(b[4*i:], uint32(n))
	default:
		binary.LittleEndian.PutUint64(b[8*i:], uint64(n))
	}
}

// Has reports whether n is in the set.
func (s Set) Has(n int64) bool {
	_, found := s.search(n)
	return found
}

// search returns the index of n, or that of the first integer above n.
func (s Set) search(n int64) (int, bool) {
	b, width, count := s[headerSize:], s.width(), s.Len()
	if count == 0 || n > load(b, width, count-1) { // integers often come in order
		return count, false
	}
	// What is looked for is among size integers from i on. Halving without a way out
	// lets the processor go on without a guess.
	i := 0
	for size := count; size > 1; {
		half := size / 2
		if load(b, width, i+half-1) < n {
			i += half
		}
		size -= half
	}
	return i, load(b, width, i) == n
}

// Add adds n, and reports whether it was not there.
func (s Set) Add(n int64) (Set, bool) {
	if widthOf(n) > s.width() {
		return s.widen(n), true
	}
	i, found := s.search(n)
	if found {
		return s, false
	}
	count, width := s.Len(), s.width()
	s = s.room(width)
	b := s[headerSize:]
	copy(b[(i+1)*width:], b[i*width:count*width])
	store(b, width, i, n)
	s.setLen(count + 1)
	return s, true
}

// room returns the set with so many more bytes behind it.
func (s Set) room(more int) Set {
	size := len(s) + more
	if size <= cap(s) {
		return s[:size]
	}
	grown := append(Set(nil), make([]byte, size+size/8)...) // to the end of a size class of the allocator
	copy(grown, s)
	return grown[:size]
}

// widen returns a copy with n, which needs wider integers than the set has. So
// it is below all others, or above.
func (s Set) widen(n int64) Set {
	count, width := s.Len(), widthOf(n)
	w := append(Set(nil), make([]byte, headerSize+(count+1)*width)...)
	w[0] = byte(width)
	w.setLen(count + 1)
	b, from := w[headerSize:], 0
	if n < 0 {
		from = 1
		store(b, width, 0, n)
	} else {
		store(b, width, count, n)
	}
	for i := range count {
		store(b, width, from+i, s.At(i))
	}
	return w
}

// Remove removes n, and reports whether it was there.
func (s Set) Remove(n int64) (Set, bool) {
	i, found := s.search(n)
	if !found {
		return s, false
	}
	return s.RemoveAt(i), true
}

// RemoveAt removes the integer with the given index.
func (s Set) RemoveAt(i int) Set {
	width, b := s.width(), s[headerSize:]
	copy(b[i*width:], b[(i+1)*width:])
	s.setLen(s.Len() - 1)
	s = s[:len(s)-width]
	if cap(s) > 2*len(s)+64 { // most of it is unused
		return s.Clone()
	}
	return s
}

// Clone returns a copy.
func (s Set) Clone() Set { return append(Set(nil), s...) }

// ErrDamaged is what Decode says of bytes that are no intset.
var ErrDamaged = errors.New("intset: damaged")

// Decode returns the set that b is, which it keeps, or ErrDamaged. All of it is
// looked at, so that no method will ever read outside of b.
func Decode(b []byte) (Set, error) {
	if err := Check(b); err != nil {
		return nil, err
	}
	return Set(b), nil
}

// Check returns ErrDamaged unless b is an intset.
func Check(b []byte) error {
	if len(b) < headerSize {
		return ErrDamaged
	}
	width, n := binary.LittleEndian.Uint32(b), uint64(binary.LittleEndian.Uint32(b[4:]))
	if width != 2 && width != 4 && width != 8 || n > MaxLen || uint64(len(b)) != headerSize+n*uint64(width) {
		return ErrDamaged
	}
	s := Set(b)
	for i := 1; i < int(n); i++ {
		if s.At(i-1) >= s.At(i) {
			return ErrDamaged
		}
	}
	return nil
}

// Package listpack is Redis's listpack: a sequence of strings and integers in
// one slice of bytes. It is the small form of hashes, sets and sorted sets, and what
// the nodes of lists and streams are made of.
//
// # Format
//
// The bytes are those of Redis, so that they go into its files and come from
// them as they are:
//
//	| bytes in all | elements |  element ... element  | 0xFF |
//	  4, little     2, little
//
//	element:  | encoding, value | length of that, readable from the end |
//
// An integer that prints as the string does is kept as a number of 7, 13, 16,
// 24, 32 or 64 bits; everything else is kept as it is. A count of 65535 stands
// for "unknown", and then Len walks.
//
// # Cost
//
// There is one heap object, without pointers, and 2 to 11 bytes around an element.
// All is linear in the size, except for what works at the ends: Append, First and
// Last. That is faster than any structure with pointers as long as it
// is small; the owner takes another one when it is not.
//
// Invariant: the bytes satisfy [Check] at all times. They come from the methods here, or
// from [Decode].
package listpack

import (
	"encoding/binary"
	"unsafe"

	"github.com/nookdb/nook/internal/number"
)

// A List is a listpack. The zero value is not one: see [New]. Methods that change it
// may move it, so there is to be one owner.
type List []byte

// A Pos is the place of an element, until the list is changed before or at
// it. None is the place after the last and before the first.
type Pos int

// None is no place.
const None Pos = 0

// An Element is the value of an element: Text, unless IsInt.
type Element struct {
	Text  string // shares the list's memory: good until the list is changed
	Int   int64
	IsInt bool
}

const (
	headerSize = 6
	end        = 0xFF
	unknown    = 0xFFFF // elements

	// MaxBytes is the greatest size of a list. Redis has the same.
	MaxBytes = 1 << 30
)

// New returns an empty list.
func New() List { return List{headerSize + 1, 0, 0, 0, 0, 0, end} }

// Len returns the number of elements. O(1) up to 65534, else O(n).
func (l List) Len() int {
	n := int(binary.LittleEndian.Uint16(l[4:]))
	if n != unknown {
		return n
	}
	n = 0
	for p := l.First(); p != None; p = l.Next(p) {
		n++
	}
	return n
}

// setLen notes a number of elements.
func (l List) setLen(n int) { binary.LittleEndian.PutUint16(l[4:], uint16(min(n, unknown))) }

// addLen notes that there are n more elements, or fewer.
func (l List) addLen(n int) {
	if before := int(binary.LittleEndian.Uint16(l[4:])); before != unknown {
		l.setLen(before + n)
		return
	}
	if n < 0 {
		l.setLen(l.Len()) // it may be countable again
	}
}

func (l List) setBytes() { binary.LittleEndian.PutUint32(l, uint32(len(l))) }

// First returns the place of the first element.
func (l List) First() Pos {
	if l[headerSize] == end {
		return None
	}
	return headerSize
}

// Last returns the place of the last element.
func (l List) Last() Pos { return l.Prev(Pos(len(l) - 1)) }

// Next returns the place of the element after that at p.
func (l List) Next(p Pos) Pos {
	p += Pos(l.span(p))
	if l[p] == end {
		return None
	}
	return p
}

// Prev returns the place of the element before p.
func (l List) Prev(p Pos) Pos {
	if p == headerSize {
		return None
	}
	n, width := backLen(l[:p])
	return p - Pos(n+width)
}

// Seek returns the place of the element with the given index, which counts
// from the end if it is negative: -1 is the last. It starts at the nearer end.
func (l List) Seek(index int) Pos {
	n := l.Len()
	if index < 0 {
		index += n
	}
	switch {
	case index < 0 || index >= n:
		return None
	case index <= n/2:
		p := Pos(headerSize)
		for range index {
			p += Pos(l.span(p))
		}
		return p
	default:
		p := l.Last()
		for range n - 1 - index {
			p = l.Prev(p)
		}
		return p
	}
}

// span returns how many bytes the element at p takes.
func (l List) span(p Pos) int {
	n := bodyLen(l[p:])
	return n + backWidth(n)
}

// Get returns the element at p.
func (l List) Get(p Pos) Element {
	b := l[p:]
	if n, at := textAt(b); at > 0 {
		return Element{Text: view(b[at : at+n])}
	}
	return Element{Int: intAt(b), IsInt: true}
}

// Int returns the integer at p, where one must be, and the place behind it, which may be behind the last; see [List.End].
func (l List) Int(p Pos) (int64, Pos) {
	b := l[p:]
	if b[0] < 0x80 {
		return int64(b[0]), p + 2
	}
	n := bodyLen(b)
	return intAt(b), p + Pos(n+backWidth(n))
}

// Skip returns the place n elements after p, which may be behind the last; see [List.End].
func (l List) Skip(p Pos, n int) Pos {
	for ; n > 0; n-- {
		switch c := l[p]; {
		case c < 0x80:
			p += 2
		case c < 0xC0:
			p += Pos(c&0x3F) + 2
		default:
			p += Pos(l.span(p))
		}
	}
	return p
}

// Append appends an element's string form to b.
func (e Element) Append(b []byte) []byte {
	if e.IsInt {
		return number.AppendInt(b, e.Int)
	}
	return append(b, e.Text...)
}

// String returns a copy of the element's string form.
func (e Element) String() string {
	var digits [20]byte
	return string(e.Append(digits[:0]))
}

// Len returns the length of the element's string form.
func (e Element) Len() int {
	if !e.IsInt {
		return len(e.Text)
	}
	var digits [20]byte
	return len(number.AppendInt(digits[:0], e.Int))
}

// Is reports whether the element's string form is s.
func (e Element) Is(s string) bool {
	if !e.IsInt {
		return e.Text == s
	}
	n, ok := number.ParseInt(s)
	return ok && n == e.Int
}

// Find returns the place of the first element from p on that is s, looking
// at each one and passing over skip after it. p may be None.
func (l List) Find(p Pos, s string, skip int) Pos {
	if p == None {
		return None
	}
	n, isInt := number.ParseInt(s)
	for {
		b := l[p:]
		size, at := textAt(b)
		body := at + size
		if at == 0 {
			if isInt && intAt(b) == n {
				return p
			}
			body = bodyLen(b)
		} else if size == len(s) && !isInt && view(b[at:body]) == s {
			return p
		}
		p += Pos(body + backWidth(body))
		for range skip {
			if l[p] == end {
				return None
			}
			p += Pos(l.span(p))
		}
		if l[p] == end {
			return None
		}
	}
}

// Fits reports whether a list that grows by elements of n bytes stays within
// MaxBytes.
func (l List) Fits(n int) bool { return len(l)+n+maxOverhead <= MaxBytes }

// maxOverhead is more than the bytes around any element.
const maxOverhead = 16

// Append adds s behind the last element.
func (l List) Append(s string) List { return l.InsertBefore(Pos(len(l)-1), s) }

// AppendInt adds an integer behind the last element.
func (l List) AppendInt(n int64) List {
	var body [9]byte
	return l.splice(Pos(len(l)-1), 0, appendInt(body[:0], n), "", 1)
}

// Body returns the list without its end, to which many elements can be appended at once by [AppendText] and
// [AppendInt]. [Seal] makes a list of it again.
func (l List) Body() []byte { return l[:len(l)-1] }

// Seal returns the list of which b is the body, with so many more elements than it had.
func Seal(b []byte, more int) List {
	l := List(append(b, end))
	l.setBytes()
	l.addLen(more)
	return l
}

// Prepend adds s before the first element.
func (l List) Prepend(s string) List { return l.InsertBefore(headerSize, s) }

// InsertBefore inserts s before the element at p, which then is the place of s.
func (l List) InsertBefore(p Pos, s string) List {
	var head [9]byte
	body, text := encode(head[:0], s)
	return l.splice(p, 0, body, text, 1)
}

// InsertAfter inserts s after the element at p.
func (l List) InsertAfter(p Pos, s string) List { return l.InsertBefore(p+Pos(l.span(p)), s) }

// Replace puts s into the place of the element at p.
func (l List) Replace(p Pos, s string) List {
	var head [9]byte
	body, text := encode(head[:0], s)
	return l.splice(p, l.span(p), body, text, 0)
}

// ReplaceInt puts an integer into the place of the element at p.
func (l List) ReplaceInt(p Pos, n int64) List {
	if l[p] < 0x80 && uint64(n) < 0x80 {
		l[p] = byte(n)
		return l
	}
	var body [9]byte
	return l.splice(p, l.span(p), appendInt(body[:0], n), "", 0)
}

// Delete removes n elements from p on, or as many as there are. What follows them
// is at p then, if p is not [List.End].
func (l List) Delete(p Pos, n int) List {
	q, removed := p, 0
	for removed < n && l[q] != end {
		q += Pos(l.span(q))
		removed++
	}
	copy(l[p:], l[q:])
	l = l[:len(l)-int(q-p)]
	l.setBytes()
	l.addLen(-removed)
	return l.trim()
}

// End reports whether p, a place where elements were deleted, is behind the last.
func (l List) End(p Pos) bool { return l[p] == end }

// trim gives memory back if more than half is unused.
func (l List) trim() List {
	if cap(l) > 2*len(l)+64 {
		return append(make(List, 0, len(l)), l...)
	}
	return l
}

// splice puts an element, of which body is the encoding with its integer or the
// length of text, into the place of cut bytes at p.
func (l List) splice(p Pos, cut int, body []byte, text string, more int) List {
	n := len(body) + len(text)
	width := backWidth(n)
	l = l.resize(p, cut, n+width)
	b := l[p:]
	copy(b, body)
	copy(b[len(body):], text)
	putBackLen(b[n:n+width], n)
	l.addLen(more)
	return l
}

// resize makes the cut bytes at p grow or shrink to n.
func (l List) resize(p Pos, cut, n int) List {
	old := len(l)
	size := old + n - cut
	if size > cap(l) {
		grown := append(List(nil), make(List, size+size/8)...) // to the end of a size class of the allocator
		copy(grown, l[:p])
		copy(grown[int(p)+n:], l[int(p)+cut:])
		l = grown[:size]
	} else {
		l = l[:max(size, old)]
		copy(l[int(p)+n:], l[int(p)+cut:old])
		l = l[:size]
	}
	l.setBytes()
	return l
}

// Concat appends the elements of m.
func (l List) Concat(m List) List {
	p := Pos(len(l) - 1)
	n, more := l.Len(), m.Len()
	l = l.resize(p, 0, len(m)-headerSize-1)
	copy(l[p:], m[headerSize:])
	l.setLen(n + more)
	return l
}

// Clone returns a copy that has no spare room.
func (l List) Clone() List { return append(make(List, 0, len(l)), l...) }

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

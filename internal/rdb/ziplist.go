package rdb

import (
	"encoding/binary"
	"math"

	"github.com/nookdb/nook/internal/listpack"
)

// A ziplist is what small collections were before there were listpacks:
//
//	| bytes in all | offset of the last element | elements |  element ... element  | 0xFF |
//	  4, little      4                            2
//
//	element:  | bytes of the element before | encoding | string |
//	            1, or 0xFE and 4
//
// The encoding's first byte says what follows:
//
//	00nnnnnn                    a string of up to 63 bytes
//	01nnnnnn nnnnnnnn           a string of up to 16383 bytes, big-endian
//	10______ and 4 bytes        a string, its length big-endian
//	11000000, 1101, 1110        an integer of 2, 4 or 8 bytes, little-endian
//	11110000, 11111110          an integer of 3 bytes, of 1
//	1111xxxx                    an integer from 0 to 12, which is x-1

const (
	zipHeader  = 10
	zipEnd     = 0xFF
	zipFar     = 0xFE   // the length before an element takes 4 more bytes
	zipUnknown = 0xFFFF // elements: they have to be counted
)

// ziplist reads a ziplist and makes a listpack of it.
func (r *Reader) ziplist() listpack.List {
	at := r.Offset()
	b := r.string(math.MaxInt)
	if r.err != nil {
		return listpack.New()
	}
	l, ok := listOfZiplist(b)
	if !ok {
		r.fail(at, "a damaged ziplist", nil)
		return listpack.New()
	}
	return l
}

// listOfZiplist returns a listpack with the elements of a ziplist, and false if it is none.
func listOfZiplist(b []byte) (listpack.List, bool) {
	if len(b) <= zipHeader || len(b) > listpack.MaxBytes/2 || b[len(b)-1] != zipEnd || binary.LittleEndian.Uint32(b) != uint32(len(b)) {
		return nil, false
	}
	tail, said := binary.LittleEndian.Uint32(b[4:]), int(binary.LittleEndian.Uint16(b[8:]))
	body := append(make([]byte, 0, len(b)+len(b)/8), listpack.New().Body()...)
	n, at, before := 0, zipHeader, 0
	last := at
	for at < len(b)-1 {
		e, size := zipElement(b[at:len(b)-1], before)
		if size == 0 {
			return nil, false
		}
		if e.IsInt {
			body = listpack.AppendInt(body, e.Int)
		} else {
			body = listpack.AppendText(body, e.Text)
		}
		last, before = at, size
		at += size
		n++
	}
	if tail != uint32(last) || said != n && said != zipUnknown {
		return nil, false
	}
	return listpack.Seal(body, n), true
}

// zipElement returns the element at the start of b, behind one of so many bytes, and how many bytes it takes, 0 if it
// is none.
func zipElement(b []byte, before int) (e listpack.Element, size int) {
	head := 1
	if b[0] >= zipFar {
		head = 5
	}
	if len(b) <= head || b[0] == zipEnd {
		return e, 0
	}
	said := int(b[0])
	if head == 5 {
		said = int(binary.LittleEndian.Uint32(b[1:]))
	}
	e, size = zipValue(b[head:])
	if said != before || size == 0 {
		return e, 0
	}
	return e, head + size
}

// zipValue returns the value whose encoding is at the start of b, and how many bytes both take, 0 if there is
// none.
func zipValue(b []byte) (listpack.Element, int) {
	c := b[0]
	switch c >> 6 {
	case 0b00:
		return zipText(b, 1, uint64(c))
	case 0b01:
		if len(b) < 2 {
			return listpack.Element{}, 0
		}
		return zipText(b, 2, uint64(c&0x3F)<<8|uint64(b[1]))
	case 0b10:
		if len(b) < 5 {
			return listpack.Element{}, 0
		}
		return zipText(b, 5, uint64(binary.BigEndian.Uint32(b[1:])))
	}
	return zipInt(b)
}

// zipText returns the string of n bytes behind its head in b.
func zipText(b []byte, head int, n uint64) (listpack.Element, int) {
	if n > uint64(len(b)-head) {
		return listpack.Element{}, 0
	}
	return listpack.Element{Text: stringOf(b[head : head+int(n)])}, head + int(n)
}

func zipInt(b []byte) (listpack.Element, int) {
	whole := func(n int64, size int) (listpack.Element, int) { return listpack.Element{Int: n, IsInt: true}, size }
	c, rest := b[0], b[1:]
	switch {
	case c == 0xC0 && len(rest) >= 2:
		return whole(int64(int16(binary.LittleEndian.Uint16(rest))), 3)
	case c == 0xD0 && len(rest) >= 4:
		return whole(int64(int32(binary.LittleEndian.Uint32(rest))), 5)
	case c == 0xE0 && len(rest) >= 8:
		return whole(int64(binary.LittleEndian.Uint64(rest)), 9)
	case c == 0xF0 && len(rest) >= 3:
		return whole(int64(int32(uint32(rest[0])<<8|uint32(rest[1])<<16|uint32(rest[2])<<24)>>8), 4)
	case c == 0xFE && len(rest) >= 1:
		return whole(int64(int8(rest[0])), 2)
	case 0xF1 <= c && c <= 0xFD:
		return whole(int64(c&0x0F)-1, 1)
	}
	return listpack.Element{}, 0
}

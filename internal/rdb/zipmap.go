package rdb

import (
	"encoding/binary"
	"math"

	"github.com/nookdb/nook/internal/listpack"
)

// A zipmap is what small hashes were up to Redis 2.4:
//
//	| fields |  field value ... field value  | 0xFF |
//	  1, 254 if unknown
//
//	field:  | length | string |
//	value:  | length | unused | string | unused bytes |
//	                   1
//
// A length is one byte, or 0xFE and 4 bytes, little-endian.

const (
	zipmapFar = 0xFE
	zipmapEnd = 0xFF
)

// zipmap reads a zipmap and makes a listpack of it. It returns the longest string in it, too, which is good until the
// next read.
func (r *Reader) zipmap() (l listpack.List, longest string) {
	at := r.Offset()
	b := r.string(math.MaxInt)
	if r.err != nil {
		return nil, ""
	}
	l, longest, ok := listOfZipmap(b)
	if !ok {
		r.fail(at, "a damaged zipmap", nil)
	}
	return l, longest
}

// listOfZipmap returns a listpack with the fields and values of a zipmap, and the longest of these, and false if it is none.
func listOfZipmap(b []byte) (_ listpack.List, longest string, _ bool) {
	if len(b) < 2 || len(b) > listpack.MaxBytes/2 || b[len(b)-1] != zipmapEnd {
		return nil, "", false
	}
	body := append(make([]byte, 0, len(b)+len(b)/2), listpack.New().Body()...)
	n, rest := 0, b[1:len(b)-1]
	for ; len(rest) > 0; n++ {
		length, head, ok := zipmapLength(rest)
		if !ok || n%2 != 0 && head == len(rest) {
			return nil, "", false
		}
		unused := 0
		if n%2 != 0 {
			unused = int(rest[head])
			head++
		}
		if length > uint64(len(rest)-head) || uint64(unused) > uint64(len(rest)-head)-length {
			return nil, "", false
		}
		text := stringOf(rest[head : head+int(length)])
		body = listpack.AppendText(body, text)
		if len(text) > len(longest) {
			longest = text
		}
		rest = rest[head+int(length)+unused:]
	}
	if n%2 != 0 || b[0] != zipmapFar && int(b[0]) != n/2 {
		return nil, "", false
	}
	return listpack.Seal(body, n), longest, true
}

// zipmapLength returns the length at the start of b and how many bytes that takes.
func zipmapLength(b []byte) (n uint64, head int, ok bool) {
	switch {
	case b[0] < zipmapFar:
		return uint64(b[0]), 1, true
	case b[0] == zipmapFar && len(b) >= 5:
		return uint64(binary.LittleEndian.Uint32(b[1:])), 5, true
	}
	return 0, 0, false
}

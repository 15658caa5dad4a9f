package rdb

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/nookdb/nook/internal/lzf"
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/value"
)

// Options say how values are read.
type Options struct {
	Limits      value.Limits // up to which small collections stay small
	Deep        bool         // look for all that a server would never have written
	SkipModules bool         // pass over what belongs to modules, which else is an error
}

// A Reader reads strings and values, from a stream through a buffer of its own, or
// from a slice.
//
// The first error stays: from then on all that is read is zero. So the methods below return no
// errors, and loops look at err.
type Reader struct {
	src     io.Reader // nil if all there is is in buf
	buf     []byte
	at, end int   // what is still to be read is buf[at:end]
	base    int64 // offset of buf[0]
	err     error

	sum    uint64 // checksum of what is before buf[summed]
	summed int

	opt    *Options
	valkey bool // the file is one of Valkey's: a type means something else

	expanded []byte // a compressed string
	kept     []byte // a field or member, while its value is read
	digits   [20]byte
}

const (
	bufferSize = 64 << 10

	// believed is how many bytes are allocated for a string before any of them has been read.
	believed = 1 << 20

	// maxExpanded is how large the memory for compressed strings may stay.
	maxExpanded = 1 << 20
)

// NewReader returns a reader of a stream.
func NewReader(src io.Reader, o *Options) *Reader {
	return &Reader{src: src, buf: make([]byte, bufferSize), opt: o}
}

// newPayloadReader returns a reader of bytes.
func newPayloadReader(b []byte, o *Options) *Reader { return &Reader{buf: b, end: len(b), opt: o} }

// Offset returns how much has been read.
func (r *Reader) Offset() int64 { return r.base + int64(r.at) }

// fail notes an error, unless there is one.
func (r *Reader) fail(at int64, reason string, err error) {
	if r.err == nil {
		r.err = &Error{at, reason, err}
		r.at = r.end
	}
}

// damaged notes an error at what is to be read next.
func (r *Reader) damaged(reason string) { r.fail(r.Offset(), reason, nil) }

// fill makes n bytes, at most the size of the buffer, be in the buffer.
func (r *Reader) fill(n int) bool {
	if r.err != nil {
		return false
	}
	if r.src == nil {
		r.fail(r.base+int64(r.end), "truncated", io.ErrUnexpectedEOF)
		return false
	}
	r.addSum()
	copy(r.buf, r.buf[r.at:r.end])
	r.base += int64(r.at)
	r.end -= r.at
	r.at, r.summed = 0, 0
	more, err := io.ReadAtLeast(r.src, r.buf[r.end:], n-r.end)
	r.end += more
	if r.end < n {
		r.cut(r.base+int64(r.end), err)
		return false
	}
	return true
}

// cut notes that the stream ended or failed.
func (r *Reader) cut(at int64, err error) {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		r.fail(at, "truncated", io.ErrUnexpectedEOF)
		return
	}
	r.fail(at, "cannot be read", err)
}

// addSum adds what has been read to the checksum.
func (r *Reader) addSum() {
	if r.src != nil {
		r.sum = addChecksum(r.sum, r.buf[r.summed:r.at])
		r.summed = r.at
	}
}

// byte reads one byte.
func (r *Reader) byte() byte {
	if r.at == r.end && !r.fill(1) {
		return 0
	}
	b := r.buf[r.at]
	r.at++
	return b
}

// short reads n bytes, at most 16, which are good until the next read; nil after an error.
func (r *Reader) short(n int) []byte {
	if r.end-r.at < n && !r.fill(n) {
		return nil
	}
	b := r.buf[r.at : r.at+n : r.at+n]
	r.at += n
	return b
}

// uint64 reads 8 bytes.
func (r *Reader) uint64() uint64 {
	b := r.short(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// millis reads a time in Unix milliseconds.
func (r *Reader) millis() int64 { return int64(r.uint64()) }

// length reads a number in the form of lengths.
func (r *Reader) length() uint64 {
	at := r.Offset()
	n, isSpecial := r.head()
	if isSpecial {
		r.fail(at, "a special string in place of a length", nil)
		return 0
	}
	return n
}

// head reads the head of a string: its length, or which special form it has.
func (r *Reader) head() (n uint64, isSpecial bool) {
	b := r.byte()
	switch {
	case b < length14:
		return uint64(b), false
	case b < length32:
		return uint64(b&^length14)<<8 | uint64(r.byte()), false
	case b == length32:
		if b := r.short(4); b != nil {
			return uint64(binary.BigEndian.Uint32(b)), false
		}
	case b == length64:
		if b := r.short(8); b != nil {
			return binary.BigEndian.Uint64(b), false
		}
	case b >= special:
		return uint64(b), true
	default:
		r.fail(r.Offset()-1, "no such form of a length", nil)
	}
	return 0, false
}

// skip passes over n bytes.
func (r *Reader) skip(n uint64) {
	for n > 0 && r.err == nil {
		if r.at == r.end && !r.fill(1) {
			return
		}
		step := min(n, uint64(r.end-r.at))
		r.at += int(step)
		n -= step
	}
}

// bytes reads n bytes, which are the caller's own if they are more than own, and else good until
// the next read.
func (r *Reader) bytes(n uint64, own int) []byte {
	switch {
	case n > math.MaxInt:
		r.damaged("a length out of range")
		return nil
	case n > uint64(own):
		return r.take(int(n))
	case n > uint64(r.end-r.at) && (n > uint64(len(r.buf)) || !r.fill(int(n))):
		return r.take(int(n))
	}
	b := r.buf[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return b
}

// take reads n bytes into memory of their own. That grows as they come.
func (r *Reader) take(n int) []byte {
	if r.src == nil && n > r.end-r.at {
		r.fill(n)
	}
	if r.err != nil {
		return nil
	}
	b := make([]byte, min(n, max(believed, r.end-r.at)))
	had := copy(b, r.buf[r.at:r.end])
	r.at += had
	for had < n {
		if had == len(b) {
			b = append(b, make([]byte, min(n-had, had))...)
		}
		if !r.read(b[had:]) {
			return nil
		}
		had = len(b)
	}
	return b
}

// read fills b past the buffer, which is empty.
func (r *Reader) read(b []byte) bool {
	r.addSum()
	r.base += int64(r.end)
	r.at, r.end, r.summed = 0, 0, 0
	n, err := io.ReadFull(r.src, b)
	r.sum = addChecksum(r.sum, b[:n])
	r.base += int64(n)
	if err != nil {
		r.cut(r.base, err)
		return false
	}
	return true
}

// string reads a string. It is the caller's own if it is longer than own, and else good until the
// next read.
func (r *Reader) string(own int) []byte {
	at := r.Offset()
	n, isSpecial := r.head()
	if !isSpecial {
		return r.bytes(n, own)
	}
	if n == specialLZF {
		return r.compressed(at, own)
	}
	i, ok := r.int(n)
	if !ok {
		r.fail(at, "no such form of a string", nil)
		return nil
	}
	b := number.AppendInt(r.digits[:0], i)
	if len(b) > own {
		return append([]byte(nil), b...)
	}
	return b
}

// int reads the integer that a special form is.
func (r *Reader) int(form uint64) (int64, bool) {
	switch form {
	case specialInt8:
		return int64(int8(r.byte())), true
	case specialInt16:
		if b := r.short(2); b != nil {
			return int64(int16(binary.LittleEndian.Uint16(b))), true
		}
		return 0, true
	case specialInt32:
		if b := r.short(4); b != nil {
			return int64(int32(binary.LittleEndian.Uint32(b))), true
		}
		return 0, true
	}
	return 0, false
}

// compressed reads the rest of a compressed string.
func (r *Reader) compressed(at int64, own int) []byte {
	packed, n := r.length(), r.length()
	if !lzf.CanExpand(packed, n) || n > math.MaxInt {
		r.fail(at, "a compressed string that cannot become as long as it says", nil)
		return nil
	}
	src := r.bytes(packed, bufferSize)
	if r.err != nil {
		return nil
	}
	dst := r.room(int(n), own)
	if err := lzf.Expand(dst, src); err != nil {
		r.fail(at, "a damaged compressed string", err)
		return nil
	}
	return dst
}

// room returns memory for a string of n bytes that was compressed.
func (r *Reader) room(n, own int) []byte {
	if n > own || n > maxExpanded {
		return make([]byte, n)
	}
	if n > len(r.expanded) {
		r.expanded = make([]byte, n)
	}
	return r.expanded[:n]
}

// view reads a string that is good until the next read.
func (r *Reader) view() string { return stringOf(r.string(math.MaxInt)) }

// keep reads a string that is good until the next call of keep.
func (r *Reader) keep() string {
	r.kept = append(r.kept[:0], r.string(math.MaxInt)...)
	return stringOf(r.kept)
}

// own reads a string that is the caller's own.
func (r *Reader) own() []byte { return r.string(0) }

// skipString passes over a string.
func (r *Reader) skipString() {
	at := r.Offset()
	n, isSpecial := r.head()
	if !isSpecial {
		r.skip(n)
		return
	}
	if n == specialLZF {
		packed := r.length()
		r.length()
		r.skip(packed)
		return
	}
	if _, ok := r.int(n); !ok {
		r.fail(at, "no such form of a string", nil)
	}
}

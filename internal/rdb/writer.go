package rdb

import (
	"encoding/binary"
	"math"

	"github.com/nookdb/nook/internal/lzf"
	"github.com/nookdb/nook/internal/number"
)

// A Writer appends strings and values in the format of files. The zero value is ready. It is large
// once it has compressed something, and made to be used again.
type Writer struct {
	Plain bool // compress nothing

	// Spill, if it is not nil, is given what has been made of a value once that is long, between two elements, and returns where to
	// go on. Memory that grows with the value would have to be copied, again and again, and no goroutine can be
	// stopped while it copies: the collector, and so all others, would wait.
	Spill func(b []byte) []byte

	compressor *lzf.Compressor
	digits     [20]byte
}

// spillSize is how long what is spilt is at least.
const spillSize = 256 << 10

// spill gives away what there is of a value if it is long.
func (w *Writer) spill(b []byte) []byte {
	if len(b) < spillSize || w.Spill == nil {
		return b
	}
	return w.Spill(b)
}

// AppendLength appends a number in the form of lengths.
func AppendLength(b []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return append(b, length14|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, length32), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, length64), n)
	}
}

// AppendString appends a string: as an integer if it looks like one of 32 bits, compressed if
// that is shorter, else as it is.
func (w *Writer) AppendString(b []byte, s string) []byte {
	if len(s) <= maxIntText {
		if n, ok := number.ParseInt(s); ok && n == int64(int32(n)) {
			return appendInt(b, int32(n))
		}
	} else if len(s) >= minCompress && !w.Plain {
		if c, ok := w.appendCompressed(b, s); ok {
			return c
		}
	}
	return append(AppendLength(b, uint64(len(s))), s...)
}

// appendInt appends a string that is the form of an integer.
func appendInt(b []byte, n int32) []byte {
	switch {
	case n == int32(int8(n)):
		return append(b, specialInt8, byte(n))
	case n == int32(int16(n)):
		return append(b, specialInt16, byte(n), byte(n>>8))
	default:
		return binary.LittleEndian.AppendUint32(append(b, specialInt32), uint32(n))
	}
}

// appendCompressed appends a string in compressed form, if that is shorter. Both lengths come before it, but one
// is known only behind it: so it is put where the longest would end, and then moved.
func (w *Writer) appendCompressed(b []byte, s string) ([]byte, bool) {
	if w.compressor == nil {
		w.compressor = new(lzf.Compressor)
	}
	var gap [1 + 5 + 5]byte
	start, at := len(b), len(b)+len(gap)
	c, ok := w.compressor.Append(append(b, gap[:]...), bytesOf(s), len(s)-mustSave)
	if !ok {
		return b, false
	}
	b = append(c[:start], specialLZF)
	b = AppendLength(b, uint64(len(c)-at))
	b = AppendLength(b, uint64(len(s)))
	return append(b, c[at:]...), true
}

// appendBytes is AppendString of bytes that are no integer.
func (w *Writer) appendBytes(b, s []byte) []byte { return w.AppendString(b, stringOf(s)) }

// appendTime appends a time in Unix milliseconds.
func appendTime(b []byte, at int64) []byte { return binary.LittleEndian.AppendUint64(b, uint64(at)) }

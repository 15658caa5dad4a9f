package rdb

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"github.com/nookdb/nook/internal/table"
)

// An Encoder writes a file: [NewEncoder], then what there is in the order of the methods, then [Encoder.Close]. Errors
// of the destination are returned once there are so many bytes that some have to go there, and by Close.
type Encoder struct {
	dst io.Writer
	w   Writer
	buf []byte
	sum uint64
	n   int64 // bytes that went to dst
	err error
}

// Access is what is known of how a key was used, of which a file keeps one: seconds since the last time if
// HasIdle, a counter of LFU if HasFreq.
type Access struct {
	Idle             uint64
	Freq             uint8
	HasIdle, HasFreq bool
}

// Header says who writes a file, and when.
type Header struct {
	Redis   string // the version of Redis that it is for
	Created int64  // Unix seconds
	Memory  int    // bytes in use
	Base    bool   // it is the base of an append-only file
}

// NewEncoder returns an encoder of a file of the given version, VersionPlain or VersionMax.
func NewEncoder(dst io.Writer, version int, h *Header) *Encoder {
	e := &Encoder{dst: dst, buf: make([]byte, 0, bufferSize+bufferSize/4)}
	e.buf = fmt.Appendf(e.buf, "REDIS%04d", version)
	base := "0"
	if h.Base {
		base = "1"
	}
	e.aux("redis-ver", h.Redis)
	e.aux("redis-bits", "64")
	e.aux("ctime", strconv.FormatInt(h.Created, 10))
	e.aux("used-mem", strconv.Itoa(h.Memory))
	e.aux("aof-base", base)
	return e
}

// Writer returns the encoder's writer, which others may use between calls.
func (e *Encoder) Writer() *Writer { return &e.w }

func (e *Encoder) aux(name, text string) {
	e.buf = e.w.AppendString(append(e.buf, opAux), name)
	e.buf = e.w.AppendString(e.buf, text)
}

// Aux writes something about the file.
func (e *Encoder) Aux(name, text string) error {
	e.aux(name, text)
	return e.flush(bufferSize)
}

// Function writes a library of functions: its code.
func (e *Encoder) Function(code string) error {
	e.buf = e.w.AppendString(append(e.buf, opFunction2), code)
	return e.flush(bufferSize)
}

// DB begins a database of about so many keys, of which so many have a deadline.
func (e *Encoder) DB(n, keys, timed int) error {
	e.buf = AppendLength(append(e.buf, opSelectDB), uint64(n))
	e.buf = AppendLength(append(e.buf, opResizeDB), uint64(keys))
	e.buf = AppendLength(e.buf, uint64(timed))
	return e.flush(bufferSize)
}

// Key writes a key with its value and deadline.
func (e *Encoder) Key(x *table.Entry, a Access) error {
	e.buf = e.w.AppendKey(e.buf, x, a)
	return e.flush(bufferSize)
}

// Keys writes keys that AppendKey has appended to b.
func (e *Encoder) Keys(b []byte) error {
	if len(b) < bufferSize {
		e.buf = append(e.buf, b...)
		return e.flush(bufferSize)
	}
	_ = e.flush(0)
	e.write(b)
	return e.err
}

// Close writes the end of the file. It does not close the destination.
func (e *Encoder) Close() error {
	e.buf = append(e.buf, opEOF)
	if err := e.flush(0); err != nil {
		return err
	}
	e.buf = binary.LittleEndian.AppendUint64(e.buf, e.sum)
	return e.flush(0)
}

// Len returns how many bytes the file has so far.
func (e *Encoder) Len() int64 { return e.n + int64(len(e.buf)) }

// flush sends what there is, if it is at least n bytes.
func (e *Encoder) flush(n int) error {
	if len(e.buf) >= n && e.err == nil {
		e.write(e.buf)
		e.buf = e.buf[:0]
		if cap(e.buf) > maxKept {
			e.buf = make([]byte, 0, bufferSize+bufferSize/4)
		}
	}
	return e.err
}

// maxKept is how large the buffer may stay after a large value.
const maxKept = 4 << 20

func (e *Encoder) write(b []byte) {
	if e.err != nil || len(b) == 0 {
		return
	}
	e.sum = addChecksum(e.sum, b)
	n, err := e.dst.Write(b)
	e.n += int64(n)
	e.err = err
}

// AppendKey appends a key with its value and deadline, as a file has it.
func (w *Writer) AppendKey(b []byte, e *table.Entry, a Access) []byte {
	if at := e.Deadline(); at != 0 {
		b = appendTime(append(b, opExpireMs), at)
	}
	switch {
	case a.HasIdle:
		b = AppendLength(append(b, opIdle), a.Idle)
	case a.HasFreq:
		b = append(b, opFreq, a.Freq)
	}
	b = append(b, byte(TypeOf(e)))
	b = w.AppendString(b, e.Key())
	return w.AppendValue(b, e)
}

package resp

import "io"

// spillSize is how many bytes of replies a Writer collects before it writes
// them out unasked.
const spillSize = 64 << 10

// A Writer encodes replies in the client's protocol and collects them, so that
// a pipeline is answered with few writes. None of its methods allocates once
// the buffer has its size.
//
// With an io.Writer behind it, the buffer is bounded: a reply of any size goes
// out in pieces of about 64 KiB. The first error of the io.Writer is kept, all
// that follows is dropped, and Flush reports it. Without one (see [NewBuffer])
// everything stays in memory.
//
// The aggregates (Array, Map, Set, Push, Attribute) write only a header; the
// caller then writes as many elements as it announced.
//
// A Writer is for one goroutine at a time.
type Writer struct {
	w     io.Writer // nil: a buffer
	buf   []byte
	proto int
	err   error // first error of w; once set, nothing is written any more
}

// NewWriter returns a Writer that speaks RESP2 to w.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, proto: 2}
}

// NewBuffer returns a Writer that keeps all replies for [Writer.Bytes].
func NewBuffer() *Writer {
	return NewWriter(nil)
}

// Reset makes w as NewWriter(dst) would return it: empty, RESP2, without error.
// It keeps its memory. A nil dst makes it a buffer.
func (w *Writer) Reset(dst io.Writer) {
	w.w, w.buf, w.proto, w.err = dst, w.buf[:0], 2, nil
}

// Proto returns the protocol version of the client, 2 or 3.
func (w *Writer) Proto() int { return w.proto }

// SetProto sets the protocol version for the replies to come. Versions other
// than 3 mean 2.
func (w *Writer) SetProto(version int) {
	w.proto = 2
	if version == 3 {
		w.proto = 3
	}
}

// Buffered returns the number of bytes that wait for Flush.
func (w *Writer) Buffered() int { return len(w.buf) }

// Bytes returns the bytes that wait for Flush: for a buffer, all replies since
// the last Reset. They are valid until the next call of a method.
func (w *Writer) Bytes() []byte { return w.buf }

// Flush writes out what is buffered. It returns the first error that w ever
// met. For a buffer it does nothing.
func (w *Writer) Flush() error {
	if w.w == nil {
		return nil
	}
	if w.err == nil && len(w.buf) > 0 {
		n, err := w.w.Write(w.buf)
		if err == nil && n < len(w.buf) {
			err = io.ErrShortWrite
		}
		w.err = err
	}
	w.buf = w.buf[:0]
	return w.err
}

// maxKeptHeld bounds the memory that a Writer keeps of what it had to hold.
const maxKeptHeld = 4 * spillSize

// Hold makes w a buffer for the time being, so that nobody waits for the io.Writer behind it, and returns that for Release.
func (w *Writer) Hold() io.Writer {
	held := w.w
	w.w = nil
	return held
}

// Release ends a Hold.
func (w *Writer) Release(held io.Writer) {
	w.w = held
	w.spill()
	if len(w.buf) == 0 && cap(w.buf) > maxKeptHeld {
		w.buf = nil
	}
}

// spill keeps the buffer bounded. Its error stays for the next Flush.
func (w *Writer) spill() {
	if len(w.buf) >= spillSize {
		_ = w.Flush()
	}
}

// write adds bytes of any length, passing through the buffer those that do not
// fit it.
func write[T string | []byte](w *Writer, s T) {
	if w.w != nil {
		for len(w.buf)+len(s) >= spillSize {
			n := max(0, spillSize-len(w.buf))
			w.buf = append(w.buf, s[:n]...)
			s = s[n:]
			_ = w.Flush()
		}
	}
	w.buf = append(w.buf, s...)
}

// Raw writes bytes that are encoded already.
func (w *Writer) Raw(b []byte) { write(w, b) }

// OK writes the simple string OK.
func (w *Writer) OK() {
	w.buf = append(w.buf, "+OK\r\n"...)
	w.spill()
}

// Simple writes a simple string. CR and LF become spaces.
func (w *Writer) Simple(s string) {
	w.buf = AppendSimple(w.buf, s)
	w.spill()
}

// Error writes an error; text begins with its code. CR and LF at the end are
// dropped, others become spaces.
func (w *Writer) Error(text string) {
	w.buf = AppendError(w.buf, text)
	w.spill()
}

// Int writes an integer.
func (w *Writer) Int(n int64) {
	w.buf = AppendInt(w.buf, n)
	w.spill()
}

// Bulk writes a bulk string.
func (w *Writer) Bulk(s string) {
	w.buf = AppendHeader(w.buf, KindBulk, int64(len(s)))
	write(w, s)
	w.endBulk()
}

// BulkBytes writes a bulk string.
func (w *Writer) BulkBytes(s []byte) {
	w.buf = AppendHeader(w.buf, KindBulk, int64(len(s)))
	write(w, s)
	w.endBulk()
}

func (w *Writer) endBulk() {
	w.buf = append(w.buf, crlf...)
	w.spill()
}

// Null writes a null; in RESP2 a null bulk.
func (w *Writer) Null() {
	w.buf = AppendNull(w.buf, w.proto)
	w.spill()
}

// NullArray writes a null; in RESP2 a null array.
func (w *Writer) NullArray() {
	w.buf = AppendNullArray(w.buf, w.proto)
	w.spill()
}

// Array begins an array of n elements.
func (w *Writer) Array(n int) {
	w.buf = AppendArray(w.buf, n)
	w.spill()
}

// Map begins a map of n pairs; in RESP2 an array of 2n.
func (w *Writer) Map(n int) {
	w.buf = AppendMap(w.buf, w.proto, n)
	w.spill()
}

// Set begins a set of n elements; in RESP2 an array.
func (w *Writer) Set(n int) {
	w.buf = AppendSet(w.buf, w.proto, n)
	w.spill()
}

// Push begins an out-of-band message of n elements; in RESP2 an array.
func (w *Writer) Push(n int) {
	w.buf = AppendPush(w.buf, w.proto, n)
	w.spill()
}

// Attribute begins n pairs that describe the reply to be written after them,
// and reports whether the caller is to write them: RESP2 has no such thing, so
// there it writes nothing and returns false.
func (w *Writer) Attribute(n int) bool {
	if w.proto != 3 {
		return false
	}
	w.buf = AppendHeader(w.buf, KindAttribute, int64(n))
	w.spill()
	return true
}

// Double writes a floating point number; in RESP2 its text as a bulk.
func (w *Writer) Double(f float64) {
	w.buf = AppendDouble(w.buf, w.proto, f)
	w.spill()
}

// Decimal writes a floating point number that is text already; in RESP2 a bulk.
func (w *Writer) Decimal(s string) {
	w.buf = AppendDecimal(w.buf, w.proto, s)
	w.spill()
}

// Bool writes a boolean; in RESP2 the integer 1 or 0.
func (w *Writer) Bool(v bool) {
	w.buf = AppendBool(w.buf, w.proto, v)
	w.spill()
}

// BigNumber writes an integer of any size, given as text; in RESP2 a bulk.
func (w *Writer) BigNumber(s string) {
	w.buf = AppendBigNumber(w.buf, w.proto, s)
	w.spill()
}

// Verbatim writes a text and its three-letter format; in RESP2 a bulk.
func (w *Writer) Verbatim(format, s string) {
	if w.proto != 3 {
		w.Bulk(s)
		return
	}
	w.buf = appendVerbatimHeader(w.buf, format, len(s))
	write(w, s)
	w.endBulk()
}

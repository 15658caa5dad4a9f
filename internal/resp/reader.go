package resp

import (
	"bytes"
	"io"
	"strings"
	"unsafe"

	"github.com/nookdb/nook/internal/number"
)

const (
	// firstBuffer suits a client that sends one small request at a time, of
	// which a server may have thousands.
	firstBuffer = 4 << 10
	// pipeBuffer is what the buffer grows to while reads fill it: Redis reads
	// as much at a time. It may grow further for one long line, and shrinks
	// again.
	pipeBuffer = 16 << 10

	// ownSize is the length up to which an argument shares memory with its
	// neighbours.
	ownSize = 4 << 10
	// blockSize is about how much of a request is gathered into one string.
	// Typical requests are one block; of a huge one, an argument that is kept
	// pins no more than its block.
	blockSize = 8 << 10

	// firstPiece is how much is allocated for a long argument before its bytes
	// have come.
	firstPiece = 64 << 10

	// maxEmptyReads is how often an io.Reader may return nothing and no error.
	maxEmptyReads = 100
)

// A Reader decodes requests: RESP arrays of bulk strings, and lines typed by
// hand ("inline").
//
// It is as strict as Redis 7.0 and no stricter: the byte after the CR of a
// header and the two after an argument are skipped unread, and a zero byte in a
// line hides the rest of the buffer from the search for the line's end.
//
// Small arguments are collected in the buffer (their bytes copied nowhere) and
// then become sub-strings of one string, so a small request costs one
// allocation. Long ones are read straight into memory of their own, which
// doubles as the bytes come.
//
// A Reader is for one goroutine at a time.
type Reader struct {
	rd     io.Reader
	buf    []byte // buf[pos:end] is read and not yet consumed
	pos    int
	end    int
	limits Limits
	unauth bool
	err    error // set once the place of the next request is lost
	late   error // error that came together with bytes, for the next read

	spans  []span // arguments of the request that lie in buf, relative to pos
	inline []byte // bytes of the arguments of an inline request
}

// A span is the place of an argument.
type span struct{ from, size int }

// NewReader returns a Reader of the requests in r, of an authenticated client.
//
// The Reader calls r.Read only when it has no whole request left. A server can
// therefore pass an r whose Read first flushes the replies: then no client ever
// waits for a reply that waits for the client.
func NewReader(r io.Reader, lim Limits) *Reader {
	return &Reader{rd: r, limits: lim.withDefaults()}
}

// SetAuthenticated sets which limits hold for the requests to come.
func (r *Reader) SetAuthenticated(ok bool) { r.unauth = !ok }

// SetLimits changes the limits for the requests to come.
func (r *Reader) SetLimits(lim Limits) { r.limits = lim.withDefaults() }

// Buffered returns the number of bytes read and not yet parsed. They may hold
// many requests, or a part of one.
func (r *Reader) Buffered() int { return r.end - r.pos }

// ReadCommand reads a request and returns its arguments, at least one, in
// args[:0] grown as needed. The strings are the caller's to keep; the slice's
// spare capacity still refers to those of earlier requests. Empty requests are
// skipped.
//
// The error is io.EOF if the stream ends between two requests and
// io.ErrUnexpectedEOF inside one. A [*ProtocolError], or any error inside a
// request, is final: all later calls return it. After an error between
// requests, such as a deadline, reading can go on.
func (r *Reader) ReadCommand(args []string) ([]string, error) {
	args = args[:0]
	for len(args) == 0 {
		if r.err != nil {
			return args, r.err
		}
		if r.pos == r.end {
			if err := r.fill(); err != nil {
				return args, err
			}
		}
		var err error
		if args, err = r.readRequest(args); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			r.err = err
			return args[:0], err
		}
	}
	return args, nil
}

func (r *Reader) readRequest(args []string) ([]string, error) {
	if r.buf[r.pos] == KindArray {
		return r.readArray(args)
	}
	return r.readInline(args)
}

func (r *Reader) readInline(args []string) ([]string, error) {
	n, err := r.line(0, '\n', errBigInline)
	if err != nil {
		return args, err
	}
	line := bytes.TrimSuffix(r.buf[r.pos:r.pos+n], []byte{'\r'})
	var ok bool
	r.inline, r.spans, ok = splitInline(r.inline[:0], r.spans[:0], line)
	if !ok {
		return args, errQuotes
	}
	r.pos += n + 1
	return appendArgs(args, r.inline, r.spans), nil
}

// readArray reads a request in RESP. In its loop the bytes buf[pos:pos+off] are
// parsed, their arguments in spans, but not yet made strings.
func (r *Reader) readArray(args []string) ([]string, error) {
	count, err := r.argCount()
	if err != nil {
		return args, err
	}
	r.spans = r.spans[:0]
	off := 0
	for ; count > 0; count-- {
		size, header, err := r.bulkHeader(off)
		if err != nil {
			return args, err
		}
		if size > ownSize {
			args = r.consume(args, off)
			r.pos += header
			long, err := r.readLong(size)
			if err != nil {
				return args, err
			}
			args, off = append(args, long), 0
			continue
		}
		end := off + header + size + len(crlf)
		if err := r.need(end); err != nil {
			return args, err
		}
		r.spans = append(r.spans, span{off + header, size})
		if off = end; off >= blockSize {
			args, off = r.consume(args, off), 0
		}
	}
	return r.consume(args, off), nil
}

// consume makes strings of the arguments in spans and drops the n bytes that
// held them.
func (r *Reader) consume(args []string, n int) []string {
	args = appendArgs(args, r.buf[r.pos:r.end], r.spans)
	r.spans = r.spans[:0]
	r.pos += n
	return args
}

// appendArgs appends the parts of b that spans tell as sub-strings of one
// string; long parts get their own.
func appendArgs(args []string, b []byte, spans []span) []string {
	total := 0
	for _, s := range spans {
		if s.size <= ownSize {
			total += s.size
		}
	}
	var block strings.Builder
	block.Grow(total)
	for _, s := range spans {
		part := b[s.from : s.from+s.size]
		if s.size > ownSize {
			args = append(args, string(part))
			continue
		}
		at := block.Len()
		block.Write(part)
		args = append(args, block.String()[at:])
	}
	return args
}

// argCount reads the header of a request and consumes it.
func (r *Reader) argCount() (int, error) {
	count, width, ok, err := r.header(0, errBigCount)
	switch {
	case err != nil:
		return 0, err
	case !ok || count > int64(r.limits.MaxArgs):
		return 0, errCount
	case r.unauth && count > int64(r.limits.MaxUnauthArgs):
		return 0, errUnauthCount
	}
	r.pos += width
	return int(max(count, 0)), nil
}

// bulkHeader reads the header of an argument, off bytes after pos. It returns
// the lengths of the argument and of the header.
func (r *Reader) bulkHeader(off int) (size, width int, err error) {
	length, width, ok, err := r.header(off, errBigLength)
	if err != nil {
		return 0, 0, err
	}
	kind := r.buf[r.pos+off]
	switch {
	case kind != KindBulk:
		return 0, 0, errNotBulk(kind)
	case !ok || length < 0 || length > r.limits.MaxBulk:
		return 0, 0, errLength
	case r.unauth && length > r.limits.MaxUnauthBulk:
		return 0, 0, errUnauthLength
	}
	return int(length), width, nil
}

// header reads the header off bytes after pos: a kind, which it leaves to the
// caller to judge, and a number. It returns the number, the length of the
// header, and whether it is a number at all.
func (r *Reader) header(off int, tooBig error) (n int64, width int, ok bool, err error) {
	if n, width, ok = shortHeader(r.buf[r.pos+off : r.end]); ok {
		return n, width, true, nil
	}
	size, err := r.line(off, '\r', tooBig)
	if err != nil {
		return 0, 0, false, err
	}
	width = size + len(crlf)
	if err := r.need(off + width); err != nil {
		return 0, 0, false, err
	}
	at := r.pos + off
	// An empty line has no kind: b[at] is its end.
	n, ok = number.ParseInt(string(r.buf[at+min(1, size) : at+size]))
	return n, width, ok, nil
}

// shortHeader parses the headers of nearly all requests, those of a few digits,
// if b begins with a whole one. Of others it reports false: they may be good
// too. It takes half the time of the long way.
func shortHeader(b []byte) (n int64, width int, ok bool) {
	const maxDigits = 6
	if len(b) < len("$1\r\n") || b[1] == '0' {
		return 0, 0, false
	}
	if b[0] != KindBulk && b[0] != KindArray {
		return 0, 0, false
	}
	for i, c := range b[1:min(len(b)-1, 2+maxDigits)] {
		if c == '\r' {
			return n, i + len("$\r\n"), i > 0
		}
		if c -= '0'; c > 9 {
			break
		}
		n = n*10 + int64(c)
	}
	return 0, 0, false
}

// line returns the length of the line that begins off bytes after pos, without
// its end. The line ends at the first end byte, unless a zero byte precedes.
func (r *Reader) line(off int, end byte, tooBig error) (int, error) {
	seen, hidden := 0, false
	for {
		fresh := r.buf[r.pos+off+seen : r.end]
		i := bytes.IndexByte(fresh, end)
		if i < 0 {
			i = len(fresh)
		}
		hidden = hidden || bytes.IndexByte(fresh[:i], 0) >= 0
		if hidden {
			i = len(fresh)
		}
		switch {
		case seen+i > r.limits.MaxInline:
			return 0, tooBig
		case i < len(fresh):
			return seen + i, nil
		}
		seen += len(fresh)
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
}

// readLong reads an argument, and what ends it, into memory of its own: at most
// firstPiece or twice of what has arrived, until the whole has.
func (r *Reader) readLong(size int) (string, error) {
	total := size + len(crlf)
	if r.Buffered() >= total {
		s := string(r.buf[r.pos : r.pos+size])
		r.pos += total
		return s, nil
	}
	b := make([]byte, 0, min(total, max(firstPiece, 2*r.Buffered())))
	b = append(b, r.buf[r.pos:r.end]...)
	r.pos = r.end
	for len(b) < total {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(total, 2*len(b))), b...)
		}
		n, err := r.read(b[len(b):cap(b)])
		if err != nil {
			return "", err
		}
		b = b[:len(b)+n]
	}
	return asString(b[:size]), nil
}

// asString makes b a string without a copy. Nobody may write to b any more.
func asString(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// need makes sure that n bytes after pos have arrived.
func (r *Reader) need(n int) error {
	for r.end-r.pos < n {
		if err := r.fill(); err != nil {
			return err
		}
	}
	return nil
}

// fill reads at least one byte more. It may move the bytes in buf; places
// relative to pos stay right.
func (r *Reader) fill() error {
	if size := r.bufferSize(); size != len(r.buf) {
		r.moveTo(make([]byte, size))
	} else if r.pos > 0 {
		r.moveTo(r.buf)
	}
	n, err := r.read(r.buf[r.end:])
	r.end += n
	return err
}

// bufferSize decides how large the buffer is for the next read. It doubles if
// the last read filled it, or if little room is left: then the bytes moved are
// few against those read. A buffer beyond pipeBuffer is let go when empty.
func (r *Reader) bufferSize() int {
	size, have := len(r.buf), r.Buffered()
	switch {
	case size == 0:
		return firstBuffer
	case have == 0 && size > pipeBuffer:
		return pipeBuffer
	case r.end == size && size < pipeBuffer, have > size/4*3:
		return 2 * size
	}
	return size
}

// moveTo moves the bytes not yet consumed to the start of buf, which may be
// r.buf itself, and makes it the buffer.
func (r *Reader) moveTo(buf []byte) {
	r.end = copy(buf, r.buf[r.pos:r.end])
	r.buf, r.pos = buf, 0
}

// read returns at least one byte or an error, never both.
func (r *Reader) read(p []byte) (int, error) {
	if err := r.late; err != nil {
		r.late = nil
		return 0, err
	}
	for range maxEmptyReads {
		n, err := r.rd.Read(p)
		if n > 0 {
			r.late = err
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

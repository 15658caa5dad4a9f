package aof

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

const (
	// bufferSize is how much is read at a time.
	bufferSize = 128 << 10
	// ownSize is the length up to which arguments share memory with their
	// neighbours: a store copies what is not longer.
	ownSize = 512
	// blockSize is about how much of a record is gathered into one string.
	blockSize = 32 << 10
	// firstPiece is how much is allocated for a long argument before its bytes
	// have been read.
	firstPiece = 64 << 10
	// maxDigits is the most digits of a number, and maxHeader the longest header.
	maxDigits = 18
	maxHeader = 1 + maxDigits + len(crlf)
	// maxAnnotation is the longest line that Redis takes for one annotation.
	maxAnnotation = 1023
	// maxEmptyReads is how often an io.Reader may return nothing and no error.
	maxEmptyReads = 100

	defaultMaxBulk = 512 << 20
	maxArgs        = math.MaxInt32
)

const crlf = "\r\n"

// A Unit is what takes effect together: one command, or all commands of a
// transaction.
type Unit struct {
	// Commands are the commands, each with its arguments. The slices are the
	// Reader's, until the next unit is read; the strings are the caller's to
	// keep. MULTI and EXEC are left out; a transaction may have no commands.
	Commands [][]string
	// Offset is where the unit begins.
	Offset int64
	// Time is the last time that an annotation has told, in seconds since
	// 1970; 0 if none has.
	Time int64
}

// A Reader reads the units of a file of commands.
//
// It is stricter than Redis, which believes a length and skips what should be
// the line's end behind it: every byte but those of arguments and annotations
// must be the only one that can stand there. So most damage is seen, and seen
// close to where it is.
//
// Memory follows the bytes that have been read, never a length that is claimed.
// A Reader is for one goroutine at a time.
type Reader struct {
	// MaxBulk is the longest argument in bytes. 0: 512 MiB. To be set before
	// the first call of Next.
	MaxBulk int64

	rd   io.Reader
	buf  []byte
	pos  int   // buf[pos:end] is read and not yet consumed
	end  int   //
	base int64 // where buf[0] stands in the file

	whole int64 // the end of the last whole unit, or of annotations behind it
	time  int64
	err   error // final

	spans    []span // arguments of the record that lie in buf, relative to pos
	args     []string
	ends     []int // where in args the commands of the unit end
	commands [][]string
}

type span struct{ from, size int }

// NewReader returns a Reader of the units in r, which begins at the given
// offset of its file: so errors tell the right place.
func NewReader(r io.Reader, offset int64) *Reader {
	return &Reader{rd: r, base: offset, whole: offset, buf: make([]byte, bufferSize)}
}

// Offset returns the end of the last whole unit.
func (r *Reader) Offset() int64 { return r.whole }

// Next reads a unit. The error is io.EOF if the file ends behind a whole one,
// a [*TornError] if it ends within one, a [*DamageError] if it is damaged, or an
// error of reading. It is final: all later calls return it.
func (r *Reader) Next() (Unit, error) {
	if r.err != nil {
		return Unit{}, r.err
	}
	u, err := r.unit()
	if err != nil {
		r.err = err
		return Unit{}, err
	}
	r.whole = r.offset(0)
	return u, nil
}

// offset returns where the byte off bytes after pos stands in the file.
func (r *Reader) offset(off int) int64 { return r.base + int64(r.pos+off) }

func (r *Reader) unit() (Unit, error) {
	r.forget()
	err := r.annotations()
	if err == nil || err == io.EOF {
		r.whole = r.offset(0)
	}
	if err != nil {
		return Unit{}, err
	}
	u := Unit{Offset: r.whole}
	if err := r.record(); err != nil {
		return u, err
	}
	switch {
	case isName(r.args[0], "MULTI"):
		if err := r.transaction(); err != nil {
			return u, err
		}
	case isName(r.args[0], "EXEC"):
		return u, r.damageAt(u.Offset, "EXEC without MULTI")
	}
	u.Commands, u.Time = r.cut(), r.time
	return u, nil
}

// transaction reads up to EXEC. What has been read so far is MULTI.
func (r *Reader) transaction() error {
	r.forget()
	for {
		err := r.annotations()
		if err == io.EOF {
			return r.torn(tornTransaction, r.offset(0))
		} else if err != nil {
			return err
		}
		at, first := r.offset(0), len(r.args)
		if err := r.record(); err != nil {
			return err
		}
		switch name := r.args[first]; {
		case isName(name, "EXEC"):
			r.args, r.ends = r.args[:first], r.ends[:len(r.ends)-1]
			return nil
		case isName(name, "MULTI"):
			return r.damageAt(at, "MULTI within a transaction")
		}
	}
}

func isName(s, name string) bool { return len(s) == len(name) && strings.EqualFold(s, name) }

// forget drops the arguments of the last unit, and what room a large one took.
func (r *Reader) forget() {
	if cap(r.args) > bufferSize {
		r.args, r.ends, r.commands = nil, nil, nil
	}
	clear(r.args)
	r.args, r.ends = r.args[:0], r.ends[:0]
}

// cut returns the arguments of each command.
func (r *Reader) cut() [][]string {
	r.commands = r.commands[:0]
	from := 0
	for _, end := range r.ends {
		r.commands = append(r.commands, r.args[from:end:end])
		from = end
	}
	return r.commands
}

// annotations skips lines that begin with #, and keeps the time that they tell.
// The error is io.EOF if nothing follows.
func (r *Reader) annotations() error {
	for {
		if err := r.need(1); err != nil {
			return err
		}
		if r.buf[r.pos] != '#' {
			return nil
		}
		if err := r.annotation(); err != nil {
			return err
		}
	}
}

func (r *Reader) annotation() error {
	for seen := 0; ; seen = r.end - r.pos {
		line := r.buf[r.pos:r.end]
		if i := bytes.IndexByte(line[seen:min(len(line), maxAnnotation)], '\n'); i >= 0 {
			r.note(line[:seen+i])
			r.pos += seen + i + 1
			return nil
		}
		if len(line) >= maxAnnotation {
			return r.damage(maxAnnotation-1, "an annotation without an end")
		}
		if err := r.need(len(line) + 1); err != nil {
			return r.inside(err)
		}
	}
}

// note keeps the time of an annotation such as #TS:1700000000.
func (r *Reader) note(line []byte) {
	text, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte{'\r'}), []byte("#TS:"))
	if !ok {
		return
	}
	if t, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		r.time = t
	}
}

// record reads a command and appends its arguments to args. In its loop the
// bytes buf[pos:pos+off] are parsed, their arguments in spans, but not yet made
// strings.
func (r *Reader) record() error {
	count, off, err := r.header(0, '*', maxArgs)
	if err != nil {
		return err
	}
	if count == 0 {
		return r.damage(1, "a command of no arguments")
	}
	r.spans = r.spans[:0]
	for ; count > 0; count-- {
		size, width, err := r.header(off, '$', r.maxBulk())
		if err != nil {
			return err
		}
		if off += width; size > ownSize {
			r.consume(off)
			off = 0
			err = r.long(size)
		} else if off, err = r.short(off, int(size)); off >= blockSize {
			r.consume(off)
			off = 0
		}
		if err != nil {
			return err
		}
	}
	r.consume(off)
	r.ends = append(r.ends, len(r.args))
	return nil
}

func (r *Reader) maxBulk() int64 {
	if r.MaxBulk == 0 {
		return defaultMaxBulk
	}
	return min(r.MaxBulk, math.MaxInt-int64(len(crlf)))
}

// header reads a header off bytes after pos: a kind, a number in its only
// form, and the line's end. It returns the number and the length of the header.
func (r *Reader) header(off int, kind byte, limit int64) (n int64, width int, err error) {
	if n, width = shortHeader(r.buf[r.pos+off:r.end], kind); width > 0 && n <= limit {
		return n, width, nil
	}
	for i := 0; ; i++ {
		if err := r.need(off + i + 1); err != nil {
			return 0, 0, r.inside(err)
		}
		switch c := r.buf[r.pos+off+i]; {
		case i == 0 && c == kind:
		case i == 0:
			return 0, 0, r.damage(off, fmt.Sprintf("there is %q where %q should be", c, kind))
		case c >= '0' && c <= '9' && (i == 1 || n > 0):
			if n = n*10 + int64(c-'0'); n > limit || i > maxDigits {
				return 0, 0, r.damage(off, "the number is too large")
			}
		case c == '\r' && i > 1:
			return n, i + len(crlf), r.lineEnd(off + i)
		default:
			return 0, 0, r.damage(off+i, "no number, or not as it would have been written")
		}
	}
}

// shortHeader parses the header of a number of up to three digits, as most are,
// if b begins with a whole one. Of others it returns no width: they may be good
// too.
func shortHeader(b []byte, kind byte) (n int64, width int) {
	if len(b) < len("$1\r\n") || b[0] != kind || b[1] == '0' {
		return 0, 0
	}
	for i, c := range b[1:min(len(b)-1, 5)] {
		if c == '\r' && i > 0 && b[i+2] == '\n' {
			return n, i + len("$\r\n")
		}
		if c -= '0'; c > 9 {
			break
		}
		n = n*10 + int64(c)
	}
	return 0, 0
}

// lineEnd makes sure that a line ends off bytes after pos.
func (r *Reader) lineEnd(off int) error {
	for i := range len(crlf) {
		if err := r.need(off + i + 1); err != nil {
			return r.inside(err)
		}
		if r.buf[r.pos+off+i] != crlf[i] {
			return r.damage(off+i, "the line's end is missing")
		}
	}
	return nil
}

// short reads an argument that lies off bytes after pos, and returns where its
// line ends.
func (r *Reader) short(off, size int) (int, error) {
	if err := r.need(off + size + len(crlf)); err != nil {
		if err == io.EOF {
			return off, r.endsWithin(r.buf[r.pos+off:r.end], r.offset(off))
		}
		return off, err
	}
	r.spans = append(r.spans, span{off, size})
	return off + size + len(crlf), r.lineEnd(off + size)
}

// long reads an argument, which lies at pos, and its line's end. The argument
// gets memory of its own: at most firstPiece, or twice of what has been read,
// until all is.
func (r *Reader) long(size int64) error {
	total, at := int(size), r.offset(0)
	have := min(total, r.end-r.pos)
	b := make([]byte, have, min(total, max(firstPiece, have)))
	r.pos += copy(b, r.buf[r.pos:])
	for len(b) < total {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(total, 2*len(b))), b...)
		}
		n, err := r.read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		r.base += int64(n)
		if err == io.EOF {
			return r.endsWithin(b, at)
		} else if err != nil {
			return err
		}
	}
	if err := r.lineEnd(0); err != nil {
		return err
	}
	r.pos += len(crlf)
	r.args = append(r.args, unsafe.String(unsafe.SliceData(b), len(b)))
	return nil
}

// consume makes strings of the arguments in spans, all parts of one, and drops
// the n bytes that held them.
func (r *Reader) consume(n int) {
	total := 0
	for _, s := range r.spans {
		total += s.size
	}
	var block strings.Builder
	block.Grow(total)
	for _, s := range r.spans {
		at, from := block.Len(), r.pos+s.from
		block.Write(r.buf[from : from+s.size])
		r.args = append(r.args, block.String()[at:])
	}
	r.spans = r.spans[:0]
	r.pos += n
}

// need makes sure that n bytes after pos have been read. The error is io.EOF if
// there are fewer.
func (r *Reader) need(n int) error {
	for r.end-r.pos < n {
		if r.pos > 0 {
			r.base += int64(r.pos)
			r.end = copy(r.buf, r.buf[r.pos:r.end])
			r.pos = 0
		}
		m, err := r.read(r.buf[r.end:])
		r.end += m
		if err != nil {
			return err
		}
	}
	return nil
}

// read reads at least one byte, or returns an error.
func (r *Reader) read(p []byte) (int, error) {
	for range maxEmptyReads {
		n, err := r.rd.Read(p)
		if n > 0 {
			return n, nil // the error, if there is one, comes again
		}
		if err == io.EOF {
			return 0, err
		} else if err != nil {
			return 0, fmt.Errorf("offset %d: %w", r.offset(r.end-r.pos), err)
		}
	}
	return 0, fmt.Errorf("offset %d: %w", r.offset(r.end-r.pos), io.ErrNoProgress)
}

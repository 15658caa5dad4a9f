package aof

import (
	"bytes"
	"io"
	"strconv"
)

// Where reading fails, it has to be told what that means. A file that was being
// written when the power went ends somewhere; its end may be cut off, as nobody
// was promised more. Damage elsewhere must not be mended in this way: what
// stands behind it was whole, and would be lost.
//
// In two cases the bytes at which reading stops do not tell which of the two it
// is. File systems may have made a file longer before they wrote what belongs
// there: then it ends in zeros, and is torn where they begin. And a length that
// has been damaged may reach beyond the end of the file: then it looks torn, but
// what should be the argument's bytes has whole records in it.

// maxSeen is the most arguments of a record that recordIn recognizes. It bounds
// its work, and hardly any record has more.
const maxSeen = 16

// inside tells that a read within a record has failed.
func (r *Reader) inside(err error) error {
	if err == io.EOF {
		return r.torn(tornRecord, r.offset(r.end-r.pos))
	}
	return err
}

func (r *Reader) torn(reason string, end int64) error {
	return &TornError{Offset: r.whole, End: end, Reason: reason}
}

// endsWithin tells that the file ends within an argument, of which b has been
// read; it begins at the given offset.
func (r *Reader) endsWithin(b []byte, at int64) error {
	if i := recordIn(b); i >= 0 {
		return r.damageAt(at, "the argument is longer than the file, and a whole record stands within it, at offset "+
			strconv.FormatInt(at+int64(i), 10))
	}
	return r.torn(tornRecord, at+int64(len(b)))
}

// damage tells that the byte off bytes after pos cannot be right: unless that is
// the first of the zeros in which the file ends.
func (r *Reader) damage(off int, reason string) error {
	at := r.offset(off)
	zeros, err := r.onlyZeros(off)
	if err != nil {
		return err
	}
	if zeros {
		return r.torn(tornZeros, at)
	}
	return r.damageAt(at, reason)
}

func (r *Reader) damageAt(at int64, reason string) error {
	return &DamageError{Offset: at, Whole: r.whole, Reason: reason}
}

// onlyZeros reports whether nothing but zeros follows, from off bytes after pos
// on. It reads to the first that is not, or to the end.
func (r *Reader) onlyZeros(off int) (bool, error) {
	r.pos += off
	for {
		for _, c := range r.buf[r.pos:r.end] {
			if c != 0 {
				return false, nil
			}
		}
		r.pos = r.end
		if err := r.need(1); err == io.EOF {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
}

// recordIn returns where in b, behind the end of a line, a whole record begins
// that another one or the end follows; -1 if there is none.
func recordIn(b []byte) int {
	for i := 0; ; {
		next := bytes.Index(b[i:], []byte("\r\n*"))
		if next < 0 {
			return -1
		}
		i += next + len(crlf)
		if n := recordLen(b[i:]); n > 0 && (i+n == len(b) || b[i+n] == '*' || b[i+n] == '#') {
			return i
		}
	}
}

// recordLen returns the length of the record at the start of b, 0 if there is
// none.
func recordLen(b []byte) int {
	args, n := headerOf(b, '*')
	if args == 0 || args > maxSeen {
		return 0
	}
	for range args {
		size, width := headerOf(b[n:], '$')
		end := n + width + size
		if width == 0 || end > len(b)-len(crlf) || string(b[end:end+len(crlf)]) != crlf {
			return 0
		}
		n = end + len(crlf)
	}
	return n
}

// headerOf returns the number of the header at the start of b, and its length: 0
// if there is none.
func headerOf(b []byte, kind byte) (n, width int) {
	line, _, ok := bytes.Cut(b[:min(len(b), maxHeader)], []byte(crlf))
	if !ok || len(line) < 2 || line[0] != kind {
		return 0, 0
	}
	n, err := strconv.Atoi(string(line[1:]))
	if err != nil || n < 0 || n > len(b) {
		return 0, 0
	}
	return n, len(line) + len(crlf)
}

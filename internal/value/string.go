// Package value holds the types of values. It is the only place that knows
// how they are encoded.
package value

import (
	"unsafe"

	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/table"
)

// A string value lives in its entry, in one of four forms: text, long text, a
// number, or a buffer that grows in place. Redis has three encodings for the
// same, and which one it answers depends on where the value comes from; the
// mark of the entry keeps that.
const (
	written  uint8 = iota // by SET and its kin: int if it looks like one
	computed              // by INCRBYFLOAT: never int
	edited                // by APPEND, SETRANGE and SETBIT: raw
)

// embstrMax is the longest string that Redis allocates together with its
// object header.
const embstrMax = 44

// NewString returns an entry for a value as SET stores it.
func NewString(key, s string, deadline int64) *table.Entry {
	return table.NewText(key, s, deadline)
}

// NewComputed returns an entry for a value that a command computed as text.
func NewComputed(key, s string, deadline int64) *table.Entry {
	return table.NewText(key, s, deadline).Marked(computed)
}

// NewEdited returns an entry for bytes that were edited in place and may be
// again. It owns b from now on.
func NewEdited(key string, b []byte, deadline int64) *table.Entry {
	if len(b) <= table.MaxInline {
		return table.NewText(key, view(b), deadline).Marked(edited)
	}
	return table.NewBuffer(key, b, deadline).Marked(edited)
}

// NewInt returns an entry for an integer.
func NewInt(key string, n int64, deadline int64) *table.Entry {
	return table.NewNumber(key, n, deadline)
}

// Edit returns an entry with the value of old, empty if old is nil, filled up
// with zero bytes to a length of at least n; and the value's bytes, to be
// changed. If the entry is not old itself, it is to be put in its place then.
func Edit(key string, old *table.Entry, n int) (*table.Entry, []byte) {
	if old == nil {
		return draft(key, "", n, 0)
	}
	if old.Form() == table.Buffer {
		b := extend(old.Buffer(), n)
		old.SetBuffer(b)
		return old, b
	}
	var digits [20]byte
	s := View(old, digits[:])
	return draft(key, s, max(n, len(s)), old.Deadline())
}

// draft returns an entry that holds s, filled up to n bytes, and these bytes.
func draft(key, s string, n int, deadline int64) (*table.Entry, []byte) {
	if n <= table.MaxInline {
		e, b := table.NewBlank(key, n, deadline)
		copy(b, s)
		return e.Marked(edited), b
	}
	b := make([]byte, n, max(n, len(s)+len(s)/4)) // the next edit is likely to follow
	copy(b, s)
	return table.NewBuffer(key, b, deadline).Marked(edited), b
}

// extend appends zero bytes until b has n.
func extend(b []byte, n int) []byte {
	if n <= len(b) {
		return b
	}
	return append(b, make([]byte, n-len(b))...)
}

// IsString reports whether the entry's value is a string.
func IsString(e *table.Entry) bool { return e.Form() != table.Object }

// StringLen returns the length of a string value in bytes.
func StringLen(e *table.Entry) int {
	switch e.Form() {
	case table.Number:
		var b [20]byte
		return len(number.AppendInt(b[:0], e.Number()))
	case table.Buffer:
		return len(e.Buffer())
	default:
		return len(e.Text())
	}
}

// View returns the bytes of a string value. scratch is used for the digits of a
// number. The result is not to be changed, and of a buffer it is good only
// while the lock is held.
func View(e *table.Entry, scratch []byte) string {
	switch e.Form() {
	case table.Number:
		return view(number.AppendInt(scratch[:0], e.Number()))
	case table.Buffer:
		return view(e.Buffer())
	default:
		return e.Text()
	}
}

// Digits returns the decimal form of n, which lies in scratch.
func Digits(n int64, scratch *[20]byte) string { return view(number.AppendInt(scratch[:0], n)) }

// Freeze returns an entry that holds the bytes of e, which is in form buffer
// and will not be used any more, in a form that never changes.
func Freeze(e *table.Entry) *table.Entry {
	b := e.Buffer()
	if spare := cap(b) - len(b); spare > len(b)/4 {
		b = append([]byte(nil), b...)
	}
	f := table.NewText(e.Key(), view(b), e.Deadline()).Marked(e.Mark())
	f.SetAccess(e.Access())
	return f
}

// Int returns a string value as an integer, if it is one.
func Int(e *table.Entry) (int64, bool) {
	switch e.Form() {
	case table.Number:
		return e.Number(), true
	case table.Buffer:
		return number.ParseInt(view(e.Buffer()))
	default:
		return number.ParseInt(e.Text())
	}
}

// StringEncoding returns Redis's name of a string value's encoding.
func StringEncoding(e *table.Entry) string {
	if e.Form() == table.Number {
		return "int"
	}
	if e.Form() == table.Buffer || e.Mark() == edited {
		return "raw"
	}
	if e.Mark() == written {
		if _, ok := number.ParseInt(e.Text()); ok {
			return "int"
		}
	}
	if len(e.Text()) <= embstrMax {
		return "embstr"
	}
	return "raw"
}

// view returns bytes as a string without a copy.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

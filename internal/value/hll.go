package value

import (
	"unsafe"

	"github.com/nookdb/nook/internal/hll"
	"github.com/nookdb/nook/internal/table"
)

// A HyperLogLog is a string whose bytes are a hll.Sketch.

// Sketch returns the HyperLogLog that a string value is, false if it is none. It is good until the
// value changes, and may itself be changed only if the entry is in form buffer.
func Sketch(e *table.Entry) (hll.Sketch, bool) {
	if e.Form() == table.Number {
		return nil, false
	}
	s := View(e, nil)
	return hll.Parse(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// EditSketch returns the HyperLogLog of an entry, as Sketch does, that may be changed and then goes
// to WithSketch: itself or a copy with some room.
func EditSketch(e *table.Entry, s hll.Sketch) hll.Sketch {
	if e.Form() == table.Buffer {
		return s
	}
	return append(make(hll.Sketch, 0, len(s)+16), s...)
}

// WithSketch returns an entry that holds s, which it owns from now on: old itself if s came
// from it by EditSketch and it can hold it. Else that is to be put in its place.
func WithSketch(key string, old *table.Entry, s hll.Sketch) *table.Entry {
	if old == nil {
		return NewEdited(key, s, 0)
	}
	if old.Form() == table.Buffer {
		old.SetBuffer(s)
		return old
	}
	return NewEdited(key, s, old.Deadline())
}

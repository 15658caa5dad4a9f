package table

import (
	"strconv"
	"strings"
	"sync/atomic"
	"unsafe"
)

// An Entry is one key with its value, its deadline and its access clock. It
// is the element of a [Table], laid out so that a lookup touches one cache
// line and the collector has next to nothing to walk.
//
// Most entries are a single pointer-free allocation: a header of 16 bytes and,
// behind it, whatever the entry has, in this order:
//
//	0        16           +8         +8      +klen    +vlen
//	| header | deadline?  | number?  | key   | value? |
//
// The deadline is there only for keys with a time to live, the number only in
// form [Number], the value bytes only in form [Text]. What does not fit this
// shape (long text, buffers that grow in place, collections) is boxed: the
// same header and deadline, followed by ordinary Go fields.
//
// # What may change, and when
//
// Readers follow a published entry without a lock. So the key, the form and
// the bytes of a text never change once the entry is in a table; a writer that
// wants other bytes puts a new entry into the same slot. Deadline, number and
// access clock are words, read and written atomically. Buffers and objects are
// guarded by the owner's lock, and lock-free readers leave them alone.
type Entry struct {
	access atomic.Uint32 // the owner's access clock
	klen   uint32
	vlen   uint32 // bytes of inline text, else 0
	form   Form
	keyOff uint8 // where an inline key starts; 0 when the entry is boxed
	timed  bool  // there is room for a deadline at headerSize
	mark   uint8 // the owner's; see Mark
}

// Form says how an entry holds its value.
type Form uint8

// The forms of a value.
const (
	Text   Form = iota // bytes that never change, in the entry itself
	Number             // an int64, changed in place
	Long               // bytes that never change, outside the entry
	Buffer             // bytes that change in place, with room to grow
	Object             // a collection
)

const (
	headerSize = 16
	wordSize   = 8

	// MaxInline is the longest value, in bytes, that is copied into its
	// entry. Longer ones stay the caller's string behind a pointer: there the
	// copy would cost more than the extra cache miss.
	MaxInline = 512
)

// boxHead starts every boxed entry. Header and deadline lie where they lie in
// an inline entry.
type boxHead struct {
	Entry
	deadline atomic.Int64
	key      *byte
}

type (
	longBox struct {
		boxHead
		text string
	}
	bufferBox struct {
		boxHead
		buffer []byte
	}
	objectBox struct {
		boxHead
		object Collection
	}

	// Object boxes with room for the key: a small collection is not much more
	// than its box, so another allocation would count.

	objectBox16 struct {
		objectBox
		room [16]byte
	}
	objectBox32 struct {
		objectBox
		room [32]byte
	}
	objectBox64 struct {
		objectBox
		room [64]byte
	}
)

// A Collection is the value of an entry in form [Object]. It changes in place.
type Collection interface {
	Empty() bool // the owner deletes what is
	Bytes() int  // on the heap, all of it
}

// NewText returns an entry that holds value. A deadline of 0 means none, here
// and in the other constructors. The key is always copied, the value only up
// to MaxInline bytes.
func NewText(key, value string, deadline int64) *Entry {
	if len(value) > MaxInline {
		b := &longBox{text: value}
		b.init(key, Long, deadline)
		return &b.Entry
	}
	return newInline(key, Text, value, deadline)
}

// NewBlank returns an entry that holds n zero bytes, at most MaxInline, and
// these bytes, which may be written until the entry is put into a table.
func NewBlank(key string, n int, deadline int64) (*Entry, []byte) {
	e := newInline(key, Text, blank[:n], deadline)
	return e, unsafe.Slice(unsafe.StringData(e.Text()), n)
}

var blank = strings.Repeat("\x00", MaxInline)

// NewNumber returns an entry that holds the integer n.
func NewNumber(key string, n int64, deadline int64) *Entry {
	e := newInline(key, Number, "", deadline)
	e.number().Store(n)
	return e
}

// NewBuffer returns an entry that owns buf from now on.
func NewBuffer(key string, buf []byte, deadline int64) *Entry {
	b := &bufferBox{buffer: buf}
	b.init(key, Buffer, deadline)
	return &b.Entry
}

// NewObject returns an entry that holds a collection.
func NewObject(key string, c Collection, deadline int64) *Entry {
	b, room := newObjectBox(len(key))
	b.object = c
	b.fill(append(room, key...), Object, deadline)
	return &b.Entry
}

// newObjectBox returns a box and where to put a key of n bytes.
func newObjectBox(n int) (*objectBox, []byte) {
	switch {
	case n <= 16:
		b := new(objectBox16)
		return &b.objectBox, b.room[:0]
	case n <= 32:
		b := new(objectBox32)
		return &b.objectBox, b.room[:0]
	case n <= 64:
		b := new(objectBox64)
		return &b.objectBox, b.room[:0]
	}
	return new(objectBox), make([]byte, 0, n)
}

// newInline allocates a pointer-free entry and copies key and value into it.
// There is a byte even behind an empty key without a value, because a pointer
// to the end of an allocation is a pointer into its neighbour.
func newInline(key string, form Form, value string, deadline int64) *Entry {
	off := headerSize
	if deadline != 0 {
		off += wordSize
	}
	if form == Number {
		off += wordSize
	}
	blob := make([]byte, off+max(len(key)+len(value), 1))
	copy(blob[off:], key)
	copy(blob[off+len(key):], value)
	e := (*Entry)(unsafe.Pointer(unsafe.SliceData(blob)))
	e.klen = uint32(len(key))
	e.vlen = uint32(len(value))
	e.form = form
	e.keyOff = uint8(off)
	if deadline != 0 {
		e.timed = true
		e.deadline().Store(deadline)
	}
	return e
}

// init fills the head of a boxed entry. The key is cloned, so that a key cut
// out of a longer string does not keep that string alive.
func (b *boxHead) init(key string, form Form, deadline int64) {
	b.fill([]byte(key), form, deadline)
}

// fill is init with a key that is the box's alone.
func (b *boxHead) fill(key []byte, form Form, deadline int64) {
	b.klen = uint32(len(key))
	b.form = form
	b.timed = true
	b.key = unsafe.SliceData(key)
	b.deadline.Store(deadline)
}

func (e *Entry) at(off uintptr) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(e), off) }

func (e *Entry) deadline() *atomic.Int64 { return (*atomic.Int64)(e.at(headerSize)) }

// number is the word before the key.
func (e *Entry) number() *atomic.Int64 { return (*atomic.Int64)(e.at(uintptr(e.keyOff) - wordSize)) }

// Key returns the key. It shares the entry's memory.
func (e *Entry) Key() string {
	if e.keyOff == 0 {
		return unsafe.String((*boxHead)(unsafe.Pointer(e)).key, int(e.klen))
	}
	return unsafe.String((*byte)(e.at(uintptr(e.keyOff))), int(e.klen))
}

// Form returns how the value is held.
func (e *Entry) Form() Form { return e.form }

// Text returns the value of an entry in form Text or Long, without a copy.
func (e *Entry) Text() string {
	if e.form == Long {
		return (*longBox)(unsafe.Pointer(e)).text
	}
	return e.Inline()
}

// Plain reports whether the entry is the one of key and in form Text.
func (e *Entry) Plain(key string) bool {
	return e.form == Text && int(e.klen) == len(key) &&
		unsafe.String((*byte)(e.at(uintptr(e.keyOff))), len(key)) == key
}

// Inline returns the value of an entry in form Text, without a copy.
func (e *Entry) Inline() string {
	if e.vlen == 0 {
		return "" // there may be no byte behind the key to point at
	}
	return unsafe.String((*byte)(e.at(uintptr(e.keyOff)+uintptr(e.klen))), int(e.vlen))
}

// Number returns the value of an entry in form Number.
func (e *Entry) Number() int64 { return e.number().Load() }

// SetNumber changes the value of an entry in form Number.
func (e *Entry) SetNumber(n int64) { e.number().Store(n) }

// Buffer returns the bytes of an entry in form Buffer. They are valid until
// the owner's lock is given up.
func (e *Entry) Buffer() []byte { return (*bufferBox)(unsafe.Pointer(e)).buffer }

// SetBuffer changes the bytes of an entry in form Buffer, which owns them from
// now on.
func (e *Entry) SetBuffer(b []byte) { (*bufferBox)(unsafe.Pointer(e)).buffer = b }

// Object returns the value of an entry in form Object.
func (e *Entry) Object() Collection { return (*objectBox)(unsafe.Pointer(e)).object }

// Deadline returns the deadline, 0 if there is none.
func (e *Entry) Deadline() int64 {
	if !e.timed {
		return 0
	}
	return e.deadline().Load()
}

// WithDeadline gives the entry another deadline, 0 for none. It returns the
// entry itself if that has room for one, and else a copy that the caller must
// put in its place.
func (e *Entry) WithDeadline(at int64) *Entry {
	if e.timed {
		e.deadline().Store(at)
		return e
	}
	if at == 0 {
		return e
	}
	return e.clone(e.Key(), at)
}

// WithKey returns a copy of the entry under another key. The copy of a boxed
// entry shares the value with the original, which must not be used any more.
func (e *Entry) WithKey(key string) *Entry { return e.clone(key, e.Deadline()) }

func (e *Entry) clone(key string, deadline int64) *Entry {
	var c *Entry
	switch e.form {
	case Text, Long:
		c = NewText(key, e.Text(), deadline)
	case Number:
		c = NewNumber(key, e.Number(), deadline)
	case Buffer:
		c = NewBuffer(key, e.Buffer(), deadline)
	case Object:
		c = NewObject(key, e.Object(), deadline)
	}
	c.mark = e.mark
	c.access.Store(e.access.Load())
	return c
}

// Fixed reports whether nothing of the entry ever changes but its access clock.
func (e *Entry) Fixed() bool { return e.form == Text && !e.timed }

// Mark returns a small number that the owner keeps with the value. Like the
// value it never changes once the entry is in a table.
func (e *Entry) Mark() uint8 { return e.mark }

// Marked sets the mark of a new entry and returns the entry.
func (e *Entry) Marked(mark uint8) *Entry {
	e.mark = mark
	return e
}

// Access returns the access clock.
func (e *Entry) Access() uint32 { return e.access.Load() }

// SetAccess sets the access clock. Readers call it without a lock.
func (e *Entry) SetAccess(clock uint32) { e.access.Store(clock) }

// Size returns the bytes of the entry on the heap, without a buffer's bytes and
// the payload of an object. Allocations are counted about as the allocator
// rounds them up.
func (e *Entry) Size() int {
	switch e.form {
	case Text, Number:
		return allocated(int(e.keyOff) + max(int(e.klen)+int(e.vlen), 1))
	case Long:
		return allocated(int(unsafe.Sizeof(longBox{}))) + allocated(int(e.klen)) + allocated(len(e.Text()))
	case Buffer:
		return allocated(int(unsafe.Sizeof(bufferBox{}))) + allocated(int(e.klen))
	default:
		return objectBoxSize(int(e.klen))
	}
}

// objectBoxSize is the size of what newObjectBox returns.
func objectBoxSize(n int) int {
	const size = int(unsafe.Sizeof(objectBox{}))
	switch {
	case n <= 16:
		return allocated(size + 16)
	case n <= 32:
		return allocated(size + 32)
	case n <= 64:
		return allocated(size + 64)
	}
	return allocated(size) + allocated(n)
}

// allocated rounds a size up about as the allocator's size classes do: by 8 up
// to 32 bytes, by 16 up to 256, then in steps of an eighth to a sixteenth, and
// by pages of 8 KiB in the end.
func allocated(n int) int {
	if n <= 32 {
		return (n + 7) &^ 7
	}
	step := 16
	for step*16 < n && step < 8192 {
		step *= 2
	}
	return (n + step - 1) &^ (step - 1)
}

// allocatedScan is allocated for what holds pointers: from 512 bytes on, up to
// 32 KiB, such an object is preceded by a word that says where they are.
func allocatedScan(n int) int {
	if n > 512 && n < 32<<10 {
		n += wordSize
	}
	return allocated(n)
}

// String returns the entry's key and value for people who read a failing test.
func (e *Entry) String() string {
	switch e.form {
	case Number:
		return strconv.Quote(e.Key()) + ": " + strconv.FormatInt(e.Number(), 10)
	case Buffer:
		return strconv.Quote(e.Key()) + ": " + strconv.Quote(string(e.Buffer()))
	case Object:
		return strconv.Quote(e.Key()) + ": object"
	default:
		return strconv.Quote(e.Key()) + ": " + strconv.Quote(e.Text())
	}
}

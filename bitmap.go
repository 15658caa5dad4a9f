package nook

import (
	"strconv"

	"github.com/nookdb/nook/internal/bitops"
	"github.com/nookdb/nook/internal/value"
)

// Bitmaps are strings. Bit 0 is the highest of the first byte, and behind the
// end of a string all bits are 0.

// A BitRange is a part of a value, both ends included. Negative positions count
// from the end, -1 being the last byte or bit. Positions outside of the value
// are moved to its ends.
type BitRange struct {
	Start, End int64
	Unit       Unit
}

// A Unit says what a BitRange counts.
type Unit uint8

// The units.
const (
	Bytes Unit = iota
	Bits
)

// bits returns how many bits the unit has.
func (u Unit) bits() int64 {
	if u == Bytes {
		return 8
	}
	return 1
}

func (u Unit) validate() error {
	if u > Bits {
		return ErrSyntax
	}
	return nil
}

// GetBit returns the bit at an offset.
//
// Fails with ErrBitOffset and ErrWrongType. O(1). GETBIT.
func (c *commands) GetBit(key string, offset int64) (int, error) {
	if err := c.bitOffset(offset); err != nil {
		return 0, err
	}
	r, err := c.readString(key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	var digits [20]byte
	return bitAt(r.view(&digits), offset), nil
}

// bitOffset fails if no string could have a bit at the offset.
func (c *commands) bitOffset(offset int64) error {
	if offset < 0 || offset>>3 >= c.ks.opts.MaxStringLen {
		return ErrBitOffset
	}
	return nil
}

func bitAt(s string, offset int64) int {
	i := offset >> 3
	if i >= int64(len(s)) {
		return 0
	}
	return int(s[i]>>(7-offset&7)) & 1
}

// SetBit sets the bit at an offset to 0 or 1 and returns what it was. The value
// is created, or filled up with zero bytes, if it does not reach that far.
//
// Fails with ErrBitOffset, ErrBitValue, ErrWrongType and ErrOutOfMemory. O(1),
// but a value of up to 512 bytes is copied. SETBIT.
func (c *commands) SetBit(key string, offset int64, bit int) (old int, err error) {
	if err := c.bitOffset(offset); err != nil {
		return 0, err
	}
	if bit != 0 && bit != 1 {
		return 0, ErrBitValue
	}
	w, err := c.writeString(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	var digits [20]byte
	s := w.view(&digits)
	size, old := int(offset>>3)+1, bitAt(s, offset)
	if size <= len(s) && old == bit {
		w.raw()
		return old, nil
	}
	e, b := w.edit(size)
	bitops.SetField(b, offset, 1, int64(bit))
	w.edited(e)
	w.event(EventString, "setbit")
	if w.logged() {
		w.effect("SETBIT", key, strconv.FormatInt(offset, 10), strconv.Itoa(bit))
	}
	return old, nil
}

// view returns the bytes of a string value, "" if there is none. They are good
// until the next change.
func (w *write) view(digits *[20]byte) string {
	if w.entry == nil {
		return ""
	}
	return value.View(w.entry, digits[:])
}

// raw gives the value the encoding that Redis's bitmap commands leave behind
// even if they change nothing.
func (w *write) raw() {
	if w.entry == nil || value.StringEncoding(w.entry) == "raw" {
		return
	}
	changed := w.changed
	e, _ := w.edit(0)
	w.edited(e)
	w.changed = changed
}

// BitCount returns the number of bits set in a value, 0 if there is none.
//
// Fails with ErrWrongType. O(n). BITCOUNT.
func (c *commands) BitCount(key string) (int64, error) {
	return c.BitCountRange(key, BitRange{0, -1, Bytes})
}

// BitCountRange returns the number of bits set in a part of a value.
//
// Fails with ErrWrongType, and with ErrSyntax for an unknown unit. O(n).
// See BitCount.
func (c *commands) BitCountRange(key string, part BitRange) (int64, error) {
	if err := part.Unit.validate(); err != nil {
		return 0, err
	}
	r, err := c.readString(key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	var digits [20]byte
	s := r.view(&digits)
	u := part.Unit.bits()
	from, to := span(part.Start, part.End, int64(len(s))*8/u)
	if from >= to {
		return 0, nil
	}
	return bitops.CountRange(s, from*u, to*u), nil
}

// BitPos returns the offset of the first bit of a value that is equal to bit,
// 0 or 1, or -1 if there is none. A value without a 0 is taken to go on with
// zeros: then the first 0 is right behind its end. If there is no such key, the
// first 0 is at 0; but an empty value has none.
//
// Fails with ErrBitArgument and ErrWrongType. O(n). BITPOS.
func (c *commands) BitPos(key string, bit int) (int64, error) { return c.BitPosFrom(key, bit, 0) }

// BitPosFrom is BitPos from a byte on, counted from the end if negative. It
// returns -1 if that lies behind the last.
//
// Fails with ErrBitArgument and ErrWrongType. O(n). See BitPos.
func (c *commands) BitPosFrom(key string, bit int, start int64) (int64, error) {
	return c.bitPos(key, bit, BitRange{start, -1, Bytes}, true)
}

// BitPosRange is BitPos within a part of a value. It returns -1 if the part has
// no such bit, or is empty; but for a key that does not exist 0 if bit is 0.
// The offset counts from the start of the value.
//
// Fails with ErrBitArgument and ErrWrongType, and with ErrSyntax for an unknown
// unit. O(n). See BitPos.
func (c *commands) BitPosRange(key string, bit int, part BitRange) (int64, error) {
	return c.bitPos(key, bit, part, false)
}

// bitPos is BitPosRange. If open, zeros follow the part.
func (c *commands) bitPos(key string, bit int, part BitRange, open bool) (int64, error) {
	if bit != 0 && bit != 1 {
		return 0, ErrBitArgument
	}
	if err := part.Unit.validate(); err != nil {
		return 0, err
	}
	r, err := c.readString(key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	if r.entry == nil {
		return -int64(bit), nil
	}
	var digits [20]byte
	s := r.view(&digits)
	u := part.Unit.bits()
	from, to := within(part.Start, part.End, int64(len(s))*8/u)
	if from >= to {
		return -1, nil
	}
	pos := bitops.Pos(s, bit, from*u, to*u)
	if pos < 0 && bit == 0 && open {
		pos = to * u
	}
	return pos, nil
}

// A BitOp is a bitwise operation on any number of values. Where one of them is
// special it is the first, called x here; the others are called y.
type BitOp uint8

// The operations.
const (
	BitAnd   = BitOp(bitops.And)   // bits set in all
	BitOr    = BitOp(bitops.Or)    // bits set in any
	BitXor   = BitOp(bitops.Xor)   // bits set in an odd number
	BitNot   = BitOp(bitops.Not)   // bits not set in x; there is no y
	BitDiff  = BitOp(bitops.Diff)  // bits set in x and in no y
	BitDiff1 = BitOp(bitops.Diff1) // bits set in any y, but not in x
	BitAndOr = BitOp(bitops.AndOr) // bits set in x and in any y
	BitOne   = BitOp(bitops.One)   // bits set in exactly one
)

var bitOpNames = [...]string{
	BitAnd: "AND", BitOr: "OR", BitXor: "XOR", BitNot: "NOT",
	BitDiff: "DIFF", BitDiff1: "DIFF1", BitAndOr: "ANDOR", BitOne: "ONE",
}

// String returns Redis's name of the operation.
func (o BitOp) String() string {
	if int(o) >= len(bitOpNames) {
		return "unknown"
	}
	return bitOpNames[o]
}

// validate fails unless the operation takes so many sources.
func (o BitOp) validate(sources int) error {
	switch {
	case int(o) >= len(bitOpNames):
		return ErrSyntax
	case sources == 0:
		return &Error{text: "ERR wrong number of arguments for 'bitop' command", kind: ErrBitOpSources}
	case o == BitNot && sources != 1:
		return ErrBitOpNot
	case sources == 1 && (o == BitDiff || o == BitDiff1 || o == BitAndOr):
		return &Error{text: "ERR BITOP " + o.String() + " must be called with at least two source keys.", kind: ErrBitOpSources}
	}
	return nil
}

// BitOp sets dst to the result of an operation on the values of keys, without a
// time to live, and returns its length: that of the longest of them. Shorter
// ones count as filled up with zeros, keys that do not exist as empty. If the
// result is empty, dst is deleted. dst may be one of the keys.
//
// Fails with ErrBitOpNot unless BitNot has exactly one key, with
// ErrBitOpSources for no key, or for one where the operation needs two, with
// ErrSyntax for an unknown operation, with ErrWrongType and ErrOutOfMemory.
// O(n) in the bytes of all values. BITOP.
func (c *commands) BitOp(op BitOp, dst string, keys ...string) (length int, err error) {
	if err := op.validate(len(keys)); err != nil {
		return 0, err
	}
	m, err := c.writeAll(append([]string{dst}, keys...)...)
	if err != nil {
		return 0, err
	}
	defer m.done(&err)
	sources, size, err := m.views(keys)
	if err != nil {
		return 0, err
	}
	w := m.open(dst)
	defer w.settle()
	switch {
	case size > 0:
		e, b := value.Edit(dst, nil, size)
		bitops.Op(op).Combine(b[:0], sources...)
		w.put(e)
		w.event(EventString, "set")
		if w.logged() {
			w.effect(append([]string{"BITOP", op.String(), dst}, keys...)...)
		}
	case w.entry != nil:
		w.delete()
	}
	return size, nil
}

// views returns the bytes of several string values, "" for those that do not
// exist, and the length of the longest. They are good until the next change.
func (m *multi) views(keys []string) (views []string, longest int, err error) {
	views = make([]string, len(keys))
	for i, key := range keys {
		w := m.look(m.c, key)
		w.noteMiss()
		if w.entry == nil {
			continue
		}
		if !value.IsString(w.entry) {
			return nil, 0, ErrWrongType
		}
		m.c.touch(w.entry)
		views[i] = value.View(w.entry, nil)
		longest = max(longest, len(views[i]))
	}
	return views, longest, nil
}

// A BitFieldOp is one step of BitField: it reads or changes an integer of any
// number of bits that lies anywhere in a value.
type BitFieldOp struct {
	Kind     FieldKind
	Type     FieldType
	Offset   int64    // of the first, highest bit
	Value    int64    // what FieldSet stores and FieldIncrBy adds
	Overflow Overflow // what happens to a result that the type cannot hold
}

// A FieldKind says what a BitFieldOp does.
type FieldKind uint8

// The kinds of steps.
const (
	FieldGet    FieldKind = iota // return the integer
	FieldSet                     // set it and return what it was
	FieldIncrBy                  // add to it and return the sum
)

// A FieldType is the type of an integer: signed with 1 to 64 bits, in two's
// complement, or unsigned with 1 to 63.
type FieldType struct {
	Signed bool
	Bits   int
}

// String returns Redis's name of the type, such as u8 or i16.
func (t FieldType) String() string {
	if t.Signed {
		return "i" + strconv.Itoa(t.Bits)
	}
	return "u" + strconv.Itoa(t.Bits)
}

func (t FieldType) valid() bool {
	if t.Signed {
		return 1 <= t.Bits && t.Bits <= bitops.MaxFieldBits
	}
	return 1 <= t.Bits && t.Bits < bitops.MaxFieldBits
}

// An Overflow says what happens to an integer that its type cannot hold.
type Overflow uint8

// The ways to handle overflow.
const (
	Wrap = Overflow(bitops.Wrap) // keep the lowest bits
	Sat  = Overflow(bitops.Sat)  // take the nearest value of the type
	Fail = Overflow(bitops.Fail) // change nothing and return no integer
)

var overflowNames = [...]string{Wrap: "WRAP", Sat: "SAT", Fail: "FAIL"}

// String returns Redis's name of the way.
func (o Overflow) String() string {
	if int(o) >= len(overflowNames) {
		return "unknown"
	}
	return overflowNames[o]
}

// An OptionalInt is an integer that may be absent.
type OptionalInt struct {
	Value int64
	OK    bool
}

// BitField reads and changes integers within a value, in order, and returns the
// integer of each step; there is none where Overflow is Fail and the type
// cannot hold the result. If a step is to change the value, that is created, or
// filled up with zero bytes, to hold all bits of the step. As in Redis it may
// so become 8 bytes longer than Options.MaxStringLen.
//
// Fails, before the first step, with ErrBitFieldType, ErrBitOffset,
// ErrBitFieldOverflow, with ErrSyntax for an unknown kind, with ErrWrongType
// and, if there are steps that change the value, ErrOutOfMemory. O(1) for each
// step, but a value of up to 512 bytes is copied to be changed. BITFIELD.
func (c *commands) BitField(key string, steps ...BitFieldOp) (results []OptionalInt, err error) {
	size, err := c.fields(steps)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		return c.readFields(key, steps)
	}
	w, err := c.writeString(key)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	return w.setFields(steps, size), nil
}

// BitFieldRO is BitField with reading steps only.
//
// Fails with ErrBitFieldReadOnly for other steps, with ErrBitFieldType,
// ErrBitOffset and ErrWrongType. O(1) for each step. BITFIELD_RO.
func (c *commands) BitFieldRO(key string, steps ...BitFieldOp) ([]OptionalInt, error) {
	size, err := c.fields(steps)
	if err != nil {
		return nil, err
	}
	if size != 0 {
		return nil, ErrBitFieldReadOnly
	}
	return c.readFields(key, steps)
}

// fields checks the steps and returns how many bytes the value must have for
// those that change it, 0 if there are none.
func (c *commands) fields(steps []BitFieldOp) (size int, err error) {
	for i := range steps {
		o := &steps[i]
		if err := o.validate(); err != nil {
			return 0, err
		}
		if err := c.bitOffset(o.Offset); err != nil {
			return 0, err
		}
		if o.Kind != FieldGet {
			size = max(size, int((o.Offset+int64(o.Type.Bits)+7)>>3))
		}
	}
	return size, nil
}

func (o *BitFieldOp) validate() error {
	switch {
	case o.Kind > FieldIncrBy:
		return ErrSyntax
	case o.Overflow > Fail:
		return ErrBitFieldOverflow
	case !o.Type.valid():
		return ErrBitFieldType
	}
	return nil
}

func (c *commands) readFields(key string, steps []BitFieldOp) ([]OptionalInt, error) {
	r, err := c.readString(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	var digits [20]byte
	s := r.view(&digits)
	results := make([]OptionalInt, len(steps))
	for i := range steps {
		o := &steps[i]
		results[i] = OptionalInt{bitops.GetField(s, o.Offset, o.Type.Bits, o.Type.Signed), true}
	}
	return results, nil
}

// setFields takes the steps on a value that is to have at least size bytes.
//
// As in Redis the value grows even if all steps fail, though then there is no
// event and no watch of the key sees it. The effect is recorded all the same: the value is another one.
func (w *write) setFields(steps []BitFieldOp, size int) []OptionalInt {
	var digits [20]byte
	grown := len(w.view(&digits)) < size
	e, b := w.edit(size)
	results := make([]OptionalInt, len(steps))
	stored := false
	for i := range steps {
		var changed bool
		results[i], changed = steps[i].run(b)
		stored = stored || changed || grown && results[i].OK && steps[i].Kind != FieldGet
	}
	if !stored && !grown {
		w.raw()
		return results
	}
	w.edited(e)
	if stored {
		w.event(EventString, "setbit")
	} else {
		w.settleValue()
		w.changed = false
	}
	if w.logged() {
		w.effect(fieldsEffect(w.key, steps)...)
	}
	return results
}

// run takes the step on b and reports whether that changed it.
func (o *BitFieldOp) run(b []byte) (result OptionalInt, changed bool) {
	old := bitops.GetField(b, o.Offset, o.Type.Bits, o.Type.Signed)
	if o.Kind == FieldGet {
		return OptionalInt{old, true}, false
	}
	v, ok := o.next(old)
	if !ok {
		return OptionalInt{}, false
	}
	bitops.SetField(b, o.Offset, o.Type.Bits, v)
	if o.Kind == FieldSet {
		return OptionalInt{old, true}, v != old
	}
	return OptionalInt{v, true}, v != old
}

// next returns the integer that takes the place of old, false if there is none.
func (o *BitFieldOp) next(old int64) (int64, bool) {
	by := o.Value
	if o.Kind == FieldSet {
		old, by = by, 0
	}
	if o.Type.Signed {
		return bitops.AddSigned(old, by, o.Type.Bits, bitops.Overflow(o.Overflow))
	}
	v, ok := bitops.AddUnsigned(uint64(old), by, o.Type.Bits, bitops.Overflow(o.Overflow))
	return int64(v), ok
}

// fieldsEffect returns the command that repeats the steps, but for those that
// only read.
func fieldsEffect(key string, steps []BitFieldOp) []string {
	args := []string{"BITFIELD", key}
	overflow := Wrap
	for _, o := range steps {
		kind := "SET"
		switch o.Kind {
		case FieldGet:
			continue
		case FieldIncrBy:
			kind = "INCRBY"
		}
		if o.Overflow != overflow {
			overflow = o.Overflow
			args = append(args, "OVERFLOW", overflow.String())
		}
		args = append(args, kind, o.Type.String(), strconv.FormatInt(o.Offset, 10), strconv.FormatInt(o.Value, 10))
	}
	return args
}

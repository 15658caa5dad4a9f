package command

import (
	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var bitmapRows = []*Row{
	{
		Name: "bitcount", Arity: -2, Flags: ReadOnly, Class: ClassBitmap, Group: "bitmap", Since: "2.6.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Counts the bits that are set in the value of a key.",
		Cost:    "O(N) where N is the length of the value.",
		History: []Change{{"7.0.0", "Takes `BYTE` and `BIT`."}},
		Run:     bitCount,
	},
	{
		Name: "bitfield", Arity: -2, Flags: Write | DenyOOM, Class: ClassBitmap, Group: "bitmap", Since: "3.2.0",
		Keys: []KeySpec{{
			Begin: at(1), Find: span(0, 1), Flags: RW | Access | Update | VariableFlags,
			Notes: "This command allows both access and modification of the key",
		}},
		Doc:    "Reads and changes integers of any number of bits within the value of a key.",
		Cost:   "O(1) for each operation.",
		Run:    bitField,
		Locate: locateBitField,
	},
	{
		Name: "bitfield_ro", Arity: -2, Flags: ReadOnly | Fast, Class: ClassBitmap, Group: "bitmap", Since: "6.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Reads integers of any number of bits within the value of a key.",
		Cost: "O(1) for each operation.",
		Run:  bitFieldRO,
	},
	{
		Name: "bitop", Arity: -4, Flags: Write | DenyOOM, Class: ClassBitmap, Group: "bitmap", Since: "2.6.0",
		Keys:    []KeySpec{key(2, OW|Update), keysFrom(3, 1, RO|Access)},
		Doc:     "Combines the bits of the values of several keys and stores the result.",
		Cost:    "O(N) where N is the length of all values together.",
		History: []Change{{"8.2.0", "Knows `DIFF`, `DIFF1`, `ANDOR` and `ONE`."}},
		Run:     bitOp,
	},
	{
		Name: "bitpos", Arity: -3, Flags: ReadOnly, Class: ClassBitmap, Group: "bitmap", Since: "2.8.7",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Finds the first bit that is set, or is not, in the value of a key.",
		Cost:    "O(N) where N is the length of the value.",
		History: []Change{{"7.0.0", "Takes `BYTE` and `BIT`."}},
		Run:     bitPos,
	},
	{
		Name: "getbit", Arity: 3, Flags: ReadOnly | Fast, Class: ClassBitmap, Group: "bitmap", Since: "2.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns a bit of the value of a key.",
		Cost: "O(1)",
		Run:  getBit,
	},
	{
		Name: "setbit", Arity: 4, Flags: Write | DenyOOM, Class: ClassBitmap, Group: "bitmap", Since: "2.2.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Sets a bit of the value of a key and returns what it was.",
		Cost: "O(1)",
		Run:  setBit,
	},
}

// maxBitOffset is beyond the last bit of the longest string that any store may
// allow. A store with a lower limit finds what lies between.
const maxBitOffset = (512 << 20) * 8

func getBit(c *Call) error {
	offset, err := bitOffset(c.Args[2])
	if err != nil {
		return err
	}
	return c.count(c.DB.GetBit(c.Args[1], offset))
}

func setBit(c *Call) error {
	offset, err := bitOffset(c.Args[2])
	if err != nil {
		return err
	}
	bit, ok := number.ParseInt(c.Args[3])
	if !ok {
		return nook.ErrBitValue
	}
	if bit != 0 && bit != 1 {
		bit = -1 // still wrong as an int of any size
	}
	return c.count(c.DB.SetBit(c.Args[1], offset, int(bit)))
}

func bitOffset(arg string) (int64, error) {
	offset, ok := number.ParseInt(arg)
	if !ok || offset < 0 || offset >= maxBitOffset {
		return 0, nook.ErrBitOffset
	}
	return offset, nil
}

// bitCount looks at the key before it looks at the other arguments, which may be
// anything if there is no such key.
func bitCount(c *Call) error {
	if len(c.Args) == 2 {
		return c.int(c.DB.BitCount(c.Args[1]))
	}
	part, err := parseBitRange(c.Args[2:])
	if err != nil {
		_, ok, wrong := c.DB.Get(c.Args[1])
		if wrong != nil || !ok {
			err = wrong
		}
		return c.int(0, err)
	}
	return c.int(c.DB.BitCountRange(c.Args[1], part))
}

// parseBitRange reads "start end [BYTE|BIT]". The unit of a range that is empty
// whatever the length of the value may be anything.
func parseBitRange(args []string) (r nook.BitRange, err error) {
	if len(args) != 2 && len(args) != 3 {
		return r, nook.ErrSyntax
	}
	r.Start, r.End, err = integers(args[0], args[1])
	if err != nil || len(args) == 2 || r.Start < 0 && r.End < 0 && r.Start > r.End {
		return r, err
	}
	r.Unit, err = parseUnit(args[2])
	return r, err
}

func parseUnit(arg string) (nook.Unit, error) {
	switch {
	case is(arg, "byte"):
		return nook.Bytes, nil
	case is(arg, "bit"):
		return nook.Bits, nil
	default:
		return 0, nook.ErrSyntax
	}
}

func bitPos(c *Call) error {
	key := c.Args[1]
	bit, err := integer(c.Args[2])
	if err != nil {
		return err
	}
	if bit != 0 && bit != 1 {
		return nook.ErrBitArgument
	}
	if len(c.Args) == 3 {
		return c.int(c.DB.BitPos(key, int(bit)))
	}
	part, err := parseBitPart(c.Args[3:])
	switch {
	case err != nil:
		return c.bitPosWrong(int(bit), err)
	case len(c.Args) == 4:
		return c.int(c.DB.BitPosFrom(key, int(bit), part.Start))
	default:
		return c.int(c.DB.BitPosRange(key, int(bit), part))
	}
}

// bitPosWrong is BITPOS with wrong arguments, which matter only if there is
// such a key.
func (c *Call) bitPosWrong(bit int, err error) error {
	if !c.hasKey() {
		return c.int(c.DB.BitPos(c.Args[1], bit))
	}
	_, _, wrong := c.DB.Get(c.Args[1])
	return errorOr(wrong, err)
}

// parseBitPart reads "start [end [BYTE|BIT]]". Unlike BITCOUNT, BITPOS looks at
// the unit before the end.
func parseBitPart(args []string) (r nook.BitRange, err error) {
	if len(args) > 3 {
		return r, nook.ErrSyntax
	}
	if r.Start, err = integer(args[0]); err != nil {
		return r, err
	}
	if len(args) == 3 {
		if r.Unit, err = parseUnit(args[2]); err != nil {
			return r, err
		}
	}
	if len(args) > 1 {
		r.End, err = integer(args[1])
	}
	return r, err
}

var bitOps = [...]nook.BitOp{
	nook.BitAnd, nook.BitOr, nook.BitXor, nook.BitNot, nook.BitDiff, nook.BitDiff1, nook.BitAndOr, nook.BitOne,
}

func bitOp(c *Call) error {
	for _, op := range bitOps {
		if is(c.Args[1], op.String()) {
			return c.count(c.DB.BitOp(op, c.Args[2], c.Args[3:]...))
		}
	}
	return nook.ErrSyntax
}

func bitField(c *Call) error {
	steps, err := parseFields(c.Args[2:])
	if err != nil {
		return err
	}
	return c.fields(c.DB.BitField(c.Args[1], steps...))
}

func bitFieldRO(c *Call) error {
	steps, err := parseFields(c.Args[2:])
	if err != nil {
		return err
	}
	return c.fields(c.DB.BitFieldRO(c.Args[1], steps...))
}

// fields replies the results of BITFIELD.
func (c *Call) fields(results []nook.OptionalInt, err error) error {
	if err != nil {
		return err
	}
	c.Out.Array(len(results))
	for _, r := range results {
		if r.OK {
			c.Out.Int(r.Value)
		} else {
			c.Out.Null()
		}
	}
	return nil
}

// parseFields reads the operations of BITFIELD. OVERFLOW is for those that
// follow it.
func parseFields(args []string) ([]nook.BitFieldOp, error) {
	steps := make([]nook.BitFieldOp, 0, len(args)/3)
	overflow := nook.Wrap
	for len(args) > 0 {
		var err error
		if is(args[0], "overflow") && len(args) > 1 {
			if overflow, err = parseOverflow(args[1]); err != nil {
				return nil, err
			}
			args = args[2:]
			continue
		}
		step := nook.BitFieldOp{Overflow: overflow}
		n := 0
		if step.Kind, n = fieldKind(args[0]); n == 0 || len(args) < n {
			return nil, nook.ErrSyntax
		}
		if err := parseField(&step, args[1:n]); err != nil {
			return nil, err
		}
		steps, args = append(steps, step), args[n:]
	}
	return steps, nil
}

// fieldKind returns the operation of a word, and how many words it consists of
// in all, 0 if it is none.
func fieldKind(word string) (nook.FieldKind, int) {
	switch {
	case is(word, "get"):
		return nook.FieldGet, 3
	case is(word, "set"):
		return nook.FieldSet, 4
	case is(word, "incrby"):
		return nook.FieldIncrBy, 4
	default:
		return 0, 0
	}
}

func parseOverflow(arg string) (nook.Overflow, error) {
	for _, o := range [...]nook.Overflow{nook.Wrap, nook.Sat, nook.Fail} {
		if is(arg, o.String()) {
			return o, nil
		}
	}
	return 0, nook.ErrBitFieldOverflow
}

// parseField reads type, offset and, if there is one, value.
func parseField(step *nook.BitFieldOp, args []string) (err error) {
	if step.Type, err = parseFieldType(args[0]); err != nil {
		return err
	}
	if step.Offset, err = parseFieldOffset(args[1], step.Type.Bits); err != nil {
		return err
	}
	if len(args) == 3 {
		step.Value, err = integer(args[2])
	}
	return err
}

// parseFieldType reads a type such as u8 or i16, with a small letter.
func parseFieldType(arg string) (t nook.FieldType, err error) {
	arg = cString(arg)
	if arg == "" || arg[0] != 'i' && arg[0] != 'u' {
		return t, nook.ErrBitFieldType
	}
	t.Signed = arg[0] == 'i'
	bits, ok := number.ParseInt(arg[1:])
	if !ok || bits < 1 || bits > 64 || bits == 64 && !t.Signed {
		return t, nook.ErrBitFieldType
	}
	t.Bits = int(bits)
	return t, nil
}

// parseFieldOffset reads an offset in bits or, after a #, in integers of the
// field's size. As in Redis the product may wrap around and be right by chance.
func parseFieldOffset(arg string, bits int) (int64, error) {
	if arg == "" || arg[0] != '#' {
		return bitOffset(arg)
	}
	offset, ok := number.ParseInt(arg[1:])
	offset *= int64(bits)
	if !ok || offset < 0 || offset >= maxBitOffset {
		return 0, nook.ErrBitOffset
	}
	return offset, nil
}

// locateBitField finds what BITFIELD does with its key: reading alone does not
// change it.
func locateBitField(args []string, dst []KeyRef) ([]KeyRef, bool) {
	for rest := args[2:]; len(rest) > 0; {
		n := 3
		if is(rest[0], "overflow") {
			n = 2
		} else if !is(rest[0], "get") {
			n = len(rest) + 1
		}
		if n > len(rest) {
			return append(dst, KeyRef{1, RW | Access | Update}), true
		}
		rest = rest[n:]
	}
	return append(dst, KeyRef{1, RO | Access}), true
}

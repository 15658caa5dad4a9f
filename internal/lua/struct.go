package lua

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// maxIntSize is the size in bytes of the largest integers. More than 8 of them are never used.
const maxIntSize = 32

// structFormat reads a format, and knows the order of the bytes and the alignment that it has asked for so far.
type structFormat struct {
	s      *State
	l      *glua.LState
	name   string // of the function
	format string // what is left of it
	big    bool
	align  uint64
}

// structItem is a part of a format that stands for bytes.
type structItem struct {
	option byte
	size   uint64 // in bytes; of 'c' and 's' 0 if it is not in the format
}

// openStruct returns the library struct.
func (s *State) openStruct() *glua.LTable {
	return s.Table(map[string]glua.LGFunction{
		"pack":   s.structPack,
		"unpack": s.structUnpack,
		"size":   s.structSize,
	})
}

// newStructFormat begins to read the format that is the first argument. A zero byte ends it.
func (s *State) newStructFormat(l *glua.LState, name string) structFormat {
	format := s.checkString(l, 1, name)
	if n := strings.IndexByte(format, 0); n >= 0 {
		format = format[:n]
	}
	return structFormat{s: s, l: l, name: name, format: format, align: 1}
}

// next returns the next item: one without size if it says how to go on. False is the end.
func (f *structFormat) next() (i structItem, ok bool) {
	if f.format == "" {
		return structItem{}, false
	}
	f.s.steps(f.l, 1)
	i.option = f.format[0]
	f.format = f.format[1:]
	i.size = f.size(i.option)
	return i, true
}

// size returns the size of an item, whose number it reads.
func (f *structFormat) size(option byte) uint64 {
	switch option {
	case 'b', 'B', 'x':
		return 1
	case 'h', 'H':
		return 2
	case 'f':
		return 4
	case 'l', 'L', 'T', 'd':
		return 8
	case 'c':
		return f.number(1)
	case 'i', 'I':
		n := f.number(4)
		if n > maxIntSize {
			raise(f.l, "integral size %d is larger than limit of %d", n, maxIntSize)
		}
		return n
	}
	return 0
}

// number reads a number that fits in 31 bits; it is what is given if there is none.
func (f *structFormat) number(otherwise uint64) uint64 {
	if f.format == "" || !isDigit(f.format[0]) {
		return otherwise
	}
	n := uint64(0)
	for f.format != "" && isDigit(f.format[0]) {
		n = n*10 + uint64(f.format[0]-'0')
		if n > math.MaxInt32 {
			raise(f.l, "integral size overflow")
		}
		f.format = f.format[1:]
	}
	return n
}

// padding returns how many bytes stand before an item so that it is aligned at a position.
func (f *structFormat) padding(at uint64, i structItem) uint64 {
	if i.size == 0 || i.option == 'c' {
		return 0
	}
	size := min(i.size, f.align)
	return (size - at&(size-1)) & (size - 1)
}

// control obeys an option that stands for no bytes.
func (f *structFormat) control(option byte) {
	switch option {
	case ' ':
	case '>':
		f.big = true
	case '<':
		f.big = false
	case '!':
		n := f.number(8)
		if bits.OnesCount64(n) != 1 {
			raise(f.l, "alignment %d is not a power of 2", n)
		}
		f.align = n
	default:
		badArg(f.l, 1, f.name, "invalid format option '"+string([]byte{option})+"'")
	}
}

// order puts bytes, of which the lowest is first, in the order asked for, or back.
func (f *structFormat) order(b []byte) {
	if f.big {
		slices.Reverse(b)
	}
}

func (s *State) structPack(l *glua.LState) int {
	f := s.newStructFormat(l, "pack")
	out, arg := []byte{}, 2
	for i, ok := f.next(); ok; i, ok = f.next() {
		out = f.zeros(out, f.padding(uint64(len(out)), i))
		switch i.option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I', 'f', 'd':
			start := len(out)
			out = f.packNumber(out, i, f.packArgument(arg))
			f.order(out[start:])
			arg++
		case 'x':
			out = f.zeros(out, 1)
		case 'c', 's':
			out = f.packString(out, i, arg)
			arg++
		default:
			f.control(i.option)
		}
	}
	s.room(l, len(out))
	l.Push(glua.LString(out))
	return 1
}

func (f *structFormat) zeros(out []byte, n uint64) []byte {
	return append(f.s.grow(f.l, out, int(n)), make([]byte, n)...)
}

// packArgument returns an argument, which is nil rather than no value if it is missing: a nil stands there in C.
func (f *structFormat) packArgument(n int) float64 {
	if n > f.l.GetTop() {
		badArg(f.l, n, f.name, "number expected, got nil")
	}
	return f.s.checkNumber(f.l, n, f.name)
}

// packNumber appends a number, its lowest byte first.
func (f *structFormat) packNumber(out []byte, i structItem, n float64) []byte {
	var b [maxIntSize]byte
	switch i.option {
	case 'f':
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(float32(n)))
	case 'd':
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(n))
	default:
		binary.LittleEndian.PutUint64(b[:], toUnsigned(n))
	}
	return append(f.s.grow(f.l, out, len(b)), b[:i.size]...)
}

// toUnsigned returns the lower 64 bits of a number without its fraction, as C casts it: a negative one by way of a
// signed one.
func toUnsigned(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(truncate(f-1<<63)) ^ 1<<63
	}
	return uint64(truncate(f))
}

// packString appends a string argument, or the beginning of it.
func (f *structFormat) packString(out []byte, i structItem, arg int) []byte {
	if arg > f.l.GetTop() {
		badArg(f.l, arg, f.name, "string expected, got nil")
	}
	text := f.s.checkString(f.l, arg, f.name)
	size := i.size
	if size == 0 {
		size = uint64(len(text))
	}
	if uint64(len(text)) < size {
		badArg(f.l, arg+1, f.name, "string too short") // the number is wrong in C too
	}
	out = append(f.s.grow(f.l, out, int(size)+1), text[:size]...)
	if i.option == 's' {
		out = append(out, 0)
	}
	return out
}

// structReader reads what a structFormat describes.
type structReader struct {
	structFormat
	data    string
	at      uint64
	args    int // the arguments of the function
	results []glua.LValue
}

func (s *State) structUnpack(l *glua.LState) int {
	u := structReader{structFormat: s.newStructFormat(l, "unpack"), args: l.GetTop()}
	u.data = s.checkString(l, 2, "unpack")
	u.at = uint64(s.optLong(l, 3, "unpack", 1))
	if u.at == 0 {
		badArg(l, 3, "unpack", "offset must be 1 or greater")
	}
	u.at--
	for i, ok := u.next(); ok; i, ok = u.next() {
		u.at += u.padding(u.at, i)
		u.need(i.size)
		if u.args+len(u.results)+2 > maxSlots {
			raise(l, "stack overflow (too many results)")
		}
		u.at += u.unpack(i)
	}
	for _, v := range u.results {
		l.Push(v)
	}
	l.Push(glua.LNumber(int64(u.at + 1))) // an offset below 1 stays as it is
	return len(u.results) + 1
}

// need raises an error if there are less than so many bytes.
func (u *structReader) need(size uint64) {
	if all := uint64(len(u.data)); size > all || u.at > all-size {
		badArg(u.l, 2, "unpack", "data string too short")
	}
}

// unpack reads an item and returns its size.
func (u *structReader) unpack(i structItem) uint64 {
	switch i.option {
	case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I', 'f', 'd':
		u.results = append(u.results, u.number(i))
	case 'x':
	case 'c':
		if i.size == 0 {
			i.size = u.previous()
		}
		u.results = append(u.results, u.text(i.size))
	case 's':
		n := strings.IndexByte(u.data[u.at:], 0)
		if n < 0 {
			raise(u.l, "unfinished string in data")
		}
		i.size = uint64(n) + 1
		u.results = append(u.results, u.text(uint64(n)))
	default:
		u.control(i.option)
	}
	return i.size
}

// text returns a string of the data, which it does not keep.
func (u *structReader) text(size uint64) glua.LString {
	u.s.room(u.l, int(size))
	return glua.LString(strings.Clone(u.data[u.at : u.at+size]))
}

// previous takes away the last result, which is the size of what follows, and returns it.
func (u *structReader) previous() uint64 {
	var size float64
	n, ok := len(u.results)-1, false
	if n >= 0 {
		size, ok = toNumber(u.results[n])
	}
	if !ok {
		raise(u.l, "format 'c0' needs a previous size")
	}
	u.results = u.results[:n]
	u.need(toUnsigned(size))
	return toUnsigned(size)
}

// number returns the number of an item.
func (u *structReader) number(i structItem) glua.LNumber {
	var b [maxIntSize]byte
	copy(b[:], u.data[u.at:u.at+i.size])
	u.order(b[:i.size])
	n := binary.LittleEndian.Uint64(b[:])
	switch i.option {
	case 'f':
		return glua.LNumber(math.Float32frombits(uint32(n)))
	case 'd':
		return glua.LNumber(math.Float64frombits(n))
	case 'B', 'H', 'L', 'T', 'I':
		return glua.LNumber(n)
	}
	return glua.LNumber(extend(n, i.size))
}

// extend returns the signed number of so many bytes. C shifts by the lower six bits of a count, so that the sign of
// one with more than 8 bytes is not where it should be.
func extend(n, size uint64) int64 {
	sign := ^uint64(0) << ((size*8 - 1) & 63)
	if n&sign != 0 {
		n |= sign
	}
	return int64(n)
}

func (s *State) structSize(l *glua.LState) int {
	f := s.newStructFormat(l, "size")
	at := uint64(0)
	for i, ok := f.next(); ok; i, ok = f.next() {
		at += f.padding(at, i)
		switch c := i.option; {
		case c == 's':
			badArg(l, 1, f.name, "option 's' has no fixed size")
		case c == 'c' && i.size == 0:
			badArg(l, 1, f.name, "option 'c0' has no fixed size")
		case !isLetter(c) && !isDigit(c): // a letter may mean nothing
			f.control(c)
		}
		at += i.size
	}
	l.Push(glua.LNumber(int64(at)))
	return 1
}

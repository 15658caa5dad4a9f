package lua

import (
	"encoding/binary"
	"math"

	glua "github.com/yuin/gopher-lua"
)

// msgpackUnpack is unpack: all values of a string.
func (s *State) msgpackUnpack(l *glua.LState) int {
	return s.unpackValues(l, "unpack", 0, 0, l.GetTop())
}

// msgpackUnpackOne is unpack_one: where to go on after the value at an offset, -1 at the end; and the value.
func (s *State) msgpackUnpackOne(l *glua.LState) int {
	offset := s.optLong(l, 2, "unpack_one", 0)
	return s.unpackValues(l, "unpack_one", 1, offset, 1)
}

// msgpackUnpackLimit is unpack_limit: as unpack_one, but of several values. With limit and offset 0 it is unpack.
func (s *State) msgpackUnpackLimit(l *glua.LState) int {
	limit := s.checkLong(l, 2, "unpack_limit")
	offset := s.optLong(l, 3, "unpack_limit", 0)
	return s.unpackValues(l, "unpack_limit", limit, offset, 1)
}

// unpackValues pushes up to limit values of the first argument from an offset on, and before them where it ended; or
// all values and nothing else, if both are 0. The function of C would have top values on its stack.
func (s *State) unpackValues(l *glua.LState, fn string, limit, offset, top int) int {
	text := s.checkString(l, 1, fn)
	if offset < 0 || limit < 0 {
		// The original shows the length in place of the limit.
		raise(l, "Invalid request to unpack with offset of %d and limit of %d.", int32(offset), len(text))
	}
	if offset > len(text) {
		raise(l, "Start offset %d greater than input length %d.", int32(offset), len(text))
	}
	all := limit == 0 && offset == 0
	if all {
		limit = math.MaxInt32
	}
	u := unpacker{s: s, l: l, text: text, at: offset}
	var values []glua.LValue
	for len(values) < limit && u.at < len(text) {
		values = append(values, u.value(top+len(values)))
	}
	if !all {
		checkStack(l, top+len(values)+1, "in function mp_unpack_full")
		pushNext(l, u.at, len(text))
	}
	for _, v := range values {
		l.Push(v)
	}
	if all {
		return len(values)
	}
	return len(values) + 1
}

// pushNext pushes where to go on.
func pushNext(l *glua.LState, at, end int) {
	if at == end {
		at = -1
	}
	l.Push(glua.LNumber(at))
}

// An unpacker reads values from MessagePack. What is not MessagePack, or ends too early, is an error that it raises.
type unpacker struct {
	s    *State
	l    *glua.LState
	text string
	at   int
}

// value reads a value. The function of C would have top values on its stack before. Tables within each other are
// limited by that stack alone, and so to some thousands.
func (u *unpacker) value(top int) glua.LValue {
	u.s.steps(u.l, 1)
	mark := u.take(1)[0]
	checkStack(u.l, top+1, "too many return values at once; use unpack_one or unpack_limit instead.")
	switch {
	case mark < 0x80:
		return glua.LNumber(mark)
	case mark < 0x90:
		return u.pairs(int(mark&15), top)
	case mark < 0xa0:
		return u.array(int(mark&15), top)
	case mark < 0xc0:
		return glua.LString(u.take(int(mark & 31)))
	case mark >= 0xe0:
		return glua.LNumber(int8(mark))
	}
	return u.marked(mark, top)
}

// marked reads the value behind a mark that tells no more than its kind.
func (u *unpacker) marked(mark byte, top int) glua.LValue {
	switch mark {
	case 0xc0:
		return glua.LNil
	case 0xc2:
		return glua.LFalse
	case 0xc3:
		return glua.LTrue
	case 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3:
		return glua.LNumber(u.number(mark))
	case 0xd9, 0xda, 0xdb:
		return glua.LString(u.take(u.size(1 << (mark - 0xd9))))
	case 0xdc, 0xdd:
		return u.array(u.size(2<<(mark-0xdc)), top)
	case 0xde, 0xdf:
		return u.pairs(u.size(2<<(mark-0xde)), top)
	}
	raise(u.l, "Bad data format in input.")
	return glua.LNil
}

func (u *unpacker) number(mark byte) float64 {
	switch mark {
	case 0xca:
		return float64(math.Float32frombits(uint32(u.unsigned(4))))
	case 0xcb:
		return math.Float64frombits(u.unsigned(8))
	case 0xcc, 0xcd, 0xce:
		return float64(u.unsigned(1 << (mark - 0xcc)))
	case 0xd0:
		return float64(int8(u.unsigned(1)))
	case 0xd1:
		return float64(int16(u.unsigned(2)))
	case 0xd2:
		return float64(int32(u.unsigned(4)))
	}
	return float64(int64(u.unsigned(8))) // the original takes large unsigned ones for negative too
}

// unsigned reads an integer of 1, 2, 4 or 8 bytes.
func (u *unpacker) unsigned(size int) uint64 {
	var b [8]byte
	copy(b[8-size:], u.take(size))
	return binary.BigEndian.Uint64(b[:])
}

// size reads a size. One too large for an int is too large for any input.
func (u *unpacker) size(bytes int) int {
	return int(min(u.unsigned(bytes), math.MaxInt32))
}

// take reads bytes.
func (u *unpacker) take(n int) string {
	if n > len(u.text)-u.at {
		raise(u.l, "Missing bytes in input.")
	}
	u.at += n
	return u.text[u.at-n : u.at]
}

// someSpace is for how many entries there is space in a table from the start. More comes as they come: their number
// may be a lie.
const someSpace = 32

func (u *unpacker) array(n, top int) glua.LValue {
	t := u.l.CreateTable(min(n, someSpace), 0)
	checkStack(u.l, top+2, "in function mp_decode_to_lua_array")
	for i := range n {
		if v := u.value(top + 2); v != glua.LNil {
			t.RawSetInt(i+1, v)
		}
	}
	return t
}

func (u *unpacker) pairs(n, top int) glua.LValue {
	t := u.l.CreateTable(0, min(n, someSpace))
	length := 0 // of the table's array
	for range n {
		k := u.value(top + 1)
		v := u.value(top + 2)
		u.checkKey(k)
		if v != glua.LNil || t.RawGet(k) != glua.LNil {
			length = u.reserve(k, length)
			t.RawSet(k, v)
		}
	}
	return t
}

// checkKey raises an error if a value cannot be a key.
func (u *unpacker) checkKey(k glua.LValue) {
	if k == glua.LNil {
		u.l.Error(glua.LString("table index is nil"), 0)
	}
	if f, ok := k.(glua.LNumber); ok && math.IsNaN(float64(f)) {
		u.l.Error(glua.LString("table index is NaN"), 0)
	}
}

// reserve looks whether there is memory for a key. gopher-lua has space in a table's array for every number up to
// the largest key. It returns the length of that array once the key is in.
func (u *unpacker) reserve(k glua.LValue, length int) int {
	f, ok := k.(glua.LNumber)
	if !ok || f < glua.LNumber(length)+1 || f >= glua.LNumber(glua.MaxArrayIndex) || glua.LNumber(int(f)) != f {
		return length
	}
	if holes := int(f) - length; holes > 1 {
		u.s.room(u.l, holes*16)
		u.s.steps(u.l, holes)
	}
	return int(f)
}

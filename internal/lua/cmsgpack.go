package lua

import (
	"encoding/binary"
	"math"

	glua "github.com/yuin/gopher-lua"
)

const (
	packDepth = 16   // tables within each other; what is deeper becomes nil
	packArgs  = 4000 // arguments of pack
	stackSize = 8000 // values that a function of C may have on Lua's stack, by which the library's other limits come
)

// openCMsgpack returns the library cmsgpack: values to and from MessagePack.
func (s *State) openCMsgpack() *glua.LTable {
	t := s.Table(map[string]glua.LGFunction{
		"pack":         s.msgpackPack,
		"unpack":       s.msgpackUnpack,
		"unpack_one":   s.msgpackUnpackOne,
		"unpack_limit": s.msgpackUnpackLimit,
	})
	t.RawSetString("_NAME", glua.LString("cmsgpack"))
	t.RawSetString("_VERSION", glua.LString("lua-cmsgpack 0.4.0"))
	t.RawSetString("_COPYRIGHT", glua.LString("Copyright (C) 2012, Salvatore Sanfilippo"))
	t.RawSetString("_DESCRIPTION", glua.LString("MessagePack C implementation for Lua"))
	return t
}

// msgpackPack is pack: its arguments one behind the other.
func (s *State) msgpackPack(l *glua.LState) int {
	count := l.GetTop()
	if count == 0 {
		badArg(l, 0, "pack", "MessagePack pack needs input.")
	}
	if count > packArgs {
		badArg(l, 0, "pack", "Too many arguments for MessagePack pack.")
	}
	p := packer{s: s, l: l}
	for i := range count {
		p.value(l.Get(i+1), 0, count+i+1)
	}
	l.Push(glua.LString(p.b))
	return 1
}

// A packer writes values as MessagePack, each in the shortest form of its kind.
type packer struct {
	s    *State
	l    *glua.LState
	b    []byte
	room int // for which there is memory
}

// value appends a value. It is depth tables deep, and the function of C would have top values on its stack, this one
// included.
func (p *packer) value(v glua.LValue, depth, top int) {
	p.s.steps(p.l, 1)
	p.need(9) // of a number
	switch v := v.(type) {
	case glua.LString:
		p.text(string(v))
	case glua.LBool:
		p.boolean(bool(v))
	case glua.LNumber:
		p.number(float64(v))
	case *glua.LTable:
		p.table(v, depth, top)
	default:
		p.b = append(p.b, 0xc0)
	}
}

// need looks whether there is memory for n bytes more. Asked in ever larger steps, it is asked seldom.
func (p *packer) need(n int) {
	if n += len(p.b); n > p.room {
		p.room = min(2*n, maxString)
		p.s.room(p.l, max(n, p.room))
	}
}

func (p *packer) boolean(v bool) {
	if v {
		p.b = append(p.b, 0xc3)
	} else {
		p.b = append(p.b, 0xc2)
	}
}

func (p *packer) text(v string) {
	p.need(5 + len(v))
	switch n := len(v); {
	case n < 32:
		p.b = append(p.b, 0xa0|byte(n))
	case n <= math.MaxUint8:
		p.b = append(p.b, 0xd9, byte(n))
	default:
		p.long(0xda, n)
	}
	p.b = append(p.b, v...)
}

// size appends the size of an array or a map: by one byte if it is small.
func (p *packer) size(short, mark byte, n int) {
	if n <= 15 {
		p.b = append(p.b, short|byte(n))
		return
	}
	p.long(mark, n)
}

// long appends a size of 16 bits or, by the next mark, of 32.
func (p *packer) long(mark byte, n int) {
	if n <= math.MaxUint16 {
		p.b = binary.BigEndian.AppendUint16(append(p.b, mark), uint16(n))
		return
	}
	p.b = binary.BigEndian.AppendUint32(append(p.b, mark+1), uint32(n))
}

// number appends an integer if the number is one, else a float if it is as exact, else a double.
func (p *packer) number(f float64) {
	if f >= -(1<<63) && f < 1<<63 && math.Trunc(f) == f {
		p.b = appendMsgpackInt(p.b, int64(f))
		return
	}
	if short := float32(f); float64(short) == f {
		p.b = binary.BigEndian.AppendUint32(append(p.b, 0xca), math.Float32bits(short))
		return
	}
	p.b = binary.BigEndian.AppendUint64(append(p.b, 0xcb), numberBits(f))
}

func appendMsgpackInt(b []byte, n int64) []byte {
	switch {
	case n >= 0:
		return appendMsgpackUint(b, uint64(n))
	case n >= -32:
		return append(b, byte(n))
	case n >= math.MinInt8:
		return append(b, 0xd0, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(b, 0xd1), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(b, 0xd2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(n))
}

func appendMsgpackUint(b []byte, n uint64) []byte {
	switch {
	case n <= math.MaxInt8:
		return append(b, byte(n))
	case n <= math.MaxUint8:
		return append(b, 0xcc, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, 0xcd), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, 0xce), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xcf), n)
}

// table appends an array if the keys are the numbers from 1 to the table's size, else a map. An empty table is an
// array. Metatables do not count.
func (p *packer) table(t *glua.LTable, depth, top int) {
	if depth == packDepth {
		p.b = append(p.b, 0xc0)
		return
	}
	checkStack(p.l, top+2, "in function table_is_an_array")
	t = p.s.behind(t)
	if n, ok := p.arraySize(t); ok {
		p.array(t, n, depth, top)
	} else {
		p.pairs(t, depth, top)
	}
}

// arraySize returns how many entries a table has, if it is an array.
func (p *packer) arraySize(t *glua.LTable) (int, bool) {
	count, most := 0, 0
	for k, _ := p.s.step(p.l, t, glua.LNil); k != glua.LNil; k, _ = p.s.step(p.l, t, k) {
		f, ok := k.(glua.LNumber)
		n := int(f)
		if !ok || f <= 0 || f > math.MaxInt32 || glua.LNumber(n) != f {
			return 0, false
		}
		if n > most && n < glua.MaxArrayIndex {
			p.s.steps(p.l, n-most) // the holes before it were looked at as well
		}
		most = max(most, n)
		count++
	}
	return count, most == count
}

func (p *packer) array(t *glua.LTable, n, depth, top int) {
	p.size(0x90, 0xdc, n)
	for i := range n {
		p.value(t.RawGet(glua.LNumber(i+1)), depth+1, top+1)
	}
}

func (p *packer) pairs(t *glua.LTable, depth, top int) {
	checkStack(p.l, top+3, "in function mp_encode_lua_table_as_map")
	n := 0
	for k, _ := p.s.step(p.l, t, glua.LNil); k != glua.LNil; k, _ = p.s.step(p.l, t, k) {
		n++
	}
	p.s.steps(p.l, n)
	p.size(0x80, 0xde, n)
	for k, v := p.s.step(p.l, t, glua.LNil); k != glua.LNil; k, v = p.s.step(p.l, t, k) {
		p.value(k, depth+1, top+3)
		p.value(v, depth+1, top+2)
	}
}

// checkStack raises the error of luaL_checkstack if the stack would be more than full.
func checkStack(l *glua.LState, top int, what string) {
	if top > stackSize {
		raise(l, "stack overflow (%s)", what)
	}
}

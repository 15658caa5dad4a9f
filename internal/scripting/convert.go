package scripting

import (
	"math"
	"strconv"

	glua "github.com/yuin/gopher-lua"

	"github.com/nookdb/nook/internal/lua"
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/resp"
)

// Replies of commands become values of Lua, and what a script returns becomes a reply:
//
//	reply            Lua                                 reply
//	integer          number                              integer, cut off
//	bulk string      string                              bulk string
//	simple string    {ok = text}                         simple string
//	error            {err = text}                        error
//	array            table, up to the first nil          array
//	null             false; nil in RESP3                 null
//	boolean          boolean                             1 or null; boolean in RESP3
//	double           {double = number}                   double
//	map              {map = table}                       map
//	set              {set = {element = true, ...}}       set
//	big number       {big_number = text}                 big number
//	verbatim string  {verbatim_string = {string, format}} verbatim string
//
// RESP3 is what the script has chosen by redis.setresp for what it reads, and for the booleans it returns, and what the client has
// chosen for all else it returns.

// decoder makes values of Lua of encoded replies. The replies are our own, so they are taken to be well-formed.
type decoder struct {
	state *lua.State
	rest  []byte
}

// line takes a line without its first byte and its end.
func (d *decoder) line() []byte {
	for i, c := range d.rest {
		if c == '\r' {
			line := d.rest[1:i]
			d.rest = d.rest[i+2:]
			return line
		}
	}
	d.rest = nil
	return nil
}

// length takes a line that is a number.
func (d *decoder) length() int {
	n, negative := 0, false
	for _, c := range d.line() {
		if c == '-' {
			negative = true
			continue
		}
		n = n*10 + int(c-'0')
	}
	if negative {
		return -n
	}
	return n
}

// text takes a string of n bytes.
func (d *decoder) text(n int) string {
	s := string(d.rest[:n])
	d.rest = d.rest[n+2:]
	return s
}

// value takes a reply.
func (d *decoder) value() glua.LValue {
	switch d.rest[0] {
	case resp.KindBulk:
		n := d.length()
		if n < 0 {
			return glua.LFalse
		}
		return glua.LString(d.text(n))
	case resp.KindInt:
		n, _ := strconv.ParseInt(string(d.line()), 10, 64)
		return glua.LNumber(n)
	case resp.KindSimple:
		return d.named("ok", glua.LString(d.line()))
	case resp.KindError:
		return errorTable(d.state, string(d.line()), true)
	case resp.KindArray, resp.KindPush:
		return d.array()
	case resp.KindNull:
		d.line()
		return glua.LNil
	case resp.KindBool:
		return glua.LBool(d.line()[0] == 't')
	case resp.KindDouble:
		f, _ := number.ParseFloat(string(d.line()))
		return d.named("double", glua.LNumber(f))
	case resp.KindBigNumber:
		return d.named("big_number", glua.LString(d.line()))
	case resp.KindVerbatim:
		s := d.text(d.length())
		t := d.state.L.CreateTable(0, 2)
		t.RawSetString("string", glua.LString(s[4:]))
		t.RawSetString("format", glua.LString(s[:3]))
		return d.named("verbatim_string", t)
	case resp.KindMap:
		return d.pairs()
	case resp.KindSet:
		return d.set()
	case resp.KindAttribute:
		for n := 2 * d.length(); n > 0; n-- {
			d.value()
		}
		return d.value()
	}
	d.rest = nil
	return glua.LNil
}

// named returns a table of one field.
func (d *decoder) named(name string, v glua.LValue) glua.LValue {
	t := d.state.L.CreateTable(0, 1)
	t.RawSetString(name, v)
	return t
}

func (d *decoder) array() glua.LValue {
	n := d.length()
	if n < 0 {
		return glua.LFalse
	}
	t := d.state.L.CreateTable(n, 0)
	for i := 1; i <= n; i++ {
		t.RawSetInt(i, d.value())
	}
	return t
}

func (d *decoder) pairs() glua.LValue {
	n := d.length()
	t := d.state.L.CreateTable(0, n)
	for range n {
		k := d.value()
		v := d.value()
		if k != glua.LNil {
			t.RawSet(k, v)
		}
	}
	return d.named("map", t)
}

func (d *decoder) set() glua.LValue {
	n := d.length()
	t := d.state.L.CreateTable(0, n)
	for range n {
		if k := d.value(); k != glua.LNil {
			t.RawSet(k, glua.LTrue)
		}
	}
	return d.named("set", t)
}

// maxNesting is how deep what a script returns may be nested: the deepest that Lua's stack has room for in Redis.
const maxNesting = 1998

// errNested is the reply in the place of what is nested deeper.
const errNested = "ERR reached lua stack limit"

// encoder writes what a script returns as a reply. A table that has itself in it twice would become a reply without end, so the
// limits of the script are those of its reply too.
type encoder struct {
	state *lua.State
	out   *resp.Writer
	proto int // that the script has chosen
	tally *tally
	large int   // bytes for which there is memory
	err   error // why the reply had to end
}

// goesOn reports whether another value may be written.
func (e *encoder) goesOn() bool {
	if e.err != nil {
		return false
	}
	bytes := 0
	if n := len(e.out.Bytes()); n > e.large {
		e.large = 2 * n
		bytes = n
	}
	e.err = e.state.Spend(1, bytes)
	return e.err == nil
}

func (e *encoder) value(v glua.LValue, depth int) {
	if !e.goesOn() {
		return
	}
	if depth > maxNesting {
		e.out.Error(errNested)
		return
	}
	switch x := v.(type) {
	case glua.LString:
		e.out.Bulk(string(x))
	case glua.LNumber:
		e.out.Int(lua.Truncate(float64(x)))
	case glua.LBool:
		e.boolean(bool(x))
	case *glua.LTable:
		e.table(x, depth)
	default:
		e.out.Null()
	}
}

func (e *encoder) boolean(yes bool) {
	switch {
	case e.proto == 3:
		e.out.Bool(yes)
	case yes:
		e.out.Int(1)
	default:
		e.out.Null()
	}
}

// table writes a table by the first of the fields that give it a meaning, or as an array.
func (e *encoder) table(t *glua.LTable, depth int) {
	if s, ok := t.RawGetString("err").(glua.LString); ok {
		e.tally.replied(cString(string(s)), isCounted(t))
		e.out.Error(cString(string(s)))
		return
	}
	if s, ok := t.RawGetString("ok").(glua.LString); ok {
		e.out.Simple(cString(string(s)))
		return
	}
	if f, ok := t.RawGetString("double").(glua.LNumber); ok {
		e.out.Double(float64(f))
		return
	}
	if s, ok := t.RawGetString("big_number").(glua.LString); ok {
		e.out.BigNumber(oneLine(string(s)))
		return
	}
	if inner, ok := t.RawGetString("verbatim_string").(*glua.LTable); ok && e.verbatim(inner) {
		return
	}
	if inner, ok := t.RawGetString("map").(*glua.LTable); ok {
		e.out.Map(count(inner))
		inner.ForEach(func(k, v glua.LValue) {
			e.value(k, depth+2)
			e.value(v, depth+2)
		})
		return
	}
	if inner, ok := t.RawGetString("set").(*glua.LTable); ok {
		e.out.Set(count(inner))
		inner.ForEach(func(k, _ glua.LValue) { e.value(k, depth+2) })
		return
	}
	e.array(t, depth)
}

func (e *encoder) verbatim(t *glua.LTable) bool {
	format, ok := t.RawGetString("format").(glua.LString)
	if !ok {
		return false
	}
	s, ok := t.RawGetString("string").(glua.LString)
	if ok {
		e.out.Verbatim((string(format) + "   ")[:3], string(s))
	}
	return ok
}

func (e *encoder) array(t *glua.LTable, depth int) {
	n := 0
	for t.RawGetInt(n+1) != glua.LNil {
		n++
	}
	e.err = e.state.Spend(n/bytesPerStep, 0)
	e.out.Array(n)
	for i := 1; i <= n && e.err == nil; i++ {
		e.value(t.RawGetInt(i), depth+1)
	}
}

func count(t *glua.LTable) (n int) {
	t.ForEach(func(_, _ glua.LValue) { n++ })
	return n
}

// oneLine makes line ends spaces.
func oneLine(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == '\r' || c == '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// appendArgument appends a number as an argument of a command: with 17 digits, which lose nothing.
func appendArgument(b []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 && (f != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, int64(f), 10)
	}
	return lua.AppendGeneral(b, f, 17)
}

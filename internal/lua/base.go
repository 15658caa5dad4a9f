package lua

import (
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// openBase fills the globals with the functions that are in no library. Those that Redis takes away (print, dofile,
// getfenv, newproxy, ...) are left out.
func (s *State) openBase() {
	calls := &protectedCalls{state: s}
	shown := shownMetatables{}
	for name, f := range map[string]glua.LGFunction{
		"assert":         s.assert,
		"collectgarbage": s.collectgarbage,
		"error":          s.raiseValue,
		"gcinfo":         func(l *glua.LState) int { return results(l, glua.LNumber(heap()>>10)) },
		"getmetatable":   func(l *glua.LState) int { return s.getmetatable(l, shown) },
		"load":           func(l *glua.LState) int { return s.load(l, calls) },
		"loadstring":     s.loadstring,
		"next":           s.next,
		"pcall":          calls.pcall,
		"rawequal":       s.rawequal,
		"rawget":         s.rawget,
		"rawset":         s.rawset,
		"select":         s.choose,
		"setmetatable":   s.setmetatable,
		"tonumber":       s.tonumber,
		"tostring":       s.tostring,
		"type":           func(l *glua.LState) int { return results(l, glua.LString(s.checkAny(l, 1, "type").Type().String())) },
		"unpack":         s.unpack,
		"xpcall":         calls.xpcall,
	} {
		s.globals.RawSetString(name, s.L.NewFunction(f))
	}
	next := s.L.NewFunction(s.next) // in C it is another than the global
	s.globals.RawSetString("pairs", s.L.NewFunction(func(l *glua.LState) int {
		return results(l, next, s.checkTable(l, "pairs"), glua.LNil)
	}))
	following := s.L.NewFunction(s.following)
	s.globals.RawSetString("ipairs", s.L.NewFunction(func(l *glua.LState) int {
		return results(l, following, s.checkTable(l, "ipairs"), glua.LNumber(0))
	}))
	s.globals.RawSetString("_VERSION", glua.LString("Lua 5.1"))
}

func (s *State) assert(l *glua.LState) int {
	if glua.LVIsFalse(s.checkAny(l, 1, "assert")) {
		raise(l, "%s", s.optString(l, 2, "assert", "assertion failed!"))
	}
	return l.GetTop()
}

// raiseValue is the function error.
func (s *State) raiseValue(l *glua.LState) int {
	level := s.optInt(l, 2, "error", 1)
	v := l.Get(1)
	if text, ok := toText(v); ok && level > 0 {
		v = glua.LString(position(l, level) + text)
	}
	l.Error(v, 0)
	return 0
}

// position returns where the function of a level is, as errors begin with it: 1 is the one that called the library's
// function which is running. It is empty for a function that is not in Lua, for one whose place another has taken by a
// tail call, and for one that is not there.
func position(l *glua.LState, level int) string {
	var at *glua.Debug
	for i := 1; i <= level; i++ {
		var ok bool
		if at != nil && at.What == "tail" {
			return ""
		}
		if at, ok = l.GetStack(i); !ok {
			return ""
		}
		if _, err := l.GetInfo("Sl", at, nil); err != nil {
			return ""
		}
	}
	if at == nil || at.What == "G" || at.Source == "" || at.Source == coroutineSource {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", at.Source, at.CurrentLine)
}

// calledAs returns how the program calls the library's function which is running, which is how C's Lua calls it in errors:
// by the name of the variable or field. It is "?" for one that has none, or that another library's function has called,
// and "" if nothing of the program is there to call it.
func calledAs(l *glua.LState) string {
	at, ok := l.GetStack(1)
	if !ok {
		return ""
	}
	if _, err := l.GetInfo("S", at, nil); err != nil || at.What == "G" || at.Source == coroutineSource {
		return "?"
	}
	if at, ok = l.GetStack(0); !ok {
		return "?"
	}
	if _, err := l.GetInfo("n", at, nil); err != nil || at.Name == "" || at.Name[0] == '(' {
		return "?"
	}
	return at.Name
}

// collectgarbage leaves the memory to Go: most options have no effect, and answer as Lua does.
func (s *State) collectgarbage(l *glua.LState) int {
	option := s.optString(l, 1, "collectgarbage", "collect")
	var v glua.LValue
	switch option {
	case "collect", "stop", "restart":
		v = glua.LNumber(0)
	case "count":
		v = glua.LNumber(float64(heap()) / 1024)
	case "step":
		v = glua.LFalse
	case "setpause", "setstepmul":
		v = glua.LNumber(200)
	default:
		badArg(l, 1, "collectgarbage", "invalid option '"+option+"'")
	}
	s.optInt(l, 2, "collectgarbage", 0)
	return results(l, v)
}

// shownMetatables are what programs get for the metatables that they must not change, which are those of what is
// read-only and that of strings.
type shownMetatables map[*glua.LTable]*glua.LTable

// show returns the read-only stand-in of a metatable, always the same one.
func (m shownMetatables) show(s *State, meta *glua.LTable) *glua.LTable {
	if m[meta] == nil {
		t := s.L.NewTable()
		meta.ForEach(func(k, v glua.LValue) { t.RawSet(k, s.inFront(v)) })
		m[meta] = s.protect(t)
	}
	return m[meta]
}

// inFront returns the read-only stand-in of a table, if it has one, and else the value itself.
func (s *State) inFront(v glua.LValue) glua.LValue {
	if t, ok := v.(*glua.LTable); ok {
		for shown, real := range s.real {
			if real == t {
				return shown
			}
		}
	}
	return v
}

// metatable returns the metatable of a value, whatever its field __metatable says; nil if it has none.
func (s *State) metatable(l *glua.LState, v glua.LValue) *glua.LTable {
	meta := glua.LNil
	switch x := v.(type) {
	case *glua.LTable:
		meta = s.behind(x).Metatable
	case *glua.LUserData:
		meta = x.Metatable
	case glua.LString:
		meta = l.GetMetatable(v)
	}
	t, _ := meta.(*glua.LTable)
	return t
}

// metafield returns a field of the metatable of a value; nil of Lua if there is none.
func (s *State) metafield(l *glua.LState, v glua.LValue, name string) glua.LValue {
	if meta := s.metatable(l, v); meta != nil {
		return s.behind(meta).RawGetString(name)
	}
	return glua.LNil
}

func (s *State) getmetatable(l *glua.LState, shown shownMetatables) int {
	v := s.checkAny(l, 1, "getmetatable")
	meta := s.metatable(l, v)
	if meta == nil {
		return results(l, glua.LNil)
	}
	if field := s.behind(meta).RawGetString("__metatable"); field != glua.LNil {
		return results(l, field)
	}
	if t, ok := v.(*glua.LTable); !ok || s.behind(t) != t {
		meta = shown.show(s, meta)
	}
	return results(l, meta)
}

func (s *State) setmetatable(l *glua.LState) int {
	t := s.checkTable(l, "setmetatable")
	meta := l.Get(2)
	if _, ok := meta.(*glua.LTable); !ok && (meta != glua.LNil || l.GetTop() < 2) {
		badArg(l, 2, "setmetatable", "nil or table expected")
	}
	if s.metafield(l, t, "__metatable") != glua.LNil {
		raise(l, "cannot change a protected metatable")
	}
	s.mayWrite(l, t)
	t.Metatable = meta
	return results(l, t)
}

func (s *State) next(l *glua.LState) int {
	t := s.behind(s.checkTable(l, "next"))
	k, v := s.step(l, t, l.Get(2))
	if k == glua.LNil {
		return results(l, glua.LNil)
	}
	return results(l, k, v)
}

// following is what ipairs steps with.
func (s *State) following(l *glua.LState) int {
	i := s.checkInt(l, 2, "?") + 1
	v := element(s.behind(s.checkTable(l, "?")), i)
	if v == glua.LNil {
		return 0
	}
	return results(l, glua.LNumber(i), v)
}

func (s *State) rawequal(l *glua.LState) int {
	a, b := s.checkAny(l, 1, "rawequal"), s.checkAny(l, 2, "rawequal")
	return results(l, glua.LBool(a == b))
}

func (s *State) rawget(l *glua.LState) int {
	t := s.checkTable(l, "rawget")
	return results(l, s.behind(t).RawGet(s.checkAny(l, 2, "rawget")))
}

func (s *State) rawset(l *glua.LState) int {
	t := s.checkTable(l, "rawset")
	k, v := s.checkAny(l, 2, "rawset"), s.checkAny(l, 3, "rawset")
	s.mayWrite(l, t)
	if n, ok := k.(glua.LNumber); k == glua.LNil || ok && n != n {
		l.Error(glua.LString("table index is "+map[bool]string{true: "NaN", false: "nil"}[ok]), 0)
	}
	if n, ok := k.(glua.LNumber); ok {
		s.place(l, t, truncate(float64(n)))
	}
	t.RawSet(k, v)
	return results(l, t)
}

// choose is the function select.
func (s *State) choose(l *glua.LState) int {
	top := l.GetTop()
	if l.Get(1) == glua.LString("#") {
		return results(l, glua.LNumber(top-1))
	}
	n := s.checkInt(l, 1, "select")
	if n < 0 {
		n += top
	} else if n > top {
		n = top
	}
	if n < 1 {
		badArg(l, 1, "select", "index out of range")
	}
	return top - n
}

func (s *State) tonumber(l *glua.LState) int {
	base := s.optInt(l, 2, "tonumber", 10)
	if base == 10 {
		if f, ok := toNumber(s.checkAny(l, 1, "tonumber")); ok {
			return results(l, glua.LNumber(f))
		}
		return results(l, glua.LNil)
	}
	text := s.checkString(l, 1, "tonumber")
	if base < 2 || base > 36 {
		badArg(l, 2, "tonumber", "base out of range")
	}
	if n, ok := parseBase(text, uint64(base)); ok {
		return results(l, glua.LNumber(n))
	}
	return results(l, glua.LNil)
}

// parseBase parses an integer as C's strtoul does: the largest one stands for all that are larger, and a minus is
// taken modulo 2⁶⁴. A zero byte ends the text.
func parseBase(text string, base uint64) (uint64, bool) {
	if n := strings.IndexByte(text, 0); n >= 0 {
		text = text[:n]
	}
	text = strings.Trim(text, " \t\n\v\f\r")
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	if base == 16 && len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		text = text[2:]
	}
	var n uint64
	full := false
	for i := range len(text) {
		d := digitOf(text[i])
		if d >= base {
			return 0, false
		}
		full = full || n > (1<<64-1-d)/base
		n = n*base + d
	}
	switch {
	case full:
		n = 1<<64 - 1
	case negative:
		n = -n
	}
	return n, text != ""
}

// digitOf returns what a digit stands for, in the largest base; what is none is larger than all.
func digitOf(c byte) uint64 {
	switch {
	case isDigit(c):
		return uint64(c - '0')
	case isLetter(c):
		return uint64(c|0x20-'a') + 10
	}
	return 99
}

func (s *State) tostring(l *glua.LState) int {
	v := s.checkAny(l, 1, "tostring")
	s.steps(l, 1) // the metamethod may be this function
	if f := s.metafield(l, v, "__tostring"); f != glua.LNil {
		if !callable(s, l, f) {
			l.Error(uncallable(f), 0)
		}
		l.Push(f)
		l.Push(v)
		l.Call(1, 1)
		return 1
	}
	text, ok := toText(v)
	switch {
	case ok:
	case v == glua.LValue(null):
		text = "userdata: (nil)"
	default:
		text = v.String()
	}
	return results(l, glua.LString(text))
}

func (s *State) unpack(l *glua.LState) int {
	t := s.behind(s.checkTable(l, "unpack"))
	i := s.optInt(l, 2, "unpack", 1)
	end := s.count(l, t)
	if l.Get(3) != glua.LNil {
		end = s.checkInt(l, 3, "unpack")
	}
	if i > end {
		return 0
	}
	n := end - i + 1
	if n+l.GetTop() > maxResults {
		raise(l, "too many results to unpack")
	}
	for ; i <= end; i++ {
		l.Push(element(t, i))
	}
	return n
}

func (s *State) loadstring(l *glua.LState) int {
	source := s.checkString(l, 1, "loadstring")
	return s.compile(l, source, s.optString(l, 2, "loadstring", source))
}

// load compiles the pieces that a function returns until it returns none.
func (s *State) load(l *glua.LState, calls *protectedCalls) int {
	f := s.checkFunction(l, 1, "load")
	name := s.optString(l, 2, "load", "=(load)")
	var source strings.Builder
	for {
		values, ok := calls.run(l, f, nil)
		piece, isText := toText(first(values))
		switch {
		case !ok:
			return results(l, glua.LNil, s.errorTable(values[0]))
		case first(values) == glua.LNil, isText && piece == "":
			return s.compile(l, source.String(), name)
		case !isText:
			return results(l, glua.LNil, s.errorTable(glua.LString("reader function must return a string")))
		}
		s.extend(l, source.Len(), source.Cap(), len(piece))
		source.WriteString(piece)
	}
}

// errorTable returns an error as Redis's handler makes it for what is not caught by pcall.
func (s *State) errorTable(v glua.LValue) glua.LValue {
	if _, ok := v.(*glua.LTable); ok {
		return v
	}
	t := s.L.NewTable()
	text, _ := toText(v)
	t.RawSetString("err", glua.LString("ERR "+text))
	return t
}

func (s *State) compile(l *glua.LState, source, name string) int {
	s.room(l, sourceBytes*len(source))
	s.steps(l, 10*len(source)) // a byte of source costs far more than a step
	short := chunkName(name, maxName)
	c, err := Compile(source, short)
	if err != nil {
		text := chunkName(name, maxNameOfSyntax) + strings.TrimPrefix(err.Error(), short)
		return results(l, glua.LNil, glua.LString(text))
	}
	return results(l, s.NewFunction(c))
}

// How long the names of chunks are in errors: those that are raised, and those of the syntax, where there is more room.
const (
	maxName         = 59
	maxNameOfSyntax = 79
)

// chunkName returns how errors call a chunk: "=name" by the name, "@file" by the end of it, and a source by its
// first line. The lengths are those of C's Lua, which reserves more than it uses.
func chunkName(name string, length int) string {
	if n := strings.IndexByte(name, 0); n >= 0 {
		name = name[:n]
	}
	file, text := length-len(` '...'`)-1, length-len(` [string "..."] `)
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), length+1)]
	case strings.HasPrefix(name, "@"):
		name = name[1:]
		if len(name) > file {
			return "..." + name[len(name)-file:]
		}
		return name
	}
	line, _, more := strings.Cut(strings.ReplaceAll(name, "\r", "\n"), "\n")
	if len(line) > text {
		line, more = line[:text], true
	}
	if more {
		line += "..."
	}
	return `[string "` + line + `"]`
}

package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// openString returns the library string, and makes it what strings are indexed by.
func (s *State) openString() *glua.LTable {
	gmatch := s.L.NewFunction(s.gmatch)
	t := s.Table(map[string]glua.LGFunction{
		"byte":    s.byte,
		"char":    s.char,
		"dump":    s.dump,
		"find":    func(l *glua.LState) int { return s.search(l, "find") },
		"format":  s.format,
		"gsub":    s.gsub,
		"len":     func(l *glua.LState) int { return results(l, glua.LNumber(len(s.checkString(l, 1, "len")))) },
		"lower":   func(l *glua.LState) int { return s.mapBytes(l, "lower", lower) },
		"match":   func(l *glua.LState) int { return s.search(l, "match") },
		"rep":     s.rep,
		"reverse": s.reverse,
		"sub":     s.sub,
		"upper":   func(l *glua.LState) int { return s.mapBytes(l, "upper", upper) },
	})
	t.RawSetString("gmatch", gmatch)
	t.RawSetString("gfind", gmatch)
	meta := s.L.NewTable()
	meta.RawSetString("__index", t)
	s.L.SetMetatable(glua.LString(""), meta)
	return t
}

// bytesPerStep is how many bytes are copied in the time of an instruction.
const bytesPerStep = 64

// build counts the making of n bytes, and ends the program if there is no room for them. It is asked before.
func (s *State) build(l *glua.LState, n int) {
	s.room(l, n)
	s.steps(l, n/bytesPerStep)
}

// extend counts the making of n bytes more behind those that are built already, and ends the program if there is no
// room for them.
func (s *State) extend(l *glua.LState, length, capacity, n int) {
	if length+n > capacity {
		s.room(l, length+n)
	}
	s.steps(l, n/bytesPerStep)
}

// fromEnd returns a position in a string of length n: negative ones are from its end.
func fromEnd(at, n int) int {
	if at < 0 {
		at += n + 1
	}
	return max(at, 0)
}

func (s *State) byte(l *glua.LState) int {
	text := s.checkString(l, 1, "byte")
	start := fromEnd(s.optLong(l, 2, "byte", 1), len(text))
	end := fromEnd(s.optLong(l, 3, "byte", start), len(text))
	start, end = max(start, 1), min(end, len(text))
	if start > end {
		return 0
	}
	n := end - start + 1
	if n+l.GetTop() > maxResults {
		raise(l, "stack overflow (string slice too long)")
	}
	for _, c := range []byte(text[start-1 : end]) {
		l.Push(glua.LNumber(c))
	}
	return n
}

func (s *State) char(l *glua.LState) int {
	b := make([]byte, l.GetTop())
	for i := range b {
		c := s.checkInt(l, i+1, "char")
		if c < 0 || c > 255 {
			badArg(l, i+1, "char", "invalid value")
		}
		b[i] = byte(c)
	}
	return results(l, glua.LString(b))
}

// dump refuses: there is no bytecode that could be loaded again.
func (s *State) dump(l *glua.LState) int {
	s.checkFunction(l, 1, "dump")
	raise(l, "unable to dump given function")
	return 0
}

func lower(c byte) byte {
	if c-'A' < 26 {
		c += 'a' - 'A'
	}
	return c
}

func upper(c byte) byte {
	if c-'a' < 26 {
		c -= 'a' - 'A'
	}
	return c
}

func (s *State) mapBytes(l *glua.LState, fn string, f func(byte) byte) int {
	text := s.checkString(l, 1, fn)
	s.build(l, len(text))
	b := make([]byte, len(text))
	for i := range b {
		b[i] = f(text[i])
	}
	return results(l, glua.LString(b))
}

func (s *State) rep(l *glua.LState) int {
	text, n := s.checkString(l, 1, "rep"), s.checkInt(l, 2, "rep")
	if n <= 0 || text == "" {
		return results(l, glua.LString(""))
	}
	s.build(l, n*len(text)) // less than 2⁶¹
	return results(l, glua.LString(strings.Repeat(text, n)))
}

func (s *State) reverse(l *glua.LState) int {
	text := s.checkString(l, 1, "reverse")
	s.build(l, len(text))
	b := make([]byte, len(text))
	for i := range b {
		b[i] = text[len(text)-1-i]
	}
	return results(l, glua.LString(b))
}

func (s *State) sub(l *glua.LState) int {
	text := s.checkString(l, 1, "sub")
	start := fromEnd(s.checkLong(l, 2, "sub"), len(text))
	end := fromEnd(s.optLong(l, 3, "sub", -1), len(text))
	start, end = max(start, 1), min(end, len(text))
	if start > end {
		return results(l, glua.LString(""))
	}
	return results(l, glua.LString(text[start-1:end]))
}

// concatenate is the operator of that name, with all operands of a chain. As in Lua it goes from right to left: texts
// and numbers are joined, and at anything else the metamethod __concat of one of the two operands is asked.
func (s *State) concatenate(l *glua.LState) int {
	n := l.GetTop()
	end := l.Get(n)
	for n--; n > 0; {
		if _, ok := toText(end); ok {
			if joined, first := s.join(l, n, end); first <= n {
				end, n = joined, first-1
				continue
			}
		}
		end = s.concatenateBy(l, l.Get(n), end)
		n--
	}
	return results(l, end)
}

// join joins as many of the arguments up to n as are texts with the text that follows them. It returns what came of it
// and the first of them, n+1 if it was none.
func (s *State) join(l *glua.LState, n int, last glua.LValue) (glua.LValue, int) {
	var few [8]string
	parts := few[:]
	if n+1 > len(few) {
		parts = make([]string, n+1)
	}
	parts = parts[:n+1]
	parts[n], _ = toText(last)
	size, first := len(parts[n]), n+1
	for first > 1 {
		text, ok := toText(l.Get(first - 1))
		if !ok {
			break
		}
		first--
		parts[first-1] = text
		size += len(text)
	}
	if first > n {
		return last, first
	}
	s.build(l, size)
	return glua.LString(strings.Join(parts[first-1:], "")), first
}

func (s *State) concatenateBy(l *glua.LState, a, b glua.LValue) glua.LValue {
	f := s.metafield(l, a, "__concat")
	if f == glua.LNil {
		f = s.metafield(l, b, "__concat")
	}
	if f == glua.LNil {
		culprit := a
		if _, ok := toText(a); ok {
			culprit = b
		}
		raise(l, "attempt to concatenate a %s value", culprit.Type())
	}
	l.Push(f)
	l.Push(a)
	l.Push(b)
	l.Call(2, 1)
	v := l.Get(-1)
	l.Pop(1)
	return v
}

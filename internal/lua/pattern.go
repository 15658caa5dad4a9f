package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

const (
	maxCaptures = 32
	maxNesting  = 20000 // items of a pattern that wait for the rest of it: C's stack ends not far above
)

// What the length of a capture is while it has none.
const (
	unclosed   = -1
	atPosition = -2 // it captures where it is
)

type capture struct{ at, len int }

// A matcher matches a pattern with a text. As in C, a zero byte ends the pattern; the text may have any.
type matcher struct {
	state    *State
	l        *glua.LState
	text     string
	pattern  string
	captures []capture
	room     [4]capture // for those, as a rule
	nesting  int
	work     int // since the last look at whether to go on
}

func (s *State) matcher(l *glua.LState, text, pattern string) *matcher {
	s.steps(l, len(pattern)/bytesPerStep)
	if n := strings.IndexByte(pattern, 0); n >= 0 {
		pattern = pattern[:n]
	}
	return &matcher{state: s, l: l, text: text, pattern: pattern}
}

// count counts steps, so that a pattern that takes forever can be ended.
func (m *matcher) count(n int) {
	if m.work += n; m.work >= 1000 {
		m.state.steps(m.l, m.work)
		m.work = 0
	}
}

// peek returns the byte of the pattern at p, zero at its end.
func (m *matcher) peek(p int) byte {
	if p < len(m.pattern) {
		return m.pattern[p]
	}
	return 0
}

// start matches the pattern from p on with the text from at on, and returns where the match ends, or -1.
func (m *matcher) start(at, p int) int {
	m.count(1)
	m.captures = m.room[:0]
	return m.match(at, p)
}

func (m *matcher) match(at, p int) int {
	if m.nesting >= maxNesting {
		raise(m.l, "pattern too complex")
	}
	m.nesting++
	end := m.items(at, p)
	m.nesting--
	return end
}

// items matches items of the pattern as long as there is one way to do it, and leaves to others those with
// several, which go on with the rest.
func (m *matcher) items(at, p int) int {
	for p < len(m.pattern) && at >= 0 {
		m.count(1)
		next := m.peek(p + 1)
		switch c := m.pattern[p]; {
		case c == '(' && next == ')':
			return m.open(at, p+2, atPosition)
		case c == '(':
			return m.open(at, p+1, unclosed)
		case c == ')':
			return m.close(at, p+1)
		case c == '$' && p+1 == len(m.pattern):
			if at < len(m.text) {
				return -1
			}
			return at
		case c == '%' && next == 'b':
			at, p = m.balanced(at, p+2), p+4
		case c == '%' && next == 'f':
			at, p = m.frontier(at, p+2)
		case c == '%' && isDigit(next):
			at, p = m.again(at, next), p+2
		default:
			end := m.itemEnd(p)
			switch m.peek(end) {
			case '?':
				if m.single(at, p, end) {
					if e := m.match(at+1, end+1); e >= 0 {
						return e
					}
				}
				p = end + 1
			case '*':
				return m.most(at, 0, p, end)
			case '+':
				return m.most(at, 1, p, end)
			case '-':
				return m.fewest(at, p, end)
			default:
				if !m.single(at, p, end) {
					return -1
				}
				at, p = at+1, end
			}
		}
	}
	return at
}

// itemEnd returns where the class at p ends.
func (m *matcher) itemEnd(p int) int {
	switch m.pattern[p] {
	case '%':
		if p+1 == len(m.pattern) {
			raise(m.l, "malformed pattern (ends with '%%')")
		}
		return p + 2
	case '[':
		return m.setEnd(p + 1)
	}
	return p + 1
}

// setEnd returns where the set ends whose inside begins at p. The first byte of it cannot be its end.
func (m *matcher) setEnd(p int) int {
	if m.peek(p) == '^' {
		p++
	}
	for first := true; first || m.peek(p) != ']'; first = false {
		if p >= len(m.pattern) {
			raise(m.l, "malformed pattern (missing ']')")
		}
		if m.pattern[p] == '%' && p+1 < len(m.pattern) {
			p++
		}
		p++
	}
	return p + 1
}

// single reports whether the byte of the text is of the class from p to end.
func (m *matcher) single(at, p, end int) bool {
	if at >= len(m.text) {
		return false
	}
	c := m.text[at]
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return ofClass(c, m.pattern[p+1])
	case '[':
		m.count((end - p) / 8)
		return ofSet(c, m.pattern[p+1:end-1])
	}
	return c == m.pattern[p]
}

// ofSet reports whether a byte is in a set, given without its brackets.
func ofSet(c byte, set string) bool {
	in := true
	if strings.HasPrefix(set, "^") {
		in, set = false, set[1:]
	}
	for i := 0; i < len(set); i++ {
		switch {
		case set[i] == '%' && i+1 < len(set):
			i++
			if ofClass(c, set[i]) {
				return in
			}
		case i+2 < len(set) && set[i+1] == '-':
			if set[i] <= c && c <= set[i+2] {
				return in
			}
			i += 2
		case set[i] == c:
			return in
		}
	}
	return !in
}

// ofClass reports whether a byte is of a class such as %a, or, with a capital, is not.
func ofClass(c, class byte) bool {
	var is bool
	switch class | 0x20 {
	case 'a':
		is = isLetter(c)
	case 'c':
		is = c < 0x20 || c == 0x7f
	case 'd':
		is = isDigit(c)
	case 'l':
		is = c-'a' < 26
	case 'p':
		is = c > 0x20 && c < 0x7f && !isLetter(c) && !isDigit(c)
	case 's':
		is = c == ' ' || c-'\t' < 5
	case 'u':
		is = c-'A' < 26
	case 'w':
		is = isLetter(c) || isDigit(c)
	case 'x':
		is = isHexDigit(c)
	case 'z':
		is = c == 0
	default:
		return c == class
	}
	if !isLetter(class) {
		return c == class
	}
	return is == (class-'a' < 26)
}

// most matches as many bytes as it can, at least the given number, and then fewer, with what follows the class.
func (m *matcher) most(at, least, p, end int) int {
	n := 0
	for m.single(at+n, p, end) {
		m.count(1)
		n++
	}
	for ; n >= least; n-- {
		m.count(1)
		if e := m.match(at+n, end+1); e >= 0 {
			return e
		}
	}
	return -1
}

// fewest matches as few bytes as it can, and then more, with what follows the class.
func (m *matcher) fewest(at, p, end int) int {
	for {
		m.count(1)
		if e := m.match(at, end+1); e >= 0 {
			return e
		}
		if !m.single(at, p, end) {
			return -1
		}
		at++
	}
}

// balanced matches from the first of the two bytes in the pattern to the second that belongs to it.
func (m *matcher) balanced(at, p int) int {
	if p+1 >= len(m.pattern) {
		raise(m.l, "unbalanced pattern")
	}
	first, last := m.pattern[p], m.pattern[p+1]
	if at >= len(m.text) || m.text[at] != first {
		return -1
	}
	depth := 1
	for i := at + 1; i < len(m.text); i++ {
		m.count(1)
		switch m.text[i] {
		case last:
			if depth--; depth == 0 {
				return i + 1
			}
		case first:
			depth++
		}
	}
	return -1
}

// frontier matches nothing, between a byte that is not in the set at p and one that is. What is around the text counts
// as zero bytes. It returns where both go on.
func (m *matcher) frontier(at, p int) (next, rest int) {
	if m.peek(p) != '[' {
		raise(m.l, "missing '[' after '%%f' in pattern")
	}
	end := m.setEnd(p + 1)
	set := m.pattern[p+1 : end-1]
	var before, after byte
	if at > 0 {
		before = m.text[at-1]
	}
	if at < len(m.text) {
		after = m.text[at]
	}
	if ofSet(before, set) || !ofSet(after, set) {
		return -1, end
	}
	return at, end
}

// again matches what a capture has captured.
func (m *matcher) again(at int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= len(m.captures) || m.captures[i].len == unclosed {
		raise(m.l, "invalid capture index")
	}
	c := m.captures[i]
	if c.len == atPosition || !strings.HasPrefix(m.text[at:], m.text[c.at:c.at+c.len]) {
		return -1
	}
	m.count(c.len / bytesPerStep)
	return at + c.len
}

func (m *matcher) open(at, p, length int) int {
	if len(m.captures) >= maxCaptures {
		raise(m.l, "too many captures")
	}
	m.captures = append(m.captures, capture{at, length})
	end := m.match(at, p)
	if end < 0 {
		m.captures = m.captures[:len(m.captures)-1]
	}
	return end
}

// close ends the capture that was opened last and is open still.
func (m *matcher) close(at, p int) int {
	i := len(m.captures) - 1
	for i >= 0 && m.captures[i].len != unclosed {
		i--
	}
	if i < 0 {
		raise(m.l, "invalid pattern capture")
	}
	m.captures[i].len = at - m.captures[i].at
	end := m.match(at, p)
	if end < 0 {
		m.captures[i].len = unclosed
	}
	return end
}

// capture returns what capture i, from 0, has captured. In a pattern without any, the first is the whole match.
func (m *matcher) capture(i, at, end int) glua.LValue {
	if i == 0 && len(m.captures) == 0 {
		return glua.LString(m.text[at:end])
	}
	if i < 0 || i >= len(m.captures) {
		raise(m.l, "invalid capture index")
	}
	c := m.captures[i]
	switch c.len {
	case unclosed:
		raise(m.l, "unfinished capture")
	case atPosition:
		return glua.LNumber(c.at + 1)
	}
	return glua.LString(m.text[c.at : c.at+c.len])
}

// push hands out all captures, or the whole match if there are none.
func (m *matcher) push(at, end int) int {
	n := max(len(m.captures), 1)
	for i := range n {
		m.l.Push(m.capture(i, at, end))
	}
	return n
}

// search is find and match.
func (s *State) search(l *glua.LState, fn string) int {
	text, pattern := s.checkString(l, 1, fn), s.checkString(l, 2, fn)
	at := fromEnd(s.optLong(l, 3, fn, 1), len(text)) - 1
	at = min(max(at, 0), len(text))
	m := s.matcher(l, text, pattern)
	if fn == "find" && (glua.LVAsBool(l.Get(4)) || !strings.ContainsAny(m.pattern, "^$*+?.([%-")) {
		s.steps(l, len(text)/bytesPerStep)
		i := strings.Index(text[at:], pattern)
		if i < 0 {
			return results(l, glua.LNil)
		}
		return results(l, glua.LNumber(at+i+1), glua.LNumber(at+i+len(pattern)))
	}
	p := m.anchor()
	for ; at <= len(text); at++ {
		if end := m.start(at, p); end >= 0 {
			return s.found(m, at, end, fn == "find")
		}
		if p > 0 {
			break
		}
	}
	return results(l, glua.LNil)
}

// anchor returns where the pattern begins: 1 if it has an anchor.
func (m *matcher) anchor() int {
	if m.peek(0) == '^' {
		return 1
	}
	return 0
}

func (s *State) found(m *matcher, at, end int, find bool) int {
	if !find {
		return m.push(at, end)
	}
	n := results(m.l, glua.LNumber(at+1), glua.LNumber(end))
	if len(m.captures) > 0 {
		n += m.push(at, end)
	}
	return n
}

// gmatch returns a function that returns the next match each time.
func (s *State) gmatch(l *glua.LState) int {
	text, pattern := s.checkString(l, 1, "gmatch"), s.checkString(l, 2, "gmatch")
	next := 0
	return results(l, s.L.NewFunction(func(l *glua.LState) int {
		m := s.matcher(l, text, pattern)
		for at := next; at <= len(text); at++ {
			end := m.start(at, 0)
			if end < 0 {
				continue
			}
			next = end
			if end == at {
				next++
			}
			return m.push(at, end)
		}
		return 0
	}))
}

func (s *State) gsub(l *glua.LState) int {
	text, pattern := s.checkString(l, 1, "gsub"), s.checkString(l, 2, "gsub")
	replacement := l.Get(3)
	most := s.optInt(l, 4, "gsub", int(int32(len(text)+1)))
	switch replacement.Type() {
	case glua.LTNumber, glua.LTString, glua.LTFunction, glua.LTTable:
	default:
		badArg(l, 3, "gsub", "string/function/table expected")
	}
	m := s.matcher(l, text, pattern)
	p := m.anchor()
	var b []byte
	at, n := 0, 0
	for n < most {
		end := m.start(at, p)
		if end >= 0 {
			n++
			b = m.replace(b, at, end, replacement)
		}
		if end > at {
			at = end
		} else if at < len(text) {
			b = m.append(b, text[at:at+1])
			at++
		} else {
			break
		}
		if p > 0 {
			break
		}
	}
	s.build(l, len(b)+len(text)-at)
	return results(l, glua.LString(string(b)+text[at:]), glua.LNumber(n))
}

// replace appends what a match is replaced by: a text, or what a function or a table has for it.
func (m *matcher) replace(b []byte, at, end int, by glua.LValue) []byte {
	var v glua.LValue
	switch by := by.(type) {
	case *glua.LTable:
		v = m.l.GetTable(by, m.capture(0, at, end))
	case *glua.LFunction:
		m.l.Push(by)
		m.l.Call(m.push(at, end), 1)
		v = m.l.Get(-1)
		m.l.Pop(1)
	default:
		text, _ := toText(by)
		return m.expand(b, at, end, text)
	}
	if glua.LVIsFalse(v) {
		return m.append(b, m.text[at:end])
	}
	text, ok := toText(v)
	if !ok {
		raise(m.l, "invalid replacement value (a %s)", v.Type())
	}
	return m.append(b, text)
}

func (m *matcher) append(b []byte, text string) []byte {
	m.state.extend(m.l, len(b), cap(b), len(text))
	return append(b, text...)
}

// expand appends a text in which %1 to %9 stand for captures and %0 for the match.
func (m *matcher) expand(b []byte, at, end int, text string) []byte {
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			return m.append(b, text)
		}
		b = m.append(b, text[:i])
		var c byte // what follows a percent sign at the end, in C
		if text = text[i+1:]; text != "" {
			c, text = text[0], text[1:]
		}
		switch {
		case c == '0':
			b = m.append(b, m.text[at:end])
		case isDigit(c):
			captured, _ := toText(m.capture(int(c-'1'), at, end))
			b = m.append(b, captured)
		default:
			b = append(b, c)
		}
	}
}

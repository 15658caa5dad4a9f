package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

func (s *State) openTable() *glua.LTable {
	return s.Table(map[string]glua.LGFunction{
		"concat":   s.tableConcat,
		"foreach":  s.foreach,
		"foreachi": s.foreachi,
		"getn":     func(l *glua.LState) int { return results(l, glua.LNumber(s.count(l, s.checkList(l, "getn")))) },
		"insert":   s.insert,
		"maxn":     s.maxn,
		"remove":   s.remove,
		"setn":     s.setn,
		"sort":     s.sort,
	})
}

// checkList returns the first argument, a table, for reading.
func (s *State) checkList(l *glua.LState, fn string) *glua.LTable {
	return s.behind(s.checkTable(l, fn))
}

// element returns what a table has at i, without metamethods.
func element(t *glua.LTable, i int) glua.LValue {
	if i > 0 && i < glua.MaxArrayIndex {
		return t.RawGetInt(i)
	}
	return t.RawGet(glua.LNumber(i))
}

// wordBytes is what an element of a table takes.
const wordBytes = 16

// place sees to it that there is room for an element: gopher-lua fills up the table below it.
func (s *State) place(l *glua.LState, t *glua.LTable, i int) {
	if i > 0 && i < glua.MaxArrayIndex && t.RawGetInt(i) == glua.LNil {
		if more := i - s.count(l, t); more > 1 {
			s.build(l, wordBytes*more)
		}
	}
}

// mayWrite raises an error if a table must not be written to. As all errors that the interpreter raises in the functions
// of a library, it does not say where.
func (s *State) mayWrite(l *glua.LState, t *glua.LTable) {
	if s.behind(t) != t {
		l.Error(glua.LString("Attempt to modify a readonly table"), 0)
	}
}

// setElement sets what a table has at i, without metamethods.
func (s *State) setElement(l *glua.LState, t *glua.LTable, i int, v glua.LValue) {
	s.mayWrite(l, t)
	if i > 0 && i < glua.MaxArrayIndex {
		if v == glua.LNil && t.RawGetInt(i) == glua.LNil {
			return
		}
		t.RawSetInt(i, v)
		return
	}
	t.RawSet(glua.LNumber(i), v)
}

func (s *State) tableConcat(l *glua.LState) int {
	sep := s.optString(l, 2, "concat", "")
	t := s.checkList(l, "concat")
	i := s.optInt(l, 3, "concat", 1)
	last := s.count(l, t)
	if l.Get(4) != glua.LNil {
		last = s.checkInt(l, 4, "concat")
	}
	var b strings.Builder
	for ; i <= last; i++ {
		v := element(t, i)
		text, ok := toText(v)
		if !ok {
			raise(l, "invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		s.steps(l, 1)
		s.extend(l, b.Len(), b.Cap(), len(text)+len(sep))
		b.WriteString(text)
		if i < last {
			b.WriteString(sep)
		}
	}
	return results(l, glua.LString(b.String()))
}

// foreach calls a function with all pairs of a table until it returns something.
func (s *State) foreach(l *glua.LState) int {
	t := s.checkList(l, "foreach")
	f := s.checkFunction(l, 2, "foreach")
	for k, v := s.step(l, t, glua.LNil); k != glua.LNil; k, v = s.step(l, t, k) {
		if s.visit(l, f, k, v) {
			return 1
		}
	}
	return 0
}

func (s *State) foreachi(l *glua.LState) int {
	t := s.checkList(l, "foreachi")
	f := s.checkFunction(l, 2, "foreachi")
	for i, n := 1, s.count(l, t); i <= n; i++ {
		if s.visit(l, f, glua.LNumber(i), element(t, i)) {
			return 1
		}
	}
	return 0
}

// visit calls a function and reports whether it returned something, which is then on the stack.
func (s *State) visit(l *glua.LState, f *glua.LFunction, k, v glua.LValue) bool {
	l.Push(f)
	l.Push(k)
	l.Push(v)
	l.Call(2, 1)
	if l.Get(-1) != glua.LNil {
		return true
	}
	l.Pop(1)
	return false
}

func (s *State) insert(l *glua.LState) int {
	t := s.checkTable(l, "insert")
	end := s.count(l, s.behind(t)) + 1
	at := end
	switch l.GetTop() {
	case 2:
	case 3:
		at = s.checkInt(l, 2, "insert")
		s.mayWrite(l, t)
		s.place(l, t, at)
		for i := max(end, at); i > at; i-- {
			s.steps(l, 1)
			s.setElement(l, t, i, element(t, i-1))
		}
	default:
		raise(l, "wrong number of arguments to 'insert'")
	}
	s.setElement(l, t, at, l.Get(l.GetTop()))
	return 0
}

func (s *State) remove(l *glua.LState) int {
	t := s.checkTable(l, "remove")
	end := s.count(l, s.behind(t))
	at := s.optInt(l, 2, "remove", end)
	if at < 1 || at > end {
		return 0
	}
	s.mayWrite(l, t)
	if end < glua.MaxArrayIndex {
		s.steps(l, (end-at)/bytesPerStep)
		return results(l, t.Remove(at))
	}
	removed := element(t, at)
	for ; at < end; at++ {
		s.steps(l, 1)
		s.setElement(l, t, at, element(t, at+1))
	}
	s.setElement(l, t, end, glua.LNil)
	return results(l, removed)
}

// maxn returns the largest key that is a number and more than zero.
func (s *State) maxn(l *glua.LState) int {
	t := s.checkList(l, "maxn")
	most := glua.LNumber(0)
	x := shapeOf(t)
	s.wasted(l, x.array+8*x.keys)
	t.ForEach(func(k, _ glua.LValue) {
		if n, ok := k.(glua.LNumber); ok && n > most {
			most = n
		}
	})
	return results(l, most)
}

func (s *State) setn(l *glua.LState) int {
	s.checkTable(l, "setn")
	raise(l, "'setn' is obsolete")
	return 0
}

// A sorter sorts a table by a function, or by the operator if it is nil.
type sorter struct {
	state *State
	l     *glua.LState
	table *glua.LTable
	less  glua.LValue
}

func (s *State) sort(l *glua.LState) int {
	t := s.checkTable(l, "sort")
	n := s.count(l, s.behind(t))
	var less glua.LValue
	if l.Get(2) != glua.LNil {
		less = s.checkFunction(l, 2, "sort")
	}
	x := sorter{s, l, t, less}
	x.sort(1, n)
	return 0
}

func (x *sorter) at(i int) glua.LValue { return element(x.state.behind(x.table), i) }

// swap sets two elements to each other's values, which are given.
func (x *sorter) swap(i, j int, vi, vj glua.LValue) {
	x.state.setElement(x.l, x.table, i, vj)
	x.state.setElement(x.l, x.table, j, vi)
}

// order puts the lesser of two elements first.
func (x *sorter) order(i, j int) bool {
	vi, vj := x.at(i), x.at(j)
	if !x.before(vj, vi) {
		return false
	}
	x.swap(i, j, vi, vj)
	return true
}

// sort is a quicksort, since all can be seen from outside: which elements are compared, and how those that are equal
// come to lie. It takes the median of the first, the middle and the last element for the pivot, and goes on with the
// larger part.
func (x *sorter) sort(low, high int) {
	for low < high {
		x.state.steps(x.l, 4)
		x.order(low, high)
		if high-low == 1 {
			return
		}
		middle := (low + high) / 2
		if !x.order(low, middle) {
			x.order(middle, high)
		}
		if high-low == 2 {
			return
		}
		p := x.partition(low, high, middle)
		if p-low < high-p {
			x.sort(low, p-1)
			low = p + 1
		} else {
			x.sort(p+1, high)
			high = p - 1
		}
	}
}

// partition brings what is less than the element in the middle before it, and what is more behind it, and returns where it
// came to lie. The first and the last element are in order with it already.
func (x *sorter) partition(low, high, middle int) int {
	pivot := x.at(middle)
	x.swap(middle, high-1, pivot, x.at(high-1))
	i, j := low, high-1
	for {
		i++
		for ; x.before(x.at(i), pivot); i++ {
			x.within(i <= high)
		}
		j--
		for ; x.before(pivot, x.at(j)); j-- {
			x.within(j >= low)
		}
		if j < i {
			break
		}
		x.swap(i, j, x.at(i), x.at(j))
	}
	x.swap(high-1, i, x.at(high-1), x.at(i))
	return i
}

// within raises an error if the comparison has led beyond the elements.
func (x *sorter) within(ok bool) {
	if !ok {
		raise(x.l, "invalid order function for sorting")
	}
}

// before reports whether a comes before b.
func (x *sorter) before(a, b glua.LValue) bool {
	if x.less == nil {
		x.state.steps(x.l, 1)
		return x.state.lessThan(x.l, a, b)
	}
	x.l.Push(x.less)
	x.l.Push(a)
	x.l.Push(b)
	x.l.Call(2, 1)
	less := glua.LVAsBool(x.l.Get(-1))
	x.l.Pop(1)
	return less
}

// lessThan is the operator <.
func (s *State) lessThan(l *glua.LState, a, b glua.LValue) bool {
	switch a := a.(type) {
	case glua.LNumber:
		if b, ok := b.(glua.LNumber); ok {
			return a < b
		}
	case glua.LString:
		if b, ok := b.(glua.LString); ok {
			return a < b
		}
	}
	f := s.metafield(l, a, "__lt")
	if a.Type() != b.Type() || f == glua.LNil || f != s.metafield(l, b, "__lt") {
		l.Error(glua.LString(incomparable(a.Type(), b.Type())), 0)
	}
	l.Push(f)
	l.Push(a)
	l.Push(b)
	l.Call(2, 1)
	less := glua.LVAsBool(l.Get(-1))
	l.Pop(1)
	return less
}

func incomparable(a, b glua.LValueType) string {
	if a == b {
		return "attempt to compare two " + a.String() + " values"
	}
	return "attempt to compare " + a.String() + " with " + b.String()
}

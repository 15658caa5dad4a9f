package lua

import glua "github.com/yuin/gopher-lua"

// gopher-lua keeps integer keys up to MaxArrayIndex in an array, which it fills up to the greatest of them: a table with
// the one key 60,000,000 takes a gigabyte and seconds. A table by the numbers of users would. So the bound is lower here, for all of the
// process, as it is a variable of that package, and # looks beyond it.
const maxArray = 1 << 20

func init() { glua.MaxArrayIndex = maxArray }

// freeGap is up to which key an array may be filled without a look at the memory.
const freeGap = 1 << 12

// border returns the number of elements of a table, as # gives it.
func border(t *glua.LTable) int {
	n := t.Len()
	if n < maxArray-1 || element(t, n+1) == glua.LNil {
		return n
	}
	low, high := n+1, 2*n // low is there
	for element(t, high) != glua.LNil {
		low, high = high, 2*high
	}
	for low+1 < high {
		if middle := low + (high-low)/2; element(t, middle) != glua.LNil {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// length is the operator #.
func (s *State) length(l *glua.LState) int {
	switch x := l.Get(1).(type) {
	case *glua.LTable:
		l.Push(glua.LNumber(s.count(l, x)))
	case glua.LString:
		l.Push(glua.LNumber(len(x)))
	default:
		if f, ok := l.GetMetaField(x, "__len").(*glua.LFunction); ok {
			l.Push(f)
			l.Push(x)
			l.Call(1, 1)
			return 1
		}
		raise(l, "attempt to get length of a %s value", x.Type())
	}
	return 1
}

// raisePower is the operator ^.
func (s *State) raisePower(l *glua.LState) int {
	x, ok := toNumber(l.Get(1))
	y, ok2 := toNumber(l.Get(2))
	if ok && ok2 {
		return results(l, glua.LNumber(power(x, y)))
	}
	for _, v := range []glua.LValue{l.Get(1), l.Get(2)} {
		if f := s.metafield(l, v, "__pow"); f != glua.LNil {
			x, y := l.Get(1), l.Get(2)
			l.Push(f)
			l.Push(x)
			l.Push(y)
			l.Call(2, 1)
			return 1
		}
	}
	bad := l.Get(2)
	if !ok {
		bad = l.Get(1)
	}
	raise(l, "attempt to perform arithmetic on a %s value", bad.Type())
	return 0
}

// key returns the key of an assignment. A large one that does not follow the one before may make the interpreter
// fill an array, which takes time and memory.
func (s *State) key(l *glua.LState) int {
	if k, ok := l.Get(1).(glua.LNumber); ok && k > freeGap && k <= maxArray {
		s.gap(l, int(k))
	}
	return 1
}

// gap counts what it may take to fill an array up to a key.
func (s *State) gap(l *glua.LState, key int) {
	if key != s.lastKey+1 {
		s.steps(l, key/16)
		s.room(l, 16*key)
	}
	s.lastKey = key
}

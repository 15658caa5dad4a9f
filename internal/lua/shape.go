package lua

import glua "github.com/yuin/gopher-lua"

// What gopher-lua has for a table takes time by its parts, not by what is in them: keys that were taken out of a table stay in
// its list of keys, and an array does not shrink. So programs pay for what is looked at in vain.

// free is how many places may be looked at in vain for nothing.
const free = 64

// placesPerStep is how many places are looked at in the time of an instruction.
const placesPerStep = 16

// wasted counts places that were looked at in vain.
func (s *State) wasted(l *glua.LState, places int) {
	if places > free {
		s.steps(l, places/placesPerStep)
	}
}

// count returns the number of elements of a table, as # gives it. It looks from the end of the array.
func (s *State) count(l *glua.LState, t *glua.LTable) int {
	n := border(t)
	s.wasted(l, shapeOf(t).array-n)
	return n
}

// step returns the key after one, and its value.
func (s *State) step(l *glua.LState, t *glua.LTable, k glua.LValue) (next, v glua.LValue) {
	next, v = t.Next(k)
	from, isNumber := k.(glua.LNumber)
	to, ok := next.(glua.LNumber)
	if ok && to >= 1 && to == from+1 { // as a rule; from is 0 for nil
		return next, v
	}
	x := shapeOf(t)
	wasted := 4 * (x.keys - x.live)
	if isNumber || k == glua.LNil {
		wasted += x.array - int(max(from, 0))
	}
	s.wasted(l, wasted)
	return next, v
}

package lua

import glua "github.com/yuin/gopher-lua"

// Tables that programs share must not change: the globals, the libraries, the metatable of strings. gopher-lua has no
// such tables. So a program never gets them: what it gets is an empty table whose metatable leads reads to the real
// one and refuses writes, and what the libraries do without metatables (next, rawget, table.concat, ...) they do with
// the table behind it.

// protect returns the read-only stand-in of a table, and of all tables in it.
func (s *State) protect(t *glua.LTable) *glua.LTable {
	return s.standIn(t, map[*glua.LTable]*glua.LTable{})
}

func (s *State) standIn(t *glua.LTable, done map[*glua.LTable]*glua.LTable) *glua.LTable {
	if s.real[t] != nil {
		return t
	}
	if p := done[t]; p != nil {
		return p
	}
	p := s.L.NewTable()
	done[t] = p
	s.real[p] = t
	meta := s.L.NewTable()
	meta.RawSetString("__index", t)
	meta.RawSetString("__newindex", s.L.NewFunction(refuseWrite))
	p.Metatable = meta
	t.ForEach(func(k, v glua.LValue) {
		if inner, ok := v.(*glua.LTable); ok {
			t.RawSet(k, s.standIn(inner, done))
		}
	})
	return p
}

func refuseWrite(l *glua.LState) int {
	raise(l, "Attempt to modify a readonly table")
	return 0
}

// behind returns the table behind a read-only one, or t itself. What is got from it must not be handed to a program
// if it is the table itself.
func (s *State) behind(t *glua.LTable) *glua.LTable {
	if t.Metatable == glua.LNil {
		return t
	}
	if real := s.real[t]; real != nil {
		return real
	}
	return t
}

package lua

import glua "github.com/yuin/gopher-lua"

// protected pushes a function and its arguments and calls it. It returns what was raised, nil if nothing was.
//
// PCall of gopher-lua makes a trace of the stack for each error, which takes seconds if the stack is deep. It does not if the error has
// one. So it calls enter, and enter sees to that.
func (s *State) protected(l *glua.LState, f glua.LValue, results int, args []glua.LValue) error {
	l.Push(s.enter)
	l.Push(f)
	for _, arg := range args {
		l.Push(arg)
	}
	return l.PCall(1+len(args), results, nil)
}

// entered calls the function that is its first argument with the others.
func (s *State) entered(l *glua.LState) int {
	l.Panic = s.panic // PCall puts back what was there
	l.Call(l.GetTop()-1, glua.MultRet)
	return l.GetTop()
}

// panic is what gopher-lua does with an error once it is on the stack.
func (s *State) panic(l *glua.LState) {
	if l == s.L {
		s.note(l)
	}
	panic(&glua.ApiError{Type: glua.ApiErrorRun, Object: l.Get(-1), StackTrace: "-"})
}

// descend makes a thread the one that runs, which l waits for, and returns what undoes that. It raises an error if calls
// are too deep already.
func (s *State) descend(l, th *glua.LState) (ascend func()) {
	below, calls := s.below, depth(l)
	if below+calls > maxDepth {
		raise(l, "%s", errDepth.Error())
	}
	s.below, s.current = below+calls, th
	return func() { s.below, s.current = below, l }
}

package lua

import (
	"errors"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// Bounds of what is called through the functions of the libraries.
const (
	maxProtected = 197 // pcall, xpcall and load within each other, as many as C's stack has in a script
	maxIdle      = 8   // threads that are kept for them
	maxResults   = 8000
)

// protectedCalls are the calls that catch errors. gopher-lua's own would cut the closures of all functions that are running
// from their variables, those of the callers too, as soon as an error is raised. So each call runs on a thread
// of its own, where there is nothing else to cut; for the program it is no coroutine.
type protectedCalls struct {
	state *State
	depth int
	idle  []*glua.LState
}

// run calls f with the arguments and returns the results and true, or the error that was caught, as values for the
// program, and false.
func (p *protectedCalls) run(l *glua.LState, f glua.LValue, args []glua.LValue) ([]glua.LValue, bool) {
	if p.depth >= maxProtected {
		return []glua.LValue{glua.LString("C stack overflow")}, false
	}
	if !callable(p.state, l, f) {
		return []glua.LValue{uncallable(f)}, false
	}
	th := p.thread(l)
	ascend := p.state.descend(l, th)
	p.depth++
	err := p.state.protected(th, f, glua.MultRet, args)
	p.depth--
	ascend()
	p.state.again(l)
	if err != nil {
		v, clean := raised(err)
		if clean {
			p.release(th)
		}
		return []glua.LValue{v}, false
	}
	results := make([]glua.LValue, th.GetTop())
	for i := range results {
		results[i] = th.Get(i + 1)
	}
	p.release(th)
	return results, true
}

func callable(s *State, l *glua.LState, v glua.LValue) bool {
	_, ok := v.(*glua.LFunction)
	return ok || s.metafield(l, v, "__call") != glua.LNil
}

// uncallable returns the error of calling what is no function.
func uncallable(v glua.LValue) glua.LString {
	return glua.LString("attempt to call a " + v.Type().String() + " value")
}

// raised returns the value that was raised. It reports false if the interpreter came to its end in a
// way that leaves the thread in disorder.
func raised(err error) (glua.LValue, bool) {
	var e *glua.ApiError
	if !errors.As(err, &e) {
		return glua.LString(err.Error()), false
	}
	if e.Type != glua.ApiErrorPanic {
		return e.Object, true
	}
	if e.Object == glua.LString("lua callstack overflow") {
		_, trace, _ := strings.Cut(e.StackTrace, "\n\t")
		where, _, _ := strings.Cut(trace, " in ")
		return glua.LString(where + " stack overflow"), false
	}
	return e.Object, false
}

// thread returns a thread for calls from l. What runs there is part of the same coroutine.
func (p *protectedCalls) thread(l *glua.LState) *glua.LState {
	var th *glua.LState
	if n := len(p.idle); n > 0 {
		th, p.idle = p.idle[n-1], p.idle[:n-1]
	} else {
		th = p.state.newThread(l)
	}
	th.SetContext(l.Context())
	return th
}

func (p *protectedCalls) release(th *glua.LState) {
	th.SetTop(0)
	if len(p.idle) < maxIdle {
		p.idle = append(p.idle, th)
	}
}

// threadSteps is what a thread counts for, which is some pages of memory.
const threadSteps = 500

// newThread returns a thread that has l's context.
func (s *State) newThread(l *glua.LState) *glua.LState {
	s.steps(l, threadSteps)
	ctx := l.RemoveContext() // NewThread would derive another from it, which the meter is not made for
	th, _ := l.NewThread()
	l.SetContext(ctx)
	th.SetContext(ctx)
	return th
}

// again raises anew what ends the program, if a function caught it.
func (s *State) again(l *glua.LState) {
	if s.meter.err != nil {
		l.Error(glua.LString(s.meter.err.Error()), 0)
	}
}

// arguments returns the arguments of a function from n on.
func arguments(l *glua.LState, n int) []glua.LValue {
	args := make([]glua.LValue, 0, max(l.GetTop()-n+1, 0))
	for ; n <= l.GetTop(); n++ {
		args = append(args, l.Get(n))
	}
	return args
}

// results returns values to the program.
func results(l *glua.LState, values ...glua.LValue) int {
	for _, v := range values {
		l.Push(v)
	}
	return len(values)
}

// pcall is Redis's: of an error that is a table it hands out the field err. A table without one comes with
// that field's nil.
func (p *protectedCalls) pcall(l *glua.LState) int {
	if l.GetTop() == 0 {
		return results(l, glua.LFalse, uncallable(glua.LTrue)) // what C finds in the place of the function
	}
	values, ok := p.run(l, l.Get(1), arguments(l, 2))
	if ok {
		return results(l, append([]glua.LValue{glua.LTrue}, values...)...)
	}
	l.Push(glua.LFalse)
	t, ok := values[0].(*glua.LTable)
	if !ok {
		return 1 + results(l, values[0])
	}
	text := l.GetField(t, "err")
	if _, ok := toText(text); ok {
		return 1 + results(l, text)
	}
	return 1 + results(l, t, text)
}

func (p *protectedCalls) xpcall(l *glua.LState) int {
	p.state.checkAny(l, 2, "xpcall")
	handler := l.Get(2)
	values, ok := p.run(l, l.Get(1), nil)
	if ok {
		return results(l, append([]glua.LValue{glua.LTrue}, values...)...)
	}
	if _, isFunction := handler.(*glua.LFunction); isFunction {
		values, ok = p.run(l, handler, values)
	}
	if !ok {
		return results(l, glua.LFalse, glua.LString("error in error handling"))
	}
	return results(l, glua.LFalse, first(values))
}

func first(values []glua.LValue) glua.LValue {
	if len(values) == 0 {
		return glua.LNil
	}
	return values[0]
}

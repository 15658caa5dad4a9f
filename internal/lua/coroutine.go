package lua

import (
	"runtime"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// maxResumed is how many coroutines may have resumed each other.
const maxResumed = 197

// The states of a coroutine.
const (
	suspended = "suspended"
	running   = "running"
	normal    = "normal" // it has resumed another
	dead      = "dead"
)

// A coroutine is what is known of a thread beyond what gopher-lua does. It is the context of its thread, and of those
// that its protected calls run on, by which it is found.
type coroutine struct {
	*meter
	thread *glua.LState
	body   *glua.LFunction // until it is started
	status string
	values int // how many it handed out when it last stopped
}

// coroutines is the library coroutine.
type coroutines struct {
	state *State
	depth int
	start *glua.LFunction // runs a body
	yield *glua.LFunction
	seen  map[callers]bool
}

const coroutineSource = "?coroutine"

// gopher-lua cannot tell a coroutine that hands out nothing from one that hands out nil, nor can it yield in the place of a
// return, nor does it adjust what yield returns to what is expected. So bodies run, and coroutines
// yield, inside these functions, where none of this matters: values go through pass, which counts them.
const coroutineProgram = `
local pass, yield = ...
return function(body, ...) return pass(body(...)) end, function(...) return pass(yield(...)) end`

func (s *State) openCoroutine() *glua.LTable {
	c := &coroutines{state: s, seen: map[callers]bool{}}
	program, err := Compile(coroutineProgram, coroutineSource)
	if err != nil {
		panic(err) // it is a constant
	}
	s.L.Push(s.NewFunction(program))
	s.L.Push(s.L.NewFunction(c.pass))
	s.L.Push(s.L.NewFunction(c.stop))
	s.L.Call(2, 2)
	c.start, c.yield = s.L.Get(-2).(*glua.LFunction), s.L.Get(-1).(*glua.LFunction)
	s.L.Pop(2)
	t := s.Table(map[string]glua.LGFunction{
		"create":  c.create,
		"resume":  c.resume,
		"running": c.running,
		"status":  c.status,
		"wrap":    c.wrap,
	})
	t.RawSetString("yield", c.yield)
	return t
}

// current returns the coroutine that runs; nil for the main program.
func current(l *glua.LState) *coroutine {
	co, _ := l.Context().(*coroutine)
	return co
}

func (c *coroutines) pass(l *glua.LState) int {
	n := l.GetTop()
	if co := current(l); co != nil {
		co.values = n
	}
	return n
}

// stop suspends the coroutine.
func (c *coroutines) stop(l *glua.LState) int {
	co := current(l)
	if co == nil || co.thread != l || !c.direct() {
		l.Error(glua.LString("attempt to yield across metamethod/C-call boundary"), 0)
	}
	co.values = l.GetTop()
	return -1
}

// callers are the return addresses of the innermost functions in Go that are running.
type callers [8]uintptr

// direct reports whether nothing but the interpreter itself, running functions in Lua, is between a coroutine and
// its yield. Otherwise a function of a library, or an operator, waits for a result, and gopher-lua, which would go
// back to the resuming thread nonetheless, would leave it without. Only the stack shows it. What was seen there is
// remembered, as there are but a few ways to come here.
func (c *coroutines) direct() bool {
	var at callers
	runtime.Callers(3, at[:])
	direct, known := c.seen[at]
	if !known {
		direct = at.direct()
		c.seen[at] = direct
	}
	return direct
}

func (c *callers) direct() bool {
	frames := runtime.CallersFrames(c[:])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasSuffix(f.Function, ".mainLoopWithContext") {
			f, _ = frames.Next()
			return strings.HasSuffix(f.Function, ".threadRun")
		}
	}
	return false
}

// create makes a coroutine of a function, which must be in Lua.
func (c *coroutines) create(l *glua.LState) int {
	return results(l, c.make(l, "create").thread)
}

func (c *coroutines) make(l *glua.LState, fn string) *coroutine {
	body, ok := l.Get(1).(*glua.LFunction)
	if !ok || body.IsG {
		badArg(l, 1, fn, "Lua function expected")
	}
	th := c.state.newThread(l)
	co := &coroutine{meter: &c.state.meter, thread: th, body: body, status: suspended}
	th.SetContext(co)
	return co
}

func (c *coroutines) check(l *glua.LState, fn string) *coroutine {
	th, ok := l.Get(1).(*glua.LState)
	if !ok {
		badArg(l, 1, fn, "coroutine expected")
	}
	return current(th)
}

func (c *coroutines) resume(l *glua.LState) int {
	values, ok := c.run(l, c.check(l, "resume"), arguments(l, 2))
	l.Push(glua.LBool(ok))
	return 1 + results(l, values...)
}

func (c *coroutines) wrap(l *glua.LState) int {
	co := c.make(l, "wrap")
	return results(l, c.state.L.NewFunction(func(l *glua.LState) int {
		values, ok := c.run(l, co, arguments(l, 1))
		if ok {
			return results(l, values...)
		}
		if text, ok := toText(values[0]); ok {
			raise(l, "%s", text)
		}
		l.Error(values[0], 0)
		return 0
	}))
}

// run resumes a coroutine and returns what it handed out and true, or its error and false.
func (c *coroutines) run(l *glua.LState, co *coroutine, args []glua.LValue) ([]glua.LValue, bool) {
	if co.status != suspended {
		return []glua.LValue{glua.LString("cannot resume " + co.status + " coroutine")}, false
	}
	if c.depth >= maxResumed {
		return []glua.LValue{glua.LString("C stack overflow")}, false
	}
	ascend := c.state.descend(l, co.thread)
	if co.body != nil {
		args = append([]glua.LValue{co.body}, args...)
		co.body = nil
	}
	from := current(l)
	if from != nil {
		from.status = normal
	}
	co.status = running
	c.depth++
	state, err, values := l.Resume(co.thread, c.start, args...)
	c.depth--
	ascend()
	co.status = dead
	if from != nil {
		from.status = running
	}
	c.state.again(l)
	if err != nil {
		v, _ := raised(err)
		return []glua.LValue{v}, false
	}
	if state == glua.ResumeYield {
		co.status = suspended
	}
	return values[:co.values], true
}

// running returns the coroutine that runs; nil in the main program.
func (c *coroutines) running(l *glua.LState) int {
	if co := current(l); co != nil {
		return results(l, co.thread)
	}
	return results(l, glua.LNil)
}

func (c *coroutines) status(l *glua.LState) int {
	return results(l, glua.LString(c.check(l, "status").status))
}

package lua

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"

	glua "github.com/yuin/gopher-lua"
)

// Errors that end a program whatever it catches.
var (
	ErrInstructions = errors.New("too many instructions")
	ErrMemory       = errors.New("not enough memory")
)

const (
	glance    = 1000    // instructions between two looks at what may end a program, unless it has large strings
	weigh     = 1 << 16 // instructions between two looks at the memory
	bigString = 1 << 20 // bytes of a string or an array that make for a look before it is built
	perGlance = 1 << 27 // bytes of strings that instructions may go through between two looks
)

// meter counts the instructions of a program and ends it when it has to: by a limit, or as somebody else asks. The
// interpreter takes it for the context that it runs in, whose Done it calls before each instruction.
type meter struct {
	context.Context // nil: only Done and Err are ever called
	state           *State

	left   int // instructions until the next look; stays negative once err is set
	window int // what left begins with
	spent  int64
	limits Limits
	poll   func() error // asked now and then whether to go on
	err    error        // why the program must end

	weighed int64 // instructions at the last look at the memory
	start   int64 // bytes in use when the program began
	most    int64 // bytes in use from which on the limit may be reached
}

// begin begins to count for a program.
func (m *meter) begin(limits Limits, poll func() error) {
	*m = meter{state: m.state, limits: limits, poll: poll, left: glance, window: glance}
	if limits.Memory > 0 {
		m.start = -1 // is looked up when it matters
	}
}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done counts an instruction. It is closed if the program has to end.
func (m *meter) Done() <-chan struct{} {
	if m.left--; m.left >= 0 {
		return nil
	}
	if m.look() != nil {
		return closed
	}
	return nil
}

// Err returns why the program has to end, or the function that runs, if it is only that calls are too deep.
func (m *meter) Err() error {
	if m.err == nil {
		return errDepth
	}
	return m.err
}

// errDepth is an error that a program may catch. Calls that are not in Lua, by operators and functions of the libraries, take
// Go's stack, whose end would be the end of the process.
var errDepth = errors.New("stack overflow")

// look looks whether the program may go on.
func (m *meter) look() error {
	if m.err != nil {
		return m.err
	}
	m.spent += int64(m.window - m.left)
	m.left = m.window
	switch {
	case m.limits.Instructions > 0 && m.spent > m.limits.Instructions:
		m.err = ErrInstructions
	case m.limits.Memory > 0 && m.spent-m.weighed >= weigh:
		m.weighed = m.spent
		m.err = m.memory(0)
	}
	if m.err == nil && m.poll != nil {
		m.err = m.poll()
	}
	if m.err != nil {
		m.left = -1
		return m.err
	}
	if m.state.below+depth(m.state.current) > maxDepth {
		return errDepth
	}
	return nil
}

// large notes that the program has a string of n bytes. One instruction may compare such, or look for them in a table: looks become
// more frequent.
func (m *meter) large(n int) {
	if window := max(perGlance/n, 1); window < m.window {
		m.spent += int64(m.window - m.left)
		m.window, m.left = window, min(m.left, 0)
	}
}

// memory reports whether there is room for n bytes more.
func (m *meter) memory(n int64) error {
	now := heap()
	if m.start < 0 {
		m.start, m.most = now, now+m.limits.Memory
	}
	if now+n <= m.most {
		return nil
	}
	runtime.GC() // much of it may be garbage
	now = heap()
	if now+n > m.start+m.limits.Memory {
		return ErrMemory
	}
	m.most = max(m.most, now+m.limits.Memory/2)
	return nil
}

// heap returns the bytes of all objects, garbage included.
func heap() int64 {
	sample := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample[:])
	return int64(sample[0].Value.Uint64())
}

// steps counts n steps of a library's function that takes long, and ends the program if it has to.
func (s *State) steps(l *glua.LState, n int) {
	s.meter.left -= n
	if s.meter.left < 0 {
		if err := s.meter.look(); err != nil {
			raise(l, "%s", err.Error())
		}
	}
}

// room ends the program if there is no room for n bytes. It is asked before anything that large is built.
func (s *State) room(l *glua.LState, n int) {
	if n < bigString {
		return
	}
	m := &s.meter
	m.large(n)
	if n > maxString || m.limits.Memory > 0 && m.memory(int64(n)) != nil {
		m.err, m.left = ErrMemory, -1
		raise(l, "%s", ErrMemory.Error())
	}
}

// Charge has a program pay for what a function that it calls takes: steps, and bytes of memory. It raises an error if the program
// has to end.
func (s *State) Charge(l *glua.LState, steps, bytes int) {
	s.room(l, bytes)
	s.steps(l, steps)
}

// Spend is Charge for what is made of the program's result. It returns why that has to end.
func (s *State) Spend(steps, bytes int) error {
	m := &s.meter
	if bytes >= bigString && (bytes > maxString || m.limits.Memory > 0 && m.memory(int64(bytes)) != nil) {
		m.err, m.left = ErrMemory, -1
	}
	if m.left -= steps; m.left >= 0 {
		return nil
	}
	return m.look()
}

// maxString is how long a string may be.
const maxString = 1 << 30

// Package lua is the Lua 5.1 that Redis gives to scripts: the language on gopher-lua, with the standard functions,
// their number formats and their limits as Redis has them, the libraries bit, cjson, cmsgpack and struct, tables
// that cannot be written to, and no way out. It knows nothing of the store; what scripts call is for package script.
//
// What gopher-lua does otherwise than Lua is mended where a program can see it: see Compile for the source, and the
// files of the libraries, none of which is gopher-lua's own.
package lua

import (
	"errors"
	"maps"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// Limits bound what a program may use. Zero fields mean no limit.
type Limits struct {
	Instructions int64 // of the interpreter, and steps of its libraries
	Memory       int64 // bytes by which the memory of the process may grow meanwhile
}

// A State is an interpreter with its globals. It is for one goroutine at a time.
type State struct {
	L *glua.LState // the main thread

	meter   meter
	globals *glua.LTable // what is behind the read-only table of globals
	real    map[*glua.LTable]*glua.LTable
	loaded  map[*Chunk]*glua.LFunction

	operators [4]*glua.LFunction // see Compile
	lastKey   int                // that key has looked at

	current *glua.LState    // the thread that runs
	below   int             // calls on the threads that wait for it
	enter   *glua.LFunction // see protect.go
	failure Error           // that ended the main thread
	broken  bool            // the interpreter itself has panicked
	random  lcg
	json    jsonConfig
}

const (
	maxDepth     = 20000   // calls within each other, on all threads; it is looked at every so many instructions
	maxRegisters = 1 << 18 // of the calls within each other on a thread
	maxLoaded    = 256     // chunks whose functions a State keeps
)

// New returns a State with all libraries.
func New() *State {
	s := &State{
		L: glua.NewState(glua.Options{
			SkipOpenLibs: true, CallStackSize: maxDepth + 2*glance, MinimizeStackMemory: true,
			RegistrySize: 1024, RegistryMaxSize: maxRegisters, RegistryGrowStep: 1024,
		}),
		real:   map[*glua.LTable]*glua.LTable{},
		loaded: map[*Chunk]*glua.LFunction{},
	}
	s.L.SetContext(&s.meter)
	s.meter.state = s
	s.current = s.L
	s.enter = s.L.NewFunction(s.entered)
	for i, operator := range []glua.LGFunction{s.concatenate, s.length, s.key, s.raisePower} {
		s.operators[i] = s.L.NewFunction(operator)
	}
	s.globals = s.L.NewTable()
	s.openLibraries()
	return s
}

// isPanic reports whether an error is what became of a panic of the interpreter. A program may raise the same text.
func isPanic(text string) bool {
	return text == "lua callstack overflow" || strings.HasPrefix(text, "runtime error: ")
}

// Set makes a table a global. It is for the time before Seal.
func (s *State) Set(name string, t *glua.LTable) { s.globals.RawSetString(name, t) }

// Seal ends the making of a State: from here on no program can change its globals, and reading one that is none
// is an error.
func (s *State) Seal() {
	s.globals.RawSetString("_G", s.globals)
	s.L.Env = s.Strict(s.globals)
}

// Strict returns a table that cannot be changed, and of which reading what is not in it is an error.
func (s *State) Strict(t *glua.LTable) *glua.LTable {
	meta := s.L.NewTable()
	meta.RawSetString("__index", s.L.NewFunction(refuseUnknown))
	t.Metatable = meta
	return s.protect(t)
}

func refuseUnknown(l *glua.LState) int {
	name, ok := toText(l.Get(2))
	if !ok {
		raise(l, "Second argument to luaProtectedTableError must be a string or number")
	}
	raise(l, "Script attempted to access nonexistent global variable '%s'", name)
	return 0
}

// Limit makes the globals those of another table, until it is called with nil.
func (s *State) Limit(globals *glua.LTable) {
	if globals == nil {
		globals = s.globals
	}
	s.L.Env.Metatable.(*glua.LTable).RawSetString("__index", globals)
	s.real[s.L.Env] = globals
}

// Globals returns the table of globals, for what is set anew for each program.
func (s *State) Globals() *glua.LTable { return s.globals }

// Table returns a table of functions, as libraries are.
func (s *State) Table(functions map[string]glua.LGFunction) *glua.LTable {
	t := s.L.NewTable()
	for _, name := range slices.Sorted(maps.Keys(functions)) { // so that pairs has them in the same order anywhere
		t.RawSetString(name, s.L.NewFunction(functions[name]))
	}
	return t
}

// An Error is what ended a program.
type Error struct {
	Value  glua.LValue // that was raised
	Source string      // of the function that raised it, "" if that is unknown
	Line   int
}

// Begin makes the State ready for a program: it has the limits, and poll is asked now and then whether to go
// on.
func (s *State) Begin(limits Limits, poll func() error) {
	s.meter.begin(limits, poll)
	s.json = jsonConfig{}
}

// Stopped returns why the program that ran last had to end, nil if it ended by itself.
func (s *State) Stopped() error { return s.meter.err }

// Sound reports whether the State can be used again: not if the interpreter itself has panicked, as it does when its stack is full.
func (s *State) Sound() bool { return !s.broken }

// Call calls a function and returns its first result.
func (s *State) Call(f *glua.LFunction, args ...glua.LValue) (glua.LValue, *Error) {
	l := s.L
	base := l.GetTop()
	s.failure = Error{}
	s.current, s.below = l, 0
	if err := s.protected(l, f, 1, args); err != nil {
		l.SetTop(base)
		e := s.failure
		var api *glua.ApiError
		if e.Value == nil && errors.As(err, &api) {
			e.Value, s.broken = api.Object, true
		}
		return nil, &e
	}
	v := l.Get(-1)
	l.SetTop(base)
	return v, nil
}

// note notes what was raised, and where: by the function that runs, or its caller if it is not in Lua.
func (s *State) note(l *glua.LState) {
	s.failure = Error{Value: l.Get(-1)}
	if text, ok := s.failure.Value.(glua.LString); ok && isPanic(string(text)) {
		s.broken = true // in a coroutine
	}
	for level := range 2 {
		at, ok := l.GetStack(level)
		if !ok {
			break
		}
		if _, err := l.GetInfo("Sl", at, nil); err != nil {
			break
		}
		if at.What != "G" {
			s.failure.Source, s.failure.Line = at.Source, at.CurrentLine
			break
		}
	}
}

// libraries are the tables of functions among the globals.
var libraries = []struct {
	name string
	open func(s *State) *glua.LTable
}{
	{"bit", (*State).openBit},
	{"cjson", (*State).openCJSON},
	{"cmsgpack", (*State).openCMsgpack},
	{"coroutine", (*State).openCoroutine},
	{"math", (*State).openMath},
	{"string", (*State).openString},
	{"struct", (*State).openStruct},
	{"table", (*State).openTable},
}

func (s *State) openLibraries() {
	s.openBase()
	for _, lib := range libraries {
		s.globals.RawSetString(lib.name, lib.open(s))
	}
}

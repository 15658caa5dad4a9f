package scripting

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	glua "github.com/yuin/gopher-lua"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/lua"
	"github.com/nookdb/nook/internal/resp"
)

// A machine is an interpreter and what it needs to run scripts. It is for one script at a time.
type machine struct {
	state  *lua.State
	run    *run // under way, nil between two
	own    run  // what run is then
	inner  command.Call
	out    *resp.Writer // the reply of a command, and then that of the script
	args   []string     // of the command
	digits [32]byte
	keys   *glua.LTable // KEYS and ARGV of scripts that do nothing but read them
	argv   *glua.LTable
	poll   func() error // asks the run
	known  string       // the last command that was called, as the script writes it
	row    *command.Row // of known
	logger func(level int, text string)
}

// machines are those that wait for a script. Those for functions are the engines'.
var machines = sync.Pool{New: func() any { return newMachine((*machine).api) }}

// newMachine returns a machine whose scripts have a table redis.
func newMachine(api func(*machine) *glua.LTable) *machine {
	m := &machine{state: lua.New(), out: resp.NewBuffer()}
	m.inner.Out, m.inner.Script = m.out, true
	m.poll = func() error { return m.run.poll() }
	m.keys, m.argv = m.state.L.NewTable(), m.state.L.NewTable()
	t := api(m)
	m.state.Set("redis", t)
	m.state.Set("server", t)
	m.state.Seal()
	return m
}

const (
	maxKeptReply = 64 << 10 // bytes of a buffer that a machine keeps
	maxKeptArgs  = 256
)

// rest makes the machine forget what the last script left, also that it had to end.
func (m *machine) rest() {
	m.state.Begin(lua.Limits{}, nil)
	m.run, m.own, m.logger = nil, run{}, nil
	m.inner.DB, m.inner.Conn, m.inner.Row, m.inner.Args = nil, nil, nil, nil
	clear(m.args[:cap(m.args)])
	if cap(m.args) > maxKeptArgs {
		m.args = nil
	}
	if cap(m.out.Bytes()) > maxKeptReply {
		m.out = resp.NewBuffer()
		m.inner.Out = m.out
	}
}

// A run is one execution of a script.
type run struct {
	engine   *Engine
	ctx      context.Context
	tx       *nook.Tx
	conn     command.Conn  // nil in Go
	users    command.Users // nil if the caller may do everything
	name     string        // SHA of the script, or name of the function
	call     []string      // the command that began it
	tally    tally
	function bool // it is one of a library
	readOnly bool
	whole    bool  // the whole store is locked
	full     error // why commands that need memory fail
	proto    int   // that the script has chosen
	limits   Limits
	began    time.Time       // or the first poll, which comes soon
	listed   bool            // among the engine's
	replica  bool            // the server is one
	unkept   error           // why nothing may be written, nil if that may be
	cluster  command.Cluster // nil if the server is no node of one
	slot     int             // of the keys so far, -1 before the first
	oneSlot  bool            // all keys must be in one
	journal  *bool           // whether it had the effects before redis.set_repl, nil while that was not called
	wrote    atomic.Bool
	killed   atomic.Pointer[error] // why it must end
}

// Errors that end scripts.
var (
	errKilled       = command.Error("ERR Script killed by user with SCRIPT KILL...")
	errTime         = command.Error("ERR script ran for too long")
	errUnknownCause = command.Error("ERR execution failure")
)

// poll says whether the script may go on. It is asked every thousand instructions or so.
func (r *run) poll() error {
	if !r.listed {
		r.began = time.Now()
		r.engine.enlist(r)
	}
	if err := r.killed.Load(); err != nil {
		return *err
	}
	if t := r.limits.Time; t > 0 && time.Since(r.began) > t {
		return errTime
	}
	if r.ctx != nil && r.ctx.Err() != nil && (!r.wrote.Load() || r.conn != nil && time.Since(r.began) > grace) {
		return context.Cause(r.ctx)
	}
	return nil
}

// grace is how long a script of a client that has written may run though the server is to close.
const grace = time.Second

// execute runs a function of Lua and leaves the reply in m.out, in the given version of the protocol.
func (m *machine) execute(f *glua.LFunction, proto int, args ...glua.LValue) error {
	r := m.run
	r.proto = 2
	m.state.Begin(lua.Limits{Instructions: r.limits.Instructions, Memory: r.limits.Memory}, m.poll)
	v, failure := m.state.Call(f, args...)
	m.out.Reset(nil)
	m.out.SetProto(proto)
	if failure == nil {
		e := encoder{state: m.state, out: m.out, proto: r.proto, tally: &r.tally}
		if e.value(v, 1); e.err != nil {
			failure = &lua.Error{}
		}
	}
	if r.listed {
		r.engine.strike(r)
	}
	if failure != nil {
		return m.failure(r, failure)
	}
	return nil
}

// failure returns the error of a script that was ended by one.
func (m *machine) failure(r *run, e *lua.Error) error {
	if err := m.state.Stopped(); err != nil {
		if err == r.contextError() {
			return err
		}
		return command.Error(located(command.ErrorText(err), r.name, e))
	}
	switch x := e.Value.(type) {
	case *glua.LTable:
		text, ok := lua.Text(x.RawGetString("err"))
		if !ok {
			text = "(null)"
		}
		text = located(text, r.name, e)
		if r.tally.to != nil && isCounted(x) {
			return command.CountedError(text)
		}
		return command.Error(text)
	case nil:
		return errUnknownCause
	default:
		text, ok := lua.Text(x)
		if !ok {
			text = x.String()
		}
		return command.Error(located("ERR "+text, r.name, e))
	}
}

func (r *run) contextError() error {
	if r.ctx == nil || r.ctx.Err() == nil {
		return nil
	}
	return context.Cause(r.ctx)
}

// strings returns a table of strings.
func (m *machine) strings(list []string) *glua.LTable {
	return m.fill(m.state.L.CreateTable(len(list), 0), list)
}

// fill makes a table one of these strings, and returns it.
func (m *machine) fill(t *glua.LTable, list []string) *glua.LTable {
	for i, s := range list {
		t.RawSetInt(i+1, glua.LString(s))
	}
	for i := len(list) + 1; t.RawGetInt(i) != glua.LNil; i++ {
		t.RawSetInt(i, glua.LNil)
	}
	return t
}

// setInput sets KEYS and ARGV.
func (m *machine) setInput(keys, argv *glua.LTable) {
	globals := m.state.Globals()
	if globals.RawGetString("KEYS") != keys {
		globals.RawSetString("KEYS", keys)
		globals.RawSetString("ARGV", argv)
	}
}

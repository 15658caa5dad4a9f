// Package scripting runs scripts of Lua on a store: for the server, and for package script, which is its face in Go.
//
//	program.go  a script: its source, its flags, compiled
//	cache.go    the scripts that EVALSHA knows
//	scope.go    which keys a script uses, as far as its text shows
//	engine.go   runs scripts as transactions; those that run, and who waits for them
//	machine.go  an interpreter at work on one of them
//	call.go     redis.call and the rest of the table redis
//	convert.go  replies into values of Lua, and back
//	library.go  functions of libraries
//	tally.go    what INFO tells of scripts
//	wire.go     all of it as commands use it
package scripting

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	glua "github.com/yuin/gopher-lua"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/cluster"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/lua"
)

// An Engine is what a store has of scripts: those that EVALSHA knows, the functions of its libraries, and those that
// run. All servers of a store and all callers in the process share it.
type Engine struct {
	busy atomic.Int32 // len(runs); every command of a server looks at it, so nothing that changes is near
	_    [60]byte

	mu      sync.Mutex
	runs    []*run        // that have run for a while, guarded by mu
	changed chan struct{} // closed when a run ends, nil if nobody waits; guarded by mu

	scripts   cache
	libraries libraries
}

type engineKey struct{}

// Of returns the engine of a store.
func Of(db *nook.Commands) *Engine {
	return db.Extension(engineKey{}, func() any { return new(Engine) }).(*Engine)
}

// A Task is a script, or a function, that is about to be run.
type Task struct {
	Program  *Program        // nil for a function
	Function string          // "" for a script
	Context  context.Context // ends the run before it has begun to write; may be nil
	DB       *nook.Commands
	Conn     command.Conn // for the commands that the script calls; may be nil
	Call     []string     // the command that asks for it
	Keys     []string
	Args     []string
	ReadOnly bool
	Proto    int // the version of the protocol for the reply
	Limits   Limits
	Logger   func(level int, text string) // of redis.log; may be nil
	Row      *command.Row                 // of Call
	Tally    command.Tally                // may be nil
}

// Errors of scripts that are not run.
var (
	errWriteFlag = command.Error("ERR Can not execute a script with write flag using *_ro command.")
	errNoCluster = command.Error("ERR Can not run script on cluster, 'no-cluster' flag is set.")
	errReplica   = command.Error("READONLY Can not run script with write flag on readonly replica.")
	errNotOOM    = command.Error("OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'")
)

// Run runs the script and returns its encoded reply.
func (e *Engine) Run(t *Task) (reply []byte, err error) {
	if t.Program == nil {
		return e.runFunction(t)
	}
	if err := t.Program.Compile(); err != nil {
		return nil, err
	}
	if err := t.permit(&t.Program.flags); err != nil {
		return nil, err
	}
	m := machines.Get().(*machine)
	r := m.begin(e, t, t.Program.SHA(), &t.Program.flags)
	keys := t.Keys
	switch {
	case !t.Program.tame:
		keys, r.whole = nil, true
	case len(keys) == 0:
		keys = []string{""} // see exec
	}
	if t.Program.simple {
		m.setInput(m.fill(m.keys, t.Keys), m.fill(m.argv, t.Args))
	} else {
		m.setInput(m.strings(t.Keys), m.strings(t.Args))
	}
	f := m.state.Function(t.Program.chunk)
	err = t.exec(func(tx *nook.Tx) error { return m.transact(tx, &t.Program.flags, f, t.Proto) }, keys...)
	if err == nil {
		reply = slices.Clone(m.out.Bytes())
	}
	if m.state.Sound() { // else, and after a panic that passes by, nobody uses it again
		m.rest()
		machines.Put(m)
	}
	return reply, err
}

// exec runs a tame script, or with no keys any, as a transaction. One that has no keys is a transaction of one that nobody uses, or
// else would lock the store; but within a transaction it needs no key.
func (t *Task) exec(body func(tx *nook.Tx) error, keys ...string) error {
	if tx, inside := t.DB.Tx(); inside && len(t.Keys) == 0 && len(keys) > 0 {
		return body(tx)
	}
	return t.DB.Exec(body, keys...)
}

// permit says why a script with these flags must not be run, if it must not.
func (t *Task) permit(f *flags) error {
	if f.given && !f.noWrites && t.ReadOnly {
		return errWriteFlag
	}
	if f.given && !f.noWrites && t.Conn != nil && t.Conn.Role().Master != nil {
		return errReplica
	}
	if err := refusalOf(t.Conn); err != nil && f.given && !f.noWrites {
		return err
	}
	if f.noCluster && t.Conn != nil && t.Conn.Cluster() != nil {
		return errNoCluster
	}
	if t.Context != nil && t.Context.Err() != nil {
		return context.Cause(t.Context)
	}
	return nil
}

// refusalOf returns why a connection may not write, nil if it may.
func refusalOf(c command.Conn) error {
	if c == nil {
		return nil
	}
	if p := c.Persistence(); p != nil {
		return p.Refusal()
	}
	return nil
}

// begin makes the machine ready to run a task, and returns its run.
func (m *machine) begin(e *Engine, t *Task, name string, f *flags) *run {
	r := &m.own
	*r = run{
		engine: e, ctx: t.Context, conn: t.Conn, users: usersOf(t.Conn), name: name, call: t.Call, function: t.Program == nil, limits: t.Limits,
		readOnly: t.ReadOnly || f.noWrites, tally: tally{t.Tally, t.Row, t.DB},
	}
	if t.Conn != nil {
		r.cluster, r.replica, r.unkept = t.Conn.Cluster(), t.Conn.Role().Master != nil, refusalOf(t.Conn)
	}
	if r.cluster != nil {
		r.slot, r.oneSlot = -1, f.given && !f.crossSlot
		if len(t.Keys) > 0 {
			r.slot = cluster.Slot(t.Keys[0])
		}
	}
	m.run, m.inner.Conn, m.logger = r, t.Conn, t.Logger
	return r
}

// transact runs a function of Lua as the part of a transaction that a script is. The reply is in m.out then.
func (m *machine) transact(tx *nook.Tx, f *flags, body *glua.LFunction, proto int, args ...glua.LValue) error {
	r := m.run
	if err := r.contextError(); err != nil { // it has waited for the locks
		return err
	}
	r.tx, r.full = tx, tx.Full()
	switch {
	case f.allowOOM:
		r.full = nil
	case f.given && !f.noWrites && r.full != nil:
		return errNotOOM
	}
	m.inner.DB = tx.Commands()
	beyond := tx.Overcommit(true) // what has begun to write may go on
	err := m.execute(body, proto, args...)
	tx.Overcommit(beyond)
	if r.journal != nil {
		tx.Journaled(*r.journal)
	}
	return err
}

// located returns the text of an error with the place where it was raised.
func located(text, name string, e *lua.Error) string {
	text = cString(text)
	if e.Source == "" {
		return text
	}
	return text + " script: " + name + ", on @" + e.Source + ":" + strconv.Itoa(e.Line) + "."
}

// enlist notes that a run takes long enough for others to ask about it.
func (e *Engine) enlist(r *run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r.listed = true
	e.runs = append(e.runs, r)
	e.busy.Add(1)
}

// strike is the end of enlist.
func (e *Engine) strike(r *run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.runs = slices.DeleteFunc(e.runs, func(x *run) bool { return x == r })
	e.busy.Add(-1)
	if e.changed != nil {
		close(e.changed)
		e.changed = nil
	}
}

// Errors of those who come while a script runs.
var (
	errBusyScript   = command.Error("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")
	errBusyFunction = command.Error("BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.")
	errNotBusy      = command.Error("NOTBUSY No scripts in execution right now.")
	errUnkillable   = command.Error("UNKILLABLE Sorry the script already executed write commands against the dataset. " +
		"You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.")
)

// Busy reports whether a script has been running for a while. It is cheap.
func (e *Engine) Busy() bool { return e.busy.Load() > 0 }

// Wait waits while a script has the whole store, and returns a BUSY error once any script runs for longer than the
// threshold, or the error of the context. A threshold of zero or less is never reached.
func (e *Engine) Wait(ctx context.Context, threshold time.Duration) error {
	for e.busy.Load() > 0 {
		changed, rest, err := e.look(threshold)
		if err != nil || changed == nil {
			return err
		}
		timer := time.NewTimer(rest)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			err = ctx.Err()
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// forever stands for no limit of a time to wait.
const forever = time.Hour

// look returns what to wait for, and until when another look is due. The channel is nil if there is nothing to wait for.
func (e *Engine) look(threshold time.Duration) (changed chan struct{}, rest time.Duration, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	rest = forever
	for _, r := range e.runs {
		took := time.Since(r.began)
		if threshold > 0 && took >= threshold {
			return nil, 0, r.busyError()
		}
		if r.whole {
			if e.changed == nil {
				e.changed = make(chan struct{})
			}
			changed = e.changed
			if threshold > 0 {
				rest = min(rest, threshold-took)
			}
		}
	}
	return changed, rest, nil
}

func (r *run) busyError() error {
	if r.function {
		return errBusyFunction
	}
	return errBusyScript
}

// Kill ends the run that takes longest of those that take longer than the
// threshold, which must not have written. SCRIPT KILL, FUNCTION KILL.
func (e *Engine) Kill(function bool, threshold time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.runs) == 0 || time.Since(e.runs[0].began) < threshold {
		return errNotBusy
	}
	r := e.runs[0]
	switch {
	case r.wrote.Load():
		return errUnkillable
	case r.function != function:
		return r.busyError()
	}
	var reason error = errKilled
	r.killed.Store(&reason)
	return nil
}

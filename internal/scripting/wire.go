package scripting

import (
	"context"
	"time"

	"github.com/nookdb/nook/internal/command"
)

// Wire is the engine as the commands of one server use it.
type Wire struct {
	*Engine
	Context   context.Context      // ends when the server does
	Limits    Limits               // of all scripts
	Threshold func() time.Duration // after which a script is called busy; zero or less means never
	Logger    func(level int, text string)
	Tally     command.Tally
}

var _ command.Scripts = Wire{}

// Eval is EVAL.
func (w Wire) Eval(c *command.Call, s command.Script) error {
	p, err := w.Engine.Load(s.Name, false)
	if err != nil {
		return err
	}
	return w.run(c, s, Task{Program: p})
}

// EvalSHA is EVALSHA.
func (w Wire) EvalSHA(c *command.Call, s command.Script) error {
	p := w.Known(s.Name)
	if p == nil {
		return command.ErrNoScript
	}
	return w.run(c, s, Task{Program: p})
}

// Call is FCALL.
func (w Wire) Call(c *command.Call, s command.Script) error {
	return w.run(c, s, Task{Function: s.Name})
}

func (w Wire) run(c *command.Call, s command.Script, t Task) error {
	t.Context, t.Limits, t.Logger = w.Context, w.Limits, w.Logger
	t.DB, t.Conn, t.Call, t.Row, t.Tally = c.DB, c.Conn, c.Args, c.Row, w.Tally
	t.Keys, t.Args, t.ReadOnly, t.Proto = s.Keys, s.Args, s.ReadOnly, c.Out.Proto()
	if w.Tally != nil {
		w.Tally.Began(c)
	}
	reply, err := w.Engine.Run(&t)
	if err != nil {
		return err
	}
	c.Out.Raw(reply)
	return nil
}

// Load is SCRIPT LOAD.
func (w Wire) Load(source string) (sha string, err error) {
	p, err := w.Engine.Load(source, true)
	if err != nil {
		return "", err
	}
	return p.SHA(), nil
}

// Source is SCRIPT SHOW.
func (w Wire) Source(sha string) (string, bool) {
	p := w.Known(sha)
	if p == nil {
		return "", false
	}
	return p.Source(), true
}

// Kill is SCRIPT KILL and FUNCTION KILL.
func (w Wire) Kill(function bool) error { return w.Engine.Kill(function, w.Threshold()) }

// Running describes the function that is busy, if one is. It fails if a script is.
func (w Wire) Running() (command.RunningFunction, bool, error) { return w.running(w.Threshold()) }

// BusyError returns the error of commands that come while a script is busy, nil if none is.
func (w Wire) BusyError() error {
	_, busy, err := w.Running()
	if busy {
		return errBusyFunction
	}
	return err
}

func (e *Engine) running(threshold time.Duration) (command.RunningFunction, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.runs {
		took := time.Since(r.began)
		switch {
		case threshold <= 0 || took < threshold:
		case !r.function:
			return command.RunningFunction{}, false, r.busyError()
		default:
			return command.RunningFunction{Name: r.name, Call: r.call, Took: took}, true, nil
		}
	}
	return command.RunningFunction{}, false, nil
}

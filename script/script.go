package script

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/scripting"
)

// Limits bound what a script may use. They are there for scripts that went wrong: what a script has done until it
// reaches one stays done. Zero fields mean no limit.
type Limits struct {
	Time         time.Duration // of a run
	Instructions int64         // of a run; a second is some tens of millions
	Memory       int64         // bytes by which the memory of the process may grow during a run
}

// DefaultLimits are those of scripts that are given none.
var DefaultLimits = Limits{Memory: 1 << 30}

// A Script is a program as Redis's EVAL runs it. Any number of goroutines may use it, on any stores.
type Script struct {
	program *scripting.Program
	limits  Limits
}

// New returns a script. Its source is compiled when it is run for the first time: a mistake in it is an error of Run. See
// Compile.
func New(source string) *Script {
	return &Script{scripting.NewProgram(source), DefaultLimits}
}

// With returns the same script with other limits.
func (s *Script) With(l Limits) *Script { return &Script{s.program, l} }

// Compile compiles the script if that has not been done, and returns what is wrong with it.
func (s *Script) Compile() error { return publicError(s.program.Compile()) }

// SHA returns the SHA-1 of the source, by which EVALSHA knows the script.
func (s *Script) SHA() string { return s.program.SHA() }

// Source returns the source.
func (s *Script) Source() string { return s.program.Source() }

// A Database is what scripts run on: a Store, a DB, or a Tx, whose part the script is then.
type Database interface {
	Commands() *nook.Commands
}

// Run runs the script as one transaction: KEYS are the keys; ARGV are the arguments, which may be strings, bytes,
// integers, floats and booleans (1 and 0). Nobody else sees or changes anything in between, and the time stands
// still. Only the shards of the keys are locked if the text of the script shows that it uses no others, else the whole
// store is.
//
// What the script returns is the result. An error that it returns or raises is the error, an *Error with Redis's text.
// If the context ends before the script, its error is returned, unless the script has begun to write: then it goes
// on to its end, so that nobody sees a half of what it does.
//
// EVAL, EVALSHA.
func (s *Script) Run(ctx context.Context, db Database, keys []string, args ...any) (Value, error) {
	return start(db, &scripting.Task{Context: ctx, Program: s.program, Keys: keys, Limits: scripting.Limits(s.limits)}, args)
}

// RunReadOnly is Run for a script that must not write: commands that do are errors. EVAL_RO, EVALSHA_RO.
func (s *Script) RunReadOnly(ctx context.Context, db Database, keys []string, args ...any) (Value, error) {
	t := scripting.Task{Context: ctx, Program: s.program, Keys: keys, Limits: scripting.Limits(s.limits), ReadOnly: true}
	return start(db, &t, args)
}

func start(db Database, t *scripting.Task, args []any) (Value, error) {
	texts, err := textsOf(args)
	if err != nil {
		return Value{}, err
	}
	t.DB, t.Args, t.Proto = db.Commands(), texts, 3
	reply, err := scripting.Of(t.DB).Run(t)
	if err != nil {
		return Value{}, publicError(err)
	}
	return decode(reply)
}

// textsOf returns arguments as the script gets them.
func textsOf(args []any) ([]string, error) {
	if len(args) == 0 {
		return nil, nil
	}
	texts := make([]string, len(args))
	for i, arg := range args {
		text, err := textOf(arg)
		if err != nil {
			return nil, fmt.Errorf("script: argument %d: %w", i+1, err)
		}
		texts[i] = text
	}
	return texts, nil
}

func textOf(arg any) (string, error) {
	switch x := arg.(type) {
	case string:
		return x, nil
	case []byte:
		return string(x), nil
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(x), nil
	case float32:
		return strconv.FormatFloat(float64(x), 'g', -1, 32), nil
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), nil
	case bool:
		if x {
			return "1", nil
		}
		return "0", nil
	}
	return "", fmt.Errorf("a %T is no argument of a script", arg)
}

// An Error is what a script returned or raised as an error, or what Redis gives instead of running it.
type Error struct{ text string }

// Error returns Redis's text.
func (e *Error) Error() string { return e.text }

// Code returns the first word of the text: ERR, WRONGTYPE, ...
func (e *Error) Code() string {
	code, _, _ := strings.Cut(e.text, " ")
	return code
}

func publicError(err error) error {
	var known command.Error
	if errors.As(err, &known) {
		return &Error{string(known)}
	}
	return err
}

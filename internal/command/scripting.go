package command

import (
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/number"
)

// Scripts is what commands ask of whoever runs scripts of Lua.
type Scripts interface {
	// Eval runs a script by its source, or by its SHA-1, and writes its reply.
	Eval(c *Call, s Script) error
	// EvalSHA is Eval of a script that is known by its SHA-1.
	EvalSHA(c *Call, s Script) error
	// Call is Eval of a function of a library.
	Call(c *Call, s Script) error

	// Load keeps a script and returns its SHA-1.
	Load(source string) (sha string, err error)
	// Source returns the source of a script that is kept.
	Source(sha string) (source string, ok bool)
	// Flush forgets all scripts.
	Flush()
	// Kill ends the script that runs, or the function.
	Kill(function bool) error
	// Running describes the function that runs, if one does.
	Running() (RunningFunction, bool, error)
	// BusyError returns the error of commands that come while a script runs for too long, nil if none does.
	BusyError() error

	// LoadLibrary keeps a library of functions and returns its name.
	LoadLibrary(db *nook.Commands, code string, replace bool) (name string, err error)
	// RestoreLibraries keeps the libraries of a payload that DumpLibraries has returned, all or none of them.
	RestoreLibraries(db *nook.Commands, payload string, p LibraryPolicy) error
	// Libraries describes all libraries, by name.
	Libraries(db *nook.Commands) []Library
	// HasFunction reports whether there is a function.
	HasFunction(db *nook.Commands, name string) bool
	// Count returns how many libraries and functions there are. It never waits for a function that runs.
	Count(db *nook.Commands) (libraries, functions int)
}

// A Tally counts what scripts do, for INFO.
type Tally interface {
	// Began is told of the command that runs a script.
	Began(c *Call)
	// Called counts a call of a command, which failed unless failure is "".
	Called(c *Call, took time.Duration, failure string)
	// Refused counts a call that was not to be made. row is nil if there is no such command.
	Refused(row *Row, reason string)
	// Replied counts an error that a script returns.
	Replied(failure string)
	// Failed counts a script, by the command that ran it, whose reply has errors in it.
	Failed(row *Row)
}

// A Script is a call of a script or a function.
type Script struct {
	Name     string // source, SHA-1, or name of the function
	Keys     []string
	Args     []string
	ReadOnly bool
}

// A Library describes a library of functions.
type Library struct {
	Name, Engine, Code string
	Functions          []Function
}

// A LibraryPolicy says what becomes of the libraries that there are when others are restored.
type LibraryPolicy uint8

// The policies.
const (
	AppendLibraries  LibraryPolicy = iota // they stay, and there must be none of the same name
	ReplaceLibraries                      // those of the same names go
	FlushLibraries                        // all go
)

// A Function describes one of a library.
type Function struct {
	Name        string
	Description nook.Optional
	Flags       []string
}

// A RunningFunction is a function that runs.
type RunningFunction struct {
	Name string
	Call []string // the command that called it
	Took time.Duration
}

const (
	scripted = NoScript | SkipMonitor | MayReplicate | NoMandatoryKeys | Stale | TouchesArbitraryKeys

	assumeRW = "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"
	assumeRO = "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"

	tipOneSucceeded = "response_policy:one_succeeded"
	tipLogicalAnd   = "response_policy:agg_logical_and"
	tipAllNodes     = "request_policy:all_nodes"
)

// scriptKeys is the spec of keys that a number before them counts.
func scriptKeys(f KeyFlags, notes string) []KeySpec {
	return []KeySpec{{Begin: at(2), Find: counted(1), Flags: f, Notes: notes}}
}

var scriptRows = []*Row{
	{
		Name: "eval", Arity: -3, Flags: scripted, Class: ClassScripting, Group: "scripting", Since: "2.6.0",
		Keys: scriptKeys(RW|Access|Update, assumeRW),
		Doc:  "Runs a script of Lua.",
		Cost: "Depends on the script.",
		Run:  connected(func(c *Call) error { return c.script(c.Conn.Scripts().Eval, false) }),
	},
	{
		Name: "evalsha", Arity: -3, Flags: scripted, Class: ClassScripting, Group: "scripting", Since: "2.6.0",
		Keys: scriptKeys(RW|Access|Update, ""),
		Doc:  "Runs a script of Lua that is known by its SHA-1.",
		Cost: "Depends on the script.",
		Run:  connected(func(c *Call) error { return c.scriptBySHA(false) }),
	},
	{
		Name: "evalsha_ro", Arity: -3, Flags: scripted&^MayReplicate | ReadOnly, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Keys: scriptKeys(RO|Access, ""),
		Doc:  "Runs a script of Lua that is known by its SHA-1 and must not write.",
		Cost: "Depends on the script.",
		Run:  connected(func(c *Call) error { return c.scriptBySHA(true) }),
	},
	{
		Name: "eval_ro", Arity: -3, Flags: scripted&^MayReplicate | ReadOnly, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Keys: scriptKeys(RO|Access, assumeRO),
		Doc:  "Runs a script of Lua that must not write.",
		Cost: "Depends on the script.",
		Run:  connected(func(c *Call) error { return c.script(c.Conn.Scripts().Eval, true) }),
	},
	{
		Name: "fcall", Arity: -3, Flags: scripted, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Keys: scriptKeys(RW|Access|Update, assumeRW),
		Doc:  "Calls a function of a library.",
		Cost: "Depends on the function.",
		Run:  connected(func(c *Call) error { return c.callFunction(false) }),
	},
	{
		Name: "fcall_ro", Arity: -3, Flags: scripted&^MayReplicate | ReadOnly, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Keys: scriptKeys(RO|Access, assumeRO),
		Doc:  "Calls a function of a library that must not write.",
		Cost: "Depends on the function.",
		Run:  connected(func(c *Call) error { return c.callFunction(true) }),
	},
	{
		Name: "function", Arity: -2, Group: "scripting", Since: "7.0.0",
		Doc:  "Commands on libraries of functions.",
		Cost: "Depends on the subcommand.",
		Sub:  functionRows,
	},
	{
		Name: "script", Arity: -2, Group: "scripting", Since: "2.6.0",
		Doc:  "Commands on scripts of Lua.",
		Cost: "Depends on the subcommand.",
		Sub:  scriptSubRows,
	},
}

var scriptSubRows = []*Row{
	{
		Name: "debug", Usage: "YES|SYNC|NO", Arity: 3, Flags: NoScript, Class: ClassScripting, Group: "scripting", Since: "3.2.0",
		Doc:  "Switches the debugger of scripts, which this server lacks: only NO is taken.",
		Cost: "O(1)",
		Run:  connected(scriptDebug),
	},
	{
		Name: "exists", Usage: "<sha1> [<sha1> ...]", Arity: -3, Flags: NoScript, Class: ClassScripting, Group: "scripting", Since: "2.6.0",
		Tips: []string{tipAllShards, tipLogicalAnd},
		Doc:  "Tells which scripts are known.",
		Cost: "O(N) where N is the number of scripts.",
		Run:  connected(scriptExists),
	},
	{
		Name: "flush", Usage: "[ASYNC|SYNC]", Arity: -2, Flags: NoScript, Class: ClassScripting, Group: "scripting", Since: "2.6.0",
		Tips: []string{tipAllNodes, tipAllSucceeded},
		Doc:  "Forgets all scripts.",
		Cost: "O(N) where N is the number of scripts.",
		History: []Change{
			{"6.2.0", "Takes ASYNC and SYNC."},
		},
		Run: connected(scriptFlush),
	},
	{
		Name: "help", Arity: 2, Flags: Loading | Stale, Class: ClassScripting, Group: "scripting", Since: "5.0.0",
		Doc:  helpDoc,
		Cost: "O(1)",
		Run:  help,
	},
	{
		Name: "kill", Arity: 2, Flags: NoScript | AllowBusy, Class: ClassScripting, Group: "scripting", Since: "2.6.0",
		Tips: []string{tipAllShards, tipOneSucceeded},
		Doc:  "Ends the script that runs, unless it has written.",
		Cost: "O(1)",
		Run:  connected(func(c *Call) error { return c.ok(c.Conn.Scripts().Kill(false)) }),
	},
	{
		Name: "load", Usage: "<script>", Arity: 3, Flags: NoScript | Stale, Class: ClassScripting, Group: "scripting", Since: "2.6.0",
		Tips: []string{tipAllNodes, tipAllSucceeded},
		Doc:  "Keeps a script for EVALSHA.",
		Cost: "O(N) where N is the length of the script.",
		Run: connected(func(c *Call) error {
			sha, err := c.Conn.Scripts().Load(c.Args[2])
			return c.bulk(sha, err)
		}),
	},
	{
		Name: "show", Usage: "<sha1>", Arity: 3, Flags: NoScript, Class: ClassScripting, Group: "scripting", Since: "8.0.0",
		Doc:  "Returns the source of a script.",
		Cost: "O(1)",
		Run:  connected(scriptShow),
	},
}

var functionRows = []*Row{
	{
		Name: "delete", Usage: "<library name>", Arity: 3, Flags: NoScript | Write, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Tips: []string{tipAllShards, tipAllSucceeded},
		Doc:  "Forgets a library.",
		Cost: "O(1)",
		Run:  functionDelete,
	},
	{
		Name: "dump", Arity: 2, Flags: NoScript, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Doc:  "Returns all libraries in the form that FUNCTION RESTORE takes.",
		Cost: "O(N) where N is the number of functions.",
		Run:  func(c *Call) error { return c.bulk(c.DB.DumpLibraries(), nil) },
	},
	{
		Name: "flush", Usage: "[ASYNC|SYNC]", Arity: -2, Flags: NoScript | Write, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Tips: []string{tipAllShards, tipAllSucceeded},
		Doc:  "Forgets all libraries.",
		Cost: "O(N) where N is the number of functions.",
		Run:  functionFlush,
	},
	{
		Name: "help", Arity: 2, Flags: Loading | Stale, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Doc:  helpDoc,
		Cost: "O(1)",
		Run:  help,
	},
	{
		Name: "kill", Arity: 2, Flags: NoScript | AllowBusy, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Tips: []string{tipAllShards, tipOneSucceeded},
		Doc:  "Ends the function that runs, unless it has written.",
		Cost: "O(1)",
		Run:  connected(func(c *Call) error { return c.ok(c.Conn.Scripts().Kill(true)) }),
	},
	{
		Name: "list", Usage: "[LIBRARYNAME pattern] [WITHCODE]", Arity: -2, Flags: NoScript, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Tips: []string{tipRandomInOrder},
		Doc:  "Describes libraries and their functions.",
		Cost: "O(N) where N is the number of functions.",
		Run:  connected(functionList),
	},
	{
		Name: "load", Usage: "[REPLACE] <code>", Arity: -3, Flags: NoScript | Write | DenyOOM, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Tips: []string{tipAllShards, tipAllSucceeded},
		Doc:  "Keeps a library.",
		Cost: "O(1), and what its code does.",
		Run:  connected(functionLoad),
	},
	{
		Name: "restore", Usage: "<payload> [FLUSH|APPEND|REPLACE]", Arity: -3, Flags: NoScript | Write | DenyOOM, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Tips: []string{tipAllShards, tipAllSucceeded},
		Doc:  "Keeps the libraries that FUNCTION DUMP has returned, all or none of them.",
		Cost: "O(N) where N is the number of functions of the payload.",
		Run:  connected(functionRestore),
	},
	{
		Name: "stats", Arity: 2, Flags: NoScript | AllowBusy, Class: ClassScripting, Group: "scripting", Since: "7.0.0",
		Tips: []string{tipRandom, tipAllShards, "response_policy:special"},
		Doc:  "Tells which function runs, and how many there are.",
		Cost: "O(1)",
		Run:  connected(functionStats),
	},
}

// Errors of scripts.
const (
	errManyKeys     = Error("ERR Number of keys can't be greater than number of args")
	errNegativeKeys = Error("ERR Number of keys can't be negative")
	errBadKeys      = Error("ERR Bad number of keys provided")
	errScriptFlush  = Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
	errFuncFlush    = Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
	errDebugger     = Error("ERR the debugger of scripts is not part of this server")
	errDebugMode    = Error("ERR Use SCRIPT DEBUG YES/SYNC/NO")
	errNoLibrary    = Error("ERR Library not found")
	errLibPolicy    = Error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
	errNoLibName    = Error("ERR library name argument was not given")

	ErrNoFunction = Error("ERR Function not found")
	ErrNoScript   = Error("NOSCRIPT No matching script. Please use EVAL.")
)

// script runs a script: name numkeys key ... arg ...
func (c *Call) script(run func(c *Call, s Script) error, readOnly bool) error {
	n, err := integer(c.Args[2])
	if err != nil {
		return err
	}
	return c.scriptOn(n, run, readOnly)
}

// shaLength is how long a SHA-1 in hexadecimal is.
const shaLength = 40

func (c *Call) scriptBySHA(readOnly bool) error {
	if len(c.Args[1]) != shaLength {
		return ErrNoScript
	}
	return c.script(c.Conn.Scripts().EvalSHA, readOnly)
}

// scriptOn runs a script with n keys.
func (c *Call) scriptOn(n int64, run func(c *Call, s Script) error, readOnly bool) error {
	rest := c.Args[3:]
	switch {
	case n > int64(len(rest)):
		return errManyKeys
	case n < 0:
		return errNegativeKeys
	}
	return run(c, Script{Name: c.Args[1], Keys: rest[:n], Args: rest[n:], ReadOnly: readOnly})
}

func (c *Call) callFunction(readOnly bool) error {
	if !c.Conn.Scripts().HasFunction(c.DB, c.Args[1]) {
		return ErrNoFunction
	}
	n, ok := number.ParseInt(c.Args[2])
	if !ok {
		return errBadKeys
	}
	return c.scriptOn(n, c.Conn.Scripts().Call, readOnly)
}

// scriptDebug is SCRIPT DEBUG. A debugger needs a client that speaks its protocol, and a store that
// stands still meanwhile.
func scriptDebug(c *Call) error {
	switch {
	case is(c.Args[2], "no"):
		return c.ok(nil)
	case is(c.Args[2], "yes"), is(c.Args[2], "sync"):
		return errDebugger
	}
	return errDebugMode
}

func scriptExists(c *Call) error {
	c.Out.Array(len(c.Args) - 2)
	for _, sha := range c.Args[2:] {
		n := int64(0)
		if _, ok := c.Conn.Scripts().Source(sha); ok {
			n = 1
		}
		c.Out.Int(n)
	}
	return nil
}

func scriptFlush(c *Call) error {
	if len(c.Args) > 3 || len(c.Args) == 3 && !is(c.Args[2], "sync") && !is(c.Args[2], "async") {
		return errScriptFlush
	}
	c.Conn.Scripts().Flush()
	return c.ok(nil)
}

func scriptShow(c *Call) error {
	source, ok := c.Conn.Scripts().Source(c.Args[2])
	if !ok {
		return ErrNoScript
	}
	return c.bulk(source, nil)
}

func functionDelete(c *Call) error {
	deleted, err := c.DB.DeleteLibrary(c.Args[2])
	if err == nil && !deleted {
		err = errNoLibrary
	}
	return c.ok(err)
}

func functionFlush(c *Call) error {
	switch {
	case len(c.Args) > 3:
		return c.misused()
	case len(c.Args) == 3 && !is(c.Args[2], "sync") && !is(c.Args[2], "async"):
		return errFuncFlush
	}
	return c.ok(c.DB.FlushLibraries())
}

func functionLoad(c *Call) error {
	replace := false
	for _, arg := range c.Args[2 : len(c.Args)-1] {
		if !is(arg, "replace") {
			return Error("ERR Unknown option given: " + cString(arg))
		}
		replace = true
	}
	name, err := c.Conn.Scripts().LoadLibrary(c.DB, c.Args[len(c.Args)-1], replace)
	return c.bulk(name, err)
}

func functionRestore(c *Call) error {
	policy := AppendLibraries
	switch {
	case len(c.Args) > 4:
		return c.misused()
	case len(c.Args) == 3, is(c.Args[3], "append"):
	case is(c.Args[3], "replace"):
		policy = ReplaceLibraries
	case is(c.Args[3], "flush"):
		policy = FlushLibraries
	default:
		return errLibPolicy
	}
	return c.ok(c.Conn.Scripts().RestoreLibraries(c.DB, c.Args[2], policy))
}

func functionList(c *Call) error {
	pattern, named, withCode := "", false, false
	for i := 2; i < len(c.Args); i++ {
		switch arg := c.Args[i]; {
		case !withCode && is(arg, "withcode"):
			withCode = true
		case !named && is(arg, "libraryname"):
			if i++; i == len(c.Args) {
				return errNoLibName
			}
			pattern, named = c.Args[i], true
		default:
			return Error("ERR Unknown argument " + cString(arg))
		}
	}
	var list []Library
	for _, lib := range c.Conn.Scripts().Libraries(c.DB) {
		if !named || glob.Match(strings.ToLower(pattern), strings.ToLower(lib.Name)) {
			list = append(list, lib)
		}
	}
	c.Out.Array(len(list))
	for i := range list {
		c.library(&list[i], withCode)
	}
	return nil
}

// library replies what a library is.
func (c *Call) library(lib *Library, withCode bool) {
	fields := 3
	if withCode {
		fields++
	}
	c.Out.Map(fields)
	c.Out.Bulk("library_name")
	c.Out.Bulk(lib.Name)
	c.Out.Bulk("engine")
	c.Out.Bulk(lib.Engine)
	c.Out.Bulk("functions")
	c.Out.Array(len(lib.Functions))
	for _, f := range lib.Functions {
		c.Out.Map(3)
		c.Out.Bulk("name")
		c.Out.Bulk(f.Name)
		c.Out.Bulk("description")
		if f.Description.OK {
			c.Out.Bulk(f.Description.Value)
		} else {
			c.Out.Null()
		}
		c.Out.Bulk("flags")
		c.Out.Set(len(f.Flags))
		for _, flag := range f.Flags {
			c.Out.Simple(flag)
		}
	}
	if withCode {
		c.Out.Bulk("library_code")
		c.Out.Bulk(lib.Code)
	}
}

func functionStats(c *Call) error {
	running, ok, err := c.Conn.Scripts().Running()
	if err != nil {
		return err
	}
	libraries, functions := c.Conn.Scripts().Count(c.DB)
	c.Out.Map(2)
	c.Out.Bulk("running_script")
	if ok {
		c.Out.Map(3)
		c.Out.Bulk("name")
		c.Out.Bulk(running.Name)
		c.Out.Bulk("command")
		_ = c.list(running.Call, nil)
		c.pair("duration_ms", running.Took.Milliseconds())
	} else {
		c.Out.Null()
	}
	c.Out.Bulk("engines")
	c.Out.Map(1)
	c.Out.Bulk("LUA")
	c.Out.Map(2)
	c.pair("libraries_count", int64(libraries))
	c.pair("functions_count", int64(functions))
	return nil
}

package command

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// scriptedConn is a connection whose scripts are run by nobody: they note what is asked of them.
type scriptedConn struct {
	fakeConn
	scripts fakeScripts
}

func (s *scriptedConn) Scripts() Scripts { return &s.scripts }

// fakeScripts know one script and one library, and write down what is to be run.
type fakeScripts struct {
	asked   string
	fails   error
	running *RunningFunction
}

const (
	knownSHA    = "0123456789abcdef0123456789abcdef01234567"
	knownSource = "return 5"
	anotherSHA  = "1111111111111111111111111111111111111111"
)

func (f *fakeScripts) note(c *Call, kind string, s Script) error {
	f.asked = fmt.Sprintf("%s %s %v %v %v", kind, s.Name, s.Keys, s.Args, s.ReadOnly)
	if f.fails == nil {
		c.Out.Int(5)
	}
	return f.fails
}

func (f *fakeScripts) Eval(c *Call, s Script) error    { return f.note(c, "eval", s) }
func (f *fakeScripts) EvalSHA(c *Call, s Script) error { return f.note(c, "sha", s) }
func (f *fakeScripts) Call(c *Call, s Script) error    { return f.note(c, "call", s) }

func (f *fakeScripts) Load(source string) (string, error) { return knownSHA, f.fails }

func (f *fakeScripts) Source(sha string) (string, bool) { return knownSource, sha == knownSHA }
func (f *fakeScripts) Flush()                           { f.asked = "flush" }

func (f *fakeScripts) Kill(function bool) error {
	f.asked = fmt.Sprint("kill ", function)
	return f.fails
}

func (f *fakeScripts) Running() (r RunningFunction, ok bool, err error) {
	if f.running != nil {
		return *f.running, true, nil
	}
	return r, false, f.fails
}

func (f *fakeScripts) BusyError() error { return f.fails }

func (f *fakeScripts) LoadLibrary(_ *nook.Commands, code string, replace bool) (string, error) {
	f.asked = fmt.Sprint("load ", code, " ", replace)
	return "lib", f.fails
}

func (f *fakeScripts) RestoreLibraries(_ *nook.Commands, payload string, p LibraryPolicy) error {
	f.asked = fmt.Sprint("restore ", payload, " ", p)
	return f.fails
}

func (f *fakeScripts) Libraries(*nook.Commands) []Library {
	return []Library{
		{Name: "Lib", Engine: "LUA", Code: "code", Functions: []Function{
			{Name: "f"}, {Name: "g", Description: nook.Optional{Value: "does", OK: true}, Flags: []string{"no-writes"}},
		}},
		{Name: "two", Engine: "LUA", Code: "more"},
	}
}

func (f *fakeScripts) HasFunction(_ *nook.Commands, name string) bool { return name == "f" }
func (f *fakeScripts) Count(*nook.Commands) (int, int)                { return 2, 3 }

// ask runs a line, whose arguments are parted by spaces, and returns its reply and what was asked of the scripts.
func (s *scriptedConn) ask(t *tester, line string) (reply, asked string) {
	s.scripts.asked = ""
	_, reply = t.call(s, strings.Fields(line)...)
	return reply, s.scripts.asked
}

// TestScriptCalls has the errors of a redis-server 7.0.15, in its order where a call is wrong in several ways.
func TestScriptCalls(t *testing.T) {
	s, c := newTester(t), &scriptedConn{}
	for _, step := range []struct{ line, reply, asked string }{
		{"EVAL x 0", ":5", "eval x [] [] false"},
		{"eval x 2 a b c", ":5", "eval x [a b] [c] false"},
		{"EVAL_RO x 1 a", ":5", "eval x [a] [] true"},
		{"EVAL x 1", "-ERR Number of keys can't be greater than number of args", ""},
		{"EVAL x -1", "-ERR Number of keys can't be negative", ""},
		{"EVAL x one", "-ERR value is not an integer or out of range", ""},
		{"EVAL x 99999999999999999999", "-ERR value is not an integer or out of range", ""},
		{"EVALSHA " + knownSHA + " 1 a b", ":5", "sha " + knownSHA + " [a] [b] false"},
		{"EVALSHA_RO " + anotherSHA + " 0", ":5", "sha " + anotherSHA + " [] [] true"},
		{"EVALSHA short x", "-NOSCRIPT No matching script. Please use EVAL.", ""},
		{"EVALSHA " + anotherSHA + " x", "-ERR value is not an integer or out of range", ""},
		{"EVALSHA_RO " + anotherSHA + " 1", "-ERR Number of keys can't be greater than number of args", ""},
		{"FCALL f 1 a b", ":5", "call f [a] [b] false"},
		{"FCALL_RO f 0", ":5", "call f [] [] true"},
		{"FCALL nosuch x", "-ERR Function not found", ""},
		{"FCALL f x", "-ERR Bad number of keys provided", ""},
		{"FCALL f 1", "-ERR Number of keys can't be greater than number of args", ""},
		{"FCALL_RO f -1", "-ERR Number of keys can't be negative", ""},
	} {
		reply, asked := c.ask(s, step.line)
		require.Equal(t, step.reply+"\r\n", reply, step.line)
		require.Equal(t, step.asked, asked, step.line)
	}
	c.scripts.fails = Error("MY error")
	for _, line := range []string{"EVAL x 0", "EVALSHA " + knownSHA + " 0", "FCALL f 0", "SCRIPT LOAD x", "FUNCTION LOAD x", "SCRIPT KILL", "FUNCTION KILL", "FUNCTION STATS"} {
		reply, _ := c.ask(s, line)
		require.Equal(t, "-MY error\r\n", reply, line)
	}
}

func TestScriptSubcommands(t *testing.T) {
	s, c := newTester(t), &scriptedConn{}
	const misused = "-ERR unknown subcommand or wrong number of arguments for 'flush'. Try FUNCTION HELP."
	for _, step := range []struct{ line, reply, asked string }{
		{"SCRIPT LOAD x", "$40\r\n" + knownSHA, ""},
		{"SCRIPT EXISTS " + knownSHA + " x", "*2\r\n:1\r\n:0", ""},
		{"SCRIPT SHOW " + knownSHA, "$8\r\nreturn 5", ""},
		{"SCRIPT SHOW " + anotherSHA, "-NOSCRIPT No matching script. Please use EVAL.", ""},
		{"SCRIPT FLUSH", "+OK", "flush"},
		{"SCRIPT FLUSH aSync", "+OK", "flush"},
		{"SCRIPT FLUSH sync", "+OK", "flush"},
		{"SCRIPT FLUSH x", "-ERR SCRIPT FLUSH only support SYNC|ASYNC option", ""},
		{"SCRIPT FLUSH sync sync", "-ERR SCRIPT FLUSH only support SYNC|ASYNC option", ""},
		{"SCRIPT KILL", "+OK", "kill false"},
		{"FUNCTION RESTORE x", "+OK", "restore x 0"},
		{"FUNCTION RESTORE x Append", "+OK", "restore x 0"},
		{"FUNCTION RESTORE x replace", "+OK", "restore x 1"},
		{"FUNCTION RESTORE x FLUSH", "+OK", "restore x 2"},
		{"FUNCTION RESTORE x y", "-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.", ""},
		{"FUNCTION RESTORE x FLUSH z", "-ERR unknown subcommand or wrong number of arguments for 'RESTORE'. Try FUNCTION HELP.", ""},
		{"SCRIPT DEBUG no", "+OK", ""},
		{"SCRIPT DEBUG yes", "-ERR the debugger of scripts is not part of this server", ""},
		{"SCRIPT DEBUG Sync", "-ERR the debugger of scripts is not part of this server", ""},
		{"SCRIPT DEBUG x", "-ERR Use SCRIPT DEBUG YES/SYNC/NO", ""},
		{"FUNCTION LOAD code", "$3\r\nlib", "load code false"},
		{"FUNCTION LOAD rePlace REPLACE code", "$3\r\nlib", "load code true"},
		{"FUNCTION LOAD x code", "-ERR Unknown option given: x", ""},
		{"FUNCTION DELETE nosuch", "-ERR Library not found", ""},
		{"FUNCTION FLUSH", "+OK", ""},
		{"FUNCTION FLUSH async", "+OK", ""},
		{"FUNCTION FLUSH SYNC", "+OK", ""},
		{"FUNCTION FLUSH x", "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option", ""},
		{"FUNCTION flush sync async", misused, ""},
		{"FUNCTION KILL", "+OK", "kill true"},
		{"FUNCTION LIST x", "-ERR Unknown argument x", ""},
		{"FUNCTION LIST LIBRARYNAME", "-ERR library name argument was not given", ""},
		{"FUNCTION LIST libraryname a libraryname b", "-ERR Unknown argument libraryname", ""},
		{"FUNCTION LIST withcode WITHCODE", "-ERR Unknown argument WITHCODE", ""},
		{"FUNCTION LIST libraryname TW?", "*1\r\n*6\r\n$12\r\nlibrary_name\r\n$3\r\ntwo\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n*0", ""},
		{"FUNCTION LIST withcode libraryname T*", "*1\r\n*8\r\n$12\r\nlibrary_name\r\n$3\r\ntwo\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n*0\r\n$12\r\nlibrary_code\r\n$4\r\nmore", ""},
		{"FUNCTION LIST libraryname nosuch", "*0", ""},
	} {
		reply, asked := c.ask(s, step.line)
		require.Equal(t, step.reply+"\r\n", reply, step.line)
		require.Equal(t, step.asked, asked, step.line)
	}
}

func TestFunctionDescriptions(t *testing.T) {
	s, c := newTester(t), &scriptedConn{}
	s.proto = 3
	reply, _ := c.ask(s, "FUNCTION LIST LIBRARYNAME lib")
	require.Equal(t, "*1\r\n%3\r\n$12\r\nlibrary_name\r\n$3\r\nLib\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n*2\r\n"+
		"%3\r\n$4\r\nname\r\n$1\r\nf\r\n$11\r\ndescription\r\n_\r\n$5\r\nflags\r\n~0\r\n"+
		"%3\r\n$4\r\nname\r\n$1\r\ng\r\n$11\r\ndescription\r\n$4\r\ndoes\r\n$5\r\nflags\r\n~1\r\n+no-writes\r\n", reply)

	const engines = "$7\r\nengines\r\n%1\r\n$3\r\nLUA\r\n%2\r\n$15\r\nlibraries_count\r\n:2\r\n$15\r\nfunctions_count\r\n:3\r\n"
	reply, _ = c.ask(s, "FUNCTION STATS")
	require.Equal(t, "%2\r\n$14\r\nrunning_script\r\n_\r\n"+engines, reply)
	c.scripts.running = &RunningFunction{Name: "f", Call: []string{"fcall", "f", "0"}, Took: 1234567 * time.Microsecond}
	reply, _ = c.ask(s, "FUNCTION STATS")
	require.Equal(t, "%2\r\n$14\r\nrunning_script\r\n%3\r\n$4\r\nname\r\n$1\r\nf\r\n$7\r\ncommand\r\n*3\r\n$5\r\nfcall\r\n$1\r\nf\r\n$1\r\n0\r\n"+
		"$11\r\nduration_ms\r\n:1234\r\n"+engines, reply)
}

// TestLibrariesOfTheStore shows that what needs no Lua is done to the store, and by who replays a journal too.
func TestLibrariesOfTheStore(t *testing.T) {
	s := newTester(t)
	require.NoError(t, s.store.PutLibrary(nook.Library{Name: "a", Engine: "LUA", Code: "x"}))
	require.NoError(t, s.store.PutLibrary(nook.Library{Name: "b", Engine: "LUA", Code: "y"}))
	require.Equal(t, "+OK", s.do("FUNCTION", "DELETE", "a"))
	require.Equal(t, "-ERR Library not found", s.do("FUNCTION", "DELETE", "a"))
	require.Equal(t, "+OK", s.do("FUNCTION", "FLUSH"))
	all, _ := s.store.Libraries()
	require.Empty(t, all)
	require.NoError(t, s.store.Close())
	require.Equal(t, "-ERR the store is closed", s.do("FUNCTION", "DELETE", "a"))
	require.Equal(t, "-ERR the store is closed", s.do("FUNCTION", "FLUSH"))
}

func TestScriptErrors(t *testing.T) {
	s := newTester(t)
	for _, line := range []string{
		"EVAL x 0", "EVALSHA " + knownSHA + " 0", "EVAL_RO x 0", "EVALSHA_RO " + knownSHA + " 0", "FCALL f 0", "FCALL_RO f 0",
		"SCRIPT EXISTS x", "SCRIPT LOAD x", "SCRIPT FLUSH", "SCRIPT KILL", "SCRIPT SHOW x", "SCRIPT DEBUG no",
		"FUNCTION LOAD x", "FUNCTION LIST", "FUNCTION STATS", "FUNCTION KILL",
	} {
		require.Equal(t, "-ERR the command needs a connection", s.do(strings.Fields(line)...), line)
	}
	for line, name := range map[string]string{
		"EVAL x": "eval", "EVALSHA x": "evalsha", "EVAL_RO x": "eval_ro", "EVALSHA_RO x": "evalsha_ro", "FCALL f": "fcall", "FCALL_RO f": "fcall_ro",
		"SCRIPT EXISTS": "script|exists", "SCRIPT LOAD": "script|load", "SCRIPT LOAD a b": "script|load", "SCRIPT KILL x": "script|kill",
		"SCRIPT DEBUG": "script|debug", "SCRIPT SHOW": "script|show", "FUNCTION LOAD": "function|load", "FUNCTION DELETE a b": "function|delete",
		"FUNCTION STATS x": "function|stats", "FUNCTION KILL x": "function|kill", "SCRIPT": "script", "FUNCTION": "function",
	} {
		require.Equal(t, "-ERR wrong number of arguments for '"+name+"' command", s.do(strings.Fields(line)...), line)
	}
	require.Equal(t, "-ERR unknown subcommand 'nosuch'. Try SCRIPT HELP.", s.do("SCRIPT", "nosuch"))
	require.Equal(t, "-ERR unknown subcommand 'nosuch'. Try FUNCTION HELP.", s.do("FUNCTION", "nosuch"))
	require.Contains(t, s.do("SCRIPT", "HELP"), "+LOAD <script>")
	require.Contains(t, s.do("FUNCTION", "HELP"), "+LOAD [REPLACE] <code>")
}

// TestScriptKeys shows where the keys of scripts are.
func TestScriptKeys(t *testing.T) {
	s := newTester(t)
	s.script(`
		COMMAND GETKEYS EVAL x 2 a b c => [$a $b]
		COMMAND GETKEYS FCALL_RO f 1 a b => [$a]
		COMMAND GETKEYS EVALSHA x 0 a => []
		COMMAND GETKEYS EVAL x 5 a => []
		COMMAND GETKEYSANDFLAGS EVAL_RO x 1 a => [[$a [+RO +access]]]
		COMMAND GETKEYSANDFLAGS FCALL x 1 a => [[$a [+RW +access +update]]]
	`)
}

package differential

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// A busyTalk is what clients say before a script runs for too long, then, and when it has been ended. Lines are as in scripts;
// connections 8 and 9 are taken.
type busyTalk struct {
	before string
	begin  command // the script
	during string
	after  string
}

// Scripts without an end, the second of which keeps everybody from all keys.
var (
	endless      = command{"EVAL", "while true do end", "0"}
	endlessWhole = command{"EVAL", "redis.call('GET', 'any') while true do end", "0"}
	endlessCall  = command{"FCALL", "slow", "1", "k", "arg"}
)

const slowLibrary = `FUNCTION LOAD "#!lua name=lib\nredis.register_function('slow', function() while true do end end)"
	`

var busyTalks = []busyTalk{
	{"", endless, "[9] SCRIPT KILL", "SCRIPT KILL\nFUNCTION KILL\nPING"},
	{"", command{"EVAL_RO", "while true do end", "0"}, "[9] SCRIPT KILL", "SCRIPT KILL"},
	{"", command{"EVAL", "#!lua\nwhile true do end", "0"}, "[9] SCRIPT KILL", "SCRIPT KILL"},
	{"SET k v", endlessWhole, `
		PING ; GET k ; SET k v ; ECHO x ; TIME ; SELECT 1 ; DBSIZE ; FLUSHALL ; KEYS * ; INFO ; CONFIG GET maxmemory ; CLIENT ID ; COMMAND COUNT
		CLIENT LIST ; CLIENT UNBLOCK 5 ; CLIENT SETNAME x
		EVAL "return 1" 0 ; EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0 ; SCRIPT LOAD x ; SCRIPT EXISTS x ; SCRIPT FLUSH
		FUNCTION LIST ; FUNCTION LOAD x ; FCALL f 0 ; FUNCTION STATS ; SCRIPT HELP
		PUBLISH c m ; SUBSCRIBE c ; UNSUBSCRIBE c ; BLPOP l 0 ; XREAD BLOCK 0 STREAMS s $
		NOSUCH ; GET ; GET a b ; CLIENT NOSUCH ; SCRIPT NOSUCH ; EXEC ; DISCARD
		AUTH default x ; HELLO 9 ; HELLO 3 ; HELLO 2 ; RESET
		FUNCTION KILL
		[9] SCRIPT KILL
		`, "GET k\nPING"},
	{"MULTI\nSET k v", endlessWhole, "GET k\nPING\nEXEC\nPING\n[9] SCRIPT KILL", "GET k\nEXEC"},
	{"MULTI\nSET k v", endlessWhole, "[1] PING\n[9] SCRIPT KILL", "EXEC\nGET k"},
	{"MULTI\nSET k v", endlessWhole, "EXEC\n[9] SCRIPT KILL", "GET k\nEXEC"},
	{"MULTI\nSET k v", endlessWhole, "SCRIPT KILL\n[9] SCRIPT KILL", "EXEC\nGET k"},
	{"MULTI\nSET k v", endlessWhole, "MULTI\nWATCH k\nSHUTDOWN NOSAVE\nSUBSCRIBE\nDISCARD\n[9] SCRIPT KILL", "GET k\nEXEC"},
	{"", endlessWhole, "MULTI\nDISCARD\nMULTI\nRESET\nMULTI\n[9] SCRIPT KILL", "SET k v\nEXEC\nGET k"},
	{"WATCH k", endlessWhole, "UNWATCH\n[9] SCRIPT KILL", "SET k v\nMULTI\nGET k\nEXEC"},
	{"WATCH k\n[1] WATCH k\n[2] WATCH k", endlessWhole, "MULTI\n[1] QUIT\n[2] RESET\n[9] SCRIPT KILL", "GET k\nEXEC\n[2] SET k v"},
	{"SUBSCRIBE c", endlessWhole, "GET k\nPUBLISH c m\nPING\nPING x\nUNSUBSCRIBE c\n[9] SCRIPT KILL", "RESET\nPING"},
	{"", endless, "[1] SHUTDOWN\n[1] SHUTDOWN SAVE\n[1] SHUTDOWN NOW\n[1] SHUTDOWN ABORT\n[1] SHUTDOWN x\n[1] SHUTDOWN SAVE NOSAVE\n[9] SCRIPT KILL", "PING"},
	{"", endless, "[1] QUIT\n[2] SCRIPT KILL x\n[2] SCRIPT\n[2] FUNCTION STATS x\n[9] SCRIPT KILL", "PING"},
	{slowLibrary, endlessCall, `
		FUNCTION STATS ; GET k ; PING ; SCRIPT KILL ; FCALL slow 0 ; FUNCTION LIST ; FUNCTION FLUSH ; FUNCTION DELETE lib
		[1] SHUTDOWN
		[9] FUNCTION KILL
		`, "FUNCTION STATS\nFUNCTION KILL\nSCRIPT KILL\nFUNCTION LIST"},
	{
		`FUNCTION LOAD "#!lua name=lib\nredis.register_function{function_name='slow', callback=function() while true do end end, flags={'no-writes'}}"`,
		command{"FCALL_RO", "slow", "0"}, "[9] FUNCTION KILL", `
		FUNCTION KILL
		FUNCTION LOAD REPLACE "#!lua name=lib\nredis.register_function{function_name='quick', callback=function() return 5 end, flags={'no-writes'}}"
		FCALL slow 0 ; FCALL quick 0 ; FCALL_RO quick 0
		SCRIPT LOAD "return 1" ; EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0 ; EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0 ; FUNCTION DELETE lib
		`,
	},
	{"", command{"EVAL", "while true do redis.pcall('GET', 'k') end", "0"}, "GET k\n[9] SCRIPT KILL", "GET k"},
	{"", command{"EVAL", "while true do pcall(function() while true do end end) end", "0"}, "GET k\n[9] SCRIPT KILL", "GET k"},
}

// TestBusy compares what clients get while a script runs for too long.
func TestBusy(t *testing.T) {
	sides := versusOwn(t)
	for _, b := range busyTalks {
		for _, version := range []int{2, 3} {
			b.run(t, sides, version)
		}
	}
}

func (b busyTalk) run(t *testing.T, sides [2]side, version int) {
	t.Helper()
	r := begin(t, sides, version)
	defer r.close()
	say := func(text string) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				require.True(t, r.steps(sequence{parseStep(t, line)}), "%s", &r.log)
			}
		}
	}
	say("CONFIG SET busy-reply-threshold 1\n" + b.before)
	runner := r.client(8)
	for _, conn := range runner.conns {
		conn.Send(b.begin...)
		conn.Flush()
	}
	for _, conn := range r.client(9).conns {
		awaitBusy(t, conn)
	}
	say(b.during)
	ended := step{commands: []command{b.begin}}
	redis, nook := ended.receive(runner.conns[0]), ended.receive(runner.conns[1])
	require.Equal(t, redis, nook, "%s", &r.log)
	require.Empty(t, redis.end, "%s", &r.log)
	say(b.after + "\n[9] CONFIG SET busy-reply-threshold 5000")
}

// awaitBusy returns once a script has been running for too long.
func awaitBusy(t *testing.T, c *redistest.Conn) {
	t.Helper()
	for range 1_000_000 {
		if strings.HasPrefix(c.Do("PING").Str, "BUSY") {
			return
		}
	}
	require.Fail(t, "no script is busy")
}

// TestUnkillable has scripts that have written, and so can only be ended with the server.
func TestUnkillable(t *testing.T) {
	for _, script := range []command{
		{"EVAL", "redis.call('SET', 'k', 'v') while true do end", "0"},
		{"EVAL", "redis.pcall('SET', KEYS[1], 'v', 'nosuch') while true do end", "1", "k"},
		{"EVAL", "redis.pcall('SET') redis.pcall('PUBLISH', 'c', 'm') while true do redis.call('INCR', 'k') end", "0"},
		{"FCALL", "slow", "1", "k"},
	} {
		r := begin(t, versusOwn(t), 3)
		require.True(t, r.steps(sequence{
			one("CONFIG", "SET", "busy-reply-threshold", "1"),
			one("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('slow', function() redis.call('SET', 'k', 'v') while true do end end)"),
		}), "%s", &r.log)
		for _, conn := range r.client(8).conns {
			conn.Send(script...)
			conn.Flush()
		}
		for _, conn := range r.client(9).conns {
			awaitBusy(t, conn)
		}
		require.True(t, r.steps(sequence{
			one("SCRIPT", "KILL"), one("FUNCTION", "KILL"), one("GET", "k"), one("SHUTDOWN"), one("SHUTDOWN", "NOSAVE"),
		}), "%s", &r.log)
		r.close()
	}
}

// sameStats compares replies of FUNCTION STATS but for how long the function has been running.
func sameStats(redis, nook resp.Reply) bool { return timeless(redis).Equal(timeless(nook)) }

func timeless(r resp.Reply) resp.Reply {
	r.Elems = slices.Clone(r.Elems)
	for i := range r.Elems {
		r.Elems[i] = timeless(r.Elems[i])
		if i > 0 && r.Elems[i-1].Str == "duration_ms" {
			r.Elems[i].Int = 0
		}
	}
	return r
}

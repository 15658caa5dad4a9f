package server

import (
	"net"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

const (
	noAuth      = "-NOAUTH Authentication required."
	wrongPass   = "-WRONGPASS invalid username-password pair or user is disabled."
	execAbort   = "-EXECABORT Transaction discarded because of previous errors."
	badName     = "-ERR Client names cannot contain spaces, newlines or special characters."
	noPassword  = "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"
	helloNoAuth = "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
	hello2      = `["server" "redis" "version" "7.0.15" "proto" :2 "id" :1 "mode" "standalone" "role" "master" "modules" []]`
	hello3      = `{"server" "redis" "version" "7.0.15" "proto" :3 "id" :1 "mode" "standalone" "role" "master" "modules" []}`
)

// sessionScripts are what redis-server 7.0.15 answers to the same lines.
var sessionScripts = []struct {
	name     string
	password string
	lines    []string
	replies  []string
}{
	{"ping", "", []string{"PING", "ping hi", "PING a b", "ECHO x", "ECHO"},
		[]string{"+PONG", `"hi"`, "-ERR wrong number of arguments for 'ping' command", `"x"`, "-ERR wrong number of arguments for 'echo' command"}},
	{"hello", "", []string{"HELLO", "HELLO 3", "HELLO", "HELLO 2"}, []string{hello2, hello3, hello3, hello2}},
	{"hello errors", "", []string{"HELLO 4", "HELLO x", "HELLO 1", "HELLO 2 x", "HELLO 3 AUTH a", "HELLO 3 AUTH a b", `HELLO 3 SETNAME "a b"`, "HELLO"},
		[]string{
			"-NOPROTO unsupported protocol version", "-ERR Protocol version is not an integer or out of range", "-NOPROTO unsupported protocol version",
			"-ERR Syntax error in HELLO option 'x'", "-ERR Syntax error in HELLO option 'AUTH'", wrongPass, badName, hello2,
		}},
	{"hello obeys what precedes an error", "", []string{"HELLO 3 SETNAME ab foo", "CLIENT GETNAME"},
		[]string{"-ERR Syntax error in HELLO option 'foo'", `"ab"`}},
	{"select", "", []string{"SELECT 16", "SELECT -1", "SELECT x", "SET k 1", "SELECT 15", "GET k", "SELECT 0", "GET k"},
		[]string{
			"-ERR DB index is out of range", "-ERR DB index is out of range", "-ERR value is not an integer or out of range",
			"+OK", "+OK", "nil", "+OK", `"1"`,
		}},
	{"select far out", "", []string{"SELECT 2147483648", "SELECT 2147483647"},
		[]string{"-ERR value is out of range, value must between -2147483648 and 2147483647", "-ERR DB index is out of range"}},
	{"auth without a password", "", []string{"AUTH x", "AUTH default x", "AUTH foo x", "AUTH a b c", "AUTH"},
		[]string{noPassword, "+OK", wrongPass, "-ERR syntax error", "-ERR wrong number of arguments for 'auth' command"}},
	{"before auth", "sec", []string{"PING", "GET", "NOSUCH a", "GET a", "HELLO", "HELLO 3", "HELLO 9", "HELLO 3 SETNAME x", "CLIENT FOO", "MULTI", "RESET"},
		[]string{
			noAuth, "-ERR wrong number of arguments for 'get' command", "-ERR unknown command 'NOSUCH', with args beginning with: 'a' ",
			noAuth, helloNoAuth, helloNoAuth, "-NOPROTO unsupported protocol version", helloNoAuth,
			"-ERR unknown subcommand 'FOO'. Try CLIENT HELP.", noAuth, "+RESET",
		}},
	{"auth", "sec", []string{"AUTH bad", "AUTH default bad", "AUTH foo sec", "AUTH sec", "PING", "AUTH bad", "PING", "RESET", "PING"},
		[]string{wrongPass, wrongPass, wrongPass, "+OK", "+PONG", wrongPass, "+PONG", "+RESET", noAuth}},
	{"auth in hello", "sec", []string{"HELLO 3 AUTH default bad", `HELLO 3 AUTH default sec SETNAME "a b"`, "PING", "HELLO 3"},
		[]string{wrongPass, badName, "+PONG", hello3}},
	{"quit", "", []string{"QUIT a b", "PING"}, []string{"+OK", "(closed)"}},
	{"quit before auth", "sec", []string{"PING", "QUIT"}, []string{noAuth, "+OK", "(closed)"}},
	{"reset", "", []string{"HELLO 3 SETNAME x", "SELECT 4", "SET k 1", "RESET", "CLIENT GETNAME", "GET k", "RESET a"},
		[]string{hello3, "+OK", "+OK", "+RESET", "nil", "nil", "-ERR wrong number of arguments for 'reset' command"}},
	{"client", "", []string{"CLIENT", "CLIENT FOO", "CLIENT ID x", `CLIENT SETNAME "a b"`, "CLIENT SETNAME a", "CLIENT GETNAME", `CLIENT SETNAME ""`, "CLIENT GETNAME"},
		[]string{
			"-ERR wrong number of arguments for 'client' command", "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.",
			"-ERR wrong number of arguments for 'client|id' command", badName, "+OK", `"a"`, "+OK", "nil",
		}},
	{"client list", "", []string{"CLIENT LIST TYPE foo", "CLIENT LIST TYPE", "CLIENT LIST TYPE pubsub", "CLIENT LIST ID", "CLIENT LIST ID 1 x", "CLIENT LIST ID 0", "CLIENT LIST FOO BAR"},
		[]string{"-ERR Unknown client type 'foo'", "-ERR syntax error", `""`, "-ERR syntax error", "-ERR Invalid client ID", `""`, "-ERR syntax error"}},
	{"flush and swap", "", []string{"FLUSHDB x", "FLUSHALL SYNC x", "FLUSHALL ASYNC", "FLUSHDB sync", "SWAPDB x 0", "SWAPDB 0 x", "SWAPDB 0 16", "SWAPDB 1 1"},
		[]string{
			"-ERR syntax error", "-ERR syntax error", "+OK", "+OK",
			"-ERR invalid first DB index", "-ERR invalid second DB index", "-ERR DB index is out of range", "+OK",
		}},
	{"shutdown words", "", []string{"SHUTDOWN FOO", "SHUTDOWN ABORT", "SHUTDOWN NOW ABORT", "SHUTDOWN SAVE NOSAVE"},
		[]string{"-ERR syntax error", "-ERR No shutdown in progress.", "-ERR syntax error", "-ERR syntax error"}},
	{"protocol error", "", []string{"PING", "*x"}, []string{"+PONG", "-ERR Protocol error: invalid multibulk length", "(closed)"}},
	{"protocol error in a transaction", "", []string{"MULTI", "*1", "PING"}, []string{"+OK", "-ERR Protocol error: expected '$', got 'P'", "(closed)"}},
	{"limits before auth", "sec", []string{"*11"}, []string{"-ERR Protocol error: unauthenticated multibulk length", "(closed)"}},
	{"longer limits before auth", "sec", []string{"*1", "$16385"}, []string{"-ERR Protocol error: unauthenticated bulk length", "(closed)"}},
	{"http", "", []string{"PING", "POST / HTTP/1.1", "SET a 1"}, []string{"(closed)"}},
	{"http header", "", []string{"Host: localhost", "SET a 1"}, []string{"(closed)"}},
}

func TestSessions(t *testing.T) {
	for _, script := range sessionScripts {
		for _, transport := range transports {
			t.Run(script.name+" over "+transport, func(t *testing.T) {
				h := start(t, nil, &Options{Password: script.password})
				require.Equal(t, script.replies, chat(t, h.connect(transport), script.lines...))
			})
		}
	}
}

// TestRealSessions shows that the scripts are true.
func TestRealSessions(t *testing.T) {
	open, locked := redistest.Shared(t), redistest.Start(t, "--requirepass", "sec")
	for _, script := range sessionScripts {
		t.Run(script.name, func(t *testing.T) {
			real := open
			if script.password != "" {
				real = locked
			} else {
				real.Flush(t)
			}
			raw, err := net.Dial("unix", real.Socket())
			require.NoError(t, err)
			defer raw.Close()
			replies := chat(t, raw, script.lines...)
			for i, r := range replies {
				replies[i] = ids.ReplaceAllString(r, "${1}:1")
			}
			require.Equal(t, script.replies, replies)
		})
	}
}

// ids finds the numbers of connections in replies to HELLO.
var ids = regexp.MustCompile(`("id" ):\d+`)

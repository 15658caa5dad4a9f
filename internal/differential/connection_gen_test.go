package differential

import (
	"strings"

	"pgregory.net/rapid"
)

var connectionForms = parseForms(`
	2* PING
	2* PING {value}
	PING {value} {value}
	2* ECHO {value}
	2* SELECT {db}
	SET {key} {value}
	GET {key}
	3* HELLO
	3* HELLO {version}
	3* HELLO {version} [AUTH {user} {value}] [SETNAME {name}]
	HELLO {version} {junk}
	AUTH {value}
	AUTH {user} {value}
	2* RESET
	CLIENT UNBLOCK {clientid} [TIMEOUT|ERROR]
	CLIENT UNBLOCK {clientid} {junk}
	QUIT
	CLIENT ID
	CLIENT INFO
	CLIENT LIST [TYPE (NORMAL|MASTER|REPLICA|SLAVE|PUBSUB|MONITOR)] [ID {clientid}+]
	3* CLIENT GETNAME
	3* CLIENT SETNAME {name}
	CLIENT {junk}
	CLIENT {junk} {junk}
	CLIENT
	{junk} {value}
	NOSUCHCOMMAND {value}+
	MULTI
	EXEC
	DISCARD
	WATCH {key}
	TIME
	COMMAND INFO {junk}
	COMMAND LIST FILTERBY {junk} {junk}
	COMMAND {junk}
	COMMAND (GETKEYS|GETKEYSANDFLAGS) {junk}+
`)

var connectionChunks = []func(*rapid.T) []step{rawBytes, rawBytes, getKeys}

// rawBytes draws what AppendCommand would not write: commands in lines, lengths
// that are none, lines without an end.
func rawBytes(t *rapid.T) []step {
	if chance(t, 10) {
		return []step{{raw: pick(t, notRedis)}}
	}
	var raw strings.Builder
	for range 1 + roll(t, 3) {
		raw.WriteString(pick(t, fragments))
	}
	return []step{{raw: raw.String()}}
}

// getKeys asks for the keys of a command.
func getKeys(t *rapid.T) []step {
	ask := command{"COMMAND", pick(t, []string{"GETKEYS", "GETKEYSANDFLAGS"})}
	return []step{{commands: []command{append(ask, transactional.command(t)...)}}}
}

// fragments are pieces of requests. None announces many more bytes than the
// marks that follow have, so that no server waits for the rest. For the same
// reason none has a NUL in a line: Redis takes that for the end of what came,
// and waits.
var fragments = append(validFragments, brokenFragments...)

var validFragments = []string{
	"PING\r\n",
	"PING\n",
	"ping there\r\n",
	"  PING  \t x \r\n",
	"ECHO \"a b\"\r\n",
	"ECHO 'a b'\r\n",
	`ECHO "\x41\n\r\t\b\a\"\\\q\xzz"` + "\r\n",
	`ECHO 'it\'s \n'` + "\r\n",
	"ECHO \"\"\r\n",
	"ECHO ''\r\n",
	"ECHO a\"b\"\r\n",
	"ECHO \xff\r\n",
	"SET a 1 \r\nGET a\r\n",
	"GET\r\n",
	"NOSUCHCOMMAND 'a b' c\r\n",
	"\r\n",
	"\n",
	" \r\n",
	"*0\r\n",
	"*-1\r\n",
	"*-10\r\n",
	"*1\r\n$4\r\nPING\r\n",
	"*1\r\n$0\r\n\r\n",
	"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
	"*2\r\n$4\r\nECHO\r\n$3\r\na\r\n\r\n",
	"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n",
	"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n",
	"*1\n$4\r\nPING\r\n",
	"*1\r\n$4\n\nPING\r\n",
	"*1\r\n$4\r\nPINGxx",
}

var brokenFragments = []string{
	"ECHO \"a\r\n",
	"ECHO 'a\r\n",
	"ECHO \"a\"b\r\n",
	"ECHO 'a'b\r\n",
	"ECHO \"\\\r\n",
	"*x\r\n",
	"*\r\n",
	"* 1\r\n",
	"*+1\r\n",
	"*01\r\n",
	"*1.0\r\n",
	"*2147483648\r\n",
	"*9223372036854775808\r\n",
	"*-9223372036854775809\r\n",
	"*1\r\nPING\r\n",
	"*1\r\n:1\r\n",
	"*1\r\n\r\n",
	"*1\r\n$-1\r\n",
	"*1\r\n$x\r\n",
	"*1\r\n$\r\n",
	"*1\r\n$ 4\r\nPING\r\n",
	"*1\r\n$04\r\nPING\r\n",
	"*1\r\n$536870913\r\n",
	"*1\r\n$9223372036854775808\r\n",
	"*2\r\n$4\r\nECHO\r\n*1\r\n$1\r\na\r\n",
	"*3\r\n$3\r\nSET\r\n$1\r\na\r\n",
	"*2\r\n$4\r\nECHO\r\n$20\r\nshort\r\n",
	"*1\r\n$3\r\nPING\r\n",
	"*1\r\n$5\r\nPING\r\n",
	"$4\r\nPING\r\n",
	"+OK\r\n",
	"GET / HTTP/1.1\r\nAccept: x\r\n",
}

// notRedis are the lines by which Redis knows a browser that was lured into
// talking to it. It hangs up at once, without even the replies that are due, so
// these stand alone.
var notRedis = []string{"POST / HTTP/1.1\r\n", "Host: localhost\r\n", "post x\r\n", "host:\r\n"}

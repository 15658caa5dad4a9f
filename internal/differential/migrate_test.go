package differential

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

// migrateTalk is what a client says to a server, which has a target and a password there.
var migrateTalk = strings.Split(strings.TrimSpace(`
MIGRATE
MIGRATE TARGET k 0
MIGRATE TARGET k 0 1000
MIGRATE TARGET k x 1000 FOO
MIGRATE TARGET k 0 x
MIGRATE TARGET k x x
MIGRATE TARGET k x 1000
MIGRATE TARGET k 0 1000 AUTH
MIGRATE TARGET k 0 1000 AUTH2 a
MIGRATE TARGET k 0 1000 KEYS a b
MIGRATE TARGET "" 0 1000 KEYS
MIGRATE TARGET "" 0 1000 KEYS a b
MSET a 1 b 2 c 3 k v
MIGRATE TARGET k 0 1000
MIGRATE TARGET k 0 1000 AUTH wrong
MIGRATE TARGET k 0 1000 AUTH2 nobody secret
MIGRATE TARGET k 99 1000 AUTH secret
MIGRATE TARGET k 1 1000 copy auth2 default secret
EXISTS k
MIGRATE TARGET k 1 0 AUTH secret
MIGRATE TARGET k 1 -1 AUTH secret REPLACE
EXISTS k
MIGRATE TARGET "" 1 1000 AUTH secret KEYS a nosuch b
EXISTS a b
MSET a new d 4
MIGRATE TARGET "" 1 1000 AUTH secret KEYS a d
MGET a d
MIGRATE TARGET "" 1 1000 AUTH secret REPLACE KEYS a a
MGET a
HSET h f v
EXPIREAT h 7258118400
RPUSH l a b c
SADD s a b c
ZADD z 1 a 2 b
XADD x 1-1 f v
XGROUP CREATE x g 0
MULTI
MIGRATE TARGET "" 1 1000 AUTH secret KEYS h l s z
MIGRATE TARGET x 1 1000 AUTH secret
DBSIZE
EXEC
SET e v
EVAL "return redis.call('MIGRATE', ARGV[1], ARGV[2], KEYS[1], 1, 1000, 'AUTH', 'secret')" 1 e TARGET
EXISTS e
MIGRATE 127.0.0.1 1 c 0 1000
EXISTS c
COMMAND GETKEYS MIGRATE h 1 k 0 1
COMMAND GETKEYS MIGRATE h 1 "" 0 1 KEYS a b
COMMAND GETKEYS MIGRATE h 1 k 0 1 KEYS a b
COMMAND GETKEYS MIGRATE h 1 "" 0 1 COPY AUTH KEYS AUTH2 KEYS KEYS KEYS a KEYS b
COMMAND GETKEYS MIGRATE h 1 "" 0 1 AUTH
COMMAND GETKEYS MIGRATE h 1 "" 0 1 KEYS
COMMAND GETKEYSANDFLAGS MIGRATE h 1 "" 0 1 REPLACE KEYS a b
`), "\n")

// TestMigrate has the same talk with both servers, and with both as targets: replies and what the target gets are the same. That is in a database other than
// the first one, which has what Redis sends together with a SELECT that fails.
func TestMigrate(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := free.Addr().String()
	require.NoError(t, free.Close())
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	real := redisSide{server: redistest.Start(t, "--port", port, "--requirepass", "secret"), password: "secret"}
	want := migrates(t, redisSide{server: redistest.Shared(t)}, real, addr)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ours := listening{nookSide{password: "secret"}, l}
	require.Equal(t, want, migrates(t, nookSide{}, real, addr))
	require.Equal(t, want, migrates(t, nookSide{}, ours, l.Addr().String()))
	l, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.Equal(t, want, migrates(t, redisSide{server: redistest.Shared(t)}, listening{nookSide{password: "secret"}, l}, l.Addr().String()))
	noteRow("MIGRATE")
}

// listening is nook on a listener too.
type listening struct {
	nookSide
	listener net.Listener
}

func (s listening) begin(t redistest.TB) instance {
	i := s.nookSide.begin(t).(*nookInstance)
	i.tasks.Go(func() { _ = i.server.Serve(s.listener) }) // Close ends it, and the listener
	return i
}

// migrates returns the talk of a client with one side, whose target is another.
func migrates(t *testing.T, from, to side, addr string) (lines []string) {
	source, target := from.begin(t), to.begin(t)
	defer source.close()
	defer target.close()
	c := redistest.NewConn(t, source.dial(t))
	defer func() { _ = c.Close() }()
	for _, line := range migrateTalk {
		r := c.Do(parseStep(t, strings.ReplaceAll(line, "TARGET", strings.ReplaceAll(addr, ":", " "))).commands[0]...)
		lines = append(lines, line, r.String())
	}
	d := redistest.NewConn(t, target.dial(t))
	defer func() { _ = d.Close() }()
	d.Do("AUTH", "secret")
	d.Do("SELECT", "1")
	for _, look := range []command{{"DBSIZE"}, {"EXPIRETIME", "h"}, {"XINFO", "GROUPS", "x"}, {"DEBUG", "DIGEST-VALUE", "k", "a", "b", "d", "e", "h", "l", "s", "x", "z"}} {
		lines = append(lines, look.String(), d.Do(look...).String())
	}
	return append(lines, c.Do("DEBUG", "DIGEST").String())
}

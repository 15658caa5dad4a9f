package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
)

// pair are two servers of one store.
func pair(t testing.TB) (primary, replica *harness) {
	t.Helper()
	primary = start(t, nil, nil)
	srv, err := New(primary.store, nil)
	require.NoError(t, err)
	replica = &harness{t: t, store: primary.store, server: srv}
	t.Cleanup(func() {
		require.NoError(t, srv.Close())
		replica.sessions.Wait()
	})
	require.NoError(t, primary.server.Lead("127.0.0.1:2"))
	require.NoError(t, replica.server.Follow("127.0.0.1:1"))
	return primary, replica
}

const readOnly = "-READONLY You can't write against a read only replica."

func TestReplica(t *testing.T) {
	primary, replica := pair(t)
	require.Equal(t, []string{`["master" :0 [["127.0.0.1" "2" "0"]]]`, "+OK"}, chat(t, primary.pipe(), "ROLE", "SET a 1"))
	require.Equal(t, []string{
		`["slave" "127.0.0.1" :1 "connected" :0]`, `"1"`, readOnly, "+OK", readOnly, `+QUEUED`,
		"-EXECABORT Transaction discarded because of previous errors.", "+OK", "+QUEUED", `["1"]`,
	}, chat(t, replica.pipe(), "ROLE", "GET a", "SET a 2", "MULTI", "SET a 2", "GET a", "EXEC", "MULTI", "GET a", "EXEC"))
	require.Equal(t, []string{":1", ":1"}, chat(t, primary.pipe(), "WAIT 1 0", "WAIT 2 1"))
	c := replica.client()
	require.Contains(t, c.Do("WAIT", "1", "0").Str, "ERR WAIT cannot be used with replica instances.")
	require.Contains(t, c.Do("REPLICAOF", "NO", "ONE").Str, "ERR ")
	require.Contains(t, c.Do("INFO", "replication").Str, "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:1\r\nmaster_link_status:up\r\n")
	require.Contains(t, primary.client().Do("INFO", "replication").Str, "role:master\r\nconnected_slaves:1\r\nslave0:ip=127.0.0.1,port=2,state=online,")
	require.Contains(t, brief(c.Do("HELLO", "3")), `"role" "slave"`)
	require.Equal(t, "1", c.Do("EVAL", "return redis.call('GET', 'a')", "0").Str)
	require.Contains(t, c.Do("EVAL", "return redis.call('SET', 'a', '2')", "0").Str, readOnly[1:])
	require.Equal(t, "READONLY Can not run script with write flag on readonly replica.", c.Do("EVAL", "#!lua\nreturn 1", "0").Str)
	require.EqualValues(t, 1, c.Do("EVAL", "#!lua flags=no-writes\nreturn 1", "0").Int)
}

// A change of role ends what has begun with another, also a command that waits.
func TestReplicaTakesOver(t *testing.T) {
	primary, replica := pair(t)
	old, waiter, reader := primary.client(), primary.client(), replica.client()
	require.Equal(t, "OK", old.Do("SET", "a", "1").Str)
	require.Equal(t, "1", reader.Do("GET", "a").Str)
	send(waiter, "BLPOP", "list", "0")
	require.Eventually(t, func() bool { return primary.server.waiting() == 1 }, time.Minute, time.Millisecond)

	require.NoError(t, primary.server.Follow("127.0.0.1:2"))
	require.NoError(t, replica.server.Lead("127.0.0.1:1"))
	for _, c := range []*redistest.Conn{old, waiter, reader} {
		c.Send("PING")
		_, err := c.Receive()
		require.Error(t, err)
	}
	require.Zero(t, primary.server.count())
	require.Equal(t, []string{readOnly}, chat(t, primary.pipe(), "SET a 2"))
	require.Equal(t, []string{"+OK"}, chat(t, replica.pipe(), "SET a 2"))
	kept := replica.client()
	kept.Do("PING")
	require.NoError(t, replica.server.Lead(), "a primary may have other replicas without disconnecting anybody")
	require.Equal(t, "PONG", kept.Do("PING").Str)
}

func TestRoleErrors(t *testing.T) {
	store, err := nook.New(nil)
	require.NoError(t, err)
	defer store.Close()
	s, err := New(store, nil)
	require.NoError(t, err)
	for _, addr := range []string{"", "host", "host:", "host:x", "host:70000"} {
		require.Error(t, s.Follow(addr), addr)
		require.Error(t, s.Lead(addr), addr)
	}
	require.Nil(t, s.Role().Master)
	require.NoError(t, s.Close())
}

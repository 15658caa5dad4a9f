package server

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The replies here are those of redis-server 7.0.

func TestReplies(t *testing.T) {
	h := start(t, nil, nil)
	for _, c := range []struct {
		lines []string
		heard []string
	}{
		{[]string{"CLIENT REPLY OFF", "GET q", "NOSUCH", "CLIENT REPLY SKIP", "CLIENT REPLY ON", "GET q"}, []string{"+OK", "nil"}},
		{[]string{"CLIENT REPLY SKIP", "GET q", "PING"}, []string{"+PONG"}},
		{[]string{"CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "GET q", "PING"}, []string{"+PONG"}},
		{[]string{"CLIENT REPLY OFF", "MULTI", "SET q 1", "EXEC", "CLIENT REPLY ON", "GET q", "DEL q"}, []string{"+OK", `"1"`, ":1"}},
		{[]string{"CLIENT REPLY x", "CLIENT REPLY", "CLIENT REPLY ON"}, []string{
			"-ERR syntax error", "-ERR wrong number of arguments for 'client|reply' command", "+OK",
		}},
		{[]string{"CLIENT REPLY OFF", "RESET", "PING"}, []string{"+RESET", "+PONG"}},
		{[]string{"CLIENT REPLY OFF", "PING", "SUBSCRIBE c", "SUBSCRIBE", "PING", "UNSUBSCRIBE", "CLIENT REPLY ON"}, []string{
			`["subscribe" "c" :1]`, `["unsubscribe" "c" :0]`, "+OK",
		}},
		{[]string{"CLIENT REPLY SKIP", "SSUBSCRIBE c", "PING"}, []string{`["ssubscribe" "c" :1]`, `["pong" ""]`}},
	} {
		require.Equal(t, c.heard, chat(t, h.pipe(), c.lines...), c.lines)
	}
}

// TestRepliesOffStillTell has a client that wants no replies told what changes.
func TestRepliesOffStillTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		reader, writer := h.client(), h.client()
		reader.Hello(3)
		require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "on"))
		send(reader, "CLIENT", "REPLY", "off")
		send(reader, "GET", "k")
		synctest.Wait()
		require.Equal(t, "+OK", do(writer, "SET", "k", "1"))
		require.Equal(t, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk", received(t, reader))
		send(reader, "GET", "k")
		require.Equal(t, "+OK", do(reader, "CLIENT", "REPLY", "on"))
	})
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		boss, c := h.client(), h.client()
		begin := time.Now()
		require.Equal(t, "+OK", do(boss, "CLIENT", "PAUSE", "300"))
		require.Equal(t, "+PONG", do(c, "PING"))
		require.Equal(t, 300*time.Millisecond, time.Since(begin))

		number := id(c)
		require.Equal(t, "+OK", do(boss, "CLIENT", "PAUSE", "100000", "WRITE"))
		require.Equal(t, "nil", do(c, "GET", "k"))
		require.Equal(t, ":0", do(c, "EXISTS", "k"))
		for _, write := range [][]string{
			{"SET", "k", "v"}, {"PUBLISH", "c", "m"}, {"EVAL", "return 1", "0"}, {"PFCOUNT", "h"}, {"SPUBLISH", "c", "m"}, {"BLPOP", "l", "0.001"},
		} {
			send(c, write...)
			synctest.Wait()
			list := boss.Do("CLIENT", "LIST").Str
			require.Contains(t, list, " flags=b ", write)
			require.Contains(t, list, " cmd="+strings.ToLower(write[0])+" ", "it is shown, not the last that was run")
			require.Equal(t, ":0", do(boss, "CLIENT", "UNBLOCK", number), "it waits for the pause alone")
			require.Equal(t, "+OK", do(boss, "CLIENT", "UNPAUSE"))
			received(t, c)
			require.Equal(t, "+OK", do(boss, "CLIENT", "PAUSE", "100000", "WRITE"))
		}
		require.Equal(t, ":1", do(c, "EXISTS", "k"), "it was run after all")
		require.Equal(t, "+OK", do(c, "MULTI"))
		send(c, "SET", "k", "w")
		synctest.Wait()
		require.Equal(t, "+OK", do(boss, "CLIENT", "UNPAUSE"))
		require.Equal(t, "+QUEUED", received(t, c))
		require.Equal(t, "+OK", do(boss, "CLIENT", "PAUSE", "1000", "WRITE"))
		require.Equal(t, "+OK", do(boss, "CLIENT", "PAUSE", "10", "WRITE"), "which makes it no shorter")
		begin = time.Now()
		require.Equal(t, "[+OK]", do(c, "EXEC"))
		require.Equal(t, time.Second, time.Since(begin))

		require.Equal(t, "+OK", do(boss, "CLIENT", "PAUSE", "100000", "ALL"))
		send(c, "PING")
		synctest.Wait()
		h.server.pause.end()
		require.Equal(t, "+PONG", received(t, c))
		require.Equal(t, "+OK", do(boss, "CLIENT", "PAUSE", "100000", "ALL"))
		send(c, "PING") // and the server is closed
		synctest.Wait()
	})
}

func TestPauseErrors(t *testing.T) {
	h := start(t, nil, nil)
	require.Equal(t, []string{
		"-ERR wrong number of arguments for 'client|pause' command", "-ERR timeout is not an integer or out of range", "-ERR timeout is negative",
		"-ERR CLIENT PAUSE mode must be WRITE or ALL",
		"-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.", "-ERR wrong number of arguments for 'client|unpause' command", "+OK",
	}, chat(t, h.pipe(), "CLIENT PAUSE", "CLIENT PAUSE x", "CLIENT PAUSE -1", "CLIENT PAUSE 1 FOO", "CLIENT PAUSE 1 WRITE x", "CLIENT UNPAUSE x", "CLIENT UNPAUSE"))
}

func TestKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		boss, waits, listens := h.client(), h.client(), h.client()
		number := id(waits)
		send(waits, "BLPOP", "list", "0")
		require.Equal(t, `["subscribe" "ch" :1]`, do(listens, "SUBSCRIBE", "ch"))
		synctest.Wait()
		require.Equal(t, ":1", do(boss, "CLIENT", "KILL", "ID", number))
		require.Equal(t, ":1", do(boss, "RPUSH", "list", "x"))
		require.Equal(t, `["x"]`, do(boss, "LRANGE", "list", "0", "-1"), "nobody waits for it")
		_, err := waits.Receive()
		require.Error(t, err)
		require.Equal(t, ":0", do(boss, "CLIENT", "KILL", "ID", number))
		require.Equal(t, ":1", do(boss, "CLIENT", "KILL", "TYPE", "pubsub"))
		require.Equal(t, `["ch" :0]`, do(boss, "PUBSUB", "NUMSUB", "ch"))
		require.Equal(t, ":0", do(boss, "CLIENT", "KILL", "ID", id(boss)), "it spares itself")
		require.Equal(t, ":0", do(boss, "CLIENT", "KILL", "MAXAGE", "10"))
		old, older := h.client(), h.client()
		require.Equal(t, "+PONG", do(old, "PING"))
		require.Equal(t, ":2", do(boss, "CLIENT", "KILL", "ID", id(old), id(older), "SKIPME", "yes", "USER", "default", "TYPE", "normal"))
		time.Sleep(10 * time.Second)
		old = h.client()
		require.Equal(t, "+PONG", do(old, "PING"))
		require.Equal(t, ":1", do(boss, "CLIENT", "KILL", "MAXAGE", "10", "SKIPME", "no"), "of itself, which is told")
		_, err = boss.Receive()
		require.Error(t, err)

		boss = h.client()
		inside := id(old)
		send(old, "BLPOP", "none", "0")
		synctest.Wait()
		require.Equal(t, "+OK", do(boss, "MULTI"))
		require.Equal(t, "+QUEUED", do(boss, "SET", "none", "1"))
		require.Equal(t, "+QUEUED", do(boss, "CLIENT", "KILL", "ID", inside))
		require.Equal(t, "[+OK :1]", do(boss, "EXEC"))
	})
}

func TestKillByAddress(t *testing.T) {
	h := start(t, nil, nil)
	at := h.listen("tcp")
	boss, victim := h.over(h.dial(at)), h.dial(at)
	v := h.over(victim)
	require.Equal(t, "+PONG", do(v, "PING"))
	require.Equal(t, "+OK", do(boss, "CLIENT", "KILL", victim.LocalAddr().String()))
	_, err := v.Receive()
	require.Error(t, err)
	victim = h.dial(at)
	v = h.over(victim)
	require.Equal(t, "+PONG", do(v, "PING"))
	require.Equal(t, ":1", do(boss, "CLIENT", "KILL", "ADDR", victim.LocalAddr().String(), "LADDR", at.String()))
	_, err = v.Receive()
	require.Error(t, err)
}

func TestKillErrors(t *testing.T) {
	h := start(t, nil, nil)
	require.Equal(t, []string{
		"-ERR wrong number of arguments for 'client|kill' command", "-ERR No such client", "-ERR No such client",
		"-ERR client-id should be greater than 0", "-ERR client-id should be greater than 0", ":0", "-ERR Unknown client type 'foo'", ":0",
		"-ERR No such user 'foo'", "-ERR syntax error", "-ERR syntax error", "-ERR syntax error",
	}, chat(t, h.pipe(), "CLIENT KILL", "CLIENT KILL x", "CLIENT KILL ID", "CLIENT KILL ID 0", "CLIENT KILL ID x", "CLIENT KILL ID 99999",
		"CLIENT KILL TYPE foo", "CLIENT KILL TYPE master", "CLIENT KILL USER foo", "CLIENT KILL SKIPME x", "CLIENT KILL ADDR a FOO b", "CLIENT KILL ID 7 x"))
}

func TestMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		m, c := h.client(), h.client()
		require.Equal(t, "+OK", do(m, "MONITOR"))
		require.Contains(t, c.Do("CLIENT", "LIST").Str, " flags=O ")
		shown := func(text string) {
			t.Helper()
			line := received(t, m)
			require.Regexp(t, `^\+\d+\.\d{6} \[`, line)
			require.Equal(t, text, line[len("+946684800.000000 "):])
		}
		do(c, "SET", "a", "\x00\n\"\\\xff\t\a")
		shown(`[0 pipe] "SET" "a" "\x00\n\"\\\xff\t\a"`)
		do(c, "SELECT", "1")
		shown(`[1 pipe] "SELECT" "1"`)
		do(c, "MULTI")
		shown(`[1 pipe] "MULTI"`)
		do(c, "GET", "m")
		do(c, "EVAL", "return redis.call('get', 'm')", "0")
		do(c, "EXEC")
		shown(`[1 pipe] "GET" "m"`)
		shown(`[1 pipe] "EVAL" "return redis.call('get', 'm')" "0"`)
		shown(`[1 lua] "get" "m"`)
		shown(`[1 pipe] "EXEC"`)
		do(c, "AUTH", "default", "x")
		shown(`[1 pipe] "AUTH" "(redacted)" "(redacted)"`)
		do(c, "CONFIG", "GET", "port") // not for everybody's eyes
		do(c, "NOSUCH")
		do(c, "BLPOP", "l", "0.01")
		shown(`[1 pipe] "BLPOP" "l" "0.01"`)
		do(c, "PING")
		shown(`[1 pipe] "PING"`)

		require.Equal(t, "+PONG", do(m, "PING"))
		shown(`[0 pipe] "PING"`)
		require.Equal(t, "-ERR Replica can't interact with the keyspace", do(m, "GET", "a"))
		require.Equal(t, "+OK", do(c, "MULTI"))
		require.Equal(t, "+QUEUED", do(c, "MONITOR"))
		require.Equal(t, "[-ERR MONITOR isn't allowed for DENY BLOCKING client]", do(c, "EXEC"))
		shown(`[1 pipe] "MULTI"`)
		shown(`[1 pipe] "EXEC"`)
		send(m, "MONITOR") // has no reply
		require.Equal(t, "+RESET", do(m, "RESET"))
		do(c, "PING")
		require.Equal(t, "nil", do(m, "GET", "m"))
	})
}

func TestNoTouchAndNoEvict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		c := h.client()
		require.Equal(t, "+OK", do(c, "SET", "k", "v"))
		require.Equal(t, "+OK", do(c, "CLIENT", "NO-TOUCH", "on"))
		require.Equal(t, "+OK", do(c, "CLIENT", "NO-EVICT", "on"))
		require.Contains(t, c.Do("CLIENT", "INFO").Str, " flags=eT ")
		time.Sleep(10 * time.Second)
		require.Equal(t, "+OK", do(c, "SELECT", "0"))
		require.Equal(t, `"v"`, do(c, "GET", "k"))
		require.Equal(t, ":10", do(c, "OBJECT", "IDLETIME", "k"))
		require.Equal(t, ":1", do(c, "TOUCH", "k"))
		require.Equal(t, ":0", do(c, "OBJECT", "IDLETIME", "k"))
		time.Sleep(10 * time.Second)
		require.Equal(t, "+OK", do(c, "CLIENT", "NO-TOUCH", "off"))
		require.Equal(t, `"v"`, do(c, "GET", "k"))
		require.Equal(t, ":0", do(c, "OBJECT", "IDLETIME", "k"))
		require.Equal(t, "-ERR syntax error", do(c, "CLIENT", "NO-TOUCH", "x"))
		require.Equal(t, "-ERR syntax error", do(c, "CLIENT", "NO-EVICT", "x"))
		require.Equal(t, "+OK", do(c, "CLIENT", "CAPA", "redirect", "nosuch"))
		require.Contains(t, c.Do("CLIENT", "INFO").Str, " flags=e ")
		require.Equal(t, "+RESET", do(c, "RESET"))
		require.Contains(t, c.Do("CLIENT", "INFO").Str, " flags=N ")
	})
}

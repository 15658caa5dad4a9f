package server

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLimitsAct sets the limits of clients while there are some.
func TestLimitsAct(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	set := func(name, value string) { require.Equal(t, "OK", c.Do("CONFIG", "SET", name, value).Str) }

	set("maxclients", "1")
	require.Contains(t, closed(t, h.pipe()), "max number of clients")
	set("maxclients", "2")
	require.Equal(t, []string{"+PONG"}, chat(t, h.pipe(), "PING"))

	set("proto-max-bulk-len", "1mb")
	c.SendRaw(fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n", 1<<20+1))
	r, err := c.Receive()
	require.NoError(t, err)
	require.Equal(t, "ERR Protocol error: invalid bulk length", r.Str)
	_, err = c.Receive()
	require.Error(t, err, "and is cut off")
}

func TestQueryLimitActs(t *testing.T) {
	var log logbook
	h := start(t, nil, &Options{Logger: log.logger()})
	c := h.client()
	c.Do("CONFIG", "SET", "client-query-buffer-limit", "1mb")
	c.Do("MULTI")
	c.Send("SET", "k", strings.Repeat("x", 1<<20))
	_, err := c.Receive()
	require.Error(t, err)
	require.Contains(t, log.String(), "too big")
}

// TestTimeoutActs sets a timeout, and takes it back.
func TestTimeoutActs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		c := h.client()
		c.Do("CONFIG", "SET", "timeout", "10")
		c.Do("CONFIG", "SET", "timeout", "0")
		time.Sleep(time.Minute)
		require.Equal(t, "PONG", c.Do("PING").Str)
		c.Do("CONFIG", "SET", "timeout", "10")
		time.Sleep(11 * time.Second)
		synctest.Wait()
		require.Zero(t, h.server.count())
	})
}

// TestTimeoutActsOnTheIdle sets timeouts while a client is idle, another shows all commands, and the command of a third waits.
func TestTimeoutActsOnTheIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		c, silent, monitor, waits, idle := h.client(), h.pipe(), h.client(), h.client(), h.client()
		defer silent.Close()
		clients := func() int {
			synctest.Wait()
			return h.server.count()
		}
		require.Equal(t, "+OK", do(monitor, "MONITOR"))
		require.Equal(t, "+PONG", do(idle, "PING"))
		send(waits, "BLPOP", "l", "0")
		c.Do("CONFIG", "SET", "timeout", "10")
		c.Do("CONFIG", "SET", "timeout", "0")
		time.Sleep(time.Minute)
		require.Equal(t, 5, clients(), "it was taken back")
		c.Do("CONFIG", "SET", "timeout", "10")
		time.Sleep(9 * time.Second)
		require.Equal(t, 5, clients())
		c.Do("PING")
		time.Sleep(2 * time.Second)
		require.Equal(t, 3, clients(), "who was idle is gone, even who never sent anything")
		time.Sleep(10 * time.Second)
		require.Equal(t, 2, clients())
		require.Equal(t, ":1", do(h.client(), "RPUSH", "l", "x"))
		require.Equal(t, `["l" "x"]`, received(t, waits))
		require.Contains(t, received(t, monitor), "PING")
	})
}

// TestOutputLimitActs has a subscriber that does not read.
func TestOutputLimitActs(t *testing.T) {
	h := start(t, nil, nil)
	c, sub := h.client(), h.client()
	c.Do("CONFIG", "SET", "client-output-buffer-limit", "pubsub 100kb 0 0")
	sub.Do("SUBSCRIBE", "ch")
	require.Eventually(t, func() bool {
		return c.Do("PUBLISH", "ch", strings.Repeat("x", 50_000)).Int == 0
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, "1", infoOf(c, "stats")["client_output_buffer_limit_disconnections"])
	require.Equal(t, "normal 0 0 0 slave 268435456 67108864 60 pubsub 102400 0 0", h.parameters("client-output*")["client-output-buffer-limit"])
}

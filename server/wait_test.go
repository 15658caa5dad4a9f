package server

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

// blocked is a client whose command waits.
func blocked(h *harness, command ...string) *redistest.Conn {
	c := h.client()
	send(c, command...)
	synctest.Wait()
	return c
}

func send(c *redistest.Conn, command ...string) {
	c.Send(command...)
	c.Flush()
}

func received(t *testing.T, c *redistest.Conn) string {
	t.Helper()
	r, err := c.Receive()
	require.NoError(t, err)
	return brief(r)
}

func TestBlockedClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		waits, other := blocked(h, "BLPOP", "k", "l", "0"), h.client()
		require.Contains(t, other.Do("CLIENT", "LIST").Str, " flags=b ")
		require.Contains(t, other.Do("INFO", "clients").Str, "blocked_clients:1\r\n")
		require.Equal(t, ":1", brief(other.Do("RPUSH", "l", "v")))
		require.Equal(t, ":0", brief(other.Do("EXISTS", "l")))
		require.Equal(t, `["l" "v"]`, received(t, waits))
		require.Equal(t, "+PONG", brief(waits.Do("PING")))
		require.NotContains(t, other.Do("CLIENT", "LIST").Str, " flags=b ")
		require.Contains(t, other.Do("INFO", "clients").Str, "blocked_clients:0\r\n")
	})
}

func TestBlockingTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{IdleTimeout: time.Second}) // which does not apply
		begin := time.Now()
		c := h.client()
		require.Equal(t, "*nil", brief(c.Do("BLPOP", "k", "2.5")))
		require.Equal(t, 2500*time.Millisecond, time.Since(begin))
		require.Equal(t, "+PONG", brief(c.Do("PING")))
	})
}

// TestBlockingInAPipeline has replies that must come before the command that waits is
// done, and requests that come while it waits, in parts.
func TestBlockingInAPipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		c := h.client()
		c.Send("ECHO", "1")
		c.Send("BLPOP", "k", "0")
		c.Send("ECHO", "2")
		c.SendRaw("*2\r\n$4\r\nECHO\r\n$3")
		c.Flush()
		require.Equal(t, `"1"`, received(t, c))
		synctest.Wait()
		c.SendRaw("\r\nabc")
		c.Flush()
		synctest.Wait()
		h.client().Do("RPUSH", "k", "v")
		c.SendRaw("\r\n")
		c.Flush()
		require.Equal(t, `["k" "v"]`, received(t, c))
		require.Equal(t, `"2"`, received(t, c))
		require.Equal(t, `"abc"`, received(t, c))
	})
}

// TestMuchSentWhileWaiting sends more than the server keeps.
func TestMuchSentWhileWaiting(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			c := h.over(h.connect(transport))
			value := strings.Repeat("v", 1000)
			const n = 300
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				c.Send("BLPOP", "k", "0")
				for range n {
					c.Send("ECHO", value)
				}
				c.Flush()
			}()
			other := h.client()
			require.Eventually(t, func() bool {
				return strings.Contains(other.Do("INFO", "clients").Str, "blocked_clients:1\r\n")
			}, 10*time.Second, time.Millisecond)
			other.Do("RPUSH", "k", "v")
			require.Equal(t, `["k" "v"]`, received(t, c))
			for range n {
				r, err := c.Receive()
				require.NoError(t, err)
				require.Equal(t, value, r.Str)
			}
			<-sent
		})
	}
}

func TestBlockedClientGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		waits, other := blocked(h, "BLPOP", "k", "0"), h.client()
		other.Do("PING")
		require.NoError(t, waits.Close())
		h.waitForClients(1)
		require.Equal(t, ":1", brief(other.Do("RPUSH", "k", "v")))
		require.Equal(t, ":1", brief(other.Do("LLEN", "k")))
	})
}

func TestClientUnblock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		waits, other := h.client(), h.client()
		id := brief(waits.Do("CLIENT", "ID"))[1:]
		require.Equal(t, ":0", brief(other.Do("CLIENT", "UNBLOCK", id)))
		require.Equal(t, ":0", brief(other.Do("CLIENT", "UNBLOCK", "1000")))
		for reason, reply := range map[string]string{
			"TIMEOUT": "*nil", "ERROR": "-UNBLOCKED client unblocked via CLIENT UNBLOCK",
		} {
			send(waits, "BLPOP", "k", "0")
			synctest.Wait()
			require.Equal(t, ":1", brief(other.Do("CLIENT", "UNBLOCK", id, reason)))
			require.Equal(t, reply, received(t, waits))
			require.Equal(t, ":0", brief(other.Do("CLIENT", "UNBLOCK", id, reason)))
		}
		other.Do("RPUSH", "k", "v")
		require.Equal(t, ":1", brief(other.Do("LLEN", "k")), "nobody waits any more")
	})
}

// TestBlockingInATransaction shows that nothing waits within one, and that
// a transaction serves who waits once it is over.
func TestBlockingInATransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		waits, c := blocked(h, "BLPOP", "k", "0"), h.client()
		for _, request := range []string{"MULTI", "BLPOP k 0", "RPUSH k 1 2 3", "LLEN k", "BLPOP k 0"} {
			c.Send(strings.Fields(request)...)
		}
		c.Flush()
		for range 5 {
			_ = received(t, c)
		}
		require.Equal(t, `[*nil :3 :3 ["k" "1"]]`, brief(c.Do("EXEC")))
		require.Equal(t, `["k" "2"]`, received(t, waits))
		require.Equal(t, ":1", brief(c.Do("LLEN", "k")))
	})
}

func TestCloseWithBlockedClients(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			raw := h.connect(transport)
			c := h.over(raw)
			send(c, "BLPOP", "k", "0")
			require.Eventually(t, func() bool { return h.server.waiting() == 1 }, 10*time.Second, time.Millisecond)
			require.NoError(t, h.server.Close())
			require.Empty(t, closed(t, raw))
		})
	}
}

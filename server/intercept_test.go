package server

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// intercepted starts a server whose requests go through f.
func intercepted(t *testing.T, f func(r *Request)) *harness {
	return start(t, nil, &Options{Intercept: f})
}

func TestInterceptSeesRequests(t *testing.T) {
	var seen []string
	h := intercepted(t, func(r *Request) {
		c := r.Client()
		reply := r.Serve()
		seen = append(seen, fmt.Sprintf("%d %s %s db%d %q %q %q", c.ID, c.Name, c.User, c.DB, r.Args, r.Keys(), reply))
	})
	require.Equal(t, []string{"+OK", `"v"`, "+OK", "+OK", "-ERR unknown command 'nonesuch', with args beginning with: "}, chat(t, h.pipe(),
		"SET k v", "GET k", "CLIENT SETNAME me", "SELECT 3", "nonesuch"))
	require.Equal(t, []string{
		`1  default db0 ["SET" "k" "v"] ["k"] "+OK\r\n"`,
		`1  default db0 ["GET" "k"] ["k"] "$1\r\nv\r\n"`,
		`1  default db0 ["CLIENT" "SETNAME" "me"] [] "+OK\r\n"`,
		`1 me default db0 ["SELECT" "3"] [] "+OK\r\n"`,
		`1 me default db3 ["nonesuch"] [] "-ERR unknown command 'nonesuch', with args beginning with: \r\n"`,
	}, seen[:5])
}

// A reply that is sent in pieces is seen as one, up to a bound.
func TestInterceptSeesLongReplies(t *testing.T) {
	var seen [][]byte
	h := intercepted(t, func(r *Request) { seen = append(seen, r.Serve()) })
	c := h.client()
	long := strings.Repeat("v", maxTapped*3)
	c.Send("SET", "k", long)
	c.Send("ECHO", "before")
	c.Send("GET", "k")
	c.Send("ECHO", "behind")
	for range 3 {
		_, err := c.Receive()
		require.NoError(t, err)
	}
	r, err := c.Receive()
	require.NoError(t, err)
	require.Equal(t, "behind", r.Str)
	require.Equal(t, "$6\r\nbefore\r\n", string(seen[1]))
	require.Equal(t, (fmt.Sprintf("$%d\r\n", len(long)) + long)[:maxTapped], string(seen[2]))
	require.Equal(t, "$6\r\nbehind\r\n", string(seen[3]))
}

// The reply of a command that waits comes after those before it have been sent.
func TestInterceptSeesRepliesOfWaits(t *testing.T) {
	replies := make(chan string, 10)
	h := intercepted(t, func(r *Request) {
		reply := string(r.Serve())
		if r.Args[0] == "BLPOP" {
			replies <- reply
		}
	})
	c, other := h.client(), h.client()
	c.Send("ECHO", "before")
	c.Send("BLPOP", "list", "0")
	_, err := c.Receive()
	require.NoError(t, err)
	other.Do("RPUSH", "list", "a")
	_, err = c.Receive()
	require.NoError(t, err)
	require.Equal(t, "*2\r\n$4\r\nlist\r\n$1\r\na\r\n", <-replies)
}

func TestInterceptFails(t *testing.T) {
	h := intercepted(t, func(r *Request) {
		if r.Args[0] == "SET" || len(r.Args) == 2 && r.Args[1] == "now" {
			r.Fail("LOADING not yet")
			return
		}
		r.Serve()
	})
	require.Equal(t, []string{"-LOADING not yet", "nil", "+OK", "-LOADING not yet", "-EXECABORT Transaction discarded because of previous errors."},
		chat(t, h.pipe(), "SET k v", "GET k", "MULTI", "SET k v", "EXEC"))
	require.Equal(t, []string{"-LOADING not yet"}, chat(t, h.pipe(), "nonesuch now"))
}

// bytesOf returns all that a client gets for lines, until the server closes the connection.
func bytesOf(t *testing.T, h *harness, transport, lines string) string {
	t.Helper()
	raw := h.connect(transport)
	defer func() { _ = raw.Close() }()
	go func() { _, _ = io.WriteString(raw, strings.ReplaceAll(lines, "\n", "\r\n")) }()
	return closed(t, raw)
}

func TestInterceptCuts(t *testing.T) {
	for _, transport := range transports {
		h := intercepted(t, func(r *Request) {
			if r.Args[0] == "GET" {
				r.Cut(3)
				return
			}
			r.Serve()
		})
		require.Equal(t, "+OK\r\n$5\r", bytesOf(t, h, transport, "SET k value\nGET k\n"), transport)
	}
}

func TestInterceptCutsLongReplies(t *testing.T) {
	h := intercepted(t, func(r *Request) {
		if r.Args[0] == "GET" {
			r.Cut(100_000)
			return
		}
		r.Serve()
	})
	require.NoError(t, h.store.Set("k", strings.Repeat("v", 1_000_000)))
	require.Len(t, bytesOf(t, h, "pipe", "PING\nGET k\n"), len("+PONG\r\n")+100_000)
}

func TestInterceptDisconnects(t *testing.T) {
	for _, transport := range transports {
		h := intercepted(t, func(r *Request) {
			switch r.Args[0] {
			case "SET":
				r.Cut(0)
			case "DEL":
				r.Disconnect()
			default:
				r.Serve()
			}
		})
		require.Equal(t, "+PONG\r\n", bytesOf(t, h, transport, "PING\nSET k v\n"), transport)
		require.Equal(t, "+PONG\r\n", bytesOf(t, h, transport, "PING\nDEL k\n"), transport)
		n, err := h.store.Exists("k")
		require.NoError(t, err)
		require.Equal(t, 1, n, "SET was run, DEL was not")
	}
}

// Whoever is let wait goes on when the server is closed.
func TestInterceptEndsWithTheServer(t *testing.T) {
	waits := make(chan struct{})
	h := intercepted(t, func(r *Request) {
		close(waits)
		<-r.Context().Done()
	})
	c := h.client()
	c.Send("PING")
	c.Flush()
	<-waits
	require.NoError(t, h.server.Close())
}

package server

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// TestTrackedReadLetsGo has a client that does not read what its tracked command replies: nobody else waits for that.
func TestTrackedReadLetsGo(t *testing.T) {
	h := start(t, nil, &Options{MaxUnread: 1 << 10, StallTimeout: time.Hour})
	reader, writer := h.client(), h.client()
	require.Equal(t, "+OK", do(writer, "SET", "k", strings.Repeat("x", 1<<20)))
	require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "on"))
	x := h.server.session(reader.Do("CLIENT", "ID").Int)
	reader.Send("GET", "k")
	reader.Flush()
	require.Eventually(t, func() bool { return x.outlet.unsent() > 1<<10 }, 10*time.Second, time.Millisecond)
	require.Equal(t, "+OK", do(writer, "SET", "k", "y"))
	require.Len(t, received(t, reader), 1<<20+len(`""`))
}

// TestTrackedXREADMissesNothing adds to a stream after it was read, while the client has yet to read the reply.
func TestTrackedXREADMissesNothing(t *testing.T) {
	for _, read := range [][]string{{"XREAD", "STREAMS", "s", "0"}, {"XREAD", "BLOCK", "1", "STREAMS", "s", "0"}} {
		h := start(t, nil, &Options{MaxUnread: 1 << 10, StallTimeout: time.Hour})
		reader, writer := h.client(), h.client()
		reader.Hello(3)
		require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "on"))
		writer.Do("XADD", "s", "1", "f", strings.Repeat("x", 1<<20))
		x := h.server.session(reader.Do("CLIENT", "ID").Int)
		reader.Send(read...)
		reader.Flush()
		require.Eventually(t, func() bool { return x.outlet.unsent() > 1<<10 }, 10*time.Second, time.Millisecond)
		writer.Do("XADD", "s", "2", "f", "v")
		require.Equal(t, resp.KindMap, receive(t, reader).Kind)
		require.Equal(t, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\ns", received(t, reader))
	}
}

func receive(t *testing.T, c *redistest.Conn) resp.Reply {
	t.Helper()
	r, err := c.Receive()
	require.NoError(t, err)
	return r
}

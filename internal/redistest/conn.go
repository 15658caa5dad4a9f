package redistest

import (
	"bufio"
	"net"
	"time"

	"github.com/nookdb/nook/internal/resp"
)

// ioTimeout bounds each wait for the other side, so that a server that hangs
// shows up as the command it hangs on and not as a test that times out.
const ioTimeout = 30 * time.Second

// TB is what a Conn needs of a test. *testing.T and *rapid.T have it.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Conn is a plain client over any connection: a socket of a real server or one
// end of a net.Pipe. It has no state of its own beside its buffers, so that a
// test sees every byte's effect. A Conn is for one goroutine.
type Conn struct {
	t       TB
	raw     net.Conn
	reader  *bufio.Reader
	pending []byte        // sent, but not flushed
	written chan struct{} // closed after the last write; nil before the first
}

// NewConn returns a client that speaks over raw and reports failures to t.
func NewConn(t TB, raw net.Conn) *Conn {
	return &Conn{t: t, raw: raw, reader: bufio.NewReader(raw)}
}

// Close closes the connection.
func (c *Conn) Close() error { return c.raw.Close() }

// Do sends a command and returns its reply. It fails the test if the
// connection breaks; use Send and Receive where it may.
func (c *Conn) Do(args ...string) resp.Reply {
	c.t.Helper()
	c.Send(args...)
	r, err := c.Receive()
	if err != nil {
		c.t.Fatalf("%q: %v", args, err)
	}
	return r
}

// Hello switches the connection to RESP2 or RESP3 and returns the reply. It
// fails the test if the server refuses.
func (c *Conn) Hello(version int) resp.Reply {
	c.t.Helper()
	r := c.Do("HELLO", string(rune('0'+version)))
	if r.Kind == '-' {
		c.t.Fatalf("HELLO %d: %v", version, r)
	}
	return r
}

// Send appends a command to those that the next Flush or Receive writes.
func (c *Conn) Send(args ...string) {
	c.pending = resp.AppendCommand(c.pending, args...)
}

// SendRaw appends bytes, whatever they are, to what the next Flush or Receive
// writes.
func (c *Conn) SendRaw(b string) {
	c.pending = append(c.pending, b...)
}

// Flush begins to write what was sent. It does not wait for the other side to
// read it: over a pipe that may happen only once its replies are received.
// A write that fails is not reported; the next Receive finds the reason, after
// the replies that came before it.
func (c *Conn) Flush() {
	if len(c.pending) == 0 {
		return
	}
	if c.written != nil {
		<-c.written
	}
	b := c.pending
	c.pending = nil
	done := make(chan struct{})
	c.written = done
	_ = c.raw.SetWriteDeadline(time.Now().Add(ioTimeout))
	go func() {
		defer close(done)
		_, _ = c.raw.Write(b)
	}()
}

// Receive flushes, and returns the next reply or RESP3 push. The error is not
// nil if the connection has ended or nothing came in time.
func (c *Conn) Receive() (resp.Reply, error) {
	c.Flush()
	_ = c.raw.SetReadDeadline(time.Now().Add(ioTimeout))
	return resp.ReadReply(c.reader)
}

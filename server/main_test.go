package server

import (
	"bufio"
	"bytes"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

func TestMain(m *testing.M) { os.Exit(redistest.MainWithoutLeaks(m)) }

// harness is a server of a store of its own.
type harness struct {
	t        testing.TB
	store    *nook.Store
	server   *Server
	sessions sync.WaitGroup
}

// start starts a server that ends with the test.
func start(t testing.TB, store *nook.Options, o *Options) *harness {
	t.Helper()
	st, err := nook.New(store)
	require.NoError(t, err)
	srv, err := New(st, o)
	require.NoError(t, err)
	h := &harness{t: t, store: st, server: srv}
	t.Cleanup(h.close)
	return h
}

func (h *harness) close() {
	require.NoError(h.t, h.server.Close())
	h.sessions.Wait()
	require.NoError(h.t, h.store.Close())
}

// pipe connects in memory.
func (h *harness) pipe() net.Conn {
	near, far := net.Pipe()
	h.sessions.Go(func() { h.server.ServeConn(far) })
	return near
}

// client is a client over a pipe.
func (h *harness) client() *redistest.Conn { return h.over(h.pipe()) }

// over is a client over a connection, which the test closes when it ends.
func (h *harness) over(raw net.Conn) *redistest.Conn {
	h.t.Cleanup(func() { _ = raw.Close() })
	return redistest.NewConn(h.t, raw)
}

// listen serves a listener of the given kind, and returns where it is.
func (h *harness) listen(network string) net.Addr {
	h.t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		dir, err := os.MkdirTemp("", "nook")
		require.NoError(h.t, err)
		h.t.Cleanup(func() { _ = os.RemoveAll(dir) })
		addr = dir + "/s"
	}
	l, err := net.Listen(network, addr)
	require.NoError(h.t, err)
	return h.serve(l)
}

func (h *harness) serve(l net.Listener) net.Addr {
	h.sessions.Go(func() { assert.ErrorIs(h.t, h.server.Serve(l), ErrClosed) })
	return l.Addr()
}

func (h *harness) dial(a net.Addr) net.Conn {
	h.t.Helper()
	raw, err := net.Dial(a.Network(), a.String())
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = raw.Close() })
	return raw
}

// transports are ways to reach a server: with buffers and without.
var transports = []string{"pipe", "tcp", "unix"}

// connect connects in one of the ways.
func (h *harness) connect(transport string) net.Conn {
	if transport == "pipe" {
		return h.pipe()
	}
	return h.dial(h.listen(transport))
}

// chat sends lines as they are, and returns what comes back until the server
// has answered all of them or closed the connection; then "(closed)" is the last.
// Each reply is in brief form.
func chat(t testing.TB, raw net.Conn, lines ...string) []string {
	t.Helper()
	c := redistest.NewConn(t, raw)
	const last = "the-last-line"
	c.SendRaw(strings.Join(lines, "\r\n") + "\r\n" + last + "\r\n")
	var replies []string
	for {
		r, err := c.Receive()
		if err != nil {
			return append(replies, "(closed)")
		}
		if r.Kind == resp.KindError && strings.Contains(r.Str, last) {
			return replies
		}
		replies = append(replies, brief(r))
	}
}

// brief writes a reply on one line: +simple -error :1 "bulk" nil [array] {map}.
func brief(r resp.Reply) string {
	var elems []string
	for _, e := range r.Elems {
		elems = append(elems, brief(e))
	}
	list := strings.Join(elems, " ")
	switch {
	case r.Null && r.Kind == resp.KindArray:
		return "*nil"
	case r.Null:
		return "nil"
	case r.Kind == resp.KindMap:
		return "{" + list + "}"
	case r.Kind == resp.KindArray:
		return "[" + list + "]"
	case r.Kind == resp.KindBulk:
		return `"` + r.Str + `"`
	}
	return strings.TrimSuffix(string(r.Append(nil)), "\r\n")
}

// logbook keeps what a server logs.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logbook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// closed waits until the server closes the connection, and returns what came
// before.
func closed(t testing.TB, raw net.Conn) string {
	t.Helper()
	_ = raw.SetReadDeadline(time.Now().Add(10 * time.Second)) // a pipe that is closed already refuses
	var rest bytes.Buffer
	_, err := bufio.NewReader(raw).WriteTo(&rest)
	var timeout net.Error
	if err != nil {
		require.NotErrorAs(t, err, &timeout, "the server did not close the connection")
	}
	return rest.String()
}

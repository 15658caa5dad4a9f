package server

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

func TestNewRefuses(t *testing.T) {
	_, err := New(nil, nil)
	require.Error(t, err)
	store, err := nook.New(nil)
	require.NoError(t, err)
	defer store.Close()
	for _, o := range []Options{{MaxBulk: -1}, {MaxRequest: -1}, {MaxUnread: -1}, {MaxExec: -1}, {IdleTimeout: -1}} {
		_, err := New(store, &o)
		require.ErrorContains(t, err, "below 0", "%+v", o)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			raw := h.connect(transport)
			require.Equal(t, "+PONG", brief(h.over(raw).Do("PING")))
			require.NoError(t, h.server.Close())
			require.Empty(t, closed(t, raw))
			require.NoError(t, h.server.Close())
		})
	}
}

func TestServeAfterClose(t *testing.T) {
	h := start(t, nil, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, h.server.Close())
	require.ErrorIs(t, h.server.Serve(l), ErrClosed)
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	require.Empty(t, closed(t, h.pipe()))
}

// flakyListener fails to accept a few times, as a process does that has too many
// files open, and then for good.
type flakyListener struct {
	net.Listener
	failures atomic.Int32
}

type temporaryError struct{}

func (temporaryError) Error() string   { return "too many open files" }
func (temporaryError) Temporary() bool { return true }

func (l *flakyListener) Accept() (net.Conn, error) {
	if l.failures.Add(-1) >= 0 {
		return nil, temporaryError{}
	}
	return nil, io.ErrUnexpectedEOF
}

func (l *flakyListener) Close() error { return nil }

func TestServeOutlivesTemporaryErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logbook
		h := start(t, nil, &Options{Logger: log.logger()})
		l := &flakyListener{}
		l.failures.Store(3)
		require.ErrorIs(t, h.server.Serve(l), io.ErrUnexpectedEOF)
		require.Equal(t, 3, strings.Count(log.String(), "too many open files"))
	})
}

func TestMaxClients(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, &Options{MaxClients: 2})
			first := h.client()
			first.Do("PING")
			h.client().Do("PING")
			require.Equal(t, "-ERR max number of clients reached\r\n", closed(t, h.connect(transport)))
			require.Equal(t, "+OK", brief(first.Do("QUIT")))
			require.Eventually(t, func() bool { return h.server.count() == 1 }, 10*time.Second, time.Millisecond)
			require.Equal(t, "+PONG", brief(h.client().Do("PING")))
		})
	}
}

func TestRefusedClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{MaxClients: 1})
		h.client().Do("PING")
		_ = h.pipe()
		time.Sleep(2 * refuseTimeout) // what is left of its session ends the bubble otherwise
	})
}

// TestRefusedClientThatDoesNotShakeHands has a client of TLS connect and say nothing.
func TestRefusedClientThatDoesNotShakeHands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{MaxClients: 1})
		h.client().Do("PING")
		near, far := net.Pipe()
		defer near.Close()
		refused := make(chan struct{})
		go func() {
			h.server.ServeConn(tls.Server(far, &tls.Config{Certificates: []tls.Certificate{{}}}))
			close(refused)
		}()
		select {
		case <-refused:
		case <-time.After(2 * refuseTimeout):
			t.Error("the connection is still there")
		}
	})
}

// TestPanicOfACommand lets a command panic by way of the shutdown hook.
func TestPanicOfACommand(t *testing.T) {
	var log logbook
	h := start(t, nil, &Options{Logger: log.logger(), OnShutdown: func() { panic("boom") }})
	other := h.client()
	other.Do("PING")
	require.Equal(t, []string{"+PONG", "-ERR internal error", "(closed)"}, chat(t, h.pipe(), "PING", "SHUTDOWN", "PING"))
	require.Equal(t, "+PONG", brief(other.Do("PING")))
	for _, part := range []string{"boom", "command=shutdown", "TestPanicOfACommand", "client.id=2"} {
		require.Contains(t, log.String(), part)
	}
}

func TestShutdown(t *testing.T) {
	asked := 0
	h := start(t, nil, &Options{OnShutdown: func() { asked++ }})
	require.Equal(t, []string{"+PONG", "(closed)"}, chat(t, h.pipe(), "PING", "SHUTDOWN NOSAVE", "PING"))
	require.Equal(t, 1, asked)

	h = start(t, nil, nil)
	require.Equal(t, []string{"-ERR Errors trying to SHUTDOWN. Check logs.", "+PONG"}, chat(t, h.pipe(), "SHUTDOWN", "PING"))
}

// TestBrokenRequests has clients that leave in the middle of a request.
func TestBrokenRequests(t *testing.T) {
	for _, request := range []string{"", "*", "*2\r\n$3\r\nGE", "*2\r\n$3\r\nGET\r\n$1000000\r\nabc", "PIN", "SET k v\r\nGET", "MULTI\r\nSET k v\r\n", "WATCH k\r\n"} {
		for _, transport := range transports {
			h := start(t, nil, nil)
			raw := h.connect(transport)
			go func() { _, _ = io.Copy(io.Discard, raw) }()
			_, err := raw.Write([]byte(request))
			require.NoError(t, err)
			require.NoError(t, raw.Close())
			require.Eventually(t, func() bool { return h.server.count() == 0 }, 10*time.Second, time.Millisecond, "%q", request)
		}
	}
}

// TestHalfClose has a client that says all and then closes its direction.
func TestHalfClose(t *testing.T) {
	for _, transport := range []string{"tcp", "unix"} {
		h := start(t, nil, nil)
		raw := h.connect(transport)
		_, err := raw.Write(pipelineOf(3, "INCR n"))
		require.NoError(t, err)
		require.NoError(t, raw.(interface{ CloseWrite() error }).CloseWrite())
		require.Equal(t, ":1\r\n:2\r\n:3\r\n", closed(t, raw))
	}
}

// TestHugeRequest announces ever more arguments.
func TestHugeRequest(t *testing.T) {
	var log logbook
	h := start(t, nil, &Options{MaxRequest: 100_000, Logger: log.logger()})
	raw := h.pipe()
	defer raw.Close()
	_, err := raw.Write([]byte("*2000000000\r\n"))
	require.NoError(t, err)
	sent := 0
	for err == nil {
		var n int
		n, err = raw.Write([]byte("$10\r\n0123456789\r\n"))
		sent += n
	}
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.InDelta(t, 100_000, sent, 2*chunkSize)
	require.Contains(t, log.String(), "the client's request or transaction is too big")
}

func TestLongestArgument(t *testing.T) {
	h := start(t, nil, &Options{MaxBulk: 1000})
	require.Equal(t, []string{"-ERR Protocol error: invalid bulk length", "(closed)"}, chat(t, h.pipe(), "*1", "$1001"))
	require.Equal(t, fmt.Sprintf("%q", strings.Repeat("x", 1000)), brief(h.client().Do("ECHO", strings.Repeat("x", 1000))))
}

func TestIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{IdleTimeout: time.Minute})
		raw := h.pipe()
		defer raw.Close()
		c := redistest.NewConn(t, raw)
		for range 5 {
			time.Sleep(59 * time.Second)
			require.Equal(t, "+PONG", brief(c.Do("PING")))
		}
		begin := time.Now()
		h.waitForClients(0)
		require.WithinDuration(t, begin.Add(time.Minute), time.Now(), 2*time.Second)
	})
}

func TestIdleTimeoutOfASocket(t *testing.T) {
	h := start(t, nil, &Options{IdleTimeout: 20 * time.Millisecond})
	require.Empty(t, closed(t, h.connect("tcp")))
}

// TestTimeInABubble lets a key expire in the fake time of a bubble, over a pipe.
func TestTimeInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		c := h.client()
		require.Equal(t, "+OK", brief(c.Do("SET", "k", "v", "EX", "3600")))
		time.Sleep(time.Hour - time.Second)
		require.Equal(t, ":1", brief(c.Do("TTL", "k")))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, ":0", brief(c.Do("DBSIZE")), "the key goes when it is due, not when somebody looks")
		require.Equal(t, `["946688400" "0"]`, brief(c.Do("TIME")))
	})
}

func TestManualTime(t *testing.T) {
	clock := nook.NewManualClock(time.Unix(1e9, 0))
	h := start(t, &nook.Options{Clock: clock}, nil)
	c := h.client()
	c.Do("SET", "k", "v", "PX", "1500")
	require.Equal(t, `["1000000000" "0"]`, brief(c.Do("TIME")))
	clock.Advance(1500 * time.Millisecond)
	require.Equal(t, "nil", brief(c.Do("GET", "k")))
	require.Equal(t, `["1000000001" "500000"]`, brief(c.Do("TIME")))
}

func TestTLS(t *testing.T) {
	h := start(t, nil, nil)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate(t)}})
	require.NoError(t, err)
	addr := h.serve(l)
	raw, err := tls.Dial("tcp", addr.String(), &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	defer raw.Close()
	c := redistest.NewConn(t, raw)
	require.Equal(t, "+OK", brief(c.Do("SET", "k", strings.Repeat("v", 1<<20))))
	require.Len(t, c.Do("GET", "k").Str, 1<<20)

	nobody := h.dial(addr) // speaks no TLS
	_, err = nobody.Write([]byte("PING\r\n"))
	require.NoError(t, err)
	_ = closed(t, nobody) // an alert, and the end
}

func certificate(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// FuzzSession sends bytes of any kind. Whatever they are, the server answers
// with whole replies, ends the session when the client goes, and keeps serving others.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"PING\r\n", "*1\r\n$4\r\nPING\r\n", "*2\r\n$3\r\nGET\r\n", "MULTI\r\nGET a\r\nEXEC\r\n", "*x\r\n", "HELLO 3\r\nMULTI\r\n",
		"WATCH a\r\nMULTI\r\nSELECT 3\r\nHELLO 2 AUTH default x\r\nINFO\r\nCLIENT LIST\r\nEXEC\r\n", "RESET\r\nQUIT\r\n", "\x00\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		h := start(t, nil, &Options{MaxRequest: 1 << 20})
		raw := h.pipe()
		replies := make(chan error, 1)
		go func() { replies <- wholeReplies(raw) }()
		_, _ = raw.Write(request)                // fails if the server has hung up
		_, _ = raw.Write([]byte("\r\nQUIT\r\n")) // so that it does; what precedes may swallow this
		_ = raw.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		require.NoError(t, <-replies)
		require.NoError(t, raw.Close())
		require.Equal(t, "+PONG", brief(h.client().Do("PING")))
	})
}

// wholeReplies reads replies until there are no more.
func wholeReplies(raw net.Conn) error {
	r := bufio.NewReader(raw)
	for {
		_, err := resp.ReadReply(r)
		var timeout net.Error
		switch {
		case err == nil:
		case err == io.EOF, errors.As(err, &timeout):
			return nil
		default:
			return err
		}
	}
}

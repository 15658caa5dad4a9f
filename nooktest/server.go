package nooktest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/memconn"
	"github.com/nookdb/nook/server"
)

// A Server is a store and a server of it, for one test. Dial and Store may be
// called from any goroutine; the methods that can fail the test only from that of the test,
// like testing's FailNow.
type Server struct {
	t        testing.TB
	store    *nook.Store
	clock    *nook.ManualClock // nil if time is not ours to move
	bubble   bool              // time is that of a bubble
	server   *server.Server
	password string
	tasks    sync.WaitGroup // sessions and Serve

	mu       sync.Mutex
	closed   bool         // guarded by mu
	listener net.Listener // nil before the first Addr; guarded by mu
	dialed   int          // guarded by mu
}

// Options configure a Server. The zero value of each field is the default.
type Options struct {
	// Store configures the store. If it has a Clock, time is that clock's
	// whatever RealTime says, and Advance works if it is a ManualClock.
	Store nook.Options

	// Server configures the server: a password, for example. Without a Logger, what
	// the server has to say is part of the test's output.
	Server server.Options

	// RealTime makes the store's time pass by itself. false means that it
	// passes by Advance only or, in a testing/synctest bubble, as the
	// bubble's.
	RealTime bool
}

// Run starts a server with an empty store. When the test ends, the server does:
// all connections are closed, and all goroutines gone.
func Run(t testing.TB) *Server {
	t.Helper()
	return RunWith(t, Options{})
}

// RunWith is Run with options. It fails the test if one is out of its range.
func RunWith(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{t: t, password: o.Server.Password}
	s.setTime(&o)
	if o.Server.Logger == nil {
		o.Server.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	var err error
	if s.store, err = nook.New(&o.Store); err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	if s.server, err = server.New(s.store, &o.Server); err != nil {
		_ = s.store.Close() // it is empty
		t.Fatalf("nooktest: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// setTime decides by what time the store goes.
func (s *Server) setTime(o *Options) {
	switch {
	case o.Store.Clock != nil:
		s.clock, _ = o.Store.Clock.(*nook.ManualClock)
	case inBubble():
		s.bubble = true
	case !o.RealTime:
		s.clock = nook.NewManualClock(time.Now().Round(0)) // which takes the monotonic time away
		o.Store.Clock = s.clock
	}
}

// inBubble reports whether the caller is in a testing/synctest bubble. There,
// time begins in 2000; elsewhere it is long past.
func inBubble() bool {
	year := time.Now().UTC().Year()
	return 2000 <= year && year < 2010
}

// Close ends the server and its store before the test does. To a client it
// looks as if Redis had gone away. A second Close does nothing.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_ = s.server.Close() // neither it nor that of the store ever fails
	s.tasks.Wait()
	_ = s.store.Close()
}

// Store returns the store that the server serves.
func (s *Server) Store() *nook.Store { return s.store }

// Clock returns the clock that Advance moves, for what else should go by it. It is nil if
// the store's time is real, or that of a bubble.
func (s *Server) Clock() *nook.ManualClock { return s.clock }

// Advance lets d pass. All that falls due meanwhile has happened when it returns.
// In a testing/synctest bubble it sleeps, and so moves the time of all that is in
// the bubble. It fails the test if the store's time is real.
func (s *Server) Advance(d time.Duration) {
	s.t.Helper()
	switch {
	case s.clock != nil:
		s.clock.Advance(d)
	case s.bubble:
		time.Sleep(d)
		synctest.Wait()
	default:
		s.t.Fatal("nooktest: Advance cannot move real time, nor a clock that is no nook.ManualClock")
	}
}

// Dial connects to the server in memory, whatever the network and the address,
// unless ctx is done. It is a dialer for clients:
//
//	redis.NewClient(&redis.Options{Dialer: srv.Dial})   // go-redis
//	redis.Dial("", "", redis.DialContextFunc(srv.Dial)) // redigo
//
// For rueidis, call it in ClientOption.DialCtxFn.
func (s *Server) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, refusal(network, addr, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, refusal(network, addr, server.ErrClosed)
	}
	s.dialed++
	near, far := memconn.Pair(memconn.Addr(fmt.Sprintf("memory:%d", s.dialed)), "memory:0")
	s.tasks.Go(func() { s.server.ServeConn(far) })
	return near, nil
}

// refusal is an error of Dial. Clients look for its type.
func refusal(network, addr string, reason error) error {
	return &net.OpError{Op: "dial", Net: network, Addr: memconn.Addr(addr), Err: reason}
}

// Addr returns the server's address on the loopback interface, as host:port. The
// first call makes the server listen there. It fails the test if that is not
// possible, or if the server is in a testing/synctest bubble.
func (s *Server) Addr() string {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		s.listener = s.listen()
	}
	return s.listener.Addr().String()
}

// listen opens the listener. mu is held.
func (s *Server) listen() net.Listener {
	s.t.Helper()
	switch {
	case s.closed:
		s.t.Fatal("nooktest: the server is closed")
	case inBubble():
		s.t.Fatal("nooktest: a socket would stop the time of the testing/synctest bubble; use Dial")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatalf("nooktest: %v", err)
	}
	s.tasks.Go(func() { _ = s.server.Serve(l) }) // ends when the server is closed
	return l
}

// URL returns Addr as a redis:// URL, with the password if there is one.
func (s *Server) URL() string {
	s.t.Helper()
	u := url.URL{Scheme: "redis", Host: s.Addr()}
	if s.password != "" {
		u.User = url.UserPassword("default", s.password)
	}
	return u.String()
}

package nooktest

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
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
	shared   *Server        // whose store it is, nil if it is its own

	certificate *tls.Certificate // nil without TLS

	seed    uint64
	start   time.Time             // when the store's time began
	time    nook.Clock            // the store's; nil for that of package time
	running *runningClock         // the same if it is one, else nil
	own     func(*server.Request) // the interceptor of the test's options, nil if there is none
	record  record
	faults  faults
	real    *realServer // in the place of all this, nil without

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
	// the server has to say is part of the test's output. Clients of this machine may send DEBUG, whatever Debug says.
	Server server.Options

	// TLS makes the server speak TLS, and nothing else, at Addr, with a certificate that is made for the test: see
	// Server.TLSConfig. What Dial connects stays as it is, since nobody can listen.
	TLS bool

	// Seed decides all that is random: RANDOMKEY and its kin, eviction, faults with a Probability. 0 means the number in the environment variable
	// NOOKTEST_SEED or, without one, any. A test that fails tells it.
	Seed uint64

	// RealTime makes the store's time pass by itself, and by Advance besides. false means that it
	// passes by Advance only or, in a testing/synctest bubble, as the
	// bubble's.
	RealTime bool

	shared *Server // whose store it is to be, nil for one of its own
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
	if where := os.Getenv(RedisEnv); where != "" {
		s.runReal(where, &o)
		return s
	}
	s.setTime(&o)
	if o.TLS {
		s.certificate = certify(t)
	}
	s.setSeed(&o)
	s.own, o.Server.Intercept = o.Server.Intercept, s.intercept
	o.Server.Debug = max(o.Server.Debug, server.DebugLocal)
	if o.Server.Logger == nil {
		o.Server.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	var err error
	if s.shared = o.shared; s.shared != nil {
		s.store = s.shared.store
	} else if s.store, err = nook.New(&o.Store); err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	if s.server, err = server.New(s.store, &o.Server); err != nil {
		_ = s.store.Close() // it is empty
		t.Fatalf("nooktest: %v", err)
	}
	s.start = s.store.Now()
	t.Cleanup(s.Close)
	t.Cleanup(s.report)
	return s
}

// SeedEnv names the environment variable that has the seed of servers without one.
const SeedEnv = "NOOKTEST_SEED"

// shards is how many a store has, so that the same seed means the same with any number of processors.
const shards = 32

// setSeed decides what decides.
func (s *Server) setSeed(o *Options) {
	s.seed = o.Seed
	if text := os.Getenv(SeedEnv); s.seed == 0 && text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n == 0 {
			s.t.Fatalf("nooktest: %s=%q is no seed", SeedEnv, text)
		}
		s.seed = n
	}
	for s.seed == 0 {
		s.seed = rand.Uint64()
	}
	if o.Store.Seed == 0 {
		o.Store.Seed = s.seed
	}
	if o.Store.Shards == 0 {
		o.Store.Shards = shards
	}
	s.faults.seed = s.seed
	s.faults.changed.L = &s.faults.mu
}

// Seed returns the seed in force.
func (s *Server) Seed() uint64 { return s.seed }

// lastShown is how many commands a failing test tells of.
const lastShown = 20

// report tells, if the test has failed, what it takes to repeat it and what clients said last.
func (s *Server) report() {
	if s.real != nil || !s.t.Failed() {
		return
	}
	var text strings.Builder
	fmt.Fprintf(&text, "nooktest: the seed is %d, and the store's time went from %s to %s (%s=%d %s=%[2]s repeats it)", s.seed,
		stamp(s.start), stamp(s.store.Now()), SeedEnv, s.seed, TimeEnv)
	all, forgotten := s.record.pick(nil)
	if n := len(all) - lastShown; n > 0 {
		all, forgotten = all[n:], forgotten+n
	}
	if len(all) > 0 {
		text.WriteString("; the last commands:")
	}
	for i := range all {
		fmt.Fprintf(&text, "\n\t%d  %s", forgotten+i+1, all[i].line())
	}
	s.t.Log(text.String())
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// setTime decides by what time the store goes.
func (s *Server) setTime(o *Options) {
	switch {
	case o.Store.Clock != nil:
		s.clock, _ = o.Store.Clock.(*nook.ManualClock)
	case inBubble():
		s.bubble = true
	case !o.RealTime:
		s.clock = nook.NewManualClock(s.beginning())
		o.Store.Clock = s.clock
	default:
		s.running = newRunningClock()
		o.Store.Clock = s.running
	}
	s.time = o.Store.Clock
}

// TimeEnv names the environment variable that has the time at which clocks that stand still begin, in the form of RFC 3339.
const TimeEnv = "NOOKTEST_TIME"

// beginning returns when a clock that stands still is to begin.
func (s *Server) beginning() time.Time {
	text := os.Getenv(TimeEnv)
	if text == "" {
		return time.Now().Round(0) // which takes the monotonic time away
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		s.t.Fatalf("nooktest: %s=%q is no time", TimeEnv, text)
	}
	return t
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
	if s.real != nil {
		s.real.close()
		return
	}
	s.faults.close()
	_ = s.server.Close() // neither it nor that of the store ever fails
	s.tasks.Wait()
	if s.shared == nil {
		_ = s.store.Close()
	}
}

// In makes the methods that may fail a test, or skip it, do so to a subtest until that ends, and a subtest that fails tell the seed and the commands
// that came last. Without, a subtest that uses the server of its parent
// would fail the parent from within itself, which the testing package takes amiss. It is not for subtests that run in parallel: these need
// servers of their own.
//
//	t.Run("expired", func(t *testing.T) {
//		srv.In(t)
//		srv.Advance(time.Hour)
//		...
//	})
func (s *Server) In(t testing.TB) {
	was := s.t
	s.t = t
	t.Cleanup(func() {
		s.report() // later subtests may restore a snapshot, and the server forgets these commands
		s.t = was
	})
}

// Store returns the store that the server serves.
func (s *Server) Store() *nook.Store {
	s.needsNook("Store")
	return s.store
}

// Clock returns the clock that Advance moves, for what else should go by it. It is nil if
// the store's time is real, or that of a bubble.
func (s *Server) Clock() *nook.ManualClock {
	s.needsNook("Clock")
	return s.clock
}

// Advance lets d pass. All that falls due meanwhile has happened when it returns.
// In a testing/synctest bubble it sleeps, and so moves the time of all that is in
// the bubble. With Options.RealTime it adds to the time that passes by itself. It fails the test if the store has a clock of the test's own that is
// no ManualClock.
func (s *Server) Advance(d time.Duration) {
	s.t.Helper()
	s.needsNook("Advance")
	switch {
	case s.clock != nil:
		s.clock.Advance(d)
	case s.running != nil:
		s.running.advance(d)
	case s.bubble:
		time.Sleep(d)
		synctest.Wait()
	default:
		s.t.Fatal("nooktest: Advance cannot move a clock that is no nook.ManualClock")
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
	if s.real != nil {
		return s.real.dial(ctx)
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
	if s.real != nil {
		return s.real.addr
	}
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
	l, err := net.Listen("tcp", local+":0")
	if err != nil {
		s.t.Fatalf("nooktest: %v", err)
	}
	return s.accept(l)
}

// accept serves those who connect to a listener, and returns it as they see it.
func (s *Server) accept(l net.Listener) net.Listener {
	l = s.secure(l)
	s.tasks.Go(func() { _ = s.server.Serve(l) }) // ends when the server is closed
	return l
}

// URL returns Addr as a redis:// URL, or rediss:// with TLS, with the password if there is one.
func (s *Server) URL() string {
	s.t.Helper()
	u := url.URL{Scheme: "redis", Host: s.Addr()}
	if s.certificate != nil {
		u.Scheme = "rediss"
	}
	if s.password != "" {
		u.User = url.UserPassword("default", s.password)
	}
	return u.String()
}

package nooktest

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/memconn"
	"github.com/nookdb/nook/server"
)

// MasterName is the name under which a Sentinel knows its primary.
const MasterName = "mymaster"

// A Sentinel is a primary, a replica and a Redis Sentinel that names them to failover clients, for one test:
//
//	sentinel := nooktest.RunSentinel(t)
//	client := redis.NewFailoverClient(&redis.FailoverOptions{
//		MasterName: nooktest.MasterName, SentinelAddrs: sentinel.Addrs(), Dialer: sentinel.Dial,
//	})
//	...
//	sentinel.Failover() // the replica takes over, and the client has to follow
//
// Both servers have the same store: a replica is never behind. It refuses writes, as in Redis. Its methods may be called as those of a Server.
type Sentinel struct {
	t         testing.TB
	addresses addresses
	sentinel  *server.Sentinel
	addr      string
	tasks     sync.WaitGroup

	mu      sync.Mutex
	servers [2]member // the primary first; guarded by mu
	closed  bool      // guarded by mu
}

// member is a server with its address.
type member struct {
	*Server
	addr string
}

// RunSentinel starts a sentinel with two servers. They end with the test.
func RunSentinel(t testing.TB) *Sentinel {
	t.Helper()
	return RunSentinelWith(t, Options{})
}

// RunSentinelWith is RunSentinel with options, which are those of both servers. The sentinel itself has no password.
func RunSentinelWith(t testing.TB, o Options) *Sentinel {
	t.Helper()
	s := &Sentinel{t: t}
	for i := range s.servers {
		x, addr := s.addresses.run(t, &o)
		s.servers[i] = member{x, addr}
		o.shared = s.servers[0].Server
	}
	primary, replica := s.servers[0], s.servers[1]
	s.must(primary.server.Lead(replica.addr))
	s.must(replica.server.Follow(primary.addr))
	if o.Server.Logger == nil {
		o.Server.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	var err error
	s.sentinel, err = server.NewSentinel(&server.SentinelOptions{Server: server.Options{Logger: o.Server.Logger}, Promote: s.promote})
	s.must(err)
	addr, l := s.addresses.reserve(t)
	s.addr = addr
	s.addresses.add(s.addr, s.dial)
	s.must(s.sentinel.Monitor(MasterName, primary.addr, replica.addr))
	t.Cleanup(s.Close)
	if l != nil {
		s.tasks.Go(func() { _ = s.sentinel.Serve(l) }) // ends when the sentinel is closed
	}
	return s
}

func (s *Sentinel) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("nooktest: %v", err)
	}
}

// promote makes the replica the primary. It has no lock while it waits for requests under way, which may ask who is the primary. The sentinel sees to
// it that there is but one failover at a time.
func (s *Sentinel) promote(_, from, to string) error {
	old, next := s.member(0), s.member(1)
	if err := old.server.Follow(to); err != nil {
		return err
	}
	if err := next.server.Lead(from); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers = [2]member{next, old}
	return nil
}

// Failover puts the replica in the place of the primary, and the primary in that of the replica. All clients of both are disconnected, and those
// of the sentinel that are subscribed are told. Clients can do the same by SENTINEL FAILOVER.
func (s *Sentinel) Failover() {
	s.t.Helper()
	s.must(s.sentinel.Failover(MasterName))
}

// Primary returns the server that is the primary now.
func (s *Sentinel) Primary() *Server { return s.member(0).Server }

// Replica returns the other one.
func (s *Sentinel) Replica() *Server { return s.member(1).Server }

// PrimaryAddr returns the address of the primary, as the sentinel tells it.
func (s *Sentinel) PrimaryAddr() string { return s.member(0).addr }

func (s *Sentinel) member(i int) member {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.servers[i]
}

// Store returns the store of both servers.
func (s *Sentinel) Store() *nook.Store { return s.Primary().Store() }

// Clock returns the clock of the store. See Server.Clock.
func (s *Sentinel) Clock() *nook.ManualClock { return s.Primary().Clock() }

// Advance lets d pass. See Server.Advance.
func (s *Sentinel) Advance(d time.Duration) {
	s.t.Helper()
	s.Primary().Advance(d)
}

// Addrs returns the address of the sentinel, as host:port, in the form that clients take the addresses of several in. Outside of a
// testing/synctest bubble, it and the servers listen. With Dial no client needs that.
func (s *Sentinel) Addrs() []string { return []string{s.addr} }

// Dial connects in memory to the sentinel or the server that has the address. It is a dialer for clients, as that of a Server is.
func (s *Sentinel) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return s.addresses.Dial(ctx, network, addr)
}

// dial connects to the sentinel.
func (s *Sentinel) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, refusal(network, addr, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, refusal(network, addr, server.ErrClosed)
	}
	near, far := memconn.Pair("memory:0", memconn.Addr(addr))
	s.tasks.Go(func() { s.sentinel.ServeConn(far) })
	return near, nil
}

// Close ends the sentinel and the servers before the test does.
func (s *Sentinel) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_ = s.sentinel.Close() // never fails
	s.tasks.Wait()
	s.Replica().Close()
	s.Primary().Close()
}

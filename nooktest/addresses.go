package nooktest

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"testing"
)

// addresses are those of several servers that name each other to clients. The zero value has none.
type addresses struct {
	mu   sync.Mutex
	dial map[string]dialer // by address, guarded by mu
}

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// firstPort is that of the first server in a testing/synctest bubble, where nobody listens.
const firstPort = 7000

// reserve returns an address for a server of a test, and the listener that has it, nil in a bubble: there it is made up.
func (a *addresses) reserve(t testing.TB) (string, net.Listener) {
	t.Helper()
	if inBubble() {
		a.mu.Lock()
		defer a.mu.Unlock()
		return net.JoinHostPort(local, strconv.Itoa(firstPort+len(a.dial))), nil
	}
	l, err := net.Listen("tcp", local+":0")
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() }) // there may be no server to close it
	return l.Addr().String(), l
}

// add makes a server known by an address.
func (a *addresses) add(addr string, dial dialer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dial == nil {
		a.dial = map[string]dialer{}
	}
	a.dial[addr] = dial
}

var errNobody = errors.New("nobody has this address")

// local is where the servers are.
const local = "127.0.0.1"

// Dial connects in memory to the server that has the address. As with a real dialer, no host is this one.
func (a *addresses) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	wanted := addr
	if host, port, err := net.SplitHostPort(addr); err == nil && (host == "" || host == "localhost") {
		wanted = net.JoinHostPort(local, port)
	}
	a.mu.Lock()
	dial := a.dial[wanted]
	a.mu.Unlock()
	if dial == nil {
		return nil, refusal(network, addr, errNobody)
	}
	return dial(ctx, network, addr)
}

// run starts a server with an address that it announces, and listens to: others send clients there. Those after it have its clock and its seed.
func (a *addresses) run(t testing.TB, o *Options) (*Server, string) {
	t.Helper()
	addr, l := a.reserve(t)
	own := *o
	own.Server.Announce = addr
	s := RunWith(t, own)
	s.needsNook("a test of several servers")
	if l != nil {
		s.listener = s.accept(l)
	}
	o.Store.Clock, o.Seed = s.time, s.seed
	a.add(addr, s.Dial)
	return s, addr
}

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
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+len(a.dial))), nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
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

// Dial connects in memory to the server that has the address.
func (a *addresses) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	a.mu.Lock()
	dial := a.dial[addr]
	a.mu.Unlock()
	if dial == nil {
		return nil, refusal(network, addr, errNobody)
	}
	return dial(ctx, network, addr)
}

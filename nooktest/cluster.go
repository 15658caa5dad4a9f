package nooktest

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/server"
)

// A Cluster is a Redis Cluster for one test: nodes that share the slots, each a Server with a store of its own, which
// send clients to each other.
//
//	cluster := nooktest.RunCluster(t, 3)
//	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs(), Dialer: cluster.Dial})
//	...
//	cluster.MoveSlots(cluster.Nodes()[1], 0, 100) // while the client is at work
//
// Its methods may be called as those of a Server.
type Cluster struct {
	t         testing.TB
	addresses addresses
	cluster   *server.Cluster
	nodes     []*Server
	addrs     []string
}

// RunCluster starts a cluster of n nodes with equal shares of the slots. It ends with the test.
func RunCluster(t testing.TB, n int) *Cluster {
	t.Helper()
	return RunClusterWith(t, n, Options{})
}

// RunClusterWith is RunCluster with options, which are those of each node. Time is the same for all of them.
func RunClusterWith(t testing.TB, n int, o Options) *Cluster {
	t.Helper()
	if n < 1 {
		t.Fatalf("nooktest: a cluster of %d nodes", n)
	}
	c := &Cluster{t: t, cluster: server.NewCluster()}
	o.Server.Cluster = c.cluster
	for range n {
		s, addr := c.addresses.run(t, &o)
		c.nodes, c.addrs = append(c.nodes, s), append(c.addrs, addr)
	}
	c.must(c.cluster.Spread())
	return c
}

// must fails the test for an error.
func (c *Cluster) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("nooktest: %v", err)
	}
}

// Nodes returns the nodes in the order of their shares.
func (c *Cluster) Nodes() []*Server { return c.nodes }

// Node returns the node that has the slot of a key.
func (c *Cluster) Node(key string) *Server {
	owner := c.cluster.Owner(server.Slot(key))
	for _, s := range c.nodes {
		if s.server == owner {
			return s
		}
	}
	return nil
}

// Addrs returns the addresses of the nodes, as host:port, in their order: those under which they send clients to each other.
// Outside of a testing/synctest bubble, they listen there. With Dial no client needs that.
func (c *Cluster) Addrs() []string { return append([]string(nil), c.addrs...) }

// Dial connects in memory to the node that has the address. It is a dialer for clients, as that of a Server is.
func (c *Cluster) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return c.addresses.Dial(ctx, network, addr)
}

// Clock returns the clock of all nodes, nil if time is real, or that of a bubble.
func (c *Cluster) Clock() *nook.ManualClock { return c.nodes[0].Clock() }

// Advance lets d pass for all nodes. See Server.Advance.
func (c *Cluster) Advance(d time.Duration) {
	c.t.Helper()
	c.nodes[0].Advance(d)
}

// MoveSlots gives the slots from first to last to a node, with their keys, in one step. Clients that ask for them elsewhere are sent on by MOVED.
func (c *Cluster) MoveSlots(to *Server, first, last int) {
	c.t.Helper()
	c.must(c.cluster.MoveSlots(to.server, server.SlotRange{First: first, Last: last}))
}

// MoveSlotOf gives the slot of a key to a node, with all keys in it. See MoveSlots.
func (c *Cluster) MoveSlotOf(key string, to *Server) {
	c.t.Helper()
	slot := server.Slot(key)
	c.MoveSlots(to, slot, slot)
}

// OpenSlotOf begins to move the slot of a key to a node, as resharding does while clients are at work: the owner sends them on by ASK for
// keys that are not there, and so are no longer there after MoveKeys. MoveSlotOf ends it.
func (c *Cluster) OpenSlotOf(key string, to *Server) {
	c.t.Helper()
	c.must(c.cluster.OpenSlot(server.Slot(key), to.server))
}

// MoveKeys moves keys to a node whose slot stays where it is. See OpenSlotOf.
func (c *Cluster) MoveKeys(to *Server, keys ...string) {
	c.t.Helper()
	c.must(c.cluster.MoveKeys(to.server, keys...))
}

// Close ends all nodes before the test does.
func (c *Cluster) Close() {
	for _, s := range c.nodes {
		s.Close()
	}
}

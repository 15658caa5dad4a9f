package server

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/cluster"
	"github.com/nookdb/nook/internal/command"
)

// Slots is how many slots the keys of a cluster are spread over.
const Slots = cluster.Slots

// Slot returns the slot of a key, CLUSTER KEYSLOT: that of what stands between the first { and the next }, if anything does, or
// else of the whole key.
func Slot(key string) int { return cluster.Slot(key) }

// A SlotRange is a number of slots in a row, First and Last among them.
type SlotRange struct{ First, Last int }

// A Cluster is what several servers of a process are the nodes of, each with a store of its own: see
// Options.Cluster. They share the slots, and answer as a Redis Cluster does: by MOVED and ASK to what belongs to another, and by errors to
// requests on keys of several slots. Each node is a master, and there are no replicas.
//
// All nodes have the same map at any time, as if news of it took none. A message that a client publishes at one node
// reaches the subscribers of all; those of shard channels and events stay where they are. Only clients are redirected: what
// is done to a node's store in Go goes by no slots.
//
// Its methods may be called from any goroutine, but not from a command's.
type Cluster struct {
	current atomic.Pointer[cluster.Map]

	mu    sync.Mutex // held to change the map
	nodes []*node    // by their number; guarded by mu
	ids   int        // how many were given out; guarded by mu
}

// Errors of clusters.
var (
	errNotNode   = errors.New("server: it is no node of the cluster")
	errSlotRange = fmt.Errorf("server: a slot range is not within 0 to %d", Slots-1)
)

// NewCluster returns a cluster without nodes. Servers become its nodes by Options.Cluster; they have no slots until they are given some.
func NewCluster() *Cluster {
	c := new(Cluster)
	c.current.Store(cluster.New())
	return c
}

// join makes a server a node.
func (c *Cluster) join(s *Server, host string, port int) *node {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := &node{cluster: c, server: s, number: len(c.nodes), announced: port != 0, listeners: map[*session]*nook.Subscription{}}
	c.nodes = append(c.nodes, n)
	m := c.current.Load().Clone()
	m.Nodes = append(m.Nodes, cluster.Node{ID: c.newID(), Shard: c.newID(), Host: host, Port: port})
	c.current.Store(m)
	return n
}

// newID returns an ID that no other node has. It is the same whenever the same is done, so that tests can be repeated. mu is held.
func (c *Cluster) newID() string {
	c.ids++
	sum := sha1.Sum([]byte("node " + strconv.Itoa(c.ids)))
	return hex.EncodeToString(sum[:])
}

// change changes the map.
func (c *Cluster) change(f func(m *cluster.Map) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changeLocked(f)
}

// changeLocked is change with mu held. Whoever waits for, or is subscribed to, what a node has lost is told.
func (c *Cluster) changeLocked(f func(m *cluster.Map) error) error {
	before := c.current.Load()
	m := before.Clone()
	if err := f(m); err != nil {
		return err
	}
	c.current.Store(m)
	for _, n := range c.nodes {
		n.dismiss(m)
		n.part(before, m)
	}
	return nil
}

// Nodes returns the servers that are nodes, in the order in which they became so.
func (c *Cluster) Nodes() []*Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*Server, len(c.nodes))
	for i, n := range c.nodes {
		list[i] = n.server
	}
	return list
}

// Owner returns the server that has a slot, nil if none has.
func (c *Cluster) Owner(slot int) *Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slot < 0 || slot >= Slots {
		return nil
	}
	owner, ok := c.current.Load().Owner(slot)
	if !ok {
		return nil
	}
	return c.nodes[owner].server
}

// Spread gives each node an equal share of all slots, in a row, and moves keys accordingly. See MoveSlots.
func (c *Cluster) Spread() error {
	nodes := c.Nodes()
	for i, s := range nodes {
		r := SlotRange{i * Slots / len(nodes), (i+1)*Slots/len(nodes) - 1}
		if err := c.MoveSlots(s, r); err != nil {
			return err
		}
	}
	return nil
}

// MoveSlots gives slots to a node, with the keys that other nodes have in them, in one step: a client finds each key at one
// node at any time, and is sent there. Commands that wait for such a key end with MOVED. It waits for requests that are under way.
//
// It fails, and does nothing, if the server is no node or a range is none, and as Store.Transfer fails, if the node has
// no room for keys: then the slots stay where they were, and so do those keys that have not moved already.
//
// O(N) where N is the number of keys of the nodes that lose slots.
func (c *Cluster) MoveSlots(to *Server, ranges ...SlotRange) error {
	for _, r := range ranges {
		if r.First < 0 || r.Last >= Slots || r.First > r.Last {
			return errSlotRange
		}
	}
	if !c.has(to) {
		return errNotNode
	}
	return c.exclusively(func(m *cluster.Map) error {
		losing := map[int]bool{}
		for _, slot := range slotsIn(ranges) {
			if owner, ok := m.Owner(slot); ok && owner != to.node.number {
				losing[owner] = true
			}
			m.Assign(slot, to.node.number)
			m.Settle(to.node.number, slot)
		}
		for _, loser := range slices.Sorted(maps.Keys(losing)) {
			c.nodes[loser].dismiss(m) // before they hear that their keys have gone
			if err := c.nodes[loser].give(to, func(key string) bool { return inRanges(ranges, Slot(key)) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// OpenSlot begins to move a slot to a node key by key, as CLUSTER SETSLOT MIGRATING at its owner and IMPORTING at the other do: clients are sent
// on by ASK for keys that the owner has not. MoveKeys moves some, MoveSlots ends it. It does nothing if the node has the slot.
func (c *Cluster) OpenSlot(slot int, to *Server) error {
	switch {
	case slot < 0 || slot >= Slots:
		return errSlotRange
	case !c.has(to):
		return errNotNode
	}
	return c.exclusively(func(m *cluster.Map) error {
		owner, ok := m.Owner(slot)
		if !ok || owner == to.node.number {
			return nil
		}
		m.Migrate(slot, to.node.number)
		m.Import(to.node.number, slot, owner)
		return nil
	})
}

// MoveKeys moves keys to a node from wherever they are, though their slots stay where they were: what MIGRATE does while a slot is
// open. It fails as Store.Transfer does.
//
// O(n) in the number of keys.
func (c *Cluster) MoveKeys(to *Server, keys ...string) error {
	if !c.has(to) {
		return errNotNode
	}
	return c.exclusively(func(*cluster.Map) error {
		for _, n := range c.nodes {
			if n.server == to {
				continue
			}
			if _, err := n.server.store.Transfer(to.store, keys...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Cluster) has(s *Server) bool { return s != nil && s.node != nil && s.node.cluster == c }

// exclusively changes the map while no request on keys is under way at any node.
func (c *Cluster) exclusively(f func(m *cluster.Map) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.nodes {
		n.gate.Lock()
		defer n.gate.Unlock()
	}
	return c.changeLocked(f)
}

func slotsIn(ranges []SlotRange) (slots []int) {
	for _, r := range ranges {
		for slot := r.First; slot <= r.Last; slot++ {
			slots = append(slots, slot)
		}
	}
	return slots
}

func inRanges(ranges []SlotRange, slot int) bool {
	return slices.ContainsFunc(ranges, func(r SlotRange) bool { return r.First <= slot && slot <= r.Last })
}

// moved returns the error that sends a client to another node.
func moved(m *cluster.Map, slot, to int) command.Error {
	return command.Error("MOVED " + strconv.Itoa(slot) + " " + address(&m.Nodes[to]))
}

func address(n *cluster.Node) string { return n.Host + ":" + strconv.Itoa(n.Port) }

// announced returns the address that clients are told of a node, from that which an option gives.
func announced(addr string) (host string, port int, err error) {
	if addr == "" {
		return "", 0, nil
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("server: Options.Announce: %w", err)
	}
	if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
		return "", 0, fmt.Errorf("server: Options.Announce is %q, which has no port", addr)
	}
	return host, port, nil
}

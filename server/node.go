package server

import (
	"net"
	"slices"
	"sync"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/cluster"
	"github.com/nookdb/nook/internal/command"
)

// node is the place of a server in a cluster.
type node struct {
	cluster   *Cluster
	server    *Server
	number    int
	announced bool // its address is not that of its listener

	// gate is read-locked by each request on keys while it is run, unless it waits for others. So who has it locked knows
	// that all requests that were let in by the map as it was are over. A request on a slot that is on its way has it locked: which node it
	// belongs to depends on what keys there are, and others of the same slot would change that before it is run.
	gate sync.RWMutex

	mu        sync.Mutex
	listeners map[*session]*nook.Subscription // sessions that may have shard channels; guarded by mu
}

// follow notes a session's subscription, nil for none.
func (n *node) follow(s *session, sub *nook.Subscription) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if sub == nil {
		delete(n.listeners, s)
	} else {
		n.listeners[s] = sub
	}
}

// listens tells clients the address of a listener, unless they are told another.
func (n *node) listens(l net.Listener) {
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok || n.announced {
		return
	}
	_ = n.cluster.change(func(m *cluster.Map) error { // cannot fail
		self := &m.Nodes[n.number]
		if self.Port == 0 {
			self.Port = addr.Port
			if !addr.IP.IsUnspecified() {
				self.Host = addr.IP.String()
			}
		}
		return nil
	})
}

// leave says that the node does not answer any more.
func (n *node) leave() {
	_ = n.cluster.change(func(m *cluster.Map) error { // cannot fail
		m.Nodes[n.number].Down = true
		return nil
	})
}

// give moves keys of the node to another's store. The gates of both are locked.
func (n *node) give(to *Server, wanted func(key string) bool) error {
	keys, err := n.server.store.Keys("*")
	if err != nil {
		return err
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return !wanted(key) })
	_, err = n.server.store.Transfer(to.store, keys...)
	return err
}

// part ends the subscriptions of shard channels whose slots the node has lost, and tells the clients.
func (n *node) part(before, after *cluster.Map) {
	lost := func(slot int) bool {
		had, _ := before.Owner(slot)
		has, owned := after.Owner(slot)
		return had == n.number && (!owned || has != n.number)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for s, sub := range n.listeners {
		s.strip(sub, lost)
	}
}

// dismiss ends the commands that wait for keys which the node does not serve by the map.
func (n *node) dismiss(m *cluster.Map) {
	for _, s := range n.server.all() {
		if w := s.waiting.Load(); w != nil && !s.paused.Load() { // what is paused is checked before it is run
			n.dismissOne(w, m)
		}
	}
}

// dismissOne is dismiss of one of them.
func (n *node) dismissOne(w *wait, m *cluster.Map) {
	if w.slot < 0 {
		return
	}
	if !m.Up(n.server.parameters.Load().clusterRules()) {
		w.end(command.ErrDown)
		return
	}
	_, importing := m.Importing(n.number, w.slot)
	if owner, _ := m.Owner(w.slot); owner != n.number && !importing {
		w.end(moved(m, w.slot, owner))
	}
}

// strip ends the subscription of shard channels in slots that were lost, and tells the client.
func (s *session) strip(sub *nook.Subscription, lost func(slot int) bool) {
	var names []string
	for _, name := range sub.ShardChannels() {
		if lost(Slot(name)) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	counts, err := sub.SUnsubscribe(names...)
	if err != nil {
		return // it is over, as the session is
	}
	for i, name := range names {
		s.accept(delivery{Message: nook.Message{Channel: name}, kind: shardEnded, id: int64(counts[i])})
	}
}

// Cluster is what CLUSTER and redirections work on.
func (s *session) Cluster() command.Cluster {
	if s.node == nil {
		return nil
	}
	return clusterView{s}
}

// clusterView is the cluster as a session sees it.
type clusterView struct{ *session }

func (v clusterView) Map() *cluster.Map { return v.node.cluster.current.Load() }

func (v clusterView) Self() int { return v.node.number }

func (v clusterView) Up() bool { return v.Map().Up(v.rules()) }

func (v clusterView) Change(change func(m *cluster.Map) error) error {
	c := v.node.cluster
	if v.call.Row.Group != clusterGroup { // EXEC, or a script, has locks for which others may wait in here
		if !c.mu.TryLock() {
			return errChanging
		}
		defer c.mu.Unlock()
		return c.changeLocked(change)
	}
	return c.exclusively(change)
}

// clusterGroup is the group of CLUSTER.
const clusterGroup = "cluster"

const errChanging = command.Error("TRYAGAIN The cluster is being changed")

func (v clusterView) Reset(hard bool) error {
	return v.Change(func(m *cluster.Map) error {
		m.ReleaseAll(v.node.number)
		for _, t := range m.Transfers(v.node.number) {
			m.Settle(v.node.number, t.Slot)
		}
		if hard {
			n := &m.Nodes[v.node.number]
			c := v.node.cluster
			n.ID, n.Shard, n.Epoch = c.newID(), c.newID(), 0
		}
		return nil
	})
}

func (v clusterView) SetReadOnly(yes bool) { v.own.readOnly = yes }

func (v clusterView) Ask() { v.asking = true }

func (v clusterView) Relay(channel, message string) {
	v.relays = append(v.relays, nook.Message{Channel: channel, Payload: message})
}

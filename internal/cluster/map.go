package cluster

import (
	"maps"
	"slices"
)

// A Node is one server of the cluster. Its number is its place in Map.Nodes, which it keeps.
type Node struct {
	ID    string // 40 hexadecimal digits
	Shard string // the same, of the node with its replicas
	Host  string // that clients are told; "" if they know better
	Port  int    // the same; 0 if nobody listens
	Epoch int64  // of its configuration
	Down  bool   // it does not answer any more
}

// A Map says which node has which slot.
type Map struct {
	Nodes []Node
	Epoch int64 // the greatest that any node has had

	owner     [Slots]int16   // number of the node and one, 0 for none
	assigned  int            // slots that have an owner
	migrating map[int]int    // slot to the number of the node that it is to go to
	importing map[opened]int // what a node takes in, to the number of the node that it comes from
}

// opened is a slot that a node takes in.
type opened struct{ node, slot int }

// A Range is a number of slots in a row.
type Range struct{ First, Last int }

// New returns a map without nodes.
func New() *Map { return &Map{migrating: map[int]int{}, importing: map[opened]int{}} }

// Clone returns a copy.
func (m *Map) Clone() *Map {
	c := *m
	c.Nodes = slices.Clone(m.Nodes)
	c.migrating, c.importing = maps.Clone(m.migrating), maps.Clone(m.importing)
	return &c
}

// Find returns the number of the node with an ID.
func (m *Map) Find(id string) (node int, ok bool) {
	node = slices.IndexFunc(m.Nodes, func(n Node) bool { return n.ID == id })
	return node, node >= 0
}

// Owner returns the number of the node that has a slot, false if none has.
func (m *Map) Owner(slot int) (node int, ok bool) {
	n := m.owner[slot]
	return int(n) - 1, n > 0
}

// Assign gives a slot to a node, whoever had it.
func (m *Map) Assign(slot, node int) {
	m.Release(slot)
	m.owner[slot] = int16(node) + 1
	m.assigned++
}

// Release takes a slot from whoever has it.
func (m *Map) Release(slot int) {
	if m.owner[slot] != 0 {
		m.assigned--
	}
	m.owner[slot] = 0
	delete(m.migrating, slot)
}

// Ranges returns the slots of a node in order.
func (m *Map) Ranges(node int) (list []Range) {
	for slot := 0; slot < Slots; slot++ {
		first := slot
		for slot < Slots && m.owner[slot] == int16(node)+1 {
			slot++
		}
		if slot > first {
			list = append(list, Range{first, slot - 1})
		}
	}
	return list
}

// A Run is a number of slots in a row that one node has.
type Run struct {
	Range
	Node int
}

// Runs returns all slots that have an owner, in order.
func (m *Map) Runs() (list []Run) {
	for slot := 0; slot < Slots; {
		first, owner := slot, m.owner[slot]
		for slot < Slots && m.owner[slot] == owner {
			slot++
		}
		if owner > 0 {
			list = append(list, Run{Range{first, slot - 1}, int(owner) - 1})
		}
	}
	return list
}

// ReleaseAll takes all slots from a node.
func (m *Map) ReleaseAll(node int) {
	for slot, owner := range m.owner {
		if owner == int16(node)+1 {
			m.Release(slot)
		}
	}
}

// Assigned returns how many slots have an owner.
func (m *Map) Assigned() int { return m.assigned }

// Served returns how many slots have an owner that answers.
func (m *Map) Served() int {
	n := m.assigned
	for i, node := range m.Nodes {
		if node.Down {
			n -= m.Size(i)
		}
	}
	return n
}

// Size returns how many slots a node has.
func (m *Map) Size(node int) (n int) {
	for _, owner := range m.owner {
		if owner == int16(node)+1 {
			n++
		}
	}
	return n
}

// Owners returns how many nodes have slots.
func (m *Map) Owners() (n int) {
	for i := range m.Nodes {
		if m.Size(i) > 0 {
			n++
		}
	}
	return n
}

// Whole reports whether all slots have an owner that answers. Else the cluster is down, and serves no keys at all, unless the
// Rules of a node say otherwise.
func (m *Map) Whole() bool { return m.assigned == Slots && !m.lacks() }

// lacks reports whether a node with slots does not answer.
func (m *Map) lacks() bool {
	for i, node := range m.Nodes {
		if node.Down && m.Size(i) > 0 {
			return true
		}
	}
	return false
}

// quorate reports whether most of the nodes with slots answer.
func (m *Map) quorate() bool {
	owners, up := 0, 0
	for i, node := range m.Nodes {
		if m.Size(i) == 0 {
			continue
		}
		if owners++; !node.Down {
			up++
		}
	}
	return 2*up > owners || owners == 0
}

// Migrate says that the owner of a slot gives it to a node, key by key.
func (m *Map) Migrate(slot, to int) { m.migrating[slot] = to }

// Import says that a node takes a slot from another, key by key.
func (m *Map) Import(node, slot, from int) { m.importing[opened{node, slot}] = from }

// Settle says that a node neither gives nor takes a slot.
func (m *Map) Settle(node, slot int) {
	delete(m.importing, opened{node, slot})
	if owner, ok := m.Owner(slot); ok && owner == node {
		delete(m.migrating, slot)
	}
}

// Migrating returns the node that the owner of a slot gives it to, if it does.
func (m *Map) Migrating(slot int) (to int, ok bool) {
	to, ok = m.migrating[slot]
	return to, ok
}

// Importing returns the node from which another takes a slot, if it does.
func (m *Map) Importing(node, slot int) (from int, ok bool) {
	from, ok = m.importing[opened{node, slot}]
	return from, ok
}

// Open reports whether a slot is on its way from or to a node, so that what keys there are decides where a request belongs.
func (m *Map) Open(node, slot int) bool {
	_, importing := m.Importing(node, slot)
	_, migrating := m.Migrating(slot)
	return importing || migrating
}

// A Transfer is a slot on its way between a node and another one.
type Transfer struct {
	Slot  int
	Other int
	In    bool // the node takes the slot
}

// Transfers returns what a node gives and takes, by slot.
func (m *Map) Transfers(node int) (list []Transfer) {
	for slot, to := range m.migrating {
		if owner, _ := m.Owner(slot); owner == node {
			list = append(list, Transfer{slot, to, false})
		}
	}
	for key, from := range m.importing {
		if key.node == node {
			list = append(list, Transfer{key.slot, from, true})
		}
	}
	slices.SortFunc(list, func(a, b Transfer) int { return a.Slot - b.Slot })
	return list
}

// Bump gives a node the greatest epoch, and reports whether it did not have it already.
func (m *Map) Bump(node int) bool {
	n := &m.Nodes[node]
	if n.Epoch != 0 && n.Epoch == m.greatest() {
		return false
	}
	m.Epoch++
	n.Epoch = m.Epoch
	return true
}

// greatest returns the greatest epoch there is.
func (m *Map) greatest() int64 {
	epoch := m.Epoch
	for _, n := range m.Nodes {
		epoch = max(epoch, n.Epoch)
	}
	return epoch
}

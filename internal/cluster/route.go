package cluster

// A Request is what matters of a command that is to be routed.
type Request struct {
	Keys   []string              // or shard channels
	Shard  bool                  // they are shard channels, which no node lacks
	Asking bool                  // the client was sent by an ASK
	Write  bool                  // it may change keys
	Rules  Rules                 // of the node
	Moves  bool                  // it is there to move keys, so either side of an open slot serves it, whatever keys it has
	Has    func(key string) bool // tells whether the node has a key
}

// A Verdict says what becomes of a request.
type Verdict uint8

// The verdicts.
const (
	Here      Verdict = iota // the node serves it
	Moved                    // another node has the slot
	Ask                      // another node has the keys, though it has not the slot yet
	CrossSlot                // the keys are in several slots
	TryAgain                 // some keys are at one node, some at another
	Unbound                  // nobody has the slot
	Down                     // somebody lacks, so nobody serves keys
	ReadOnly                 // the same, but reads are served
)

// A Route is a verdict, with the slot and the node that it is about.
type Route struct {
	Verdict Verdict
	Slot    int // of the keys, -1 if there are none
	Node    int // to turn to, of Moved and Ask
}

// Rules say what a node does while the cluster is not whole, as Redis's settings do. The zero value is Redis's default.
type Rules struct {
	Partial    bool // the cluster is up even so, and serves the slots that it has; cluster-require-full-coverage no
	ReadDown   bool // while it is down, reads are served; cluster-allow-reads-when-down yes
	SilentDown bool // while it is down, shard channels are not served; cluster-allow-pubsubshard-when-down no
}

// Up reports whether the cluster is up.
func (m *Map) Up(r Rules) bool { return m.Whole() || r.Partial && m.quorate() }

// down returns the verdict on a request to a cluster that is down, Here if it is served even so.
func (q *Request) down() Verdict {
	switch {
	case q.Shard && !q.Rules.SilentDown:
		return Here
	case q.Shard || !q.Rules.ReadDown:
		return Down
	case q.Write:
		return ReadOnly
	default:
		return Here
	}
}

// Route says where a request belongs that came to the given node.
func (m *Map) Route(self int, q *Request) Route {
	if len(q.Keys) == 0 {
		return Route{Here, -1, self}
	}
	slot := Slot(q.Keys[0])
	owner, owned := m.Owner(slot)
	if !owned {
		return Route{Unbound, slot, self}
	}
	several := false
	for _, key := range q.Keys[1:] {
		if Slot(key) != slot {
			return Route{CrossSlot, slot, self}
		}
		several = several || key != q.Keys[0]
	}
	if !m.Up(q.Rules) {
		if v := q.down(); v != Here {
			return Route{v, slot, self}
		}
	}
	if q.Moves && m.at(self, slot, owner) {
		return Route{Here, slot, self}
	}
	if owner == self {
		return m.leaving(self, slot, q)
	}
	if _, importing := m.Importing(self, slot); importing && q.Asking {
		if several && q.missing() > 0 {
			return Route{TryAgain, slot, self}
		}
		return Route{Here, slot, self}
	}
	return Route{Moved, slot, owner}
}

// at reports whether a node is on either side of an open slot.
func (m *Map) at(node, slot, owner int) bool {
	_, importing := m.Importing(node, slot)
	_, migrating := m.Migrating(slot)
	return importing || migrating && owner == node
}

// leaving routes a request to the owner of its slot, who may be about to give that away.
func (m *Map) leaving(self, slot int, q *Request) Route {
	to, migrating := m.Migrating(slot)
	if !migrating {
		return Route{Here, slot, self}
	}
	switch q.missing() {
	case 0:
		return Route{Here, slot, self}
	case len(q.Keys):
		return Route{Ask, slot, to}
	default:
		return Route{TryAgain, slot, self}
	}
}

// missing returns how many of the keys the node lacks.
func (q *Request) missing() (n int) {
	for _, key := range q.Keys {
		if !q.Shard && !q.Has(key) {
			n++
		}
	}
	return n
}

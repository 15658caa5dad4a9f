package stream

// A Trim says which entries at the front of a log are to go: as many as there are above MaxLen, or those
// before MinID.
type Trim struct {
	ByID   bool // MinID counts, else MaxLen
	MaxLen int
	MinID  ID
	Approx bool // stop at a node of which some entries stay
	Limit  int  // remove no more than so many, in whole nodes; 0: no limit

	// Remove, if it is not nil, is asked for each entry whether it may go. If not, the next ones are looked at
	// in its place.
	Remove func(ID) bool
}

// Trim removes entries and returns how many. O(1) for each node that goes as a whole.
func (l *Log) Trim(t *Trim) (removed int) {
	before, drop := l.live, 0
	for s := (spot{}); ; {
		n := l.node(s)
		if n == nil || t.enough(l) {
			break
		}
		live := n.live()
		if t.Limit > 0 && before-l.live+live > t.Limit {
			break
		}
		whole := t.covers(l, n, live)
		if whole && t.Remove == nil {
			l.live -= live
			drop++
			s = l.next(s)
			continue
		}
		if !whole && t.Approx {
			break
		}
		l.trimNode(n, t)
		switch {
		case !whole && t.Remove == nil, t.Approx && n.live() > 0:
			l.dropFront(drop)
			return before - l.live
		case n.live() == 0:
			l.remove(s)
			if s.chunk < len(l.chunks) && s.node == len(l.chunks[s.chunk]) {
				s = spot{s.chunk + 1, 0}
			}
		default:
			s = l.next(s)
		}
	}
	l.dropFront(drop)
	return before - l.live
}

// enough reports whether nothing is left to do.
func (t *Trim) enough(l *Log) bool { return !t.ByID && l.live <= t.MaxLen }

// covers reports whether all entries of the first node are to go.
func (t *Trim) covers(l *Log, n *node, live int) bool {
	if t.ByID {
		return n.last().Less(t.MinID)
	}
	return l.live-live >= t.MaxLen
}

// trimNode removes entries of one node, which stays even without any.
func (l *Log) trimNode(n *node, t *Trim) {
	h, before := n.head(), cap(n.pack)
	gone := 0
	for p := n.entries(&h); !n.pack.End(p) && !t.enough(l); {
		e := n.at(p)
		if t.ByID && !e.id.Less(t.MinID) {
			break
		}
		p = n.after(&e, &h)
		if e.flags&dead == 0 && (t.Remove == nil || t.Remove(e.id)) {
			n.mark(&e)
			l.live--
			gone++
		}
	}
	n.count(h.live-gone, h.dead+gone)
	l.bytes += cap(n.pack) - before
}

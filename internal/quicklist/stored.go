package quicklist

import "github.com/nookdb/nook/internal/listpack"

// AppendNode adds a listpack, which is not empty and which the list keeps, as a node behind the last. [List.SettleNodes]
// is to be called after the last one.
func (l *List) AppendNode(p listpack.List) {
	if l.Len() == 0 {
		l.small, l.long = p, nil
		return
	}
	if l.long == nil {
		l.long, l.small = newRope(l.small), nil
	}
	last := len(l.long.chunks) - 1
	l.long.add(last, len(l.long.chunks[last].nodes), p)
}

// SettleNodes makes the list long if its one node is beyond the limit.
func (l *List) SettleNodes(m Limit) {
	if l.long == nil {
		l.reserve(m, 0, 0)
	}
}

// EachNode calls f with the nodes in their order. They must not be changed.
func (l *List) EachNode(f func(p listpack.List)) {
	if l.long == nil {
		f(l.small)
		return
	}
	for _, c := range l.long.chunks {
		for _, d := range c.nodes {
			f(d.pack)
		}
	}
}

// Nodes returns the number of nodes, 1 for a list that is not long.
func (l *List) Nodes() int {
	if l.long == nil {
		return 1
	}
	n := 0
	for _, c := range l.long.chunks {
		n += len(c.nodes)
	}
	return n
}

package quicklist

import (
	"math"
	"slices"
	"unsafe"

	"github.com/nookdb/nook/internal/listpack"
)

// A rope is a long list.
type rope struct {
	chunks []chunk
	count  int // elements
	bytes  int // of listpacks and of the chunks' nodes
}

// A chunk is a run of nodes.
type chunk struct {
	nodes []node
	n     int // elements
}

// A node is a listpack and the number of its elements.
type node struct {
	pack   listpack.List
	n      int
	shared bool // another list has the same pack, which so must not change
}

const (
	// chunkMax is how many nodes a chunk may have: so many that there are few
	// chunks, and so few that they are moved in no time.
	chunkMax = 128

	nodeSize  = int(unsafe.Sizeof(node{}))
	chunkSize = int(unsafe.Sizeof(chunk{}))
	ropeSize  = 48 // as allocated
)

// newRope returns a rope of one node, which may be empty and then must not stay so.
func newRope(p listpack.List) *rope {
	r := &rope{chunks: make([]chunk, 1)}
	r.add(0, 0, p)
	return r
}

// size returns the bytes on the heap.
func (r *rope) size() int { return ropeSize + r.bytes + cap(r.chunks)*chunkSize }

func (r *rope) clone() *rope {
	c := &rope{chunks: slices.Clone(r.chunks), count: r.count}
	for i := range c.chunks {
		nodes := slices.Clone(c.chunks[i].nodes)
		for j := range nodes {
			nodes[j].pack, nodes[j].shared = nodes[j].pack.Clone(), false
			c.bytes += cap(nodes[j].pack)
		}
		c.chunks[i].nodes = nodes
		c.bytes += cap(nodes) * nodeSize
	}
	return c
}

// twin returns a rope with the same packs. Those of the one or of the other are to be shared.
func (r *rope) twin() *rope {
	c := &rope{chunks: slices.Clone(r.chunks), count: r.count, bytes: r.bytes}
	for i := range c.chunks {
		c.setNodes(&c.chunks[i], slices.Clone(c.chunks[i].nodes))
	}
	return c
}

// share makes all packs such as must not change.
func (r *rope) share() {
	for _, c := range r.chunks {
		for i := range c.nodes {
			c.nodes[i].shared = true
		}
	}
}

// own returns a node whose pack may be changed.
func (r *rope) own(s Spot) *node {
	d := r.node(s)
	if d.shared {
		r.set(s, d.pack.Clone(), 0)
		d.shared = false
	}
	return d
}

func (r *rope) node(s Spot) *node { return &r.chunks[s.chunk].nodes[s.node] }

// only returns the node of a rope that has just one, else nil.
func (r *rope) only() *node {
	if len(r.chunks) == 1 && len(r.chunks[0].nodes) == 1 {
		return &r.chunks[0].nodes[0]
	}
	return nil
}

// set changes the listpack of a node, which has so many more elements then.
func (r *rope) set(s Spot, p listpack.List, more int) {
	d := r.node(s)
	r.bytes += cap(p) - cap(d.pack)
	d.pack = p
	d.n += more
	r.chunks[s.chunk].n += more
	r.count += more
}

// setNodes changes the nodes of a chunk.
func (r *rope) setNodes(c *chunk, nodes []node) {
	r.bytes += (cap(nodes) - cap(c.nodes)) * nodeSize
	c.nodes = nodes
}

// add makes p the node at index i of chunk c, or of the chunk that comes of a split
// of a full one.
func (r *rope) add(c, i int, p listpack.List) {
	if len(r.chunks[c].nodes) == chunkMax {
		c, i = r.splitChunk(c, i)
	}
	ch := &r.chunks[c]
	r.setNodes(ch, slices.Insert(ch.nodes, i, node{}))
	r.set(Spot{chunk: c, node: i}, p, p.Len())
}

// splitChunk makes room for a node at index i of the full chunk c, and returns
// where that is then. At the ends of the list chunks stay full.
func (r *rope) splitChunk(c, i int) (chunkAt, nodeAt int) {
	switch {
	case c == 0 && i == 0:
		r.chunks = slices.Insert(r.chunks, 0, chunk{})
		return 0, 0
	case c == len(r.chunks)-1 && i == chunkMax:
		r.chunks = append(r.chunks, chunk{})
		return c + 1, 0
	}
	r.chunks = slices.Insert(r.chunks, c+1, chunk{})
	left, right := &r.chunks[c], &r.chunks[c+1]
	r.setNodes(right, slices.Clone(left.nodes[chunkMax/2:]))
	r.setNodes(left, slices.Delete(left.nodes, chunkMax/2, chunkMax))
	for _, d := range right.nodes {
		right.n += d.n
	}
	left.n -= right.n
	if i <= chunkMax/2 {
		return c, i
	}
	return c + 1, i - chunkMax/2
}

// drop removes the first n elements, or the last n, or as many as there are.
func (r *rope) drop(e End, n int) {
	for n > 0 && r.count > 0 {
		s := r.outer(e)
		d := r.node(s)
		switch c := &r.chunks[s.chunk]; {
		case c.n <= n:
			n -= c.n
			r.cutChunk(s.chunk)
		case d.n <= n:
			n -= d.n
			r.cut(s)
		case e == Front:
			r.set(s, r.own(s).pack.Delete(s.pos, n), -n)
			return
		default:
			r.set(s, r.own(s).pack.Delete(d.pack.Seek(-n), n), -n)
			return
		}
	}
}

// cut takes the node of s out of the rope, and its chunk if that has no other.
func (r *rope) cut(s Spot) {
	c := &r.chunks[s.chunk]
	if len(c.nodes) == 1 {
		r.cutChunk(s.chunk)
		return
	}
	r.set(s, nil, -r.node(s).n)
	c.nodes = slices.Delete(c.nodes, s.node, s.node+1)
}

// cutChunk takes a chunk out of the rope.
func (r *rope) cutChunk(i int) {
	c := &r.chunks[i]
	r.count -= c.n
	for _, d := range c.nodes {
		r.bytes -= cap(d.pack)
	}
	r.bytes -= cap(c.nodes) * nodeSize
	r.chunks = slices.Delete(r.chunks, i, i+1)
	if cap(r.chunks) > 4*len(r.chunks)+16 {
		r.chunks = slices.Clone(r.chunks)
	}
}

// outer returns the place of the first or the last element, None if there is none.
func (r *rope) outer(e End) Spot {
	if len(r.chunks) == 0 {
		return None
	}
	var s Spot
	if e == Back {
		s.chunk = len(r.chunks) - 1
		s.node = len(r.chunks[s.chunk].nodes) - 1
	}
	return r.at(s, e)
}

// at returns the place of a node's first or last element.
func (r *rope) at(s Spot, e End) Spot {
	if e == Front {
		s.pos = r.node(s).pack.First()
	} else {
		s.pos = r.node(s).pack.Last()
	}
	return s
}

// edge returns where an element is inserted at an end.
func (r *rope) edge(e End) Spot {
	s := Spot{pos: first}
	if e == Back {
		s.chunk = len(r.chunks) - 1
		s.node = len(r.chunks[s.chunk].nodes) - 1
		s.pos = r.end(s)
	}
	return s
}

// first is the place of a listpack's first element, or of none if it is empty.
var first = listpack.Pos(len(empty) - 1)

// end returns the place behind the last element of a node.
func (r *rope) end(s Spot) listpack.Pos { return listpack.Pos(len(r.node(s).pack) - 1) }

// beside returns the node before or after that of s.
func (r *rope) beside(s Spot, towards End) (Spot, bool) {
	switch {
	case towards == Front && s.node > 0:
		return Spot{chunk: s.chunk, node: s.node - 1}, true
	case towards == Front && s.chunk > 0:
		return Spot{chunk: s.chunk - 1, node: len(r.chunks[s.chunk-1].nodes) - 1}, true
	case towards == Back && s.node+1 < len(r.chunks[s.chunk].nodes):
		return Spot{chunk: s.chunk, node: s.node + 1}, true
	case towards == Back && s.chunk+1 < len(r.chunks):
		return Spot{chunk: s.chunk + 1}, true
	default:
		return None, false
	}
}

// over returns the place of the nearest element of the node beside that of s,
// or None.
func (r *rope) over(s Spot, towards End) Spot {
	s, ok := r.beside(s, towards)
	if !ok {
		return None
	}
	return r.at(s, !towards)
}

// seek returns the place of the element with an index that exists. It starts from
// the nearer end.
func (r *rope) seek(i int) Spot {
	var s Spot
	if i < r.count/2 {
		for ; i >= r.chunks[s.chunk].n; s.chunk++ {
			i -= r.chunks[s.chunk].n
		}
	} else {
		i -= r.count
		for s.chunk = len(r.chunks) - 1; i < -r.chunks[s.chunk].n; s.chunk-- {
			i += r.chunks[s.chunk].n
		}
		i += r.chunks[s.chunk].n
	}
	nodes := r.chunks[s.chunk].nodes
	for ; i >= nodes[s.node].n; s.node++ {
		i -= nodes[s.node].n
	}
	s.pos = nodes[s.node].pack.Seek(i)
	return s
}

// insert adds v at s, which is a place in a node or behind its last element.
func (r *rope) insert(s Spot, v string, m Limit) {
	d := r.node(s)
	switch {
	case m.takes(d, len(v)):
		r.set(s, m.room(r.own(s).pack, len(v)).InsertBefore(s.pos, v), 1)
	case d.n == 0: // the node of a list that was empty, and not for long
		r.set(s, pack(v).Append(v), 1)
	case s.pos == first:
		if !r.lend(s, Front, v, m) {
			r.add(s.chunk, s.node, pack(v).Append(v))
		}
	case s.pos == r.end(s):
		if !r.lend(s, Back, v, m) {
			r.add(s.chunk, s.node+1, pack(v).Append(v))
		}
	default:
		r.insertBetween(s, v, m)
	}
}

// lend adds v to the near end of the node beside that of s, and reports whether
// there is one with room for it.
func (r *rope) lend(s Spot, towards End, v string, m Limit) bool {
	s, ok := r.beside(s, towards)
	if !ok || !m.takes(r.node(s), len(v)) {
		return false
	}
	s.pos = first
	if towards == Front {
		s.pos = r.end(s)
	}
	r.set(s, r.own(s).pack.InsertBefore(s.pos, v), 1)
	return true
}

// insertBetween splits the node of s and adds v between its parts.
func (r *rope) insertBetween(s Spot, v string, m Limit) {
	d := r.own(s)
	n := d.n
	right := d.pack.Clone()
	left := d.pack.Delete(s.pos, math.MaxInt)
	before := left.Len()
	right = right.Delete(right.First(), before)
	r.set(s, left, before-n)
	added := len(r.chunks)
	r.add(s.chunk, s.node+1, right)
	if len(r.chunks) > added && s.node >= len(r.chunks[s.chunk].nodes) { // the chunk was split before s
		s = Spot{chunk: s.chunk + 1, node: s.node - len(r.chunks[s.chunk].nodes)}
	}
	s.pos = r.end(s)
	r.insert(s, v, m)
	s = r.join(s, Front, m)
	if s, ok := r.beside(s, Back); ok {
		r.join(s, Back, m)
	}
}

// join makes one node of that of s and the one beside it, if they fit. It
// returns the place of s, which may be in the joined node then.
func (r *rope) join(s Spot, towards End, m Limit) Spot {
	t, ok := r.beside(s, towards)
	if !ok || !m.joins(r.node(s), r.node(t)) {
		return s
	}
	left, right := s, t
	if towards == Front {
		left, right = t, s
		s = Spot{chunk: t.chunk, node: t.node, pos: s.pos + r.end(t) - first}
	}
	n, p := r.node(right).n, r.node(right).pack
	r.set(left, r.own(left).pack.Concat(p), n)
	r.cut(right)
	return s
}

// replace puts v into the place of the element at s.
func (r *rope) replace(s Spot, v string, m Limit) {
	d := r.node(s)
	if d.n == 1 || !m.exceeded(len(d.pack)+len(v)+overhead, d.n) {
		r.set(s, r.own(s).pack.Replace(s.pos, v), 0)
		return
	}
	r.set(s, r.own(s).pack.Delete(s.pos, 1), -1)
	r.insert(s, v, m)
}

// remove deletes the element at s.
func (r *rope) remove(s Spot) {
	d := r.node(s)
	if d.n == 1 {
		r.cut(s)
		return
	}
	r.set(s, r.own(s).pack.Delete(s.pos, 1), -1)
}

// delete is remove with a join of small nodes, and returns the place of the element that
// followed, or None.
func (r *rope) delete(s Spot, m Limit) Spot {
	if r.node(s).n == 1 {
		next, ok := r.beside(s, Back)
		if ok && next.chunk == s.chunk {
			next.node--
		} else if ok && len(r.chunks[s.chunk].nodes) == 1 {
			next.chunk--
		}
		r.cut(s)
		if !ok {
			return None
		}
		return r.at(next, Front)
	}
	r.remove(s)
	if m.half().takesAll(r, s) {
		s = r.join(s, Front, m)
	}
	if s.pos == r.end(s) {
		return r.over(s, Back)
	}
	return s
}

// takesAll reports whether the node of s and the one before it would be at most half
// a node: so the joined one does not have to be split soon.
func (h halved) takesAll(r *rope, s Spot) bool {
	t, ok := r.beside(s, Front)
	return ok && !h.exceeded(len(r.node(s).pack)+len(r.node(t).pack), r.node(s).n+r.node(t).n)
}

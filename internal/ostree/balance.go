package ostree

import "github.com/nookdb/nook/internal/table"

// A path is the way from the root to a node: step l stands at a node of level
// l+1 and leads to one of level l, where 0 is that of leaves.
type path [maxHeight]step

type step struct {
	in *inner
	i  int // the child
}

// find returns the leaf and the place in it where the key of a score and a member is, or
// would be, and the way there.
func (t *Tree) find(p *path, score float64, member string) (*leaf, int) {
	n := t.root
	for l := t.height - 1; l >= 0; l-- {
		in := n.inner()
		i := n.way(score, member)
		p[l] = step{in, i}
		n = in.child[i]
	}
	return n.leaf(), n.keys(score, member, false)
}

// Insert adds e, whose member must not be in the tree with this score.
func (t *Tree) Insert(score float64, e *table.Entry) {
	var p path
	lf, i := t.find(&p, score, e.Key())
	t.insert(&p, t.own(&p, lf), i, score, e)
}

// insert adds an element at place i of a leaf.
func (t *Tree) insert(p *path, lf *leaf, i int, score float64, e *table.Entry) {
	if lf.len() == fanout {
		var n *node
		n, i = t.overflow(p, 0, i)
		lf = n.leaf()
	}
	lf.open(i, 1)
	lf.score[i], lf.entry[i] = score, e
	t.count++
	for l := range t.height {
		p[l].in.count[p[l].i]++
	}
	if i == 0 {
		t.refirst(p, 0)
	}
}

// Delete removes the entry e, which is in the tree with this score.
func (t *Tree) Delete(score float64, e *table.Entry) {
	var p path
	lf, i := t.find(&p, score, e.Key())
	t.remove(&p, t.own(&p, lf), i, 1)
}

// Move gives the entry e another score.
func (t *Tree) Move(from, to float64, e *table.Entry) {
	var p path
	lf, i := t.find(&p, from, e.Key())
	lf = t.own(&p, lf)
	if !lf.slide(i, to, e) {
		t.remove(&p, lf, i, 1)
		t.Insert(to, e)
	}
}

// slide moves element i of the leaf to the place that its new score gives it, if
// that is between the ends of the leaf.
func (n *leaf) slide(i int, score float64, e *table.Entry) bool {
	to := n.keys(score, e.Key(), false)
	if i == 0 || to == 0 || to == n.len() && n.next != nil {
		return false
	}
	if to > i {
		to-- // its own old place is before it
		copy(n.score[i:], n.score[i+1:to+1])
		copy(n.entry[i:], n.entry[i+1:to+1])
	} else {
		copy(n.score[to+1:i+1], n.score[to:])
		copy(n.entry[to+1:i+1], n.entry[to:])
	}
	n.score[to], n.entry[to] = score, e
	return true
}

// DeleteRange removes the elements of the ranks from and up to, not including, to.
func (t *Tree) DeleteRange(from, to int) {
	if from == 0 && to == t.count {
		t.Clear()
		return
	}
	for from < to {
		var p path
		lf, i := t.locate(&p, from)
		n := min(to-from, lf.len()-i)
		t.remove(&p, t.own(&p, lf), i, n)
		to -= n
	}
}

// locate returns the leaf and the place of the element of a rank, and the way there.
func (t *Tree) locate(p *path, rank int) (*leaf, int) {
	n := t.root
	for l := t.height - 1; l >= 0; l-- {
		in := n.inner()
		p[l] = step{in, in.holds(&rank)}
		n = in.child[p[l].i]
	}
	return n.leaf(), rank
}

// remove takes m elements out of a leaf, from place i on.
func (t *Tree) remove(p *path, lf *leaf, i, m int) {
	lf.cut(i, m)
	t.count -= m
	for l := range t.height {
		p[l].in.count[p[l].i] -= uint32(m)
	}
	if i == 0 && lf.len() > 0 {
		t.refirst(p, 0)
	}
	t.underflow(p, 0)
}

// refirst notes, on the way to a node of a level, that its first key has changed.
func (t *Tree) refirst(p *path, level int) {
	for l := level; l < t.height; l++ {
		s := p[l]
		first := s.in.child[s.i]
		s.in.score[s.i], s.in.entry[s.i] = first.score[0], first.entry[0]
		if s.i > 0 {
			return
		}
	}
}

// node returns the node of a level on the way.
func (t *Tree) node(p *path, level int) *node {
	if level == t.height {
		return t.root
	}
	return p[level].in.child[p[level].i]
}

// overflow makes room for one more at place i of the full node of a level, and
// returns where that place is afterwards. The way leads there then.
func (t *Tree) overflow(p *path, level, i int) (*node, int) {
	if level == t.height {
		t.grow(p)
	}
	up := p[level]
	if j, ok := up.in.roomyPair(up.i); ok {
		return t.even(p, level, j, i)
	}
	if up.in.len() == fanout {
		n, k := t.overflow(p, level+1, up.i+1) // the child before the place is in the same node
		up = step{n.inner(), k - 1}
		p[level] = up
		if j, ok := up.in.roomyPair(up.i); ok {
			return t.even(p, level, j, i)
		}
	}
	return t.split(p, level, i)
}

// grow puts a new root above the old one.
func (t *Tree) grow(p *path) {
	in := new(inner)
	t.inners++
	in.num, in.generation = 1, t.generation
	in.score[0], in.entry[0] = t.root.score[0], t.root.entry[0]
	in.child[0], in.count[0] = t.root, uint32(t.count)
	p[t.height] = step{in, 0}
	t.root = &in.node
	t.height++
}

// roomyPair returns the left one of child i and a neighbour that has room to spare.
func (n *inner) roomyPair(i int) (int, bool) {
	left, right := fanout, fanout
	if i > 0 {
		left = n.child[i-1].len()
	}
	if i+1 < n.len() {
		right = n.child[i+1].len()
	}
	if min(left, right) > fanout-spare {
		return 0, false
	}
	if left < right {
		return i - 1, true
	}
	return i, true
}

// even gives child j of the node on the way and the next one the same number of elements,
// and returns where place i of the node on the way is then.
func (t *Tree) even(p *path, level, j, i int) (*node, int) {
	up := p[level].in
	a, b := t.child(up, level, j), t.child(up, level, j+1)
	if p[level].i > j {
		i += a.len()
	}
	half := (a.len() + b.len()) / 2
	if a.len() > half {
		pass(level, a, b, a.len()-half)
	} else {
		pull(level, a, b, half-a.len())
	}
	up.measure(level, j)
	up.measure(level, j+1)
	return t.place(p, level, j, i)
}

// split puts a new node beside the full one on the way, whose parent has room, and returns
// where place i of the full one is then.
func (t *Tree) split(p *path, level, i int) (*node, int) {
	up, at := p[level].in, p[level].i
	full := up.child[at]
	switch {
	case level == 0 && i == full.len() && full.leaf().next == nil:
		t.begin(up, level, at+1)
		return t.place(p, level, at+1, 0)
	case level == 0 && i == 0 && full.leaf().prev == nil:
		t.begin(up, level, at)
		return t.place(p, level, at, 0)
	case up.len() == 1:
		pass(level, full, t.begin(up, level, 1), full.len()/2)
		up.measure(level, 0)
		up.measure(level, 1)
		return t.place(p, level, 0, i)
	}
	j := min(at, up.len()-2)
	a, b := t.child(up, level, j), t.child(up, level, j+1)
	if at > j {
		i += a.len()
	}
	c := t.begin(up, level, j+1)
	pass(level, a, c, a.len()/3)
	pull(level, c, b, b.len()/3)
	for k := j; k <= j+2; k++ {
		up.measure(level, k)
	}
	return t.place(p, level, j, i)
}

// place makes the way lead to where place i, counted from the beginning of child j, is.
func (t *Tree) place(p *path, level, j, i int) (*node, int) {
	up := p[level].in
	for i > up.child[j].len() {
		i -= up.child[j].len()
		j++
	}
	p[level].i = j
	return up.child[j], i
}

// begin makes an empty child i of a node, which has room.
func (t *Tree) begin(up *inner, level, i int) *node {
	var n *node
	if level > 0 {
		n = &new(inner).node
		t.inners++
	} else {
		lf := new(leaf)
		lf.link(up, i)
		n = &lf.node
		t.leaves++
	}
	n.generation = t.generation
	up.open(i, 1)
	copy(up.child[i+1:up.len()], up.child[i:])
	copy(up.count[i+1:up.len()], up.count[i:])
	up.child[i], up.count[i] = n, 0
	return n
}

// link puts a new leaf, which will be child i of a node, between its neighbours.
func (n *leaf) link(up *inner, i int) {
	if i > 0 {
		n.prev = up.child[i-1].leaf()
		n.next = n.prev.next
	} else {
		n.next = up.child[i].leaf()
		n.prev = n.next.prev
	}
	if n.prev != nil {
		n.prev.next = n
	}
	if n.next != nil {
		n.next.prev = n
	}
}

// underflow gives the node of a level on the way more elements, or another one its own, if
// it has too few.
func (t *Tree) underflow(p *path, level int) {
	n := t.node(p, level)
	if level == t.height {
		t.lower()
		return
	}
	up := p[level]
	for n.len() < least && up.in.len() > 1 {
		j := min(up.i, up.in.len()-2)
		a, b := up.in.child[j], up.in.child[j+1]
		if a.len()+b.len() > merged {
			t.even(p, level, j, 0)
			p[level].i = j
			t.refirst(p, level)
			return
		}
		n = t.merge(up.in, level, j)
		up.i = j
		p[level].i = j
		t.refirst(p, level)
	}
	if up.in.len() < least {
		t.underflow(p, level+1)
	}
}

// merge moves the elements of child j+1 of a node to child j, which it returns.
func (t *Tree) merge(up *inner, level, j int) *node {
	a, b := t.child(up, level, j), t.child(up, level, j+1)
	pull(level, a, b, b.len())
	if level > 0 {
		t.inners--
	} else {
		t.leaves--
		a.leaf().next = b.leaf().next
		if a.leaf().next != nil {
			a.leaf().next.prev = a.leaf()
		}
	}
	up.drop(j+1, 1)
	up.measure(level, j)
	return a
}

// lower takes roots with a single child away.
func (t *Tree) lower() {
	for t.height > 0 && t.root.len() == 1 {
		t.root = t.root.inner().child[0]
		t.inners--
		t.height--
	}
}

// measure notes the first key and the number of elements of child i, a node of a level.
func (n *inner) measure(level, i int) {
	c := n.child[i]
	n.score[i], n.entry[i] = c.score[0], c.entry[0]
	n.count[i] = uint32(c.len())
	if level > 0 {
		n.count[i] = uint32(c.inner().before(c.len()))
	}
}

// pass moves the last m keys of a to the front of b.
func pass(level int, a, b *node, m int) {
	i := a.len() - m
	b.open(0, m)
	copy(b.score[:m], a.score[i:])
	copy(b.entry[:m], a.entry[i:])
	if level > 0 {
		from, to := a.inner(), b.inner()
		copy(to.child[m:b.len()], to.child[:])
		copy(to.count[m:b.len()], to.count[:])
		copy(to.child[:m], from.child[i:])
		copy(to.count[:m], from.count[i:])
		from.drop(i, m)
		return
	}
	a.cut(i, m)
}

// pull moves the first m keys of b to the end of a.
func pull(level int, a, b *node, m int) {
	i := a.len()
	a.num += int32(m)
	copy(a.score[i:], b.score[:m])
	copy(a.entry[i:], b.entry[:m])
	if level > 0 {
		to, from := a.inner(), b.inner()
		copy(to.child[i:], from.child[:m])
		copy(to.count[i:], from.count[:m])
		from.drop(0, m)
		return
	}
	b.cut(0, m)
}

// open makes room for m keys at place i.
func (n *node) open(i, m int) {
	copy(n.score[i+m:], n.score[i:n.len()])
	copy(n.entry[i+m:], n.entry[i:n.len()])
	n.num += int32(m)
}

// cut takes m keys out from place i on.
func (n *node) cut(i, m int) {
	copy(n.score[i:], n.score[i+m:n.len()])
	copy(n.entry[i:], n.entry[i+m:n.len()])
	clear(n.entry[n.len()-m : n.len()])
	n.num -= int32(m)
}

// drop is cut of children.
func (n *inner) drop(i, m int) {
	copy(n.child[i:], n.child[i+m:n.len()])
	copy(n.count[i:], n.count[i+m:n.len()])
	clear(n.child[n.len()-m : n.len()])
	n.cut(i, m)
}

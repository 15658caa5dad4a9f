package ostree

import (
	"iter"

	"github.com/nookdb/nook/internal/table"
)

// Fork makes c, which may be t itself, a tree of the same elements to go on with. What t was, or a copy of that, is good for Len and Backward from then on, and for
// nothing else, by others than the owner of c, too: its nodes are shared, and copied once c changes in them.
//
// The links between leaves are those of c, whoever else has the leaf: Backward does without.
//
// O(1).
func (t *Tree) Fork(c *Tree) {
	*c = *t
	c.generation++
}

// Backward yields the elements from the last to the first.
func (t *Tree) Backward() iter.Seq2[float64, *table.Entry] {
	return func(yield func(float64, *table.Entry) bool) { t.root.backward(t.height, yield) }
}

// backward yields the elements below a node of a level, and reports whether yield wants more.
func (n *node) backward(level int, yield func(float64, *table.Entry) bool) bool {
	for i := n.len() - 1; i >= 0; i-- {
		if level > 0 && !n.inner().child[i].backward(level-1, yield) {
			return false
		}
		if level == 0 && !yield(n.score[i], n.entry[i]) {
			return false
		}
	}
	return true
}

// own makes the nodes on the way to a leaf the tree's own, which it may change, and returns that leaf.
func (t *Tree) own(p *path, lf *leaf) *leaf {
	if t.generation == 0 {
		return lf
	}
	if t.root.generation != t.generation {
		t.root = t.copy(t.root, t.height)
	}
	n := t.root
	for l := t.height - 1; l >= 0; l-- {
		p[l].in = n.inner()
		n = t.child(p[l].in, l, p[l].i)
	}
	return n.leaf()
}

// child makes child i of a node that is the tree's own, a node of a level, its own as well.
func (t *Tree) child(up *inner, level, i int) *node {
	if up.child[i].generation != t.generation {
		up.child[i] = t.copy(up.child[i], level)
	}
	return up.child[i]
}

// copy returns a copy of a node of a level, to take its place.
func (t *Tree) copy(n *node, level int) *node {
	if level > 0 {
		twin := new(inner)
		*twin = *n.inner()
		twin.generation = t.generation
		return &twin.node
	}
	from := n.leaf()
	twin := &leaf{node: from.node, prev: from.prev, next: from.next}
	twin.generation = t.generation
	if twin.prev != nil {
		twin.prev.next = twin
	}
	if twin.next != nil {
		twin.next.prev = twin
	}
	return &twin.node
}

package ostree

// Clone makes c a tree of the same entries with the same scores. It copies nodes as they are, which takes a hundredth
// of the time that it takes to insert each element.
//
// O(n).
func (t *Tree) Clone(c *Tree) {
	*c = *t
	var last *leaf
	c.root = clone(t.root, t.height, &last)
}

// clone returns a copy of a node of a level and of all below it. last is the leaf before it, and then that at its end.
func clone(n *node, level int, last **leaf) *node {
	if level == 0 {
		twin := &leaf{node: *n, prev: *last}
		if *last != nil {
			(*last).next = twin
		}
		*last = twin
		return &twin.node
	}
	twin := new(inner)
	*twin = *n.inner()
	for i := range twin.n {
		twin.child[i] = clone(twin.child[i], level-1, last)
	}
	return &twin.node
}

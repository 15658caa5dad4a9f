package ostree

import (
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/table"
)

// testingT is what *testing.T and *rapid.T have in common.
type testingT interface {
	require.TestingT
	Helper()
}

// before is the order of elements.
func before(aScore float64, a *table.Entry, bScore float64, b *table.Entry) bool {
	return aScore < bScore || aScore == bScore && a.Key() < b.Key()
}

// checker goes through a tree from the left.
type checker struct {
	testingT
	*Tree
	last                  *leaf
	count, leaves, inners int
	score                 float64      // of the last element
	entry                 *table.Entry // of the last element
}

// check verifies every invariant of a tree.
func (t *Tree) check(tt testingT) {
	tt.Helper()
	c := &checker{testingT: tt, Tree: t}
	c.node(t.root, t.height, true)
	require.Equal(tt, t.count, c.count)
	require.Equal(tt, t.leaves, c.leaves)
	require.Equal(tt, t.inners, c.inners)
	require.Nil(tt, c.last.next, "the last leaf has a next one")
}

func (c *checker) node(n *node, level int, root bool) (count int) {
	c.Helper()
	for i := n.len(); i < fanout; i++ {
		if n.entry[i] != nil {
			require.Failf(c, "a free place holds an entry", "level %d", level)
		}
	}
	if level == 0 {
		return c.leaf(n.leaf(), root)
	}
	return c.inner(n.inner(), level, root)
}

func (c *checker) leaf(n *leaf, root bool) int {
	c.Helper()
	c.leaves++
	require.True(c, n.len() > 0 || root, "empty leaf")
	if !root && n.prev != nil && n.next != nil {
		require.GreaterOrEqual(c, n.len(), least, "too few elements")
	}
	require.Same(c, c.last, n.prev, "leaves are not linked")
	if c.last != nil {
		require.Same(c, n, c.last.next, "leaves are not linked")
	}
	c.last = n
	for i := range n.len() {
		if c.entry != nil && !before(c.score, c.entry, n.score[i], n.entry[i]) {
			require.Failf(c, "elements out of order", "%v %v", c.entry, n.entry[i])
		}
		c.score, c.entry = n.score[i], n.entry[i]
	}
	c.count += n.len()
	return n.len()
}

func (c *checker) inner(n *inner, level int, root bool) (count int) {
	c.Helper()
	c.inners++
	require.True(c, n.len() >= least || root && n.len() > 1, "too few children")
	for i := range n.len() {
		first := n.child[i]
		if n.score[i] != first.score[0] || n.entry[i] != first.entry[0] {
			require.Failf(c, "key is not the first", "level %d, child %d", level, i)
		}
		below := c.node(n.child[i], level-1, false)
		if int(n.count[i]) != below {
			require.Failf(c, "wrong count", "level %d, child %d: %d, not %d", level, i, n.count[i], below)
		}
		count += below
	}
	for i := n.len(); i < fanout; i++ {
		if n.child[i] != nil {
			require.Failf(c, "a free place holds a child", "level %d", level)
		}
	}
	return count
}

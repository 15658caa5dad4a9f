package ostree

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// elementsOf returns what a tree has, in order.
func elementsOf(t *Tree) (all []element) {
	for score, e := range t.Backward() {
		all = append(all, element{score, e})
	}
	slices.Reverse(all)
	return all
}

// TestFork goes on with forks of forks, while what was left stays what it was.
func TestFork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel()
		change := func(n int) {
			for range rapid.IntRange(0, n).Draw(t, "changes") {
				score := float64(rapid.IntRange(0, 50).Draw(t, "score"))
				switch i := rapid.IntRange(0, 2*len(m.elements)).Draw(t, "at"); {
				case i < len(m.elements)/3:
					m.delete(i)
				case i < len(m.elements):
					m.move(i, score)
				case i == 2*len(m.elements) && i > 0:
					from := rapid.IntRange(0, len(m.elements)-1).Draw(t, "from")
					m.deleteRange(from, rapid.IntRange(from, len(m.elements)).Draw(t, "to"))
				default:
					m.insert(score)
				}
			}
		}
		for range rapid.SampledFrom([]int{0, 50, 500, 5000}).Draw(t, "at first") {
			m.insert(float64(m.next * 7919 % 101))
		}
		change(50)
		var left []*Tree
		var held [][]element
		for range rapid.IntRange(1, 4).Draw(t, "forks") {
			old := m.tree
			if rapid.Bool().Draw(t, "in place") {
				old = new(Tree)
				*old = *m.tree
				m.tree.Fork(m.tree)
			} else {
				m.tree = new(Tree)
				old.Fork(m.tree)
			}
			left, held = append(left, old), append(held, slices.Clone(m.elements))
			change(rapid.SampledFrom([]int{3, 100, 1000}).Draw(t, "most changes"))
			m.check(t)
		}
		for i := range left {
			require.Equal(t, len(held[i]), left[i].Len())
			require.True(t, slices.Equal(held[i], elementsOf(left[i])))
		}
	})
}

// TestForkShares changes one element of a large tree, which costs the nodes on the way there.
func TestForkShares(t *testing.T) {
	m := newModel()
	for range 10_000 {
		m.insert(float64(m.next))
	}
	m.tree.Fork(m.tree)
	m.delete(5000)
	require.Equal(t, m.tree.height+1, m.tree.root.owned(m.tree.height, m.tree.generation))
	m.check(t)
}

// owned returns how many nodes from n on down are of a generation.
func (n *node) owned(level int, generation uint32) (sum int) {
	if n.generation == generation {
		sum++
	}
	for i := 0; level > 0 && i < n.len(); i++ {
		sum += n.inner().child[i].owned(level-1, generation)
	}
	return sum
}

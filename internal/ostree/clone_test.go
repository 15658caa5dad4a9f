package ostree

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// elementsOf returns what a tree has, in order.
func elementsOf(t *Tree) (all []element) {
	for p := t.At(0); p.OK(); p = p.Next() {
		all = append(all, element{p.Score(), p.Entry()})
	}
	return all
}

// TestClone changes a tree and its clone, each for itself.
func TestClone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel()
		change := func(n int) {
			for range rapid.IntRange(0, n).Draw(t, "changes") {
				score := float64(rapid.IntRange(0, 50).Draw(t, "score"))
				switch i := rapid.IntRange(0, 2*len(m.elements)).Draw(t, "at"); {
				case i < len(m.elements)/2:
					m.delete(i)
				case i < len(m.elements):
					m.move(i, score)
				default:
					m.insert(score)
				}
			}
		}
		for range rapid.SampledFrom([]int{0, 50, 500, 5000}).Draw(t, "at first") {
			m.insert(float64(m.next * 7919 % 101))
		}
		change(50)
		twin := &model{tree: New(), elements: append([]element(nil), m.elements...), next: m.next}
		m.tree.Clone(twin.tree)
		twin.tree.check(t)
		change(100)
		m.tree.check(t)
		require.Equal(t, twin.elements, elementsOf(twin.tree))
		want := elementsOf(m.tree)
		m, twin = twin, m
		change(100)
		m.tree.check(t)
		require.Equal(t, want, elementsOf(twin.tree))
	})
}

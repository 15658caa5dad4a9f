package quicklist

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/listpack"
)

// TestAppendNode builds lists of nodes of any sizes and numbers, and takes them apart again.
func TestAppendNode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := New()
		var want []string
		var nodes []listpack.List
		for range rapid.IntRange(0, 3*chunkMax).Draw(t, "nodes") {
			p := listpack.New()
			for _, s := range rapid.SliceOfN(rapid.StringN(0, 10, -1), 1, 5).Draw(t, "elements") {
				p = p.Append(s)
				want = append(want, s)
			}
			nodes = append(nodes, p.Clone())
			l.AppendNode(p)
		}
		l.SettleNodes(-2)
		require.Equal(t, len(want), l.Len())
		require.Equal(t, len(nodes) > 1, l.Long())
		if len(want) == 0 {
			return
		}
		require.Equal(t, want, l.Range(0, len(want), Back))
		require.Equal(t, len(nodes), l.Nodes())
		i := 0
		l.EachNode(func(p listpack.List) {
			require.Equal(t, nodes[i], p)
			i++
		})
		l.check(t)
	})
}

// TestSettleNodes makes a list of one node long if that is beyond the limit.
func TestSettleNodes(t *testing.T) {
	for n, long := range map[int]bool{3: false, 4: true} {
		l, p := New(), listpack.New()
		for range n {
			p = p.Append("x")
		}
		l.AppendNode(p)
		l.SettleNodes(3)
		require.Equal(t, long, l.Long())
		require.Equal(t, n, l.Len())
	}
}

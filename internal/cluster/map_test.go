package cluster_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/cluster"
)

// newMap returns a map with so many nodes, whose IDs are their numbers.
func newMap(nodes int) *cluster.Map {
	m := cluster.New()
	for i := range nodes {
		m.Nodes = append(m.Nodes, cluster.Node{ID: fmt.Sprint(i)})
	}
	return m
}

// naiveMap is who has which slot.
type naiveMap map[int]int

// TestMap compares a map with a naive one.
func TestMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const nodes = 3
		m, naive := newMap(nodes), naiveMap{}
		slot := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(cluster.Slots-3, cluster.Slots-1), rapid.IntRange(0, cluster.Slots-1))
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			before, had := m, len(naive)
			m = m.Clone()
			first, node := slot.Draw(t, "slot"), rapid.IntRange(0, nodes-1).Draw(t, "node")
			last := min(first+rapid.SampledFrom([]int{0, 0, 1, 7, cluster.Slots}).Draw(t, "more"), cluster.Slots-1)
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				for s := first; s <= last; s++ {
					m.Assign(s, node)
					naive[s] = node
				}
			case 1:
				for s := first; s <= last; s++ {
					m.Release(s)
					delete(naive, s)
				}
			default:
				m.ReleaseAll(node)
				for s, n := range naive {
					if n == node {
						delete(naive, s)
					}
				}
			}
			require.Equal(t, had, before.Assigned(), "a copy was changed with the original")
		}
		naive.check(t, m, nodes)
	})
}

func (naive naiveMap) check(t *rapid.T, m *cluster.Map, nodes int) {
	require.Equal(t, len(naive), m.Assigned())
	require.Equal(t, len(naive) == cluster.Slots, m.Whole())
	inRuns, owners := naiveMap{}, 0
	for _, r := range m.Runs() {
		for s := r.First; s <= r.Last; s++ {
			inRuns[s] = r.Node
		}
	}
	require.Equal(t, naive, inRuns)
	for node := range nodes {
		var own []cluster.Range
		for _, r := range m.Runs() {
			if r.Node == node {
				own = append(own, r.Range)
			}
		}
		require.Equal(t, own, m.Ranges(node))
		size := 0
		for _, n := range naive {
			if n == node {
				size++
			}
		}
		require.Equal(t, size, m.Size(node))
		if size > 0 {
			owners++
		}
	}
	require.Equal(t, owners, m.Owners())
}

func TestMapOfNodes(t *testing.T) {
	m := newMap(3)
	node, ok := m.Find("2")
	require.True(t, ok)
	require.Equal(t, 2, node)
	_, ok = m.Find("9")
	require.False(t, ok)
	for slot := range cluster.Slots {
		m.Assign(slot, slot%2)
	}
	require.True(t, m.Whole())
	m.Nodes[2].Down = true
	require.True(t, m.Whole(), "it has no slots")
	m.Nodes[1].Down = true
	require.False(t, m.Whole())
	require.Equal(t, cluster.Slots/2, m.Served())
}

func TestMapTransfers(t *testing.T) {
	m := newMap(3)
	m.Assign(7, 0)
	m.Migrate(7, 1)
	m.Import(1, 7, 0)
	m.Import(2, 7, 0)
	require.Equal(t, []cluster.Transfer{{Slot: 7, Other: 1}}, m.Transfers(0))
	require.Equal(t, []cluster.Transfer{{Slot: 7, Other: 0, In: true}}, m.Transfers(1))
	m.Settle(1, 7)
	require.Empty(t, m.Transfers(1))
	require.NotEmpty(t, m.Transfers(2), "each node has its own")
	require.NotEmpty(t, m.Transfers(0))
	m.Assign(7, 1)
	require.Empty(t, m.Transfers(0), "who has given a slot away gives it no more")
}

func TestMapBump(t *testing.T) {
	m := newMap(2)
	require.True(t, m.Bump(0))
	require.False(t, m.Bump(0))
	require.True(t, m.Bump(1))
	require.EqualValues(t, 2, m.Epoch)
	require.True(t, m.Bump(0), "another has a greater one")
	require.EqualValues(t, 3, m.Nodes[0].Epoch)
}

// a and {a}x are in the slot of node 0, b in that of node 1, and c nowhere.
func TestRoute(t *testing.T) {
	whole := newMap(3)
	for slot := range cluster.Slots {
		whole.Assign(slot, 2)
	}
	a, b, c := cluster.Slot("a"), cluster.Slot("b"), cluster.Slot("c")
	whole.Assign(a, 0)
	whole.Assign(b, 1)
	open := whole.Clone()
	open.Migrate(a, 1)
	open.Import(1, a, 0)
	holed := whole.Clone()
	holed.Release(c)
	most := whole.Clone()
	most.Nodes[1].Down = true
	few := most.Clone()
	few.Nodes[2].Down = true
	has := func(key string) bool { return key == "a" || key == "{a}x" }

	for _, x := range []struct {
		name string
		m    *cluster.Map
		self int
		q    cluster.Request
		want cluster.Route
	}{
		{"no keys", holed, 0, cluster.Request{}, cluster.Route{Verdict: cluster.Here, Slot: -1}},
		{"own key", whole, 0, cluster.Request{Keys: []string{"a", "{a}y"}}, cluster.Route{Verdict: cluster.Here, Slot: a}},
		{"another's", whole, 0, cluster.Request{Keys: []string{"b"}}, cluster.Route{Verdict: cluster.Moved, Slot: b, Node: 1}},
		{"several slots", whole, 0, cluster.Request{Keys: []string{"a", "b"}}, cluster.Route{Verdict: cluster.CrossSlot, Slot: a}},
		{"nobody's", holed, 0, cluster.Request{Keys: []string{"c", "a"}}, cluster.Route{Verdict: cluster.Unbound, Slot: c}},
		{"somebody lacks", holed, 0, cluster.Request{Keys: []string{"a"}}, cluster.Route{Verdict: cluster.Down, Slot: a}},
		{"shard channel while somebody lacks", holed, 0, cluster.Request{Keys: []string{"a"}, Shard: true}, cluster.Route{Verdict: cluster.Here, Slot: a}},
		{"shard channel, not while somebody lacks", holed, 0, cluster.Request{Keys: []string{"a"}, Shard: true, Rules: cluster.Rules{SilentDown: true}}, cluster.Route{Verdict: cluster.Down, Slot: a}},
		{"read while somebody lacks", holed, 0, cluster.Request{Keys: []string{"a"}, Rules: cluster.Rules{ReadDown: true}}, cluster.Route{Verdict: cluster.Here, Slot: a}},
		{"write while somebody lacks", holed, 0, cluster.Request{Keys: []string{"a"}, Write: true, Rules: cluster.Rules{ReadDown: true}}, cluster.Route{Verdict: cluster.ReadOnly, Slot: a}},
		{"a part is enough", holed, 0, cluster.Request{Keys: []string{"a"}, Write: true, Rules: cluster.Rules{Partial: true}}, cluster.Route{Verdict: cluster.Here, Slot: a}},
		{"a part of few", few, 0, cluster.Request{Keys: []string{"a"}, Rules: cluster.Rules{Partial: true}}, cluster.Route{Verdict: cluster.Down, Slot: a}},
		{"a part of most", most, 0, cluster.Request{Keys: []string{"a"}, Rules: cluster.Rules{Partial: true}}, cluster.Route{Verdict: cluster.Here, Slot: a}},
		{"still there", open, 0, cluster.Request{Keys: []string{"a"}}, cluster.Route{Verdict: cluster.Here, Slot: a}},
		{"gone", open, 0, cluster.Request{Keys: []string{"{a}y"}}, cluster.Route{Verdict: cluster.Ask, Slot: a, Node: 1}},
		{"half gone", open, 0, cluster.Request{Keys: []string{"a", "{a}y"}}, cluster.Route{Verdict: cluster.TryAgain, Slot: a}},
		{"shard channel of an open slot", open, 0, cluster.Request{Keys: []string{"{a}y"}, Shard: true}, cluster.Route{Verdict: cluster.Here, Slot: a}},
		{"taken in, not asked", open, 1, cluster.Request{Keys: []string{"a"}}, cluster.Route{Verdict: cluster.Moved, Slot: a, Node: 0}},
		{"taken in, asked", open, 1, cluster.Request{Keys: []string{"{a}y"}, Asking: true}, cluster.Route{Verdict: cluster.Here, Slot: a, Node: 1}},
		{"taken in, twice the same", open, 1, cluster.Request{Keys: []string{"{a}y", "{a}y"}, Asking: true}, cluster.Route{Verdict: cluster.Here, Slot: a, Node: 1}},
		{"taken in, all there", open, 1, cluster.Request{Keys: []string{"a", "{a}x"}, Asking: true}, cluster.Route{Verdict: cluster.Here, Slot: a, Node: 1}},
		{"taken in, half there", open, 1, cluster.Request{Keys: []string{"a", "{a}y"}, Asking: true}, cluster.Route{Verdict: cluster.TryAgain, Slot: a, Node: 1}},
		{"asked in vain", open, 2, cluster.Request{Keys: []string{"a"}, Asking: true}, cluster.Route{Verdict: cluster.Moved, Slot: a, Node: 0}},
	} {
		x.q.Has = has
		got := x.m.Route(x.self, &x.q)
		if got.Verdict != cluster.Moved && got.Verdict != cluster.Ask {
			x.want.Node = x.self
		}
		require.Equal(t, x.want, got, x.name)
	}
}

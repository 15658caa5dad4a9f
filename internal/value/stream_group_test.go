package value

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/stream"
)

// check verifies the invariants of groups: that they are in order, that all that is pending
// is so of one of their consumers, and that bytes were counted right.
func (s *groups) check(t require.TestingT) {
	bytes := groupsBytes + cap(s.list)*pointerBytes
	for _, g := range s.list {
		require.Same(t, s, g.home)
		pending := 0
		for _, c := range g.consumers {
			for p := range c.PendingFrom(stream.ID{}) {
				require.Same(t, c, g.holder(p))
				require.Same(t, p, g.Pending(p.ID))
				pending++
			}
		}
		require.Equal(t, pending, g.PendingLen())
		bytes += g.bytes()
	}
	require.Equal(t, bytes, s.bytes())
	require.True(t, slices.IsSortedFunc(s.list, func(a, b *Group) int { return strings.Compare(a.Name, b.Name) }))
}

// aGroup is what a group is taken to be: the consumer, the time and the count of all
// that is pending.
type aGroup struct {
	consumers map[string]bool
	pending   map[stream.ID]aPending
}

type aPending struct {
	consumer  string
	delivered int64
	count     int64
}

// contents returns what the groups of a stream are, and verifies that their parts agree.
func contents(t require.TestingT, s *Stream) map[string]aGroup {
	s.groups.check(t)
	all := map[string]aGroup{}
	for _, g := range s.GroupList() {
		a := aGroup{map[string]bool{}, map[stream.ID]aPending{}}
		require.Same(t, g, s.Group(g.Name))
		for _, c := range g.Consumers() {
			require.Same(t, c, g.Consumer(c.Name))
			a.consumers[c.Name] = true
		}
		require.True(t, slices.IsSortedFunc(g.Consumers(), func(a, b *Consumer) int { return strings.Compare(a.Name, b.Name) }))
		var ids []stream.ID
		for p := range g.PendingFrom(stream.ID{}) {
			a.pending[p.ID] = aPending{p.Consumer(), p.Delivered, p.Count}
			ids = append(ids, p.ID)
		}
		require.True(t, slices.IsSortedFunc(ids, stream.ID.Compare))
		first, last, ok := g.PendingSpan()
		require.Equal(t, len(ids) > 0, ok)
		if ok {
			require.Equal(t, []stream.ID{ids[0], ids[len(ids)-1]}, []stream.ID{first, last})
		}
		all[g.Name] = a
	}
	return all
}

// groupsText is what a file has of the groups of a stream.
func groupsText(s *Stream) string {
	var b strings.Builder
	for _, g := range s.GroupList() {
		fmt.Fprintln(&b, "group", g.Name, g.LastID, g.Read)
		for p := range g.PendingFrom(stream.ID{}) {
			fmt.Fprintln(&b, p.ID, p.Delivered, p.Count)
		}
		for _, c := range g.Consumers() {
			fmt.Fprintln(&b, "consumer", c.Name, c.Seen)
			for p := range c.PendingFrom(stream.ID{}) {
				fmt.Fprintln(&b, p.ID)
			}
		}
	}
	return b.String()
}

func TestGroupModel(t *testing.T) {
	name := rapid.SampledFrom([]string{"", "a", "b", "c", "a long name of somebody or other"})
	someID := rapid.Custom(func(t *rapid.T) stream.ID {
		return stream.ID{Ms: rapid.Uint64Range(0, 3).Draw(t, "ms"), Seq: rapid.Uint64Range(0, 9).Draw(t, "seq")}
	})
	rapid.Check(t, func(t *rapid.T) {
		s, model := NewStream(), map[string]aGroup{}
		var left []*Stream
		var held []string
		one := func() (*Group, aGroup) {
			n := name.Draw(t, "group")
			g, a := s.Group(n), model[n]
			require.Equal(t, a.consumers != nil, g != nil)
			return g, a
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				require.Equal(t, model, contents(t, s))
				for i := range left {
					require.Equal(t, held[i], groupsText(left[i]))
				}
			},
			"add group": func(t *rapid.T) {
				n := name.Draw(t, "group")
				g := s.AddGroup(n, stream.ID{Ms: 1}, 5)
				require.Equal(t, model[n].consumers == nil, g != nil)
				if g != nil {
					model[n] = aGroup{map[string]bool{}, map[stream.ID]aPending{}}
					require.Equal(t, stream.ID{Ms: 1}, g.LastID)
				}
			},
			"remove group": func(t *rapid.T) {
				n := name.Draw(t, "group")
				require.Equal(t, model[n].consumers != nil, s.RemoveGroup(n))
				delete(model, n)
			},
			"add consumer": func(t *rapid.T) {
				if g, a := one(); g != nil {
					n := name.Draw(t, "consumer")
					require.Equal(t, !a.consumers[n], g.AddConsumer(n, 7) != nil)
					a.consumers[n] = true
				}
			},
			"remove consumer": func(t *rapid.T) {
				g, a := one()
				if g == nil {
					return
				}
				n, had := name.Draw(t, "consumer"), len(a.pending)
				maps.DeleteFunc(a.pending, func(_ stream.ID, p aPending) bool { return p.consumer == n })
				pending, ok := g.RemoveConsumer(n)
				require.Equal(t, a.consumers[n], ok)
				require.Equal(t, had-len(a.pending), pending)
				delete(a.consumers, n)
			},
			"deliver": func(t *rapid.T) {
				g, a := one()
				if g == nil || len(a.consumers) == 0 {
					return
				}
				c := rapid.SampledFrom(g.Consumers()).Draw(t, "consumer")
				for range rapid.IntRange(1, 40).Draw(t, "entries") {
					id := someID.Draw(t, "id")
					p := g.Pending(id)
					require.Equal(t, a.pending[id].consumer != "" || a.pending[id].count > 0, p != nil)
					if p == nil {
						p = g.Add(id, c)
					}
					p = g.Deliver(p, c, int64(id.Seq), p.Count+1)
					a.pending[id] = aPending{c.Name, p.Delivered, a.pending[id].count + 1}
				}
			},
			"acknowledge": func(t *rapid.T) {
				g, a := one()
				if g == nil {
					return
				}
				for range rapid.IntRange(1, 40).Draw(t, "entries") {
					id := someID.Draw(t, "id")
					p, had := g.Remove(id), a.pending[id]
					require.Equal(t, had.count > 0, p != nil)
					if p != nil {
						require.Equal(t, aPending{p.Consumer(), p.Delivered, p.Count}, had)
					}
					delete(a.pending, id)
				}
			},
			"drop references": func(t *rapid.T) {
				id := someID.Draw(t, "id")
				s.DropRefs(id)
				for _, a := range model {
					delete(a.pending, id)
				}
			},
			"referenced": func(t *rapid.T) {
				id, want := someID.Draw(t, "id"), false
				for _, a := range model {
					_, pending := a.pending[id]
					want = want || pending || id.Compare(stream.ID{Ms: 1}) > 0
				}
				require.Equal(t, want, s.Referenced(id))
			},
			"fork": func(t *rapid.T) {
				old := s
				if rapid.Bool().Draw(t, "still") {
					old = s.still().(*Stream)
				} else {
					s = s.leave().(*Stream)
				}
				left, held = append(left, old), append(held, groupsText(old))
			},
			"clone": func(t *rapid.T) {
				old := s
				s = s.Clone().(*Stream)
				for _, g := range old.GroupList() {
					g.LastID.Ms++
					for _, c := range g.Consumers() {
						g.RemoveConsumer(c.Name)
						break
					}
				}
				old.groups.check(t)
			},
		})
	})
}

// TestGroupBytes compares what groups say that they take with what they do.
func TestGroupBytes(t *testing.T) {
	for _, c := range []struct{ groups, consumers, pending int }{
		{1, 0, 0}, {5, 0, 0}, {1, 1, 0}, {1, 10, 0}, {1, 1, 1}, {3, 5, 1}, {1, 1, 10}, {2, 3, 100}, {1, 2, 5000},
	} {
		streams := make([]*Stream, max(1, 20_000/(c.groups*(1+c.consumers)*(1+c.pending))))
		for i := range streams {
			streams[i] = NewStream()
		}
		own := streams[0].Bytes()
		before := heapInUse()
		for _, s := range streams {
			fillGroups(s, c.groups, c.consumers, c.pending)
		}
		taken := float64(heapInUse()-before) / float64(len(streams))
		require.InEpsilon(t, taken, float64(streams[0].Bytes()-own), 0.2, "%+v", c)
		runtime.KeepAlive(streams)
	}
}

func fillGroups(s *Stream, groups, consumers, pending int) {
	for i := range groups {
		g := s.AddGroup(fmt.Sprint("group-", i), stream.ID{}, 0)
		for j := range consumers {
			c := g.AddConsumer(fmt.Sprint("consumer-", j), 0)
			for k := range pending {
				g.Add(stream.ID{Ms: uint64(k*consumers + j)}, c)
			}
		}
	}
}

// BenchmarkGroup gives an entry to a consumer and has it acknowledged, while so many others
// are pending.
func BenchmarkGroup(b *testing.B) {
	for _, n := range []int{0, 1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := NewStream()
			fillGroups(s, 1, 1, n)
			g := s.Group("group-0")
			next := uint64(n)
			for b.Loop() {
				g.Add(stream.ID{Ms: next}, g.Consumer("consumer-0"))
				g.Remove(stream.ID{Ms: next - uint64(n)})
				next++
			}
		})
	}
}

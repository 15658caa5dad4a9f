package ostree

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/table"
)

// model is a sorted slice, and the tree that should be the same.
type model struct {
	tree     *Tree
	elements []element
	next     int // number of the next member
}

type element struct {
	score float64
	entry *table.Entry
}

func compare(a, b element) int {
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.entry.Key(), b.entry.Key()))
}

func newModel() *model { return &model{tree: New()} }

// insert adds an element with a new member, which is neither the first nor the last by name.
func (m *model) insert(score float64) {
	m.next++
	e := table.NewNumber(fmt.Sprint(m.next*7919%10007, "-", m.next), 0, 0)
	m.tree.Insert(score, e)
	i, _ := slices.BinarySearchFunc(m.elements, element{score, e}, compare)
	m.elements = slices.Insert(m.elements, i, element{score, e})
}

func (m *model) delete(i int) {
	m.tree.Delete(m.elements[i].score, m.elements[i].entry)
	m.elements = slices.Delete(m.elements, i, i+1)
}

func (m *model) move(i int, score float64) {
	e := m.elements[i]
	if e.score == score {
		return
	}
	m.tree.Move(e.score, score, e.entry)
	m.elements = slices.Delete(m.elements, i, i+1)
	e.score = score
	i, _ = slices.BinarySearchFunc(m.elements, e, compare)
	m.elements = slices.Insert(m.elements, i, e)
}

func (m *model) deleteRange(from, to int) {
	m.tree.DeleteRange(from, to)
	m.elements = slices.Delete(m.elements, from, to)
}

// check compares all elements, both ways.
func (m *model) check(t testingT) {
	t.Helper()
	m.tree.check(t)
	require.Equal(t, len(m.elements), m.tree.Len())
	p := m.tree.At(0)
	for i, e := range m.elements {
		if !p.OK() || p.Score() != e.score || p.Entry() != e.entry {
			require.Failf(t, "wrong element", "%d", i)
		}
		p = p.Next()
	}
	require.False(t, p.OK())
	p = m.tree.At(len(m.elements) - 1)
	for i, e := range slices.Backward(m.elements) {
		if !p.OK() || p.Entry() != e.entry {
			require.Failf(t, "wrong element", "%d from the end", i)
		}
		p = p.Prev()
	}
	require.False(t, p.OK())
}

// look compares what is to be found around an element.
func (m *model) look(t testingT, i int) {
	t.Helper()
	require.False(t, m.tree.At(-1).OK())
	require.False(t, m.tree.At(len(m.elements)).OK())
	e := m.elements[i]
	require.Same(t, e.entry, m.tree.At(i).Entry())
	require.Equal(t, i, m.tree.Rank(e.score, e.entry.Key()))
	for _, x := range []float64{e.score, math.Nextafter(e.score, math.Inf(1)), math.Nextafter(e.score, math.Inf(-1))} {
		require.Equal(t, m.number(func(e element) bool { return e.score < x }), m.tree.Below(x))
		require.Equal(t, m.number(func(e element) bool { return e.score <= x }), m.tree.UpTo(x))
		absent := element{x, table.NewNumber(e.entry.Key()+"x", 0, 0)}
		require.Equal(t, m.number(func(e element) bool { return compare(e, absent) < 0 }), m.tree.Rank(x, absent.entry.Key()))
	}
}

// number returns how many elements are of a kind.
func (m *model) number(is func(e element) bool) (n int) {
	for _, e := range m.elements {
		if is(e) {
			n++
		}
	}
	return n
}

// scores draw scores: many the same, all the same, in order either way, or anywhere.
var scores = map[string]func(r *rand.Rand, i int) float64{
	"few":     func(r *rand.Rand, i int) float64 { return float64(r.IntN(4)) },
	"same":    func(r *rand.Rand, i int) float64 { return 1 },
	"rising":  func(r *rand.Rand, i int) float64 { return float64(i) },
	"falling": func(r *rand.Rand, i int) float64 { return float64(-i) },
	"random":  func(r *rand.Rand, i int) float64 { return r.Float64() },
	"ends":    func(r *rand.Rand, i int) float64 { return math.Inf(r.IntN(2)*2 - 1) },
}

// TestModel does many things at a time, so that trees become and cease to be high.
func TestModel(t *testing.T) {
	kinds := slices.Sorted(func(yield func(string) bool) {
		for kind := range scores {
			if !yield(kind) {
				return
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		m := newModel()
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		some := func(t *rapid.T) int { return rapid.SampledFrom([]int{1, 3, 50, 200, 3000}).Draw(t, "times") }
		at := func() int { return r.IntN(len(m.elements)) }
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				score := scores[rapid.SampledFrom(kinds).Draw(t, "scores")]
				for range some(t) {
					m.insert(score(r, m.next))
				}
			},
			"delete": func(t *rapid.T) {
				for range min(some(t), len(m.elements)) {
					m.delete(at())
				}
			},
			"delete neighbours": func(t *rapid.T) {
				for range some(t) {
					if len(m.elements) > 0 {
						m.delete(len(m.elements) / 3)
					}
				}
			},
			"move": func(t *rapid.T) {
				score := scores[rapid.SampledFrom(kinds).Draw(t, "scores")]
				for range min(some(t), 10*len(m.elements)) {
					m.move(at(), score(r, m.next))
				}
			},
			"nudge": func(t *rapid.T) {
				for range min(some(t), 10*len(m.elements)) {
					i := at()
					m.move(i, m.elements[i].score+r.Float64()/1000)
				}
			},
			"delete range": func(t *rapid.T) {
				if len(m.elements) == 0 {
					return
				}
				from := at()
				m.deleteRange(from, min(from+r.IntN(some(t)+1), len(m.elements)))
			},
			"delete all": func(t *rapid.T) {
				if r.IntN(4) == 0 {
					m.deleteRange(0, len(m.elements))
				}
			},
			"look": func(t *rapid.T) {
				if len(m.elements) > 0 {
					m.look(t, at())
				}
			},
			"": func(t *rapid.T) { m.check(t) },
		})
	})
}

// TestMembers compares positions by member, where all scores are the same.
func TestMembers(t *testing.T) {
	for _, n := range []int{0, 1, 10, 62, 63, 1000, 10000} {
		m := newModel()
		for range n {
			m.insert(5)
		}
		m.check(t)
		look := func(member string) {
			require.Equal(t, m.number(func(e element) bool { return e.entry.Key() < member }), m.tree.BelowMember(member))
			require.Equal(t, m.number(func(e element) bool { return e.entry.Key() <= member }), m.tree.UpToMember(member))
		}
		look("")
		look("zzz")
		for i := 0; i < n; i += 1 + n/100 {
			look(m.elements[i].entry.Key())
			look(m.elements[i].entry.Key() + "x")
		}
	}
}

// TestFill measures how full nodes are, of which the bytes of an element follow.
func TestFill(t *testing.T) {
	const n = 50_000
	for kind, least := range map[string]float64{"random": 0.75, "same": 0.75, "rising": 0.99, "falling": 0.99} {
		m := newModel()
		r := rand.New(rand.NewPCG(1, 2))
		for i := range n {
			m.tree.Insert(scores[kind](r, i), table.NewNumber(fmt.Sprint(r.Uint64()), 0, 0))
		}
		m.tree.check(t)
		require.Greater(t, float64(n)/float64(m.tree.leaves*fanout), least, kind)
	}
}

// TestBytes asks the allocator what nodes take.
func TestBytes(t *testing.T) {
	require.LessOrEqual(t, int(unsafe.Sizeof(leaf{})), leafBytes-8)
	require.LessOrEqual(t, int(unsafe.Sizeof(inner{})), innerBytes-8)
	if unsafe.Sizeof(uintptr(0)) == 8 {
		require.Zero(t, (8+unsafe.Offsetof(node{}.score))%64, "scores lie on cache lines")
	}
	const n = 200_000
	entries := make([]*table.Entry, n)
	for i := range entries {
		entries[i] = table.NewNumber(fmt.Sprint(i), 0, 0)
	}
	before := heap()
	tree := New()
	for i, e := range entries {
		tree.Insert(float64(i*7919%n), e)
	}
	require.InEpsilon(t, heap()-before, tree.Bytes(), 0.02)
	runtime.KeepAlive(entries)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

package value

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/table"
)

// zsetT is what *testing.T and *rapid.T have in common.
type zsetT interface {
	require.TestingT
	Helper()
}

// check verifies the invariants of a sorted set.
func (z *ZSet) check(t zsetT) {
	t.Helper()
	if z.big == nil {
		require.NoError(t, listpack.Check(z.list))
		require.Zero(t, z.list.Len()%2)
		return
	}
	require.Nil(t, z.list)
	b, entries := z.big, 0
	require.Equal(t, b.table.Len(), b.tree.Len())
	for p := b.tree.At(0); p.OK(); p = p.Next() {
		e := p.Entry()
		require.Same(t, e, b.table.Find(table.Hash(e.Key()), e.Key()))
		require.Equal(t, p.Score(), scoreOf(e))
		entries += e.Size()
	}
	require.Equal(t, entries, b.entries)
}

// naiveZSet is a sorted set as a map.
type naiveZSet map[string]float64

type ranked struct {
	member string
	score  float64
}

// order returns the members in order.
func (n naiveZSet) order() []ranked {
	var all []ranked
	for member, score := range n {
		all = append(all, ranked{member, score})
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(a.member, b.member))
	})
	return all
}

// walk returns what a cursor passes.
func (z *ZSet) walk(from, n int, back bool) []ranked {
	var all []ranked
	c := z.From(from, back)
	for range n {
		member, score := c.Next()
		all = append(all, ranked{member, score})
	}
	return all
}

func (z *ZSet) all() []ranked {
	if z.Len() == 0 {
		return nil
	}
	return z.walk(0, z.Len(), false)
}

var (
	zsetMembers = []string{"", "a", "b", "ab", "1", "2", "-5", "10", "007", "z\x00", "\xff", "member:0001", strings.Repeat("x", 20)}
	zsetScores  = []float64{0, 1, 1, 2, -1, 0.1, -2.5, 3e300, 1e17, 123456789012345678, 1 << 62, -(1 << 62), 1 << 63, 5e-324, math.Inf(1), math.Inf(-1)}
)

func TestZSetModel(t *testing.T) {
	for _, limits := range []Limits{{ZSetEntries: 0}, {ZSetEntries: 5, ZSetValue: 64}, {ZSetEntries: 128, ZSetValue: 19}, {ZSetEntries: 128, ZSetValue: 64}} {
		t.Run(fmt.Sprintf("%d of %d", limits.ZSetEntries, limits.ZSetValue), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { zsetModel(t, &limits) })
		})
	}
}

func zsetModel(t *rapid.T, limits *Limits) {
	z, naive := NewZSet(), naiveZSet{}
	large := false
	member := func() string {
		if rapid.Bool().Draw(t, "known") {
			return rapid.SampledFrom(zsetMembers).Draw(t, "member")
		}
		return fmt.Sprint("m", rapid.IntRange(0, 300).Draw(t, "number"))
	}
	score := func() float64 {
		return rapid.OneOf(rapid.SampledFrom(zsetScores), rapid.Float64Range(-10, 10)).Draw(t, "score")
	}
	t.Repeat(map[string]func(*rapid.T){
		"add": func(t *rapid.T) {
			m, x := member(), score()
			_, known := naive[m]
			require.Equal(t, !known, z.Add(m, x, limits))
			naive[m] = x
			large = large || len(naive) > limits.ZSetEntries || len(m) > limits.ZSetValue
		},
		"delete": func(t *rapid.T) {
			m := member()
			s := z.Find(m)
			x, known := naive[m]
			require.Equal(t, known, s.Found)
			if known {
				require.Equal(t, x, s.Score)
				z.Delete(&s)
				delete(naive, m)
			}
		},
		"rank": func(t *rapid.T) {
			for i, r := range naive.order() {
				s := z.Find(r.member)
				require.Equal(t, i, z.Rank(&s))
			}
		},
		"delete range": func(t *rapid.T) {
			order := naive.order()
			from := rapid.IntRange(0, len(order)).Draw(t, "from")
			to := rapid.IntRange(from, len(order)).Draw(t, "to")
			z.DeleteRange(from, to)
			for _, r := range order[from:to] {
				delete(naive, r.member)
			}
			large = large && !(from == 0 && to == len(order) && to > 0)
		},
		"scores": func(t *rapid.T) {
			low, high := ScoreBound{score(), rapid.Bool().Draw(t, "open")}, ScoreBound{score(), rapid.Bool().Draw(t, "open")}
			from, to := z.ScoreSpan(low, high)
			want := slices.DeleteFunc(naive.order(), func(r ranked) bool {
				return r.score < low.Score || r.score == low.Score && low.Open ||
					r.score > high.Score || r.score == high.Score && high.Open
			})
			require.Equal(t, len(want), max(to-from, 0))
			if to > from {
				require.Equal(t, want, z.walk(from, to-from, false))
			}
		},
		"clone": func(t *rapid.T) {
			c := z.Clone().(*ZSet)
			c.check(t)
			require.Equal(t, z.Encoding(), c.Encoding())
			require.Equal(t, naive.order(), c.all())
			c.Add("only there", 1, limits)
			require.False(t, z.Find("only there").Found)
		},
		"scan": func(t *rapid.T) {
			met := naiveZSet{}
			for pos := uint64(0); ; {
				pos = z.Scan(pos, func(m string, x float64) { met[m] = x })
				if pos == 0 {
					break
				}
			}
			require.Equal(t, naive, met)
		},
		"random": func(t *rapid.T) {
			if len(naive) > 0 {
				m, x := z.Random(rand.New(rand.NewPCG(1, uint64(len(naive)))))
				require.Equal(t, x, naive[m])
				require.Contains(t, naive, m)
			}
		},
		"": func(t *rapid.T) {
			z.check(t)
			require.Equal(t, len(naive), z.Len())
			require.Equal(t, large, z.big != nil)
			want := naive.order()
			require.Equal(t, want, z.all())
			if len(want) > 0 {
				slices.Reverse(want)
				require.Equal(t, want, z.walk(z.Len()-1, z.Len(), true))
			}
		},
	})
}

// lexBounds are ends of ranges, and what members they admit: as the start, and as the end.
var lexBounds = []LexBound{
	{Beyond: -1}, {Beyond: 1}, {Member: ""}, {Member: "", Open: true}, {Member: "b"}, {Member: "b", Open: true},
	{Member: "10"}, {Member: "1", Open: true}, {Member: "zz"}, {Member: "m50", Open: true},
}

func (b LexBound) compare(member string) int {
	if b.Beyond != 0 {
		return b.Beyond
	}
	return strings.Compare(b.Member, member)
}

// TestZSetLex compares ranges of members of the same score with those that a filter finds.
func TestZSetLex(t *testing.T) {
	for _, limits := range []Limits{{ZSetEntries: 0}, {ZSetEntries: 128, ZSetValue: 64}} {
		for _, n := range []int{0, 1, 13, 100} {
			z := NewZSet()
			for i := range n {
				m := fmt.Sprint("m", i)
				if i < len(zsetMembers) {
					m = zsetMembers[i]
				}
				z.Add(m, 7, &limits)
			}
			for _, low := range lexBounds {
				for _, high := range lexBounds {
					want := slices.DeleteFunc(z.all(), func(r ranked) bool {
						l, h := low.compare(r.member), high.compare(r.member)
						return l > 0 || l == 0 && low.Open || h < 0 || h == 0 && high.Open
					})
					for _, back := range []bool{false, true} {
						from, to := z.LexSpan(low, high, back)
						require.Equal(t, len(want), to-from, "%v %v %d", low, high, n)
						if to > from {
							require.Equal(t, want, z.walk(from, to-from, false))
						}
					}
				}
			}
		}
	}
}

// TestZSetNegativeZero shows what Redis does: a small sorted set has integers, which know no
// negative zero.
func TestZSetNegativeZero(t *testing.T) {
	minus := math.Copysign(0, -1)
	small, big := NewZSet(), NewZSet()
	small.Add("m", minus, &Limits{ZSetEntries: 10, ZSetValue: 10})
	big.Add("m", minus, &Limits{})
	require.False(t, math.Signbit(small.Find("m").Score))
	require.True(t, math.Signbit(big.Find("m").Score))
	big.Add("m", 0, &Limits{})
	require.True(t, math.Signbit(big.Find("m").Score), "they are equal")
}

// TestZSetBytes asks the allocator.
func TestZSetBytes(t *testing.T) {
	limits := Limits{ZSetEntries: 128, ZSetValue: 64}
	for _, n := range []int{1, 10, 128, 129, 1000, 30_000} {
		sets := make([]*ZSet, 30_000/n+1)
		before := heapBytes()
		for i := range sets {
			sets[i] = NewZSet()
			for j := range n {
				sets[i].Add(fmt.Sprintf("member:%09d", j), float64(j*7919%n), &limits)
			}
		}
		taken := float64(heapBytes()-before) / float64(len(sets))
		require.InEpsilon(t, taken, float64(sets[0].Bytes()), 0.1, "%d members", n)
		runtime.KeepAlive(sets)
	}
}

func heapBytes() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkZSet(b *testing.B) {
	limits := Limits{ZSetEntries: 128, ZSetValue: 64}
	for _, n := range []int{100, 1000, 10_000, 100_000, 1_000_000} {
		r := rand.New(rand.NewPCG(1, 2))
		z := NewZSet()
		members := make([]string, n)
		before := heapBytes()
		for i := range members {
			members[i] = fmt.Sprintf("member:%09d", i)
		}
		names := heapBytes() - before
		for _, m := range members {
			z.Add(m, r.Float64(), &limits)
		}
		perMember := float64(heapBytes()-before-names) / float64(n)
		r.Shuffle(n, func(i, j int) { members[i], members[j] = members[j], members[i] })
		next := 0
		member := func() string { next++; return members[next%n] }
		b.Run(fmt.Sprintf("Find/%d", n), func(b *testing.B) {
			for b.Loop() {
				z.Find(member())
			}
			b.ReportMetric(perMember, "B/member")
		})
		b.Run(fmt.Sprintf("Rank/%d", n), func(b *testing.B) {
			for b.Loop() {
				s := z.Find(member())
				z.Rank(&s)
			}
		})
		b.Run(fmt.Sprintf("Move/%d", n), func(b *testing.B) {
			for b.Loop() {
				z.Add(member(), r.Float64(), &limits)
			}
		})
		b.Run(fmt.Sprintf("RangeOfTen/%d", n), func(b *testing.B) {
			for b.Loop() {
				c := z.From(r.IntN(n-10), false)
				for range 10 {
					c.Next()
				}
			}
		})
		b.Run(fmt.Sprintf("ScoreSpan/%d", n), func(b *testing.B) {
			for b.Loop() {
				x := r.Float64()
				z.ScoreSpan(ScoreBound{Score: x}, ScoreBound{Score: x + 10/float64(n)})
			}
		})
		b.Run(fmt.Sprintf("DeleteAdd/%d", n), func(b *testing.B) {
			for b.Loop() {
				m := member()
				s := z.Find(m)
				z.Delete(&s)
				z.Add(m, r.Float64(), &limits)
			}
		})
	}
}

// walked returns the members of a sorted set, from the last to the first.
func walked(z *ZSet) (all []ranked) {
	for member, score := range z.Backward() {
		all = append(all, ranked{member, score})
	}
	return all
}

// TestZSetStill changes a sorted set of which there is a still copy, and one that another has taken the place of.
func TestZSetStill(t *testing.T) {
	for _, n := range []int{3, 500} {
		limits := Limits{ZSetEntries: 10, ZSetValue: 64}
		z := NewZSet()
		for i := range n {
			z.Add(fmt.Sprint(i), float64(i), &limits)
		}
		want := walked(z)
		still := z.still().(*ZSet)
		z.Add("0", 1000, &limits)
		z.Add("new", 5, &limits)
		z.DeleteRange(1, 2)
		require.Equal(t, want, walked(still))

		want = walked(z)
		live := z.leave().(*ZSet)
		live.check(t)
		require.Equal(t, want, walked(live))
		for i := range n {
			live.Add(fmt.Sprint(i), float64(-i), &limits)
		}
		live.DeleteRange(0, n/2)
		live.check(t)
		require.Equal(t, want, walked(z))
	}
}

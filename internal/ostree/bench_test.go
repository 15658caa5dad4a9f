package ostree

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/nookdb/nook/internal/table"
)

// forSizes runs a benchmark at trees of 10^3 to 10^6 elements with random scores.
func forSizes(b *testing.B, run func(b *testing.B, t *Tree, all []element, r *rand.Rand)) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			t, all := New(), make([]element, n)
			for i := range all {
				all[i] = element{r.Float64(), table.NewNumber(fmt.Sprintf("member:%09d", i), 0, 0)}
				t.Insert(all[i].score, all[i].entry)
			}
			r.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
			runtime.GC()
			b.ResetTimer()
			run(b, t, all, r)
			b.ReportMetric(float64(t.Bytes())/float64(n), "B/element")
		})
	}
}

func BenchmarkDeleteInsert(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Tree, all []element, r *rand.Rand) {
		for i := range b.N {
			e := &all[i%len(all)]
			t.Delete(e.score, e.entry)
			t.Insert(e.score, e.entry)
		}
	})
}

func BenchmarkMove(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Tree, all []element, r *rand.Rand) {
		for i := range b.N {
			e := &all[i%len(all)]
			score := r.Float64()
			t.Move(e.score, score, e.entry)
			e.score = score
		}
	})
}

// BenchmarkNudge moves elements to where they mostly stay in their leaf.
func BenchmarkNudge(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Tree, all []element, r *rand.Rand) {
		for i := range b.N {
			e := &all[i%len(all)]
			score := e.score + r.Float64()/float64(len(all))
			t.Move(e.score, score, e.entry)
			e.score = score
		}
	})
}

func BenchmarkRank(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Tree, all []element, r *rand.Rand) {
		for i := range b.N {
			e := &all[i%len(all)]
			t.Rank(e.score, e.entry.Key())
		}
	})
}

// BenchmarkTen reads ten elements from a random rank on.
func BenchmarkTen(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Tree, all []element, r *rand.Rand) {
		sum := 0.0
		for range b.N {
			p := t.At(r.IntN(len(all) - 10))
			for range 10 {
				sum += p.Score()
				p = p.Next()
			}
		}
	})
}

func BenchmarkBelow(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Tree, all []element, r *rand.Rand) {
		for range b.N {
			t.Below(r.Float64())
		}
	})
}

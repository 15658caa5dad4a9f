package pqsort

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
)

// TestRange compares the range with that of the sorted slice.
func TestRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.SampledFrom([]int{1, 3, 50, 1 << 30}).Draw(t, "most")
		a := rapid.SliceOfN(rapid.IntRange(0, most), 1, 300).Draw(t, "a")
		first := rapid.IntRange(0, len(a)-1).Draw(t, "first")
		last := rapid.IntRange(first, len(a)-1).Draw(t, "last")
		want := slices.Sorted(slices.Values(a))
		before := slices.Clone(a)
		Range(a, first, last, cmp.Compare)
		require.Equal(t, want[first:last+1], a[first:last+1])
		slices.Sort(before)
		require.Equal(t, before, slices.Sorted(slices.Values(a)), "all elements are still there")
	})
}

// TestHard sorts what makes the quicksort take many rounds: each pivot turns out to be
// near an end. (M. D. McIlroy, "A Killer Adversary for Quicksort", 1999.)
func TestHard(t *testing.T) {
	const n = 20_000
	values, solid, candidate, compared := make([]int, n), 0, 0, 0
	a := make([]int, n)
	for i := range a {
		a[i], values[i] = i, n
	}
	Range(a, 0, n-1, func(x, y int) int {
		compared++
		if values[x] == n && values[y] == n {
			if x == candidate {
				values[x] = solid
			} else {
				values[y] = solid
			}
			solid++
		}
		if values[x] == n {
			candidate = x
		} else if values[y] == n {
			candidate = y
		}
		return cmp.Compare(values[x], values[y])
	})
	require.Less(t, compared, 200*n)
}

// TestOrderOfRedis sorts lists by equal weights, of which the real server returns a part. SORT
// compares nothing else if weights are text.
func TestOrderOfRedis(t *testing.T) {
	c := redistest.Start(t).Dial(t)
	r := rand.New(rand.NewPCG(1, 2))
	type item struct{ name, weight string }
	for _, n := range []int{5, 6, 7, 8, 20, 40, 41, 60, 300, 1000} {
		for _, weights := range []int{2, 5, n} {
			c.Do("FLUSHALL")
			items := make([]item, n)
			for i := range items {
				items[i] = item{strconv.Itoa(i), fmt.Sprint("w", r.IntN(weights))}
				c.Do("RPUSH", "l", items[i].name)
				c.Do("SET", "w"+items[i].name, items[i].weight)
			}
			for range 5 {
				first := r.IntN(n)
				last := min(first+r.IntN(n), n-1)
				if first == 0 && last == n-1 {
					continue // that is sorted by the C library
				}
				reply := c.Do("SORT", "l", "BY", "w*", "ALPHA", "LIMIT", strconv.Itoa(first), strconv.Itoa(last-first+1))
				var want []string
				for _, e := range reply.Elems {
					want = append(want, e.Str)
				}
				a := slices.Clone(items)
				Range(a, first, last, func(x, y item) int { return cmp.Compare(x.weight, y.weight) })
				var got []string
				for _, it := range a[first : last+1] {
					got = append(got, it.name)
				}
				require.Equal(t, want, got, "%d to %d of %d", first, last, n)
			}
		}
	}
}

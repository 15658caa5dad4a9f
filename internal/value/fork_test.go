package value

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// forked is a collection of which a file may be written.
type forked interface {
	Collection
	sharer
}

// A forkable is a kind of collection whose elements are numbered.
type forkable struct {
	name   string
	empty  func() forked
	change func(c forked, i, round int) // an element: adds it, changes it, or removes it
	state  func(c forked) map[string]string
	check  func(c forked) // may be nil
}

func forkables(t testing.TB) []forkable {
	t.Helper()
	limits := &Limits{}
	return []forkable{
		{
			name:  "set",
			empty: func() forked { s := newBigSet(); return &Set{big: s} },
			change: func(c forked, i, round int) {
				s, m := c.(*Set), strconv.Itoa(i)
				if !s.Add(m, limits) && round > 0 {
					s.Remove(m)
				}
			},
			state: func(c forked) map[string]string {
				all := map[string]string{}
				for m := range c.(*Set).All() {
					all[m] = ""
				}
				return all
			},
		},
		{
			name:  "hash",
			empty: func() forked { return NewHashFor(1, limits) },
			change: func(c forked, i, round int) {
				h, f := c.(*Hash), strconv.Itoa(i)
				switch {
				case round > 0 && i%3 == 0:
					h.Delete(f)
				case h.Has(f) && i%3 == 1:
					h.SetDeadline(f, int64(round*(i%5)))
				default:
					h.Update(f, strconv.Itoa(round), limits)
				}
			},
			state: func(c forked) map[string]string {
				all := map[string]string{}
				first := int64(0)
				for e := range c.(*Hash).Fields() {
					at := e.Deadline()
					if at != 0 && (first == 0 || at < first) {
						first = at
					}
					all[e.Key()] = fmt.Sprint(e.Text(), " ", at)
				}
				require.Equal(t, first, c.(*Hash).Next())
				return all
			},
		},
		{
			name:  "sorted set",
			empty: func() forked { return NewBigZSet() },
			change: func(c forked, i, round int) {
				z, m := c.(*ZSet), strconv.Itoa(i)
				if s := z.Find(m); s.Found && i%3 == 0 {
					z.Delete(&s)
				} else {
					z.Put(&s, float64(i*7919%1000-300*round), limits)
				}
			},
			state: func(c forked) map[string]string {
				all := map[string]string{}
				for m, score := range c.(*ZSet).Backward() {
					all[m] = fmt.Sprint(score)
				}
				return all
			},
			check: func(c forked) { c.(*ZSet).check(t) },
		},
	}
}

// TestForks changes collections while others read what they were, again and again.
func TestForks(t *testing.T) {
	const elements = 3000
	for _, k := range forkables(t) {
		t.Run(k.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			now := k.empty()
			for i := range elements {
				k.change(now, i, 0)
			}
			var readers sync.WaitGroup
			for round := 1; round < 6; round++ {
				want, size := k.state(now), now.Bytes()
				var left forked
				if r.IntN(2) == 0 {
					left = now.still().(forked)
				} else {
					left, now = now, now.leave().(forked)
				}
				require.Len(t, want, left.(interface{ Len() int }).Len())
				require.Equal(t, size, now.Bytes())
				readers.Go(func() {
					if !maps.Equal(want, k.state(left)) {
						t.Error("what was left has changed")
					}
				})
				for range r.IntN(2 * elements) {
					k.change(now, r.IntN(elements), round)
				}
				if k.check != nil {
					k.check(now)
				}
				require.Equal(t, len(k.state(now)), now.(interface{ Len() int }).Len())
			}
			readers.Wait()
		})
	}
}

// BenchmarkLeave is what a writer waits for when it comes to change a large collection that is being written to a file.
func BenchmarkLeave(b *testing.B) {
	for _, k := range forkables(b) {
		for _, n := range []int{100_000, 1_000_000} {
			now := k.empty()
			for i := range n {
				k.change(now, i, 0)
			}
			b.Run(fmt.Sprint(k.name, "/", n), func(b *testing.B) {
				for b.Loop() {
					now = now.leave().(forked)
					k.change(now, 1, 1)
				}
			})
		}
	}
}

package quicklist

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/listpack"
)

// check verifies the invariants of a list.
func (l *List) check(t require.TestingT) {
	if l.long == nil {
		require.NoError(t, listpack.Check(l.small))
		return
	}
	r := l.long
	require.Nil(t, l.small)
	require.NotEmpty(t, r.chunks)
	count, bytes := 0, 0
	for _, c := range r.chunks {
		require.NotEmpty(t, c.nodes)
		require.LessOrEqual(t, len(c.nodes), chunkMax)
		n := 0
		for _, d := range c.nodes {
			require.NoError(t, listpack.Check(d.pack))
			require.Equal(t, d.pack.Len(), d.n)
			require.NotZero(t, d.n)
			n += d.n
			bytes += cap(d.pack)
		}
		for _, d := range c.nodes[len(c.nodes):cap(c.nodes)] {
			require.Zero(t, d, "a node that is gone keeps nothing alive")
		}
		require.Equal(t, n, c.n)
		count += n
		bytes += cap(c.nodes) * nodeSize
	}
	for _, c := range r.chunks[len(r.chunks):cap(r.chunks)] {
		require.Zero(t, c)
	}
	require.Equal(t, count, r.count)
	require.Equal(t, bytes, r.bytes)
}

// within verifies that all nodes are within a limit that never changed.
func (l *List) within(t require.TestingT, m Limit) {
	if l.long == nil {
		require.False(t, m.exceeded(len(l.small), l.small.Len()))
		return
	}
	for _, c := range l.long.chunks {
		for _, d := range c.nodes {
			require.True(t, d.n == 1 || !m.exceeded(len(d.pack), d.n), "%d bytes, %d elements", len(d.pack), d.n)
		}
	}
}

// walk returns all elements, walking towards an end.
func walk(l *List, towards End) []string {
	all := []string{}
	for s := l.Outer(!towards); s != None; s = l.Step(s, towards) {
		all = append(all, l.At(s))
	}
	return all
}

// limits of the model tests. Few elements make many nodes.
var limits = []Limit{1, 2, 3, 5, 100, -1, -2, 0, -9}

var values = []string{
	"", "a", "b", "c", "1", "-5", "70000", "9223372036854775807", "01", strings.Repeat("x", 63), strings.Repeat("y", 64),
	strings.Repeat("z", 1500), strings.Repeat("w", 5000), strings.Repeat("v", 9000),
}

// TestModel does the same to a list and to a slice.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(limits).Draw(t, "limit")
		l, model := New(), []string{}
		var read List // what somebody reads while the list goes on
		var was []string
		value := rapid.SampledFrom(values)
		end := func() End { return End(rapid.Bool().Draw(t, "end")) }
		index := func(t *rapid.T) int {
			if len(model) == 0 {
				t.Skip("empty")
			}
			return rapid.IntRange(0, len(model)-1).Draw(t, "index")
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				e, add := end(), rapid.SliceOfN(value, 1, 20).Draw(t, "values")
				l.Push(e, m, add...)
				if e == Back {
					model = append(model, add...)
				} else {
					slices.Reverse(add)
					model = append(add, model...)
				}
			},
			"pop": func(t *rapid.T) {
				i, e := 0, end()
				if len(model) == 0 {
					t.Skip("empty")
				}
				if e == Back {
					i = len(model) - 1
				}
				require.Equal(t, model[i], l.Pop(e))
				model = slices.Delete(model, i, i+1)
				l.Settle(m)
			},
			"drop": func(t *rapid.T) {
				n := index(t) / 2
				if rapid.IntRange(0, 15).Draw(t, "much") == 0 {
					n = len(model) + 1
				}
				e := end()
				l.Drop(e, n)
				n = min(n, len(model))
				if e == Front {
					model = model[n:]
				} else {
					model = model[:len(model)-n]
				}
				l.Settle(m)
			},
			"insert": func(t *rapid.T) {
				i, v, side := index(t), value.Draw(t, "value"), end()
				l.Insert(l.Seek(i), side, m, v)
				if side == Back {
					i++
				}
				model = slices.Insert(model, i, v)
			},
			"set": func(t *rapid.T) {
				i, v := index(t), value.Draw(t, "value")
				l.Set(l.Seek(i), m, v)
				model[i] = v
			},
			"delete": func(t *rapid.T) {
				i := index(t)
				next := l.Delete(l.Seek(i), m)
				model = slices.Delete(model, i, i+1)
				require.Equal(t, l.Seek(i), next)
				l.Settle(m)
			},
			"range": func(t *rapid.T) {
				i, towards := index(t), end()
				if towards == Back {
					n := rapid.IntRange(0, len(model)-i).Draw(t, "n")
					require.Equal(t, append([]string{}, model[i:i+n]...), l.Range(i, n, Back))
					return
				}
				n := rapid.IntRange(0, i+1).Draw(t, "n")
				want := append([]string{}, model[i+1-n:i+1]...)
				slices.Reverse(want)
				require.Equal(t, want, l.Range(i, n, Front))
			},
			"clone": func(t *rapid.T) {
				c := l.Clone()
				l.Push(Front, m, "of the original")
				l = c
			},
			"still": func(*rapid.T) { read, was = l.Still(), slices.Clone(model) },
			"leave": func(*rapid.T) {
				read, was = l, slices.Clone(model)
				l = l.Leave()
			},
			"": func(t *rapid.T) {
				if was != nil {
					read.check(t)
					require.Equal(t, was, walk(&read, Back))
				}
				l.check(t)
				l.within(t, m)
				require.Equal(t, len(model), l.Len())
				require.Equal(t, model, walk(&l, Back))
				back := walk(&l, Front)
				slices.Reverse(back)
				require.Equal(t, model, back)
				require.Equal(t, None, l.Seek(len(model)))
				require.Equal(t, None, l.Seek(-1))
			},
		})
	})
}

// TestManyNodes has chunks split at both ends and in the middle.
func TestManyNodes(t *testing.T) {
	l, model := New(), []string{}
	add := func(i int, v string) {
		if i == len(model) {
			l.Push(Back, 1, v)
		} else {
			l.Insert(l.Seek(i), Front, 1, v)
		}
		model = slices.Insert(model, i, v)
	}
	for i := range 3000 {
		n := len(model)
		add([]int{0, n, n / 2, n / 3, n / 2, n * 7 / 8}[i%6], strconv.Itoa(i))
	}
	l.check(t)
	require.Equal(t, model, walk(&l, Back))
	for i := range model {
		require.Equal(t, model[i], l.At(l.Seek(i)))
	}
	require.Less(t, len(l.long.chunks), 80, "chunks are at least a quarter full or so")
	for i := 0; len(model) > 5; i = (i*31 + 7) % len(model) {
		l.Delete(l.Seek(i), 1)
		model = slices.Delete(model, i, i+1)
	}
	l.check(t)
	require.Equal(t, model, walk(&l, Back))
	require.LessOrEqual(t, cap(l.long.chunks), 4*5+16)
}

// TestBecomesLong shows when a list has outgrown one listpack, by the rules of Redis 7.2.
func TestBecomesLong(t *testing.T) {
	of := func(m Limit, add ...string) bool {
		l := New()
		l.Push(Back, m, add...)
		return l.Long()
	}
	kilobyte := strings.Repeat("x", 1<<10)
	require.False(t, of(-1, slices.Repeat([]string{kilobyte}, 3)...))
	require.True(t, of(-1, slices.Repeat([]string{kilobyte}, 4)...), "4096 bytes and the header")
	require.False(t, of(-2, slices.Repeat([]string{kilobyte}, 7)...))
	require.True(t, of(-2, slices.Repeat([]string{kilobyte}, 8)...))
	require.False(t, of(-5, slices.Repeat([]string{kilobyte}, 63)...))
	require.True(t, of(-5, slices.Repeat([]string{kilobyte}, 64)...))
	require.False(t, of(3, "a", "b", "c"))
	require.True(t, of(3, "a", "b", "c", "d"))
	require.False(t, of(0, "a"))
	require.True(t, of(0, "a", "b"))
	require.False(t, of(100, strings.Repeat("x", 8<<10-7)))
	require.True(t, of(100, strings.Repeat("x", 8<<10-6)), "elements are counted, but 8 KiB is enough")
}

// TestBecomesSmall shows when it fits into one again.
func TestBecomesSmall(t *testing.T) {
	for _, c := range []struct {
		m     Limit
		v     string
		fills int // a list that is just long
		stays int // the greatest length to which it must shrink
	}{
		{4, "a", 5, 2},
		{128, "a", 129, 64},
		{-1, strings.Repeat("x", 100), 41, 19},
		{-2, strings.Repeat("x", 1000), 9, 4},
	} {
		l := New()
		l.Push(Back, c.m, slices.Repeat([]string{c.v}, c.fills)...)
		require.True(t, l.Long())
		for l.Long() {
			l.Pop(Back)
			l.Settle(c.m)
			l.check(t)
		}
		require.Equal(t, c.stays, l.Len(), "limit %d", c.m)
		require.Equal(t, slices.Repeat([]string{c.v}, c.stays), walk(&l, Back))
	}
}

// TestNodesAreFull shows that nodes are filled when a list is built, and joined
// when they have become small.
func TestNodesAreFull(t *testing.T) {
	for _, e := range []End{Front, Back} {
		l := New()
		for range 10_000 {
			l.Push(e, -2, strings.Repeat("x", 40))
		}
		require.LessOrEqual(t, l.Bytes(), 10_000*43, "bytes of %v", e)
		for s := l.Outer(Front); s != None; {
			if s = l.Delete(s, -2); s != None {
				s = l.Delete(s, -2)
			}
			for range 3 {
				if s != None {
					s = l.Step(s, Back)
				}
			}
		}
		l.check(t)
		require.Equal(t, 6000, l.Len())
		for s := l.Outer(Front); s != None; {
			for range 9 {
				if s != None {
					s = l.Delete(s, -2)
				}
			}
			if s != None {
				s = l.Step(s, Back)
			}
		}
		l.check(t)
		require.Less(t, l.Bytes(), 600*43*4, "a list of %d elements", l.Len())
	}
}

// TestInsertKeepsNodesApart inserts in the middle of full nodes.
func TestInsertKeepsNodesApart(t *testing.T) {
	l := New()
	for range 2000 {
		l.Push(Back, -1, strings.Repeat("x", 40))
	}
	for i := range 2000 {
		l.Insert(l.Seek(i*2), Back, -1, strings.Repeat("y", 40))
	}
	l.check(t)
	l.within(t, -1)
	require.Less(t, l.Bytes(), 4000*43*2)
}

// TestBytes compares the bytes that lists say they take with those that the heap has got.
func TestBytes(t *testing.T) {
	for _, c := range []struct {
		m        Limit
		elements int
		v        string
	}{
		{-2, 1, "a"}, {-2, 10, "some text"}, {-2, 1000, "some text that is longer"}, {-2, 5000, "12345"},
		{1, 500, "some text"}, {-2, 10, strings.Repeat("x", 10_000)},
	} {
		t.Run(fmt.Sprint(c.m, c.elements, len(c.v)), func(t *testing.T) {
			const copies = 200
			lists := make([]*List, copies)
			before := heap()
			said := 0
			for i := range lists {
				l := New()
				for range c.elements {
					l.Push(Back, c.m, c.v)
				}
				lists[i] = &l
				said += l.Bytes()
			}
			got := heap() - before
			runtime.KeepAlive(lists)
			require.InEpsilon(t, got, said, 0.1, "%d on the heap, said %d", got, said)
		})
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int(s.HeapAlloc)
}

func BenchmarkQueue(b *testing.B) {
	for _, n := range []int{1, 100, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			l := New()
			for range n {
				l.Push(Back, -2, "some text of an element")
			}
			b.ReportAllocs()
			for b.Loop() {
				l.Push(Front, -2, "some text of an element")
				l.Pop(Back)
			}
		})
	}
}

func BenchmarkSeek(b *testing.B) {
	l := New()
	const n = 1_000_000
	for range n {
		l.Push(Back, -2, "some text of an element")
	}
	for i := 0; b.Loop(); i = (i + 7919) % n {
		if l.Seek(i) == None {
			b.Fatal("not found")
		}
	}
}

func BenchmarkRange(b *testing.B) {
	l := New()
	for range 1000 {
		l.Push(Back, -2, "some text of an element")
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Range(200, 100, Back)
	}
}

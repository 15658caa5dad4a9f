package stream

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A record is an entry of the naive model.
type record struct {
	id     ID
	fields []string
}

// limits of the model tests. Few entries make many nodes.
var limits = []Limit{{4096, 100}, {0, 0}, {60, 0}, {0, 1}, {0, 3}, {300, 5}, {0, 200}}

var fieldSets = [][]string{
	{"a", "1"}, {"a", "2"}, {"a", "x"}, {"b", ""}, {"a", "1", "b", "2"}, {"b", "1", "a", "2"}, {"1", "2"}, {"01", "70000"},
	{"", strings.Repeat("x", 70)}, {"n", "-9223372036854775808"}, {"a", strings.Repeat("y", 5000)}, {"name", "value", "name", "-5000"},
}

// nextID draws an ID after another one.
func nextID(t *rapid.T, last ID) ID {
	step := rapid.SampledFrom([]uint64{1, 1, 1, 2, 200, 70000, 1 << 33}).Draw(t, "step")
	if rapid.Bool().Draw(t, "same ms") && last.Seq < math.MaxUint64-step {
		return ID{last.Ms, last.Seq + step}
	}
	return ID{last.Ms + step, rapid.SampledFrom([]uint64{0, 0, 1, 300, math.MaxUint64, 1 << 63}).Draw(t, "seq")}
}

// TestModel does the same to a log and to a slice.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(limits).Draw(t, "limit")
		var l Log
		var model []record
		var read Log // what somebody reads while the log goes on
		var was []record
		var last ID
		var added []ID
		someID := func(t *rapid.T) ID {
			if len(added) == 0 || rapid.IntRange(0, 9).Draw(t, "foreign") == 0 {
				return rapid.SampledFrom([]ID{{}, MaxID, {1, 5}, {200, 0}, last}).Draw(t, "id")
			}
			return rapid.SampledFrom(added).Draw(t, "id")
		}
		add := func(t *rapid.T) {
			id, fields := nextID(t, last), rapid.SampledFrom(fieldSets).Draw(t, "fields")
			l.Append(id, m, fields)
			model = append(model, record{id, fields})
			added = append(added, id)
			last = id
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": add,
			"append many": func(t *rapid.T) {
				for range rapid.IntRange(1, 150).Draw(t, "n") {
					add(t)
				}
			},
			"delete": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "n") {
					id := someID(t)
					i := slices.IndexFunc(model, func(r record) bool { return r.id == id })
					require.Equal(t, i >= 0, l.Delete(id))
					if i >= 0 {
						model = slices.Delete(model, i, i+1)
					}
				}
			},
			"get": func(t *rapid.T) {
				id := someID(t)
				i := slices.IndexFunc(model, func(r record) bool { return r.id == id })
				require.Equal(t, i >= 0, l.Has(id))
				fields, ok := l.Get(id)
				require.Equal(t, i >= 0, ok)
				if ok {
					require.Equal(t, model[i].fields, fields)
				}
			},
			"range": func(t *rapid.T) {
				from, to := someID(t), someID(t)
				var want []record
				for _, r := range model {
					if !r.id.Less(from) && !to.Less(r.id) {
						want = append(want, r)
					}
				}
				require.Equal(t, want, walk(&l, from, to, false))
				slices.Reverse(want)
				require.Equal(t, want, walk(&l, from, to, true))
			},
			"trim by length": func(t *rapid.T) {
				n := rapid.IntRange(0, len(model)+1).Draw(t, "n")
				require.Equal(t, max(len(model)-n, 0), l.Trim(&Trim{MaxLen: n}))
				model = model[max(len(model)-n, 0):]
			},
			"trim by id": func(t *rapid.T) {
				id := someID(t)
				n := slices.IndexFunc(model, func(r record) bool { return !r.id.Less(id) })
				if n < 0 {
					n = len(model)
				}
				require.Equal(t, n, l.Trim(&Trim{ByID: true, MinID: id}))
				model = model[n:]
			},
			"trim about": func(t *rapid.T) {
				o := Trim{MaxLen: rapid.IntRange(0, len(model)+1).Draw(t, "n"), Approx: true, Limit: rapid.IntRange(0, 50).Draw(t, "limit")}
				if o.ByID = rapid.Bool().Draw(t, "by id"); o.ByID {
					o.MinID = someID(t)
				}
				nodes := slices.Collect(nodesOf(&l))
				n := l.Trim(&o)
				require.LessOrEqual(t, n, len(model))
				for _, r := range model[:n] {
					require.True(t, !o.ByID || r.id.Less(o.MinID), "what goes may go")
				}
				require.True(t, o.ByID || n == 0 || len(model)-n >= o.MaxLen)
				require.True(t, o.Limit == 0 || n <= o.Limit)
				require.True(t, l.nodes == 0 || slices.Contains(nodes, l.chunks[0][0].id))
				model = model[n:]
			},
			"trim some": func(t *rapid.T) {
				o := Trim{MaxLen: rapid.IntRange(0, len(model)+1).Draw(t, "n"), Remove: func(id ID) bool { return id.Seq%2 == 0 }}
				if o.ByID = rapid.Bool().Draw(t, "by id"); o.ByID {
					o.MinID = someID(t)
				}
				left := len(model)
				var want []record
				for _, r := range model {
					enough := !o.ByID && left <= o.MaxLen || o.ByID && !r.id.Less(o.MinID)
					if !enough && o.Remove(r.id) {
						left--
					} else {
						want = append(want, r)
					}
				}
				require.Equal(t, len(model)-left, l.Trim(&o))
				model = want
			},
			"clone": func(t *rapid.T) {
				c := l.Clone()
				l.Trim(&Trim{})
				require.NoError(t, l.Check())
				l = c
			},
			"still": func(*rapid.T) { read, was = l.Still(), slices.Clone(model) },
			"leave": func(*rapid.T) {
				read, was = l, slices.Clone(model)
				l = l.Leave()
			},
			"": func(t *rapid.T) {
				require.NoError(t, read.Check())
				require.Equal(t, append([]record{}, was...), append([]record{}, walk(&read, ID{}, MaxID, false)...))
				require.NoError(t, l.Check())
				require.Equal(t, len(model), l.Len())
				first, ok := l.First()
				require.Equal(t, len(model) > 0, ok)
				end, ok := l.Last()
				require.Equal(t, len(model) > 0, ok)
				if ok {
					require.Equal(t, model[0].id, first)
					require.Equal(t, model[len(model)-1].id, end)
				}
				require.Equal(t, naiveRadixNodes(&l), l.RadixNodes())
			},
		})
	})
}

// nodesOf returns the IDs of the nodes.
func nodesOf(l *Log) func(func(ID) bool) {
	return func(yield func(ID) bool) {
		l.EachNode(func(id ID, _ []byte) { yield(id) })
	}
}

// walk returns the entries in a range. Every third entry's fields are passed over.
func walk(l *Log, from, to ID, reverse bool) (all []record) {
	for c := l.Range(from, to, reverse); c.Next(); {
		r := record{id: c.ID()}
		if len(all)%3 == 2 {
			r.fields, _ = l.Get(r.id)
		} else {
			r.fields = c.Fields(nil)
		}
		all = append(all, r)
	}
	return all
}

// naiveRadixNodes counts the nodes of a radix tree of the keys by their prefixes: a prefix that some keys
// have begins a node if it is a key, if keys part behind it, or if it is the first
// behind such a place or empty.
func naiveRadixNodes(l *Log) int {
	next := map[string]map[byte]bool{"": {}}
	l.EachNode(func(id ID, _ []byte) {
		k := id.key()
		for i := range k {
			p := string(k[:i])
			if next[p] == nil {
				next[p] = map[byte]bool{}
			}
			next[p][k[i]] = true
		}
		next[string(k[:])] = map[byte]bool{}
	})
	count := 0
	for p, children := range next {
		if p == "" || len(children) != 1 || len(next[p[:len(p)-1]]) > 1 {
			count++
		}
	}
	return count
}

func TestRadixNodes(t *testing.T) {
	var l Log
	require.Equal(t, 1, l.RadixNodes(), "as XINFO STREAM of Redis says of an empty stream")
	l.Append(ID{1, 0}, Limit{Entries: 1}, fieldSets[0])
	require.Equal(t, 2, l.RadixNodes())
	l.Append(ID{2, 0}, Limit{Entries: 1}, fieldSets[0])
	require.Equal(t, 6, l.RadixNodes(), "a run, the place where they part, a run and a key for each")
}

// TestChunks is a log of many chunks, whose nodes go in all orders.
func TestChunks(t *testing.T) {
	const n = 3*chunkMax + 5
	fill := func() (l Log) {
		for i := range uint64(n) {
			l.Append(ID{i + 1, 0}, Limit{Entries: 1}, []string{"f", strconv.Itoa(int(i))})
		}
		require.NoError(t, l.Check())
		require.Equal(t, n, l.Nodes())
		return l
	}
	l := fill()
	for i := range uint64(n) { // the middle first
		id := ID{(i*7+n/2)%n + 1, 0}
		require.True(t, l.Delete(id))
		require.False(t, l.Has(id))
		require.NoError(t, l.Check())
	}
	require.Equal(t, logSize, l.Bytes()-cap(l.chunks)*chunkSize)
	l = fill()
	for left := n - 1; left >= 0; left -= 50 {
		l.Trim(&Trim{MaxLen: left})
		require.NoError(t, l.Check())
		require.Equal(t, left, l.Len())
	}
	l = fill()
	require.Equal(t, n-1, l.Trim(&Trim{ByID: true, MinID: ID{n, 0}}))
	require.NoError(t, l.Check())
}

// TestTrimLeavesNodeWithoutEntries shows what becomes of a node all of whose entries that are left go, but
// whose last entry, which was deleted before, would not: it stays, as in Redis, and is no obstacle.
func TestTrimLeavesNodeWithoutEntries(t *testing.T) {
	var l Log
	for i := range uint64(10) {
		l.Append(ID{i + 1, 0}, Limit{Entries: 5}, fieldSets[0])
	}
	require.True(t, l.Delete(ID{5, 0}))
	require.Equal(t, 4, l.Trim(&Trim{ByID: true, MinID: ID{5, 0}}))
	require.NoError(t, l.Check())
	require.Equal(t, 2, l.Nodes())
	first, _ := l.First()
	require.Equal(t, ID{6, 0}, first)
	require.Equal(t, 0, l.Trim(&Trim{MaxLen: 5}))
	require.Equal(t, 2, l.Nodes())
	require.Equal(t, 1, l.Trim(&Trim{MaxLen: 4}))
	require.Equal(t, 1, l.Nodes())
	require.NoError(t, l.Check())
}

// FuzzNode reads bytes that may be a node: whatever Check lets pass can be read and changed.
func FuzzNode(f *testing.F) {
	var l Log
	for i, fields := range fieldSets[:10] {
		l.Append(ID{uint64(i) + 1, 7}, Limit{}, fields)
	}
	l.Delete(ID{3, 7})
	l.EachNode(func(id ID, pack []byte) { f.Add(id.Ms, id.Seq, pack) })
	f.Fuzz(func(t *testing.T, ms, seq uint64, b []byte) {
		var l Log
		if l.AppendNode(ID{ms, seq}, slices.Clone(b)) != nil {
			return
		}
		require.NoError(t, l.Check())
		forward := walk(&l, ID{}, MaxID, false)
		backward := walk(&l, ID{}, MaxID, true)
		slices.Reverse(backward)
		require.Equal(t, forward, backward)
		require.Len(t, forward, l.Len())
		if last := l.tail().last(); last != MaxID {
			l.Append(MaxID, Limit{}, fieldSets[3])
			require.NoError(t, l.Check())
		}
		for _, r := range forward {
			require.True(t, l.Delete(r.id))
			require.NoError(t, l.Check())
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, fields := range [][]string{{"field", "value"}, {"sensor", "1234", "temperature", "19.8"}} {
		b.Run(fmt.Sprint(len(fields)/2), func(b *testing.B) {
			b.ReportAllocs()
			var l Log
			for i := range b.N {
				l.Append(ID{uint64(i) + 1, 0}, Limit{4096, 100}, fields)
				if i%1_000_000 == 0 {
					l = Log{}
				}
			}
		})
	}
}

func BenchmarkRange10(b *testing.B) {
	var l Log
	for i := range uint64(100_000) {
		l.Append(ID{i, 1}, Limit{4096, 100}, []string{"sensor", "1234", "temperature", "19.8"})
	}
	for _, reverse := range []bool{false, true} {
		b.Run(fmt.Sprint(reverse), func(b *testing.B) {
			b.ReportAllocs()
			var dst []string
			for i := range b.N {
				from := uint64(i) * 7919 % 99_000
				n := 0
				for c := l.Range(ID{from, 0}, ID{from + 9, math.MaxUint64}, reverse); c.Next(); n++ {
					dst = c.Fields(dst[:0])
				}
				if n != 10 {
					b.Fatal(n)
				}
			}
		})
	}
}

package table

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// add inserts keys, each its own value.
func (t *Table) add(keys ...string) {
	for _, key := range keys {
		t.Insert(Hash(key)<<t.skip, NewText(key, key, 0))
	}
}

// remove deletes keys that are there.
func (t *Table) remove(keys ...string) {
	for _, key := range keys {
		h := Hash(key) << t.skip
		_, p := t.Locate(h, key)
		t.Delete(h, p)
	}
}

func naturalKeys(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("key:%d", i)
	}
	return keys
}

// scanAll returns how often a whole scan meets each key.
func (t *Table) scanAll() map[string]int {
	seen := map[string]int{}
	for pos := t.Scan(0, func(e *Entry) { seen[e.Key()]++ }); pos != 0; {
		pos = t.Scan(pos, func(e *Entry) { seen[e.Key()]++ })
	}
	return seen
}

func TestEmpty(t *testing.T) {
	table := New(0)
	table.check(t)
	require.Nil(t, table.Find(Hash(""), ""))
	e, _ := table.Locate(Hash("a"), "a")
	require.Nil(t, e)
	require.Nil(t, table.Random(rand.New(rand.NewPCG(1, 1))))
	require.Zero(t, table.Scan(0, func(*Entry) { t.Fatal("nothing to meet") }))
	require.Zero(t, table.Len())
	for range table.All() {
		t.Fatal("nothing to meet")
	}
}

// TestEdgeHashes puts keys at both ends of the hash order and of the tags.
func TestEdgeHashes(t *testing.T) {
	for _, skip := range []int{0, 1, 10, 16} {
		table := New(skip)
		n := uint64(0)
		for _, h := range []uint64{0, 1, ^uint64(0), 1 << 63, 1<<63 - 1, 0xff << tagShift, 1 << tagShift} {
			for range 3 {
				n++
				table.add(forge(h, n))
			}
		}
		table.check(t)
		require.Len(t, table.scanAll(), int(n))
	}
}

// TestGuess counts how often the guess is right.
func TestGuess(t *testing.T) {
	for _, n := range []int{1, 10, 100, 1000, 10_000} {
		table, right := New(0), 0
		table.check(t)
		require.Nil(t, table.Guess(Hash("absent")))
		keys := naturalKeys(n)
		table.add(keys...)
		for _, key := range keys {
			if e := table.Guess(Hash(key)); e != nil && e.Key() == key {
				right++
			}
		}
		require.GreaterOrEqual(t, 10*right, 9*n)
	}
}

// TestAt remembers places while the table grows and shrinks. One that At confirms
// must be where Locate finds the entry.
func TestAt(t *testing.T) {
	table := New(0)
	keys := naturalKeys(4000)
	places := map[string]Slot{}
	entries := map[string]*Entry{}
	confirmed, moved := 0, 0
	look := func(key string) {
		h := Hash(key)
		e, p := table.Locate(h, key)
		if old := entries[key]; old != nil {
			there := table.At(h, places[key], old)
			require.Equal(t, e == old && p == places[key], there)
			if there {
				confirmed++
			} else {
				moved++
			}
		}
		entries[key], places[key] = e, p
	}
	for i := range keys {
		table.add(keys[i])
		look(keys[i/2])
		look(keys[i/3])
	}
	require.Greater(t, confirmed, 100)
	require.Greater(t, moved, 100)
	for _, key := range keys {
		e, p := table.Locate(Hash(key), key)
		table.Replace(Hash(key), p, NewText(key, "new", 0))
		require.False(t, table.At(Hash(key), p, e))
		table.Delete(Hash(key), p)
		look(key)
	}
}

func TestAllStops(t *testing.T) {
	table := New(0)
	table.add(naturalKeys(1000)...)
	for want := range 1000 {
		n := 0
		for range table.All() {
			if n++; n > want {
				break
			}
		}
		require.Equal(t, want+1, n)
	}
}

// TestGrowAndShrink takes a table to many sizes and back to nothing.
func TestGrowAndShrink(t *testing.T) {
	keys := naturalKeys(20_000)
	table := New(0)
	empty := table.Bytes()
	for i, key := range keys {
		table.add(key)
		if i < 500 || i%2000 == 0 {
			table.check(t)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for i, key := range keys {
		table.remove(key)
		if left := len(keys) - i; left < 500 || left%2000 == 0 {
			table.check(t)
		}
	}
	require.Equal(t, empty, table.Bytes())
}

// TestMemory bounds what the table takes for an entry: growing, after random
// deletions, and when hashes agree on purpose.
func TestMemory(t *testing.T) {
	keys := naturalKeys(50_000)
	table := New(0)
	for i, key := range keys {
		table.add(key)
		if i > 1000 && table.Bytes() > 25*table.Len() {
			t.Fatalf("%d bytes for %d entries", table.Bytes(), table.Len())
		}
	}
	for _, key := range keys {
		table.remove(key)
		if table.Len() > 1000 && table.Bytes() > 60*table.Len() {
			t.Fatalf("%d bytes for %d entries left", table.Bytes(), table.Len())
		}
	}
}

// TestBytes compares the count with the collector's.
func TestBytes(t *testing.T) {
	keys := naturalKeys(20_000)
	entries := make([]*Entry, len(keys))
	for i, key := range keys {
		entries[i] = NewText(key, key, 0)
	}
	before := heap()
	table := New(0)
	for i, key := range keys {
		table.Insert(Hash(key), entries[i])
	}
	require.InEpsilon(t, heap()-before, table.Bytes(), 0.1)
	runtime.KeepAlive(keys)
	runtime.KeepAlive(entries)
	runtime.KeepAlive(table)
}

// TestScanFromAnywhere starts scans at positions that no scan has returned.
func TestScanFromAnywhere(t *testing.T) {
	for _, skip := range []int{0, 6} {
		table := New(skip)
		table.add(naturalKeys(3000)...)
		for n := range uint64(500) {
			table.add(forge(n<<50>>skip, n), forge(^uint64(0), n))
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			start := r.Uint64() >> r.IntN(64) &^ (1<<(64-PositionBits) - 1)
			want, got := map[string]int{}, map[string]int{}
			for e := range table.All() {
				if Hash(e.Key())<<skip >= start {
					want[e.Key()] = 1
				}
			}
			for pos := table.Scan(start, func(e *Entry) { got[e.Key()]++ }); pos != 0; {
				pos = table.Scan(pos, func(e *Entry) { got[e.Key()]++ })
			}
			require.True(t, maps.Equal(want, got), "from %x", start)
		}
	}
}

// moved returns how many entries an insertion puts elsewhere, and how many
// places of a directory it copies.
func (t *Table) moved(key string) (entries, places int) {
	h := Hash(key) << t.skip
	s, d := t.segment(h), t.dir.Load()
	n := int(s.count)
	t.add(key)
	if t.segment(h) != s {
		entries = n
	}
	if now := t.dir.Load(); now != d {
		places = len(now.refs)
	}
	return entries, places
}

func TestGrowthSteps(t *testing.T) {
	full := shape{bits: segmentBits}.limit()
	table, copied := New(0), 0
	for _, key := range naturalKeys(100_000) {
		entries, places := table.moved(key)
		if entries > full || table.oversized > 0 {
			t.Fatalf("%d entries moved by one insertion", entries)
		}
		copied += places
	}
	require.Less(t, copied, 2*len(table.dir.Load().refs)+16)
}

// TestNaturalDirectory shows that the directory's bounds, which are meant for
// hashes that agree on purpose, leave natural ones alone.
func TestNaturalDirectory(t *testing.T) {
	for seed := range uint64(2) {
		table, keys := New(0), naturalKeys(30_000)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, key := range keys {
			table.add(key)
		}
		require.Zero(t, table.oversized)
		for len(keys) > 0 {
			table.remove(keys[0])
			keys = keys[1:]
			if d := table.dir.Load(); d.depth > 0 && len(keys) < 2*leastPerPlace<<d.depth {
				t.Fatalf("%d entries, %d places", len(keys), len(d.refs))
			}
		}
	}
}

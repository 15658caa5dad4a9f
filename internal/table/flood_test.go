package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// floods are keys that somebody made to harm a table of this hash function.
var floods = []struct {
	name string
	key  func(n uint64) string
}{
	{"equal hashes", func(n uint64) string { return forge(0x0123_4567_89ab_cdef, n) }},
	{"equal hashes at the end", func(n uint64) string { return forge(^uint64(0), n) }},
	{"equal positions", func(n uint64) string { return forge(1<<63|n&0xff_ffff, n) }},
	{"neighbouring positions", func(n uint64) string { return forge(n<<(64-PositionBits), n) }},
	{"pairs of hashes", func(n uint64) string { return forge(n%2<<63, n) }},
	{"groups of 250", func(n uint64) string { return forge(Hash(fmt.Sprint(n/250)), n) }},
	{"agree in 32 bits", func(n uint64) string { return forge(0xdeadbeef<<32|Hash(fmt.Sprint(n))>>32, n) }},
}

func TestFlood(t *testing.T) {
	const n = 700
	for _, f := range floods {
		for _, natural := range []int{0, 1500} {
			t.Run(fmt.Sprintf("%s among %d", f.name, natural), func(t *testing.T) {
				table := New(0)
				table.add(naturalKeys(natural)...)
				keys := make([]string, n)
				for i := range keys {
					keys[i] = f.key(uint64(i))
					table.add(keys[i])
					// Half-empty segments, and a sibling for each split.
					require.Less(t, table.Bytes(), 90*table.Len()+8192)
				}
				table.check(t)
				requireOnce(t, table)

				r := rand.New(rand.NewPCG(1, 2))
				for range 100 {
					require.NotNil(t, table.Random(r))
				}
				r.Shuffle(n, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
				for i, key := range keys {
					table.remove(key)
					if i%300 == 0 {
						table.check(t)
						requireOnce(t, table)
					}
				}
				table.check(t)
				table.remove(naturalKeys(natural)...)
				require.Equal(t, New(0).Bytes(), table.Bytes(), "nothing is left of it")
			})
		}
	}
}

// requireOnce requires that a scan meets every entry once.
func requireOnce(t *testing.T, table *Table) {
	t.Helper()
	seen := table.scanAll()
	require.Len(t, seen, table.Len())
	for key, n := range seen {
		if n != 1 {
			t.Fatalf("%q was met %d times", key, n)
		}
	}
}

// TestFloodStaysAlone leaves colliding keys in a table that is emptied of all
// others: what they needed for company goes too.
func TestFloodStaysAlone(t *testing.T) {
	for _, f := range floods {
		table, keys := New(0), naturalKeys(20_000)
		table.add(keys...)
		for n := range uint64(400) {
			table.add(f.key(n))
		}
		table.remove(keys...)
		table.check(t)
		requireOnce(t, table)
		require.Less(t, table.Bytes(), 40_000, f.name)

		draws := &countingSource{from: rand.NewPCG(1, 2)}
		r := rand.New(draws)
		for range 1000 {
			require.NotNil(t, table.Random(r))
		}
		require.Less(t, draws.n, 1000*200, f.name)
	}
}

// A countingSource counts what is drawn from it.
type countingSource struct {
	from rand.Source
	n    int
}

func (s *countingSource) Uint64() uint64 {
	s.n++
	return s.from.Uint64()
}

// TestFloodSteps bounds the work of one insertion among colliding keys: it may
// move a segment's entries each time this is full, not each time.
func TestFloodSteps(t *testing.T) {
	for _, f := range floods {
		table, sum := New(0), 0
		table.add(naturalKeys(3000)...)
		for n := range uint64(3000) {
			entries, places := table.moved(f.key(n))
			sum += entries + places
		}
		require.Less(t, sum, 10*3000, f.name)
	}
}

// TestFloodLeavesOthersAlone fills a table again whose directory a few colliding
// keys have kept deep: no other segment grows beyond the usual size.
func TestFloodLeavesOthersAlone(t *testing.T) {
	table, keys := New(0), naturalKeys(20_000)
	table.add(keys...)
	for n := range uint64(400) {
		table.add(forge(1<<63, n))
	}
	places := len(table.dir.Load().refs)
	table.remove(keys[5000:]...)
	require.Len(t, table.dir.Load().refs, places)
	for i, key := range keys[5000:] {
		table.add(key)
		require.LessOrEqual(t, table.oversized, 1, "after %d", i)
	}
	table.check(t)
}

// TestFloodSticky takes an overflow count beyond what it can hold, and empties
// the segment in several orders.
func TestFloodSticky(t *testing.T) {
	for seed := range uint64(5) {
		table, keys := New(0), make([]string, 600)
		for n := range keys {
			keys[n] = forge(42, uint64(n))
		}
		table.add(keys...)
		table.check(t)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		table.remove(keys[:300]...)
		table.check(t)
		table.add(keys[:300]...)
		table.check(t)
		table.remove(keys...)
		table.check(t)
	}
}

// TestFloodLeavesOverflow looks into a segment of which every bucket says that
// there is more in the next one.
func TestFloodLeavesOverflow(t *testing.T) {
	for log2 := range uint8(8) {
		table := New(0)
		table.publishLone(newSegment(0, log2))
		s := table.segment(0)
		for at := range s.buckets() {
			s.bucket(at).tags.Store(overflowMax << overflowShift)
		}
		keys := naturalKeys(s.limit())
		table.add(keys...)
		require.Nil(t, table.Find(Hash("absent"), "absent"))
		require.Len(t, table.scanAll(), len(keys))
		table.remove(keys...)
		require.Zero(t, table.Len())
	}
}

// TestDeepScan scans a segment whose homes are finer than positions.
func TestDeepScan(t *testing.T) {
	const depth, log2 = 21, PositionBits - 20
	table, h := New(0), uint64(0xfedcba98)<<32
	for n := range uint64(1000) {
		table.add(forge(h|n<<20, n))
	}
	for table.segment(h).depth < depth { // as if there were millions of others
		s := table.segment(h)
		if s.depth == table.dir.Load().depth {
			table.deepen()
		}
		bit := uint64(1) << (63 - s.depth)
		low, high := table.split(s, bit)
		table.drop(s)
		table.publish(h&^bit, low)
		table.publish(h|bit, high)
	}
	table.resize(h, table.segment(h), log2)

	seen, steps := map[string]int{}, 0
	for pos := h; pos < h+1<<31; steps++ {
		pos = table.Scan(pos, func(e *Entry) { seen[e.Key()]++ })
	}
	require.Equal(t, 1<<(31-64+PositionBits), steps)
	require.Len(t, seen, 1000)
	for key, n := range seen {
		require.Equal(t, 1, n, "%q", key)
	}
}

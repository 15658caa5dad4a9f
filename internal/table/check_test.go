package table

import (
	"unsafe"

	"github.com/stretchr/testify/require"
)

// testingT is what *testing.T and *rapid.T have in common.
type testingT interface {
	require.TestingT
	Helper()
}

// check verifies every invariant of a table.
func (t *Table) check(tt testingT) {
	tt.Helper()
	d := t.dir.Load()
	t.checkDirectory(tt, d)

	keys := make(map[string]bool, t.Len())
	count, size, deepest, oversized, widest := 0, 0, 0, 0, uint8(0)
	for place := 0; place < len(d.refs); {
		s := d.refs[place].seg.Load()
		places := 1 << (d.depth - s.depth)
		require.Zero(tt, place%places, "a segment stands in the wrong half")
		for i := place; i < place+places; i++ {
			if d.refs[i].seg.Load() != s || d.refs[i].depth.Load() != uint32(s.depth) {
				require.Failf(tt, "places of a segment are not neighbours", "%d", i)
			}
		}
		if d.depth > 0 {
			require.GreaterOrEqual(tt, s.bits, uint8(segmentBits), "readers count on that")
		}
		t.checkSegment(tt, s, place/places, keys)

		count += int(s.count)
		size += s.bytes()
		widest = max(widest, s.bits)
		if s.depth == d.depth {
			deepest++
		}
		if s.bits > segmentBits {
			oversized++
		}
		place += places
	}
	require.Equal(tt, count, t.Len())
	require.Equal(tt, size, t.bytes)
	require.Equal(tt, deepest, t.deepest)
	require.Equal(tt, oversized, t.oversized)
	require.GreaterOrEqual(tt, t.widest, widest)
	if d.depth == 0 || oversized == 0 {
		require.Equal(tt, widest, t.widest)
	}
}

func (t *Table) checkDirectory(tt testingT, d *directory) {
	tt.Helper()
	require.Len(tt, d.refs, 1<<d.depth)
	require.Equal(tt, 63-d.depth, d.depthShift)
	require.Equal(tt, 63-d.bits, d.bitsShift)
	if d.depth == 0 {
		require.Equal(tt, d.refs[0].seg.Load().bits, d.bits)
		return
	}
	require.EqualValues(tt, segmentBits, d.bits)
	require.Positive(tt, t.deepest, "no segment needs the directory's depth")
	require.GreaterOrEqual(tt, t.Len(), leastPerPlace<<d.depth)
}

// checkSegment verifies one segment, whose entries have the bits of prefix on
// top of their hashes, and adds its keys to keys.
func (t *Table) checkSegment(tt testingT, s *segment, prefix int, keys map[string]bool) {
	tt.Helper()
	if unsafe.Sizeof(bucket{}) == 64 && s.bits > 2 && s.bytes() <= 32<<10 {
		require.Zero(tt, uintptr(unsafe.Pointer(s.bucket(0)))%64, "buckets lie on cache lines")
	}
	require.LessOrEqual(tt, int(s.count), s.limit())
	if s.bits > segmentBits || s.depth == 0 && s.bits > 0 {
		require.GreaterOrEqual(tt, int(s.count)*8, s.slots(), "the segment should have shrunk")
	}
	n := 0
	overflow := make([]int, s.buckets())
	for at := range s.buckets() {
		b := s.bucket(at)
		for i := range b.slots {
			e := b.slots[i].Load()
			t.checkSlot(tt, s, e, prefix, b.tags.Load()>>(8*i)&0xff)
			if e == nil {
				continue
			}
			n++
			if keys[e.Key()] {
				require.Failf(tt, "key is in two slots", "%q", e.Key())
			}
			keys[e.Key()] = true
			for p := s.home(t.hash(e)); p != at; p = s.after(p) {
				overflow[p]++
			}
		}
	}
	require.EqualValues(tt, n, s.count)
	for at, want := range overflow {
		got := int(s.bucket(uintptr(at)).tags.Load() >> overflowShift)
		if got != want && got != overflowMax {
			require.Failf(tt, "overflow count", "bucket %d: %d, want %d", at, got, want)
		}
	}
}

// checkSlot is called for every slot, and so asks first and builds a message
// later.
func (t *Table) checkSlot(tt testingT, s *segment, e *Entry, prefix int, tag uint64) {
	tt.Helper()
	if e == nil {
		if tag != 0 {
			require.Failf(tt, "free slot has a tag", "%x", tag)
		}
		return
	}
	h := t.hash(e)
	if tag == 0 || tag != tagOf(h) {
		require.Failf(tt, "wrong tag", "%q: %x", e.Key(), tag)
	}
	if uint64(prefix) != h>>(64-s.depth) {
		require.Failf(tt, "wrong segment", "%q", e.Key())
	}
	if t.Find(h, e.Key()) != e {
		require.Failf(tt, "Find does not find", "%q", e.Key())
	}
	if g := t.Guess(h); g != nil && t.hash(g)>>(64-s.depth) != uint64(prefix) {
		require.Failf(tt, "Guess looks in the wrong segment", "%q", e.Key())
	}
	if found, p := t.Locate(h, e.Key()); found != e || p.seg.bucket(p.at).slots[p.i].Load() != e {
		require.Failf(tt, "Locate does not find", "%q", e.Key())
	}
}

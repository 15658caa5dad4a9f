package table

import (
	"iter"
	"sync/atomic"
	"unsafe"
)

// directory maps the top bits of a hash to segments. A segment of depth d
// stands in 2^(depth-d) neighbouring places.
//
// Readers take a segment's shape from here, to spare its header's cache line.
// A lone segment keeps its shape as long as its directory lives. Among several,
// every segment has at least 2^segmentBits homes, so that a reader who meets a
// new segment with its forerunner's depth looks in the wrong bucket of it,
// finds nothing there, and then asks the header.
//
// The order of a writer's stores does not matter to them: whatever depth they
// read, the bucket exists, an entry with the right key is the right one, and a
// miss counts only if the header confirms the depth.
type directory struct {
	refs  []ref
	depth uint8
	bits  uint8 // of the lone segment, else segmentBits

	// The same as shifts of a hash that has been shifted by one already,
	// which spares readers the case of a shift by 64.
	depthShift, bitsShift uint8
}

type ref struct {
	seg   atomic.Pointer[segment]
	depth atomic.Uint32
}

// The directory is doubled only while there are entriesPerPlace entries for each
// place, and halved when there are fewer than leastPerPlace. Hashes as they come
// need no such bounds: they have some 70 entries a place when the directory
// has doubled, and deletions leave more than 16. But hashes that were made to
// agree in their top bits would double the directory with every bit.
const (
	entriesPerPlace = 32
	leastPerPlace   = 8
)

func newDirectory(depth, log2 uint8) *directory {
	return &directory{
		refs: make([]ref, 1<<depth), depth: depth, bits: log2,
		depthShift: 63 - depth, bitsShift: 63 - log2,
	}
}

// bytes returns the size of a directory.
func (d *directory) bytes() int { return allocatedScan(int(unsafe.Sizeof(ref{})) * len(d.refs)) }

// at returns the place of a hash.
func (d *directory) at(h uint64) *ref { return &d.refs[h>>1>>(d.depthShift&63)] }

// set makes s the segment of h, in all places that its depth gives it.
func (d *directory) set(h uint64, s *segment) {
	places := 1 << (d.depth - s.depth)
	first := int(h>>(64-d.depth)) &^ (places - 1)
	for i := first; i < first+places; i++ {
		d.refs[i].seg.Store(s)
		d.refs[i].depth.Store(uint32(s.depth))
	}
}

// plainRef is a ref that no reader can see yet. Plain stores make the copy of a
// directory, the one step that grows with the table, four times as fast: 4 ms
// for 70 million entries.
type plainRef struct {
	seg   *segment
	depth uint32
}

// copy makes r, of a directory that is not yet published, the same as from.
func (r *ref) copy(from *ref) {
	*(*plainRef)(unsafe.Pointer(r)) = plainRef{from.seg.Load(), from.depth.Load()}
}

// segments yields each segment once, in hash order.
func (d *directory) segments() iter.Seq[*segment] {
	return func(yield func(*segment) bool) {
		for i := 0; i < len(d.refs); {
			s := d.refs[i].seg.Load()
			i += 1 << (d.depth - s.depth)
			if !yield(s) {
				return
			}
		}
	}
}

// publish makes s the segment of h and counts it.
func (t *Table) publish(h uint64, s *segment) {
	d := t.dir.Load()
	if d.depth == 0 {
		t.publishLone(s)
		return
	}
	d.set(h, s)
	t.enter(d, s)
}

// publishLone makes s the only segment and counts it.
func (t *Table) publishLone(s *segment) {
	d := newDirectory(0, s.bits)
	d.set(0, s)
	t.dir.Store(d)
	t.widest = s.bits
	t.enter(d, s)
}

func (t *Table) enter(d *directory, s *segment) {
	s.generation = t.generation
	t.bytes += s.bytes()
	if s.depth == d.depth {
		t.deepest++
	}
	if s.bits > segmentBits {
		t.oversized++
		t.widest = max(t.widest, s.bits)
	}
}

// drop takes a segment off the books. Readers may still be in it.
func (t *Table) drop(s *segment) {
	t.bytes -= s.bytes()
	if s.depth == t.dir.Load().depth {
		t.deepest--
	}
	if s.bits > segmentBits {
		if t.oversized--; t.oversized == 0 {
			t.widest = segmentBits
		}
	}
}

// own returns the segment of h for changes: s, or its copy, if it is shared.
func (t *Table) own(h uint64, s *segment) *segment {
	if s.generation == t.generation {
		return s
	}
	c := s.clone()
	t.drop(s)
	t.publish(h, c)
	return c
}

// deepen doubles the directory.
func (t *Table) deepen() {
	old := t.dir.Load()
	d := newDirectory(old.depth+1, segmentBits)
	for i := range d.refs {
		d.refs[i].copy(&old.refs[i/2])
	}
	t.deepest = 0
	t.dir.Store(d)
}

// flatten halves a directory whose depth no segment needs any more. Those of
// the next depth have just been merged from two, so that even a lone one has
// segmentBits.
func (t *Table) flatten() {
	old := t.dir.Load()
	d := newDirectory(old.depth-1, segmentBits)
	for i := range d.refs {
		d.refs[i].copy(&old.refs[2*i])
		if uint8(d.refs[i].depth.Load()) == d.depth {
			t.deepest++
		}
	}
	t.dir.Store(d)
}

// condense merges the deepest segments, whatever they hold, so that d can be
// halved.
func (t *Table) condense(d *directory) {
	for i := 0; i < len(d.refs); i += 2 {
		low, high := d.refs[i].seg.Load(), d.refs[i+1].seg.Load()
		if low != high {
			t.merge(uint64(i)<<(64-d.depth), low, high)
		}
	}
}

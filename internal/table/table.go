// Package table is the hash table of the keyspace and of big hashes and sets.
//
// # The idea
//
// Extendible hashing over cache-line buckets. A directory, indexed by the top
// bits of an entry's hash, points to segments; a segment is a ring of 35 buckets,
// 32 of them homes; a bucket is one cache line:
//
//	| tag 0 .. tag 6, overflow | slot 0 | slot 1 | ... | slot 6 |
//	  8 x 1 byte                 7 x 8 bytes
//
// A tag is eight bits of the hash, 0 for a free slot, so one 64-bit comparison
// finds the candidates of a bucket. The overflow byte counts the entries that
// wanted this bucket (or passed it) and live in a later one; a lookup goes on
// to the next bucket only while it is not 0, and a deletion leaves no
// tombstone. (F14 has the same rule.)
//
// A segment that is four fifths full is doubled while it is small, and then
// split in two by one more bit of the hash. So growth comes in steps of at most
// 196 entries, whatever the table's size; only the directory, 16 bytes for some
// 100 entries, is ever copied as a whole.
//
// # Order
//
// The home bucket is chosen by the hash bits that follow the directory's. So
// walking the segments, and in each the homes, walks the table in hash order,
// at any size: a position in that order is all a scan must remember. It stays
// exact while the table grows and shrinks, every entry that is there
// throughout is met once, and none twice.
//
// # Readers without a lock
//
// One writer at a time may change a table, under its owner's lock; any number
// of readers may call [Table.Find] meanwhile. Slots, tags and directory are
// atomics; entries never move within a segment; a split builds new segments
// and publishes them, and leaves the old one as it was. A reader that is still
// in the old segment sees the table as it was at the split, which lies within
// its call. So a hit and a miss are both true at some moment of the call.
//
// # Hashes that agree
//
// Anybody can make keys that collide, or that agree in some bits; xxhash is no
// secret. They must not cost more than they do in a chained table. So the
// directory is bounded by the number of entries, and where it may not grow, full
// segments are doubled instead of split. Within a segment colliding entries queue
// in neighbouring buckets, without any bound but the ring's.
//
// Complexity: find, insert, delete and sampling O(1) expected, O(k) among k
// colliding keys; a scan step O(bucket). Against the paper of Fagin et al.,
// segments hold many buckets with probing among neighbours, which raises the
// load from about 0.5 to 0.8 before a split, and two of them are merged again
// when they would fill one to half.
package table

import (
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
)

// Hash returns the hash of a key. A sharded owner uses its top bits to choose
// the shard and hands the rest, shifted to the top, to that shard's table.
func Hash(key string) uint64 { return xxhash.Sum64String(key) }

// A Table is a set of entries with distinct keys. Methods that change it, and
// all others but Find and Len, need the owner's lock.
type Table struct {
	dir       atomic.Pointer[directory]
	count     atomic.Int64
	skip      uint8 // top hash bits used up by the owner
	widest    uint8 // at least the bits of every segment; those of a lone one
	oversized int   // segments of more than segmentBits
	deepest   int   // segments at the directory's depth
	bytes     int   // of all segments

	// generation is that of the segments that are the table's own. Others it shares with the table that it is a
	// fork of.
	generation uint32
}

// New returns an empty table for hashes whose top skip bits are used up, and
// have been shifted out, by its owner.
func New(skip int) *Table {
	t := new(Table)
	t.Init(skip)
	return t
}

// Init makes t what New returns, for owners that embed it.
func (t *Table) Init(skip int) {
	t.skip = uint8(skip)
	t.Clear()
}

// Clear removes all entries.
func (t *Table) Clear() {
	t.oversized, t.deepest, t.bytes = 0, 0, 0
	t.publishLone(newSegment(0, 0))
	t.count.Store(0)
}

// Len returns the number of entries.
func (t *Table) Len() int { return int(t.count.Load()) }

// Bytes returns the size of the table itself, without its entries.
func (t *Table) Bytes() int { return t.bytes + t.dir.Load().bytes() }

// hash returns the hash of an entry as the table's methods take it.
func (t *Table) hash(e *Entry) uint64 { return Hash(e.Key()) << t.skip }

func (t *Table) segment(h uint64) *segment { return t.dir.Load().at(h).seg.Load() }

// Find returns the entry of key, nil if there is none. It may be called
// without a lock.
func (t *Table) Find(h uint64, key string) *Entry {
	e, _ := t.Locate(h, key)
	return e
}

// Guess returns the entry that is most likely the one of a key with hash h: in
// nine cases of ten, if there is one. Or it returns nil or another entry; the
// caller compares the key and, if need be, calls Find. It may be called without
// a lock.
//
// A loop of lookups in a large table is as fast as the processor can start the
// next ones while it waits for memory, so every instruction counts here.
func (t *Table) Guess(h uint64) *Entry {
	d := t.dir.Load()
	r := d.at(h)
	depth := r.depth.Load()
	b := r.seg.Load().bucket(uintptr(h << (depth & 63) >> 1 >> (d.bitsShift & 63)))
	m := matches(b.tags.Load(), tagOf(h))
	if m == 0 {
		return nil
	}
	return b.slot(m).Load()
}

// A Slot is the place of an entry, good until the table is changed otherwise.
type Slot struct {
	seg *segment
	at  uintptr // the bucket
	i   int     // the slot in it
}

// Locate returns the entry of key and its place, or nil.
//
// It takes the segment's shape from the directory, as all readers do. If that
// turns out to be another's, the segment is searched again by its own.
func (t *Table) Locate(h uint64, key string) (*Entry, Slot) {
	d := t.dir.Load()
	r := d.at(h)
	seen := shape{uint8(r.depth.Load()), d.bits}
	s := r.seg.Load()
	e, at, i := s.find(seen, h, key)
	if e == nil && seen != s.shape {
		e, at, i = s.find(s.shape, h, key)
	}
	return e, Slot{s, at, i}
}

// At reports whether the entry with hash h, which a Locate without a lock has
// found at p, is still there.
func (t *Table) At(h uint64, p Slot, e *Entry) bool {
	return t.segment(h) == p.seg && p.seg.bucket(p.at).slots[p.i].Load() == e
}

// Replace puts e, which has the same key and hash h, into the place of another entry.
func (t *Table) Replace(h uint64, p Slot, e *Entry) {
	if t.generation != 0 {
		p.seg = t.own(h, p.seg)
	}
	p.seg.bucket(p.at).slots[p.i].Store(e)
}

// Insert adds e, whose key must not be in the table.
func (t *Table) Insert(h uint64, e *Entry) {
	s := t.segment(h)
	for int(s.count) >= s.limit() {
		t.grow(h, s)
		s = t.segment(h)
	}
	t.own(h, s).put(h, e)
	t.count.Add(1)
}

// Delete removes the entry with hash h at p.
func (t *Table) Delete(h uint64, p Slot) {
	s := t.own(h, p.seg)
	s.remove(h, p.at, p.i)
	t.count.Add(-1)
	t.shrink(h, s)
}

// grow makes room in the segment of h: it doubles a small one and splits a
// full-sized one, unless the hashes of its entries cannot be told apart.
func (t *Table) grow(h uint64, s *segment) {
	if s.bits < segmentBits || !t.splits(s) {
		t.resize(h, s, s.bits+1)
		return
	}
	if s.depth == t.dir.Load().depth {
		t.deepen()
	}
	bit := uint64(1) << (63 - s.depth)
	low, high := t.split(s, bit)
	t.drop(s)
	t.publish(h&^bit, low)
	t.publish(h|bit, high)
}

// splits reports whether there may be as many places in the directory as it
// takes to split s. The count of entries that this asks for keeps depths far
// below PositionBits.
func (t *Table) splits(s *segment) bool {
	d := t.dir.Load()
	return s.depth < d.depth || t.Len() >= entriesPerPlace<<(d.depth+1)
}

// split returns the two halves of s, parted by a bit of the hash.
func (t *Table) split(s *segment, bit uint64) (low, high *segment) {
	lowBits, highBits := uint8(segmentBits), uint8(segmentBits)
	if s.bits > segmentBits {
		n := 0
		for e := range s.all() {
			if t.hash(e)&bit != 0 {
				n++
			}
		}
		lowBits, highBits = bitsFor(int(s.count)-n), bitsFor(n)
	}
	low, high = newSegment(s.depth+1, lowBits), newSegment(s.depth+1, highBits)
	s.touch()
	for e := range s.all() {
		if h := t.hash(e); h&bit == 0 {
			low.fill(h, e)
		} else {
			high.fill(h, e)
		}
	}
	return low, high
}

// resize puts a segment of another size into the place of s.
func (t *Table) resize(h uint64, s *segment, log2 uint8) {
	n := newSegment(s.depth, log2)
	t.gather(n, s)
	t.drop(s)
	t.publish(h, n)
}

func (t *Table) gather(to, from *segment) {
	from.touch()
	for e := range from.all() {
		to.fill(t.hash(e), e)
	}
}

// shrink gives memory back after a deletion from s.
func (t *Table) shrink(h uint64, s *segment) {
	t.reduce(h, s)
	if d := t.dir.Load(); d.depth > 0 && t.Len() < leastPerPlace<<d.depth {
		t.condense(d)
	}
}

// mergeable is how many entries two segments may have to become one: half of
// what fills it, so that it takes as many changes to split it again.
const mergeable = slotsPerBucket * (1<<segmentBits + spareBuckets) * 4 / 5 / 2

// reduce merges s with the other half of a former split when both are about a
// quarter full, and halves a lone or oversized one that is seven eighths empty.
func (t *Table) reduce(h uint64, s *segment) {
	d := t.dir.Load()
	if d.depth == 0 || s.bits > segmentBits {
		if s.bits > 0 && int(s.count)*8 < s.slots() {
			t.resize(h, s, s.bits-1)
		}
		return
	}
	if s.count > mergeable {
		return
	}
	twin := t.segment(h ^ 1<<(64-s.depth))
	if twin.shape == s.shape && s.count+twin.count <= mergeable {
		t.merge(h, s, twin)
	}
}

// merge puts one segment into the place of two.
func (t *Table) merge(h uint64, s, twin *segment) {
	n := newSegment(s.depth-1, bitsFor(int(s.count+twin.count)))
	t.gather(n, s)
	t.gather(n, twin)
	t.drop(s)
	t.drop(twin)
	t.publish(h, n)
	if t.deepest == 0 {
		t.flatten()
	}
}

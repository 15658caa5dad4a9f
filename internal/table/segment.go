package table

import (
	"iter"
	"math/bits"
	"reflect"
	"sync/atomic"
	"unsafe"
)

const (
	slotsPerBucket = 7

	// segmentBits makes 32 home buckets a segment, 35 in all, 245 slots.
	// Larger segments make a smaller directory and longer growth steps.
	segmentBits = 5

	// spareBuckets follow the homes, so that the entries of the last homes
	// have somewhere to go, and so that a segment is exactly as large as the
	// allocator makes it: 768, 1280 or 2304 bytes for 8, 16 or 32 homes.
	spareBuckets = 3

	// tagShift selects the tag's bits, below those of every position.
	tagShift = 16

	overflowShift = 8 * slotsPerBucket
	overflowMax   = 255 // sticky: from here on the count is no longer kept

	ones    = 0x0001010101010101
	highs   = 0x0080808080808080
	tagMask = 0x00ffffffffffffff
)

// segment is the header of an array of buckets, which follow in the same
// allocation. The allocator puts 8 bytes before an object with pointers of more
// than 512 bytes; with the header's 56 they make the buckets lie on cache lines.
//
// The buckets are a ring. An entry takes the first free slot from its home
// bucket on, and stays there as long as the segment lives.
type segment struct {
	shape
	count      int32  // guarded by the owner's lock
	generation uint32 // of the table that it belongs to
	_          [bucketOffset - 12]byte
}

const bucketOffset = 56

// shape tells which entries a segment holds, and which bucket is an entry's
// home.
type shape struct {
	depth uint8 // top hash bits shared by all entries
	bits  uint8 // log2 of the number of homes
}

type bucket struct {
	tags  atomic.Uint64 // seven tags and, on top, the overflow count
	slots [slotsPerBucket]atomic.Pointer[Entry]
}

// tagOf returns the tag of a hash, never 0.
func tagOf(h uint64) uint64 {
	tag := h >> tagShift & 0xff
	if tag == 0 {
		return 1
	}
	return tag
}

// matches returns a word with the high bit set in each byte of tags that
// equals tag. A byte above a true match may be set wrongly; callers compare
// keys anyway.
func matches(tags, tag uint64) uint64 {
	x := tags&tagMask ^ tag*ones
	return (x - ones) & ^x & highs
}

// free returns a word with the high bit set in each byte of a free slot; only
// its lowest bit is reliable.
func free(tags uint64) uint64 { return matches(tags, 0) }

// home returns the home bucket of a hash.
func (s shape) home(h uint64) uintptr { return uintptr(top(h<<(s.depth&63), s.bits)) }

// top returns the n top bits of a hash, n < 64. It is h>>(64-n) in a form that
// spares the processor the case of a shift by 64.
func top(h uint64, n uint8) uint64 { return h >> 1 >> ((63 - n) & 63) }

// buckets returns the number of buckets. From segmentBits on it is
// proportional to the number of homes, which [Table.Random] relies on.
func (s shape) buckets() uintptr {
	homes := uintptr(1) << s.bits
	if s.bits <= segmentBits {
		return homes + min(homes-1, spareBuckets)
	}
	return homes + spareBuckets<<(s.bits-segmentBits)
}

// after returns the bucket that follows i in the ring.
func (s shape) after(i uintptr) uintptr {
	if i++; i == s.buckets() {
		return 0
	}
	return i
}

func (s shape) slots() int { return slotsPerBucket * int(s.buckets()) }

// limit returns how many entries fill a segment: four fifths of its slots. The
// free fifth keeps walks short. On average over a table's growth 96 in 100
// entries live in their home bucket, and a miss reads 1.3 buckets; a limit of
// seven eighths would save 1.5 bytes an entry and cost 0.4 buckets a miss.
func (s shape) limit() int { return s.slots() - s.slots()/5 }

// bytes returns the size of a segment.
func (s shape) bytes() int {
	return allocatedScan(bucketOffset + int(s.buckets()*unsafe.Sizeof(bucket{})))
}

// bitsFor returns the least bits of a segment beside others that n entries do
// not fill.
func bitsFor(n int) uint8 {
	s := shape{bits: segmentBits}
	for s.limit() <= n {
		s.bits++
	}
	return s.bits
}

// segmentOf gives header and buckets one allocation.
type segmentOf[B any] struct {
	segment
	buckets B
}

func newSegment(depth, log2 uint8) *segment {
	var s *segment
	switch log2 {
	case 0:
		s = &new(segmentOf[[1]bucket]).segment
	case 1:
		s = &new(segmentOf[[3]bucket]).segment
	case 2:
		s = &new(segmentOf[[7]bucket]).segment
	case 3:
		s = &new(segmentOf[[11]bucket]).segment
	case 4:
		s = &new(segmentOf[[19]bucket]).segment
	case segmentBits:
		s = &new(segmentOf[[35]bucket]).segment
	default:
		s = oversized(log2)
	}
	s.shape = shape{depth, log2}
	return s
}

// oversized makes a segment of more than 2^segmentBits homes, for entries
// whose hashes agree in so many bits that splitting does not part them.
func oversized(log2 uint8) *segment {
	t := reflect.StructOf([]reflect.StructField{
		{Name: "Segment", Type: reflect.TypeFor[segment]()},
		{Name: "Buckets", Type: reflect.ArrayOf(int(shape{bits: log2}.buckets()), reflect.TypeFor[bucket]())},
	})
	return (*segment)(reflect.New(t).UnsafePointer())
}

// slot returns the slot of the lowest bit that is set in a word of matches.
func (b *bucket) slot(m uint64) *atomic.Pointer[Entry] {
	return (*atomic.Pointer[Entry])(unsafe.Add(unsafe.Pointer(&b.slots),
		uintptr(bits.TrailingZeros64(m)>>3)*unsafe.Sizeof(b.slots[0])))
}

func (s *segment) bucket(i uintptr) *bucket {
	return (*bucket)(unsafe.Add(unsafe.Pointer(s), bucketOffset+i*unsafe.Sizeof(bucket{})))
}

// find looks for key in the segment, taken to be of the given shape, and
// returns its entry, bucket and slot.
func (s *segment) find(as shape, h uint64, key string) (*Entry, uintptr, int) {
	home, tag := as.home(h), tagOf(h)
	for at := home; ; {
		b := s.bucket(at)
		tags := b.tags.Load()
		for m := matches(tags, tag); m != 0; m &= m - 1 {
			i := bits.TrailingZeros64(m) >> 3
			if e := b.slots[i].Load(); e != nil && e.Key() == key {
				return e, at, i
			}
		}
		if tags>>overflowShift == 0 {
			return nil, 0, 0
		}
		if at = as.after(at); at == home {
			return nil, 0, 0
		}
	}
}

// put adds e to a segment that has a free slot.
func (s *segment) put(h uint64, e *Entry) {
	at := s.home(h)
	b := s.bucket(at)
	f := free(b.tags.Load())
	for f == 0 {
		at = s.after(at)
		b = s.bucket(at)
		f = free(b.tags.Load())
	}
	i := bits.TrailingZeros64(f) >> 3
	b.slots[i].Store(e)
	b.tags.Store(b.tags.Load() | tagOf(h)<<(8*i))
	s.passed(h, at, 1)
	s.count++
}

// plainBucket is a bucket that no reader can see yet.
type plainBucket struct {
	tags  uint64
	slots [slotsPerBucket]*Entry
}

// fill is put for a segment that is not yet published. Plain stores are worth
// their own function: an atomic one makes the processor wait, and growth moves
// two entries for each that is inserted.
func (s *segment) fill(h uint64, e *Entry) {
	for at := s.home(h); ; at = s.after(at) {
		b := (*plainBucket)(unsafe.Pointer(s.bucket(at)))
		if f := free(b.tags); f != 0 {
			i := bits.TrailingZeros64(f) >> 3
			b.slots[i] = e
			b.tags |= tagOf(h) << (8 * i)
			s.count++
			return
		}
		if b.tags>>overflowShift != overflowMax {
			b.tags += 1 << overflowShift
		}
	}
}

// remove frees slot i of bucket at, whose entry has hash h.
func (s *segment) remove(h uint64, at uintptr, i int) {
	b := s.bucket(at)
	b.tags.Store(b.tags.Load() &^ (0xff << (8 * i)))
	b.slots[i].Store(nil)
	s.passed(h, at, -1)
	s.count--
}

// passed changes the overflow counts of the buckets from the home of h up to,
// not including, bucket at.
func (s *segment) passed(h uint64, at uintptr, by int64) {
	for i := s.home(h); i != at; i = s.after(i) {
		b := s.bucket(i)
		tags := b.tags.Load()
		if tags>>overflowShift != overflowMax {
			b.tags.Store(tags + uint64(by<<overflowShift))
		}
	}
}

// touch looks at all entries of a segment, of which the hashes will be asked for. The processor waits for all of
// them at once. In a loop that does something else with each, the more so if that depends on the hash, it would wait for one after the other.
func (s *segment) touch() {
	for i := range s.buckets() {
		s.bucket(i).touch()
	}
}

func (b *bucket) touch() {
	for j := range b.slots {
		if e := b.slots[j].Load(); e != nil {
			e.access.Load()
		}
	}
}

// all yields the entries of a segment.
func (s *segment) all() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for i := range s.buckets() {
			b := s.bucket(i)
			for j := range b.slots {
				if e := b.slots[j].Load(); e != nil && !yield(e) {
					return
				}
			}
		}
	}
}

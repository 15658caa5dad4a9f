package table

import (
	"iter"
	"math/rand/v2"
)

// PositionBits is how many top bits of a hash scan positions use. Entries whose
// hashes agree in all of them are met in one step.
const PositionBits = 40

// All yields every entry, in no order worth a promise. The table must not be
// changed meanwhile.
func (t *Table) All() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for s := range t.dir.Load().segments() {
			for e := range s.all() {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Scan yields the entries at position pos of the hash order, the contents of
// about one bucket, and returns the position behind them, 0 at the end. Only
// the top PositionBits of positions are used. A loop that starts at 0 and ends
// at 0 yields every entry that was in the table throughout exactly once, whatever
// changes between the steps; others once or not at all.
func (t *Table) Scan(pos uint64, yield func(*Entry)) (next uint64) {
	s := t.segment(pos)
	known := min(s.depth+s.bits, PositionBits)
	width := uint64(1) << (64 - known)
	start := pos &^ (width - 1)
	first, last := s.home(start), s.home(start+width-1)
	for at := first; at <= last; at++ {
		s.scanHome(at, func(e *Entry) {
			if h := t.hash(e); h >= pos && s.home(h) == at {
				yield(e)
			}
		})
	}
	return start + width
}

// scanHome yields the entries of all buckets in which those that are at home in
// bucket home can be.
func (s *segment) scanHome(home uintptr, yield func(*Entry)) {
	for at := home; ; {
		b := s.bucket(at)
		b.touch()
		for j := range b.slots {
			if e := b.slots[j].Load(); e != nil {
				yield(e)
			}
		}
		if b.tags.Load()>>overflowShift == 0 {
			return
		}
		if at = s.after(at); at == home {
			return
		}
	}
}

// maxExcess bounds, as a power of two, how often Random refuses a slot.
const maxExcess = 10

// Random returns an entry, each with the same probability, or nil if there is
// none. r supplies the randomness.
//
// It draws slots until one is taken. A slot of a segment that stands in many
// places of the directory is drawn that much too often, and so it is refused
// that much more often. The refusals are bounded: where hashes collide on
// purpose, the entries that do are drawn too seldom.
func (t *Table) Random(r *rand.Rand) *Entry {
	if t.Len() == 0 {
		return nil
	}
	d := t.dir.Load()
	finest := d.depth + t.widest
	for {
		h := r.Uint64()
		s := d.at(h).seg.Load()
		excess := min(finest-s.depth-s.bits, maxExcess)
		if h&(1<<excess-1) != 0 {
			continue
		}
		i := uintptr(r.Uint64N(uint64(s.slots())))
		if e := s.bucket(i / slotsPerBucket).slots[i%slotsPerBucket].Load(); e != nil {
			return e
		}
	}
}

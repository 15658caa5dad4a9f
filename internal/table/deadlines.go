package table

import "github.com/google/btree"

// Deadlines are entries in the order of their deadlines, those with the same
// one in the order of their keys. A nil one is empty, and may be asked.
type Deadlines struct {
	tree *btree.BTreeG[Due]
}

// A Due is an entry and a time in Unix milliseconds: mostly the entry's own
// deadline, which then may change only while the entry is not in the order.
type Due struct {
	At    int64
	Entry *Entry
}

// What an order of deadlines takes, measured: a Due is 16 bytes, in nodes that
// are two thirds full, with what keeps the nodes; and the tree keeps a list of
// free nodes.
const (
	DueBytes       = 40
	DeadlinesBytes = 440
)

func (d Due) before(o Due) bool {
	if d.At != o.At {
		return d.At < o.At
	}
	return d.Entry.Key() < o.Entry.Key()
}

// NewDeadlines returns an empty order.
func NewDeadlines() *Deadlines { return &Deadlines{btree.NewG(16, Due.before)} }

// Clone returns a copy, which shares with the original what neither changes. O(1).
func (d *Deadlines) Clone() *Deadlines {
	if d == nil {
		return nil
	}
	return &Deadlines{d.tree.Clone()}
}

// Add puts an entry into the order, in the place of one with the same key and
// deadline.
func (d *Deadlines) Add(at int64, e *Entry) { d.tree.ReplaceOrInsert(Due{at, e}) }

// Remove takes out the entry with the same key and deadline.
func (d *Deadlines) Remove(at int64, e *Entry) { d.tree.Delete(Due{at, e}) }

// Len returns the number of entries.
func (d *Deadlines) Len() int {
	if d == nil {
		return 0
	}
	return d.tree.Len()
}

// First returns the entry that is due first, and false if there is none.
func (d *Deadlines) First() (Due, bool) {
	if d == nil {
		return Due{}, false
	}
	return d.tree.Min()
}

// Last returns the entry that is due last, and false if there is none.
func (d *Deadlines) Last() (Due, bool) {
	if d == nil {
		return Due{}, false
	}
	return d.tree.Max()
}

// Ascend calls f for each entry in order, until it returns false.
func (d *Deadlines) Ascend(f func(Due) bool) {
	if d != nil {
		d.tree.Ascend(f)
	}
}

// Descend is Ascend from the other end.
func (d *Deadlines) Descend(f func(Due) bool) {
	if d != nil {
		d.tree.Descend(f)
	}
}

package value

import (
	"iter"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/table"
)

// HashOfList returns the hash that a list of fields, each followed by its value, is.
func HashOfList(l listpack.List, m *Limits, deep bool) (*Hash, error) {
	n := l.Len()
	if n%2 != 0 {
		return nil, ErrOdd
	}
	return newSmall(l).settled(n/2, m, deep)
}

// LastDeadline is the latest deadline of a field that a stored hash may have. Redis does not load a file with a later one; what commands may set is less.
const LastDeadline = 1<<48 - 2

// HashOfTimedList is HashOfList of a list in which each value is followed by a deadline, 0 for
// none.
func HashOfTimedList(l listpack.List, m *Limits, deep bool) (*Hash, error) {
	n := l.Len()
	if n%3 != 0 {
		return nil, ErrOdd
	}
	first := int64(0)
	for p := l.First(); p != listpack.None; p = next(l, p, 3) {
		e := l.Get(next(l, p, 2))
		if !e.IsInt || e.Int < 0 || e.Int > LastDeadline {
			return nil, ErrDeadline
		}
		if e.Int != 0 && (first == 0 || e.Int < first) {
			first = e.Int
		}
	}
	h := new(Hash)
	h.become(&hashMore{list: l, next: first})
	return h.settled(n/3, m, deep)
}

// settled returns a small hash of n fields in the form that it is to have.
func (h *Hash) settled(n int, m *Limits, deep bool) (*Hash, error) {
	tooMany := n > m.HashEntries
	if deep || tooMany {
		if err := distinct(h.list(), h.width()); err != nil {
			return nil, err
		}
	}
	if tooMany {
		h.grow()
	}
	return h, nil
}

// NewHashFor returns an empty hash that is to be loaded with n fields.
func NewHashFor(n uint64, m *Limits) *Hash {
	h := NewHash(0)
	if n > uint64(max(m.HashEntries, 0)) {
		h.grow()
	}
	return h
}

// Load adds a field with its value and its deadline, 0 for none. It returns false if the field is there
// already. A value longer than table.MaxInline is kept, the rest is copied.
func (h *Hash) Load(field, value string, at int64, m *Limits) bool {
	if h.isBig() {
		big, hash := h.more(), table.Hash(field)
		if big.table.Find(hash, field) != nil {
			return false
		}
		big.insert(hash, table.NewText(field, value, at))
		return true
	}
	if h.Has(field) {
		return false
	}
	h.Update(field, value, m)
	h.SetDeadline(field, at)
	return true
}

// List returns the list that a small hash is, nil if it is big, and how many elements it has for each
// field: three if there are deadlines. It must not be changed.
func (h *Hash) List() (l listpack.List, width int) {
	if h.isBig() {
		return nil, 0
	}
	return h.list(), h.width()
}

// Fields yields the entries of the fields of a big hash.
func (h *Hash) Fields() iter.Seq[*table.Entry] { return h.more().table.All() }

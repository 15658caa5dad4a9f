package value

import (
	"github.com/nookdb/nook/internal/intset"
	"github.com/nookdb/nook/internal/listpack"
)

// SetOfInts returns the set that an intset is.
func SetOfInts(ints intset.Set, m *Limits) *Set {
	s := &Set{small: ints}
	if ints.Len() > m.SetIntEntries {
		s.toTable()
	}
	return s
}

// SetOfList returns the set that a list of members is.
func SetOfList(l listpack.List, m *Limits, deep bool) (*Set, error) {
	tooMany := l.Len() > m.SetEntries
	if deep || tooMany {
		if err := distinct(l, 1); err != nil {
			return nil, err
		}
	}
	s := &Set{small: l}
	if tooMany {
		s.toTable()
	}
	return s, nil
}

// NewSetFor returns an empty set to which n members are to be added.
func NewSetFor(n uint64, m *Limits) *Set {
	if n > uint64(max(m.SetEntries, 0)) {
		return &Set{big: newBigSet()}
	}
	return NewIntSet()
}

// Ints returns the intset that a set is, and false if it is none. It must not be changed.
func (s *Set) Ints() (intset.Set, bool) {
	if s.form() != setIsInts {
		return nil, false
	}
	return s.ints(), true
}

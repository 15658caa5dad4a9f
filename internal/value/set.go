package value

import (
	"encoding/binary"
	"iter"
	"math/rand/v2"
	"unsafe"

	"github.com/nookdb/nook/internal/intset"
	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/table"
)

// A Set is a value of type set, in one of three encodings: an intset while all
// members are integers and they are not too many, a listpack while they are few
// and short, else a table.
//
// The rules by which one becomes another are those of Redis 7.2 (before that, there were
// no listpacks): members that come take a set from left to right, members that go change
// nothing.
type Set struct {
	small []byte  // an intset or a listpack, nil if there is a table
	big   *bigSet // nil if there is none
}

// bigSet is a set as a table. The value of its entries is empty.
type bigSet struct {
	table table.Table
	bytes int // of all entries
}

// setForm is an encoding of a set.
type setForm uint8

const (
	setIsInts setForm = iota
	setIsList
	setIsTable
)

// form tells an intset and a listpack apart by their first word. That of an intset
// is 2, 4 or 8, the width of its integers; that of a listpack, its size in bytes, is 7 if it is
// empty and else above 8. So a field for it is saved, and with the field 16 bytes.
func (s *Set) form() setForm {
	switch {
	case s.big != nil:
		return setIsTable
	case binary.LittleEndian.Uint32(s.small) <= 8 && s.small[0] != 7:
		return setIsInts
	}
	return setIsList
}

func (s *Set) ints() intset.Set    { return intset.Set(s.small) }
func (s *Set) list() listpack.List { return listpack.List(s.small) }

// NewSet returns an empty set that is to receive n members, or about as many, of which first
// is the first.
func NewSet(first string, n int, l *Limits) *Set {
	if _, isInt := number.ParseInt(first); isInt && n <= l.SetIntEntries {
		return NewIntSet()
	}
	if n <= l.SetEntries {
		return NewListSet()
	}
	return &Set{big: newBigSet()}
}

// NewIntSet returns an empty set as an intset.
func NewIntSet() *Set { return &Set{small: intset.New()} }

// NewListSet returns an empty set as a listpack.
func NewListSet() *Set { return &Set{small: listpack.New()} }

func newBigSet() *bigSet {
	b := new(bigSet)
	b.table.Init(0)
	return b
}

// IsIntSet reports whether the set is an intset.
func (s *Set) IsIntSet() bool { return s.form() == setIsInts }

// Expect makes the set a table if it were to become one anyway if n members came
// that are not there yet.
func (s *Set) Expect(n int, l *Limits) {
	switch s.form() {
	case setIsInts:
		if n > l.SetIntEntries {
			s.toTable()
		}
	case setIsList:
		if n > l.SetEntries {
			s.toTable()
		}
	}
}

// Len returns the number of members.
func (s *Set) Len() int {
	switch s.form() {
	case setIsInts:
		return s.ints().Len()
	case setIsList:
		return s.list().Len()
	}
	return s.big.table.Len()
}

// Empty reports whether the set has nothing in it.
func (s *Set) Empty() bool { return s.Len() == 0 }

const (
	setBytes    = int(unsafe.Sizeof(Set{}))
	bigSetBytes = int(unsafe.Sizeof(bigSet{}))
)

// Bytes returns the size of the set on the heap.
func (s *Set) Bytes() int {
	if s.big != nil {
		return setBytes + bigSetBytes + s.big.table.Bytes() + s.big.bytes
	}
	return setBytes + cap(s.small)
}

// Type returns "set".
func (s *Set) Type() string { return "set" }

// Encoding returns Redis's name of the set's encoding.
func (s *Set) Encoding() string {
	switch s.form() {
	case setIsInts:
		return "intset"
	case setIsList:
		return "listpack"
	}
	return "hashtable"
}

// Clone returns a copy.
func (s *Set) Clone() Collection {
	if s.big == nil {
		return &Set{small: append([]byte(nil), s.small...)}
	}
	b := &bigSet{bytes: s.big.bytes}
	s.big.table.Clone(&b.table) // members never change
	return &Set{big: b}
}

// still returns a copy that is good to be read, and for nothing else.
func (s *Set) still() Collection {
	if s.big == nil {
		return s.Clone()
	}
	c := &Set{big: s.big}
	s.big = s.big.fork()
	return c
}

// leave returns a set with all that is in s, and leaves s what still returns. Others may read s meanwhile.
func (s *Set) leave() Collection {
	if s.big == nil {
		return s.Clone()
	}
	return &Set{big: s.big.fork()}
}

// fork returns a set to go on with in the place of b, of which it copies what it changes.
func (b *bigSet) fork() *bigSet {
	c := &bigSet{bytes: b.bytes}
	b.table.Fork(&c.table)
	return c
}

// Has reports whether a string is a member.
func (s *Set) Has(member string) bool {
	switch s.form() {
	case setIsInts:
		n, ok := number.ParseInt(member)
		return ok && s.ints().Has(n)
	case setIsList:
		l := s.list()
		return l.Find(l.First(), member, 0) != listpack.None
	}
	return s.big.table.Find(table.Hash(member), member) != nil
}

// Add adds a member, and reports whether it was not there.
func (s *Set) Add(member string, l *Limits) bool {
	switch s.form() {
	case setIsInts:
		return s.addToInts(member, l)
	case setIsList:
		return s.addToList(member, l)
	}
	return s.big.add(member)
}

func (s *Set) addToInts(member string, l *Limits) bool {
	n, isInt := number.ParseInt(member)
	if !isInt {
		if s.fitsList(member, l) {
			s.toList()
			s.small = s.list().Append(member)
			return true
		}
		s.toTable()
		return s.big.add(member)
	}
	ints, added := s.ints().Add(n)
	s.small = ints
	if added && ints.Len() > min(l.SetIntEntries, intset.MaxLen) {
		s.toTable()
	}
	return added
}

// fitsList reports whether an intset may become a listpack and receive another
// member.
func (s *Set) fitsList(member string, l *Limits) bool {
	ints := s.ints()
	n := ints.Len()
	if n >= l.SetEntries || len(member) > l.SetValue || n > listpack.MaxBytes/intBytes {
		return false
	}
	if n == 0 {
		return true
	}
	longest := max(digitCount(ints.At(0)), digitCount(ints.At(n-1)))
	return longest <= l.SetValue && listpack.New().Fits(n*intBytes+len(member))
}

// intBytes is the most that an integer takes in a listpack.
const intBytes = 10

func digitCount(n int64) int {
	var digits [20]byte
	return len(Digits(n, &digits))
}

func (s *Set) addToList(member string, l *Limits) bool {
	list := s.list()
	if list.Find(list.First(), member, 0) != listpack.None {
		return false
	}
	if list.Len() < l.SetEntries && len(member) <= l.SetValue && list.Fits(len(member)) {
		s.small = list.Append(member)
		return true
	}
	s.toTable()
	return s.big.add(member)
}

func (b *bigSet) add(member string) bool {
	h := table.Hash(member)
	if b.table.Find(h, member) != nil {
		return false
	}
	b.insert(h, table.NewText(member, "", 0))
	return true
}

func (b *bigSet) insert(h uint64, e *table.Entry) {
	b.table.Insert(h, e)
	b.bytes += e.Size()
}

// Remove removes a member, and reports whether it was there.
func (s *Set) Remove(member string) bool {
	switch s.form() {
	case setIsInts:
		n, isInt := number.ParseInt(member)
		if !isInt {
			return false
		}
		ints, removed := s.ints().Remove(n)
		s.small = ints
		return removed
	case setIsList:
		l := s.list()
		p := l.Find(l.First(), member, 0)
		if p == listpack.None {
			return false
		}
		s.small = l.Delete(p, 1)
		return true
	}
	return s.big.remove(member)
}

func (b *bigSet) remove(member string) bool {
	h := table.Hash(member)
	e, slot := b.table.Locate(h, member)
	if e == nil {
		return false
	}
	b.table.Delete(h, slot)
	b.bytes -= e.Size()
	return true
}

// toTable makes the set a table.
func (s *Set) toTable() {
	b := newBigSet()
	for member := range s.All() {
		b.insert(table.Hash(member), table.NewText(member, "", 0))
	}
	s.small, s.big = nil, b
}

// toList makes an intset a listpack.
func (s *Set) toList() {
	ints, l := s.ints(), listpack.New()
	for i := range ints.Len() {
		l = l.AppendInt(ints.At(i))
	}
	s.small = l
}

// Compact makes the set an intset if all its members are integers and not too many
// for one.
func (s *Set) Compact(l *Limits) {
	if s.form() == setIsInts || s.Len() > min(l.SetIntEntries, intset.MaxLen) {
		return
	}
	ints := intset.New()
	for member := range s.All() {
		n, isInt := number.ParseInt(member)
		if !isInt {
			return
		}
		ints, _ = ints.Add(n)
	}
	s.small, s.big = ints, nil
}

// All yields every member, those of an intset in ascending order. The strings are good
// until the next one is yielded, and the set must not be changed meanwhile.
func (s *Set) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		var digits [20]byte
		switch s.form() {
		case setIsInts:
			ints := s.ints()
			for i := range ints.Len() {
				if !yield(Digits(ints.At(i), &digits)) {
					return
				}
			}
		case setIsList:
			l := s.list()
			for p := l.First(); p != listpack.None; p = l.Next(p) {
				if !yield(textOf(l.Get(p), &digits)) {
					return
				}
			}
		case setIsTable:
			for e := range s.big.table.All() {
				if !yield(e.Key()) {
					return
				}
			}
		}
	}
}

// Members returns all members, those of an intset in ascending order. The
// strings are good for ever.
func (s *Set) Members() []string {
	members := make([]string, 0, s.Len())
	if s.big != nil {
		for e := range s.big.table.All() {
			members = append(members, e.Key())
		}
		return members
	}
	// All in one string, which all members share.
	text, ends := make([]byte, 0, 2*len(s.small)), make([]int, 0, cap(members))
	for member := range s.All() {
		text = append(text, member...)
		ends = append(ends, len(text))
	}
	shared, from := view(text), 0
	for _, end := range ends {
		members = append(members, shared[from:end])
		from = end
	}
	return members
}

// Scan yields the members at a position of the order of their hashes, and returns
// the next position, 0 at the end; see [table.Table.Scan]. A small set is yielded whole, or what
// is left of it if it was a table when the scan began. The strings are good for ever.
func (s *Set) Scan(pos uint64, yield func(member string)) (next uint64) {
	if s.big != nil {
		return s.big.table.Scan(pos, func(e *table.Entry) { yield(e.Key()) })
	}
	for _, member := range s.Members() {
		if table.Hash(member) >= pos {
			yield(member)
		}
	}
	return 0
}

// Random returns a member, each with the same probability. There is one. The
// string is good for ever.
func (s *Set) Random(r *rand.Rand) string {
	switch s.form() {
	case setIsInts:
		ints := s.ints()
		return string(number.AppendInt(nil, ints.At(r.IntN(ints.Len()))))
	case setIsList:
		l := s.list()
		return l.Get(l.Seek(r.IntN(l.Len()))).String()
	}
	return s.big.table.Random(r).Key()
}

// Pop removes a member, each with the same probability, and returns it. There is
// one. The string is good for ever.
func (s *Set) Pop(r *rand.Rand) string {
	switch s.form() {
	case setIsInts:
		ints := s.ints()
		i := r.IntN(ints.Len())
		member := string(number.AppendInt(nil, ints.At(i)))
		s.small = ints.RemoveAt(i)
		return member
	case setIsList:
		l := s.list()
		p := l.Seek(r.IntN(l.Len()))
		member := l.Get(p).String()
		s.small = l.Delete(p, 1)
		return member
	}
	member := s.big.table.Random(r).Key()
	s.big.remove(member)
	return member
}

// PopSome removes n members, fewer than there are, each selection with the same
// probability, and returns them.
//
// If few are left of a table, it is these that are looked for, and they become a
// new set, which may be a listpack.
func (s *Set) PopSome(r *rand.Rand, n int, l *Limits) []string {
	popped := make([]string, 0, n)
	if rest := s.Len() - n; s.big != nil && rest <= n/keepWhenBelow {
		left := NewListSet()
		for _, member := range s.Sample(r, rest) {
			left.Add(member, l)
		}
		for e := range s.big.table.All() {
			if !left.Has(e.Key()) {
				popped = append(popped, e.Key())
			}
		}
		*s = *left
		return popped
	}
	for range n {
		popped = append(popped, s.Pop(r))
	}
	return popped
}

const (
	// keepWhenBelow is how many times more members must go than stay for PopSome to look
	// for those that stay.
	keepWhenBelow = 5

	// drawWhenBelow is how many times more members there must be than are
	// wanted for Sample to draw until there are enough different ones.
	drawWhenBelow = 3
)

// Sample returns n different members, all of them if there are not as many, each
// selection with the same probability. The strings are good for ever.
func (s *Set) Sample(r *rand.Rand, n int) []string {
	size := s.Len()
	if n >= size {
		return s.Members()
	}
	if s.form() != setIsList && n < size/drawWhenBelow {
		if drawn := s.draw(r, n); len(drawn) == n {
			return drawn
		}
	}
	all := s.Members()
	for i := range n {
		j := i + r.IntN(size-i)
		all[i], all[j] = all[j], all[i]
	}
	return all[:n:n]
}

// draw draws members until there are n different ones. It gives up after many times as
// many draws as that should take: hashes that were made to collide can keep a table
// from being fair.
func (s *Set) draw(r *rand.Rand, n int) []string {
	drawn, seen := make([]string, 0, n), make(map[string]struct{}, n)
	for tries := 0; len(drawn) < n && tries < 10*n+100; tries++ {
		member := s.Random(r)
		if _, again := seen[member]; !again {
			seen[member] = struct{}{}
			drawn = append(drawn, member)
		}
	}
	return drawn
}

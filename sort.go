package nook

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/pqsort"
	"github.com/nookdb/nook/internal/quicklist"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// SortOptions are the options of SortWith.
//
// A pattern names other values by an element: the first * in it stands for the element, and what
// remains is a key that holds a string. If a -> and more follow the *, what is before the ->
// is the key of a hash, and what is behind it a field.
type SortOptions struct {
	// By is the pattern of what elements are sorted by, where "" means the elements themselves. One
	// without a * means Unsorted.
	By string

	// Unsorted leaves the elements of lists and sorted sets in their order, or, if Desc, in the reverse
	// one, and those of sets as they come.
	Unsorted bool

	Alpha  bool // sort as text, not as numbers
	Desc   bool // from the greatest to the least
	Offset int  // elements that are passed over
	Count  int  // elements at most; 0 means all, a negative number means none

	// Get are the patterns of what is returned for each element in its place; # stands for
	// the element itself.
	Get []string
}

// Sort returns the elements of a list, a set or a sorted set, which must be numbers, from the least to
// the greatest.
//
// Fails with ErrSortScore and ErrWrongType. O(n log n). SORT, SORT_RO.
func (c *commands) Sort(key string) ([]string, error) {
	found, err := c.SortWith(key, SortOptions{})
	elements := make([]string, len(found))
	for i := range found {
		elements[i] = found[i].Value
	}
	return elements, err
}

// SortWith is Sort in another order, of other values, or of a part. What a pattern in Get does not
// find is absent. A command that uses patterns locks the whole store, because the keys that they
// name are not known before; a transaction must have declared it.
//
// Fails as Sort does. O(n log n). See Sort.
func (c *commands) SortWith(key string, o SortOptions) ([]Optional, error) {
	m, err := c.lookAll(o.keys(key)...)
	if err != nil {
		return nil, err
	}
	defer m.done(nil)
	s := sorting{m: m, o: &o}
	return s.results(key)
}

// SortStore makes what SortWith returns the list dst, whatever that was, and returns its length. What is
// absent becomes empty. If there is nothing, dst is deleted.
//
// Fails as SortWith does, and with ErrOutOfMemory. O(n log n). See Sort.
func (c *commands) SortStore(dst, key string, o SortOptions) (stored int, err error) {
	m, err := c.writeAll(o.keys(key, dst)...)
	if err != nil {
		return 0, err
	}
	defer m.done(&err)
	s := sorting{m: m, o: &o, store: true}
	found, err := s.results(key)
	if err != nil {
		return 0, err
	}
	m.storeList(dst, found)
	return len(found), nil
}

// storeList makes values the list dst, or deletes dst if there are none.
func (m *multi) storeList(dst string, found []Optional) {
	w := m.open(dst)
	defer w.settle()
	if len(found) == 0 {
		w.deleteAny()
		return
	}
	values := make([]string, len(found))
	for i := range found {
		values[i] = found[i].Value
	}
	l := value.NewList()
	l.Push(quicklist.Back, &m.c.ks.limits, values...)
	if m.logged() {
		if w.entry != nil {
			w.effect("DEL", dst)
		}
		w.effect(append([]string{"RPUSH", dst}, values...)...)
	}
	w.put(value.New(dst, l, 0))
	w.event(EventList, "sortstore")
}

// keys returns those keys that must be locked; none stand for all.
func (o *SortOptions) keys(keys ...string) []string {
	if o.by() != "" || slices.ContainsFunc(o.Get, isPattern) {
		return nil
	}
	return keys
}

// isPattern reports whether a pattern has a place for the element. As in C, nothing follows a
// zero byte.
func isPattern(pattern string) bool { return star(pattern) >= 0 }

// star returns the index of the place for the element, -1 if there is none.
func star(pattern string) int {
	if i := strings.IndexAny(pattern, "*\x00"); i >= 0 && pattern[i] == '*' {
		return i
	}
	return -1
}

// by returns the pattern of what elements are sorted by, "" if it is the elements or nothing.
func (o *SortOptions) by() string {
	if o.Unsorted || !isPattern(o.By) {
		return ""
	}
	return o.By
}

// A sorting is one run of SORT.
type sorting struct {
	m     *multi
	o     *SortOptions
	store bool

	by       string // pattern, "" for the elements themselves
	unsorted bool
	alpha    bool
	items    []sortItem
}

// A sortItem is an element on its way.
type sortItem struct {
	element string
	score   float64
	weight  Optional // what it is sorted by, as text
}

// results returns what the options ask for of a key.
func (s *sorting) results(key string) ([]Optional, error) {
	s.by, s.alpha = s.o.by(), s.o.Alpha
	s.unsorted = s.o.Unsorted || s.o.By != "" && s.by == ""
	w := s.m.open(key)
	w.noteMiss()
	if err := s.load(&w); err != nil {
		return nil, err
	}
	if err := s.weigh(); err != nil {
		return nil, err
	}
	first, last := s.o.part(len(s.items))
	if !s.unsorted {
		s.sort(first, last)
	}
	return s.fetch(s.items[first:last]), nil
}

// load takes the elements of a value, in its own order.
func (s *sorting) load(w *write) error {
	if w.entry == nil {
		return nil
	}
	if w.entry.Form() != table.Object {
		return ErrWrongType
	}
	var elements []string
	switch c := w.entry.Object().(type) {
	case *value.List:
		elements = c.Range(0, c.Len(), quicklist.Back)
	case *value.Set:
		elements = c.Members()
		if s.unsorted && s.store {
			// What is stored must not depend on how a table happens to lie.
			s.unsorted, s.alpha = false, true
		}
		s.take(elements)
		return nil
	case *value.ZSet:
		// Redis sorts no other encoding than a big one, and the set keeps that.
		c.Enlarge(math.MaxInt, 0, &s.m.c.ks.limits)
		w.settleValue()
		for cursor, n := c.From(0, false), c.Len(); n > 0; n-- {
			member, _ := cursor.Next()
			elements = append(elements, member)
		}
	default:
		return ErrWrongType
	}
	if s.unsorted && s.o.Desc {
		slices.Reverse(elements)
	}
	s.take(elements)
	return nil
}

func (s *sorting) take(elements []string) {
	s.items = make([]sortItem, len(elements))
	for i, e := range elements {
		s.items[i].element = e
	}
}

// part returns the range of n elements that the options ask for.
func (o *SortOptions) part(n int) (first, last int) {
	first = min(max(o.Offset, 0), n)
	switch {
	case o.Count < 0:
		return first, first
	case o.Count == 0:
		return first, n
	}
	return first, first + min(o.Count, n-first)
}

// weigh finds out what each element is sorted by. One that has no such value counts as 0, or as
// less than any text.
func (s *sorting) weigh() error {
	if s.unsorted {
		return nil
	}
	fine := true
	for i := range s.items {
		it := &s.items[i]
		it.weight = Optional{it.element, true}
		if s.by != "" {
			it.weight = s.look(s.by, it.element)
		}
		if !s.alpha && it.weight.OK {
			var ok bool
			it.score, ok = sortScore(it.weight.Value)
			fine = fine && ok
		}
	}
	if !fine {
		return ErrSortScore
	}
	return nil
}

// sortScore reads a number as C's strtod does: with white space before it, and up to a zero
// byte. An empty string is 0.
func sortScore(s string) (float64, bool) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	if s == "" {
		return 0, true
	}
	f, ok := number.ParseFloat(strings.TrimLeft(s, " \t\n\v\f\r"))
	return f, ok && (f == 0 || math.Abs(f) >= 0x1p-1022)
}

// sort puts the items from index first and below last in order.
func (s *sorting) sort(first, last int) {
	compare := s.byScore
	if s.alpha {
		compare = s.byText
	}
	if s.o.Desc {
		ascending := compare
		compare = func(a, b sortItem) int { return -ascending(a, b) }
	}
	if s.by == "" || first == 0 && last == len(s.items) {
		slices.SortStableFunc(s.items, compare)
	} else if first < last {
		pqsort.Range(s.items, first, last-1, compare)
	}
}

// byScore compares numbers, and where they are equal the elements.
func (s *sorting) byScore(a, b sortItem) int {
	if c := cmp.Compare(a.score, b.score); c != 0 {
		return c
	}
	return strings.Compare(a.element, b.element)
}

// byText compares texts: as the C library does in its own locale, which ends them at a zero byte,
// but for what is stored, which must not depend on the library.
func (s *sorting) byText(a, b sortItem) int {
	switch {
	case !a.weight.OK || !b.weight.OK:
		return ordinal(a.weight.OK) - ordinal(b.weight.OK)
	case s.store:
		return strings.Compare(a.weight.Value, b.weight.Value)
	}
	x, _, _ := strings.Cut(a.weight.Value, "\x00")
	y, _, _ := strings.Cut(b.weight.Value, "\x00")
	return strings.Compare(x, y)
}

// ordinal makes false less than true.
func ordinal(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fetch returns what the options ask for of each item.
func (s *sorting) fetch(items []sortItem) []Optional {
	found := make([]Optional, 0, len(items)*max(len(s.o.Get), 1))
	for i := range items {
		if len(s.o.Get) == 0 {
			found = append(found, Optional{items[i].element, true})
		}
		for _, pattern := range s.o.Get {
			found = append(found, s.look(pattern, items[i].element))
		}
	}
	return found
}

// look returns the value that a pattern names by an element.
func (s *sorting) look(pattern, element string) Optional {
	if name, _, _ := strings.Cut(pattern, "\x00"); name == "#" {
		return Optional{element, true}
	}
	i := star(pattern)
	if i < 0 {
		return Optional{}
	}
	suffix, field := cutField(pattern[i+1:])
	w := s.m.look(s.m.c, pattern[:i]+element+suffix)
	w.noteMiss()
	if w.entry == nil {
		return Optional{}
	}
	s.m.c.touch(w.entry)
	if field != "" {
		if h, err := as[*value.Hash](w.entry); err == nil {
			v, ok := h.Get(field)
			return Optional{v, ok}
		}
		return Optional{}
	}
	v, err := w.frozen()
	return Optional{v, err == nil}
}

// cutField cuts what follows the place for the element into the end of a key and, behind ->, a
// field, "" if there is none.
func cutField(s string) (suffix, field string) {
	text, _, _ := strings.Cut(s, "\x00")
	i := strings.Index(text, "->")
	if i < 0 || i+2 == len(text) {
		return s, ""
	}
	return s[:i], s[i+2:]
}

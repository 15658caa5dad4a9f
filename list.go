package nook

import (
	"slices"
	"strconv"

	"github.com/nookdb/nook/internal/quicklist"
	"github.com/nookdb/nook/internal/value"
)

// A Side is an end of a list.
type Side uint8

// The ends of a list. Index 0 is at the left.
const (
	Left Side = iota
	Right
)

func (s Side) end() quicklist.End { return s == Right }

// String returns the side's word on the wire.
func (s Side) String() string { return s.of("LEFT", "RIGHT") }

// of returns the one of two words that belongs to the side.
func (s Side) of(left, right string) string {
	if s == Left {
		return left
	}
	return right
}

// writeList opens a key that must hold a list if it exists, for a command that may need
// more memory.
func (c *commands) writeList(key string) (w *write, l *value.List, err error) {
	w = new(write)
	l, err = openAs[*value.List](w, c, key, mayGrow)
	return
}

// reduceList is writeList for a command that never needs more memory.
func (c *commands) reduceList(key string) (w *write, l *value.List, err error) {
	w = new(write)
	l, err = openAs[*value.List](w, c, key, 0)
	return
}

// LPush adds values at the left of a list, which is created if need be, and returns its
// length. The last of the values comes first in the list.
//
// Fails with ErrWrongType, ErrTooLong and ErrOutOfMemory. O(1) for each value. LPUSH.
func (c *commands) LPush(key string, values ...string) (int, error) {
	return c.push(key, Left, true, values)
}

// RPush adds values at the right of a list, which is created if need be, and returns its
// length.
//
// Fails with ErrWrongType, ErrTooLong and ErrOutOfMemory. O(1) for each value. RPUSH.
func (c *commands) RPush(key string, values ...string) (int, error) {
	return c.push(key, Right, true, values)
}

// LPushX is LPush if the key exists. It returns 0 if not.
//
// Fails as LPush does. O(1) for each value. LPUSHX.
func (c *commands) LPushX(key string, values ...string) (int, error) {
	return c.push(key, Left, false, values)
}

// RPushX is RPush if the key exists. It returns 0 if not.
//
// Fails as RPush does. O(1) for each value. RPUSHX.
func (c *commands) RPushX(key string, values ...string) (int, error) {
	return c.push(key, Right, false, values)
}

func (c *commands) push(key string, at Side, create bool, values []string) (_ int, err error) {
	for _, v := range values {
		if err := c.fits(len(v)); err != nil {
			return 0, err
		}
	}
	w, l, err := c.writeList(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	switch {
	case l == nil && (!create || len(values) == 0):
		return 0, nil
	case len(values) == 0:
		return l.Len(), nil
	case l == nil:
		l = value.NewList()
		l.Push(at.end(), &c.ks.limits, values...)
		w.put(value.New(key, l, 0))
	default:
		l.Push(at.end(), &c.ks.limits, values...)
		w.modified()
	}
	w.counts(len(values))
	w.event(EventList, at.of("lpush", "rpush"))
	if w.logged() {
		w.effect(slices.Concat([]string{at.of("LPUSH", "RPUSH"), key}, values)...)
	}
	return l.Len(), nil
}

// LPop removes the first element of a list and returns it, and false if there is no such key.
//
// Fails with ErrWrongType. O(1). LPOP.
func (c *commands) LPop(key string) (string, bool, error) { return c.pop(key, Left) }

// RPop removes the last element of a list and returns it, and false if there is no such key.
//
// Fails with ErrWrongType. O(1). RPOP.
func (c *commands) RPop(key string) (string, bool, error) { return c.pop(key, Right) }

func (c *commands) pop(key string, at Side) (_ string, _ bool, err error) {
	w, l, err := c.reduceList(key)
	if err != nil {
		return "", false, err
	}
	defer w.done(&err)
	if l == nil {
		return "", false, nil
	}
	v := l.Pop(at.end(), &c.ks.limits)
	w.modified()
	w.event(EventList, at.of("lpop", "rpop"))
	if w.logged() {
		w.effect(at.of("LPOP", "RPOP"), key)
	}
	return v, true, nil
}

// LPopCount removes up to n elements from the left of a list and returns them, and false if there is
// no such key. The strings share one allocation.
//
// Fails with ErrWrongType, and with ErrNotPositive for n below 0. O(n). See LPop.
func (c *commands) LPopCount(key string, n int) ([]string, bool, error) { return c.popN(key, Left, n) }

// RPopCount removes up to n elements from the right of a list and returns them, the last one first, and false
// if there is no such key. The strings share one allocation.
//
// Fails with ErrWrongType, and with ErrNotPositive for n below 0. O(n). See RPop.
func (c *commands) RPopCount(key string, n int) ([]string, bool, error) { return c.popN(key, Right, n) }

func (c *commands) popN(key string, at Side, n int) (_ []string, _ bool, err error) {
	if n < 0 {
		return nil, false, ErrNotPositive
	}
	w, l, err := c.reduceList(key)
	if err != nil {
		return nil, false, err
	}
	defer w.done(&err)
	if l == nil {
		return nil, false, nil
	}
	return w.popSome(l, at, n), true, nil
}

// popSome removes up to n elements and tells of it.
func (w *write) popSome(l *value.List, at Side, n int) []string {
	if n == 0 {
		return []string{}
	}
	popped := l.PopSome(at.end(), &w.c.ks.limits, n)
	w.modified()
	w.counts(len(popped))
	w.event(EventList, at.of("lpop", "rpop"))
	if w.logged() {
		w.effect(at.of("LPOP", "RPOP"), w.key, strconv.Itoa(len(popped)))
	}
	return popped
}

// LLen returns the length of a list, 0 if there is none.
//
// Fails with ErrWrongType. O(1). LLEN.
func (c *commands) LLen(key string) (int, error) {
	r, l, err := readAs[*value.List](c, key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	if l == nil {
		return 0, nil
	}
	return l.Len(), nil
}

// LIndex returns the element at an index, and false if there is none. Negative indexes count from
// the end, -1 being the last.
//
// Fails with ErrWrongType. O(1) near the ends, else O(n), of a long list divided by 16,000 or so. LINDEX.
func (c *commands) LIndex(key string, index int64) (string, bool, error) {
	r, l, err := readAs[*value.List](c, key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	if l == nil {
		return "", false, nil
	}
	s := seek(l, index)
	if s == quicklist.None {
		return "", false, nil
	}
	return l.At(s), true, nil
}

// seek returns the place of the element at an index, which counts from the end if it is
// negative, or None.
func seek(l *value.List, index int64) quicklist.Spot {
	n := int64(l.Len())
	if index < 0 {
		index += n
	}
	if index < 0 || index >= n {
		return quicklist.None
	}
	return l.Seek(int(index))
}

// LSet changes the element at an index. Negative indexes count from the end, -1 being
// the last.
//
// Fails with ErrNoSuchKey, ErrOutOfRange, ErrWrongType, ErrTooLong and ErrOutOfMemory. O(1) near
// the ends, else as LIndex. LSET.
func (c *commands) LSet(key string, index int64, element string) (err error) {
	if err := c.fits(len(element)); err != nil {
		return err
	}
	w, l, err := c.writeList(key)
	if err != nil {
		return err
	}
	defer w.done(&err)
	if l == nil {
		return ErrNoSuchKey
	}
	s := seek(l, index)
	if s == quicklist.None {
		return ErrOutOfRange
	}
	l.Set(s, &c.ks.limits, element)
	w.modified()
	w.event(EventList, "lset")
	if w.logged() {
		w.effect("LSET", key, strconv.FormatInt(index, 10), element)
	}
	return nil
}

// A Where says on which side of another an element is inserted.
type Where uint8

// The sides.
const (
	Before Where = iota
	After
)

// String returns the word on the wire.
func (h Where) String() string {
	if h == Before {
		return "BEFORE"
	}
	return "AFTER"
}

// LInsert inserts an element before or after the first one that is pivot. It returns the length of the list, 0 if
// there is none, and whether there is a pivot.
//
// Fails with ErrSyntax for no known side, with ErrWrongType, ErrTooLong and ErrOutOfMemory. O(n) up to
// the pivot. LINSERT.
func (c *commands) LInsert(key string, side Where, pivot, element string) (length int, found bool, err error) {
	if side > After {
		return 0, false, ErrSyntax
	}
	if err := c.fits(len(element)); err != nil {
		return 0, false, err
	}
	w, l, err := c.writeList(key)
	if err != nil {
		return 0, false, err
	}
	defer w.done(&err)
	if l == nil {
		return 0, false, nil
	}
	if !l.Insert(side == After, &c.ks.limits, pivot, element) {
		return l.Len(), false, nil
	}
	w.modified()
	w.event(EventList, "linsert")
	if w.logged() {
		w.effect("LINSERT", key, side.String(), pivot, element)
	}
	return l.Len(), true, nil
}

// LRange returns the elements from index start to index stop, both included. Negative indexes
// count from the end, -1 being the last; those outside of the list are moved to its ends. The strings
// share one allocation: to keep one of many, clone it.
//
// Fails with ErrWrongType. O(n) in the elements returned, and to start as LIndex. LRANGE.
func (c *commands) LRange(key string, start, stop int64) ([]string, error) {
	r, l, err := readAs[*value.List](c, key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	if l == nil {
		return []string{}, nil
	}
	from, to := indexes(start, stop, l.Len())
	return l.Range(from, to-from, quicklist.Back), nil
}

// indexes turns a pair of indexes, or ranks, of n elements, both included and counted from the
// end if negative, into a half-open range; one that is empty is 0, 0.
func indexes(start, stop int64, n int) (from, to int) {
	if start < 0 {
		start = max(start+int64(n), 0)
	}
	if stop < 0 {
		stop += int64(n)
	}
	if stop = min(stop, int64(n)-1); start > stop {
		return 0, 0
	}
	return int(start), int(stop) + 1
}

// LTrim removes all elements of a list but those from index start to index stop, as LRange
// returns them. If that leaves none, the key is deleted.
//
// Fails with ErrWrongType. O(n) in the elements removed. LTRIM.
func (c *commands) LTrim(key string, start, stop int64) (err error) {
	w, l, err := c.reduceList(key)
	if err != nil {
		return err
	}
	defer w.done(&err)
	if l == nil {
		return nil
	}
	before := l.Len()
	from, to := indexes(start, stop, before)
	l.Trim(from, to, &c.ks.limits)
	w.modified()
	w.counts(before - l.Len())
	w.event(EventList, "ltrim")
	if w.logged() {
		w.effect("LTRIM", key, strconv.FormatInt(start, 10), strconv.FormatInt(stop, 10))
	}
	return nil
}

// LRem removes elements that are equal to element, and returns how many: at most count from
// the left on, or -count from the right on if count is negative, or all if it is 0.
//
// Fails with ErrWrongType. O(n). LREM.
func (c *commands) LRem(key string, count int64, element string) (removed int, err error) {
	w, l, err := c.reduceList(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if l == nil {
		return 0, nil
	}
	from, most := quicklist.Front, l.Len()
	switch {
	case count > 0:
		most = int(min(count, int64(most)))
	case count < 0:
		from, most = quicklist.Back, int(-max(count, -int64(most)))
	}
	removed = l.Remove(from, &c.ks.limits, most, element)
	if removed == 0 {
		return 0, nil
	}
	w.modified()
	w.counts(removed)
	w.event(EventList, "lrem")
	if w.logged() {
		w.effect("LREM", key, strconv.FormatInt(count, 10), element)
	}
	return removed, nil
}

// LPosOptions are the options of LPosWith.
type LPosOptions struct {
	Rank   int // begin with so many-th match; negative: counted from the right, and to the left; 0 means 1
	Count  int // the most matches to return; 0 means 1, a negative number all
	MaxLen int // look at so many elements at most; 0 means all
}

// LPos returns the index of the first element that is equal to element, and false if there
// is none.
//
// Fails with ErrWrongType. O(n) up to it. LPOS.
func (c *commands) LPos(key, element string) (int, bool, error) {
	found, err := c.LPosWith(key, element, LPosOptions{})
	if err != nil || len(found) == 0 {
		return 0, false, err
	}
	return found[0], true, nil
}

// LPosWith returns the indexes of elements that are equal to element, in the order in which it
// finds them.
//
// Fails with ErrMaxLen for a MaxLen below 0, and with ErrWrongType. O(n) in the elements looked at. See LPos.
func (c *commands) LPosWith(key, element string, o LPosOptions) ([]int, error) {
	if o.MaxLen < 0 {
		return nil, ErrMaxLen
	}
	r, l, err := readAs[*value.List](c, key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	if l == nil {
		return nil, nil
	}
	return l.Find(element, o.search()), nil
}

// search returns the options in the form of values.
func (o LPosOptions) search() value.Search {
	s := value.Search{Most: max(o.Count, 0), Look: o.MaxLen}
	if o.Count == 0 {
		s.Most = 1
	}
	switch {
	case o.Rank > 0:
		s.Skip = o.Rank - 1
	case o.Rank < 0:
		s.From, s.Skip = quicklist.Back, -(o.Rank + 1)
	}
	return s
}

// LMove removes the element at an end of one list, adds it at an end of another, which is created if need be, and
// returns it, and false if there is no such list. Both may be the same, which then is rotated.
//
// Fails with ErrSyntax for no known side, with ErrWrongType and ErrOutOfMemory. O(1). LMOVE.
func (c *commands) LMove(src, dst string, from, to Side) (element string, ok bool, err error) {
	if from > Right || to > Right {
		return "", false, ErrSyntax
	}
	m, err := c.writeAll(src, dst)
	if err != nil {
		return "", false, err
	}
	defer m.done(&err)
	return m.move(src, dst, from, to)
}

// RPopLPush is LMove from the right of one list to the left of another.
//
// Fails with ErrWrongType and ErrOutOfMemory. O(1). RPOPLPUSH.
func (c *commands) RPopLPush(src, dst string) (string, bool, error) {
	return c.LMove(src, dst, Right, Left)
}

// move is LMove of a multi that holds both keys.
func (m *multi) move(src, dst string, from, to Side) (string, bool, error) {
	source := m.open(src)
	l, err := as[*value.List](source.entry)
	if err != nil || l == nil {
		return "", false, err
	}
	target, end := &source, l
	if src != dst {
		w := m.open(dst)
		target = &w
		if end, err = as[*value.List](w.entry); err != nil {
			return "", false, err
		}
	}
	limits := &m.c.ks.limits
	v := l.Pop(from.end(), limits)
	source.modified()
	if end == nil {
		end = value.NewList()
		end.Push(to.end(), limits, v)
		target.put(value.New(dst, end, 0))
	} else {
		end.Push(to.end(), limits, v)
		target.modified()
	}
	target.event(EventList, to.of("lpush", "rpush"))
	source.event(EventList, from.of("lpop", "rpop"))
	if m.logged() {
		m.effect("LMOVE", src, dst, from.String(), to.String())
	}
	target.settle()
	source.settle()
	return v, true, nil
}

// KeyValues are elements of one key.
type KeyValues struct {
	Key    string
	Values []string
}

// LMPop removes up to n elements from an end of the first list that is not empty and returns
// them, and false if none of the keys exists. The strings share one allocation.
//
// Fails with ErrSyntax for no known side, with ErrPopCount for n below 1, and with ErrWrongType if the first key that exists
// is no list. O(keys + n). LMPOP.
func (c *commands) LMPop(from Side, n int, keys ...string) (popped KeyValues, ok bool, err error) {
	switch {
	case from > Right:
		return KeyValues{}, false, ErrSyntax
	case n < 1:
		return KeyValues{}, false, ErrPopCount
	case len(keys) == 0:
		return KeyValues{}, false, nil
	}
	m, err := c.reduceAll(keys...)
	if err != nil {
		return KeyValues{}, false, err
	}
	defer m.done(&err)
	return m.popFirst(from, n, keys)
}

// popFirst is LMPop of a multi that holds all keys.
func (m *multi) popFirst(from Side, n int, keys []string) (KeyValues, bool, error) {
	for _, key := range keys {
		w := m.open(key)
		l, err := as[*value.List](w.entry)
		if err != nil {
			return KeyValues{}, false, err
		}
		if l != nil {
			popped := KeyValues{key, w.popSome(l, from, n)}
			w.settle()
			return popped, true, nil
		}
	}
	return KeyValues{}, false, nil
}

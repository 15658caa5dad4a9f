package nook

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/value"
)

// writeSet opens a set that may grow; nil if there is no such key.
func (c *commands) writeSet(key string) (w *write, s *value.Set, err error) {
	w = new(write)
	s, err = openAs[*value.Set](w, c, key, mayGrow)
	return
}

// reduceSet opens a set for a command that never needs more memory.
func (c *commands) reduceSet(key string) (w *write, s *value.Set, err error) {
	w = new(write)
	s, err = openAs[*value.Set](w, c, key, 0)
	return
}

func (c *commands) readSet(key string) (read, *value.Set, error) {
	return readAs[*value.Set](c, key)
}

// SAdd adds members to a set and returns how many of them were not there. The set is
// made if there is none, unless there are no members to add.
//
// Fails with ErrWrongType and ErrOutOfMemory. O(n). SADD.
func (c *commands) SAdd(key string, members ...string) (added int, err error) {
	w, s, err := c.writeSet(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	limits := &c.ks.limits
	switch {
	case s != nil:
		s.Expect(len(members), limits)
	case len(members) == 0:
		return 0, nil
	default:
		s = value.NewSet(members[0], len(members), limits)
		w.put(value.New(key, s, 0))
	}
	for _, member := range members {
		if s.Add(member, limits) {
			added++
		}
	}
	if added == 0 {
		w.settleValue() // it may have become a table
		return 0, nil
	}
	w.modified()
	w.counts(added)
	w.event(EventSet, "sadd")
	if w.logged() {
		w.effect(append([]string{"SADD", key}, members...)...)
	}
	return added, nil
}

// SRem removes members from a set and returns how many of them were there.
//
// Fails with ErrWrongType. O(n). SREM.
func (c *commands) SRem(key string, members ...string) (removed int, err error) {
	w, s, err := c.reduceSet(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if s == nil {
		return 0, nil
	}
	for _, member := range members {
		if s.Remove(member) {
			removed++
		}
	}
	if removed == 0 {
		return 0, nil
	}
	w.modified()
	w.counts(removed)
	w.event(EventSet, "srem")
	if w.logged() {
		w.effect(append([]string{"SREM", key}, members...)...)
	}
	return removed, nil
}

// SMembers returns the members of a set, in no order.
//
// Fails with ErrWrongType. O(n). SMEMBERS.
func (c *commands) SMembers(key string) ([]string, error) {
	r, s, err := c.readSet(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	if s == nil {
		return nil, nil
	}
	return s.Members(), nil
}

// SIsMember reports whether a string is a member of a set.
//
// Fails with ErrWrongType. O(1). SISMEMBER.
func (c *commands) SIsMember(key, member string) (bool, error) {
	r, s, err := c.readSet(key)
	if err != nil {
		return false, err
	}
	defer r.done()
	return s != nil && s.Has(member), nil
}

// SMIsMember reports of each string whether it is a member of a set.
//
// Fails with ErrWrongType. O(n) in the strings. SMISMEMBER.
func (c *commands) SMIsMember(key string, members ...string) ([]bool, error) {
	r, s, err := c.readSet(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	found := make([]bool, len(members))
	if s != nil {
		for i, member := range members {
			found[i] = s.Has(member)
		}
	}
	return found, nil
}

// SCard returns the number of members of a set, 0 if there is none.
//
// Fails with ErrWrongType. O(1). SCARD.
func (c *commands) SCard(key string) (int, error) {
	r, s, err := c.readSet(key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	if s == nil {
		return 0, nil
	}
	return s.Len(), nil
}

// SMove moves a member from one set to another, which is made if there is none, and
// reports whether it did: not if the member was not there. It is never seen in both,
// or in neither.
//
// Fails with ErrWrongType. O(1). SMOVE.
func (c *commands) SMove(src, dst, member string) (moved bool, err error) {
	m, err := c.reduceAll(src, dst)
	if err != nil {
		return false, err
	}
	defer m.done(&err)
	w := m.open(src)
	if w.entry == nil {
		return false, nil
	}
	from, err := as[*value.Set](w.entry)
	if err != nil {
		return false, err
	}
	if src == dst {
		return from.Has(member), nil
	}
	v := m.open(dst)
	to, err := as[*value.Set](v.entry)
	if err != nil || !from.Remove(member) {
		return false, err
	}
	w.modified()
	w.event(EventSet, "srem")
	w.settle()
	if to == nil {
		to = value.NewSet(member, 1, &c.ks.limits)
		v.put(value.New(dst, to, 0))
	}
	if to.Add(member, &c.ks.limits) {
		v.modified()
		v.event(EventSet, "sadd")
	}
	if m.logged() {
		m.effect("SMOVE", src, dst, member)
	}
	v.settle()
	return true, nil
}

// SPop removes a member from a set, each with the same probability, and returns it; false if there
// is no such key.
//
// Fails with ErrWrongType. O(1). SPOP.
func (c *commands) SPop(key string) (member string, ok bool, err error) {
	w, s, err := c.reduceSet(key)
	if err != nil {
		return "", false, err
	}
	defer w.done(&err)
	if s == nil {
		return "", false, nil
	}
	member = s.Pop(w.shard.rand)
	w.modified()
	w.event(EventSet, "spop")
	if w.logged() {
		w.effect("SREM", key, member)
	}
	return member, true, nil
}

// SPopCount removes n members from a set, or all if there are not as many, and returns them. Each
// selection has the same probability.
//
// Fails with ErrWrongType, and with ErrNotPositive if n is below 0. O(n). See SPop.
func (c *commands) SPopCount(key string, n int) (members []string, err error) {
	if n < 0 {
		return nil, ErrNotPositive
	}
	w, s, err := c.reduceSet(key)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	if s == nil || n == 0 {
		return nil, nil
	}
	w.event(EventSet, "spop")
	if n >= s.Len() {
		members := s.Members()
		w.delete()
		w.counts(len(members))
		return members, nil
	}
	members = s.PopSome(w.shard.rand, n, &c.ks.limits)
	w.modified()
	w.counts(n)
	if w.logged() {
		w.effect(append([]string{"SREM", key}, members...)...)
	}
	return members, nil
}

// SRandMember returns a member of a set, each with the same probability; false if there
// is no such key.
//
// Fails with ErrWrongType. O(1). SRANDMEMBER.
func (c *commands) SRandMember(key string) (string, bool, error) {
	r, s, err := c.readSet(key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	if s == nil {
		return "", false, nil
	}
	return s.Random(c.randOf(key)), true, nil
}

// SRandMembers returns n different members of a set, or all if there are not as many, each
// selection with the same probability. If n is negative, it draws -n times, and may draw a
// member again.
//
// Fails with ErrWrongType, and with ErrCount if n is below -MaxDraws. O(n). See SRandMember.
func (c *commands) SRandMembers(key string, n int) ([]string, error) {
	r, s, err := c.readSet(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	switch {
	case s == nil || n == 0:
		return nil, nil
	case n > 0:
		return s.Sample(c.randOf(key), n), nil
	case n < -MaxDraws:
		return nil, ErrCount
	}
	drawn, source := make([]string, -n), c.randOf(key)
	for i := range drawn {
		drawn[i] = s.Random(source)
	}
	return drawn, nil
}

// sources reads sets that a command combines; those that do not exist are nil.
func (m *multi) sources(keys []string) ([]*value.Set, error) {
	sets := make([]*value.Set, len(keys))
	for i, key := range keys {
		w := m.look(m.c, key)
		w.noteMiss()
		s, err := as[*value.Set](w.entry)
		if err != nil {
			return nil, err
		}
		if s != nil {
			m.c.touch(w.entry)
		}
		sets[i] = s
	}
	return sets, nil
}

// A setOperation makes a new set, or nil, of several.
type setOperation func(l *value.Limits, sets []*value.Set) *value.Set

// readSets holds sets that a command reads, of which there is at least one; see sources.
func (c *commands) readSets(keys []string) (*multi, []*value.Set, error) {
	m, err := c.lookAll(keys...)
	if err != nil {
		return nil, nil, err
	}
	sets, err := m.sources(keys)
	if err != nil {
		m.done(nil)
		return nil, nil, err
	}
	return m, sets, nil
}

// combine returns the members of what an operation makes of sets.
func (c *commands) combine(op setOperation, keys []string) ([]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	m, sets, err := c.readSets(keys)
	if err != nil {
		return nil, err
	}
	defer m.done(nil)
	if s := op(&c.ks.limits, sets); s != nil {
		return s.Members(), nil
	}
	return nil, nil
}

// combineTo makes what an operation makes of sets the value of a key, and returns its
// size. The command is named as on the wire, in lower case.
func (c *commands) combineTo(command string, op setOperation, dst string, keys []string) (_ int, err error) {
	m, err := c.writeAll(append([]string{dst}, keys...)...)
	if err != nil {
		return 0, err
	}
	defer m.done(&err)
	sets, err := m.sources(keys)
	if err != nil {
		return 0, err
	}
	s := op(&c.ks.limits, sets)
	w := m.open(dst)
	if s == nil || s.Len() == 0 {
		w.deleteAny()
		w.settle()
		return 0, nil
	}
	w.put(value.New(dst, s, 0))
	w.event(EventSet, command)
	if m.logged() {
		m.effect(append([]string{strings.ToUpper(command), dst}, keys...)...)
	}
	w.settle()
	return s.Len(), nil
}

// SInter returns the members that all of several sets have, in no order. A key that does not
// exist is an empty set.
//
// Fails with ErrWrongType. O(n) in the smallest set times the number of sets. SINTER.
func (c *commands) SInter(keys ...string) ([]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	m, sets, err := c.readSets(keys)
	if err != nil {
		return nil, err
	}
	defer m.done(nil)
	if slices.Contains(sets, nil) {
		return nil, nil
	}
	var members []string
	for member := range shared(sets) {
		members = append(members, strings.Clone(member))
	}
	return members, nil
}

// SInterStore makes the intersection of several sets the value of dst, whatever that was,
// and returns its size. If it is empty, dst is deleted.
//
// Fails with ErrWrongType if one of keys is no set, and with ErrOutOfMemory. O(n) as SInter.
// SINTERSTORE.
func (c *commands) SInterStore(dst string, keys ...string) (int, error) {
	return c.combineTo("sinterstore", intersect, dst, keys)
}

// SUnion returns the members that at least one of several sets has, in no order.
//
// Fails with ErrWrongType. O(n) in all members. SUNION.
func (c *commands) SUnion(keys ...string) ([]string, error) { return c.combine(unite, keys) }

// SUnionStore makes the union of several sets the value of dst, whatever that was, and returns
// its size. If it is empty, dst is deleted.
//
// Fails with ErrWrongType if one of keys is no set, and with ErrOutOfMemory. O(n) in all members.
// SUNIONSTORE.
func (c *commands) SUnionStore(dst string, keys ...string) (int, error) {
	return c.combineTo("sunionstore", unite, dst, keys)
}

// SDiff returns the members of the first set that none of the others has, in no
// order.
//
// Fails with ErrWrongType. O(n) in all members. SDIFF.
func (c *commands) SDiff(keys ...string) ([]string, error) { return c.combine(subtract, keys) }

// SDiffStore makes the difference of the first set and the others the value of dst, whatever that
// was, and returns its size. If it is empty, dst is deleted.
//
// Fails with ErrWrongType if one of keys is no set, and with ErrOutOfMemory. O(n) in all members.
// SDIFFSTORE.
func (c *commands) SDiffStore(dst string, keys ...string) (int, error) {
	return c.combineTo("sdiffstore", subtract, dst, keys)
}

// SInterCardOptions are the options of SInterCardWith.
type SInterCardOptions struct {
	Limit int // where counting stops; 0 means at the end
}

// SInterCard returns the number of members that all of several sets have.
//
// Fails with ErrWrongType. O(n) as SInter. SINTERCARD.
func (c *commands) SInterCard(keys ...string) (int, error) {
	return c.SInterCardWith(SInterCardOptions{}, keys...)
}

// SInterCardWith is SInterCard that need not count to the end.
//
// Fails with ErrWrongType. O(n) as SInter. See SInterCard.
func (c *commands) SInterCardWith(o SInterCardOptions, keys ...string) (int, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	m, sets, err := c.readSets(keys)
	if err != nil {
		return 0, err
	}
	defer m.done(nil)
	if slices.Contains(sets, nil) {
		return 0, nil
	}
	count := 0
	for range shared(sets) {
		if count++; count == o.Limit {
			break
		}
	}
	return count, nil
}

// shared yields the members that all sets have. It sorts the sets by size.
func shared(sets []*value.Set) iter.Seq[string] {
	slices.SortStableFunc(sets, func(a, b *value.Set) int { return cmp.Compare(a.Len(), b.Len()) })
	first, others := sets[0], sets[1:]
	return func(yield func(string) bool) {
		for member := range first.All() {
			lacks := func(s *value.Set) bool { return s != first && !s.Has(member) }
			if !slices.ContainsFunc(others, lacks) && !yield(member) {
				return
			}
		}
	}
}

// intersect returns the intersection of sets, in the encoding that Redis gives it: one of
// integers is an intset, if it is not too large, though it may come of other sets.
func intersect(l *value.Limits, sets []*value.Set) *value.Set {
	if len(sets) == 0 || slices.Contains(sets, nil) {
		return nil
	}
	members := shared(sets)
	to := value.NewListSet()
	if sets[0].IsIntSet() {
		to = value.NewIntSet()
	}
	for member := range members {
		to.Add(member, l)
	}
	to.Compact(l)
	return to
}

// unite returns the union of sets, in the encoding that comes of adding all members to
// an empty one.
func unite(l *value.Limits, sets []*value.Set) *value.Set {
	to := value.NewIntSet()
	for _, s := range sets {
		if s == nil {
			continue
		}
		for member := range s.All() {
			to.Add(member, l)
		}
	}
	return to
}

// subtract returns the members of the first set that no other has. As in Redis it is either what
// is found to be in no other set, or what is left of a copy of the first set when the members of all
// others are removed, whichever takes fewer steps; encodings tell which.
func subtract(l *value.Limits, sets []*value.Set) *value.Set {
	if len(sets) == 0 || sets[0] == nil || slices.Contains(sets[1:], sets[0]) {
		return nil
	}
	first := sets[0]
	others := slices.DeleteFunc(slices.Clone(sets[1:]), func(s *value.Set) bool { return s == nil })
	find, remove := first.Len(), first.Len()
	for _, s := range others {
		find += first.Len()
		remove += s.Len()
	}
	if find/2 <= remove {
		return subtractFound(l, first, others)
	}
	left := unite(l, sets[:1])
	for _, s := range others {
		for member := range s.All() {
			left.Remove(member)
		}
		if left.Len() == 0 {
			break
		}
	}
	return left
}

// subtractFound looks each member of the first set up in the others, in the largest
// first.
func subtractFound(l *value.Limits, first *value.Set, others []*value.Set) *value.Set {
	slices.SortStableFunc(others, func(a, b *value.Set) int { return cmp.Compare(b.Len(), a.Len()) })
	left := value.NewIntSet()
	for member := range first.All() {
		has := func(s *value.Set) bool { return s.Has(member) }
		if !slices.ContainsFunc(others, has) {
			left.Add(member, l)
		}
	}
	return left
}

// SScan returns the members of a set one after the other; options are those of Scan but for
// Type, which is ignored. It holds no lock while it yields.
//
// A member that is there from the beginning to the end comes exactly once. An error, as of a key
// that holds another type, ends the loop. O(n) in all. SSCAN.
func (c *commands) SScan(key string, o ScanOptions) iter.Seq[string] {
	return func(yield func(string) bool) {
		for cursor := uint64(0); ; {
			members, next, err := c.SScanPage(key, cursor, o)
			if err != nil {
				return
			}
			for _, member := range members {
				if !yield(member) {
					return
				}
			}
			if next == 0 {
				return
			}
			cursor = next
		}
	}
}

// SScanPage is one step of SScan, as ScanPage is one of Scan. A small set is one step.
//
// Fails with ErrWrongType. O(count). See SScan.
func (c *commands) SScanPage(key string, cursor uint64, o ScanOptions) (members []string, next uint64, err error) {
	r, s, err := c.readSet(key)
	if err != nil {
		return nil, 0, err
	}
	defer r.done()
	if s == nil {
		return nil, 0, nil
	}
	want := o.Count
	if want <= 0 {
		want = defaultScanCount
	}
	pos, seen := cursor<<memberShift, 0
	for more := true; more; more = pos != 0 && seen < want {
		pos = s.Scan(pos, func(member string) {
			seen++
			if o.Match == "" || glob.All(o.Match) || glob.Match(o.Match, member) {
				members = append(members, member)
			}
		})
	}
	return members, pos >> memberShift, nil
}

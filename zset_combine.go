package nook

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// Aggregate says what becomes of the scores that a member has in several sorted sets.
type Aggregate uint8

// The aggregates. Infinities that cancel out add up to 0.
const (
	AggregateSum Aggregate = iota
	AggregateMin
	AggregateMax
)

// of returns the aggregate of two scores.
func (a Aggregate) of(x, y float64) float64 {
	switch a {
	case AggregateMin:
		if y < x {
			return y
		}
		return x
	case AggregateMax:
		if y > x {
			return y
		}
		return x
	default:
		return numberOr0(x + y)
	}
}

// numberOr0 returns x, but 0 if that is no number.
func numberOr0(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}

// ZCombineOptions are the options of ZUnion, ZInter and their kin. The zero value adds scores.
type ZCombineOptions struct {
	Weights   []float64 // what the scores of each key are multiplied with, nil for 1
	Aggregate Aggregate
}

func (o *ZCombineOptions) check(keys []string) error {
	if len(o.Weights) != 0 && len(o.Weights) != len(keys) {
		return ErrSyntax
	}
	if slices.ContainsFunc(o.Weights, math.IsNaN) {
		return ErrWeight
	}
	return nil
}

// ZUnion returns the members of all sorted sets, in order. A set counts as
// a sorted set with scores of 1.
//
// Fails with ErrSyntax if there are weights, but not as many as keys, with ErrWeight if one is
// no number, and with ErrWrongType. O(n · log n) in all members. ZUNION.
func (c *commands) ZUnion(o ZCombineOptions, keys ...string) ([]Z, error) {
	return c.zcombine(zunite, o, keys)
}

// ZInter returns the members that are in each sorted set, in order. A set counts as a
// sorted set with scores of 1.
//
// Fails as ZUnion does. O(n · keys) in the smallest sorted set. ZINTER.
func (c *commands) ZInter(o ZCombineOptions, keys ...string) ([]Z, error) {
	return c.zcombine(zintersect, o, keys)
}

// ZDiff returns the members of the first sorted set that are in none of the others, in
// order. A set counts as a sorted set with scores of 1.
//
// Fails with ErrWrongType. O(n · keys) in the first sorted set. ZDIFF.
func (c *commands) ZDiff(keys ...string) ([]Z, error) {
	return c.zcombine(zsubtract, ZCombineOptions{}, keys)
}

// ZUnionStore makes ZUnion's result the sorted set dst, and returns how many members there are. What dst
// was before is lost; if there are none, it is deleted.
//
// Fails as ZUnion does, and with ErrOutOfMemory. O(n · log n) in all members. ZUNIONSTORE.
func (c *commands) ZUnionStore(dst string, o ZCombineOptions, keys ...string) (int, error) {
	return c.zcombineStore(dst, "zunionstore", zunite, o, keys)
}

// ZInterStore makes ZInter's result the sorted set dst, and returns how many members there are.
// What dst was before is lost; if there are none, it is deleted.
//
// Fails as ZUnionStore does. O(n · keys) in the smallest sorted set. ZINTERSTORE.
func (c *commands) ZInterStore(dst string, o ZCombineOptions, keys ...string) (int, error) {
	return c.zcombineStore(dst, "zinterstore", zintersect, o, keys)
}

// ZDiffStore makes ZDiff's result the sorted set dst, and returns how many members there are.
// What dst was before is lost; if there are none, it is deleted.
//
// Fails with ErrWrongType and ErrOutOfMemory. O(n · keys) in the first sorted set. ZDIFFSTORE.
func (c *commands) ZDiffStore(dst string, keys ...string) (int, error) {
	return c.zcombineStore(dst, "zdiffstore", zsubtract, ZCombineOptions{}, keys)
}

// ZInterCard returns how many members are in each sorted set. It stops counting at limit, unless
// that is 0.
//
// Fails with ErrWrongType. O(n · keys) in the smallest sorted set. ZINTERCARD.
func (c *commands) ZInterCard(limit int, keys ...string) (int, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	m, err := c.lookAll(keys...)
	if err != nil {
		return 0, err
	}
	defer m.done(nil)
	sources, err := m.zsources(keys, nil)
	if err != nil {
		return 0, err
	}
	count := 0
	zintersection(sources, AggregateSum, func(string, float64) bool {
		count++
		return count != limit
	})
	return count, nil
}

// zcombine returns what f makes of sorted sets.
func (c *commands) zcombine(f zcombination, o ZCombineOptions, keys []string) ([]Z, error) {
	if err := o.check(keys); err != nil || len(keys) == 0 {
		return nil, err
	}
	m, err := c.lookAll(keys...)
	if err != nil {
		return nil, err
	}
	defer m.done(nil)
	sources, err := m.zsources(keys, o.Weights)
	if err != nil {
		return nil, err
	}
	return f(sources, o.Aggregate), nil
}

// zcombineStore makes what f makes of sorted sets the sorted set dst.
func (c *commands) zcombineStore(dst, event string, f zcombination, o ZCombineOptions, keys []string) (_ int, err error) {
	if err := o.check(keys); err != nil {
		return 0, err
	}
	m, err := c.writeAll(append([]string{dst}, keys...)...)
	if err != nil {
		return 0, err
	}
	defer m.done(&err)
	sources, err := m.zsources(keys, o.Weights)
	if err != nil {
		return 0, err
	}
	members, longest := f(sources, o.Aggregate), 0
	for i := range members {
		longest = max(longest, len(members[i].Member))
	}
	z := value.NewZSet()
	z.Enlarge(len(members), longest, &c.ks.limits)
	return m.storeZSet(dst, event, z, members), nil
}

// A zsource is a sorted set, or a set, that is combined with others.
type zsource struct {
	zset   *value.ZSet
	set    *value.Set // if there is no sorted set
	weight float64
}

// zsources opens keys that are combined.
func (m *multi) zsources(keys []string, weights []float64) ([]zsource, error) {
	all := make([]zsource, len(keys))
	for i, key := range keys {
		w := m.use(key)
		w.noteMiss()
		if err := all[i].take(w.entry); err != nil {
			return nil, err
		}
		all[i].weight = 1
		if len(weights) > 0 {
			all[i].weight = weights[i]
		}
	}
	return all, nil
}

// take makes s the source that an entry holds.
func (s *zsource) take(e *table.Entry) (err error) {
	if s.zset, err = as[*value.ZSet](e); err != nil {
		s.set, err = as[*value.Set](e)
	}
	return err
}

// size returns the number of members.
func (s *zsource) size() int {
	switch {
	case s.zset != nil:
		return s.zset.Len()
	case s.set != nil:
		return s.set.Len()
	default:
		return 0
	}
}

// score returns the score of a member, and false if there is none.
func (s *zsource) score(member string) (float64, bool) {
	switch {
	case s.zset != nil:
		at := s.zset.Find(member)
		return at.Score, at.Found
	case s.set != nil:
		return 1, s.set.Has(member)
	default:
		return 0, false
	}
}

// each calls f for each member and its score, until f returns false.
func (s *zsource) each(f func(member string, score float64) bool) {
	if s.set != nil {
		for _, member := range s.set.Members() {
			if !f(member, 1) {
				return
			}
		}
	}
	if s.zset == nil {
		return
	}
	cursor := s.zset.From(0, false)
	for range s.zset.Len() {
		if !f(cursor.Next()) {
			return
		}
	}
}

// A zcombination makes one sorted set of several.
type zcombination func(sources []zsource, a Aggregate) []Z

// zunite adds scores up from the smallest sorted set on, as Redis does: sums of floating-point numbers
// depend on their order.
func zunite(sources []zsource, a Aggregate) []Z {
	scores := map[string]float64{}
	for _, s := range bySize(sources) {
		s.each(func(member string, score float64) bool {
			score = numberOr0(score * s.weight)
			if old, ok := scores[member]; ok {
				score = a.of(old, score)
			}
			scores[member] = score
			return true
		})
	}
	all := make([]Z, 0, len(scores))
	for member, score := range scores {
		all = append(all, Z{member, score})
	}
	return inOrder(all)
}

func zintersect(sources []zsource, a Aggregate) []Z {
	var all []Z
	zintersection(sources, a, func(member string, score float64) bool {
		all = append(all, Z{member, score})
		return true
	})
	return inOrder(all)
}

// zintersection calls f for each member that is in all sources, in no order, until f returns
// false.
func zintersection(sources []zsource, a Aggregate, f func(member string, score float64) bool) {
	sources = bySize(sources)
	least, others := &sources[0], sources[1:]
	least.each(func(member string, score float64) bool {
		score = numberOr0(score * least.weight)
		for i := range others {
			other, ok := others[i].score(member)
			if !ok {
				return true
			}
			score = a.of(score, other*others[i].weight)
		}
		return f(member, score)
	})
}

// zsubtract keeps the order of the first source.
func zsubtract(sources []zsource, _ Aggregate) []Z {
	if len(sources) == 0 {
		return nil
	}
	var all []Z
	sources[0].each(func(member string, score float64) bool {
		for i := range sources[1:] {
			if _, ok := sources[1+i].score(member); ok {
				return true
			}
		}
		all = append(all, Z{member, score})
		return true
	})
	return inOrder(all)
}

// bySize returns sources from the smallest to the largest.
func bySize(sources []zsource) []zsource {
	sorted := slices.Clone(sources)
	slices.SortStableFunc(sorted, func(a, b zsource) int { return cmp.Compare(a.size(), b.size()) })
	return sorted
}

// inOrder puts members into the order of a sorted set.
func inOrder(members []Z) []Z {
	slices.SortFunc(members, func(a, b Z) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), strings.Compare(a.Member, b.Member))
	})
	return members
}

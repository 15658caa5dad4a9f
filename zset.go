package nook

import (
	"math"

	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/value"
)

// Z is a member of a sorted set with its score. Sorted sets are in the order of
// scores and, where these are equal, of the members' bytes.
type Z struct {
	Member string
	Score  float64
}

// OptionalFloat is a number that may not be there.
type OptionalFloat struct {
	Value float64
	OK    bool
}

// writeZSet opens a key for a command on sorted sets.
func (c *commands) writeZSet(key string, n need) (w *write, z *value.ZSet, err error) {
	w = new(write)
	z, err = openAs[*value.ZSet](w, c, key, n)
	return
}

// ZAddCondition says which scores ZAddWith sets. Zero means all.
type ZAddCondition uint8

// The conditions of ZAddWith. ZAddIfPresent may be joined by | with one of the last two, which let
// pass members that are new unless it is.
const (
	ZAddIfAbsent  ZAddCondition = 1 << iota // only of members that are new: NX
	ZAddIfPresent                           // only of members that are there: XX
	ZAddIfGreater                           // not if the score would not become greater: GT
	ZAddIfLess                              // not if the score would not become less: LT
)

// check fails if the conditions exclude each other.
func (o ZAddCondition) check() error {
	const order = ZAddIfGreater | ZAddIfLess
	switch {
	case o&ZAddIfAbsent != 0 && o&ZAddIfPresent != 0:
		return ErrZAddNX
	case o&order == order || o&ZAddIfAbsent != 0 && o&order != 0:
		return ErrZAddGTLT
	}
	return nil
}

// admits reports whether a member that was looked for may get a score.
func (o ZAddCondition) admits(s *value.ZSpot, score float64) bool {
	switch {
	case o == 0:
		return true
	case !s.Found:
		return o&ZAddIfPresent == 0
	case o&ZAddIfGreater != 0:
		return score > s.Score
	case o&ZAddIfLess != 0:
		return score < s.Score
	default:
		return o&ZAddIfAbsent == 0
	}
}

// ZAddOptions are the options of ZAddWith.
type ZAddOptions struct {
	If ZAddCondition // zero means always
}

// ZAddResult is what ZAddWith did.
type ZAddResult struct {
	Added   int // members that are new
	Updated int // members that have another score now
}

// ZAdd gives members scores, in a sorted set that is created if there is none, and returns how
// many of them are new.
//
// A score may be infinite; one that is no number fails with ErrNotFloat. Fails with
// ErrWrongType and ErrOutOfMemory. O(log n) for each member. ZADD.
func (c *commands) ZAdd(key string, members ...Z) (int, error) {
	r, err := c.ZAddWith(key, ZAddOptions{}, members...)
	return r.Added, err
}

// ZAddWith is ZAdd under a condition.
//
// Fails with ErrZAddNX or ErrZAddGTLT if conditions exclude each other, and as
// ZAdd does. O(log n) for each member. See ZAdd.
func (c *commands) ZAddWith(key string, o ZAddOptions, members ...Z) (result ZAddResult, err error) {
	var r ZAddResult
	if err := checkZAdd(o, members); err != nil || len(members) == 0 {
		return r, err
	}
	w, z, err := c.writeZSet(key, mayGrow)
	if err != nil {
		return r, err
	}
	defer w.done(&err)
	if z == nil {
		if o.If&ZAddIfPresent != 0 {
			return r, nil
		}
		z = w.newZSet()
	}
	var effect []string
	for i := range members {
		m := &members[i]
		s := z.Find(m.Member)
		if !o.If.admits(&s, m.Score) || s.Found && s.Score == m.Score {
			continue
		}
		z.Put(&s, m.Score, &c.ks.limits)
		if s.Found {
			r.Updated++
		} else {
			r.Added++
		}
		if w.logged() {
			effect = append(effect, scoreText(m.Score), m.Member)
		}
	}
	if r.Added+r.Updated > 0 {
		w.scored("zadd", effect)
		w.counts(r.Added + r.Updated)
	}
	return r, nil
}

// checkZAdd fails if the arguments of ZAddWith cannot be.
func checkZAdd(o ZAddOptions, members []Z) error {
	if o.If != 0 {
		if err := o.If.check(); err != nil {
			return err
		}
	}
	for i := range members {
		if math.IsNaN(members[i].Score) {
			return ErrNotFloat
		}
	}
	return nil
}

// newZSet makes an empty sorted set the key's value.
func (w *write) newZSet() *value.ZSet {
	z := value.NewZSet()
	w.put(value.New(w.key, z, 0))
	return z
}

// scored notes that scores have been set; effect holds scores and members, if effects are
// wanted.
func (w *write) scored(event string, effect []string) {
	if effect != nil {
		effect = append([]string{"ZADD", w.key}, effect...)
	}
	w.sorted(event, effect)
}

// sorted notes that a sorted set has changed, with the whole effect.
func (w *write) sorted(event string, effect []string) {
	w.modified()
	w.event(EventZSet, event)
	if w.logged() {
		w.effect(effect...)
	}
}

// scoreText returns a score as an argument of a command.
func scoreText(score float64) string {
	var b [32]byte
	return string(number.AppendDouble(b[:0], score))
}

// ZIncrBy adds to the score of a member, 0 if there is none yet, and returns the new score.
//
// Fails with ErrScoreNaN if infinities cancel out, with ErrNotFloat if by is no
// number, with ErrWrongType and ErrOutOfMemory. O(log n). ZINCRBY.
func (c *commands) ZIncrBy(key, member string, by float64) (float64, error) {
	score, _, err := c.ZIncrByWith(key, member, by, ZAddOptions{})
	return score, err
}

// ZIncrByWith is ZIncrBy under a condition. It returns false, and does nothing, if that does not
// hold.
//
// Fails as ZIncrBy and ZAddWith do. O(log n). See ZIncrBy.
func (c *commands) ZIncrByWith(key, member string, by float64, o ZAddOptions) (score float64, ok bool, err error) {
	if err := checkZAdd(o, []Z{{member, by}}); err != nil {
		return 0, false, err
	}
	w, z, err := c.writeZSet(key, mayGrow)
	if err != nil {
		return 0, false, err
	}
	defer w.done(&err)
	if z == nil {
		if o.If&ZAddIfPresent != 0 {
			return 0, false, nil
		}
		z = w.newZSet()
	}
	return w.increase(z, member, by, o.If)
}

// increase adds to the score of a member of the key's sorted set.
func (w *write) increase(z *value.ZSet, member string, by float64, o ZAddCondition) (float64, bool, error) {
	s := z.Find(member)
	score := by
	if s.Found {
		score += s.Score
	}
	if s.Found && o&ZAddIfAbsent != 0 {
		return 0, false, nil
	}
	if math.IsNaN(score) {
		return 0, false, ErrScoreNaN
	}
	if !o.admits(&s, score) {
		return 0, false, nil
	}
	if !s.Found || s.Score != score {
		z.Put(&s, score, &w.c.ks.limits)
		var effect []string
		if w.logged() {
			effect = []string{scoreText(score), member}
		}
		w.scored("zincr", effect)
	}
	return score, true, nil
}

// ZRem removes members and returns how many of them there were. A sorted set without members
// is deleted.
//
// Fails with ErrWrongType. O(log n) for each member. ZREM.
func (c *commands) ZRem(key string, members ...string) (removed int, err error) {
	w, z, err := c.writeZSet(key, 0)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if z == nil {
		return 0, nil
	}
	n := 0
	var effect []string
	for _, m := range members {
		s := z.Find(m)
		if !s.Found {
			continue
		}
		z.Delete(&s)
		n++
		if w.logged() {
			effect = append(effect, m)
		}
	}
	if n > 0 {
		w.shrunk("zrem", n)
		if w.logged() {
			w.effect(append([]string{"ZREM", key}, effect...)...)
		}
	}
	return n, nil
}

// shrunk notes that n members have been removed.
func (w *write) shrunk(event string, n int) {
	w.modified()
	w.counts(n)
	w.event(EventZSet, event)
}

// ZCard returns the number of members.
//
// Fails with ErrWrongType. O(1). ZCARD.
func (c *commands) ZCard(key string) (int, error) {
	r, z, err := readAs[*value.ZSet](c, key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	if z == nil {
		return 0, nil
	}
	return z.Len(), nil
}

// ZScore returns the score of a member, and false if there is no such member.
//
// Fails with ErrWrongType. O(1). ZSCORE.
func (c *commands) ZScore(key, member string) (float64, bool, error) {
	r, z, err := readAs[*value.ZSet](c, key)
	if err != nil {
		return 0, false, err
	}
	defer r.done()
	if z == nil {
		return 0, false, nil
	}
	s := z.Find(member)
	return s.Score, s.Found, nil
}

// ZMScore returns the scores of members.
//
// Fails with ErrWrongType. O(1) for each member. ZMSCORE.
func (c *commands) ZMScore(key string, members ...string) ([]OptionalFloat, error) {
	r, z, err := readAs[*value.ZSet](c, key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	scores := make([]OptionalFloat, len(members))
	if z == nil {
		return scores, nil
	}
	for i, m := range members {
		s := z.Find(m)
		scores[i] = OptionalFloat{s.Score, s.Found}
	}
	return scores, nil
}

// ZRank returns the rank of a member, which is how many others come before it, and false if
// there is no such member.
//
// Fails with ErrWrongType. O(log n). ZRANK.
func (c *commands) ZRank(key, member string) (int, bool, error) {
	rank, ok, err := c.ZRankWith(key, member, ZRankOptions{})
	return rank.Rank, ok, err
}

// ZRevRank returns how many members come after a member, and false if there is no such
// member.
//
// Fails with ErrWrongType. O(log n). ZREVRANK.
func (c *commands) ZRevRank(key, member string) (int, bool, error) {
	rank, ok, err := c.ZRankWith(key, member, ZRankOptions{Reverse: true})
	return rank.Rank, ok, err
}

// ZRankOptions are the options of ZRankWith.
type ZRankOptions struct {
	Reverse bool // count from the member with the highest score
}

// ZRanking is a rank and the score that goes with it.
type ZRanking struct {
	Rank  int
	Score float64
}

// ZRankWith is ZRank or ZRevRank, with the score.
//
// Fails with ErrWrongType. O(log n). See ZRank.
func (c *commands) ZRankWith(key, member string, o ZRankOptions) (ZRanking, bool, error) {
	r, z, err := readAs[*value.ZSet](c, key)
	if err != nil {
		return ZRanking{}, false, err
	}
	defer r.done()
	if z == nil {
		return ZRanking{}, false, nil
	}
	s := z.Find(member)
	if !s.Found {
		return ZRanking{}, false, nil
	}
	rank := z.Rank(&s)
	if o.Reverse {
		rank = z.Len() - 1 - rank
	}
	return ZRanking{rank, s.Score}, true, nil
}

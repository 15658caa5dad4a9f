package nook

import (
	"math"
	"strconv"

	"github.com/nookdb/nook/internal/value"
)

// A ZRange is a range of members of a sorted set: by rank, by score or by the members
// themselves. The functions that end in Range make one. The zero value is that of the first
// member.
type ZRange struct {
	by          zorder
	start, stop int64 // ranks
	min, max    ScoreBound
	low, high   LexBound
}

type zorder uint8

const (
	byRank zorder = iota
	byScore
	byLex
)

// A ScoreBound is an end of a range of scores, which may be infinite.
type ScoreBound struct {
	Score float64
	Open  bool // the score itself is outside: (
}

// A LexBound is an end of a range of members of the same score. See LexLowest and LexHighest
// for ranges without an end.
type LexBound struct {
	Member string
	Open   bool // the member itself is outside: (

	beyond int8 // -1: before all members; 1: behind them
}

// LexLowest is before all members: -.
func LexLowest() LexBound { return LexBound{beyond: -1} }

// LexHighest is behind all members: +.
func LexHighest() LexBound { return LexBound{beyond: 1} }

// RankRange is the range of the members with ranks from start to stop. Negative ranks count
// from the end: -1 is the last.
func RankRange(start, stop int64) ZRange { return ZRange{start: start, stop: stop} }

// ScoreRange is the range of the members with scores from least to greatest. See ScoreRangeBetween.
func ScoreRange(least, greatest float64) ZRange {
	return ScoreRangeBetween(ScoreBound{Score: least}, ScoreBound{Score: greatest})
}

// ScoreRangeBetween is the range of the members with scores between two bounds.
func ScoreRangeBetween(least, greatest ScoreBound) ZRange {
	return ZRange{by: byScore, min: least, max: greatest}
}

// LexRange is the range of the members between two bounds, in a sorted set whose
// scores are all the same. In others what is in it is not defined.
func LexRange(lowest, highest LexBound) ZRange {
	return ZRange{by: byLex, low: lowest, high: highest}
}

// check fails if a bound is no number.
func (r *ZRange) check() error {
	if math.IsNaN(r.min.Score) || math.IsNaN(r.max.Score) {
		return ErrScoreRange
	}
	return nil
}

// span returns the ranks of the members in the range, from and up to, not including, to. With
// reverse, ranks of the range count from the end, and members are looked for from there.
func (r *ZRange) span(z *value.ZSet, reverse bool) (from, to int) {
	switch r.by {
	case byScore:
		return z.ScoreSpan(value.ScoreBound(r.min), value.ScoreBound(r.max))
	case byLex:
		return z.LexSpan(r.low.bound(), r.high.bound(), reverse)
	}
	from, to = indexes(r.start, r.stop, z.Len())
	if reverse {
		return z.Len() - to, z.Len() - from
	}
	return from, to
}

func (b *LexBound) bound() value.LexBound {
	return value.LexBound{Member: b.Member, Open: b.Open, Beyond: int(b.beyond)}
}

// ZRangeOptions are the options of ZRangeWith.
type ZRangeOptions struct {
	Reverse bool // from the end of the range; ranks count from the highest score
	Offset  int  // members to pass over; negative for nothing at all
	Count   int  // how many to return at most; 0 or less means all
}

// ZRange returns the members in a range, in their order.
//
// Fails with ErrScoreRange if a score of the range is no number, and with
// ErrWrongType. O(log n + result). ZRANGE, ZRANGEBYSCORE, ZRANGEBYLEX.
func (c *commands) ZRange(key string, r ZRange) ([]Z, error) {
	return c.ZRangeWith(key, r, ZRangeOptions{})
}

// ZRangeWith is ZRange in the opposite order, or of a part of the range.
//
// Fails with ErrScoreRange and ErrWrongType. O(log n + result). ZREVRANGE, ZREVRANGEBYSCORE,
// ZREVRANGEBYLEX; see ZRange.
func (c *commands) ZRangeWith(key string, r ZRange, o ZRangeOptions) ([]Z, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	h, z, err := readAs[*value.ZSet](c, key)
	if err != nil {
		return nil, err
	}
	defer h.done()
	if z == nil {
		return nil, nil
	}
	return o.members(z, &r), nil
}

// members returns the members of a range of z.
func (o *ZRangeOptions) members(z *value.ZSet, r *ZRange) []Z {
	from, to := r.span(z, o.Reverse)
	if o.Offset < 0 || o.Offset >= to-from {
		return nil
	}
	if o.Reverse {
		to -= o.Offset
	} else {
		from += o.Offset
	}
	n := to - from
	if o.Count > 0 {
		n = min(n, o.Count)
	}
	if o.Reverse {
		from = to - 1
	}
	return walk(z, from, n, o.Reverse)
}

// walk returns n members, which exist, from a rank on.
func walk(z *value.ZSet, rank, n int, back bool) []Z {
	if n == 0 {
		return nil
	}
	members := make([]Z, n)
	cursor := z.From(rank, back)
	for i := range members {
		members[i].Member, members[i].Score = cursor.Next()
	}
	return members
}

// ZCount returns the number of members in a range.
//
// Fails with ErrScoreRange and ErrWrongType. O(log n). ZCOUNT, ZLEXCOUNT.
func (c *commands) ZCount(key string, r ZRange) (int, error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	h, z, err := readAs[*value.ZSet](c, key)
	if err != nil {
		return 0, err
	}
	defer h.done()
	if z == nil {
		return 0, nil
	}
	from, to := r.span(z, false)
	return to - from, nil
}

// ZRemRange removes the members in a range and returns how many there were. A sorted set without members
// is deleted.
//
// Fails with ErrScoreRange and ErrWrongType. O(log n + removed). ZREMRANGEBYRANK,
// ZREMRANGEBYSCORE, ZREMRANGEBYLEX.
func (c *commands) ZRemRange(key string, r ZRange) (removed int, err error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	w, z, err := c.writeZSet(key, 0)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if z == nil {
		return 0, nil
	}
	from, to := r.span(z, false)
	if from == to {
		return 0, nil
	}
	z.DeleteRange(from, to)
	w.shrunk([...]string{"zremrangebyrank", "zremrangebyscore", "zremrangebylex"}[r.by], to-from)
	if w.logged() {
		low, high := r.ends()
		w.effect([...]string{"ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREMRANGEBYLEX"}[r.by], key, low, high)
	}
	return to - from, nil
}

// ends returns the ends of the range as arguments of a command.
func (r *ZRange) ends() (low, high string) {
	switch r.by {
	case byScore:
		return r.min.text(), r.max.text()
	case byLex:
		return r.low.text(), r.high.text()
	default:
		return strconv.FormatInt(r.start, 10), strconv.FormatInt(r.stop, 10)
	}
}

func (b ScoreBound) text() string {
	if b.Open {
		return "(" + scoreText(b.Score)
	}
	return scoreText(b.Score)
}

func (b LexBound) text() string {
	switch {
	case b.beyond < 0:
		return "-"
	case b.beyond > 0:
		return "+"
	case b.Open:
		return "(" + b.Member
	default:
		return "[" + b.Member
	}
}

// ZRangeStore makes the members in a range of the sorted set src the sorted set dst, and returns
// how many there are. What dst was before is lost; if there are none, it is deleted.
//
// Fails with ErrScoreRange, ErrWrongType and ErrOutOfMemory. O(log n + result · log result). ZRANGESTORE.
func (c *commands) ZRangeStore(dst, src string, r ZRange, o ZRangeOptions) (stored int, err error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	m, err := c.writeAll(dst, src)
	if err != nil {
		return 0, err
	}
	defer m.done(&err)
	z, err := m.sourceZSet(src)
	if err != nil {
		return 0, err
	}
	var members []Z
	if z != nil {
		members = o.members(z, &r)
	}
	sorted := value.NewZSet()
	if r.by == byRank { // as in Redis, which does not know the number otherwise
		sorted.Enlarge(len(members), 0, &c.ks.limits)
	}
	return m.storeZSet(dst, "zrangestore", sorted, members), nil
}

// sourceZSet returns the sorted set of a key that is only read, nil if there is none.
func (m *multi) sourceZSet(key string) (*value.ZSet, error) {
	w := m.use(key)
	w.noteMiss()
	return as[*value.ZSet](w.entry)
}

// storeZSet makes z with members the sorted set dst, or deletes dst if there are none, and returns
// how many there are.
func (m *multi) storeZSet(dst, event string, z *value.ZSet, members []Z) int {
	to := m.open(dst)
	defer to.settle()
	if len(members) == 0 {
		to.deleteAny()
		return 0
	}
	if to.entry != nil && to.logged() {
		to.effect("DEL", dst)
	}
	var effect []string
	negative := false
	for i := range members {
		z.Add(members[i].Member, members[i].Score, &m.c.ks.limits)
		negative = negative || members[i].Score == 0 && math.Signbit(members[i].Score)
		if to.logged() {
			effect = append(effect, scoreText(members[i].Score), members[i].Member)
		}
	}
	e := value.New(dst, z, 0)
	to.put(e)
	if negative && to.logged() { // -0 stays one only in a large set, and ZADD makes a small one first
		to.sorted(event, new(RestoreOptions).effect(dst, dumpOf(e), 0))
	} else {
		to.scored(event, effect)
	}
	return len(members)
}

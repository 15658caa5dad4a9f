package command

import (
	"math"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

// rangeOrder is what a range of a sorted set is given by.
type rangeOrder uint8

const (
	anyOrder rangeOrder = iota // as options say
	byRank
	byScore
	byLex
)

// rangeCall is a call of ZRANGE or of one of its kin, which say beforehand what options say of
// ZRANGE.
type rangeCall struct {
	order   rangeOrder
	reverse bool
	fixed   bool // reverse is said beforehand
	store   bool

	scores        bool // WITHSCORES
	offset, count int64
}

func zrange(c *Call) error { return c.zrange(rangeCall{}) }

func zrangeStore(c *Call) error { return c.zrange(rangeCall{store: true}) }

func zrevRange(c *Call) error { return c.zrange(rangeCall{order: byRank, reverse: true, fixed: true}) }

func zrangeByScore(c *Call) error { return c.zrange(rangeCall{order: byScore, fixed: true}) }

func zrevRangeByScore(c *Call) error {
	return c.zrange(rangeCall{order: byScore, reverse: true, fixed: true})
}

func zrangeByLex(c *Call) error { return c.zrange(rangeCall{order: byLex, fixed: true}) }

func zrevRangeByLex(c *Call) error {
	return c.zrange(rangeCall{order: byLex, reverse: true, fixed: true})
}

func (c *Call) zrange(r rangeCall) error {
	args := c.Args[1:]
	if r.store {
		args = c.Args[2:]
	}
	r.count = -1
	if err := r.parse(args[3:]); err != nil {
		return err
	}
	low, high := args[1], args[2]
	if r.reverse && r.order != byRank {
		low, high = high, low
	}
	members, err := rangeOf(r.order, low, high)
	if err != nil {
		return err
	}
	if r.store {
		return c.count(c.DB.ZRangeStore(c.Args[1], args[0], members, r.options()))
	}
	found, err := c.DB.ZRangeWith(args[0], members, r.options())
	return c.zmembers(found, r.scores, err)
}

// parse reads the options.
func (r *rangeCall) parse(args []string) (err error) {
	for ; len(args) > 0; args = args[1:] {
		switch arg := args[0]; {
		case !r.store && is(arg, "withscores"):
			r.scores = true
		case is(arg, "limit") && len(args) > 2:
			if r.offset, r.count, err = integers(args[1], args[2]); err != nil {
				return err
			}
			args = args[2:]
		case !r.fixed && is(arg, "rev"):
			r.reverse, r.fixed = true, true
		case r.order == anyOrder && is(arg, "bylex"):
			r.order = byLex
		case r.order == anyOrder && is(arg, "byscore"):
			r.order = byScore
		default:
			return nook.ErrSyntax
		}
	}
	if r.order == anyOrder {
		r.order = byRank
	}
	switch {
	case r.count != -1 && r.order == byRank:
		return errRangeLimit
	case r.scores && r.order == byLex:
		return errRangeScores
	}
	return nil
}

// options returns the options in the form of the typed API.
func (r *rangeCall) options() nook.ZRangeOptions {
	o := nook.ZRangeOptions{Reverse: r.reverse}
	switch {
	case r.order == byRank:
		return o
	case r.count == 0 || r.offset < 0:
		o.Offset = -1
	default:
		o.Offset, o.Count = clampInt(r.offset), clampInt(r.count)
	}
	return o
}

// clampInt returns the int that is nearest to n.
func clampInt(n int64) int { return int(max(min(n, math.MaxInt), math.MinInt)) }

// rangeOf reads a range.
func rangeOf(by rangeOrder, low, high string) (nook.ZRange, error) {
	switch by {
	case byScore:
		return scoreRange(low, high)
	case byLex:
		return lexRange(low, high)
	}
	start, stop, err := integers(low, high)
	return nook.RankRange(start, stop), err
}

func scoreRange(low, high string) (nook.ZRange, error) {
	least, ok := scoreBound(low)
	if !ok {
		return nook.ZRange{}, nook.ErrScoreRange
	}
	greatest, ok := scoreBound(high)
	if !ok {
		return nook.ZRange{}, nook.ErrScoreRange
	}
	return nook.ScoreRangeBetween(least, greatest), nil
}

func scoreBound(arg string) (b nook.ScoreBound, ok bool) {
	if arg != "" && arg[0] == '(' {
		b.Open, arg = true, arg[1:]
	}
	b.Score, ok = number.ParseBound(arg)
	return b, ok
}

func lexRange(low, high string) (nook.ZRange, error) {
	lowest, ok := lexBound(low)
	if !ok {
		return nook.ZRange{}, errLexRange
	}
	highest, ok := lexBound(high)
	if !ok {
		return nook.ZRange{}, errLexRange
	}
	return nook.LexRange(lowest, highest), nil
}

func lexBound(arg string) (nook.LexBound, bool) {
	switch {
	case is(arg, "-"):
		return nook.LexLowest(), true
	case is(arg, "+"):
		return nook.LexHighest(), true
	case arg != "" && (arg[0] == '(' || arg[0] == '['):
		return nook.LexBound{Member: arg[1:], Open: arg[0] == '('}, true
	default:
		return nook.LexBound{}, false
	}
}

func zcount(c *Call) error { return c.overRange(c.DB.ZCount, byScore) }

func zlexCount(c *Call) error { return c.overRange(c.DB.ZCount, byLex) }

func zremRangeByRank(c *Call) error { return c.overRange(c.DB.ZRemRange, byRank) }

func zremRangeByScore(c *Call) error { return c.overRange(c.DB.ZRemRange, byScore) }

func zremRangeByLex(c *Call) error { return c.overRange(c.DB.ZRemRange, byLex) }

// overRange replies what f returns for the range that follows the key.
func (c *Call) overRange(f func(key string, r nook.ZRange) (int, error), by rangeOrder) error {
	r, err := rangeOf(by, c.Args[2], c.Args[3])
	if err != nil {
		return err
	}
	return c.count(f(c.Args[1], r))
}

package command

import (
	"context"
	"math"
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var zsetRows = []*Row{
	{
		Name: "bzmpop", Arity: -5, Flags: Write | Blocking, Class: ClassSortedSet, Group: "sorted-set", Since: "7.0.0",
		Keys: []KeySpec{{Begin: at(2), Find: counted(1), Flags: RW | Access | Delete}},
		Doc:  "Removes and returns members of the first sorted set that has any; waits for one if none has.",
		Cost: "O(K+M*log(N)) where N is the number of members, M that of those removed and K the number of keys.",
		Run:  bzmpop,
	},
	{
		Name: "bzpopmax", Arity: -3, Flags: Write | NoScript | Blocking | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "5.0.0",
		Keys:    []KeySpec{{Begin: at(1), Find: span(-2, 1), Flags: RW | Access | Delete}},
		Doc:     "Removes and returns the last member of the first sorted set that has any; waits for one if none has.",
		Cost:    "O(log(N)) where N is the number of members.",
		History: []Change{{"6.0.0", "Takes fractions of a second."}},
		Run:     bzpopMax,
	},
	{
		Name: "bzpopmin", Arity: -3, Flags: Write | NoScript | Blocking | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "5.0.0",
		Keys:    []KeySpec{{Begin: at(1), Find: span(-2, 1), Flags: RW | Access | Delete}},
		Doc:     "Removes and returns the first member of the first sorted set that has any; waits for one if none has.",
		Cost:    "O(log(N)) where N is the number of members.",
		History: []Change{{"6.0.0", "Takes fractions of a second."}},
		Run:     bzpopMin,
	},
	{
		Name: "zadd", Arity: -4, Flags: Write | DenyOOM | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "1.2.0",
		Keys:    []KeySpec{key(1, RW|Update)},
		Doc:     "Gives members of a sorted set scores, adding those that are not there.",
		Cost:    "O(log(N)) for each member where N is the number of members.",
		History: []Change{{"2.4.0", "Takes several members."}, {"3.0.2", "Takes `XX`, `NX`, `CH` and `INCR`."}, {"6.2.0", "Takes `GT` and `LT`."}},
		Run:     zadd,
	},
	{
		Name: "zcard", Arity: 2, Flags: ReadOnly | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "1.2.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Returns the number of members of a sorted set.",
		Cost: "O(1)",
		Run:  zcard,
	},
	{
		Name: "zcount", Arity: 4, Flags: ReadOnly | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "2.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the number of members with scores in a range.",
		Cost: "O(log(N)) where N is the number of members.",
		Run:  zcount,
	},
	{
		Name: "zdiff", Arity: -3, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "6.2.0",
		Keys: []KeySpec{{Begin: at(1), Find: counted(1), Flags: RO | Access}},
		Doc:  "Returns the members of the first sorted set that are in none of the others.",
		Cost: "O(N*K+M*log(M)) where N is the number of members of the first sorted set, K that of sorted sets and M that of members returned.",
		Run:  zdiff,
	},
	{
		Name: "zdiffstore", Arity: -4, Flags: Write | DenyOOM, Class: ClassSortedSet, Group: "sorted-set", Since: "6.2.0",
		Keys: []KeySpec{key(1, OW|Update), {Begin: at(2), Find: counted(1), Flags: RO | Access}},
		Doc:  "Stores the members of the first sorted set that are in none of the others.",
		Cost: "O(N*K+M*log(M)) where N is the number of members of the first sorted set, K that of sorted sets and M that of members stored.",
		Run:  zdiffStore,
	},
	{
		Name: "zincrby", Arity: 4, Flags: Write | DenyOOM | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "1.2.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Adds to the score of a member of a sorted set.",
		Cost: "O(log(N)) where N is the number of members.",
		Run:  zincrBy,
	},
	{
		Name: "zinter", Arity: -3, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "6.2.0",
		Keys: []KeySpec{{Begin: at(1), Find: counted(1), Flags: RO | Access}},
		Doc:  "Returns the members that are in all of several sorted sets.",
		Cost: "O(N*K+M*log(M)) where N is the number of members of the smallest sorted set, K that of sorted sets and M that of members returned.",
		Run:  zinter,
	},
	{
		Name: "zintercard", Arity: -3, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "7.0.0",
		Keys: []KeySpec{{Begin: at(1), Find: counted(1), Flags: RO | Access}},
		Doc:  "Returns how many members are in all of several sorted sets.",
		Cost: "O(N*K) where N is the number of members of the smallest sorted set and K that of sorted sets.",
		Run:  zinterCard,
	},
	{
		Name: "zinterstore", Arity: -4, Flags: Write | DenyOOM, Class: ClassSortedSet, Group: "sorted-set", Since: "2.0.0",
		Keys: []KeySpec{key(1, OW|Update), {Begin: at(2), Find: counted(1), Flags: RO | Access}},
		Doc:  "Stores the members that are in all of several sorted sets.",
		Cost: "O(N*K+M*log(M)) where N is the number of members of the smallest sorted set, K that of sorted sets and M that of members stored.",
		Run:  zinterStore,
	},
	{
		Name: "zlexcount", Arity: 4, Flags: ReadOnly | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "2.8.9",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the number of members between two, in a sorted set whose scores are all the same.",
		Cost: "O(log(N)) where N is the number of members.",
		Run:  zlexCount,
	},
	{
		Name: "zmpop", Arity: -4, Flags: Write, Class: ClassSortedSet, Group: "sorted-set", Since: "7.0.0",
		Keys: []KeySpec{{Begin: at(1), Find: counted(1), Flags: RW | Access | Delete}},
		Doc:  "Removes and returns members of the first sorted set that has any.",
		Cost: "O(K+M*log(N)) where N is the number of members, M that of those removed and K the number of keys.",
		Run:  zmpop,
	},
	{
		Name: "zmscore", Arity: -3, Flags: ReadOnly | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "6.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the scores of members of a sorted set.",
		Cost: "O(N) where N is the number of members asked for.",
		Run:  zmscore,
	},
	{
		Name: "zpopmax", Arity: -2, Flags: Write | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "5.0.0",
		Keys: []KeySpec{key(1, RW|Access|Delete)},
		Doc:  "Removes and returns the members with the highest scores.",
		Cost: "O(M*log(N)) where N is the number of members and M that of those removed.",
		Run:  zpopMax,
	},
	{
		Name: "zpopmin", Arity: -2, Flags: Write | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "5.0.0",
		Keys: []KeySpec{key(1, RW|Access|Delete)},
		Doc:  "Removes and returns the members with the lowest scores.",
		Cost: "O(M*log(N)) where N is the number of members and M that of those removed.",
		Run:  zpopMin,
	},
	{
		Name: "zrandmember", Arity: -2, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "6.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Returns random members of a sorted set.",
		Cost: "O(N) where N is the number of members returned.",
		Run:  zrandMember,
	},
	{
		Name: "zrange", Arity: -4, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "1.2.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Returns the members in a range of ranks, of scores or of members.",
		Cost:    "O(log(N)+M) where N is the number of members and M that of those returned.",
		History: []Change{{"6.2.0", "Takes `REV`, `BYSCORE`, `BYLEX` and `LIMIT`."}},
		Run:     zrange,
	},
	{
		Name: "zrangebylex", Arity: -4, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "2.8.9",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the members between two, in a sorted set whose scores are all the same.",
		Cost: "O(log(N)+M) where N is the number of members and M that of those returned.",
		Old:  &Deprecation{"6.2.0", "`ZRANGE` with the `BYLEX` argument"},
		Run:  zrangeByLex,
	},
	{
		Name: "zrangebyscore", Arity: -4, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "1.0.5",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Returns the members with scores in a range.",
		Cost:    "O(log(N)+M) where N is the number of members and M that of those returned.",
		Old:     &Deprecation{"6.2.0", "`ZRANGE` with the `BYSCORE` argument"},
		History: []Change{{"2.0.0", "Takes `WITHSCORES`."}},
		Run:     zrangeByScore,
	},
	{
		Name: "zrangestore", Arity: -5, Flags: Write | DenyOOM, Class: ClassSortedSet, Group: "sorted-set", Since: "6.2.0",
		Keys: []KeySpec{key(1, OW|Update), key(2, RO|Access)},
		Doc:  "Stores the members in a range of ranks, of scores or of members.",
		Cost: "O(log(N)+M) where N is the number of members and M that of those stored.",
		Run:  zrangeStore,
	},
	{
		Name: "zrank", Arity: -3, Flags: ReadOnly | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "2.0.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Returns the rank of a member of a sorted set, from the lowest score.",
		Cost:    "O(log(N)) where N is the number of members.",
		History: []Change{{"7.2.0", "Takes `WITHSCORE`."}},
		Run:     zrank,
	},
	{
		Name: "zrem", Arity: -3, Flags: Write | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "1.2.0",
		Keys:    []KeySpec{key(1, RW|Delete)},
		Doc:     "Removes members of a sorted set.",
		Cost:    "O(M*log(N)) where N is the number of members and M that of those to be removed.",
		History: []Change{{"2.4.0", "Takes several members."}},
		Run:     zrem,
	},
	{
		Name: "zremrangebylex", Arity: 4, Flags: Write, Class: ClassSortedSet, Group: "sorted-set", Since: "2.8.9",
		Keys: []KeySpec{key(1, RW|Delete)},
		Doc:  "Removes the members between two, in a sorted set whose scores are all the same.",
		Cost: "O(log(N)+M) where N is the number of members and M that of those removed.",
		Run:  zremRangeByLex,
	},
	{
		Name: "zremrangebyrank", Arity: 4, Flags: Write, Class: ClassSortedSet, Group: "sorted-set", Since: "2.0.0",
		Keys: []KeySpec{key(1, RW|Delete)},
		Doc:  "Removes the members in a range of ranks.",
		Cost: "O(log(N)+M) where N is the number of members and M that of those removed.",
		Run:  zremRangeByRank,
	},
	{
		Name: "zremrangebyscore", Arity: 4, Flags: Write, Class: ClassSortedSet, Group: "sorted-set", Since: "1.2.0",
		Keys: []KeySpec{key(1, RW|Delete)},
		Doc:  "Removes the members with scores in a range.",
		Cost: "O(log(N)+M) where N is the number of members and M that of those removed.",
		Run:  zremRangeByScore,
	},
	{
		Name: "zrevrange", Arity: -4, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "1.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the members in a range of ranks, from the highest score.",
		Cost: "O(log(N)+M) where N is the number of members and M that of those returned.",
		Old:  &Deprecation{"6.2.0", "`ZRANGE` with the `REV` argument"},
		Run:  zrevRange,
	},
	{
		Name: "zrevrangebylex", Arity: -4, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "2.8.9",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the members between two from the last on, in a sorted set whose scores are all the same.",
		Cost: "O(log(N)+M) where N is the number of members and M that of those returned.",
		Old:  &Deprecation{"6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments"},
		Run:  zrevRangeByLex,
	},
	{
		Name: "zrevrangebyscore", Arity: -4, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "2.2.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Returns the members with scores in a range, from the highest score.",
		Cost:    "O(log(N)+M) where N is the number of members and M that of those returned.",
		Old:     &Deprecation{"6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments"},
		History: []Change{{"2.1.6", "Takes open ranges."}},
		Run:     zrevRangeByScore,
	},
	{
		Name: "zrevrank", Arity: -3, Flags: ReadOnly | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "2.0.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Returns the rank of a member of a sorted set, from the highest score.",
		Cost:    "O(log(N)) where N is the number of members.",
		History: []Change{{"7.2.0", "Takes `WITHSCORE`."}},
		Run:     zrevRank,
	},
	{
		Name: "zscan", Arity: -3, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "2.8.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Returns the members of a sorted set and their scores step by step.",
		Cost: "O(1) for a step, O(N) for all of them where N is the number of members.",
		Run:  zscan,
	},
	{
		Name: "zscore", Arity: 3, Flags: ReadOnly | Fast, Class: ClassSortedSet, Group: "sorted-set", Since: "1.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the score of a member of a sorted set.",
		Cost: "O(1)",
		Run:  zscore,
	},
	{
		Name: "zunion", Arity: -3, Flags: ReadOnly, Class: ClassSortedSet, Group: "sorted-set", Since: "6.2.0",
		Keys: []KeySpec{{Begin: at(1), Find: counted(1), Flags: RO | Access}},
		Doc:  "Returns the members of several sorted sets.",
		Cost: "O(N+M*log(M)) where N is the number of members of all sorted sets and M that of members returned.",
		Run:  zunion,
	},
	{
		Name: "zunionstore", Arity: -4, Flags: Write | DenyOOM, Class: ClassSortedSet, Group: "sorted-set", Since: "2.0.0",
		Keys: []KeySpec{key(1, OW|Update), {Begin: at(2), Find: counted(1), Flags: RO | Access}},
		Doc:  "Stores the members of several sorted sets.",
		Cost: "O(N+M*log(M)) where N is the number of members of all sorted sets and M that of members stored.",
		Run:  zunionStore,
	},
}

// Errors of sorted sets that only the wire form can have.
const (
	errZAddIncr    = Error("ERR INCR option supports a single increment-element pair")
	errLexRange    = Error("ERR min or max not valid string range item")
	errRangeLimit  = Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
	errRangeScores = Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
)

// float reads a score or an increment.
func float(arg string) (float64, error) {
	f, ok := number.ParseFloat(arg)
	if !ok {
		return 0, nook.ErrNotFloat
	}
	return f, nil
}

// zaddOptions are the options of ZADD.
type zaddOptions struct {
	nook.ZAddOptions
	changed bool // CH
	incr    bool // INCR
}

// parseZAdd reads the options, which come first, and returns the rest of the arguments.
func parseZAdd(args []string) (o zaddOptions, rest []string) {
	for i, arg := range args {
		switch {
		case is(arg, "nx"):
			o.If |= nook.ZAddIfAbsent
		case is(arg, "xx"):
			o.If |= nook.ZAddIfPresent
		case is(arg, "gt"):
			o.If |= nook.ZAddIfGreater
		case is(arg, "lt"):
			o.If |= nook.ZAddIfLess
		case is(arg, "ch"):
			o.changed = true
		case is(arg, "incr"):
			o.incr = true
		default:
			return o, args[i:]
		}
	}
	return o, nil
}

func zadd(c *Call) error {
	o, pairs := parseZAdd(c.Args[2:])
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		return nook.ErrSyntax
	}
	if o.If != 0 { // conditions that exclude each other are found before the scores are read
		if _, err := c.DB.ZAddWith(c.Args[1], o.ZAddOptions); err != nil {
			return err
		}
	}
	if o.incr && len(pairs) > 2 {
		return errZAddIncr
	}
	var room [8]nook.Z
	members, err := scored(room[:0], pairs)
	if err != nil {
		return err
	}
	if o.incr {
		score, ok, err := c.DB.ZIncrByWith(c.Args[1], members[0].Member, members[0].Score, o.ZAddOptions)
		return c.optionalDouble(score, ok, err)
	}
	r, err := c.DB.ZAddWith(c.Args[1], o.ZAddOptions, members...)
	if o.changed {
		return c.count(r.Added+r.Updated, err)
	}
	return c.count(r.Added, err)
}

// scored appends the members of pairs of scores and members.
func scored(dst []nook.Z, pairs []string) ([]nook.Z, error) {
	for ; len(pairs) > 0; pairs = pairs[2:] {
		score, err := float(pairs[0])
		if err != nil {
			return nil, err
		}
		dst = append(dst, nook.Z{Member: pairs[1], Score: score})
	}
	return dst, nil
}

// optionalDouble replies a number, or null if there is none.
func (c *Call) optionalDouble(f float64, ok bool, err error) error {
	switch {
	case err != nil:
		return err
	case ok:
		c.Out.Double(f)
	default:
		c.Out.Null()
	}
	return nil
}

// zincrBy knows the options of ZADD, only to refuse them.
func zincrBy(c *Call) error {
	if _, rest := parseZAdd(c.Args[2:]); len(rest) != 2 {
		return nook.ErrSyntax
	}
	by, err := float(c.Args[2])
	if err != nil {
		return err
	}
	score, err := c.DB.ZIncrBy(c.Args[1], c.Args[3], by)
	return c.optionalDouble(score, true, err)
}

func zrem(c *Call) error { return c.count(c.DB.ZRem(c.Args[1], c.Args[2:]...)) }

func zcard(c *Call) error { return c.count(c.DB.ZCard(c.Args[1])) }

func zscore(c *Call) error { return c.optionalDouble(c.DB.ZScore(c.Args[1], c.Args[2])) }

func zmscore(c *Call) error {
	scores, err := c.DB.ZMScore(c.Args[1], c.Args[2:]...)
	if err != nil {
		return err
	}
	c.Out.Array(len(scores))
	for _, s := range scores {
		_ = c.optionalDouble(s.Value, s.OK, nil)
	}
	return nil
}

func zrank(c *Call) error { return c.rank(nook.ZRankOptions{}) }

func zrevRank(c *Call) error { return c.rank(nook.ZRankOptions{Reverse: true}) }

func (c *Call) rank(o nook.ZRankOptions) error {
	withScore := len(c.Args) == 4
	switch {
	case len(c.Args) > 4:
		return c.Row.arityError()
	case withScore && !is(c.Args[3], "withscore"):
		return nook.ErrSyntax
	}
	r, ok, err := c.DB.ZRankWith(c.Args[1], c.Args[2], o)
	switch {
	case err != nil || !withScore:
		return c.optionalCount(r.Rank, ok, err)
	case !ok:
		c.Out.NullArray()
		return nil
	}
	c.Out.Array(2)
	c.Out.Int(int64(r.Rank))
	c.Out.Double(r.Score)
	return nil
}

// zmembers replies the members of a sorted set, in RESP3 with their scores as pairs.
func (c *Call) zmembers(members []nook.Z, scores bool, err error) error {
	if err != nil {
		return err
	}
	if scores && c.Out.Proto() > 2 {
		return c.pairsOfScores(members)
	}
	if !scores {
		c.Out.Array(len(members))
	} else {
		c.Out.Array(2 * len(members))
	}
	for i := range members {
		c.Out.Bulk(members[i].Member)
		if scores {
			c.Out.Double(members[i].Score)
		}
	}
	return nil
}

// pairsOfScores replies an array of pairs, whatever the protocol.
func (c *Call) pairsOfScores(members []nook.Z) error {
	c.Out.Array(len(members))
	for i := range members {
		c.Out.Array(2)
		c.Out.Bulk(members[i].Member)
		c.Out.Double(members[i].Score)
	}
	return nil
}

func zpopMin(c *Call) error { return c.zpop(c.DB.ZPopMinCount) }

func zpopMax(c *Call) error { return c.zpop(c.DB.ZPopMaxCount) }

// zpop replies pairs in RESP3 only if a count is given.
func (c *Call) zpop(pop func(key string, n int) ([]nook.Z, error)) error {
	if len(c.Args) > 3 {
		return nook.ErrSyntax
	}
	if len(c.Args) == 3 {
		n, ok := number.ParseInt(c.Args[2])
		if !ok || n < 0 {
			return nook.ErrNotPositive
		}
		members, err := pop(c.Args[1], int(min(n, math.MaxInt)))
		return c.zmembers(members, true, err)
	}
	members, err := pop(c.Args[1], 1)
	if err != nil {
		return err
	}
	c.Out.Array(2 * len(members))
	for i := range members {
		c.Out.Bulk(members[i].Member)
		c.Out.Double(members[i].Score)
	}
	return nil
}

func zmpop(c *Call) error {
	keys, o, err := parseMPop(c.Args[1:])
	if err != nil {
		return err
	}
	return c.zpopped(c.DB.ZMPop(o, keys...))
}

func bzmpop(c *Call) error {
	wait, err := timeout(c.Args[1])
	if err != nil {
		return err
	}
	keys, o, err := parseMPop(c.Args[2:])
	if err != nil {
		return err
	}
	var r nook.ZPopped
	var ok bool
	err = c.wait(func(ctx context.Context) (err error) {
		r, ok, err = c.DB.BZMPop(ctx, wait, o, keys...)
		return err
	})
	return c.zpopped(r, ok, err)
}

// parseMPop reads the arguments of ZMPOP: the number of keys, the keys, the end, and a count.
func parseMPop(args []string) (keys []string, o nook.ZPopOptions, err error) {
	n, ok := number.ParseInt(args[0])
	switch {
	case !ok || n < 1:
		return nil, o, errNumKeysNotPositive
	case n >= int64(len(args))-1:
		return nil, o, nook.ErrSyntax
	}
	keys, args = args[1:1+n], args[1+n:]
	switch {
	case is(args[0], "max"):
		o.Max = true
	case !is(args[0], "min"):
		return nil, o, nook.ErrSyntax
	}
	switch args = args[1:]; {
	case len(args) == 0:
		return keys, o, nil
	case len(args) < 2 || !is(args[0], "count"):
		return nil, o, nook.ErrSyntax
	}
	count, ok := number.ParseInt(args[1])
	switch {
	case !ok || count < 1:
		return nil, o, nook.ErrPopCount
	case len(args) > 2:
		return nil, o, nook.ErrSyntax
	}
	o.Count = int(min(count, math.MaxInt))
	return keys, o, nil
}

// zpopped replies a key and what was removed from it, or null if there was nothing.
func (c *Call) zpopped(r nook.ZPopped, ok bool, err error) error {
	switch {
	case err != nil:
		return err
	case !ok:
		c.Out.NullArray()
		return nil
	}
	c.Out.Array(2)
	c.Out.Bulk(r.Key)
	return c.pairsOfScores(r.Members)
}

func bzpopMin(c *Call) error { return c.bzpop(false) }

func bzpopMax(c *Call) error { return c.bzpop(true) }

func (c *Call) bzpop(last bool) error {
	end := len(c.Args) - 1
	wait, err := timeout(c.Args[end])
	if err != nil {
		return err
	}
	var r nook.ZPopped
	var ok bool
	err = c.wait(func(ctx context.Context) (err error) {
		r, ok, err = c.DB.BZMPop(ctx, wait, nook.ZPopOptions{Max: last}, c.Args[1:end]...)
		return err
	})
	switch {
	case err != nil:
		return err
	case !ok:
		c.Out.NullArray()
		return nil
	}
	c.Out.Array(3)
	c.Out.Bulk(r.Key)
	c.Out.Bulk(r.Members[0].Member)
	c.Out.Double(r.Members[0].Score)
	return nil
}

func zrandMember(c *Call) error {
	if len(c.Args) == 2 {
		m, ok, err := c.DB.ZRandMember(c.Args[1])
		return c.optional(m.Member, ok, err)
	}
	n, err := integer(c.Args[2])
	scores := len(c.Args) == 4
	switch {
	case err != nil:
		return err
	case n == math.MinInt64:
		return errInt64
	case len(c.Args) > 4 || scores && !is(c.Args[3], "withscores"):
		return nook.ErrSyntax
	case scores && (n < -math.MaxInt64/2 || n > math.MaxInt64/2):
		return nook.ErrCount
	}
	members, err := c.DB.ZRandMembers(c.Args[1], int(n))
	return c.zmembers(members, scores, err)
}

func zscan(c *Call) error {
	cursor, ok := number.ParseCursor(c.Args[2])
	if !ok {
		return nook.ErrInvalidCursor
	}
	o, wrong := parseScan(c.Args[3:])
	if wrong == nil && o.Type != "" {
		wrong = nook.ErrSyntax
	}
	if wrong != nil && c.hasKey() { // which matters only if there is something to scan
		n, err := c.DB.ZCard(c.Args[1])
		if err != nil || n > 0 {
			return errorOr(err, wrong)
		}
	}
	members, next, err := c.DB.ZScanPage(c.Args[1], cursor, o.ScanOptions)
	if err != nil {
		return err
	}
	if o.emptyOnly {
		members = onlyEmpty(members)
	}
	return c.scannedScores(members, next)
}

// errorOr returns the first error, the second if that is nil.
func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// onlyEmpty returns the empty member, if it is there.
func onlyEmpty(members []nook.Z) []nook.Z {
	for i := range members {
		if members[i].Member == "" {
			return members[i : i+1]
		}
	}
	return nil
}

// scannedScores replies a step of a scan, whose scores are strings in both protocols.
func (c *Call) scannedScores(members []nook.Z, next uint64) error {
	appendScore := number.AppendDouble
	if c.showsIntegers(members) {
		appendScore = number.AppendScore
	}
	c.Out.Array(2)
	c.Out.Bulk(strconv.FormatUint(next, 10))
	c.Out.Array(2 * len(members))
	for i := range members {
		var text [32]byte
		c.Out.Bulk(members[i].Member)
		c.Out.BulkBytes(appendScore(text[:0], members[i].Score))
	}
	return nil
}

// showsIntegers reports whether there is an integer that Redis writes in another way if it comes from
// a small sorted set, and whether this is one.
func (c *Call) showsIntegers(members []nook.Z) bool {
	for i := range members {
		if n, ok := number.Integral(members[i].Score); ok && (n <= -1e17 || n >= 1e17) {
			encoding, _, _ := c.DB.ObjectEncoding(c.Args[1])
			return encoding == "listpack"
		}
	}
	return false
}

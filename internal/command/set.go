package command

import (
	"math"
	"slices"
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var setRows = []*Row{
	{
		Name: "sadd", Arity: -3, Flags: Write | DenyOOM | Fast, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Insert)},
		Doc:     "Adds members to a set, which is created if it does not exist.",
		Cost:    "O(N) where N is the number of members.",
		History: []Change{{"2.4.0", "Takes several members."}},
		Run:     sadd,
	},
	{
		Name: "scard", Arity: 2, Flags: ReadOnly | Fast, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Returns the number of members of a set.",
		Cost: "O(1)",
		Run:  scard,
	},
	{
		Name: "sdiff", Arity: -2, Flags: ReadOnly, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{keysFrom(1, 1, RO|Access)},
		Tips: []string{tipRandomInOrder},
		Doc:  "Returns the members of a set that other sets do not have.",
		Cost: "O(N) where N is the number of members of all sets.",
		Run:  sdiff,
	},
	{
		Name: "sdiffstore", Arity: -3, Flags: Write | DenyOOM, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{key(1, OW|Update), keysFrom(2, 1, RO|Access)},
		Doc:  "Stores the members of a set that other sets do not have.",
		Cost: "O(N) where N is the number of members of all sets.",
		Run:  sdiffStore,
	},
	{
		Name: "sinter", Arity: -2, Flags: ReadOnly, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{keysFrom(1, 1, RO|Access)},
		Tips: []string{tipRandomInOrder},
		Doc:  "Returns the members that several sets have in common.",
		Cost: "O(N*M) where N is the size of the smallest set and M the number of sets.",
		Run:  sinter,
	},
	{
		Name: "sintercard", Arity: -3, Flags: ReadOnly, Class: ClassSet, Group: "set", Since: "7.0.0",
		Keys: []KeySpec{{Begin: at(1), Find: counted(1), Flags: RO | Access}},
		Doc:  "Returns the number of members that several sets have in common.",
		Cost: "O(N*M) where N is the size of the smallest set and M the number of sets.",
		Run:  sinterCard,
	},
	{
		Name: "sinterstore", Arity: -3, Flags: Write | DenyOOM, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Update), keysFrom(2, 1, RO|Access)},
		Doc:  "Stores the members that several sets have in common.",
		Cost: "O(N*M) where N is the size of the smallest set and M the number of sets.",
		Run:  sinterStore,
	},
	{
		Name: "sismember", Arity: 3, Flags: ReadOnly | Fast, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Tells whether a set has a member.",
		Cost: "O(1)",
		Run:  sisMember,
	},
	{
		Name: "smembers", Arity: 2, Flags: ReadOnly, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandomInOrder},
		Doc:  "Returns all members of a set.",
		Cost: "O(N) where N is the size of the set.",
		Run:  smembers,
	},
	{
		Name: "smismember", Arity: -3, Flags: ReadOnly | Fast, Class: ClassSet, Group: "set", Since: "6.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Tells of several members whether a set has them.",
		Cost: "O(N) where N is the number of members asked for.",
		Run:  smisMember,
	},
	{
		Name: "smove", Arity: 4, Flags: Write | Fast, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Access|Delete), key(2, RW|Insert)},
		Doc:  "Moves a member from one set to another.",
		Cost: "O(1)",
		Run:  smove,
	},
	{
		Name: "spop", Arity: -2, Flags: Write | Fast, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Access|Delete)},
		Tips:    []string{tipRandom},
		Doc:     "Removes random members from a set and returns them.",
		Cost:    "O(N) where N is the number of members removed.",
		History: []Change{{"3.2.0", "Takes a count."}},
		Run:     spop,
	},
	{
		Name: "srandmember", Arity: -2, Flags: ReadOnly, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Tips:    []string{tipRandom},
		Doc:     "Returns random members of a set.",
		Cost:    "O(N) where N is the number of members returned.",
		History: []Change{{"2.6.0", "Takes a count."}},
		Run:     srandMember,
	},
	{
		Name: "srem", Arity: -3, Flags: Write | Fast, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Delete)},
		Doc:     "Removes members from a set.",
		Cost:    "O(N) where N is the number of members removed.",
		History: []Change{{"2.4.0", "Takes several members."}},
		Run:     srem,
	},
	{
		Name: "sscan", Arity: -3, Flags: ReadOnly, Class: ClassSet, Group: "set", Since: "2.8.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Returns the members of a set step by step.",
		Cost: "O(1) for a step, O(N) for all of them where N is the size of the set.",
		Run:  sscan,
	},
	{
		Name: "sunion", Arity: -2, Flags: ReadOnly, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{keysFrom(1, 1, RO|Access)},
		Tips: []string{tipRandomInOrder},
		Doc:  "Returns the members of all sets together.",
		Cost: "O(N) where N is the number of members of all sets.",
		Run:  sunion,
	},
	{
		Name: "sunionstore", Arity: -3, Flags: Write | DenyOOM, Class: ClassSet, Group: "set", Since: "1.0.0",
		Keys: []KeySpec{key(1, OW|Update), keysFrom(2, 1, RO|Access)},
		Doc:  "Stores the members of all sets together.",
		Cost: "O(N) where N is the number of members of all sets.",
		Run:  sunionStore,
	},
}

// Errors of set commands that only the wire form can have.
const (
	errTooFewKeys = Error("ERR Number of keys can't be greater than number of args")
	errLimit      = Error("ERR LIMIT can't be negative")
)

func sadd(c *Call) error { return c.count(c.DB.SAdd(c.Args[1], c.Args[2:]...)) }

func srem(c *Call) error { return c.count(c.DB.SRem(c.Args[1], c.Args[2:]...)) }

func scard(c *Call) error { return c.count(c.DB.SCard(c.Args[1])) }

func smembers(c *Call) error { return c.members(c.DB.SMembers(c.Args[1])) }

func sisMember(c *Call) error { return c.flag(c.DB.SIsMember(c.Args[1], c.Args[2])) }

func smisMember(c *Call) error {
	found, err := c.DB.SMIsMember(c.Args[1], c.Args[2:]...)
	if err != nil {
		return err
	}
	c.Out.Array(len(found))
	for _, yes := range found {
		if err = c.flag(yes, nil); err != nil {
			return err
		}
	}
	return nil
}

func smove(c *Call) error { return c.flag(c.DB.SMove(c.Args[1], c.Args[2], c.Args[3])) }

func spop(c *Call) error {
	switch len(c.Args) {
	case 2:
		return c.optional(c.DB.SPop(c.Args[1]))
	case 3:
		n, err := notNegative(c.Args[2], nook.ErrNotPositive)
		if err != nil {
			return err
		}
		return c.members(c.DB.SPopCount(c.Args[1], n))
	}
	return nook.ErrSyntax
}

func srandMember(c *Call) error {
	switch len(c.Args) {
	case 2:
		return c.optional(c.DB.SRandMember(c.Args[1]))
	case 3:
		n, err := integer(c.Args[2])
		if err != nil {
			return err
		}
		if n == math.MinInt64 {
			return errInt64
		}
		return c.list(c.DB.SRandMembers(c.Args[1], int(n)))
	}
	return nook.ErrSyntax
}

func sinter(c *Call) error { return c.members(c.DB.SInter(c.Args[1:]...)) }

func sunion(c *Call) error { return c.members(c.DB.SUnion(c.Args[1:]...)) }

func sdiff(c *Call) error { return c.members(c.DB.SDiff(c.Args[1:]...)) }

func sinterStore(c *Call) error { return c.count(c.DB.SInterStore(c.Args[1], c.Args[2:]...)) }

func sunionStore(c *Call) error { return c.count(c.DB.SUnionStore(c.Args[1], c.Args[2:]...)) }

func sdiffStore(c *Call) error { return c.count(c.DB.SDiffStore(c.Args[1], c.Args[2:]...)) }

func sinterCard(c *Call) error {
	n, err := notNegative(c.Args[1], errNumKeysNotPositive)
	switch {
	case err != nil || n == 0:
		return errNumKeysNotPositive
	case n > len(c.Args)-2:
		return errTooFewKeys
	}
	var o nook.SInterCardOptions
	for options := c.Args[2+n:]; len(options) > 0; options = options[2:] {
		if len(options) == 1 || !is(options[0], "limit") {
			return nook.ErrSyntax
		}
		if o.Limit, err = notNegative(options[1], errLimit); err != nil {
			return err
		}
	}
	return c.count(c.DB.SInterCardWith(o, c.Args[2:2+n]...))
}

// sscan looks at its options last: without a set they may be wrong.
func sscan(c *Call) error {
	cursor, ok := number.ParseCursor(c.Args[2])
	if !ok {
		return nook.ErrInvalidCursor
	}
	o, wrong := parseSetScan(c.Args[3:])
	found, next, err := c.DB.SScanPage(c.Args[1], cursor, o.ScanOptions)
	switch {
	case err != nil:
		return err
	case wrong != nil && c.hasKey():
		return wrong
	}
	if o.emptyOnly {
		found = slices.DeleteFunc(found, func(member string) bool { return member != "" })
	}
	c.Out.Array(2)
	c.Out.Bulk(strconv.FormatUint(next, 10))
	return c.list(found, nil)
}

// parseSetScan reads the options of SSCAN, which are those of SCAN but for TYPE.
func parseSetScan(args []string) (scanOptions, error) {
	for i := 0; i < len(args); i += 2 {
		if !is(args[i], "type") {
			continue
		}
		if o, err := parseScan(args[:i]); err != nil {
			return o, err
		}
		return scanOptions{}, nook.ErrSyntax
	}
	return parseScan(args)
}

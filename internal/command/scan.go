package command

import (
	"math"
	"slices"
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var scanRows = []*Row{
	{
		Name: "keys", Arity: 2, Flags: ReadOnly, Class: ClassKeyspace | ClassDangerous,
		Group: "generic", Since: "1.0.0",
		Tips: []string{tipAllShards, tipRandomInOrder},
		Doc:  "Returns all keys that match a pattern.",
		Cost: "O(N) where N is the number of keys in the database.",
		Run:  keys,
	},
	{
		Name: "scan", Arity: -2, Flags: ReadOnly | TouchesArbitraryKeys, Class: ClassKeyspace, Group: "generic",
		Since:   "2.8.0",
		Tips:    []string{tipRandom, tipSpecial},
		Doc:     "Returns the keys of the database step by step.",
		Cost:    "O(1) for a step, O(N) for all of them where N is the number of keys in the database.",
		History: []Change{{"6.0.0", "Takes `TYPE`."}},
		Run:     scan,
	},
}

func keys(c *Call) error { return c.list(c.DB.Keys(c.Args[1])) }

func scan(c *Call) error {
	cursor, ok := number.ParseCursor(c.Args[1])
	if !ok {
		return nook.ErrInvalidCursor
	}
	o, err := parseScan(c.Args[2:])
	if err != nil {
		return err
	}
	found, next, err := c.DB.ScanPage(cursor, o.ScanOptions)
	if err != nil {
		return err
	}
	if o.emptyOnly {
		found = slices.DeleteFunc(found, func(key string) bool { return key != "" })
	}
	c.Out.Array(2)
	c.Out.Bulk(strconv.FormatUint(next, 10))
	return c.list(found, nil)
}

// scanOptions are the options of SCAN.
type scanOptions struct {
	nook.ScanOptions
	emptyOnly bool // the empty pattern, which matches the empty key alone
}

// noType is the name of no type of a key that exists.
const noType = "none"

func parseScan(args []string) (o scanOptions, err error) {
	for ; len(args) > 1; args = args[2:] {
		switch arg := args[1]; {
		case is(args[0], "count"):
			if o.Count, err = scanCount(arg); err != nil {
				return o, err
			}
		case is(args[0], "match"):
			o.Match, o.emptyOnly = arg, arg == ""
		case is(args[0], "type"):
			if o.Type = cString(arg); o.Type == "" {
				o.Type = noType
			}
		default:
			return o, nook.ErrSyntax
		}
	}
	if len(args) > 0 {
		return o, nook.ErrSyntax
	}
	return o, nil
}

func scanCount(arg string) (int, error) {
	n, err := integer(arg)
	if err == nil && n < 1 {
		err = nook.ErrSyntax
	}
	return int(min(n, math.MaxInt32)), err
}

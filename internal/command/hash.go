package command

import (
	"math"
	"slices"
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var hashRows = []*Row{
	{
		Name: "hdel", Arity: -3, Flags: Write | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys:    []KeySpec{key(1, RW|Delete)},
		Doc:     "Removes fields from a hash, and the hash when none is left.",
		Cost:    "O(N) where N is the number of fields to be removed.",
		History: []Change{{"2.4.0", "Takes several fields."}},
		Run:     hdel,
	},
	{
		Name: "hexists", Arity: 3, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Tells whether a hash has a field.",
		Cost: "O(1)",
		Run:  hexists,
	},
	{
		Name: "hget", Arity: 3, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the value of a field of a hash.",
		Cost: "O(1)",
		Run:  hget,
	},
	{
		Name: "hgetall", Arity: 2, Flags: ReadOnly, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandomInOrder},
		Doc:  "Returns all fields of a hash with their values.",
		Cost: "O(N) where N is the number of fields.",
		Run:  hgetAll,
	},
	{
		Name: "hincrby", Arity: 4, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Adds a number to the integer value of a field of a hash.",
		Cost: "O(1)",
		Run:  hincrBy,
	},
	{
		Name: "hincrbyfloat", Arity: 4, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "2.6.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Adds a number to the floating-point value of a field of a hash.",
		Cost: "O(1)",
		Run:  hincrByFloat,
	},
	{
		Name: "hkeys", Arity: 2, Flags: ReadOnly, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandomInOrder},
		Doc:  "Returns the names of all fields of a hash.",
		Cost: "O(N) where N is the number of fields.",
		Run:  hkeys,
	},
	{
		Name: "hlen", Arity: 2, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Returns the number of fields of a hash.",
		Cost: "O(1)",
		Run:  hlen,
	},
	{
		Name: "hmget", Arity: -3, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the values of several fields of a hash.",
		Cost: "O(N) where N is the number of fields asked for.",
		Run:  hmget,
	},
	{
		Name: "hmset", Arity: -4, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Sets several fields of a hash to values.",
		Cost: "O(N) where N is the number of fields to be set.",
		Old:  &Deprecation{"4.0.0", "`HSET` with multiple field-value pairs"},
		Run:  hmset,
	},
	{
		Name: "hrandfield", Arity: -2, Flags: ReadOnly, Class: ClassHash, Group: "hash", Since: "6.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Returns random fields of a hash.",
		Cost: "O(N) where N is the number of fields returned.",
		Run:  hrandField,
	},
	{
		Name: "hscan", Arity: -3, Flags: ReadOnly, Class: ClassHash, Group: "hash", Since: "2.8.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Tips:    []string{tipRandom},
		Doc:     "Returns the fields of a hash with their values step by step.",
		Cost:    "O(1) for a step, O(N) for all of them where N is the number of fields.",
		History: []Change{{"7.4.0", "Takes `NOVALUES`."}},
		Run:     hscan,
	},
	{
		Name: "hset", Arity: -4, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys:    []KeySpec{key(1, RW|Update)},
		Doc:     "Sets fields of a hash to values.",
		Cost:    "O(N) where N is the number of fields to be set.",
		History: []Change{{"4.0.0", "Takes several fields."}},
		Run:     hset,
	},
	{
		Name: "hsetnx", Arity: 4, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RW|Insert)},
		Doc:  "Sets a field of a hash to a value if there is no such field.",
		Cost: "O(1)",
		Run:  hsetNX,
	},
	{
		Name: "hstrlen", Arity: 3, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "3.2.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Returns the length of the value of a field of a hash.",
		Cost: "O(1)",
		Run:  hstrLen,
	},
	{
		Name: "hvals", Arity: 2, Flags: ReadOnly, Class: ClassHash, Group: "hash", Since: "2.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandomInOrder},
		Doc:  "Returns the values of all fields of a hash.",
		Cost: "O(N) where N is the number of fields.",
		Run:  hvals,
	},
}

func hget(c *Call) error { return c.optional(c.DB.HGet(c.Args[1], c.Args[2])) }

func hlen(c *Call) error { return c.count(c.DB.HLen(c.Args[1])) }

func hexists(c *Call) error { return c.flag(c.DB.HExists(c.Args[1], c.Args[2])) }

func hstrLen(c *Call) error { return c.count(c.DB.HStrLen(c.Args[1], c.Args[2])) }

func hdel(c *Call) error { return c.count(c.DB.HDel(c.Args[1], c.Args[2:]...)) }

func hkeys(c *Call) error { return c.list(c.DB.HKeys(c.Args[1])) }

func hvals(c *Call) error { return c.list(c.DB.HVals(c.Args[1])) }

func hsetNX(c *Call) error { return c.flag(c.DB.HSetNX(c.Args[1], c.Args[2], c.Args[3])) }

func hmget(c *Call) error { return c.optionals(c.DB.HMGet(c.Args[1], c.Args[2:]...)) }

func hset(c *Call) error { return c.count(c.setFields()) }

func hmset(c *Call) error {
	_, err := c.setFields()
	return c.ok(err)
}

// fieldsOnStack is up to how many fields are set without an allocation for the
// list of them.
const fieldsOnStack = 8

func (c *Call) setFields() (int, error) {
	if len(c.Args)%2 != 0 {
		return 0, c.Row.arityError()
	}
	var room [fieldsOnStack]nook.Field
	return c.DB.HSet(c.Args[1], appendFields(room[:0], c.Args[2:])...)
}

// appendFields appends arguments that are fields and values.
func appendFields(fields []nook.Field, args []string) []nook.Field {
	fields = slices.Grow(fields, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		fields = append(fields, nook.Field{Name: args[i], Value: args[i+1]})
	}
	return fields
}

func hgetAll(c *Call) error {
	fields, err := c.DB.HGetAll(c.Args[1])
	if err != nil {
		return err
	}
	c.Out.Map(len(fields))
	c.hashFields(fields, true)
	return nil
}

// hashFields writes fields one after the other, with their values if so asked.
func (c *Call) hashFields(fields []nook.Field, values bool) {
	for _, f := range fields {
		c.Out.Bulk(f.Name)
		if values {
			c.Out.Bulk(f.Value)
		}
	}
}

func hincrBy(c *Call) error {
	n, err := integer(c.Args[3])
	if err != nil {
		return err
	}
	return c.int(c.DB.HIncrBy(c.Args[1], c.Args[2], n))
}

// hincrByFloat replies a bulk even in RESP3, as INCRBYFLOAT does.
func hincrByFloat(c *Call) error {
	return c.bulk(c.DB.HIncrByDecimal(c.Args[1], c.Args[2], c.Args[3]))
}

func hrandField(c *Call) error {
	if len(c.Args) == 2 {
		return c.optional(c.DB.HRandField(c.Args[1]))
	}
	n, values, err := c.drawOptions()
	if err != nil {
		return err
	}
	fields, err := c.DB.HRandFields(c.Args[1], n)
	switch {
	case err != nil:
		return err
	case values && c.Out.Proto() > 2:
		c.pairsOfFields(fields)
	case values:
		c.Out.Array(2 * len(fields))
		c.hashFields(fields, true)
	default:
		c.Out.Array(len(fields))
		c.hashFields(fields, false)
	}
	return nil
}

// pairsOfFields replies fields as RESP3 nests them.
func (c *Call) pairsOfFields(fields []nook.Field) {
	c.Out.Array(len(fields))
	for i := range fields {
		c.Out.Array(2)
		c.hashFields(fields[i:i+1], true)
	}
}

// drawOptions reads a number of elements to be drawn, and whether their values
// are asked for.
func (c *Call) drawOptions() (n int, with bool, err error) {
	count, err := integer(c.Args[2])
	switch {
	case err != nil:
		return 0, false, err
	case count == math.MinInt64:
		return 0, false, errInt64
	case len(c.Args) > 4 || len(c.Args) == 4 && !is(c.Args[3], "withvalues"):
		return 0, false, nook.ErrSyntax
	case len(c.Args) == 4 && (count < -math.MaxInt64/2 || count > math.MaxInt64/2):
		return 0, false, nook.ErrCount
	}
	return int(count), len(c.Args) == 4, nil
}

const errInt64 = Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")

// hscan looks at the key before it looks at the options.
func hscan(c *Call) error {
	cursor, ok := number.ParseCursor(c.Args[2])
	if !ok {
		return nook.ErrInvalidCursor
	}
	o, wrong := parseHashScan(c.Args[3:])
	fields, next, err := c.DB.HScanPage(c.Args[1], cursor, o.ScanOptions)
	switch {
	case err != nil:
		return err
	case wrong != nil && c.hasKey():
		return wrong
	}
	if o.emptyOnly {
		fields = slices.DeleteFunc(fields, func(f nook.Field) bool { return f.Name != "" })
	}
	c.Out.Array(2)
	c.Out.Bulk(strconv.FormatUint(next, 10))
	if o.noValues {
		c.Out.Array(len(fields))
	} else {
		c.Out.Array(2 * len(fields))
	}
	c.hashFields(fields, !o.noValues)
	return nil
}

// hasKey reports whether the first key exists.
func (c *Call) hasKey() bool { return c.exists(c.Args[1]) }

// exists reports whether a key exists, without an event of a miss: the command itself has it.
func (c *Call) exists(key string) bool {
	_, ok, err := c.DB.ObjectEncoding(key)
	return err == nil && ok
}

// hashScanOptions are the options of HSCAN.
type hashScanOptions struct {
	scanOptions
	noValues bool
}

func parseHashScan(args []string) (o hashScanOptions, err error) {
	for i := 0; i < len(args); i++ {
		switch {
		case is(args[i], "novalues"):
			o.noValues = true
			continue
		case i+1 == len(args):
			return o, nook.ErrSyntax
		case is(args[i], "count"):
			if o.Count, err = scanCount(args[i+1]); err != nil {
				return o, err
			}
		case is(args[i], "match"):
			o.Match, o.emptyOnly = args[i+1], args[i+1] == ""
		default:
			return o, nook.ErrSyntax
		}
		i++
	}
	return o, nil
}

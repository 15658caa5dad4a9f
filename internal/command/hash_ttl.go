package command

import (
	"math"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var hashTTLRows = []*Row{
	{
		Name: "hexpire", Arity: -6, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Gives fields of a hash a time to live in seconds.",
		Cost: costOfFields,
		Run:  hexpire,
	},
	{
		Name: "hexpireat", Arity: -6, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Gives fields of a hash a deadline as a Unix time in seconds.",
		Cost: costOfFields,
		Run:  hexpireAt,
	},
	{
		Name: "hexpiretime", Arity: -5, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the deadlines of fields of a hash as Unix times in seconds.",
		Cost: costOfFields,
		Run:  hexpireTime,
	},
	{
		Name: "hgetdel", Arity: -5, Flags: Write | Fast, Class: ClassHash, Group: "hash", Since: "8.0.0",
		Keys: []KeySpec{key(1, RW|Access|Delete)},
		Doc:  "Returns the values of fields of a hash and removes the fields.",
		Cost: costOfFields,
		Run:  hgetDel,
	},
	{
		Name: "hgetex", Arity: -5, Flags: Write | Fast, Class: ClassHash, Group: "hash", Since: "8.0.0",
		Keys: []KeySpec{{
			Begin: at(1), Find: span(0, 1), Flags: RW | Access | Update,
			Notes: "RW and UPDATE because it changes the TTL",
		}},
		Doc:  "Returns the values of fields of a hash and gives the fields a time to live, or takes it away.",
		Cost: costOfFields,
		Run:  hgetEx,
	},
	{
		Name: "hpersist", Arity: -5, Flags: Write | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Takes the deadlines of fields of a hash away.",
		Cost: costOfFields,
		Run:  hpersist,
	},
	{
		Name: "hpexpire", Arity: -6, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Gives fields of a hash a time to live in milliseconds.",
		Cost: costOfFields,
		Run:  hpexpire,
	},
	{
		Name: "hpexpireat", Arity: -6, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Gives fields of a hash a deadline as a Unix time in milliseconds.",
		Cost: costOfFields,
		Run:  hpexpireAt,
	},
	{
		Name: "hpexpiretime", Arity: -5, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the deadlines of fields of a hash as Unix times in milliseconds.",
		Cost: costOfFields,
		Run:  hpexpireTime,
	},
	{
		Name: "hpttl", Arity: -5, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Returns the times to live of fields of a hash in milliseconds.",
		Cost: costOfFields,
		Run:  hpttl,
	},
	{
		Name: "hsetex", Arity: -6, Flags: Write | DenyOOM | Fast, Class: ClassHash, Group: "hash", Since: "8.0.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Sets fields of a hash to values, under a condition or with a time to live.",
		Cost: costOfFields,
		Run:  hsetEx,
	},
	{
		Name: "httl", Arity: -5, Flags: ReadOnly | Fast, Class: ClassHash, Group: "hash", Since: "7.4.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Returns the times to live of fields of a hash in seconds.",
		Cost: costOfFields,
		Run:  httl,
	},
}

const costOfFields = "O(N) where N is the number of fields given."

// Errors of these commands that only the wire form can have.
const (
	errNoFields     = Error("ERR Mandatory argument FIELDS is missing or not at the right position")
	errFieldsMatch  = Error("ERR The `numfields` parameter must match the number of arguments")
	errFieldsNumber = Error("ERR Number of fields must be a positive integer")
	errFieldsZero   = Error("ERR Parameter `numFields` should be greater than 0")
	errFieldsSet    = Error("ERR invalid number of fields")
	errPastExpire   = Error("ERR invalid expire time, must be >= 0")
	errNoExpire     = Error("ERR missing expire time")
	errTwoFieldIfs  = Error("ERR Only one of FXX or FNX arguments can be specified")
	errTwoExpires   = Error("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified")
)

// unlessWrongType returns an error about the arguments, or the one of a key that
// holds no hash, which is found first.
func (c *Call) unlessWrongType(wrong error) error {
	if _, err := c.DB.HDel(c.Args[1]); err != nil {
		return err
	}
	return wrong
}

// fieldNames reads FIELDS, the number of fields and the fields, which are all
// arguments from the given one on. wrong is the error of a number that is none.
func (c *Call) fieldNames(from int, wrong Error) ([]string, error) {
	args := c.Args[from:]
	if !is(args[0], "fields") {
		return nil, errNoFields
	}
	if len(args) == 1 {
		return nil, c.Row.arityError()
	}
	n, ok := number.ParseInt(args[1])
	switch {
	case !ok || n < 1:
		return nil, wrong
	case n != int64(len(args)-2):
		return nil, errFieldsMatch
	}
	return args[2:], nil
}

// fieldDeadline reads the deadline of a field, which may have passed, in Unix
// milliseconds.
func (c *Call) fieldDeadline(arg string, t timing) (int64, error) {
	n, err := integer(arg)
	switch {
	case err != nil:
		return 0, err
	case n < 0:
		return 0, errPastExpire
	}
	deadline, err := c.deadline(n, t)
	if err == nil && deadline > nook.MaxFieldDeadline {
		err = c.invalidExpire()
	}
	return deadline, err
}

func hexpire(c *Call) error { return c.expireFields(inSeconds | fromNow) }

func hpexpire(c *Call) error { return c.expireFields(fromNow) }

func hexpireAt(c *Call) error { return c.expireFields(inSeconds) }

func hpexpireAt(c *Call) error { return c.expireFields(0) }

func (c *Call) expireFields(t timing) error {
	deadline, err := c.fieldDeadline(c.Args[2], t)
	if err != nil {
		return c.unlessWrongType(err)
	}
	x, from := nook.ExpireAlways, 3
	if word, err := parseExpireCondition(c.Args[3:4]); err == nil {
		x, from = word, 4
	}
	fields, err := c.fieldNames(from, errFieldsZero)
	if err != nil {
		return c.unlessWrongType(err)
	}
	return c.fieldResults(c.DB.HExpireAtWith(c.Args[1], time.UnixMilli(deadline), x, fields...))
}

// fieldResults replies what became of each field.
func (c *Call) fieldResults(results []nook.FieldResult, err error) error {
	if err != nil {
		return err
	}
	c.Out.Array(len(results))
	for _, r := range results {
		c.Out.Int(int64(r))
	}
	return nil
}

func hpersist(c *Call) error {
	fields, err := c.fieldNames(2, errFieldsNumber)
	if err != nil {
		return c.unlessWrongType(err)
	}
	return c.fieldResults(c.DB.HPersist(c.Args[1], fields...))
}

func httl(c *Call) error { return c.fieldTimes(inSeconds | fromNow) }

func hpttl(c *Call) error { return c.fieldTimes(fromNow) }

func hexpireTime(c *Call) error { return c.fieldTimes(inSeconds) }

func hpexpireTime(c *Call) error { return c.fieldTimes(0) }

// fieldTimes replies the deadlines of fields. Seconds are rounded up.
func (c *Call) fieldTimes(t timing) error {
	fields, err := c.fieldNames(2, errFieldsNumber)
	if err != nil {
		return c.unlessWrongType(err)
	}
	times, err := c.DB.HExpireTime(c.Args[1], fields...)
	if err != nil {
		return err
	}
	from := int64(0)
	if t&fromNow != 0 {
		from = c.DB.Now().UnixMilli()
	}
	c.Out.Array(len(times))
	for _, f := range times {
		switch {
		case !f.OK:
			c.Out.Int(int64(nook.FieldMissing))
		case f.Time.IsZero():
			c.Out.Int(int64(nook.FieldUntimed))
		case t&inSeconds != 0:
			c.Out.Int((f.Time.UnixMilli() - from + 999) / 1000)
		default:
			c.Out.Int(f.Time.UnixMilli() - from)
		}
	}
	return nil
}

func hgetDel(c *Call) error {
	fields, err := c.fieldNames(2, errFieldsNumber)
	if err != nil {
		return c.unlessWrongType(err)
	}
	return c.optionals(c.DB.HGetDel(c.Args[1], fields...))
}

func hgetEx(c *Call) error {
	x, fields, err := c.parseHGetEx()
	if err != nil {
		return c.unlessWrongType(err)
	}
	return c.optionals(c.DB.HGetEx(c.Args[1], x, fields...))
}

func (c *Call) parseHGetEx() (x nook.Expiry, fields []string, err error) {
	from := 2
	switch word := optionOf(c.Args[2]); {
	case word&optTimed != 0:
		if x, err = c.fieldExpiry(word, c.Args[3]); err != nil {
			return x, nil, err
		}
		from = 4
	case word == optPersist:
		x, from = nook.Persistent(), 3
	}
	fields, err = c.fieldNames(from, errFieldsNumber)
	return x, fields, err
}

// fieldExpiry reads the time of EX, PX, EXAT or PXAT for fields.
func (c *Call) fieldExpiry(word option, arg string) (nook.Expiry, error) {
	var t timing
	if word&(optEX|optEXAT) != 0 {
		t |= inSeconds
	}
	if word&(optEX|optPX) != 0 {
		t |= fromNow
	}
	deadline, err := c.fieldDeadline(arg, t)
	return nook.ExpireAt(time.UnixMilli(deadline)), err
}

func hsetEx(c *Call) error {
	o, args, err := c.parseHSetEx()
	if err != nil {
		return err
	}
	var room [fieldsOnStack]nook.Field
	return c.flag(c.DB.HSetWith(c.Args[1], o, appendFields(room[:0], args)...))
}

// parseHSetEx reads the options of HSETEX and returns the fields and values that
// follow them.
func (c *Call) parseHSetEx() (o nook.HSetOptions, args []string, err error) {
	var condition, expire bool
	for i := 2; i < len(c.Args); i++ {
		arg := c.Args[i]
		switch word := optionOf(arg); {
		case is(arg, "fields"):
			args, err = c.fieldsToSet(i)
			return o, args, err
		case is(arg, "fnx"), is(arg, "fxx"):
			if condition {
				return o, nil, errTwoFieldIfs
			}
			condition, o.If = true, nook.IfAbsent()
			if is(arg, "fxx") {
				o.If = nook.IfPresent()
			}
		case word&(optTimed|optKeepTTL) != 0:
			if expire {
				return o, nil, errTwoExpires
			}
			expire = true
			if word == optKeepTTL {
				o.Expire = nook.KeepTTL()
				continue
			}
			if i++; i == len(c.Args) {
				return o, nil, errNoExpire
			}
			if o.Expire, err = c.fieldExpiry(word, c.Args[i]); err != nil {
				return o, nil, err
			}
		default:
			return o, nil, Error("ERR unknown argument: " + cString(arg))
		}
	}
	return o, nil, errNoFields
}

// fieldsToSet reads FIELDS, which is the argument i, the number of fields, and
// the fields with their values.
func (c *Call) fieldsToSet(i int) ([]string, error) {
	if i >= len(c.Args)-3 {
		return nil, c.Row.arityError()
	}
	n, ok := number.ParseInt(c.Args[i+1])
	if !ok || n < 1 || n > math.MaxInt32 {
		return nil, errFieldsSet
	}
	args := c.Args[i+2:]
	if len(args)%2 != 0 || n != int64(len(args)/2) {
		return nil, c.Row.arityError()
	}
	return args, nil
}

package command

import (
	"math"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var stringRows = []*Row{
	{
		Name: "append", Arity: 3, Flags: Write | DenyOOM | Fast, Class: ClassString, Group: "string", Since: "2.0.0",
		Keys: []KeySpec{key(1, RW|Insert)},
		Doc:  "Appends to the value of a key, which is created if it does not exist.",
		Cost: "O(N) where N is the number of bytes appended, amortized.",
		Run:  appendValue,
	},
	{
		Name: "decr", Arity: 2, Flags: Write | DenyOOM | Fast, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Takes one off the integer value of a key.",
		Cost: "O(1)",
		Run:  decr,
	},
	{
		Name: "decrby", Arity: 3, Flags: Write | DenyOOM | Fast, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Takes a number off the integer value of a key.",
		Cost: "O(1)",
		Run:  decrBy,
	},
	{
		Name: "delex", Arity: -2, Flags: Write | Fast, Class: ClassString, Group: "string", Since: "8.4.0",
		Keys:   []KeySpec{key(1, RW|Delete|VariableFlags)},
		Doc:    "Deletes a key if its value, or the digest of its value, is or is not the one given.",
		Cost:   "O(1) for IFEQ and IFNE, O(N) for IFDEQ and IFDNE where N is the length of the value.",
		Run:    delEx,
		Locate: locateDelEx,
	},
	{
		Name: "digest", Arity: 2, Flags: ReadOnly | Fast, Class: ClassString, Group: "string", Since: "8.4.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the XXH3 hash of the value of a key.",
		Cost: "O(N) where N is the length of the value.",
		Run:  digest,
	},
	{
		Name: "get", Arity: 2, Flags: ReadOnly | Fast, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the value of a key.",
		Cost: "O(1)",
		Run:  get,
	},
	{
		Name: "getdel", Arity: 2, Flags: Write | Fast, Class: ClassString, Group: "string", Since: "6.2.0",
		Keys: []KeySpec{key(1, RW|Access|Delete)},
		Doc:  "Returns the value of a key and deletes the key.",
		Cost: "O(1)",
		Run:  getDel,
	},
	{
		Name: "getex", Arity: -2, Flags: Write | Fast, Class: ClassString, Group: "string", Since: "6.2.0",
		Keys: []KeySpec{{
			Begin: at(1), Find: span(0, 1), Flags: RW | Access | Update,
			Notes: "RW and UPDATE because it changes the TTL",
		}},
		Doc:  "Returns the value of a key and gives the key a time to live, or takes it away.",
		Cost: "O(1)",
		Run:  getEx,
	},
	{
		Name: "getrange", Arity: 4, Flags: ReadOnly, Class: ClassString, Group: "string", Since: "2.4.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns a part of the value of a key.",
		Cost: "O(N) where N is the number of bytes returned.",
		Run:  getRange,
	},
	{
		Name: "getset", Arity: 3, Flags: Write | DenyOOM | Fast, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Sets a key to a value and returns the value before.",
		Cost: "O(1)",
		Old:  &Deprecation{"6.2.0", "`SET` with the `GET` argument"},
		Run:  getSet,
	},
	{
		Name: "incr", Arity: 2, Flags: Write | DenyOOM | Fast, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Adds one to the integer value of a key.",
		Cost: "O(1)",
		Run:  incr,
	},
	{
		Name: "incrby", Arity: 3, Flags: Write | DenyOOM | Fast, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Adds a number to the integer value of a key.",
		Cost: "O(1)",
		Run:  incrBy,
	},
	{
		Name: "incrbyfloat", Arity: 3, Flags: Write | DenyOOM | Fast, Class: ClassString, Group: "string", Since: "2.6.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Adds a number to the floating-point value of a key.",
		Cost: "O(1)",
		Run:  incrByFloat,
	},
	{
		Name: "lcs", Arity: -3, Flags: ReadOnly, Class: ClassString, Group: "string", Since: "7.0.0",
		Keys: []KeySpec{{Begin: at(1), Find: span(1, 1), Flags: RO | Access}},
		Doc:  "Returns the longest common subsequence of the values of two keys.",
		Cost: "O(N*M) where N and M are the lengths of the values.",
		Run:  lcs,
	},
	{
		Name: "mget", Arity: -2, Flags: ReadOnly | Fast, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{keysFrom(1, 1, RO|Access)},
		Tips: []string{tipMultiShard},
		Doc:  "Returns the values of several keys.",
		Cost: "O(N) where N is the number of keys.",
		Run:  mget,
	},
	{
		Name: "mset", Arity: -3, Flags: Write | DenyOOM, Class: ClassString, Group: "string", Since: "1.0.1",
		Keys: []KeySpec{keysFrom(1, 2, OW|Update)},
		Tips: []string{tipMultiShard, tipAllSucceeded},
		Doc:  "Sets several keys to values.",
		Cost: "O(N) where N is the number of keys.",
		Run:  mset,
	},
	{
		Name: "msetex", Arity: -4, Flags: Write | DenyOOM, Class: ClassString, Group: "string", Since: "8.4.0",
		Keys: []KeySpec{{Begin: at(1), Find: counted(2), Flags: OW | Update}},
		Tips: []string{tipMultiShard, tipAllSucceeded},
		Doc:  "Sets several keys to values with one time to live, if all or none of them exist.",
		Cost: "O(N) where N is the number of keys.",
		Run:  msetEx,
	},
	{
		Name: "msetnx", Arity: -3, Flags: Write | DenyOOM, Class: ClassString, Group: "string", Since: "1.0.1",
		Keys: []KeySpec{keysFrom(1, 2, OW|Insert)},
		Tips: []string{tipMultiShard, tipAggMin},
		Doc:  "Sets several keys to values if none of the keys exists.",
		Cost: "O(N) where N is the number of keys.",
		Run:  msetNX,
	},
	{
		Name: "psetex", Arity: 4, Flags: Write | DenyOOM, Class: ClassString, Group: "string", Since: "2.6.0",
		Keys: []KeySpec{key(1, OW|Update)},
		Doc:  "Sets a key to a value with a time to live in milliseconds.",
		Cost: "O(1)",
		Old:  &Deprecation{"2.6.12", "`SET` with the `PX` argument"},
		Run:  psetEx,
	},
	{
		Name: "set", Arity: -3, Flags: Write | DenyOOM, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{{
			Begin: at(1), Find: span(0, 1), Flags: RW | Access | Update | VariableFlags,
			Notes: "RW and ACCESS due to the optional `GET` argument",
		}},
		Doc:  "Sets a key to a value, whatever its type was, under a condition or with a time to live.",
		Cost: "O(1), for IFDEQ and IFDNE O(N) where N is the length of the old value.",
		History: []Change{
			{"2.6.12", "Takes `EX`, `PX`, `NX` and `XX`."},
			{"6.0.0", "Takes `KEEPTTL`."},
			{"6.2.0", "Takes `GET`, `EXAT` and `PXAT`."},
			{"7.0.0", "Takes `NX` together with `GET`."},
			{"8.4.0", "Takes `IFEQ`, `IFNE`, `IFDEQ` and `IFDNE`."},
		},
		Run:    set,
		Locate: locateSet,
	},
	{
		Name: "setex", Arity: 4, Flags: Write | DenyOOM, Class: ClassString, Group: "string", Since: "2.0.0",
		Keys: []KeySpec{key(1, OW|Update)},
		Doc:  "Sets a key to a value with a time to live in seconds.",
		Cost: "O(1)",
		Old:  &Deprecation{"2.6.12", "`SET` with the `EX` argument"},
		Run:  setEx,
	},
	{
		Name: "setnx", Arity: 3, Flags: Write | DenyOOM | Fast, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{key(1, OW|Insert)},
		Doc:  "Sets a key to a value if the key does not exist.",
		Cost: "O(1)",
		Old:  &Deprecation{"2.6.12", "`SET` with the `NX` argument"},
		Run:  setNX,
	},
	{
		Name: "setrange", Arity: 4, Flags: Write | DenyOOM, Class: ClassString, Group: "string", Since: "2.2.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Overwrites a part of the value of a key, which is created or extended if need be.",
		Cost: "O(N) where N is the number of bytes written, amortized.",
		Run:  setRange,
	},
	{
		Name: "strlen", Arity: 2, Flags: ReadOnly | Fast, Class: ClassString, Group: "string", Since: "2.2.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Returns the length of the value of a key.",
		Cost: "O(1)",
		Run:  strLen,
	},
	{
		Name: "substr", Arity: 4, Flags: ReadOnly, Class: ClassString, Group: "string", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns a part of the value of a key.",
		Cost: "O(N) where N is the number of bytes returned.",
		Old:  &Deprecation{"2.0.0", "`GETRANGE`"},
		Run:  getRange,
	},
}

// Errors of string commands that only the wire form can have.
const (
	errNumKeys      = Error("ERR invalid numkeys value")
	errPairs        = Error("ERR wrong number of key-value pairs")
	errDelExType    = Error("ERR Key should be of string type if conditions are specified")
	errDelExWord    = Error("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE")
	errLCSLenAndIdx = Error("ERR If you want both the length and indexes, please just use IDX.")
)

func appendValue(c *Call) error { return c.count(c.DB.Append(c.Args[1], c.Args[2])) }

func strLen(c *Call) error { return c.count(c.DB.StrLen(c.Args[1])) }

func get(c *Call) error { return c.optional(c.DB.Get(c.Args[1])) }

func getDel(c *Call) error { return c.optional(c.DB.GetDel(c.Args[1])) }

func digest(c *Call) error { return c.optional(c.DB.Digest(c.Args[1])) }

func incr(c *Call) error { return c.int(c.DB.Incr(c.Args[1])) }

func decr(c *Call) error { return c.int(c.DB.Decr(c.Args[1])) }

func incrBy(c *Call) error {
	n, err := integer(c.Args[2])
	if err != nil {
		return err
	}
	return c.int(c.DB.IncrBy(c.Args[1], n))
}

func decrBy(c *Call) error {
	n, err := integer(c.Args[2])
	if err != nil {
		return err
	}
	return c.int(c.DB.DecrBy(c.Args[1], n))
}

// incrByFloat replies a bulk even in RESP3: its digits are more than a double
// has.
func incrByFloat(c *Call) error { return c.bulk(c.DB.IncrByDecimal(c.Args[1], c.Args[2])) }

func getRange(c *Call) error {
	start, end, err := integers(c.Args[2], c.Args[3])
	if err != nil {
		return err
	}
	return c.bulk(c.DB.GetRange(c.Args[1], start, end))
}

func setRange(c *Call) error {
	offset, err := integer(c.Args[2])
	if err != nil {
		return err
	}
	return c.count(c.DB.SetRange(c.Args[1], offset, c.Args[3]))
}

func set(c *Call) error {
	key, value := c.Args[1], c.Args[2]
	if len(c.Args) == 3 {
		return c.ok(c.DB.Set(key, value))
	}
	o, err := parseStringOptions(c.Args[3:], optNX|optXX|optCompare|optGet|optTimed|optKeepTTL)
	if err != nil {
		return err
	}
	expire, err := o.expiry(c)
	if err == nil {
		err = c.checkDigest(&o)
	}
	if err != nil {
		return err
	}
	result, err := c.DB.SetWith(key, value, nook.SetOptions{If: o.condition(), Expire: expire, Get: o.get})
	switch {
	case err != nil:
		return err
	case o.get:
		return c.optional(result.Old, result.Existed, nil)
	case result.Set:
		c.Out.OK()
	default:
		c.Out.Null()
	}
	return nil
}

// digestLen is the length of what DIGEST returns.
const digestLen = 16

// checkDigest looks for a digest that has not the length of one. That is an
// error only if there is a value to compare it with; without one, the
// condition is replaced by what it comes to.
func (c *Call) checkDigest(o *stringOptions) error {
	if o.compare&(optIfDeq|optIfDne) == 0 || len(o.operand) == digestLen {
		return nil
	}
	_, ok, err := c.DB.Get(c.Args[1])
	switch {
	case err != nil:
		return err
	case ok:
		return nook.ErrDigest
	case o.compare == optIfDeq:
		o.compare = optXX
	default:
		o.compare = optNX
	}
	return nil
}

func setNX(c *Call) error {
	r, err := c.DB.SetWith(c.Args[1], c.Args[2], nook.SetOptions{If: nook.IfAbsent()})
	return c.flag(r.Set, err)
}

func setEx(c *Call) error { return c.setTimed(inSeconds | fromNow) }

func psetEx(c *Call) error { return c.setTimed(fromNow) }

func (c *Call) setTimed(t timing) error {
	expire, err := c.expireAt(c.Args[2], t)
	if err != nil {
		return err
	}
	_, err = c.DB.SetWith(c.Args[1], c.Args[3], nook.SetOptions{Expire: expire})
	return c.ok(err)
}

func getSet(c *Call) error {
	r, err := c.DB.SetWith(c.Args[1], c.Args[2], nook.SetOptions{Get: true})
	return c.optional(r.Old, r.Existed, err)
}

// getEx looks at the key before it looks at the time, which is wrong without
// harm if there is no such key.
func getEx(c *Call) error {
	o, err := parseStringOptions(c.Args[2:], optTimed|optPersist)
	if err != nil {
		return err
	}
	expire, wrong := o.expiry(c)
	if wrong == nil {
		return c.optional(c.DB.GetEx(c.Args[1], expire))
	}
	_, ok, err := c.DB.Get(c.Args[1])
	if err == nil && ok {
		err = wrong
	}
	return c.optional("", false, err)
}

func mget(c *Call) error { return c.optionals(c.DB.MGet(c.Args[1:]...)) }

func mset(c *Call) error {
	pairs, err := c.pairs()
	if err != nil {
		return err
	}
	return c.ok(c.DB.MSet(pairs...))
}

func msetNX(c *Call) error {
	pairs, err := c.pairs()
	if err != nil {
		return err
	}
	return c.flag(c.DB.MSetNX(pairs...))
}

// pairs returns the arguments as keys and values.
func (c *Call) pairs() ([]nook.Pair, error) {
	if len(c.Args)%2 == 0 {
		return nil, c.Row.arityError()
	}
	return pairsOf(c.Args[1:]), nil
}

func pairsOf(args []string) []nook.Pair {
	pairs := make([]nook.Pair, len(args)/2)
	for i := range pairs {
		pairs[i] = nook.Pair{Key: args[2*i], Value: args[2*i+1]}
	}
	return pairs
}

func msetEx(c *Call) error {
	n, ok := number.ParseInt(c.Args[1])
	switch {
	case !ok || n < 1 || n > math.MaxInt32:
		return errNumKeys
	case int(n) > (len(c.Args)-2)/2:
		return errPairs
	}
	pairs, options := c.Args[2:2+2*n], c.Args[2+2*n:]
	o, err := parseStringOptions(options, optNX|optXX|optTimed|optKeepTTL)
	if err != nil {
		return err
	}
	expire, err := o.expiry(c)
	if err != nil {
		return err
	}
	return c.flag(c.DB.MSetWith(nook.MSetOptions{If: o.condition(), Expire: expire}, pairsOf(pairs)...))
}

func delEx(c *Call) error {
	switch len(c.Args) {
	case 2:
		return c.count(c.DB.Del(c.Args[1]))
	case 4:
		return c.delIf(stringOptions{compare: optionOf(c.Args[2]) & optCompare, operand: c.Args[3]})
	default:
		return c.Row.arityError()
	}
}

// delIf is DELEX with a condition. A wrong condition matters only to a key that
// holds a string.
func (c *Call) delIf(o stringOptions) error {
	key, deleted := c.Args[1], false
	err := c.checkDigest(&o)
	if err == nil && o.compare == 0 {
		_, found, wrong := c.DB.Get(key)
		if err = wrong; found {
			err = errDelExWord
		}
	} else if err == nil {
		deleted, err = c.DB.DelEx(key, o.condition())
	}
	if err == nook.ErrWrongType {
		err = errDelExType
	}
	return c.flag(deleted, err)
}

// lcsOptions are the options of LCS.
type lcsOptions struct {
	len, idx, withMatchLen bool
	minMatchLen            int64
}

// lcs looks at the types of the keys before it looks at the options.
func lcs(c *Call) error {
	a, b := c.Args[1], c.Args[2]
	o, err := parseLCS(c.Args[3:])
	if err != nil {
		first, second := c.maybeString(a), c.maybeString(b) // both are looked at
		if !first || !second {
			err = nook.ErrLCSType
		}
		return err
	}
	switch {
	case o.idx:
		result, err := c.DB.LCSIdx(a, b, int(o.minMatchLen))
		return c.matches(result, o.withMatchLen, err)
	case o.len:
		return c.count(c.DB.LCSLen(a, b))
	default:
		return c.bulk(c.DB.LCS(a, b))
	}
}

func parseLCS(args []string) (o lcsOptions, err error) {
	for i := 0; i < len(args); i++ {
		switch {
		case is(args[i], "idx"):
			o.idx = true
		case is(args[i], "len"):
			o.len = true
		case is(args[i], "withmatchlen"):
			o.withMatchLen = true
		case is(args[i], "minmatchlen") && i+1 < len(args):
			i++
			if o.minMatchLen, err = integer(args[i]); err != nil {
				return o, err
			}
		default:
			return o, nook.ErrSyntax
		}
	}
	if o.len && o.idx {
		return o, errLCSLenAndIdx
	}
	return o, nil
}

// maybeString reports whether a key holds a string or does not exist.
func (c *Call) maybeString(key string) bool {
	_, _, err := c.DB.Get(key)
	return err != nook.ErrWrongType
}

// matches replies the result of LCS with IDX.
func (c *Call) matches(r nook.LCSResult, withLen bool, err error) error {
	if err != nil {
		return err
	}
	c.Out.Map(2)
	c.Out.Bulk("matches")
	c.Out.Array(len(r.Matches))
	for _, m := range r.Matches {
		if withLen {
			c.Out.Array(3)
		} else {
			c.Out.Array(2)
		}
		c.span(m.A)
		c.span(m.B)
		if withLen {
			c.Out.Int(int64(m.Len))
		}
	}
	c.Out.Bulk("len")
	c.Out.Int(int64(r.Len))
	return nil
}

func (c *Call) span(s nook.Span) {
	c.Out.Array(2)
	c.Out.Int(int64(s.Start))
	c.Out.Int(int64(s.End))
}

// locateSet finds what SET does with its key: GET reads it, and a comparison
// makes the outcome depend on it.
func locateSet(args []string, dst []KeyRef) ([]KeyRef, bool) {
	f := OW | Update
	for i := 3; i < len(args); i++ {
		switch o := optionOf(args[i]); {
		case o == optGet:
			f = f&^OW | RW | Access
		case o&optCompare != 0:
			f = f&^OW | RW
		}
	}
	return append(dst, KeyRef{1, f}), true
}

// locateDelEx finds what DELEX does with its key: a comparison makes the
// outcome depend on it.
func locateDelEx(args []string, dst []KeyRef) ([]KeyRef, bool) {
	f := RM | Delete
	for i := 2; i < len(args); i++ {
		if optionOf(args[i])&optCompare != 0 {
			f = RW | Delete
		}
	}
	return append(dst, KeyRef{1, f}), true
}

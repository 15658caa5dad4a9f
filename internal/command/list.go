package command

import (
	"context"
	"math"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var listRows = []*Row{
	{
		Name: "blmove", Arity: 6, Flags: Write | DenyOOM | NoScript | Blocking, Class: ClassList, Group: "list", Since: "6.2.0",
		Keys: []KeySpec{key(1, RW|Access|Delete), key(2, RW|Insert)},
		Doc:  "Moves an element from an end of one list to an end of another and returns it; waits for one if there is none.",
		Cost: "O(1)",
		Run:  blmove,
	},
	{
		Name: "blmpop", Arity: -5, Flags: Write | Blocking, Class: ClassList, Group: "list", Since: "7.0.0",
		Keys: []KeySpec{{Begin: at(2), Find: counted(1), Flags: RW | Access | Delete}},
		Doc:  "Removes and returns elements from an end of the first list that is not empty; waits if there is none.",
		Cost: "O(N+M) where N is the number of keys and M that of elements returned.",
		Run:  blmpop,
	},
	{
		Name: "blpop", Arity: -3, Flags: Write | NoScript | Blocking, Class: ClassList, Group: "list", Since: "2.0.0",
		Keys:    []KeySpec{{Begin: at(1), Find: span(-2, 1), Flags: RW | Access | Delete}},
		Doc:     "Removes and returns the first element of the first list that is not empty; waits if there is none.",
		Cost:    "O(N) where N is the number of keys.",
		History: []Change{{"6.0.0", "Takes parts of a second."}},
		Run:     blpop,
	},
	{
		Name: "brpop", Arity: -3, Flags: Write | NoScript | Blocking, Class: ClassList, Group: "list", Since: "2.0.0",
		Keys:    []KeySpec{{Begin: at(1), Find: span(-2, 1), Flags: RW | Access | Delete}},
		Doc:     "Removes and returns the last element of the first list that is not empty; waits if there is none.",
		Cost:    "O(N) where N is the number of keys.",
		History: []Change{{"6.0.0", "Takes parts of a second."}},
		Run:     brpop,
	},
	{
		Name: "brpoplpush", Arity: 4, Flags: Write | DenyOOM | NoScript | Blocking, Class: ClassList, Group: "list", Since: "2.2.0",
		Keys:    []KeySpec{key(1, RW|Access|Delete), key(2, RW|Insert)},
		Doc:     "Moves the last element of one list to the left of another and returns it; waits for one if there is none.",
		Cost:    "O(1)",
		Old:     &Deprecation{"6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments"},
		History: []Change{{"6.0.0", "Takes parts of a second."}},
		Run:     brpoplpush,
	},
	{
		Name: "lindex", Arity: 3, Flags: ReadOnly, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the element of a list that has an index.",
		Cost: "O(1) near the ends, else O(N) where N is the length of the list divided by that of its nodes.",
		Run:  lindex,
	},
	{
		Name: "linsert", Arity: 5, Flags: Write | DenyOOM, Class: ClassList, Group: "list", Since: "2.2.0",
		Keys: []KeySpec{key(1, RW|Insert)},
		Doc:  "Inserts an element into a list before or after another one.",
		Cost: "O(N) where N is the number of elements up to the other one.",
		Run:  linsert,
	},
	{
		Name: "llen", Arity: 2, Flags: ReadOnly | Fast, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Returns the length of a list.",
		Cost: "O(1)",
		Run:  llen,
	},
	{
		Name: "lmove", Arity: 5, Flags: Write | DenyOOM, Class: ClassList, Group: "list", Since: "6.2.0",
		Keys: []KeySpec{key(1, RW|Access|Delete), key(2, RW|Insert)},
		Doc:  "Moves an element from an end of one list to an end of another and returns it.",
		Cost: "O(1)",
		Run:  lmove,
	},
	{
		Name: "lmpop", Arity: -4, Flags: Write, Class: ClassList, Group: "list", Since: "7.0.0",
		Keys: []KeySpec{{Begin: at(1), Find: counted(1), Flags: RW | Access | Delete}},
		Doc:  "Removes and returns elements from an end of the first list that is not empty.",
		Cost: "O(N+M) where N is the number of keys and M that of elements returned.",
		Run:  lmpop,
	},
	{
		Name: "lpop", Arity: -2, Flags: Write | Fast, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Access|Delete)},
		Doc:     "Removes and returns the first elements of a list.",
		Cost:    "O(N) where N is the number of elements returned.",
		History: []Change{{"6.2.0", "Takes a count."}},
		Run:     lpop,
	},
	{
		Name: "lpos", Arity: -3, Flags: ReadOnly, Class: ClassList, Group: "list", Since: "6.0.6",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the indexes of the elements of a list that are equal to a value.",
		Cost: "O(N) where N is the number of elements looked at.",
		Run:  lpos,
	},
	{
		Name: "lpush", Arity: -3, Flags: Write | DenyOOM | Fast, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Insert)},
		Doc:     "Adds elements at the left of a list, which is created if it does not exist.",
		Cost:    "O(N) where N is the number of elements added.",
		History: []Change{{"2.4.0", "Takes several elements."}},
		Run:     lpush,
	},
	{
		Name: "lpushx", Arity: -3, Flags: Write | DenyOOM | Fast, Class: ClassList, Group: "list", Since: "2.2.0",
		Keys:    []KeySpec{key(1, RW|Insert)},
		Doc:     "Adds elements at the left of a list if it exists.",
		Cost:    "O(N) where N is the number of elements added.",
		History: []Change{{"4.0.0", "Takes several elements."}},
		Run:     lpushx,
	},
	{
		Name: "lrange", Arity: 4, Flags: ReadOnly, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the elements of a list within a range of indexes.",
		Cost: "O(S+N) where S is the cost of LINDEX for the first and N the number of elements returned.",
		Run:  lrange,
	},
	{
		Name: "lrem", Arity: 4, Flags: Write, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Delete)},
		Doc:  "Removes elements that are equal to a value from a list.",
		Cost: "O(N) where N is the length of the list.",
		Run:  lrem,
	},
	{
		Name: "lset", Arity: 4, Flags: Write | DenyOOM, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Changes the element of a list that has an index.",
		Cost: "O(1) near the ends, else O(N) where N is the length of the list divided by that of its nodes.",
		Run:  lset,
	},
	{
		Name: "ltrim", Arity: 4, Flags: Write, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Delete)},
		Doc:  "Removes all elements of a list that are not within a range of indexes.",
		Cost: "O(N) where N is the number of elements removed.",
		Run:  ltrim,
	},
	{
		Name: "rpop", Arity: -2, Flags: Write | Fast, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Access|Delete)},
		Doc:     "Removes and returns the last elements of a list.",
		Cost:    "O(N) where N is the number of elements returned.",
		History: []Change{{"6.2.0", "Takes a count."}},
		Run:     rpop,
	},
	{
		Name: "rpoplpush", Arity: 3, Flags: Write | DenyOOM, Class: ClassList, Group: "list", Since: "1.2.0",
		Keys: []KeySpec{key(1, RW|Access|Delete), key(2, RW|Insert)},
		Doc:  "Moves the last element of one list to the left of another and returns it.",
		Cost: "O(1)",
		Old:  &Deprecation{"6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments"},
		Run:  rpoplpush,
	},
	{
		Name: "rpush", Arity: -3, Flags: Write | DenyOOM | Fast, Class: ClassList, Group: "list", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Insert)},
		Doc:     "Adds elements at the right of a list, which is created if it does not exist.",
		Cost:    "O(N) where N is the number of elements added.",
		History: []Change{{"2.4.0", "Takes several elements."}},
		Run:     rpush,
	},
	{
		Name: "rpushx", Arity: -3, Flags: Write | DenyOOM | Fast, Class: ClassList, Group: "list", Since: "2.2.0",
		Keys:    []KeySpec{key(1, RW|Insert)},
		Doc:     "Adds elements at the right of a list if it exists.",
		Cost:    "O(N) where N is the number of elements added.",
		History: []Change{{"4.0.0", "Takes several elements."}},
		Run:     rpushx,
	},
}

// Errors of list commands that only the wire form can have.
const (
	errNumKeysNotPositive = Error("ERR numkeys should be greater than 0")
	errRankZero           = Error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list")
	errCountNegative      = Error("ERR COUNT can't be negative")
)

func lpush(c *Call) error { return c.count(c.DB.LPush(c.Args[1], c.Args[2:]...)) }

func rpush(c *Call) error { return c.count(c.DB.RPush(c.Args[1], c.Args[2:]...)) }

func lpushx(c *Call) error { return c.count(c.DB.LPushX(c.Args[1], c.Args[2:]...)) }

func rpushx(c *Call) error { return c.count(c.DB.RPushX(c.Args[1], c.Args[2:]...)) }

func llen(c *Call) error { return c.count(c.DB.LLen(c.Args[1])) }

func lpop(c *Call) error {
	if len(c.Args) == 2 {
		return c.optional(c.DB.LPop(c.Args[1]))
	}
	return c.popSome(c.DB.LPopCount)
}

func rpop(c *Call) error {
	if len(c.Args) == 2 {
		return c.optional(c.DB.RPop(c.Args[1]))
	}
	return c.popSome(c.DB.RPopCount)
}

// popSome is LPOP or RPOP with a count.
func (c *Call) popSome(pop func(key string, n int) ([]string, bool, error)) error {
	if len(c.Args) > 3 {
		return c.Row.arityError()
	}
	n, ok := number.ParseInt(c.Args[2])
	if !ok {
		return nook.ErrNotPositive
	}
	popped, ok, err := pop(c.Args[1], int(n))
	return c.optionalList(popped, ok, err)
}

// optionalList replies an array of strings, or a null array if there is none.
func (c *Call) optionalList(items []string, ok bool, err error) error {
	if err == nil && !ok {
		c.Out.NullArray()
		return nil
	}
	return c.list(items, err)
}

// lindex looks at the key before it looks at the index.
func lindex(c *Call) error {
	index, wrong := integer(c.Args[2])
	if wrong == nil {
		return c.optional(c.DB.LIndex(c.Args[1], index))
	}
	n, err := c.DB.LLen(c.Args[1])
	if err == nil && n > 0 {
		err = wrong
	}
	return c.optional("", false, err)
}

// lset looks at the key before it looks at the index.
func lset(c *Call) error {
	index, wrong := integer(c.Args[2])
	if wrong == nil {
		return c.ok(c.DB.LSet(c.Args[1], index, c.Args[3]))
	}
	if !c.hasKey() {
		return nook.ErrNoSuchKey
	}
	_, err := c.DB.LLen(c.Args[1])
	return errorOr(err, wrong)
}

func linsert(c *Call) error {
	var where nook.Where
	switch {
	case is(c.Args[2], "before"):
		where = nook.Before
	case is(c.Args[2], "after"):
		where = nook.After
	default:
		return nook.ErrSyntax
	}
	n, ok, err := c.DB.LInsert(c.Args[1], where, c.Args[3], c.Args[4])
	if !ok && n > 0 {
		n = -1
	}
	return c.count(n, err)
}

func lrange(c *Call) error {
	start, stop, err := integers(c.Args[2], c.Args[3])
	if err != nil {
		return err
	}
	return c.list(c.DB.LRange(c.Args[1], start, stop))
}

func ltrim(c *Call) error {
	start, stop, err := integers(c.Args[2], c.Args[3])
	if err != nil {
		return err
	}
	return c.ok(c.DB.LTrim(c.Args[1], start, stop))
}

func lrem(c *Call) error {
	n, err := integer(c.Args[2])
	if err != nil {
		return err
	}
	return c.count(c.DB.LRem(c.Args[1], n, c.Args[3]))
}

func lpos(c *Call) error {
	o, one, err := parseLPos(c.Args[3:])
	if err != nil {
		return err
	}
	found, err := c.DB.LPosWith(c.Args[1], c.Args[2], o)
	switch {
	case err != nil:
		return err
	case one && len(found) == 0:
		c.Out.Null()
	case one:
		c.Out.Int(int64(found[0]))
	default:
		c.Out.Array(len(found))
		for _, i := range found {
			c.Out.Int(int64(i))
		}
	}
	return nil
}

// parseLPos reads the options of LPOS. Without COUNT there is one match, which is
// the reply, and not an array with it.
func parseLPos(args []string) (o nook.LPosOptions, one bool, err error) {
	one = true
	for i := 0; i < len(args); i += 2 {
		switch {
		case i+1 == len(args):
			err = nook.ErrSyntax
		case is(args[i], "rank"):
			o.Rank, err = rankArg(args[i+1])
		case is(args[i], "count"):
			o.Count, err = notNegative(args[i+1], errCountNegative)
			one = false
			if o.Count == 0 {
				o.Count = -1 // all
			}
		case is(args[i], "maxlen"):
			o.MaxLen, err = notNegative(args[i+1], nook.ErrMaxLen)
		default:
			err = nook.ErrSyntax
		}
		if err != nil {
			return o, one, err
		}
	}
	return o, one, nil
}

// rankArg reads RANK. The lowest integer, which has no positive counterpart, is in C one that all matches
// come after.
func rankArg(arg string) (int, error) {
	n, err := integer(arg)
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, errRankZero
	case n == math.MinInt64:
		return -1, nil
	}
	return int(n), nil
}

// notNegative reads an integer from 0 on, or fails with wrong.
func notNegative(arg string, wrong error) (int, error) {
	n, ok := number.ParseInt(arg)
	if !ok || n < 0 {
		return 0, wrong
	}
	return int(n), nil
}

// side reads LEFT or RIGHT.
func side(arg string) (nook.Side, error) {
	switch {
	case is(arg, "left"):
		return nook.Left, nil
	case is(arg, "right"):
		return nook.Right, nil
	default:
		return 0, nook.ErrSyntax
	}
}

// sides reads two of them.
func sides(a, b string) (from, to nook.Side, err error) {
	if from, err = side(a); err == nil {
		to, err = side(b)
	}
	return from, to, err
}

func lmove(c *Call) error {
	from, to, err := sides(c.Args[3], c.Args[4])
	if err != nil {
		return err
	}
	return c.optional(c.DB.LMove(c.Args[1], c.Args[2], from, to))
}

func rpoplpush(c *Call) error { return c.optional(c.DB.RPopLPush(c.Args[1], c.Args[2])) }

func lmpop(c *Call) error {
	o, err := parseLMPop(c.Args[1:])
	if err != nil {
		return err
	}
	popped, ok, err := c.DB.LMPop(o.from, o.count, o.keys...)
	return c.popped(popped, ok, err)
}

// popped replies a key with the elements that were removed, or null.
func (c *Call) popped(p nook.KeyValues, ok bool, err error) error {
	switch {
	case err != nil:
		return err
	case !ok:
		c.Out.NullArray()
		return nil
	}
	c.Out.Array(2)
	c.Out.Bulk(p.Key)
	return c.list(p.Values, nil)
}

// lmpopArgs are the arguments of LMPOP.
type lmpopArgs struct {
	keys  []string
	from  nook.Side
	count int
}

// parseLMPop reads "numkeys key ... LEFT|RIGHT [COUNT count]".
func parseLMPop(args []string) (o lmpopArgs, err error) {
	n, ok := number.ParseInt(args[0])
	switch {
	case !ok || n < 1:
		return o, errNumKeysNotPositive
	case n > int64(len(args)-2):
		return o, nook.ErrSyntax
	}
	o.keys, args = args[1:1+n], args[1+n:]
	if o.from, err = side(args[0]); err != nil {
		return o, err
	}
	for i := 1; i < len(args); i += 2 {
		if o.count != 0 || !is(args[i], "count") || i+1 == len(args) {
			return o, nook.ErrSyntax
		}
		count, ok := number.ParseInt(args[i+1])
		if !ok || count < 1 {
			return o, nook.ErrPopCount
		}
		o.count = int(count)
	}
	o.count = max(o.count, 1)
	return o, nil
}

func blpop(c *Call) error { return c.awaitPop(c.DB.BLPop) }

func brpop(c *Call) error { return c.awaitPop(c.DB.BRPop) }

// awaitPop is BLPOP or BRPOP.
func (c *Call) awaitPop(pop func(ctx context.Context, timeout time.Duration, keys ...string) (nook.Pair, bool, error)) error {
	last := len(c.Args) - 1
	patience, err := timeout(c.Args[last])
	if err != nil {
		return err
	}
	var p nook.Pair
	var ok bool
	err = c.wait(func(ctx context.Context) (err error) {
		p, ok, err = pop(ctx, patience, c.Args[1:last]...)
		return err
	})
	switch {
	case err != nil:
		return err
	case ok:
		return c.list([]string{p.Key, p.Value}, nil)
	default:
		c.Out.NullArray()
		return nil
	}
}

func blmove(c *Call) error {
	from, to, err := sides(c.Args[3], c.Args[4])
	if err != nil {
		return err
	}
	return c.awaitMove(from, to, c.Args[5])
}

func brpoplpush(c *Call) error { return c.awaitMove(nook.Right, nook.Left, c.Args[3]) }

// awaitMove is BLMOVE or BRPOPLPUSH. Nothing is a null, but after having waited it is a null
// array.
func (c *Call) awaitMove(from, to nook.Side, limit string) error {
	patience, err := timeout(limit)
	if err != nil {
		return err
	}
	var v string
	var ok bool
	var x patient
	err = c.wait(func(ctx context.Context) (err error) {
		x = patient{ctx, false}
		v, ok, err = c.DB.BLMove(&x, patience, c.Args[1], c.Args[2], from, to)
		return err
	})
	if err == nil && !ok && x.waited {
		c.Out.NullArray()
		return nil
	}
	return c.optional(v, ok, err)
}

// patient is a context that notes whether anybody has waited for its end.
type patient struct {
	context.Context
	waited bool
}

// Done returns what is closed when the context ends.
func (p *patient) Done() <-chan struct{} {
	p.waited = true
	return p.Context.Done()
}

func blmpop(c *Call) error {
	o, err := parseLMPop(c.Args[2:])
	if err != nil {
		return err
	}
	patience, err := timeout(c.Args[1])
	if err != nil {
		return err
	}
	var p nook.KeyValues
	var ok bool
	err = c.wait(func(ctx context.Context) (err error) {
		p, ok, err = c.DB.BLMPop(ctx, patience, o.from, o.count, o.keys...)
		return err
	})
	return c.popped(p, ok, err)
}

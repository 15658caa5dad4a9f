package command

import (
	"time"

	"github.com/nookdb/nook"
)

var ttlRows = []*Row{
	{
		Name: "expire", Arity: -3, Flags: Write | Fast, Class: ClassKeyspace, Group: "generic", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Update)},
		Doc:     "Gives a key a time to live in seconds.",
		Cost:    "O(1)",
		History: expireHistory,
		Run:     expire,
	},
	{
		Name: "expireat", Arity: -3, Flags: Write | Fast, Class: ClassKeyspace, Group: "generic", Since: "1.2.0",
		Keys:    []KeySpec{key(1, RW|Update)},
		Doc:     "Gives a key a deadline as a Unix time in seconds.",
		Cost:    "O(1)",
		History: expireHistory,
		Run:     expireAt,
	},
	{
		Name: "expiretime", Arity: 2, Flags: ReadOnly | Fast, Class: ClassKeyspace, Group: "generic", Since: "7.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the deadline of a key as a Unix time in seconds.",
		Cost: "O(1)",
		Run:  expireTime,
	},
	{
		Name: "persist", Arity: 2, Flags: Write | Fast, Class: ClassKeyspace, Group: "generic", Since: "2.2.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Takes the deadline of a key away.",
		Cost: "O(1)",
		Run:  persist,
	},
	{
		Name: "pexpire", Arity: -3, Flags: Write | Fast, Class: ClassKeyspace, Group: "generic", Since: "2.6.0",
		Keys:    []KeySpec{key(1, RW|Update)},
		Doc:     "Gives a key a time to live in milliseconds.",
		Cost:    "O(1)",
		History: expireHistory,
		Run:     pexpire,
	},
	{
		Name: "pexpireat", Arity: -3, Flags: Write | Fast, Class: ClassKeyspace, Group: "generic", Since: "2.6.0",
		Keys:    []KeySpec{key(1, RW|Update)},
		Doc:     "Gives a key a deadline as a Unix time in milliseconds.",
		Cost:    "O(1)",
		History: expireHistory,
		Run:     pexpireAt,
	},
	{
		Name: "pexpiretime", Arity: 2, Flags: ReadOnly | Fast, Class: ClassKeyspace, Group: "generic", Since: "7.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the deadline of a key as a Unix time in milliseconds.",
		Cost: "O(1)",
		Run:  pexpireTime,
	},
	{
		Name: "pttl", Arity: 2, Flags: ReadOnly | Fast, Class: ClassKeyspace, Group: "generic", Since: "2.6.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Tips:    []string{tipRandom},
		Doc:     "Returns the time to live of a key in milliseconds.",
		Cost:    "O(1)",
		History: ttlHistory,
		Run:     pttl,
	},
	{
		Name: "ttl", Arity: 2, Flags: ReadOnly | Fast, Class: ClassKeyspace, Group: "generic", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Tips:    []string{tipRandom},
		Doc:     "Returns the time to live of a key in seconds.",
		Cost:    "O(1)",
		History: ttlHistory,
		Run:     ttl,
	},
}

var (
	expireHistory = []Change{{"7.0.0", "Takes `NX`, `XX`, `GT` and `LT`."}}
	ttlHistory    = []Change{{"2.8.0", "Replies -2 if there is no such key."}}
)

func persist(c *Call) error { return c.flag(c.DB.Persist(c.Args[1])) }

func expire(c *Call) error { return c.expire(inSeconds | fromNow) }

func pexpire(c *Call) error { return c.expire(fromNow) }

func expireAt(c *Call) error { return c.expire(inSeconds) }

func pexpireAt(c *Call) error { return c.expire(0) }

// expire gives a key a deadline, which may have passed.
func (c *Call) expire(t timing) error {
	x, err := parseExpireCondition(c.Args[3:])
	if err != nil {
		return err
	}
	n, err := integer(c.Args[2])
	if err != nil {
		return err
	}
	deadline, err := c.deadline(n, t)
	if err != nil {
		return err
	}
	return c.flag(c.DB.ExpireAtWith(c.Args[1], time.UnixMilli(deadline), x))
}

// parseExpireCondition reads NX, XX, GT and LT. Which of them go together is
// checked here, because on the wire that comes before the time.
func parseExpireCondition(args []string) (x nook.ExpireCondition, err error) {
	for _, arg := range args {
		switch {
		case is(arg, "nx"):
			x |= nook.ExpireIfNone
		case is(arg, "xx"):
			x |= nook.ExpireIfAny
		case is(arg, "gt"):
			x |= nook.ExpireIfLater
		case is(arg, "lt"):
			x |= nook.ExpireIfSooner
		default:
			return 0, Error("ERR Unsupported option " + cString(arg))
		}
	}
	switch {
	case x&nook.ExpireIfNone != 0 && x != nook.ExpireIfNone:
		return 0, nook.ErrExpireNX
	case x&nook.ExpireIfLater != 0 && x&nook.ExpireIfSooner != 0:
		return 0, nook.ErrExpireGTLT
	}
	return x, nil
}

// What is replied where there is no deadline.
const (
	replyNoTTL = -1
	replyNoKey = -2
)

func ttl(c *Call) error { return c.timeToLive(true) }

func pttl(c *Call) error { return c.timeToLive(false) }

func (c *Call) timeToLive(seconds bool) error {
	deadline, ok, err := c.deadlineOf(c.Args[1])
	if ok {
		deadline = max(deadline-c.DB.Now().UnixMilli(), 0)
	}
	return c.milliseconds(deadline, ok && seconds, err)
}

func expireTime(c *Call) error {
	deadline, ok, err := c.deadlineOf(c.Args[1])
	return c.milliseconds(deadline, ok, err)
}

func pexpireTime(c *Call) error {
	deadline, _, err := c.deadlineOf(c.Args[1])
	return c.milliseconds(deadline, false, err)
}

// deadlineOf returns the deadline of a key in Unix milliseconds, or what to
// reply and false if there is none.
func (c *Call) deadlineOf(key string) (int64, bool, error) {
	t, ok, err := c.DB.ExpireTime(key)
	switch {
	case !ok:
		return replyNoKey, false, err
	case t.IsZero():
		return replyNoTTL, false, err
	default:
		return t.UnixMilli(), true, err
	}
}

// milliseconds replies a time, rounded to seconds if so asked. The sum with the
// half second may need the 64th bit.
func (c *Call) milliseconds(n int64, seconds bool, err error) error {
	if seconds {
		n = int64((uint64(n) + 500) / 1000)
	}
	return c.int(n, err)
}

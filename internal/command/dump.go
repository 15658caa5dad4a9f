package command

import (
	"math"
	"time"

	"github.com/nookdb/nook"
)

var dumpRows = []*Row{
	{
		Name: "dump", Arity: 2, Flags: ReadOnly, Class: ClassKeyspace, Group: "generic", Since: "2.6.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Returns the value of a key in the form that RESTORE takes.",
		Cost: dumpCost,
		Run:  dump,
	},
	{
		Name: "restore", Arity: -4, Flags: Write | DenyOOM, Class: ClassKeyspace | ClassDangerous, Group: "generic", Since: "2.6.0",
		Keys:    []KeySpec{key(1, OW|Update)},
		Doc:     "Makes a key with a value that DUMP has returned.",
		Cost:    dumpCost,
		History: restoreHistory,
		Run:     restore,
	},
	{
		Name: "restore-asking", Arity: -4, Flags: Write | DenyOOM | Asking, Class: ClassKeyspace | ClassDangerous, Group: "server", Since: "3.0.0", System: true,
		Keys:    []KeySpec{key(1, OW|Update)},
		Doc:     "Is RESTORE at a node of a cluster that the key is on its way to.",
		Cost:    dumpCost,
		History: restoreHistory,
		Run:     restore,
	},
}

const dumpCost = "O(N) where N is the size of the value."

var restoreHistory = []Change{
	{"3.0.0", "REPLACE."},
	{"5.0.0", "ABSTTL."},
	{"5.0.0", "IDLETIME and FREQ."},
}

func dump(c *Call) error { return c.optional(c.DB.Dump(c.Args[1])) }

// restore looks for the key before it looks at the time to live, and at that before it looks at the payload.
func restore(c *Call) error {
	o, absolute, err := parseRestore(c.Args[4:])
	if err != nil {
		return err
	}
	key := c.Args[1]
	if o.Expire, err = restoredExpiry(c, absolute); err != nil {
		if _, ok, _ := c.DB.ObjectEncoding(key); ok && !o.Replace { // a look that nobody hears of
			return nook.ErrBusyKey
		}
		return err
	}
	return c.ok(c.DB.RestoreWith(key, c.Args[3], o))
}

// restoredExpiry reads the time to live, in milliseconds or, if absolute, as a Unix time.
func restoredExpiry(c *Call, absolute bool) (nook.Expiry, error) {
	ttl, err := integer(c.Args[2])
	switch {
	case err != nil:
		return nook.Expiry{}, err
	case ttl < 0:
		return nook.Expiry{}, Error("ERR Invalid TTL value, must be >= 0")
	case ttl == 0:
		return nook.Expiry{}, nil
	case !absolute:
		now := c.DB.Now().UnixMilli()
		if ttl > math.MaxInt64-now { // what is beyond all numbers is over, as it is in Redis
			now = 1 - ttl
		}
		ttl += now
	}
	return nook.ExpireAt(time.UnixMilli(ttl)), nil
}

// parseRestore reads the options behind the payload.
func parseRestore(args []string) (o nook.RestoreOptions, absolute bool, err error) {
	idle := false
	for ; len(args) > 0; args = args[1:] {
		more := len(args) > 1
		switch {
		case is(args[0], "replace"):
			o.Replace = true
		case is(args[0], "absttl"):
			absolute = true
		case is(args[0], "idletime") && more && !o.Freq.OK:
			args, idle = args[1:], true
			n, err := integer(args[0])
			switch {
			case err != nil:
				return o, false, err
			case n < 0:
				return o, false, nook.ErrIdleTime
			}
			o.Idle = time.Duration(min(n, math.MaxUint32)) * time.Second
		case is(args[0], "freq") && more && !idle:
			args = args[1:]
			n, err := integer(args[0])
			switch {
			case err != nil:
				return o, false, err
			case n < 0 || n > math.MaxUint8:
				return o, false, nook.ErrFrequency
			}
			o.Freq = nook.OptionalInt{Value: n, OK: true}
		default:
			return o, false, nook.ErrSyntax
		}
	}
	return o, absolute, nil
}

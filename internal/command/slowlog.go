package command

import (
	"time"

	"github.com/nookdb/nook/internal/number"
)

var slowlogRows = []*Row{
	{
		Name: "slowlog", Arity: -2, Group: "server", Since: "2.2.12",
		Doc:  "Container of the commands about commands that took long.",
		Cost: "Depends on the subcommand.",
		Sub: []*Row{
			{
				Name: "get", Usage: "[<count>]", Arity: -2, Flags: Admin | Loading | Stale, Group: "server", Since: "2.2.12",
				Tips:    []string{"request_policy:all_nodes", tipRandom},
				Doc:     "Returns the last commands that took long, the newest first: 10 if not said how many, all for -1.",
				Cost:    "O(N) where N is the number of entries returned.",
				History: []Change{{"4.0.0", "Entries have the address and the name of the client."}},
				Run:     connected(slowlogGet),
			},
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "6.2.0",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
			{
				Name: "len", Arity: 2, Flags: Admin | Loading | Stale, Group: "server", Since: "2.2.12",
				Tips: []string{"request_policy:all_nodes", tipAggSum, tipRandom},
				Doc:  "Counts the entries.",
				Cost: "O(1)",
				Run:  connected(func(c *Call) error { return c.count(c.Conn.SlowLog().Len(), nil) }),
			},
			{
				Name: "reset", Arity: 2, Flags: Admin | Loading | Stale, Group: "server", Since: "2.2.12",
				Tips: []string{"request_policy:all_nodes", tipAllSucceeded},
				Doc:  "Forgets all entries.",
				Cost: "O(1)",
				Run:  connected(slowlogReset),
			},
		},
	},
}

// A SlowLog has the commands that took long.
type SlowLog interface {
	// Len returns how many there are.
	Len() int
	// Entries returns the last ones, the newest first.
	Entries(most int) []SlowEntry
	// Reset forgets them.
	Reset()
}

// A SlowEntry is a command that took long.
type SlowEntry struct {
	ID   int64 // no other ever has it
	At   time.Time
	Took time.Duration
	Args []string // as Abridged returns them
	Addr string   // of the client
	Name string   // of its connection
}

const (
	slowDefault = 10
	slowArgs    = 32
	slowArg     = 128
)

// Abridged returns a copy of arguments, of which the slow log keeps so much that one sees what they were.
func Abridged(args []string) []string {
	list := make([]string, 0, min(len(args), slowArgs))
	for i, arg := range args {
		switch rest := len(args) - i; {
		case len(list) == slowArgs-1 && rest > 1:
			return append(list, "... ("+decimal(rest)+" more arguments)")
		case len(arg) > slowArg:
			list = append(list, arg[:slowArg]+"... ("+decimal(len(arg)-slowArg)+" more bytes)")
		default:
			list = append(list, string([]byte(arg)))
		}
	}
	return list
}

const errSlowCount = Error("ERR count should be greater than or equal to -1")

func slowlogGet(c *Call) error {
	most := int64(slowDefault)
	switch {
	case len(c.Args) > 3:
		return c.misused()
	case len(c.Args) == 3:
		n, ok := number.ParseInt(c.Args[2])
		if !ok || n < -1 {
			return errSlowCount
		}
		most = n
	}
	log := c.Conn.SlowLog()
	if most == -1 {
		most = int64(log.Len())
	}
	entries := log.Entries(int(min(most, int64(log.Len()))))
	c.Out.Array(len(entries))
	for i := range entries {
		entries[i].reply(c)
	}
	return nil
}

func (e *SlowEntry) reply(c *Call) {
	c.Out.Array(6)
	c.Out.Int(e.ID)
	c.Out.Int(e.At.Unix())
	c.Out.Int(e.Took.Microseconds())
	_ = c.list(e.Args, nil) // fails for no other reason
	c.Out.Bulk(e.Addr)
	c.Out.Bulk(e.Name)
}

func slowlogReset(c *Call) error {
	c.Conn.SlowLog().Reset()
	return c.ok(nil)
}

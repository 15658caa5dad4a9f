package command

import "time"

var objectRows = []*Row{
	{
		Name: "object", Arity: -2, Group: "generic", Since: "2.2.3",
		Doc:  "Commands that look at how the value of a key is kept.",
		Cost: "Depends on the subcommand.",
		Sub: []*Row{
			{
				Name: "encoding", Usage: "<key>", Arity: 3, Flags: ReadOnly, Class: ClassKeyspace, Group: "generic",
				Since: "2.2.3",
				Keys:  []KeySpec{key(2, RO)},
				Tips:  []string{tipRandom},
				Doc:   "Returns the encoding of the value of a key.",
				Cost:  "O(1)",
				Run:   objectEncoding,
			},
			{
				Name: "freq", Usage: "<key>", Arity: 3, Flags: ReadOnly, Class: ClassKeyspace, Group: "generic",
				Since: "4.0.0",
				Keys:  []KeySpec{key(2, RO)},
				Tips:  []string{tipRandom},
				Doc:   "Returns how often a key is used, on a logarithmic scale.",
				Cost:  "O(1)",
				Run:   objectFreq,
			},
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Class: ClassKeyspace, Group: "generic", Since: "6.2.0",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
			{
				Name: "idletime", Usage: "<key>", Arity: 3, Flags: ReadOnly, Class: ClassKeyspace, Group: "generic",
				Since: "2.2.3",
				Keys:  []KeySpec{key(2, RO)},
				Tips:  []string{tipRandom},
				Doc:   "Returns how many seconds ago a key was last used.",
				Cost:  "O(1)",
				Run:   objectIdleTime,
			},
			{
				Name: "refcount", Usage: "<key>", Arity: 3, Flags: ReadOnly, Class: ClassKeyspace, Group: "generic",
				Since: "2.2.3",
				Keys:  []KeySpec{key(2, RO)},
				Tips:  []string{tipRandom},
				Doc:   "Returns the number of references to the value of a key.",
				Cost:  "O(1)",
				Run:   objectRefCount,
			},
		},
	},
}

func objectEncoding(c *Call) error { return c.optional(c.DB.ObjectEncoding(c.Args[2])) }

func objectRefCount(c *Call) error { return c.optionalCount(c.DB.ObjectRefCount(c.Args[2])) }

func objectFreq(c *Call) error { return c.optionalCount(c.DB.ObjectFreq(c.Args[2])) }

func objectIdleTime(c *Call) error {
	idle, ok, err := c.DB.ObjectIdleTime(c.Args[2])
	return c.optionalCount(int(idle/time.Second), ok, err)
}

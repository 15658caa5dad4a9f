package command

const bracket = NoScript | Loading | Stale | Fast | AllowBusy

var transactionRows = []*Row{
	{
		Name: "discard", Arity: 1, Flags: bracket, Class: ClassTransaction, Group: "transactions", Since: "2.0.0",
		Doc:  "Drops the queued commands and ends the transaction.",
		Cost: "O(N) where N is the number of queued commands.",
		Run:  connected(discard),
	},
	{
		Name: "exec", Arity: 1, Flags: NoScript | Loading | Stale | SkipSlowlog, Class: ClassTransaction, Group: "transactions", Since: "1.2.0",
		Doc:  "Runs the queued commands as one, unless a watched key has changed.",
		Cost: "Depends on the commands.",
		Run:  connected(exec),
	},
	{
		Name: "multi", Arity: 1, Flags: bracket, Class: ClassTransaction, Group: "transactions", Since: "1.2.0",
		Doc:  "Begins a transaction: commands are queued from here on.",
		Cost: "O(1)",
		Run:  connected(multi),
	},
	{
		Name: "unwatch", Arity: 1, Flags: bracket, Class: ClassTransaction, Group: "transactions", Since: "2.2.0",
		Doc:  "Forgets all watched keys.",
		Cost: "O(N) where N is the number of watched keys.",
		Run:  connected(unwatch),
	},
	{
		Name: "watch", Arity: -2, Flags: bracket, Class: ClassTransaction, Group: "transactions", Since: "2.2.0",
		Keys: []KeySpec{keysFrom(1, 1, RO)},
		Doc:  "Makes the next transaction depend on keys not being changed before.",
		Cost: "O(N) where N is the number of keys.",
		Run:  connected(watch),
	},
}

func discard(c *Call) error { return c.ok(c.Conn.Discard()) }

func exec(c *Call) error { return c.Conn.Exec(c) }

func multi(c *Call) error { return c.ok(c.Conn.Begin()) }

func unwatch(c *Call) error {
	c.Conn.Unwatch()
	return c.ok(nil)
}

func watch(c *Call) error { return c.ok(c.Conn.Watch(c.DB, c.Args[1:])) }

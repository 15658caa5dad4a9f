package command

import "github.com/nookdb/nook"

const (
	listening  = PubSub | NoScript | Loading | Stale
	publishing = PubSub | MayReplicate | Loading | Stale | Fast
	lookingAt  = PubSub | Loading | Stale
)

var pubsubRows = []*Row{
	{
		Name: "psubscribe", Arity: -2, Flags: listening, Group: "pubsub", Since: "2.0.0",
		Doc:  "Asks for the messages of all channels that match a pattern.",
		Cost: "O(N) where N is the number of patterns.",
		Run:  connected(psubscribe),
	},
	{
		Name: "publish", Arity: 3, Flags: publishing, Group: "pubsub", Since: "2.0.0",
		Doc:  "Sends a message to a channel.",
		Cost: "O(N+M) where N is the number of receivers and M that of patterns.",
		Run:  publish,
	},
	{
		Name: "pubsub", Arity: -2, Group: "pubsub", Since: "2.8.0",
		Doc:  "Commands that look at channels and subscriptions.",
		Cost: "Depends on the subcommand.",
		Sub:  pubsubSubRows,
	},
	{
		Name: "punsubscribe", Arity: -1, Flags: listening, Group: "pubsub", Since: "2.0.0",
		Doc:  "Ends the subscription of patterns, or of all.",
		Cost: "O(N) where N is the number of patterns.",
		Run:  connected(punsubscribe),
	},
	{
		Name: "spublish", Arity: 3, Flags: publishing, Group: "pubsub", Since: "7.0.0",
		Keys: []KeySpec{key(1, NotKey)},
		Doc:  "Sends a message to a shard channel.",
		Cost: "O(N) where N is the number of receivers.",
		Run:  spublish,
	},
	{
		Name: "ssubscribe", Arity: -2, Flags: listening, Group: "pubsub", Since: "7.0.0",
		Keys: []KeySpec{keysFrom(1, 1, NotKey)},
		Doc:  "Asks for the messages of shard channels.",
		Cost: "O(N) where N is the number of shard channels.",
		Run:  connected(ssubscribe),
	},
	{
		Name: "subscribe", Arity: -2, Flags: listening, Group: "pubsub", Since: "2.0.0",
		Doc:  "Asks for the messages of channels.",
		Cost: "O(N) where N is the number of channels.",
		Run:  connected(subscribe),
	},
	{
		Name: "sunsubscribe", Arity: -1, Flags: listening, Group: "pubsub", Since: "7.0.0",
		Keys: []KeySpec{keysFrom(1, 1, NotKey)},
		Doc:  "Ends the subscription of shard channels, or of all.",
		Cost: "O(N) where N is the number of shard channels.",
		Run:  connected(sunsubscribe),
	},
	{
		Name: "unsubscribe", Arity: -1, Flags: listening, Group: "pubsub", Since: "2.0.0",
		Doc:  "Ends the subscription of channels, or of all.",
		Cost: "O(N) where N is the number of channels.",
		Run:  connected(unsubscribe),
	},
}

var pubsubSubRows = []*Row{
	{
		Name: "channels", Usage: "[<pattern>]", Arity: -2, Flags: lookingAt, Group: "pubsub", Since: "2.8.0",
		Doc:  "Returns the channels that anybody is subscribed to, or those of them that match a pattern.",
		Cost: "O(N log N) where N is the number of channels.",
		Run:  pubsubChannels,
	},
	{
		Name: "help", Arity: 2, Flags: Loading | Stale, Group: "pubsub", Since: "6.2.0",
		Doc:  helpDoc,
		Cost: "O(1)",
		Run:  help,
	},
	{
		Name: "numpat", Arity: 2, Flags: lookingAt, Group: "pubsub", Since: "2.8.0",
		Doc:  "Returns how many different patterns anybody is subscribed to.",
		Cost: "O(1)",
		Run:  pubsubNumPat,
	},
	{
		Name: "numsub", Usage: "[<channel> ...]", Arity: -2, Flags: lookingAt, Group: "pubsub", Since: "2.8.0",
		Doc:  "Returns how many are subscribed to channels, patterns aside.",
		Cost: "O(N) where N is the number of channels asked for.",
		Run:  pubsubNumSub,
	},
	{
		Name: "shardchannels", Usage: "[<pattern>]", Arity: -2, Flags: lookingAt, Group: "pubsub", Since: "7.0.0",
		Doc:  "Returns the shard channels that anybody is subscribed to, or those of them that match a pattern.",
		Cost: "O(N log N) where N is the number of shard channels.",
		Run:  pubsubShardChannels,
	},
	{
		Name: "shardnumsub", Usage: "[<shardchannel> ...]", Arity: -2, Flags: lookingAt, Group: "pubsub", Since: "7.0.0",
		Doc:  "Returns how many are subscribed to shard channels.",
		Cost: "O(N) where N is the number of shard channels asked for.",
		Run:  pubsubShardNumSub,
	},
}

func publish(c *Call) error {
	n, err := c.DB.Publish(c.Args[1], c.Args[2])
	if k := c.clusterOf(); k != nil && err == nil {
		k.Relay(c.Args[1], c.Args[2])
	}
	return c.publish(n, err)
}

func spublish(c *Call) error { return c.publish(c.DB.SPublish(c.Args[1], c.Args[2])) }

// publish replies how often a message was received. If the connection is one of the
// receivers it gets the message first.
func (c *Call) publish(n int, err error) error {
	if c.Conn != nil && n > 0 {
		c.Conn.Deliver()
	}
	return c.count(n, err)
}

// A listing returns the names of one kind that a subscription has.
type listing func(s *nook.Subscription) []string

// A change adds names to a subscription, or removes them, and returns how many there are after
// each.
type change func(s *nook.Subscription, names ...string) ([]int, error)

func subscribe(c *Call) error { return c.resubscribe((*nook.Subscription).Subscribe, nil) }

func psubscribe(c *Call) error { return c.resubscribe((*nook.Subscription).PSubscribe, nil) }

func ssubscribe(c *Call) error {
	if c.Conn.Executing() {
		return errShardListener // though SUBSCRIBE and PSUBSCRIBE may be part of EXEC
	}
	return c.resubscribe((*nook.Subscription).SSubscribe, nil)
}

const errShardListener = Error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")

func unsubscribe(c *Call) error {
	return c.resubscribe((*nook.Subscription).Unsubscribe, (*nook.Subscription).Channels)
}

func punsubscribe(c *Call) error {
	return c.resubscribe((*nook.Subscription).PUnsubscribe, (*nook.Subscription).Patterns)
}

func sunsubscribe(c *Call) error {
	return c.resubscribe((*nook.Subscription).SUnsubscribe, (*nook.Subscription).ShardChannels)
}

// resubscribe changes what the connection is subscribed to. Without names it
// is all that are listed. There is a reply for each name, and one if there is none.
func (c *Call) resubscribe(change change, list listing) error {
	sub, err := c.Conn.Subscription()
	if err != nil {
		return err
	}
	names := c.Args[1:]
	if len(names) == 0 {
		names = list(sub)
	}
	if len(names) == 0 {
		c.confirm()
		c.Out.Null()
		c.Out.Int(int64(c.left(sub)))
		return nil
	}
	counts, err := change(sub, names...)
	if err != nil {
		return err
	}
	if list != nil {
		c.Conn.Deliver() // what came before goes before the confirmation that nothing more comes
	}
	for i, name := range names {
		c.confirm()
		c.Out.Bulk(name)
		c.Out.Int(int64(counts[i]))
	}
	return nil
}

// confirm begins the reply of a change.
func (c *Call) confirm() {
	c.Out.Push(3)
	c.Out.Bulk(c.Row.Name)
}

// left returns how many names the connection is subscribed to, as the reply counts them.
func (c *Call) left(sub *nook.Subscription) int {
	channels, patterns, shardChannels := sub.Counts()
	if c.Row.hasShardChannels() {
		return shardChannels
	}
	return channels + patterns
}

// hasShardChannels reports whether the command is about shard channels.
func (r *Row) hasShardChannels() bool { return r.Flags.Has(PubSub) && len(r.Keys) > 0 }

func pubsubChannels(c *Call) error { return c.topics(c.DB.PubSubChannels) }

func pubsubShardChannels(c *Call) error { return c.topics(c.DB.PubSubShardChannels) }

func (c *Call) topics(list func(patterns ...string) ([]string, error)) error {
	if len(c.Args) > 3 {
		return c.misused()
	}
	return c.list(list(c.Args[2:]...))
}

func pubsubNumPat(c *Call) error { return c.count(c.DB.PubSubNumPat()) }

func pubsubNumSub(c *Call) error { return c.receivers(c.DB.PubSubNumSub) }

func pubsubShardNumSub(c *Call) error { return c.receivers(c.DB.PubSubShardNumSub) }

func (c *Call) receivers(count func(names ...string) ([]int, error)) error {
	names := c.Args[2:]
	counts, err := count(names...)
	if err != nil {
		return err
	}
	c.Out.Array(2 * len(names))
	for i, name := range names {
		c.Out.Bulk(name)
		c.Out.Int(int64(counts[i]))
	}
	return nil
}

package command

import (
	"context"
	"slices"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

const (
	clientFlags = NoScript | Loading | Stale
	clientAdmin = Admin | clientFlags
)

var clientRows = []*Row{
	{
		Name: "caching", Arity: 3, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "6.0.0",
		Usage: "(YES|NO)",
		Doc:   "Says whether keys of the next command are tracked.",
		Cost:  "O(1)",
		Run:   connected(clientCaching),
	},
	{
		Name: "capa", Arity: -3, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "8.0.0",
		Usage: "<capability> [<capability> ...]",
		Doc:   "Tells the server what the client is capable of.",
		Cost:  "O(1)",
		Run:   connected(clientCapa),
	},
	{
		Name: "getname", Arity: 2, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "2.6.9",
		Doc:  "Returns the name of the connection.",
		Cost: "O(1)",
		Run:  connected(clientGetName),
	},
	{
		Name: "getredir", Arity: 2, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "6.0.0",
		Doc:  "Returns the number of the connection that is told what changes in the place of this one.",
		Cost: "O(1)",
		Run:  connected(clientGetRedir),
	},
	{
		Name: "help", Arity: 2, Flags: Loading | Stale, Class: ClassConnection, Group: "connection", Since: "5.0.0",
		Doc:  helpDoc,
		Cost: "O(1)",
		Run:  help,
	},
	{
		Name: "id", Arity: 2, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "5.0.0",
		Doc:  "Returns the number of the connection.",
		Cost: "O(1)",
		Run:  connected(clientID),
	},
	{
		Name: "info", Arity: 2, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "6.2.0",
		Tips: []string{"nondeterministic_output"},
		Doc:  "Returns what is known of the connection.",
		Cost: "O(1)",
		Run:  connected(clientInfo),
	},
	{
		Name: "kill", Arity: -3, Flags: clientAdmin, Class: ClassConnection, Group: "connection", Since: "2.4.0",
		Usage: "(<ip:port>|<option> <value> [<option> <value> ...])",
		Doc:   "Closes connections.",
		Cost:  "O(N) where N is the number of connections",
		History: []Change{
			{"2.8.12", "Options select connections."},
			{"2.8.12", "ID selects one."},
			{"3.2.0", "TYPE knows masters."},
			{"5.0.0", "TYPE knows replicas by that name."},
			{"6.2.0", "LADDR selects connections by the address of the server."},
			{"7.4.0", "MAXAGE selects connections by their age."},
			{"8.0.0", "ID selects several."},
		},
		Run: connected(clientKill),
	},
	{
		Name: "list", Arity: -2, Flags: clientAdmin, Class: ClassConnection, Group: "connection", Since: "2.4.0",
		Usage: "[TYPE (NORMAL|MASTER|REPLICA|PUBSUB)|ID <id> [<id> ...]]",
		Tips:  []string{"nondeterministic_output"},
		Doc:   "Returns what is known of all connections, or of some.",
		Cost:  "O(N) where N is the number of connections.",
		History: []Change{
			{"2.8.12", "Connections have numbers."},
			{"5.0.0", "TYPE selects connections."},
			{"6.0.0", "The user is shown."},
			{"6.2.0", "ID selects connections; addresses of the server and memory are shown."},
			{"7.0.0", "The version of the protocol and more of the memory are shown."},
			{"7.0.3", "Sharded subscriptions are shown."},
		},
		Run: connected(clientList),
	},
	{
		Name: "no-evict", Arity: 3, Flags: clientAdmin, Class: ClassConnection, Group: "connection", Since: "7.0.0",
		Usage: "(ON|OFF)",
		Doc:   "Says whether the connection is kept when connections take too much memory.",
		Cost:  "O(1)",
		Run:   connected(clientNoEvict),
	},
	{
		Name: "no-touch", Arity: 3, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "7.2.0",
		Usage: "(ON|OFF)",
		Doc:   "Says whether what the connection reads counts as used.",
		Cost:  "O(1)",
		Run:   connected(clientNoTouch),
	},
	{
		Name: "pause", Arity: -3, Flags: clientAdmin, Class: ClassConnection, Group: "connection", Since: "2.9.50",
		Usage: "<timeout> [WRITE|ALL]",
		Doc:   "Lets all commands wait, or those that write.",
		Cost:  "O(1)",
		History: []Change{
			{"6.2.0", "WRITE lets commands wait that write, and no others."},
		},
		Run: connected(clientPause),
	},
	{
		Name: "reply", Arity: 3, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "3.2.0",
		Usage: "(ON|OFF|SKIP)",
		Doc:   "Says whether the connection gets replies.",
		Cost:  "O(1)",
		Run:   connected(clientReply),
	},
	{
		Name: "setinfo", Arity: 4, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "7.2.0",
		Usage: "(LIB-NAME <name>|LIB-VER <version>)",
		Doc:   "Tells the server which library the client uses.",
		Cost:  "O(1)",
		Run:   connected(clientSetInfo),
	},
	{
		Name: "setname", Arity: 3, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "2.6.9",
		Usage: "<name>",
		Doc:   "Gives the connection a name.",
		Cost:  "O(1)",
		Run:   connected(clientSetName),
	},
	{
		Name: "tracking", Arity: -3, Flags: clientFlags | TouchesArbitraryKeys, Class: ClassConnection, Group: "connection", Since: "6.0.0",
		Usage: "(ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
		Doc:   "Says whether the client is told when keys change that it has read.",
		Cost:  "O(1). Some options may introduce additional complexity.",
		Run:   connected(clientTracking),
	},
	{
		Name: "trackinginfo", Arity: 2, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "6.2.0",
		Doc:  "Returns how keys are tracked for the connection.",
		Cost: "O(1)",
		Run:  connected(clientTrackingInfo),
	},
	{
		Name: "unblock", Arity: -3, Flags: clientAdmin, Class: ClassConnection, Group: "connection", Since: "5.0.0",
		Usage: "<clientid> [TIMEOUT|ERROR]",
		Doc:   "Ends the waiting of another connection's blocking command.",
		Cost:  "O(1)",
		Run:   connected(clientUnblock),
	},
	{
		Name: "unpause", Arity: 2, Flags: clientAdmin, Class: ClassConnection, Group: "connection", Since: "6.2.0",
		Doc:  "Lets commands go on.",
		Cost: "O(N) where N is the number of commands that wait",
		Run:  connected(clientUnpause),
	},
}

func clientUnblock(c *Call) error {
	reason := context.DeadlineExceeded
	switch {
	case len(c.Args) > 4:
		return c.misused()
	case len(c.Args) < 4 || is(c.Args[3], "timeout"):
	case is(c.Args[3], "error"):
		reason = errUnblocked
	default:
		return errUnblockReason
	}
	id, err := integer(c.Args[2])
	if err != nil {
		return err
	}
	return c.flag(c.Conn.Unblock(id, reason), nil)
}

const (
	errUnblocked     = Error("UNBLOCKED client unblocked via CLIENT UNBLOCK")
	errUnblockReason = Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
)

func clientID(c *Call) error { return c.int(c.Conn.ID(), nil) }

func clientGetName(c *Call) error {
	name := c.Conn.Name()
	return c.optional(name, name != "", nil)
}

func clientSetName(c *Call) error { return c.ok(c.rename(c.Args[2])) }

// rename gives the connection a name.
func (c *Call) rename(name string) error {
	if !printable(name) {
		return errClientName
	}
	c.Conn.SetName(name)
	return nil
}

// printable reports whether a text can stand in a line of CLIENT LIST, where
// spaces separate fields.
func printable(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(b byte) bool { return b < '!' || b > '~' })
}

func clientSetInfo(c *Call) error {
	attribute, value := c.Args[2], c.Args[3]
	var name, version *string
	switch {
	case is(attribute, "lib-name"):
		name = &value
	case is(attribute, "lib-ver"):
		version = &value
	default:
		return Error("ERR Unrecognized option '" + cString(attribute) + "'")
	}
	if !printable(value) {
		return Error("ERR " + cString(attribute) + " cannot contain spaces, newlines or special characters.")
	}
	c.Conn.SetLibrary(name, version)
	return c.ok(nil)
}

func clientInfo(c *Call) error {
	k := c.Conn.Client()
	c.Out.Verbatim("txt", string(k.appendTo(nil)))
	return nil
}

func clientList(c *Call) error {
	var text []byte
	var err error
	switch {
	case len(c.Args) == 2:
		text = c.clientsOfType(normalClient, subscriber)
	case len(c.Args) == 4 && is(c.Args[2], "type"):
		text, err = c.clientsOfNamedType(c.Args[3])
	case len(c.Args) > 3 && is(c.Args[2], "id"):
		text, err = c.clientsByID(c.Args[3:])
	default:
		err = nook.ErrSyntax
	}
	if err == nil {
		c.Out.Verbatim("txt", string(text))
	}
	return err
}

// The types of clients that nook has. Of those of replication it has none.
const (
	normalClient = "normal"
	subscriber   = "pubsub"
)

var clientTypes = []string{normalClient, "slave", "replica", subscriber, "master"}

func (c *Call) clientsOfNamedType(name string) ([]byte, error) {
	kind, err := clientKind(name)
	if err != nil {
		return nil, err
	}
	return c.clientsOfType(kind), nil
}

func (c *Call) clientsOfType(names ...string) (text []byte) {
	for k := range c.Conn.Clients() {
		if slices.Contains(names, k.kind()) {
			text = k.appendTo(text)
		}
	}
	return text
}

// clientsByID lists clients in the order in which they are asked for.
func (c *Call) clientsByID(args []string) (text []byte, err error) {
	all := map[int64]Client{}
	for k := range c.Conn.Clients() {
		all[k.ID] = k
	}
	for _, arg := range args {
		id, ok := number.ParseInt(arg)
		if !ok {
			return nil, errClientID
		}
		if k, ok := all[id]; ok {
			text = k.appendTo(text)
		}
	}
	return text, nil
}

const (
	errClientName = Error("ERR Client names cannot contain spaces, newlines or special characters.")
	errClientID   = Error("ERR Invalid client ID")
)

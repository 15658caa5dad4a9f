package command

import (
	"context"
	"slices"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

const greeting = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy

var connectionRows = []*Row{
	{
		Name: "auth", Arity: -2, Flags: greeting, Class: ClassConnection, Group: "connection", Since: "1.0.0",
		Doc:     "Authenticates the connection by a password, or as a user.",
		Cost:    "O(1)",
		History: []Change{{"6.0.0", "A user may be named."}},
		Run:     connected(auth),
	},
	{
		Name: "client", Arity: -2, Group: "connection", Since: "2.4.0",
		Doc:  "Holds the commands about connections.",
		Cost: "Depends on the subcommand.",
		Sub:  clientRows,
	},
	{
		Name: "echo", Arity: 2, Flags: Loading | Stale | Fast, Class: ClassConnection, Group: "connection", Since: "1.0.0",
		Doc:  "Returns its argument.",
		Cost: "O(1)",
		Run:  echo,
	},
	{
		Name: "hello", Arity: -1, Flags: greeting, Class: ClassConnection, Group: "connection", Since: "6.0.0",
		Doc:     "Chooses the version of the protocol, and may authenticate and name the connection; returns what the server is.",
		Cost:    "O(1)",
		History: []Change{{"6.2.0", "Without arguments it changes nothing."}},
		Run:     connected(hello),
	},
	{
		Name: "ping", Arity: -1, Flags: Fast, Class: ClassConnection, Group: "connection", Since: "1.0.0",
		Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Doc:  "Returns PONG, or its argument.",
		Cost: "O(1)",
		Run:  ping,
	},
	{
		Name: "quit", Arity: -1, Flags: greeting, Class: ClassConnection, Group: "connection", Since: "1.0.0",
		Doc:  "Closes the connection.",
		Cost: "O(1)",
		Run:  connected(quit),
	},
	{
		Name: "reset", Arity: 1, Flags: greeting, Class: ClassConnection, Group: "connection", Since: "6.2.0",
		Doc:  "Makes the connection what it was at first.",
		Cost: "O(1)",
		Run:  connected(reset),
	},
	{
		Name: "select", Arity: 2, Flags: Loading | Stale | Fast, Class: ClassConnection, Group: "connection", Since: "1.0.0",
		Doc:  "Chooses the database that the connection works on.",
		Cost: "O(1)",
		Run:  selectDB,
	},
}

func auth(c *Call) error {
	switch len(c.Args) {
	case 2:
		if !c.Conn.HasPassword() {
			return errNoPassword
		}
		return c.ok(c.Conn.Authenticate(DefaultUser, c.Args[1]))
	case 3:
		return c.ok(c.Conn.Authenticate(c.Args[1], c.Args[2]))
	default:
		return nook.ErrSyntax
	}
}

// DefaultUser is who a connection belongs to until it says otherwise.
const DefaultUser = "default"

func echo(c *Call) error { return c.bulk(c.Args[1], nil) }

func hello(c *Call) error {
	version := c.Out.Proto()
	if len(c.Args) > 1 {
		n, ok := number.ParseInt(c.Args[1])
		switch {
		case !ok:
			return errProtoNumber
		case n != 2 && n != 3:
			return errProto
		}
		version = int(n)
		if err := c.helloOptions(c.Args[2:]); err != nil {
			return err
		}
	}
	if !c.Conn.Authenticated() {
		return errHelloAuth
	}
	c.Out.SetProto(version)
	c.introduce()
	return nil
}

// helloOptions obeys the options of HELLO one by one. Those before a wrong one
// have been obeyed.
func (c *Call) helloOptions(options []string) error {
	for len(options) > 0 {
		switch {
		case is(options[0], "auth") && len(options) > 2:
			if err := c.Conn.Authenticate(options[1], options[2]); err != nil {
				return err
			}
			options = options[3:]
		case is(options[0], "setname") && len(options) > 1:
			if err := c.rename(options[1]); err != nil {
				return err
			}
			options = options[2:]
		default:
			return Error("ERR Syntax error in HELLO option '" + cString(options[0]) + "'")
		}
	}
	return nil
}

// introduce replies what the server is.
func (c *Call) introduce() {
	out := c.Out
	out.Map(7)
	out.Bulk("server")
	out.Bulk("redis")
	out.Bulk("version")
	out.Bulk(Version)
	out.Bulk("proto")
	out.Int(int64(out.Proto()))
	out.Bulk("id")
	out.Int(c.Conn.ID())
	c.field("mode", c.mode())
	out.Bulk("role")
	out.Bulk("master")
	out.Bulk("modules")
	out.Array(0)
}

// mode returns what the server is among others.
func (c *Call) mode() string {
	if c.clusterOf() != nil {
		return "cluster"
	}
	return "standalone"
}

func ping(c *Call) error {
	switch {
	case len(c.Args) > 2:
		return c.Row.arityError()
	case c.Confined():
		c.pong()
	case len(c.Args) == 2:
		c.Out.Bulk(c.Args[1])
	default:
		c.Out.Simple("PONG")
	}
	return nil
}

// Confined reports whether the connection gets messages in the old protocol, which cannot tell
// them from replies. Then it may do little else.
func (c *Call) Confined() bool {
	return c.Conn != nil && c.Out.Proto() == 2 && c.Conn.Subscribed()
}

// pong replies to PING in the form of a message.
func (c *Call) pong() {
	c.Out.Array(2)
	c.Out.Bulk("pong")
	if len(c.Args) == 2 {
		c.Out.Bulk(c.Args[1])
	} else {
		c.Out.Bulk("")
	}
}

// Confinable reports whether a connection that is confined may call the command.
func (r *Row) Confinable() bool {
	switch r.Name {
	case "ping", "quit", "reset", "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe":
		return true
	}
	return false
}

// ErrConfined is the error of a command that a confined connection may not call.
func ErrConfined(r *Row) Error {
	return Error("ERR Can't execute '" + r.FullName() +
		"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
}

func quit(c *Call) error {
	c.Conn.HangUp()
	return c.ok(nil)
}

func reset(c *Call) error {
	c.Conn.Reset()
	c.DB = c.DB.Select(0)
	c.Out.SetProto(2)
	c.Out.Simple("RESET")
	return nil
}

func selectDB(c *Call) error {
	n, err := int32Arg(c.Args[1])
	switch {
	case err != nil:
		return err
	case n != 0 && c.clusterOf() != nil:
		return errSelect
	case n < 0 || n >= c.DB.Databases():
		return nook.ErrDBIndex
	}
	c.DB = c.DB.Select(n)
	return c.ok(nil)
}

const (
	clientFlags = NoScript | Loading | Stale
	clientAdmin = Admin | clientFlags
)

var clientRows = []*Row{
	{
		Name: "getname", Arity: 2, Flags: clientFlags, Class: ClassConnection, Group: "connection", Since: "2.6.9",
		Doc:  "Returns the name of the connection.",
		Cost: "O(1)",
		Run:  connected(clientGetName),
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
		Name: "unblock", Arity: -3, Flags: clientAdmin, Class: ClassConnection, Group: "connection", Since: "5.0.0",
		Usage: "<clientid> [TIMEOUT|ERROR]",
		Doc:   "Ends the waiting of another connection's blocking command.",
		Cost:  "O(1)",
		Run:   connected(clientUnblock),
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
	for _, t := range clientTypes {
		if is(name, t) {
			return c.clientsOfType(t), nil
		}
	}
	return nil, Error("ERR Unknown client type '" + cString(name) + "'")
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
	errNoPassword  = Error("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	errProto       = Error("NOPROTO unsupported protocol version")
	errProtoNumber = Error("ERR Protocol version is not an integer or out of range")
	errHelloAuth   = Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
	errClientName  = Error("ERR Client names cannot contain spaces, newlines or special characters.")
	errClientID    = Error("ERR Invalid client ID")
)

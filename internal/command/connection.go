package command

import (
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
	out, mode := c.Out, c.mode()
	ofSentinel := mode == sentinelSection
	if ofSentinel {
		out.Map(6)
	} else {
		out.Map(7)
	}
	out.Bulk("server")
	out.Bulk("redis")
	out.Bulk("version")
	out.Bulk(Version)
	out.Bulk("proto")
	out.Int(int64(out.Proto()))
	out.Bulk("id")
	out.Int(c.Conn.ID())
	c.field("mode", mode)
	if !ofSentinel {
		c.field("role", c.Conn.Role().name())
	}
	out.Bulk("modules")
	out.Array(0)
}

// mode returns what the server is among others.
func (c *Call) mode() string {
	switch {
	case c.Row.table.mode != "":
		return c.Row.table.mode
	case c.clusterOf() != nil:
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
	errNoPassword  = Error("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	errProto       = Error("NOPROTO unsupported protocol version")
	errProtoNumber = Error("ERR Protocol version is not an integer or out of range")
	errHelloAuth   = Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
)

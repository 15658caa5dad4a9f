package command

import (
	"crypto/rand"
	"encoding/hex"
	"slices"

	"github.com/nookdb/nook/internal/acl"
)

const (
	aclFlags = NoScript | Loading | Stale
	aclAdmin = Admin | aclFlags
)

var aclRows = []*Row{
	{
		Name: "acl", Arity: -2, Group: "server", Since: "6.0.0",
		Doc:  "Commands about users and what they may do.",
		Cost: "Depends on the subcommand.",
		Sub:  aclSubRows,
	},
}

var aclSubRows = []*Row{
	{
		Name: "cat", Usage: "[<category>]", Arity: -2, Flags: aclFlags, Group: "server", Since: "6.0.0",
		Doc:  "Returns the categories of commands, or the commands of one.",
		Cost: "O(N) where N is the number of commands.",
		Run:  aclCat,
	},
	{
		Name: "deluser", Usage: "<username> [<username> ...]", Arity: -3, Flags: aclAdmin, Group: "server", Since: "6.0.0",
		Doc:  "Removes users and ends their connections.",
		Cost: "O(N) where N is the number of connections.",
		Run:  connected(aclDelUser),
	},
	{
		Name: "dryrun", Usage: "<username> <command> [<arg> ...]", Arity: -4, Flags: aclAdmin, Group: "server", Since: "7.0.0",
		Doc:  "Tells whether a user may run a command, and does not run it.",
		Cost: "O(1)",
		Run:  connected(aclDryRun),
	},
	{
		Name: "genpass", Usage: "[<bits>]", Arity: -2, Flags: aclFlags, Group: "server", Since: "6.0.0",
		Doc:  "Returns a password that nobody can guess.",
		Cost: "O(1)",
		Run:  aclGenPass,
	},
	{
		Name: "getuser", Usage: "<username>", Arity: 3, Flags: aclAdmin, Group: "server", Since: "6.0.0",
		Doc:  "Returns the rules of a user.",
		Cost: "O(N) where N is the number of commands and rules.",
		History: []Change{
			{"6.2.0", "Patterns of channels are among the rules."},
			{"7.0.0", "There are selectors, and patterns are in the form of rules."},
		},
		Run: connected(aclGetUser),
	},
	{
		Name: "help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "6.0.0",
		Doc:  helpDoc,
		Cost: "O(1)",
		Run:  help,
	},
	{
		Name: "list", Arity: 2, Flags: aclAdmin, Group: "server", Since: "6.0.0",
		Doc:  "Returns all users as lines of an ACL file.",
		Cost: "O(N) where N is the number of users.",
		Run:  connected(aclList),
	},
	{
		Name: "load", Arity: 2, Flags: aclAdmin, Group: "server", Since: "6.0.0",
		Doc:  "Reads the users from the ACL file again.",
		Cost: "O(N) where N is the number of users and connections.",
		Run:  connected(func(c *Call) error { return c.ok(c.Conn.Users().LoadUsers()) }),
	},
	{
		Name: "log", Usage: "[<count>|RESET]", Arity: -2, Flags: aclAdmin, Group: "server", Since: "6.0.0",
		Doc:     "Returns what was denied to users lately, or forgets it.",
		Cost:    "O(N) where N is the number of entries.",
		History: []Change{{"7.2.0", "Entries have numbers and times."}},
		Run:     connected(aclLog),
	},
	{
		Name: "save", Arity: 2, Flags: aclAdmin, Group: "server", Since: "6.0.0",
		Doc:  "Writes all users to the ACL file.",
		Cost: "O(N) where N is the number of users.",
		Run:  connected(func(c *Call) error { return c.ok(c.Conn.Users().SaveUsers()) }),
	},
	{
		Name: "setuser", Usage: "<username> [<rule> ...]", Arity: -3, Flags: aclAdmin, Group: "server", Since: "6.0.0",
		Doc:  "Changes a user by rules, or makes a new one.",
		Cost: "O(N) where N is the number of rules.",
		History: []Change{
			{"6.2.0", "Rules may be about channels."},
			{"7.0.0", "There are selectors, and keys may be open for reading or writing alone."},
		},
		Run: connected(aclSetUser),
	},
	{
		Name: "users", Arity: 2, Flags: aclAdmin, Group: "server", Since: "6.0.0",
		Doc:  "Returns the names of all users.",
		Cost: "O(N) where N is the number of users.",
		Run:  connected(aclUsers),
	},
	{
		Name: "whoami", Arity: 2, Flags: aclFlags, Group: "server", Since: "6.0.0",
		Doc:  "Returns the name of the connection's user.",
		Cost: "O(1)",
		Run:  connected(func(c *Call) error { return c.bulk(c.Conn.Users().User().Name(), nil) }),
	},
}

func aclCat(c *Call) error {
	if len(c.Args) > 3 {
		return c.misused()
	}
	if len(c.Args) == 2 {
		return c.list(classNames, nil)
	}
	class, ok := ParseClass(c.Args[2])
	if !ok {
		return Error("ERR Unknown category '" + shown(c.Args[2], most) + "'")
	}
	return c.list(namesOfRows(c.Row.table.full(), func(r *Row) bool { return r.Classes()&class != 0 }), nil)
}

func aclDelUser(c *Call) error {
	names := c.Args[2:]
	if slices.ContainsFunc(names, func(name string) bool { return cString(name) == DefaultUser }) {
		return errDefaultUser
	}
	return c.count(c.Conn.Users().DelUsers(names), nil)
}

// user returns a user by name, nil if there is none.
func (c *Call) user(name string) *acl.User {
	for _, u := range c.Conn.Users().AllUsers() {
		if u.Name() == name {
			return u
		}
	}
	return nil
}

func aclDryRun(c *Call) error {
	args := c.Args[3:]
	u, row := c.user(c.Args[2]), c.Row.table.find(args)
	switch {
	case u == nil:
		return Error("ERR User '" + cString(c.Args[2]) + "' not found")
	case row == nil:
		return Error("ERR Command '" + cString(args[0]) + "' not found")
	case !row.Fits(len(args)):
		return row.arityError()
	}
	const denied = "This user has no permissions to "
	switch why, pos := u.Check(row.request(args)); why {
	case acl.DeniedCommand:
		c.Out.Bulk(denied + "run the '" + row.FullName() + "' command")
	case acl.DeniedKey:
		c.Out.Bulk(denied + "access the '" + cString(args[pos]) + "' key")
	case acl.DeniedChannel:
		c.Out.Bulk(denied + "access the '" + cString(args[pos]) + "' channel")
	default:
		c.Out.OK()
	}
	return nil
}

// The lengths of passwords in bits.
const (
	passwordBits    = 256
	maxPasswordBits = 4096
)

func aclGenPass(c *Call) error {
	if len(c.Args) > 3 {
		return c.misused()
	}
	bits := int64(passwordBits)
	if len(c.Args) == 3 {
		n, err := integer(c.Args[2])
		switch {
		case err != nil:
			return err
		case n <= 0 || n > maxPasswordBits:
			return errPasswordBits
		}
		bits = n
	}
	digits := (bits + 3) / 4
	random := make([]byte, (digits+1)/2)
	rand.Read(random)
	return c.bulk(hex.EncodeToString(random)[:digits], nil)
}

func aclGetUser(c *Call) error {
	u := c.user(c.Args[2])
	if u == nil {
		c.Out.Null()
		return nil
	}
	selectors := u.Permissions()
	c.Out.Map(6)
	c.Out.Bulk("flags")
	flags := u.Flags()
	c.Out.Set(len(flags))
	for _, flag := range flags {
		c.Out.Bulk(flag)
	}
	c.Out.Bulk("passwords")
	_ = c.list(u.Passwords(), nil) // fails only if told so
	c.permissions(&selectors[0])
	c.Out.Bulk("selectors")
	c.Out.Array(len(selectors) - 1)
	for i := range selectors[1:] {
		c.Out.Map(3)
		c.permissions(&selectors[i+1])
	}
	return nil
}

// permissions writes the pairs of a map that are what a selector permits.
func (c *Call) permissions(p *acl.Permissions) {
	c.field("commands", p.Commands)
	c.field("keys", p.Keys)
	c.field("channels", p.Channels)
}

func aclList(c *Call) error {
	return c.eachUser(func(u *acl.User) string { return u.Line() })
}

func aclUsers(c *Call) error { return c.eachUser((*acl.User).Name) }

// eachUser replies a text for each user.
func (c *Call) eachUser(text func(u *acl.User) string) error {
	users := c.Conn.Users().AllUsers()
	c.Out.Array(len(users))
	for _, u := range users {
		c.Out.Bulk(text(u))
	}
	return nil
}

// shownDenials is how many entries ACL LOG shows unless it is told.
const shownDenials = 10

func aclLog(c *Call) error {
	n := int64(shownDenials)
	switch {
	case len(c.Args) > 3:
		return c.misused()
	case len(c.Args) == 3 && is(c.Args[2], "reset"):
		c.Conn.Users().ForgetDenials()
		return c.ok(nil)
	case len(c.Args) == 3:
		var err error
		if n, err = integer(c.Args[2]); err != nil {
			return err
		}
	}
	entries, now := c.Conn.Users().Denials(int(n))
	c.Out.Array(len(entries))
	for i := range entries {
		c.denial(&entries[i], now)
	}
	return nil
}

// denial replies an entry of ACL LOG.
func (c *Call) denial(e *acl.Entry, now int64) {
	c.Out.Map(10)
	c.Out.Bulk("count")
	c.Out.Int(e.Count)
	c.field("reason", e.Reason.String())
	c.field("context", e.Context.String())
	c.field("object", e.Object)
	c.field("username", e.User)
	c.Out.Bulk("age-seconds")
	c.Out.Double(float64(now-e.Updated) / 1000)
	c.field("client-info", e.Client)
	c.Out.Bulk("entry-id")
	c.Out.Int(e.ID)
	c.Out.Bulk("timestamp-created")
	c.Out.Int(e.Created)
	c.Out.Bulk("timestamp-last-updated")
	c.Out.Int(e.Updated)
}

func aclSetUser(c *Call) error {
	name := c.Args[2]
	if !acl.ValidName(name) {
		return errUserName
	}
	rules, open, ok := acl.Merge(c.Args[3:])
	if !ok {
		return Error("ERR Unmatched parenthesis in acl selector starting at '" + cString(open) + "'.")
	}
	err := c.Conn.Users().SetUser(name, rules)
	if fault, ok := err.(*acl.RuleError); ok {
		return Error("ERR Error in ACL SETUSER modifier '" + cString(fault.Rule) + "': " + fault.Reason)
	}
	return c.ok(err)
}

// Errors of users.
const (
	ErrNoACLFile = Error("ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.")
	ErrACLSave   = Error("ERR There was an error trying to save the ACLs. Please check the server logs for more information")

	errDefaultUser  = Error("ERR The 'default' user cannot be removed")
	errUserName     = Error("ERR Usernames can't contain spaces or null characters")
	errPasswordBits = Error("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")
)

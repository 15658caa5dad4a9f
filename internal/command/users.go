package command

import (
	"strings"

	"github.com/nookdb/nook/internal/acl"
)

// Users is what commands ask of whoever knows the users, and who may do what. It is that of one connection.
type Users interface {
	// HasUser reports whether there is a user.
	HasUser(name string) bool
	// User returns the user of the connection.
	User() *acl.User
	// AllUsers returns all users, by name.
	AllUsers() []*acl.User
	// SetUser changes a user by rules, or adds one: all rules are obeyed, or none. It fails with an *acl.RuleError.
	SetUser(name string, rules []string) error
	// DelUsers removes users, which ends their connections, and returns how many there were.
	DelUsers(names []string) int
	// LoadUsers puts the users of the file in the place of all others.
	LoadUsers() error
	// SaveUsers writes all users to the file.
	SaveUsers() error

	// Deny notes that something was denied: a command, a key or a channel.
	Deny(why acl.Reason, where acl.Context, object string)
	// Denials returns what was denied lately, the latest first, and the time in Unix milliseconds.
	Denials(most int) (entries []acl.Entry, now int64)
	// ForgetDenials empties that list.
	ForgetDenials()
}

// AccessParameters are what the parameters tell of users.
type AccessParameters struct {
	Password   string // of the default user, as it was set last; "" for none
	ACLFile    string // where users are kept, "" for nowhere
	MaxDenials int64  // entries of ACL LOG
	OpenChans  bool   // new users may use all channels
}

// The values of acl-pubsub-default.
const (
	allChannels   = "allchannels"
	resetChannels = "resetchannels"
)

const errPubSubDefault = Error("argument(s) must be one of the following: allchannels, resetchannels")

func getPubSubDefault(p *parameters) string {
	if p.server.OpenChans {
		return allChannels
	}
	return resetChannels
}

func setPubSubDefault(s *Server, value string) error {
	s.OpenChans = is(value, allChannels)
	if !s.OpenChans && !is(value, resetChannels) {
		return errPubSubDefault
	}
	return nil
}

func setPassword(s *Server, value string) error {
	s.Password = value
	return nil
}

// accessTable returns the commands as permissions know them.
func (t *table) accessTable() *acl.Table {
	return acl.NewTable(classNames, accessRows(t.rows))
}

// AccessTable returns the table of all commands as permissions know them.
func AccessTable() *acl.Table { return commands.access }

func accessRows(rows []*Row) []*acl.Command {
	list := make([]*acl.Command, len(rows))
	for i, r := range rows {
		r.access = &acl.Command{
			Name: r.FullName(), Categories: uint64(r.Classes()), Free: r.Flags.Has(NoAuth), Sub: accessRows(r.Sub),
		}
		list[i] = r.access
	}
	return list
}

// request describes a call for permissions.
func (r *Row) request(args []string) *acl.Request {
	q := &acl.Request{Command: r.access, Args: args}
	if r.hasKeys() && r.Fits(len(args)) {
		var buf [8]KeyRef
		refs, ok := r.refs(args, buf[:0])
		if !ok && r.Name != "pfmerge" { // of which one key is enough; any other such call fails
			refs = nil
		}
		for _, ref := range refs {
			q.Keys = append(q.Keys, acl.Key{Pos: ref.Pos, Does: ref.Flags.access()})
		}
	}
	switch r.FullName() {
	case "publish", "spublish":
		q.Channels = [2]int{1, min(2, len(args))}
	case "subscribe", "ssubscribe", "psubscribe":
		q.Channels = [2]int{1, len(args)}
		q.Patterns = r.Name == "psubscribe"
	}
	return q
}

// access returns what a command does with the value of a key.
func (f KeyFlags) access() (does acl.Access) {
	if f&Access != 0 {
		does |= acl.Read
	}
	if f&(Insert|Delete|Update) != 0 {
		does |= acl.Write
	}
	return does
}

// Allows reports whether a user may make a call.
func Allows(u *acl.User, row *Row, args []string) bool {
	why, _ := u.Check(row.request(args))
	return why == acl.Permitted
}

// Permit says why the user of a connection may not make a call, and notes that, unless it may.
func Permit(a Users, row *Row, args []string, where acl.Context) acl.Reason {
	why, pos := a.User().Check(row.request(args))
	switch why {
	case acl.Permitted:
	case acl.DeniedCommand:
		a.Deny(why, where, row.FullName())
	default:
		a.Deny(why, where, args[pos])
	}
	return why
}

// ErrDenied returns the error of a request that is denied.
func ErrDenied(why acl.Reason, row *Row) Error {
	switch why {
	case acl.DeniedKey:
		return "NOPERM this user has no permissions to access one of the keys used as arguments"
	case acl.DeniedChannel:
		return "NOPERM this user has no permissions to access one of the channels used as arguments"
	default:
		return Error("NOPERM this user has no permissions to run the '" + row.FullName() + "' command")
	}
}

// ErrDeniedLater returns the error of a command within EXEC that was permitted when it was queued.
func ErrDeniedLater(why acl.Reason) Error {
	const changed = "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: "
	switch why {
	case acl.DeniedKey:
		return changed + "no permission to touch the specified keys"
	case acl.DeniedChannel:
		return changed + "no permission to access one of the channels used as arguments"
	default:
		return changed + "no permission to execute the command or subcommand"
	}
}

// ErrDeniedScript returns the error of a command that a script calls.
func ErrDeniedScript(why acl.Reason) Error {
	switch why {
	case acl.DeniedKey:
		return "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments"
	case acl.DeniedChannel:
		return "ERR The user executing the script can't publish to the channel mentioned in the command"
	default:
		return "ERR The user executing the script can't run this command or subcommand"
	}
}

// readsAll reports whether the caller may read keys that are not among the arguments.
func (c *Call) readsAll() bool {
	if c.Conn == nil {
		return true
	}
	u := c.Conn.Users().User()
	return u.Unrestricted() || u.ReadsAll(c.Row.request(c.Args))
}

// Line returns what CLIENT LIST has for the client, without the end of the line.
func (k *Client) Line() string { return strings.TrimSuffix(string(k.appendTo(nil)), "\n") }

// Package command is the table of wire commands. A row says how a command is
// called, what it does to its keys, and how its arguments and its result are
// turned into a typed call and a reply. What the command means lies behind the
// typed API of package nook; nothing here knows how values are kept.
//
// The table drives all that runs commands by name: the server, transactions,
// scripts, the replay of journals, and COMMAND itself.
package command

import (
	"slices"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/resp"
)

// A Row is one command, or one sub-command of a container such as CLIENT.
type Row struct {
	Name    string // in lower case; of a sub-command the last word alone
	Usage   string // of a sub-command: its arguments, as HELP shows them
	Arity   int    // arguments with all words of the name; negative: at least so many
	Flags   Flags
	Keys    []KeySpec    // where its keys are
	Class   Class        // ACL categories beyond those that follow from flags
	Tips    []string     // hints for clients and proxies, as in COMMAND INFO
	Group   string       // of the documentation: string, generic, ...
	Since   string       // the version of Redis that had it first
	Doc     string       // one sentence
	Cost    string       // its complexity
	Old     *Deprecation // nil unless deprecated
	System  bool         // meant for those who work on the server, not for applications
	History []Change     // from the oldest to the newest
	Sub     []*Row       // sub-commands; a container with these has no Run unless it may be called alone
	Run     func(c *Call) error

	// Locate appends the keys of a call to dst where Keys cannot tell them or
	// their flags, and reports whether the arguments make sense. nil where Keys
	// says all.
	Locate func(args []string, dst []KeyRef) ([]KeyRef, bool)

	parent *Row
	table  *table
	access *acl.Command
}

// A Deprecation says what to use in the place of an old command.
type Deprecation struct {
	Since string // version of Redis
	Use   string
}

// A Change is what a version of Redis changed about a command.
type Change struct {
	Since string // version of Redis
	What  string
}

// A Call is a command on its way.
type Call struct {
	DB   *nook.Commands // the database, or the transaction, that it works on
	Args []string       // the name first, then all else
	Out  *resp.Writer   // where the reply goes
	Conn Conn           // nil if nobody is connected, as when a journal is replayed
	Row  *Row

	Script bool // a script calls it
}

// Run runs the command. An error reply is sent if it fails: a command writes
// its reply, or returns an error, and never both.
func (c *Call) Run() {
	if err := c.Row.Run(c); err != nil {
		c.Out.Error(ErrorText(err))
	}
}

// ErrorText returns the error reply of an error. The errors of package nook
// and of this one are replies already; others get the common code.
func ErrorText(err error) string {
	switch e := err.(type) {
	case *nook.Error:
		return e.Error()
	case Error:
		return string(e)
	case CountedError:
		return string(e)
	case interface{ Reply() string }: // of who keeps the store
		return e.Reply()
	default:
		return "ERR " + err.Error()
	}
}

// An Error is an error reply that the typed API cannot give, because only the
// wire form can be wrong in that way. It holds the whole reply, code included.
type Error string

func (e Error) Error() string { return string(e) }

// A CountedError is that of a script that ended because a command failed, whose failure a Tally has counted.
type CountedError string

func (e CountedError) Error() string { return string(e) }

// Fits reports whether a number of arguments agrees with the row's arity.
func (r *Row) Fits(args int) bool { return args == r.Arity || r.Arity < 0 && args >= -r.Arity }

// Quick reports whether the command cannot take long by itself. SET is not Fast, since its options may look at values, but
// hardly anybody uses those.
func (r *Row) Quick() bool {
	return r.Flags.Has(Fast) || r.Cost == "O(1)" || r.Name == "set" && r.parent == nil
}

// Several stands for a number of keys that depends on the call.
const Several = 2

// Reads returns how many keys a call looks up to read them: none, 1, or Several. Keys that are looked up to be changed count for
// none, as in Redis.
func (r *Row) Reads() int {
	switch {
	case len(r.Keys) == 0 || r.parent != nil && r.parent.Name == "memory":
		return 0
	case r.Name == "getex", r.Name == "getset":
		return 1
	case !r.Flags.Has(ReadOnly):
		if r.Name == "bitfield" || slices.ContainsFunc(r.Keys, func(k KeySpec) bool { return k.Flags&RO != 0 }) {
			return Several
		}
		return 0
	case len(r.Keys) == 1 && r.Keys[0].Find == span(0, 1) && r.Locate == nil:
		return 1
	}
	return Several
}

// Looks returns how many keys a call of a command that reads Several looks up to read them.
func (r *Row) Looks(args []string) (n int) {
	var buf [8]KeyRef
	refs, _ := r.refs(args, buf[:0])
	for _, ref := range refs {
		if ref.Flags&RO != 0 || r.Name == "pfmerge" { // which reads its destination as it does the others
			n++
		}
	}
	return n
}

// FullName returns the name with that of its container: "client|id".
func (r *Row) FullName() string {
	if r.parent == nil {
		return r.Name
	}
	return r.parent.Name + "|" + r.Name
}

// Container returns the name of the row's container, "" if it is in none.
func (r *Row) Container() string {
	if r.parent == nil {
		return ""
	}
	return r.parent.Name
}

// Flags tell how a command behaves.
type Flags uint32

// The flags, named as COMMAND INFO names them.
const (
	Write Flags = 1 << iota
	ReadOnly
	DenyOOM
	Admin
	PubSub
	NoScript
	Blocking
	Loading
	Stale
	SkipMonitor
	SkipSlowlog
	Asking
	Fast
	NoAuth
	MayReplicate
	NoMandatoryKeys
	NoAsyncLoading
	NoMulti
	MovableKeys
	AllowBusy
	Protected
	TouchesArbitraryKeys
)

// flagNames are the names of the flags in COMMAND INFO, which keeps some of them
// to itself.
var flagNames = []string{
	"write", "readonly", "denyoom", "admin", "pubsub", "noscript", "blocking", "loading", "stale", "skip_monitor",
	"skip_slowlog", "asking", "fast", "no_auth", "", "no_mandatory_keys", "no_async_loading", "no_multi",
	"movablekeys", "allow_busy", "", "",
}

// Names returns the names of the flags that COMMAND INFO tells.
func (f Flags) Names() []string { return namesOf(uint32(f), flagNames) }

// Has reports whether all of the given flags are set.
func (f Flags) Has(g Flags) bool { return f&g == g }

// The tips that more than one row gives, in the words of COMMAND INFO. They tell
// clients of a cluster where to send a command and how to join the replies, and
// testers what may differ from one call to the next.
const (
	tipMultiShard    = "request_policy:multi_shard"
	tipAllShards     = "request_policy:all_shards"
	tipSpecial       = "request_policy:special"
	tipAllSucceeded  = "response_policy:all_succeeded"
	tipAggSum        = "response_policy:agg_sum"
	tipAggMin        = "response_policy:agg_min"
	tipRandom        = "nondeterministic_output"
	tipRandomInOrder = "nondeterministic_output_order"
)

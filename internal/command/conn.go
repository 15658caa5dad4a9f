package command

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/nookdb/nook"
)

// Version is the version of Redis whose commands the table has, as HELLO and
// INFO tell it to clients.
const Version = "7.0.15"

// A Conn is what commands may ask of the connection they came over. The
// database that the connection has selected is not among it, nor the version of the
// protocol: they are the DB and the Out of its calls, which commands change there.
type Conn interface {
	// ID returns the number of the connection. No other of the same server
	// ever has it.
	ID() int64
	// Name returns the name that the client gave the connection, "" for none.
	Name() string
	// SetName gives the connection a name of printable ASCII without spaces,
	// "" for none.
	SetName(name string)
	// SetLibrary notes what the client says of its library; nil says nothing.
	SetLibrary(name, version *string)

	// HasPassword reports whether the default user has a password.
	HasPassword() bool
	// Authenticate makes the connection that of a user, or fails with
	// ErrWrongPass and changes nothing.
	Authenticate(user, password string) error
	// Authenticated reports whether the connection may do more than
	// authenticate.
	Authenticated() bool

	// Users returns what knows the users, and what they may do.
	Users() Users

	// HangUp ends the connection once all replies are sent.
	HangUp()
	// Reset makes the connection what it was at first, but for what the call
	// holds.
	Reset()

	// Client describes the connection.
	Client() Client
	// Clients describes all connections of the server, from the oldest to the
	// newest.
	Clients() iter.Seq[Client]

	// Begin starts a transaction. It fails inside of one.
	Begin() error
	// Exec runs the queued commands and replies what they reply, or null if a watched
	// key has changed.
	Exec(c *Call) error
	// Discard forgets the transaction and what is watched.
	Discard() error
	// Watch watches keys of a database until the next transaction ends.
	Watch(db *nook.Commands, keys []string) error
	// Unwatch forgets what is watched.
	Unwatch()

	// Block runs a command that may have to wait for others. The context ends when
	// the connection does. It returns nil, though run has failed, if somebody has
	// ended the waiting as if the time were up.
	Block(run func(ctx context.Context) error) error
	// Unblock ends the waiting of another connection's command with a reason,
	// context.DeadlineExceeded as if the time were up. It reports false if none waits.
	Unblock(id int64, reason error) bool

	// Tracking returns how keys are tracked.
	Tracking() Tracking
	// SetTracking changes that. The call's DB becomes one on behalf of the connection as it is then.
	SetTracking(c *Call, t Tracking) error
	// Connected reports whether there is a connection with a number.
	Connected(id int64) bool
	// Kill ends the connections that match and returns how many they are. This one ends once the reply is sent.
	Kill(match func(k *Client) bool) int
	// Pause lets the commands of all connections wait, or those that write.
	Pause(d time.Duration, writes bool)
	// Unpause ends that.
	Unpause()
	// SetReplies says whether replies are sent.
	SetReplies(r Replies)
	// SetNoEvict notes that the connection is not to be closed for memory.
	SetNoEvict(on bool)
	// SetNoTouch says whether what is read counts as used. The call's DB becomes one that knows.
	SetNoTouch(c *Call, on bool)
	// Monitor makes the connection see all commands that are run from now on.
	Monitor() error

	// Subscription returns what the connection is subscribed to, so as to change it.
	Subscription() (*nook.Subscription, error)
	// Executing reports whether the call is a part of EXEC.
	Executing() bool
	// Subscribed reports whether the connection is subscribed to anything.
	Subscribed() bool
	// Deliver replies the messages that have come so far, before the reply of the
	// call, or of the EXEC that it is part of.
	Deliver()

	// Scripts returns what runs scripts.
	Scripts() Scripts
	// Migrate moves keys of a database to another server.
	Migrate(db *nook.Commands, m *Migration) error
	// Cluster returns the cluster that the server is a node of, nil if it is none.
	Cluster() Cluster
	// Role returns what the server is to others that have the same data.
	Role() Role
	// Sentinel returns what a sentinel knows, nil if the server is none.
	Sentinel() Sentinel

	// Server returns what the parameters tell of the server.
	Server() Server
	// SetServer changes what can be changed of that.
	SetServer(s Server)
	// ResetStats counts anew what INFO tells of the past. The figures of the store
	// are those that db sees.
	ResetStats(db *nook.Commands) error
	// Info returns what INFO replies for the sections. The figures of the
	// store are those that db sees.
	Info(db *nook.Commands, s Sections) (string, error)
	// SlowLog returns the commands that took long.
	SlowLog() SlowLog
	// Latency returns how long commands took.
	Latency() Latency
	// Memory returns what takes the memory. The figures of the store are those that db sees.
	Memory(db *nook.Commands) (Memory, error)
	// MallocStats describes the allocator.
	MallocStats() string
	// PurgeMemory collects garbage and gives memory back to the system.
	PurgeMemory()
	// Sleep waits, unless the server is closed first.
	Sleep(d time.Duration)
	// Log writes to the server's log.
	Log(text string)
	// ChangeReplID gives the server a new replication ID.
	ChangeReplID()
	// Persistence returns what keeps the store on disk, nil if nothing does.
	Persistence() Persistence
	// LastSave returns when the last snapshot was written, or when the server was started.
	LastSave() time.Time
	// Reload reads a snapshot, which it may write before, as a Persistence does; without one, in memory.
	Reload(o Reload) error
	// Shutdown asks for the end of the server and hangs up.
	Shutdown(s Shutdown) error
}

// wait runs a typed call that may have to wait. Where nobody is connected, as in
// a script, it is within a transaction and does not.
func (c *Call) wait(run func(ctx context.Context) error) error {
	if c.Conn == nil {
		return run(context.Background())
	}
	return c.Conn.Block(run)
}

// RowOf returns the row of a call as Lookup does, but whatever the number of its
// arguments, and nil if there is none.
func RowOf(args []string) *Row { return commands.find(args) }

// Alone reports whether the first argument of a call is enough to find the row:
// it is no container, nor in one.
func (r *Row) Alone() bool { return r.parent == nil && r.Sub == nil }

// connected makes a command that needs its connection fail where there is none.
func connected(run func(c *Call) error) func(c *Call) error {
	return func(c *Call) error {
		if c.Conn == nil {
			return errNoConn
		}
		return run(c)
	}
}

// A Client describes a connection, as CLIENT LIST does.
type Client struct {
	ID          int64
	Addr        string // of the client
	LocalAddr   string // of the server
	FD          int    // file descriptor, -1 if there is none
	Name        string
	Age         time.Duration // since it was made
	Idle        time.Duration // since it was last used
	Flags       string        // Redis's letters, such as N for nothing special
	DB          int
	Channels    int    // that it is subscribed to
	Patterns    int    // the same
	Shards      int    // shard channels, the same
	Queued      int    // commands in its transaction, -1 outside of one
	Unparsed    int    // bytes read that are not yet a request
	ArgBytes    int    // bytes of the arguments of the last request
	QueuedBytes int    // bytes of the arguments in its transaction
	Unsent      int    // bytes of replies that wait
	Command     string // full name of the last command, "" for none
	User        string
	Proto       int
	LibName     string
	LibVersion  string
	Redirect    int64 // the connection that is told what changes; -1 if keys are not tracked
}

// appendTo appends the line that CLIENT LIST has for the client. What nook has
// not, such as redirected clients, is as it is in a Redis that does not use it.
func (k *Client) appendTo(b []byte) []byte {
	b = appendField(b, "id", k.ID)
	b = append(b, " addr="+k.Addr+" laddr="+k.LocalAddr...)
	b = appendField(b, " fd", int64(k.FD))
	b = append(b, " name="+k.Name...)
	b = appendField(b, " age", int64(k.Age/time.Second))
	b = appendField(b, " idle", int64(k.Idle/time.Second))
	b = append(b, " flags="+k.Flags...)
	b = appendField(b, " db", int64(k.DB))
	b = appendField(b, " sub", int64(k.Channels))
	b = appendField(b, " psub", int64(k.Patterns))
	b = appendField(b, " ssub", int64(k.Shards))
	b = appendField(b, " multi", int64(k.Queued))
	b = appendField(b, " qbuf", int64(k.Unparsed))
	b = append(b, " qbuf-free=0"...)
	b = appendField(b, " argv-mem", int64(k.ArgBytes))
	b = appendField(b, " multi-mem", int64(k.QueuedBytes))
	b = append(b, " rbs=0 rbp=0 obl=0 oll=0"...)
	b = appendField(b, " omem", int64(k.Unsent))
	b = appendField(b, " tot-mem", int64(k.Unparsed+k.ArgBytes+k.QueuedBytes+k.Unsent))
	b = append(b, " events=r cmd="+k.lastCommand()+" user="+k.User...)
	b = appendField(b, " redir", k.Redirect)
	b = appendField(b, " resp", int64(k.Proto))
	if k.LibName != "" || k.LibVersion != "" { // Redis 7.2 has these, and so has who uses its CLIENT SETINFO
		b = append(b, " lib-name="+k.LibName+" lib-ver="+k.LibVersion...)
	}
	return append(b, '\n')
}

// kind returns the type of the client.
func (k *Client) kind() string {
	if k.Channels+k.Patterns+k.Shards > 0 {
		return subscriber
	}
	return normalClient
}

func (k *Client) lastCommand() string {
	if k.Command == "" {
		return "NULL"
	}
	return k.Command
}

func appendField(b []byte, name string, n int64) []byte {
	b = append(b, name...)
	b = append(b, '=')
	return strconv.AppendInt(b, n, 10)
}

// Errors of connections.
const (
	ErrWrongPass     = Error("WRONGPASS invalid username-password pair or user is disabled.")
	ErrNoAuth        = Error("NOAUTH Authentication required.")
	ErrNoMulti       = Error("ERR Command not allowed inside a transaction")
	ErrNested        = Error("ERR MULTI calls can not be nested")
	ErrWatchInside   = Error("ERR WATCH inside MULTI is not allowed")
	ErrNoExec        = Error("ERR EXEC without MULTI")
	ErrNoDiscard     = Error("ERR DISCARD without MULTI")
	ErrExecAbort     = Error("EXECABORT Transaction discarded because of previous errors.")
	ErrInternal      = Error("ERR internal error")
	ErrMaxClients    = Error("ERR max number of clients reached")
	ErrMonitorInside = Error("ERR MONITOR isn't allowed for DENY BLOCKING client")
	ErrMonitorKeys   = Error("ERR Replica can't interact with the keyspace")
	ErrShutdown      = Error("ERR Errors trying to SHUTDOWN. Check logs.")

	errNoConn = Error("ERR the command needs a connection")
)

// ErrProtected returns the error of a command that may not be sent unless a parameter allows it.
func ErrProtected(r *Row) Error {
	container, _, _ := strings.Cut(r.FullName(), "|")
	return Error("ERR " + upper(container) + " command not allowed. If the enable-" + container + `-command option is set to "local", ` +
		"you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")
}

// AbortedBy returns the error of an EXEC that was itself rejected for the given
// reason.
func AbortedBy(reason error) Error {
	return Error("EXECABORT Transaction discarded because of: " + strings.TrimPrefix(ErrorText(reason), "ERR "))
}

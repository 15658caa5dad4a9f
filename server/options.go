package server

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/script"
)

// Options configure a Server. The zero value of each field is the default. Time
// is that of the store's clock, but for the two timeouts: they are about the real
// network.
type Options struct {
	// Password is what clients must authenticate with, as user "default".
	// Empty means that none have to. It counts for nothing with an ACLFile.
	Password string

	// Users are further users, by name, each with the rules of ACL SETUSER that make it, parted by single spaces:
	// "on >secret ~cache:* +@read". One of the name "default" stands in the place of Password.
	Users map[string]string

	// ACLFile is a file of users, one on each line: "user alice on >secret ~cache:* +@read". It is read at the start and
	// by ACL LOAD, and written by ACL SAVE. With it there must be no Users. Empty means that users are kept nowhere.
	//
	// As in Redis, the file has the last word on the default user: if it has no line of it, that user may do everything and
	// needs no password, whatever Password says.
	ACLFile string

	// MaxClients is how many connections there may be at a time; more are
	// told so and closed. 0 means 10,000; negative means no limit.
	MaxClients int

	// MaxBulk is the longest argument of a request in bytes,
	// proto-max-bulk-len. 0 means 512 MiB.
	MaxBulk int64

	// MaxRequest is how many bytes a client can make the server keep for it:
	// of a request that is not yet whole, or in queued commands and watched
	// keys. A client that passes it is cut off. 0 means 1 GiB.
	MaxRequest int64

	// MaxUnread is how many bytes of replies wait for a client that does not
	// read them while its further requests are served. 0 means 64 MiB.
	MaxUnread int

	// MaxMessages is how many bytes may wait for a client that is subscribed and does
	// not read them, client-output-buffer-limit for pubsub. Who publishes never
	// waits for it: it is cut off. 0 means 32 MiB.
	MaxMessages int

	// MaxExec is how many bytes the replies of one transaction may have, as they
	// are all collected before the first is sent. A client that passes it
	// is cut off after the transaction. 0 means 1 GiB.
	MaxExec int

	// StallTimeout is how long a client with more than MaxUnread bytes of
	// replies to read may take none of them until it is cut off. 0 means a
	// minute; negative means forever.
	StallTimeout time.Duration

	// IdleTimeout is how long a client may send nothing until it is cut off. 0
	// means forever.
	IdleTimeout time.Duration

	// BusyThreshold is how long a script may run before other clients are told so instead
	// of waiting for it, busy-reply-threshold. Then SCRIPT KILL can end it. 0 means 5 seconds; negative means never.
	BusyThreshold time.Duration

	// Scripts bound what a script may use. nil means script.DefaultLimits.
	Scripts *script.Limits

	// Cluster makes the server a node of a cluster, cluster-enabled. Clients then have but one database. nil means that it
	// is on its own.
	Cluster *Cluster

	// Announce is the address, host:port, under which clients of a cluster are to find the server, cluster-announce-ip
	// and cluster-announce-port. Empty means that of its first TCP listener.
	Announce string

	// Persistence is what keeps the store on disk: the *persist.Store that it is a part of. Then SAVE, BGREWRITEAOF and their kin work on that,
	// INFO and CONFIG tell of it, and writes are refused while they could not be kept. nil means that nothing does.
	Persistence Persistence

	// Debug says who may send DEBUG, enable-debug-command. It can make all clients wait and fill the store, and
	// shows what it holds.
	Debug DebugAccess

	// Logger is told what an operator should know: panics of commands, clients
	// cut off, failures to accept connections. nil means nobody is.
	Logger *slog.Logger

	// Intercept is called with each request in the place of serving it, in the goroutine of its session: to record it, to serve it
	// later, or to break something, as tests like to. It ends with a call of one of Request's Serve,
	// Fail, Cut and Disconnect, as a rule; without, the client gets no reply. Requests of one client
	// come one by one, those of several at once. nil means that requests are served.
	Intercept func(*Request)

	// OnShutdown is called when a client sends SHUTDOWN. It should see to it
	// that Close is called, but not wait for that itself: Close waits for the
	// client's session. nil makes SHUTDOWN an error.
	OnShutdown func()

	sentinel bool // it is one, with commands of its own
}

// access returns the commands as permissions know them.
func (o *Options) access() *acl.Table {
	if o.sentinel {
		return command.AccessTableOfSentinels()
	}
	return command.AccessTable()
}

const (
	defaultMaxClients   = 10_000
	defaultMaxBulk      = 512 << 20
	defaultMaxRequest   = 1 << 30
	defaultMaxUnread    = 64 << 20
	defaultMaxMessages  = 32 << 20
	defaultMaxExec      = 1 << 30
	defaultStallTimeout = time.Minute
	defaultBusy         = 5 * time.Second
)

// withDefaults returns a copy with the defaults filled in, or says which field
// is out of its range.
func (o *Options) withDefaults() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	if _, _, err := announced(v.Announce); err != nil {
		return v, err
	}
	switch {
	case v.MaxBulk < 0:
		return v, fmt.Errorf("server: Options.MaxBulk is %d, below 0", v.MaxBulk)
	case v.MaxRequest < 0:
		return v, fmt.Errorf("server: Options.MaxRequest is %d, below 0", v.MaxRequest)
	case v.MaxUnread < 0:
		return v, fmt.Errorf("server: Options.MaxUnread is %d, below 0", v.MaxUnread)
	case v.MaxMessages < 0:
		return v, fmt.Errorf("server: Options.MaxMessages is %d, below 0", v.MaxMessages)
	case v.MaxExec < 0:
		return v, fmt.Errorf("server: Options.MaxExec is %d, below 0", v.MaxExec)
	case v.ACLFile != "" && v.Users != nil:
		return v, errors.New("server: Options has both Users and ACLFile")
	case v.Debug > DebugAllowed:
		return v, fmt.Errorf("server: Options.Debug is %d, no known access", v.Debug)
	case v.IdleTimeout < 0:
		return v, fmt.Errorf("server: Options.IdleTimeout is %v, below 0", v.IdleTimeout)
	}
	setDefault(&v.MaxClients, defaultMaxClients)
	setDefault(&v.MaxBulk, defaultMaxBulk)
	setDefault(&v.MaxRequest, defaultMaxRequest)
	setDefault(&v.MaxUnread, defaultMaxUnread)
	setDefault(&v.MaxMessages, defaultMaxMessages)
	setDefault(&v.MaxExec, defaultMaxExec)
	setDefault(&v.StallTimeout, defaultStallTimeout)
	setDefault(&v.BusyThreshold, defaultBusy)
	if v.Scripts == nil {
		v.Scripts = &script.DefaultLimits
	}
	if v.Logger == nil {
		v.Logger = slog.New(slog.DiscardHandler)
	}
	return v, nil
}

func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

func (o *Options) limits() resp.Limits { return resp.Limits{MaxBulk: o.MaxBulk} }

// ErrClosed is what Serve returns once the server is closed.
var ErrClosed = errors.New("server: closed")

var errNoStore = errors.New("server: New needs a store")

// Reasons for which a client is cut off.
var (
	errBigRequest = errors.New("server: the client's request or transaction is too big")
	errBigExec    = errors.New("server: the replies of the client's transaction are too big")
	errFlooded    = errors.New("server: the client does not read its messages")
	errDismissed  = errors.New("server: the client's user is gone, or may not have its subscriptions any more")
	errStalled    = errors.New("server: the client does not read its replies")
)

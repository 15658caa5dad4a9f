package command

import (
	"context"
	"time"

	"github.com/nookdb/nook"
)

var persistenceRows = []*Row{
	{
		Name: "bgrewriteaof", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading, Group: "server", Since: "1.0.0",
		Doc:  "Begins to write the append-only file anew, as short as it can be.",
		Cost: "O(1), and O(N) in the background where N is the number of keys.",
		Run:  connected(bgRewriteAOF),
	},
	{
		Name: "bgsave", Arity: -1, Flags: Admin | NoScript | NoAsyncLoading, Group: "server", Since: "1.0.0",
		Doc:     "Begins to write a snapshot of all databases.",
		Cost:    "O(1), and O(N) in the background where N is the number of keys.",
		History: []Change{{"3.2.2", "SCHEDULE."}},
		Run:     connected(bgSave),
	},
	{
		Name: "lastsave", Arity: 1, Flags: Loading | Stale | Fast, Class: ClassAdmin | ClassDangerous, Group: "server", Since: "1.0.0",
		Tips: []string{tipRandom},
		Doc:  "Returns when the last snapshot was written, as a Unix time in seconds.",
		Cost: "O(1)",
		Run:  connected(lastSave),
	},
	{
		Name: "save", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading | NoMulti, Group: "server", Since: "1.0.0",
		Doc:  "Writes a snapshot of all databases. Others go on meanwhile.",
		Cost: "O(N) where N is the number of keys.",
		Run:  connected(save),
	},
}

// A Persistence keeps the store of a server on disk. Where a method has inside, that says that the call is a part of EXEC, which has keys locked: then it must not
// wait for anything.
type Persistence interface {
	// Save writes a snapshot.
	Save() error
	// SaveInBackground begins to write one, and reports true if that is put off: because something else is under way, which is an
	// error unless later is set, or because the call is inside.
	SaveInBackground(later, inside bool) (scheduled bool, err error)
	// RewriteInBackground begins to rewrite the append-only files, or puts that off.
	RewriteInBackground(inside bool) (scheduled bool, err error)
	// Reload reads a snapshot that it may write before.
	Reload(o Reload) error
	// LoadAppendOnly reads the append-only files again.
	LoadAppendOnly() error
	// Flush waits until what was written before is on the disk in an append-only file. The context ends that. Inside it does not wait. It reports whether
	// it is there.
	Flush(ctx context.Context, inside bool) bool
	// PrepareShutdown leaves on disk what there is to leave before the server ends. If it fails, the server goes on.
	PrepareShutdown(s Shutdown) error

	// Status returns what is under way, and what has come of it. The figures of the store are those of its Stats.
	Status(stats *nook.Stats) PersistenceStatus
	// Parameters returns the parameters.
	Parameters() PersistenceParameters
	// SetAppendOnly begins the append-only file, or ends it. What that takes happens in the background.
	SetAppendOnly(on, inside bool) error
	// SetParameters changes those of them that can be changed but for that. It must not wait for the store.
	SetParameters(p PersistenceParameters)
	// Refusal returns why clients may not write at the moment, nil if they may.
	Refusal() error
}

// Reload says what DEBUG RELOAD does.
type Reload struct {
	Save  bool // write the snapshot before
	Flush bool // what is there goes
	Merge bool // what is read replaces what is there
}

// Shutdown says how a server ends.
type Shutdown struct {
	Save   bool // write a snapshot in any case
	NoSave bool // write none
	Force  bool // end though something could not be written
}

// PersistenceStatus is what INFO tells of persistence.
type PersistenceStatus struct {
	Unsaved      int64 // changes since the last snapshot
	LastSave     time.Time
	SaveOK       bool          // the last snapshot in the background was written
	SaveTook     time.Duration // in the background, negative if there was none
	Saves        int64         // snapshots, successful or not
	Saving       time.Time     // since when one is written in the background, zero if none is
	SavedKeys    int64         // by what is under way
	KeysToSave   int64         // the same
	LoadedKeys   int64         // from snapshots, by the last load
	ExpiredKeys  int64         // left out then
	AppendOnly   bool
	Rewriting    time.Time // since when the append-only files are rewritten
	Scheduled    bool      // they will be
	RewriteOK    bool
	RewriteTook  time.Duration
	Rewrites     int64
	Failures     int64 // rewrites that failed since one has not
	WriteOK      bool  // of the append-only file
	Size         int64 // bytes of the append-only files
	BaseSize     int64 // after the last rewrite
	Buffered     int64 // bytes that are yet to be written
	Syncing      bool  // the file is being synced in the background
	DelayedSyncs int64 // how often writes had to wait for that
}

// Errors of what is asked for while something else is being written.
const (
	ErrSaving    = Error("ERR Background save already in progress")
	ErrRewriting = Error("ERR Background append only file rewriting already in progress")
	ErrSaveBusy  = Error("ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE " +
		"whenever possible.")
	ErrRewrite = Error("ERR Can't execute an AOF background rewriting. Please check the server logs for more information.")

	// ErrNotSaved is what Redis says of a snapshot that could not be written. The log says more.
	ErrNotSaved = Error("ERR")

	errNoPersistence = Error("ERR the server keeps nothing on disk")
)

func save(c *Call) error {
	p := c.Conn.Persistence()
	if p == nil {
		return errNoPersistence
	}
	return c.ok(p.Save())
}

func bgSave(c *Call) error {
	later := len(c.Args) == 2 && is(c.Args[1], "schedule")
	if len(c.Args) > 1 && !later {
		return nook.ErrSyntax
	}
	p := c.Conn.Persistence()
	if p == nil {
		return errNoPersistence
	}
	scheduled, err := p.SaveInBackground(later, c.Conn.Executing())
	return c.begun("Background saving", scheduled, err)
}

func bgRewriteAOF(c *Call) error {
	p := c.Conn.Persistence()
	if p == nil {
		return ErrRewrite
	}
	scheduled, err := p.RewriteInBackground(c.Conn.Executing())
	return c.begun("Background append only file rewriting", scheduled, err)
}

// begun replies that something in the background has begun, or will.
func (c *Call) begun(what string, scheduled bool, err error) error {
	switch {
	case err != nil:
		return err
	case scheduled:
		c.Out.Simple(what + " scheduled")
	default:
		c.Out.Simple(what + " started")
	}
	return nil
}

func lastSave(c *Call) error { return c.int(c.Conn.LastSave().Unix(), nil) }

// Errors of DEBUG RELOAD and LOADAOF.
const (
	errReloadOption = Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")

	// ErrReload is what Redis says of a snapshot that could not be read. The log says more.
	ErrReload = Error("ERR Error trying to load the RDB dump")
	// ErrLoadAOF is the same of append-only files.
	ErrLoadAOF = Error("ERR Error trying to load the AOF files, check server logs.")

	errReloadInside = Error("ERR DEBUG RELOAD is not possible within a transaction")
)

// debugReload is DEBUG RELOAD.
func debugReload(c *Call, args []string) error {
	o := Reload{Save: true, Flush: true}
	for _, word := range args {
		switch {
		case is(word, "merge"):
			o.Merge = true
		case is(word, "noflush"):
			o.Flush = false
		case is(word, "nosave"):
			o.Save = false
		default:
			return errReloadOption
		}
	}
	if c.Conn.Executing() {
		return errReloadInside
	}
	return c.ok(c.Conn.Reload(o))
}

// debugLoadAOF is DEBUG LOADAOF. Without append-only files Redis finds none, and is empty then.
func debugLoadAOF(c *Call, _ []string) error {
	if c.Conn.Executing() {
		return errReloadInside
	}
	p := c.Conn.Persistence()
	if p == nil {
		return errNoPersistence
	}
	return c.ok(p.LoadAppendOnly())
}

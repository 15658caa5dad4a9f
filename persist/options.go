package persist

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nookdb/nook"
)

// Options say how a store is kept. The zero value is what Redis does: snapshots now and then, and no append-only file.
type Options struct {
	// Store are the options of the store. Its Journal must be nil.
	Store nook.Options

	// AppendOnly keeps all changes in an append-only file. Then that is what Open reads; a snapshot is
	// read only if there is no append-only file yet. appendonly.
	AppendOnly bool

	// Fsync says how safe changes are in it. appendfsync.
	Fsync Fsync

	// Save says when snapshots are written: as soon as one of the rules holds, and by Close. nil stands for Redis's: after an hour if a key
	// has changed, after 5 minutes if 100 have, after a minute if 10,000 have. An empty slice means never. save.
	Save []SaveRule

	// RewritePercentage is by how much the append-only files grow, compared with what they were after the last rewrite, before they are
	// rewritten. 0 means 100; negative means never. auto-aof-rewrite-percentage.
	RewritePercentage int

	// RewriteMinSize is below which size in bytes they are not rewritten. 0 means 64 MiB. auto-aof-rewrite-min-size.
	RewriteMinSize int64

	// WriteUnsaved lets clients of a server write though the last snapshot in the background has failed and there are rules for
	// snapshots. stop-writes-on-bgsave-error no.
	WriteUnsaved bool

	// Uncompressed leaves long strings in snapshots as they are. rdbcompression no.
	Uncompressed bool

	// RefuseTorn makes it an error that the last append-only file ends within a command, as it does after a crash, instead of cutting it behind
	// the last whole one. aof-load-truncated no.
	RefuseTorn bool

	// SkipModules leaves out values of modules, which else are an error.
	SkipModules bool

	// Progress is told now and then how far a file has been read or written. It must be quick, and is called from other goroutines.
	Progress func(Progress)

	// Logger gets what happens in the background. nil means slog.Default.
	Logger *slog.Logger
}

// A SaveRule asks for a snapshot if at least so many changes were made, and so much time has passed, since the last one.
type SaveRule struct {
	After   time.Duration
	Changes int64
}

// standardRules are those of Redis.
var standardRules = []SaveRule{{time.Hour, 1}, {5 * time.Minute, 100}, {time.Minute, 10_000}}

const (
	standardPercentage = 100
	standardMinSize    = 64 << 20
)

// validate returns a copy with the defaults filled in, or says what is wrong.
func (o *Options) validate() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	if v.Store.Journal != nil {
		return v, errors.New("persist: Options.Store.Journal is not nil: it is this package's")
	}
	settings := v.settings()
	if err := settings.validate(); err != nil {
		return v, err
	}
	if v.Save == nil {
		v.Save = standardRules
	}
	if v.RewritePercentage == 0 {
		v.RewritePercentage = standardPercentage
	}
	if v.RewriteMinSize == 0 {
		v.RewriteMinSize = standardMinSize
	}
	if v.Logger == nil {
		v.Logger = slog.Default()
	}
	if v.Progress == nil {
		v.Progress = func(Progress) {}
	}
	return v, nil
}

// Progress is how far a file has been read or written.
type Progress struct {
	Task  Task
	File  string // its name, without the directory's
	Done  int64  // bytes read, or keys written
	Total int64  // of these, 0 if that is not known
}

// A Task is what takes a while.
type Task int

// The tasks.
const (
	TaskLoad    Task = iota // reading a file; counts bytes
	TaskSave                // writing a snapshot; counts keys
	TaskRewrite             // writing the base of an append-only file; counts keys
	TaskCheck               // reading a file that is checked; counts bytes
)

var taskNames = [...]string{TaskLoad: "load", TaskSave: "save", TaskRewrite: "rewrite", TaskCheck: "check"}

// String returns the name of the task.
func (t Task) String() string {
	if t < 0 || int(t) >= len(taskNames) {
		return fmt.Sprintf("Task(%d)", int(t))
	}
	return taskNames[t]
}

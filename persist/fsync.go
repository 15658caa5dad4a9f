package persist

import "fmt"

// Fsync says when what was written to the append-only file is made to survive a
// loss of power. That a process ends, or is killed, takes at most the last few milliseconds, and
// nothing that a client of a server was told: replies wait until the system has what was written.
type Fsync int

// The policies of Redis's setting appendfsync.
const (
	// FsyncEverySecond syncs once a second. A loss of power takes what was written in the last
	// second, and during the sync that was under way.
	FsyncEverySecond Fsync = iota
	// FsyncAlways syncs before a write returns. Writes that come together share
	// a sync. Nothing that was acknowledged is lost. A read, or a write that finds nothing to do, may see what another
	// caller has written and is still waiting for: nook.Store.Commit returns when that is safe. A server waits so before each reply.
	FsyncAlways
	// FsyncNever leaves it to the system when to write to the disk.
	FsyncNever
)

// fsyncNames are the policies as Redis names them.
var fsyncNames = [...]string{FsyncEverySecond: "everysec", FsyncAlways: "always", FsyncNever: "no"}

// String returns Redis's name of the policy.
func (f Fsync) String() string {
	if f < 0 || int(f) >= len(fsyncNames) {
		return fmt.Sprintf("Fsync(%d)", int(f))
	}
	return fsyncNames[f]
}

// ParseFsync returns the policy of one of Redis's names: always, everysec, no.
func ParseFsync(name string) (Fsync, bool) {
	for f, n := range fsyncNames {
		if n == name {
			return Fsync(f), true
		}
	}
	return 0, false
}

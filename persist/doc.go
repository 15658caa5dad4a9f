// Package persist keeps a store on disk, in the files of Redis: what redis-server 7.0 writes is read, and the
// other way round.
//
//	s, err := persist.Open("/var/lib/app", &persist.Options{AppendOnly: true})
//	if err != nil { ... }
//	defer s.Close()
//	err = s.Set("k", "v")
//
// # What is on disk
//
//	dump.rdb                              a snapshot, written now and then (Options.Save)
//	appendonlydir/                        with Options.AppendOnly, or after SetAppendOnly:
//	    appendonly.aof.manifest           which of the files below count, in order
//	    appendonly.aof.3.base.rdb         a snapshot
//	    appendonly.aof.7.incr.aof         all changes since, as commands
//	nook.lock                             keeps other processes out
//
// A snapshot shows the store as it was at one moment. Nobody waits while it is written. Without AppendOnly, what has changed since
// the last one is lost with the process. With it, changes are in a file before a write returns, or soon after: see
// Fsync.
//
// # Recovery
//
// Open reads what there is, and says what it has found: see Recovery. What a crash has left unfinished at the end of the last file is cut
// off, up to the last whole command or transaction. Whatever else is wrong is an error with the file and the offset, and nothing is
// changed: see Check and Repair.
//
// # When the disk fails
//
// Once the append-only file could not be written or synced, all writes fail with a *WriteError, whatever becomes of the disk; reads go on. The
// file has all that was acknowledged with FsyncAlways. With the other policies, what was acknowledged but not yet written, or not yet synced, may be
// missing, as if the process had been killed, or the power gone. The store still holds it. So do not close it, but make room, if that
// is it, and switch the file off and on again: Store.SetAppendOnly begins another one, with all that the store holds. Store.Save, or Save to another
// disk, works too; Open begins with a snapshot where there is no append-only directory.
//
// # Single snapshots
//
// Load and Save are for these, as tests and backups need them.
package persist

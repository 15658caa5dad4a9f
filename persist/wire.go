package persist

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
)

// Wire returns what the commands of a server work on. It makes the store a server.Persistence.
func (s *Store) Wire() command.Persistence { return wire{s} }

// wire is a store as the commands of a server see it.
type wire struct{ *Store }

// Save is SAVE.
func (w wire) Save() error {
	err := w.Store.Save()
	if err == nil || errors.Is(err, ErrSaving) || errors.Is(err, nook.ErrClosed) {
		return err
	}
	w.o.Logger.Error("could not save", "reason", err)
	return command.ErrNotSaved
}

// SaveInBackground is BGSAVE.
func (w wire) SaveInBackground(later, inside bool) (scheduled bool, err error) {
	if inside {
		err = w.idle(saves)
	} else {
		err = w.Store.SaveInBackground()
	}
	if inside && err == nil || errors.Is(err, ErrBusy) && (later || inside) {
		w.mu.Lock()
		w.status.ToSave = true
		w.mu.Unlock()
		w.wake()
		return true, nil
	}
	return false, err
}

// idle returns why a task cannot begin.
func (s *Store) idle(task string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mayStart(task)
}

// RewriteInBackground is BGREWRITEAOF.
func (w wire) RewriteInBackground(inside bool) (scheduled bool, err error) {
	switch {
	case !inside:
		err = w.Store.RewriteInBackground()
	case w.appends():
		err = w.idle(rewrites)
	default:
		err = ErrNoAppend
	}
	switch {
	case inside && err == nil, errors.Is(err, ErrBusy):
		w.mu.Lock()
		w.status.ToRewrite, w.status.Failures = true, 0
		w.mu.Unlock()
		w.wake()
		return true, nil
	case err == nil, errors.Is(err, ErrRewriting):
		return false, err
	default:
		return false, command.ErrRewrite
	}
}

// SetAppendOnly is CONFIG SET appendonly.
func (w wire) SetAppendOnly(on, inside bool) error {
	switch {
	case inside:
		w.want(on) // who watches the rules sees to it
		w.wake()
		return nil
	case !on:
		if err := w.stopAppending(); err != nil {
			w.o.Logger.Error("the append-only file has ended, and may not be whole", "reason", err)
		}
		return nil
	}
	w.want(true)
	if w.journal.Load() != nil {
		return nil
	}
	err := w.Store.RewriteInBackground()
	if errors.Is(err, ErrBusy) || errors.Is(err, ErrRewriting) { // it is begun next, or just being begun
		return nil
	}
	if err != nil {
		w.want(false)
	}
	return err
}

// Reload is DEBUG RELOAD. What others write while it is under way, and what the file does not have, is gone if all that is there goes. Whatever
// the store then holds becomes the base of the append-only files before this returns.
func (w wire) Reload(o command.Reload) error {
	if err := w.claim(loads); err != nil {
		return err
	}
	changed, err := w.readSnapshot(o)
	w.finish()
	if changed && w.journal.Load() != nil {
		w.rewriteNow()
	}
	return err
}

// readSnapshot is Reload but for the append-only files. It reports whether the store may have changed.
func (w wire) readSnapshot(o command.Reload) (changed bool, err error) {
	if o.Save {
		if err := w.snapshot(new(nook.SaveOptions), w.stop, false); err != nil {
			w.o.Logger.Error("could not save", "reason", err)
			return false, command.ErrNotSaved
		}
	}
	err = w.reload(o.Flush, func(r *recoverer) error {
		r.replace = o.Merge
		return r.part(theSnapshot())
	})
	if err != nil {
		w.o.Logger.Error("could not load", "reason", err)
		return !o.Flush, command.ErrReload
	}
	return true, nil
}

// rewriteNow is Rewrite after what is under way. If it fails, it is tried again.
func (w wire) rewriteNow() {
	err := w.claim(rewrites)
	if err == nil {
		err = w.rewrite(func() {})
		w.finish()
	}
	if err == nil {
		return
	}
	w.o.Logger.Error("could not rewrite", "reason", err)
	w.mu.Lock()
	w.status.ToRewrite = w.appending
	w.mu.Unlock()
}

// LoadAppendOnly is DEBUG LOADAOF.
func (w wire) LoadAppendOnly() error {
	if err := w.claim(loads); err != nil {
		return err
	}
	defer w.finish()
	j := w.journal.Load()
	if j == nil {
		return command.ErrLoadAOF
	}
	err := j.sync()
	if err == nil {
		err = w.reload(true, func(r *recoverer) error {
			r.manifest = w.manifest
			return r.appended()
		})
	}
	if err != nil {
		w.o.Logger.Error("could not load", "reason", err)
		return command.ErrLoadAOF
	}
	return nil
}

// reload reads files into the store, or in the place of what it holds.
func (s *Store) reload(flush bool, read func(r *recoverer) error) error {
	into := s.Store
	if flush {
		into = s.Twin()
	}
	o := s.o
	o.RefuseTorn = s.Settings().RefuseTorn
	r := newRecoverer(s.fs, &o, into)
	err := read(r)
	if flush {
		if err != nil {
			return cmp.Or(err, into.Close())
		}
		err = s.Adopt(into)
	}
	stats, failed := s.Stats()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recovery.Keys, s.recovery.Expired = r.found.Keys, r.found.Expired
	if failed == nil && flush {
		s.baseline = stats.Changes
	}
	return cmp.Or(err, failed)
}

// Flush waits until what was appended is on the disk.
func (w wire) Flush(ctx context.Context, inside bool) bool {
	j := w.journal.Load()
	if j == nil || inside {
		return j != nil && j.isDurable()
	}
	done := make(chan error, 1)
	go func() { done <- j.sync() }() // ends with the sync, or with the journal
	select {
	case err := <-done:
		return err == nil
	case <-ctx.Done():
		return false
	}
}

// PrepareClose leaves on disk what Close would, snapshot included, after which the store changes no more; it is to be closed then. If it fails, all goes on as
// before: so who need not end can keep the data. SHUTDOWN.
func (s *Store) PrepareClose() error { return s.leave(command.Shutdown{}) }

// PrepareShutdown leaves on disk what Close would, so that an error can be told: then all goes on as before. Once it has succeeded, another call has nothing to do.
func (w wire) PrepareShutdown(o command.Shutdown) error {
	err := w.leave(o)
	if err == nil || !o.Force {
		return err
	}
	w.o.Logger.Error("something could not be written", "reason", err)
	w.depart()
	return nil
}

// hasLeft reports whether all is on disk, and the store changes no more.
func (s *Store) hasLeft() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left && s.sealed
}

// leave writes what there is to be on disk in the end. If that is a snapshot, the store changes no more from then on.
func (s *Store) leave(o command.Shutdown) error {
	if !o.NoSave || s.appends() && s.journal.Load() == nil {
		if err := s.claim(leaves); err != nil {
			return err
		}
		defer s.finish()
	}
	if s.hasLeft() {
		return nil
	}
	err := s.catchUp()
	if err == nil && !o.NoSave {
		err = s.last(o.Save)
	}
	if j := s.journal.Load(); err == nil && j != nil {
		err = j.sync()
	}
	if err != nil {
		return cmp.Or(err, s.unseal())
	}
	s.depart()
	return nil
}

// depart notes that Close has nothing to save.
func (s *Store) depart() {
	s.mu.Lock()
	s.left = true
	s.mu.Unlock()
}

// unseal lets the store change again, if it does not.
func (s *Store) unseal() error {
	s.switching.Lock()
	defer s.switching.Unlock()
	if !s.isSealed() {
		return nil
	}
	s.mu.Lock()
	s.sealed = false
	s.mu.Unlock()
	j := s.journal.Load()
	if j == nil {
		return s.SetJournal(nil)
	}
	return s.SetJournal(j)
}

// errUnsaved is what clients that write are told after a snapshot has failed.
const errUnsaved = command.Error("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data " +
	"set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails " +
	"(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.")

// Refusal returns why clients may not write.
func (w wire) Refusal() error {
	if w.unsaved.Load() {
		return errUnsaved
	}
	if j := w.journal.Load(); j != nil {
		if err := j.refusal.Load(); err != nil {
			return err
		}
	}
	return nil
}

// Status is INFO persistence.
func (w wire) Status(stats *nook.Stats) command.PersistenceStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.statusNow()
	p := command.PersistenceStatus{
		Unsaved: stats.Changes - w.baseline, LastSave: v.LastSave, SaveOK: v.SaveOK, SaveTook: v.SaveTook, Saves: v.Saves,
		SavedKeys: v.KeysDone, KeysToSave: v.KeysTotal, LoadedKeys: int64(w.recovery.Keys), ExpiredKeys: int64(w.recovery.Expired),
		AppendOnly: v.AppendOnly, Scheduled: v.ToRewrite, RewriteOK: v.RewriteOK, RewriteTook: v.RewriteTook, Rewrites: v.Rewrites, Failures: v.Failures,
		WriteOK: v.WriteError == nil, Size: v.Size, BaseSize: v.BaseSize, Buffered: v.Buffered, Syncing: v.Syncing, DelayedSyncs: v.Waits,
	}
	switch {
	case v.Saving:
		p.Saving = v.Began
	case v.Rewriting:
		p.Rewriting = v.Began
	}
	return p
}

// Parameters is CONFIG GET.
func (w wire) Parameters() command.PersistenceParameters {
	v := w.Settings()
	p := command.PersistenceParameters{
		Dir: w.dir, AppendOnly: w.appends(), Fsync: v.Fsync.String(), RewritePercentage: int64(max(v.RewritePercentage, 0)),
		RewriteMinSize: v.RewriteMinSize, Compress: !v.Uncompressed, LoadTruncated: !v.RefuseTorn, StopWrites: !v.WriteUnsaved,
	}
	for _, r := range v.Save {
		p.Save = append(p.Save, command.SaveRule{Seconds: int64(r.After / time.Second), Changes: r.Changes})
	}
	return p
}

// SetParameters is CONFIG SET.
func (w wire) SetParameters(p command.PersistenceParameters) {
	fsync, _ := ParseFsync(p.Fsync) // has been checked
	v := Settings{
		Fsync: fsync, Save: rulesOf(p.Save), RewritePercentage: int(p.RewritePercentage), RewriteMinSize: p.RewriteMinSize,
		WriteUnsaved: !p.StopWrites, Uncompressed: !p.Compress, RefuseTorn: !p.LoadTruncated,
	}
	if v.RewritePercentage == 0 {
		v.RewritePercentage = -1
	}
	_ = w.SetSettings(v) // all are within their ranges
}

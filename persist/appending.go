package persist

import (
	"cmp"
	"errors"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
)

// # The append-only file, switched on and off
//
// Whether there is to be one (Store.appending) and whether there is (Store.journal) differ for a while after it was switched on: until the first base is
// whole and the manifest lists it. That base is written by the task that else rewrites, and what happens from its moment on is appended, already, to
// the increment that goes with it. Before the manifest lists both, a crash leaves what was there before: older files, if there are any. If it fails, the
// task is tried again like a rewrite, until it succeeds or the file is switched off; the end of the store waits for it.
//
// To switch off is quick, and does not wait for tasks: a disk that fails refuses writes until then. It ends a rewrite that is under way. The files stay as
// they are. Whoever switches it on again gets new ones, which make those history.

// ErrSwitchedOff is the error of a rewrite, or of the beginning of an append-only file, that somebody has stopped by switching that off.
var ErrSwitchedOff = errors.New("persist: the append-only file was switched off")

// appends reports whether there is to be an append-only file.
func (s *Store) appends() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.appending
}

// isSealed reports whether the store is not to change any more.
func (s *Store) isSealed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sealed
}

// SetAppendOnly begins to keep all changes in an append-only file, and returns when what the store holds is in it; or ends that. It does nothing if it is so already.
//
// Fails with what the disk says: then nothing has begun, or what was written last may not be on the disk, though the file is ended; or with ErrSwitchedOff. O(n)
// to begin. CONFIG SET appendonly.
func (s *Store) SetAppendOnly(on bool) error {
	if !on {
		return s.stopAppending()
	}
	if err := s.claim(rewrites); err != nil {
		return err
	}
	defer s.finish()
	s.want(true)
	if s.journal.Load() != nil {
		return nil
	}
	err := s.rewrite(func() {})
	if err != nil {
		s.want(false)
	}
	return err
}

// want notes whether there is to be an append-only file.
func (s *Store) want(on bool) {
	s.mu.Lock()
	s.appending = on
	s.mu.Unlock()
}

// startAppending writes what the store holds as the base of new append-only files, to which it goes over. It calls at at the moment that the base shows.
func (s *Store) startAppending(at func()) error {
	m, err := s.formerManifest()
	if err != nil {
		return err
	}
	if err = s.fs.mkdir(appendDir); err == nil {
		err = s.fs.syncDir(".")
	}
	if err != nil {
		return err
	}
	next, f, err := s.newIncrement(m)
	if err != nil {
		return err
	}
	j := newJournal(f, 0, s.Settings().Fsync)
	base := m.NextBase(appendName)
	base.Size, err = s.draftBase(&nook.SaveOptions{Base: true, Journal: j, At: at}, base.Name, nil)
	if err == nil {
		if err = j.sync(); err != nil {
			_ = s.fs.remove(inAppendDir(tempBase)) // or the next Open does
		}
	}
	if err == nil {
		m = m.Clone()
		m.Increments = append(m.Increments, next)
		m.Rebase(base, next.Seq)
		err = s.replace(m, j)
	}
	if err != nil {
		s.giveUp(j, m, next, err)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.Store(j)
	j.promise(s.settings.Fsync) // it may be another by now
	return nil
}

// formerManifest returns the manifest of files that there were before, an empty one if there were none.
func (s *Store) formerManifest() (*aof.Manifest, error) {
	if s.manifest != nil {
		return s.manifest, nil
	}
	m, single, err := findManifest(s.fs)
	if err != nil {
		return nil, err
	}
	if m == nil || single {
		return new(aof.Manifest), nil
	}
	return m, nil
}

// giveUp goes on without the append-only file that could not be begun. m would have been its manifest: where that may be there in spite of all, the names of
// its files must not be used again.
func (s *Store) giveUp(j *journal, m *aof.Manifest, next aof.File, why error) {
	_ = s.SetJournal(nil) // the store cannot be closed yet
	_ = j.retire()        // the first error counts
	if isUnsure(why) {
		s.manifest = m
	} else {
		_ = s.fs.remove(inAppendDir(next.Name)) // or nothing lists it
	}
}

// stopAppending ends the append-only file.
func (s *Store) stopAppending() error {
	s.switching.Lock()
	defer s.switching.Unlock()
	if s.isSealed() {
		return nook.ErrClosed
	}
	s.want(false)
	return s.endAppending()
}

// endAppending is stopAppending once it is noted that there is to be no file. switching is held.
func (s *Store) endAppending() error {
	if over := s.haltRewrite(); over != nil {
		<-over
	}
	j := s.journal.Load()
	if j == nil {
		return nil
	}
	if err := s.SetJournal(retiring{j}); err != nil {
		return err
	}
	s.journal.Store(nil)
	err := j.retire()
	return cmp.Or(err, s.SetJournal(nil))
}

// retiring is the journal of a store while its last one is being ended: nothing is kept any more, but who has appended to that one hears what has come of it.
type retiring struct{ last *journal }

func (retiring) Admit() error         { return nil }
func (retiring) Append([]nook.Effect) {}
func (j retiring) Commit() error      { return j.last.Commit() }
func (j retiring) Flush() error       { return j.last.Flush() }

// haltRewrite has a rewrite end. It returns what is closed when that has ended, nil if there is none.
func (s *Store) haltRewrite() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.ToRewrite = false
	if s.task != rewrites {
		return nil
	}
	if !s.halted {
		s.halted = true
		close(s.halt)
	}
	return s.over
}

// settle ends the append-only file that somebody wanted to end who could not wait for it.
func (s *Store) settle() {
	s.switching.Lock()
	defer s.switching.Unlock()
	if s.isSealed() || s.appends() {
		return
	}
	if err := s.endAppending(); err != nil {
		s.o.Logger.Error("the append-only file has ended, and may not be whole", "reason", err)
	}
}

// catchUp begins the append-only file that is wanted if it could not be begun so far.
func (s *Store) catchUp() error {
	if !s.appends() || s.journal.Load() != nil {
		return nil
	}
	return s.rewrite(func() {})
}

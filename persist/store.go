package persist

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
)

// A Store is a store whose data a directory keeps.
type Store struct {
	*nook.Store

	fs       fileSystem
	dir      string  // its path, "" if it has none
	o        Options // but for what settings has
	lock     io.Closer
	recovery Recovery
	journal  atomic.Pointer[journal] // nil without an append-only file; see appending.go

	stop    chan struct{}  // closed by Close
	nudge   chan struct{}  // wakes who watches the rules
	workers sync.WaitGroup // tasks, and who watches the rules

	// manifest describes what is kept; nil if there never was an append-only file. It is that on disk, unless writing another one has failed:
	// then that may have either, which come to the same. Of the task that is under way.
	manifest *aof.Manifest
	bases    atomic.Int64 // bytes of the files of the manifest but the last

	switching sync.Mutex // held to end the journal, to seal the store, and to let it change again

	unsaved atomic.Bool  // the last snapshot in the background has failed, and clients should know
	done    atomic.Int64 // keys written by the task
	total   atomic.Int64 // of so many

	mu        sync.Mutex
	closed    bool          // guarded by mu
	left      bool          // nothing is to be saved any more, guarded by mu
	sealed    bool          // the store is not to change any more, guarded by mu
	settings  Settings      // guarded by mu
	appending bool          // there is to be an append-only file, guarded by mu
	task      string        // what is being written, "" if nothing is; guarded by mu
	over      chan struct{} // closed when that has been, guarded by mu
	halt      chan struct{} // closed to have a rewrite end, guarded by mu
	halted    bool          // it was, guarded by mu
	grown     int64         // bytes of the files of the manifest after the last rewrite, guarded by mu
	status    Status        // guarded by mu
	baseline  int64         // Stats.Changes at the last snapshot, guarded by mu
}

// Open returns a store with what a directory holds, which from then on is kept there. The directory is made if there is none. A nil o means the defaults.
//
// Fails with ErrInUse if another process has the directory open, with a *FileError if a file is damaged, or of an unknown version,
// or with what the file system says. No data is changed on disk then.
func Open(dir string, o *Options) (*Store, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s, err := open(dirFS(dir), o)
	if err != nil {
		return nil, err
	}
	s.dir = path
	return s, nil
}

// makeDir makes a directory, and those above it, so that they survive.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, dirMode); err != nil { // it may be there by now
		return err
	}
	return dirFS(parent).syncDir(".")
}

func open(d fileSystem, o *Options) (_ *Store, err error) {
	v, err := o.validate()
	if err != nil {
		return nil, err
	}
	lock, err := d.lock(lockName)
	if err != nil {
		return nil, err
	}
	loading := v.Store
	loading.Loading = true
	store, err := nook.New(&loading)
	if err != nil {
		return nil, cmp.Or(err, lock.Close())
	}
	s := &Store{
		Store: store, fs: d, o: v, lock: lock, settings: v.settings(), stop: make(chan struct{}), nudge: make(chan struct{}, 1),
	}
	if err := s.begin(); err != nil {
		return nil, cmp.Or(err, s.abandon())
	}
	return s, nil
}

// begin loads the store and starts to keep it.
func (s *Store) begin() error {
	r := newRecoverer(s.fs, &s.o, s.Store)
	err := r.recover()
	s.recovery = r.found
	if err != nil {
		return err
	}
	if s.o.AppendOnly {
		if err := s.resume(r); err != nil {
			return err
		}
	}
	removeDrafts(s.fs)
	if err := s.Loaded(); err != nil {
		return err
	}
	stats, err := s.Stats()
	if err != nil {
		return err
	}
	s.baseline, s.status.LastSave = stats.Changes, s.Now()
	s.status.SaveOK, s.status.RewriteOK, s.status.SaveTook, s.status.RewriteTook = true, true, -1, -1
	s.workers.Go(s.watch)
	return nil
}

// abandon lets go of all without writing anything.
func (s *Store) abandon() error {
	err := s.Store.Close()
	if j := s.journal.Load(); j != nil {
		err = cmp.Or(err, j.close())
	}
	return cmp.Or(err, s.lock.Close())
}

// resume goes on with the append-only files that were read, or begins with some. What was read has to survive from now on, whatever the last
// process has left undone: it may have ended between a step and the sync of it.
func (s *Store) resume(r *recoverer) error {
	if err := s.fs.mkdir(appendDir); err != nil {
		return err
	}
	if err := s.fs.syncDir("."); err != nil {
		return err
	}
	if r.manifest == nil || r.single {
		return s.beginAppending(r.single)
	}
	if err := s.fs.syncDir(appendDir); err != nil {
		return err
	}
	if err := s.cut(r.found.Cut); err != nil {
		return err
	}
	return s.goOn(r.manifest)
}

// cut cuts off what is behind the last whole command.
func (s *Store) cut(c *Cut) error {
	if c == nil {
		return nil
	}
	f, err := s.fs.extend(c.File)
	if err != nil {
		return err
	}
	if err = f.truncate(c.Offset); err == nil {
		err = f.sync()
	}
	return cmp.Or(err, f.Close())
}

// goOn appends to the last of the files of m.
func (s *Store) goOn(m *aof.Manifest) error {
	if len(m.Increments) == 0 {
		return s.addIncrement(m)
	}
	f, err := s.fs.extend(inAppendDir(m.Increments[len(m.Increments)-1].Name))
	if err != nil {
		return err
	}
	length, err := f.size()
	if err == nil {
		err = f.sync()
	}
	if err != nil {
		return cmp.Or(err, f.Close())
	}
	return s.appendTo(m, f, length)
}

// beginAppending writes what the store holds as the base of new append-only files. single says that it was read from the single file of an old server:
// that stays where it is, in the directory, under another name.
func (s *Store) beginAppending(single bool) error {
	m := new(aof.Manifest)
	base := m.NextBase(appendName)
	o := &nook.SaveOptions{Base: true}
	s.prepare(o, TaskRewrite, base.Name)
	err := writeFile(s.fs, appendDir, tempBase, base.Name, func(w io.Writer) error {
		report, err := s.SaveRDB(w, o)
		base.Size = report.Bytes
		return err
	})
	if err != nil {
		return err
	}
	m.Rebase(base, 1)
	if err := s.addIncrement(m); err != nil || !single {
		return err
	}
	if err := s.fs.rename(appendName, appendName+".old"); err != nil {
		return err
	}
	return s.fs.syncDir(".")
}

// addIncrement begins an increment behind the files of m.
func (s *Store) addIncrement(m *aof.Manifest) error {
	next, f, err := s.newIncrement(m)
	if err != nil {
		return err
	}
	m = m.Clone()
	m.Increments = append(m.Increments, next)
	if err := writeManifest(s.fs, m); err != nil {
		s.discard(f, next, err)
		return err
	}
	return s.appendTo(m, f, 0)
}

// newIncrement makes the file of an increment to follow those of m. It is empty, and survives. A file that has something is left alone,
// though the manifest does not list it.
func (s *Store) newIncrement(m *aof.Manifest) (next aof.File, f file, err error) {
	for taken := m.Clone(); ; taken.Increments = append(taken.Increments, next) {
		next = taken.NextIncrement(appendName)
		if f, err = s.fs.extend(inAppendDir(next.Name)); err != nil {
			return next, nil, err
		}
		size, err := f.size()
		if err == nil && size == 0 {
			break
		}
		if err = cmp.Or(err, f.Close()); err != nil {
			return next, nil, err
		}
	}
	if err = f.sync(); err == nil {
		err = s.fs.syncDir(appendDir)
	}
	if err != nil {
		s.discard(f, next, err)
	}
	return next, f, err
}

// discard closes a file that is not used, because of an error, and removes it unless it may be that the manifest lists it.
func (s *Store) discard(f file, x aof.File, why error) {
	_ = f.Close() // it is empty
	if !isUnsure(why) {
		_ = s.fs.remove(inAppendDir(x.Name)) // else it stays, empty, and is used the next time
	}
}

// appendTo makes f, the last file of m, the journal's.
func (s *Store) appendTo(m *aof.Manifest, f file, length int64) error {
	var sum int64
	for _, x := range m.Live() {
		size, err := sizeOf(s.fs, inAppendDir(x.Name))
		if err != nil {
			return cmp.Or(err, f.Close())
		}
		sum += size
	}
	s.manifest, s.grown = m, sum
	s.bases.Store(sum - length)
	j := newJournal(f, length, s.o.Fsync)
	s.journal.Store(j)
	s.appending = true
	s.removeHistory()
	return s.SetJournal(j)
}

// removeHistory removes the files that a newer base has replaced. What cannot be removed now is tried again with the next rewrite.
func (s *Store) removeHistory() {
	if len(s.manifest.History) == 0 {
		return
	}
	left := slices.DeleteFunc(slices.Clone(s.manifest.History), func(x aof.File) bool {
		there, err := exists(s.fs, appendDir, x.Name)
		return err == nil && !there || s.fs.remove(inAppendDir(x.Name)) == nil
	})
	m := s.manifest.Clone()
	m.History = left
	err := s.fs.syncDir(appendDir) // nobody would know of a file that came back
	if err == nil {
		err = writeManifest(s.fs, m)
	}
	if err != nil {
		s.o.Logger.Warn("the files that were replaced stay in the manifest", "reason", err)
		return
	}
	s.manifest = m
}

// Recovery says what Open has found.
func (s *Store) Recovery() Recovery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recovery
}

// ErrStopped is the error of a snapshot or a rewrite that the end of the store has stopped.
var ErrStopped = errors.New("persist: the store was closed")

// Close leaves everything on disk, and closes the store. With rules for snapshots it writes one, if anything has changed since the last; the append-only file is
// synced, whatever the policy. A write that Close meets fails with nook.ErrClosed, or is kept. A second Close does nothing.
//
// It returns the first error. The store is closed even then.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	left := s.left
	s.mu.Unlock()
	close(s.stop)
	s.workers.Wait()
	var err error
	if !left {
		err = cmp.Or(s.catchUp(), s.last(false))
	}
	return cmp.Or(err, s.abandon())
}

// last writes the snapshot that the end of the store leaves: with rules for snapshots, if anything has changed since the last, or if that is asked for. Nobody is told of
// a change that it might not have: from its beginning on, writes are refused.
func (s *Store) last(asked bool) error {
	if !asked && len(s.Settings().Save) == 0 {
		return nil
	}
	if err := s.seal(); err != nil {
		return err
	}
	stats, err := s.Stats()
	if err != nil {
		return err
	}
	s.mu.Lock()
	due := asked || stats.Changes != s.baseline
	s.mu.Unlock()
	if !due {
		return nil
	}
	return s.snapshot(new(nook.SaveOptions), nil, false)
}

// seal lets the store change no more. Whether there is an append-only file is settled then.
func (s *Store) seal() error {
	s.switching.Lock()
	defer s.switching.Unlock()
	s.mu.Lock()
	s.sealed = true
	s.mu.Unlock()
	return s.SetJournal(sealed{s.journal.Load()})
}

// sealed is the journal of a store that is not to change any more. What happens all the same is kept by the append-only file, if there is
// one; else nobody is told that it is.
type sealed struct{ journal *journal }

func (sealed) Admit() error { return nook.ErrClosed }

func (j sealed) Append(effects []nook.Effect) {
	if j.journal != nil {
		j.journal.Append(effects)
	}
}

func (j sealed) Commit() error {
	if j.journal == nil {
		return nook.ErrClosed
	}
	return j.journal.Commit()
}

func (j sealed) Flush() error {
	if j.journal == nil {
		return nook.ErrClosed
	}
	return j.journal.Flush()
}

// Status is what is under way, and what came of it last.
type Status struct {
	Saving    bool      // a snapshot is being written
	Rewriting bool      // the append-only file is being rewritten
	Began     time.Time // when that has begun
	KeysDone  int64     // that it has written
	KeysTotal int64     // of so many
	ToSave    bool      // a snapshot will be written as soon as nothing else is
	ToRewrite bool      // the append-only file will be rewritten, the same

	LastSave time.Time
	SaveOK   bool          // the last snapshot in the background was written
	SaveTook time.Duration // negative if there was none
	Saves    int64         // that were begun
	Unsaved  int64         // changes since the last snapshot

	AppendOnly  bool
	RewriteOK   bool          // the last rewrite was
	RewriteTook time.Duration // negative if there was none
	Rewrites    int64         // that were begun
	Failures    int64         // rewrites that failed since one has not
	Size        int64         // bytes of the append-only files
	BaseSize    int64         // bytes that they had after the last rewrite
	Buffered    int64         // bytes that are yet to be written
	Syncing     bool          // what was written is being synced in the background
	Waits       int64         // how often writes had to wait as too much was yet to be written
	WriteError  error         // why writes are refused, nil if they are not
}

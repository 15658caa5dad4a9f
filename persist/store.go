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
	journal  *journal // nil without an append-only file

	stop    chan struct{} // closed by Close
	nudge   chan struct{} // wakes who watches
	workers sync.WaitGroup

	unsaved atomic.Bool  // the last snapshot in the background has failed, and clients should know
	done    atomic.Int64 // keys written by the task
	total   atomic.Int64 // of so many

	mu       sync.Mutex
	closed   bool
	left     bool // nothing is to be saved any more
	settings Settings
	task     string        // what is being written, "" if nothing is
	over     chan struct{} // closed when that has been
	manifest *aof.Manifest // as it is on disk; nil without an append-only file
	bases    int64         // bytes of the files of the manifest but the last
	grown    int64         // bytes of all of them after the last rewrite
	status   Status
	baseline int64 // Stats.Changes at the last snapshot
}

// Open returns a store with what a directory holds, which from then on is kept there. The directory is made if there is none. A nil o means the defaults.
//
// Fails with ErrInUse if another process has the directory open, with a *FileError if a file is damaged, or of an unknown version,
// or with what the file system says. Nothing is changed on disk then.
func Open(dir string, o *Options) (*Store, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
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
	r := recoverer{fs: s.fs, o: &s.o, store: s.Store}
	err := r.recover()
	s.recovery = r.found
	if err != nil {
		return err
	}
	if s.o.AppendOnly {
		if err := s.resume(r.manifest, r.whole); err != nil {
			return err
		}
	}
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
	if s.journal != nil {
		err = cmp.Or(err, s.journal.close())
	}
	return cmp.Or(err, s.lock.Close())
}

// resume goes on with the append-only files of a manifest, the last of which is whole up to an offset; or begins with some, if m
// is nil.
func (s *Store) resume(m *aof.Manifest, whole int64) error {
	if err := cmp.Or(s.fs.mkdir(appendDir), s.fs.syncDir(".")); err != nil {
		return err
	}
	if m == nil || m.Base.Name == appendName {
		return s.beginAppending(m)
	}
	if len(m.Increments) == 0 {
		return s.addIncrement(m)
	}
	last := m.Increments[len(m.Increments)-1]
	f, err := s.fs.extend(inAppendDir(last.Name))
	if err != nil {
		return err
	}
	if err := cutAt(f, whole); err != nil {
		return cmp.Or(err, f.Close())
	}
	return s.appendTo(m, f, whole)
}

// cutAt cuts a file, if it is longer.
func cutAt(f file, length int64) error {
	size, err := f.size()
	if err != nil || size <= length {
		return err
	}
	if err := f.truncate(length); err != nil {
		return err
	}
	return f.sync()
}

// beginAppending writes what the store holds as the base of new append-only files. old, which may be nil, is the manifest of a single file of an old server:
// it stays where it is, in the directory, under another name.
func (s *Store) beginAppending(old *aof.Manifest) error {
	m := new(aof.Manifest)
	base := m.NextBase(appendName)
	err := writeFile(s.fs, appendDir, tempBase, base.Name, func(w io.Writer) error {
		_, err := s.SaveRDB(w, &nook.SaveOptions{Uncompressed: s.o.Uncompressed, Base: true})
		return err
	})
	if err != nil {
		return err
	}
	m.Rebase(base, 1)
	if err := s.addIncrement(m); err != nil || old == nil {
		return err
	}
	if err := s.fs.rename(appendName, appendName+".old"); err != nil {
		return err
	}
	return s.fs.syncDir(".")
}

// addIncrement begins an increment behind the files of m.
func (s *Store) addIncrement(m *aof.Manifest) error {
	next := m.NextIncrement(appendName)
	f, err := s.fs.create(inAppendDir(next.Name))
	if err != nil {
		return err
	}
	m = m.Clone()
	m.Increments = append(m.Increments, next)
	if err := cmp.Or(f.sync(), s.fs.syncDir(appendDir), writeManifest(s.fs, m)); err != nil {
		return cmp.Or(err, f.Close())
	}
	return s.appendTo(m, f, 0)
}

// appendTo makes f, the last file of m, the journal's.
func (s *Store) appendTo(m *aof.Manifest, f file, length int64) error {
	sizes, err := s.sizeOf(m)
	if err != nil {
		return cmp.Or(err, f.Close())
	}
	s.manifest, s.bases, s.grown = m, sizes-length, sizes
	s.journal = newJournal(f, length, s.o.Fsync)
	s.removeHistory()
	return s.SetJournal(s.journal)
}

// sizeOf returns the bytes of all files of a manifest that count.
func (s *Store) sizeOf(m *aof.Manifest) (sum int64, err error) {
	for _, x := range m.Live() {
		f, err := s.fs.open(inAppendDir(x.Name))
		if err != nil {
			return 0, err
		}
		size, err := f.size()
		if err = cmp.Or(err, f.Close()); err != nil {
			return 0, err
		}
		sum += size
	}
	return sum, nil
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
	if err := writeManifest(s.fs, m); err != nil {
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
	over := s.over
	s.mu.Unlock()
	close(s.stop)
	if over != nil {
		<-over
	}
	s.workers.Wait()
	err := s.last()
	return cmp.Or(err, s.abandon())
}

// last writes the snapshot that Close leaves, after which the store changes no more.
func (s *Store) last() error {
	stats, err := s.Stats()
	s.mu.Lock()
	left := s.left || len(s.settings.Save) == 0 || stats.Changes == s.baseline
	s.mu.Unlock()
	if err != nil || left {
		return err
	}
	_, err = s.writeSnapshot(&nook.SaveOptions{Journal: sealed{s.journal}})
	return err
}

// sealed is the journal of a store that is not to change any more.
type sealed struct{ journal *journal }

func (sealed) Admit() error { return nook.ErrClosed }

func (j sealed) Append(effects []nook.Effect) {
	if j.journal != nil {
		j.journal.Append(effects)
	}
}

func (j sealed) Commit() error {
	if j.journal != nil {
		return j.journal.Commit()
	}
	return nil
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

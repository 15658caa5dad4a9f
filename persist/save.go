package persist

import (
	"cmp"
	"errors"
	"io"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
)

// Errors of what is asked for while something else is being written, as Redis replies them.
var (
	ErrSaving    = errors.New("ERR Background save already in progress")
	ErrRewriting = errors.New("ERR Background append only file rewriting already in progress")
	ErrBusy      = errors.New("ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.")
	ErrNoAppend  = errors.New("ERR the store keeps no append-only file")
)

// The tasks, as Store.task names them.
const (
	saves    = "save"
	rewrites = "rewrite"
)

// start begins a task, unless another is under way. The caller calls finish.
func (s *Store) start(task string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nook.ErrClosed
	case s.task == saves && task == saves:
		return ErrSaving
	case s.task == rewrites && task == rewrites:
		return ErrRewriting
	case s.task != "":
		return ErrBusy
	}
	s.task, s.over = task, make(chan struct{})
	return nil
}

func (s *Store) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.task = ""
	close(s.over)
}

// Save writes a snapshot, and returns when it is on the disk. Others go on meanwhile, reading and writing.
//
// Fails with ErrSaving or ErrBusy while something else is being written, or with what the disk says. O(n). SAVE.
func (s *Store) Save() error {
	if err := s.start(saves); err != nil {
		return err
	}
	defer s.finish()
	return s.snapshot()
}

// SaveInBackground begins to write a snapshot. What comes of it is in Status.
//
// Fails as Save does before that begins. BGSAVE.
func (s *Store) SaveInBackground() error { return s.inBackground(saves, s.snapshot) }

// inBackground begins a task that the end of the store waits for.
func (s *Store) inBackground(task string, run func() error) error {
	if err := s.start(task); err != nil {
		return err
	}
	s.workers.Go(func() {
		defer s.finish()
		if err := run(); err != nil {
			s.o.Logger.Error("could not "+task, "reason", err)
		}
	})
	return nil
}

// snapshot writes one and notes what has come of it.
func (s *Store) snapshot() error {
	begin := time.Now()
	report, err := s.writeSnapshot(new(nook.SaveOptions))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.SaveOK, s.status.SaveTook = err == nil, time.Since(begin)
	if err == nil {
		s.baseline, s.status.LastSave = report.Changes, s.Now()
	}
	return err
}

func (s *Store) writeSnapshot(o *nook.SaveOptions) (report nook.SaveReport, err error) {
	s.prepare(o, TaskSave, snapshotName)
	err = writeFile(s.fs, ".", tempSnapshot, snapshotName, func(w io.Writer) (err error) {
		if o.Journal == nil { // what Close writes is written to its end
			w = &stoppable{w, s.stop}
		}
		report, err = s.SaveRDB(w, o)
		return err
	})
	return report, err
}

// A stoppable takes nothing more once the store is being closed.
type stoppable struct {
	to   io.Writer
	stop <-chan struct{}
}

func (w *stoppable) Write(p []byte) (int, error) {
	select {
	case <-w.stop:
		return 0, ErrStopped
	default:
		return w.to.Write(p)
	}
}

// prepare sets what all files have in common.
func (s *Store) prepare(o *nook.SaveOptions, task Task, name string) {
	o.Uncompressed = s.o.Uncompressed
	o.Progress = func(done, total int) {
		s.o.Progress(Progress{Task: task, File: name, Done: int64(done), Total: int64(total)})
	}
}

// Rewrite writes what the store holds as a new base of the append-only files, which so become as small as they can be, and returns when that is on the disk. Others
// go on meanwhile.
//
// Fails with ErrNoAppend without an append-only file, with ErrRewriting or ErrBusy while something else is being written, or with what the disk says: then the
// files that there are go on to count. O(n). BGREWRITEAOF.
func (s *Store) Rewrite() error {
	if err := s.start(rewrites); err != nil {
		return err
	}
	defer s.finish()
	return s.rewrite()
}

// RewriteInBackground begins to rewrite the append-only files. What comes of it is in Status.
//
// Fails as Rewrite does before that begins. BGREWRITEAOF.
func (s *Store) RewriteInBackground() error {
	if s.journal == nil {
		return ErrNoAppend
	}
	return s.inBackground(rewrites, s.rewrite)
}

// rewrite writes a new base. What comes after its moment goes to a new increment, which the manifest lists from then on; so whatever
// happens, the manifest's files are all that there is. Once the base is whole, it takes the place of all before that increment.
func (s *Store) rewrite() error {
	if s.journal == nil {
		return ErrNoAppend
	}
	begin := time.Now()
	err := s.rebase()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.RewriteOK, s.status.RewriteTook = err == nil, time.Since(begin)
	return err
}

func (s *Store) rebase() error {
	next := s.manifest.NextIncrement(appendName)
	f, err := s.fs.create(inAppendDir(next.Name))
	if err != nil {
		return err
	}
	if err := cmp.Or(f.sync(), s.fs.syncDir(appendDir)); err != nil {
		return cmp.Or(err, s.discard(f, next))
	}
	longer := s.manifest.Clone()
	longer.Increments = append(longer.Increments, next)
	var rotated <-chan error
	o := &nook.SaveOptions{Base: true, At: func() {
		rotated = s.journal.rotate(f, func() error { return writeManifest(s.fs, longer) })
	}}
	base := s.manifest.NextBase(appendName)
	s.prepare(o, TaskRewrite, base.Name)
	err = writeFile(s.fs, appendDir, tempBase, base.Name, func(w io.Writer) error {
		_, err := s.SaveRDB(&stoppable{w, s.stop}, o)
		return err
	})
	if rotated == nil {
		return cmp.Or(err, s.discard(f, next))
	}
	if failed := <-rotated; failed != nil {
		return cmp.Or(failed, s.discard(f, next))
	}
	bases, sizeErr := s.sizeOf(s.manifest)
	s.mu.Lock()
	s.manifest = longer
	if sizeErr == nil {
		s.bases = bases
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.replace(base, next.Seq)
}

// replace makes base take the place of all before an increment.
func (s *Store) replace(base aof.File, seq int64) error {
	m := s.manifest.Clone()
	m.Rebase(base, seq)
	if err := writeManifest(s.fs, m); err != nil {
		_ = s.fs.remove(inAppendDir(base.Name)) // or the next rewrite writes over it
		return err
	}
	sizes, err := s.sizeOf(m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manifest = m
	if err == nil {
		s.bases, s.grown = sizes-s.journal.size(), sizes
	}
	s.removeHistory()
	return nil
}

// discard closes and removes a file that is not needed.
func (s *Store) discard(f file, x aof.File) error {
	return cmp.Or(f.Close(), s.fs.remove(inAppendDir(x.Name)))
}

// Status returns what is under way.
func (s *Store) Status() Status {
	stats, err := s.Stats()
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.status
	v.Saving, v.Rewriting = s.task == saves, s.task == rewrites
	if err == nil {
		v.Unsaved = stats.Changes - s.baseline
	}
	if s.journal != nil {
		v.AppendOnly, v.BaseSize, v.WriteError = true, s.grown, s.journal.failure()
		v.Size = s.bases + s.journal.size()
	}
	return v
}

const (
	// watchInterval is how often the rules are looked at.
	watchInterval = time.Second
	// retryAfter is how long to wait after a snapshot that failed, as in Redis.
	retryAfter = 5 * time.Second
)

// watch writes snapshots and rewrites files when it is time to, until the store is closed.
func (s *Store) watch() {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var tried time.Time
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		v := s.Status()
		if v.Saving || v.Rewriting {
			continue
		}
		if s.saveDue(&v) && (v.SaveOK || time.Since(tried) >= retryAfter) {
			tried = time.Now()
			_ = s.SaveInBackground() // if something else has begun just now, the next time
		} else if s.rewriteDue(&v) && (v.RewriteOK || time.Since(tried) >= retryAfter) {
			tried = time.Now()
			_ = s.RewriteInBackground() // the same
		}
	}
}

// saveDue reports whether one of the rules asks for a snapshot.
func (s *Store) saveDue(v *Status) bool {
	since := s.Now().Sub(v.LastSave)
	for _, r := range s.o.Save {
		if v.Unsaved >= max(r.Changes, 1) && since >= r.After {
			return true
		}
	}
	return false
}

// rewriteDue reports whether the append-only files have grown enough.
func (s *Store) rewriteDue(v *Status) bool {
	if !v.AppendOnly || s.o.RewritePercentage < 0 || v.Size < s.o.RewriteMinSize || v.WriteError != nil {
		return false
	}
	grown := float64(v.Size-v.BaseSize) * 100 / float64(max(v.BaseSize, 1))
	return grown >= float64(s.o.RewritePercentage)
}

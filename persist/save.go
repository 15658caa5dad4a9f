package persist

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
	"github.com/nookdb/nook/internal/command"
)

// Errors of what is asked for while something else is being written, as Redis replies them.
var (
	ErrSaving    error = command.ErrSaving
	ErrRewriting error = command.ErrRewriting
	ErrBusy      error = command.ErrSaveBusy
	ErrNoAppend        = errors.New("persist: the store has no append-only file")
)

// The tasks, as Store.task names them.
const (
	saves    = "save"
	rewrites = "rewrite"
	loads    = "load" // of files again
	leaves   = "leave"
)

// start begins a task, unless another is under way. The caller calls finish.
func (s *Store) start(task string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayStart(task); err != nil {
		return err
	}
	s.task, s.over, s.status.Began = task, make(chan struct{}), s.Now()
	s.done.Store(0)
	s.total.Store(0)
	switch task {
	case saves:
		s.status.Saves++
		s.status.ToSave = false
	case rewrites:
		s.status.Rewrites++
		s.status.ToRewrite = false
		s.halt, s.halted = make(chan struct{}), false
	}
	s.workers.Add(1) // before Close waits, as closed is not set
	return nil
}

// mayStart returns why a task cannot begin. mu is held.
func (s *Store) mayStart(task string) error {
	switch {
	case s.closed, s.sealed && task == rewrites:
		return nook.ErrClosed
	case s.task == saves && task == saves:
		return ErrSaving
	case s.task == rewrites && task == rewrites:
		return ErrRewriting
	case s.task != "":
		return ErrBusy
	}
	return nil
}

// claim is start that waits for what is under way.
func (s *Store) claim(task string) error {
	for {
		err := s.start(task)
		if err == nil || errors.Is(err, nook.ErrClosed) {
			return err
		}
		s.mu.Lock()
		over := s.over
		s.mu.Unlock()
		if over != nil {
			<-over
		}
	}
}

func (s *Store) finish() {
	s.mu.Lock()
	close(s.over)
	s.task, s.over, s.halt = "", nil, nil
	s.mu.Unlock()
	s.wake() // something may be to be done next
	s.workers.Done()
}

// wake wakes who watches the rules.
func (s *Store) wake() {
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

// Save writes a snapshot, and returns when it is on the disk. Others go on meanwhile, reading and writing. A rewrite that is under way
// comes first.
//
// Fails with ErrSaving while a snapshot is being written, with ErrStopped if the store is closed meanwhile, or with what the disk says. O(n). SAVE.
func (s *Store) Save() error {
	if s.saving() {
		return ErrSaving
	}
	if err := s.claim(saves); err != nil {
		return err
	}
	defer s.finish()
	return s.snapshot(new(nook.SaveOptions), s.stop, false)
}

// saving reports whether a snapshot is being written.
func (s *Store) saving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.task == saves
}

// SaveInBackground begins to write a snapshot of what the store holds when it returns. What comes of it is in Status.
//
// Fails with ErrSaving or ErrBusy while something else is being written. BGSAVE.
func (s *Store) SaveInBackground() error {
	return s.inBackground(saves, func(at func()) error {
		at = sync.OnceFunc(at)
		defer at()
		return s.snapshot(&nook.SaveOptions{At: at}, s.stop, true)
	})
}

// inBackground begins a task that the end of the store waits for. It returns at the moment of the task, for which run calls at, once; or the error of run if it
// has failed before.
func (s *Store) inBackground(task string, run func(at func()) error) error {
	if err := s.start(task); err != nil {
		return err
	}
	begun := make(chan error, 2)
	go func() {
		err := run(func() { begun <- nil })
		if err != nil {
			s.o.Logger.Error("could not "+task, "reason", err)
		}
		s.finish()
		begun <- err
	}()
	return <-begun
}

// snapshot writes one, unless stop is closed before it is whole, and notes what has come of it. As in Redis, only what happens in the background
// counts as failed.
func (s *Store) snapshot(o *nook.SaveOptions, stop <-chan struct{}, background bool) error {
	begin := s.Now()
	report, err := s.writeSnapshot(o, stop)
	s.mu.Lock()
	defer s.mu.Unlock()
	if background {
		s.status.SaveOK, s.status.SaveTook = err == nil, s.Now().Sub(begin)
	}
	if err == nil {
		s.status.SaveOK = true
		s.baseline, s.status.LastSave = report.Changes, s.Now()
	}
	s.judge()
	return err
}

// writeSnapshot writes one, unless stop is closed before it is whole.
func (s *Store) writeSnapshot(o *nook.SaveOptions, stop <-chan struct{}) (report nook.SaveReport, err error) {
	s.prepare(o, TaskSave, snapshotName)
	err = writeFile(s.fs, ".", tempSnapshot, snapshotName, func(w io.Writer) (err error) {
		report, err = s.SaveRDB(&stoppable{w, stop, nil}, o)
		return err
	})
	return report, err
}

// A stoppable takes nothing more once stop or halt is closed.
type stoppable struct {
	to         io.Writer
	stop, halt <-chan struct{}
}

func (w *stoppable) Write(p []byte) (int, error) {
	select {
	case <-w.stop:
		return 0, ErrStopped
	case <-w.halt:
		return 0, ErrSwitchedOff
	default:
		return w.to.Write(p)
	}
}

// prepare sets what all files have in common.
func (s *Store) prepare(o *nook.SaveOptions, task Task, name string) {
	o.Uncompressed = s.Settings().Uncompressed
	o.Progress = func(done, total int) {
		s.done.Store(int64(done))
		s.total.Store(int64(total))
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
	return s.rewrite(func() {})
}

// RewriteInBackground begins to rewrite the append-only files to what the store holds when it returns. What comes of it is in Status.
//
// Fails as Rewrite does before that begins. BGREWRITEAOF.
func (s *Store) RewriteInBackground() error {
	if !s.appends() {
		return ErrNoAppend
	}
	return s.inBackground(rewrites, s.rewrite)
}

// rewrite writes a new base. What comes after its moment goes to a new increment, which the manifest lists from then on; so whatever
// happens, the manifest's files are all that there is. Once the base is whole, it takes the place of all before that increment.
func (s *Store) rewrite(at func()) error {
	if !s.appends() {
		return ErrNoAppend
	}
	begin := s.Now()
	base := s.rebase
	if s.journal.Load() == nil {
		base = s.startAppending
	}
	err := base(at)
	if errors.Is(err, ErrSwitchedOff) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.RewriteOK, s.status.RewriteTook = err == nil, s.Now().Sub(begin)
	if err == nil {
		s.status.Failures = 0
	} else {
		s.status.Failures++
	}
	return err
}

// rebase is rewrite. It calls at at the moment that the base shows.
func (s *Store) rebase(at func()) error {
	j := s.journal.Load()
	if err := j.failure(); err != nil {
		return err
	}
	next, f, err := s.newIncrement(s.manifest)
	if err != nil {
		return err
	}
	longer := s.manifest.Clone()
	longer.Increments = append(longer.Increments, next)
	var rotated <-chan error
	var left int64 // bytes of the increment that ends
	o := &nook.SaveOptions{Base: true, At: func() {
		left = j.size()
		longer.Increments[len(longer.Increments)-2].Size = left
		rotated = j.rotate(f, func() error { return writeManifest(s.fs, longer) })
		s.bases.Add(left)
		at()
	}}
	base := s.manifest.NextBase(appendName)
	size, err := s.draftBase(o, base.Name, s.stop)
	if rotated == nil {
		s.discard(f, next, err)
		return err
	}
	if failed := <-rotated; failed != nil {
		s.bases.Add(-left)
		s.discard(f, next, failed)
		if err == nil {
			_ = s.fs.remove(inAppendDir(tempBase)) // or the next Open does
		}
		return failed
	}
	s.manifest = longer
	if err != nil {
		return err
	}
	base.Size = size
	m := s.manifest.Clone()
	m.Rebase(base, next.Seq)
	return s.replace(m, j)
}

// draftBase writes a base under another name than its own, unless stop is closed or the task is halted before it is whole, and returns its size.
func (s *Store) draftBase(o *nook.SaveOptions, name string, stop <-chan struct{}) (size int64, err error) {
	s.prepare(o, TaskRewrite, name)
	s.mu.Lock()
	halt := s.halt
	s.mu.Unlock()
	err = writeDraft(s.fs, inAppendDir(tempBase), func(w io.Writer) error {
		report, err := s.SaveRDB(&stoppable{w, stop, halt}, o)
		size = report.Bytes
		return err
	})
	return size, err
}

// replace puts m in the place of the manifest, with the base that was drafted, and what the journal writes. The base's name may be that of a base of an earlier
// rewrite, which could not be put into the manifest for sure; by now another manifest is there for sure.
func (s *Store) replace(m *aof.Manifest, j *journal) error {
	base := m.Base
	if err := install(s.fs, appendDir, tempBase, base.Name); err != nil {
		_ = s.fs.remove(inAppendDir(base.Name)) // or the next rewrite writes over it
		return err
	}
	if err := writeManifest(s.fs, m); err != nil {
		if !isUnsure(err) {
			_ = s.fs.remove(inAppendDir(base.Name)) // the same
		}
		return err
	}
	s.manifest = m
	s.bases.Store(base.Size)
	s.mu.Lock()
	s.grown = base.Size + j.size()
	s.mu.Unlock()
	s.removeHistory()
	return nil
}

// Status returns what is under way.
func (s *Store) Status() Status {
	stats, err := s.Stats()
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.statusNow()
	if err == nil {
		v.Unsaved = max(0, stats.Changes-s.baseline) // a snapshot may have ended since
	}
	return v
}

// statusNow is Status but for what the store has changed. mu is held.
func (s *Store) statusNow() Status {
	v := s.status
	v.Saving, v.Rewriting = s.task == saves, s.task == rewrites
	if v.Saving || v.Rewriting {
		v.KeysDone, v.KeysTotal = s.done.Load(), s.total.Load()
	} else {
		v.Began = time.Time{}
	}
	v.AppendOnly = s.appending
	if j := s.journal.Load(); j != nil {
		v.BaseSize, v.WriteError = s.grown, j.failure()
		v.Size = s.bases.Load() + j.size()
		v.Buffered, v.Syncing, v.Waits = j.behind()
	}
	return v
}

const (
	// watchInterval is how often the rules are looked at.
	watchInterval = time.Second
	// retryAfter is how long to wait after a snapshot that failed, as in Redis, and after the first rewrite.
	retryAfter = 5 * time.Second
	// longestRetry is how long to wait at most after more rewrites that failed: each leaves a further increment.
	longestRetry = time.Hour
)

// A backoff says when something may be tried again.
type backoff struct {
	longest time.Duration
	last    time.Time
	wait    time.Duration
}

// ready reports whether it may be now, and takes it for tried if so. ok says that it was done the last time.
func (b *backoff) ready(ok bool) bool {
	if ok {
		b.wait = 0
	}
	if time.Since(b.last) < b.wait {
		return false
	}
	b.last, b.wait = time.Now(), min(max(2*b.wait, retryAfter), b.longest)
	return true
}

// watch writes snapshots and rewrites files when it is time to, until the store is closed.
func (s *Store) watch() {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	save, rewrite := backoff{longest: retryAfter}, backoff{longest: longestRetry}
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		case <-s.nudge:
		}
		s.settle()
		v := s.Status()
		if v.Saving || v.Rewriting {
			continue
		}
		switch saveDue, rewriteDue := s.due(&v); { // if something else has begun just now, the next time
		case v.ToRewrite || rewriteDue && rewrite.ready(v.RewriteOK):
			_ = s.RewriteInBackground()
		case (v.ToSave || saveDue) && save.ready(v.SaveOK):
			_ = s.SaveInBackground()
		}
	}
}

// due reports whether one of the rules asks for a snapshot, and whether the append-only files have grown enough.
func (s *Store) due(v *Status) (save, rewrite bool) {
	o := s.Settings()
	since := s.Now().Sub(v.LastSave)
	for _, r := range o.Save {
		save = save || v.Unsaved >= max(r.Changes, 1) && since >= r.After
	}
	switch {
	case !v.AppendOnly:
		return save, false
	case s.journal.Load() == nil:
		return save, true
	}
	if o.RewritePercentage < 0 || v.Size < o.RewriteMinSize || v.WriteError != nil {
		return save, false
	}
	grown := float64(v.Size-v.BaseSize) * 100 / float64(max(v.BaseSize, 1))
	return save, grown >= float64(o.RewritePercentage)
}

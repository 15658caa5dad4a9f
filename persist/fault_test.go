package persist

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// quiet is for tests of what goes wrong.
var quiet = slog.New(slog.DiscardHandler)

// keeping are options of a store that keeps all that it acknowledges.
func keeping() Options {
	return Options{AppendOnly: true, Fsync: FsyncAlways, Save: []SaveRule{}, RewritePercentage: -1, Logger: quiet}
}

// A fault is how the disk fails.
type fault struct {
	name    string
	err     error
	forever bool // not just once
	part    int  // of a write that fails: how many bytes are written all the same
}

var faults = []fault{
	{name: "EIO", err: syscall.EIO},
	{name: "EIO from then on", err: syscall.EIO, forever: true},
	{name: "ENOSPC", err: syscall.ENOSPC, part: 7},
	{name: "ENOSPC from then on", err: syscall.ENOSPC, forever: true, part: 30},
}

// An injector makes the nth operation of a disk fail.
type injector struct {
	fault
	mu   sync.Mutex
	left int    // operations until then
	hit  string // the first that failed
}

func (i *injector) inject(op, name string, size int) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.left--; i.left > 0 || i.left < 0 && !i.forever || i.err == syscall.ENOSPC && !grows(op) {
		if i.left == 0 { // this one does not need room: the next
			i.left++
		}
		return 0, nil
	}
	if i.hit == "" {
		i.hit = op + " " + name
	}
	return min(i.part, max(size-1, 0)), i.err
}

// grows reports whether an operation needs room on a disk.
func grows(op string) bool {
	return op == "write" || op == "create" || op == "extend" || op == "mkdir" || op == "rename"
}

// mustTell reports whether somebody has to be told that an operation failed. What only tidies up may fail.
func (i *injector) mustTell() bool {
	op, name, _ := strings.Cut(i.hit, " ")
	switch op {
	case "", "remove", "list", "size", "open", "read", "truncate":
		return false
	}
	return !strings.HasSuffix(name, ".manifest") && name != appendDir
}

// life is all that a store does: it is opened, written to, saved and rewritten, and closed. Errors are collected.
func (l *ledger) life(d *disk, o Options) (failed []error) {
	s, err := open(d, &o)
	if err != nil {
		return []error{err}
	}
	step := func(f func() error) {
		if err := f(); err != nil {
			failed = append(failed, err)
		}
	}
	write := func() error { return l.write(s) }
	for _, f := range []func() error{
		write, write, s.Save, write, s.Rewrite, write, write, s.Rewrite, write, s.Save, write, s.Rewrite, write, s.Close,
	} {
		step(f)
	}
	return failed
}

// TestEveryFault: whatever operation fails, once or from then on, from the first opening of a directory to the end: it is told, nothing that was acknowledged is lost,
// and the next opening goes on; so it does after a loss of power.
func TestEveryFault(t *testing.T) {
	for _, f := range faults {
		for _, used := range []bool{false, true} { // a directory that has something already
			t.Run(fmt.Sprint(f.name, ", used: ", used), func(t *testing.T) {
				for n := 1; ; n++ {
					if !faultAt(t, f, n, used) {
						require.Greater(t, n, 50)
						return
					}
				}
			})
		}
	}
}

// faultAt reports whether there was an nth operation.
func faultAt(t *testing.T, f fault, n int, used bool) bool {
	t.Helper()
	d, l := newDisk(), &ledger{}
	if used {
		require.Empty(t, l.life(d, keeping()))
	}
	i := &injector{fault: f, left: n}
	d.failWhen(i.inject)
	failed := l.life(d, keeping())
	d.failWhen(nil)
	if i.hit == "" {
		require.Empty(t, failed)
		return false
	}
	told := false
	for _, err := range failed {
		told = told || errors.Is(err, f.err)
	}
	if i.mustTell() {
		require.True(t, told, "%d: %s: %v", n, i.hit, failed)
	}
	left := d.cut(rand.New(rand.NewPCG(uint64(n), 1)))
	d.off = false
	for name, d := range map[string]*disk{"the process ended": d, "the power was cut": left} {
		l := &ledger{tried: l.tried, acked: l.told()} // each has its own future
		s, err := open(d, new(keeping()))
		require.NoError(t, err, "%d: %s: %s: %v", n, i.hit, name, failed)
		l.check(t, s, l.told())
		require.NoError(t, l.write(s), i.hit)
		again := d.cut(nil)
		d.off = false
		kept := l.told()
		require.NoError(t, s.Rewrite(), i.hit)
		require.NoError(t, l.write(s), i.hit)
		require.NoError(t, s.Close())
		requireTidy(t, d, fmt.Sprint(n, ": ", i.hit, ", ", name))
		s, err = open(d, new(keeping()))
		require.NoError(t, err, i.hit)
		l.check(t, s, l.told())
		require.NoError(t, s.Close())
		if f.forever && strings.HasPrefix(i.hit, "sync ") && d != left {
			continue // the disk shows what it has dropped: nobody could cut that off
		}
		s, err = open(again, new(keeping()))
		require.NoError(t, err, "%d: %s: %s, and again: %v", n, i.hit, name, failed)
		l.check(t, s, kept)
		require.NoError(t, s.Close())
	}
	return true
}

// requireTidy makes sure that the append-only directory has what the manifest lists, and nothing else.
func requireTidy(t *testing.T, d fileSystem, what string) {
	t.Helper()
	m, ok, err := readManifest(d, manifestName())
	require.NoError(t, err)
	require.True(t, ok)
	want := []string{}
	for _, f := range m.Live() {
		want = append(want, f.Name)
	}
	require.Len(t, want, 2)
	names, err := d.list(appendDir)
	require.NoError(t, err)
	require.Equal(t, append(want, "appendonly.aof.manifest"), names, what)
}

// TestFaultsOfSnapshots: without an append-only file there is the last snapshot that was acknowledged, or a newer one.
func TestFaultsOfSnapshots(t *testing.T) {
	o := Options{Logger: quiet}
	for _, f := range faults {
		for n, hit := 1, true; hit; n++ {
			d, l := newDisk(), &ledger{}
			i := &injector{fault: f, left: n}
			var kept []string
			d.failWhen(i.inject)
			s, err := open(d, &o)
			if err == nil {
				require.NoError(t, l.write(s))
				if s.Save() == nil {
					kept = l.told()
				}
				require.NoError(t, l.write(s))
				if err = s.Close(); err == nil {
					kept = l.told()
				}
			}
			d.failWhen(nil)
			hit = i.hit != ""
			if i.mustTell() && kept == nil {
				require.ErrorIs(t, err, f.err)
			}
			left := d.cut(rand.New(rand.NewPCG(uint64(n), 1)))
			d.off = false
			for _, d := range []*disk{d, left} {
				s, err = open(d, &o)
				require.NoError(t, err, i.hit)
				l.check(t, s, kept)
				require.NoError(t, s.Close())
			}
		}
	}
}

// TestFailedSyncIsFinal: after a sync has failed nothing is acknowledged until the store is opened again.
func TestFailedSyncIsFinal(t *testing.T) {
	d, l := newDisk(), &ledger{}
	s, err := open(d, new(keeping()))
	require.NoError(t, err)
	require.NoError(t, l.write(s))
	d.failWhen((&injector{fault: fault{err: syscall.EIO}, left: 2}).inject)
	err = l.write(s)
	require.ErrorIs(t, err, syscall.EIO)
	require.Equal(t, "MISCONF Errors writing to the AOF file: Input/output error", err.Error())
	require.Equal(t, err, s.Status().WriteError)
	for range 3 {
		require.Equal(t, err, l.write(s))
	}
	require.Equal(t, err, s.Rewrite())
	require.NoError(t, s.Save(), "a way out")
	require.Equal(t, err, s.Close())
	s, err = open(d, new(keeping()))
	require.NoError(t, err)
	l.check(t, s, []string{"0"})
	require.NoError(t, l.write(s))
	d = d.cut(nil)
	_ = s.Close() // the power is off
	s, err = open(d, new(keeping()))
	require.NoError(t, err)
	l.check(t, s, l.told())
	require.NoError(t, s.Close())
}

// TestWaysOut: what the append-only file has not got when the disk fails is in the next one, and in a snapshot, which counts once the append-only directory has
// been taken away.
func TestWaysOut(t *testing.T) {
	d, o := newDisk(), keeping()
	o.Fsync = FsyncEverySecond
	s, err := open(d, &o)
	require.NoError(t, err)
	d.failWhen(failing("write", incrementSuffix, 1, syscall.ENOSPC))
	require.NoError(t, s.Set("k", "acknowledged"))
	require.ErrorIs(t, s.journal.Load().sync(), syscall.ENOSPC)
	d.failWhen(nil)
	require.ErrorIs(t, s.Set("l", "v"), syscall.ENOSPC)
	require.Equal(t, "acknowledged", valueOf(t, s))
	require.NoError(t, s.Save())
	alone := d.files()
	for name := range alone {
		if strings.HasPrefix(name, appendDir) {
			delete(alone, name)
		}
	}
	require.ErrorIs(t, s.SetAppendOnly(false), syscall.ENOSPC)
	require.NoError(t, s.SetAppendOnly(true))
	require.NoError(t, s.Set("l", "v"))
	require.NoError(t, s.Close())
	for n, d := range map[int]*disk{1: diskOf(alone), 2: d} {
		s, err = open(d, &o)
		require.NoError(t, err)
		require.Equal(t, "acknowledged", valueOf(t, s))
		keys, err := s.DBSize()
		require.NoError(t, err)
		require.Equal(t, n, keys)
		require.NoError(t, s.Close())
	}
}

// TestPowerCuts: under load, with snapshots and rewrites going on, the power goes at the nth operation of the disk.
func TestPowerCuts(t *testing.T) {
	for _, policy := range []Fsync{FsyncAlways, FsyncEverySecond, FsyncNever} {
		t.Run(policy.String(), func(t *testing.T) {
			for n := 1; n < 400; n += 3 {
				cutAtNth(t, policy, n)
			}
		})
	}
}

func cutAtNth(t *testing.T, policy Fsync, n int) {
	t.Helper()
	o := keeping()
	o.Fsync = policy
	d, l := newDisk(), &ledger{}
	var mu sync.Mutex
	var left *disk
	var acked []string
	rnd := rand.New(rand.NewPCG(uint64(n), uint64(policy)))
	count := 0
	d.failWhen(func(string, string, int) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		if count++; count == n {
			acked = l.told() // before the power goes
			left = d.cut(rnd)
		}
		return 0, nil
	})
	if s, err := open(d, &o); err == nil {
		loaded(l, s)
		_ = s.Close() // the power is off, or not
	}
	mu.Lock()
	defer mu.Unlock()
	if left == nil {
		left, acked = d.cut(rnd), l.told()
	}
	if policy != FsyncAlways {
		acked = nil
	}
	s, err := open(left, &o)
	var hole *FileError
	if policy != FsyncAlways && errors.As(err, &hole) {
		// What was not synced may have a hole: then Open does not decide what to do.
		require.True(t, hole.Located)
		require.NotEmpty(t, hole.File)
		require.NoError(t, truncateFile(left, hole.File, hole.Whole))
		s, err = open(left, &o)
	}
	require.NoError(t, err, n)
	l.check(t, s, acked)
	require.NoError(t, l.write(s))
	require.NoError(t, s.Rewrite())
	require.NoError(t, s.Close())
	requireTidy(t, left, fmt.Sprint(policy, n))
}

func truncateFile(d fileSystem, name string, length int64) error {
	f, err := d.extend(name)
	if err != nil {
		return err
	}
	return errors.Join(f.truncate(length), f.sync(), f.Close())
}

// loaded writes from several goroutines, while snapshots and rewrites go on, until something fails or enough is done.
func loaded(l *ledger, s *Store) {
	var writers sync.WaitGroup
	for range 3 {
		writers.Go(func() {
			for range 25 {
				if l.write(s) != nil {
					return
				}
			}
		})
	}
	writers.Go(func() {
		for range 3 {
			_ = errors.Join(s.Rewrite(), s.Save()) // or not, without power
		}
	})
	writers.Wait()
}

// TestCloseDuringSave: a snapshot that is being written when the store is closed is given up, and then the last one is written.
func TestCloseDuringSave(t *testing.T) {
	d, l := newDisk(), &ledger{}
	s, err := open(d, &Options{Logger: quiet})
	require.NoError(t, err)
	require.NoError(t, l.write(s))
	begun, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.failWhen(func(op, name string, _ int) (int, error) {
		if op == "create" && name == tempSnapshot {
			once.Do(func() {
				close(begun)
				<-goOn
			})
		}
		return 0, nil
	})
	saved := make(chan error)
	go func() { saved <- s.Save() }()
	<-begun
	require.True(t, s.Status().Saving)
	require.Equal(t, ErrSaving, s.Save())
	require.NoError(t, l.write(s))
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	<-s.stop
	close(goOn)
	require.ErrorIs(t, <-saved, ErrStopped)
	require.NoError(t, <-closed)
	s, err = open(d, &Options{Logger: quiet})
	require.NoError(t, err)
	l.check(t, s, l.told())
	require.NoError(t, s.Close())
}

// TestWritesMeetClose: what was acknowledged, however late, is in the snapshot that Close leaves.
func TestWritesMeetClose(t *testing.T) {
	for range 30 {
		d, l := newDisk(), &ledger{}
		s, err := open(d, &Options{Logger: quiet})
		require.NoError(t, err)
		var writers sync.WaitGroup
		begun := make(chan struct{}, 2)
		for range 2 {
			writers.Go(func() {
				for l.write(s) == nil {
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			})
		}
		<-begun
		require.NoError(t, s.Close())
		writers.Wait()
		s, err = open(d, &Options{Logger: quiet})
		require.NoError(t, err)
		l.check(t, s, l.told())
		require.NoError(t, s.Close())
	}
}

// TestLibrariesAreChanges that Close saves.
func TestLibrariesAreChanges(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{})
	require.NoError(t, loadLibrary(s))
	require.EqualValues(t, 1, s.Status().Unsaved)
	s = reopened(t, d, s, Options{})
	libraries, _ := s.Libraries()
	require.Len(t, libraries, 1)
}

var _ io.Closer = (*Store)(nil)

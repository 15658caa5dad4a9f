package persist

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// valueAt returns the value of a key.
func valueAt(t *testing.T, s *Store, key string) string {
	t.Helper()
	v, _, err := s.Get(key)
	require.NoError(t, err)
	return v
}

// TestAppendOnlySwitched switches the append-only file on and off, and looks at what the next start finds.
func TestAppendOnlySwitched(t *testing.T) {
	d := newDisk()
	none, kept := Options{Save: []SaveRule{}, Logger: quiet}, Options{AppendOnly: true, Save: []SaveRule{}, Logger: quiet}
	s := reopened(t, d, nil, none)
	require.NoError(t, s.Set("before", "1"))
	require.NoError(t, s.SetAppendOnly(true))
	require.NoError(t, s.SetAppendOnly(true))
	require.NoError(t, s.Set("after", "2"))
	require.True(t, s.Status().AppendOnly)
	require.NotZero(t, s.Status().Size)
	s = reopened(t, d, s, kept)
	require.Equal(t, "1", valueAt(t, s, "before"))
	require.Equal(t, "2", valueAt(t, s, "after"))
	require.NoError(t, s.SetAppendOnly(false))
	require.NoError(t, s.SetAppendOnly(false))
	require.False(t, s.Status().AppendOnly)
	require.NoError(t, s.Set("off", "3"))
	require.ErrorIs(t, s.Rewrite(), ErrNoAppend)
	require.NoError(t, s.SetAppendOnly(true))
	require.NoError(t, s.Set("on", "4"))
	require.NoError(t, s.Rewrite())
	s = reopened(t, d, s, kept)
	for key, want := range map[string]string{"before": "1", "after": "2", "off": "3", "on": "4"} {
		require.Equal(t, want, valueAt(t, s, key), key)
	}
	requireTidy(t, d, "in the end")
	s = reopened(t, d, s, none)
	require.NoError(t, s.SetAppendOnly(true), "files of before become history")
	s = reopened(t, d, s, kept)
	require.Empty(t, valueAt(t, s, "on"), "the store without rules and append-only file was empty")
}

// TestEveryFaultOfAppendOnlySwitched has each operation fail, once, that it takes to begin an append-only file: it is tried again, and nobody is told
// anything that a loss of power would undo.
func TestEveryFaultOfAppendOnlySwitched(t *testing.T) {
	for n := 0; ; n++ {
		d := newDisk()
		s := reopened(t, d, nil, Options{AppendOnly: true, Fsync: FsyncAlways, Save: []SaveRule{}, Logger: quiet})
		require.NoError(t, s.Set("k", "old"))
		require.NoError(t, s.SetAppendOnly(false))
		require.NoError(t, s.Set("k", "v"))
		var mu sync.Mutex
		seen, used := 0, false
		d.failWhen(func(string, string, int) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			seen++
			if seen-1 == n {
				used = true
				return 0, syscall.EIO
			}
			return 0, nil
		})
		err := s.SetAppendOnly(true)
		d.failWhen(nil)
		if err != nil {
			require.False(t, s.Status().AppendOnly)
			require.NoError(t, s.Set("k", "w"), "%d: the store goes on without", n)
			require.NoError(t, s.SetAppendOnly(true), n)
		}
		require.NoError(t, s.Set("more", strconv.Itoa(n)))
		_ = reopened(t, d, s, Options{AppendOnly: true, Save: []SaveRule{}, Logger: quiet}).Close()
		after := reopened(t, d.cut(nil), nil, Options{AppendOnly: true, Save: []SaveRule{}, Logger: quiet})
		require.Equal(t, strconv.Itoa(n), valueAt(t, after, "more"))
		require.Equal(t, map[bool]string{true: "v", false: "w"}[err == nil], valueAt(t, after, "k"))
		mu.Lock()
		over := !used
		mu.Unlock()
		if over {
			require.Greater(t, n, 10)
			return
		}
	}
}

// TestAppendOnlySwitchedUnderLoad switches while others write: no write fails, and what was acknowledged while the file was on is there.
func TestAppendOnlySwitchedUnderLoad(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{Fsync: FsyncAlways, Save: []SaveRule{}, Logger: quiet})
	stop := make(chan struct{})
	var writers sync.WaitGroup
	counts := make([]int, 4)
	for w := range counts {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.RPush("list:"+strconv.Itoa(w), strconv.Itoa(counts[w])); err != nil {
					t.Error(err)
					return
				}
				counts[w]++
			}
		})
	}
	for range 4 {
		require.NoError(t, s.SetAppendOnly(true))
		require.NoError(t, s.SetAppendOnly(false))
	}
	require.NoError(t, s.SetAppendOnly(true))
	close(stop)
	writers.Wait()
	s = reopened(t, d, s, Options{AppendOnly: true, Save: []SaveRule{}, Logger: quiet})
	for w, n := range counts {
		have, err := s.LLen("list:" + strconv.Itoa(w))
		require.NoError(t, err)
		require.Equal(t, n, have)
	}
}

// gate blocks the operations on names with an ending, from open until release.
func gate(d *disk, op, suffix string) (reached chan struct{}, release func()) {
	reached, open := make(chan struct{}, 1), make(chan struct{})
	d.failWhen(func(o, name string, _ int) (int, error) {
		if o == op && strings.HasSuffix(name, suffix) {
			select {
			case reached <- struct{}{}:
			default:
			}
			<-open
		}
		return 0, nil
	})
	return reached, sync.OnceFunc(func() {
		d.failWhen(nil)
		close(open)
	})
}

// TestAppendOnlySwitchedOffWhileItBegins: whoever switches it off does not wait for the base.
func TestAppendOnlySwitchedOffWhileItBegins(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{Save: []SaveRule{}, Logger: quiet})
	require.NoError(t, s.Set("k", "v"))
	reached, release := gate(d, "write", tempBase)
	c := served(t, s, nil)
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "appendonly", "yes").Str)
	<-reached
	require.Equal(t, "1", field(c, "aof_enabled"))
	require.Equal(t, "1", field(c, "aof_rewrite_in_progress"))
	require.Contains(t, c.Do("BGREWRITEAOF").Str, "already in progress")
	off := make(chan error, 1)
	go func() { off <- s.SetAppendOnly(false) }()
	for s.Status().AppendOnly {
		runtime.Gosched()
	}
	release()
	require.NoError(t, <-off)
	require.Equal(t, "0", field(c, "aof_enabled"))
	require.Equal(t, "OK", c.Do("SET", "k", "w").Str)
	require.NoError(t, s.SetAppendOnly(true))
	s = reopened(t, d, s, Options{AppendOnly: true, Logger: quiet})
	require.Equal(t, "w", valueAt(t, s, "k"))
}

// TestEndWaitsForAppendOnly: neither Close nor SHUTDOWN NOSAVE leaves without the append-only file that was begun.
func TestEndWaitsForAppendOnly(t *testing.T) {
	for _, shutdown := range []bool{false, true} {
		d, ended := newDisk(), make(chan struct{})
		s := reopened(t, d, nil, Options{Save: []SaveRule{}, Logger: quiet})
		require.NoError(t, s.Set("k", "v"))
		reached, release := gate(d, "write", tempBase)
		c := served(t, s, func() { close(ended) })
		require.Equal(t, "OK", c.Do("CONFIG", "SET", "appendonly", "yes").Str)
		<-reached
		go release()
		if shutdown {
			c.Send("SHUTDOWN", "NOSAVE")
			c.Flush()
			<-ended
		}
		s = reopened(t, d, s, Options{AppendOnly: true, Logger: quiet})
		require.Equal(t, "v", valueAt(t, s, "k"))
	}
}

// TestAppendOnlyInExec switches within a transaction, which has all keys locked.
func TestAppendOnlyInExec(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{Save: []SaveRule{}, Logger: quiet})
	c := served(t, s, nil)
	for _, value := range []string{"yes", "no", "yes"} {
		c.Do("MULTI")
		c.Do("SET", "k", value)
		c.Do("CONFIG", "SET", "appendonly", value)
		c.Do("CONFIG", "GET", "appendonly")
		r := c.Do("EXEC")
		require.Equal(t, "OK", r.Elems[1].Str)
		require.Equal(t, value, r.Elems[2].Elems[1].Str)
		require.Eventually(t, func() bool { return (s.journal.Load() != nil) == (value == "yes") }, 30*time.Second, time.Millisecond)
	}
	c.Do("SET", "after", "1")
	s = reopened(t, d, s, Options{AppendOnly: true, Logger: quiet})
	require.Equal(t, "yes", valueAt(t, s, "k"))
	require.Equal(t, "1", valueAt(t, s, "after"))
}

// TestAppendOnlyAgainstFailingDisk: to switch it off lets clients write again, and on again begins anew.
func TestAppendOnlyAgainstFailingDisk(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{AppendOnly: true, Fsync: FsyncAlways, Save: []SaveRule{}, Logger: quiet})
	c := served(t, s, nil)
	d.failWhen(func(op, _ string, _ int) (int, error) {
		if op == "sync" {
			return 0, syscall.EIO
		}
		return 0, nil
	})
	require.Error(t, s.Set("k", "lost"))
	require.Contains(t, c.Do("SET", "k", "v").Str, "MISCONF")
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "appendonly", "no").Str)
	require.Equal(t, "OK", c.Do("SET", "k", "v").Str)
	const refused = "ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. Check server logs."
	require.Equal(t, refused, c.Do("CONFIG", "SET", "maxmemory-samples", "7", "appendonly", "yes", "appendfsync", "no").Str)
	require.Equal(t, "5", c.Do("CONFIG", "GET", "maxmemory-samples").Elems[1].Str)
	require.Equal(t, "always", c.Do("CONFIG", "GET", "appendfsync").Elems[1].Str)
	require.Equal(t, "no", c.Do("CONFIG", "GET", "appendonly").Elems[1].Str)
	d.failWhen(nil)
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "appendonly", "yes").Str)
	settle(t, c)
	require.Equal(t, "ok", field(c, "aof_last_write_status"))
	require.Equal(t, "OK", c.Do("SET", "more", "v").Str)
	s = reopened(t, d, s, Options{AppendOnly: true, Logger: quiet})
	require.Equal(t, "v", valueAt(t, s, "k"))
	require.Equal(t, "v", valueAt(t, s, "more"))
}

// TestAppendOnlyOverOrphans: files that hold something, and that no manifest lists, are not written over.
func TestAppendOnlyOverOrphans(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{AppendOnly: true, Save: []SaveRule{}, Logger: quiet})
	require.NoError(t, s.Set("k", "v"))
	require.NoError(t, s.Close())
	require.NoError(t, d.remove(manifestName()))
	s = reopened(t, d, nil, Options{Save: []SaveRule{}, Logger: quiet})
	require.ErrorAs(t, s.SetAppendOnly(true), new(*FileError))
	require.ErrorIs(t, reopened(t, d, s, Options{Logger: quiet}).Rewrite(), ErrNoAppend)
}

// TestRealServerFindsAppendOnly switches it on in a store, and starts a redis-server there.
func TestRealServerFindsAppendOnly(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, &Options{Save: []SaveRule{}, Logger: quiet})
	require.NoError(t, err)
	require.NoError(t, s.Set("k", "v"))
	require.NoError(t, s.SetAppendOnly(true))
	require.NoError(t, s.Set("after", "w"))
	require.NoError(t, s.Close())
	_, err = os.Stat(filepath.Join(dir, snapshotName))
	require.ErrorIs(t, err, os.ErrNotExist)
	c := startOn(t, dir)
	require.Equal(t, "v", c.Do("GET", "k").Str)
	require.Equal(t, "w", c.Do("GET", "after").Str)
}

// TestSwitchedOffWhileAWriteIsOwed: who has written while the file was on hears what has become of that, though it is being switched off.
func TestSwitchedOffWhileAWriteIsOwed(t *testing.T) {
	for _, why := range []error{nil, syscall.EIO} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisk()
			s := reopened(t, d, nil, keeping())
			var syncs atomic.Int64
			disk := make(chan struct{})
			d.failWhen(func(op, name string, n int) (int, error) {
				_, _ = counting("sync", &syncs, disk)(op, name, n)
				if op == "sync" {
					return 0, why
				}
				return 0, nil
			})
			var owes bool
			require.NoError(t, s.As(&nook.Caller{Owes: &owes}).Set("k", "v"))
			require.True(t, owes)
			off, told := make(chan error, 1), make(chan error, 1)
			go func() { off <- s.SetAppendOnly(false) }()
			synctest.Wait()
			require.EqualValues(t, 1, syncs.Load())
			go func() { told <- s.Commit() }()
			synctest.Wait()
			require.Empty(t, told)
			close(disk)
			require.ErrorIs(t, <-told, why)
			require.ErrorIs(t, <-off, why)
			require.NoError(t, s.Set("k", "w"), "nobody keeps it")
			require.NoError(t, s.Close())
		})
	}
}

// TestSwitchedWhileItEnds: what ends the store and what switches its file meet in any order.
func TestSwitchedWhileItEnds(t *testing.T) {
	for range 20 {
		d := newDisk()
		s := reopened(t, d, nil, Options{Logger: quiet})
		require.NoError(t, s.Set("k", "v"))
		var all sync.WaitGroup
		all.Go(func() {
			if err := s.SetAppendOnly(true); err != nil && !errors.Is(err, nook.ErrClosed) {
				assert.ErrorIs(t, err, ErrSwitchedOff)
			}
		})
		all.Go(func() {
			if err := s.SetAppendOnly(false); err != nil {
				assert.ErrorIs(t, err, nook.ErrClosed)
			}
		})
		all.Go(func() {
			assert.NoError(t, s.Close())
		})
		all.Wait()
		require.Equal(t, "v", valueAt(t, reopened(t, d, nil, Options{Logger: quiet}), "k"))
	}
}

// TestAdministratorsMeet has clients send, at once, all that concerns the files, while others write, until the last of them ends the server. Nobody waits
// for ever, and what the next start finds is what was there.
func TestAdministratorsMeet(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{AppendOnly: true, Logger: quiet})
	require.NoError(t, s.Set("n", "0"))
	ended := make(chan struct{})
	end := sync.OnceFunc(func() { close(ended) })
	var all sync.WaitGroup
	for _, line := range []string{
		"SAVE", "BGSAVE", "BGSAVE SCHEDULE", "BGREWRITEAOF", "DEBUG RELOAD", "DEBUG LOADAOF", "CONFIG SET appendonly no", "CONFIG SET appendonly yes",
		"CONFIG SET appendfsync always", "CONFIG SET appendfsync no save 1_1", "INFO persistence", "WAITAOF 0 0 1", "INCR n", "LASTSAVE", "SHUTDOWN ABORT",
	} {
		args := strings.Fields(line)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "_", " ")
		}
		c := served(t, s, end)
		all.Go(func() {
			for range 20 {
				c.Do(args...)
			}
		})
	}
	all.Wait()
	want, err := s.DebugDigest()
	require.NoError(t, err)
	for range 2 {
		c := served(t, s, end)
		c.Send("SHUTDOWN")
		c.Flush()
	}
	<-ended
	appends := s.Status().AppendOnly
	s = reopened(t, d, s, Options{AppendOnly: appends, Logger: quiet})
	have, err := s.DebugDigest()
	require.NoError(t, err)
	require.Equal(t, want, have)
}

package persist

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
)

var (
	_ nook.Flusher = (*journal)(nil)
	_ nook.Flusher = sealed{}
)

// effect returns a unit of one effect in database 0.
func effect(args ...string) []nook.Effect { return []nook.Effect{{Args: args}} }

// newTestJournal returns a journal on a new file of the disk, whose name will survive.
func newTestJournal(t testing.TB, d *disk, policy Fsync) *journal {
	t.Helper()
	f, err := d.create("a.aof")
	require.NoError(t, err)
	require.NoError(t, d.syncDir("."))
	return newJournal(f, 0, policy)
}

// wanted returns the contents of a file of these units, each of one effect.
func wanted(units ...[]nook.Effect) string {
	var b []byte
	db := -1
	for _, u := range units {
		b, db = appendUnit(b, db, u)
	}
	return string(b)
}

// surely returns what a file holds that no loss of power takes.
func (d *disk) surely(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.synced[name]; n != nil {
		return string(n.synced)
	}
	return ""
}

func TestJournalFormat(t *testing.T) {
	d := newDisk()
	j := newTestJournal(t, d, FsyncEverySecond)
	j.Append(effect("SET", "a", "1"))
	j.Append(effect("SET", "b", "2"))
	j.Append([]nook.Effect{{DB: 10, Args: []string{"DEL", "a"}}})
	j.Append([]nook.Effect{{DB: 10, Args: []string{"DEL", "b"}}, {DB: 0, Args: []string{"DEL", ""}}})
	require.NoError(t, j.close())
	require.Equal(t, strings.ReplaceAll("*2 $6 SELECT $1 0 *3 $3 SET $1 a $1 1 *3 $3 SET $1 b $1 2 "+
		"*2 $6 SELECT $2 10 *2 $3 DEL $1 a *1 $5 MULTI *2 $3 DEL $1 b *2 $6 SELECT $1 0 *2 $3 DEL $0  *1 $4 EXEC ", " ", "\r\n"), d.content("a.aof"))
	require.Equal(t, d.content("a.aof"), d.surely("a.aof"))
	require.Equal(t, int64(len(d.content("a.aof"))), j.size())
}

// TestJournalGoesOn behind what a file holds, which may be of any database.
func TestJournalGoesOn(t *testing.T) {
	d := newDisk()
	j := newTestJournal(t, d, FsyncAlways)
	unit := []nook.Effect{{DB: 1, Args: []string{"SET", "a", "1"}}}
	j.Append(unit)
	require.NoError(t, j.close())
	f, err := d.extend("a.aof")
	require.NoError(t, err)
	before, err := f.size()
	require.NoError(t, err)
	j = newJournal(f, before, FsyncAlways)
	j.Append(unit)
	require.NoError(t, j.Commit())
	require.Equal(t, 2*before, j.size())
	d.failWhen(failing("write", ".aof", 1, syscall.ENOSPC))
	j.Append(unit)
	require.ErrorIs(t, j.Commit(), syscall.ENOSPC)
	require.ErrorIs(t, j.close(), syscall.ENOSPC)
	require.Equal(t, wanted(unit)+wanted(unit), d.content("a.aof"))
}

// replayed returns the units of a file, with databases instead of SELECT, and
// the error that ends it.
func replayed(text string) (units [][]nook.Effect, err error) {
	r := aof.NewReader(strings.NewReader(text), 0)
	for db := 0; ; {
		u, err := r.Next()
		if err != nil {
			return units, err
		}
		var unit []nook.Effect
		for _, args := range u.Commands {
			if args[0] == "SELECT" {
				db, _ = strconv.Atoi(args[1])
			} else {
				unit = append(unit, nook.Effect{DB: db, Args: slices.Clone(args)})
			}
		}
		if unit != nil {
			units = append(units, unit)
		}
	}
}

func TestJournalIsRead(t *testing.T) {
	one := rapid.Custom(func(t *rapid.T) nook.Effect {
		return nook.Effect{
			DB:   rapid.IntRange(0, 2).Draw(t, "db"),
			Args: append([]string{"RPUSH"}, rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "args")...),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		d := newDisk()
		j := newTestJournal(t, d, rapid.SampledFrom([]Fsync{FsyncAlways, FsyncEverySecond, FsyncNever}).Draw(rt, "policy"))
		var want [][]nook.Effect
		for range rapid.IntRange(0, 20).Draw(rt, "units") {
			u := rapid.SliceOfN(one, 1, 4).Draw(rt, "unit")
			want = append(want, u)
			j.Append(u)
			require.NoError(t, j.Admit())
			require.NoError(t, j.Commit())
		}
		require.NoError(t, j.close())
		got, err := replayed(d.content("a.aof"))
		require.Equal(t, io.EOF, err)
		require.Equal(t, want, got)
	})
}

// TestManyChunks: units of all lengths, more than a buffer has in one piece.
func TestManyChunks(t *testing.T) {
	d := newDisk()
	j := newTestJournal(t, d, FsyncEverySecond)
	var want [][]nook.Effect
	for i := range 400 {
		u := effect("SET", strconv.Itoa(i), strings.Repeat("x", i*i%(3*chunkSize/2)))
		want = append(want, u)
		j.Append(u)
	}
	require.NoError(t, j.close())
	got, err := replayed(d.content("a.aof"))
	require.Equal(t, io.EOF, err)
	require.True(t, slices.EqualFunc(want, got, func(a, b []nook.Effect) bool { return slices.Equal(a[0].Args, b[0].Args) }))
	require.LessOrEqual(t, len(j.buf.free), keptChunks)
}

// TestCommittedSurvives cuts the power while many write. What was committed is
// there, in order, and what is torn is no damage.
func TestCommittedSurvives(t *testing.T) {
	const writers = 8
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		d := newDisk()
		cutAt := rnd.IntN(60)
		ops := atomic.Int64{}
		power := make(chan struct{})
		d.failWhen(func(op, _ string, size int) (int, error) {
			if ops.Add(1) == int64(cutAt) {
				close(power)
			}
			return 0, nil
		})
		j := newTestJournal(t, d, FsyncAlways)
		var committed [writers]int
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for n := 1; n <= 30; n++ {
					if n%2 == 0 {
						j.Append(effect("SET", strconv.Itoa(w), strconv.Itoa(n)))
					} else {
						j.Append([]nook.Effect{{Args: []string{"SET", strconv.Itoa(w), strconv.Itoa(n)}}, {Args: []string{"SET", "half", "x"}}})
					}
					if j.Commit() != nil {
						return
					}
					committed[w] = n
				}
			})
		}
		if cutAt > 0 {
			<-power
		}
		left := d.cut(rnd)
		all.Wait()
		_ = j.close()

		got, err := replayed(left.content("a.aof"))
		if err != io.EOF {
			require.ErrorAs(t, err, new(*aof.TornError))
		}
		var last [writers]int
		for _, unit := range got {
			w, _ := strconv.Atoi(unit[0].Args[1])
			n, _ := strconv.Atoi(unit[0].Args[2])
			require.Equal(t, last[w]+1, n, "in order, without a gap")
			require.Len(t, unit, 1+n%2, "whole")
			last[w] = n
		}
		for w := range writers {
			require.GreaterOrEqual(t, last[w], committed[w], "seed %d: acknowledged and lost", seed)
		}
	}
}

// counting counts the operations of a kind, and blocks them until the channel is closed.
func counting(op string, n *atomic.Int64, block <-chan struct{}) func(string, string, int) (int, error) {
	return func(o, _ string, _ int) (int, error) {
		if o == op {
			n.Add(1)
			<-block
		}
		return 0, nil
	}
}

func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		j := newTestJournal(t, d, FsyncAlways)
		var syncs, done atomic.Int64
		disk := make(chan struct{})
		d.failWhen(counting("sync", &syncs, disk))
		for range 50 {
			go func() {
				j.Append(effect("INCR", "a"))
				if j.Commit() == nil {
					done.Add(1)
				}
			}()
		}
		synctest.Wait()
		require.Equal(t, int64(1), syncs.Load())
		require.Zero(t, done.Load())
		close(disk)
		synctest.Wait()
		require.Equal(t, int64(50), done.Load())
		require.LessOrEqual(t, syncs.Load(), int64(2), "one that was under way, and one for all others")
		require.NoError(t, j.close())
	})
}

func TestEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		j := newTestJournal(t, d, FsyncEverySecond)
		var syncs atomic.Int64
		disk := make(chan struct{})
		d.failWhen(counting("sync", &syncs, disk))
		first, second := effect("SET", "a", "1"), effect("SET", "b", "2")
		j.Append(first)
		require.NoError(t, j.Commit())
		time.Sleep(2 * pace)
		require.Equal(t, wanted(first), d.content("a.aof"), "given to the system soon")
		time.Sleep(syncInterval)
		require.Equal(t, int64(1), syncs.Load())

		j.Append(second)
		require.NoError(t, j.Commit())
		time.Sleep(2 * syncInterval)
		require.Equal(t, wanted(first, second), d.content("a.aof"), "written while a sync is under way")
		require.Equal(t, int64(1), syncs.Load(), "one at a time")
		close(disk)
		time.Sleep(syncInterval)
		require.Equal(t, int64(2), syncs.Load())
		require.Equal(t, wanted(first, second), d.surely("a.aof"))
		time.Sleep(10 * syncInterval)
		require.Equal(t, int64(2), syncs.Load(), "none without need")
		require.NoError(t, j.close())
		require.Equal(t, int64(2), syncs.Load())
	})
}

func TestNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		j := newTestJournal(t, d, FsyncNever)
		j.Append(effect("SET", "a", "1"))
		require.NoError(t, j.Commit())
		time.Sleep(10 * syncInterval)
		require.NotEmpty(t, d.content("a.aof"))
		require.Empty(t, d.surely("a.aof"))
		require.NoError(t, j.sync())
		require.Equal(t, wanted(effect("SET", "a", "1")), d.surely("a.aof"))

		j.Append(effect("SET", "a", "1"))
		j.promise(FsyncAlways)
		require.NoError(t, j.Commit(), "what was appended before is made safe")
		require.Equal(t, wanted(effect("SET", "a", "1"), effect("SET", "a", "1")), d.surely("a.aof"))
		j.Append(effect("SET", "a", "1"))
		require.NoError(t, j.Commit())
		require.Equal(t, d.content("a.aof"), d.surely("a.aof"))
		j.promise(FsyncEverySecond)
		j.Append(effect("SET", "a", "1"))
		time.Sleep(2 * syncInterval)
		require.Equal(t, int64(len(d.surely("a.aof"))), j.size())
		require.NoError(t, j.close())
	})
}

// TestFlush: the system has what was appended, at once, and the disk when the policy says so.
func TestFlush(t *testing.T) {
	for _, policy := range []Fsync{FsyncEverySecond, FsyncNever, FsyncAlways} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisk()
			j := newTestJournal(t, d, policy)
			var writes atomic.Int64
			free := make(chan struct{})
			close(free)
			d.failWhen(counting("write", &writes, free))
			require.NoError(t, j.Flush())
			require.Zero(t, writes.Load(), "there is nothing")
			var units [][]nook.Effect
			for i := range 50 {
				units = append(units, effect("SET", "a", strconv.Itoa(i)))
				j.Append(units[i])
			}
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					require.NoError(t, j.Flush())
					require.Equal(t, wanted(units...), d.content("a.aof"))
				})
			}
			all.Wait()
			if policy != FsyncAlways { // where the writer begins while others append
				require.Equal(t, int64(1), writes.Load(), "one for all")
			}
			require.Equal(t, policy == FsyncAlways, d.surely("a.aof") != "")
			time.Sleep(2 * syncInterval)
			require.Equal(t, policy != FsyncNever, d.surely("a.aof") == wanted(units...))
			require.NoError(t, j.close())
			require.Equal(t, nook.ErrClosed, j.Flush())
		})
	}
}

// TestFlushFails as soon as a write does, and from then on.
func TestFlushFails(t *testing.T) {
	d := newDisk()
	d.failWhen(failing("write", ".aof", 1, syscall.ENOSPC))
	j := newTestJournal(t, d, FsyncEverySecond)
	j.Append(effect("SET", "a", "1"))
	err := j.Flush()
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Equal(t, err, j.Flush())
	require.Equal(t, err, j.Admit())
	require.ErrorIs(t, j.close(), syscall.ENOSPC)
}

// TestFlushMeetsTurns: wherever the journal goes, and whatever its policy becomes, what was flushed is in one of the files.
func TestFlushMeetsTurns(t *testing.T) {
	d := newDisk()
	j := newTestJournal(t, d, FsyncEverySecond)
	var last [4]atomic.Int64
	var all sync.WaitGroup
	for w := range last {
		all.Go(func() {
			for n := range 500 {
				j.Append(effect("SET", strconv.Itoa(w), strconv.Itoa(n)))
				if err := j.Flush(); err != nil {
					require.Equal(t, nook.ErrClosed, err)
					return
				}
				last[w].Store(int64(n + 1))
			}
		})
	}
	files := []string{"a.aof"}
	for i := range 10 {
		name := string(rune('b'+i)) + ".aof"
		next, err := d.create(name)
		require.NoError(t, err)
		require.NoError(t, <-j.rotate(next, func() error { return nil }))
		files = append(files, name)
		j.promise(Fsync(i % 3))
		var want [len(last)]int64
		for w := range want {
			want[w] = last[w].Load()
		}
		have := map[string]int{}
		for _, name := range files {
			units, err := replayed(d.content(name))
			require.Equal(t, io.EOF, err)
			for _, u := range units {
				have[u[0].Args[1]]++
			}
		}
		for w, n := range want {
			require.GreaterOrEqual(t, int64(have[strconv.Itoa(w)]), n)
		}
	}
	require.NoError(t, j.close())
	all.Wait()
}

// TestDiskFull: what could not be written is told to those who wait and to all who
// come later; the file ends with a whole unit; and nothing more is written, though there
// may be room again.
func TestDiskFull(t *testing.T) {
	unit := []nook.Effect{{Args: []string{"SET", "a", "1"}}, {Args: []string{"SET", "b", "2"}}}
	size := len(wanted(unit))
	for free := range 3 * size {
		d := newDisk()
		d.free = free
		j := newTestJournal(t, d, FsyncAlways)
		var committed int
		var err error
		for err == nil {
			j.Append(unit)
			if err = j.Commit(); err == nil {
				committed++
			}
		}
		require.EqualError(t, err, "MISCONF Errors writing to the AOF file: No space left on device")
		require.ErrorIs(t, err, syscall.ENOSPC)
		d.mu.Lock()
		d.free = -1
		d.mu.Unlock()
		j.Append(unit)
		require.Equal(t, err, j.Commit())
		require.Equal(t, err, j.Admit())
		require.Equal(t, err, j.sync())
		require.Equal(t, err, j.failure())
		require.Equal(t, err, <-j.rotate(nil, nil))
		require.Equal(t, err, j.close())
		units, err := replayed(d.content("a.aof"))
		require.Equal(t, io.EOF, err, "cut behind the last whole unit")
		require.Len(t, units, committed)
	}
}

// TestDiskFullAndNotCut: a torn end remains, as of a process that was killed.
func TestDiskFullAndNotCut(t *testing.T) {
	d := newDisk()
	j := newTestJournal(t, d, FsyncEverySecond)
	d.failWhen(func(op, _ string, _ int) (int, error) {
		switch op {
		case "write":
			return 7, syscall.ENOSPC
		case "truncate":
			return 0, syscall.EIO
		}
		return 0, nil
	})
	j.Append(effect("SET", "a", "1"))
	require.ErrorIs(t, j.sync(), syscall.ENOSPC)
	require.ErrorIs(t, j.close(), syscall.ENOSPC)
	_, err := replayed(d.content("a.aof"))
	require.Equal(t, &aof.TornError{Offset: 0, End: 7, Reason: "the file ends within a record"}, err)
}

func TestShortWritesAreCompleted(t *testing.T) {
	d := newDisk()
	j := newTestJournal(t, d, FsyncAlways)
	d.failWhen(func(op, _ string, size int) (int, error) { return min(size, 3), nil })
	j.Append(effect("SET", "a", "1"))
	require.NoError(t, j.Commit())
	require.NoError(t, j.close())
	require.Equal(t, wanted(effect("SET", "a", "1")), d.surely("a.aof"))

	_, err := writeAll(stuck{}, []byte("a"))
	require.Equal(t, io.ErrShortWrite, err)
}

type stuck struct{}

func (stuck) Write([]byte) (int, error) { return 0, nil }

// TestFailedSync: no later sync may pretend to have made good what an earlier
// one could not.
func TestFailedSync(t *testing.T) {
	for _, policy := range []Fsync{FsyncAlways, FsyncEverySecond, FsyncNever} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisk()
			j := newTestJournal(t, d, policy)
			d.failWhen(failing("sync", ".aof", 1, syscall.EIO))
			j.Append(effect("SET", "a", "1"))
			if policy == FsyncEverySecond {
				require.NoError(t, j.Commit(), "not known yet")
				time.Sleep(2 * syncInterval)
			} else {
				require.ErrorIs(t, j.sync(), syscall.EIO)
			}
			d.failWhen(nil)
			j.Append(effect("SET", "a", "2"))
			require.EqualError(t, j.Commit(), "MISCONF Errors writing to the AOF file: Input/output error")
			require.ErrorIs(t, j.Admit(), syscall.EIO)
			j.promise(FsyncNever)
			require.ErrorIs(t, j.Commit(), syscall.EIO, "whatever the policy is by now")
			time.Sleep(10 * syncInterval)
			require.ErrorIs(t, j.close(), syscall.EIO)
			require.Empty(t, d.surely("a.aof"))
		})
	}
}

// TestAllWhoWaitFail: many wait for a sync, which fails.
func TestAllWhoWaitFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		j := newTestJournal(t, d, FsyncAlways)
		broken := make(chan struct{})
		d.failWhen(func(op, _ string, _ int) (int, error) {
			if op == "sync" {
				<-broken
				return 0, syscall.EIO
			}
			return 0, nil
		})
		var failed atomic.Int64
		for range 50 {
			go func() {
				j.Append(effect("INCR", "a"))
				if errors.Is(j.Commit(), syscall.EIO) {
					failed.Add(1)
				}
			}()
		}
		synctest.Wait()
		require.Zero(t, failed.Load())
		close(broken)
		synctest.Wait()
		require.Equal(t, int64(50), failed.Load())
		require.Error(t, j.close())
	})
}

// TestFullBuffer: whoever comes while the writer is far behind waits.
func TestFullBuffer(t *testing.T) {
	for _, fate := range []error{nil, syscall.EIO} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisk()
			j := newTestJournal(t, d, FsyncEverySecond)
			slow := make(chan struct{})
			d.failWhen(func(op, _ string, _ int) (int, error) {
				if op != "write" {
					return 0, nil
				}
				<-slow
				return 0, fate
			})
			j.Append(effect("SET", "a", "1"))
			time.Sleep(2 * pace) // the writer has this in hand
			big := effect("SET", "a", strings.Repeat("x", maxBuffer/4))
			for range 4 {
				require.NoError(t, j.Admit())
				j.Append(big)
			}
			admitted := make(chan error, 1)
			go func() { admitted <- j.Admit() }()
			synctest.Wait()
			require.Empty(t, admitted)
			require.NoError(t, j.Commit(), "who has changed something is not held up")
			close(slow)
			if err := <-admitted; fate == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, fate)
			}
			require.ErrorIs(t, j.close(), fate)
		})
	}
}

// TestRotate: the old file is safe before the next one is published, and the next one is
// published before anything is written to it.
func TestRotate(t *testing.T) {
	for _, policy := range []Fsync{FsyncAlways, FsyncEverySecond, FsyncNever} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisk()
			j := newTestJournal(t, d, policy)
			before, after := effect("SET", "a", "1"), effect("SET", "b", "2")
			j.Append(before)
			next, err := d.create("b.aof")
			require.NoError(t, err)
			require.NoError(t, d.syncDir("."))
			manifest := make(chan struct{})
			done := j.rotate(next, func() error {
				<-manifest
				require.Equal(t, wanted(before), d.surely("a.aof"))
				return nil
			})
			j.Append(after)
			require.Equal(t, int64(len(wanted(after))), j.size())
			synctest.Wait()
			require.Empty(t, d.content("b.aof"))
			require.Empty(t, done)
			close(manifest)
			require.NoError(t, <-done)
			require.NoError(t, j.sync())
			require.Equal(t, wanted(before), d.content("a.aof"))
			require.Equal(t, wanted(after), d.surely("b.aof"))
			require.NoError(t, j.close())
		})
	}
}

// TestRotateFails: the old file goes on, if the next one could not be published.
func TestRotateFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		j := newTestJournal(t, d, FsyncAlways)
		before, after := effect("SET", "a", "1"), effect("SET", "b", "2")
		j.Append(before)
		next, err := d.create("b.aof")
		require.NoError(t, err)
		done := j.rotate(next, func() error { return syscall.ENOSPC })
		j.Append(after)
		require.NoError(t, j.Commit())
		require.Equal(t, syscall.ENOSPC, <-done)
		require.NoError(t, j.failure())
		require.Equal(t, wanted(before)+wanted(after), d.surely("a.aof"))
		require.Equal(t, int64(len(d.surely("a.aof"))), j.size())
		require.Empty(t, d.content("b.aof"))

		d.failWhen(failing("sync", "a.aof", 1, syscall.EIO))
		j.Append(after)
		require.ErrorIs(t, <-j.rotate(next, func() error { panic("the old file is not whole") }), syscall.EIO)
		require.ErrorIs(t, j.Commit(), syscall.EIO)
		require.ErrorIs(t, j.close(), syscall.EIO)
	})
}

// TestRotateUnderLoad: every effect is in one of the files, in order, and a cut of the
// power between leaves what was committed.
func TestRotateUnderLoad(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		d := newDisk()
		j := newTestJournal(t, d, FsyncAlways)
		files := []string{"a.aof"}
		var locks sync.Mutex // of the store
		var committed atomic.Int64
		var all sync.WaitGroup
		var last int
		for range 4 {
			all.Go(func() {
				for range 50 {
					locks.Lock()
					last++
					n := last
					j.Append(effect("SET", "a", strconv.Itoa(n)))
					locks.Unlock()
					if j.Commit() != nil {
						return
					}
					for c := committed.Load(); c < int64(n) && !committed.CompareAndSwap(c, int64(n)); c = committed.Load() {
					}
				}
			})
		}
		for i := range 5 {
			name := string(rune('b'+i)) + ".aof"
			next, err := d.create(name)
			require.NoError(t, err)
			locks.Lock()
			done := j.rotate(next, func() error { return d.syncDir(".") })
			locks.Unlock()
			require.NoError(t, <-done)
			files = append(files, name)
		}
		sure := committed.Load()
		left := d.cut(rnd)
		all.Wait()
		_ = j.close()
		n := 0
		for i, name := range files {
			units, err := replayed(left.content(name))
			if i < len(files)-1 {
				require.Equal(t, io.EOF, err, "only the last file can be torn")
			}
			for _, u := range units {
				n++
				require.Equal(t, strconv.Itoa(n), u[0].Args[2])
			}
		}
		require.GreaterOrEqual(t, int64(n), sure)
	}
}

func TestClose(t *testing.T) {
	d := newDisk()
	j := newTestJournal(t, d, FsyncEverySecond)
	require.NoError(t, j.close())
	require.NoError(t, j.close())
	j.Append(effect("SET", "a", "1"))
	require.Equal(t, nook.ErrClosed, j.Commit())
	require.Equal(t, nook.ErrClosed, j.Admit())
	require.Equal(t, nook.ErrClosed, <-j.rotate(nil, nil))
	require.Empty(t, d.content("a.aof"))
}

// TestCloseWhileOthersWrite: each commit has an answer, and what was acknowledged is there.
func TestCloseWhileOthersWrite(t *testing.T) {
	for range 50 {
		d := newDisk()
		j := newTestJournal(t, d, FsyncAlways)
		var committed, refused atomic.Int64
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					j.Append(effect("INCR", "a"))
					if err := j.Commit(); err == nil {
						committed.Add(1)
					} else {
						refused.Add(1)
						return
					}
				}
			})
		}
		require.NoError(t, j.close())
		all.Wait()
		units, err := replayed(d.surely("a.aof"))
		require.Equal(t, io.EOF, err)
		require.GreaterOrEqual(t, len(units), int(committed.Load()))
		require.Equal(t, int64(4), refused.Load())
	}
}

// TestSyncFailsLater: what a good sync has made durable stays acknowledged.
func TestSyncFailsLater(t *testing.T) {
	d := newDisk()
	j := newTestJournal(t, d, FsyncAlways)
	d.failWhen(failing("sync", ".aof", 2, syscall.EIO))
	j.Append(effect("SET", "a", "1"))
	require.NoError(t, j.Commit())
	j.Append(effect("SET", "a", "2"))
	require.ErrorIs(t, j.Commit(), syscall.EIO)
	require.ErrorIs(t, j.close(), syscall.EIO)
	require.ErrorIs(t, j.close(), syscall.EIO)
	require.Equal(t, wanted(effect("SET", "a", "1")), d.cut(nil).content("a.aof"))
}

func TestWriteError(t *testing.T) {
	err := &WriteError{errors.New("some other trouble")}
	require.EqualError(t, err, "MISCONF Errors writing to the AOF file: Some other trouble")
}

func TestFsyncNames(t *testing.T) {
	for _, f := range []Fsync{FsyncAlways, FsyncEverySecond, FsyncNever} {
		same, ok := ParseFsync(f.String())
		require.True(t, ok)
		require.Equal(t, f, same)
	}
	_, ok := ParseFsync("sometimes")
	require.False(t, ok)
	require.Equal(t, "Fsync(7)", Fsync(7).String())
	require.Equal(t, FsyncEverySecond, Fsync(0), "the default of Redis")
}

func BenchmarkAppend(b *testing.B) {
	for _, policy := range []Fsync{FsyncEverySecond, FsyncNever} {
		b.Run(policy.String(), func(b *testing.B) {
			f, err := dirFS(b.TempDir()).create("a.aof")
			require.NoError(b, err)
			j := newJournal(f, 0, policy)
			e := effect("SET", "key:0000012345", string(bytes.Repeat([]byte{'v'}, 64)))
			b.ReportAllocs()
			for b.Loop() {
				_ = j.Admit()
				j.Append(e)
				_ = j.Commit()
			}
			require.NoError(b, j.close())
		})
	}
}

func BenchmarkCommitAlways(b *testing.B) {
	for _, clients := range []int{1, 50} {
		b.Run(strconv.Itoa(clients), func(b *testing.B) {
			f, err := dirFS(b.TempDir()).create("a.aof")
			require.NoError(b, err)
			j := newJournal(f, 0, FsyncAlways)
			e := effect("SET", "key:0000012345", string(bytes.Repeat([]byte{'v'}, 64)))
			b.SetParallelism(max(1, clients/2))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					j.Append(e)
					_ = j.Commit()
				}
			})
			require.NoError(b, j.close())
		})
	}
}

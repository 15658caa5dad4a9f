package nook_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// runs runs a command that must not fail.
func runs(t require.TestingT, db *nook.Commands, line string) resp.Reply {
	r := do(t, db, strings.Fields(line)...)
	require.NotEqual(t, resp.KindError, r.Kind, "%s: %s", line, r.Str)
	return r
}

// snapshotOf takes a snapshot that is closed when the test ends.
func snapshotOf(t testing.TB, s *nook.Store) *nook.Snapshot {
	t.Helper()
	p, err := s.Snapshot()
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// everyType are commands that make a key of each type and encoding.
var everyType = []string{
	"SET text v", "SET long " + strings.Repeat("l", 600), "SET timed v PX 90000", "INCR number", "APPEND buffer " + strings.Repeat("b", 600),
	"HSET hash f v g w", "HSET fields f v g w", "HPEXPIRE fields 80000 FIELDS 1 f", "RPUSH list a b c", "SADD ints 1 2 3", "SADD set a b",
	"ZADD zset 1 a 2 b", "XADD stream 1-1 f v", "XGROUP CREATE stream g 0", "XREADGROUP GROUP g c STREAMS stream >", "PFADD hll a b c",
	"SETBIT bits 7 1", "GEOADD geo 13.4 52.5 berlin",
}

func makeEveryType(t require.TestingT, db *nook.Commands) {
	for _, line := range everyType {
		runs(t, db, line)
	}
}

// changes are commands that change each of these keys in place, or replace it.
var changes = []string{
	"SET text w", "APPEND long x", "PERSIST timed", "INCR number", "APPEND buffer x", "HSET hash f x", "HDEL fields g", "LPUSH list z",
	"SADD ints x", "SREM set a", "ZINCRBY zset 5 a", "XADD stream 2-1 f v", "XACK stream g 1-1", "PFADD hll d e f g", "SETBIT bits 90 1",
	"DEL geo", "RENAME list other", "SET new v", "PEXPIRE set 100", "GETDEL text",
}

// dump returns all that a store holds, what streams know of their groups included.
func dump(t require.TestingT, s *nook.Store) map[string]string {
	all := nook.Contents(s)
	for place, text := range all {
		if db, key, _ := strings.Cut(place, " "); strings.HasPrefix(text, "stream ") {
			n, err := strconv.Atoi(db)
			require.NoError(t, err)
			all[place] = text + fmt.Sprint(do(t, s.Select(n), "XINFO", "STREAM", key, "FULL", "COUNT", "0"))
		}
	}
	return all
}

func TestSnapshotRestores(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{Shards: 4, Clock: clock})
	makeEveryType(t, s.Commands())
	makeEveryType(t, s.Select(3))
	before := dump(t, s)
	p := snapshotOf(t, s)
	for range 3 {
		for _, line := range changes {
			runs(t, s.Commands(), line)
		}
		require.NotEqual(t, before, dump(t, s))
		nook.Check(t, s)
		require.NoError(t, p.Restore())
		require.Equal(t, before, dump(t, s))
		nook.Check(t, s)
	}
}

func TestRestoreAfterFlushAndSwap(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 4})
	makeEveryType(t, s.Commands())
	runs(t, s.Select(1), "SET one 1")
	before := dump(t, s)
	p := snapshotOf(t, s)
	for _, lines := range [][]string{
		{"FLUSHALL"},
		{"SWAPDB 0 1", "SET text swapped"},
		{"FLUSHALL", "SET text new"},
		{"DEL text", "FLUSHDB", "SET text new", "SWAPDB 0 2", "SET text newer", "FLUSHDB"},
		{"SET text before", "SWAPDB 0 1", "SET one swapped", "SWAPDB 1 2", "FLUSHDB", "SWAPDB 2 0", "SET text after"},
	} {
		for _, line := range lines {
			runs(t, s.Commands(), line)
			nook.Check(t, s)
		}
		require.NoError(t, p.Restore())
		require.Equal(t, before, dump(t, s), "%q", lines)
		nook.Check(t, s)
	}
}

// What an emptied store holds is of no interest to a snapshot that was taken before it was made.
func TestSnapshotOfNothing(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	p := snapshotOf(t, s)
	makeEveryType(t, s.Commands())
	require.NoError(t, p.Restore())
	require.Empty(t, dump(t, s))
	stats, err := s.Stats()
	require.NoError(t, err)
	require.Zero(t, stats.Bytes)
}

// Several snapshots do not disturb each other, in whatever order they are restored and closed.
func TestSnapshotsAreIndependent(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 2})
	var taken []*nook.Snapshot
	var held []map[string]string
	for i := range 4 {
		makeEveryType(t, s.Select(i))
		held = append(held, dump(t, s))
		taken = append(taken, snapshotOf(t, s))
	}
	for _, i := range []int{1, 3, 0, 2, 1, 3} {
		require.NoError(t, taken[i].Restore())
		require.Equal(t, held[i], dump(t, s), i)
		for _, line := range changes {
			do(t, s.Select(i), strings.Fields(line)...)
		}
		nook.Check(t, s)
	}
	for _, i := range []int{2, 0, 3, 1} {
		require.NoError(t, taken[i].Restore())
		require.Equal(t, held[i], dump(t, s), i)
		taken[i].Close()
		taken[i].Close()
		require.ErrorIs(t, taken[i].Restore(), nook.ErrSnapshotClosed)
	}
}

// With the clock set back, keys live as long again as they did.
func TestRestoreBringsBackDeadlines(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{Shards: 2, Clock: clock})
	makeEveryType(t, s.Commands())
	began, before := clock.Now(), dump(t, s)
	p := snapshotOf(t, s)
	for range 2 {
		clock.Advance(time.Hour)
		require.NotEqual(t, before, dump(t, s))
		clock.Rewind(began)
		require.NoError(t, p.Restore())
		require.Equal(t, before, dump(t, s))
		nook.Check(t, s)
		clock.Advance(85 * time.Second)
		require.Equal(t, []resp.Reply{{Kind: resp.KindBulk, Str: "g"}}, runs(t, s.Commands(), "HKEYS fields").Elems)
		clock.Advance(5 * time.Second)
		require.Zero(t, runs(t, s.Commands(), "EXISTS timed").Int)
	}
	require.NoError(t, p.Restore()) // the time of these keys is over
	clock.Advance(0)
	require.Zero(t, runs(t, s.Commands(), "EXISTS timed").Int)
}

func TestIdleTimeAfterRewind(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{Clock: clock})
	runs(t, s.Commands(), "SET k v")
	began := clock.Now()
	p := snapshotOf(t, s)
	clock.Advance(time.Hour)
	runs(t, s.Commands(), "SET k w")
	clock.Rewind(began)
	clock.Rewind(began.Add(time.Hour)) // only backwards
	require.Equal(t, began, clock.Now())
	require.NoError(t, p.Restore())
	runs(t, s.Commands(), "SET new v")
	clock.Advance(3 * time.Second)
	for _, key := range []string{"k", "new"} {
		idle, _, err := s.ObjectIdleTime(key)
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, idle, key)
	}
}

func TestRestoreTouchesWatches(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	for _, key := range []string{"same", "changed", "gone", "looked"} {
		require.NoError(t, s.Set(key, "v"))
	}
	p := snapshotOf(t, s)
	require.NoError(t, s.Set("changed", "w"))
	require.NoError(t, s.Set("new", "v"))
	_, err := s.Del("gone")
	require.NoError(t, err)
	_, err = s.SetWith("looked", "w", nook.SetOptions{If: nook.IfAbsent()})
	require.NoError(t, err)
	watches := map[string]*nook.Watch{}
	for _, key := range []string{"same", "changed", "new", "gone", "looked", "none"} {
		w, err := s.Watch(key)
		require.NoError(t, err)
		defer w.Close()
		watches[key] = w
	}
	require.NoError(t, p.Restore())
	for key, w := range watches {
		require.Equal(t, key == "changed" || key == "new" || key == "gone", w.Dirty(), key)
	}
}

func TestRestoreOfFlushedTouchesWatches(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	require.NoError(t, s.Set("old", "v"))
	p := snapshotOf(t, s)
	require.NoError(t, s.FlushDB())
	require.NoError(t, s.Set("new", "v"))
	w, err := s.Watch("old")
	require.NoError(t, err)
	defer w.Close()
	x, err := s.Watch("new")
	require.NoError(t, err)
	defer x.Close()
	none, err := s.Watch("none")
	require.NoError(t, err)
	defer none.Close()
	require.NoError(t, p.Restore())
	require.Equal(t, []bool{true, true, false}, []bool{w.Dirty(), x.Dirty(), none.Dirty()})
}

// Copies of what has changed by it are out of date, and of nothing else, but where databases were emptied.
func TestRestoreTellsTrackers(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	require.NoError(t, s.MSet(nook.Pair{Key: "same", Value: "v"}, nook.Pair{Key: "changed", Value: "v"}))
	p := snapshotOf(t, s)
	var told []nook.Invalidation
	x, err := s.NewTracker(nook.TrackerOptions{Receive: func(i nook.Invalidation) { told = append(told, i) }})
	require.NoError(t, err)
	defer x.Close()

	require.NoError(t, s.Set("changed", "w"))
	require.NoError(t, s.Track(x, "same", "changed"))
	require.NoError(t, p.Restore())
	require.Equal(t, []nook.Invalidation{{Key: "changed"}}, told)

	require.NoError(t, s.FlushDB())
	told = nil
	require.NoError(t, s.Track(x, "same", "changed"))
	require.NoError(t, p.Restore())
	require.Equal(t, []nook.Invalidation{{All: true}}, told)
}

// Who waits for a key that comes back is served.
func TestRestoreServesWaiters(t *testing.T) {
	for _, emptied := range []string{"DEL list", "FLUSHALL", "LTRIM list 1 0"} {
		clock := nook.NewManualClock(time.Time{})
		s := nook.NewChecked(t, nook.Options{Clock: clock})
		runs(t, s.Commands(), "RPUSH list a b")
		p := snapshotOf(t, s)
		runs(t, s.Commands(), emptied)
		popped := make(chan string)
		go func() {
			popFrom, _, _ := s.BLPop(context.Background(), 0, "list")
			popped <- popFrom.Value
		}()
		nook.AwaitWaiters(s, 1)
		require.NoError(t, p.Restore())
		require.Equal(t, "a", <-popped)
		require.EqualValues(t, 1, runs(t, s.Commands(), "LLEN list").Int)
		require.NoError(t, p.Restore())
		require.EqualValues(t, 2, runs(t, s.Commands(), "LLEN list").Int)
	}
}

func TestRestoreTellsNoEvents(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Notify: nook.Notify{Classes: nook.EventAll | nook.EventNew, Keyevent: true}})
	makeEveryType(t, s.Commands())
	p := snapshotOf(t, s)
	runs(t, s.Commands(), "FLUSHALL")
	runs(t, s.Commands(), "SET x y")
	var told []nook.Event
	nook.Listen(s, nook.EventAll|nook.EventNew, func(e nook.Event) { told = append(told, e) })
	require.NoError(t, p.Restore())
	require.Empty(t, told)
}

func TestRestoreBringsBackLibraries(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	require.NoError(t, s.PutLibrary(nook.Library{Name: "a", Code: "1"}))
	p := snapshotOf(t, s)
	revision := s.LibraryRevision()
	require.NoError(t, p.Restore())
	require.Equal(t, revision, s.LibraryRevision(), "nothing has changed")
	for range 2 {
		require.NoError(t, s.PutLibrary(nook.Library{Name: "a", Code: "2"}))
		require.NoError(t, s.PutLibrary(nook.Library{Name: "b"}))
		require.NoError(t, p.Restore())
		all, revision := s.Libraries()
		require.Equal(t, []nook.Library{{Name: "a", Code: "1"}}, all)
		require.NotZero(t, revision)
	}
}

func TestSnapshotOfClosedStore(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	p := snapshotOf(t, s)
	require.NoError(t, s.Close())
	require.ErrorIs(t, p.Restore(), nook.ErrClosed)
	_, err := s.Snapshot()
	require.ErrorIs(t, err, nook.ErrClosed)
}

// What is restored is one entry of the journal, which makes the same of a copy.
func TestRestoreWithJournal(t *testing.T) {
	j := new(entries)
	o := nook.Options{Shards: 4, Clock: nook.NewManualClock(time.Time{}), Journal: j}
	s, copied := nook.NewChecked(t, o), nook.NewChecked(t, nook.Options{Shards: 8, Clock: nook.NewManualClock(time.Time{})})
	makeEveryType(t, s.Commands())
	runs(t, s.Select(1), "SET one 1")
	p := snapshotOf(t, s)
	for _, lines := range [][]string{changes, {"FLUSHALL", "SET x y"}, {"SWAPDB 0 1", "SET text w"}, {}} {
		for _, line := range lines {
			runs(t, s.Commands(), line)
		}
		j.run(t, copied)
		require.Equal(t, keptDump(t, s), keptDump(t, copied))
		require.NoError(t, p.Restore())
		require.LessOrEqual(t, len(j.list), 1)
		j.run(t, copied)
		require.Equal(t, keptDump(t, s), keptDump(t, copied))
	}

	require.NoError(t, s.PutLibrary(nook.Library{Name: "a", Code: "#!lua name=a"}))
	runs(t, s.Commands(), "SET text w")
	runs(t, s.Commands(), "SET new v")
	j.take()
	require.NoError(t, p.Restore())
	payload, _, err := s.Dump("text")
	require.NoError(t, err)
	got := j.take()
	require.Len(t, got, 1)
	require.ElementsMatch(t, []string{"RESTORE text 0 " + payload + " REPLACE ABSTTL", "DEL new", "FUNCTION RESTORE " + s.DumpLibraries() + " FLUSH"}, strings.Split(got[0], "; "))
}

// A journal that refuses changes, or loses them, says so.
func TestRestoreWithJournalThatFails(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	p := snapshotOf(t, s)
	runs(t, s.Commands(), "SET k v")
	require.NoError(t, s.SetJournal(&failing{admit: nook.ErrTimeout}))
	require.ErrorIs(t, p.Restore(), nook.ErrTimeout)
	require.NotEmpty(t, dump(t, s))
	require.NoError(t, s.SetJournal(&failing{commit: nook.ErrTimeout}))
	require.ErrorIs(t, p.Restore(), nook.ErrTimeout)
	require.Empty(t, dump(t, s))
	require.NoError(t, p.Restore(), "nothing to do")
}

// failing is a journal that fails.
type failing struct{ admit, commit error }

func (f *failing) Admit() error       { return f.admit }
func (*failing) Append([]nook.Effect) {}
func (f *failing) Commit() error      { return f.commit }

// Others are at work while a snapshot is taken and restored; each of them finds its keys all old or all new.
func TestSnapshotUnderLoad(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 8})
	require.NoError(t, s.MSet(nook.Pair{Key: "a", Value: "0"}, nook.Pair{Key: "b", Value: "0"}))
	p := snapshotOf(t, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 2000 {
			v := strconv.Itoa(i)
			if s.MSet(nook.Pair{Key: "a", Value: v}, nook.Pair{Key: "b", Value: v}) != nil {
				return
			}
			if values, err := s.MGet("a", "b"); err != nil || values[0] != values[1] {
				t.Errorf("%v, %v", values, err)
			}
			if i%500 == 0 {
				_ = s.FlushAll()
			}
		}
	}()
	for range 200 {
		require.NoError(t, p.Restore())
		nook.Check(t, s)
	}
	<-done
	require.NoError(t, p.Restore())
	require.Equal(t, map[string]string{"0 a": `int 0 "0"`, "0 b": `int 0 "0"`}, nook.Contents(s))
}

// snapshotForms are what TestSnapshotModel draws from; {k} is a key, {v} a value, {n} a number, {d} a database.
var snapshotForms = strings.Split(strings.TrimSpace(`
SET {k} {v}
SET {k} {v} PX {n}00
SET {k} {v} KEEPTTL NX
INCRBY {k} {n}
APPEND {k} {v}
SETRANGE {k} 5{n}0 {v}
GET {k}
LCS {k} {k}
PEXPIRE {k} {n}000
PERSIST {k}
DEL {k} {k}
RENAME {k} {k}
COPY {k} {k} REPLACE
MOVE {k} {d}
HSET {k} {v} {v} {n} {n}
HDEL {k} {n}
HPEXPIRE {k} {n}00 FIELDS 2 {n} {v}
HINCRBY {k} {n} 2
RPUSH {k} {v} {v}
LPOP {k} {n}
LMOVE {k} {k} LEFT RIGHT
LTRIM {k} 1 {n}
SADD {k} {v} {n}
SPOP {k}
SMOVE {k} {k} {n}
SINTERSTORE {k} {k} {k}
ZADD {k} {n} {v} {n} {n}
ZINCRBY {k} {n} {v}
ZPOPMIN {k}
ZUNIONSTORE {k} 2 {k} {k}
ZRANGESTORE {k} {k} 0 {n}
XADD {k} * f {v}
XTRIM {k} MAXLEN {n}
XGROUP CREATE {k} {v} 0 MKSTREAM
XREADGROUP GROUP a c COUNT {n} STREAMS {k} >
XREADGROUP GROUP a c COUNT {n} STREAMS {k} {k} > >
XACK {k} a 1-1
XDEL {k} {n}-1
XGROUP DESTROY {k} a
PFADD {k} {v} {n}
PFMERGE {k} {k} {k}
PFCOUNT {k}
SETBIT {k} {n}00 1
BITOP OR {k} {k} {k}
SORT {k} ALPHA STORE {k}
FLUSHDB
FLUSHALL
SWAPDB {d} {d}
`), "\n")

var snapshotValues = []string{"a", "b", "7", strings.Repeat("v", 70), strings.Repeat("w", 600)}

// snapshotCommand draws a command.
func snapshotCommand(t *rapid.T) []string {
	args := strings.Fields(rapid.SampledFrom(snapshotForms).Draw(t, "command"))
	fill := func(arg, sign, prefix string, to int) string {
		if !strings.Contains(arg, sign) {
			return arg
		}
		return strings.ReplaceAll(arg, sign, prefix+strconv.Itoa(rapid.IntRange(0, to).Draw(t, sign)))
	}
	for i, arg := range args {
		arg = fill(fill(fill(arg, "{k}", "k", 4), "{n}", "", 9), "{d}", "", 2)
		if strings.Contains(arg, "{v}") {
			arg = strings.ReplaceAll(arg, "{v}", rapid.SampledFrom(snapshotValues).Draw(t, "v"))
		}
		args[i] = arg
	}
	return args
}

// requireDump compares what a store holds.
func requireDump(t require.TestingT, want map[string]string, s *nook.Store) {
	got := dump(t, s)
	for place, text := range want {
		require.Equal(t, text, got[place], place)
	}
	for place, text := range got {
		require.Equal(t, want[place], text, place)
	}
}

// TestSnapshotModel takes and restores snapshots between random commands, and compares the whole store with a copy.
func TestSnapshotModel(t *testing.T) {
	type taken struct {
		*nook.Snapshot
		held map[string]string
		at   time.Time
	}
	rapid.Check(t, func(t *rapid.T) {
		clock := nook.NewManualClock(time.Time{})
		s := nook.NewChecked(t, nook.Options{
			Shards: rapid.SampledFrom([]int{1, 4}).Draw(t, "shards"), Databases: 3, Clock: clock, Seed: 1,
			Encodings: nook.Encodings{HashMaxListpackEntries: 3, SetMaxListpackEntries: 3, ZSetMaxListpackEntries: 3, ListMaxListpackSize: 2},
		})
		var all []taken
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch n := rapid.IntRange(0, 19).Draw(t, "what"); {
			case n == 0:
				p, err := s.Snapshot()
				require.NoError(t, err)
				all = append(all, taken{p, dump(t, s), clock.Now()})
			case n == 1 && len(all) > 0:
				i := rapid.IntRange(0, len(all)-1).Draw(t, "close")
				all[i].Close()
				all = append(all[:i], all[i+1:]...)
			case n < 4 && len(all) > 0:
				p := all[rapid.IntRange(0, len(all)-1).Draw(t, "restore")]
				clock.Rewind(p.at)
				require.NoError(t, p.Restore())
				requireDump(t, p.held, s)
			case n == 4:
				clock.Advance(time.Duration(rapid.IntRange(0, 20).Draw(t, "time")) * 100 * time.Millisecond)
			default:
				do(t, s.Select(rapid.IntRange(0, 2).Draw(t, "db")), snapshotCommand(t)...)
			}
			nook.Check(t, s)
		}
		for _, p := range all {
			clock.Rewind(p.at)
			require.NoError(t, p.Restore())
			requireDump(t, p.held, s)
			p.Close()
		}
	})
}

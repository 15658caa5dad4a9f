package nook

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExec(t *testing.T) {
	s := newStore(t, Options{Shards: 8})
	var stale *Tx
	for _, keys := range [][]string{nil, {"a", "b"}, {"b", "a", "b"}} {
		require.NoError(t, s.Exec(func(tx *Tx) error {
			stale = tx
			try(tx.Set("a", "1"))
			require.EqualValues(t, 2, must(tx.Incr("a")))
			try(tx.Rename("a", "b"))
			require.Equal(t, []Optional{none, some("2")}, must(tx.MGet("a", "b")))
			try(tx.DB(1).Set("b", "other"))
			require.True(t, must(tx.DB(1).CopyWith("b", "a", CopyOptions{DB: ToDB(0)})))
			return nil
		}, keys...))
		require.Equal(t, []Optional{some("other"), some("2")}, must(s.MGet("a", "b")))
		fails(t, ErrTxDone)(stale.Get("a"))
		fails(t, ErrTxDone)(stale.Set("a", "late"))
		fails(t, ErrTxDone)(stale.MGet("a", "b"))
		fails(t, ErrTxDone)(stale.DB(1).Get("a"))
		fails(t, ErrTxDone)(stale.Exec(func(*Tx) error { return nil }))
	}
	require.NoError(t, s.DB(2).Exec(func(tx *Tx) error {
		require.Equal(t, 2, tx.DBIndex())
		try(tx.Set("c", "v"))
		return nil
	}, "c"))
	require.Equal(t, some("v"), found(s.DB(2).Get("c")))
}

// TestExecKeepsWhatWasDone shows that there is no rollback.
func TestExecKeepsWhatWasDone(t *testing.T) {
	s := newStore(t, Options{Shards: 1})
	failure := errors.New("failure")
	set := func(tx *Tx) { try(tx.Set("k", fmt.Sprint(must(tx.Incr("n"))))) }
	require.ErrorIs(t, s.Exec(func(tx *Tx) error { set(tx); return failure }), failure)
	require.Equal(t, some("1"), found(s.Get("k")))

	require.PanicsWithValue(t, "oops", func() { _ = s.Exec(func(tx *Tx) error { set(tx); panic("oops") }, "k", "n") })
	require.Equal(t, some("2"), found(s.Get("k")), "and the locks are free again")

	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Exec(func(tx *Tx) error { set(tx); runtime.Goexit(); return nil }) })
	wg.Wait()
	require.Equal(t, some("3"), found(s.Get("k")))
	s.ks.check(t)

	w := must(s.Watch("k"))
	require.Panics(t, func() { _ = w.Exec(func(tx *Tx) error { panic("oops") }) })
	s.ks.check(t)
}

func TestExecUndeclared(t *testing.T) {
	s := newStore(t, Options{Shards: 4096})
	undeclared := fails(t, ErrTxUndeclared)
	require.NoError(t, s.Exec(func(tx *Tx) error {
		try(tx.Set("a", "v"))
		undeclared(tx.Set("b", "v"))
		undeclared(tx.Get("b"))
		undeclared(tx.MGet("a", "b"))
		undeclared(tx.Rename("a", "b"))
		undeclared(tx.DB(3).Get("b"))
		undeclared(tx.DBSize())
		undeclared(tx.Keys("*"))
		undeclared(tx.RandomKey())
		undeclared(tx.FlushDB())
		undeclared(tx.SwapDB(0, 1))
		undeclared(tx.Stats())
		undeclared(tx.Exec(func(*Tx) error { return nil }, "b"))
		undeclared(tx.Exec(func(*Tx) error { return nil })) // the whole store is more than was declared
		fails(t, ErrDBIndex)(tx.DB(16).Get("a"))
		fails(t, ErrDBIndex)(tx.DB(-1).MGet("a"))
		return nil
	}, "a"))
	require.Equal(t, 1, must(s.DBSize()))
}

func TestExecNested(t *testing.T) {
	s := newStore(t, Options{Shards: 8})
	require.NoError(t, s.Exec(func(tx *Tx) error {
		var inner *Tx
		require.NoError(t, tx.DB(1).Exec(func(in *Tx) error {
			inner = in
			try(in.Set("a", "inner"))
			return in.Exec(func(*Tx) error { return nil }, "b")
		}, "a", "b"))
		require.Equal(t, some("inner"), found(inner.Get("a")), "it ends with the outer one")
		require.Equal(t, some("inner"), found(tx.DB(1).Get("a")))
		fails(t, ErrTxWatch)(tx.Watch("a"))
		return tx.Set("b", "outer")
	}, "a", "b"))
	require.NoError(t, s.Exec(func(tx *Tx) error {
		return tx.Exec(func(tx *Tx) error { return tx.FlushAll() })
	}))
}

// TestExecTime shows that time stands still within a transaction.
func TestExecTime(t *testing.T) {
	clock := &lateClock{*NewManualClock(time.Time{})}
	s := newStore(t, Options{Clock: clock})
	_, err := s.SetWith("k", "v", SetOptions{Expire: ExpireIn(time.Second)})
	require.NoError(t, err)
	require.NoError(t, s.Exec(func(tx *Tx) error {
		began := tx.Now()
		clock.set(time.Minute)
		require.Equal(t, began, tx.Now())
		require.Equal(t, began, tx.DB(1).Now())
		require.Equal(t, time.Second, ttlOf(&tx.commands, "k"))
		require.Equal(t, some("v"), found(tx.Get("k")))
		must(tx.Expire("k", 2*time.Second))
		return nil
	}))
	require.Equal(t, none, found(s.Get("k")))
}

func TestExecErrors(t *testing.T) {
	s := newStore(t, Options{})
	none := func(*Tx) error { t.Error("called"); return nil }
	fails(t, ErrDBIndex)(s.DB(16).Exec(none))
	fails(t, ErrDBIndex)(s.DB(-1).Exec(none, "k"))
	require.NoError(t, s.Close())
	fails(t, ErrClosed)(s.Exec(none))
	fails(t, ErrClosed)(s.Exec(none, "k"))
}

// watchSteps are commands, and whether they change the watched key k, which
// holds v, as the real server sees it.
var watchSteps = []struct {
	name    string
	do      func(s *Store)
	changes bool
}{
	{"nothing", func(*Store) {}, false},
	{"read", func(s *Store) { found(s.Get("k")); must(s.MGet("k")); must(s.Exists("k")); must(s.Touch("k")) }, false},
	{"set", func(s *Store) { try(s.Set("k", "v")) }, true},
	{"set another", func(s *Store) { try(s.Set("l", "v")) }, false},
	{"set in another database", func(s *Store) { try(s.DB(1).Set("k", "v")) }, false},
	{"set in vain", func(s *Store) { must(s.SetWith("k", "v", SetOptions{If: IfAbsent(), Get: true})) }, false},
	{"mset", func(s *Store) { try(s.MSet(Pair{"l", "v"}, Pair{"k", "v"})) }, true},
	{"mset in vain", func(s *Store) { must(s.MSetNX(Pair{"l", "v"}, Pair{"k", "v"})) }, false},
	{"append", func(s *Store) { must(s.Append("k", "")) }, true},
	{"setrange", func(s *Store) { must(s.SetRange("k", 0, "w")) }, true},
	{"setrange of nothing", func(s *Store) { must(s.SetRange("k", 5, "")) }, false},
	{"getex", func(s *Store) { found(s.GetEx("k", Expiry{})) }, false},
	{"getex with time", func(s *Store) { found(s.GetEx("k", ExpireIn(time.Hour))) }, true},
	{"getex persist in vain", func(s *Store) { found(s.GetEx("k", Persistent())) }, false},
	{"expire", func(s *Store) { must(s.Expire("k", time.Hour)) }, true},
	{"expire in vain", func(s *Store) { must(s.ExpireWith("k", time.Hour, ExpireIfAny)) }, false},
	{"persist in vain", func(s *Store) { must(s.Persist("k")) }, false},
	{"del", func(s *Store) { must(s.Del("k")) }, true},
	{"del and set", func(s *Store) { must(s.Del("k")); try(s.Set("k", "v")) }, true},
	{"getdel", func(s *Store) { found(s.GetDel("k")) }, true},
	{"delex in vain", func(s *Store) { must(s.DelEx("k", IfEqual("w"))) }, false},
	{"rename away", func(s *Store) { try(s.Rename("k", "l")) }, true},
	{"rename onto", func(s *Store) { try(s.Set("l", "v")); try(s.Rename("l", "k")) }, true},
	{"rename to itself", func(s *Store) { try(s.Rename("k", "k")) }, false},
	{"copy from", func(s *Store) { must(s.Copy("k", "l")) }, false},
	{"copy onto", func(s *Store) { try(s.Set("l", "v")); must(s.CopyWith("l", "k", CopyOptions{Replace: true})) }, true},
	{"move away", func(s *Store) { must(s.Move("k", 1)) }, true},
	{"flush", func(s *Store) { try(s.FlushDB()) }, true},
	{"flush all", func(s *Store) { try(s.DB(1).FlushAll()) }, true},
	{"flush another", func(s *Store) { try(s.DB(1).FlushDB()) }, false},
	{"swap", func(s *Store) { try(s.SwapDB(1, 0)) }, true},
	{"swap twice", func(s *Store) { try(s.SwapDB(1, 0)); try(s.SwapDB(1, 0)) }, true},
	{"swap others", func(s *Store) { try(s.SwapDB(1, 2)) }, false},
	{"swap with itself", func(s *Store) { try(s.SwapDB(0, 0)) }, false},
	{"transaction", func(s *Store) { try(s.Exec(func(tx *Tx) error { return tx.Set("k", "v") })) }, true},
	{"bit that is set", func(s *Store) { must(s.SetBit("k", 1, 1)) }, false},
	{"bit", func(s *Store) { must(s.SetBit("k", 1, 0)) }, true},
}

func TestWatch(t *testing.T) {
	for _, step := range watchSteps {
		for _, keys := range [][]string{nil, {"k"}, {"x"}} {
			t.Run(step.name, func(t *testing.T) {
				s, _ := newTimed(t, Options{Shards: 4})
				try(s.Set("k", "v"))
				w, err := s.Watch("k", "missing", "k")
				require.NoError(t, err)
				step.do(s)
				require.Equal(t, step.changes, w.Dirty())
				called := false
				err = w.Exec(func(tx *Tx) error {
					called = true
					found(tx.Get("k")) // what is watched is declared
					return nil
				}, keys...)
				if step.changes {
					require.ErrorIs(t, err, ErrTxConflict)
				} else {
					require.NoError(t, err)
				}
				require.Equal(t, !step.changes, called)
			})
		}
	}
}

func TestWatchMissing(t *testing.T) {
	s, _ := newTimed(t, Options{})
	w := must(s.Watch("k"))
	must(s.Del("k"))
	try(s.FlushAll())
	try(s.SwapDB(0, 1))
	require.False(t, w.Dirty())
	try(s.DB(1).Set("k", "v"))
	require.False(t, w.Dirty())
	try(s.SwapDB(0, 1))
	require.True(t, w.Dirty(), "now there is one")
	fails(t, ErrTxConflict)(w.Exec(func(*Tx) error { return nil }))

	w = must(s.Watch("l"))
	try(s.Set("l", "v"))
	must(s.Del("l"))
	fails(t, ErrTxConflict)(w.Exec(func(*Tx) error { return nil })) // it was there meanwhile
}

func TestWatchExpiry(t *testing.T) {
	clock := &lateClock{*NewManualClock(time.Time{})}
	s := newStore(t, Options{Clock: clock, Shards: 2})
	set := func(d time.Duration) {
		must(s.SetWith("k", "v", SetOptions{Expire: ExpireIn(d)}))
	}
	exec := func(w *Watch) error { return w.Exec(func(*Tx) error { return nil }, "k") }

	set(time.Second)
	w := must(s.Watch("k"))
	clock.Advance(time.Second)
	require.True(t, w.Dirty())
	require.ErrorIs(t, exec(w), ErrTxConflict)

	set(time.Second)
	w = must(s.Watch("k"))
	clock.set(time.Second)
	require.False(t, w.Dirty(), "nobody has looked yet")
	require.ErrorIs(t, exec(w), ErrTxConflict, "its time is up")

	set(time.Second)
	clock.set(time.Second)
	w = must(s.Watch("k"))
	clock.Advance(0)
	require.NoError(t, exec(w), "its time was up before")
}

func TestWatchDatabases(t *testing.T) {
	s := newStore(t, Options{Databases: 4})
	w := must(s.DB(1).Watch("k"))
	require.NoError(t, w.Add(2, "k", "l"))
	require.NoError(t, w.Add(2, "k"))
	try(s.MSet(Pair{"k", "v"}, Pair{"l", "v"}))
	try(s.DB(1).Set("l", "v"))
	require.NoError(t, w.Exec(func(tx *Tx) error { require.Equal(t, 1, tx.DBIndex()); return nil }))
	w = must(s.DB(1).Watch("k"))
	require.NoError(t, w.Add(2, "k"))
	try(s.DB(2).Set("k", "v"))
	require.True(t, w.Dirty())
	w.Close()
	w.Close()
	fails(t, ErrDBIndex)(s.DB(4).Watch("k"))
	fails(t, ErrDBIndex)(s.DB(-1).Watch("k"))
	w = must(s.Watch())
	fails(t, ErrDBIndex)(w.Add(4, "k"))
	require.NoError(t, w.Exec(func(*Tx) error { return nil }), "nothing is watched")
}

// TestWatchesAreApart shows that watches of one key do not end each other.
func TestWatchesAreApart(t *testing.T) {
	s := newStore(t, Options{})
	a, b, c := must(s.Watch("k")), must(s.Watch("k", "l")), must(s.Watch("l"))
	a.Close()
	try(s.Set("k", "v"))
	require.False(t, a.Dirty())
	require.True(t, b.Dirty())
	require.False(t, c.Dirty())
	require.NoError(t, c.Exec(func(*Tx) error { return nil }))
	fails(t, ErrTxConflict)(b.Exec(func(*Tx) error { return nil }))
	require.NoError(t, b.Exec(func(*Tx) error { return nil }), "used up, it watches nothing")
}

func TestWatchClosed(t *testing.T) {
	s := newStore(t, Options{})
	w := must(s.Watch("k"))
	require.NoError(t, s.Close())
	fails(t, ErrClosed)(w.Add(0, "l"))
	fails(t, ErrClosed)(w.Exec(func(*Tx) error { return nil }))
	w.Close()
	fails(t, ErrClosed)(s.Watch("k"))
}

// TestWatchCounter adds up from many goroutines that read, watch and try again.
func TestWatchCounter(t *testing.T) {
	s := newStore(t, Options{Shards: 2})
	const goroutines, each = 4, 200
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for done := 0; done < each; {
				w := must(s.Watch("n"))
				v := found(s.Get("n")).Value
				err := w.Exec(func(tx *Tx) error { return tx.Set("n", v+"x") }, "n")
				if err == nil {
					done++
				} else if !errors.Is(err, ErrTxConflict) {
					panic(err)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, goroutines*each, must(s.StrLen("n")))
}

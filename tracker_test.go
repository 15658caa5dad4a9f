package nook

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// told collects what a tracker tells.
type told struct {
	mu  sync.Mutex
	all []string // guarded by mu
}

func (d *told) receive(i Invalidation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i.All {
		i.Key = "ALL"
	}
	d.all = append(d.all, i.Key)
}

// take returns what has been told since the last call.
func (d *told) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.all
	d.all = nil
	return list
}

func newTracker(t testT, c *Commands, o TrackerOptions) (*Tracker, *told) {
	t.Helper()
	d := new(told)
	o.Receive = d.receive
	tracker, err := c.NewTracker(o)
	require.NoError(t, err)
	t.Cleanup(tracker.Close)
	return tracker, d
}

func TestTrack(t *testing.T) {
	s, clock := newTimed(t, Options{})
	tracker, told := newTracker(t, s.Commands(), TrackerOptions{})
	track := func(keys ...string) { require.NoError(t, s.Track(tracker, keys...)) }

	require.NoError(t, s.Set("a", "1"))
	require.Empty(t, told.take(), "nobody has tracked it")
	track("a", "none", "a")
	require.NoError(t, s.Set("b", "1"))
	require.NoError(t, s.Set("a", "2"))
	require.Equal(t, []string{"a"}, told.take())
	require.NoError(t, s.Set("a", "3"))
	require.Empty(t, told.take(), "each is told once")

	require.NoError(t, s.DB(3).Set("none", "1"))
	require.Equal(t, []string{"none"}, told.take(), "by the name alone")

	track("a", "b")
	_, err := s.RenameNX("a", "b")
	require.NoError(t, err)
	require.Empty(t, told.take(), "nothing was changed")
	require.NoError(t, s.Rename("a", "b"))
	require.ElementsMatch(t, []string{"a", "b"}, told.take())

	track("b")
	_, err = s.Expire("b", time.Second)
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, told.take())
	track("b")
	clock.Advance(time.Second)
	require.Equal(t, []string{"b"}, told.take(), "expired")

	_, err = s.RPush("list", "x")
	require.NoError(t, err)
	track("list", "b", "c", "d")
	require.NoError(t, s.FlushDB())
	require.Equal(t, []string{"ALL"}, told.take(), "once, of all")
	require.NoError(t, s.Set("c", "1"))
	require.Empty(t, told.take(), "what was tracked is over with that")
	require.NoError(t, s.FlushAll())
	require.Equal(t, []string{"ALL"}, told.take())

	track("e")
	tracker.Close()
	tracker.Close()
	require.NoError(t, s.Set("e", "1"))
	track("e")
	require.NoError(t, s.Set("e", "2"))
	require.Empty(t, told.take())
}

func TestTrackPrefixes(t *testing.T) {
	s, clock := newTimed(t, Options{})
	users, told := newTracker(t, s.Commands(), TrackerOptions{Prefixes: []string{"user:", "u2"}})
	_, all := newTracker(t, s.Commands(), TrackerOptions{Prefixes: []string{""}})
	require.NoError(t, s.MSet(Pair{"user:1", "a"}, Pair{"usher", "b"}, Pair{"u2", "c"}))
	require.ElementsMatch(t, []string{"user:1", "u2"}, told.take())
	require.ElementsMatch(t, []string{"user:1", "usher", "u2"}, all.take())
	require.NoError(t, s.Set("user:1", "b"))
	require.NoError(t, s.Set("user:1", "c"))
	require.Equal(t, []string{"user:1", "user:1"}, told.take())
	_, err := s.Expire("user:1", time.Second)
	require.NoError(t, err)
	told.take()
	clock.Advance(time.Second)
	require.Equal(t, []string{"user:1"}, told.take())
	require.NoError(t, s.Track(users, "plain"))
	require.NoError(t, s.Set("plain", "1"))
	require.Empty(t, told.take(), "it has its prefixes")
	users.Close()
	require.NoError(t, s.Set("user:1", "d"))
	require.Empty(t, told.take())
	require.Equal(t, []string{"user:1", "user:1", "user:1", "user:1", "plain", "user:1"}, all.take())
}

func TestTrackOwnChanges(t *testing.T) {
	s, clock := newTimed(t, Options{})
	tracker, told := newTracker(t, s.Commands(), TrackerOptions{})
	mine := s.As(&Caller{Own: tracker})
	require.NoError(t, mine.Track(tracker, "a", "b", "c", "d"))
	require.NoError(t, mine.Set("a", "1"))
	require.NoError(t, mine.Exec(func(tx *Tx) error { return tx.Set("b", "1") }, "b"))
	require.NoError(t, mine.Select(2).Set("c", "1"))
	require.Empty(t, told.take())
	require.NoError(t, s.Set("d", "1"))
	require.Equal(t, []string{"d"}, told.take())

	_, err := s.Expire("d", time.Second)
	require.NoError(t, err)
	require.NoError(t, mine.Track(tracker, "d"))
	clock.Advance(time.Second)
	require.Equal(t, []string{"d"}, told.take(), "that its time was up is nobody's doing")
	require.NoError(t, mine.FlushAll())
	require.Equal(t, []string{"ALL"}, told.take())

	loop, heard := newTracker(t, s.Commands(), TrackerOptions{})
	same := s.As(&Caller{Reader: loop})
	require.NoError(t, same.Track(loop, "a"))
	require.NoError(t, same.Set("a", "1"))
	require.Equal(t, []string{"a"}, heard.take())
}

func TestTrackTooManyKeys(t *testing.T) {
	s, _ := newTimed(t, Options{MaxTrackedKeys: 10, Shards: 1})
	tracker, told := newTracker(t, s.Commands(), TrackerOptions{})
	var given []string
	for i := range 100 {
		key := strconv.Itoa(i)
		require.NoError(t, s.Track(tracker, key))
		list := told.take()
		require.NotContains(t, list, key)
		given = append(given, list...)
	}
	require.Len(t, given, 90)
	stats, err := s.Stats()
	require.NoError(t, err)
	require.Equal(t, 10, stats.TrackedKeys)
	require.NoError(t, s.UpdateSettings(func(s *Settings) error { s.MaxTrackedKeys = -1; return nil }))
	for i := range 100 {
		require.NoError(t, s.Track(tracker, strconv.Itoa(i)))
	}
	require.Empty(t, told.take())
	tracker.Close()
	stats, err = s.Stats()
	require.NoError(t, err)
	require.Zero(t, stats.TrackedKeys)
	require.Zero(t, stats.TrackedItems)
}

func TestTrackInTransaction(t *testing.T) {
	s, _ := newTimed(t, Options{})
	tracker, told := newTracker(t, s.Commands(), TrackerOptions{})
	require.NoError(t, s.Exec(func(tx *Tx) error {
		_, err := tx.NewTracker(TrackerOptions{})
		require.ErrorIs(t, err, ErrTxUndeclared)
		require.ErrorIs(t, tx.Track(tracker, "a", "b", "c", "d", "e", "f"), ErrTxUndeclared)
		return tx.Track(tracker, "a")
	}, "a"))
	require.NoError(t, s.Set("a", "1"))
	require.Equal(t, []string{"a"}, told.take())
	require.NoError(t, s.Track(tracker))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Track(tracker, "a"), ErrClosed)
	_, err := s.NewTracker(TrackerOptions{})
	require.ErrorIs(t, err, ErrClosed)
}

// What expires is nobody's doing, also when it is found to be gone by the one who does not want to hear of his own changes.
func TestTrackWhatOneFindsExpired(t *testing.T) {
	s, clock := newTimed(t, Options{})
	tracker, told := newTracker(t, s.Commands(), TrackerOptions{})
	mine := s.As(&Caller{Own: tracker})
	require.NoError(t, s.Set("k", "v"))
	_, err := s.Expire("k", time.Second)
	require.NoError(t, err)
	_, err = s.HSet("h", Field{"f", "v"}, Field{"g", "v"})
	require.NoError(t, err)
	_, err = s.HExpire("h", time.Second, "f")
	require.NoError(t, err)
	require.NoError(t, s.SetActiveExpire(false))
	require.NoError(t, mine.Track(tracker, "k", "h"))
	clock.Advance(time.Second)
	_, _, err = mine.Get("k")
	require.NoError(t, err)
	require.Equal(t, []string{"k"}, told.take())
	_, _, err = mine.HGet("h", "g")
	require.NoError(t, err)
	require.Equal(t, []string{"h"}, told.take())
}

// Whoever has closed a tracker may let go of what Receive uses, also while others have trackers.
func TestCloseWaitsForReceive(t *testing.T) {
	s, _ := newTimed(t, Options{Shards: 2})
	newTracker(t, s.Commands(), TrackerOptions{})
	for range 500 {
		var closed, late atomic.Bool
		called := make(chan struct{})
		tracker, err := s.NewTracker(TrackerOptions{Receive: func(Invalidation) {
			close(called)
			for range 100 {
				runtime.Gosched()
			}
			late.Store(closed.Load())
		}})
		require.NoError(t, err)
		require.NoError(t, s.Track(tracker, "k"))
		written := make(chan error)
		go func() { written <- s.Set("k", "v") }()
		<-called
		tracker.Close()
		closed.Store(true)
		require.NoError(t, <-written)
		require.False(t, late.Load())
	}
}

// TestNoTouch checks that accesses on behalf of somebody who asks for it do not count.
func TestNoTouch(t *testing.T) {
	s, clock := newTimed(t, Options{})
	quiet := s.As(&Caller{NoTouch: true})
	require.NoError(t, s.Set("text", "x"))
	_, err := s.HSet("hash", Field{"f", "v"})
	require.NoError(t, err)
	idle := func(key string) time.Duration {
		d, ok, err := s.ObjectIdleTime(key)
		require.NoError(t, err)
		require.True(t, ok)
		return d
	}
	clock.Advance(10 * time.Second)
	_, _, err = quiet.Get("text")
	require.NoError(t, err)
	_, _, err = quiet.HGet("hash", "f")
	require.NoError(t, err)
	_, err = quiet.HSet("hash", Field{"f", "w"})
	require.NoError(t, err)
	_, err = quiet.StrLen("text")
	require.NoError(t, err)
	_, err = quiet.MGet("text", "none")
	require.NoError(t, err)
	require.Equal(t, 10*time.Second, idle("text"))
	require.Equal(t, 10*time.Second, idle("hash"))
	n, err := quiet.Touch("text", "hash")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Zero(t, idle("text"))
	require.Zero(t, idle("hash"))
}

// aCache is one that a tracker keeps right.
type aCache struct {
	c       *Commands
	tracker *Tracker

	mu     sync.Mutex
	values map[string]string // guarded by mu
}

func (x *aCache) forget(i Invalidation) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i.All {
		clear(x.values)
	}
	delete(x.values, i.Key)
}

func (x *aCache) get(key string) error {
	x.mu.Lock()
	_, hit := x.values[key]
	x.mu.Unlock()
	if hit {
		return nil
	}
	return x.c.Exec(func(tx *Tx) error {
		v, _, err := tx.Get(key)
		if err != nil {
			return err
		}
		x.mu.Lock()
		x.values[key] = v
		x.mu.Unlock()
		return tx.Track(x.tracker, key)
	}, key)
}

// TestTrackersKeepCachesRight has caches read while others write in every way: in the end no cache has a value that is out of date.
func TestTrackersKeepCachesRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := New(&Options{Shards: 4, Seed: rapid.Uint64().Draw(t, "seed"), MaxTrackedKeys: rapid.SampledFrom([]int{0, 3}).Draw(t, "limit")})
		require.NoError(t, err)
		defer s.Close()
		caches := make([]*aCache, 3)
		for i := range caches {
			x := &aCache{c: s.Commands(), values: map[string]string{}}
			x.tracker, err = s.NewTracker(TrackerOptions{Receive: x.forget})
			require.NoError(t, err)
			defer x.tracker.Close()
			caches[i] = x
		}
		key := func() string { return fmt.Sprintf("k%d", rand.IntN(8)) }
		writes := []func() error{
			func() error { return s.Set(key(), strconv.Itoa(rand.Int())) },
			func() error { return s.MSet(Pair{key(), "a"}, Pair{key(), "b"}) },
			func() error { _, err := s.Del(key(), key()); return err },
			func() error { _, err := s.RenameNX(key(), key()); _ = err; return nil },
			func() error { _, err := s.Append(key(), "x"); return err },
			func() error {
				return s.Exec(func(tx *Tx) error { return tx.Set("k1", strconv.Itoa(rand.Int())) }, "k1", "k2")
			},
		}
		if rapid.Bool().Draw(t, "flush") {
			writes = append(writes, s.FlushAll)
		}
		steps := rapid.IntRange(1, 200).Draw(t, "steps")
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for range steps {
					require.NoError(t, writes[rand.IntN(len(writes))]())
				}
			})
		}
		for _, x := range caches {
			wg.Go(func() {
				for range steps {
					require.NoError(t, x.get(key()))
				}
			})
		}
		wg.Wait()
		for _, x := range caches {
			for _, key := range slices.Sorted(maps.Keys(x.values)) {
				v, _, err := s.Get(key)
				require.NoError(t, err)
				require.Equal(t, v, x.values[key], key)
			}
		}
	})
}

// TestTrackersComeAndGo has many trackers of a key that does not change, while one stays: those that are closed are not kept for ever.
func TestTrackersComeAndGo(t *testing.T) {
	s, _ := newTimed(t, Options{})
	stays, told := newTracker(t, s.Commands(), TrackerOptions{})
	require.NoError(t, s.Track(stays, "k"))
	for range 1000 {
		passes, _ := newTracker(t, s.Commands(), TrackerOptions{})
		require.NoError(t, s.Track(passes, "k"))
		passes.Close()
	}
	stats, err := s.Stats()
	require.NoError(t, err)
	require.Equal(t, 1, stats.TrackedKeys)
	require.Less(t, stats.TrackedItems, 10)
	require.NoError(t, s.Set("k", "v"))
	require.Equal(t, []string{"k"}, told.take())
}

// TestClosedTrackerLetsGo has a tracker closed whose key does not change, while another stays.
func TestClosedTrackerLetsGo(t *testing.T) {
	s, _ := newTimed(t, Options{})
	newTracker(t, s.Commands(), TrackerOptions{})
	passes, owner := newTracker(t, s.Commands(), TrackerOptions{})
	require.NoError(t, s.Track(passes, "k"))
	left := weak.Make(owner) // its last use
	passes.Close()
	runtime.GC()
	require.Nil(t, left.Value(), "the owner is kept by nobody")
	stats, err := s.Stats()
	require.NoError(t, err)
	require.Equal(t, 1, stats.TrackedItems)
}

package nook

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExpire(t *testing.T) {
	s, clock := newTimed(t, Options{})
	c := &s.commands
	require.False(t, must(s.Expire("k", time.Minute)))
	for way, create := range ways {
		must(s.Del("k"))
		create(c, "k")
		was := found(s.Get("k"))
		require.Equal(t, NoTTL, ttlOf(c, "k"), way)
		require.True(t, must(s.Expire("k", time.Minute)))
		require.Equal(t, time.Minute, ttlOf(c, "k"))
		at, ok, err := s.ExpireTime("k")
		require.NoError(t, err)
		require.True(t, ok)
		require.True(t, at.Equal(clock.Now().Add(time.Minute)))

		clock.Advance(20 * time.Second)
		require.Equal(t, 40*time.Second, ttlOf(c, "k"))
		require.True(t, must(s.Expire("k", 2*time.Minute)))
		clock.Advance(time.Minute)
		require.Equal(t, was, found(s.Get("k")), way)
		require.True(t, must(s.Persist("k")))
		require.False(t, must(s.Persist("k")))
		require.Equal(t, NoTTL, ttlOf(c, "k"))
		clock.Advance(time.Hour)
		require.Equal(t, was, found(s.Get("k")), way)

		require.True(t, must(s.ExpireAt("k", clock.Now().Add(time.Second))))
		clock.Advance(time.Second - time.Millisecond)
		require.Equal(t, time.Millisecond, ttlOf(c, "k"))
		require.Equal(t, was, found(s.Get("k")), way)
		clock.Advance(time.Millisecond)
		require.Zero(t, must(s.DBSize()), "it goes at its deadline, and nobody needs to look")
		require.Equal(t, none, found(s.Get("k")))
	}
	require.False(t, must(s.Persist("k")))
}

func TestTTLOfMissing(t *testing.T) {
	s, _ := newTimed(t, Options{})
	d, ok, err := s.TTL("k")
	require.NoError(t, err)
	require.False(t, ok)
	require.Zero(t, d)
	at, ok, err := s.ExpireTime("k")
	require.NoError(t, err)
	require.False(t, ok)
	require.Zero(t, at)
	try(s.Set("k", "v"))
	at, ok, err = s.ExpireTime("k")
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, at.IsZero())
}

func TestExpirePast(t *testing.T) {
	s, clock := newTimed(t, Options{})
	for _, expire := range []func() (bool, error){
		func() (bool, error) { return s.Expire("k", 0) },
		func() (bool, error) { return s.Expire("k", -time.Hour) },
		func() (bool, error) { return s.Expire("k", math.MinInt64) },
		func() (bool, error) { return s.Expire("k", time.Millisecond-1) },
		func() (bool, error) { return s.ExpireAt("k", clock.Now()) },
		func() (bool, error) { return s.ExpireAt("k", time.Unix(0, 0)) },
		func() (bool, error) { return s.ExpireAt("k", time.Unix(-5, 0)) },
		func() (bool, error) { return s.ExpireWith("k", -1, ExpireIfSooner) },
	} {
		try(s.Set("k", "v"))
		require.True(t, must(expire()))
		require.Zero(t, must(s.DBSize()))
	}
	try(s.Set("k", "v"))
	require.False(t, must(s.ExpireWith("k", -1, ExpireIfAny)))
	require.Equal(t, 1, must(s.DBSize()))
}

// TestExpireConditions goes through all combinations of flags, as the real
// server decides them.
func TestExpireConditions(t *testing.T) {
	s, _ := newTimed(t, Options{})
	const short, old, long = time.Second, time.Minute, time.Hour
	for x := ExpireCondition(0); x < 16; x++ {
		none, some, later, sooner := x&ExpireIfNone != 0, x&ExpireIfAny != 0, x&ExpireIfLater != 0, x&ExpireIfSooner != 0
		for _, had := range []time.Duration{NoTTL, old} {
			for _, d := range []time.Duration{short, old, long} {
				try(s.Set("k", "v"))
				if had != NoTTL {
					must(s.Expire("k", had))
				}
				got, err := s.ExpireWith("k", d, x)
				switch {
				case none && (some || later || sooner):
					require.ErrorIs(t, err, ErrExpireNX)
					continue
				case later && sooner:
					require.ErrorIs(t, err, ErrExpireGTLT)
					continue
				}
				require.NoError(t, err)
				want := !(none && had != NoTTL) && !(some && had == NoTTL) &&
					!(later && (had == NoTTL || d <= had)) && !(sooner && had != NoTTL && d >= had)
				require.Equal(t, want, got, "%b: %v after %v", x, d, had)
				if !want {
					d = had
				}
				require.Equal(t, d, ttlOf(&s.commands, "k"))
			}
		}
	}
	fails(t, ErrSyntax)(s.ExpireWith("k", old, 16))
	fails(t, ErrExpireNX)(s.ExpireWith("missing", old, ExpireIfNone|ExpireIfAny))
	require.False(t, must(s.ExpireWith("missing", old, ExpireIfNone)))
}

// TestExpireFar shows deadlines beyond what a Duration and a timer can hold.
func TestExpireFar(t *testing.T) {
	s, clock := newTimed(t, Options{})
	try(s.Set("k", "v"))
	require.True(t, must(s.Expire("k", math.MaxInt64)))
	want := time.Duration(math.MaxInt64).Truncate(time.Millisecond)
	require.Equal(t, want, ttlOf(&s.commands, "k"))
	far := time.UnixMilli(math.MaxInt64)
	require.True(t, must(s.ExpireAt("k", far)))
	require.EqualValues(t, math.MaxInt64, ttlOf(&s.commands, "k"))
	at, _, err := s.ExpireTime("k")
	require.NoError(t, err)
	require.True(t, at.Equal(far))
	clock.Advance(math.MaxInt64)
	require.Equal(t, some("v"), found(s.Get("k")), "the alarm rang too early, and is set again")
	s.ks.check(t)
}

// TestExpireOrder shows that keys expire in the order of their deadlines,
// whichever shard and database they are in, each at its time.
func TestExpireOrder(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 8, Databases: 3})
	start := clock.Now()
	var expired []string
	hear(s, EventExpired, func(e Event) {
		expired = append(expired, fmt.Sprintf("%d %s %v", e.DB, e.Key, clock.Now().Sub(start)))
	})
	var want []string
	for i := range 500 {
		d := time.Duration(i*7919%500+1) * time.Millisecond // each once, shuffled
		db := s.DB(i % 3)
		try(db.Set(fmt.Sprint(d), "v"))
		must(db.Expire(fmt.Sprint(d), d))
	}
	for i := range 500 {
		d := time.Duration(i+1) * time.Millisecond
		for n := range 500 {
			if n*7919%500 == i {
				want = append(want, fmt.Sprintf("%d %v %v", n%3, d, d))
			}
		}
	}
	clock.Advance(time.Second)
	require.Equal(t, want, expired)
	s.ks.check(t)
}

// TestExpireMany makes more keys fall due at once than a shard expires with its
// lock held.
func TestExpireMany(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 1})
	for i := range 5*expireBatch + 1 {
		_, err := s.SetWith(fmt.Sprint(i), "v", SetOptions{Expire: ExpireIn(time.Second)})
		require.NoError(t, err)
	}
	clock.Advance(time.Second)
	require.Zero(t, must(s.DBSize()))
	require.Zero(t, s.ks.shards[0].alarm.at)
}

// TestExpireLate shows what commands make of a key whose time is up though its
// alarm has not rung yet, as may happen with a real clock.
func TestExpireLate(t *testing.T) {
	for way, create := range ways {
		for name, look := range map[string]func(s *Store){
			"Get":       func(s *Store) { require.Equal(t, none, found(s.Get("k"))) },
			"AppendGet": func(s *Store) { _, ok, err := s.AppendGet(nil, "k"); require.NoError(t, err); require.False(t, ok) },
			"MGet":      func(s *Store) { require.Equal(t, []Optional{none}, must(s.MGet("k"))) },
			"Exists":    func(s *Store) { require.Zero(t, must(s.Exists("k"))); require.Zero(t, must(s.Exists("k", "k"))) },
			"Type":      func(s *Store) { require.Equal(t, "none", must(s.Type("k"))) },
			"TTL":       func(s *Store) { require.Zero(t, ttlOf(&s.commands, "k")) },
			"Persist":   func(s *Store) { require.False(t, must(s.Persist("k"))) },
			"Del":       func(s *Store) { require.Zero(t, must(s.Del("k"))) },
			"Keys":      func(s *Store) { require.Empty(t, must(s.Keys("*"))) },
			"Scan":      func(s *Store) { require.Empty(t, scanAll(s, ScanOptions{})) },
			"RandomKey": func(s *Store) { require.Equal(t, none, found(s.RandomKey())) },
			"Rename":    func(s *Store) { require.ErrorIs(t, s.Rename("k", "l"), ErrNoSuchKey) },
			"onto":      func(s *Store) { try(s.Set("l", "v")); require.True(t, must(s.RenameNX("l", "k"))); must(s.Del("k")) },
			"Copy":      func(s *Store) { require.False(t, must(s.Copy("k", "l"))) },
			"Move":      func(s *Store) { require.False(t, must(s.Move("k", 1))) },
			"SetNX": func(s *Store) {
				require.True(t, must(s.SetWith("k", "v", SetOptions{If: IfAbsent()})).Set)
				must(s.Del("k"))
			},
			"Append": func(s *Store) { require.Equal(t, 1, must(s.Append("k", "v"))); must(s.Del("k")) },
			"Tx": func(s *Store) {
				try(s.Exec(func(tx *Tx) error { require.Equal(t, none, found(tx.Get("k"))); return nil }))
			},
		} {
			t.Run(way+"/"+name, func(t *testing.T) {
				clock := &lateClock{*NewManualClock(time.Time{})}
				s := newStore(t, Options{Shards: 1, Clock: clock})
				must(s.DB(1).Append("other", strings.Repeat("x", 600))) // so that a shard is in use
				create(&s.commands, "k")
				must(s.Expire("k", time.Second))
				clock.set(time.Second)
				events := 0
				hear(s, EventExpired, func(e Event) { events++; require.Equal(t, "k", e.Key) })
				look(s)
				s.ks.check(t)
				clock.Advance(0)
				require.Zero(t, must(s.DBSize()))
				require.Equal(t, 1, events)
			})
		}
	}
}

// lateClock is a clock that can move on without running what is due.
type lateClock struct{ ManualClock }

func (c *lateClock) set(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// TestRealTime lets a store run on the real clock of a bubble.
func TestRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &countingClock{}
		s := newStore(t, Options{Shards: 4, Clock: clock})
		start := time.Now()
		expired := make(chan time.Duration, 10)
		hear(s, EventExpired, func(Event) { expired <- time.Since(start) })
		for _, key := range []string{"a", "b", "c"} {
			try(s.Set(key, "v"))
		}
		must(s.Expire("a", 1500*time.Millisecond))
		must(s.Expire("b", time.Hour))
		must(s.Expire("c", time.Hour))
		require.Equal(t, 1500*time.Millisecond, ttlOf(&s.commands, "a"))
		require.Equal(t, 1500*time.Millisecond, <-expired)
		require.Equal(t, 2, must(s.DBSize()))
		must(s.Expire("c", 2*time.Hour))
		require.Equal(t, time.Hour, <-expired)
		require.Equal(t, 2*time.Hour+1500*time.Millisecond, <-expired)
		<-time.After(2 * time.Second)
		synctest.Wait()
		require.Zero(t, clock.pending(), "an idle store has no timers")
		try(s.Set("k", "v"))
		require.Equal(t, 1, clock.pending())
		<-time.After(2 * time.Second)
		require.Zero(t, clock.pending())
		must(s.Expire("k", time.Minute))
		require.NoError(t, s.Close())
		require.Zero(t, clock.pending(), "a closed store has none either")
	})
}

// TestNilClock shows that the default clock is that of a bubble too.
func TestNilClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		require.Equal(t, time.Now(), s.Now())
		_, err := s.SetWith("k", "v", SetOptions{Expire: ExpireIn(10 * time.Second)})
		require.NoError(t, err)
		<-time.After(10*time.Second - 1)
		require.Equal(t, 1, must(s.DBSize()))
		<-time.After(1)
		synctest.Wait()
		require.Zero(t, must(s.DBSize()))
	})
}

package nook_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
)

const (
	missing = nook.FieldMissing
	untimed = nook.FieldUntimed
	kept    = nook.FieldKept
	changed = nook.FieldChanged
	deleted = nook.FieldDeleted
)

// timedHashes calls f with stores whose hashes are small, and big, and their
// clocks.
func timedHashes(t *testing.T, f func(t *testing.T, s *nook.Store, clock *nook.ManualClock)) {
	for name, entries := range map[string]int{"small": 0, "big": -1} {
		t.Run(name, func(t *testing.T) {
			clock := nook.NewManualClock(time.Time{})
			f(t, nook.NewChecked(t, nook.Options{
				Clock: clock, Encodings: nook.Encodings{HashMaxListpackEntries: entries},
			}), clock)
		})
	}
}

func TestFieldsExpireWhenDue(t *testing.T) {
	timedHashes(t, func(t *testing.T, s *nook.Store, clock *nook.ManualClock) {
		hset(t, s.Select(0), "h", "a", "1", "b", "2", "c", "3")
		results, err := s.HExpire("h", time.Second, "a", "missing")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldResult{changed, missing}, results)
		results, err = s.HExpireAt("h", s.Now().Add(2*time.Second), "b")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldResult{changed}, results)
		ttls, err := s.HTTL("h", "a", "b", "c", "missing")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldTTL{{time.Second, true}, {2 * time.Second, true}, {nook.NoTTL, true}, {}}, ttls)
		times, err := s.HExpireTime("h", "a", "c", "missing")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldTime{{time.UnixMilli(clock.Now().UnixMilli() + 1000), true}, {time.Time{}, true}, {}}, times)

		clock.Advance(time.Second - time.Millisecond)
		requireHash(t, s, "h", map[string]string{"a": "1", "b": "2", "c": "3"})
		clock.Advance(time.Millisecond)
		requireHash(t, s, "h", map[string]string{"b": "2", "c": "3"})
		nook.Check(t, s)
		clock.Advance(time.Second)
		requireHash(t, s, "h", map[string]string{"c": "3"})

		results, err = s.HExpire("h", time.Minute, "c")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldResult{changed}, results)
		results, err = s.HPersist("h", "c", "missing")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldResult{changed, missing}, results)
		results, err = s.HPersist("h", "c")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldResult{untimed}, results)
		clock.Advance(time.Hour)
		requireHash(t, s, "h", map[string]string{"c": "3"})
		_, err = s.HExpire("h", time.Minute, "c")
		require.NoError(t, err)
		clock.Advance(time.Minute)
		n, err := s.DBSize()
		require.NoError(t, err)
		require.Zero(t, n, "a hash goes with its last field")
	})
}

func TestFieldExpiryLimits(t *testing.T) {
	timedHashes(t, func(t *testing.T, s *nook.Store, clock *nook.ManualClock) {
		hset(t, s.Select(0), "h", "a", "1", "b", "2", "c", "3")
		last := time.UnixMilli(nook.MaxFieldDeadline)
		results, err := s.HExpireAt("h", last, "a")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldResult{changed}, results)
		ttls, err := s.HTTL("h", "a")
		require.NoError(t, err)
		require.EqualValues(t, 1<<63-1, ttls[0].TTL, "the longest Duration")
		_, err = s.HExpireAt("h", last.Add(time.Millisecond), "a")
		require.ErrorIs(t, err, nook.ErrInvalidExpire)
		_, err = s.HGetEx("h", nook.ExpireAt(last.Add(time.Millisecond)), "a")
		require.ErrorIs(t, err, nook.ErrInvalidExpire)
		_, err = s.HSetWith("h", nook.HSetOptions{Expire: nook.ExpireAt(last.Add(time.Millisecond))}, nook.Field{"a", "2"})
		require.ErrorIs(t, err, nook.ErrInvalidExpire)
		_, err = s.HSetWith("h", nook.HSetOptions{If: nook.IfEqual("x")}, nook.Field{"a", "2"})
		require.Equal(t, nook.ErrSyntax, err)
		_, err = s.HExpireWith("h", time.Second, nook.ExpireIfAny|nook.ExpireIfNone, "a")
		require.Equal(t, nook.ErrExpireNX, err)
		results, err = s.HExpireWith("h", time.Second, nook.ExpireIfNone, "a", "b", "b")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldResult{kept, changed, kept}, results)
		results, err = s.HExpire("h", -time.Hour, "a", "a")
		require.NoError(t, err)
		require.Equal(t, []nook.FieldResult{deleted, missing}, results)
		set, err := s.HSetWith("h", nook.HSetOptions{}, []nook.Field{}...)
		require.NoError(t, err)
		require.True(t, set)
		clock.Advance(time.Second)
		requireHash(t, s, "h", map[string]string{"c": "3"})
	})
}

// TestManyFieldsExpire has more fields due at once than a shard expires in one go.
func TestManyFieldsExpire(t *testing.T) {
	timedHashes(t, func(t *testing.T, s *nook.Store, clock *nook.ManualClock) {
		want := map[string]string{}
		for i := range 500 {
			field := fmt.Sprint("f", i)
			hset(t, s.Select(0), "h", field, "v")
			if i%10 == 0 {
				want[field] = "v"
				continue
			}
			_, err := s.HExpire("h", time.Minute+time.Duration(i%3)*time.Millisecond, field)
			require.NoError(t, err)
		}
		clock.Advance(time.Minute + 2*time.Millisecond)
		requireHash(t, s, "h", want)
	})
}

// stuckClock is a clock whose timers never go off.
type stuckClock struct{ now atomic.Int64 } // Unix milliseconds

type stuckTimer struct{}

func (stuckTimer) Stop() bool               { return true }
func (stuckTimer) Reset(time.Duration) bool { return true }

func (c *stuckClock) Now() time.Time                             { return time.UnixMilli(c.now.Load()) }
func (c *stuckClock) AfterFunc(time.Duration, func()) nook.Timer { return stuckTimer{} }

// TestLateAlarm shows that nobody sees a field whose time is up, though no alarm has
// rung.
func TestLateAlarm(t *testing.T) {
	for _, entries := range []int{0, -1} {
		clock := new(stuckClock)
		clock.now.Store(1000)
		s := nook.NewChecked(t, nook.Options{Clock: clock, Shards: 1, Encodings: nook.Encodings{HashMaxListpackEntries: entries}})
		c := s.Select(0)
		build := func() {
			require.NoError(t, s.FlushAll())
			hset(t, c, "h", "a", "1", "b", "2")
			hset(t, c, "gone", "a", "1", "b", "2")
			for _, key := range []string{"h", "gone"} {
				_, err := s.HExpire(key, time.Millisecond, "a")
				require.NoError(t, err)
			}
			_, err := s.HExpire("gone", 2*time.Millisecond, "b")
			require.NoError(t, err)
			nook.Check(t, s)
			clock.now.Add(2)
		}
		build()
		requireHash(t, s, "h", map[string]string{"b": "2"})
		requireHash(t, s, "gone", map[string]string{})
		build()
		keys, err := s.Keys("*")
		require.NoError(t, err)
		require.Equal(t, []string{"h"}, keys)
		require.Equal(t, []string{"h"}, slices.Collect(s.Scan(nook.ScanOptions{})))
		key, _, err := s.RandomKey()
		require.NoError(t, err)
		require.Equal(t, "h", key)
		build()
		kind, err := s.Type("gone")
		require.NoError(t, err)
		require.Equal(t, "none", kind)
		build()
		n, err := s.HIncrBy("gone", "a", 5)
		require.NoError(t, err)
		require.EqualValues(t, 5, n, "a new hash")
		ttls, err := s.HTTL("gone", "a")
		require.NoError(t, err)
		require.Equal(t, nook.NoTTL, ttls[0].TTL)
		build()
		require.NoError(t, s.Rename("h", "i"))
		require.Equal(t, nook.ErrNoSuchKey, s.Rename("gone", "i"))
		requireHash(t, s, "i", map[string]string{"b": "2"})
		build()
		some, err := s.Exists("h", "gone")
		require.NoError(t, err)
		require.Equal(t, 1, some)
		nook.Check(t, s)
	}
}

// waveringClock is a clock that is set back and forth. Its timers go off by hand.
type waveringClock struct {
	now, reads atomic.Int64
	calls      []func()
}

func (c *waveringClock) Now() time.Time { return time.UnixMilli(c.now.Load() - c.reads.Add(1)%2*10) }

func (c *waveringClock) AfterFunc(_ time.Duration, f func()) nook.Timer {
	c.calls = append(c.calls, f)
	return stuckTimer{}
}

// TestClockSetBack shows that an alarm ends though the clock is set back meanwhile.
func TestClockSetBack(t *testing.T) {
	clock := new(waveringClock)
	clock.now.Store(1000)
	s := nook.NewChecked(t, nook.Options{Clock: clock, Shards: 1})
	hset(t, s.Select(0), "h", "a", "1", "b", "2")
	for range 2 { // at whichever reading
		_, err := s.HExpireAt("h", time.UnixMilli(2000), "a")
		require.NoError(t, err)
	}
	clock.now.Store(2000)
	for range 2 {
		for _, f := range clock.calls {
			f()
		}
	}
	nook.Check(t, s)
	n, err := s.HLen("h")
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// TestFieldDeadlinesAreNotTheKeys shows that fields with a deadline do not make a
// key volatile.
func TestFieldDeadlinesAreNotTheKeys(t *testing.T) {
	timedHashes(t, func(t *testing.T, s *nook.Store, _ *nook.ManualClock) {
		hset(t, s.Select(0), "h", "a", "1")
		_, err := s.HExpire("h", time.Minute, "a")
		require.NoError(t, err)
		ttl, ok, err := s.TTL("h")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, nook.NoTTL, ttl)
		stats, err := s.Stats()
		require.NoError(t, err)
		require.Equal(t, 1, stats.Databases[0].Keys)
		require.Zero(t, stats.Databases[0].Expires)
		require.Zero(t, stats.Databases[0].TTL)
	})
	for p := nook.VolatileLRU; p <= nook.VolatileTTL; p++ {
		s := nook.NewChecked(t, nook.Options{MaxMemory: 200_000, MaxMemoryPolicy: p, Shards: 2})
		var err error
		for i := 0; i < 10_000 && err == nil; i++ {
			key := fmt.Sprint("h", i)
			if _, err = s.HSet(key, nook.Field{"a", strings.Repeat("v", 100)}); err == nil {
				_, err = s.HExpire(key, time.Hour, "a")
			}
		}
		require.Equal(t, nook.ErrOutOfMemory, err, "%v evicts no hash for the sake of its fields", p)
		stats, err := s.Stats()
		require.NoError(t, err)
		require.Zero(t, stats.Evicted)
	}
}

// TestFieldEvictionAndKeys evicts hashes of which fields have deadlines.
func TestEvictTimedHashes(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{MaxMemory: 200_000, MaxMemoryPolicy: nook.AllKeysRandom, Shards: 2, Clock: clock})
	for i := range 2000 {
		key := fmt.Sprint("h", i)
		hset(t, s.Select(0), key, "a", strings.Repeat("v", 100), "b", "1")
		_, err := s.HExpire(key, time.Duration(i)*time.Second, "a")
		require.NoError(t, err)
		_, err = s.Expire(key, time.Duration(3000-i)*time.Second)
		require.NoError(t, err)
	}
	nook.Check(t, s)
	stats, err := s.Stats()
	require.NoError(t, err)
	require.NotZero(t, stats.Evicted)
	clock.Advance(time.Hour)
	n, err := s.DBSize()
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestFieldEventsWhenDue(t *testing.T) {
	timedHashes(t, func(t *testing.T, s *nook.Store, clock *nook.ManualClock) {
		hset(t, s.Select(0), "h", "a", "1", "b", "2", "c", "3")
		_, err := s.HExpire("h", time.Second, "a", "b")
		require.NoError(t, err)
		_, err = s.HExpire("h", time.Minute, "c")
		require.NoError(t, err)
		var events []string
		nook.Listen(s, ^nook.EventClass(0), func(e nook.Event) {
			events = append(events, eventLetters[e.Class]+" "+e.Name+" "+e.Key)
		})
		clock.Advance(time.Second)
		require.Equal(t, []string{"h hexpired h"}, events)
		clock.Advance(time.Minute)
		require.Equal(t, []string{"h hexpired h", "h hexpired h", "g del h"}, events)
	})
}

// fieldEventRows are commands that a 7.0 server does not know; see eventRows. The events are those
// of Redis 8.
var fieldEventRows = []struct{ before, command, events string }{
	{"hset h a 1", "hexpire h 10 fields 1 a", "h hexpire h"},
	{"hset h a 1", "hpexpireat h 99999999999999 fields 1 x", ""},
	{"hset h a 1 b 2", "hexpire h 0 fields 1 a", "h hdel h"},
	{"hset h a 1", "hexpire h 0 fields 1 a", "h hdel h, g del h"},
	{"hset h a 1", "hexpire h 10 xx fields 1 a", ""},
	{"hset h a 1; hexpire h 10 fields 1 a", "hpersist h fields 1 a", "h hpersist h"},
	{"hset h a 1", "hpersist h fields 1 a", ""},
	{"", "hexpire h 10 fields 1 a", ""},
	{"", "hpersist h fields 1 a", ""},
	{"", "httl h fields 1 a", "m keymiss h"},
	{"", "hexpiretime h fields 1 a", "m keymiss h"},
	{"hset h a 1", "httl h fields 1 a", ""},
	{"hset h a 1", "hgetex h fields 1 a", ""},
	{"hset h a 1", "hgetex h ex 10 fields 2 a x", "h hexpire h"},
	{"hset h a 1; hexpire h 10 fields 1 a", "hgetex h persist fields 1 a", "h hpersist h"},
	{"hset h a 1", "hgetex h persist fields 1 a", ""},
	{"hset h a 1", "hgetex h pxat 1 fields 1 a", "h hdel h, g del h"},
	{"", "hgetex h ex 10 fields 1 a", ""},
	{"", "hsetex h fields 1 a 1", "n new h, h hset h"},
	{"", "hsetex h ex 10 fields 1 a 1", "n new h, h hset h, h hexpire h"},
	{"", "hsetex h ex 0 fields 1 a 1", "n new h, h hset h, h hdel h, g del h"},
	{"hset h a 1", "hsetex h fnx fields 1 a 1", ""},
	{"hset h a 1", "hsetex h keepttl fields 1 a 1", "h hset h"},
	{"hset h a 1 b 2", "hgetdel h fields 2 a x", "h hdel h"},
	{"hset h a 1", "hgetdel h fields 1 a", "h hdel h, g del h"},
	{"hset h a 1", "hgetdel h fields 1 x", ""},
	{"", "hgetdel h fields 1 x", ""},
	{"hset h a 1; hexpire h 10 fields 1 a", "hset h a 2", "h hset h"},
	{"hset h a 1; hexpire h 10 fields 1 a", "hdel h a", "h hdel h, g del h"},
}

func TestFieldEvents(t *testing.T) {
	for _, row := range fieldEventRows {
		s := nook.NewChecked(t, nook.Options{Clock: nook.NewManualClock(time.Time{})})
		for _, line := range strings.Split(row.before, "; ") {
			if line != "" {
				do(t, s.Select(0), strings.Fields(line)...)
			}
		}
		var events []string
		nook.Listen(s, ^nook.EventClass(0), func(e nook.Event) {
			events = append(events, eventLetters[e.Class]+" "+e.Name+" "+e.Key)
		})
		do(t, s.Select(0), strings.Fields(row.command)...)
		require.Equal(t, row.events, strings.Join(events, ", "), row.command)
	}
}

// fieldEffectRows are commands, run one after the other, and what they bring into
// the journal; see effectRows.
var fieldEffectRows = []struct{ command, effects string }{
	{"hset h a 1 b 2", "HSET h a 1 b 2"},
	{"hexpire h 10 fields 2 a x", "HPEXPIREAT h 1577836810000 FIELDS 1 a"},
	{"hexpire h 20 nx fields 2 a b", "HPEXPIREAT h 1577836820000 FIELDS 1 b"},
	{"hexpire h 20 nx fields 1 a", ""},
	{"hincrby h a 5", "HINCRBY h a 5"},
	{"hincrbyfloat h a 0.5", "HSETEX h KEEPTTL FIELDS 1 a 6.5"},
	{"hpersist h fields 2 a x", "HPERSIST h FIELDS 1 a"},
	{"hpersist h fields 2 a x", ""},
	{"hincrbyfloat h a 0.5", "HSET h a 7"},
	{"hsetex h fnx fields 1 a 1", ""},
	{"hsetex h fields 1 a 1", "HSET h a 1"},
	{"hsetex h ex 5 fields 2 a 1 c 2", "HSETEX h PXAT 1577836805000 FIELDS 2 a 1 c 2"},
	{"hsetex h keepttl fields 1 a 3", "HSETEX h KEEPTTL FIELDS 1 a 3"},
	{"hsetex h pxat 1 fields 1 a 3", "HDEL h a"},
	{"hgetex h fields 1 c", ""},
	{"hgetex h px 7 fields 2 c x", "HPEXPIREAT h 1577836800007 FIELDS 1 c"},
	{"hgetex h persist fields 1 c", "HPERSIST h FIELDS 1 c"},
	{"hgetex h persist fields 1 c", ""},
	{"hgetex h ex 0 fields 1 c", "HDEL h c"},
	{"hexpire h 0 fields 2 b x", "HDEL h b"},
	{"exists h", ""},
	{"hset h a 1 b 2", "HSET h a 1 b 2"},
	{"hsetnx h a 1", ""},
	{"hsetnx h c 1", "HSET h c 1"},
	{"hmset h c 1 d 1", "HSET h c 1 d 1"},
	{"hgetdel h fields 2 c x", "HDEL h c"},
	{"hdel h x", ""},
	{"hdel h d x", "HDEL h d x"},
	{"hdel h a b", "HDEL h a b"},
	{"hdel h a b", ""},
}

func TestFieldEffects(t *testing.T) {
	j := new(entries)
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{Clock: clock, Journal: j})
	for _, row := range fieldEffectRows {
		do(t, s.Select(0), strings.Fields(row.command)...)
		require.Equal(t, row.effects, strings.Join(j.take(), " | "), row.command)
	}
	hset(t, s.Select(0), "h", "a", "1", "b", "2")
	_, err := s.HExpire("h", time.Second, "a", "b")
	require.NoError(t, err)
	j.take()
	clock.Advance(time.Second)
	require.Equal(t, []string{"HDEL h a b"}, j.take())
}

// hashWorld is what hashes are taken to be: by database and key, fields with
// values and deadlines.
type hashWorld [2]map[string]map[string]hashCell

type hashCell struct {
	value    string
	deadline int64
}

func (w hashWorld) pass(now int64) {
	for _, db := range w {
		for key, h := range db {
			maps.DeleteFunc(h, func(_ string, c hashCell) bool { return c.deadline != 0 && c.deadline <= now })
			if len(h) == 0 {
				delete(db, key)
			}
		}
	}
}

// drop removes a field, and the hash if it was the last one.
func (w hashWorld) drop(db int, key, field string) {
	delete(w[db][key], field)
	if len(w[db][key]) == 0 {
		delete(w[db], key)
	}
}

func (w hashWorld) set(db int, key, field, value string, deadline int64) {
	if w[db][key] == nil {
		w[db][key] = map[string]hashCell{}
	}
	w[db][key][field] = hashCell{value, deadline}
}

// TestFieldExpiryModel compares hashes whose fields come, go, expire and move
// with a naive model, and so a second store that follows the journal.
func TestFieldExpiryModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := nook.NewManualClock(time.Time{})
		j := new(entries)
		o := nook.Options{
			Clock: clock, Shards: 2, Databases: 2, Journal: j,
			Encodings: nook.Encodings{HashMaxListpackEntries: rapid.SampledFrom([]int{-1, 2, 512}).Draw(t, "entries")},
		}
		s, err := nook.New(&o)
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		twin, err := nook.New(&nook.Options{Clock: clock, Databases: 2})
		require.NoError(t, err)
		defer func() { require.NoError(t, twin.Close()) }()
		w := hashWorld{{}, {}}
		key := rapid.SampledFrom([]string{"h", "i", "j"})
		field := rapid.SampledFrom([]string{"a", "b", "c", "1"})
		span := rapid.Int64Range(-1, 10)
		dbs := rapid.IntRange(0, 1)
		now := func() int64 { return clock.Now().UnixMilli() }
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				db, k, f := dbs.Draw(t, "db"), key.Draw(t, "key"), field.Draw(t, "field")
				hset(t, s.Select(db), k, f, "v")
				w.set(db, k, f, "v", 0)
			},
			"setex": func(t *rapid.T) {
				db, k, f, d := dbs.Draw(t, "db"), key.Draw(t, "key"), field.Draw(t, "field"), span.Draw(t, "span")
				_, err := s.Select(db).HSetWith(k, nook.HSetOptions{Expire: nook.ExpireIn(time.Duration(d) * time.Millisecond)}, nook.Field{f, "x"})
				require.NoError(t, err)
				w.set(db, k, f, "x", now()+d)
				w.pass(now())
			},
			"keep": func(t *rapid.T) {
				db, k, f := dbs.Draw(t, "db"), key.Draw(t, "key"), field.Draw(t, "field")
				_, err := s.Select(db).HSetWith(k, nook.HSetOptions{Expire: nook.KeepTTL()}, nook.Field{f, "y"})
				require.NoError(t, err)
				w.set(db, k, f, "y", w[db][k][f].deadline)
			},
			"del": func(t *rapid.T) {
				db, k, f := dbs.Draw(t, "db"), key.Draw(t, "key"), field.Draw(t, "field")
				_, err := s.Select(db).HDel(k, f)
				require.NoError(t, err)
				w.drop(db, k, f)
			},
			"expire": func(t *rapid.T) {
				db, k, f, d := dbs.Draw(t, "db"), key.Draw(t, "key"), field.Draw(t, "field"), span.Draw(t, "span")
				_, err := s.Select(db).HExpire(k, time.Duration(d)*time.Millisecond, f)
				require.NoError(t, err)
				if c, ok := w[db][k][f]; ok {
					w.set(db, k, f, c.value, now()+d)
					w.pass(now())
				}
			},
			"persist": func(t *rapid.T) {
				db, k, f := dbs.Draw(t, "db"), key.Draw(t, "key"), field.Draw(t, "field")
				_, err := s.Select(db).HPersist(k, f)
				require.NoError(t, err)
				if c, ok := w[db][k][f]; ok {
					w.set(db, k, f, c.value, 0)
				}
			},
			"copy": func(t *rapid.T) {
				from, to, k, l := dbs.Draw(t, "from"), dbs.Draw(t, "to"), key.Draw(t, "key"), key.Draw(t, "other")
				ok, _ := s.Select(from).CopyWith(k, l, nook.CopyOptions{DB: nook.ToDB(to), Replace: true})
				if ok {
					w[to][l] = maps.Clone(w[from][k])
				}
			},
			"rename": func(t *rapid.T) {
				db, k, l := dbs.Draw(t, "db"), key.Draw(t, "key"), key.Draw(t, "other")
				if s.Select(db).Rename(k, l) == nil && k != l {
					w[db][l] = w[db][k]
					delete(w[db], k)
				}
			},
			"move": func(t *rapid.T) {
				db, k := dbs.Draw(t, "db"), key.Draw(t, "key")
				if ok, _ := s.Select(db).Move(k, 1-db); ok {
					w[1-db][k] = w[db][k]
					delete(w[db], k)
				}
			},
			"replace": func(t *rapid.T) {
				db, k := dbs.Draw(t, "db"), key.Draw(t, "key")
				require.NoError(t, s.Select(db).Set(k, "v"))
				nook.Check(t, s)
				_, err := s.Select(db).Del(k)
				require.NoError(t, err)
				delete(w[db], k)
			},
			"swap": func(t *rapid.T) {
				require.NoError(t, s.SwapDB(0, 1))
				w[0], w[1] = w[1], w[0]
			},
			"flush": func(t *rapid.T) {
				db := dbs.Draw(t, "db")
				require.NoError(t, s.Select(db).FlushDB())
				clear(w[db])
			},
			"pass": func(t *rapid.T) {
				clock.Advance(time.Duration(rapid.Int64Range(0, 5).Draw(t, "time")) * time.Millisecond)
				w.pass(now())
			},
			"": func(t *rapid.T) {
				nook.Check(t, s)
				require.Equal(t, w, worldOf(t, s))
				j.run(t, twin)
				require.Equal(t, w, worldOf(t, twin), "what the journal makes")
			},
		})
	})
}

// worldOf reads all hashes of a store.
func worldOf(t require.TestingT, s *nook.Store) hashWorld {
	w := hashWorld{{}, {}}
	for db := range w {
		c := s.Select(db)
		keys, err := c.Keys("*")
		require.NoError(t, err)
		for _, key := range keys {
			all, err := c.HGetAll(key)
			require.NoError(t, err)
			for _, f := range all {
				times, err := c.HExpireTime(key, f.Name)
				require.NoError(t, err)
				deadline := int64(0)
				if at := cmp.Or(times...).Time; !at.IsZero() {
					deadline = at.UnixMilli()
				}
				w.set(db, key, f.Name, f.Value, deadline)
			}
		}
	}
	return w
}

package nook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

func TestObjectOfMissing(t *testing.T) {
	for _, p := range []MaxMemoryPolicy{NoEviction, AllKeysLFU} {
		s := newStore(t, Options{MaxMemoryPolicy: p})
		require.Equal(t, none, found(s.ObjectEncoding("k")))
		_, ok, err := s.ObjectRefCount("k")
		require.NoError(t, err)
		require.False(t, ok)
		_, ok, err = s.ObjectIdleTime("k")
		require.NoError(t, err)
		require.False(t, ok)
		_, ok, err = s.ObjectFreq("k")
		require.NoError(t, err)
		require.False(t, ok)
	}
}

func refCount(s *Store, key string) int {
	n, _, err := s.ObjectRefCount(key)
	try(err)
	return n
}

// TestObjectRefCount compares with what the real server answers: the integers
// below 10,000 are shared, unless each key needs its own access clock.
func TestObjectRefCount(t *testing.T) {
	const shared = 1<<31 - 1
	for _, c := range []struct {
		limit  int64
		policy MaxMemoryPolicy
		want   int
	}{
		{0, NoEviction, shared},
		{0, AllKeysLRU, shared},
		{1 << 30, NoEviction, shared},
		{1 << 30, AllKeysRandom, shared},
		{1 << 30, VolatileTTL, shared},
		{1 << 30, AllKeysLRU, 1},
		{1 << 30, VolatileLRU, 1},
		{1 << 30, AllKeysLFU, 1},
		{1 << 30, VolatileLFU, 1},
	} {
		s := newStore(t, Options{Shards: 1, MaxMemory: c.limit, MaxMemoryPolicy: c.policy})
		for _, v := range []string{"0", "9999"} {
			try(s.Set("k", v))
			require.Equal(t, c.want, refCount(s, "k"), "%v", c)
		}
		must(s.IncrBy("n", 5))
		require.Equal(t, c.want, refCount(s, "n"))
		for _, v := range []string{"10000", "-1", "01", "x", ""} {
			try(s.Set("k", v))
			require.Equal(t, 1, refCount(s, "k"))
		}
		must(s.IncrByFloat("f", 5))
		require.Equal(t, 1, refCount(s, "f"))
	}
}

func idleTime(s *Store, key string) time.Duration {
	d, _, err := s.ObjectIdleTime(key)
	try(err)
	return d
}

// TestObjectIdleTime shows for each command whether it counts as a use. It
// agrees with the real server, which TestObjectFreq asks.
func TestObjectIdleTime(t *testing.T) {
	s, clock := newTimed(t, Options{})
	fails(t, ErrNoLFU)(func() (int, bool, error) { try(s.Set("k", "v")); return s.ObjectFreq("k") }())
	for i, call := range []func(){
		func() { found(s.Get("k")) },
		func() { must(s.GetRange("k", 0, 0)) },
		func() { must(s.Touch("k")) },
		func() { must(s.MGet("k")) },
		func() { try(s.Set("k", "v")) },
		func() { must(s.Expire("k", time.Hour)) },
		func() { must(s.Append("k", "v")) },
	} {
		clock.Advance(7 * time.Second)
		require.Equal(t, 7*time.Second, idleTime(s, "k"), i)
		call()
		require.Zero(t, idleTime(s, "k"), i)
	}
	clock.Advance(time.Minute)
	for i, call := range []func(){
		func() { must(s.Exists("k")) },
		func() { must(s.Exists("k", "k")) },
		func() { must(s.Type("k")) },
		func() { ttlOf(&s.commands, "k") },
		func() { encodingOf(&s.commands, "k") },
		func() { refCount(s, "k") },
		func() { idleTime(s, "k") },
		func() { must(s.Keys("*")) },
		func() { found(s.RandomKey()) },
		func() { scanAll(s, ScanOptions{}) },
	} {
		call()
		require.Equal(t, time.Minute, idleTime(s, "k"), i)
	}
	require.True(t, must(s.Copy("k", "copy")))
	require.Zero(t, idleTime(s, "copy"))
	require.Zero(t, idleTime(s, "k"))
}

// TestObjectIdleSeconds shows that times are those of whole seconds of the
// clock, wherever in a second something happens.
func TestObjectIdleSeconds(t *testing.T) {
	s, clock := newTimed(t, Options{})
	try(s.MSet(Pair{"k", "v"}, Pair{"other", "v"}))
	used := clock.Now().Unix()
	for i := range 200 {
		clock.Advance(time.Duration(i%13) * 170 * time.Millisecond)
		found(s.Get("other"))
		require.Equal(t, time.Duration(clock.Now().Unix()-used)*time.Second, idleTime(s, "k"), i)
		if i%5 == 0 {
			found(s.Get("k"))
			used = clock.Now().Unix()
		}
	}
}

// TestIdleNotesBound shows that a second notes only so many uses.
func TestIdleNotesBound(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 1})
	const keys = notesPerSecond + 10
	for i := range keys {
		try(s.Set(fmt.Sprint(i), "v"))
	}
	clock.Advance(time.Minute)
	late := 0
	for i := range keys {
		found(s.Get(fmt.Sprint(i)))
	}
	for i := range keys {
		if idleTime(s, fmt.Sprint(i)) != 0 {
			late++
		}
	}
	require.Equal(t, 10, late)
}

func freq(c *Commands, key string) int {
	n, ok, err := c.ObjectFreq(key)
	try(err)
	if !ok {
		return -1
	}
	return n
}

// lfuSteps are commands on key k, and by how much the real server's OBJECT FREQ
// of k grows if every use counts.
var lfuSteps = []struct {
	wire string
	call func(s *Store)
	want int
}{
	{"GET k", func(s *Store) { found(s.Get("k")) }, 1},
	{"GETRANGE k 0 0", func(s *Store) { must(s.GetRange("k", 0, 0)) }, 1},
	{"STRLEN k", func(s *Store) { must(s.StrLen("k")) }, 1},
	{"MGET k k", func(s *Store) { must(s.MGet("k", "k")) }, 2},
	{"LCS k missing", func(s *Store) { must(s.LCS("k", "missing")) }, 1},
	{"GETBIT k 1", func(s *Store) { must(s.GetBit("k", 1)) }, 1},
	{"BITCOUNT k", func(s *Store) { must(s.BitCount("k")) }, 1},
	{"EXISTS k k", func(s *Store) { must(s.Exists("k", "k")) }, 0},
	{"EXISTS k", func(s *Store) { must(s.Exists("k")) }, 0},
	{"TYPE k", func(s *Store) { must(s.Type("k")) }, 0},
	{"TTL k", func(s *Store) { ttlOf(&s.commands, "k") }, 0},
	{"EXPIRETIME k", func(s *Store) { _, _, _ = s.ExpireTime("k") }, 0},
	{"OBJECT ENCODING k", func(s *Store) { encodingOf(&s.commands, "k") }, 0},
	{"TOUCH k k", func(s *Store) { must(s.Touch("k", "k")) }, 2},
	{"EXPIRE k 1000", func(s *Store) { must(s.Expire("k", 1000*time.Second)) }, 1},
	{"EXPIRE k 1 NX", func(s *Store) { must(s.ExpireWith("k", time.Second, ExpireIfNone)) }, 1},
	{"PERSIST k", func(s *Store) { must(s.Persist("k")) }, 1},
	{"GETEX k", func(s *Store) { found(s.GetEx("k", Expiry{})) }, 1},
	{"GETEX k PX 100000", func(s *Store) { found(s.GetEx("k", ExpireIn(100*time.Second))) }, 1},
	{"SET k 6", func(s *Store) { try(s.Set("k", "6")) }, 1},
	{"SET k 6 NX", func(s *Store) { must(s.SetWith("k", "6", SetOptions{If: IfAbsent()})) }, 1},
	{"SET k 6 XX GET", func(s *Store) { must(s.SetWith("k", "6", SetOptions{If: IfPresent(), Get: true})) }, 2},
	{"GETSET k 1", func(s *Store) { must(s.SetWith("k", "1", SetOptions{Get: true})) }, 2},
	{"MSET k 1", func(s *Store) { try(s.MSet(Pair{"k", "1"})) }, 1},
	{"MSETNX k 1 l 2", func(s *Store) { must(s.MSetNX(Pair{"k", "1"}, Pair{"l", "2"})) }, 1},
	{"INCR k", func(s *Store) { must(s.Incr("k")) }, 1},
	{"INCRBYFLOAT k 1", func(s *Store) { must(s.IncrByFloat("k", 1)) }, 1},
	{"APPEND k 0", func(s *Store) { must(s.Append("k", "0")) }, 1},
	{"APPEND k 1", func(s *Store) { must(s.Append("k", "1")) }, 1},
	{"SETRANGE k 0 5", func(s *Store) { must(s.SetRange("k", 0, "5")) }, 1},
	{"SETBIT k 1 1", func(s *Store) { must(s.SetBit("k", 1, 1)) }, 1},
	{"COPY k copy", func(s *Store) { must(s.Copy("k", "copy")) }, 1},
	{"RENAME k k", func(s *Store) { try(s.Rename("k", "k")) }, 1},
}

// TestObjectFreq runs the steps where every use counts.
func TestObjectFreq(t *testing.T) {
	s, _ := newTimed(t, Options{MaxMemoryPolicy: AllKeysLFU, LFULogFactor: -1, LFUDecayTime: -1})
	fails(t, ErrNoLRU)(func() (time.Duration, bool, error) { try(s.Set("k", "10")); return s.ObjectIdleTime("k") }())
	require.Equal(t, lfuInitial, freq(&s.commands, "k"))
	want := lfuInitial
	for _, step := range lfuSteps {
		step.call(s)
		want += step.want
		require.Equal(t, want, freq(&s.commands, "k"), step.wire)
	}
	require.Equal(t, lfuInitial, freq(&s.commands, "copy"))
	try(s.Rename("k", "l"))
	require.Equal(t, want+1, freq(&s.commands, "l"))
	try(s.Set("m", "v"))
	try(s.Rename("l", "m"))
	require.Equal(t, want+2, freq(&s.commands, "m"))
	require.True(t, must(s.Move("m", 1)))
	require.Equal(t, want+3, freq(&s.DB(1).commands, "m"))
	for range 300 {
		must(s.DB(1).Touch("m"))
	}
	require.Equal(t, 255, freq(&s.DB(1).commands, "m"))
}

// TestObjectFreqServer runs the same steps on the real server.
func TestObjectFreqServer(t *testing.T) {
	conn := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lfu",
		"--lfu-log-factor", "0", "--lfu-decay-time", "0").Dial(t)
	do := func(wire string) int64 {
		r := conn.Do(strings.Fields(wire)...)
		require.NotEqual(t, byte('-'), r.Kind, "%s: %s", wire, r.Str)
		return r.Int
	}
	do("SET k 10")
	want := do("OBJECT FREQ k")
	require.EqualValues(t, lfuInitial, want)
	for _, step := range lfuSteps {
		do(step.wire)
		want += int64(step.want)
		require.Equal(t, want, do("OBJECT FREQ k"), step.wire)
	}
	require.EqualValues(t, lfuInitial, do("OBJECT FREQ copy"))
	do("RENAME k l")
	require.Equal(t, want+1, do("OBJECT FREQ l"))
	do("SET m v")
	do("RENAME l m")
	require.Equal(t, want+2, do("OBJECT FREQ m"))
	do("MOVE m 1")
	do("SELECT 1")
	require.Equal(t, want+3, do("OBJECT FREQ m"))
}

// TestFrequencyDecay shows that a counter loses one for each LFUDecayTime
// minutes of rest, and that this is for good once the key is used.
func TestFrequencyDecay(t *testing.T) {
	for _, minutes := range []int{0, 1, 3, -1} {
		s, clock := newTimed(t, Options{MaxMemoryPolicy: VolatileLFU, LFULogFactor: -1, LFUDecayTime: minutes})
		try(s.Set("k", "v"))
		for range 20 {
			found(s.Get("k"))
		}
		clock.Advance(10 * time.Minute)
		want := map[int]int{0: 15, 1: 15, 3: 22, -1: 25}[minutes]
		require.Equal(t, want, freq(&s.commands, "k"))
		found(s.Get("k"))
		require.Equal(t, want+1, freq(&s.commands, "k"))
		clock.Advance(1000 * time.Hour)
		if minutes >= 0 {
			require.Zero(t, freq(&s.commands, "k"))
		}
	}
}

// TestFrequencyGrowth shows that the counter is logarithmic: how often a key was
// used for a value of it agrees with what redis.conf tells of lfu-log-factor.
func TestFrequencyGrowth(t *testing.T) {
	for _, c := range []struct{ factor, hits, least, most int }{
		{-1, 100, 105, 105}, {-1, 1000, 255, 255},
		{1, 100, 14, 24}, {1, 1000, 40, 60}, // 18 and 49
		{0, 100, 7, 14}, {10, 1000, 14, 24}, {10, 100_000, 125, 160}, // 10, 18 and 142
		{100, 1000, 8, 16}, // 11
	} {
		s, _ := newTimed(t, Options{Seed: 3, MaxMemoryPolicy: AllKeysLFU, LFULogFactor: c.factor})
		try(s.Set("k", "v"))
		for range c.hits {
			found(s.Get("k"))
		}
		n := freq(&s.commands, "k")
		require.GreaterOrEqual(t, n, c.least, "%v", c)
		require.LessOrEqual(t, n, c.most, "%v", c)
	}
}

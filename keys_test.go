package nook

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDelExistsTouch(t *testing.T) {
	s := newStore(t, Options{})
	for name, call := range map[string]func(...string) (int, error){
		"Del": s.Del, "Unlink": s.Unlink, "Exists": s.Exists, "Touch": s.Touch,
	} {
		twice := 1 // how often a key counts that is named twice
		if name == "Exists" || name == "Touch" {
			twice = 2
		}
		set := func() { try(s.MSet(Pair{"a", "1"}, Pair{"b", strings.Repeat("2", 1000)}, Pair{"", "3"})) }
		set()
		require.Zero(t, must(call()), name)
		require.Zero(t, must(call("missing")), name)
		require.Zero(t, must(call("missing", "gone")), name)
		require.Equal(t, 1, must(call("a")), name)
		set()
		require.Equal(t, twice, must(call("a", "a")), name)
		set()
		require.Equal(t, 3, must(call("a", "missing", "b", "")), name)
	}
	putThings(t, &s.commands, "things", 1)
	require.Equal(t, 1, must(s.Del("things")))
}

func TestType(t *testing.T) {
	s := newStore(t, Options{})
	require.Equal(t, "none", must(s.Type("k")))
	for way, create := range ways {
		must(s.Del("k"))
		create(&s.commands, "k")
		require.Equal(t, "string", must(s.Type("k")), way)
	}
}

func TestRename(t *testing.T) {
	for way, create := range ways {
		t.Run(way, func(t *testing.T) {
			s, _ := newTimed(t, Options{})
			c := &s.commands
			fails(t, ErrNoSuchKey)(s.Rename("a", "b"))
			fails(t, ErrNoSuchKey)(s.RenameNX("a", "a"))
			create(c, "a")
			want, encoding := found(s.Get("a")), encodingOf(c, "a")
			must(s.Expire("a", time.Minute))

			require.NoError(t, s.Rename("a", "a"))
			require.False(t, must(s.RenameNX("a", "a")))
			require.NoError(t, s.Rename("a", "b"))
			require.Equal(t, none, found(s.Get("a")))
			require.Equal(t, time.Minute, ttlOf(c, "b"))
			require.Equal(t, encoding, encodingOf(c, "b"))
			require.Equal(t, want, found(s.Get("b")))

			must(s.SetWith("c", "old", SetOptions{Expire: ExpireIn(time.Hour)}))
			require.False(t, must(s.RenameNX("b", "c")))
			require.NoError(t, s.Rename("b", "c"))
			require.Equal(t, time.Minute, ttlOf(c, "c"))
			require.Equal(t, want, found(s.Get("c")))
			require.True(t, must(s.RenameNX("c", "")))
			must(s.Persist(""))
			must(s.SetWith("timed", "old", SetOptions{Expire: ExpireIn(time.Hour)}))
			require.NoError(t, s.Rename("", "timed"))
			require.Equal(t, NoTTL, ttlOf(c, "timed"), "the time to live is the source's")
			require.Equal(t, 1, must(s.DBSize()))
		})
	}
}

// TestRenameWhileTableShrinks renames one key to another where the first of the
// two deletions makes the table smaller.
func TestRenameWhileTableShrinks(t *testing.T) {
	key := func(i int) string { return fmt.Sprint(i) }
	for _, n := range []int{20, 300, 500} {
		for left := n; left >= 2; left-- {
			s, err := New(&Options{Shards: 1, Databases: 1})
			require.NoError(t, err)
			for i := range n {
				try(s.Set(key(i), key(i)))
			}
			for i := left; i < n; i++ {
				must(s.Del(key(i)))
			}
			require.NoError(t, s.Rename(key(0), key(1)))
			require.Equal(t, left-1, must(s.DBSize()))
			require.Equal(t, some(key(0)), found(s.Get(key(1))))
			s.ks.check(t)
		}
	}
}

func TestCopy(t *testing.T) {
	for way, create := range ways {
		t.Run(way, func(t *testing.T) {
			s, _ := newTimed(t, Options{})
			c, one := &s.commands, &s.DB(1).commands
			require.False(t, must(s.Copy("a", "b")))
			fails(t, ErrSameObject)(s.Copy("a", "a"))
			create(c, "a")
			want, encoding := found(s.Get("a")), encodingOf(c, "a")
			must(s.Expire("a", time.Minute))
			require.True(t, must(s.Copy("a", "b")))
			require.Equal(t, encoding, encodingOf(c, "b"))
			require.Equal(t, want, found(s.Get("b")))
			require.Equal(t, time.Minute, ttlOf(c, "b"))
			require.False(t, must(s.Copy("a", "b")))
			must(s.Persist("a"))
			require.True(t, must(s.CopyWith("a", "b", CopyOptions{Replace: true})))
			require.Equal(t, NoTTL, ttlOf(c, "b"))

			require.True(t, must(s.CopyWith("a", "a", CopyOptions{DB: ToDB(1)})))
			require.False(t, must(s.CopyWith("a", "a", CopyOptions{DB: ToDB(1)})))
			require.Equal(t, want, found(one.Get("a")))
			require.True(t, must(one.CopyWith("a", "x", CopyOptions{DB: ToDB(0)})))
			require.Equal(t, want, found(s.Get("x")))
		})
	}
}

func TestCopyErrors(t *testing.T) {
	s := newStore(t, Options{Databases: 4})
	try(s.Set("a", "v"))
	for _, db := range []int{-1, -2, 4, 1 << 40} {
		fails(t, ErrDBIndex)(s.CopyWith("a", "b", CopyOptions{DB: ToDB(db)}))
		fails(t, ErrDBIndex)(s.CopyWith("a", "a", CopyOptions{DB: ToDB(db)}))
		fails(t, ErrDBIndex)(s.DB(db).Copy("a", "b"))
		fails(t, ErrDBIndex)(s.DB(db).CopyWith("a", "b", CopyOptions{DB: ToDB(0)}))
	}
	fails(t, ErrSameObject)(s.CopyWith("a", "a", CopyOptions{DB: ToDB(0), Replace: true}))
	require.Equal(t, 1, must(s.DBSize()))
}

func TestMove(t *testing.T) {
	for way, create := range ways {
		t.Run(way, func(t *testing.T) {
			s, _ := newTimed(t, Options{Databases: 3})
			c, two := &s.commands, &s.DB(2).commands
			require.False(t, must(s.Move("a", 2)))
			create(c, "a")
			want, encoding := found(s.Get("a")), encodingOf(c, "a")
			must(s.Expire("a", time.Minute))
			fails(t, ErrSameObject)(s.Move("a", 0))
			for _, db := range []int{-1, 3, 1 << 40} {
				fails(t, ErrDBIndex)(s.Move("a", db))
				fails(t, ErrDBIndex)(s.DB(db).Move("a", 0))
			}
			require.True(t, must(s.Move("a", 2)))
			require.Equal(t, none, found(s.Get("a")))
			require.Equal(t, time.Minute, ttlOf(two, "a"))
			require.Equal(t, encoding, encodingOf(two, "a"))
			require.Equal(t, want, found(two.Get("a")))
			try(s.Set("a", "in the way"))
			require.False(t, must(two.Move("a", 0)))
			require.Equal(t, want, found(two.Get("a")))
		})
	}
}

func TestKeys(t *testing.T) {
	s := newStore(t, Options{})
	require.Nil(t, must(s.Keys("*")))
	all := []string{"", "*", "a", "ab", "abc", "b\\", "x[y]", "\xff\x00"}
	for _, key := range all {
		try(s.Set(key, "v"))
	}
	for pattern, want := range map[string][]string{
		"*": all, "**": all[1:], "": {""}, "a*": {"a", "ab", "abc"}, "?": {"*", "a"}, "a?c": {"abc"}, `\*`: {"*"},
		"[a-b]*": {"a", "ab", "abc", `b\`}, "[^a]*": {"*", `b\`, "x[y]", "\xff\x00"}, `x\[y\]`: {"x[y]"}, "A*": nil,
		"\xff*": {"\xff\x00"},
	} {
		keys := must(s.Keys(pattern))
		slices.Sort(keys)
		require.Equal(t, want, keys, pattern)
	}
	require.Nil(t, must(s.DB(1).Keys("*")))
}

// TestRandomKey shows that each key is as likely as any other, in however many
// shards.
func TestRandomKey(t *testing.T) {
	for _, shards := range []int{1, 64} {
		s := newStore(t, Options{Shards: shards, Seed: 7})
		require.Equal(t, none, found(s.RandomKey()))
		const keys, draws = 20, 20_000
		for i := range keys {
			try(s.Set(fmt.Sprint(i), "v"))
		}
		try(s.DB(1).Set("other", "v"))
		counts := map[string]int{}
		for range draws {
			counts[found(s.RandomKey()).Value]++
		}
		require.Len(t, counts, keys)
		for key, n := range counts {
			require.InDelta(t, draws/keys, n, 200, key) // more than six standard deviations
		}
	}
}

// TestSeed shows that a seed makes all that is random the same.
func TestSeed(t *testing.T) {
	run := func(seed uint64) (drawn []string) {
		s, clock := newTimed(t, Options{Shards: 4, Seed: seed, MaxMemory: 20_000, MaxMemoryPolicy: AllKeysLFU})
		hear(s, EventEvicted, func(e Event) { drawn = append(drawn, e.Key) })
		for i := range 1000 {
			try(s.Set(fmt.Sprint(i), "v"))
			found(s.Get(fmt.Sprint(i / 3)))
			clock.Advance(time.Second)
		}
		require.NotEmpty(t, drawn)
		for range 20 {
			drawn = append(drawn, found(s.RandomKey()).Value)
		}
		return drawn
	}
	first := run(1)
	require.Equal(t, first, run(1))
	require.NotEqual(t, first, run(2))
	require.NotEqual(t, run(0), run(0))
}

func TestFlush(t *testing.T) {
	s, clock := newTimed(t, Options{Databases: 3, Shards: 4})
	fill := func() {
		for db := range 3 {
			for way, create := range ways {
				create(s.Select(db), way)
				must(s.Select(db).Expire(way, time.Minute))
			}
		}
	}
	sizes := func() (n [3]int) {
		for db := range n {
			n[db] = must(s.DB(db).DBSize())
		}
		return n
	}
	fill()
	require.Equal(t, [3]int{len(ways), len(ways), len(ways)}, sizes())
	require.NoError(t, s.DB(1).FlushDB())
	require.Equal(t, [3]int{len(ways), 0, len(ways)}, sizes())
	s.ks.check(t)
	require.NoError(t, s.DB(1).FlushDB(), "of nothing")
	require.NoError(t, s.DB(1).FlushAll())
	require.Equal(t, [3]int{}, sizes())
	require.Zero(t, must(s.Stats()).Bytes)
	clock.Advance(time.Hour)
	fill()
	require.Equal(t, [3]int{len(ways), len(ways), len(ways)}, sizes())
	fails(t, ErrDBIndex)(s.DB(3).FlushDB())
	fails(t, ErrDBIndex)(s.DB(-1).FlushAll())
}

func TestSwapDB(t *testing.T) {
	s, clock := newTimed(t, Options{Databases: 4, Shards: 4})
	zero, two := s.DB(0), s.DB(2)
	try(zero.MSet(Pair{"a", "0"}, Pair{"b", "0"}))
	must(zero.Expire("a", time.Minute))
	try(two.Set("a", "2"))
	must(two.Expire("a", time.Hour))
	require.NoError(t, s.SwapDB(0, 2))
	require.Equal(t, []Optional{some("2"), none}, must(zero.MGet("a", "b")))
	require.Equal(t, []Optional{some("0"), some("0")}, must(two.MGet("a", "b")))
	require.Equal(t, time.Hour, ttlOf(&zero.commands, "a"))
	require.NoError(t, s.SwapDB(2, 2))
	require.NoError(t, s.SwapDB(2, 3), "with an empty one")
	require.Zero(t, must(two.DBSize()))
	require.Equal(t, 2, must(s.DB(3).DBSize()))
	s.ks.check(t)
	clock.Advance(time.Minute)
	require.Equal(t, 1, must(s.DB(3).DBSize()))
	for _, n := range []int{-1, 4} {
		fails(t, ErrDBIndex)(s.SwapDB(0, n))
		fails(t, ErrDBIndex)(s.SwapDB(n, 0))
		fails(t, ErrDBIndex)(s.DB(n).SwapDB(0, 1))
	}
}

// TestMany fills one store with enough keys for its tables to grow and shrink,
// with some that expire, and checks it on the way.
func TestMany(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 2, Databases: 2})
	r := rand.New(rand.NewPCG(1, 2))
	present := map[string]bool{}
	for round := range 10 {
		for range 2000 {
			key := fmt.Sprint(r.IntN(6000))
			switch {
			case r.IntN(10) < 10-round:
				try(s.Set(key, strings.Repeat("v", r.IntN(100))))
				present[key] = true
			case r.IntN(2) == 0:
				must(s.Del(key))
				delete(present, key)
			default:
				must(s.Expire(key, time.Duration(r.IntN(3)+1)*time.Minute))
				delete(present, key)
			}
		}
		s.ks.check(t)
		clock.Advance(3 * time.Minute)
		s.ks.check(t)
		for key := range present {
			require.Equal(t, 1, must(s.Exists(key)))
		}
		require.Equal(t, len(present), must(s.DBSize()))
	}
}

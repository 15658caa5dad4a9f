package nook_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// hashStores calls f with stores whose hashes are small, and big.
func hashStores(t *testing.T, f func(t *testing.T, s *nook.Store)) {
	for name, n := range map[string]nook.Encodings{
		"small": {}, "big": {HashMaxListpackEntries: -1},
		"growing": {HashMaxListpackEntries: 2, HashMaxListpackValue: 8},
	} {
		t.Run(name, func(t *testing.T) {
			f(t, nook.NewChecked(t, nook.Options{Encodings: n, Clock: nook.NewManualClock(time.Time{})}))
		})
	}
}

func hset(t require.TestingT, c *nook.Commands, key string, pairs ...string) {
	for pair := range slices.Chunk(pairs, 2) {
		_, err := c.HSet(key, nook.Field{Name: pair[0], Value: pair[1]})
		require.NoError(t, err)
	}
}

func hdel(t require.TestingT, c *nook.Commands, key string, fields ...string) {
	_, err := c.HDel(key, fields...)
	require.NoError(t, err)
}

func TestHashSetGet(t *testing.T) {
	hashStores(t, func(t *testing.T, s *nook.Store) {
		n, err := s.HSet("h", nook.Field{"a", "1"}, nook.Field{"b", "x"}, nook.Field{"a", "2"})
		require.NoError(t, err)
		require.Equal(t, 2, n)
		n, err = s.HSet("h", nook.Field{"a", "3"}, nook.Field{"", ""})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		requireHash(t, s, "h", map[string]string{"a": "3", "b": "x", "": ""})

		v, ok, err := s.HGet("h", "a")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, "3", v)
		_, ok, err = s.HGet("h", "missing")
		require.NoError(t, err)
		require.False(t, ok)
		_, ok, err = s.HGet("missing", "a")
		require.NoError(t, err)
		require.False(t, ok)

		values, err := s.HMGet("h", "b", "missing", "", "b")
		require.NoError(t, err)
		require.Equal(t, []nook.Optional{{"x", true}, {}, {"", true}, {"x", true}}, values)
		values, err = s.HMGet("missing", "b", "c")
		require.NoError(t, err)
		require.Equal(t, make([]nook.Optional, 2), values)

		set, err := s.HSetNX("h", "a", "4")
		require.NoError(t, err)
		require.False(t, set)
		set, err = s.HSetNX("new", "a", "4")
		require.NoError(t, err)
		require.True(t, set)
		requireHash(t, s, "new", map[string]string{"a": "4"})
	})
}

// requireHash reads a hash in every way.
func requireHash(t *testing.T, s *nook.Store, key string, want map[string]string) {
	t.Helper()
	all, err := s.HGetAll(key)
	require.NoError(t, err)
	found := map[string]string{}
	for _, f := range all {
		found[f.Name] = f.Value
		v, ok, err := s.HGet(key, f.Name)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, f.Value, v)
		n, err := s.HStrLen(key, f.Name)
		require.NoError(t, err)
		require.Equal(t, len(f.Value), n)
		ok, err = s.HExists(key, f.Name)
		require.NoError(t, err)
		require.True(t, ok)
	}
	require.Len(t, all, len(found))
	require.Equal(t, want, found)
	n, err := s.HLen(key)
	require.NoError(t, err)
	require.Equal(t, len(want), n)
	keys, err := s.HKeys(key)
	require.NoError(t, err)
	require.ElementsMatch(t, slices.Collect(maps.Keys(want)), keys)
	values, err := s.HVals(key)
	require.NoError(t, err)
	require.ElementsMatch(t, slices.Collect(maps.Values(want)), values)
	require.Equal(t, want, maps.Collect(s.HScan(key, nook.ScanOptions{Count: 1})))
}

func TestHashDelete(t *testing.T) {
	hashStores(t, func(t *testing.T, s *nook.Store) {
		hset(t, s.Select(0), "h", "a", "1", "b", "2", "c", "3")
		n, err := s.HDel("h", "a", "missing", "a", "c")
		require.NoError(t, err)
		require.Equal(t, 2, n)
		requireHash(t, s, "h", map[string]string{"b": "2"})
		n, err = s.HDel("h", "b", "c")
		require.NoError(t, err)
		require.Equal(t, 1, n)
		kind, _ := s.Type("h")
		require.Equal(t, "none", kind, "a hash without fields is no key")
		n, err = s.HDel("h", "b")
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestHashIncrBy(t *testing.T) {
	hashStores(t, func(t *testing.T, s *nook.Store) {
		for _, want := range []int64{7, 14} {
			n, err := s.HIncrBy("h", "n", 7)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		n, err := s.HIncrBy("h", "n", math.MinInt64)
		require.NoError(t, err)
		require.EqualValues(t, math.MinInt64+14, n)
		_, err = s.HIncrBy("h", "n", -15)
		require.Equal(t, nook.ErrOverflow, err)
		hset(t, s.Select(0), "h", "s", "abc", "zero", "01", "max", "9223372036854775807")
		for _, field := range []string{"s", "zero"} {
			_, err = s.HIncrBy("h", field, 1)
			require.Equal(t, nook.ErrHashNotInteger, err)
		}
		_, err = s.HIncrBy("h", "max", 1)
		require.Equal(t, nook.ErrOverflow, err)
		n, err = s.HIncrBy("h", "max", 0)
		require.NoError(t, err)
		require.EqualValues(t, math.MaxInt64, n)
	})
}

func TestHashIncrByFloat(t *testing.T) {
	hashStores(t, func(t *testing.T, s *nook.Store) {
		for _, want := range []float64{0.1, 0.2, 0.3} { // as decimals do, and doubles do not
			sum, err := s.HIncrByFloat("h", "n", 0.1)
			require.NoError(t, err)
			require.Equal(t, want, sum)
		}
		text, err := s.HIncrByDecimal("h", "n", "1.0e-17")
		require.NoError(t, err)
		require.Equal(t, "0.30000000000000001", text)
		_, err = s.HIncrByDecimal("h", "n", "x")
		require.Equal(t, nook.ErrNotFloat, err)
		for _, by := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
			_, err = s.HIncrByFloat("h", "n", by)
			require.Equal(t, nook.ErrNotFinite, err)
		}
		hset(t, s.Select(0), "h", "s", "abc", "inf", "inf")
		_, err = s.HIncrByFloat("h", "s", 1)
		require.Equal(t, nook.ErrHashNotFloat, err)
		_, err = s.HIncrByFloat("h", "inf", 1)
		require.Equal(t, nook.ErrNaN, err)
	})
}

// TestHashWrongType shows that no command changes a key of another type, and
// that commands of other types leave a hash alone.
func TestHashWrongType(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	require.NoError(t, s.Set("s", "v"))
	for name, f := range hashCalls("s") {
		require.Equal(t, nook.ErrWrongType, f(s.Select(0)), name)
	}
	v, ok, err := s.Get("s")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "v", v)
	hset(t, s.Select(0), "h", "a", "1")
	_, _, err = s.Get("h")
	require.Equal(t, nook.ErrWrongType, err)
	_, err = s.Append("h", "x")
	require.Equal(t, nook.ErrWrongType, err)
	requireHash(t, s, "h", map[string]string{"a": "1"})
}

// hashCalls are calls of every method on a key.
func hashCalls(key string) map[string]func(c *nook.Commands) error {
	last := func(_ any, err error) error { return err }
	last2 := func(_, _ any, err error) error { return err }
	return map[string]func(c *nook.Commands) error{
		"HSet":           func(c *nook.Commands) error { return last(c.HSet(key, nook.Field{"a", "1"})) },
		"HSetNX":         func(c *nook.Commands) error { return last(c.HSetNX(key, "a", "1")) },
		"HGet":           func(c *nook.Commands) error { return last2(c.HGet(key, "a")) },
		"HMGet":          func(c *nook.Commands) error { return last(c.HMGet(key, "a")) },
		"HGetAll":        func(c *nook.Commands) error { return last(c.HGetAll(key)) },
		"HKeys":          func(c *nook.Commands) error { return last(c.HKeys(key)) },
		"HVals":          func(c *nook.Commands) error { return last(c.HVals(key)) },
		"HLen":           func(c *nook.Commands) error { return last(c.HLen(key)) },
		"HExists":        func(c *nook.Commands) error { return last(c.HExists(key, "a")) },
		"HStrLen":        func(c *nook.Commands) error { return last(c.HStrLen(key, "a")) },
		"HDel":           func(c *nook.Commands) error { return last(c.HDel(key, "a")) },
		"HIncrBy":        func(c *nook.Commands) error { return last(c.HIncrBy(key, "a", 1)) },
		"HIncrByFloat":   func(c *nook.Commands) error { return last(c.HIncrByFloat(key, "a", 1)) },
		"HIncrByDecimal": func(c *nook.Commands) error { return last(c.HIncrByDecimal(key, "a", "1")) },
		"HRandField":     func(c *nook.Commands) error { return last2(c.HRandField(key)) },
		"HRandFields":    func(c *nook.Commands) error { return last(c.HRandFields(key, 1)) },
		"HScanPage":      func(c *nook.Commands) error { return last2(c.HScanPage(key, 0, nook.ScanOptions{})) },
	}
}

func TestHashTooLong(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{MaxStringLen: 10})
	long := strings.Repeat("x", 11)
	_, err := s.HSet("h", nook.Field{"a", "1"}, nook.Field{"b", long})
	require.Equal(t, nook.ErrTooLong, err)
	_, err = s.HSet("h", nook.Field{long, "1"})
	require.Equal(t, nook.ErrTooLong, err)
	_, err = s.HSetNX("h", "a", long)
	require.Equal(t, nook.ErrTooLong, err)
	_, err = s.HIncrBy("h", long, 1)
	require.Equal(t, nook.ErrTooLong, err)
	_, err = s.HIncrByFloat("h", long, 1)
	require.Equal(t, nook.ErrTooLong, err)
	n, err := s.Exists("h")
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestHashRandom(t *testing.T) {
	hashStores(t, func(t *testing.T, s *nook.Store) {
		all := map[string]string{}
		for i := range 30 {
			f := nook.Field{fmt.Sprint("f", i), fmt.Sprint(i)}
			all[f.Name] = f.Value
			hset(t, s.Select(0), "h", f.Name, f.Value)
		}
		field, ok, err := s.HRandField("h")
		require.NoError(t, err)
		require.True(t, ok)
		require.Contains(t, all, field)
		for n, want := range map[int]int{0: 0, 1: 1, 3: 3, 20: 20, 30: 30, 100: 30} {
			fields, err := s.HRandFields("h", n)
			require.NoError(t, err)
			require.Len(t, fields, want)
			seen := map[string]bool{}
			for _, f := range fields {
				require.Equal(t, all[f.Name], f.Value)
				seen[f.Name] = true
			}
			require.Len(t, seen, want, "they are different")
		}
		fields, err := s.HRandFields("h", -100)
		require.NoError(t, err)
		require.Len(t, fields, 100)
		_, err = s.HRandFields("h", -nook.MaxDraws-1)
		require.Equal(t, nook.ErrCount, err)
		_, ok, err = s.HRandField("missing")
		require.NoError(t, err)
		require.False(t, ok)
		fields, err = s.HRandFields("missing", -5)
		require.NoError(t, err)
		require.Empty(t, fields)
	})
}

// TestHashScan scans big hashes while they change: what stays comes exactly
// once.
func TestHashScan(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	for i := range 2000 {
		hset(t, s.Select(0), "h", fmt.Sprint("stays", i), "v", fmt.Sprint("goes", i), "v")
	}
	seen := map[string]int{}
	n := 0
	for field := range s.HScan("h", nook.ScanOptions{Match: "*s*", Count: 7}) {
		seen[field]++
		n++
		hdel(t, s.Select(0), "h", fmt.Sprint("goes", n))
		hset(t, s.Select(0), "h", fmt.Sprint("new", n), "v")
	}
	for i := range 2000 {
		require.Equal(t, 1, seen[fmt.Sprint("stays", i)])
	}
	for field, n := range seen {
		require.Equal(t, 1, n, field)
		require.NotContains(t, field, "new")
	}
	require.Empty(t, maps.Collect(s.HScan("missing", nook.ScanOptions{})))
	for range s.HScan("h", nook.ScanOptions{}) {
		break
	}
}

func TestHashCopyAndRename(t *testing.T) {
	hashStores(t, func(t *testing.T, s *nook.Store) {
		hset(t, s.Select(0), "h", "a", "1", "b", "2", "c", "3")
		ok, err := s.Copy("h", "copy")
		require.NoError(t, err)
		require.True(t, ok)
		hset(t, s.Select(0), "h", "a", "changed")
		hdel(t, s.Select(0), "h", "b")
		requireHash(t, s, "copy", map[string]string{"a": "1", "b": "2", "c": "3"})
		require.NoError(t, s.Rename("copy", "renamed"))
		requireHash(t, s, "renamed", map[string]string{"a": "1", "b": "2", "c": "3"})
	})
}

func TestHashAllocations(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	value := strings.Repeat("v", 40)
	for i := range 20 {
		hset(t, s.Select(0), "small", fmt.Sprint("f", i), value)
	}
	for i := range 1000 {
		hset(t, s.Select(0), "big", fmt.Sprint("f", i), value)
	}
	for key, want := range map[string][2]float64{"small": {1, 0}, "big": {0, 1}} {
		require.Equal(t, want[0], testing.AllocsPerRun(100, func() { _, _, _ = s.HGet(key, "f7") }), "HGet of a %s hash", key)
		require.Equal(t, want[1], testing.AllocsPerRun(100, func() { _, _ = s.HSet(key, nook.Field{"f7", value}) }), "HSet of a %s hash", key)
	}
}

// TestHashConcurrently counts in one hash from many goroutines, while other
// fields of it come and expire.
func TestHashConcurrently(t *testing.T) {
	for _, entries := range []int{0, -1} {
		s := nook.NewChecked(t, nook.Options{Encodings: nook.Encodings{HashMaxListpackEntries: entries}})
		var group sync.WaitGroup
		for n := range 4 {
			group.Go(func() {
				field := fmt.Sprint("timed", n)
				for range 500 {
					try(s.HIncrBy("h", "sum", 1))
					try(s.HSetWith("h", nook.HSetOptions{Expire: nook.ExpireIn(time.Millisecond)}, nook.Field{Name: field, Value: "v"}))
					try(s.HGetAll("h"))
					try(s.HExpireTime("h", field))
				}
			})
		}
		group.Wait()
		nook.Check(t, s)
		sum, err := s.HIncrBy("h", "sum", 0)
		require.NoError(t, err)
		require.EqualValues(t, 2000, sum)
	}
}

func try(_ any, err error) {
	if err != nil {
		panic(err)
	}
}

package nook

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// change changes some settings of a store.
func change(s *Store, f func(*Settings)) error {
	now := s.Settings()
	f(&now)
	return s.SetSettings(now)
}

func TestSettingsDefaults(t *testing.T) {
	s := newStore(t, Options{})
	want := Settings{
		MaxMemorySamples: 5, LFULogFactor: 10, LFUDecayTime: 1,
		Encodings: Encodings{
			HashMaxListpackEntries: 512, HashMaxListpackValue: 64, ListMaxListpackSize: -2, SetMaxIntsetEntries: 512,
			SetMaxListpackEntries: 128, SetMaxListpackValue: 64, ZSetMaxListpackEntries: 128, ZSetMaxListpackValue: 64,
			HLLSparseMaxBytes: 3000, StreamNodeMaxBytes: 4096, StreamNodeMaxEntries: 100,
		},
		MaxTrackedKeys: 1_000_000,
	}
	require.Equal(t, want, s.Settings())
	require.NoError(t, s.SetSettings(Settings{}))
	require.Equal(t, want, s.Settings())
}

// TestSettingsStay shows that what is set is what is in force, in particular 0 of Redis.
func TestSettingsStay(t *testing.T) {
	none := Encodings{
		HashMaxListpackEntries: -1, HashMaxListpackValue: -1, ListMaxListpackSize: 1, SetMaxIntsetEntries: -1,
		SetMaxListpackEntries: -1, SetMaxListpackValue: -1, ZSetMaxListpackEntries: -1, ZSetMaxListpackValue: -1,
		HLLSparseMaxBytes: -1, StreamNodeMaxBytes: -1, StreamNodeMaxEntries: -1,
	}
	for _, want := range []Settings{
		{MaxMemorySamples: 1, LFULogFactor: -1, LFUDecayTime: -1, Encodings: none, MaxTrackedKeys: -1},
		{
			MaxMemory: math.MaxInt64, MaxMemoryPolicy: VolatileTTL, MaxMemorySamples: math.MaxInt32,
			LFULogFactor: math.MaxInt32, LFUDecayTime: math.MaxInt32, Encodings: none,
			Notify: Notify{Classes: EventAll | EventKeyMiss, Keyspace: true}, MaxTrackedKeys: math.MaxInt,
		},
	} {
		s := newStore(t, Options{})
		require.NoError(t, s.SetSettings(want))
		require.Equal(t, want, s.Settings())
		made := newStore(t, Options{
			MaxMemory: want.MaxMemory, MaxMemoryPolicy: want.MaxMemoryPolicy, MaxMemorySamples: want.MaxMemorySamples,
			LFULogFactor: want.LFULogFactor, LFUDecayTime: want.LFUDecayTime, Encodings: want.Encodings, Notify: want.Notify,
			MaxTrackedKeys: want.MaxTrackedKeys,
		})
		require.Equal(t, want, made.Settings())
	}
}

func TestSettingsOutOfRange(t *testing.T) {
	s := newStore(t, Options{})
	before := s.Settings()
	for field, f := range map[string]func(*Settings){
		"MaxMemory":         func(v *Settings) { v.MaxMemory = -1 },
		"MaxMemoryPolicy":   func(v *Settings) { v.MaxMemoryPolicy = VolatileTTL + 1 },
		"MaxMemorySamples":  func(v *Settings) { v.MaxMemorySamples = -1 },
		"MaxMemorySamples ": func(v *Settings) { v.MaxMemorySamples = math.MaxInt32 + 1 },
		"LFULogFactor":      func(v *Settings) { v.LFULogFactor = math.MaxInt32 + 1 },
		"LFUDecayTime":      func(v *Settings) { v.LFUDecayTime = math.MaxInt32 + 1 },
	} {
		err := change(s, func(v *Settings) {
			v.Notify = Notify{Classes: EventAll, Keyspace: true}
			f(v)
		})
		require.ErrorContains(t, err, strings.TrimSpace(field))
		require.Equal(t, before, s.Settings(), field)
	}
}

func TestSettingsOfEncodings(t *testing.T) {
	s := newStore(t, Options{})
	fill := func(n string) {
		must(s.HSet("h"+n, Field{"f", "v"}, Field{"g", "v"}))
		must(s.SAdd("i"+n, "1", "2"))
		must(s.SAdd("s"+n, "a", "b"))
		must(s.ZAdd("z"+n, Z{"a", 1}, Z{"b", 2}))
	}
	encodings := func(n string) (list []string) {
		for _, kind := range []string{"h", "i", "s", "z"} {
			list = append(list, found(s.ObjectEncoding(kind+n)).Value)
		}
		return list
	}
	fill("1")
	require.NoError(t, change(s, func(v *Settings) {
		v.Encodings.HashMaxListpackEntries, v.Encodings.SetMaxIntsetEntries = 1, 1
		v.Encodings.SetMaxListpackEntries, v.Encodings.ZSetMaxListpackEntries = 1, 1
	}))
	require.Equal(t, []string{"listpack", "intset", "listpack", "listpack"}, encodings("1"), "as they were")
	fill("2")
	require.Equal(t, []string{"hashtable", "hashtable", "hashtable", "skiplist"}, encodings("2"))
	require.NoError(t, s.SetSettings(Settings{}))
	fill("3")
	require.Equal(t, encodings("1"), encodings("3"))
	require.Equal(t, []string{"hashtable", "hashtable", "hashtable", "skiplist"}, encodings("2"), "for good")
}

// TestSettingsOfMemory shows that a lower limit evicts at once, if the policy allows.
func TestSettingsOfMemory(t *testing.T) {
	s := newStore(t, Options{Shards: 4})
	for i := range 500 {
		try(s.Set(fmt.Sprint(i), strings.Repeat("v", 100)))
	}
	require.NoError(t, change(s, func(v *Settings) { v.MaxMemory = 20_000 }))
	require.Equal(t, 500, must(s.DBSize()))
	require.ErrorIs(t, s.Set("k", "v"), ErrOutOfMemory)
	require.NoError(t, change(s, func(v *Settings) { v.MaxMemoryPolicy = AllKeysLRU }))
	require.Less(t, must(s.DBSize()), 500)
	require.NoError(t, s.Set("k", "v"))
	stats := must(s.Stats())
	require.EqualValues(t, 20_000, stats.MaxMemory)
	require.Equal(t, AllKeysLRU, stats.MaxMemoryPolicy)
	require.NoError(t, change(s, func(v *Settings) { v.MaxMemoryPolicy = AllKeysLFU }))
	fails(t, ErrNoLRU)(s.ObjectIdleTime("k"))
	require.NoError(t, change(s, func(v *Settings) { v.MaxMemory = 0 }))
	for i := range 500 {
		try(s.Set(fmt.Sprint(i), strings.Repeat("v", 100)))
	}
	require.Equal(t, 501, must(s.DBSize()))
}

func TestSettingsInTransaction(t *testing.T) {
	s := newStore(t, Options{Shards: 8})
	require.NoError(t, s.Exec(func(tx *Tx) error {
		now := tx.Settings()
		now.Encodings.ZSetMaxListpackEntries = -1
		require.NoError(t, tx.SetSettings(now))
		must(tx.ZAdd("z", Z{"a", 1}))
		require.Equal(t, some("skiplist"), found(tx.ObjectEncoding("z")))
		return nil
	}))
	require.NoError(t, s.Exec(func(tx *Tx) error {
		require.ErrorIs(t, tx.SetSettings(Settings{}), ErrTxUndeclared)
		return nil
	}, "k"))
}

// TestSettingsWhileInUse changes settings under readers and writers.
func TestSettingsWhileInUse(t *testing.T) {
	s := newStore(t, Options{Shards: 4})
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range 300 {
				key := fmt.Sprint(i % 50)
				_ = s.Set(key, "v")
				found(s.Get(key))
				_, _ = s.HSet("h"+key, Field{fmt.Sprint(w), key})
				_, _ = s.ZAdd("z"+key, Z{fmt.Sprint(w), 1})
			}
		})
	}
	for i := range 100 {
		require.NoError(t, s.SetSettings(Settings{
			MaxMemory: int64(i%3) * 10_000, MaxMemoryPolicy: MaxMemoryPolicy(i % 8),
			Encodings: Encodings{HashMaxListpackEntries: i%4 - 1, ZSetMaxListpackEntries: i%3 - 1},
			Notify:    Notify{Classes: EventAll, Keyevent: i%2 == 0},
		}))
		_ = s.Settings()
	}
	wg.Wait()
}

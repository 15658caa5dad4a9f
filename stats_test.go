package nook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStatsOfDatabases(t *testing.T) {
	clock := NewManualClock(time.Time{})
	s, err := New(&Options{Clock: clock, Databases: 3})
	require.NoError(t, err)
	defer s.Close()
	for i := range 1000 { // enough for averages of samples
		require.NoError(t, s.Set(fmt.Sprint("key:", i), "v"))
		_, err := s.Expire(fmt.Sprint("key:", i), time.Hour)
		require.NoError(t, err)
	}
	require.NoError(t, s.Set("stays", "v"))
	require.NoError(t, s.DB(2).Set("a", "v"))
	clock.Advance(10 * time.Minute)

	stats, err := s.Stats()
	require.NoError(t, err)
	require.Greater(t, stats.Databases[0].TableBytes, 8000)
	require.Equal(t, 40*1000, stats.Databases[0].DeadlineBytes)
	for i := range stats.Databases {
		stats.Databases[i].TableBytes, stats.Databases[i].DeadlineBytes = 0, 0
	}
	require.Equal(t, []DatabaseStats{{Keys: 1001, Expires: 1000, TTL: 50 * time.Minute}, {}, {Keys: 1}}, stats.Databases)
	other, err := s.DB(1).Stats()
	require.NoError(t, err)
	for i := range other.Databases {
		other.Databases[i].TableBytes, other.Databases[i].DeadlineBytes = 0, 0
	}
	require.Equal(t, stats, other)

	clock.Advance(time.Hour)
	stats, err = s.Stats()
	require.NoError(t, err)
	require.Equal(t, 1, stats.Databases[0].Keys)
}

// TestStatsOfTTLs has fewer deadlines than are sampled, whose average is exact.
func TestStatsOfTTLs(t *testing.T) {
	clock := NewManualClock(time.Time{})
	s, err := New(&Options{Clock: clock, Shards: 1})
	require.NoError(t, err)
	defer s.Close()
	for i := range ttlSamples {
		_, err := s.SetWith(fmt.Sprint(i), "v", SetOptions{Expire: ExpireIn(time.Duration(i+1) * time.Second)})
		require.NoError(t, err)
	}
	stats, err := s.Stats()
	require.NoError(t, err)
	require.Equal(t, time.Duration(ttlSamples+1)*time.Second/2, stats.Databases[0].TTL)
}

func TestStatsOfMemory(t *testing.T) {
	s, err := New(&Options{MaxMemory: 1 << 20, MaxMemoryPolicy: AllKeysRandom})
	require.NoError(t, err)
	defer s.Close()
	before, err := s.Stats()
	require.NoError(t, err)
	require.EqualValues(t, 1<<20, before.MaxMemory)
	require.Equal(t, AllKeysRandom, before.MaxMemoryPolicy)

	value := strings.Repeat("v", 10_000)
	require.NoError(t, s.Set("k", value))
	after, err := s.Stats()
	require.NoError(t, err)
	require.InDelta(t, len(value), after.Bytes-before.Bytes, 5000)
	require.Equal(t, before.Changes+1, after.Changes)
	require.Zero(t, after.Evicted)

	for i := range 200 {
		require.NoError(t, s.Set(fmt.Sprint(i), value))
	}
	require.NoError(t, s.MakeRoom())
	full, err := s.Stats()
	require.NoError(t, err)
	require.LessOrEqual(t, full.Bytes, full.MaxMemory+int64(len(s.ks.shards)*unsaidMax))
	require.EqualValues(t, 201-full.Databases[0].Keys, full.Evicted)
}

func TestMakeRoomFails(t *testing.T) {
	s, err := New(&Options{MaxMemory: 20_000})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.MakeRoom())
	require.NoError(t, s.Set("k", strings.Repeat("v", 100_000)))
	require.ErrorIs(t, s.MakeRoom(), ErrOutOfMemory)
	_, err = s.Del("k")
	require.NoError(t, err)
	require.NoError(t, s.MakeRoom())
}

func TestStatsInATransaction(t *testing.T) {
	s, err := New(nil)
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Exec(func(tx *Tx) error {
		require.NoError(t, tx.Set("k", "v"))
		stats, err := tx.Stats()
		require.NoError(t, err)
		require.Equal(t, 1, stats.Databases[0].Keys)
		return nil
	}))
	err = s.Exec(func(tx *Tx) error {
		_, err := tx.Stats()
		return err
	}, "k")
	require.ErrorIs(t, err, ErrTxUndeclared)
}

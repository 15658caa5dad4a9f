package nook

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fillTypes makes a key of each type, some with a time to live.
func fillTypes(t *testing.T, s *Store) []string {
	t.Helper()
	require.NoError(t, s.Set("string", "v"))
	_, err := s.Expire("string", time.Minute)
	require.NoError(t, err)
	require.NoError(t, s.Set("number", "7"))
	_, err = s.Append("buffer", "abc")
	require.NoError(t, err)
	_, err = s.HSet("hash", Field{"f", "v"}, Field{"g", "w"})
	require.NoError(t, err)
	_, err = s.HExpire("hash", time.Hour, "g")
	require.NoError(t, err)
	_, err = s.RPush("list", "a", "b", "c")
	require.NoError(t, err)
	_, err = s.SAdd("set", "a", "b")
	require.NoError(t, err)
	_, err = s.ZAdd("zset", Z{"a", 1}, Z{"b", 2})
	require.NoError(t, err)
	_, err = s.XAdd("stream", Field{"f", "v"})
	require.NoError(t, err)
	return []string{"string", "number", "buffer", "hash", "list", "set", "zset", "stream"}
}

func TestTransfer(t *testing.T) {
	clock := NewManualClock(time.Time{})
	a, b := newStore(t, Options{Clock: clock}), newStore(t, Options{Clock: clock, Shards: 4})
	keys := fillTypes(t, a)
	require.NoError(t, b.Set("list", "in the way"))

	n, err := a.Transfer(b, append(keys, "none")...)
	require.NoError(t, err)
	require.Equal(t, len(keys), n)
	left, err := a.DBSize()
	require.NoError(t, err)
	require.Zero(t, left)

	got, err := b.LRange("list", 0, -1)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, got)
	ttl, _, err := b.TTL("string")
	require.NoError(t, err)
	require.Equal(t, time.Minute, ttl)
	clock.Advance(time.Hour)
	exists, err := b.Exists("string")
	require.NoError(t, err)
	require.Zero(t, exists)
	fields, err := b.HKeys("hash")
	require.NoError(t, err)
	require.Equal(t, []string{"f"}, fields, "the deadline of a field has come along")
}

// What waits for a key that comes from elsewhere is served, and who watches one that goes is told.
func TestTransferWakesAndTouches(t *testing.T) {
	a, b := newStore(t, Options{}), newStore(t, Options{})
	_, err := a.RPush("list", "x")
	require.NoError(t, err)
	watch, err := a.Watch("list")
	require.NoError(t, err)
	defer watch.Close()
	popped := make(chan string)
	go func() {
		got, _, _ := b.BLPop(context.Background(), 0, "list")
		popped <- got.Value
	}()
	require.Eventually(t, func() bool { return b.ks.hasWaiters() }, time.Minute, time.Microsecond)
	_, err = a.Transfer(b, "list")
	require.NoError(t, err)
	require.Equal(t, "x", <-popped)
	require.True(t, watch.Dirty())
}

// hasWaiters reports whether anybody waits for a key.
func (ks *keyspace) hasWaiters() bool {
	for i := range ks.shards {
		sh := &ks.shards[i]
		sh.mu.Lock()
		n := len(sh.waiting)
		sh.mu.Unlock()
		if n > 0 {
			return true
		}
	}
	return false
}

// What moves is in the journals of both stores.
func TestTransferEffects(t *testing.T) {
	var lost, won bitmapJournal
	a, b := newStore(t, Options{Journal: &lost}), newStore(t, Options{Journal: &won})
	_, err := a.SetWith("k", "v", SetOptions{Expire: ExpireAt(time.UnixMilli(1 << 42))})
	require.NoError(t, err)
	payload, _, err := a.Dump("k")
	require.NoError(t, err)
	n, err := a.Transfer(b, "k", "none")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"DEL", "k"}, lost.effects[len(lost.effects)-1].Args)
	require.Equal(t, []string{"RESTORE", "k", "4398046511104", payload, "REPLACE", "ABSTTL"}, won.effects[0].Args)
}

func TestTransferErrors(t *testing.T) {
	a := newStore(t, Options{})
	require.NoError(t, a.Set("k", "v"))
	_, err := a.Transfer(a, "k")
	require.ErrorIs(t, err, ErrSameObject)
	full := newStore(t, Options{MaxMemory: 1})
	require.NoError(t, full.Set("big", strings.Repeat("x", 10_000)))
	_, err = a.Transfer(full, "k")
	require.ErrorIs(t, err, ErrOutOfMemory)
	n, err := a.Transfer(newStore(t, Options{}))
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = a.Exists("k")
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// Keys go to and fro at once, and none gets lost.
func TestTransfersCross(t *testing.T) {
	a, b := newStore(t, Options{}), newStore(t, Options{})
	keys := []string{"p", "q", "r", "s"}
	for _, key := range keys {
		require.NoError(t, a.Set(key, key))
	}
	var all sync.WaitGroup
	for _, way := range [][2]*Store{{a, b}, {b, a}} {
		all.Go(func() {
			for range 200 {
				_, _ = way[0].Transfer(way[1], keys...)
			}
		})
	}
	all.Wait()
	n, err := a.Exists(keys...)
	require.NoError(t, err)
	m, err := b.Exists(keys...)
	require.NoError(t, err)
	require.Equal(t, len(keys), n+m)
}

package nook

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestActiveExpire shows that keys which are due go when somebody asks for them, while they do not by themselves.
func TestActiveExpire(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 1})
	try(s.SetActiveExpire(false))
	for _, key := range []string{"a", "b"} {
		must(s.SetWith(key, "v", SetOptions{Expire: ExpireIn(time.Second)}))
	}
	clock.Advance(time.Minute)
	require.Equal(t, 2, must(s.DBSize()))
	_, ok, err := s.Get("a")
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, 1, must(s.DBSize()))
	try(s.SetActiveExpire(true))
	require.Zero(t, must(s.DBSize()))
	must(s.SetWith("c", "v", SetOptions{Expire: ExpireIn(time.Second)}))
	clock.Advance(time.Second)
	require.Zero(t, must(s.DBSize()))
}

// TestMemoryUsage checks that the figures of keys add up to that of the store, about.
// What is due when keys go again by themselves goes soon, also if that was said in a transaction, which holds them.
func TestActiveExpireInTransaction(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 2})
	require.NoError(t, s.SetActiveExpire(false))
	_, err := s.SetWith("k", "v", SetOptions{Expire: ExpireIn(time.Second)})
	require.NoError(t, err)
	clock.Advance(time.Second)
	require.NoError(t, s.Exec(func(tx *Tx) error { return tx.SetActiveExpire(true) }))
	clock.Advance(0)
	n, err := s.DBSize()
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestMemoryUsage(t *testing.T) {
	s := newStore(t, Options{Shards: 1})
	before := must(s.Stats()).Bytes
	try(s.Set("short", "v"))
	try(s.Set("long", strings.Repeat("x", 100_000)))
	must(s.HSet("hash", Field{"f", strings.Repeat("v", 10_000)}))
	must(s.HExpire("hash", time.Hour, "f"))
	must(s.Expire("short", time.Hour))
	sum := int64(0)
	for _, key := range []string{"short", "long", "hash"} {
		n, ok, err := s.MemoryUsage(key)
		require.NoError(t, err)
		require.True(t, ok)
		sum += int64(n)
	}
	require.InDelta(t, must(s.Stats()).Bytes-before, sum, 500)
	_, ok, err := s.MemoryUsage("nosuch")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestDebugObject(t *testing.T) {
	s, clock := newTimed(t, Options{})
	try(s.Set("k", "7"))
	clock.Advance(3 * time.Second)
	line, ok, err := s.DebugObject("k")
	require.NoError(t, err)
	require.True(t, ok)
	require.Regexp(t, `^Value at:0x[0-9a-f]+ refcount:2147483647 encoding:int serializedlength:2 lru:\d+ lru_seconds_idle:3$`, line)
	_, ok, err = s.DebugObject("nosuch")
	require.NoError(t, err)
	require.False(t, ok)
}

// TestDigestsOfStores shows what digests tell apart. That they are Redis's is shown against a real server.
func TestDigestsOfStores(t *testing.T) {
	a, b := newStore(t, Options{Shards: 1}), newStore(t, Options{Shards: 4})
	same := func() bool { return must(a.DebugDigest()) == must(b.DebugDigest()) }
	require.Equal(t, strings.Repeat("0", 40), must(a.DebugDigest()))
	must(a.SAdd("s", "x", "y"))
	try(a.Set("t", "1"))
	try(b.Set("t", "1"))
	must(b.SAdd("s", "y", "x"))
	require.True(t, same())
	must(a.Expire("t", time.Hour))
	require.False(t, same())
	must(b.Expire("t", time.Minute))
	require.True(t, same())
	try(a.SwapDB(0, 1))
	require.False(t, same())
	require.Equal(t, must(a.Select(1).DebugDigestValue("s")), must(b.DebugDigestValue("s")))
	must(a.Select(1).HSet("h", Field{"f", "v"}))
	before := must(a.Select(1).DebugDigestValue("h"))
	must(a.Select(1).HExpire("h", time.Hour, "f"))
	require.NotEqual(t, before, must(a.Select(1).DebugDigestValue("h")))
}

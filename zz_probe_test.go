package nook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProbeRenameShrink(t *testing.T) {
	for n := 2; n < 60; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := newStore(t, Options{Shards: 1})
			for i := range n {
				s.Set(fmt.Sprint(i), "v")
			}
			for i := 0; i < n-1; i++ {
				require.NoError(t, s.Rename(fmt.Sprint(i), fmt.Sprint(i+1)))
				c, _ := s.DBSize()
				require.Equal(t, n-1-i, c)
				s.ks.check(t)
			}
		})
	}
}

func TestProbeStaleSize(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 1})
	s.SetWith("k", "v", SetOptions{Expire: ExpireAt(clock.Now().Add(-time.Second))})
	s.Append("k", strings.Repeat("x", 1000))
	s.Append("k", strings.Repeat("x", 1000))
	s.ExpireAt("k", clock.Now().Add(time.Second))
	clock.AfterFunc(0, func() {})
	clock.mu.Lock()
	clock.now = clock.now.Add(2 * time.Second)
	clock.mu.Unlock()
	s.Get("k")
}

func TestProbeWatchExpired(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 1})
	s.SetWith("k", "v", SetOptions{Expire: ExpireAt(clock.Now().Add(-time.Second))})
	w, err := s.Watch("k")
	require.NoError(t, err)
	require.NoError(t, w.Exec(func(tx *Tx) error { return nil }))
}

func TestProbeRandomExpired(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 1})
	s.SetWith("k", "v", SetOptions{Expire: ExpireAt(clock.Now().Add(-time.Second))})
	k, ok, _ := s.RandomKey()
	require.False(t, ok, k)
}
func TestProbeFlush(t *testing.T) {
	s, _ := newTimed(t, Options{Shards: 1})
	s.Set("k", "v")
	s.FlushAll()
}
func TestProbeDecay(t *testing.T) {
	s, _ := newTimed(t, Options{Shards: 1, LFUDecayTime: 1 << 32, MaxMemoryPolicy: AllKeysLFU})
	s.Set("k", "v")
	s.Get("k")
}
func TestProbeFreqRename(t *testing.T) {
	s, _ := newTimed(t, Options{Shards: 1, LFULogFactor: -1, MaxMemoryPolicy: AllKeysLFU})
	s.Set("k", "v")
	for range 10 {
		s.Get("k")
	}
	s.Exists("k")
	n, _, _ := s.ObjectFreq("k")
	require.Equal(t, 15, n)
	s.Rename("k", "l")
	n, _, _ = s.ObjectFreq("l")
	require.Equal(t, 16, n)
	s.Move("l", 1)
	n, _, _ = s.DB(1).ObjectFreq("l")
	require.Equal(t, 17, n)
}
func TestProbeClosedFull(t *testing.T) {
	s, _ := New(&Options{Shards: 1, MaxMemory: 1000})
	s.Set("k", strings.Repeat("x", 10000))
	s.Close()
	require.ErrorIs(t, s.Set("k", "v"), ErrClosed)
}

package nook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// TestLoading runs effects of a time when keys still had time to live: what comes after a deadline in the log does so in the store.
func TestLoading(t *testing.T) {
	j := new(entries)
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{Clock: clock, Journal: j, Loading: true, MaxMemory: 1})
	for _, command := range [][]string{
		{"SET", "k", "v", "PXAT", "1000"},
		{"APPEND", "k", "w"},
		{"SET", "kept", strings.Repeat("v", 10000)},
		{"PEXPIREAT", "kept", "1000"},
		{"PERSIST", "kept"},
		{"HSET", "h", "f", "v", "g", "w"},
		{"HPEXPIREAT", "h", "1000", "FIELDS", "1", "f"},
		{"HINCRBY", "h", "n", "1"},
	} {
		reply := do(t, s.Commands(), command...)
		require.NotEqual(t, resp.KindError, reply.Kind, "%q: %s", command, reply.Str)
	}
	require.Equal(t, "vw", do(t, s.Commands(), "GET", "k").Str)
	n, err := s.HLen("h")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Nil(t, j.take(), "nothing is new to the journal")

	require.NoError(t, s.Loaded())
	require.NoError(t, s.Loaded(), "a second time")
	clock.Advance(0)
	require.ElementsMatch(t, []string{"DEL k", "HDEL h f"}, j.take())
	_, ok, err := s.Get("k")
	require.NoError(t, err)
	require.False(t, ok)
	v, ok, err := s.Get("kept")
	require.NoError(t, err)
	require.True(t, ok)
	require.Len(t, v, 10000)
	require.ErrorIs(t, s.Set("more", "v"), nook.ErrOutOfMemory)
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Loaded(), nook.ErrClosed)
}

// TestAdopt exchanges all that a store has at once: those who watch and those who wait notice.
func TestAdopt(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	require.NoError(t, s.Set("old", "v"))
	require.NoError(t, s.DB(3).Set("old", "v"))
	w, err := s.Watch("old")
	require.NoError(t, err)
	defer w.Close()
	twin := s.Twin()
	require.NoError(t, twin.Set("new", "v"))
	_, err = twin.SetWith("timed", "v", nook.SetOptions{Expire: nook.ExpireAt(s.Now().Add(-time.Second))})
	require.NoError(t, err)
	_, err = twin.RPush("list", "a")
	require.NoError(t, err)
	require.NoError(t, s.Adopt(twin))
	require.True(t, w.Dirty())
	n, err := s.Exists("old", "timed")
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = s.Exists("new", "list")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	n, err = s.DB(3).DBSize()
	require.NoError(t, err)
	require.Zero(t, n)
	require.ErrorIs(t, twin.Set("k", "v"), nook.ErrClosed)

	other, err := nook.New(&nook.Options{Databases: 3})
	require.NoError(t, err)
	defer other.Close()
	require.ErrorIs(t, s.Adopt(other), nook.ErrNoTwin)
	require.ErrorIs(t, s.Adopt(s), nook.ErrNoTwin)
}

// TestTwinWhileJournalChanges is for the race detector.
func TestTwinWhileJournalChanges(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	over := make(chan error)
	go func() { over <- s.SetJournal(nil) }()
	require.NoError(t, s.Twin().Close())
	require.NoError(t, <-over)
}

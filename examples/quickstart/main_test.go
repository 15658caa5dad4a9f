package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nookdb/nook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	text := out.String()
	require.Less(t, strings.Count(text, "\n"), 15)

	requests, distinct := count(t)
	hits := requests - distinct // a minute is longer than the replay, so each block misses once
	require.Contains(t, text, fmt.Sprintf("%d requests: %d hits", requests, hits))
	require.Contains(t, text, fmt.Sprintf("%d operations", requests+distinct))
	require.Regexp(t, fmt.Sprintf(`sees %d keys; block:1 is "content of block 1" for another (1m0|\d+)s\n`, distinct), text)
	require.Contains(t, text, `sees greeting, which is "hello from go-redis"`)
}

// count returns the figures that README.md gives.
func count(t *testing.T) (requests, distinct int) {
	blocks, err := readTrace()
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, block := range blocks {
		seen[block] = true
	}
	require.Equal(t, 25_000, len(blocks))
	require.Equal(t, 11_369, len(seen))
	return len(blocks), len(seen)
}

func TestFetch(t *testing.T) {
	cache, err := nook.New(nil)
	require.NoError(t, err)
	defer cache.Close()
	for _, want := range []bool{false, true} {
		content, hit, err := fetch(cache, "7")
		require.NoError(t, err)
		require.Equal(t, want, hit)
		require.Equal(t, "content of block 7", content)
	}
	_, err = cache.Del("block:7")
	require.NoError(t, err)
	_, hit, err := fetch(cache, "7")
	require.NoError(t, err)
	require.False(t, hit)
}

func TestFetchAgainAfterAMinute(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	cache, err := nook.New(&nook.Options{Clock: clock})
	require.NoError(t, err)
	defer cache.Close()
	for _, want := range []bool{false, true} {
		_, hit, err := fetch(cache, "7")
		require.NoError(t, err)
		require.Equal(t, want, hit)
	}
	clock.Advance(time.Minute)
	_, hit, err := fetch(cache, "7")
	require.NoError(t, err)
	require.False(t, hit)
}

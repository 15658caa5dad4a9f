package nook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func scanAll(s *Store, o ScanOptions) (keys []string) {
	for key := range s.Scan(o) {
		keys = append(keys, key)
	}
	return keys
}

func TestScan(t *testing.T) {
	for _, shards := range []int{1, 16, 4096} {
		s := newStore(t, Options{Shards: shards, Databases: 2})
		require.Nil(t, scanAll(s, ScanOptions{}))
		var want []string
		for i := range 500 {
			want = append(want, fmt.Sprint("k", i))
			try(s.Set(want[i], "v"))
		}
		try(s.Set("", "v"))
		try(s.DB(1).Set("other", "v"))
		want = append(want, "")
		slices.Sort(want)
		for _, o := range []ScanOptions{
			{}, {Match: "*"}, {Count: 1}, {Count: -5}, {Count: 1 << 40}, {Type: "string"}, {Type: "STRING", Match: "*", Count: 1000},
		} {
			require.Equal(t, want, slices.Sorted(slices.Values(scanAll(s, o))))
		}
		require.ElementsMatch(t, []string{"k7", "k70", "k71", "k72", "k73", "k74", "k75", "k76", "k77", "k78", "k79"}, scanAll(s, ScanOptions{Match: "k7*", Count: 3}))
		require.Nil(t, scanAll(s, ScanOptions{Type: "list"}))
		require.Nil(t, scanAll(s, ScanOptions{Match: "x*"}))
		require.Len(t, scanAll(s, ScanOptions{Match: "**"}), 500, "only a lone * stands for the empty key")
	}
}

// TestScanPages shows that a step takes about as many keys as it is asked for,
// and that cursors stay where all clients can hold them.
func TestScanPages(t *testing.T) {
	for _, shards := range []int{1, 64} {
		s := newStore(t, Options{Shards: shards})
		for i := range 5000 {
			try(s.Set(fmt.Sprint(i), "v"))
		}
		steps, last := 0, uint64(0)
		for {
			keys, next, err := s.ScanPage(last, ScanOptions{Count: 100})
			require.NoError(t, err)
			require.LessOrEqual(t, len(keys), 100+30, "a step ends with the bucket that fills it")
			steps++
			if next == 0 {
				break
			}
			require.GreaterOrEqual(t, len(keys), 100)
			require.Greater(t, next, last, "cursors are positions in one order")
			require.Less(t, next, uint64(1)<<53)
			last = next
		}
		require.InDelta(t, 50, steps, 10)
	}
}

// TestScanAnyCursor gives cursors that no step ever returned.
func TestScanAnyCursor(t *testing.T) {
	s := newStore(t, Options{Shards: 8})
	for i := range 100 {
		try(s.Set(fmt.Sprint(i), "v"))
	}
	rapid.Check(t, func(t *rapid.T) {
		cursor := rapid.Uint64().Draw(t, "cursor")
		for steps := 0; ; steps++ {
			keys, next, err := s.ScanPage(cursor, ScanOptions{Count: 7})
			require.NoError(t, err)
			require.LessOrEqual(t, len(keys), 100)
			require.LessOrEqual(t, steps, 100)
			if next == 0 {
				return
			}
			cursor = next
		}
	})
}

// TestScanWhileChanging shows that keys which stay come exactly once, others at
// most once, whatever happens between the steps.
func TestScanWhileChanging(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStore(t, Options{Shards: rapid.SampledFrom([]int{1, 4}).Draw(t, "shards"), Databases: 1})
		stays := rapid.IntRange(0, 300).Draw(t, "stays")
		comes := rapid.IntRange(0, 2000).Draw(t, "comes")
		early := rapid.Bool().Draw(t, "early")
		for i := range stays {
			try(s.Set(fmt.Sprint("stay", i), "v"))
		}
		grow := func() {
			for i := range comes {
				try(s.Set(fmt.Sprint("come", i), "v"))
			}
		}
		if early {
			grow()
		}
		turn := rapid.IntRange(0, 100).Draw(t, "turn")
		seen, step := map[string]int{}, 0
		for key := range s.Scan(ScanOptions{Count: rapid.IntRange(1, 50).Draw(t, "count")}) {
			seen[key]++
			if step++; step != turn {
				continue
			}
			if early {
				for i := range comes {
					must(s.Del(fmt.Sprint("come", i)))
				}
			} else {
				grow()
			}
		}
		for i := range stays {
			require.Equal(t, 1, seen[fmt.Sprint("stay", i)])
		}
		for key, n := range seen {
			require.Equal(t, 1, n, key)
			require.True(t, strings.HasPrefix(key, "stay") || strings.HasPrefix(key, "come"))
		}
	})
}

// TestScanInLoop lets the body of the loop change the store and end early.
func TestScanInLoop(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 4})
	for i := range 100 {
		try(s.Set(fmt.Sprint(i), "v"))
		must(s.Expire(fmt.Sprint(i), time.Duration(i+1)*time.Second))
	}
	n := 0
	for key := range s.Scan(ScanOptions{}) {
		n++
		require.Equal(t, 1, must(s.Del(key)))
		clock.Advance(0)
		if n == 60 {
			break
		}
	}
	require.Equal(t, 40, must(s.DBSize()))
	for range s.Scan(ScanOptions{}) {
		require.NoError(t, s.FlushAll())
	}
	require.Zero(t, must(s.DBSize()))
}

func TestScanErrors(t *testing.T) {
	s := newStore(t, Options{Databases: 2})
	try(s.Set("k", "v"))
	fails(t, ErrDBIndex)(s.DB(2).ScanPage(0, ScanOptions{}))
	for range s.DB(2).Scan(ScanOptions{}) {
		t.Error("there is no such database")
	}
	try(s.Exec(func(tx *Tx) error {
		fails(t, ErrTxUndeclared)(tx.ScanPage(0, ScanOptions{Count: 1 << 40}))
		return nil
	}, "k"))
	try(s.Exec(func(tx *Tx) error {
		for key := range tx.Scan(ScanOptions{}) {
			require.Equal(t, "k", key)
			try(tx.Set("l", "v"))
		}
		return nil
	}))
	require.NoError(t, s.Close())
	fails(t, ErrClosed)(s.ScanPage(0, ScanOptions{}))
	require.Nil(t, scanAll(s, ScanOptions{}))
}

package persist

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// A ledger makes transactions, and knows of which it was told that they are safe: number n appends n to two lists.
type ledger struct {
	mu    sync.Mutex
	tried int // numbers below were tried
	acked []string
}

// write makes the next transaction.
func (l *ledger) write(s *Store) error {
	l.mu.Lock()
	n := strconv.Itoa(l.tried)
	l.tried++
	l.mu.Unlock()
	err := s.Exec(func(tx *nook.Tx) error {
		if _, err := tx.RPush("first", n); err != nil {
			return err
		}
		if err := tx.Set("filler:"+n, strings.Repeat("\r\n*1", len(n)*20)); err != nil {
			return err
		}
		_, err := tx.DB(1).RPush("second", n)
		return err
	})
	if err == nil {
		l.mu.Lock()
		l.acked = append(l.acked, n)
		l.mu.Unlock()
	}
	return err
}

// told returns the numbers that are safe.
func (l *ledger) told() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.acked)
}

// check makes sure that a store has each number of acked, none twice, none that was not tried, and no half of a transaction.
func (l *ledger) check(t testing.TB, s *Store, acked []string) {
	t.Helper()
	first, err := s.LRange("first", 0, -1)
	require.NoError(t, err)
	second, err := s.DB(1).LRange("second", 0, -1)
	require.NoError(t, err)
	require.Equal(t, first, second, "transactions are whole")
	fillers, err := s.DBSize()
	require.NoError(t, err)
	require.Equal(t, len(first), max(0, fillers-1), "transactions are whole")
	seen := map[string]bool{}
	for _, n := range first {
		require.False(t, seen[n], "%s is there twice", n)
		seen[n] = true
		v, err := strconv.Atoi(n)
		require.NoError(t, err)
		require.Less(t, v, l.tried)
	}
	for _, n := range acked {
		require.True(t, seen[n], "%s was acknowledged, and is lost: %v", n, first)
	}
}

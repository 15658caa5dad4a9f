package nook_test

import (
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
)

// TestCheckpointModel changes a store while it is read.
func TestCheckpointModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := nook.NewManualClock(time.Time{})
		s := nook.NewChecked(t, nook.Options{
			Shards: rapid.SampledFrom([]int{1, 4}).Draw(t, "shards"), Databases: 3, Clock: clock, Seed: 1,
		})
		change := func() {
			if rapid.IntRange(0, 19).Draw(t, "what") == 0 {
				clock.Advance(time.Duration(rapid.IntRange(0, 20).Draw(t, "time")) * 100 * time.Millisecond)
				return
			}
			db := s.Select(rapid.IntRange(0, 2).Draw(t, "db"))
			if rapid.Bool().Draw(t, "one of many") {
				key := "many:" + strconv.Itoa(rapid.IntRange(0, 99).Draw(t, "key"))
				do(t, db, rapid.SampledFrom([]string{"APPEND", "SETNX"}).Draw(t, "command"), key, "v")
				do(t, db, rapid.SampledFrom([]string{"APPEND", "RENAME"}).Draw(t, "command"), key, key+"0")
				return
			}
			do(t, db, snapshotCommand(t)...)
		}
		for i := range 100 { // so many that they are read in several steps
			runs(t, s.Commands(), "SET many:"+strconv.Itoa(i)+" v")
		}
		for range rapid.IntRange(0, 40).Draw(t, "before") {
			change()
		}
		want := nook.Contents(s)
		var all []*nook.Checkpoint // a second one begins while the first is read
		for range rapid.IntRange(1, 2).Draw(t, "checkpoints") {
			k, err := nook.NewCheckpoint(s, nil)
			require.NoError(t, err)
			if rapid.Bool().Draw(t, "pins") {
				k.Large = 0
			}
			k.While = func() {
				for range rapid.IntRange(0, 2).Draw(t, "changes while one is read") {
					change()
				}
			}
			all = append(all, k)
		}
		for _, k := range all {
			for more := true; more; {
				for range rapid.IntRange(0, 4).Draw(t, "changes") {
					change()
				}
				nook.Check(t, s)
				var err error
				more, err = k.Next()
				require.NoError(t, err)
			}
			require.Equal(t, want, k.Found)
		}
		nook.Check(t, s)
	})
}

// TestCheckpointUnderLoad reads a store while others move sums between its keys, whose total is always the same.
func TestCheckpointUnderLoad(t *testing.T) {
	const accounts, total = 200, 1000
	s := nook.NewChecked(t, nook.Options{Shards: 8})
	require.NoError(t, s.Set("0", strconv.Itoa(total)))
	for i := 1; i < accounts; i++ {
		require.NoError(t, s.Set(strconv.Itoa(i), "0"))
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { transferUntil(s, accounts, stop) })
	}
	for range 20 {
		k, err := nook.NewCheckpoint(s, nil)
		require.NoError(t, err)
		for more := true; more; {
			more, err = k.Next()
			require.NoError(t, err)
		}
		require.Len(t, k.Found, accounts)
		require.Equal(t, total, sumOf(t, k))
	}
	close(stop)
	wg.Wait()
}

// transferUntil moves what one of the numbered keys has to another until stop is closed.
func transferUntil(s *nook.Store, accounts int, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		from, to := strconv.Itoa(i*7%accounts), strconv.Itoa(i*13%accounts)
		_ = s.Exec(func(tx *nook.Tx) error {
			text, _, err := tx.Get(from)
			if err != nil {
				return err
			}
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return err
			}
			if _, err := tx.IncrBy(from, -n); err != nil {
				return err
			}
			_, err = tx.IncrBy(to, n)
			return err
		}, from, to)
	}
}

// sumOf adds up the numbers that a checkpoint has found.
func sumOf(t *testing.T, k *nook.Checkpoint) (sum int) {
	for _, text := range k.Found {
		fields := strings.Fields(text)
		n, err := strconv.Atoi(strings.Trim(fields[len(fields)-1], `"`))
		require.NoError(t, err)
		sum += n
	}
	return sum
}

// TestCheckpointMoment runs something at the moment of the checkpoint, and ends it half-way.
func TestCheckpointMoment(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 2, Databases: 2})
	makeEveryType(t, s.Commands())
	makeEveryType(t, s.Select(1))
	ran := false
	k, err := nook.NewCheckpoint(s, func() { ran = true })
	require.NoError(t, err)
	require.True(t, ran)
	require.Equal(t, []int{len(nook.Contents(s)) / 2, len(nook.Contents(s)) / 2}, k.Keys)
	more, err := k.Next()
	require.NoError(t, err)
	require.True(t, more)
	k.Close()
	k.Close()
	for _, line := range changes {
		runs(t, s.Commands(), line)
	}
	nook.Check(t, s)

	k, err = nook.NewCheckpoint(s, nil)
	require.NoError(t, err)
	want := maps.Clone(nook.Contents(s))
	_, err = k.Next()
	require.NoError(t, err)
	require.Subset(t, want, k.Found)
	require.NoError(t, s.Close())
	_, err = k.Next()
	require.ErrorIs(t, err, nook.ErrClosed)
	k.Close()
	_, err = nook.NewCheckpoint(s, nil)
	require.ErrorIs(t, err, nook.ErrClosed)
}

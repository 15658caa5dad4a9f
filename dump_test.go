package nook_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

func TestDumpAndRestore(t *testing.T) {
	j := new(entries)
	s := nook.NewChecked(t, nook.Options{})
	copied := nook.NewChecked(t, nook.Options{Journal: j})
	replayed := nook.NewChecked(t, nook.Options{})
	makeEveryType(t, s.Commands())
	runs(t, s.Commands(), "PERSIST timed")
	keys, err := s.Keys("*")
	require.NoError(t, err)
	for _, key := range keys {
		payload, ok, err := s.Dump(key)
		require.NoError(t, err)
		require.True(t, ok)
		require.NoError(t, copied.Restore(key, payload))
	}
	j.run(t, replayed)
	require.Equal(t, keptDump(t, s), keptDump(t, copied))
	require.Equal(t, keptDump(t, s), keptDump(t, replayed))
}

func TestRestoreOptions(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	j := new(entries)
	s := nook.NewChecked(t, nook.Options{Clock: clock, Journal: j})
	require.NoError(t, s.Set("k", "v"))
	payload, ok, err := s.Dump("k")
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = s.Dump("none")
	require.NoError(t, err)
	require.False(t, ok)
	j.take()

	require.ErrorIs(t, s.Restore("k", payload), nook.ErrBusyKey)
	require.ErrorIs(t, s.Restore("k", "damaged"), nook.ErrBusyKey)
	require.ErrorIs(t, s.Restore("l", "damaged"), nook.ErrDumpPayload)
	require.ErrorIs(t, s.Restore("l", payload[:len(payload)-1]+"x"), nook.ErrDumpPayload)
	require.ErrorIs(t, s.RestoreWith("l", payload, nook.RestoreOptions{Idle: -time.Second}), nook.ErrIdleTime)
	require.ErrorIs(t, s.RestoreWith("l", payload, nook.RestoreOptions{Freq: nook.OptionalInt{Value: 256, OK: true}}), nook.ErrFrequency)
	require.Error(t, s.RestoreWith("l", payload, nook.RestoreOptions{Expire: nook.ExpireIn(0)}))
	require.Nil(t, j.take())

	require.NoError(t, s.RestoreWith("l", payload, nook.RestoreOptions{Expire: nook.ExpireIn(time.Second), Idle: time.Minute}))
	ttl, _, err := s.TTL("l")
	require.NoError(t, err)
	require.Equal(t, time.Second, ttl)
	idle, _, err := s.ObjectIdleTime("l")
	require.NoError(t, err)
	require.Equal(t, time.Minute, idle)
	require.Equal(t, []string{"RESTORE l 1577836801000 " + payload + " REPLACE ABSTTL IDLETIME 60"}, j.take())

	require.NoError(t, s.RestoreWith("l", payload, nook.RestoreOptions{Expire: nook.ExpireAt(clock.Now()), Replace: true}))
	n, err := s.Exists("l")
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, []string{"DEL l"}, j.take())
}

// What the journal gets is in a form that redis-server 7.0 reads if there is one, whatever form it came in: the file that it gets into is to be one that
// such a server starts with.
func TestRestoreOfNewerForms(t *testing.T) {
	j := new(entries)
	s := nook.NewChecked(t, nook.Options{Journal: j})
	for key, newer := range map[string]string{
		"string": "\x00\x01v\v\x00\xf8\xd7s\xc1\xe4\xa7cG",
		"set":    "\x14\f\f\x00\x00\x00\x02\x00\x81a\x02\a\x01\xff\v\x00\xa4\x8e6jnF\xa2\xf6",
	} {
		require.NoError(t, s.Restore(key, newer))
		payload, _, err := s.Dump(key)
		require.NoError(t, err)
		require.NotEqual(t, newer, payload)
		require.Equal(t, []string{"RESTORE " + key + " 0 " + payload + " REPLACE ABSTTL"}, j.take())
	}
}

// Whoever waits for a key gets what is restored there.
func TestRestoreServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		s := nook.NewChecked(t, nook.Options{})
		_, err := s.RPush("l", "a", "b")
		require.NoError(t, err)
		payload, _, err := s.Dump("l")
		require.NoError(t, err)
		got := make(chan string, 1)
		go func() {
			p, _, err := s.BLPop(t.Context(), 0, "m")
			assert.NoError(t, err)
			got <- p.Value
		}()
		synctest.Wait()
		nook.Listen(s, nook.EventAll, func(e nook.Event) { told = append(told, e.Name+" "+e.Key) })
		require.NoError(t, s.Restore("m", payload))
		require.Equal(t, "a", <-got)
		left, err := s.LRange("m", 0, -1)
		require.NoError(t, err)
		require.Equal(t, []string{"b"}, left)
		require.Equal(t, []string{"restore m", "lpop m"}, told)
	})
}

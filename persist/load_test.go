package persist

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

// again returns a store with what another one saves.
func again(t *testing.T, s *nook.Store) *nook.Store {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, Save(&file, s))
	loaded, err := Load(&file, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = loaded.Close() })
	return loaded
}

func newStore(t *testing.T) *nook.Store {
	t.Helper()
	s, err := nook.New(nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestLoadOfSave(t *testing.T) {
	s := newStore(t)
	require.NoError(t, s.Set("k", "v"))
	_, err := s.Select(3).HSet("h", nook.Field{Name: "f", Value: strings.Repeat("long ", 100)})
	require.NoError(t, err)
	_, err = script.Load(s, "#!lua name=mylib\nredis.register_function('one', function() return 1 end)")
	require.NoError(t, err)
	loaded := again(t, s)
	want, err := s.DebugDigest()
	require.NoError(t, err)
	got, err := loaded.DebugDigest()
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, script.Dump(s), script.Dump(loaded))
}

// Whoever sets the counters of a stream may make them run over. The file has to be read all the same.
func TestLoadOfCountersRunOver(t *testing.T) {
	s := newStore(t)
	id, err := s.XAdd("s", nook.Field{Name: "f", Value: "v"})
	require.NoError(t, err)
	require.NoError(t, s.XSetIDWith("s", id, nook.XSetIDOptions{SetAdded: true, Added: math.MaxInt64}))
	_, err = s.XAdd("s", nook.Field{Name: "f", Value: "v"})
	require.NoError(t, err)
	require.NoError(t, s.XGroupCreateWith("s", "g", nook.StreamStart{}, nook.XGroupOptions{Read: nook.OptionalInt{Value: math.MaxInt64, OK: true}}))
	_, err = s.XReadGroup("g", "c", "s")
	require.NoError(t, err)
	for _, count := range []nook.OptionalInt{{Value: math.MaxInt64, OK: true}, {}} {
		_, err = s.XClaimWith("s", "g", "c", 0, nook.XClaimOptions{RetryCount: count}, id)
		require.NoError(t, err)
	}
	want, err := s.XInfoStreamFull("s", 0)
	require.NoError(t, err)
	got, err := again(t, s).XInfoStreamFull("s", 0)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Negative(t, got.Added)
}

func TestLoadOfDamage(t *testing.T) {
	s := newStore(t)
	require.NoError(t, s.Set("k", "v"))
	var file bytes.Buffer
	require.NoError(t, Save(&file, s))
	whole := file.Bytes()
	for n := range whole {
		_, err := Load(bytes.NewReader(whole[:n]), nil)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	whole[len(whole)-1]++
	_, err := Load(bytes.NewReader(whole), nil)
	require.ErrorContains(t, err, "a wrong checksum at offset")
	_, err = Load(iotest.ErrReader(io.ErrClosedPipe), nil)
	require.ErrorIs(t, err, io.ErrClosedPipe)
	_, err = Load(nil, &nook.Options{Databases: -1})
	require.Error(t, err)
	require.NoError(t, s.Close())
	require.ErrorIs(t, Save(io.Discard, s), nook.ErrClosed)
}

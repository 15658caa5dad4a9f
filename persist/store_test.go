package persist

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// reopened closes a store, which may be nil, and opens another one on the same disk.
func reopened(t *testing.T, d fileSystem, s *Store, o Options) *Store {
	t.Helper()
	if s != nil {
		require.NoError(t, s.Close())
	}
	s, err := open(d, &o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// valueOf returns the value of the key k.
func valueOf(t *testing.T, s *Store) string {
	t.Helper()
	v, _, err := s.Get("k")
	require.NoError(t, err)
	return v
}

func TestSnapshotsAlone(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{})
	require.Empty(t, s.Recovery().Files)
	require.NoError(t, s.Set("k", "v"))
	require.EqualValues(t, 1, s.Status().Unsaved)
	require.NoError(t, s.Save())
	require.Zero(t, s.Status().Unsaved)
	require.NoError(t, s.Set("k", "w"))
	s = reopened(t, d, s, Options{})
	require.Equal(t, "w", valueOf(t, s), "Close has saved it")
	require.Equal(t, []string{"dump.rdb"}, s.Recovery().Files)
	require.Equal(t, 1, s.Recovery().Keys)
	require.NoError(t, s.Set("k", "x"))
	s = reopened(t, d, s, Options{Save: []SaveRule{}})
	require.Equal(t, "x", valueOf(t, s))
	require.NoError(t, s.Set("k", "y"))
	s = reopened(t, d, s, Options{Save: []SaveRule{}})
	require.Equal(t, "x", valueOf(t, s), "without rules Close saves nothing")
	require.ErrorIs(t, s.Rewrite(), ErrNoAppend)
}

func TestAppendOnly(t *testing.T) {
	d := newDisk()
	o := Options{AppendOnly: true, Save: []SaveRule{}}
	s := reopened(t, d, nil, o)
	require.NoError(t, s.Set("k", "v"))
	require.NoError(t, s.DB(3).Set("k", "in 3"))
	require.NoError(t, s.Exec(func(tx *nook.Tx) error {
		_, err := tx.RPush("list", "a", "b")
		return err
	}))
	_, err := s.SetWith("timed", "v", nook.SetOptions{Expire: nook.ExpireIn(time.Hour)})
	require.NoError(t, err)
	s = reopened(t, d, s, o)
	require.Equal(t, "v", valueOf(t, s))
	require.EqualValues(t, 4, s.Recovery().Commands)
	require.NoError(t, s.Rewrite())
	require.NoError(t, s.Set("k", "w"))
	files, err := d.list(appendDir)
	require.NoError(t, err)
	require.Equal(t, []string{"appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof", "appendonly.aof.manifest"}, files)
	s = reopened(t, d, s, o)
	require.Equal(t, "w", valueOf(t, s))
	v, _, err := s.DB(3).Get("k")
	require.NoError(t, err)
	require.Equal(t, "in 3", v)
	n, err := s.LLen("list")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	ttl, _, err := s.TTL("timed")
	require.NoError(t, err)
	require.Positive(t, ttl)
}

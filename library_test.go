package nook

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLibraries(t *testing.T) {
	journal := new(bitmapJournal)
	s, err := New(&Options{Journal: journal})
	require.NoError(t, err)
	a, b := Library{Name: "a", Engine: "LUA", Code: "#!lua name=a\n1"}, Library{Name: "b", Engine: "LUA", Code: "#!lua name=b\n1"}
	require.NoError(t, s.PutLibrary(b))
	require.NoError(t, s.DB(3).PutLibrary(a))
	all, revision := s.Libraries()
	require.Equal(t, []Library{a, b}, all)
	require.Equal(t, uint64(2), revision)

	a.Code = "#!lua name=a\n2"
	require.NoError(t, s.Exec(func(tx *Tx) error { return tx.PutLibrary(a) }))
	deleted, err := s.DeleteLibrary("b")
	require.NoError(t, err)
	require.True(t, deleted)
	deleted, err = s.DeleteLibrary("b")
	require.NoError(t, err)
	require.False(t, deleted)
	require.Equal(t, uint64(4), s.LibraryRevision())
	all, _ = s.Libraries()
	require.Equal(t, []Library{a}, all)
	require.NoError(t, s.FlushLibraries())
	all, _ = s.Libraries()
	require.Empty(t, all)
	require.Equal(t, []Effect{
		{0, []string{"FUNCTION", "LOAD", "REPLACE", b.Code}}, {3, []string{"FUNCTION", "LOAD", "REPLACE", "#!lua name=a\n1"}},
		{0, []string{"FUNCTION", "LOAD", "REPLACE", a.Code}},
		{0, []string{"FUNCTION", "DELETE", "b"}}, {0, []string{"FUNCTION", "FLUSH"}},
	}, journal.effects)

	require.NoError(t, s.Close())
	require.ErrorIs(t, s.PutLibrary(a), ErrClosed)
}

func TestExtension(t *testing.T) {
	type key struct{}
	s, err := New(nil)
	require.NoError(t, err)
	defer s.Close()
	first := s.Extension(key{}, func() any { return new(int) })
	require.Same(t, first, s.DB(2).Extension(key{}, func() any { return new(int) }))
	require.NoError(t, s.Exec(func(tx *Tx) error {
		require.Same(t, first, tx.Extension(key{}, func() any { return new(int) }))
		return nil
	}))
}

func TestTxOfCommands(t *testing.T) {
	s := newStore(t, Options{})
	_, inside := s.Tx()
	require.False(t, inside)
	var kept *Tx
	require.NoError(t, s.Exec(func(tx *Tx) error {
		kept = tx
		same, inside := tx.DB(3).Commands().Tx()
		require.True(t, inside)
		require.Equal(t, 3, same.DBIndex())
		require.NoError(t, same.Set("k", "v"))
		return nil
	}, "k"))
	_, inside = kept.Tx()
	require.False(t, inside, "it is over")
}

func TestTxBeyondMaxMemory(t *testing.T) {
	s, err := New(&Options{MaxMemory: 100})
	require.NoError(t, err)
	defer s.Close()
	_ = s.Set("k", strings.Repeat("v", 2*unsaidMax)) // takes more than there is
	require.ErrorIs(t, s.Set("l", "v"), ErrOutOfMemory)
	require.NoError(t, s.Exec(func(tx *Tx) error {
		require.ErrorIs(t, tx.Full(), ErrOutOfMemory)
		require.ErrorIs(t, tx.Set("l", "v"), ErrOutOfMemory)
		require.False(t, tx.Overcommit(true))
		require.NoError(t, tx.Set("l", "v"))
		require.True(t, tx.Overcommit(false))
		require.ErrorIs(t, tx.Set("m", "v"), ErrOutOfMemory)
		return nil
	}))
}

func TestTxNotJournaled(t *testing.T) {
	journal := new(bitmapJournal)
	s, err := New(&Options{Journal: journal})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Exec(func(tx *Tx) error {
		require.NoError(t, tx.Set("a", "1"))
		require.True(t, tx.Journaled(false))
		require.NoError(t, tx.Set("b", "1"))
		require.False(t, tx.Journaled(true))
		return tx.Set("c", "1")
	}))
	require.Equal(t, []Effect{{0, []string{"SET", "a", "1"}}, {0, []string{"SET", "c", "1"}}}, journal.effects)
}

// TestLibrariesInOrder: changes that overlap with those of a transaction, whose effects come when it ends, are told so
// that all effects in order give what there is.
func TestLibrariesInOrder(t *testing.T) {
	lib := func(name, code string) Library {
		return Library{Name: name, Engine: "LUA", Code: "#!lua name=" + name + "\n" + code}
	}
	journal := new(bitmapJournal)
	s, err := New(&Options{Journal: journal})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.PutLibrary(lib("a", "f")))
	require.NoError(t, s.Exec(func(tx *Tx) error {
		_, err := tx.DeleteLibrary("a")
		require.NoError(t, err)
		require.NoError(t, tx.Set("k", "v"))
		return s.PutLibrary(lib("b", "f")) // as others may
	}, "k"))
	after := []string{"FUNCTION", "RESTORE", s.DumpLibraries(), "FLUSH"}
	require.Equal(t, []Effect{
		{0, []string{"FUNCTION", "LOAD", "REPLACE", "#!lua name=a\nf"}}, {0, after}, {0, []string{"SET", "k", "v"}}, {0, after},
	}, journal.effects)

	journal.effects = nil
	require.NoError(t, s.Exec(func(tx *Tx) error {
		require.NoError(t, tx.PutLibraries([]Library{lib("c", ""), lib("d", "")}, true))
		return s.Exec(func(tx *Tx) error { return tx.PutLibraries([]Library{lib("d", "x")}, false) }, "l")
	}, "k"))
	after[2] = s.DumpLibraries()
	require.Equal(t, []Effect{{0, after}, {0, after}}, journal.effects)
	all, _ := s.Libraries()
	require.Equal(t, []Library{lib("c", ""), lib("d", "x")}, all)

	journal.effects = nil
	require.NoError(t, s.Exec(func(tx *Tx) error { return tx.PutLibraries([]Library{lib("e", "")}, false) }, "k"))
	require.Equal(t, []Effect{{0, []string{"FUNCTION", "RESTORE", dumpLibraries([]Library{lib("e", "")}), "REPLACE"}}}, journal.effects)
}

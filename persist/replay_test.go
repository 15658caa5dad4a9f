package persist

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

// Libraries are in files as FUNCTION LOAD, as servers write it, and as FUNCTION RESTORE.
func TestReplayOfLibraries(t *testing.T) {
	const one, two = "#!lua name=one\nredis.register_function('f', function() return 1 end)", "#!lua name=two\nredis.register_function('g', function() return 2 end)"
	s, err := nook.New(&nook.Options{Loading: true})
	require.NoError(t, err)
	defer s.Close()
	p := newReplayer(s)
	run := func(args ...string) { require.NoError(t, p.run(args)) }
	run("FUNCTION", "LOAD", one)
	first := script.Dump(s)
	run("function", "load", "replace", two)
	both := script.Dump(s)
	run("FUNCTION", "LOAD", "REPLACE", "Replace", two)
	require.Equal(t, both, script.Dump(s))
	run("FUNCTION", "DELETE", "two")
	require.Equal(t, first, script.Dump(s))
	run("FUNCTION", "RESTORE", both, "REPLACE")
	require.Equal(t, both, script.Dump(s))
	run("FUNCTION", "RESTORE", first, "FLUSH")
	require.Equal(t, first, script.Dump(s))
	run("FUNCTION", "FLUSH")
	run("FUNCTION", "RESTORE", both)
	run("FUNCTION", "FLUSH", "ASYNC")
	run("FUNCTION", "RESTORE", both, "append")
	require.Equal(t, both, script.Dump(s))
	for _, args := range [][]string{
		{"FUNCTION", "RESTORE"}, {"FUNCTION", "RESTORE", "x"}, {"FUNCTION", "RESTORE", both}, {"FUNCTION", "RESTORE", both, "x"}, {"FUNCTION", "LIST"}, {"FUNCTION"},
	} {
		require.Error(t, p.run(args), "%q", args)
	}
	require.Equal(t, both, script.Dump(s))
}

// Redis trims to a length of its own choice, which it writes into the place of the one that was asked for, and leaves LIMIT where it stood.
func TestReplayOfTrimming(t *testing.T) {
	s, err := nook.New(&nook.Options{Loading: true})
	require.NoError(t, err)
	defer s.Close()
	p := newReplayer(s)
	for i, args := range [][]string{
		{"XADD", "s", "MAXLEN", "=", "5", "LIMIT", "9", "1-1", "f", "v"},
		{"XADD", "s", "LIMIT", "9", "NOMKSTREAM", "MAXLEN", "=", "5", "2-1", "limit", "limit"},
		{"xadd", "s", "limit", "1", "minid", "=", "0", "limit", "9", "limit", "5", "3-1", "limit", "9"},
		{"XADD", "s", "MAXLEN", "~", "5", "LIMIT", "9", "4-1", "f", "v"},
	} {
		require.NoError(t, p.run(args))
		n, err := s.XLen("s")
		require.NoError(t, err)
		require.Equal(t, i+1, n)
	}
	require.NoError(t, p.run([]string{"XTRIM", "s", "MAXLEN", "=", "2", "LIMIT", "9", "LIMIT", "3"}))
	require.NoError(t, p.run([]string{"XTRIM", "s", "LIMIT", "9", "MINID", "=", "4"}))
	n, err := s.XLen("s")
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

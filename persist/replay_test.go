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

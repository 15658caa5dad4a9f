package script_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

// countLibrary counts in a local variable.
const countLibrary = `#!lua name=counts
local n = 0
redis.register_function('count', function(keys, args)
	n = n + (tonumber(args[1]) or 1)
	return n
end)
redis.register_function{
	function_name = 'peek', description = 'Looks.', flags = {'no-writes'},
	callback = function(keys) return {n, redis.call('GET', keys[1])} end,
}`

func load(t *testing.T, db script.Database, code string) {
	t.Helper()
	_, err := script.Load(db, code)
	require.NoError(t, err)
}

func call(t *testing.T, db script.Database, function string, keys []string, args ...any) script.Value {
	t.Helper()
	v, err := script.Call(t.Context(), db, function, keys, args...)
	require.NoError(t, err)
	return v
}

func TestLibrary(t *testing.T) {
	s := newStore(t, nook.Options{})
	name, err := script.Load(s, countLibrary)
	require.NoError(t, err)
	require.Equal(t, "counts", name)
	require.Equal(t, []script.Library{{Name: "counts", Code: countLibrary, Functions: []script.Function{
		{Name: "count"}, {Name: "peek", Description: "Looks.", Flags: []string{"no-writes"}},
	}}}, script.Libraries(s))

	require.Equal(t, "1", call(t, s, "count", nil).Text())
	require.Equal(t, "3", call(t, s.DB(4), "COUNT", nil, 2).Text(), "libraries are those of the store, and names of any case")
	require.NoError(t, s.Set("k", "v"))
	v, err := script.CallReadOnly(t.Context(), s, "peek", []string{"k"})
	require.NoError(t, err)
	require.Equal(t, []string{"3", "v"}, v.Texts())
	_, err = script.CallReadOnly(t.Context(), s, "count", nil)
	requireError(t, err, "ERR", "ERR Can not execute a script with write flag using *_ro command.")

	_, err = script.Load(s, countLibrary)
	requireError(t, err, "ERR", "ERR Library 'counts' already exists")
	require.Equal(t, "4", call(t, s, "count", nil).Text())
	_, err = script.LoadWith(s, countLibrary, script.LoadOptions{Replace: true})
	require.NoError(t, err)
	require.Equal(t, "1", call(t, s, "count", nil).Text(), "a library that was replaced begins anew")

	load(t, s, "#!lua name=other\nredis.register_function('other', function() return 'x' end)")
	require.Len(t, script.Libraries(s), 2)
	deleted, err := script.Delete(s, "counts")
	require.NoError(t, err)
	require.True(t, deleted)
	deleted, err = script.Delete(s, "counts")
	require.NoError(t, err)
	require.False(t, deleted)
	_, err = script.Call(t.Context(), s, "count", nil)
	requireError(t, err, "ERR", "ERR Function not found")
	require.Equal(t, "x", call(t, s, "other", nil).Text())
	require.NoError(t, script.Flush(s))
	require.Empty(t, script.Libraries(s))
	_, err = script.Call(t.Context(), s, "other", nil)
	requireError(t, err, "ERR", "ERR Function not found")
}

// TestLoadErrors lists code that is no library.
func TestLoadErrors(t *testing.T) {
	s := newStore(t, nook.Options{})
	load(t, s, countLibrary)
	for _, row := range []struct{ code, text string }{
		{"return 1", "ERR Missing library metadata"},
		{"#!lua name=x", "ERR Invalid library metadata"},
		{"#!lua\n", "ERR Library name was not given"},
		{"#!lua name=a-b\n", "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"},
		{"#!python name=x\n", "ERR Engine 'python' not found"},
		{"#!lua name=x\nreturn 1", "ERR No functions registered"},
		{"#!lua name=x\nreturn +", "ERR Error compiling function: user_function:2: "},
		{"#!lua name=x\nerror('oh')", "ERR Error registering functions: "},
		{"#!lua name=x\nredis.call('SET', 'k', 1)", "ERR Error registering functions: "},
		{"#!lua name=x\nredis.register_function('count', function() end)", "ERR Function count already exists"},
		{"#!lua name=x\nwhile true do end", "ERR Error registering functions: ERR FUNCTION LOAD timeout"},
	} {
		_, err := script.Load(s, row.code)
		requireError(t, err, "ERR", row.text)
	}
	require.Len(t, script.Libraries(s), 1)
	require.Equal(t, "1", call(t, s, "count", nil).Text())
}

// TestLibraryInTransaction: a transaction of any keys may change libraries.
func TestLibraryInTransaction(t *testing.T) {
	journal := new(effects)
	s := newStore(t, nook.Options{Journal: journal})
	err := s.Exec(func(tx *nook.Tx) error {
		if err := tx.Set("k", "v"); err != nil {
			return err
		}
		_, err := script.Load(tx, countLibrary)
		require.Len(t, script.Libraries(tx), 1)
		return err
	}, "k")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"SET", "k", "v"}, {"FUNCTION", "LOAD", "REPLACE", countLibrary}}, journal.take())
	require.Equal(t, "1", call(t, s, "count", nil).Text())
}

// TestStoresAreApart: the libraries of a store, and their variables, are its own.
func TestStoresAreApart(t *testing.T) {
	a, b := newStore(t, nook.Options{}), newStore(t, nook.Options{})
	load(t, a, countLibrary)
	require.Empty(t, script.Libraries(b))
	_, err := script.Call(t.Context(), b, "count", nil)
	requireError(t, err, "ERR", "ERR Function not found")
	load(t, b, countLibrary)
	require.Equal(t, "1", call(t, a, "count", nil).Text())
	require.Equal(t, "2", call(t, a, "count", nil).Text())
	require.Equal(t, "1", call(t, b, "count", nil).Text())
}

// TestLibraryPutByHand: libraries that came into the store in another way, as from a journal, are there as well.
func TestLibraryPutByHand(t *testing.T) {
	s := newStore(t, nook.Options{})
	require.NoError(t, s.PutLibrary(nook.Library{Name: "counts", Engine: "LUA", Code: countLibrary}))
	require.Equal(t, "1", call(t, s, "count", nil).Text())
	require.NoError(t, s.PutLibrary(nook.Library{Name: "broken", Engine: "LUA", Code: "#!lua name=broken\nreturn +"}))
	require.Equal(t, "2", call(t, s, "count", nil).Text())
	require.NoError(t, s.FlushLibraries())
	_, err := script.Call(t.Context(), s, "count", nil)
	requireError(t, err, "ERR", "ERR Function not found")
}

func TestCallLimits(t *testing.T) {
	s := newStore(t, nook.Options{})
	load(t, s, "#!lua name=spins\nredis.register_function('spin', function() while true do end end)")
	for _, row := range []struct {
		limits script.Limits
		text   string
	}{
		{script.Limits{Instructions: 1e5}, "ERR too many instructions script: spin, on @user_function:2."},
		{script.Limits{Time: 10 * time.Millisecond}, "ERR script ran for too long script: spin, on @user_function:2."},
	} {
		_, err := script.CallWith(t.Context(), s, "spin", script.CallOptions{Limits: &row.limits}, nil)
		requireError(t, err, "ERR", row.text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := script.Call(ctx, s, "spin", nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = script.Call(ctx, s, "spin", nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = script.Call(t.Context(), s, "spin", nil, struct{}{})
	require.EqualError(t, err, "script: argument 1: a struct {} is no argument of a script")
}

// TestFunctionFlags: what flags say of a function holds for it.
func TestFunctionFlags(t *testing.T) {
	s := newStore(t, nook.Options{MaxMemory: 1 << 20})
	load(t, s, `#!lua name=flags
		local function set(keys) return redis.call('SET', keys[1], 1) end
		redis.register_function('plain', set)
		redis.register_function{function_name = 'reads', callback = set, flags = {'no-writes'}}
		redis.register_function{function_name = 'greedy', callback = set, flags = {'allow-oom'}}`)
	require.NoError(t, s.Set("big", strings.Repeat("x", 1<<20)))
	_, err := script.Call(t.Context(), s, "reads", []string{"k"})
	requireError(t, err, "ERR", "ERR Write commands are not allowed from read-only scripts.")
	_, err = script.Call(t.Context(), s, "plain", []string{"k"})
	requireError(t, err, "OOM", "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'")
	call(t, s, "greedy", []string{"k"})
	require.Equal(t, "1", value(t, s, "k"))
}

// TestDumpAndRestore: libraries come back as a whole, or not at all.
func TestDumpAndRestore(t *testing.T) {
	const one = "#!lua name=one\nredis.register_function('f', function() return 1 end)"
	const two = "#!lua name=two\nredis.register_function('g', function() return 2 end)"
	const rival = "#!lua name=rival\nredis.register_function('F', function() return 3 end)"
	dumpOf := func(codes ...string) string {
		s := newStore(t, nook.Options{})
		for _, code := range codes {
			load(t, s, code)
		}
		return script.Dump(s)
	}
	journal := new(effects)
	s, copied := newStore(t, nook.Options{Journal: journal}), newStore(t, nook.Options{})
	both := dumpOf(one, two)
	require.NoError(t, script.Restore(s, both, script.Append))
	require.Equal(t, both, script.Dump(s))
	require.Equal(t, "1", call(t, s, "f", nil).Text())
	require.Equal(t, "2", call(t, s, "g", nil).Text())
	require.Equal(t, [][]string{{"FUNCTION", "RESTORE", both, "REPLACE"}}, journal.take())

	_, revision := s.Libraries()
	for _, row := range []struct {
		payload string
		policy  script.RestorePolicy
		text    string
	}{
		{dumpOf(two), script.Append, "ERR Library two already exists"},
		{dumpOf(rival), script.Append, "ERR Function F already exists"},
		{dumpOf(rival), script.Replace, "ERR Function F already exists"},
		{dumpOf(two, rival), script.Replace, "ERR Function F already exists"},
	} {
		requireError(t, script.Restore(s, row.payload, row.policy), "ERR", row.text)
	}
	require.ErrorIs(t, script.Restore(s, both[:len(both)-1], script.ReplaceAll), nook.ErrDumpPayload)
	_, after := s.Libraries()
	require.Equal(t, revision, after)
	require.Empty(t, journal.take())
	require.Equal(t, both, script.Dump(s))

	require.NoError(t, script.Restore(s, dumpOf(one), script.Replace))
	require.Equal(t, both, script.Dump(s))
	require.NoError(t, script.Restore(s, dumpOf(rival), script.ReplaceAll))
	require.Equal(t, dumpOf(rival), script.Dump(s))
	require.Equal(t, "3", call(t, s, "f", nil).Text())
	_, err := script.Call(t.Context(), s, "g", nil)
	requireError(t, err, "ERR", "ERR Function not found")
	for _, args := range journal.take() {
		policy := map[string]script.RestorePolicy{"REPLACE": script.Replace, "FLUSH": script.ReplaceAll}
		require.NoError(t, script.Restore(copied, args[2], policy[args[3]]))
	}
	require.Equal(t, script.Dump(s), script.Dump(copied))
	require.NoError(t, script.Restore(s, dumpOf(), script.ReplaceAll))
	require.Empty(t, script.Libraries(s))
}

// TestLibrariesOfFullStore: the limit of memory is looked at before the code, as in Redis.
func TestLibrariesOfFullStore(t *testing.T) {
	s := newStore(t, nook.Options{MaxMemory: 1 << 20})
	_, err := script.Load(s, "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
	require.NoError(t, err)
	payload := script.Dump(s)
	require.NoError(t, s.Set("k", strings.Repeat("x", 1<<20)))
	_, err = script.Load(s, "no library")
	require.ErrorIs(t, err, nook.ErrOutOfMemory)
	require.ErrorIs(t, script.Restore(s, "no payload", script.Replace), nook.ErrOutOfMemory)
	require.ErrorIs(t, script.Restore(s, payload, script.Replace), nook.ErrOutOfMemory)
	_, err = script.Delete(s, "lib")
	require.NoError(t, err)
}

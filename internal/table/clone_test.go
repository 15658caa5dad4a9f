package table

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// entriesOf returns the entries of a table by their keys.
func entriesOf(t *Table) map[string]*Entry {
	entries := map[string]*Entry{}
	for e := range t.All() {
		entries[e.Key()] = e
	}
	return entries
}

// someTable returns a table in which some of n keys have come and gone.
func someTable(rt *rapid.T, n int) *Table {
	t := New(rapid.IntRange(0, 3).Draw(rt, "skip"))
	for i := range rapid.IntRange(0, n).Draw(rt, "at first") {
		key := fmt.Sprint(i)
		t.Insert(Hash(key)<<t.skip, NewText(key, "", 0))
	}
	change(rt, t, n)
	return t
}

// change inserts, replaces and deletes some of n keys.
func change(rt *rapid.T, t *Table, n int) {
	for range rapid.IntRange(0, n).Draw(rt, "changes") {
		key := fmt.Sprint(rapid.IntRange(0, n).Draw(rt, "key"))
		h := Hash(key) << t.skip
		switch e, slot := t.Locate(h, key); {
		case e == nil:
			t.Insert(h, NewText(key, "", 0))
		case rapid.Bool().Draw(rt, "replace"):
			t.Replace(h, slot, NewText(key, "new", 0))
		default:
			t.Delete(h, slot)
		}
	}
}

// TestClone changes a table and its clone, each for itself.
func TestClone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{10, 300, 1000}).Draw(t, "keys")
		original := someTable(t, n)
		want := entriesOf(original)
		var twin, taker Table
		original.Clone(&twin)
		twin.check(t)
		require.Equal(t, want, entriesOf(&twin))
		change(t, original, n)
		original.check(t)
		require.Equal(t, want, entriesOf(&twin))
		changed := entriesOf(original)
		change(t, &twin, n)
		twin.check(t)
		require.Equal(t, changed, entriesOf(original))

		original.Take(&taker)
		original.check(t)
		taker.check(t)
		require.Zero(t, original.Len())
		require.ElementsMatch(t, slices.Collect(maps.Keys(changed)), slices.Collect(maps.Keys(entriesOf(&taker))))
	})
}

// TestFork goes on with forks of forks, while each table that was left stays what it was.
func TestFork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{10, 300, 1000, 5000}).Draw(t, "keys")
		now := someTable(t, n)
		require.False(t, now.Forked())
		var left []*Table
		var held []map[string]*Entry
		for range rapid.IntRange(1, 4).Draw(t, "forks") {
			left, held = append(left, now), append(held, entriesOf(now))
			fork := new(Table)
			now.Fork(fork)
			require.True(t, fork.Forked())
			require.Equal(t, held[len(held)-1], entriesOf(fork))
			now = fork
			change(t, now, n)
			now.check(t)
		}
		for i := range left {
			left[i].check(t)
			require.Equal(t, held[i], entriesOf(left[i]))
		}
	})
}

// TestForkShares changes one key of a large table, which costs one segment.
func TestForkShares(t *testing.T) {
	original, fork := New(0), new(Table)
	for i := range 10_000 {
		key := fmt.Sprint(i)
		original.Insert(Hash(key), NewText(key, "", 0))
	}
	original.Fork(fork)
	fork.Insert(Hash("new"), NewText("new", "", 0))
	own := 0
	for s := range fork.dir.Load().segments() {
		if s.generation == fork.generation {
			own++
		}
	}
	require.LessOrEqual(t, own, 2, "one, or the halves of one")
	require.Positive(t, own)
	require.Nil(t, original.Find(Hash("new"), "new"))
}

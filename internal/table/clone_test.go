package table

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// keysOf returns the keys of a table.
func keysOf(t *Table) map[string]bool {
	keys := map[string]bool{}
	for e := range t.All() {
		keys[e.Key()] = true
	}
	return keys
}

// change inserts and deletes some of n keys.
func change(rt *rapid.T, t *Table, n int) {
	for range rapid.IntRange(0, n).Draw(rt, "changes") {
		key := fmt.Sprint(rapid.IntRange(0, n).Draw(rt, "key"))
		h := Hash(key) << t.skip
		if e, slot := t.Locate(h, key); e != nil {
			t.Delete(h, slot)
		} else {
			t.Insert(h, NewText(key, "", 0))
		}
	}
}

// TestClone changes a table and its clone, each for itself.
func TestClone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := New(rapid.IntRange(0, 3).Draw(t, "skip"))
		n := rapid.SampledFrom([]int{10, 300, 1000}).Draw(t, "keys")
		for i := range rapid.IntRange(0, n).Draw(t, "at first") {
			key := fmt.Sprint(i)
			original.Insert(Hash(key)<<original.skip, NewText(key, "", 0))
		}
		change(t, original, n)
		want := keysOf(original)
		var twin, taker Table
		original.Clone(&twin)
		twin.check(t)
		require.Equal(t, want, keysOf(&twin))
		change(t, original, n)
		original.check(t)
		require.Equal(t, want, keysOf(&twin))
		changed := keysOf(original)
		change(t, &twin, n)
		twin.check(t)
		require.Equal(t, changed, keysOf(original))

		original.Take(&taker)
		original.check(t)
		taker.check(t)
		require.Zero(t, original.Len())
		require.ElementsMatch(t, slices.Collect(maps.Keys(changed)), slices.Collect(maps.Keys(keysOf(&taker))))
	})
}

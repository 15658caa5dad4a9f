package cluster_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/cluster"
)

// The slots are those that a redis-server gives.
func TestSlot(t *testing.T) {
	for key, want := range map[string]int{
		"": 0, "a": 15495, "b": 3300, "c": 7365, "123456789": 12739, "foo": 12182, "bar": 5061,
		"{}a": 10875, "{a}b": 15495, "{a}{b}": 15495, "{a": 10276, "foo{bar}baz": 5061, "foo{}{bar}": 8363,
		"foo{{bar}}zap": 4015, "\x00\xff": 7920,
	} {
		require.Equal(t, want, cluster.Slot(key), "%q", key)
	}
}

func FuzzSlot(f *testing.F) {
	f.Add("a{b}c", "d")
	f.Fuzz(func(t *testing.T, key, rest string) {
		slot := cluster.Slot(key)
		if slot < 0 || slot >= cluster.Slots {
			t.Fatal(slot)
		}
		if key == "" || strings.Contains(key, "}") {
			return
		}
		if plain := strings.ReplaceAll(key, "{", ""); plain != "" && cluster.Slot("{"+plain+"}"+rest) != cluster.Slot(plain) {
			t.Fatalf("%q is not in the slot of its tag", "{"+plain+"}"+rest)
		}
	})
}

package stream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCursorFarAhead reads so many entries that the room that a cursor doubles must not go on growing.
func TestCursorFarAhead(t *testing.T) {
	var l Log
	const entries = 20_000
	for i := range uint64(entries) {
		l.Append(ID{i + 1, 0}, Limit{Bytes: 4096, Entries: 100}, []string{"name", "some value"})
	}
	n := 0
	for c := l.Range(ID{}, MaxID, false); c.Next(); n++ {
		require.Equal(t, []string{"name", "some value"}, c.Fields(nil))
	}
	require.Equal(t, entries, n)
}

package nooktest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Arguments take memory, however short they are.
func TestRecordIsBounded(t *testing.T) {
	var r record
	args := make([]string, 1<<20) // all of them empty
	for range 8 {
		r.add(&Command{Args: args})
	}
	require.Less(t, len(r.commands), 5)
	require.Equal(t, 8, r.forgotten+len(r.commands))
	r.rewind(0)
	require.Zero(t, r.bytes)
}

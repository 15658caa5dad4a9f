package workload

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestKeyIsPrefixAndTwelveDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, 999_999_999_999).Draw(t, "i")
		require.Equal(t, fmt.Sprintf("key:%012d", i), Key(i))
	})
}

func TestValuesAreDistinctAndOfOneSize(t *testing.T) {
	seen := map[string]bool{}
	for i, v := range Values(10_000) {
		require.Len(t, v, ValueLen)
		require.Equal(t, v, Value(i))
		seen[v] = true
	}
	require.Len(t, seen, 10_000)
}

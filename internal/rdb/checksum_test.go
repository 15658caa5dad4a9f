package rdb

import (
	"hash/crc64"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestAddChecksum against the standard library, which inverts before and after.
func TestAddChecksum(t *testing.T) {
	table := crc64.MakeTable(bits.Reverse64(0xad93d23594c935a9))
	rapid.Check(t, func(t *rapid.T) {
		before, b := rapid.Uint64().Draw(t, "before"), rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		require.Equal(t, ^crc64.Update(^before, table, b), addChecksum(before, b))
	})
}

func BenchmarkChecksum(b *testing.B) {
	text := make([]byte, bufferSize)
	for i := range text {
		text[i] = byte(i * i)
	}
	for name, n := range map[string]int{"100 bytes": 100, "a buffer": bufferSize} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				addChecksum(1, text[:n])
			}
		})
	}
}

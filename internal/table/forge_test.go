package table

import (
	"encoding/binary"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rounds of xxhash64 are bijections of 64-bit words, so that a key of two
// words can be found for every hash and every first word. Nothing in these
// tests pretends to have a hash it has not: colliding keys really collide.
const (
	prime1 = 11400714785074694791
	prime2 = 14029467366897019727
	prime3 = 1609587929392839161
	prime4 = 9650029242287828579
	prime5 = 2870177450012600261
)

// forge returns the n-th key of 16 bytes whose hash is h.
func forge(h, n uint64) string {
	// Back from the hash through the avalanche.
	h ^= h >> 32
	h *= inverse(prime3)
	h ^= h>>29 ^ h>>58
	h *= inverse(prime2)
	h ^= h >> 33

	// Forward through the first word, and back through the second.
	const start = uint64(prime5 + 16)
	before := absorb(start, round(n))
	after := bits.RotateLeft64((h-prime4)*inverse(prime1), -27)
	second := unround(before ^ after)

	var key [16]byte
	binary.LittleEndian.PutUint64(key[:8], n)
	binary.LittleEndian.PutUint64(key[8:], second)
	return string(key[:])
}

func absorb(acc, word uint64) uint64 { return bits.RotateLeft64(acc^word, 27)*prime1 + prime4 }

func round(word uint64) uint64 { return bits.RotateLeft64(word*prime2, 31) * prime1 }

func unround(word uint64) uint64 {
	return bits.RotateLeft64(word*inverse(prime1), -31) * inverse(prime2)
}

// inverse returns the multiplicative inverse of an odd number modulo 2^64, by
// Newton's iteration, which doubles the number of right bits.
func inverse(a uint64) uint64 {
	x := a
	for range 6 {
		x *= 2 - a*x
	}
	return x
}

func TestForge(t *testing.T) {
	for _, h := range []uint64{0, 1, 1 << 63, ^uint64(0), 0x0123456789abcdef} {
		for n := range uint64(100) {
			require.Equal(t, h, Hash(forge(h, n)))
		}
	}
}

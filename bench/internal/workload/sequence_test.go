package workload

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestSequenceHoldsItsOwnCopies(t *testing.T) {
	s := NewSequence(Uniform(3), 100, 0, 1)
	objects := map[*byte]bool{}
	for i := range s.Len() {
		key := s.Key(i)
		require.Contains(t, []string{Key(0), Key(1), Key(2)}, key)
		objects[unsafe.StringData(key)] = true
	}
	require.Len(t, objects, s.Len(), "a string object stands twice")
}

func TestSequenceDependsOnItsSeedAlone(t *testing.T) {
	a, b := NewSequence(Uniform(1000), 500, 0.3, 5), NewSequence(Uniform(1000), 500, 0.3, 5)
	require.Equal(t, a, b)
	require.NotEqual(t, a, NewSequence(Uniform(1000), 500, 0.3, 6))
}

func TestSequenceShareOfWrites(t *testing.T) {
	for _, share := range []float64{0, 0.1, 1} {
		s := NewSequence(Uniform(10), 100_000, share, 1)
		writes := 0
		for i := range s.Len() {
			if s.Writes(i) {
				writes++
			}
		}
		require.InDelta(t, share, float64(writes)/100_000, 0.005)
	}
}

func TestHeadIsAPrefix(t *testing.T) {
	s := NewSequence(Uniform(1000), 50, 0.5, 1)
	h := s.Head(20)
	require.Equal(t, 20, h.Len())
	for i := range h.Len() {
		require.Equal(t, s.Key(i), h.Key(i))
		require.Equal(t, s.Writes(i), h.Writes(i))
	}
	require.Equal(t, s, s.Head(1000))
}

package nook

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSharedSource compares with numbers that the authors' C program prints.
func TestSharedSource(t *testing.T) {
	s := newSharedSource(1234567)
	for _, want := range []uint64{
		6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
	} {
		require.Equal(t, want, s.Uint64())
	}
}

// TestSharedSourceConcurrent shows that no two goroutines get the same number.
func TestSharedSourceConcurrent(t *testing.T) {
	s := newSharedSource(1)
	drawn := make([][]uint64, 4)
	var wg sync.WaitGroup
	for i := range drawn {
		wg.Go(func() {
			for range 1000 {
				drawn[i] = append(drawn[i], s.Uint64())
			}
		})
	}
	wg.Wait()
	seen := map[uint64]bool{}
	for _, numbers := range drawn {
		for _, n := range numbers {
			seen[n] = true
		}
	}
	require.Len(t, seen, 4000)
}

package workload

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// probabilities reads out of the alias table how likely each rank is.
func probabilities(z *Zipf) []float64 {
	n := len(z.keep)
	p := make([]float64, n)
	for column, keep := range z.keep {
		p[column] += keep / float64(n)
		p[z.alias[column]] += (1 - keep) / float64(n)
	}
	return p
}

// harmonic returns the sum of 1/k^s for k from 1 to n.
func harmonic(n int, s float64) float64 {
	sum := 0.0
	for k := 1; k <= n; k++ {
		sum += 1 / math.Pow(float64(k), s)
	}
	return sum
}

func TestZipfIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "n")
		s := rapid.Float64Range(0, 3).Draw(t, "s")
		sum := harmonic(n, s)
		for rank, p := range probabilities(NewZipf(n, s, 1)) {
			require.InDelta(t, 1/math.Pow(float64(rank+1), s)/sum, p, 1e-12)
		}
	})
}

func TestZipfDrawsWhatItsTableSays(t *testing.T) {
	const n, draws = 100, 1_000_000
	z := NewZipf(n, 0.99, 1)
	counts := make([]float64, n)
	r := rand.New(rand.NewPCG(1, 2))
	for range draws {
		counts[z.Draw(r)]++
	}
	chi2 := 0.0
	for rank, p := range probabilities(z) {
		expected := p * draws
		chi2 += math.Pow(counts[z.key[rank]]-expected, 2) / expected
	}
	// 99 degrees of freedom: exceeded once in a thousand seeds, and the seed is fixed.
	require.Less(t, chi2, 148.2)
}

func TestZipfScattersRanks(t *testing.T) {
	z := NewZipf(1000, 0.99, 7)
	seen := map[uint32]bool{}
	neighbours := 0
	for rank, key := range z.key {
		require.Less(t, key, uint32(1000))
		seen[key] = true
		if rank > 0 && key == z.key[rank-1]+1 {
			neighbours++
		}
	}
	require.Len(t, seen, 1000)
	require.Less(t, neighbours, 10)
}

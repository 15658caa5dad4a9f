package workload

import (
	"math"
	"math/rand/v2"
)

// A Distribution draws key numbers.
type Distribution interface {
	Draw(r *rand.Rand) int
}

// Uniform draws every number below its value equally often.
type Uniform int

// Draw returns a number below u. O(1).
func (u Uniform) Draw(r *rand.Rand) int { return r.IntN(int(u)) }

// Zipf draws the k-th most popular of n keys with a probability
// proportional to 1/k^s. The standard library's sampler asks for s > 1, and
// caches are commonly measured at 0.99, so this one is an alias table (Walker
// 1977, built as by Vose 1991): exact for any s, one random draw and one or two table reads.
//
// Ranks are scattered over the keys by a random permutation. Keys inserted
// one after the other often lie side by side in memory, and without it the
// popular ones would share pages.
type Zipf struct {
	keep  []float64 // keep[i]: the share of column i that is rank i itself
	alias []uint32  // alias[i]: the rank that has the rest of column i
	key   []uint32  // key[rank]: the key number with that rank
}

// NewZipf returns the distribution over n keys with exponent s. The seed
// decides which keys are the popular ones. O(n).
func NewZipf(n int, s float64, seed uint64) *Zipf {
	z := &Zipf{keep: zipfWeights(n, s), alias: make([]uint32, n), key: permutation(n, seed)}
	var small, large []uint32
	for i, w := range z.keep {
		if w < 1 {
			small = append(small, uint32(i))
		} else {
			large = append(large, uint32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		low, high := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		z.alias[low] = high
		z.keep[high] -= 1 - z.keep[low]
		if z.keep[high] < 1 {
			large = large[:len(large)-1]
			small = append(small, high)
		}
	}
	// What is left on either side is 1 but for rounding.
	for _, i := range append(small, large...) {
		z.keep[i] = 1
	}
	return z
}

// Draw returns a key number. O(1).
func (z *Zipf) Draw(r *rand.Rand) int { return int(z.key[z.rank(r)]) }

func (z *Zipf) rank(r *rand.Rand) uint32 {
	column := r.IntN(len(z.keep))
	if r.Float64() < z.keep[column] {
		return uint32(column)
	}
	return z.alias[column]
}

// zipfWeights returns the probabilities of the n ranks times n, so that the
// average is 1. Summation goes from the smallest, which keeps it exact.
func zipfWeights(n int, s float64) []float64 {
	weights := make([]float64, n)
	sum := 0.0
	for i := n - 1; i >= 0; i-- {
		weights[i] = math.Pow(float64(i+1), -s)
		sum += weights[i]
	}
	for i := range weights {
		weights[i] *= float64(n) / sum
	}
	return weights
}

func permutation(n int, seed uint64) []uint32 {
	p := make([]uint32, n)
	for i := range p {
		p[i] = uint32(i)
	}
	rand.New(rand.NewPCG(seed, uint64(n))).Shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
	return p
}

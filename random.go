package nook

import (
	"math/rand/v2"
	"sync/atomic"
)

// unseeded is the source of all programs, which costs no synchronisation.
type unseeded struct{}

func (unseeded) Uint64() uint64 { return rand.Uint64() }

// sharedSource is a seeded source that any number of goroutines may use at
// once: SplitMix64 by Steele, Lea and Flood, whose whole state is a counter.
type sharedSource struct{ state atomic.Uint64 }

func newSharedSource(seed uint64) *sharedSource {
	s := new(sharedSource)
	s.state.Store(seed)
	return s
}

func (s *sharedSource) Uint64() uint64 {
	z := s.state.Add(0x9e3779b97f4a7c15)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

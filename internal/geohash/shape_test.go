package geohash

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestContainsTheEdge has circles that end exactly at a point, and just before it.
func TestContainsTheEdge(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		a, b := somewhere(r), somewhere(r)
		d := Distance(a, b)
		s := Shape{Center: a, Radius: d}
		got, ok := s.Contains(b)
		require.True(t, ok, "%v %v", a, b)
		require.Equal(t, d, got)
		if d > 0 {
			s.Radius = math.Nextafter(d, 0)
			_, ok = s.Contains(b)
			require.False(t, ok, "%v %v", a, b)
		}
	}
	s := Shape{Radius: math.Inf(1)}
	_, ok := s.Contains(Point{180, 80})
	require.True(t, ok)
}

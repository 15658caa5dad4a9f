package number

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestParseBound has what ZCOUNT of a real server took and refused.
func TestParseBound(t *testing.T) {
	for s, want := range map[string]float64{
		"": 0, "1": 1, " 1": 1, "\t-1.5": -1.5, "+1": 1, "0x2": 2, "1e3": 1000, "1\x00x": 1, "\x00": 0,
		"inf": math.Inf(1), "-inf": math.Inf(-1), "+infinity": math.Inf(1), "1e400": math.Inf(1), "-1e400": math.Inf(-1),
		"1e-400": 0, "5e-324": 5e-324,
	} {
		got, ok := ParseBound(s)
		require.True(t, ok, "%q", s)
		require.Equal(t, want, got, "%q", s)
	}
	for _, s := range []string{"nan", "1 ", " ", "x", "1e", "(1", "0x", "--1", "1,5"} {
		_, ok := ParseBound(s)
		require.False(t, ok, "%q", s)
	}
}

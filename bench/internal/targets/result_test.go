package targets

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	require.Equal(t, 5.0, samples{5}.median())
	require.Equal(t, 4.0, samples{5, 3}.median())
	require.Equal(t, 3.0, samples{100, 1, 3}.median())
	require.Equal(t, 3.5, samples{100, 1, 3, 4}.median())
}

func TestShareAndSpeedup(t *testing.T) {
	ours, theirs := samples{10, 20, 30}, samples{40, 40, 40}
	require.Equal(t, Result{20, 40, "ns", 0.5, "rounds 0.25 to 0.75"}, share("ns", ours, theirs))
	require.Equal(t, Result{20, 40, "ns", 2, "rounds 1.33 to 4.00"}, speedup("ns", ours, theirs))
}

func TestNumber(t *testing.T) {
	for x, want := range map[float64]string{0: "0.00", 0.0123: "0.012", 0.5: "0.50", 12.34: "12.3", 251.6: "252", 1234567: "1234567"} {
		require.Equal(t, want, number(x))
	}
}

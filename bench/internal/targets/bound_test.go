package targets

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		ratio     float64
		must, aim Bound
		want      Verdict
	}{
		{0.9, AtMost(1.3), AtMost(1), Aim},
		{1, AtMost(1.3), AtMost(1), Aim},
		{1.2, AtMost(1.3), AtMost(1), Must},
		{1.31, AtMost(1.3), AtMost(1), Miss},
		{2.5, AtLeast(1.2), AtLeast(2), Aim},
		{1.2, AtLeast(1.2), AtLeast(2), Must},
		{1.1, AtLeast(1.2), AtLeast(2), Miss},
		{0, AtMost(0), AtMost(0), Aim},
		{0.001, AtMost(0), AtMost(0), Miss},
		{3, AtMost(3), Bound{}, Must},
		{3.1, AtMost(3), Bound{}, Miss},
		{99, AtLeast(100), Bound{}, Miss},
		{7, Bound{}, Bound{}, Printed},
		{7, Bound{}, AtMost(1), Printed},
		{math.NaN(), AtMost(1), AtMost(1), Miss},
		{math.NaN(), Bound{}, Bound{}, Miss},
	} {
		require.Equal(t, c.want, judge(c.ratio, c.must, c.aim), "%v: must %v, aim %v", c.ratio, c.must, c.aim)
	}
}

func TestBoundString(t *testing.T) {
	require.Equal(t, "<= 0.95", AtMost(0.95).String())
	require.Equal(t, ">= 100", AtLeast(100).String())
	require.Equal(t, "-", Bound{}.String())
}

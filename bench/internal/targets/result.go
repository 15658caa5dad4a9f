package targets

import (
	"fmt"
	"slices"
)

// A Result is what a row has measured.
type Result struct {
	Ours, Theirs float64 // Theirs means nothing in a row without a peer
	Unit         string  // of Ours and Theirs
	Ratio        float64 // what the bounds are about
	Note         string  // more to know, in a few words; "" for nothing
}

// samples are the measurements of one side, one a round.
type samples []float64

// median returns the middle of the samples, or the mean of the two middle ones.
func (s samples) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// over returns the ratio of each round.
func (s samples) over(t samples) samples {
	ratios := make(samples, len(s))
	for i := range s {
		ratios[i] = s[i] / t[i]
	}
	return ratios
}

// spread tells how far the rounds lie apart.
func (s samples) spread() string {
	return fmt.Sprintf("rounds %s to %s", number(slices.Min(s)), number(slices.Max(s)))
}

// share is the result that holds our figure over theirs.
func share(unit string, ours, theirs samples) Result {
	return Result{
		Ours: ours.median(), Theirs: theirs.median(), Unit: unit,
		Ratio: ours.median() / theirs.median(), Note: ours.over(theirs).spread(),
	}
}

// speedup is the result that holds how many times shorter our time is.
func speedup(unit string, ours, theirs samples) Result {
	return Result{
		Ours: ours.median(), Theirs: theirs.median(), Unit: unit,
		Ratio: theirs.median() / ours.median(), Note: theirs.over(ours).spread(),
	}
}

// alone is the result of a row without a peer.
func alone(unit string, ours float64) Result {
	return Result{Ours: ours, Unit: unit, Ratio: ours}
}

// number writes a figure with three digits that matter, never in exponents.
func number(x float64) string {
	switch {
	case x != 0 && x < 0.1:
		return fmt.Sprintf("%.3f", x)
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

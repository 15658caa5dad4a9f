// Package latency keeps how long things took: as distributions, and as series of spikes.
package latency

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// A Histogram counts durations, told apart to two significant digits. What takes longer than a second counts as
// one. It may be used by any number of goroutines at once; who reads it while others add sees any part of that.
//
// Each power of two above 256 ns is parted in 128, as hdrhistogram does it, so that the bounds of the
// parts are those that Redis shows.
type Histogram struct {
	counts [slots]atomic.Int64
}

const (
	halfBits = 7 // of the parts of a power of two
	half     = 1 << halfBits
	topBits  = 30 // of a second in nanoseconds
	slots    = half * (topBits - halfBits + 1)

	longest = int64(time.Second)
)

// slotOf returns the index of the part that a number of nanoseconds is in.
func slotOf(nanos int64) int {
	nanos = min(max(nanos, 0), longest)
	shift := max(bits.Len64(uint64(nanos))-halfBits-1, 0)
	return shift*half + int(nanos>>shift)
}

// bound returns the largest number of nanoseconds in a part.
func bound(slot int) int64 {
	shift := max(slot/half-1, 0)
	return (int64(slot-shift*half)+1)<<shift - 1
}

// Add counts n durations of about d.
func (h *Histogram) Add(d time.Duration, n int64) { h.counts[slotOf(int64(d))].Add(n) }

// Reset forgets everything.
func (h *Histogram) Reset() {
	for i := range h.counts {
		h.counts[i].Store(0)
	}
}

// Total returns the number of durations.
func (h *Histogram) Total() (n int64) {
	for i := range h.counts {
		n += h.counts[i].Load()
	}
	return n
}

// Percentile returns the duration that a part of all, in percent, do not exceed.
func (h *Histogram) Percentile(percent float64) time.Duration {
	want := max(int64(min(percent, 100)/100*float64(h.Total())+0.5), 1)
	for i := range h.counts {
		if want -= h.counts[i].Load(); want <= 0 {
			return time.Duration(bound(i))
		}
	}
	return 0
}

// A Step is one of a cumulative distribution.
type Step struct {
	Micros int64 // the durations have no more
	Count  int64 // of such
}

// Cumulative returns the distribution at the powers of two, in units of 1024 ns, at which it grows.
func (h *Histogram) Cumulative() (steps []Step) {
	sum, seen, limit := int64(0), int64(0), int64(1024)
	for i := range h.counts {
		if bound(i) > highest(limit) {
			if sum > seen {
				steps = append(steps, Step{highest(limit) / 1000, sum})
				seen = sum
			}
			limit *= 2
		}
		sum += h.counts[i].Load()
	}
	if sum > seen {
		steps = append(steps, Step{highest(limit) / 1000, sum})
	}
	return steps
}

// highest returns the largest number in the part that a power of two begins. Beyond all parts it is the power itself.
func highest(power int64) int64 {
	if power > longest {
		return power
	}
	shift := max(bits.Len64(uint64(power))-halfBits-1, 0)
	return power + 1<<shift - 1
}

// ValidPercent reports whether a number can be one of percent.
func ValidPercent(p float64) bool { return !math.IsNaN(p) && p >= 0 && p <= 100 }

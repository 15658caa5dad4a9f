package latency

import (
	"slices"
	"time"
)

// seriesLen is how many spikes a series keeps.
const seriesLen = 160

// A Spike is the longest duration of a second.
type Spike struct {
	At     time.Time // to the second
	Millis int64
}

// A Series has the spikes of one kind of event. The zero value is empty.
type Series struct {
	spikes []Spike // the oldest first
	worst  int64
}

// Add notes that an event at some time took so long. Within a second the longest counts.
func (s *Series) Add(at time.Time, millis int64) {
	at = at.Truncate(time.Second)
	s.worst = max(s.worst, millis)
	if n := len(s.spikes); n > 0 && s.spikes[n-1].At.Equal(at) {
		s.spikes[n-1].Millis = max(s.spikes[n-1].Millis, millis)
		return
	}
	if len(s.spikes) == seriesLen {
		s.spikes = append(s.spikes[:0], s.spikes[1:]...)
	}
	s.spikes = append(s.spikes, Spike{at, millis})
}

// Spikes returns those that are kept, the oldest first. The caller must not keep them.
func (s *Series) Spikes() []Spike { return s.spikes }

// Clone returns a copy.
func (s *Series) Clone() Series { return Series{slices.Clone(s.spikes), s.worst} }

// Worst returns the longest of all, even of those that are not kept any more.
func (s *Series) Worst() int64 { return s.worst }

// Summary is what can be said of a series.
type Summary struct {
	Count      int
	Worst      int64         // of all, in milliseconds
	Mean       int64         // milliseconds
	Deviation  int64         // from that, on average
	Period     time.Duration // from one spike to the next, on average
	Low, High  int64         // milliseconds
	Last       Spike
	LastWithin time.Duration // since the last
}

// Summary looks at what is kept, which is not empty.
func (s *Series) Summary(now time.Time) Summary {
	n := int64(len(s.spikes))
	last := s.spikes[n-1]
	sum := Summary{Count: int(n), Worst: s.worst, Low: last.Millis, High: last.Millis, Last: last, LastWithin: now.Sub(last.At)}
	for _, k := range s.spikes {
		sum.Mean += k.Millis
		sum.Low, sum.High = min(sum.Low, k.Millis), max(sum.High, k.Millis)
	}
	sum.Mean /= n
	for _, k := range s.spikes {
		sum.Deviation += max(k.Millis-sum.Mean, sum.Mean-k.Millis)
	}
	sum.Deviation /= n
	sum.Period = max(now.Sub(s.spikes[0].At), time.Second) / time.Duration(n)
	return sum
}

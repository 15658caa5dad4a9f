package latency

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSlots(t *testing.T) {
	last := int64(-1)
	for slot := range slots {
		require.Equal(t, slot, slotOf(last+1))
		require.Greater(t, bound(slot), last)
		last = bound(slot)
		if last >= longest {
			require.Equal(t, slot, slotOf(1<<62))
			break
		}
		require.Equal(t, slot, slotOf(last))
	}
	require.GreaterOrEqual(t, last, longest)
	require.Zero(t, slotOf(-1))
}

// TestHistogram compares with the durations themselves.
func TestHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h Histogram
		all := rapid.SliceOfN(rapid.Int64Range(0, 2*longest), 1, 50).Draw(t, "nanoseconds")
		for _, d := range all {
			h.Add(time.Duration(d), 2)
		}
		steps := h.Cumulative()
		require.EqualValues(t, 2*len(all), h.Total())
		require.Equal(t, h.Total(), steps[len(steps)-1].Count)
		for _, s := range steps {
			n := int64(0)
			for _, d := range all {
				if min(d, longest)/1000 <= s.Micros && min(d, longest) < (s.Micros+1)*1024 {
					n += 2
				}
			}
			require.GreaterOrEqual(t, n, s.Count)
		}
		most := int64(0)
		for _, d := range all {
			most = max(most, min(d, longest))
		}
		p := int64(h.Percentile(100))
		require.GreaterOrEqual(t, p, most)
		require.LessOrEqual(t, p-most, most/half+1)
		h.Reset()
		require.Zero(t, h.Total())
		require.Empty(t, h.Cumulative())
		require.Zero(t, h.Percentile(50))
	})
}

// TestPercentiles has figures of INFO latencystats of a redis-server.
func TestPercentiles(t *testing.T) {
	var h Histogram
	h.Add(3*time.Microsecond, 1)
	h.Add(119*time.Microsecond, 1)
	require.Equal(t, 3007*time.Nanosecond, h.Percentile(50))
	require.Equal(t, 119295*time.Nanosecond, h.Percentile(99.9))
	require.Equal(t, 3007*time.Nanosecond, h.Percentile(0))
	require.Equal(t, []Step{{4, 1}, {132, 2}}, h.Cumulative())
}

func TestSeries(t *testing.T) {
	var s Series
	start := time.Unix(1000, 500)
	for i := range 3 * seriesLen {
		s.Add(start.Add(time.Duration(i)*time.Second/2), int64(i))
	}
	require.Len(t, s.Spikes(), seriesLen)
	require.EqualValues(t, 3*seriesLen-1, s.Worst())
	require.Equal(t, Spike{time.Unix(1000+80, 0), 161}, s.Spikes()[0])
	other := s.Clone()
	s.Add(start.Add(time.Hour), 7)
	require.NotEqual(t, other.Spikes(), s.Spikes())
	sum := s.Summary(start.Add(time.Hour))
	require.EqualValues(t, 7, sum.Low)
	require.Equal(t, Spike{time.Unix(1000+3600, 0), 7}, sum.Last)
	require.Equal(t, s.Worst(), sum.High)
}

// TestGraph has the spikes and the drawing of a redis-server.
func TestGraph(t *testing.T) {
	var s Series
	for i, ms := range []int64{10, 20, 50, 13, 32, 44, 27, 2, 35} {
		s.Add(time.Unix(int64(i), 0), ms)
	}
	require.Equal(t, `command - high 50 ms, low 2 ms (all time high 50 ms)
--------------------------------------------------------------------------------
  #  o   
  | o|_ #
 o| ||| |
#||#|||_|
         
198765432
0ssssssss
s        
`, s.Graph("command", time.Unix(10, 0)))
	require.Contains(t, s.Graph("x", time.Unix(200, 0)), "333333333\nmmmmmmmmm\n")
	for i := range 100 {
		s.Add(time.Unix(int64(i), 0), 1)
	}
	require.Contains(t, s.Graph("x", time.Unix(100, 0)), "\n\n")
}

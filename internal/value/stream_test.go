package value

import (
	"math"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/stream"
)

var streamLimits = Limits{StreamBytes: 4096, StreamEntries: 100}

// fillStream adds so many entries.
func fillStream(s *Stream, count int) {
	for i := range uint64(count) {
		s.Add(stream.ID{Ms: 1700000000000 + i/3, Seq: i % 3}, &streamLimits, []string{"name", strconv.FormatUint(i, 10), "text", "some more"})
	}
}

func TestStream(t *testing.T) {
	s := NewStream()
	require.Equal(t, "stream", s.Type())
	require.Equal(t, "stream", s.Encoding())
	require.False(t, s.Empty())
	fillStream(s, 10)
	last := stream.ID{Ms: 1700000000003}
	require.Equal(t, last, s.LastID)
	require.EqualValues(t, 10, s.Added)
	require.True(t, s.Remove(stream.ID{Ms: 1700000000001}))
	require.False(t, s.Remove(stream.ID{Ms: 1700000000001}))
	require.True(t, s.Remove(stream.ID{Ms: 1700000000000}))
	require.Equal(t, stream.ID{Ms: 1700000000001}, s.MaxDeleted)

	c := s.Clone().(*Stream)
	require.NoError(t, c.Check())
	require.Equal(t, s.LastID, c.LastID)
	require.Equal(t, s.MaxDeleted, c.MaxDeleted)
	require.Equal(t, s.Added, c.Added)
	require.True(t, s.Remove(last))
	s.Trim(&stream.Trim{})
	require.Equal(t, 8, c.Len())
	require.True(t, c.Has(last))
	require.False(t, c.Empty())
	require.False(t, s.Empty(), "a stream stays without entries")
}

// TestStreamBytes compares Bytes with what the heap has given.
func TestStreamBytes(t *testing.T) {
	const rounds = 3
	for _, n := range []int{0, 1, 10, 99, 150, 5000} {
		count := 500_000 / (n + 30)
		all := make([]*Stream, count)
		taken := math.Inf(1)
		for range rounds {
			clear(all)
			before := heapInUse()
			for i := range all {
				all[i] = NewStream()
				fillStream(all[i], n)
			}
			taken = min(taken, float64(heapInUse()-before)/float64(count))
		}
		require.InEpsilon(t, taken, float64(all[0].Bytes()), 0.1, "%d entries", n)
	}
}

// TestStreamBytesAfterTrim has streams that go on and on, of which little is kept.
func TestStreamBytesAfterTrim(t *testing.T) {
	all := make([]*Stream, 20)
	runtime.GC()
	before := heapInUse()
	for i := range all {
		s := NewStream()
		for n := range uint64(20_000) {
			s.Add(stream.ID{Ms: n + 1}, &streamLimits, []string{"name", "value"})
			s.Trim(&stream.Trim{MaxLen: 5000, Approx: true})
		}
		require.NoError(t, s.Check())
		all[i] = s
	}
	taken := float64(heapInUse()-before) / float64(len(all))
	require.InEpsilon(t, taken, float64(all[0].Bytes()), 0.1)
	runtime.KeepAlive(all)
}

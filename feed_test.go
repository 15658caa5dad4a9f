package nook

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ticket is a parcel for tests.
type ticket struct {
	number int
	gap    uint64
}

func (x ticket) after(missed uint64) ticket { return ticket{x.number, missed} }

// naiveFeed is what a feed should do when everybody waits for its goroutine.
type naiveFeed struct {
	limit  int
	full   FullPolicy
	held   []ticket
	gap    uint64
	missed uint64
	ended  bool
	err    error
}

func (m *naiveFeed) put(n int) {
	switch {
	case m.ended:
	case len(m.held) < m.limit:
		m.held = append(m.held, ticket{n, m.gap})
		m.gap = 0
	default:
		m.gap++
		m.missed++
		if m.full == EndWhenFull {
			m.ended, m.err = true, ErrSlowReceiver
		}
	}
}

// A feedStep puts n in, or receives n.
type feedStep struct {
	put bool
	n   int
}

func TestFeedAsModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		limit := rapid.SampledFrom([]int{1, 2, feedBuffer - 1, feedBuffer, feedBuffer + 1, 2*feedBuffer + 3}).Draw(r, "limit")
		full := rapid.SampledFrom([]FullPolicy{SkipWhenFull, EndWhenFull}).Draw(r, "full")
		steps := rapid.SliceOf(rapid.Custom(func(r *rapid.T) feedStep {
			return feedStep{rapid.Bool().Draw(r, "put"), rapid.IntRange(1, 3*limit/2).Draw(r, "n")}
		})).Draw(r, "steps")
		var got, want []string
		synctest.Test(t, func(*testing.T) { got, want = followFeed(limit, full, steps) })
		require.Equal(r, want, got)
	})
}

// followFeed takes steps with a feed and with the model, and returns what both showed.
func followFeed(limit int, full FullPolicy, steps []feedStep) (got, want []string) {
	f, m := newFeed[ticket](limit, full), naiveFeed{limit: limit, full: full}
	last := 0
	for _, step := range steps {
		for range step.n {
			if step.put {
				last++
				f.put(ticket{number: last})
				m.put(last)
			} else {
				got, want = append(got, nextOf(f)), append(want, m.next())
			}
			synctest.Wait()
		}
		got = append(got, fmt.Sprint(f.lost(), f.reason()))
		want = append(want, fmt.Sprint(m.missed, m.err))
	}
	buffered := len(f.out)
	m.missed += uint64(len(m.held) - buffered)
	m.held, m.ended = m.held[:buffered], true
	f.close(nil)
	for range buffered + 1 {
		got, want = append(got, nextOf(f)), append(want, m.next())
	}
	return append(got, fmt.Sprint(f.lost())), append(want, fmt.Sprint(m.missed))
}

// nextOf says what there is to receive.
func nextOf(f *feed[ticket]) string {
	select {
	case x, open := <-f.out:
		if open {
			return fmt.Sprint(x)
		}
		return "closed"
	default:
		return "nothing"
	}
}

func (m *naiveFeed) next() string {
	switch {
	case len(m.held) > 0:
		x := m.held[0]
		m.held = m.held[1:]
		return fmt.Sprint(x)
	case m.ended:
		return "closed"
	default:
		return "nothing"
	}
}

// TestFeedCountsAll closes a feed at any moment: what was put in was received, or is
// in the channel, or was missed.
func TestFeedCountsAll(t *testing.T) {
	for round := range feedBuffer + 100 { // so many fit, and can be received
		f := newFeed[ticket](feedBuffer+100, SkipWhenFull)
		var writers sync.WaitGroup
		writers.Go(func() {
			for n := range 300 {
				f.put(ticket{number: n})
			}
		})
		last, missing, received := -1, uint64(0), 0
		receive := func(x ticket) {
			require.Greater(t, x.number, last)
			require.EqualValues(t, x.number-last-1, x.gap)
			last = x.number
			missing += x.gap
			received++
		}
		for range round {
			receive(<-f.out)
		}
		writers.Wait()
		f.close(nil)
		f.close(ErrClosed)
		f.put(ticket{number: 1000})
		for x := range f.out {
			receive(x)
		}
		require.EqualValues(t, 300, uint64(received)+f.lost())
		require.LessOrEqual(t, missing, f.lost())
		require.NoError(t, f.reason())
	}
}

// TestFeedIdle shows that a feed with nothing to move has no goroutine: a bubble
// with one could not end.
func TestFeedIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed[ticket](0, SkipWhenFull)
		for n := range 10 * feedBuffer {
			f.put(ticket{number: n})
		}
		for n := range 10 * feedBuffer {
			require.Equal(t, ticket{number: n}, <-f.out)
		}
		synctest.Wait()
		require.False(t, f.pumping)
		require.Empty(t, f.queue)
	})
}

func BenchmarkFeed(b *testing.B) {
	f := newFeed[ticket](0, SkipWhenFull)
	for b.Loop() {
		f.put(ticket{})
		<-f.out
	}
}

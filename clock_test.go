package nook

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// countingClock is the real clock, and knows how many timers wait.
type countingClock struct {
	realClock
	mu      sync.Mutex
	waiting map[*countedTimer]bool // guarded by mu
}

type countedTimer struct {
	Timer
	clock *countingClock
}

func (c *countingClock) AfterFunc(d time.Duration, f func()) Timer {
	timer := &countedTimer{clock: c}
	timer.note(true)
	timer.Timer = c.realClock.AfterFunc(d, func() {
		timer.note(false)
		f()
	})
	return timer
}

func (t *countedTimer) note(waits bool) {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.clock.waiting == nil {
		t.clock.waiting = map[*countedTimer]bool{}
	}
	t.clock.waiting[t] = waits
}

func (t *countedTimer) Stop() bool {
	t.note(false)
	return t.Timer.Stop()
}

func (t *countedTimer) Reset(d time.Duration) bool {
	t.note(true)
	return t.Timer.Reset(d)
}

func (c *countingClock) pending() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, waits := range c.waiting {
		if waits {
			n++
		}
	}
	return n
}

func TestManualClock(t *testing.T) {
	require.Equal(t, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NewManualClock(time.Time{}).Now())
	start := time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)
	c := NewManualClock(start)
	var calls []string
	note := func(name string) func() {
		return func() { calls = append(calls, fmt.Sprintf("%s@%v", name, c.Now().Sub(start))) }
	}
	taken := func() []string {
		defer func() { calls = nil }()
		return calls
	}
	c.AfterFunc(3*time.Second, note("c"))
	c.AfterFunc(time.Second, note("a"))
	c.AfterFunc(3*time.Second, note("d"))
	b := c.AfterFunc(2*time.Second, note("b"))
	c.AfterFunc(-time.Second, note("now"))
	require.Empty(t, taken(), "nothing happens before the clock is moved, not even what is due")
	c.Advance(0)
	require.Equal(t, []string{"now@0s"}, taken())
	c.Advance(time.Second - 1)
	require.Empty(t, taken())
	require.True(t, b.Stop())
	require.False(t, b.Stop())
	c.Advance(1)
	require.Equal(t, []string{"a@1s"}, taken())
	require.False(t, b.Reset(5*time.Second))
	require.True(t, b.Reset(2*time.Second), "it is now the youngest of those at 3s")
	c.Advance(10 * time.Second)
	require.Equal(t, []string{"c@3s", "d@3s", "b@3s"}, taken())
	require.Equal(t, 11*time.Second, c.Now().Sub(start))
	require.False(t, b.Stop())
	require.False(t, b.Reset(0))
	c.Advance(-time.Hour)
	c.AdvanceTo(start)
	require.Empty(t, taken(), "there is no way back")
	require.Equal(t, 11*time.Second, c.Now().Sub(start))
	c.Advance(0)
	require.Equal(t, []string{"b@11s"}, taken())
	c.AdvanceTo(start.Add(time.Minute))
	require.Equal(t, time.Minute, c.Now().Sub(start))
}

// TestManualClockChain lets calls ask for calls: those that fall due on the way
// happen on the way.
func TestManualClockChain(t *testing.T) {
	c := NewManualClock(time.Time{})
	start := c.Now()
	var at []time.Duration
	var tick func()
	tick = func() {
		at = append(at, c.Now().Sub(start))
		if len(at) < 4 {
			c.AfterFunc(time.Second, tick)
		}
	}
	c.AfterFunc(time.Second, tick)
	c.Advance(3500 * time.Millisecond)
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, at)
	c.Advance(time.Second)
	require.Len(t, at, 4)
	require.Empty(t, c.calls)
}

// TestManualClockModel compares with a list that is sorted at each step.
func TestManualClockModel(t *testing.T) {
	type call struct {
		id, order int
		at        time.Duration
	}
	rapid.Check(t, func(t *rapid.T) {
		c := NewManualClock(time.Time{})
		start := c.Now()
		var now time.Duration
		var pending []call
		var ran, want []string
		var timers []Timer
		order := 0
		take := func(id int) bool {
			i := slices.IndexFunc(pending, func(p call) bool { return p.id == id })
			if i >= 0 {
				pending = slices.Delete(pending, i, i+1)
			}
			return i >= 0
		}
		add := func(id int, d time.Duration) {
			order++
			pending = append(pending, call{id, order, now + max(d, 0)})
		}
		duration := rapid.Map(rapid.IntRange(-1, 5), func(n int) time.Duration { return time.Duration(n) })
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch op := rapid.IntRange(0, 3).Draw(t, "op"); {
			case op == 0 || len(timers) == 0:
				id, d := len(timers), duration.Draw(t, "d")
				timers = append(timers, c.AfterFunc(d, func() { ran = append(ran, fmt.Sprint(id, c.Now().Sub(start))) }))
				add(id, d)
			case op == 1:
				id := rapid.IntRange(0, len(timers)-1).Draw(t, "id")
				require.Equal(t, take(id), timers[id].Stop())
			case op == 2:
				id, d := rapid.IntRange(0, len(timers)-1).Draw(t, "id"), duration.Draw(t, "d")
				require.Equal(t, take(id), timers[id].Reset(d))
				add(id, d)
			default:
				d := duration.Draw(t, "d")
				end := now + max(d, 0)
				slices.SortFunc(pending, func(a, b call) int {
					if a.at != b.at {
						return int(a.at - b.at)
					}
					return a.order - b.order
				})
				for d >= 0 && len(pending) > 0 && pending[0].at <= end {
					want = append(want, fmt.Sprint(pending[0].id, pending[0].at))
					pending = pending[1:]
				}
				now = end
				c.Advance(d)
				require.Equal(t, want, ran)
				require.Equal(t, now, c.Now().Sub(start))
			}
		}
		require.Len(t, c.calls, len(pending))
	})
}

// TestManualClockConcurrent moves one clock from many goroutines.
func TestManualClockConcurrent(t *testing.T) {
	c := NewManualClock(time.Time{})
	start := c.Now()
	var mu sync.Mutex
	ran := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				timer := c.AfterFunc(time.Duration(i%7), func() { mu.Lock(); ran++; mu.Unlock() })
				if i%5 == 0 && timer.Stop() {
					mu.Lock()
					ran++
					mu.Unlock()
				}
				c.Advance(time.Duration(i % 3))
			}
		})
	}
	wg.Wait()
	c.Advance(10)
	require.Equal(t, 800, ran)
	require.Equal(t, time.Duration(4*199+10), c.Now().Sub(start))
}

func TestRealClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c realClock
		fired := make(chan time.Time, 1)
		start := c.Now()
		timer := c.AfterFunc(time.Minute, func() { fired <- c.Now() })
		require.Equal(t, time.Minute, (<-fired).Sub(start))
		require.False(t, timer.Stop())
		require.False(t, timer.Reset(time.Second))
		require.Equal(t, time.Minute+time.Second, (<-fired).Sub(start))
		timer.Reset(time.Second)
		require.True(t, timer.Stop())
	})
}

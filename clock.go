package nook

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// A Clock tells a store the time and wakes it. All that depends on time goes by
// it: times to live, blocking timeouts, TIME, stream IDs, idle times.
type Clock interface {
	// Now returns the time. It must not go back by more than the wall clock
	// of a machine does.
	Now() time.Time
	// AfterFunc runs f once d has passed, in a goroutine of its own or in the
	// one that moves the clock. f does not block for long.
	AfterFunc(d time.Duration, f func()) Timer
}

// A Timer is a pending call of Clock.AfterFunc, with the methods of
// time.Timer.
type Timer interface {
	// Stop cancels the call and reports whether it was still pending.
	Stop() bool
	// Reset makes the call due once d has passed from now on, whether it was
	// pending or not, and reports whether it was.
	Reset(d time.Duration) bool
}

// Sleep waits until d has passed by the store's clock, or the context ends, whose error it returns then. A negative d is no time.
// Within a transaction it does not wait.
//
// O(1).
func (c *commands) Sleep(ctx context.Context, d time.Duration) error {
	if c.tx != nil || d <= 0 {
		return ctx.Err()
	}
	over := make(chan struct{})
	timer := c.ks.opts.Clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// realClock is the time of package time, and so that of a testing/synctest
// bubble inside one.
type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// A ManualClock stands still until it is moved. It makes everything in a store
// that depends on time happen when a test says so.
type ManualClock struct {
	advancing sync.Mutex // held throughout Advance, so that calls do not overlap

	mu    sync.Mutex
	now   time.Time  // guarded by mu
	calls timerQueue // guarded by mu
	order uint64     // guarded by mu; numbers the timers
}

// NewManualClock returns a clock that stands at start. The zero time stands for
// 2020-01-01 00:00 UTC, so that tests which do not care agree on one.
func NewManualClock(start time.Time) *ManualClock {
	if start.IsZero() {
		start = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return &ManualClock{now: start}
}

// Now returns the time at which the clock stands.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward by d. Everything that falls due on the way
// happens before it returns, in order, each at its own time; what falls due at the same time
// happens in the order in which it was asked for. A negative d moves nothing.
// A transaction's function must not call it: what falls due may need the keys that the
// transaction holds.
func (c *ManualClock) Advance(d time.Duration) {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	c.run(c.Now().Add(d))
}

// AdvanceTo is Advance to a time. A time in the past moves nothing.
func (c *ManualClock) AdvanceTo(t time.Time) {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	c.run(t)
}

// Rewind sets the clock back to t, as to restore a [Snapshot] as of the time at which it was taken. Nothing
// happens by this: calls that are pending keep their times, those that have happened do not happen again. A time in the future moves nothing.
func (c *ManualClock) Rewind(t time.Time) {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.Before(c.now) {
		c.now = t
	}
}

func (c *ManualClock) run(t time.Time) {
	for f := c.next(t); f != nil; f = c.next(t) {
		f()
	}
}

// next takes the first call that is due at t and moves the clock there. If
// there is none it moves the clock to t and returns nil.
func (c *ManualClock) next(t time.Time) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.calls) == 0 || c.calls[0].at.After(t) {
		if t.After(c.now) {
			c.now = t
		}
		return nil
	}
	m := heap.Pop(&c.calls).(*manualTimer)
	if m.at.After(c.now) {
		c.now = m.at
	}
	return m.f
}

// AfterFunc makes Advance call f when it passes d from now. Even a call that is
// due at once waits for the next Advance, be it of 0.
func (c *ManualClock) AfterFunc(d time.Duration, f func()) Timer {
	m := &manualTimer{clock: c, f: f, index: -1}
	m.Reset(d)
	return m
}

// manualTimer is a timer of a ManualClock. All fields but clock and f are
// guarded by the clock's mu.
type manualTimer struct {
	clock *ManualClock
	f     func()
	at    time.Time
	order uint64
	index int // in the clock's queue, -1 outside
}

func (m *manualTimer) Stop() bool {
	m.clock.mu.Lock()
	defer m.clock.mu.Unlock()
	return m.remove()
}

func (m *manualTimer) Reset(d time.Duration) bool {
	c := m.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	pending := m.remove()
	c.order++
	m.at, m.order = c.now.Add(max(d, 0)), c.order
	heap.Push(&c.calls, m)
	return pending
}

// remove takes the timer out of the queue and reports whether it was there. The
// clock's mu is held.
func (m *manualTimer) remove() bool {
	if m.index < 0 {
		return false
	}
	heap.Remove(&m.clock.calls, m.index)
	return true
}

// timerQueue is a heap of timers by time, then by age.
type timerQueue []*manualTimer

func (q timerQueue) Len() int { return len(q) }

func (q timerQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].order < q[j].order
}

func (q timerQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *timerQueue) Push(x any) {
	m := x.(*manualTimer)
	m.index = len(*q)
	*q = append(*q, m)
}

func (q *timerQueue) Pop() any {
	old := *q
	m := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	m.index = -1
	return m
}

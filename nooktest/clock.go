package nooktest

import (
	"cmp"
	"sync"
	"time"

	"github.com/nookdb/nook"
)

// A runningClock is real time that a test can move ahead, and back to where it was.
type runningClock struct {
	calling sync.Mutex // held while calls run, so that they do not overlap and advance knows them to be over

	mu      sync.Mutex
	ahead   time.Duration          // of real time; guarded by mu
	pending map[*runningTimer]bool // guarded by mu
	order   uint64                 // numbers the timers; guarded by mu
}

func newRunningClock() *runningClock {
	return &runningClock{pending: map[*runningTimer]bool{}}
}

// Now returns the time.
func (c *runningClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

// now is Now with mu held.
func (c *runningClock) now() time.Time { return time.Now().Add(c.ahead) }

// AfterFunc calls f in a goroutine of its own, or in that of advance.
func (c *runningClock) AfterFunc(d time.Duration, f func()) nook.Timer {
	t := &runningTimer{clock: c, f: f}
	t.Reset(d)
	return t
}

// advance moves the time ahead. All that falls due meanwhile happens before it returns, in order.
func (c *runningClock) advance(d time.Duration) {
	c.calling.Lock()
	defer c.calling.Unlock()
	target := c.Now().Add(max(d, 0))
	for f := c.next(target); f != nil; f = c.next(target) {
		f()
	}
}

// next takes the first call that is due at t and moves the time there. If there is none it moves the time to t and
// returns nil.
func (c *runningClock) next(t time.Time) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first *runningTimer
	for p := range c.pending {
		if !p.due.After(t) && (first == nil || p.before(first)) {
			first = p
		}
	}
	if first == nil {
		c.move(t)
		return nil
	}
	first.remove()
	c.move(first.due)
	return first.f
}

// move moves the time ahead to t, unless it is later already. mu is held.
func (c *runningClock) move(t time.Time) {
	if wait := t.Sub(c.now()); wait > 0 {
		c.shift(wait)
	}
}

// shift moves the time by d. mu is held.
func (c *runningClock) shift(d time.Duration) {
	c.ahead += d
	now := c.now()
	for p := range c.pending {
		p.timer.Reset(p.due.Sub(now))
	}
}

// rewind sets the time back to t, from where it goes on. Calls that are pending keep their times.
func (c *runningClock) rewind(t time.Time) {
	c.calling.Lock()
	defer c.calling.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift(min(t.Sub(c.now()), 0))
}

// A runningTimer is a call of a runningClock. All fields but clock and f are guarded by the clock's mu.
type runningTimer struct {
	clock *runningClock
	f     func()
	due   time.Time
	order uint64
	timer *time.Timer // nil before the first Reset
}

func (t *runningTimer) before(o *runningTimer) bool {
	return cmp.Or(t.due.Compare(o.due), cmp.Compare(t.order, o.order)) < 0
}

// Stop cancels the call and reports whether it was pending.
func (t *runningTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.remove()
}

// remove is Stop with mu held.
func (t *runningTimer) remove() bool {
	pending := t.clock.pending[t]
	delete(t.clock.pending, t)
	t.timer.Stop()
	return pending
}

// Reset makes the call due once d has passed from now on, and reports whether it was pending.
func (t *runningTimer) Reset(d time.Duration) bool {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	pending := c.pending[t]
	c.order++
	t.due, t.order = c.now().Add(d), c.order
	c.pending[t] = true
	if t.timer == nil {
		t.timer = time.AfterFunc(d, t.ring)
	} else {
		t.timer.Reset(d)
	}
	return pending
}

// ring calls f if it is due: it may have been cancelled, called or put off since the timer went off.
func (t *runningTimer) ring() {
	c := t.clock
	c.calling.Lock()
	defer c.calling.Unlock()
	c.mu.Lock()
	due := c.pending[t] && !t.due.After(c.now())
	if due {
		delete(c.pending, t)
	}
	c.mu.Unlock()
	if due {
		t.f()
	}
}

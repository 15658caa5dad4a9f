package nook

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook/internal/table"
)

// The access clock of an entry is 32 bits. With an LFU policy it is Redis's
// pair of the minute of the last access (upper bits) and a logarithmic counter
// (lower 8 bits); otherwise it is the second of the last access.

// pulse is the time of access clocks, in Unix seconds. Reading the real clock
// costs as much as half a lookup, so it is read once a second at the most, and
// only while the store is in use: the first access in a second reads the clock
// and sets a timer that lets the reading expire with the second.
type pulse struct {
	second atomic.Uint32 // 0 when it has to be read again
	spare  atomic.Int32  // access clocks that may still be set in this second

	mu      sync.Mutex
	timer   Timer // guarded by mu
	stopped bool  // guarded by mu
}

// notesPerSecond bounds how many reads in a second set access clocks while
// nothing is ever evicted. Each makes a cache line dirty that was only read
// before, which under load makes reads slower by a third. Beyond the bound,
// idle times may come out longer than they are; below, they are exact.
const notesPerSecond = 1 << 16

// now returns the time in seconds, never 0.
func (p *pulse) now(c Clock) uint32 {
	if s := p.second.Load(); s != 0 {
		return s
	}
	return p.beat(c)
}

func (p *pulse) beat(c Clock) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := c.Now()
	s := max(uint32(now.Unix()), 1)
	rest := time.Second - time.Duration(now.Nanosecond())
	switch {
	case p.stopped:
		return s
	case p.timer == nil:
		p.timer = c.AfterFunc(rest, func() { p.second.Store(0) })
	default:
		p.timer.Reset(rest)
	}
	p.spare.Store(notesPerSecond)
	p.second.Store(s)
	return s
}

func (p *pulse) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.second.Store(0)
	if p.timer != nil {
		p.timer.Stop()
	}
}

// touch notes an access to an entry.
func (ks *keyspace) touch(e *table.Entry) {
	now := ks.pulse.now(ks.opts.Clock)
	if ks.policy().frequency() {
		ks.touchFrequency(e, now)
		return
	}
	if e.Access() != now && (ks.memory.limit.Load() != 0 || ks.pulse.note()) {
		e.SetAccess(now)
	}
}

// note reports whether one more access clock may be set in this second.
func (p *pulse) note() bool { return p.spare.Load() > 0 && p.spare.Add(-1) >= 0 }

// born sets the access clock of a new key.
func (ks *keyspace) born(e *table.Entry) {
	now := ks.pulse.now(ks.opts.Clock)
	if ks.policy().frequency() {
		now = frequencyWord(now, lfuInitial)
	}
	e.SetAccess(now)
}

// inherit sets the access clock of an entry that takes the place of another.
// As in Redis a frequency is kept, while idle time begins anew.
func (ks *keyspace) inherit(e, old *table.Entry) {
	if ks.policy().frequency() {
		e.SetAccess(old.Access())
		return
	}
	e.SetAccess(ks.pulse.now(ks.opts.Clock))
}

// idle returns the seconds since the last access to an entry.
func (ks *keyspace) idle(e *table.Entry) uint32 {
	now := ks.pulse.now(ks.opts.Clock)
	return now - min(e.Access(), now)
}

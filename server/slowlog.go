package server

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
)

// slowLog keeps the commands that took long.
type slowLog struct {
	mu      sync.Mutex
	entries []command.SlowEntry // the oldest first, guarded by mu
	lastID  int64               // of the next entry, guarded by mu
}

// add notes a command. Of what is noted already, so much goes that no more than most are left.
func (l *slowLog) add(e command.SlowEntry, most int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.ID = l.lastID
	l.lastID++
	l.entries = append(l.entries, e)
	l.curb(most)
}

// curb forgets the oldest entries if there are more than most. mu is held.
func (l *slowLog) curb(most int64) {
	if over := int64(len(l.entries)) - most; over > 0 {
		l.entries = slices.Delete(l.entries, 0, int(over))
	}
}

// Len is SLOWLOG LEN.
func (l *slowLog) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// Entries is SLOWLOG GET.
func (l *slowLog) Entries(most int) []command.SlowEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Clone(l.entries[max(len(l.entries)-most, 0):])
	slices.Reverse(list)
	return list
}

// Reset is SLOWLOG RESET. Numbers go on.
func (l *slowLog) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// SlowLog returns what took long.
func (s *session) SlowLog() command.SlowLog { return &s.server.timing.slow }

// unknownClient is the address of who calls commands in a script, as Redis writes it.
const unknownClient = "?:0"

// timing says which commands are worth a note because of the time they took, and keeps those notes.
type timing struct {
	parameters atomic.Pointer[timingParameters]
	slow       slowLog
	spikes     spikes
}

// timingParameters are those of CONFIG.
type timingParameters struct {
	command.Timing
	exact bool // each call must be timed by itself
}

var defaultTiming = command.Timing{SlowerThan: 10_000, SlowMost: 128, Tracked: true, Percentiles: []float64{50, 99, 99.9}}

// closely is below which microseconds all commands are timed one by one. Above, this goes for those alone that can
// take so long: not for those of constant cost.
const closely = 1000

func (t *timing) set(p command.Timing) {
	exact := p.SlowerThan >= 0 && p.SlowerThan < closely || p.SpikeFrom > 0
	t.parameters.Store(&timingParameters{p, exact})
	t.slow.mu.Lock()
	defer t.slow.mu.Unlock()
	t.slow.curb(p.SlowMost)
}

// timed notes, in a session that times its calls one by one, how long one took. A command that had to wait for
// others has ended its time when it began to wait.
func (s *session) timed(c *command.Call) {
	m := &s.meter
	if m.calls == 0 || m.row != c.Row {
		return
	}
	began := m.since
	s.turn(nil)
	m.stat.look(c.Row, c.Args)
	s.server.timing.note(c.Row, c.Args, m.since.Sub(began), s.server.store, s)
}

// note notes a command that took long enough. x is nil if a script called it.
func (t *timing) note(row *command.Row, args []string, took time.Duration, store *nook.Store, x *session) {
	p := t.parameters.Load()
	if p.SlowerThan >= 0 && took.Microseconds() >= p.SlowerThan && !row.Flags.Has(command.SkipSlowlog) {
		e := command.SlowEntry{At: store.Now(), Took: took, Args: command.Abridged(row.Redact(args)), Addr: unknownClient}
		if x != nil {
			e.Addr, e.Name = x.addr(x.conn.RemoteAddr()), x.own.name
		}
		t.slow.add(e, p.SlowMost)
	}
	if p.SpikeFrom > 0 && took.Milliseconds() >= p.SpikeFrom {
		t.spikes.add(eventOf(row), store.Now(), took)
	}
}

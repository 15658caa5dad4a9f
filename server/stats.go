package server

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/latency"
)

// commandStats are figures of each command. The map is never changed after New,
// so it needs no lock.
type commandStats map[*command.Row]*commandStat

// commandStat are figures of one command, on a cache line of their own.
type commandStat struct {
	calls    atomic.Int64
	nanos    atomic.Int64 // that they took
	failed   atomic.Int64 // calls that replied an error
	rejected atomic.Int64 // requests that never became calls
	keys     atomic.Int64 // that the calls have read, of commands that read several

	times atomic.Pointer[latency.Histogram] // of the calls, nil before the first
	slow  bool                              // a call may take long, so each is timed by itself

	_ [8]byte
}

func newCommandStats(rows []*command.Row) commandStats {
	all := commandStats{}
	for _, row := range rows {
		all[row] = &commandStat{slow: !row.Quick() || row.Reads() == command.Several}
		maps.Copy(all, newCommandStats(row.Sub))
	}
	return all
}

// add counts calls of about the same time.
func (c *commandStat) add(calls int64, took time.Duration, tracked bool) {
	c.calls.Add(calls)
	c.nanos.Add(int64(took))
	if !tracked {
		return
	}
	times := c.times.Load()
	if times == nil {
		c.times.CompareAndSwap(nil, new(latency.Histogram))
		times = c.times.Load()
	}
	if times != nil { // CONFIG RESETSTAT may come in between
		times.Add(took/time.Duration(calls), calls)
	}
}

// look counts the keys of a call that reads several.
func (c *commandStat) look(row *command.Row, args []string) {
	if row.Reads() == command.Several {
		c.keys.Add(int64(row.Looks(args)))
	}
}

// calls returns the number of commands that were run.
func (all commandStats) calls() (n int64) {
	for _, stat := range all {
		n += stat.calls.Load()
	}
	return n
}

// meter counts the commands of a session. It does so by runs of the same
// command: a pipeline of a thousand SETs costs as many additions to a variable of the
// session, and two of the shared atomics and of the readings of the clock.
// Commands that may take long are runs of their own, so that it is known which one did; see timing.
// The parsing of requests counts as time of the command before.
type meter struct {
	row   *command.Row // of the run; nil at the start
	stat  *commandStat // of row
	calls int64        // in the run
	since time.Time    // when the run began
	exact bool         // a run has one call
}

// failure counts a call that was counted already as one that failed.
func (m *meter) failure() { m.stat.failed.Add(1) }

// count counts a call.
func (s *session) count(row *command.Row) {
	if row != s.meter.row {
		s.turn(row)
	}
	s.meter.calls++
}

// turn ends a run of commands. The next is of the given command, or not known
// yet if that is nil.
func (s *session) turn(row *command.Row) {
	m := &s.meter
	if m.calls > 0 {
		now := s.server.store.Now()
		m.stat.add(m.calls, elapsed(m.since, now), s.server.timing.parameters.Load().Tracked)
		m.since, m.calls = now, 0
	}
	if row != nil {
		m.row, m.stat = row, s.server.commands[row]
	}
	m.exact = m.stat != nil && (m.stat.slow || s.server.timing.parameters.Load().exact)
}

// scriptTally counts what scripts do: the commands that they call are commands like any other.
type scriptTally struct{ *Server }

// Began shows the command to those who monitor, who see it before what it calls.
func (s scriptTally) Began(c *command.Call) {
	if list := s.monitors.Load(); list != nil {
		s.show(*list, c, c.DB, c.Conn.(*session))
	}
}

func (s scriptTally) Called(c *command.Call, took time.Duration, failure string) {
	stat := s.commands[c.Row]
	stat.add(1, took, s.timing.parameters.Load().Tracked)
	stat.look(c.Row, c.Args)
	s.timing.note(c.Row, c.Args, took, s.store, nil)
	if list := s.monitors.Load(); list != nil && c.Row.Flags&(command.SkipMonitor|command.Admin) == 0 {
		s.show(*list, c, c.DB, nil)
	}
	if failure != "" {
		stat.failed.Add(1)
		s.errors.count(failure)
	}
}

func (s scriptTally) Refused(row *command.Row, reason string) {
	if row != nil {
		s.commands[row].rejected.Add(1)
	}
	s.errors.count(reason)
}

func (s scriptTally) Replied(failure string) { s.errors.count(failure) }

func (s scriptTally) Failed(row *command.Row) { s.commands[row].failed.Add(1) }

// errorStats counts error replies by their code. Scripts make up codes, so only so many are told apart.
type errorStats struct {
	mu    sync.Mutex
	codes map[string]int64 // guarded by mu
}

func (e *errorStats) count(text string) {
	code, _, _ := strings.Cut(text, " ")
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.codes == nil {
		e.codes = map[string]int64{}
	}
	if _, known := e.codes[code]; !known && (len(e.codes) >= maxCodes || !isCode(code)) {
		code = otherCode
	}
	e.codes[code]++
}

const (
	maxCodes  = 128
	maxCode   = 32      // bytes of a code
	otherCode = "OTHER" // stands for all that are not told apart
)

// isCode reports whether a word can be shown as a code.
func isCode(word string) bool {
	ok := word != "" && len(word) <= maxCode
	for _, c := range []byte(word) {
		ok = ok && c > ' ' && c < 0x7f && c != ':' && c != '='
	}
	return ok
}

func (e *errorStats) reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.codes = nil
}

// errorCount is a code and how many error replies had it.
type errorCount struct {
	code  string
	count int64
}

// all returns the codes in order.
func (e *errorStats) all() []errorCount {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []errorCount
	for _, code := range slices.Sorted(maps.Keys(e.codes)) {
		list = append(list, errorCount{code, e.codes[code]})
	}
	return list
}

// traffic is what went over connections.
type traffic struct {
	in, out       int64 // bytes
	reads, writes int64 // calls of the connections
}

func (t *traffic) add(u traffic) {
	t.in += u.in
	t.out += u.out
	t.reads += u.reads
	t.writes += u.writes
}

func (t *traffic) subtract(u traffic) {
	t.in -= u.in
	t.out -= u.out
	t.reads -= u.reads
	t.writes -= u.writes
}

// traffic returns that of all connections since it was last counted anew, but for the batches that
// sessions are at work on. Each session counts for itself, so that counting costs no
// shared atomics; who asks adds up.
func (s *Server) traffic() traffic {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := s.allTraffic()
	total.subtract(s.forgotten)
	return total
}

// allTraffic is traffic since the start. mu is held.
func (s *Server) allTraffic() traffic {
	total := s.past
	for _, x := range s.sessions {
		total.add(x.profile().traffic)
	}
	return total
}

// losses are keys that the store has lost, and reads that found none.
type losses struct{ evicted, expired, misses int64 }

func lostOf(stats *nook.Stats) losses { return losses{stats.Evicted, stats.Expired, stats.Misses} }

// resetStats counts anew what INFO tells of the past, of which so much is of the store.
func (s *Server) resetStats(before losses) {
	for _, stat := range s.commands {
		stat.calls.Store(0)
		stat.nanos.Store(0)
		stat.failed.Store(0)
		stat.rejected.Store(0)
		stat.keys.Store(0)
		stat.times.Store(nil)
	}
	s.errors.reset()
	s.rates.reset()
	s.received.Store(0)
	s.rejected.Store(0)
	s.flooded.Store(0)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgotten, s.lost = s.allTraffic(), before
}

// lostSince returns what INFO tells of the store's keys.
func (s *Server) lostSince(stats *nook.Stats) losses {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := lostOf(stats)
	return losses{now.evicted - s.lost.evicted, now.expired - s.lost.expired, now.misses - s.lost.misses}
}

// reads returns how many keys commands have looked up to read them: those that found none are among them.
func (all commandStats) reads() (n int64) {
	for row, stat := range all {
		switch row.Reads() {
		case 1:
			n += stat.calls.Load() - stat.failed.Load()
		case command.Several:
			n += stat.keys.Load()
		}
	}
	return n
}

// rates derives figures per second from counters. They are averages over the time
// between two looks at them, of rateSpan at the least: whoever asks every few
// seconds sees those seconds.
type rates struct {
	mu   sync.Mutex
	from sample // guarded by mu
	last rate   // guarded by mu
}

const rateSpan = time.Second

// sample is the state of the counters at some time.
type sample struct {
	at       time.Time
	commands int64
	traffic  traffic
}

type rate struct{ commands, in, out float64 } // a second; in and out are bytes

// since returns the rates up to now.
func (r *rates) since(now sample) rate {
	r.mu.Lock()
	defer r.mu.Unlock()
	span := now.at.Sub(r.from.at)
	if span < rateSpan {
		return r.last
	}
	if !r.from.at.IsZero() {
		r.last = rate{
			commands: float64(now.commands-r.from.commands) / span.Seconds(),
			in:       float64(now.traffic.in-r.from.traffic.in) / span.Seconds(),
			out:      float64(now.traffic.out-r.from.traffic.out) / span.Seconds(),
		}
	}
	r.from = now
	return r.last
}

func (r *rates) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.from, r.last = sample{}, rate{}
}

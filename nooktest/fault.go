package nooktest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/server"
)

// A Fault is something that goes wrong with some of the requests. A zero field of the first three means that it strikes whatever they are, a zero field of
// the others that it strikes always.
type Fault struct {
	Command string // the name, such as GET, CONFIG or "CONFIG SET"
	Key     string // a pattern as KEYS has them: one of the keys matches
	Client  string // the same, of CLIENT SETNAME

	After       int     // so many such requests pass before
	Every       int     // 3 means that of those then it strikes the third, the sixth and so on
	Probability float64 // with which it strikes each of these; the seed decides
	Count       int     // it strikes so often at most

	Effect Effect
}

// An Effect is what a fault does to a request.
type Effect struct {
	kind  effectKind
	text  string
	delay time.Duration
	bytes int
}

type effectKind uint8

const (
	noEffect effectKind = iota
	failing
	delaying
	disconnecting
	losing
	cutting
	silent
)

// FailWith replies an error, such as "LOADING Redis is loading the dataset in memory", and the command is not run.
func FailWith(text string) Effect { return Effect{kind: failing, text: text} }

// Delay lets d pass by the store's clock before the command is run: with a clock that stands still, until Advance moves it. Meanwhile
// the connection is as one of a server that is slow.
func Delay(d time.Duration) Effect { return Effect{kind: delaying, delay: d} }

// Disconnect closes the connection. The command is not run.
func Disconnect() Effect { return Effect{kind: disconnecting} }

// LoseReply runs the command and closes the connection in the place of replying.
func LoseReply() Effect { return Effect{kind: losing} }

// CutReply runs the command, sends the first n bytes of the reply and closes the connection.
func CutReply(n int) Effect { return Effect{kind: cutting, bytes: n} }

// NoReply does not run the command, and never replies; the connection stays. The replies to what the client sends behind it come as if there had
// been no such request.
func NoReply() Effect { return Effect{kind: silent} }

// String returns what the effect is, such as "fails with LOADING".
func (e Effect) String() string {
	switch e.kind {
	case failing:
		code, _, _ := strings.Cut(e.text, " ")
		return "fails with " + code
	case delaying:
		return "delayed by " + e.delay.String()
	case disconnecting:
		return "disconnected"
	case losing:
		return "reply lost"
	case cutting:
		return fmt.Sprintf("reply cut after %d bytes", e.bytes)
	case silent:
		return "no reply"
	default:
		return "no effect"
	}
}

// concerns reports whether the fault concerns a command at all.
func (f *Fault) concerns(c *Command) bool {
	return (f.Command == "" || hasName(c.Name(), f.Command)) &&
		(f.Key == "" || matchesKey(f.Key, c.keys())) &&
		(f.Client == "" || glob.Match(f.Client, c.Client))
}

// validate says what is wrong with a fault.
func (f *Fault) validate() error {
	switch {
	case f.Effect.kind == noEffect:
		return fmt.Errorf("a fault needs an Effect")
	case f.After < 0 || f.Every < 0 || f.Count < 0:
		return fmt.Errorf("the After, Every and Count of a fault are not negative")
	case !(0 <= f.Probability && f.Probability <= 1):
		return fmt.Errorf("the Probability of a fault is within 0 and 1, not %v", f.Probability)
	case f.Effect.kind == failing && strings.ContainsAny(f.Effect.text, "\r\n"):
		return fmt.Errorf("the error of a fault is one line")
	}
	return nil
}

// An Injection is a fault that was injected into a server. Its methods may be called from any goroutine.
type Injection struct {
	fault  Fault
	faults *faults
	number uint64 // of the injection, from 1 on

	seen   int  // requests that it concerns; guarded by faults.mu
	chosen int  // those of them that it strikes; guarded by faults.mu
	struck int  // those of them that know it; guarded by faults.mu
	gone   bool // guarded by faults.mu
}

// faults are those that are injected into a server.
type faults struct {
	seed uint64

	mu      sync.Mutex
	changed sync.Cond    // something was struck, or the server is closed
	list    []*Injection // in the order of their injection; guarded by mu
	last    uint64       // number of the last one; guarded by mu
	closed  bool         // guarded by mu
}

// Inject makes a fault strike requests from now on. Of several that concern a request, those that delay it do so one after the other, and then the first of
// the others strikes. It fails the test if the fault says nothing that can be done.
//
// What Probability decides depends on the seed, on how many faults were injected before and on how many such requests came before: the same
// test, with the same seed and requests in the same order, has the same faults.
func (s *Server) Inject(f Fault) *Injection {
	s.t.Helper()
	s.needsNook("Inject")
	if err := f.validate(); err != nil {
		s.t.Fatalf("nooktest: %v", err)
	}
	x := &s.faults
	x.mu.Lock()
	defer x.mu.Unlock()
	x.last++
	i := &Injection{fault: f, faults: x, number: x.last}
	x.list = append(x.list, i)
	return i
}

// Struck returns how many requests the fault has struck.
func (i *Injection) Struck() int {
	i.faults.mu.Lock()
	defer i.faults.mu.Unlock()
	return i.struck
}

// Await returns once the fault has struck n requests, or the server is closed: so a test that moves the clock can wait for those that are to be delayed.
func (i *Injection) Await(n int) {
	i.faults.mu.Lock()
	defer i.faults.mu.Unlock()
	for i.struck < n && !i.faults.closed {
		i.faults.changed.Wait()
	}
}

// Remove ends the fault. A request that it delays goes on being delayed.
func (i *Injection) Remove() {
	i.faults.mu.Lock()
	defer i.faults.mu.Unlock()
	i.gone = true
}

// mark returns which faults were injected so far, and rewind removes those that came later.
func (x *faults) mark() uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.last
}

func (x *faults) rewind(mark uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, i := range x.list {
		i.gone = i.gone || i.number > mark
	}
	x.last = mark
}

// close ends the waiting for faults.
func (x *faults) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	x.changed.Broadcast()
}

// next returns those that strike a command: any that delay it, and one that ends it.
func (x *faults) next(c *Command) (found []*Injection) {
	x.mu.Lock()
	defer x.mu.Unlock()
	kept := x.list[:0]
	for _, i := range x.list {
		if !i.gone {
			kept = append(kept, i)
		}
	}
	clear(x.list[len(kept):])
	x.list = kept
	for _, i := range x.list {
		if !i.fault.concerns(c) || !i.turn(x.seed) {
			continue
		}
		if found = append(found, i); i.fault.Effect.kind != delaying {
			break
		}
	}
	return found
}

// turn counts a request that the fault concerns, and reports whether it is one to strike. The lock is held.
func (i *Injection) turn(seed uint64) bool {
	f := &i.fault
	i.seen++
	n := i.seen - f.After
	switch {
	case n <= 0,
		f.Every > 1 && n%f.Every != 0,
		f.Count > 0 && i.chosen >= f.Count,
		f.Probability > 0 && chance(seed, i.number, uint64(i.seen)) >= f.Probability:
		return false
	}
	i.chosen++
	return true
}

// strike tells those who wait that the fault has struck.
func (i *Injection) strike() {
	i.faults.mu.Lock()
	defer i.faults.mu.Unlock()
	i.struck++
	i.faults.changed.Broadcast()
}

// chance returns a number from 0 to 1, 1 excluded, which follows from three others. It is the last step of SplitMix64.
func chance(seed, a, b uint64) float64 {
	z := seed + 0x9e3779b97f4a7c15*(a<<32+b)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

// intercept is what each request goes through.
func (s *Server) intercept(r *server.Request) {
	c := s.newCommand(r)
	s.record.add(c)
	struck := s.faults.next(c)
	if len(struck) == 0 {
		s.record.settle(c, s.serve(r), "")
		return
	}
	var said []string
	var last Effect
	for _, i := range struck {
		said = append(said, i.fault.Effect.String())
		if last = i.fault.Effect; last.kind == delaying {
			s.wait(r.Context(), i)
		} else {
			i.strike()
		}
	}
	s.record.settle(c, s.apply(r, last), strings.Join(said, ", "))
}

// serve serves a request as a test's own interceptor wants it.
func (s *Server) serve(r *server.Request) []byte {
	if s.own != nil {
		s.own(r)
		return nil
	}
	return r.Serve()
}

// apply does what is wrong with a request, and returns the reply if there is one.
func (s *Server) apply(r *server.Request, e Effect) []byte {
	switch e.kind {
	case failing:
		r.Fail(e.text)
		return []byte("-" + e.text + "\r\n")
	case disconnecting:
		r.Disconnect()
	case losing:
		r.Cut(0)
	case cutting:
		r.Cut(e.bytes)
	case silent:
	default:
		return s.serve(r)
	}
	return nil
}

// wait is a delay, unless the context ends. It has struck once it is the clock's.
func (s *Server) wait(ctx context.Context, i *Injection) {
	if i.fault.Effect.delay <= 0 {
		i.strike() // a clock that stands still would call nobody before it is moved
		return
	}
	over := make(chan struct{})
	timer := s.afterFunc(i.fault.Effect.delay, func() { close(over) })
	defer timer.Stop()
	i.strike()
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// afterFunc calls f once d has passed by the store's clock.
func (s *Server) afterFunc(d time.Duration, f func()) nook.Timer {
	if s.time != nil {
		return s.time.AfterFunc(d, f)
	}
	return time.AfterFunc(d, f)
}

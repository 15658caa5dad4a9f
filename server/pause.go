package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
)

// pause lets commands wait, for CLIENT PAUSE.
type pause struct {
	on atomic.Bool // to look at it is all that it costs while there is none

	mu     sync.Mutex
	until  time.Time     // guarded by mu
	writes bool          // commands that only read go on; guarded by mu
	over   chan struct{} // closed when the pause ends, nil without one; guarded by mu
	timer  nook.Timer    // guarded by mu
}

// begin begins a pause, or makes one longer and stricter.
func (p *pause) begin(clock nook.Clock, d time.Duration, writes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := clock.Now().Add(d)
	if p.over == nil {
		p.over, p.until, p.writes = make(chan struct{}), until, writes
	} else {
		p.writes = p.writes && writes
		if until.Before(p.until) {
			return
		}
		p.until = until
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.timer = clock.AfterFunc(d, func() { p.expire(clock) })
	p.on.Store(true)
}

// expire ends the pause if its time is up.
func (p *pause) expire(clock nook.Clock) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over != nil && !clock.Now().Before(p.until) {
		p.finish()
	}
}

// end ends the pause.
func (p *pause) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over != nil {
		p.finish()
	}
}

// finish is end with mu held.
func (p *pause) finish() {
	p.timer.Stop()
	close(p.over)
	p.over = nil
	p.on.Store(false)
}

// stops returns what a command has to wait for that may write, or may not; nil if it need not.
func (p *pause) stops(writes bool) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over == nil || p.writes && !writes {
		return nil
	}
	return p.over
}

// Pause is CLIENT PAUSE.
func (s *session) Pause(d time.Duration, writes bool) {
	s.server.pause.begin(s.server.store.Clock(), d, writes)
}

// Unpause is CLIENT UNPAUSE.
func (s *session) Unpause() { s.server.pause.end() }

// waitForPause waits while the command is not to be run. It fails if the client goes, or the server is closed.
func (s *session) waitForPause(row *command.Row) error {
	writes := row.Flags&(command.Write|command.MayReplicate) != 0 ||
		s.tx != nil && row.FullName() == "exec" && s.tx.flags&(command.Write|command.MayReplicate) != 0
	for s.server.pause.on.Load() {
		over := s.server.pause.stops(writes)
		if over == nil {
			return nil
		}
		s.paused.Store(true)
		s.call.Row = row // is what CLIENT LIST shows
		err := s.Block(func(ctx context.Context) error {
			select {
			case <-over:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		s.paused.Store(false)
		if s.leaving {
			return errDismissed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

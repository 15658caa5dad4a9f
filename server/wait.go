package server

import (
	"context"
	"sync"
	"time"

	"github.com/nookdb/nook/internal/command"
)

// maxKept is how much a session reads of what its client sends while a command
// of it waits. With that unread, the end of the connection is not noticed until the
// command is over.
const maxKept = 64 << 10

// A wait is the context of a command that may have to wait for others. All is
// as with any other command until it has to, which is when it asks for Done. Then
// the replies so far are sent, and the connection is read in another goroutine: if the
// client goes, the command need not go on. What the client sends meanwhile is kept for later.
type wait struct {
	session *session
	slot    int           // of its keys, if it is that of a cluster's node
	begun   bool          // Done was called
	over    chan struct{} // closed with err set
	idle    chan struct{} // closed when nobody reads any more

	kept []byte // by the reader, until idle
	lost bool   // the connection is; by the reader, until idle

	mu  sync.Mutex
	err error // why the command need not wait any longer; guarded by mu
}

// Deadline returns that there is none.
func (w *wait) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value returns nothing.
func (w *wait) Value(any) any { return nil }

// Err returns why the command need not wait any longer, nil if it should.
func (w *wait) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Done returns what is closed when the command need not wait any longer.
func (w *wait) Done() <-chan struct{} {
	if !w.begun {
		w.begin()
	}
	return w.over
}

// begin is for the goroutine of the session, as are Done and finish.
func (w *wait) begin() {
	s := w.session
	w.begun = true
	if !s.paused.Load() {
		s.shown(&s.call)
	}
	w.over, w.idle = make(chan struct{}), make(chan struct{})
	s.own.waits, s.waited = true, true
	s.waiting.Store(w)
	s.stayOut(w)
	_ = s.conn.SetReadDeadline(time.Time{}) // an error is that of a connection gone, which the read will tell
	if err := s.pause(); err != nil {
		w.end(err)
	}
	go w.read()
}

// end ends the waiting with a reason, and reports false if it is over already.
// Any goroutine may call it.
func (w *wait) end(reason error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return false
	}
	w.err = reason
	close(w.over)
	return true
}

// read reads what the client sends, until it is told to stop, or there is too
// much.
func (w *wait) read() {
	defer close(w.idle)
	chunk := make([]byte, 512)
	for len(w.kept) < maxKept {
		n, err := w.session.conn.Read(chunk)
		w.kept = append(w.kept, chunk[:n]...)
		if err != nil {
			w.lost = w.end(err)
			return
		}
	}
}

// errServed is why a command that was served need not wait any longer.
const errServed = command.Error("ERR served")

// finish is the end of the command.
func (w *wait) finish() {
	s := w.session
	s.waiting.Store(nil)
	s.wake()
	w.end(errServed)
	_ = s.conn.SetReadDeadline(time.Unix(1, 0))
	<-w.idle
	_ = s.conn.SetReadDeadline(time.Time{})
	s.own.waits = false
	if w.lost {
		s.abandon()
		return
	}
	if len(w.kept) > 0 {
		s.gear.fresh = append(s.gear.fresh[:len(s.gear.fresh):len(s.gear.fresh)], w.kept...)
	}
	s.resume(len(w.kept))
	if s.meet() != nil {
		s.abandon()
	}
}

// Block runs a command that may have to wait. It returns nil if CLIENT UNBLOCK
// has ended the waiting as a timeout.
func (s *session) Block(run func(ctx context.Context) error) error {
	w := &wait{session: s, slot: s.slot}
	err := run(w)
	if w.begun {
		if reason := w.Err(); err != nil && reason != nil { // the first counts
			err = reason
		}
		w.finish()
	}
	if err == context.DeadlineExceeded {
		return nil
	}
	return err
}

// Unblock is CLIENT UNBLOCK.
func (s *session) Unblock(id int64, reason error) bool {
	x := s.server.session(id)
	if x == nil || x.paused.Load() {
		return false
	}
	w := x.waiting.Load()
	return w != nil && w.end(reason)
}

// waiting returns how many sessions have a command that waits.
func (s *Server) waiting() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		if x.waiting.Load() != nil {
			n++
		}
	}
	return n
}

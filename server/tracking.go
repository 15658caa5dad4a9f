package server

import (
	"sync/atomic"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
)

// tracking is how a session has keys tracked, for CLIENT TRACKING.
//
// A read that is tracked runs as a transaction with the keys that it names, which are tracked before that ends: so
// no change falls between. Its reply waits in memory until then, as the client may not read it. The invalidation of a change by others goes to the inbox before they get their
// reply.
type tracking struct {
	command.Tracking
	tracker *nook.Tracker // nil before the first
	quiet   *nook.Caller  // on whose behalf commands are run, nil for nobody in particular
	loud    *nook.Caller  // the same, if the keys of reads are tracked

	target atomic.Pointer[trackingTarget] // who is told, nil if nobody is
	broken atomic.Bool                    // Redirect was gone when it should have been told
}

// trackingTarget is who is told what changes.
type trackingTarget struct{ redirect int64 }

// Tracking is CLIENT TRACKINGINFO.
func (s *session) Tracking() command.Tracking {
	t := s.tracking.Tracking
	t.Broken = t.On && s.tracking.broken.Load()
	return t
}

// SetTracking is CLIENT TRACKING and CLIENT CACHING.
func (s *session) SetTracking(c *command.Call, want command.Tracking) error {
	t := &s.tracking
	if want.On && !t.suits(&want) {
		tracker, err := c.DB.NewTracker(nook.TrackerOptions{Receive: s.invalidate, Prefixes: want.Prefixes})
		if err != nil {
			return err
		}
		s.forgetTracker()
		t.tracker = tracker
	}
	if !want.Caching {
		t.broken.Store(false)
	}
	if want.On {
		t.target.Store(&trackingTarget{want.Redirect})
	} else {
		t.target.Store(nil)
		if t.Broad {
			s.forgetTracker()
		}
	}
	t.Tracking = want
	s.identify(c)
	s.guard()
	return nil
}

// suits reports whether there is a tracker of the right kind. One without prefixes stays when tracking is
// off: it remembers what was read, as Redis does.
func (t *tracking) suits(want *command.Tracking) bool {
	return t.tracker != nil && !want.Broad && !t.Broad || want.Caching
}

// forgetTracker closes the tracker. Within EXEC, which may have its keys locked, that waits until that is over.
func (s *session) forgetTracker() {
	t := s.tracking.tracker
	s.tracking.tracker = nil
	switch {
	case t == nil:
	case s.inner != nil || s.server.scripts.Busy():
		s.server.serving.Go(t.Close)
	default:
		t.Close()
	}
}

// identify makes the call's DB one on behalf of the session as it is now.
func (s *session) identify(c *command.Call) {
	t := &s.tracking
	t.loud = nil
	quiet := nook.Caller{NoTouch: s.own.noTouch, Owes: &s.owes}
	if t.NoLoop {
		quiet.Own = t.tracker
	}
	t.quiet = &quiet
	if t.On && !t.Broad {
		loud := quiet
		loud.Reader = t.tracker
		t.loud = &loud
	}
	c.DB = c.DB.As(s.caller())
}

// caller returns on whose behalf the next command is run.
func (s *session) caller() *nook.Caller {
	t := &s.tracking
	if t.loud == nil || t.OptIn && !t.Caching || t.OptOut && t.Caching {
		return t.quiet
	}
	return t.loud
}

// SetNoTouch is CLIENT NO-TOUCH.
func (s *session) SetNoTouch(c *command.Call, on bool) {
	s.own.noTouch = on
	s.identify(c)
}

// perform runs the command of a session that is guarded.
func (s *session) perform(c *command.Call) error {
	row, by := c.Row, c.DB.Caller()
	if by == nil || by.Reader == nil || !row.Flags.Has(command.ReadOnly) || row.Class&command.ClassScripting != 0 {
		return row.Run(c)
	}
	keys := row.KeysOf(c.Args, nil)
	if len(keys) == 0 {
		return row.Run(c)
	}
	if row.Flags.Has(command.Blocking) {
		c.Track() // for what happens until it is tracked again
		defer c.Track()
		return row.Run(c)
	}
	if row.Sweeping() {
		keys = nil
	}
	db, out := c.DB, c.Out.Hold()
	defer func() {
		c.DB = db
		c.Out.Release(out)
	}()
	return db.Exec(func(tx *nook.Tx) error {
		c.DB = tx.Commands()
		err := row.Run(c)
		c.Track()
		return err
	}, keys...)
}

// cached notes that a request is over, whatever has come of it: so is CLIENT CACHING, unless that was it, or a transaction is under way.
func (s *session) cached(args []string) {
	t := &s.tracking
	if t.Caching && s.tx == nil {
		row := command.RowOf(args)
		t.Caching = row != nil && row.Container() == "client"
	}
	if by := s.caller(); s.call.DB.Caller() != by {
		s.call.DB = s.call.DB.As(by)
	}
}

// invalidate is told of keys that have changed, by whoever has changed them.
func (s *session) invalidate(i nook.Invalidation) {
	to := s.tracking.target.Load()
	if to == nil {
		return
	}
	m := delivery{Message: nook.Message{Channel: i.Key}, kind: invalidated}
	if i.All {
		m.kind = invalidatedAll
	}
	if to.redirect == 0 {
		s.accept(m)
		return
	}
	x := s.server.session(to.redirect)
	if x == nil {
		s.tracking.broken.Store(true)
		s.accept(delivery{kind: redirectBroken, id: to.redirect})
		return
	}
	m.kind += redirected - invalidated
	x.accept(m)
}

// untrack ends the tracking.
func (s *session) untrack() {
	s.tracking.target.Store(nil)
	s.forgetTracker()
	s.tracking.Tracking = command.Tracking{}
}

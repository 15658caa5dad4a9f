package nooktest

import (
	"time"

	"github.com/nookdb/nook"
)

// A Snapshot is what a Server was at one moment.
type Snapshot struct {
	server   *Server
	store    *nook.Snapshot
	settings nook.Settings
	now      time.Time
	commands int
	faults   uint64
}

// Snapshot takes a snapshot of the server, to be restored between parts of a test, such as subtests:
//
//	srv := nooktest.Run(t)
//	... what all of them need ...
//	ready := srv.Snapshot()
//	for _, c := range cases {
//		t.Run(c.name, func(t *testing.T) {
//			srv.In(t)
//			ready.Restore()
//			...
//		})
//	}
//
// It copies nothing, and may be restored any number of times. See nook.Store's Snapshot.
func (s *Server) Snapshot() *Snapshot {
	s.t.Helper()
	s.needsNook("Snapshot")
	p, err := s.store.Snapshot()
	if err != nil {
		s.t.Fatalf("nooktest: %v", err)
	}
	return &Snapshot{
		server: s, store: p, settings: s.store.Settings(), now: s.store.Now(),
		commands: s.record.mark(), faults: s.faults.mark(),
	}
}

// Restore makes the server what it was: all keys of all databases with their deadlines, function libraries, the store's settings, and the time. Only in a testing/synctest
// bubble, and with a clock of the test's own that is no ManualClock, time cannot be set back: there, keys whose time is over by now expire.
// Commands that came since are forgotten, faults that were injected since are removed. Connections
// stay, with what they are subscribed to, watch and wait for.
//
// The cost is that of the keys that were changed since.
func (p *Snapshot) Restore() {
	s := p.server
	s.t.Helper()
	switch {
	case s.clock != nil:
		s.clock.Rewind(p.now)
	case s.running != nil:
		s.running.rewind(p.now)
	}
	err := p.store.Restore()
	if err == nil {
		err = s.store.SetSettings(p.settings)
	}
	if err != nil {
		s.t.Fatalf("nooktest: %v", err)
	}
	s.record.rewind(p.commands)
	s.faults.rewind(p.faults)
}

// Close ends the snapshot, which costs a copy of what is changed while it is there. The end of the server ends it too.
func (p *Snapshot) Close() { p.store.Close() }

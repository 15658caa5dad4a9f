package server

import (
	"iter"
	"net"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
)

// ID is CLIENT ID.
func (s *session) ID() int64 { return s.id }

// Name is CLIENT GETNAME.
func (s *session) Name() string { return s.own.name }

// SetName is CLIENT SETNAME.
func (s *session) SetName(name string) { s.own.name = name }

// SetLibrary is CLIENT SETINFO.
func (s *session) SetLibrary(name, version *string) {
	if name != nil {
		s.own.libName = *name
	}
	if version != nil {
		s.own.libVersion = *version
	}
}

// HangUp is QUIT.
func (s *session) HangUp() { s.leaving = true }

// Reset is RESET.
func (s *session) Reset() {
	s.endTransaction()
	s.unsubscribe()
	s.untrack()
	s.leaveMonitors()
	s.own.name, s.own.readOnly, s.own.noEvict, s.own.noTouch = "", false, false, false
	s.SetReplies(command.RepliesOn)
	s.identify(&s.call)
	s.login()
}

// Server tells CONFIG GET of the server. Its longest argument is none that would be
// too long for the store.
func (s *session) Server() command.Server {
	o, p := &s.server.options, s.server.parameters.Load()
	c := command.Server{
		Limits: p.Limits, Kept: p.kept, Port: s.server.port(),
		BusyAfter: s.server.busyAfter(), DebugAccess: o.Debug.String(),
		Timing: s.server.timing.parameters.Load().Timing,
	}
	c.MaxBulk = min(c.MaxBulk, s.server.store.MaxStringLen())
	c.AccessParameters = s.server.users.parameters()
	if p := s.server.persistence; p != nil {
		now := p.Parameters()
		c.Persistence = &now
	}
	return c
}

// SetServer is the server's part of CONFIG SET.
func (s *session) SetServer(c command.Server) {
	s.server.busy.Store(int64(c.BusyAfter))
	before := s.server.parameters.Swap(&parameters{c.Limits, c.Kept})
	if before.IdleTimeout != c.IdleTimeout {
		s.server.hurryAll()
	}
	s.server.timing.set(c.Timing)
	s.server.users.configure(&c.AccessParameters)
	if p := s.server.persistence; p != nil {
		p.SetParameters(*c.Persistence)
	}
	s.look()
}

// Scripts returns what runs scripts.
func (s *session) Scripts() command.Scripts { return &s.server.scripts }

// ResetStats is CONFIG RESETSTAT.
func (s *session) ResetStats(db *nook.Commands) error {
	stats, err := db.Stats()
	if err == nil {
		s.server.resetStats(lostOf(&stats))
	}
	return err
}

// Client describes the session to itself.
func (s *session) Client() command.Client {
	if s.gear != nil {
		s.update()
	}
	k := s.describe(s.own)
	for _, arg := range s.call.Args {
		k.ArgBytes += len(arg)
	}
	return k
}

// Clients describes all sessions of the server: this one as it is, the others
// as they were when they last waited.
func (s *session) Clients() iter.Seq[command.Client] {
	return func(yield func(command.Client) bool) {
		for _, x := range s.server.all() {
			k := x.describe(x.profile())
			if x == s {
				k = s.Client()
			}
			if !yield(k) {
				return
			}
		}
	}
}

// describe makes a client of a profile. It may be called from any session.
func (s *session) describe(p profile) command.Client {
	now := s.server.store.Now()
	k := command.Client{
		ID: s.id, Addr: s.addr(s.conn.RemoteAddr()), LocalAddr: s.addr(s.conn.LocalAddr()), FD: -1,
		Name: p.name, Age: elapsed(s.since, now), Idle: elapsed(p.active, now), Flags: s.flags(p),
		DB: p.db, Channels: p.channels, Patterns: p.patterns, Shards: p.shards, Queued: p.queued, Unparsed: p.unparsed, QueuedBytes: p.queuedBytes, Unsent: p.unsent,
		Redirect: p.redirect, User: p.user, Proto: p.proto, LibName: p.libName, LibVersion: p.libVersion,
	}
	if s.socket != nil {
		k.FD = s.socket.fd
	}
	if p.row != nil {
		k.Command = p.row.FullName()
	}
	return k
}

// elapsed returns the time from one moment to another, 0 if the clock was set back in between.
func elapsed(from, to time.Time) time.Duration { return max(to.Sub(from), 0) }

// addr writes an address as Redis does: the clients of a unix socket have none,
// so the socket's own stands for both sides.
func (s *session) addr(a net.Addr) string {
	if _, unix := a.(*net.UnixAddr); unix {
		return s.conn.LocalAddr().String() + ":0"
	}
	return a.String()
}

// flags returns the letters that CLIENT LIST has for what is special about a session.
func (s *session) flags(p profile) string {
	var letters []byte
	if p.monitors {
		letters = append(letters, 'O')
	}
	if p.channels+p.patterns+p.shards > 0 {
		letters = append(letters, 'P')
	}
	if p.queued >= 0 {
		letters = append(letters, 'x')
	}
	if p.waits {
		letters = append(letters, 'b')
	}
	if p.tracks {
		letters = append(letters, 't')
	}
	if p.tracks && s.tracking.broken.Load() {
		letters = append(letters, 'R')
	}
	if p.broad {
		letters = append(letters, 'B')
	}
	if p.dirty {
		letters = append(letters, 'd')
	}
	if s.unix() {
		letters = append(letters, 'U')
	}
	if p.noEvict {
		letters = append(letters, 'e')
	}
	if p.noTouch {
		letters = append(letters, 'T')
	}
	if p.readOnly {
		letters = append(letters, 'r')
	}
	if letters == nil {
		return "N"
	}
	return string(letters)
}

// unix reports whether the client came by a unix socket.
func (s *session) unix() bool {
	_, unix := s.conn.LocalAddr().(*net.UnixAddr)
	return unix
}

// SetNoEvict is CLIENT NO-EVICT. It is noted and no more: no client is closed for the memory of others.
func (s *session) SetNoEvict(on bool) { s.own.noEvict = on }

// Connected reports whether there is a session with a number.
func (s *session) Connected(id int64) bool { return s.server.session(id) != nil }

// session returns the session with a number, nil if there is none.
func (s *Server) session(id int64) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}

// Kill is CLIENT KILL. From its reply on, nobody finds the sessions any more, and commands of them that waited are
// served no more.
func (s *session) Kill(match func(k *command.Client) bool) (n int) {
	var asleep []*session
	for _, x := range s.server.all() {
		k := x.describe(x.profile())
		if x == s {
			k = s.Client()
		}
		if !match(&k) {
			continue
		}
		n++
		if x == s {
			s.leaving = true
			continue
		}
		if x.kill() {
			asleep = append(asleep, x)
		}
	}
	s.outlast(asleep)
	return n
}

// outlast waits for the end of others that were killed and need only wake up for it. Within EXEC it does not: a session
// that ends may need keys that are locked.
func (s *session) outlast(asleep []*session) {
	if s.inner != nil {
		return
	}
	for _, x := range asleep {
		<-x.ended
	}
}

// kill ends another session. It reports whether that only has to wake up for it.
func (s *session) kill() (asleep bool) {
	s.server.mu.Lock()
	delete(s.server.sessions, s.id)
	s.server.mu.Unlock()
	_ = s.conn.Close() // the session sees that, unless a command of it waits and nobody reads
	if w := s.waiting.Load(); w != nil {
		w.end(errDismissed)
	}
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	return s.inbox.asleep
}

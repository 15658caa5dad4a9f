package server

import (
	"iter"
	"net"

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
	s.own.name = ""
	s.login()
}

// Shutdown is SHUTDOWN.
func (s *session) Shutdown() error {
	if s.server.options.OnShutdown == nil {
		return command.ErrShutdown
	}
	s.leaving = true
	s.server.options.OnShutdown()
	return nil
}

// Server tells CONFIG GET of the server. Its longest argument is none that would be
// too long for the store.
func (s *session) Server() command.Server {
	o := &s.server.options
	c := command.Server{
		MaxClients: max(o.MaxClients, 0), IdleTimeout: o.IdleTimeout, MaxRequest: o.MaxRequest, Port: s.server.port(),
		MaxBulk:   min(o.MaxBulk, s.server.store.MaxStringLen()),
		BusyAfter: s.server.busyAfter(), DebugAccess: o.Debug.String(),
		Timing: s.server.timing.parameters.Load().Timing,
	}
	c.AccessParameters = s.server.users.parameters()
	return c
}

// SetServer is the server's part of CONFIG SET.
func (s *session) SetServer(c command.Server) {
	s.server.busy.Store(int64(c.BusyAfter))
	s.server.timing.set(c.Timing)
	s.server.users.configure(&c.AccessParameters)
	s.look()
}

// Scripts returns what runs scripts.
func (s *session) Scripts() command.Scripts { return &s.server.scripts }

// ResetStats is CONFIG RESETSTAT.
func (s *session) ResetStats(db *nook.Commands) error {
	stats, err := db.Stats()
	if err == nil {
		s.server.resetStats(stats.Evicted)
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
		Name: p.name, Age: now.Sub(s.since), Idle: now.Sub(p.active), Flags: s.flags(p),
		DB: p.db, Channels: p.channels, Patterns: p.patterns, Shards: p.shards, Queued: p.queued, Unparsed: p.unparsed, QueuedBytes: p.queuedBytes, Unsent: p.unsent,
		User: p.user, Proto: p.proto, LibName: p.libName, LibVersion: p.libVersion,
	}
	if s.socket != nil {
		k.FD = s.socket.fd
	}
	if p.row != nil {
		k.Command = p.row.FullName()
	}
	return k
}

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
	if p.channels+p.patterns+p.shards > 0 {
		letters = append(letters, 'P')
	}
	if p.queued >= 0 {
		letters = append(letters, 'x')
	}
	if p.waits {
		letters = append(letters, 'b')
	}
	if p.dirty {
		letters = append(letters, 'd')
	}
	if _, unix := s.conn.LocalAddr().(*net.UnixAddr); unix {
		letters = append(letters, 'U')
	}
	if letters == nil {
		return "N"
	}
	return string(letters)
}

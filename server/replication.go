package server

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook/internal/command"
)

// # Roles
//
// Several servers of one store can play a primary and its replicas: they have the same data without further ado, so all that
// makes a replica of one is that it says so, and refuses writes. What a session may do is decided when it begins, which costs those of primaries
// nothing; so a server that changes its role ends all sessions that it has, as Sentinel does in a failover.

// replication is what a server is to others of its store.
type replication struct {
	role atomic.Pointer[command.Role]
	gone sync.Cond // a session has ended; its lock is the server's mu
}

// Lead makes the server a primary, which it is at first, with replicas at the given addresses, host:port, to tell clients of. If it was a
// replica, all clients are disconnected.
//
// It must not be called from a command of the server itself, for whose end it waits.
func (s *Server) Lead(replicas ...string) error {
	var r command.Role
	for _, addr := range replicas {
		e, err := endpoint(addr)
		if err != nil {
			return err
		}
		r.Replicas = append(r.Replicas, e)
	}
	if s.Role().Master != nil {
		s.change(r)
	} else {
		s.replication.role.Store(&r)
	}
	return nil
}

// Follow makes the server a replica of the primary at an address, host:port, which should be a server of the same store. It disconnects
// all clients, and once it returns, no client of this server writes any more. See Lead.
func (s *Server) Follow(primary string) error {
	e, err := endpoint(primary)
	if err != nil {
		return err
	}
	s.change(command.Role{Master: &e})
	return nil
}

// Role returns what the server is.
func (s *Server) Role() command.Role {
	if r := s.replication.role.Load(); r != nil {
		return *r
	}
	return command.Role{}
}

// endpoint reads an address.
func endpoint(addr string) (command.Endpoint, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return command.Endpoint{}, fmt.Errorf("server: %w", err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return command.Endpoint{}, fmt.Errorf("server: the address %q has no port", addr)
	}
	return command.Endpoint{Host: host, Port: int(port)}, nil
}

// change gives the server a role and ends the sessions that have begun with another.
func (s *Server) change(r command.Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replication.role.Store(&r)
	before := s.disconnect()
	for slices.ContainsFunc(before, func(x *session) bool { return s.sessions[x.id] == x }) {
		s.replication.gone.Wait()
	}
}

// disconnect closes all connections, and returns the sessions that will end by that. mu is held.
func (s *Server) disconnect() (list []*session) {
	for _, x := range s.sessions {
		list = append(list, x)
		_ = x.conn.Close() // the session sees that, unless a command of it waits and nobody reads
		if w := x.waiting.Load(); w != nil {
			w.end(ErrClosed)
		}
	}
	return list
}

// Role is what ROLE tells of the server.
func (s *session) Role() command.Role { return s.server.Role() }

// writes reports whether a request may change data.
func (s *session) writes(row *command.Row) bool {
	if row.Name == "exec" && s.tx != nil {
		return s.tx.flags.Has(command.Write)
	}
	return row.Flags.Has(command.Write)
}

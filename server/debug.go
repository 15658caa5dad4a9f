package server

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/nookdb/nook/internal/command"
)

// A DebugAccess says who may send DEBUG: enable-debug-command.
type DebugAccess uint8

// The kinds of access.
const (
	DebugDenied  DebugAccess = iota // nobody, as in a Redis that is not told otherwise
	DebugLocal                      // clients of this machine
	DebugAllowed                    // everybody
)

var debugAccessNames = [...]string{"no", "local", "yes"}

// String returns the value of enable-debug-command.
func (a DebugAccess) String() string {
	if int(a) < len(debugAccessNames) {
		return debugAccessNames[a]
	}
	return "unknown"
}

// unprotect fails if the client may not send a protected command. There are no modules, so nobody may load any.
func (s *session) unprotect(row *command.Row) error {
	access := DebugDenied
	if row.FullName() == "debug" {
		access = s.server.options.Debug
	}
	if access == DebugAllowed || access == DebugLocal && s.isLocal() {
		return nil
	}
	return command.ErrProtected(row)
}

// isLocal reports whether the client is on this machine.
func (s *session) isLocal() bool {
	if a, ok := s.conn.RemoteAddr().(*net.TCPAddr); ok {
		return a.IP.IsLoopback()
	}
	return true
}

// Sleep waits for a time of the process, or until the server is closed.
func (s *session) Sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.server.scripts.Context.Done():
	}
}

// Log writes to the log what a client wants to have there.
func (s *session) Log(text string) {
	s.server.options.Logger.LogAttrs(context.Background(), slog.LevelWarn, text, s.where())
}

// ChangeReplID is DEBUG CHANGE-REPL-ID.
func (s *session) ChangeReplID() {
	id := newRunID()
	s.server.replID.Store(&id)
}

package server

import (
	"slices"
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
)

// Monitor is MONITOR. A second one does nothing, and has no reply either.
func (s *session) Monitor() error {
	if s.inner != nil {
		return command.ErrMonitorInside
	}
	if s.own.monitors {
		return nil
	}
	s.own.monitors = true
	s.guard()
	s.server.changeMonitors(func(list []*session) []*session { return append(list, s) })
	s.call.Out.OK()
	return nil
}

// leaveMonitors ends the monitoring.
func (s *session) leaveMonitors() {
	if s.own.monitors {
		s.own.monitors = false
		s.server.changeMonitors(func(list []*session) []*session {
			return slices.DeleteFunc(list, func(x *session) bool { return x == s })
		})
	}
}

// changeMonitors changes the list of sessions that see all commands, which is never changed in place.
func (s *Server) changeMonitors(change func(list []*session) []*session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*session
	if old := s.monitors.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = change(list); len(list) == 0 {
		s.monitors.Store(nil)
		return
	}
	s.monitors.Store(&list)
}

// show shows a command to those who monitor. x is nil if a script called it.
func (s *Server) show(list []*session, c *command.Call, db *nook.Commands, x *session) {
	now := s.store.Now().UnixMicro()
	line := strconv.AppendInt(nil, now/1e6, 10)
	line = append(line, '.')
	digits := strconv.Itoa(int(now%1e6) + 1e6)
	line = append(line, digits[1:]...)
	line = append(line, " ["...)
	line = strconv.AppendInt(line, int64(db.DBIndex()), 10)
	if x == nil {
		line = append(line, " lua]"...)
	} else {
		line = append(append(append(line, ' '), x.peer()...), ']')
	}
	for _, arg := range c.Row.Redact(c.Args) {
		line = resp.AppendQuoted(append(line, ' '), arg)
	}
	m := delivery{Message: nook.Message{Payload: string(line)}, kind: monitored}
	for _, to := range list {
		to.accept(m)
	}
}

// peer returns the client's address as MONITOR shows it.
func (s *session) peer() string {
	addr := s.addr(s.conn.RemoteAddr())
	if s.unix() {
		return "unix:" + s.conn.LocalAddr().String()
	}
	return addr
}

// shown shows a command to those who monitor, if anybody does. One that waits is shown when it begins to.
func (s *session) shown(c *command.Call) {
	if list := s.server.monitors.Load(); list != nil && !s.waited && c.Row.Flags&(command.SkipMonitor|command.Admin) == 0 {
		s.server.show(*list, c, c.DB, s)
	}
}

// spectate says what a session that monitors may not do.
func (s *session) spectate(row *command.Row) error {
	const keyspace = command.Write | command.ReadOnly | command.MayReplicate
	if s.own.monitors && (row.Flags&keyspace != 0 || row.FullName() == "exec" && s.tx != nil && s.tx.flags&keyspace != 0) {
		return command.ErrMonitorKeys
	}
	return nil
}

package server

import (
	"log/slog"
	"math"
	"slices"
	"strings"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/command"
)

// A visitor is who a session belongs to.
type visitor struct {
	member     *member
	user       *acl.User // that of member when the session last looked, nil before
	epoch      uint64    // of the users, when the session last looked
	known      bool      // the client has authenticated, or need not have when it came
	restricted bool      // the user may not do everything
}

// login makes the session that of the default user.
func (s *session) login() {
	users := s.server.users
	s.enter(users.find(acl.Default), !users.asks())
}

// enter makes the session that of a member.
func (s *session) enter(m *member, known bool) {
	s.visitor = visitor{member: m, known: known}
	s.own.user = m.user.Load().Name()
	s.look()
}

// meet sees to it that the session obeys what has changed about users. It fails if the session has to end.
func (s *session) meet() error {
	if s.server.users.epoch.Load() == s.visitor.epoch {
		return nil
	}
	return s.recognize()
}

// recognize is meet, whether or not anything has changed. As in Redis, a client that logs in keeps what it is subscribed to; only a change of
// its user ends that.
func (s *session) recognize() error {
	v, users := &s.visitor, s.server.users
	v.epoch = users.epoch.Load()
	user := v.member.user.Load()
	changed := v.user != nil && v.user != user
	v.user, v.restricted = user, !user.Unrestricted()
	s.setLocked(!v.known && users.asks())
	if v.member.gone.Load() || changed && s.inbox.sub != nil && !hears(user, s.inbox.sub) {
		return errDismissed
	}
	return nil
}

// look is recognize for the session that has itself changed something: it ends once its reply is sent.
func (s *session) look() {
	if s.recognize() != nil {
		s.leaving = true
	}
}

// hears reports whether a user may have all of a subscription.
func hears(u *acl.User, sub *nook.Subscription) bool {
	denied := func(name string) bool { return !u.Hears(name, false) }
	return !slices.ContainsFunc(sub.Channels(), denied) && !slices.ContainsFunc(sub.ShardChannels(), denied) &&
		!slices.ContainsFunc(sub.Patterns(), func(name string) bool { return !u.Hears(name, true) })
}

// dismiss ends the other sessions of members that are gone, and those of m that are subscribed to what it may not be any more. Those
// that are at work see for themselves.
func (s *session) dismiss(gone []*member, m *member) {
	var asleep []*session
	for _, x := range s.server.all() {
		p := x.profile()
		if x == s || !slices.Contains(gone, p.member) && (p.member != m || p.sub == nil || hears(m.user.Load(), p.sub)) {
			continue
		}
		if x.kill() {
			asleep = append(asleep, x)
		}
	}
	s.outlast(asleep)
	s.look()
}

// permit checks a request of a user who may not do everything.
func (s *session) permit(row *command.Row, args []string) error {
	if !s.visitor.restricted {
		return nil
	}
	s.call.Args, s.call.Row = args, row // as the log is to show it
	if why := command.Permit(s, row, args, acl.TopLevel); why != acl.Permitted {
		return command.ErrDenied(why, row)
	}
	return nil
}

// permitLater is permit for a command within EXEC.
func (s *session) permitLater(row *command.Row, args []string) error {
	if !s.visitor.restricted {
		return nil
	}
	if why := command.Permit(s, row, args, acl.Multi); why != acl.Permitted {
		return command.ErrDeniedLater(why)
	}
	return nil
}

// HasPassword reports whether the default user has a password.
func (s *session) HasPassword() bool { return !s.server.users.find(acl.Default).user.Load().NoPass() }

// Authenticate is AUTH.
func (s *session) Authenticate(name, password string) error {
	m := s.server.users.find(name)
	if m == nil || !m.user.Load().Accepts(password) {
		call := &s.call
		if s.inner != nil {
			call = s.inner
		}
		s.note(acl.DeniedAuth, acl.TopLevel, call.Args[0], name)
		return command.ErrWrongPass
	}
	s.enter(m, true)
	return nil
}

// Authenticated reports whether the client has authenticated, or did not need to when it came.
func (s *session) Authenticated() bool { return s.visitor.known }

// Users returns what knows the users.
func (s *session) Users() command.Users { return s }

// HasUser reports whether there is a user.
func (s *session) HasUser(name string) bool { return s.server.users.find(name) != nil }

// User is ACL WHOAMI.
func (s *session) User() *acl.User { return s.visitor.member.user.Load() }

// AllUsers is ACL LIST.
func (s *session) AllUsers() []*acl.User { return s.server.users.all() }

// SetUser is ACL SETUSER.
func (s *session) SetUser(name string, rules []string) error {
	m, err := s.server.users.change(name, rules)
	if err != nil {
		return err
	}
	s.dismiss(nil, m)
	return nil
}

// DelUsers is ACL DELUSER.
func (s *session) DelUsers(names []string) int {
	gone := s.server.users.remove(names)
	if len(gone) > 0 {
		s.dismiss(gone, nil)
	}
	return len(gone)
}

// LoadUsers is ACL LOAD.
func (s *session) LoadUsers() error {
	gone, err := s.server.users.load()
	if err != nil {
		return err
	}
	s.dismiss(gone, s.server.users.find(acl.Default))
	return nil
}

// SaveUsers is ACL SAVE.
func (s *session) SaveUsers() error {
	if s.server.users.file == "" {
		return command.ErrNoACLFile
	}
	if err := s.server.users.save(); err != nil {
		s.server.options.Logger.Error("cannot save the users", slog.Any("error", err))
		return command.ErrACLSave
	}
	return nil
}

// Deny notes what was denied to the session's user.
func (s *session) Deny(why acl.Reason, where acl.Context, object string) {
	s.note(why, where, object, s.own.user)
}

// note notes what was denied to a user, or to who wanted to be one.
func (s *session) note(why acl.Reason, where acl.Context, object, user string) {
	if where == acl.TopLevel && s.tx != nil {
		where = acl.Multi
	}
	u := s.server.users
	u.denied[why].Add(1)
	client := s.Client()
	e := acl.Entry{Reason: why, Context: where, Object: strings.Clone(object), User: strings.Clone(user), Client: client.Line()}
	now := s.server.store.Now().UnixMilli()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.log.Add(e, now, int(min(u.most, math.MaxInt)))
}

// Denials is ACL LOG.
func (s *session) Denials(most int) (entries []acl.Entry, now int64) {
	u := s.server.users
	now = s.server.store.Now().UnixMilli()
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.log.Latest(most), now
}

// ForgetDenials is ACL LOG RESET.
func (s *session) ForgetDenials() {
	u := s.server.users
	u.mu.Lock()
	defer u.mu.Unlock()
	u.log.Reset()
}

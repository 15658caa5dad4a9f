package acl

import (
	"slices"

	"github.com/nookdb/nook/internal/glob"
)

// A Request is a call of a command, as far as it matters here.
type Request struct {
	Command *Command
	Args    []string // the name first
	Keys    []Key
	// Channels are the arguments from the first to before the last of these positions.
	Channels [2]int
	Patterns bool // they are patterns, which must stand in the rules as they are
}

// A Key is a key among the arguments of a call.
type Key struct {
	Pos  int
	Does Access
}

// A Reason is what a call is denied for.
type Reason uint8

// The reasons. A later one tells more than those before.
const (
	Permitted Reason = iota
	DeniedCommand
	DeniedKey
	DeniedChannel
	DeniedAuth // it was no call: a wrong password, or no such user
)

var reasonNames = [...]string{"", "command", "key", "channel", "auth"}

// String returns the word that the log has.
func (r Reason) String() string { return reasonNames[r] }

// Check says whether the user may make a call. If not it says why, and which argument is to blame. Of several selectors the one counts that came
// furthest.
func (u *User) Check(r *Request) (why Reason, pos int) {
	why = DeniedCommand
	for _, s := range u.selectors {
		reason, at := s.check(r)
		if reason == Permitted {
			return Permitted, 0
		}
		if reason > why || reason == why && at > pos {
			why, pos = reason, at
		}
	}
	return why, pos
}

func (s *selector) check(r *Request) (why Reason, pos int) {
	if !s.allows(r) {
		return DeniedCommand, 0
	}
	for _, key := range r.Keys {
		if !s.opens(r.Args[key.Pos], key.Does) {
			return DeniedKey, key.Pos
		}
	}
	for i := r.Channels[0]; i < r.Channels[1]; i++ {
		if !s.hears(r.Args[i], r.Patterns) {
			return DeniedChannel, i
		}
	}
	return Permitted, 0
}

// allows judges the command alone.
func (s *selector) allows(r *Request) bool {
	if s.every || r.Command.Free || s.commands.has(r.Command) {
		return true
	}
	return len(r.Args) > 1 && slices.ContainsFunc(s.firsts[r.Command], func(first string) bool {
		return lower(first) == lower(cString(r.Args[1]))
	})
}

// opens judges a key alone.
func (s *selector) opens(key string, does Access) bool {
	return s.allKeys || slices.ContainsFunc(s.keys, func(p pattern) bool {
		return p.may&does == does && glob.Match(p.text, key)
	})
}

// opensAll reports whether all keys are open, whatever their names.
func (s *selector) opensAll(does Access) bool {
	return s.allKeys || slices.ContainsFunc(s.keys, func(p pattern) bool { return p.may&does == does && p.text == "*" })
}

// hears judges a channel, or a pattern of channels, alone.
func (s *selector) hears(channel string, isPattern bool) bool {
	return s.allChans || slices.ContainsFunc(s.channels, func(p string) bool {
		if isPattern {
			return p == channel
		}
		return glob.Match(p, channel)
	})
}

// ReadsAll reports whether the user may make a call and, by the same selector, read any key at all.
func (u *User) ReadsAll(r *Request) bool {
	return slices.ContainsFunc(u.selectors, func(s *selector) bool {
		why, _ := s.check(r)
		return why == Permitted && s.opensAll(Read)
	})
}

// Hears reports whether the user may be subscribed to a channel, or to a pattern.
func (u *User) Hears(channel string, isPattern bool) bool {
	return slices.ContainsFunc(u.selectors, func(s *selector) bool { return s.hears(channel, isPattern) })
}

// Unrestricted reports whether the user may do everything.
func (u *User) Unrestricted() bool {
	return slices.ContainsFunc(u.selectors, func(s *selector) bool { return s.every && s.allKeys && s.allChans })
}

package server

import (
	"io"

	"github.com/nookdb/nook/internal/command"
)

// replies says whether a session's replies are sent, for CLIENT REPLY.
type replies struct {
	mode  command.Replies
	skips bool // the reply of the next command is left out
	muted bool // what is replied now goes nowhere
	cut   int  // bytes of the reply of EXEC that are sent; 0 for all
}

// SetReplies is CLIENT REPLY.
func (s *session) SetReplies(mode command.Replies) {
	r := &s.replies
	switch mode {
	case command.RepliesOn:
		r.mode, r.skips = mode, false
		s.unmute()
	case command.RepliesOff:
		r.mode = mode
		if s.inner != nil {
			r.cut = s.inner.Out.Buffered()
		}
	case command.RepliesSkip:
		r.skips = r.mode != command.RepliesOff
	}
	s.guard()
}

// mute sends what there is to send, and no reply from here on.
func (s *session) mute() {
	if r := &s.replies; !r.muted {
		_ = s.gear.out.Flush() // an error comes again
		s.divert(io.Discard)
		r.muted = true
	}
}

// unmute ends that.
func (s *session) unmute() {
	if r := &s.replies; r.muted {
		s.divert(&s.outlet)
		r.muted = false
	}
}

// divert sends replies elsewhere. None waits.
func (s *session) divert(to io.Writer) {
	out := s.gear.out
	proto := out.Proto()
	out.Reset(to)
	out.SetProto(proto)
}

// muteCommand is what comes before a command.
func (s *session) muteCommand() {
	r := &s.replies
	if r.skips {
		r.mode, r.skips = command.RepliesSkip, false
	}
	if r.mode != command.RepliesOn {
		s.mute()
	}
}

// unmuteCommand is what comes after it.
func (s *session) unmuteCommand() {
	r := &s.replies
	s.unmute()
	if r.mode == command.RepliesSkip {
		r.mode = command.RepliesOn
	}
	r.cut = 0
	s.guard()
}

// say sends the client what is no reply, which it gets even if it wants none.
func (s *session) say(text []byte) {
	if s.replies.muted {
		_, _ = s.outlet.Write(text) // an error comes again
		return
	}
	s.gear.out.Raw(text)
}

package server

import (
	"slices"
	"sync"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// messageOverhead is about what a message that waits takes beside its bytes.
const messageOverhead = 64

// A delivery is what a session sends its client beside replies: a message, most of all.
type delivery struct {
	nook.Message
	kind deliveryKind
	id   int64 // of a connection
}

// deliveryKind says what a delivery is, and what its fields mean.
type deliveryKind uint8

const (
	published      deliveryKind = iota
	invalidated                 // Channel is a key that has changed
	invalidatedAll              // all keys have
	redirected                  // invalidated, for a connection with the number id
	redirectedAll               // the same
	redirectBroken              // the connection with the number id is gone
	monitored                   // Payload is a line of MONITOR
	shardEnded                  // the subscription to the shard channel Channel has ended, and id of them are left
)

// An inbox is where a session gets what is for its client, such as the messages that it is subscribed to. They come
// from the goroutines of those who publish, which must not wait; the session
// writes replies at the same time. So there are two ways:
//
//   - While the session is at work, messages wait in the inbox. The session takes
//     them between two commands, so that none ends up within a reply, and before it sends
//     the replies of a batch.
//   - While the session is asleep, in that it waits for its client or its command waits for
//     others, it writes nothing. Then messages go to the outlet at once.
//
// It goes to sleep when it has sent what it had, and wakes up before it writes again:
// see pause and resume. So whoever has the reply of a PUBLISH and then
// sends a PING on another connection, finds the message before the PONG there.
type inbox struct {
	sub *nook.Subscription // nil if the client never asked; the session's alone

	mu      sync.Mutex
	asleep  bool       // guarded by mu
	proto   int        // of the session, while it is asleep; guarded by mu
	hears   bool       // it is subscribed to something, the same; guarded by mu
	patient bool       // it may be idle for ever, the same; guarded by mu
	hurried bool       // there is a deadline for what the client sends next; guarded by mu
	waits   []delivery // came while the session was at work; guarded by mu
	bytes   int        // of waits, about; guarded by mu
	flooded bool       // more came than the client has read: it is cut off; guarded by mu
	traffic traffic    // of what went to the outlet from here; guarded by mu
}

// Subscription is what SUBSCRIBE and the like change. What these reply is sent to a client that wants no replies too, as messages
// are, but for a part of EXEC.
func (s *session) Subscription() (*nook.Subscription, error) {
	if s.inbox.sub == nil {
		sub, err := s.server.store.SubscribeWith(nook.SubscribeOptions{Receiver: s})
		if err != nil {
			return nil, err
		}
		s.inbox.sub = sub
		s.guard()
		if s.node != nil {
			s.node.follow(s, sub)
		}
	}
	if s.inner == nil {
		s.unmute()
	}
	return s.inbox.sub, nil
}

// Subscribed reports whether the session is subscribed to anything.
func (s *session) Subscribed() bool {
	channels, patterns, shards := s.subscribed()
	return channels+patterns+shards > 0
}

// subscribed returns how many names of each kind the session is subscribed to.
func (s *session) subscribed() (channels, patterns, shards int) {
	if s.inbox.sub == nil {
		return 0, 0, 0
	}
	return s.inbox.sub.Counts()
}

// unsubscribe ends all subscriptions. No message comes any more.
func (s *session) unsubscribe() {
	if s.inbox.sub != nil {
		s.inbox.sub.Close()
		s.inbox.sub = nil
		if s.node != nil {
			s.node.follow(s, nil)
		}
		x := &s.inbox
		x.mu.Lock()
		x.waits = slices.DeleteFunc(x.waits, func(m delivery) bool { return m.kind == published })
		x.bytes, x.flooded = 0, false
		for i := range x.waits {
			x.bytes += x.waits[i].size()
		}
		x.mu.Unlock()
		s.guard()
	}
}

// Receive gets a message from whoever publishes.
func (s *session) Receive(m nook.Message) { s.accept(delivery{Message: m}) }

// accept gets what is for the client, from any goroutine.
func (s *session) accept(m delivery) {
	x := &s.inbox
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.flooded {
		return
	}
	var unsent int
	if x.asleep {
		unsent = x.post(&s.outlet, &m)
	} else {
		x.waits = append(x.waits, m)
		x.bytes += m.size()
		unsent = x.bytes + s.outlet.unsent()
	}
	if unsent > s.server.parameters.Load().maxMessages() {
		x.flood(s)
	}
}

// size is about how many bytes a delivery takes that waits.
func (m *delivery) size() int {
	return messageOverhead + len(m.Channel) + len(m.Pattern) + len(m.Payload)
}

// post puts a message in the outlet and returns how many bytes wait there. mu is held.
func (x *inbox) post(o *outlet, m *delivery) (unsent int) {
	n, unsent := o.post(m, x.proto, x.hears)
	x.traffic.out += int64(n)
	x.traffic.writes++
	return unsent
}

// flood gives the client up, which does not read. The session sees that when it
// goes to sleep, or else wakes up by it. mu is held.
func (x *inbox) flood(s *session) {
	x.flooded, x.waits, x.bytes = true, nil, 0
	if !x.asleep {
		return
	}
	_ = s.conn.SetDeadline(time.Unix(1, 0)) // an error is that of a connection gone, which the session sees too
	if w := s.waiting.Load(); w != nil {
		w.end(errFlooded) // nobody may be reading
	}
}

// sleep says that the session writes nothing from now on. The client must have been sent all
// that the session had to send.
func (s *session) sleep() error {
	hears := s.Subscribed() // which asks those who publish, who may wait for this inbox
	x := &s.inbox
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.flooded {
		return errFlooded
	}
	x.proto, x.hears = s.own.proto, hears
	x.patient = hears || s.own.monitors || s.waiting.Load() != nil
	for i := range x.waits {
		x.post(&s.outlet, &x.waits[i])
	}
	x.waits, x.bytes = nil, 0
	x.asleep = true
	s.hurry()
	return nil
}

// hurry sets the deadline for what the client sends next. inbox.mu is held, and the session asleep.
func (s *session) hurry() {
	x := &s.inbox
	var deadline time.Time
	d := s.server.parameters.Load().IdleTimeout
	hurried := d > 0 && !x.patient
	if hurried {
		deadline = time.Now().Add(d)
	}
	if hurried || x.hurried {
		x.hurried = hurried
		_ = s.conn.SetReadDeadline(deadline) // an error is that of a connection gone, which the read will tell
	}
}

// hurryAll has the clients that are idle obey another IdleTimeout, as if they began to be now.
func (s *Server) hurryAll() {
	for _, x := range s.all() {
		x.inbox.mu.Lock()
		if x.inbox.asleep && !x.inbox.flooded {
			x.hurry()
		}
		x.inbox.mu.Unlock()
	}
}

// wake says that the session may write.
func (s *session) wake() {
	s.inbox.mu.Lock()
	s.inbox.asleep = false
	s.inbox.mu.Unlock()
}

// isFlooded reports whether the client is to be cut off.
func (s *session) isFlooded() bool {
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	return s.inbox.flooded
}

// Deliver replies the messages that have come so far. Within EXEC, whose reply is one, it does
// nothing: they come after it.
func (s *session) Deliver() {
	if s.inner != nil {
		return
	}
	x := &s.inbox
	x.mu.Lock()
	list, flooded := x.waits, x.flooded
	x.waits, x.bytes = nil, 0
	x.mu.Unlock()
	if flooded {
		s.abandon()
	}
	var text []byte
	for i := range list {
		text = list[i].appendTo(text[:0], s.gear.out.Proto(), s.Subscribed())
		s.say(text)
	}
}

// prune drops the messages that wait for names that an EXEC has unsubscribed: after its reply
// the client does not expect them any more.
func (s *session) prune() {
	sub := s.inbox.sub
	if sub == nil {
		return
	}
	names := [...][]string{nook.ByChannel: sub.Channels(), nook.ByPattern: sub.Patterns(), nook.ByShardChannel: sub.ShardChannels()}
	x := &s.inbox
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bytes = 0
	x.waits = slices.DeleteFunc(x.waits, func(m delivery) bool {
		if m.kind != published {
			x.bytes += m.size()
			return false
		}
		name := m.Channel
		if m.By == nook.ByPattern {
			name = m.Pattern
		}
		_, has := slices.BinarySearch(names[m.By], name)
		if has {
			x.bytes += m.size()
		}
		return !has
	})
}

// appendTo appends the delivery in the form in which a client gets it. hears says whether the client is
// subscribed to anything: in the old protocol others get no invalidations.
func (m *delivery) appendTo(b []byte, proto int, hears bool) []byte {
	switch m.kind {
	case published:
		return appendMessage(b, proto, &m.Message)
	case monitored:
		return resp.AppendSimple(b, m.Payload)
	case shardEnded:
		b = resp.AppendBulk(resp.AppendPush(b, proto, 3), "sunsubscribe")
		return resp.AppendInt(resp.AppendBulk(b, m.Channel), m.id)
	case redirectBroken:
		if proto == 2 {
			return b
		}
		b = resp.AppendBulk(resp.AppendPush(b, proto, 2), "tracking-redir-broken")
		return resp.AppendInt(b, m.id)
	}
	switch {
	case proto == 3:
		b = resp.AppendBulk(resp.AppendPush(b, proto, 2), "invalidate")
	case hears && (m.kind == redirected || m.kind == redirectedAll):
		b = resp.AppendBulk(resp.AppendPush(b, proto, 3), "message")
		b = resp.AppendBulk(b, "__redis__:invalidate")
	default:
		return b
	}
	if m.kind == invalidatedAll || m.kind == redirectedAll {
		return resp.AppendNull(b, proto)
	}
	return resp.AppendBulk(resp.AppendArray(b, 1), m.Channel)
}

// appendMessage appends a message in the form in which clients get it.
func appendMessage(b []byte, proto int, m *nook.Message) []byte {
	switch m.By {
	case nook.ByPattern:
		b = resp.AppendPush(b, proto, 4)
		b = resp.AppendBulk(b, "pmessage")
		b = resp.AppendBulk(b, m.Pattern)
	case nook.ByShardChannel:
		b = resp.AppendPush(b, proto, 3)
		b = resp.AppendBulk(b, "smessage")
	default:
		b = resp.AppendPush(b, proto, 3)
		b = resp.AppendBulk(b, "message")
	}
	b = resp.AppendBulk(b, m.Channel)
	return resp.AppendBulk(b, m.Payload)
}

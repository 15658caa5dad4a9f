package nook

import (
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook/internal/glob"
)

// # Messages
//
// The hub knows who is subscribed to what. It is one for all databases, as in
// Redis. Publishing takes its lock, and none of a shard, so that commands may publish with
// their own locks held; with the lock it only puts the message where each receiver finds
// it. So all receivers see all messages in one order, whoever published them, and
// nobody waits for a receiver. While there is no subscription, publishing
// is a look at one atomic.
//
// There are three kinds of names, which have nothing to do with each other:
// channels, patterns that channels match, and shard channels. In a Redis cluster the latter
// stay within the node that has their slot; here they are another set of channels.

// A Delivery says what brought a message to its receiver.
type Delivery uint8

// The ways of a message.
const (
	ByChannel      Delivery = iota // Publish, to a channel that is subscribed to
	ByPattern                      // Publish, to a channel that matches a pattern
	ByShardChannel                 // SPublish
)

// String returns the way's word: channel, pattern or shard channel.
func (d Delivery) String() string {
	if d > ByShardChannel {
		return "no known way"
	}
	return [...]string{"channel", "pattern", "shard channel"}[d]
}

// A Message is what was published.
type Message struct {
	By      Delivery
	Channel string
	Pattern string // that Channel matches, if it came by one
	Payload string
	Missed  uint64 // how many messages are missing before this one, as the receiver was too slow
}

// after makes a Message something that a feed carries.
func (m Message) after(missed uint64) Message {
	m.Missed = missed
	return m
}

// hub is where messages are published.
type hub struct {
	active atomic.Int64 // names that are subscribed to, by each; closedHub added once the store is closed

	mu     sync.Mutex
	topics [3]map[string]*topic       // by Delivery, those that somebody is subscribed to; guarded by mu
	globs  []*topic                   // the patterns of topics; guarded by mu
	subs   map[*Subscription]struct{} // guarded by mu
	clock  uint64                     // counts what is subscribed to; guarded by mu
	over   []*Subscription            // ended while a message was delivered; guarded by mu
}

// closedHub makes publishing look at the lock, and so find the store closed.
const closedHub = math.MinInt64 / 2

// A topic is a name with those who are subscribed to it.
type topic struct {
	name    string
	at      int // where hub.globs has it
	entries []*entry
}

// An entry says that a subscription has a name.
type entry struct {
	topic *topic
	sub   *Subscription
	at    int    // where topic.entries has it
	since uint64 // when it came, by hub.clock
}

// entryBytes is about how much memory an entry takes beside its name.
const entryBytes = 256

// A kept message was published within a transaction, for those who were
// subscribed at that time.
type kept struct {
	Message
	until uint64 // by hub.clock
}

// Publish sends a message to all who are subscribed to the channel, or to a pattern that it
// matches, in any database. It returns how many times the message is received. It
// never waits for a receiver: see Subscription.
//
// Messages come in the order in which they were published, to all receivers
// alike. Those of a transaction come when it ends, one after the other, with nobody
// else's between them; the count is that of the moment.
//
// O(N+M) where N is the number of receivers and M that of patterns. PUBLISH.
func (c *commands) Publish(channel, message string) (int, error) {
	return c.publish(Message{Channel: channel, Payload: message})
}

// SPublish is Publish to a shard channel, which no pattern matches.
//
// O(N) where N is the number of receivers. SPUBLISH.
func (c *commands) SPublish(channel, message string) (int, error) {
	return c.publish(Message{By: ByShardChannel, Channel: channel, Payload: message})
}

func (c *commands) publish(m Message) (int, error) {
	if err := c.reachable(); err != nil {
		return 0, err
	}
	h := &c.ks.hub
	if h.active.Load() == 0 {
		return 0, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		return 0, ErrClosed
	}
	if c.tx == nil {
		return h.deliver(m, h.clock), nil
	}
	n := h.count(m)
	if n > 0 {
		c.tx.kept = append(c.tx.kept, kept{m, h.clock})
	}
	return n, nil
}

// reachable reports whether commands that touch no key can work.
func (c *commands) reachable() error {
	switch {
	case c.tx != nil:
		return c.tx.check(c.db)
	case uint(c.db) >= uint(c.ks.opts.Databases):
		return ErrDBIndex
	}
	return nil
}

// release delivers the events and messages of a transaction. Events are among the messages, too.
func (t *txn) release() {
	if t.kept != nil {
		t.ks.hub.release(t.kept)
	}
	if t.events != nil {
		t.ks.events.publishKept(t.events)
	}
	t.events, t.kept = nil, nil
}

// release delivers messages together.
func (h *hub) release(list []kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range list {
		h.deliver(k.Message, k.until)
	}
}

// deliver hands a message to those who were subscribed at the time until, and still are.
// mu is held, as in all that follow.
func (h *hub) deliver(m Message, until uint64) (n int) {
	if t := h.topics[m.By][m.Channel]; t != nil {
		n += h.send(t, m, until)
	}
	if m.By == ByChannel {
		m.By = ByPattern
		for _, t := range h.globs {
			if glob.Match(t.name, m.Channel) {
				m.Pattern = t.name
				n += h.send(t, m, until)
			}
		}
	}
	for _, s := range h.over {
		h.strip(s)
	}
	h.over = nil
	return n
}

// send hands a message to those who have the topic's name.
func (h *hub) send(t *topic, m Message, until uint64) (n int) {
	for _, e := range t.entries {
		if e.since > until {
			continue
		}
		n++
		if !e.sub.receive(m) {
			h.over = append(h.over, e.sub)
		}
	}
	return n
}

// count returns how many times a message would be received.
func (h *hub) count(m Message) (n int) {
	if t := h.topics[m.By][m.Channel]; t != nil {
		n += len(t.entries)
	}
	if m.By != ByChannel {
		return n
	}
	for _, t := range h.globs {
		if glob.Match(t.name, m.Channel) {
			n += len(t.entries)
		}
	}
	return n
}

// add gives a subscription a name, unless it has it.
func (h *hub) add(s *Subscription, by Delivery, name string) {
	if s.names[by][name] != nil {
		return
	}
	t := h.topics[by][name]
	if t == nil {
		name = strings.Clone(name) // it may be a part of something big
		t = &topic{name: name}
		if h.topics[by] == nil {
			h.topics[by] = map[string]*topic{}
		}
		h.topics[by][name] = t
		if by == ByPattern {
			t.at = len(h.globs)
			h.globs = append(h.globs, t)
		}
	}
	h.clock++
	e := &entry{t, s, len(t.entries), h.clock}
	t.entries = append(t.entries, e)
	if s.names[by] == nil {
		s.names[by] = map[string]*entry{}
	}
	s.names[by][t.name] = e
	s.bytes += entryBytes + len(name)
	h.active.Add(1)
}

// remove takes a name from a subscription, if it has it.
func (h *hub) remove(s *Subscription, by Delivery, name string) {
	e := s.names[by][name]
	if e == nil {
		return
	}
	delete(s.names[by], name)
	s.bytes -= entryBytes + len(name)
	h.active.Add(-1)
	t := e.topic
	t.entries = dropAt(t.entries, e.at, func(moved *entry) { moved.at = e.at })
	if len(t.entries) > 0 {
		return
	}
	delete(h.topics[by], name)
	if by == ByPattern {
		h.globs = dropAt(h.globs, t.at, func(moved *topic) { moved.at = t.at })
	}
}

// dropAt takes element i out of a list whose order does not matter. The last takes its
// place, which it is told.
func dropAt[T any](list []*T, i int, tell func(moved *T)) []*T {
	last := len(list) - 1
	list[i], list[last] = list[last], nil
	if i < last {
		tell(list[i])
	}
	return list[:last]
}

// strip takes all names from a subscription, and it can have none any more.
func (h *hub) strip(s *Subscription) {
	s.over = true
	for by := range s.names {
		for name := range s.names[by] {
			h.remove(s, Delivery(by), name)
		}
	}
}

// sizes returns how many channels, patterns and shard channels there are.
func (h *hub) sizes() (channels, patterns, shardChannels int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics[ByChannel]), len(h.topics[ByPattern]), len(h.topics[ByShardChannel])
}

// close ends all subscriptions.
func (h *hub) close() {
	h.mu.Lock()
	subs := slices.Collect(maps.Keys(h.subs))
	for _, s := range subs {
		h.strip(s)
	}
	if h.subs != nil {
		h.active.Add(closedHub)
	}
	h.subs = nil
	h.mu.Unlock()
	for _, s := range subs {
		s.end(ErrClosed)
	}
}

// openHub locks the hub for a look at it.
func (c *commands) openHub() (*hub, error) {
	if err := c.reachable(); err != nil {
		return nil, err
	}
	h := &c.ks.hub
	h.mu.Lock()
	if h.subs == nil {
		h.mu.Unlock()
		return nil, ErrClosed
	}
	return h, nil
}

// PubSubChannels returns, in order, the channels that anybody is subscribed to,
// patterns aside: those that match one of the given patterns, all if none are given.
//
// O(N log N) where N is the number of channels. PUBSUB CHANNELS.
func (c *commands) PubSubChannels(patterns ...string) ([]string, error) {
	return c.topics(ByChannel, patterns)
}

// PubSubShardChannels is PubSubChannels of shard channels.
//
// O(N log N) where N is the number of shard channels. PUBSUB SHARDCHANNELS.
func (c *commands) PubSubShardChannels(patterns ...string) ([]string, error) {
	return c.topics(ByShardChannel, patterns)
}

func (c *commands) topics(by Delivery, patterns []string) ([]string, error) {
	h, err := c.openHub()
	if err != nil {
		return nil, err
	}
	defer h.mu.Unlock()
	var names []string
	for name := range h.topics[by] {
		matches := func(pattern string) bool { return glob.Match(pattern, name) }
		if len(patterns) == 0 || slices.ContainsFunc(patterns, matches) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// PubSubNumSub returns how many are subscribed to each of the channels, patterns
// aside.
//
// O(N) where N is the number of channels asked for. PUBSUB NUMSUB.
func (c *commands) PubSubNumSub(channels ...string) ([]int, error) {
	return c.receivers(ByChannel, channels)
}

// PubSubShardNumSub is PubSubNumSub of shard channels.
//
// O(N) where N is the number of shard channels asked for. PUBSUB SHARDNUMSUB.
func (c *commands) PubSubShardNumSub(channels ...string) ([]int, error) {
	return c.receivers(ByShardChannel, channels)
}

func (c *commands) receivers(by Delivery, names []string) ([]int, error) {
	h, err := c.openHub()
	if err != nil {
		return nil, err
	}
	defer h.mu.Unlock()
	counts := make([]int, len(names))
	for i, name := range names {
		if t := h.topics[by][name]; t != nil {
			counts[i] = len(t.entries)
		}
	}
	return counts, nil
}

// PubSubNumPat returns how many different patterns anybody is subscribed to.
//
// O(1). PUBSUB NUMPAT.
func (c *commands) PubSubNumPat() (int, error) {
	h, err := c.openHub()
	if err != nil {
		return 0, err
	}
	defer h.mu.Unlock()
	return len(h.globs), nil
}

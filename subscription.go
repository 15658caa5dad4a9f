package nook

import (
	"maps"
	"slices"
)

// A Subscription is made by [Store.Subscribe] and its kin. It receives the messages that are published to its channels, shard
// channels, and channels that match its patterns, from the moment that it has them until
// they are taken from it, it is closed, or the store is. A message comes once
// for the channel and once for each of the patterns.
//
// Nobody who publishes waits for the receiver. What it has not received waits in a queue
// of its own; when that is full, FullPolicy says what happens, and Missed and
// Message.Missed tell. So nothing is lost in silence.
//
// Its methods may be called from any goroutine.
type Subscription struct {
	hub   *hub
	to    Receiver             // nil if there is a feed
	feed  *feed[Message]       // nil if there is a receiver
	names [3]map[string]*entry // by Delivery; guarded by hub.mu
	bytes int                  // that the names take, about; guarded by hub.mu
	over  bool                 // it gets no message any more; guarded by hub.mu
}

// A Receiver gets messages in the place of a Go channel.
type Receiver interface {
	// Receive gets a message. It is called from the goroutine of whoever publishes,
	// which may hold locks of the store, and never twice at once. So it must
	// neither wait nor call the store, nor the subscription.
	Receive(m Message)
}

// SubscribeOptions say what a Subscription receives from the start, and how.
type SubscribeOptions struct {
	Channels, Patterns, ShardChannels []string

	// Queue is how many messages may wait for the receiver. 0 means 65,536.
	Queue int
	// Full says what happens to those for which there is no room.
	Full FullPolicy

	// Receiver gets the messages, if it is not nil. Then there is no queue, and
	// Messages returns nil.
	Receiver Receiver
}

// Subscribe returns a subscription of channels. Close it when it is of no use any
// more. Within a transaction it takes effect at once.
//
//	sub, err := s.Subscribe("news")
//	if err != nil { ... }
//	defer sub.Close()
//	for m := range sub.Messages() { ... }
//
// O(N) where N is the number of channels. SUBSCRIBE.
func (c *commands) Subscribe(channels ...string) (*Subscription, error) {
	return c.SubscribeWith(SubscribeOptions{Channels: channels})
}

// PSubscribe returns a subscription of all channels that match one of the
// patterns, which are those of Keys.
//
// O(N) where N is the number of patterns. PSUBSCRIBE.
func (c *commands) PSubscribe(patterns ...string) (*Subscription, error) {
	return c.SubscribeWith(SubscribeOptions{Patterns: patterns})
}

// SSubscribe returns a subscription of shard channels: see SPublish.
//
// O(N) where N is the number of channels. SSUBSCRIBE.
func (c *commands) SSubscribe(channels ...string) (*Subscription, error) {
	return c.SubscribeWith(SubscribeOptions{ShardChannels: channels})
}

// SubscribeWith returns a subscription of anything, or of nothing yet. See
// Subscribe.
func (c *commands) SubscribeWith(o SubscribeOptions) (*Subscription, error) {
	h, err := c.openHub()
	if err != nil {
		return nil, err
	}
	defer h.mu.Unlock()
	s := &Subscription{hub: h, to: o.Receiver}
	if s.to == nil {
		s.feed = newFeed[Message](o.Queue, o.Full)
	}
	h.subs[s] = struct{}{}
	for by, names := range [...][]string{ByChannel: o.Channels, ByPattern: o.Patterns, ByShardChannel: o.ShardChannels} {
		for _, name := range names {
			h.add(s, Delivery(by), name)
		}
	}
	return s, nil
}

// receive hands on a message. It reports false if the subscription is over.
func (s *Subscription) receive(m Message) bool {
	if s.to != nil {
		s.to.Receive(m)
		return true
	}
	s.feed.put(m)
	return s.feed.full != EndWhenFull || s.feed.reason() == nil
}

// Messages returns the channel on which messages come. It is closed when the subscription has
// ended.
func (s *Subscription) Messages() <-chan Message {
	if s.feed == nil {
		return nil
	}
	return s.feed.out
}

// Missed returns how many messages the receiver was too slow for so far.
func (s *Subscription) Missed() uint64 {
	if s.feed == nil {
		return 0
	}
	return s.feed.lost()
}

// Err returns why the subscription has ended: ErrClosed if the store was closed,
// ErrSlowReceiver if too much waited, nil if it has not ended or Close was called first.
func (s *Subscription) Err() error {
	if s.feed == nil {
		return nil
	}
	return s.feed.reason()
}

// Close ends the subscription. What waits, but for a few messages that are in the
// channel, is dropped and counts as missed. A second Close does nothing.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	s.hub.strip(s)
	delete(s.hub.subs, s)
	s.hub.mu.Unlock()
	s.end(nil)
}

func (s *Subscription) end(reason error) {
	if s.feed != nil {
		s.feed.close(reason)
	}
}

// Subscribe adds channels. For each in turn it returns how many channels and
// patterns there are then. A channel that is there already is not added again.
//
// Fails with ErrClosed if the subscription has ended. O(N) where N is the number
// of channels.
func (s *Subscription) Subscribe(channels ...string) ([]int, error) {
	return s.add(ByChannel, channels)
}

// PSubscribe adds patterns, as Subscribe adds channels.
func (s *Subscription) PSubscribe(patterns ...string) ([]int, error) {
	return s.add(ByPattern, patterns)
}

// SSubscribe adds shard channels, and returns how many of these there are.
func (s *Subscription) SSubscribe(channels ...string) ([]int, error) {
	return s.add(ByShardChannel, channels)
}

func (s *Subscription) add(by Delivery, names []string) ([]int, error) {
	return s.change(by, names, (*hub).add)
}

// change adds names or removes them.
func (s *Subscription) change(by Delivery, names []string, step func(*hub, *Subscription, Delivery, string)) ([]int, error) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.over {
		return nil, ErrClosed
	}
	counts := make([]int, len(names))
	for i, name := range names {
		step(h, s, by, name)
		counts[i] = s.size(by)
	}
	return counts, nil
}

// size returns how many names there are that are counted with those of a kind.
func (s *Subscription) size(by Delivery) int {
	if by == ByShardChannel {
		return len(s.names[ByShardChannel])
	}
	return len(s.names[ByChannel]) + len(s.names[ByPattern])
}

// Unsubscribe removes channels, all if none are given. For each in turn it returns
// how many channels and patterns are left. No message of a channel comes after it was removed, but
// for those that wait already.
//
// Fails with ErrClosed if the subscription has ended. O(N) where N is the number
// of channels. UNSUBSCRIBE.
func (s *Subscription) Unsubscribe(channels ...string) ([]int, error) {
	return s.remove(ByChannel, channels)
}

// PUnsubscribe removes patterns, as Unsubscribe removes channels.
//
// O(N) where N is the number of patterns. PUNSUBSCRIBE.
func (s *Subscription) PUnsubscribe(patterns ...string) ([]int, error) {
	return s.remove(ByPattern, patterns)
}

// SUnsubscribe removes shard channels, and returns how many of these are left.
//
// O(N) where N is the number of channels. SUNSUBSCRIBE.
func (s *Subscription) SUnsubscribe(channels ...string) ([]int, error) {
	return s.remove(ByShardChannel, channels)
}

func (s *Subscription) remove(by Delivery, names []string) ([]int, error) {
	if len(names) == 0 {
		names = s.list(by)
	}
	return s.change(by, names, (*hub).remove)
}

// Channels returns the channels, in order.
func (s *Subscription) Channels() []string { return s.list(ByChannel) }

// Patterns returns the patterns, in order.
func (s *Subscription) Patterns() []string { return s.list(ByPattern) }

// ShardChannels returns the shard channels, in order.
func (s *Subscription) ShardChannels() []string { return s.list(ByShardChannel) }

func (s *Subscription) list(by Delivery) []string {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return slices.Sorted(maps.Keys(s.names[by]))
}

// Counts returns how many channels, patterns and shard channels there are.
func (s *Subscription) Counts() (channels, patterns, shardChannels int) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.names[ByChannel]), len(s.names[ByPattern]), len(s.names[ByShardChannel])
}

// Bytes returns about how much memory the names take.
func (s *Subscription) Bytes() int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.bytes
}

package nook

import (
	"slices"

	"github.com/nookdb/nook/internal/glob"
)

// EventOptions say which events an EventSubscription receives, and how. The zero
// value is all changes of all keys.
type EventOptions struct {
	Classes EventClass // 0 means EventAll
	Keys    string     // a pattern as that of KEYS; "" means all
	DBs     []int      // nil means all

	// Queue is how many events may wait for the receiver. 0 means 65,536.
	Queue int
	// Full says what happens to those for which there is no room.
	Full FullPolicy
}

// An EventSubscription is made by [Store.Events]. It receives keyspace events, from the moment it is made until it is
// closed, or the store is. No command ever waits for its receiver.
type EventSubscription struct {
	of   *events
	sink eventSink
	feed *feed[Event]
}

// Events returns a subscription of keyspace events. They come in the order in which the
// keys changed, an event of a transaction when that ends. Whoever has received an
// event finds what it tells of done, unless somebody has changed the key again.
//
// Within a transaction it takes effect at once, for what comes after it.
//
// Only the subscription's own options count: neither Settings.Notify nor the
// database of c. Close it when it is of no use any more: events cost a little while
// anybody wants them.
//
// Fails with ErrDBIndex. O(1).
func (c *commands) Events(o EventOptions) (*EventSubscription, error) {
	for _, db := range append(o.DBs[:len(o.DBs):len(o.DBs)], c.db) {
		if uint(db) >= uint(c.ks.opts.Databases) {
			return nil, ErrDBIndex
		}
	}
	if o.Classes == 0 {
		o.Classes = EventAll
	}
	s := &EventSubscription{of: &c.ks.events, feed: newFeed[Event](o.Queue, o.Full)}
	s.sink = eventSink{classes: o.Classes, publish: s.feed.put, end: s.feed.close}
	if glob.All(o.Keys) {
		o.Keys = ""
	}
	if o.Keys != "" || o.DBs != nil {
		dbs := slices.Clone(o.DBs)
		s.sink.publish = func(e Event) {
			if (o.Keys == "" || glob.Match(o.Keys, e.Key)) && (dbs == nil || slices.Contains(dbs, e.DB)) {
				s.feed.put(e)
			}
		}
	}
	if !s.of.listen(&s.sink) {
		return nil, ErrClosed
	}
	return s, nil
}

// Events returns the channel on which the events come. It is closed when the subscription
// has ended.
func (s *EventSubscription) Events() <-chan Event { return s.feed.out }

// Missed returns how many events the receiver was too slow for so far.
func (s *EventSubscription) Missed() uint64 { return s.feed.lost() }

// Err returns why the subscription has ended: ErrClosed if the store was closed,
// ErrSlowReceiver if too much waited, nil if it has not ended or Close was called first.
func (s *EventSubscription) Err() error { return s.feed.reason() }

// Close ends the subscription. What waits, but for a few events that are in the
// channel, is dropped. A second Close does nothing.
func (s *EventSubscription) Close() {
	s.of.ignore(&s.sink)
	s.feed.close(nil)
}

// after makes an Event something that a feed carries.
func (e Event) after(missed uint64) Event {
	e.Missed = missed
	return e
}

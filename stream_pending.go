package nook

import (
	"iter"
	"time"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// A PendingSummary says what is pending in a group.
type PendingSummary struct {
	Count       int
	First, Last StreamID          // of what is pending
	Consumers   []ConsumerPending // those of which something is pending, in the order of their names
}

// A ConsumerPending says how many entries are pending of a consumer.
type ConsumerPending struct {
	Name  string
	Count int
}

// readGroup reads a group. It fails if there is no such key or group.
func (c *commands) readGroup(key, group string) (read, *value.Group, error) {
	r, s, err := readAs[*value.Stream](c, key)
	if err != nil {
		return r, nil, err
	}
	if s != nil {
		if g := s.Group(group); g != nil {
			return r, g, nil
		}
	}
	r.done()
	return r, nil, noGroup(key, group)
}

// XPending returns what is pending in a group.
//
// Fails with ErrNoGroup if there is no such key or group, and with ErrWrongType. O(consumers). XPENDING.
func (c *commands) XPending(key, group string) (PendingSummary, error) {
	r, g, err := c.readGroup(key, group)
	if err != nil {
		return PendingSummary{}, err
	}
	defer r.done()
	sum := PendingSummary{Count: g.PendingLen()}
	first, last, _ := g.PendingSpan()
	sum.First, sum.Last = StreamID(first), StreamID(last)
	for _, x := range g.Consumers() {
		if n := x.PendingLen(); n > 0 {
			sum.Consumers = append(sum.Consumers, ConsumerPending{x.Name, n})
		}
	}
	return sum, nil
}

// A PendingEntry is an entry that was given to a consumer, which has not acknowledged it.
type PendingEntry struct {
	ID         StreamID
	Consumer   string
	Idle       time.Duration // since it was delivered last
	Deliveries int64         // how often it was
}

// XPendingOptions are the options of XPendingWith.
type XPendingOptions struct {
	Consumer Optional      // only what is pending of one consumer
	MinIdle  time.Duration // only what has been idle for so long at least
}

// XPendingRange returns up to count of the entries that are pending in a group, with IDs between two bounds.
//
// Fails with ErrNoGroup if there is no such key or group, with the errors of bounds that XRange fails with, and with
// ErrWrongType. O(log pending + result). See XPending.
func (c *commands) XPendingRange(key, group string, from, to StreamBound, count int) ([]PendingEntry, error) {
	return c.XPendingRangeWith(key, group, from, to, count, XPendingOptions{})
}

// XPendingRangeWith is XPendingRange of one consumer, or of entries that have been idle for long.
//
// Fails as XPendingRange does. O(log pending + entries looked at). See XPending.
func (c *commands) XPendingRangeWith(
	key, group string, from, to StreamBound, count int, o XPendingOptions,
) ([]PendingEntry, error) {
	first, err := from.first()
	if err != nil {
		return nil, err
	}
	last, err := to.last()
	if err != nil {
		return nil, err
	}
	r, g, err := c.readGroup(key, group)
	if err != nil {
		return nil, err
	}
	defer r.done()
	return pendingEntries(o.pending(g, first), last, count, o.MinIdle.Milliseconds(), c.now()), nil
}

// pending iterates over what is pending from an ID on, in the group or of the consumer.
func (o *XPendingOptions) pending(g *value.Group, first stream.ID) iter.Seq[*value.Pending] {
	if !o.Consumer.OK {
		return g.PendingFrom(first)
	}
	if x := g.Consumer(o.Consumer.Value); x != nil {
		return x.PendingFrom(first)
	}
	return func(func(*value.Pending) bool) {}
}

// pendingEntries returns up to count pending entries, up to an ID, that have been idle for so many milliseconds.
func pendingEntries(all iter.Seq[*value.Pending], last stream.ID, count int, minIdle, now int64) []PendingEntry {
	entries := []PendingEntry{}
	for p := range all {
		if len(entries) >= count || last.Less(p.ID) {
			break
		}
		idle := now - p.Delivered
		if minIdle > 0 && idle < minIdle {
			continue
		}
		entries = append(entries, PendingEntry{StreamID(p.ID), p.Consumer(), millis(idle), p.Count})
	}
	return entries
}

// millis returns a number of milliseconds, 0 if it is less.
func millis(n int64) time.Duration { return time.Duration(max(n, 0)) * time.Millisecond }

package nook

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"
)

// ConsumerOptions say what a Consumer reads, and as whom.
type ConsumerOptions struct {
	Group   string   // the group, which is created, with its streams, where there is none
	Name    string   // of the consumer; no other member of the group has it
	Streams []string // what is read

	// Start is where a group begins that has to be created. Zero is the beginning of the stream.
	Start StreamStart

	// Batch is how many messages of a stream are read at a time. 0 means 16. Those that wait for
	// their turn are out of the reach of other consumers until ClaimAfter: 1 is best where the
	// work on one takes long.
	Batch int

	// ClaimAfter is how long a message may stay unacknowledged with another consumer before this one
	// takes it: with some to spare, longer than the work on one ever takes. 0 means a minute, more than ten
	// years is not possible.
	ClaimAfter time.Duration
}

const (
	defaultBatch      = 16
	defaultClaimAfter = time.Minute

	maxClaimAfter = 10 * 365 * 24 * time.Hour

	// claimLooks is how many times within ClaimAfter a consumer looks for what others
	// left behind.
	claimLooks = 4
	// claimSpare is which part of ClaimAfter a message may have waited for its turn when the
	// work on it begins.
	claimSpare = 16
)

// A Consumer is a member of a consumer group, made by [Store.NewConsumer]. It reads messages from
// streams, such that each goes to one member, and comes again, perhaps to another, until somebody
// acknowledges it.
//
//	consumer, err := s.NewConsumer(nook.ConsumerOptions{Group: "mail", Name: "worker-1", Streams: []string{"signups"}})
//	...
//	for m, err := range consumer.Messages(ctx) {
//		if err != nil {
//			return err
//		}
//		if send(m.Fields) == nil {
//			m.Ack()
//		} else {
//			m.Nack()
//		}
//	}
//
// What it does could be done with XReadGroupWith, XAutoClaim, XAck and XClaim, and goes together with
// members that do it so, over the wire too. A consumer is not safe for concurrent use, but its messages are.
type Consumer struct {
	c     *commands
	o     ConsumerOptions
	queue []*GroupMessage // read and not yet yielded
	past  []GroupFrom     // where what was pending before is read; empty at its end
	marks []StreamBound   // of each stream: where looking for messages to claim goes on
	look  time.Time       // when that is
}

// NewConsumer returns a member of a group. It creates the group, and the streams, where there is none. There is
// nothing to close: nothing happens but in Messages.
//
// Fails with ErrConsumerOptions unless Group, Name and Streams are given, or if ClaimAfter is out of its range, with ErrTxConsumer within a transaction, which
// cannot wait, and with ErrWrongType and ErrOutOfMemory. O(streams). See XReadGroup.
func (c *commands) NewConsumer(o ConsumerOptions) (*Consumer, error) {
	switch err := c.reachable(); {
	case err != nil:
		return nil, err
	case c.tx != nil:
		return nil, ErrTxConsumer
	case o.Group == "" || o.Name == "" || len(o.Streams) == 0, o.ClaimAfter < 0, o.ClaimAfter > maxClaimAfter:
		return nil, ErrConsumerOptions
	}
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	if o.ClaimAfter == 0 {
		o.ClaimAfter = defaultClaimAfter
	}
	o.Streams = slices.Clone(o.Streams)
	r := &Consumer{c: c.Select(c.db), o: o, marks: make([]StreamBound, len(o.Streams))}
	for _, key := range o.Streams {
		err := c.XGroupCreateWith(key, o.Group, o.Start, XGroupOptions{MkStream: true})
		if err != nil && !errors.Is(err, ErrBusyGroup) {
			return nil, err
		}
		r.past = append(r.past, GroupFrom{Key: key, History: true})
	}
	return r, nil
}

// Messages yields the messages of the streams as they come, those of one in order: first those that a consumer of this
// name was given earlier and has not acknowledged, then new ones and such as another consumer has kept for
// ClaimAfter. Where there is none it waits.
//
// It ends when the context does: what was read and not yielded goes back to the group then. It also ends after an
// error, with which comes no message: ErrStreamGone or ErrGroupGone if somebody deletes what it waits for, ErrNoGroup,
// ErrWrongType or ErrClosed.
//
// Who leaves the loop by itself keeps what was read: another loop of the same Consumer goes on with it, other consumers
// are given it after ClaimAfter. To give it back at once, end the context.
func (r *Consumer) Messages(ctx context.Context) iter.Seq2[*GroupMessage, error] {
	return func(yield func(*GroupMessage, error) bool) {
		for ctx.Err() == nil {
			m, err := r.next(ctx)
			switch {
			case err != nil && ctx.Err() == nil:
				yield(nil, err)
				return
			case m != nil && !yield(m, nil):
				return
			}
		}
		for _, m := range r.queue {
			_ = m.giveBack() // fails only if there is nothing any more to give it back to
		}
		r.queue = nil
	}
}

// next returns the next message, or none if it has to be asked again.
func (r *Consumer) next(ctx context.Context) (*GroupMessage, error) {
	if len(r.queue) == 0 {
		return nil, r.read(ctx)
	}
	m := r.queue[0]
	r.queue = r.queue[1:]
	if r.c.Now().Sub(m.read) < r.o.ClaimAfter/claimSpare {
		return m, nil
	}
	// It has waited here, so that another consumer may have it by now.
	mine, err := m.Extend()
	if !mine {
		m = nil
	}
	return m, err
}

// read reads some messages, or nothing if it has to be called again.
func (r *Consumer) read(ctx context.Context) error {
	now := r.c.Now()
	switch {
	case len(r.past) > 0:
		return r.readPast(now)
	case !now.Before(r.look):
		return r.claim(now)
	}
	o := XReadGroupOptions{Count: r.o.Batch, Wait: true, Timeout: r.look.Sub(now)}
	from := make([]GroupFrom, len(r.o.Streams))
	for i, key := range r.o.Streams {
		from[i].Key = key
	}
	found, err := r.c.XReadGroupWith(ctx, r.o.Group, r.o.Name, o, from...)
	now = r.c.Now()
	for _, f := range found {
		r.enqueue(f, now)
	}
	return err
}

// readPast reads what was pending of the consumer when it began.
func (r *Consumer) readPast(now time.Time) error {
	from := &r.past[0]
	found, err := r.c.XReadGroupWith(context.Background(), r.o.Group, r.o.Name, XReadGroupOptions{Count: r.o.Batch}, *from)
	if err != nil {
		return err
	}
	entries := found[0].Entries
	if len(entries) == 0 {
		r.past = r.past[1:]
		return nil
	}
	from.After = entries[len(entries)-1].ID
	return r.again(from.Key, entries, now)
}

// claim takes messages that others have kept for too long.
func (r *Consumer) claim(now time.Time) error {
	r.look = now.Add(max(r.o.ClaimAfter/claimLooks, time.Millisecond))
	o := XAutoClaimOptions{Count: r.o.Batch}
	for i, key := range r.o.Streams {
		claimed, err := r.c.XAutoClaimWith(key, r.o.Group, r.o.Name, r.o.ClaimAfter, r.marks[i], o)
		if err != nil {
			return err
		}
		if r.marks[i].ID = claimed.Next; claimed.Next != (StreamID{}) {
			r.look = now // there is more
		}
		if err := r.again(key, claimed.Entries, now); err != nil {
			return err
		}
	}
	return nil
}

// again queues messages that have been delivered before. Those that were deleted since are acknowledged.
func (r *Consumer) again(key string, entries []StreamEntry, now time.Time) error {
	for _, e := range entries {
		m := &GroupMessage{Stream: key, StreamEntry: e, consumer: r, read: now}
		if e.Fields == nil {
			if err := m.Ack(); err != nil {
				return err
			}
			continue
		}
		known, err := r.known(r.c, key, e.ID)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			m.Deliveries = int(known[0].Deliveries)
			r.queue = append(r.queue, m)
		}
	}
	return nil
}

// known returns what is known of a message that is pending of the consumer, or nothing if it is not.
func (r *Consumer) known(c *commands, key string, id StreamID) ([]PendingEntry, error) {
	at := StreamBound{ID: id}
	o := XPendingOptions{Consumer: Optional{r.o.Name, true}}
	return c.XPendingRangeWith(key, r.o.Group, at, at, 1, o)
}

// enqueue queues new messages.
func (r *Consumer) enqueue(f StreamEntries, now time.Time) {
	for _, e := range f.Entries {
		r.queue = append(r.queue, &GroupMessage{Stream: f.Key, StreamEntry: e, Deliveries: 1, consumer: r, read: now})
	}
}

// A GroupMessage is an entry of a stream that a Consumer was given, and is to acknowledge.
type GroupMessage struct {
	Stream string
	StreamEntry

	// Deliveries is how often it was delivered, this time included: more than once after a
	// failure, or if a consumer read it and did not come to it within ClaimAfter.
	Deliveries int

	consumer *Consumer
	read     time.Time
}

// Ack says that the work on the message is done: nobody is given it again. It counts even if another consumer has
// the message by now, and more than once.
//
// Fails with ErrWrongType if the stream is none any more. O(log pending). See XAck.
func (m *GroupMessage) Ack() error {
	r := m.consumer
	_, err := r.c.XAck(m.Stream, r.o.Group, m.ID)
	return err
}

// Nack says that the work on the message has failed: it goes back to the group and comes again, to whichever consumer
// looks first, this one included, a quarter of ClaimAfter from now at the latest. It does nothing if another consumer has the message by now.
//
// Fails as XClaim does. O(log pending). See XClaim.
func (m *GroupMessage) Nack() error {
	_, err := m.claim(XClaimOptions{Idle: m.consumer.o.ClaimAfter})
	return err
}

// giveBack is Nack of a message that nobody has seen, so that this delivery does not count.
func (m *GroupMessage) giveBack() error {
	o := XClaimOptions{Idle: m.consumer.o.ClaimAfter, RetryCount: OptionalInt{int64(m.Deliveries) - 1, true}}
	_, err := m.claim(o)
	return err
}

// Extend says that the work on the message goes on: no other consumer takes it before ClaimAfter has passed
// again. It reports false if one has it by now, or it was acknowledged, or deleted from the stream.
//
// Fails as XClaim does. O(log pending). See XClaim.
func (m *GroupMessage) Extend() (bool, error) { return m.claim(XClaimOptions{}) }

// claim changes what is known of the message, if it is still this consumer's.
func (m *GroupMessage) claim(o XClaimOptions) (mine bool, err error) {
	r := m.consumer
	err = r.c.Exec(func(tx *Tx) error {
		known, err := r.known(&tx.commands, m.Stream, m.ID)
		if err != nil || len(known) == 0 {
			return err
		}
		ids, err := tx.XClaimJustID(m.Stream, r.o.Group, r.o.Name, 0, o, m.ID)
		mine = len(ids) > 0
		return err
	}, m.Stream)
	return mine, err
}

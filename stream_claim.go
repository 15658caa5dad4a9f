package nook

import (
	"math"
	"time"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// XClaimOptions are the options of XClaimWith and XClaimJustID.
type XClaimOptions struct {
	Idle       time.Duration // count the entries as idle for so long
	Time       time.Time     // or since a point in time; the zero time, and one to come, mean now
	RetryCount OptionalInt   // how often they were delivered; one more time than before if not given
	Force      bool          // claim entries too that are not pending of anybody
	LastID     StreamID      // the group was given entries up to here, if that is more than it knows
}

// delivered returns when claimed entries count as delivered.
func (o *XClaimOptions) delivered(now int64) int64 {
	at := now - o.Idle.Milliseconds()
	if !o.Time.IsZero() {
		at = o.Time.UnixMilli()
	}
	if at < 0 || at > now {
		return now
	}
	return at
}

// XClaim makes pending entries, of those with the given IDs, pending of another consumer, which is created if need
// be, and returns them: those that have been idle for minIdle at least. An entry that was deleted from the stream is
// not pending any more.
//
// Fails with ErrNoGroup if there is no such key or group, and with ErrWrongType. O(log pending) for
// each ID. XCLAIM.
func (c *commands) XClaim(key, group, consumer string, minIdle time.Duration, ids ...StreamID) ([]StreamEntry, error) {
	return c.XClaimWith(key, group, consumer, minIdle, XClaimOptions{}, ids...)
}

// XClaimWith is XClaim with a say in what is known about the entries then.
//
// Fails as XClaim does. O(log pending) for each ID. See XClaim.
func (c *commands) XClaimWith(
	key, group, consumer string, minIdle time.Duration, o XClaimOptions, ids ...StreamID,
) ([]StreamEntry, error) {
	x := claim{consumer: consumer, minIdle: minIdle.Milliseconds(), o: o}
	err := x.claim(c, key, group, ids)
	return x.entries, err
}

// XClaimJustID is XClaimWith that returns the IDs alone. That does not count as a delivery.
//
// Fails as XClaim does. O(log pending) for each ID. See XClaim.
func (c *commands) XClaimJustID(
	key, group, consumer string, minIdle time.Duration, o XClaimOptions, ids ...StreamID,
) ([]StreamID, error) {
	x := claim{consumer: consumer, minIdle: minIdle.Milliseconds(), o: o, justID: true}
	err := x.claim(c, key, group, ids)
	return x.ids, err
}

// A claim is a call of XClaim, XAutoClaim or a variant.
type claim struct {
	consumer string
	minIdle  int64 // milliseconds
	o        XClaimOptions
	justID   bool

	w   *write
	s   *value.Stream
	g   *value.Group
	x   *value.Consumer // nil until something is claimed
	now int64

	entries []StreamEntry
	ids     []StreamID // in the place of entries, if justID is set
	deleted []StreamID
}

// open opens the group.
func (x *claim) open(c *commands, key, group string) (err error) {
	x.w, x.s, x.g, err = c.useGroup(key, group)
	x.now = c.now()
	return err
}

// done ends the claim.
func (x *claim) done(err *error) {
	if x.w.entry != nil {
		x.w.aside()
	}
	x.w.done(err)
}

// claim is XClaim.
func (x *claim) claim(c *commands, key, group string, ids []StreamID) (err error) {
	if err := x.open(c, key, group); err != nil {
		return err
	}
	defer x.done(&err)
	moved := x.g.LastID.Less(stream.ID(x.o.LastID))
	if moved {
		x.g.LastID = stream.ID(x.o.LastID)
	}
	for _, id := range ids {
		id := stream.ID(id)
		p := x.g.Pending(id)
		cursor := x.s.Range(id, id, false)
		switch {
		case !cursor.Next():
			x.drop(p)
		case p != nil:
			x.take(p, &cursor)
		case x.o.Force:
			c := x.claimer()
			p = x.g.Deliver(x.g.Add(id, c), c, math.MinInt64, 1)
			x.take(p, &cursor)
		}
	}
	if moved && x.w.logged() {
		x.w.logGroup(x.g)
	}
	return nil
}

// claimer returns the consumer that claims.
func (x *claim) claimer() *value.Consumer {
	if x.x == nil {
		x.x = x.w.consumer(x.g, x.consumer)
	}
	return x.x
}

// drop makes an entry that was deleted from the stream one that is not pending. p may be nil.
func (x *claim) drop(p *value.Pending) {
	if p == nil {
		return
	}
	if x.w.logged() {
		x.w.logPending(x.g, p)
	}
	x.g.Remove(p.ID)
	x.deleted = append(x.deleted, StreamID(p.ID))
}

// take claims a pending entry, at which the cursor is, and reports false if it has not been idle for long enough.
func (x *claim) take(p *value.Pending, cursor *stream.Cursor) bool {
	if x.minIdle > 0 && p.Delivered != math.MinInt64 && x.now-p.Delivered < x.minIdle {
		return false
	}
	count := p.Count
	switch {
	case x.o.RetryCount.OK && x.o.RetryCount.Value >= 0:
		count = x.o.RetryCount.Value
	case !x.justID:
		count++
	}
	p = x.g.Deliver(p, x.claimer(), x.o.delivered(x.now), count)
	x.x.Active = x.now
	if x.justID {
		x.ids = append(x.ids, StreamID(p.ID))
	} else {
		x.entries = append(x.entries, entryAt(cursor))
	}
	if x.w.logged() {
		x.w.logPending(x.g, p)
	}
	return true
}

// XAutoClaimOptions are the options of XAutoClaimWith and XAutoClaimJustID.
type XAutoClaimOptions struct {
	Count int // how many entries to claim at most; 0 means 100
}

// autoClaimCount is how many entries XAutoClaim claims at most if it is not told; maxAutoClaim is Redis's bound.
const (
	autoClaimCount = 100
	maxAutoClaim   = math.MaxInt64 / 16
)

// attemptsFactor is how many pending entries XAutoClaim looks at for each that it may claim.
const attemptsFactor = 10

// An AutoClaim is what XAutoClaim has done.
type AutoClaim struct {
	Next    StreamID      // where the next call goes on; zero if there is nothing more
	Entries []StreamEntry // what was claimed
	IDs     []StreamID    // of XAutoClaimJustID, in the place of Entries
	Deleted []StreamID    // pending no more, because the entries were deleted from the stream
}

// XAutoClaim claims the pending entries from an ID on that have been idle for minIdle at least, as XClaim does. It
// looks at 1000 of them and claims up to 100: to go through all, call it again with what it says is Next.
//
// Fails with ErrNoGroup if there is no such key or group, with the error of a bound that XRange fails with, and with
// ErrWrongType. O(log pending) for each entry looked at. XAUTOCLAIM.
func (c *commands) XAutoClaim(key, group, consumer string, minIdle time.Duration, start StreamBound) (AutoClaim, error) {
	return c.XAutoClaimWith(key, group, consumer, minIdle, start, XAutoClaimOptions{})
}

// XAutoClaimWith is XAutoClaim of up to o.Count entries. It looks at ten times as many.
//
// Fails as XAutoClaim does, and with ErrClaimCount. O(log pending) for each entry looked at. See XAutoClaim.
func (c *commands) XAutoClaimWith(
	key, group, consumer string, minIdle time.Duration, start StreamBound, o XAutoClaimOptions,
) (AutoClaim, error) {
	x := claim{consumer: consumer, minIdle: minIdle.Milliseconds()}
	return x.auto(c, key, group, start, o.Count)
}

// XAutoClaimJustID is XAutoClaimWith that returns the IDs alone. That does not count as a delivery.
//
// Fails as XAutoClaimWith does. O(log pending) for each entry looked at. See XAutoClaim.
func (c *commands) XAutoClaimJustID(
	key, group, consumer string, minIdle time.Duration, start StreamBound, o XAutoClaimOptions,
) (AutoClaim, error) {
	x := claim{consumer: consumer, minIdle: minIdle.Milliseconds(), justID: true}
	return x.auto(c, key, group, start, o.Count)
}

// auto is XAutoClaim.
func (x *claim) auto(c *commands, key, group string, start StreamBound, count int) (_ AutoClaim, err error) {
	first, err := start.first()
	switch {
	case err != nil:
		return AutoClaim{}, err
	case count < 0 || count > maxAutoClaim:
		return AutoClaim{}, ErrClaimCount
	case count == 0:
		count = autoClaimCount
	}
	if err := x.open(c, key, group); err != nil {
		return AutoClaim{}, err
	}
	defer x.done(&err)
	next := x.claimFrom(first, count)
	return AutoClaim{Next: StreamID(next), Entries: x.entries, IDs: x.ids, Deleted: x.deleted}, nil
}

// claimFrom claims pending entries from an ID on, and returns the ID of the first that it has not looked at. What
// was deleted counts too.
func (x *claim) claimFrom(first stream.ID, count int) (next stream.ID) {
	attempts := count * attemptsFactor
	for p := x.g.NextPending(first); p != nil; p = x.g.NextPending(first) {
		if attempts == 0 || count == 0 {
			return p.ID
		}
		attempts--
		cursor := x.s.Range(p.ID, p.ID, false)
		if !cursor.Next() {
			x.drop(p)
			count--
		} else if x.take(p, &cursor) {
			count--
		}
		var ok bool
		if first, ok = p.ID.Next(); !ok {
			break
		}
	}
	return stream.ID{}
}

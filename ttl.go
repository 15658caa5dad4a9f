package nook

import (
	"math"
	"strconv"
	"time"
)

// NoTTL is what TTL returns for a key that has none.
const NoTTL time.Duration = -1

// ExpireCondition says when a key gets a new deadline. A key without one counts
// as having the latest of all.
type ExpireCondition uint8

// The conditions. ExpireIfAny may be joined (|) with ExpireIfLater or
// ExpireIfSooner; other combinations fail.
const (
	ExpireIfNone   ExpireCondition = 1 << iota // the key has no deadline. NX.
	ExpireIfAny                                // the key has one. XX.
	ExpireIfLater                              // the new deadline is later. GT.
	ExpireIfSooner                             // the new deadline is sooner. LT.

	ExpireAlways ExpireCondition = 0
)

func (x ExpireCondition) validate() error {
	switch {
	case x&ExpireIfNone != 0 && x&^ExpireIfNone != 0:
		return ErrExpireNX
	case x&ExpireIfLater != 0 && x&ExpireIfSooner != 0:
		return ErrExpireGTLT
	case x >= ExpireIfSooner<<1:
		return ErrSyntax
	}
	return nil
}

// allows tells whether a key's deadline, 0 for none, may be replaced.
func (x ExpireCondition) allows(old, deadline int64) bool {
	switch {
	case x&ExpireIfNone != 0 && old != 0,
		x&ExpireIfAny != 0 && old == 0,
		x&ExpireIfLater != 0 && (old == 0 || deadline <= old),
		x&ExpireIfSooner != 0 && old != 0 && deadline >= old:
		return false
	}
	return true
}

// Expire gives a key the time to live d, to the millisecond, and reports whether there is such a
// key. If d is not positive the key is deleted.
//
// O(log n) in the keys with a deadline. EXPIRE, PEXPIRE.
func (c *commands) Expire(key string, d time.Duration) (bool, error) {
	return c.ExpireWith(key, d, ExpireAlways)
}

// ExpireWith is Expire under a condition; it reports whether the key got the
// deadline.
//
// Fails with ErrExpireNX or ErrExpireGTLT for conditions that exclude each other,
// with ErrSyntax for unknown ones.
// O(log n) in the keys with a deadline. See Expire.
func (c *commands) ExpireWith(key string, d time.Duration, x ExpireCondition) (bool, error) {
	return c.ExpireAtWith(key, c.Now().Add(d), x)
}

// ExpireAt gives a key a deadline, to the millisecond, and reports whether
// there is such a key. If the deadline has passed the key is deleted.
//
// O(log n) in the keys with a deadline. EXPIREAT, PEXPIREAT.
func (c *commands) ExpireAt(key string, t time.Time) (bool, error) {
	return c.ExpireAtWith(key, t, ExpireAlways)
}

// ExpireAtWith is ExpireAt under a condition, as ExpireWith is Expire.
//
// O(log n) in the keys with a deadline. See ExpireAt.
func (c *commands) ExpireAtWith(key string, t time.Time, x ExpireCondition) (set bool, err error) {
	if err := x.validate(); err != nil {
		return false, err
	}
	w, err := c.reduce(key)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	deadline := t.UnixMilli()
	if w.entry == nil || !x.allows(w.entry.Deadline(), deadline) {
		return false, nil
	}
	w.expireAt(deadline)
	return true, nil
}

// expireAt gives the key a deadline, or deletes it if that has passed.
func (w *write) expireAt(deadline int64) {
	if deadline <= w.c.elapsed() {
		w.delete()
		return
	}
	w.setDeadline(deadline)
	w.event(EventGeneric, "expire")
	if w.logged() {
		w.effect("PEXPIREAT", w.key, strconv.FormatInt(deadline, 10))
	}
}

// TTL returns how long a key has to live, to the millisecond, or NoTTL, and false if there is no
// such key. What is longer than a Duration can say, some 292 years, comes back
// as the longest Duration.
//
// O(1). TTL, PTTL.
func (c *commands) TTL(key string) (time.Duration, bool, error) {
	r, err := c.glance(key)
	if err != nil || r.entry == nil {
		r.done()
		return 0, false, err
	}
	defer r.done()
	if r.deadline == 0 {
		return NoTTL, true, nil
	}
	return left(r.deadline, c.now()), true, nil
}

// left returns the time up to a deadline, at most the longest Duration.
func left(deadline, now int64) time.Duration {
	rest := deadline - now
	if rest > math.MaxInt64/int64(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(max(rest, 0)) * time.Millisecond
}

// ExpireTime returns the deadline of a key, or the zero time if it has none, and false
// if there is no such key.
//
// O(1). EXPIRETIME, PEXPIRETIME.
func (c *commands) ExpireTime(key string) (time.Time, bool, error) {
	r, err := c.glance(key)
	if err != nil || r.entry == nil {
		r.done()
		return time.Time{}, false, err
	}
	defer r.done()
	if r.deadline == 0 {
		return time.Time{}, true, nil
	}
	return time.UnixMilli(r.deadline), true, nil
}

// Persist takes a key's deadline away and reports whether it had one.
//
// O(log n) in the keys with a deadline. PERSIST.
func (c *commands) Persist(key string) (removed bool, err error) {
	w, err := c.reduce(key)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	return w.persist(), nil
}

// persist takes the key's deadline away and reports whether it had one.
func (w *write) persist() bool {
	if w.entry == nil || w.entry.Deadline() == 0 {
		return false
	}
	w.setDeadline(0)
	w.event(EventGeneric, "persist")
	if w.logged() {
		w.effect("PERSIST", w.key)
	}
	return true
}

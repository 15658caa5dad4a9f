package nook

import (
	"strconv"
	"time"

	"github.com/nookdb/nook/internal/value"
)

// A FieldResult says what became of the time to live of a field.
type FieldResult int

// The results. The numbers are those that the wire has.
const (
	FieldMissing FieldResult = -2 // there is no such field
	FieldUntimed FieldResult = -1 // it had no time to live that could be taken away
	FieldKept    FieldResult = 0  // the condition was not met
	FieldChanged FieldResult = 1  // it was given a time to live, or lost it
	FieldDeleted FieldResult = 2  // the deadline has passed, and the field is gone
)

// MaxFieldDeadline is the latest deadline of a field, in Unix milliseconds.
// Redis has the same: it keeps them in 46 bits.
const MaxFieldDeadline = 1<<46 - 1

// fitsField fails for a deadline that is too late for a field.
func fitsField(deadline int64) error {
	if deadline > MaxFieldDeadline {
		return invalidExpire("hpexpireat")
	}
	return nil
}

// HExpire gives fields of a hash the time to live d, to the millisecond. If d is
// not positive they are deleted. It returns what became of each.
//
// A field loses its time to live when it is set. Fields expire at their
// deadline, and a hash goes with its last field.
// Fails with ErrWrongType, ErrInvalidExpire beyond the year 4199, and ErrOutOfMemory.
// O(n log m) in the fields of the hash with a deadline. HEXPIRE, HPEXPIRE.
func (c *commands) HExpire(key string, d time.Duration, fields ...string) ([]FieldResult, error) {
	return c.HExpireWith(key, d, ExpireAlways, fields...)
}

// HExpireWith is HExpire under a condition, which each field meets or not.
//
// Fails also as ExpireWith does. O(n log m). See HExpire.
func (c *commands) HExpireWith(key string, d time.Duration, x ExpireCondition, fields ...string) ([]FieldResult, error) {
	return c.HExpireAtWith(key, c.Now().Add(d), x, fields...)
}

// HExpireAt gives fields of a hash a deadline, to the millisecond. If that has passed they
// are deleted. It returns what became of each.
//
// Fails as HExpire does. O(n log m). HEXPIREAT, HPEXPIREAT.
func (c *commands) HExpireAt(key string, t time.Time, fields ...string) ([]FieldResult, error) {
	return c.HExpireAtWith(key, t, ExpireAlways, fields...)
}

// HExpireAtWith is HExpireAt under a condition, as HExpireWith is HExpire.
//
// O(n log m). See HExpireAt.
func (c *commands) HExpireAtWith(key string, t time.Time, x ExpireCondition, fields ...string) (results []FieldResult, err error) {
	deadline := t.UnixMilli()
	err = x.validate()
	if err == nil {
		err = fitsField(deadline)
	}
	if err != nil {
		return nil, err
	}
	w, h, err := c.writeHash(key)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	results = make([]FieldResult, len(fields))
	change := timing{w: w, h: h, deadline: deadline, now: c.elapsed()}
	for i, field := range fields {
		results[i] = change.expire(field, x)
	}
	change.tell("hexpire")
	return results, nil
}

// timing is a change of the times to live of some fields of a hash.
type timing struct {
	w             *write
	h             *value.Hash // nil if there is no such key
	deadline, now int64
	changed, gone []string // fields
}

// expire gives a field the deadline, or deletes it if that has passed.
func (t *timing) expire(field string, x ExpireCondition) FieldResult {
	if t.h == nil {
		return FieldMissing
	}
	old, ok := t.h.Deadline(field)
	switch {
	case !ok:
		return FieldMissing
	case !x.allows(old, t.deadline):
		return FieldKept
	case t.deadline <= t.now:
		t.h.Delete(field)
		t.gone = append(t.gone, field)
		return FieldDeleted
	default:
		t.h.SetDeadline(field, t.deadline)
		t.changed = append(t.changed, field)
		return FieldChanged
	}
}

// persist takes a field's deadline away.
func (t *timing) persist(field string) FieldResult {
	if t.h == nil {
		return FieldMissing
	}
	old, ok := t.h.Deadline(field)
	switch {
	case !ok:
		return FieldMissing
	case old == 0:
		return FieldUntimed
	default:
		t.h.SetDeadline(field, 0)
		t.changed = append(t.changed, field)
		return FieldChanged
	}
}

// tell says what has changed. The event of fields that are gone is another one.
func (t *timing) tell(event string) {
	if len(t.gone) > 0 {
		t.w.dropped(t.gone)
	}
	if len(t.changed) == 0 {
		return
	}
	t.w.modified()
	t.w.event(EventHash, event)
	if !t.w.logged() {
		return
	}
	effect := []string{"HPERSIST", t.w.key}
	if event == "hexpire" {
		effect = []string{"HPEXPIREAT", t.w.key, strconv.FormatInt(t.deadline, 10)}
	}
	effect = append(effect, "FIELDS", strconv.Itoa(len(t.changed)))
	t.w.effect(append(effect, t.changed...)...)
}

// HPersist takes the times to live of fields of a hash away. It returns what
// became of each: FieldMissing, FieldUntimed or FieldChanged.
//
// Fails with ErrWrongType. O(n log m) in the fields of the hash with a deadline. HPERSIST.
func (c *commands) HPersist(key string, fields ...string) (results []FieldResult, err error) {
	w, h, err := c.reduceHash(key)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	results = make([]FieldResult, len(fields))
	t := timing{w: w, h: h}
	for i, field := range fields {
		results[i] = t.persist(field)
	}
	t.tell("hpersist")
	return results, nil
}

// A FieldTTL is how long a field has to live, or NoTTL; OK is false if there is no such
// field.
type FieldTTL struct {
	TTL time.Duration
	OK  bool
}

// HTTL returns how long fields of a hash have to live, to the millisecond. What
// is longer than a Duration can say comes back as the longest Duration.
//
// Fails with ErrWrongType. O(n). HTTL, HPTTL.
func (c *commands) HTTL(key string, fields ...string) ([]FieldTTL, error) {
	ttls := make([]FieldTTL, len(fields))
	now := c.now()
	err := c.fieldDeadlines(key, fields, func(i int, deadline int64) {
		ttls[i] = FieldTTL{NoTTL, true}
		if deadline != 0 {
			ttls[i].TTL = left(deadline, now)
		}
	})
	if err != nil {
		return nil, err
	}
	return ttls, nil
}

// A FieldTime is the deadline of a field, the zero time if it has none; OK is
// false if there is no such field.
type FieldTime struct {
	Time time.Time
	OK   bool
}

// HExpireTime returns the deadlines of fields of a hash.
//
// Fails with ErrWrongType. O(n). HEXPIRETIME, HPEXPIRETIME.
func (c *commands) HExpireTime(key string, fields ...string) ([]FieldTime, error) {
	times := make([]FieldTime, len(fields))
	err := c.fieldDeadlines(key, fields, func(i int, deadline int64) {
		times[i].OK = true
		if deadline != 0 {
			times[i].Time = time.UnixMilli(deadline)
		}
	})
	if err != nil {
		return nil, err
	}
	return times, nil
}

// fieldDeadlines calls f for those of the fields that exist, with their place and
// their deadline, 0 for none.
func (c *commands) fieldDeadlines(key string, fields []string, f func(i int, deadline int64)) error {
	r, h, err := c.readHash(key)
	if err != nil {
		return err
	}
	defer r.done()
	if h == nil {
		return nil
	}
	for i, field := range fields {
		if deadline, ok := h.Deadline(field); ok {
			f(i, deadline)
		}
	}
	return nil
}

// HGetEx returns the values of fields of a hash, as HMGet does, and changes the
// times to live of those that exist. The zero Expiry leaves them alone. A deadline in
// the past deletes the fields.
//
// Fails with ErrWrongType, and with ErrInvalidExpire as HExpire does. O(n log m) in the fields
// of the hash with a deadline. HGETEX.
func (c *commands) HGetEx(key string, x Expiry, fields ...string) (values []Optional, err error) {
	deadline, err := x.resolveField(c)
	if err != nil {
		return nil, err
	}
	w, h, err := c.reduceHash(key)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	values = make([]Optional, len(fields))
	if h == nil {
		return values, nil
	}
	t := timing{w: w, h: h, deadline: deadline, now: c.elapsed()}
	event := "hexpire"
	for i, field := range fields {
		values[i].Value, values[i].OK = h.Get(field)
		switch {
		case x.timed():
			t.expire(field, ExpireAlways)
		case x.kind == expiryNone:
			t.persist(field)
			event = "hpersist"
		}
	}
	t.tell(event)
	return values, nil
}

// resolveField returns the deadline that x gives a field. It may have passed.
func (x Expiry) resolveField(c *commands) (int64, error) {
	switch x.kind {
	case expiryIn:
		at := c.Now().Add(x.in).UnixMilli()
		return at, fitsField(at)
	case expiryAt:
		return x.at, fitsField(x.at)
	default:
		return 0, nil
	}
}

// HSetOptions are the options of HSetWith.
type HSetOptions struct {
	// If is IfAbsent: only if none of the fields exists, or IfPresent: only if
	// all do. Zero means always.
	If Condition
	// Expire is the time to live of all fields. Zero means none. A deadline in
	// the past deletes the fields.
	Expire Expiry
}

// HSetWith is HSet under a condition or with a time to live. It reports whether it
// set the fields.
//
// Fails as HSet and HExpire do, and with ErrSyntax if the condition compares
// values. O(n log m) in the fields of the hash with a deadline. HSETEX.
func (c *commands) HSetWith(key string, o HSetOptions, fields ...Field) (set bool, err error) {
	deadline, err := o.Expire.resolveField(c)
	if err == nil && o.If.compares() {
		err = ErrSyntax
	}
	if err == nil {
		err = c.fitFields(fields)
	}
	if err != nil || len(fields) == 0 {
		return err == nil, err
	}
	w, h, err := c.writeHash(key)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	if !o.If.holdsFields(h, fields) {
		return false, nil
	}
	if h == nil {
		h = value.NewHash(roomOf(fields))
	}
	c.setFields(h, fields, o.Expire.kind == expiryKeep)
	w.keepHash(h)
	w.event(EventHash, "hset")
	if o.Expire.timed() {
		w.expireSet(h, fields, deadline)
	} else if w.logged() {
		w.effect(hsetEffect(key, o.Expire, fields)...)
	}
	return true, nil
}

// holdsFields tells whether a condition, which compares no values, is met by
// all fields of a hash, nil if there is none.
func (x Condition) holdsFields(h *value.Hash, fields []Field) bool {
	if x.kind == always {
		return true
	}
	for i := range fields {
		if exists := h != nil && h.Has(fields[i].Name); exists != (x.kind == ifPresent) {
			return false
		}
	}
	return true
}

// expireSet gives fields that were just set a deadline, or deletes them if that
// has passed.
func (w *write) expireSet(h *value.Hash, fields []Field, deadline int64) {
	t := timing{w: w, h: h, deadline: deadline, now: w.c.elapsed()}
	for i := range fields {
		t.expire(fields[i].Name, ExpireAlways)
	}
	if len(t.gone) > 0 {
		w.dropped(t.gone)
		return
	}
	w.event(EventHash, "hexpire")
	if w.logged() {
		at := strconv.FormatInt(deadline, 10)
		w.effect(hashEffect(fields, "HSETEX", w.key, "PXAT", at, "FIELDS", strconv.Itoa(len(fields)))...)
	}
}

// hsetEffect returns the command that sets fields without a new deadline.
func hsetEffect(key string, x Expiry, fields []Field) []string {
	if x.kind == expiryKeep {
		return hashEffect(fields, "HSETEX", key, "KEEPTTL", "FIELDS", strconv.Itoa(len(fields)))
	}
	return hashEffect(fields, "HSET", key)
}

// HGetDel returns the values of fields of a hash, as HMGet does, and removes
// them. A hash that has none left is deleted.
//
// Fails with ErrWrongType. O(n). HGETDEL.
func (c *commands) HGetDel(key string, fields ...string) (values []Optional, err error) {
	w, h, err := c.reduceHash(key)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	values = make([]Optional, len(fields))
	if h == nil {
		return values, nil
	}
	var gone []string
	for i, field := range fields {
		values[i].Value, values[i].OK = h.Get(field)
		if h.Delete(field) {
			gone = append(gone, field)
		}
	}
	if len(gone) > 0 {
		w.dropped(gone)
	}
	return values, nil
}

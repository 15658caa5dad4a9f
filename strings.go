package nook

import (
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// Get returns the value of a key, and false if there is none.
//
// A value that was set comes back without a copy or an allocation. One
// that is a counter is formatted. One that APPEND, SETRANGE or SETBIT are building is
// handed out as it is; the next of these copies it.
//
// Fails with ErrWrongType. O(1). GET.
func (c *commands) Get(key string) (string, bool, error) {
	if e := c.plain(key); e != nil {
		return e.Inline(), true, nil
	}
	return c.get(key)
}

// get is Get of all that is not plain.
func (c *commands) get(key string) (string, bool, error) {
	r, err := c.read(key)
	if err != nil || r.entry == nil {
		r.done()
		return "", false, err
	}
	switch r.entry.Form() {
	case table.Text, table.Long:
		r.done()
		return r.entry.Text(), true, nil
	case table.Number:
		r.done()
		return strconv.FormatInt(r.number, 10), true, nil
	default:
		r.done()
		return c.getFrozen(key)
	}
}

// getFrozen is Get of a value that may change in place.
func (c *commands) getFrozen(key string) (string, bool, error) {
	w, err := c.open(key)
	if err != nil {
		return "", false, err
	}
	defer w.done(nil)
	if w.entry == nil {
		return "", false, nil
	}
	s, err := w.frozen()
	return s, err == nil, err
}

// frozen returns the string value as one that may be handed out. A value that
// may change in place is turned into one that does not.
func (w *write) frozen() (string, error) {
	switch w.entry.Form() {
	case table.Object:
		return "", ErrWrongType
	case table.Number:
		return strconv.FormatInt(w.entry.Number(), 10), nil
	case table.Buffer:
		e := value.Freeze(w.entry)
		changed := w.changed
		w.put(e)
		w.changed = changed
	}
	return w.entry.Text(), nil
}

// AppendGet appends the value of a key to dst and returns that, and false if
// there is no such key. It saves Get's allocations for counters and for values
// that change in place.
//
// Fails with ErrWrongType. O(n). See Get.
func (c *commands) AppendGet(dst []byte, key string) ([]byte, bool, error) {
	r, err := c.read(key)
	if err != nil {
		return dst, false, err
	}
	defer r.done()
	if r.entry == nil {
		return dst, false, nil
	}
	switch r.entry.Form() {
	case table.Object:
		return dst, false, ErrWrongType
	case table.Number:
		return number.AppendInt(dst, r.number), true, nil
	default:
		return append(dst, value.View(r.entry, nil)...), true, nil
	}
}

// Set sets a key to a value. It replaces a value of any type, and takes a time to
// live away.
//
// A value of up to 512 bytes is copied; a longer one is kept as it is, and with it the
// string that it may be a part of. Fails with ErrTooLong and ErrOutOfMemory.
// O(1). SET.
func (c *commands) Set(key, s string) (err error) {
	if err := c.fits(len(s)); err != nil {
		return err
	}
	e := value.NewString(key, s, 0) // before the lock is taken, which others may wait for
	w, err := c.write(key)
	if err != nil {
		return err
	}
	defer w.done(&err)
	w.put(e)
	w.event(EventString, "set")
	if w.logged() {
		w.effect("SET", key, s)
	}
	return nil
}

// SetBytes is Set with a copy of a byte slice. See Set.
func (c *commands) SetBytes(key string, value []byte) error { return c.Set(key, string(value)) }

// set makes s the key's value.
func (w *write) set(s string, deadline int64) {
	w.put(value.NewString(w.key, s, deadline))
	w.event(EventString, "set")
}

// fits fails if a string would be longer than allowed.
func (c *commands) fits(n int) error {
	if int64(n) > c.ks.opts.MaxStringLen {
		return ErrTooLong
	}
	return nil
}

// SetOptions are the options of SetWith.
type SetOptions struct {
	If     Condition // zero means always
	Expire Expiry    // zero means without a time to live
	Get    bool      // return the old value, which must be a string
}

// SetResult is what SetWith did.
type SetResult struct {
	Set     bool   // the condition was met and the key is set
	Old     string // with SetOptions.Get, the value before
	Existed bool   // with SetOptions.Get, whether there was one
}

// SetWith is Set under a condition, with a time to live, or returning the old
// value.
//
// Fails with ErrWrongType if the condition or Get needs a string and the key
// is none, with ErrDigest for a digest of another length than Digest's, with
// ErrInvalidExpire for a time to live below a millisecond, and as Set does.
// O(1), for digests O(n). SETEX, PSETEX, SETNX, GETSET; see Set.
func (c *commands) SetWith(key, value string, o SetOptions) (SetResult, error) {
	return c.setNamed("set", key, value, o)
}

// setNamed is SetWith whose errors name the given command.
func (c *commands) setNamed(command, key, value string, o SetOptions) (_ SetResult, err error) {
	var result SetResult
	deadline, err := o.Expire.resolve(c, expiryNone, command)
	if err == nil {
		err = c.fits(len(value))
	}
	if err != nil {
		return result, err
	}
	w, err := c.write(key)
	if err != nil {
		return result, err
	}
	defer w.done(&err)
	if o.Get {
		w.noteMiss()
	}
	if o.Get && w.entry != nil {
		if result.Old, err = w.frozen(); err != nil {
			return result, err
		}
		result.Existed = true
		c.touch(w.entry) // as in Redis, where this is two commands in one
	}
	if result.Set, err = o.If.holds(w.entry); err != nil || !result.Set {
		return result, err
	}
	if o.Expire.kind == expiryKeep && w.entry != nil {
		deadline = w.entry.Deadline()
	}
	w.set(value, deadline)
	if o.Expire.timed() {
		w.event(EventGeneric, "expire")
	}
	if w.logged() {
		w.effect(setEffect(key, value, o.Expire, deadline)...)
	}
	return result, nil
}

// setEffect returns the SET that gives a key its value and deadline.
func setEffect(key, value string, x Expiry, deadline int64) []string {
	switch {
	case x.kind == expiryKeep:
		return []string{"SET", key, value, "KEEPTTL"}
	case deadline != 0:
		return []string{"SET", key, value, "PXAT", strconv.FormatInt(deadline, 10)}
	default:
		return []string{"SET", key, value}
	}
}

// GetDel returns the value of a key and deletes it, or returns false if there is none.
//
// Fails with ErrWrongType. O(1). GETDEL.
func (c *commands) GetDel(key string) (value string, ok bool, err error) {
	w, err := c.reduce(key)
	if err != nil {
		return "", false, err
	}
	defer w.done(&err)
	w.noteMiss()
	if w.entry == nil {
		return "", false, nil
	}
	s, err := w.frozen()
	if err != nil {
		return "", false, err
	}
	w.delete()
	return s, true, nil
}

// GetEx returns the value of a key, as Get does, and changes its time to live.
// The zero Expiry leaves it alone. A deadline in the past deletes the key.
//
// Fails with ErrWrongType and ErrInvalidExpire. O(1). GETEX.
func (c *commands) GetEx(key string, x Expiry) (value string, ok bool, err error) {
	deadline, err := x.resolve(c, expiryKeep, "getex")
	if err != nil {
		return "", false, err
	}
	w, err := c.reduce(key)
	if err != nil {
		return "", false, err
	}
	defer w.done(&err)
	w.noteMiss()
	if w.entry == nil {
		return "", false, nil
	}
	s, err := w.frozen()
	switch {
	case err != nil:
		return "", false, err
	case x.timed():
		w.expireAt(deadline)
	case x.kind == expiryNone:
		w.persist()
	}
	return s, true, nil
}

// GetRange returns the bytes of a value from start to end, both included. Negative
// positions count from the end, -1 being the last byte; positions outside of the value are moved
// to its ends. A key that does not exist is an empty value.
//
// Fails with ErrWrongType. O(n) in the bytes returned. GETRANGE, SUBSTR.
func (c *commands) GetRange(key string, start, end int64) (string, error) {
	r, err := c.readString(key)
	if err != nil {
		return "", err
	}
	defer r.done()
	var digits [20]byte
	s := r.view(&digits)
	from, to := span(start, end, int64(len(s)))
	if from >= to {
		return "", nil
	}
	if r.stable() {
		return r.entry.Text()[from:to], nil // and not s, so that digits can stay on the stack
	}
	return strings.Clone(s[from:to]), nil
}

// span turns a pair of positions in a string of n bytes, both included and
// counted from the end if negative, into a half-open range, empty where from >=
// to.
func span(start, end, n int64) (from, to int64) {
	if start < 0 && end < 0 && start > end {
		return 0, 0 // even if both lie before the first byte
	}
	return within(start, end, n)
}

// within is span for positions that are each moved into the string before they
// are compared.
func within(start, end, n int64) (from, to int64) {
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	return start, min(end, n-1) + 1
}

// readString is read of a key that must hold a string if it exists.
func (c *commands) readString(key string) (read, error) {
	r, err := c.read(key)
	if err == nil && r.entry != nil && !value.IsString(r.entry) {
		r.done()
		return read{}, ErrWrongType
	}
	return r, err
}

// view returns the bytes of a string value, "" if there is none. They are good until
// done, or for ever if stable.
func (r *read) view(digits *[20]byte) string {
	switch {
	case r.entry == nil:
		return ""
	case r.entry.Form() == table.Number:
		return value.Digits(r.number, digits)
	default:
		return value.View(r.entry, nil)
	}
}

// stable reports whether view may be handed out.
func (r *read) stable() bool {
	return r.entry == nil || r.entry.Form() == table.Text || r.entry.Form() == table.Long
}

// StrLen returns the length of a value in bytes, 0 if there is none.
//
// Fails with ErrWrongType. O(1). STRLEN.
func (c *commands) StrLen(key string) (int, error) {
	r, err := c.readString(key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	var digits [20]byte
	return len(r.view(&digits)), nil
}

// Append appends to the value of a key, which is created if need be, and
// returns the new length.
//
// Fails with ErrWrongType, ErrTooLong and ErrOutOfMemory. O(n) in the bytes
// appended, amortised. APPEND.
func (c *commands) Append(key, tail string) (length int, err error) {
	w, err := c.writeString(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	length = len(tail)
	switch {
	case w.entry == nil:
		if err := c.fits(length); err != nil {
			return 0, err
		}
		w.put(value.NewString(key, tail, 0))
	default:
		length += value.StringLen(w.entry)
		if err := c.fits(length); err != nil {
			return 0, err
		}
		e, b := w.edit(length)
		copy(b[length-len(tail):], tail)
		w.edited(e)
	}
	w.event(EventString, "append")
	if w.logged() {
		w.effect("APPEND", key, tail)
	}
	return length, nil
}

// edit returns an entry with the key's value, filled up with zero bytes to a
// length of at least n, and the value's bytes. When these are changed, the
// entry goes to edited.
func (w *write) edit(n int) (*table.Entry, []byte) { return value.Edit(w.key, w.entry, n) }

// edited makes e, which came from edit, the key's entry.
func (w *write) edited(e *table.Entry) {
	if e == w.entry {
		w.modified()
		return
	}
	w.put(e)
}

// deadline returns the key's deadline, 0 if it has none.
func (w *write) deadline() int64 {
	if w.entry == nil {
		return 0
	}
	return w.entry.Deadline()
}

// SetRange overwrites a part of a value, from offset on, and returns the new
// length. What lies between the old end and offset is filled with zero bytes. An
// empty s changes nothing and creates no key.
//
// Fails with ErrOffset below 0, ErrWrongType, ErrTooLong and ErrOutOfMemory.
// O(n) in the bytes written, amortised. SETRANGE.
func (c *commands) SetRange(key string, offset int64, s string) (length int, err error) {
	if offset < 0 {
		return 0, ErrOffset
	}
	w, err := c.writeString(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if w.entry != nil {
		length = value.StringLen(w.entry)
	}
	if s == "" {
		return length, nil
	}
	if offset > c.ks.opts.MaxStringLen-int64(len(s)) {
		return 0, ErrTooLong
	}
	end := int(offset) + len(s)
	e, b := w.edit(end)
	copy(b[offset:], s)
	w.edited(e)
	w.event(EventString, "setrange")
	if w.logged() {
		w.effect("SETRANGE", key, strconv.FormatInt(offset, 10), s)
	}
	return len(b), nil
}

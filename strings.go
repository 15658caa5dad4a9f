package nook

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
	"github.com/nookdb/nook/internal/xxh3"
)

// An Optional is a string that may be absent.
type Optional struct {
	Value string
	OK    bool
}

// A Pair is a key and its value.
type Pair struct{ Key, Value string }

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
	defer w.done()
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
// Fails with ErrWrongType. O(n). GET.
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
func (c *commands) Set(key, s string) error {
	if err := c.fits(len(s)); err != nil {
		return err
	}
	e := value.NewString(key, s, 0) // before the lock is taken, which others may wait for
	w, err := c.write(key)
	if err != nil {
		return err
	}
	defer w.done()
	w.put(e)
	w.event(EventString, "set")
	if w.logged() {
		w.effect("SET", key, s)
	}
	return nil
}

// SetBytes is Set with a copy of a byte slice. SET.
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

// A Condition says when a key is written or deleted. The zero value means
// always.
type Condition struct {
	kind    conditionKind
	operand string
}

type conditionKind uint8

const (
	always conditionKind = iota
	ifAbsent
	ifPresent
	ifEqual
	ifNotEqual
	ifDigest
	ifNotDigest
)

// IfAbsent holds if there is no such key. NX.
func IfAbsent() Condition { return Condition{kind: ifAbsent} }

// IfPresent holds if there is such a key, of any type. XX.
func IfPresent() Condition { return Condition{kind: ifPresent} }

// IfEqual holds if the key's value is v. IFEQ.
func IfEqual(v string) Condition { return Condition{ifEqual, v} }

// IfNotEqual holds if the key's value is not v. When a key is set, it holds if
// there is none. IFNE.
func IfNotEqual(v string) Condition { return Condition{ifNotEqual, v} }

// IfDigest holds if Digest of the key's value is the one given, in either case of letters.
// IFDEQ.
func IfDigest(digest string) Condition { return Condition{ifDigest, digest} }

// IfNotDigest holds if Digest of the key's value is not the one given. When a key is
// set, it holds if there is none. IFDNE.
func IfNotDigest(digest string) Condition { return Condition{ifNotDigest, digest} }

// validate fails for a digest that cannot be one.
func (x Condition) validate() error {
	if x.kind != ifDigest && x.kind != ifNotDigest {
		return nil
	}
	if _, err := hex.DecodeString(x.operand); err != nil || len(x.operand) != digestLen {
		return ErrDigest
	}
	return nil
}

// compares reports whether the condition looks at the value.
func (x Condition) compares() bool { return x.kind >= ifEqual }

// holds tells whether the condition is met by an entry, nil for none. An
// absent value is unequal to any.
func (x Condition) holds(e *table.Entry) (bool, error) {
	switch {
	case x.kind == always:
		return true, nil
	case x.kind == ifAbsent:
		return e == nil, nil
	case x.kind == ifPresent:
		return e != nil, nil
	case e == nil:
		return x.kind == ifNotEqual || x.kind == ifNotDigest, nil
	case !value.IsString(e):
		return false, ErrWrongType
	}
	var digits [20]byte
	s := value.View(e, digits[:])
	switch x.kind {
	case ifEqual:
		return s == x.operand, nil
	case ifNotEqual:
		return s != x.operand, nil
	case ifDigest:
		return strings.EqualFold(digest(s), x.operand), nil
	default:
		return !strings.EqualFold(digest(s), x.operand), nil
	}
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
// is none, with ErrInvalidExpire for a time to live below a millisecond, and as Set does.
// O(1). SET, SETEX, PSETEX, SETNX, GETSET.
func (c *commands) SetWith(key, value string, o SetOptions) (SetResult, error) {
	return c.setNamed("set", key, value, o)
}

// setNamed is SetWith whose errors name the given command.
func (c *commands) setNamed(command, key, value string, o SetOptions) (SetResult, error) {
	var result SetResult
	deadline, err := o.Expire.resolve(c, 0, expiryNone, command)
	if err == nil {
		err = o.If.validate()
	}
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
	defer w.done()
	if o.Get && w.entry != nil {
		if result.Old, err = w.frozen(); err != nil {
			return result, err
		}
		result.Existed = true
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
func (c *commands) GetDel(key string) (string, bool, error) {
	w, err := c.reduce(key)
	if err != nil {
		return "", false, err
	}
	defer w.done()
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
func (c *commands) GetEx(key string, x Expiry) (string, bool, error) {
	deadline, err := x.resolve(c, 0, expiryKeep, "getex")
	if err != nil {
		return "", false, err
	}
	w, err := c.reduce(key)
	if err != nil {
		return "", false, err
	}
	defer w.done()
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
		return s[from:to], nil
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

// MGet returns the values of several keys as they are at one moment. A key that
// does not exist, or holds no string, has none.
//
// O(n). MGET.
func (c *commands) MGet(keys ...string) ([]Optional, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	m, err := c.reduceAll(keys...)
	if err != nil {
		return nil, err
	}
	defer m.done()
	values := make([]Optional, len(keys))
	for i, key := range keys {
		w := m.look(c, key)
		if w.entry != nil && value.IsString(w.entry) {
			c.ks.touch(w.entry)
			values[i].Value, _ = w.frozen()
			values[i].OK = true
		}
	}
	return values, nil
}

// MSet sets several keys at once; of pairs with the same key the last counts.
//
// Fails as Set does, having set nothing. O(n). MSET.
func (c *commands) MSet(pairs ...Pair) error {
	_, err := c.msetNamed("mset", MSetOptions{}, pairs)
	return err
}

// MSetNX sets several keys at once if none of them exists, and reports whether
// it did.
//
// Fails as Set does. O(n). MSETNX.
func (c *commands) MSetNX(pairs ...Pair) (bool, error) {
	return c.msetNamed("msetnx", MSetOptions{If: IfAbsent()}, pairs)
}

// MSetOptions are the options of MSetWith.
type MSetOptions struct {
	// If is IfAbsent: only if none of the keys exists, or IfPresent: only if
	// all do. Zero means always.
	If Condition
	// Expire is the time to live of all keys. Zero means none.
	Expire Expiry
}

// MSetWith sets several keys at once under a condition or with a time to live,
// and reports whether it did.
//
// Fails as SetWith does, and with ErrSyntax if the condition compares values. O(n). MSETEX.
func (c *commands) MSetWith(o MSetOptions, pairs ...Pair) (bool, error) {
	return c.msetNamed("msetex", o, pairs)
}

func (c *commands) msetNamed(command string, o MSetOptions, pairs []Pair) (bool, error) {
	deadline, err := o.Expire.resolve(c, 0, expiryNone, command)
	if err == nil && o.If.compares() {
		err = ErrSyntax
	}
	keys := make([]string, len(pairs))
	for i, p := range pairs {
		keys[i] = p.Key
		if err == nil {
			err = c.fits(len(p.Value))
		}
	}
	if err != nil || len(pairs) == 0 {
		return err == nil, err
	}
	m, err := c.writeAll(keys...)
	if err != nil {
		return false, err
	}
	defer m.done()
	if !m.all(keys, o.If) {
		return false, nil
	}
	for _, p := range pairs {
		m.set(p, o.Expire, deadline)
	}
	if m.logged() && !o.Expire.timed() && o.Expire.kind != expiryKeep {
		m.effect(flatten("MSET", pairs)...)
	}
	return true, nil
}

// all reports whether a condition, which compares no values, holds for all keys.
func (m *multi) all(keys []string, x Condition) bool {
	for _, key := range keys {
		w := m.look(m.c, key)
		if ok, _ := x.holds(w.entry); !ok {
			return false
		}
	}
	return true
}

// set sets one of several keys. With a deadline each has an effect of its own.
func (m *multi) set(p Pair, x Expiry, deadline int64) {
	w := m.open(p.Key)
	if x.kind == expiryKeep && w.entry != nil {
		deadline = w.entry.Deadline()
	}
	w.set(p.Value, deadline)
	if x.timed() {
		w.event(EventGeneric, "expire")
	}
	if m.logged() && (x.timed() || x.kind == expiryKeep) {
		w.effect(setEffect(p.Key, p.Value, x, deadline)...)
	}
	w.settle()
}

// flatten returns a command and its pairs of arguments.
func flatten(command string, pairs []Pair) []string {
	args := make([]string, 1, 1+2*len(pairs))
	args[0] = command
	for _, p := range pairs {
		args = append(args, p.Key, p.Value)
	}
	return args
}

// Append appends to the value of a key, which is created if need be, and
// returns the new length.
//
// Fails with ErrWrongType, ErrTooLong and ErrOutOfMemory. O(n) in the bytes
// appended, amortised. APPEND.
func (c *commands) Append(key, tail string) (int, error) {
	w, err := c.writeString(key)
	if err != nil {
		return 0, err
	}
	defer w.done()
	length := len(tail)
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
func (c *commands) SetRange(key string, offset int64, s string) (int, error) {
	if offset < 0 {
		return 0, ErrOffset
	}
	w, err := c.writeString(key)
	if err != nil {
		return 0, err
	}
	defer w.done()
	length := 0
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

// Incr adds one to a counter. See IncrBy. INCR.
func (c *commands) Incr(key string) (int64, error) { return c.IncrBy(key, 1) }

// Decr takes one off a counter. See IncrBy. DECR.
func (c *commands) Decr(key string) (int64, error) { return c.IncrBy(key, -1) }

// DecrBy takes n off a counter. See IncrBy; the smallest int64 fails with
// ErrDecrOverflow. DECRBY.
func (c *commands) DecrBy(key string, n int64) (int64, error) {
	if n == -1<<63 {
		return 0, ErrDecrOverflow
	}
	return c.IncrBy(key, -n)
}

// IncrBy adds n to a counter and returns its new value. A key that does not
// exist counts as 0.
//
// Fails with ErrNotInteger if the value is not an integer in its shortest
// decimal form, with ErrOverflow beyond the range of int64, with ErrWrongType
// and ErrOutOfMemory. O(1). INCRBY.
func (c *commands) IncrBy(key string, n int64) (int64, error) {
	w, err := c.writeString(key)
	if err != nil {
		return 0, err
	}
	defer w.done()
	sum := n
	if w.entry != nil {
		old, ok := value.Int(w.entry)
		if !ok {
			return 0, ErrNotInteger
		}
		if sum = old + n; (sum > old) != (n > 0) && n != 0 {
			return 0, ErrOverflow
		}
	}
	if w.entry != nil && w.entry.Form() == table.Number {
		w.entry.SetNumber(sum)
		w.modified()
	} else {
		w.put(value.NewInt(key, sum, w.deadline()))
	}
	w.event(EventString, "incrby")
	if w.logged() {
		w.effect("INCRBY", key, strconv.FormatInt(n, 10))
	}
	return sum, nil
}

// IncrByFloat adds to a number and returns its new value. A key that does not
// exist counts as 0. As in Redis the arithmetic is that of 80-bit
// floating-point numbers, and by stands for its shortest decimal form: 0.1 means 0.1.
//
// Fails with ErrNotFloat if the value is no number, with ErrNaN if the result
// would not be finite, with ErrWrongType and ErrOutOfMemory. O(1). INCRBYFLOAT.
func (c *commands) IncrByFloat(key string, by float64) (float64, error) {
	sum, _, err := c.incrByLongDouble(key, number.LongDoubleNear(by))
	return sum.Float64(), err
}

// IncrByDecimal is IncrByFloat with the exact numbers of the wire, in decimal
// digits.
//
// Fails with ErrNotFloat also if by is no number. O(1). INCRBYFLOAT.
func (c *commands) IncrByDecimal(key, by string) (string, error) {
	n, ok := number.ParseLongDouble(by)
	if !ok {
		// The wrong type of the key is found first, as in Redis.
		if r, err := c.readString(key); err != nil {
			return "", err
		} else {
			r.done()
		}
		return "", ErrNotFloat
	}
	_, text, err := c.incrByLongDouble(key, n)
	return text, err
}

func (c *commands) incrByLongDouble(key string, by number.LongDouble) (sum number.LongDouble, text string, err error) {
	w, err := c.writeString(key)
	if err != nil {
		return sum, "", err
	}
	defer w.done()
	if w.entry != nil {
		var digits [20]byte
		old, ok := number.ParseLongDouble(value.View(w.entry, digits[:]))
		if !ok {
			return sum, "", ErrNotFloat
		}
		by = old.Add(by)
	}
	if by.IsNaN() || by.IsInf() {
		return sum, "", ErrNaN
	}
	text = string(by.Append(nil))
	w.put(value.NewComputed(key, text, w.deadline()))
	w.event(EventString, "incrbyfloat")
	if w.logged() {
		w.effect("SET", key, text, "KEEPTTL")
	}
	return by, text, nil
}

// DelEx deletes a key if the condition holds, and reports whether it did. Where
// there is no key, no condition holds.
//
// Fails with ErrWrongType if the condition compares values and the key holds no
// string. O(1), for digests O(n). DELEX.
func (c *commands) DelEx(key string, x Condition) (bool, error) {
	if err := x.validate(); err != nil {
		return false, err
	}
	w, err := c.reduce(key)
	if err != nil {
		return false, err
	}
	defer w.done()
	if w.entry == nil {
		return false, nil
	}
	if ok, err := x.holds(w.entry); err != nil || !ok {
		return false, err
	}
	w.delete()
	return true, nil
}

// delete removes the key for a caller's sake.
func (w *write) delete() {
	w.remove()
	w.event(EventGeneric, "del")
	if w.logged() {
		w.effect("DEL", w.key)
	}
}

// digestLen is the length of a digest in hexadecimal digits.
const digestLen = 16

// Digest returns the XXH3 hash of a value as 16 lower-case hexadecimal digits,
// and false if there is no such key.
//
// Fails with ErrWrongType. O(n). DIGEST.
func (c *commands) Digest(key string) (string, bool, error) {
	r, err := c.readString(key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	if r.entry == nil {
		return "", false, nil
	}
	var digits [20]byte
	return digest(r.view(&digits)), true, nil
}

func digest(s string) string {
	sum := strconv.FormatUint(xxh3.Sum64String(s), 16)
	return strings.Repeat("0", digestLen-len(sum)) + sum
}

package nook

import (
	"iter"
	"strconv"

	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/value"
)

// A Field is a field of a hash, or of an entry of a stream, and its value.
type Field struct{ Name, Value string }

// readHash reads a key that must hold a hash if it exists.
func (c *commands) readHash(key string) (read, *value.Hash, error) {
	return readAs[*value.Hash](c, key)
}

// writeHash opens a key that must hold a hash if it exists, for a command that
// may need more memory.
func (c *commands) writeHash(key string) (w *write, h *value.Hash, err error) {
	w = new(write)
	h, err = openAs[*value.Hash](w, c, key, mayGrow)
	return w, h, err
}

// reduceHash is writeHash for a command that never needs more memory.
func (c *commands) reduceHash(key string) (w *write, h *value.Hash, err error) {
	w = new(write)
	h, err = openAs[*value.Hash](w, c, key, 0)
	return w, h, err
}

// keepHash makes h, which was changed, the key's value: it is that already, or
// a new one.
func (w *write) keepHash(h *value.Hash) {
	if w.entry == nil {
		w.put(value.New(w.key, h, 0))
		return
	}
	w.modified()
}

// HSet sets fields of a hash, which is created if need be, and returns how many of
// them are new; of fields with the same name the last counts. It takes times to
// live of the fields away.
//
// Fails with ErrWrongType, ErrTooLong and ErrOutOfMemory. O(n). HSET, HMSET.
func (c *commands) HSet(key string, fields ...Field) (added int, err error) {
	if err := c.fitFields(fields); err != nil || len(fields) == 0 {
		return 0, err
	}
	w, h, err := c.writeHash(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if h == nil {
		h = value.NewHash(roomOf(fields))
	}
	added = c.setFields(h, fields, false)
	w.keepHash(h)
	w.counts(len(fields))
	w.event(EventHash, "hset")
	if w.logged() {
		w.effect(hashEffect(fields, "HSET", key)...)
	}
	return added, nil
}

// fitFields fails if a string would be longer than allowed.
func (c *commands) fitFields(fields []Field) error {
	for i := range fields {
		if err := c.fits(max(len(fields[i].Name), len(fields[i].Value))); err != nil {
			return err
		}
	}
	return nil
}

// roomOf returns how many bytes a small hash needs for its first fields.
func roomOf(fields []Field) int {
	n := 0
	for i := range fields {
		n += value.FieldRoom(fields[i].Name, fields[i].Value)
	}
	return n
}

// reserve gives a hash that is about to get several fields the form that it
// will need.
func (c *commands) reserve(h *value.Hash, fields []Field) {
	if len(fields) == 1 {
		return
	}
	for i := range fields {
		h.Reserve(fields[i].Name, fields[i].Value, &c.ks.limits)
	}
}

// setFields sets fields of a hash, and returns how many of them are new.
func (c *commands) setFields(h *value.Hash, fields []Field, keepTTL bool) int {
	added := 0
	c.reserve(h, fields)
	for i := range fields {
		f := &fields[i]
		if keepTTL && h.Update(f.Name, f.Value, &c.ks.limits) || !keepTTL && h.Set(f.Name, f.Value, &c.ks.limits) {
			added++
		}
	}
	return added
}

// hashEffect returns a command that ends with fields and their values.
func hashEffect(fields []Field, command ...string) []string {
	for _, f := range fields {
		command = append(command, f.Name, f.Value)
	}
	return command
}

// HSetNX sets a field of a hash if there is no such field, and reports whether it
// did.
//
// Fails as HSet does. O(1). HSETNX.
func (c *commands) HSetNX(key, field, v string) (set bool, err error) {
	if err := c.fits(max(len(field), len(v))); err != nil {
		return false, err
	}
	w, h, err := c.writeHash(key)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	switch {
	case h == nil:
		h = value.NewHash(value.FieldRoom(field, v))
	case h.Has(field):
		return false, nil
	}
	h.Set(field, v, &c.ks.limits)
	w.keepHash(h)
	w.event(EventHash, "hset")
	if w.logged() {
		w.effect("HSET", key, field, v)
	}
	return true, nil
}

// HGet returns the value of a field of a hash, and false if there is none.
//
// Fails with ErrWrongType. O(1). HGET.
func (c *commands) HGet(key, field string) (string, bool, error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	if h == nil {
		return "", false, nil
	}
	s, ok := h.Get(field)
	return s, ok, nil
}

// HMGet returns the values of several fields of a hash as they are at one
// moment.
//
// Fails with ErrWrongType. O(n). HMGET.
func (c *commands) HMGet(key string, fields ...string) ([]Optional, error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	values := make([]Optional, len(fields))
	if h != nil {
		for i, field := range fields {
			values[i].Value, values[i].OK = h.Get(field)
		}
	}
	return values, nil
}

// HGetAll returns the fields of a hash with their values. A small hash has them in
// the order in which they came.
//
// Fails with ErrWrongType. O(n). HGETALL.
func (c *commands) HGetAll(key string) ([]Field, error) {
	all, err := c.all(key, value.Both)
	return fieldsOf(all), err
}

// fieldsOf makes fields of names and values.
func fieldsOf(pairs []string) []Field {
	fields := make([]Field, len(pairs)/2)
	for i := range fields {
		fields[i] = Field{pairs[2*i], pairs[2*i+1]}
	}
	return fields
}

// HKeys returns the names of the fields of a hash, in HGetAll's order.
//
// Fails with ErrWrongType. O(n). HKEYS.
func (c *commands) HKeys(key string) ([]string, error) { return c.all(key, value.Names) }

// HVals returns the values of the fields of a hash, in HGetAll's order.
//
// Fails with ErrWrongType. O(n). HVALS.
func (c *commands) HVals(key string) ([]string, error) { return c.all(key, value.Values) }

// all returns a part of all fields.
func (c *commands) all(key string, part value.Part) ([]string, error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	if h == nil {
		return nil, nil
	}
	return h.All(part), nil
}

// HLen returns the number of fields of a hash.
//
// Fails with ErrWrongType. O(1). HLEN.
func (c *commands) HLen(key string) (int, error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	if h == nil {
		return 0, nil
	}
	return h.Len(), nil
}

// HExists reports whether a hash has a field.
//
// Fails with ErrWrongType. O(1). HEXISTS.
func (c *commands) HExists(key, field string) (bool, error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return false, err
	}
	defer r.done()
	return h != nil && h.Has(field), nil
}

// HStrLen returns the length of the value of a field in bytes, 0 if there is none.
//
// Fails with ErrWrongType. O(1). HSTRLEN.
func (c *commands) HStrLen(key, field string) (int, error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	if h == nil {
		return 0, nil
	}
	var digits [20]byte
	s, _ := h.View(field, &digits)
	return len(s), nil
}

// HDel removes fields of a hash and returns how many of them there were. A hash
// that has none left is deleted.
//
// Fails with ErrWrongType. O(n). HDEL.
func (c *commands) HDel(key string, fields ...string) (deleted int, err error) {
	w, h, err := c.reduceHash(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if h == nil {
		return 0, nil
	}
	for _, field := range fields {
		if h.Delete(field) {
			deleted++
		}
	}
	if deleted > 0 {
		w.dropped(fields)
		w.counts(deleted)
	}
	return deleted, nil
}

// dropped tells that fields of the hash were removed.
func (w *write) dropped(fields []string) {
	w.modified()
	w.event(EventHash, "hdel")
	if w.logged() {
		w.effect(append([]string{"HDEL", w.key}, fields...)...)
	}
}

// HIncrBy adds n to a counter in a hash and returns its new value. A field, or a key,
// that does not exist counts as 0. A time to live of the field stays.
//
// Fails with ErrHashNotInteger if the value is not an integer in its shortest
// decimal form, with ErrOverflow beyond the range of int64, with ErrWrongType
// and ErrOutOfMemory. O(1). HINCRBY.
func (c *commands) HIncrBy(key, field string, n int64) (sum int64, err error) {
	if err := c.fits(len(field)); err != nil {
		return 0, err
	}
	w, h, err := c.writeHash(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	var digits [20]byte
	old := int64(0)
	if h == nil {
		h = value.NewHash(value.FieldRoom(field, maxDigits))
	} else if s, ok := h.View(field, &digits); ok {
		if old, ok = number.ParseInt(s); !ok {
			return 0, ErrHashNotInteger
		}
	}
	sum = old + n
	if (sum > old) != (n > 0) && n != 0 {
		return 0, ErrOverflow
	}
	h.Update(field, strconv.FormatInt(sum, 10), &c.ks.limits)
	w.keepHash(h)
	w.event(EventHash, "hincrby")
	if w.logged() {
		w.effect("HINCRBY", key, field, strconv.FormatInt(n, 10))
	}
	return sum, nil
}

// maxDigits is as long as the text of an integer can be.
const maxDigits = "-9223372036854775808"

// HIncrByFloat adds to a number in a hash and returns its new value, with the
// arithmetic of IncrByFloat. A field, or a key, that does not exist counts as 0. A time
// to live of the field stays.
//
// Fails with ErrHashNotFloat if the value is no number, with ErrNaN if the
// result would not be finite, with ErrNotFinite if by is not, with ErrWrongType and
// ErrOutOfMemory. O(1). HINCRBYFLOAT.
func (c *commands) HIncrByFloat(key, field string, by float64) (float64, error) {
	sum, _, err := c.hincrByLongDouble(key, field, number.LongDoubleNear(by))
	return sum.Float64(), err
}

// HIncrByDecimal is HIncrByFloat with the exact numbers of the wire, in decimal
// digits.
//
// Fails with ErrNotFloat also if by is no number. O(1). See HIncrByFloat.
func (c *commands) HIncrByDecimal(key, field, by string) (string, error) {
	n, ok := number.ParseLongDouble(by)
	if !ok {
		return "", ErrNotFloat
	}
	_, text, err := c.hincrByLongDouble(key, field, n)
	return text, err
}

func (c *commands) hincrByLongDouble(key, field string, by number.LongDouble) (sum number.LongDouble, text string, err error) {
	if by.IsNaN() || by.IsInf() {
		return sum, "", ErrNotFinite
	}
	if err := c.fits(len(field)); err != nil {
		return sum, "", err
	}
	w, h, err := c.writeHash(key)
	if err != nil {
		return sum, "", err
	}
	defer w.done(&err)
	var digits [20]byte
	if h == nil {
		h = value.NewHash(value.FieldRoom(field, maxDigits))
	} else if s, ok := h.View(field, &digits); ok {
		old, ok := number.ParseLongDouble(s)
		if !ok {
			return sum, "", ErrHashNotFloat
		}
		by = old.Add(by)
	}
	if by.IsNaN() || by.IsInf() {
		return sum, "", ErrNaN
	}
	text = string(by.Append(nil))
	h.Update(field, text, &c.ks.limits)
	w.keepHash(h)
	w.event(EventHash, "hincrbyfloat")
	if w.logged() {
		w.logFloat(h, field, text)
	}
	return by, text, nil
}

// logFloat records the sum of an addition. A plain HSET would take the time to
// live away.
func (w *write) logFloat(h *value.Hash, field, text string) {
	if at, _ := h.Deadline(field); at != 0 {
		w.effect("HSETEX", w.key, "KEEPTTL", "FIELDS", "1", field, text)
		return
	}
	w.effect("HSET", w.key, field, text)
}

// HRandField returns the name of a field of a hash, each with the same
// probability, and false if there is no such hash.
//
// Fails with ErrWrongType. O(1). HRANDFIELD.
func (c *commands) HRandField(key string) (string, bool, error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	if h == nil {
		return "", false, nil
	}
	field, _ := h.Random(c.randOf(key))
	return field, true, nil
}

// HRandFields returns n different random fields of a hash with their values, or all if there are
// not as many. A negative n draws each of -n fields from all, so that some may be the same.
//
// Fails with ErrWrongType, and with ErrCount if n is below -MaxDraws. O(n), but
// O(fields) for more than a third of them. See HRandField.
func (c *commands) HRandFields(key string, n int) ([]Field, error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	switch {
	case h == nil || n == 0:
		return nil, nil
	case n < -MaxDraws:
		return nil, ErrCount
	case n < 0:
		return fieldsOf(h.Draw(c.randOf(key), -n)), nil
	default:
		return fieldsOf(h.Sample(c.randOf(key), n)), nil
	}
}

// HScan returns the fields of a hash with their values one after the other. It
// holds no lock while it yields, so that the loop may use and change the store.
//
// ScanOptions.Match is a pattern of names, and Type does not count. A field that is there from the beginning
// to the end comes exactly once, unless the hash outgrows its small form
// meanwhile; one that comes or goes meanwhile, once or not at all. An error ends
// the loop. O(n) in all. HSCAN.
func (c *commands) HScan(key string, o ScanOptions) iter.Seq2[string, string] {
	return func(yield func(field, value string) bool) {
		for cursor := uint64(0); ; {
			fields, next, err := c.HScanPage(key, cursor, o)
			if err != nil {
				return
			}
			for _, f := range fields {
				if !yield(f.Name, f.Value) {
					return
				}
			}
			if next == 0 {
				return
			}
			cursor = next
		}
	}
}

// HScanPage is one step of a scan of a hash, as ScanPage is one of the database. A small hash is
// one step.
//
// Fails with ErrWrongType. O(count). See HScan.
func (c *commands) HScanPage(key string, cursor uint64, o ScanOptions) (fields []Field, next uint64, err error) {
	r, h, err := c.readHash(key)
	if err != nil {
		return nil, 0, err
	}
	defer r.done()
	if h == nil {
		return nil, 0, nil
	}
	want := o.Count
	if want <= 0 {
		want = defaultScanCount
	}
	found, pos := h.Scan(cursor<<memberShift, want, nil)
	return o.appendFields(nil, found), pos >> memberShift, nil
}

// appendFields appends the fields that a scan yields.
func (o *ScanOptions) appendFields(fields []Field, pairs []string) []Field {
	for i := 0; i < len(pairs); i += 2 {
		if o.Match == "" || glob.All(o.Match) || glob.Match(o.Match, pairs[i]) {
			fields = append(fields, Field{pairs[i], pairs[i+1]})
		}
	}
	return fields
}

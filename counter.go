package nook

import (
	"strconv"

	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

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
func (c *commands) IncrBy(key string, n int64) (sum int64, err error) {
	w, err := c.writeString(key)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	sum = n
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
// Fails with ErrNotFloat also if by is no number. O(1). See IncrByFloat.
func (c *commands) IncrByDecimal(key, by string) (string, error) {
	n, ok := number.ParseLongDouble(by)
	if !ok {
		// The wrong type of the key is found first, as in Redis.
		w, err := c.writeString(key)
		if err != nil {
			return "", err
		}
		w.done(nil)
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
	defer w.done(&err)
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

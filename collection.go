package nook

import (
	"math/rand/v2"

	"github.com/nookdb/nook/internal/table"
)

// as returns the collection of an entry, the zero C if entry is nil. It fails
// with ErrWrongType if the value is another.
func as[C table.Collection](e *table.Entry) (C, error) {
	var none C
	if e == nil {
		return none, nil
	}
	if e.Form() == table.Object {
		if c, ok := e.Object().(C); ok {
			return c, nil
		}
	}
	return none, ErrWrongType
}

// openAs opens a key that must hold a C if it exists, and returns that. After
// an error there is nothing to end.
func openAs[C table.Collection](w *write, c *commands, key string, n need) (C, error) {
	var none C
	if err := w.acquire(c, key, n); err != nil {
		return none, err
	}
	v, err := as[C](w.entry)
	if err != nil {
		w.done(nil)
	}
	return v, err
}

// readAs reads a key that must hold a C if it exists, and returns that. Unlike
// that of read, its hold always has the lock. After an error there is nothing to end.
func readAs[C table.Collection](c *commands, key string) (read, C, error) {
	var none C
	r, err := c.readLocked(key)
	if err != nil {
		return r, none, err
	}
	if r.entry == nil {
		c.miss(key)
		return r, none, nil
	}
	v, err := as[C](r.entry)
	c.touch(r.entry)
	if err != nil {
		r.done()
	}
	return r, v, err
}

// memberShift makes cursors of positions in the table of one collection.
const memberShift = 64 - table.PositionBits

// MaxDraws is how many elements of a collection can be drawn at once with
// repetitions. Redis has no such bound, and can be made to run out of memory.
const MaxDraws = 1 << 20

// randOf returns the generator of a key's shard, which is locked.
func (c *commands) randOf(key string) *rand.Rand {
	i, _ := c.ks.shardOf(key)
	return c.ks.shards[i].rand
}

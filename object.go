package nook

import (
	"math"
	"time"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// ObjectEncoding returns how a value is encoded, in Redis's words, and false if
// there is no such key.
//
// O(1). OBJECT ENCODING.
func (c *commands) ObjectEncoding(key string) (string, bool, error) {
	r, err := c.inspect(key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	if r.entry == nil {
		return "", false, nil
	}
	return value.Encoding(r.entry), true, nil
}

// ObjectRefCount returns the number of references to a value, and false if
// there is no such key. It is 1, or, for the integers that Redis shares, the largest
// int32.
//
// O(1). OBJECT REFCOUNT.
func (c *commands) ObjectRefCount(key string) (int, bool, error) {
	r, err := c.inspect(key)
	if err != nil {
		return 0, false, err
	}
	defer r.done()
	if r.entry == nil {
		return 0, false, nil
	}
	return c.ks.references(r.entry), true, nil
}

// references returns how many references Redis would have to a value.
func (ks *keyspace) references(e *table.Entry) int {
	if ks.sharesIntegers() && value.Shared(e) {
		return math.MaxInt32
	}
	return 1
}

// sharesIntegers reports whether Redis would share objects: not where each
// needs an access clock of its own.
func (ks *keyspace) sharesIntegers() bool {
	p := ks.policy()
	return ks.memory.limit.Load() == 0 || p != AllKeysLRU && p != VolatileLRU && !p.frequency()
}

// ObjectIdleTime returns how long a key has not been read or written, to the
// second, and false if there is no such key.
//
// Fails with ErrNoLRU under an LFU policy. O(1). OBJECT IDLETIME.
func (c *commands) ObjectIdleTime(key string) (time.Duration, bool, error) {
	r, err := c.inspect(key)
	if err != nil {
		return 0, false, err
	}
	defer r.done()
	if r.entry == nil {
		return 0, false, nil
	}
	if c.ks.policy().frequency() {
		return 0, false, ErrNoLRU
	}
	return time.Duration(c.ks.idle(r.entry)) * time.Second, true, nil
}

// ObjectFreq returns the logarithmic access counter of a key, 0 to 255, and
// false if there is no such key.
//
// Fails with ErrNoLFU without an LFU policy. O(1). OBJECT FREQ.
func (c *commands) ObjectFreq(key string) (int, bool, error) {
	r, err := c.inspect(key)
	if err != nil {
		return 0, false, err
	}
	defer r.done()
	if r.entry == nil {
		return 0, false, nil
	}
	if !c.ks.policy().frequency() {
		return 0, false, ErrNoLFU
	}
	return int(c.ks.frequency(r.entry)), true, nil
}

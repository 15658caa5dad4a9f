package nook

import (
	"encoding/hex"
	"fmt"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// DebugDigest returns a hash, in hexadecimal digits, of all that the store holds, in all databases: the same for
// the same keys, values and databases, whatever their encodings, and whether or not, but not when, keys expire. It is that of Redis.
//
// Within a transaction the whole store must be declared. O(n).
func (c *commands) DebugDigest() (string, error) {
	m, err := c.lookAll()
	if err != nil {
		return "", err
	}
	defer m.done(nil)
	var sum value.Fingerprint
	now := c.elapsed()
	for n := range c.ks.opts.Databases {
		c.ks.fingerprint(&sum, n, now)
	}
	return hex.EncodeToString(sum[:]), nil
}

// fingerprint adds a database. All shards are locked.
func (ks *keyspace) fingerprint(sum *value.Fingerprint, n int, now int64) {
	begun := false
	for i := range ks.shards {
		d := ks.shards[i].dbs[n].Load()
		if d == nil {
			continue
		}
		for e := range d.table.All() {
			if expired(e, now) {
				continue
			}
			if !begun {
				sum.MixNumber(uint32(n))
				begun = true
			}
			var own value.Fingerprint
			own.Mix(e.Key())
			own.MixValue(e)
			sum.AddAll(own)
		}
	}
}

// DebugDigestValue returns a hash, in hexadecimal digits, of the value of a key, without its name: the same for the same value. It
// is that of Redis, and all zeros if there is no such key.
//
// O(n).
func (c *commands) DebugDigestValue(key string) (string, error) {
	r, err := c.inspect(key)
	if err != nil {
		return "", err
	}
	defer r.done()
	var sum value.Fingerprint
	if r.entry != nil {
		sum.MixValue(r.entry)
	}
	return hex.EncodeToString(sum[:]), nil
}

// DebugObject returns what Redis's DEBUG OBJECT says of a value, as far as it means something here, and false if there is no such key:
// where it is, how it is encoded, how long it is in a snapshot, when it was last used.
//
// O(n).
func (c *commands) DebugObject(key string) (string, bool, error) {
	r, err := c.inspect(key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	e := r.entry
	if e == nil {
		return "", false, nil
	}
	const (
		clockBits = 24        // of Redis's access clock
		dumpFrame = 1 + 2 + 8 // of a payload: type, version, checksum
	)
	return fmt.Sprintf("Value at:%p refcount:%d encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		e, c.ks.references(e), value.Encoding(e), len(dumpOf(e))-dumpFrame, e.Access()&(1<<clockBits-1), c.ks.idle(e)), true, nil
}

// MemoryUsage returns about how many bytes a key and its value take, and false if there is no such key.
//
// O(1). MEMORY USAGE.
func (c *commands) MemoryUsage(key string) (int, bool, error) {
	r, err := c.inspect(key)
	if err != nil {
		return 0, false, err
	}
	defer r.done()
	if r.entry == nil {
		return 0, false, nil
	}
	return footprint(r.entry), true, nil
}

// footprint returns about the bytes of an entry, with its places in the table and in the order of deadlines.
func footprint(e *table.Entry) int {
	const slot = 8 // and the entry's tag; tables are more full than not
	size := e.Size() + payloadSize(e) + slot
	if e.Deadline() != 0 {
		size += table.DueBytes
	}
	if fieldDeadline(e) != 0 {
		size += table.DueBytes
	}
	return size
}

// SetActiveExpire says whether keys and fields go when they are due, as they do unless this is called with false; else, only
// when somebody asks for them, so that a test can see what happens then. What is due when it is called with true goes at once, or, within a
// transaction, soon after it.
//
// Within a transaction the whole store must be declared. O(shards), and what is due.
func (c *commands) SetActiveExpire(active bool) error {
	m, err := c.lookAll()
	if err != nil {
		return err
	}
	c.ks.passive.Store(!active)
	if active && c.tx != nil {
		for i := range c.ks.shards {
			c.ks.shards[i].rearm(c.ks) // it may have rung for nothing
		}
	}
	m.done(nil)
	if active && c.tx == nil {
		for i := range c.ks.shards {
			c.ks.ring(&c.ks.shards[i])
		}
	}
	return nil
}

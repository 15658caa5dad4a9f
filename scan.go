package nook

import (
	"iter"

	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// ScanOptions are the options of Scan.
type ScanOptions struct {
	Match string // glob-style pattern of keys; "" means all
	Type  string // name of a type as Type returns it, in any case; "" means all
	Count int    // keys looked at in a step, about; 0 means 10
}

const defaultScanCount = 10

// Keys returns the keys that match a glob-style pattern, in no order, as they
// are at one moment.
//
// The pattern knows * (anything), ? (any byte), [abc], [a-z], [^a] and \ before
// a special character. O(n); see Scan. KEYS.
func (c *commands) Keys(pattern string) ([]string, error) {
	m, err := c.lookAll()
	if err != nil {
		return nil, err
	}
	defer m.done(nil)
	var keys []string
	now := c.elapsed()
	for i := range c.ks.shards {
		d := c.ks.shards[i].dbs[c.db].Load()
		if d == nil {
			continue
		}
		for e := range d.table.All() {
			if !expired(e, now) && matchesKey(pattern, e) {
				keys = append(keys, e.Key())
			}
		}
	}
	return keys, nil
}

// expired reports whether an entry's time is up, or that of all fields of its
// hash, though the alarm has not rung yet.
func expired(e *table.Entry, now int64) bool {
	at := e.Deadline()
	return at != 0 && at <= now || fieldsExpired(e, now)
}

// Scan returns the keys of the database one after the other. It holds no lock
// while it yields, so that the loop may use and change the store.
//
// A key that is there from the beginning to the end comes exactly once, whatever else
// happens; one that comes or goes meanwhile, once or not at all. An error (of a
// closed store) ends the loop. O(n) in all. SCAN.
func (c *commands) Scan(o ScanOptions) iter.Seq[string] {
	return func(yield func(string) bool) {
		for cursor := uint64(0); ; {
			keys, next, err := c.ScanPage(cursor, o)
			if err != nil {
				return
			}
			for _, key := range keys {
				if !yield(key) {
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

// ScanPage is one step of a scan. It begins with cursor 0; each step returns
// the next one's cursor, and 0 at the end. Cursors are good for any time; they stay
// below 2^53.
//
// O(count). See Scan.
func (c *commands) ScanPage(cursor uint64, o ScanOptions) (keys []string, next uint64, err error) {
	want := o.Count
	if want <= 0 {
		want = defaultScanCount
	}
	now := c.elapsed()
	pos, seen := cursor<<cursorShift, 0
	for {
		i := int(pos >> c.ks.shift)
		own, err := c.lock(i)
		if err != nil {
			return nil, 0, err
		}
		sh := &c.ks.shards[i]
		local := uint64(0)
		if d := sh.dbs[c.db].Load(); d != nil {
			local = pos << c.ks.skip
			for more := true; more; more = local != 0 && seen < want {
				local = d.table.Scan(local, func(e *table.Entry) {
					seen++
					if o.matches(e, now) {
						keys = append(keys, e.Key())
					}
				})
			}
		}
		if own {
			sh.mu.Unlock()
		}
		if local != 0 {
			return keys, (uint64(i)<<c.ks.shift | local>>c.ks.skip) >> cursorShift, nil
		}
		if i == len(c.ks.shards)-1 {
			return keys, 0, nil
		}
		pos = uint64(i+1) << c.ks.shift
		if seen >= want {
			return keys, pos >> cursorShift, nil
		}
	}
}

// cursorShift makes cursors of positions in the order of hashes. A table needs
// its top PositionBits of them, a shard up to 12 more.
const cursorShift = 64 - table.PositionBits - 12

// matches reports whether a scan yields an entry.
func (o *ScanOptions) matches(e *table.Entry, now int64) bool {
	return !expired(e, now) &&
		(o.Type == "" || value.IsType(e, o.Type)) &&
		(o.Match == "" || matchesKey(o.Match, e))
}

// matchesKey reports whether an entry's key matches a pattern. As in Redis a lone *
// matches the empty key too, which a glob does not.
func matchesKey(pattern string, e *table.Entry) bool {
	return glob.All(pattern) || glob.Match(pattern, e.Key())
}

package nook

import (
	"time"

	"github.com/nookdb/nook/internal/table"
)

// Stats are figures of a store at one moment.
type Stats struct {
	Databases       []DatabaseStats // one for each database, by number
	Bytes           int64           // keys and values, and what keeps them
	MaxMemory       int64           // Settings.MaxMemory
	MaxMemoryPolicy MaxMemoryPolicy
	Evicted         int64 // keys that had to go for memory, since the store was made
	Expired         int64 // keys that went as their time was up, since then
	Misses          int64 // reads of keys that were not there, since then
	Changes         int64 // changes of keys, of elements of collections, and of libraries since then
	Channels        int   // that anybody is subscribed to
	Patterns        int   // the same
	ShardChannels   int   // the same
	TrackedKeys     int   // that trackers were told to track
	TrackedItems    int   // pairs of these and trackers
	TrackedPrefixes int   // that trackers have, each counted once
}

// DatabaseStats are figures of one database.
type DatabaseStats struct {
	Keys    int
	Expires int           // keys with a time to live
	TTL     time.Duration // that those have left on average; about, if they are many

	TableBytes    int // of the tables, without the keys and values in them
	DeadlineBytes int // of the order in which keys, and fields of hashes, expire
}

// Stats returns figures of the store, those of all databases. Within a transaction the whole
// store must be declared.
//
// O(shards). INFO.
func (c *commands) Stats() (Stats, error) {
	m, err := c.lookAll()
	if err != nil {
		return Stats{}, err
	}
	defer m.done(nil)
	ks := c.ks
	s := Stats{
		Databases:       make([]DatabaseStats, ks.opts.Databases),
		MaxMemory:       ks.memory.limit.Load(),
		MaxMemoryPolicy: ks.policy(),
		Evicted:         ks.memory.evicted.Load(),
		Expired:         ks.counters.expired.Load(),
		Misses:          ks.counters.misses.Load(),
	}
	s.TrackedKeys, s.TrackedItems, s.TrackedPrefixes = ks.tracking.sizes()
	s.Channels, s.Patterns, s.ShardChannels = ks.hub.sizes()
	for i := range ks.shards {
		s.Bytes += ks.shards[i].used
	}
	s.Changes = ks.changes()
	now := c.now()
	for n := range s.Databases {
		s.Databases[n] = ks.databaseStats(n, now)
	}
	return s, nil
}

// databaseStats adds up what the shards, which are locked, have of a database.
func (ks *keyspace) databaseStats(n int, now int64) DatabaseStats {
	var s DatabaseStats
	var total float64 // milliseconds left, of all keys
	for i := range ks.shards {
		d := ks.shards[i].dbs[n].Load()
		if d == nil {
			continue
		}
		s.Keys += d.table.Len()
		s.Expires += d.expiry.Len()
		s.TableBytes += d.table.Bytes()
		s.DeadlineBytes += d.expiry.Len() * table.DueBytes
		if d.fields != nil {
			s.DeadlineBytes += d.fields.Len() * table.DueBytes
		}
		total += d.meanLeft(now) * float64(d.expiry.Len())
	}
	if s.Expires > 0 {
		s.TTL = time.Duration(total / float64(s.Expires) * float64(time.Millisecond))
	}
	return s
}

// ttlSamples is how many deadlines a shard's average counts at most from each end.
const ttlSamples = 32

// meanLeft returns the milliseconds that the deadlines are ahead on average, of
// at most ttlSamples from either end of their order.
func (d *database) meanLeft(now int64) float64 {
	var sum float64
	seen := 0
	count := func(item table.Due) bool {
		sum += float64(max(item.At-now, 0))
		seen++
		return seen%ttlSamples != 0
	}
	d.expiry.Ascend(count)
	if seen < d.expiry.Len() {
		d.expiry.Descend(count)
	}
	return sum / float64(max(seen, 1))
}

// MakeRoom evicts keys until the store is within its limit of memory, as each
// command that may need more does first. It fails with ErrOutOfMemory if that
// cannot be reached, or as the Journal says if that refuses changes. Without a limit it costs nothing.
func (c *commands) MakeRoom() error { return c.makeRoom() }

package nook

import (
	"sync/atomic"

	"github.com/nookdb/nook/internal/table"
)

// A MaxMemoryPolicy says what a store does when it has reached
// Options.MaxMemory. The names are those of Redis's maxmemory-policy.
type MaxMemoryPolicy uint8

// The policies. The volatile ones evict only keys with a time to live, and
// refuse writes when there are none.
const (
	NoEviction     MaxMemoryPolicy = iota // writes that may need memory fail with ErrOutOfMemory
	AllKeysLRU                            // the key used longest ago
	AllKeysLFU                            // the key used least often
	AllKeysRandom                         // any key
	VolatileLRU                           // AllKeysLRU among keys with a time to live
	VolatileLFU                           // AllKeysLFU among keys with a time to live
	VolatileRandom                        // any key with a time to live
	VolatileTTL                           // the key whose time is up first
)

var policyNames = [...]string{
	"noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random",
	"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
}

// String returns Redis's name of the policy.
func (p MaxMemoryPolicy) String() string {
	if !p.valid() {
		return "unknown"
	}
	return policyNames[p]
}

func (p MaxMemoryPolicy) valid() bool { return int(p) < len(policyNames) }

// frequency reports whether access clocks count accesses.
func (p MaxMemoryPolicy) frequency() bool { return p == AllKeysLFU || p == VolatileLFU }

// volatile reports whether only keys with a deadline are evicted.
func (p MaxMemoryPolicy) volatile() bool { return p >= VolatileLRU }

// memory is what the whole store knows of the bytes in use. Shards tell it of
// changes now and then; see unsaidMax.
type memory struct {
	used    atomic.Int64
	evicted atomic.Int64 // keys

	_ [48]byte // what follows changes hardly ever

	// The settings of the same names.
	limit     atomic.Int64
	policy    atomic.Uint32
	samples   atomic.Int32
	logFactor atomic.Int32
	decayTime atomic.Int32
}

// policy returns the policy in force.
func (ks *keyspace) policy() MaxMemoryPolicy { return MaxMemoryPolicy(ks.memory.policy.Load()) }

// makeRoom evicts keys until the store is within its limit of memory, unless the
// journal refuses changes, whose error it then returns. It holds
// no lock but that of one shard at a time, except within a transaction, which
// may evict nothing: its room was made when it began.
func (c *commands) makeRoom() error {
	ks := c.ks
	if !ks.full() {
		return nil
	}
	if c.tx != nil {
		if c.tx.beyond {
			return nil
		}
		return c.tx.full
	}
	if err := c.admit(); err != nil {
		return err
	}
	for ks.full() {
		if ks.policy() == NoEviction || !ks.evictOne() {
			return ks.lastRoom()
		}
	}
	return nil
}

// full reports whether the store is beyond its limit of memory.
func (ks *keyspace) full() bool {
	limit := ks.memory.limit.Load()
	return limit != 0 && ks.memory.used.Load() > limit && !ks.loading
}

// lastRoom asks all shards for what they have not told yet, which may be that
// there is room, before it says that there is none.
func (ks *keyspace) lastRoom() error {
	for i := range ks.shards {
		sh := &ks.shards[i]
		sh.mu.Lock()
		ks.memory.used.Add(sh.unsaid)
		sh.unsaid = 0
		sh.mu.Unlock()
	}
	if ks.full() {
		return ErrOutOfMemory
	}
	return nil
}

// evictOne removes the best candidate of one shard and reports whether there
// was any. It starts at a random shard and goes on to the next while shards
// have none.
func (ks *keyspace) evictOne() bool {
	first := ks.rand.IntN(len(ks.shards))
	for n := range ks.shards {
		sh := &ks.shards[(first+n)%len(ks.shards)]
		sh.mu.Lock()
		evicted := !sh.closed && ks.evictFrom(sh)
		sh.mu.Unlock()
		if evicted {
			return true
		}
	}
	return false
}

// evictFrom evicts the best of a sample of a locked shard's keys.
func (ks *keyspace) evictFrom(sh *shard) bool {
	db, e := ks.candidate(sh)
	if e == nil {
		return false
	}
	w := ks.hand(sh, db, e)
	w.remove()
	w.event(EventEvicted, "evicted")
	if w.logged() {
		w.effect("DEL", w.key)
	}
	w.conclude()
	ks.memory.used.Add(sh.unsaid)
	sh.unsaid = 0
	ks.memory.evicted.Add(1)
	return true
}

// candidate returns the key of a shard that should go first, and its database.
func (ks *keyspace) candidate(sh *shard) (db int, best *table.Entry) {
	var bestScore uint64
	for n := range sh.dbs {
		d := sh.dbs[n].Load()
		if d == nil {
			continue
		}
		for range ks.samples(d) {
			e := ks.sample(sh, d)
			if e == nil {
				break
			}
			if score := ks.score(sh, e); best == nil || score > bestScore {
				db, best, bestScore = n, e, score
			}
		}
	}
	return db, best
}

// fewSamples is how many keys may be compared however few there are.
const fewSamples = 64

// samples returns how many keys of a database to compare.
func (ks *keyspace) samples(d *database) int {
	return min(int(ks.memory.samples.Load()), max(d.table.Len(), fewSamples))
}

// sampleTries bounds the search for a key with a deadline among others.
const sampleTries = 8

// sample returns a random key of a database that the policy may evict.
func (ks *keyspace) sample(sh *shard, d *database) *table.Entry {
	switch policy := ks.policy(); {
	case !policy.volatile():
		return d.table.Random(sh.rand)
	case d.expiry.Len() == 0:
		return nil
	case policy != VolatileTTL:
		for range sampleTries {
			if e := d.table.Random(sh.rand); e.Deadline() != 0 {
				return e
			}
		}
	}
	first, _ := d.expiry.First()
	return first.Entry
}

// score ranks a key: the highest goes first.
func (ks *keyspace) score(sh *shard, e *table.Entry) uint64 {
	switch ks.policy() {
	case AllKeysLRU, VolatileLRU:
		return uint64(ks.idle(e))
	case AllKeysLFU, VolatileLFU:
		return maxCounter - uint64(ks.frequency(e))
	case VolatileTTL:
		return ^uint64(e.Deadline())
	default:
		return sh.rand.Uint64()
	}
}

// lfuInitial is the counter of a new key: more than 0, so that it is not the
// first to go before it had a chance.
const lfuInitial = 5

// maxCounter is the most that a counter of accesses says.
const maxCounter = 255

// frequencyWord makes an access clock of a time in seconds and a counter.
func frequencyWord(second uint32, counter uint8) uint32 { return second/60<<8 | uint32(counter) }

// frequency returns an entry's counter, less what its rest has taken off.
func (ks *keyspace) frequency(e *table.Entry) uint8 {
	return ks.decayed(e.Access(), ks.pulse.now(ks.opts.Clock))
}

func (ks *keyspace) decayed(word, second uint32) uint8 {
	counter := word & 0xff
	if minutes := ks.memory.decayTime.Load(); minutes > 0 {
		rest := (second/60 - word>>8) & 0xffffff
		counter -= min(counter, rest/uint32(minutes))
	}
	return uint8(counter)
}

// touchFrequency counts an access: the counter grows with a probability that
// falls as it grows, so that 255 stands for about a million accesses.
func (ks *keyspace) touchFrequency(e *table.Entry, second uint32) {
	counter := ks.decayed(e.Access(), second)
	if counter < maxCounter {
		base := float64(max(int(counter)-lfuInitial, 0))
		if ks.rand.Float64() < 1/(base*float64(max(ks.memory.logFactor.Load(), 0))+1) {
			counter++
		}
	}
	e.SetAccess(frequencyWord(second, counter))
}

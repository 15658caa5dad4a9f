package nook

import (
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// keyspace is what the handles of one store share.
//
// # Locks
//
// Keys are spread over shards by the top bits of their hash. A shard's mutex
// guards its tables, in all databases. A command on one key locks one shard; a
// command on several locks theirs in the order of their index, and so does a
// transaction for all keys it declares. So every command is atomic, and all
// together are serialisable.
//
// # Reads without a lock
//
// A read of a key whose value never changes in place takes no lock: it follows
// the table's atomics to an entry, which a single store has published. That
// would show the halves of a change to several keys, or the steps of a
// transaction, to others. Therefore whoever holds several steps together makes
// the turn of its shards odd while it works, and a reader that finds a turn odd, or
// changed when it is done, waits for the lock instead.
type keyspace struct {
	opts    Options
	journal atomic.Pointer[Journal] // nil while the store is being loaded; set with all shards and the libraries locked
	loading bool                    // see Options.Loading
	limits  value.Limits            // changes only with all shards locked
	shards  []shard
	shift   uint8 // 64 minus the hash bits that select the shard
	skip    uint8 // those bits

	setting  sync.Mutex // held to look at Settings, or to change them
	events   events
	hub      hub
	tracking tracking

	libraries  libraries
	extensions sync.Map // see Extension

	counters counters

	rand    *rand.Rand // for those who hold no lock; any number may use it at once
	pulse   pulse
	passive atomic.Bool // see SetActiveExpire
	memory  memory
}

// counters count what no shard does. They are on a cache line of their own.
type counters struct {
	_       [64]byte
	expired atomic.Int64 // keys
	misses  atomic.Int64 // reads that found no key
	_       [48]byte
}

// A shard is a part of the keys of all databases, with its lock.
type shard struct {
	// turn is odd while a command over several keys, or a transaction, is at
	// work in the shard, and forever once the store is closed.
	turn atomic.Uint64
	dbs  []atomic.Pointer[database]

	_ [96]byte // readers of the above do not wait for writers of the below

	// What every write looks at or changes is one cache line.

	mu      sync.Mutex
	closed  bool       // guarded by mu
	changes int64      // of keys since the start, guarded by mu
	used    int64      // bytes of all databases, guarded by mu
	unsaid  int64      // part of used that the keyspace does not know yet, guarded by mu
	watched *onlookers // guarded by mu
	waiting waiters    // guarded by mu
	saving  *preimages // of snapshots; guarded by mu

	rand  *rand.Rand // guarded by mu
	alarm alarm      // guarded by mu
	batch *batch     // see scratch; guarded by mu

	_ [24]byte
}

// scratch returns where a command that holds the shard's lock, and no other, collects its effects.
func (sh *shard) scratch() *batch {
	if sh.batch == nil {
		sh.batch = new(batch)
	}
	return sh.batch
}

// database is one shard's part of a numbered database.
type database struct {
	table  table.Table
	expiry *table.Deadlines // keys with a deadline
	fields *table.Deadlines // hashes, by the first deadline of a field; nil before the first
	bytes  int              // of all entries, tables and deadlines, guarded by the shard's mu
	skip   uint8            // the keyspace's
}

func newKeyspace(o Options) *keyspace {
	log2 := bits.TrailingZeros(uint(o.Shards))
	ks := &keyspace{opts: o, loading: o.Loading, shards: make([]shard, o.Shards), shift: uint8(64 - log2), skip: uint8(log2)}
	if !ks.loading {
		ks.setLog(o.Journal)
	}
	settings := o.settings()
	ks.set(&settings)
	ks.hub.subs = map[*Subscription]struct{}{}
	seed := o.Seed
	if seed == 0 {
		seed = rand.Uint64()
		ks.rand = rand.New(unseeded{})
	} else {
		ks.rand = rand.New(newSharedSource(seed))
	}
	for i := range ks.shards {
		sh := &ks.shards[i]
		sh.dbs = make([]atomic.Pointer[database], o.Databases)
		sh.rand = rand.New(rand.NewPCG(seed, uint64(i)))
	}
	return ks
}

// shardOf returns the index of the shard of a key and the key's hash for the
// tables of that shard.
func (ks *keyspace) shardOf(key string) (int, uint64) {
	h := table.Hash(key)
	return int(h >> ks.shift), h << ks.skip
}

// database returns the shard's part of database n, made if need be.
func (sh *shard) database(ks *keyspace, n int) *database {
	d := sh.dbs[n].Load()
	if d == nil {
		d = &database{expiry: table.NewDeadlines(), skip: ks.skip}
		d.table.Init(int(ks.skip))
		d.bytes = d.table.Bytes()
		sh.account(ks, d.bytes)
		sh.dbs[n].Store(d)
	}
	return d
}

// close ends all timers and lets go of the entries. It takes the locks as a
// command over all keys does, so every other command happens wholly before or
// after it. Readers without a lock find the turns odd from then on.
func (ks *keyspace) close() {
	if ks.hold(ks.allShards()) != nil {
		return
	}
	for i := range ks.shards {
		sh := &ks.shards[i]
		sh.closed = true
		sh.used, sh.unsaid = 0, 0
		sh.alarm.stop()
		sh.dismiss()
		sh.saving = nil
		for n := range sh.dbs {
			sh.dbs[n].Store(nil)
		}
		sh.mu.Unlock()
	}
	ks.memory.used.Store(0) // so that nobody looks for room first
	ks.pulse.stop()
	ks.events.close()
	ks.hub.close()
	ks.libraries.close()
}

// hold locks the shards of the given indexes, which are in order and distinct,
// for several steps that must be seen together.
func (ks *keyspace) hold(shards []int) error {
	for _, i := range shards {
		ks.shards[i].mu.Lock()
	}
	if ks.shards[shards[0]].closed {
		for _, i := range shards {
			ks.shards[i].mu.Unlock()
		}
		return ErrClosed
	}
	for _, i := range shards {
		ks.shards[i].turn.Add(1)
	}
	return nil
}

// release is the end of hold.
func (ks *keyspace) release(shards []int) {
	for _, i := range shards {
		ks.shards[i].turn.Add(1)
		ks.shards[i].mu.Unlock()
	}
}

// account adds to the bytes in use.
func (sh *shard) account(ks *keyspace, n int) {
	sh.used += int64(n)
	sh.unsaid += int64(n)
	if sh.unsaid > unsaidMax || sh.unsaid < -unsaidMax {
		ks.memory.used.Add(sh.unsaid)
		sh.unsaid = 0
	}
}

// unsaidMax is by how many bytes a shard may differ from what it has told the
// keyspace, to spare writers on other shards a shared counter.
const unsaidMax = 4096

package nook

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook/internal/table"
)

// # Client-side caches
//
// Somebody who keeps copies of values outside of the store wants to be told when they are out of date. A Tracker
// is told so in one of two ways. Either the store remembers which keys the owner has read, and tells of
// each once; then it costs memory here, and no message too many. Or the tracker hears of all keys that begin
// with some prefixes; then the store remembers nothing.
//
// What is remembered is by the name of a key alone, as in Redis: the same name in another database counts too. It lies in the
// key's shard, under its lock. So whoever reads a key and has it remembered in one transaction misses no change.

// TrackerOptions are the options of NewTracker.
type TrackerOptions struct {
	// Receive is told of each key that has changed, and after a FLUSHALL or FLUSHDB, once, of all. It is called by
	// whoever changes the key, with locks held, from several goroutines at once: it must neither block nor call the store.
	Receive func(Invalidation)

	// Prefixes make the tracker hear of all keys that begin with any of them; "" begins all. nil means that it hears of keys
	// that Track was told of.
	Prefixes []string
}

// An Invalidation says that copies of a key's value are out of date.
type Invalidation struct {
	Key string
	All bool // copies of all keys are; Key is empty
}

// A Tracker tells its owner when keys change that the owner keeps copies of. SwapDB changes none, as in Redis: who
// keeps copies of two databases that are exchanged has to forget them himself.
//
//	t, err := s.NewTracker(nook.TrackerOptions{Receive: forget})
//	defer t.Close()
//	err = s.Exec(func(tx *nook.Tx) error {
//		v, ok, err := tx.Get(key)
//		... keep a copy ...
//		return tx.Track(t, key)
//	}, key)
type Tracker struct {
	ks       *keyspace
	prefixes []string                           // of TrackerOptions
	receive  atomic.Pointer[func(Invalidation)] // of TrackerOptions, nil once it is closed: keys may keep the tracker for long, but not its owner
}

func (t *Tracker) closed() bool { return t.receive.Load() == nil }

// onlookers are those who want to know which keys of a shard change. nil stands for nobody.
type onlookers struct {
	watches  watchers
	trackers map[string][]*Tracker // by the keys they were told to track
	broad    []*Tracker            // those that have prefixes
}

// touch tells of a change of a key on behalf of a caller, nil if it has nothing to do with any.
func (o *onlookers) touch(ks *keyspace, db int, key string, by *Caller) {
	if o == nil {
		return
	}
	o.watches.touch(db, key)
	if len(o.broad) == 0 && len(o.trackers) == 0 {
		return
	}
	for _, t := range o.broad {
		if slices.ContainsFunc(t.prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.tell(Invalidation{Key: key}, by)
		}
	}
	for _, t := range o.forget(ks, key) {
		t.tell(Invalidation{Key: key}, by)
	}
}

// forget takes a key out of those that are tracked, and returns who did.
func (o *onlookers) forget(ks *keyspace, key string) []*Tracker {
	list := o.trackers[key]
	if list != nil {
		delete(o.trackers, key)
		ks.tracking.keys.Add(-1)
		ks.tracking.items.Add(-int64(len(list)))
	}
	return list
}

// tell tells the tracker's owner, unless the caller is to be left out.
func (t *Tracker) tell(i Invalidation, by *Caller) {
	if receive := t.receive.Load(); receive != nil && (by == nil || by.Own != t) {
		(*receive)(i)
	}
}

// onlookers returns those of a shard, which is locked.
func (sh *shard) onlookers() *onlookers {
	if sh.watched == nil {
		sh.watched = &onlookers{watches: watchers{}, trackers: map[string][]*Tracker{}}
	}
	return sh.watched
}

// tracking is what trackers of all shards have in common.
type tracking struct {
	keys  atomic.Int64 // that are tracked
	items atomic.Int64 // pairs of these and trackers
	limit atomic.Int64 // of keys: Settings.MaxTrackedKeys

	mu  sync.Mutex
	all []*Tracker // that are open; guarded by mu
}

// NewTracker returns a tracker, which is to be closed. Within a transaction the whole store must be declared.
//
// O(shards). CLIENT TRACKING.
func (c *commands) NewTracker(o TrackerOptions) (*Tracker, error) {
	m, err := c.lookAll()
	if err != nil {
		return nil, err
	}
	defer m.done(nil)
	t := &Tracker{ks: c.ks, prefixes: slices.Clone(o.Prefixes)}
	t.receive.Store(&o.Receive)
	x := &c.ks.tracking
	x.mu.Lock()
	x.all = append(x.all, t)
	x.mu.Unlock()
	if o.Prefixes != nil {
		for i := range c.ks.shards {
			on := c.ks.shards[i].onlookers()
			on.broad = append(on.broad, t)
		}
	}
	return t, nil
}

// Track makes the tracker hear of the next change of each of the keys, whether they exist or not. If more keys than
// Settings.MaxTrackedKeys are tracked, others of the same shard are given up: their trackers are told that they have changed. So there may be
// as many more as there are shards. A tracker with prefixes, or that is closed, hears of nothing more by this.
//
// O(N) where N is the number of keys. See NewTracker.
func (c *commands) Track(t *Tracker, keys ...string) error {
	if len(keys) == 0 {
		return c.reachable()
	}
	m, err := c.holdAll(c.ks.shardsOf(keys))
	if err != nil {
		return err
	}
	defer m.done(nil)
	if t.closed() || t.prefixes != nil {
		return nil
	}
	for _, key := range keys {
		i, _ := c.ks.shardOf(key)
		c.ks.shards[i].onlookers().track(c.ks, t, key)
	}
	return nil
}

func (o *onlookers) track(ks *keyspace, t *Tracker, key string) {
	list := o.trackers[key]
	if slices.Contains(list, t) {
		return
	}
	x := &ks.tracking
	if list == nil {
		x.keys.Add(1)
	}
	if len(list) == cap(list) {
		list = withoutClosed(ks, list)
	}
	x.items.Add(1)
	o.trackers[strings.Clone(key)] = append(list, t)
	o.curb(ks, key)
}

// withoutClosed takes the trackers that are closed out of those of a key.
func withoutClosed(ks *keyspace, list []*Tracker) []*Tracker {
	open := slices.DeleteFunc(list, func(t *Tracker) bool { return t.closed() })
	ks.tracking.items.Add(int64(len(open) - len(list)))
	return open
}

// curb gives up tracked keys of the shard, but for one, while there are too many in all.
func (o *onlookers) curb(ks *keyspace, but string) {
	limit := ks.tracking.limit.Load()
	for key := range o.trackers {
		if limit <= 0 || ks.tracking.keys.Load() <= limit {
			return
		}
		if key != but {
			for _, t := range o.forget(ks, key) {
				t.tell(Invalidation{Key: key}, nil)
			}
		}
	}
}

// Close ends the tracker: it hears of nothing any more when Close returns. A second Close does nothing. It must not be called from within the
// function of an Exec on its store, nor from Receive.
//
// O(shards), and O(N) where N is the number of tracked keys if nobody else tracks any.
func (t *Tracker) Close() {
	if t.receive.Swap(nil) == nil {
		return
	}
	x := &t.ks.tracking
	x.mu.Lock()
	x.all = slices.DeleteFunc(x.all, func(o *Tracker) bool { return o == t })
	last := len(x.all) == 0
	x.mu.Unlock()
	for i := range t.ks.shards {
		sh := &t.ks.shards[i]
		sh.mu.Lock() // which waits for Receive
		if on := sh.watched; on != nil {
			on.broad = slices.DeleteFunc(on.broad, func(o *Tracker) bool { return o == t })
			if last || t.prefixes != nil {
				on.sweep(t.ks)
			} // else keys forget it when they change, or have too many trackers
		}
		sh.mu.Unlock()
	}
}

// sweep forgets the tracked keys of trackers that are closed.
func (o *onlookers) sweep(ks *keyspace) {
	for key, list := range o.trackers {
		open := withoutClosed(ks, list)
		if o.trackers[key] = open; len(open) == 0 {
			delete(o.trackers, key)
			ks.tracking.keys.Add(-1)
		}
	}
}

// invalidateAll tells all trackers that every key has changed. The whole store is locked.
func (ks *keyspace) invalidateAll() {
	for i := range ks.shards {
		if on := ks.shards[i].watched; on != nil {
			for key := range on.trackers {
				on.forget(ks, key)
			}
		}
	}
	ks.tracking.mu.Lock()
	defer ks.tracking.mu.Unlock()
	for _, t := range ks.tracking.all {
		t.tell(Invalidation{All: true}, nil)
	}
}

// A Caller says on whose behalf a handle is used.
type Caller struct {
	Own     *Tracker // is not told what the handle changes, but for FLUSHALL and FLUSHDB; nil for none
	Reader  *Tracker // what the server has tracked for it that the handle's commands read; nil for none
	NoTouch bool     // what is read counts as no access, but for Touch

	// Owes is for a caller who waits for the Journal once for many commands: they do not wait then, but set it if there
	// is something to wait for, and he calls Store.Commit before he tells anybody what they did. nil means that each command waits.
	Owes *bool
}

// As returns the same commands on behalf of a caller, which must not change any more. nil stands for nobody in particular.
func (c *commands) As(k *Caller) *Commands { return &commands{ks: c.ks, db: c.db, tx: c.tx, as: k} }

// Caller returns on whose behalf the commands are used, nil for nobody in particular.
func (c *commands) Caller() *Caller { return c.as }

// touch notes an access to an entry.
func (c *commands) touch(e *table.Entry) {
	if c.as == nil || !c.as.NoTouch {
		c.ks.touch(e)
	}
}

// sizes returns the figures of what is tracked.
func (x *tracking) sizes() (keys, items, prefixes int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	distinct := map[string]bool{}
	for _, t := range x.all {
		for _, p := range t.prefixes {
			distinct[p] = true
		}
	}
	return int(x.keys.Load()), int(x.items.Load()), len(distinct)
}

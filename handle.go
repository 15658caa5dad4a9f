package nook

import (
	"cmp"
	"math"
	"slices"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// A read is a command's view of one key. If the value is one that never changes
// in place it is taken without a lock; else the lock is held until done.
//
//	r, err := c.read(key)
//	if err != nil { ... }
//	defer r.done()
type read struct {
	entry    *table.Entry // nil if there is no such key
	number   int64        // of an entry in form Number
	deadline int64        // Unix milliseconds, 0 for none
	locked   *shard       // to unlock when done, nil if there is none
}

func (c *commands) read(key string) (read, error) {
	r, err := c.glance(key)
	if r.entry != nil {
		c.touch(r.entry)
	}
	return r, err
}

// glance is read without counting as an access.
func (c *commands) glance(key string) (read, error) {
	r, err := c.inspect(key)
	if r.entry == nil && err == nil {
		c.miss(key)
	}
	return r, err
}

// miss counts a read that found no key, and tells subscribers.
func (c *commands) miss(key string) {
	c.ks.counters.misses.Add(1)
	c.event(EventKeyMiss, "keymiss", key)
}

// inspect is glance without being told of as a miss.
func (c *commands) inspect(key string) (read, error) {
	if c.tx == nil && uint(c.db) < uint(c.ks.opts.Databases) {
		if r, ok := c.peek(key); ok {
			return r, nil
		}
	}
	return c.readLocked(key)
}

// plain returns the entry of a key that holds short text, without a lock, or
// nil if the key is no such or it takes more to tell. It is
// peek's commonest case with as few instructions as can be: see Table.Guess.
func (c *commands) plain(key string) *table.Entry {
	if c.tx != nil {
		return nil
	}
	i, h := c.ks.shardOf(key)
	sh := &c.ks.shards[i]
	turn := sh.turn.Load()
	if turn&1 != 0 || uint(c.db) >= uint(len(sh.dbs)) {
		return nil
	}
	d := sh.dbs[c.db].Load()
	if d == nil {
		return nil
	}
	e := d.table.Guess(h)
	if e == nil || !e.Plain(key) {
		e = d.table.Find(h, key)
		if e == nil || !e.Plain(key) {
			return nil
		}
	}
	if at := e.Deadline(); at != 0 && at <= c.elapsed() {
		return nil
	}
	if sh.turn.Load() != turn {
		return nil
	}
	if e.Access() != c.ks.pulse.second.Load() {
		c.touch(e)
	}
	return e
}

// peek reads without a lock. It reports false where that is not enough.
func (c *commands) peek(key string) (read, bool) {
	i, h := c.ks.shardOf(key)
	sh := &c.ks.shards[i]
	turn := sh.turn.Load()
	if turn&1 != 0 {
		return read{}, false
	}
	var r read
	if d := sh.dbs[c.db].Load(); d != nil {
		r.entry = d.table.Find(h, key)
	}
	if e := r.entry; e != nil {
		switch e.Form() {
		case table.Text, table.Long:
		case table.Number:
			r.number = e.Number()
		default:
			return read{}, false
		}
		r.deadline = e.Deadline()
		if r.deadline != 0 && r.deadline <= c.elapsed() {
			return read{}, false
		}
	}
	return r, sh.turn.Load() == turn
}

func (c *commands) readLocked(key string) (read, error) {
	w := new(write)
	if err := w.hold(c, key); err != nil {
		return read{}, err
	}
	if w.due() {
		w.freshen()
		if w.own {
			w.conclude()
		} else {
			w.settle()
		}
	}
	r := read{entry: w.entry}
	if w.own {
		r.locked = w.shard
	}
	if e := w.entry; e != nil {
		r.deadline = e.Deadline()
		if e.Form() == table.Number {
			r.number = e.Number()
		}
	}
	return r, nil
}

func (r *read) done() {
	if r.locked != nil {
		r.locked.mu.Unlock()
	}
}

// A write is a command's hold of one key that it may change. Commands change
// the key by put, remove and setDeadline, say what they did by event and
// effect, and leave all else to done.
//
//	w, err := c.write(key)
//	if err != nil { ... }
//	defer w.done(&err)
type write struct {
	c       *commands
	shard   *shard
	db      *database
	hash    uint64
	key     string
	entry   *table.Entry // nil if there is no such key
	slot    table.Slot   // of entry; see stale
	stale   bool         // slot must be looked up again
	several bool         // other writes of the same multi may make slot stale at any time
	own     bool         // the lock was taken here, not by a transaction or a multi
	changed bool
	expired bool     // the key, or a field, was gone, whoever came
	size    int      // of the entry's buffer or object at the last settling
	next    int64    // when the first field of a hash expires, as it is scheduled; 0 for none
	batch   *batch   // effects, nil if there are none yet
	ready   *[]place // keys that changed and that somebody waits for, nil if there are none yet
}

// The functions that open a key are small enough to be compiled into their
// callers, so that the handle lies on the caller's stack: it costs no
// allocation, and the collector's write barriers leave it alone.

// write opens a key for a command that may need more memory. It fails with
// ErrOutOfMemory if no room can be made.
func (c *commands) write(key string) (*write, error) {
	w := new(write)
	return w, w.acquire(c, key, mayGrow)
}

// writeString is write of a key that must hold a string if it exists.
func (c *commands) writeString(key string) (*write, error) {
	w := new(write)
	return w, w.acquire(c, key, mayGrow|mustBeString)
}

// reduce opens a key for a command that never needs more memory.
func (c *commands) reduce(key string) (*write, error) {
	w := new(write)
	return w, w.acquire(c, key, 0)
}

// open opens a key without counting as an access, for a command that may
// expire it but does not change it otherwise.
func (c *commands) open(key string) (*write, error) {
	w := new(write)
	return w, w.open(c, key)
}

// need says what a command asks of a key it opens.
type need uint8

const (
	mayGrow      need = 1 << iota // it may take more memory
	mustBeString                  // the key holds a string or nothing
)

// acquire opens a key that is about to be changed.
func (w *write) acquire(c *commands, key string, n need) error {
	if err := c.admit(); err != nil {
		return err
	}
	if n&mayGrow != 0 && c.ks.memory.limit.Load() != 0 {
		if err := c.makeRoom(); err != nil {
			return err
		}
	}
	if err := w.open(c, key); err != nil {
		return err
	}
	if w.entry == nil {
		return nil
	}
	if n&mustBeString != 0 && !value.IsString(w.entry) {
		w.done(nil)
		return ErrWrongType
	}
	w.preserve()
	c.touch(w.entry)
	return nil
}

// open opens the key.
func (w *write) open(c *commands, key string) error {
	err := w.hold(c, key)
	if err == nil {
		w.freshen()
	}
	return err
}

// hold locks the key's shard, unless a transaction holds it, and finds the key, which may
// have expired.
//
// It looks before it locks, as a reader does, and then only has to make sure that
// nothing has moved: the wait for memory is most of what a write costs, and
// others need not wait with it.
func (w *write) hold(c *commands, key string) error {
	i, h := c.ks.shardOf(key)
	w.c, w.shard, w.hash, w.key = c, &c.ks.shards[i], h, key
	w.spot()
	own, err := c.lock(i)
	if err != nil {
		return err
	}
	w.own = own
	if c.tx != nil {
		w.batch = c.tx.batch
	}
	if w.entry == nil || w.db != w.shard.dbs[c.db].Load() || !w.db.table.At(h, w.slot, w.entry) {
		w.find()
	}
	return nil
}

// spot finds the key without a lock.
func (w *write) spot() {
	if uint(w.c.db) >= uint(len(w.shard.dbs)) {
		return
	}
	if w.db = w.shard.dbs[w.c.db].Load(); w.db != nil {
		w.entry, w.slot = w.db.table.Locate(w.hash, w.key)
	}
}

// lock locks shard i for a command on one key and reports whether the command
// must unlock it.
func (c *commands) lock(i int) (own bool, err error) {
	if c.tx != nil {
		return false, c.tx.check(c.db, i)
	}
	if uint(c.db) >= uint(c.ks.opts.Databases) {
		return false, ErrDBIndex
	}
	sh := &c.ks.shards[i]
	sh.mu.Lock()
	if sh.closed {
		sh.mu.Unlock()
		return false, ErrClosed
	}
	return true, nil
}

// find looks the key up.
func (w *write) find() {
	w.db = w.shard.database(w.c.ks, w.c.db)
	w.entry, w.slot = w.db.table.Locate(w.hash, w.key)
}

// due reports whether the time of the key, or of one of its fields, is up.
func (w *write) due() bool {
	if w.entry == nil {
		return false
	}
	at, next := w.entry.Deadline(), fieldDeadline(w.entry)
	if at == 0 && next == 0 {
		return false
	}
	now := w.c.elapsed()
	return at != 0 && at <= now || next != 0 && next <= now
}

// freshen removes the key if it has expired, or those of its fields that have.
func (w *write) freshen() {
	if w.entry == nil {
		return
	}
	w.size = payloadSize(w.entry)
	if w.entry.Form() == table.Object {
		w.next = fieldDeadline(w.entry)
	}
	at := w.entry.Deadline()
	if at == 0 && w.next == 0 {
		return
	}
	switch now := w.c.elapsed(); {
	case at != 0 && at <= now:
		w.expire()
	case w.next != 0 && w.next <= now:
		w.expireFields(now, math.MaxInt)
	}
}

// expire removes the key because its deadline has passed.
func (w *write) expire() {
	w.remove()
	w.expired = true
	w.c.ks.counters.expired.Add(1)
	w.event(EventExpired, "expired")
	if w.logged() {
		w.effects().insist(w.c.db, []string{"DEL", w.key})
	}
}

// preserve hands what the key holds, and what is about to change, to the snapshots that have not
// kept it yet. put, remove and setDeadline do so themselves; whoever changes a value in place comes here
// first.
func (w *write) preserve() {
	for p := w.shard.saving; p != nil; p = p.next {
		p.keep(w, false)
	}
}

// relinquish is preserve of an entry that is to be removed as it is: one snapshot alone can have it, without a copy. If there are several,
// one may bring the entry back while another still needs it.
func (w *write) relinquish() {
	p := w.shard.saving
	switch {
	case p == nil:
	case p.next == nil:
		p.keep(w, true)
	default:
		w.preserve()
	}
}

// put makes e, whose key is w's, the key's entry.
func (w *write) put(e *table.Entry) {
	w.preserve()
	before, after := int64(0), e.Deadline()
	size := payloadSize(e)
	if w.next != 0 {
		w.scheduleFields(0)
	}
	more := e.Size() + size
	if old := w.entry; old != nil {
		before = old.Deadline()
		more -= old.Size() + w.size
		w.c.ks.inherit(e, old)
		w.relocate()
		w.db.table.Replace(w.hash, w.slot, e)
	} else {
		w.c.ks.born(e)
		tableSize := w.db.table.Bytes()
		w.db.table.Insert(w.hash, e)
		more += w.db.table.Bytes() - tableSize
		w.stale = true
		w.event(EventNew, "new")
	}
	w.size = size
	w.account(more)
	w.schedule(before, after, e)
	w.entry = e
	if e.Form() == table.Object {
		w.scheduleFields(fieldDeadline(e))
	}
	w.changed = true
}

// remove deletes the key.
func (w *write) remove() {
	w.relinquish()
	w.account(-w.entry.Size() - w.size)
	w.schedule(w.entry.Deadline(), 0, w.entry)
	if w.next != 0 {
		w.scheduleFields(0)
	}
	w.relocate()
	tableSize := w.db.table.Bytes()
	w.db.table.Delete(w.hash, w.slot)
	w.account(w.db.table.Bytes() - tableSize)
	w.entry, w.size = nil, 0
	w.changed = true
}

// setDeadline gives the key a deadline in Unix milliseconds, 0 for none.
func (w *write) setDeadline(at int64) {
	w.preserve()
	old := w.entry
	before := old.Deadline()
	w.schedule(before, 0, old)
	e := old.WithDeadline(at)
	if e != old {
		w.account(e.Size() - old.Size())
		w.relocate()
		w.db.table.Replace(w.hash, w.slot, e)
		w.entry = e
	}
	w.schedule(0, at, e)
	w.changed = true
}

// schedule moves an entry in the order of deadlines.
func (w *write) schedule(before, after int64, e *table.Entry) {
	if before != 0 && before != after {
		w.db.expiry.Remove(before, e)
		w.account(-table.DueBytes)
	}
	if after != 0 {
		if before != after {
			w.account(table.DueBytes)
		}
		w.db.expiry.Add(after, e)
		w.shard.alarm.set(w.c.ks, w.shard, after)
	}
}

// relocate finds the slot again after a change of the table may have moved it.
func (w *write) relocate() {
	if w.stale || w.several {
		_, w.slot = w.db.table.Locate(w.hash, w.key)
		w.stale = false
	}
}

// modified says that the value was changed in place.
func (w *write) modified() { w.changed = true }

// account adds to the bytes in use. Most writes change nothing of that, and then
// leave the cache lines alone.
func (w *write) account(n int) {
	if n == 0 {
		return
	}
	w.db.bytes += n
	w.shard.account(w.c.ks, n)
}

// logged reports whether effects are wanted. Commands build none otherwise.
func (w *write) logged() bool { return w.c.ks.log() != nil }

// effect records what the command did, as a command that does the same
// whenever and wherever it is run. The strings are the journal's from now on.
func (w *write) effect(args ...string) { w.effects().add(w.c.db, args) }

// effects returns where the effects are collected.
func (w *write) effects() *batch {
	if w.batch == nil {
		w.batch = w.shard.scratch()
	}
	return w.batch
}

// event tells subscribers what happened to the key.
func (w *write) event(class EventClass, name string) { w.c.event(class, name, w.key) }

// done ends the hold, and waits until the journal has what the command did: err is what the command returns, and
// becomes the journal's error if it was none. With nil nobody waits.
func (w *write) done(err *error) {
	w.settle()
	if !w.own {
		return
	}
	logged := w.commit()
	if w.ready != nil {
		w.c.ks.yieldOne(w.shard, *w.ready)
	} else {
		w.shard.mu.Unlock()
	}
	if logged {
		w.c.acknowledge(err)
	}
}

// conclude is done of a key that may be gone, but has got nothing that anybody waits for. It
// keeps the lock.
func (w *write) conclude() {
	w.settle()
	w.commit()
	if w.ready != nil && w.entry == nil {
		w.shard.waiting.bereave(place{w.c.db, w.key})
	}
}

// settle is the epilogue of a change: what every command owes to the rest of
// the store.
func (w *write) settle() {
	if !w.changed {
		return
	}
	w.changed = false
	if w.entry != nil {
		w.settleValue()
	}
	w.tell()
	if len(w.shard.waiting) > 0 {
		w.rouse()
	}
	w.shard.changes++
}

// counts notes that the change is one of n, for Stats.Changes, as Redis counts: a change of a collection is as many as elements come or go.
func (w *write) counts(n int) { w.shard.changes += int64(max(n, 1) - 1) }

// tell tells of the change those who watch or track the key.
func (w *write) tell() {
	if w.shard.watched == nil {
		return
	}
	by := w.c.as
	if w.expired {
		by = nil
	}
	w.shard.watched.touch(w.c.ks, w.c.db, w.key, by)
}

// settleValue accounts for a value that may have changed in place, schedules its
// fields and deletes the key of a collection that has become empty.
func (w *write) settleValue() {
	if w.entry.Form() == table.Object {
		if w.entry.Object().Empty() {
			w.remove()
			w.changed = false
			w.event(EventGeneric, "del")
			return
		}
		w.scheduleFields(fieldDeadline(w.entry))
	}
	size := payloadSize(w.entry)
	w.account(size - w.size)
	w.size = size
}

// commit hands the effects of a command on one key to the journal, and reports whether there were any.
func (w *write) commit() bool { return w.batch != nil && w.batch.commit(w.c.ks) }

// payloadSize returns the bytes of a value that can change in place.
func payloadSize(e *table.Entry) int {
	switch e.Form() {
	case table.Buffer:
		return cap(e.Buffer())
	case table.Object:
		return e.Object().Bytes()
	default:
		return 0
	}
}

// A multi is a command's hold of several keys, or of all. No other command sees
// what happens between its steps.
//
//	m, err := c.writeAll(keys...)
//	if err != nil { ... }
//	defer m.done(&err)
//	w := m.open(key)
//	...
//	w.settle()
type multi struct {
	c      *commands
	shards []int // locked here; nil within a transaction
	batch  *batch
	ready  []place // keys that changed and that somebody waits for
}

// writeAll opens several keys for a command that may need more memory. No keys
// stand for the whole store.
func (c *commands) writeAll(keys ...string) (*multi, error) {
	if err := c.makeRoom(); err != nil {
		return nil, err
	}
	return c.reduceAll(keys...)
}

// reduceAll opens several keys for a command that never needs more memory.
func (c *commands) reduceAll(keys ...string) (*multi, error) {
	if err := c.admit(); err != nil {
		return nil, err
	}
	return c.lookAll(keys...)
}

// lookAll opens several keys for a command that only reads. Some may have expired.
func (c *commands) lookAll(keys ...string) (*multi, error) {
	return c.holdAll(c.ks.shardsOf(keys))
}

// holdAll locks shards for a multi.
func (c *commands) holdAll(shards []int) (*multi, error) {
	m := &multi{c: c}
	if c.tx != nil {
		m.batch = c.tx.batch
		return m, c.tx.check(c.db, shards...)
	}
	if uint(c.db) >= uint(c.ks.opts.Databases) {
		return nil, ErrDBIndex
	}
	if err := c.ks.hold(shards); err != nil {
		return nil, err
	}
	m.shards = shards
	if c.ks.log() != nil {
		m.batch = new(batch)
	}
	return m, nil
}

// open gives access to one of the keys, which may change; settle ends it.
func (m *multi) open(key string) write { return m.openIn(m.c, key) }

// openIn is open in another database of the same store.
func (m *multi) openIn(c *commands, key string) write {
	w := m.look(c, key)
	if w.entry != nil {
		w.preserve()
		m.c.touch(w.entry)
	}
	return w
}

// look is open for reading, without counting as an access.
func (m *multi) look(c *commands, key string) write {
	i, h := m.c.ks.shardOf(key)
	w := write{c: c, shard: &m.c.ks.shards[i], hash: h, key: key, several: true, batch: m.batch, ready: &m.ready}
	w.find()
	w.freshen()
	w.settle()
	return w
}

// use is look that counts as an access, for a command that only reads.
func (m *multi) use(key string) write {
	w := m.look(m.c, key)
	if w.entry != nil {
		m.c.touch(w.entry)
	}
	return w
}

// effect records what the command did. Commands call it only if logged.
func (m *multi) effect(args ...string) { m.batch.add(m.c.db, args) }

func (m *multi) logged() bool { return m.c.ks.log() != nil }

// done ends the hold as write.done does.
func (m *multi) done(err *error) {
	if m.c.tx != nil {
		m.c.tx.ready = append(m.c.tx.ready, m.ready...)
		return
	}
	logged := m.batch != nil && m.batch.commit(m.c.ks)
	m.c.ks.yield(m.shards, m.ready)
	if logged {
		m.c.acknowledge(err)
	}
}

// shardsOf returns the indexes of the keys' shards, in order, each once; of all
// shards if there are no keys.
func (ks *keyspace) shardsOf(keys []string) []int {
	if len(keys) == 0 {
		return ks.allShards()
	}
	shards := make([]int, len(keys))
	for n, key := range keys {
		shards[n], _ = ks.shardOf(key)
	}
	slices.SortFunc(shards, cmp.Compare[int])
	return slices.Compact(shards)
}

func (ks *keyspace) allShards() []int {
	shards := make([]int, len(ks.shards))
	for i := range shards {
		shards[i] = i
	}
	return shards
}

package nook

import (
	"slices"
	"sync/atomic"
	"time"
)

// A Tx is the store within a transaction: the same commands, on the database that
// Exec was called on. It is good until the function that got it returns.
type Tx struct {
	commands
}

// DB returns a handle of database n within the transaction.
func (tx *Tx) DB(n int) *DB { return &DB{*tx.Select(n)} }

// Full returns why commands that take memory fail within the transaction, nil if they do not: ErrOutOfMemory if the
// store was beyond MaxMemory when it began, and no room could be made.
func (tx *Tx) Full() error { return tx.tx.full }

// Overcommit lets what follows take memory beyond MaxMemory, or no longer, and returns what was said before. It is for
// those who know that a transaction must not stop half-way.
func (tx *Tx) Overcommit(on bool) (before bool) {
	before, tx.tx.beyond = tx.tx.beyond, on
	return before
}

// Admit returns why a change would be refused now, nil if it would not: what the Journal says to it. It is for those who must know before they do what they
// cannot undo.
func (tx *Tx) Admit() error { return tx.admit() }

// Journaled says whether the effects of what follows go to the journal, and returns what was said before. At first they do. That a
// key, or a field of a hash, is found to have expired goes to it in any case: it has happened to all, whoever comes by.
func (tx *Tx) Journaled(on bool) (before bool) {
	b := tx.tx.batch
	if b == nil {
		return true
	}
	before, b.muted = !b.muted, !on
	return before
}

// Tx returns the transaction that the commands are a part of, while it is under way; false if they are part of none.
func (c *commands) Tx() (*Tx, bool) {
	if c.tx == nil || c.tx.done {
		return nil, false
	}
	return &Tx{*c}, true
}

// txn is a transaction under way.
type txn struct {
	ks     *keyspace
	moment time.Time   // see now
	looked bool        // at the clock
	shards []int       // locked, in order
	batch  *batch      // nil without a journal
	full   error       // ErrOutOfMemory if makeRoom said that when the transaction began
	beyond bool        // memory is taken even so
	ready  []place     // keys that changed and that somebody waits for
	events []keptEvent // that somebody wants to know of
	kept   []kept      // messages that were published
	done   bool

	revision uint64 // of the libraries when the transaction last changed them, while the journal does not know; else 0
}

// newTxn begins a transaction on shards that are locked, in order.
func newTxn(ks *keyspace, shards []int) *txn {
	t := &txn{ks: ks, shards: shards}
	if ks.log() != nil {
		t.batch = new(batch)
	}
	return t
}

// now returns the time, which stands still from the first look on: the transaction is one moment.
func (t *txn) now() time.Time {
	if !t.looked {
		t.moment, t.looked = t.ks.opts.Clock.Now(), true
	}
	return t.moment
}

// check tells whether a command of the transaction may work on the given
// shards of database db.
func (t *txn) check(db int, shards ...int) error {
	if t.done {
		return ErrTxDone
	}
	if uint(db) >= uint(t.ks.opts.Databases) {
		return ErrDBIndex
	}
	for _, i := range shards {
		if _, held := slices.BinarySearch(t.shards, i); !held {
			return ErrTxUndeclared
		}
	}
	return nil
}

// Exec runs fn as a transaction: no other command, on any key, sees or changes
// anything that fn touches until it returns. All keys that fn uses must be
// declared; the transaction locks only their shards. With no keys it locks the whole store. A
// command of tx on an undeclared key may return ErrTxUndeclared.
//
// There is no rollback, as there is none in Redis: what fn has done stays done,
// even if it returns an error (which Exec returns) or panics (the panic
// goes on after the locks are given up). fn must use tx alone; a call of the
// store itself would wait for the transaction, and so for ever.
//
// MULTI, EXEC.
func (c *commands) Exec(fn func(tx *Tx) error, keys ...string) error {
	return c.exec(fn, nil, c.ks.shardsOf(keys))
}

// exec runs fn with the given shards locked, if the watch w, which may be nil,
// still holds.
func (c *commands) exec(fn func(tx *Tx) error, w *Watch, shards []int) (err error) {
	if c.tx != nil {
		return c.nested(fn, shards)
	}
	if uint(c.db) >= uint(c.ks.opts.Databases) {
		return ErrDBIndex
	}
	full := c.makeRoom()
	if err := c.ks.hold(shards); err != nil {
		return err
	}
	t := newTxn(c.ks, shards)
	if full == ErrOutOfMemory { // else the journal refuses what takes memory, as all else
		t.full = full
	}
	defer func() {
		if t.end() {
			c.acknowledge(&err)
		}
	}()
	if w != nil && w.touched(t) {
		return ErrTxConflict
	}
	return fn(&Tx{commands{ks: c.ks, db: c.db, tx: t, as: c.as}})
}

// nested runs fn as a part of the transaction that c belongs to.
func (c *commands) nested(fn func(tx *Tx) error, shards []int) error {
	if err := c.tx.check(c.db, shards...); err != nil {
		return err
	}
	return fn(&Tx{*c})
}

// end ends the transaction, and reports whether the journal has got something to keep.
func (t *txn) end() (logged bool) {
	logged = t.close()
	t.ks.yield(t.shards, t.ready)
	return logged
}

// close is end without giving up the locks.
func (t *txn) close() (logged bool) {
	t.done = true
	switch {
	case t.batch == nil:
	case t.revision != 0:
		logged = t.commitLibraries()
	default:
		logged = t.batch.commit(t.ks)
	}
	if t.events != nil || t.kept != nil {
		t.release()
	}
	return logged
}

// A Watch remembers keys, to make a transaction conditional on their not having
// changed since. It costs other callers nothing unless they change one of
// them. Close it, or use it up with Exec.
//
//	w, err := s.Watch("balance")
//	defer w.Close()
//	balance, _, err := s.Get("balance")
//	...
//	err = w.Exec(func(tx *nook.Tx) error { return tx.Set("balance", changed) }, "balance")
//	if errors.Is(err, nook.ErrTxConflict) { ... try again ... }
type Watch struct {
	c      commands
	dirty  atomic.Bool
	places []place // not safe for concurrent use
}

// watchers are the watches on keys of a shard, guarded by its lock.
type watchers map[place][]*Watch

// touch marks the watches of a key that was changed.
func (m watchers) touch(db int, key string) {
	if len(m) == 0 {
		return
	}
	for _, w := range m[place{db, key}] {
		w.dirty.Store(true)
	}
}

// Watch starts to watch keys. A key that does not exist may be watched: it
// changes when it is created.
//
// Fails with ErrTxWatch within a transaction, where nothing can change. WATCH.
func (c *commands) Watch(keys ...string) (*Watch, error) {
	if c.tx != nil {
		return nil, ErrTxWatch
	}
	w := &Watch{c: commands{ks: c.ks, db: c.db, as: c.as}}
	if err := w.Add(c.db, keys...); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// Add watches further keys, in database db.
func (w *Watch) Add(db int, keys ...string) error {
	in := w.c.Select(db)
	for _, key := range keys {
		h, err := in.open(key)
		if err != nil {
			return err
		}
		h.settle() // an expired key goes now, so that it does not count as a change later
		p := place{db, key}
		watches := h.shard.onlookers().watches
		if list := watches[p]; !slices.Contains(list, w) {
			watches[p] = append(list, w)
			w.places = append(w.places, p)
		}
		h.done(nil)
	}
	return nil
}

// Exec runs fn as Exec of the store does, unless one of the watched keys has been
// changed since it is watched: then it returns ErrTxConflict without a call of
// fn. Either way the watch is over. See Exec.
func (w *Watch) Exec(fn func(tx *Tx) error, keys ...string) error {
	defer w.Close()
	shards := w.c.ks.shardsOf(keys)
	if len(keys) > 0 {
		for _, p := range w.places {
			i, _ := w.c.ks.shardOf(p.key)
			shards = append(shards, i)
		}
		slices.Sort(shards)
		shards = slices.Compact(shards)
	}
	return w.c.exec(fn, w, shards)
}

// Dirty reports whether a watched key has been changed so far.
func (w *Watch) Dirty() bool { return w.dirty.Load() }

// touched reports, with the watched keys' shards locked, whether one of them
// was changed. One whose time is up by now counts as changed.
func (w *Watch) touched(t *txn) bool {
	for _, p := range w.places {
		in := commands{ks: w.c.ks, db: p.db, tx: t}
		if h, err := in.open(p.key); err == nil {
			h.done(nil)
		}
	}
	return w.dirty.Load()
}

// Close ends the watch and forgets what it has seen. UNWATCH.
func (w *Watch) Close() {
	for _, p := range w.places {
		i, _ := w.c.ks.shardOf(p.key)
		sh := &w.c.ks.shards[i]
		sh.mu.Lock()
		watches := sh.onlookers().watches
		list := slices.DeleteFunc(watches[p], func(o *Watch) bool { return o == w })
		if len(list) == 0 {
			delete(watches, p)
		} else {
			watches[p] = list
		}
		sh.mu.Unlock()
	}
	w.places = nil
	w.dirty.Store(false)
}

package nook

import (
	"math"
	"time"

	"github.com/google/btree"

	"github.com/nookdb/nook/internal/table"
)

// expiry keeps the keys of one database that have a deadline in the order of
// their deadlines, those with the same one in the order of their names.
type expiry struct {
	tree *btree.BTreeG[due]
}

// due is a key and its deadline in Unix milliseconds. The entry's own deadline
// may be changed only while the entry is out of the tree.
type due struct {
	at    int64
	entry *table.Entry
}

// dueBytes is about what a due takes, measured: 16 bytes, in nodes that are two
// thirds full, and what keeps the nodes.
const dueBytes = 40

func (d due) before(o due) bool {
	if d.at != o.at {
		return d.at < o.at
	}
	return d.entry.Key() < o.entry.Key()
}

func newExpiry() *expiry { return &expiry{btree.NewG(16, due.before)} }

// add schedules an entry, in the place of one with the same key and deadline.
func (x *expiry) add(at int64, e *table.Entry) { x.tree.ReplaceOrInsert(due{at, e}) }

func (x *expiry) remove(at int64, e *table.Entry) { x.tree.Delete(due{at, e}) }

// Len returns the number of keys with a deadline.
func (x *expiry) Len() int { return x.tree.Len() }

// An alarm wakes a shard when its first deadline passes. So keys go, and their
// events fire, when they are due and not when somebody looks.
type alarm struct {
	timer Timer
	at    int64 // when it rings, in Unix milliseconds; 0 when it is not set
}

// expireBatch is how many keys a shard expires before it lets others have the
// lock.
const expireBatch = 128

// set makes sure that the alarm rings at the given time or before. One that
// rings too early finds nothing to do and is set again.
func (a *alarm) set(ks *keyspace, sh *shard, at int64) {
	if a.at != 0 && a.at <= at {
		return
	}
	a.at = at
	wait := time.UnixMilli(at).Sub(ks.opts.Clock.Now())
	if a.timer == nil {
		a.timer = ks.opts.Clock.AfterFunc(wait, func() { ks.ring(sh) })
		return
	}
	a.timer.Reset(wait)
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// ring expires the keys of a shard that are due.
func (ks *keyspace) ring(sh *shard) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return
	}
	sh.alarm.at = 0
	now := ks.opts.Clock.Now().UnixMilli()
	for range expireBatch {
		n, first := sh.firstDue()
		if n < 0 || first.at > now {
			break
		}
		ks.expire(sh, n, first.entry)
	}
	if n, first := sh.firstDue(); n >= 0 {
		sh.alarm.set(ks, sh, first.at)
	}
}

// firstDue returns the entry of the shard whose deadline comes first, and the
// number of its database, -1 if there is none.
func (sh *shard) firstDue() (int, due) {
	db, first := -1, due{at: math.MaxInt64}
	for n := range sh.dbs {
		d := sh.dbs[n].Load()
		if d == nil {
			continue
		}
		if item, ok := d.expiry.tree.Min(); ok && (db < 0 || item.at < first.at) {
			db, first = n, item
		}
	}
	return db, first
}

// expire removes one key that is due. The shard is locked.
func (ks *keyspace) expire(sh *shard, db int, e *table.Entry) {
	w := ks.hand(sh, db, e)
	w.expire()
	w.settle()
	w.commit()
}

// hand makes a write of an entry whose shard is locked.
func (ks *keyspace) hand(sh *shard, db int, e *table.Entry) write {
	w := write{c: &commands{ks: ks, db: db}, shard: sh, key: e.Key(), db: sh.dbs[db].Load(), own: true}
	w.hash = table.Hash(w.key) << ks.skip
	w.entry, w.slot = w.db.table.Locate(w.hash, w.key)
	w.size = payloadSize(w.entry)
	return w
}

package nook

import (
	"math"
	"time"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// An alarm wakes a shard when its first deadline passes. So keys go, and their
// events fire, when they are due and not when somebody looks.
type alarm struct {
	timer Timer
	at    int64 // when it rings, in Unix milliseconds; 0 when it is not set
}

// expireBatch is how many keys and fields a shard expires before it lets others have the
// lock.
const expireBatch = 128

// set makes sure that the alarm rings at the given time or before. One that
// rings too early finds nothing to do and is set again.
func (a *alarm) set(ks *keyspace, sh *shard, at int64) {
	if a.at != 0 && a.at <= at || ks.loading {
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

// ring expires the keys and fields of a shard that are due.
func (ks *keyspace) ring(sh *shard) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return
	}
	sh.alarm.at = 0
	if ks.passive.Load() || ks.loading {
		return
	}
	now := ks.opts.Clock.Now().UnixMilli()
	for left := expireBatch; left > 0; {
		n, first, fields := sh.firstDue()
		if n < 0 || first.At > now {
			break
		}
		if fields {
			left -= ks.expireFields(sh, n, first.Entry, now, left)
		} else {
			ks.expire(sh, n, first.Entry)
			left--
		}
	}
	sh.rearm(ks)
}

// rearm sets the alarm for what is due first, if there is anything. The shard is locked.
func (sh *shard) rearm(ks *keyspace) {
	if n, first, _ := sh.firstDue(); n >= 0 {
		sh.alarm.set(ks, sh, first.At)
	}
}

// firstDue returns what in the shard is due first and the number of its
// database, -1 if there is nothing: a key or, if fields is true, a field of a hash.
func (sh *shard) firstDue() (db int, first table.Due, fields bool) {
	db, first.At = -1, math.MaxInt64
	for n := range sh.dbs {
		d := sh.dbs[n].Load()
		if d == nil {
			continue
		}
		if item, ok := d.expiry.First(); ok && (db < 0 || item.At < first.At) {
			db, first, fields = n, item, false
		}
		if item, ok := d.fields.First(); ok && (db < 0 || item.At < first.At) {
			db, first, fields = n, item, true
		}
	}
	return db, first, fields
}

// expire removes one key that is due. The shard is locked.
func (ks *keyspace) expire(sh *shard, db int, e *table.Entry) {
	w := ks.hand(sh, db, e)
	w.expire()
	w.conclude()
}

// expireFields removes fields that are due from a hash, at most so many, and
// returns how many. The shard is locked.
func (ks *keyspace) expireFields(sh *shard, db int, e *table.Entry, now int64, most int) int {
	w := ks.hand(sh, db, e)
	n := w.expireFields(now, most)
	w.conclude()
	return n
}

// expireFields removes fields of a hash whose time is up, at most so many, and
// returns how many. If none is left the key goes. The time is the one that was found to have come:
// a clock that is read again may have been set back.
func (w *write) expireFields(now int64, most int) int {
	w.preserve()
	h := w.entry.Object().(*value.Hash)
	gone := h.Expire(now, most)
	w.modified()
	w.expired = true
	w.event(EventHash, "hexpired")
	if w.logged() {
		w.effects().insist(w.c.db, append([]string{"HDEL", w.key}, gone...))
	}
	if h.Len() == 0 {
		w.remove()
		w.event(EventGeneric, "del")
	}
	return len(gone)
}

// scheduleFields moves a hash in the order of the first deadlines of fields.
func (w *write) scheduleFields(next int64) {
	if next == w.next {
		return
	}
	if w.next != 0 {
		w.db.fields.Remove(w.next, w.entry)
		w.account(-table.DueBytes)
	}
	if next != 0 {
		if w.db.fields == nil {
			w.db.fields = table.NewDeadlines()
		}
		w.db.fields.Add(next, w.entry)
		w.account(table.DueBytes)
		w.shard.alarm.set(w.c.ks, w.shard, next)
	}
	w.next = next
}

// fieldDeadline returns when the first field of a hash expires, 0 if the entry
// holds no hash, or none of the fields has a deadline.
func fieldDeadline(e *table.Entry) int64 {
	if e.Form() != table.Object {
		return 0
	}
	h, ok := e.Object().(*value.Hash)
	if !ok {
		return 0
	}
	return h.Next()
}

// fieldsExpired reports whether the entry holds a hash all of whose fields have
// passed their deadlines.
func fieldsExpired(e *table.Entry, now int64) bool {
	if at := fieldDeadline(e); at == 0 || at > now {
		return false
	}
	return e.Object().(*value.Hash).Over(now)
}

// hand makes a write of an entry whose shard is locked.
func (ks *keyspace) hand(sh *shard, db int, e *table.Entry) write {
	w := write{c: &commands{ks: ks, db: db}, shard: sh, key: e.Key(), db: sh.dbs[db].Load(), own: true}
	w.hash = table.Hash(w.key) << ks.skip
	w.entry, w.slot = w.db.table.Locate(w.hash, w.key)
	w.size, w.next = payloadSize(w.entry), fieldDeadline(w.entry)
	return w
}

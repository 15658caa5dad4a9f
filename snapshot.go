package nook

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// # Snapshots
//
// To take a snapshot copies no key. From then on, whoever is about to change a key for
// the first time puts what it holds aside: a copy of a value that changes in place, the entry itself of one that
// does not. So a snapshot costs what is changed while there is one, and to
// restore it is to undo these changes. A database that is flushed, or exchanged for another, is kept whole, which
// costs nothing: the shard lets go of it, and the snapshot does not.
//
// For a Journal, what is restored is one transaction: RESTORE or DEL of each key that had changed, and FLUSHDB and RESTORE of all keys of a database that was
// let go of.
//
// Each snapshot keeps for itself. So any number of them may be taken, restored and closed, in any order.

// A Snapshot is what a store held at one moment: the keys of all databases, with their
// deadlines, and the libraries. Close it when it is not needed any more: every key that is changed for the first time since
// it was taken costs a copy of its value, which the snapshot keeps, beyond what MaxMemory counts.
//
//	before, err := s.Snapshot()
//	defer before.Close()
//	... any changes ...
//	err = before.Restore()
//
// Its methods may be called from any goroutine, except from within the function of an Exec on its store.
type Snapshot struct {
	ks        *keyspace
	shards    []preimages        // one for each shard
	libraries map[string]Library // never changes
	revision  uint64             // of the libraries, when they were last the same; guarded by the locks of all shards
	closed    bool               // guarded by the locks of all shards
}

// preimages are a snapshot of a shard. All of it is guarded by the shard's lock.
type preimages struct {
	next *preimages            // of another snapshot of the shard
	dbs  []*database           // what the shard had, by number
	kept []map[string]preimage // what changed keys held, by the number in dbs; nil before the first

	// Of a checkpoint; zero for a snapshot.
	once   bool // what is kept is read once, and never brought back
	read   progress
	pinned []*table.Entry // large values that are being read
	keys   int            // that were put aside so far, those that did not exist not counted
	bytes  int64          // of these
}

// A preimage is what a key held.
type preimage struct {
	entry  *table.Entry // nil if there was no such key
	access uint32       // its access clock
}

// Snapshot takes a snapshot of the store.
//
// O(shards), whatever the store holds; see Snapshot.Restore for what follows.
func (s *Store) Snapshot() (*Snapshot, error) {
	ks := s.ks
	shards := ks.allShards()
	if err := ks.hold(shards); err != nil {
		return nil, err
	}
	defer ks.release(shards)
	p := &Snapshot{ks: ks, shards: make([]preimages, len(shards))}
	p.libraries, p.revision = ks.libraries.copied()
	n := ks.opts.Databases
	dbs := make([]*database, n*len(shards))
	for i := range p.shards {
		p.shards[i].begin(&ks.shards[i], dbs[i*n:(i+1)*n])
	}
	return p, nil
}

// begin makes p the snapshot of a shard as it is now.
func (p *preimages) begin(sh *shard, dbs []*database) {
	for n := range dbs {
		dbs[n] = sh.dbs[n].Load()
	}
	p.dbs, p.next, sh.saving = dbs, sh.saving, p
}

// keep puts aside what the key of w holds, which is about to change; or, if it goes, to be let go of as it is, and to be nobody else's.
func (p *preimages) keep(w *write, goes bool) {
	if len(p.pinned) > 0 {
		if i := slices.Index(p.pinned, w.entry); i >= 0 {
			if !goes {
				p.pinned = slices.Delete(p.pinned, i, i+1)
				p.count(w)
				w.detach()
			}
			return
		}
	}
	n := w.c.db
	if p.dbs[n] != w.db {
		if n = slices.Index(p.dbs, w.db); n < 0 {
			return // the database is younger than the snapshot
		}
	}
	if p.read.passed(n, w.hash) {
		return
	}
	if p.kept == nil {
		p.kept = make([]map[string]preimage, len(p.dbs))
	}
	if p.kept[n] == nil {
		p.kept[n] = make(map[string]preimage)
	}
	if _, ok := p.kept[n][w.key]; ok {
		return
	}
	key := strings.Clone(w.key)
	if w.entry != nil {
		key = w.entry.Key()
		p.count(w)
	}
	p.kept[n][key] = p.preimage(w, goes)
}

// count counts what is put aside.
func (p *preimages) count(w *write) {
	p.keys++
	p.bytes += int64(w.entry.Size() + payloadSize(w.entry))
}

// detach gives the key a copy of its value, and leaves the value to who is reading it.
func (w *write) detach() {
	e := value.Leave(w.entry)
	e.SetAccess(w.entry.Access())
	changed := w.changed
	w.adopt(e)
	w.changed = changed
}

// preimage returns what the key of w holds now. If that goes it is nobody else's. What a checkpoint gets is shared with the original, if that can be, but
// only if no other snapshot may be reading this.
func (p *preimages) preimage(w *write, goes bool) preimage {
	switch e := w.entry; {
	case e == nil:
		return preimage{}
	case goes || e.Fixed():
		return preimage{e, e.Access()}
	case p.once && w.shard.saving.next == nil:
		return preimage{value.Still(e), e.Access()}
	default:
		return preimage{value.Clone(e, e.Key()), e.Access()}
	}
}

// Restore gives the store back what it held when the snapshot was taken: all databases, deadlines and libraries.
// Others see this happen at once. The snapshot stays, and can be restored again.
//
// Deadlines are points in time: a key whose deadline has passed since expires. What is no data stays as it is: settings, subscriptions,
// scripts that are cached, access clocks of keys that were only read. Watches and trackers are
// told of keys that have changed by this; callers that wait for a key that is there again are served; there are no
// events, as there are none when Redis loads a file.
//
// Fails with ErrSnapshotClosed and ErrClosed. O(shards), and
// O(log n) for each key that was changed since the snapshot was taken or last restored, those of databases that
// were flushed meanwhile not counted. With a Journal, which gets the values of all these keys, O(n) in their sizes, those of databases that
// were flushed, or exchanged for others, included.
func (p *Snapshot) Restore() error {
	c := &commands{ks: p.ks}
	if err := c.admit(); err != nil {
		return err
	}
	logged, err := p.restore()
	if logged {
		c.acknowledge(&err)
	}
	return err
}

// restore is Restore but for the journal's part without locks. It reports whether that has got anything to keep.
func (p *Snapshot) restore() (logged bool, err error) {
	ks := p.ks
	shards := ks.allShards()
	if err := ks.hold(shards); err != nil {
		return false, err
	}
	if p.closed {
		ks.release(shards)
		return false, ErrSnapshotClosed
	}
	t, whole := newTxn(ks, shards), make([]bool, ks.opts.Databases)
	for i := range p.shards {
		p.shards[i].restore(t, &ks.shards[i], whole)
	}
	if slices.Contains(whole, true) {
		ks.invalidateAll()
	}
	if t.batch != nil {
		t.refilled(whole)
	}
	p.revision = ks.libraries.reset(p.libraries, p.revision, t)
	ks.pulse.second.Store(0) // the clock may have been set back
	t.events, t.kept = nil, nil
	sortPlaces(t.ready)
	return t.end(), nil
}

// sortPlaces puts keys in the order of their databases and names.
func sortPlaces(list []place) {
	slices.SortFunc(list, func(a, b place) int { return cmp.Or(a.db-b.db, strings.Compare(a.key, b.key)) })
}

// refilled tells the journal of databases that are whole others.
func (t *txn) refilled(whole []bool) {
	for n := range whole {
		if !whole[n] {
			continue
		}
		t.batch.add(n, []string{"FLUSHDB"})
		for i := range t.ks.shards {
			if d := t.ks.shards[i].dbs[n].Load(); d != nil {
				for e := range d.table.All() {
					t.restored(n, e)
				}
			}
		}
	}
}

// restored tells the journal of a key of database n.
func (t *txn) restored(n int, e *table.Entry) {
	t.batch.add(n, new(RestoreOptions).effect(e.Key(), dumpOf(e), e.Deadline()))
}

// restore undoes what has changed in a shard, all shards being held by t, and notes which databases are
// whole others.
func (p *preimages) restore(t *txn, sh *shard, whole []bool) {
	for n, d := range p.dbs {
		if sh.dbs[n].Load() != d {
			t.ready = append(t.ready, sh.exchange(t.ks, n, d)...)
			whole[n] = true
		}
	}
	for n, kept := range p.kept {
		c := &commands{ks: t.ks, db: n, tx: t}
		for _, key := range slices.Sorted(maps.Keys(kept)) { // in an order of their own
			c.reinstate(sh, p.dbs[n], key, kept[key])
		}
	}
	p.kept = nil
	sh.rearm(t.ks)
}

// exchange makes d, which may be nil, the shard's part of database n, and returns the keys that somebody waits for there.
func (sh *shard) exchange(ks *keyspace, n int, d *database) []place {
	sh.touchAll(n)
	if old := sh.dbs[n].Load(); old != nil {
		sh.account(ks, -old.bytes)
		sh.changes += int64(old.table.Len())
	}
	if d != nil {
		sh.account(ks, d.bytes)
		sh.changes += int64(d.table.Len())
	}
	sh.dbs[n].Store(d)
	sh.touchAll(n)
	return sh.roused(n, n)
}

// reinstate gives a key back what it held.
func (c *commands) reinstate(sh *shard, d *database, key string, was preimage) {
	w := write{c: c, shard: sh, key: key, hash: table.Hash(key) << c.ks.skip, db: d, several: true}
	w.entry, w.slot = w.db.table.Locate(w.hash, w.key)
	if w.entry == was.entry {
		return // it was opened, but not changed
	}
	if w.entry != nil {
		w.size, w.next = payloadSize(w.entry), fieldDeadline(w.entry)
	}
	if was.entry != nil {
		was.entry.SetAccess(was.access)
		w.adopt(was.entry)
	} else {
		w.remove()
	}
	switch t := c.tx; {
	case t.batch == nil:
	case was.entry != nil:
		t.restored(c.db, was.entry)
	default:
		t.batch.add(c.db, []string{"DEL", key})
	}
	w.settle()
}

// Close ends the snapshot and lets go of what it keeps. A second Close does nothing.
//
// O(shards).
func (p *Snapshot) Close() {
	shards := p.ks.allShards()
	if p.ks.hold(shards) != nil {
		return
	}
	defer p.ks.release(shards)
	if p.closed {
		return
	}
	p.closed = true
	for i := range p.shards {
		p.shards[i].end(&p.ks.shards[i])
	}
	p.shards, p.libraries = nil, nil
}

// end takes p out of the snapshots of a shard, if it is still among them.
func (p *preimages) end(sh *shard) {
	for at := &sh.saving; *at != nil; at = &(*at).next {
		if *at == p {
			*at = p.next
			return
		}
	}
}

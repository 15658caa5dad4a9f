package nook

import (
	"maps"

	"github.com/nookdb/nook/internal/table"
)

// # Checkpoints
//
// A checkpoint is a snapshot that is read, once, from its beginning to its end, while others go on writing: for a file. It
// walks over each shard's tables in the order of hashes, some keys at a time, with the shard's lock held for as long as that takes. Of a key
// that has changed since the checkpoint was begun it yields what was put aside; of all others, what they hold. What lies behind
// it in that order need not be put aside any more: so a checkpoint costs a copy of what is changed before it comes
// by, and less the further it gets.
//
// With the lock held it reads what is small and may change. The rest is read when the lock has been given up: short texts, which never change; what
// was put aside, which is its own; and large values. These it pins while it reads them. Who comes to change a value that
// is pinned gives its key a copy, and leaves the original to the checkpoint. Others may read it too: to read a value
// changes nothing in it.

// A checkpoint is what a store held at one moment. Its parts, one for each shard, are read by any number of goroutines, each part by one
// at a time, and all of a database before any of the next.
type checkpoint struct {
	ks        *keyspace
	parts     []preimages
	libraries map[string]Library
	keys      []int // of each database
	timed     []int // those with a deadline
	most      int   // keys to be read before others get the lock
	large     int   // bytes of a value that is not read with the lock held
}

// progress is how far a checkpoint has got in a shard: all databases before db, and in that all hashes before pos. The zero value is
// that of one that has not begun.
type progress struct {
	db  int
	pos uint64
}

// passed reports whether a key need not be put aside: it was read.
func (r progress) passed(db int, hash uint64) bool { return db < r.db || db == r.db && hash < r.pos }

// checkpoint begins one. at, which may be nil, is called at its moment, with the whole store locked, libraries included: it must
// not use it.
//
// O(shards).
func (ks *keyspace) checkpoint(at func()) (*checkpoint, error) {
	shards := ks.allShards()
	if err := ks.hold(shards); err != nil {
		return nil, err
	}
	defer ks.release(shards)
	n := ks.opts.Databases
	k := &checkpoint{ks: ks, parts: make([]preimages, len(shards)), keys: make([]int, n), timed: make([]int, n),
		most: checkpointKeys, large: checkpointBytes}
	dbs := make([]*database, n*len(shards))
	for i := range k.parts {
		p := &k.parts[i]
		p.begin(&ks.shards[i], dbs[i*n:(i+1)*n])
		p.once = true
		for db, d := range p.dbs {
			if d != nil {
				k.keys[db] += d.table.Len()
				k.timed[db] += d.expiry.Len()
			}
		}
	}
	l := &ks.libraries
	l.mu.Lock()
	defer l.mu.Unlock()
	k.libraries = maps.Clone(l.byName)
	if at != nil {
		at()
	}
	return k, nil
}

// A checkpoint lets others have the lock after it has read so many keys, or what takes so many bytes.
const (
	checkpointKeys  = 64
	checkpointBytes = 16 << 10
)

// A tour is the way of one goroutine through parts of a checkpoint.
type tour struct {
	k     *checkpoint
	free  []*table.Entry // that were met, and are to be read without the lock
	large []*table.Entry // those that are pinned
}

// read calls f with some keys of a database of a shard, and reports whether there are more. f says how many bytes it has
// made of a key, and must not keep what it gets: it may be called with the lock held.
func (t *tour) read(db, shard int, f func(e *table.Entry) int) (more bool, err error) {
	p, sh := &t.k.parts[shard], &t.k.ks.shards[shard]
	sh.mu.Lock()
	if sh.closed {
		sh.mu.Unlock()
		return false, ErrClosed
	}
	over := t.advance(p, db, f)
	p.pinned = append(p.pinned, t.large...)
	if over && len(t.large) == 0 {
		t.leave(p, sh, db)
	}
	sh.mu.Unlock()
	for _, e := range t.free {
		f(e)
	}
	if len(t.large) > 0 {
		for _, e := range t.large {
			f(e)
		}
		t.unpin(p, sh, db, over)
	}
	clear(t.free)
	t.free = t.free[:0]
	return !over, nil
}

// unpin lets go of the large values that were read.
func (t *tour) unpin(p *preimages, sh *shard, db int, over bool) {
	clear(t.large)
	t.large = t.large[:0]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	p.pinned = nil
	if over {
		t.leave(p, sh, db)
	}
}

// leave ends the reading of the shard after the last database.
func (t *tour) leave(p *preimages, sh *shard, db int) {
	if db == len(t.k.keys)-1 {
		p.end(sh)
	}
}

// advance meets some keys of a database of the shard, which is locked, and reports whether they were the last.
func (t *tour) advance(p *preimages, db int, f func(e *table.Entry) int) (over bool) {
	d := p.dbs[db]
	if d == nil {
		p.read = progress{db: db + 1}
		return true
	}
	p.read.db = db
	var kept map[string]preimage
	if p.kept != nil {
		kept = p.kept[db]
	}
	for keys, bytes := 0, 0; keys < t.k.most && bytes < checkpointBytes; {
		p.read.pos = d.table.Scan(p.read.pos, func(e *table.Entry) {
			keys++
			bytes += t.meet(e, kept, f)
		})
		if p.read.pos == 0 {
			p.read.db++
			t.collect(p, db)
			return true
		}
	}
	return false
}

// meet reads a key that is in the table, or notes that it is to be read without the lock. It returns how many bytes it has made of it.
func (t *tour) meet(e *table.Entry, kept map[string]preimage, f func(e *table.Entry) int) (bytes int) {
	if len(kept) > 0 {
		if was, ok := kept[e.Key()]; ok {
			delete(kept, e.Key())
			if was.entry != nil {
				t.free = append(t.free, was.entry)
			}
			return 0
		}
	}
	switch {
	case e.Fixed():
		t.free = append(t.free, e)
	case payloadSize(e) > t.k.large, e.Form() == table.Long && len(e.Text()) > t.k.large:
		t.large = append(t.large, e)
	default:
		return f(e)
	}
	return 0
}

// collect notes the keys of a database that were gone before they could be met.
func (t *tour) collect(p *preimages, db int) {
	if p.kept == nil {
		return
	}
	for _, was := range p.kept[db] {
		if was.entry != nil {
			t.free = append(t.free, was.entry)
		}
	}
	p.kept[db] = nil
}

// close ends the checkpoint, if it was not read to its end, and returns how many keys have changed before they were read, and how
// many bytes it took to keep what they held.
func (k *checkpoint) close() (keys int, bytes int64) {
	for i := range k.parts {
		sh := &k.ks.shards[i]
		sh.mu.Lock()
		if !sh.closed {
			k.parts[i].end(sh)
		}
		keys += k.parts[i].keys
		bytes += k.parts[i].bytes
		sh.mu.Unlock()
	}
	return keys, bytes
}

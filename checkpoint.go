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

// A checkpoint is what a store held at one moment. It is used by one goroutine.
type checkpoint struct {
	ks        *keyspace
	parts     []preimages // one for each shard
	libraries map[string]Library
	keys      []int // of each database
	timed     []int // those with a deadline
	most      int   // keys to be read before others get the lock
	db, shard int   // where it is
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
	k := &checkpoint{ks: ks, parts: make([]preimages, len(shards)), keys: make([]int, n), timed: make([]int, n), most: checkpointKeys}
	dbs := make([]*database, n*len(shards))
	for i := range k.parts {
		p := &k.parts[i]
		p.begin(&ks.shards[i], dbs[i*n:(i+1)*n])
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
	checkpointBytes = 64 << 10
)

// next calls f with some keys, all of the same database, and reports whether there are more. f says how many bytes it
// has made of a key, and must not keep what it gets: it is called with a lock held.
func (k *checkpoint) next(f func(db int, e *table.Entry) int) (more bool, err error) {
	if k.db == len(k.keys) {
		return false, nil
	}
	p, sh := &k.parts[k.shard], &k.ks.shards[k.shard]
	sh.mu.Lock()
	if sh.closed {
		sh.mu.Unlock()
		return false, ErrClosed
	}
	over := p.advance(k.db, k.most, f)
	var kept map[string]preimage
	if over && p.kept != nil {
		kept, p.kept[k.db] = p.kept[k.db], nil
	}
	if over && k.db == len(k.keys)-1 {
		p.end(sh)
	}
	sh.mu.Unlock()
	for _, was := range kept { // keys that were gone before they could be read
		if was.entry != nil {
			f(k.db, was.entry)
		}
	}
	if over {
		k.step()
	}
	return true, nil
}

// step goes to the next part to be read.
func (k *checkpoint) step() {
	if k.shard++; k.shard == len(k.parts) {
		k.shard = 0
		k.db++
	}
}

// advance reads some keys of a database of the shard, and reports whether they were the last.
func (p *preimages) advance(db, most int, f func(db int, e *table.Entry) int) (over bool) {
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
	for keys, bytes := 0, 0; keys < most && bytes < checkpointBytes; {
		p.read.pos = d.table.Scan(p.read.pos, func(e *table.Entry) {
			keys++
			if was, ok := kept[e.Key()]; ok {
				delete(kept, e.Key())
				e = was.entry
			}
			if e != nil {
				bytes += f(db, e)
			}
		})
		if p.read.pos == 0 {
			p.read.db++
			return true
		}
	}
	return false
}

// close ends the checkpoint, if it was not read to its end.
func (k *checkpoint) close() {
	for i := range k.parts {
		sh := &k.ks.shards[i]
		sh.mu.Lock()
		if !sh.closed {
			k.parts[i].end(sh)
		}
		sh.mu.Unlock()
	}
}

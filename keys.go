package nook

import (
	"strconv"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// Del deletes keys and returns how many of them there were.
//
// O(n). DEL.
func (c *commands) Del(keys ...string) (deleted int, err error) {
	if len(keys) != 1 {
		return c.eachKey(keys, (*write).deleteAny)
	}
	w, err := c.reduce(keys[0])
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if w.entry == nil {
		return 0, nil
	}
	w.delete()
	return 1, nil
}

// delete removes the key for a caller's sake.
func (w *write) delete() {
	w.remove()
	w.event(EventGeneric, "del")
	if w.logged() {
		w.effect("DEL", w.key)
	}
}

// deleteAny deletes the key if it exists.
func (w *write) deleteAny() {
	if w.entry != nil {
		w.delete()
	}
}

// noteMiss tells of a read that found no key.
func (w *write) noteMiss() {
	if w.entry == nil {
		w.c.miss(w.key)
	}
}

// Unlink is Del. The collector frees values in the background anyway.
//
// O(n). UNLINK.
func (c *commands) Unlink(keys ...string) (int, error) { return c.Del(keys...) }

// Touch marks keys as used now and returns how many of them there are; one that is named twice
// counts twice.
//
// O(n). TOUCH.
func (c *commands) Touch(keys ...string) (int, error) {
	if c.as != nil && c.as.NoTouch {
		c = c.As(nil)
	}
	return c.eachKey(keys, (*write).noteMiss)
}

// eachKey calls f for each of the keys, as one step, and returns how many of
// them there were.
func (c *commands) eachKey(keys []string, f func(w *write)) (_ int, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	m, err := c.reduceAll(keys...)
	if err != nil {
		return 0, err
	}
	defer m.done(&err)
	count := 0
	for _, key := range keys {
		w := m.open(key)
		if w.entry != nil {
			count++
		}
		f(&w)
		w.settle()
	}
	return count, nil
}

// Exists returns how many of the keys exist; one that is named twice counts
// twice. It does not count as a use of the keys.
//
// O(n). EXISTS.
func (c *commands) Exists(keys ...string) (int, error) {
	switch len(keys) {
	case 0:
		return 0, nil
	case 1:
		r, err := c.glance(keys[0])
		defer r.done()
		if err != nil || r.entry == nil {
			return 0, err
		}
		return 1, nil
	}
	m, err := c.lookAll(keys...)
	if err != nil {
		return 0, err
	}
	defer m.done(nil)
	count := 0
	for _, key := range keys {
		w := m.look(c, key)
		w.noteMiss()
		if w.entry != nil {
			count++
		}
	}
	return count, nil
}

// Type returns the name of the type of a key's value, "none" if there is no
// such key.
//
// O(1). TYPE.
func (c *commands) Type(key string) (string, error) {
	r, err := c.glance(key)
	if err != nil {
		return "", err
	}
	defer r.done()
	if r.entry == nil {
		return "none", nil
	}
	return value.Type(r.entry), nil
}

// Rename gives a key another name, with its time to live. A key that has the
// name already is replaced.
//
// Fails with ErrNoSuchKey. O(1). RENAME.
func (c *commands) Rename(src, dst string) error {
	_, err := c.rename(src, dst, true)
	return err
}

// RenameNX is Rename if there is no key of the new name, and reports whether it
// did.
//
// Fails with ErrNoSuchKey. O(1). RENAMENX.
func (c *commands) RenameNX(src, dst string) (bool, error) { return c.rename(src, dst, false) }

func (c *commands) rename(src, dst string, replace bool) (_ bool, err error) {
	m, err := c.reduceAll(src, dst)
	if err != nil {
		return false, err
	}
	defer m.done(&err)
	from := m.open(src)
	if from.entry == nil {
		return false, ErrNoSuchKey
	}
	if src == dst {
		return replace, nil
	}
	to := m.open(dst)
	if to.entry != nil && !replace {
		return false, nil
	}
	e := from.entry.WithKey(dst)
	from.remove()
	if to.entry != nil {
		to.remove()
	}
	to.adopt(e)
	from.event(EventGeneric, "rename_from")
	to.event(EventGeneric, "rename_to")
	if m.logged() {
		m.effect("RENAME", src, dst)
	}
	from.settle()
	to.settle()
	to.shard.changes-- // both are one
	return true, nil
}

// adopt is put of an entry that was another key's and keeps its access clock.
func (w *write) adopt(e *table.Entry) {
	access := e.Access()
	w.put(e)
	e.SetAccess(access)
}

// CopyOptions are the options of CopyWith.
type CopyOptions struct {
	DB      DBRef // where the copy goes; zero means the same database
	Replace bool  // replace a key that is there
}

// A DBRef names a numbered database, or, when zero, the one that a command
// works on.
type DBRef struct {
	number int
	other  bool // number counts
}

// ToDB refers to database n.
func ToDB(n int) DBRef { return DBRef{n, true} }

// Copy copies a key with its value and its time to live, and reports whether it did: not if
// there is no such key, or if there is one of the new name.
//
// Fails with ErrSameObject. O(n) in the value. COPY.
func (c *commands) Copy(src, dst string) (bool, error) {
	return c.CopyWith(src, dst, CopyOptions{})
}

// CopyWith is Copy to another database or over another key.
//
// Fails with ErrSameObject, ErrDBIndex and ErrOutOfMemory. O(n) in the value. See Copy.
func (c *commands) CopyWith(src, dst string, o CopyOptions) (copied bool, err error) {
	target := c
	if o.DB.other {
		target = c.Select(o.DB.number)
	}
	if uint(target.db) >= uint(c.ks.opts.Databases) {
		return false, ErrDBIndex
	}
	if src == dst && target.db == c.db {
		return false, ErrSameObject
	}
	m, err := c.writeAll(src, dst)
	if err != nil {
		return false, err
	}
	defer m.done(&err)
	from := m.open(src)
	from.noteMiss()
	if from.entry == nil {
		return false, nil
	}
	to := m.openIn(target, dst)
	if to.entry != nil {
		if !o.Replace {
			return false, nil
		}
		to.remove()
	}
	to.put(value.Clone(from.entry, dst))
	to.event(EventGeneric, "copy_to")
	if m.logged() {
		m.effect("COPY", src, dst, "DB", strconv.Itoa(target.db), "REPLACE")
	}
	to.settle()
	return true, nil
}

// Move moves a key to another database and reports whether it did: not if
// there is no such key, or if there is one of the same name.
//
// Fails with ErrSameObject and ErrDBIndex. O(1). MOVE.
func (c *commands) Move(key string, db int) (moved bool, err error) {
	target := c.Select(db)
	switch {
	case uint(db) >= uint(c.ks.opts.Databases):
		return false, ErrDBIndex
	case db == c.db:
		return false, ErrSameObject
	}
	m, err := c.reduceAll(key)
	if err != nil {
		return false, err
	}
	defer m.done(&err)
	from := m.open(key)
	if from.entry == nil {
		return false, nil
	}
	to := m.openIn(target, key)
	if to.entry != nil {
		return false, nil
	}
	e := from.entry.WithKey(key)
	from.remove()
	to.adopt(e)
	from.event(EventGeneric, "move_from")
	to.event(EventGeneric, "move_to")
	if m.logged() {
		m.effect("MOVE", key, strconv.Itoa(db))
	}
	from.settle()
	to.settle()
	to.shard.changes-- // both are one
	return true, nil
}

// RandomKey returns a key, each with the same probability, and false if there
// is none.
//
// O(shards). RANDOMKEY.
func (c *commands) RandomKey() (string, bool, error) {
	m, err := c.lookAll()
	if err != nil {
		return "", false, err
	}
	defer m.done(nil)
	for key, ok := m.random(); ok; key, ok = m.random() {
		if m.look(c, key).entry != nil { // else it has just expired
			return key, true, nil
		}
	}
	return "", false, nil
}

// random returns a key of the database, each with the same probability, and
// false if there is none. The multi holds the whole store.
func (m *multi) random() (string, bool) {
	total := m.size()
	if total == 0 {
		return "", false
	}
	n := m.c.ks.shards[0].rand.IntN(total)
	for i := range m.c.ks.shards {
		sh := &m.c.ks.shards[i]
		if n -= sh.size(m.c.db); n < 0 {
			return sh.dbs[m.c.db].Load().table.Random(sh.rand).Key(), true
		}
	}
	return "", false
}

// size returns the number of keys in the database. The multi holds the whole
// store.
func (m *multi) size() int {
	n := 0
	for i := range m.c.ks.shards {
		n += m.c.ks.shards[i].size(m.c.db)
	}
	return n
}

// size returns the number of keys that the shard has of a database.
func (sh *shard) size(db int) int {
	if d := sh.dbs[db].Load(); d != nil {
		return d.table.Len()
	}
	return 0
}

// DBSize returns the number of keys in the database.
//
// O(shards). DBSIZE.
func (c *commands) DBSize() (int, error) {
	m, err := c.lookAll()
	if err != nil {
		return 0, err
	}
	defer m.done(nil)
	return m.size(), nil
}

// FlushDB deletes all keys of the database.
//
// O(shards), and in watched keys. FLUSHDB.
func (c *commands) FlushDB() (err error) {
	m, err := c.reduceAll()
	if err != nil {
		return err
	}
	defer m.done(&err)
	m.flush(c.db)
	c.ks.invalidateAll()
	if m.logged() {
		m.effect("FLUSHDB")
	}
	return nil
}

// FlushAll deletes all keys of all databases. FLUSHALL.
func (c *commands) FlushAll() (err error) {
	m, err := c.reduceAll()
	if err != nil {
		return err
	}
	defer m.done(&err)
	for db := range c.ks.opts.Databases {
		m.flush(db)
	}
	c.ks.invalidateAll()
	if m.logged() {
		m.effect("FLUSHALL")
	}
	return nil
}

// flush empties a database. The multi holds the whole store.
func (m *multi) flush(db int) {
	for i := range m.c.ks.shards {
		sh := &m.c.ks.shards[i]
		d := sh.dbs[db].Load()
		if d == nil {
			continue
		}
		sh.changes += int64(d.table.Len())
		sh.touchAll(db)
		sh.account(m.c.ks, -d.bytes)
		sh.dbs[db].Store(nil)
		m.ready = append(m.ready, sh.roused(db, db)...)
	}
}

// touchAll marks the watches of all keys of a database that exist.
func (sh *shard) touchAll(db int) {
	if sh.watched == nil {
		return
	}
	for p := range sh.watched.watches {
		if p.db == db && sh.has(p) {
			sh.watched.watches.touch(db, p.key)
		}
	}
}

// has reports whether a key of the shard exists.
func (sh *shard) has(p place) bool {
	d := sh.dbs[p.db].Load()
	if d == nil {
		return false
	}
	_, found := d.find(p.key)
	return found
}

// SwapDB exchanges two databases: what was in one is in the other from then on.
//
// Fails with ErrDBIndex. O(shards). SWAPDB.
func (c *commands) SwapDB(a, b int) (err error) {
	if n := uint(c.ks.opts.Databases); uint(a) >= n || uint(b) >= n {
		return ErrDBIndex
	}
	m, err := c.reduceAll()
	if err != nil {
		return err
	}
	defer m.done(&err)
	if a == b {
		return nil
	}
	for i := range c.ks.shards {
		sh := &c.ks.shards[i]
		sh.touchSwapped(a, b)
		one, other := sh.dbs[a].Load(), sh.dbs[b].Load()
		sh.dbs[a].Store(other)
		sh.dbs[b].Store(one)
		m.ready = append(m.ready, sh.roused(a, b)...)
	}
	c.ks.shards[0].changes++
	if m.logged() {
		m.effect("SWAPDB", strconv.Itoa(a), strconv.Itoa(b))
	}
	return nil
}

// touchSwapped marks the watches of keys in two databases about to be
// exchanged that exist in either.
func (sh *shard) touchSwapped(a, b int) {
	if sh.watched == nil {
		return
	}
	for p := range sh.watched.watches {
		if (p.db == a || p.db == b) && (sh.has(place{a, p.key}) || sh.has(place{b, p.key})) {
			sh.watched.watches.touch(p.db, p.key)
		}
	}
}

// roused returns the keys that somebody waits for in two databases, whose contents are
// others now.
func (sh *shard) roused(a, b int) (ready []place) {
	for p := range sh.waiting {
		if p.db == a || p.db == b {
			ready = append(ready, p)
		}
	}
	return ready
}

// find returns the entry of a key.
func (d *database) find(key string) (*table.Entry, bool) {
	e := d.table.Find(table.Hash(key)<<d.skip, key)
	return e, e != nil
}

package nook

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A Library is the source of functions that FCALL runs. The store keeps libraries as a part of its data, so
// that they are saved with it; what they mean is known to package script, whose Load is how they get here.
type Library struct {
	Name   string
	Engine string // LUA
	Code   string // all of it, the first line with the name included
}

// libraries are those of a keyspace.
type libraries struct {
	mu       sync.Mutex         // nothing else is locked while it is held
	closed   bool               // guarded by mu
	byName   map[string]Library // guarded by mu
	revision atomic.Uint64      // number of changes; changed with mu held
}

// Libraries returns all libraries, by name, and how often they have been changed. The number tells whoever keeps
// something of theirs whether it is still true. FUNCTION LIST.
func (c *commands) Libraries() (all []Library, revision uint64) {
	l := &c.ks.libraries
	l.mu.Lock()
	defer l.mu.Unlock()
	all = slices.SortedFunc(maps.Values(l.byName), func(a, b Library) int { return strings.Compare(a.Name, b.Name) })
	return all, l.revision.Load()
}

// LibraryRevision returns how often the libraries have been changed.
func (c *commands) LibraryRevision() uint64 { return c.ks.libraries.revision.Load() }

// PutLibrary keeps a library, in the place of one of the same name. It does not look at the code. FUNCTION LOAD.
func (c *commands) PutLibrary(lib Library) error {
	return c.changeLibraries(func(byName map[string]Library) []string {
		byName[lib.Name] = lib
		return []string{"FUNCTION", "LOAD", "REPLACE", lib.Code}
	})
}

// DeleteLibrary forgets a library and reports whether there was one. FUNCTION DELETE.
func (c *commands) DeleteLibrary(name string) (deleted bool, err error) {
	err = c.changeLibraries(func(byName map[string]Library) []string {
		if _, deleted = byName[name]; !deleted {
			return nil
		}
		delete(byName, name)
		return []string{"FUNCTION", "DELETE", name}
	})
	return deleted, err
}

// FlushLibraries forgets all libraries. FUNCTION FLUSH.
func (c *commands) FlushLibraries() error {
	return c.changeLibraries(func(byName map[string]Library) []string {
		clear(byName)
		return []string{"FUNCTION", "FLUSH"}
	})
}

// changeLibraries changes the libraries by change, which returns the effect, nil if there is none.
func (c *commands) changeLibraries(change func(byName map[string]Library) []string) error {
	if c.tx != nil && c.tx.done {
		return ErrTxDone
	}
	if uint(c.db) >= uint(c.ks.opts.Databases) {
		return ErrDBIndex
	}
	err := c.admit()
	if err == nil && c.exchangeLibraries(change, &err) {
		c.acknowledge(&err)
	}
	return err
}

// exchangeLibraries is changeLibraries under the lock of the libraries. It reports whether there is an effect to wait for.
func (c *commands) exchangeLibraries(change func(byName map[string]Library) []string, err *error) (logged bool) {
	l := &c.ks.libraries
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		*err = ErrClosed
		return false
	}
	if l.byName == nil {
		l.byName = map[string]Library{}
	}
	effect := change(l.byName)
	if effect == nil {
		return false
	}
	l.revision.Add(1)
	switch {
	case c.ks.log() == nil:
		return false
	case c.tx != nil:
		c.tx.batch.add(c.db, effect)
		return false
	}
	b := new(batch)
	b.add(c.db, effect)
	return b.commit(c.ks)
}

// copied returns a copy of the libraries, and their revision.
func (l *libraries) copied() (byName map[string]Library, revision uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.byName), l.revision.Load()
}

// reset makes the libraries those of byName, which they were at a revision, and returns that at which they are.
func (l *libraries) reset(byName map[string]Library, revision uint64) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.revision.Load() != revision {
		l.byName = maps.Clone(byName)
		l.revision.Add(1)
	}
	return l.revision.Load()
}

// replace makes the libraries those of byName.
func (l *libraries) replace(byName map[string]Library) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byName = byName
	l.revision.Add(1)
}

// close makes changes fail from here on.
func (l *libraries) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// Extension returns what another package keeps with the store under a key of a type of its own. The first call makes
// it by create, which may be called by several at once; one of the results stays.
func (c *commands) Extension(key any, create func() any) any {
	if v, ok := c.ks.extensions.Load(key); ok {
		return v
	}
	v, _ := c.ks.extensions.LoadOrStore(key, create())
	return v
}

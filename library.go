package nook

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook/internal/rdb"
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
	pending  int                // transactions that have changed them, and the journal does not know yet; guarded by mu
}

// Effects on libraries must come to the journal in the order of the changes, as a library may be one only because another is gone. Their lock
// cannot be held until a transaction ends, since whoever loads a library waits for it while transactions wait for the
// interpreter. So where changes overlap with those of a transaction the journal gets, in the place of a change,
// all libraries that there are after it.

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

// PutLibraries keeps several libraries at once, in the place of those of the same names or, if they are to be all that there are, of
// all. It does not look at their code. FUNCTION RESTORE.
func (c *commands) PutLibraries(libs []Library, all bool) error {
	return c.changeLibraries(func(byName map[string]Library) []string {
		policy := "REPLACE"
		if all {
			policy = "FLUSH"
			clear(byName)
		}
		for _, lib := range libs {
			byName[lib.Name] = lib
		}
		return []string{"FUNCTION", "RESTORE", dumpLibraries(libs), policy}
	})
}

// DumpLibraries returns all libraries in Redis's serialized form, which script.Restore, of this store or another one, and Redis servers take.
//
// O(n) in the length of their code. FUNCTION DUMP.
func (c *commands) DumpLibraries() string {
	all, _ := c.Libraries()
	return dumpLibraries(all)
}

// dumpLibraries returns the payload of libraries.
func dumpLibraries(libs []Library) string {
	codes := make([]string, len(libs))
	for i := range libs {
		codes[i] = libs[i].Code
	}
	w := rdbWriters.Get().(*rdb.Writer)
	defer rdbWriters.Put(w)
	return string(w.AppendFunctions(nil, codes))
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
	l.changed(c.tx, c.db, effect)
	if c.tx != nil || c.ks.log() == nil {
		return false
	}
	if l.pending > 0 {
		effect = l.effect()
	}
	b := new(batch)
	b.add(c.db, effect)
	return b.commit(c.ks)
}

// changed counts a change, and notes its effect if a transaction has made it. mu is held.
func (l *libraries) changed(t *txn, db int, effect []string) {
	revision := l.revision.Add(1)
	if t == nil || t.batch == nil {
		return
	}
	t.batch.add(db, effect)
	if t.revision == 0 {
		l.pending++
	}
	t.revision = revision
}

// effect returns the command that makes the libraries what they are. mu is held.
func (l *libraries) effect() []string {
	all := make([]Library, 0, len(l.byName))
	for _, name := range slices.Sorted(maps.Keys(l.byName)) {
		all = append(all, l.byName[name])
	}
	return []string{"FUNCTION", "RESTORE", dumpLibraries(all), "FLUSH"}
}

// commitLibraries hands the effects of a transaction that has changed libraries to the journal.
func (t *txn) commitLibraries() bool {
	l := &t.ks.libraries
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending--
	if l.pending > 0 || l.revision.Load() != t.revision {
		t.batch.exchange("FUNCTION", l.effect())
	}
	t.revision = 0
	return t.batch.commit(t.ks)
}

// copied returns a copy of the libraries, and their revision.
func (l *libraries) copied() (byName map[string]Library, revision uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.byName), l.revision.Load()
}

// reset makes the libraries those of byName, which they were at a revision, in a transaction, and returns that at which they are.
func (l *libraries) reset(byName map[string]Library, revision uint64, t *txn) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.revision.Load() != revision {
		l.byName = maps.Clone(byName)
		l.changed(t, 0, l.effect())
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

package nook

import "sync"

// transferring is held by who has keys of two stores locked, so that no two of them wait for each other.
var transferring sync.Mutex

// Transfer moves keys of database 0 with their values, times to live and access clocks to another store, and returns how many there
// were. Keys of the same names there are replaced. Nobody finds a key in both stores, or misses it in both while it moves.
//
// It fails with ErrOutOfMemory if the other store has no room, with ErrSameObject if it is the same store, and
// with ErrTransfer if it has a Journal, as there is no command that says what it takes in. Then no key has moved.
//
// O(n) in the number of keys.
func (s *Store) Transfer(to *Store, keys ...string) (n int, err error) {
	switch {
	case s.ks == to.ks:
		return 0, ErrSameObject
	case to.ks.journal != nil:
		return 0, ErrTransfer
	case len(keys) == 0:
		return 0, nil
	}
	transferring.Lock()
	defer transferring.Unlock()
	source, err := s.reduceAll(keys...)
	if err != nil {
		return 0, err
	}
	defer source.done(&err)
	target, err := to.writeAll(keys...)
	if err != nil {
		return 0, err
	}
	defer target.done(&err)
	for _, key := range keys {
		if source.transfer(target, key) {
			n++
		}
	}
	return n, nil
}

// transfer moves a key to another store, if there is one.
func (m *multi) transfer(target *multi, key string) bool {
	from := m.open(key)
	if from.entry == nil {
		return false
	}
	e := from.entry.WithKey(key)
	from.remove()
	from.event(EventGeneric, "del")
	if m.logged() {
		m.effect("DEL", key)
	}
	from.settle()
	to := target.open(key)
	if to.entry != nil {
		to.remove()
	}
	to.adopt(e)
	to.event(EventGeneric, "restore")
	to.settle()
	return true
}

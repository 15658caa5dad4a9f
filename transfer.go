package nook

import "sync"

// transferring is held by who has keys of two stores locked, so that no two of them wait for each other.
var transferring sync.Mutex

// Transfer moves keys of database 0 with their values, times to live and access clocks to another store, and returns how many there
// were. Keys of the same names there are replaced. Nobody finds a key in both stores, or misses it in both while it moves.
//
// It fails with ErrOutOfMemory if the other store has no room, and with ErrSameObject if it is the same store. Then no key has moved.
//
// Each store tells its own Journal, and Transfer returns when both have committed. A crash before that may leave a key in both
// files, or in neither: files of two stores have no common moment.
//
// O(n) in the number of keys; in their values if the other store has a Journal.
func (s *Store) Transfer(to *Store, keys ...string) (n int, err error) {
	switch {
	case s.ks == to.ks:
		return 0, ErrSameObject
	case len(keys) == 0:
		return 0, nil
	}
	if n, err = s.transfer(to, keys); n > 0 {
		to.acknowledge(&err)
		s.acknowledge(&err)
	}
	return n, err
}

// transfer is Transfer but for the waiting for journals, which is done without locks.
func (s *Store) transfer(to *Store, keys []string) (n int, err error) {
	transferring.Lock()
	defer transferring.Unlock()
	source, err := s.reduceAll(keys...)
	if err != nil {
		return 0, err
	}
	defer source.done(nil)
	target, err := to.writeAll(keys...)
	if err != nil {
		return 0, err
	}
	defer target.done(nil)
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
	if target.logged() {
		target.effect(new(RestoreOptions).effect(key, dumpOf(e), e.Deadline())...)
	}
	to.settle()
	return true
}

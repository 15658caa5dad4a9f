package nook

// Loaded ends the loading of a store that began with Options.Loading. What should have expired meanwhile expires now,
// and is told to the Journal. For any other store it does nothing.
//
// O(shards).
func (s *Store) Loaded() error {
	ks := s.ks
	shards := ks.allShards()
	if err := ks.hold(shards); err != nil {
		return err
	}
	defer ks.release(shards)
	if !ks.loading {
		return nil
	}
	ks.loading = false
	ks.setLog(ks.opts.Journal)
	for i := range ks.shards {
		sh := &ks.shards[i]
		if n, first, _ := sh.firstDue(); n >= 0 {
			sh.alarm.set(ks, sh, first.At)
		}
	}
	return nil
}

// Twin returns an empty store with the options of s as they were when that was made, and the sizes of collections of now. It has no Journal and is
// being loaded. It is for Adopt.
func (s *Store) Twin() *Store {
	first := &s.ks.shards[0]
	first.mu.Lock() // who changes the Journal has all of them locked
	o := s.ks.opts
	first.mu.Unlock()
	o.Encodings, o.Journal, o.Loading = s.ks.current().Encodings, nil, true
	return &Store{commands{ks: newKeyspace(o)}}
}

// Adopt gives the store all that its twin holds, in the place of what it holds itself: all databases, deadlines and libraries. Others
// see this happen at once. The twin is closed.
//
// As with Snapshot.Restore, watches and trackers are told, callers that wait are served, and there are no events. The Journal is told
// nothing: it is for its owner to see that what it has is this.
//
// Fails with ErrNoTwin if from is none of Twin, and with ErrClosed. O(shards), and what is due since the twin was loaded expires.
func (s *Store) Adopt(from *Store) error {
	ks, other := s.ks, from.ks
	if ks == other || len(ks.shards) != len(other.shards) || ks.opts.Databases != other.opts.Databases {
		return ErrNoTwin
	}
	shards := ks.allShards()
	if err := other.hold(shards); err != nil {
		return err
	}
	err := ks.adopt(other, shards)
	other.release(shards)
	if err != nil {
		return err
	}
	return from.Close()
}

// adopt takes the databases of other, whose shards are held.
func (ks *keyspace) adopt(other *keyspace, shards []int) error {
	if err := ks.hold(shards); err != nil {
		return err
	}
	t := newTxn(ks, shards)
	for i := range ks.shards {
		sh, from := &ks.shards[i], &other.shards[i]
		for n := range sh.dbs {
			t.ready = append(t.ready, sh.exchange(ks, n, from.dbs[n].Load())...)
			from.dbs[n].Store(nil)
		}
		sh.rearm(ks)
	}
	ks.invalidateAll()
	byName, _ := other.libraries.copied()
	ks.libraries.replace(byName)
	sortPlaces(t.ready)
	t.end()
	return nil
}

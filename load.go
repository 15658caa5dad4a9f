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

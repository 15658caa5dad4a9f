package nook

import (
	"fmt"

	"github.com/nookdb/nook/internal/value"
)

// What the tests of package nook_test see of the inside of a store.

// NewChecked returns a store that is checked and closed when the test ends.
func NewChecked(t testT, o Options) *Store { return newStore(t, o) }

// Check verifies every invariant of a store.
func Check(t testT, s *Store) { s.ks.checkUsed(t) }

// Listen calls f for each event of the given classes.
func Listen(s *Store, classes EventClass, f func(Event)) {
	s.ks.events.Store(&eventSink{classes, f})
}

// Contents returns what the keys of all databases hold, expired ones left out, by
// "database key", without a change of how they hold it.
func Contents(s *Store) map[string]string {
	found := map[string]string{}
	shards := s.ks.allShards()
	try(s.ks.hold(shards))
	defer s.ks.release(shards)
	for i := range s.ks.shards {
		for n := range s.ks.shards[i].dbs {
			d := s.ks.shards[i].dbs[n].Load()
			if d == nil {
				continue
			}
			for e := range d.table.All() {
				if !expired(e, s.now()) {
					var digits [20]byte
					found[fmt.Sprintf("%d %s", n, e.Key())] = fmt.Sprintf("%s %d %q",
						value.Encoding(e), e.Deadline(), value.View(e, digits[:]))
				}
			}
		}
	}
	return found
}

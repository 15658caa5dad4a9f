package nook

import "github.com/nookdb/nook/internal/table"

// place names a key in a database.
type place struct {
	db  int
	key string
}

// waiters are the callers that wait for a key of a shard to change. Whoever
// changes one wakes those who wait for it, in the order of their arrival; they
// look again themselves.
type waiters map[place][]chan<- struct{}

// wake tells everybody who waits for the key. A waiter's channel has room for
// one message, which says all.
func (w waiters) wake(db int, key string) {
	if len(w) == 0 {
		return
	}
	for _, c := range w[place{db, key}] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// preimages receives the entries of a shard before they change, while a
// snapshot of it is being taken.
type preimages func(db int, e *table.Entry)

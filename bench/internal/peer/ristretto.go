package peer

import "github.com/dgraph-io/ristretto/v2"

type ristrettoStore struct {
	c *ristretto.Cache[string, string]
}

// newRistretto follows the settings its documentation recommends: ten
// counters an item, 64 buffered reads; each item costs 1, with room for all.
func newRistretto(capacity int) (Store, error) {
	c, err := ristretto.NewCache(&ristretto.Config[string, string]{
		NumCounters:        int64(10 * roomy(capacity)),
		MaxCost:            int64(roomy(capacity)),
		BufferItems:        64,
		IgnoreInternalCost: true,
	})
	if err != nil {
		return nil, err
	}
	return ristrettoStore{c}, nil
}

func (r ristrettoStore) Get(key string) (string, bool) { return r.c.Get(key) }
func (r ristrettoStore) Set(key, value string)         { r.c.Set(key, value, 1) }

// Settle waits for the write queue: a new key is visible only after it, and is
// dropped when the queue is full.
func (r ristrettoStore) Settle() { r.c.Wait() }

func (r ristrettoStore) Close() error {
	r.c.Close()
	return nil
}

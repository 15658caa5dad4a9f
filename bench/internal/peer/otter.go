package peer

import "github.com/maypok86/otter/v2"

type otterStore struct{ c *otter.Cache[string, string] }

// newOtter bounds the cache, as every user of a cache does, but so that
// nothing is evicted: hit ratios are another row's matter.
func newOtter(capacity int) (Store, error) {
	c, err := otter.New(&otter.Options[string, string]{MaximumSize: roomy(capacity)})
	if err != nil {
		return nil, err
	}
	return otterStore{c}, nil
}

// roomy returns a bound that capacity keys never reach.
func roomy(capacity int) int { return 2*capacity + 1024 }

func (o otterStore) Get(key string) (string, bool) { return o.c.GetIfPresent(key) }
func (o otterStore) Set(key, value string)         { o.c.Set(key, value) }

func (o otterStore) Close() error {
	o.c.StopAllGoroutines()
	return nil
}

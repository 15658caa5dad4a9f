package peer

import (
	"sync"

	"github.com/cespare/xxhash/v2"
)

const lockedShards = 256

// lockedStore is what a service writes before it looks for a library: Go maps
// of pointers to entries, each map behind a lock of its own.
type lockedStore struct{ shards [lockedShards]lockedShard }

type lockedShard struct {
	mu      sync.RWMutex
	entries map[string]*lockedEntry // guarded by mu, the entries too
	_       [32]byte                // a cache line a shard
}

// lockedEntry has the room for an expiry that such code has as well.
type lockedEntry struct {
	value  string
	expiry int64 //nolint:unused // it costs memory, as it would there
}

func newLocked(int) (Store, error) {
	l := new(lockedStore)
	for i := range l.shards {
		l.shards[i].entries = make(map[string]*lockedEntry)
	}
	return l, nil
}

func (l *lockedStore) shard(key string) *lockedShard {
	return &l.shards[xxhash.Sum64String(key)%lockedShards]
}

func (l *lockedStore) Get(key string) (string, bool) {
	s := l.shard(key)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if e := s.entries[key]; e != nil {
		return e.value, true
	}
	return "", false
}

func (l *lockedStore) Set(key, value string) {
	s := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[key]; e != nil {
		*e = lockedEntry{value: value}
		return
	}
	s.entries[key] = &lockedEntry{value: value}
}

func (l *lockedStore) Close() error { return nil }

package peer

import (
	"errors"

	"github.com/alicebob/miniredis/v2"
)

// miniredisStore calls miniredis's own Go methods: no socket, no RESP.
type miniredisStore struct{ m *miniredis.Miniredis }

func newMiniredis(int) (Store, error) { return miniredisStore{miniredis.NewMiniRedis()}, nil }

func (m miniredisStore) Get(key string) (string, bool) {
	v, err := m.m.Get(key)
	if errors.Is(err, miniredis.ErrKeyNotFound) {
		return "", false
	}
	if err != nil {
		panic(err)
	}
	return v, true
}

func (m miniredisStore) Set(key, value string) {
	if err := m.m.Set(key, value); err != nil {
		panic(err)
	}
}

func (m miniredisStore) Close() error { return nil }

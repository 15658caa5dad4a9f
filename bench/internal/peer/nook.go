package peer

import "github.com/nookdb/nook"

type nookStore struct{ s *nook.Store }

func newNook(int) (Store, error) {
	s, err := nook.New(nil)
	if err != nil {
		return nil, err
	}
	return nookStore{s}, nil
}

// Of makes a contestant of a store, which is closed with it.
func Of(s *nook.Store) Store { return nookStore{s} }

func (n nookStore) Get(key string) (string, bool) {
	v, ok, err := n.s.Get(key)
	if err != nil {
		panic(err)
	}
	return v, ok
}

func (n nookStore) Set(key, value string) {
	if err := n.s.Set(key, value); err != nil {
		panic(err)
	}
}

func (n nookStore) Close() error { return n.s.Close() }

// Package peer puts every contestant behind one small interface. One file a
// contestant; the README says what each is and is not.
package peer

import (
	"fmt"

	"github.com/nookdb/nook/bench/internal/workload"
)

// A Store is a running contestant. Get and Set may be called by any number of
// goroutines, except on GoMap's. An error in them is a defect of the
// benchmark and panics.
type Store interface {
	Get(key string) (string, bool)
	Set(key, value string)
	Close() error
}

// A Peer is a contestant by name.
type Peer struct {
	Name string
	// New returns an empty store that will have room for capacity keys.
	New func(capacity int) (Store, error)
}

// The contestants.
var (
	Nook      = Peer{"nook", newNook}
	XSync     = Peer{"xsync.Map", newXSync}
	Locked    = Peer{"locked maps", newLocked}
	Otter     = Peer{"otter", newOtter}
	Ristretto = Peer{"ristretto", newRistretto}
	Miniredis = Peer{"miniredis", newMiniredis}
	GoMap     = Peer{"Go map", newGoMap}
	Redis     = Peer{"redis-server", newRedis}
)

// InProcess lists the contestants that several goroutines of this process can call.
var InProcess = []Peer{Nook, XSync, Locked, Otter, Ristretto, Miniredis}

// A settler makes writes visible some time after Set returns; Settle waits for it.
type settler interface{ Settle() }

// A loader has a faster way in than a Set for each key.
type loader interface{ Load(n int) error }

// settleEvery is well below the length of the write queues that overflow.
const settleEvery = 1 << 13

// Filled returns a store that holds exactly the first n keys with their
// values, each key and value a string of its own that only the store keeps.
func Filled(p Peer, n int) (Store, error) {
	s, err := p.New(n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	if err := Fill(s, n); err != nil {
		s.Close()
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	return s, nil
}

// Fill sets the first n keys and makes sure that they are there.
func Fill(s Store, n int) error {
	if l, ok := s.(loader); ok {
		return l.Load(n)
	}
	if t, ok := s.(settler); ok {
		fillSettling(s, t, n)
		return check(s, n)
	}
	for i := range n {
		s.Set(workload.Key(i), workload.Value(i))
	}
	return check(s, n)
}

// fillSettling fills a store that drops writes while it is busy, with as many
// passes as it takes, within reason.
func fillSettling(s Store, t settler, n int) {
	for missing, pass := n, 0; missing > 0 && pass < 10; pass++ {
		missing = 0
		for i := range n {
			if _, ok := s.Get(workload.Key(i)); !ok {
				s.Set(workload.Key(i), workload.Value(i))
				missing++
			}
			if i%settleEvery == 0 {
				t.Settle()
			}
		}
		t.Settle()
	}
}

// check returns an error unless the store holds the first n keys with their values.
func check(s Store, n int) error {
	for i := range n {
		if v, ok := s.Get(workload.Key(i)); !ok || v != workload.Value(i) {
			return fmt.Errorf("key %q: got %q, present %v", workload.Key(i), v, ok)
		}
	}
	return nil
}

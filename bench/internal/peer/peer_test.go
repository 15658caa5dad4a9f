package peer

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/bench/internal/workload"
)

var everyPeer = append([]Peer{GoMap, Redis}, InProcess...)

// A contestant that does not store what it is told would win every row.
func TestPeersStoreWhatTheyAreTold(t *testing.T) {
	for _, p := range everyPeer {
		t.Run(p.Name, func(t *testing.T) {
			s, err := Filled(p, 100)
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			model := map[string]string{}
			for i := range 100 {
				model[workload.Key(i)] = workload.Value(i)
			}
			rapid.Check(t, func(t *rapid.T) {
				i := rapid.IntRange(0, 99).Draw(t, "key")
				if rapid.Bool().Draw(t, "write") {
					v := rapid.String().Draw(t, "value")
					s.Set(workload.Key(i), v)
					model[workload.Key(i)] = v
				}
				v, ok := s.Get(workload.Key(i))
				require.True(t, ok)
				require.Equal(t, model[workload.Key(i)], v)
			})
			_, ok := s.Get(workload.Key(100))
			require.False(t, ok)
		})
	}
}

func TestInProcessPeersTakeConcurrentCalls(t *testing.T) {
	for _, p := range InProcess {
		t.Run(p.Name, func(t *testing.T) {
			const n = 1000
			s, err := Filled(p, n)
			require.NoError(t, err)
			defer s.Close()
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for i := range n {
						s.Set(workload.Key(i), workload.Value(i))
						s.Get(workload.Key(n - 1 - i))
					}
				})
			}
			wg.Wait()
			require.NoError(t, check(s, n))
		})
	}
}

func TestCheckFindsMissingAndWrong(t *testing.T) {
	s, err := Filled(GoMap, 10)
	require.NoError(t, err)
	require.NoError(t, check(s, 10))
	require.Error(t, check(s, 11))
	s.Set(workload.Key(3), "other")
	require.Error(t, check(s, 10))
}

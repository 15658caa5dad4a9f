package targets

import "math"

// A Scale is the size of everything that is measured.
type Scale struct {
	Name     string
	Rounds   int
	Keys     int   // in a store
	Ops      int   // in a round, over all goroutines
	Growth   []int // numbers of keys
	Inserts  int   // in a round of the longest single call
	Calls    int   // in a round through a client
	Requests int   // of redis-benchmark without pipelining, per test and round

	Connections int // that are idle
}

// The scales. Full has the sizes that the targets speak of; Small only shows
// that every row runs; Tiny is for tests.
var (
	Full = Scale{
		Name: "full", Rounds: 7, Keys: 1e6, Ops: 2e6,
		Growth: powers(3, 7), Inserts: 1e7, Calls: 1e4, Requests: 1e5, Connections: 1e4,
	}
	Small = Scale{
		Name: "small", Rounds: 3, Keys: 1e5, Ops: 2e5,
		Growth: powers(3, 5), Inserts: 2e5, Calls: 1e3, Requests: 1e4, Connections: 1e3,
	}
	Tiny = Scale{
		Name: "tiny", Rounds: 2, Keys: 1e3, Ops: 2e3,
		Growth: powers(1, 2), Inserts: 2e3, Calls: 50, Requests: 1e3, Connections: 200,
	}
)

// long returns the number of rounds for rows whose rounds take seconds.
func (s Scale) long() int { return max(1, s.Rounds/2) }

// powers returns the powers of ten between the two exponents.
func powers(from, to int) []int {
	var p []int
	for e := from; e <= to; e++ {
		p = append(p, int(math.Pow10(e)))
	}
	return p
}

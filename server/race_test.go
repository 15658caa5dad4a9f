//go:build race

package server

// raceAllocs is what a request may allocate more in builds with the race
// detector, in which a sync.Pool loses things on purpose.
const raceAllocs = 2

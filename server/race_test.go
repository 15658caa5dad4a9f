//go:build race

package server

// raceAllocs is what a request may allocate more in builds with the race
// detector, in which a sync.Pool loses things on purpose: a gear and its buffers.
const raceAllocs = 12

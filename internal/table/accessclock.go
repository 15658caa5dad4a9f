//go:build !race

package table

// accessClock is a word that readers without a lock write to, and of which any
// of the latest values will do. An atomic store would be an instruction that
// waits for all memory accesses before it and holds up those behind it: in a
// loop of lookups that costs as much as a cache miss, every time. A plain store
// of an aligned word costs nothing and is never torn. Builds with the race
// detector, which rightly wants to be told, use accessclock_race.go.
type accessClock struct{ word uint32 }

func (a *accessClock) load() uint32 { return a.word }

func (a *accessClock) store(word uint32) { a.word = word }

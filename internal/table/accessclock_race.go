//go:build race

package table

import "sync/atomic"

// accessClock is the same as in accessclock.go, told to the race detector.
type accessClock struct{ word atomic.Uint32 }

func (a *accessClock) load() uint32 { return a.word.Load() }

func (a *accessClock) store(word uint32) { a.word.Store(word) }

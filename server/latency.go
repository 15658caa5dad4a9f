package server

import (
	"maps"
	"sync"
	"time"

	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/latency"
)

// spikes are the events that took long, by their kind.
type spikes struct {
	mu     sync.Mutex
	events map[string]*latency.Series // guarded by mu
}

// eventOf returns the kind of event that a command is.
func eventOf(row *command.Row) string {
	if row.Flags.Has(command.Fast) {
		return "fast-command"
	}
	return "command"
}

func (k *spikes) add(event string, at time.Time, took time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.events == nil {
		k.events = map[string]*latency.Series{}
	}
	if k.events[event] == nil {
		k.events[event] = new(latency.Series)
	}
	k.events[event].Add(at, took.Milliseconds())
}

// spikeBegins returns when something begins that may be a spike, zero if nobody wants to know.
func (s *Server) spikeBegins() time.Time {
	if s.persistence == nil || s.timing.parameters.Load().SpikeFrom == 0 {
		return time.Time{}
	}
	return s.store.Now()
}

// spikeEnds notes an event if it was a spike.
func (s *Server) spikeEnds(event string, began time.Time) {
	from := s.timing.parameters.Load().SpikeFrom
	if began.IsZero() || from == 0 {
		return
	}
	now := s.store.Now()
	if took := now.Sub(began); took.Milliseconds() >= from {
		s.timing.spikes.add(event, now, took)
	}
}

// latencies is what LATENCY works on.
type latencies struct{ *Server }

// Latency returns how long commands took.
func (s *session) Latency() command.Latency { return latencies{s.server} }

// Threshold returns from which time on an event is a spike, 0 if none is.
func (l latencies) Threshold() time.Duration {
	return time.Duration(l.timing.parameters.Load().SpikeFrom) * time.Millisecond
}

// Events returns copies of what is known of events.
func (l latencies) Events() map[string]latency.Series {
	k := &l.timing.spikes
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string]latency.Series{}
	for name, series := range k.events {
		all[name] = series.Clone()
	}
	return all
}

// Reset is LATENCY RESET.
func (l latencies) Reset(events ...string) int {
	k := &l.timing.spikes
	k.mu.Lock()
	defer k.mu.Unlock()
	before := len(k.events)
	if len(events) == 0 {
		k.events = nil
	}
	maps.DeleteFunc(k.events, func(name string, _ *latency.Series) bool {
		for _, event := range events {
			if event == name {
				return true
			}
		}
		return false
	})
	return before - len(k.events)
}

// Histogram returns the times of a command.
func (l latencies) Histogram(row *command.Row) *latency.Histogram {
	return l.commands[row].times.Load()
}

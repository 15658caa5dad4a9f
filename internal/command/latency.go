package command

import (
	"slices"
	"strings"
	"time"

	"github.com/nookdb/nook/internal/latency"
)

var latencyRows = []*Row{
	{
		Name: "latency", Arity: -2, Group: "server", Since: "2.8.13",
		Doc:  "Container of the commands about how long commands take.",
		Cost: "Depends on the subcommand.",
		Sub: []*Row{
			{
				Name: "doctor", Arity: 2, Flags: latencyFlags, Group: "server", Since: "2.8.13",
				Tips: latencyTips,
				Doc:  "Says in words what the spikes look like, and what may help.",
				Cost: "O(1)",
				Run:  connected(latencyDoctor),
			},
			{
				Name: "graph", Usage: "<event>", Arity: 3, Flags: latencyFlags, Group: "server", Since: "2.8.13",
				Tips: latencyTips,
				Doc:  "Draws the spikes of an event.",
				Cost: "O(1)",
				Run:  connected(latencyGraph),
			},
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "2.8.13",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
			{
				Name: "histogram", Usage: "[<command> ...]", Arity: -2, Flags: latencyFlags, Group: "server", Since: "7.0.0",
				Tips: latencyTips,
				Doc:  "Returns how the times that the given commands take are distributed, or those of all.",
				Cost: "O(N) where N is the number of commands that were called.",
				Run:  connected(latencyHistogram),
			},
			{
				Name: "history", Usage: "<event>", Arity: 3, Flags: latencyFlags, Group: "server", Since: "2.8.13",
				Tips: latencyTips,
				Doc:  "Returns the times and the lengths of the spikes of an event.",
				Cost: "O(1)",
				Run:  connected(latencyHistory),
			},
			{
				Name: "latest", Arity: 2, Flags: latencyFlags, Group: "server", Since: "2.8.13",
				Tips: latencyTips,
				Doc:  "Returns the last spike of each event, and the length of its longest.",
				Cost: "O(1)",
				Run:  connected(latencyLatest),
			},
			{
				Name: "reset", Usage: "[<event> ...]", Arity: -2, Flags: latencyFlags, Group: "server", Since: "2.8.13",
				Tips: []string{"request_policy:all_nodes", tipAllSucceeded},
				Doc:  "Forgets the spikes of the given events, or of all.",
				Cost: "O(1)",
				Run:  connected(func(c *Call) error { return c.count(c.Conn.Latency().Reset(c.Args[2:]...), nil) }),
			},
		},
	},
}

const latencyFlags = Admin | NoScript | Loading | Stale

var latencyTips = []string{tipRandom, "request_policy:all_nodes", "response_policy:special"}

// A Latency knows how long commands took. Spikes are events that took no less than a threshold.
type Latency interface {
	// Threshold returns from which time on an event is a spike, 0 if none is.
	Threshold() time.Duration
	// Events returns the events that had spikes, by name.
	Events() map[string]latency.Series
	// Reset forgets the spikes of events, or of all if none is named, and returns of how many.
	Reset(events ...string) int
	// Histogram returns the times of a command, nil if it was not called.
	Histogram(row *Row) *latency.Histogram
}

func latencyGraph(c *Call) error {
	series, ok := c.Conn.Latency().Events()[c.Args[2]]
	if !ok {
		return Error("ERR No samples available for event '" + shown(c.Args[2], most) + "'")
	}
	c.Out.Verbatim("txt", series.Graph(c.Args[2], c.DB.Now()))
	return nil
}

func latencyHistory(c *Call) error {
	series := c.Conn.Latency().Events()[c.Args[2]]
	c.Out.Array(len(series.Spikes()))
	for _, k := range series.Spikes() {
		c.Out.Array(2)
		c.Out.Int(k.At.Unix())
		c.Out.Int(k.Millis)
	}
	return nil
}

func latencyLatest(c *Call) error {
	events := c.Conn.Latency().Events()
	c.Out.Array(len(events))
	for _, name := range sortedNames(events) {
		series := events[name]
		last := series.Summary(c.DB.Now()).Last
		c.Out.Array(4)
		c.Out.Bulk(name)
		c.Out.Int(last.At.Unix())
		c.Out.Int(last.Millis)
		c.Out.Int(series.Worst())
	}
	return nil
}

func sortedNames(events map[string]latency.Series) []string {
	names := make([]string, 0, len(events))
	for name := range events {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// latencyHistogram replies the distributions of commands that were called. A container stands for its sub-commands.
func latencyHistogram(c *Call) error {
	rows := c.Row.table.full()
	if names := c.Args[2:]; len(names) > 0 {
		rows = nil
		for _, name := range names {
			if r := c.Row.table.named(name); r != nil {
				rows = append(append(rows, r), r.Sub...)
			}
		}
	}
	rows = slices.DeleteFunc(rows, func(r *Row) bool { return c.Conn.Latency().Histogram(r) == nil })
	c.Out.Map(len(rows))
	for _, r := range rows {
		h := c.Conn.Latency().Histogram(r)
		steps := h.Cumulative()
		c.Out.Bulk(r.FullName())
		c.Out.Map(2)
		c.number("calls", int(h.Total()))
		c.Out.Bulk("histogram_usec")
		c.Out.Map(len(steps))
		for _, s := range steps {
			c.Out.Int(s.Micros)
			c.Out.Int(s.Count)
		}
	}
	return nil
}

// latencyDoctor writes a report. What may help is what there is to do about nook, not about Redis.
func latencyDoctor(c *Call) error {
	monitor := c.Conn.Latency()
	events := monitor.Events()
	var b strings.Builder
	switch {
	case monitor.Threshold() == 0 && len(events) == 0:
		b.WriteString("Spikes are not watched: latency-monitor-threshold is 0. CONFIG SET it to the milliseconds from which on a command is too slow.\n")
	case len(events) == 0:
		b.WriteString("No command has taken as long as latency-monitor-threshold says.\n")
	}
	for _, name := range sortedNames(events) {
		series := events[name]
		s := series.Summary(c.DB.Now())
		b.WriteString(name + ": " + decimal(s.Count) + " spikes, " + decimal(s.Mean) + " ms on average (mean deviation " +
			decimal(s.Deviation) + " ms), one every " + decimal(s.Period/time.Second) + " s, the longest " + decimal(s.Worst) + " ms.\n")
	}
	if len(events) > 0 {
		b.WriteString("SLOWLOG GET tells which commands were slow. Large values that are read or deleted whole, scripts, and commands " +
			"that look at all keys take the longest, and others wait for the keys that they hold.\n")
	}
	c.Out.Verbatim("txt", b.String())
	return nil
}

package server

import (
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// tickingClock goes on by a step whenever it is looked at.
type tickingClock struct {
	*nook.ManualClock
	looked atomic.Int64
	step   time.Duration
}

func (c *tickingClock) Now() time.Time {
	return c.ManualClock.Now().Add(time.Duration(c.looked.Add(1)) * c.step)
}

func ticking(step time.Duration) *nook.Options {
	return &nook.Options{Clock: &tickingClock{ManualClock: nook.NewManualClock(time.Time{}), step: step}}
}

// TestSlowLog has a clock by which whatever may take long does.
func TestSlowLog(t *testing.T) {
	h := start(t, ticking(10*time.Millisecond), nil)
	got := chat(t, h.pipe(), "CLIENT SETNAME me", "SET k v", "KEYS x", "SLOWLOG LEN", "EVAL \"return redis.call('KEYS', 'y')\" 0",
		"MULTI", "KEYS z", "GET k", "EXEC", "SLOWLOG LEN")
	require.Equal(t, ":1", got[3])
	require.Equal(t, ":4", got[len(got)-1], "KEYS, that of the script, the script and that of the transaction")
	c := h.client()
	log := c.Do("SLOWLOG", "GET").Elems
	var lines []string
	for _, e := range log {
		require.GreaterOrEqual(t, e.Elems[2].Int, int64(10_000))
		lines = append(lines, strconv.FormatInt(e.Elems[0].Int, 10)+" "+e.Elems[3].Elems[0].Str+" "+e.Elems[4].Str+" "+e.Elems[5].Str)
	}
	require.Equal(t, []string{"3 KEYS pipe me", "2 EVAL pipe me", "1 KEYS ?:0 ", "0 KEYS pipe me"}, lines)

	require.Equal(t, "OK", c.Do("CONFIG", "SET", "slowlog-log-slower-than", "-1").Str)
	c.Do("KEYS", "x")
	require.EqualValues(t, 5, c.Do("SLOWLOG", "LEN").Int, "and SLOWLOG GET")
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "slowlog-log-slower-than", "500", "slowlog-max-len", "2").Str)
	c.Do("SET", "fast", "too")
	log = c.Do("SLOWLOG", "GET").Elems
	require.Len(t, log, 2)
	require.Equal(t, "SET", log[0].Elems[3].Elems[0].Str)
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "slowlog-log-slower-than", "-1", "slowlog-max-len", "1").Str)
	require.EqualValues(t, 1, c.Do("SLOWLOG", "LEN").Int, "others are forgotten at once")
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "slowlog-max-len", "0").Str)
	require.Zero(t, c.Do("SLOWLOG", "LEN").Int)
}

func TestSpikes(t *testing.T) {
	h := start(t, ticking(30*time.Millisecond), nil)
	c := h.client()
	require.Contains(t, c.Do("LATENCY", "DOCTOR").Str, "latency-monitor-threshold is 0")
	c.Do("CONFIG", "SET", "latency-monitor-threshold", "100000")
	require.Contains(t, c.Do("LATENCY", "DOCTOR").Str, "No command")
	c.Do("CONFIG", "SET", "latency-monitor-threshold", "20")
	c.Do("KEYS", "*")
	c.Do("GET", "k")
	latest := c.Do("LATENCY", "LATEST").Elems
	require.Len(t, latest, 2)
	require.Equal(t, "command", latest[0].Elems[0].Str)
	require.Equal(t, "fast-command", latest[1].Elems[0].Str)
	require.GreaterOrEqual(t, latest[1].Elems[2].Int, int64(30))
	require.NotEmpty(t, c.Do("LATENCY", "HISTORY", "fast-command").Elems)
	require.True(t, strings.HasPrefix(c.Do("LATENCY", "GRAPH", "command").Str, "command - high "))
	require.Contains(t, c.Do("LATENCY", "DOCTOR").Str, "fast-command: 1 spikes, ")
	c.Do("CONFIG", "SET", "latency-monitor-threshold", "0")
	require.EqualValues(t, 1, c.Do("LATENCY", "RESET", "nosuch", "command").Int)
	require.EqualValues(t, 1, c.Do("LATENCY", "RESET").Int)
	require.Empty(t, c.Do("LATENCY", "LATEST").Elems)
}

func TestLatencyTracking(t *testing.T) {
	h := start(t, ticking(time.Microsecond), nil)
	c := h.client()
	for range 3 {
		c.Do("GET", "k")
	}
	got := c.Do("LATENCY", "HISTOGRAM", "get")
	require.Equal(t, `["get" ["calls" :3 "histogram_usec" [:1 :3]]]`, brief(got))
	c.Do("CONFIG", "SET", "latency-tracking", "no")
	c.Do("GET", "k")
	c.Do("SET", "k", "v")
	require.Equal(t, brief(got), brief(c.Do("LATENCY", "HISTOGRAM", "get", "set")))
	c.Do("CONFIG", "RESETSTAT")
	require.Equal(t, "[]", brief(c.Do("LATENCY", "HISTOGRAM")))
}

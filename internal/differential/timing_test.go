package differential

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/latency"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// TestSlowLog has both sides log every command, and compares what they log of them.
func TestSlowLog(t *testing.T) {
	c := newCommandInfo(t, versusOwn(t), 2)
	many := slices.Repeat([]string{"v"}, 40)
	for _, conn := range []*redistest.Conn{c.redis, c.nook} {
		conn.Do("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "40")
		require.Equal(t, "OK", conn.Do("SLOWLOG", "RESET").Str)
	}
	for _, call := range []command{
		{"CLIENT", "SETNAME", "me"}, {"SET", "k", strings.Repeat("x", 129)}, {"SET", "k", strings.Repeat("x", 128)},
		append(command{"RPUSH", "l"}, many[:30]...), append(command{"RPUSH", "l"}, many[:31]...), append(command{"RPUSH", "l"}, many...),
		{"GET"}, {"nosuch"}, {"LPUSH", "k", "x"}, {"MULTI"}, {"SET", "a", "1"}, {"GET", "k"}, {"GET", "a"}, {"EXEC"},
		{"MULTI"}, {"SET", "a", "1"}, {"DISCARD"}, {"EVAL", "redis.call('SET', KEYS[1], 'x') return redis.call('GET', KEYS[1])", "1", "s"},
		{"AUTH", "nobody", "secret"}, {"HELLO", "2", "AUTH", "nobody", "secret"}, {"CONFIG", "SET", "Lfu-Log-Factor", "10"},
		{"client", "ID"}, {"SLOWLOG", "LEN"},
	} {
		noteAnswered(call)
		c.redis.Do(call...)
		c.nook.Do(call...)
	}
	for _, count := range []string{"-1", "3", "0", "100"} {
		redis, nook := c.redis.Do("SLOWLOG", "GET", count), c.nook.Do("SLOWLOG", "GET", count)
		noteAnswered(command{"SLOWLOG", "GET"})
		require.Equal(t, slowEntries(redis), slowEntries(nook))
	}
	require.Len(t, c.nook.Do("SLOWLOG", "GET").Elems, 10)
	noteAnswered(command{"SLOWLOG", "RESET"})
	for _, args := range []string{"GET x", "GET -2", "GET 1 2", "LEN x", "RESET x", "GET 0x1", "NOSUCH"} {
		call := append([]string{"SLOWLOG"}, strings.Fields(args)...)
		require.Equal(t, c.redis.Do(call...), c.nook.Do(call...), args)
	}
	for _, conn := range []*redistest.Conn{c.redis, c.nook} {
		conn.Do("CONFIG", "SET", "slowlog-max-len", "2")
	}
	require.Equal(t, c.redis.Do("SLOWLOG", "LEN"), c.nook.Do("SLOWLOG", "LEN"))
}

// slowEntries returns what can be compared of the entries: numbers, arguments, whether the client is known, its name.
func slowEntries(r resp.Reply) (list []string) {
	for _, e := range r.Elems {
		words := []string{strconv.FormatInt(e.Elems[0].Int, 10)}
		for _, arg := range e.Elems[3].Elems {
			words = append(words, arg.Str)
		}
		list = append(list, strings.Join(append(words, strconv.FormatBool(e.Elems[4].Str == "?:0"), e.Elems[5].Str), " "))
	}
	return list
}

// TestLatency compares replies about what never was slow, and the shape of those about what was called.
func TestLatency(t *testing.T) {
	for _, version := range []int{2, 3} {
		c := newCommandInfo(t, versusOwn(t), version)
		for _, call := range []string{
			"LATENCY LATEST", "LATENCY HISTORY command", "LATENCY HISTORY nosuch", "LATENCY GRAPH command", "LATENCY RESET", "LATENCY RESET a b",
			"LATENCY HISTOGRAM nosuch", "LATENCY HISTOGRAM get nosuch config", "LATENCY LATEST x", "LATENCY HISTORY", "LATENCY NOSUCH",
			"LATENCY HISTOGRAM client|nosuch",
		} {
			noteAnswered(strings.Fields(call))
			require.Equal(t, c.redis.Do(strings.Fields(call)...), c.nook.Do(strings.Fields(call)...), call)
		}
		for _, conn := range []*redistest.Conn{c.redis, c.nook} {
			conn.Do("SET", "a", "1")
			conn.Do("CLIENT", "ID")
		}
		redis, nook := c.redis.Do("LATENCY", "HISTOGRAM", "SET", "client", "get"), c.nook.Do("LATENCY", "HISTOGRAM", "SET", "client", "get")
		require.Equal(t, redis.Kind, nook.Kind)
		a, b := pairs(redis), pairs(nook)
		for _, name := range []string{"set", "client|id"} {
			x, y := pairs(a[name]), pairs(b[name])
			require.Equal(t, x["calls"], y["calls"], name)
			require.Equal(t, x["histogram_usec"].Kind, y["histogram_usec"].Kind)
			require.Equal(t, x["histogram_usec"].Elems[1], y["histogram_usec"].Elems[1])
		}
		require.Len(t, b, 2)
		require.Equal(t, c.redis.Do("LATENCY", "DOCTOR").Kind, c.nook.Do("LATENCY", "DOCTOR").Kind)
		noteRow("LATENCY DOCTOR")
		noteRow("LATENCY GRAPH")
	}
}

// TestLatencyGraph draws the spikes of a real server.
func TestLatencyGraph(t *testing.T) {
	c := redistest.Start(t, "--enable-debug-command", "yes").Dial(t)
	c.Do("CONFIG", "SET", "latency-monitor-threshold", "1")
	for _, s := range []string{"0.04", "0.96", "0.5"} {
		c.Do("DEBUG", "SLEEP", s)
	}
	for {
		var s latency.Series
		for _, e := range c.Do("LATENCY", "HISTORY", "command").Elems {
			s.Add(time.Unix(e.Elems[0].Int, 0), e.Elems[1].Int)
		}
		before := c.Do("TIME").Elems[0].Str
		graph := c.Do("LATENCY", "GRAPH", "command").Str
		now := c.Do("TIME").Elems[0].Str
		if now != before {
			continue // the second has ended in between
		}
		seconds, err := strconv.ParseInt(now, 10, 64)
		require.NoError(t, err)
		require.Equal(t, worst.ReplaceAllString(graph, ""), worst.ReplaceAllString(s.Graph("command", time.Unix(seconds, 0)), ""))
		return
	}
}

// worst is what a graph says of spikes that may be forgotten.
var worst = regexp.MustCompile(` \(all time high \d+ ms\)`)

// TestLatencyHistogram shows that the bounds of the steps are those of a real server.
func TestLatencyHistogram(t *testing.T) {
	c := redistest.Shared(t).Dial(t)
	c.Do("INFO")
	var h latency.Histogram
	for d := time.Duration(1); d < time.Second; d *= 2 {
		h.Add(d, 1)
	}
	h.Add(time.Second, 1)
	known := map[int64]bool{}
	for _, step := range h.Cumulative() {
		known[step.Micros] = true
	}
	for _, distribution := range pairs(c.Do("LATENCY", "HISTOGRAM")) {
		steps := pairs(distribution)["histogram_usec"].Elems
		for i := 0; i < len(steps); i += 2 {
			require.True(t, known[steps[i].Int], "%d of %v", steps[i].Int, known)
		}
	}
}

package nooktest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
)

// TestRunsAreTheSame shows that the seed and the time are all that a run depends on: what is drawn, evicted, scanned and generated.
func TestRunsAreTheSame(t *testing.T) {
	t.Setenv(nooktest.TimeEnv, "2026-01-02T03:04:05Z")
	run := func(seed uint64) (said string) {
		s := nooktest.RunWith(t, nooktest.Options{
			Seed:  seed,
			Store: nook.Options{MaxMemory: 300_000, MaxMemoryPolicy: nook.AllKeysLFU},
		})
		s.Inject(nooktest.Fault{Command: "HSET", Probability: 0.3, Effect: nooktest.FailWith("ERR struck")})
		c := dial(t, s)
		for i := range 400 {
			c.Do("SET", fmt.Sprint("key:", i), strings.Repeat("v", 1000))
			c.Do("SADD", "set", fmt.Sprint(i), "a", "b")
			c.Do("HSET", "hash", fmt.Sprint(i), "v")
			c.Do("ZADD", "zset", "0", fmt.Sprint(i))
		}
		for range 20 {
			c.Do("RANDOMKEY")
			c.Do("SPOP", "set", "2")
			c.Do("SRANDMEMBER", "set", "-3")
			c.Do("HRANDFIELD", "hash", "2")
			c.Do("ZRANDMEMBER", "zset")
			c.Do("XADD", "stream", "*", "f", "v")
		}
		c.Do("SCAN", "0", "COUNT", "1000")
		c.Do("HGETALL", "hash")
		c.Do("EVAL", "return {math.random(), redis.call('TIME')}", "0")
		for _, command := range s.Commands() {
			said += command.String() + " -> " + command.Reply() + "\n"
		}
		return said
	}
	first := run(1)
	require.Equal(t, first, run(1))
	require.NotEqual(t, first, run(2))
}

// A snapshot that was restored makes the server go on as it had, also for what asks for its time.
func TestFiguresAfterRestore(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	ready := s.Snapshot()
	for _, look := range [][]string{{"INFO", "everything"}, {"CLIENT", "LIST"}, {"CLIENT", "INFO"}} {
		c.Do("SET", "k", "v")
		before := negative(c.Do(look...).Str)
		s.Advance(3 * time.Hour)
		late := dial(t, s)
		late.Do("SET", "k", "v", "EX", "10")
		ready.Restore()
		for _, on := range []*redistest.Conn{c, late} {
			require.Equal(t, before, negative(on.Do(look...).Str), look)
		}
	}
}

// negative returns the names of figures that are negative: of those where there is nothing to tell.
func negative(text string) []string {
	names := map[string]bool{}
	for _, word := range strings.Fields(text) {
		name, value, ok := strings.Cut(strings.ReplaceAll(word, "=", ":"), ":")
		if ok && strings.HasPrefix(value, "-") {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

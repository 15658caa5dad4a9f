package differential

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// TestDebug compares DEBUG where its replies do not depend on how a server is made.
func TestDebug(t *testing.T) {
	for _, version := range []int{2, 3} {
		r := begin(t, versusOwn(t), version)
		var steps sequence
		for line := range strings.Lines(`
			DEBUG
			DEBUG NOSUCH
			DEBUG DIGEST x
			DEBUG OBJECT
			DEBUG OBJECT nosuch
			DEBUG SLEEP
			DEBUG SLEEP 0
			DEBUG SLEEP -1
			DEBUG sleep x
			DEBUG SET-ACTIVE-EXPIRE 0
			DEBUG SET-ACTIVE-EXPIRE 1
			DEBUG SET-ACTIVE-EXPIRE
			DEBUG QUICKLIST-PACKED-THRESHOLD 100
			DEBUG QUICKLIST-PACKED-THRESHOLD 100b
			DEBUG QUICKLIST-PACKED-THRESHOLD 5gb
			DEBUG QUICKLIST-PACKED-THRESHOLD 1
			DEBUG QUICKLIST-PACKED-THRESHOLD -1
			DEBUG QUICKLIST-PACKED-THRESHOLD x
			DEBUG QUICKLIST-PACKED-THRESHOLD 0
			DEBUG CHANGE-REPL-ID
			DEBUG CHANGE-REPL-ID x
			DEBUG STRINGMATCH-TEST
			DEBUG ERROR ERR
			DEBUG ERROR WRONG\ntext
			DEBUG ERROR
			DEBUG LOG text
			DEBUG LEAK text
			DEBUG LEAK
			DEBUG REPLICATE
			DEBUG PAUSE-CRON 0
			DEBUG AOF-FLUSH-SLEEP 0
			DEBUG CLIENT-EVICTION
			DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER
			DEBUG REPLYBUFFER PEAK-RESET-TIME 100
			DEBUG REPLYBUFFER PEAK-RESET-TIME x
			DEBUG REPLYBUFFER peak-reset-time RESET
			DEBUG REPLYBUFFER RESIZING 1
			DEBUG REPLYBUFFER RESIZING
			DEBUG REPLYBUFFER x y
			DEBUG DROP-CLUSTER-PACKET-FILTER -1
			DEBUG SET-SKIP-CHECKSUM-VALIDATION 0
			DEBUG PROTOCOL string
			DEBUG PROTOCOL INTEGER
			DEBUG PROTOCOL double
			DEBUG PROTOCOL bignum
			DEBUG PROTOCOL null
			DEBUG PROTOCOL array
			DEBUG PROTOCOL set
			DEBUG PROTOCOL map
			DEBUG PROTOCOL verbatim
			DEBUG PROTOCOL true
			DEBUG PROTOCOL false
			DEBUG PROTOCOL nosuch
			DEBUG POPULATE x
			DEBUG POPULATE -1
			DEBUG POPULATE 3 p -1
			DEBUG POPULATE 3 a b c d
			DEBUG POPULATE 3
			SET q:1 old
			DEBUG POPULATE 3 q 3
			DEBUG POPULATE 3 r 10
			DEBUG HTSTATS 1
			DEBUG HTSTATS 16
			DEBUG HTSTATS x
			DEBUG HTSTATS-KEY nosuch
			DEBUG HTSTATS-KEY q:1
			DEBUG LISTPACK nosuch
			DEBUG LISTPACK q:1
			DEBUG QUICKLIST q:1
			DEBUG SDSLEN nosuch
			SET int 12
			DEBUG SDSLEN int
			HSET hash f v
			DEBUG LISTPACK hash
			RPUSH list a b
			DEBUG QUICKLIST list
			DEBUG QUICKLIST list 1
			DEBUG DIGEST
			DEBUG DIGEST-VALUE
			DEBUG DIGEST-VALUE nosuch int hash list q:1 r:2 key:0
			MULTI
			DEBUG DIGEST-VALUE int
			DEBUG DIGEST
			EXEC
			SELECT 3
			DEBUG DIGEST-VALUE int
			SET int 12 EX 1000
			DEBUG DIGEST-VALUE int
			DEBUG DIGEST
			MEMORY USAGE
			MEMORY USAGE nosuch
			MEMORY USAGE nosuch SAMPLES 0
			MEMORY USAGE nosuch SAMPLES -1
			MEMORY USAGE nosuch SAMPLES x
			MEMORY USAGE nosuch SAMPLES
			MEMORY USAGE nosuch x 1
			MEMORY PURGE
			MEMORY STATS x
			MEMORY NOSUCH
		`) {
			if args := strings.Fields(strings.ReplaceAll(line, `\n`, "\n")); len(args) > 0 {
				steps = append(steps, one(args...))
			}
		}
		require.True(t, r.steps(steps), "%s", &r.log)
		r.close()
	}
}

// TestDigest has values of all types in all their encodings.
func TestDigest(t *testing.T) {
	c := newCommandInfo(t, versus(t), 3)
	for line := range strings.Lines(`
		SET s text
		SET i 12345
		APPEND s more
		RPUSH l a b 1 2
		SADD ints 3 1 2
		SADD set a b 1
		HSET hash a 1 b 2
		ZADD zset 1 a 1.5 b -inf c 1e300 d 100000000000000000000 e 3.0000000000000004 f
		XADD stream 1-1 a b c d
		XADD stream 2-1 a b c e
		XGROUP CREATE stream g 0
		PFADD hll a b c
		GEOADD geo 13.361389 38.115556 p
	`) {
		for _, conn := range []*redistest.Conn{c.redis, c.nook} {
			if args := strings.Fields(line); len(args) > 0 {
				require.NotEqual(t, resp.KindError, conn.Do(args...).Kind, line)
			}
		}
	}
	long := strings.Repeat("x", 100)
	for _, args := range []string{"RPUSH l ", "SADD set ", "HSET hash f ", "ZADD zset 7 ", "SADD ints ", "APPEND s "} {
		keys := []string{"DEBUG", "DIGEST-VALUE", "s", "i", "l", "ints", "set", "hash", "zset", "stream", "hll", "geo", "nosuch"}
		require.Equal(t, c.redis.Do(keys...), c.nook.Do(keys...))
		require.Equal(t, c.redis.Do("DEBUG", "DIGEST"), c.nook.Do("DEBUG", "DIGEST"))
		call := strings.Fields(args + long)
		c.redis.Do(call...)
		c.nook.Do(call...)
	}
	require.Equal(t, c.redis.Do("DEBUG", "DIGEST"), c.nook.Do("DEBUG", "DIGEST"))
}

// TestMemoryStats compares the names of figures and their types.
func TestMemoryStats(t *testing.T) {
	for _, version := range []int{2, 3} {
		c := newCommandInfo(t, versus(t), version)
		var names [2][]string
		for i, conn := range []*redistest.Conn{c.redis, c.nook} {
			conn.Do("SET", "k", "v")
			conn.Do("SELECT", "2")
			conn.Do("SET", "k", "v", "EX", "100")
			stats := conn.Do("MEMORY", "STATS")
			for n, e := range stats.Elems {
				if n%2 == 0 {
					names[i] = append(names[i], e.Str)
				} else {
					names[i] = append(names[i], string(e.Kind))
				}
			}
			require.Positive(t, conn.Do("MEMORY", "USAGE", "k").Int)
			require.NotEmpty(t, conn.Do("MEMORY", "DOCTOR").Str)
			require.NotEmpty(t, conn.Do("MEMORY", "MALLOC-STATS").Str)
		}
		require.Equal(t, names[0], names[1])
		for _, word := range []string{"STATS", "USAGE", "DOCTOR", "MALLOC-STATS", "PURGE"} {
			noteRow("MEMORY " + word)
		}
	}
	noteRow("DEBUG")
}

// TestDebugDenied has servers that nobody has told otherwise.
func TestDebugDenied(t *testing.T) {
	sides := [2]side{redisSide{server: redistest.Start(t, "--enable-debug-command", "no")}, nookSide{noDebug: true}}
	log := run(t, sides, 3, sequence{
		one("DEBUG", "SLEEP", "0"), one("DEBUG", "HELP"), one("DEBUG"), one("CONFIG", "GET", "enable-debug-command"),
		one("MULTI"), one("DEBUG", "DIGEST"), one("EXEC"),
	})
	require.True(t, log.agree(), log.String())
}

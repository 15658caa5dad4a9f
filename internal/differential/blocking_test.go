package differential

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// A contest is what several connections wait for, one after the other, and what
// then is done. "|" parts the commands of a pipeline.
type contest struct {
	before  string
	waiting []string
	then    []string
}

var contests = []contest{
	{"", []string{"BLPOP a 0"}, []string{"RPUSH a 1 2"}},
	{"", []string{"BRPOP x a 0", "BLPOP a y 0"}, []string{"RPUSH a 1 2 3"}},
	{"", []string{"BLPOP a b 0"}, []string{"MULTI", "RPUSH b 1", "RPUSH a 2", "EXEC"}},
	{"", []string{"BLPOP a 0"}, []string{"MULTI", "RPUSH a 1", "DEL a", "EXEC", "RPUSH a 2"}},
	{"", []string{"BLPOP a 0"}, []string{"SET a x", "DEL a", "LPUSH a 1"}},
	{"", []string{"BLPOP a 0"}, []string{"RPUSH b 1 2", "RENAME b a"}},
	{"", []string{"BLPOP a 0"}, []string{"RPUSH b 1 2", "COPY b a"}},
	{"", []string{"BLPOP a 0"}, []string{"RPUSH b 1 2", "LMOVE b a LEFT LEFT"}},
	{"", []string{"BLMOVE a b LEFT RIGHT 0"}, []string{"RPUSH a 1 2"}},
	{"", []string{"BRPOPLPUSH a b 0", "BLPOP b 0"}, []string{"RPUSH a 1 2"}},
	{"", []string{"BRPOPLPUSH a a 0"}, []string{"RPUSH a 1 2"}},
	{"SET s x", []string{"BRPOPLPUSH a s 0"}, []string{"RPUSH a 1 2"}},
	{"", []string{"BLMPOP 0 2 a b LEFT COUNT 5", "BLMPOP 0 1 b RIGHT"}, []string{"RPUSH b 1 2 3", "RPUSH b 4"}},
	{"", []string{"BLPOP a 0 | PING | LLEN a"}, []string{"RPUSH a 1 2"}},
	{"", []string{"BLPOP a 0 | BLPOP b 0"}, []string{"RPUSH a 1 2", "RPUSH b 1 2"}},
	{"", []string{"BLPOP a 0"}, []string{"LINSERT a BEFORE 1 2", "LPUSHX a 1", "RPUSH a 1"}},
	{"", []string{"BZPOPMIN a 0", "BZPOPMAX a 0"}, []string{"ZADD a 1 x 2 y 3 z"}},
	{"", []string{"BLPOP a 0", "BRPOP a 0"}, []string{"EVAL return(redis.call('RPUSH','a','1','2','3')) 0"}},
	{"", []string{"BLPOP a 0"}, []string{"EVAL redis.call('RPUSH','a','1')redis.call('DEL','a') 0", "EVAL return(redis.call('RPUSH',KEYS[1],'2')) 1 a"}},
	{"", []string{"BLPOP a b 0"}, []string{"EVAL redis.call('RPUSH','b','1')redis.call('RPUSH','a','2')return(redis.call('LLEN','a')) 0"}},
	{"", []string{"BLMOVE a b LEFT RIGHT 0", "BLPOP b 0"}, []string{"MULTI", "EVAL redis.call('RPUSH','a','1')return(redis.call('LPOP','a')) 0", "RPUSH a 2", "EXEC"}},
	{"", []string{"BZPOPMIN a 0", "XREAD BLOCK 0 STREAMS b $"}, []string{"EVAL redis.call('ZADD','a','1','x')redis.call('XADD','b','1-1','f','v')redis.call('XADD','b','1-2','f','v') 0"}},
	{"RPUSH b x", []string{"BLPOP a 0"}, []string{"EVAL return({redis.call('BLPOP','b','0'),redis.call('BLPOP','a','0'),redis.call('BLMOVE','a','b','LEFT','LEFT','0')}) 0", "RPUSH a 1"}},
	{"", []string{"BZMPOP 0 2 a b MAX COUNT 2", "BZPOPMIN b 0"}, []string{"ZADD b 1 x 2 y 3 z"}},
	{"", []string{"BZPOPMIN a 0"}, []string{"SET a x", "DEL a", "RPUSH a x", "DEL a", "ZINCRBY a 1 x"}},
	{"ZADD b 1 x 2 y", []string{"BZPOPMAX a 0"}, []string{"ZUNIONSTORE a 1 b"}},
	{"ZADD b 1 x 2 y", []string{"BZPOPMAX a 0 | PING"}, []string{"ZRANGESTORE a b 0 -1"}},
	{"", []string{"BLPOP a 0", "BZPOPMIN a 0"}, []string{"ZADD a 1 x", "RPUSH a 1"}},
	{"", []string{"XREAD BLOCK 0 STREAMS a $", "XREAD COUNT 1 BLOCK 0 STREAMS b a 0 0"}, []string{"XADD a 1 f v", "XADD a 2 f v"}},
	{"XADD a 5 f v", []string{"XREAD BLOCK 0 STREAMS a b $ $", "XREAD BLOCK 0 STREAMS a 7"}, []string{"XADD a 6 f v", "XADD a 9 f v"}},
	{"", []string{"XREAD BLOCK 0 STREAMS a b 0 0"}, []string{"MULTI", "XADD b 1 f v", "XADD a 1 f v", "XADD b 2 f v", "EXEC"}},
	{"", []string{"XREAD BLOCK 0 STREAMS a 0"}, []string{"SET a x", "DEL a", "XADD b 1 f v", "XADD b 2 f v", "XDEL b 1", "RENAME b a"}},
	{"XADD a 5 f v", []string{"XREAD BLOCK 0 STREAMS a a 5 7 | PING"}, []string{"XADD a 6 f v"}},
	{"XADD a 5 f v", []string{"XREAD BLOCK 0 STREAMS a $"}, []string{"DEL a", "XADD a 3 f v", "XADD a 6 f v"}},
	{"XADD a 5 f v", []string{"XREAD BLOCK 0 STREAMS a $"}, []string{"XDEL a 5", "XTRIM a MAXLEN 0", "XSETID a 7", "XADD a 8 f v"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >", "XREADGROUP GROUP g d COUNT 1 BLOCK 0 STREAMS a >"}, []string{"XADD a 1 f v", "XADD a 2 f v", "XPENDING a g"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >", "XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"MULTI", "XADD a 1 f v", "XADD a 2 f v", "EXEC", "XGROUP DESTROY a g"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c NOACK COUNT 1 BLOCK 0 STREAMS a >", "XREAD BLOCK 0 STREAMS a $"}, []string{"XADD a 1 f v", "XPENDING a g"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a a > > | PING"}, []string{"XGROUP SETID a g 0", "XADD a 1 f v"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >", "XREAD BLOCK 0 STREAMS a $"}, []string{"DEL a", "RPUSH a x", "DEL a", "XADD a 1 f v"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"SET a x"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"RPUSH b x", "RENAME b a"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"FLUSHALL"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"FLUSHDB"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"RENAME a b"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"MOVE a 1"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"SWAPDB 0 1"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"PEXPIRE a -1"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"MULTI", "SWAPDB 0 1", "EXEC"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"XGROUP DESTROY a g"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"XADD b 1 f v", "RENAME b a"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"XADD b 1 f v", "XGROUP CREATE b g 0", "COPY b a REPLACE"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"XADD b 1 f v", "XGROUP CREATE b g 1", "RENAME b a", "XADD a 2 f v"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"MULTI", "DEL a", "SET a x", "DEL a", "XADD a 1 f v", "XGROUP CREATE a g 0", "EXEC"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"MULTI", "DEL a", "XADD a 1 f v", "EXEC"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"MULTI", "XADD a 1 f v", "XREADGROUP GROUP g d STREAMS a >", "EXEC", "XADD a 2 f v"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"XADD a 1 f v", "XINFO GROUPS a", "XREADGROUP GROUP g c STREAMS a 0"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"XGROUP DELCONSUMER a g c", "XGROUP CREATECONSUMER a g d", "XSETID a 5", "XADD a 6 f v", "XCLAIM a g e 0 6 JUSTID"}},
	{"XGROUP CREATE a g $ MKSTREAM", []string{"XREADGROUP GROUP g c BLOCK 0 STREAMS a > | XREADGROUP GROUP g c BLOCK 0 STREAMS a >"}, []string{"XADD a 1 f v", "XADD a 2 f v"}},
}

// TestBlocking has connections wait on both sides, and compares what they get and which events that makes.
func TestBlocking(t *testing.T) {
	sides := [2]listenedSide{newListenedRedis(t), newListenedNook()}
	for _, c := range contests {
		for _, version := range []int{2, 3} {
			require.Equal(t, c.run(t, sides[0], version), c.run(t, sides[1], version), "%+v", c)
		}
	}
}

// run returns the replies to all of the contest, those to the waiting last, and then the
// events.
func (c contest) run(t *testing.T, s listenedSide, version int) (replies []resp.Reply) {
	instance := s.begin(t)
	defer instance.close()
	ear := s.listen(t)
	defer ear.close()
	dial := func() *redistest.Conn {
		conn := redistest.NewConn(t, instance.dial(t))
		t.Cleanup(func() { _ = conn.Close() })
		conn.Hello(version)
		return conn
	}
	active := dial()
	if c.before != "" {
		active.Do(strings.Fields(c.before)...)
	}
	var conns []*redistest.Conn
	for i, line := range c.waiting {
		conn := dial()
		conns = append(conns, conn)
		for part := range strings.SplitSeq(line, " | ") {
			conn.Send(strings.Fields(part)...)
			noteAnswered(strings.Fields(part))
		}
		conn.Flush()
		for blocked(active) <= i {
			active.Do("PING")
		}
	}
	for _, line := range c.then {
		replies = append(replies, active.Do(strings.Fields(line)...))
	}
	for i, conn := range conns {
		for range strings.Split(c.waiting[i], " | ") {
			r, err := conn.Receive()
			require.NoError(t, err, "%+v", c)
			replies = append(replies, r)
		}
	}
	for _, event := range ear.hear(t) {
		replies = append(replies, resp.Reply{Kind: resp.KindBulk, Str: event})
	}
	return append(replies, active.Do("LRANGE", "a", "0", "-1"), active.Do("LRANGE", "b", "0", "-1"))
}

// blocked returns how many connections wait.
func blocked(c *redistest.Conn) int {
	_, after, _ := strings.Cut(c.Do("INFO", "clients").Str, "blocked_clients:")
	return int(after[0] - '0')
}

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
	{"", []string{"BZMPOP 0 2 a b MAX COUNT 2", "BZPOPMIN b 0"}, []string{"ZADD b 1 x 2 y 3 z"}},
	{"", []string{"BZPOPMIN a 0"}, []string{"SET a x", "DEL a", "RPUSH a x", "DEL a", "ZINCRBY a 1 x"}},
	{"ZADD b 1 x 2 y", []string{"BZPOPMAX a 0"}, []string{"ZUNIONSTORE a 1 b"}},
	{"ZADD b 1 x 2 y", []string{"BZPOPMAX a 0 | PING"}, []string{"ZRANGESTORE a b 0 -1"}},
	{"", []string{"BLPOP a 0", "BZPOPMIN a 0"}, []string{"ZADD a 1 x", "RPUSH a 1"}},
}

// TestBlocking has connections wait on both sides, and compares what they get.
func TestBlocking(t *testing.T) {
	sides := versus(t)
	for _, c := range contests {
		for _, version := range []int{2, 3} {
			require.Equal(t, c.run(t, sides[0], version), c.run(t, sides[1], version), "%+v", c)
		}
	}
}

// run returns the replies to all of the contest, those to the waiting last.
func (c contest) run(t *testing.T, s side, version int) (replies []resp.Reply) {
	instance := s.begin(t)
	defer instance.close()
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
	return append(replies, active.Do("LRANGE", "a", "0", "-1"), active.Do("LRANGE", "b", "0", "-1"))
}

// blocked returns how many connections wait.
func blocked(c *redistest.Conn) int {
	_, after, _ := strings.Cut(c.Do("INFO", "clients").Str, "blocked_clients:")
	return int(after[0] - '0')
}

package differential

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReplication compares what servers without replicas and modules answer about them.
func TestReplication(t *testing.T) {
	for _, version := range []int{2, 3} {
		r := begin(t, versusOwn(t), version)
		var steps sequence
		for line := range strings.Lines(`
			ROLE
			ROLE x
			REPLICAOF NO ONE
			REPLICAOF localhost x
			REPLICAOF localhost -1
			REPLICAOF localhost 65536
			SLAVEOF no one
			REPLICAOF no two
			FAILOVER
			FAILOVER ABORT
			FAILOVER abort x
			FAILOVER x
			FAILOVER TO localhost 1
			FAILOVER TO localhost x
			FAILOVER TO localhost
			FAILOVER TIMEOUT 0
			FAILOVER TIMEOUT x
			FAILOVER TIMEOUT 1 TIMEOUT 1
			FAILOVER FORCE
			FAILOVER TO a 1 TIMEOUT 10 FORCE
			REPLCONF
			REPLCONF a
			REPLCONF listening-port 1 capa eof
			REPLCONF listening-port x
			REPLCONF nosuch 1
			WAIT 0 0
			WAIT 1 10
			WAIT x 0
			WAIT 0 x
			WAIT 0 -1
			WAIT -1 0
			WAIT 1
			MULTI
			WAIT 1 0
			EXEC
			MODULE LIST
			MODULE LIST x
			MODULE LOAD x
			MODULE UNLOAD x
			MODULE LOADEX x
			MODULE LOAD
			MODULE NOSUCH
			LOLWUT
			LOLWUT x
			LOLWUT VERSION 9 1 2 3
			LOLWUT VERSION x
			LOLWUT VERSION
		`) {
			if args := strings.Fields(line); len(args) > 0 {
				steps = append(steps, one(args...))
			}
		}
		require.True(t, r.steps(steps), "%s", &r.log)
		for _, call := range []string{"REPLICAOF localhost 1", "SLAVEOF localhost 1", "PSYNC ? -1", "SYNC"} {
			c := newCommandInfo(t, [2]side{versusOwn(t)[1], versusOwn(t)[1]}, version)
			require.True(t, strings.HasPrefix(c.nook.Do(strings.Fields(call)...).Str, "ERR the server "), call)
			noteRow(strings.Fields(call)[0])
		}
		r.close()
	}
	for _, name := range []string{"FAILOVER", "MODULE LOAD", "MODULE LOADEX", "MODULE UNLOAD"} {
		noteRow(name) // errors are the answers
	}
}

// TestLolwut looks at how pictures end.
func TestLolwut(t *testing.T) {
	c := newCommandInfo(t, versus(t), 3)
	for _, args := range []string{"VERSION 5", "VERSION 5 10 1 1", "VERSION 6", "VERSION 6 5 5", "version 5 -1"} {
		call := append([]string{"LOLWUT"}, strings.Fields(args)...)
		redis, nook := c.redis.Do(call...), c.nook.Do(call...)
		require.Equal(t, redis.Kind, nook.Kind)
		require.True(t, strings.HasSuffix(redis.Str, "Redis ver. 7.0.15\n"))
		require.True(t, strings.HasSuffix(nook.Str, "\nRedis ver. 7.0.15\n"))
	}
}

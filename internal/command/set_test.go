package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSetReplies(t *testing.T) {
	s := newTester(t)
	s.script(`
		SADD s 3 1 2 1 => :3
		SMEMBERS s => [$1 $2 $3]
		SADD s 2 => :0
		SCARD s => :3
		SISMEMBER s 2 => :1
		SISMEMBER s x => :0
		SMISMEMBER s 2 x => [:1 :0]
		SREM s 2 x => :1
		SMOVE s t 3 => :1
		SMOVE s t 3 => :0
		SINTER s t => []
		SUNION s t => [$1 $3]
		SDIFF s t => [$1]
		SUNIONSTORE u s t => :2
		SINTERSTORE v s u => :1
		SDIFFSTORE v u s => :1
		SMEMBERS v => [$3]
		SINTERCARD 2 u s LIMIT 5 => :1
		SRANDMEMBER v => $3
		SRANDMEMBER v 2 => [$3]
		SRANDMEMBER v -2 => [$3 $3]
		SSCAN u 0 => [$0 [$1 $3]]
		SPOP v => $3
		SPOP v => $nil
		SPOP v 1 => []
		SPOP u 5 => [$1 $3]
		EXISTS u v => :0
	`)
	s.proto = 3
	s.script(`
		SADD s 1 2 => :1
		SMEMBERS s => <$1 $2>
		SMEMBERS none => <>
		SINTER s s => <$1 $2>
		SUNION s none => <$1 $2>
		SDIFF s none => <$1 $2>
		SISMEMBER s 1 => :1
		SMISMEMBER s 1 => [:1]
		SRANDMEMBER s 5 => [$1 $2]
		SRANDMEMBER none => nil
		SSCAN s 0 => [$0 [$1 $2]]
		SPOP s 0 => <>
		SPOP s 2 => <$1 $2>
		SPOP s => nil
	`)
}

func TestSetErrors(t *testing.T) {
	newTester(t).script(`
		SET str v => +OK
		SADD str a => -WRONGTYPE Operation against a key holding the wrong kind of value
		SPOP str x => -ERR value is out of range, must be positive
		SPOP str -1 => -ERR value is out of range, must be positive
		SPOP str 1 2 => -ERR syntax error
		SRANDMEMBER str x => -ERR value is not an integer or out of range
		SRANDMEMBER str -9223372036854775808 => -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
		SRANDMEMBER str 1 2 => -ERR syntax error
		SINTERCARD 0 a => -ERR numkeys should be greater than 0
		SINTERCARD x a => -ERR numkeys should be greater than 0
		SINTERCARD 2 a => -ERR Number of keys can't be greater than number of args
		SINTERCARD 1 a LIMIT -1 => -ERR LIMIT can't be negative
		SINTERCARD 1 a LIMIT x => -ERR LIMIT can't be negative
		SINTERCARD 1 a LIMIT => -ERR syntax error
		SINTERCARD 1 str => -WRONGTYPE Operation against a key holding the wrong kind of value
		SSCAN str x => -ERR invalid cursor
		SSCAN str 0 COUNT x => -WRONGTYPE Operation against a key holding the wrong kind of value
		SSCAN none 0 COUNT x => [$0 []]
		SADD s a => :1
		SSCAN s 0 COUNT x => -ERR value is not an integer or out of range
		SSCAN s 0 COUNT x TYPE set => -ERR value is not an integer or out of range
		SSCAN s 0 TYPE set => -ERR syntax error
		SSCAN s 0 MATCH "" => [$0 []]
		SRANDMEMBER s -16777217 => -ERR value is out of range
	`)
}

// TestSscanPages scans a set that is too large for one page.
func TestSscanPages(t *testing.T) {
	s := newTester(t)
	args := []string{"SADD", "s"}
	for i := range 1000 {
		args = append(args, strings.Repeat("m", i%5)+string(rune('a'+i%26))+strings.Repeat("x", i/26))
	}
	require.Equal(t, ":1000", s.do(args...))
	seen, cursor := map[string]bool{}, "0"
	for {
		next, page, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(s.do("SSCAN", "s", cursor, "COUNT", "50"), "[$"), "]]"), " [")
		require.True(t, ok)
		for m := range strings.FieldsSeq(page) {
			require.False(t, seen[m], m)
			seen[m] = true
		}
		if cursor = next; cursor == "0" {
			break
		}
	}
	require.Len(t, seen, 1000)
}

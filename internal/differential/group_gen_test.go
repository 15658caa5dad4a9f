package differential

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/resp"
)

var groupForms = parseForms(`
	8* XADD {key} {newid} {field} {value}
	8* XGROUP CREATE {key} {group} (0|0|$|{entryid}) [MKSTREAM] [ENTRIESREAD {trimlen}]
	2* XGROUP SETID {key} {group} (0|$|{entryid}) [ENTRIESREAD {trimlen}]
	XGROUP DESTROY {key} {group}
	2* XGROUP CREATECONSUMER {key} {group} {consumer}
	2* XGROUP DELCONSUMER {key} {group} {consumer}
	XGROUP {junk} {key} {group} {consumer}
	14* XREADGROUP GROUP {group} {consumer} [COUNT {count}] [NOACK] STREAMS {key} >
	5* XREADGROUP GROUP {group} {consumer} [COUNT {count}] [NOACK] STREAMS {key} {groupid}
	3* XREADGROUP GROUP {group} {consumer} [COUNT {count}] [NOACK] STREAMS {key} {key} {groupid} {groupid}
	XREADGROUP [COUNT {count}] [NOACK] [GROUP {group} {consumer}] STREAMS {key} {groupid}
	6* XACK {key} {group} {entryid}+
	3* XPENDING {key} {group}
	4* XPENDING {key} {group} - + {count}
	4* XPENDING {key} {group} [IDLE {idle}] {rangeid} {rangeid} {count} [{consumer}]
	3* XCLAIM {key} {group} {consumer} {idle} {entryid}+
	5* XCLAIM {key} {group} {consumer} {idle} {entryid}+ [IDLE {idle}|TIME {claimtime}] [RETRYCOUNT {trimlen}] [FORCE] [JUSTID] [LASTID {entryid}]
	6* XAUTOCLAIM {key} {group} {consumer} {idle} {rangeid} [COUNT {count}] [JUSTID]
	3* XINFO GROUPS {key}
	3* XINFO CONSUMERS {key} {group}
	2* XINFO STREAM {key} FULL [COUNT {count}]
	4* XDEL {key} {entryid}+
	2* XTRIM {key} MAXLEN {trimlen}
	XTRIM {key} MINID {entryid}
	XSETID {key} (500|500-5|9999999999999) [ENTRIESADDED {trimlen}]
	COPY {key} {key} [REPLACE]
	RENAME {key} {key}
	EXPIRE {key} {secs}
	DEL {key}
`)

var groupChunks = []func(*rapid.T) []step{inTransaction(groupBlockingForms), inTransaction(groupForms), deliverAll}

// groupBlockingForms are only drawn within transactions, where nobody waits.
var groupBlockingForms = parseForms(`
	XADD {key} {newid} {field} {value}
	XGROUP CREATE {key} {group} 0
	XREADGROUP GROUP {group} {consumer} [NOACK] BLOCK {trimlen} STREAMS {key} {groupid}
	XREADGROUP GROUP {group} {consumer} [COUNT {count}] BLOCK 0 STREAMS {key} {key} {groupid} {groupid}
`)

// deliverAll draws a stream with a group of which much is pending.
func deliverAll(t *rapid.T) []step {
	key, group := pick(t, keys), pick(t, groupNames)
	all := []command{{"XGROUP", "CREATE", key, group, "0", "MKSTREAM"}}
	for range 3 + roll(t, 20) {
		all = append(all, command{"XADD", key, pick(t, []string{"1-*", "2-*", "3-*", "5-*"}), "f", "v"})
		if chance(t, 3) {
			all = append(all, command{"XREADGROUP", "GROUP", group, pick(t, consumerNames), "STREAMS", key, ">"})
		}
	}
	return []step{{commands: all}}
}

var (
	groupNames    = []string{"g", "g", "g", "g", "h", "", "a\x00b\n"}
	consumerNames = []string{"c", "c", "c", "d", "e", "", "\xff\x00"}

	groupIDs    = []string{">", ">", ">", "0", "0", "1", "1-1", "2", "2-1", "3-50", "9999999999999"}
	badGroupIDs = []string{"$", "+", "-", "x", "", "18446744073709551615-18446744073709551615", ">\x00", "1-*"}

	// No entry has been idle for half an hour, unless a command says so.
	idles    = []string{"0", "0", "0", "1800000", "3600000", "100000000"}
	badIdles = []string{"-1", "x", "", "9223372036854775807", "9223372036854775808", "-9223372036854775808"}

	claimTimes    = []string{"1", "1000000000000", "1577836800000", "99999999999999"}
	badClaimTimes = []string{"-1", "0", "x", "", "9223372036854775807", "-62135596800000"}
)

// sameGroups is sameEntries for replies with points in time, of which those of both servers are a little different.
func sameGroups(redis, nook resp.Reply) bool {
	if redis.Kind == resp.KindInt && nook.Kind == resp.KindInt {
		return near(redis.Int, nook.Int) && redis.Int > 1e11 || redis.Int == nook.Int
	}
	if len(redis.Elems) == 0 || len(redis.Elems) != len(nook.Elems) || redis.Kind != nook.Kind {
		return sameEntries(redis, nook)
	}
	for i := range redis.Elems {
		if !sameGroups(redis.Elems[i], nook.Elems[i]) {
			return false
		}
	}
	return true
}

// near reports whether numbers of milliseconds are about the same.
func near(a, b int64) bool { return max(a-b, b-a) <= 3000 }

// samePending compares the replies of XPENDING, which tell for how long entries have been idle.
func samePending(redis, nook resp.Reply) bool { return sameBut(redis, nook, 4, 2) }

// sameConsumers compares the replies of XINFO CONSUMERS, which tell for how long consumers have been idle.
func sameConsumers(redis, nook resp.Reply) bool { return sameBut(redis, nook, 6, 5) }

// sameBut compares lists of lists that have a time among so many elements.
func sameBut(redis, nook resp.Reply, count, time int) bool {
	if len(redis.Elems) != len(nook.Elems) {
		return false
	}
	for i := range redis.Elems {
		a, b := redis.Elems[i].Elems, nook.Elems[i].Elems
		if len(a) != count || len(b) != count || a[time].Kind != resp.KindInt || b[time].Kind != resp.KindInt {
			return sameGroups(redis, nook)
		}
		for j := range a {
			if j != time && !sameGroups(a[j], b[j]) || j == time && !near(a[j].Int, b[j].Int) {
				return false
			}
		}
	}
	return len(redis.Elems) > 0 || redis.Equal(nook)
}

func TestSameGroups(t *testing.T) {
	bulk := func(s string) resp.Reply { return resp.Reply{Kind: resp.KindBulk, Str: s} }
	integer := func(n int64) resp.Reply { return resp.Reply{Kind: resp.KindInt, Int: n} }
	array := func(elems ...resp.Reply) resp.Reply { return resp.Reply{Kind: resp.KindArray, Elems: elems} }
	pending := func(idle, count int64) resp.Reply {
		return array(array(bulk("1-1"), bulk("c"), integer(idle), integer(count)))
	}
	require.True(t, samePending(pending(5, 1), pending(10, 1)))
	require.False(t, samePending(pending(5, 1), pending(10, 2)))
	require.False(t, samePending(pending(5, 1), pending(5000, 1)))
	require.False(t, samePending(pending(5, 1), array()))
	require.False(t, samePending(array(integer(1), bulk("1-1")), array(integer(1), bulk("1-2"))))
	require.True(t, samePending(array(), array()))
	require.True(t, sameGroups(array(integer(1577836800000)), array(integer(1577836800005))))
	require.False(t, sameGroups(array(integer(1577836800000)), array(integer(1577836810000))))
	require.False(t, sameGroups(array(integer(5)), array(integer(6))))
}

package differential

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/resp"
)

var streamForms = parseForms(`
	12* XADD {key} {newid} ({field} {value})+
	3* XADD {key} {newid} f {value}
	3* XADD {key} {newid} {field} {big}
	XADD {key} NOMKSTREAM {newid} {field} {value}
	4* XADD {key} (MAXLEN|MAXLEN =|MAXLEN ~) {trimlen} [LIMIT {count}] {newid} {field} {value}
	2* XADD {key} [NOMKSTREAM] (MINID|MINID =|MINID ~) {entryid} [LIMIT {count}] {newid} {field} {value}
	2* XADD {key} [NOMKSTREAM] [MAXLEN {trimlen}|MINID {entryid}] [LIMIT {count}] {newid} {field} {value}
	XADD {key} {entryid} {field} {value}
	XADD {key} {newid} {field} {value} {field}
	XLEN {key}
	2* XRANGE {key} - +
	4* XRANGE {key} {rangeid} {rangeid} [COUNT {count}]
	XREVRANGE {key} + - [COUNT {count}]
	4* XREVRANGE {key} {rangeid} {rangeid} [COUNT {count}]
	5* XDEL {key} {entryid}+
	3* XTRIM {key} (MAXLEN|MAXLEN =|MAXLEN ~) {trimlen} [LIMIT {count}]
	2* XTRIM {key} (MINID|MINID =|MINID ~) {entryid} [LIMIT {count}]
	XTRIM {key} [MAXLEN {trimlen}|MINID {entryid}] [LIMIT {count}]
	XSETID {key} {entryid} [ENTRIESADDED {count}] [MAXDELETEDID {entryid}]
	2* XSETID {key} (500|500-5|9999999999999) [ENTRIESADDED {trimlen}]
	4* XREAD [COUNT {count}] STREAMS {key} {readid}
	3* XREAD [COUNT {count}] STREAMS {key} {key} {readid} {readid}
	XREAD [COUNT {count}] [NOACK] STREAMS {key} {key} {readid}
	XREAD [COUNT {count}] [GROUP g c] STREAMS {key} {readid}
	2* XINFO STREAM {key}
	2* XINFO STREAM {key} FULL [COUNT {count}]
	XINFO STREAM {key} {junk} [COUNT {count}]
	XINFO {junk} {key}
	OBJECT ENCODING {key}
	TYPE {key}
	COPY {key} {key} [REPLACE]
	RENAME {key} {key}
	EXPIRE {key} {secs}
	DEL {key}
`)

var streamChunks = []func(*rapid.T) []step{inTransaction(streamBlockingForms), fill}

// streamBlockingForms are only drawn within transactions, where nobody waits.
var streamBlockingForms = parseForms(`
	XADD {key} {newid} {field} {value}
	XREAD BLOCK {trimlen} STREAMS {key} {readid}
	XREAD [COUNT {count}] BLOCK 0 STREAMS {key} {key} {readid} {readid}
`)

// fill draws additions of so many entries to a stream that it may need several nodes.
func fill(t *rapid.T) []step {
	key, ms := pick(t, keys), pick(t, []string{"3-*", "5-*", "600-*"})
	var all []command
	for range 20 + roll(t, 100) {
		all = append(all, command{"XADD", key, ms, "f", "v"})
	}
	return []step{{commands: all}}
}

// newIDs are those of new entries. Many have a free second half, or else most would be too small.
var (
	newIDs = []string{
		"1-*", "1-*", "1-*", "2-*", "2-*", "2-*", "3-*", "5-*", "300-*", "*", "*", "1-1", "1-5", "2", "2-7", "9-9", "1000000-1",
		"9999999999999-*",
	}
	badNewIDs = []string{
		"0-*", "0", "0-0", "x", "", "1-x", "*-1", "**", "-", "+", "$", ">", "1-2-3", "18446744073709551615-18446744073709551615",
		"18446744073709551616", "5-18446744073709551615", "1-", "-1", " 1-1", "01-01", strings.Repeat("0", 130), "1-1\x00", "(1",
	}

	entryIDs = []string{
		"1-0", "1-1", "1-2", "1-3", "1", "2-0", "2-1", "2-2", "2-7", "3-0", "3-1", "3-50", "3-90", "5-10", "5-40", "600-30", "9-9", "300-0",
		"0", "400", "9999999999999-0",
	}
	badEntryIDs = []string{"x", "", "-", "+", "*", "1-*", "$", "18446744073709551615-18446744073709551615", "1-", "-1", "(1-1", "1 "}

	rangeIDs = []string{
		"-", "+", "0", "1", "2", "3", "(1", "(1-1", "(2-0", "1-1", "1-2", "2-7", "(2-7", "3-50", "(3-90", "5", "(5-10", "600", "(9-9", "1000000",
		"9999999999999",
	}
	badRangeIDs = []string{"(", "(-", "(+", "x", "", "(18446744073709551615-18446744073709551615", "(0", "(0-0", "*", "$", "[1", "1-", "+\x00"}

	readIDs    = []string{"0", "0", "1", "1-1", "2", "2-1", "2-7", "3-50", "5", "$", "600-20", "9999999999999"}
	badReadIDs = []string{">", "-", "x", "", "*", "(1", "18446744073709551615-18446744073709551615", "$\x00", "1-*"}

	trimLengths    = []string{"0", "1", "2", "3", "5", "10", "50", "100", "1000"}
	badTrimLengths = []string{"-1", "x", "", "1.5", "9223372036854775807", "9223372036854775808", "~", "="}
)

// sameEntries compares replies that may have IDs that a server made of the time, which are a little different.
func sameEntries(redis, nook resp.Reply) bool {
	if ms, ok := timeOfID(redis); ok {
		other, ok := timeOfID(nook)
		return ok && max(ms-other, other-ms) < 3000
	}
	if len(redis.Elems) == 0 || len(redis.Elems) != len(nook.Elems) || redis.Kind != nook.Kind {
		return redis.Equal(nook)
	}
	for i := range redis.Elems {
		if !sameEntries(redis.Elems[i], nook.Elems[i]) {
			return false
		}
	}
	return true
}

// timeOfID returns the milliseconds of an ID that is of this hour.
func timeOfID(r resp.Reply) (int64, bool) {
	half, _, found := strings.Cut(r.Str, "-")
	ms, err := strconv.ParseInt(half, 10, 64)
	age := time.Now().UnixMilli() - ms
	return ms, r.Kind == resp.KindBulk && found && err == nil && max(age, -age) < time.Hour.Milliseconds()
}

// sameStream is sameEntries for XINFO STREAM. How many nodes the tree has also depends on IDs.
func sameStream(redis, nook resp.Reply) bool {
	if len(redis.Elems) < 10 || len(redis.Elems) != len(nook.Elems) {
		return redis.Equal(nook)
	}
	timed := slices.ContainsFunc(redis.Elems, func(r resp.Reply) bool { _, ok := timeOfID(r); return ok })
	for i := range redis.Elems {
		radix := i > 0 && redis.Elems[i-1].Str == "radix-tree-nodes"
		if !(timed && radix) && !sameGroups(redis.Elems[i], nook.Elems[i]) {
			return false
		}
	}
	return true
}

func TestSameEntries(t *testing.T) {
	bulk := func(s string) resp.Reply { return resp.Reply{Kind: resp.KindBulk, Str: s} }
	array := func(elems ...resp.Reply) resp.Reply { return resp.Reply{Kind: resp.KindArray, Elems: elems} }
	now := time.Now().UnixMilli()
	id := func(ms int64) resp.Reply { return bulk(strconv.FormatInt(ms, 10) + "-0") }
	require.True(t, sameEntries(array(array(id(now), bulk("a"))), array(array(id(now+5), bulk("a")))))
	require.False(t, sameEntries(array(array(id(now), bulk("a"))), array(array(id(now), bulk("b")))))
	require.False(t, sameEntries(array(id(now)), array(id(now+5000))))
	require.False(t, sameEntries(array(id(now)), array(id(5))))
	require.False(t, sameEntries(array(id(5)), array(id(6))))
	require.False(t, sameEntries(array(id(5)), bulk("5-0")))
	require.False(t, sameEntries(array(), array(id(now))))
}

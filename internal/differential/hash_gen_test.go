package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

var hashForms = parseForms(`
	6* HSET {key} ({field} {value})+
	2* HMSET {key} ({field} {value})+
	2* HSETNX {key} {field} {value}
	4* HGET {key} {field}
	2* HMGET {key} {field}+
	3* HGETALL {key}
	2* HKEYS {key}
	2* HVALS {key}
	HLEN {key}
	HEXISTS {key} {field}
	2* HSTRLEN {key} {field}
	4* HDEL {key} {field}+
	4* HINCRBY {key} {field} {int}
	4* HINCRBYFLOAT {key} {field} {float}
	HRANDFIELD {key}
	3* HRANDFIELD {key} {draws} [WITHVALUES]
	3* HSCAN {key} {cursor} [MATCH {pattern}] [COUNT {count}]
	HSCAN {key} 0 [TYPE hash|{junk}]
	COPY {key} {key} [REPLACE]
	RENAME {key} {key}
	OBJECT ENCODING {key}
	DEL {key}
`)

// fields are the fields of hashes; the last one is too long for a listpack.
var fields = []string{
	"f", "f", "f", "g", "g", "h", "", "1", "1", "-100", "70000", "k y", "\x00\xff", strings.Repeat("x", 64), strings.Repeat("y", 65),
}

// draws are how many elements of a collection are drawn at once.
var (
	draws    = []string{"1", "2", "-1", "-3", "0", "5", "-20", "100", "9223372036854775807"}
	badDraws = []string{"x", "", "1.5", "-9223372036854775808", "9223372036854775808", "01", "-9223372036854775808"}
)

// pairsInAnyOrder compares what is a map, or a list of pairs, without the order
// of its pairs.
func pairsInAnyOrder(redis, nook resp.Reply) bool {
	redis.Elems, nook.Elems = sortedPairs(redis.Elems), sortedPairs(nook.Elems)
	return redis.Equal(nook)
}

func sortedPairs(elems []resp.Reply) []resp.Reply {
	pairs := slices.Collect(slices.Chunk(elems, 2))
	slices.SortFunc(pairs, func(a, b []resp.Reply) int { return strings.Compare(a[0].Str, b[0].Str) })
	return slices.Concat(pairs...)
}

// sameDraws compares what was drawn by kind and number.
func sameDraws(redis, nook resp.Reply) bool {
	if redis.Kind != resp.KindArray {
		return sameKind(redis, nook)
	}
	return sameShape(redis, nook)
}

// TestHashScanAgrees scans hashes of both servers whole: they yield the same
// fields.
func TestHashScanAgrees(t *testing.T) {
	sides := versus(t)
	for _, n := range []int{0, 1, 100, 512, 513, 3000} {
		var found [2][]string
		for i, s := range sides {
			in := s.begin(t)
			c := redistest.NewConn(t, in.dial(t))
			for f := range n {
				c.Do("HSET", "h", fmt.Sprint("f", f), fmt.Sprint(f))
			}
			found[i] = scanHash(c, "MATCH", "f*[1-7]", "COUNT", "7")
			require.NoError(t, c.Close())
			in.close()
		}
		require.Equal(t, found[0], found[1])
	}
}

// scanHash returns what a scan of the hash h yields, sorted: a real server may
// yield a field twice.
func scanHash(c *redistest.Conn, options ...string) []string {
	var pairs []string
	for cursor := "0"; ; {
		page := c.Do(append([]string{"HSCAN", "h", cursor}, options...)...)
		for pair := range slices.Chunk(page.Elems[1].Elems, 2) {
			pairs = append(pairs, pair[0].Str+"="+pair[1].Str)
		}
		if cursor = page.Elems[0].Str; cursor == "0" {
			slices.Sort(pairs)
			return slices.Compact(pairs)
		}
	}
}

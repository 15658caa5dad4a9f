package nook_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// TestGroupJournal uses the groups of few streams from many goroutines. The effects make the same of
// an empty store: entries, groups, consumers, what is pending of whom, since when, and how often it was delivered.
func TestGroupJournal(t *testing.T) {
	j := new(entries)
	copied := nook.NewChecked(t, nook.Options{Shards: 4, Clock: nook.NewManualClock(time.Time{})})
	s := nook.NewChecked(t, nook.Options{Shards: 4, Clock: nook.NewManualClock(time.Time{}), Journal: j})
	keys, groups, consumers := []string{"s", "t"}, []string{"g", "h"}, []string{"c", "d", "e"}
	forms := []string{
		"xadd $ * f #", "xadd $ * f #", "xadd $ * f #", "xadd $ maxlen 5 * f #", "xdel $ ID", "xdel $ ID", "xtrim $ maxlen 4",
		"xgroup create $ G 0 mkstream", "xgroup create $ G $ mkstream", "xgroup create $ G ID mkstream entriesread #",
		"xgroup setid $ G ID", "xgroup setid $ G ID entriesread #", "xgroup destroy $ G",
		"xgroup createconsumer $ G C", "xgroup delconsumer $ G C",
		"xreadgroup group G C count 3 streams $ >", "xreadgroup group G C count 3 streams $ >", "xreadgroup group G C streams $ >",
		"xreadgroup group G C noack count 2 streams $ >", "xreadgroup group G C streams $ 0", "xreadgroup group G C streams s t > ID",
		"xack $ G ID", "xack $ G ID ID ID", "xackdel $ G ids 1 ID", "xackdel $ G delref ids 2 ID ID", "xackdel $ G acked ids 2 ID ID",
		"xclaim $ G C 0 ID ID", "xclaim $ G C 0 ID justid", "xclaim $ G C 0 ID force idle 5000 retrycount 7", "xclaim $ G C 0 ID lastid ID",
		"xautoclaim $ G C 0 0", "xautoclaim $ G C 3000 - count 2 justid", "copy $ $ replace",
	}
	one := func(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for range 2000 {
				var args []string
				for _, word := range strings.Fields(one(r, forms)) {
					switch word {
					case "$":
						word = one(r, keys)
					case "G":
						word = one(r, groups)
					case "C":
						word = one(r, consumers)
					case "ID":
						word = fmt.Sprintf("1577836800000-%d", r.IntN(40))
					case "#":
						word = fmt.Sprint(r.IntN(5))
					}
					args = append(args, word)
				}
				do(t, s.Select(0), args...)
			}
		})
	}
	wg.Wait()
	for _, effects := range j.list {
		for _, e := range effects {
			reply := do(t, copied.Select(0), e.Args...)
			require.NotEqual(t, byte('-'), reply.Kind, "%q: %s", e.Args, reply.Str)
		}
	}
	for _, key := range keys {
		want := do(t, s.Select(0), "xinfo", "stream", key, "full", "count", "0")
		require.Len(t, want.Elems, 18)
		require.Equal(t, want, do(t, copied.Select(0), "xinfo", "stream", key, "full", "count", "0"))
	}
}

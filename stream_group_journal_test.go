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
	"github.com/nookdb/nook/internal/resp"
)

// TestGroupJournal uses the groups of few streams from many goroutines. The effects make the same of
// an empty store: entries, groups, consumers, what is pending of whom, since when, and how often it was delivered.
func TestGroupJournal(t *testing.T) {
	j := new(entries)
	o := nook.Options{Shards: 4, Clock: nook.NewManualClock(time.Time{}), Encodings: nook.Encodings{StreamNodeMaxEntries: 3}}
	copied := nook.NewChecked(t, o)
	o.Journal, o.Clock = j, nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, o)
	keys, groups, consumers := []string{"s", "t"}, []string{"g", "h"}, []string{"c", "d", "e"}
	forms := []string{
		"xadd $ * f #", "xadd $ * f #", "xadd $ * f #", "xadd $ maxlen 5 * f #", "xdel $ ID", "xdel $ ID", "xtrim $ maxlen 4",
		"xadd $ maxlen ~ 5 R * f v", "xadd $ R minid ~ ID * f v", "xadd $ R minid ID * f v", "xadd $ R maxlen 7 * f v",
		"xtrim $ minid ID R", "xtrim $ minid ~ ID R limit 4", "xtrim $ maxlen ~ 3 R", "xdelex $ R ids 3 ID ID ID", "xsetid $ 1577836800000-50",
		"xgroup create $ G 0 mkstream", "xgroup create $ G $ mkstream", "xgroup create $ G ID mkstream entriesread #",
		"xgroup setid $ G ID", "xgroup setid $ G ID entriesread #", "xgroup destroy $ G",
		"xgroup createconsumer $ G C", "xgroup delconsumer $ G C",
		"xreadgroup group G C count 3 streams $ >", "xreadgroup group G C count 3 streams $ >", "xreadgroup group G C streams $ >",
		"xreadgroup group G C noack count 2 streams $ >", "xreadgroup group G C streams $ 0", "xreadgroup group G C streams s t > ID",
		"xack $ G ID", "xack $ G ID ID ID", "xackdel $ G ids 1 ID", "xackdel $ G R ids 2 ID ID",
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
					case "R":
						word = one(r, []string{"keepref", "delref", "acked"})
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
	j.run(t, copied)
	for _, key := range keys {
		want := do(t, s.Select(0), "xinfo", "stream", key, "full", "count", "0")
		require.Len(t, want.Elems, 18)
		require.Equal(t, want, do(t, copied.Select(0), "xinfo", "stream", key, "full", "count", "0"))
	}
}

// TestStreamJournalAtTheEdge replays what was said of numbers that have gone beyond their bounds, or that XSETID left behind.
func TestStreamJournalAtTheEdge(t *testing.T) {
	for name, lines := range map[string][]string{
		"an ID below one that was deleted": {"xadd s 1 f v", "xadd s 5 f v", "xdel s 5", "xsetid s 2"},
		"too many entries ever added":      {"xadd s 1 f v", "xsetid s 1 entriesadded 9223372036854775807", "xadd s 2 f v", "xsetid s 3"},
		"all that can be set":              {"xadd s 1 f v", "xsetid s 9 entriesadded 7 maxdeletedid 8"},
	} {
		t.Run(name, func(t *testing.T) {
			j := new(entries)
			copied := nook.NewChecked(t, nook.Options{})
			s := nook.NewChecked(t, nook.Options{Journal: j})
			for _, line := range lines {
				require.NotEqual(t, resp.KindError, do(t, s.Select(0), strings.Fields(line)...).Kind, line)
			}
			j.run(t, copied)
			require.Equal(t, do(t, s.Select(0), "xinfo", "stream", "s"), do(t, copied.Select(0), "xinfo", "stream", "s"))
		})
	}
}

package nook_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// TestListJournal changes few lists from many goroutines. The effects make the same of an
// empty store.
func TestListJournal(t *testing.T) {
	j := new(entries)
	o := nook.Options{Shards: 4, Encodings: nook.Encodings{ListMaxListpackSize: 3}}
	copied := nook.NewChecked(t, o)
	o.Journal = j
	s := nook.NewChecked(t, o)
	keys := []string{"a", "b", "c"}
	forms := []string{
		"rpush $ # # #", "lpush $ # #", "rpushx $ #", "lpushx $ #", "lpop $", "rpop $ 2", "lset $ 0 #", "linsert $ after # #",
		"ltrim $ 1 -2", "lrem $ 0 #", "lrem $ -1 #", "lmove $ $ left right", "rpoplpush $ $", "lmpop 2 $ $ right count 2", "del $",
		"rename $ $", "copy $ $ replace",
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 2))
			for range 1000 {
				var args []string
				for _, word := range strings.Fields(forms[r.IntN(len(forms))]) {
					switch word {
					case "$":
						word = keys[r.IntN(len(keys))]
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
		want, err := s.LRange(key, 0, -1)
		require.NoError(t, err)
		got, err := copied.LRange(key, 0, -1)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

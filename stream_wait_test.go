package nook

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// read1 turns the result of XReadWith into a taking: the key and the IDs.
func read1(found []StreamEntries, err error) taking {
	if len(found) == 0 {
		return taking{err: err}
	}
	return taking{found[0].Key, idsOf(found[0].Entries), true, err}
}

// after names a stream and the ID behind which it is read.
func after(key string, ms uint64) StreamFrom { return StreamFrom{key, StreamAfter(sid(ms, 0))} }

func TestXRead(t *testing.T) {
	s := newStore(t, Options{}).Select(0)
	fillStream(s, "x", 1, 2, 3)
	fillStream(s, "y", 7)
	require.Equal(t, []StreamEntries{{"y", []StreamEntry{{sid(7, 0), []Field{{"n", "7"}}}}}}, must(s.XRead(after("y", 6))))
	got := must(s.XRead(after("none", 0), after("x", 1), after("y", 7), after("y", 0)))
	require.Len(t, got, 2)
	require.Equal(t, "x 2-0 3-0 y 7-0", got[0].Key+" "+idsOf(got[0].Entries)+" "+got[1].Key+" "+idsOf(got[1].Entries))
	require.Equal(t, "1-0", idsOf(must(s.XReadWith(t.Context(), XReadOptions{Count: 1}, after("x", 0)))[0].Entries))
	require.Empty(t, must(s.XRead(StreamFrom{"x", StreamNew()})))
	require.Equal(t, "3-0", idsOf(must(s.XRead(StreamFrom{"x", StreamLast()}))[0].Entries))
	require.Empty(t, must(s.XRead(StreamFrom{"none", StreamLast()}, StreamFrom{"none", StreamNew()})))
	require.Empty(t, must(s.XRead(StreamFrom{"x", StreamAfter(StreamHighest().ID)})))
	require.Empty(t, must(s.XRead()))
	must(s.XDel("x", sid(3, 0)))
	require.Equal(t, "2-0", idsOf(must(s.XRead(StreamFrom{"x", StreamLast()}))[0].Entries), "the last of those that are left")
	require.NoError(t, s.Set("s", "v"))
	fails(t, ErrWrongType)(s.XRead(after("s", 0)))
	fails(t, ErrWrongType)(s.XRead(after("x", 0), after("s", 0)))
}

func TestXReadWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{}).Select(0)
		wait := XReadOptions{Wait: true}
		fillStream(s, "x", 1, 2)
		require.Equal(t, taking{"x", "2-0", true, nil}, read1(s.XReadWith(t.Context(), wait, after("x", 1))))
		one := waiting(func() taking {
			return read1(s.XReadWith(t.Context(), wait, after("y", 0), StreamFrom{"x", StreamNew()}))
		})
		two := waiting(func() taking { return read1(s.XReadWith(t.Context(), wait, after("x", 5))) })
		three := waiting(func() taking { return read1(s.XReadWith(t.Context(), wait, StreamFrom{"z", StreamLast()})) })
		must(s.XDel("x", sid(1, 0)))
		stillWaits(t, one)
		require.NoError(t, s.Exec(func(tx *Tx) error { fillStream(&tx.commands, "x", 3, 4); return nil }))
		require.Equal(t, taking{"x", "3-0 4-0", true, nil}, result(t, one))
		stillWaits(t, two)
		fillStream(s, "x", 5, 6)
		require.Equal(t, taking{"x", "6-0", true, nil}, result(t, two))
		require.NoError(t, s.Set("z", "v"))
		stillWaits(t, three)
		must(s.Del("z"))
		require.NoError(t, s.Rename("x", "z"))
		require.Equal(t, taking{"z", "2-0 3-0 4-0 5-0 6-0", true, nil}, result(t, three))

		require.Equal(t, taking{}, read1(s.XReadWith(t.Context(), XReadOptions{Wait: true, Timeout: time.Minute}, after("z", 9))))
		require.Empty(t, must(s.XReadWith(t.Context(), wait)))
		require.NoError(t, s.Set("s", "v"))
		fails(t, ErrWrongType)(s.XReadWith(t.Context(), wait, after("z", 0), after("s", 0)))
		fails(t, ErrTimeout)(s.XReadWith(t.Context(), XReadOptions{Wait: true, Timeout: -1}, after("z", 0)))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		fails(t, context.Canceled)(s.XReadWith(ctx, wait, after("z", 0)))
		require.NoError(t, s.Exec(func(tx *Tx) error {
			require.Equal(t, taking{}, read1(tx.XReadWith(t.Context(), wait, after("z", 9))))
			require.Equal(t, taking{"z", "6-0", true, nil}, read1(tx.XReadWith(t.Context(), wait, after("z", 5))))
			return nil
		}))
	})
}

// TestXReadFollows has writers add to a stream, and readers that wait for what comes: each gets all, in order and once.
func TestXReadFollows(t *testing.T) {
	const writers, readers, each = 4, 3, 300
	s := newStore(t, Options{Encodings: Encodings{StreamNodeMaxEntries: 7}})
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for n := range each {
				must(s.XAdd("x", Field{"n", strconv.Itoa(n)}))
			}
		})
	}
	got := make([][]StreamEntry, readers)
	for i := range got {
		group.Go(func() {
			for start := (StreamStart{}); len(got[i]) < writers*each; start = StreamAfter(got[i][len(got[i])-1].ID) {
				found := must(s.XReadWith(context.Background(), XReadOptions{Count: 1 + 10*i, Wait: true}, StreamFrom{"x", start}))
				got[i] = append(got[i], found[0].Entries...)
			}
		})
	}
	group.Wait()
	all := must(s.XRange("x", StreamLowest(), StreamHighest()))
	require.Len(t, all, writers*each)
	require.True(t, slices.IsSortedFunc(all, func(a, b StreamEntry) int { return a.ID.Compare(b.ID) }))
	for i := range got {
		require.Equal(t, all, got[i])
	}
}

// TestTimeoutIsAWait: who says how long waits, and gets a thousand entries of what comes at once.
func TestTimeoutIsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{}).Select(0)
		require.NoError(t, s.XGroupCreateWith("x", "g", StreamStart{}, XGroupOptions{MkStream: true}))
		begin := time.Now()
		require.Empty(t, must(s.XReadWith(t.Context(), XReadOptions{Timeout: time.Second}, after("x", 0))))
		require.Equal(t, time.Second, time.Since(begin))
		o := XReadGroupOptions{Timeout: time.Second}
		require.Empty(t, must(s.XReadGroupWith(t.Context(), "g", "c", o, GroupFrom{Key: "x"})))
		require.Equal(t, 2*time.Second, time.Since(begin))
		fails(t, ErrTimeout)(s.XReadWith(t.Context(), XReadOptions{Timeout: -1}, after("x", 0)))

		found := make(chan []StreamEntries)
		go func() {
			found <- must(s.XReadWith(t.Context(), XReadOptions{Wait: true}, StreamFrom{"x", StreamNew()}))
		}()
		synctest.Wait()
		require.NoError(t, s.Exec(func(tx *Tx) error {
			for range 1500 {
				must(tx.XAdd("x", Field{"f", "v"}))
			}
			return nil
		}))
		require.Len(t, (<-found)[0].Entries, 1000)
	})
}

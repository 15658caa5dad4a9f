package nook

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pair turns the result of BLPop into a taking.
func pair(p Pair, ok bool, err error) taking { return taking{p.Key, p.Value, ok, err} }

// moved turns the result of BLMove into a taking.
func moved(v string, ok bool, err error) taking { return taking{"", v, ok, err} }

func TestListPopWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		must(s.RPush("l", "a", "b", "c"))
		require.Equal(t, taking{"l", "a", true, nil}, pair(s.BLPop(t.Context(), 0, "x", "l")))
		require.Equal(t, taking{"l", "c", true, nil}, pair(s.BRPop(t.Context(), 0, "x", "l")))
		one := waiting(func() taking { return pair(s.BLPop(t.Context(), 0, "x", "y")) })
		two := waiting(func() taking { return pair(s.BRPop(t.Context(), 0, "y")) })
		three := waiting(func() taking { return pair(s.BLPop(t.Context(), time.Minute, "y")) })
		require.Equal(t, 3, must(s.RPush("y", "1", "2", "3")), "the length before anybody is served")
		require.Equal(t, taking{"y", "1", true, nil}, result(t, one))
		require.Equal(t, taking{"y", "3", true, nil}, result(t, two))
		require.Equal(t, taking{"y", "2", true, nil}, result(t, three))
		require.Equal(t, 0, must(s.Exists("y")))

		require.Equal(t, taking{}, pair(s.BLPop(t.Context(), time.Minute, "y")))
		require.NoError(t, s.Set("s", "v"))
		fails(t, ErrWrongType)(s.BLPop(t.Context(), 0, "x", "s", "l"))
		fails(t, ErrTimeout)(s.BLPop(t.Context(), -1, "x"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		fails(t, context.Canceled)(s.BRPop(ctx, 0, "l"))
		require.NoError(t, s.Exec(func(tx *Tx) error {
			require.Equal(t, taking{}, pair(tx.BLPop(t.Context(), 0, "x")))
			require.Equal(t, taking{"l", "b", true, nil}, pair(tx.BLPop(t.Context(), 0, "l")))
			return nil
		}))
	})
}

func TestListMoveWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		one := waiting(func() taking { return moved(s.BLMove(t.Context(), 0, "a", "b", Left, Right)) })
		two := waiting(func() taking { return moved(s.BRPopLPush(t.Context(), 0, "b", "c")) })
		must(s.RPush("a", "1", "2"))
		require.Equal(t, taking{"", "1", true, nil}, result(t, one))
		require.Equal(t, taking{"", "1", true, nil}, result(t, two))
		require.Equal(t, []string{"2"}, all(s.Select(0), "a"))
		require.Equal(t, []string{"1"}, all(s.Select(0), "c"))
		require.Equal(t, taking{"", "2", true, nil}, moved(s.BLMove(t.Context(), 0, "a", "c", Left, Left)))
		fails(t, ErrSyntax)(s.BLMove(t.Context(), 0, "a", "c", Left, 2))
		require.Equal(t, taking{}, moved(s.BRPopLPush(t.Context(), time.Second, "a", "c")))
	})
}

// TestListMoveWaitsWrongType shows that who waits does not mind a string that comes to its
// source, but fails if there is one where the element has to go.
func TestListMoveWaitsWrongType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		require.NoError(t, s.Set("s", "v"))
		fails(t, ErrWrongType)(s.BLMove(t.Context(), 0, "s", "l", Left, Left))
		c := waiting(func() taking { return moved(s.BLMove(t.Context(), 0, "l", "s", Left, Left)) })
		require.NoError(t, s.Set("l", "v"))
		stillWaits(t, c)
		must(s.Del("l"))
		must(s.RPush("l", "1"))
		require.Equal(t, taking{"", "", false, ErrWrongType}, result(t, c))
		require.Equal(t, []string{"1"}, all(s.Select(0), "l"))
	})
}

func TestListManyPopsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		pop := func(n int, keys ...string) func() taking {
			return func() taking {
				p, ok, err := s.BLMPop(t.Context(), time.Minute, Right, n, keys...)
				return taking{p.Key, fmt.Sprint(p.Values), ok, err}
			}
		}
		must(s.RPush("a", "1", "2", "3"))
		require.Equal(t, taking{"a", "[3 2]", true, nil}, pop(2, "x", "a")())
		c := waiting(pop(9, "x", "y"))
		must(s.RPush("y", "1", "2"))
		require.Equal(t, taking{"y", "[2 1]", true, nil}, result(t, c))
		require.Equal(t, taking{"", "[]", false, nil}, pop(1, "x")())
		fails(t, ErrPopCount)(s.BLMPop(t.Context(), 0, Left, 0, "x"))
		fails(t, ErrSyntax)(s.BLMPop(t.Context(), 0, 2, 1, "x"))
	})
}

// TestListServedWithEveryEffect shows what a waiting call leaves in the journal.
func TestListServedWithEveryEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		s := newStore(t, Options{Journal: journalFunc(func(effects []Effect) {
			for _, e := range effects {
				lines = append(lines, fmt.Sprint(e.Args))
			}
		})})
		one := waiting(func() taking { return pair(s.BLPop(t.Context(), 0, "a")) })
		two := waiting(func() taking { return moved(s.BRPopLPush(t.Context(), 0, "a", "b")) })
		must(s.RPush("a", "1", "2", "3"))
		result(t, one)
		result(t, two)
		_, _, err := s.BLMPop(t.Context(), 0, Left, 5, "a")
		require.NoError(t, err)
		require.Equal(t, []string{"[RPUSH a 1 2 3]", "[LPOP a]", "[LMOVE a b RIGHT LEFT]", "[LPOP a 1]"}, lines)
	})
}

// journalFunc is a journal that is a function.
type journalFunc func(effects []Effect)

func (journalFunc) Admit() error  { return nil }
func (journalFunc) Commit() error { return nil }

func (f journalFunc) Append(effects []Effect) { f(effects) }

// TestListQueue has many workers take what others push. Each element is taken once.
func TestListQueue(t *testing.T) {
	s := newStore(t, Options{Shards: 4})
	const pushers, workers, each = 3, 4, 200
	ctx, cancel := context.WithCancel(t.Context())
	var pushing, working, open sync.WaitGroup
	var mu sync.Mutex
	taken := map[string]int{}
	open.Add(pushers * each)
	for range workers {
		working.Go(func() {
			for {
				p, ok, err := s.BLPop(ctx, 0, "q0", "q1", "q2")
				if !ok || err != nil {
					return
				}
				mu.Lock()
				taken[p.Value]++
				mu.Unlock()
				open.Done()
			}
		})
	}
	for p := range pushers {
		pushing.Go(func() {
			for i := range each {
				must(s.RPush(fmt.Sprint("q", (p+i)%3), fmt.Sprint(p, "-", i)))
			}
		})
	}
	pushing.Wait()
	open.Wait()
	cancel()
	working.Wait()
	require.Len(t, taken, pushers*each)
}

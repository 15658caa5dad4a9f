package nook

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A taking is a call that waits for a string, which it takes, or moves to
// another key.
type taking struct {
	key, value string
	ok         bool
	err        error
}

// take waits for a string at one of the keys and deletes it.
func take(ctx context.Context, c *Commands, timeout time.Duration, keys ...string) (got taking) {
	got.ok, got.err = c.block(ctx, timeout, keys, nil, func(c *Commands, key string) (ok bool, err error) {
		got.key = key
		got.value, ok, err = c.GetDel(key)
		return ok, err
	})
	return got
}

// takeTo waits for a string at a key and moves it.
func takeTo(ctx context.Context, c *Commands, key, to string) (got taking) {
	got.ok, got.err = c.block(ctx, 0, []string{key}, []string{to}, func(c *Commands, key string) (bool, error) {
		if ok, err := c.Exists(key); ok == 0 || err != nil {
			return false, err
		}
		got.key = key
		got.value, _, _ = c.Get(key)
		return true, c.Rename(key, to)
	})
	return got
}

// waiting starts a call and returns where its result comes, once the call waits.
func waiting(call func() taking) <-chan taking {
	c := make(chan taking, 1)
	go func() { c <- call() }()
	synctest.Wait()
	return c
}

// result returns the result of a call that must be over.
func result(t *testing.T, c <-chan taking) taking {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-c:
		return got
	default:
		require.Fail(t, "the call still waits")
		return taking{}
	}
}

func stillWaits(t *testing.T, c <-chan taking) {
	t.Helper()
	synctest.Wait()
	require.Empty(t, c)
}

func TestWaitersAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		ctx := t.Context()
		var all []<-chan taking
		for range 5 {
			all = append(all, waiting(func() taking { return take(ctx, &s.commands, 0, "k") }))
		}
		for i, c := range all {
			require.NoError(t, s.Set("k", strconv.Itoa(i)))
			require.Zero(t, must(s.Exists("k")), "it was taken before Set returned")
			require.Equal(t, taking{"k", strconv.Itoa(i), true, nil}, result(t, c))
			for _, later := range all[i+1:] {
				stillWaits(t, later)
			}
		}
	})
}

// TestWhatServesWaiters has every way in which a key can come into being.
func TestWhatServesWaiters(t *testing.T) {
	for name, create := range map[string]func(s *Store) error{
		"SET":    func(s *Store) error { return s.Set("k", "v") },
		"MSET":   func(s *Store) error { return s.MSet(Pair{"a", "1"}, Pair{"k", "v"}) },
		"RENAME": func(s *Store) error { return s.Rename("src", "k") },
		"COPY":   func(s *Store) error { _, err := s.Copy("src", "k"); return err },
		"MOVE":   func(s *Store) error { _, err := s.DB(1).Move("k", 0); return err },
		"SWAPDB": func(s *Store) error { return s.SwapDB(0, 1) },
		"EXEC":   func(s *Store) error { return s.Exec(func(tx *Tx) error { return tx.Set("k", "v") }, "k") },
		"EXEC in another database": func(s *Store) error {
			return s.DB(3).Exec(func(tx *Tx) error { return tx.DB(0).Set("k", "v") })
		},
		"a second change": func(s *Store) error {
			return s.Exec(func(tx *Tx) error {
				_, _ = tx.Del("k")
				return tx.Set("k", "v")
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t, Options{})
				require.NoError(t, s.Set("src", "v"))
				require.NoError(t, s.DB(1).Set("k", "v"))
				c := waiting(func() taking { return take(t.Context(), &s.commands, 0, "x", "k") })
				require.NoError(t, create(s))
				require.Equal(t, taking{"k", "v", true, nil}, result(t, c))
				require.Zero(t, must(s.Exists("k")))
			})
		})
	}
}

func TestNothingToWaitFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		require.NoError(t, s.MSet(Pair{"b", "1"}, Pair{"c", "2"}))
		require.Equal(t, taking{"b", "1", true, nil}, take(t.Context(), &s.commands, 0, "a", "b", "c"))
		require.NoError(t, s.Exec(func(tx *Tx) error {
			got := take(t.Context(), &tx.commands, 0, "a")
			require.False(t, got.ok)
			require.NoError(t, got.err)
			require.Equal(t, taking{"c", "2", true, nil}, take(t.Context(), &tx.commands, 0, "a", "c"))
			return nil
		}))
	})
}

func TestWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		begin := time.Now()
		got := take(t.Context(), &s.commands, time.Minute, "k")
		require.False(t, got.ok)
		require.NoError(t, got.err)
		require.Equal(t, time.Minute, time.Since(begin))

		ctx, cancel := context.WithCancel(t.Context())
		c := waiting(func() taking { return take(ctx, &s.commands, time.Minute, "k") })
		cancel()
		require.ErrorIs(t, result(t, c).err, context.Canceled)
		fails(t, context.Canceled)(take(ctx, &s.commands, 0, "k").err)
		fails(t, ErrTimeout)(take(t.Context(), &s.commands, -1, "k").err)
		fails(t, ErrDBIndex)(take(t.Context(), &s.DB(16).commands, 0, "k").err)

		require.NoError(t, s.Set("k", "v"))
		require.Equal(t, some("v"), found(s.Get("k")), "nobody waits any more")

		c = waiting(func() taking { return take(t.Context(), &s.commands, 0, "none") })
		require.NoError(t, s.Close())
		require.ErrorIs(t, result(t, c).err, ErrClosed)
	})
}

// TestTimeoutOnTheStoresClock has a timeout by a manual clock.
func TestTimeoutOnTheStoresClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, clock := newTimed(t, Options{})
		c := waiting(func() taking { return take(t.Context(), &s.commands, time.Second, "k") })
		clock.Advance(time.Second - 1)
		stillWaits(t, c)
		clock.Advance(1)
		require.Equal(t, taking{key: "k"}, result(t, c))
	})
}

// TestWrongTypeWhileWaiting shows that a value of another type is an error at
// the start, and later nothing at all.
func TestWrongTypeWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		putThings(t, &s.commands, "things", 3)
		fails(t, ErrWrongType)(take(t.Context(), &s.commands, 0, "k", "things").err)
		c := waiting(func() taking { return take(t.Context(), &s.commands, 0, "k") })
		require.NoError(t, s.Rename("things", "k"))
		stillWaits(t, c)
		require.NoError(t, s.Set("k", "v"))
		require.Equal(t, taking{"k", "v", true, nil}, result(t, c))
	})
}

// TestServedByBeingServed has calls that move what they get to where others wait.
func TestServedByBeingServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		const n = 50
		var all []<-chan taking
		for i := range n {
			all = append(all, waiting(func() taking {
				return takeTo(t.Context(), &s.commands, fmt.Sprint("k", i), fmt.Sprint("k", i+1))
			}))
		}
		require.NoError(t, s.Set("k0", "v"))
		require.Equal(t, some("v"), found(s.Get(fmt.Sprint("k", n))))
		for i, c := range all {
			require.Equal(t, taking{fmt.Sprint("k", i), "v", true, nil}, result(t, c))
		}
	})
}

// TestMoveOntoItself waits for a key and moves it to the same, which must not
// serve forever.
func TestMoveOntoItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		one := waiting(func() taking { return takeTo(t.Context(), &s.commands, "k", "k") })
		two := waiting(func() taking { return takeTo(t.Context(), &s.commands, "k", "l") })
		require.NoError(t, s.Set("k", "v"))
		require.Equal(t, taking{"k", "v", true, nil}, result(t, one))
		require.Equal(t, taking{"k", "v", true, nil}, result(t, two))
		require.Equal(t, some("v"), found(s.Get("l")))
	})
}

// TestManyTakers has values written, taken, and moved between shards and then
// taken, all at once. Each must be taken once.
func TestManyTakers(t *testing.T) {
	s := newStore(t, Options{Shards: 8})
	const lanes, each = 8, 50
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var movers, takers sync.WaitGroup
	var mu sync.Mutex
	taken := map[string]int{}
	var full sync.WaitGroup
	full.Add(lanes * each)
	for lane := range lanes {
		from, to := fmt.Sprint("from", lane), fmt.Sprint("to", lane)
		movers.Go(func() {
			for takeTo(ctx, &s.commands, from, to).ok {
				got := take(ctx, &s.commands, 0, to)
				if !got.ok {
					return
				}
				mu.Lock()
				taken[got.value]++
				mu.Unlock()
				full.Done()
			}
		})
	}
	for lane := range lanes {
		takers.Go(func() {
			for i := range each {
				for value := fmt.Sprint(lane, "-", i); ; {
					r, err := s.SetWith(fmt.Sprint("from", lane), value, SetOptions{If: IfAbsent()})
					if err != nil || r.Set {
						break
					}
					runtime.Gosched()
				}
			}
		})
	}
	takers.Wait()
	full.Wait()
	cancel()
	movers.Wait()
	require.Len(t, taken, lanes*each)
	for value, n := range taken {
		require.Equal(t, 1, n, value)
	}
}

package script_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

// Scripts that move an amount from the first key to the second. The first locks its keys alone, the second all.
var (
	transfer = script.New(`
		local amount = tonumber(ARGV[1])
		if tonumber(redis.call('GET', KEYS[1]) or 0) < amount then return 0 end
		redis.call('DECRBY', KEYS[1], amount)
		redis.call('INCRBY', KEYS[2], amount)
		return amount`)
	transferWhole = script.New("local keys, args = KEYS, ARGV " + `
		redis.call('DECRBY', keys[1], args[1])
		redis.call('INCRBY', keys[2], args[1])
		return args[1]`)
)

const transferLibrary = `#!lua name=transfers
redis.register_function('transfer', function(keys, args)
	redis.call('DECRBY', keys[1], args[1])
	redis.call('INCRBY', keys[2], args[1])
	return args[1]
end)`

// movers are the ways in which TestSum moves an amount.
var movers = []func(t *testing.T, s *nook.Store, from, to string, amount int64) error{
	func(t *testing.T, s *nook.Store, from, to string, amount int64) error {
		_, err := transfer.Run(t.Context(), s, []string{from, to}, amount)
		return err
	},
	func(t *testing.T, s *nook.Store, from, to string, amount int64) error {
		_, err := transferWhole.Run(t.Context(), s, []string{from, to}, amount)
		return err
	},
	func(t *testing.T, s *nook.Store, from, to string, amount int64) error {
		_, err := script.Call(t.Context(), s, "transfer", []string{from, to}, amount)
		return err
	},
	func(_ *testing.T, s *nook.Store, from, to string, amount int64) error {
		return s.Exec(func(tx *nook.Tx) error {
			if _, err := tx.DecrBy(from, amount); err != nil {
				return err
			}
			_, err := tx.IncrBy(to, amount)
			return err
		}, from, to)
	},
	func(t *testing.T, s *nook.Store, from, to string, amount int64) error {
		return s.Exec(func(tx *nook.Tx) error {
			if _, err := tx.DecrBy(from, amount); err != nil {
				return err
			}
			_, err := script.New("return redis.call('INCRBY', KEYS[1], ARGV[1])").Run(t.Context(), tx, []string{to}, amount)
			return err
		}, from, to)
	},
	func(t *testing.T, s *nook.Store, _, _ string, _ int64) error {
		_, err := script.LoadWith(s, transferLibrary, script.LoadOptions{Replace: true})
		return err
	},
	func(t *testing.T, s *nook.Store, from, to string, _ int64) error {
		_, err := s.MGet(from, to)
		return err
	},
}

// TestSum moves amounts between accounts in all ways at once. Nothing is lost, and nobody ever sees another sum.
func TestSum(t *testing.T) {
	const accounts = 6
	var keys []string
	for i := range accounts {
		keys = append(keys, "account:"+strconv.Itoa(i))
	}
	sum := script.New("local n = 0 for _, key in ipairs(KEYS) do n = n + (redis.call('GET', key) or 0) end return n")
	rapid.Check(t, func(r *rapid.T) {
		s := newStore(r, nook.Options{Shards: rapid.SampledFrom([]int{1, 4, 64}).Draw(r, "shards")})
		load(t, s, transferLibrary)
		for _, key := range keys {
			require.NoError(r, s.Set(key, "100"))
		}
		var group sync.WaitGroup
		for range 4 {
			plan := rapid.SliceOfN(rapid.IntRange(0, len(movers)*accounts*accounts-1), 1, 40).Draw(r, "plan")
			group.Go(func() {
				for i, n := range plan {
					from, to := keys[n%accounts], keys[n/accounts%accounts]
					if err := movers[n/(accounts*accounts)](t, s, from, to, int64(i%7)); err != nil {
						t.Errorf("%s to %s: %v", from, to, err)
					}
				}
			})
		}
		group.Go(func() {
			for range 20 {
				if v, err := sum.Run(t.Context(), s, keys); err != nil || v.Text() != "600" {
					t.Errorf("sum is %s, %v", v, err)
				}
			}
		})
		group.Wait()
		v, err := sum.Run(t.Context(), s, keys)
		require.NoError(r, err)
		require.Equal(r, "600", v.Text())
	})
}

// TestMembersMove moves members between sets by scripts, while others look. Each is in one set at any time.
func TestMembersMove(t *testing.T) {
	const members = 50
	sets := []string{"a", "b", "c"}
	move := script.New(`
		local moved = redis.call('SPOP', KEYS[1], ARGV[1])
		if #moved > 0 then redis.call('SADD', KEYS[2], unpack(moved)) end
		return moved`)
	moveAny := script.New(`
		local to = 'a'
		for _, name in pairs({'b', 'c', 'a'}) do
			if redis.call('SCARD', name) < redis.call('SCARD', to) then to = name end
		end
		local member = redis.call('SRANDMEMBER', KEYS[1])
		return member and redis.call('SMOVE', KEYS[1], to, member)`)
	rapid.Check(t, func(r *rapid.T) {
		s := newStore(r, nook.Options{})
		for i := range members {
			_, err := s.SAdd("a", fmt.Sprint("m", i))
			require.NoError(r, err)
		}
		var group sync.WaitGroup
		for range 3 {
			plan := rapid.SliceOfN(rapid.IntRange(0, 26), 1, 30).Draw(r, "plan")
			group.Go(func() {
				for _, n := range plan {
					pair := []string{sets[n%3], sets[n/3%3]}
					var err error
					if n/9 == 2 {
						_, err = moveAny.Run(t.Context(), s, pair[:1])
					} else {
						_, err = move.Run(t.Context(), s, pair, n/9+2)
					}
					if err != nil {
						t.Errorf("%v: %v", pair, err)
					}
				}
			})
		}
		group.Go(func() {
			for range 20 {
				if all, err := s.SUnion(sets...); err != nil || len(all) != members {
					t.Errorf("%d members, %v", len(all), err)
				}
			}
		})
		group.Wait()
		var all []string
		for _, name := range sets {
			list, err := s.SMembers(name)
			require.NoError(r, err)
			all = append(all, list...)
		}
		slices.Sort(all)
		require.Len(r, all, members)
		require.Len(r, slices.Compact(all), members)
	})
}

// TestLibrariesComeAndGo changes libraries while their functions are called. A call finds a function or does not, and
// the functions of a library are there together.
func TestLibrariesComeAndGo(t *testing.T) {
	const code = `#!lua name=pair
		redis.register_function('first', function(keys) return redis.call('INCR', keys[1]) end)
		redis.register_function('second', function(keys) return redis.call('DECR', keys[1]) end)`
	s := newStore(t, nook.Options{})
	var group sync.WaitGroup
	each := func(do func() error) {
		group.Go(func() {
			for range 200 {
				var said *script.Error
				if err := do(); err != nil && !(errors.As(err, &said) && strings.HasPrefix(said.Error(), "ERR Function not found")) {
					t.Error(err)
				}
			}
		})
	}
	for _, function := range []string{"first", "second", "FIRST"} {
		each(func() error {
			_, err := script.Call(t.Context(), s, function, []string{"n"})
			return err
		})
	}
	each(func() error {
		_, err := script.LoadWith(s, code, script.LoadOptions{Replace: true})
		return err
	})
	each(func() error {
		_, err := script.Delete(s, "pair")
		return err
	})
	each(func() error {
		for _, lib := range script.Libraries(s) {
			if len(lib.Functions) != 2 {
				return fmt.Errorf("%d functions", len(lib.Functions))
			}
		}
		return nil
	})
	each(func() error {
		return s.Exec(func(tx *nook.Tx) error {
			if _, err := tx.Incr("n"); err != nil {
				return err
			}
			if _, err := script.LoadWith(tx, code, script.LoadOptions{Replace: true}); err != nil {
				return err
			}
			return script.Flush(tx)
		}, "n")
	})
	group.Wait()
}

// TestOneScriptOnManyStores: a script is for any number of goroutines and stores.
func TestOneScriptOnManyStores(t *testing.T) {
	count := script.New("return redis.call('INCR', KEYS[1])")
	stores := []*nook.Store{newStore(t, nook.Options{}), newStore(t, nook.Options{}), newStore(t, nook.Options{})}
	var group sync.WaitGroup
	for i := range 9 {
		group.Go(func() {
			for range 100 {
				if _, err := count.Run(t.Context(), stores[i%3], []string{"n"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, s := range stores {
		require.Equal(t, "300", value(t, s, "n"))
	}
}

// TestOtherKeysGoOn: while a script that shows its keys runs, commands on others do not wait for it.
func TestOtherKeysGoOn(t *testing.T) {
	s := newStore(t, nook.Options{Shards: 64})
	other := 0
	for other = range 1000 { // a key of another shard
		if err := s.Exec(func(tx *nook.Tx) error { return tx.Set(strconv.Itoa(other), "") }, "k"); err != nil {
			break
		}
	}
	reads := &gate{Context: t.Context(), running: make(chan struct{}), open: make(chan struct{})}
	ended := make(chan error)
	go func() {
		_, err := script.New("for i = 1, 100000 do end return redis.call('GET', KEYS[1])").Run(reads, s, []string{"k"})
		ended <- err
	}()
	<-reads.running
	require.NoError(t, s.Set(strconv.Itoa(other), "v"))
	v := run(t, s, "return redis.call('GET', KEYS[1])", []string{strconv.Itoa(other)})
	require.Equal(t, "v", v.Text())
	close(reads.open)
	require.NoError(t, <-ended)
}

// gate is a context that stops the script that looks at it, until it is opened.
type gate struct {
	context.Context
	once          sync.Once
	asked         int
	running, open chan struct{}
}

func (g *gate) Err() error {
	if g.asked++; g.asked > 1 { // the first time is before the script
		g.once.Do(func() { close(g.running) })
		<-g.open
	}
	return nil
}

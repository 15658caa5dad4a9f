package nook_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nookdb/nook"
)

// race runs writes, numbered from 1 on, against readers that look all the
// time.
func race(t *testing.T, write func(i int), readers ...func() error) {
	var done atomic.Bool
	var wg sync.WaitGroup
	errs := make(chan error, len(readers))
	for _, read := range readers {
		wg.Go(func() {
			for !done.Load() {
				if err := read(); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	for i := 1; i <= rounds && len(errs) == 0; i++ {
		write(i)
	}
	done.Store(true)
	wg.Wait()
	select {
	case err := <-errs:
		t.Error(err)
	default:
	}
}

// number reads a key that holds a number, 0 if there is none.
func number(c *nook.Commands, key string) int {
	v, ok, err := c.Get(key)
	if err != nil {
		panic(err)
	}
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		panic(err)
	}
	return n
}

func succeed(err error) {
	if err != nil {
		panic(err)
	}
}

// newer returns a reader that fails if a key, read later, is older than another.
func newer(first, second *nook.Commands, a, b string) func() error {
	return func() error {
		if x, y := number(first, a), number(second, b); y < x {
			return fmt.Errorf("%s was %d, and then %s was %d", a, x, b, y)
		}
		return nil
	}
}

// TestReadsDuringExec shows that a read without a lock sees no step of a
// transaction, and that who has seen one key after it sees all. The window is
// short: a reader must lose its processor right before it looks. Hence the many
// readers, and the many steps.
func TestReadsDuringExec(t *testing.T) {
	for form, set := range map[string]func(c *nook.Commands, key, v string) error{
		"text": (*nook.Commands).Set,
		"number": func(c *nook.Commands, key, v string) error {
			n, err := strconv.Atoi(v)
			succeed(err)
			_, err = c.IncrBy(key, int64(n-number(c, key)))
			return err
		},
	} {
		t.Run(form, func(t *testing.T) { testReadsDuringExec(t, set) })
	}
}

func testReadsDuringExec(t *testing.T, set func(c *nook.Commands, key, v string) error) {
	s := nook.NewChecked(t, nook.Options{Shards: 8})
	c := s.Select(0)
	write := func(i int) {
		keys := []string{"a", "b"}
		if i%16 == 0 {
			keys = nil
		}
		succeed(s.Exec(func(tx *nook.Tx) error {
			for range 32 {
				succeed(set(tx.Select(0), "a", "-7"))
			}
			succeed(set(tx.Select(0), "a", strconv.Itoa(i)))
			return set(tx.Select(0), "b", strconv.Itoa(i))
		}, keys...))
	}
	write(0)
	whole := func() error {
		if number(c, "a") < 0 {
			return errors.New("a step of a transaction was seen")
		}
		return nil
	}
	race(t, write, newer(c, c, "a", "b"), newer(c, c, "b", "a"), whole, whole, whole, whole, whole, whole)
}

// TestReadsDuringMSet does the same with commands on several keys, and with
// values in each form.
func TestReadsDuringMSet(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 8})
	c := s.Select(0)
	zeros := strings.Repeat("0", 600)
	write := func(i int) {
		n := strconv.Itoa(i)
		succeed(s.MSet(nook.Pair{Key: "a", Value: n}, nook.Pair{Key: "long", Value: zeros + n}, nook.Pair{Key: "b", Value: n}))
	}
	write(0)
	race(t, write, newer(c, c, "a", "b"), newer(c, c, "b", "long"), newer(c, c, "long", "a"))
}

// TestReadsDuringCounting shows that a number never falls for a reader, while
// its entry is replaced to make room for a deadline or as another form.
func TestReadsDuringCounting(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 1})
	c := s.Select(0)
	write := func(i int) {
		n, err := s.Incr("n")
		succeed(err)
		if n != int64(i) {
			panic(n)
		}
		switch i % 8 {
		case 1:
			_, err = s.Expire("n", time.Hour)
		case 3:
			_, err = s.Append("n", "")
		case 4:
			err = s.Set("n", strconv.Itoa(i))
		case 6:
			_, err = s.SetRange("n", 0, strconv.Itoa(i))
		}
		succeed(err)
	}
	race(t, write, newer(c, c, "n", "n"), newer(c, c, "n", "n"))
}

// TestReadsDuringRename moves one key to and fro: a command that looks at both
// names sees exactly one, and its value never falls.
func TestReadsDuringRename(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 8})
	write := func(i int) {
		from, to := "a", "b"
		if i%2 == 0 {
			from, to = to, from
		}
		succeed(s.Exec(func(tx *nook.Tx) error { return tx.Set(from, strconv.Itoa(i)) }, from))
		succeed(s.Rename(from, to))
	}
	succeed(s.Set("a", "0"))
	last := 0
	race(t, write, func() error {
		n, err := s.Exists("a", "b")
		succeed(err)
		if n != 1 {
			return fmt.Errorf("%d of the names were there", n)
		}
		return nil
	}, func() error {
		values, err := s.MGet("a", "b")
		succeed(err)
		v := values[0].Value + values[1].Value
		n, err := strconv.Atoi(v)
		if err != nil || values[0].OK == values[1].OK || n < last {
			return fmt.Errorf("%v after %d", values, last)
		}
		last = n
		return nil
	})
}

// TestReadsDuringSwap exchanges two databases: reads of both see one order of
// that.
func TestReadsDuringSwap(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 4, Databases: 2})
	zero, one := s.Select(0), s.Select(1)
	succeed(zero.MSet(nook.Pair{Key: "a", Value: "0"}, nook.Pair{Key: "b", Value: "0"}))
	write := func(i int) {
		n := strconv.Itoa(i)
		succeed(one.MSet(nook.Pair{Key: "a", Value: n}, nook.Pair{Key: "b", Value: n}))
		succeed(s.SwapDB(0, 1))
	}
	race(t, write, newer(zero, zero, "a", "b"), newer(zero, zero, "b", "a"))
}

// TestReadsWhileGrowing reads keys that stay while others make the table grow
// and shrink around them.
func TestReadsWhileGrowing(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 1})
	c := s.Select(0)
	const stay = 50
	for i := range stay {
		succeed(s.Set(fmt.Sprint("stay", i), strconv.Itoa(i)))
	}
	write := func(i int) {
		key := strconv.Itoa(i % (rounds / 2))
		if i <= rounds/2 {
			succeed(s.Set(key, key))
			return
		}
		_, err := s.Del(key)
		succeed(err)
	}
	read := func() error {
		for i := range stay {
			if n := number(c, fmt.Sprint("stay", i)); n != i {
				return fmt.Errorf("%d was read as %d", i, n)
			}
		}
		return nil
	}
	race(t, write, read, read)
}

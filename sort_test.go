package nook

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSort(t *testing.T) {
	s := newStore(t, Options{})
	must(s.RPush("l", "3", "10", "2", "1", "2.5"))
	require.Equal(t, []string{"1", "2", "2.5", "3", "10"}, must(s.Sort("l")))
	must(s.SAdd("s", "3", "10", "2"))
	require.Equal(t, []string{"2", "3", "10"}, must(s.Sort("s")))
	must(s.ZAdd("z", Z{"3", 1}, Z{"10", 2}, Z{"2", 3}))
	require.Equal(t, []string{"2", "3", "10"}, must(s.Sort("z")))
	require.Equal(t, "skiplist", encodingOf(s.Select(0), "z"), "as in Redis")
	require.Empty(t, must(s.Sort("none")))
	must(s.RPush("text", "a"))
	fails(t, ErrSortScore)(s.Sort("text"))
	try(s.Set("str", "v"))
	fails(t, ErrWrongType)(s.Sort("str"))
	must(s.HSet("h", Field{"a", "1"}))
	fails(t, ErrWrongType)(s.SortStore("d", "h", SortOptions{}))
	require.Equal(t, 0, must(s.Exists("d")))
}

func TestSortWith(t *testing.T) {
	s := newStore(t, Options{})
	must(s.RPush("l", "1", "2", "3", "4"))
	try(s.MSet(Pair{"w1", "30"}, Pair{"w2", "20"}, Pair{"w3", "20"}, Pair{"name1", "one"}, Pair{"name3", "three"}))
	must(s.HSet("h2", Field{"f", "two"}))
	for i, row := range []struct {
		o    SortOptions
		want []Optional
	}{
		{SortOptions{Desc: true}, []Optional{some("4"), some("3"), some("2"), some("1")}},
		{SortOptions{Offset: 1, Count: 2}, []Optional{some("2"), some("3")}},
		{SortOptions{Offset: 3}, []Optional{some("4")}},
		{SortOptions{Offset: 5, Count: 1}, []Optional{}},
		{SortOptions{Count: -1}, []Optional{}},
		{SortOptions{By: "w*"}, []Optional{some("4"), some("2"), some("3"), some("1")}},
		{SortOptions{By: "w*", Alpha: true, Desc: true}, []Optional{some("1"), some("2"), some("3"), some("4")}},
		{SortOptions{By: "nosort", Desc: true, Count: 2}, []Optional{some("4"), some("3")}},
		{SortOptions{Unsorted: true, By: "w*"}, []Optional{some("1"), some("2"), some("3"), some("4")}},
		{SortOptions{Get: []string{"name*", "#"}, Count: 3}, []Optional{some("one"), some("1"), none, some("2"), some("three"), some("3")}},
		{SortOptions{Get: []string{"h*->f"}, Offset: 1, Count: 2}, []Optional{some("two"), none}},
		{SortOptions{Get: []string{"name1"}, Count: 1}, []Optional{none}},
	} {
		require.Equal(t, row.want, must(s.SortWith("l", row.o)), "row %d", i)
	}
	require.Equal(t, 4, must(s.SortStore("l", "l", SortOptions{Get: []string{"name*"}})))
	require.Equal(t, []string{"one", "", "three", ""}, must(s.LRange("l", 0, -1)))
	require.Equal(t, 0, must(s.SortStore("l", "none", SortOptions{})))
	require.Equal(t, 0, must(s.Exists("l")))
}

func TestSortScore(t *testing.T) {
	for s, want := range map[string]float64{
		"": 0, "\x00x": 0, "1": 1, " \t\n1.5": 1.5, "1\x00x": 1, "0x10": 16, "-0": 0, "1e3": 1000, "0": 0, "0e-999": 0,
	} {
		got, ok := sortScore(s)
		require.True(t, ok, "%q", s)
		require.Equal(t, want, got+0, "%q", s)
	}
	for _, s := range []string{" ", "1 ", "x", "nan", "1e400", "-1e400", "1e-400", "1e-310", "1e"} {
		_, ok := sortScore(s)
		require.False(t, ok, "%q", s)
	}
}

// TestSortInTransactions shows that patterns need all keys.
func TestSortInTransactions(t *testing.T) {
	s := newStore(t, Options{})
	must(s.RPush("l", "2", "1"))
	sorted := func(o SortOptions, keys ...string) error {
		return s.Exec(func(tx *Tx) error {
			_, err := tx.SortWith("l", o)
			return err
		}, keys...)
	}
	require.NoError(t, sorted(SortOptions{Get: []string{"#", "fixed"}, By: "nosort"}, "l"))
	require.NoError(t, sorted(SortOptions{By: "w*"}))
	require.ErrorIs(t, sorted(SortOptions{By: "w*"}, "l"), ErrTxUndeclared)
	require.ErrorIs(t, sorted(SortOptions{Get: []string{"w*"}}, "l"), ErrTxUndeclared)
}

// TestSortIsAtomic sorts by weights that change together: none is ever seen without the
// others.
func TestSortIsAtomic(t *testing.T) {
	s := newStore(t, Options{Shards: 16})
	const n = 20
	weights := func(from int) (pairs []Pair) {
		for i := range n {
			pairs = append(pairs, Pair{fmt.Sprint("w", i), strconv.Itoa(from + i)})
		}
		return pairs
	}
	for i := range n {
		must(s.RPush("l", strconv.Itoa(i)))
	}
	try(s.MSet(weights(0)...))
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 200 {
			try(s.MSet(weights(-1000 * i)...))
		}
	})
	wg.Go(func() {
		for range 200 {
			found := must(s.SortWith("l", SortOptions{By: "w*", Get: []string{"w*"}}))
			first := must(strconv.Atoi(found[0].Value))
			for i, f := range found {
				if f.Value != strconv.Itoa(first+i) {
					panic(fmt.Sprint(found))
				}
			}
		}
	})
	wg.Wait()
}

package nook

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// setEncodings make sets of every encoding at small sizes.
var setEncodings = map[string]Encodings{
	"defaults":     {},
	"small":        {SetMaxIntsetEntries: 3, SetMaxListpackEntries: 4, SetMaxListpackValue: 2},
	"tables":       {SetMaxIntsetEntries: -1, SetMaxListpackEntries: -1},
	"no listpacks": {SetMaxListpackEntries: -1},
}

// eachSetEncoding runs a test with several limits of encodings.
func eachSetEncoding(t *testing.T, f func(t *testing.T, s *Store)) {
	for name, encodings := range setEncodings {
		t.Run(name, func(t *testing.T) { f(t, newStore(t, Options{Encodings: encodings})) })
	}
}

func members(c *Commands, key string) []string {
	all := must(c.SMembers(key))
	slices.Sort(all)
	return all
}

func TestSets(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, s *Store) {
		c := s.Select(0)
		require.Equal(t, 3, must(s.SAdd("k", "1", "2", "2", "3")))
		require.Equal(t, 0, must(s.SAdd("k", "1")))
		require.Equal(t, 2, must(s.SAdd("k", "abc", "1", "")))
		require.Equal(t, []string{"", "1", "2", "3", "abc"}, members(c, "k"))
		require.Equal(t, 5, must(s.SCard("k")))
		require.True(t, must(s.SIsMember("k", "abc")))
		require.False(t, must(s.SIsMember("k", "01")))
		require.Equal(t, []bool{true, false, true}, must(s.SMIsMember("k", "1", "x", "")))
		require.Equal(t, 2, must(s.SRem("k", "1", "", "x", "1")))
		require.Equal(t, []string{"2", "3", "abc"}, members(c, "k"))
		require.Equal(t, 3, must(s.SRem("k", "2", "3", "abc")))
		require.Equal(t, 0, must(s.Exists("k")), "an empty set is none")

		require.Equal(t, 0, must(s.SAdd("none")))
		require.Equal(t, 0, must(s.SRem("none", "a")))
		require.Equal(t, 0, must(s.SCard("none")))
		require.Empty(t, must(s.SMembers("none")))
		require.False(t, must(s.SIsMember("none", "a")))
		require.Equal(t, []bool{false}, must(s.SMIsMember("none", "a")))
		require.Equal(t, 0, must(s.Exists("none")))
	})
}

// TestSetEncodings shows when a set changes its form: the values are those of Redis 7.2.
func TestSetEncodings(t *testing.T) {
	s := newStore(t, Options{})
	c := s.Select(0)
	numbers := func(n int) (list []string) {
		for i := range n {
			list = append(list, strconv.Itoa(i))
		}
		return list
	}
	for i, row := range []struct {
		first, then []string
		want        string
	}{
		{numbers(512), nil, "intset"},
		{numbers(512), []string{"-1"}, "hashtable"},
		{numbers(513), nil, "hashtable"},
		{numbers(1), numbers(513), "hashtable"},
		{numbers(127), []string{"a"}, "listpack"},
		{numbers(128), []string{"a"}, "hashtable"},
		{[]string{"a"}, numbers(127), "listpack"},
		{[]string{"a"}, numbers(128), "hashtable"},
		{[]string{"a"}, numbers(129), "hashtable"},
		{[]string{strings.Repeat("x", 64)}, nil, "listpack"},
		{[]string{strings.Repeat("x", 65)}, nil, "hashtable"},
		{[]string{"1"}, []string{strings.Repeat("x", 65)}, "hashtable"},
		{[]string{"a", "1"}, nil, "listpack"},
	} {
		key := fmt.Sprint(i)
		must(s.SAdd(key, row.first...))
		if row.then != nil {
			must(s.SAdd(key, row.then...))
		}
		require.Equal(t, row.want, encodingOf(c, key), "%d: %d, then %d", i, len(row.first), len(row.then))
	}
	// A set of a hundred that are expected, but all there already, becomes a table
	// without being changed.
	must(s.SAdd("same", "a", "b"))
	require.Equal(t, 0, must(s.SAdd("same", slices.Repeat([]string{"a"}, 129)...)))
	require.Equal(t, "hashtable", encodingOf(c, "same"))
}

func TestSetWrongType(t *testing.T) {
	s := newStore(t, Options{})
	try(s.Set("str", "v"))
	must(s.SAdd("k", "a"))
	wrong := fails(t, ErrWrongType)
	wrong(s.SAdd("str", "a"))
	wrong(s.SRem("str", "a"))
	wrong(s.SMembers("str"))
	wrong(s.SIsMember("str", "a"))
	wrong(s.SMIsMember("str", "a"))
	wrong(s.SCard("str"))
	wrong(s.SMove("str", "k", "a"))
	wrong(s.SMove("k", "str", "a"))
	wrong(s.SPop("str"))
	wrong(s.SPopCount("str", 1))
	wrong(s.SRandMember("str"))
	wrong(s.SRandMembers("str", 1))
	wrong(s.SInter("none", "str"))
	wrong(s.SUnion("k", "str"))
	wrong(s.SDiff("none", "str"))
	wrong(s.SInterStore("d", "k", "str"))
	wrong(s.SInterCard("k", "str"))
	wrong(s.SScanPage("str", 0, ScanOptions{}))
	wrong(s.Get("k"))
	wrong(s.Append("k", "x"))
	fails(t, ErrNotPositive)(s.SPopCount("k", -1))
	fails(t, ErrCount)(s.SRandMembers("k", -MaxDraws-1))
	require.Equal(t, "v", found(s.Get("str")).Value)
	require.Equal(t, []string{"a"}, members(s.Select(0), "k"))
	require.Equal(t, 0, must(s.Exists("d")))
}

func TestSMove(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, s *Store) {
		c := s.Select(0)
		must(s.SAdd("from", "1", "a"))
		require.True(t, must(s.SMove("from", "to", "1")))
		require.False(t, must(s.SMove("from", "to", "1")))
		require.True(t, must(s.SMove("from", "from", "a")))
		require.False(t, must(s.SMove("none", "to", "1")))
		require.True(t, must(s.SMove("from", "to", "a")))
		require.Equal(t, 0, must(s.Exists("from")))
		require.Equal(t, []string{"1", "a"}, members(c, "to"))
		must(s.SAdd("from", "1", "2"))
		require.True(t, must(s.SMove("from", "to", "1")), "though it was there already")
		require.Equal(t, []string{"1", "a"}, members(c, "to"))
	})
}

func TestSPop(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, s *Store) {
		for i := range 40 {
			must(s.SAdd("k", strconv.Itoa(i), fmt.Sprint("m", i)))
		}
		left := map[string]bool{}
		for _, m := range must(s.SMembers("k")) {
			left[m] = true
		}
		take := func(popped ...string) {
			for _, m := range popped {
				require.True(t, left[m], m)
				delete(left, m)
			}
			require.Equal(t, len(left), must(s.SCard("k")))
		}
		for range 5 {
			take(found(s.SPop("k")).Value)
		}
		for _, n := range []int{0, 1, 10, 60} {
			popped := must(s.SPopCount("k", n))
			require.Len(t, popped, n)
			take(popped...)
		}
		take(must(s.SPopCount("k", 100))...)
		require.Empty(t, left)
		require.Equal(t, 0, must(s.Exists("k")))
		require.Equal(t, none, found(s.SPop("k")))
		require.Empty(t, must(s.SPopCount("k", 3)))
	})
}

func TestSRandMember(t *testing.T) {
	eachSetEncoding(t, func(t *testing.T, s *Store) {
		must(s.SAdd("k", "1", "2", "a", "bcd"))
		require.Contains(t, members(s.Select(0), "k"), found(s.SRandMember("k")).Value)
		for n := range 6 {
			got := must(s.SRandMembers("k", n))
			slices.Sort(got)
			require.Len(t, slices.Compact(got), min(n, 4))
			require.Len(t, must(s.SRandMembers("k", -n)), n)
		}
		many := must(s.SRandMembers("k", -200))
		slices.Sort(many)
		require.Equal(t, []string{"1", "2", "a", "bcd"}, slices.Compact(many))
		require.Equal(t, none, found(s.SRandMember("none")))
		require.Empty(t, must(s.SRandMembers("none", -3)))
		require.Equal(t, 4, must(s.SCard("k")))
	})
}

// TestSetSeed shows that a seed makes random members the same in each run.
func TestSetSeed(t *testing.T) {
	draws := func(seed uint64) (drawn []string) {
		s := newStore(t, Options{Seed: seed})
		for i := range 1000 {
			must(s.SAdd("k", strconv.Itoa(i)))
		}
		drawn = append(must(s.SRandMembers("k", -5)), must(s.SRandMembers("k", 5))...)
		return append(append(drawn, must(s.SPopCount("k", 5))...), found(s.SPop("k")).Value)
	}
	require.Equal(t, draws(7), draws(7))
	require.NotEqual(t, draws(7), draws(8))
}

// TestSetAlgebra compares with maps.
func TestSetAlgebra(t *testing.T) {
	for name, encodings := range setEncodings {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := newStore(t, Options{Shards: 4, Encodings: encodings})
				c := s.Select(0)
				member := rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "a", "b", "c", "ddd", "-7"})
				sets := rapid.SliceOfN(rapid.SliceOfNDistinct(member, 0, 8, rapid.ID), 1, 4).Draw(t, "sets")
				keys := make([]string, len(sets))
				var inter, union, diff []string
				for i, list := range sets {
					keys[i] = fmt.Sprint("k", i)
					must(s.SAdd(keys[i], list...))
					union = append(union, list...)
					if i == 0 {
						inter, diff = slices.Clone(list), slices.Clone(list)
					}
					inter = slices.DeleteFunc(inter, func(m string) bool { return !slices.Contains(list, m) })
					if i > 0 {
						diff = slices.DeleteFunc(diff, func(m string) bool { return slices.Contains(list, m) })
					}
				}
				limit := rapid.IntRange(0, 4).Draw(t, "limit")
				want := len(inter)
				if limit > 0 {
					want = min(want, limit)
				}
				require.Equal(t, want, must(s.SInterCardWith(SInterCardOptions{Limit: limit}, keys...)))
				for _, op := range []struct {
					want  []string
					get   func(keys ...string) ([]string, error)
					store func(dst string, keys ...string) (int, error)
				}{{inter, s.SInter, s.SInterStore}, {union, s.SUnion, s.SUnionStore}, {diff, s.SDiff, s.SDiffStore}} {
					slices.Sort(op.want)
					op.want = slices.Compact(op.want)
					require.ElementsMatch(t, op.want, must(op.get(keys...)))
					dst := rapid.SampledFrom([]string{"dst", "k0"}).Draw(t, "dst")
					require.NoError(t, s.Set("dst", "something else"))
					must(s.CopyWith("k0", "saved", CopyOptions{Replace: true}))
					require.Equal(t, len(op.want), must(op.store(dst, keys...)))
					require.Equal(t, len(op.want) > 0, must(s.Exists(dst)) == 1)
					require.ElementsMatch(t, op.want, members(c, dst))
					must(s.Del("k0"))
					must(s.CopyWith("saved", "k0", CopyOptions{}))
				}
			})
		})
	}
}

func TestSScan(t *testing.T) {
	s := newStore(t, Options{})
	for _, n := range []int{3, 100, 600, 5000} {
		key := fmt.Sprint(n)
		want := map[string]int{}
		for i := range n {
			must(s.SAdd(key, strconv.Itoa(i)))
			want[strconv.Itoa(i)] = 1
		}
		for _, o := range []ScanOptions{{}, {Count: 1}, {Count: 1000}, {Match: "*"}} {
			got := map[string]int{}
			for m := range s.SScan(key, o) {
				got[m]++
			}
			require.Equal(t, want, got)
		}
	}
	var some []string
	for m := range s.SScan("600", ScanOptions{Match: "1?0"}) {
		some = append(some, m)
	}
	slices.Sort(some)
	require.Equal(t, []string{"100", "110", "120", "130", "140", "150", "160", "170", "180", "190"}, some)
	for range s.SScan("none", ScanOptions{}) {
		t.Fatal("a member of nothing")
	}
	for m := range s.SScan("5000", ScanOptions{Count: 10}) {
		must(s.SRem("5000", m)) // the loop may change the set
	}
	require.Equal(t, 0, must(s.Exists("5000")))
}

// TestSMoveConcurrently moves members between few sets from several goroutines, while others
// look: none is ever lost or in two sets.
func TestSMoveConcurrently(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets := rapid.IntRange(2, 5).Draw(t, "sets")
		count := rapid.IntRange(1, 200).Draw(t, "members")
		encodings := rapid.SampledFrom(slices.Sorted(maps.Keys(setEncodings))).Draw(t, "encodings")
		s := newStore(t, Options{Shards: 4, Encodings: setEncodings[encodings]})
		keys := make([]string, sets)
		for i := range keys {
			keys[i] = fmt.Sprint("k", i)
		}
		all := make([]string, count)
		for i := range all {
			all[i] = strconv.Itoa(i * 7)
			must(s.SAdd(keys[i%sets], all[i]))
		}
		moves := rapid.SliceOfN(rapid.IntRange(0, 1<<20), 4, 4).Draw(t, "moves")
		var wg sync.WaitGroup
		for _, start := range moves {
			wg.Go(func() {
				for i := range 200 {
					n := (start + i*2654435761) & (1<<31 - 1)
					must(s.SMove(keys[n%sets], keys[n/7%sets], all[n/91%count]))
				}
			})
			wg.Go(func() {
				for range 20 {
					if n := len(must(s.SUnion(keys...))); n != count {
						panic(fmt.Sprintf("%d of %d members", n, count))
					}
					if n := must(s.SInterCard(keys[0], keys[1])); n != 0 {
						panic(fmt.Sprintf("%d members are in two sets", n))
					}
				}
			})
		}
		wg.Wait()
		var end []string
		for _, key := range keys {
			end = append(end, must(s.SMembers(key))...)
		}
		require.ElementsMatch(t, all, end)
	})
}

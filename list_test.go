package nook

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// all returns the elements of a list.
func all(c *Commands, key string) []string { return must(c.LRange(key, 0, -1)) }

func TestListPushPop(t *testing.T) {
	s := newStore(t, Options{})
	require.Equal(t, 3, must(s.RPush("l", "b", "c", "d")))
	require.Equal(t, 5, must(s.LPush("l", "a", "0")))
	require.Equal(t, []string{"0", "a", "b", "c", "d"}, all(s.Select(0), "l"))
	require.Equal(t, 0, must(s.LPushX("none", "a")))
	require.Equal(t, 0, must(s.RPushX("none", "a")))
	require.Equal(t, 0, must(s.LPush("none")), "nothing makes no list")
	require.Equal(t, 5, must(s.LPush("l")))
	require.Equal(t, 6, must(s.LPushX("l", "x")))
	require.Equal(t, 7, must(s.RPushX("l", "y")))
	require.Equal(t, some("x"), found(s.LPop("l")))
	require.Equal(t, some("y"), found(s.RPop("l")))
	require.Equal(t, none, found(s.LPop("none")))
	require.Equal(t, 0, must(s.Exists("none")))

	values, ok, err := s.LPopCount("l", 2)
	require.Equal(t, []string{"0", "a"}, values)
	require.True(t, ok)
	require.NoError(t, err)
	values, _, _ = s.RPopCount("l", 2)
	require.Equal(t, []string{"d", "c"}, values)
	values, ok, _ = s.RPopCount("l", 0)
	require.True(t, ok)
	require.Empty(t, values)
	values, _, _ = s.RPopCount("l", math.MaxInt)
	require.Equal(t, []string{"b"}, values)
	_, ok, err = s.RPopCount("l", 1)
	require.False(t, ok)
	require.NoError(t, err)
	require.Equal(t, 0, must(s.Exists("l")), "an empty list is no key")
	fails(t, ErrNotPositive)(s.LPopCount("l", -1))
}

func TestListAtIndex(t *testing.T) {
	s := newStore(t, Options{})
	must(s.RPush("l", "a", "b", "c"))
	require.Equal(t, some("a"), found(s.LIndex("l", 0)))
	require.Equal(t, some("c"), found(s.LIndex("l", -1)))
	require.Equal(t, none, found(s.LIndex("l", 3)))
	require.Equal(t, none, found(s.LIndex("l", math.MinInt64)))
	require.Equal(t, none, found(s.LIndex("none", 0)))
	require.NoError(t, s.LSet("l", -2, "B"))
	require.ErrorIs(t, s.LSet("l", 3, "x"), ErrOutOfRange)
	require.ErrorIs(t, s.LSet("none", 0, "x"), ErrNoSuchKey)
	require.Equal(t, []string{"a", "B", "c"}, all(s.Select(0), "l"))
	require.Equal(t, []string{"B", "c"}, must(s.LRange("l", 1, 100)))
	require.Empty(t, must(s.LRange("l", 2, 1)))
	require.NotNil(t, must(s.LRange("none", 0, -1)))
	require.Equal(t, 3, must(s.LLen("l")))
	require.NoError(t, s.LTrim("l", 1, 1))
	require.Equal(t, []string{"B"}, all(s.Select(0), "l"))
	require.NoError(t, s.LTrim("l", 5, 9))
	require.Equal(t, 0, must(s.Exists("l")))
	require.NoError(t, s.LTrim("none", 0, 1))
}

func TestListSearch(t *testing.T) {
	s := newStore(t, Options{})
	must(s.RPush("l", "a", "b", "c", "1", "2", "3", "c", "c")) // the example of the documentation of LPOS
	i, ok, err := s.LPos("l", "c")
	require.Equal(t, []any{2, true, nil}, []any{i, ok, err})
	_, ok, err = s.LPos("l", "nothing")
	require.False(t, ok)
	require.NoError(t, err)
	for _, c := range []struct {
		o    LPosOptions
		want []int
	}{
		{LPosOptions{}, []int{2}},
		{LPosOptions{Rank: 2}, []int{6}},
		{LPosOptions{Rank: -1}, []int{7}},
		{LPosOptions{Count: 2}, []int{2, 6}},
		{LPosOptions{Count: 2, Rank: -1}, []int{7, 6}},
		{LPosOptions{Count: -1}, []int{2, 6, 7}},
		{LPosOptions{Count: -1, MaxLen: 7}, []int{2, 6}},
		{LPosOptions{Rank: math.MinInt}, nil},
	} {
		require.Equal(t, c.want, must(s.LPosWith("l", "c", c.o)), "%+v", c.o)
	}
	fails(t, ErrMaxLen)(s.LPosWith("l", "c", LPosOptions{MaxLen: -1}))
	require.Empty(t, must(s.LPosWith("none", "c", LPosOptions{})))

	n, ok, err := s.LInsert("l", Before, "1", "0")
	require.Equal(t, []any{9, true, nil}, []any{n, ok, err})
	n, ok, _ = s.LInsert("l", After, "nothing", "0")
	require.Equal(t, []any{9, false}, []any{n, ok})
	n, ok, _ = s.LInsert("none", After, "1", "0")
	require.Equal(t, []any{0, false}, []any{n, ok})
	fails(t, ErrSyntax)(s.LInsert("l", 2, "1", "0"))
	require.Equal(t, 2, must(s.LRem("l", -2, "c")))
	require.Equal(t, 0, must(s.LRem("l", 0, "nothing")))
	require.Equal(t, 1, must(s.LRem("l", math.MaxInt64, "c")))
	require.Equal(t, 1, must(s.LRem("l", math.MinInt64, "a")))
	require.Equal(t, []string{"b", "0", "1", "2", "3"}, all(s.Select(0), "l"))
}

func TestListMove(t *testing.T) {
	s := newStore(t, Options{})
	must(s.RPush("a", "1", "2", "3"))
	require.Equal(t, some("3"), found(s.RPopLPush("a", "b")))
	require.Equal(t, some("1"), found(s.LMove("a", "b", Left, Right)))
	require.Equal(t, []string{"3", "1"}, all(s.Select(0), "b"))
	require.Equal(t, some("3"), found(s.LMove("b", "b", Left, Right)))
	require.Equal(t, []string{"1", "3"}, all(s.Select(0), "b"))
	require.Equal(t, none, found(s.LMove("none", "b", Left, Right)))
	require.Equal(t, some("2"), found(s.LMove("a", "b", Left, Left)))
	require.Equal(t, 0, must(s.Exists("a")))
	fails(t, ErrSyntax)(s.LMove("b", "a", 2, Left))
	fails(t, ErrSyntax)(s.LMove("b", "a", Left, 2))

	popped, ok, err := s.LMPop(Right, 2, "none", "b", "c")
	require.Equal(t, []any{KeyValues{"b", []string{"3", "1"}}, true, nil}, []any{popped, ok, err})
	_, ok, err = s.LMPop(Left, 1, "none")
	require.False(t, ok)
	require.NoError(t, err)
	_, ok, _ = s.LMPop(Left, 1)
	require.False(t, ok)
	fails(t, ErrPopCount)(s.LMPop(Left, 0, "b"))
	fails(t, ErrSyntax)(s.LMPop(2, 1, "b"))
}

// TestListWrongType shows that no list command touches a string, nor a string
// command a list.
func TestListWrongType(t *testing.T) {
	s := newStore(t, Options{})
	require.NoError(t, s.Set("s", "v"))
	must(s.RPush("l", "a"))
	wrong := fails(t, ErrWrongType)
	wrong(s.LPush("s", "a"))
	wrong(s.RPushX("s", "a"))
	wrong(s.LPop("s"))
	wrong(s.RPopCount("s", 1))
	wrong(s.LLen("s"))
	wrong(s.LIndex("s", 0))
	wrong(s.LSet("s", 0, "a"))
	wrong(s.LInsert("s", Before, "a", "b"))
	wrong(s.LRange("s", 0, 1))
	wrong(s.LTrim("s", 0, 1))
	wrong(s.LRem("s", 0, "a"))
	wrong(s.LPos("s", "a"))
	wrong(s.LMove("s", "l", Left, Left))
	wrong(s.LMove("l", "s", Left, Left))
	wrong(s.LMPop(Left, 1, "s", "l"))
	wrong(s.Get("l"))
	wrong(s.Append("l", "x"))
	require.Equal(t, some("v"), found(s.Get("s")))
	require.Equal(t, []string{"a"}, all(s.Select(0), "l"))
	require.Equal(t, "list", must(s.Type("l")))
}

func TestListTooLong(t *testing.T) {
	s := newStore(t, Options{MaxStringLen: 100})
	long := strings.Repeat("x", 101)
	fails(t, ErrTooLong)(s.LPush("l", "a", long))
	must(s.RPush("l", "a"))
	fails(t, ErrTooLong)(s.LSet("l", 0, long))
	fails(t, ErrTooLong)(s.LInsert("l", After, "a", long))
	require.Equal(t, []string{"a"}, all(s.Select(0), "l"))
}

// TestListEncoding shows when a list is one listpack, and that Copy leaves two
// lists that have nothing in common.
func TestListEncoding(t *testing.T) {
	s := newStore(t, Options{Encodings: Encodings{ListMaxListpackSize: 4}})
	c := s.Select(0)
	must(c.RPush("l", "a", "b", "c", "d"))
	require.Equal(t, "listpack", encodingOf(c, "l"))
	must(c.RPush("l", "e"))
	require.Equal(t, "quicklist", encodingOf(c, "l"))
	require.True(t, must(c.Copy("l", "copy")))
	found(c.RPop("l"))
	require.Equal(t, "quicklist", encodingOf(c, "l"))
	must(c.LRem("l", 1, "a"))
	require.Equal(t, "quicklist", encodingOf(c, "l"))
	require.NoError(t, c.LTrim("l", 0, 1))
	require.Equal(t, "listpack", encodingOf(c, "l"))
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, all(c, "copy"))
	require.NoError(t, c.LSet("copy", 0, "x"))
	require.Equal(t, []string{"b", "c"}, all(c, "l"))
}

// listModel does what list commands do to a slice.
type listModel []string

func (m *listModel) rem(count int, v string) (removed int) {
	most := max(count, -count)
	if count == 0 {
		most = len(*m)
	}
	back := slices.Clone(*m)
	if count < 0 {
		slices.Reverse(back)
	}
	back = slices.DeleteFunc(back, func(e string) bool {
		if e != v || removed == most {
			return false
		}
		removed++
		return true
	})
	if count < 0 {
		slices.Reverse(back)
	}
	*m = back
	return removed
}

// TestListModel does the same to a list and to a slice, with nodes of all sizes.
func TestListModel(t *testing.T) {
	words := []string{"a", "b", "1", "22", "", strings.Repeat("x", 1000), strings.Repeat("y", 5000)}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 2, 5, 0, -1, -5}).Draw(t, "size")
		s := newStore(t, Options{Encodings: Encodings{ListMaxListpackSize: size}})
		c := s.Select(0)
		var m listModel
		word := rapid.SampledFrom(words)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				v := rapid.SliceOfN(word, 1, 9).Draw(t, "values")
				if rapid.Bool().Draw(t, "left") {
					require.Equal(t, len(m)+len(v), must(c.LPush("l", v...)))
					slices.Reverse(v)
					m = append(v, m...)
				} else {
					require.Equal(t, len(m)+len(v), must(c.RPush("l", v...)))
					m = append(m, v...)
				}
			},
			"pop": func(t *rapid.T) {
				n := rapid.IntRange(0, 9).Draw(t, "n")
				got, _, err := c.RPopCount("l", n)
				require.NoError(t, err)
				want := listModel{}
				for range min(n, len(m)) {
					want = append(want, m[len(m)-1])
					m = m[:len(m)-1]
				}
				require.Equal(t, []string(want), append([]string{}, got...))
			},
			"rem": func(t *rapid.T) {
				n, v := rapid.IntRange(-3, 3).Draw(t, "count"), word.Draw(t, "value")
				require.Equal(t, m.rem(n, v), must(c.LRem("l", int64(n), v)))
			},
			"insert": func(t *rapid.T) {
				pivot, v := word.Draw(t, "pivot"), word.Draw(t, "value")
				i := slices.Index(m, pivot)
				_, ok, err := c.LInsert("l", Before, pivot, v)
				require.NoError(t, err)
				require.Equal(t, i >= 0, ok)
				if ok {
					m = slices.Insert(m, i, v)
				}
			},
			"move": func(t *rapid.T) {
				if len(m) > 0 {
					require.Equal(t, some(m[len(m)-1]), found(c.RPopLPush("l", "l")))
					m = append(listModel{m[len(m)-1]}, m[:len(m)-1]...)
				}
			},
			"trim": func(t *rapid.T) {
				from := rapid.IntRange(0, 3).Draw(t, "from")
				to := rapid.IntRange(0, 3).Draw(t, "to")
				require.NoError(t, c.LTrim("l", int64(from), int64(-1-to)))
				if from+to >= len(m) {
					m = nil
				} else {
					m = slices.Clone(m[from : len(m)-to])
				}
			},
			"pos": func(t *rapid.T) {
				v := word.Draw(t, "value")
				var want []int
				for i, e := range m {
					if e == v {
						want = append(want, i)
					}
				}
				require.Equal(t, want, must(c.LPosWith("l", v, LPosOptions{Count: -1})))
				slices.Reverse(want)
				require.Equal(t, want, must(c.LPosWith("l", v, LPosOptions{Rank: -1, Count: -1})))
			},
			"": func(t *rapid.T) {
				s.ks.checkUsed(t)
				require.Equal(t, append([]string{}, m...), all(c, "l"))
				require.Equal(t, len(m), must(c.LLen("l")))
			},
		})
	})
}

// TestListConcurrently moves elements around from many goroutines. None is lost,
// and none is there twice.
func TestListConcurrently(t *testing.T) {
	s := newStore(t, Options{Shards: 4, Encodings: Encodings{ListMaxListpackSize: 8}})
	const lists, elements, goroutines = 4, 400, 4
	name := func(i int) string { return fmt.Sprint("l", i%lists) }
	for i := range elements {
		must(s.LPush(name(i), fmt.Sprint(i)))
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range 1000 {
				switch (i + g) % 3 {
				case 0:
					found(s.LMove(name(i), name(i*7+g), Left, Right))
				case 1:
					found(s.RPopLPush(name(i+g), name(i)))
				default:
					if v, ok, err := s.LPop(name(i)); ok && err == nil {
						must(s.RPush(name(i*3), v))
					}
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for i := range lists {
		for _, v := range all(s.Select(0), name(i)) {
			require.False(t, seen[v], "%s is there twice", v)
			seen[v] = true
		}
	}
	require.Len(t, seen, elements)
}

// TestListOfManyIsFreed shows that a list gives its memory back.
func TestListOfManyIsFreed(t *testing.T) {
	s := newStore(t, Options{})
	for range 2000 {
		must(s.RPush("l", strings.Repeat("x", 100)))
	}
	require.Greater(t, s.ks.memory.used.Load()+unsaidMax, int64(200_000))
	for range 1999 {
		found(s.LPop("l"))
	}
	s.ks.check(t)
	require.Equal(t, "listpack", encodingOf(s.Select(0), "l"))
	found(s.LPop("l"))
	require.Equal(t, 0, must(s.DBSize()))
}

func BenchmarkList(b *testing.B) {
	run := func(name string, f func(c *Commands)) {
		b.Run(name, func(b *testing.B) {
			s := must(New(nil))
			defer s.Close()
			c := s.Select(0)
			for range 1000 {
				must(c.LPush("l", "some text of an element"))
			}
			b.ReportAllocs()
			for b.Loop() {
				f(c)
			}
		})
	}
	run("LPushRPop", func(c *Commands) {
		must(c.LPush("l", "some text of an element"))
		found(c.RPop("l"))
	})
	run("RPushLPop", func(c *Commands) {
		must(c.RPush("l", "some text of an element"))
		found(c.LPop("l"))
	})
	run("OnlyElement", func(c *Commands) {
		must(c.RPush("queue", "some text of an element"))
		found(c.LPop("queue"))
	})
	run("LIndex", func(c *Commands) { found(c.LIndex("l", 500)) })
	run("LRange100", func(c *Commands) { must(c.LRange("l", 200, 299)) })
	run("RPopLPush", func(c *Commands) { found(c.RPopLPush("l", "l")) })
}

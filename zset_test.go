package nook

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// zsetEncodings are limits under which sorted sets are small, big, or become big.
var zsetEncodings = map[string]Encodings{
	"listpack": {},
	"skiplist": {ZSetMaxListpackEntries: -1},
	"both":     {ZSetMaxListpackEntries: 4, ZSetMaxListpackValue: 8},
}

// eachZSetEncoding runs a test under each of them.
func eachZSetEncoding(t *testing.T, f func(t *testing.T, s *Store)) {
	for name, encodings := range zsetEncodings {
		t.Run(name, func(t *testing.T) { f(t, newStore(t, Options{Encodings: encodings, Seed: 7})) })
	}
}

// inf is what a score can be at most.
var inf = math.Inf(1)

// everyone returns all members of a sorted set.
func everyone(c *Commands, key string) []Z { return must(c.ZRange(key, RankRange(0, -1))) }

// znames returns the members without their scores.
func znames(members []Z, err error) (names []string) {
	if err != nil {
		panic(err)
	}
	for _, m := range members {
		names = append(names, m.Member)
	}
	return names
}

func TestZAdd(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		require.Equal(t, 3, must(s.ZAdd("z", Z{"b", 2}, Z{"a", 1}, Z{"c", 2})))
		require.Equal(t, []Z{{"a", 1}, {"b", 2}, {"c", 2}}, everyone(s.Select(0), "z"))
		require.Equal(t, 1, must(s.ZAdd("z", Z{"a", 3}, Z{"d", -inf}, Z{"d", 0.5})))
		require.Equal(t, []Z{{"d", 0.5}, {"b", 2}, {"c", 2}, {"a", 3}}, everyone(s.Select(0), "z"))
		require.Equal(t, 0, must(s.ZAdd("none")))
		require.Equal(t, 0, must(s.Exists("none")), "nothing makes no sorted set")
		require.Equal(t, 4, must(s.ZCard("z")))
		require.Equal(t, 0, must(s.ZCard("none")))
		require.Equal(t, "zset", must(s.Type("z")))

		fails(t, ErrNotFloat)(s.ZAdd("z", Z{"x", math.NaN()}))
		require.NoError(t, s.Set("s", "v"))
		fails(t, ErrWrongType)(s.ZAdd("s", Z{"x", 1}))
		fails(t, ErrWrongType)(s.ZCard("s"))
		require.Equal(t, some("v"), found(s.Get("s")))
	})
}

func TestZAddCondition(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		add := func(c ZAddCondition, members ...Z) ZAddResult {
			return must(s.ZAddWith("z", ZAddOptions{If: c}, members...))
		}
		require.Equal(t, ZAddResult{}, add(ZAddIfPresent, Z{"a", 1}))
		require.Equal(t, 0, must(s.Exists("z")))
		require.Equal(t, ZAddResult{Added: 2}, add(ZAddIfGreater, Z{"a", 5}, Z{"b", 5}))
		require.Equal(t, ZAddResult{Added: 1}, add(ZAddIfAbsent, Z{"a", 7}, Z{"c", 5}))
		require.Equal(t, ZAddResult{Updated: 1}, add(ZAddIfPresent, Z{"a", 7}, Z{"x", 5}, Z{"b", 5}))
		require.Equal(t, ZAddResult{Added: 1, Updated: 1}, add(ZAddIfGreater, Z{"a", 6}, Z{"b", 6}, Z{"d", 1}))
		require.Equal(t, ZAddResult{Updated: 1}, add(ZAddIfLess|ZAddIfPresent, Z{"a", 6}, Z{"b", 7}, Z{"e", 1}))
		require.Equal(t, []Z{{"d", 1}, {"c", 5}, {"a", 6}, {"b", 6}}, everyone(s.Select(0), "z"))

		for _, c := range []ZAddCondition{ZAddIfGreater | ZAddIfLess, ZAddIfAbsent | ZAddIfGreater, ZAddIfAbsent | ZAddIfLess} {
			fails(t, ErrZAddGTLT)(s.ZAddWith("z", ZAddOptions{If: c}, Z{"a", 1}))
			fails(t, ErrZAddGTLT)(s.ZIncrByWith("z", "a", 1, ZAddOptions{If: c}))
		}
		fails(t, ErrZAddNX)(s.ZAddWith("z", ZAddOptions{If: ZAddIfAbsent | ZAddIfPresent}, Z{"a", 1}))
	})
}

func TestZIncrBy(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		require.Equal(t, 1.5, must(s.ZIncrBy("z", "a", 1.5)))
		require.Equal(t, 1.0, must(s.ZIncrBy("z", "a", -0.5)))
		require.Equal(t, inf, must(s.ZIncrBy("z", "a", inf)))
		fails(t, ErrScoreNaN)(s.ZIncrBy("z", "a", -inf))
		fails(t, ErrNotFloat)(s.ZIncrBy("z", "a", math.NaN()))
		require.Equal(t, []Z{{"a", inf}}, everyone(s.Select(0), "z"))

		incr := func(c ZAddCondition, member string, by float64) OptionalFloat {
			score, ok, err := s.ZIncrByWith("z", member, by, ZAddOptions{If: c})
			require.NoError(t, err)
			return OptionalFloat{score, ok}
		}
		must(s.ZAdd("z", Z{"a", 1}))
		require.Equal(t, OptionalFloat{}, incr(ZAddIfAbsent, "a", 1))
		require.Equal(t, OptionalFloat{}, incr(ZAddIfPresent, "b", 1))
		require.Equal(t, OptionalFloat{}, incr(ZAddIfGreater, "a", -1))
		require.Equal(t, OptionalFloat{}, incr(ZAddIfLess, "a", 1))
		require.Equal(t, OptionalFloat{3, true}, incr(ZAddIfGreater, "a", 2))
		require.Equal(t, OptionalFloat{4, true}, incr(ZAddIfAbsent, "b", 4))
		_, ok, err := s.ZIncrByWith("none", "a", 1, ZAddOptions{If: ZAddIfPresent})
		require.NoError(t, err)
		require.False(t, ok)
		require.Equal(t, 0, must(s.Exists("none")))
	})
}

func TestZRem(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		must(s.ZAdd("z", Z{"a", 1}, Z{"b", 2}, Z{"c", 3}))
		require.Equal(t, 2, must(s.ZRem("z", "a", "x", "c", "a")))
		require.Equal(t, []string{"b"}, znames(s.ZRange("z", RankRange(0, -1))))
		require.Equal(t, 1, must(s.ZRem("z", "b")))
		require.Equal(t, 0, must(s.Exists("z")), "an empty sorted set is no key")
		require.Equal(t, 0, must(s.ZRem("z", "b")))
	})
}

func TestZScoreAndRank(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		must(s.ZAdd("z", Z{"a", 1}, Z{"b", 2.5}, Z{"c", inf}, Z{"10", 2.5}, Z{"9", 2.5}))
		require.Equal(t, []OptionalFloat{{2.5, true}, {}, {inf, true}}, must(s.ZMScore("z", "b", "x", "c")))
		require.Equal(t, []OptionalFloat{{}, {}}, must(s.ZMScore("none", "b", "x")))
		score, ok, err := s.ZScore("z", "b")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, 2.5, score)
		_, ok, _ = s.ZScore("none", "b")
		require.False(t, ok)
		for i, m := range []string{"a", "10", "9", "b", "c"} {
			rank, ok, err := s.ZRank("z", m)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, i, rank)
			rank, _, _ = s.ZRevRank("z", m)
			require.Equal(t, 4-i, rank)
		}
		ranking, ok, err := s.ZRankWith("z", "c", ZRankOptions{Reverse: true})
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, ZRanking{0, inf}, ranking)
		for _, key := range []string{"z", "none"} {
			_, ok, err = s.ZRank(key, "x")
			require.NoError(t, err)
			require.False(t, ok)
		}
	})
}

func TestZRange(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		must(s.ZAdd("z", Z{"a", 1}, Z{"b", 2}, Z{"c", 3}, Z{"d", 4}, Z{"e", 5}))
		for _, c := range []struct {
			r    ZRange
			o    ZRangeOptions
			want string
		}{
			{RankRange(0, -1), ZRangeOptions{}, "abcde"},
			{RankRange(1, 2), ZRangeOptions{}, "bc"},
			{RankRange(-2, 100), ZRangeOptions{}, "de"},
			{RankRange(-100, -5), ZRangeOptions{}, "a"},
			{RankRange(3, 2), ZRangeOptions{}, ""},
			{RankRange(5, 9), ZRangeOptions{}, ""},
			{RankRange(math.MinInt64, math.MaxInt64), ZRangeOptions{}, "abcde"},
			{RankRange(0, math.MinInt64), ZRangeOptions{}, ""},
			{RankRange(0, 1), ZRangeOptions{Reverse: true}, "ed"},
			{RankRange(-1, -1), ZRangeOptions{Reverse: true}, "a"},
			{RankRange(0, -1), ZRangeOptions{Offset: 1, Count: 2}, "bc"},
			{RankRange(0, -1), ZRangeOptions{Reverse: true, Offset: 1, Count: 2}, "dc"},
			{ZRange{}, ZRangeOptions{}, "a"},
			{ScoreRange(2, 4), ZRangeOptions{}, "bcd"},
			{ScoreRange(2, 4), ZRangeOptions{Reverse: true}, "dcb"},
			{ScoreRange(2, 4), ZRangeOptions{Reverse: true, Offset: 2, Count: 9}, "b"},
			{ScoreRange(2, 4), ZRangeOptions{Offset: 3}, ""},
			{ScoreRange(2, 4), ZRangeOptions{Offset: -1}, ""},
			{ScoreRange(2, 4), ZRangeOptions{Count: -1}, "bcd"},
			{ScoreRange(-inf, inf), ZRangeOptions{Count: 1}, "a"},
			{ScoreRange(4, 2), ZRangeOptions{}, ""},
			{ScoreRangeBetween(ScoreBound{2, true}, ScoreBound{4, true}), ZRangeOptions{}, "c"},
			{ScoreRangeBetween(ScoreBound{2, true}, ScoreBound{2, false}), ZRangeOptions{}, ""},
			{ScoreRangeBetween(ScoreBound{Score: 1.5}, ScoreBound{3, true}), ZRangeOptions{}, "b"},
		} {
			require.Equal(t, c.want, strings.Join(znames(s.ZRangeWith("z", c.r, c.o)), ""), "%+v %+v", c.r, c.o)
			if c.o == (ZRangeOptions{}) {
				require.Equal(t, c.want, strings.Join(znames(s.ZRange("z", c.r)), ""))
				require.Equal(t, len(c.want), must(s.ZCount("z", c.r)))
			}
			require.Equal(t, len(c.want), must(s.ZRangeStore("dst", "z", c.r, c.o)))
			if c.want != "" {
				require.ElementsMatch(t, strings.Split(c.want, ""), znames(s.ZRange("dst", RankRange(0, -1))))
			}
		}
		require.Empty(t, must(s.ZRange("none", RankRange(0, -1))))
		require.Equal(t, 0, must(s.ZCount("none", ScoreRange(0, 1))))
		for _, r := range []ZRange{ScoreRange(math.NaN(), 0), ScoreRange(0, math.NaN())} {
			fails(t, ErrScoreRange)(s.ZRange("z", r))
			fails(t, ErrScoreRange)(s.ZCount("z", r))
			fails(t, ErrScoreRange)(s.ZRemRange("z", r))
			fails(t, ErrScoreRange)(s.ZRangeStore("dst", "z", r, ZRangeOptions{}))
		}
	})
}

func TestZRangeByLex(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		must(s.ZAdd("z", Z{"a", 0}, Z{"b", 0}, Z{"c", 0}, Z{"d", 0}, Z{"e", 0}, Z{"10", 0}))
		closed := func(m string) LexBound { return LexBound{Member: m} }
		open := func(m string) LexBound { return LexBound{Member: m, Open: true} }
		for _, c := range []struct {
			low, high LexBound
			want      string
		}{
			{LexLowest(), LexHighest(), "10,a,b,c,d,e"},
			{LexHighest(), LexLowest(), ""},
			{LexLowest(), LexLowest(), ""},
			{closed("b"), closed("d"), "b,c,d"},
			{open("b"), open("d"), "c"},
			{closed("b"), open("b"), ""},
			{closed("b"), closed("b"), "b"},
			{open("1"), closed("aa"), "10,a"},
			{closed(""), open("a"), "10"},
			{LexLowest(), open("10"), ""},
			{closed("d"), LexHighest(), "d,e"},
			{closed("x"), LexHighest(), ""},
		} {
			r := LexRange(c.low, c.high)
			require.Equal(t, c.want, strings.Join(znames(s.ZRange("z", r)), ","))
			back := znames(s.ZRangeWith("z", r, ZRangeOptions{Reverse: true}))
			slices.Reverse(back)
			require.Equal(t, c.want, strings.Join(back, ","))
			require.Equal(t, len(back), must(s.ZCount("z", r)))
		}
		require.Equal(t, 2, must(s.ZRemRange("z", LexRange(open("b"), closed("d")))))
		require.Equal(t, []string{"10", "a", "b", "e"}, znames(s.ZRange("z", RankRange(0, -1))))
	})
}

func TestZRemRange(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		for i := range 20 {
			must(s.ZAdd("z", Z{fmt.Sprint("m", i), float64(i)}))
		}
		require.Equal(t, 0, must(s.ZRemRange("z", RankRange(30, 40))))
		require.Equal(t, 2, must(s.ZRemRange("z", RankRange(1, 2))))
		require.Equal(t, 5, must(s.ZRemRange("z", ScoreRange(10, 14))))
		require.Equal(t, []string{"m0", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m15", "m16", "m17", "m18", "m19"},
			znames(s.ZRange("z", RankRange(0, -1))))
		require.Equal(t, 13, must(s.ZRemRange("z", RankRange(0, -1))))
		require.Equal(t, 0, must(s.Exists("z")))
		require.Equal(t, 0, must(s.ZRemRange("z", RankRange(0, -1))))
	})
}

func TestZRangeStore(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		must(s.ZAdd("z", Z{"a", 1}, Z{"b", 2}, Z{"c", 3}))
		require.NoError(t, s.Set("dst", "v"))
		must(s.Expire("dst", time.Hour))
		require.Equal(t, 2, must(s.ZRangeStore("dst", "z", ScoreRange(2, 3), ZRangeOptions{Reverse: true})))
		require.Equal(t, []Z{{"b", 2}, {"c", 3}}, everyone(s.Select(0), "dst"))
		require.Equal(t, NoTTL, ttlOf(s.Select(0), "dst"))
		require.Equal(t, 1, must(s.ZRangeStore("z", "z", RankRange(1, 1), ZRangeOptions{})), "onto itself")
		require.Equal(t, []Z{{"b", 2}}, everyone(s.Select(0), "z"))
		require.Equal(t, 0, must(s.ZRangeStore("dst", "none", RankRange(0, -1), ZRangeOptions{})))
		require.Equal(t, 0, must(s.Exists("dst")))
		require.NoError(t, s.Set("s", "v"))
		fails(t, ErrWrongType)(s.ZRangeStore("z", "s", RankRange(0, -1), ZRangeOptions{}))
		require.Equal(t, 1, must(s.ZCard("z")))
	})
}

// TestZCombine has scores that a real server gave.
func TestZCombine(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		must(s.ZAdd("a", Z{"x", 1}, Z{"y", 2}, Z{"z", 3}))
		must(s.ZAdd("b", Z{"y", 10}, Z{"z", 20}, Z{"w", 30}, Z{"v", inf}))
		must(s.SAdd("set", "x", "y", "12"))
		plain := ZCombineOptions{}
		require.Equal(t, []Z{{"x", 1}, {"y", 12}, {"z", 23}, {"w", 30}, {"v", inf}}, must(s.ZUnion(plain, "a", "b")))
		require.Equal(t, []Z{{"y", 12}, {"z", 23}}, must(s.ZInter(plain, "a", "b")))
		require.Equal(t, []Z{{"x", 1}}, must(s.ZDiff("a", "b")))
		require.Equal(t, []Z{{"y", 2}, {"z", 3}}, must(s.ZInter(ZCombineOptions{Aggregate: AggregateMin}, "b", "a")))
		require.Equal(t, []Z{{"y", 10}, {"z", 20}}, must(s.ZInter(ZCombineOptions{Aggregate: AggregateMax}, "a", "b")))
		require.Equal(t, []Z{{"z", -34}, {"y", -16}}, must(s.ZInter(ZCombineOptions{Weights: []float64{2, -2}}, "a", "b")))
		require.Equal(t, []Z{{"12", 1}, {"x", 2}, {"y", 3}, {"z", 3}}, must(s.ZUnion(plain, "a", "set", "none")))
		require.Equal(t, []Z{{"x", 2}, {"y", 3}}, must(s.ZInter(plain, "set", "a")))
		require.Equal(t, []Z{{"12", 1}}, must(s.ZDiff("set", "a", "b")))
		require.Empty(t, must(s.ZInter(plain, "a", "none")))
		require.Empty(t, must(s.ZDiff("none", "a")))
		require.Empty(t, must(s.ZUnion(plain)))
		require.Equal(t, 2, must(s.ZInterCard(0, "a", "b")))
		require.Equal(t, 1, must(s.ZInterCard(1, "a", "b")))
		require.Equal(t, 2, must(s.ZInterCard(0, "a", "set")))

		require.Equal(t, 5, must(s.ZUnionStore("dst", plain, "a", "b")))
		require.Equal(t, 2, must(s.ZInterStore("dst", ZCombineOptions{Weights: []float64{2, 0.5}}, "a", "b")))
		require.Equal(t, []Z{{"y", 9}, {"z", 16}}, everyone(s.Select(0), "dst"))
		require.Equal(t, 1, must(s.ZDiffStore("a", "a", "b")))
		require.Equal(t, []Z{{"x", 1}}, everyone(s.Select(0), "a"))
		require.Equal(t, 0, must(s.ZDiffStore("dst", "a", "a")))
		require.Equal(t, 0, must(s.Exists("dst")))
	})
}

// TestZCombineInfinities has what a real server makes of 0 times infinity, and of infinities that
// cancel out.
func TestZCombineInfinities(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		must(s.ZAdd("a", Z{"m", 5}))
		must(s.ZAdd("b", Z{"m", inf}, Z{"x", 1}))
		must(s.ZAdd("c", Z{"m", -inf}))
		weigh := func(a Aggregate, weights ...float64) ZCombineOptions { return ZCombineOptions{weights, a} }
		require.Equal(t, []Z{{"m", 0}}, must(s.ZInter(weigh(AggregateSum, 1, 0), "a", "b")))
		require.Equal(t, []Z{{"m", 5}}, must(s.ZInter(weigh(AggregateMin, 1, 0), "a", "b")))
		require.Equal(t, []Z{{"m", 0}}, must(s.ZInter(weigh(AggregateSum, 0, 1), "b", "a")))
		require.Equal(t, []Z{{"x", 0}, {"m", 5}}, must(s.ZUnion(weigh(AggregateSum, 1, 0), "a", "b")))
		require.Equal(t, []Z{{"x", 1}, {"m", inf}}, must(s.ZInter(weigh(AggregateSum, 0, 1), "b", "b")))
		require.Equal(t, []Z{{"m", 0}, {"x", 1}}, must(s.ZUnion(ZCombineOptions{}, "b", "c")))
	})
}

func TestZCombineErrors(t *testing.T) {
	s := newStore(t, Options{})
	must(s.ZAdd("a", Z{"x", 1}))
	require.NoError(t, s.Set("s", "v"))
	for _, o := range []struct {
		ZCombineOptions
		err error
	}{
		{ZCombineOptions{Weights: []float64{1}}, ErrSyntax},
		{ZCombineOptions{Weights: []float64{1, 2, 3}}, ErrSyntax},
		{ZCombineOptions{Weights: []float64{1, math.NaN()}}, ErrWeight},
		{ZCombineOptions{}, ErrWrongType},
	} {
		fails(t, o.err)(s.ZUnion(o.ZCombineOptions, "a", "s"))
		fails(t, o.err)(s.ZInter(o.ZCombineOptions, "a", "s"))
		fails(t, o.err)(s.ZUnionStore("dst", o.ZCombineOptions, "a", "s"))
		fails(t, o.err)(s.ZInterStore("dst", o.ZCombineOptions, "a", "s"))
	}
	fails(t, ErrWrongType)(s.ZDiff("a", "s"))
	fails(t, ErrWrongType)(s.ZDiffStore("dst", "a", "s"))
	fails(t, ErrWrongType)(s.ZInterCard(0, "a", "s"))
	require.Equal(t, 0, must(s.Exists("dst")))
}

func TestZPop(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		for i := range 10 {
			must(s.ZAdd("z", Z{fmt.Sprint("m", i), float64(i)}))
		}
		z, ok, err := s.ZPopMin("z")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, Z{"m0", 0}, z)
		z, _, _ = s.ZPopMax("z")
		require.Equal(t, Z{"m9", 9}, z)
		require.Equal(t, []Z{{"m1", 1}, {"m2", 2}}, must(s.ZPopMinCount("z", 2)))
		require.Equal(t, []Z{{"m8", 8}, {"m7", 7}}, must(s.ZPopMaxCount("z", 2)))
		require.Empty(t, must(s.ZPopMaxCount("z", 0)))
		fails(t, ErrNotPositive)(s.ZPopMinCount("z", -1))

		popped, ok, err := s.ZMPop(ZPopOptions{}, "none", "z")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, ZPopped{"z", []Z{{"m3", 3}}}, popped)
		popped, _, _ = s.ZMPop(ZPopOptions{Max: true, Count: 9}, "none", "z")
		require.Equal(t, ZPopped{"z", []Z{{"m6", 6}, {"m5", 5}, {"m4", 4}}}, popped)
		require.Equal(t, 0, must(s.Exists("z")))
		_, ok, err = s.ZMPop(ZPopOptions{}, "none", "z")
		require.NoError(t, err)
		require.False(t, ok)
		_, ok, err = s.ZPopMin("z")
		require.NoError(t, err)
		require.False(t, ok)
		require.NoError(t, s.Set("s", "v"))
		fails(t, ErrWrongType)(s.ZMPop(ZPopOptions{}, "none", "s"))
		fails(t, ErrWrongType)(s.ZPopMax("s"))
	})
}

// zpopping turns the result of BZMPop into a taking.
func zpopping(p ZPopped, ok bool, err error) taking {
	return taking{p.Key, strings.Join(znames(p.Members, nil), " "), ok, err}
}

func TestZPopWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		must(s.ZAdd("z", Z{"a", 1}, Z{"b", 2}, Z{"c", 3}))
		require.Equal(t, taking{"z", "a", true, nil}, zpopping(s.BZPopMin(t.Context(), 0, "x", "z")))
		require.Equal(t, taking{"z", "c", true, nil}, zpopping(s.BZPopMax(t.Context(), 0, "x", "z")))
		one := waiting(func() taking { return zpopping(s.BZPopMin(t.Context(), 0, "x", "y")) })
		two := waiting(func() taking {
			return zpopping(s.BZMPop(t.Context(), 0, ZPopOptions{Max: true, Count: 2}, "y"))
		})
		three := waiting(func() taking { return zpopping(s.BZPopMax(t.Context(), time.Minute, "y")) })
		require.Equal(t, 4, must(s.ZAdd("y", Z{"1", 1}, Z{"2", 2}, Z{"3", 3}, Z{"4", 4})))
		require.Equal(t, taking{"y", "1", true, nil}, result(t, one))
		require.Equal(t, taking{"y", "4 3", true, nil}, result(t, two))
		require.Equal(t, taking{"y", "2", true, nil}, result(t, three))
		require.Equal(t, 0, must(s.Exists("y")))

		four := waiting(func() taking { return zpopping(s.BZPopMin(t.Context(), 0, "d")) })
		must(s.ZUnionStore("d", ZCombineOptions{}, "z"))
		require.Equal(t, taking{"d", "b", true, nil}, result(t, four))

		require.Equal(t, taking{}, zpopping(s.BZPopMin(t.Context(), time.Minute, "y")))
		require.NoError(t, s.Set("s", "v"))
		fails(t, ErrWrongType)(s.BZPopMin(t.Context(), 0, "x", "s", "z"))
		fails(t, ErrTimeout)(s.BZPopMax(t.Context(), -1, "x"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		fails(t, context.Canceled)(s.BZMPop(ctx, 0, ZPopOptions{}, "z"))
	})
}

func TestZRandMember(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		const n = 30
		score := map[string]float64{}
		for i := range n {
			score[fmt.Sprint("m", i)] = float64(i)
			must(s.ZAdd("z", Z{fmt.Sprint("m", i), float64(i)}))
		}
		check := func(members []Z) {
			t.Helper()
			for _, m := range members {
				want, ok := score[m.Member]
				require.True(t, ok)
				require.Equal(t, want, m.Score)
			}
		}
		seen := map[string]int{}
		for range 100 * n {
			m, ok, err := s.ZRandMember("z")
			require.NoError(t, err)
			require.True(t, ok)
			check([]Z{m})
			seen[m.Member]++
		}
		require.Len(t, seen, n)
		for m, times := range seen {
			require.InDelta(t, 100, times, 60, m)
		}
		for _, want := range []int{0, 1, 5, 14, 16, 29, 30, 40} {
			drawn := must(s.ZRandMembers("z", want))
			require.Len(t, drawn, min(want, n))
			check(drawn)
			distinct := znames(drawn, nil)
			slices.Sort(distinct)
			require.Len(t, slices.Compact(distinct), min(want, n), "no one twice")
		}
		require.Len(t, must(s.ZRandMembers("z", -100)), 100)
		check(must(s.ZRandMembers("z", -100)))
		fails(t, ErrCount)(s.ZRandMembers("z", -MaxDraws-1))
		require.Empty(t, must(s.ZRandMembers("none", -3)))
		_, ok, err := s.ZRandMember("none")
		require.NoError(t, err)
		require.False(t, ok)
	})
}

func TestZScan(t *testing.T) {
	eachZSetEncoding(t, func(t *testing.T, s *Store) {
		want := map[string]float64{}
		for i := range 1000 {
			m := fmt.Sprint("m", i)
			must(s.ZAdd("z", Z{m, float64(i)}))
			if strings.HasSuffix(m, "7") {
				want[m] = float64(i)
			}
		}
		met := map[string]float64{}
		for m, score := range s.ZScan("z", ScanOptions{Match: "*7", Count: 3}) {
			require.NotContains(t, met, m, "no one twice")
			met[m] = score
			must(s.ZAdd("z", Z{"x" + m + "y", 1}))
		}
		require.Equal(t, want, met)
		for range s.ZScan("z", ScanOptions{}) {
			break
		}
		for range s.ZScan("none", ScanOptions{}) {
			t.Fatal("nothing is there")
		}
		require.NoError(t, s.Set("s", "v"))
		for range s.ZScan("s", ScanOptions{}) {
			t.Fatal("an error ends the loop")
		}
		fails(t, ErrWrongType)(s.ZScanPage("s", 0, ScanOptions{}))
	})
}

// TestZSetEncodings has the limits at which a real server changes the encoding.
func TestZSetEncodings(t *testing.T) {
	s := newStore(t, Options{})
	c := s.Select(0)
	for i := range 128 {
		must(s.ZAdd("z", Z{fmt.Sprint("m", i), 1}))
	}
	require.Equal(t, "listpack", encodingOf(c, "z"))
	must(s.ZAdd("z", Z{"one more", 1}))
	require.Equal(t, "skiplist", encodingOf(c, "z"))
	must(s.ZRemRange("z", RankRange(1, -1)))
	require.Equal(t, "skiplist", encodingOf(c, "z"), "for good")
	must(s.ZAdd("long", Z{strings.Repeat("x", 64), 1}))
	require.Equal(t, "listpack", encodingOf(c, "long"))
	must(s.ZAdd("long", Z{strings.Repeat("x", 65), 1}))
	require.Equal(t, "skiplist", encodingOf(c, "long"))
	must(s.ZUnionStore("z", ZCombineOptions{}, "z"))
	require.Equal(t, "listpack", encodingOf(c, "z"), "what is stored is new")
	must(s.Copy("long", "copy"))
	require.Equal(t, everyone(c, "long"), everyone(c, "copy"))
	must(s.ZAdd("copy", Z{"only here", 1}))
	require.Equal(t, 2, must(s.ZCard("long")))
}

// TestStoredNegativeZero: -0 stays one in a large set, though it would not in the small one that a ZADD begins with.
func TestStoredNegativeZero(t *testing.T) {
	j := new(bitmapJournal)
	s := newStore(t, Options{Journal: j})
	for i := range 200 {
		_, err := s.ZAdd("a", Z{Member: "m" + strconv.Itoa(i), Score: float64(i + 1)})
		require.NoError(t, err)
	}
	_, err := s.ZAdd("a", Z{Member: "n", Score: math.Copysign(0, -1)})
	require.NoError(t, err)
	_, err = s.ZUnionStore("b", ZCombineOptions{}, "a")
	require.NoError(t, err)
	payload, _, err := s.Dump("b")
	require.NoError(t, err)
	require.Equal(t, []string{"RESTORE", "b", "0", payload, "REPLACE", "ABSTTL"}, j.effects[len(j.effects)-1].Args)
	copied := newStore(t, Options{})
	require.NoError(t, copied.Restore("b", payload))
	score, _, err := copied.ZScore("b", "n")
	require.NoError(t, err)
	require.True(t, math.Signbit(score))
}

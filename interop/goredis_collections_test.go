package interop

import (
	"context"
	"math"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// everyGoRedis is everywhere with a go-redis client of either protocol, as
// replies of collections are other ones in RESP3.
func everyGoRedis(t *testing.T, f func(t *testing.T, x target, c *redis.Client)) {
	everywhere(t, func(t *testing.T, x target) { bothGoRedis(t, x, f) })
}

// bothGoRedis runs f with a client of either protocol. Each finds the server
// empty.
func bothGoRedis(t *testing.T, x target, f func(t *testing.T, x target, c *redis.Client)) {
	for _, protocol := range []int{2, 3} {
		t.Run("RESP"+strconv.Itoa(protocol), func(t *testing.T) {
			c := x.goRedis(t, redis.Options{Protocol: protocol})
			require.NoError(t, c.FlushAll(t.Context()).Err())
			f(t, x, c)
		})
	}
}

// from is what a command took from the first key that had something.
type from[T any] struct {
	Key    string
	Values []T
}

func taken[T any](key string, values []T, err error) (from[T], error) {
	return from[T]{key, values}, err
}

func TestGoRedisHashes(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		type point struct {
			X    int     `redis:"x"`
			Y    float64 `redis:"y"`
			Name string  `redis:"name"`
		}
		equal(t, 3)(toInt(c.HSet(ctx, "h", point{X: 1, Y: 10.5, Name: "a\r\n\x00"}).Result()))
		equal(t, 1)(toInt(c.HSet(ctx, "h", "x", 2, "new", true).Result()))
		equal(t, map[string]string{"x": "2", "y": "10.5", "name": "a\r\n\x00", "new": "1"})(c.HGetAll(ctx, "h").Result())
		equal(t, map[string]string{})(c.HGetAll(ctx, "none").Result())
		var p point
		require.NoError(t, c.HGetAll(ctx, "h").Scan(&p))
		require.Equal(t, point{X: 2, Y: 10.5, Name: "a\r\n\x00"}, p)

		equal(t, "2")(c.HGet(ctx, "h", "x").Result())
		require.ErrorIs(t, c.HGet(ctx, "h", "none").Err(), redis.Nil)
		require.ErrorIs(t, c.HGet(ctx, "none", "x").Err(), redis.Nil)
		equal(t, []any{"2", nil, "10.5"})(c.HMGet(ctx, "h", "x", "none", "y").Result())
		equal(t, []any{nil, nil})(c.HMGet(ctx, "none", "x", "y").Result())
		equal(t, true)(c.HMSet(ctx, "h", map[string]any{"new": 7}).Result())
		equal(t, false)(c.HSetNX(ctx, "h", "x", 3).Result())
		equal(t, true)(c.HSetNX(ctx, "h", "z", 3).Result())
		equal(t, true)(c.HExists(ctx, "h", "z").Result())
		equal(t, 5)(toInt(c.HLen(ctx, "h").Result()))
		equal(t, 4)(toInt(c.HStrLen(ctx, "h", "name").Result()))
		equal(t, 2)(toInt(c.HDel(ctx, "h", "z", "name", "none").Result()))
		equal(t, []string{"new", "x", "y"})(sorted(c.HKeys(ctx, "h").Result()))
		equal(t, []string{"10.5", "2", "7"})(sorted(c.HVals(ctx, "h").Result()))
		equal(t, []string{})(c.HKeys(ctx, "none").Result())

		equal(t, -3)(toInt(c.HIncrBy(ctx, "h", "x", -5).Result()))
		fails[int64](t, "ERR hash value is not an integer")(c.HIncrBy(ctx, "h", "y", 1).Result())
		equal(t, 10.6)(c.HIncrByFloat(ctx, "h", "y", 0.1).Result())
		equal(t, "10.6")(c.HGet(ctx, "h", "y").Result())
		equal(t, 5e3)(c.HIncrByFloat(ctx, "h", "exp", 5e3).Result())
		equal(t, 5200.0)(c.HIncrByFloat(ctx, "h", "exp", 2e2).Result())
		require.NoError(t, c.Set(ctx, "text", "v", 0).Err())
		wrong := "WRONGTYPE Operation against a key holding the wrong kind of value"
		fails[map[string]string](t, wrong)(c.HGetAll(ctx, "text").Result())
		fails[int64](t, wrong)(c.HSet(ctx, "text", "f", "v").Result())
	})
}

func TestGoRedisRandomFields(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		require.NoError(t, c.HSet(ctx, "h", "a", 1, "b", 2, "c", 3).Err())
		equal(t, []string{"a", "b", "c"})(sorted(c.HRandField(ctx, "h", 10).Result()))
		for _, count := range []int{1, 2, 5, -7} {
			pairs, err := c.HRandFieldWithValues(ctx, "h", count).Result()
			require.NoError(t, err)
			require.Len(t, pairs, map[int]int{1: 1, 2: 2, 5: 3, -7: 7}[count])
			for _, p := range pairs {
				require.Equal(t, p.Value, map[string]string{"a": "1", "b": "2", "c": "3"}[p.Key])
			}
		}
		equal(t, []string{})(c.HRandField(ctx, "none", 2).Result())
		equal(t, []redis.KeyValue{})(c.HRandFieldWithValues(ctx, "none", 2).Result())
	})
}

func TestGoRedisHashScan(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		want := map[string]string{}
		for i := range 1000 {
			want["f"+strconv.Itoa(i)] = strconv.Itoa(i)
		}
		require.NoError(t, c.HSet(ctx, "h", want).Err())
		require.NoError(t, c.HSet(ctx, "h", "other", "").Err())
		got := map[string]string{}
		pages := c.HScan(ctx, "h", 0, "f*", 50).Iterator()
		for pages.Next(ctx) {
			field := pages.Val()
			require.True(t, pages.Next(ctx))
			got[field] = pages.Val()
		}
		require.NoError(t, pages.Err())
		require.Equal(t, want, got)
	})
}

func TestGoRedisLists(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		equal(t, 3)(toInt(c.LPush(ctx, "l", "c", "b", "a").Result()))
		equal(t, 5)(toInt(c.RPush(ctx, "l", 4, "").Result()))
		equal(t, 0)(toInt(c.LPushX(ctx, "none", "a").Result()))
		equal(t, 6)(toInt(c.RPushX(ctx, "l", "a").Result()))
		equal(t, []string{"a", "b", "c", "4", "", "a"})(c.LRange(ctx, "l", 0, -1).Result())
		equal(t, []string{})(c.LRange(ctx, "none", 0, -1).Result())
		equal(t, "")(c.LIndex(ctx, "l", -2).Result())
		require.ErrorIs(t, c.LIndex(ctx, "l", 6).Err(), redis.Nil)

		equal(t, 0)(toInt(c.LPos(ctx, "l", "a", redis.LPosArgs{}).Result()))
		equal(t, 5)(toInt(c.LPos(ctx, "l", "a", redis.LPosArgs{Rank: -1}).Result()))
		require.ErrorIs(t, c.LPos(ctx, "l", "c", redis.LPosArgs{MaxLen: 2}).Err(), redis.Nil)
		equal(t, []int64{0, 5})(c.LPosCount(ctx, "l", "a", 0, redis.LPosArgs{}).Result())
		equal(t, []int64{})(c.LPosCount(ctx, "l", "none", 2, redis.LPosArgs{Rank: 1}).Result())

		equal(t, 7)(toInt(c.LInsertBefore(ctx, "l", "c", "bc").Result()))
		equal(t, -1)(toInt(c.LInsertAfter(ctx, "l", "none", "x").Result()))
		equal(t, "OK")(c.LSet(ctx, "l", 0, "A").Result())
		fails[string](t, "ERR index out of range")(c.LSet(ctx, "l", 100, "x").Result())
		equal(t, 1)(toInt(c.LRem(ctx, "l", -1, "a").Result()))
		equal(t, "OK")(c.LTrim(ctx, "l", 0, 4).Result())
		equal(t, []string{"A", "b", "bc", "c", "4"})(c.LRange(ctx, "l", 0, -1).Result())

		equal(t, "4")(c.RPop(ctx, "l").Result())
		equal(t, []string{"c", "bc"})(c.RPopCount(ctx, "l", 2).Result())
		equal(t, []string{"A", "b"})(c.LPopCount(ctx, "l", 9).Result())
		equal(t, 0)(toInt(c.LLen(ctx, "l").Result()))
		require.ErrorIs(t, c.LPop(ctx, "l").Err(), redis.Nil)
		require.ErrorIs(t, c.RPopCount(ctx, "l", 2).Err(), redis.Nil)
	})
}

func TestGoRedisListMoves(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		require.NoError(t, c.RPush(ctx, "l", 1, 2, 3, 4).Err())
		equal(t, "1")(c.LMove(ctx, "l", "m", "LEFT", "RIGHT").Result())
		equal(t, "4")(c.RPopLPush(ctx, "l", "m").Result())
		equal(t, "2")(c.LMove(ctx, "l", "l", "left", "right").Result())
		require.ErrorIs(t, c.LMove(ctx, "none", "m", "LEFT", "LEFT").Err(), redis.Nil)
		equal(t, []string{"4", "1"})(c.LRange(ctx, "m", 0, -1).Result())

		equal(t, from[string]{"l", []string{"3"}})(taken(c.LMPop(ctx, "left", 1, "none", "l", "m").Result()))
		equal(t, from[string]{"m", []string{"1", "4"}})(taken(c.LMPop(ctx, "right", 10, "m", "l").Result()))
		fails[from[string]](t, redis.Nil.Error())(taken(c.LMPop(ctx, "left", 1, "none", "m").Result()))
	})
}

func TestGoRedisSets(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		equal(t, 3)(toInt(c.SAdd(ctx, "a", 1, 2, 3, 3).Result()))
		equal(t, 3)(toInt(c.SAdd(ctx, "b", 2, 3, "x").Result()))
		equal(t, 3)(toInt(c.SCard(ctx, "a").Result()))
		equal(t, []string{"1", "2", "3"})(sorted(c.SMembers(ctx, "a").Result()))
		equal(t, map[string]struct{}{"2": {}, "3": {}, "x": {}})(c.SMembersMap(ctx, "b").Result())
		equal(t, []string{})(c.SMembers(ctx, "none").Result())
		equal(t, true)(c.SIsMember(ctx, "a", 1).Result())
		equal(t, []bool{true, false, true})(c.SMIsMember(ctx, "a", 1, 4, 2).Result())
		equal(t, []bool{false})(c.SMIsMember(ctx, "none", 1).Result())

		equal(t, []string{"2", "3"})(sorted(c.SInter(ctx, "a", "b").Result()))
		equal(t, []string{"1", "2", "3", "x"})(sorted(c.SUnion(ctx, "a", "b", "none").Result()))
		equal(t, []string{"1"})(sorted(c.SDiff(ctx, "a", "b").Result()))
		equal(t, []string{})(c.SInter(ctx, "a", "none").Result())
		equal(t, 1)(toInt(c.SInterCard(ctx, 1, "a", "b").Result()))
		equal(t, 2)(toInt(c.SInterStore(ctx, "c", "a", "b").Result()))
		equal(t, 4)(toInt(c.SUnionStore(ctx, "c", "a", "b").Result()))
		equal(t, 0)(toInt(c.SDiffStore(ctx, "c", "a", "a").Result()))
		equal(t, 0)(toInt(c.Exists(ctx, "c").Result()))
		equal(t, true)(c.SMove(ctx, "a", "b", 1).Result())
		equal(t, false)(c.SMove(ctx, "a", "b", 1).Result())
		equal(t, 1)(toInt(c.SRem(ctx, "a", 2, 7).Result()))

		equal(t, "3")(c.SRandMember(ctx, "a").Result())
		equal(t, []string{"3", "3", "3"})(c.SRandMemberN(ctx, "a", -3).Result())
		require.ErrorIs(t, c.SRandMember(ctx, "none").Err(), redis.Nil)
		equal(t, "3")(c.SPop(ctx, "a").Result())
		require.ErrorIs(t, c.SPop(ctx, "a").Err(), redis.Nil)
		two, err := c.SPopN(ctx, "b", 2).Result()
		require.NoError(t, err)
		rest, err := c.SPopN(ctx, "b", 5).Result()
		require.NoError(t, err)
		require.Len(t, two, 2)
		require.ElementsMatch(t, []string{"1", "2", "3", "x"}, append(two, rest...))
		equal(t, []string{})(c.SPopN(ctx, "b", 5).Result())
	})
}

func TestGoRedisSetScan(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		var want []string
		for i := range 1000 {
			want = append(want, "m"+strconv.Itoa(i))
		}
		want, _ = sorted(want, nil)
		require.NoError(t, c.SAdd(ctx, "s", want).Err())
		require.NoError(t, c.SAdd(ctx, "s", "other").Err())
		require.Equal(t, want, scanned(t, c.SScan(ctx, "s", 0, "m*", 30)))
		require.NoError(t, c.SAdd(ctx, "numbers", 1, 2, 3).Err())
		require.Equal(t, []string{"1", "2", "3"}, scanned(t, c.SScan(ctx, "numbers", 0, "", 0)))
	})
}

func TestGoRedisSortedSetAdds(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		a, b := redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2.5, Member: "b"}
		equal(t, 2)(toInt(c.ZAdd(ctx, "z", a, b).Result()))
		equal(t, 1)(toInt(c.ZAddNX(ctx, "z", redis.Z{Score: 9, Member: "a"}, redis.Z{Score: 3, Member: "c"}).Result()))
		equal(t, 0)(toInt(c.ZAddXX(ctx, "z", redis.Z{Score: 2, Member: "a"}, redis.Z{Score: 3, Member: "d"}).Result()))
		equal(t, 0)(toInt(c.ZAddGT(ctx, "z", redis.Z{Score: 1, Member: "a"}).Result()))
		equal(t, 1)(toInt(c.ZAddLT(ctx, "z", redis.Z{Score: 9, Member: "b"}, redis.Z{Score: -1, Member: "e"}).Result()))
		equal(t, 2)(toInt(c.ZAddArgs(ctx, "z", redis.ZAddArgs{
			GT: true, Ch: true, Members: []redis.Z{{Score: 4, Member: "a"}, {Score: 0, Member: "b"}, {Score: 5, Member: "f"}},
		}).Result()))
		equal(t, 4.5)(c.ZAddArgsIncr(ctx, "z", redis.ZAddArgs{Members: []redis.Z{{Score: 0.5, Member: "a"}}}).Result())
		nx := redis.ZAddArgs{NX: true, Members: []redis.Z{{Score: 1, Member: "a"}}}
		require.ErrorIs(t, c.ZAddArgsIncr(ctx, "z", nx).Err(), redis.Nil)
		equal(t, []redis.Z{
			{Score: -1, Member: "e"}, {Score: 2.5, Member: "b"}, {Score: 3, Member: "c"},
			{Score: 4.5, Member: "a"}, {Score: 5, Member: "f"},
		})(c.ZRangeWithScores(ctx, "z", 0, -1).Result())

		equal(t, 0.1)(c.ZIncrBy(ctx, "n", 0.1, "m").Result())
		equal(t, 0.30000000000000004)(c.ZIncrBy(ctx, "n", 0.2, "m").Result())
		equal(t, 1e21)(c.ZIncrBy(ctx, "n", 1e21, "big").Result())
		equal(t, math.Inf(1))(c.ZIncrBy(ctx, "n", math.Inf(1), "inf").Result())
		fails[float64](t, "ERR resulting score is not a number (NaN)")(c.ZIncrBy(ctx, "n", math.Inf(-1), "inf").Result())
		fails[int64](t, "ERR value is not a valid float")(c.ZAdd(ctx, "n", redis.Z{Score: math.NaN(), Member: "m"}).Result())
		equal(t, math.Inf(1))(c.ZScore(ctx, "n", "inf").Result())
		require.ErrorIs(t, c.ZScore(ctx, "n", "none").Err(), redis.Nil)
		equal(t, []float64{1e21, 0, math.Inf(1)})(c.ZMScore(ctx, "n", "big", "none", "inf").Result())
		equal[any](t, []any{nil, nil})(c.Do(ctx, "ZMSCORE", "none", "a", "b").Result())
	})
}

func TestGoRedisSortedSetRanges(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, x target, c *redis.Client) {
		ctx := t.Context()
		for i, m := range []string{"a", "b", "c", "d", "e"} {
			require.NoError(t, c.ZAdd(ctx, "z", redis.Z{Score: float64(i), Member: m}).Err())
			require.NoError(t, c.ZAdd(ctx, "lex", redis.Z{Member: m}).Err())
		}
		equal(t, []string{"b", "c"})(c.ZRange(ctx, "z", 1, 2).Result())
		equal(t, []string{"e", "d"})(c.ZRevRange(ctx, "z", 0, 1).Result())
		equal(t, []string{})(c.ZRange(ctx, "none", 0, -1).Result())
		equal(t, []redis.Z{})(c.ZRangeWithScores(ctx, "none", 0, -1).Result())
		equal(t, []redis.Z{{Score: 4, Member: "e"}})(c.ZRevRangeWithScores(ctx, "z", 0, 0).Result())
		equal(t, []string{"e", "d"})(c.ZRangeArgs(ctx, redis.ZRangeArgs{Key: "z", Start: 0, Stop: 1, Rev: true}).Result())
		equal(t, []string{"c", "d"})(c.ZRangeArgs(ctx,
			redis.ZRangeArgs{Key: "z", Start: "(1", Stop: 3, ByScore: true}).Result())
		equal(t, []redis.Z{{Score: 2, Member: "c"}, {Score: 1, Member: "b"}})(c.ZRangeArgsWithScores(ctx,
			redis.ZRangeArgs{Key: "z", Start: "+inf", Stop: "-inf", ByScore: true, Rev: true, Offset: 2, Count: 2}).Result())
		equal(t, []string{"b", "c"})(c.ZRangeArgs(ctx,
			redis.ZRangeArgs{Key: "lex", Start: "(a", Stop: "[c", ByLex: true}).Result())
		equal(t, []string{"d"})(c.ZRangeArgs(ctx,
			redis.ZRangeArgs{Key: "lex", Start: "+", Stop: "-", ByLex: true, Rev: true, Offset: 1, Count: 1}).Result())
		fails[[]redis.Z](t, "ERR syntax error, WITHSCORES not supported in combination with BYLEX")(c.ZRangeArgsWithScores(ctx,
			redis.ZRangeArgs{Key: "lex", Start: "-", Stop: "+", ByLex: true}).Result())
		equal(t, 2)(toInt(c.ZRangeStore(ctx, "copy", redis.ZRangeArgs{Key: "z", Start: 3, Stop: -1}).Result()))

		equal(t, []string{"b", "c"})(c.ZRangeByScore(ctx, "z", &redis.ZRangeBy{Min: "(0", Max: "inf", Count: 2}).Result())
		equal(t, []redis.Z{{Score: 1, Member: "b"}})(c.ZRevRangeByScoreWithScores(ctx, "z",
			&redis.ZRangeBy{Min: "0", Max: "1", Count: 1}).Result())
		equal(t, []string{"a", "b"})(c.ZRangeByLex(ctx, "lex", &redis.ZRangeBy{Min: "-", Max: "(c"}).Result())
		equal(t, 3)(toInt(c.ZCount(ctx, "z", "1", "3").Result()))
		equal(t, 4)(toInt(c.ZLexCount(ctx, "lex", "[b", "+").Result()))
		equal(t, 5)(toInt(c.ZCard(ctx, "z").Result()))
		equal(t, 1)(toInt(c.ZRank(ctx, "z", "b").Result()))
		equal(t, 3)(toInt(c.ZRevRank(ctx, "z", "b").Result()))
		require.ErrorIs(t, c.ZRank(ctx, "z", "none").Err(), redis.Nil)
		if x.isNook() { // since 7.2
			equal(t, redis.RankScore{Rank: 1, Score: 1})(c.ZRankWithScore(ctx, "z", "b").Result())
			equal(t, redis.RankScore{Rank: 3, Score: 1})(c.ZRevRankWithScore(ctx, "z", "b").Result())
			require.ErrorIs(t, c.ZRankWithScore(ctx, "z", "none").Err(), redis.Nil)
		}
		require.Equal(t, []string{"0", "1", "2", "3", "4", "a", "b", "c", "d", "e"}, scanned(t, c.ZScan(ctx, "z", 0, "", 0)))

		equal(t, []string{"a", "b", "c", "d", "e"})(sorted(c.ZRandMember(ctx, "z", 9).Result()))
		for _, m := range c.ZRandMemberWithScores(ctx, "z", -8).Val() {
			equal(t, m.Score)(c.ZScore(ctx, "z", m.Member.(string)).Result())
		}
		equal(t, 1)(toInt(c.ZRem(ctx, "z", "a", "none").Result()))
		equal(t, 1)(toInt(c.ZRemRangeByRank(ctx, "z", 0, 0).Result()))
		equal(t, 2)(toInt(c.ZRemRangeByScore(ctx, "z", "2", "(4").Result()))
		equal(t, 5)(toInt(c.ZRemRangeByLex(ctx, "lex", "-", "+").Result()))
		equal(t, 0)(toInt(c.Exists(ctx, "lex").Result()))
	})
}

func TestGoRedisSortedSetPops(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		a, b, last := redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2, Member: "b"}, redis.Z{Score: math.Inf(1), Member: "last"}
		add := func() { require.NoError(t, c.ZAdd(ctx, "z", a, b, last).Err()) }
		add()
		equal(t, []redis.Z{a})(c.ZPopMin(ctx, "z").Result())
		equal(t, []redis.Z{last, b})(c.ZPopMax(ctx, "z", 5).Result())
		equal(t, []redis.Z{})(c.ZPopMax(ctx, "z").Result())
		add()
		equal(t, from[redis.Z]{"z", []redis.Z{a, b}})(taken(c.ZMPop(ctx, "min", 2, "none", "z").Result()))
		equal(t, from[redis.Z]{"z", []redis.Z{last}})(taken(c.ZMPop(ctx, "max", 2, "none", "z").Result()))
		fails[from[redis.Z]](t, redis.Nil.Error())(taken(c.ZMPop(ctx, "min", 1, "none", "z").Result()))
		add()
		equal(t, &redis.ZWithKey{Z: a, Key: "z"})(c.BZPopMin(ctx, 0, "none", "z").Result())
		equal(t, &redis.ZWithKey{Z: last, Key: "z"})(c.BZPopMax(ctx, 0, "none", "z").Result())
		equal(t, from[redis.Z]{"z", []redis.Z{b}})(taken(c.BZMPop(ctx, 0, "min", 2, "none", "z").Result()))
	})
}

func TestGoRedisSortedSetAlgebra(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		require.NoError(t, c.ZAdd(ctx, "a", redis.Z{Score: 1, Member: "x"}, redis.Z{Score: 2, Member: "y"}).Err())
		require.NoError(t, c.ZAdd(ctx, "b", redis.Z{Score: 10, Member: "y"}, redis.Z{Score: 20, Member: "z"}).Err())
		require.NoError(t, c.SAdd(ctx, "set", "x").Err())
		both := redis.ZStore{Keys: []string{"a", "b"}}
		equal(t, []string{"x", "y", "z"})(c.ZUnion(ctx, both).Result())
		equal(t, []redis.Z{{Score: 1, Member: "x"}, {Score: 12, Member: "y"}, {Score: 20, Member: "z"}})(
			c.ZUnionWithScores(ctx, both).Result())
		weighted := redis.ZStore{Keys: []string{"a", "b", "set"}, Weights: []float64{-1, 0.5, 3}, Aggregate: "MAX"}
		equal(t, []redis.Z{{Score: 3, Member: "x"}, {Score: 5, Member: "y"}, {Score: 10, Member: "z"}})(
			c.ZUnionWithScores(ctx, weighted).Result())
		equal(t, []string{"y"})(c.ZInter(ctx, &both).Result())
		equal(t, []redis.Z{{Score: 12, Member: "y"}})(c.ZInterWithScores(ctx, &both).Result())
		equal(t, []redis.Z{})(c.ZInterWithScores(ctx, &redis.ZStore{Keys: []string{"a", "none"}}).Result())
		equal(t, 1)(toInt(c.ZInterCard(ctx, 0, "a", "b").Result()))
		equal(t, []string{"x"})(c.ZDiff(ctx, "a", "b").Result())
		equal(t, []redis.Z{{Score: 1, Member: "x"}})(c.ZDiffWithScores(ctx, "a", "b").Result())
		equal(t, 3)(toInt(c.ZUnionStore(ctx, "out", &weighted).Result()))
		equal(t, 1)(toInt(c.ZInterStore(ctx, "out", &both).Result()))
		equal(t, 1)(toInt(c.ZDiffStore(ctx, "out", "a", "b").Result()))
		equal(t, []redis.Z{{Score: 1, Member: "x"}})(c.ZRangeWithScores(ctx, "out", 0, -1).Result())
	})
}

// sicily is the example of the Redis documentation.
var sicily = []*redis.GeoLocation{
	{Name: "Palermo", Longitude: 13.361389, Latitude: 38.115556},
	{Name: "Catania", Longitude: 15.087269, Latitude: 37.502669},
}

func TestGoRedisGeo(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		equal(t, 2)(toInt(c.GeoAdd(ctx, "g", sicily...).Result()))
		equal(t, 0)(toInt(c.GeoAdd(ctx, "g", sicily[0]).Result()))
		fails[int64](t, "ERR invalid longitude,latitude pair 181.000000,0.000000")(
			c.GeoAdd(ctx, "g", &redis.GeoLocation{Name: "nowhere", Longitude: 181}).Result())
		equal(t, []*redis.GeoPos{
			{Longitude: 13.361389338970184, Latitude: 38.1155563954963}, nil,
			{Longitude: 15.087267458438873, Latitude: 37.50266842333162},
		})(c.GeoPos(ctx, "g", "Palermo", "none", "Catania").Result())
		equal(t, []*redis.GeoPos{nil})(c.GeoPos(ctx, "none", "Palermo").Result())
		equal(t, []string{"sqc8b49rny0", "", "sqdtr74hyu0"})(c.GeoHash(ctx, "g", "Palermo", "none", "Catania").Result())
		equal(t, 166274.1516)(c.GeoDist(ctx, "g", "Palermo", "Catania", "m").Result())
		equal(t, 166.2742)(c.GeoDist(ctx, "g", "Palermo", "Catania", "km").Result())
		require.ErrorIs(t, c.GeoDist(ctx, "g", "Palermo", "none", "mi").Err(), redis.Nil)

		near := redis.GeoSearchQuery{Longitude: 15, Latitude: 37, Radius: 200, RadiusUnit: "km", Sort: "ASC"}
		equal(t, []string{"Catania", "Palermo"})(c.GeoSearch(ctx, "g", &near).Result())
		equal(t, []string{"Catania"})(c.GeoSearch(ctx, "g",
			&redis.GeoSearchQuery{Member: "Catania", BoxWidth: 100, BoxHeight: 100, BoxUnit: "mi", Count: 5, CountAny: true}).Result())
		equal(t, []string{})(c.GeoSearch(ctx, "none", &near).Result())
		palermo := redis.GeoLocation{
			Name: "Palermo", Longitude: 13.361389338970184, Latitude: 38.1155563954963, Dist: 190.4424, GeoHash: 3479099956230698,
		}
		catania := redis.GeoLocation{
			Name: "Catania", Longitude: 15.087267458438873, Latitude: 37.50266842333162, Dist: 56.4413, GeoHash: 3479447370796909,
		}
		equal(t, []redis.GeoLocation{catania, palermo})(c.GeoSearchLocation(ctx, "g",
			&redis.GeoSearchLocationQuery{GeoSearchQuery: near, WithCoord: true, WithDist: true, WithHash: true}).Result())
		equal(t, []redis.GeoLocation{{Name: "Catania", Dist: 56.4413}, {Name: "Palermo", Dist: 190.4424}})(
			c.GeoSearchLocation(ctx, "g", &redis.GeoSearchLocationQuery{GeoSearchQuery: near, WithDist: true}).Result())
		equal(t, []redis.GeoLocation{{Name: "Catania", GeoHash: catania.GeoHash}, {Name: "Palermo", GeoHash: palermo.GeoHash}})(
			c.GeoSearchLocation(ctx, "g", &redis.GeoSearchLocationQuery{GeoSearchQuery: near, WithHash: true}).Result())
		equal(t, []redis.GeoLocation{palermo, catania})(c.GeoRadius(ctx, "g", 15, 37, &redis.GeoRadiusQuery{
			Radius: 200, Unit: "km", WithCoord: true, WithDist: true, WithGeoHash: true, Sort: "DESC",
		}).Result())
		equal(t, []redis.GeoLocation{{Name: "Palermo"}})(c.GeoRadiusByMember(ctx, "g", "Palermo",
			&redis.GeoRadiusQuery{Radius: 1, Unit: "ft"}).Result())

		equal(t, 2)(toInt(c.GeoSearchStore(ctx, "g", "out", &redis.GeoSearchStoreQuery{GeoSearchQuery: near, StoreDist: true}).Result()))
		nearest, err := c.ZRangeWithScores(ctx, "out", 0, 0).Result()
		require.NoError(t, err)
		require.Equal(t, "Catania", nearest[0].Member)
		require.InDelta(t, 56.4413, nearest[0].Score, 0.0001)
		equal(t, 1)(toInt(c.GeoRadiusStore(ctx, "g", 15, 37, &redis.GeoRadiusQuery{Radius: 100, Unit: "km", Store: "out"}).Result()))
		equal(t, float64(catania.GeoHash))(c.ZScore(ctx, "out", "Catania").Result())
	})
}

func TestGoRedisHyperLogLog(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		equal(t, 1)(toInt(c.PFAdd(ctx, "a", "x", "y", "z").Result()))
		equal(t, 0)(toInt(c.PFAdd(ctx, "a", "y", "x").Result()))
		equal(t, 3)(toInt(c.PFCount(ctx, "a").Result()))
		equal(t, 0)(toInt(c.PFCount(ctx, "none").Result()))
		equal(t, 1)(toInt(c.PFAdd(ctx, "b", "z", "w").Result()))
		equal(t, 4)(toInt(c.PFCount(ctx, "a", "b").Result()))
		equal(t, "OK")(c.PFMerge(ctx, "c", "a", "b").Result())
		equal(t, 4)(toInt(c.PFCount(ctx, "c").Result()))
		for i := range 1000 {
			require.NoError(t, c.PFAdd(ctx, "many", i).Err())
		}
		n, err := c.PFCount(ctx, "many").Result()
		require.NoError(t, err)
		require.InDelta(t, 1000, n, 30)
		require.NoError(t, c.Set(ctx, "text", "v", 0).Err())
		fails[int64](t, "WRONGTYPE Key is not a valid HyperLogLog string value.")(c.PFAdd(ctx, "text", "x").Result())
	})
}

func TestGoRedisSort(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		require.NoError(t, c.RPush(ctx, "l", 3, 1, 10, 2).Err())
		require.NoError(t, c.MSet(ctx, "weight_1", 9, "weight_2", 8, "weight_3", 7, "weight_10", 6, "name_1", "one").Err())
		require.NoError(t, c.HSet(ctx, "row_3", "name", "three").Err())
		equal(t, []string{"1", "2", "3", "10"})(c.Sort(ctx, "l", &redis.Sort{}).Result())
		equal(t, []string{"10", "3", "2", "1"})(c.SortRO(ctx, "l", &redis.Sort{Order: "DESC"}).Result())
		equal(t, []string{"10", "2"})(c.Sort(ctx, "l", &redis.Sort{Alpha: true, Offset: 1, Count: 2}).Result())
		equal(t, []any{"10", nil, nil, "3", nil, "three", "2", nil, nil, "1", "one", nil})(c.SortInterfaces(ctx, "l",
			&redis.Sort{By: "weight_*", Get: []string{"#", "name_*", "row_*->name"}}).Result())
		equal(t, []string{})(c.Sort(ctx, "none", &redis.Sort{}).Result())
		equal(t, 4)(toInt(c.SortStore(ctx, "l", "out", &redis.Sort{}).Result()))
		equal(t, []string{"1", "2", "3", "10"})(c.LRange(ctx, "out", 0, -1).Result())
		require.NoError(t, c.SAdd(ctx, "s", "b", "a").Err())
		equal(t, []string{"a", "b"})(c.Sort(ctx, "s", &redis.Sort{Alpha: true}).Result())
		fails[[]string](t, "ERR One or more scores can't be converted into double")(c.Sort(ctx, "s", &redis.Sort{}).Result())
	})
}

// Replies with maps, pairs and nulls stand in one reply, that of EXEC.
func TestGoRedisCollectionsInTransaction(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		var row *redis.MapStringStringCmd
		var scores *redis.ZSliceCmd
		var members *redis.StringStructMapCmd
		var popped *redis.StringSliceCmd
		var positions *redis.GeoPosCmd
		_, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.HSet(ctx, "h", "f", "v")
			row = p.HGetAll(ctx, "h")
			p.ZAdd(ctx, "z", redis.Z{Score: 1.5, Member: "m"})
			scores = p.ZRangeWithScores(ctx, "z", 0, -1)
			p.SAdd(ctx, "s", "m")
			members = p.SMembersMap(ctx, "s")
			positions = p.GeoPos(ctx, "none", "m")
			p.RPush(ctx, "l", 1)
			popped = p.BLPop(ctx, 0, "l")
			p.BLPop(ctx, 0, "l") // does not wait in a transaction
			return nil
		})
		require.ErrorIs(t, err, redis.Nil)
		equal(t, map[string]string{"f": "v"})(row.Result())
		equal(t, []redis.Z{{Score: 1.5, Member: "m"}})(scores.Result())
		equal(t, map[string]struct{}{"m": {}})(members.Result())
		equal(t, []*redis.GeoPos{nil})(positions.Result())
		equal(t, []string{"l", "1"})(popped.Result())
	})
}

// One client waits while another one pushes.
func TestGoRedisBlocking(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, x target, c *redis.Client) {
		ctx := t.Context()
		push := func() { equal(t, 2)(toInt(c.RPush(ctx, "l", "a", "b").Result())) }
		left := func(key string, want ...string) {
			t.Helper()
			equal(t, want)(c.LRange(ctx, key, 0, -1).Result())
			require.NoError(t, c.FlushDB(ctx).Err())
		}
		pair := func() ([]string, error) { return c.BLPop(ctx, 0, "none", "l").Result() }
		equal(t, []string{"l", "a"})(meanwhile(t, x, pair, push))
		left("l", "b")
		pair = func() ([]string, error) { return c.BRPop(ctx, time.Hour, "l", "none").Result() }
		equal(t, []string{"l", "b"})(meanwhile(t, x, pair, push))
		left("l", "a")
		one := func() (string, error) { return c.BLMove(ctx, "l", "m", "LEFT", "RIGHT", time.Hour).Result() }
		equal(t, "a")(meanwhile(t, x, one, push))
		left("m", "a")
		one = func() (string, error) { return c.BRPopLPush(ctx, "l", "l", 0).Result() }
		equal(t, "b")(meanwhile(t, x, one, push))
		left("l", "b", "a")
		many := func() (from[string], error) { return taken(c.BLMPop(ctx, 0, "right", 5, "none", "l").Result()) }
		equal(t, from[string]{"l", []string{"b", "a"}})(meanwhile(t, x, many, push))
		equal(t, 0)(toInt(c.DBSize(ctx).Result()))
	})
}

func TestGoRedisBlockingSortedSets(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, x target, c *redis.Client) {
		ctx := t.Context()
		low, high := redis.Z{Score: -0.5, Member: "low"}, redis.Z{Score: math.Inf(1), Member: "high"}
		add := func() { require.NoError(t, c.ZAdd(ctx, "z", low, high).Err()) }
		one := func() (*redis.ZWithKey, error) { return c.BZPopMin(ctx, 0, "none", "z").Result() }
		equal(t, &redis.ZWithKey{Z: low, Key: "z"})(meanwhile(t, x, one, add))
		require.NoError(t, c.Del(ctx, "z").Err())
		one = func() (*redis.ZWithKey, error) { return c.BZPopMax(ctx, time.Hour, "z").Result() }
		equal(t, &redis.ZWithKey{Z: high, Key: "z"})(meanwhile(t, x, one, add))
		require.NoError(t, c.Del(ctx, "z").Err())
		many := func() (from[redis.Z], error) { return taken(c.BZMPop(ctx, 0, "max", 9, "none", "z").Result()) }
		equal(t, from[redis.Z]{"z", []redis.Z{high, low}})(meanwhile(t, x, many, add))
	})
}

// All of them wait for the second that go-redis gives at least.
func TestGoRedisBlockingTimeouts(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, x target, c *redis.Client) {
		ctx := t.Context()
		waits := []func() error{
			func() error { return c.BLPop(ctx, time.Second, "k").Err() },
			func() error { return c.BRPop(ctx, time.Second, "k", "l").Err() },
			func() error { return c.BLMove(ctx, "k", "l", "LEFT", "LEFT", time.Second).Err() },
			func() error { return c.BRPopLPush(ctx, "k", "l", time.Second).Err() },
			func() error { return c.BLMPop(ctx, time.Second, "left", 1, "k").Err() },
			func() error { return c.BZPopMin(ctx, time.Second, "k").Err() },
			func() error { return c.BZPopMax(ctx, time.Second, "k", "l").Err() },
			func() error { return c.BZMPop(ctx, time.Second, "min", 1, "k").Err() },
		}
		failures := make([]error, len(waits))
		var all sync.WaitGroup
		for i, wait := range waits {
			all.Go(func() { failures[i] = wait() })
		}
		x.outwait(t, len(waits), time.Second)
		all.Wait()
		for i, err := range failures {
			require.ErrorIs(t, err, redis.Nil, i)
		}
	})
}

// A client that was done with waiting takes nothing away that is pushed later.
func TestGoRedisContextWhileBlocked(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.goRedis(t, redis.Options{ContextTimeoutEnabled: true})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		require.Error(t, c.BLPop(ctx, 0, "l").Err()) // that of the connection's deadline
		x.awaitBlocked(t, 0)
		equal(t, 1)(toInt(c.RPush(t.Context(), "l", "a").Result()))
		equal(t, "a")(c.LPop(t.Context(), "l").Result())
	})
}

// Nor does one whose client is closed.
func TestGoRedisCloseWhileBlocked(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, other := x.goRedis(t, redis.Options{MaxRetries: -1}), x.goRedis(t, redis.Options{})
		pop := func() ([]string, error) { return c.BLPop(t.Context(), 0, "l").Result() }
		_, err := meanwhile(t, x, pop, func() { require.NoError(t, c.Close()) })
		require.Error(t, err)
		x.awaitBlocked(t, 0)
		equal(t, 1)(toInt(other.RPush(t.Context(), "l", "a").Result()))
		equal(t, 1)(toInt(other.LLen(t.Context(), "l").Result()))
	})
}

// Another client ends the waiting.
func TestGoRedisUnblock(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, x target, c *redis.Client) {
		one := c.Conn()
		defer func() { _ = one.Close() }()
		id, err := one.ClientID(t.Context()).Result()
		require.NoError(t, err)
		pop := func() ([]string, error) { return one.BLPop(t.Context(), 0, "l").Result() }
		_, err = meanwhile(t, x, pop, func() { equal(t, 1)(toInt(c.ClientUnblock(t.Context(), id).Result())) })
		require.ErrorIs(t, err, redis.Nil)
		_, err = meanwhile(t, x, pop, func() { equal(t, 1)(toInt(c.ClientUnblockWithError(t.Context(), id).Result())) })
		require.ErrorContains(t, err, "UNBLOCKED client unblocked via CLIENT UNBLOCK")
		equal(t, "PONG")(one.Ping(t.Context()).Result())
	})
}

// Jobs are done once each, in their order, whoever of those who wait gets them.
func TestGoRedisQueue(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		const workers, jobs = 8, 400
		ctx := t.Context()
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for {
					job, err := c.BLMove(ctx, "jobs", "done", "LEFT", "RIGHT", time.Hour).Result()
					if err != nil {
						t.Error(err)
					}
					if err != nil || job == "stop" {
						return
					}
				}
			})
		}
		for i := range jobs {
			require.NoError(t, c.RPush(ctx, "jobs", i).Err())
		}
		for range workers {
			require.NoError(t, c.RPush(ctx, "jobs", "stop").Err())
		}
		all.Wait()
		done, err := c.LRange(ctx, "done", 0, -1).Result()
		require.NoError(t, err)
		require.Len(t, done, jobs+workers)
		for i, job := range done[:jobs] {
			require.Equal(t, strconv.Itoa(i), job)
		}
	})
}

// Fields of hashes expire since redis-server 7.4.
func TestGoRedisFieldExpiry(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) { bothGoRedis(t, x, goRedisFieldExpiry) })
}

func goRedisFieldExpiry(t *testing.T, x target, c *redis.Client) {
	ctx := t.Context()
	require.NoError(t, c.HSet(ctx, "h", "a", 1, "b", 2, "c", 3).Err())
	equal(t, []int64{1, -2, 1})(c.HExpire(ctx, "h", time.Minute, "a", "none", "b").Result())
	equal(t, []int64{0})(c.HExpireWithArgs(ctx, "h", time.Hour, redis.HExpireArgs{NX: true}, "a").Result())
	equal(t, []int64{1})(c.HPExpireWithArgs(ctx, "h", 1500*time.Millisecond, redis.HExpireArgs{LT: true}, "a").Result())
	equal(t, []int64{1500, 60_000, -1, -2})(c.HPTTL(ctx, "h", "a", "b", "c", "none").Result())
	equal(t, []int64{60, -1})(c.HTTL(ctx, "h", "b", "c").Result())
	equal(t, []int64{-2, -2})(c.HTTL(ctx, "none", "a", "b").Result())
	now := x.srv.Store().Now()
	equal(t, []int64{now.Add(time.Minute).UnixMilli(), -1})(c.HPExpireTime(ctx, "h", "b", "c").Result())

	x.srv.Advance(1500 * time.Millisecond)
	equal(t, map[string]string{"b": "2", "c": "3"})(c.HGetAll(ctx, "h").Result())
	require.ErrorIs(t, c.HGet(ctx, "h", "a").Err(), redis.Nil)
	equal(t, []int64{1, -1, -2})(c.HPersist(ctx, "h", "b", "c", "a").Result())
	equal(t, []int64{1, 2})([]int64{
		c.HExpireAt(ctx, "h", now.Add(time.Hour), "b").Val()[0],
		c.HExpireAt(ctx, "h", time.Unix(1, 0), "c").Val()[0], // gone at once
	}, nil)
	require.Equal(t, now.Add(time.Hour).Unix(), c.HExpireTime(ctx, "h", "b").Val()[0])
	x.srv.Advance(time.Hour)
	equal(t, 0)(toInt(c.Exists(ctx, "h").Result())) // as its last field is gone

	equal(t, 1)(toInt(c.HSetEXWithArgs(ctx, "h", &redis.HSetEXOptions{
		Condition: redis.HSetEXFNX, ExpirationType: redis.HSetEXExpirationEX, ExpirationVal: 60,
	}, "a", "1", "b", "2").Result()))
	equal(t, 0)(toInt(c.HSetEXWithArgs(ctx, "h", &redis.HSetEXOptions{Condition: redis.HSetEXFNX}, "a", "3").Result()))
	equal(t, []string{"1", ""})(c.HGetEXWithArgs(ctx, "h", &redis.HGetEXOptions{
		ExpirationType: redis.HGetEXExpirationPX, ExpirationVal: 10,
	}, "a", "none").Result())
	equal(t, []int64{10, 60_000})(c.HPTTL(ctx, "h", "a", "b").Result())
	equal(t, []string{"1", "2", ""})(c.HGetDel(ctx, "h", "a", "b", "none").Result())
	equal(t, 0)(toInt(c.Exists(ctx, "h").Result()))
}

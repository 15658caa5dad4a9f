package interop

import (
	"context"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

func TestRedigoHashes(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		type point struct {
			X int     `redis:"x"`
			Y float64 `redis:"y"`
		}
		equal(t, 2)(redis.Int(c.Do("HSET", redis.Args{"h"}.AddFlat(point{X: 1, Y: 10.5})...)))
		equal(t, map[string]string{"x": "1", "y": "10.5"})(redis.StringMap(c.Do("HGETALL", "h")))
		equal(t, map[string]float64{"x": 1, "y": 10.5})(redis.Float64Map(c.Do("HGETALL", "h")))
		equal(t, map[string]string{})(redis.StringMap(c.Do("HGETALL", "none")))
		row, err := redis.Values(c.Do("HGETALL", "h"))
		require.NoError(t, err)
		var p point
		require.NoError(t, redis.ScanStruct(row, &p))
		require.Equal(t, point{X: 1, Y: 10.5}, p)

		equal(t, []any{[]byte("1"), nil})(redis.Values(c.Do("HMGET", "h", "x", "none")))
		_, err = redis.String(c.Do("HGET", "h", "none"))
		require.ErrorIs(t, err, redis.ErrNil)
		equal(t, 10.6)(redis.Float64(c.Do("HINCRBYFLOAT", "h", "y", 0.1)))
		equal(t, int64(-4))(redis.Int64(c.Do("HINCRBY", "h", "x", -5)))
		equal(t, map[string]string{"x": "-4", "y": "10.6"})(redis.StringMap(c.Do("HRANDFIELD", "h", 5, "WITHVALUES")))
		equal(t, 2)(redis.Int(c.Do("HDEL", "h", "x", "y", "none")))

		want := map[string]int{}
		for i := range 500 {
			want["f"+strconv.Itoa(i)] = i
		}
		equal(t, 500)(redis.Int(c.Do("HSET", redis.Args{"big"}.AddFlat(want)...)))
		got := map[string]int{}
		for cursor := "0"; ; {
			page, err := redis.Values(c.Do("HSCAN", "big", cursor, "MATCH", "f*", "COUNT", 50))
			require.NoError(t, err)
			cursor, err = redis.String(page[0], nil)
			require.NoError(t, err)
			fields, err := redis.IntMap(page[1], nil)
			require.NoError(t, err)
			for f, v := range fields {
				got[f] = v
			}
			if cursor == "0" {
				break
			}
		}
		require.Equal(t, want, got)
	})
}

func TestRedigoLists(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		equal(t, 4)(redis.Int(c.Do("RPUSH", redis.Args{"l"}.AddFlat([]int{1, 2, 3, 1})...)))
		equal(t, []int{1, 2, 3, 1})(redis.Ints(c.Do("LRANGE", "l", 0, -1)))
		equal(t, []any{})(redis.Values(c.Do("LRANGE", "none", 0, -1)))
		equal(t, []int{0, 3})(redis.Ints(c.Do("LPOS", "l", 1, "COUNT", 0)))
		_, err := redis.Int(c.Do("LPOS", "l", 9))
		require.ErrorIs(t, err, redis.ErrNil)
		equal(t, "1")(redis.String(c.Do("LMOVE", "l", "m", "RIGHT", "LEFT")))
		equal(t, []int{3, 2})(redis.Ints(c.Do("RPOP", "l", 2)))
		equal(t, []any{[]byte("l"), []any{[]byte("1")}})(redis.Values(c.Do("LMPOP", 2, "none", "l", "LEFT", "COUNT", 3)))
		equal[any](t, nil)(c.Do("LMPOP", 2, "none", "l", "LEFT"))
		equal[any](t, nil)(c.Do("RPOP", "l", 2))
		equal(t, []any{})(redis.Values(c.Do("LPOP", "m", 0)))
	})
}

func TestRedigoSets(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		equal(t, 3)(redis.Int(c.Do("SADD", "a", 1, 2, 3)))
		equal(t, 2)(redis.Int(c.Do("SADD", "b", 3, "x")))
		equal(t, []string{"3"})(redis.Strings(c.Do("SINTER", "a", "b")))
		equal(t, []string{"1", "2", "3", "x"})(sorted(redis.Strings(c.Do("SUNION", "a", "b"))))
		equal(t, []int{1, 0})(redis.Ints(c.Do("SMISMEMBER", "a", 1, "x")))
		equal(t, true)(redis.Bool(c.Do("SISMEMBER", "a", 1)))
		page, err := redis.Values(c.Do("SSCAN", "a", 0))
		require.NoError(t, err)
		equal(t, "0")(redis.String(page[0], nil))
		equal(t, []string{"1", "2", "3"})(sorted(redis.Strings(page[1], nil)))
		equal(t, []string{"1", "2", "3"})(sorted(redis.Strings(c.Do("SPOP", "a", 9))))
		equal[any](t, nil)(c.Do("SPOP", "a"))
		equal[any](t, []any{})(c.Do("SPOP", "a", 9))
	})
}

func TestRedigoSortedSets(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		equal(t, 3)(redis.Int(c.Do("ZADD", "z", 1, "a", 2.5, "b", math.Inf(1), "c")))
		equal(t, 1)(redis.Int(c.Do("ZADD", "z", "GT", "CH", 0, "a", 3, "b")))
		equal(t, 1.5)(redis.Float64(c.Do("ZADD", "z", "XX", "INCR", 0.5, "a")))
		equal[any](t, nil)(c.Do("ZADD", "z", "NX", "INCR", 0.5, "a"))
		equal(t, []string{"a", "1.5", "b", "3", "c", "inf"})(redis.Strings(c.Do("ZRANGE", "z", 0, -1, "WITHSCORES")))
		equal(t, map[string]float64{"a": 1.5, "b": 3})(redis.Float64Map(c.Do("ZRANGE", "z", "(1", 3, "BYSCORE", "WITHSCORES")))
		equal(t, []string{"b"})(redis.Strings(c.Do("ZRANGE", "z", "+inf", "-inf", "BYSCORE", "REV", "LIMIT", 1, 1)))
		equal(t, []any{[]byte("1.5"), nil})(redis.Values(c.Do("ZMSCORE", "z", "a", "none")))
		equal(t, 1)(redis.Int(c.Do("ZRANK", "z", "b")))
		equal[any](t, nil)(c.Do("ZRANK", "z", "none"))
		if x.isNook() { // since 7.2
			equal(t, []any{int64(1), []byte("3")})(redis.Values(c.Do("ZRANK", "z", "b", "WITHSCORE")))
			equal[any](t, nil)(c.Do("ZRANK", "z", "none", "WITHSCORE"))
		}
		equal(t, []string{"a", "3", "b", "6", "c", "inf"})(redis.Strings(c.Do("ZUNION", 2, "z", "z", "WITHSCORES")))
		page, err := redis.Values(c.Do("ZSCAN", "z", 0, "MATCH", "b"))
		require.NoError(t, err)
		equal(t, map[string]float64{"b": 3})(redis.Float64Map(page[1], nil))
		equal(t, []any{[]byte("z"), []any{[]any{[]byte("a"), []byte("1.5")}, []any{[]byte("b"), []byte("3")}}})(
			redis.Values(c.Do("ZMPOP", 2, "none", "z", "MIN", "COUNT", 2)))
		equal(t, []string{"c", "inf"})(redis.Strings(c.Do("ZPOPMAX", "z")))
		equal[any](t, nil)(c.Do("ZMPOP", 1, "z", "MAX"))
		equal[any](t, []any{})(c.Do("ZPOPMAX", "z"))
	})
}

func TestRedigoGeo(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		for _, place := range sicily {
			equal(t, 1)(redis.Int(c.Do("GEOADD", "g", place.Longitude, place.Latitude, place.Name)))
		}
		equal(t, []*[2]float64{{13.361389338970184, 38.1155563954963}, nil})(
			redis.Positions(c.Do("GEOPOS", "g", "Palermo", "none")))
		equal(t, 166274.1516)(redis.Float64(c.Do("GEODIST", "g", "Palermo", "Catania")))
		equal(t, []string{"Palermo"})(redis.Strings(c.Do("GEOSEARCH", "g",
			"FROMLONLAT", 15, 37, "BYBOX", 400, 400, "km", "DESC", "COUNT", 1)))
		// The numbers are texts with as many digits as Redis gives them.
		equal(t, []any{[]any{
			[]byte("Catania"), []byte("56.4413"), int64(3479447370796909),
			[]any{[]byte("15.08726745843887329"), []byte("37.50266842333162032")},
		}})(redis.Values(c.Do("GEOSEARCH", "g",
			"FROMLONLAT", 15, 37, "BYRADIUS", 100, "km", "WITHCOORD", "WITHDIST", "WITHHASH")))
	})
}

func TestRedigoHyperLogLogAndSort(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		equal(t, true)(redis.Bool(c.Do("PFADD", "p", "a", "b", "c")))
		equal(t, false)(redis.Bool(c.Do("PFADD", "p", "a")))
		equal(t, "OK")(redis.String(c.Do("PFMERGE", "q", "p")))
		equal(t, 3)(redis.Int(c.Do("PFCOUNT", "p", "q")))
		equal(t, 3)(redis.Int(c.Do("RPUSH", "l", 3, 1, 2)))
		equal(t, "OK")(redis.String(c.Do("SET", "name_1", "one")))
		equal(t, []int{3, 2, 1})(redis.Ints(c.Do("SORT", "l", "DESC")))
		equal(t, []any{[]byte("one"), nil, nil})(redis.Values(c.Do("SORT", "l", "GET", "name_*")))
		equal(t, 3)(redis.Int(c.Do("SORT", "l", "STORE", "l")))
	})
}

func TestRedigoBlocking(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, other := x.redigo(t), x.redigo(t)
		push := func() { equal(t, 2)(redis.Int(other.Do("RPUSH", "l", "a", "b"))) }
		add := func() { equal(t, 2)(redis.Int(other.Do("ZADD", "z", 1.5, "a", 2, "b"))) }
		do := func(args ...any) func() (any, error) {
			return func() (any, error) { return c.Do(args[0].(string), args[1:]...) }
		}
		l, z, a, b := []byte("l"), []byte("z"), []byte("a"), []byte("b")
		for _, w := range []struct {
			wait []any
			push func()
			want any
		}{
			{[]any{"BLPOP", "none", "l", 0}, push, []any{l, a}},
			{[]any{"BRPOP", "l", 100}, push, []any{l, b}},
			{[]any{"BLMOVE", "l", "m", "RIGHT", "LEFT", 0}, push, b},
			{[]any{"BRPOPLPUSH", "l", "l", 0}, push, b},
			{[]any{"BLMPOP", 0, 2, "none", "l", "LEFT", "COUNT", 2}, push, []any{l, []any{a, b}}},
			{[]any{"BZPOPMIN", "none", "z", 0}, add, []any{z, a, []byte("1.5")}},
			{[]any{"BZPOPMAX", "z", 0}, add, []any{z, b, []byte("2")}},
			{[]any{"BZMPOP", 0, 1, "z", "MIN", "COUNT", 9}, add, []any{z, []any{[]any{a, []byte("1.5")}, []any{b, []byte("2")}}}},
		} {
			equal(t, w.want)(meanwhile(t, x, do(w.wait...), w.push))
			equal(t, "OK")(redis.String(other.Do("FLUSHALL")))
		}
	})
}

func TestRedigoBlockingTimeouts(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		for _, wait := range [][]any{
			{"BLPOP", "k", 0.01},
			{"BRPOP", "k", "l", 0.01},
			{"BLMOVE", "k", "l", "LEFT", "LEFT", 0.01},
			{"BRPOPLPUSH", "k", "l", 0.01},
			{"BLMPOP", 0.01, 1, "k", "LEFT"},
			{"BZPOPMIN", "k", 0.01},
			{"BZPOPMAX", "k", 0.01},
			{"BZMPOP", 0.01, 1, "k", "MIN"},
		} {
			require.NoError(t, c.Send(wait[0].(string), wait[1:]...))
			require.NoError(t, c.Flush())
			x.outwait(t, 1, 10*time.Millisecond)
			equal[any](t, nil)(c.Receive())
		}
		fails[any](t, "ERR timeout is negative")(c.Do("BLPOP", "k", -1))
		fails[any](t, "ERR timeout is not a float or out of range")(c.Do("BLPOP", "k", "soon"))
	})
}

func TestRedigoContextWhileBlocked(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, other := x.redigo(t), x.redigo(t)
		ctx, cancel := context.WithCancel(t.Context())
		pop := func() (any, error) { return redis.DoContext(c, ctx, "BLPOP", "l", 0) }
		_, err := meanwhile(t, x, pop, cancel)
		require.ErrorIs(t, err, context.Canceled)
		x.awaitBlocked(t, 0) // redigo has closed the connection
		equal(t, 1)(redis.Int(other.Do("RPUSH", "l", "a")))
		equal(t, "a")(redis.String(other.Do("LPOP", "l")))
	})
}

func TestRedigoFieldExpiry(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		c := x.redigo(t)
		equal(t, 2)(redis.Int(c.Do("HSET", "h", "a", 1, "b", 2)))
		equal(t, []int{1, -2})(redis.Ints(c.Do("HEXPIRE", "h", 60, "FIELDS", 2, "a", "none")))
		equal(t, []int{60, -1, -2})(redis.Ints(c.Do("HTTL", "h", "FIELDS", 3, "a", "b", "none")))
		equal(t, []int{1})(redis.Ints(c.Do("HPERSIST", "h", "FIELDS", 1, "a")))
		equal(t, []int{1})(redis.Ints(c.Do("HPEXPIRE", "h", 10, "FIELDS", 1, "a")))
		x.srv.Advance(10 * time.Millisecond)
		equal(t, map[string]string{"b": "2"})(redis.StringMap(c.Do("HGETALL", "h")))
		equal(t, []any{[]byte("2"), nil})(redis.Values(c.Do("HGETEX", "h", "EX", 5, "FIELDS", 2, "b", "a")))
		x.srv.Advance(5 * time.Second)
		equal(t, 0)(redis.Int(c.Do("EXISTS", "h")))
	})
}

package interop

import (
	"context"
	"math"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// everyRueidis is everywhere with a rueidis client of either protocol, as
// replies of collections are other ones in RESP3.
func everyRueidis(t *testing.T, f func(t *testing.T, x target, c rueidis.Client)) {
	everywhere(t, func(t *testing.T, x target) { bothRueidis(t, x, f) })
}

// bothRueidis runs f with a client of either protocol. Each finds the server
// empty.
func bothRueidis(t *testing.T, x target, f func(t *testing.T, x target, c rueidis.Client)) {
	for _, protocol := range []string{"RESP2", "RESP3"} {
		t.Run(protocol, func(t *testing.T) {
			c := x.rueidis(t, rueidis.ClientOption{AlwaysRESP2: protocol == "RESP2"})
			require.NoError(t, c.Do(t.Context(), c.B().Flushall().Build()).Error())
			f(t, x, c)
		})
	}
}

// absent requires that the reply is a null.
func absent(t testing.TB, r rueidis.RedisResult) {
	t.Helper()
	require.True(t, rueidis.IsRedisNil(r.Error()), r.String())
}

func TestRueidisHashes(t *testing.T) {
	everyRueidis(t, func(t *testing.T, _ target, c rueidis.Client) {
		ctx := t.Context()
		set := c.B().Hset().Key("h").FieldValue().FieldValue("x", "1").FieldValue("y", "10.5").FieldValue("\r\n", "\x00")
		equal(t, int64(3))(c.Do(ctx, set.Build()).AsInt64())
		all := map[string]string{"x": "1", "y": "10.5", "\r\n": "\x00"}
		equal(t, all)(c.Do(ctx, c.B().Hgetall().Key("h").Build()).AsStrMap())
		equal(t, map[string]string{})(c.Do(ctx, c.B().Hgetall().Key("none").Build()).AsStrMap())
		equal(t, []string{"1", ""})(c.Do(ctx, c.B().Hmget().Key("h").Field("x", "none").Build()).AsStrSlice())
		absent(t, c.Do(ctx, c.B().Hget().Key("h").Field("none").Build()))
		equal(t, 10.6)(c.Do(ctx, c.B().Hincrbyfloat().Key("h").Field("y").Increment(0.1).Build()).AsFloat64())
		equal(t, int64(2))(c.Do(ctx, c.B().Hdel().Key("h").Field("y", "\r\n", "none").Build()).AsInt64())
		equal(t, "x")(c.Do(ctx, c.B().Hrandfield().Key("h").Build()).ToString())
		absent(t, c.Do(ctx, c.B().Hrandfield().Key("none").Build()))
		pairs, err := c.Do(ctx, c.B().Hrandfield().Key("h").Count(-2).Withvalues().Build()).ToAny()
		require.NoError(t, err)
		require.Contains(t, []any{
			[]any{"x", "1", "x", "1"},               // RESP2
			[]any{[]any{"x", "1"}, []any{"x", "1"}}, // RESP3
		}, pairs)

		want := map[string]string{}
		big := c.B().Hset().Key("big").FieldValue()
		for i := range 500 {
			want["f"+strconv.Itoa(i)] = strconv.Itoa(i)
			big = big.FieldValue("f"+strconv.Itoa(i), strconv.Itoa(i))
		}
		equal(t, int64(500))(c.Do(ctx, big.Build()).AsInt64())
		got := map[string]string{}
		for more := uint64(0); ; {
			page, err := c.Do(ctx, c.B().Hscan().Key("big").Cursor(more).Match("f*").Count(50).Build()).AsScanEntry()
			require.NoError(t, err)
			for i := 0; i < len(page.Elements); i += 2 {
				got[page.Elements[i]] = page.Elements[i+1]
			}
			if more = page.Cursor; more == 0 {
				break
			}
		}
		require.Equal(t, want, got)
	})
}

func TestRueidisLists(t *testing.T) {
	everyRueidis(t, func(t *testing.T, _ target, c rueidis.Client) {
		ctx := t.Context()
		equal(t, int64(4))(c.Do(ctx, c.B().Rpush().Key("l").Element("a", "b", "c", "a").Build()).AsInt64())
		equal(t, []string{"a", "b"})(c.Do(ctx, c.B().Lrange().Key("l").Start(0).Stop(1).Build()).AsStrSlice())
		equal(t, []int64{0, 3})(c.Do(ctx, c.B().Lpos().Key("l").Element("a").Count(0).Build()).AsIntSlice())
		equal(t, int64(3))(c.Do(ctx, c.B().Lpos().Key("l").Element("a").Rank(-1).Maxlen(1).Build()).AsInt64())
		absent(t, c.Do(ctx, c.B().Lpos().Key("l").Element("x").Build()))
		equal(t, "a")(c.Do(ctx, c.B().Lmove().Source("l").Destination("m").Right().Left().Build()).ToString())
		equal(t, []string{"c", "b"})(c.Do(ctx, c.B().Rpop().Key("l").Count(2).Build()).AsStrSlice())
		pop := c.B().Lmpop().Numkeys(2).Key("none", "l").Left().Count(5).Build().Pin()
		equal(t, rueidis.KeyValues{Key: "l", Values: []string{"a"}})(c.Do(ctx, pop).AsLMPop())
		absent(t, c.Do(ctx, pop))
		absent(t, c.Do(ctx, c.B().Rpop().Key("l").Count(2).Build()))
	})
}

func TestRueidisSets(t *testing.T) {
	everyRueidis(t, func(t *testing.T, _ target, c rueidis.Client) {
		ctx := t.Context()
		equal(t, int64(3))(c.Do(ctx, c.B().Sadd().Key("a").Member("1", "2", "3").Build()).AsInt64())
		equal(t, int64(2))(c.Do(ctx, c.B().Sadd().Key("b").Member("3", "x").Build()).AsInt64())
		equal(t, []string{"3"})(c.Do(ctx, c.B().Sinter().Key("a", "b").Build()).AsStrSlice())
		equal(t, []string{"1", "2", "3", "x"})(sorted(c.Do(ctx, c.B().Sunion().Key("a", "b").Build()).AsStrSlice()))
		equal(t, []string{})(c.Do(ctx, c.B().Smembers().Key("none").Build()).AsStrSlice())
		equal(t, []bool{true, false})(c.Do(ctx, c.B().Smismember().Key("a").Member("1", "x").Build()).AsBoolSlice())
		page, err := c.Do(ctx, c.B().Sscan().Key("a").Cursor(0).Match("[12]").Build()).AsScanEntry()
		require.NoError(t, err)
		require.Zero(t, page.Cursor)
		require.ElementsMatch(t, []string{"1", "2"}, page.Elements)
		equal(t, []string{"1", "2", "3"})(sorted(c.Do(ctx, c.B().Spop().Key("a").Count(7).Build()).AsStrSlice()))
		equal(t, []string{})(c.Do(ctx, c.B().Spop().Key("a").Count(7).Build()).AsStrSlice())
		absent(t, c.Do(ctx, c.B().Spop().Key("a").Build()))
	})
}

func TestRueidisSortedSets(t *testing.T) {
	everyRueidis(t, func(t *testing.T, x target, c rueidis.Client) {
		ctx := t.Context()
		add := c.B().Zadd().Key("z").ScoreMember().ScoreMember(1, "a").ScoreMember(2.5, "b").ScoreMember(math.Inf(1), "c")
		equal(t, int64(3))(c.Do(ctx, add.Build()).AsInt64())
		gt := c.B().Zadd().Key("z").Gt().Ch().ScoreMember().ScoreMember(0, "a").ScoreMember(3, "b")
		equal(t, int64(1))(c.Do(ctx, gt.Build()).AsInt64())
		equal(t, 1.5)(c.Do(ctx, c.B().Zadd().Key("z").Xx().Incr().ScoreMember().ScoreMember(0.5, "a").Build()).AsFloat64())
		absent(t, c.Do(ctx, c.B().Zadd().Key("z").Nx().Incr().ScoreMember().ScoreMember(0.5, "a").Build()))

		a, b, last := rueidis.ZScore{Member: "a", Score: 1.5}, rueidis.ZScore{Member: "b", Score: 3}, rueidis.ZScore{Member: "c", Score: math.Inf(1)}
		equal(t, []rueidis.ZScore{a, b, last})(c.Do(ctx, c.B().Zrange().Key("z").Min("0").Max("-1").Withscores().Build()).AsZScores())
		equal(t, []rueidis.ZScore{b})(c.Do(ctx,
			c.B().Zrange().Key("z").Min("+inf").Max("-inf").Byscore().Rev().Limit(1, 1).Withscores().Build()).AsZScores())
		equal(t, []string{"a", "b"})(c.Do(ctx, c.B().Zrange().Key("z").Min("-inf").Max("(inf").Byscore().Build()).AsStrSlice())
		equal(t, []rueidis.ZScore{})(c.Do(ctx, c.B().Zrange().Key("none").Min("0").Max("-1").Withscores().Build()).AsZScores())
		equal(t, math.Inf(1))(c.Do(ctx, c.B().Zscore().Key("z").Member("c").Build()).AsFloat64())
		absent(t, c.Do(ctx, c.B().Zscore().Key("z").Member("none").Build()))
		scores, err := c.Do(ctx, c.B().Zmscore().Key("z").Member("a", "none").Build()).ToArray()
		require.NoError(t, err)
		equal(t, 1.5)(scores[0].AsFloat64())
		require.True(t, scores[1].IsNil())
		equal(t, int64(1))(c.Do(ctx, c.B().Zrank().Key("z").Member("b").Build()).AsInt64())
		if x.isNook() { // since 7.2
			equal(t, []float64{1, 3})(c.Do(ctx, c.B().Zrank().Key("z").Member("b").Withscore().Build()).AsFloatSlice())
			absent(t, c.Do(ctx, c.B().Zrank().Key("z").Member("none").Withscore().Build()))
		}
		equal(t, []rueidis.ZScore{{Member: "a", Score: 4.5}, {Member: "b", Score: 9}, last})(c.Do(ctx,
			c.B().Zunion().Numkeys(2).Key("z", "z").Weights(1, 2).AggregateSum().Withscores().Build()).AsZScores())
		for range 3 {
			one, err := c.Do(ctx, c.B().Zrandmember().Key("z").Count(1).Withscores().Build()).AsZScores()
			require.NoError(t, err)
			require.Subset(t, []rueidis.ZScore{a, b, last}, one)
		}

		// ZPOPMIN without a count is a pair in RESP3, not a list of one.
		equal(t, a)(c.Do(ctx, c.B().Zpopmin().Key("z").Build()).AsZScore())
		pop := c.B().Zmpop().Numkeys(2).Key("none", "z").Max().Count(5).Build().Pin()
		equal(t, rueidis.KeyZScores{Key: "z", Values: []rueidis.ZScore{last, b}})(c.Do(ctx, pop).AsZMPop())
		absent(t, c.Do(ctx, pop))
		equal(t, []rueidis.ZScore{})(c.Do(ctx, c.B().Zpopmax().Key("z").Count(3).Build()).AsZScores())
	})
}

func TestRueidisGeo(t *testing.T) {
	everyRueidis(t, func(t *testing.T, _ target, c rueidis.Client) {
		ctx := t.Context()
		add := c.B().Geoadd().Key("g").LongitudeLatitudeMember()
		for _, place := range sicily {
			add = add.LongitudeLatitudeMember(place.Longitude, place.Latitude, place.Name)
		}
		equal(t, int64(2))(c.Do(ctx, add.Build()).AsInt64())
		positions, err := c.Do(ctx, c.B().Geopos().Key("g").Member("Palermo", "none").Build()).ToArray()
		require.NoError(t, err)
		require.Len(t, positions, 2)
		equal(t, []float64{13.361389338970184, 38.1155563954963})(positions[0].AsFloatSlice())
		require.True(t, positions[1].IsNil())
		equal(t, 166274.1516)(c.Do(ctx, c.B().Geodist().Key("g").Member1("Palermo").Member2("Catania").Build()).AsFloat64())

		near := func() rueidis.Completed {
			return c.B().Geosearch().Key("g").Fromlonlat(15, 37).Byradius(200).Km().Asc().Build()
		}
		equal(t, []rueidis.GeoLocation{{Name: "Catania"}, {Name: "Palermo"}})(c.Do(ctx, near()).AsGeosearch())
		full := c.B().Geosearch().Key("g").Frommember("Catania").Bybox(400).Height(400).Km().Asc().Count(9).
			Withcoord().Withdist().Withhash().Build()
		equal(t, []rueidis.GeoLocation{
			{Name: "Catania", Longitude: 15.087267458438873, Latitude: 37.50266842333162, GeoHash: 3479447370796909},
			{
				Name: "Palermo", Longitude: 13.361389338970184, Latitude: 38.1155563954963,
				Dist: 166.2742, GeoHash: 3479099956230698,
			},
		})(c.Do(ctx, full).AsGeosearch())
	})
}

func TestRueidisHyperLogLogAndSort(t *testing.T) {
	everyRueidis(t, func(t *testing.T, _ target, c rueidis.Client) {
		ctx := t.Context()
		add := func() rueidis.Completed { return c.B().Pfadd().Key("p").Element("a", "b", "c").Build() }
		equal(t, true)(c.Do(ctx, add()).AsBool())
		equal(t, false)(c.Do(ctx, add()).AsBool())
		require.NoError(t, c.Do(ctx, c.B().Pfmerge().Destkey("q").Sourcekey("p").Build()).Error())
		equal(t, int64(3))(c.Do(ctx, c.B().Pfcount().Key("p", "q").Build()).AsInt64())

		require.NoError(t, c.Do(ctx, c.B().Rpush().Key("l").Element("3", "1", "2").Build()).Error())
		require.NoError(t, c.Do(ctx, c.B().Set().Key("name_1").Value("one").Build()).Error())
		equal(t, []string{"3", "2"})(c.Do(ctx, c.B().Sort().Key("l").Limit(0, 2).Desc().Build()).AsStrSlice())
		named, err := c.Do(ctx, c.B().SortRo().Key("l").Get().Get("name_*").Build()).ToArray()
		require.NoError(t, err)
		require.Len(t, named, 3)
		equal(t, "one")(named[0].ToString())
		require.True(t, named[1].IsNil())
		equal(t, int64(3))(c.Do(ctx, c.B().Sort().Key("l").Store("out").Build()).AsInt64())
	})
}

// Replies have the types, in all their depth, that those of a redis-server have.
func TestRueidisReplyTypes(t *testing.T) {
	commands := strings.Split(strings.TrimSpace(replyTypes), "\n")
	ofNook := map[string][]string{} // by protocol
	everyRueidis(t, func(t *testing.T, x target, c rueidis.Client) {
		protocol := path.Base(t.Name())
		var replies []string
		for _, line := range commands {
			r := c.Do(t.Context(), c.B().Arbitrary(strings.Fields(line)...).Build())
			m, _ := r.ToMessage()
			replies = append(replies, line+": "+m.String())
		}
		if x.isNook() {
			ofNook[protocol] = replies
			return
		}
		for i, want := range replies {
			require.Equal(t, want, ofNook[protocol][i])
		}
	})
}

const replyTypes = `
HSET h f 1
HGETALL h
HGETALL none
HKEYS h
HMGET h f none
HGET h none
HINCRBYFLOAT h f 0.5
HRANDFIELD h
HRANDFIELD none
HRANDFIELD none 1
HRANDFIELD h 1
HRANDFIELD h 1 WITHVALUES
HRANDFIELD h -2 WITHVALUES
HSCAN h 0
HSETNX h f 1
RPUSH l 1 2 3 4 5 6 7 8
LPOS l 9
LPOS l 9 COUNT 1
LPOS l 2 COUNT 0
LPOP none
LPOP none 1
LPOP l 0
LPOP l 1
RPOP l
LMPOP 1 none LEFT
LMPOP 1 l LEFT
LMOVE none l LEFT LEFT
LINSERT l BEFORE 4 x
LRANGE l 0 -1
BLPOP l 0
BLMPOP 0 1 l LEFT COUNT 2
BLMOVE l m LEFT LEFT 0
BRPOPLPUSH m m 0
SADD s a
SMEMBERS s
SMEMBERS none
SINTER s s
SUNION s none
SDIFF s none
SISMEMBER s a
SMISMEMBER s a b
SRANDMEMBER s
SRANDMEMBER s -2
SRANDMEMBER none
SRANDMEMBER none 1
SSCAN s 0
SPOP s 2
SPOP s 2
SPOP s
ZADD z 1 a 2.5 b inf c -0 d 1e300 e 0.1 f 123456789012345680000 g
ZADD z 7 h 8 i 9 j
ZADD z INCR 0.1 f
ZADD z NX INCR 1 a
ZINCRBY z 0.1 f
ZSCORE z b
ZSCORE z c
ZSCORE z d
ZSCORE z none
ZMSCORE z a none g
ZMSCORE none a
ZRANGE z 0 1
ZRANGE z 0 -1 WITHSCORES
ZRANGE none 0 1 WITHSCORES
ZRANGEBYSCORE z 0 5 WITHSCORES LIMIT 1 1
ZREVRANGE z 0 1 WITHSCORES
ZUNION 1 z WITHSCORES
ZUNION 1 z
ZINTER 2 z z WEIGHTS 2 0.5 WITHSCORES
ZDIFF 2 z none WITHSCORES
ZRANK z a
ZRANK z none
ZSCAN z 0
ZRANDMEMBER none
ZRANDMEMBER none 1
ZRANDMEMBER none 1 WITHSCORES
ZADD one 1.5 a
ZRANDMEMBER one
ZRANDMEMBER one -2
ZRANDMEMBER one 1 WITHSCORES
ZRANDMEMBER one -2 WITHSCORES
ZPOPMIN z
ZPOPMAX z
ZPOPMIN z 1
ZPOPMAX z 2
ZPOPMIN none
ZPOPMIN none 1
ZMPOP 1 none MIN
ZMPOP 1 z MIN
BZPOPMIN z 0
BZMPOP 0 1 z MAX COUNT 1
BZPOPMAX one 0
GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
GEOPOS g Palermo none
GEOPOS none Palermo
GEODIST g Palermo Catania
GEODIST g Palermo Catania mi
GEODIST g Palermo none
GEOHASH g Palermo none
GEOSEARCH g FROMMEMBER Palermo BYRADIUS 500 km ASC
GEOSEARCH g FROMMEMBER Palermo BYRADIUS 500 km ASC WITHCOORD
GEOSEARCH g FROMMEMBER Palermo BYRADIUS 500 km ASC WITHDIST
GEOSEARCH g FROMMEMBER Palermo BYRADIUS 500 km ASC WITHHASH
GEOSEARCH g FROMMEMBER Palermo BYRADIUS 500 km ASC WITHCOORD WITHDIST WITHHASH
GEORADIUS g 15 37 200 km WITHCOORD WITHDIST WITHHASH ASC
GEORADIUSBYMEMBER_RO g Palermo 1 m WITHDIST
GEOSEARCH none FROMLONLAT 1 2 BYRADIUS 500 km WITHDIST
PFADD p a
PFADD p a
PFCOUNT p
PFMERGE q p
SORT l
SORT l BY nosort GET none_* GET #
SORT l ALPHA STORE out
SORT_RO none
OBJECT ENCODING z
`

// All commands share few connections, but for those that wait: each has one of its own.
func TestRueidisBlocking(t *testing.T) {
	everyRueidis(t, func(t *testing.T, x target, c rueidis.Client) {
		ctx := t.Context()
		push := func() {
			equal(t, int64(2))(c.Do(ctx, c.B().Rpush().Key("l").Element("a", "b").Build()).AsInt64())
		}
		pair := func() ([]string, error) {
			return c.Do(ctx, c.B().Blpop().Key("none", "l").Timeout(0).Build()).AsStrSlice()
		}
		equal(t, []string{"l", "a"})(meanwhile(t, x, pair, push))
		one := func() (string, error) {
			return c.Do(ctx, c.B().Blmove().Source("none").Destination("m").Left().Right().Timeout(0).Build()).ToString()
		}
		equal(t, "x")(meanwhile(t, x, one, func() {
			require.NoError(t, c.Do(ctx, c.B().Rpush().Key("none").Element("x").Build()).Error())
		}))
		require.NoError(t, c.Do(ctx, c.B().Del().Key("l").Build()).Error())
		many := func() (rueidis.KeyValues, error) {
			return c.Do(ctx, c.B().Blmpop().Timeout(100).Numkeys(2).Key("none", "l").Right().Count(5).Build()).AsLMPop()
		}
		equal(t, rueidis.KeyValues{Key: "l", Values: []string{"b", "a"}})(meanwhile(t, x, many, push))

		add := func() {
			members := c.B().Zadd().Key("z").ScoreMember().ScoreMember(1.5, "a").ScoreMember(2, "b").ScoreMember(math.Inf(1), "c")
			equal(t, int64(3))(c.Do(ctx, members.Build()).AsInt64())
		}
		least := func() ([]rueidis.RedisMessage, error) {
			return c.Do(ctx, c.B().Bzpopmin().Key("none", "z").Timeout(0).Build()).ToArray()
		}
		taken, err := meanwhile(t, x, least, add)
		require.NoError(t, err)
		require.Len(t, taken, 3)
		equal(t, "z")(taken[0].ToString())
		equal(t, "a")(taken[1].ToString())
		equal(t, 1.5)(taken[2].AsFloat64())
		require.NoError(t, c.Do(ctx, c.B().Del().Key("z").Build()).Error())
		scores := func() (rueidis.KeyZScores, error) {
			return c.Do(ctx, c.B().Bzmpop().Timeout(0).Numkeys(1).Key("z").Max().Count(2).Build()).AsZMPop()
		}
		equal(t, rueidis.KeyZScores{Key: "z", Values: []rueidis.ZScore{
			{Member: "c", Score: math.Inf(1)}, {Member: "b", Score: 2},
		}})(meanwhile(t, x, scores, add))
	})
}

func TestRueidisBlockingTimeouts(t *testing.T) {
	everyRueidis(t, func(t *testing.T, x target, c rueidis.Client) {
		for _, wait := range []rueidis.Completed{
			c.B().Blpop().Key("k").Timeout(0.01).Build(),
			c.B().Blmove().Source("k").Destination("l").Left().Left().Timeout(0.01).Build(),
			c.B().Blmpop().Timeout(0.01).Numkeys(1).Key("k").Left().Build(),
			c.B().Bzpopmin().Key("k", "l").Timeout(0.01).Build(),
			c.B().Bzmpop().Timeout(0.01).Numkeys(1).Key("k").Min().Build(),
		} {
			done := make(chan rueidis.RedisResult, 1)
			go func() { done <- c.Do(t.Context(), wait) }()
			x.outwait(t, 1, 10*time.Millisecond)
			absent(t, <-done)
		}
	})
}

// A client that was done with waiting takes nothing away that is pushed later.
func TestRueidisContextWhileBlocked(t *testing.T) {
	everyRueidis(t, func(t *testing.T, x target, c rueidis.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		pop := func() ([]string, error) {
			return c.Do(ctx, c.B().Blpop().Key("l").Timeout(0).Build()).AsStrSlice()
		}
		_, err := meanwhile(t, x, pop, cancel)
		require.ErrorIs(t, err, context.Canceled)
		x.awaitBlocked(t, 0) // rueidis has closed the connection
		equal(t, int64(1))(c.Do(t.Context(), c.B().Rpush().Key("l").Element("a").Build()).AsInt64())
		equal(t, "a")(c.Do(t.Context(), c.B().Lpop().Key("l").Build()).ToString())
	})
}

// rueidis can end the waiting by CLIENT UNBLOCK and keep the connection. It knows the
// connection's number from HELLO, which it sends for RESP3.
func TestRueidisUnblockOnCancel(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.rueidis(t, rueidis.ClientOption{})
		ctx, cancel := context.WithCancel(t.Context())
		pop := func() ([]string, error) {
			return c.Do(ctx, c.B().Blpop().Key("l").Timeout(0).Build().UnblockOnCancel()).AsStrSlice()
		}
		var waiter string
		_, err := meanwhile(t, x, pop, func() {
			waiter = popping(t, c)
			cancel()
		})
		require.ErrorIs(t, err, context.Canceled)
		x.awaitBlocked(t, 0)
		require.NotEmpty(t, waiter)
		require.Equal(t, waiter, popping(t, c))
	})
}

// popping returns the id=... of the client whose last command is BLPOP.
func popping(t *testing.T, c rueidis.Client) string {
	t.Helper()
	list, err := c.Do(t.Context(), c.B().ClientList().Build()).ToString()
	require.NoError(t, err)
	for line := range strings.Lines(list) {
		if strings.Contains(line, " cmd=blpop ") {
			id, _, _ := strings.Cut(line, " ")
			return id
		}
	}
	return ""
}

// Fields of hashes expire since redis-server 7.4.
func TestRueidisFieldExpiry(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		bothRueidis(t, x, func(t *testing.T, x target, c rueidis.Client) {
			ctx := t.Context()
			set := c.B().Hset().Key("h").FieldValue().FieldValue("a", "1").FieldValue("b", "2")
			equal(t, int64(2))(c.Do(ctx, set.Build()).AsInt64())
			equal(t, []int64{1, -2})(c.Do(ctx, c.B().Hexpire().Key("h").Seconds(60).Fields().Numfields(2).Field("a", "none").Build()).AsIntSlice())
			equal(t, []int64{0})(c.Do(ctx, c.B().Hexpire().Key("h").Seconds(90).Lt().Fields().Numfields(1).Field("a").Build()).AsIntSlice())
			equal(t, []int64{60, -1})(c.Do(ctx, c.B().Httl().Key("h").Fields().Numfields(2).Field("a", "b").Build()).AsIntSlice())
			equal(t, []int64{1, -1})(c.Do(ctx, c.B().Hpersist().Key("h").Fields().Numfields(2).Field("a", "b").Build()).AsIntSlice())
			require.NoError(t, c.Do(ctx, c.B().Hexpire().Key("h").Seconds(1).Fields().Numfields(1).Field("a").Build()).Error())
			x.srv.Advance(time.Second)
			equal(t, map[string]string{"b": "2"})(c.Do(ctx, c.B().Hgetall().Key("h").Build()).AsStrMap())
			equal(t, []int64{-2})(c.Do(ctx, c.B().Httl().Key("none").Fields().Numfields(1).Field("a").Build()).AsIntSlice())
		})
	})
}

package interop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// goRedis returns a go-redis client with no options but those given and the way.
func (x target) goRedis(t testing.TB, o redis.Options) *redis.Client {
	o.Addr = x.addr
	if x.dial != nil {
		o.Dialer = x.dial
	}
	c := redis.NewClient(&o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestGoRedisStrings(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		equal(t, "OK")(c.Set(ctx, "k", "v", 0).Result())
		equal(t, "v")(c.Get(ctx, "k").Result())
		require.ErrorIs(t, c.Get(ctx, "none").Err(), redis.Nil)
		equal(t, "v")(c.GetSet(ctx, "k", []byte{0, 255, '\r', '\n'}).Result())
		equal(t, []byte{0, 255, '\r', '\n'})(c.Get(ctx, "k").Bytes())

		equal(t, false)(c.SetNX(ctx, "k", "w", 0).Result())
		equal(t, true)(c.SetNX(ctx, "new", "w", time.Minute).Result())
		equal(t, true)(c.SetXX(ctx, "new", "x", redis.KeepTTL).Result())
		equal(t, time.Minute)(c.TTL(ctx, "new").Result())
		equal(t, "x")(c.SetArgs(ctx, "new", "y", redis.SetArgs{Mode: "XX", Get: true, TTL: time.Hour}).Result())
		require.ErrorIs(t, c.SetArgs(ctx, "none", "y", redis.SetArgs{Mode: "XX"}).Err(), redis.Nil)
		equal(t, "OK")(c.SetEx(ctx, "new", "z", time.Hour).Result())
		equal(t, "z")(c.GetEx(ctx, "new", 30*time.Minute).Result())
		equal(t, 30*time.Minute)(c.TTL(ctx, "new").Result())
		equal(t, "z")(c.GetEx(ctx, "new", 0).Result())
		equal(t, time.Duration(-1))(c.TTL(ctx, "new").Result())
		equal(t, "z")(c.GetDel(ctx, "new").Result())
		require.ErrorIs(t, c.GetDel(ctx, "new").Err(), redis.Nil)

		equal(t, "OK")(c.MSet(ctx, map[string]any{"a": 1, "b": 2.5, "c": true}).Result())
		equal(t, []any{"1", "2.5", nil, "1"})(c.MGet(ctx, "a", "b", "none", "c").Result())
		equal(t, false)(c.MSetNX(ctx, "a", 1, "d", 2).Result())
		equal(t, true)(c.MSetNX(ctx, "d", 1, "e", 2).Result())
		equal(t, 2.5)(c.Get(ctx, "b").Float64())
		equal(t, true)(c.Get(ctx, "c").Bool())
		var row struct {
			A int     `redis:"a"`
			B float64 `redis:"b"`
		}
		require.NoError(t, c.MGet(ctx, "a", "b").Scan(&row))
		require.Equal(t, 1, row.A)
		require.InDelta(t, 2.5, row.B, 0)

		equal(t, 2)(toInt(c.Incr(ctx, "a").Result()))
		equal(t, 12)(toInt(c.IncrBy(ctx, "a", 10).Result()))
		equal(t, 11)(toInt(c.Decr(ctx, "a").Result()))
		equal(t, -9)(toInt(c.DecrBy(ctx, "a", 20).Result()))
		equal(t, 2.6)(c.IncrByFloat(ctx, "b", 0.1).Result())
		fails[int64](t, "ERR value is not an integer or out of range")(c.Incr(ctx, "b").Result())

		equal(t, "OK")(c.Set(ctx, "text", "Hello", 0).Result())
		equal(t, 11)(toInt(c.Append(ctx, "text", " World").Result()))
		equal(t, 11)(toInt(c.StrLen(ctx, "text").Result()))
		equal(t, "World")(c.GetRange(ctx, "text", -5, -1).Result())
		equal(t, 11)(toInt(c.SetRange(ctx, "text", 6, "Redis").Result()))
		equal(t, "Hello Redis")(c.Get(ctx, "text").Result())
	})
}

// toInt makes the results of go-redis's many int64 commands comparable with
// plain numbers.
func toInt(n int64, err error) (int, error) { return int(n), err }

func TestGoRedisLCS(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		everywhere(t, func(t *testing.T, x target) {
			c, ctx := x.goRedis(t, redis.Options{Protocol: protocol}), t.Context()
			equal(t, "OK")(c.MSet(ctx, "a", "ohmytext", "b", "mynewtext").Result())
			equal(t, &redis.LCSMatch{MatchString: "mytext"})(c.LCS(ctx, &redis.LCSQuery{Key1: "a", Key2: "b"}).Result())
			equal(t, &redis.LCSMatch{Len: 6})(c.LCS(ctx, &redis.LCSQuery{Key1: "a", Key2: "b", Len: true}).Result())
			idx := &redis.LCSQuery{Key1: "a", Key2: "b", Idx: true, WithMatchLen: true, MinMatchLen: 4}
			equal(t, &redis.LCSMatch{
				Len: 6,
				Matches: []redis.LCSMatchedPosition{{
					Key1: redis.LCSPosition{Start: 4, End: 7}, Key2: redis.LCSPosition{Start: 5, End: 8}, MatchLen: 4,
				}},
			})(c.LCS(ctx, idx).Result())
		})
	}
}

// Commands that redis-server has since 8.
func TestGoRedisLaterStrings(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		equal(t, "OK")(c.Set(ctx, "k", "v", 0).Result())
		require.ErrorIs(t, c.SetIFEQ(ctx, "k", "w", "other", 0).Err(), redis.Nil)
		equal(t, "OK")(c.SetIFEQ(ctx, "k", "w", "v", 0).Result())
		equal(t, "w")(c.SetIFNEGet(ctx, "k", "x", "v", time.Minute).Result())
		digest, err := c.Digest(ctx, "k").Result()
		require.NoError(t, err)
		equal(t, "OK")(c.SetIFDEQ(ctx, "k", "y", digest, 0).Result())
		require.ErrorIs(t, c.SetIFDEQ(ctx, "k", "z", digest, 0).Err(), redis.Nil)
		equal(t, 0)(toInt(c.DelExArgs(ctx, "k", redis.DelExArgs{Mode: "IFEQ", MatchValue: "z"}).Result()))
		equal(t, 1)(toInt(c.DelExArgs(ctx, "k", redis.DelExArgs{Mode: "IFDNE", MatchDigest: digest}).Result()))
		in := redis.MSetEXArgs{Condition: redis.NX, Expiration: &redis.ExpirationOption{Mode: redis.EX, Value: 60}}
		equal(t, 1)(toInt(c.MSetEX(ctx, in, "a", 1, "b", 2).Result()))
		equal(t, 0)(toInt(c.MSetEX(ctx, in, "b", 1, "c", 2).Result()))
		equal(t, time.Minute)(c.TTL(ctx, "a").Result())
	})
}

func TestGoRedisBitmaps(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		equal(t, 0)(toInt(c.SetBit(ctx, "a", 7, 1).Result()))
		equal(t, 1)(toInt(c.SetBit(ctx, "a", 7, 1).Result()))
		equal(t, 1)(toInt(c.GetBit(ctx, "a", 7).Result()))
		equal(t, 0)(toInt(c.GetBit(ctx, "a", 100).Result()))
		equal(t, "\x01")(c.Get(ctx, "a").Result())

		equal(t, "OK")(c.Set(ctx, "b", "foobar", 0).Result())
		equal(t, 26)(toInt(c.BitCount(ctx, "b", nil).Result()))
		equal(t, 6)(toInt(c.BitCount(ctx, "b", &redis.BitCount{Start: 1, End: 1}).Result()))
		equal(t, 17)(toInt(c.BitCount(ctx, "b", &redis.BitCount{Start: 5, End: 30, Unit: redis.BitCountIndexBit}).Result()))
		equal(t, 1)(toInt(c.BitPos(ctx, "b", 1).Result()))
		equal(t, 9)(toInt(c.BitPos(ctx, "b", 1, 1).Result()))
		equal(t, 8)(toInt(c.BitPosSpan(ctx, "b", 0, 8, -1, "bit").Result()))

		equal(t, "OK")(c.Set(ctx, "c", "abcdef", 0).Result())
		equal(t, 6)(toInt(c.BitOpAnd(ctx, "d", "b", "c").Result()))
		equal(t, "`bc`ab")(c.Get(ctx, "d").Result())
		equal(t, 6)(toInt(c.BitOpOr(ctx, "d", "b", "c").Result()))
		equal(t, "goofev")(c.Get(ctx, "d").Result())
		equal(t, 6)(toInt(c.BitOpXor(ctx, "d", "b", "b").Result()))
		equal(t, 6)(toInt(c.BitOpNot(ctx, "d", "b").Result()))
		if x.isNook() { // since redis-server 8.2
			equal(t, 6)(toInt(c.BitOpDiff(ctx, "d", "b", "c").Result()))
			equal(t, 6)(toInt(c.BitOpOne(ctx, "d", "b", "c").Result()))
		}

		equal(t, []int64{1, 0})(c.BitField(ctx, "f", "INCRBY", "i5", 100, 1, "GET", "u4", 0).Result())
		equal(t, []int64{0, 3})(c.BitField(ctx, "f", "SET", "u2", 0, 3, "GET", "u2", 0).Result())
		equal(t, []int64{3})(c.BitFieldRO(ctx, "f", "u2", 0).Result())
	})
}

func TestGoRedisKeys(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		require.ErrorIs(t, c.RandomKey(ctx).Err(), redis.Nil)
		equal(t, "OK")(c.MSet(ctx, "a", 1, "b", 2, "c", 3).Result())
		equal(t, 2)(toInt(c.Exists(ctx, "a", "b", "none").Result()))
		equal(t, 1)(toInt(c.Touch(ctx, "a", "none").Result()))
		equal(t, "string")(c.Type(ctx, "a").Result())
		equal(t, "none")(c.Type(ctx, "none").Result())
		equal(t, "OK")(c.Rename(ctx, "a", "z").Result())
		fails[string](t, "ERR no such key")(c.Rename(ctx, "a", "z").Result())
		equal(t, false)(c.RenameNX(ctx, "b", "c").Result())
		equal(t, true)(c.RenameNX(ctx, "z", "a").Result())
		equal(t, 1)(toInt(c.Copy(ctx, "a", "copy", 0, false).Result()))
		equal(t, 0)(toInt(c.Copy(ctx, "b", "copy", 0, false).Result()))
		equal(t, 1)(toInt(c.Copy(ctx, "b", "copy", 2, true).Result()))
		equal(t, true)(c.Move(ctx, "copy", 1).Result())
		equal(t, 3)(toInt(c.DBSize(ctx).Result()))

		keys, err := c.Keys(ctx, "[ab]").Result()
		slices.Sort(keys)
		equal(t, []string{"a", "b"})(keys, err)
		key, err := c.RandomKey(ctx).Result()
		require.NoError(t, err)
		require.Contains(t, []string{"a", "b", "c"}, key)

		equal(t, "int")(c.ObjectEncoding(ctx, "a").Result())
		require.ErrorIs(t, c.ObjectEncoding(ctx, "none").Err(), redis.Nil)
		equal(t, time.Duration(0))(c.ObjectIdleTime(ctx, "a").Result())
		fails[int64](t, "ERR An LFU maxmemory policy is not selected")(c.ObjectFreq(ctx, "a").Result())

		equal(t, 1)(toInt(c.Del(ctx, "a", "none").Result()))
		equal(t, 2)(toInt(c.Unlink(ctx, "b", "c").Result()))
		equal[any](t, "OK")(c.Do(ctx, "SWAPDB", 0, 2).Result())
		equal(t, "2")(c.Get(ctx, "copy").Result())
		equal(t, "OK")(c.FlushDB(ctx).Result())
		equal(t, "OK")(c.FlushAllAsync(ctx).Result())
		equal(t, 0)(toInt(c.DBSize(ctx).Result()))
	})
}

func TestGoRedisScan(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		var want []string
		for i := range 1000 {
			require.NoError(t, c.Set(ctx, "k"+strconv.Itoa(i), i, 0).Err())
			want = append(want, "k"+strconv.Itoa(i))
		}
		require.NoError(t, c.Set(ctx, "other", "", 0).Err())
		slices.Sort(want)
		require.Equal(t, want, scanned(t, c.Scan(ctx, 0, "k*", 7)))
		require.Equal(t, want, scanned(t, c.ScanType(ctx, 0, "k*", 100, "string")))
		require.Empty(t, scanned(t, c.ScanType(ctx, 0, "", 0, "hash")))
	})
}

// scanned returns the keys of all pages, each once.
func scanned(t *testing.T, first *redis.ScanCmd) []string {
	t.Helper()
	var keys []string
	pages := first.Iterator()
	for pages.Next(t.Context()) {
		keys = append(keys, pages.Val())
	}
	require.NoError(t, pages.Err())
	slices.Sort(keys)
	return slices.Compact(keys)
}

func TestGoRedisExpiry(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		require.NoError(t, c.Set(ctx, "k", "v", 0).Err())
		equal(t, time.Duration(-2))(c.TTL(ctx, "none").Result())
		equal(t, time.Duration(-2))(c.PTTL(ctx, "none").Result())
		equal(t, time.Duration(-1))(c.ExpireTime(ctx, "k").Result())
		equal(t, false)(c.Expire(ctx, "none", time.Hour).Result())
		equal(t, false)(c.ExpireXX(ctx, "k", time.Hour).Result())
		equal(t, true)(c.ExpireNX(ctx, "k", time.Hour).Result())
		equal(t, false)(c.ExpireGT(ctx, "k", time.Minute).Result())
		equal(t, true)(c.ExpireLT(ctx, "k", time.Minute).Result())
		equal(t, time.Minute)(c.TTL(ctx, "k").Result())
		equal(t, true)(c.PExpire(ctx, "k", 1500*time.Millisecond).Result())
		ttl, err := c.PTTL(ctx, "k").Result()
		require.NoError(t, err)
		require.Greater(t, ttl, time.Duration(0))
		require.LessOrEqual(t, ttl, 1500*time.Millisecond)

		at := time.Now().Add(time.Hour).Truncate(time.Second)
		equal(t, true)(c.ExpireAt(ctx, "k", at).Result())
		equal(t, time.Duration(at.Unix())*time.Second)(c.ExpireTime(ctx, "k").Result())
		at = at.Add(time.Millisecond)
		equal(t, true)(c.PExpireAt(ctx, "k", at).Result())
		equal(t, time.Duration(at.UnixMilli())*time.Millisecond)(c.PExpireTime(ctx, "k").Result())
		equal(t, true)(c.Persist(ctx, "k").Result())
		equal(t, false)(c.Persist(ctx, "k").Result())
		equal(t, true)(c.ExpireAt(ctx, "k", time.Unix(1, 0)).Result())
		equal(t, 0)(toInt(c.Exists(ctx, "k").Result()))
	})
}

// Keys go when the test says so, whichever way the client came.
func TestGoRedisManualTime(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		require.NoError(t, c.Set(ctx, "k", "v", time.Hour).Err())
		x.srv.Advance(time.Hour - time.Millisecond)
		equal(t, time.Millisecond)(c.PTTL(ctx, "k").Result())
		x.srv.Advance(time.Millisecond)
		require.ErrorIs(t, c.Get(ctx, "k").Err(), redis.Nil)
		equal(t, x.srv.Store().Now().UnixMicro())(microseconds(c.Time(ctx).Result()))
	})
}

func microseconds(at time.Time, err error) (int64, error) { return at.UnixMicro(), err }

func TestGoRedisTxPipelined(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		var n *redis.IntCmd
		var text *redis.StringCmd
		var failed *redis.IntCmd
		commands, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, "text", "abc", time.Minute)
			n = p.IncrBy(ctx, "n", 5)
			failed = p.Incr(ctx, "text")
			text = p.Get(ctx, "text")
			return nil
		})
		require.ErrorContains(t, err, "ERR value is not an integer or out of range")
		require.Len(t, commands, 4)
		require.Equal(t, err, failed.Err())
		equal(t, 5)(toInt(n.Result()))
		equal(t, "abc")(text.Result())

		_, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, "n", "6", 0)
			p.Do(ctx, "nosuchcommand")
			return nil
		})
		require.ErrorContains(t, err, "EXECABORT Transaction discarded because of previous errors.")
		equal(t, 5)(c.Get(ctx, "n").Int())

		none, err := c.TxPipelined(ctx, func(redis.Pipeliner) error { return nil })
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

func TestGoRedisWatch(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		double := func(meanwhile func()) error {
			return c.Watch(ctx, func(tx *redis.Tx) error {
				n, err := tx.Get(ctx, "n").Int()
				if err != nil && !errors.Is(err, redis.Nil) {
					return err
				}
				meanwhile()
				_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
					p.Set(ctx, "n", 2*n, 0)
					return nil
				})
				return err
			}, "n", "other")
		}
		require.NoError(t, c.Set(ctx, "n", 2, 0).Err())
		require.NoError(t, double(func() {}))
		require.NoError(t, double(func() { c.Get(ctx, "n") }))
		equal(t, 8)(c.Get(ctx, "n").Int())
		require.ErrorIs(t, double(func() { c.Incr(ctx, "n") }), redis.TxFailedErr)
		require.ErrorIs(t, double(func() { c.Incr(ctx, "other") }), redis.TxFailedErr)
		require.ErrorIs(t, double(func() { c.FlushDB(ctx) }), redis.TxFailedErr)
		require.NoError(t, double(func() {}))
	})
}

// Increments by many goroutines under optimistic locks: none is lost.
func TestGoRedisWatchInParallel(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		const workers, each = 8, 20
		c, ctx := x.goRedis(t, redis.Options{PoolSize: 4}), t.Context()
		increment := func(tx *redis.Tx) error {
			n, err := tx.Get(ctx, "n").Int()
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
			_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "n", n+1, 0).Err() })
			return err
		}
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for done := 0; done < each; {
					switch err := c.Watch(ctx, increment, "n"); {
					case err == nil:
						done++
					case !errors.Is(err, redis.TxFailedErr):
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		equal(t, workers*each)(c.Get(ctx, "n").Int())
	})
}

// Both the requests and the replies are far more than any buffer on the way holds.
func TestGoRedisLongPipeline(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		const commands = 10_000
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		value := make([]byte, 500)
		replies, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := range commands {
				p.Set(ctx, strconv.Itoa(i), value, 0)
			}
			for i := range commands {
				p.Get(ctx, strconv.Itoa(i))
			}
			return nil
		})
		require.NoError(t, err)
		require.Len(t, replies, 2*commands)
		for _, r := range replies[commands:] {
			require.Len(t, r.(*redis.StringCmd).Val(), len(value))
		}
		replies, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			for range commands {
				p.Incr(ctx, "n")
			}
			return nil
		})
		require.NoError(t, err)
		equal(t, commands)(toInt(replies[commands-1].(*redis.IntCmd).Result()))
	})
}

func TestGoRedisPool(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{PoolSize: 5, MinIdleConns: 2, ConnMaxIdleTime: time.Minute}), t.Context()
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				for range 20 {
					key := "k" + strconv.Itoa(i)
					if n, err := c.Incr(ctx, key).Result(); err != nil {
						t.Errorf("%d: %v", n, err)
					}
				}
			})
		}
		all.Wait()
		equal(t, []any{"20", "20"})(c.MGet(ctx, "k0", "k19").Result())
		require.LessOrEqual(t, c.PoolStats().TotalConns, uint32(5))
		require.Zero(t, c.PoolStats().Timeouts)
	})
}

// A connection in the pool that the server has closed goes unnoticed by the
// caller.
func TestGoRedisReconnects(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{PoolSize: 1}), t.Context()
		require.NoError(t, c.Set(ctx, "k", "v", 0).Err())
		before, err := c.ClientID(ctx).Result()
		require.NoError(t, err)
		equal[any](t, "OK")(c.Do(ctx, "QUIT").Result())
		equal(t, "v")(c.Get(ctx, "k").Result())
		after, err := c.ClientID(ctx).Result()
		require.NoError(t, err)
		require.NotEqual(t, before, after)
	})
}

func TestGoRedisConnection(t *testing.T) {
	for _, protocol := range []int{0, 2, 3} {
		everywhere(t, func(t *testing.T, x target) {
			ctx := t.Context()
			c := x.goRedis(t, redis.Options{ClientName: "worker-1", DB: 3, Protocol: protocol})
			equal(t, "PONG")(c.Ping(ctx).Result())
			equal(t, "hi")(c.Do(ctx, "PING", "hi").Text())
			equal[any](t, "there")(c.Echo(ctx, "there").Result())
			equal(t, "worker-1")(c.ClientGetName(ctx).Result())
			info, err := c.ClientInfo(ctx).Result()
			require.NoError(t, err)
			require.Equal(t, 3, info.DB)
			require.Equal(t, "worker-1", info.Name)
			require.Equal(t, "default", info.User)
			require.Equal(t, "client|info", info.LastCmd)
			require.Equal(t, map[int]int{0: 3, 2: 2, 3: 3}[protocol], info.Resp)
			if x.isNook() { // CLIENT SETINFO is of 7.2
				require.Contains(t, info.LibName, "go-redis")
				require.Equal(t, redis.Version(), info.LibVer)
			}
			list, err := c.ClientList(ctx).Result()
			require.NoError(t, err)
			require.Contains(t, list, "name=worker-1")

			require.NoError(t, c.Set(ctx, "k", "in 3", 0).Err())
			one := c.Conn()
			defer func() { _ = one.Close() }()
			equal(t, "OK")(one.Select(ctx, 0).Result())
			require.ErrorIs(t, one.Get(ctx, "k").Err(), redis.Nil)
			equal(t, true)(one.ClientSetName(ctx, "other").Result())
			fails[string](t, "ERR DB index is out of range")(one.Select(ctx, 99).Result())
		})
	}
}

func TestGoRedisHello(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		one := c.Conn()
		defer func() { _ = one.Close() }()
		greeting, err := one.Hello(ctx, 3, "", "", "me").Result()
		require.NoError(t, err)
		require.Equal(t, "redis", greeting["server"])
		require.EqualValues(t, 3, greeting["proto"])
		require.Equal(t, "standalone", greeting["mode"])
		require.Equal(t, "master", greeting["role"])
		equal(t, "me")(one.ClientGetName(ctx).Result())
		fails[map[string]any](t, "NOPROTO unsupported protocol version")(one.Hello(ctx, 4, "", "", "").Result())
	})
}

func TestGoRedisIntrospection(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		table, err := c.Command(ctx).Result()
		require.NoError(t, err)
		get := table["get"]
		require.NotNil(t, get)
		require.Equal(t, int8(2), get.Arity)
		require.True(t, get.ReadOnly)
		require.Equal(t, []int8{1, 1, 1}, []int8{get.FirstKeyPos, get.LastKeyPos, get.StepCount})
		equal(t, []string{"a", "b"})(c.CommandGetKeys(ctx, "mset", "a", "1", "b", "2").Result())
		text, err := c.Info(ctx, "server").Result()
		require.NoError(t, err)
		require.Contains(t, text, "redis_version:")
	})
}

func TestGoRedisPassword(t *testing.T) {
	locked(t, func(t *testing.T, x target) {
		ctx := t.Context()
		for _, o := range []redis.Options{
			{Password: password},
			{Password: password, Protocol: 2},
			{Username: "default", Password: password},
			{CredentialsProvider: func() (string, string) { return "default", password }},
		} {
			equal(t, "PONG")(x.goRedis(t, o).Ping(ctx).Result())
		}
		refused := "WRONGPASS invalid username-password pair or user is disabled."
		fails[string](t, "NOAUTH Authentication required.")(x.goRedis(t, redis.Options{}).Ping(ctx).Result())
		fails[string](t, refused)(x.goRedis(t, redis.Options{Password: "guess"}).Ping(ctx).Result())
		fails[string](t, refused)(x.goRedis(t, redis.Options{Username: "nobody", Password: password}).Ping(ctx).Result())
	})
}

func TestGoRedisURL(t *testing.T) {
	srv := nooktest.RunWith(t, withPassword)
	o, err := redis.ParseURL(srv.URL() + "/5")
	require.NoError(t, err)
	c := redis.NewClient(o)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.Set(t.Context(), "k", "v", 0).Err())
	v, _, err := srv.Store().DB(5).Get("k")
	equal(t, "v")(v, err)
}

// A client that is done with waiting can be used again at once.
func TestGoRedisContext(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.goRedis(t, redis.Options{ContextTimeoutEnabled: true})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, c.Get(ctx, "k").Err(), context.Canceled)
		equal(t, "PONG")(c.Ping(t.Context()).Result())
	})
}

// The typed API and the client see one store.
func TestGoRedisAndStore(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		for i := range 100 {
			require.NoError(t, x.srv.Store().Set(fmt.Sprint("k", i), fmt.Sprint(i)))
			equal(t, i)(c.Get(ctx, fmt.Sprint("k", i)).Int())
		}
	})
}

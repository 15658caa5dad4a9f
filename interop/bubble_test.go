package interop

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	redigo "github.com/gomodule/redigo/redis"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// In a testing/synctest bubble a day of the client, the server and the keys
// passes at once.

// bubbled is a target for the bubble that the caller is in. It has an address
// though nobody dials it: go-redis looks its default, localhost, up, and package
// net then ties what all lookups of the process share to the bubble.
func bubbled(t *testing.T) target {
	srv := nooktest.Run(t)
	return target{addr: "127.0.0.1:6379", dial: srv.Dial, srv: srv}
}

func TestGoRedisInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := bubbled(t)
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		require.NoError(t, c.Set(ctx, "k", "v", 24*time.Hour).Err())
		time.Sleep(24*time.Hour - time.Millisecond)
		equal(t, "v")(c.Get(ctx, "k").Result())
		equal(t, time.Millisecond)(c.PTTL(ctx, "k").Result())
		time.Sleep(time.Millisecond)
		require.ErrorIs(t, c.Get(ctx, "k").Err(), redis.Nil)

		// Absolute times agree, as there is one time.
		equal(t, time.Now().UnixMicro())(microseconds(c.Time(ctx).Result()))
		require.NoError(t, c.Set(ctx, "k", "v", 0).Err())
		equal(t, true)(c.ExpireAt(ctx, "k", time.Now().Add(time.Minute)).Result())
		x.srv.Advance(time.Minute)
		equal(t, 0)(toInt(c.Exists(ctx, "k").Result()))
	})
}

func TestGoRedisTransactionsInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := bubbled(t).goRedis(t, redis.Options{PoolSize: 3}), t.Context()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				for range 10 {
					_, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
						p.Incr(ctx, "n")
						p.Expire(ctx, "n", time.Minute)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					time.Sleep(time.Second)
				}
			})
		}
		all.Wait()
		equal(t, 100)(c.Get(ctx, "n").Int())
		equal(t, 59*time.Second)(c.TTL(ctx, "n").Result())

		// The watched key's time runs out within the transaction.
		err := c.Watch(ctx, func(tx *redis.Tx) error {
			time.Sleep(time.Minute)
			_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "n", 0, 0).Err() })
			return err
		}, "n")
		require.ErrorIs(t, err, redis.TxFailedErr)
	})
}

// The client's own timeouts pass in the bubble too: here, connections that were
// idle too long are replaced.
func TestGoRedisIdleTimeoutInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := bubbled(t).goRedis(t, redis.Options{ConnMaxIdleTime: time.Minute}), t.Context()
		first, err := c.ClientID(ctx).Result()
		require.NoError(t, err)
		time.Sleep(59 * time.Second)
		equal(t, first)(c.ClientID(ctx).Result())
		time.Sleep(time.Hour)
		equal(t, first+1)(c.ClientID(ctx).Result())
	})
}

func TestGoRedisLongPipelineInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := bubbled(t).goRedis(t, redis.Options{}), t.Context()
		start := time.Now()
		_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for range 10_000 {
				p.Append(ctx, "k", "some text")
				p.Incr(ctx, "n")
			}
			return nil
		})
		require.NoError(t, err)
		equal(t, 10_000)(c.Get(ctx, "n").Int())
		require.Zero(t, time.Since(start)) // nobody had to wait for a timeout
	})
}

// A client that was not closed does not keep the bubble from ending.
func TestForgottenClientInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := nooktest.Run(t)
		c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", Dialer: srv.Dial})
		require.NoError(t, c.Ping(t.Context()).Err())
	})
}

func TestRedigoInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := bubbled(t)
		c := x.redigo(t)
		equal(t, "OK")(redigo.String(c.Do("SET", "k", "v", "PX", 1500)))
		time.Sleep(1499 * time.Millisecond)
		equal(t, 1)(redigo.Int(c.Do("PTTL", "k")))
		time.Sleep(time.Millisecond)
		_, err := redigo.String(c.Do("GET", "k"))
		require.ErrorIs(t, err, redigo.ErrNil)
	})
}

func TestRedigoPoolInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := bubbled(t)
		pool := &redigo.Pool{
			MaxIdle: 2, MaxActive: 2, Wait: true, IdleTimeout: time.Minute,
			DialContext: func(context.Context) (redigo.Conn, error) { return x.dialRedigo() },
		}
		defer func() { _ = pool.Close() }()
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				c := pool.Get()
				defer func() { _ = c.Close() }()
				if _, err := c.Do("INCR", "n"); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
			})
		}
		start := time.Now()
		all.Wait()
		require.Equal(t, 3*time.Second, time.Since(start)) // six, two at a time
		c := pool.Get()
		equal(t, 6)(redigo.Int(c.Do("GET", "n")))
		require.NoError(t, c.Close())
	})
}

func TestRueidisInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := bubbled(t).rueidis(t, rueidis.ClientOption{}), t.Context()
		require.NoError(t, c.Do(ctx, c.B().Set().Key("k").Value("v").Ex(time.Hour).Build()).Error())
		time.Sleep(time.Hour - time.Second)
		equal(t, int64(1))(c.Do(ctx, c.B().Ttl().Key("k").Build()).AsInt64())
		time.Sleep(time.Second)
		require.True(t, rueidis.IsRedisNil(c.Do(ctx, c.B().Get().Key("k").Build()).Error()))
	})
}

// A client that waits does not keep the bubble's time from passing.
func TestGoRedisBlockingInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := bubbled(t).goRedis(t, redis.Options{}), t.Context()
		start := time.Now()
		for _, d := range []time.Duration{time.Second, time.Hour, 30 * 24 * time.Hour} {
			require.ErrorIs(t, c.BLPop(ctx, d, "l").Err(), redis.Nil)
			require.Equal(t, d, time.Since(start))
			start = time.Now()
		}
		require.ErrorIs(t, c.BZPopMin(ctx, time.Minute, "z", "y").Err(), redis.Nil)
		require.ErrorIs(t, c.BLMPop(ctx, time.Minute, "left", 1, "l").Err(), redis.Nil)
		require.ErrorIs(t, c.BLMove(ctx, "l", "m", "LEFT", "LEFT", time.Minute).Err(), redis.Nil)
		require.Equal(t, 3*time.Minute, time.Since(start))

		// The other one pushes after a day.
		go func() {
			time.Sleep(24 * time.Hour)
			c.RPush(ctx, "l", "a")
		}()
		start = time.Now()
		equal(t, []string{"l", "a"})(c.BLPop(ctx, 0, "l").Result())
		require.Equal(t, 24*time.Hour, time.Since(start))
	})
}

func TestGoRedisContextWhileBlockedInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := bubbled(t)
		c := x.goRedis(t, redis.Options{ContextTimeoutEnabled: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		require.Error(t, c.BLPop(ctx, 0, "l").Err())
		require.Equal(t, time.Minute, time.Since(start))
		x.awaitBlocked(t, 0)
		equal(t, 1)(toInt(c.RPush(t.Context(), "l", "a").Result()))
		equal(t, 1)(toInt(c.LLen(t.Context(), "l").Result()))
	})
}

// Three workers wait for jobs, of which there is one a minute; each takes one of
// them five minutes.
func TestGoRedisWorkersInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := bubbled(t).goRedis(t, redis.Options{}), t.Context()
		const workers, jobs = 3, 12
		start := time.Now()
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for {
					job, err := c.BLMove(ctx, "jobs", "done", "LEFT", "RIGHT", 10*time.Minute).Result()
					if err != nil {
						if !errors.Is(err, redis.Nil) {
							t.Error(err)
						}
						return
					}
					time.Sleep(5 * time.Minute)
					c.ZAdd(ctx, "finished", redis.Z{Score: time.Since(start).Minutes(), Member: job})
				}
			})
		}
		var want []string
		for i := range jobs {
			want = append(want, strconv.Itoa(i))
			require.NoError(t, c.RPush(ctx, "jobs", i).Err())
			time.Sleep(time.Minute)
		}
		all.Wait()
		equal(t, want)(c.LRange(ctx, "done", 0, -1).Result())
		finished, err := c.ZRangeWithScores(ctx, "finished", 0, -1).Result()
		require.NoError(t, err)
		require.Len(t, finished, jobs)
		for i, z := range finished { // three of them every five minutes
			require.Equal(t, float64(5+5*(i/workers)+i%workers), z.Score)
		}
		require.Equal(t, 32*time.Minute, time.Since(start)) // the last one is done at 22, and waits
	})
}

func TestGoRedisFieldExpiryInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := bubbled(t).goRedis(t, redis.Options{}), t.Context()
		require.NoError(t, c.HSet(ctx, "session", "user", "ann", "token", "x").Err())
		equal(t, []int64{1})(c.HExpire(ctx, "session", time.Hour, "token").Result())
		time.Sleep(time.Hour - time.Millisecond)
		equal(t, []int64{1, -1})(c.HPTTL(ctx, "session", "token", "user").Result())
		time.Sleep(time.Millisecond)
		equal(t, map[string]string{"user": "ann"})(c.HGetAll(ctx, "session").Result())
	})
}

func TestRedigoBlockingInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := bubbled(t)
		c, pusher, other := x.redigo(t), x.redigo(t), x.redigo(t)
		start := time.Now()
		equal[any](t, nil)(c.Do("BZPOPMIN", "z", 1.5))
		require.Equal(t, 1500*time.Millisecond, time.Since(start))
		go func() {
			time.Sleep(time.Hour)
			_, _ = pusher.Do("ZADD", "z", 2.5, "m")
		}()
		start = time.Now()
		equal(t, []string{"z", "m", "2.5"})(redigo.Strings(c.Do("BZPOPMIN", "z", 0)))
		require.Equal(t, time.Hour, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start = time.Now()
		_, err := redigo.DoContext(c, ctx, "BLPOP", "l", 0)
		require.Error(t, err) // that of the context, or of the connection's deadline
		require.Equal(t, time.Minute, time.Since(start))
		x.awaitBlocked(t, 0)
		equal(t, 1)(redigo.Int(other.Do("RPUSH", "l", "a")))
		equal(t, 1)(redigo.Int(other.Do("LLEN", "l")))
	})
}

func TestRueidisBlockingInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := bubbled(t)
		c, ctx := x.rueidis(t, rueidis.ClientOption{}), t.Context()
		start := time.Now()
		absent(t, c.Do(ctx, c.B().Blmpop().Timeout(3600).Numkeys(1).Key("l").Left().Build()))
		require.Equal(t, time.Hour, time.Since(start))
		go func() {
			time.Sleep(time.Hour)
			c.Do(ctx, c.B().Rpush().Key("l").Element("a", "b").Build())
		}()
		start = time.Now()
		equal(t, rueidis.KeyValues{Key: "l", Values: []string{"a", "b"}})(c.Do(ctx,
			c.B().Blmpop().Timeout(0).Numkeys(1).Key("l").Left().Count(2).Build()).AsLMPop())
		require.Equal(t, time.Hour, time.Since(start))

		for _, unblock := range []bool{false, true} {
			brief, cancel := context.WithTimeout(ctx, time.Minute)
			wait := c.B().Blpop().Key("l").Timeout(0).Build()
			if unblock {
				wait = wait.UnblockOnCancel()
			}
			start = time.Now()
			require.ErrorIs(t, c.Do(brief, wait).Error(), context.DeadlineExceeded)
			require.Equal(t, time.Minute, time.Since(start))
			cancel()
			x.awaitBlocked(t, 0)
		}
		equal(t, int64(1))(c.Do(ctx, c.B().Rpush().Key("l").Element("c").Build()).AsInt64())
		equal(t, int64(1))(c.Do(ctx, c.B().Llen().Key("l").Build()).AsInt64())
	})
}

// A client that still waits when the test is over does not keep the bubble from ending.
func TestForgottenWaiterInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := nooktest.Run(t)
		c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", Dialer: srv.Dial, MaxRetries: -1})
		go func() { _ = c.BLPop(context.Background(), 0, "l").Err() }()
		synctest.Wait()
	})
}

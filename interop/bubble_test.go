package interop

import (
	"context"
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

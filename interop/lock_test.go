package interop

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	redsyncredis "github.com/go-redsync/redsync/v4/redis"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// A lock that most of several servers have to agree on.
func TestRedsyncQuorum(t *testing.T) {
	var servers []*nooktest.Server
	var pools []redsyncredis.Pool
	for range 3 {
		srv := nooktest.Run(t)
		servers = append(servers, srv)
		pools = append(pools, goredis.NewPool(target{dial: srv.Dial, srv: srv}.goRedis(t, redis.Options{MaxRetries: -1})))
	}
	locks := redsync.New(pools...)
	lock := func() *redsync.Mutex {
		return locks.NewMutex("lock", redsync.WithExpiry(time.Hour), redsync.WithTries(1))
	}
	down := func(s *nooktest.Server) { s.Inject(nooktest.Fault{Effect: nooktest.Disconnect()}) }

	mine := lock()
	require.NoError(t, mine.Lock())
	require.Error(t, lock().Lock())
	down(servers[0])
	for _, do := range []func() (bool, error){mine.Extend, mine.Unlock} {
		done, _ := do() // the error may be that of the third
		require.True(t, done)
	}

	mine = lock()
	require.NoError(t, mine.Lock())
	require.NoError(t, servers[1].Store().Set("lock", "another's"))
	got, _ := mine.Extend()
	require.False(t, got)
	for _, s := range servers[1:] {
		s.Advance(time.Hour)
		_, err := s.Store().Del("lock")
		require.NoError(t, err)
	}
	require.NoError(t, lock().Lock())
	down(servers[1])
	require.Error(t, lock().Lock())
}

// Who waits for a lock gets it when its owner's time is over, or when it is released.
func TestLocksInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := bubbled(t).goRedis(t, redis.Options{}), t.Context()
		locker := redislock.New(c)
		waiting := &redislock.Options{RetryStrategy: redislock.LinearBackoff(time.Second)}
		start := time.Now()
		first, err := locker.Obtain(ctx, "lock", time.Minute, nil)
		require.NoError(t, err)
		limited := &redislock.Options{RetryStrategy: redislock.LimitRetry(redislock.ExponentialBackoff(time.Second, 4*time.Second), 3)}
		_, err = locker.Obtain(ctx, "lock", time.Minute, limited)
		require.ErrorIs(t, err, redislock.ErrNotObtained)
		long, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		second, err := locker.Obtain(long, "lock", time.Minute, waiting)
		require.NoError(t, err)
		require.InDelta(t, time.Minute, time.Since(start), float64(2*time.Second))
		require.ErrorIs(t, first.Release(ctx), redislock.ErrLockNotHeld)

		go func() {
			time.Sleep(30 * time.Second)
			if err := second.Release(ctx); err != nil {
				t.Error(err)
			}
		}()
		start = time.Now()
		mutex := redsync.New(goredis.NewPool(c)).NewMutex("lock", redsync.WithTries(100), redsync.WithRetryDelay(time.Second))
		require.NoError(t, mutex.Lock())
		require.InDelta(t, 30*time.Second, time.Since(start), float64(2*time.Second))
	})
}

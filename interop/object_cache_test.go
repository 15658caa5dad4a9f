package interop

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-redis/cache/v9"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// user is what the cache holds, as msgpack.
type user struct {
	Name string
	Born int
}

var ada = user{"ada", 1815}

func TestGoRedisObjectCache(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		users := cache.New(&cache.Options{Redis: c, StatsEnabled: true})
		var got user
		require.ErrorIs(t, users.Get(ctx, "ada", &got), cache.ErrCacheMiss)
		require.NoError(t, users.Set(&cache.Item{Ctx: ctx, Key: "ada", Value: ada, SetXX: true})) // does nothing
		require.False(t, users.Exists(ctx, "ada"))
		require.NoError(t, users.Set(&cache.Item{Ctx: ctx, Key: "ada", Value: ada, SetNX: true, TTL: time.Minute}))
		require.NoError(t, users.Set(&cache.Item{Ctx: ctx, Key: "ada", Value: user{}, SetNX: true, TTL: time.Hour}))
		require.NoError(t, users.Get(ctx, "ada", &got))
		require.Equal(t, ada, got)
		equal(t, time.Minute)(c.TTL(ctx, "ada").Result())
		require.NoError(t, users.Set(&cache.Item{Ctx: ctx, Key: "text", Value: "plain"})) // for an hour
		equal(t, "plain")(c.Get(ctx, "text").Result())
		equal(t, time.Hour)(c.TTL(ctx, "text").Result())
		require.NoError(t, users.Delete(ctx, "ada"))
		require.ErrorIs(t, users.Get(ctx, "ada", &got), cache.ErrCacheMiss)
		require.Equal(t, &cache.Stats{Hits: 1, Misses: 3}, users.Stats())
	})
}

// Many ask for what is not there yet, and one of them makes it.
func TestGoRedisObjectCacheOnce(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		users := cache.New(&cache.Options{Redis: c, LocalCache: cache.NewTinyLFU(100, time.Hour)})
		var made atomic.Int32
		once := func() (got user, err error) {
			return got, users.Once(&cache.Item{Ctx: t.Context(), Key: "ada", Value: &got, Do: func(*cache.Item) (any, error) {
				made.Add(1)
				return ada, nil
			}})
		}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if got, err := once(); err != nil || got != ada {
					t.Errorf("%v, %v", got, err)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, made.Load())
		users.DeleteFromLocalCache("ada")
		equal(t, ada)(once())
		require.EqualValues(t, 1, made.Load()) // redis still has it
		require.NoError(t, users.Delete(t.Context(), "ada"))
		equal(t, ada)(once())
		require.EqualValues(t, 2, made.Load())

		failure := errors.New("no such user")
		err := users.Once(&cache.Item{Ctx: t.Context(), Key: "bob", Do: func(*cache.Item) (any, error) { return nil, failure }})
		require.ErrorIs(t, err, failure)
		require.False(t, users.Exists(t.Context(), "bob"))
	})
}

func TestGoRedisObjectCacheInTime(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		users := cache.New(&cache.Options{Redis: x.goRedis(t, redis.Options{})})
		require.NoError(t, users.Set(&cache.Item{Ctx: t.Context(), Key: "ada", Value: ada, TTL: time.Minute}))
		x.srv.Advance(time.Minute - time.Millisecond)
		require.True(t, users.Exists(t.Context(), "ada"))
		x.srv.Advance(time.Millisecond)
		require.False(t, users.Exists(t.Context(), "ada"))
	})
}

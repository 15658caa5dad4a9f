package interop

import (
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redis/redis_rate/v10"
	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	redsyncredigo "github.com/go-redsync/redsync/v4/redis/redigo"
	redigo "github.com/gomodule/redigo/redis"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

const (
	// releaseSource is a script as applications have it: it deletes a key that has a certain value.
	releaseSource = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end"

	librarySource = "#!lua name=lib\n" +
		"redis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)\n" +
		"redis.register_function{function_name = 'look', callback = function(keys) return redis.call('GET', keys[1]) end, flags = {'no-writes'}}"
)

func TestGoRedisScripts(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		release := redis.NewScript(releaseSource)
		require.NoError(t, c.ScriptFlush(ctx).Err()) // another test may have left some
		equal(t, []bool{false})(release.Exists(ctx, c).Result())
		require.ErrorContains(t, release.EvalSha(ctx, c, []string{"k"}, "v").Err(), "NOSCRIPT")
		equal(t, any(int64(0)))(release.Run(ctx, c, []string{"k"}, "v").Result()) // EVALSHA, and then EVAL
		equal(t, []bool{true})(release.Exists(ctx, c).Result())
		equal(t, "OK")(c.Set(ctx, "k", "v", 0).Result())
		equal(t, 0)(release.Run(ctx, c, []string{"k"}, "w").Int())
		equal(t, 1)(release.EvalSha(ctx, c, []string{"k"}, "v").Int())

		sha, err := c.ScriptLoad(ctx, "return {KEYS, ARGV, 3.9, false, 'text'}").Result()
		require.NoError(t, err)
		equal(t, any([]any{[]any{"a"}, []any{"1", "two"}, int64(3), nil, "text"}))(c.EvalSha(ctx, sha, []string{"a"}, 1, "two").Result())
		equal(t, any("v"))(c.Eval(ctx, "redis.call('SET', 'k', 'v') return redis.call('GET', 'k')", nil).Result())
		fails[any](t, "Write commands are not allowed from read-only scripts")(c.EvalRO(ctx, "return redis.call('DEL', KEYS[1])", []string{"k"}).Result())
		fails[any](t, "MY own error")(c.Eval(ctx, "return redis.error_reply('MY own error')", nil).Result())
		fails[any](t, "WRONGTYPE")(c.Eval(ctx, "return redis.call('LLEN', 'k')", nil).Result())
		require.ErrorIs(t, c.Eval(ctx, "return nil", nil).Err(), redis.Nil)

		results, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			release.Eval(ctx, p, []string{"k"}, "v")
			p.Exists(ctx, "k")
			return nil
		})
		require.NoError(t, err)
		equal(t, 1)(results[0].(*redis.Cmd).Int())
		equal(t, int64(0))(results[1].(*redis.IntCmd).Result())
		fails[string](t, "NOTBUSY")(c.ScriptKill(ctx).Result())
		equal(t, "OK")(c.ScriptFlush(ctx).Result())
		equal(t, []bool{false})(release.Exists(ctx, c).Result())
	})
}

func TestGoRedisFunctions(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		require.NoError(t, c.FunctionFlush(ctx).Err())
		equal(t, "lib")(c.FunctionLoad(ctx, librarySource).Result())
		fails[string](t, "ERR Library 'lib' already exists")(c.FunctionLoad(ctx, librarySource).Result())
		equal(t, "lib")(c.FunctionLoadReplace(ctx, librarySource).Result())
		equal(t, any("OK"))(c.FCall(ctx, "put", []string{"k"}, "v").Result())
		equal(t, any("v"))(c.FCallRo(ctx, "look", []string{"k"}).Result())
		fails[any](t, "ERR Can not execute a script with write flag using *_ro command.")(c.FCallRo(ctx, "put", []string{"k"}, "v").Result())
		fails[any](t, "ERR Function not found")(c.FCall(ctx, "nosuch", nil).Result())
		libraries, err := c.FunctionList(ctx, redis.FunctionListQuery{LibraryNamePattern: "l*", WithCode: true}).Result()
		require.NoError(t, err)
		require.Len(t, libraries, 1)
		require.Equal(t, "lib", libraries[0].Name)
		require.Equal(t, librarySource, libraries[0].Code)
		require.Len(t, libraries[0].Functions, 2)
		stats, err := c.FunctionStats(ctx).Result()
		require.NoError(t, err)
		require.False(t, stats.Running())
		require.Equal(t, []redis.Engine{{Language: "LUA", LibrariesCount: 1, FunctionsCount: 2}}, stats.Engines)
		fails[string](t, "NOTBUSY")(c.FunctionKill(ctx).Result())
		equal(t, "OK")(c.FunctionDelete(ctx, "lib").Result())
		fails[string](t, "ERR Library not found")(c.FunctionDelete(ctx, "lib").Result())
	})
}

func TestRedigoScripts(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		release := redigo.NewScript(1, releaseSource)
		_, err := c.Do("SCRIPT", "FLUSH")
		require.NoError(t, err)
		equal(t, 0)(redigo.Int(release.Do(c, "k", "v")))
		equal(t, "OK")(redigo.String(c.Do("SET", "k", "v")))
		require.NoError(t, release.Load(c))
		require.NoError(t, release.SendHash(c, "k", "w"))
		require.NoError(t, release.Send(c, "k", "v"))
		require.NoError(t, c.Flush())
		equal(t, 0)(redigo.Int(c.Receive()))
		equal(t, 1)(redigo.Int(c.Receive()))
		values := redigo.NewScript(-1, "return {#KEYS, ARGV[1], redis.status_reply('FINE')}")
		equal(t, []any{int64(2), []byte("x"), "FINE"})(redigo.Values(values.Do(c, 2, "a", "b", "x")))
	})
}

func TestRueidisScripts(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.rueidis(t, rueidis.ClientOption{}), t.Context()
		require.NoError(t, c.Do(ctx, c.B().ScriptFlush().Build()).Error())
		release := rueidis.NewLuaScript(releaseSource)
		equal(t, int64(0))(release.Exec(ctx, c, []string{"k"}, []string{"v"}).AsInt64())
		require.NoError(t, c.Do(ctx, c.B().Set().Key("k").Value("v").Build()).Error())
		for _, r := range release.ExecMulti(ctx, c, rueidis.LuaExec{Keys: []string{"k"}, Args: []string{"w"}}, rueidis.LuaExec{Keys: []string{"none"}, Args: []string{"w"}}) {
			equal(t, int64(0))(r.AsInt64())
		}
		equal(t, int64(1))(release.Exec(ctx, c, []string{"k"}, []string{"v"}).AsInt64())
		typed := rueidis.NewLuaScriptReadOnly("redis.setresp(3) return {map = {a = 1.5}}")
		got, err := typed.Exec(ctx, c, nil, nil).AsIntMap()
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"a": 1}, got)
	})
}

// TestRedsync locks by a library whose locks are scripts.
func TestRedsync(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		pool := &redigo.Pool{Dial: func() (redigo.Conn, error) { return x.dialRedigo() }}
		t.Cleanup(func() { _ = pool.Close() })
		locks := []*redsync.Redsync{
			redsync.New(goredis.NewPool(x.goRedis(t, redis.Options{}))),
			redsync.New(redsyncredigo.NewPool(pool)),
		}
		for i, sync := range locks {
			mine := sync.NewMutex("lock", redsync.WithExpiry(time.Hour), redsync.WithTries(1))
			other := locks[1-i].NewMutex("lock", redsync.WithTries(1))
			require.NoError(t, mine.Lock())
			var taken *redsync.ErrTaken
			require.ErrorAs(t, other.TryLock(), &taken)
			equal(t, true)(mine.Extend())
			equal(t, true)(mine.Unlock())
			_, err := mine.Unlock()
			require.ErrorIs(t, err, redsync.ErrLockAlreadyExpired)
			require.NoError(t, other.Lock())
			equal(t, true)(other.Unlock())
		}
	})
}

func TestRedislock(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		locker := redislock.New(c)
		lock, err := locker.Obtain(ctx, "lock", time.Hour, &redislock.Options{Metadata: "mine"})
		require.NoError(t, err)
		_, err = locker.Obtain(ctx, "lock", time.Hour, nil)
		require.ErrorIs(t, err, redislock.ErrNotObtained)
		left, err := lock.TTL(ctx)
		require.NoError(t, err)
		require.InDelta(t, time.Hour, left, float64(time.Minute))
		require.NoError(t, lock.Refresh(ctx, 2*time.Hour, nil))
		left, err = lock.TTL(ctx)
		require.NoError(t, err)
		require.Greater(t, left, time.Hour)
		require.NoError(t, lock.Release(ctx))
		require.ErrorIs(t, lock.Release(ctx), redislock.ErrLockNotHeld)
		require.ErrorIs(t, lock.Refresh(ctx, time.Hour, nil), redislock.ErrNotObtained)
	})
}

// TestRedisRate limits rates by a library whose limiter is a script that computes with fractions.
func TestRedisRate(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		limiter := redis_rate.NewLimiter(c)
		limit := redis_rate.PerHour(10)
		for n := range 10 {
			r, err := limiter.Allow(ctx, "client", limit)
			require.NoError(t, err)
			require.Equal(t, 1, r.Allowed)
			require.Equal(t, 9-n, r.Remaining)
			require.Negative(t, r.RetryAfter)
		}
		r, err := limiter.Allow(ctx, "client", limit)
		require.NoError(t, err)
		require.Zero(t, r.Allowed)
		require.InDelta(t, 6*time.Minute, r.RetryAfter, float64(time.Minute))
		require.InDelta(t, time.Hour, r.ResetAfter, float64(time.Minute))
		r, err = limiter.AllowAtMost(ctx, "other", limit, 25)
		require.NoError(t, err)
		require.Equal(t, 10, r.Allowed)
		require.NoError(t, limiter.Reset(ctx, "client"))
		r, err = limiter.AllowN(ctx, "client", limit, 4)
		require.NoError(t, err)
		require.Equal(t, 4, r.Allowed)
	})
}

// TestRedisRateInTime lets the time pass that the limiter's script reads.
func TestRedisRateInTime(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		ctx, limiter := t.Context(), redis_rate.NewLimiter(x.goRedis(t, redis.Options{}))
		allowed := func() int {
			r, err := limiter.AllowAtMost(ctx, "client", redis_rate.PerHour(10), 100)
			require.NoError(t, err)
			return r.Allowed
		}
		require.Equal(t, 10, allowed())
		require.Zero(t, allowed())
		x.srv.Advance(13 * time.Minute)
		require.Equal(t, 2, allowed())
		x.srv.Advance(24 * time.Hour)
		require.Equal(t, 10, allowed())
	})
}

package interop

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
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

// Clients that keep in their own memory what they read, and are told by the server what has changed.

// caching is a rueidis client with its cache. It has one connection, unless that is asked for otherwise: so what it
// was told before the reply to a PING it has seen when it has the reply.
type caching struct {
	rueidis.Client
	t testing.TB
}

func (x target) caching(t testing.TB, o rueidis.ClientOption) caching {
	t.Helper()
	if o.PipelineMultiplex == 0 {
		o.PipelineMultiplex = -1
	}
	c, err := rueidis.NewClient(x.rueidisOptions(o))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return caching{c, t}
}

// settle returns when the client has seen what it was told.
func (c caching) settle() {
	c.t.Helper()
	require.NoError(c.t, c.Do(context.Background(), c.B().Ping().Build()).Error())
}

// reads checks the value of a key, "" for none, and whether it comes from the cache.
func (c caching) reads(key, want string, hit bool) {
	c.t.Helper()
	r := c.DoCache(context.Background(), c.B().Get().Key(key).Cache(), time.Hour)
	got, err := r.ToString()
	if want == "" {
		require.True(c.t, rueidis.IsRedisNil(err), "%s: %q, %v", key, got, err)
	} else {
		require.NoError(c.t, err)
		require.Equal(c.t, want, got, key)
	}
	require.Equal(c.t, hit, r.IsCacheHit(), "is %s from the cache?", key)
}

// everyChange is what others do to key k, which has the value before, and the value it has then.
var everyChange = []struct {
	before string
	do     []any
	after  string
}{
	{"", []any{"SET", "k", "v"}, "v"},
	{"v", []any{"APPEND", "k", "w"}, "vw"},
	{"5", []any{"INCR", "k"}, "6"},
	{"v", []any{"EXPIRE", "k", 1000}, "v"},
	{"v", []any{"DEL", "k"}, ""},
	{"v", []any{"UNLINK", "k"}, ""},
	{"v", []any{"GETDEL", "k"}, ""},
	{"v", []any{"RENAME", "k", "other"}, ""},
	{"v", []any{"MOVE", "k", 1}, ""},
	{"", []any{"MSET", "j", "x", "k", "v"}, "v"},
	{"v", []any{"PEXPIREAT", "k", 1}, ""},
	{"v", []any{"EVAL", "redis.call('SET', KEYS[1], ARGV[1])", 1, "k", "w"}, "w"},
	{"v", []any{"FLUSHALL"}, ""},
	{"v", []any{"FLUSHDB", "ASYNC"}, ""},
}

func TestRueidisCache(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, other := x.caching(t, rueidis.ClientOption{}), x.redigo(t)
		for _, change := range everyChange {
			_, err := other.Do("FLUSHALL")
			require.NoError(t, err)
			if change.before != "" {
				equal(t, "OK")(redigo.String(other.Do("SET", "k", change.before)))
			}
			c.settle()
			c.reads("k", change.before, false)
			c.reads("k", change.before, true)
			_, err = other.Do(change.do[0].(string), change.do[1:]...)
			require.NoError(t, err)
			c.settle()
			c.reads("k", change.after, false)
			c.reads("k", change.after, true)
		}
	})
}

// What a transaction of others changes is out of date when they have its reply.
func TestRueidisCacheAndTransactions(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, x target, other *redis.Client) {
		c, ctx := x.caching(t, rueidis.ClientOption{}), t.Context()
		for i := range 3 {
			before, after := strconv.Itoa(2*i), strconv.Itoa(2*i+1)
			equal(t, "OK")(other.MSet(ctx, "a", before, "b", before, "c", before).Result())
			c.settle()
			for _, key := range []string{"a", "b", "c"} {
				c.reads(key, before, false)
			}
			_, err := other.TxPipelined(ctx, func(p redis.Pipeliner) error {
				p.Set(ctx, "a", after, 0)
				p.Incr(ctx, "b")
				return nil
			})
			require.NoError(t, err)
			c.settle()
			c.reads("a", after, false)
			c.reads("b", after, false)
			c.reads("c", before, true)
		}
	})
}

// What the client itself changes, it is told as well.
func TestRueidisCacheOfOwnWrites(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.caching(t, rueidis.ClientOption{}), t.Context()
		for i := range 3 {
			value := strconv.Itoa(i)
			require.NoError(t, c.Do(ctx, c.B().Set().Key("k").Value(value).Build()).Error())
			c.settle()
			c.reads("k", value, false)
			c.reads("k", value, true)
		}
	})
}

func TestRueidisCacheOfCollections(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx, other := x.caching(t, rueidis.ClientOption{}), t.Context(), x.redigo(t)
		do := func(name string, args ...any) {
			t.Helper()
			_, err := other.Do(name, args...)
			require.NoError(t, err)
			c.settle()
		}
		look := func(hit bool) (hash map[string]string, zset []string, size int64) {
			t.Helper()
			replies := c.DoMultiCache(ctx,
				rueidis.CT(c.B().Hgetall().Key("h").Cache(), time.Hour),
				rueidis.CT(c.B().Zrange().Key("z").Min("0").Max("-1").Cache(), time.Hour),
				rueidis.CT(c.B().Scard().Key("s").Cache(), time.Hour))
			for i, r := range replies {
				require.NoError(t, r.Error())
				require.Equal(t, hit, r.IsCacheHit(), "reply %d", i)
			}
			hash, err := replies[0].AsStrMap()
			require.NoError(t, err)
			zset, err = replies[1].AsStrSlice()
			require.NoError(t, err)
			size, err = replies[2].AsInt64()
			require.NoError(t, err)
			return hash, zset, size
		}
		do("HSET", "h", "f", "v")
		do("ZADD", "z", 1, "a", 2, "b")
		look(false)
		look(true)
		do("HDEL", "h", "f")
		do("ZINCRBY", "z", 5, "a")
		do("SADD", "s", "m", "n")
		hash, zset, size := look(false)
		require.Empty(t, hash)
		require.Equal(t, []string{"b", "a"}, zset)
		require.EqualValues(t, 2, size)
		do("SADD", "s", "m") // changes nothing
		look(true)

		do("MSET", "a", 1, "b", 2)
		mget := func(want ...string) {
			t.Helper()
			got, err := rueidis.MGetCache(c, ctx, time.Hour, []string{"a", "b", "none"})
			require.NoError(t, err)
			for i, key := range []string{"a", "b"} {
				m := got[key]
				equal(t, want[i])(m.ToString())
			}
			none := got["none"]
			require.True(t, none.IsNil())
		}
		mget("1", "2")
		mget("1", "2")
		do("INCR", "b")
		mget("1", "3")
	})
}

// No read that begins after a writer had its reply, and the reader a round trip, sees what was before.
func TestRueidisCacheIsNeverStale(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		const keys, readers, rounds = 4, 4, 100
		c, w, ctx := x.caching(t, rueidis.ClientOption{}), x.rueidis(t, rueidis.ClientOption{}), t.Context()
		var all sync.WaitGroup
		for i := range keys * readers {
			key := "n" + strconv.Itoa(i%keys)
			all.Go(func() {
				for range rounds {
					atLeast, err := w.Do(ctx, w.B().Incr().Key(key).Build()).AsInt64()
					if err == nil {
						err = c.Do(ctx, c.B().Ping().Build()).Error()
					}
					for range 3 {
						if err != nil {
							break
						}
						var n int64
						n, err = c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Hour).AsInt64()
						if err == nil && n < atLeast {
							err = fmt.Errorf("%s was %d, is still %d", key, atLeast, n)
						}
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	})
}

// With as many connections as the client takes by itself there is none whose replies say what was seen: the new value
// comes soon.
func TestRueidisCacheAsItComes(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, other := x.caching(t, rueidis.ClientOption{PipelineMultiplex: 2}), x.redigo(t)
		get := func(i int) rueidis.RedisResult {
			return c.DoCache(t.Context(), c.B().Get().Key(strconv.Itoa(i)).Cache(), time.Hour)
		}
		for round := range 5 {
			for i := range 50 {
				equal(t, "OK")(redigo.String(other.Do("SET", i, round)))
				for {
					got, err := get(i).AsInt64()
					require.NoError(t, err)
					if got == int64(round) {
						break
					}
				}
				require.True(t, get(i).IsCacheHit())
			}
		}
	})
}

// told collects the keys that a client is told of, "*" for all of them.
type told struct {
	mu   sync.Mutex
	keys []string
}

func (k *told) add(messages []rueidis.RedisMessage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if messages == nil {
		k.keys = append(k.keys, "*")
	}
	for _, m := range messages {
		key, _ := m.ToString()
		k.keys = append(k.keys, key)
	}
}

// requireKeys checks what was told since the last time, in order.
func (k *told) requireKeys(c caching, want ...string) {
	c.t.Helper()
	c.settle()
	k.mu.Lock()
	defer k.mu.Unlock()
	require.Equal(c.t, want, k.keys)
	k.keys = nil
}

func TestRueidisTrackingModes(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		var keys told
		ctx, other := t.Context(), x.redigo(t)
		begin := func(options ...string) caching {
			_, err := other.Do("FLUSHALL")
			require.NoError(t, err)
			c := x.caching(t, rueidis.ClientOption{ClientTrackingOptions: options, OnInvalidations: keys.add})
			c.settle()
			keys.mu.Lock()
			defer keys.mu.Unlock()
			keys.keys = nil
			return c
		}
		set := func(keys ...string) {
			t.Helper()
			for _, key := range keys {
				equal(t, "OK")(redigo.String(other.Do("SET", key, "v")))
			}
		}
		get := func(c caching, key string) {
			t.Helper()
			err := c.Do(ctx, c.B().Get().Key(key).Build()).Error()
			require.True(t, err == nil || rueidis.IsRedisNil(err))
		}

		optIn := begin()
		get(optIn, "a")
		optIn.reads("b", "", false)
		set("a", "b", "c")
		keys.requireKeys(optIn, "b")
		set("b") // is told once
		keys.requireKeys(optIn)
		optIn.Close()

		plain := begin("NOLOOP")
		get(plain, "a")
		set("a")
		keys.requireKeys(plain, "a")
		get(plain, "a")
		require.NoError(t, plain.Do(ctx, plain.B().Set().Key("a").Value("w").Build()).Error())
		keys.requireKeys(plain)
		get(plain, "a")
		equal(t, "OK")(redigo.String(other.Do("FLUSHALL")))
		keys.requireKeys(plain, "*")
		plain.Close()

		broad := begin("PREFIX", "user:", "PREFIX", "item:", "BCAST")
		set("user:1", "cart:1", "item:7", "user:1")
		keys.requireKeys(broad, "user:1", "item:7", "user:1")
		broad.reads("user:1", "v", false)
		broad.reads("user:1", "v", true)
		set("user:1")
		keys.requireKeys(broad, "user:1")
		broad.reads("user:1", "v", false)
		broad.Close()
	})
}

// A key whose time has come is told of when it is removed.
func TestRueidisCacheAndExpiry(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		c, other := x.caching(t, rueidis.ClientOption{}), x.redigo(t)
		equal(t, "OK")(redigo.String(other.Do("SET", "k", "v", "EX", 3600)))
		c.settle()
		c.reads("k", "v", false)
		c.reads("k", "v", true)
		x.srv.Advance(time.Hour)
		c.settle()
		c.reads("k", "", false)

		// So it is when the program that the server is in changes it.
		require.NoError(t, x.srv.Store().Set("k", "w"))
		c.settle()
		c.reads("k", "w", false)
	})
}

func TestRueidisCacheInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := bubbled(t)
		c, other := x.caching(t, rueidis.ClientOption{PipelineMultiplex: 2}), x.redigo(t)
		for i := range 5 {
			value := strconv.Itoa(i)
			equal(t, "OK")(redigo.String(other.Do("SET", "k", value, "EX", 60)))
			synctest.Wait()
			c.reads("k", value, false)
			time.Sleep(time.Minute - time.Second) // more would be slow: the client sends a PING each second
			c.reads("k", value, true)
			time.Sleep(time.Minute)
			c.reads("k", "", false)
			c.reads("k", "", true)
		}
	})
}

// The nodes of a cluster tell each what it holds.
func TestRueidisClusterCache(t *testing.T) {
	onClusters(t, func(t *testing.T, cluster *nooktest.Cluster, dial dialer) {
		o := rueidis.ClientOption{InitAddress: cluster.Addrs(), PipelineMultiplex: -1}
		if dial != nil {
			o.DialCtxFn = func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
				return dial(ctx, "tcp", addr)
			}
		}
		client, err := rueidis.NewClient(o)
		require.NoError(t, err)
		t.Cleanup(client.Close)
		c, other, ctx := caching{client, t}, goRedisCluster(t, cluster, dial), t.Context()
		for round := range 3 {
			value := strconv.Itoa(round)
			for i := range 30 {
				key := strconv.Itoa(i)
				equal(t, "OK")(other.Set(ctx, key, value, 0).Result())
				require.NoError(t, c.Do(ctx, c.B().Exists().Key(key).Build()).Error()) // asks the node of the key
				c.reads(key, value, false)
				c.reads(key, value, true)
			}
		}
	})
}

// go-redis is told on the connections of its pool, and looks there every few milliseconds.
func TestGoRedisCache(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, other, ctx := x.goRedis(t, redis.Options{ClientSideCacheConfig: &redis.ClientSideCacheConfig{}}), x.redigo(t), t.Context()
		await := func(want string) {
			t.Helper()
			for {
				got, err := c.Get(ctx, "k").Result()
				require.True(t, err == nil || err == redis.Nil)
				if got == want {
					return
				}
			}
		}
		hits := func() uint64 { return c.CSCStats().Hits }
		for i := range 20 {
			value := strconv.Itoa(i)
			equal(t, "OK")(redigo.String(other.Do("SET", "k", value)))
			await(value)
			before := hits()
			for range 10 {
				equal(t, value)(c.Get(ctx, "k").Result())
			}
			require.Equal(t, before+10, hits())
		}
		_, err := other.Do("FLUSHALL")
		require.NoError(t, err)
		await("")
		require.NoError(t, c.HSet(ctx, "h", "f", "v").Err())
		equal(t, map[string]string{"f": "v"})(c.HGetAll(ctx, "h").Result())
		equal(t, map[string]string{"f": "v"})(c.HGetAll(ctx, "h").Result())
	})
}

// redigo speaks RESP2: another connection is told, as messages.
func TestRedigoTracking(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, told, other := x.redigo(t), x.redigo(t), x.redigo(t)
		_, err := other.Do("FLUSHALL")
		require.NoError(t, err)
		id, err := redigo.Int64(told.Do("CLIENT", "ID"))
		require.NoError(t, err)
		_, err = told.Do("SUBSCRIBE", "__redis__:invalidate")
		require.NoError(t, err)
		requireTold := func(keys any) {
			t.Helper()
			got, err := told.Receive()
			require.NoError(t, err)
			require.Equal(t, []any{[]byte("message"), []byte("__redis__:invalidate"), keys}, got)
		}
		track := func(args ...any) {
			t.Helper()
			_, err := c.Do("CLIENT", "TRACKING", "OFF")
			require.NoError(t, err)
			equal(t, "OK")(redigo.String(c.Do("CLIENT", append([]any{"TRACKING", "ON", "REDIRECT", id}, args...)...)))
		}
		set := func(c redigo.Conn, key string) {
			t.Helper()
			equal(t, "OK")(redigo.String(c.Do("SET", key, "v")))
		}
		get := func(key string) {
			t.Helper()
			_, err := c.Do("GET", key)
			require.NoError(t, err)
		}
		key := func(k string) any { return []any{[]byte(k)} }

		track()
		equal(t, id)(redigo.Int64(c.Do("CLIENT", "GETREDIR")))
		get("a")
		set(other, "b")
		set(other, "a")
		requireTold(key("a"))
		get("a")
		set(c, "a")
		requireTold(key("a"))
		get("a")
		_, err = other.Do("FLUSHALL")
		require.NoError(t, err)
		requireTold(nil)

		track("OPTIN", "NOLOOP")
		get("a")
		equal(t, "OK")(redigo.String(c.Do("CLIENT", "CACHING", "YES")))
		get("b")
		get("c")
		set(c, "b")
		equal(t, "OK")(redigo.String(c.Do("CLIENT", "CACHING", "YES")))
		get("c")
		for _, k := range []string{"a", "b", "c"} {
			set(other, k)
		}
		requireTold(key("c"))

		track("BCAST", "PREFIX", "u:", "PREFIX", "v:")
		set(other, "w:1")
		set(other, "v:1")
		requireTold(key("v:1"))
		_, err = c.Do("CLIENT", "TRACKING", "OFF")
		require.NoError(t, err)
		set(other, "v:1")
		_, err = told.Do("UNSUBSCRIBE")
		require.NoError(t, err)
	})
}

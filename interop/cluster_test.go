package interop

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	redigo "github.com/gomodule/redigo/redis"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// onClusters runs f against clusters of one node and of three, over TCP and in memory.
func onClusters(t *testing.T, f func(t *testing.T, c *nooktest.Cluster, dial dialer)) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d nodes over TCP", n), func(t *testing.T) { f(t, nooktest.RunCluster(t, n), nil) })
		t.Run(fmt.Sprintf("%d nodes in memory", n), func(t *testing.T) {
			c := nooktest.RunCluster(t, n)
			f(t, c, c.Dial)
		})
	}
}

func goRedisCluster(t testing.TB, c *nooktest.Cluster, dial dialer) *redis.ClusterClient {
	o := &redis.ClusterOptions{Addrs: c.Addrs()}
	if dial != nil {
		o.Dialer = dial
	}
	client := redis.NewClusterClient(o)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func rueidisCluster(t testing.TB, c *nooktest.Cluster, dial dialer) rueidis.Client {
	t.Helper()
	o := rueidis.ClientOption{InitAddress: c.Addrs(), DisableCache: true, ShuffleInit: true}
	if dial != nil {
		o.DialCtxFn = func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return dial(ctx, "tcp", addr)
		}
	}
	client, err := rueidis.NewClient(o)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

func TestGoRedisCluster(t *testing.T) {
	onClusters(t, func(t *testing.T, c *nooktest.Cluster, dial dialer) {
		client, ctx := goRedisCluster(t, c, dial), t.Context()
		for i := range 100 {
			equal(t, "OK")(client.Set(ctx, strconv.Itoa(i), i, 0).Result())
		}
		for i := range 100 {
			equal(t, strconv.Itoa(i))(client.Get(ctx, strconv.Itoa(i)).Result())
		}
		equal(t, int64(100))(client.DBSize(ctx).Result())
		equal(t, "OK")(client.MSet(ctx, "{t}1", "a", "{t}2", "b").Result())
		equal(t, []any{"a", "b"})(client.MGet(ctx, "{t}1", "{t}2").Result())

		pipe := client.Pipeline()
		var gets []*redis.StringCmd
		for i := range 100 {
			gets = append(gets, pipe.Get(ctx, strconv.Itoa(i)))
		}
		_, err := pipe.Exec(ctx)
		require.NoError(t, err)
		for i, get := range gets {
			equal(t, strconv.Itoa(i))(get.Result())
		}
		_, err = client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Incr(ctx, "{t}n")
			p.Incr(ctx, "{t}n")
			return nil
		})
		require.NoError(t, err)
		err = client.Watch(ctx, func(tx *redis.Tx) error {
			_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
				p.Set(ctx, "{t}n", "new", 0)
				return nil
			})
			return err
		}, "{t}n")
		require.NoError(t, err)
		equal(t, "new")(client.Get(ctx, "{t}n").Result())
		equal[any](t, "2")(client.Eval(ctx, "return redis.call('INCRBY', KEYS[1], ARGV[1]) .. ''", []string{"{t}script"}, 2).Result())
		equal[any](t, int64(1))(redis.NewScript("return 1").Run(ctx, client, []string{"x"}).Result())

		var mu sync.Mutex
		seen := 0
		require.NoError(t, client.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			for iter := node.Scan(ctx, 0, "", 0).Iterator(); iter.Next(ctx); {
				mu.Lock()
				seen++
				mu.Unlock()
			}
			return nil
		}))
		require.Equal(t, 104, seen)
		shards, err := client.ClusterShards(ctx).Result()
		require.NoError(t, err)
		require.Len(t, shards, len(c.Nodes()))
	})
}

// Slots move while a client is at work.
func TestGoRedisClusterFollows(t *testing.T) {
	for _, inMemory := range []bool{false, true} {
		c := nooktest.RunCluster(t, 3)
		var dial dialer
		if inMemory {
			dial = c.Dial
		}
		client, ctx := goRedisCluster(t, c, dial), t.Context()
		equal(t, "OK")(client.Set(ctx, "b", "1", 0).Result())
		for i := range 6 {
			c.MoveSlotOf("b", c.Nodes()[i%3])
			equal(t, int64(i+2))(client.Incr(ctx, "b").Result())
		}
		// Key by key: the client is sent on for those that have gone.
		from, to := c.Node("b"), c.Nodes()[0]
		require.NotSame(t, from, to)
		c.OpenSlotOf("b", to)
		equal(t, int64(8))(client.Incr(ctx, "b").Result())
		c.MoveKeys(to, "b")
		equal(t, int64(9))(client.Incr(ctx, "b").Result())
		equal(t, "OK")(client.Set(ctx, "{b}new", "x", 0).Result())
		equal(t, 0)(from.Store().Exists("b", "{b}new"))
		equal(t, 2)(to.Store().Exists("b", "{b}new"))
		c.MoveSlotOf("b", to)
		equal(t, int64(10))(client.Incr(ctx, "b").Result())
	}
}

func TestGoRedisClusterMessages(t *testing.T) {
	onClusters(t, func(t *testing.T, c *nooktest.Cluster, dial dialer) {
		client, ctx := goRedisCluster(t, c, dial), t.Context()
		sub := client.Subscribe(ctx, "news")
		defer sub.Close()
		_, err := sub.Receive(ctx)
		require.NoError(t, err)
		require.NoError(t, client.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			return node.Publish(ctx, "news", "x").Err()
		}))
		for range c.Nodes() {
			m, err := sub.ReceiveMessage(ctx)
			require.NoError(t, err)
			require.Equal(t, "x", m.Payload)
		}
		shard := client.SSubscribe(ctx, "b")
		defer shard.Close()
		_, err = shard.Receive(ctx)
		require.NoError(t, err)
		equal(t, int64(1))(client.SPublish(ctx, "b", "y").Result())
		m, err := shard.ReceiveMessage(ctx)
		require.NoError(t, err)
		require.Equal(t, "y", m.Payload)
	})
}

func TestRueidisCluster(t *testing.T) {
	onClusters(t, func(t *testing.T, c *nooktest.Cluster, dial dialer) {
		client, ctx := rueidisCluster(t, c, dial), t.Context()
		var sets, gets rueidis.Commands
		for i := range 100 {
			sets = append(sets, client.B().Set().Key(strconv.Itoa(i)).Value(strconv.Itoa(i)).Build())
			gets = append(gets, client.B().Get().Key(strconv.Itoa(i)).Build())
		}
		for _, r := range client.DoMulti(ctx, sets...) {
			equal(t, "OK")(r.ToString())
		}
		for i, r := range client.DoMulti(ctx, gets...) {
			equal(t, strconv.Itoa(i))(r.ToString())
		}
		many, err := rueidis.MGet(client, ctx, []string{"1", "2", "3", "none"})
		require.NoError(t, err)
		require.Len(t, many, 4)
		require.Len(t, client.Nodes(), len(c.Nodes()))

		err = client.Dedicated(func(d rueidis.DedicatedClient) error {
			for _, r := range d.DoMulti(ctx, d.B().Multi().Build(), d.B().Incr().Key("{t}n").Build(), d.B().Incr().Key("{t}n").Build(), d.B().Exec().Build()) {
				if err := r.Error(); err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, err)
		equal(t, "2")(client.Do(ctx, client.B().Get().Key("{t}n").Build()).ToString())
		equal(t, int64(7))(rueidis.NewLuaScript("return redis.call('INCRBY', KEYS[1], 7)").Exec(ctx, client, []string{"{t}s"}, nil).AsInt64())
	})
}

func TestRueidisClusterFollows(t *testing.T) {
	c := nooktest.RunCluster(t, 3)
	client, ctx := rueidisCluster(t, c, c.Dial), t.Context()
	for i := range 6 {
		c.MoveSlotOf("b", c.Nodes()[i%3])
		equal(t, int64(i+1))(client.Do(ctx, client.B().Incr().Key("b").Build()).AsInt64())
	}
	c.OpenSlotOf("b", c.Nodes()[0])
	c.MoveKeys(c.Nodes()[0], "b")
	equal(t, int64(7))(client.Do(ctx, client.B().Incr().Key("b").Build()).AsInt64())
}

func TestRueidisClusterShardChannel(t *testing.T) {
	c := nooktest.RunCluster(t, 3)
	client, ctx := rueidisCluster(t, c, c.Dial), t.Context()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	confirmed := rueidis.WithOnSubscriptionHook(ctx, func(s rueidis.PubSubSubscription) {
		if s.Kind == "ssubscribe" {
			go client.Do(context.Background(), client.B().Spublish().Channel("b").Message("x").Build())
		}
	})
	err := client.Receive(confirmed, client.B().Ssubscribe().Channel("b").Build(), func(m rueidis.PubSubMessage) {
		if m.Message == "x" {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
}

// redigo knows nothing of clusters; it tells where to go.
func TestRedigoCluster(t *testing.T) {
	c := nooktest.RunCluster(t, 3)
	at := c.Addrs()[0]
	for range 2 {
		conn, err := redigo.Dial("tcp", at, redigo.DialContextFunc(c.Dial))
		require.NoError(t, err)
		_, err = redigo.String(conn.Do("SET", "a", "1"))
		require.NoError(t, conn.Close())
		if err == nil {
			return
		}
		moved, ok := strings.CutPrefix(err.Error(), "MOVED 15495 ")
		require.True(t, ok, err)
		at = moved
	}
	t.Fatal("the key is nowhere")
}

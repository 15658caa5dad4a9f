package interop

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/nooktest"
)

// TestGoRedisEvents turns events on and receives them.
func TestGoRedisEvents(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		equal(t, "OK")(c.ConfigSet(ctx, "notify-keyspace-events", "KEA").Result())
		equal(t, map[string]string{"notify-keyspace-events": "AKE"})(c.ConfigGet(ctx, "notify-*").Result())
		sub := c.PSubscribe(ctx, "__key*@0__:*")
		defer sub.Close()
		_, err := sub.Receive(ctx)
		require.NoError(t, err)
		equal(t, "OK")(c.Set(ctx, "k", "v", time.Hour).Result())
		_, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.RPush(ctx, "list", "a")
			p.LPop(ctx, "list")
			return nil
		})
		require.NoError(t, err)
		for _, want := range [][2]string{
			{"__keyspace@0__:k", "set"}, {"__keyevent@0__:set", "k"}, {"__keyspace@0__:k", "expire"}, {"__keyevent@0__:expire", "k"},
			{"__keyspace@0__:list", "rpush"}, {"__keyevent@0__:rpush", "list"}, {"__keyspace@0__:list", "lpop"}, {"__keyevent@0__:lpop", "list"},
			{"__keyspace@0__:list", "del"}, {"__keyevent@0__:del", "list"},
		} {
			m, err := sub.ReceiveMessage(ctx)
			require.NoError(t, err)
			require.Equal(t, want, [2]string{m.Channel, m.Payload})
		}
		equal(t, "OK")(c.ConfigSet(ctx, "notify-keyspace-events", "").Result())
	})
}

// TestGoRedisExpired hears of keys and fields whose time is up, in a test that takes no time.
func TestGoRedisExpired(t *testing.T) {
	all, err := nook.ParseNotify("EA")
	require.NoError(t, err)
	onNook(t, nooktest.Options{Store: nook.Options{Notify: all}}, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		sub := c.Subscribe(ctx, "__keyevent@0__:expired", "__keyevent@0__:hexpired")
		defer sub.Close()
		for range 2 {
			_, err := sub.Receive(ctx)
			require.NoError(t, err)
		}
		equal(t, "OK")(c.Set(ctx, "session", "v", time.Hour).Result())
		equal(t, int64(1))(c.HSet(ctx, "hash", "f", "v").Result())
		equal(t, []int64{1})(c.HExpire(ctx, "hash", time.Minute, "f").Result())
		x.srv.Advance(2 * time.Hour)
		for _, want := range [][2]string{{"__keyevent@0__:hexpired", "hash"}, {"__keyevent@0__:expired", "session"}} {
			m, err := sub.ReceiveMessage(ctx)
			require.NoError(t, err)
			require.Equal(t, want, [2]string{m.Channel, m.Payload})
		}
	})
}

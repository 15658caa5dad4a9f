package interop

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

func TestGoRedisClusterInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := nooktest.RunCluster(t, 3)
		client, ctx := goRedisCluster(t, c, c.Dial), t.Context()
		require.NoError(t, client.Set(ctx, "b", "v", 24*time.Hour).Err())
		c.MoveSlotOf("b", c.Nodes()[2])
		time.Sleep(24*time.Hour - time.Millisecond)
		equal(t, "v")(client.Get(ctx, "b").Result())
		time.Sleep(time.Millisecond)
		require.ErrorIs(t, client.Get(ctx, "b").Err(), redis.Nil)
		time.Sleep(time.Second) // the client looks at the cluster again in the background
	})
}

func TestGoRedisFailoverInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nooktest.RunSentinel(t)
		client := redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: nooktest.MasterName, SentinelAddrs: s.Addrs(), Dialer: s.Dial,
		})
		defer client.Close()
		ctx := t.Context()
		require.NoError(t, client.Set(ctx, "k", "v", time.Hour).Err())
		s.Failover()
		time.Sleep(time.Minute) // as long as the client may need
		equal(t, "v")(client.Get(ctx, "k").Result())
		time.Sleep(time.Hour)
		require.ErrorIs(t, client.Get(ctx, "k").Err(), redis.Nil)
	})
}

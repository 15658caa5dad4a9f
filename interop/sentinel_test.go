package interop

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	redigo "github.com/gomodule/redigo/redis"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// withSentinel runs f with a sentinel, over TCP and in memory.
func withSentinel(t *testing.T, f func(t *testing.T, s *nooktest.Sentinel, dial dialer)) {
	t.Run("over TCP", func(t *testing.T) { f(t, nooktest.RunSentinel(t), nil) })
	t.Run("in memory", func(t *testing.T) {
		s := nooktest.RunSentinel(t)
		f(t, s, s.Dial)
	})
}

// eventually repeats a call while a client has yet to follow a failover.
func eventually[T any](t testing.TB, want T, call func() (T, error)) {
	t.Helper()
	var got T
	var err error
	require.Eventually(t, func() bool {
		got, err = call()
		return err == nil
	}, time.Minute, time.Millisecond)
	require.Equal(t, want, got)
}

func TestGoRedisFailover(t *testing.T) {
	withSentinel(t, func(t *testing.T, s *nooktest.Sentinel, dial dialer) {
		o := &redis.FailoverOptions{MasterName: nooktest.MasterName, SentinelAddrs: s.Addrs()}
		if dial != nil {
			o.Dialer = dial
		}
		client, ctx := redis.NewFailoverClient(o), t.Context()
		defer client.Close()
		equal(t, int64(1))(client.Incr(ctx, "n").Result())
		for i := range 3 {
			s.Failover()
			eventually(t, int64(i+2), client.Incr(ctx, "n").Result)
		}
		equal(t, "4")(func() (string, error) { v, _, err := s.Store().Get("n"); return v, err }())
	})
}

// A client of the replica reads there, and must not write.
func TestGoRedisReplica(t *testing.T) {
	s := nooktest.RunSentinel(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: nooktest.MasterName, SentinelAddrs: s.Addrs(), Dialer: s.Dial, ReplicaOnly: true,
	})
	defer client.Close()
	ctx := t.Context()
	require.NoError(t, s.Store().Set("k", "v"))
	equal(t, "v")(client.Get(ctx, "k").Result())
	fails[string](t, "READONLY")(client.Set(ctx, "k", "w", 0).Result())
	require.Contains(t, client.Info(ctx, "replication").Val(), "role:slave")
}

func TestGoRedisSentinelClient(t *testing.T) {
	s := nooktest.RunSentinel(t)
	c := redis.NewSentinelClient(&redis.Options{Addr: s.Addrs()[0], Dialer: s.Dial})
	defer c.Close()
	ctx := t.Context()
	addr, err := c.GetMasterAddrByName(ctx, nooktest.MasterName).Result()
	require.NoError(t, err)
	require.Equal(t, s.PrimaryAddr(), net.JoinHostPort(addr[0], addr[1]))
	replicas, err := c.Replicas(ctx, nooktest.MasterName).Result()
	require.NoError(t, err)
	require.Len(t, replicas, 1)
	require.Equal(t, "slave", replicas[0]["flags"])
	sub := c.Subscribe(ctx, "+switch-master")
	defer sub.Close()
	_, err = sub.Receive(ctx)
	require.NoError(t, err)
	equal(t, "OK")(c.Failover(ctx, nooktest.MasterName).Result())
	m, err := sub.ReceiveMessage(ctx)
	require.NoError(t, err)
	require.Contains(t, m.Payload, nooktest.MasterName+" "+addr[0]+" "+addr[1]+" ")
	equal(t, "OK 1 usable Sentinels. Quorum and failover authorization can be reached")(c.CkQuorum(ctx, nooktest.MasterName).Result())
}

func TestRueidisFailover(t *testing.T) {
	withSentinel(t, func(t *testing.T, s *nooktest.Sentinel, dial dialer) {
		o := rueidis.ClientOption{
			InitAddress: s.Addrs(), DisableCache: true, Sentinel: rueidis.SentinelOption{MasterSet: nooktest.MasterName},
		}
		if dial != nil {
			o.DialCtxFn = func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
				return dial(ctx, "tcp", addr)
			}
		}
		client, err := rueidis.NewClient(o)
		require.NoError(t, err)
		defer client.Close()
		ctx := t.Context()
		incr := func() (int64, error) { return client.Do(ctx, client.B().Incr().Key("n").Build()).AsInt64() }
		equal(t, int64(1))(incr())
		for i := range 3 {
			s.Failover()
			eventually(t, int64(i+2), incr)
		}
	})
}

// redigo asks the sentinel itself.
func TestRedigoSentinel(t *testing.T) {
	s := nooktest.RunSentinel(t)
	for range 2 {
		sentinel, err := redigo.Dial("tcp", s.Addrs()[0], redigo.DialContextFunc(s.Dial))
		require.NoError(t, err)
		addr, err := redigo.Strings(sentinel.Do("SENTINEL", "get-master-addr-by-name", nooktest.MasterName))
		require.NoError(t, err)
		require.NoError(t, sentinel.Close())
		c, err := redigo.Dial("tcp", net.JoinHostPort(addr[0], addr[1]), redigo.DialContextFunc(s.Dial))
		require.NoError(t, err)
		equal(t, "OK")(redigo.String(c.Do("SET", "k", "v")))
		require.NoError(t, c.Close())
		s.Failover()
	}
}

package interop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
)

// kit returns a server and a go-redis client of it.
func kit(t testing.TB, o redis.Options) (*nooktest.Server, *redis.Client) {
	srv := nooktest.Run(t)
	o.Dialer = srv.Dial
	c := redis.NewClient(&o)
	t.Cleanup(func() { _ = c.Close() })
	return srv, c
}

// once makes go-redis try once.
var once = redis.Options{MaxRetries: -1}

func TestKitSeesWhatGoRedisSays(t *testing.T) {
	srv, c := kit(t, redis.Options{ClientName: "shop", DB: 2})
	ctx := t.Context()
	require.NoError(t, c.Set(ctx, "user:1", "ada", time.Minute).Err())
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Get(ctx, "user:1")
		p.HSet(ctx, "cart:1", "apple", 3)
		return nil
	})
	require.NoError(t, err)
	_, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Incr(ctx, "visits").Err() })
	require.NoError(t, err)
	srv.RequireCommands(t, `
		SET user:1 ada ex 60
		GET user:1
		HSET cart:1 apple 3
		MULTI
		INCR visits
		EXEC
	`, nooktest.FromClient("shop"))
	srv.RequireCommands(t, "GET user:1", nooktest.Named("GET", "MGET"))
	require.Equal(t, 2, srv.Commands()[0].DB)
	require.Equal(t, "[1]", srv.Commands(nooktest.Named("EXEC"))[0].Reply())
	nooktest.Equal(t, srv.Store().DB(2), nooktest.Keys{
		"user:1": nooktest.Expiring{Value: nooktest.String("ada"), TTL: time.Minute},
		"cart:1": nooktest.Hash{"apple": "3"},
		"visits": nooktest.String("1"),
	})
}

// go-redis asks again when a server is loading, or has hung up.
func TestKitFaultsAreRetried(t *testing.T) {
	for _, effect := range []nooktest.Effect{
		nooktest.FailWith("LOADING Redis is loading the dataset in memory"), nooktest.Disconnect(), nooktest.LoseReply(), nooktest.CutReply(2),
	} {
		srv, c := kit(t, redis.Options{MinRetryBackoff: -1})
		fault := srv.Inject(nooktest.Fault{Command: "SET", Key: "k", Count: 2, Effect: effect})
		require.NoError(t, c.Set(t.Context(), "k", "v", 0).Err(), "%v", effect)
		require.Equal(t, 2, fault.Struck())
		require.Len(t, srv.Commands(nooktest.Named("SET")), 3)
	}
}

// A reply that is lost makes a client that asks again count twice.
func TestKitLosesReplies(t *testing.T) {
	srv, c := kit(t, redis.Options{MinRetryBackoff: -1})
	srv.Inject(nooktest.Fault{Command: "INCR", Count: 1, Effect: nooktest.LoseReply()})
	n, err := c.Incr(t.Context(), "n").Result()
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
}

func TestKitFaultsAsErrors(t *testing.T) {
	srv, c := kit(t, once)
	ctx := t.Context()
	fail := func(e nooktest.Effect) error {
		i := srv.Inject(nooktest.Fault{Command: "GET", Effect: e})
		defer i.Remove()
		return c.Get(ctx, "k").Err()
	}
	require.EqualError(t, fail(nooktest.FailWith("READONLY You can't write against a read only replica.")),
		"READONLY You can't write against a read only replica.")
	for _, e := range []nooktest.Effect{nooktest.Disconnect(), nooktest.LoseReply(), nooktest.CutReply(1)} {
		err := fail(e)
		require.Error(t, err, "%v", e)
		require.NotErrorIs(t, err, redis.Nil)
	}
	require.ErrorIs(t, c.Get(ctx, "k").Err(), redis.Nil)

	_, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		i := srv.Inject(nooktest.Fault{Command: "SET", Effect: nooktest.FailWith("OOM command not allowed")})
		t.Cleanup(i.Remove)
		return p.Set(ctx, "k", "v", 0).Err()
	})
	require.ErrorContains(t, err, "EXECABORT")
	require.Zero(t, c.Exists(ctx, "k").Val())
}

// A request that is slow by the store's clock is slow for the client.
func TestKitDelays(t *testing.T) {
	srv, c := kit(t, once)
	slow := srv.Inject(nooktest.Fault{Command: "GET", Effect: nooktest.Delay(time.Minute)})
	got := make(chan error, 1)
	go func() { got <- c.Get(context.Background(), "k").Err() }()
	slow.Await(1)
	srv.Advance(time.Minute)
	require.ErrorIs(t, <-got, redis.Nil)

	hasty := once
	hasty.ReadTimeout = 20 * time.Millisecond
	hasty.Dialer = srv.Dial
	h := redis.NewClient(&hasty)
	t.Cleanup(func() { _ = h.Close() })
	err := h.Get(t.Context(), "k").Err()
	var timeout net.Error
	require.True(t, errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, os.ErrDeadlineExceeded), "%v", err)
}

// Subtests start with the same data, and the client stays connected.
func TestKitSnapshots(t *testing.T) {
	srv, c := kit(t, redis.Options{})
	ctx := t.Context()
	base := nooktest.Keys{
		"stock":   nooktest.ZSet{"apple": 3, "pear": 1},
		"session": nooktest.Expiring{Value: nooktest.String("ada"), TTL: time.Hour},
	}
	srv.Fill(base)
	ready := srv.Snapshot()
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			ready.Restore()
			srv.RequireKeys(t, base)
			require.NoError(t, c.ZIncrBy(ctx, "stock", -1, "apple").Err())
			require.NoError(t, c.FlushDB(ctx).Err())
			require.NoError(t, c.Set(ctx, "new", i, 0).Err())
			srv.Advance(2 * time.Hour)
			require.Len(t, srv.Commands(nooktest.Named("ZINCRBY")), 1)
		})
	}
}

// Tests in parallel have nothing to do with each other.
func TestKitsAreApart(t *testing.T) {
	for i := range 6 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			srv, c := kit(t, once)
			ready := srv.Snapshot()
			if i%2 == 0 {
				srv.Inject(nooktest.Fault{Command: "GET", Effect: nooktest.FailWith("ERR no")})
			}
			for range 50 {
				ready.Restore()
				require.EqualValues(t, 1, c.Incr(t.Context(), "n").Val())
				srv.Advance(time.Second)
				srv.RequireCommands(t, "incr n")
			}
			if i%2 == 1 {
				require.NoError(t, c.Get(t.Context(), "n").Err())
			}
		})
	}
}

// The same test passes with a real server, where there is one.
func TestKitWithRealServer(t *testing.T) {
	redistest.Shared(t) // skips the test, or fails it, if there is none
	for _, where := range []string{"", "redis-server"} {
		t.Setenv(nooktest.RedisEnv, where)
		srv, c := kit(t, redis.Options{})
		require.NoError(t, c.HSet(t.Context(), "user:1", "name", "ada", "born", 1815).Err())
		require.NoError(t, c.Expire(t.Context(), "user:1", time.Minute).Err())
		srv.RequireKeys(t, nooktest.Keys{
			"user:1": nooktest.Expiring{Value: nooktest.Hash{"name": "ada", "born": "1815"}, TTL: time.Minute},
		})
	}
}

package interop

import (
	"strings"
	"testing"
	"time"

	redigo "github.com/gomodule/redigo/redis"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
	"github.com/nookdb/nook/server"
)

// withUser are the options of a nook that speaks TLS, and knows nobody but a user who may use some keys and channels.
var withUser = nooktest.Options{TLS: true, RealTime: true, Server: server.Options{Users: map[string]string{
	"default": "off", "app": "on >secret ~app:* &app:* +@all -@dangerous +info",
}}}

const denied = "NOPERM this user has no permissions to access one of the keys used as arguments"

// big does not fit into one record of TLS.
var big = strings.Repeat("v", 100_000)

func TestGoRedisOverTLS(t *testing.T) {
	srv := nooktest.RunWith(t, withUser)
	ctx := t.Context()
	client := func(password string) *redis.Client {
		c := redis.NewClient(&redis.Options{Addr: srv.Addr(), TLSConfig: srv.TLSConfig(), Username: "app", Password: password})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	require.ErrorContains(t, client("wrong").Ping(ctx).Err(), "WRONGPASS")
	c := client("secret")
	equal(t, "OK")(c.Set(ctx, "app:k", big, 0).Result())
	equal(t, big)(c.Get(ctx, "app:k").Result())
	require.EqualError(t, c.Get(ctx, "k").Err(), denied)
	equal(t, "app")(c.ACLWhoAmI(ctx).Result())
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.RPush(ctx, "app:l", "a", "b")
		p.LPop(ctx, "other")
		return nil
	})
	require.EqualError(t, err, denied)
	require.ErrorIs(t, c.BLPop(ctx, 10*time.Millisecond, "app:none").Err(), redis.Nil) // which ends a read
	equal(t, []string{"app:l", "a"})(c.BLPop(ctx, time.Second, "app:l").Result())
	waits := make(chan []string)
	go func() {
		got, _ := c.BLPop(ctx, time.Minute, "app:later").Result() // what it gets is looked at
		waits <- got
	}()
	require.Eventually(t, func() bool {
		return strings.Contains(c.Info(ctx, "clients").Val(), "blocked_clients:1\r\n")
	}, 10*time.Second, time.Millisecond)
	equal(t, int64(1))(c.RPush(ctx, "app:later", big).Result())
	require.Equal(t, []string{"app:later", big}, <-waits)

	sub := c.Subscribe(ctx, "app:news")
	defer sub.Close()
	_, err = sub.Receive(ctx)
	require.NoError(t, err)
	equal(t, int64(1))(c.Publish(ctx, "app:news", big).Result())
	m, err := sub.ReceiveMessage(ctx)
	require.NoError(t, err)
	require.Equal(t, big, m.Payload)
	require.ErrorContains(t, c.Publish(ctx, "news", "x").Err(), "NOPERM")
}

// TestGoRedisACL has go-redis read the replies of ACL, of a real server too.
func TestGoRedisACL(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.goRedis(t, redis.Options{}), t.Context()
		equal(t, "OK")(c.ACLSetUser(ctx, "ann", "on", ">p", "~a*", "+get").Result())
		equal(t, []string{"ann", "default"})(c.ACLUsers(ctx).Result())
		equal(t, "This user has no permissions to access the 'b' key")(c.ACLDryRun(ctx, "ann", "get", "b").Result())
		equal(t, "OK")(c.ACLLogReset(ctx).Result())
		ann := x.goRedis(t, redis.Options{Username: "ann", Password: "p"})
		require.EqualError(t, ann.Get(ctx, "b").Err(), denied)
		log, err := c.ACLLog(ctx, 10).Result()
		require.NoError(t, err)
		last := log[0]
		require.Equal(t, []string{"key", "toplevel", "b", "ann"}, []string{last.Reason, last.Context, last.Object, last.Username})
		require.Equal(t, "ann", last.ClientInfo.User)
		password, err := c.ACLGenPass(ctx, 0).Result()
		require.NoError(t, err)
		require.Len(t, password, 64)
		equal(t, int64(1))(c.ACLDelUser(ctx, "ann").Result())
	})
}

func TestRedigoOverTLS(t *testing.T) {
	srv := nooktest.RunWith(t, withUser)
	dial := func(password string) (redigo.Conn, error) {
		return redigo.Dial("tcp", srv.Addr(), redigo.DialUseTLS(true), redigo.DialTLSConfig(srv.TLSConfig()),
			redigo.DialUsername("app"), redigo.DialPassword(password))
	}
	_, err := dial("wrong")
	require.ErrorContains(t, err, "WRONGPASS")
	c, err := dial("secret")
	require.NoError(t, err)
	defer c.Close()
	equal(t, "OK")(redigo.String(c.Do("SET", "app:k", big)))
	equal(t, big)(redigo.String(c.Do("GET", "app:k")))
	_, err = c.Do("GET", "k")
	require.EqualError(t, err, denied)
	_, err = redigo.Values(c.Do("BLPOP", "app:none", 0.01))
	require.ErrorIs(t, err, redigo.ErrNil)
	equal(t, "app")(redigo.String(c.Do("ACL", "WHOAMI")))
}

func TestRueidisOverTLS(t *testing.T) {
	srv := nooktest.RunWith(t, withUser)
	client := func(password string) (rueidis.Client, error) {
		return rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{srv.Addr()}, TLSConfig: srv.TLSConfig(), Username: "app", Password: password, DisableCache: true,
		})
	}
	_, err := client("wrong")
	require.ErrorContains(t, err, "WRONGPASS")
	c, err := client("secret")
	require.NoError(t, err)
	defer c.Close()
	ctx := t.Context()
	require.NoError(t, c.Do(ctx, c.B().Set().Key("app:k").Value(big).Build()).Error())
	equal(t, big)(c.Do(ctx, c.B().Get().Key("app:k").Build()).ToString())
	require.ErrorContains(t, c.Do(ctx, c.B().Get().Key("k").Build()).Error(), denied)
	require.True(t, rueidis.IsRedisNil(c.Do(ctx, c.B().Blpop().Key("app:none").Timeout(0.01).Build()).Error()))
	equal(t, "app")(c.Do(ctx, c.B().AclWhoami().Build()).ToString())
}

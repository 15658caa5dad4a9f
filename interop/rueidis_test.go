package interop

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// rueidis returns a rueidis client without its cache, and with no options but those given and the way.
func (x target) rueidis(t testing.TB, o rueidis.ClientOption) rueidis.Client {
	t.Helper()
	c, err := x.dialRueidis(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func (x target) dialRueidis(o rueidis.ClientOption) (rueidis.Client, error) {
	o.DisableCache = true
	return rueidis.NewClient(x.rueidisOptions(o))
}

// rueidisOptions are the options with the way.
func (x target) rueidisOptions(o rueidis.ClientOption) rueidis.ClientOption {
	o.InitAddress = []string{x.addr}
	if x.dial != nil {
		o.InitAddress = []string{"some.host:6379"}
		o.DialCtxFn = func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return x.dial(ctx, "tcp", addr)
		}
	}
	return o
}

func TestRueidisStrings(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.rueidis(t, rueidis.ClientOption{}), t.Context()
		require.NoError(t, c.Do(ctx, c.B().Set().Key("k").Value("v\r\n\x00").Ex(time.Minute).Build()).Error())
		equal(t, "v\r\n\x00")(c.Do(ctx, c.B().Get().Key("k").Build()).ToString())
		require.True(t, rueidis.IsRedisNil(c.Do(ctx, c.B().Get().Key("none").Build()).Error()))
		require.True(t, rueidis.IsRedisNil(c.Do(ctx, c.B().Set().Key("k").Value("w").Nx().Build()).Error()))
		equal(t, "v\r\n\x00")(c.Do(ctx, c.B().Set().Key("k").Value("w").Get().Keepttl().Build()).ToString())
		equal(t, int64(60))(c.Do(ctx, c.B().Ttl().Key("k").Build()).AsInt64())
		equal(t, int64(7))(c.Do(ctx, c.B().Incrby().Key("n").Increment(7).Build()).AsInt64())
		equal(t, 7.5)(c.Do(ctx, c.B().Incrbyfloat().Key("n").Increment(0.5).Build()).AsFloat64())
		require.NoError(t, c.Do(ctx, c.B().Mset().KeyValue().KeyValue("a", "1").KeyValue("b", "2").Build()).Error())
		equal(t, []string{"1", "", "2"})(c.Do(ctx, c.B().Mget().Key("a", "none", "b").Build()).AsStrSlice())
		failure := c.Do(ctx, c.B().Incr().Key("k").Build()).Error()
		reply, ok := rueidis.IsRedisErr(failure)
		require.True(t, ok)
		require.Equal(t, "value is not an integer or out of range", reply.Error()) // rueidis cuts ERR off

		lcs, err := c.Do(ctx, c.B().Lcs().Key1("k").Key2("k").Idx().Build()).AsMap()
		require.NoError(t, err)
		size := lcs["len"]
		equal(t, int64(1))(size.AsInt64())
	})
}

func TestRueidisBitmaps(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.rueidis(t, rueidis.ClientOption{}), t.Context()
		equal(t, int64(0))(c.Do(ctx, c.B().Setbit().Key("b").Offset(3).Value(1).Build()).AsInt64())
		equal(t, int64(1))(c.Do(ctx, c.B().Bitcount().Key("b").Build()).AsInt64())
		equal(t, int64(3))(c.Do(ctx, c.B().Bitpos().Key("b").Bit(1).Build()).AsInt64())
		equal(t, int64(1))(c.Do(ctx, c.B().Bitop().Not().Destkey("c").Key("b").Build()).AsInt64())
		equal(t, "\xef")(c.Do(ctx, c.B().Get().Key("c").Build()).ToString())
		equal(t, []int64{0, 3})(c.Do(ctx, c.B().Bitfield().Key("f").Set("u2", 0, 3).Get("u2", 0).Build()).AsIntSlice())
	})
}

func TestRueidisKeys(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.rueidis(t, rueidis.ClientOption{}), t.Context()
		var want []string
		for i := range 300 {
			key := strconv.Itoa(i)
			want = append(want, key)
			require.NoError(t, c.Do(ctx, c.B().Set().Key(key).Value(key).Build()).Error())
		}
		var keys []string
		for more := uint64(0); ; {
			page, err := c.Do(ctx, c.B().Scan().Cursor(more).Count(50).Build()).AsScanEntry()
			require.NoError(t, err)
			keys = append(keys, page.Elements...)
			if more = page.Cursor; more == 0 {
				break
			}
		}
		slices.Sort(keys)
		slices.Sort(want)
		require.Equal(t, want, slices.Compact(keys))
		equal(t, "string")(c.Do(ctx, c.B().Type().Key("1").Build()).ToString())
		equal(t, true)(c.Do(ctx, c.B().Expire().Key("1").Seconds(100).Build()).AsBool())
		equal(t, int64(100))(c.Do(ctx, c.B().Ttl().Key("1").Build()).AsInt64())
		equal(t, int64(2))(c.Do(ctx, c.B().Del().Key("1", "2", "none").Build()).AsInt64())
	})
}

// rueidis sends the commands of all goroutines over few connections, in
// pipelines that it forms by itself.
func TestRueidisAutoPipeline(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.rueidis(t, rueidis.ClientOption{AlwaysPipelining: true}), t.Context()
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				for n := range 100 {
					got, err := c.Do(ctx, c.B().Incr().Key(strconv.Itoa(i)).Build()).AsInt64()
					if err != nil || got != int64(n+1) {
						t.Errorf("INCR %d: %d, %v", i, got, err)
						return
					}
				}
			})
		}
		all.Wait()
	})
}

func TestRueidisLongPipeline(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.rueidis(t, rueidis.ClientOption{}), t.Context()
		const commands = 10_000
		value := string(make([]byte, 300))
		var batch rueidis.Commands
		for i := range commands {
			key := strconv.Itoa(i)
			batch = append(batch, c.B().Set().Key(key).Value(value).Build(), c.B().Get().Key(key).Build())
		}
		replies := c.DoMulti(ctx, batch...)
		require.Len(t, replies, 2*commands)
		for i := 0; i < len(replies); i += 2 {
			require.NoError(t, replies[i].Error())
			equal(t, value)(replies[i+1].ToString())
		}
	})
}

func TestRueidisTransactions(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, ctx := x.rueidis(t, rueidis.ClientOption{}), t.Context()
		transact := func(meanwhile func()) (results []rueidis.RedisMessage, err error) {
			failure := c.Dedicated(func(d rueidis.DedicatedClient) error {
				if err := d.Do(ctx, d.B().Watch().Key("n").Build()).Error(); err != nil {
					return err
				}
				meanwhile()
				replies := d.DoMulti(ctx,
					d.B().Multi().Build(),
					d.B().Incr().Key("n").Build(),
					d.B().Get().Key("n").Build(),
					d.B().Exec().Build())
				results, err = replies[3].ToArray()
				return nil
			})
			require.NoError(t, failure)
			return results, err
		}
		results, err := transact(func() {})
		require.NoError(t, err)
		require.Len(t, results, 2)
		equal(t, int64(1))(results[0].AsInt64())
		equal(t, "1")(results[1].ToString())
		_, err = transact(func() {
			require.NoError(t, c.Do(ctx, c.B().Set().Key("n").Value("5").Build()).Error())
		})
		require.True(t, rueidis.IsRedisNil(err))
		equal(t, "5")(c.Do(ctx, c.B().Get().Key("n").Build()).ToString())
	})
}

func TestRueidisConnection(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		for _, resp2 := range []bool{false, true} {
			ctx := t.Context()
			c := x.rueidis(t, rueidis.ClientOption{SelectDB: 2, ClientName: "worker-3", AlwaysRESP2: resp2})
			equal(t, "PONG")(c.Do(ctx, c.B().Ping().Build()).ToString())
			equal(t, "worker-3")(c.Do(ctx, c.B().ClientGetname().Build()).ToString())
			info, err := c.Do(ctx, c.B().ClientInfo().Build()).ToString()
			require.NoError(t, err)
			require.Contains(t, info, " db=2 ")
			if x.isNook() {
				require.Contains(t, info, "lib-name=rueidis")
			}
		}
	})
}

func TestRueidisPassword(t *testing.T) {
	locked(t, func(t *testing.T, x target) {
		for _, o := range []rueidis.ClientOption{
			{Password: password},
			{Username: "default", Password: password},
			{Password: password, AlwaysRESP2: true},
		} {
			c := x.rueidis(t, o)
			equal(t, "PONG")(c.Do(t.Context(), c.B().Ping().Build()).ToString())
		}
		_, err := x.dialRueidis(rueidis.ClientOption{Password: "guess"})
		require.ErrorContains(t, err, "WRONGPASS")
	})
}

func TestRueidisURL(t *testing.T) {
	o, err := rueidis.ParseURL(nooktest.RunWith(t, withPassword).URL())
	require.NoError(t, err)
	o.DisableCache = true
	c, err := rueidis.NewClient(o)
	require.NoError(t, err)
	defer c.Close()
	equal(t, "PONG")(c.Do(t.Context(), c.B().Ping().Build()).ToString())
}

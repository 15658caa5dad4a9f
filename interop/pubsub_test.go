package interop

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	redigo "github.com/gomodule/redigo/redis"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"
)

// next is the next message on a channel, in words.
func next(t testing.TB, messages <-chan *redis.Message) string {
	t.Helper()
	select {
	case m := <-messages:
		return m.Pattern + " " + m.Channel + " " + m.Payload
	case <-t.Context().Done():
		require.Fail(t, "no message")
		return ""
	}
}

func TestGoRedisPubSub(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		sub := c.Subscribe(ctx, "a", "b")
		defer sub.Close()
		for range 2 {
			confirmed, err := sub.Receive(ctx)
			require.NoError(t, err)
			require.Equal(t, "subscribe", confirmed.(*redis.Subscription).Kind)
		}
		require.NoError(t, sub.PSubscribe(ctx, "a*"))
		confirmed, err := sub.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, &redis.Subscription{Kind: "psubscribe", Channel: "a*", Count: 3}, confirmed)
		require.NoError(t, sub.Ping(ctx, "hello"))
		pong, err := sub.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, &redis.Pong{Payload: "hello"}, pong)

		messages := sub.Channel()
		equal(t, int64(2))(c.Publish(ctx, "a", "1").Result())
		require.Equal(t, " a 1", next(t, messages))
		require.Equal(t, "a* a 1", next(t, messages))
		equal(t, int64(1))(c.Publish(ctx, "ab", "2").Result())
		require.Equal(t, "a* ab 2", next(t, messages))
		_, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Publish(ctx, "b", "3")
			p.Set(ctx, "k", "v", 0)
			p.Publish(ctx, "b", "4")
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, " b 3", next(t, messages))
		require.Equal(t, " b 4", next(t, messages))

		shard := c.SSubscribe(ctx, "s")
		defer shard.Close()
		_, err = shard.Receive(ctx)
		require.NoError(t, err)
		equal(t, int64(1))(c.SPublish(ctx, "s", "5").Result())
		require.Equal(t, " s 5", next(t, shard.Channel()))

		channels, err := c.PubSubChannels(ctx, "*").Result()
		slices.Sort(channels)
		equal(t, []string{"a", "b"})(channels, err)
		equal(t, map[string]int64{"a": 1, "x": 0})(c.PubSubNumSub(ctx, "a", "x").Result())
		equal(t, int64(1))(c.PubSubNumPat(ctx).Result())
		equal(t, []string{"s"})(c.PubSubShardChannels(ctx, "*").Result())
		equal(t, map[string]int64{"s": 1})(c.PubSubShardNumSub(ctx, "s").Result())
		require.NoError(t, sub.Close())
		require.NoError(t, shard.Close())
		for c.PubSubNumPat(ctx).Val()+int64(len(c.PubSubShardChannels(ctx, "*").Val())) > 0 {
			continue // servers notice a little later
		}
	})
}

func TestRedigoPubSub(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		p := x.redigo(t)
		c := redigo.PubSubConn{Conn: x.redigo(t)}
		require.NoError(t, c.Subscribe("a", "b"))
		require.Equal(t, redigo.Subscription{Kind: "subscribe", Channel: "a", Count: 1}, c.Receive())
		require.Equal(t, redigo.Subscription{Kind: "subscribe", Channel: "b", Count: 2}, c.Receive())
		require.NoError(t, c.PSubscribe("*"))
		require.Equal(t, redigo.Subscription{Kind: "psubscribe", Channel: "*", Count: 3}, c.Receive())
		equal(t, 2)(redigo.Int(p.Do("PUBLISH", "a", []byte("\r\n\x00"))))
		require.Equal(t, redigo.Message{Channel: "a", Data: []byte("\r\n\x00")}, c.Receive())
		require.Equal(t, redigo.Message{Channel: "a", Pattern: "*", Data: []byte("\r\n\x00")}, c.Receive())
		require.NoError(t, c.Ping("x"))
		require.Equal(t, redigo.Pong{Data: "x"}, c.Receive())
		require.NoError(t, c.Unsubscribe("a"))
		require.Equal(t, redigo.Subscription{Kind: "unsubscribe", Channel: "a", Count: 2}, c.Receive())
		require.NoError(t, c.PUnsubscribe())
		require.Equal(t, redigo.Subscription{Kind: "punsubscribe", Channel: "*", Count: 1}, c.Receive())
		require.NoError(t, c.Unsubscribe())
		require.Equal(t, redigo.Subscription{Kind: "unsubscribe", Channel: "b", Count: 0}, c.Receive())
		equal(t, "OK")(redigo.String(c.Conn.Do("SET", "k", "v"))) // an ordinary connection again
	})
}

func TestRueidisPubSub(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		const count = 100
		c := x.rueidis(t, rueidis.ClientOption{})
		ctx, cancel := context.WithCancel(t.Context())
		var receiver sync.WaitGroup
		var got []string
		receiver.Go(func() {
			err := c.Receive(ctx, c.B().Subscribe().Channel("a").Build(), func(m rueidis.PubSubMessage) {
				if got = append(got, m.Message); len(got) == count {
					cancel()
				}
			})
			if err != context.Canceled {
				panic(err)
			}
		})
		receivers := func() int64 {
			m, err := c.Do(t.Context(), c.B().PubsubNumsub().Channel("a").Build()).AsIntMap()
			require.NoError(t, err)
			return m["a"]
		}
		for receivers() == 0 {
			continue
		}
		var want []string
		for n := range count {
			want = append(want, strconv.Itoa(n))
			require.NoError(t, c.Do(t.Context(), c.B().Publish().Channel("a").Message(want[n]).Build()).Error())
		}
		receiver.Wait()
		require.Equal(t, want, got)

		d, release := c.Dedicate()
		defer release()
		messages := make(chan rueidis.PubSubMessage, 2)
		ended := d.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) { messages <- m }})
		require.NoError(t, d.Do(t.Context(), d.B().Psubscribe().Pattern("b*").Build()).Error())
		require.NoError(t, d.Do(t.Context(), d.B().Set().Key("k").Value("v").Build()).Error(), "in RESP3 the connection still works")
		require.NoError(t, d.Do(t.Context(), d.B().Publish().Channel("bb").Message("own").Build()).Error())
		require.Equal(t, rueidis.PubSubMessage{Pattern: "b*", Channel: "bb", Message: "own"}, <-messages)
		require.NoError(t, d.Do(t.Context(), d.B().Punsubscribe().Build()).Error())
		require.NoError(t, c.Do(t.Context(), c.B().Publish().Channel("bb").Message("nobody").Build()).Error())
		require.Empty(t, messages)
		d.SetPubSubHooks(rueidis.PubSubHooks{})
		require.NoError(t, <-ended)
	})
}

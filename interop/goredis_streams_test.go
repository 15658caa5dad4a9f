package interop

import (
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// message returns an entry {f: v}.
func message(id, v string) redis.XMessage {
	return redis.XMessage{ID: id, Values: map[string]any{"f": v}}
}

func addMessages(t *testing.T, c *redis.Client, stream string, messages ...redis.XMessage) {
	for _, m := range messages {
		equal(t, m.ID)(c.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, ID: m.ID, Values: m.Values}).Result())
	}
}

func TestGoRedisStreams(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		one, two, three := message("1-1", "a"), message("1-2", "b"), message("2-0", "c\r\n\x00")
		addMessages(t, c, "s", one, two, three)
		equal(t, int64(3))(c.XLen(ctx, "s").Result())
		equal(t, []redis.XMessage{one, two, three})(c.XRange(ctx, "s", "-", "+").Result())
		equal(t, []redis.XMessage{two, three})(c.XRange(ctx, "s", "(1-1", "2").Result())
		equal(t, []redis.XMessage{three})(c.XRevRangeN(ctx, "s", "+", "-", 1).Result())
		equal(t, []redis.XMessage{})(c.XRange(ctx, "none", "-", "+").Result())
		require.Error(t, c.XAdd(ctx, &redis.XAddArgs{Stream: "s", ID: "1-1", Values: []any{"f", "v"}}).Err())
		require.ErrorIs(t, c.XAdd(ctx, &redis.XAddArgs{Stream: "none", NoMkStream: true, Values: []any{"f", "v"}}).Err(), redis.Nil)

		info := c.XInfoStream(ctx, "s").Val()
		require.EqualValues(t, 3, info.Length)
		require.EqualValues(t, 3, info.EntriesAdded)
		require.Equal(t, "2-0", info.LastGeneratedID)
		require.Equal(t, one, info.FirstEntry)
		require.Equal(t, three, info.LastEntry)
		full := c.XInfoStreamFull(ctx, "s", 2).Val()
		require.Equal(t, []redis.XMessage{one, two}, full.Entries)

		equal(t, int64(1))(c.XDel(ctx, "s", "1-1", "9").Result())
		equal(t, int64(1))(c.XTrimMaxLen(ctx, "s", 1).Result())
		equal(t, int64(1))(c.XTrimMinIDApprox(ctx, "s", "9", 0).Result())
		equal(t, "3-0")(c.XAdd(ctx, &redis.XAddArgs{Stream: "s", MaxLen: 1, ID: "3-*", Values: []any{"f", "v"}}).Result())
		equal(t, int64(1))(c.XLen(ctx, "s").Result())
	})
}

func TestGoRedisXRead(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, x target, c *redis.Client) {
		ctx := t.Context()
		one, two := message("1-1", "a"), message("1-2", "b")
		addMessages(t, c, "s", one, two)
		equal(t, []redis.XStream{{Stream: "s", Messages: []redis.XMessage{two}}})(
			c.XRead(ctx, &redis.XReadArgs{Streams: []string{"s", "1-1"}, Block: -1}).Result())
		require.ErrorIs(t, c.XRead(ctx, &redis.XReadArgs{Streams: []string{"s", "$"}, Block: -1}).Err(), redis.Nil)

		waiting := make(chan []redis.XStream, 1)
		go func() {
			found, _ := c.XRead(ctx, &redis.XReadArgs{Streams: []string{"none", "s", "0", "1-2"}}).Result()
			waiting <- found
		}()
		other := x.goRedis(t, redis.Options{})
		for ms := 5; len(waiting) == 0; ms++ { // until it waits
			addMessages(t, other, "s", message(strconv.Itoa(ms)+"-0", "c"))
		}
		require.Equal(t, message("5-0", "c"), (<-waiting)[0].Messages[0])
	})
}

package interop

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// redigo returns a redigo connection with no options but those given and the
// way.
func (x target) redigo(t testing.TB, o ...redis.DialOption) redis.Conn {
	t.Helper()
	c, err := x.dialRedigo(o...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (x target) dialRedigo(o ...redis.DialOption) (redis.Conn, error) {
	if x.dial != nil {
		o = append(o, redis.DialContextFunc(x.dial))
	}
	return redis.Dial("tcp", x.addr, o...)
}

func TestRedigoStrings(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		equal(t, "OK")(redis.String(c.Do("SET", "k", []byte("v\r\n\x00"), "EX", 60)))
		equal(t, []byte("v\r\n\x00"))(redis.Bytes(c.Do("GET", "k")))
		_, err := redis.String(c.Do("GET", "none"))
		require.ErrorIs(t, err, redis.ErrNil)
		equal(t, 60)(redis.Int(c.Do("TTL", "k")))
		equal(t, int64(7))(redis.Int64(c.Do("INCRBY", "n", 7)))
		equal(t, 7.5)(redis.Float64(c.Do("INCRBYFLOAT", "n", 0.5)))
		equal(t, "OK")(redis.String(c.Do("MSET", redis.Args{}.AddFlat(map[string]int{"a": 1, "b": 2})...)))
		equal(t, []int{1, 2})(redis.Ints(c.Do("MGET", "a", "b")))
		equal(t, []string{"1", "", "2"})(redis.Strings(c.Do("MGET", "a", "none", "b")))

		values, err := redis.Values(c.Do("MGET", "a", "n"))
		require.NoError(t, err)
		var a int
		var n float64
		_, err = redis.Scan(values, &a, &n)
		require.NoError(t, err)
		require.Equal(t, 1, a)
		require.InDelta(t, 7.5, n, 0)

		_, err = c.Do("INCR", "k")
		require.Equal(t, redis.Error("ERR value is not an integer or out of range"), err)
		require.NoError(t, c.Err()) // the connection goes on
		lcs, err := redis.Values(c.Do("LCS", "k", "k", "IDX"))
		require.NoError(t, err)
		require.Len(t, lcs, 4) // a map is a flat array in RESP2
	})
}

func TestRedigoBitmaps(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		equal(t, 0)(redis.Int(c.Do("SETBIT", "b", 3, 1)))
		equal(t, 1)(redis.Int(c.Do("BITCOUNT", "b")))
		equal(t, 3)(redis.Int(c.Do("BITPOS", "b", 1)))
		equal(t, 1)(redis.Int(c.Do("BITOP", "NOT", "c", "b")))
		equal(t, "\xef")(redis.String(c.Do("GET", "c")))
		equal(t, []any{int64(0), nil})(redis.Values(c.Do("BITFIELD", "f",
			"SET", "u2", 0, 3, "OVERFLOW", "FAIL", "INCRBY", "u2", 0, 1)))
	})
}

func TestRedigoKeys(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		for i := range 500 {
			require.NoError(t, c.Send("SET", i, i))
		}
		_, err := c.Do("")
		require.NoError(t, err)
		equal(t, 500)(redis.Int(c.Do("DBSIZE")))
		require.Len(t, redigoScan(t, c), 500)
		equal(t, true)(redis.Bool(c.Do("RENAMENX", 1, "one")))
		equal(t, "string")(redis.String(c.Do("TYPE", "one")))
		equal(t, 2)(redis.Int(c.Do("DEL", "one", 2, "none")))
		equal(t, true)(redis.Bool(c.Do("EXPIRE", 3, 100)))
		equal(t, 100)(redis.Int(c.Do("TTL", 3)))
		equal(t, true)(redis.Bool(c.Do("PERSIST", 3)))
		equal(t, -1)(redis.Int(c.Do("TTL", 3)))
	})
}

// redigoScan returns all keys.
func redigoScan(t *testing.T, c redis.Conn) []string {
	t.Helper()
	var all []string
	for cursor := "0"; ; {
		page, err := redis.Values(c.Do("SCAN", cursor, "COUNT", 50))
		require.NoError(t, err)
		var keys []string
		_, err = redis.Scan(page, &cursor, &keys)
		require.NoError(t, err)
		all = append(all, keys...)
		if cursor == "0" {
			slices.Sort(all)
			return slices.Compact(all)
		}
	}
}

func TestRedigoPipeline(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t)
		const commands = 10_000
		value := make([]byte, 300)
		for i := range commands {
			require.NoError(t, c.Send("SET", i, value))
			require.NoError(t, c.Send("GET", i))
		}
		require.NoError(t, c.Flush())
		for range commands {
			equal(t, "OK")(redis.String(c.Receive()))
			equal(t, value)(redis.Bytes(c.Receive()))
		}
	})
}

func TestRedigoTransactions(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c, other := x.redigo(t), x.redigo(t)
		transact := func() (any, error) {
			require.NoError(t, c.Send("MULTI"))
			require.NoError(t, c.Send("INCR", "n"))
			require.NoError(t, c.Send("APPEND", "n", "x"))
			require.NoError(t, c.Send("INCR", "n"))
			return c.Do("EXEC")
		}
		results, err := redis.Values(transact())
		require.NoError(t, err)
		require.Equal(t, []any{int64(1), int64(2), redis.Error("ERR value is not an integer or out of range")}, results)

		_, err = c.Do("WATCH", "n")
		require.NoError(t, err)
		equal(t, "OK")(redis.String(other.Do("SET", "n", 0)))
		equal[any](t, nil)(transact())
		equal(t, "0")(redis.String(c.Do("GET", "n")))

		equal(t, "OK")(redis.String(c.Do("MULTI")))
		equal(t, "QUEUED")(redis.String(c.Do("INCR", "n")))
		fails[any](t, "ERR unknown command 'nosuch'")(c.Do("nosuch"))
		fails[any](t, "EXECABORT Transaction discarded because of previous errors.")(c.Do("EXEC"))
		fails[any](t, "ERR DISCARD without MULTI")(c.Do("DISCARD"))
	})
}

func TestRedigoPool(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		pool := &redis.Pool{
			MaxIdle: 3, MaxActive: 5, Wait: true, IdleTimeout: time.Minute,
			DialContext: func(context.Context) (redis.Conn, error) { return x.dialRedigo() },
			TestOnBorrow: func(c redis.Conn, _ time.Time) error {
				_, err := c.Do("PING")
				return err
			},
		}
		defer func() { _ = pool.Close() }()
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				for range 20 {
					c := pool.Get()
					if _, err := c.Do("INCR", "k"+strconv.Itoa(i)); err != nil {
						t.Error(err)
					}
					_ = c.Close()
				}
			})
		}
		all.Wait()
		c := pool.Get()
		equal(t, "20")(redis.String(c.Do("GET", "k7")))
		// A transaction that is left open ends when the pool takes the connection back.
		_, err := c.Do("MULTI")
		require.NoError(t, err)
		require.NoError(t, c.Close())
		c = pool.Get()
		equal(t, "20")(redis.String(c.Do("GET", "k7")))
		require.NoError(t, c.Close())
	})
}

func TestRedigoConnection(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		c := x.redigo(t, redis.DialDatabase(4), redis.DialClientName("worker-2"), redis.DialReadTimeout(time.Minute))
		equal(t, "worker-2")(redis.String(c.Do("CLIENT", "GETNAME")))
		info, err := redis.String(c.Do("CLIENT", "INFO"))
		require.NoError(t, err)
		require.Contains(t, info, " db=4 ")
		equal(t, "OK")(redis.String(c.Do("SELECT", 0)))
		equal(t, "hi")(redis.String(c.Do("PING", "hi")))
		hello, err := redis.Values(c.Do("HELLO"))
		require.NoError(t, err)
		require.Equal(t, []byte("redis"), hello[1])
	})
}

func TestRedigoPassword(t *testing.T) {
	locked(t, func(t *testing.T, x target) {
		c := x.redigo(t, redis.DialPassword(password))
		equal(t, "PONG")(redis.String(c.Do("PING")))
		c = x.redigo(t, redis.DialUsername("default"), redis.DialPassword(password), redis.DialDatabase(1))
		equal(t, "PONG")(redis.String(c.Do("PING")))
		_, err := x.dialRedigo(redis.DialPassword("guess"))
		require.ErrorContains(t, err, "WRONGPASS")
		fails[any](t, "NOAUTH Authentication required.")(x.redigo(t).Do("GET", "k"))
	})
}

func TestRedigoURL(t *testing.T) {
	c, err := redis.DialURL(nooktest.RunWith(t, withPassword).URL())
	require.NoError(t, err)
	equal(t, "PONG")(redis.String(c.Do("PING")))
	require.NoError(t, c.Close())
}

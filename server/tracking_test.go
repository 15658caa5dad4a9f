package server

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

func do(c *redistest.Conn, command ...string) string { return brief(c.Do(command...)) }

// id returns the number of a connection.
func id(c *redistest.Conn) string { return strconv.FormatInt(c.Do("CLIENT", "ID").Int, 10) }

// TestTrackingRedirected has a connection of the old protocol told in the place of others, until it goes.
func TestTrackingRedirected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		reader, listener, writer := h.client(), h.client(), h.client()
		reader.Hello(3)
		require.Equal(t, `+OK`, do(reader, "CLIENT", "TRACKING", "on", "REDIRECT", id(listener)))
		require.Contains(t, reader.Do("CLIENT", "INFO").Str, "flags=t ")
		require.Contains(t, reader.Do("CLIENT", "INFO").Str, "redir="+id(listener)+" ")
		require.Equal(t, "nil", do(reader, "GET", "k"))
		require.Equal(t, "+OK", do(writer, "SET", "k", "1"))
		require.Equal(t, "+PONG", do(listener, "PING"), "it is not subscribed")
		require.Equal(t, `["subscribe" "__redis__:invalidate" :1]`, do(listener, "SUBSCRIBE", "__redis__:invalidate"))
		require.Equal(t, `"1"`, do(reader, "GET", "k"))
		require.Equal(t, "+OK", do(writer, "SET", "k", "2"))
		require.Equal(t, `["message" "__redis__:invalidate" ["k"]]`, received(t, listener))
		require.Equal(t, "+OK", do(writer, "FLUSHALL"))
		require.Equal(t, `["message" "__redis__:invalidate" nil]`, received(t, listener))

		require.Equal(t, "nil", do(reader, "GET", "k"))
		gone := id(writer)
		require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "on", "REDIRECT", gone))
		require.Equal(t, ":1", do(reader, "CLIENT", "KILL", "ID", gone))
		require.Equal(t, "nil", do(reader, "GET", "l"))
		other := h.client()
		require.Equal(t, "+OK", do(other, "SET", "l", "1"))
		require.Equal(t, `>2`+"\r\n$21\r\ntracking-redir-broken\r\n:"+gone, received(t, reader))
		require.Contains(t, brief(reader.Do("CLIENT", "TRACKINGINFO")), "broken_redirect")
		require.Contains(t, reader.Do("CLIENT", "INFO").Str, "flags=tR ")
		require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "on"))
		require.NotContains(t, brief(reader.Do("CLIENT", "TRACKINGINFO")), "broken_redirect")
	})
}

// TestTrackingReachesWhoWaits has an invalidation sent to a client whose command waits for others, or that is idle.
func TestTrackingReachesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		reader, writer := h.client(), h.client()
		reader.Hello(3)
		require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "on"))
		require.Equal(t, "nil", do(reader, "GET", "k"))
		send(reader, "BLPOP", "list", "0")
		synctest.Wait()
		require.Equal(t, "+OK", do(writer, "SET", "k", "1"))
		require.Equal(t, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk", received(t, reader))
		require.Equal(t, ":1", do(writer, "RPUSH", "list", "x"))
		require.Equal(t, `["list" "x"]`, received(t, reader))
		require.Equal(t, `"1"`, do(reader, "GET", "k"))
		_, err := h.store.Del("k") // no connection does it
		require.NoError(t, err)
		require.Equal(t, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk", received(t, reader))
	})
}

// TestTrackingOtherwise has a connection change from prefixes to what it reads, and back.
func TestTrackingOtherwise(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	c.Hello(3)
	for range 2 {
		require.Equal(t, "+OK", do(c, "CLIENT", "TRACKING", "on", "BCAST", "PREFIX", "u:"))
		require.Equal(t, "+OK", do(c, "SET", "u:1", "x"))
		require.Equal(t, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nu:1", received(t, c))
		require.Equal(t, "+OK", do(c, "CLIENT", "TRACKING", "off"))
		require.Equal(t, "+OK", do(c, "CLIENT", "TRACKING", "on"))
		require.Equal(t, `"x"`, do(c, "GET", "u:1"))
		require.Equal(t, "+OK", do(c, "SET", "u:1", "x"))
		require.Equal(t, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nu:1", received(t, c))
		require.Equal(t, "+OK", do(c, "CLIENT", "TRACKING", "off"))
	}
}

// TestCachingEnds has CLIENT CACHING followed by requests that end it, as they do in redis-server 7.0, or do not.
func TestCachingEnds(t *testing.T) {
	h := start(t, nil, nil)
	c, writer := h.client(), h.client()
	c.Hello(3)
	require.Equal(t, "+OK", do(c, "CLIENT", "TRACKING", "on", "OPTIN"))
	for _, next := range []struct {
		request []string
		tracked bool
	}{
		{[]string{"CLIENT", "ID"}, true},
		{[]string{"CLIENT", "ID", "x"}, true},
		{[]string{"CLIENT", "NOSUCH"}, false},
		{[]string{"NOSUCH"}, false},
		{[]string{"GET"}, false},
		{[]string{"PING"}, false},
	} {
		require.Equal(t, "+OK", do(c, "CLIENT", "CACHING", "yes"))
		c.Do(next.request...)
		c.Do("GET", "k")
		require.Equal(t, "+OK", do(writer, "SET", "k", "v"))
		c.Send("PING")
		told := receive(t, c).Kind == resp.KindPush
		require.Equal(t, next.tracked, told, next.request)
		if told {
			require.Equal(t, "PONG", receive(t, c).Str)
		}
	}
}

// TestTrackingEnds checks that nothing is left of a session that was tracked.
func TestTrackingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		reader, other := h.client(), h.client()
		require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "on"))
		require.Equal(t, "nil", do(reader, "GET", "k"))
		require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "off"))
		require.Equal(t, "+OK", do(reader, "CLIENT", "TRACKING", "on", "BCAST", "PREFIX", "u:"))
		stats, err := h.store.Stats()
		require.NoError(t, err)
		require.Equal(t, 1, stats.TrackedPrefixes)
		require.Equal(t, "+OK", do(reader, "QUIT"))
		synctest.Wait()
		require.Equal(t, "+OK", do(other, "SET", "u:1", "1"))
		stats, err = h.store.Stats()
		require.NoError(t, err)
		require.Zero(t, stats.TrackedPrefixes)
		require.Zero(t, stats.TrackedKeys)
	})
}

// TestRedirectionToWhoLeaves has a connection killed that is told in the place of another.
func TestRedirectionToWhoLeaves(t *testing.T) {
	h := start(t, nil, nil)
	c := h.over(h.connect("tcp"))
	x := h.server.session(c.Do("CLIENT", "ID").Int)
	var others sync.WaitGroup
	defer others.Wait()
	begun := make(chan struct{})
	others.Go(func() { // who has found the session before it leaves
		for n := 0; ; n++ {
			if n == 10 {
				close(begun)
			}
			x.accept(delivery{kind: redirected})
			select {
			case <-x.ended:
				return
			default:
			}
		}
	})
	<-begun
	x.kill()
	<-x.ended
}

package nooktest_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
	"github.com/nookdb/nook/server"
)

// ask connects to an address of a sentinel's, in memory.
func ask(t testing.TB, s *nooktest.Sentinel, addr string) *redistest.Conn {
	t.Helper()
	raw, err := s.Dial(t.Context(), "tcp", addr)
	require.NoError(t, err)
	return redistest.NewConn(t, raw)
}

func TestSentinelNamesThePrimary(t *testing.T) {
	s := nooktest.RunSentinel(t)
	sentinel := ask(t, s, s.Addrs()[0])
	primary := func() string {
		r := sentinel.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", nooktest.MasterName)
		return net.JoinHostPort(r.Elems[0].Str, r.Elems[1].Str)
	}
	require.Equal(t, s.PrimaryAddr(), primary())
	first := s.Primary()
	c := ask(t, s, primary())
	require.Equal(t, "OK", c.Do("SET", "k", "v").Str)
	require.Equal(t, "READONLY You can't write against a read only replica.", dial(t, s.Replica()).Do("SET", "k", "v").Str)
	require.Equal(t, "v", dial(t, s.Replica()).Do("GET", "k").Str)

	s.Failover()
	require.Same(t, first, s.Replica())
	c.Send("PING")
	_, err := c.Receive()
	require.Error(t, err, "who was connected is not any more")
	require.Equal(t, s.PrimaryAddr(), primary())
	raw, err := net.Dial("tcp", primary())
	require.NoError(t, err)
	require.Equal(t, "OK", redistest.NewConn(t, raw).Do("SET", "k", "w").Str)
	v, _, err := s.Store().Get("k")
	require.NoError(t, err)
	require.Equal(t, "w", v)

	require.Equal(t, "OK", sentinel.Do("SENTINEL", "FAILOVER", nooktest.MasterName).Str)
	require.Same(t, first, s.Primary())
}

// All listen where they are said to be, whatever a test has asked for.
func TestSentinelListens(t *testing.T) {
	s := nooktest.RunSentinel(t)
	s.Replica().Close()
	for _, addr := range []string{s.PrimaryAddr(), s.Addrs()[0]} {
		raw, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		require.Equal(t, "PONG", redistest.NewConn(t, raw).Do("PING").Str)
	}
}

func TestSentinelInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nooktest.RunSentinel(t)
		sub := ask(t, s, s.Addrs()[0])
		sub.Do("SUBSCRIBE", "+switch-master")
		c := ask(t, s, s.PrimaryAddr())
		c.Do("SET", "k", "v", "EX", "60")
		s.Failover()
		r, err := sub.Receive()
		require.NoError(t, err)
		require.Equal(t, "mymaster 127.0.0.1 7000 127.0.0.1 7001", r.Elems[2].Str)
		s.Advance(time.Minute)
		require.EqualValues(t, 0, ask(t, s, s.PrimaryAddr()).Do("EXISTS", "k").Int)
	})
}

func TestSentinelClose(t *testing.T) {
	s := nooktest.RunSentinel(t)
	addr := s.Addrs()[0]
	s.Replica().Close()
	require.Equal(t, "OK", ask(t, s, s.PrimaryAddr()).Do("SET", "k", "v").Str, "the store is not the replica's to close")
	s.Close()
	_, err := s.Dial(t.Context(), "tcp", addr)
	require.ErrorContains(t, err, "closed")
}

// A failover waits for requests under way, which may ask the kit what they like meanwhile.
func TestSentinelFailsOverDuringRequest(t *testing.T) {
	var s *nooktest.Sentinel
	begun, disconnected := make(chan struct{}), make(chan struct{})
	s = nooktest.RunSentinelWith(t, nooktest.Options{Server: server.Options{Intercept: func(r *server.Request) {
		if r.Args[0] == "GET" {
			close(begun)
			<-disconnected
			_ = s.PrimaryAddr()
		}
		r.Serve()
	}}})
	client := ask(t, s, s.PrimaryAddr())
	client.Send("GET", "k")
	client.Flush()
	<-begun
	over := make(chan struct{})
	go func() {
		defer close(over)
		s.Failover()
	}()
	_, err := client.Receive()
	require.Error(t, err)
	close(disconnected)
	<-over
}

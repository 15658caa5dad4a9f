package nooktest_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
)

// at connects to the node of an address, in memory.
func at(t testing.TB, c *nooktest.Cluster, addr string) *redistest.Conn {
	t.Helper()
	raw, err := c.Dial(t.Context(), "tcp", addr)
	require.NoError(t, err)
	return redistest.NewConn(t, raw)
}

func TestClusterSendsClientsOn(t *testing.T) {
	c := nooktest.RunCluster(t, 3)
	addrs := c.Addrs()
	require.Len(t, addrs, 3)
	require.Same(t, c.Nodes()[2], c.Node("a"))
	require.Equal(t, "MOVED 15495 "+addrs[2], at(t, c, addrs[0]).Do("SET", "a", "1").Str)
	require.Equal(t, "OK", at(t, c, addrs[2]).Do("SET", "a", "1").Str)
	raw, err := net.Dial("tcp", addrs[2])
	require.NoError(t, err)
	require.Equal(t, "1", redistest.NewConn(t, raw).Do("GET", "a").Str)
	v, _, err := c.Node("a").Store().Get("a")
	require.NoError(t, err)
	require.Equal(t, "1", v)

	c.MoveSlotOf("a", c.Nodes()[0])
	require.Same(t, c.Nodes()[0], c.Node("a"))
	require.Equal(t, "1", at(t, c, addrs[0]).Do("GET", "a").Str)
	require.Equal(t, "MOVED 15495 "+addrs[0], at(t, c, addrs[2]).Do("GET", "a").Str)

	c.OpenSlotOf("a", c.Nodes()[1])
	require.Equal(t, "ASK 15495 "+addrs[1], at(t, c, addrs[0]).Do("GET", "{a}none").Str)
	c.MoveKeys(c.Nodes()[1], "a")
	require.Equal(t, "ASK 15495 "+addrs[1], at(t, c, addrs[0]).Do("GET", "a").Str)

	_, err = c.Dial(t.Context(), "tcp", "elsewhere:1")
	require.ErrorContains(t, err, "nobody")
}

// Whoever knows one node finds all: each listens where the others say.
func TestClusterNodesListen(t *testing.T) {
	c := nooktest.RunCluster(t, 2)
	raw, err := net.Dial("tcp", c.Nodes()[0].Addr())
	require.NoError(t, err)
	moved := redistest.NewConn(t, raw).Do("GET", "a").Str
	require.Equal(t, "MOVED 15495 "+c.Nodes()[1].Addr(), moved)
	raw, err = net.Dial("tcp", strings.Fields(moved)[2])
	require.NoError(t, err)
	require.Equal(t, "OK", redistest.NewConn(t, raw).Do("SET", "a", "1").Str)
}

// All nodes have one time.
func TestClusterTime(t *testing.T) {
	c := nooktest.RunCluster(t, 2)
	for _, s := range c.Nodes() {
		require.NoError(t, s.Store().Set("k", "v"))
		_, err := s.Store().Expire("k", time.Minute)
		require.NoError(t, err)
	}
	c.Advance(time.Minute)
	for _, s := range c.Nodes() {
		require.Same(t, c.Clock(), s.Clock())
		n, err := s.Store().DBSize()
		require.NoError(t, err)
		require.Zero(t, n)
	}
}

func TestClusterInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := nooktest.RunCluster(t, 2)
		require.Equal(t, []string{"127.0.0.1:7000", "127.0.0.1:7001"}, c.Addrs())
		at(t, c, "127.0.0.1:7000").Do("SET", "b", "1", "EX", "60")
		time.Sleep(time.Minute)
		require.Equal(t, "MOVED 3300 127.0.0.1:7000", at(t, c, "127.0.0.1:7001").Do("GET", "b").Str)
		require.EqualValues(t, 0, at(t, c, "127.0.0.1:7000").Do("EXISTS", "b").Int)
	})
}

func TestClusterClose(t *testing.T) {
	c := nooktest.RunCluster(t, 2)
	addr := c.Addrs()[1]
	c.Close()
	_, err := net.Dial("tcp", addr)
	require.Error(t, err)
	_, err = c.Dial(t.Context(), "tcp", addr)
	require.ErrorContains(t, err, "closed")
}

func TestWrongCluster(t *testing.T) {
	for _, n := range []int{0, -1} {
		require.Contains(t, failure(t, func(t testing.TB) { nooktest.RunCluster(t, n) }, nil), strconv.Itoa(n))
	}
	c := nooktest.RunCluster(t, 1)
	other := nooktest.Run(t)
	for want, wrong := range map[string]func(){
		"no node": func() { c.MoveSlots(other, 1, 2) },
		"range":   func() { c.MoveSlots(c.Nodes()[0], 2, 1) },
	} {
		require.Contains(t, failure(t, func(tb testing.TB) {
			nooktest.SetClusterTB(c, tb)
			wrong()
		}, nil), want)
	}
}

package server

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

// watchtower is a sentinel of a test.
type watchtower struct {
	t        testing.TB
	sentinel *Sentinel
	sessions sync.WaitGroup
}

func startSentinel(t testing.TB, o *SentinelOptions) *watchtower {
	t.Helper()
	s, err := NewSentinel(o)
	require.NoError(t, err)
	w := &watchtower{t: t, sentinel: s}
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		w.sessions.Wait()
	})
	return w
}

func (w *watchtower) pipe() net.Conn {
	near, far := net.Pipe()
	w.sessions.Go(func() { w.sentinel.ServeConn(far) })
	return near
}

func (w *watchtower) client() *redistest.Conn {
	raw := w.pipe()
	w.t.Cleanup(func() { _ = raw.Close() })
	return redistest.NewConn(w.t, raw)
}

// The replies are those of redis-server 7.0.15 --sentinel.
func TestSentinelReplies(t *testing.T) {
	w := startSentinel(t, nil)
	require.NoError(t, w.sentinel.Monitor("mymaster", "127.0.0.1:7303"))
	require.Equal(t, []string{
		"+PONG", `["127.0.0.1" "7303"]`, "*nil", "-ERR No such master with that name", "[]", "-ERR No such master with that name",
		"[]", "-ERR No such master with that name", "+OK 1 usable Sentinels. Quorum and failover authorization can be reached",
		"-ERR No such master with that name", ":0", ":1", "-ERR No such master with that name", "-NOGOODSLAVE No suitable replica to promote",
		"[:0 \"*\" :0]", "-ERR value is not an integer or out of range", "[]", "-ERR No such master with that name",
		"-ERR Invalid argument 'x' for SENTINEL SET 'quorum'", "-ERR Unknown option or number of arguments for SENTINEL SET 'foo'", "+OK",
		"-NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified quorum for this master",
		"-ERR Unknown option or number of arguments for SENTINEL SET 'foo'", "-ERR Invalid quorum", "-ERR Invalid port",
		"-ERR Quorum must be 1 or greater.", "-ERR Duplicate master name.", "-ERR Invalid IP address or hostname specified", "+OK", `["127.0.0.1" "1"]`, "+OK", "*nil",
		"-ERR No such master with that name", "+OK", "-ERR unknown subcommand 'foo'. Try SENTINEL HELP.",
		"-ERR wrong number of arguments for 'sentinel' command", `["sentinel" ["mymaster"]]`,
		"-ERR unknown command 'GET', with args beginning with: 'a' ", "-ERR Only HELLO messages are accepted by Sentinel instances.", ":1",
		"-ERR unknown command 'CONFIG', with args beginning with: 'GET' 'x' ", "-ERR unknown command 'MULTI', with args beginning with: ",
		"-ERR wrong number of arguments for 'ping' command", "-ERR unknown command 'RESET', with args beginning with: ",
	}, chat(t, w.pipe(), "PING", "SENTINEL get-master-addr-by-name mymaster", "SENTINEL get-master-addr-by-name x", "SENTINEL master x",
		"SENTINEL replicas mymaster", "SENTINEL slaves x", "SENTINEL sentinels mymaster", "SENTINEL sentinels x", "SENTINEL ckquorum mymaster",
		"SENTINEL ckquorum x", "SENTINEL reset x*", "SENTINEL reset my*", "SENTINEL failover x", "SENTINEL failover mymaster",
		"SENTINEL is-master-down-by-addr 127.0.0.1 7303 0 *", "SENTINEL is-master-down-by-addr 127.0.0.1 x 0 *", "SENTINEL pending-scripts",
		"SENTINEL set x quorum 1", "SENTINEL set mymaster quorum x", "SENTINEL set mymaster foo x", "SENTINEL set mymaster quorum 5",
		"SENTINEL ckquorum mymaster", "SENTINEL set mymaster quorum 1 foo", "SENTINEL monitor a b 1 x", "SENTINEL monitor a b x 1",
		"SENTINEL monitor a b 1 0", "SENTINEL monitor mymaster 127.0.0.1 1 1", "SENTINEL monitor zz nohost 1 1", "SENTINEL monitor zz 127.0.0.1 1 1",
		"SENTINEL get-master-addr-by-name zz", "SENTINEL remove zz", "SENTINEL get-master-addr-by-name zz",
		"SENTINEL remove zz", "SENTINEL flushconfig", "SENTINEL foo", "SENTINEL", "ROLE", "GET a", "PUBLISH a b", "PUBLISH __sentinel__:hello x",
		"CONFIG GET x", "MULTI", "PING a b", "RESET"))
}

func TestSentinelFields(t *testing.T) {
	w := startSentinel(t, nil)
	require.NoError(t, w.sentinel.Monitor("m", "127.0.0.1:1", "127.0.0.1:2"))
	c := w.client()
	names := func(elems []string) (list []string) {
		for i := 0; i < len(elems); i += 2 {
			list = append(list, elems[i])
		}
		return list
	}
	words := func(text string) []string {
		return strings.Fields(strings.NewReplacer("[", "", "]", "", `"`, "").Replace(text))
	}
	common := "name ip port runid flags link-pending-commands link-refcount last-ping-sent last-ok-ping-reply last-ping-reply " +
		"down-after-milliseconds info-refresh role-reported role-reported-time "
	master := brief(c.Do("SENTINEL", "MASTER", "m"))
	require.Equal(t, strings.Fields(common+"config-epoch num-slaves num-other-sentinels quorum failover-timeout parallel-syncs"), names(words(master)))
	require.Equal(t, "["+master+"]", brief(c.Do("SENTINEL", "MASTERS")))
	replicas := brief(c.Do("SENTINEL", "REPLICAS", "m"))
	require.Equal(t, strings.Fields(common+"master-link-down-time master-link-status master-host master-port slave-priority slave-repl-offset replica-announced"),
		names(words(replicas)))
	require.Contains(t, replicas, `"name" "127.0.0.1:2" "ip" "127.0.0.1" "port" "2"`)
	require.Len(t, c.Do("SENTINEL", "MYID").Str, 40)
	require.Contains(t, brief(c.Do("SENTINEL", "HELP")), "+GET-MASTER-ADDR-BY-NAME <master-name>")
	info := c.Do("INFO").Str
	require.Contains(t, info, "\r\nredis_mode:sentinel\r\n")
	require.NotContains(t, info, "# Keyspace")
	require.True(t, strings.HasSuffix(info, "\r\n# Sentinel\r\nsentinel_masters:1\r\nsentinel_tilt:0\r\nsentinel_tilt_since_seconds:-1\r\nsentinel_running_scripts:0\r\n"+
		"sentinel_scripts_queue_length:0\r\nsentinel_simulate_failure_flags:0\r\nmaster0:name=m,status=ok,address=127.0.0.1:1,slaves=1,sentinels=1\r\n"), info)
	require.Equal(t, `"server" "redis" "version" "7.0.15" "proto" :3`, brief(c.Do("HELLO", "3"))[1:47])
	hello := brief(c.Do("HELLO"))
	require.Contains(t, hello, `"mode" "sentinel" "modules" []`)
	require.NotContains(t, hello, "role")
	require.Equal(t, ":15", brief(c.Do("COMMAND", "COUNT")))
}

func TestSentinelFailsOver(t *testing.T) {
	var promoted []string
	var fault error
	w := startSentinel(t, &SentinelOptions{Promote: func(name, from, to string) error {
		promoted = append(promoted, name, from, to)
		return fault
	}})
	require.NoError(t, w.sentinel.Monitor("m", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"))
	sub := w.client()
	sub.Do("SUBSCRIBE", "+switch-master")
	require.NoError(t, w.sentinel.Failover("m"))
	require.Equal(t, `["message" "+switch-master" "m 127.0.0.1 1 127.0.0.1 2"]`, received(t, sub))
	c := w.client()
	require.Equal(t, "OK", c.Do("SENTINEL", "FAILOVER", "m").Str)
	require.Equal(t, `["message" "+switch-master" "m 127.0.0.1 2 127.0.0.1 3"]`, received(t, sub))
	require.Equal(t, []string{"m", "127.0.0.1:1", "127.0.0.1:2", "m", "127.0.0.1:2", "127.0.0.1:3"}, promoted)
	addr, ok := w.sentinel.Primary("m")
	require.True(t, ok)
	require.Equal(t, "127.0.0.1:3", addr)
	require.Contains(t, brief(c.Do("SENTINEL", "MASTER", "m")), `"config-epoch" "2"`)

	fault = errors.New("it does not want to")
	require.Equal(t, "ERR it does not want to", c.Do("SENTINEL", "FAILOVER", "m").Str)
	addr, _ = w.sentinel.Primary("m")
	require.Equal(t, "127.0.0.1:3", addr)
}

func TestSentinelErrors(t *testing.T) {
	w := startSentinel(t, nil)
	require.Error(t, w.sentinel.Failover("m"))
	_, ok := w.sentinel.Primary("m")
	require.False(t, ok)
	require.Error(t, w.sentinel.Monitor("m", "nowhere"))
	require.Error(t, w.sentinel.Monitor("m", "host:1", "host:x"))
	require.NoError(t, w.sentinel.Monitor("m", "host:1"))
	require.Error(t, w.sentinel.Monitor("m", "host:1"))
	_, err := NewSentinel(&SentinelOptions{Server: Options{MaxBulk: -1}})
	require.ErrorContains(t, err, "MaxBulk")
}

func TestSentinelPassword(t *testing.T) {
	w := startSentinel(t, &SentinelOptions{Server: Options{Password: "p"}})
	require.Equal(t, []string{"-NOAUTH Authentication required.", "+OK", "[]"}, chat(t, w.pipe(), "SENTINEL MASTERS", "AUTH p", "SENTINEL MASTERS"))
}

// Permissions are about the commands that a sentinel has.
func TestSentinelUsers(t *testing.T) {
	w := startSentinel(t, nil)
	require.Equal(t, []string{
		"+OK", "-ERR Error in ACL SETUSER modifier '+get': Unknown command or category name in ACL", "+OK", "[]", "+PONG",
		"-NOPERM this user has no permissions to run the 'sentinel|myid' command",
		"-NOPERM this user has no permissions to run the 'role' command",
	}, chat(t, w.pipe(), "ACL SETUSER bob on >p +sentinel|masters +ping", "ACL SETUSER bob +get", "AUTH bob p", "SENTINEL masters", "PING",
		"SENTINEL myid", "ROLE"))
}

// SENTINEL is a command of sentinels alone.
func TestNoSentinel(t *testing.T) {
	h := start(t, nil, nil)
	require.Equal(t, []string{"-ERR unknown command 'SENTINEL', with args beginning with: 'masters' "}, chat(t, h.pipe(), "SENTINEL masters"))
}

package differential

import (
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/server"
)

// clusters are a cluster of redis-server and one of nook, with as many nodes, whose clients are told the same addresses.
type clusters struct {
	t     *testing.T
	nodes [2][]*redistest.Conn
	ids   [2][]string
}

// newClusters starts both, with slots that are not given to anybody, and waits until the nodes have met.
func newClusters(t *testing.T, n int) *clusters {
	t.Helper()
	c := &clusters{t: t}
	ours := server.NewCluster()
	for range n {
		port := freePort(t)
		c.nodes[0] = append(c.nodes[0], startRealNode(t, port))
		c.nodes[1] = append(c.nodes[1], startNode(t, ours, port))
		if n > 1 {
			require.Equal(t, "OK", c.nodes[0][0].Do("CLUSTER", "MEET", "127.0.0.1", port).Str)
		}
	}
	for side, nodes := range c.nodes {
		for _, node := range nodes {
			c.ids[side] = append(c.ids[side], node.Do("CLUSTER", "MYID").Str)
			awaitInfo(t, node, "cluster_known_nodes:"+strconv.Itoa(n))
		}
	}
	return c
}

// freePort returns a port on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, l.Close())
		_, port, err := net.SplitHostPort(l.Addr().String())
		require.NoError(t, err)
		if n, _ := strconv.Atoi(port); n < 55000 { // that of the bus is 10000 more
			return port
		}
	}
}

func startRealNode(t *testing.T, port string) *redistest.Conn {
	t.Helper()
	dir, err := os.MkdirTemp("", "redis")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := redistest.Start(t, "--port", port, "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1",
		"--cluster-allow-replica-migration", "no", "--dir", dir)
	return s.Dial(t)
}

func startNode(t *testing.T, of *server.Cluster, port string) *redistest.Conn {
	t.Helper()
	store, err := nook.New(nil)
	require.NoError(t, err)
	srv, err := server.New(store, &server.Options{Cluster: of, Announce: "127.0.0.1:" + port})
	require.NoError(t, err)
	i := &nookInstance{store: store, server: srv}
	t.Cleanup(i.close)
	return redistest.NewConn(t, i.dial(t))
}

// awaitInfo waits until CLUSTER INFO has a line.
func awaitInfo(t *testing.T, c *redistest.Conn, line string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(c.Do("CLUSTER", "INFO").Str, line+"\r\n") }, time.Minute, 10*time.Millisecond)
}

// run sends each line to a node of both clusters, the first unless it begins with "2: ", and compares the replies. ID1 and ID2
// stand for the nodes' IDs.
func (c *clusters) run(lines string) {
	c.t.Helper()
	for line := range strings.Lines(lines) {
		text, second := strings.CutPrefix(strings.TrimSpace(line), "2: ")
		at := 0
		if second {
			at = 1
		}
		var got [2]string
		for side := range c.nodes {
			words := c.words(side, text)
			if words == nil {
				continue
			}
			r := c.nodes[side][at].Do(words...)
			got[side] = c.mask(side, r)
			if side == 0 && r.Kind != resp.KindError {
				noteAnswered(words)
			}
		}
		require.Equal(c.t, got[0], got[1], line)
	}
}

// words splits a line; what is in quotes is one word.
func (c *clusters) words(side int, line string) (words []string) {
	for i, part := range strings.Split(line, `'`) {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	for i := range words {
		for n, id := range c.ids[side] {
			words[i] = strings.ReplaceAll(words[i], "ID"+strconv.Itoa(n+1), id)
		}
	}
	return words
}

// What differs from server to server: when a node last answered, messages sent, and the port of the bus.
var (
	pongTime = regexp.MustCompile(` \d{13} `)
	busPort  = regexp.MustCompile(`@\d+ `)
	messages = regexp.MustCompile(`cluster_stats_messages_.*\r\n`)
)

// mask writes a reply with what differs from server to server left out, and with what comes in no order sorted.
func (c *clusters) mask(side int, r resp.Reply) string {
	if r.Kind == resp.KindBulk || r.Kind == resp.KindVerbatim {
		lines := strings.SplitAfter(r.Str, "\n")
		slices.Sort(lines)
		r.Str = strings.Join(lines, "")
	}
	text := r.String()
	if r.Kind == resp.KindArray && len(r.Elems) == len(c.ids[side]) {
		var elems []string
		for _, e := range r.Elems {
			elems = append(elems, c.maskText(side, e.String()))
		}
		slices.Sort(elems)
		return strings.Join(elems, "\n")
	}
	if r.Kind == resp.KindBulk || r.Kind == resp.KindVerbatim {
		text = r.Str
	}
	return c.maskText(side, text)
}

func (c *clusters) maskText(side int, text string) string {
	for n, id := range c.ids[side] {
		text = strings.ReplaceAll(text, id, "ID"+strconv.Itoa(n+1))
	}
	text = pongTime.ReplaceAllString(text, " T ")
	text = messages.ReplaceAllString(text, "")
	lines := strings.SplitAfter(busPort.ReplaceAllString(text, "@BUS "), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// TestClusterOfOne compares a node that has all slots with a real one.
func TestClusterOfOne(t *testing.T) {
	for _, version := range []int{2, 3} {
		c := newClusters(t, 1)
		for _, side := range c.nodes {
			side[0].Hello(version)
		}
		c.run(`
			GET a
			MGET a b
			SSUBSCRIBE a
			CLUSTER MYID
			CLUSTER SLOTS
			CLUSTER SHARDS
			CLUSTER SET-CONFIG-EPOCH 5
			CLUSTER BUMPEPOCH
			CLUSTER ADDSLOTSRANGE 0 16383`)
		for _, side := range c.nodes {
			awaitInfo(t, side[0], "cluster_state:ok")
		}
		c.run(oneNode)
	}
}

// TestClusterWithoutASlot has the settings say what a cluster that is not whole does.
func TestClusterWithoutASlot(t *testing.T) {
	c := newClusters(t, 1)
	await := func(state string) {
		for _, side := range c.nodes {
			awaitInfo(t, side[0], "cluster_state:"+state)
		}
	}
	const slotOfC = "7365"
	c.run("CLUSTER ADDSLOTSRANGE 0 16383")
	await("ok")
	c.run("SET a 1\nSET c 1\nDEL c\nCLUSTER DELSLOTS " + slotOfC)
	await("fail")
	const requests = `
		GET a
		SET a 2
		GET c
		MULTI
		GET a
		EXEC
		EVAL "return redis.call('GET', KEYS[1])" 1 a
		EVAL_RO "return redis.call('GET', KEYS[1])" 1 a
		EVAL "return redis.call('GET', 'a')" 0
		EVAL "return redis.call('SET', 'a', '3')" 0
		SPUBLISH a x
		SPUBLISH c x`
	c.run(requests)
	c.run("CONFIG SET cluster-allow-reads-when-down yes" + requests)
	c.run("CONFIG SET cluster-allow-pubsubshard-when-down no" + requests)
	c.run("CONFIG SET cluster-require-full-coverage no")
	await("ok")
	c.run(requests + "\nCLUSTER INFO")
}

const oneNode = `
	CLUSTER INFO
	CLUSTER NODES
	CLUSTER SLOTS
	CLUSTER SHARDS
	CLUSTER LINKS
	INFO cluster
	CLUSTER KEYSLOT a
	CLUSTER KEYSLOT {a}b
	CLUSTER KEYSLOT {}a
	CLUSTER KEYSLOT x{{a}}b
	CLUSTER KEYSLOT {a
	CLUSTER FOO
	CLUSTER
	SELECT 0
	SELECT 1
	SELECT 99
	SELECT x
	SET a 1
	SET b 1
	MGET a b
	MGET b {b}1
	MSET b 1 a 2
	WATCH a b
	COPY b {b}1 DB 1
	COPY b {b}1 DB 0
	COPY b b
	MOVE b 1
	MOVE b x
	SWAPDB x y
	SWAPDB 0 1
	RPUSH l 2 1
	SORT l BY w*
	SORT l GET # BY w*
	SORT l BY nosort
	SORT l BY w* FOO
	SORT l FOO BY w*
	SORT_RO l GET w
	SORT l
	CLUSTER COUNTKEYSINSLOT 3300
	CLUSTER COUNTKEYSINSLOT x
	CLUSTER COUNTKEYSINSLOT 16384
	CLUSTER GETKEYSINSLOT 3300 0
	CLUSTER GETKEYSINSLOT 15495 10
	CLUSTER GETKEYSINSLOT 1 -1
	CLUSTER GETKEYSINSLOT 1 x
	CLUSTER ADDSLOTS 1
	CLUSTER ADDSLOTS 1 x
	CLUSTER ADDSLOTS 16384
	CLUSTER DELSLOTS 5 5
	CLUSTER DELSLOTS 5 6
	CLUSTER DELSLOTS 5
	CLUSTER ADDSLOTS 5 5
	CLUSTER ADDSLOTSRANGE 5 6 7
	CLUSTER ADDSLOTSRANGE 6 5
	CLUSTER ADDSLOTSRANGE 5 6 6 6
	CLUSTER ADDSLOTSRANGE 5 x
	CLUSTER SLOTS
	CLUSTER ADDSLOTSRANGE 5 6
	CLUSTER DELSLOTSRANGE 5 6 7 7
	CLUSTER ADDSLOTS 7 6 5
	CLUSTER SETSLOT 1 STABLE
	CLUSTER SETSLOT 1 FOO
	CLUSTER SETSLOT 1 NODE
	CLUSTER SETSLOT x NODE
	CLUSTER SETSLOT 1 NODE x
	CLUSTER SETSLOT 1 MIGRATING x
	CLUSTER SETSLOT 1 IMPORTING x
	CLUSTER FLUSHSLOTS
	CLUSTER BUMPEPOCH
	CLUSTER BUMPEPOCH
	CLUSTER SET-CONFIG-EPOCH 5
	CLUSTER SET-CONFIG-EPOCH x
	CLUSTER SET-CONFIG-EPOCH -1
	CLUSTER SAVECONFIG
	CLUSTER FAILOVER
	CLUSTER FAILOVER FORCE
	CLUSTER FAILOVER FOO
	CLUSTER FAILOVER FORCE x
	CLUSTER FORGET x
	CLUSTER FORGET ID1
	CLUSTER REPLICATE x
	CLUSTER REPLICATE ID1
	CLUSTER REPLICAS x
	CLUSTER REPLICAS ID1
	CLUSTER SLAVES x
	CLUSTER SLAVES ID1
	CLUSTER COUNT-FAILURE-REPORTS x
	CLUSTER COUNT-FAILURE-REPORTS ID1
	CLUSTER MEET a b
	CLUSTER MEET a 1
	CLUSTER MEET 127.0.0.1 70000
	CLUSTER MEET 127.0.0.1 7000 x
	CLUSTER MEET 127.0.0.1 7000 1 2
	CLUSTER RESET FOO
	CLUSTER RESET A B
	CLUSTER RESET
	ASKING
	ASKING x
	READONLY
	READWRITE
	EVAL 'return redis.call("get","a")' 0
	EVAL 'redis.call("get","a") return redis.call("get","b")' 0
	EVAL 'return redis.call("mget","a","b")' 0
	EVAL 'return redis.call("mget","{a}1","a")' 1 a
	EVAL 'return redis.call("cluster","keyslot","a")' 0
	EVAL 'return redis.call("asking")' 0
	EVAL 'return redis.call("select",1)' 0
	EVAL 'return 1' 2 a b
	FCALL f 2 a b
	SSUBSCRIBE a b
	SPUBLISH a b
	PUBLISH a b
	MULTI
	SET a 1
	SET b 1
	EXEC
	EXEC
	MULTI
	SET a 1
	CLUSTER KEYSLOT a
	CLUSTER COUNTKEYSINSLOT 15495
	EXEC
	MULTI
	MGET a b
	EXEC
	EXEC
	XREAD STREAMS a b 0 0
	DEL a b
	DEL a
	OBJECT ENCODING b
	GETSET
	FLUSHALL
	CLUSTER FLUSHSLOTS
	CLUSTER NODES
	GET a
	MGET a b
	SSUBSCRIBE a
	DBSIZE
	CLUSTER SET-CONFIG-EPOCH 5
	CLUSTER RESET SOFT
	CLUSTER NODES
	CLUSTER ADDSLOTS 15495
	CLUSTER INFO
	EVAL 'return redis.call("get","b")' 0`

// TestClusterOfTwo compares what becomes of requests while slots go from one node to another.
func TestClusterOfTwo(t *testing.T) {
	c := newClusters(t, 2)
	c.run(`
		CLUSTER ADDSLOTSRANGE 0 8191
		2: CLUSTER ADDSLOTSRANGE 8192 16383`)
	for _, side := range c.nodes {
		for _, node := range side {
			awaitInfo(t, node, "cluster_slots_assigned:16384")
			awaitInfo(t, node, "cluster_state:ok")
		}
	}
	c.run(twoNodes)
}

const twoNodes = `
	CLUSTER SLOTS
	CLUSTER SHARDS
	GET a
	SET b 1
	2: GET b
	MGET a b
	WATCH a
	WATCH b
	UNWATCH
	SSUBSCRIBE a
	SPUBLISH a x
	SPUBLISH b x
	XREAD COUNT 1 STREAMS a 0
	EVAL 'return redis.call("get","a")' 0
	EVAL 'return redis.pcall("get","a")' 0
	EVAL 'return 1' 1 a
	MULTI
	SET b 1
	SET a 1
	EXEC
	MULTI
	SET b 1
	SET c 1
	EXEC
	PING
	CLUSTER FORGET ID1
	CLUSTER REPLICATE ID2
	CLUSTER REPLICAS ID2
	CLUSTER COUNT-FAILURE-REPORTS ID2
	CLUSTER SET-CONFIG-EPOCH 7
	CLUSTER SETSLOT 3300 NODE ID2
	CLUSTER SETSLOT 3300 IMPORTING ID2
	CLUSTER SETSLOT 9000 MIGRATING ID2
	CLUSTER SETSLOT 3300 MIGRATING ID2
	GET b
	GET {b}none
	MGET b {b}none
	MGET {b}n {b}none
	SET {b}n 1
	DEL {b}n b
	SPUBLISH {b}n x
	MULTI
	GET b
	GET {b}none
	EXEC
	EVAL 'return redis.call("get","{b}none")' 0
	EVAL 'return redis.call("get",KEYS[1])' 1 b
	EVAL 'return redis.call("get","{b}none")' 1 b
	EVAL 'return redis.call("mget","{b}none","b")' 1 b
	2: CLUSTER SETSLOT 3300 IMPORTING ID1
	2: CLUSTER SETSLOT 3300 MIGRATING ID1
	2: GET b
	2: ASKING
	2: GET b
	2: GET b
	2: ASKING
	2: MGET b {b}1
	2: ASKING
	2: MGET b b
	2: ASKING
	2: PING
	2: GET b
	2: ASKING
	2: MULTI
	2: GET b
	2: GET {b}
	2: EXEC
	2: GET b
	2: MULTI
	2: ASKING
	2: GET b
	2: EXEC
	2: ASKING
	2: GET c
	2: ASKING
	2: NOSUCH
	2: GET b
	2: ASKING
	2: GET
	2: GET b
	2: ASKING
	2: ASKING x
	2: GET b
	2: ASKING
	2: MULTI
	2: MULTI
	2: GET b
	2: NOSUCH
	2: GET b
	2: EXEC
	2: GET b
	2: ASKING
	2: MULTI
	2: DISCARD
	2: GET b
	2: ASKING
	2: RESET
	2: GET b
	2: ASKING
	2: EVAL 'return redis.call("get",KEYS[1])' 1 b
	2: ASKING
	2: EVAL 'return redis.call("get","b")' 0
	2: ASKING
	2: EVAL 'return redis.pcall("mget","b","{b}1")' 1 b
	2: EVAL 'return redis.pcall("get","b")' 0
	2: ASKING
	2: MULTI
	2: EVAL 'return redis.call("get",KEYS[1])' 1 b
	2: EXEC
	CLUSTER SETSLOT 3300 NODE ID1
	GET {b}none
	DEL b {b}n
	SET b 1
	MULTI
	GET b
	CLUSTER FLUSHSLOTS
	EXEC
	MULTI
	GET b
	CLUSTER REPLICATE ID2
	EXEC
	MULTI
	GET b
	CLUSTER RESET
	EXEC
	EVAL 'return redis.pcall("cluster","flushslots")' 1 b
	EVAL 'return redis.pcall("cluster","replicate",ARGV[1])' 1 b ID2
	DEL b
	GET b
	CLUSTER SETSLOT 3300 NODE ID1
	GET b
	CLUSTER SETSLOT 3300 STABLE
	GET b
	2: CLUSTER SETSLOT 3300 NODE ID2
	2: GET b`

// TestRole compares the roles of a primary.
func TestRole(t *testing.T) {
	log := run(t, versus(t), 3, sequence{one("ROLE"), one("ROLE", "x")})
	require.True(t, log.agree(), log.String())
}

// TestNoCluster compares what a server says that is no node.
func TestNoCluster(t *testing.T) {
	log := run(t, versus(t), 3, sequence{
		one("CLUSTER", "INFO"), one("CLUSTER", "HELP"), one("CLUSTER", "KEYSLOT"), one("CLUSTER", "KEYSLOT", "a"), one("CLUSTER", "NOSUCH"),
		one("CLUSTER"), one("ASKING"), one("READONLY"), one("READWRITE"), one("ASKING", "x"),
		one("EVAL", "return redis.pcall('cluster', 'info')", "0"),
	})
	require.True(t, log.agree(), log.String())
}

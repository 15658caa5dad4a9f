package server

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/cluster"
	"github.com/nookdb/nook/internal/redistest"
)

// startCluster starts nodes that share all slots. The first has the address host:7001.
func startCluster(t testing.TB, n int) (*Cluster, []*harness) {
	t.Helper()
	c := NewCluster()
	var nodes []*harness
	for i := range n {
		nodes = append(nodes, start(t, nil, &Options{Cluster: c, Announce: "host:" + strconv.Itoa(7001+i)}))
	}
	require.NoError(t, c.Spread())
	return c, nodes
}

// Of three nodes, these have the keys a (15495), b (3300) and c (7365).
const ofA, ofB, ofC = 2, 0, 1

func TestClusterRedirects(t *testing.T) {
	_, nodes := startCluster(t, 3)
	require.Equal(t, []string{
		"-MOVED 15495 host:7003", "+OK", "-CROSSSLOT Keys in request don't hash to the same slot", `["1" nil]`, "+PONG", ":1",
		"-MOVED 7365 host:7002",
	}, chat(t, nodes[ofB].pipe(), "GET a", "SET b 1", "MGET a b", "MGET b {b}1", "PING", "DBSIZE", "SSUBSCRIBE c"))
	require.Equal(t, []string{"+OK", "-MOVED 3300 host:7001"}, chat(t, nodes[ofA].pipe(), "SET a 1", "GET b"))
	require.Equal(t, []string{"-ERR SELECT is not allowed in cluster mode"}, chat(t, nodes[0].pipe(), "SELECT 1"))
}

func TestClusterMap(t *testing.T) {
	c, nodes := startCluster(t, 3)
	require.Len(t, c.Nodes(), 3)
	require.Same(t, nodes[ofC].server, c.Owner(Slot("c")))
	require.Nil(t, c.Owner(-1))
	require.Nil(t, c.Owner(Slots))
	client := nodes[1].client()
	info := client.Do("CLUSTER", "INFO").Str
	require.Contains(t, info, "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n")
	require.Contains(t, info, "cluster_known_nodes:3\r\ncluster_size:3\r\n")
	lines := strings.Split(strings.TrimSpace(client.Do("CLUSTER", "NODES").Str), "\n")
	require.Len(t, lines, 3)
	id := client.Do("CLUSTER", "MYID").Str
	require.Equal(t, id+" host:7002@17002 myself,master - 0 0 0 connected 5461-10921", lines[1])
	require.Len(t, client.Do("CLUSTER", "MYSHARDID").Str, 40)
	require.Contains(t, client.Do("INFO", "server").Str, "\r\nredis_mode:cluster\r\n")
	require.Contains(t, client.Do("INFO", "cluster").Str, "\r\ncluster_enabled:1\r\n")

	require.Contains(t, client.Do("CONFIG", "GET", "cluster-enabled").String(), "yes")
	client.Do("READONLY")
	require.Contains(t, client.Do("CLIENT", "INFO").Str, " flags=r ")
	client.Do("READWRITE")
	require.Contains(t, client.Do("CLIENT", "INFO").Str, " flags=N ")

	// A node that has gone takes its slots with it.
	require.NoError(t, nodes[2].server.Close())
	require.Contains(t, client.Do("CLUSTER", "INFO").Str, "cluster_state:fail\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:10922\r\ncluster_slots_pfail:0\r\ncluster_slots_fail:5462\r\n")
	require.Contains(t, client.Do("CLUSTER", "NODES").Str, " host:7003@17003 master,fail - 0 ")
	require.Equal(t, "CLUSTERDOWN The cluster is down", client.Do("GET", "c").Str)
	require.Equal(t, "PONG", client.Do("PING").Str)
}

// The address of a node that was given none is that of its listener.
func TestClusterAddressOfListener(t *testing.T) {
	c := NewCluster()
	h := start(t, nil, &Options{Cluster: c})
	require.NoError(t, c.Spread())
	client := h.client()
	require.Contains(t, client.Do("CLUSTER", "NODES").Str, " :0@10000 myself,master ")
	addr := h.listen("tcp").String()
	require.Eventually(t, func() bool { return strings.Contains(client.Do("CLUSTER", "NODES").Str, " "+addr+"@") }, time.Minute, time.Millisecond)
}

func TestClusterMovesSlots(t *testing.T) {
	c, nodes := startCluster(t, 3)
	b, other := nodes[ofB].client(), nodes[ofC].client()
	b.Do("SET", "b", "1", "EX", "1000")
	b.Do("RPUSH", "{b}list", "x")
	require.EqualValues(t, 2, b.Do("CLUSTER", "COUNTKEYSINSLOT", "3300").Int)
	require.NoError(t, c.MoveSlots(nodes[ofC].server, SlotRange{3300, 3300}))
	require.Equal(t, "MOVED 3300 host:7002", b.Do("GET", "b").Str)
	require.EqualValues(t, 0, b.Do("DBSIZE").Int)
	require.Equal(t, "1", other.Do("GET", "b").Str)
	require.InDelta(t, 1000, other.Do("TTL", "b").Int, 1)
	require.Len(t, other.Do("CLUSTER", "GETKEYSINSLOT", "3300", "10").Elems, 2)
	require.Contains(t, b.Do("CLUSTER", "NODES").Str, "connected 0-3299 3301-5460\n")
}

func TestClusterSlotStats(t *testing.T) {
	_, nodes := startCluster(t, 3)
	require.Equal(t, []string{
		"+OK", "+OK", `[[:3300 ["key-count" :2]] [:0 ["key-count" :0]]]`, `[[:0 ["key-count" :0]]]`,
		`[[:3299 ["key-count" :0]] [:3300 ["key-count" :2]]]`, `[[:5460 ["key-count" :0]]]`,
		"-ERR Start slot number 2 is greater than end slot number 1", "-ERR Invalid or out of range slot", "-ERR Invalid or out of range slot",
		"-ERR Unrecognized sort metric for ORDERBY.", "-ERR Limit has to lie in between 1 and 16384 (maximum number of slots).",
		"-ERR syntax error", "-ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.",
	}, chat(t, nodes[ofB].pipe(), "SET b 1", "SET {b}1 1", "CLUSTER SLOT-STATS ORDERBY KEY-COUNT LIMIT 2 DESC",
		"CLUSTER SLOT-STATS ORDERBY KEY-COUNT ASC LIMIT 1", "CLUSTER SLOT-STATS SLOTSRANGE 3299 3300", "CLUSTER SLOT-STATS SLOTSRANGE 5460 5461",
		"CLUSTER SLOT-STATS SLOTSRANGE 2 1", "CLUSTER SLOT-STATS SLOTSRANGE x 1", "CLUSTER SLOT-STATS SLOTSRANGE 1 x",
		"CLUSTER SLOT-STATS ORDERBY CPU-USEC", "CLUSTER SLOT-STATS ORDERBY KEY-COUNT LIMIT 0", "CLUSTER SLOT-STATS ORDERBY KEY-COUNT FOO",
		"CLUSTER SLOT-STATS FOO 1"))
}

func TestClusterMoveErrors(t *testing.T) {
	c, nodes := startCluster(t, 2)
	for _, r := range []SlotRange{{-1, 5}, {5, Slots}, {6, 5}} {
		require.ErrorIs(t, c.MoveSlots(nodes[0].server, r), errSlotRange)
	}
	stranger := start(t, nil, nil)
	require.ErrorIs(t, c.MoveSlots(stranger.server, SlotRange{0, 1}), errNotNode)
	require.ErrorIs(t, c.MoveKeys(stranger.server, "k"), errNotNode)
	require.ErrorIs(t, c.OpenSlot(1, stranger.server), errNotNode)
	require.ErrorIs(t, c.OpenSlot(Slots, nodes[0].server), errSlotRange)

	// A node that has no room takes no slots with keys.
	full := start(t, &nook.Options{MaxMemory: 1}, &Options{Cluster: c, Announce: "host:1"})
	require.NoError(t, full.store.Set("big", strings.Repeat("x", 10_000)))
	nodes[0].client().Do("SET", "b", "1")
	require.ErrorIs(t, c.MoveSlots(full.server, SlotRange{3300, 3300}), nook.ErrOutOfMemory)
	require.Same(t, nodes[0].server, c.Owner(3300))
	require.Equal(t, "1", nodes[0].client().Do("GET", "b").Str)

	_, err := New(full.store, &Options{Announce: "nowhere"})
	require.ErrorContains(t, err, "Announce")
	_, err = New(full.store, &Options{Announce: "host:0"})
	require.ErrorContains(t, err, "Announce")
}

// A slot that goes key by key.
func TestClusterAsks(t *testing.T) {
	c, nodes := startCluster(t, 3)
	from, to := nodes[ofB].client(), nodes[ofC].client()
	from.Do("MSET", "b", "1", "{b}1", "2")
	require.NoError(t, c.OpenSlot(3300, nodes[ofC].server))
	require.NoError(t, c.OpenSlot(3300, nodes[ofB].server), "it has it")
	require.Equal(t, "1", from.Do("GET", "b").Str)
	require.NoError(t, c.MoveKeys(nodes[ofC].server, "b", "none"))
	require.Equal(t, "ASK 3300 host:7002", from.Do("GET", "b").Str)
	require.Equal(t, "TRYAGAIN Multiple keys request during rehashing of slot", from.Do("MGET", "b", "{b}1").Str)
	require.Equal(t, "MOVED 3300 host:7001", to.Do("GET", "b").Str)
	to.Do("ASKING")
	require.Equal(t, "1", to.Do("GET", "b").Str)
	require.Equal(t, "MOVED 3300 host:7001", to.Do("GET", "b").Str)
	require.NoError(t, c.MoveSlots(nodes[ofC].server, SlotRange{3300, 3300}))
	require.Equal(t, "MOVED 3300 host:7002", from.Do("GET", "b").Str)
	require.Equal(t, "2", to.Do("GET", "{b}1").Str)
	require.NotContains(t, to.Do("CLUSTER", "NODES").Str, "[")
}

// Who waits for a key that goes elsewhere is sent after it.
func TestClusterMovesWaiters(t *testing.T) {
	c, nodes := startCluster(t, 3)
	waiter := nodes[ofB].client()
	waiter.Send("BLPOP", "b", "0")
	waiter.Flush()
	require.Eventually(t, func() bool { return nodes[ofB].server.waiting() == 1 }, time.Minute, time.Millisecond)
	require.NoError(t, c.MoveSlots(nodes[ofC].server, SlotRange{0, 100}))
	require.EqualValues(t, 1, nodes[ofB].server.waiting(), "its slot has stayed")
	require.NoError(t, c.MoveSlots(nodes[ofC].server, SlotRange{3300, 3300}))
	r, err := waiter.Receive()
	require.NoError(t, err)
	require.Equal(t, "MOVED 3300 host:7002", r.Str)
	require.Equal(t, "PONG", waiter.Do("PING").Str)
}

// sendAndWait sends a command, and returns when it waits.
func sendAndWait(t *testing.T, h *harness, conn *redistest.Conn, line string) {
	t.Helper()
	conn.Send(strings.Fields(line)...)
	conn.Flush()
	require.Eventually(t, func() bool { return h.server.waiting() == 1 }, time.Minute, time.Millisecond)
}

// A client that does not read its reply is in nobody's way.
func TestClusterMovesFromSlowReaders(t *testing.T) {
	c := NewCluster()
	from := start(t, nil, &Options{Cluster: c, Announce: "host:7001", MaxUnread: 1 << 10, StallTimeout: -1})
	to := start(t, nil, &Options{Cluster: c, Announce: "host:7002"})
	require.NoError(t, c.MoveSlots(from.server, SlotRange{0, Slots - 1}))
	value, reader := strings.Repeat("x", 1<<20), from.client()
	from.client().Do("SET", "b", value)
	reader.Send("GET", "b")
	reader.Flush()
	require.Eventually(t, func() bool { return slices.ContainsFunc(from.server.all(), isPressed) }, time.Minute, time.Millisecond)
	require.NoError(t, c.MoveSlots(to.server, SlotRange{3300, 3300}))
	require.Equal(t, value, answer(t, reader))
}

// isPressed reports whether the session waits for its client to read.
func isPressed(s *session) bool {
	s.outlet.mu.Lock()
	defer s.outlet.mu.Unlock()
	return s.outlet.pressed
}

// A group's reader hears where its stream has gone, not that it is no more.
func TestClusterMovesGroupReaders(t *testing.T) {
	c, nodes := startCluster(t, 3)
	reader := nodes[ofB].client()
	reader.Do("XGROUP", "CREATE", "b", "g", "$", "MKSTREAM")
	sendAndWait(t, nodes[ofB], reader, "XREADGROUP GROUP g c BLOCK 0 STREAMS b >")
	require.NoError(t, c.MoveSlots(nodes[ofC].server, SlotRange{3300, 3300}))
	require.Equal(t, "MOVED 3300 host:7002", answer(t, reader))
}

// answer reads a reply that is text.
func answer(t *testing.T, conn *redistest.Conn) string {
	t.Helper()
	r, err := conn.Receive()
	require.NoError(t, err)
	return r.Str
}

// Who waits for a key of a slot that the node takes in is sent away when it does so no longer.
func TestClusterDismissesWhoAsked(t *testing.T) {
	_, nodes := startCluster(t, 3)
	to, waiter := nodes[ofC].client(), nodes[ofC].client()
	to.Do("CLUSTER", "SETSLOT", "3300", "IMPORTING", nodes[ofB].client().Do("CLUSTER", "MYID").Str)
	waiter.Do("ASKING")
	sendAndWait(t, nodes[ofC], waiter, "BLPOP b 0")
	to.Do("CLUSTER", "SETSLOT", "3300", "STABLE")
	require.Equal(t, "MOVED 3300 host:7001", answer(t, waiter))
}

// Nobody waits in a cluster that lacks slots: what would end the waiting cannot come.
func TestClusterDownDismisses(t *testing.T) {
	_, nodes := startCluster(t, 3)
	waiter := nodes[ofB].client()
	sendAndWait(t, nodes[ofB], waiter, "BLPOP b 0")
	require.Equal(t, "OK", nodes[ofB].client().Do("CLUSTER", "DELSLOTS", "1").Str)
	require.Equal(t, "CLUSTERDOWN The cluster is down", answer(t, waiter))
	require.Equal(t, "OK", nodes[ofB].client().Do("CLUSTER", "ADDSLOTS", "1").Str)
	sendAndWait(t, nodes[ofB], waiter, "BLPOP b 0")
	require.NoError(t, nodes[ofA].server.Close())
	require.Equal(t, "CLUSTERDOWN The cluster is down", answer(t, waiter))
}

// Clients that CLIENT PAUSE makes wait are in nobody's way, and are checked once more when they go on.
func TestClusterMovesWhilePaused(t *testing.T) {
	for _, lines := range [][]string{{"SET b 1"}, {"MULTI", "SET b 1", "EXEC"}} {
		c, nodes := startCluster(t, 3)
		admin, writer := nodes[ofB].client(), nodes[ofB].client()
		last := len(lines) - 1
		for _, line := range lines[:last] {
			writer.Do(strings.Fields(line)...)
		}
		admin.Do("CLIENT", "PAUSE", "1000000", "WRITE")
		sendAndWait(t, nodes[ofB], writer, lines[last])
		require.NoError(t, c.MoveSlots(nodes[ofC].server, SlotRange{3300, 3300}))
		require.EqualValues(t, 1, nodes[ofB].server.waiting())
		admin.Do("CLIENT", "UNPAUSE")
		require.Equal(t, "MOVED 3300 host:7002", answer(t, writer))
	}
}

// Where a request on an open slot belongs is decided by the keys that are there when it is run.
func TestClusterAsksAgain(t *testing.T) {
	c, nodes := startCluster(t, 3)
	admin, writer := nodes[ofB].client(), nodes[ofB].client()
	admin.Do("RPUSH", "b", "1")
	require.NoError(t, c.OpenSlot(3300, nodes[ofC].server))
	admin.Do("CLIENT", "PAUSE", "1000000", "WRITE")
	sendAndWait(t, nodes[ofB], writer, "RPUSH b 2")
	_, err := nodes[ofB].store.Del("b")
	require.NoError(t, err)
	admin.Do("CLIENT", "UNPAUSE")
	require.Equal(t, "ASK 3300 host:7002", answer(t, writer))
}

// A script that shows no keys may use some all the same, so it is not run while slots move.
func TestClusterScriptsStayOut(t *testing.T) {
	c, nodes := startCluster(t, 3)
	id := nodes[ofC].server.node.number
	for _, lines := range [][]string{{"EVAL redis.call('SET','b','1') 0"}, {"MULTI", "EVAL redis.call('SET','b','1') 0", "EXEC"}} {
		writer, other := nodes[ofB].client(), nodes[ofB].client()
		last := len(lines) - 1
		for _, line := range lines[:last] {
			writer.Do(strings.Fields(line)...)
		}
		require.NoError(t, c.exclusively(func(m *cluster.Map) error {
			writer.Send(strings.Fields(lines[last])...)
			writer.Flush()
			for range 100 { // it would be run by then
				other.Do("PING")
			}
			n, err := nodes[ofB].store.Exists("b")
			require.Zero(t, n)
			m.Assign(3300, id)
			return err
		}))
		r, err := writer.Receive()
		require.NoError(t, err)
		require.Contains(t, r.String(), "non local key")
		require.NoError(t, c.MoveSlots(nodes[ofB].server, SlotRange{3300, 3300}))
	}
}

func TestClusterMessages(t *testing.T) {
	c, nodes := startCluster(t, 3)
	sub, shard := nodes[0].client(), nodes[ofB].client()
	sub.Do("SUBSCRIBE", "news")
	shard.Do("SSUBSCRIBE", "b")
	publisher := nodes[1].client()
	require.EqualValues(t, 0, publisher.Do("PUBLISH", "news", "1").Int, "nobody at this node")
	require.Equal(t, `["message" "news" "1"]`, received(t, sub))
	publisher.Do("MULTI")
	publisher.Do("PUBLISH", "news", "2")
	publisher.Do("EVAL", "return redis.call('PUBLISH', 'news', '3')", "0")
	publisher.Do("EXEC")
	require.Equal(t, `["message" "news" "2"]`, received(t, sub))
	require.Equal(t, `["message" "news" "3"]`, received(t, sub))

	require.EqualValues(t, 1, nodes[ofB].client().Do("SPUBLISH", "b", "x").Int)
	require.Equal(t, `["smessage" "b" "x"]`, received(t, shard))
	require.NoError(t, c.MoveSlots(nodes[ofC].server, SlotRange{3300, 3300}))
	require.Equal(t, `["sunsubscribe" "b" :0]`, received(t, shard))
	require.Equal(t, "PONG", shard.Do("PING").Str, "and is not confined any more")
}

// Slots go to and fro while clients write, and nothing gets lost: each client follows its redirections.
func TestClusterUnderWay(t *testing.T) {
	c, nodes := startCluster(t, 2)
	var all sync.WaitGroup
	const clients, writes = 4, 300
	for i := range clients {
		all.Go(func() {
			conns := map[string]*redistest.Conn{}
			at := "host:7001"
			for n := 0; n < writes; {
				if conns[at] == nil {
					port, _ := strconv.Atoi(at[len("host:"):])
					conns[at] = nodes[port-7001].client()
				}
				key := "{b}" + strconv.Itoa(i)
				call := []string{"INCR", key}
				if i%2 == 1 { // a script that does not show its key is sent nowhere
					call = []string{"EVAL", "return redis.call('INCR', ARGV[1])", "0", key}
				}
				r := conns[at].Do(call...)
				if moved, ok := strings.CutPrefix(r.Str, "MOVED 3300 "); ok {
					at = moved
					continue
				}
				if strings.Contains(r.Str, "non local key") {
					at = map[string]string{"host:7001": "host:7002", "host:7002": "host:7001"}[at]
					continue
				}
				n++
				if r.Int != int64(n) {
					t.Errorf("INCR gave %v, not %d", r, n)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
			require.NoError(t, c.MoveSlots(nodes[i%2].server, SlotRange{3000, 4000}))
		}
	}
}

// CLUSTER within EXEC and scripts has locks of the store, which who moves slots waits for.
func TestClusterChangesInside(t *testing.T) {
	c, nodes := startCluster(t, 2)
	id := nodes[1].client().Do("CLUSTER", "MYID").Str
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn := nodes[0].client()
		for range 200 {
			conn.Do("MULTI")
			conn.Do("SET", "b", "1")
			conn.Do("CLUSTER", "SETSLOT", "3301", "NODE", id)
			conn.Do("CLUSTER", "COUNTKEYSINSLOT", "3300")
			conn.Do("EXEC")
			conn.Do("EVAL", "redis.pcall('get', 'b') return redis.pcall('CLUSTER', 'BUMPEPOCH')", "0")
		}
	}()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
			require.NoError(t, c.MoveSlots(nodes[i%2].server, SlotRange{3301, 3301}))
		}
	}
}

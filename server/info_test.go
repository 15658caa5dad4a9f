package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
)

// infoOf returns the fields of some sections of INFO.
func infoOf(c *redistest.Conn, sections ...string) map[string]string {
	fields := map[string]string{}
	for _, line := range strings.Split(c.Do(append([]string{"INFO"}, sections...)...).Str, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

func TestInfoLayout(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	c.Do("SET", "k", "v")
	require.Equal(t, "# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n", c.Do("INFO", "Keyspace", "nosuch", "CLUSTER").Str)
	require.Empty(t, c.Do("INFO", "nosuch").Str)
	require.Contains(t, c.Do("INFO", "all").Str, "# Commandstats\r\ncmdstat_set:calls=1,")
	require.NotContains(t, c.Do("INFO").Str, "# Commandstats")
	c.Hello(3)
	require.Equal(t, "txt", c.Do("INFO").Format)
}

// TestInfoIsRedis shows that sections, fields and their order are Redis's.
func TestInfoIsRedis(t *testing.T) {
	names := infoNames(start(t, nil, nil).client())
	names = slices.DeleteFunc(names, func(name string) bool {
		return strings.HasPrefix(name, "acl_access_denied_") || name == "client_output_buffer_limit_disconnections" // of later versions
	})
	require.Equal(t, infoNames(redistest.Start(t).Dial(t)), names)
}

// TestInfoLookups compares what a real server counts of lookups.
func TestInfoLookups(t *testing.T) {
	var got [2]map[string]string
	clock := nook.NewManualClock(time.Time{})
	h := start(t, &nook.Options{Clock: clock}, nil)
	for i, c := range []*redistest.Conn{redistest.Start(t).Dial(t), h.client()} {
		for line := range strings.Lines(`
			SET a 1
			HSET h f v
			GET a
			GET b
			MGET a b c a
			EXISTS a b
			HGET h nosuch
			HGET nosuch f
			TTL a
			TYPE nosuch
			INCR a
			STRLEN a
			SUNION x y
			ZUNION 2 x y
			GETEX nosuch
			GETEX nosuch PERSIST
			GETEX a
			GETSET a 1
			COPY a b2
			SUNIONSTORE d x y
			ZUNIONSTORE d 2 x y
			PFADD p x
			PFMERGE d p y
			BITOP AND e a y
			BITFIELD a GET u8 0
			BITFIELD a GET u8 0 SET u8 0 1
			SORT nosuch
			MEMORY USAGE a
			MEMORY USAGE nosuch
			SET a 1
			EVAL return{redis.call('GET',KEYS[1]),redis.call('MGET',KEYS[1],'z')} 1 a
			MULTI
			GET a
			MGET a b
			EXEC
		`) {
			if args := strings.Fields(line); len(args) > 0 {
				c.Do(args...)
			}
		}
		stats := infoOf(c, "stats")
		got[i] = map[string]string{"hits": stats["keyspace_hits"], "misses": stats["keyspace_misses"]}
		c.Do("CONFIG", "RESETSTAT")
		c.Do("GET", "a")
		require.Equal(t, "1", infoOf(c, "stats")["keyspace_hits"])
		require.Equal(t, "0", infoOf(c, "stats")["keyspace_misses"])
	}
	require.Equal(t, got[0], got[1])

	c := h.client()
	c.Do("SET", "short", "v", "PX", "10")
	clock.Advance(time.Second)
	require.Equal(t, "1", infoOf(c, "stats")["expired_keys"])
	c.Do("CONFIG", "RESETSTAT")
	require.Equal(t, "0", infoOf(c, "stats")["expired_keys"])
}

// TestLatencyStats has commands that take a known time.
func TestLatencyStats(t *testing.T) {
	h := start(t, ticking(time.Microsecond), nil)
	c := h.client()
	c.Do("GET", "k")
	require.Equal(t, "p50=1.003,p99=1.003,p99.9=1.003", infoOf(c, "latencystats")["latency_percentiles_usec_get"])
	c.Do("CONFIG", "SET", "latency-tracking-info-percentiles", "12.5")
	require.Equal(t, "p12.5=1.003", infoOf(c, "latencystats")["latency_percentiles_usec_get"])
	require.NotContains(t, c.Do("INFO").Str, "# Latencystats")
	c.Do("CONFIG", "SET", "latency-tracking", "no")
	require.Equal(t, "# Latencystats\r\n", c.Do("INFO", "latencystats").Str)
}

// infoNames returns the titles and names of fields of INFO, but for what
// depends on what was called.
func infoNames(c *redistest.Conn) (names []string) {
	for _, line := range strings.Split(c.Do("INFO", "everything").Str, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		if name != "" && !strings.HasPrefix(name, "cmdstat_") && !strings.HasPrefix(name, "errorstat_") && !strings.HasPrefix(name, "latency_percentiles_") && !strings.HasPrefix(name, "db") {
			names = append(names, name)
		}
	}
	return names
}

func TestInfoKeyspace(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	h := start(t, &nook.Options{Clock: clock}, nil)
	c := h.client()
	c.Do("MSET", "a", "1", "b", "2", "c", "3")
	c.Do("PEXPIRE", "a", "1000")
	c.Do("PEXPIRE", "b", "2000")
	c.Do("SELECT", "7")
	c.Do("SET", "a", "1", "EX", "10")
	fields := infoOf(c, "keyspace")
	require.Equal(t, map[string]string{"db0": "keys=3,expires=2,avg_ttl=1500", "db7": "keys=1,expires=1,avg_ttl=10000"}, fields)
	clock.Advance(time.Second)
	require.Equal(t, map[string]string{"db0": "keys=2,expires=1,avg_ttl=1000", "db7": "keys=1,expires=1,avg_ttl=9000"}, infoOf(c, "keyspace"))
	c.Do("MULTI")
	c.Do("SET", "d", "1")
	c.Do("INFO", "keyspace")
	require.Contains(t, c.Do("EXEC").Elems[1].Str, "db7:keys=2,")
}

func TestInfoServer(t *testing.T) {
	clock := nook.NewManualClock(time.Unix(1e9, 0))
	h := start(t, &nook.Options{Clock: clock, MaxMemory: 1 << 30, MaxMemoryPolicy: nook.AllKeysLRU}, nil)
	addr := h.listen("tcp")
	clock.Advance(25 * time.Hour)
	c := h.over(h.dial(addr))
	s := infoOf(c, "server", "clients", "memory")
	require.Equal(t, strconv.Itoa(25*60*60), s["uptime_in_seconds"])
	require.Equal(t, "1", s["uptime_in_days"])
	require.Equal(t, strconv.FormatInt(clock.Now().UnixMicro(), 10), s["server_time_usec"])
	require.Contains(t, addr.String(), ":"+s["tcp_port"])
	require.Len(t, s["run_id"], 40)
	require.Equal(t, "1", s["connected_clients"])
	require.Equal(t, "10000", s["maxclients"])
	require.Equal(t, "1073741824", s["maxmemory"])
	require.Equal(t, "1.00G", s["maxmemory_human"])
	require.Equal(t, "allkeys-lru", s["maxmemory_policy"])
	before, _ := strconv.Atoi(s["used_memory_dataset"])
	c.Do("SET", "k", strings.Repeat("v", 100_000))
	after, _ := strconv.Atoi(infoOf(c, "memory")["used_memory_dataset"])
	require.InDelta(t, 100_000, after-before, 10_000)
}

// TestHumanBytes has sizes as redis-server 7.0.15 writes them.
func TestHumanBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0B", 100: "100B", 1023: "1023B", 1024: "1.00K", 1015528: "991.73K", 1 << 20: "1.00M", 25276502016: "23.54G"} {
		require.Equal(t, want, humanBytes(n))
	}
}

// TestCommandStats counts calls by all ways they can go.
func TestCommandStats(t *testing.T) {
	h := start(t, nil, nil)
	chat(t, h.pipe(), "SET a x", "GET a", "GET a", "GET", "GET a b", "INCR a", "CLIENT ID x", "CLIENT ID", "CLIENT NOSUCH", "CLIENT",
		"MULTI", "GET a", "INCR a", "SHUTDOWN", "DISCARD", "MULTI", "GET a", "INCR a", "GET a", "EXEC", "EXEC x", "EXEC")
	c := h.client()
	got := map[string]string{}
	for name, value := range infoOf(c, "commandstats") {
		var calls, usec, rejected, failed int64
		var each float64
		_, err := fmt.Sscanf(value, "calls=%d,usec=%d,usec_per_call=%f,rejected_calls=%d,failed_calls=%d", &calls, &usec, &each, &rejected, &failed)
		require.NoError(t, err, value)
		require.InDelta(t, float64(usec)/float64(max(calls, 1)), each, 0.01)
		got[strings.TrimPrefix(name, "cmdstat_")] = fmt.Sprint(calls, failed, rejected)
	}
	require.Equal(t, map[string]string{
		"set": "1 0 0", "get": "4 0 2", "incr": "2 2 0", "client|id": "1 0 1", "client": "0 0 1",
		"multi": "2 0 0", "discard": "1 0 0", "shutdown": "0 0 1", "exec": "2 1 1",
	}, got)
	fields := infoOf(c, "stats", "errorstats")
	// GET twice, INCR twice, CLIENT three times, SHUTDOWN, EXEC; and the last line of chat
	require.Equal(t, "count=10", fields["errorstat_ERR"])
	require.Equal(t, "count=1", fields["errorstat_EXECABORT"])
	require.Equal(t, "11", fields["total_error_replies"])
	require.Equal(t, "14", fields["total_commands_processed"], "and INFO")
	require.Equal(t, "2", fields["total_connections_received"])
}

// TestCommandTime has commands that take a known time.
func TestCommandTime(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	h := start(t, &nook.Options{Clock: clock}, &Options{OnShutdown: func() { clock.Advance(5 * time.Millisecond) }})
	c := h.client()
	c.Do("PING")
	c.Send("SHUTDOWN")
	_, err := c.Receive()
	require.Error(t, err)
	require.Eventually(t, func() bool { return h.server.count() == 0 }, 10*time.Second, time.Millisecond)
	fields := infoOf(h.client(), "commandstats")
	require.Contains(t, fields["cmdstat_shutdown"], "calls=1,usec=5000,usec_per_call=5000.00,")
	require.Contains(t, fields["cmdstat_ping"], "calls=1,usec=0,usec_per_call=0.00,")
}

func TestTrafficStats(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	h := start(t, &nook.Options{Clock: clock}, nil)
	gone := h.pipe()
	require.Equal(t, "+OK", brief(redistest.NewConn(t, gone).Do("QUIT")))
	_ = closed(t, gone)
	require.Eventually(t, func() bool { return h.server.count() == 0 }, 10*time.Second, time.Millisecond)

	c := h.client()
	c.Do("PING")
	first := infoOf(c, "stats")
	require.Equal(t, strconv.Itoa(len("*1\r\n$4\r\nQUIT\r\n")+len("*1\r\n$4\r\nPING\r\n")), first["total_net_input_bytes"])
	require.Equal(t, strconv.Itoa(len("+OK\r\n")+len("+PONG\r\n")), first["total_net_output_bytes"])
	clock.Advance(2 * time.Second)
	for range 9 {
		c.Do("PING")
	}
	require.Equal(t, "5", infoOf(c, "stats")["instantaneous_ops_per_sec"], "9 and the first INFO in 2 seconds")
}

func TestClientList(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	h := start(t, &nook.Options{Clock: clock}, nil)
	addr := h.listen("unix")
	one := h.over(h.dial(addr))
	one.Do("CLIENT", "SETNAME", "first") // and so it is the first
	two := h.client()
	one.Do("SELECT", "3")
	two.Hello(3)
	two.Do("WATCH", "k")
	clock.Advance(3 * time.Second)
	two.Do("CLIENT", "SETINFO", "LIB-NAME", "lib")
	two.Do("CLIENT", "SETINFO", "lib-ver", "1.2")
	two.Do("SET", "k", "1")
	two.Do("MULTI")
	two.Do("SET", "k", "1")
	clock.Advance(time.Second)

	const empty = "sub=0 psub=0 ssub=0 "
	var lines []string
	sent := func() bool { // the replies to two, by the goroutine that writes them
		lines = strings.Split(one.Do("CLIENT", "LIST").Str, "\n")
		return len(lines) == 3 && strings.Contains(lines[1], " omem=0 ")
	}
	require.Eventually(t, sent, 10*time.Second, time.Millisecond)
	self := fmt.Sprintf("id=1 addr=%[1]s:0 laddr=%[1]s:0 fd=", addr)
	require.Equal(t, self, lines[0][:len(self)])
	require.Contains(t, lines[0], " name=first age=4 idle=0 flags=U db=3 "+empty+"multi=-1 qbuf=0 qbuf-free=0 argv-mem=10 multi-mem=0 "+
		"rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=10 events=r cmd=client|list user=default redir=-1 resp=2")
	require.Equal(t, "id=2 addr=pipe laddr=pipe fd=-1 name= age=4 idle=1 flags=xd db=0 "+empty+"multi=1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=5 "+
		"rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=5 events=r cmd=set user=default redir=-1 resp=3 lib-name=lib lib-ver=1.2", lines[1])

	require.Equal(t, lines[1]+"\n"+lines[1]+"\n", one.Do("CLIENT", "LIST", "ID", "2", "9", "2").Str)
	require.Equal(t, lines[1]+"\n", strings.SplitAfter(one.Do("CLIENT", "LIST", "TYPE", "normal").Str, "\n")[1])
	two.Do("DISCARD")
	require.True(t, strings.HasPrefix(two.Do("CLIENT", "INFO").Str, "id=2 "))
	require.Equal(t, ":2", brief(two.Do("CLIENT", "ID")))
}

func TestInfoTracking(t *testing.T) {
	h := start(t, nil, nil)
	c, tracks := h.client(), h.client()
	tracks.Hello(3)
	require.Equal(t, "OK", tracks.Do("CLIENT", "TRACKING", "ON").Str)
	tracks.Do("MGET", "a", "b")
	fields := infoOf(c, "clients", "stats")
	require.Equal(t, "1", fields["tracking_clients"])
	require.Equal(t, "2", fields["tracking_total_keys"])
	require.Equal(t, "2", fields["tracking_total_items"])
	c.Do("CONFIG", "SET", "tracking-table-max-keys", "7")
	require.Equal(t, map[string]string{"tracking-table-max-keys": "7"}, h.parameters("tracking*"))
	require.Equal(t, 7, h.store.Settings().MaxTrackedKeys)
}

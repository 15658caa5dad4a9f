package server

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// parameters returns the values of CONFIG GET.
func (h *harness) parameters(patterns ...string) map[string]string {
	reply := h.client().Do(append([]string{"CONFIG", "GET"}, patterns...)...)
	values := map[string]string{}
	for i := 0; i+1 < len(reply.Elems); i += 2 {
		values[reply.Elems[i].Str] = reply.Elems[i+1].Str
	}
	return values
}

func TestParametersOfServer(t *testing.T) {
	const names = "[cmpt]*" // of the server's own, and some of the store's
	h := start(t, nil, nil)
	got := h.parameters(names, "databases", "save")
	for name, want := range map[string]string{
		"maxclients": "10000", "timeout": "0", "port": "0", "proto-max-bulk-len": "536870912", "client-query-buffer-limit": "1073741824",
		"databases": "16", "maxmemory": "0", "save": "", "cluster-enabled": "no",
	} {
		require.Contains(t, got, name)
		require.Equal(t, want, got[name], name)
	}
	h = start(t, &nook.Options{Databases: 3, MaxStringLen: 1 << 20}, &Options{MaxClients: -1, IdleTimeout: time.Hour, MaxRequest: 5 << 20})
	h.listen("tcp")
	got = h.parameters(names, "databases")
	require.Equal(t, "0", got["maxclients"])
	require.Equal(t, "3600", got["timeout"])
	require.NotEqual(t, "0", got["port"])
	require.Equal(t, "1048576", got["proto-max-bulk-len"])
	require.Equal(t, "5242880", got["client-query-buffer-limit"])
	require.Equal(t, "3", got["databases"])
}

func TestResetStats(t *testing.T) {
	h := start(t, &nook.Options{Shards: 1, MaxMemory: 20_000, MaxMemoryPolicy: nook.AllKeysRandom}, nil)
	gone := h.client()
	gone.Do("PING")
	require.NoError(t, gone.Close())
	c := h.client()
	for i := range 100 {
		c.Do("SET", string(rune('a'+i)), string(make([]byte, 1000)))
	}
	c.Do("NOSUCH")
	c.Do("LPUSH", "a")
	before := infoOf(c, "stats", "commandstats", "errorstats")
	require.NotEqual(t, "0", before["evicted_keys"])
	require.NotEqual(t, "0", before["total_error_replies"])
	require.Contains(t, before, "cmdstat_set")
	require.Equal(t, "OK", c.Do("CONFIG", "RESETSTAT").Str)
	after := infoOf(c, "stats", "commandstats", "errorstats")
	for _, name := range []string{"evicted_keys", "total_error_replies", "rejected_connections", "total_connections_received"} {
		require.Equal(t, "0", after[name], name)
	}
	require.NotContains(t, after, "cmdstat_set")
	require.NotContains(t, after, "errorstat_ERR")
	require.Contains(t, after["cmdstat_config|resetstat"], "calls=1,")
	require.Less(t, len(after["total_net_input_bytes"]), 4, after["total_net_input_bytes"])
	require.NotContains(t, after["total_net_input_bytes"], "-")
	require.NotEqual(t, "OK", c.Do("CONFIG", "RESETSTAT", "x").Str)

	c.Do("MULTI")
	c.Do("CONFIG", "RESETSTAT")
	require.Equal(t, "OK", c.Do("EXEC").Elems[0].Str)
}

// TestEventsReachClients changes at run time which events are published.
func TestEventsReachClients(t *testing.T) {
	h := start(t, nil, nil)
	c, sub := h.client(), h.client()
	require.Len(t, sub.Do("PSUBSCRIBE", "__key*").Elems, 3)
	next := func() [2]string {
		m, err := sub.Receive()
		require.NoError(t, err)
		return [2]string{m.Elems[2].Str, m.Elems[3].Str}
	}
	c.Do("SET", "unheard", "v")
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "notify-keyspace-events", "KEA").Str)
	c.Do("MULTI")
	c.Do("SET", "k", "v")
	c.Do("PUBLISH", "__key", "1")
	c.Do("SELECT", "2")
	c.Do("INCR", "n")
	c.Do("EXEC")
	for _, want := range [][2]string{
		{"__keyspace@0__:k", "set"}, {"__keyevent@0__:set", "k"}, {"__key", "1"},
		{"__keyspace@2__:n", "incrby"}, {"__keyevent@2__:incrby", "n"},
	} {
		require.Equal(t, want, next())
	}
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "notify-keyspace-events", "Em").Str)
	c.Do("INCR", "n")
	c.Do("GET", "none")
	require.Equal(t, [2]string{"__keyevent@2__:keymiss", "none"}, next())
}

// TestEventsOfOwnChanges has a client with RESP3 receive the events of what it does itself.
func TestEventsOfOwnChanges(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	c.Hello(3)
	c.Do("CONFIG", "SET", "notify-keyspace-events", "KA")
	c.Do("SUBSCRIBE", "__keyspace@0__:k")
	var got []string
	c.Send("SET", "k", "v")
	for range 2 {
		r, err := c.Receive()
		require.NoError(t, err)
		if len(r.Elems) == 3 {
			got = append(got, r.Elems[2].Str)
		} else {
			got = append(got, r.Str)
		}
	}
	require.ElementsMatch(t, []string{"set", "OK"}, got) // in Redis some come before the reply, some after
}

// TestConfigSetsAreKept has clients set different parameters at the same time: nobody undoes what another has set.
func TestConfigSetsAreKept(t *testing.T) {
	h := start(t, nil, nil)
	addr := h.listen("unix")
	var clients sync.WaitGroup
	for _, name := range []string{"maxmemory-samples", "lfu-decay-time", "lfu-log-factor", "acllog-max-len", "busy-reply-threshold", "slowlog-max-len"} {
		c := h.over(h.dial(addr))
		clients.Go(func() {
			for n := range 300 {
				value := strconv.Itoa(n + 1)
				c.Do("CONFIG", "SET", name, value)
				assert.Equal(t, value, c.Do("CONFIG", "GET", name).Elems[1].Str)
			}
		})
	}
	clients.Wait()
}

package server

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDebugSleep shows that time goes by, and that the slow log knows.
func TestDebugSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{Debug: DebugLocal})
		one := h.client()
		began := time.Now()
		require.Equal(t, "OK", one.Do("DEBUG", "SLEEP", "2.5").Str)
		require.Equal(t, 2500*time.Millisecond, time.Since(began))
		entry := one.Do("SLOWLOG", "GET").Elems[0]
		require.EqualValues(t, 2_500_000, entry.Elems[2].Int)
		require.Equal(t, `["DEBUG" "SLEEP" "2.5"]`, brief(entry.Elems[3]))
	})
}

// TestCloseEndsSleep shows that a server does not wait for a client's DEBUG SLEEP.
func TestCloseEndsSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{Debug: DebugAllowed})
		c := h.client()
		c.Send("DEBUG", "SLEEP", "1000000")
		c.Flush()
		synctest.Wait()
		began := time.Now()
		require.NoError(t, h.server.Close())
		require.Equal(t, began, time.Now())
	})
}

// farConn seems to come from elsewhere.
type farConn struct{ net.Conn }

func (farConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }

func TestDebugAccess(t *testing.T) {
	for access, want := range map[DebugAccess]string{DebugDenied: "no no", DebugLocal: "yes no", DebugAllowed: "yes yes"} {
		h := start(t, nil, &Options{Debug: access})
		far, near := net.Pipe()
		h.sessions.Go(func() { h.server.ServeConn(farConn{near}) })
		var got []string
		for _, raw := range []net.Conn{h.dial(h.listen("tcp")), far} {
			reply := chat(t, raw, "DEBUG SLEEP 0")[0]
			switch {
			case reply == "+OK":
				got = append(got, "yes")
			case strings.HasPrefix(reply, "-ERR DEBUG command not allowed."):
				got = append(got, "no")
			}
			require.NoError(t, raw.Close())
		}
		require.Equal(t, want, strings.Join(got, " "))
	}
	_, err := New(start(t, nil, nil).store, &Options{Debug: 7})
	require.ErrorContains(t, err, "Options.Debug")
}

func TestDebugDoesNotEndTheProcess(t *testing.T) {
	var log logbook
	h := start(t, nil, &Options{Debug: DebugAllowed, Logger: log.logger()})
	c := h.client()
	for _, word := range []string{"SEGFAULT", "PANIC", "OOM", "ASSERT", "RESTART", "CRASH-AND-RECOVER"} {
		require.Contains(t, c.Do("DEBUG", word).Str, "ERR DEBUG "+word+" would end the process")
	}
	require.Equal(t, "OK", c.Do("DEBUG", "LOG", "what a client says").Str)
	require.Contains(t, log.String(), "what a client says")
	before := infoOf(c, "replication")["master_replid"]
	c.Do("DEBUG", "CHANGE-REPL-ID")
	require.NotEqual(t, before, infoOf(c, "replication")["master_replid"])
	require.Contains(t, c.Do("DEBUG", "HELP").Elems[0].Str, "DEBUG <subcommand>")
	c.Do("SET", "k", "v")
	require.Contains(t, c.Do("DEBUG", "HTSTATS", "0").Str, " number of elements: 1\n")
	require.Equal(t, "key_sds_len:1, key_sds_avail:0, key_zmalloc: 1, val_sds_len:1, val_sds_avail:0, val_zmalloc: 1", c.Do("DEBUG", "SDSLEN", "k").Str)
	c.Do("SADD", "s", "a", strings.Repeat("x", 100))
	require.Contains(t, c.Do("DEBUG", "HTSTATS-KEY", "s").Str, " number of elements: 2\n")
	require.EqualValues(t, 1, c.Do("DEBUG", "STRINGMATCH-LEN", "a*", "abc").Int)
	require.Equal(t, "bits:64", c.Do("DEBUG", "STRUCTSIZE").Str)
}

func TestMemoryCommands(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	stats := c.Do("MEMORY", "STATS").Elems
	require.Equal(t, "peak.allocated", stats[0].Str)
	require.GreaterOrEqual(t, stats[1].Int, stats[3].Int)
	c.Do("SET", "k", strings.Repeat("x", 10_000))
	require.InDelta(t, 10_000, c.Do("MEMORY", "USAGE", "k").Int, 1000)
	require.Equal(t, "OK", c.Do("MEMORY", "PURGE").Str)
	require.Contains(t, c.Do("MEMORY", "MALLOC-STATS").Str, "collections:")
	require.Contains(t, c.Do("MEMORY", "DOCTOR").Str, "Keys and values take ")
}

package server

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// TestWithoutPersistence looks at what a server says that keeps nothing.
func TestWithoutPersistence(t *testing.T) {
	h := start(t, nil, &Options{Debug: DebugAllowed})
	c := h.client()
	for _, x := range []struct{ request, want string }{
		{"SAVE", "-ERR the server keeps nothing on disk"},
		{"BGSAVE", "-ERR the server keeps nothing on disk"},
		{"BGSAVE SCHEDULE", "-ERR the server keeps nothing on disk"},
		{"BGSAVE x", "-ERR syntax error"},
		{"BGREWRITEAOF", "-ERR Can't execute an AOF background rewriting. Please check the server logs for more information."},
		{"DEBUG LOADAOF", "-ERR the server keeps nothing on disk"},
		{"DEBUG RELOAD NOSAVE", "-ERR Error trying to load the RDB dump"},
		{"WAITAOF 1 0 0", "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."},
		{"WAITAOF 0 0 0", "[:0 :0]"},
		{"CONFIG SET appendonly yes", "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. Check server logs."},
		{"CONFIG SET appendonly no", "+OK"},
		{"CONFIG SET save 1", "-ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters"},
	} {
		require.Equal(t, x.want, brief(c.Do(strings.Fields(x.request)...)), x.request)
	}
	require.Equal(t, h.server.started.Unix(), c.Do("LASTSAVE").Int)
	info := infoOf(c, "persistence")
	require.Equal(t, "ok", info["rdb_last_bgsave_status"])
	require.Equal(t, "-1", info["rdb_last_bgsave_time_sec"])
	require.Equal(t, "0", info["aof_enabled"])
}

// TestReloadInMemory has everything written and read.
func TestReloadInMemory(t *testing.T) {
	h := start(t, &nook.Options{Databases: 4}, &Options{Debug: DebugAllowed})
	c := h.client()
	c.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 7 end)")
	c.Do("SET", "k", "v", "EX", "1000")
	c.Do("RPUSH", "list", "a", "b")
	c.Do("SELECT", "3")
	c.Do("XADD", "stream", "1-1", "f", "v")
	before := c.Do("DEBUG", "DIGEST").Str
	watcher := h.client()
	watcher.Do("WATCH", "k")
	for _, words := range []string{"", "MERGE", "NOFLUSH MERGE"} {
		require.Equal(t, "OK", c.Do(append([]string{"DEBUG", "RELOAD"}, strings.Fields(words)...)...).Str, words)
		require.Equal(t, before, c.Do("DEBUG", "DIGEST").Str, words)
	}
	require.Equal(t, "ERR Error trying to load the RDB dump", c.Do("DEBUG", "RELOAD", "NOFLUSH").Str, "keys come twice")
	require.EqualValues(t, 7, c.Do("FCALL", "f", "0").Int)
	watcher.Do("MULTI")
	require.True(t, watcher.Do("EXEC").Null, "watched keys have changed")
	c.Do("MULTI")
	c.Do("DEBUG", "RELOAD")
	require.Contains(t, c.Do("EXEC").Elems[0].Str, "not possible within a transaction")
}

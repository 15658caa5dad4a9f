package differential

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// TestCommandDocs compares what COMMAND DOCS says beside the texts: versions,
// groups, and what there is of everything else.
func TestCommandDocs(t *testing.T) {
	sides := versus(t)
	for _, version := range []int{2, 3} {
		c := newCommandInfo(t, sides, version)
		for name := range c.table() {
			redis, nook := c.redis.Do("COMMAND", "DOCS", name), c.nook.Do("COMMAND", "DOCS", name)
			noteAnswered(command{"COMMAND", "DOCS"})
			if len(redis.Elems) == 0 { // newer than the real server
				continue
			}
			require.Equal(t, redis.Kind, nook.Kind)
			compareDocs(t, name, pairs(redis)[name], pairs(nook)[name])
		}
	}
}

func compareDocs(t *testing.T, name string, redis, nook resp.Reply) {
	t.Helper()
	require.Equal(t, redis.Kind, nook.Kind, name)
	a, b := pairs(redis), pairs(nook)
	for _, field := range []string{"since", "group", "doc_flags", "deprecated_since"} {
		if a[field].Kind == 0 { // deprecated after 7.0
			continue
		}
		require.True(t, a[field].Equal(b[field]), "%s: %s\nredis %v\nnook  %v", name, field, a[field], b[field])
	}
	for _, field := range []string{"summary", "complexity", "replaced_by"} {
		if a[field].Kind != 0 {
			require.Equal(t, a[field].Kind, b[field].Kind, "%s: %s", name, field)
		}
	}
	require.True(t, a["arguments"].Equal(b["arguments"]), "%s: arguments\nredis %v\nnook  %v", name, a["arguments"], b["arguments"])
	require.Equal(t, versionsOf(a["history"]), versionsOf(b["history"]), name)
}

// pairs returns the values of a map reply, or of one written as an array.
func pairs(r resp.Reply) map[string]resp.Reply {
	m := map[string]resp.Reply{}
	for i := 0; i+1 < len(r.Elems); i += 2 {
		m[r.Elems[i].Str] = r.Elems[i+1]
	}
	return m
}

// versionsOf returns the versions, each once, of a history up to Redis 7.0.
func versionsOf(history resp.Reply) []string {
	var versions []string
	for _, change := range history.Elems {
		if since := change.Elems[0].Str; !isNewer(since) {
			versions = append(versions, since)
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

// TestCommandList compares what COMMAND LIST answers among the commands that
// both sides have.
func TestCommandList(t *testing.T) {
	c := newCommandInfo(t, versus(t), 3)
	both := map[string]bool{}
	for name := range c.table() {
		both[name] = !c.redis.Do("COMMAND", "INFO", name).Elems[0].Null
	}
	for _, args := range []string{
		"", "FILTERBY PATTERN *get*", "filterby pattern GET*", "FILTERBY PATTERN nosuch", "FILTERBY PATTERN client|*",
		"FILTERBY ACLCAT bitmap", "FILTERBY ACLCAT @bitmap", "FILTERBY ACLCAT WRITE", "FILTERBY ACLCAT nosuch",
		"FILTERBY MODULE nosuch", "FILTERBY", "FILTERBY PATTERN", "FILTERBY NOSUCH x", "PATTERN x",
		"FILTERBY PATTERN x FILTERBY PATTERN y",
	} {
		list := append([]string{"COMMAND", "LIST"}, strings.Fields(args)...)
		redis, nook := c.redis.Do(list...), c.nook.Do(list...)
		noteAnswered(list)
		require.Equal(t, redis.Kind, nook.Kind, args)
		require.Equal(t, redis.Str, nook.Str, args)
		require.Equal(t, wordsIn(redis, both), wordsIn(nook, both), args)
	}
}

// wordsIn returns the elements of r that are in the given set, sorted.
func wordsIn(r resp.Reply, set map[string]bool) []string {
	words := []string{}
	for _, e := range r.Elems {
		if set[e.Str] {
			words = append(words, e.Str)
		}
	}
	slices.Sort(words)
	return words
}

// TestInfo checks that INFO says nothing that a real server would not: the
// sections and the names of fields are among its own, in the same sections.
func TestInfo(t *testing.T) {
	sides := versus(t)
	for _, version := range []int{2, 3} {
		c := newCommandInfo(t, sides, version)
		for _, conn := range []*redistest.Conn{c.redis, c.nook} {
			conn.Do("SET", "a", "1")
			conn.Do("SET", "b", "1", "EX", "100000")
		}
		for _, section := range []string{
			"", "all", "everything", "default", "SERVER", "server clients", "keyspace", "memory", "stats", "nosuch",
			"nosuch keyspace nosuch2", "clients clients", "cpu", "persistence", "replication", "cluster", "modules",
		} {
			info := append([]string{"INFO"}, strings.Fields(section)...)
			redis, nook := c.redis.Do(info...), c.nook.Do(info...)
			noteAnswered(info)
			require.Equal(t, redis.Kind, nook.Kind, section)
			require.Equal(t, redis.Format, nook.Format, section)
			known, said := fieldsOf(redis.Str), fieldsOf(nook.Str)
			for _, name := range laterFields {
				delete(said, name)
			}
			for name := range said {
				require.Contains(t, known, name, "INFO %s", section)
			}
			require.Equal(t, known["Keyspace/db0"], said["Keyspace/db0"], "INFO %s", section)
		}
	}
}

// laterFields are those of INFO that came after 7.0.
var laterFields = []string{
	"Stats/client_output_buffer_limit_disconnections", "Stats/acl_access_denied_auth", "Stats/acl_access_denied_cmd",
	"Stats/acl_access_denied_key", "Stats/acl_access_denied_channel",
}

// fieldsOf returns the fields of INFO as "Section/field".
func fieldsOf(info string) map[string]string {
	fields := map[string]string{}
	section := ""
	for line := range strings.SplitSeq(info, "\r\n") {
		if s, ok := strings.CutPrefix(line, "# "); ok {
			section = s
			fields[section] = ""
		} else if name, value, ok := strings.Cut(line, ":"); ok {
			value, _, _ = strings.Cut(value, ",avg_ttl=") // sampled, as keys expire
			fields[section+"/"+name] = value
		}
	}
	return fields
}

// TestShutdown ends servers of its own.
func TestShutdown(t *testing.T) {
	for _, args := range []string{"SHUTDOWN", "SHUTDOWN NOSAVE", "shutdown nosave now force"} {
		r := begin(t, versusOwn(t), 3)
		require.True(t, r.steps(sequence{
			one("SHUTDOWN", "NOSUCH"),
			one("SHUTDOWN", "SAVE", "NOSAVE"),
			one("SHUTDOWN", "ABORT", "NOW"),
			one("SHUTDOWN", "ABORT"),
			one("PING"),
			one(strings.Fields(args)...),
		}), "%s", &r.log)
		r.close()
		noteAnswered(command{"SHUTDOWN"})
	}
}

// TestIdleTime looks at the idle time of a key that was just used.
func TestIdleTime(t *testing.T) {
	c := newCommandInfo(t, versus(t), 2)
	for _, conn := range []*redistest.Conn{c.redis, c.nook} {
		conn.Do("SET", "a", "not an integer")
		conn.Do("GET", "a")
		r := conn.Do("OBJECT", "IDLETIME", "a")
		require.Equal(t, resp.KindInt, r.Kind)
		require.InDelta(t, 0, r.Int, 2)
	}
}

// TestTime compares the clocks.
func TestTime(t *testing.T) {
	c := newCommandInfo(t, versus(t), 3)
	redis, nook := unixTime(t, c.redis.Do("TIME")), unixTime(t, c.nook.Do("TIME"))
	require.InDelta(t, redis, nook, 2)
	noteAnswered(command{"TIME"})
}

func unixTime(t *testing.T, r resp.Reply) float64 {
	t.Helper()
	require.Len(t, r.Elems, 2)
	s, err := strconv.ParseInt(r.Elems[0].Str, 10, 64)
	require.NoError(t, err)
	micros, err := strconv.ParseInt(r.Elems[1].Str, 10, 64)
	require.NoError(t, err)
	require.Less(t, micros, int64(1_000_000))
	return float64(s) + float64(micros)/1e6
}

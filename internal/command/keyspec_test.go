package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

func TestKeysOf(t *testing.T) {
	for _, c := range []struct{ call, keys string }{
		{"get a", "a"},
		{"mset a 1 b 2", "a b"},
		{"mget a b c", "a b c"},
		{"lcs a b IDX", "a b"},
		{"bitop AND d a b", "d a b"},
		{"object encoding a", "a"},
		{"set a b GET", "a"},
		{"msetex 2 a 1 b 2 EX 10", "a b"},
		{"msetex 3 a 1 b 2 EX 10", "a b EX"},
		{"msetex 4 a 1 b 2 EX 10", ""},
		{"msetex -1 a 1", ""},
		{"msetex 99999999999999999999 a 1", ""},
		{"copy a b DB 1", "a b"},
		{"delex a IFEQ b", "a"},
		{"scan 0 MATCH a", ""},
		{"ping a", ""},
	} {
		args := strings.Fields(c.call)
		r, err := Lookup(args)
		require.NoError(t, err, c.call)
		require.Equal(t, strings.Fields(c.keys), append([]string{}, r.KeysOf(args, nil)...), c.call)
	}
}

func TestAnyKey(t *testing.T) {
	for name, want := range map[string]bool{
		"keys": true, "scan": true, "randomkey": true, "dbsize": true, "flushall": true, "swapdb": true,
		"get": false, "set": false, "ping": false, "object|encoding": false, "command": false, "msetex": false,
	} {
		require.Equal(t, want, commands.named(name).AnyKey(), name)
	}
}

// TestLocate checks the flags of keys that depend on other arguments.
func TestLocate(t *testing.T) {
	for _, c := range []struct {
		call  string
		flags KeyFlags
	}{
		{"set a b", OW | Update},
		{"set a b EX 10 get", RW | Access | Update},
		{"set a b IFEQ c", RW | Update},
		{"bitfield a", RO | Access},
		{"bitfield a get u8 0 OVERFLOW sat GET u8 0", RO | Access},
		{"bitfield a get u8 0 set u8 0 1", RW | Access | Update},
		{"bitfield a get u8", RW | Access | Update},
		{"bitfield a foo", RW | Access | Update},
		{"delex a", RM | Delete},
		{"delex a IFDNE x", RW | Delete},
	} {
		args := strings.Fields(c.call)
		refs, ok := commands.find(args).refs(args, nil)
		require.True(t, ok)
		require.Equal(t, []KeyRef{{1, c.flags}}, refs, c.call)
	}
}

// realRow makes a row of a reply of COMMAND INFO, with its names, its flags for keys,
// and its key specs.
func realRow(t *testing.T, r resp.Reply) *Row {
	row := &Row{Name: r.Elems[0].Str, Arity: int(r.Elems[1].Int)}
	for _, f := range r.Elems[2].Elems {
		if f.Str == "no_mandatory_keys" {
			row.Flags |= NoMandatoryKeys
		}
	}
	for _, spec := range r.Elems[8].Elems {
		row.Keys = append(row.Keys, realSpec(t, fieldsOf(spec)))
	}
	return row
}

func realSpec(t *testing.T, fields map[string]resp.Reply) (s KeySpec) {
	for _, f := range fields["flags"].Elems {
		for i, name := range keyFlagNames {
			if name == f.Str {
				s.Flags |= 1 << i
			}
		}
	}
	begin, find := fieldsOf(fields["begin_search"]), fieldsOf(fields["find_keys"])
	spec := fieldsOf(begin["spec"])
	switch begin["type"].Str {
	case "index":
		s.Begin = at(int(spec["index"].Int))
	case "keyword":
		s.Begin = Begin{Keyword: spec["keyword"].Str, From: int(spec["startfrom"].Int)}
	default:
		require.Equal(t, "unknown", begin["type"].Str)
	}
	spec = fieldsOf(find["spec"])
	switch find["type"].Str {
	case "range":
		s.Find = Find{Last: int(spec["lastkey"].Int), Step: int(spec["keystep"].Int), Limit: int(spec["limit"].Int)}
	case "keynum":
		s.Find = Find{
			Counted: true, Count: int(spec["keynumidx"].Int), First: int(spec["firstkey"].Int), Step: int(spec["keystep"].Int),
		}
	default:
		require.Equal(t, "unknown", find["type"].Str)
	}
	return s
}

// fieldsOf returns the fields of a map, which in RESP2 is an array.
func fieldsOf(r resp.Reply) map[string]resp.Reply {
	fields := map[string]resp.Reply{}
	for i := 0; i+1 < len(r.Elems); i += 2 {
		fields[r.Elems[i].Str] = r.Elems[i+1]
	}
	return fields
}

// TestRealSpecs checks what follows from key specs on those of all commands of a real
// server, also of commands that are not in the table: the range that COMMAND
// INFO tells, whether keys are movable, and the keys that COMMAND GETKEYS finds.
func TestRealSpecs(t *testing.T) {
	redis := redistest.Start(t).Dial(t)
	rows := redis.Do("COMMAND").Elems
	require.Greater(t, len(rows), 200)
	for _, r := range rows {
		checkRealRow(t, redis, r, strings.Fields(r.Elems[0].Str))
		for _, sub := range r.Elems[9].Elems {
			checkRealRow(t, redis, sub, strings.Split(sub.Elems[0].Str, "|"))
		}
	}
}

func checkRealRow(t *testing.T, redis *redistest.Conn, r resp.Reply, words []string) {
	row := realRow(t, r)
	first, last, step, movable := row.keyRange()
	require.Equal(t, r.Elems[3].Int, int64(first), row.Name)
	require.Equal(t, r.Elems[4].Int, int64(last), row.Name)
	require.Equal(t, r.Elems[5].Int, int64(step), row.Name)
	realMovable := strings.Contains(brief(r.Elems[2]), "movablekeys")
	require.Equal(t, realMovable, movable, row.Name)
	if !row.hasKeys() {
		return
	}
	for _, tail := range [][]string{
		{"2", "a", "b", "c", "d"},
		{"x", "2", "a", "b", "c", "d"},
		{"x", "1", "a", "streams", "c", "d", "e", "f"},
		{"a", "b", "c", "d", "e", "f", "store", "d", "STOREDIST", "e"},
		{"a"}, {"a", "b"}, {"a", "b", "c"}, {"a", "b", "c", "d"}, {"1", "2", "3", "4", "5", "6"}, {"x", "0", "c", "d"},
	} {
		checkRealKeys(t, redis, row, append(words[:len(words):len(words)], tail...))
	}
}

// checkRealKeys compares the keys of a call, unless the real server found them
// by other means than specs.
func checkRealKeys(t *testing.T, redis *redistest.Conn, row *Row, args []string) {
	refs, ok := row.refs(args, nil)
	if !row.Fits(len(args)) || !ok {
		return
	}
	keys := make([]string, len(refs))
	for i, ref := range refs {
		keys[i] = "$" + args[ref.Pos]
	}
	want := brief(redis.Do(append([]string{"COMMAND", "GETKEYS"}, args...)...))
	require.Equal(t, want, "["+strings.Join(keys, " ")+"]", "%q", args)
}

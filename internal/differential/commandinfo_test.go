package differential

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// TestCommandInfo compares every row of nook's command table with that of a
// real server. Rows that Redis 7.0 does not have must be newer than it, says the
// list of commands.
func TestCommandInfo(t *testing.T) {
	sides := versus(t)
	for _, version := range []int{2, 3} {
		t.Run("RESP"+strconv.Itoa(version), func(t *testing.T) {
			c := newCommandInfo(t, sides, version)
			for name, row := range c.table() {
				if d := c.difference(name, row); d != "" {
					t.Errorf("%s: %s", name, d)
				}
			}
		})
	}
}

// TestCommandTableIsComplete looks for the finished commands in nook's table.
func TestCommandTableIsComplete(t *testing.T) {
	c := newCommandInfo(t, versus(t), 3)
	table := c.table()
	for _, name := range finished() {
		if name == "SET IFEQ" { // an option, listed as a command
			continue
		}
		_, ok := table[strings.ToLower(strings.ReplaceAll(name, " ", "|"))]
		require.True(t, ok, "nook's COMMAND has no %s", name)
	}
}

// TestCommandInfoOfNone compares what is answered about no command.
func TestCommandInfoOfNone(t *testing.T) {
	for _, version := range []int{2, 3} {
		log := run(t, versus(t), version, sequence{
			one("COMMAND", "INFO", "nosuchcommand"),
			one("COMMAND", "INFO", "nosuchcommand", "client|nosuch", "get|x", ""),
			one("COMMAND", "NOSUCH"),
		})
		require.True(t, log.agree(), log.String())
	}
}

// commandInfo asks both sides about their commands.
type commandInfo struct {
	redis, nook *redistest.Conn
}

func newCommandInfo(t *testing.T, sides [2]side, version int) commandInfo {
	t.Helper()
	var conns [2]*redistest.Conn
	for i, s := range sides {
		instance := s.begin(t)
		t.Cleanup(instance.close)
		conns[i] = redistest.NewConn(t, instance.dial(t))
		t.Cleanup(func() { _ = conns[i].Close() })
		conns[i].Hello(version)
	}
	return commandInfo{redis: conns[0], nook: conns[1]}
}

// table returns nook's rows with those of subcommands, by name.
func (c commandInfo) table() map[string]resp.Reply {
	rows := map[string]resp.Reply{}
	for _, row := range c.nook.Do("COMMAND").Elems {
		rows[row.Elems[0].Str] = row
		for _, sub := range row.Elems[9].Elems {
			rows[sub.Elems[0].Str] = sub
		}
	}
	noteAnswered(command{"COMMAND"})
	return rows
}

// difference returns how nook's row differs from that of the real server.
func (c commandInfo) difference(name string, nook resp.Reply) string {
	own := c.nook.Do("COMMAND", "INFO", name).Elems[0]
	if d := rowDifference(nook, own); d != "" {
		return "COMMAND (redis) and COMMAND INFO (nook) of nook differ: " + d
	}
	noteAnswered(command{"COMMAND", "INFO"})
	redis := c.redis.Do("COMMAND", "INFO", name).Elems[0]
	if redis.Null {
		return newerThan70(name)
	}
	if name == "zrank" || name == "zrevrank" { // WITHSCORE of Redis 7.2
		nook.Elems = slices.Clone(nook.Elems)
		nook.Elems[1] = redis.Elems[1]
	}
	return rowDifference(redis, nook)
}

// newerThan70 returns what is wrong with a row that Redis 7.0 does not have.
func newerThan70(name string) string {
	row, ok := commandRows()[strings.ToUpper(strings.ReplaceAll(name, "|", " "))]
	switch {
	case !ok:
		return "neither a real server nor the list of commands has it"
	case !isNewer(row.since):
		return "a real server does not have it, but it is there since " + row.since
	}
	return ""
}

var versionNumber = regexp.MustCompile(`\d+\.\d+`)

// isNewer reports whether the first version named in since is after 7.0.
func isNewer(since string) bool {
	v, err := strconv.ParseFloat(versionNumber.FindString(since), 64)
	return err == nil && v > 7.0
}

// rowFields are the elements of a row before its subcommands. Flags and the
// like are sets: their order means nothing.
var rowFields = []string{"name", "arity", "flags", "first key", "last key", "key step", "categories", "tips", "key specs"}

func rowDifference(redis, nook resp.Reply) string {
	if len(redis.Elems) != len(nook.Elems) {
		return fmt.Sprintf("redis has %d fields, nook %d", len(redis.Elems), len(nook.Elems))
	}
	var found []string
	for i, field := range rowFields {
		a, b := unordered(redis.Elems[i]), unordered(nook.Elems[i])
		if !a.Equal(b) {
			found = append(found, fmt.Sprintf("%s\nredis %v\nnook  %v", field, a, b))
		}
	}
	return strings.Join(found, "\n")
}

// unordered returns r with all lists of words in it sorted.
func unordered(r resp.Reply) resp.Reply {
	isOther := func(e resp.Reply) bool { return e.Kind != resp.KindSimple }
	if !slices.ContainsFunc(r.Elems, isOther) {
		r.Elems = sorted(r.Elems)
		return r
	}
	r.Elems = slices.Clone(r.Elems)
	for i, e := range r.Elems {
		r.Elems[i] = unordered(e)
	}
	return r
}

func TestIsNewer(t *testing.T) {
	for since, want := range map[string]bool{
		"1.0.0": false, "6.2.0": false, "7.0.0": false, "7.2.0": true, "8.4": true,
		"valkey 8.1 / redis 8.4": true, "10.0.0": true,
	} {
		require.Equal(t, want, isNewer(since), since)
	}
}

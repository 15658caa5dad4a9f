package script_test

import (
	"bufio"
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/script"
)

// effects is a journal that keeps what it is given.
type effects struct {
	mu    sync.Mutex
	list  []nook.Effect // guarded by mu
	calls int           // guarded by mu
}

func (*effects) Admit() error  { return nil }
func (*effects) Commit() error { return nil }

func (j *effects) Append(list []nook.Effect) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range list {
		j.list = append(j.list, nook.Effect{DB: e.DB, Args: slices.Clone(e.Args)})
	}
	j.calls++
}

// take returns the commands that came since the last call.
func (j *effects) take() (commands [][]string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.list {
		commands = append(commands, e.Args)
	}
	j.list = nil
	return commands
}

// do runs a command and returns its reply.
func do(t testT, db *nook.Commands, args ...string) resp.Reply {
	t.Helper()
	row := command.RowOf(args)
	require.NotNil(t, row, args)
	c := command.Call{DB: db, Args: args, Out: resp.NewBuffer(), Row: row}
	c.Run()
	reply, err := resp.ReadReply(bufio.NewReader(bytes.NewReader(c.Out.Bytes())))
	require.NoError(t, err)
	return reply
}

// TestJournal: the journal receives what a script has done, in one call, and not the script.
func TestJournal(t *testing.T) {
	j := new(effects)
	clock := nook.NewManualClock(time.UnixMilli(1600000000000))
	s := newStore(t, nook.Options{Journal: j, Clock: clock})
	keys := []string{"a", "b"}
	run(t, s, "redis.call('SET', KEYS[1], 'x', 'EX', 10) redis.call('INCRBYFLOAT', KEYS[2], '1.5') redis.call('GET', KEYS[1])", keys)
	require.Equal(t, [][]string{{"SET", "a", "x", "PXAT", "1600000010000"}, {"SET", "b", "1.5", "KEEPTTL"}}, j.take())
	require.Equal(t, 1, j.calls)

	run(t, s, "return redis.call('GET', KEYS[1])", keys)
	require.Equal(t, 1, j.calls, "a script that only reads")

	_, err := script.New("redis.call('DEL', KEYS[1]) error('late')").Run(t.Context(), s, keys)
	require.Error(t, err)
	require.Equal(t, [][]string{{"DEL", "a"}}, j.take())

	load(t, s, "#!lua name=x\nredis.register_function('f', function(keys) return redis.call('LPUSH', keys[1], 1) end)")
	require.Len(t, j.take(), 1)
	call(t, s.DB(1), "f", []string{"l"})
	require.Equal(t, [][]string{{"LPUSH", "l", "1"}}, j.take())
}

// TestSetRepl: a script may keep effects out of the journal, its own alone.
func TestSetRepl(t *testing.T) {
	j := new(effects)
	s := newStore(t, nook.Options{Journal: j})
	set := "redis.call('SET', KEYS[1], 'v')"
	for _, row := range []struct {
		flags string
		said  bool
	}{
		{"REPL_NONE", false}, {"REPL_REPLICA", false}, {"REPL_SLAVE", false}, {"REPL_AOF", true}, {"REPL_ALL", true},
	} {
		run(t, s, "redis.set_repl(redis."+row.flags+") "+set, []string{"k"})
		require.Equal(t, row.said, len(j.take()) > 0, row.flags)
	}
	run(t, s, "redis.set_repl(redis.REPL_NONE) "+set+" redis.set_repl(redis.REPL_ALL) redis.call('SET', KEYS[1], 'w')", []string{"k"})
	require.Equal(t, [][]string{{"SET", "k", "w"}}, j.take())
	run(t, s, set, []string{"k"})
	require.Equal(t, [][]string{{"SET", "k", "v"}}, j.take(), "the next script starts anew")

	require.NoError(t, s.Exec(func(tx *nook.Tx) error {
		_, err := script.New("redis.set_repl(redis.REPL_NONE) "+set).Run(t.Context(), tx, []string{"k"})
		require.NoError(t, err)
		return tx.Set("l", "v")
	}, "k", "l"))
	require.Equal(t, [][]string{{"SET", "l", "v"}}, j.take(), "what comes after the script is not the script's")
}

// steps are what TestReplay puts scripts together of. None depends on the order in which a store keeps things.
var steps = []string{
	"redis.call('SET', KEYS[1], ARGV[1], 'PX', 5000)",
	"redis.call('INCRBYFLOAT', KEYS[2], ARGV[1])",
	"redis.pcall('APPEND', KEYS[1], ARGV[1])",
	"redis.call('DEL', KEYS[3]) redis.call('RPUSH', KEYS[3], 1, 2, ARGV[1])",
	"redis.pcall('LPOP', KEYS[3])",
	"redis.call('PEXPIRE', KEYS[1], ARGV[1])",
	"redis.call('SADD', KEYS[4], ARGV[1], 'a', 'b') redis.call('SPOP', KEYS[4])",
	"redis.call('HINCRBYFLOAT', KEYS[5], 'f', ARGV[1]) redis.call('HSET', KEYS[5], 't', redis.call('TIME')[1])",
	"redis.call('ZADD', KEYS[6], math.random(100), ARGV[1])",
	"redis.pcall('XADD', KEYS[7], '*', 'f', ARGV[1])",
	"redis.call('SELECT', 2)",
	"redis.call('SET', 'fixed', ARGV[1])",
	"redis.call('RENAME', KEYS[4], KEYS[8])",
	"redis.pcall('COPY', KEYS[1], KEYS[8], 'REPLACE')",
	"redis.call('FLUSHDB')",
	"error('stop')",
}

// TestReplay runs random scripts, and then what the journal has of them on an empty store, which must come out the same.
func TestReplay(t *testing.T) {
	keys := []string{"str", "num", "list", "set", "hash", "zset", "stream", "other"}
	rapid.Check(t, func(t *rapid.T) {
		j := new(effects)
		clock := nook.NewManualClock(time.UnixMilli(1600000000000))
		s := newStore(t, nook.Options{Journal: j, Clock: clock})
		for range rapid.IntRange(1, 20).Draw(t, "scripts") {
			source := ""
			for _, step := range rapid.SliceOfN(rapid.SampledFrom(steps), 1, 4).Draw(t, "steps") {
				source += step + "\n"
			}
			_, err := script.New(source).Run(t.Context(), s, keys, rapid.IntRange(1, 3000).Draw(t, "arg"))
			var said *script.Error
			require.True(t, err == nil || errors.As(err, &said), err)
			clock.Advance(time.Duration(rapid.IntRange(0, 3000).Draw(t, "pause")) * time.Millisecond)
		}
		again := nook.NewManualClock(time.UnixMilli(1600000000000))
		copied := newStore(t, nook.Options{Clock: again})
		for _, e := range j.list {
			reply := do(t, copied.Select(e.DB), e.Args...)
			require.NotEqual(t, resp.KindError, reply.Kind, "%q: %s", e.Args, reply.Str)
		}
		again.AdvanceTo(clock.Now())
		for _, n := range []int{0, 2} {
			require.Equal(t, contents(t, s.Select(n)), contents(t, copied.Select(n)))
		}
	})
}

// contents returns all that a database holds.
func contents(t testT, db *nook.Commands) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	names, err := db.Keys("*")
	require.NoError(t, err)
	for _, key := range names {
		kind, err := db.Type(key)
		require.NoError(t, err)
		read := map[string][]string{
			"string": {"GET", key}, "list": {"LRANGE", key, "0", "-1"}, "set": {"SMEMBERS", key}, "hash": {"HGETALL", key},
			"zset": {"ZRANGE", key, "0", "-1", "WITHSCORES"}, "stream": {"XRANGE", key, "-", "+"},
		}[kind]
		value := flat(do(t, db, read...))
		if kind == "set" || kind == "hash" {
			slices.Sort(value)
		}
		all[key] = append([]string{kind, flat(do(t, db, "PEXPIRETIME", key))[0]}, value...)
	}
	return all
}

// flat returns the texts of a reply and of all in it.
func flat(r resp.Reply) (texts []string) {
	if r.Elems == nil {
		return []string{string(r.Append(nil))}
	}
	for _, e := range r.Elems {
		texts = append(texts, flat(e)...)
	}
	return texts
}

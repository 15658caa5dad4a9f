package script_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

// TestArguments runs a script with arguments of all kinds, which it sees as texts.
func TestArguments(t *testing.T) {
	s := newStore(t, nook.Options{})
	for _, row := range []struct {
		arg  any
		text string
	}{
		{"text", "text"},
		{"\x00\xff\r\n", "\x00\xff\r\n"},
		{[]byte("bytes"), "bytes"},
		{-7, "-7"},
		{int8(-128), "-128"},
		{int16(300), "300"},
		{int32(-70000), "-70000"},
		{int64(-1 << 63), "-9223372036854775808"},
		{uint(7), "7"},
		{uint8(255), "255"},
		{uint16(65535), "65535"},
		{uint32(1 << 31), "2147483648"},
		{uint64(1<<64 - 1), "18446744073709551615"},
		{0.1, "0.1"},
		{float32(0.1), "0.1"},
		{1e300, "1e+300"},
		{true, "1"},
		{false, "0"},
	} {
		v := run(t, s, "return {ARGV[1], #ARGV, type(ARGV[1])}", nil, row.arg)
		require.Equal(t, []string{row.text, "1", "string"}, v.Texts())
	}
	for _, arg := range []any{nil, time.Second, []string{"a"}, struct{}{}, errors.New("e")} {
		_, err := script.New("redis.call('SET', 'k', 'v')").Run(t.Context(), s, nil, "fine", arg)
		require.ErrorContains(t, err, "script: argument 2: a ")
		require.ErrorContains(t, err, " is no argument of a script")
	}
	require.Empty(t, value(t, s, "k"), "nothing has run")
	v := run(t, s, "return {#KEYS, KEYS[1], KEYS[2], #ARGV}", []string{"a", "b\x00"}, 1, 2, 3)
	require.Equal(t, []string{"2", "a", "b\x00", "3"}, v.Texts())
}

// TestErrors lists scripts and the errors that they end with.
func TestErrors(t *testing.T) {
	s := newStore(t, nook.Options{})
	require.NoError(t, s.Set("text", "v"))
	for _, row := range []struct{ source, code, text string }{
		{"return redis.call('INCR', KEYS[1])", "ERR", "ERR value is not an integer or out of range script: "},
		{"return redis.call('LPUSH', KEYS[1], 1)", "WRONGTYPE", "WRONGTYPE Operation against a key holding the wrong kind of value script: "},
		{"return redis.pcall('LPUSH', KEYS[1], 1)", "WRONGTYPE", "WRONGTYPE Operation against a key holding the wrong kind of value"},
		{"return redis.error_reply('MY error')", "MY", "MY error"},
		{"return redis.error_reply('mine')", "ERR", "ERR mine"},
		{"return {err = 'BARE'}", "BARE", "BARE"},
		{"error('oh')", "ERR", "ERR user_script:1: oh script: "},
		{"\nerror({err = 'MY table'})", "MY", "MY table script: "},
		{"return nosuch", "ERR", "ERR user_script:1: Script attempted to access nonexistent global variable 'nosuch'"},
		{"return 1 +", "ERR", "ERR Error compiling script (new function): user_script:1: "},
		{"return redis.call('NOSUCH')", "ERR", "ERR Unknown Redis command called from script script: "},
		{"return redis.call('SUBSCRIBE', 'c')", "ERR", "ERR This Redis command is not allowed from script script: "},
		{"return redis.call('MULTI')", "ERR", "ERR This Redis command is not allowed from script script: "},
		{"return redis.call('EVAL', 'return 1', 0)", "ERR", "ERR This Redis command is not allowed from script script: "},
		{"\nreturn 'a\nb'", "ERR", "ERR Error compiling script (new function): user_script:2: "},
		{"#!lua flags=no-such\nreturn 1", "ERR", "ERR Unexpected flag in script shebang: no-such"},
		{"#!python\nreturn 1", "ERR", "ERR Unexpected engine in script shebang: #!python"},
		{"#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 1)", "ERR", "ERR Write commands are not allowed from read-only scripts. script: "},
	} {
		_, err := script.New(row.source).Run(t.Context(), s, []string{"text"})
		requireError(t, err, row.code, row.text)
	}
	require.Equal(t, "v", value(t, s, "text"))
}

// TestErrorPlace: an error says which script it was, and where in it.
func TestErrorPlace(t *testing.T) {
	p := script.New("local x = 1\nreturn redis.call('LPUSH', KEYS[1], x)")
	s := newStore(t, nook.Options{})
	require.NoError(t, s.Set("k", "v"))
	_, err := p.Run(t.Context(), s, []string{"k"})
	require.EqualError(t, err, "WRONGTYPE Operation against a key holding the wrong kind of value script: "+p.SHA()+", on @user_script:2.")
}

func TestCompile(t *testing.T) {
	p := script.New("return 1")
	require.Equal(t, "return 1", p.Source())
	require.Equal(t, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", p.SHA())
	require.NoError(t, p.Compile())
	require.Equal(t, p.SHA(), p.With(script.Limits{}).SHA())
	requireError(t, script.New("x x").Compile(), "ERR", "ERR Error compiling script (new function): user_script:1: ")
	require.NoError(t, script.New("").Compile())
	require.True(t, run(t, newStore(t, nook.Options{}), "", nil).IsNull())
}

func TestRunReadOnly(t *testing.T) {
	s := newStore(t, nook.Options{})
	require.NoError(t, s.Set("k", "v"))
	v, err := script.New("return redis.call('GET', KEYS[1])").RunReadOnly(t.Context(), s, []string{"k"})
	require.NoError(t, err)
	require.Equal(t, "v", v.Text())
	_, err = script.New("return redis.call('SET', KEYS[1], 'w')").RunReadOnly(t.Context(), s, []string{"k"})
	requireError(t, err, "ERR", "ERR Write commands are not allowed from read-only scripts.")
	for _, source := range []string{"return redis.call('PUBLISH', 'c', 'm')", "return redis.call('SPUBLISH', 'c', 'm')", "return redis.call('PFCOUNT', 'h')"} {
		_, err = script.New(source).RunReadOnly(t.Context(), s, nil)
		requireError(t, err, "ERR", "ERR Write commands are not allowed from read-only scripts.")
	}
	_, err = script.New("#!lua\nreturn 1").RunReadOnly(t.Context(), s, nil)
	requireError(t, err, "ERR", "ERR Can not execute a script with write flag using *_ro command.")
	_, err = script.New("#!lua flags=no-writes\nreturn 1").RunReadOnly(t.Context(), s, nil)
	require.NoError(t, err)
	require.Equal(t, "v", value(t, s, "k"))
}

// TestDatabases: a script works on the database that it is run on, and goes to others without taking its caller along.
func TestDatabases(t *testing.T) {
	s := newStore(t, nook.Options{})
	third := s.DB(3)
	run(t, third, "redis.call('SET', KEYS[1], 'three') redis.call('SELECT', 5) redis.call('SET', KEYS[1], 'five')", []string{"k"})
	require.Empty(t, value(t, s, "k"))
	require.Equal(t, "three", value(t, third, "k"))
	require.Equal(t, "five", value(t, s.DB(5), "k"))
	require.Equal(t, "three", run(t, third, "return redis.call('GET', KEYS[1])", []string{"k"}).Text())
	_, err := script.New("return 1").Run(t.Context(), s.DB(99), nil)
	require.ErrorIs(t, err, nook.ErrDBIndex)
}

func TestClosedStore(t *testing.T) {
	s, err := nook.New(nil)
	require.NoError(t, err)
	_, err = script.Load(s, countLibrary)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = script.New("return 1").Run(t.Context(), s, nil)
	require.ErrorIs(t, err, nook.ErrClosed)
	_, err = script.New("return redis.call('KEYS', '*')").Run(t.Context(), s, nil)
	require.ErrorIs(t, err, nook.ErrClosed)
	_, err = script.Call(t.Context(), s, "count", nil)
	require.ErrorIs(t, err, nook.ErrClosed)
	_, err = script.LoadWith(s, countLibrary, script.LoadOptions{Replace: true})
	require.ErrorIs(t, err, nook.ErrClosed)
	_, err = script.Delete(s, "counts")
	require.ErrorIs(t, err, nook.ErrClosed)
	require.ErrorIs(t, script.Flush(s), nook.ErrClosed)
}

// TestInTransaction runs scripts as parts of transactions: those that show which keys they use need these, others the
// whole store.
func TestInTransaction(t *testing.T) {
	s := newStore(t, nook.Options{})
	tame, whole := script.New("return redis.call('INCR', KEYS[1])"), script.New("return redis.call('INCR', 'fixed')")
	err := s.Exec(func(tx *nook.Tx) error {
		require.NoError(t, tx.Set("a", "1"))
		v, err := tame.Run(t.Context(), tx, []string{"a"})
		require.NoError(t, err)
		require.Equal(t, "2", v.Text())
		require.Equal(t, "2", value(t, tx, "a"))
		_, err = tame.Run(t.Context(), tx, []string{"b"})
		require.ErrorIs(t, err, nook.ErrTxUndeclared)
		_, err = whole.Run(t.Context(), tx, []string{"a"})
		require.ErrorIs(t, err, nook.ErrTxUndeclared)
		_, err = script.Call(t.Context(), tx, "count", nil)
		requireError(t, err, "ERR", "ERR Function not found")
		return nil
	}, "a")
	require.NoError(t, err)
	_, err = script.Load(s, countLibrary)
	require.NoError(t, err)
	err = s.Exec(func(tx *nook.Tx) error {
		v, err := whole.Run(t.Context(), tx, nil)
		require.NoError(t, err)
		require.Equal(t, "1", v.Text())
		v, err = script.Call(t.Context(), tx, "count", nil, 5)
		require.NoError(t, err)
		require.Equal(t, "5", v.Text())
		_, err = tame.Run(t.Context(), tx.DB(2), []string{"a"})
		return err
	})
	require.NoError(t, err)
	require.Equal(t, "2", value(t, s, "a"))
	require.Equal(t, "1", value(t, s.DB(2), "a"))
	err = s.Exec(func(tx *nook.Tx) error {
		_, err := script.Call(t.Context(), tx, "count", nil)
		return err
	}, "a")
	require.ErrorIs(t, err, nook.ErrTxUndeclared)

	var kept *nook.Tx
	require.NoError(t, s.Exec(func(tx *nook.Tx) error { kept = tx; return nil }))
	_, err = tame.Run(t.Context(), kept, []string{"a"})
	require.ErrorIs(t, err, nook.ErrTxDone)
}

// TestWithoutKeysInTransaction: a script that uses no keys fits into any transaction.
func TestWithoutKeysInTransaction(t *testing.T) {
	s := newStore(t, nook.Options{Shards: 64})
	sub, err := s.Subscribe("news")
	require.NoError(t, err)
	defer sub.Close()
	for _, key := range []string{"a", "b", "c"} {
		err := s.Exec(func(tx *nook.Tx) error {
			require.Equal(t, "3", run(t, tx, "return 1 + 2", nil).Text())
			require.Equal(t, "1", run(t, tx, "return redis.call('PUBLISH', 'news', ARGV[1])", nil, key).Text())
			return tx.Set(key, "v")
		}, key)
		require.NoError(t, err)
		require.Equal(t, key, (<-sub.Messages()).Payload)
	}
}

// TestTransactionGoesOn: what a transaction has said of its journal and of memory holds again after a script.
func TestTransactionGoesOn(t *testing.T) {
	j := new(effects)
	s := newStore(t, nook.Options{Journal: j, MaxMemory: 1 << 20})
	require.NoError(t, s.Set("big", strings.Repeat("x", 1<<20)))
	j.take()
	err := s.Exec(func(tx *nook.Tx) error {
		require.True(t, tx.Journaled(false))
		require.False(t, tx.Overcommit(true))
		run(t, tx, "return redis.call('GET', KEYS[1])", []string{"k"})
		require.NoError(t, tx.Set("k", "v"))
		require.False(t, tx.Journaled(true))
		require.True(t, tx.Overcommit(false))
		return nil
	}, "k")
	require.NoError(t, err)
	require.Equal(t, "v", value(t, s, "k"))
	require.Empty(t, j.take())
}

// TestWatched: a script that changes a key is a change to those who watch it, one that only reads it is none.
func TestWatched(t *testing.T) {
	s := newStore(t, nook.Options{})
	for _, row := range []struct {
		source  string
		changes bool
	}{
		{"return redis.call('GET', KEYS[1])", false}, {"return redis.call('SET', KEYS[1], 1)", true}, {"redis.call('INCR', KEYS[1]) error('x')", true},
		{"redis.call('DEL', 'absent') return redis.call('KEYS', '*')", false},
	} {
		w, err := s.Watch("k")
		require.NoError(t, err)
		_, _ = script.New(row.source).Run(t.Context(), s, []string{"k"})
		require.Equal(t, row.changes, w.Dirty(), row.source)
		w.Close()
	}
}

// TestEventsAfter: the events of a script come in order when it is over.
func TestEventsAfter(t *testing.T) {
	s := newStore(t, nook.Options{})
	events, err := s.Events(nook.EventOptions{})
	require.NoError(t, err)
	defer events.Close()
	run(t, s, "redis.call('SET', KEYS[1], 1) redis.call('EXPIRE', KEYS[1], 100) redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1])", []string{"k"})
	for _, name := range []string{"set", "expire", "del"} {
		e := <-events.Events()
		require.Equal(t, name, e.Name)
		require.Equal(t, "k", e.Key)
	}
}

// TestNoRollback: what a script has done before its error stays done.
func TestNoRollback(t *testing.T) {
	s := newStore(t, nook.Options{})
	_, err := script.New("redis.call('SET', KEYS[1], 1) error('stop')").Run(t.Context(), s, []string{"k"})
	require.Error(t, err)
	require.Equal(t, "1", value(t, s, "k"))
}

// TestLimits runs endless scripts, which catch all errors, with each of the limits.
func TestLimits(t *testing.T) {
	s := newStore(t, nook.Options{})
	endless := script.New("local t = {} redis.call('SET', KEYS[1], 1) while true do pcall(function() while true do t[#t + 1] = {} end end) end")
	for _, row := range []struct {
		limits script.Limits
		text   string
	}{
		{script.Limits{Instructions: 1e6}, "ERR too many instructions"},
		{script.Limits{Memory: 32 << 20}, "ERR not enough memory"},
		{script.Limits{Time: 20 * time.Millisecond}, "ERR script ran for too long"},
	} {
		_, err := endless.With(row.limits).Run(t.Context(), s, []string{"k"})
		requireError(t, err, "ERR", row.text)
	}
	require.Equal(t, "1", value(t, s, "k"), "what a script has done before its limit stays done")
	require.Equal(t, "1", run(t, s, "return 1", nil).Text())
}

const (
	spin       = "while true do end"
	writeFirst = "redis.call('SET', KEYS[1], 'begun') for i = 1, 1000000 do end redis.call('SET', KEYS[1], 'done') return 'end'"
)

// TestContextBefore: nothing of a script runs once its context has ended.
func TestContextBefore(t *testing.T) {
	s := newStore(t, nook.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("no longer wanted")
	cancel(why)
	_, err := script.New("return redis.call('SET', KEYS[1], 1)").Run(ctx, s, []string{"k"})
	require.ErrorIs(t, err, why)
	require.Empty(t, value(t, s, "k"))
	_, err = script.New(spin).Run(ctx, s, nil)
	require.ErrorIs(t, err, why)
}

// reports is a context that ends when it has been asked a number of times: in the middle of a script.
type reports struct {
	context.Context
	asked, end int
}

func (r *reports) Err() error {
	if r.asked++; r.asked > r.end {
		return context.DeadlineExceeded
	}
	return nil
}

// TestContextDuring: a script that has not written ends with its context, one that has goes on.
func TestContextDuring(t *testing.T) {
	s := newStore(t, nook.Options{})
	for _, source := range []string{
		spin, "while true do pcall(function() while true do end end) end", "return string.rep('x', 1000):gsub('.', function() while true do end end)",
		"while true do redis.call('GET', KEYS[1]) end",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_, err := script.New(source).Run(ctx, s, []string{"k"})
		require.ErrorIs(t, err, context.DeadlineExceeded, source)
		cancel()
	}
	ctx := &reports{Context: t.Context(), end: 3}
	v, err := script.New(writeFirst).Run(ctx, s, []string{"k"})
	require.NoError(t, err)
	require.Equal(t, "end", v.Text())
	require.Equal(t, "done", value(t, s, "k"))
	require.Greater(t, ctx.asked, ctx.end, "the context has ended while the script ran")
}

// TestContextWhileWaiting: nothing of a script runs if its context has ended while it waited for its locks.
func TestContextWhileWaiting(t *testing.T) {
	s := newStore(t, nook.Options{})
	load(t, s, "#!lua name=x\nredis.register_function('set', function(keys) return redis.call('SET', keys[1], 1) end)")
	_, err := script.New("return redis.call('SET', KEYS[1], 1)").Run(&reports{Context: t.Context(), end: 1}, s, []string{"k"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = script.Call(&reports{Context: t.Context(), end: 1}, s, "set", []string{"k"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Empty(t, value(t, s, "k"))
}

// TestMaxMemory: in a full store, scripts may write until they first need memory, and one that has begun goes on.
func TestMaxMemory(t *testing.T) {
	s := newStore(t, nook.Options{MaxMemory: 1 << 20})
	require.NoError(t, s.Set("small", "v"))
	require.NoError(t, s.Set("big", strings.Repeat("x", 1<<20)))
	keys := []string{"k", "small"}
	_, err := script.New("return redis.call('SET', KEYS[1], 1)").Run(t.Context(), s, keys)
	requireError(t, err, "OOM", nook.ErrOutOfMemory.Error())
	require.Equal(t, "v", run(t, s, "return redis.call('GET', KEYS[2])", keys).Text())
	run(t, s, "redis.call('DEL', KEYS[2]) return redis.call('SET', KEYS[1], 1)", keys)
	require.Equal(t, "1", value(t, s, "k"))

	_, err = script.New("#!lua\nreturn 1").Run(t.Context(), s, keys)
	requireError(t, err, "OOM", "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'")
	run(t, s, "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])", keys)
	run(t, s, "#!lua flags=allow-oom\nreturn redis.call('SET', KEYS[1], 2)", keys)
	require.Equal(t, "2", value(t, s, "k"))

	_, err = script.New("return redis.call('SET', KEYS[1], 3)").Run(t.Context(), s, keys)
	requireError(t, err, "OOM", nook.ErrOutOfMemory.Error())
	err = s.Exec(func(tx *nook.Tx) error {
		run(t, tx, "#!lua flags=allow-oom\nreturn redis.call('SET', KEYS[1], 4)", keys)
		return tx.Set("k", "5")
	}, "k", "small")
	require.ErrorIs(t, err, nook.ErrOutOfMemory, "what the script may do is not what the rest of the transaction may")
	require.Equal(t, "4", value(t, s, "k"))
}

// TestMaxMemoryEvicts: room is made before a script begins.
func TestMaxMemoryEvicts(t *testing.T) {
	s := newStore(t, nook.Options{MaxMemory: 1 << 20, MaxMemoryPolicy: nook.AllKeysLRU})
	require.NoError(t, s.Set("big", strings.Repeat("x", 1<<20)))
	run(t, s, "return redis.call('SET', KEYS[1], 1)", []string{"k"})
	require.Equal(t, "1", value(t, s, "k"))
	require.Empty(t, value(t, s, "big"))
}

// TestTimeStandsStill: the time within a script is when it began, for TIME and for deadlines.
func TestTimeStandsStill(t *testing.T) {
	clock := nook.NewManualClock(time.Unix(1600000000, 123456000))
	s := newStore(t, nook.Options{Clock: clock})
	v := run(t, s, "return redis.call('TIME')", nil)
	require.Equal(t, []string{"1600000000", "123456"}, v.Texts())
	clock.Advance(time.Second)
	v = run(t, s, "redis.call('SET', KEYS[1], 1, 'PX', 1500) return redis.call('PTTL', KEYS[1])", []string{"k"})
	require.Equal(t, "1500", v.Text())

	real := newStore(t, nook.Options{})
	v = run(t, real, `local a = redis.call('TIME')
		redis.call('SET', KEYS[1], 1, 'PX', 1)
		for i = 1, 1000000 do end
		local b = redis.call('TIME')
		return {a[1] == b[1] and a[2] == b[2], redis.call('EXISTS', KEYS[1])}`, []string{"k"})
	require.Equal(t, []string{"1", "1"}, v.Texts())
}

// TestMessagesAfter: what a script publishes is delivered when all that it changed is there.
func TestMessagesAfter(t *testing.T) {
	s := newStore(t, nook.Options{})
	sub, err := s.Subscribe("news")
	require.NoError(t, err)
	defer sub.Close()
	seen := make(chan string)
	go func() {
		<-sub.Messages()
		v, _, _ := s.Get("k")
		seen <- v
	}()
	v := run(t, s, "local n = redis.call('PUBLISH', 'news', 'k') for i = 1, 100000 do end redis.call('SET', KEYS[1], 'late') return n", []string{"k"})
	require.Equal(t, "1", v.Text())
	require.Equal(t, "late", <-seen)
}

// TestWaitersAfter: who waits for a key is served when the script is over.
func TestWaitersAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, nook.Options{})
		got := make(chan nook.Pair)
		go func() {
			p, _, err := s.BLPop(t.Context(), 0, "l")
			if err != nil {
				t.Error(err)
			}
			got <- p
		}()
		synctest.Wait()
		v := run(t, s, "redis.call('RPUSH', KEYS[1], 'a', 'b', 'c') redis.call('LPOP', KEYS[1]) return redis.call('LLEN', KEYS[1])", []string{"l"})
		require.Equal(t, "2", v.Text())
		require.Equal(t, "b", (<-got).Value)
	})
}

// TestWaitingCommands: a script cannot wait.
func TestWaitingCommands(t *testing.T) {
	s := newStore(t, nook.Options{})
	for _, row := range []struct{ source, text string }{
		{"return redis.call('BLPOP', KEYS[1], 0)", "ERR This Redis command is not allowed from script script: "},
		{"return redis.call('BLMOVE', KEYS[1], KEYS[2], 'LEFT', 'LEFT', 0)", "ERR This Redis command is not allowed from script script: "},
		{"return redis.call('BZPOPMIN', KEYS[1], 0)", "ERR This Redis command is not allowed from script script: "},
		{"return redis.call('XREAD', 'BLOCK', 0, 'STREAMS', KEYS[1], '$')", "ERR XREAD command is not allowed with BLOCK option from scripts script: "},
	} {
		_, err := script.New(row.source).Run(t.Context(), s, []string{"a", "b"})
		requireError(t, err, "ERR", row.text)
	}
	for _, source := range []string{"return redis.call('BLMPOP', 0, 1, KEYS[1], 'LEFT')", "return redis.call('BZMPOP', 0, 1, KEYS[1], 'MIN')"} {
		require.True(t, run(t, s, source, []string{"a"}).IsNull(), source)
	}
}

// TestRandom: math.random draws other numbers each time, unless the script seeds it; commands that draw have no seed of scripts.
func TestRandom(t *testing.T) {
	s := newStore(t, nook.Options{})
	source := "return {math.random(1000000), math.random(1000000), math.random(1000000)}"
	first := run(t, s, source, nil).Texts()
	require.NotEqual(t, first[0], first[1])
	seeded := run(t, s, "math.randomseed(ARGV[1]) "+source, nil, 42).Texts()
	require.Equal(t, []string{"744526", "342702", "111086"}, seeded, "the numbers of Redis")
	require.Equal(t, seeded, run(t, s, "math.randomseed(ARGV[1]) "+source, nil, 42).Texts())

	run(t, s, "for i = 1, 1000 do redis.call('SADD', KEYS[1], i) end", []string{"s"})
	drawn := map[string]bool{}
	for range 20 {
		drawn[run(t, s, "math.randomseed(7) return redis.call('SRANDMEMBER', KEYS[1])", []string{"s"}).Text()] = true
	}
	require.Greater(t, len(drawn), 5)
}

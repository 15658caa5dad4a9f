package scripting

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
)

// openStore returns a store that is closed with the test.
func openStore(t testing.TB) *nook.Store {
	t.Helper()
	store, err := nook.New(nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// eval runs a script and returns its reply.
func eval(store *nook.Store, source string, limits Limits, keys ...string) (string, error) {
	db := store.Select(0)
	reply, err := Of(db).Run(&Task{Program: NewProgram(source), DB: db, Keys: keys, Args: []string{"a", "b"}, Limits: limits, Proto: 2})
	return string(reply), err
}

// A reply has the limits of its script.
func TestRepliesEnd(t *testing.T) {
	store := openStore(t)
	for _, source := range []string{
		`local t = {} t[1] = t t[2] = t return t`,
		`local t = {} t.map = {a = t, b = t} return t`,
		`local t = {} t.set = {[t] = true, [{set = {[t] = true}}] = true} return {t, t}`,
	} {
		_, err := eval(store, source, Limits{Instructions: 1_000_000})
		require.ErrorContains(t, err, "too many instructions", source)
		_, err = eval(store, source, Limits{Memory: 32 << 20})
		require.ErrorContains(t, err, "not enough memory", source)
		_, err = eval(store, source, Limits{Time: 10 * time.Millisecond})
		require.ErrorContains(t, err, "ran for too long", source)
	}
	reply, err := eval(store, `local t = {} t[1] = t return t`, Limits{})
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("*1\r\n", maxNesting)+"-ERR reached lua stack limit\r\n", reply)
}

// Scripts pay for what commands give them.
func TestCallsCount(t *testing.T) {
	store := openStore(t)
	require.NoError(t, store.Set("large", strings.Repeat("x", 1<<20)))
	_, err := eval(store, `for i = 1, 1000 do redis.call('PING') end`, Limits{Instructions: 40_000})
	require.ErrorContains(t, err, "too many instructions")
	_, err = eval(store, `local t = {} for i = 1, 1000 do t[i] = redis.call('GET', 'large') end`, Limits{Memory: 64 << 20})
	require.ErrorContains(t, err, "not enough memory")
	_, err = eval(store, `for i = 1, 1000 do redis.sha1hex(redis.call('GET', 'large')) end`, Limits{Instructions: 1_000_000})
	require.ErrorContains(t, err, "too many instructions")
}

// hostile are parts of scripts that go wrong, take too much, or try to leave something for those that come later.
var hostile = []string{
	`error('x')`, `error({err = 'x'})`, `error(nil)`, `error(function() end)`, `local x = nil x.y = 1`, `return redis.call('NOSUCH')`,
	`local function f() return 1 + f() end f()`, `local function f() return f() end f()`, `while true do end`,
	`pcall(function() while true do end end)`, `local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end`,
	`local co = coroutine.create(function() coroutine.yield(1) end) coroutine.resume(co) error('y')`,
	`table.sort({3, 1, 2, 5, 4}, function() error('in sort') end)`, `string.gsub('abc', '.', function() error({err = 'in gsub'}) end)`,
	`local s = 'x' while true do s = s .. s end`, `local t = {} while true do t[#t + 1] = {t} end`,
	`_G.x = 1`, `rawset(_G, 'x', 1)`, `setmetatable(_G, nil)`, `x = 1`, `string.rep = nil`, `getmetatable('').__index = nil`,
	`table.insert(table, 1)`, `KEYS[1] = 'other'`, `table.insert(ARGV, 'more')`, `setmetatable(KEYS, {__index = function() return 'k' end})`,
	`setmetatable(ARGV, {__metatable = 1}) ARGV[5] = 1`, `ARGV[1] = nil`, `rawset(redis, 'call', nil)`, `redis.call = nil`,
	`cjson.encode_max_depth(1)`, `cjson.decode_max_depth(1)`, `cjson.encode_sparse_array(true)`, `cjson.encode_number_precision(3)`,
	`redis.setresp(3)`, `redis.set_repl(redis.REPL_NONE)`, `math.randomseed(1)`,
	`local t = {} t[1] = t t[2] = t return t`, `return {map = {a = {set = {b = true}}}}`, `return setmetatable({}, {__index = function() error('z') end})`,
	`redis.call('SET', KEYS[1], 'v') error('after a write')`, `return redis.pcall('INCR', KEYS[1])`, `loadstring('return x')()`,
	`for i = 1, 300 do coroutine.resume(coroutine.create(function() coroutine.yield() end)) end`,
	`local function f() pcall(f) f() end f()`, `pcall(setmetatable({}, {__call = function(t) t() end}))`,
	`for k, v in pairs(_G) do if type(v) == 'table' then pcall(rawset, v, 'x', 1) pcall(setmetatable, v, nil) end end`,
	`for k in pairs(string) do string[k] = nil end`, `local m = getmetatable(_G) for k in pairs(m) do m[k] = nil end`,
	`unpack({}, 1, 7000)`, `return unpack({1, 2, 3})`, `return (string.rep('x', 100000):gsub('.', '%0%0'))`,
}

// good is a script that sees whether all is as it should be.
const good = `
	local names = {}
	for k, v in pairs(_G) do names[#names + 1] = k end
	for _, lib in ipairs{string, table, math, cjson, redis, coroutine, bit, cmsgpack, struct, getmetatable('').__index} do
		for k in pairs(lib) do names[#names + 1] = k end
	end
	table.sort(names)
	local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b .. 'z' end)
	local deep = {{{{{1}}}}}
	return {
		table.concat(names, ' '), #KEYS, KEYS[1], tostring(KEYS[2]), #ARGV, ARGV[1], ARGV[2], tostring(ARGV[3]), tostring(getmetatable(KEYS)),
		tostring(getmetatable(ARGV)), co(1), co('y'), cjson.encode({deep, 1/3}), #cjson.encode(cjson.decode('[[[[1]]]]')),
		tostring(pcall(cjson.encode, {[1] = 1, [100] = 1})), select(2, pcall(function() return rawget(_G, 'x') end)) or 'none',
		pcall(error, 'e'), select(2, pcall(error, {err = 'e'})), ('x'):rep(3), true,
		string.format('%5.1f', 2), tostring(coroutine.running()), pcall(function() return x end), redis.call('PING'),
		redis.call('GET', KEYS[1]) and 1 or 0, redis.pcall('HGET', KEYS[1], 'f'),
	}`

// No script, however it ends, changes what the next one on the same machine sees.
func TestMachinesForget(t *testing.T) {
	store := openStore(t)
	m := newMachine((*machine).api)
	program := NewProgram(good)
	require.NoError(t, program.Compile())
	run := func(t require.TestingT, p *Program, limits Limits) (string, error) {
		db := store.Select(0)
		task := &Task{Program: p, DB: db, Keys: []string{"k"}, Args: []string{"a", "b"}, Limits: limits, Proto: 2}
		m.begin(Of(db), task, p.SHA(), &p.flags)
		if p.simple {
			m.setInput(m.fill(m.keys, task.Keys), m.fill(m.argv, task.Args))
		} else {
			m.setInput(m.strings(task.Keys), m.strings(task.Args))
		}
		err := db.Exec(func(tx *nook.Tx) error {
			return m.transact(tx, &p.flags, m.state.Function(p.chunk), 2)
		})
		reply := string(m.out.Bytes())
		require.True(t, m.state.Sound(), p.source)
		require.Zero(t, m.state.L.GetTop(), p.source)
		m.rest()
		return reply, err
	}
	require.NoError(t, store.Set("k", "text"))
	want, err := run(t, program, Limits{})
	require.NoError(t, err)
	require.Contains(t, want, "_VERSION")
	rapid.Check(t, func(t *rapid.T) {
		require.NoError(t, store.Set("k", "text"))
		parts := rapid.SliceOfN(rapid.SampledFrom(hostile), 1, 4).Draw(t, "parts")
		var b strings.Builder
		for i, part := range parts {
			if i < len(parts)-1 && rapid.Bool().Draw(t, "caught") {
				fmt.Fprintf(&b, "pcall(function() %s end)\n", part)
				continue
			}
			fmt.Fprintf(&b, "do %s end\n", part)
			if strings.HasPrefix(part, "return") {
				b.WriteString("do return 1 end\n")
			}
		}
		p := NewProgram(b.String())
		require.NoError(t, p.Compile(), b.String())
		limits := Limits{Instructions: rapid.Int64Range(1000, 100_000).Draw(t, "instructions"), Memory: 64 << 20}
		if _, err := run(t, p, limits); err != nil {
			var known command.Error
			require.ErrorAs(t, err, &known)
			require.NotContains(t, err.Error(), "runtime error", b.String())
		}
		require.NoError(t, store.Set("k", "text"))
		got, err := run(t, program, Limits{})
		require.NoError(t, err, b.String())
		require.Equal(t, want, got, b.String())
	})
}

// Scripts that seem to use no keys but their own, and do.
func TestTameScriptsAreHeldToTheirKeys(t *testing.T) {
	store := openStore(t)
	require.NoError(t, store.Set("mine", "1"))
	for _, source := range []string{
		`local key = KEYS[2] return redis.call('SET', key, 'x')`,
		`return redis.call('SET', KEYS['x'], 'x')`,
		`return redis.call('SET', KEYS[#ARGV], 'x')`,
		`for i, key in ipairs(KEYS) do redis.call('SET', KEYS[i + 1], 'x') end`,
	} {
		_, err := eval(store, source, Limits{}, "mine")
		require.Error(t, err, source)
		n, err := store.DBSize()
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
}

// FuzzScript runs what the fuzzer makes of scripts with small limits: none may panic, none lasts.
func FuzzScript(f *testing.F) {
	for _, source := range hostile {
		f.Add(source)
	}
	f.Add(good)
	store, err := nook.New(nil)
	require.NoError(f, err)
	f.Cleanup(func() { store.Close() })
	f.Fuzz(func(t *testing.T, source string) {
		_, err := eval(store, source, Limits{Instructions: 20_000, Memory: 64 << 20, Time: time.Second}, "k", "l")
		if err != nil {
			require.NotContains(t, err.Error(), "runtime error")
			require.NotContains(t, err.Error(), "callstack")
		}
		require.NoError(t, store.FlushAll())
	})
}

// Scripts without a sign in their text that they will use other databases, or other keys, and that Redis runs.
func TestTameScriptsElsewhere(t *testing.T) {
	for _, source := range []string{
		`redis.call('SELECT', 1) redis.call('SET', KEYS[1], 'x') return redis.call('GET', KEYS[1])`,
		`redis.call('SELECT', #ARGV) redis.call('SET', KEYS[1], 'x') return redis.call('GET', KEYS[1])`,
		`redis.call('SET', KEYS[1], 'x') redis.call('COPY', KEYS[1], KEYS[2], 'DB', #ARGV) redis.call('SELECT', 2) return redis.call('GET', KEYS[2])`,
		`redis.call('SET', KEYS[1], 'x') redis.call('MOVE', KEYS[1], #ARGV) redis.call('SELECT', 2) return redis.call('GET', KEYS[1])`,
		`redis.call('GEOADD', KEYS[1], 1, 1, 'm') redis.call('GEORADIUS', KEYS[1], 1, 1, 5, 'km', ARGV[3], ARGV[1])
			return redis.call('ZCARD', KEYS[1]) == 1 and 'x'`,
	} {
		store := openStore(t)
		db := store.Select(0)
		reply, err := Of(db).Run(&Task{Program: NewProgram(source), DB: db, Keys: []string{"k", "l"}, Args: []string{"a", "b", "STORE"}, Proto: 2})
		if strings.Contains(source, "#ARGV") {
			reply, err = Of(db).Run(&Task{Program: NewProgram(source), DB: db, Keys: []string{"k2", "l2"}, Args: []string{"a", "b"}, Proto: 2})
		}
		require.NoError(t, err, source)
		require.Equal(t, "$1\r\nx\r\n", string(reply), source)
	}
}

package lua

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	glua "github.com/yuin/gopher-lua"
)

// load returns a function of a State.
func load(t testing.TB, s *State, source string) *glua.LFunction {
	t.Helper()
	c, err := Compile(source, "user_script")
	require.NoError(t, err)
	return s.NewFunction(c)
}

// Calls by operators and functions of the libraries take Go's stack, and the process ends with it.
func TestDepthIsThatOfAllThreads(t *testing.T) {
	for name, program := range map[string]string{
		"operator in pcall": `
			local deepest = 0
			local function down()
				local n, u = 0, {}
				setmetatable(u, {__index = function(t, k)
					n = n + 1
					deepest = deepest + 1
					if n == 15000 then pcall(down) end
					return t[k]
				end})
				return u.x
			end
			return select(2, pcall(down)), deepest < 50000`,
		"operator in coroutines": `
			local deepest = 0
			local function down()
				local n, u = 0, {}
				setmetatable(u, {__add = function(t, k)
					n = n + 1
					deepest = deepest + 1
					if n == 15000 then assert(coroutine.resume(coroutine.create(down))) end
					return t + k
				end})
				return u + 1
			end
			return select(2, pcall(down)), deepest < 50000`,
		"sort": `local function down() table.sort({1, 2}, down) end return select(2, pcall(down)), true`,
		"gsub": `local function down() string.gsub("a", ".", down) end return select(2, pcall(down)), true`,
		"call": `local t = setmetatable({}, {}) getmetatable(t).__call = function(t) return 1 + t() end return select(2, pcall(t)), true`,
		"tostring": `local t = setmetatable({}, {}) getmetatable(t).__tostring = function(t) return 1 .. tostring(t) end
			return select(2, pcall(tostring, t)), true`,
		"functions of the library": `local t = setmetatable({}, {__tostring = tostring}) return select(2, pcall(tostring, t)), true`,
	} {
		require.Regexp(t, `^true "[^"]*stack overflow" true$`, run(t, program), name)
	}
}

func TestTailCallsAreNotDeep(t *testing.T) {
	require.Equal(t, "true 7", run(t, `local function f(n) if n == 0 then return 7 end return f(n - 1) end return f(200000)`))
	require.Equal(t, "true 7", run(t, `local function f(n) if n == 0 then return pcall(error) and 8 or 7 end return f(n - 1) end return f(200000)`))
}

// What a function has put in a place that lasts outlives the call that an error, or the end of the stack, has ended.
func TestClosuresOutliveFailures(t *testing.T) {
	s := newState()
	f := load(t, s, `
		local kept = {}
		return function(what)
			local n = 5
			kept[#kept + 1] = function() n = n + 1 return n end
			if what == 'error' then error('boom') end
			if what == 'table' then error({err = 'boom'}) end
			if what == 'operator' then return {} + 1 end
			if what == 'deep' then local function f() return 1 + f() end return f() end
			if what == 'endless' then while true do end end
			local a, b, c, d, e = 1, 2, 3, 4, 5
			local list = {}
			for i = 1, #kept do list[i] = kept[i]() end
			assert(a + b + c + d + e == 15)
			return table.concat(list, ' ')
		end`)
	v, failure := s.Call(f)
	require.Nil(t, failure)
	work := v.(*glua.LFunction)
	for _, what := range []string{"error", "table", "operator", "deep", "endless"} {
		s.Begin(Limits{Instructions: 1_000_000}, nil)
		_, failure := s.Call(work, glua.LString(what))
		require.NotNil(t, failure, what)
		require.Equal(t, what == "endless", s.Stopped() != nil, what)
		require.Equal(t, 0, s.L.GetTop())
	}
	s.Begin(Limits{}, nil)
	v, failure = s.Call(work, glua.LNil)
	require.Nil(t, failure)
	require.Equal(t, "6 6 6 6 6 6", v.String())
}

func TestAllEndsSoon(t *testing.T) {
	stop := errors.New("killed")
	slow := map[string]bool{"compare": true, "find long": true, "loadstring": true, "length over holes": true, "next over holes": true}
	for name, program := range map[string]string{ // each of which would take forever, or looks seldom
		"next over holes":     `local t = {} t[1000000] = 1 while true do next(t) end`,
		"next over dead keys": `local t = {} for i = 1, 30000 do t["k" .. i] = 1 end for i = 1, 30000 do t["k" .. i] = nil end while true do next(t) end`,
		"length over holes":   `local t = {} t[1000000] = 1 t[1000000] = nil while true do local n = #t end`,
		"maxn":                `local t = {} for i = 1, 30000 do t["k" .. i] = 1 end while true do table.maxn(t) end`,
		"encode":              `local t = {} t[1000000] = 1 t[1000000] = nil while true do cjson.encode(t) end`,
		"compare":             `local a, b = ("x"):rep(40000000), ("x"):rep(40000000) while true do local x = a < b end`,
		"gsub of nothing":     `local a = ("x"):rep(40000000) while true do a:gsub("", "") end`,
		"gmatch of nothing":   `local a = ("x"):rep(40000000) while true do for x in a:gmatch("$") do end end`,
		"find long":           `local a = ("x"):rep(40000000) while true do ("y"):find(a) end`,
		"loadstring":          `local a = ("x=1 "):rep(100000) while true do loadstring(a) end`,
		"deep errors":         `local function f() return 1 + f() end while true do pcall(f) end`,
		"catching all":        `local function f() while true do pcall(f) end end f()`,
		"catching in handler": `local function f() xpcall(f, f) f() end f()`,
	} {
		s := newState()
		asked := 0
		s.Begin(Limits{Memory: 1 << 30}, func() error {
			if asked++; asked > 400 || asked > 10 && slow[name] {
				return stop
			}
			return nil
		})
		_, failure := s.Call(load(t, s, program))
		require.NotNil(t, failure, name)
		require.Equal(t, stop, s.Stopped(), name)
	}
}

// What takes the parser or the compiler too much is refused before it does.
func TestSourcesThatAreTooMuch(t *testing.T) {
	for _, x := range []struct{ source, err string }{
		{strings.Repeat("(", 500_000), "x:1: chunk has too many syntax levels"},
		{strings.Repeat("{", 500_000), "x:1: chunk has too many syntax levels"},
		{strings.Repeat("do ", 300_000), "x:1: chunk has too many syntax levels"},
		{"\n\n" + strings.Repeat("if a then ", 50_000), "x:3: chunk has too many syntax levels"},
		{strings.Repeat("return function() ", 50_000), "x:1: chunk has too many syntax levels"},
		{"return " + strings.Repeat("- ", 500_000) + "1", "x:1: function or expression too complex"},
		{"return " + strings.Repeat("not ", 200_000) + "1", "x:1: function or expression too complex"},
		{"return " + strings.Repeat("a..", 300_000) + "1", "x:1: function or expression too complex"},
		{"return " + strings.Repeat("2^", 500_000) + "1", "x:1: function or expression too complex"},
		{"return a" + strings.Repeat(".a", 500_000), "x:1: function or expression too complex"},
		{"return 1" + strings.Repeat("+1", 300_000), "x:1: function or expression too complex"},
		{"return a" + strings.Repeat("()", 150_000), "x:1: function or expression too complex"},
		{"if a then " + strings.Repeat("elseif a then ", 50_000) + "end", "x:1: function or expression too complex"},
		{strings.Repeat("x", 2<<20), "x:1: chunk is too long"},
		{manyConstants(80_000), "x:1: constant table overflow"},
		{"goto done", "x:1: '=' expected near 'done'"},
		{"x = 1\n::done::", "x:2: unexpected symbol near ':'"},
	} {
		_, err := Compile(x.source, "x")
		require.EqualError(t, err, x.err, x.err)
	}
	_, err := Compile("return a"+strings.Repeat("()", 5000), "x")
	require.NoError(t, err)
	_, err = Compile(manyConstants(10_000), "x")
	require.NoError(t, err)
	_, err = Compile("return 'x' -- "+strings.Repeat("(", 5000)+"\n..'"+strings.Repeat("(", 5000)+`\'("`+"'..[=["+strings.Repeat("(", 5000)+"]]\n]=]"+
		"--[["+strings.Repeat("(", 5000)+"\n]]", "x")
	require.NoError(t, err)
}

func manyConstants(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "x=%d.5 ", i)
	}
	return b.String()
}

// FuzzCompile compiles whatever comes: it is compiled or refused with a line, and nothing panics.
func FuzzCompile(f *testing.F) {
	for _, source := range []string{
		"return 1", "local a, b = ... return a .. b .. 'c', #a, a ^ b", "for k, v in pairs({[1] = 2, x = 3}) do t[k] = v end",
		"function a.b.c:d(...) return ... end", "while not x do repeat local y = -x until y == nil end", "goto x ::x::", "x = [==[\n]] ]==] --[[ y ]]",
		"if a then elseif b then else end", "((((", "a.b['c']\"d\"{e}:f()", "return 'a\\065\\n\\\n\"'", "t[#t + 1] = 0x1p4 + 1e-5",
	} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		c, err := Compile(source, "fuzz")
		if err != nil {
			require.Regexp(t, `^fuzz:\d+: `, err.Error())
			require.NotContains(t, err.Error(), "runtime error")
			return
		}
		s := New()
		s.Seal()
		s.Begin(Limits{Instructions: 10_000, Memory: 64 << 20}, nil)
		s.Call(s.Function(c))
		require.True(t, s.Sound())
	})
}

package lua

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// comparer returns a function that runs a program here and on a real server, and compares what it returns.
func comparer(t *testing.T) func(at require.TestingT, program string) {
	ask := judge(t)
	return func(at require.TestingT, program string) {
		require.Equal(at, ask(program), run(t, program), program)
	}
}

// compare compares programs.
func compare(t *testing.T, programs ...string) {
	t.Helper()
	check := comparer(t)
	for _, p := range programs {
		check(t, p)
	}
}

// caught makes programs of expressions that may raise errors, each in a function of its own.
func caught(expressions ...string) []string {
	list := make([]string, len(expressions))
	for i, e := range expressions {
		list[i] = "return pcall(function() return " + e + " end)"
	}
	return list
}

func TestErrorsAreCaught(t *testing.T) {
	compare(t, caught(
		`assert(false)`, `assert(nil, "x")`, `assert(false, {})`, `assert()`, `assert(1, 2, nil)`, `select("#", assert(1, 2, nil))`,
		`(error("x"))`, `(error("x", 0))`, `(error("x", 2))`, `(error())`, `(error(nil))`, `(error(5))`,
		`(error({err="a"}))`, `(error({err=5}))`, `(error({}))`, `(error({err={}}))`, `(error({err="a"}, 2))`,
		`(error(setmetatable({}, {__index={err="m"}})))`,
		`pcall(error)`, `pcall(error, "x")`, `pcall(error, "x", 0)`, `pcall(error, {})`, `select("#", pcall(error, {}))`,
		`pcall(5)`, `pcall(nil)`, `pcall({})`, `pcall(pcall)`, `pcall(pcall, error, 1)`, `pcall(setmetatable({}, {__call=function(_, x) return x end}), 7)`,
		`pcall(function(...) return select("#", ...), ... end, 1, nil, nil)`, `select("#", pcall(function() end))`,
		`xpcall(function() error({err="a"}) end, function(e) return e end)`, `xpcall(function() error("b") end, function(e) return e, 2 end)`,
		`xpcall(function() error("b") end, function(e) error("c") end)`, `xpcall(function() error("b") end, nil)`,
		`xpcall(function() return 1, 2 end, nil)`, `xpcall(error, function() end)`, `xpcall(nil, tostring)`,
		`xpcall(function(...) return select("#", ...) end, 1)`,
	)...)
	compare(t,
		`local function f() error("x", 2) end
		return pcall(function() f() end)`,
		`local function f() error("x", 2) end
		local function g() return f() end
		return pcall(function() g() end)`,
		`local function f() local x = nil; return x.y.z end; return (pcall(f))`,
		`local function f() return 1 + f() end; return pcall(f)`,
		`local n = 0; local function f() n = n + 1; local ok, e = pcall(f); return e or n end; return f()`,
	)
}

// Closures keep what they share with functions that went on after an error was caught, and with those that did not.
func TestErrorsLeaveClosuresAlone(t *testing.T) {
	compare(t,
		`local x = 1; local function f() return x end; pcall(error); x = 2; return f()`,
		`local x = 1; local function f() x = x + 1 end; pcall(function() local y = x; error("a") end); f(); return x`,
		`local g; pcall(function() local y = 5; g = function() y = y + 1 return y end; g(); error("a") end); local a, b, c = 1, 2, 3; return g(), g()`,
		`local g, h; pcall(function() local y = 5; g = function() return y end; h = function(v) y = v end; error() end)
		local a, b, c, d = 1, 2, 3, 4; h("new"); return g(), a, b, c, d`,
		`local x = 1; local function f() return x end; xpcall(function() error("a") end, function() x = 2 end); x = x + 1; return f()`,
		`local list = {}; for i = 1, 3 do pcall(function() list[i] = function() i = i + 1; return i end; error() end) end
		return list[1](), list[1](), list[2](), list[3]()`,
	)
}

func TestErrorsThatEndTheProgram(t *testing.T) {
	stop := errors.New("killed")
	for name, program := range map[string]string{
		"pcall":     `while true do pcall(function() while true do end end) end`,
		"xpcall":    `while true do xpcall(function() while true do end end, function() while true do end end) end`,
		"coroutine": `while true do coroutine.resume(coroutine.create(function() while true do end end)) end`,
		"wrap":      `while true do pcall(coroutine.wrap(function() while true do end end)) end`,
		"gsub":      `while true do pcall(string.gsub, "a", "a", function() while true do end end) end`,
		"match":     `return string.match(string.rep("a", 100), string.rep("a*", 30) .. "b")`,
		"set":       `return string.match(string.rep("a", 100000), "(.-)[" .. string.rep("b", 5000) .. "]")`,
		"gsub all":  `return string.gsub(string.rep("a", 100000), ".-b", "")`,
		"balance":   `return string.match(string.rep("(", 1000000), "%b()")`,
		"insert":    `return table.insert({}, -2000000000, 1)`,
		"sort":      `local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() while true do end end)`,
		"load":      `return load(function() return "x" end)`,
		"foreach":   `table.foreach({1}, function() while true do end end)`,
		"concat":    `return setmetatable({}, {__concat = function() while true do end end}) .. 1`,
		"threads":   `while true do coroutine.create(function() end) end`,
	} {
		s := newState()
		s.Begin(Limits{}, func() error {
			if s.meter.spent > 300_000 {
				return stop
			}
			return nil
		})
		c, err := Compile(program, "user_script")
		require.NoError(t, err)
		_, failure := s.Call(s.Function(c))
		require.NotNil(t, failure, name)
		require.Equal(t, stop, s.Stopped(), name)
	}
}

func TestErrorsOfMemory(t *testing.T) {
	for _, program := range []string{
		`return string.rep("x", 2000000000)`,
		`return string.rep(string.rep("x", 1000000), 2147483647)`,
		`local s = string.rep("x", 1000000) return string.gsub(s, ".", s)`,
		`local s = "x" while true do s = s .. s end`,
		`local s = string.rep("x", 1000000) local t = {} for i = 1, 5000 do t[i] = s end return table.concat(t)`,
		`local t = {} for i = 1, 1000000 do t[i] = string.rep("x", 900000 + i) end`,
		`return load(function() return string.rep(" ", 1000000) end)`,
		`local t = {} for i = 1, 1000 do t[i] = {} rawset(t[i], 100000, 1) end`,
		`local t = {} for i = 1, 1000 do t[i] = {} table.insert(t[i], 100000, 1) end`,
	} {
		s := newState()
		s.Begin(Limits{Memory: 64 << 20}, nil)
		c, err := Compile(program, "user_script")
		require.NoError(t, err)
		_, failure := s.Call(s.Function(c))
		require.NotNil(t, failure, program)
		require.Equal(t, ErrMemory, s.Stopped(), program)
	}
}

func TestBaseOfTables(t *testing.T) {
	compare(t, caught(
		`next({})`, `next({5})`, `next({5}, 1)`, `next({a=1})`, `next({a=1}, "a")`, `next(1)`, `next()`, `select("#", next({}))`,
		`select("#", pairs({}))`, `pairs(nil)`, `pairs()`, `(pairs({}) == next)`, `ipairs()`, `select("#", ipairs({}))`,
		`(ipairs({}))({7, 8}, 1)`, `(ipairs({}))({7, 8}, 2)`, `select("#", (ipairs({}))({}, 0))`,
		`rawget({5}, 1)`, `rawget(setmetatable({}, {__index={x=1}}), "x")`, `rawget(1, 2)`, `rawget({})`, `rawget(_G, "nosuch")`,
		`rawget(string, "rep") == string.rep`, `rawset({}, "a", 1)`, `rawset({}, nil, 1)`, `rawset({}, 0/0, 1)`, `rawset({}, 1)`,
		`rawset(_G, "x", 1)`, `rawset(string, "x", 1)`, `rawset(getmetatable(_G), "x", 1)`, `rawset(getmetatable(""), "x", 1)`,
		`rawequal(1)`, `rawequal(1, 1)`, `rawequal("a", "a")`, `rawequal({}, {})`, `rawequal(string, _G.string)`,
		`setmetatable(1)`, `setmetatable({}, 1)`, `setmetatable({})`, `getmetatable(setmetatable({}, nil))`,
		`setmetatable(setmetatable({}, {__metatable=1}), {})`, `getmetatable(setmetatable({}, {__metatable=1}))`,
		`setmetatable(_G, {})`, `setmetatable(string, nil)`, `getmetatable(string)`, `getmetatable(1)`, `getmetatable()`,
		`getmetatable("").__index == string`, `getmetatable("") == getmetatable("x")`, `getmetatable(_G) == getmetatable(_G)`,
		`type(getmetatable(_G).__index)`, `next(getmetatable(_G), "__index")`, `next(getmetatable(_G)) == "__index"`,
		`unpack({1, 2, 3})`, `unpack({1, 2, 3}, 2)`, `unpack({1, 2, 3}, -1, 1)`, `unpack({}, 1, 0)`, `unpack({1, nil}, 1, 3)`,
		`unpack({1}, "1", "x")`, `unpack()`, `unpack({}, 1, 1e9)`, `unpack({}, 2147483647, 2147483647)`, `unpack({}, 0, 2147483647)`,
		`unpack({}, -2147483648, 2147483647)`, `(select("#", unpack({}, 1, 7997)))`, `(select("#", unpack({}, 1, 7998)))`, `unpack(setmetatable({}, {__index={1}}), 1, 1)`,
		`select(0)`, `select(-5, 1)`, `select(-1, 1, 2)`, `select("#", 1, nil)`, `select(2.7, "a", "b", "c")`, `select("x")`, `select(1e10, 1)`,
		`select()`, `select({})`, `select("2", 1, 2)`, `select(5, 1)`, `select("#")`,
	)...)
	compare(t,
		`getmetatable("").__index = 1`,
		`getmetatable(_G).__index = nil`,
		`local n = 0; for k, v in pairs({1, 2, x=3}) do n = n + v end; for i, v in ipairs({5, 6, nil, 7}) do n = n + v end; return n`,
		`local n = 0; for k in pairs(string) do n = n + 1 end; return n`,
		`local t = {a=1, b=2, c=3, 1, 2, 3}; for k in pairs(t) do t[k] = nil end; return next(t)`,
	)
}

func TestBaseOfValues(t *testing.T) {
	compare(t, caught(
		`type(nil)`, `type()`, `type(type)`, `type(coroutine.create(function() end))`, `type("")`,
		`tostring()`, `tostring(nil)`, `tostring(true)`, `tostring(1e15)`, `tostring(-0.0)`, `tostring("a\0b")`, `tostring(0/0)`, `tostring(1/0)`,
		`tostring(setmetatable({}, {__tostring=function() return 5 end}))`, `tostring(setmetatable({}, {__tostring=1}))`,
		`tostring(setmetatable({}, {__tostring=function(t) return type(t) end}))`, `select("#", tostring(setmetatable({}, {__tostring=function() end})))`,
		`tostring({}):gsub("0x%x+", "H")`, `tostring(tostring):gsub("0x%x+", "H")`, `tostring(cjson.null)`,
		`tostring(coroutine.create(function() end)):gsub("0x%x+", "H")`,
		`collectgarbage("x")`, `collectgarbage()`, `collectgarbage("collect")`, `type(collectgarbage("count"))`, `collectgarbage("step")`,
		`collectgarbage("stop")`, `collectgarbage("restart")`, `collectgarbage({})`, `collectgarbage("collect", "x")`, `collectgarbage(nil)`,
		`type(gcinfo())`, `gcinfo() == math.floor(gcinfo())`, `_VERSION`, `_G._G == _G`,
	)...)
	compare(t, `local t = {} for k in pairs(_G) do if not k:find("^__") and k ~= "redis" and k ~= "KEYS" and k ~= "ARGV" then t[#t+1] = k end end table.sort(t) return t`)
	for _, lib := range []string{"string", "table", "math", "coroutine"} {
		compare(t, `local t = {} for k in pairs(`+lib+`) do t[#t+1] = k end table.sort(t) return t`)
	}
}

func TestBaseOfSources(t *testing.T) {
	compare(t, caught(
		`loadstring("return 1")()`, `loadstring("return ...")(1, 2)`, `loadstring("error('e')", "=c")()`, `loadstring("error('e')")()`,
		`loadstring("error('e')", "@f")()`, `loadstring("error('e')", "a\nb")()`, `loadstring("error('e')", "")()`, `loadstring("error('e')", "a\rb")()`,
		`loadstring("error('e')", string.rep("a", 43))()`, `loadstring("error('e')", string.rep("a", 44))()`,
		`loadstring("error('e')", "@" .. string.rep("a", 52))()`, `loadstring("error('e')", "@" .. string.rep("a", 53))()`,
		`loadstring("error('e')", "=" .. string.rep("a", 59))()`, `loadstring("error('e')", "=" .. string.rep("a", 60))()`,
		`loadstring("\n\nerror('e')", "=x\0y")()`, `loadstring()`, `loadstring({})`, `loadstring("return x", {})`,
		`(loadstring("x x"))`, `(loadstring(5))`, `loadstring("return nosuch")()`, `loadstring("return _G == ...")(_G)`,
		`load(function() end)()`, `load()`, `load("x")`, `(load(function() error("x") end))`, `(load(function() return {} end))`,
	)...)
	compare(t,
		`local i = 0; return load(function() i = i + 1; return ({"return ", "4", "2"})[i] end)()`,
		`local i = 0; return load(function() i = i + 1; return ({"return ", 4, "", "2"})[i] end)()`,
		`local i = 0; return pcall(load(function() i = i + 1; return ({"\nerror('e')"})[i] end))`,
		`local i = 0; return pcall(load(function() i = i + 1; return ({"\nerror('e')"})[i] end, "=n"))`,
	)
}

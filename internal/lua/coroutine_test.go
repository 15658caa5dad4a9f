package lua

import "testing"

func TestCoroutines(t *testing.T) {
	compare(t, caught(
		`coroutine.yield(1)`, `(pcall(coroutine.yield, 1))`, `select(2, pcall(coroutine.yield, 1))`,
		`coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end))`,
		`coroutine.resume(coroutine.create(function() return setmetatable({}, {__index=function() coroutine.yield(1) end}).x end))`,
		`coroutine.resume(coroutine.create(function() return setmetatable({}, {__index=coroutine.yield}).x end))`,
		`coroutine.resume(coroutine.create(function() for x in coroutine.yield do end end))`,
		`coroutine.resume(coroutine.create(function() table.sort({1, 2, 3}, coroutine.yield) end))`,
		`coroutine.resume(coroutine.create(function() return ("abc"):gsub(".", function(c) coroutine.yield(c) end) end))`,
		`coroutine.resume(coroutine.create(function() return "a" .. setmetatable({}, {__concat=function() coroutine.yield(1) end}) end))`,
		`coroutine.resume(coroutine.create(function() return setmetatable({}, {__add=function() coroutine.yield(1) end}) + 1 end))`,
		`coroutine.create(1)`, `coroutine.create()`, `coroutine.create(string.rep)`, `coroutine.wrap(1)`, `coroutine.wrap(tostring)`,
		`coroutine.resume()`, `coroutine.resume(1)`, `coroutine.status(1)`, `coroutine.status()`, `coroutine.running()`,
		`select("#", coroutine.running())`,
		`coroutine.resume(coroutine.create(function() error("x") end))`, `coroutine.resume(coroutine.create(function() error("x", 2) end))`,
		`coroutine.resume(coroutine.create(function() error({err="a"}) end))`, `coroutine.resume(coroutine.create(function() string.rep() end))`,
		`coroutine.wrap(function() error("x") end)()`, `coroutine.wrap(function() error({}) end)()`, `coroutine.wrap(function() error() end)()`,
		`coroutine.resume(coroutine.create(function(...) return select("#", ...), ... end), 1, nil, nil)`,
		`coroutine.resume(coroutine.create(function() return coroutine.yield(coroutine.yield()) end))`,
		`select("#", coroutine.resume(coroutine.create(function() coroutine.yield() end)))`,
		`select("#", coroutine.resume(coroutine.create(function() coroutine.yield(nil) end)))`,
		`select("#", coroutine.resume(coroutine.create(function() end)))`,
		`select("#", coroutine.wrap(function() end)())`, `select("#", coroutine.wrap(function() return nil, nil end)())`,
		`coroutine.wrap(coroutine.wrap(function() return 1 end))`,
		`type(coroutine.wrap(coroutine.running)())`,
	)...)
}

func TestCoroutinesGoOn(t *testing.T) {
	compare(t,
		`local co co = coroutine.create(function() return coroutine.resume(co) end)
		return coroutine.status(co), coroutine.resume(co), coroutine.status(co), coroutine.resume(co)`,
		`local f = coroutine.wrap(function() end) f() f()`,
		`local f f = coroutine.wrap(function() f() end) f()`,
		`local r = {}
		local a a = coroutine.create(function()
			local b = coroutine.create(function() r = {coroutine.status(a), coroutine.resume(a)} end)
			coroutine.resume(b)
			r[#r+1] = coroutine.status(a)
			r[#r+1] = coroutine.status(b)
		end)
		coroutine.resume(a)
		return r, coroutine.status(a)`,
		`local co = coroutine.create(function(...)
			local n = 0
			while true do
				local x, y = coroutine.yield(n, ...)
				n = n + (x or 0) + (y or 100)
			end
		end)
		return {coroutine.resume(co, 7, 8)}, {coroutine.resume(co, 1)}, {coroutine.resume(co, 1, 2)}, {coroutine.resume(co)}, {coroutine.resume(co, 1, 2, 3)}`,
		`local co = coroutine.create(function() return coroutine.yield(1) end)
		return {coroutine.resume(co)}, {coroutine.resume(co, 5, nil, 6)}, coroutine.status(co), {coroutine.resume(co)}`,
		`local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
		local sum = 0 for i in gen(100) do for j in gen(i) do sum = sum + j end end return sum`,
		`local function walk(t) if t then walk(t.l) coroutine.yield(t.v) walk(t.r) end end
		local tree = {v=4, l={v=2, l={v=1}, r={v=3}}, r={v=6, l={v=5}}}
		local r = {} for v in coroutine.wrap(function() walk(tree) end) do r[#r+1] = v end return r`,
		`local co = coroutine.wrap(function() local ok, e = pcall(error, "x") coroutine.yield(ok, e) local ok, e = pcall(function() error({}) end) return ok, type(e) end)
		return {co()}, {co()}`,
		`local x = 1
		local co = coroutine.wrap(function() local y = 10 local function f() y = y + x return y end coroutine.yield(f) y = 100 coroutine.yield(f()) error("e") end)
		local f = co() x = 2 local a = f() local b = co() pcall(co) return a, b, f()`,
		`local co = coroutine.create(function() local c = coroutine.create(function() error("in") end) return coroutine.resume(c) end) return coroutine.resume(co)`,
		`local function f(n) if n == 0 then coroutine.yield("deep") return 0 end return (f(n-1)) + 1 end
		local co = coroutine.wrap(f) return co(1000), co()`,
		`local function f(n) if n == 0 then return coroutine.yield("tail") end return f(n-1) end
		local co = coroutine.wrap(f) return co(1000), co(1, 2)`,
		`local co = coroutine.wrap(function() return pcall(coroutine.wrap(function() coroutine.yield(1) error("e") end)) end) return co()`,
		`local y = coroutine.yield local co = coroutine.wrap(function() local t = {y(1), y(2), (y(3))} return #t, t[1], t[2], t[3], t[4] end)
		co() co("a", "b") co("c", "d") return co("e", "f")`,
	)
}

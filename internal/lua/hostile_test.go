package lua

import (
	"errors"
	"fmt"
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

// endsSoon runs a program that would take forever. Whoever asks must be asked again before long, in terms of how often
// it has been asked.
func endsSoon(t *testing.T, program string, limits Limits) error {
	t.Helper()
	s := New()
	s.Seal()
	stop, asked := errors.New("killed"), 0
	s.Begin(limits, func() error {
		if asked++; asked > 2000 {
			return stop
		}
		return nil
	})
	_, failure := s.Call(load(t, s, program))
	require.NotNil(t, failure, program)
	require.Error(t, s.Stopped(), fmt.Sprint(program, failure.Value))
	return s.Stopped()
}

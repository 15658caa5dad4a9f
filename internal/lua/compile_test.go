package lua

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOperators compares the operators that are calls here with those of a real server.
func TestOperators(t *testing.T) {
	ask := judge(t)
	for _, source := range []string{
		"return 1 .. 2, 1 .. '', 0.1 .. '', 1e15 .. '', -0.5 .. 'x' .. 2^53",
		"local function f() return 'a', 'b' end return f() .. f(), (f()) .. 'c'",
		"local function f(...) return ... .. 'x' end return f('a', 'b')",
		"return 'a' .. 'b' .. 'c' == 'abc' and not ('a' .. 'b' == 'ba')",
		"local t = setmetatable({}, {__concat = function(a, b) return type(a) .. type(b) end}) return t .. 1, 1 .. t, 'x' .. t .. 'y'",
		"return #'abc' + #{1, 2}, -#'ab', not #'', #'a' .. 'b'",
		"local t = {} for i = 1, 100 do t[#t + 1] = i end return #t",
		"local t = {n = {1, 2}} t.n[#t.n + 1] = 3 return #t.n",
		"local t = {} t[5000] = 1 t['5000'] = 2 t[-1] = 3 t[1.5] = 4 t[true] = 5 return t[5000], t['5000'], t[-1], t[1.5], t[true]",
		"local t = {[4097] = 'a', [99999] = 'b'} return t[4097], t[99999]",
		"local t = {} t[2^40] = 1 return t[2^40]",
		"local t, i = {}, 1 i, t[i] = i + 1, 20 return i, t[1], t[2]",
		"local calls = 0 local t = {} local function k() calls = calls + 1 return 'k' end t[k()] = 1 return calls, t.k",
		"return 2^10, 2^-1, 2^0.5, (-2)^2, -2^2, 2^3^2, '2'^'3', 10^300 * 10, 1.0000001^123456",
		"return setmetatable({}, {__pow = function(a, b) return 'pow' end})^2",
		"local s = '' for i = 1, 300 do s = s .. 'x' end return #s",
	} {
		require.Equal(t, ask(source), run(t, source), source)
	}
}

// TestLargeArrays has arrays of more elements than gopher-lua keeps in one.
func TestLargeArrays(t *testing.T) {
	for source, want := range map[string]string{
		"local t = {} for i = 1, 1100000 do t[i] = i end return #t, t[1048575], t[1048576], t[1048577], t[1100000]": "true 1100000 1048575 1048576 1048577 1100000",
		"local t = {} for i = 1, 1048600 do t[#t + 1] = i end t[#t] = nil return #t":                                "true 1048599",
		"local t = {} t[60000000] = 1 t[1000000] = 2 return #t > 0 or t[60000000], t[1000000]":                      "true true 2",
	} {
		require.Equal(t, want, run(t, source), source)
	}
}

// TestSparseKeysAreCounted fills arrays up to large keys until a limit says no.
func TestSparseKeysAreCounted(t *testing.T) {
	s := newState()
	s.Begin(Limits{Memory: 64 << 20, Instructions: 10_000_000}, nil)
	evaluate(t, s, "local all = {} for i = 1, 1000 do local t = {} t[1000000] = i all[i] = t end return 'never'")
	require.ErrorIs(t, s.Stopped(), ErrMemory)
}

func TestDeepSources(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, 100_000) }
	for name, source := range map[string]string{
		"parentheses": "return " + many("(") + "1" + many(")"),
		"unary":       "return " + many("- ") + "1",
		"not":         "return " + many("not ") + "1",
		"tables":      "return " + many("{") + many("}"),
		"functions":   many("return function() ") + many(" end"),
		"blocks":      many("do ") + many(" end"),
		"whiles":      many("while true do ") + many(" end"),
		"sums":        "return 1" + many("+1"),
		"powers":      "return 1" + many("^1"),
		"concats":     "return 'a'" + many("..'a'"),
		"calls":       "local f return f" + many("()"),
		"fields":      "local t return t" + many(".x"),
		"elseifs":     "if a then " + many("elseif a then ") + "end",
		"ands":        "return 1" + many(" and 1"),
		"indices":     "local t return " + many("t[") + "1" + many("]"),
		"arguments":   "local f return " + many("f(") + "1" + many(")"),
	} {
		_, err := Compile(source, "user_script")
		if name == "parentheses" && err == nil {
			continue // they leave no trace in the tree
		}
		require.Error(t, err, name)
		require.Regexp(t, "^user_script:1: ", err.Error(), name)
	}
	for _, source := range []string{"", ";", "x", "return return", "\x1bLua", "return '\x00'", "return 1 --[[", "goto x", "\xff", "#"} {
		_, err := Compile(source, "user_script")
		if err != nil {
			require.Regexp(t, `^user_script:\d+: `, err.Error(), source)
		}
	}
	_, err := Compile(strings.Repeat("\n", maxSource)+"x", "user_script")
	require.ErrorContains(t, err, "too long")
}

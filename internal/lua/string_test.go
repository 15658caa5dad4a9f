package lua

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// texts are short and have what is special in patterns, formats and C.
func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte("aabbAB01 _%(.\x00\n\r\"\\\xff-")), 0, 12).Draw(t, "bytes"))
	})
}

// positions are around the ends of texts, and far from them.
func positions() *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(-14, 14), rapid.SampledFrom([]int{math.MinInt32, math.MaxInt32, math.MinInt64, math.MaxInt64, 1 << 32}))
}

func TestStringErrors(t *testing.T) {
	compare(t, caught(
		`string.byte()`, `string.byte({})`, `string.byte("abc")`, `string.byte("abc", 2, 3)`, `string.byte("abc", "2")`, `string.byte("abc", "x")`, `string.byte("", 1)`,
		`string.byte(123)`, `(select("#", string.byte(string.rep("x", 7999), 1, -1)))`, `(select("#", string.byte(string.rep("x", 7997), 1, -1)))`,
		`string.byte(string.rep("x", 7998), 1, -1) == 120`, `(select("#", string.byte(string.rep("x", 7998), 1, -1)))`,
		`string.char()`, `string.char(1, 2, 0, 255)`, `string.char(256)`, `string.char(1, -1)`, `string.char(1, "x")`, `string.char("65", 66.7)`, `string.char(4294967361)`,
		`string.dump()`, `string.dump(1)`, `(pcall(string.dump, string.rep))`,
		`string.len()`, `string.len("a\0b")`, `string.len(12.5)`, `("x"):len()`, `#"a\0b"`,
		`string.lower("AbC\0\196")`, `string.upper("aBc\0\228z{")`, `string.lower()`, `string.upper({})`, `string.reverse("a\0b")`, `string.reverse()`, `string.reverse(12)`,
		`string.rep()`, `string.rep("a")`, `string.rep("ab", 3)`, `string.rep("ab", 0)`, `string.rep("ab", -1)`, `string.rep("ab", 2.9)`, `string.rep("ab", "x")`, `string.rep("", 1e9)`,
		`string.rep("a", 4294967298)`, `string.rep({}, 1)`, `string.rep("x", 1e300)`, `string.rep("x", -1e300)`, `string.rep("x", 0/0)`,
		`string.sub()`, `string.sub("abc")`, `string.sub("abc", 2)`, `string.sub("abc", {})`, `string.sub("abc", 1, {})`, `string.sub("abc", 1, nil)`, `string.sub("abc", -1e300, 1e300)`,
		`string.sub("abc", 1.5, 2.9)`, `string.sub("abc", 0/0, 2)`, `string.gfind == string.gmatch`, `("a").b`, `("abc").len("x")`,
	)...)
}

func TestStringPositions(t *testing.T) {
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		text := luaText(texts().Draw(t, "text"))
		i, j := positions().Draw(t, "i"), positions().Draw(t, "j")
		check(t, fmt.Sprintf("return string.sub(%s, %d, %d), string.sub(%s, %d), {string.byte(%s, %d, %d)}, {string.byte(%s, %d)}",
			text, i, j, text, i, text, i, j, text, i))
	})
}

func TestStringConcatenation(t *testing.T) {
	compare(t, caught(
		`"a" .. "b"`, `1 .. 2`, `1 .. ""`, `-0.5 .. "x"`, `"a" .. 1e15 .. "b" .. 0.1`, `"a" .. "b" .. "c" .. "d" .. 5 .. "e"`, `"a\0b" .. "\0"`,
		`("x" .. 1 + 2) .. "y"`, `0/0 .. ""`, `1e100 .. ""`, `2^53 .. ""`,
	)...)
	compare(t,
		`local m = {__concat = function(a, b) return {type(a), type(b)} end}
		local x = setmetatable({}, m)
		return x .. 1, 1 .. x, "a" .. "b" .. x, (x .. x), pcall(function() return x .. "a" .. "b" end)`,
		`local log = {}
		local m m = {__concat = function(a, b)
			log[#log+1] = (type(a) == "table" and a.n or a) .. ":" .. (type(b) == "table" and b.n or b)
			return setmetatable({n = (type(a) == "table" and a.n or a) .. (type(b) == "table" and b.n or b)}, m)
		end}
		local x, y = setmetatable({n="x"}, m), setmetatable({n="y"}, m)
		local r = "a" .. "b" .. x .. "c" .. 1 .. y .. "d" .. "e"
		return r.n, log`,
		`local m = {__concat = function(a, b) return "r" end}
		local x = setmetatable({}, m)
		return "a" .. x .. "b", "a" .. "b" .. x .. "c" .. "d"`,
		`local m = {__concat = function(a, b) return nil end}
		return setmetatable({}, m) .. "b"`,
		`local m = {__concat = function(a, b) error("in") end}
		return pcall(function() return setmetatable({}, m) .. "b" end)`,
		`local t = {} for i = 1, 100 do t[i] = "'x'" end return #loadstring("return " .. table.concat(t, ".."))()`,
	)
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		program := "return " + literal(numbers().Draw(t, "n"))
		for range rapid.IntRange(1, 6).Draw(t, "operands") {
			if rapid.Bool().Draw(t, "text") {
				program += " .. " + luaText(texts().Draw(t, "text"))
			} else {
				program += " .. " + literal(numbers().Draw(t, "n"))
			}
		}
		check(t, program)
	})
}

package lua

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	glua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"
)

func TestPatternClasses(t *testing.T) {
	compare(t, `local all = {} for i = 0, 255 do all[i+1] = string.char(i) end
		all = table.concat(all)
		local r = {}
		for i = 1, 255 do
			local c = string.char(i)
			r[#r+1] = select(2, pcall(string.gsub, all, "%" .. c, ""))
			r[#r+1] = select(2, pcall(string.gsub, all, "[%" .. c .. "]", ""))
			r[#r+1] = select(2, pcall(string.gsub, all, "[^%" .. c .. "]", ""))
		end
		return r`)
}

func TestPatternErrors(t *testing.T) {
	var list []string
	for _, pattern := range []string{
		"%", "a%", "[", "[a", "[]", "[^", "[^]", "[]]", "[^]]", "[%", "[%]", "[%]]", "[a-", "[a-]", "[a-%]]", "[%a-z]", "[a-z-9]", "[]-a]", "[--a]", "[a%-z]",
		"(", ")", "()", "(a", "a)", "((a)", "(()", "(a))", "%1", "%2", "(a)%1", "(a)%2", "(a%1)", "()%1", "%0", "%9", "(a)(b)%2%1",
		"%b", "%bx", "%b()", "%bxx", "%b\x00)", "%f", "%fa", "%f[", "%f[a", "%f[a]", "%f[%a]", "%f[^%a]%a", "%f[\x00]", "%f[%z]", "%z", "[%z]", "a\x00b",
		"*", "+", "-", "?", "^", "$", "^$", "a^", "^^", "a$b", "$a", "^*", "^a*$", "a**", "a+?", "(a*)*", "(a)+", ".-", ".-$", ".*", "^.-b", "(.-)%s", "%d+", "%x-",
		strings.Repeat("()", 32), strings.Repeat("()", 33), strings.Repeat("(", 33), "a-", "a-b", "[a-c]+", "[^a-c]+", "%a+", "%A+", "(%a)(%a)", "()a()", "x*",
	} {
		for _, text := range []string{"", "aab", "hello (world [x]) \x00 123", "((a)b)c"} {
			p, s := luaText(pattern), luaText(text)
			list = append(list,
				fmt.Sprintf("string.find(%s, %s)", s, p), fmt.Sprintf("string.match(%s, %s)", s, p), fmt.Sprintf("string.gsub(%s, %s, '<%%0>')", s, p),
				fmt.Sprintf("(function() local r = {} for a, b in string.gmatch(%s, %s) do r[#r+1] = {a, b} end return r end)()", s, p))
		}
	}
	compare(t, caught(list...)...)
}

func TestPatternFunctions(t *testing.T) {
	compare(t, caught(
		`string.find()`, `string.find("a")`, `string.find("a", {})`, `string.find("a", "a", {})`, `string.find("abc", "b", -1)`, `string.find("abc", "b", -2)`, `string.find("abc", "", 4)`,
		`string.find("abc", "", 10)`, `string.find("abc", "b", 1e300)`, `string.find("a.c", ".", 2)`, `string.find("a.c", ".", 1, true)`, `string.find("a.c", ".", 1, false)`, `string.find("a\0b", "\0b")`,
		`string.find("a\0b%", "b%", 1, true)`, `string.find("a\0%b", "\0%")`, `string.find("", "")`, `string.find("a", "a\0b")`, `string.find("a", "[a]\0b")`, `string.find("x", "(x)()")`, `string.find(123, 2)`,
		`string.match("key=val", "(%w+)=(%w+)")`, `string.match("abc", "b", 3)`, `string.match("abc", "^b", 2)`, `string.match("x")`, `string.match("2024-01-02", "(%d+)-(%d+)-(%d+)")`, `string.match("abc", "()b()")`,
		`string.gmatch()`, `string.gmatch("x")`, `string.gmatch("x", "x")()`, `(string.gmatch("abc", "^a"))()`, `select("#", string.gmatch("x", "y")())`, `select("#", string.gmatch("x", "x"))`,
		`string.gsub()`, `string.gsub("a", "a")`, `string.gsub("a", "a", nil)`, `string.gsub("a", "a", true)`, `string.gsub("abc", "%w", "%0%0")`, `string.gsub("abc", "%w", "%1")`, `string.gsub("abc", "%w", "%2")`,
		`string.gsub("abc", "(%w)(%w)", "%2%1")`, `string.gsub("abc", "b", "%")`, `string.gsub("abc", "b", "%%")`, `string.gsub("abc", "b", "%x")`, `string.gsub("abc", "b", "\0")`, `string.gsub("abc", "b", 5)`, `string.gsub("a", "()", "%1")`,
		`string.gsub("abc", "", "-")`, `string.gsub("", "", "-")`, `string.gsub("abc", "b*", "-")`, `string.gsub("abc", "^a", "x")`, `string.gsub("aaa", "^a", "x")`, `string.gsub("abc", "$", "x")`, `string.gsub("hello", "l", "L", 1)`,
		`string.gsub("hello", "l", "L", 0)`, `string.gsub("hello", "l", "L", -1)`, `string.gsub("hello", "l", "L", "x")`, `string.gsub("hello", "l", "L", nil)`, `string.gsub("hello", "l", {l="1"})`, `string.gsub("hello", "l", {l=1.5})`,
		`string.gsub("hello", "l", {l=false})`, `string.gsub("hello", "l", {l={}})`, `string.gsub("hello", "l", {l=true})`, `string.gsub("hello", "(h)(e)", {h="x"})`, `string.gsub("hello", "()l", {[3]="x"})`,
		`string.gsub("hello", "l", setmetatable({}, {__index=function(_, k) return k .. k end}))`, `string.gsub("hello", "l", function() end)`, `string.gsub("hello", "(l)(.)", function(a, b) return b .. a end)`,
		`string.gsub("hello", "l", function() return {} end)`, `string.gsub("hello", "l", function() error("in") end)`, `string.gsub("hello", "l", print)`, `string.gsub("hello", "()", function(p) return p end)`, `string.gsub("abc", "%w", "%9")`,
		`string.gsub("rep", "%w+", string)`, `string.gsub("abc d", "%f[%w]%w+", string.upper)`, `string.gsub("$name is $x", "%$(%w+)", {name="lua"})`, `string.gsub("THE (quick) fox", "%((%a+)%)", "<%1>")`,
	)...)
}

// patterns are mostly well formed.
func patterns() *rapid.Generator[string] {
	items := []string{"a", "b", ".", "%a", "%d", "%s", "[ab]", "[^a]", "[%w_]", "*", "+", "-", "?", "(", ")", "(a)", "(.-)", "()", "%1", "%2", "%b()", "%bab", "%f[a]", "%f[^%w]", "^", "$", "%.", "%%", "\x00", "[a-", "%", "%z", "0-1"}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(items), 0, 7).Draw(t, "items"), "")
	})
}

func TestPatternsAtRandom(t *testing.T) {
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		p := luaText(patterns().Draw(t, "pattern"))
		text := luaText(string(rapid.SliceOfN(rapid.SampledFrom([]byte("aaabb01 ()_.\x00")), 0, 14).Draw(t, "text")))
		replacement := luaText(rapid.SampledFrom([]string{"<%0>", "%1", "%2-%1", "x", "%", ""}).Draw(t, "replacement"))
		at := positions().Draw(t, "at")
		check(t, fmt.Sprintf(`local s, p = %s, %s
			local function all() local r = {} for a, b in string.gmatch(s, p) do r[#r+1] = {a, b} end return r end
			return {pcall(function() return string.find(s, p, %d) end)}, {pcall(function() return string.match(s, p, %d) end)}, {pcall(all)},
				{pcall(function() return string.gsub(s, p, %s) end)}, {pcall(function() return string.gsub(s, p, function(...) return select("#", ...) end, 3) end)}`,
			text, p, at, at, replacement))
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("hello world", "(%w+)%s*()", "%1")
	f.Add("((a)b)", "%b()", "%0")
	f.Add("aaa", "%f[a](a-)%1$", "")
	s := newState()
	c, err := Compile(`local s, p, r = ...
		pcall(string.find, s, p) pcall(string.match, s, p) pcall(string.gsub, s, p, r)
		pcall(function() for w in string.gmatch(s, p) do end end)`, "fuzz")
	require.NoError(f, err)
	run := s.Function(c)
	f.Fuzz(func(t *testing.T, text, pattern, replacement string) {
		s.Begin(Limits{Instructions: 1_000_000, Memory: 1 << 28}, nil)
		_, failure := s.Call(run, glua.LString(text), glua.LString(pattern), glua.LString(replacement))
		if failure != nil {
			require.Error(t, s.Stopped(), failure.Value)
		}
	})
}

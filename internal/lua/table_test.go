package lua

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTableErrors(t *testing.T) {
	compare(t, caught(
		`table.concat()`, `table.concat({})`, `table.concat({1, 2, "x"})`, `table.concat({1, 2, "x"}, ", ")`, `table.concat({1, 2, 3}, ", ", 2)`, `table.concat({1, 2, 3}, ", ", 2, 2)`, `table.concat({1, 2, 3}, ", ", 3, 2)`,
		`table.concat({1, {}, 3})`, `table.concat({1, 2}, ",", 1, 3)`, `table.concat({}, {})`, `table.concat(1, {})`, `table.concat(1)`, `table.concat({1}, 5)`, `table.concat({1, 2}, nil, nil, nil)`, `table.concat({1}, ",", "x")`,
		`table.concat({[0]="z", "a"}, ",", 0)`, `table.concat({[-1]="m", [0]="z", "a"}, ",", -1)`, `table.concat({true})`, `table.concat({1.5, 1e15, -0.5}, "\0")`, `table.concat({}, "x", 1, 2147483647)`, `table.concat(string)`,
		`table.insert()`, `table.insert({})`, `table.insert({}, 1, 2, 3)`, `table.insert(1, 2)`, `table.insert({}, "x", 1)`, `select("#", table.insert({}, 1))`, `table.insert(string, 1)`, `table.insert(string, 1, 1)`, `table.insert({1}, nil)`,
		`table.remove()`, `table.remove({})`, `select("#", table.remove({}))`, `table.remove({1, 2, 3})`, `table.remove({1, 2, 3}, 1)`, `table.remove({1, 2, 3}, 4)`, `table.remove({1, 2, 3}, 0)`, `select("#", table.remove({1}, 5))`, `table.remove({1}, "x")`,
		`table.remove({1, 2, 3}, nil)`, `table.remove(string)`, `table.remove({5}, "1")`,
		`table.getn()`, `table.getn({1, 2})`, `table.setn({}, 1)`, `table.setn()`, `table.maxn()`, `table.maxn({})`, `table.maxn({1, 2, [10]=1, [2.5]=1, x=1})`, `table.maxn({[-5]=1})`, `table.maxn({[1e300]=1})`, `table.maxn({[0.5]=1})`,
		`table.foreach()`, `table.foreach({})`, `table.foreach({}, 1)`, `table.foreach({1}, function(k, v) return k + v end)`, `select("#", table.foreach({}, print))`, `select("#", table.foreach({1}, function() end))`, `table.foreach({x=1}, function(k, v) return k end)`,
		`table.foreach({1, 2, 3}, function(k, v) if k == 2 then return false end end)`, `table.foreachi({5, 6}, function(k, v) if k == 2 then return v end end)`, `table.foreachi({}, 1)`, `select("#", table.foreachi({1}, function() end))`,
		`table.sort()`, `table.sort({}, 1)`, `table.sort({3, 1, 2}, nil)`, `table.sort({1, "x"})`, `table.sort({{}, {}})`, `table.sort({1, nil, 3})`, `table.sort({true, false})`, `table.sort({1, 2, 3}, function() error("in") end)`, `select("#", table.sort({2, 1}))`,
		`table.sort({3, 2, 1, 5, 4}, function() return true end)`, `table.sort({1, 1, 1, 1, 1, 1}, function() return true end)`, `table.sort({1, 2, 3, 4}, function(a, b) return a == nil or b == nil end)`, `table.sort(string)`,
	)...)
	compare(t,
		`local t = {1, 2, 3} table.insert(t, 1, 0) table.insert(t, 3, "m") table.insert(t, "e") return t`,
		`local t = {1, 2, 3} table.insert(t, 7, "far") return t[7], t[6], t[4]`,
		`local t = {1, 2, 3} table.insert(t, -2, "low") return t`,
		`local t = {1, 2, 3} return table.remove(t), table.remove(t, 1), t, table.remove(t), table.remove(t), t`,
		`local t = {5, 3, 1} table.foreachi(t, function(i) t[i] = i end) return t`,
		`local t = {} for i = 1, 100 do t[i] = i end for i = 1, 50 do table.remove(t, 1 + i % 10) end return t`,
		`local m = {__lt = function(a, b) return a.n < b.n end}
		local t = {} for i = 1, 20 do t[i] = setmetatable({n = i * 7 % 20}, m) end
		table.sort(t) local r = {} for i, x in ipairs(t) do r[i] = x.n end return r`,
		`local t = {setmetatable({}, {__lt = function() return true end}), setmetatable({}, {__lt = function() return true end})} table.sort(t)`,
		`local t = {"b", "a", "B", "A", "", "\0", "a\0", "\255", "10", "9"} table.sort(t) return table.concat(t, ",")`,
	)
}

// The order of what is equal, which elements are compared, and what comes of a comparison without sense are all as in C.
func TestTableSort(t *testing.T) {
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.IntRange(0, 12), 0, 40).Draw(t, "keys")
		texts := make([]string, len(keys))
		for i, k := range keys {
			texts[i] = fmt.Sprintf("{k=%d,i=%d}", k, i)
		}
		less := rapid.SampledFrom([]string{
			"a.k < b.k", "a.k > b.k", "a.k <= b.k", "true", "false", "a.i % 3 == b.k % 2", "(a.k * 7 + b.k * 5) % 3 == 0", "a.k < b.k and a.i > b.i", "n % 2 == 0", "n % 5 < 2",
		}).Draw(t, "less")
		check(t, fmt.Sprintf(`local t, n, log = {%s}, 0, {}
			local ok, e = pcall(table.sort, t, function(a, b)
				n = n + 1
				if n > 2000 then error("stop") end
				log[#log+1] = (a and a.i or "-") .. ":" .. (b and b.i or "-")
				if not a or not b then error("nil") end
				return %s
			end)
			local r = {} for i = 1, %d do r[i] = t[i] and t[i].i or "-" end
			return ok, e, n, table.concat(log, " "), table.concat(r, " ")`, strings.Join(texts, ","), less, len(keys)))
	})
}

func TestTableSortOfValues(t *testing.T) {
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		var list []string
		if rapid.Bool().Draw(t, "text") {
			for _, x := range rapid.SliceOfN(texts(), 0, 30).Draw(t, "texts") {
				list = append(list, luaText(x))
			}
		} else {
			for _, x := range rapid.SliceOfN(rapid.Float64(), 0, 30).Draw(t, "numbers") {
				list = append(list, literal(x))
			}
		}
		check(t, "local t = {"+strings.Join(list, ",")+"} table.sort(t) return t")
	})
}

func TestTablesAtRandom(t *testing.T) {
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString("local t, r = {}, {}\n")
		n := 0
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			at := rapid.IntRange(1, n+1).Draw(t, "at")
			switch rapid.SampledFrom([]string{"append", "insert", "insert", "pop", "remove", "set"}).Draw(t, "step") {
			case "append":
				fmt.Fprintf(&b, "table.insert(t, %d)\n", i)
				n++
			case "insert":
				fmt.Fprintf(&b, "table.insert(t, %d, %d)\n", at, i)
				n++
			case "pop":
				b.WriteString("r[#r+1] = table.remove(t) or '-'\n")
				n = max(n-1, 0)
			case "remove":
				fmt.Fprintf(&b, "r[#r+1] = table.remove(t, %d) or '-'\n", at)
				if at <= n {
					n--
				}
			case "set":
				fmt.Fprintf(&b, "t[%d] = %d\n", at, i)
				n = max(n, at)
			}
		}
		b.WriteString("return t, r, #t, table.getn(t), table.maxn(t), table.concat(t, ',')")
		check(t, b.String())
	})
}

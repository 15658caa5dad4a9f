package differential

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	rows "github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
)

// Scripts of Lua are drawn in three ways: those that hand on any command of any family, so that its reply goes
// through the values of Lua and back; those that return random values; and scripts as applications have them.

// relays are scripts that run the command which their arguments are.
var relays = []string{
	"return redis.call(unpack(ARGV))",
	"return redis.pcall(unpack(ARGV))",
	"redis.setresp(3) return redis.call(unpack(ARGV))",
	"redis.setresp(3); local r = redis.pcall(unpack(ARGV)); return r",
	"local ok, r = pcall(redis.call, unpack(ARGV)) return {tostring(ok), r}",
	"return {redis.call(unpack(ARGV))}",
}

// relayed returns the command that a script hands on, and how deep its reply is within that of the script.
func relayed(c command) (inner command, depth int) {
	if c.name() != "EVAL" && c.name() != "EVAL_RO" || len(c) < 4 || c[2] != "0" {
		return nil, 0
	}
	for i, source := range relays {
		if c[1] == source {
			return c[3:], max(0, i-3)
		}
	}
	return nil, 0
}

// sameRelayed compares the replies of scripts that hand on a command, as those of the command are compared.
func sameRelayed(c command) func(redis, nook resp.Reply) bool {
	inner, depth := relayed(c)
	switch {
	case inner == nil:
		return inAnyOrderInside(c)
	case rows.RowOf(inner) == nil: // made wrong; another server may have a command of that name
		return func(redis, nook resp.Reply) bool { return redis.Kind == nook.Kind }
	}
	return func(redis, nook resp.Reply) bool {
		if depth > 0 && len(redis.Elems) == len(nook.Elems) && len(redis.Elems) == 3-depth {
			last := len(redis.Elems) - 1
			return slices.EqualFunc(redis.Elems[:last], nook.Elems[:last], exactly) && compare(inner, redis.Elems[last], nook.Elems[last])
		}
		return compare(inner, redis, nook) || strings.Contains(c[1], "setresp") && sameParts(redis, nook)
	}
}

// sameParts compares what replies consist of: a map is an array to a client of RESP2, and its order is open.
func sameParts(redis, nook resp.Reply) bool {
	return slices.Equal(slices.Sorted(slices.Values(parts(redis))), slices.Sorted(slices.Values(parts(nook))))
}

func parts(r resp.Reply) []string {
	var all []string
	for _, e := range r.Elems {
		all = append(all, parts(e)...)
	}
	n := len(r.Elems)
	r.Elems = nil
	return append(all, fmt.Sprint(n, ordered(r)))
}

// inAnyOrderInside compares replies but for the order of maps and sets, which Lua leaves open. To a client of RESP2 they are arrays.
func inAnyOrderInside(c command) func(redis, nook resp.Reply) bool {
	flat := len(c) > 1 && (strings.Contains(c[1], "map = ") || strings.Contains(c[1], "set = "))
	return func(redis, nook resp.Reply) bool {
		return ordered(redis) == ordered(nook) || flat && !hasMaps(redis) && sameParts(redis, nook)
	}
}

// hasMaps reports whether there are maps or sets in a reply.
func hasMaps(r resp.Reply) bool {
	return r.Kind == resp.KindMap || r.Kind == resp.KindSet || slices.ContainsFunc(r.Elems, hasMaps)
}

// ordered returns a reply as text, with maps and sets in an order that depends on what is in them alone.
func ordered(r resp.Reply) string {
	parts := make([]string, 0, len(r.Elems))
	for i := 0; i < len(r.Elems); i++ {
		part := ordered(r.Elems[i])
		if r.Kind == resp.KindMap && i+1 < len(r.Elems) {
			i++
			part += "=" + ordered(r.Elems[i])
		}
		parts = append(parts, part)
	}
	if r.Kind == resp.KindMap || r.Kind == resp.KindSet {
		slices.Sort(parts)
	}
	return fmt.Sprintf("%c %v %q %q %d %v [%s]", r.Kind, r.Null, r.Str, r.Format, r.Int, r.Float, strings.Join(parts, ", "))
}

// relay draws a script that hands on a command of any family but those that are about connections.
type relay struct{}

func (relay) draw(t *rapid.T, c command) command {
	f := pick(t, families)
	inner := f.form(t).shape.draw(t, nil)
	if isLonger(inner) {
		inner = command{"PING"}
	}
	return append(append(c, pick(t, []string{"EVAL", "EVAL", "EVAL_RO"}), pick(t, relays), "0"), inner...)
}

// luaValue draws an expression of Lua.
func luaValue(t *rapid.T, depth int) string {
	switch n := roll(t, 18); {
	case n < 3:
		return pick(t, []string{"1", "-1", "0", "3.99", "-3.99", "1e15", "1e100", "-1e100", "0/0", "1/0", "2^53", "2^63", "-2^63", "0.1", "255"})
	case n < 6:
		return pick(t, []string{"''", "'a'", "'OK'", `'\0\r\n\255'`, "'12'", "'long '..12.5", "tostring(1e15)", "tostring(0.1)", "''..1e100"})
	case n < 8:
		return pick(t, []string{"true", "false", "nil"})
	case n == 8:
		return "{ok = " + luaText(t) + "}"
	case n == 9:
		return "{err = " + luaText(t) + "}"
	case n == 10:
		return "{double = " + pick(t, []string{"1", "3.5", "0.1", "1e20", "1/0", "-1/0", "'x'", "true"}) + "}"
	case n == 11:
		return "{big_number = " + pick(t, []string{"'123456789012345678901234567890'", "'x\\r\\n'", "5"}) + "}"
	case n == 12:
		return "{verbatim_string = {format = " + pick(t, []string{"'txt'", "'markdown'", "5"}) + ", string = " + luaText(t) + "}}"
	case depth > 3:
		return "7"
	case n == 13:
		return "{map = {" + luaPairs(t, depth) + "}}"
	case n == 14:
		return "{set = {" + luaPairs(t, depth) + "}}"
	case n == 15:
		return pick(t, []string{"redis.status_reply(", "redis.error_reply("}) + luaText(t) + ")"
	}
	var list []string
	for range roll(t, 5) {
		list = append(list, luaValue(t, depth+1))
	}
	return "{" + strings.Join(list, ", ") + "}"
}

func luaText(t *rapid.T) string {
	return pick(t, []string{"'fine'", "'ERR x'", "'-MY error'", "'two\\r\\nlines'", "''", "'x'", "5", "'a b'"})
}

// luaPairs draws the pairs of a table.
func luaPairs(t *rapid.T, depth int) string {
	var list []string
	for i := range roll(t, 4) {
		key := pick(t, []string{"a", "b", "['x y']", "[1]", "[2.5]", "[true]"})
		if i > 0 {
			key = fmt.Sprintf("k%d", i)
		}
		list = append(list, key+" = "+luaValue(t, depth+1))
	}
	return strings.Join(list, ", ")
}

// luaPrograms are scripts, with how many keys and arguments they have.
var luaPrograms = []struct {
	keys, args int
	source     string
}{
	{1, 1, "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"},
	{1, 2, "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], 1000000) else return 0 end"},
	{1, 2, "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], 1000) end return n"},
	{2, 1, "local v = redis.call('RPOPLPUSH', KEYS[1], KEYS[2]) if v then redis.call('SADD', 'c', v) end return v"},
	{1, 2, "redis.call('ZADD', KEYS[1], 5, ARGV[1], 7, ARGV[2]) redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, 4) return redis.call('ZCARD', KEYS[1])"},
	{1, 1, "redis.call('SET', KEYS[1], cjson.encode({v = ARGV[1]})) return cjson.decode(redis.call('GET', KEYS[1])).v"},
	{1, 1, "redis.call('SET', KEYS[1], cmsgpack.pack({1, 2, ARGV[1]})) return cmsgpack.unpack(redis.call('GET', KEYS[1]))"},
	{1, 1, "local all = {} for i = 1, 5 do all[i] = redis.call('RPUSH', KEYS[1], ARGV[1] .. i) end return all"},
	{1, 0, "local t = redis.call('HGETALL', KEYS[1]) local n = 0 for i = 1, #t, 2 do n = n + #t[i + 1] end return n"},
	{2, 2, "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('LPUSH', KEYS[1], ARGV[2])"},
	{1, 1, "local r = redis.pcall('INCRBY', KEYS[1], ARGV[1]) if type(r) == 'table' and r.err then return 'failed: ' .. r.err end return r"},
	{1, 0, "redis.call('SELECT', 1) redis.call('SET', KEYS[1], 'there') redis.call('SELECT', 0) return redis.call('GET', KEYS[1])"},
	{0, 1, "error(ARGV[1])"},
	{0, 1, "error({err = tostring(ARGV[1])})"},
	{0, 1, "return redis.error_reply(ARGV[1])"},
	{0, 1, "return redis.sha1hex(ARGV[1])"},
	{1, 1, "return struct.pack('>I2s', #KEYS[1], ARGV[1])"},
	{0, 2, "return {bit.band(#ARGV[1], 3), bit.tohex(#ARGV[2]), bit.bxor(1, 255)}"},
	{0, 1, "return {string.format('%q|%5.2f|%d', ARGV[1], #ARGV[1] / 3, #ARGV[1]), tostring(#ARGV[1] / 3), #ARGV[1] / 3 .. ''}"},
	{1, 1, "#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], ARGV[1])"},
	{1, 0, "#!lua\nreturn redis.call('GET', KEYS[1])"},
	{0, 0, "local t = redis.call('TIME') return #t"},
	{0, 0, "return redis.call('TIME')[1] == redis.call('TIME')[1]"},
	{1, 0, "return {redis.call('TYPE', KEYS[1]), redis.call('EXISTS', KEYS[1])}"},
	{0, 0, "return nosuchvariable"},
	{0, 0, "x = 1"},
	{0, 0, "return #KEYS + #ARGV"},
}

// luaSources are short scripts, some of them wrong.
var luaSources = []string{
	"return 1", "return KEYS[1]", "return ARGV[1]", "return {KEYS[1], ARGV[1]}", "return redis.call('GET', KEYS[1])", "return redis.call('SET', KEYS[1], ARGV[1])",
	"#!lua\nreturn 2", "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])", "#!lua flags=\nreturn 1", "#!lua flags=allow-oom,no-cluster,allow-stale\nreturn 1",
	"#!python\nreturn 1", "#!lua flags=bad\nreturn 1", "#!lua name=x\nreturn 1", "#!lua  \nreturn 1",
	"", "return", "-- comment", "return ...",
}

// luaLibraries are libraries of functions, some of them wrong.
var luaLibraries = []string{
	"#!lua name=lib\nredis.register_function('f', function(keys, args) return {keys[1], args[1]} end)",
	"#!lua name=lib\nlocal n = 0\nredis.register_function('f', function(keys, args) n = n + 1 return n end)",
	"#!lua name=other\nredis.register_function{function_name='g', callback=function(keys, args) return redis.call('SET', keys[1], args[1]) end, description='sets'}",
	"#!lua name=ro\nredis.register_function{function_name='h', callback=function(keys, args) return redis.call('TYPE', keys[1]) end, flags={'no-writes'}}",
	"#!lua name=ro\nredis.register_function{function_name='h', callback=function(keys, args) return redis.call('SET', keys[1], 'x') end, flags={'no-writes', 'allow-oom'}}",
	"#!lua name=two\nredis.register_function('f', function() return 'two' end)\nredis.register_function('h', function() return redis.error_reply('BAD thing') end)",
	"#!lua name=lib\nredis.register_function('f', function() return nosuch end)",
	"#!lua name=lib\nreturn 1", "#!lua name=lib\nredis.call('GET', 'x')", "#!lua name=lib\nredis.register_function('f')", "#!lua name=lib\nredis.register_function('bad name', function() end)",
	"#!lua name=lib\nredis.register_function{function_name='f'}", "#!lua name=lib\nredis.register_function{callback=function() end}", "#!lua name=lib\nredis.register_function{function_name='f', callback=function() end, flags={'x'}}",
	"#!lua name=lib\nredis.register_function{function_name='f', callback=function() end, nosuch=1}", "#!lua name=lib\nredis.register_function{1}", "#!lua name=lib\nredis.register_function()",
	"#!lua name=lib\nredis.register_function('f', function() end) redis.register_function('f', function() end)", "#!lua name=lib\nredis.register_function('f', 5)", "#!lua name=lib\nredis.register_function(5, function() return 5 end)",
	"#!lua name=lib\nlocal r = redis.register_function r('f', function() r('g', function() end) end)", "#!lua name=lib\nerror('no')", "#!lua name=lib\nerror({err='ERR mine'})", "#!lua name=lib\nx = 1",
	"#!lua", "#!lua\nreturn 1", "#!lua name=lib", "return 1", "", "#!python name=lib\nx", "#!LUA name=Lib2\nredis.register_function('F', function() return redis.status_reply('big') end)",
	"#!lua name=bad-name\nx", "#!lua name=\nx", "#!lua name=a name=b\nx", "#!lua nosuch=a\nx", "#!lua name='quoted'\nredis.register_function('q', function(k) return #k end)", "#!lua name='open\nx",
}

// program draws a call of one of them.
type program struct{}

func (program) draw(t *rapid.T, c command) command {
	p := pick(t, luaPrograms)
	c = append(c, pick(t, []string{"EVAL", "EVAL", "EVAL", "EVAL_RO"}), p.source, strconv.Itoa(p.keys))
	for range p.keys {
		c = append(c, kinds["key"](t))
	}
	for range p.args {
		c = append(c, kinds["value"](t))
	}
	return c
}

// valueScript draws a script that returns a random value.
type valueScript struct{}

func (valueScript) draw(t *rapid.T, c command) command {
	prefix := pick(t, []string{"return ", "redis.setresp(3) return "})
	return append(c, "EVAL", prefix+luaValue(t, 0), "0")
}

var (
	scriptKeys    = []string{"1", "1", "1", "0", "2"}
	badScriptKeys = []string{"-1", "3", "x", "", "99999999999999999999"}
	scriptSHAs    = []string{
		"e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", // return 1
		"098e0f0d1448c0a81dafe820f66d460eb09263da", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "x", "",
	}
	libraryNames  = []string{"lib", "other", "ro", "two", "LIB", "l*", "*", "", "nosuch"}
	functionNames = []string{"f", "f", "g", "h", "F", "q", "nosuch", ""}
)

var scriptForms = append(slices.Concat(payloadForms(functions, `
	2* FUNCTION RESTORE PAYLOAD [FLUSH|APPEND|REPLACE|{junk}]
`), parseForms(`
	EVAL {luasource} {luakeys} {key} {value}
	EVALSHA {sha} {luakeys} {key} {value}
	EVALSHA_RO {sha} {luakeys} {key} {value}
	SCRIPT LOAD {luasource}
	SCRIPT EXISTS {sha}+
	SCRIPT FLUSH [ASYNC|SYNC]
	SCRIPT KILL
	FUNCTION LOAD [REPLACE] {library}
	FUNCTION LIST [LIBRARYNAME {libraryname}] [WITHCODE]
	FUNCTION DELETE {libraryname}
	FUNCTION FLUSH [ASYNC|SYNC]
	FUNCTION DUMP
	FUNCTION STATS
	FUNCTION KILL
	4* FCALL {functionname} {luakeys} {key} {value}
	FCALL_RO {functionname} {luakeys} {key} {value}
`)), form{line: "relay", weight: 20, shape: relay{}}, form{line: "program", weight: 8, shape: program{}}, form{line: "value", weight: 10, shape: valueScript{}})

var scriptFamily = family{name: "scripting", conns: 1, forms: scriptForms}

// sameLibraries compares lists of libraries, whose order is none, and of their functions.
func sameLibraries(redis, nook resp.Reply) bool {
	return librariesIn(redis) == librariesIn(nook)
}

func librariesIn(r resp.Reply) string {
	var all []string
	for _, lib := range r.Elems {
		var fields []string
		for _, x := range lib.Elems {
			var inner []string
			for _, f := range x.Elems {
				inner = append(inner, ordered(f))
			}
			slices.Sort(inner)
			x.Elems = nil
			fields = append(fields, ordered(x)+strings.Join(inner, ";"))
		}
		all = append(all, strings.Join(fields, "\n"))
	}
	slices.Sort(all)
	r.Elems = nil
	return ordered(r) + strings.Join(all, "\n\n")
}

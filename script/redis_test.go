package script_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/script"
)

// programs are scripts whose results are compared with those of a real server.
var programs = []string{
	"return {KEYS, ARGV, #KEYS + #ARGV}",
	"return {tostring(0.1), 1e15, 2^53, -0.0, 1/0, 10 % 3, -10 % 3, tostring(1e100)}",
	"return string.format('%5.1f|%-5s|%05d|%x|%q', 3.14159, 'ab', 42, 255, 'a\\nb')",
	"return cjson.encode({1, 2, {a = 'x'}}) .. cjson.encode(cjson.decode('{\"k\": [1, 2.5, null]}'))",
	"return {cmsgpack.pack({1, 'a'}), struct.pack('>I2', 258), bit.band(255, 129), bit.tohex(-1)}",
	"local t = {} for w in string.gmatch('one two three', '%a+') do t[#t + 1] = w:upper() end return t",
	"return {pcall(redis.call, 'INCR', KEYS[1], 1), redis.pcall('LPUSH')}",
	"redis.call('SET', KEYS[1], 'v') return redis.pcall('LPUSH', KEYS[1], 1)",
	"redis.call('SET', KEYS[1], 'v') return redis.call('LPUSH', KEYS[1], 1)",
	"redis.call('HSET', KEYS[1], 'f', 1) return {redis.call('HGETALL', KEYS[1]), redis.call('TYPE', KEYS[1])}",
	"redis.call('ZADD', KEYS[1], 1.5, 'm') return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')",
	"redis.setresp(3) redis.call('ZADD', KEYS[1], 1.5, 'm') return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')",
	"redis.setresp(3) return {redis.call('GET', 'absent'), 1}",
	"return redis.call('SET', KEYS[1], 12.5) and redis.call('GET', KEYS[1])",
	"return redis.sha1hex('') .. redis.REDIS_VERSION",
	"return {redis.status_reply('A'), redis.error_reply('B b'), redis.error_reply('-C c')}",
	"error('x')", "error({err = 'MY x'})", "error({err = 'x', ok = 'y'})", "\n\nerror('third', 2)", "return redis.call()", "return redis.call({})",
	"return redis.call('NOSUCH')", "return redis.call('GET')", "return redis.call('AUTH', 'x')", "return redis.pcall('BLPOP', KEYS[1], 0)",
	"return redis.call('XREAD', 'BLOCK', 0, 'STREAMS', KEYS[1], '$')", "return redis.call('xreadgroup', 'GROUP', 'g', 'c', 'BLOCK', 0, 'STREAMS', KEYS[1], '>')",
	"return redis.setresp(4)", "return redis.set_repl(99)", "redis.log(9, 'x')", "undefined = 1", "return undefined", "string.len = 1",
	"return {1, nil, 3}", "return {a = 1}, 2", "return coroutine.wrap(function() coroutine.yield({1, 'x'}) end)()",
	"local ok, e = pcall(redis.call, 'INCR', KEYS[1], 1) return {type(e), e.err, ok}", "local ok, e = pcall(error, {a = 1}) return e.a",
	"local ok, e = pcall(redis.error_reply) return {type(ok), type(e), e.err}", "return redis.pcall('EVAL', 'return 1', 0)", "return {err = 'a\\r\\nb'}", "return {ok = 'a\\r\\nb'}",
	"return {err = 5}", "return {ok = 5}", "return {double = 'x'}", "return {map = 5}", "return {map = {a = {map = {b = 1}}}}", "return {set = {a = 1}}",
	"return {verbatim_string = {string = 'x'}}", "return {ok = 'x', err = 'y'}", "return setmetatable({}, {__index = function() return 1 end})",
	"return {setmetatable({1}, {__index = {1, 2, 3}})}", "return redis.call('SELECT', 3)", "return redis.call('CLIENT', 'ID') and 1", "return redis.call('HELLO', 3)",
	"return redis.call('MULTI')", "return redis.call('CONFIG', 'GET', 'maxmemory')", "return redis.call('OBJECT', 'HELP') and 1", "return redis.call('OBJECT', 'NOSUCH', 'x')",
	"return redis.call('WATCH', 'k')", "return redis.call('SUBSCRIBE', 'k')", "return redis.call('SCRIPT', 'FLUSH')", "return redis.call('CLIENT', 'SETNAME', 'x')",
	"return redis.acl_check_cmd('SET', 'x', 1)", "return redis.acl_check_cmd('NOSUCH')", "return redis.acl_check_cmd()", "return redis.replicate_commands()", "return redis.breakpoint()",
	"return redis.set_repl()", "return redis.setresp()", "return redis.log(1)", "return redis.log('x', 'y')", "return redis.sha1hex()", "return redis.error_reply()", "return redis.status_reply(1)",
	"return redis.call('SHUTDOWN')", "return redis.call('SPOP', KEYS[1])", "return redis.call('GEOPOS', KEYS[1], 'x')",
	"redis.setresp(3) return redis.call('GEOPOS', KEYS[1], 'x')", "redis.setresp(3) return redis.call('SISMEMBER', KEYS[1], 'x')", "redis.setresp(3) return redis.call('BLMPOP', 1, 1, KEYS[1], 'LEFT')",
	"return redis.call('BLMPOP', 1, 1, KEYS[1], 'LEFT')", "redis.call('RPUSH', KEYS[1], 1) return redis.call('LMPOP', 1, KEYS[1], 'LEFT')",
	"redis.setresp(3) return redis.call('INCRBYFLOAT', KEYS[1], 1.5)", "redis.setresp(3) return redis.call('CONFIG', 'GET', 'maxmemory')", "redis.setresp(3) return redis.call('XRANGE', KEYS[1], '-', '+')",
	"redis.setresp(3) redis.call('XADD', KEYS[1], '1-1', 'f', 'v') return redis.call('XREAD', 'STREAMS', KEYS[1], 0)",
	"redis.setresp(3) return redis.call('COMMAND', 'INFO', 'get')[1][1]", "redis.setresp(3) return redis.call('PUBSUB', 'NUMSUB')", "redis.setresp(3) return redis.call('HRANDFIELD', KEYS[1], 1, 'WITHVALUES')",
	"redis.setresp(3) redis.call('HSET', KEYS[1], 'f', 'v') return redis.call('HRANDFIELD', KEYS[1], 1, 'WITHVALUES')", "redis.setresp(3) return redis.call('EXPIRE', KEYS[1], 5)",
	"redis.setresp(3) redis.call('ZADD', KEYS[1], 1, 'm') return {redis.call('ZPOPMIN', KEYS[1]), redis.call('ZADD', KEYS[1], 'INCR', 1, 'x'), redis.call('ZMSCORE', KEYS[1], 'x', 'y')}",
	"redis.setresp(3) redis.call('SET', KEYS[1], 'x') return redis.pcall('INCR', KEYS[1])",
	"return redis.call('SORT', KEYS[1])", "return redis.call('PING', 'x')", "return redis.call('ECHO', 'x')", "return redis.call('EXISTS', unpack(KEYS))",
	"#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 1)", "#!lua flags=bad\nreturn 1", "#!lua x=1\nreturn 1", "#!lua name=x\nreturn 1", "#!lua", "#!lua\n\nerror('third')",
}

// TestAsRedis runs scripts in the process and on a real server, over RESP3, and compares what comes of them.
func TestAsRedis(t *testing.T) {
	server := redistest.Shared(t)
	c := server.Dial(t)
	c.Hello(3)
	sources := programs
	for _, row := range valueRows {
		if !strings.Contains(row.source, "big_number = ''") && !strings.Contains(row.source, "no\\r\\nnumber") && !strings.Contains(row.source, "'t'") { // what is no RESP3
			sources = append(sources, row.source)
		}
	}
	keys, args := []string{"k", "l"}, []string{"a", "7"}
	for _, source := range sources {
		server.Flush(t)
		s := newStore(t, nook.Options{})
		v, err := script.New(source).Run(t.Context(), s, keys, args[0], args[1])
		ours := v.Reply()
		if err != nil {
			ours = resp.Reply{Kind: resp.KindError, Str: err.Error()}
		}
		theirs := c.Do(append(append([]string{"EVAL", source, strconv.Itoa(len(keys))}, keys...), args...)...)
		assert.True(t, theirs.Equal(ours), "%s\nredis: %s\nnook:  %s", source, theirs.Append(nil), ours.Append(nil))
	}
}

// TestLibrariesAsRedis does the same with libraries and their functions.
func TestLibrariesAsRedis(t *testing.T) {
	c := redistest.Shared(t).Dial(t)
	c.Hello(3)
	for _, code := range []string{
		"#!lua name=x\nredis.register_function('f', function(keys, args) return {keys, args, #keys} end)",
		"#!lua name=x\nlocal n = 0 redis.register_function('f', function() n = n + 1 return n end)",
		"#!lua name=x\nredis.register_function('f', function(keys) return redis.call('SET', keys[1], 1) end)",
		"#!lua name=x\nredis.register_function('f', function(keys) return redis.call('INCR', keys[1], 1) end)",
		"#!lua name=x\nredis.register_function{function_name='f', flags={'no-writes'}, callback=function(keys) return redis.call('SET', keys[1], 1) end}",
		"#!lua name=x\nredis.register_function('f', function() error('x') end)",
		"#!lua name=x\nredis.register_function('f', function() return KEYS end)",
		"#!lua name=x\nredis.register_function('f', function() undefined = 1 end)",
		"#!lua name=x\nredis.register_function('f')", "#!lua name=x\nredis.register_function{function_name='f'}", "#!lua name=x\nredis.call('PING')",
		"#!lua name=x\nredis.register_function('a b', function() end)", "#!lua name=x\nreturn 1", "#!lua name=x\nerror('x')", "#!lua name=x\nx = 1",
		"#!lua name=\nreturn", "#!lua name=x name=y\nreturn", "#!lua x=y\nreturn", "#!js name=x\nreturn", "x", "#!lua name=x",
	} {
		require.NotEqual(t, resp.KindError, c.Do("FUNCTION", "FLUSH").Kind)
		c.Do("DEL", "k")
		s := newStore(t, nook.Options{})
		compare := func(v script.Value, err error, args ...string) {
			ours := v.Reply()
			if err != nil {
				ours = resp.Reply{Kind: resp.KindError, Str: err.Error()}
			}
			theirs := c.Do(args...)
			assert.True(t, theirs.Equal(ours), "%s\n%s\nredis: %s\nnook:  %s", code, args, theirs.Append(nil), ours.Append(nil))
		}
		_, err := script.Load(s, code)
		if theirs := c.Do("FUNCTION", "LOAD", code); theirs.Kind == resp.KindError {
			assert.EqualError(t, err, theirs.Str, code)
			continue
		}
		require.NoError(t, err, code)
		for range 2 {
			v, err := script.Call(t.Context(), s, "f", []string{"k"}, "a")
			compare(v, err, "FCALL", "f", "1", "k", "a")
			v, err = script.CallReadOnly(t.Context(), s, "F", []string{"k"}, "a")
			compare(v, err, "FCALL_RO", "F", "1", "k", "a")
		}
	}
	c.Do("FUNCTION", "FLUSH")
}

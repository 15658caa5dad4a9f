package scripting

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/lua"
)

// TestTame lists scripts whose text shows that they use no keys but their own, and scripts whose text does not.
func TestTame(t *testing.T) {
	for _, source := range []string{
		"return 1",
		"return redis.call('GET', KEYS[1])",
		"return server.call('GET', KEYS[1])",
		"if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end",
		"local key = KEYS[1] local n = redis.call('INCR', key) if n == 1 then redis.call('PEXPIRE', key, ARGV[1]) end return n",
		"local call = redis.call return call('HGETALL', KEYS[2])",
		"for i = 1, #KEYS do redis.call('DEL', KEYS[i]) end",
		"for i, key in ipairs(KEYS) do redis.call('SET', key, i) end",
		"return redis.call('DEL', unpack(KEYS))",
		"return redis.call('SADD', KEYS[1], unpack(ARGV))",
		"return redis.call('ZADD', KEYS[1], 'NX', 1, 'a' .. ARGV[1])",
		"return redis.call('PING')",
		"return redis.call('PUBLISH', ARGV[1], 'x')",
		"local function f(x) return redis.call('SET', KEYS[1], x) end return f(1)",
		"return redis.call('ZUNIONSTORE', KEYS[1], 2, KEYS[2], KEYS[3])",
		"return {redis.pcall('GET', KEYS[1]), redis.error_reply('x'), redis.sha1hex('a')}",
		"local t = cjson.decode(ARGV[1]) return redis.call('SET', KEYS[1], t.a)",
	} {
		require.True(t, tame(t, source), source)
	}
	for _, source := range []string{
		"return redis.call('GET', ARGV[1])",
		"return redis.call('GET', KEYS[1] .. ':x')",
		"return redis.call('GET', 'fixed')",
		"return redis.call(ARGV[1], KEYS[1])",
		"local key = KEYS[1] key = 'other' return redis.call('GET', key)",
		"local key = KEYS[1] if x then local key = 'other' end return redis.call('GET', key)",
		"local key = KEYS[1] local function f(key) return redis.call('GET', key) end return f('x')",
		"local f = function(key) return redis.call('GET', key) end local key = KEYS[1] return f('x')",
		"for key in pairs({'a'}) do end local key = KEYS[1] return redis.call('GET', key)",
		"KEYS[1] = 'x' return redis.call('GET', KEYS[1])",
		"local k = KEYS k[1] = 'x' return redis.call('GET', KEYS[1])",
		"table.insert(KEYS, 'x') return redis.call('GET', KEYS[1])",
		"local r = redis return r.call('GET', 'x')",
		"return pcall(redis.call, 'GET', 'x')",
		"local t = {redis.call} return t[1]('GET', 'x')",
		"local call = redis.call local t = {call} return t[1]('GET', 'x')",
		"local call = redis.call call = redis.pcall return call('GET', KEYS[1])",
		"local redis = {call = redis.call} return redis.call('GET', KEYS[1])",
		"local KEYS = {'x'} return redis.call('GET', KEYS[1])",
		"return redis['call']('GET', 'x')",
		"return redis['ca' .. 'll']('GET', KEYS[1])",
		"return _G.redis.call('GET', 'x')",
		"return loadstring(\"return redis.call('GET', 'x')\")()",
		"return redis.call('DEL', unpack(ARGV))",
		"return redis.call('DEL', KEYS[1], ARGV[1])",
		"return redis.call('MSET', KEYS[1], 1, ARGV[1], 2)",
		"return redis.call('KEYS', '*')",
		"return redis.call('SCAN', 0)",
		"return redis.call('DBSIZE')",
		"return redis.call('FLUSHALL')",
		"return redis.call('SORT', KEYS[1], 'BY', 'w_*')",
		"return redis.call('ZUNIONSTORE', KEYS[1], #KEYS - 1, KEYS[2])",
		"return redis.call('NOSUCH', KEYS[1])",
		"return redis.call('GEORADIUS', KEYS[1], ARGV[1], ARGV[2], ARGV[3], 'km', ARGV[4], ARGV[5])",
		"return redis.call(unpack(ARGV))",
		"return redis.call('INFO')",
		"return redis.pcall('SET')",
		"return redis.pcall('SET', KEYS[1])",
		"return redis.pcall('EVAL', 'x')",
		"return redis.pcall('ZUNION')",
		"return redis.pcall('CLIENT')",
		"return redis.pcall('XREAD')",
		"local f = function(...) return redis.call('GET', ...) end return f('x')",
	} {
		require.False(t, tame(t, source), source)
	}
}

func tame(t *testing.T, source string) bool {
	c, err := lua.Compile(source, "user_script")
	require.NoError(t, err, source)
	return isTame(c.Tree)
}

package script_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

// valueRows are scripts and what each of the methods of Value says of what they return. Where a number is not
// given, there is none.
var valueRows = []struct {
	source string
	text   string
	int    any
	float  any
	bool   bool
	texts  []string
	people string // what String says
}{
	{source: "return nil", people: "null"},
	{source: "return false", people: "null"},
	{source: "return", people: "null"},
	{source: "return redis.call('GET', 'absent')", people: "null"},
	{source: "return type", people: "null"},
	{source: "return true", text: "1", int: 1, float: 1, bool: true, people: "1"},
	{source: "return 42", text: "42", int: 42, float: 42, people: "42"},
	{source: "return -3.9", text: "-3", int: -3, float: -3, people: "-3"},
	{source: "return 2^53", text: "9007199254740992", int: 1 << 53, float: 1 << 53, people: "9007199254740992"},
	{source: "return 'a\\0b'", text: "a\x00b", people: `"a\x00b"`},
	{source: "return ''", people: `""`},
	{source: "return '17'", text: "17", int: 17, float: 17, people: `"17"`},
	{source: "return '2.5'", text: "2.5", float: 2.5, people: `"2.5"`},
	{source: "return {ok = 'FINE'}", text: "FINE", people: `"FINE"`},
	{source: "return redis.status_reply('OK')", text: "OK", people: `"OK"`},
	{source: "return redis.call('SET', 'k', 'v')", text: "OK", people: `"OK"`},
	{source: "return {}", texts: []string{}, people: "[]"},
	{source: "return {1, 'two', {3}, nil, 5}", texts: []string{"1", "two", ""}, people: `[1 "two" [3]]`},
	{source: "return {'a', false, 'b'}", texts: []string{"a", "", "b"}, people: `["a" null "b"]`},
	{source: "redis.call('RPUSH', 'l', 1, 2) return redis.call('LRANGE', 'l', 0, -1)", texts: []string{"1", "2"}, people: `["1" "2"]`},
	// what RESP3 has more
	{source: "redis.setresp(3) return true", int: 1, bool: true, people: "true"},
	{source: "redis.setresp(3) return false", int: 0, people: "false"},
	{source: "redis.setresp(3) return redis.call('GET', 'absent')", people: "null"},
	{source: "return {double = 2.5}", text: "2.5", float: 2.5, people: "2.5"},
	{source: "return {double = 1/0}", text: "inf", float: math.Inf(1), people: "inf"},
	{source: "return {double = -1/0}", text: "-inf", float: math.Inf(-1), people: "-inf"},
	{source: "return {big_number = '1234567890123456789012'}", text: "1234567890123456789012", float: 1234567890123456789012.0, people: "1234567890123456789012"},
	{source: "return {big_number = '12'}", text: "12", int: 12, float: 12, people: "12"},
	{source: "return {big_number = 'no\\r\\nnumber'}", text: "no  number", people: "no  number"},
	{source: "return {big_number = ''}", people: ""},
	{source: "return {verbatim_string = {format = 'txt', string = 'a\\r\\nb'}}", text: "a\r\nb", people: `"a\r\nb"`},
	{source: "return {verbatim_string = {format = 't', string = '7'}}", text: "7", int: 7, float: 7, people: `"7"`},
	{source: "return {map = {k = 'v'}}", texts: []string{"k", "v"}, people: `["k" "v"]`},
	{source: "return {map = {}}", texts: []string{}, people: "[]"},
	{source: "return {set = {x = true}}", texts: []string{"x"}, people: `["x"]`},
	{
		source: "redis.setresp(3) redis.call('HSET', 'h', 'f', 'v') return redis.call('HGETALL', 'h')",
		texts:  []string{"f", "v"}, people: `["f" "v"]`,
	},
	{source: "redis.setresp(3) redis.call('SADD', 's', 'm') return redis.call('SMEMBERS', 's')", texts: []string{"m"}, people: `["m"]`},
	{source: "redis.setresp(3) redis.call('ZADD', 'z', 1.5, 'm') return redis.call('ZSCORE', 'z', 'm')", text: "1.5", float: 1.5, people: "1.5"},
}

func TestValue(t *testing.T) {
	for _, row := range valueRows {
		v := run(t, newStore(t, nook.Options{}), row.source, nil)
		require.Equal(t, row.text, v.Text(), row.source)
		n, err := v.Int()
		if row.int == nil {
			require.Error(t, err, row.source)
		} else {
			require.NoError(t, err, row.source)
			require.EqualValues(t, row.int, n, row.source)
		}
		f, err := v.Float()
		if row.float == nil {
			require.Error(t, err, row.source)
		} else {
			require.NoError(t, err, row.source)
			require.EqualValues(t, row.float, f, row.source)
		}
		require.Equal(t, row.bool, v.Bool(), row.source)
		require.Equal(t, row.texts, v.Texts(), row.source)
		require.Equal(t, row.people, v.String(), row.source)
		require.Equal(t, row.people == "null", v.IsNull(), row.source)
		require.NoError(t, v.Err())
	}
}

func TestZeroValue(t *testing.T) {
	var v script.Value
	require.True(t, v.IsNull())
	require.Equal(t, "null", v.String())
	require.Empty(t, v.Text())
	require.Nil(t, v.List())
	require.Nil(t, v.Map())
	require.False(t, v.Bool())
	_, err := v.Int()
	require.EqualError(t, err, "script: null is no integer")
	_, err = v.Float()
	require.EqualError(t, err, "script: null is no number")
	require.NoError(t, v.Err())
}

func TestValueOfNaN(t *testing.T) {
	for _, source := range []string{"return {double = 0/0}", "return {double = -(0/0)}"} {
		f, err := run(t, newStore(t, nook.Options{}), source, nil).Float()
		require.NoError(t, err)
		require.True(t, math.IsNaN(f), source)
	}
}

func TestValueMap(t *testing.T) {
	s := newStore(t, nook.Options{})
	for _, source := range []string{
		"redis.call('HSET', 'h', 'a', 1, 'b', 2) return redis.call('HGETALL', 'h')",
		"redis.setresp(3) return redis.call('HGETALL', 'h')",
		"return {map = {a = 1, b = '2'}}",
	} {
		m := run(t, s, source, nil).Map()
		require.Len(t, m, 2, source)
		require.Equal(t, "1", m["a"].Text(), source)
		require.Equal(t, "2", m["b"].Text(), source)
	}
	require.Nil(t, run(t, s, "return 'text'", nil).Map())
	require.Nil(t, run(t, s, "return {1, 2, 3}", nil).Map())
	require.Empty(t, run(t, s, "return {}", nil).Map())
	require.NotNil(t, run(t, s, "return {}", nil).Map())
}

// TestErrorInAList: an error within a list is an element of it.
func TestErrorInAList(t *testing.T) {
	v := run(t, newStore(t, nook.Options{}), "return {1, redis.pcall('INCR', 'k', 2), {err = 'MY error'}}", nil)
	list := v.List()
	require.Len(t, list, 3)
	require.NoError(t, list[0].Err())
	requireError(t, list[1].Err(), "ERR", "ERR Wrong number of args calling Redis command from script")
	requireError(t, list[2].Err(), "MY", "MY error")
	require.Empty(t, list[2].Text())
	require.Equal(t, "[1 ERR Wrong number of args calling Redis command from script MY error]", v.String())
}

// TestLargeValues: what a script returns may be larger than what a client takes from a server that it does not know.
func TestLargeValues(t *testing.T) {
	s := newStore(t, nook.Options{})
	require.Len(t, run(t, s, "local t = {} for i = 1, 300000 do t[i] = i end return t", nil).List(), 300000)
	require.Len(t, run(t, s, "return string.rep('x', 20000000)", nil).Text(), 20000000)
	require.Len(t, run(t, s, "return {ok = string.rep('x', 2000000)}", nil).Text(), 2000000)
	v, depth := run(t, s, "local t = {} for i = 1, 1500 do t = {t} end return t", nil), 0
	for len(v.List()) == 1 {
		v, depth = v.List()[0], depth+1
	}
	require.Equal(t, 1500, depth)
	v = run(t, s, "local t = {} t[1] = t return t", nil)
	for len(v.List()) == 1 {
		v = v.List()[0]
	}
	requireError(t, v.Err(), "ERR", "ERR reached lua stack limit")
	require.True(t, strings.HasPrefix(v.String(), "ERR"))
}

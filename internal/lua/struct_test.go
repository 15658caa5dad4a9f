package lua

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	glua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"
)

func TestStruct(t *testing.T) {
	programs := []string{
		"return struct.pack()", "return struct.pack('')", "return struct.pack(nil)", "return struct.pack({})",
		"return struct.pack(5)", "return struct.pack('b', 1, 2)",
		"return struct.pack('s', 'ab')", "return struct.pack('s', 12)", "return struct.pack('s', 'a\\0b')",
		"return struct.pack('c0', 'abc')", "return struct.pack('c2', 'abc')",
		"return struct.pack('c4', 'abc')", "return struct.pack('bc4', 1, 'abc')", "return struct.pack('c', 'abc')",
		"return struct.pack('c', '')", "return struct.pack('c', {})", "return struct.pack('s')",
		"return struct.pack('c00003', 'abc')", "return struct.pack('xxx')", "return struct.pack('b', '5')",
		"return struct.pack('b', 'x')", "return struct.pack('b', true)",
		"return struct.pack('!4 b i', 1, 2)", "return struct.pack('! b d', 1, 2)",
		"return struct.pack('!2 b i8 h', 1, 2, 3)", "return struct.pack('!8bi3b', 1, 2, 3)",
		"return struct.pack('!8bi5bi6', 1, 2, 3, 4)",
		"return struct.pack('!16bi16', 1, -2)", "return struct.pack('!32bI32', 1, 2)",
		"return struct.pack('bxh!8xL', 1, 2, 3)", "return struct.pack('!8c3i', 'abc', 1)",
		"return struct.pack('!8si', 'abc', 1)",
		"return struct.pack('b\\0?', 1)", "return struct.pack('\\255', 1)", "return struct.pack('%', 1)",
		"return struct.pack('bq', 1, 2)", "return struct.pack('c2147483647', 'a')",
		"return struct.pack('c2147483648', 'a')",
		"return struct.pack('i99999999999', 'a')", "return struct.pack('!99999999999')",
		"return struct.pack('!1073741824 b', 1)", "return struct.pack('!2147483648')",
		"return struct.unpack()", "return struct.unpack('b')", "return struct.unpack('b', nil)",
		"return struct.unpack('b', {})", "return struct.unpack('', 'abc')", "return struct.unpack('b', 'abc', 'x')",
		"return struct.unpack('', 'abc', 10)", "return struct.unpack(' ', 'abc', 10)",
		"return struct.unpack('', '', -5)", "return struct.unpack(' ', '', -5)", "return struct.unpack('b', 57)",
		"return struct.unpack('s', 'ab\\0cd')", "return struct.unpack('ss', 'ab\\0cd')",
		"return struct.unpack('s', 'ab')", "return struct.unpack('s', '')", "return struct.unpack('sc0', '2\\0abc')",
		"return struct.unpack('sc0', 'x\\0abc')",
		"return struct.unpack('bc0', '\\3abcd')", "return struct.unpack('bc0', '\\5abcd')",
		"return struct.unpack('bc0', '\\255abcd')", "return struct.unpack('bc0c0', '\\1123')",
		"return struct.unpack('c0', '3abc')", "return struct.unpack('dc0', struct.pack('d', 2.9) .. 'abcd')",
		"return struct.unpack('dc0', struct.pack('d', 0/0) .. 'abcd')",
		"return struct.unpack('dc0', struct.pack('d', -0.5) .. 'abcd')",
		"return struct.unpack('dc0', struct.pack('d', 2^64) .. 'abcd')", "return struct.unpack('bc0', '\\0abc')",
		"return struct.unpack('c', 'abc')", "return struct.unpack('c3', 'abc')", "return struct.unpack('c4', 'abc')",
		"return struct.unpack('!4bi', '\\1\\0\\0\\0\\5\\0\\0\\0')",
		"return struct.unpack('!4bi', '\\1\\0\\0\\0\\5\\0\\0\\0', 2)",
		"return struct.unpack('!8 i', 'abcdefghijklmnop', -3)", "return struct.unpack('?', 'abc')",
		"return struct.unpack('bq', 'abc')", "return struct.unpack('xxb', 'abc')",
		"return struct.size()", "return struct.size({})", "return struct.size('')", "return struct.size('bhild')",
		"return struct.size('!8 bhildfTBHILx')", "return struct.size('!4bib')", "return struct.size('c5s')",
		"return struct.size('bc0')",
		"return struct.size('zyQ09')", "return struct.size('?')", "return struct.size('b?')",
		"return struct.size('c2147483647c2147483647c2147483647')", "return struct.size('c2147483648')",
		"return struct.size('!3')", "return struct.size('!0')", "return struct.size('\\200')",
		"return struct.size('i33')", "return struct.size('i0')", "return struct.size('i32')",
		"return struct.size('b\\0?')", "return struct.size('!8bi0b')", "return struct.size('cs')",
		"return select('#', struct.unpack(string.rep('b', 7997), string.rep('a', 8000)))",
		"return select('#', struct.unpack(string.rep('b', 7998), string.rep('a', 8000)))",
		"return select('#', struct.unpack(string.rep('b', 7996), string.rep('a', 8000), 1))",
		"return select('#', struct.unpack(string.rep('b', 7997), string.rep('a', 8000), 1))",
		"return #struct.pack(string.rep('s', 200), unpack((function() local t = {} for i = 1, 200 do t[i] = string.rep('x', i * 100) end return t end)()))",
		"local t = {} for k, v in pairs(struct) do t[k] = type(v) end return t", "struct.x = 1",
	}
	numbers := []string{
		"0", "1", "-1", "127", "128", "255", "256", "-128", "-129", "65535", "2^31", "-2^31", "2^32", "2^53", "2^63",
		"-2^63", "2^63+2048", "2^64", "2^64-2048", "-2^64", "2^65", "1e300", "-1e300",
		"1/0", "-1/0", "0/0", "-(0/0)", "0.5", "-0.5", "1.99", "-1.99", "-0", "1e-50", "1e39", "3.4028235677973366e38",
	}
	for _, option := range "bBhHlLTiIfd" {
		for _, order := range "<>" {
			for _, n := range numbers {
				programs = append(programs, fmt.Sprintf("return struct.pack('%c%c', %s)", order, option, n))
			}
		}
	}
	bytes := `"\255\1\2\3\4\5\6\7\128\9\10\11\12\13\14\127\200\17\18\19\20\21\22\23\24\25\26\27\28\29\30\31\32"`
	for size := range 34 {
		for _, order := range []string{"<", ">", "!", "!16<", "!8>"} {
			for _, n := range []string{"1", "-1", "-2^40", "2^63", "300"} {
				programs = append(programs, fmt.Sprintf("return struct.pack('%si%db', %s, 1)", order, size, n), fmt.Sprintf("return struct.pack('b%sI%d', 1, %s)", order, size, n))
			}
			programs = append(programs, fmt.Sprintf("return struct.unpack('%si%d', %s)", order, size, bytes), fmt.Sprintf("return struct.unpack('x%sI%d', %s)", order, size, bytes),
				fmt.Sprintf("return struct.unpack('%si%d', %s, 9)", order, size, bytes), fmt.Sprintf("return struct.size('b%sI%db')", order, size))
		}
	}
	for _, option := range "bBhHlLTiIfdx" {
		for _, order := range "<>" {
			for at := range 34 {
				programs = append(programs, fmt.Sprintf("return struct.unpack('%c%c', %s, %d)", order, option, bytes, at))
			}
		}
	}
	ask := judge(t)
	for _, p := range programs {
		require.Equal(t, ask(p), run(t, p), p)
	}
}

func TestStructAny(t *testing.T) {
	ask := judge(t)
	rapid.Check(t, func(r *rapid.T) {
		format := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[bBhHlLTfdsx<> cz0?]|[iI][0-9]{0,2}|![1248]{0,2}|c[0-9]`), 0, 6).Draw(r, "format"), "")
		args := []string{sourceOf(format)}
		for range rapid.IntRange(0, 8).Draw(r, "args") {
			args = append(args, drawLua(0).Draw(r, "arg"))
		}
		data := sourceOf(string(rapid.SliceOfN(rapid.ByteRange(0, 8), 0, 60).Draw(r, "data")))
		at := rapid.IntRange(-2, 10).Draw(r, "at")
		for _, p := range []string{
			"return struct.pack(" + strings.Join(args, ",") + ")",
			fmt.Sprintf("return struct.unpack(%s,%s,%d)", args[0], data, at),
			"return struct.size(" + args[0] + ")",
		} {
			require.Equal(r, ask(p), run(t, p), p)
		}
	})
}

// FuzzStruct sees to it that unpack goes on as far as size says.
func FuzzStruct(f *testing.F) {
	f.Add("!8>bhi16dfc3x<L", strings.Repeat("\x01\xff", 50), 1)
	f.Add("bc0s", "\x03abcdef\x00", 1)
	f.Add("i33!3", "", -1)
	c, err := Compile(`local format, data, at = ...
		local sized, size = pcall(struct.size, format)
		local results = {pcall(struct.unpack, format, data, at)}
		pcall(struct.pack, format, unpack(results, 2, 200))
		return not sized or not results[1] or at ~= 1 or results[#results] == size + 1`, "user_script")
	require.NoError(f, err)
	s := newState()
	f.Fuzz(func(t *testing.T, format, data string, at int) {
		s.Begin(Limits{Memory: 1 << 28}, nil)
		v, failure := s.Call(s.Function(c), glua.LString(format), glua.LString(data), glua.LNumber(at))
		require.NoError(t, s.Stopped())
		require.Nil(t, failure)
		require.Equal(t, glua.LTrue, v)
	})
}

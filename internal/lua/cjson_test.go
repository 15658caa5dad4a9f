package lua

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	glua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"
)

// compareCJSON requires that programs do what they do on a real server. Each gets a cjson of its own, since there
// settings outlive a program.
func compareCJSON(t *testing.T, programs ...string) {
	t.Helper()
	ask := judge(t)
	for _, p := range programs {
		p = "local cjson = cjson.new() " + p
		require.Equal(t, ask(p), run(t, p), p)
	}
}

// sourceOf writes a string as Lua source.
func sourceOf(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(text) {
		if isLetter(c) || c == ' ' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\%03d`, c)
		}
	}
	return b.String() + `"`
}

func TestCJSONEncode(t *testing.T) {
	programs := []string{}
	for _, value := range []string{
		"nil", "true", "false", "cjson.null", "{}", "{{}}", "{{},{}}", `""`, `"a"`, "1", "-0", "0", "0/-1", "1e14",
		"1e15",
		"123456789012345678", "1e100", "1e-5", "0.0001", "0.1", "1/3", "-1/3", "2^53", "2^63", "5e-324",
		"1.7976931348623157e308",
		"1/0", "-1/0", "0/0", "-(0/0)", "{1/0}", "{a=0/0}", "{[1/0]=1}",
		"function() end", "{function() end}", "coroutine.create(function() end)", "cjson.encode",
		"{1,2,3}", "{1,nil,3}", "{nil,nil,3}", "{[10]=1}", "{[11]=1}", "{1,2,3,4,5,[11]=1}", "{1,2,3,4,5,6,[12]=1}",
		"{[0]=1}", "{[-1]=1}", "{[1.5]=1}", "{[1e10]=1}", "{[2^40]=1}", "{1,2,[2^40]=3}", "{[2^31]=1}",
		"{[2147483647]=1}", "{[1e300]=1}",
		"{a=1}", `{["1"]=1}`, `{["a b"]={1,2,{c="d"}}}`, "{[true]=1}", "{[{}]=1}", "{[function() end]=1}",
		"{[cjson.null]=1}",
		`{["\0\1\31\127\128\255/\\\""]="\0\1\31\127\128\255/\\\""}`, `"\b\f\n\r\t\v\a"`, `"\195\164\226\130\172"`,
		"setmetatable({1,2},{__index=function() return 3 end,__len=function() return 5 end})",
		"setmetatable({},{__tostring=function() return 'x' end})",
		"setmetatable({a=1},{__index={b=2}})", "string", "cjson", "bit", "", "1,2", "{},nil",
	} {
		programs = append(programs, "return cjson.encode("+value+")")
	}
	compareCJSON(t, programs...)
}

func TestCJSONStrings(t *testing.T) {
	programs := []string{}
	for c := range 256 {
		s := sourceOf(string([]byte{byte(c)}))
		programs = append(programs,
			"return cjson.encode("+s+")",
			"return cjson.decode('\"' .. "+s+" .. '\"')",
			"return cjson.decode('\"\\\\' .. "+s+" .. '\"')",
			"return cjson.decode("+s+")",
			"return cjson.decode('1' .. "+s+")",
			"return cjson.decode('[1' .. "+s+")",
			"return cjson.decode('\"\\\\u00e' .. "+s+" .. '\"')")
	}
	compareCJSON(t, programs...)
}

func TestCJSONDecode(t *testing.T) {
	programs := []string{}
	for _, text := range []string{
		"", " ", "{}", "[]", " { } ", "[ ]", "null", "true", "false", "nul", "nulL", "nullx", "tru", "True",
		"truefalse", "[null]", `{"a":null}`,
		"1", "-1", "0", "-0", "00", "01", "-01", "1.", ".1", "-.5", "+.5", "+1", "+", "-", "--1", "1.5.5", "1e5",
		"1E+5", "1e-5", "1e", "1e+",
		"1ee", "[1e]", "1e400", "-1e400", "1e-400", "123456789012345678901234567890", "0x10", "0X1f", "-0x10",
		"+0x10", "0x", "0xg", "[0x]",
		"0x1p4", "0x1p", "0x.8", "0x.", "0x1.8p-1", "0x1.fffffffffffff8p0", "0x123456789abcdef01234", "0b1", "1_000",
		"[1 2]", "0x1_0",
		"inf", "-inf", "+inf", "Inf", "INF", "infinity", "INFINITY", "infini", "infinityy", "-Infinity", "nan", "NaN",
		"NAN", "-nan", "+nan",
		"nan(1)", "nan()", "nan(", "nan(-)", "nan(a_Z9)", "[nan(1),2]", "in", "na", "n", "i", "I", "N", "t", "f",
		`"`, `"a`, `"a\`, `"\`, `"\u`, `"\u1`, `"\u12`, `"\u123`, `"\u1234`, `"\u1234"`, `"\u00e4"`, `"\u20AC"`,
		`"\u20ac"`, `"\u0000"`, `"\u007f\u0080\u07ff\u0800\uffff"`,
		`"\ud834\udd1e"`, `"\uD834\uDD1E"`, `"\ud834"`, `"\ud834x"`, `"\ud834\n"`, `"\ud834\u"`, `"\ud834\u0041"`,
		`"\ud834\ud834"`, `"\udd1e"`, `"\udd1e\ud834"`,
		`"\udbff\udfff"`, `"\ud800\udc00"`, `"\uDBFF\uDC00"`, `"\ue000"`, `"\ud7ff"`, `"\u12G4"`, `"\u 123"`,
		`"\u+123"`,
		`"\"\\\/\b\f\n\r\t"`, `"\a"`, `"\'"`, `"\x41"`, "\"\n\"", "\"\x00\"", "\"a\x00b\"", "1\x00", "1\x002",
		"[1\x00]", "\x00", "\x001", "1 \x00garbage",
		"[1,2,3]", "[1,,2]", "[,1]", "[1,]", "[1", "[1,", "[", "]", "[}", "[1}", "[1:2]", `["a":1]`, "[[[[]]]]",
		"[[],[[]],{}]",
		`{"a":1}`, `{"a":1,}`, `{"a":1,"b"}`, `{"a"}`, `{"a",1}`, `{a:1}`, `{1:2}`, `{"a":}`, `{"a"::1}`,
		`{"a":1 "b":2}`, `{,}`, `{"a":1]`, `{`, `}`, `{"`, `{"a`, `{"a":`, `{"a":1`, `{"a":1,`,
		`{"a":1,"a":2}`, `{"a":1,"b":{"c":[1,{"d":null}]}}`, `{"":""}`, `{"1":1}`, `{"\u0041":1,"A":2}`, `{null:1}`,
		`{[]:1}`,
		"1 2", "[] []", "{}x", "\xef\xbb\xbf[]", "'a'", "// c", "/* */1", "\v1", "\f1", "\r\n\t 1\r\n\t ",
		"\"\x80\xff\"", "@", "a",
		"4.35", "0.1", "1.7976931348623157e308", "2.2250738585072011e-308", "9007199254740993", "5e-324", "1e-325",
	} {
		programs = append(programs, "return cjson.decode("+sourceOf(text)+")",
			"cjson.decode_invalid_numbers(false) return cjson.decode("+sourceOf(text)+")",
			"return cjson.decode("+sourceOf("["+text)+")")
	}
	programs = append(programs,
		"return cjson.decode()", "return cjson.decode(nil)", "return cjson.decode('1','2')",
		"return cjson.decode({})", "return cjson.decode(12)",
		"return cjson.decode(1/0)", "return cjson.decode(true)", "return cjson.decode(cjson.null)",
		"return cjson.decode('a\\0')", "return cjson.decode('\\0\\0')",
		"return cjson.decode('null') == cjson.null", "return type(cjson.null), tostring(getmetatable(cjson.null))",
		"return cjson.decode('[null]')[1] == cjson.null",
		"return tostring(cjson.decode('-nan')), tostring(cjson.decode('nan')), tostring(cjson.decode('-0'))",
		"return #cjson.decode('[1,null,3]')", "local t = cjson.decode('[1,2,3]') t[2] = nil return t[1], t[2], t[3]")
	compareCJSON(t, programs...)
}

func TestCJSONOptions(t *testing.T) {
	programs := []string{
		"local t = {} for k, v in pairs(cjson) do t[k] = type(v) end return t, cjson._NAME, cjson._VERSION",
		"cjson.x = 1 return cjson.x, cjson.new() ~= cjson, cjson.new().null == cjson.null",
		"local c = cjson.new() c.encode_max_depth(1) return c.encode_max_depth(), cjson.encode_max_depth(), c.new().encode_max_depth()",
		"cjson.encode_sparse_array(true) return cjson.encode({[11]=1})",
		"cjson.encode_sparse_array('on') return cjson.encode({[11]=1})",
		"cjson.encode_sparse_array(true, 0) return cjson.encode({[11]=1})",
		"cjson.encode_sparse_array(false, 0) return cjson.encode({[15]=1})",
		"cjson.encode_sparse_array(false, 1) return cjson.encode({[11]=1})",
		"cjson.encode_sparse_array(false, 11) return cjson.encode({[11]=1})",
		"cjson.encode_sparse_array(false, 2, 2) return cjson.encode({[3]=1})",
		"cjson.encode_sparse_array(false, 2, 3) return cjson.encode({[3]=1})",
		"cjson.encode_sparse_array(false, 2147483647) return cjson.encode({1,2,[12]=1})",
		"cjson.encode_sparse_array(false, 1073741824) return cjson.encode({1,[20]=2})",
		"return (pcall(cjson.encode_sparse_array, true, -1)), cjson.encode_sparse_array()",
		"return cjson.encode_sparse_array(nil, 3)", "return cjson.encode_sparse_array(nil, nil, 3)",
		"cjson.encode_max_depth(2) return cjson.encode({{}})",
		"cjson.encode_max_depth(2) return cjson.encode({{{}}})",
		"cjson.encode_max_depth(2) return cjson.encode({a={b={}}})",
		"cjson.decode_max_depth(2) return cjson.decode('[[]]')",
		"cjson.decode_max_depth(2) return cjson.decode(' [{\"a\":[]}]')",
		"cjson.decode_max_depth(1) return cjson.decode('[[],1]')",
		"cjson.decode_max_depth(2) return cjson.decode('[[],[],{},[]]')",
		"cjson.encode_invalid_numbers(true) return cjson.encode({1/0,-1/0,0/0,-(0/0)})",
		"cjson.encode_invalid_numbers('null') return cjson.encode({1/0,-1/0,0/0,-(0/0)})",
		"cjson.encode_invalid_numbers('null') return cjson.encode({[1/0]=1})",
		"cjson.encode_invalid_numbers('on') return cjson.encode({[-1/0]=1})",
		"cjson.encode_keep_buffer(false) return cjson.encode({1}), cjson.encode({2})",
		"local t = {} t[1] = t return cjson.encode(t)", "local t = {} t.a = t return cjson.encode(t)",
		"local t = {} t[1] = t cjson.encode_max_depth(1e5) return cjson.encode(t)",
		"local t = {} t.a = t cjson.encode_max_depth(1e5) return cjson.encode(t)",
		"local t = {} t.a = {t} cjson.encode_max_depth(1e5) return cjson.encode(t)",
		"return cjson.decode(string.rep('[', 1000) .. string.rep(']', 1000)) ~= nil",
		"return cjson.decode(string.rep('[', 1001))",
		"cjson.decode_max_depth(1e5) return cjson.decode(string.rep('[', 1e5))",
		"cjson.decode_max_depth(1e5) return cjson.decode(string.rep('{\"a\":', 1e5))",
		"cjson.decode_max_depth(1e5) return cjson.decode(string.rep('[{\"a\":', 1e5))",
	}
	for digits := 1; digits <= 14; digits++ {
		programs = append(programs, fmt.Sprintf(
			"cjson.encode_number_precision(%d) "+
				"return cjson.encode({1/3,2/3,123456789,1e14,1e15,-0,99999,0.00001234,5e-5,1,10,1e13})", digits))
	}
	for _, option := range jsonOptions {
		for _, arg := range []string{
			"", "nil", "true", "false", "0", "1", "2", "14", "15", "-1", "1.9", "'7'", "'on'", "'off'", "'null'",
			"'On'", "''", "'x'", "{}", "1e10", "2147483648",
			"2147483647", "4294967297", "0/0", "1,2", "nil,nil", "nil,5,6", "true,5,6", "true,'5','6'", "false,-1",
			"false,1,-1", "false,1,2,3", "cjson.null", "nil,nil,nil,nil",
		} {
			programs = append(programs, fmt.Sprintf("return cjson.%s(%s)", option.name, arg),
				fmt.Sprintf("pcall(cjson.%s, %s) return cjson.%s()", option.name, arg, option.name))
		}
	}
	for i, p := range programs {
		programs[i] = strings.Replace(p, ", )", ")", 1)
	}
	compareCJSON(t, programs...)
}

// TestCJSONShared looks at the library that programs share, which they cannot change.
func TestCJSONShared(t *testing.T) {
	ask := judge(t)
	for _, p := range []string{
		"cjson.x = 1", "cjson.null = 1", "return cjson.encode(cjson)", "return cjson.encode(bit)", "return cjson.x",
		"local n = 0 for k in pairs(cjson) do n = n + 1 end return n", "return tostring(cjson.null), type(cjson.null)",
		"return cjson.new().null == cjson.null", "return cjson.encode_max_depth(), cjson.encode_sparse_array()",
		"return cjson.encode({cjson.null, {a = cjson.null}})", "return cjson.null == nil",
	} {
		require.Equal(t, ask(p), run(t, p), p)
	}
}

// drawLua draws an expression whose value has an order: no table in it has two keys outside an array.
func drawLua(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		if depth == 0 && kind > 5 {
			kind -= 5
		}
		inner := drawLua(depth - 1)
		switch kind {
		case 0:
			return rapid.SampledFrom([]string{"nil", "true", "false", "cjson.null", "{}"}).Draw(t, "word")
		case 1, 2:
			return fmt.Sprintf("%.17g", rapid.Float64().Draw(t, "number"))
		case 3:
			return fmt.Sprint(rapid.Int32().Draw(t, "integer"))
		case 4, 5:
			return sourceOf(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))
		case 6:
			return fmt.Sprintf("{[%s]=%s}", sourceOf(rapid.String().Draw(t, "key")), inner.Draw(t, "value"))
		case 7:
			return fmt.Sprintf("{[%d]=%s}", rapid.IntRange(-2, 30).Draw(t, "index"), inner.Draw(t, "value"))
		}
		return "{" + strings.Join(rapid.SliceOfN(inner, 0, 5).Draw(t, "elements"), ",") + "}"
	})
}

func TestCJSONEncodeAny(t *testing.T) {
	ask := judge(t)
	rapid.Check(t, func(r *rapid.T) {
		p := "return cjson.encode(" + drawLua(4).Draw(r, "value") + ")"
		require.Equal(r, ask(p), run(t, p), p)
	})
}

// drawJSON draws a JSON text.
func drawJSON(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kind := rapid.IntRange(0, 7).Draw(t, "kind")
		if depth == 0 {
			kind %= 4
		}
		inner := drawJSON(depth - 1)
		switch kind {
		case 0:
			return rapid.SampledFrom([]string{"null", "true", "false", "inf", "-NaN", "0x1F", "1e5", "[]", "{}"}).Draw(t, "word")
		case 1:
			return rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?`).Draw(t, "number")
		case 2, 3:
			return rapid.StringMatching(`"([a-z /{}\[\],:é]|\\["\\/bfnrtu]|\\u[0-9a-fA-F]{4}|\\u[dD][89abAB][0-9a-f]{2}\\u[dD][c-f][0-9a-f]{2}){0,6}"`).Draw(t, "string")
		case 4, 5:
			return "[" + strings.Join(rapid.SliceOfN(inner, 0, 4).Draw(t, "elements"), ", ") + "]"
		}
		pairs := rapid.SliceOfN(inner, 0, 4).Draw(t, "values")
		for i, v := range pairs {
			pairs[i] = rapid.StringMatching(`"[a-c]{0,2}"`).Draw(t, "key") + ":" + v
		}
		return "{" + strings.Join(pairs, ",") + "}"
	})
}

func TestCJSONDecodeAny(t *testing.T) {
	ask := judge(t)
	rapid.Check(t, func(r *rapid.T) {
		text := drawJSON(4).Draw(r, "text")
		for range rapid.IntRange(0, 2).Draw(r, "changes") {
			at := rapid.IntRange(0, len(text)).Draw(r, "at")
			end := min(len(text), at+rapid.IntRange(0, 2).Draw(r, "less"))
			text = text[:at] + rapid.StringMatching("[{}\\[\\],:\"\\\\u01dDtfnNiI+.eExXaA \\x00\n-]{0,2}").Draw(r, "more") + text[end:]
		}
		p := "return cjson.decode(" + sourceOf(text) + ")"
		require.Equal(r, ask(p), run(t, p), p)
	})
}

// stopped runs a program within limits, and returns why it had to end.
func stopped(t *testing.T, limits Limits, source string) error {
	t.Helper()
	c, err := Compile(source, "user_script")
	require.NoError(t, err)
	s := New()
	s.Seal()
	runtime.GC() // what is garbage now is not memory that the program gives back
	s.Begin(limits, nil)
	_, failure := s.Call(s.Function(c))
	require.NotNil(t, failure, source)
	return s.Stopped()
}

func TestCJSONLimits(t *testing.T) {
	memory, instructions := Limits{Memory: 32 << 20}, Limits{Instructions: 100_000}
	for _, source := range []string{
		"cjson.encode_sparse_array(false, 0) return cjson.encode({[2147483647]=1})",
		"local t = {string.rep('\\1', 1e5)} for i = 1, 10 do t = {t, t} end return cjson.encode(t)",
	} {
		require.ErrorIs(t, stopped(t, memory, source), ErrMemory, source)
	}
	for _, source := range []string{
		"local t = {} for i = 1, 60 do t = {t, t} end return cjson.encode(t)",
		"cjson.encode_sparse_array(false, 0) return cjson.encode({[2147483647]=1})",
		"return cjson.decode('[' .. string.rep('1,', 1e5) .. '1]')",
	} {
		require.ErrorIs(t, stopped(t, instructions, source), ErrInstructions, source)
	}
	for _, element := range []string{"1", "[1]", `{"a":1}`, `"a"`, "[]", "{}"} {
		source := "return cjson.decode('[' .. string.rep('" + element + ",', 3e6) .. '1]')"
		require.ErrorIs(t, stopped(t, memory, source), ErrMemory, source)
	}
}

// TestCJSONAnew sees to it that no program has the settings of the one before.
func TestCJSONAnew(t *testing.T) {
	s := newState()
	require.Equal(t, "true 5", evaluate(t, s, "return cjson.encode_max_depth(5)"))
	require.Equal(t, "true 5", evaluate(t, s, "return cjson.encode_max_depth()"))
	s.Begin(Limits{}, nil)
	require.Equal(t, "true 1000", evaluate(t, s, "return cjson.encode_max_depth()"))
}

func TestIsNull(t *testing.T) {
	c, err := Compile("return cjson.decode('null')", "user_script")
	require.NoError(t, err)
	s := newState()
	v, failure := s.Call(s.Function(c))
	require.Nil(t, failure)
	require.True(t, IsNull(v))
	require.False(t, IsNull(glua.LNil))
}

// FuzzCJSON sees to it that what was decoded and encoded stays the same from then on.
func FuzzCJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e3,null,true,{}],"b":"\u00e4\ud834\udd1e\n"}`, "[nan,-inf,0x1p4]", `{"":{"":[[]]}}`, "1e400"} {
		f.Add(text)
	}
	c, err := Compile(`local c = cjson.new()
		c.encode_invalid_numbers(true)
		local once = c.encode(c.decode(...))
		return once == c.encode(c.decode(once))`, "user_script")
	require.NoError(f, err)
	s := newState()
	f.Fuzz(func(t *testing.T, text string) {
		s.Begin(Limits{Memory: 1 << 28}, nil)
		v, failure := s.Call(s.Function(c), glua.LString(text))
		require.NoError(t, s.Stopped())
		if failure == nil {
			require.Equal(t, glua.LTrue, v)
		}
	})
}

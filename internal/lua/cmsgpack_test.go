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

// quote returns bytes as a literal of Lua.
func quote(b []byte) string {
	var text strings.Builder
	text.WriteByte('"')
	for _, c := range b {
		fmt.Fprintf(&text, "\\%03d", c)
	}
	text.WriteByte('"')
	return text.String()
}

func TestMsgpackFields(t *testing.T) {
	source := `local r = {} for k, v in pairs(cmsgpack) do r[k] = type(v) == 'string' and v or type(v) end return r`
	require.Equal(t, judge(t)(source), run(t, source))
}

func TestMsgpackPackNumbers(t *testing.T) {
	ask := judge(t)
	for _, x := range []string{
		"0", "-0", "1", "127", "128", "255", "256", "65535", "65536", "2^31", "2^32-1", "2^32", "2^53", "2^62", "2^63", "2^63-1024", "2^64",
		"-1", "-32", "-33", "-128", "-129", "-32768", "-32769", "-2^31", "-2^31-1", "-2^53", "-2^63", "-2^63-2048", "-2^64",
		"0.5", "-0.5", "0.1", "1/3", "1e300", "1e-300", "5e-324", "2^-149", "2^-150", "3.4028234663852886e38", "3.5e38", "1e15", "1e16+2", "16777217.5",
		"1/0", "-1/0", "0/0", "-(0/0)", "tonumber('nan')", "tonumber('-nan')",
	} {
		source := fmt.Sprintf("return cmsgpack.pack(%s)", x)
		require.Equal(t, ask(source), run(t, source), source)
	}
}

func TestMsgpackPack(t *testing.T) {
	ask := judge(t)
	for _, source := range []string{
		"return cmsgpack.pack(nil)",
		"return cmsgpack.pack(true)",
		"return cmsgpack.pack(false)",
		"return cmsgpack.pack('')",
		"return cmsgpack.pack('12')",
		"return cmsgpack.pack('a\\0b')",
		"return cmsgpack.pack(string.format)",
		"return cmsgpack.pack(function() end)",
		"return cmsgpack.pack(coroutine.create(function() end))",
		"return cmsgpack.pack(cjson.null)",
		"return cmsgpack.pack(1, nil, 'x', {}, nil)",
		"return cmsgpack.pack({})",
		"return cmsgpack.pack({1, 2, {3, {4}}})",
		"return cmsgpack.pack({1, nil, 3})",
		"return cmsgpack.pack({[1]=1, [2]=2, [3]=3})",
		"return cmsgpack.pack({[2]=1})",
		"return cmsgpack.pack({[0]=1})",
		"return cmsgpack.pack({[-1]=1})",
		"return cmsgpack.pack({[1.5]=1})",
		"return cmsgpack.pack({[1e10]=1})",
		"return cmsgpack.pack({[2^31-1]=1})",
		"return cmsgpack.pack({[1/0]=1})",
		"return cmsgpack.pack({['1']=1})",
		"return cmsgpack.pack({[true]=false})",
		"return cmsgpack.pack({[{}]={}})",
		"return cmsgpack.pack({[string.format]=string.format})",
		"local t = {1, 2, 3} t[3] = nil return cmsgpack.pack(t)",
		"local t = {1, 2, 3} t[1] = nil t[2] = nil return cmsgpack.pack(t)",
		"local t = {x=1} t.x = nil return cmsgpack.pack(t)",
		"local t = {x=1, 7} t.x = nil return cmsgpack.pack(t)",
		"return cmsgpack.pack(setmetatable({}, {__index = function() return 1 end}))",
		"return cmsgpack.pack(setmetatable({x=1}, {__index = {y=2}}))",
		"local t = {} t[1] = t return cmsgpack.pack(t)",
		"local t = {} t.x = t return cmsgpack.pack(t)",
		"local t = {} t[t] = 1 return cmsgpack.pack(t)",
		"local t = {} t[1] = t t[2] = t return #cmsgpack.pack(t)",
		"local t = {} for i = 1, 14 do t = {t} end return cmsgpack.pack(t)",
		"local t = 1 for i = 1, 16 do t = {t} end return cmsgpack.pack(t)",
		"local t = 1 for i = 1, 17 do t = {t} end return cmsgpack.pack(t)",
		"local n = 0 for _ in pairs(cmsgpack.unpack(cmsgpack.pack(string))) do n = n + 1 end return n > 10",
		"return cmsgpack.pack(_G.bit).x",
		"return cmsgpack.unpack(cmsgpack.pack({a=1, b={2, 3, c='x'}, [0.5]=true}))",
	} {
		require.Equal(t, ask(source), run(t, source), source)
	}
}

func TestMsgpackPackSizes(t *testing.T) {
	ask := judge(t)
	for _, n := range []int{0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536, 70000} {
		for _, form := range []string{
			"local p = cmsgpack.pack(string.rep('x', %d)) return #p, p:sub(1, 8)",
			"local t = {} for i = 1, %d do t[i] = 1 end local p = cmsgpack.pack(t) return #p, p:sub(1, 8)",
			"local t = {} for i = 1, %d do t[-i] = 1 end local p = cmsgpack.pack(t) return #p, p:sub(1, #p < 100 and 1 or 3)",
			"local t = {} for i = 1, %d do t[-i] = i end local u = cmsgpack.unpack(cmsgpack.pack(t)) for k, v in pairs(u) do if t[k] ~= v then return k end end",
			"local t = {} for i = 1, %d do t[i] = i end local u = cmsgpack.unpack(cmsgpack.pack(t)) for k, v in pairs(t) do if u[k] ~= v then return k end end return #u",
		} {
			source := fmt.Sprintf(form, n)
			require.Equal(t, ask(source), run(t, source), source)
		}
	}
}

func TestMsgpackUnpack(t *testing.T) {
	ask := judge(t)
	for _, input := range []string{
		"", "\x00", "\x7f", "\xe0", "\xff", "\xc0", "\xc1", "\xc2", "\xc3", "\x01\x02\x03", "\x01\xc0\xc0",
		"\xcc\xff", "\xcc", "\xcd\xff\xfe", "\xcd\xff", "\xce\xff\xff\xff\xff", "\xce\xff\xff\xff",
		"\xcf\x00\x00\x00\x01\x00\x00\x00\x00", "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", "\xcf\x80\x00\x00\x00\x00\x00\x00\x00", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "\xcf\x00",
		"\xd0\x80", "\xd0\x7f", "\xd0", "\xd1\x80\x01", "\xd1\x7f\xff", "\xd1\x80", "\xd2\x80\x00\x00\x01", "\xd2\x7f\xff\xff\xff", "\xd2\x00",
		"\xd3\x80\x00\x00\x00\x00\x00\x00\x01", "\xd3\x7f\xff\xff\xff\xff\xff\xff\xff", "\xd3\xff\xff\xff\xff\xff\xff\xff\xff", "\xd3\xff",
		"\xca\x3f\x80\x00\x00", "\xca\x7f\x80\x00\x00", "\xca\xff\xc0\x00\x00", "\xca\x7f\xa0\x00\x00", "\xca\x00\x00\x00\x01", "\xca\x80\x00\x00\x00", "\xca\x00",
		"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "\xcb\xff\xf0\x00\x00\x00\x00\x00\x00", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "\xcb\x00",
		"\xa0", "\xa3abc", "\xa3ab", "\xbf" + strings.Repeat("x", 31), "\xd9\x00", "\xd9\x03abc", "\xd9\x03ab", "\xd9", "\xda\x00\x03abc", "\xda\x00\x03", "\xda\x00", "\xdb\x00\x00\x00\x03abc", "\xdb\xff\xff\xff\xffabc", "\xdb\x00\x00",
		"\x90", "\x91", "\x91\xc0", "\x93\x01\xc0\x02", "\x93\xc0\xc0\xc0", "\x92\x01", "\xdc\x00\x00", "\xdc\x00\x02\x01\x02", "\xdc\x00", "\xdc\x00\x03\x01", "\xdd\x00\x00\x00\x01\x07", "\xdd\xff\xff\xff\xff\x07", "\xdd\x00\x00",
		"\x80", "\x81\x01\x02", "\x81\xa1x\xa1y", "\x82\x01\x02\x01\x03", "\x82\x01\x02\x01\xc0", "\x81\x01\xc0", "\x81\xc0\x01", "\x81\xc0\xc0", "\x81\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00\x01",
		"\x81\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\x01", "\x81\xca\x80\x00\x00\x00\x01", "\x81\xc2\x01", "\x81\x90\x80", "\x81\x81\x01\x02\x03", "\x82\x03\x01\x01\x01", "\x81", "\x81\x01", "\xde\x00\x01\x05\x06", "\xde\x00", "\xdf\x00\x00\x00\x01\x05\x06", "\xdf\x00\x00\x00\x02\x05\x06", "\xdf\xff\xff\xff\xff", "\xdf",
		"\x81\xcd\x27\x10\x01", "\x81\xd0\xff\x01", "\x81\xcf\x00\x00\x00\x02\x00\x00\x00\x00\x01", "\x82\x05\xc0\x06\x01",
		"\xc4\x01x", "\xc7", "\xd4\x00\x00", "\xd8", "\x01\xc1", "\x91\xc1", "\x81\x01\xc1",
	} {
		source := fmt.Sprintf("return cmsgpack.unpack(%s)", quote([]byte(input)))
		require.Equal(t, ask(source), run(t, source), source)
	}
}

func TestMsgpackUnpackArguments(t *testing.T) {
	ask := judge(t)
	for _, source := range []string{
		"return cmsgpack.unpack(12)",
		"return cmsgpack.unpack(-1.5)",
		"return cmsgpack.unpack('\\1', 2, 3)",
		"return cmsgpack.unpack_one('')",
		"return cmsgpack.unpack_one('', 0)",
		"return cmsgpack.unpack_one('\\1')",
		"return cmsgpack.unpack_one('\\1\\2')",
		"return cmsgpack.unpack_one('\\1\\2', 1)",
		"return cmsgpack.unpack_one('\\1\\2', 2)",
		"return cmsgpack.unpack_one('\\1\\2', 3)",
		"return cmsgpack.unpack_one('\\1\\2', -1)",
		"return cmsgpack.unpack_one('\\1\\2', 1.9)",
		"return cmsgpack.unpack_one('\\1\\2', '1')",
		"return cmsgpack.unpack_one('\\1\\2', nil)",
		"return cmsgpack.unpack_one('\\1\\2', 2^32)",
		"return cmsgpack.unpack_one('\\1\\2', 2^31)",
		"return cmsgpack.unpack_one('\\1\\2', 2^32+5)",
		"return cmsgpack.unpack_one('\\1\\2', -2^32-7)",
		"return cmsgpack.unpack_limit('\\1\\2', 2^32)",
		"return cmsgpack.unpack_limit('\\1\\2', 2^31, 1)",
		"return cmsgpack.unpack_limit('\\1\\2', -2^32)",
		"return cmsgpack.unpack_one('\\1\\2', 1e300)",
		"return cmsgpack.unpack_one('\\147\\1\\2\\3\\4', 0, 'ignored')",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 0)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 0, 0)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 0, 1)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 0, 3)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 2)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 2, 1)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 3)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 4)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 4, 4)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', -4)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', 1, -4)",
		"return cmsgpack.unpack_limit('\\1\\2\\3', '2', '1')",
		"return cmsgpack.unpack_limit('', 2)",
		"return cmsgpack.unpack_limit('\\1\\193', 1)",
		"return cmsgpack.unpack_limit('\\1\\193', 2)",
		"return cmsgpack.unpack_limit('\\1\\192\\192\\2', 3)",
		"local at, all, v = 0, {} repeat at, v = cmsgpack.unpack_one('\\1\\163abc\\192\\145\\2', at) all[#all+1] = tostring(type(v)) until at == -1 return all",
	} {
		require.Equal(t, ask(source), run(t, source), source)
	}
}

func TestMsgpackErrors(t *testing.T) {
	ask := judge(t)
	for _, source := range []string{
		"return cmsgpack.pack()",
		"return cmsgpack.unpack()",
		"return cmsgpack.unpack(nil)",
		"return cmsgpack.unpack({})",
		"return cmsgpack.unpack(true)",
		"return cmsgpack.unpack_one()",
		"return cmsgpack.unpack_one(nil, -1)",
		"return cmsgpack.unpack_one('x', 'y')",
		"return cmsgpack.unpack_one({}, 'y')",
		"return cmsgpack.unpack_limit()",
		"return cmsgpack.unpack_limit('x')",
		"return cmsgpack.unpack_limit('x', nil)",
		"return cmsgpack.unpack_limit('x', 'y', 'z')",
		"return cmsgpack.unpack_limit('x', 1, 'z')",
		"return cmsgpack.unpack_limit({}, 1, 1)",
		"cmsgpack.pack = nil",
		"return cmsgpack.safe",
	} {
		require.Equal(t, ask(source), run(t, source), source)
	}
}

// TestMsgpackStack is at the edges of Lua's stack, where the original gives up.
func TestMsgpackStack(t *testing.T) {
	ask := judge(t)
	var sources []string
	for n := 7995; n <= 8002; n++ {
		sources = append(sources,
			fmt.Sprintf("return select('#', cmsgpack.unpack(string.rep('\\1', %d)))", n),
			fmt.Sprintf("return select('#', cmsgpack.unpack(string.rep('\\1', %d), 1, 2))", n),
			fmt.Sprintf("return select('#', cmsgpack.unpack_limit(string.rep('\\1', 9000), %d))", n),
			fmt.Sprintf("return select('#', cmsgpack.unpack(string.rep('\\1', %d) .. '\\145\\1'))", n-4),
			fmt.Sprintf("return select('#', cmsgpack.unpack(string.rep('\\1', %d) .. '\\129\\1\\1'))", n-4),
			fmt.Sprintf("return type(cmsgpack.unpack(string.rep('\\129', %d) .. '\\1' .. string.rep('\\1', %d)))", n, n),
		)
	}
	for n := 3995; n <= 4002; n++ {
		sources = append(sources,
			fmt.Sprintf("local t = {} for i = 1, %d do t[i] = 1 end return #cmsgpack.pack(unpack(t))", n),
			fmt.Sprintf("local t = {} for i = 1, %d do t[i] = {1} end return #cmsgpack.pack(unpack(t))", n),
			fmt.Sprintf("local t = {} for i = 1, %d do t[i] = {{{{1}}}} end return #cmsgpack.pack(unpack(t))", n),
			fmt.Sprintf("local t = {} for i = 1, %d do t[i] = {x = 1} end return #cmsgpack.pack(unpack(t))", n),
			fmt.Sprintf("local t = {} for i = 1, %d do t[i] = {x = {x = 1}} end return #cmsgpack.pack(unpack(t))", n),
			fmt.Sprintf("local t = {} for i = 1, %d do t[i] = {[{1}] = {1}} end return #cmsgpack.pack(unpack(t))", n),
			fmt.Sprintf("return type(cmsgpack.unpack(string.rep('\\145', %d) .. '\\1'))", n),
			fmt.Sprintf("return type(cmsgpack.unpack(string.rep('\\145', %d) .. '\\144'))", n),
			fmt.Sprintf("return type(cmsgpack.unpack(string.rep('\\129\\1', %d) .. '\\1'))", n),
		)
	}
	for _, source := range sources {
		require.Equal(t, ask(source), run(t, source), source)
	}
}

// drawValue draws a value as an expression, without maps of more than one pair: their order differs.
func drawValue(r *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 9).Draw(r, "kind")
	if depth > 2 {
		kind %= 7
	}
	switch kind {
	case 7:
		return fmt.Sprintf("{[%s]=%s}", drawScalar(r, rapid.IntRange(1, 6).Draw(r, "key")), drawValue(r, depth+1))
	case 8, 9:
		list := make([]string, rapid.IntRange(0, 5).Draw(r, "size"))
		for i := range list {
			list[i] = drawValue(r, depth+1)
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	return drawScalar(r, kind)
}

func drawScalar(r *rapid.T, kind int) string {
	switch kind {
	case 0:
		return rapid.SampledFrom([]string{"nil", "true", "false"}).Draw(r, "constant")
	case 1:
		// As a key, a large number makes gopher-lua's array as large. From 1<<26 on it does no longer.
		return fmt.Sprint(rapid.Int64().Filter(func(n int64) bool { return n < 1000 || n >= 1<<26 }).Draw(r, "integer"))
	case 2:
		return fmt.Sprint(rapid.Int16().Draw(r, "integer"))
	case 3:
		return fmt.Sprintf("%.17g", float64(rapid.Float32().Draw(r, "float"))+0.5)
	case 4:
		return fmt.Sprintf("%.17g", rapid.Float64().Draw(r, "double"))
	}
	return quote(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(r, "string"))
}

func TestMsgpackPackRandom(t *testing.T) {
	ask := judge(t)
	rapid.Check(t, func(r *rapid.T) {
		source := fmt.Sprintf("local p = cmsgpack.pack(%s, %s) return p, cmsgpack.unpack(p)", drawValue(r, 0), drawValue(r, 0))
		require.Equal(r, ask(source), run(t, source), source)
	})
}

func TestMsgpackUnpackRandom(t *testing.T) {
	ask := judge(t)
	marks := rapid.OneOf(
		rapid.SampledFrom([]byte("\x01\x7f\x81\x82\x83\x91\x92\x93\xa1\xa2\xc0\xc2\xc3\xcc\xd0\xd9\xe0\xff")),
		rapid.ByteRange(0xc2, 0xdf), rapid.ByteRange(0, 4), rapid.Byte(),
	)
	rapid.Check(t, func(r *rapid.T) {
		input := quote(rapid.SliceOfN(marks, 0, 40).Draw(r, "input"))
		limit, offset := rapid.IntRange(-1, 5).Draw(r, "limit"), rapid.IntRange(-1, 10).Draw(r, "offset")
		for _, source := range []string{
			fmt.Sprintf("return cmsgpack.unpack(%s)", input),
			fmt.Sprintf("return cmsgpack.unpack_limit(%s, %d, %d)", input, limit, offset),
			fmt.Sprintf("return cmsgpack.unpack_one(%s, %d)", input, offset),
		} {
			s := newState()
			s.Begin(Limits{Memory: 64 << 20}, nil)
			got := evaluate(t, s, source)
			if s.Stopped() != nil {
				continue // a large key, see reserve
			}
			require.Equal(r, ask(source), got, source)
		}
	})
}

// TestMsgpackLimits checks that what an argument asks for is not got where there is no room or time for it.
func TestMsgpackLimits(t *testing.T) {
	for _, c := range []struct {
		source string
		want   error
	}{
		{"local t = {} for i = 1, 10 do t[i] = t end return cmsgpack.pack(t)", ErrInstructions},
		{"local t = {} for i = -10, -1 do t[i] = t end return cmsgpack.pack(t)", ErrInstructions},
		{"local x = string.rep('x', 2^20) local t = {x, x, x, x, x, x, x, x} t = {t, t, t, t, t, t, t, t} t = {t, t, t, t, t, t, t, t} return #cmsgpack.pack(t)", ErrMemory},
		{`return cmsgpack.unpack("\129\206\003\255\255\254\1")`, nil}, // a key of 2^26
		{`return pcall(cmsgpack.unpack, "\129\206\003\255\255\254\1")`, nil},
		{`return type(cmsgpack.unpack("\221\0\16\0\0" .. string.rep("\144", 2^20)))`, ErrMemory},
		{`return type(cmsgpack.unpack("\221\127\255\255\255\1"))`, nil},
		{`return #cmsgpack.pack(cmsgpack.unpack("\221\0\1\0\0" .. string.rep("\1", 2^16)))`, nil},
	} {
		s := newState()
		runtime.GC() // what it frees later would count as room
		s.Begin(Limits{Instructions: 2_000_000, Memory: 64 << 20}, nil)
		evaluate(t, s, c.source)
		require.Equal(t, c.want, s.Stopped(), c.source)
	}
}

func FuzzMsgpackUnpack(f *testing.F) {
	f.Add("\x93\x01\xa1x\x81\x01\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", 0, 0)
	f.Add("\xdf\xff\xff\xff\xff\xce\x00\x01\x00\x00\xc0", 1, 0)
	f.Add("\xdd\xff\xff\xff\xff\x91\x91\x91", 3, 1)
	f.Add("\xd9\xff\xc1", 2, 1)
	s := newState()
	lib := s.behind(s.Globals().RawGetString("cmsgpack").(*glua.LTable))
	call := func(name string, args ...glua.LValue) (glua.LValue, bool) {
		v, failure := s.Call(lib.RawGetString(name).(*glua.LFunction), args...)
		return v, failure == nil
	}
	f.Fuzz(func(t *testing.T, input string, limit, offset int) {
		s.Begin(Limits{Instructions: 1_000_000, Memory: 64 << 20}, nil)
		call("unpack_limit", glua.LString(input), glua.LNumber(limit), glua.LNumber(offset))
		// What is lost or moves when a value is packed does so the first time: what is too deep, and holes.
		var packed [3]glua.LValue
		packed[0] = glua.LString(input)
		for i := range packed {
			v, ok := call("unpack", packed[max(i-1, 0)])
			if !ok {
				return
			}
			if packed[i], ok = call("pack", v); !ok {
				return
			}
		}
		require.Equal(t, packed[1], packed[2])
	})
}

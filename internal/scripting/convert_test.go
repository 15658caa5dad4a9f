package scripting

import (
	"testing"

	"github.com/stretchr/testify/require"
	glua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/lua"
	"github.com/nookdb/nook/internal/resp"
)

// encoded returns a value as a reply. script is the version of the protocol that the script has chosen.
func encoded(s *lua.State, v glua.LValue, proto, script int) string {
	s.Begin(lua.Limits{}, nil)
	out := resp.NewBuffer()
	out.SetProto(proto)
	e := encoder{state: s, out: out, proto: script}
	e.value(v, 1)
	return string(out.Bytes())
}

// TestConversions lists replies, what scripts see of them, and what becomes of that when they return it. What is expected is what
// a real server gave.
func TestConversions(t *testing.T) {
	s := lua.New()
	for _, x := range []struct{ reply, back2, back3 string }{
		{":5\r\n", ":5\r\n", ":5\r\n"},
		{":-9007199254740993\r\n", ":-9007199254740992\r\n", ":-9007199254740992\r\n"},
		{"$3\r\na\x00b\r\n", "$3\r\na\x00b\r\n", "$3\r\na\x00b\r\n"},
		{"$0\r\n\r\n", "$0\r\n\r\n", "$0\r\n\r\n"},
		{"$-1\r\n", "$-1\r\n", "_\r\n"},
		{"*-1\r\n", "$-1\r\n", "_\r\n"},
		{"_\r\n", "$-1\r\n", "_\r\n"},
		{"+OK\r\n", "+OK\r\n", "+OK\r\n"},
		{"-ERR x y\r\n", "-ERR x y\r\n", "-ERR x y\r\n"},
		{"*0\r\n", "*0\r\n", "*0\r\n"},
		{"*3\r\n:1\r\n*1\r\n+a\r\n$1\r\nb\r\n", "*3\r\n:1\r\n*1\r\n+a\r\n$1\r\nb\r\n", "*3\r\n:1\r\n*1\r\n+a\r\n$1\r\nb\r\n"},
		{"*3\r\n:1\r\n_\r\n:2\r\n", "*1\r\n:1\r\n", "*1\r\n:1\r\n"},
		{"*3\r\n:1\r\n$-1\r\n:2\r\n", "*3\r\n:1\r\n$-1\r\n:2\r\n", "*3\r\n:1\r\n_\r\n:2\r\n"},
		{"#t\r\n", ":1\r\n", ":1\r\n"},
		{"#f\r\n", "$-1\r\n", "_\r\n"},
		{",1.5\r\n", "$3\r\n1.5\r\n", ",1.5\r\n"},
		{",inf\r\n", "$3\r\ninf\r\n", ",inf\r\n"},
		{"(123\r\n", "$3\r\n123\r\n", "(123\r\n"},
		{"=7\r\ntxt:abc\r\n", "$3\r\nabc\r\n", "=7\r\ntxt:abc\r\n"},
		{"%1\r\n+k\r\n:1\r\n", "*2\r\n+k\r\n:1\r\n", "%1\r\n+k\r\n:1\r\n"},
		{"~1\r\n$1\r\na\r\n", "*1\r\n$1\r\na\r\n", "~1\r\n$1\r\na\r\n"},
	} {
		d := decoder{s, []byte(x.reply)}
		v := d.value()
		require.Empty(t, d.rest, x.reply)
		require.Equal(t, x.back2, encoded(s, v, 2, 2), x.reply)
		require.Equal(t, x.back3, encoded(s, v, 3, 2), x.reply)
	}
	require.Equal(t, "#t\r\n", encoded(s, glua.LTrue, 3, 3))
	require.Equal(t, "#f\r\n", encoded(s, glua.LFalse, 3, 3))
	require.Equal(t, ":3\r\n", encoded(s, glua.LNumber(3.99), 2, 2))
	require.Equal(t, ":-3\r\n", encoded(s, glua.LNumber(-3.99), 2, 2))
	require.Equal(t, "$-1\r\n", encoded(s, glua.LNil, 2, 2))
	require.Equal(t, "$-1\r\n", encoded(s, s.L.NewFunction(nil), 2, 2))
}

// Lists of strings and integers within each other come back as they were.
func TestListsComeBack(t *testing.T) {
	s := lua.New()
	rapid.Check(t, func(t *rapid.T) {
		out := resp.NewBuffer()
		writeRandom(t, out, 0)
		d := decoder{s, append([]byte(nil), out.Bytes()...)}
		v := d.value()
		require.Empty(t, d.rest)
		require.Equal(t, string(out.Bytes()), encoded(s, v, 2, 2))
	})
}

func writeRandom(t *rapid.T, out *resp.Writer, depth int) {
	switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
	case kind == 0:
		out.Int(rapid.Int64Range(-1<<53, 1<<53).Draw(t, "integer"))
	case kind == 1:
		out.Null()
	case kind == 2 || depth > 5:
		out.Bulk(rapid.String().Draw(t, "text"))
	default:
		n := rapid.IntRange(0, 5).Draw(t, "length")
		out.Array(n)
		for range n {
			writeRandom(t, out, depth+1)
		}
	}
}

// FuzzReply has scripts see all kinds of replies, in either version of the protocol, and return them.
func FuzzReply(f *testing.F) {
	f.Add([]byte{8, 2, 9, 1, 0, 10, 1, 3, 4, 5, 6, 7, 1})
	f.Add([]byte{9, 2, 2, 9, 1, 1, 2, 10, 2, 1, 1})
	s := lua.New()
	f.Fuzz(func(t *testing.T, kinds []byte) {
		for proto := 2; proto <= 3; proto++ {
			out := resp.NewBuffer()
			out.SetProto(proto)
			rest := writeKinds(out, kinds, 0)
			d := decoder{s, append([]byte(nil), out.Bytes()...)}
			v := d.value()
			require.Empty(t, d.rest)
			for _, answer := range []int{2, 3} {
				require.NotEmpty(t, encoded(s, v, answer, proto))
			}
			require.LessOrEqual(t, len(rest), len(kinds))
		}
	})
}

// writeKinds writes a reply of the kinds given, and returns those that it does not need.
func writeKinds(out *resp.Writer, kinds []byte, depth int) []byte {
	if len(kinds) == 0 {
		out.Null()
		return nil
	}
	kind, rest := kinds[0]%11, kinds[1:]
	if kind < 8 || depth > 20 || len(rest) == 0 {
		writeKind(out, kind%8)
		return rest
	}
	n := int(rest[0] % 8)
	rest = rest[1:]
	switch kind {
	case 8:
		out.Array(n)
	case 9:
		out.Map(n)
		n *= 2
	case 10:
		out.Set(n)
	}
	for range n {
		rest = writeKinds(out, rest, depth+1)
	}
	return rest
}

func writeKind(out *resp.Writer, kind byte) {
	switch kind {
	case 0:
		out.Null()
	case 1:
		out.Int(-7)
	case 2:
		out.Bulk("a\r\nb")
	case 3:
		out.Simple("OK")
	case 4:
		out.Error("ERR x")
	case 5:
		out.Bool(true)
	case 6:
		out.Double(1.5)
	case 7:
		out.Verbatim("txt", "text")
	}
}

package resp

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What redis-server 7.0.15 writes for each type (DEBUG PROTOCOL, EVAL).
func TestWriter(t *testing.T) {
	for _, c := range []struct {
		name         string
		write        func(w *Writer)
		resp2, resp3 string // resp3 "": as RESP2
	}{
		{"ok", (*Writer).OK, "+OK\r\n", ""},
		{"simple", func(w *Writer) { w.Simple("PONG") }, "+PONG\r\n", ""},
		{"simple, lines", func(w *Writer) { w.Simple("a\r\nb\n") }, "+a  b \r\n", ""},
		{"error", func(w *Writer) { w.Error("ERR syntax error") }, "-ERR syntax error\r\n", ""},
		{"error, lines", func(w *Writer) { w.Error("ERR a\r\nb\r\n\n") }, "-ERR a  b\r\n", ""},
		{"int", func(w *Writer) { w.Int(12345) }, ":12345\r\n", ""},
		{"least int", func(w *Writer) { w.Int(math.MinInt64) }, ":-9223372036854775808\r\n", ""},
		{"bulk", func(w *Writer) { w.Bulk("Hello World") }, "$11\r\nHello World\r\n", ""},
		{"bulk, empty", func(w *Writer) { w.Bulk("") }, "$0\r\n\r\n", ""},
		{"bulk, lines", func(w *Writer) { w.Bulk("\r\n\x00") }, "$3\r\n\r\n\x00\r\n", ""},
		{"bulk bytes", func(w *Writer) { w.BulkBytes([]byte("ab")) }, "$2\r\nab\r\n", ""},
		{"null", (*Writer).Null, "$-1\r\n", "_\r\n"},
		{"null array", (*Writer).NullArray, "*-1\r\n", "_\r\n"},
		{"array", func(w *Writer) { w.Array(3) }, "*3\r\n", ""},
		{"map", func(w *Writer) { w.Map(3) }, "*6\r\n", "%3\r\n"},
		{"set", func(w *Writer) { w.Set(3) }, "*3\r\n", "~3\r\n"},
		{"push", func(w *Writer) { w.Push(2) }, "*2\r\n", ">2\r\n"},
		{"double", func(w *Writer) { w.Double(3.141) }, "$5\r\n3.141\r\n", ",3.141\r\n"},
		{"double, 17 digits", func(w *Writer) { w.Double(3.14) }, "$18\r\n3.1400000000000001\r\n", ",3.1400000000000001\r\n"},
		{"double, integer", func(w *Writer) { w.Double(10) }, "$2\r\n10\r\n", ",10\r\n"},
		{"double, -0", func(w *Writer) { w.Double(math.Copysign(0, -1)) }, "$2\r\n-0\r\n", ",-0\r\n"},
		{"double, inf", func(w *Writer) { w.Double(math.Inf(1)) }, "$3\r\ninf\r\n", ",inf\r\n"},
		{"double, -inf", func(w *Writer) { w.Double(math.Inf(-1)) }, "$4\r\n-inf\r\n", ",-inf\r\n"},
		{"double, nan", func(w *Writer) { w.Double(math.NaN()) }, "$3\r\nnan\r\n", ",nan\r\n"},
		{"double, longest", func(w *Writer) { w.Double(-math.SmallestNonzeroFloat64) },
			"$24\r\n-4.9406564584124654e-324\r\n", ",-4.9406564584124654e-324\r\n"},
		{"double, no exponent yet", func(w *Writer) { w.Double(1e16) }, "$17\r\n10000000000000000\r\n", ",10000000000000000\r\n"},
		{"double, exponent", func(w *Writer) { w.Double(1e17) }, "$5\r\n1e+17\r\n", ",1e+17\r\n"},
		{"decimal", func(w *Writer) { w.Decimal("13.36138933897018433") }, "$20\r\n13.36138933897018433\r\n", ",13.36138933897018433\r\n"},
		{"true", func(w *Writer) { w.Bool(true) }, ":1\r\n", "#t\r\n"},
		{"false", func(w *Writer) { w.Bool(false) }, ":0\r\n", "#f\r\n"},
		{"big number", func(w *Writer) { w.BigNumber("1234567999999999999999999999999999999") },
			"$37\r\n1234567999999999999999999999999999999\r\n", "(1234567999999999999999999999999999999\r\n"},
		{"verbatim", func(w *Writer) { w.Verbatim("txt", "a\nb") }, "$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n"},
		{"verbatim, long format", func(w *Writer) { w.Verbatim("txtx", "a") }, "$1\r\na\r\n", "=5\r\ntxt:a\r\n"},
		{"verbatim, short format", func(w *Writer) { w.Verbatim("t", "a") }, "$1\r\na\r\n", "=5\r\nt  :a\r\n"},
		{"raw", func(w *Writer) { w.Raw([]byte(":1\r\n")) }, ":1\r\n", ""},
	} {
		w := NewBuffer()
		c.write(w)
		require.Equal(t, c.resp2, string(w.Bytes()), "RESP2 %s", c.name)
		w.Reset(nil)
		w.SetProto(3)
		c.write(w)
		want := c.resp3
		if want == "" {
			want = c.resp2
		}
		require.Equal(t, want, string(w.Bytes()), "RESP3 %s", c.name)
		require.Equal(t, len(want), w.Buffered())
	}
}

func TestAppendVerbatim(t *testing.T) {
	require.Equal(t, "x=5\r\ntxt:a\r\n", string(AppendVerbatim([]byte("x"), 3, "txt", "a")))
	require.Equal(t, "x$1\r\na\r\n", string(AppendVerbatim([]byte("x"), 2, "txt", "a")))
}

func TestWriterAttribute(t *testing.T) {
	w := NewBuffer()
	require.False(t, w.Attribute(1))
	require.Empty(t, w.Bytes())
	w.SetProto(3)
	require.True(t, w.Attribute(1))
	require.Equal(t, "|1\r\n", string(w.Bytes()))
}

func TestWriterProto(t *testing.T) {
	w := NewBuffer()
	require.Equal(t, 2, w.Proto())
	for version, want := range map[int]int{3: 3, 2: 2, 0: 2, 4: 2} {
		w.SetProto(version)
		require.Equal(t, want, w.Proto())
	}
	w.SetProto(3)
	w.OK()
	w.Reset(nil)
	require.Equal(t, 2, w.Proto())
	require.Empty(t, w.Bytes())
	require.NoError(t, w.Flush())
}

// writeReply writes r with the methods of w.
func writeReply(w *Writer, r Reply) {
	if len(r.Attrs) > 0 && w.Attribute(len(r.Attrs)/2) {
		writeReplies(w, r.Attrs)
	}
	switch r.Kind {
	case KindSimple:
		w.Simple(r.Str)
	case KindError:
		w.Error(r.Str)
	case KindInt:
		w.Int(r.Int)
	case KindNull:
		w.Null()
	case KindBool:
		w.Bool(r.Int != 0)
	case KindDouble:
		w.Double(r.Float)
	case KindBigNumber:
		w.BigNumber(r.Str)
	case KindVerbatim:
		w.Verbatim(r.Format, r.Str)
	case KindBulk:
		w.Bulk(r.Str)
	case KindArray:
		w.Array(len(r.Elems))
	case KindMap:
		w.Map(len(r.Elems) / 2)
	case KindSet:
		w.Set(len(r.Elems))
	case KindPush:
		w.Push(len(r.Elems))
	}
	writeReplies(w, r.Elems)
}

func writeReplies(w *Writer, list []Reply) {
	for _, v := range list {
		writeReply(w, v)
	}
}

func TestWriterNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyReply("+-:_#,(=$*%~>", 3).Draw(t, "reply")
		proto := rapid.IntRange(2, 3).Draw(t, "proto")
		w := NewBuffer()
		w.SetProto(proto)
		writeReply(w, r)
		require.Equal(t, naiveReply(r, proto), string(w.Bytes()))
	})
}

// A gauge keeps what is written and the longest single write.
type gauge struct {
	bytes.Buffer
	most int
}

func (g *gauge) Write(p []byte) (int, error) {
	g.most = max(g.most, len(p))
	return g.Buffer.Write(p)
}

// Replies of any size pass through a bounded buffer, whole and in order.
func TestWriterSpills(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var dst gauge
		w, plain := NewWriter(&dst), NewBuffer()
		w.SetProto(3)
		plain.SetProto(3)
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 5, 1000, 30000, 65530, 65536, 65537, 200000}), 1, 12).Draw(t, "sizes")
		for i, n := range sizes {
			s := strings.Repeat(string(rune('a'+i)), n)
			for _, w := range []*Writer{w, plain} {
				switch i % 5 {
				case 0:
					w.Bulk(s)
				case 1:
					w.BulkBytes([]byte(s))
				case 2:
					w.Verbatim("txt", s)
				case 3:
					w.Raw([]byte(s))
				case 4:
					w.Simple(s)
				}
			}
			require.Less(t, w.Buffered(), spillSize)
		}
		require.NoError(t, w.Flush())
		require.Zero(t, w.Buffered())
		require.True(t, bytes.Equal(plain.Bytes(), dst.Bytes()))
		require.LessOrEqual(t, dst.most, spillSize+200010)
	})
}

func TestWriterBounded(t *testing.T) {
	var dst gauge
	w := NewWriter(&dst)
	w.Array(1000000)
	for range 1000000 {
		w.Bulk("member")
	}
	w.Bulk(strings.Repeat("x", 10<<20))
	require.NoError(t, w.Flush())
	require.LessOrEqual(t, dst.most, spillSize+100)
	require.LessOrEqual(t, cap(w.buf), 2*spillSize)
}

// A failing writer takes n bytes, then none; a short one does not say so.
type failing struct {
	n     int
	err   error
	calls int
}

func (f *failing) Write(p []byte) (int, error) {
	f.calls++
	n := min(f.n, len(p))
	f.n -= n
	if n < len(p) {
		return n, f.err
	}
	return n, nil
}

func TestWriterErrors(t *testing.T) {
	broken := errors.New("broken")
	for err, want := range map[error]error{broken: broken, nil: io.ErrShortWrite} {
		dst := &failing{n: spillSize + 10, err: err}
		w := NewWriter(dst)
		w.OK()
		require.NoError(t, w.Flush())
		w.Bulk(strings.Repeat("x", 1<<20))
		calls := dst.calls
		w.Bulk(strings.Repeat("x", 1<<20))
		w.OK()
		require.Equal(t, want, w.Flush())
		require.Equal(t, want, w.Flush())
		require.Equal(t, calls, dst.calls, "nothing is written after an error")
		require.Zero(t, w.Buffered())

		var next bytes.Buffer
		w.Reset(&next)
		w.OK()
		require.NoError(t, w.Flush())
		require.Equal(t, "+OK\r\n", next.String())
	}
}

func TestFlushOfNothing(t *testing.T) {
	dst := &failing{}
	require.NoError(t, NewWriter(dst).Flush())
	require.Zero(t, dst.calls)
}

func TestWriterAllocs(t *testing.T) {
	value, long := []byte("value"), strings.Repeat("x", 200000)
	for _, proto := range []int{2, 3} {
		w := NewWriter(io.Discard)
		all := func() {
			w.SetProto(proto)
			w.OK()
			w.Simple("PONG")
			w.Error("ERR syntax error\r\n")
			w.Int(math.MinInt64)
			w.Bulk("value")
			w.Bulk(long)
			w.BulkBytes(value)
			w.Null()
			w.NullArray()
			w.Array(1000)
			w.Map(1000)
			w.Set(1000)
			w.Push(1000)
			w.Attribute(1000)
			w.Double(3.14)
			w.Double(-5e-324)
			w.Decimal("1.5")
			w.Bool(true)
			w.BigNumber("123")
			w.Verbatim("txt", "text")
			w.Raw(value)
			_ = w.Flush()
		}
		all()
		require.Zero(t, testing.AllocsPerRun(1000, all))
	}
}

func benchmarkWrite(b *testing.B, write func(w *Writer)) {
	w := NewWriter(io.Discard)
	b.ReportAllocs()
	for b.Loop() {
		write(w)
	}
}

func BenchmarkWriteBulk(b *testing.B) {
	benchmarkWrite(b, func(w *Writer) { w.Bulk("a value of thirty-two characters") })
}

func BenchmarkWriteBulk100K(b *testing.B) {
	s := strings.Repeat("x", 100<<10)
	benchmarkWrite(b, func(w *Writer) { w.Bulk(s) })
}

func BenchmarkWriteInt(b *testing.B) {
	benchmarkWrite(b, func(w *Writer) { w.Int(1234567) })
}

func BenchmarkWriteDouble(b *testing.B) {
	benchmarkWrite(b, func(w *Writer) { w.Double(3.14) })
}

func BenchmarkWriteDoubleInteger(b *testing.B) {
	benchmarkWrite(b, func(w *Writer) { w.Double(42) })
}

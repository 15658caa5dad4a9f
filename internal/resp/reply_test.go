package resp

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func decode(in string) (Reply, error) {
	return ReadReply(bufio.NewReader(strings.NewReader(in)))
}

func bulk(s string) Reply { return Reply{Kind: KindBulk, Str: s} }

func TestReadReply(t *testing.T) {
	for in, want := range map[string]Reply{
		"+OK\r\n":            {Kind: '+', Str: "OK"},
		"+\r\n":              {Kind: '+'},
		"-ERR a b\r\n":       {Kind: '-', Str: "ERR a b"},
		":-42\r\n":           {Kind: ':', Int: -42},
		"$5\r\na\r\nb!\r\n":  {Kind: '$', Str: "a\r\nb!"},
		"$0\r\n\r\n":         {Kind: '$'},
		"$-1\r\n":            {Kind: '$', Null: true},
		"*-1\r\n":            {Kind: '*', Null: true},
		"_\r\n":              {Kind: '_', Null: true},
		"*0\r\n":             {Kind: '*'},
		"#t\r\n":             {Kind: '#', Int: 1},
		"#f\r\n":             {Kind: '#'},
		",3.25\r\n":          {Kind: ',', Str: "3.25", Float: 3.25},
		",1e+17\r\n":         {Kind: ',', Str: "1e+17", Float: 1e17},
		",inf\r\n":           {Kind: ',', Str: "inf", Float: math.Inf(1)},
		",-inf\r\n":          {Kind: ',', Str: "-inf", Float: math.Inf(-1)},
		"(-123\r\n":          {Kind: '(', Str: "-123"},
		"!7\r\nERR a\nb\r\n": {Kind: '!', Str: "ERR a\nb"},
		"=7\r\ntxt:a\nb\r\n": {Kind: '=', Format: "txt", Str: "a\nb"},
		"=4\r\nmkd:\r\n":     {Kind: '=', Format: "mkd"},
		"*2\r\n:1\r\n*1\r\n$1\r\na\r\n": {Kind: '*', Elems: []Reply{
			{Kind: ':', Int: 1}, {Kind: '*', Elems: []Reply{bulk("a")}}}},
		"%1\r\n$1\r\na\r\n:1\r\n": {Kind: '%', Elems: []Reply{bulk("a"), {Kind: ':', Int: 1}}},
		"~1\r\n$1\r\na\r\n":       {Kind: '~', Elems: []Reply{bulk("a")}},
		">1\r\n$1\r\na\r\n":       {Kind: '>', Elems: []Reply{bulk("a")}},
		"|1\r\n$1\r\na\r\n:1\r\n+OK\r\n": {Kind: '+', Str: "OK", Attrs: []Reply{
			bulk("a"), {Kind: ':', Int: 1}}},
		"|1\r\n:1\r\n:2\r\n|1\r\n:3\r\n:4\r\n_\r\n": {Kind: '_', Null: true, Attrs: []Reply{
			{Kind: ':', Int: 1}, {Kind: ':', Int: 2}, {Kind: ':', Int: 3}, {Kind: ':', Int: 4}}},
		"*1\r\n|1\r\n:1\r\n:2\r\n:3\r\n": {Kind: '*', Elems: []Reply{
			{Kind: ':', Int: 3, Attrs: []Reply{{Kind: ':', Int: 1}, {Kind: ':', Int: 2}}}}},
	} {
		got, err := decode(in)
		require.NoError(t, err, "%q", in)
		require.Equal(t, want, got, "%q", in)
		for i := range in {
			_, err := decode(in[:i])
			if i == 0 {
				require.Equal(t, io.EOF, err)
			} else {
				require.Equal(t, io.ErrUnexpectedEOF, err, "%q", in[:i])
			}
		}
	}
	for _, in := range []string{",nan\r\n", ",-nan\r\n"} {
		got, err := decode(in)
		require.NoError(t, err)
		require.True(t, math.IsNaN(got.Float))
		require.True(t, got.Equal(got))
	}
}

func TestReadReplyMalformed(t *testing.T) {
	for _, in := range []string{
		"\r\n", "x\r\n", "OK\r\n", "\x00\r\n",
		"+OK\n", "+a\rb\r\n", "+a\r\r\n",
		":\r\n", ":+1\r\n", ":01\r\n", ":1.5\r\n", ":9223372036854775808\r\n",
		"$\r\n", "$-2\r\n", "$x\r\n", "$536870913\r\n", "$1\r\nab\r\n", "$1\r\nabc", "$2\r\na\r\n\r\n",
		"*-2\r\n", "*x\r\n", "*4194305\r\n", "%-1\r\n", "~-1\r\n", ">-1\r\n", "|-1\r\n", "!-1\r\n", "=-1\r\n",
		"_x\r\n", "#\r\n", "#x\r\n", "#tt\r\n",
		",\r\n", ",x\r\n", ",0x1p-2\r\n", ",1_0\r\n", ",Infinity\r\n", ",NaN\r\n", ",1e999\r\n", ",1.2.3\r\n",
		"(\r\n", "(-\r\n", "(1x\r\n", "(1.5\r\n", "=3\r\ntxt\r\n", "=5\r\ntext:\r\n",
		"*1\r\n?\r\n", "|1\r\n:1\r\n?\r\n:1\r\n",
		"+" + strings.Repeat("x", maxReplyLine) + "\r\n",
		strings.Repeat("*1\r\n", maxReplyDepth+2), strings.Repeat("|0\r\n", maxReplyDepth+2),
		strings.Repeat("|1\r\n", maxReplyDepth+2),
	} {
		_, err := decode(in)
		require.ErrorIs(t, err, ErrReply, "%.40q", in)
	}
}

func TestReadReplyTooManyValues(t *testing.T) {
	d := replyDecoder{r: bufio.NewReader(strings.NewReader(":1\r\n:1\r\n")), nodes: maxReplyNodes - 1}
	_, err := d.value(0)
	require.NoError(t, err)
	_, err = d.value(0)
	require.ErrorIs(t, err, ErrReply)
}

func TestReadReplyDeep(t *testing.T) {
	in := strings.Repeat("*1\r\n", maxReplyDepth) + ":1\r\n"
	r, err := decode(in)
	require.NoError(t, err)
	require.Equal(t, in, string(r.Append(nil)))
}

func TestReadReplyMemory(t *testing.T) {
	for _, in := range []string{
		"$536870912\r\nfew", "*4194304\r\n", "%4194304\r\n:1\r\n", "|4194304\r\n:1\r\n", "=536870912\r\ntxt:",
	} {
		require.Less(t, allocated(func() { _, _ = decode(in) }), uint64(256<<10), "%q", in)
	}
}

// Replies follow each other in one stream, through a buffer of any size.
func TestReadReplyStream(t *testing.T) {
	long := strings.Repeat("x", 200000)
	in := "+" + long + "\r\n$200000\r\n" + long + "\r\n:1\r\n"
	r := bufio.NewReaderSize(iotest.HalfReader(strings.NewReader(in)), 16)
	for _, want := range []Reply{{Kind: '+', Str: long}, bulk(long), {Kind: ':', Int: 1}} {
		got, err := ReadReply(r)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := ReadReply(r)
	require.Equal(t, io.EOF, err)
}

// anyReply draws replies of the given kinds, at most depth aggregates deep.
func anyReply(kinds string, depth int) *rapid.Generator[Reply] {
	if depth == 0 {
		kinds = strings.Map(func(k rune) rune {
			if isAggregate(byte(k)) {
				return -1
			}
			return k
		}, kinds)
	}
	line := rapid.StringMatching(`[a-zA-Z '"]*`)
	return rapid.Custom(func(t *rapid.T) Reply {
		r := Reply{Kind: rapid.SampledFrom([]byte(kinds)).Draw(t, "kind")}
		switch r.Kind {
		case KindSimple, KindError:
			r.Str = line.Draw(t, "line")
		case KindInt:
			r.Int = rapid.Int64().Draw(t, "int")
		case KindNull:
			r.Null = true
		case KindBool:
			r.Int = rapid.Int64Range(0, 1).Draw(t, "bool")
		case KindDouble:
			n := rapid.IntRange(-1000, 1000).Draw(t, "double")
			r.Float = float64(n) / 8
			r.Str = strconv.FormatFloat(r.Float, 'f', -1, 64)
		case KindBigNumber:
			r.Str = rapid.StringMatching(`-?[0-9]{1,40}`).Draw(t, "big")
		case KindVerbatim:
			r.Format = rapid.SampledFrom([]string{"txt", "mkd"}).Draw(t, "format")
			fallthrough
		case KindBulk, KindBulkError:
			r.Str = string(rapid.SliceOf(rapid.Byte()).Draw(t, "bulk"))
		default:
			n := rapid.IntRange(0, 4).Draw(t, "count")
			if r.Kind == KindMap {
				n *= 2
			}
			r.Elems = anyReplies(t, kinds, depth-1, n)
		}
		if depth > 0 && rapid.IntRange(0, 9).Draw(t, "attributed") == 0 {
			r.Attrs = anyReplies(t, kinds, depth-1, 2)
		}
		return r
	})
}

func anyReplies(t *rapid.T, kinds string, depth, n int) []Reply {
	var list []Reply
	for range n {
		list = append(list, anyReply(kinds, depth).Draw(t, "element"))
	}
	return list
}

func TestReadReplyNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyReply("+-:_#,(=!$*%~>", 4).Draw(t, "reply")
		wire := naiveReply(want, 3)
		got, err := ReadReply(bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(wire)), 16))
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.True(t, want.Equal(got))
		require.Equal(t, wire, string(want.Append(nil)))
	})
}

func TestReplyEqual(t *testing.T) {
	list := []Reply{
		{Kind: '+', Str: "a"}, {Kind: '+', Str: "b"}, {Kind: '-', Str: "a"}, bulk("a"), bulk(""),
		{Kind: '$', Null: true}, {Kind: '*', Null: true}, {Kind: '_', Null: true}, {Kind: '*'},
		{Kind: ':', Int: 1}, {Kind: ':'}, {Kind: '#', Int: 1}, {Kind: '#'},
		{Kind: ',', Str: "3.14", Float: 3.14}, {Kind: ',', Str: "3.1400000000000001", Float: 3.14}, {Kind: ',', Float: 2.5},
		{Kind: '=', Format: "txt", Str: "a"}, {Kind: '=', Format: "mkd", Str: "a"},
		{Kind: '*', Elems: []Reply{bulk("a"), bulk("b")}}, {Kind: '*', Elems: []Reply{bulk("b"), bulk("a")}},
		{Kind: '~', Elems: []Reply{bulk("a"), bulk("b")}}, {Kind: '*', Elems: []Reply{bulk("a")}},
		{Kind: '+', Str: "a", Attrs: []Reply{bulk("a"), bulk("b")}},
	}
	for i, a := range list {
		for j, b := range list {
			require.Equal(t, i == j, a.Equal(b), "%v and %v", a, b)
			require.Equal(t, i == j, a.String() == b.String(), "%v and %v", a, b)
		}
	}
	made, sent := Reply{Kind: ',', Float: 3.14}, Reply{Kind: ',', Float: 3.14, Str: "3.1400000000000001"}
	require.True(t, made.Equal(sent), "a double made by hand is as the server writes it")
	require.Equal(t, string(sent.Append(nil)), string(made.Append(nil)))
}

func TestReplyString(t *testing.T) {
	for in, want := range map[string]string{
		"+OK\r\n":                        `+OK`,
		"-ERR x\r\n":                     `-ERR x`,
		":1\r\n":                         `:1`,
		"$3\r\na\r\n\r\n":                `$"a\r\n"`,
		"$-1\r\n":                        `$nil`,
		"*-1\r\n":                        `*nil`,
		"_\r\n":                          `_`,
		"#t\r\n":                         `#t`,
		"#f\r\n":                         `#f`,
		",1.50\r\n":                      `,1.50`,
		"(12\r\n":                        `(12`,
		"!1\r\na\r\n":                    `!"a"`,
		"=5\r\ntxt:a\r\n":                `=txt:"a"`,
		"*0\r\n":                         `*0`,
		"%1\r\n+a\r\n~1\r\n:1\r\n":       "%1\n  +a => ~1\n    :1",
		"*2\r\n*1\r\n:1\r\n>1\r\n:2\r\n": "*2\n  *1\n    :1\n  >1\n    :2",
		"*1\r\n|1\r\n:1\r\n:2\r\n:3\r\n": "*1\n  |1\n    :1 => :2\n  :3",
	} {
		r, err := decode(in)
		require.NoError(t, err)
		require.Equal(t, want, r.String())
	}
}

func TestAppendCommand(t *testing.T) {
	require.Equal(t, "x*2\r\n$3\r\nGET\r\n$0\r\n\r\n", string(AppendCommand([]byte("x"), "GET", "")))
	require.Equal(t, "*0\r\n", string(AppendCommand(nil)))
}

// FuzzReply checks that nothing panics, and that what decodes encodes to
// something that decodes to the same.
func FuzzReply(f *testing.F) {
	for _, in := range []string{
		"+OK\r\n", "-ERR\r\n", ":1\r\n", "$1\r\na\r\n", "$-1\r\n", "*-1\r\n", "_\r\n", "#t\r\n", ",1e5\r\n", ",-nan\r\n",
		"(1\r\n", "!1\r\na\r\n", "=5\r\ntxt:a\r\n", "%1\r\n:1\r\n:2\r\n", "~1\r\n:1\r\n", ">1\r\n:1\r\n",
		"|1\r\n:1\r\n:2\r\n*1\r\n|1\r\n:1\r\n:2\r\n:3\r\n", "$536870912\r\n", "*4194304\r\n:1\r\n",
	} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r, err := decode(in)
		if err != nil {
			require.Equal(t, Reply{}, r)
			return
		}
		wire := string(r.Append(nil))
		again, err := decode(wire)
		require.NoError(t, err)
		require.True(t, r.Equal(again), "%v\n%v", r, again)
		require.Equal(t, r.String(), again.String())
		require.Equal(t, wire, naiveReply(r, 3))
	})
}

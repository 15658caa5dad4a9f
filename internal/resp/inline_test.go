package resp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// split is splitInline as strings.
func split(line string) ([]string, bool) {
	b, spans, ok := splitInline(nil, nil, []byte(line))
	if !ok {
		return nil, false
	}
	return appendArgs(nil, b, spans), true
}

// What redis-server 7.0.15 made of these lines.
func TestSplitInline(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{"", nil},
		{" \t\v\f\r ", nil},
		{"PING", []string{"PING"}},
		{"  a  b ", []string{"a", "b"}},
		{`""`, []string{""}},
		{`''`, []string{""}},
		{`ECHO ""`, []string{"ECHO", ""}},
		{`a"b c"`, []string{"ab c"}},
		{`a'b c'`, []string{"ab c"}},
		{`"a"` + "\vb", []string{"a", "b"}},
		{"\v\fa\vb", []string{"a\vb"}},
		{"a\rb", []string{"a", "b"}},
		{`a\n`, []string{`a\n`}},
		{`"a\x41\xZZ\n\q\\\""`, []string{"aAxZZ\nq\\\""}},
		{`"\r\t\b\a\xfF\x4"`, []string{"\r\t\b\a\xffx4"}},
		{`'a\'b\n'`, []string{`a'b\n`}},
		{`"a'b" 'a"b'`, []string{"a'b", `a"b`}},
	} {
		got, ok := split(c.line)
		require.True(t, ok, "%q", c.line)
		require.Equal(t, c.want, got, "%q", c.line)
	}
}

func TestSplitInlineUnbalanced(t *testing.T) {
	for _, line := range []string{
		`"`, `'`, `"a`, `'a`, `"a"b`, `'a'b`, `""""`, `"a\"`, `"a\`, `'a\'`, `a "b c`, `'a\'b\\'`,
	} {
		_, ok := split(line)
		require.False(t, ok, "%q", line)
	}
}

func TestSplitInlineNaive(t *testing.T) {
	line := rapid.StringOfN(rapid.SampledFrom([]rune(`ab "'\xn4f`+"\t\v\r")), 0, 20, -1)
	rapid.Check(t, func(t *rapid.T) {
		s := line.Draw(t, "line")
		want, wantOK := naiveSplit(s)
		got, ok := split(s)
		require.Equal(t, wantOK, ok, "%q", s)
		if ok {
			require.Equal(t, want, got, "%q", s)
		}
	})
}

// Any argument can be typed: quoted with every byte escaped.
func TestSplitInlineQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.SliceOfN(rapid.Map(rapid.SliceOf(rapid.Byte()), bytesToString), 1, 5).Draw(t, "args")
		var line strings.Builder
		for _, arg := range args {
			line.WriteString(` "`)
			for _, c := range []byte(arg) {
				fmt.Fprintf(&line, `\x%02x`, c)
			}
			line.WriteByte('"')
		}
		got, ok := split(line.String())
		require.True(t, ok)
		require.Equal(t, args, got)
	})
}

func bytesToString(b []byte) string { return string(b) }

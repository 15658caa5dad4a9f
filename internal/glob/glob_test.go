package glob

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// small holds every special byte and few others, so that random patterns and
// subjects meet.
var small = []byte(`ab[]^-\*?zA`)

// pairs calls f for each line of a file of testdata: a pattern, a subject and
// whether Redis 7.0.15 matches them. Bytes that are not printable stand as %xx.
func pairs(t *testing.T, file string, f func(pattern, subject string, match bool)) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		field := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		require.Len(t, field, 3, line)
		f(unquote(t, field[0]), unquote(t, field[1]), field[2] == "1")
	}
}

func unquote(t *testing.T, s string) string {
	t.Helper()
	s, err := url.PathUnescape(s)
	require.NoError(t, err)
	return s
}

// The answers are the server's, made in testdata by
//
//	redis-cli -x EVAL "$(cat match.lua)" 0 <match.txt
func TestMatchAsServer(t *testing.T) {
	pairs(t, "match.txt", func(pattern, subject string, match bool) {
		require.Equal(t, match, Match(pattern, subject), "%q on %q", pattern, subject)
	})
}

// The answers are the server's, made in testdata by
//
//	redis-cli -x EVAL "$(cat fold.lua)" 0 <fold.txt
func TestMatchFoldAsServer(t *testing.T) {
	pairs(t, "fold.txt", func(pattern, subject string, match bool) {
		require.Equal(t, match, MatchFold(pattern, subject), "%q on %q", pattern, subject)
	})
}

// PUBLISH "" reaches no PSUBSCRIBE "*".
func TestMatchEmptySubject(t *testing.T) {
	require.True(t, Match("", ""))
	require.False(t, Match("*", ""))
	require.False(t, Match("**", ""))
	require.True(t, All("*"))
	require.False(t, All("**"))
	require.False(t, All(""))
}

// KEYS finds "aaa..." by 1000 groups of stars and not by 1001.
func TestMatchManyStars(t *testing.T) {
	subject := strings.Repeat("a", 1001)
	require.True(t, Match(strings.Repeat("*a", 1000), subject))
	require.True(t, Match(strings.Repeat("*a", 1000)+"**", subject))
	require.False(t, Match(strings.Repeat("*a", 1001), subject))
}

// The patterns have exponentially many ways to fail, or a deep recursion.
func TestMatchIsNotExponential(t *testing.T) {
	subject := strings.Repeat("a", 50_000)
	require.False(t, Match(strings.Repeat("a*", 200)+"b", subject))
	require.False(t, Match(strings.Repeat("*[a]", 200)+"b", subject))
	require.False(t, Match("*"+strings.Repeat("?", 2000)+"b", subject))
	require.True(t, Match(strings.Repeat("*", 50_000)+"a", subject))
}

func TestLiteral(t *testing.T) {
	for pattern, want := range map[string]string{
		"": "", "foo": "foo", "]^-": "]^-", `a\*b`: "a*b", `a\`: `a\`, `\\`: `\`, `\a\[`: "a[",
	} {
		got, ok := Literal(pattern)
		require.True(t, ok, pattern)
		require.Equal(t, want, got)
		require.True(t, Match(pattern, want))
	}
	for _, pattern := range []string{"*", "a?", "[a]", "[", `\a*`, `\\*`} {
		_, ok := Literal(pattern)
		require.False(t, ok, pattern)
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, func() {
		Match("user:*:[a-z]?*x", "user:1234:session")
		MatchFold("USER:*:[a-z]?*x", "user:1234:session")
		Literal("user:1234:session")
	}))
}

func TestMatchAsModel(t *testing.T) {
	texts := rapid.SliceOfN(rapid.SampledFrom(small), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		checkModel(t, string(texts.Draw(t, "pattern")), string(texts.Draw(t, "subject")))
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("a*[^b-]?\\*", "axyc*")
	f.Add("[a-\xff", "b")
	f.Fuzz(func(t *testing.T, pattern, subject string) {
		if len(pattern) > 100 || len(subject) > 100 {
			t.Skip("the model is slow")
		}
		checkModel(t, pattern, subject)
	})
}

func checkModel(t require.TestingT, pattern, subject string) {
	match := model(pattern, subject, false)
	require.Equal(t, match, Match(pattern, subject), "%q on %q", pattern, subject)
	require.Equal(t, model(pattern, subject, true), MatchFold(pattern, subject), "%q on %q, folded", pattern, subject)
	if literal, ok := Literal(pattern); ok {
		require.Equal(t, literal == subject, match, "%q on %q", pattern, subject)
	}
}

// An element is a star, or else the set of bytes that match one byte.
type element struct {
	star bool
	set  [256]bool
}

// model matches by the definition: first the pattern is cut into elements, then
// every way to share out the subject is tried.
func model(pattern, subject string, fold bool) bool {
	if subject == "" {
		return pattern == ""
	}
	type state struct{ elements, bytes int }
	seen := map[state]bool{}
	var try func(e []element, s string) bool
	try = func(e []element, s string) bool {
		switch {
		case len(e) == 0:
			return s == ""
		case seen[state{len(e), len(s)}]:
			return false
		}
		seen[state{len(e), len(s)}] = true
		if e[0].star {
			return try(e[1:], s) || s != "" && try(e, s[1:])
		}
		return s != "" && e[0].set[s[0]] && try(e[1:], s[1:])
	}
	return try(elements(pattern, fold), subject)
}

func elements(p string, fold bool) (all []element) {
	for p != "" {
		var e element
		c := p[0]
		p = p[1:]
		switch {
		case c == '*':
			e.star = true
		case c == '?':
			e.add(-128, 127, false)
		case c == '[':
			p = e.class(p, fold)
		case c == '\\' && p != "":
			c, p = p[0], p[1:]
			fallthrough
		default:
			e.add(int8(c), int8(c), fold)
		}
		all = append(all, e)
	}
	return all
}

// add puts the signed bytes from lo to hi into the set.
func (e *element) add(lo, hi int8, fold bool) {
	from, to := tolower(lo, fold), tolower(hi, fold)
	for c := range 256 {
		x := tolower(int8(c), fold)
		e.set[c] = e.set[c] || from <= x && x <= to
	}
}

func (e *element) class(p string, fold bool) (rest string) {
	p, negated := strings.CutPrefix(p, "^")
	for p != "" && p[0] != ']' {
		width := 1
		switch {
		case p[0] == '\\' && len(p) > 1:
			width = 2
			e.set[p[1]] = true
		case len(p) > 2 && p[1] == '-':
			width = 3
			e.add(min(int8(p[0]), int8(p[2])), max(int8(p[0]), int8(p[2])), fold)
		default:
			e.add(int8(p[0]), int8(p[0]), fold)
		}
		p = p[width:]
	}
	for c := range e.set {
		e.set[c] = e.set[c] != negated
	}
	return strings.TrimPrefix(p, "]")
}

// tolower is the C library's table, written out.
func tolower(c int8, fold bool) int {
	if !fold {
		return int(c)
	}
	if i := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ", byte(c)); i >= 0 {
		return int("abcdefghijklmnopqrstuvwxyz"[i])
	}
	if c == -1 {
		return -1
	}
	return int(byte(c))
}

func BenchmarkMatch(b *testing.B) {
	for _, x := range []struct{ name, pattern, subject string }{
		{"prefix", "user:*", "user:12345678:session"},
		{"suffix", "*:session", "user:12345678:session"},
		{"miss", "order:*", "user:12345678:session"},
		{"class", "user:[0-9]*:s?ssion", "user:12345678:session"},
		{"hostile", "a*a*a*a*a*a*b", strings.Repeat("a", 64)},
	} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				Match(x.pattern, x.subject)
			}
		})
	}
}

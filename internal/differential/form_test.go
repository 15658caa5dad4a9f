package differential

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A form is the shape of a command, from which commands are drawn:
//
//	SET {key} {value} [NX|XX] [GET] [EX {secs}|PX {ms}|KEEPTTL]
//
//	WORD       itself, in upper, lower or mixed case
//	{kind}     an argument of that kind (see kinds_test.go)
//	( a | b )  one of the alternatives
//	[ a | b ]  an option: one of the alternatives, or nothing. Options that
//	           stand side by side come in any order, each any number of times
//	           (mostly zero or one)
//	x+         x, a {kind} or a group, once or more
//
// A line may begin with a weight, as in "5* GET {key}".
type form struct {
	line   string
	weight int
	shape  shape
}

// shape is a part of a form.
type shape interface {
	// draw appends to c what it draws for this part.
	draw(t *rapid.T, c command) command
}

type (
	word    string  // itself
	kind    string  // an argument of this kind
	series  []shape // all, in order
	choice  []shape // one of them
	some    struct{ of shape }
	options []shape // some of them, in any order
)

func (w word) draw(t *rapid.T, c command) command { return append(c, drawCase(t, string(w))) }

func (k kind) draw(t *rapid.T, c command) command { return append(c, kinds[string(k)](t)) }

func (s series) draw(t *rapid.T, c command) command {
	for _, part := range s {
		c = part.draw(t, c)
	}
	return c
}

func (s choice) draw(t *rapid.T, c command) command { return pick(t, s).draw(t, c) }

func (s some) draw(t *rapid.T, c command) command {
	c = s.of.draw(t, c)
	for range pick(t, []int{0, 0, 1, 1, 2, 3}) {
		c = s.of.draw(t, c)
	}
	return c
}

// draw takes few options as a rule, so that most combinations are valid ones.
func (o options) draw(t *rapid.T, c command) command {
	n := pick(t, []int{0, 0, 1, 1, 1, 2, 2, 3})
	for range min(n, len(o)+1) {
		c = pick(t, o).draw(t, c)
	}
	return c
}

// parseForms returns the forms of a text, one a line.
func parseForms(text string) []form {
	var forms []form
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			forms = append(forms, parseForm(line))
		}
	}
	return forms
}

// parseForm panics on a form that is not well formed: forms are source code.
func parseForm(line string) form {
	f := form{line: line, weight: 1}
	if weight, rest, ok := strings.Cut(line, "* "); ok {
		n, err := strconv.Atoi(weight)
		if err != nil {
			panic(fmt.Sprintf("weight of form %q: %v", line, err))
		}
		f.weight, line = n, rest
	}
	p := formParser{line: f.line, tokens: tokens(line)}
	f.shape = p.alternatives("")
	return f
}

// tokens splits a form at spaces and around its signs.
func tokens(line string) []string {
	for _, sign := range []string{"(", ")", "[", "]", "|", "+"} {
		line = strings.ReplaceAll(line, sign, " "+sign+" ")
	}
	return strings.Fields(line)
}

type formParser struct {
	line   string
	tokens []string
}

// alternatives reads up to the token end, which it takes.
func (p *formParser) alternatives(end string) shape {
	alts := choice{p.series(end)}
	for p.take("|") {
		alts = append(alts, p.series(end))
	}
	if end != "" && !p.take(end) {
		panic(fmt.Sprintf("form %q: %s is missing", p.line, end))
	}
	if len(alts) == 1 {
		return alts[0]
	}
	return alts
}

// series reads up to the token end or a "|", which it leaves.
func (p *formParser) series(end string) series {
	var s series
	for len(p.tokens) > 0 && p.tokens[0] != end && p.tokens[0] != "|" {
		s = p.part(s)
	}
	return s
}

// part reads one part and appends it to s.
func (p *formParser) part(s series) series {
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	switch {
	case token == "+":
		s[len(s)-1] = some{s[len(s)-1]}
	case token == "(":
		s = append(s, p.alternatives(")"))
	case token == "[":
		s = appendOption(s, p.alternatives("]"))
	case strings.HasPrefix(token, "{"):
		s = append(s, p.kind(token))
	default:
		s = append(s, word(token))
	}
	return s
}

// appendOption appends an option, joining it to options just before it.
func appendOption(s series, option shape) series {
	if len(s) > 0 {
		if last, ok := s[len(s)-1].(options); ok {
			s[len(s)-1] = append(last, option)
			return s
		}
	}
	return append(s, options{option})
}

func (p *formParser) kind(token string) kind {
	name := strings.Trim(token, "{}")
	if kinds[name] == nil {
		panic(fmt.Sprintf("form %q: there is no kind %q", p.line, name))
	}
	return kind(name)
}

// take takes the next token if it is this one.
func (p *formParser) take(token string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != token {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

// drawCase returns a word in upper case, lower case or a mixture.
func drawCase(t *rapid.T, w string) string {
	switch pick(t, []int{0, 0, 0, 1, 2}) {
	case 1:
		return strings.ToLower(w)
	case 2:
		return mixedCase(w)
	}
	return w
}

func mixedCase(w string) string {
	b := []byte(strings.ToLower(w))
	for i := 0; i < len(b); i += 2 {
		b[i] = strings.ToUpper(string(b[i]))[0]
	}
	return string(b)
}

var coin = rapid.Bool()

// roll returns a number from 0 to n-1, all equally likely as nearly as matters;
// rapid's own integers and SampledFrom favour small ones heavily. It shrinks
// to 0.
func roll(t *rapid.T, n int) int {
	r := 0
	for reach := 1; reach < 8*n; reach *= 2 {
		r *= 2
		if coin.Draw(t, "") {
			r++
		}
	}
	return r % n
}

// pick returns one of the elements of s. It shrinks to the first one.
func pick[E any](t *rapid.T, s []E) E { return s[roll(t, len(s))] }

// chance is true about once in n draws. It shrinks to false.
func chance(t *rapid.T, n int) bool { return roll(t, n) == n-1 }

func TestFormNotation(t *testing.T) {
	for line, pattern := range map[string]string{
		"PING":                           `(?i)^PING$`,
		"3* GET {bit}":                   `(?i)^GET \S*$`,
		"A (B|C D) E":                    `(?i)^A (B|C D) E$`,
		"A [B] [C|D]":                    `(?i)^A( B| C| D)*$`,
		"A (B C)+":                       `(?i)^A( B C)+$`,
		"A [B (C|D) [E] ] F":             `(?i)^A( B (C|D)( E)*)* F$`,
		"A [B] C [D]":                    `(?i)^A( B)* C( D)*$`,
		"X (GET {bit}|SET {bit} {bit})+": `(?i)^X( GET \S*| SET \S* \S*)+$`,
	} {
		f := parseForm(line)
		g := rapid.Custom(func(t *rapid.T) command { return f.shape.draw(t, nil) })
		for seed := range 50 {
			require.Regexp(t, pattern, strings.Join(g.Example(seed), " "), line)
		}
	}
	require.Equal(t, 3, parseForm("3* GET {bit}").weight)
	require.Panics(t, func() { parseForm("GET {nothing}") })
	require.Panics(t, func() { parseForm("GET (A|B") })
}

package lua

import "strings"

// scan looks whether a source is too deep for the parser, which takes some hundred bytes for each level, and at what line. It knows no
// more of Lua than where its words and brackets are; whether it is Lua is for the parser to say. What it
// allows, rewriter looks at more closely.
func scan(source string) (line int, err error) {
	x := scanner{source: source}
	for x.at < len(source) {
		x.token()
		if x.levels > 2*maxLevels {
			return x.line(), errLevels
		}
		if x.links > 2*maxChain {
			return x.line(), errChain
		}
	}
	return 0, nil
}

type scanner struct {
	source string
	at     int
	levels int // brackets and blocks that are open
	links  int // operators one after the other, for which the parser waits for what is on their right
}

func (x *scanner) line() int { return 1 + strings.Count(x.source[:x.at], "\n") }

// token goes beyond what is next.
func (x *scanner) token() {
	rest := x.source[x.at:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"):
		x.at += 2
		if !x.long() {
			x.until("\n")
		}
	case c == '"' || c == '\'':
		x.quoted(c)
	case c == '[':
		if !x.long() {
			x.open(1)
		}
	case c == '(' || c == '{':
		x.open(1)
	case c == ')' || c == '}' || c == ']':
		x.open(-1)
	case c == '-' || c == '#' || c == '^' || c == '.':
		x.at++
		x.links++
	case isLetter(c) || c == '_':
		x.word()
	default:
		if c == ',' || c == ';' || c == '=' {
			x.links = 0
		}
		x.at++
	}
}

// open goes beyond a bracket.
func (x *scanner) open(levels int) {
	x.at++
	x.levels = max(x.levels+levels, 0)
	x.links = 0
}

func (x *scanner) word() {
	start := x.at
	for x.at < len(x.source) && (isLetter(x.source[x.at]) || isDigit(x.source[x.at]) || x.source[x.at] == '_') {
		x.at++
	}
	switch x.source[start:x.at] {
	case "not":
		x.links++
	case "then", "else", "elseif", "local", "return":
		x.links = 0
	case "function", "if", "repeat", "do":
		x.levels++
		x.links = 0
	case "end", "until":
		x.levels = max(x.levels-1, 0)
		x.links = 0
	}
}

// until goes to a text, or to the end.
func (x *scanner) until(text string) {
	n := strings.Index(x.source[x.at:], text)
	if n < 0 {
		n = len(x.source) - x.at
	}
	x.at += n
}

// quoted goes beyond a text in quotes, which ends with its line unless the end of line is escaped.
func (x *scanner) quoted(quote byte) {
	for x.at++; x.at < len(x.source); x.at++ {
		switch x.source[x.at] {
		case '\\':
			x.at++
		case quote, '\n':
			x.at++
			return
		}
	}
	x.at = len(x.source)
}

// long goes beyond a text in long brackets, if one is next.
func (x *scanner) long() bool {
	rest := x.source[x.at:]
	if !strings.HasPrefix(rest, "[") {
		return false
	}
	equals := len(rest[1:]) - len(strings.TrimLeft(rest[1:], "="))
	if len(rest) <= 1+equals || rest[1+equals] != '[' {
		return false
	}
	x.at += 2 + equals
	x.until("]" + rest[1:1+equals] + "]")
	x.at = min(x.at+2+equals, len(x.source))
	return true
}

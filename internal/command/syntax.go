package command

import (
	"strings"
)

// An argument is one of those that COMMAND DOCS tells of a command: a value, a word, or several of them together.
//
// They are written in a notation of a line to a command:
//
//	name          text                       name:i      an integer
//	@name         a key                      name:d      a number
//	WORD          that word                  name:p      a pattern
//	name=WORD     the same, named otherwise  name:t      a Unix time
//	WORD(…)       an argument after a word   name{… …}   arguments that belong together
//	                                         name<…|…>   one of several
//
// and behind each
//
//	?       need not be given             ^6.2.0   there since that version
//	*       may be given several times    ~6.2.0   deprecated since then
//	+       the same, its word with it
//
// What is no plain word stands in single quotes. Keys are those of the row's key specs in turn, unless a number behind # says
// of which.
type argument struct {
	name, kind        string
	spec              int // of a key, and what names keys: the number of the key spec
	hasSpec           bool
	word              string
	hasWord           bool
	since, deprecated string
	flags             []string
	parts             []argument
}

// argumentKinds are the types of values by their letters.
var argumentKinds = map[byte]string{'i': "integer", 'd': "double", 'p': "pattern", 't': "unix-time"}

// syntax returns the arguments of the command, nil if it has none.
func (r *Row) syntax() []argument {
	s := syntaxReader{rest: syntaxTable[r.FullName()]}
	var args []argument
	for s.rest != "" {
		args = append(args, s.argument())
		s.skip(' ')
	}
	return args
}

// syntaxReader reads the notation. What it cannot read stays: a test reads the whole table.
type syntaxReader struct {
	rest string
	keys int // so far
}

// skip takes a character, and reports whether it was there.
func (s *syntaxReader) skip(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// word takes a name or a word of the protocol.
func (s *syntaxReader) word() (word string, plain bool) {
	if s.skip('\'') {
		word, s.rest, _ = strings.Cut(s.rest, "'")
		return word, false
	}
	n := 0
	for n < len(s.rest) && strings.IndexByte(" =:@(){}<>|?*+^~#", s.rest[n]) < 0 {
		n++
	}
	word, s.rest = s.rest[:n], s.rest[n:]
	return word, true
}

func (s *syntaxReader) argument() argument {
	a := s.body()
	if s.skip('?') {
		a.flags = append(a.flags, "optional")
	}
	switch {
	case s.skip('*'):
		a.flags = append(a.flags, "multiple")
	case s.skip('+'):
		a.flags = append(a.flags, "multiple", "multiple_token")
	}
	if s.skip('^') {
		a.since = s.version()
	}
	if s.skip('~') {
		a.deprecated = s.version()
	}
	return a
}

func (s *syntaxReader) version() string {
	n := 0
	for n < len(s.rest) && (s.rest[n] == '.' || '0' <= s.rest[n] && s.rest[n] <= '9') {
		n++
	}
	version := s.rest[:n]
	s.rest = s.rest[n:]
	return version
}

func (s *syntaxReader) body() argument {
	if s.skip('@') {
		return s.key()
	}
	name, plain := s.word()
	switch {
	case s.skip('('):
		a := s.argument()
		a.word, a.hasWord = name, true
		s.skip(')')
		return a
	case s.skip('='):
		word, _ := s.word()
		return argument{name: name, kind: "pure-token", word: word, hasWord: true}
	case s.skip('{'):
		return argument{name: name, kind: "block", parts: s.parts(' ', '}')}
	case s.skip('<'):
		return argument{name: name, kind: "oneof", parts: s.parts('|', '>')}
	case s.skip(':'):
		letter := s.rest[0]
		s.rest = s.rest[1:]
		return s.numbered(argument{name: name, kind: argumentKinds[letter]})
	case plain && name == upper(name):
		return argument{name: strings.ToLower(name), kind: "pure-token", word: name, hasWord: true}
	}
	return argument{name: name, kind: "string"}
}

// parts takes arguments with something between them until the end.
func (s *syntaxReader) parts(between, end byte) (parts []argument) {
	for !s.skip(end) && s.rest != "" {
		parts = append(parts, s.argument())
		s.skip(between)
	}
	return parts
}

func (s *syntaxReader) key() argument {
	name, _ := s.word()
	a := s.numbered(argument{name: name, kind: "key"})
	if !a.hasSpec {
		a.spec, a.hasSpec = s.keys, true
		s.keys++
	}
	return a
}

// numbered takes the number of a key spec, if there is one.
func (s *syntaxReader) numbered(a argument) argument {
	if s.skip('#') {
		a.spec, a.hasSpec = int(s.rest[0]-'0'), true
		s.rest = s.rest[1:]
		s.keys = a.spec + 1
	}
	return a
}

// describe replies an argument.
func (a *argument) describe(c *Call) {
	fields := 2
	for _, has := range []bool{a.hasSpec, a.hasWord, a.since != "", a.deprecated != "", a.flags != nil, a.parts != nil} {
		if has {
			fields++
		}
	}
	c.Out.Map(fields)
	c.field("name", a.name)
	c.field("type", a.kind)
	if a.hasSpec {
		c.number("key_spec_index", a.spec)
	}
	if a.hasWord {
		c.field("token", a.word)
	}
	if a.since != "" {
		c.field("since", a.since)
	}
	if a.deprecated != "" {
		c.field("deprecated_since", a.deprecated)
	}
	if a.flags != nil {
		c.Out.Bulk("flags")
		c.set(a.flags)
	}
	if a.parts != nil {
		c.Out.Bulk("arguments")
		c.arguments(a.parts)
	}
}

func (c *Call) arguments(list []argument) {
	c.Out.Array(len(list))
	for i := range list {
		list[i].describe(c)
	}
}

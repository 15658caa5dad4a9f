package acl

import (
	"maps"
	"slices"
	"strings"

	"github.com/nookdb/nook/internal/resp"
)

// A selector is a set of permissions. A user has one at least, the root; a call is permitted if any one of a user's selectors permits
// all of it.
type selector struct {
	table *Table

	every    bool                  // every command is allowed, and none was taken away again
	future   bool                  // so it began: what it was not told of is allowed
	commands set                   // that are allowed
	firsts   map[*Command][]string // first arguments with which a command is allowed that is not in commands

	allKeys  bool
	keys     []pattern
	allChans bool
	channels []string
}

// pattern is a pattern of keys and what may be done with them.
type pattern struct {
	text string
	may  Access
}

// Access says what is done with a key.
type Access uint8

// What may be done with a key: its value may be read, and it may be changed.
const (
	Read Access = 1 << iota
	Write
)

func newSelector(t *Table, openChannels bool) *selector {
	return &selector{table: t, commands: t.newSet(), allChans: openChannels}
}

func (s *selector) clone() *selector {
	c := *s
	c.commands = slices.Clone(s.commands)
	c.keys, c.channels = slices.Clone(s.keys), slices.Clone(s.channels)
	c.firsts = maps.Clone(s.firsts)
	for command, args := range c.firsts {
		c.firsts[command] = slices.Clone(args)
	}
	return &c
}

// parseSelector reads the rules between parentheses. With quotes that are not balanced there are none; behind a zero byte there is nothing.
func parseSelector(t *Table, rules string, openChannels bool) (*selector, error) {
	s := newSelector(t, openChannels)
	words, balanced := resp.SplitWords(cString(rules))
	if !balanced {
		words = nil
	}
	for _, word := range words {
		if err := s.apply(word); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// apply obeys a rule.
func (s *selector) apply(rule string) error {
	word := cString(rule)
	switch lower(word) {
	case "":
		return errSyntax
	case "allkeys", "~*":
		s.allKeys, s.keys = true, nil
	case "resetkeys":
		s.allKeys, s.keys = false, nil
	case "allchannels", "&*":
		s.allChans, s.channels = true, nil
	case "resetchannels":
		s.allChans, s.channels = false, nil
	case "allcommands", "+@all":
		s.setAll(true)
	case "nocommands", "-@all":
		s.setAll(false)
	default:
		return s.applyPrefixed(rule, word)
	}
	return nil
}

func (s *selector) setAll(allowed bool) {
	s.every, s.future, s.firsts = allowed, allowed, nil
	s.commands.fill(allowed)
}

// applyPrefixed obeys a rule whose first byte says what it is about. word is what of it C would see.
func (s *selector) applyPrefixed(rule, word string) error {
	switch {
	case word[0] == '~':
		return s.addKeys(rule[1:], Read|Write)
	case word[0] == '%':
		return s.addKeysFor(rule[1:])
	case word[0] == '&':
		return s.addChannels(rule[1:])
	case word[0] != '+' && word[0] != '-':
		return errSyntax
	case strings.HasPrefix(word[1:], "@"):
		return s.setCategory(word[2:], word[0] == '+')
	case word[0] == '+' && strings.Contains(word, "|"):
		return s.allowPart(word[1:])
	}
	return s.set(s.table.find(word[1:]), word[0] == '+')
}

// addKeysFor reads what may be done with keys, which stands before the pattern: R, W, or both.
func (s *selector) addKeysFor(rule string) error {
	if s.allKeys {
		return errAllKeys
	}
	letters, text, _ := strings.Cut(rule, "~")
	var may Access
	for _, letter := range letters {
		switch {
		case (letter == 'R' || letter == 'r') && may&Read == 0:
			may |= Read
		case (letter == 'W' || letter == 'w') && may&Write == 0:
			may |= Write
		default:
			return errSyntax
		}
	}
	if may == 0 {
		return errSyntax
	}
	return s.addKeys(text, may)
}

func (s *selector) addKeys(text string, may Access) error {
	switch {
	case s.allKeys:
		return errAllKeys
	case hasSpaces(text):
		return errSyntax
	}
	i := slices.IndexFunc(s.keys, func(p pattern) bool { return p.text == text })
	if i < 0 {
		s.keys = append(s.keys, pattern{text, may})
	} else {
		s.keys[i].may |= may
	}
	return nil
}

func (s *selector) addChannels(text string) error {
	switch {
	case s.allChans:
		return errAllChannels
	case hasSpaces(text):
		return errSyntax
	case !slices.Contains(s.channels, text):
		s.channels = append(s.channels, text)
	}
	return nil
}

// set allows a command and its sub-commands, or forbids them.
func (s *selector) set(c *Command, allowed bool) error {
	if c == nil {
		return errUnknown
	}
	s.commands.change(c, allowed)
	delete(s.firsts, c)
	s.every = s.every && allowed
	return nil
}

// setCategory is set of all commands of a category.
func (s *selector) setCategory(name string, allowed bool) error {
	bit := s.table.category(name)
	if bit == 0 {
		return errUnknown
	}
	each(s.table.commands, func(c *Command) {
		if c.Categories&bit != 0 {
			_ = s.set(c, allowed) // the command is there
		}
	})
	return nil
}

// allowPart allows a sub-command, or a command with a first argument, either of which stands behind the last bar.
func (s *selector) allowPart(name string) error {
	bar := strings.LastIndexByte(name, '|')
	c, first := s.table.find(name[:bar]), name[bar+1:]
	switch {
	case c == nil:
		return errUnknown
	case c.nested:
		return errNestedFirst
	case first == "":
		return errSyntax
	case len(c.Sub) > 0:
		return s.set(s.table.find(name), true)
	}
	if s.firsts == nil {
		s.firsts = map[*Command][]string{}
	}
	known := func(arg string) bool { return lower(arg) == lower(first) }
	if !slices.ContainsFunc(s.firsts[c], known) {
		s.firsts[c] = append(s.firsts[c], first)
	}
	return nil
}

// hasSpaces reports whether a text has bytes that would part it from itself in a line of rules.
func hasSpaces(text string) bool { return strings.ContainsAny(text, " \t\n\v\f\r\x00") }

// cString returns a text up to its first zero byte, where C's strings end.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

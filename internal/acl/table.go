package acl

import (
	"cmp"
	"slices"
)

// A Command is what permissions know of a command, or of a sub-command of a container.
type Command struct {
	Name       string     // in lower case, with that of its container: "client|id"
	Categories uint64     // bit i stands for the i-th category of the table
	Free       bool       // anybody may call it, as AUTH
	Sub        []*Command // sub-commands

	id     int
	nested bool // it is a sub-command
}

// A Table is all commands that rules can name.
type Table struct {
	categories []string
	commands   []*Command // by name
	byName     map[string]*Command
	size       int // number of commands and sub-commands
}

// NewTable makes a table of commands, which belong to it from then on. There are at most 64 categories.
func NewTable(categories []string, commands []*Command) *Table {
	t := &Table{categories: categories, byName: map[string]*Command{}}
	t.commands = t.join(commands, false)
	return t
}

// join numbers commands and returns them by name, which is the order in which they are described.
func (t *Table) join(commands []*Command, nested bool) []*Command {
	sorted := slices.SortedFunc(slices.Values(commands), func(a, b *Command) int { return cmp.Compare(a.Name, b.Name) })
	for _, c := range sorted {
		c.id, c.nested = t.size, nested
		t.size++
		t.byName[c.Name] = c
		c.Sub = t.join(c.Sub, true)
	}
	return sorted
}

// find returns the command of a name in any case, nil if there is none.
func (t *Table) find(name string) *Command { return t.byName[lower(name)] }

// lower returns a name with its ASCII letters in lower case.
func lower(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// category returns the bit of a category of a name in any case, 0 if there is none.
func (t *Table) category(name string) uint64 {
	for i, c := range t.categories {
		if c == lower(name) {
			return 1 << i
		}
	}
	return 0
}

// each calls f with all commands, each before its sub-commands.
func each(commands []*Command, f func(c *Command)) {
	for _, c := range commands {
		f(c)
		each(c.Sub, f)
	}
}

// A set is a set of commands, by their numbers.
type set []uint64

func (t *Table) newSet() set { return make(set, (t.size+63)/64) }

func (s set) has(c *Command) bool { return s[c.id/64]>>(c.id%64)&1 != 0 }

func (s set) put(c *Command, in bool) {
	if in {
		s[c.id/64] |= 1 << (c.id % 64)
	} else {
		s[c.id/64] &^= 1 << (c.id % 64)
	}
}

// fill makes s all commands, or none.
func (s set) fill(in bool) {
	for i := range s {
		s[i] = 0
		if in {
			s[i] = ^uint64(0)
		}
	}
}

// change puts a command and its sub-commands in the set, or takes them out.
func (s set) change(c *Command, in bool) {
	s.put(c, in)
	for _, sub := range c.Sub {
		s.put(sub, in)
	}
}

// changeCategory is change of all commands of a category.
func (t *Table) changeCategory(s set, bit uint64, in bool) {
	each(t.commands, func(c *Command) {
		if c.Categories&bit != 0 {
			s.change(c, in)
		}
	})
}

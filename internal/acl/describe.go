package acl

import "strings"

// describeCommands returns rules that allow the same commands. They begin with all or none, go on with the categories that
// fit best, one by one, and end with single commands.
func (s *selector) describeCommands() string {
	t := s.table
	start := "-@all"
	if s.future {
		start = "+@all"
	}
	rules, made := []string{start}, t.newSet()
	made.fill(s.future)
	for _, i := range s.fittingCategories() {
		rules = append(rules, sign(!s.future)+"@"+t.categories[i])
		t.changeCategory(made, 1<<i, !s.future)
	}
	each(t.commands, func(c *Command) {
		if has := s.commands.has(c); has != made.has(c) {
			rules = append(rules, sign(has)+c.Name)
			made.change(c, has)
		}
		if !s.commands.has(c) {
			for _, first := range s.firsts[c] {
				rules = append(rules, "+"+c.Name+"|"+first)
			}
		}
	})
	return strings.Join(rules, " ")
}

func sign(allowed bool) string {
	if allowed {
		return "+"
	}
	return "-"
}

// fittingCategories returns the categories that bring the whole of the table, or nothing, nearer to the allowed commands. The next is
// always the one with the fewest commands that would be wrong, then the one with the most that would be right, of those that are not yet
// right by the categories before.
func (s *selector) fittingCategories() (chosen []int) {
	left := append(set(nil), s.commands...)
	var taken uint64
	for {
		best, least, most := -1, 0, 0
		for i := range s.table.categories {
			if taken>>i&1 != 0 {
				continue
			}
			right, wrong := s.table.countCategory(left, 1<<i, !s.future)
			if right > wrong && (best < 0 || wrong < least || wrong == least && right > most) {
				best, least, most = i, wrong, right
			}
		}
		if best < 0 {
			return chosen
		}
		taken |= 1 << best
		chosen = append(chosen, best)
		s.table.changeCategory(left, 1<<best, s.future)
	}
}

// countCategory returns how many commands of a category are in the set, and how many are not; the other way round unless in.
func (t *Table) countCategory(s set, bit uint64, in bool) (right, wrong int) {
	each(t.commands, func(c *Command) {
		switch {
		case c.Categories&bit == 0:
		case s.has(c) == in:
			right++
		default:
			wrong++
		}
	})
	return right, wrong
}

// describeKeys returns the rules of keys.
func (s *selector) describeKeys() string {
	if s.allKeys {
		return "~*"
	}
	rules := make([]string, len(s.keys))
	for i, p := range s.keys {
		rules[i] = prefixes[p.may] + p.text
	}
	return strings.Join(rules, " ")
}

// prefixes are what stands before a pattern of keys.
var prefixes = [...]string{Read: "%R~", Write: "%W~", Read | Write: "~"}

// describeChannels returns the rules of channels.
func (s *selector) describeChannels() string {
	if s.allChans {
		return "&*"
	}
	rules := make([]string, len(s.channels))
	for i, c := range s.channels {
		rules[i] = "&" + c
	}
	return strings.Join(rules, " ")
}

// describe returns all rules.
func (s *selector) describe() string {
	var parts []string
	if keys := s.describeKeys(); keys != "" {
		parts = append(parts, keys)
	}
	if !s.allChans {
		parts = append(parts, "resetchannels")
	}
	if channels := s.describeChannels(); channels != "" {
		parts = append(parts, channels)
	}
	return strings.Join(append(parts, s.describeCommands()), " ")
}

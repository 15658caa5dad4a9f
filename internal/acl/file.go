package acl

import (
	"errors"
	"fmt"
	"strings"
)

// Merge joins rules that are one selector: it begins with an opening parenthesis and goes on to the rule that ends with a closing one. If
// there is none it reports false, and where the selector begins.
func Merge(rules []string) (merged []string, open string, ok bool) {
	inside, selector := false, ""
	for _, rule := range rules {
		closes := strings.HasSuffix(rule, ")")
		switch {
		case strings.HasPrefix(rule, "(") && !closes:
			inside, selector, open = true, rule, rule
		case !inside:
			merged = append(merged, rule)
		default:
			selector += " " + cString(rule)
			if closes {
				inside = false
				merged = append(merged, selector)
			}
		}
	}
	return merged, open, !inside
}

// Parse reads the users of a file, one on each line:
//
//	user <name> <rule> <rule> ...
//
// The name of the file is for errors, all of which are told at once.
func (t *Table) Parse(text, file string, openChannels bool) ([]*User, error) {
	var users []*User
	var faults strings.Builder
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t\r\n")
		if line == "" {
			continue
		}
		words := strings.Split(line, " ")
		place := fmt.Sprintf("%s:%d", file, i+1)
		switch {
		case words[0] != "user" || len(words) < 2:
			faults.WriteString(place + " should start with user keyword followed by the username. ")
		case !ValidName(words[1]):
			faults.WriteString("'" + place + ": username '" + words[1] + "' contains invalid characters. ")
		case seen[words[1]]:
			fmt.Fprintf(&faults, "WARNING: Duplicate user '%s' found on line %d. ", words[1], i+1)
		default:
			seen[words[1]] = true
			u, fault := t.parseUser(words[1], words[2:], place, openChannels)
			users = append(users, u)
			faults.WriteString(fault)
		}
	}
	if faults.Len() > 0 {
		return nil, errors.New(faults.String() + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed")
	}
	return users, nil
}

// parseUser makes a user, or says what is wrong with the rules: all unknown names, and one other fault.
func (t *Table) parseUser(name string, rules []string, place string, openChannels bool) (u *User, faults string) {
	u = t.NewUser(name, openChannels)
	merged, _, ok := Merge(rules)
	if !ok {
		return nil, place + ": Unmatched parenthesis in selector definition."
	}
	told := false
	for _, rule := range merged {
		rule = strings.Trim(rule, "\t\r\n")
		next, err := u.With([]string{rule}, openChannels)
		switch {
		case err == nil:
			u = next
		case err.Error() == errUnknown.Error():
			faults += place + ": Error in applying operation '" + rule + "': " + err.Error() + ". "
		case !told:
			told = true
			faults += place + ": " + err.Error() + ". "
		}
	}
	return u, faults
}

// Line returns the user as a line of a file.
func (u *User) Line() string { return "user " + u.name + " " + u.String() }

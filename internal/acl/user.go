package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
)

// Default is the name of the user that a connection has until it says otherwise. It cannot be removed.
const Default = "default"

// A User is who a connection belongs to. It never changes: With makes another.
type User struct {
	name      string
	on        bool
	noPass    bool     // any password will do
	sanitize  string   // the flag of sanitizing, "" if never set
	passwords []string // SHA-256 in hexadecimal digits
	selectors []*selector
}

// The flags of how far the payload of RESTORE is trusted.
const (
	sanitizePayload     = "sanitize-payload"
	skipSanitizePayload = "skip-sanitize-payload"
)

// NewUser returns a user who may do nothing, and cannot log in; but for channels, all of which are open to it if openChannels is true.
func (t *Table) NewUser(name string, openChannels bool) *User {
	return &User{name: name, selectors: []*selector{newSelector(t, openChannels)}}
}

// DefaultUser returns the default user as it is at first: with no password it may do everything.
func (t *Table) DefaultUser() *User {
	u, err := t.NewUser(Default, false).With([]string{"+@all", "~*", "&*", "on", "nopass"}, false)
	if err != nil {
		panic(err) // none of the rules can fail
	}
	return u
}

// ValidName reports whether a user may have the name.
func ValidName(name string) bool { return !hasSpaces(name) }

// A RuleError is a rule that cannot be obeyed. Its text is the reason.
type RuleError struct {
	Rule   string
	Reason string
}

func (e *RuleError) Error() string { return e.Reason }

// reason is why a rule cannot be obeyed.
type reason string

func (r reason) Error() string { return string(r) }

const (
	errUnknown  = reason("Unknown command or category name in ACL")
	errSyntax   = reason("Syntax error")
	errAllKeys  = reason("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")
	errPassword = reason("The password you are trying to remove from the user does not exist")
	errHash     = reason("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")

	errAllChannels = reason("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels")
	errNestedFirst = reason("Allowing first-arg of a subcommand is not supported")
)

// With returns the user as rules change it, from the first to the last. If one cannot be obeyed it returns a
// *RuleError, and none is. New selectors have all channels open to them if openChannels is true.
func (u *User) With(rules []string, openChannels bool) (*User, error) {
	c := *u
	c.passwords = slices.Clone(u.passwords)
	c.selectors = make([]*selector, len(u.selectors))
	for i, s := range u.selectors {
		c.selectors[i] = s.clone()
	}
	for _, rule := range rules {
		if err := c.apply(rule, openChannels); err != nil {
			return nil, &RuleError{rule, err.Error()}
		}
	}
	return &c, nil
}

// As returns the user under another name.
func (u *User) As(name string) *User {
	c := *u
	c.name = name
	return &c
}

// apply obeys a rule.
func (u *User) apply(rule string, openChannels bool) error {
	switch word := lower(cString(rule)); word {
	case "on", "off":
		u.on = word == "on"
	case sanitizePayload, skipSanitizePayload:
		u.sanitize = word
	case "nopass", "resetpass":
		u.noPass, u.passwords = word == "nopass", nil
	case "clearselectors":
		u.selectors = u.selectors[:1]
	case "reset":
		*u = User{name: u.name, sanitize: sanitizePayload, selectors: []*selector{newSelector(u.root().table, openChannels)}}
	default:
		return u.applyPrefixed(rule, openChannels)
	}
	return nil
}

func (u *User) applyPrefixed(rule string, openChannels bool) error {
	switch {
	case rule == "":
		return nil
	case rule[0] == '>':
		u.addPassword(hash(rule[1:]))
	case rule[0] == '<':
		return u.removePassword(hash(rule[1:]))
	case (rule[0] == '#' || rule[0] == '!') && !isHash(rule[1:]):
		return errHash
	case rule[0] == '#':
		u.addPassword(rule[1:])
	case rule[0] == '!':
		return u.removePassword(rule[1:])
	case rule[0] == '(' && rule[len(rule)-1] == ')':
		s, err := parseSelector(u.root().table, rule[1:len(rule)-1], openChannels)
		if err != nil {
			return err
		}
		u.selectors = append(u.selectors, s)
	default:
		return u.root().apply(rule)
	}
	return nil
}

func (u *User) root() *selector { return u.selectors[0] }

func (u *User) addPassword(sum string) {
	u.noPass = false
	if !slices.Contains(u.passwords, sum) {
		u.passwords = append(u.passwords, sum)
	}
}

func (u *User) removePassword(sum string) error {
	i := slices.Index(u.passwords, sum)
	if i < 0 {
		return errPassword
	}
	u.passwords = slices.Delete(u.passwords, i, i+1)
	return nil
}

// hash returns a password in the form in which it is kept.
func hash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func isHash(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// Name returns the name of the user.
func (u *User) Name() string { return u.name }

// Enabled reports whether one may log in as the user.
func (u *User) Enabled() bool { return u.on }

// NoPass reports whether any password is the user's.
func (u *User) NoPass() bool { return u.noPass }

// Accepts reports whether one may log in by a password. How long it takes does not tell how much of the
// password is right.
func (u *User) Accepts(password string) bool {
	if !u.on || u.noPass {
		return u.on
	}
	sum, right := hash(password), 0
	for _, p := range u.passwords {
		right |= subtle.ConstantTimeCompare([]byte(sum), []byte(p))
	}
	return right == 1
}

// Passwords returns the SHA-256 of each password, in hexadecimal digits.
func (u *User) Passwords() []string { return u.passwords }

// Flags returns the words that say what the user is, in Redis's order.
func (u *User) Flags() []string {
	flags := []string{"off"}
	if u.on {
		flags[0] = "on"
	}
	if u.noPass {
		flags = append(flags, "nopass")
	}
	if u.sanitize != "" {
		flags = append(flags, u.sanitize)
	}
	return flags
}

// Permissions are what a selector permits, as rules.
type Permissions struct{ Commands, Keys, Channels string }

// Permissions returns what each selector permits, that of the root first.
func (u *User) Permissions() []Permissions {
	list := make([]Permissions, len(u.selectors))
	for i, s := range u.selectors {
		list[i] = Permissions{s.describeCommands(), s.describeKeys(), s.describeChannels()}
	}
	return list
}

// String returns the rules that make the user.
func (u *User) String() string {
	rules := u.Flags()
	for _, p := range u.passwords {
		rules = append(rules, "#"+p)
	}
	rules = append(rules, u.root().describe())
	for _, s := range u.selectors[1:] {
		rules = append(rules, "("+s.describe()+")")
	}
	return strings.Join(rules, " ")
}

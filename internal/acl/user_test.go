package acl

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Categories of the table of the tests.
const (
	catRead = 1 << iota
	catWrite
	catAdmin
	catFast
)

// testTable returns a table of few commands.
func testTable() *Table {
	return NewTable([]string{"read", "write", "admin", "fast"}, []*Command{
		{Name: "set", Categories: catWrite},
		{Name: "get", Categories: catRead | catFast},
		{Name: "mget", Categories: catRead | catFast},
		{Name: "keys", Categories: catRead | catAdmin},
		{Name: "del", Categories: catWrite},
		{Name: "select", Categories: catFast},
		{Name: "auth", Categories: catFast, Free: true},
		{Name: "publish", Categories: catFast},
		{Name: "psubscribe"},
		{Name: "config", Sub: []*Command{
			{Name: "config|get", Categories: catAdmin},
			{Name: "config|set", Categories: catAdmin | catWrite},
		}},
	})
}

// newUser returns a user made by rules, which are parted by spaces.
func newUser(t require.TestingT, rules string) *User {
	merged, _, ok := Merge(strings.Fields(rules))
	require.True(t, ok, rules)
	u, err := testTable().NewUser("u", false).With(merged, false)
	require.NoError(t, err, rules)
	return u
}

// The sums of the passwords p and q.
const (
	sumOfP = "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940"
	sumOfQ = "8e35c2cd3bf6641bdb0e2050b76932cbb2e6034a0ddacc1d9bea82a6ba57f7cf"
)

func TestRules(t *testing.T) {
	for rules, want := range map[string]string{
		"":                              "off resetchannels -@all",
		"on":                            "on resetchannels -@all",
		"ON oFF":                        "off resetchannels -@all",
		"nopass":                        "off nopass resetchannels -@all",
		">p #" + sumOfQ + " >p":         "off #" + sumOfP + " #" + sumOfQ + " resetchannels -@all",
		">p >q <p":                      "off #" + sumOfQ + " resetchannels -@all",
		">p !" + sumOfP:                 "off resetchannels -@all",
		"nopass >p":                     "off #" + sumOfP + " resetchannels -@all",
		">p nopass":                     "off nopass resetchannels -@all",
		">p resetpass":                  "off resetchannels -@all",
		"skip-sanitize-payload":         "off skip-sanitize-payload resetchannels -@all",
		"sanitize-payload":              "off sanitize-payload resetchannels -@all",
		"~a ~b* ~a":                     "off ~a ~b* resetchannels -@all",
		"%R~a %W~a %r~b %rW~c %W~d":     "off ~a %R~b ~c %W~d resetchannels -@all",
		"~a allkeys":                    "off ~* resetchannels -@all",
		"~* resetkeys ~b":               "off ~b resetchannels -@all",
		"&a &b* &a":                     "off resetchannels &a &b* -@all",
		"allchannels":                   "off &* -@all",
		"&* resetchannels &x":           "off resetchannels &x -@all",
		"+get +SET":                     "off resetchannels -@all +get +set",
		"+@all":                         "off resetchannels +@all",
		"allcommands -get":              "off resetchannels +@all -get",
		"+@all nocommands":              "off resetchannels -@all",
		"+@read":                        "off resetchannels -@all +@read",
		"+@read -keys":                  "off resetchannels -@all +@read -keys",
		"+@all -@admin":                 "off resetchannels +@all -@admin",
		"+config":                       "off resetchannels -@all +@admin +config -keys", // most of @admin is there
		"+config|get":                   "off resetchannels -@all +config|get",
		"+@all -config|set":             "off resetchannels +@all -config|set",
		"+select|0 +select|A +SELECT|a": "off resetchannels -@all +select|0 +select|A",
		"+select|0 +select":             "off resetchannels -@all +select",
		"+select|0 -select":             "off resetchannels -@all",
		"+get (~a +set) (&b)":           "off resetchannels -@all +get (~a resetchannels -@all +set) (resetchannels &b -@all)",
		"(~a) clearselectors":           "off resetchannels -@all",
		`(+get "~a")`:                   "off resetchannels -@all (~a resetchannels -@all +get)",
		`(+get "~a)`:                    "off resetchannels -@all (resetchannels -@all)",
		"on >p ~a &b +get (~a) reset":   "off sanitize-payload resetchannels -@all",
	} {
		require.Equal(t, want, newUser(t, rules).String(), rules)
	}
}

// TestSelectorsWithZeroBytes has selectors that end there, in the middle of a word or between quotes.
func TestSelectorsWithZeroBytes(t *testing.T) {
	u, err := newUser(t, "").With([]string{"(+get ~a\x00)", "(+get\x00 ~a)", "(+get \"~a\x00\")"}, false)
	require.NoError(t, err)
	require.Equal(t, "off resetchannels -@all (~a resetchannels -@all +get) (resetchannels -@all +get) (resetchannels -@all)", u.String())
}

func TestOpenChannels(t *testing.T) {
	u, err := testTable().NewUser("u", true).With([]string{"(+get)", "resetchannels"}, true)
	require.NoError(t, err)
	require.Equal(t, "off resetchannels -@all (&* -@all +get)", u.String())
	u, err = u.With([]string{"reset"}, true)
	require.NoError(t, err)
	require.Equal(t, "off sanitize-payload &* -@all", u.String())
}

func TestRuleErrors(t *testing.T) {
	for rule, want := range map[string]error{
		"foo": errSyntax, "(on)": errSyntax, "on)": errSyntax, "(": errSyntax, "%X~a": errSyntax, "%~a": errSyntax, "%": errSyntax,
		"%RR~a": errSyntax, "~a": errAllKeys, "%R~a": errAllKeys, "&a": errAllChannels,
		"+nosuch": errUnknown, "-nosuch": errUnknown, "+": errUnknown, "-": errUnknown, "+@nosuch": errUnknown, "-@": errUnknown,
		"+config|nosuch": errUnknown, "+nosuch|x": errUnknown, "-select|0": errUnknown, "+get|a|b": errUnknown,
		"+config|": errSyntax, "+select|": errSyntax, "+config|get|x": errNestedFirst,
		"#12": errHash, "!12": errHash, "#" + strings.ToUpper(sumOfP): errHash, "<p": errPassword, "!" + sumOfP: errPassword,
		"(+get (+set))": errSyntax, "\x00": errSyntax,
	} {
		u := newUser(t, "allkeys allchannels")
		if want == errSyntax {
			u = newUser(t, "")
		}
		before := u.String()
		_, err := u.With([]string{"on", "+get", rule}, false)
		require.Equal(t, &RuleError{rule, want.Error()}, err, rule)
		require.Equal(t, before, u.String())
	}
	_, err := newUser(t, "").With([]string{"~a b"}, false)
	require.EqualError(t, err, "Syntax error")
	_, err = newUser(t, "").With([]string{"&a\x00b"}, false)
	require.EqualError(t, err, "Syntax error")
}

func TestAccepts(t *testing.T) {
	for rules, passwords := range map[string]string{
		"on >p >q": "p q", "on nopass": "p q x", "off nopass": "", ">p": "", "on": "", "on >p >q <p": "q",
	} {
		for _, password := range []string{"p", "q", "x"} {
			require.Equal(t, strings.Contains(passwords, password), newUser(t, rules).Accepts(password), "%s: %s", rules, password)
		}
	}
}

func TestDefaultUser(t *testing.T) {
	u := testTable().DefaultUser()
	require.Equal(t, "user default on nopass ~* &* +@all", u.Line())
	require.True(t, u.Unrestricted())
	require.True(t, u.Accepts("anything"))
	for rule, want := range map[string]bool{
		"off": true, "-get": false, "resetkeys": false, "resetchannels": false, "-@admin": false, "clearselectors": true, "(+@all)": true,
	} {
		v, err := u.With([]string{rule}, false)
		require.NoError(t, err)
		require.Equal(t, want, v.Unrestricted(), rule)
	}
	require.True(t, newUser(t, "(+@all ~* &*)").Unrestricted())
	require.False(t, newUser(t, "~* &* (+@all)").Unrestricted())
}

// anyRules are rules of which some undo others.
var anyRules = []string{
	"+@read", "-@read", "+@write", "-@write", "+@admin", "-@admin", "+@fast", "-@fast", "+@all", "-@all", "+get", "-get", "+config", "-config",
	"+config|get", "-config|get", "+config|set", "-config|set", "+select|0", "+select|1", "-select", "+keys", "-keys", "+del", "-set",
}

// TestDescriptionsAreRules makes users by their own descriptions.
func TestDescriptionsAreRules(t *testing.T) {
	table := testTable()
	rapid.Check(t, func(rt *rapid.T) {
		rules := rapid.SliceOfN(rapid.SampledFrom(anyRules), 0, 12).Draw(rt, "rules")
		u, err := table.NewUser("u", false).With(rules, false)
		require.NoError(rt, err)
		v, err := table.NewUser("u", false).With(strings.Fields(u.Permissions()[0].Commands), false)
		require.NoError(rt, err)
		for _, args := range [][]string{
			{"get"}, {"mget"}, {"set"}, {"keys"}, {"del"}, {"select", "0"}, {"select", "1"}, {"select", "2"}, {"auth"},
			{"config"}, {"config|get"}, {"config|set"},
		} {
			q := &Request{Command: table.find(args[0]), Args: args}
			a, _ := u.Check(q)
			b, _ := v.Check(q)
			require.Equal(rt, a, b, "%s: %s", args, u)
		}
	})
}

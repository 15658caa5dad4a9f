package acl

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		rules, want []string
		open        string
	}{
		{nil, nil, ""},
		{[]string{"on", "(+get ~a)"}, []string{"on", "(+get ~a)"}, ""},
		{[]string{"(+get", "~a)", "on"}, []string{"(+get ~a)", "on"}, ""},
		{[]string{"(", "+get", "", ")"}, []string{"( +get  )"}, ""},
		{[]string{"(a", "(b", "c)"}, []string{"(b c)"}, ""},
		{[]string{"on", "(+get", "~a"}, nil, "(+get"},
		{[]string{"("}, nil, "("},
	} {
		merged, open, ok := Merge(c.rules)
		require.Equal(t, c.open == "", ok, c.rules)
		if ok {
			require.Equal(t, c.want, merged, c.rules)
		} else {
			require.Equal(t, c.open, open, c.rules)
		}
	}
}

func TestParse(t *testing.T) {
	users, err := testTable().Parse("\n  user a on  +get ~x \r\nuser default\n\nuser b (+get\t ~y) on", "f", false)
	require.NoError(t, err)
	var lines []string
	for _, u := range users {
		lines = append(lines, u.Line())
	}
	require.Equal(t, []string{
		"user a on ~x resetchannels -@all +get",
		"user default off resetchannels -@all",
		"user b on resetchannels -@all (~y resetchannels -@all +get)",
	}, lines)
}

func TestParseErrors(t *testing.T) {
	const end = "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
	for text, want := range map[string]string{
		"user":                   "f:1 should start with user keyword followed by the username. ",
		"\nUSER a":               "f:2 should start with user keyword followed by the username. ",
		"# a comment":            "f:1 should start with user keyword followed by the username. ",
		"user a\tb on":           "'f:1: username 'a\tb' contains invalid characters. ",
		"user a b c":             "f:1: Syntax error. ",
		"user a +foo b +bar":     "f:1: Error in applying operation '+foo': " + errUnknown.Error() + ". f:1: Syntax error. f:1: Error in applying operation '+bar': " + errUnknown.Error() + ". ",
		"user a on\nuser a":      "WARNING: Duplicate user 'a' found on line 2. ",
		"user a (+get":           "f:1: Unmatched parenthesis in selector definition.",
		"user a ~* ~b\nuser a x": "f:1: " + errAllKeys.Error() + ". WARNING: Duplicate user 'a' found on line 2. ",
	} {
		_, err := testTable().Parse(text, "f", false)
		require.EqualError(t, err, want+end, text)
	}
}

// FuzzParse reads what was written. Patterns with parentheses or quotes in them have no form in which a selector can be written.
func FuzzParse(f *testing.F) {
	f.Add("user a on >p ~a %R~b &c +get -@all (+set ~x)")
	f.Fuzz(func(t *testing.T, text string) {
		users, err := testTable().Parse(text, "f", false)
		if err != nil {
			return
		}
		for _, u := range users {
			if strings.ContainsAny(text, `()"'`) {
				continue
			}
			again, err := testTable().Parse(u.Line(), "f", false)
			require.NoError(t, err, u.Line())
			require.Equal(t, u.Line(), again[0].Line())
		}
	})
}

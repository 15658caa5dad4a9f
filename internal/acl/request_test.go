package acl

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// check says why a user may not make a call, and the argument to blame. get and mget read their keys, set changes its first argument, del does both.
func check(u *User, call string) (why Reason, arg string) {
	args := strings.Fields(call)
	q := &Request{Command: u.root().table.find(args[0]), Args: args}
	switch args[0] {
	case "get", "mget":
		for i := range args[1:] {
			q.Keys = append(q.Keys, Key{i + 1, Read})
		}
	case "set":
		q.Keys = []Key{{1, Write}}
	case "del":
		q.Keys = []Key{{1, Read | Write}}
	case "publish":
		q.Channels = [2]int{1, 2}
	case "psubscribe":
		q.Channels, q.Patterns = [2]int{1, len(args)}, true
	}
	why, pos := u.Check(q)
	return why, args[pos]
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		rules, call string
		why         Reason
		arg         string
	}{
		{"", "get a", DeniedCommand, "get"},
		{"", "auth a", Permitted, "auth"},
		{"+get ~a", "get a", Permitted, "get"},
		{"+get ~a", "get b", DeniedKey, "b"},
		{"+get ~a*", "get abc", Permitted, "get"},
		{"+mget ~a ~b", "mget a b c", DeniedKey, "c"},
		{"+get ~*", "get b", Permitted, "get"},
		{"+@all %R~a", "get a", Permitted, "get"},
		{"+@all %R~a", "set a 1", DeniedKey, "a"},
		{"+@all %W~a", "set a 1", Permitted, "set"},
		{"+@all %W~a", "get a", DeniedKey, "a"},
		{"+@all %W~a*", "del a", DeniedKey, "a"},
		{"+@all %W~a %R~a", "del a", Permitted, "del"},
		{"+@all %W~a* %R~*a", "del a", DeniedKey, "a"}, // no one pattern allows both
		{"+publish &a*", "publish ab x", Permitted, "publish"},
		{"+publish &a*", "publish b x", DeniedChannel, "b"},
		{"+publish allchannels", "publish b x", Permitted, "publish"},
		{"+psubscribe &a*", "psubscribe a*", Permitted, "psubscribe"},
		{"+psubscribe &a*", "psubscribe a* ab", DeniedChannel, "ab"},
		{"+select|0", "select 0", Permitted, "select"},
		{"+select|A", "select a", Permitted, "select"},
		{"+select|0", "select 1", DeniedCommand, "select"},
		{"+select|0", "select", DeniedCommand, "select"},
		{"+@all -get", "get a", DeniedCommand, "get"},
		{"+config", "config|get x", Permitted, "config|get"},
		{"+config|get", "config|set x", DeniedCommand, "config|set"},
		{"+get (~a) ", "get a", DeniedKey, "a"},
		{"+get ~a (+set ~b)", "set b 1", Permitted, "set"},
		{"+get ~a (+set ~b)", "set a 1", DeniedKey, "a"},
		{"+mget ~a (+mget ~a ~b)", "mget a b c", DeniedKey, "c"},
		{"+@all (+publish ~*)", "publish a x", DeniedChannel, "a"},
	} {
		why, arg := check(newUser(t, c.rules), c.call)
		require.Equal(t, c.why, why, "%s: %s", c.rules, c.call)
		require.Equal(t, c.arg, arg, "%s: %s", c.rules, c.call)
	}
}

func TestReadsAll(t *testing.T) {
	for rules, want := range map[string]bool{
		"+get ~*": true, "+get ~a": false, "+get %R~*": true, "+get %W~* ~a": false, "~*": false, "+get ~a (~*)": false, "(+get %R~*)": true,
	} {
		u := newUser(t, rules)
		require.Equal(t, want, u.ReadsAll(&Request{Command: u.root().table.find("get"), Args: []string{"get", "a"}, Keys: []Key{{1, Read}}}), rules)
	}
}

func TestHears(t *testing.T) {
	u := newUser(t, "&a* (&b)")
	require.True(t, u.Hears("abc", false))
	require.True(t, u.Hears("b", false))
	require.True(t, u.Hears("a*", true))
	require.False(t, u.Hears("ab*", true))
	require.False(t, u.Hears("c", false))
	require.True(t, newUser(t, "(&*)").Hears("c*", true))
}

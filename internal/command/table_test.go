package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var groups = []string{"string", "bitmap", "hash", "generic", "transactions", "connection", "server", "list", "set", "sorted-set", "hyperloglog", "geo", "stream", "pubsub", "scripting", "cluster"}

// TestTable checks what every row must have.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range commands.full() {
		name := r.FullName()
		require.False(t, seen[name], "%s is there twice", name)
		seen[name] = true
		require.Equal(t, strings.ToLower(r.Name), r.Name)
		require.LessOrEqual(t, len(r.Name), maxName, name)
		require.Contains(t, groups, r.Group, name)
		require.NotEmpty(t, r.Since, name)
		require.NotEmpty(t, r.Cost, name)
		require.True(t, strings.HasSuffix(r.Doc, "."), "%s: %q is no sentence", name, r.Doc)
		require.True(t, r.Run != nil || r.Sub != nil, "%s does nothing", name)
		require.False(t, r.Flags.Has(Write|ReadOnly), name)
		require.True(t, slices.IsSortedFunc(r.History, func(a, b Change) int { return strings.Compare(a.Since, b.Since) }), name)
		require.Same(t, r, commands.named(strings.ToUpper(name)), name)
	}
}

// TestArity checks that no key lies beyond the arguments that a command must
// have.
func TestArity(t *testing.T) {
	for _, r := range commands.full() {
		least := max(r.Arity, -r.Arity)
		require.GreaterOrEqual(t, least, 1+strings.Count(r.FullName(), "|"), r.FullName())
		for _, s := range r.Keys {
			if s.Begin.Index > 0 {
				if s.Find.Last < 0 {
					least++ // there may be none
				}
				require.Less(t, s.Begin.Index+max(s.Find.Last, 0), least, r.FullName())
			}
		}
	}
}

// TestHelpRows checks that HELP has something to show for each sub-command.
func TestHelpRows(t *testing.T) {
	for _, r := range All() {
		if r.Sub == nil {
			continue
		}
		require.NotNil(t, r.sub("HELP"), r.Name)
		for _, sub := range r.Sub {
			require.Equal(t, sub.Arity != 2, sub.Usage != "", "usage %q of %s", sub.Usage, sub.FullName())
		}
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct{ call, name string }{
		{"get k", "get"},
		{"GeT k", "get"},
		{"COMMAND", "command"},
		{"command INFO get", "command|info"},
		{"Object Encoding k", "object|encoding"},
		{"SET k v EX 10", "set"},
	} {
		r, err := Lookup(strings.Fields(c.call))
		require.NoError(t, err, c.call)
		require.Equal(t, c.name, r.FullName())
	}
}

func TestLookupErrors(t *testing.T) {
	a := strings.Repeat("a", 200)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{}, "ERR unknown command '', with args beginning with: "},
		{[]string{""}, "ERR unknown command '', with args beginning with: "},
		{[]string{"NoSuch"}, "ERR unknown command 'NoSuch', with args beginning with: "},
		{[]string{"nosuch", "a", "b c", ""}, "ERR unknown command 'nosuch', with args beginning with: 'a' 'b c' '' "},
		{[]string{a}, "ERR unknown command '" + a[:128] + "', with args beginning with: "},
		{[]string{"x", a, "b"}, "ERR unknown command 'x', with args beginning with: '" + a[:128] + "' "},
		{[]string{"x", a[:100], a, "b"}, "ERR unknown command 'x', with args beginning with: '" + a[:100] + "' '" + a[:25] + "' "},
		{[]string{"a\x00b", "x\x00y", "z"}, "ERR unknown command 'a', with args beginning with: 'x' 'z' "},
		{[]string{"get\x00", "x"}, "ERR unknown command 'get', with args beginning with: 'x' "},
		{[]string{"object|encoding", "k"}, "ERR unknown command 'object|encoding', with args beginning with: 'k' "},
		{[]string{"Object", "foo", "bar"}, "ERR unknown subcommand 'foo'. Try OBJECT HELP."},
		{[]string{"object", a}, "ERR unknown subcommand '" + a[:128] + "'. Try OBJECT HELP."},
		{[]string{"get"}, "ERR wrong number of arguments for 'get' command"},
		{[]string{"GET", "a", "b"}, "ERR wrong number of arguments for 'get' command"},
		{[]string{"object"}, "ERR wrong number of arguments for 'object' command"},
		{[]string{"object", "FREQ"}, "ERR wrong number of arguments for 'object|freq' command"},
	} {
		r, err := Lookup(c.args)
		require.Nil(t, r)
		require.EqualError(t, err, c.want, "%q", c.args)
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	calls := [][]string{{"GET", "k"}, {"BITFIELD_RO", "k"}, {"object", "ENCODING", "k"}}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, args := range calls {
			if _, err := Lookup(args); err != nil {
				t.Error(err)
			}
		}
	}))
}

func BenchmarkLookup(b *testing.B) {
	args := []string{"GET", "k"}
	for b.Loop() {
		if _, err := Lookup(args); err != nil {
			b.Fatal(err)
		}
	}
}

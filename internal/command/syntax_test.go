package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSyntaxTable reads the whole table. That it says what a real server says is shown against one.
func TestSyntaxTable(t *testing.T) {
	for name, text := range syntaxTable {
		s := syntaxReader{rest: text}
		for s.rest != "" {
			before := s.rest
			checkArgument(t, name, s.argument())
			require.NotEqual(t, before, s.rest, name)
			require.True(t, s.rest == "" || s.skip(' '), "%s: %s", name, s.rest)
		}
	}
	for _, r := range commands.full() {
		if r.Arity == 1+strings.Count(r.FullName(), "|") {
			require.Empty(t, syntaxTable[r.FullName()], r.FullName())
		}
	}
}

func checkArgument(t *testing.T, command string, a argument) {
	t.Helper()
	require.NotEmpty(t, a.name, command)
	require.NotEmpty(t, a.kind, "%s: %s", command, a.name)
	require.Equal(t, a.kind == "oneof" || a.kind == "block", len(a.parts) > 0, "%s: %s", command, a.name)
	if row := commands.named(command); a.hasSpec && row != nil {
		require.Less(t, a.spec, len(row.Keys), "%s: %s", command, a.name)
	}
	for _, part := range a.parts {
		checkArgument(t, command, part)
	}
}

// TestEveryArgumentIsDocumented shows that commands which need arguments have them in the table, those of Redis 7.0 and later ones.
func TestEveryArgumentIsDocumented(t *testing.T) {
	for _, r := range commands.full() {
		least := 1 + strings.Count(r.FullName(), "|")
		if r.Sub == nil && max(r.Arity, -r.Arity) > least && r.Group != "" && !undocumented[r.FullName()] {
			require.NotEmpty(t, syntaxTable[r.FullName()], r.FullName())
		}
	}
}

// undocumented are the commands of whose arguments Redis says nothing.
var undocumented = map[string]bool{"debug": true, "pfdebug": true, "command|getkeys": true, "command|getkeysandflags": true}

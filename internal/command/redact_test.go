package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRedact(t *testing.T) {
	for line, want := range map[string]string{
		"AUTH user secret":                              "AUTH * *",
		"HELLO 3 AUTH user secret SETNAME me":           "HELLO 3 AUTH * * SETNAME me",
		"HELLO 3 AUTH user":                             "HELLO 3 AUTH *",
		"HELLO 2 SETNAME auth AUTH user secret":         "HELLO 2 SETNAME auth AUTH * *",
		"HELLO 2 AUTH user secret auth user secret":     "HELLO 2 AUTH * * auth * *",
		"HELLO 2 junk AUTH user secret":                 "HELLO 2 junk AUTH * *",
		"HELLO AUTH user secret":                        "HELLO AUTH * *",
		"config set RequirePass x timeout 1 masterauth": "config set RequirePass * timeout 1 masterauth",
		"MIGRATE h 1 k 0 1 AUTH secret":                 "MIGRATE h 1 k 0 1 AUTH *",
		"MIGRATE h 1 k 0 1 copy auth2 user secret":      "MIGRATE h 1 k 0 1 copy auth2 * *",
		"MIGRATE h 1 k 0 1 junk AUTH2 secret":           "MIGRATE h 1 k 0 1 junk AUTH2 *",
		"MIGRATE h 1 k 0 1 AUTH x KEYS AUTH k":          "MIGRATE h 1 k 0 1 AUTH * KEYS AUTH k",
		"MIGRATE h 1 AUTH 0 1":                          "MIGRATE h 1 AUTH 0 1",
		"SET auth secret":                               "SET auth secret",
	} {
		args := strings.Fields(line)
		got := strings.Join(RowOf(args).Redact(args), " ")
		require.Equal(t, want, strings.ReplaceAll(got, "(redacted)", "*"))
		require.Equal(t, line, strings.Join(args, " "))
	}
}

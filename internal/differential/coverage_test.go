package differential

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/resp"
)

//go:embed testdata/commands.tsv
var commandList string

// row is a command of the list of all commands.
type row struct {
	group, name, since string
}

// commandRows returns the rows of the list, by name.
func commandRows() map[string]row {
	rows := map[string]row{}
	for line := range strings.Lines(commandList) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) >= 3 && !strings.HasPrefix(line, "#") {
			rows[fields[1]] = row{fields[0], fields[1], fields[2]}
		}
	}
	return rows
}

// finishedGroups are the groups of which nook has every command.
var finishedGroups = []string{"string", "bitmap", "hash", "generic", "transactions", "list", "set", "sorted_set", "hyperloglog", "geo", "pubsub", "stream", "scripting"}

// finishedRows are the finished commands of other groups.
var finishedRows = []string{
	"ACL CAT", "ACL DELUSER", "ACL DRYRUN", "ACL GENPASS", "ACL GETUSER", "ACL LIST", "ACL LOAD", "ACL LOG", "ACL SAVE", "ACL SETUSER", "ACL USERS", "ACL WHOAMI",
	"AUTH", "CLIENT GETNAME", "CLIENT ID", "CLIENT INFO", "CLIENT LIST", "CLIENT SETINFO", "CLIENT SETNAME", "CLIENT UNBLOCK",
	"ECHO", "HELLO", "PING", "QUIT", "RESET", "RESTORE-ASKING", "SELECT",
	"CONFIG GET", "CONFIG RESETSTAT", "CONFIG REWRITE", "CONFIG SET",
	"COMMAND", "COMMAND COUNT", "COMMAND DOCS", "COMMAND GETKEYS", "COMMAND GETKEYSANDFLAGS", "COMMAND INFO",
	"COMMAND LIST", "DBSIZE", "FLUSHALL", "FLUSHDB", "INFO", "SHUTDOWN", "SWAPDB", "TIME",
	"LATENCY DOCTOR", "LATENCY GRAPH", "LATENCY HISTOGRAM", "LATENCY HISTORY", "LATENCY LATEST", "LATENCY RESET",
	"DEBUG", "MEMORY DOCTOR", "MEMORY MALLOC-STATS", "MEMORY PURGE", "MEMORY STATS", "MEMORY USAGE",
	"FAILOVER", "LOLWUT", "MODULE LIST", "MODULE LOAD", "MODULE LOADEX", "MODULE UNLOAD", "PSYNC", "REPLCONF", "REPLICAOF", "ROLE", "SLAVEOF", "SYNC",
	"SLOWLOG GET", "SLOWLOG LEN", "SLOWLOG RESET",
	"ASKING", "READONLY", "READWRITE", "CLUSTER ADDSLOTS", "CLUSTER ADDSLOTSRANGE", "CLUSTER BUMPEPOCH", "CLUSTER COUNT-FAILURE-REPORTS",
	"CLUSTER COUNTKEYSINSLOT", "CLUSTER DELSLOTS", "CLUSTER DELSLOTSRANGE", "CLUSTER FLUSHSLOTS", "CLUSTER GETKEYSINSLOT", "CLUSTER INFO",
	"CLUSTER KEYSLOT", "CLUSTER LINKS", "CLUSTER MYID", "CLUSTER NODES", "CLUSTER REPLICAS", "CLUSTER RESET", "CLUSTER SAVECONFIG",
	"CLUSTER SET-CONFIG-EPOCH", "CLUSTER SETSLOT", "CLUSTER SHARDS", "CLUSTER SLAVES", "CLUSTER SLOTS",
}

// finished returns the names of all finished commands, sorted.
func finished() []string {
	names := slices.Clone(finishedRows)
	for name, row := range commandRows() {
		if slices.Contains(finishedGroups, row.group) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// sent are the commands that a real server has answered with more than an
// error, by name.
var sent struct {
	sync.Mutex
	names map[string]bool
}

// noteSent notes the commands of a step that were answered.
func noteSent(s step, out outcome) {
	for i, r := range out.replies {
		if r.Kind != resp.KindError && s.command(i) != nil {
			noteAnswered(s.command(i))
		}
	}
}

func noteAnswered(c command) {
	if name := c.name(); name != scanAll {
		noteRow(name)
	} else {
		noteRow("SCAN")
	}
}

// noteRow notes that the command of a row of the list was answered.
func noteRow(name string) {
	sent.Lock()
	defer sent.Unlock()
	if sent.names == nil {
		sent.names = map[string]bool{}
	}
	sent.names[name] = true
}

// reportUnsent prints the finished commands that no test has sent, and returns
// the exit code. It can only run after all tests, in TestMain.
func reportUnsent() int {
	sent.Lock()
	defer sent.Unlock()
	missing := slices.DeleteFunc(finished(), func(name string) bool { return sent.names[name] })
	if len(missing) == 0 {
		return 0
	}
	fmt.Printf("--- FAIL: finished commands that no test of this package sends: %s\n", strings.Join(missing, ", "))
	return 1
}

// TestEveryCommandHasATest checks the lists; whether every finished command is
// sent is known only after all tests (see reportUnsent).
func TestEveryCommandHasATest(t *testing.T) {
	rows := commandRows()
	require.Greater(t, len(rows), 300)
	groups := map[string]bool{}
	for _, row := range rows {
		groups[row.group] = true
	}
	for _, group := range finishedGroups {
		require.True(t, groups[group], group)
	}
	for _, name := range finishedRows {
		require.Contains(t, rows, name)
	}
	for _, name := range finishedRows {
		require.NotContains(t, finishedGroups, rows[name].group, name)
	}
}

package house

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// typedOnly are the typed methods that no wire command has, with the reason.
var typedOnly = map[string]string{
	"DBIndex":   "tells of the handle",
	"Commands":  "is the handle",
	"Tx":        "tells of the handle",
	"Databases": "an option of the store",
	"MakeRoom":  "what the server does before it queues a command",

	"Sleep": "a part of WAIT", "DebugDigest": "a part of DEBUG", "DebugDigestValue": "a part of DEBUG", "DebugObject": "a part of DEBUG", "SetActiveExpire": "a part of DEBUG",

	"MaxStringLen": "an option of the store",
	"Events":       "PSUBSCRIBE receives events as messages",

	"LibraryRevision": "for those who keep something of libraries",
	"As":              "tells on whose behalf a handle is used",
	"Caller":          "tells on whose behalf a handle is used",
	"Clock":           "an option of the store",
	"Extension":       "for packages that keep something with the store",
}

// wireOnly are the wire commands that no typed method has, with the reason.
var wireOnly = map[string]string{
	"AUTH": session, "HELLO": session, "PING": session, "ECHO": session, "QUIT": session, "RESET": session,
	"CLIENT CACHING": session, "CLIENT CAPA": session, "CLIENT GETREDIR": session, "CLIENT KILL": session, "CLIENT NO-EVICT": session,
	"CLIENT NO-TOUCH": "As makes a handle of it", "CLIENT PAUSE": session, "CLIENT REPLY": session, "CLIENT TRACKINGINFO": session,
	"CLIENT UNPAUSE": session, "MONITOR": session,
	"CLIENT GETNAME": session, "CLIENT HELP": session, "CLIENT ID": session, "CLIENT INFO": session,
	"CLIENT LIST": session, "CLIENT SETINFO": session, "CLIENT SETNAME": session, "CLIENT UNBLOCK": session,
	"RESTORE-ASKING": "RESTORE to a node of a cluster that has not the slot yet",
	"MIGRATE":        "Dump, RestoreWith and Del have the same effect; where both are stores of a process there is Store.Transfer",
	"DISCARD":        "a function that returns early has the same effect",
	"COMMAND":        table, "COMMAND COUNT": table, "COMMAND DOCS": table, "COMMAND GETKEYS": table,
	"COMMAND GETKEYSANDFLAGS": table, "COMMAND HELP": table, "COMMAND INFO": table, "COMMAND LIST": table,
	"OBJECT HELP": table, "PUBSUB HELP": table, "XGROUP HELP": table, "XINFO HELP": table,
	"CONFIG HELP": table, "CONFIG RESETSTAT": figures, "CONFIG REWRITE": "there is no file",
	"SHUTDOWN":     "about the server, not the store",
	"BGREWRITEAOF": disk, "BGSAVE": disk, "LASTSAVE": disk, "SAVE": disk,
	"EVAL": scripts, "EVAL_RO": scripts, "EVALSHA": scripts, "EVALSHA_RO": scripts, "FCALL": scripts, "FCALL_RO": scripts,
	"FUNCTION KILL": "a context ends what it was given to", "SCRIPT KILL": "a context ends what it was given to",
	"FUNCTION STATS": figures, "FUNCTION HELP": table, "SCRIPT HELP": table,
	"ACL CAT": table, "ACL HELP": table, "ACL DELUSER": access, "ACL DRYRUN": access, "ACL GENPASS": access, "ACL GETUSER": access, "ACL LIST": access,
	"ACL LOAD": access, "ACL LOG": access, "ACL SAVE": access, "ACL SETUSER": access, "ACL USERS": access, "ACL WHOAMI": access,
	"FAILOVER": replicas, "PSYNC": replicas, "REPLCONF": replicas, "REPLICAOF": replicas, "ROLE": replicas, "SLAVEOF": replicas, "SYNC": replicas,
	"WAIT": replicas, "WAITAOF": replicas, "LOLWUT": "a joke",
	"MODULE HELP": modules, "MODULE LIST": modules, "MODULE LOAD": modules, "MODULE LOADEX": modules, "MODULE UNLOAD": modules,
	"DEBUG": "of its parts those about the store have methods", "MEMORY DOCTOR": figures, "MEMORY HELP": table,
	"MEMORY MALLOC-STATS": figures, "MEMORY PURGE": figures, "MEMORY STATS": figures,
	"LATENCY DOCTOR": figures, "LATENCY GRAPH": figures, "LATENCY HELP": table, "LATENCY HISTOGRAM": figures,
	"LATENCY HISTORY": figures, "LATENCY LATEST": figures, "LATENCY RESET": figures,
	"SLOWLOG GET": figures, "SLOWLOG HELP": table, "SLOWLOG LEN": figures, "SLOWLOG RESET": figures,
	"SCRIPT DEBUG": session, "SCRIPT EXISTS": cache, "SCRIPT FLUSH": cache, "SCRIPT LOAD": cache, "SCRIPT SHOW": cache,
	"ASKING": nodes, "READONLY": nodes, "READWRITE": nodes, "CLUSTER ADDSLOTS": nodes, "CLUSTER ADDSLOTSRANGE": nodes,
	"CLUSTER BUMPEPOCH": nodes, "CLUSTER COUNT-FAILURE-REPORTS": nodes, "CLUSTER COUNTKEYSINSLOT": nodes,
	"CLUSTER DELSLOTS": nodes, "CLUSTER DELSLOTSRANGE": nodes, "CLUSTER FAILOVER": nodes, "CLUSTER FLUSHSLOTS": nodes,
	"CLUSTER FORGET": nodes, "CLUSTER GETKEYSINSLOT": nodes, "CLUSTER HELP": nodes, "CLUSTER INFO": nodes,
	"CLUSTER KEYSLOT": nodes, "CLUSTER LINKS": nodes, "CLUSTER MEET": nodes, "CLUSTER MYID": nodes, "CLUSTER MYSHARDID": nodes,
	"CLUSTER NODES": nodes, "CLUSTER REPLICAS": nodes, "CLUSTER REPLICATE": nodes, "CLUSTER RESET": nodes,
	"CLUSTER SAVECONFIG": nodes, "CLUSTER SET-CONFIG-EPOCH": nodes, "CLUSTER SETSLOT": nodes, "CLUSTER SHARDS": nodes,
	"CLUSTER SLAVES": nodes, "CLUSTER SLOT-STATS": nodes, "CLUSTER SLOTS": nodes,
}

const (
	replicas = "about replicas, which there are none"
	modules  = "about modules, which there are none"
	session  = "about a connection"
	figures  = "about figures of the server"
	table    = "about the wire table"
	scripts  = "what package script is for"
	access   = "a program that has the store may do everything"
	disk     = "about files; in Go it is persist.Store"
	nodes    = "about the nodes of a cluster; in Go it is server.Cluster"
	cache    = "in Go a script is a variable"
)

// TestWireNames checks that the comment of each typed command ends with its names
// on the wire, or with the method that has them, and that each wire
// command is named by one method.
func TestWireNames(t *testing.T) {
	methods, err := Methods(root)
	require.NoError(t, err)
	homes := map[string]string{} // method by wire name
	for _, m := range methods {
		for _, name := range m.Wire {
			require.Contains(t, rows(), name, "%s: no row of the command table", m)
			if homes[name] != "" {
				t.Errorf("%s names %s, which stands at %s already; write: See %s.", m, name, homes[name], homes[name])
			}
			homes[name] = m.String()
		}
	}
	for _, m := range methods {
		refers := slices.ContainsFunc(methods, func(o Method) bool { return o.Wire != nil && o.String() == m.See })
		switch {
		case m.See != "" && !refers:
			t.Errorf("%s: the comment refers to %s, which has no wire names", m, m.See)
		case m.Receiver == commandsType && m.Wire == nil && !refers && typedOnly[m.Name] == "":
			t.Errorf("%s: the comment ends neither with wire names nor with a method that has them", m)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows())) {
		if homes[name] == "" && wireOnly[name] == "" {
			t.Errorf("no typed method names %s", name)
		}
	}
	for name := range wireOnly {
		require.Contains(t, rows(), name)
		require.Empty(t, homes[name], name)
	}
}

func TestEnding(t *testing.T) {
	for _, c := range []struct {
		text string
		wire []string
		see  string
	}{
		{"Get returns.\n\nO(1). GET.", []string{"GET"}, ""},
		{"O(log n) in all. SETEX,\nSETNX.", []string{"SETEX", "SETNX"}, ""},
		{"O(1). OBJECT ENCODING.", []string{"OBJECT ENCODING"}, ""},
		{"FlushAll deletes. FLUSHALL.", []string{"FLUSHALL"}, ""},
		{"SetBytes is Set with bytes. See Set.", nil, "Set"},
		{"O(1). SETEX, SETNX; see Set.", []string{"SETEX", "SETNX"}, "Set"},
		{"A comment that ends with a name GET.", nil, ""},
		{"O(n); see Scan.", nil, ""},
		{"GET. A comment that begins with a name.", nil, ""},
		{"", nil, ""},
	} {
		wire, see := ending(c.text)
		require.Equal(t, c.wire, wire, c.text)
		require.Equal(t, c.see, see, c.text)
	}
}

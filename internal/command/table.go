package command

import (
	"strings"

	"github.com/nookdb/nook/internal/acl"
)

// commands is the table of all commands.
var commands = newTable(
	stringRows, bitmapRows, hashRows, hashTTLRows,
	listRows, setRows, zsetRows,
	hllRows, geoRows, sortRows, streamRows, streamGroupRows,
	replicationRows, moduleRows, lolwutRows,
	keyRows, dumpRows, migrateRows, ttlRows, scanRows, objectRows,
	pubsubRows, scriptRows, connectionRows, transactionRows, serverRows, persistenceRows, debugRows, memoryRows, slowlogRows, latencyRows, configRows, commandRows, aclRows, clusterRows, roleRows,
)

// All returns the rows of all commands; those of sub-commands are in their
// containers' Sub.
func All() []*Row { return commands.rows }

// Lookup finds the row of a call by the call's arguments, whose first is the
// name, and checks their number. For a container it is the row of the
// sub-command. The error is the reply that Redis gives.
func Lookup(args []string) (*Row, error) { return commands.lookup(args) }

// table is a set of commands. A row knows its table, so that commands can look
// at commands though the table refers to them.
type table struct {
	rows   []*Row
	byName map[string]*Row // by name in lower case
	mode   string          // of the server that has the table, as HELLO tells it; "" if that depends on the server
	access *acl.Table
}

// maxName is longer than the name of any command.
const maxName = 32

// newTable joins families of rows.
func newTable(families ...[]*Row) *table {
	t := &table{byName: map[string]*Row{}}
	for _, rows := range families {
		for _, r := range rows {
			t.rows = append(t.rows, r)
			t.byName[r.Name] = r
			r.join(t, nil)
		}
	}
	t.access = t.accessTable()
	return t
}

// join makes r and its sub-commands part of a table.
func (r *Row) join(t *table, parent *Row) {
	r.table, r.parent = t, parent
	if _, _, _, movable := r.keyRange(); movable {
		r.Flags |= MovableKeys
	}
	for _, sub := range r.Sub {
		sub.join(t, r)
	}
}

func (t *table) lookup(args []string) (*Row, error) {
	r := t.find(args)
	switch {
	case r == nil:
		return nil, t.unknown(args)
	case !r.Fits(len(args)):
		return nil, r.arityError()
	}
	return r, nil
}

// find returns the row of a call, whatever the number of its arguments, or nil.
// It does not allocate.
func (t *table) find(args []string) *Row {
	if len(args) == 0 {
		return nil
	}
	r := t.row(args[0])
	if r == nil || len(args) == 1 || r.Sub == nil {
		return r
	}
	return r.sub(args[1])
}

// row returns the row of a name in any case, or nil.
func (t *table) row(name string) *Row {
	var lower [maxName]byte
	if len(name) > maxName {
		return nil
	}
	for i := range len(name) {
		lower[i] = toLower(name[i])
	}
	return t.byName[string(lower[:len(name)])]
}

// sub returns the row of a sub-command, or nil.
func (r *Row) sub(name string) *Row {
	for _, s := range r.Sub {
		if sameName(name, s.Name) {
			return s
		}
	}
	return nil
}

// named returns the row of a full name such as "client|id", or nil.
func (t *table) named(name string) *Row {
	container, sub, nested := strings.Cut(name, "|")
	r := t.row(container)
	if r == nil || !nested {
		return r
	}
	return r.sub(sub)
}

// most is how many bytes of an argument an error shows.
const most = 128

// tryHelp is what errors of sub-commands end with.
func tryHelp(container string) string { return " Try " + upper(cString(container)) + " HELP." }

// unknown returns the error of a call that has no row. As in Redis it shows at
// most 128 bytes of the name and, about, of the arguments.
func (t *table) unknown(args []string) Error {
	if len(args) > 1 && t.row(args[0]) != nil {
		return Error("ERR unknown subcommand '" + shown(args[1], most) + "'." + tryHelp(args[0]))
	}
	var name string
	var list strings.Builder
	for i, arg := range args {
		switch room := most - list.Len(); {
		case i == 0:
			name = shown(arg, most)
		case room > 0:
			list.WriteString("'" + shown(arg, room) + "' ")
		}
	}
	return Error("ERR unknown command '" + name + "', with args beginning with: " + list.String())
}

// shown returns the part of an argument that an error shows: its first bytes, none
// of them zero.
func shown(arg string, most int) string {
	arg = cString(arg)
	return arg[:min(len(arg), most)]
}

// arityError returns the error of a call with too few or too many arguments.
func (r *Row) arityError() Error {
	return Error("ERR wrong number of arguments for '" + r.FullName() + "' command")
}

package differential

import (
	"slices"

	"pgregory.net/rapid"
)

// transactionForms go to two connections in turn, outside and inside of
// transactions. The commands between touch watched keys in every way there is.
var transactionForms = parseForms(`
	3* WATCH {key}+
	UNWATCH
	2* MULTI
	4* EXEC
	DISCARD
	4* SET {key} {value}
	2* GET {key}
	INCR {key}
	APPEND {key} {value}
	SETRANGE {key} {offset} {value}
	SETBIT {key} {bitoffset} {bit}
	MSETNX ({key} {value})+
	DEL {key}+
	GETDEL {key}
	GETEX {key} [EX {secs}|PERSIST|EXAT {past}]
	EXPIRE {key} {secs} [NX|XX]
	EXPIREAT {key} {past}
	PERSIST {key}
	RENAME {key} {key}
	COPY {key} {key} [DB {db}] [REPLACE]
	MOVE {key} {db}
	TOUCH {key}
	BITOP (AND|OR|XOR) {key} {key}+
	FLUSHDB
	FLUSHALL
	SWAPDB {db} {db}
	SELECT {db}
	PING
	RESET
	NOSUCHCOMMAND {value}
`)

var transactionChunks = []func(*rapid.T) []step{transaction}

// other is the connection of a chunk that is not its own.
const other = 1

// transaction draws a whole transaction: WATCH or not, reads, MULTI, commands
// of all families, EXEC or DISCARD, and between all these perhaps a command of
// the other connection.
func transaction(t *rapid.T) []step {
	own := func(forms ...string) step { return step{commands: []command{drawForm(t, pick(t, forms))}} }
	var steps []step
	if chance(t, 2) {
		steps = append(steps, own("WATCH {key}+"))
	}
	for range roll(t, 2) {
		steps = append(steps, own("GET {key}", "EXISTS {key}+", "SELECT {db}"))
	}
	steps = append(steps, own("MULTI"))
	for range 1 + roll(t, 4) {
		steps = append(steps, step{commands: []command{transactional.command(t)}})
	}
	steps = append(steps, own("EXEC", "EXEC", "EXEC", "EXEC", "DISCARD", "RESET"))
	if chance(t, 3) {
		interloper := step{conn: other, commands: []command{transactional.command(t)}}
		steps = slices.Insert(steps, roll(t, len(steps)), interloper)
	}
	return steps
}

// transactional are the commands inside of transactions.
var transactional = family{conns: 1, forms: slices.Concat(stringForms, bitmapForms, genericForms)}

// inTransaction returns a chunk of commands that would wait outside of a transaction. It is one
// pipeline: the connection cannot end between.
func inTransaction(forms []form) func(*rapid.T) []step {
	return func(t *rapid.T) []step {
		commands := []command{{"MULTI"}}
		for range 1 + roll(t, 3) {
			commands = append(commands, pick(t, forms).shape.draw(t, nil))
		}
		return []step{{commands: append(commands, command{"EXEC"})}}
	}
}

func drawForm(t *rapid.T, line string) command { return parseForm(line).shape.draw(t, nil) }

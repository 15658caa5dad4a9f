package differential

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// family is a group of commands that are tested together.
type family struct {
	name  string
	conns int // connections that its sequences use
	forms []form
	// chunks draw steps that belong together, such as a transaction.
	chunks []func(*rapid.T) []step
	exact  bool // no command is made wrong
}

// families are what the tests draw from.
var families = []family{
	{name: "string", conns: 1, forms: stringForms, chunks: stringChunks},
	{name: "bitmap", conns: 1, forms: bitmapForms},
	{name: "hash", conns: 1, forms: hashForms},
	{name: "list", conns: 1, forms: listForms, chunks: listChunks},
	{name: "set", conns: 1, forms: setForms, chunks: setChunks},
	{name: "zset", conns: 1, forms: zsetForms, chunks: zsetChunks},
	{name: "hyperloglog", conns: 1, forms: hllForms, chunks: hllChunks},
	{name: "geo", conns: 1, forms: geoForms},
	{name: "sort", conns: 1, forms: sortForms, chunks: sortChunks},
	{name: "stream", conns: 1, forms: streamForms, chunks: streamChunks},
	{name: "groups", conns: 2, forms: groupForms, chunks: groupChunks},
	{name: "generic", conns: 2, forms: genericForms},
	{name: "transactions", conns: 2, forms: transactionForms, chunks: transactionChunks},
	{name: "connection", conns: 2, forms: connectionForms, chunks: connectionChunks},
	scriptFamily,
	dumpFamily,
}

// everything is all families together.
func everything() family {
	all := family{name: "everything", conns: 3}
	for _, f := range families {
		all.forms = append(all.forms, f.forms...)
		all.chunks = append(all.chunks, f.chunks...)
	}
	return all
}

func TestDifferential(t *testing.T) {
	sides := versus(t)
	for _, f := range append(families, everything()) {
		t.Run(f.name, func(t *testing.T) { f.check(t, sides, *checks) })
	}
}

// TestDifferentialOnSocket is TestDifferential with nook on a socket.
func TestDifferentialOnSocket(t *testing.T) {
	everything().check(t, versusOnSocket(t), *checks/4+1)
}

// TestTwoRealServersAgree shows that a difference between nook and a real
// server is nook's: two real servers agree on the same sequences.
func TestTwoRealServersAgree(t *testing.T) {
	sides := twoRealServers(t)
	t.Run("scripts", func(t *testing.T) { runScripts(t, "testdata/scripts/*.txt", sides) })
	for _, f := range append(families, everything()) {
		t.Run(f.name, func(t *testing.T) { f.check(t, sides, *checks/10+1) })
	}
}

// check runs sequences of the family over both versions of the protocol.
func (f family) check(t *testing.T, sides [2]side, checks int) {
	setChecks(t, checks)
	sequences := f.sequences()
	// The last failure is that of the shrunk sequence. Rapid logs only its very
	// last run, which passes if the failure comes and goes.
	var failure *transcript
	t.Cleanup(func() {
		if failure != nil {
			t.Log(failure.String())
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		steps := sequences.Draw(t, "sequence")
		for _, version := range []int{2, 3} {
			if log := run(t, sides, version, steps); !log.agree() {
				failure = log
				t.Fatalf("the replies differ")
			}
		}
	})
}

// maxSteps bounds a sequence. Few are as long.
const maxSteps = 100

// sequences draws sequences of the family. They are made of chunks, and chunks
// of steps, both of which shrinking can drop; rapid's slices of five or six
// elements would be too short without the chunks.
func (f family) sequences() *rapid.Generator[sequence] {
	chunks := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(f.steps), 1, -1), 1, -1)
	return rapid.Custom(func(t *rapid.T) sequence {
		var all sequence
		for _, chunk := range chunks.Draw(t, "") {
			for _, steps := range chunk {
				all = append(all, steps...)
			}
		}
		return all[:min(len(all), maxSteps)]
	})
}

// steps draws a command, a pipeline of some, or a chunk.
func (f family) steps(t *rapid.T) []step {
	conn := f.conn(t)
	switch n := roll(t, 16); {
	case n == 15:
		return []step{{conn: conn, commands: rapid.SliceOfN(rapid.Custom(f.command), 2, 5).Draw(t, "")}}
	case n >= 12 && len(f.chunks) > 0:
		steps := pick(t, f.chunks)(t)
		for i := range steps {
			steps[i].conn = (steps[i].conn + conn) % f.conns
		}
		return steps
	}
	return []step{{conn: conn, commands: []command{f.command(t)}}}
}

// conn draws a connection, mostly the first one.
func (f family) conn(t *rapid.T) int {
	if f.conns == 1 || !chance(t, 4) {
		return 0
	}
	return 1 + roll(t, f.conns-1)
}

// command draws a command of the family; one in some is made wrong.
func (f family) command(t *rapid.T) command {
	c := f.form(t).shape.draw(t, nil)
	if !f.exact && chance(t, 12) {
		if wrong := mutate(t, slices.Clone(c)); !isLonger(wrong) {
			return wrong
		}
	}
	return c
}

// isLonger reports whether a command has more arguments than Redis 7.0 takes, but not more than later
// versions do. Within a transaction that makes a difference to all of it.
func isLonger(c command) bool {
	if inner, _ := relayed(c); inner != nil {
		c = inner
	}
	return (c.name() == "ZRANK" || c.name() == "ZREVRANK") && len(c) > 3
}

// form draws a form by weight. Every family also changes its database now and
// then, and makes keys of all types.
func (f family) form(t *rapid.T) form {
	switch n := roll(t, 32); {
	case n == 31:
		return selectForm
	case n >= 28:
		return pick(t, pick(t, types).forms)
	}
	total := 0
	for _, form := range f.forms {
		total += form.weight
	}
	n := roll(t, total)
	for _, form := range f.forms {
		if n -= form.weight; n < 0 {
			return form
		}
	}
	panic("unreachable")
}

var selectForm = parseForm("SELECT {db}")

// mutate takes an argument away, adds one, replaces one or writes one twice.
func mutate(t *rapid.T, c command) command {
	if len(c) == 1 {
		return append(c, pick(t, junk))
	}
	i := 1 + roll(t, len(c)-1)
	switch roll(t, 4) {
	case 0:
		return slices.Delete(c, i, i+1)
	case 1:
		return append(c, pick(t, junk))
	case 2:
		c[i] = pick(t, junk)
		return c
	}
	return slices.Insert(c, i, c[i])
}

package differential

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/resp"
)

// difference is a way in which nook answers differently from Redis 7.0 on
// purpose.
type difference struct {
	name   string
	reason string
	// allows reports whether the difference explains these replies to a command.
	allows func(c command, redis, nook resp.Reply) bool
	// After setup, each step of shown is answered differently. None changes
	// what is stored, which is compared at the end.
	setup, shown sequence
	// rows are the commands of the list of commands that shown sends to nook
	// alone: a real server does not know them.
	rows []string
}

// differences are all of them. Commands and options that Redis 7.0 does not
// have are here only to show that nook has them: generators do not draw them,
// and what they do is tested elsewhere.
var differences = []difference{
	{
		name:   "newer commands",
		reason: "Redis 8.4 has DELEX, DIGEST and MSETEX; 7.0 has not.",
		allows: newer("DELEX", "DIGEST", "MSETEX"),
		setup:  sequence{one("SET", "a", "1")},
		shown: sequence{
			one("DELEX", "a", "IFEQ", "2"),
			one("DIGEST", "a"),
			one("MSETEX", "1", "a", "1", "NX"),
		},
		rows: []string{"DELEX", "DIGEST", "MSETEX"},
	},
	{
		name:   "SET with a condition on the value",
		reason: "Valkey 8.1 and Redis 8.4 have SET IFEQ and the like; 7.0 has not.",
		allows: newerOption("SET", "IFEQ", "IFNE", "IFDEQ", "IFDNE"),
		setup:  sequence{one("SET", "a", "1")},
		shown: sequence{
			one("SET", "a", "1", "IFEQ", "2"),
			one("SET", "a", "1", "IFNE", "1"),
			one("SET", "a", "1", "IFEQ", "1"),
		},
		rows: []string{"SET IFEQ"},
	},
	{
		name:   "BITOP with newer operations",
		reason: "Redis 8.2 has BITOP DIFF, DIFF1, ANDOR and ONE; 7.0 has not.",
		allows: newerOption("BITOP", "DIFF", "DIFF1", "ANDOR", "ONE"),
		shown: sequence{
			one("BITOP", "DIFF", "d", "a", "b"),
			one("BITOP", "DIFF1", "d", "a", "b"),
			one("BITOP", "ANDOR", "d", "a", "b"),
			one("BITOP", "ONE", "d", "a", "b"),
		},
	},
	{
		name:   "CLIENT SETINFO",
		reason: "Redis 7.2 has it, and clients of today send it on every connection; 7.0 has not.",
		allows: newer("CLIENT SETINFO"),
		shown: sequence{
			one("CLIENT", "SETINFO", "lib-name", "go-redis"),
			one("CLIENT", "SETINFO", "LIB-VER", "9"),
		},
		rows: []string{"CLIENT SETINFO"},
	},
	{
		name:   "library of a client",
		reason: "Redis 7.2 shows at the end what CLIENT SETINFO said; 7.0 does not. nook shows it of clients that said something.",
		allows: libraryShown,
		setup:  sequence{one("CLIENT", "SETINFO", "lib-name", "go-redis")},
		shown:  sequence{one("CLIENT", "INFO"), one("CLIENT", "LIST"), one("CLIENT", "LIST", "TYPE", "normal")},
	},
	{
		name:   "refcount of a copied integer",
		reason: "Redis shares small integers, but not between a key and its COPY. nook keeps none apart, and answers for all as if shared.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "OBJECT REFCOUNT" && redis.Int == 1 && nook.Int == sharedRefcount
		},
		setup: sequence{one("SET", "a", "1"), one("OBJECT", "REFCOUNT", "a"), one("COPY", "a", "b")},
		shown: sequence{one("OBJECT", "REFCOUNT", "b")},
	},
	{
		name:   "refcount in a transaction",
		reason: "Redis also counts the argument of a queued command that became the value, until EXEC has ended. nook does not keep it.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "OBJECT REFCOUNT" && redis.Int == 2 && nook.Int == 1
		},
		setup: sequence{one("MULTI"), one("SET", "a", "10000"), one("OBJECT", "REFCOUNT", "a")},
		shown: sequence{one("EXEC")},
	},
	{
		name:   "help",
		reason: "The texts are nook's own, and tell of the subcommands that it has.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return strings.HasSuffix(c.name(), " HELP") && isText(redis) && isText(nook)
		},
		shown: sequence{one("OBJECT", "HELP"), one("CLIENT", "HELP"), one("COMMAND", "HELP")},
	},
	{
		name:   "number of commands",
		reason: "nook has some newer commands, and not all that are about replicas and clusters.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "COMMAND COUNT" && redis.Kind == resp.KindInt && nook.Kind == resp.KindInt
		},
		shown: sequence{one("COMMAND", "COUNT")},
	},
}

// sharedRefcount is what OBJECT REFCOUNT answers for shared integers.
const sharedRefcount = 2147483647

// newer allows commands that a real server does not know and nook does.
func newer(names ...string) func(c command, redis, nook resp.Reply) bool {
	return func(c command, redis, nook resp.Reply) bool {
		for _, name := range names {
			if c.name() == name {
				return isUnknown(redis) && nook.Kind != resp.KindError
			}
		}
		return false
	}
}

func isUnknown(r resp.Reply) bool {
	return r.Kind == resp.KindError && strings.HasPrefix(r.Str, "ERR unknown ")
}

// newerOption allows options that are a syntax error for a real server and
// none for nook.
func newerOption(name string, options ...string) func(c command, redis, nook resp.Reply) bool {
	return func(c command, redis, nook resp.Reply) bool {
		if c.name() != name || redis.Str != "ERR syntax error" || nook.Kind == resp.KindError {
			return false
		}
		for _, option := range options {
			if c.has(option) {
				return true
			}
		}
		return false
	}
}

// libraryShown allows the fields that Redis 7.2 added to the lines of clients.
func libraryShown(c command, redis, nook resp.Reply) bool {
	without := nook
	without.Str = libraryFields.ReplaceAllString(nook.Str, "")
	switch c.name() {
	case "CLIENT INFO":
		return sameClient(redis, without)
	case "CLIENT LIST":
		return sameClients(redis, without)
	}
	return false
}

var libraryFields = regexp.MustCompile(` lib-name=\S* lib-ver=\S*`)

// isText reports whether r is lines of text.
func isText(r resp.Reply) bool {
	isOther := func(e resp.Reply) bool { return e.Kind != resp.KindSimple }
	return r.Kind == resp.KindArray && len(r.Elems) > 1 && !slices.ContainsFunc(r.Elems, isOther)
}

// explained counts the replies that each difference has explained. Tests of
// this package do not run in parallel.
var explained = map[string]int{}

// accepted reports whether the list explains these replies to a command.
func accepted(c command, redis, nook resp.Reply) bool {
	if len(c) == 0 {
		return false
	}
	for _, d := range differences {
		if d.allows(c, redis, nook) {
			explained[d.name]++
			return true
		}
	}
	return false
}

// TestDifferencesShow shows each difference, so that the list names none that
// is gone.
func TestDifferencesShow(t *testing.T) {
	sides := versus(t)
	for _, d := range differences {
		t.Run(d.name, func(t *testing.T) {
			require.NotEmpty(t, d.reason)
			for _, version := range []int{2, 3} {
				explained[d.name] = 0
				log := run(t, sides, version, slices.Concat(d.setup, d.shown))
				require.True(t, log.agree(), log.String())
				require.Equal(t, len(d.shown), explained[d.name], log.String())
			}
			for _, row := range d.rows {
				noteRow(row)
			}
		})
	}
}

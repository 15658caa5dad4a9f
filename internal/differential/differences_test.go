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
		name:   "WAITAOF",
		reason: "Redis 7.2 has it; 7.0 has not.",
		allows: newer("WAITAOF"),
		shown:  sequence{one("WAITAOF", "0", "0", "0"), one("WAITAOF", "0", "1", "5")},
		rows:   []string{"WAITAOF"},
	},
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
		name:   "times to live of the fields of a hash",
		reason: "Redis 7.4 has the commands for them, and 8.0 HGETDEL, HGETEX and HSETEX; 7.0 has not.",
		allows: newer("HEXPIRE", "HEXPIREAT", "HEXPIRETIME", "HGETDEL", "HGETEX", "HPERSIST", "HPEXPIRE",
			"HPEXPIREAT", "HPEXPIRETIME", "HPTTL", "HSETEX", "HTTL"),
		setup: sequence{one("HSET", "h", "f", "v")},
		shown: sequence{
			one("HTTL", "h", "FIELDS", "1", "f"),
			one("HPTTL", "h", "FIELDS", "1", "f"),
			one("HEXPIRETIME", "h", "FIELDS", "1", "f"),
			one("HPEXPIRETIME", "h", "FIELDS", "1", "f"),
			one("HPERSIST", "h", "FIELDS", "1", "f"),
			one("HEXPIRE", "h", "100", "FIELDS", "1", "x"),
			one("HPEXPIRE", "h", "100", "FIELDS", "1", "x"),
			one("HEXPIREAT", "h", "7258118400", "FIELDS", "1", "x"),
			one("HPEXPIREAT", "h", "7258118400000", "FIELDS", "1", "x"),
			one("HGETEX", "h", "FIELDS", "1", "f"),
			one("HSETEX", "h", "FNX", "FIELDS", "1", "f", "v"),
			one("HGETDEL", "h", "FIELDS", "1", "x"),
		},
		rows: []string{
			"HEXPIRE", "HEXPIREAT", "HEXPIRETIME", "HGETDEL", "HGETEX", "HPERSIST", "HPEXPIRE", "HPEXPIREAT",
			"HPEXPIRETIME", "HPTTL", "HSETEX", "HTTL",
		},
	},
	{
		name:   "HSCAN without values",
		reason: "Redis 7.4 has HSCAN NOVALUES; 7.0 has not.",
		allows: newerOption("HSCAN", "NOVALUES"),
		setup:  sequence{one("HSET", "h", "f", "v")},
		shown:  sequence{one("HSCAN", "h", "0", "NOVALUES")},
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
		name:   "newer commands of connections",
		reason: "Redis 7.2 has CLIENT NO-TOUCH, and Valkey 8 CLIENT CAPA; 7.0 has not.",
		allows: newer("CLIENT NO-TOUCH", "CLIENT CAPA"),
		shown:  sequence{one("CLIENT", "NO-TOUCH", "on"), one("CLIENT", "CAPA", "redirect")},
		rows:   []string{"CLIENT NO-TOUCH", "CLIENT CAPA"},
	},
	{
		name:   "CLIENT KILL by age",
		reason: "Redis 7.4 has MAXAGE; 7.0 has not.",
		allows: newerOption("CLIENT KILL", "MAXAGE"),
		shown:  sequence{one("CLIENT", "KILL", "MAXAGE", "100000")},
	},
	{
		name:   "library of a client",
		reason: "Redis 7.2 shows at the end what CLIENT SETINFO said; 7.0 does not. nook shows it of clients that said something.",
		allows: libraryShown,
		setup:  sequence{one("CLIENT", "SETINFO", "lib-name", "go-redis")},
		shown:  sequence{one("CLIENT", "INFO"), one("CLIENT", "LIST"), one("CLIENT", "LIST", "TYPE", "normal")},
	},
	{
		name: "texts of Lua's own errors",
		reason: "What the interpreter itself finds wrong it says in its own words: gopher-lua knows no names of variables, " +
			"and its parser not what it expected. The place is the same, and so are the errors of commands and of the libraries.",
		allows: sameLuaError,
		shown: sequence{
			one("EVAL", "return 1 +", "0"), one("EVAL", "local a\nreturn a.b", "0"), one("EVAL", "return 1 + {}", "0"),
			one("EVAL", "return ('x')()", "0"),
		},
	},
	{
		name:   "table server",
		reason: "Valkey 8 gives the table redis the name server as well; 7.0 has no such global.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "EVAL" && strings.Contains(redis.Str, "nonexistent global variable 'server'")
		},
		shown: sequence{one("EVAL", "return server.call('PING')", "0")},
	},
	{
		name:   "numbers and times in ACL LOG",
		reason: "Redis 7.2 has them; 7.0 has not.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "ACL LOG" && sameDenials(redis, withoutNumbers(nook))
		},
		setup: sequence{one("ACL", "LOG", "RESET"), one("AUTH", "nosuch", "p")},
		shown: sequence{one("ACL", "LOG", "1")},
	},
	{
		name:   "PFMERGE of one key",
		reason: "Redis asks for permission for the keys of PFMERGE only if there are several.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "PFMERGE" && len(c) == 2 && strings.HasPrefix(nook.Str, "NOPERM ")
		},
		setup: sequence{one("PFADD", "a", "1"), one("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~b"), one("AUTH", "u", "x")},
		shown: sequence{one("PFMERGE", "a")},
	},
	{
		name:   "SCRIPT SHOW",
		reason: "Valkey 8.0 has it; Redis 7.0 has not.",
		allows: newer("SCRIPT SHOW"),
		setup:  sequence{one("SCRIPT", "LOAD", "return 1")},
		shown:  sequence{one("SCRIPT", "SHOW", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")},
		rows:   []string{"SCRIPT SHOW"},
	},
	{
		name:   "SCRIPT DEBUG",
		reason: "nook has no debugger of scripts: it would need the store to stand still, or a copy of the process.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "SCRIPT DEBUG" && strings.Contains(nook.Str, "debugger")
		},
		shown: sequence{one("SCRIPT", "DEBUG", "sync")},
		rows:  []string{"SCRIPT DEBUG"},
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
		name:   "listpacks of sets",
		reason: "Redis 7.2 keeps small sets of strings as listpacks; 7.0 has hash tables at once.",
		allows: func(c command, redis, nook resp.Reply) bool {
			isSet := justTyped == nil || len(c) == 3 && (justTyped[0] != c[2] || justTyped[1] == "set")
			return c.name() == "OBJECT ENCODING" && isSet && redis.Str == "hashtable" && nook.Str == "listpack"
		},
		setup: sequence{one("MULTI"), one("SADD", "a", "member"), one("OBJECT", "ENCODING", "a"), one("DEL", "a")},
		shown: sequence{one("EXEC")},
	},
	{
		name:   "rank with score",
		reason: "Redis 7.2 has ZRANK and ZREVRANK WITHSCORE; 7.0 has not.",
		allows: func(c command, redis, nook resp.Reply) bool {
			isRank := c.name() == "ZRANK" || c.name() == "ZREVRANK"
			return isRank && len(c) == 4 && strings.HasPrefix(redis.Str, "ERR wrong number of arguments") &&
				(c.has("WITHSCORE") || nook.Str == "ERR syntax error")
		},
		setup: sequence{one("ZADD", "a", "1", "m")},
		shown: sequence{
			one("ZRANK", "a", "m", "WITHSCORE"),
			one("ZREVRANK", "a", "m", "withscore"),
			one("ZRANK", "a", "m", "x"),
		},
	},
	{
		name:   "acknowledging and deleting",
		reason: "Redis 8.2 has XACKDEL; 7.0 has not.",
		allows: newer("XACKDEL"),
		setup:  sequence{one("XADD", "a", "1-1", "f", "v"), one("XGROUP", "CREATE", "a", "g", "0")},
		shown: sequence{
			one("XACKDEL", "a", "g", "IDS", "1", "1-1"),
			one("XACKDEL", "a", "g", "ACKED", "IDS", "2", "1-1", "1-2"),
			one("XACKDEL", "missing", "g", "IDS", "1", "1-1", "DELREF"),
		},
		rows: []string{"XACKDEL"},
	},
	{
		name:   "help",
		reason: "The texts are nook's own, and tell of the subcommands that it has.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return strings.HasSuffix(c.name(), " HELP") && isText(redis) && isText(nook)
		},
		shown: sequence{one("OBJECT", "HELP"), one("CLIENT", "HELP"), one("COMMAND", "HELP"), one("CONFIG", "HELP")},
	},
	{
		name:   "encoding of a small list",
		reason: "Since Redis 7.2 a list of one listpack says so; 7.0 calls every list a quicklist.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "OBJECT ENCODING" && redis.Str == "quicklist" && nook.Str == "listpack"
		},
		setup: sequence{one("RPUSH", "a", "1", "2")},
		shown: sequence{{commands: []command{{"OBJECT", "ENCODING", "a"}, {"DEL", "a"}}}}, // or else it shows at the end again
	},
	{
		name:   "HyperLogLog that is cut off",
		reason: "Of registers that end in half a run, Redis takes the byte behind the value for the other half, and changes it. nook calls them corrupted.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "PFADD" && c.has("cut off") && redis.Int == 1 && strings.HasPrefix(nook.Str, "INVALIDOBJ ")
		},
		setup: sequence{one("SET", "a", "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f")},
		shown: sequence{{commands: []command{{"PFADD", "a", "cut off"}, {"DEL", "a"}}}},
	},
	{
		name:   "parameters",
		reason: "nook has some of later versions, does not listen elsewhere when told so, and has other directories.",
		allows: otherSetting,
		shown: sequence{
			one("CONFIG", "SET", "port", "0"),
			one("CONFIG", "GET", "*"),
			one("CONFIG", "GET", "set-max-listpack-value"),
		},
	},
	{
		name:   "newer commands of streams",
		reason: "Redis 8.2 has XDELEX; 7.0 has not.",
		allows: newer("XDELEX"),
		setup:  sequence{one("XADD", "a", "1-1", "f", "v")},
		shown:  sequence{one("XDELEX", "a", "IDS", "1", "9"), one("XDELEX", "missing", "ACKED", "IDS", "2", "1", "2")},
		rows:   []string{"XDELEX"},
	},
	{
		name:   "trimming with references",
		reason: "Redis 8.2 has XADD and XTRIM with KEEPREF, DELREF and ACKED; 7.0 has not, and takes such a word of XADD for an ID.",
		allows: func(c command, redis, nook resp.Reply) bool {
			isNew := c.has("KEEPREF") || c.has("DELREF") || c.has("ACKED")
			return isNew && nook.Kind != resp.KindError &&
				(c.name() == "XTRIM" && redis.Str == "ERR syntax error" || c.name() == "XADD" && redis.Str == invalidID)
		},
		setup: sequence{one("XADD", "a", "1-1", "f", "v")},
		shown: sequence{
			one("XTRIM", "a", "MAXLEN", "5", "KEEPREF"),
			one("XTRIM", "a", "DELREF", "MAXLEN", "~", "5"),
			one("XADD", "missing", "NOMKSTREAM", "ACKED", "MAXLEN", "5", "1-1", "f", "v"),
		},
	},
	{
		name:   "last entry",
		reason: "Redis 7.4 has XREAD from the last entry on; 7.0 takes + for a wrong ID.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "XREAD" && c.has("+") && redis.Str == invalidID && nook.Kind != resp.KindError
		},
		setup: sequence{one("XADD", "a", "1-1", "f", "1"), one("XADD", "a", "1-2", "f", "2")},
		shown: sequence{one("XREAD", "STREAMS", "a", "+"), one("XREAD", "STREAMS", "missing", "+")},
	},
	{
		name:   "end of a millisecond",
		reason: "Where no ID is left in a millisecond, Redis says by mistake that elements are too large.",
		allows: func(c command, redis, nook resp.Reply) bool {
			return c.name() == "XADD" && redis.Str == "ERR Elements are too large to be stored" &&
				nook.Str == "ERR The ID specified in XADD is equal or smaller than the target stream top item"
		},
		setup: sequence{one("XADD", "a", "5-18446744073709551615", "f", "v")},
		shown: sequence{one("XADD", "a", "5-*", "f", "v")},
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

// invalidID is what Redis says of what is no ID of a stream.
const invalidID = "ERR Invalid stream ID specified as stream command argument"

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

// luaError takes the texts of interpreters apart: all before, the words, and the script that is named at the end.
var luaError = regexp.MustCompile(`(?s)^(.*?user_(?:script|function):\d+: )(.*?)( script: \w+, on @user_\w+:\d+\.)?$`)

// ownWords are what errors begin with that the interpreter itself finds, and not one of its libraries.
var ownWords = regexp.MustCompile(`^(attempt to|cannot perform|__len undefined|__unm undefined|table index is|too many|registry overflow|stack overflow|'for' |for statement)`)

// sameLuaError allows other words in an error of the interpreter.
func sameLuaError(_ command, redis, nook resp.Reply) bool {
	if redis.Kind != resp.KindError || nook.Kind != resp.KindError {
		return false
	}
	a, b := luaError.FindStringSubmatch(redis.Str), luaError.FindStringSubmatch(nook.Str)
	if a == nil || b == nil || a[1] != b[1] || a[3] != b[3] {
		return false
	}
	return strings.Contains(a[1], "Error compiling") || ownWords.MatchString(a[2]) && ownWords.MatchString(b[2])
}

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

package differential

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/resp"
)

// compare reports whether both sides may have given these replies to the same
// command: equal ones, ones that Redis itself might have given, or ones that
// differ in a way that the list of differences names.
func compare(c command, redis, nook resp.Reply) bool {
	same := comparers[c.name()]
	switch name := c.name(); {
	case name == "SORT" || name == "SORT_RO":
		same = sortComparer(c)
	case name == "EVAL" || name == "EVAL_RO" || name == "EVALSHA" || name == "EVALSHA_RO":
		same = sameRelayed(c)
	case name == "ACL GETUSER" && len(c) > 2 && !slices.Contains(aclNames, c[2]):
		same = sameKind
	case name == "ZSCAN" && len(c) > 2 && c[2] != "0":
		same = sameShape // what is at another cursor is each server's own
	}
	if same == nil {
		same = exactly
	}
	equal := same(redis, nook) || accepted(c, redis, nook)
	justTyped = nil
	if c.name() == "TYPE" && len(c) == 2 {
		justTyped = []string{c[1], redis.Str}
	}
	return equal
}

// justTyped is the key that the command before this one asked TYPE of, and its type; nil
// after any other. Tests of this package do not run in parallel.
var justTyped []string

// comparers are how the replies to some commands are compared. Errors are
// always compared exactly.
var comparers = map[string]func(redis, nook resp.Reply) bool{
	"KEYS":      inAnyOrder,
	"RANDOMKEY": sameKind, // replay checks that the key exists
	"SCAN":      sameShape,
	scanAll:     sameScan,

	"HGETALL":    pairsInAnyOrder,
	"HKEYS":      inAnyOrder,
	"HVALS":      inAnyOrder,
	"HRANDFIELD": sameDraws,
	"HSCAN":      sameShape, // TestHashScanAgrees compares whole scans

	"TTL":         within(2),
	"PTTL":        within(2000),
	"EXPIRETIME":  deadline(1000),
	"PEXPIRETIME": deadline(1),

	// Redis shares small integers among all keys, and with them the idle time:
	// that of a key may be as old as the server. TestIdleTime has other values.
	"OBJECT IDLETIME": sameKind,
	"OBJECT FREQ":     sameKind,

	"SMEMBERS":    inAnyOrder,
	"SINTER":      inAnyOrder,
	"SUNION":      inAnyOrder,
	"SDIFF":       inAnyOrder,
	"SPOP":        sameLength,
	"SRANDMEMBER": sameLength,
	"SSCAN":       sameShape,
	"ZRANDMEMBER": sameLength,
	"ZSCAN":       sameZScan,

	"XADD":         sameEntries,
	"XRANGE":       sameEntries,
	"XREVRANGE":    sameEntries,
	"XREAD":        sameEntries,
	"XINFO STREAM": sameStream,

	"XREADGROUP":      sameEntries,
	"XPENDING":        samePending,
	"XCLAIM":          sameEntries,
	"XAUTOCLAIM":      sameEntries,
	"XINFO GROUPS":    sameGroups,
	"XINFO CONSUMERS": sameConsumers,

	"HELLO":       sameHello,
	"CLIENT ID":   sameKind,
	"CLIENT INFO": sameClient,
	"CLIENT LIST": sameClients,

	// Their contents are compared by tests of their own.
	"COMMAND":      sameKind,
	"COMMAND DOCS": sameKind,
	"COMMAND INFO": sameRows,
	"COMMAND LIST": sameKind,
	"INFO":         sameKind,

	"ACL LIST":    sameUsers,
	"ACL GETUSER": sameUser,
	"ACL LOG":     sameDenials,
	"ACL GENPASS": sameGenPass,

	"CONFIG GET": pairsInAnyOrder,

	"DUMP":             sameDump,
	"FUNCTION DUMP":    sameFunctions,
	"FUNCTION RESTORE": sameCollision,
	"FUNCTION LIST":    sameLibraries,
	"FUNCTION STATS":   sameStats,

	"TIME":     sameShape,
	"LASTSAVE": sameKind,
}

func exactly(redis, nook resp.Reply) bool { return redis.Equal(nook) }

// sameKind compares the kind alone, and nulls and errors exactly.
func sameKind(redis, nook resp.Reply) bool {
	if redis.Kind == resp.KindError || redis.Null || nook.Null {
		return redis.Equal(nook)
	}
	return redis.Kind == nook.Kind
}

// sameShape compares the kinds and the number of elements, but not what is in
// arrays inside.
func sameShape(redis, nook resp.Reply) bool {
	if redis.Kind != resp.KindArray || nook.Kind != resp.KindArray {
		return redis.Equal(nook)
	}
	return slices.EqualFunc(redis.Elems, nook.Elems, sameKind)
}

// sameLength compares the kinds and the numbers of elements, which are random.
func sameLength(redis, nook resp.Reply) bool {
	return sameKind(redis, nook) && len(redis.Elems) == len(nook.Elems)
}

// sameScan compares whole scans exactly. In a pipeline or a transaction there
// is only the first page of one.
func sameScan(redis, nook resp.Reply) bool {
	if redis.Kind == resp.KindSet {
		return redis.Equal(nook)
	}
	return sameShape(redis, nook)
}

// inAnyOrder compares the elements of arrays as sets.
func inAnyOrder(redis, nook resp.Reply) bool {
	redis.Elems, nook.Elems = sorted(redis.Elems), sorted(nook.Elems)
	return redis.Equal(nook)
}

func sorted(elems []resp.Reply) []resp.Reply {
	rank := func(r resp.Reply) int { // null and an empty text are not the same
		if r.Null {
			return 0
		}
		return 1
	}
	return slices.SortedFunc(slices.Values(elems), func(a, b resp.Reply) int {
		return cmp.Or(strings.Compare(a.Str, b.Str), rank(a)-rank(b))
	})
}

// within compares numbers of what is left of a span, or has passed of one:
// both are as old as they may be in tolerance. Below zero numbers have a meaning
// of their own.
func within(tolerance int64) func(redis, nook resp.Reply) bool {
	return func(redis, nook resp.Reply) bool {
		if redis.Kind != resp.KindInt || nook.Kind != resp.KindInt || redis.Int < 0 || nook.Int < 0 {
			return redis.Equal(nook)
		}
		return max(redis.Int-nook.Int, nook.Int-redis.Int) <= tolerance
	}
}

// deadline compares deadlines in units of so many milliseconds: exactly, if the
// deadline was given as one, and with a tolerance of 2 seconds if it was given
// as a span.
func deadline(unit int64) func(redis, nook resp.Reply) bool {
	near := within(2000 / unit)
	return func(redis, nook resp.Reply) bool {
		if redis.Kind == resp.KindInt && absolute[redis.Int*unit] {
			return redis.Equal(nook)
		}
		return near(redis, nook)
	}
}

// sameHello compares the replies of HELLO but for the version of the server
// and the id of the connection.
func sameHello(redis, nook resp.Reply) bool {
	return withoutIdentity(redis).Equal(withoutIdentity(nook))
}

func withoutIdentity(r resp.Reply) resp.Reply {
	r.Elems = slices.Clone(r.Elems)
	for i := 0; i+1 < len(r.Elems); i += 2 {
		switch r.Elems[i].Str {
		case "version":
			r.Elems[i+1].Str = "any"
		case "id":
			r.Elems[i+1].Int = 0
		}
	}
	return r
}

// clientFields are the fields of CLIENT INFO whose values must be equal. The
// others are addresses, ages and sizes of buffers.
var clientFields = []string{"name", "flags", "db", "sub", "psub", "ssub", "multi", "cmd", "user", "redir", "resp"}

// sameClient compares the replies of CLIENT INFO: all names of fields, and the
// values of some.
func sameClient(redis, nook resp.Reply) bool {
	if redis.Kind != nook.Kind || redis.Kind == resp.KindError || redis.Kind == resp.KindSimple {
		return redis.Equal(nook)
	}
	a, b := parseClient(redis.Str), parseClient(nook.Str)
	if !slices.EqualFunc(a, b, sameFieldName) {
		return false
	}
	for i := range a {
		if a[i].value != b[i].value && slices.Contains(clientFields, a[i].name) {
			return false
		}
	}
	return true
}

// sameClients compares the replies of CLIENT LIST: whether there are clients,
// and the names of the fields of the first.
func sameClients(redis, nook resp.Reply) bool {
	if redis.Kind != nook.Kind || redis.Kind == resp.KindError || redis.Str == "" || nook.Str == "" {
		return redis.Equal(nook)
	}
	return slices.EqualFunc(parseClient(redis.Str), parseClient(nook.Str), sameFieldName)
}

// sameRows compares the replies of COMMAND INFO about given commands.
func sameRows(redis, nook resp.Reply) bool {
	all := len(redis.Elems) > 50 // because none was given
	if all || redis.Kind == resp.KindError {
		return sameKind(redis, nook)
	}
	return slices.EqualFunc(redis.Elems, nook.Elems, func(a, b resp.Reply) bool {
		return a.Equal(b) || !a.Null && !b.Null && rowDifference(a, b) == ""
	})
}

type clientField struct{ name, value string }

func sameFieldName(a, b clientField) bool { return a.name == b.name }

// parseClient returns the fields of the first line. That the connection is a
// unix socket does not count among its flags.
func parseClient(text string) []clientField {
	first, _, _ := strings.Cut(text, "\n")
	var fields []clientField
	for word := range strings.SplitSeq(first, " ") {
		name, value, _ := strings.Cut(word, "=")
		if name == "flags" {
			value = strings.ReplaceAll(value, "U", "")
			value = cmp.Or(value, "N")
		}
		fields = append(fields, clientField{name, value})
	}
	return fields
}

func TestComparers(t *testing.T) {
	integer := func(n int64) resp.Reply { return resp.Reply{Kind: resp.KindInt, Int: n} }
	bulk := func(s string) resp.Reply { return resp.Reply{Kind: resp.KindBulk, Str: s} }
	array := func(elems ...resp.Reply) resp.Reply { return resp.Reply{Kind: resp.KindArray, Elems: elems} }
	failure := resp.Reply{Kind: resp.KindError, Str: "ERR no"}
	exact, _ := strconv.ParseInt(unixSeconds[0], 10, 64)

	for _, c := range []struct {
		command     string
		redis, nook resp.Reply
		want        bool
	}{
		{"GET", bulk("a"), bulk("a"), true},
		{"GET", bulk("a"), bulk("b"), false},
		{"GET", bulk("1"), integer(1), false},
		{"KEYS", array(bulk("a"), bulk("b")), array(bulk("b"), bulk("a")), true},
		{"KEYS", array(bulk("a"), bulk("b")), array(bulk("b"), bulk("b")), false},
		{"KEYS", array(resp.Reply{Kind: resp.KindBulk, Null: true}, bulk("")), array(bulk(""), resp.Reply{Kind: resp.KindBulk, Null: true}), true},
		{"RANDOMKEY", bulk("a"), bulk("b"), true},
		{"RANDOMKEY", failure, bulk("b"), false},
		{"SCAN", array(bulk("0"), array(bulk("a"))), array(bulk("7"), array()), true},
		{"SCAN", array(bulk("0"), array(bulk("a"))), array(bulk("0")), false},
		{"TTL", integer(100), integer(102), true},
		{"TTL", integer(100), integer(103), false},
		{"TTL", integer(-1), integer(-2), false},
		{"PTTL", integer(-1), integer(0), false},
		{"PTTL", failure, integer(0), false},
		{"EXPIRETIME", integer(exact), integer(exact + 1), false},
		{"EXPIRETIME", integer(exact + 5), integer(exact + 6), true},
		{"PEXPIRETIME", integer(exact * 1000), integer(exact*1000 + 1), false},
		{"PEXPIRETIME", integer(exact*1000 + 5), integer(exact*1000 + 6), true},
		{"HELLO", array(bulk("id"), integer(1), bulk("proto"), integer(2)), array(bulk("id"), integer(2), bulk("proto"), integer(2)), true},
		{"HELLO", array(bulk("id"), integer(1), bulk("proto"), integer(2)), array(bulk("id"), integer(1), bulk("proto"), integer(3)), false},
	} {
		require.Equal(t, c.want, compare(command{c.command}, c.redis, c.nook), "%s %v %v", c.command, c.redis, c.nook)
	}
}

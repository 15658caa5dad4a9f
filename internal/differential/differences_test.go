package differential

import (
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
}

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

// accepted reports whether the list explains these replies to a command.
func accepted(c command, redis, nook resp.Reply) bool {
	if len(c) == 0 {
		return false
	}
	for _, d := range differences {
		if d.allows(c, redis, nook) {
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
				log := run(t, sides, version, slices.Concat(d.setup, d.shown))
				require.True(t, log.agree(), log.String())
				require.Equal(t, len(d.shown), log.count(d), log.String())
			}
			for _, row := range d.rows {
				noteAnswered(command(strings.Fields(row)))
			}
		})
	}
}

// count returns how many replies the difference explains.
func (l *transcript) count(d difference) int {
	n := 0
	for _, line := range l.lines {
		redis, nook := line.outs[0].replies, line.outs[1].replies
		for i := range min(len(redis), len(nook)) {
			if c := line.step.command(i); c != nil && d.allows(c, redis[i], nook[i]) {
				n++
			}
		}
	}
	return n
}

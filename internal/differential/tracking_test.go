package differential

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// otherID begins what stands for the number of a connection in commands.
const (
	otherID  = "<id of connection "
	trackers = 3 // connections
)

// trackedCommand draws a command of a connection whose keys may be tracked, or of one that changes keys.
func trackedCommand(t *rapid.T) command {
	key := func() string { return pick(t, []string{"a", "b", "u:1", "u:2", "v:1"}) }
	switch n := roll(t, 40); {
	case n < 6:
		c := command{"CLIENT", "TRACKING", "on"}
		for range roll(t, 3) {
			c = append(c, pick(t, [][]string{
				{"OPTIN"}, {"OPTOUT"}, {"NOLOOP"}, {"BCAST"}, {"BCAST", "PREFIX", "u:"}, {"BCAST", "PREFIX", "u:1", "PREFIX", "v"}, {"PREFIX", "a"},
				{"REDIRECT", otherID + strconv.Itoa(trackers-1)}, {"REDIRECT", "0"}, {"REDIRECT", "x"}, {"nosuch"}, {"PREFIX"},
			})...)
		}
		return c
	case n < 8:
		return command{"CLIENT", "TRACKING", "off"}
	case n < 11:
		return command{"CLIENT", "CACHING", pick(t, []string{"yes", "no", "yes", "no", "maybe"})}
	case n < 13:
		return command{"CLIENT", pick(t, []string{"TRACKINGINFO", "GETREDIR"})}
	case n < 22:
		return pick(t, []command{
			{"GET", key()}, {"MGET", key(), key()}, {"STRLEN", key()}, {"EXISTS", key(), key()}, {"TTL", key()}, {"TYPE", key()}, {"GETRANGE", key(), "0", "1"},
			{"EVAL_RO", "return redis.call('GET', KEYS[1])", "1", key()}, {"EVAL", "return redis.call('STRLEN', KEYS[1])", "1", key()},
			{"LCS", key(), key()}, {"DBSIZE"}, {"BITCOUNT", key()}, {"SORT_RO", "nosuch"}, {"XREAD", "STREAMS", "nosuch", "0"},
		})
	case n < 34:
		return pick(t, []command{
			{"SET", key(), "x"}, {"SET", key(), "x", "NX"}, {"MSET", key(), "x", key(), "y"}, {"DEL", key(), key()}, {"APPEND", key(), "z"}, {"RENAME", key(), key()},
			{"COPY", key(), key(), "REPLACE"}, {"EXPIRE", key(), "1000"}, {"PERSIST", key()}, {"SETRANGE", key(), "1", "q"}, {"GETDEL", key()},
			{"GETEX", key(), "EX", "100"}, {"EXPIRE", key(), "-1"}, {"UNLINK", key()}, {"TOUCH", key()},
			{"MOVE", key(), "1"},
		})
	case n < 36:
		return pick(t, []command{{"FLUSHDB"}, {"FLUSHALL"}, {"SWAPDB", "0", "1"}})
	default:
		return pick(t, []command{
			{"SUBSCRIBE", "__redis__:invalidate"}, {"UNSUBSCRIBE", "__redis__:invalidate"}, {"SELECT", "1"}, {"SELECT", "0"}, {"RESET"}, {"PING"},
		})
	}
}

func trackedSteps(t *rapid.T) []listenStep {
	step := rapid.Custom(func(t *rapid.T) listenStep {
		s := listenStep{conn: roll(t, trackers)}
		if s.conn == trackers-1 || !chance(t, 6) { // Redis tells who others are redirected to in the middle of the reply of an EXEC
			return listenStep{s.conn, []command{trackedCommand(t)}}
		}
		s.commands = append(s.commands, command{"MULTI"})
		for range 1 + roll(t, 3) {
			if c := trackedCommand(t); c.name() != "SUBSCRIBE" && c.name() != "UNSUBSCRIBE" && c.name() != "RESET" && !tellsID(c) {
				s.commands = append(s.commands, c)
			}
		}
		s.commands = append(s.commands, command{"EXEC"})
		return s
	})
	return rapid.SliceOfN(step, 1, 40).Draw(t, "steps")
}

// tellsID reports whether a command replies numbers of connections.
func tellsID(c command) bool { return c.has("TRACKINGINFO") || c.has("GETREDIR") }

// TestTracking compares what connections are told of keys that change.
func TestTracking(t *testing.T) {
	checkTracking(t, 2**checks, versusOwn(t), versusOnSocket(t)[1])
}

// TestTrackingOfTwoRealServers shows that what TestTracking finds is nook's doing.
func TestTrackingOfTwoRealServers(t *testing.T) {
	one, two := versusOwn(t)[0], versusOwn(t)[0]
	checkTracking(t, *checks/5+1, [2]side{one, two}, two)
}

func checkTracking(t *testing.T, n int, sides [2]side, onSocket side) {
	setChecks(t, n)
	rapid.Check(t, func(t *rapid.T) { sameHeard(t, sides, onSocket, trackedSteps(t), told) })
}

// told returns what the connections are told after each step: replies in order, and what has changed as a set, since Redis
// tells those who have prefixes of several keys at once.
func told(t *rapid.T, s side, version int, steps []listenStep) (all [][]string) {
	instance := s.begin(t)
	defer instance.close()
	var conns [trackers]*redistest.Conn
	var ids [trackers]int64
	for i := range conns {
		conns[i] = redistest.NewConn(t, instance.dial(t))
		conns[i].Hello(version)
		ids[i] = conns[i].Do("CLIENT", "ID").Int
	}
	for n, step := range steps {
		for _, c := range step.commands {
			c = slices.Clone(c)
			for i, arg := range c {
				if rest, is := strings.CutPrefix(arg, otherID); is {
					c[i] = strconv.FormatInt(ids[rest[0]-'0'], 10)
				}
			}
			conns[step.conn].Send(c...)
		}
		mark := "mark-" + strconv.Itoa(n)
		replies := hearUntil(t, conns[step.conn], mark)
		noteHeard(step, replies)
		if tellsID(step.commands[0]) {
			for i := range replies {
				replies[i] = withoutIDs(replies[i], ids[:])
			}
		}
		// Redis tells who has prefixes when it has served all that has come: after the mark, that is.
		replies = append(replies, hearUntil(t, conns[step.conn], mark+"-again")...)
		lines := toldLines(step.conn, replies)
		for i, c := range conns {
			if i != step.conn {
				lines = append(lines, toldLines(i, hearUntil(t, c, mark))...)
			}
		}
		all = append(all, lines)
	}
	leave(t, conns[:])
	return all
}

// toldLines writes what a connection was told.
func toldLines(conn int, replies []resp.Reply) (lines []string) {
	var keys []string
	for _, r := range replies {
		if r.Kind == resp.KindPush && firstWord(r) == "invalidate" || len(r.Elems) == 3 && r.Elems[1].Str == "__redis__:invalidate" && firstWord(r) == "message" {
			what := r.Elems[len(r.Elems)-1]
			if what.Null {
				keys = append(keys, "all")
			}
			for _, key := range what.Elems {
				keys = append(keys, key.Str)
			}
			continue
		}
		lines = append(lines, fmt.Sprintf("conn %d: %s", conn, r.String()))
	}
	slices.Sort(keys)
	return append(lines, fmt.Sprintf("conn %d: changed %q", conn, slices.Compact(keys)))
}

// withoutIDs puts the place of a connection where its number is.
func withoutIDs(r resp.Reply, ids []int64) resp.Reply {
	if i := slices.Index(ids, r.Int); r.Kind == resp.KindInt && i >= 0 {
		return resp.Reply{Kind: resp.KindSimple, Str: "connection " + strconv.Itoa(i)}
	}
	r.Elems = slices.Clone(r.Elems)
	for i := range r.Elems {
		r.Elems[i] = withoutIDs(r.Elems[i], ids)
	}
	return r
}

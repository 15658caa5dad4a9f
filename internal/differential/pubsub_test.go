package differential

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// Messages come when they like, and so do the confirmations of one command, so the sequences of
// other families cannot have them. Here every connection is asked for a mark after each
// step: what came before it is what the step made it hear.

// A listenStep is what one of the connections sends at once.
type listenStep struct {
	conn     int
	commands []command
}

// listenConns is how many connections there are. The first publishes in
// transactions, and never subscribes: where the messages of its own come that somebody
// publishes in a transaction is a known difference.
const listenConns = 4

var (
	listenNames    = []string{"a", "b", "ab", "", "*"}
	listenPatterns = []string{"*", "a*", "?", "[^a]", "", `\*`, "nosuch"}
)

func listenSteps(t *rapid.T) []listenStep {
	number := 0
	step := rapid.Custom(func(t *rapid.T) listenStep {
		conn := roll(t, listenConns)
		s := listenStep{conn: conn}
		if chance(t, 5) {
			for range 1 + roll(t, 4) {
				s.commands = append(s.commands, listenCommand(t, &number, conn == 0, conn > 0))
			}
			s.commands = slices.Concat([]command{{"MULTI"}}, s.commands, []command{{"EXEC"}})
			return s
		}
		for range 1 + roll(t, 3) {
			s.commands = append(s.commands, listenCommand(t, &number, true, conn > 0))
		}
		if chance(t, 12) {
			s.commands = append(s.commands, pick(t, []command{{"HELLO", "2"}, {"HELLO", "3"}, {"RESET"}}))
		}
		return s
	})
	return rapid.SliceOfN(step, 1, 25).Draw(t, "steps")
}

func listenCommand(t *rapid.T, number *int, publish, listen bool) command {
	some := func(from []string, least int) (names []string) {
		for range least + roll(t, 3) {
			names = append(names, pick(t, from))
		}
		return names
	}
	switch n := roll(t, 24); {
	case n < 9 && publish:
		*number++
		word := "PUBLISH"
		if n < 2 {
			word = "SPUBLISH"
		}
		return command{word, pick(t, listenNames), strconv.Itoa(*number)}
	case n < 17 && listen:
		word := pick(t, []string{"SUBSCRIBE", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"})
		from, least := listenNames, 0
		if word[0] == 'P' {
			from = listenPatterns
		}
		if !strings.Contains(word, "UNS") {
			least = 1
		}
		return append(command{word}, some(from, least)...)
	case n < 19:
		return append(command{"PUBSUB", pick(t, []string{"NUMSUB", "SHARDNUMSUB"})}, some(listenNames, 0)...)
	case n < 21:
		return append(command{"PUBSUB", pick(t, []string{"CHANNELS", "SHARDCHANNELS"})}, some(listenPatterns, 0)...)
	default:
		return pick(t, []command{
			{"PUBSUB", "NUMPAT"}, {"PING"}, {"PING", "x"}, {"PING", "x", "y"}, {"GET", "k"}, {"SET", "k", "v"}, {"CLIENT", "ID", "x"},
			{"SUBSCRIBE"}, {"PUBSUB"}, {"PUBSUB", "NOSUCH"}, {"pubsub", "numpat", "x"}, {"PUBLISH", "a"}, {"SUNSUBSCRIBE"}, {"DISCARD"},
			{"SELECT", "3"}, {"CLIENT", "GETNAME"}, {"CLIENT", "LIST", "TYPE", "nosuch"},
		})
	}
}

// TestPubSub compares all that several connections hear, in its order.
func TestPubSub(t *testing.T) {
	setChecks(t, 2**checks)
	sides := versusOwn(t) // PUBSUB sees what others are subscribed to
	onSocket := versusOnSocket(t)[1]
	rapid.Check(t, func(t *rapid.T) { sameHeard(t, sides, onSocket, listenSteps(t), hear) })
}

// sameHeard compares all that connections hear of both sides, the second of them sometimes on a socket.
func sameHeard(
	t *rapid.T, sides [2]side, onSocket side, steps []listenStep, hear func(t *rapid.T, s side, version int, steps []listenStep) [][]string,
) {
	version := 2 + roll(t, 2)
	other := sides[1]
	if chance(t, 3) {
		other = onSocket
	}
	redis, nook := hear(t, sides[0], version, steps), hear(t, other, version, steps)
	for i := range steps {
		if !slices.Equal(redis[i], nook[i]) {
			t.Fatalf("RESP%d, step %d of %v\nredis\n%s\nnook\n%s", version, i, steps[:i+1], strings.Join(redis[i], "\n"), strings.Join(nook[i], "\n"))
		}
	}
}

// TestPubSubOfTwoRealServers shows that what TestPubSub finds is nook's doing.
func TestPubSubOfTwoRealServers(t *testing.T) {
	setChecks(t, *checks/2+1)
	one, two := versusOwn(t)[0], versusOwn(t)[0]
	rapid.Check(t, func(t *rapid.T) {
		steps := listenSteps(t)
		require.Equal(t, hear(t, one, 3, steps), hear(t, two, 3, steps))
	})
}

// hear returns what the connections hear after each step.
func hear(t *rapid.T, s side, version int, steps []listenStep) (heard [][]string) {
	instance := s.begin(t)
	defer instance.close()
	var conns [listenConns]*redistest.Conn
	for i := range conns {
		conns[i] = redistest.NewConn(t, instance.dial(t))
		conns[i].Hello(version)
	}
	for n, step := range steps {
		for _, c := range step.commands {
			conns[step.conn].Send(c...)
		}
		mark := "mark-" + strconv.Itoa(n)
		replies := hearUntil(t, conns[step.conn], mark)
		noteHeard(step, replies)
		lines := inOrder(step.conn, replies)
		for i, c := range conns {
			if i != step.conn {
				lines = append(lines, inOrder(i, hearUntil(t, c, mark))...)
			}
		}
		heard = append(heard, lines)
	}
	leave(t, conns[:])
	return heard
}

// leave closes connections. The next sequence must not find what these were subscribed to.
func leave(t *rapid.T, conns []*redistest.Conn) {
	for _, c := range conns {
		c.Send("RESET")
		for r := (resp.Reply{}); r.Str != "RESET"; {
			var err error
			r, err = c.Receive()
			require.NoError(t, err)
		}
		_ = c.Close()
	}
}

// hearUntil asks for a mark and returns all that comes before.
func hearUntil(t *rapid.T, c *redistest.Conn, mark string) (replies []resp.Reply) {
	c.Send("PING", mark)
	for {
		r, err := c.Receive()
		require.NoError(t, err, mark)
		if r.Str == mark || len(r.Elems) == 2 && r.Elems[1].Str == mark {
			return replies
		}
		replies = append(replies, r)
	}
}

// noteHeard notes commands that were answered, if none in the step failed.
func noteHeard(s listenStep, replies []resp.Reply) {
	for _, r := range replies {
		if r.Kind == resp.KindError {
			return
		}
	}
	for _, c := range s.commands {
		noteAnswered(c)
	}
}

// inOrder writes what a connection heard, one line for each reply or message, elements of
// EXEC included. What has no order comes sorted: the patterns that a message came by, the
// channels that end together, and those that are listed.
func inOrder(conn int, replies []resp.Reply) (lines []string) {
	last, from := "", 0
	var counts []int64 // of confirmations, in order whatever they confirm
	for _, r := range flat(replies) {
		group, text := "", r.String()
		switch word := firstWord(r); {
		case word == "pmessage":
			group = fmt.Sprint(word, r.Elems[2:])
		case strings.HasSuffix(word, "unsubscribe"):
			group = word
			text = fmt.Sprintf("%c %s %s", r.Kind, word, r.Elems[1].String())
			counts = append(counts, r.Elems[2].Int)
		case word == "server":
			text = "HELLO"
		}
		if group != last || group == "" {
			last, from = group, len(lines)
		}
		lines = append(lines, fmt.Sprintf("conn %d: %s", conn, text))
		slices.Sort(lines[from:])
	}
	if counts != nil {
		lines = append(lines, fmt.Sprintf("conn %d: left %v", conn, counts))
	}
	return lines
}

// flat puts the elements of arrays that are no messages after a reply that tells their number.
// SUBSCRIBE in a transaction may reply more than one of them, so that its end is where
// a client does not look for it.
func flat(replies []resp.Reply) (list []resp.Reply) {
	for _, r := range replies {
		if r.Kind != resp.KindArray || slices.Contains([]string{"message", "pmessage", "smessage", "pong", "server"}, firstWord(r)) ||
			strings.HasSuffix(firstWord(r), "subscribe") {
			list = append(list, r)
			continue
		}
		elems := flat(r.Elems)
		if !slices.ContainsFunc(elems, func(e resp.Reply) bool { return e.Kind != resp.KindBulk }) { // a list of names
			slices.SortFunc(elems, func(a, b resp.Reply) int { return strings.Compare(a.Str, b.Str) })
		}
		list = append(list, resp.Reply{Kind: resp.KindSimple, Str: fmt.Sprint("array of ", len(r.Elems))})
		list = append(list, elems...)
	}
	return list
}

func firstWord(r resp.Reply) string {
	if len(r.Elems) == 0 {
		return ""
	}
	return r.Elems[0].Str
}

// TestOwnMessagesInTransaction shows a difference: Redis 7.0 puts the messages that a
// connection gets from its own transaction between the elements of EXEC's reply, where clients do not
// expect them, and later versions do not put them. With nook they follow it, and those of
// a channel that the transaction leaves do not come.
func TestOwnMessagesInTransaction(t *testing.T) {
	sides := versusOwn(t)
	exchange := func(s side) []string {
		instance := s.begin(t)
		defer instance.close()
		c := redistest.NewConn(t, instance.dial(t))
		defer func() { _ = c.Close() }()
		c.Hello(3)
		for _, line := range []string{"SUBSCRIBE a", "SUBSCRIBE b", "MULTI", "PUBLISH a 1", "PUBLISH b 2", "UNSUBSCRIBE b", "PUBLISH a 3"} {
			c.Do(strings.Fields(line)...)
		}
		c.SendRaw("EXEC\r\nPING end\r\n")
		var replies []resp.Reply
		for {
			r, err := c.Receive()
			require.NoError(t, err)
			if r.Str == "end" {
				break
			}
			replies = append(replies, r)
		}
		var words []string
		for _, r := range flat(replies) {
			if r.Kind == resp.KindPush {
				words = append(words, r.Elems[0].Str+" "+r.Elems[1].Str)
			} else {
				words = append(words, strings.TrimSuffix(r.String(), "\n"))
			}
		}
		return words
	}
	require.Equal(t, []string{"+array of 4", "message a", ":1", "message b", ":1", "unsubscribe b", "message a", ":1"}, exchange(sides[0]))
	require.Equal(t, []string{"+array of 4", ":1", ":1", "unsubscribe b", ":1", "message a", "message a"}, exchange(sides[1]))
}

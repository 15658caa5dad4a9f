package differential

import (
	"slices"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// replay is one run of a sequence on two empty servers.
type replay struct {
	t       redistest.TB
	version int // of RESP, 2 or 3, on new connections
	sides   [2]instance
	clients map[int]*client
	ears    []ear // of each side, none if nobody listens to events
	log     transcript
}

// client is one of a sequence's connections, to both sides. The sides stay in
// step, since the replay ends with the first difference.
type client struct {
	conns  [2]*redistest.Conn
	queued []command // by MULTI; EXEC answers for them
}

// checker is the connection that looks at the keyspace after a sequence.
const checker = -1

// run replays steps on both sides, then compares their keyspaces. It returns
// the transcript, which says whether the sides agreed.
func run(t redistest.TB, sides [2]side, version int, steps sequence) *transcript {
	t.Helper()
	r := begin(t, sides, version)
	defer r.close()
	if r.steps(steps) {
		r.compareKeyspaces()
	}
	return &r.log
}

// begin returns a replay on two empty servers.
func begin(t redistest.TB, sides [2]side, version int) *replay {
	t.Helper()
	r := &replay{t: t, version: version, clients: map[int]*client{}}
	r.log.version = version
	for i, s := range sides {
		r.sides[i] = s.begin(t)
	}
	for _, s := range sides {
		if s, ok := s.(listenedSide); ok {
			r.ears = append(r.ears, s.listen(t))
		}
	}
	return r
}

func (r *replay) close() {
	for _, c := range r.clients {
		c.close()
	}
	for _, e := range r.ears {
		e.close()
	}
	for _, s := range r.sides {
		s.close()
	}
}

// steps runs steps until the sides differ, and reports whether they did not.
func (r *replay) steps(steps sequence) bool {
	r.t.Helper()
	for _, s := range steps.settle() {
		if !r.step(s) {
			return false
		}
	}
	return true
}

// step runs one step, logs it, and reports whether the sides agree.
func (r *replay) step(s step) bool {
	r.t.Helper()
	c := r.client(s.conn)
	outs := c.exchange(s)
	r.checkRandomKeys(c, s, &outs)
	for i, e := range r.ears {
		outs[i].events = e.hear(r.t)
	}
	differs := c.firstDifference(s, outs)
	r.log.add(line{s, outs, differs})
	if outs[0].end != "" {
		c.close()
		delete(r.clients, s.conn)
	}
	return differs == none
}

// none is the index of the first difference where there is none.
const none = -1

// firstDifference returns the index of the first reply in which the sides
// differ; it is that after the last reply if they differ in how they ended.
func (c *client) firstDifference(s step, outs [2]outcome) int {
	redis, nook, queued := outs[0].replies, outs[1].replies, c.queued
	for i := range min(len(redis), len(nook)) {
		if !c.compare(s.command(i), redis[i], nook[i]) {
			return i
		}
		c.track(s.command(i), redis[i])
	}
	if len(redis) != len(nook) || outs[0].end != outs[1].end || outs[0].end == noReply ||
		!sameEvents(slices.Concat(queued, s.commands), outs[0].events, outs[1].events) {
		return min(len(redis), len(nook))
	}
	return none
}

// command returns the command of the nth reply, nil if that is not known.
func (s step) command(n int) command {
	if n < len(s.commands) {
		return s.commands[n]
	}
	return nil
}

// client returns a connection, opening it if it is not open.
func (r *replay) client(n int) *client {
	r.t.Helper()
	if r.clients[n] == nil {
		c := &client{}
		for i, s := range r.sides {
			c.conns[i] = redistest.NewConn(r.t, s.dial(r.t))
			if r.version != 2 {
				c.conns[i].Hello(r.version)
			}
		}
		r.clients[n] = c
	}
	return r.clients[n]
}

func (c *client) close() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// track follows the state of a transaction: cmd had the reply r.
func (c *client) track(cmd command, r resp.Reply) {
	if r.Kind == resp.KindSimple && r.Str == "QUEUED" {
		c.queued = append(c.queued, cmd)
		return
	}
	switch cmd.name() {
	case "EXEC", "DISCARD", "RESET":
		c.queued = nil
	}
}

// compare reports whether both replies to a command are equal, or as equal as
// the command allows.
func (c *client) compare(cmd command, redis, nook resp.Reply) bool {
	executed := redis.Kind == resp.KindArray && nook.Kind == resp.KindArray && !redis.Null && !nook.Null
	if cmd.name() == "EXEC" && executed {
		return c.compareExec(redis.Elems, nook.Elems)
	}
	return compare(cmd, redis, nook)
}

func (c *client) compareExec(redis, nook []resp.Reply) bool {
	if len(redis) != len(nook) || len(redis) != len(c.queued) {
		return false
	}
	for i, cmd := range c.queued {
		if !compare(cmd, redis[i], nook[i]) {
			return false
		}
	}
	return true
}

// checkRandomKeys checks that each side's RANDOMKEY named a key that it has:
// the sides may well name different ones.
func (r *replay) checkRandomKeys(c *client, s step, outs *[2]outcome) {
	if len(s.commands) != 1 || s.commands[0].name() != "RANDOMKEY" {
		return
	}
	for i, conn := range c.conns {
		for _, key := range outs[i].replies {
			if key.Kind == resp.KindBulk && !key.Null && conn.Do("EXISTS", key.Str).Int != 1 {
				outs[i].end = "there is no such key"
			}
		}
	}
}

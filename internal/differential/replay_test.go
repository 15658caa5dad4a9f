package differential

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// replay is one run of a sequence on two empty servers.
type replay struct {
	t       redistest.TB
	version int // of RESP, 2 or 3, on new connections
	sides   [2]instance
	clients map[int]*client
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
	r := &replay{t: t, version: version, clients: map[int]*client{}}
	r.log.version = version
	for i, s := range sides {
		r.sides[i] = s.begin(t)
	}
	defer r.close()
	for _, s := range steps.settle() {
		if !r.step(s) {
			return &r.log
		}
	}
	r.compareKeyspaces()
	return &r.log
}

func (r *replay) close() {
	for _, c := range r.clients {
		c.close()
	}
	for _, s := range r.sides {
		s.close()
	}
}

// step runs one step, logs it, and reports whether the sides agree.
func (r *replay) step(s step) bool {
	r.t.Helper()
	c := r.client(s.conn)
	outs := r.exchange(c, s)
	r.checkRandomKeys(c, s, &outs)
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
	redis, nook := outs[0].replies, outs[1].replies
	for i := range min(len(redis), len(nook)) {
		if !c.compare(s.command(i), redis[i], nook[i]) {
			return i
		}
		c.track(s.command(i), redis[i])
	}
	if len(redis) != len(nook) || outs[0].end != outs[1].end {
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

// outcome is what one side answered to a step.
type outcome struct {
	replies []resp.Reply
	end     string // why no more replies came, if the step did not end as it should
}

// exchange sends a step to both sides and then reads both.
func (r *replay) exchange(c *client, s step) [2]outcome {
	for _, conn := range c.conns {
		s.send(conn)
		conn.Flush()
	}
	var outs [2]outcome
	for i, conn := range c.conns {
		outs[i] = s.receive(conn)
		if outs[i].end == "" && len(s.commands) == 1 {
			finish(conn, s.commands[0], &outs[i])
		}
	}
	noteSent(s, outs[0])
	return outs
}

func (s step) send(conn *redistest.Conn) {
	if s.raw != "" {
		conn.SendRaw(s.raw + marks)
	}
	for _, c := range s.commands {
		conn.Send(c.wire()...)
	}
}

// receive reads the replies to all commands or, after raw bytes, up to the
// error about the last mark.
func (s step) receive(conn *redistest.Conn) outcome {
	var out outcome
	for s.raw != "" || len(out.replies) < len(s.commands) {
		r, err := conn.Receive()
		if err != nil {
			out.end = ending(err)
			break
		}
		if s.raw != "" && isMark(r, lastMark) {
			break
		}
		if s.raw == "" || !isMark(r, firstMark) {
			out.replies = append(out.replies, r)
		}
	}
	return out
}

// What follows raw bytes: commands that no server knows. The first ones are
// there to be swallowed by bytes that announce more than they hold; the error
// about the last one is the end of the replies. It is an error in a transaction
// too, where any other command would be queued.
const (
	firstMark = "no-such-mark"
	lastMark  = "no-such-last-mark"
)

var marks = strings.Repeat(string(resp.AppendCommand(nil, firstMark)), 4) + string(resp.AppendCommand(nil, lastMark))

// isMark reports whether r is the error about a mark.
func isMark(r resp.Reply, mark string) bool {
	return r.Kind == resp.KindError && strings.HasPrefix(r.Str, "ERR unknown command '"+mark+"'")
}

// ending names the error of a connection. How a closed connection shows
// depends on how much the other side had read.
func ending(err error) string {
	for _, closed := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, closed) {
			return "connection closed"
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "no reply"
	}
	return err.Error()
}

// SCANALL is a command of this package: SCAN from cursor 0 until the cursor is
// 0 again, with the given options at each call. Its reply is the set of keys.
const scanAll = "SCANALL"

// maxScanCalls is far more than the calls that a scan of few keys takes.
const maxScanCalls = 10_000

// wire returns the command to send.
func (c command) wire() []string {
	if c.name() != scanAll {
		return c
	}
	return append([]string{"SCAN", "0"}, c[1:]...)
}

// finish sends what a command of this package needs sent after its first reply
// and makes the replies one.
func finish(conn *redistest.Conn, c command, out *outcome) {
	if c.name() != scanAll {
		return
	}
	r := out.replies[0]
	var found []resp.Reply
	for calls := 0; isScanPage(r); calls++ {
		found = append(found, r.Elems[1].Elems...)
		if r.Elems[0].Str == "0" {
			out.replies[0] = setOf(found)
			return
		}
		if calls == maxScanCalls {
			out.end = "the scan does not end"
			return
		}
		conn.Send(append([]string{"SCAN", r.Elems[0].Str}, c[1:]...)...)
		next, err := conn.Receive()
		if err != nil {
			out.end = ending(err)
			return
		}
		r = next
	}
	out.replies[0] = r
}

func isScanPage(r resp.Reply) bool {
	return r.Kind == resp.KindArray && len(r.Elems) == 2 && r.Elems[1].Kind == resp.KindArray
}

// setOf returns a set reply of the given elements, sorted and each once: a scan
// may return a key twice.
func setOf(elems []resp.Reply) resp.Reply {
	s := sorted(elems)
	return resp.Reply{Kind: resp.KindSet, Elems: slices.CompactFunc(s, resp.Reply.Equal)}
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

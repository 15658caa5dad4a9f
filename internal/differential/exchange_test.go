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

// outcome is what one side answered to a step.
type outcome struct {
	replies []resp.Reply
	end     string   // why no more replies came, if the step did not end as it should
	events  []string // what the step made happen, if somebody listens
}

// exchange sends a step to both sides and then reads both.
func (c *client) exchange(s step) [2]outcome {
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
		return noReply
	}
	return err.Error()
}

// noReply is the ending of a wait in vain. No side may let the test wait, not
// even if both do.
const noReply = "no reply"

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

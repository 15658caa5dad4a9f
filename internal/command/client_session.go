package command

import (
	"math"
	"time"

	"github.com/nookdb/nook"
)

// clientPause is CLIENT PAUSE.
func clientPause(c *Call) error {
	if len(c.Args) > 4 {
		return c.misused()
	}
	writes := false
	if len(c.Args) == 4 {
		writes = is(c.Args[3], "write")
		if !writes && !is(c.Args[3], "all") {
			return errPauseMode
		}
	}
	ms, err := integer(c.Args[2])
	switch {
	case err != nil:
		return errPauseNumber
	case ms < 0:
		return nook.ErrTimeout
	}
	c.Conn.Pause(time.Duration(min(ms, math.MaxInt64/int64(time.Millisecond)))*time.Millisecond, writes)
	return c.ok(nil)
}

func clientUnpause(c *Call) error {
	c.Conn.Unpause()
	return c.ok(nil)
}

// Replies says whether a connection gets replies.
type Replies uint8

// The settings of CLIENT REPLY.
const (
	RepliesOn Replies = iota
	RepliesOff
	RepliesSkip // the next is left out
)

// clientReply is CLIENT REPLY, which itself has a reply only if it is ON.
func clientReply(c *Call) error {
	switch {
	case is(c.Args[2], "on"):
		c.Conn.SetReplies(RepliesOn)
		return c.ok(nil)
	case is(c.Args[2], "off"):
		c.Conn.SetReplies(RepliesOff)
	case is(c.Args[2], "skip"):
		c.Conn.SetReplies(RepliesSkip)
	default:
		return nook.ErrSyntax
	}
	return nil
}

// onOff reads an argument that is ON or OFF.
func onOff(arg string) (on bool, err error) {
	if !is(arg, "on") && !is(arg, "off") {
		return false, nook.ErrSyntax
	}
	return is(arg, "on"), nil
}

func clientNoEvict(c *Call) error {
	on, err := onOff(c.Args[2])
	if err == nil {
		c.Conn.SetNoEvict(on)
	}
	return c.ok(err)
}

func clientNoTouch(c *Call) error {
	on, err := onOff(c.Args[2])
	if err == nil {
		c.Conn.SetNoTouch(c, on)
	}
	return c.ok(err)
}

// clientCapa is CLIENT CAPA. The one capability that there is, redirect, is about replicas, which nook has not; those that are not
// known are passed over.
func clientCapa(c *Call) error { return c.ok(nil) }

const (
	errPauseMode   = Error("ERR CLIENT PAUSE mode must be WRITE or ALL")
	errPauseNumber = Error("ERR timeout is not an integer or out of range")
)

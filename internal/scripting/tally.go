package scripting

import (
	"bytes"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
)

// tally counts what a run does, if somebody wants to know.
type tally struct {
	to  command.Tally // may be nil
	row *command.Row  // of the command that began the run; nil once it has been counted as one that failed
	db  *nook.Commands
}

func (t *tally) now() (now time.Time) {
	if t.to != nil {
		now = t.db.Now()
	}
	return now
}

func (t *tally) called(c *command.Call, began time.Time, failure string) {
	if t.to != nil {
		t.to.Called(c, t.db.Now().Sub(began), failure)
	}
}

func (t *tally) refused(args []string, reason string) {
	if t.to != nil {
		t.to.Refused(command.RowOf(args), reason)
	}
}

// replied notes an error in the reply of the script. That of a command is counted already.
func (t *tally) replied(failure string, counted bool) {
	if t == nil || t.to == nil {
		return
	}
	if !counted {
		t.to.Replied(failure)
	}
	if t.row != nil {
		t.to.Failed(t.row)
		t.row = nil
	}
}

// failureIn returns the error that a command has written as its reply, "" if it is none.
func failureIn(reply []byte) string {
	if len(reply) == 0 || reply[0] != resp.KindError {
		return ""
	}
	line, _, _ := bytes.Cut(reply[1:], []byte("\r\n"))
	return string(line)
}

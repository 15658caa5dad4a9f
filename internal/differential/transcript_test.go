package differential

import (
	"fmt"
	"strings"

	"github.com/nookdb/nook/internal/resp"
)

// transcript is what was sent and answered, up to the first difference.
type transcript struct {
	version int // of RESP
	lines   []line
}

// line is a step with both outcomes.
type line struct {
	step    step
	outs    [2]outcome
	differs int // index of the first reply that differs, or none
}

func (l *transcript) add(line line) { l.lines = append(l.lines, line) }

// agree reports whether there was no difference.
func (l *transcript) agree() bool {
	return len(l.lines) == 0 || l.lines[len(l.lines)-1].differs == none
}

// shownLines is how many of the last lines String writes. What rapid has
// shrunk is shorter.
const shownLines = 12

// String writes the transcript for people. The steps that look at the keyspace
// at the end are left out, unless they differ.
func (l *transcript) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "over RESP%d:\n", l.version)
	first := max(0, len(l.lines)-shownLines)
	if first > 0 {
		fmt.Fprintf(&b, "       (%d steps before)\n", first)
	}
	for i, line := range l.lines {
		switch {
		case i < first:
		case line.differs != none:
			line.writeDifference(&b, i+1)
		case line.step.conn != checker:
			fmt.Fprintf(&b, "  %3d  %s%s\n", i+1, line.who(), line.step)
			writeReplies(&b, "", line.outs[0].replies)
			writeEnd(&b, "", line.outs[0])
		}
	}
	return b.String()
}

// writeDifference writes a step up to the first difference.
func (l line) writeDifference(b *strings.Builder, n int) {
	s, agreed := l.step, l.outs[0].replies[:l.differs]
	if s.conn == checker { // the one command: there are very many
		s.commands, agreed = []command{s.command(l.differs)}, nil
	}
	fmt.Fprintf(b, "> %3d  %s%s\n", n, l.who(), s)
	writeReplies(b, "both  ", agreed)
	for i, side := range []string{"redis ", "nook  "} {
		if out := l.outs[i]; l.differs < len(out.replies) {
			writeReplies(b, side, out.replies[l.differs:l.differs+1])
		} else {
			writeEnd(b, side, out)
			writeEvents(b, side, out.events)
		}
	}
}

const margin = "             "

func writeReplies(b *strings.Builder, side string, replies []resp.Reply) {
	for _, r := range replies {
		fmt.Fprintf(b, "%s%s%s\n", margin, side, strings.ReplaceAll(r.String(), "\n", "\n"+margin+side))
	}
}

func writeEnd(b *strings.Builder, side string, out outcome) {
	switch {
	case out.end != "":
		fmt.Fprintf(b, "%s%s(%s)\n", margin, side, out.end)
	case len(out.replies) == 0 || side != "":
		fmt.Fprintf(b, "%s%s(no more replies)\n", margin, side)
	}
}

// who names the connection if it is not the first one.
func (l line) who() string {
	switch l.step.conn {
	case 0:
		return ""
	case checker:
		return "(at the end) "
	}
	return fmt.Sprintf("[%d] ", l.step.conn)
}

func writeEvents(b *strings.Builder, side string, events []string) {
	for _, e := range events {
		fmt.Fprintf(b, "%s%s(event %s)\n", margin, side, e)
	}
}

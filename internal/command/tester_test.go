package command

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// tester runs commands on a store of its own, whose time stands still.
type tester struct {
	t     testing.TB
	store *nook.Store
	clock *nook.ManualClock
	proto int
}

// testNow is when the clock of a tester begins, in Unix milliseconds:
// 2020-01-01 00:00 UTC.
const testNow = 1577836800000

func newTester(t testing.TB) *tester {
	clock := nook.NewManualClock(time.Time{})
	require.EqualValues(t, testNow, clock.Now().UnixMilli())
	store, err := nook.New(&nook.Options{Clock: clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return &tester{t, store, clock, 2}
}

// do runs a command and returns its reply in short form; see brief.
func (s *tester) do(args ...string) string {
	s.t.Helper()
	out := resp.NewBuffer()
	out.SetProto(s.proto)
	row, err := Lookup(args)
	if err != nil {
		out.Error(ErrorText(err))
	} else {
		c := Call{DB: s.store.Select(0), Args: args, Out: out, Row: row}
		c.Run()
	}
	r := bufio.NewReader(bytes.NewReader(out.Bytes()))
	reply, err := resp.ReadReply(r)
	require.NoError(s.t, err, "%q: %q", args, out.Bytes())
	require.Zero(s.t, r.Buffered(), "%q replies more than once: %q", args, out.Bytes())
	return brief(reply)
}

// brief writes a reply on one line: [arrays] {maps} <sets> $bulks +simple
// -errors :integers nil. A bulk that is null is $nil, an array that is null is *nil.
func brief(r resp.Reply) string {
	elems := make([]string, len(r.Elems))
	for i, e := range r.Elems {
		elems[i] = brief(e)
	}
	list := strings.Join(elems, " ")
	switch {
	case r.Kind == resp.KindNull:
		return "nil"
	case r.Null:
		return string(r.Kind) + "nil"
	case r.Kind == resp.KindArray:
		return "[" + list + "]"
	case r.Kind == resp.KindMap:
		return "{" + list + "}"
	case r.Kind == resp.KindSet:
		return "<" + list + ">"
	case r.Kind == resp.KindInt:
		return fmt.Sprintf(":%d", r.Int)
	default:
		return string(r.Kind) + r.Str
	}
}

// script runs lines of the form "command => reply". Arguments are parted by spaces;
// "" is an empty one.
func (s *tester) script(lines string) {
	s.t.Helper()
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		command, want, ok := strings.Cut(line, " => ")
		require.True(s.t, ok, line)
		args := strings.Fields(command)
		for i, arg := range args {
			if arg == `""` {
				args[i] = ""
			}
		}
		require.Equal(s.t, want, s.do(args...), line)
	}
}

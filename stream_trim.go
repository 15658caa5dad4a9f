package nook

import (
	"strconv"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// TrimBy says by what a stream is trimmed.
type TrimBy uint8

// By what.
const (
	TrimNone   TrimBy = iota
	TrimMaxLen        // the oldest entries beyond a number go
	TrimMinID         // entries before an ID go
)

// NoLimit is the Limit of a StreamTrim that has none.
const NoLimit = -1

// A StreamTrim says which entries at the beginning of a stream are to be removed.
type StreamTrim struct {
	By     TrimBy
	MaxLen int
	MinID  StreamID
	Approx bool       // only as far as is cheapest, in steps of some hundred entries: ~
	Limit  int        // with Approx: how many at most; 0: 100 nodes of a stream, as a rule 10,000 entries; or NoLimit
	Refs   StreamRefs // what becomes of references to the entries
}

// check fails if the options contradict each other.
func (t *StreamTrim) check() error {
	switch {
	case t.By > TrimMinID || t.Refs > AckedRefs:
		return ErrSyntax
	case t.MaxLen < 0:
		return ErrXMaxLen
	case t.Limit < NoLimit:
		return ErrXLimit
	case t.Limit != 0 && t.By == TrimNone:
		return ErrXLimitAlone
	case t.Limit != 0 && !t.Approx:
		return ErrXLimitExact
	}
	return nil
}

// plan returns the options in the form of the log.
func (t *StreamTrim) plan(s *value.Stream, m *value.Limits) stream.Trim {
	p := stream.Trim{ByID: t.By == TrimMinID, MaxLen: t.MaxLen, MinID: stream.ID(t.MinID), Approx: t.Approx}
	if t.Approx {
		p.Limit = t.limit(m)
	}
	switch t.Refs {
	case DelRefs:
		p.Remove = func(id stream.ID) bool { s.DropRefs(id); return true }
	case AckedRefs:
		p.Remove = func(id stream.ID) bool { return !s.Referenced(id) }
	}
	return p
}

// limit returns how many entries may go, 0 for all.
func (t *StreamTrim) limit(m *value.Limits) int {
	switch {
	case t.Limit == NoLimit:
		return 0
	case t.Limit != 0:
		return t.Limit
	case m.StreamEntries <= 0:
		return 10_000
	default:
		return min(100*m.StreamEntries, 1_000_000)
	}
}

// XTrim removes entries at the beginning of a stream and returns how many.
//
// Fails with ErrXTrimNone if By says nothing, with ErrXMaxLen, ErrXLimit, ErrXLimitAlone and ErrXLimitExact for what is
// negative or makes no sense together, and with ErrWrongType. O(removed), of which most go a hundred at a time; O(groups) more for each unless
// references are kept. With AckedRefs and without Approx also O(entries that stay for their references). XTRIM.
func (c *commands) XTrim(key string, t StreamTrim) (removed int, err error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	if t.By == TrimNone {
		return 0, ErrXTrimNone
	}
	w, s, err := c.writeStream(key, 0)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if s == nil {
		return 0, nil
	}
	return w.trim(s, &t), nil
}

// trim removes entries of a stream and tells of it.
func (w *write) trim(s *value.Stream, t *StreamTrim) int {
	plan := t.plan(s, &w.c.ks.limits)
	removed := s.Trim(&plan)
	if removed == 0 {
		w.settleValue() // a node that had no entries left may be gone
		return 0
	}
	w.modified()
	w.counts(removed)
	w.event(EventStream, "xtrim")
	if w.logged() {
		w.effect(t.effect(w.key, s)...)
	}
	return removed
}

// effect returns a command that removes exactly what the trim has removed. If it is by length it does so in any case: what goes is what comes
// first of all that may go.
func (t *StreamTrim) effect(key string, s *value.Stream) []string {
	command := []string{"XTRIM", key, "MAXLEN", "=", strconv.Itoa(s.Len())}
	if t.By == TrimMinID && t.Refs != AckedRefs {
		id := stream.ID(t.MinID)
		if first, ok := s.First(); ok {
			id = first
		}
		command = []string{"XTRIM", key, "MINID", "=", id.String()}
	}
	if t.Refs != KeepRefs {
		command = append(command, t.Refs.String())
	}
	return command
}

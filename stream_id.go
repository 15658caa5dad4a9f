package nook

import (
	"math"
	"time"

	"github.com/nookdb/nook/internal/stream"
)

// A StreamID is the place of an entry in a stream: milliseconds, as a rule of Unix time, and a number among the
// entries of one millisecond. The zero ID is before all entries.
type StreamID struct{ Ms, Seq uint64 }

// StreamIDAt returns the least ID of the millisecond of t, or the zero ID for a time before 1970.
func StreamIDAt(t time.Time) StreamID { return StreamID{Ms: uint64(max(t.UnixMilli(), 0))} }

// Time returns the time that the ID's milliseconds stand for. The farthest is in 292 million years.
func (id StreamID) Time() time.Time { return time.UnixMilli(int64(min(id.Ms, math.MaxInt64))) }

// Compare returns -1, 0 or 1, as the ID is less than another one, equal or greater.
func (id StreamID) Compare(other StreamID) int { return stream.ID(id).Compare(stream.ID(other)) }

// String returns the ID's form on the wire, such as 1526919030474-55.
func (id StreamID) String() string { return stream.ID(id).String() }

// Append appends what String returns to dst.
func (id StreamID) Append(dst []byte) []byte { return stream.ID(id).Append(dst) }

// ParseStreamID reads the form of an ID on the wire: "ms-seq", or "ms" alone for "ms-0". It fails with ErrStreamID.
func ParseStreamID(s string) (StreamID, error) {
	id, ok := stream.Parse(s, 0)
	if !ok {
		return StreamID{}, ErrStreamID
	}
	return StreamID(id), nil
}

// A StreamBound is an end of a range of IDs. See StreamLowest, which is the zero value, and StreamHighest for ranges
// without an end.
type StreamBound struct {
	ID   StreamID
	Open bool // the ID itself is outside: (
}

// StreamLowest is before all entries: -.
func StreamLowest() StreamBound { return StreamBound{} }

// StreamHighest is behind all entries: +.
func StreamHighest() StreamBound { return StreamBound{ID: StreamID(stream.MaxID)} }

// ParseStreamMin reads the lower end of a range as it is on the wire: an ID, "-", "+", or an ID with "(" before it. It
// fails with ErrStreamID, and with ErrStreamStart for an open bound behind which there is no ID.
func ParseStreamMin(s string) (StreamBound, error) {
	b, err := parseStreamBound(s, 0)
	if err == nil {
		_, err = b.first()
	}
	return b, err
}

// ParseStreamMax is ParseStreamMin for the upper end, where "ms" alone stands for the last ID of that millisecond. It
// fails with ErrStreamID, and with ErrStreamStop for an open bound before which there is no ID.
func ParseStreamMax(s string) (StreamBound, error) {
	b, err := parseStreamBound(s, math.MaxUint64)
	if err == nil {
		_, err = b.last()
	}
	return b, err
}

func parseStreamBound(s string, missing uint64) (b StreamBound, err error) {
	parse := stream.ParseEnd
	if len(s) > 1 && s[0] == '(' {
		b.Open, s, parse = true, s[1:], stream.Parse
	}
	id, ok := parse(s, missing)
	if !ok {
		return b, ErrStreamID
	}
	b.ID = StreamID(id)
	return b, nil
}

// first returns the first ID of a range with this lower end.
func (b StreamBound) first() (stream.ID, error) {
	id := stream.ID(b.ID)
	if !b.Open {
		return id, nil
	}
	id, ok := id.Next()
	if !ok {
		return id, ErrStreamStart
	}
	return id, nil
}

// last returns the last ID of a range with this upper end.
func (b StreamBound) last() (stream.ID, error) {
	id := stream.ID(b.ID)
	if !b.Open {
		return id, nil
	}
	id, ok := id.Prev()
	if !ok {
		return id, ErrStreamStop
	}
	return id, nil
}

// A NewStreamID says how an entry gets its ID. The zero value is the time, or what comes behind the
// last ID if the time is not later: *.
type NewStreamID struct {
	id   StreamID
	kind newID
}

type newID uint8

const (
	automatic newID = iota
	anySeq
	given
)

// GivenID is the ID that an entry is to have.
func GivenID(id StreamID) NewStreamID { return NewStreamID{id, given} }

// NextIDWithin is the next free ID of a millisecond: ms-*.
func NextIDWithin(ms uint64) NewStreamID { return NewStreamID{StreamID{Ms: ms}, anySeq} }

// ParseNewStreamID reads the ID of a new entry as it is on the wire: "*", "ms-*", "ms-seq" or "ms". It fails with
// ErrStreamID.
func ParseNewStreamID(s string) (NewStreamID, error) {
	if s == "*" {
		return NewStreamID{}, nil
	}
	switch id, open, ok := stream.ParseNew(s); {
	case !ok:
		return NewStreamID{}, ErrStreamID
	case open:
		return NextIDWithin(id.Ms), nil
	default:
		return GivenID(StreamID(id)), nil
	}
}

// zero reports whether the ID is given as that before all entries, which none can have.
func (n NewStreamID) zero() bool { return n.kind == given && n.id == StreamID{} }

// next returns the ID of an entry that is added at a time to a stream whose last ID is given.
func (n NewStreamID) next(last stream.ID, now int64) (stream.ID, error) {
	if last == stream.MaxID {
		return last, ErrStreamFull
	}
	id := stream.ID(n.id)
	switch {
	case n.kind == automatic:
		id = stream.ID{Ms: uint64(max(now, 0))}
		if !last.Less(id) {
			id, _ = last.Next()
		}
	case n.kind == anySeq && id.Ms == last.Ms && last.Seq != math.MaxUint64:
		id.Seq = last.Seq + 1
	}
	if !last.Less(id) {
		return id, ErrStreamOldID
	}
	return id, nil
}

package nook

import (
	"strconv"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// XSetIDOptions are the options of XSetIDWith.
type XSetIDOptions struct {
	SetAdded   bool
	Added      int64    // with SetAdded: how many entries there have ever been
	MaxDeleted StreamID // the greatest ID of an entry that was deleted; zero: leave it
}

// XSetID makes id the last ID of a stream, behind which the IDs of new entries are.
//
// Fails with ErrNoSuchKey, with ErrSetIDTop if the stream has an entry with a greater ID, and with ErrWrongType and
// ErrOutOfMemory. O(1). XSETID.
func (c *commands) XSetID(key string, id StreamID) error {
	return c.XSetIDWith(key, id, XSetIDOptions{})
}

// XSetIDWith is XSetID and sets what else a stream knows of its past.
//
// Fails also with ErrSetIDAdded and ErrSetIDFewer for a number of entries that cannot be, and with ErrSetIDBelow if id is less
// than MaxDeleted. O(1). See XSetID.
func (c *commands) XSetIDWith(key string, id StreamID, o XSetIDOptions) (err error) {
	switch {
	case o.SetAdded && o.Added < 0:
		return ErrSetIDAdded
	case id.Compare(o.MaxDeleted) < 0:
		return ErrSetIDBelow
	}
	w, s, err := c.writeStream(key, mayGrow)
	if err != nil {
		return err
	}
	defer w.done(&err)
	if s == nil {
		return ErrNoSuchKey
	}
	if err := o.check(s, stream.ID(id)); err != nil {
		return err
	}
	s.LastID = stream.ID(id)
	if o.SetAdded {
		s.Added = o.Added
	}
	if o.MaxDeleted != (StreamID{}) {
		s.MaxDeleted = stream.ID(o.MaxDeleted)
	}
	w.aside()
	w.event(EventStream, "xsetid")
	if w.logged() {
		w.effect(o.effect(key, id)...)
	}
	return nil
}

// effect returns a command that sets the same. What was not set is left out: it may be what cannot be set.
func (o *XSetIDOptions) effect(key string, id StreamID) []string {
	command := []string{"XSETID", key, id.String()}
	if o.SetAdded {
		command = append(command, "ENTRIESADDED", strconv.FormatInt(o.Added, 10))
	}
	if o.MaxDeleted != (StreamID{}) {
		command = append(command, "MAXDELETEDID", o.MaxDeleted.String())
	}
	return command
}

// check fails if the options contradict what the stream has.
func (o *XSetIDOptions) check(s *value.Stream, id stream.ID) error {
	last, ok := s.Last()
	switch {
	case ok && id.Less(last):
		return ErrSetIDTop
	case ok && o.SetAdded && o.Added < int64(s.Len()):
		return ErrSetIDFewer
	}
	return nil
}

// StreamInfo is what a stream knows of itself.
type StreamInfo struct {
	Len        int
	Nodes      int      // in which the entries are
	RadixNodes int      // of the tree in which Redis would keep these
	LastID     StreamID // of the last entry that there has been, or as XSetID set it
	MaxDeleted StreamID // the greatest ID of an entry that was deleted
	Added      int64    // how many entries there have ever been
	FirstID    StreamID // of the first entry, zero if there is none
	Groups     int
}

// StreamSummary is what XInfoStream returns.
type StreamSummary struct {
	StreamInfo
	First, Last StreamEntry // zero if the stream has no entries
}

// XInfoStream describes a stream.
//
// Fails with ErrNoSuchKey and ErrWrongType. O(nodes). XINFO STREAM.
func (c *commands) XInfoStream(key string) (StreamSummary, error) {
	r, s, err := c.infoStream(key)
	if err != nil {
		return StreamSummary{}, err
	}
	defer r.done()
	t := StreamSummary{StreamInfo: streamInfo(s)}
	if s.Len() > 0 {
		t.First = entriesOf(s.Range(stream.ID{}, stream.MaxID, false), 1, 1)[0]
		t.Last = entriesOf(s.Range(stream.ID{}, stream.MaxID, true), 1, 1)[0]
	}
	return t, nil
}

// StreamDetails is what XInfoStreamFull returns.
type StreamDetails struct {
	StreamInfo
	Entries   []StreamEntry
	GroupList []GroupDetail
}

// XInfoStreamFull describes a stream with its first entries, and with its groups and the first of what is pending there: count of each, or all if that is 0.
//
// Fails with ErrNoSuchKey and ErrWrongType. O(nodes + result). See XInfoStream.
func (c *commands) XInfoStreamFull(key string, count int) (StreamDetails, error) {
	r, s, err := c.infoStream(key)
	if err != nil {
		return StreamDetails{}, err
	}
	defer r.done()
	entries := entriesOf(s.Range(stream.ID{}, stream.MaxID, false), s.Len(), count)
	return StreamDetails{streamInfo(s), entries, groupDetails(s, count)}, nil
}

// infoStream reads a stream, which must exist.
func (c *commands) infoStream(key string) (read, *value.Stream, error) {
	r, s, err := readAs[*value.Stream](c, key)
	if err == nil && s == nil {
		r.done()
		err = ErrNoSuchKey
	}
	return r, s, err
}

func streamInfo(s *value.Stream) StreamInfo {
	first, _ := s.First()
	if s.Len() == 0 {
		first = stream.ID{}
	}
	return StreamInfo{
		Len: s.Len(), Nodes: s.Nodes(), RadixNodes: s.RadixNodes(), Groups: s.Groups(),
		LastID: StreamID(s.LastID), MaxDeleted: StreamID(s.MaxDeleted), Added: s.Added, FirstID: StreamID(first),
	}
}

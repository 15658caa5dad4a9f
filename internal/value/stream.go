package value

import (
	"github.com/nookdb/nook/internal/stream"
)

// A Stream is the value of a stream: its entries, a structure from internal/stream, and its consumer groups. Of the Limits its
// methods take StreamBytes and StreamEntries.
type Stream struct {
	stream.Log
	LastID     stream.ID // of the last entry that there has been, or as it was set
	MaxDeleted stream.ID // the greatest of an entry that was deleted
	Added      int64     // entries that there have ever been

	groups
}

// NewStream returns an empty stream.
func NewStream() *Stream { return &Stream{} }

// Empty returns false: a stream without entries stays.
func (s *Stream) Empty() bool { return false }

// Type returns "stream".
func (s *Stream) Type() string { return "stream" }

// Encoding returns "stream".
func (s *Stream) Encoding() string { return "stream" }

// Bytes returns how many bytes the stream takes on the heap. O(1).
func (s *Stream) Bytes() int { return s.Log.Bytes() + streamExtra + s.groups.bytes() }

// streamExtra is the size of a stream beside those of its log and groups, and what the allocator adds to it and to
// a node.
const streamExtra = 2*16 + 8 + 16

// Clone returns a copy.
func (s *Stream) Clone() Collection {
	c := s.with(s.Log.Clone())
	s.groups.clone(&c.groups)
	return c
}

// still returns a copy that is good to be read, and for nothing else.
func (s *Stream) still() Collection {
	c := s.with(s.Log.Still())
	s.fork(&c.groups, &s.groups)
	return c
}

// leave returns a stream with all that is in s, and leaves s what still returns. Others may read s meanwhile.
func (s *Stream) leave() Collection {
	c := s.with(s.Log.Leave())
	s.fork(&c.groups, &c.groups)
	return c
}

// with returns a copy that has another log, and no groups.
func (s *Stream) with(l stream.Log) *Stream {
	return &Stream{Log: l, LastID: s.LastID, MaxDeleted: s.MaxDeleted, Added: s.Added}
}

// streamLimit returns the limit of a stream's nodes.
func (m *Limits) streamLimit() stream.Limit {
	return stream.Limit{Bytes: m.StreamBytes, Entries: m.StreamEntries}
}

// Add adds an entry whose ID is greater than LastID.
func (s *Stream) Add(id stream.ID, m *Limits, fields []string) {
	s.Append(id, m.streamLimit(), fields)
	s.LastID = id
	s.Added++
}

// Remove removes the entry with an ID, and reports whether there was one.
func (s *Stream) Remove(id stream.ID) bool {
	if !s.Delete(id) {
		return false
	}
	if s.MaxDeleted.Less(id) {
		s.MaxDeleted = id
	}
	return true
}

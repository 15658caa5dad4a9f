package nook

import (
	"context"
	"slices"
	"time"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// A StreamStart is a place in a stream from which on entries are read. The zero value is before all
// entries.
type StreamStart struct {
	after StreamID
	from  startKind
}

type startKind uint8

const (
	fromID startKind = iota
	fromEnd
	fromLast
)

// StreamAfter is behind the ID of an entry, which need not exist.
func StreamAfter(id StreamID) StreamStart { return StreamStart{after: id} }

// StreamNew is behind all entries that there have been so far: $.
func StreamNew() StreamStart { return StreamStart{from: fromEnd} }

// StreamLast is before the last entry: +.
func StreamLast() StreamStart { return StreamStart{from: fromLast} }

// resolve returns the ID behind which entries of a stream, which may be nil, are read.
func (p StreamStart) resolve(s *value.Stream) stream.ID {
	switch {
	case p.from == fromID:
		return stream.ID(p.after)
	case s == nil:
		return stream.ID{}
	case p.from == fromLast && s.Len() > 0:
		last, _ := s.Last()
		before, _ := last.Prev()
		return before
	}
	return s.LastID
}

// A StreamFrom names a stream and where it is read from.
type StreamFrom struct {
	Key   string
	Start StreamStart
}

// StreamEntries are entries of one stream.
type StreamEntries struct {
	Key     string
	Entries []StreamEntry
}

// XReadOptions are the options of XReadWith.
type XReadOptions struct {
	Count   int           // how many entries of each stream to return at most; 0 or less means all
	Wait    bool          // wait until there is an entry, if there is none
	Timeout time.Duration // wait so long at most; 0 is for ever, with Wait
}

// XRead returns what follows the given places in streams: the entries of each that has some. It does not wait.
//
// Fails with ErrWrongType. O(log n + result) for each stream. XREAD.
func (c *commands) XRead(from ...StreamFrom) ([]StreamEntries, error) {
	return c.XReadWith(context.Background(), XReadOptions{}, from...)
}

// XReadWith is XRead of so many entries, or one that waits until one of the streams has an entry. After having waited it returns
// the entries of the first that got one, 1000 at most unless it was told how many, or none if the timeout passed first. Within a transaction, where nothing can change,
// it does not wait.
//
// Fails with ErrWrongType, with ErrTimeout for a timeout below 0, and with the context's error if that ends first. See XRead.
func (c *commands) XReadWith(ctx context.Context, o XReadOptions, from ...StreamFrom) ([]StreamEntries, error) {
	x := reading{from: from, count: o.Count}
	var err error
	switch {
	case len(from) == 0:
		return nil, nil
	case o.Wait || o.Timeout != 0:
		_, err = c.await(ctx, o.Timeout, x.keys(), nil, x.begin, &waiter{serve: x.serve})
	case len(from) == 1:
		err = x.readOne(c)
	default:
		err = x.readAll(c)
	}
	if err != nil {
		return nil, err
	}
	return x.found, nil
}

// A reading is a call of XRead.
type reading struct {
	from  []StreamFrom
	count int
	after []stream.ID // the places of from, if it may have to wait
	found []StreamEntries
}

func (x *reading) keys() []string {
	keys := make([]string, len(x.from))
	for i := range x.from {
		keys[i] = x.from[i].Key
	}
	return keys
}

// readOne reads a single stream.
func (x *reading) readOne(c *commands) error {
	from := &x.from[0]
	r, s, err := readAs[*value.Stream](c, from.Key)
	if err != nil {
		return err
	}
	defer r.done()
	if s == nil {
		c.miss(from.Key) // as Redis, which looks for the key once more
		return nil
	}
	x.take(from.Key, s, from.Start.resolve(s))
	return nil
}

// readAll reads all streams: what is there for each, once it is known that all are streams.
func (x *reading) readAll(c *commands) error {
	m, err := c.lookAll(x.keys()...)
	if err != nil {
		return err
	}
	defer m.done(nil)
	streams := make([]*value.Stream, len(x.from))
	x.after = make([]stream.ID, len(x.from))
	for i := range x.from {
		w := m.look(c, x.from[i].Key)
		w.noteMiss()
		if streams[i], err = as[*value.Stream](w.entry); err != nil {
			return err
		}
		if w.entry != nil {
			c.touch(w.entry)
		}
		x.after[i] = x.from[i].Start.resolve(streams[i])
	}
	for i, s := range streams {
		if s == nil {
			c.miss(x.from[i].Key) // as Redis, which looks for the key once more
			continue
		}
		x.take(x.from[i].Key, s, x.after[i])
	}
	return nil
}

// take notes what a stream has behind an ID, if it has something.
func (x *reading) take(key string, s *value.Stream, after stream.ID) {
	from, ok := after.Next()
	if !ok {
		return
	}
	if entries := entriesOf(s.Range(from, stream.MaxID, false), s.Len(), x.count); entries != nil {
		x.found = append(x.found, StreamEntries{key, entries})
	}
}

// begin is readAll of a call that would wait else; it reports whether there is something.
func (x *reading) begin(c *commands) (bool, error) {
	err := x.readAll(c)
	return len(x.found) > 0, err
}

// serve reads a stream that has changed.
func (x *reading) serve(c *commands, key string) (bool, error) {
	r, s, err := readAs[*value.Stream](c, key)
	if err != nil {
		return false, err
	}
	defer r.done()
	if s == nil {
		return false, nil
	}
	if x.count <= 0 {
		x.count = waitCount
	}
	i := slices.IndexFunc(x.from, func(f StreamFrom) bool { return f.Key == key })
	x.take(key, s, x.after[i])
	return len(x.found) > 0, nil
}

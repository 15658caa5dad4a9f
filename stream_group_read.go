package nook

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// A GroupFrom is a stream that a consumer of a group reads from: entries that no consumer of the group
// was given yet (>), or once more those that this one was given.
type GroupFrom struct {
	Key     string
	History bool     // what is pending of the consumer
	After   StreamID // of that, what is behind an ID
}

// XReadGroupOptions are the options of XReadGroupWith.
type XReadGroupOptions struct {
	Count   int           // how many entries of each stream at most; 0 or less means all
	NoAck   bool          // new entries need not be acknowledged
	Wait    bool          // if there is nothing, wait for an entry
	Timeout time.Duration // wait so long at most; 0 is for ever, with Wait
}

// waitCount is how many entries who has waited gets at most, if it did not say how many.
const waitCount = 1000

// XReadGroup gives a consumer of a group the entries that no consumer of the group was given yet, of each stream
// that has some. They are pending from then on, until the consumer acknowledges them. The consumer is
// created if there are some.
//
// Fails with ErrNoGroup if one of the streams or its group does not exist, and with ErrWrongType. O(entries *
// log pending). XREADGROUP.
func (c *commands) XReadGroup(group, consumer string, keys ...string) ([]StreamEntries, error) {
	from := make([]GroupFrom, len(keys))
	for i, key := range keys {
		from[i].Key = key
	}
	return c.XReadGroupWith(context.Background(), group, consumer, XReadGroupOptions{}, from...)
}

// XReadGroupWith is XReadGroup that can wait, and that can read once more what is pending of the consumer. Of an
// entry that was deleted since, that has no fields.
//
// Who waits longest is served first. When the timeout passes first, nothing is returned. Within a transaction, where
// nothing can change, it does not wait.
//
// Fails as XReadGroup does, with ErrTimeout for a timeout below 0, with the context's error if that ends first, and
// when, while it waits, the stream goes or becomes of another type, with ErrStreamGone, or the group goes, with
// ErrGroupGone. O(entries * log pending). See XReadGroup.
func (c *commands) XReadGroupWith(
	ctx context.Context, group, consumer string, o XReadGroupOptions, from ...GroupFrom,
) ([]StreamEntries, error) {
	r := &groupReader{group: group, consumer: consumer, o: o}
	if !o.Wait && o.Timeout == 0 {
		err := r.read(c, from)
		return r.got, err
	}
	keys := make([]string, len(from))
	for i := range from {
		keys[i] = from[i].Key
	}
	first := func(c *commands) (bool, error) {
		err := r.read(c, from)
		return len(r.got) > 0, err
	}
	ok, err := c.await(ctx, o.Timeout, keys, nil, first, &waiter{serve: r.serve, gone: ErrStreamGone})
	if !ok || err != nil {
		return nil, err
	}
	return r.got, nil
}

// A groupReader is a call of XReadGroupWith.
type groupReader struct {
	group, consumer string
	o               XReadGroupOptions
	got             []StreamEntries
}

// read reads all streams.
func (r *groupReader) read(c *commands, from []GroupFrom) (err error) {
	switch len(from) {
	case 0:
		return nil
	case 1:
		return r.readOne(c, from[0])
	}
	keys := make([]string, len(from))
	for i := range from {
		keys[i] = from[i].Key
	}
	m, err := c.reduceAll(keys...)
	if err != nil {
		return err
	}
	defer m.done(&err)
	for _, f := range from {
		w := m.look(c, f.Key)
		if _, _, err := r.find(&w); err != nil {
			return err
		}
	}
	for _, f := range from {
		w := m.open(f.Key)
		s, g, err := r.find(&w)
		if err != nil {
			return err
		}
		r.readFrom(&w, s, g, f)
		w.settle()
	}
	return nil
}

// readOne reads one stream.
func (r *groupReader) readOne(c *commands, f GroupFrom) (err error) {
	w := new(write)
	if err := w.acquire(c, f.Key, 0); err != nil {
		return err
	}
	defer w.done(&err)
	s, g, err := r.find(w)
	if err == nil {
		r.readFrom(w, s, g, f)
	}
	return err
}

// find returns the stream and the group.
func (r *groupReader) find(w *write) (*value.Stream, *value.Group, error) {
	s, err := as[*value.Stream](w.entry)
	if err != nil {
		return nil, nil, err
	}
	if s == nil {
		w.c.miss(w.key)
	} else if g := s.Group(r.group); g != nil {
		return s, g, nil
	}
	return nil, nil, noGroupToRead(w.key, r.group)
}

// serve is the service of a call that waits.
func (r *groupReader) serve(c *commands, key string) (bool, error) {
	w := new(write)
	if err := w.acquire(c, key, 0); err != nil {
		return false, err
	}
	defer w.done(nil)
	s, g, err := r.find(w)
	if errors.Is(err, ErrNoGroup) {
		err = ErrGroupGone
	}
	if err != nil || !hasNew(s, g) {
		return false, err
	}
	if r.o.Count <= 0 {
		r.o.Count = waitCount
	}
	r.readFrom(w, s, g, GroupFrom{Key: key})
	return true, nil
}

// readFrom reads one stream: new entries if there are any, what is pending in any case.
func (r *groupReader) readFrom(w *write, s *value.Stream, g *value.Group, f GroupFrom) {
	if !f.History && !hasNew(s, g) {
		return
	}
	x := w.consumer(g, r.consumer)
	var entries []StreamEntry
	if f.History {
		entries = w.readPending(s, g, x, f.After, r.o.Count)
	} else {
		entries = w.readNew(s, g, x, &r.o)
	}
	if len(entries) > 0 {
		x.Active = x.Seen
	}
	w.aside()
	r.got = append(r.got, StreamEntries{f.Key, entries})
}

// hasNew reports whether there are entries that a group was not given yet.
func hasNew(s *value.Stream, g *value.Group) bool {
	last, ok := s.Last()
	return ok && g.LastID.Less(last)
}

// readNew gives a consumer the next entries.
func (w *write) readNew(s *value.Stream, g *value.Group, x *value.Consumer, o *XReadGroupOptions) []StreamEntry {
	first, ok := g.LastID.Next()
	if !ok {
		return nil
	}
	entries := entriesOf(s.Range(first, stream.MaxID, false), s.Len(), o.Count)
	for i := range entries {
		id := stream.ID(entries[i].ID)
		s.Advance(g, id)
		if !o.NoAck {
			w.deliver(g, x, id)
		}
	}
	if w.logged() {
		w.logGroup(g)
	}
	return entries
}

// deliver makes a new entry pending of a consumer. It may be pending already, if the group was set back.
func (w *write) deliver(g *value.Group, x *value.Consumer, id stream.ID) {
	p := g.Pending(id)
	if p == nil {
		p = g.Add(id, x)
	}
	p = g.Deliver(p, x, x.Seen, 1)
	if w.logged() {
		w.logPending(g, p)
	}
}

// logPending records what is known about a pending entry.
func (w *write) logPending(g *value.Group, p *value.Pending) {
	w.effect("XCLAIM", w.key, g.Name, p.Consumer(), "0", p.ID.String(), "TIME", strconv.FormatInt(p.Delivered, 10),
		"RETRYCOUNT", strconv.FormatInt(p.Count, 10), "FORCE", "JUSTID", "LASTID", g.LastID.String())
}

// entryAt returns the entry at a cursor.
func entryAt(cursor *stream.Cursor) StreamEntry {
	var flat [2 * fieldsOnStack]string
	fields := make([]Field, 0, cursor.Len())
	return StreamEntry{StreamID(cursor.ID()), unflatten(fields, cursor.Fields(flat[:0]))}
}

// readPending gives a consumer once more what is pending of it.
func (w *write) readPending(s *value.Stream, g *value.Group, x *value.Consumer, after StreamID, count int) []StreamEntry {
	entries := []StreamEntry{}
	next, ok := stream.ID(after).Next()
	for ok && (count <= 0 || len(entries) < count) {
		p := x.NextPending(next)
		if p == nil {
			break
		}
		next, ok = p.ID.Next()
		cursor := s.Range(p.ID, p.ID, false)
		if !cursor.Next() {
			entries = append(entries, StreamEntry{ID: StreamID(p.ID)})
		} else {
			entries = append(entries, entryAt(&cursor))
			p = g.Deliver(p, x, x.Seen, p.Count+1)
			if w.logged() {
				w.logPending(g, p)
			}
		}
	}
	return entries
}

package nook

import (
	"strconv"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// A StreamEntry is an entry of a stream.
type StreamEntry struct {
	ID     StreamID
	Fields []Field // in the order in which they were given; nil of an entry that has been deleted
}

// writeStream opens a key that must hold a stream if it exists. The command needs more
// memory if n says so.
func (c *commands) writeStream(key string, n need) (w *write, s *value.Stream, err error) {
	w = new(write)
	s, err = openAs[*value.Stream](w, c, key, n)
	return
}

// XAddOptions are the options of XAddWith.
type XAddOptions struct {
	ID         NewStreamID // zero: of the time, as XAdd
	NoMkStream bool        // do nothing if there is no such stream
	Trim       StreamTrim  // then remove entries; zero: none
}

// XAdd adds an entry to a stream, which is created if need be, and returns its ID: the time in milliseconds, or what comes behind
// the last ID of the stream if the time is not later.
//
// Fails with ErrStreamFull behind the greatest ID, with ErrNoFields, ErrStreamEntry, ErrTooLong, ErrWrongType and
// ErrOutOfMemory. O(fields). XADD.
func (c *commands) XAdd(key string, fields ...Field) (StreamID, error) {
	id, _, err := c.XAddWith(key, XAddOptions{}, fields...)
	return id, err
}

// XAddWith is XAdd with an ID of the caller's, for a stream that exists, or followed by XTrim. It returns false if NoMkStream keeps it from
// adding anything.
//
// Fails also with ErrStreamZeroID and ErrStreamOldID for an ID that is not greater than all before, and as XTrim does. O(fields +
// removed). See XAdd.
func (c *commands) XAddWith(key string, o XAddOptions, fields ...Field) (id StreamID, ok bool, err error) {
	var room [2 * fieldsOnStack]string
	flat := flatFields(room[:0], fields)
	if err := c.checkXAdd(&o, flat); err != nil {
		return StreamID{}, false, err
	}
	w, s, err := c.writeStream(key, mayGrow)
	if err != nil {
		return StreamID{}, false, err
	}
	defer w.done(&err)
	if s == nil && o.NoMkStream {
		return StreamID{}, false, nil
	}
	added, err := w.add(s, o.ID, flat)
	if err != nil {
		return StreamID{}, false, err
	}
	if w.logged() {
		w.effect(append([]string{"XADD", key, added.String()}, flat...)...)
	}
	if o.Trim.By != TrimNone {
		w.trim(w.entry.Object().(*value.Stream), &o.Trim)
	}
	return StreamID(added), true, nil
}

// fieldsOnStack is up to how many fields an entry is added without an allocation for the list of them.
const fieldsOnStack = 8

// flatFields appends the names of fields, each followed by its value, to dst.
func flatFields(dst []string, fields []Field) []string {
	for i := range fields {
		dst = append(dst, fields[i].Name, fields[i].Value)
	}
	return dst
}

// checkXAdd fails for arguments that no stream takes.
func (c *commands) checkXAdd(o *XAddOptions, fields []string) error {
	if err := o.Trim.check(); err != nil {
		return err
	}
	switch {
	case len(fields) == 0:
		return ErrNoFields
	case o.ID.zero():
		return ErrStreamZeroID
	}
	for _, s := range fields {
		if err := c.fits(len(s)); err != nil {
			return err
		}
	}
	return nil
}

// add adds an entry to a stream, which is created if it is nil.
func (w *write) add(s *value.Stream, at NewStreamID, fields []string) (stream.ID, error) {
	var last stream.ID
	if s != nil {
		last = s.LastID
	}
	id, err := at.next(last, w.c.now())
	switch {
	case err != nil:
		return id, err
	case !stream.Fits(fields):
		return id, ErrStreamEntry
	}
	if s == nil {
		s = value.NewStream()
		s.Add(id, &w.c.ks.limits, fields)
		w.put(value.New(w.key, s, 0))
	} else {
		s.Add(id, &w.c.ks.limits, fields)
		w.modified()
	}
	w.event(EventStream, "xadd")
	return id, nil
}

// XLen returns the number of entries of a stream, 0 if there is none.
//
// Fails with ErrWrongType. O(1). XLEN.
func (c *commands) XLen(key string) (int, error) {
	r, s, err := readAs[*value.Stream](c, key)
	if err != nil {
		return 0, err
	}
	defer r.done()
	if s == nil {
		return 0, nil
	}
	return s.Len(), nil
}

// XRangeOptions are the options of XRangeWith.
type XRangeOptions struct {
	Reverse bool // from the greatest ID to the least
	Count   int  // how many entries to return at most; 0 or less means all
}

// XRange returns the entries whose IDs are between two bounds, in their order.
//
// Strings of several entries may share an allocation of up to 2 KiB: to keep one of many, clone it.
// Fails with ErrStreamStart or ErrStreamStop if an open bound has nothing beyond it, and with ErrWrongType. O(log n + result).
// XRANGE.
func (c *commands) XRange(key string, from, to StreamBound) ([]StreamEntry, error) {
	return c.XRangeWith(key, from, to, XRangeOptions{})
}

// XRangeWith is XRange in the opposite order, or of so many entries.
//
// Fails as XRange does. O(log n + result). XREVRANGE; see XRange.
func (c *commands) XRangeWith(key string, from, to StreamBound, o XRangeOptions) ([]StreamEntry, error) {
	first, err := from.first()
	if err != nil {
		return nil, err
	}
	last, err := to.last()
	if err != nil {
		return nil, err
	}
	r, s, err := readAs[*value.Stream](c, key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	if s == nil {
		return nil, nil
	}
	return entriesOf(s.Range(first, last, o.Reverse), s.Len(), o.Count), nil
}

// entriesOf returns the entries that are to come in a walk over up to most entries: count, or all if that is not
// above 0.
func entriesOf(cursor stream.Cursor, most, count int) []StreamEntry {
	const expected, fieldsAhead = 16, 256 // up to how many entries and fields that may come there is room before they do
	ahead := 1
	if count <= 0 || count > most {
		count = most
	} else {
		ahead = min(count, expected)
		cursor.Expect(ahead)
	}
	var entries []StreamEntry
	var flat [2 * fieldsOnStack]string
	var fields []Field // where there is room
	for len(entries) < count && cursor.Next() {
		if entries == nil {
			entries = make([]StreamEntry, 0, min(count, expected))
		}
		n := cursor.Len()
		if cap(fields)-len(fields) < n {
			fields = make([]Field, 0, max(n, min(n*min(count-len(entries), ahead), fieldsAhead)))
			ahead = min(2*ahead, expected)
		}
		start := len(fields)
		fields = unflatten(fields, cursor.Fields(flat[:0]))
		entries = append(entries, StreamEntry{StreamID(cursor.ID()), fields[start:len(fields):len(fields)]})
	}
	return entries
}

// unflatten appends names, each followed by its value, as fields to dst.
func unflatten(dst []Field, flat []string) []Field {
	for i := 0; i < len(flat); i += 2 {
		dst = append(dst, Field{flat[i], flat[i+1]})
	}
	return dst
}

// XDel removes the entries with the given IDs from a stream and returns how many there were. A stream without
// entries stays.
//
// Fails with ErrWrongType. O(log n) for each. XDEL.
func (c *commands) XDel(key string, ids ...StreamID) (deleted int, err error) {
	w, s, err := c.writeStream(key, 0)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	if s == nil {
		return 0, nil
	}
	removed := 0
	var effect []string
	for _, id := range ids {
		if s.Remove(stream.ID(id)) {
			removed++
			effect = w.effectID(effect, id)
		}
	}
	w.deleted(effect, removed, KeepRefs)
	return removed, nil
}

// effectID appends the ID of an entry that is gone to those that an effect will name.
func (w *write) effectID(ids []string, id StreamID) []string {
	if w.logged() {
		ids = append(ids, id.String())
	}
	return ids
}

// deleted tells that entries were removed, with which IDs, and whether with the references to them.
func (w *write) deleted(ids []string, count int, refs StreamRefs) {
	if count == 0 {
		return
	}
	w.modified()
	w.counts(count)
	w.event(EventStream, "xdel")
	if !w.logged() {
		return
	}
	command := []string{"XDEL", w.key}
	if refs == DelRefs {
		command = []string{"XDELEX", w.key, refs.String(), "IDS", strconv.Itoa(count)}
	}
	w.effect(append(command, ids...)...)
}

// StreamRefs says what becomes of the references that consumer groups have to an entry, as pending, when the entry is
// removed.
type StreamRefs uint8

// What becomes of references.
const (
	KeepRefs  StreamRefs = iota // they stay
	DelRefs                     // they go too
	AckedRefs                   // an entry stays if a group has one, or has not read it yet
)

// String returns the word on the wire.
func (r StreamRefs) String() string {
	if r > AckedRefs {
		return "no known refs"
	}
	return [...]string{"KEEPREF", "DELREF", "ACKED"}[r]
}

// A StreamDelResult says what became of an entry that was to be removed.
type StreamDelResult int

// The results. The numbers are those that the wire has.
const (
	StreamEntryMissing StreamDelResult = -1 // there is no such entry
	StreamEntryDeleted StreamDelResult = 1
	StreamEntryKept    StreamDelResult = 2 // a group refers to it; see AckedRefs
)

// XDelEx removes the entries with the given IDs from a stream, as refs says, and returns what became of each.
//
// Fails with ErrSyntax for no known refs, and with ErrWrongType. O(log n) for each, and for each group unless
// references are kept. XDELEX.
func (c *commands) XDelEx(key string, refs StreamRefs, ids ...StreamID) (results []StreamDelResult, err error) {
	if refs > AckedRefs {
		return nil, ErrSyntax
	}
	w, s, err := c.writeStream(key, 0)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	results = make([]StreamDelResult, len(ids))
	removed := 0
	var effect []string
	for i, id := range ids {
		if results[i] = dropEntry(s, stream.ID(id), refs); results[i] == StreamEntryDeleted {
			removed++
			effect = w.effectID(effect, id)
		}
	}
	w.deleted(effect, removed, refs)
	return results, nil
}

// dropEntry removes an entry of a stream, which may be nil, as refs says.
func dropEntry(s *value.Stream, id stream.ID, refs StreamRefs) StreamDelResult {
	switch {
	case s == nil || !s.Has(id):
		return StreamEntryMissing
	case refs == AckedRefs && s.Referenced(id):
		return StreamEntryKept
	case refs == DelRefs:
		s.DropRefs(id)
	}
	s.Remove(id)
	return StreamEntryDeleted
}

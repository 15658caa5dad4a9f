package nook

import (
	"strconv"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// changeGroup opens a stream for a command of XGROUP, which fails if there is no
// such stream or group.
func (c *commands) changeGroup(key, group string, n need) (w *write, s *value.Stream, g *value.Group, err error) {
	w = new(write)
	if s, err = openAs[*value.Stream](w, c, key, n); err != nil {
		return nil, nil, nil, err
	}
	if s == nil {
		w.done(nil)
		return nil, nil, nil, ErrNoStream
	}
	if g = s.Group(group); g == nil {
		w.done(nil)
		return nil, nil, nil, noGroupOf(key, group)
	}
	return w, s, g, nil
}

// useGroup opens a stream for a command of one of its consumers, which never needs more memory and fails
// if there is no such stream or group.
func (c *commands) useGroup(key, group string) (w *write, s *value.Stream, g *value.Group, err error) {
	if w, s, err = c.writeStream(key, 0); err != nil {
		return nil, nil, nil, err
	}
	if s == nil {
		c.miss(key)
	} else if g = s.Group(group); g != nil {
		return w, s, g, nil
	}
	w.done(nil)
	return nil, nil, nil, noGroup(key, group)
}

// aside says that something beside the entries changed in place, such as what a group has
// read. Neither those who watch the key nor those who wait for it are told.
func (w *write) aside() {
	w.settleValue()
	w.shard.changes++
}

// XGroupOptions are the options of XGroupCreateWith.
type XGroupOptions struct {
	MkStream bool        // create the stream, without entries, if there is none
	Read     OptionalInt // how many entries were ever added up to the start: ENTRIESREAD; -1 or nothing if that is not known
}

// XGroupCreate creates a consumer group.
//
// Fails with ErrNoStream if there is no such key, with ErrBusyGroup if there is such a group, and with ErrWrongType and
// ErrOutOfMemory. O(groups). XGROUP CREATE.
func (c *commands) XGroupCreate(key, group string, from StreamStart) error {
	return c.XGroupCreateWith(key, group, from, XGroupOptions{})
}

// XGroupCreateWith is XGroupCreate that can create the stream too, and be told how many entries are before the
// start, from which XInfoGroups tells how far the group is behind.
//
// Fails as XGroupCreate does, and with ErrEntriesRead. O(groups). See XGroupCreate.
func (c *commands) XGroupCreateWith(key, group string, from StreamStart, o XGroupOptions) (err error) {
	read, err := entriesRead(o.Read)
	if err != nil {
		return err
	}
	w, s, err := c.writeStream(key, mayGrow)
	if err != nil {
		return err
	}
	defer w.done(&err)
	if s == nil && !o.MkStream {
		return ErrNoStream
	}
	mkStream := s == nil
	if mkStream {
		s = value.NewStream()
		w.put(value.New(key, s, 0))
	}
	g := s.AddGroup(group, from.resolve(s), read)
	if g == nil {
		return ErrBusyGroup
	}
	w.aside()
	w.event(EventStream, "xgroup-create")
	if w.logged() {
		args := []string{"XGROUP", "CREATE", key, group, g.LastID.String()}
		if mkStream {
			args = append(args, "MKSTREAM")
		}
		w.effect(append(args, "ENTRIESREAD", strconv.FormatInt(read, 10))...)
	}
	return nil
}

// entriesRead returns a number of entries as groups have it.
func entriesRead(n OptionalInt) (int64, error) {
	switch {
	case !n.OK:
		return value.UnknownRead, nil
	case n.Value < value.UnknownRead:
		return 0, ErrEntriesRead
	}
	return n.Value, nil
}

// XGroupSetID has a group go on behind another entry. What is pending stays so.
//
// Fails with ErrNoStream if there is no such key, and with ErrNoGroup and ErrWrongType. O(log groups). XGROUP SETID.
func (c *commands) XGroupSetID(key, group string, from StreamStart) error {
	return c.XGroupSetIDWith(key, group, from, OptionalInt{})
}

// XGroupSetIDWith is XGroupSetID that is told how many entries were ever added up to the start, which otherwise
// is not known from then on.
//
// Fails as XGroupSetID does, and with ErrEntriesRead. O(log groups). See XGroupSetID.
func (c *commands) XGroupSetIDWith(key, group string, from StreamStart, read OptionalInt) (err error) {
	n, err := entriesRead(read)
	if err != nil {
		return err
	}
	w, s, g, err := c.changeGroup(key, group, 0)
	if err != nil {
		return err
	}
	defer w.done(&err)
	g.LastID, g.Read = from.resolve(s), n
	w.aside()
	w.event(EventStream, "xgroup-setid")
	if w.logged() {
		w.logGroup(g)
	}
	return nil
}

// logGroup records how far a group has read.
func (w *write) logGroup(g *value.Group) {
	w.effect("XGROUP", "SETID", w.key, g.Name, g.LastID.String(), "ENTRIESREAD", strconv.FormatInt(max(g.Read, value.UnknownRead), 10))
}

// XGroupDestroy removes a group with all that is pending in it, and reports whether there was one. Those who
// wait for entries of it fail with ErrGroupGone.
//
// Fails with ErrNoStream if there is no such key, and with ErrWrongType. O(consumers). XGROUP DESTROY.
func (c *commands) XGroupDestroy(key, group string) (destroyed bool, err error) {
	w, s, err := c.writeStream(key, 0)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	switch {
	case s == nil:
		return false, ErrNoStream
	case !s.RemoveGroup(group):
		return false, nil
	}
	w.aside()
	w.rouse()
	w.event(EventStream, "xgroup-destroy")
	if w.logged() {
		w.effect("XGROUP", "DESTROY", key, group)
	}
	return true, nil
}

// XGroupCreateConsumer creates a consumer of a group, and reports whether there was none of that name. Commands that
// give entries to a consumer do so too.
//
// Fails with ErrNoStream if there is no such key, and with ErrNoGroup, ErrWrongType and
// ErrOutOfMemory. O(consumers). XGROUP CREATECONSUMER.
func (c *commands) XGroupCreateConsumer(key, group, consumer string) (created bool, err error) {
	w, _, g, err := c.changeGroup(key, group, mayGrow)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	if g.Consumer(consumer) != nil {
		return false, nil
	}
	w.consumer(g, consumer)
	w.aside()
	return true, nil
}

// consumer returns the consumer of a name, which is created if need be and seen now. What it takes
// is accounted for by aside.
func (w *write) consumer(g *value.Group, name string) *value.Consumer {
	now := w.c.now()
	if x := g.Consumer(name); x != nil {
		x.Seen = now
		return x
	}
	x := g.AddConsumer(name, now)
	w.event(EventStream, "xgroup-createconsumer")
	if w.logged() {
		w.effect("XGROUP", "CREATECONSUMER", w.key, g.Name, x.Name)
	}
	return x
}

// XGroupDelConsumer removes a consumer of a group, and returns how many entries were pending of it. They are not
// pending any more.
//
// Fails with ErrNoStream if there is no such key, and with ErrNoGroup and ErrWrongType. O(pending of
// the consumer + consumers). XGROUP DELCONSUMER.
func (c *commands) XGroupDelConsumer(key, group, consumer string) (pending int, err error) {
	w, _, g, err := c.changeGroup(key, group, 0)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	pending, ok := g.RemoveConsumer(consumer)
	if !ok {
		return 0, nil
	}
	w.aside()
	w.event(EventStream, "xgroup-delconsumer")
	if w.logged() {
		w.effect("XGROUP", "DELCONSUMER", key, group, consumer)
	}
	return pending, nil
}

// XAck acknowledges entries, which then are not pending in the group any more, and returns how many were
// so. 0 if there is no such key or group.
//
// Fails with ErrWrongType. O(log pending) for each ID. XACK.
func (c *commands) XAck(key, group string, ids ...StreamID) (acknowledged int, err error) {
	w, s, err := c.writeStream(key, 0)
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	g, acked := w.group(s, group), []StreamID(nil)
	if g == nil {
		return 0, nil
	}
	n := 0
	for _, id := range ids {
		if g.Remove(stream.ID(id)) == nil {
			continue
		}
		n++
		if w.logged() {
			acked = append(acked, id)
		}
	}
	if n == 0 {
		return 0, nil
	}
	w.aside()
	if w.logged() {
		w.effect(idEffect([]string{"XACK", key, group}, acked)...)
	}
	return n, nil
}

// group returns a group of a stream that may not exist, nil if there is none.
func (w *write) group(s *value.Stream, name string) *value.Group {
	if s == nil {
		w.c.miss(w.key)
		return nil
	}
	return s.Group(name)
}

// idEffect appends IDs to the words of an effect.
func idEffect(args []string, ids []StreamID) []string {
	for _, id := range ids {
		args = append(args, id.String())
	}
	return args
}

// XAckDel acknowledges entries and removes them from the stream, as refs says, and returns what became of each:
// StreamEntryMissing if it was not pending in the group.
//
// Fails with ErrSyntax for no known refs and with ErrWrongType. O(log pending) for each ID, and for each group
// unless references are kept. XACKDEL.
func (c *commands) XAckDel(key, group string, refs StreamRefs, ids ...StreamID) (results []StreamDelResult, err error) {
	if refs > AckedRefs {
		return nil, ErrSyntax
	}
	w, s, err := c.writeStream(key, 0)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	results = make([]StreamDelResult, len(ids))
	g, acked, before := w.group(s, group), []StreamID(nil), 0
	if g != nil {
		before = s.Len()
	}
	for i, id := range ids {
		results[i] = StreamEntryMissing
		if g == nil {
			continue
		}
		if g.Remove(stream.ID(id)) != nil {
			results[i] = ackDelete(s, stream.ID(id), refs)
			acked = append(acked, id)
		}
	}
	if len(acked) > 0 {
		w.ackDeleted(before != s.Len(), group, refs, acked)
	}
	return results, nil
}

// ackDelete removes an entry that was acknowledged. If it is gone already, that is as good.
func ackDelete(s *value.Stream, id stream.ID, refs StreamRefs) StreamDelResult {
	switch {
	case refs == AckedRefs && s.Referenced(id):
		return StreamEntryKept
	case refs == DelRefs:
		s.DropRefs(id)
	}
	s.Remove(id)
	return StreamEntryDeleted
}

// ackDeleted tells that entries were acknowledged, and whether some were removed by that.
func (w *write) ackDeleted(removed bool, group string, refs StreamRefs, ids []StreamID) {
	if removed {
		w.modified()
		w.event(EventStream, "xdel")
	} else {
		w.aside()
	}
	if w.logged() {
		w.effect(idEffect([]string{"XACKDEL", w.key, group, refs.String(), "IDS", strconv.Itoa(len(ids))}, ids)...)
	}
}

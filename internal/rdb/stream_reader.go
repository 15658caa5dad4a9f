package rdb

import (
	"encoding/binary"
	"slices"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// stream reads a stream: its nodes, each under the ID of its first entry, what is known of all of it, and
// its groups.
func (r *Reader) stream(t Type) *value.Stream {
	s := value.NewStream()
	for n := r.length(); n > 0 && r.err == nil; n-- {
		r.streamNode(s)
	}
	at := r.Offset()
	entries := r.length()
	s.LastID = r.idLengths()
	if t == TypeStream {
		s.Added = int64(s.Len())
	} else {
		r.idLengths() // of the first entry, which the nodes tell
		s.MaxDeleted = r.idLengths()
		s.Added = r.count()
	}
	last, ok := s.Last()
	switch {
	case r.err != nil:
		return s
	case entries != uint64(s.Len()):
		r.fail(at, "a stream does not have as many entries as it says", nil)
	case ok && s.LastID.Less(last):
		r.fail(at, "a stream has entries beyond its last ID", nil)
	}
	for n := r.length(); n > 0 && r.err == nil; n-- {
		r.group(s, t)
	}
	return s
}

func (r *Reader) streamNode(s *value.Stream) {
	at := r.Offset()
	if n := r.length(); n != idSize {
		r.fail(at, "a node of a stream without an ID", nil)
		return
	}
	id := r.id()
	if pack := r.own(); r.err == nil && s.AppendNode(id, pack) != nil {
		r.fail(at, "a damaged node of a stream", nil)
	}
}

// id reads an ID as bytes.
func (r *Reader) id() stream.ID {
	b := r.short(idSize)
	if b == nil {
		return stream.ID{}
	}
	return stream.ID{Ms: binary.BigEndian.Uint64(b), Seq: binary.BigEndian.Uint64(b[8:])}
}

// idLengths reads an ID as two lengths.
func (r *Reader) idLengths() stream.ID {
	ms := r.length()
	return stream.ID{Ms: ms, Seq: r.length()}
}

// count reads a number of what there were. One that has run over is negative, as its owner has it, too.
func (r *Reader) count() int64 { return int64(r.length()) }

// A pending is an entry that is pending, of a consumer that comes later.
type pending struct {
	id        stream.ID
	delivered int64
	count     int64
	taken     bool // there was such a consumer
}

// group reads a consumer group: its name, how far it has read, what is pending, and its consumers, of which each
// has the IDs of what is pending of it.
func (r *Reader) group(s *value.Stream, t Type) {
	at := r.Offset()
	name := r.keep()
	last := r.idLengths()
	read := s.Estimate(last)
	if t != TypeStream {
		read = r.count()
	}
	if r.err != nil {
		return
	}
	g := s.AddGroup(name, last, read)
	if g == nil {
		r.fail(at, "a consumer group is there twice", nil)
		return
	}
	all := r.pendings()
	for n := r.length(); n > 0 && r.err == nil; n-- {
		r.consumer(g, t, all)
	}
	for i := range all {
		if r.err == nil && !all[i].taken {
			r.fail(at, "an entry is pending of no consumer", nil)
		}
	}
}

// pendings reads what is pending in a group, and sorts it by ID if it is not.
func (r *Reader) pendings() (all []pending) {
	at := r.Offset()
	for n := r.length(); n > 0 && r.err == nil; n-- {
		all = append(all, pending{id: r.id(), delivered: r.millis(), count: r.count()})
	}
	order := func(a, b pending) int { return a.id.Compare(b.id) }
	if !slices.IsSortedFunc(all, order) {
		slices.SortFunc(all, order)
	}
	for i := 1; i < len(all); i++ {
		if r.err == nil && all[i].id == all[i-1].id {
			r.fail(at, "an entry is pending twice", nil)
		}
	}
	return all
}

func (r *Reader) consumer(g *value.Group, t Type, all []pending) {
	at := r.Offset()
	name := r.keep()
	seen := r.millis()
	active := seen
	if t == TypeStream3 {
		active = r.millis()
	}
	if r.err != nil {
		return
	}
	c := g.AddConsumer(name, seen)
	if c == nil {
		r.fail(at, "a consumer is there twice", nil)
		return
	}
	c.Active = active
	for n := r.length(); n > 0 && r.err == nil; n-- {
		id := r.id()
		i, ok := slices.BinarySearchFunc(all, id, func(p pending, id stream.ID) int { return p.id.Compare(id) })
		switch {
		case r.err != nil:
		case !ok || all[i].taken:
			r.fail(at, "a consumer's entry is not pending, or not of it alone", nil)
		default:
			g.Deliver(g.Add(id, c), c, all[i].delivered, all[i].count)
			all[i].taken = true
		}
	}
}

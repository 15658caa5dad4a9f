package rdb

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// TypeOf returns the type as which the value of an entry is written. A set that is a listpack is
// written member by member, since redis-server 7.0 knows no such sets.
func TypeOf(e *table.Entry) Type {
	if e.Form() != table.Object {
		return TypeString
	}
	switch c := e.Object().(type) {
	case *value.List:
		return TypeListQuicklist2
	case *value.Set:
		if _, ok := c.Ints(); ok {
			return TypeSetIntset
		}
		return TypeSet
	case *value.ZSet:
		if c.List() != nil {
			return TypeZSetListpack
		}
		return TypeZSet2
	case *value.Hash:
		return typeOfHash(c)
	default:
		return TypeStream2
	}
}

// typeOfHash returns one that redis-server 7.0 knows unless a field has a deadline.
func typeOfHash(h *value.Hash) Type {
	l, _ := h.List()
	switch timed := h.Next() != 0; {
	case l != nil && timed:
		return TypeHashTimedPack
	case l != nil:
		return TypeHashListpack
	case timed:
		return TypeHashTimed
	default:
		return TypeHash
	}
}

// AppendValue appends the value of an entry, in the form of its type.
func (w *Writer) AppendValue(b []byte, e *table.Entry) []byte {
	if e.Form() != table.Object {
		return w.AppendString(b, value.View(e, w.digits[:]))
	}
	switch c := e.Object().(type) {
	case *value.List:
		return w.appendList(b, c)
	case *value.Set:
		return w.appendSet(b, c)
	case *value.ZSet:
		return w.appendZSet(b, c)
	case *value.Hash:
		return w.appendHash(b, c)
	default:
		return w.appendStream(b, e.Object().(*value.Stream))
	}
}

func (w *Writer) appendList(b []byte, l *value.List) []byte {
	b = AppendLength(b, uint64(l.Nodes()))
	l.EachNode(func(p listpack.List) {
		b = w.appendBytes(append(w.spill(b), containerPacked), p)
	})
	return b
}

func (w *Writer) appendSet(b []byte, s *value.Set) []byte {
	if ints, ok := s.Ints(); ok {
		return w.appendBytes(b, ints)
	}
	b = AppendLength(b, uint64(s.Len()))
	for member := range s.All() {
		b = w.AppendString(w.spill(b), member)
	}
	return b
}

// appendZSet appends a large sorted set from its end, as Redis does. So who reads it inserts each member before all others.
func (w *Writer) appendZSet(b []byte, z *value.ZSet) []byte {
	if l := z.List(); l != nil {
		return w.appendBytes(b, l)
	}
	b = AppendLength(b, uint64(z.Len()))
	for member, score := range z.Backward() {
		b = w.AppendString(w.spill(b), member)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(score))
	}
	return b
}

func (w *Writer) appendHash(b []byte, h *value.Hash) []byte {
	l, width := h.List()
	first := h.Next()
	switch {
	case l == nil:
		return w.appendBigHash(b, h, first)
	case first != 0:
		return w.appendBytes(appendTime(b, first), byDeadline(l))
	case width == 3:
		return w.appendBytes(b, withoutDeadlines(l))
	default:
		return w.appendBytes(b, l)
	}
}

// appendBigHash appends a large hash. If there are deadlines, the first is before all fields, and each field has
// before it, if it has a deadline, how much later that is, plus one.
func (w *Writer) appendBigHash(b []byte, h *value.Hash, first int64) []byte {
	if first != 0 {
		b = appendTime(b, first)
	}
	b = AppendLength(b, uint64(h.Len()))
	for e := range h.Fields() {
		b = w.spill(b)
		if at := e.Deadline(); at != 0 {
			b = AppendLength(b, uint64(at-first)+1)
		} else if first != 0 {
			b = append(b, 0)
		}
		b = w.AppendString(b, e.Key())
		b = w.AppendString(b, e.Text())
	}
	return b
}

// byDeadline returns a list of fields, values and deadlines in the order of deadlines, those without
// one last. That is how Redis has it.
func byDeadline(l listpack.List) listpack.List {
	type triple struct {
		at       uint64 // the deadline less one, so that none is the greatest
		from, to listpack.Pos
	}
	var all []triple
	for p := l.First(); p != listpack.None; {
		at, to := l.Int(l.Skip(p, 2))
		all = append(all, triple{uint64(at - 1), p, to})
		if p = to; l.End(p) {
			break
		}
	}
	order := func(a, b triple) int { return cmp.Compare(a.at, b.at) }
	if slices.IsSortedFunc(all, order) {
		return l
	}
	slices.SortStableFunc(all, order)
	b := listpack.New().Body()
	for _, t := range all {
		b = append(b, l[t.from:t.to]...)
	}
	return listpack.Seal(b, 3*len(all))
}

// withoutDeadlines returns the fields and values of a list of these and deadlines.
func withoutDeadlines(l listpack.List) listpack.List {
	b, n := listpack.New().Body(), 0
	for p := l.First(); p != listpack.None && !l.End(p); n += 2 {
		at := l.Skip(p, 2)
		b = append(b, l[p:at]...)
		p = l.Skip(at, 1)
	}
	return listpack.Seal(b, n)
}

func (w *Writer) appendStream(b []byte, s *value.Stream) []byte {
	b = AppendLength(b, uint64(s.Nodes()))
	s.EachNode(func(id stream.ID, pack []byte) {
		b = appendID(append(w.spill(b), idSize), id)
		b = w.appendBytes(b, pack)
	})
	first, _ := s.First()
	b = AppendLength(b, uint64(s.Len()))
	for _, id := range [...]stream.ID{s.LastID, first, s.MaxDeleted} {
		b = appendIDLengths(b, id)
	}
	b = AppendLength(b, uint64(s.Added))
	b = AppendLength(b, uint64(s.Groups()))
	for _, g := range s.GroupList() {
		b = w.appendGroup(b, g)
	}
	return b
}

// idSize is the size of an ID as bytes.
const idSize = 16

// appendID appends an ID as bytes whose order is that of IDs.
func appendID(b []byte, id stream.ID) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, id.Ms), id.Seq)
}

// appendIDLengths appends an ID as two lengths.
func appendIDLengths(b []byte, id stream.ID) []byte {
	return AppendLength(AppendLength(b, id.Ms), id.Seq)
}

// appendGroup appends a consumer group: what is pending in it, and then the IDs again for each consumer.
func (w *Writer) appendGroup(b []byte, g *value.Group) []byte {
	b = w.AppendString(b, g.Name)
	b = appendIDLengths(b, g.LastID)
	b = AppendLength(b, uint64(g.Read))
	b = AppendLength(b, uint64(g.PendingLen()))
	for p := range g.PendingFrom(stream.ID{}) {
		b = appendTime(appendID(w.spill(b), p.ID), p.Delivered)
		b = AppendLength(b, uint64(p.Count))
	}
	b = AppendLength(b, uint64(len(g.Consumers())))
	for _, c := range g.Consumers() {
		b = appendTime(w.AppendString(b, c.Name), c.Seen)
		b = AppendLength(b, uint64(c.PendingLen()))
		for p := range c.PendingFrom(stream.ID{}) {
			b = appendID(w.spill(b), p.ID)
		}
	}
	return b
}

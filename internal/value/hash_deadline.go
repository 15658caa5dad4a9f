package value

import (
	"math"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/table"
)

// Next returns the first deadline of a field, 0 if none has one.
func (h *Hash) Next() int64 {
	switch {
	case h.more() == nil:
		return 0
	case h.more().big:
		first, _ := h.more().order.First()
		return first.At
	default:
		return h.more().next
	}
}

// Deadline returns the deadline of a field, 0 if it has none, and false if
// there is no such field.
func (h *Hash) Deadline(field string) (int64, bool) {
	if h.isBig() {
		if e := h.more().entry(field); e != nil {
			return e.Deadline(), true
		}
		return 0, false
	}
	p := h.find(field)
	if p == listpack.None {
		return 0, false
	}
	return h.deadlineAt(p), true
}

// SetDeadline gives a field that exists a deadline, 0 for none.
func (h *Hash) SetDeadline(field string, at int64) {
	switch {
	case h.isBig():
		h.more().setDeadline(field, at)
	case h.more() != nil:
		h.setDeadlineAt(h.find(field), at)
	case at != 0:
		h.widen()
		h.setDeadlineAt(h.find(field), at)
	}
}

func (m *hashMore) setDeadline(field string, at int64) {
	hash := table.Hash(field)
	old, slot := m.table.Locate(hash, field)
	if before := old.Deadline(); before != 0 {
		m.order.Remove(before, old)
	}
	size := old.Size()
	e := old
	if m.table.Forked() {
		e = old.WithKey(old.Key()) // others may be reading the entry
	}
	e = e.WithDeadline(at)
	if e != old {
		m.table.Replace(hash, slot, e)
		m.entries += e.Size() - size
	}
	if at != 0 {
		m.schedule(at, e)
	}
}

// widen adds the deadlines to a small hash that has none.
func (h *Hash) widen() {
	old := h.list()
	l := append(roomy(len(old)+2*h.Len()+deadlineRoom), emptyList...)
	for p := old.First(); p != listpack.None; p = old.Next(p) {
		l = appendElement(l, old.Get(p))
		p = old.Next(p)
		l = appendElement(l, old.Get(p)).AppendInt(0)
	}
	h.become(&hashMore{list: l})
}

func appendElement(l listpack.List, e listpack.Element) listpack.List {
	if e.IsInt {
		return l.AppendInt(e.Int)
	}
	return l.Append(e.Text)
}

// deadlineAt returns the deadline of the field at p of the list.
func (h *Hash) deadlineAt(p listpack.Pos) int64 {
	if h.more() == nil {
		return 0
	}
	l := h.list()
	return l.Get(l.Next(l.Next(p))).Int
}

// setDeadlineAt changes the deadline of the field at p of a timed list.
func (h *Hash) setDeadlineAt(p listpack.Pos, at int64) {
	m := h.more()
	q := m.list.Next(m.list.Next(p))
	old := m.list.Get(q).Int
	if at == old {
		return
	}
	m.list = m.list.ReplaceInt(q, at)
	if at != 0 && (m.next == 0 || at < m.next) {
		m.next = at
		return
	}
	h.lost(old)
}

// lost looks for the first deadline after one, 0 for none, has gone from the
// list.
func (h *Hash) lost(at int64) {
	if at == 0 || at != h.more().next {
		return
	}
	next := int64(math.MaxInt64)
	for p := h.list().First(); p != listpack.None; p = h.nextField(p) {
		if at := h.deadlineAt(p); at != 0 {
			next = min(next, at)
		}
	}
	if next == math.MaxInt64 {
		next = 0
	}
	h.more().next = next
}

// nextField returns the place of the field after the one at p of a timed list.
func (h *Hash) nextField(p listpack.Pos) listpack.Pos {
	l := h.list()
	return l.Next(l.Next(l.Next(p)))
}

// Expire removes fields whose time is up, at most so many, and returns their
// names.
func (h *Hash) Expire(now int64, most int) []string {
	if at := h.Next(); at == 0 || at > now {
		return nil
	}
	if h.more().big {
		return h.more().expire(now, most)
	}
	return h.expireSmall(now, most)
}

func (m *hashMore) expire(now int64, most int) (gone []string) {
	for len(gone) < most {
		first, ok := m.order.First()
		if !ok || first.At > now {
			break
		}
		gone = append(gone, first.Entry.Key())
		m.delete(first.Entry.Key())
	}
	return gone
}

func (h *Hash) expireSmall(now int64, most int) (gone []string) {
	for p := h.list().First(); p != listpack.None && len(gone) < most; {
		if at := h.deadlineAt(p); at == 0 || at > now {
			p = h.nextField(p)
			continue
		}
		gone = append(gone, h.text(p))
		h.setList(h.list().Delete(p, h.width()))
		if h.list().End(p) {
			break
		}
	}
	h.lost(h.more().next)
	return gone
}

// Over reports whether the time of all fields is up.
func (h *Hash) Over(now int64) bool {
	if at := h.Next(); at == 0 || at > now {
		return false
	}
	if h.more().big {
		last, _ := h.more().order.Last()
		return h.more().order.Len() == h.Len() && last.At <= now
	}
	for p := h.list().First(); p != listpack.None; p = h.nextField(p) {
		if at := h.deadlineAt(p); at == 0 || at > now {
			return false
		}
	}
	return true
}

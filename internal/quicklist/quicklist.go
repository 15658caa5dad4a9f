// Package quicklist is the structure of lists: a sequence of strings that grows and
// shrinks at both ends, kept as a sequence of listpacks.
//
// # Structure
//
// A small list is one listpack. When that outgrows its [Limit], the list becomes
// long: its nodes, each a listpack within the limit, stand in chunks of up to 128, and the chunks
// in one slice.
//
//	List ── listpack                      one node: "listpack"
//
//	List ── rope ── chunk ─┬─ listpack    many: "quicklist"
//	             │         └─ listpack
//	             └─ chunk ─── listpack
//
// Redis links its nodes. Here each chunk knows how many elements it has, and so does
// each of its nodes beside the pointer to the listpack. To find an element by its index takes a look at
// the chunks, at the nodes of one, and into one listpack: for ten million short elements about 120 numbers,
// 128 numbers and 8 KiB, where links would be 15,000 cache misses.
//
// # Cost
//
// Push and pop work within the listpack at that end, O(1) but for moving up to a node's bytes at the front. A new node at the
// front moves the nodes of its chunk, one chunk in 128 nodes moves the slice of chunks: at most
// half a byte for each node of the list, which is a copy of half a megabyte for a million nodes. Nothing else ever
// depends on the length of the list.
//
// A node that gets too large by an insertion is split; nodes that an insertion or a deletion has made small
// are joined with a neighbour. An element beyond the limit has a node of its own.
//
// Invariant: no node and no chunk of a long list is empty; a node has one element or is within the limit that it was
// last changed with; all counts and the number of bytes are right.
package quicklist

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/nookdb/nook/internal/listpack"
)

// A List is a sequence of strings. Methods that add take the limit of nodes, which
// may be another each time.
type List struct {
	small listpack.List // all of a list that is not long
	long  *rope
}

// A Spot is the place of an element until the list is changed.
type Spot struct {
	chunk, node int
	pos         listpack.Pos
}

// None is no place: after the last element, and before the first.
var None = Spot{}

// An End is an end of a list.
type End bool

// The ends.
const (
	Front End = false
	Back  End = true
)

// empty is a listpack without elements. It is never changed.
var empty = listpack.New()

// overhead is about what a listpack needs for an element besides its bytes.
const overhead = 8

// pack returns an empty listpack with room for values.
func pack(values ...string) listpack.List {
	room := len(empty)
	for _, v := range values {
		room += len(v) + 2
		if len(v) >= 64 {
			room += overhead
		}
	}
	p := append(listpack.List(nil), make(listpack.List, room)...) // to the end of a size class of the allocator
	return append(p[:0], empty...)
}

// New returns an empty list.
func New() List { return List{small: empty} }

// size returns the number of bytes in strings.
func size(values []string) (n int) {
	for _, v := range values {
		n += len(v)
	}
	return n
}

// Len returns the number of elements. O(1).
func (l *List) Len() int {
	if l.long != nil {
		return l.long.count
	}
	return l.small.Len()
}

// Long reports whether the list has outgrown one listpack.
func (l *List) Long() bool { return l.long != nil }

// Bytes returns how many bytes the list takes on the heap, itself included. O(1).
func (l *List) Bytes() int {
	const header = int(unsafe.Sizeof(List{}))
	if l.long != nil {
		return header + l.long.size()
	}
	return header + cap(l.small)
}

// Clone returns a copy.
func (l *List) Clone() List {
	if l.long != nil {
		return List{long: l.long.clone()}
	}
	return List{small: l.small.Clone()}
}

// Still returns a copy that is only read. It has the same nodes, which are copied when the list changes them. O(nodes).
func (l *List) Still() List {
	if l.long == nil {
		return l.Clone()
	}
	c := l.long.twin()
	l.long.share()
	return List{long: c}
}

// Leave returns a copy to go on with; the list itself is only read from then on, and may be read meanwhile. See Still.
func (l *List) Leave() List {
	if l.long == nil {
		return l.Clone()
	}
	c := l.long.twin()
	c.share()
	return List{long: c}
}

// reserve makes the list long if it would exceed the limit with so much more. As
// in Redis bytes are those of the strings, however small they become.
func (l *List) reserve(m Limit, elements, bytes int) {
	if l.long == nil && m.exceeded(len(l.small)+bytes, l.small.Len()+elements) {
		l.long, l.small = newRope(l.small), nil
	}
}

// Settle makes a long list small if it is one node of at most half the limit. It is
// called when elements have gone, or have become smaller.
func (l *List) Settle(m Limit) {
	if l.long == nil {
		return
	}
	switch only := l.long.only(); {
	case l.long.count == 0:
		*l = New()
	case only != nil && !m.half().exceeded(len(only.pack), only.n):
		*l = List{small: l.long.own(Spot{}).pack}
	}
}

// Push adds values at an end, one after the other, so that the last one becomes
// the outermost.
func (l *List) Push(e End, m Limit, values ...string) {
	l.reserve(m, len(values), size(values))
	if l.long == nil && l.small.First() == listpack.None {
		l.small = pack(values...)
	}
	for _, v := range values {
		switch {
		case l.long != nil:
			l.long.insert(l.long.edge(e), v, m)
		case e == Front:
			l.small = l.small.Prepend(v)
		default:
			l.small = l.small.Append(v)
		}
	}
}

// Pop removes the element at an end of a list that is not empty, and returns it.
func (l *List) Pop(e End) string {
	s := l.Outer(e)
	v := text(l.Get(s))
	l.remove(s)
	return v
}

// remove deletes the element at s without a join of nodes.
func (l *List) remove(s Spot) {
	if l.long != nil {
		l.long.remove(s)
		return
	}
	l.small = l.small.Delete(s.pos, 1)
}

// Drop removes n elements at an end, or as many as there are. O(n) in nodes.
func (l *List) Drop(e End, n int) {
	switch {
	case l.long != nil:
		l.long.drop(e, n)
	case n > 0 && e == Front:
		l.small = l.small.Delete(l.small.First(), n)
	case n > 0:
		if keep := l.small.Len() - n; keep > 0 {
			l.small = l.small.Delete(l.small.Seek(keep), n)
		} else {
			l.small = l.small.Delete(l.small.First(), n)
		}
	}
}

// Seek returns the place of the element with an index from 0 on, or None.
func (l *List) Seek(i int) Spot {
	switch {
	case i < 0 || i >= l.Len():
		return None
	case l.long != nil:
		return l.long.seek(i)
	default:
		return Spot{pos: l.small.Seek(i)}
	}
}

// Outer returns the place of the first or the last element, or None.
func (l *List) Outer(e End) Spot {
	switch {
	case l.long != nil:
		return l.long.outer(e)
	case e == Front:
		return Spot{pos: l.small.First()}
	default:
		return Spot{pos: l.small.Last()}
	}
}

// Step returns the place of the element that lies next to s in the direction
// towards an end, or None.
func (l *List) Step(s Spot, towards End) Spot {
	p := l.packAt(s)
	if towards == Back {
		s.pos = p.Next(s.pos)
	} else {
		s.pos = p.Prev(s.pos)
	}
	switch {
	case s.pos != listpack.None:
		return s
	case l.long == nil:
		return None
	default:
		return l.long.over(s, towards)
	}
}

// packAt returns the listpack of a spot.
func (l *List) packAt(s Spot) listpack.List {
	if l.long != nil {
		return l.long.node(s).pack
	}
	return l.small
}

// Get returns the element at s, which is good until the list is changed.
func (l *List) Get(s Spot) listpack.Element { return l.packAt(s).Get(s.pos) }

// At returns the string at s.
func (l *List) At(s Spot) string { return text(l.Get(s)) }

// text returns a copy of an element's string.
func text(e listpack.Element) string {
	if e.IsInt {
		return strconv.FormatInt(e.Int, 10)
	}
	return strings.Clone(e.Text)
}

// Insert adds v at the side of the element at s that looks towards an end.
func (l *List) Insert(s Spot, side End, m Limit, v string) {
	l.reserve(m, 1, len(v))
	if side == Back {
		s.pos = after(l.packAt(s), s.pos)
	}
	if l.long != nil {
		l.long.insert(s, v, m)
		return
	}
	l.small = l.small.InsertBefore(s.pos, v)
}

// after returns the place behind the element at p, be there another or not.
func after(l listpack.List, p listpack.Pos) listpack.Pos {
	if next := l.Next(p); next != listpack.None {
		return next
	}
	return listpack.Pos(len(l) - 1)
}

// Set puts v into the place of the element at s.
func (l *List) Set(s Spot, m Limit, v string) {
	l.reserve(m, 1, len(v))
	if l.long != nil {
		l.long.replace(s, v, m)
	} else {
		l.small = l.small.Replace(s.pos, v)
	}
	l.Settle(m)
}

// Delete removes the element at s and returns the place of the one that followed
// it, or None.
func (l *List) Delete(s Spot, m Limit) Spot {
	if l.long != nil {
		return l.long.delete(s, m)
	}
	l.small = l.small.Delete(s.pos, 1)
	if l.small.End(s.pos) {
		return None
	}
	return s
}

// Range returns the n elements from index i on in the direction towards an end; there must be
// so many. The strings share one allocation. O(n) and a seek.
func (l *List) Range(i, n int, towards End) []string {
	if n == 0 {
		return []string{}
	}
	from := l.Seek(i)
	total := 0
	l.each(from, n, towards, func(e listpack.Element) { total += e.Len() })
	all := make([]string, 0, n)
	room := make([]byte, 0, total)
	l.each(from, n, towards, func(e listpack.Element) {
		at := len(room)
		room = e.Append(room)
		all = append(all, unsafe.String(unsafe.SliceData(room), len(room))[at:])
	})
	return all
}

// each calls f for the n elements from s on in the direction towards an end.
func (l *List) each(s Spot, n int, towards End, f func(e listpack.Element)) {
	for {
		p := l.packAt(s)
		for ; n > 0 && s.pos != listpack.None; n-- {
			f(p.Get(s.pos))
			if towards == Back {
				s.pos = p.Next(s.pos)
			} else {
				s.pos = p.Prev(s.pos)
			}
		}
		if n == 0 {
			return
		}
		s = l.long.over(s, towards)
	}
}

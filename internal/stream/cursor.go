package stream

import (
	"strconv"
	"unsafe"

	"github.com/nookdb/nook/internal/listpack"
)

// A Cursor walks over entries, which must not change meanwhile:
//
//	for c := l.Range(from, to, false); c.Next(); {
//		... c.ID() ... c.Fields(nil) ...
//	}
type Cursor struct {
	log      *Log
	from, to ID
	back     bool

	spot  spot
	node  *node // nil at the end
	head  head
	place listpack.Pos // of the entry to come; backwards, behind it
	entry entry

	names []string // of the node's master entry, once they are wanted
	room  []byte   // where strings are put
	ends  []int    // of the strings of an entry
	ahead int      // for how many entries there will be room next
}

// Range returns a cursor before the first of the entries from one ID to another, both included, or with reverse behind the last.
func (l *Log) Range(from, to ID, reverse bool) Cursor {
	c := Cursor{log: l, from: from, to: to, back: reverse, ahead: 1}
	if to.Less(from) || l.live == 0 {
		return c
	}
	if reverse {
		c.enter(l.find(to))
		if c.node != nil {
			c.place = c.node.end()
			if next, ok := to.Next(); ok {
				c.place = c.node.seek(next)
			}
		}
		return c
	}
	s := l.find(from)
	if s.chunk < 0 {
		s = spot{}
	}
	c.enter(s)
	c.place = c.node.seek(from)
	return c
}

// Expect says how many entries are likely to be read, so that there is room for their strings at once.
func (c *Cursor) Expect(entries int) { c.ahead = min(max(entries, 1), maxRoom) }

// enter goes to a node.
func (c *Cursor) enter(s spot) {
	c.spot, c.node, c.names = s, c.log.node(s), nil
	if c.node != nil {
		c.head = c.node.head()
	}
}

// Next goes to the next entry and reports whether there is one.
func (c *Cursor) Next() bool {
	for c.node != nil {
		if !c.step() {
			continue
		}
		if c.entry.flags&dead == 0 {
			return true
		}
	}
	return false
}

// step goes to the next entry, deleted or not. It reports false if that takes another node, to which it goes, or
// if there is none.
func (c *Cursor) step() bool {
	n := c.node
	if c.back {
		p := n.before(c.place)
		if p == listpack.None {
			c.enter(c.log.prev(c.spot))
			if c.node != nil {
				c.place = c.node.end()
			}
			return false
		}
		c.entry, c.place = n.at(p), p
		return c.within(!c.entry.id.Less(c.from))
	}
	if c.place == listpack.None {
		c.place = n.after(&c.entry, &c.head)
	}
	if n.pack.End(c.place) {
		c.enter(c.log.next(c.spot))
		if c.node != nil {
			c.place = c.node.entries(&c.head)
		}
		return false
	}
	c.entry, c.place = n.at(c.place), listpack.None
	return c.within(!c.to.Less(c.entry.id))
}

// within ends the walk if it has left the range.
func (c *Cursor) within(ok bool) bool {
	if !ok {
		c.node = nil
	}
	return ok
}

// ID returns the ID of the entry.
func (c *Cursor) ID() ID { return c.entry.id }

// Len returns the number of fields of the entry.
func (c *Cursor) Len() int {
	if c.entry.flags&same != 0 {
		return c.head.fields
	}
	fields, _ := c.node.pack.Int(c.entry.body)
	return int(fields)
}

// Fields appends the names of the entry's fields, each followed by its value, to dst. The strings are copies. Those of one entry share an
// allocation, which those of a few others may share too.
func (c *Cursor) Fields(dst []string) []string {
	fields := c.Len()
	if c.entry.flags&same != 0 {
		if c.names == nil {
			c.names, _ = c.texts(make([]string, 0, fields), nil, c.head.names, fields)
		}
		dst, p := c.texts(dst, c.names, c.entry.body, fields)
		c.passed(p)
		return dst
	}
	_, p := c.node.pack.Int(c.entry.body)
	dst, p = c.texts(dst, nil, p, 2*fields)
	c.passed(p)
	return dst
}

// passed notes where the entry's fields end.
func (c *Cursor) passed(p listpack.Pos) {
	if !c.back {
		c.place = c.node.pack.Skip(p, 1)
	}
}

// texts appends copies of count elements from p on to dst, each behind one of the names unless these are nil, and returns the
// place behind them.
func (c *Cursor) texts(dst, names []string, p listpack.Pos, count int) ([]string, listpack.Pos) {
	pack := c.node.pack
	if cap(c.room)-len(c.room) < 16 {
		c.room = make([]byte, 0, c.guess())
	}
	b, ends := c.room[len(c.room):], c.ends[:0]
	for range count {
		e := pack.Get(p)
		p = pack.Skip(p, 1)
		if e.IsInt {
			b = strconv.AppendInt(b, e.Int, 10)
		} else {
			b = append(b, e.Text...)
		}
		ends = append(ends, len(b))
	}
	start := 0
	for i, end := range ends {
		if names != nil {
			dst = append(dst, names[i])
		}
		dst = append(dst, view(b[start:end]))
		start = end
	}
	c.room, c.ends = b, ends
	return dst, p
}

// guess returns for how many bytes there should be room: of one entry, then of
// two, and so on, unless somebody says how many will be wanted.
func (c *Cursor) guess() int {
	each := len(c.node.pack)/(c.head.live+c.head.dead) + 16
	n := min(each*c.ahead, max(each, maxRoom))
	c.ahead = min(2*c.ahead, maxRoom)
	return n
}

// maxRoom is up to how many bytes strings of several entries share an allocation. Whoever keeps one of them
// keeps all.
const maxRoom = 2048

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

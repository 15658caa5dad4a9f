package stream

import (
	"github.com/nookdb/nook/internal/listpack"
)

// A node is a run of entries in a listpack. It begins with the master entry:
//
//	| entries | deleted ones | fields | name ... name | 0 |
//
// whose names are those of the first entry of the node. The entries follow. One that has just these
// names does not repeat them:
//
//	| flags | ms | seq | value ... value | elements |                            flags: same
//	| flags | ms | seq | fields | name value ... name value | elements |
//
// ms and seq are what its ID has above that of the node, in 64 bits that wrap; the last element is the number of those before it, to
// be able to go backwards. What has been deleted stays, marked.
type node struct {
	id     ID // of the first entry, be it deleted or not
	pack   listpack.List
	shared bool // another log has the same pack, which so must not change
}

// own makes sure that the pack may be changed.
func (n *node) own() {
	if n.shared {
		n.pack, n.shared = append(listpack.List(nil), n.pack...), false
	}
}

// Flags of an entry.
const (
	dead = 1 << iota
	same
)

// A head is the beginning of a node.
type head struct {
	live, dead int          // entries
	fields     int          // of the master entry
	names      listpack.Pos // the first of them
}

func (n *node) head() head {
	live, p := n.pack.Int(n.pack.First())
	dead, p := n.pack.Int(p)
	fields, p := n.pack.Int(p)
	return head{int(live), int(dead), int(fields), p}
}

// live returns the number of entries that are not deleted.
func (n *node) live() int {
	live, _ := n.pack.Int(n.pack.First())
	return int(live)
}

// entries returns the place of the first entry.
func (n *node) entries(h *head) listpack.Pos { return n.pack.Skip(h.names, h.fields+1) }

// end returns the place behind the last entry.
func (n *node) end() listpack.Pos { return listpack.Pos(len(n.pack) - 1) }

// An entry is an entry in a node.
type entry struct {
	at    listpack.Pos
	id    ID
	flags int64
	body  listpack.Pos // of the first value, or of the number of fields
}

// at returns the entry at p.
func (n *node) at(p listpack.Pos) entry {
	flags, q := n.pack.Int(p)
	ms, q := n.pack.Int(q)
	seq, q := n.pack.Int(q)
	return entry{p, ID{n.id.Ms + uint64(ms), n.id.Seq + uint64(seq)}, flags, q}
}

// after returns the place behind e.
func (n *node) after(e *entry, h *head) listpack.Pos {
	if e.flags&same != 0 {
		return n.pack.Skip(e.body, h.fields+1)
	}
	fields, p := n.pack.Int(e.body)
	return n.pack.Skip(p, 2*int(fields)+1)
}

// before returns the place of the entry before p, which is the place of one or the end, and None if there is none.
func (n *node) before(p listpack.Pos) listpack.Pos {
	p = n.pack.Prev(p)
	elements, _ := n.pack.Int(p)
	if elements == 0 { // the end of the master entry
		return listpack.None
	}
	for ; elements > 0; elements-- {
		p = n.pack.Prev(p)
	}
	return p
}

// last returns the ID of the last entry, be it deleted or not.
func (n *node) last() ID { return n.at(n.before(n.end())).id }

// seek returns the place of the first entry whose ID is not less than id, or the end. It begins where that is
// nearer, if the entries are spread evenly.
func (n *node) seek(id ID) listpack.Pos {
	h := n.head()
	if n.nearEnd(id) {
		p := n.end()
		for q := n.before(p); q != listpack.None; q = n.before(p) {
			if n.at(q).id.Less(id) {
				break
			}
			p = q
		}
		return p
	}
	p := n.entries(&h)
	for !n.pack.End(p) {
		e := n.at(p)
		if !e.id.Less(id) {
			break
		}
		p = n.after(&e, &h)
	}
	return p
}

// nearEnd reports whether id is nearer to the ID of the last entry than to that of the first.
func (n *node) nearEnd(id ID) bool {
	last := n.last()
	switch {
	case !n.id.Less(id):
		return false
	case !id.Less(last):
		return true
	case last.Ms != n.id.Ms:
		return id.Ms-n.id.Ms > (last.Ms-n.id.Ms)/2
	default:
		return id.Seq-n.id.Seq > (last.Seq-n.id.Seq)/2
	}
}

// begin makes the node one without entries, for entries with the names of these fields.
func (n *node) begin(id ID, fields []string, room int) {
	n.id = id
	b := append([]byte(nil), make([]byte, room)...) // to the end of a size class of the allocator
	b = append(b[:0], emptyPack...)
	b = listpack.AppendInt(b, 0)
	b = listpack.AppendInt(b, 0)
	b = listpack.AppendInt(b, int64(len(fields)/2))
	for i := 0; i < len(fields); i += 2 {
		b = listpack.AppendText(b, fields[i])
	}
	b = listpack.AppendInt(b, 0)
	n.pack = listpack.Seal(b, 4+len(fields)/2)
}

// emptyPack is the body of an empty listpack.
var emptyPack = listpack.New().Body()

// append adds an entry, whose ID is greater than all.
func (n *node) append(id ID, fields []string) {
	h := n.head()
	n.own()
	b := n.pack.Body()
	elements := 3
	if n.hasNames(&h, fields) {
		elements += h.fields
		b = n.appendStart(b, same, id)
		for i := 1; i < len(fields); i += 2 {
			b = listpack.AppendText(b, fields[i])
		}
	} else {
		elements += 1 + len(fields)
		b = n.appendStart(b, 0, id)
		b = listpack.AppendInt(b, int64(len(fields)/2))
		for _, s := range fields {
			b = listpack.AppendText(b, s)
		}
	}
	b = listpack.AppendInt(b, int64(elements))
	n.pack = listpack.Seal(b, elements+1)
	n.count(h.live+1, h.dead)
}

// appendStart appends the start of an entry.
func (n *node) appendStart(b []byte, flags int64, id ID) []byte {
	b = listpack.AppendInt(b, flags)
	b = listpack.AppendInt(b, int64(id.Ms-n.id.Ms))
	return listpack.AppendInt(b, int64(id.Seq-n.id.Seq))
}

// hasNames reports whether the names of fields are those of the master entry.
func (n *node) hasNames(h *head, fields []string) bool {
	if len(fields) != 2*h.fields {
		return false
	}
	p := h.names
	for i := 0; i < len(fields); i += 2 {
		if !n.pack.Get(p).Is(fields[i]) {
			return false
		}
		p = n.pack.Skip(p, 1)
	}
	return true
}

// count notes the numbers of entries.
func (n *node) count(live, dead int) {
	n.own()
	p := n.pack.First()
	n.pack = n.pack.ReplaceInt(p, int64(live))
	n.pack = n.pack.ReplaceInt(n.pack.Next(p), int64(dead))
}

// mark marks an entry as deleted, which is not counted yet.
func (n *node) mark(e *entry) {
	n.own()
	n.pack = n.pack.ReplaceInt(e.at, e.flags|dead)
}

// delete marks an entry as deleted.
func (n *node) delete(e *entry) {
	n.mark(e)
	h := n.head()
	n.count(h.live-1, h.dead+1)
}

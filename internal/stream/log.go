// Package stream is the structure of streams: entries, each a list of named values, under IDs that only ever go up.
//
// # Structure
//
// The entries are in nodes of up to 4096 bytes or 100 entries, each a listpack in Redis's own format (see node), so that
// the bytes go into its files and come from them as they are. Redis keeps its nodes in a radix
// tree. Here they stand in chunks of up to 128, and the chunks in one slice:
//
//	Log ─┬─ chunk ─┬─ ID, listpack of 100 entries
//	     │         └─ ID, listpack
//	     └─ chunk ─── ID, listpack       entries are added here
//
// That is enough of a tree, because a stream is no map: nothing is ever inserted but behind the last. So there is
// nothing to balance, chunks are full but for the last and for what was deleted, and to find an ID is a binary search
// among the chunks, then among the nodes of one, then a walk within the node from the nearer end.
//
// # Cost
//
// To add is to append to a slice of bytes. A node is given back the room that it does not need once the
// next begins. To delete an entry is to mark it, as in Redis; a node goes with its last entry. To trim is to drop nodes from the front: it moves those of one chunk, and the
// slice of chunks, 2 bytes for each node, if a chunk goes.
//
// Invariant: see [Log.Check].
package stream

import (
	"slices"
	"unsafe"

	"github.com/nookdb/nook/internal/listpack"
)

// A Log is a sequence of entries. The zero value is empty.
type Log struct {
	chunks [][]node
	nodes  int
	live   int // entries
	bytes  int // of listpacks and chunks
}

// A Limit says how large nodes get before the next begins.
type Limit struct {
	Bytes   int // 0: as large as can be
	Entries int // deleted ones included; 0: no limit
}

const (
	// chunkMax is how many nodes a chunk may have: so many that there are few
	// chunks, and so few that they are moved in no time.
	chunkMax = 128

	nodeSize  = int(unsafe.Sizeof(node{}))
	chunkSize = int(unsafe.Sizeof([]node{}))
	logSize   = int(unsafe.Sizeof(Log{}))
)

// MaxEntry is how many bytes the fields of an entry may have.
const MaxEntry = listpack.MaxBytes

// maxAround is more than the bytes around a name or value in a listpack, and around all of them.
const maxAround = 16

// Fits reports whether an entry of these fields is not too large.
func Fits(fields []string) bool {
	return size(fields) <= MaxEntry-maxAround*(len(fields)+8)
}

// size returns the number of bytes in strings.
func size(fields []string) (n int) {
	for _, s := range fields {
		n += len(s)
	}
	return n
}

// Len returns the number of entries. O(1).
func (l *Log) Len() int { return l.live }

// Nodes returns the number of nodes. O(1).
func (l *Log) Nodes() int { return l.nodes }

// Bytes returns how many bytes the log takes on the heap, itself included. O(1).
func (l *Log) Bytes() int { return logSize + l.bytes + cap(l.chunks)*chunkSize }

// Append adds an entry. Its ID is greater than that of any entry that there has been; fields are names, each followed by its value, one
// at least, and Fits them.
func (l *Log) Append(id ID, m Limit, fields []string) {
	n, room := l.tail(), 0
	if n != nil && n.full(m, fields) {
		room = len(n.pack)
		l.finish(n)
		n = nil
	}
	if n == nil {
		n = l.add()
		n.begin(id, fields, max(room, size(fields)+64))
		l.bytes += cap(n.pack)
	}
	before := cap(n.pack)
	n.append(id, fields)
	l.bytes += cap(n.pack) - before
	l.live++
}

// full reports whether an entry goes into the next node.
func (n *node) full(m Limit, fields []string) bool {
	most := m.Bytes
	if most <= 0 || most > listpack.MaxBytes {
		most = listpack.MaxBytes
	}
	more := size(fields)
	if len(n.pack)+more >= most || !n.pack.Fits(more+maxAround*(len(fields)+8)) {
		return true
	}
	h := n.head()
	return m.Entries > 0 && h.live+h.dead >= m.Entries
}

// tail returns the last node, nil if there is none.
func (l *Log) tail() *node {
	if len(l.chunks) == 0 {
		return nil
	}
	c := l.chunks[len(l.chunks)-1]
	return &c[len(c)-1]
}

// add adds a node behind the last.
func (l *Log) add() *node {
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last]) == chunkMax {
		l.chunks = append(l.chunks, nil)
		last++
	}
	l.setChunk(last, append(l.chunks[last], node{}))
	l.nodes++
	return l.tail()
}

// setChunk changes the nodes of a chunk.
func (l *Log) setChunk(c int, nodes []node) {
	l.bytes += (cap(nodes) - cap(l.chunks[c])) * nodeSize
	l.chunks[c] = nodes
}

// finish gives back the room that a node will not need.
func (l *Log) finish(n *node) {
	if spare := cap(n.pack) - len(n.pack); spare > len(n.pack)/16 {
		before := cap(n.pack)
		n.pack, n.shared = append(listpack.List(nil), n.pack...), false
		l.bytes += cap(n.pack) - before
	}
}

// A spot is the place of a node.
type spot struct{ chunk, node int }

// node returns the node at s, nil if there is none.
func (l *Log) node(s spot) *node {
	if s.chunk < 0 || s.chunk >= len(l.chunks) {
		return nil
	}
	return &l.chunks[s.chunk][s.node]
}

// next returns the place behind s, which may be behind the last.
func (l *Log) next(s spot) spot {
	if s.node++; s.node == len(l.chunks[s.chunk]) {
		return spot{s.chunk + 1, 0}
	}
	return s
}

// prev returns the place before s, which may be before the first.
func (l *Log) prev(s spot) spot {
	if s.node--; s.node < 0 && s.chunk > 0 {
		return spot{s.chunk - 1, len(l.chunks[s.chunk-1]) - 1}
	} else if s.node < 0 {
		return spot{-1, 0}
	}
	return s
}

// find returns the place of the last node that begins at id or before it, and that before the first if there is none.
func (l *Log) find(id ID) spot {
	c, found := slices.BinarySearchFunc(l.chunks, id, func(nodes []node, id ID) int { return nodes[0].id.Compare(id) })
	if found {
		return spot{c, 0}
	}
	if c == 0 {
		return spot{-1, 0}
	}
	i, found := slices.BinarySearchFunc(l.chunks[c-1], id, func(n node, id ID) int { return n.id.Compare(id) })
	if !found {
		i--
	}
	return spot{c - 1, i}
}

// First returns the ID of the first entry, and false if there is none.
func (l *Log) First() (ID, bool) { return l.edge(false) }

// Last returns the ID of the last entry, and false if there is none.
func (l *Log) Last() (ID, bool) { return l.edge(true) }

func (l *Log) edge(back bool) (ID, bool) {
	c := l.Range(ID{}, MaxID, back)
	ok := c.Next()
	return c.ID(), ok
}

// Has reports whether there is an entry with an ID.
func (l *Log) Has(id ID) bool {
	c := l.Range(id, id, false)
	return c.Next()
}

// Get returns the fields of the entry with an ID, and false if there is none. The strings share one allocation.
func (l *Log) Get(id ID) (fields []string, ok bool) {
	c := l.Range(id, id, false)
	if !c.Next() {
		return nil, false
	}
	return c.Fields(nil), true
}

// Delete removes the entry with an ID, and reports whether there was one.
func (l *Log) Delete(id ID) bool {
	s := l.find(id)
	n := l.node(s)
	if n == nil {
		return false
	}
	p := n.seek(id)
	if n.pack.End(p) {
		return false
	}
	e := n.at(p)
	if e.id != id || e.flags&dead != 0 {
		return false
	}
	l.live--
	if n.live() == 1 {
		l.remove(s)
		return true
	}
	before := cap(n.pack)
	n.delete(&e)
	l.bytes += cap(n.pack) - before
	return true
}

// remove removes a node.
func (l *Log) remove(s spot) {
	l.bytes -= cap(l.chunks[s.chunk][s.node].pack)
	l.nodes--
	l.cut(s.chunk, s.node, s.node+1)
}

// dropFront removes the first count nodes.
func (l *Log) dropFront(count int) {
	l.nodes -= count
	chunks := 0
	for ; chunks < len(l.chunks) && len(l.chunks[chunks]) <= count; chunks++ {
		count -= len(l.chunks[chunks])
		for i := range l.chunks[chunks] {
			l.bytes -= cap(l.chunks[chunks][i].pack)
		}
		l.bytes -= cap(l.chunks[chunks]) * nodeSize
	}
	if chunks > 0 {
		l.chunks = slices.Delete(l.chunks, 0, chunks)
		l.trimChunks()
	}
	if count > 0 {
		for i := range count {
			l.bytes -= cap(l.chunks[0][i].pack)
		}
		l.cut(0, 0, count)
	}
}

// cut removes nodes from a chunk, the chunk with the last, and room that is not needed any more.
func (l *Log) cut(c, from, to int) {
	nodes := slices.Delete(l.chunks[c], from, to)
	if len(nodes) == 0 {
		l.bytes -= cap(nodes) * nodeSize
		l.chunks = slices.Delete(l.chunks, c, c+1)
		l.trimChunks()
		return
	}
	if cap(nodes) > 4*len(nodes) && cap(nodes) > 8 {
		nodes = append([]node(nil), nodes...)
	}
	l.setChunk(c, nodes)
}

// trimChunks gives back room that the chunks do not need any more.
func (l *Log) trimChunks() {
	if cap(l.chunks) > 4*len(l.chunks) && cap(l.chunks) > 8 {
		l.chunks = append([][]node(nil), l.chunks...)
	}
}

// Clone returns a copy.
func (l *Log) Clone() Log {
	c := Log{chunks: slices.Clone(l.chunks), nodes: l.nodes, live: l.live}
	for i, nodes := range c.chunks {
		nodes = slices.Clone(nodes)
		for j := range nodes {
			nodes[j].pack, nodes[j].shared = append(listpack.List(nil), nodes[j].pack...), false
			c.bytes += cap(nodes[j].pack)
		}
		c.chunks[i] = nodes
		c.bytes += cap(nodes) * nodeSize
	}
	return c
}

// Still returns a copy that is only read. It has the same packs, which are copied when the log changes them. O(nodes).
func (l *Log) Still() Log {
	c := l.twin()
	l.share()
	return c
}

// Leave returns a copy to go on with; the log itself is only read from then on, and may be read meanwhile. See Still.
func (l *Log) Leave() Log {
	c := l.twin()
	c.share()
	return c
}

// twin returns a log with the same packs.
func (l *Log) twin() Log {
	c := Log{chunks: slices.Clone(l.chunks), nodes: l.nodes, live: l.live, bytes: l.bytes}
	for i, nodes := range l.chunks {
		c.setChunk(i, slices.Clone(nodes))
	}
	return c
}

// share makes all packs such as must not change.
func (l *Log) share() {
	for _, nodes := range l.chunks {
		for i := range nodes {
			nodes[i].shared = true
		}
	}
}

package stream

import (
	"errors"

	"github.com/nookdb/nook/internal/listpack"
)

// ErrDamaged is what AppendNode says of bytes that are no node of a stream.
var ErrDamaged = errors.New("stream: damaged")

// AppendNode adds a node of entries after all others, whose first has or had the ID id. b is a listpack in Redis's
// format, which the log keeps. All of it is looked at, so that no method will ever read outside of b.
func (l *Log) AppendNode(id ID, b []byte) error {
	pack, err := listpack.Decode(b)
	if err != nil {
		return ErrDamaged
	}
	n := node{id, pack, false}
	live, err := n.check()
	if err != nil {
		return err
	}
	if last := l.tail(); last != nil && !last.last().Less(id) {
		return ErrDamaged
	}
	*l.add() = n
	l.live += live
	l.bytes += cap(pack)
	return nil
}

// EachNode calls f with the nodes in their order: the ID of the first entry and the listpack, which must not be changed.
func (l *Log) EachNode(f func(id ID, pack []byte)) {
	for _, nodes := range l.chunks {
		for i := range nodes {
			f(nodes[i].id, nodes[i].pack)
		}
	}
}

// Check returns an error unless the log is sound: chunks are neither empty nor too long, nodes are
// listpacks of at least one entry, of which all may be deleted, IDs go up, and all that is counted is counted right.
func (l *Log) Check() error {
	sum := Log{chunks: l.chunks}
	var last ID
	for _, nodes := range l.chunks {
		if len(nodes) == 0 || len(nodes) > chunkMax {
			return errors.New("stream: a chunk of a wrong size")
		}
		for i := range nodes {
			n := &nodes[i]
			if err := listpack.Check(n.pack); err != nil {
				return err
			}
			live, err := n.check()
			if err != nil {
				return err
			}
			if sum.nodes > 0 && !last.Less(n.id) {
				return errors.New("stream: nodes out of order")
			}
			last = n.last()
			sum.live += live
			sum.nodes++
			sum.bytes += cap(n.pack)
		}
		for _, n := range nodes[len(nodes):cap(nodes)] {
			if n.pack != nil {
				return errors.New("stream: a node that is gone is kept alive")
			}
		}
		sum.bytes += cap(nodes) * nodeSize
	}
	if sum.live != l.live || sum.nodes != l.nodes || sum.bytes != l.bytes {
		return errors.New("stream: wrong counts")
	}
	return nil
}

// check reads a node whose listpack is sound, and returns the number of entries that are not deleted.
func (n *node) check() (int, error) {
	r := reader{pack: n.pack, at: n.pack.First()}
	live, gone, fields := r.number(), r.number(), r.number()
	r.skip(fields)
	if r.number() != 0 || fields < 1 || r.damaged {
		return 0, ErrDamaged
	}
	var seen [2]int64 // entries, deleted ones
	last, first := ID{}, true
	for !r.damaged && r.at != listpack.None {
		e := n.at0(&r)
		start := int64(3)
		if e.flags&same != 0 {
			r.skip(fields)
			start += fields
		} else {
			count := r.number()
			r.skip(count)
			r.skip(count)
			start += 1 + 2*count
		}
		if r.number() != start || e.flags&^(dead|same) != 0 || !first && !last.Less(e.id) || first && e.id.Less(n.id) {
			return 0, ErrDamaged
		}
		last, first = e.id, false
		seen[e.flags&dead]++
	}
	if r.damaged || first || seen[0] != live || seen[1] != gone {
		return 0, ErrDamaged
	}
	return int(live), nil
}

// at0 is at of a node that may be damaged.
func (n *node) at0(r *reader) entry {
	flags, ms, seq := r.number(), r.number(), r.number()
	return entry{id: ID{n.id.Ms + uint64(ms), n.id.Seq + uint64(seq)}, flags: flags}
}

// A reader reads the elements of a listpack that may not be what a node is.
type reader struct {
	pack    listpack.List
	at      listpack.Pos
	damaged bool
}

// number reads an integer.
func (r *reader) number() int64 {
	if r.at == listpack.None {
		r.damaged = true
		return 0
	}
	e := r.pack.Get(r.at)
	r.at = r.pack.Next(r.at)
	if !e.IsInt {
		r.damaged = true
	}
	return e.Int
}

// skip passes over count elements.
func (r *reader) skip(count int64) {
	for ; count > 0 && !r.damaged; count-- {
		if r.at == listpack.None {
			r.damaged = true
			return
		}
		r.at = r.pack.Next(r.at)
	}
	r.damaged = r.damaged || count < 0
}

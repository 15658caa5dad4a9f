package quicklist

import "github.com/nookdb/nook/internal/listpack"

// A Limit says how much goes into a node: so many elements if it is positive, or
// 4, 8, 16, 32, 64 KiB for -1 to -5. It is Redis's list-max-listpack-size, whatever is out of range
// taken as the nearest that is in it.
type Limit int

const (
	smallest    Limit = -5
	maxElements       = 1<<15 - 1

	// maxCounted is how many bytes a node may have whose elements are counted,
	// unless it has only one.
	maxCounted = 8 << 10
)

// exceeded reports whether a node is too large.
func (m Limit) exceeded(bytes, elements int) bool {
	if m < 0 {
		return bytes > m.bytes()
	}
	return bytes > maxCounted || elements > min(max(int(m), 1), maxElements)
}

// bytes returns the limit of one that counts bytes.
func (m Limit) bytes() int { return 4 << 10 << -(max(m, smallest) + 1) }

// half returns half the limit.
func (m Limit) half() halved { return halved(m) }

// halved is a limit of half as much.
type halved Limit

func (h halved) exceeded(bytes, elements int) bool {
	m := Limit(h)
	if m < 0 {
		return bytes > m.bytes()/2
	}
	return bytes > maxCounted || elements > min(max(int(m), 1), maxElements)/2
}

// takes reports whether a node has room for another element of n bytes.
func (m Limit) takes(d *node, n int) bool { return !m.exceeded(len(d.pack)+n+overhead, d.n+1) }

// room returns a listpack of a long list with room for another element of n bytes. It grows
// by half, as others are likely to follow, but not beyond a full node.
func (m Limit) room(p listpack.List, n int) listpack.List {
	if size := len(p) + n + overhead; size > cap(p) && m < 0 {
		size = max(size, min(len(p)+len(p)/2, m.bytes()))
		return append(append(listpack.List(nil), make(listpack.List, size)...)[:0], p...)
	}
	return p
}

// joins reports whether two nodes fit into one.
func (m Limit) joins(a, b *node) bool { return !m.exceeded(len(a.pack)+len(b.pack), a.n+b.n) }

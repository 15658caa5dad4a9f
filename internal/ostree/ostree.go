// Package ostree is the order of big sorted sets: entries by score, and by
// member where scores are equal, with the rank of each.
//
// # The idea
//
// A B+tree that counts. Elements lie in leaves, up to 62 in each; inner nodes know,
// for each of their up to 62 children, its first element and how many elements
// it holds:
//
//	node    | number | scores ... | entries ... |
//	leaf    | node   | previous leaf, next leaf |
//	inner   | node   | children ... | counts ... |
//
// In a leaf, score and entry are those of an element, in an inner node those of the first
// element below a child. So both are searched by the same loop, which looks at an array of
// scores, eight to a cache line, and follows an entry only to compare members whose
// scores are equal. A rank is the sum of the counts to the left of the way down.
//
// Against a skip list with spans, which is Redis's way, a search of a million elements
// waits for four nodes instead of some forty, and an element costs 16 bytes and what
// is unused of its leaf instead of a node with its levels.
//
// # Balance
//
// A full node hands elements to a neighbour, and only if that is full as well two
// nodes become three; so nodes are filled to four fifths under random insertion. A leaf
// at either end of the tree is left full and a new one begun: elements that come in
// order fill their leaves. A node that has fewer than three eighths takes elements from a
// neighbour, or is merged with it.
//
// # Cost
//
// Insert, Delete, Move, ranks and positions O(log n); DeleteRange of m elements
// O(log n + m), as it takes whole leaves; the next element O(1). A step moves a few
// nodes' contents at most, whatever the size.
//
// The tree knows no locks. An element's score and the bytes of its member must not
// change while it is in the tree, other than by Move.
package ostree

import (
	"unsafe"

	"github.com/nookdb/nook/internal/table"
)

const (
	// fanout is how many elements or children a node holds. A leaf of 62 is
	// exactly what the allocator gives for 1024 bytes. With 30 and 126, searches and
	// moves among 10^3 to 10^6 elements took the same time, as far as could be told.
	fanout = 62

	// A node that is not at the end of its level has at least least elements. Nodes
	// are merged if that leaves room for some insertions.
	least  = fanout * 3 / 8
	merged = fanout * 7 / 8

	// spare is how much room a neighbour must have to be given elements.
	spare = fanout / 8

	// maxHeight is more than the levels of inner nodes that fit into memory.
	maxHeight = 16
)

// A node is what leaves and inner nodes have in common.
//
// Invariant: keys are in order, and distinct, from 0 to num-1. Behind them entries are nil.
// An inner node has at least two children, a leaf at least one element, unless it
// is the root.
type node struct {
	num        int32  // of keys
	generation uint32 // of the tree that the node belongs to

	entry [fanout]*table.Entry
	score [fanout]float64
}

// The neighbours of a leaf are those that it has in the tree that is changed: see Fork.
type leaf struct {
	node
	prev, next *leaf
}

// inner holds nodes that all are leaves or all are inner. A node's level tells.
//
// Invariant: key i is the first below child i, count i the number of elements.
type inner struct {
	node
	child [fanout]*node
	count [fanout]uint32 // enough for a heap of 300 GB
}

func (n *node) len() int { return int(n.num) }

// leaf returns the leaf that a node of level 0 is.
func (n *node) leaf() *leaf { return (*leaf)(unsafe.Pointer(n)) }

// inner returns the inner node that a node of another level is.
func (n *node) inner() *inner { return (*inner)(unsafe.Pointer(n)) }

// A Tree is a set of entries in order. The zero value is not one: see New.
type Tree struct {
	root   *node
	height int // levels of inner nodes
	count  int
	leaves int
	inners int

	// generation is that of the nodes that are the tree's own. Others it shares with the tree that it is a fork of.
	generation uint32
}

// New returns an empty tree.
func New() *Tree {
	t := new(Tree)
	t.Clear()
	return t
}

// Clear removes all elements.
func (t *Tree) Clear() { *t = Tree{root: &new(leaf).node, leaves: 1} }

// Len returns the number of elements.
func (t *Tree) Len() int { return t.count }

// What the allocator gives for a node, with the word that it puts before it.
const (
	leafBytes  = 1024
	innerBytes = 1792
)

// Bytes returns the size of the tree on the heap, without the entries.
func (t *Tree) Bytes() int {
	return int(unsafe.Sizeof(Tree{})) + t.leaves*leafBytes + t.inners*innerBytes
}

// A Pos is the place of an element, until the tree is changed.
type Pos struct {
	leaf *leaf
	i    int
}

// OK reports whether there is an element at p.
func (p Pos) OK() bool { return p.leaf != nil }

// Score returns the score of the element.
func (p Pos) Score() float64 { return p.leaf.score[p.i] }

// Entry returns the entry of the element.
func (p Pos) Entry() *table.Entry { return p.leaf.entry[p.i] }

// Next returns the place of the next element.
func (p Pos) Next() Pos {
	if p.i++; p.i == p.leaf.len() {
		return Pos{p.leaf.next, 0}
	}
	return p
}

// Prev returns the place of the element before.
func (p Pos) Prev() Pos {
	if p.i > 0 {
		return Pos{p.leaf, p.i - 1}
	}
	if p.leaf.prev == nil {
		return Pos{}
	}
	return Pos{p.leaf.prev, p.leaf.prev.len() - 1}
}

// At returns the place of the element of a rank, none if there is no such rank.
func (t *Tree) At(rank int) Pos {
	if rank < 0 || rank >= t.count {
		return Pos{}
	}
	n := t.root
	for range t.height {
		in := n.inner()
		i := in.holds(&rank)
		n = in.child[i]
	}
	return Pos{n.leaf(), rank}
}

// holds returns the child that has the element of a rank, and makes the rank that within the child.
func (n *inner) holds(rank *int) int {
	i, r := 0, *rank
	for r >= int(n.count[i]) {
		r -= int(n.count[i])
		i++
	}
	*rank = r
	return i
}

// before returns the number of elements left of child i.
func (n *inner) before(i int) (sum int) {
	for _, c := range n.count[:i] {
		sum += int(c)
	}
	return sum
}

// Below returns the number of elements with a score below x.
func (t *Tree) Below(x float64) (rank int) {
	n := t.root
	for range t.height {
		in := n.inner()
		i := max(n.below(x)-1, 0)
		rank += in.before(i)
		n = in.child[i]
	}
	return rank + n.below(x)
}

// UpTo returns the number of elements with a score of at most x.
func (t *Tree) UpTo(x float64) (rank int) {
	n := t.root
	for range t.height {
		in := n.inner()
		i := max(n.upTo(x)-1, 0)
		rank += in.before(i)
		n = in.child[i]
	}
	return rank + n.upTo(x)
}

// BelowMember returns the number of elements with a member below m, if all have the same
// score.
func (t *Tree) BelowMember(m string) (rank int) {
	n := t.root
	for range t.height {
		in := n.inner()
		i := max(n.members(0, n.len(), m, false)-1, 0)
		rank += in.before(i)
		n = in.child[i]
	}
	return rank + n.members(0, n.len(), m, false)
}

// UpToMember returns the number of elements with a member of at most m, if all
// have the same score.
func (t *Tree) UpToMember(m string) (rank int) {
	n := t.root
	for range t.height {
		in := n.inner()
		i := max(n.members(0, n.len(), m, true)-1, 0)
		rank += in.before(i)
		n = in.child[i]
	}
	return rank + n.members(0, n.len(), m, true)
}

// Rank returns the number of elements before the one of a score and a member, which
// need not be there.
func (t *Tree) Rank(score float64, member string) (rank int) {
	n := t.root
	for range t.height {
		in := n.inner()
		i := n.way(score, member)
		rank += in.before(i)
		n = in.child[i]
	}
	return rank + n.keys(score, member, false)
}

// below returns the number of keys with a score below x.
//
// It looks at the last score of each cache line, and then into one line. A search by halves looks at
// fewer, but each time it must wait for one to know which is the next; these all
// come at once. Among a million elements, where nodes are not in any cache, that saves a quarter of
// the time and more.
func (n *node) below(x float64) int {
	i := 0
	for j := line - 1; j < n.len(); j += line {
		if n.score[j] < x {
			i += line
		}
	}
	for end := min(i+line, n.len()); i < end && n.score[i] < x; {
		i++
	}
	return i
}

// upTo returns the number of keys with a score of at most x.
func (n *node) upTo(x float64) int {
	i := 0
	for j := line - 1; j < n.len(); j += line {
		if n.score[j] <= x {
			i += line
		}
	}
	for end := min(i+line, n.len()); i < end && n.score[i] <= x; {
		i++
	}
	return i
}

// line is how many scores lie on a cache line. They begin with one: see TestBytes.
const line = 8

// keys returns the number of keys before the one of a score and a member; with it, if equal.
func (n *node) keys(score float64, member string, equal bool) int {
	i := n.below(score)
	if i == n.len() || n.score[i] != score {
		return i
	}
	end := i + 1
	if end < n.len() && n.score[end] == score {
		end = n.upTo(score)
	}
	return n.members(i, end, member, equal)
}

// members returns where in the keys from i to end, which are in the order of
// their members, those begin that are not below m; with equal, those that are above.
func (n *node) members(i, end int, m string, equal bool) int {
	for i < end {
		mid := int(uint(i+end) >> 1)
		if k := n.entry[mid].Key(); k < m || equal && k == m {
			i = mid + 1
		} else {
			end = mid
		}
	}
	return i
}

// way returns the child of an inner node in which the key of a score and a member is, or
// would be.
func (n *node) way(score float64, member string) int { return max(n.keys(score, member, true)-1, 0) }

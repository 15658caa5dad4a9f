package stream

import "encoding/binary"

// RadixNodes returns how many nodes the radix tree has in which Redis would keep the nodes of the log: under keys of 16
// bytes, their IDs with the highest byte first. A node of such a tree is a key, a place where keys part, or
// a run of bytes that keys share with no such place between. O(nodes).
func (l *Log) RadixNodes() int {
	if l.nodes == 0 {
		return 1
	}
	count := l.nodes
	open := make([]int, 0, idSize) // the depths of the places where the keys on the way to the last part
	var last [idSize]byte
	first := true
	for _, nodes := range l.chunks {
		for i := range nodes {
			key := nodes[i].id.key()
			if !first {
				shared := prefix(&last, &key)
				open = closePlaces(open, shared, idSize, &count)
			}
			last, first = key, false
		}
	}
	closePlaces(open, -1, idSize, &count)
	return count
}

// idSize is the length of a key.
const idSize = 16

func (a ID) key() (k [idSize]byte) {
	binary.BigEndian.PutUint64(k[:], a.Ms)
	binary.BigEndian.PutUint64(k[8:], a.Seq)
	return k
}

// prefix returns how many bytes two keys share at their start.
func prefix(a, b *[idSize]byte) int {
	n := 0
	for n < idSize && a[n] == b[n] {
		n++
	}
	return n
}

// closePlaces counts what is below the depth at which the next key parts from the last, which ends at depth, and opens that place. A depth
// of -1 is for the end.
func closePlaces(open []int, parts, depth int, count *int) []int {
	for len(open) > 0 && open[len(open)-1] > parts {
		top := open[len(open)-1]
		open = open[:len(open)-1]
		if depth > top+1 {
			*count++ // a run between the place and what is below it
		}
		*count++ // the place
		depth = top
	}
	if len(open) > 0 && open[len(open)-1] == parts {
		if depth > parts+1 {
			*count++
		}
		return open
	}
	if parts >= 0 {
		if depth > parts+1 {
			*count++
		}
		return append(open, parts)
	}
	if depth > 0 {
		*count++ // a run from the root
	}
	return open
}

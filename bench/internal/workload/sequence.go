package workload

import "math/rand/v2"

// A Sequence is a run of accesses drawn beforehand. It holds a copy of the
// key for each access, in the order of access: no lookup is ever made with
// the string object that was inserted (no service does that, and comparing a
// string with itself reads no bytes), and fetching the next key costs no
// cache miss of its own, which would add the same constant to every contestant
// and pull ratios towards one. The copies lie in one string, so the
// collector has nothing to walk here.
type Sequence struct {
	keys   string
	writes []bool
}

// NewSequence draws ops accesses, of which the given share, from 0 to 1, are writes.
func NewSequence(d Distribution, ops int, writes float64, seed uint64) Sequence {
	r := rand.New(rand.NewPCG(seed, 0))
	keys := make([]byte, 0, ops*KeyLen)
	s := Sequence{writes: make([]bool, ops)}
	for i := range ops {
		keys = AppendKey(keys, d.Draw(r))
		s.writes[i] = r.Float64() < writes
	}
	s.keys = string(keys)
	return s
}

// Len returns the number of accesses.
func (s Sequence) Len() int { return len(s.writes) }

// Key returns the key of access i. It shares the sequence's memory.
func (s Sequence) Key(i int) string { return s.keys[i*KeyLen:][:KeyLen] }

// Writes reports whether access i is a write.
func (s Sequence) Writes(i int) bool { return s.writes[i] }

// Head returns the first n accesses.
func (s Sequence) Head(n int) Sequence {
	n = min(n, s.Len())
	return Sequence{keys: s.keys[:n*KeyLen], writes: s.writes[:n]}
}

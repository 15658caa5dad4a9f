package value

import (
	"math"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/table"
)

// ZSetOfList returns the sorted set that a list of members, each followed by its score, is.
func ZSetOfList(l listpack.List, m *Limits, deep bool) (*ZSet, error) {
	n := l.Len()
	if n%2 != 0 {
		return nil, ErrOdd
	}
	if err := ascending(l); err != nil {
		return nil, err
	}
	tooMany := n/2 > m.ZSetEntries
	if deep || tooMany {
		if err := distinct(l, 2); err != nil {
			return nil, err
		}
	}
	z := &ZSet{list: l}
	if tooMany {
		z.enlarge()
	}
	return z, nil
}

// ascending returns an error unless a list is in the order of scores and members.
func ascending(l listpack.List) error {
	var digits [2][20]byte
	last, before, i := "", math.Inf(-1), 0
	for p := l.First(); p != listpack.None; p = next(l, p, 2) {
		score, ok := float(l.Get(l.Next(p)))
		if !ok {
			return ErrScore
		}
		member := textOf(l.Get(p), &digits[i&1])
		if score < before || i > 0 && score == before && member <= last {
			return ErrOrder
		}
		last, before, i = member, score, i+1
	}
	return nil
}

// float returns the number that an element is.
func float(e listpack.Element) (float64, bool) {
	if e.IsInt {
		return float64(e.Int), true
	}
	f, ok := number.ParseFloat(e.Text)
	return f, ok && !math.IsNaN(f)
}

// NewBigZSet returns an empty sorted set in its large form, to be loaded.
func NewBigZSet() *ZSet { return &ZSet{big: newRanking()} }

// Load adds a member to a big sorted set. It returns false if the member is there already.
// The score is a number.
func (z *ZSet) Load(member string, score float64) bool {
	h := table.Hash(member)
	if z.big.table.Find(h, member) != nil {
		return false
	}
	z.big.insert(h, member, score)
	return true
}

// Compact makes a big sorted set, whose longest member has so many bytes, a small one if that is within the
// limits.
func (z *ZSet) Compact(longest int, m *Limits) {
	n := z.Len()
	if n > m.ZSetEntries || longest > m.ZSetValue || n > (listpack.MaxBytes-maxRoom)/(longest+pairRoom) {
		return
	}
	b := listpack.New().Body()
	var text [32]byte
	for p := z.big.tree.At(0); p.OK(); p = p.Next() {
		b = listpack.AppendText(b, p.Entry().Key())
		b = listpack.AppendText(b, scoreText(text[:0], p.Score()))
	}
	*z = ZSet{list: listpack.Seal(b, 2*n)}
}

// pairRoom is how many bytes a list needs at most for a member and its score, beside those of the member.
const pairRoom = 10 + 32

// List returns the list that a small sorted set is, nil if it is big. It must not be changed.
func (z *ZSet) List() listpack.List { return z.list }

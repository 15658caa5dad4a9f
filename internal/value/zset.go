package value

import (
	"iter"
	"math"
	"math/rand/v2"
	"unsafe"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/ostree"
	"github.com/nookdb/nook/internal/table"
)

// A ZSet is a sorted set: members, each with a score, in the order of scores and, among
// equal ones, of the members' bytes. Ranks count from 0 in that order.
//
// A small one is a listpack of members and scores in order. A big one has its members in a
// table, whose entries hold their scores, and their order in a tree. Redis calls that
// a skiplist.
//
// Scores are never NaN.
type ZSet struct {
	list listpack.List
	big  *ranking // nil while the list is used
}

// ranking is what a big sorted set consists of.
//
// Invariant: the entries of the table, with the scores that they hold, are the elements of the
// tree.
type ranking struct {
	table   table.Table
	tree    ostree.Tree
	entries int // bytes of all entries
}

// NewZSet returns an empty sorted set.
func NewZSet() *ZSet { return &ZSet{list: append(make(listpack.List, 0, 32), listpack.New()...)} }

// Len returns the number of members.
func (z *ZSet) Len() int {
	if z.big != nil {
		return z.big.tree.Len()
	}
	return z.list.Len() / 2
}

// Empty reports whether the sorted set has nothing in it.
func (z *ZSet) Empty() bool { return z.Len() == 0 }

// Bytes returns the size on the heap.
func (z *ZSet) Bytes() int {
	n := int(unsafe.Sizeof(*z))
	if b := z.big; b != nil {
		const trees = int(unsafe.Sizeof(ostree.Tree{}))
		return n + int(unsafe.Sizeof(*b)) - trees + b.table.Bytes() + b.tree.Bytes() + b.entries
	}
	return n + cap(z.list)
}

// Type returns "zset".
func (*ZSet) Type() string { return "zset" }

// Encoding returns "listpack" or "skiplist".
func (z *ZSet) Encoding() string {
	if z.big != nil {
		return "skiplist"
	}
	return "listpack"
}

// Clone returns a copy.
func (z *ZSet) Clone() Collection {
	if z.big == nil {
		return &ZSet{list: z.list.Clone()}
	}
	b := newRanking()
	for p := z.big.tree.At(0); p.OK(); p = p.Next() {
		e := p.Entry()
		b.insert(table.Hash(e.Key()), e.Key(), scoreOf(e))
	}
	return &ZSet{big: b}
}

// still returns a copy that is good for Backward, and for nothing else.
func (z *ZSet) still() Collection {
	if z.big == nil {
		return z.Clone()
	}
	b := newRanking()
	b.tree = z.big.tree
	z.big.tree.Fork(&z.big.tree)
	return &ZSet{big: b}
}

// leave returns a sorted set with all that is in z, and leaves z what still returns. Others may walk over z meanwhile.
func (z *ZSet) leave() Collection {
	if z.big == nil {
		return z.Clone()
	}
	b := &ranking{entries: z.big.entries}
	z.big.tree.Fork(&b.tree)
	z.big.table.Take(&b.table)
	return &ZSet{big: b}
}

// A ZSpot is what Find found of a member. It is good until the sorted set is
// changed.
type ZSpot struct {
	Score float64
	Found bool

	member string
	at     listpack.Pos // of the member, in a list
	hash   uint64       // the rest is of the table
	slot   table.Slot
	entry  *table.Entry
}

// Find looks a member up.
func (z *ZSet) Find(member string) ZSpot {
	s := ZSpot{member: member}
	if b := z.big; b != nil {
		s.hash = table.Hash(member)
		s.entry, s.slot = b.table.Locate(s.hash, member)
		if s.entry != nil {
			s.Found, s.Score = true, scoreOf(s.entry)
		}
		return s
	}
	if s.at = z.list.Find(z.list.First(), member, 1); s.at != listpack.None {
		s.Found, s.Score = true, scoreAt(z.list, s.at)
	}
	return s
}

// Put gives the member that was looked for a score, adding it if it was not found.
func (z *ZSet) Put(s *ZSpot, score float64, limits *Limits) {
	if z.big == nil && !s.Found && z.outgrown(len(s.member), limits) {
		z.enlarge()
		s.hash = table.Hash(s.member)
	}
	switch {
	case z.big == nil:
		z.putSmall(s, score)
	case s.Found:
		z.big.move(s.entry, s.Score, score)
	default:
		z.big.insert(s.hash, s.member, score)
	}
}

// Add gives a member a score, and reports whether it is new.
func (z *ZSet) Add(member string, score float64, limits *Limits) bool {
	s := z.Find(member)
	if !s.Found || s.Score != score {
		z.Put(&s, score, limits)
	}
	return !s.Found
}

// Delete removes the member that was found.
func (z *ZSet) Delete(s *ZSpot) {
	if z.big == nil {
		z.list = z.list.Delete(s.at, 2)
		return
	}
	z.big.tree.Delete(s.Score, s.entry)
	z.big.delete(s.hash, s.slot, s.entry)
}

// Rank returns the rank of a member that was found.
func (z *ZSet) Rank(s *ZSpot) int {
	if z.big != nil {
		return z.big.tree.Rank(s.Score, s.member)
	}
	rank := 0
	for p := z.list.First(); p != s.at; p = z.list.Next(z.list.Next(p)) {
		rank++
	}
	return rank
}

// DeleteRange removes the members of the ranks from and up to, not including, to.
func (z *ZSet) DeleteRange(from, to int) {
	if from >= to {
		return
	}
	if z.big == nil {
		z.list = z.list.Delete(z.list.Seek(2*from), 2*(to-from))
		return
	}
	if from == 0 && to == z.Len() {
		*z = *NewZSet()
		return
	}
	p := z.big.tree.At(from)
	for range to - from {
		e := p.Entry()
		h := table.Hash(e.Key())
		_, slot := z.big.table.Locate(h, e.Key())
		z.big.delete(h, slot, e)
		p = p.Next()
	}
	z.big.tree.DeleteRange(from, to)
}

// A ScoreBound is an end of a range of scores. Open means that the score itself is outside.
type ScoreBound struct {
	Score float64
	Open  bool
}

// ScoreSpan returns the ranks of the members with scores within a range: those from and
// up to, not including, to.
func (z *ZSet) ScoreSpan(low, high ScoreBound) (from, to int) {
	if z.big != nil {
		from, to = z.big.number(low, !low.Open), z.big.number(high, high.Open)
		return from, max(from, to)
	}
	from, _ = z.search(low.Score, "", tieOf(low.Open))
	to, _ = z.search(high.Score, "", tieOf(!high.Open))
	return from, max(from, to)
}

// number returns how many members have a score below that of a bound, or, unless below, that
// score too.
func (b *ranking) number(bound ScoreBound, below bool) int {
	if below {
		return b.tree.Below(bound.Score)
	}
	return b.tree.UpTo(bound.Score)
}

// A LexBound is an end of a range of members. Open means that the member itself is outside.
type LexBound struct {
	Member string
	Open   bool
	Beyond int // -1: before all members; 1: behind them
}

// above reports whether a member is within a range that begins with b.
func (b *LexBound) above(member string) bool {
	return b.Beyond < 0 || b.Beyond == 0 && (member > b.Member || member == b.Member && !b.Open)
}

// below reports whether a member is within a range that ends with b.
func (b *LexBound) below(member string) bool {
	return b.Beyond > 0 || b.Beyond == 0 && (member < b.Member || member == b.Member && !b.Open)
}

// empty reports whether there cannot be a member in a range.
func empty(low, high *LexBound) bool {
	if low.Beyond != 0 || high.Beyond != 0 {
		return low.Beyond > 0 || high.Beyond < 0
	}
	return low.Member > high.Member || low.Member == high.Member && (low.Open || high.Open)
}

// LexSpan returns the ranks of the members within a range: those from and up to, not
// including, to. It is meant for sorted sets whose scores are all the same. In others,
// as in Redis, the range ends where the first member that is outside follows one that is
// inside; back says that it is looked for from the end.
func (z *ZSet) LexSpan(low, high LexBound, back bool) (from, to int) {
	if empty(&low, &high) || z.Len() == 0 {
		return 0, 0
	}
	if z.big != nil {
		return z.big.lexSpan(&low, &high)
	}
	return z.lexSpanSmall(&low, &high, back)
}

func (b *ranking) lexSpan(low, high *LexBound) (from, to int) {
	switch {
	case low.Beyond < 0:
	case low.Open:
		from = b.tree.UpToMember(low.Member)
	default:
		from = b.tree.BelowMember(low.Member)
	}
	switch {
	case high.Beyond > 0:
		to = b.tree.Len()
	case high.Open:
		to = b.tree.BelowMember(high.Member)
	default:
		to = b.tree.UpToMember(high.Member)
	}
	return from, max(from, to)
}

// Backward yields the members and their scores from the last to the first.
func (z *ZSet) Backward() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		if z.big != nil {
			z.big.tree.Backward()(func(score float64, e *table.Entry) bool { return yield(e.Key(), score) })
			return
		}
		c := z.From(z.Len()-1, true)
		for range z.Len() {
			if !yield(c.Next()) {
				return
			}
		}
	}
}

// A ZCursor walks over the members of a sorted set, which must not change meanwhile.
type ZCursor struct {
	list listpack.List
	at   listpack.Pos // of the next member, if there is a list
	pos  ostree.Pos   // of the next member, if there is none
	back bool
}

// From returns a cursor that begins with the member of a rank, which must exist, and goes
// on to higher ranks, or back to lower ones.
func (z *ZSet) From(rank int, back bool) ZCursor {
	if z.big != nil {
		return ZCursor{pos: z.big.tree.At(rank), back: back}
	}
	return ZCursor{list: z.list, at: z.list.Seek(2 * rank), back: back}
}

// Next returns the next member and its score. There must be one. The member may be kept.
func (c *ZCursor) Next() (member string, score float64) {
	if c.list == nil {
		member = c.pos.Entry().Key()
	} else {
		member = c.list.Get(c.at).String()
	}
	score = c.Score()
	c.Skip()
	return member, score
}

// Score returns the score of the next member. In a big set that is known without a look at
// the member itself, which may be far away in memory.
func (c *ZCursor) Score() float64 {
	if c.list == nil {
		return c.pos.Score()
	}
	return scoreAt(c.list, c.at)
}

// Skip passes over the next member.
func (c *ZCursor) Skip() {
	switch {
	case c.list == nil && c.back:
		c.pos = c.pos.Prev()
	case c.list == nil:
		c.pos = c.pos.Next()
	case !c.back:
		c.at = c.list.Next(c.list.Next(c.at))
	default:
		if c.at = c.list.Prev(c.at); c.at != listpack.None {
			c.at = c.list.Prev(c.at)
		}
	}
}

// Random returns a member, each with the same probability, and its score. There must be one.
func (z *ZSet) Random(r *rand.Rand) (member string, score float64) {
	if z.big != nil {
		e := z.big.table.Random(r)
		return e.Key(), scoreOf(e)
	}
	c := z.From(r.IntN(z.Len()), false)
	return c.Next()
}

// Scan yields the members at a position of a walk, which begins at 0, and returns the next
// one, which is 0 at the end. A small sorted set is one step. See [table.Table.Scan].
func (z *ZSet) Scan(pos uint64, yield func(member string, score float64)) (next uint64) {
	if z.big != nil {
		return z.big.table.Scan(pos, func(e *table.Entry) { yield(e.Key(), scoreOf(e)) })
	}
	c := z.From(0, false)
	for range z.Len() {
		yield(c.Next())
	}
	return 0
}

// Enlarge makes an empty sorted set one that can take n members of up to so many bytes, which spares
// it its time as a small one. As in Redis, negative zeros survive that if it will be big.
func (z *ZSet) Enlarge(n, bytes int, limits *Limits) {
	if z.big == nil && (n > limits.ZSetEntries || bytes > limits.ZSetValue) {
		z.enlarge()
	}
}

// outgrown reports whether a list cannot take another member of n bytes.
func (z *ZSet) outgrown(n int, limits *Limits) bool {
	return z.Len()+1 > limits.ZSetEntries || n > limits.ZSetValue || !z.list.Fits(n)
}

// enlarge turns the list into a table and a tree.
func (z *ZSet) enlarge() {
	b := newRanking()
	c := z.From(0, false)
	for range z.Len() {
		member, score := c.Next()
		b.insert(table.Hash(member), member, score)
	}
	z.list, z.big = nil, b
}

func newRanking() *ranking {
	b := new(ranking)
	b.table.Init(0)
	b.tree.Clear()
	return b
}

// insert adds a member that is not there.
func (b *ranking) insert(hash uint64, member string, score float64) {
	e := table.NewNumber(member, int64(math.Float64bits(score)), 0)
	b.table.Insert(hash, e)
	b.tree.Insert(score, e)
	b.entries += e.Size()
}

// move gives an entry another score.
func (b *ranking) move(e *table.Entry, from, to float64) {
	e.SetNumber(int64(math.Float64bits(to)))
	b.tree.Move(from, to, e)
}

// delete removes an entry from the table.
func (b *ranking) delete(hash uint64, slot table.Slot, e *table.Entry) {
	b.table.Delete(hash, slot)
	b.entries -= e.Size()
}

// scoreOf returns the score that an entry holds.
func scoreOf(e *table.Entry) float64 { return math.Float64frombits(uint64(e.Number())) }

// scoreAt returns the score behind the member at p.
func scoreAt(list listpack.List, p listpack.Pos) float64 {
	e := list.Get(list.Next(p))
	if e.IsInt {
		return float64(e.Int)
	}
	score, _ := number.ParseFloat(e.Text)
	return score
}

// scoreText returns a score as a list has it. There is no negative zero, as integers are
// kept as integers.
func scoreText(b []byte, score float64) string {
	if score == 0 {
		return "0"
	}
	return view(number.AppendScore(b, score))
}

// putSmall is Put into a list that has room.
func (z *ZSet) putSmall(s *ZSpot, score float64) {
	if s.Found {
		z.list = z.list.Delete(s.at, 2)
	}
	var text [32]byte
	_, p := z.search(score, s.member, tieByMember)
	if p == listpack.None {
		z.list = z.list.Append(s.member).Append(scoreText(text[:0], score))
		return
	}
	z.list = z.list.InsertBefore(p, s.member)
	z.list = z.list.InsertAfter(p, scoreText(text[:0], score))
}

// tie says whether a member whose score is the one that is looked for counts as one before it.
type tie uint8

const (
	tieBehind tie = iota
	tieBefore
	tieByMember // as its bytes say
)

func tieOf(before bool) tie {
	if before {
		return tieBefore
	}
	return tieBehind
}

// search returns how many members of a list come before a score, or a score and a member, and where the
// next one is. It halves the list until it is there: to walk over elements takes little, to
// read their scores takes much.
func (z *ZSet) search(score float64, member string, t tie) (rank int, at listpack.Pos) {
	at = z.list.First()
	for n := z.list.Len() / 2; n > 0; {
		half, p := n/2, at
		for range 2 * half {
			p = z.list.Next(p)
		}
		if !z.isBefore(p, score, member, t) {
			n = half
			continue
		}
		rank, n, at = rank+half+1, n-half-1, z.list.Next(z.list.Next(p))
	}
	return rank, at
}

// isBefore reports whether the member at p comes before a score, or a score and a member.
func (z *ZSet) isBefore(p listpack.Pos, score float64, member string, t tie) bool {
	if x := scoreAt(z.list, p); x != score {
		return x < score
	}
	if t != tieByMember {
		return t == tieBefore
	}
	var digits [20]byte
	return textOf(z.list.Get(p), &digits) < member
}

// textOf returns the text of an element, good until the list or digits are changed.
func textOf(e listpack.Element, digits *[20]byte) string {
	if e.IsInt {
		return Digits(e.Int, digits)
	}
	return e.Text
}

// lexSpanSmall is LexSpan of a list, which is not empty.
func (z *ZSet) lexSpanSmall(low, high *LexBound, back bool) (from, to int) {
	var first, last [20]byte
	end := z.list.Prev(z.list.Last())
	if !high.below(textOf(z.list.Get(z.list.First()), &first)) || !low.above(textOf(z.list.Get(end), &last)) {
		return 0, 0
	}
	if back {
		return z.lexSpanBack(low, high)
	}
	return z.lexSpanForth(low, high)
}

func (z *ZSet) lexSpanForth(low, high *LexBound) (from, to int) {
	var digits [20]byte
	for p := z.list.First(); p != listpack.None; p = z.list.Next(z.list.Next(p)) {
		member := textOf(z.list.Get(p), &digits)
		if from == to && !low.above(member) {
			from, to = from+1, to+1
			continue
		}
		if !high.below(member) {
			break
		}
		to++
	}
	return from, to
}

func (z *ZSet) lexSpanBack(low, high *LexBound) (from, to int) {
	var digits [20]byte
	from, to = z.Len(), z.Len()
	for p := z.list.Last(); p != listpack.None; p = z.list.Prev(p) {
		p = z.list.Prev(p)
		member := textOf(z.list.Get(p), &digits)
		if from == to && !high.below(member) {
			from, to = from-1, to-1
			continue
		}
		if !low.above(member) {
			break
		}
		from--
	}
	return from, to
}

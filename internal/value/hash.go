package value

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"unsafe"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/table"
)

// A Hash is a value of type hash: fields, each with a value and perhaps a
// deadline in Unix milliseconds. What has passed its deadline stays until
// Expire is called; the owner does so before anything else.
//
// # Forms
//
//	small         a listpack of field, value, field, value, ...
//	small, timed  a listpack of field, value, deadline, ..., 0 for none
//	big           a table with an entry for each field, and the order of deadlines
//
// A hash is timed from its first deadline on, and big from the first field or
// value on that is too long or one too many. There is no way back, as in Redis.
//
// Strings that come out of a hash are copies or never change.
//
// Most hashes are small, so the pointer to the list or to what the other forms
// need is one word, and the list's sizes are half a word each.
type Hash struct {
	p      unsafe.Pointer // the bytes of the list of a small hash without deadlines, else a *hashMore
	n, cap uint32         // of those bytes, 0 with a *hashMore
}

// hashMore is a hash that is timed or big.
type hashMore struct {
	list    listpack.List // small
	next    int64         // small: the first deadline, 0 if there is none
	big     bool
	table   table.Table      // big: the fields
	entries int              // big: bytes of the table's entries
	order   *table.Deadlines // big: of the fields that have one; nil before the first
}

const (
	hashBytes     = int(unsafe.Sizeof(Hash{}))
	hashMoreBytes = int(unsafe.Sizeof(hashMore{}))
)

// NewHash returns an empty hash with room for about so many bytes of fields
// and values.
func NewHash(room int) *Hash {
	return newSmall(append(roomy(min(room, maxRoom)+len(emptyList)), emptyList...))
}

// newSmall returns a small hash without deadlines.
func newSmall(l listpack.List) *Hash {
	h := new(Hash)
	h.setList(l)
	return h
}

// more returns what a timed or big hash is, nil if it is neither.
func (h *Hash) more() *hashMore {
	if h.cap != 0 {
		return nil
	}
	return (*hashMore)(h.p)
}

// become makes the hash a timed or big one.
func (h *Hash) become(m *hashMore) { *h = Hash{p: unsafe.Pointer(m)} }

// list returns the list of a small hash.
func (h *Hash) list() listpack.List {
	if h.cap != 0 {
		return unsafe.Slice((*byte)(h.p), h.cap)[:h.n]
	}
	return (*hashMore)(h.p).list
}

// setList changes the list of a small hash.
func (h *Hash) setList(l listpack.List) {
	if m := h.more(); m != nil {
		m.list = l
		return
	}
	h.p, h.n, h.cap = unsafe.Pointer(unsafe.SliceData(l)), uint32(len(l)), uint32(cap(l))
}

// maxRoom bounds the room that is made for what may turn out not to be small.
const maxRoom = 4096

var emptyList = listpack.New()

// roomy returns a list without bytes that has room for n, to the end of a size
// class of the allocator.
func roomy(n int) listpack.List { return append(listpack.List(nil), make(listpack.List, n)...)[:0] }

// FieldRoom returns how many bytes a field and its value need at most in the
// small form.
func FieldRoom(field, value string) int { return elementRoom(len(field)) + elementRoom(len(value)) }

func elementRoom(n int) int {
	if n < 64 {
		return n + 2
	}
	return n + 10
}

// Type returns "hash".
func (h *Hash) Type() string { return "hash" }

// Encoding returns Redis's name of the form.
func (h *Hash) Encoding() string {
	switch {
	case h.isBig():
		return "hashtable"
	case h.more() != nil:
		return "listpackex"
	default:
		return "listpack"
	}
}

func (h *Hash) isBig() bool { return h.cap == 0 && h.more().big }

// width returns how many elements of the list a field takes.
func (h *Hash) width() int {
	if h.more() != nil {
		return 3
	}
	return 2
}

// Len returns the number of fields.
func (h *Hash) Len() int {
	if h.isBig() {
		return h.more().table.Len()
	}
	return h.list().Len() / h.width()
}

// Empty reports whether the hash has nothing in it.
func (h *Hash) Empty() bool { return h.Len() == 0 }

// Bytes returns the size of the hash on the heap.
func (h *Hash) Bytes() int {
	m := h.more()
	if m == nil {
		return hashBytes + int(h.cap)
	}
	n := hashBytes + hashMoreBytes + cap(m.list)
	if m.big {
		n += m.table.Bytes() + m.entries
	}
	if m.order != nil {
		n += table.DeadlinesBytes + m.order.Len()*table.DueBytes
	}
	return n
}

// find returns the place of a field in the list.
func (h *Hash) find(field string) listpack.Pos {
	l := h.list()
	return l.Find(l.First(), field, h.width()-1)
}

// entry returns the entry of a field in the table, nil if there is none.
func (m *hashMore) entry(field string) *table.Entry {
	return m.table.Find(table.Hash(field), field)
}

// Has reports whether there is a field.
func (h *Hash) Has(field string) bool {
	if h.isBig() {
		return h.more().entry(field) != nil
	}
	return h.find(field) != listpack.None
}

// Get returns the value of a field, and false if there is none.
func (h *Hash) Get(field string) (string, bool) {
	if h.isBig() {
		if e := h.more().entry(field); e != nil {
			return e.Text(), true
		}
		return "", false
	}
	p := h.find(field)
	if p == listpack.None {
		return "", false
	}
	return h.text(h.list().Next(p)), true
}

// text returns a copy of the element at p.
func (h *Hash) text(p listpack.Pos) string {
	e := h.list().Get(p)
	if e.IsInt {
		return strconv.FormatInt(e.Int, 10)
	}
	return strings.Clone(e.Text)
}

// View is Get without a copy: its result is good until the hash, or digits,
// is changed.
func (h *Hash) View(field string, digits *[20]byte) (string, bool) {
	if h.isBig() {
		return h.Get(field)
	}
	p := h.find(field)
	if p == listpack.None {
		return "", false
	}
	e := h.list().Get(h.list().Next(p))
	if e.IsInt {
		return Digits(e.Int, digits), true
	}
	return e.Text, true
}

// Set gives a field a value and takes its deadline away. It reports whether
// the field is new.
func (h *Hash) Set(field, value string, l *Limits) bool { return h.set(field, value, l, false) }

// Update is Set that leaves the deadline as it is.
func (h *Hash) Update(field, value string, l *Limits) bool { return h.set(field, value, l, true) }

func (h *Hash) set(field, value string, l *Limits, keep bool) bool {
	if !h.isBig() {
		if h.fits(field, value, l) {
			return h.setSmall(field, value, l, keep)
		}
		h.grow()
	}
	return h.more().set(field, value, keep)
}

// fits reports whether a field and its value may be in the small form.
func (h *Hash) fits(field, value string, l *Limits) bool {
	return len(field) <= l.HashValue && len(value) <= l.HashValue && h.list().Fits(FieldRoom(field, value)+deadlineRoom)
}

// Reserve changes the form at once if one of these fields will need it, as
// Redis does before it sets the first of them.
func (h *Hash) Reserve(field, value string, l *Limits) {
	if !h.isBig() && !h.fits(field, value, l) {
		h.grow()
	}
}

// deadlineRoom is how many bytes a deadline takes at most.
const deadlineRoom = 10

func (h *Hash) setSmall(field, value string, l *Limits, keep bool) bool {
	if p := h.find(field); p != listpack.None {
		list := h.list()
		h.setList(list.Replace(list.Next(p), value))
		if h.more() != nil && !keep {
			h.setDeadlineAt(p, 0)
		}
		h.outgrow(l)
		return false
	}
	h.makeRoom(FieldRoom(field, value) + deadlineRoom*(h.width()-2))
	list := h.list().Append(field).Append(value)
	if h.more() != nil {
		list = list.AppendInt(0)
	}
	h.setList(list)
	h.outgrow(l)
	return true
}

// outgrow makes a hash a table that has too many fields to be small. It may have them
// without a new one: the limits may be others than they were.
func (h *Hash) outgrow(l *Limits) {
	if h.Len() > l.HashEntries {
		h.grow()
	}
}

// makeRoom makes room in the list for n more bytes, so that the list moves but
// once for what is appended.
func (h *Hash) makeRoom(n int) {
	l := h.list()
	if size := len(l) + n; size > cap(l) {
		h.setList(append(roomy(size+size/8), l...))
	}
}

func (m *hashMore) set(field, value string, keep bool) bool {
	hash := table.Hash(field)
	old, slot := m.table.Locate(hash, field)
	if old == nil {
		m.insert(hash, table.NewText(field, value, 0))
		return true
	}
	at := old.Deadline()
	if at != 0 && !keep {
		m.order.Remove(at, old)
		at = 0
	}
	e := table.NewText(field, value, at)
	m.table.Replace(hash, slot, e)
	m.entries += e.Size() - old.Size()
	if at != 0 {
		m.order.Add(at, e)
	}
	return false
}

// insert adds an entry of a field that is not in the table.
func (m *hashMore) insert(hash uint64, e *table.Entry) {
	m.table.Insert(hash, e)
	m.entries += e.Size()
	if at := e.Deadline(); at != 0 {
		m.schedule(at, e)
	}
}

func (m *hashMore) schedule(at int64, e *table.Entry) {
	if m.order == nil {
		m.order = table.NewDeadlines()
	}
	m.order.Add(at, e)
}

// grow changes from the small form to the big one.
func (h *Hash) grow() {
	m := &hashMore{big: true}
	m.table.Init(0)
	l, width := h.list(), h.width()
	for p := l.First(); p != listpack.None; {
		field := l.Get(p)
		p = l.Next(p)
		text := h.text(p) // a copy, since the entry would keep a long one as it is
		p = l.Next(p)
		at := int64(0)
		if width == 3 {
			at = l.Get(p).Int
			p = l.Next(p)
		}
		name := field.String()
		m.insert(table.Hash(name), table.NewText(name, text, at))
	}
	h.become(m)
}

// Delete removes a field and reports whether there was one.
func (h *Hash) Delete(field string) bool {
	if h.isBig() {
		return h.more().delete(field)
	}
	p := h.find(field)
	if p == listpack.None {
		return false
	}
	h.deleteAt(p)
	return true
}

// deleteAt removes the field at p of the list.
func (h *Hash) deleteAt(p listpack.Pos) {
	at := h.deadlineAt(p)
	h.setList(h.list().Delete(p, h.width()))
	h.lost(at)
}

func (m *hashMore) delete(field string) bool {
	hash := table.Hash(field)
	e, slot := m.table.Locate(hash, field)
	if e == nil {
		return false
	}
	m.table.Delete(hash, slot)
	m.entries -= e.Size()
	if at := e.Deadline(); at != 0 {
		m.order.Remove(at, e)
	}
	return true
}

// Clone returns a copy that shares nothing with the hash.
func (h *Hash) Clone() Collection {
	m := h.more()
	if m == nil {
		return newSmall(append(roomy(int(h.n)), h.list()...))
	}
	c, twin := new(Hash), &hashMore{big: m.big, next: m.next}
	c.become(twin)
	if !m.big {
		twin.list = append(roomy(len(m.list)), m.list...)
		return c
	}
	if m.order == nil { // so there was never a deadline: fields are texts, which do not change
		m.table.Clone(&twin.table)
		twin.entries = m.entries
		return c
	}
	twin.table.Init(0)
	for e := range m.table.All() {
		twin.insert(table.Hash(e.Key()), e.WithKey(e.Key()))
	}
	return c
}

// still returns a copy that is good to be read, and for nothing else.
func (h *Hash) still() Collection {
	if !h.isBig() {
		return h.Clone()
	}
	c := *h
	h.become(h.more().fork())
	return &c
}

// leave returns a hash with all that is in h, and leaves h what still returns. Others may read h meanwhile.
func (h *Hash) leave() Collection {
	if !h.isBig() {
		return h.Clone()
	}
	c := new(Hash)
	c.become(h.more().fork())
	return c
}

// fork returns a big hash to go on with in the place of m, of which it copies what it changes.
func (m *hashMore) fork() *hashMore {
	c := &hashMore{big: true, entries: m.entries, order: m.order.Clone()}
	m.table.Fork(&c.table)
	return c
}

// Part says what of a field is asked for.
type Part uint8

// The parts of a field. Both come one after the other.
const (
	Names Part = 1 << iota
	Values
	Both = Names | Values
)

// All returns the fields, their values, or both.
func (h *Hash) All(part Part) []string {
	if !h.isBig() {
		return h.allSmall(part)
	}
	all := make([]string, 0, h.Len()*part.width())
	for e := range h.more().table.All() {
		all = part.append(all, e)
	}
	return all
}

// width returns how many strings the part of a field is.
func (p Part) width() int {
	if p == Both {
		return 2
	}
	return 1
}

// append appends the part of an entry.
func (p Part) append(list []string, e *table.Entry) []string {
	if p&Names != 0 {
		list = append(list, e.Key())
	}
	if p&Values != 0 {
		list = append(list, e.Text())
	}
	return list
}

// allSmall is All of a small hash. The strings are parts of one copy of the
// list.
func (h *Hash) allSmall(part Part) []string {
	width, l := h.width(), append(listpack.List(nil), h.list()...)
	all := make([]string, 0, h.Len()*part.width())
	for i, p := 0, l.First(); p != listpack.None; i, p = i+1, l.Next(p) {
		if part>>(i%width)&1 == 0 {
			continue
		}
		if e := l.Get(p); e.IsInt {
			all = append(all, strconv.FormatInt(e.Int, 10))
		} else {
			all = append(all, e.Text)
		}
	}
	return all
}

// Scan appends to dst the fields at a position in the order of a scan, the names
// and the values, about n of them, and returns dst and the position behind them, 0 at the
// end. A scan of a small hash is one step, from whatever position.
func (h *Hash) Scan(pos uint64, n int, dst []string) ([]string, uint64) {
	if !h.isBig() {
		return append(dst, h.allSmall(Both)...), 0
	}
	most := len(dst) + 2*n
	for more := true; more; more = pos != 0 && len(dst) < most {
		pos = h.more().table.Scan(pos, func(e *table.Entry) { dst = Both.append(dst, e) })
	}
	return dst, pos
}

// Random returns a field and its value, each field with the same probability.
// The hash is not empty.
func (h *Hash) Random(r *rand.Rand) (field, value string) {
	if h.isBig() {
		e := h.more().table.Random(r)
		return e.Key(), e.Text()
	}
	l := h.list()
	p := l.Seek(h.width() * r.IntN(h.Len()))
	return h.text(p), h.text(l.Next(p))
}

// Draw returns n fields with their values, each drawn from all. The hash is not
// empty.
func (h *Hash) Draw(r *rand.Rand, n int) []string {
	drawn := make([]string, 0, 2*n)
	if h.isBig() {
		for range n {
			drawn = Both.append(drawn, h.more().table.Random(r))
		}
		return drawn
	}
	all := h.allSmall(Both)
	for range n {
		i := 2 * r.IntN(len(all)/2)
		drawn = append(drawn, all[i], all[i+1])
	}
	return drawn
}

// Sample returns n distinct fields with their values, or all of them if there
// are not as many.
func (h *Hash) Sample(r *rand.Rand, n int) []string {
	if count := h.Len(); n >= count || !h.isBig() || n > count/3 {
		return shuffled(h.All(Both), r, n)
	}
	drawn := make([]string, 0, 2*n)
	seen := make(map[*table.Entry]bool, n)
	for len(seen) < n {
		if e := h.more().table.Random(r); !seen[e] {
			seen[e] = true
			drawn = Both.append(drawn, e)
		}
	}
	return drawn
}

// shuffled returns a random sample of n of the pairs, or all if there are not
// as many.
func shuffled(pairs []string, r *rand.Rand, n int) []string {
	count := len(pairs) / 2
	if n >= count {
		return pairs
	}
	for i := range n {
		j := i + r.IntN(count-i)
		pairs[2*i], pairs[2*j] = pairs[2*j], pairs[2*i]
		pairs[2*i+1], pairs[2*j+1] = pairs[2*j+1], pairs[2*i+1]
	}
	return pairs[:2*n]
}

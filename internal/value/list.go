package value

import (
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/quicklist"
)

// A List is the value of a list: a structure from internal/quicklist. Of the Limits its
// methods take ListSize.
type List struct{ quicklist.List }

// NewList returns an empty list.
func NewList() *List { return &List{quicklist.New()} }

// Empty reports whether the list has no elements.
func (l *List) Empty() bool { return l.Len() == 0 }

// Type returns "list".
func (l *List) Type() string { return "list" }

// Encoding returns "listpack" for a list of one listpack, else "quicklist". That is Redis's
// since 7.2; before, all lists were quicklists.
func (l *List) Encoding() string {
	if l.Long() {
		return "quicklist"
	}
	return "listpack"
}

// Clone returns a copy.
func (l *List) Clone() Collection { return &List{l.List.Clone()} }

func (l *List) still() Collection { return &List{l.List.Still()} }
func (l *List) leave() Collection { return &List{l.List.Leave()} }

// nodeLimit returns the limit of a list's nodes.
func (m *Limits) nodeLimit() quicklist.Limit { return quicklist.Limit(m.ListSize) }

// Push adds values at an end, one after the other.
func (l *List) Push(e quicklist.End, m *Limits, values ...string) {
	l.List.Push(e, m.nodeLimit(), values...)
}

// Pop removes the element at an end of a list that is not empty, and returns it.
func (l *List) Pop(e quicklist.End, m *Limits) string {
	v := l.List.Pop(e)
	l.Settle(m.nodeLimit())
	return v
}

// PopSome removes up to n elements at an end and returns them from the outermost
// on.
func (l *List) PopSome(e quicklist.End, m *Limits, n int) []string {
	n = min(n, l.Len())
	from := 0
	if e == quicklist.Back {
		from = l.Len() - 1
	}
	popped := l.Range(from, n, !e)
	l.Drop(e, n)
	l.Settle(m.nodeLimit())
	return popped
}

// Set changes the element at s.
func (l *List) Set(s quicklist.Spot, m *Limits, v string) { l.List.Set(s, m.nodeLimit(), v) }

// Insert adds v before or after the first element that is pivot, at the side that
// looks towards an end, and reports whether there is one.
func (l *List) Insert(side quicklist.End, m *Limits, pivot, v string) bool {
	want := textOrInt(pivot)
	for s := l.Outer(quicklist.Front); s != quicklist.None; s = l.Step(s, quicklist.Back) {
		if want.is(l, s) {
			l.List.Insert(s, side, m.nodeLimit(), v)
			return true
		}
	}
	return false
}

// Remove removes up to n elements that are v, looking from an end on, and returns how many
// there were.
func (l *List) Remove(from quicklist.End, m *Limits, n int, v string) (removed int) {
	want := textOrInt(v)
	for s := l.Outer(from); s != quicklist.None && removed < n; {
		if !want.is(l, s) {
			s = l.Step(s, !from)
			continue
		}
		removed++
		s = l.Delete(s, m.nodeLimit())
		switch {
		case from == quicklist.Front:
		case s == quicklist.None:
			s = l.Outer(quicklist.Back)
		default:
			s = l.Step(s, quicklist.Front)
		}
	}
	l.Settle(m.nodeLimit())
	return removed
}

// Trim removes all elements but those from index from up to but not with index to.
func (l *List) Trim(from, to int, m *Limits) {
	l.Drop(quicklist.Back, l.Len()-to)
	l.Drop(quicklist.Front, from)
	l.Settle(m.nodeLimit())
}

// A Search tells which elements Find is to find.
type Search struct {
	From quicklist.End // where it begins
	Skip int           // how many that match are passed over
	Most int           // how many are enough, 0 for all
	Look int           // how many elements are looked at, 0 for all
}

// Find returns the indexes, counted from the front, of elements that are v.
func (l *List) Find(v string, o Search) (found []int) {
	want := textOrInt(v)
	i, step := 0, 1
	if o.From == quicklist.Back {
		i, step = l.Len()-1, -1
	}
	left := l.Len()
	if o.Look != 0 {
		left = min(left, o.Look)
	}
	for s := l.Outer(o.From); left > 0; left-- {
		if want.is(l, s) {
			if o.Skip--; o.Skip < 0 {
				found = append(found, i)
				if len(found) == o.Most {
					break
				}
			}
		}
		s = l.Step(s, !o.From)
		i += step
	}
	return found
}

// wanted is a string that elements are compared with.
type wanted struct {
	text  string
	whole int64
	isInt bool // an element that is equal is an integer
}

func textOrInt(s string) wanted {
	n, ok := number.ParseInt(s)
	return wanted{s, n, ok}
}

// is reports whether the element at s is w.
func (w *wanted) is(l *List, s quicklist.Spot) bool {
	e := l.Get(s)
	if e.IsInt {
		return w.isInt && e.Int == w.whole
	}
	return !w.isInt && e.Text == w.text
}

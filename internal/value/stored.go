package value

import (
	"errors"
	"slices"

	"github.com/nookdb/nook/internal/listpack"
)

// Values that come from a file or a payload are built from the bytes that are stored there, which they
// keep, or element by element. Either way they change into their large form if they are beyond
// the limits, which may have been others where they come from.
//
// What every method here relies on is always checked. That all is as a server would have written it
// is checked if the bytes are not to be trusted: deep, in the functions below.

// What may be wrong with stored bytes.
var (
	ErrDuplicate = errors.New("an element is there twice")
	ErrOrder     = errors.New("elements are out of order")
	ErrOdd       = errors.New("an element lacks what belongs to it")
	ErrScore     = errors.New("a score is no number")
	ErrDeadline  = errors.New("a deadline is no time")
)

// distinct returns ErrDuplicate unless the elements of a list, of which each is followed by width-1
// others that do not matter, are different strings.
func distinct(l listpack.List, width int) error {
	var room [64]listpack.Pos
	all := room[:0]
	if n := l.Len() / width; n > len(room) {
		all = make([]listpack.Pos, 0, n)
	}
	for p := l.First(); p != listpack.None; p = next(l, p, width) {
		all = append(all, p)
	}
	var left, right [20]byte
	duplicate := false
	slices.SortFunc(all, func(p, q listpack.Pos) int {
		a, b := textOf(l.Get(p), &left), textOf(l.Get(q), &right)
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		duplicate = duplicate || p != q
		return 0
	})
	if duplicate {
		return ErrDuplicate
	}
	return nil
}

// next returns the place n elements after p.
func next(l listpack.List, p listpack.Pos, n int) listpack.Pos {
	for ; n > 0 && p != listpack.None; n-- {
		p = l.Next(p)
	}
	return p
}

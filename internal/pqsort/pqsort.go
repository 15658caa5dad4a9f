// Package pqsort puts those elements of a slice in order that come to stand in a range, for commands
// such as SORT with LIMIT. Elements that compare equal end up where Redis, which does it in
// the same steps, leaves them: replies show that order.
//
// The steps are those of the quicksort by Bentley and McIlroy ("Engineering a Sort Function", 1993), without the parts
// that lie outside of the range. Input made for it could drive that to quadratic time; so a part that
// took too many rounds is sorted in another way.
package pqsort

import (
	"math/bits"
	"slices"
)

// Range puts the elements of a from index first to index last, both included, where they
// are if all of a is sorted.
func Range[E any](a []E, first, last int, compare func(a, b E) int) {
	s := sorter[E]{compare, first, last}
	s.sort(a, 0, 4*bits.Len(uint(len(a)))+16)
}

type sorter[E any] struct {
	compare     func(a, b E) int
	first, last int
}

// sort sorts a part that begins at an index of the whole, in so many rounds.
func (s *sorter[E]) sort(a []E, at, rounds int) {
	for ; rounds > 0; rounds-- {
		if len(a) < 7 {
			s.insertion(a)
			return
		}
		less, greater := s.partition(a)
		if less > 1 && s.wants(at, less) {
			s.sort(a[:less], at, rounds-1)
		}
		if greater <= 1 || !s.wants(at+len(a)-greater, greater) {
			return
		}
		at += len(a) - greater
		a = a[len(a)-greater:]
	}
	slices.SortStableFunc(a, s.compare)
}

// wants reports whether one of n elements from an index on lies in the range.
func (s *sorter[E]) wants(at, n int) bool { return s.first < at+n && s.last >= at }

func (s *sorter[E]) insertion(a []E) {
	for i := 1; i < len(a); i++ {
		for j := i; j > 0 && s.compare(a[j-1], a[j]) > 0; j-- {
			a[j-1], a[j] = a[j], a[j-1]
		}
	}
}

// partition moves the elements that are less than a pivot to the front, those that are
// greater to the end, and returns how many there are of both.
func (s *sorter[E]) partition(a []E) (less, greater int) {
	pivot := s.pivot(a)
	a[0], a[pivot] = a[pivot], a[0]
	// Equal ones are put aside at both ends: those before left and behind right.
	left, i := 1, 1
	right, j := len(a)-1, len(a)-1
	for {
		for i <= j {
			c := s.compare(a[i], a[0])
			if c > 0 {
				break
			}
			if c == 0 {
				a[left], a[i] = a[i], a[left]
				left++
			}
			i++
		}
		for i <= j {
			c := s.compare(a[j], a[0])
			if c < 0 {
				break
			}
			if c == 0 {
				a[j], a[right] = a[right], a[j]
				right--
			}
			j--
		}
		if i > j {
			break
		}
		a[i], a[j] = a[j], a[i]
		i++
		j--
	}
	less, greater = i-left, right-j
	exchange(a[:i], min(left, less))
	exchange(a[i:], min(greater, len(a)-1-right))
	return less, greater
}

// exchange exchanges the first n elements with the last n.
func exchange[E any](a []E, n int) {
	back := a[len(a)-n:]
	for i := range n {
		a[i], back[i] = back[i], a[i]
	}
}

// pivot returns the index of an element that is likely to be near the middle.
func (s *sorter[E]) pivot(a []E) int {
	low, middle, high := 0, len(a)/2, len(a)-1
	if len(a) == 7 {
		return middle
	}
	if len(a) > 40 {
		d := len(a) / 8
		low = s.median(a, low, low+d, low+2*d)
		middle = s.median(a, middle-d, middle, middle+d)
		high = s.median(a, high-2*d, high-d, high)
	}
	return s.median(a, low, middle, high)
}

// median returns the index of the middle one of three elements.
func (s *sorter[E]) median(a []E, x, y, z int) int {
	if s.compare(a[x], a[y]) < 0 {
		switch {
		case s.compare(a[y], a[z]) < 0:
			return y
		case s.compare(a[x], a[z]) < 0:
			return z
		}
		return x
	}
	switch {
	case s.compare(a[y], a[z]) > 0:
		return y
	case s.compare(a[x], a[z]) < 0:
		return x
	}
	return z
}

package hll

import (
	"slices"
	"strconv"
)

// Limits of a sparse sketch.
const (
	sparseMax  = 32 // value of a register
	zerosMax   = 64 // registers in a short run of zeros
	valuesMax  = 4  // registers in a run of another value
	joinedRuns = 5  // how many runs are looked at after a change, to be joined
)

// A run is a number of registers of one value.
type run struct {
	n     int
	value uint8
	size  int // in bytes
}

// runAt returns the run at a position. Behind the end there are zero bytes.
func (s Sketch) runAt(pos int) run {
	switch b := s[pos]; {
	case b&0x80 != 0:
		return run{n: int(b&3) + 1, value: b>>2&0x1F + 1, size: 1}
	case b&0x40 == 0:
		return run{n: int(b&0x3F) + 1, size: 1}
	case pos+1 < len(s):
		return run{n: (int(b&0x3F)<<8 | int(s[pos+1])) + 1, size: 2}
	default:
		return run{n: int(b&0x3F)<<8 + 1, size: 2}
	}
}

// appendRun appends a run. Zeros take the shortest form.
func appendRun(b []byte, n int, value uint8) []byte {
	switch {
	case n == 0:
		return b
	case value > 0:
		return append(b, 0x80|(value-1)<<2|byte(n-1))
	case n <= zerosMax:
		return append(b, byte(n-1))
	default:
		return append(b, 0x40|byte((n-1)>>8), byte(n-1))
	}
}

// each calls f for the runs with their first registers. It stops with ErrCorrupt unless
// these are the runs of all registers.
func (s Sketch) each(f func(register int, r run)) error {
	register := 0
	for pos := headerSize; pos < len(s); {
		r := s.runAt(pos)
		if register+r.n > registers {
			return ErrCorrupt
		}
		f(register, r)
		register += r.n
		pos += r.size
	}
	if register != registers {
		return ErrCorrupt
	}
	return nil
}

// A place is a run: where it is, and its first register.
type place struct{ pos, register int }

// start is the place of the first run.
var start = place{pos: headerSize}

// locate returns the place of the run that has a register, and that of the run before, which is the same if
// there is none, looking from a place on. It reports false if there is no such run.
func (s Sketch) locate(register int, from place) (before, at place, ok bool) {
	before, at = from, from
	for at.pos < len(s) {
		n, size := int(lengths[s[at.pos]]), 1
		if n == 0 {
			n, size = s.runAt(at.pos).n, 2
		}
		if register < at.register+n {
			return before, at, true
		}
		before = at
		at.pos += size
		at.register += n
	}
	return before, at, false
}

// lengths are the numbers of registers of runs by their first byte, 0 for those that have
// two: with it, what locate does for most runs has no branches to guess.
var lengths = func() (n [256]uint8) {
	for b := range n {
		if r := (Sketch{byte(b)}).runAt(0); r.size == 1 {
			n[b] = uint8(r.n)
		}
	}
	return n
}()

// setSparse is Set of a sparse sketch. If it returns a dense one, the mark is not in it yet. from
// is start or what it returned the last time, when the register was a lower one.
func (s Sketch) setSparse(m Mark, limit int, from place) (Sketch, place, error) {
	if m.value > sparseMax {
		return s.widened()
	}
	before, at, ok := s.locate(m.register, from)
	if ok && at == from && from != start {
		before, at, ok = s.locate(m.register, start) // the run before it matters
	}
	if !ok {
		return s, start, ErrCorrupt
	}
	r := s.runAt(at.pos)
	if at.pos+r.size > len(s) {
		return s, start, ErrCorrupt
	}
	var parts [5]byte
	left := m.register - at.register
	p := appendRun(parts[:0], left, r.value)
	p = appendRun(p, 1, m.value)
	p = appendRun(p, r.n-left-1, r.value)
	if more := len(p) - r.size; more > 0 && len(s)+more > limit {
		return s.widened()
	}
	s = slices.Replace(s, at.pos, at.pos+r.size, p...)
	return s.joinRuns(before.pos), before, nil
}

// widened is Widen for setSparse.
func (s Sketch) widened() (Sketch, place, error) {
	d, err := s.Widen()
	return d, start, err
}

// joinRuns joins runs of one value that stand side by side, from a position on.
func (s Sketch) joinRuns(pos int) Sketch {
	for i := 0; i < joinedRuns && pos < len(s); i++ {
		r := s.runAt(pos)
		if r.value > 0 && pos+1 < len(s) {
			if next := s.runAt(pos + 1); next.value == r.value && r.n+next.n <= valuesMax {
				s = slices.Delete(s, pos, pos+1)
				appendRun(s[:pos], r.n+next.n, r.value)
				continue
			}
		}
		pos += r.size
	}
	return s
}

// Decode returns the runs of a sparse sketch in the form that PFDEBUG DECODE shows: z and Z for
// short and long runs of zeros, v for others, with their value.
func (s Sketch) Decode() string {
	var text []byte
	for pos := headerSize; pos < len(s); {
		r := s.runAt(pos)
		pos += r.size
		if len(text) > 0 {
			text = append(text, ' ')
		}
		switch {
		case r.value > 0:
			text = strconv.AppendInt(append(text, "v:"...), int64(r.value), 10)
			text = append(text, ',')
		case r.size == 1:
			text = append(text, "z:"...)
		default:
			text = append(text, "Z:"...)
		}
		text = strconv.AppendInt(text, int64(r.n), 10)
	}
	return string(text)
}

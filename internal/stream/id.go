package stream

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/number"
)

// An ID is the place of an entry in a stream: milliseconds, as a rule of Unix time, and a number among the entries
// of one millisecond. The zero ID is before all entries.
type ID struct{ Ms, Seq uint64 }

// MaxID is the greatest ID.
var MaxID = ID{math.MaxUint64, math.MaxUint64}

// Compare returns -1, 0 or 1, as a is less than b, equal or greater.
func (a ID) Compare(b ID) int {
	if a.Ms != b.Ms {
		return cmp.Compare(a.Ms, b.Ms)
	}
	return cmp.Compare(a.Seq, b.Seq)
}

// Less reports whether a is before b.
func (a ID) Less(b ID) bool { return a.Ms < b.Ms || a.Ms == b.Ms && a.Seq < b.Seq }

// Next returns the ID after a, and false if a is the greatest.
func (a ID) Next() (ID, bool) {
	switch {
	case a.Seq != math.MaxUint64:
		return ID{a.Ms, a.Seq + 1}, true
	case a.Ms != math.MaxUint64:
		return ID{a.Ms + 1, 0}, true
	}
	return a, false
}

// Prev returns the ID before a, and false if a is zero.
func (a ID) Prev() (ID, bool) {
	switch {
	case a.Seq != 0:
		return ID{a.Ms, a.Seq - 1}, true
	case a.Ms != 0:
		return ID{a.Ms - 1, math.MaxUint64}, true
	}
	return a, false
}

// Append appends the ID's form on the wire, such as 1526919030474-55, to b.
func (a ID) Append(b []byte) []byte {
	b = strconv.AppendUint(b, a.Ms, 10)
	return strconv.AppendUint(append(b, '-'), a.Seq, 10)
}

// String returns the ID's form on the wire.
func (a ID) String() string {
	var room [41]byte
	return string(a.Append(room[:0]))
}

// maxID is how long the form of an ID may be. Redis ignores what is behind a zero byte, but not for this.
const maxID = 127

// Parse reads an ID as Redis does: "ms-seq", or "ms" alone, for which the other half is missing.
func Parse(s string, missing uint64) (ID, bool) {
	id, half, ok := parse(s)
	if half {
		id.Seq = missing
	}
	return id, ok
}

// ParseEnd reads an end of a range: as Parse, and "-" and "+" for the least and the greatest ID.
func ParseEnd(s string, missing uint64) (ID, bool) {
	if len(s) <= maxID {
		switch cString(s) {
		case "-":
			return ID{}, true
		case "+":
			return MaxID, true
		}
	}
	return Parse(s, missing)
}

// ParseNew reads the ID of a new entry: as Parse, and "ms-*" for one whose second half, of which 0 is returned, is to
// be found.
func ParseNew(s string) (id ID, open, ok bool) {
	if ms, seq, _ := strings.Cut(cString(s), "-"); seq == "*" && len(s) <= maxID {
		id.Ms, ok = number.ParseUint(ms)
		return id, true, ok
	}
	id, _, ok = parse(s)
	return id, false, ok
}

// parse reads an ID, whose second half may be missing.
func parse(s string) (id ID, missing, ok bool) {
	if len(s) > maxID {
		return id, false, false
	}
	ms, seq, whole := strings.Cut(cString(s), "-")
	if id.Ms, ok = number.ParseUint(ms); ok && whole {
		id.Seq, ok = number.ParseUint(seq)
	}
	return id, !whole, ok
}

// cString returns s up to its first zero byte.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

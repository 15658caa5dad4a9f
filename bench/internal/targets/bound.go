package targets

import (
	"fmt"
	"math"
)

// A Bound is what a ratio is held against. The zero Bound is none.
type Bound struct {
	sign  string // "<=", ">=" or ""
	limit float64
}

// AtMost is the bound for what should be small: times, bytes.
func AtMost(limit float64) Bound { return Bound{"<=", limit} }

// AtLeast is the bound for what should be large: rates, speed-ups.
func AtLeast(limit float64) Bound { return Bound{">=", limit} }

// Exists reports whether b is a bound at all.
func (b Bound) Exists() bool { return b.sign != "" }

// Holds reports whether the ratio is within the bound. NaN never is, and
// nothing is within a bound that does not exist.
func (b Bound) Holds(ratio float64) bool {
	switch b.sign {
	case "<=":
		return ratio <= b.limit
	case ">=":
		return ratio >= b.limit
	}
	return false
}

func (b Bound) String() string {
	if !b.Exists() {
		return "-"
	}
	return fmt.Sprintf("%s %g", b.sign, b.limit)
}

// A Verdict says what a ratio has reached.
type Verdict string

// The verdicts. Printed is for rows without a bound.
const (
	Aim     Verdict = "aim"
	Must    Verdict = "must"
	Miss    Verdict = "MISS"
	Printed Verdict = "-"
)

// judge compares a ratio with the two bounds. A row may have only one of them.
func judge(ratio float64, must, aim Bound) Verdict {
	switch {
	case math.IsNaN(ratio):
		return Miss
	case aim.Holds(ratio):
		return Aim
	case must.Holds(ratio):
		return Must
	case must.Exists():
		return Miss
	}
	return Printed
}

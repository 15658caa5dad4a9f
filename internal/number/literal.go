package number

import (
	"math"
	"strings"
)

// A literal is a number in C's syntax, taken apart.
type literal struct {
	negative bool
	infinite bool
	hex      bool
	whole    string // the digits before the point
	fraction string // the digits behind the point
	exp      int64  // of 10, or of 2 if hex; saturated
}

// maxExp is where exponents saturate: far out of any range, however many
// digits stand around the point.
const maxExp = math.MaxInt64 / 16

// scan takes apart what C's strtod accepts as a whole, but for NaN and
// leading white space.
func scan(s string) (l literal, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		l.negative = s[0] == '-'
		s = s[1:]
	}
	if s != "" && s[0]|0x20 == 'i' {
		l.infinite = strings.EqualFold(s, "inf") || strings.EqualFold(s, "infinity")
		return l, l.infinite
	}
	mark := byte('e')
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		l.hex, mark, s = true, 'p', s[2:]
	}
	l.whole, s = l.digits(s)
	if s != "" && s[0] == '.' {
		l.fraction, s = l.digits(s[1:])
	}
	if l.whole == "" && l.fraction == "" {
		return l, false
	}
	if s == "" {
		return l, true
	}
	if s[0]|0x20 != mark {
		return l, false
	}
	l.exp, ok = scanExp(s[1:])
	return l, ok
}

// digits cuts the leading digits off s.
func (l *literal) digits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && ('0' <= s[i] && s[i] <= '9' || l.hex && 'a' <= s[i]|0x20 && s[i]|0x20 <= 'f') {
		i++
	}
	return s[:i], s[i:]
}

// scanExp reads what follows the "e" or "p" of a literal.
func scanExp(s string) (exp int64, ok bool) {
	negative := s != "" && s[0] == '-'
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		exp = min(exp*10+int64(s[i]-'0'), maxExp)
	}
	if negative {
		exp = -exp
	}
	return exp, s != ""
}

// sign returns 1, or -1 for a negative number.
func (l *literal) sign() float64 {
	if l.negative {
		return -1
	}
	return 1
}

// isZero reports whether all digits of l are zeros.
func (l *literal) isZero() bool {
	return !l.infinite && strings.Trim(l.whole, "0") == "" && strings.Trim(l.fraction, "0") == ""
}

// trim takes the zeros off both ends of the digits and returns the rest in two
// parts, head and tail. The value is then the integer of these digits times
// base^exp: the base is 10, or 2 for the hexadecimal digits of a hex literal.
func (l *literal) trim() (head, tail string, exp int64) {
	width := int64(1)
	if l.hex {
		width = 4
	}
	head = strings.TrimLeft(l.whole, "0")
	tail = strings.TrimRight(l.fraction, "0")
	exp = l.exp - width*int64(len(tail))
	if head == "" {
		tail = strings.TrimLeft(tail, "0")
	}
	if tail == "" {
		digits := strings.TrimRight(head, "0")
		exp += width * int64(len(head)-len(digits))
		head = digits
	}
	return head, tail, exp
}

// binary returns the magnitude of a hexadecimal literal.
func (l *literal) binary() wide {
	head, tail, exp := l.trim()
	w := wide{exp: exp + 4*int64(len(head)+len(tail))}
	w.pushHex(head)
	w.pushHex(tail)
	return w
}

// pushHex appends digits to w while there is room. The first digit that w gets
// must be no zero, nor the last one of all: then what finds no room is not zero.
func (w *wide) pushHex(digits string) {
	for i := 0; i < len(digits); i++ {
		if w.hi>>60 != 0 {
			w.rest = true
			return
		}
		w.hi = w.hi<<4 | w.lo>>60
		w.lo = w.lo<<4 | hexDigit(digits[i])
		w.exp -= 4
	}
}

// hexDigit returns the value of a hexadecimal digit.
func hexDigit(c byte) uint64 {
	if c <= '9' {
		return uint64(c - '0')
	}
	return uint64(c|0x20-'a') + 10
}

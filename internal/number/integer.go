package number

import (
	"math"
	"strconv"
)

// maxIntLen is the length of the longest int64, "-9223372036854775808".
const maxIntLen = 20

// ParseInt reads an integer in the one form that AppendInt writes: no plus
// sign, no leading zeros, no "-0", no spaces. So a string that parses is
// equal to the text of its number.
func ParseInt(s string) (int64, bool) {
	if len(s) == 0 || len(s) > maxIntLen {
		return 0, false
	}
	digits := s
	if s[0] == '-' {
		digits = s[1:]
	}
	if digits == "" || digits[0] == '0' {
		return 0, s == "0"
	}
	v, ok := parseDigits(0, digits)
	switch {
	case !ok:
		return 0, false
	case len(digits) == len(s):
		return int64(v), v <= math.MaxInt64
	}
	return -int64(v), v <= -math.MinInt64
}

// parseDigits appends the decimal digits of s to v.
func parseDigits(v uint64, s string) (_ uint64, ok bool) {
	for i := 0; i < len(s); i++ {
		d := uint64(s[i] - '0')
		if d > 9 || v > math.MaxUint64/10 {
			return 0, false
		}
		v *= 10
		if v += d; v < d {
			return 0, false
		}
	}
	return v, true
}

// AppendInt appends v in decimal.
func AppendInt(b []byte, v int64) []byte { return strconv.AppendInt(b, v, 10) }

// ParseCursor reads the cursor of a SCAN command. It is C's strtoul: a sign and
// leading zeros are taken, a negative number counts down from 2^64, and the
// string ends at its first zero byte. The empty string is 0.
func ParseCursor(s string) (uint64, bool) {
	s = cString(s)
	if s == "" {
		return 0, true
	}
	if isSpace(s[0]) {
		return 0, false
	}
	return strtoul(s)
}

// ParseUint reads one half of a stream ID. It is C's strtoul as in ParseCursor,
// but takes leading white space, and no empty string. A negative number is
// refused if ParseInt knows it, so "-1" is refused and "-01" is 2^64-1.
func ParseUint(s string) (uint64, bool) {
	s = cString(s)
	if v, ok := ParseInt(s); ok {
		return uint64(v), v >= 0
	}
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return strtoul(s)
}

// strtoul reads an optional sign and decimal digits, and nothing else.
func strtoul(s string) (uint64, bool) {
	negative := s != "" && s[0] == '-'
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	v, ok := parseDigits(0, s)
	if negative {
		v = -v
	}
	return v, ok && s != ""
}

// cString cuts s at its first zero byte, where C sees its end.
func cString(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == 0 {
			return s[:i]
		}
	}
	return s
}

// isSpace is C's isspace in the C locale.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

package number

// ParseBound reads an end of a range of scores, without the "(" of an open one. It is C's
// strtod without a check of its result: the string ends at its first zero byte, leading white
// space is skipped, the empty string is 0, and what is too large is infinite.
func ParseBound(s string) (float64, bool) {
	s = cString(s)
	if s == "" {
		return 0, true
	}
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	l, ok := scan(s)
	if !ok {
		return 0, false
	}
	return l.float64(s), true
}

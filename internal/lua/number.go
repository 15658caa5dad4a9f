package lua

import (
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// formatNumber returns a number as Lua prints it, with up to 14 digits, as C's "%.14g" does.
func formatNumber(f float64) string {
	var b [32]byte
	return string(appendNumber(b[:0], f))
}

// appendNumber appends what formatNumber returns.
func appendNumber(b []byte, f float64) []byte {
	if n := int64(f); float64(n) == f && n > -1e14 && n < 1e14 && (n != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, n, 10)
	}
	return appendGeneral(b, f, 14)
}

// appendGeneral appends a number with up to the given count of digits, 1 or more, as C's "%.*g" does: the exponent
// stands if the number is large or small for it, and zeros at the end do not.
func appendGeneral(b []byte, f float64, digits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendUnusual(b, f)
	}
	var buf [32]byte
	e := strconv.AppendFloat(buf[:0], f, 'e', digits-1, 64)
	at := len(e) - 1
	for e[at] != 'e' {
		at--
	}
	exponent, _ := strconv.Atoi(string(e[at+1:]))
	if exponent < -4 || exponent >= digits {
		return append(append(b, withoutZeros(e[:at])...), e[at:]...)
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, 'f', digits-1-exponent, 64)
	return b[:start+len(withoutZeros(b[start:]))]
}

// withoutZeros returns a decimal without the zeros at its end, and without a point that nothing follows.
func withoutZeros(b []byte) []byte {
	point := false
	for _, c := range b {
		point = point || c == '.'
	}
	if !point {
		return b
	}
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return b
}

// appendUnusual appends an infinity, or what is not a number, whose sign is shown too.
func appendUnusual(b []byte, f float64) []byte {
	if math.Signbit(f) {
		b = append(b, '-')
	}
	if math.IsNaN(f) {
		return append(b, "nan"...)
	}
	return append(b, "inf"...)
}

// parseNumber returns the number that a text stands for, as Lua's tonumber and its arithmetic take it: decimal or
// hexadecimal, with a fraction and an exponent if it likes, or inf, or nan, with spaces around. A zero byte ends it.
func parseNumber(s string) (float64, bool) {
	if n := strings.IndexByte(s, 0); n >= 0 {
		s = s[:n]
	}
	s = strings.Trim(s, " \t\n\v\f\r")
	digits := s
	if s != "" && (s[0] == '-' || s[0] == '+') {
		digits = s[1:]
	}
	if digits == "" {
		return 0, false
	}
	negative := len(digits) < len(s) && s[0] == '-'
	f, ok := parseUnsigned(digits)
	if negative {
		f = math.Copysign(f, -1)
	}
	return f, ok
}

func parseUnsigned(s string) (float64, bool) {
	switch c := s[0] | 0x20; {
	case c == 'i':
		return math.Inf(1), strings.EqualFold(s, "inf") || strings.EqualFold(s, "infinity")
	case c == 'n':
		return math.NaN(), isNaNText(s)
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x':
		return parseHex(s)
	}
	if n := skipDecimal(s, isDigit); n == 0 || n+skipExponent(s[n:], 'e') != len(s) {
		return 0, false
	}
	f, _ := strconv.ParseFloat(s, 64) // an error is one of range, where f is what C has
	return f, true
}

// parseHex parses a number that begins with 0x.
func parseHex(s string) (float64, bool) {
	n := skipDecimal(s[2:], isHexDigit)
	if n == 0 {
		return 0, false
	}
	exponent := skipExponent(s[2+n:], 'p')
	if 2+n+exponent != len(s) {
		return 0, false
	}
	if exponent == 0 {
		s += "p0" // Go wants it
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f, true
}

// skipDecimal returns the length of the digits, with at most one point among them, that s begins with; 0 if there
// is no digit.
func skipDecimal(s string, digit func(byte) bool) int {
	n, points := 0, 0
	for n < len(s) && (digit(s[n]) || s[n] == '.' && points == 0) {
		if s[n] == '.' {
			points++
		}
		n++
	}
	if n == points {
		return 0
	}
	return n
}

// skipExponent returns the length of the exponent that s begins with; 0 if there is none.
func skipExponent(s string, mark byte) int {
	if s == "" || s[0]|0x20 != mark {
		return 0
	}
	n := 1
	if n < len(s) && (s[n] == '-' || s[n] == '+') {
		n++
	}
	if n == len(s) || !isDigit(s[n]) {
		return 0
	}
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// isNaNText reports whether s is nan, or nan(…) with letters, digits and underscores.
func isNaNText(s string) bool {
	if len(s) < 3 || !strings.EqualFold(s[:3], "nan") {
		return false
	}
	s = s[3:]
	if s == "" {
		return true
	}
	if len(s) < 2 || s[0] != '(' || s[len(s)-1] != ')' {
		return false
	}
	for i := 1; i < len(s)-1; i++ {
		if !isLetter(s[i]) && !isDigit(s[i]) && s[i] != '_' {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool    { return c-'0' < 10 }
func isLetter(c byte) bool   { return c|0x20-'a' < 26 }
func isHexDigit(c byte) bool { return isDigit(c) || c|0x20-'a' < 6 }

// truncate returns a number without its fraction, as C casts it on most machines: what does not fit is the smallest
// of all.
func truncate(f float64) int {
	if f >= -(1<<63) && f < 1<<63 {
		return int(f)
	}
	return math.MinInt64
}

// toNumber returns the number that a value is or, if it is a string, stands for.
func toNumber(v glua.LValue) (float64, bool) {
	switch v := v.(type) {
	case glua.LNumber:
		return float64(v), true
	case glua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// toText returns the bytes of a string, or a number as Lua prints it. The other types are no text.
func toText(v glua.LValue) (string, bool) {
	switch v := v.(type) {
	case glua.LString:
		return string(v), true
	case glua.LNumber:
		return formatNumber(float64(v)), true
	}
	return "", false
}

// checkNumber returns argument n, from 1, of the function of the given name, which must be a number or stand for one.
func (s *State) checkNumber(l *glua.LState, n int, fn string) float64 {
	f, ok := toNumber(l.Get(n))
	if !ok {
		badType(l, n, fn, "number")
	}
	return f
}

// checkLong returns a number argument as a C long, without its fraction.
func (s *State) checkLong(l *glua.LState, n int, fn string) int {
	return truncate(s.checkNumber(l, n, fn))
}

// checkInt returns a number argument as a C int, which is the lower 32 bits of what checkLong returns.
func (s *State) checkInt(l *glua.LState, n int, fn string) int {
	return int(int32(s.checkLong(l, n, fn)))
}

// checkString returns a string argument. A number becomes its text.
func (s *State) checkString(l *glua.LState, n int, fn string) string {
	text, ok := toText(l.Get(n))
	if !ok {
		badType(l, n, fn, "string")
	}
	return text
}

// checkTable returns the first argument, a table: the one that was passed, which is not behind another.
func (s *State) checkTable(l *glua.LState, fn string) *glua.LTable {
	t, ok := l.Get(1).(*glua.LTable)
	if !ok {
		badType(l, 1, fn, "table")
	}
	return t
}

// checkFunction returns a function argument.
func (s *State) checkFunction(l *glua.LState, n int, fn string) *glua.LFunction {
	f, ok := l.Get(n).(*glua.LFunction)
	if !ok {
		badType(l, n, fn, "function")
	}
	return f
}

// checkAny returns an argument that may be nil, but must be there.
func (s *State) checkAny(l *glua.LState, n int, fn string) glua.LValue {
	if n > l.GetTop() {
		badArg(l, n, fn, "value expected")
	}
	return l.Get(n)
}

// optLong returns what checkLong does, or what is given if the argument is nil or left out.
func (s *State) optLong(l *glua.LState, n int, fn string, otherwise int) int {
	if l.Get(n) == glua.LNil {
		return otherwise
	}
	return s.checkLong(l, n, fn)
}

// optInt returns what checkInt does, or what is given if the argument is nil or left out.
func (s *State) optInt(l *glua.LState, n int, fn string, otherwise int) int {
	if l.Get(n) == glua.LNil {
		return otherwise
	}
	return s.checkInt(l, n, fn)
}

// optString returns a string argument, or what is given if it is nil or left out.
func (s *State) optString(l *glua.LState, n int, fn, otherwise string) string {
	if l.Get(n) == glua.LNil {
		return otherwise
	}
	return s.checkString(l, n, fn)
}

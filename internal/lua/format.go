package lua

import (
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// A conversion is one of a format, such as %-5.2f.
type conversion struct {
	left, plus, space, alternate, zero bool // the flags - + space # 0

	width     int
	precision int // -1: none
	verb      byte
}

const maxFlags = 5

// format is string.format, which does what C's printf does.
func (s *State) format(l *glua.LState) int {
	text := s.checkString(l, 1, "format")
	given := l.GetTop()
	var b []byte
	arg := 1
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			break
		}
		b = append(b, text[:i]...)
		text = text[i+1:]
		if strings.HasPrefix(text, "%") {
			b, text = append(b, '%'), text[1:]
			continue
		}
		if arg++; arg > given {
			badArg(l, arg, "format", "no value")
		}
		var c conversion
		c, text = parseConversion(l, text)
		b = s.convert(l, b, c, arg)
		s.room(l, len(b))
	}
	b = append(b, text...)
	s.build(l, len(b))
	return results(l, glua.LString(b))
}

// parseConversion parses what follows a percent sign, and returns the rest of the text.
func parseConversion(l *glua.LState, text string) (conversion, string) {
	c := conversion{precision: -1}
	i := 0
	for i < len(text) && c.flag(text[i]) {
		i++
	}
	if i > maxFlags {
		raise(l, "invalid format (repeated flags)")
	}
	text = text[i:]
	c.width, text = twoDigits(text)
	if strings.HasPrefix(text, ".") {
		c.precision, text = twoDigits(text[1:])
	}
	if text == "" {
		return c, ""
	}
	if isDigit(text[0]) {
		raise(l, "invalid format (width or precision too long)")
	}
	c.verb = text[0]
	return c, text[1:]
}

// flag notes a flag, and reports whether it was one.
func (c *conversion) flag(b byte) bool {
	switch b {
	case '-':
		c.left = true
	case '+':
		c.plus = true
	case ' ':
		c.space = true
	case '#':
		c.alternate = true
	case '0':
		c.zero = true
	default:
		return false
	}
	return true
}

// twoDigits parses a number of at most two digits, zero if there are none.
func twoDigits(text string) (int, string) {
	n, i := 0, 0
	for ; i < 2 && i < len(text) && isDigit(text[i]); i++ {
		n = 10*n + int(text[i]-'0')
	}
	return n, text[i:]
}

// convert appends an argument.
func (s *State) convert(l *glua.LState, b []byte, c conversion, arg int) []byte {
	switch c.verb {
	case 'c':
		return c.char(b, byte(int32(truncate(s.checkNumber(l, arg, "format")))))
	case 'd', 'i':
		return c.signed(b, int64(truncate(s.checkNumber(l, arg, "format"))))
	case 'o', 'u', 'x', 'X':
		return c.unsigned(b, castUnsigned(s.checkNumber(l, arg, "format")))
	case 'e', 'E', 'f', 'g', 'G':
		return c.float(b, s.checkNumber(l, arg, "format"))
	case 'q':
		return appendQuoted(b, s.checkString(l, arg, "format"))
	case 's':
		return c.text(b, s.checkString(l, arg, "format"))
	}
	option := string([]byte{c.verb})
	if c.verb == 0 {
		option = "" // in C it ends the text
	}
	raise(l, "invalid option '%%%s' to 'format'", option)
	return nil
}

// castUnsigned casts a number as C does on amd64: what is negative is taken modulo 2⁶⁴.
func castUnsigned(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(truncate(f-1<<63)) ^ 1<<63
	}
	return uint64(truncate(f))
}

// longText is from which length on a text without precision is taken as it is.
const longText = 100

func (c *conversion) text(b []byte, text string) []byte {
	if c.precision < 0 && len(text) >= longText {
		return append(b, text...)
	}
	if n := strings.IndexByte(text, 0); n >= 0 {
		text = text[:n]
	}
	if c.precision >= 0 && len(text) > c.precision {
		text = text[:c.precision]
	}
	return c.pad(b, "", text, false)
}

// char appends a byte. A zero byte ends what is appended, and is lost.
func (c *conversion) char(b []byte, char byte) []byte {
	start := len(b)
	b = c.pad(b, "", string([]byte{char}), false)
	if char != 0 {
		return b
	}
	for i := start; i < len(b); i++ {
		if b[i] == 0 {
			return b[:i]
		}
	}
	return b
}

// pad appends a sign or prefix and digits, filled up to the width: with zeros between the two if there may be zeros.
func (c *conversion) pad(b []byte, prefix, text string, zeros bool) []byte {
	fill := max(c.width-len(prefix)-len(text), 0)
	if !c.left && !zeros {
		b = appendFill(b, ' ', fill)
	}
	b = append(b, prefix...)
	if !c.left && zeros {
		b = appendFill(b, '0', fill)
	}
	b = append(b, text...)
	if c.left {
		b = appendFill(b, ' ', fill)
	}
	return b
}

func appendFill(b []byte, c byte, n int) []byte {
	for range n {
		b = append(b, c)
	}
	return b
}

// sign returns what stands before the digits of a signed number.
func (c *conversion) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case c.plus:
		return "+"
	case c.space:
		return " "
	}
	return ""
}

func (c *conversion) signed(b []byte, n int64) []byte {
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	return c.integer(b, c.sign(n < 0), strconv.FormatUint(magnitude, 10))
}

func (c *conversion) unsigned(b []byte, n uint64) []byte {
	base, prefix := 10, ""
	switch c.verb {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
		if c.alternate && n != 0 {
			prefix = "0" + string(c.verb)
		}
	}
	digits := strconv.FormatUint(n, base)
	if c.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	return c.integer(b, prefix, digits)
}

// integer appends digits, of which the precision is the least number. With a precision there is no filling with
// zeros, and a zero that may have no digits has none.
func (c *conversion) integer(b []byte, prefix, digits string) []byte {
	if c.precision == 0 && digits == "0" {
		digits = ""
	}
	if n := c.precision - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	if c.verb == 'o' && c.alternate && !strings.HasPrefix(digits, "0") {
		digits = "0" + digits
	}
	return c.pad(b, prefix, digits, c.zero && c.precision < 0)
}

func (c *conversion) float(b []byte, f float64) []byte {
	sign := c.sign(math.Signbit(f))
	var buf [64]byte
	digits := buf[:0]
	usual := !math.IsNaN(f) && !math.IsInf(f, 0)
	if usual {
		digits = c.digits(digits, math.Abs(f))
	} else {
		digits = appendUnusual(digits, math.Copysign(f, 1))
	}
	text := string(digits)
	if c.verb < 'a' {
		text = strings.ToUpper(text)
	}
	return c.pad(b, sign, text, c.zero && usual)
}

// digits appends a number that is not negative.
func (c *conversion) digits(b []byte, f float64) []byte {
	precision := c.precision
	if precision < 0 {
		precision = 6
	}
	verb := c.verb | 0x20
	if verb == 'g' {
		precision = max(precision, 1)
		if !c.alternate {
			return appendGeneral(b, f, precision)
		}
		verb, precision = generalForm(f, precision)
	}
	b = strconv.AppendFloat(b, f, verb, precision, 64)
	if c.alternate && precision == 0 {
		b = withPoint(b)
	}
	return b
}

// generalForm returns how %g writes a number if it keeps zeros: with e or f, and so many digits behind the point.
func generalForm(f float64, digits int) (verb byte, precision int) {
	text := strconv.FormatFloat(f, 'e', digits-1, 64)
	exponent, _ := strconv.Atoi(text[strings.IndexByte(text, 'e')+1:])
	if exponent < -4 || exponent >= digits {
		return 'e', digits - 1
	}
	return 'f', digits - 1 - exponent
}

// withPoint puts a point behind a number's only digits.
func withPoint(b []byte) []byte {
	for i, c := range b {
		if c == 'e' {
			return append(b[:i:i], append([]byte{'.'}, b[i:]...)...)
		}
	}
	return append(b, '.')
}

// appendQuoted appends a text in the form of a literal.
func appendQuoted(b []byte, text string) []byte {
	b = append(b, '"')
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\', '\n':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, `\r`...)
		case 0:
			b = append(b, `\000`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

package lua

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	glua "github.com/yuin/gopher-lua"
)

// jsonToken is what a jsonDecoder reads next.
type jsonToken byte

const (
	tokenError   jsonToken = iota
	tokenUnknown           // needs a look at what follows
	tokenSpace
	tokenEnd
	tokenObjectBegin
	tokenObjectEnd
	tokenArrayBegin
	tokenArrayEnd
	tokenColon
	tokenComma
	tokenString
	tokenNumber
	tokenBoolean
	tokenNull
)

// tokenNames are how errors call what was found.
var tokenNames = [...]string{
	tokenObjectBegin: "T_OBJ_BEGIN", tokenObjectEnd: "T_OBJ_END", tokenArrayBegin: "T_ARR_BEGIN",
	tokenArrayEnd: "T_ARR_END", tokenString: "T_STRING", tokenNumber: "T_NUMBER", tokenBoolean: "T_BOOLEAN",
	tokenNull: "T_NULL", tokenColon: "T_COLON", tokenComma: "T_COMMA", tokenEnd: "T_END",
}

// firstBytes are the tokens that begin with each byte.
var firstBytes = func() (t [256]jsonToken) {
	t['{'], t['}'], t['['], t[']'] = tokenObjectBegin, tokenObjectEnd, tokenArrayBegin, tokenArrayEnd
	t[':'], t[','], t[0] = tokenColon, tokenComma, tokenEnd
	for _, c := range " \t\r\n" {
		t[c] = tokenSpace
	}
	for _, c := range `tfniIN"+-0123456789` {
		t[c] = tokenUnknown
	}
	return t
}()

// About the bytes that an empty array or object takes, and each of its elements.
const (
	weighArray   = 128
	weighObject  = 640
	weighElement = 48
	weighPair    = 160
)

// jsonDecoder reads a JSON text. A zero byte ends it, and it ends with one.
type jsonDecoder struct {
	s     *State
	l     *glua.LState
	text  string
	at    int
	loose bool // numbers may be written as JSON does not

	token  jsonToken
	start  int         // where the token begins, or is wrong
	value  glua.LValue // of a string, number, boolean or null
	wrong  string      // what is wrong with it
	buffer []byte      // for strings with escapes

	maxDepth, depth int
	slots           int           // values on C's stack
	open            []glua.LValue // the elements so far of the arrays and objects that are not at their end
	weight          int           // bytes taken since the last look at the memory
}

// jsonDecode is cjson.decode.
func (s *State) jsonDecode(l *glua.LState, c *jsonConfig) int {
	if l.GetTop() != 1 {
		badArg(l, 1, "decode", "expected 1 argument")
	}
	text := s.checkString(l, 1, "decode")
	if len(text) >= 2 && (text[0] == 0 || text[1] == 0) {
		raise(l, "JSON parser does not support UTF-16 or UTF-32")
	}
	d := jsonDecoder{
		s: s, l: l, text: text, slots: 1,
		loose: c.get(decodeInvalid) == allow, maxDepth: c.get(decodeDepth),
	}
	d.next()
	v := d.parse()
	d.want(tokenEnd, "the end")
	l.Push(v)
	return 1
}

// want reads a token, which must be the given one.
func (d *jsonDecoder) want(t jsonToken, name string) {
	if d.next(); d.token != t {
		d.fail(name)
	}
}

// fail raises the error of a token that is not what was expected.
func (d *jsonDecoder) fail(expected string) {
	found := d.wrong
	if d.token != tokenError {
		found = tokenNames[d.token]
	}
	raise(d.l, "Expected %s but found %s at character %d", expected, found, d.start+1)
}

// weigh notes that n bytes are taken, and ends the program if there is no room for them.
func (d *jsonDecoder) weigh(n int) {
	if d.weight += n; d.weight >= bigString {
		d.s.room(d.l, d.weight)
		d.weight = 0
	}
}

// parse returns the value that begins with the token.
func (d *jsonDecoder) parse() glua.LValue {
	switch d.token {
	case tokenString, tokenNumber, tokenBoolean, tokenNull:
		return d.value
	case tokenObjectBegin:
		return d.object()
	case tokenArrayBegin:
		return d.array()
	}
	d.fail("value")
	return nil
}

// descend goes into an array or object that needs so many values on C's stack.
func (d *jsonDecoder) descend(slots int) {
	d.depth++
	if d.depth > d.maxDepth || d.slots+slots > maxSlots {
		raise(d.l, "Found too many nested data structures (%d) at character %d", d.depth, d.at)
	}
	d.slots += slots - 1
}

func (d *jsonDecoder) ascend(slots int) {
	d.depth--
	d.slots -= slots - 1
}

// begin reads the first token of an array or object, and reports whether it is not its end.
func (d *jsonDecoder) begin(end jsonToken) bool {
	d.next()
	return d.token != end
}

// more reads what follows an element, and the first token of the next one, and reports whether there is one.
func (d *jsonDecoder) more(end jsonToken, expected string) bool {
	if d.next(); d.token == end {
		return false
	}
	if d.token != tokenComma {
		d.fail(expected)
	}
	d.next()
	return true
}

func (d *jsonDecoder) array() glua.LValue {
	d.descend(2)
	base := len(d.open)
	for more := d.begin(tokenArrayEnd); more; more = d.more(tokenArrayEnd, "comma or array end") {
		v := d.parse()
		d.open = append(d.open, v)
		d.weigh(weighElement)
	}
	d.ascend(2)
	elements := d.open[base:]
	d.weigh(weighArray)
	t := d.l.CreateTable(len(elements), 0)
	for i, v := range elements {
		t.RawSetInt(i+1, v)
	}
	d.open = d.open[:base]
	return t
}

func (d *jsonDecoder) object() glua.LValue {
	d.descend(3)
	base := len(d.open)
	for more := d.begin(tokenObjectEnd); more; more = d.more(tokenObjectEnd, "comma or object end") {
		d.pair()
	}
	d.ascend(3)
	pairs := d.open[base:]
	d.weigh(weighObject)
	t := d.l.CreateTable(0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		t.RawSetString(string(pairs[i].(glua.LString)), pairs[i+1])
	}
	d.open = d.open[:base]
	return t
}

// pair reads a key, which the token is, and its value.
func (d *jsonDecoder) pair() {
	if d.token != tokenString {
		d.fail("object key string")
	}
	d.open = append(d.open, d.value)
	d.want(tokenColon, "colon")
	d.next()
	v := d.parse()
	d.open = append(d.open, v)
	d.weigh(weighPair)
}

// byte returns the byte at a place, which is zero after the end.
func (d *jsonDecoder) byte(at int) byte {
	if at < len(d.text) {
		return d.text[at]
	}
	return 0
}

// next reads a token.
func (d *jsonDecoder) next() {
	d.s.steps(d.l, 1)
	d.token = firstBytes[d.byte(d.at)]
	for d.token == tokenSpace {
		d.at++
		d.token = firstBytes[d.byte(d.at)]
	}
	d.start = d.at
	switch d.token {
	case tokenError:
		d.wrong = "invalid token"
	case tokenUnknown:
		d.look()
	case tokenEnd:
	default:
		d.at++
	}
}

func (d *jsonDecoder) invalid(why string) {
	d.token, d.wrong, d.start = tokenError, why, d.at
}

// look reads a token of several bytes.
func (d *jsonDecoder) look() {
	rest := d.text[d.at:]
	switch c := rest[0]; {
	case c == '"':
		d.string()
	case c == '-' || isDigit(c):
		if !d.loose && unusual(rest) {
			d.invalid("invalid number")
			return
		}
		d.number(rest)
	case strings.HasPrefix(rest, "true"):
		d.literal(tokenBoolean, glua.LTrue, 4)
	case strings.HasPrefix(rest, "false"):
		d.literal(tokenBoolean, glua.LFalse, 5)
	case strings.HasPrefix(rest, "null"):
		d.literal(tokenNull, null, 4)
	case d.loose && unusual(rest):
		d.number(rest)
	default:
		d.invalid("invalid token")
	}
}

func (d *jsonDecoder) literal(t jsonToken, v glua.LValue, n int) {
	d.token, d.value, d.at = t, v, d.at+n
}

// unusual reports whether what s begins with may be a number for C, but is none for JSON.
func unusual(s string) bool {
	if s[0] == '+' {
		return true
	}
	if s[0] == '-' {
		s = s[1:]
	}
	if len(s) > 1 && s[0] == '0' {
		return s[1]|0x20 == 'x' || isDigit(s[1])
	}
	return hasWord(s, "inf") || hasWord(s, "nan")
}

// hasWord reports whether s begins with a word in letters of any case.
func hasWord(s, word string) bool {
	return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word)
}

func (d *jsonDecoder) number(s string) {
	f, n := parsePrefix(s)
	if n == 0 {
		d.invalid("invalid number")
		return
	}
	d.literal(tokenNumber, glua.LNumber(f), n)
}

// parsePrefix returns the number that s begins with, and its length, as C's strtod; 0 if there is none.
func parsePrefix(s string) (f float64, n int) {
	sign := 0
	if s[0] == '-' || s[0] == '+' {
		sign = 1
	}
	f, n = parseUnsignedPrefix(s[sign:])
	if n == 0 {
		return 0, 0
	}
	if s[0] == '-' {
		f = math.Copysign(f, -1)
	}
	return f, sign + n
}

func parseUnsignedPrefix(s string) (f float64, n int) {
	switch {
	case hasWord(s, "infinity"):
		return math.Inf(1), 8
	case hasWord(s, "inf"):
		return math.Inf(1), 3
	case hasWord(s, "nan"):
		return math.NaN(), 3 + payload(s[3:])
	case hasWord(s, "0x"):
		if n = skipDecimal(s[2:], isHexDigit); n > 0 {
			n += 2 + skipExponent(s[2+n:], 'p')
			f, _ = parseHex(s[:n])
			return f, n
		}
	}
	if n = skipDecimal(s, isDigit); n > 0 {
		n += skipExponent(s[n:], 'e')
		f, _ = strconv.ParseFloat(s[:n], 64) // an error is one of range, where f is what C has
	}
	return f, n
}

// payload returns the length of the text in parentheses that may follow nan.
func payload(s string) int {
	if end := strings.IndexByte(s, ')'); end > 0 && isNaNText("nan"+s[:end+1]) {
		return end + 1
	}
	return 0
}

// string reads a string, whose quote is next.
func (d *jsonDecoder) string() {
	d.at++
	rest := d.text[d.at:]
	n := 0
	for n < len(rest) && rest[n] != '"' && rest[n] != '\\' && rest[n] != 0 {
		n++
	}
	if n < len(rest) && rest[n] == '"' {
		// The text may be large, and need not live as long as its strings.
		d.literal(tokenString, glua.LString(strings.Clone(rest[:n])), n+1)
		d.weigh(n)
		return
	}
	d.buffer = append(d.buffer[:0], rest[:n]...)
	d.at += n
	for d.byte(d.at) != '"' {
		if !d.character() {
			return
		}
	}
	d.literal(tokenString, glua.LString(d.buffer), 1)
	d.weigh(len(d.buffer))
}

// jsonPlain are the bytes that a backslash and one byte stand for.
var jsonPlain = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r',
}

// character reads a byte of a string, or what is escaped. It reports whether that is right.
func (d *jsonDecoder) character() bool {
	switch c := d.byte(d.at); c {
	case 0:
		d.invalid("unexpected end of string")
		return false
	case '\\':
		return d.escape()
	default:
		d.buffer = append(d.buffer, c)
		d.at++
		return true
	}
}

// escape reads what a backslash begins.
func (d *jsonDecoder) escape() bool {
	c := d.byte(d.at + 1)
	if c == 'u' {
		return d.unicode()
	}
	plain := jsonPlain[c]
	if plain == 0 {
		d.invalid("invalid escape code")
		return false
	}
	d.buffer = append(d.buffer, plain)
	d.at += 2
	return true
}

// unicode reads \u and four digits, or two of these that make one character.
func (d *jsonDecoder) unicode() bool {
	c, n := d.unit(d.at), 6
	if c >= 0xd800 && c < 0xe000 {
		c, n = utf16.DecodeRune(c, d.unit(d.at+n)), 12
		if c == utf8.RuneError {
			c = -1 // no such pair is one
		}
	}
	if c < 0 {
		d.invalid("invalid unicode escape code")
		return false
	}
	d.buffer = utf8.AppendRune(d.buffer, c)
	d.at += n
	return true
}

// unit returns the number that \u and four digits stand for at a place; -1 if there are none.
func (d *jsonDecoder) unit(at int) rune {
	if at+6 > len(d.text) || d.text[at] != '\\' || d.text[at+1] != 'u' {
		return -1
	}
	c := rune(0)
	for _, digit := range []byte(d.text[at+2 : at+6]) {
		if !isHexDigit(digit) {
			return -1
		}
		if !isDigit(digit) {
			digit = digit | 0x20 - 'a' + 10
		}
		c = c<<4 | rune(digit&15)
	}
	return c
}

package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/number"
)

// Limits of ReadReply, far beyond what a server answers in earnest.
const (
	maxReplyDepth = 1024      // aggregates within each other
	maxReplyNodes = 1 << 22   // values in one reply
	maxReplyBulk  = 512 << 20 // bytes of one string
	maxReplyLine  = 1 << 20   // bytes of a value that is a line
)

// ErrReply is the error of a reply that breaks the protocol or the limits on
// its size. The errors of ReadReply wrap it with what is wrong.
var ErrReply = errors.New("resp: malformed reply")

// A Reply is one decoded value, as it stood on the wire: what RESP2 and RESP3
// write differently is different here.
type Reply struct {
	Kind   byte    // one of the Kind constants but KindAttribute
	Null   bool    // null; Kind tells which: KindBulk, KindArray or KindNull
	Str    string  // the text of simple, error, bulk, verbatim, big number, double
	Format string  // the three letters of a verbatim string
	Int    int64   // an integer; 1 or 0 for a boolean
	Float  float64 // a double
	Elems  []Reply // elements of an aggregate; those of a map are key, value, ...
	Attrs  []Reply // the attributes sent before the reply: key, value, ...
}

// ReadReply reads one reply, which may be a push message. The error is io.EOF
// if the stream ends before it and io.ErrUnexpectedEOF if inside, and wraps
// ErrReply if the bytes are no reply.
func ReadReply(r *bufio.Reader) (Reply, error) {
	if _, err := r.Peek(1); err != nil {
		return Reply{}, err
	}
	d := replyDecoder{r: r}
	reply, err := d.value(0)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Reply{}, err
	}
	return reply, nil
}

type replyDecoder struct {
	r     *bufio.Reader
	nodes int // values begun so far
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrReply, fmt.Sprintf(format, args...))
}

// value reads a value at the given depth.
func (d *replyDecoder) value(depth int) (Reply, error) {
	if d.nodes++; d.nodes > maxReplyNodes {
		return Reply{}, malformed("more than %d values", maxReplyNodes)
	}
	if depth > maxReplyDepth {
		return Reply{}, malformed("nested deeper than %d", maxReplyDepth)
	}
	line, err := d.line()
	if err != nil {
		return Reply{}, err
	}
	if line == "" {
		return Reply{}, malformed("empty line")
	}
	kind, text := line[0], line[1:]
	switch kind {
	case KindBulk, KindBulkError, KindVerbatim:
		return d.bulk(kind, text)
	case KindArray, KindMap, KindSet, KindPush:
		return d.aggregate(kind, text, depth)
	case KindAttribute:
		return d.attributed(text, depth)
	}
	return scalar(kind, text)
}

// scalar decodes a value that is one line.
func scalar(kind byte, text string) (Reply, error) {
	v := Reply{Kind: kind}
	ok := true
	switch kind {
	case KindSimple, KindError:
		v.Str = text
	case KindInt:
		v.Int, ok = number.ParseInt(text)
	case KindNull:
		v.Null, ok = true, text == ""
	case KindBool:
		v.Int, ok = parseBool(text)
	case KindDouble:
		v.Str = text
		v.Float, ok = parseDouble(text)
	case KindBigNumber:
		v.Str, ok = text, isBigNumber(text)
	default:
		return v, malformed("unknown kind %q", kind)
	}
	if !ok {
		return v, malformed("bad value %q of kind %q", text, kind)
	}
	return v, nil
}

func parseBool(s string) (int64, bool) {
	switch s {
	case "t":
		return 1, true
	case "f":
		return 0, true
	}
	return 0, false
}

// parseDouble takes the three words of RESP3, C's "-nan", and decimal numbers;
// not the hexadecimal and other forms of strconv.
func parseDouble(s string) (float64, bool) {
	switch s {
	case "inf":
		return math.Inf(1), true
	case "-inf":
		return math.Inf(-1), true
	case "nan", "-nan":
		return math.NaN(), true
	}
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func isBigNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// bulk reads the string whose header has the given length.
func (d *replyDecoder) bulk(kind byte, length string) (Reply, error) {
	v := Reply{Kind: kind}
	if kind == KindBulk && length == "-1" {
		v.Null = true
		return v, nil
	}
	n, ok := number.ParseInt(length)
	if !ok || n < 0 || n > maxReplyBulk {
		return v, malformed("bad length %q of kind %q", length, kind)
	}
	b, err := d.bytes(int(n))
	if err != nil {
		return v, err
	}
	v.Str = asString(b)
	if kind == KindVerbatim {
		if n < 4 || v.Str[3] != ':' {
			return v, malformed("verbatim string without a format")
		}
		v.Format, v.Str = v.Str[:3], v.Str[4:]
	}
	return v, nil
}

// bytes reads n bytes and the line end after them. Its memory doubles as they
// come.
func (d *replyDecoder) bytes(n int) ([]byte, error) {
	total := n + len(crlf)
	b := make([]byte, 0, min(total, firstPiece))
	for len(b) < total {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(total, 2*len(b))), b...)
		}
		m, err := io.ReadFull(d.r, b[len(b):cap(b)])
		if err != nil {
			return nil, err
		}
		b = b[:len(b)+m]
	}
	if string(b[n:]) != crlf {
		return nil, malformed("string longer than its length %d", n)
	}
	return b[:n], nil
}

func (d *replyDecoder) aggregate(kind byte, count string, depth int) (Reply, error) {
	v := Reply{Kind: kind}
	if kind == KindArray && count == "-1" {
		v.Null = true
		return v, nil
	}
	n, err := parseCount(kind, count)
	if err != nil {
		return v, err
	}
	v.Elems, err = d.values(n, depth+1)
	return v, err
}

// attributed reads attributes and the reply that they belong to.
func (d *replyDecoder) attributed(count string, depth int) (Reply, error) {
	n, err := parseCount(KindAttribute, count)
	if err != nil {
		return Reply{}, err
	}
	attrs, err := d.values(n, depth+1)
	if err != nil {
		return Reply{}, err
	}
	v, err := d.value(depth + 1)
	v.Attrs = append(attrs, v.Attrs...)
	return v, err
}

// parseCount returns how many values follow the header of an aggregate.
func parseCount(kind byte, count string) (int, error) {
	n, ok := number.ParseInt(count)
	if !ok || n < 0 || n > maxReplyNodes {
		return 0, malformed("bad count %q of kind %q", count, kind)
	}
	if kind == KindMap || kind == KindAttribute {
		n *= 2
	}
	return int(n), nil
}

// values reads n values; the slice grows as they come. It is nil for none.
func (d *replyDecoder) values(n, depth int) ([]Reply, error) {
	var list []Reply
	for range n {
		v, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// line reads a line and returns it without its end.
func (d *replyDecoder) line() (string, error) {
	var line []byte
	for {
		part, err := d.r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxReplyLine {
			return "", malformed("line longer than %d bytes", maxReplyLine)
		}
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull {
			return "", err
		}
	}
	text, ok := strings.CutSuffix(string(line), crlf)
	if !ok || strings.Contains(text, "\r") {
		return "", malformed("line %q does not end with CR LF", line)
	}
	return text, nil
}

// Equal reports whether r and s are the same on the wire. The order of the
// elements matters, in sets and maps too.
func (r Reply) Equal(s Reply) bool {
	return r.Kind == s.Kind && r.Null == s.Null && r.Int == s.Int &&
		r.text() == s.text() && r.Format == s.Format &&
		slices.EqualFunc(r.Elems, s.Elems, Reply.Equal) &&
		slices.EqualFunc(r.Attrs, s.Attrs, Reply.Equal)
}

// text returns Str, or what it would be for a double made by hand.
func (r Reply) text() string {
	if r.Kind == KindDouble && r.Str == "" {
		return string(number.AppendDouble(nil, r.Float))
	}
	return r.Str
}

// Append appends the reply in wire form. The versions of the protocol write
// the same value differently; Kind decides.
func (r Reply) Append(b []byte) []byte {
	if len(r.Attrs) > 0 {
		b = AppendHeader(b, KindAttribute, int64(len(r.Attrs)/2))
		b = appendReplies(b, r.Attrs)
	}
	if r.Null {
		return r.appendNull(b)
	}
	switch r.Kind {
	case KindInt:
		return AppendInt(b, r.Int)
	case KindBool:
		return AppendBool(b, 3, r.Int != 0)
	case KindBulk:
		return AppendBulk(b, r.Str)
	case KindBulkError:
		b = AppendHeader(b, KindBulkError, int64(len(r.Str)))
		return append(append(b, r.Str...), crlf...)
	case KindVerbatim:
		return AppendVerbatim(b, 3, r.Format, r.Str)
	case KindMap:
		return appendReplies(AppendHeader(b, r.Kind, int64(len(r.Elems)/2)), r.Elems)
	case KindArray, KindSet, KindPush:
		return appendReplies(AppendHeader(b, r.Kind, int64(len(r.Elems))), r.Elems)
	}
	return appendLine(b, r.Kind, r.text())
}

func (r Reply) appendNull(b []byte) []byte {
	switch r.Kind {
	case KindBulk:
		return AppendNull(b, 2)
	case KindArray:
		return AppendNullArray(b, 2)
	}
	return AppendNull(b, 3)
}

func appendReplies(b []byte, list []Reply) []byte {
	for _, v := range list {
		b = v.Append(b)
	}
	return b
}

// String renders the reply for people and for diffs: a value a line, beginning
// with its kind as on the wire, strings of any bytes quoted; elements indented
// below their aggregate; the values of a map after "=>".
func (r Reply) String() string {
	var b strings.Builder
	r.render(&b, "")
	return b.String()
}

// render writes r; the caller has written the indent of its first line.
func (r Reply) render(b *strings.Builder, indent string) {
	inner := indent + "  "
	if len(r.Attrs) > 0 {
		fmt.Fprintf(b, "|%d", len(r.Attrs)/2)
		renderPairs(b, r.Attrs, inner)
		b.WriteString("\n" + indent)
	}
	b.WriteByte(r.Kind)
	switch {
	case r.Kind == KindNull:
	case r.Null:
		b.WriteString("nil")
	case r.Kind == KindMap:
		fmt.Fprintf(b, "%d", len(r.Elems)/2)
		renderPairs(b, r.Elems, inner)
	case isAggregate(r.Kind):
		fmt.Fprintf(b, "%d", len(r.Elems))
		for _, v := range r.Elems {
			b.WriteString("\n" + inner)
			v.render(b, inner)
		}
	default:
		b.WriteString(r.renderScalar())
	}
}

func renderPairs(b *strings.Builder, pairs []Reply, indent string) {
	for i, v := range pairs {
		if i%2 == 0 {
			b.WriteString("\n" + indent)
		} else {
			b.WriteString(" => ")
		}
		v.render(b, indent)
	}
}

func (r Reply) renderScalar() string {
	switch r.Kind {
	case KindInt:
		return strconv.FormatInt(r.Int, 10)
	case KindBool:
		if r.Int == 0 {
			return "f"
		}
		return "t"
	case KindBulk, KindBulkError:
		return strconv.Quote(r.Str)
	case KindVerbatim:
		return r.Format + ":" + strconv.Quote(r.Str)
	}
	return r.text()
}

func isAggregate(kind byte) bool {
	switch kind {
	case KindArray, KindMap, KindSet, KindPush:
		return true
	}
	return false
}

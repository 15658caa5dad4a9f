package resp

import (
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/number"
)

const crlf = "\r\n"

// maxDoubleText is room for any double: sign, 17 digits, point, "e-308".
const maxDoubleText = 32

// AppendHeader appends a kind and a number: the whole of an integer, the length
// of a bulk, or the count of elements (of pairs for KindMap and KindAttribute)
// that follow.
func AppendHeader(b []byte, kind byte, n int64) []byte {
	b = append(b, kind)
	b = strconv.AppendInt(b, n, 10)
	return append(b, crlf...)
}

// AppendSimple appends a simple string. CR and LF become spaces, as they would
// end the line.
func AppendSimple(b []byte, s string) []byte {
	return appendLine(b, KindSimple, s)
}

// AppendError appends an error; text begins with its code, as in "ERR syntax
// error". CR and LF at the end are dropped, others become spaces.
func AppendError(b []byte, text string) []byte {
	return appendLine(b, KindError, strings.TrimRight(text, crlf))
}

// AppendInt appends an integer.
func AppendInt(b []byte, n int64) []byte {
	return AppendHeader(b, KindInt, n)
}

// AppendBulk appends a bulk string.
func AppendBulk(b []byte, s string) []byte {
	b = AppendHeader(b, KindBulk, int64(len(s)))
	b = append(b, s...)
	return append(b, crlf...)
}

// AppendBulkBytes appends a bulk string.
func AppendBulkBytes(b, s []byte) []byte {
	b = AppendHeader(b, KindBulk, int64(len(s)))
	b = append(b, s...)
	return append(b, crlf...)
}

// AppendArray appends the header of an array: n elements follow.
func AppendArray(b []byte, n int) []byte {
	return AppendHeader(b, KindArray, int64(n))
}

// AppendNull appends the null of the given protocol: RESP2's null bulk string.
func AppendNull(b []byte, proto int) []byte {
	if proto == 3 {
		return append(b, "_\r\n"...)
	}
	return append(b, "$-1\r\n"...)
}

// AppendNullArray appends the null of the given protocol where an array would
// stand otherwise: RESP3 has but one null.
func AppendNullArray(b []byte, proto int) []byte {
	if proto == 3 {
		return append(b, "_\r\n"...)
	}
	return append(b, "*-1\r\n"...)
}

// AppendMap appends the header of a map: n pairs follow. RESP2: an array of 2n.
func AppendMap(b []byte, proto, n int) []byte {
	if proto == 3 {
		return AppendHeader(b, KindMap, int64(n))
	}
	return AppendArray(b, 2*n)
}

// AppendSet appends the header of a set: n elements follow. RESP2: an array.
func AppendSet(b []byte, proto, n int) []byte {
	if proto == 3 {
		return AppendHeader(b, KindSet, int64(n))
	}
	return AppendArray(b, n)
}

// AppendPush appends the header of an out-of-band message: n elements follow.
// RESP2: an array.
func AppendPush(b []byte, proto, n int) []byte {
	if proto == 3 {
		return AppendHeader(b, KindPush, int64(n))
	}
	return AppendArray(b, n)
}

// AppendDouble appends a floating point number. RESP2: its text as a bulk.
func AppendDouble(b []byte, proto int, f float64) []byte {
	if proto == 3 {
		b = append(b, KindDouble)
		b = number.AppendDouble(b, f)
		return append(b, crlf...)
	}
	var text [maxDoubleText]byte
	return AppendBulkBytes(b, number.AppendDouble(text[:0], f))
}

// AppendDecimal appends a floating point number that is text already, for
// replies with more digits than a float64 has. RESP2: a bulk.
func AppendDecimal(b []byte, proto int, s string) []byte {
	if proto == 3 {
		return appendLine(b, KindDouble, s)
	}
	return AppendBulk(b, s)
}

// AppendBool appends a boolean. RESP2: the integer 1 or 0.
func AppendBool(b []byte, proto int, v bool) []byte {
	switch {
	case proto == 3 && v:
		return append(b, "#t\r\n"...)
	case proto == 3:
		return append(b, "#f\r\n"...)
	case v:
		return append(b, ":1\r\n"...)
	}
	return append(b, ":0\r\n"...)
}

// AppendBigNumber appends an integer of any size, given as decimal text.
// RESP2: a bulk.
func AppendBigNumber(b []byte, proto int, s string) []byte {
	if proto == 3 {
		return appendLine(b, KindBigNumber, s)
	}
	return AppendBulk(b, s)
}

// AppendVerbatim appends a text with its format ("txt", "mkd"), which the wire
// cuts or pads with spaces to three bytes. RESP2: the text as a bulk.
func AppendVerbatim(b []byte, proto int, format, s string) []byte {
	if proto != 3 {
		return AppendBulk(b, s)
	}
	b = appendVerbatimHeader(b, format, len(s))
	b = append(b, s...)
	return append(b, crlf...)
}

func appendVerbatimHeader(b []byte, format string, n int) []byte {
	b = AppendHeader(b, KindVerbatim, int64(n)+4)
	for i := range 3 {
		c := byte(' ')
		if i < len(format) {
			c = format[i]
		}
		b = append(b, c)
	}
	return append(b, ':')
}

// AppendCommand appends a request: an array of bulk strings.
func AppendCommand(b []byte, args ...string) []byte {
	b = AppendArray(b, len(args))
	for _, arg := range args {
		b = AppendBulk(b, arg)
	}
	return b
}

// appendLine appends a value that ends with its line, so that s cannot end it
// early.
func appendLine(b []byte, kind byte, s string) []byte {
	b = append(b, kind)
	from := len(b)
	b = append(b, s...)
	for i, c := range b[from:] {
		if c == '\r' || c == '\n' {
			b[from+i] = ' '
		}
	}
	return append(b, crlf...)
}

// AppendQuoted appends a text in quotes, with what is not printable as escapes, as MONITOR shows arguments.
func AppendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', '"':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		case '\a':
			b = append(b, `\a`...)
		case '\b':
			b = append(b, `\b`...)
		default:
			if c >= ' ' && c <= '~' {
				b = append(b, c)
			} else {
				b = append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
			}
		}
	}
	return append(b, '"')
}

const hexDigits = "0123456789abcdef"

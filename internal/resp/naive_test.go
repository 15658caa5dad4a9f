package resp

import (
	"fmt"
	"strconv"
	"strings"
)

// This file is the truth that the tests compare with: the protocol written
// again, over whole strings, without a thought for speed.

// A naiveReader takes requests off the front of in, a stream that has ended.
type naiveReader struct {
	in   string
	lim  Limits
	auth bool
}

const naiveMore = "unexpected EOF"

// next returns a request, or the text of the error it ends with: "EOF",
// naiveMore, or a protocol error.
func (n *naiveReader) next() (args []string, fault string) {
	for args == nil && fault == "" {
		switch {
		case n.in == "":
			return nil, "EOF"
		case n.in[0] == '*':
			args, fault = n.array()
		default:
			args, fault = n.inlined()
		}
	}
	return args, fault
}

// cut takes a line off; skip is the length of what ends it.
func (n *naiveReader) cut(end byte, skip int, tooBig string) (line, fault string) {
	i := strings.IndexByte(n.in, end)
	if zero := strings.IndexByte(n.in, 0); zero >= 0 && zero < i {
		i = -1
	}
	if i < 0 && len(n.in) > n.lim.MaxInline || i > n.lim.MaxInline {
		return "", "Protocol error: too big " + tooBig
	}
	if i < 0 || len(n.in) < i+skip {
		return "", naiveMore
	}
	line, n.in = n.in[:i], n.in[i+skip:]
	return line, ""
}

// number reads a header after its kind; ok only if fmt writes it the same way.
func naiveNumber(s string) (v int64, ok bool) {
	_, err := fmt.Sscanf(s, "%d", &v)
	return v, err == nil && fmt.Sprint(v) == s
}

func (n *naiveReader) array() (args []string, fault string) {
	line, fault := n.cut('\r', 2, "mbulk count string")
	if fault != "" {
		return nil, fault
	}
	count, ok := naiveNumber(line[1:])
	if !ok || count > int64(n.lim.MaxArgs) {
		return nil, "Protocol error: invalid multibulk length"
	}
	if !n.auth && count > int64(n.lim.MaxUnauthArgs) {
		return nil, "Protocol error: unauthenticated multibulk length"
	}
	for i := int64(0); i < count; i++ {
		arg, fault := n.bulk()
		if fault != "" {
			return nil, fault
		}
		args = append(args, arg)
	}
	return args, ""
}

func (n *naiveReader) bulk() (arg, fault string) {
	was := n.in
	line, fault := n.cut('\r', 2, "bulk count string")
	if fault != "" {
		return "", fault
	}
	if was[0] != '$' {
		got := strings.NewReplacer("\r", " ", "\n", " ").Replace(was[:1])
		return "", "Protocol error: expected '$', got '" + got + "'"
	}
	size, ok := naiveNumber(line[1:])
	if !ok || size < 0 || size > n.lim.MaxBulk {
		return "", "Protocol error: invalid bulk length"
	}
	if !n.auth && size > n.lim.MaxUnauthBulk {
		return "", "Protocol error: unauthenticated bulk length"
	}
	if int64(len(n.in)) < size+2 {
		return "", naiveMore
	}
	arg, n.in = n.in[:size], n.in[size+2:]
	return arg, ""
}

func (n *naiveReader) inlined() (args []string, fault string) {
	line, fault := n.cut('\n', 1, "inline request")
	if fault != "" {
		return nil, fault
	}
	args, ok := naiveSplit(strings.TrimSuffix(line, "\r"))
	if !ok {
		return nil, "Protocol error: unbalanced quotes in request"
	}
	return args, ""
}

// naiveSplit is one automaton, byte by byte: state 0 is between words, 1 in a
// word, a quote in that quote, 2 just after a closing quote.
func naiveSplit(line string) (args []string, ok bool) {
	state, word := byte(0), ""
	for i := 0; i <= len(line); i++ {
		c, last := byte(' '), i == len(line)
		if !last {
			c = line[i]
		}
		space := strings.IndexByte(" \t\n\v\f\r", c) >= 0
		switch {
		case last && (state == '"' || state == '\''):
			return nil, false
		case state == 2 && !space:
			return nil, false
		case state == 0 && space:
		case state == 2, state == 1 && space && c != '\v' && c != '\f':
			args, word, state = append(args, word), "", 0
		case state < 2 && (c == '"' || c == '\''):
			state = c
		case state < 2:
			word, state = word+string([]byte{c}), 1
		case c == state:
			state = 2
		case state == '\'' && strings.HasPrefix(line[i:], `\'`):
			word, i = word+"'", i+1
		case state == '"' && c == '\\' && i+1 < len(line):
			if isHex(line[i:]) {
				b, _ := strconv.ParseUint(line[i+2:i+4], 16, 8)
				word, i = word+string([]byte{byte(b)}), i+3
				break
			}
			i++
			if at := strings.IndexByte("nrtba", line[i]); at >= 0 {
				word += string("\n\r\t\b\a"[at])
			} else {
				word += line[i : i+1]
			}
		default:
			word += string([]byte{c})
		}
	}
	return args, true
}

// isHex reports whether s begins with backslash, x and two hexadecimal digits.
func isHex(s string) bool {
	const digits = "0123456789abcdefABCDEF"
	return len(s) >= 4 && s[1] == 'x' && strings.IndexByte(digits, s[2]) >= 0 && strings.IndexByte(digits, s[3]) >= 0
}

// naiveReply writes a reply as the given protocol has it.
func naiveReply(r Reply, proto int) string {
	s := naiveKind(r, proto)
	if len(r.Attrs) > 0 && proto == 3 {
		s = fmt.Sprintf("|%d\r\n%s%s", len(r.Attrs)/2, naiveReplies(r.Attrs, proto), s)
	}
	return s
}

func naiveReplies(list []Reply, proto int) string {
	var s strings.Builder
	for _, v := range list {
		s.WriteString(naiveReply(v, proto))
	}
	return s.String()
}

func naiveKind(r Reply, proto int) string {
	bulk := fmt.Sprintf("$%d\r\n%s\r\n", len(r.Str), r.Str)
	array := fmt.Sprintf("*%d\r\n%s", len(r.Elems), naiveReplies(r.Elems, proto))
	two := proto == 2
	switch {
	case r.Kind == '$' && r.Null:
		return "$-1\r\n"
	case r.Kind == '*' && r.Null:
		return "*-1\r\n"
	case r.Kind == '_':
		return map[bool]string{true: "$-1\r\n", false: "_\r\n"}[two]
	case r.Kind == ':':
		return fmt.Sprintf(":%d\r\n", r.Int)
	case r.Kind == '#' && two:
		return fmt.Sprintf(":%d\r\n", r.Int)
	case r.Kind == '#':
		return map[int64]string{0: "#f\r\n", 1: "#t\r\n"}[r.Int]
	case r.Kind == '$', two && strings.Contains(",(=", string(r.Kind)):
		return bulk
	case r.Kind == '!':
		return "!" + bulk[1:]
	case r.Kind == '=':
		return fmt.Sprintf("=%d\r\n%s:%s\r\n", len(r.Str)+4, r.Format, r.Str)
	case r.Kind == '*', two && strings.Contains("%~>", string(r.Kind)):
		return array
	case r.Kind == '%':
		return fmt.Sprintf("%%%d\r\n%s", len(r.Elems)/2, naiveReplies(r.Elems, proto))
	case r.Kind == '~', r.Kind == '>':
		return string(r.Kind) + array[1:]
	}
	return string(r.Kind) + r.Str + "\r\n"
}

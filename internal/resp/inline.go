package resp

// splitInline splits a request typed by hand into its arguments. It appends
// their bytes, quotes and escapes resolved, to dst and where each lies to
// spans. It reports false if quotes are not balanced.
//
// A word may contain quoted parts; a closing quote must end it. In "..." the
// escapes are \n \r \t \b \a, \xHH, and a backslash before any other byte is
// that byte. In '...' there is only \'.
func splitInline(dst []byte, spans []span, line []byte) ([]byte, []span, bool) {
	for {
		for len(line) > 0 && isSpace(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return dst, spans, true
		}
		from, ok := len(dst), false
		if dst, line, ok = appendWord(dst, line); !ok {
			return dst, spans, false
		}
		spans = append(spans, span{from, len(dst) - from})
	}
}

// appendWord appends the word at the start of line and returns what is left.
// Vertical tab and form feed separate words but do not end one that has begun:
// so does Redis.
func appendWord(dst, line []byte) (word, rest []byte, ok bool) {
	for len(line) > 0 {
		switch c := line[0]; c {
		case ' ', '\n', '\r', '\t':
			return dst, line, true
		case '"', '\'':
			if dst, line, ok = appendQuoted(dst, line[1:], c); !ok {
				return dst, line, false
			}
			return dst, line, len(line) == 0 || isSpace(line[0])
		default:
			dst = append(dst, c)
			line = line[1:]
		}
	}
	return dst, line, true
}

// appendQuoted appends what stands up to the closing quote and returns what
// comes after it.
func appendQuoted(dst, line []byte, quote byte) (text, rest []byte, ok bool) {
	for len(line) > 0 {
		c := line[0]
		switch {
		case c == quote:
			return dst, line[1:], true
		case c == '\\' && quote == '"' && len(line) > 1:
			c, n := unescape(line)
			dst = append(dst, c)
			line = line[n:]
		case c == '\\' && quote == '\'' && len(line) > 1 && line[1] == '\'':
			dst = append(dst, '\'')
			line = line[2:]
		default:
			dst = append(dst, c)
			line = line[1:]
		}
	}
	return dst, line, false
}

// unescape returns the byte that the escape at the start of s stands for, and
// the length of the escape. s has a backslash and at least one byte more.
func unescape(s []byte) (byte, int) {
	switch c := s[1]; c {
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'b':
		return '\b', 2
	case 'a':
		return '\a', 2
	case 'x':
		if len(s) >= 4 {
			hi, ok1 := hexDigit(s[2])
			lo, ok2 := hexDigit(s[3])
			if ok1 && ok2 {
				return hi<<4 | lo, 4
			}
		}
		return c, 2
	default:
		return c, 2
	}
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// isSpace is C's isspace in the C locale.
func isSpace(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}

// SplitWords splits a line as an inline request is split. It reports false if quotes are not balanced.
func SplitWords(line string) (words []string, ok bool) {
	text, spans, ok := splitInline(nil, nil, []byte(line))
	for _, x := range spans {
		words = append(words, string(text[x.from:x.from+x.size]))
	}
	return words, ok
}

// Package glob matches strings against Redis's glob-style patterns, as KEYS,
// SCAN MATCH, PSUBSCRIBE, CONFIG GET and COMMAND LIST do.
//
//	?      any one byte
//	*      any bytes, also none
//	[ab]   one byte of the class; [a-z] is a range, [^ab] the opposite
//	\x     the byte x itself, in and outside a class
//
// Redis gives a meaning to every pattern, also to malformed ones, and clients
// see it, so it is kept to the letter:
//
//   - A class that is never closed ends with the pattern.
//   - "]" right after "[" or "[^" closes the class: "[]" matches nothing and
//     "[^]" any byte.
//   - The bounds of a range may stand in any order, and a bound may be "]" or
//     a backslash. Bounds compare as signed bytes: 0x80 and up lie below 0x00.
//   - A backslash at the end of the pattern stands for itself.
//   - A non-empty pattern never matches the empty string, not even "*". KEYS
//     and SCAN let a lone "*" pass before they match at all: see All.
//   - A pattern that needs more than 1000 groups of stars matches nothing.
//
// Matching works on bytes, needs no memory and takes at most
// O(len(pattern) * len(s)) steps, whatever the pattern.
package glob

import "strings"

// maxStars is the number of groups of stars a match may open. Redis bounds its
// recursion with it; here it bounds nothing, and patterns just answer alike.
const maxStars = 1000

// All reports whether the pattern is "*", which commands that list keys take
// for every key, the empty one included.
func All(pattern string) bool { return pattern == "*" }

// Literal returns the only string that the pattern matches, if the pattern has
// neither wildcards nor classes, so that a search can be a lookup. It allocates
// only to take out backslashes.
func Literal(pattern string) (string, bool) {
	if strings.IndexByte(pattern, '\\') >= 0 {
		return unescape(pattern)
	}
	if strings.ContainsAny(pattern, "*?[") {
		return "", false
	}
	return pattern, true
}

// unescape is Literal for a pattern with backslashes.
func unescape(pattern string) (string, bool) {
	b := make([]byte, 0, len(pattern))
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '*', '?', '[':
			return "", false
		case '\\':
			if i+1 < len(pattern) {
				i++
			}
		}
		b = append(b, pattern[i])
	}
	return string(b), true
}

// Match reports whether s matches the pattern.
func Match(pattern, s string) bool { return match(pattern, s, false) }

// MatchFold is Match without regard to the case of ASCII letters. As in Redis,
// an escaped byte inside a class keeps its case.
func MatchFold(pattern, s string) bool { return match(pattern, s, true) }

// match walks both strings once and goes back only to the last star: if what
// follows a star matches nowhere in the rest of s, giving an earlier star more
// bytes leaves even less to search.
func match(p, s string, fold bool) bool {
	if s == "" {
		return p == ""
	}
	i, j := 0, 0         // the next byte of p and of s
	star, retry := -1, 0 // behind the last star of p; where in s that was tried
	stars := 0
	for { // j < len(s)
		if i < len(p) && p[i] == '*' {
			i = skipStars(p, i)
			if i == len(p) {
				return true
			}
			if stars++; stars > maxStars {
				return false
			}
			star, retry = i, j
		}
		if next, ok := one(p, i, s[j], fold); ok {
			i = next
			if j++; j == len(s) {
				// Later starts leave fewer bytes for the same
				// pattern, so there is no second try.
				return skipStars(p, i) == len(p)
			}
			continue
		}
		if star < 0 {
			return false
		}
		retry = candidate(p[star:], s, retry+1, fold)
		if retry == len(s) {
			return false
		}
		i, j = star, retry
	}
}

// skipStars returns the index of the first byte of p from i on that is no star.
func skipStars(p string, i int) int {
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i
}

// candidate returns the first index of s from i on where the pattern p, whose
// first byte is no star, might match; len(s) if there is none.
func candidate(p, s string, i int, fold bool) int {
	if fold || p[0] == '?' || p[0] == '[' || p[0] == '\\' {
		return i
	}
	if k := strings.IndexByte(s[i:], p[0]); k >= 0 {
		return i + k
	}
	return len(s)
}

// one matches the byte c against the single-byte pattern that starts at p[i],
// and returns where the next one starts. The end of p matches nothing.
func one(p string, i int, c byte, fold bool) (next int, ok bool) {
	if i == len(p) {
		return i, false
	}
	switch p[i] {
	case '?':
		return i + 1, true
	case '[':
		return class(p, i+1, c, fold)
	case '\\':
		if i+1 < len(p) {
			i++
		}
	}
	return i + 1, same(p[i], c, fold)
}

// class matches c against the class whose "[" stands right before p[i], and
// returns the index after its "]".
func class(p string, i int, c byte, fold bool) (next int, ok bool) {
	negated := i < len(p) && p[i] == '^'
	if negated {
		i++
	}
	for ; i < len(p) && p[i] != ']'; i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			i++
			ok = ok || p[i] == c
		case i+2 < len(p) && p[i+1] == '-':
			ok = ok || inRange(p[i], p[i+2], c, fold)
			i += 2
		default:
			ok = ok || same(p[i], c, fold)
		}
	}
	return min(i+1, len(p)), ok != negated
}

// same reports whether two bytes are equal.
func same(a, b byte, fold bool) bool {
	return a == b || fold && lower(int(int8(a))) == lower(int(int8(b)))
}

// inRange reports whether c lies between two bounds, which stand in any order.
// They are put in order before their case is folded, so that, as in Redis,
// [Z-a] without regard to case is the empty range from z to a.
func inRange(from, to, c byte, fold bool) bool {
	lo, hi, x := int(int8(from)), int(int8(to)), int(int8(c))
	if lo > hi {
		lo, hi = hi, lo
	}
	if fold {
		lo, hi, x = lower(lo), lower(hi), lower(x)
	}
	return lo <= x && x <= hi
}

// lower is C's tolower in the C locale of glibc for a signed char: it makes
// the negative ones but -1, which is EOF, positive.
func lower(c int) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	case c < -1:
		return c + 256
	}
	return c
}

package command

import (
	"math"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

// is reports whether an argument is a word of the protocol, which is given in
// lower or upper case and may be written in any. As in C, an argument ends at its first zero byte.
func is(arg, word string) bool {
	if len(arg) < len(word) || !sameName(arg[:len(word)], word) {
		return false
	}
	return len(arg) == len(word) || arg[len(word)] == 0
}

// sameName reports whether two names differ only in the case of ASCII letters.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if toLower(a[i]) != toLower(b[i]) {
			return false
		}
	}
	return true
}

func toLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// upper returns s with its ASCII letters in upper case.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - ('a' - 'A')
		}
	}
	return string(b)
}

// cString returns s up to its first zero byte, where C sees the end of a
// string.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// integer reads a 64-bit integer.
func integer(arg string) (int64, error) {
	n, ok := number.ParseInt(arg)
	if !ok {
		return 0, nook.ErrNotInteger
	}
	return n, nil
}

// integers reads two integers.
func integers(a, b string) (int64, int64, error) {
	m, err := integer(a)
	if err != nil {
		return 0, 0, err
	}
	n, err := integer(b)
	return m, n, err
}

// int32Arg reads an integer that Redis keeps in a C int, such as the number of a database.
func int32Arg(arg string) (int, error) {
	n, err := integer(arg)
	if err == nil && (n < math.MinInt32 || n > math.MaxInt32) {
		err = errInt32
	}
	return int(n), err
}

const errInt32 = Error("ERR value is out of range, value must between -2147483648 and 2147483647")

// timeout reads how long a command waits at most, in seconds and parts of
// them; 0 stands for ever. What Go cannot say is 292 years.
func timeout(arg string) (time.Duration, error) {
	s, ok := number.ParseLongDouble(arg)
	if !ok {
		return 0, errNoTimeout
	}
	ms := math.Ceil(s.Float64() * 1000)
	switch {
	case ms < 0 || ms >= 1<<63:
		return 0, nook.ErrTimeout
	case ms > float64(math.MaxInt64/time.Millisecond):
		return math.MaxInt64, nil
	}
	return time.Duration(ms) * time.Millisecond, nil
}

const errNoTimeout = Error("ERR timeout is not a float or out of range")

// timing says how a wire command gives a point in time: as Unix milliseconds,
// unless it says otherwise.
type timing uint8

const (
	inSeconds timing = 1 << iota
	fromNow
)

// expireAt reads the time of an option such as EX, which must be positive.
func (c *Call) expireAt(arg string, t timing) (nook.Expiry, error) {
	n, err := integer(arg)
	if err != nil {
		return nook.Expiry{}, err
	}
	deadline, err := c.deadline(n, t)
	if n <= 0 {
		err = c.invalidExpire()
	}
	return nook.ExpireAt(time.UnixMilli(deadline)), err
}

// deadline returns a point in time as Unix milliseconds. Counting in those, and
// not in a time.Duration, it is exact as far as Redis is: for 292 million
// years.
func (c *Call) deadline(n int64, t timing) (int64, error) {
	if t&inSeconds != 0 {
		if n > math.MaxInt64/1000 || n < math.MinInt64/1000 {
			return 0, c.invalidExpire()
		}
		n *= 1000
	}
	if t&fromNow != 0 {
		now := c.DB.Now().UnixMilli()
		if n > math.MaxInt64-now {
			return 0, c.invalidExpire()
		}
		n += now
	}
	return n, nil
}

// invalidExpire returns the error of a time that cannot be.
func (c *Call) invalidExpire() Error {
	return Error("ERR invalid expire time in '" + c.Row.FullName() + "' command")
}

// stringOptions are the options that SET, GETEX and MSETEX share.
type stringOptions struct {
	compare option // the condition, 0 for none
	operand string // of a condition that looks at the value
	expire  option // what becomes of the time to live, 0 if not said
	time    string // of EX and the like
	get     bool
}

// option is a set of words that are options of string commands.
type option uint16

const (
	optNX option = 1 << iota
	optXX
	optIfEq
	optIfNe
	optIfDeq
	optIfDne
	optGet
	optEX
	optPX
	optEXAT
	optPXAT
	optKeepTTL
	optPersist

	optCompare = optIfEq | optIfNe | optIfDeq | optIfDne
	optTimed   = optEX | optPX | optEXAT | optPXAT
)

var optionWords = [...]string{
	"nx", "xx", "ifeq", "ifne", "ifdeq", "ifdne", "get", "ex", "px", "exat", "pxat", "keepttl", "persist",
}

// optionOf returns the option that an argument is, 0 if none.
func optionOf(arg string) option {
	for i, word := range optionWords {
		if is(arg, word) {
			return 1 << i
		}
	}
	return 0
}

// parseStringOptions reads the options that a command allows. They come in any
// order; one condition and one expiry may be given, as often as one likes: the last time counts.
func parseStringOptions(args []string, allowed option) (o stringOptions, err error) {
	for i := 0; i < len(args); i++ {
		word := optionOf(args[i]) & allowed
		var operand *string
		switch {
		case word == optGet:
			o.get = true
			continue
		case word&(optNX|optXX|optCompare) != 0 && o.compare&^word == 0:
			o.compare, operand = word, &o.operand
		case word&(optTimed|optKeepTTL|optPersist) != 0 && o.expire&^word == 0:
			o.expire, operand = word, &o.time
		default:
			return o, nook.ErrSyntax
		}
		if word&(optCompare|optTimed) == 0 {
			continue
		}
		if i++; i == len(args) {
			return o, nook.ErrSyntax
		}
		*operand = args[i]
	}
	return o, nil
}

// condition returns the condition in the form of the typed API.
func (o *stringOptions) condition() nook.Condition {
	switch o.compare {
	case optNX:
		return nook.IfAbsent()
	case optXX:
		return nook.IfPresent()
	case optIfEq:
		return nook.IfEqual(o.operand)
	case optIfNe:
		return nook.IfNotEqual(o.operand)
	case optIfDeq:
		return nook.IfDigest(o.operand)
	case optIfDne:
		return nook.IfNotDigest(o.operand)
	default:
		return nook.Condition{}
	}
}

// expiry returns the expiry in the form of the typed API.
func (o *stringOptions) expiry(c *Call) (nook.Expiry, error) {
	switch o.expire {
	case optEX:
		return c.expireAt(o.time, inSeconds|fromNow)
	case optPX:
		return c.expireAt(o.time, fromNow)
	case optEXAT:
		return c.expireAt(o.time, inSeconds)
	case optPXAT:
		return c.expireAt(o.time, 0)
	case optKeepTTL:
		return nook.KeepTTL(), nil
	case optPersist:
		return nook.Persistent(), nil
	default:
		return nook.Expiry{}, nil
	}
}

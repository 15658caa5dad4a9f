package script

import (
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/resp"
)

// decoder makes a value of a reply as scripting encodes it. It does not doubt the reply, and has no limits: what a
// script returns may be larger than a client would take from a stranger, and a big number is any text. The texts share the memory of
// the reply.
type decoder struct{ rest string }

// value takes a value.
func (d *decoder) value() resp.Reply {
	line, rest, _ := strings.Cut(d.rest, "\r\n")
	d.rest = rest
	v := resp.Reply{Kind: line[0]}
	line = line[1:]
	switch v.Kind {
	case resp.KindInt:
		v.Int, _ = strconv.ParseInt(line, 10, 64)
	case resp.KindBool:
		v.Int = int64(len(line) - len(strings.TrimPrefix(line, "t")))
	case resp.KindNull:
		v.Null = true
	case resp.KindDouble:
		v.Str = line
		v.Float, _ = strconv.ParseFloat(line, 64)
	case resp.KindBulk, resp.KindVerbatim:
		d.text(&v, line)
	case resp.KindArray, resp.KindSet, resp.KindMap:
		d.elements(&v, line)
	default:
		v.Str = line
	}
	return v
}

func (d *decoder) text(v *resp.Reply, length string) {
	n, _ := strconv.Atoi(length)
	v.Str, d.rest = d.rest[:n], d.rest[n+len("\r\n"):]
	if v.Kind == resp.KindVerbatim {
		v.Format, v.Str = v.Str[:3], v.Str[len("txt:"):]
	}
}

func (d *decoder) elements(v *resp.Reply, count string) {
	n, _ := strconv.Atoi(count)
	if v.Kind == resp.KindMap {
		n *= 2
	}
	v.Elems = make([]resp.Reply, n)
	for i := range v.Elems {
		v.Elems[i] = d.value()
	}
}

package lua

import (
	"math"

	glua "github.com/yuin/gopher-lua"
)

// keepBuffer is how large a buffer is kept for the next value to be encoded.
const keepBuffer = 64 << 10

// jsonEncoder writes a value as JSON.
type jsonEncoder struct {
	s   *State
	l   *glua.LState
	c   *jsonConfig
	out []byte
}

// jsonPlace is where in a value something stands.
type jsonPlace struct {
	depth int // arrays and objects around it
	slots int // values on C's stack, its own included
}

// jsonEncode is cjson.encode.
func (s *State) jsonEncode(l *glua.LState, c *jsonConfig) int {
	if l.GetTop() != 1 {
		badArg(l, 1, "encode", "expected 1 argument")
	}
	e := jsonEncoder{s, l, c, c.buffer[:0]}
	e.value(l.Get(1), jsonPlace{0, 1})
	if cap(e.out) <= keepBuffer {
		c.buffer = e.out
	}
	s.room(l, len(e.out))
	l.Push(glua.LString(e.out))
	return 1
}

func (e *jsonEncoder) refuse(v glua.LValue, why string) {
	raise(e.l, "Cannot serialise %s: %s", v.Type().String(), why)
}

func (e *jsonEncoder) add(text string) {
	e.out = append(e.s.grow(e.l, e.out, len(text)), text...)
}

func (e *jsonEncoder) value(v glua.LValue, at jsonPlace) {
	e.s.steps(e.l, 1)
	switch v := v.(type) {
	case glua.LString:
		e.string(string(v))
	case glua.LNumber:
		e.number(float64(v))
	case glua.LBool:
		if v {
			e.add("true")
		} else {
			e.add("false")
		}
	case *glua.LTable:
		e.table(v, at)
	default:
		if v != glua.LNil && !IsNull(v) {
			e.refuse(v, "type not supported")
		}
		e.add("null")
	}
}

// number writes a number of any kind.
func (e *jsonEncoder) number(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		switch e.c.get(encodeInvalid) {
		case refuse:
			e.refuse(glua.LNumber(f), "must not be NaN or Inf")
		case nullify:
			e.add("null")
			return
		}
		if math.IsNaN(f) {
			f = math.NaN() // without a sign
		}
	}
	e.out = e.s.grow(e.l, e.out, 32)
	if digits := e.c.get(encodePrecision); digits != 14 {
		e.out = appendGeneral(e.out, f, digits)
		return
	}
	e.out = appendNumber(e.out, f)
}

// jsonEscapes are how JSON writes the bytes that do not stand for themselves.
var jsonEscapes = func() (t [256]string) {
	const hex = "0123456789abcdef"
	for c := range 0x20 {
		t[c] = `\u00` + hex[c>>4:c>>4+1] + hex[c&15:c&15+1]
	}
	t['\b'], t['\t'], t['\n'], t['\f'], t['\r'] = `\b`, `\t`, `\n`, `\f`, `\r`
	t['"'], t['/'], t['\\'], t[0x7f] = `\"`, `\/`, `\\`, `\u007f`
	return t
}()

func (e *jsonEncoder) string(text string) {
	e.out = append(e.s.grow(e.l, e.out, len(text)+2), '"')
	done := 0
	for i := range len(text) {
		if escape := jsonEscapes[text[i]]; escape != "" {
			e.add(text[done:i])
			e.add(escape)
			done = i + 1
		}
	}
	e.add(text[done:])
	e.add(`"`)
}

func (e *jsonEncoder) table(t *glua.LTable, at jsonPlace) {
	at.depth++
	if at.depth > e.c.get(encodeDepth) || at.slots+3 > maxSlots {
		raise(e.l, "Cannot serialise, excessive nesting (%d)", at.depth)
	}
	real := e.s.behind(t)
	if n := e.arrayLength(real); n > 0 {
		at.slots++ // the element
		e.array(real, int(n), at)
	} else {
		at.slots += 2 // the key and its value
		e.object(real, at)
	}
}

// arrayLength returns the largest key of a table whose keys are all positive integers, or a number below 1 if it is
// to become an object. C counts with 32 bits: a key that does not fit becomes the smallest number there.
func (e *jsonEncoder) arrayLength(t *glua.LTable) int32 {
	end := t.MaxN()
	e.s.steps(e.l, end)
	e.s.wasted(e.l, shapeOf(t).array-end)
	largest, items := int32(end), int32(0)
	for i := 1; i <= end; i++ {
		if t.RawGetInt(i) != glua.LNil {
			items++
		}
	}
	last := glua.LNil
	if end > 0 {
		last = glua.LNumber(end)
	}
	for k, _ := e.s.step(e.l, t, last); k != glua.LNil; k, _ = e.s.step(e.l, t, k) {
		f, ok := k.(glua.LNumber)
		if !ok || f < 1 || f != glua.LNumber(math.Floor(float64(f))) {
			return 0
		}
		if float64(f) > float64(largest) {
			largest = toInt32(float64(f))
		}
		items++
	}
	ratio := int32(e.c.get(sparseRatio))
	if ratio == 0 || largest <= items*ratio || int(largest) <= e.c.get(sparseSafe) {
		return largest
	}
	if e.c.get(sparseConvert) == 0 {
		e.refuse(t, "excessively sparse array")
	}
	return 0
}

// toInt32 casts a number to an int as C does it: what does not fit is the smallest.
func toInt32(f float64) int32 {
	if f > math.MinInt32-1 && f < math.MaxInt32+1 {
		return int32(f)
	}
	return math.MinInt32
}

func (e *jsonEncoder) array(t *glua.LTable, n int, at jsonPlace) {
	e.add("[")
	for i := 1; i <= n; i++ {
		if i > 1 {
			e.add(",")
		}
		v := t.RawGetInt(i)
		if i >= glua.MaxArrayIndex {
			v = t.RawGetH(glua.LNumber(i))
		}
		e.value(v, at)
	}
	e.add("]")
}

func (e *jsonEncoder) object(t *glua.LTable, at jsonPlace) {
	e.add("{")
	first := true
	for k, v := e.s.step(e.l, t, glua.LNil); k != glua.LNil; k, v = e.s.step(e.l, t, k) {
		if !first {
			e.add(",")
		}
		first = false
		e.key(k)
		e.value(v, at)
	}
	e.add("}")
}

// key writes the key of an object, and the colon after it.
func (e *jsonEncoder) key(k glua.LValue) {
	switch k := k.(type) {
	case glua.LString:
		e.string(string(k))
		e.add(":")
	case glua.LNumber:
		e.add(`"`)
		e.number(float64(k))
		e.add(`":`)
	default:
		e.refuse(k, "table key must be a number or string")
	}
}

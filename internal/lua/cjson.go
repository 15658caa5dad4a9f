package lua

import (
	"fmt"
	"math"
	"slices"

	glua "github.com/yuin/gopher-lua"
)

// jsonConfig is how a cjson library behaves. Its zero value stands for the defaults.
type jsonConfig struct {
	changed bool // the values are not the defaults
	values  [jsonSettings]int
	buffer  []byte // that encode used last
}

// The settings of a jsonConfig.
const (
	sparseConvert   = iota // 1: arrays with too many holes become objects. 0: they are refused.
	sparseRatio            // how many places for each element are too many; 0: any number is allowed
	sparseSafe             // an array of up to so many places never has too many holes
	encodeDepth            // how many arrays and objects may be within each other
	decodeDepth            // the same
	encodePrecision        // digits of numbers
	encodeKeep             // whether C keeps its buffer, which makes no difference here
	encodeInvalid          // what is done with an infinity or what is no number: refuse, allow or nullify
	decodeInvalid          // what is done with such when they are read, and with hexadecimal ones: refuse or allow

	jsonSettings // their number
)

const (
	refuse = iota
	allow
	nullify
)

var jsonDefaults = [jsonSettings]int{
	sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000,
	encodePrecision: 14, encodeKeep: 1, decodeInvalid: allow,
}

// maxSlots is how many values a function may have on C's stack. Nesting ends there, whatever the depth allowed.
const maxSlots = 8000

func (c *jsonConfig) get(setting int) int {
	if !c.changed {
		return jsonDefaults[setting]
	}
	return c.values[setting]
}

func (c *jsonConfig) set(setting, to int) {
	if !c.changed {
		c.values, c.changed = jsonDefaults, true
	}
	c.values[setting] = to
}

// A jsonOption is a function that changes settings, if it gets arguments, and returns them.
type jsonOption struct {
	name   string
	params []jsonParam
}

// A jsonParam is an argument: a number within bounds, or one of some words. For the first two of them booleans may
// stand.
type jsonParam struct {
	setting  int
	min, max int
	words    []string
}

var (
	offOn     = []string{"off", "on"}
	offOnNull = []string{"off", "on", "null"}
)

var jsonOptions = []jsonOption{
	{"encode_sparse_array", []jsonParam{
		{setting: sparseConvert, words: offOn},
		{setting: sparseRatio, max: math.MaxInt32},
		{setting: sparseSafe, max: math.MaxInt32},
	}},
	{"encode_max_depth", []jsonParam{{setting: encodeDepth, min: 1, max: math.MaxInt32}}},
	{"decode_max_depth", []jsonParam{{setting: decodeDepth, min: 1, max: math.MaxInt32}}},
	{"encode_number_precision", []jsonParam{{setting: encodePrecision, min: 1, max: 14}}},
	{"encode_keep_buffer", []jsonParam{{setting: encodeKeep, words: offOn}}},
	{"encode_invalid_numbers", []jsonParam{{setting: encodeInvalid, words: offOnNull}}},
	{"decode_invalid_numbers", []jsonParam{{setting: decodeInvalid, words: offOn}}},
}

// null is cjson.null, which is a null pointer in C: it belongs to no State and never changes.
var null = &glua.LUserData{Metatable: glua.LNil}

// IsNull reports whether a value is cjson.null.
func IsNull(v glua.LValue) bool { return v == glua.LValue(null) }

// openCJSON returns the library cjson.
func (s *State) openCJSON() *glua.LTable { return s.newCJSON(&s.json) }

// newCJSON returns a library that behaves as c says.
func (s *State) newCJSON(c *jsonConfig) *glua.LTable {
	t := s.Table(map[string]glua.LGFunction{
		"encode": func(l *glua.LState) int { return s.jsonEncode(l, c) },
		"decode": func(l *glua.LState) int { return s.jsonDecode(l, c) },
		"new":    func(l *glua.LState) int { l.Push(s.newCJSON(&jsonConfig{})); return 1 },
	})
	for i := range jsonOptions {
		o := &jsonOptions[i]
		t.RawSetString(o.name, s.L.NewFunction(func(l *glua.LState) int { return s.jsonConfigure(l, c, o) }))
	}
	t.RawSetString("null", null)
	t.RawSetString("_NAME", glua.LString("cjson"))
	t.RawSetString("_VERSION", glua.LString("2.1.0"))
	return t
}

// jsonConfigure calls the function of an option.
func (s *State) jsonConfigure(l *glua.LState, c *jsonConfig, o *jsonOption) int {
	if l.GetTop() > len(o.params) {
		badArg(l, len(o.params)+1, o.name, "found too many arguments")
	}
	for i := range o.params {
		p := &o.params[i]
		if l.Get(i+1) != glua.LNil {
			c.set(p.setting, s.jsonArgument(l, i+1, o.name, p))
		}
	}
	for _, p := range o.params {
		l.Push(p.show(c.get(p.setting)))
	}
	return len(o.params)
}

// jsonArgument returns argument n as the value of a setting.
func (s *State) jsonArgument(l *glua.LState, n int, name string, p *jsonParam) int {
	if p.words == nil {
		v := s.checkInt(l, n, name)
		if v < p.min || v > p.max {
			badArg(l, 1, name, fmt.Sprintf("expected integer between %d and %d", p.min, p.max)) // 1 whatever n is
		}
		return v
	}
	switch l.Get(n) {
	case glua.LTrue:
		return 1
	case glua.LFalse:
		return 0
	}
	word := s.checkString(l, n, name)
	v := slices.Index(p.words, word)
	if v < 0 {
		badArg(l, n, name, "invalid option '"+word+"'")
	}
	return v
}

// show returns a setting's value as programs see it.
func (p *jsonParam) show(v int) glua.LValue {
	switch {
	case p.words == nil:
		return glua.LNumber(v)
	case v < 2:
		return glua.LBool(v == 1)
	}
	return glua.LString(p.words[v])
}

// grow returns b with room for n bytes more, or ends the program if there is none.
func (s *State) grow(l *glua.LState, b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	size := max(2*cap(b), len(b)+n, 64)
	s.room(l, size)
	larger := make([]byte, len(b), size)
	copy(larger, b)
	return larger
}

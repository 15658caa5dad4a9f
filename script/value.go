package script

import (
	"fmt"
	"strconv"

	"github.com/nookdb/nook/internal/resp"
)

// A Value is what a script returned: null, an integer, a text, or a list of values. What RESP3 has more, doubles,
// booleans, maps and sets, a Value has too. The zero Value is null.
type Value struct{ reply resp.Reply }

func decode(encoded []byte) (Value, error) {
	d := decoder{string(encoded)}
	v := Value{d.value()}
	return v, v.Err()
}

// IsNull reports whether the value is null: nil, or false.
func (v Value) IsNull() bool { return v.reply.Null || v.reply.Kind == 0 }

// Err returns the error that the value is, nil if it is none. It is for the elements of a list.
func (v Value) Err() error {
	if v.reply.Kind == resp.KindError {
		return &Error{v.reply.Str}
	}
	return nil
}

// Text returns the value as text: a string, a status such as OK, or a number's. It is "" for all else.
func (v Value) Text() string {
	switch v.reply.Kind {
	case resp.KindInt:
		return strconv.FormatInt(v.reply.Int, 10)
	case resp.KindError:
		return ""
	default:
		return v.reply.Str
	}
}

// Int returns the value as an integer, which the text of one is too, and a boolean. It fails for all else.
func (v Value) Int() (int64, error) {
	switch v.reply.Kind {
	case resp.KindInt, resp.KindBool:
		return v.reply.Int, nil
	case resp.KindBulk, resp.KindSimple, resp.KindBigNumber, resp.KindVerbatim:
		if !v.reply.Null {
			return strconv.ParseInt(v.reply.Str, 10, 64)
		}
	}
	return 0, fmt.Errorf("script: %s is no integer", v)
}

// Float returns the value as a floating-point number, which the text of one is too. It fails for all else.
func (v Value) Float() (float64, error) {
	switch v.reply.Kind {
	case resp.KindInt:
		return float64(v.reply.Int), nil
	case resp.KindDouble:
		return v.reply.Float, nil
	case resp.KindBulk, resp.KindSimple, resp.KindBigNumber, resp.KindVerbatim:
		if !v.reply.Null {
			return strconv.ParseFloat(v.reply.Str, 64)
		}
	}
	return 0, fmt.Errorf("script: %s is no number", v)
}

// Bool reports whether the value is true, as the integer 1 is, to which true becomes unless the script has chosen RESP3.
func (v Value) Bool() bool {
	return (v.reply.Kind == resp.KindInt || v.reply.Kind == resp.KindBool) && v.reply.Int == 1
}

func (v Value) isList() bool {
	switch v.reply.Kind {
	case resp.KindArray, resp.KindSet, resp.KindMap:
		return true
	}
	return false
}

// List returns the elements of a list or a set, and the keys and values of a map, one after the other; nil for all else.
func (v Value) List() []Value {
	if !v.isList() {
		return nil
	}
	list := make([]Value, len(v.reply.Elems))
	for i, e := range v.reply.Elems {
		list[i] = Value{e}
	}
	return list
}

// Texts returns the texts of the elements of List.
func (v Value) Texts() []string {
	list := v.List()
	if list == nil {
		return nil
	}
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = e.Text()
	}
	return texts
}

// Map returns a map, or a list of keys and values as HGETALL gives it, by the texts of its keys; nil for all else.
func (v Value) Map() map[string]Value {
	list := v.List()
	if list == nil || len(list)%2 != 0 {
		return nil
	}
	m := make(map[string]Value, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		m[list[i].Text()] = list[i+1]
	}
	return m
}

// String returns the value for people.
func (v Value) String() string {
	switch {
	case v.IsNull():
		return "null"
	case v.isList():
		return fmt.Sprint(v.List())
	case v.reply.Kind == resp.KindBool:
		return strconv.FormatBool(v.Bool())
	case v.reply.Kind == resp.KindInt:
		return v.Text()
	case v.reply.Kind == resp.KindError, v.reply.Kind == resp.KindDouble, v.reply.Kind == resp.KindBigNumber:
		return v.reply.Str
	default:
		return strconv.Quote(v.reply.Str)
	}
}

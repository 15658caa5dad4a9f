package lua

import glua "github.com/yuin/gopher-lua"

// Text returns a string, or a number as Lua writes it. It reports false for all else.
func Text(v glua.LValue) (string, bool) { return toText(v) }

// Number returns a number, or that which a string stands for. It reports false for all else.
func Number(v glua.LValue) (float64, bool) { return toNumber(v) }

// Truncate returns a number without its fraction, and the least integer for what does not fit, as C does on amd64.
func Truncate(f float64) int64 { return int64(truncate(f)) }

// AppendGeneral appends a number with up to the given count of digits, as C's "%.*g" does.
func AppendGeneral(b []byte, f float64, digits int) []byte { return appendGeneral(b, f, digits) }

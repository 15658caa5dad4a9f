package lua

import (
	"cmp"
	"fmt"

	glua "github.com/yuin/gopher-lua"
)

// raise raises an error whose text begins with where the program is, as luaL_error does.
func raise(l *glua.LState, format string, args ...any) {
	l.Error(glua.LString(position(l, 1)+fmt.Sprintf(format, args...)), 0)
}

// badArg raises the error of argument n, from 1, of a function.
func badArg(l *glua.LState, n int, function, what string) {
	raise(l, "bad argument #%d to '%s' (%s)", n, cmp.Or(calledAs(l), function), what)
}

// badType raises the error of an argument of the wrong type.
func badType(l *glua.LState, n int, function, want string) {
	badArg(l, n, function, want+" expected, got "+typeName(l, n))
}

// typeName returns the type of an argument as errors name it.
func typeName(l *glua.LState, n int) string {
	if n > l.GetTop() {
		return "no value"
	}
	return l.Get(n).Type().String()
}

package lua

import (
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// raise raises an error whose text begins with where the program is, as luaL_error does: not at all if the caller is no
// function of the program.
func raise(l *glua.LState, format string, args ...any) {
	l.Error(glua.LString(where(l)+fmt.Sprintf(format, args...)), 0)
}

// where returns the place of the call that is being done, with what separates it from a text.
func where(l *glua.LState) string {
	at, ok := l.GetStack(1)
	if !ok {
		return ""
	}
	if _, err := l.GetInfo("Sl", at, nil); err != nil || at.What == inGo {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", at.Source, at.CurrentLine)
}

// inGo is what gopher-lua calls a function that is not in Lua.
const inGo = "G"

// calledAs returns the name by which the program has called the function that runs, as the debugger would tell it.
func calledAs(l *glua.LState, function string) string {
	at, ok := l.GetStack(0)
	if !ok {
		return function
	}
	if _, err := l.GetInfo("n", at, nil); err != nil || at.Name == "" {
		return function
	}
	if strings.HasPrefix(at.Name, "(") { // (anonymous)
		return "?"
	}
	return at.Name
}

// badArg raises the error of argument n, from 1, of a function.
func badArg(l *glua.LState, n int, function, what string) {
	raise(l, "bad argument #%d to '%s' (%s)", n, calledAs(l, function), what)
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

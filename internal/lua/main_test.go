package lua

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	glua "github.com/yuin/gopher-lua"

	"github.com/nookdb/nook/internal/redistest"
)

// newState returns a State as programs get it.
func newState() *State {
	s := New()
	s.Seal()
	s.Begin(Limits{Instructions: 50_000_000, Memory: 1 << 30}, nil)
	return s
}

// show is put around a program: it makes a text of all that the program returns, or of the error that it raises.
const show = `local function show(v, depth)
  if type(v) == 'string' then return string.format('%%q', v) end
  if type(v) == 'number' then return string.format('%%.17g', v) end
  if type(v) == 'nil' or type(v) == 'boolean' then return tostring(v) end
  if type(v) == 'table' and depth < 20 then
    local list = {}
    for k, x in pairs(v) do list[#list+1] = '[' .. show(k, depth+1) .. ']=' .. show(x, depth+1) end
    table.sort(list)
    return '{' .. table.concat(list, ',') .. '}'
  end
  return type(v)
end
local function program(...) %s
end
local results = {pcall(program)}
local texts = {}
for i = 1, table.maxn(results) do texts[i] = show(results[i], 0) end
return table.concat(texts, ' ')`

// run runs a program and returns as text what it returned, or which error it raised.
func run(t testing.TB, source string) string {
	t.Helper()
	return evaluate(t, newState(), source)
}

func evaluate(t testing.TB, s *State, source string) string {
	t.Helper()
	c, err := Compile(fmt.Sprintf(show, source), "user_script")
	if err != nil {
		return "compile: " + err.Error()
	}
	v, failure := s.Call(s.Function(c))
	if failure != nil {
		return "error: " + failure.Value.String()
	}
	require.Equal(t, glua.LTString, v.Type())
	return v.String()
}

// judge returns a function that does as run on a real server.
func judge(t *testing.T) func(source string) string {
	conn := redistest.Start(t).Dial(t)
	return func(source string) string {
		r := conn.Do("EVAL", fmt.Sprintf(show, source), "0")
		if r.Kind == '-' {
			return "error: " + r.Str
		}
		return r.Str
	}
}

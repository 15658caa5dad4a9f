package lua

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	glua "github.com/yuin/gopher-lua"
)

// TestInside fails if this version of gopher-lua keeps things elsewhere than they are looked for.
func TestInside(t *testing.T) {
	table := &glua.LTable{Metatable: glua.LNil}
	table.RawSetInt(2, glua.LTrue)
	table.RawSetString("a", glua.LTrue)
	table.RawSetH(glua.LTrue, glua.LTrue)
	table.RawSetString("b", glua.LTrue)
	table.RawSetString("b", glua.LNil)
	require.Equal(t, shape{array: 2, keys: 3, live: 2}, shapeOf(table))

	s := New()
	require.Zero(t, depth(s.L))
	require.Zero(t, coarseDepth(s.L))
	var depths []int
	s.Set("test", s.Table(map[string]glua.LGFunction{"look": func(l *glua.LState) int {
		depths = append(depths, depth(l))
		require.Equal(t, depth(l), coarseDepth(l))
		return 0
	}}))
	s.Seal()
	s.Begin(Limits{}, nil)
	c, err := Compile("local function f(n) if n > 0 then f(n - 1) end test.look() end f(50) return 1", "user_script")
	require.NoError(t, err)
	_, failure := s.Call(s.Function(c))
	require.Nil(t, failure)
	require.Len(t, depths, 51)
	for i := 1; i < len(depths); i++ {
		require.Equal(t, depths[i-1]-1, depths[i])
	}

	type other struct{ Array int }
	require.Equal(t, 0, field(reflect.TypeFor[other](), "Array", reflect.Int))
	require.Equal(t, -1, field(reflect.TypeFor[other](), "Array", reflect.Slice))
	require.Equal(t, -1, field(reflect.TypeFor[other](), "keys", reflect.Slice))
	require.Equal(t, -1, fieldBehind(reflect.TypeFor[other](), -1, "Idx", reflect.Int))
}

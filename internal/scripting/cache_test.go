package scripting

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCacheForgetsPassingScripts(t *testing.T) {
	var e Engine
	load := func(source string, forGood bool) string {
		p, err := e.Load(source, forGood)
		require.NoError(t, err)
		return p.SHA()
	}
	kept, used := load("return 'kept'", true), load("return 'used'", false)
	later := load("return 'later kept'", false)
	require.Equal(t, later, load("return 'later kept'", true))
	first := load("return 0", false)
	for i := range 3 * maxPassing {
		load(fmt.Sprintf("return %d", i+1), false)
		require.NotNil(t, e.Known(used))
	}
	require.NotNil(t, e.Known(kept))
	require.NotNil(t, e.Known(later))
	require.Nil(t, e.Known(first))
	require.Equal(t, maxPassing+2, e.Scripts())

	_, err := e.Load("not Lua", true)
	require.Error(t, err)
	e.Flush()
	require.Nil(t, e.Known(kept))
	require.Zero(t, e.Scripts())
}

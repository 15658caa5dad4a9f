package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHLLCommands(t *testing.T) {
	s := newTester(t)
	s.script(`
		PFADD h a b c => :1
		PFADD h a => :0
		PFADD h => :0
		PFCOUNT h => :3
		PFADD g c d => :1
		PFCOUNT h g none => :4
		PFMERGE m h g => +OK
		PFCOUNT m => :4
		PFDEBUG decode h => $Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603
		PFDEBUG encoding h => +sparse
		PFDEBUG todense h => :1
		PFDEBUG todense h => :0
		PFDEBUG encoding h => +dense
		PFDEBUG decode h => -ERR HLL encoding is not sparse
		PFDEBUG decode none => -ERR The specified key does not exist
		PFDEBUG foo none => -ERR The specified key does not exist
		PFDEBUG foo h => -ERR Unknown PFDEBUG subcommand 'foo'
		SET s v => +OK
		PFDEBUG foo s => -WRONGTYPE Key is not a valid HyperLogLog string value.
		PFADD s v => -WRONGTYPE Key is not a valid HyperLogLog string value.
		PFSELFTEST => +OK
	`)
	reply := s.do("PFDEBUG", "GETREG", "h")
	require.Equal(t, 16384, strings.Count(reply, ":"))
	require.Equal(t, 2, strings.Count(reply, ":1"))
	require.Equal(t, 1, strings.Count(reply, ":2"))
}

package command

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeyCommands(t *testing.T) {
	newTester(t).script(`
		MSET a 1 b 2 => +OK
		EXISTS a a b c => :3
		TOUCH a c a => :2
		TYPE a => +string
		TYPE c => +none
		RENAME c d => -ERR no such key
		RENAMENX a b => :0
		RENAME a c => +OK
		RENAMENX c a => :1
		UNLINK a c => :1
		DEL b b => :1
		RANDOMKEY => $nil
		SET x 1 => +OK
		RANDOMKEY => $x
		RANDOMKEY x => -ERR wrong number of arguments for 'randomkey' command
	`)
}

const outOfInt = "value is out of range, value must between -2147483648 and 2147483647"

func TestCopyAndMove(t *testing.T) {
	s := newTester(t)
	s.script(`
		SET s v EX 10 => +OK
		COPY s t => :1
		TTL t => :10
		COPY s t => :0
		COPY s t replace REPLACE => :1
		COPY s t DB 3 => :1
		COPY s t DB 3 DB 4 => :1
		COPY s t DB => -ERR syntax error
		COPY s t FOO DB abc => -ERR syntax error
		COPY s t DB abc FOO => -ERR value is not an integer or out of range
		COPY s t DB -1 => -ERR DB index is out of range
		COPY s t DB 16 => -ERR DB index is out of range
		COPY s t DB 99999999999 => -ERR ` + outOfInt + `
		COPY s s => -ERR source and destination objects are the same
		COPY none none DB 0 => -ERR source and destination objects are the same
		MOVE s abc => -ERR value is not an integer or out of range
		MOVE s 99999999999 => -ERR ` + outOfInt + `
		MOVE s 16 => -ERR DB index is out of range
		MOVE s -1 => -ERR DB index is out of range
		MOVE s 0 => -ERR source and destination objects are the same
		MOVE s 5 => :1
		MOVE s 5 => :0
	`)
	for db, keys := range map[int]int{0: 1, 3: 1, 4: 1, 5: 1} {
		n, err := s.store.DB(db).DBSize()
		require.NoError(t, err)
		require.Equal(t, keys, n, "database %d", db)
	}
}

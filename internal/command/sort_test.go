package command

import "testing"

func TestSort(t *testing.T) {
	s := newTester(t)
	s.script(`
		RPUSH l 3 10 2 => :3
		SORT l => [$2 $3 $10]
		SORT l DESC LIMIT 0 2 => [$10 $3]
		SORT l ALPHA => [$10 $2 $3]
		SORT l BY nosort => [$3 $10 $2]
		SORT_RO l LIMIT 0 0 => []
		SORT l LIMIT 1 -1 => [$3 $10]
		MSET w2 5 w3 1 n3 three => +OK
		SORT l BY w* GET # GET n* => [$10 $nil $3 $three $2 $nil]
		SORT l BY nosort BY w* => [$3 $10 $2]
		SORT l STORE d => :3
		LRANGE d 0 -1 => [$2 $3 $10]
		SORT none STORE d => :0
		EXISTS d => :0
		SORT l LIMIT x 1 => -ERR value is not an integer or out of range
		SORT l LIMIT 1 => -ERR syntax error
		SORT l BY => -ERR syntax error
		SORT_RO l STORE d => -ERR syntax error
		SET str v => +OK
		SORT str => -WRONGTYPE Operation against a key holding the wrong kind of value
		SORT str FOO => -ERR syntax error
		RPUSH l x => :4
		SORT l => -ERR One or more scores can't be converted into double
		RPUSH m 1 1e400 => :2
		SORT m => -ERR One or more scores can't be converted into double
	`)
	s.proto = 3
	s.script(`SORT l ALPHA GET n* => [nil nil $three nil]`)
}

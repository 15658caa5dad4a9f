package command

import "testing"

func TestListCommands(t *testing.T) {
	newTester(t).script(`
		RPUSH l a b c => :3
		LPUSH l z => :4
		LPUSHX none a => :0
		RPUSHX l d => :5
		LRANGE l 0 -1 => [$z $a $b $c $d]
		LLEN l => :5
		LINDEX l 1 => $a
		LINDEX l 9 => $nil
		LINDEX none x => $nil
		LINDEX l x => -ERR value is not an integer or out of range
		LSET l 0 y => +OK
		LSET l 9 y => -ERR index out of range
		LSET l x y => -ERR value is not an integer or out of range
		LSET none x y => -ERR no such key
		LINSERT l BEFORE a 0 => :6
		LINSERT l after nothing 0 => :-1
		LINSERT none AFTER a 0 => :0
		LINSERT l BESIDE a 0 => -ERR syntax error
		LREM l 1 0 => :1
		LREM l x 0 => -ERR value is not an integer or out of range
		LTRIM l 0 3 => +OK
		LTRIM l 0 x => -ERR value is not an integer or out of range
		LRANGE l x 3 => -ERR value is not an integer or out of range
		LPOP l => $y
		RPOP l => $c
		RPOP none => $nil
		LPOP l 1 => [$a]
		LPOP l 0 => []
		LPOP none 0 => *nil
		LPOP l -1 => -ERR value is out of range, must be positive
		RPOP l x => -ERR value is out of range, must be positive
		RPOP l 1 2 => -ERR wrong number of arguments for 'rpop' command
		RPOP l 9 => [$b]
		EXISTS l => :0
	`)
}

func TestListSearchCommands(t *testing.T) {
	newTester(t).script(`
		RPUSH l a b a => :3
		LPOS l a => :0
		LPOS l a RANK 2 => :2
		LPOS l a RANK -1 COUNT 0 => [:2 :0]
		LPOS l a COUNT 1 MAXLEN 1 RANK -1 => [:2]
		LPOS l x => $nil
		LPOS l x COUNT 1 => []
		LPOS none x COUNT 1 => []
		LPOS l a RANK 0 => -ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
		LPOS l a RANK x => -ERR value is not an integer or out of range
		LPOS l a COUNT -1 => -ERR COUNT can't be negative
		LPOS l a MAXLEN x => -ERR MAXLEN can't be negative
		LPOS l a MAXLEN => -ERR syntax error
		LPOS l a MOST 1 => -ERR syntax error
	`)
}

func TestListMoveCommands(t *testing.T) {
	s := newTester(t)
	s.script(`
		RPUSH a 1 2 3 => :3
		RPOPLPUSH a b => $3
		LMOVE a b LEFT right => $1
		LMOVE none b LEFT RIGHT => $nil
		LMOVE a b UP RIGHT => -ERR syntax error
		LMOVE a b LEFT DOWN => -ERR syntax error
		LMPOP 2 none b RIGHT COUNT 5 => [$b [$1 $3]]
		LMPOP 1 a LEFT => [$a [$2]]
		LMPOP 1 a LEFT => *nil
		LMPOP 0 a LEFT => -ERR numkeys should be greater than 0
		LMPOP 2 a LEFT => -ERR syntax error
		LMPOP 1 a UP => -ERR syntax error
		LMPOP 1 a LEFT COUNT 0 x => -ERR count should be greater than 0
		LMPOP 1 a LEFT COUNT 1 COUNT 1 => -ERR syntax error
		LMPOP 1 a LEFT COUNT => -ERR syntax error
	`)
	s.proto = 3
	s.script(`
		LPOP a => nil
		LPOP a 1 => nil
		LMPOP 1 a LEFT => nil
		LPOS a x => nil
	`)
}

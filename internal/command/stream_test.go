package command

import "testing"

func TestStreamCommands(t *testing.T) {
	newTester(t).script(`
		XADD x * f v => $1577836800000-0
		XADD x 1577836800000-* f v g w => $1577836800000-1
		XADD x 5 f v => -ERR The ID specified in XADD is equal or smaller than the target stream top item
		XADD x 0-0 f v => -ERR The ID specified in XADD must be greater than 0-0
		XADD x + f v => -ERR Invalid stream ID specified as stream command argument
		XADD x * f v g => -ERR wrong number of arguments for 'xadd' command
		XADD x MAXLEN 5 NOMKSTREAM => -ERR wrong number of arguments for 'xadd' command
		XADD none NOMKSTREAM * f v => $nil
		XADD x MAXLEN = 2 1577836800005-1 "" "" => $1577836800005-1
		XLEN x => :2
		XRANGE x - + => [[$1577836800000-1 [$f $v $g $w]] [$1577836800005-1 [$ $]]]
		XRANGE x (1577836800000-1 + COUNT 5 => [[$1577836800005-1 [$ $]]]
		XREVRANGE x + - COUNT 1 => [[$1577836800005-1 [$ $]]]
		XRANGE x - + COUNT 0 => *nil
		XRANGE none - + COUNT 0 => []
		XRANGE x - + COUNT x => -ERR value is not an integer or out of range
		XRANGE x - + FOO 1 => -ERR syntax error
		XRANGE x (18446744073709551615-18446744073709551615 x => -ERR invalid start ID for the interval
		XREVRANGE x (0-0 - => -ERR invalid end ID for the interval
		XDEL x 1577836800005-1 7 => :1
		XDEL x 7 y => -ERR Invalid stream ID specified as stream command argument
		XDEL none y => :0
		XTRIM x MINID 1577836800006 => :1
		XTRIM none MAXLEN 5 => :0
		XSETID x 1577836800009 ENTRIESADDED 7 MAXDELETEDID 1577836800008-3 => +OK
		XSETID x 5 ENTRIESADDED -1 => -ERR entries_added must be positive
		XSETID x 5 MAXDELETEDID 6 FOO => -ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
		XSETID x 5 FOO => -ERR syntax error
		XSETID none 5 => -ERR no such key
		XINFO STREAM x => [$length :0 $radix-tree-keys :0 $radix-tree-nodes :1 $last-generated-id $1577836800009-0 $max-deleted-entry-id $1577836800008-3 $entries-added :7 $recorded-first-entry-id $0-0 $groups :0 $first-entry $nil $last-entry $nil]
		XINFO STREAM x FULL => [$length :0 $radix-tree-keys :0 $radix-tree-nodes :1 $last-generated-id $1577836800009-0 $max-deleted-entry-id $1577836800008-3 $entries-added :7 $recorded-first-entry-id $0-0 $entries [] $groups []]
		XINFO STREAM x FULL COUNT => -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
		XINFO STREAM x FULL COUNT x => -ERR value is not an integer or out of range
		XINFO STREAM none FOO => -ERR no such key
		SET s v => +OK
		XADD s * f v => -WRONGTYPE Operation against a key holding the wrong kind of value
		XRANGE s - + COUNT 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
		XDEL s y => -WRONGTYPE Operation against a key holding the wrong kind of value
		XREAD STREAMS s y => -WRONGTYPE Operation against a key holding the wrong kind of value
	`)
}

func TestStreamTrimArguments(t *testing.T) {
	newTester(t).script(`
		XTRIM x MAXLEN 5 MINID 3 => -ERR syntax error, MAXLEN and MINID options at the same time are not compatible
		XTRIM x MAXLEN -1 => -ERR The MAXLEN argument must be >= 0.
		XTRIM x MAXLEN ~ 1 LIMIT -1 => -ERR The LIMIT argument must be >= 0.
		XTRIM x MAXLEN 1 LIMIT 5 => -ERR syntax error, LIMIT cannot be used without the special ~ option
		XTRIM x LIMIT 5 => -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
		XTRIM x LIMIT 0 => -ERR syntax error, XTRIM must be called with a trimming strategy
		XADD x LIMIT 0 * f v => -ERR syntax error, LIMIT cannot be used without the special ~ option
		XTRIM x MAXLEN 5 KEEPREF ACKED => -ERR syntax error
		XADD x MAXLEN 5 KEEPREF ACKED * f v => -ERR Invalid stream ID specified as stream command argument
		XADD x MAXLEN ~ 5 LIMIT 0 ACKED 5 f v => $5-0
		XADD x 6 f v => $6-0
		XTRIM x ACKED MAXLEN 1 => :1
		XTRIM x MINID = 7 DELREF => :1
	`)
}

func TestStreamDeleteWithReferences(t *testing.T) {
	newTester(t).script(`
		XADD x 1 f v => $1-0
		XADD x 2 f v => $2-0
		XDELEX x IDS 2 1 9 => [:1 :-1]
		XDELEX x ids 1 2 acked => [:1]
		XDELEX none DELREF IDS 2 1 x => [:-1 :-1]
		XDELEX x IDS 1 y => -ERR Invalid stream ID specified as stream command argument
		XDELEX x KEEPREF DELREF IDS 1 1 => -ERR syntax error
		XDELEX x FOO IDS 1 1 => -ERR syntax error
		XDELEX x IDS 0 1 => -ERR Number of IDs must be a positive integer
		XDELEX x IDS y 1 => -ERR Number of IDs must be a positive integer
		XDELEX x IDS 2 1 => -ERR The ` + "`numids`" + ` parameter must match the number of arguments
		XDELEX x IDS 1 1 2 => -ERR syntax error
		XDELEX x KEEPREF IDS => -ERR wrong number of arguments for 'xdelex' command
	`)
}

func TestXReadCommand(t *testing.T) {
	s := newTester(t)
	s.script(`
		XADD x 1 f v => $1-0
		XADD x 2 f v => $2-0
		XADD y 3 f v => $3-0
		XREAD STREAMS x 1 => [[$x [[$2-0 [$f $v]]]]]
		XREAD COUNT 1 STREAMS x none y 0 0 $ => [[$x [[$1-0 [$f $v]]]]]
		XREAD STREAMS x + => [[$x [[$2-0 [$f $v]]]]]
		XREAD STREAMS x $ => *nil
		XREAD BLOCK 5 STREAMS x 1 => [[$x [[$2-0 [$f $v]]]]]
		XREAD STREAMS x > => -ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.
		XREAD STREAMS x y 0 => -ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.
		XREAD COUNT x STREAMS x 0 => -ERR value is not an integer or out of range
		XREAD BLOCK x STREAMS x 0 => -ERR timeout is not an integer or out of range
		XREAD BLOCK -1 STREAMS x 0 => -ERR timeout is negative
		XREAD GROUP g c STREAMS x 0 => -ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.
		XREAD NOACK STREAMS x 0 => -ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.
		XREAD COUNT 1 COUNT 1 => -ERR syntax error
		XREAD FOO STREAMS x 0 => -ERR syntax error
	`)
	s.proto = 3
	s.script(`
		XREAD STREAMS x y 1 0 => {$x [[$2-0 [$f $v]]] $y [[$3-0 [$f $v]]]}
		XREAD STREAMS x $ => nil
	`)
}

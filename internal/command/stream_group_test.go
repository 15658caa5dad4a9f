package command

import "testing"

func TestGroupCommands(t *testing.T) {
	newTester(t).script(`
		XGROUP CREATE s g $ => -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
		XGROUP CREATE s g 0 MKSTREAM => +OK
		XGROUP CREATE s g 0 => -BUSYGROUP Consumer Group name already exists
		XGROUP CREATE s h x => -ERR Invalid stream ID specified as stream command argument
		XGROUP CREATE s h 0 ENTRIESREAD -2 => -ERR value for ENTRIESREAD must be positive or -1
		XGROUP CREATE s h 0 ENTRIESREAD 1 ENTRIESREAD 1 => -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
		XGROUP CREATE s h 0 FOO => -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
		XGROUP SETID s g 5 ENTRIESREAD 3 => +OK
		XGROUP SETID s g x => -ERR Invalid stream ID specified as stream command argument
		XGROUP SETID s x x => -NOGROUP No such consumer group 'x' for key name 's'
		XGROUP SETID s g 5 MKSTREAM => -ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
		XGROUP CREATECONSUMER s g c => :1
		XGROUP CREATECONSUMER s g c => :0
		XINFO GROUPS s => [[$name $g $consumers :1 $pending :0 $last-delivered-id $5-0 $entries-read :3 $lag :0]]
		XINFO CONSUMERS s g => [[$name $c $pending :0 $idle :0]]
		XGROUP DELCONSUMER s g c => :0
		XGROUP DESTROY s g => :1
		XGROUP DESTROY s g => :0
	`)
}

func TestGroupReadCommands(t *testing.T) {
	newTester(t).script(`
		XADD s 1-0 f v => $1-0
		XADD s 2-0 f w => $2-0
		XGROUP CREATE s g 0 => +OK
		XREADGROUP GROUP g c COUNT 1 STREAMS s > => [[$s [[$1-0 [$f $v]]]]]
		XREADGROUP GROUP g d NOACK STREAMS s > => [[$s [[$2-0 [$f $w]]]]]
		XREADGROUP GROUP g d STREAMS s > => *nil
		XDEL s 1-0 => :1
		XREADGROUP GROUP g c STREAMS s 0 => [[$s [[$1-0 *nil]]]]
		XREADGROUP GROUP g c STREAMS s 1-0 => [[$s []]]
		XREADGROUP GROUP g c STREAMS s 18446744073709551615-18446744073709551615 => *nil
		XREADGROUP GROUP g c STREAMS s $ => -ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.
		XREADGROUP GROUP g c STREAMS s x => -ERR Invalid stream ID specified as stream command argument
		XREADGROUP GROUP x c STREAMS s x => -NOGROUP No such key 's' or consumer group 'x' in XREADGROUP with GROUP option
		XREADGROUP GROUP g c BLOCK x STREAMS s > => -ERR timeout is not an integer or out of range
		XREADGROUP GROUP g c COUNT x STREAMS s > => -ERR value is not an integer or out of range
		XREADGROUP GROUP g c NOACK STREAMS s > > => -ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.
		XREADGROUP GROUP g c NOACK s s > => -ERR syntax error
		XREADGROUP GROUP g c NOACK NOACK COUNT 1 => -ERR syntax error
		XREADGROUP COUNT 1 NOACK NOACK STREAMS s > => -ERR Missing GROUP option for XREADGROUP
		XPENDING s g => [:1 $1-0 $1-0 [[$c $1]]]
		XPENDING s g - + 10 => [[$1-0 $c :0 :1]]
		XPENDING s g IDLE 5 - + 10 => []
		XPENDING s g - + 10 d => []
		XPENDING s g - + => -ERR syntax error
		XPENDING s g IDLE 5 - + => -ERR syntax error
		XPENDING s g IDLE x - + 1 => -ERR value is not an integer or out of range
		XPENDING s g - + x => -ERR value is not an integer or out of range
		XPENDING s g - x 1 => -ERR Invalid stream ID specified as stream command argument
		XPENDING s x => -NOGROUP No such key 's' or consumer group 'x'
		XACK s g 1-0 2-0 => :1
		XACK s g x => -ERR Invalid stream ID specified as stream command argument
		XACK s x x => :0
		XPENDING s g => [:0 $nil $nil *nil]
	`)
}

func TestClaimCommands(t *testing.T) {
	newTester(t).script(`
		XADD s 1-0 f v => $1-0
		XADD s 2-0 f w => $2-0
		XGROUP CREATE s g 0 => +OK
		XREADGROUP GROUP g c STREAMS s > => [[$s [[$1-0 [$f $v]] [$2-0 [$f $w]]]]]
		XCLAIM s g d 5 1-0 => []
		XCLAIM s g d 0 1-0 IDLE 1000 => [[$1-0 [$f $v]]]
		XPENDING s g - + 1 => [[$1-0 $d :1000 :2]]
		XCLAIM s g d 0 1-0 TIME 1577836799000 RETRYCOUNT 7 JUSTID LASTID 9 => [$1-0]
		XPENDING s g - + 1 => [[$1-0 $d :1000 :7]]
		XCLAIM s g d 0 1-0 IDLE 9223372036854775807 FORCE => [[$1-0 [$f $v]]]
		XCLAIM s g d x 1-0 => -ERR Invalid min-idle-time argument for XCLAIM
		XCLAIM s x d x 1-0 => -NOGROUP No such key 's' or consumer group 'x'
		XCLAIM s g d 0 1-0 IDLE x => -ERR Invalid IDLE option argument for XCLAIM
		XCLAIM s g d 0 1-0 TIME x => -ERR Invalid TIME option argument for XCLAIM
		XCLAIM s g d 0 1-0 RETRYCOUNT x => -ERR Invalid RETRYCOUNT option argument for XCLAIM
		XCLAIM s g d 0 1-0 LASTID x => -ERR Invalid stream ID specified as stream command argument
		XCLAIM s g d 0 1-0 LASTID => -ERR Unrecognized XCLAIM option 'LASTID'
		XCLAIM s g d 0 1-0 x y => -ERR Unrecognized XCLAIM option 'x'
		XDEL s 2-0 => :1
		XAUTOCLAIM s g e 0 0 COUNT 1 => [$2-0 [[$1-0 [$f $v]]] []]
		XAUTOCLAIM s g e 0 - JUSTID => [$0-0 [$1-0] [$2-0]]
		XAUTOCLAIM s g e x - => -ERR Invalid min-idle-time argument for XAUTOCLAIM
		XAUTOCLAIM s g e 0 x => -ERR Invalid stream ID specified as stream command argument
		XAUTOCLAIM s g e 0 - COUNT 0 => -ERR COUNT must be > 0
		XAUTOCLAIM s g e 0 - COUNT => -ERR syntax error
		XAUTOCLAIM s x e 0 - => -NOGROUP No such key 's' or consumer group 'x'
		XINFO STREAM s FULL => [$length :1 $radix-tree-keys :1 $radix-tree-nodes :2 $last-generated-id $2-0 $max-deleted-entry-id $2-0 $entries-added :2 $recorded-first-entry-id $1-0 $entries [[$1-0 [$f $v]]] $groups [[$name $g $last-delivered-id $9-0 $entries-read :2 $lag :0 $pel-count :1 $pending [[$1-0 $e :1577836800000 :9]] $consumers [[$name $c $seen-time :1577836800000 $pel-count :0 $pending []] [$name $d $seen-time :1577836800000 $pel-count :0 $pending []] [$name $e $seen-time :1577836800000 $pel-count :1 $pending [[$1-0 :1577836800000 :9]]]]]]]
	`)
}

// TestAckDelCommand has what the documentation of Redis 8.2 says.
func TestAckDelCommand(t *testing.T) {
	newTester(t).script(`
		XADD s 1-0 f v => $1-0
		XADD s 2-0 f w => $2-0
		XGROUP CREATE s g 0 => +OK
		XGROUP CREATE s h 0 => +OK
		XREADGROUP GROUP g c STREAMS s > => [[$s [[$1-0 [$f $v]] [$2-0 [$f $w]]]]]
		XACKDEL s g ACKED IDS 2 1-0 3-0 => [:2 :-1]
		XACKDEL s g IDS 1 2-0 DELREF => [:1]
		XLEN s => :1
		XACKDEL s g KEEPREF DELREF IDS 1 2-0 => -ERR syntax error
		XACKDEL s g IDS 0 2-0 => -ERR Number of IDs must be a positive integer
		XACKDEL s g IDS 3 1-0 2-0 => -ERR The ` + "`numids`" + ` parameter must match the number of arguments
		XACKDEL s g IDS 1 x => -ERR Invalid stream ID specified as stream command argument
		XACKDEL s x IDS 1 x => [:-1]
		XACKDEL none g IDS 2 1 2 => [:-1 :-1]
		XACKDEL s g IDS 1 => -ERR wrong number of arguments for 'xackdel' command
	`)
}

func TestGroupRepliesOverRESP3(t *testing.T) {
	s := newTester(t)
	s.proto = 3
	s.script(`
		XADD s 1-0 f v => $1-0
		XGROUP CREATE s g 0 => +OK
		XINFO GROUPS s => [{$name $g $consumers :0 $pending :0 $last-delivered-id $0-0 $entries-read nil $lag :1}]
		XREADGROUP GROUP g c STREAMS s > => {$s [[$1-0 [$f $v]]]}
		XREADGROUP GROUP g c STREAMS s > => nil
		XINFO CONSUMERS s g => [{$name $c $pending :1 $idle :0}]
	`)
}

package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestZSetReplies(t *testing.T) {
	s := newTester(t)
	s.script(`
		ZADD z 1 a 2.5 b => :2
		ZADD z CH 1 a 3 b inf c => :2
		ZADD z NX XX 1 a => -ERR XX and NX options at the same time are not compatible
		ZADD z XX GT INCR 1 a => $2
		ZADD z NX INCR 1 a => $nil
		ZINCRBY z 0.1 a => $2.1000000000000001
		ZSCORE z c => $inf
		ZSCORE z x => $nil
		ZMSCORE z a x => [$2.1000000000000001 $nil]
		ZCARD z => :3
		ZRANK z b => :1
		ZRANK z x => $nil
		ZRANK z b WITHSCORE => [:1 $3]
		ZREVRANK z a withscore => [:2 $2.1000000000000001]
		ZRANK z x WITHSCORE => *nil
		ZRANK z b x => -ERR syntax error
		ZRANK z b WITHSCORE x => -ERR wrong number of arguments for 'zrank' command
		ZRANGE z 0 -1 => [$a $b $c]
		ZRANGE z 0 1 WITHSCORES => [$a $2.1000000000000001 $b $3]
		ZREVRANGE z 0 0 WITHSCORES => [$c $inf]
		ZRANGEBYSCORE z (2 3 LIMIT 1 5 => [$b]
		ZREVRANGEBYSCORE z +inf (2.1000000000000001 => [$c $b]
		ZCOUNT z (3 inf => :1
		ZRANGESTORE d z 1 2 => :2
		ZREMRANGEBYSCORE d 3 3 => :1
		ZREMRANGEBYRANK d 0 0 => :1
		ZREM z c x => :1
		ZADD l 0 a 0 b 0 c => :3
		ZRANGEBYLEX l [b + => [$b $c]
		ZREVRANGEBYLEX l + - LIMIT 0 2 => [$c $b]
		ZLEXCOUNT l - (c => :2
		ZREMRANGEBYLEX l - [a => :1
		ZUNION 2 z l WITHSCORES => [$c $0 $a $2.1000000000000001 $b $3]
		ZINTER 2 z l WEIGHTS 2 1 AGGREGATE MAX WITHSCORES => [$b $6]
		ZDIFF 2 z l => [$a]
		ZUNIONSTORE d 2 z l => :3
		ZINTERSTORE d 2 z l => :1
		ZDIFFSTORE d 2 z l => :1
		ZINTERCARD 2 z l LIMIT 5 => :1
		ZRANDMEMBER d => $a
		ZRANDMEMBER d -2 WITHSCORES => [$a $2.1000000000000001 $a $2.1000000000000001]
		ZRANDMEMBER d 5 => [$a]
		ZSCAN l 0 => [$0 [$b $0 $c $0]]
		ZPOPMIN z => [$a $2.1000000000000001]
		ZPOPMAX z 5 => [$b $3]
		ZPOPMAX z => []
		ZMPOP 2 z l MIN COUNT 5 => [$l [[$b $0] [$c $0]]]
		ZMPOP 1 l MIN => *nil
		BZPOPMIN l d 0 => [$d $a $2.1000000000000001]
	`)
	s.proto = 3
	s.script(`
		ZADD z 1 a 2 b 3 c => :3
		ZADD z INCR 1 a => ,2
		ZADD z NX INCR 1 a => nil
		ZSCORE z a => ,2
		ZMSCORE z a x => [,2 nil]
		ZRANGE z 0 0 WITHSCORES => [[$a ,2]]
		ZUNION 1 z WITHSCORES => [[$a ,2] [$b ,2] [$c ,3]]
		ZADD one 1.5 m => :1
		ZRANDMEMBER one -1 WITHSCORES => [[$m ,1.5]]
		ZSCAN z 0 MATCH b => [$0 [$b $2]]
		ZPOPMIN z => [$a ,2]
		ZPOPMIN z 1 => [[$b ,2]]
		BZMPOP 1 1 z MAX COUNT 2 => [$z [[$c ,3]]]
	`)
}

// TestZSetErrors has errors of a real server, and which of several comes first.
func TestZSetErrors(t *testing.T) {
	s := newTester(t)
	s.script(`
		SET s v => +OK
		ZADD z 1 a 2 b 3 c => :3
		ZADD z 1 a 2 => -ERR syntax error
		ZADD s NX => -ERR wrong number of arguments for 'zadd' command
		ZADD z CH 1 => -ERR syntax error
		ZADD s GT LT x a => -ERR GT, LT, and/or NX options at the same time are not compatible
		ZADD s INCR x a 2 b => -ERR INCR option supports a single increment-element pair
		ZADD s x a => -ERR value is not a valid float
		ZADD s 1 a => -WRONGTYPE Operation against a key holding the wrong kind of value
		ZADD z 1 new x b => -ERR value is not a valid float
		ZCARD z => :3
		ZINCRBY s nan a => -ERR value is not a valid float
		ZADD z inf i => :1
		ZINCRBY z -inf i => -ERR resulting score is not a number (NaN)
		ZRANGE s 0 -1 LIMIT 0 1 => -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
		ZRANGE z 0 0 LIMIT 5 -1 => [$a]
		ZRANGE s x y BYLEX WITHSCORES => -ERR syntax error, WITHSCORES not supported in combination with BYLEX
		ZRANGE z 0 -1 BYSCORE BYLEX => -ERR syntax error
		ZRANGE s x 1 LIMIT x 1 => -ERR value is not an integer or out of range
		ZRANGE s x 1 => -ERR value is not an integer or out of range
		ZRANGE s x 1 BYSCORE => -ERR min or max is not a float
		ZRANGE z [c [a BYLEX REV LIMIT 0 0 => []
		ZRANGE z 3 1 BYSCORE REV LIMIT -1 5 => []
		ZRANGE z 3 1 BYSCORE REV LIMIT 1 -5 => [$b $a]
		ZREVRANGE z 0 -1 REV => -ERR syntax error
		ZRANGEBYLEX s x y => -ERR min or max not valid string range item
		ZRANGESTORE d z 0 -1 WITHSCORES => -ERR syntax error
		ZLEXCOUNT nosuch a b => -ERR min or max not valid string range item
		ZREMRANGEBYSCORE nosuch ( x => -ERR min or max is not a float
		ZREMRANGEBYRANK s x y => -ERR value is not an integer or out of range
		ZPOPMIN s x => -ERR value is out of range, must be positive
		ZPOPMIN s 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
		ZPOPMIN z 1 2 => -ERR syntax error
		ZMPOP 0 z MIN => -ERR numkeys should be greater than 0
		ZMPOP 2 z MIN => -ERR syntax error
		ZMPOP 1 z FOO => -ERR syntax error
		ZMPOP 1 z MIN COUNT 0 => -ERR count should be greater than 0
		ZMPOP 1 z MIN COUNT 1 COUNT 1 => -ERR syntax error
		ZMPOP 2 nosuch s MIN => -WRONGTYPE Operation against a key holding the wrong kind of value
		BZMPOP x 0 z MIN => -ERR timeout is not a float or out of range
		BZMPOP -1 0 z MIN => -ERR timeout is negative
		BZPOPMIN s 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
		BZPOPMIN s -1 => -ERR timeout is negative
		ZUNION 0 z => -ERR at least 1 input key is needed for 'zunion' command
		ZUNION x z => -ERR value is not an integer or out of range
		ZUNION 2 s => -ERR syntax error
		ZUNION 1 s WEIGHTS => -WRONGTYPE Operation against a key holding the wrong kind of value
		ZUNION 1 z WEIGHTS => -ERR syntax error
		ZUNION 1 z WEIGHTS x => -ERR weight value is not a float
		ZUNION 1 z AGGREGATE FOO => -ERR syntax error
		ZDIFF 1 z WEIGHTS 1 => -ERR syntax error
		ZUNIONSTORE d 1 z WITHSCORES => -ERR syntax error
		ZINTERCARD 1 z LIMIT -1 => -ERR LIMIT can't be negative
		ZINTERCARD 1 z LIMIT => -ERR syntax error
		ZRANDMEMBER s x => -ERR value is not an integer or out of range
		ZRANDMEMBER z 1 FOO => -ERR syntax error
		ZRANDMEMBER z 9223372036854775807 WITHSCORES => -ERR value is out of range
		ZRANDMEMBER z -9223372036854775808 => -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
		ZSCAN z x FOO => -ERR invalid cursor
		ZSCAN nosuch 0 FOO => [$0 []]
		ZSCAN s 0 FOO => -WRONGTYPE Operation against a key holding the wrong kind of value
		ZSCAN z 0 FOO => -ERR syntax error
		ZSCAN z 0 TYPE zset => -ERR syntax error
		ZSCAN z 0 MATCH "" => [$0 []]
	`)
}

// TestZScanIntegers shows the one place where Redis writes scores as it keeps them.
func TestZScanIntegers(t *testing.T) {
	s := newTester(t)
	long := strings.Repeat("x", 65)
	s.script(`
		ZADD z 123456789012345678 a => :1
		ZSCORE z a => $1.2345678901234568e+17
		ZSCAN z 0 => [$0 [$a $123456789012345680]]
	`)
	require.Equal(t, ":1", s.do("ZADD", "z", "1", long))
	require.Equal(t, ":1", s.do("ZREM", "z", long))
	s.script(`ZSCAN z 0 => [$0 [$a $1.2345678901234568e+17]]`)
}

package command

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHashReplies(t *testing.T) {
	s := newTester(t)
	s.script(`
		HSET h a 1 b 2 => :2
		HGETALL h => [$a $1 $b $2]
		HRANDFIELD h 5 WITHVALUES => [$a $1 $b $2]
		HMGET h a x => [$1 $nil]
	`)
	s.proto = 3
	s.script(`
		HGETALL h => {$a $1 $b $2}
		HKEYS h => [$a $b]
		HRANDFIELD h 5 WITHVALUES => [[$a $1] [$b $2]]
		HRANDFIELD h 5 => [$a $b]
		HMGET h a x => [$1 nil]
		HSCAN h 0 => [$0 [$a $1 $b $2]]
		HGETALL none => {}
		HINCRBYFLOAT h a 0.5 => $1.5
	`)
}

// TestHashScanNoValues has the option that 7.4 brought.
func TestHashScanNoValues(t *testing.T) {
	newTester(t).script(`
		HSET h a 1 b 2 => :2
		HSCAN h 0 NOVALUES => [$0 [$a $b]]
		HSCAN h 0 novalues MATCH b COUNT 10 => [$0 [$b]]
		HSCAN h 0 MATCH b NOVALUES => [$0 [$b]]
		HSCAN h 0 NOVALUES x => -ERR syntax error
		HSCAN none 0 NOVALUES => [$0 []]
	`)
}

func TestHashDrawsAreBounded(t *testing.T) {
	newTester(t).script(`
		HSET h a 1 => :1
		HRANDFIELD h -1048577 => -ERR value is out of range
		HRANDFIELD h -9223372036854775807 => -ERR value is out of range
		HRANDFIELD none -9223372036854775807 => []
	`)
}

// hashEncodings calls f with a hash h of the fields f1, f2 and f3 in each
// encoding, and other keys.
func hashEncodings(t *testing.T, f func(s *tester)) {
	for _, encoding := range []string{"listpack", "hashtable"} {
		t.Run(encoding, func(t *testing.T) {
			s := newTester(t)
			if encoding == "hashtable" {
				s.do("HSET", "h", "f1", strings.Repeat("x", 65))
			}
			s.do("HSET", "h", "f1", "v1", "f2", "v2", "f3", "v3")
			s.do("SET", "s", "v")
			require.Equal(t, "$"+encoding, s.do("OBJECT", "ENCODING", "h"))
			f(s)
		})
	}
}

func TestHashExpire(t *testing.T) {
	hashEncodings(t, func(s *tester) {
		s.script(`
			HTTL h FIELDS 2 f1 none => [:-1 :-2]
			HTTL none FIELDS 2 f1 none => [:-2 :-2]
			HEXPIRE h 10 FIELDS 2 f1 none => [:1 :-2]
			HTTL h FIELDS 3 f1 f2 none => [:10 :-1 :-2]
			HPTTL h FIELDS 1 f1 => [:10000]
			HEXPIRETIME h FIELDS 3 f1 f2 none => [:1577836810 :-1 :-2]
			HPEXPIRETIME h FIELDS 1 f1 => [:1577836810000]
			HPEXPIRE h 1500 FIELDS 1 f1 => [:1]
			HTTL h FIELDS 1 f1 => [:2]
			HEXPIRETIME h FIELDS 1 f1 => [:1577836802]
			HEXPIREAT h 1577836900 FIELDS 1 f2 => [:1]
			HPEXPIREAT h 1577836900001 FIELDS 1 f3 => [:1]
			HPEXPIRETIME h FIELDS 3 f1 f2 f3 => [:1577836801500 :1577836900000 :1577836900001]
			HPERSIST h FIELDS 2 f2 none => [:1 :-2]
			HPERSIST h FIELDS 1 f2 => [:-1]
			HPERSIST none FIELDS 1 f2 => [:-2]
			HEXPIRE none 10 FIELDS 1 f => [:-2]
			EXISTS none => :0
			HSET h f3 new => :0
			HTTL h FIELDS 1 f3 => [:-1]
			TTL h => :-1
		`)
		s.clock.Advance(1499 * time.Millisecond)
		s.script(`
			HPTTL h FIELDS 1 f1 => [:1]
			HGET h f1 => $v1
		`)
		s.clock.Advance(time.Millisecond)
		s.script(`
			HGET h f1 => $nil
			HLEN h => :2
			HTTL h FIELDS 1 f1 => [:-2]
		`)
	})
}

func TestHashExpireEncoding(t *testing.T) {
	s := newTester(t)
	s.script(`
		HSET h f v => :1
		HEXPIRE h 10 FIELDS 1 f => [:1]
		OBJECT ENCODING h => $listpackex
		HPERSIST h FIELDS 1 f => [:1]
		OBJECT ENCODING h => $listpackex
		COPY h i => :1
		OBJECT ENCODING i => $listpackex
		HSETEX j EX 10 FIELDS 1 f v => :1
		OBJECT ENCODING j => $listpackex
		HSETEX k FIELDS 1 f v => :1
		OBJECT ENCODING k => $listpack
	`)
}

func TestHashExpireConditions(t *testing.T) {
	hashEncodings(t, func(s *tester) {
		s.script(`
			HEXPIRE h 100 XX FIELDS 1 f1 => [:0]
			HEXPIRE h 100 GT FIELDS 1 f1 => [:0]
			HEXPIRE h 100 NX FIELDS 2 f1 f1 => [:1 :0]
			HEXPIRE h 100 LT FIELDS 1 f2 => [:1]
			HEXPIRE h 100 GT FIELDS 1 f1 => [:0]
			HEXPIRE h 100 LT FIELDS 1 f1 => [:0]
			HEXPIRE h 101 gt FIELDS 2 f1 f3 => [:1 :0]
			HEXPIRE h 50 lt fields 3 f1 f2 f3 => [:1 :1 :1]
			HEXPIRE h 60 XX FIELDS 1 f1 => [:1]
			HTTL h FIELDS 3 f1 f2 f3 => [:60 :50 :50]
			HEXPIREAT h 1 NX FIELDS 2 f1 none => [:0 :-2]
			HEXPIREAT h 1 GT FIELDS 1 f1 => [:0]
			HEXPIREAT h 1 LT FIELDS 1 f1 => [:2]
			HLEN h => :2
		`)
	})
}

func TestHashExpireInThePast(t *testing.T) {
	hashEncodings(t, func(s *tester) {
		s.script(`
			HEXPIRE h 0 FIELDS 2 f1 none => [:2 :-2]
			HEXISTS h f1 => :0
			HPEXPIREAT h 1577836800000 FIELDS 2 f2 f2 => [:2 :-2]
			HLEN h => :1
			HEXPIREAT h 1 FIELDS 1 f3 => [:2]
			EXISTS h => :0
		`)
	})
}

func TestHashExpireErrors(t *testing.T) {
	hashEncodings(t, func(s *tester) {
		s.script(`
			HEXPIRE h 10 FIELDS 1 => -ERR wrong number of arguments for 'hexpire' command
			HEXPIRE h x FIELDS 1 f => -ERR value is not an integer or out of range
			HEXPIRE h -1 FIELDS 1 f => -ERR invalid expire time, must be >= 0
			HEXPIREAT h -1 FIELDS 1 f => -ERR invalid expire time, must be >= 0
			HEXPIRE h 70368744177 FIELDS 1 f => -ERR invalid expire time in 'hexpire' command
			HEXPIRE h 9223372036854775807 FIELDS 1 f => -ERR invalid expire time in 'hexpire' command
			HPEXPIRE h 9223372036854775807 FIELDS 1 f => -ERR invalid expire time in 'hpexpire' command
			HPEXPIREAT h 70368744177664 FIELDS 1 f => -ERR invalid expire time in 'hpexpireat' command
			HPEXPIREAT h 70368744177663 FIELDS 1 f => [:-2]
			HEXPIREAT h 70368744178 FIELDS 1 f => -ERR invalid expire time in 'hexpireat' command
			HEXPIRE h 10 x 1 f1 => -ERR Mandatory argument FIELDS is missing or not at the right position
			HEXPIRE h 10 ZZ FIELDS 1 f1 => -ERR Mandatory argument FIELDS is missing or not at the right position
			HEXPIRE h 10 NX XX FIELDS 1 f1 => -ERR Mandatory argument FIELDS is missing or not at the right position
			HEXPIRE h 10 FIELDS x f1 => -ERR Parameter ` + "`numFields`" + ` should be greater than 0
			HEXPIRE h 10 FIELDS 0 f1 => -ERR Parameter ` + "`numFields`" + ` should be greater than 0
			HEXPIRE h 10 FIELDS 2 f1 => -ERR The ` + "`numfields`" + ` parameter must match the number of arguments
			HEXPIRE h 10 NX FIELDS 1 => -ERR The ` + "`numfields`" + ` parameter must match the number of arguments
			HEXPIRE s x FIELDS 1 f => -WRONGTYPE Operation against a key holding the wrong kind of value
			HEXPIRE s 10 x x f => -WRONGTYPE Operation against a key holding the wrong kind of value
			HEXPIRE s 10 FIELDS 1 f => -WRONGTYPE Operation against a key holding the wrong kind of value
			HTTL h FIELDS 1 => -ERR wrong number of arguments for 'httl' command
			HTTL h x 1 f => -ERR Mandatory argument FIELDS is missing or not at the right position
			HTTL h FIELDS 0 f => -ERR Number of fields must be a positive integer
			HTTL h FIELDS x f => -ERR Number of fields must be a positive integer
			HTTL h FIELDS 2 f => -ERR The ` + "`numfields`" + ` parameter must match the number of arguments
			HTTL s x 1 f => -WRONGTYPE Operation against a key holding the wrong kind of value
			HTTL s FIELDS 1 f => -WRONGTYPE Operation against a key holding the wrong kind of value
			HPERSIST h x 1 f => -ERR Mandatory argument FIELDS is missing or not at the right position
			HPERSIST h FIELDS -1 f => -ERR Number of fields must be a positive integer
			HPERSIST s FIELDS 1 f => -WRONGTYPE Operation against a key holding the wrong kind of value
		`)
	})
}

func TestHashGetEx(t *testing.T) {
	hashEncodings(t, func(s *tester) {
		s.script(`
			HGETEX h FIELDS 2 f1 none => [$v1 $nil]
			HTTL h FIELDS 1 f1 => [:-1]
			HGETEX h EX 10 FIELDS 2 f1 none => [$v1 $nil]
			HTTL h FIELDS 1 f1 => [:10]
			HGETEX h px 1500 FIELDS 1 f1 => [$v1]
			HPTTL h FIELDS 1 f1 => [:1500]
			HGETEX h EXAT 1577836900 FIELDS 1 f1 => [$v1]
			HPEXPIRETIME h FIELDS 1 f1 => [:1577836900000]
			HGETEX h PXAT 1577836900001 FIELDS 1 f1 => [$v1]
			HPEXPIRETIME h FIELDS 1 f1 => [:1577836900001]
			HGETEX h FIELDS 1 f1 => [$v1]
			HPEXPIRETIME h FIELDS 1 f1 => [:1577836900001]
			HGETEX h PERSIST FIELDS 2 f1 f2 => [$v1 $v2]
			HTTL h FIELDS 1 f1 => [:-1]
			HGETEX h EX 0 FIELDS 1 f1 => [$v1]
			HEXISTS h f1 => :0
			HGETEX h PXAT 1 FIELDS 2 f2 f3 => [$v2 $v3]
			EXISTS h => :0
			HGETEX h EX 10 FIELDS 2 f1 f2 => [$nil $nil]
			HGETEX h EX 10 FIELDS => -ERR wrong number of arguments for 'hgetex' command
			HGETEX h EX -1 FIELDS 1 f => -ERR invalid expire time, must be >= 0
			HGETEX h EX x FIELDS 1 f => -ERR value is not an integer or out of range
			HGETEX h PXAT 70368744177664 FIELDS 1 f => -ERR invalid expire time in 'hgetex' command
			HGETEX h KEEPTTL FIELDS 1 f => -ERR Mandatory argument FIELDS is missing or not at the right position
			HGETEX h EX 1 PX 1 FIELDS 1 f => -ERR Mandatory argument FIELDS is missing or not at the right position
			HGETEX h FIELDS 0 f => -ERR Number of fields must be a positive integer
			HGETEX h FIELDS 2 f => -ERR The ` + "`numfields`" + ` parameter must match the number of arguments
			HGETEX s EX x FIELDS 1 f => -WRONGTYPE Operation against a key holding the wrong kind of value
			HGETEX s FIELDS 1 f => -WRONGTYPE Operation against a key holding the wrong kind of value
		`)
	})
}

func TestHashSetEx(t *testing.T) {
	hashEncodings(t, func(s *tester) {
		s.script(`
			HSETEX h EX 10 FIELDS 2 f1 a f4 b => :1
			HMGET h f1 f4 => [$a $b]
			HTTL h FIELDS 3 f1 f2 f4 => [:10 :-1 :10]
			HSETEX h KEEPTTL FIELDS 2 f1 c f2 d => :1
			HTTL h FIELDS 2 f1 f2 => [:10 :-1]
			HSETEX h FIELDS 1 f1 e => :1
			HTTL h FIELDS 1 f1 => [:-1]
			HSETEX h FNX FIELDS 2 f1 x f5 x => :0
			HSETEX h FNX FIELDS 2 f5 x f6 x => :1
			HSETEX h FXX FIELDS 2 f1 y f7 y => :0
			HSETEX h fxx px 1500 fields 2 f1 y f5 y => :1
			HPTTL h FIELDS 2 f1 f5 => [:1500 :1500]
			HMGET h f1 f5 f6 f7 => [$y $y $x $nil]
			HSETEX h EXAT 1577836900 FIELDS 1 f1 z => :1
			HSETEX h PXAT 1577836900001 FIELDS 1 f2 z => :1
			HPEXPIRETIME h FIELDS 2 f1 f2 => [:1577836900000 :1577836900001]
			HSETEX h EX 0 FIELDS 2 f1 x f9 x => :1
			HEXISTS h f1 => :0
			HEXISTS h f9 => :0
			HSETEX none FXX FIELDS 1 f v => :0
			HSETEX none EXAT 1 FIELDS 1 f v => :1
			EXISTS none => :0
			HSETEX none FNX PX 10 FIELDS 1 f v => :1
			HPTTL none FIELDS 1 f => [:10]
		`)
	})
	newTester(t).script(`
		SET s v => +OK
		HSETEX h FNX FXX FIELDS 1 f v => -ERR Only one of FXX or FNX arguments can be specified
		HSETEX h FNX FNX FIELDS 1 f v => -ERR Only one of FXX or FNX arguments can be specified
		HSETEX h EX 1 PX 1 FIELDS 1 f v => -ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
		HSETEX h KEEPTTL EX 1 FIELDS 1 f v => -ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
		HSETEX h FNX FXX => -ERR wrong number of arguments for 'hsetex' command
		HSETEX h FNX KEEPTTL x y => -ERR unknown argument: x
		HSETEX h PERSIST FIELDS 1 f v => -ERR unknown argument: PERSIST
		HSETEX h EX -1 FIELDS 1 f v => -ERR invalid expire time, must be >= 0
		HSETEX h EX x FIELDS 1 f v => -ERR value is not an integer or out of range
		HSETEX h EX 9223372036854775807 FIELDS 1 f v => -ERR invalid expire time in 'hsetex' command
		HSETEX h EX 10 FNX FIELDS => -ERR wrong number of arguments for 'hsetex' command
		HSETEX h FIELDS 1 f v x => -ERR wrong number of arguments for 'hsetex' command
		HSETEX h FIELDS 2 f v x => -ERR wrong number of arguments for 'hsetex' command
		HSETEX h FIELDS 1 f v x y => -ERR wrong number of arguments for 'hsetex' command
		HSETEX h FIELDS 0 f v => -ERR invalid number of fields
		HSETEX h FIELDS x f v => -ERR invalid number of fields
		HSETEX h FIELDS 2147483648 f v => -ERR invalid number of fields
		HSETEX h FNX KEEPTTL f EX => -ERR unknown argument: f
		HSETEX h KEEPTTL FNX EX => -ERR wrong number of arguments for 'hsetex' command
		HSETEX s x FIELDS 1 f v => -ERR unknown argument: x
		HSETEX s EX 10 FIELDS 1 f v => -WRONGTYPE Operation against a key holding the wrong kind of value
		EXISTS h => :0
	`)
}

func TestHashGetDel(t *testing.T) {
	hashEncodings(t, func(s *tester) {
		s.script(`
			HGETDEL h FIELDS 3 f1 none f1 => [$v1 $nil $nil]
			HLEN h => :2
			HGETDEL h FIELDS 2 f2 f3 => [$v2 $v3]
			EXISTS h => :0
			HGETDEL h FIELDS 2 f2 f3 => [$nil $nil]
			HGETDEL h x 1 f => -ERR Mandatory argument FIELDS is missing or not at the right position
			HGETDEL h FIELDS 0 f => -ERR Number of fields must be a positive integer
			HGETDEL h FIELDS 2 f => -ERR The ` + "`numfields`" + ` parameter must match the number of arguments
			HGETDEL h FIELDS 1 => -ERR wrong number of arguments for 'hgetdel' command
			HGETDEL s x 1 f => -WRONGTYPE Operation against a key holding the wrong kind of value
		`)
	})
}

// TestHashTTLSurvives shows which commands keep the time to live of a field.
func TestHashTTLSurvives(t *testing.T) {
	hashEncodings(t, func(s *tester) {
		s.script(`
			HSET h n 1 => :1
			HEXPIRE h 10 FIELDS 2 n f1 => [:1 :1]
			HINCRBY h n 1 => :2
			HINCRBYFLOAT h n 0.5 => $2.5
			HSETNX h n 7 => :0
			HSET h f2 x => :0
			HTTL h FIELDS 2 n f1 => [:10 :10]
			COPY h i => :1
			RENAME i j => +OK
			MOVE j 1 => :1
			HTTL h FIELDS 2 n f1 => [:10 :10]
			HSET h f1 x => :0
			HDEL h n => :1
			HSET h n 1 => :1
			HTTL h FIELDS 2 n f1 => [:-1 :-1]
		`)
	})
}

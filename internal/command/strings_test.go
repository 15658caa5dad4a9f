package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The replies of these tests are those of Redis 7.0, or, for newer commands,
// those that Redis's own tests of version 8.4 expect.

const wrongDigest = "0123456789abcdef"

func TestSetIfEqual(t *testing.T) {
	newTester(t).script(`
		SET k world IFEQ hello => $nil
		EXISTS k => :0
		SET k hello => +OK
		SET k world IFEQ different => $nil
		SET k world ifeq hello => +OK
		GET k => $world
		SET k x IFEQ other GET => $world
		SET k x IFEQ world GET => $world
		GET k => $x
		SET none x IFEQ world GET => $nil
		EXISTS none => :0
		SET k 12345 => +OK
		SET k y IFEQ 12345 EX 10 => +OK
		TTL k => :10
		SET k "" => +OK
		SET k z IFEQ "" => +OK
		GET k => $z
	`)
}

func TestSetIfNotEqual(t *testing.T) {
	newTester(t).script(`
		SET k hello IFNE x => +OK
		GET k => $hello
		SET k world IFNE hello => $nil
		SET k world IFNE different => +OK
		GET k => $world
		SET k x IFNE other GET => $world
		GET k => $x
		SET fresh x IFNE y GET => $nil
		GET fresh => $x
		SET fresh z IFNE y PX 10000 XX => -ERR syntax error
		SET fresh z IFNE y PX 10000 => +OK
		PTTL fresh => :10000
	`)
}

func TestSetIfDigest(t *testing.T) {
	s := newTester(t)
	require.Equal(t, "+OK", s.do("SET", "k", "hello"))
	digest := strings.TrimPrefix(s.do("DIGEST", "k"), "$")
	require.Equal(t, "$nil", s.do("SET", "k", "world", "IFDEQ", wrongDigest))
	require.Equal(t, "$nil", s.do("SET", "k", "world", "IFDNE", digest))
	require.Equal(t, "$nil", s.do("SET", "k", "world", "IFDNE", strings.ToUpper(digest)))
	require.Equal(t, "+OK", s.do("SET", "k", "world", "IFDEQ", strings.ToUpper(digest)))
	require.Equal(t, "$world", s.do("SET", "k", "hello", "IFDNE", wrongDigest, "GET"))
	require.Equal(t, "$hello", s.do("GET", "k"))
	require.Equal(t, "$nil", s.do("SET", "none", "x", "IFDEQ", wrongDigest))
	require.Equal(t, ":0", s.do("EXISTS", "none"))
	require.Equal(t, "+OK", s.do("SET", "none", "x", "IFDNE", wrongDigest))
}

const textDigest = "-ERR must be exactly 16 hexadecimal characters"

func TestWrongDigests(t *testing.T) {
	s := newTester(t)
	s.do("SET", "k", "test")
	for _, digest := range []string{"", "0123", wrongDigest[1:], "0" + wrongDigest} {
		for _, word := range []string{"IFDEQ", "IFDNE"} {
			require.Equal(t, textDigest, s.do("SET", "k", "v", word, digest))
			require.Equal(t, textDigest, s.do("DELEX", "k", word, digest))
			require.Equal(t, ":0", s.do("DELEX", "none", word, digest))
		}
		require.Equal(t, "$nil", s.do("SET", "none", "v", "IFDEQ", digest))
		require.Equal(t, "+OK", s.do("SET", "none", "v", "IFDNE", digest))
		require.Equal(t, ":1", s.do("DEL", "none"))
	}
	require.Equal(t, "$test", s.do("GET", "k"))
}

// Known digests are those that Redis 8.4 gives.
func TestDigest(t *testing.T) {
	s := newTester(t)
	for value, digest := range map[string]string{
		"hello": "9555e8555c62dcfd",
		"":      "2d06800538d394c2",
		"123":   "404a763b3f4c8c9a",
		"v8":    "0cc76dbb41381419",
		"v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd": "00006c38adf31777",
	} {
		require.Equal(t, "+OK", s.do("SET", "k", value))
		require.Equal(t, "$"+digest, s.do("DIGEST", "k"), value)
	}
	s.script(`
		DIGEST none => $nil
		DIGEST => -ERR wrong number of arguments for 'digest' command
		DIGEST a b => -ERR wrong number of arguments for 'digest' command
	`)
}

func TestDelEx(t *testing.T) {
	newTester(t).script(`
		DELEX k => :0
		SET k hello => +OK
		DELEX k => :1
		EXISTS k => :0
		DELEX k IFEQ hello => :0
		DELEX k IFNE hello => :0
		DELEX k FOO hello => :0
		SET k hello => +OK
		DELEX k IFEQ other => :0
		DELEX k ifeq hello => :1
		SET k hello => +OK
		DELEX k IFNE hello => :0
		DELEX k IfNe other => :1
		SET k 0123 => +OK
		DELEX k IFEQ 123 => :0
		DELEX k IFNE 123 => :1
		SET k 9223372036854775807 => +OK
		DELEX k IFEQ 9223372036854775807 => :1
		SET k "" => +OK
		DELEX k IFEQ x => :0
		DELEX k IFEQ "" => :1
		SET k hello => +OK
		DELEX k IFDEQ 0000000000000000 => :0
		DELEX k IFDNE 9555E8555C62DCFD => :0
		DELEX k IFDEQ 9555E8555c62dcfd => :1
		SET k hello => +OK
		DELEX k IFDNE 0000000000000000 => :1
		SET k hello => +OK
		DELEX k FOO hello => -ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE
		DELEX k NX hello => -ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE
		DELEX k IFEQ => -ERR wrong number of arguments for 'delex' command
		DELEX k IFEQ hello extra => -ERR wrong number of arguments for 'delex' command
		DELEX none IFEQ => -ERR wrong number of arguments for 'delex' command
		GET k => $hello
	`)
}

func TestMSetEx(t *testing.T) {
	newTester(t).script(`
		MSETEX 2 a 1 b 2 EX 5 => :1
		TTL a => :5
		TTL b => :5
		MSETEX 2 a 1 b 2 PX 5001 => :1
		PTTL b => :5001
		MSETEX 2 a 1 b 2 EXAT 1577836810 => :1
		PTTL a => :10000
		MSETEX 1 a new KEEPTTL => :1
		GET a => $new
		PTTL a => :10000
		MSETEX 1 a plain => :1
		PTTL a => :-1
		MSETEX 2 a 1 c 2 NX EX 10 => :0
		EXISTS c => :0
		MSETEX 2 c 1 d 2 ex 10 nx => :1
		TTL d => :10
		MSETEX 2 c x e y XX => :0
		GET c => $1
		MSETEX 2 c x d y PXAT 1577836803000 XX => :1
		MGET c d => [$x $y]
		PTTL d => :3000
		MSETEX 2 c x d y PXAT 1577836799000 => :1
		EXISTS c d => :0
		MSETEX 3 c 1 d 2 c 3 => :1
		GET c => $3
	`)
}

func TestMSetExErrors(t *testing.T) {
	newTester(t).script(`
		MSETEX => -ERR wrong number of arguments for 'msetex' command
		MSETEX 1 a => -ERR wrong number of arguments for 'msetex' command
		MSETEX key1 val1 ex 10 => -ERR invalid numkeys value
		MSETEX 0 a 1 => -ERR invalid numkeys value
		MSETEX -1 a 1 => -ERR invalid numkeys value
		MSETEX 2147483648 a 1 ex 10 => -ERR invalid numkeys value
		MSETEX 2147483647 a 1 ex 10 => -ERR wrong number of key-value pairs
		MSETEX 2 a 1 b => -ERR wrong number of key-value pairs
		MSETEX 1 a 1 invalid_flag => -ERR syntax error
		MSETEX 1 a 1 GET => -ERR syntax error
		MSETEX 1 a 1 IFEQ x => -ERR syntax error
		MSETEX 1 a 1 PERSIST => -ERR syntax error
		MSETEX 1 a 1 NX XX => -ERR syntax error
		MSETEX 1 a 1 EX 10 PX 5000 => -ERR syntax error
		MSETEX 1 a 1 EXAT 1735689600 PXAT 1735689600000 => -ERR syntax error
		MSETEX 1 a 1 KEEPTTL EX 10 => -ERR syntax error
		MSETEX 1 a 1 EX => -ERR syntax error
		MSETEX 1 a 1 EX 0 => -ERR invalid expire time in 'msetex' command
		MSETEX 1 a 1 PX -1 NX => -ERR invalid expire time in 'msetex' command
		MSETEX 1 a 1 EX abc => -ERR value is not an integer or out of range
		EXISTS a => :0
	`)
}

func TestSetOptions(t *testing.T) {
	newTester(t).script(`
		SET k v NX XX => -ERR syntax error
		SET k v NX IFEQ x => -ERR syntax error
		SET k v IFEQ x IFNE y => -ERR syntax error
		SET k v IFEQ => -ERR syntax error
		SET k v PERSIST => -ERR syntax error
		SET k v EX 10 PX 10 => -ERR syntax error
		SET k v KEEPTTL EX 10 => -ERR syntax error
		SET k v EX => -ERR syntax error
		SET k v EX abc FOO => -ERR syntax error
		SET k v EX abc => -ERR value is not an integer or out of range
		SET k v EX 0 => -ERR invalid expire time in 'set' command
		SET k v EX 9223372036854775 => -ERR invalid expire time in 'set' command
		SET k v PX 9223372036854775807 => -ERR invalid expire time in 'set' command
		EXISTS k => :0
		SET k v nx get ex 10 ex 20 NX => $nil
		TTL k => :20
		SET k w KEEPTTL GET => $v
		TTL k => :20
		SET k w => +OK
		TTL k => :-1
		SET k w EXAT 1 => +OK
		EXISTS k => :0
	`)
}

// Times beyond the 292 years of a time.Duration are exact.
func TestFarDeadlines(t *testing.T) {
	newTester(t).script(`
		SET k v PXAT 9223372036854775807 => +OK
		PEXPIRETIME k => :9223372036854775807
		EXPIRETIME k => :9223372036854776
		PTTL k => :9223370459017975807
		TTL k => :9223370459017976
		SETEX k 9223370459017975 v => +OK
		EXPIRETIME k => :9223372036854775
		SETEX k 9223370459017976 v => -ERR invalid expire time in 'setex' command
		PSETEX k 0 v => -ERR invalid expire time in 'psetex' command
		GETEX k EXAT 9223372036854775 => $v
		PEXPIRETIME k => :9223372036854775000
		GETEX k EXAT 9223372036854776 => -ERR invalid expire time in 'getex' command
	`)
}

func TestGetEx(t *testing.T) {
	newTester(t).script(`
		GETEX none EX abc => $nil
		GETEX none EX 0 => $nil
		GETEX none FOO => -ERR syntax error
		SET k v => +OK
		GETEX k EX 0 => -ERR invalid expire time in 'getex' command
		GETEX k NX => -ERR syntax error
		GETEX k KEEPTTL => -ERR syntax error
		GETEX k PERSIST EX 10 => -ERR syntax error
		GETEX k EX 10 => $v
		GETEX k => $v
		TTL k => :10
		GETEX k persist => $v
		TTL k => :-1
		GETEX k PXAT 1 => $v
		EXISTS k => :0
	`)
}

func TestLCS(t *testing.T) {
	s := newTester(t)
	s.script(`
		MSET a ohmytext b mynewtext => +OK
		LCS a b => $mytext
		LCS a b LEN => :6
		LCS a b IDX => [$matches [[[:4 :7] [:5 :8]] [[:2 :3] [:0 :1]]] $len :6]
		LCS a b IDX MINMATCHLEN 4 => [$matches [[[:4 :7] [:5 :8]]] $len :6]
		LCS a b WITHMATCHLEN MINMATCHLEN 9 => $mytext
		LCS a none IDX => [$matches [] $len :0]
		LCS a b IDX LEN => -ERR If you want both the length and indexes, please just use IDX.
		LCS a b MINMATCHLEN => -ERR syntax error
		LCS a b IDX MINMATCHLEN x => -ERR value is not an integer or out of range
	`)
	s.proto = 3
	s.script(`LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN => {$matches [[[:4 :7] [:5 :8] :4]] $len :6}`)
}

func TestCounters(t *testing.T) {
	s := newTester(t)
	s.proto = 3
	s.script(`
		INCR n => :1
		DECRBY n 5 => :-4
		INCRBY n abc => -ERR value is not an integer or out of range
		DECRBY n -9223372036854775808 => -ERR decrement would overflow
		INCRBYFLOAT n 0.1 => $-3.9
		INCRBYFLOAT n abc => -ERR value is not a valid float
		INCR n => -ERR value is not an integer or out of range
		APPEND n x => :5
		GETSET n y => $-3.9x
		GETSET m y => nil
		GETDEL m => $y
		GETDEL m => nil
		MGET n m => [$y nil]
		MSETNX n 1 o 2 => :0
		MSET n 1 o => -ERR wrong number of arguments for 'mset' command
		MSETNX n 1 o => -ERR wrong number of arguments for 'msetnx' command
		SETNX n 1 => :0
		SETRANGE n 2 z => :3
		STRLEN n => :3
		SUBSTR n -1 -1 => $z
		GETRANGE n x y => -ERR value is not an integer or out of range
	`)
}

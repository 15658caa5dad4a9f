package command

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The operations that Redis 8.2 added, on the example of its documentation of
// BITOP and on the edges.
func TestBitOpNew(t *testing.T) {
	s := newTester(t)
	for _, bits := range [][2]string{{"a", "\xf0\x0f"}, {"b", "\xaa"}, {"c", "\xcc\xff"}} {
		require.Equal(t, "+OK", s.do("SET", bits[0], bits[1]))
	}
	for _, c := range []struct{ op, want string }{
		{"DIFF", "\x10\x00"},
		{"DIFF1", "\x0e\xf0"},
		{"ANDOR", "\xe0\x0f"},
		{"ONE", "\x16\xf0"},
		{"one", "\x16\xf0"},
	} {
		require.Equal(t, ":2", s.do("BITOP", c.op, "d", "a", "b", "c"), c.op)
		require.Equal(t, "$"+c.want, s.do("GET", "d"), c.op)
	}
	s.script(`
		BITOP DIFF d a => -ERR BITOP DIFF must be called with at least two source keys.
		BITOP diff1 d a => -ERR BITOP DIFF1 must be called with at least two source keys.
		BITOP ANDOR d a => -ERR BITOP ANDOR must be called with at least two source keys.
		BITOP ONE d a => :2
		BITOP NOT d a b => -ERR BITOP NOT must be called with a single source key.
		BITOP NAND d a b => -ERR syntax error
		BITOP DIFF d none none => :0
		EXISTS d => :0
	`)
}

// TestBitOpBits checks each bit of each operation against its definition.
func TestBitOpBits(t *testing.T) {
	s := newTester(t)
	meaning := map[string]func(x bool, ys []bool) bool{
		"AND":   func(x bool, ys []bool) bool { return x && count(ys) == len(ys) },
		"OR":    func(x bool, ys []bool) bool { return x || count(ys) > 0 },
		"XOR":   func(x bool, ys []bool) bool { return x != (count(ys)%2 == 1) },
		"DIFF":  func(x bool, ys []bool) bool { return x && count(ys) == 0 },
		"DIFF1": func(x bool, ys []bool) bool { return !x && count(ys) > 0 },
		"ANDOR": func(x bool, ys []bool) bool { return x && count(ys) > 0 },
		"ONE":   func(x bool, ys []bool) bool { return count(append(ys, x)) == 1 },
	}
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom([]string{"AND", "OR", "XOR", "DIFF", "DIFF1", "ANDOR", "ONE"}).Draw(t, "op")
		values := rapid.SliceOfN(rapid.StringN(0, 5, 20), 2, 4).Draw(t, "values")
		args := []string{"BITOP", op, "d"}
		size := 0
		for i, v := range values {
			key := string(rune('a' + i))
			s.do("SET", key, v)
			args = append(args, key)
			size = max(size, len(v))
		}
		s.do(args...)
		result := s.do("GET", "d")[1:]
		for i := range 8 * size {
			bits := make([]bool, len(values))
			for n, v := range values {
				bits[n] = bit(v, i)
			}
			require.Equal(t, meaning[op](bits[0], bits[1:]), bit(result, i), "bit %d", i)
		}
	})
}

func bit(s string, i int) bool { return i/8 < len(s) && s[i/8]>>(7-i%8)&1 == 1 }

func count(bits []bool) (n int) {
	for _, b := range bits {
		if b {
			n++
		}
	}
	return n
}

func TestBitArguments(t *testing.T) {
	newTester(t).script(`
		BITCOUNT none a b c d => :0
		BITPOS none 1 a b c d => :-1
		BITPOS none 0 a b c d => :0
		BITPOS none 2 => -ERR The bit argument must be 1 or 0.
		BITPOS none x => -ERR value is not an integer or out of range
		SET k foobar => +OK
		BITCOUNT k => :26
		BITCOUNT k 1 1 => :6
		BITCOUNT k 5 30 bit => :17
		BITCOUNT k 1 => -ERR syntax error
		BITCOUNT k 0 b foo => -ERR value is not an integer or out of range
		BITCOUNT k 0 1 foo => -ERR syntax error
		BITCOUNT k -1 -2 foo => :0
		BITPOS k 1 2 => :17
		BITPOS k 0 0 -1 BIT => :0
		BITPOS k 1 a b foo => -ERR value is not an integer or out of range
		BITPOS k 1 0 b foo => -ERR syntax error
		BITPOS k 1 0 b => -ERR value is not an integer or out of range
		BITPOS k 1 0 1 bit x => -ERR syntax error
		SETBIT k 4294967296 x => -ERR bit offset is not an integer or out of range
		SETBIT k -1 1 => -ERR bit offset is not an integer or out of range
		SETBIT k 0 2 => -ERR bit is not an integer or out of range
		SETBIT k 0 4294967296 => -ERR bit is not an integer or out of range
		SETBIT k 0 x => -ERR bit is not an integer or out of range
		SETBIT k 7 1 => :0
		GETBIT k 7 => :1
		GETBIT k #1 => -ERR bit offset is not an integer or out of range
	`)
}

func TestBitField(t *testing.T) {
	s := newTester(t)
	s.script(`
		BITFIELD k => []
		BITFIELD k OVERFLOW FAIL => []
		BITFIELD_RO k GET u8 0 => [:0]
		EXISTS k => :0
		BITFIELD k INCRBY i5 100 1 GET u4 0 => [:1 :0]
		BITFIELD k SET u8 #1 255 OVERFLOW sat INCRBY u8 #1 10 overflow Fail INCRBY u8 #1 1 => [:0 :255 $nil]
		BITFIELD_RO k GET u8 8 GET i8 #1 => [:255 :-1]
		BITFIELD k GET u8 => -ERR syntax error
		BITFIELD k SET u8 0 => -ERR syntax error
		BITFIELD k OVERFLOW => -ERR syntax error
		BITFIELD k OVERFLOW foo => -ERR Invalid OVERFLOW type specified
		BITFIELD k GET u64 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
		BITFIELD k GET U8 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
		BITFIELD k GET u08 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
		BITFIELD k GET u8 4294967296 FOO => -ERR bit offset is not an integer or out of range
		BITFIELD k GET u8 #-1 => -ERR bit offset is not an integer or out of range
		BITFIELD k GET u8 #2305843009213693953 => [:255]
		BITFIELD k SET u8 0 x FOO => -ERR value is not an integer or out of range
		BITFIELD_RO k SET u8 0 1 => -ERR BITFIELD_RO only supports the GET subcommand
		BITFIELD_RO k SET u8 0 x => -ERR value is not an integer or out of range
		BITFIELD_RO k OVERFLOW SAT => []
	`)
	s.proto = 3
	s.script(`BITFIELD k OVERFLOW FAIL INCRBY u8 #1 1 => [nil]`)
}

package nook

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/table"
)

// bitmapStore returns a store that ends with the test.
func bitmapStore(t interface{ Cleanup(func()) }, o Options) *Store {
	s, err := New(&o)
	if err != nil {
		panic(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// bitmapJournal keeps all effects.
type bitmapJournal struct{ effects []Effect }

func (*bitmapJournal) Admit() error  { return nil }
func (*bitmapJournal) Commit() error { return nil }

func (j *bitmapJournal) Append(effects []Effect) {
	for _, e := range effects {
		j.effects = append(j.effects, Effect{e.DB, slices.Clone(e.Args)})
	}
}

func (j *bitmapJournal) take() []string {
	var lines []string
	for _, e := range j.effects {
		lines = append(lines, strings.Join(e.Args, " "))
	}
	j.effects = nil
	return lines
}

func TestGetBit(t *testing.T) {
	s := bitmapStore(t, Options{})
	require.NoError(t, s.Set("k", "\x80\x01a"))
	for offset, want := range map[int64]int{0: 1, 1: 0, 7: 0, 8: 0, 15: 1, 16: 0, 17: 1, 18: 1, 23: 1, 24: 0, 1<<32 - 1: 0} {
		bit, err := s.GetBit("k", offset)
		require.NoError(t, err)
		require.Equal(t, want, bit, offset)
	}
	bit, err := s.GetBit("missing", 0)
	require.NoError(t, err)
	require.Zero(t, bit)
	_, err = s.IncrBy("n", 12)
	require.NoError(t, err)
	bit, err = s.GetBit("n", 14) // "2" is 0b00110010
	require.NoError(t, err)
	require.Equal(t, 1, bit)
}

func TestSetBit(t *testing.T) {
	s := bitmapStore(t, Options{})
	old, err := s.SetBit("k", 7, 1)
	require.NoError(t, err)
	require.Equal(t, 0, old)
	requireBitmap(t, s, "k", "\x01")
	old, err = s.SetBit("k", 7, 0)
	require.NoError(t, err)
	require.Equal(t, 1, old)
	requireBitmap(t, s, "k", "\x00")
	_, err = s.SetBit("k", 24, 0)
	require.NoError(t, err)
	requireBitmap(t, s, "k", "\x00\x00\x00\x00")
	_, err = s.SetBit("k", 1000*8, 1)
	require.NoError(t, err)
	requireBitmap(t, s, "k", strings.Repeat("\x00", 1000)+"\x80")
}

func requireBitmap(t require.TestingT, s *Store, key, want string) {
	b, ok, err := s.AppendGet(nil, key)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want, string(b))
}

func TestSetBitKeepsTimeToLive(t *testing.T) {
	s := bitmapStore(t, Options{})
	at := s.Now().Add(1e12).Truncate(1e9)
	for _, value := range []string{"1", strings.Repeat("x", 511), strings.Repeat("x", 600)} {
		require.NoError(t, s.Set("k", value))
		ok, err := s.ExpireAt("k", at)
		require.NoError(t, err)
		require.True(t, ok)
		for _, offset := range []int64{0, 511*8 + 1, 513 * 8, 700 * 8} {
			_, err = s.SetBit("k", offset, 1)
			require.NoError(t, err)
			_, err = s.BitField("k", BitFieldOp{Kind: FieldSet, Type: FieldType{Bits: 3}, Offset: offset, Value: 1})
			require.NoError(t, err)
		}
		got, _, err := s.ExpireTime("k")
		require.NoError(t, err)
		require.True(t, at.Equal(got))
	}
}

func TestBitCount(t *testing.T) {
	s := bitmapStore(t, Options{})
	require.NoError(t, s.Set("k", "foobar"))
	n, err := s.BitCount("k")
	require.NoError(t, err)
	require.EqualValues(t, 26, n)
	n, err = s.BitCount("missing")
	require.NoError(t, err)
	require.Zero(t, n)
	for _, c := range []struct {
		part BitRange
		want int64
	}{
		{BitRange{0, 0, Bytes}, 4},
		{BitRange{1, 1, Bytes}, 6},
		{BitRange{1, 1, Bits}, 1},
		{BitRange{5, 30, Bits}, 17},
		{BitRange{-5, -1, Bytes}, 22},
		{BitRange{-6, 100, Bits}, 3},
		{BitRange{0, -100, Bytes}, 4}, // an end before the value is its first byte
		{BitRange{-100, -101, Bytes}, 0},
		{BitRange{-101, -100, Bytes}, 4},
		{BitRange{3, 2, Bytes}, 0},
		{BitRange{6, 10, Bytes}, 0},
		{BitRange{math.MinInt64, math.MaxInt64, Bits}, 26},
		{BitRange{math.MaxInt64, math.MaxInt64, Bytes}, 0},
	} {
		n, err := s.BitCountRange("k", c.part)
		require.NoError(t, err)
		require.Equal(t, c.want, n, c.part)
	}
}

func TestBitPos(t *testing.T) {
	s := bitmapStore(t, Options{})
	require.NoError(t, s.Set("empty", ""))
	require.NoError(t, s.Set("ones", "\xff\xff\xff"))
	require.NoError(t, s.Set("mixed", "\x00\xff\xf0"))
	const from, to = -1 << 40, 1 << 40 // stand for no argument
	for _, c := range []struct {
		key  string
		bit  int
		part BitRange
		want int64
	}{
		{"missing", 0, BitRange{from, to, Bytes}, 0},
		{"missing", 1, BitRange{from, to, Bytes}, -1},
		{"missing", 0, BitRange{5, to, Bytes}, 0},
		{"missing", 0, BitRange{5, 6, Bits}, 0},
		{"missing", 1, BitRange{0, -1, Bits}, -1},
		{"empty", 0, BitRange{from, to, Bytes}, -1},
		{"empty", 1, BitRange{from, to, Bytes}, -1},
		{"empty", 0, BitRange{0, to, Bytes}, -1},
		{"empty", 0, BitRange{0, 0, Bytes}, -1},
		{"ones", 0, BitRange{from, to, Bytes}, 24},
		{"ones", 0, BitRange{2, to, Bytes}, 24},
		{"ones", 0, BitRange{-100, to, Bytes}, 24},
		{"ones", 0, BitRange{3, to, Bytes}, -1},
		{"ones", 0, BitRange{0, -1, Bytes}, -1},
		{"ones", 0, BitRange{0, 100, Bits}, -1},
		{"ones", 1, BitRange{1, to, Bytes}, 8},
		{"ones", 1, BitRange{5, 2, Bytes}, -1},
		{"ones", 1, BitRange{-50, -70, Bytes}, 0}, // both are moved to the first byte
		{"mixed", 0, BitRange{from, to, Bytes}, 0},
		{"mixed", 1, BitRange{from, to, Bytes}, 8},
		{"mixed", 0, BitRange{1, to, Bytes}, 20},
		{"mixed", 0, BitRange{8, 19, Bits}, -1},
		{"mixed", 0, BitRange{8, 20, Bits}, 20},
		{"mixed", 1, BitRange{-6, -5, Bits}, 18},
		{"mixed", 1, BitRange{-4, -1, Bits}, -1},
		{"mixed", 1, BitRange{math.MinInt64, math.MaxInt64, Bits}, 8},
	} {
		var pos int64
		var err error
		switch {
		case c.part.Start == from:
			pos, err = s.BitPos(c.key, c.bit)
		case c.part.End == to:
			pos, err = s.BitPosFrom(c.key, c.bit, c.part.Start)
		default:
			pos, err = s.BitPosRange(c.key, c.bit, c.part)
		}
		require.NoError(t, err)
		require.Equal(t, c.want, pos, "%+v", c)
	}
}

func TestBitOp(t *testing.T) {
	s := bitmapStore(t, Options{})
	require.NoError(t, s.MSet(Pair{"x", "\xf0\xff"}, Pair{"y", "\x3c"}, Pair{"z", "\xaa\x0f\x11"}))
	for op, want := range map[BitOp]string{
		BitAnd: "\x00\x00\x00", BitOr: "\xfe\xff\x11", BitXor: "\x66\xf0\x11", BitDiff: "\x40\xf0\x00",
		BitDiff1: "\x0e\x00\x11", BitAndOr: "\xb0\x0f\x00", BitOne: "\x46\xf0\x11",
	} {
		n, err := s.BitOp(op, "dst", "x", "y", "z", "missing")
		require.NoError(t, err)
		require.Equal(t, 3, n)
		requireBitmap(t, s, "dst", want)
	}
	n, err := s.BitOp(BitAnd, "dst", "x", "y", "z")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	requireBitmap(t, s, "dst", "\x20\x00\x00")
	n, err = s.BitOp(BitNot, "x", "x")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	requireBitmap(t, s, "x", "\x0f\x00")
}

func TestBitOpDestination(t *testing.T) {
	s := bitmapStore(t, Options{})
	_, err := s.SetWith("dst", "old", SetOptions{Expire: ExpireIn(1e12)})
	require.NoError(t, err)
	require.NoError(t, s.Set("x", "a"))
	_, err = s.BitOp(BitOr, "dst", "x")
	require.NoError(t, err)
	ttl, _, err := s.TTL("dst")
	require.NoError(t, err)
	require.Equal(t, NoTTL, ttl)
	n, err := s.BitOp(BitOr, "dst", "missing")
	require.NoError(t, err)
	require.Zero(t, n)
	exists, err := s.Exists("dst")
	require.NoError(t, err)
	require.Zero(t, exists)
}

// The values are those of the real server.
func TestBitFieldOverflow(t *testing.T) {
	s := bitmapStore(t, Options{})
	require.NoError(t, s.Set("k", "\xff\x7f\x80"))
	u8, i8, i64 := FieldType{Bits: 8}, FieldType{true, 8}, FieldType{true, 64}
	for _, c := range []struct {
		step BitFieldOp
		want string
	}{
		{BitFieldOp{FieldIncrBy, u8, 0, 3, Wrap}, "[2]"},
		{BitFieldOp{FieldSet, u8, 0, 255, Wrap}, "[2]"},
		{BitFieldOp{FieldIncrBy, u8, 0, 3, Sat}, "[255]"},
		{BitFieldOp{FieldIncrBy, u8, 0, 3, Fail}, "[nil]"},
		{BitFieldOp{FieldIncrBy, u8, 0, -256, Sat}, "[0]"},
		{BitFieldOp{FieldIncrBy, u8, 0, -1, Wrap}, "[255]"},
		{BitFieldOp{FieldIncrBy, i8, 8, 1, Sat}, "[127]"},
		{BitFieldOp{FieldIncrBy, i8, 8, 1, Fail}, "[nil]"},
		{BitFieldOp{FieldIncrBy, i8, 8, 1, Wrap}, "[-128]"},
		{BitFieldOp{FieldIncrBy, i8, 16, -1, Sat}, "[-128]"},
		{BitFieldOp{FieldIncrBy, i8, 16, -1, Wrap}, "[127]"},
		{BitFieldOp{FieldSet, i8, 16, 200, Sat}, "[127]"},
		{BitFieldOp{FieldSet, i8, 16, -200, Sat}, "[127]"},
		{BitFieldOp{FieldSet, i8, 16, -200, Fail}, "[nil]"},
		{BitFieldOp{FieldSet, i8, 16, math.MinInt64, Sat}, "[-128]"}, // and sets it to 127
		{BitFieldOp{FieldGet, i8, 16, 0, Wrap}, "[127]"},
		{BitFieldOp{FieldSet, i64, 24, math.MaxInt64, Wrap}, "[0]"},
		{BitFieldOp{FieldIncrBy, i64, 24, 1, Fail}, "[nil]"},
		{BitFieldOp{FieldIncrBy, i64, 24, 1, Sat}, "[9223372036854775807]"},
		{BitFieldOp{FieldIncrBy, i64, 24, 1, Wrap}, "[-9223372036854775808]"},
		{BitFieldOp{FieldGet, FieldType{Bits: 63}, 25, 0, Wrap}, "[0]"},
		{BitFieldOp{FieldGet, FieldType{Bits: 5}, 1 << 31, 0, Wrap}, "[0]"},
	} {
		results, err := s.BitField("k", c.step)
		require.NoError(t, err)
		require.Equal(t, c.want, showInts(results), "%+v", c.step)
	}
}

func showInts(results []OptionalInt) string {
	texts := make([]string, len(results))
	for i, r := range results {
		texts[i] = "nil"
		if r.OK {
			texts[i] = strconv.FormatInt(r.Value, 10)
		}
	}
	return "[" + strings.Join(texts, " ") + "]"
}

func TestBitFieldOnMissingKey(t *testing.T) {
	s := bitmapStore(t, Options{})
	u8 := FieldType{Bits: 8}
	results, err := s.BitField("k", BitFieldOp{Type: u8})
	require.NoError(t, err)
	require.Equal(t, "[0]", showInts(results))
	results, err = s.BitField("k")
	require.NoError(t, err)
	require.Equal(t, "[]", showInts(results))
	n, err := s.Exists("k")
	require.NoError(t, err)
	require.Zero(t, n, "reading creates no key")
	results, err = s.BitField("k", BitFieldOp{FieldSet, u8, 4, 256, Fail})
	require.NoError(t, err)
	require.Equal(t, "[nil]", showInts(results))
	requireBitmap(t, s, "k", "\x00\x00") // as in Redis
}

func TestBitmapBadInput(t *testing.T) {
	s := bitmapStore(t, Options{})
	require.NoError(t, s.Set("k", "abc"))
	u8 := FieldType{Bits: 8}
	field := func(o BitFieldOp) error { _, err := s.BitField("k", o); return err }
	fieldRO := func(o BitFieldOp) error { _, err := s.BitFieldRO("k", o); return err }
	setBit := func(offset int64, bit int) error { _, err := s.SetBit("k", offset, bit); return err }
	getBit := func(offset int64) error { _, err := s.GetBit("k", offset); return err }
	pos := func(bit int, u Unit) error { _, err := s.BitPosRange("k", bit, BitRange{0, -1, u}); return err }
	count := func(u Unit) error { _, err := s.BitCountRange("k", BitRange{0, -1, u}); return err }
	op := func(o BitOp, keys ...string) error { _, err := s.BitOp(o, "k", keys...); return err }
	for i, c := range []struct {
		err  error
		is   *Error
		text string
	}{
		{getBit(-1), ErrBitOffset, "ERR bit offset is not an integer or out of range"},
		{getBit(1 << 32), ErrBitOffset, ""},
		{setBit(-1, 0), ErrBitOffset, ""},
		{setBit(1<<32, 0), ErrBitOffset, ""},
		{setBit(math.MaxInt64, 7), ErrBitOffset, ""},
		{setBit(0, 2), ErrBitValue, "ERR bit is not an integer or out of range"},
		{setBit(0, -1), ErrBitValue, ""},
		{pos(2, Bytes), ErrBitArgument, "ERR The bit argument must be 1 or 0."},
		{pos(-1, Bytes), ErrBitArgument, ""},
		{pos(0, 2), ErrSyntax, "ERR syntax error"},
		{count(2), ErrSyntax, ""},
		{op(BitOne + 1), ErrSyntax, ""},
		{op(BitAnd), ErrBitOpSources, "ERR wrong number of arguments for 'bitop' command"},
		{op(BitNot), ErrBitOpSources, ""},
		{op(BitNot, "a", "b"), ErrBitOpNot, "ERR BITOP NOT must be called with a single source key."},
		{op(BitDiff, "a"), ErrBitOpSources, "ERR BITOP DIFF must be called with at least two source keys."},
		{op(BitDiff1, "a"), ErrBitOpSources, "ERR BITOP DIFF1 must be called with at least two source keys."},
		{op(BitAndOr, "a"), ErrBitOpSources, "ERR BITOP ANDOR must be called with at least two source keys."},
		{field(BitFieldOp{Type: FieldType{Bits: 64}}), ErrBitFieldType, "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."},
		{field(BitFieldOp{Type: FieldType{Bits: 0}}), ErrBitFieldType, ""},
		{field(BitFieldOp{Type: FieldType{true, 65}}), ErrBitFieldType, ""},
		{field(BitFieldOp{Type: FieldType{true, -1}}), ErrBitFieldType, ""},
		{field(BitFieldOp{Type: u8, Offset: -1}), ErrBitOffset, ""},
		{field(BitFieldOp{Type: u8, Offset: 1 << 32}), ErrBitOffset, ""},
		{field(BitFieldOp{Type: u8, Offset: math.MaxInt64, Kind: FieldSet}), ErrBitOffset, ""},
		{field(BitFieldOp{Type: u8, Kind: FieldIncrBy + 1}), ErrSyntax, ""},
		{field(BitFieldOp{Type: u8, Overflow: Fail + 1}), ErrBitFieldOverflow, "ERR Invalid OVERFLOW type specified"},
		{fieldRO(BitFieldOp{Type: u8, Kind: FieldSet}), ErrBitFieldReadOnly, "ERR BITFIELD_RO only supports the GET subcommand"},
		{fieldRO(BitFieldOp{Type: FieldType{}, Kind: FieldSet}), ErrBitFieldType, ""},
	} {
		require.ErrorIs(t, c.err, c.is, i)
		if c.text != "" {
			require.EqualError(t, c.err, c.text, i)
		}
	}
	requireBitmap(t, s, "k", "abc")
	require.Equal(t, "unknown", (BitOne + 1).String())
	require.Equal(t, "unknown", (Fail + 1).String())
}

func TestBitmapLimit(t *testing.T) {
	s := bitmapStore(t, Options{MaxStringLen: 1000})
	_, err := s.SetBit("k", 7999, 1)
	require.NoError(t, err)
	_, err = s.SetBit("k", 8000, 1)
	require.ErrorIs(t, err, ErrBitOffset)
	_, err = s.GetBit("k", 8000)
	require.ErrorIs(t, err, ErrBitOffset)
	results, err := s.BitField("k", BitFieldOp{FieldSet, FieldType{true, 64}, 7999, -1, Wrap})
	require.NoError(t, err)
	require.Equal(t, "[-9223372036854775808]", showInts(results))
	n, err := s.StrLen("k")
	require.NoError(t, err)
	require.Equal(t, 1008, n, "as in Redis a field may jut out")
}

// bitmapObject stands for a value of another type.
type bitmapObject struct{}

func (bitmapObject) Empty() bool { return false }
func (bitmapObject) Bytes() int  { return 0 }

func TestBitmapWrongType(t *testing.T) {
	s := bitmapStore(t, Options{})
	w, err := s.write("k")
	require.NoError(t, err)
	w.put(table.NewObject("k", bitmapObject{}, 0))
	w.done(nil)
	u8 := FieldType{Bits: 8}
	for name, call := range map[string]func() error{
		"GETBIT":      func() error { _, err := s.GetBit("k", 0); return err },
		"SETBIT":      func() error { _, err := s.SetBit("k", 0, 1); return err },
		"BITCOUNT":    func() error { _, err := s.BitCount("k"); return err },
		"BITPOS":      func() error { _, err := s.BitPos("k", 0); return err },
		"BITOP":       func() error { _, err := s.BitOp(BitOr, "k", "missing", "k"); return err },
		"BITFIELD":    func() error { _, err := s.BitField("k", BitFieldOp{Kind: FieldSet, Type: u8}); return err },
		"BITFIELD_RO": func() error { _, err := s.BitFieldRO("k"); return err },
	} {
		require.ErrorIs(t, call(), ErrWrongType, name)
	}
	require.NoError(t, s.Set("x", "x"))
	_, err = s.BitOp(BitOr, "k", "x")
	require.NoError(t, err, "a destination of any type is replaced")
	requireBitmap(t, s, "k", "x")
}

// The events are those of the real server with notify-keyspace-events KEA, and
// so are the effects, but that it repeats the reads of BITFIELD and says BITOP for DEL.
func TestBitmapEventsAndEffects(t *testing.T) {
	var j bitmapJournal
	s := bitmapStore(t, Options{Journal: &j})
	var events []string
	hear(s, EventString|EventGeneric, func(e Event) {
		events = append(events, e.Name+" "+e.Key)
	})
	setBit := func(key string, offset int64, bit int) func() error {
		return func() error { _, err := s.SetBit(key, offset, bit); return err }
	}
	op := func(o BitOp, dst string, keys ...string) func() error {
		return func() error { _, err := s.BitOp(o, dst, keys...); return err }
	}
	field := func(key string, steps ...BitFieldOp) func() error {
		return func() error { _, err := s.BitField(key, steps...); return err }
	}
	u8, i5 := FieldType{Bits: 8}, FieldType{true, 5}
	for i, c := range []struct {
		call   func() error
		event  string
		effect string
	}{
		{setBit("k", 9, 1), "setbit k", "SETBIT k 9 1"},
		{setBit("k", 9, 1), "", ""},
		{setBit("k", 10, 0), "", ""},
		{setBit("k", 16, 0), "setbit k", "SETBIT k 16 0"},
		{op(BitNot, "d", "k"), "set d", "BITOP NOT d k"},
		{op(BitAndOr, "d", "k", "x"), "set d", "BITOP ANDOR d k x"},
		{op(BitAnd, "d", "x", "y"), "del d", "DEL d"},
		{op(BitAnd, "d", "x", "y"), "", ""},
		{field("f", BitFieldOp{Type: u8}), "", ""},
		{field("f", BitFieldOp{FieldSet, u8, 0, 256, Fail}), "", "BITFIELD f OVERFLOW FAIL SET u8 0 256"},
		{field("f", BitFieldOp{FieldSet, u8, 0, 256, Fail}), "", ""},
		{field("f", BitFieldOp{FieldSet, u8, 0, 0, Wrap}), "", ""},
		{field("f", BitFieldOp{FieldSet, u8, 8, 0, Wrap}), "setbit f", "BITFIELD f SET u8 8 0"},
		{field("f", BitFieldOp{FieldSet, u8, 0, 0, Wrap}, BitFieldOp{Type: u8}, BitFieldOp{FieldIncrBy, i5, 3, -1, Sat}, BitFieldOp{FieldSet, i5, 3, 1, Sat}),
			"setbit f", "BITFIELD f SET u8 0 0 OVERFLOW SAT INCRBY i5 3 -1 SET i5 3 1"},
	} {
		events = nil
		require.NoError(t, c.call(), i)
		require.Equal(t, c.event, strings.Join(events, ","), i)
		require.Equal(t, c.effect, strings.Join(j.take(), ","), i)
	}
}

func TestBitmapEncoding(t *testing.T) {
	s := bitmapStore(t, Options{})
	encoding := func(want string) {
		t.Helper()
		got, _, err := s.ObjectEncoding("k")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	changes := func(call func()) int64 {
		before, err := s.Stats()
		require.NoError(t, err)
		call()
		after, err := s.Stats()
		require.NoError(t, err)
		return after.Changes - before.Changes
	}
	steps := []BitFieldOp{{FieldSet, FieldType{Bits: 8}, 0, '1', Wrap}}
	for _, unchanged := range []func(){
		func() { _, _ = s.SetBit("k", 0, 0) },
		func() { _, _ = s.BitField("k", steps...) },
	} {
		require.NoError(t, s.Set("k", "123"))
		_, _ = s.GetBit("k", 0)
		_, _ = s.BitFieldRO("k", BitFieldOp{Type: FieldType{Bits: 8}})
		encoding("int")
		require.Zero(t, changes(unchanged))
		encoding("raw")
		requireBitmap(t, s, "k", "123")
	}
	require.NoError(t, s.Set("k", "123"))
	_, err := s.BitOp(BitOr, "k", "k")
	require.NoError(t, err)
	encoding("raw")
}

func TestBitmapInTransaction(t *testing.T) {
	s := bitmapStore(t, Options{})
	err := s.Exec(func(tx *Tx) error {
		_, setErr := tx.SetBit("a", 0, 1)
		_, opErr := tx.BitOp(BitNot, "b", "a")
		n, countErr := tx.BitCount("b")
		require.EqualValues(t, 7, n)
		return errors.Join(setErr, opErr, countErr)
	}, "a", "b")
	require.NoError(t, err)
	requireBitmap(t, s, "b", "\x7f")
}

func TestBitmapAllocations(t *testing.T) {
	s := bitmapStore(t, Options{})
	require.NoError(t, s.Set("small", strings.Repeat("x", 512)))
	require.NoError(t, s.Set("long", strings.Repeat("x", 5000)))
	_, err := s.SetBit("buffer", 8000, 1)
	require.NoError(t, err)
	bit := 0
	toggle := func(key string) func() {
		return func() { bit ^= 1; _, _ = s.SetBit(key, 77, bit) }
	}
	for name, c := range map[string]struct {
		most float64
		call func()
	}{
		"small":  {1, toggle("small")},
		"buffer": {0, toggle("buffer")},
		"reads": {0, func() {
			for _, key := range []string{"small", "long", "buffer", "missing"} {
				_, _ = s.GetBit(key, 5)
				_, _ = s.BitCount(key)
				_, _ = s.BitPosFrom(key, 1, 100)
			}
		}},
	} {
		require.LessOrEqual(t, testing.AllocsPerRun(100, c.call), c.most, name)
	}
}

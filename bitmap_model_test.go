package nook

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// A bitmapModel is what the commands do to strings, bit by bit.
type bitmapModel map[string]string

func toBits(s string) []bool {
	b := make([]bool, 0, len(s)*8)
	for i := range len(s) {
		for k := 7; k >= 0; k-- {
			b = append(b, s[i]&(1<<k) != 0)
		}
	}
	return b
}

func fromBits(b []bool) string {
	s := make([]byte, (len(b)+7)/8)
	for i, set := range b {
		if set {
			s[i/8] |= 128 >> (i % 8)
		}
	}
	return string(s)
}

// grown returns the bits of a value with zeros up to whole bytes that hold n.
func (m bitmapModel) grown(key string, n int64) []bool {
	b := toBits(m[key])
	for int64(len(b)) < (n+7)/8*8 {
		b = append(b, false)
	}
	return b
}

func (m bitmapModel) setBit(key string, offset int64, bit int) string {
	b := m.grown(key, offset+1)
	old := b[offset]
	b[offset] = bit == 1
	m[key] = fromBits(b)
	return showBit(old)
}

func (m bitmapModel) getBit(key string, offset int64) string {
	return showBit(m.grown(key, offset+1)[offset])
}

func showBit(set bool) string {
	if set {
		return "1"
	}
	return "0"
}

// positions returns the offsets of the bits in a part of a value.
func (m bitmapModel) positions(key string, part BitRange) (offsets []int64) {
	unit := int64(8)
	if part.Unit == Bits {
		unit = 1
	}
	size := int64(len(m[key])) * 8 / unit
	ends := [2]int64{part.Start, part.End}
	for i := range ends {
		if ends[i] < 0 {
			ends[i] += size
		}
		if ends[i] < 0 {
			ends[i] = 0
		}
	}
	for i := range size * unit {
		if ends[0] <= i/unit && i/unit <= ends[1] {
			offsets = append(offsets, i)
		}
	}
	return offsets
}

func (m bitmapModel) count(key string, part BitRange) string {
	n := 0
	if part.Start >= 0 || part.End >= 0 || part.Start <= part.End {
		b := toBits(m[key])
		for _, i := range m.positions(key, part) {
			if b[i] {
				n++
			}
		}
	}
	return strconv.Itoa(n)
}

func (m bitmapModel) pos(key string, bit int, part BitRange, open bool) string {
	if _, ok := m[key]; !ok {
		return strconv.Itoa(-bit)
	}
	b, offsets := toBits(m[key]), m.positions(key, part)
	for _, i := range offsets {
		if b[i] == (bit == 1) {
			return strconv.FormatInt(i, 10)
		}
	}
	if bit == 0 && open && len(offsets) > 0 {
		return strconv.Itoa(len(m[key]) * 8)
	}
	return "-1"
}

func (m bitmapModel) op(op BitOp, dst string, keys []string) string {
	size := 0
	for _, key := range keys {
		size = max(size, len(m[key]))
	}
	out := make([]bool, size*8)
	sources := make([][]bool, len(keys))
	for n, key := range keys {
		sources[n] = m.grown(key, int64(len(out)))
	}
	for i := range out {
		x, ys, all := sources[0][i], 0, 0
		for n, b := range sources {
			if b[i] {
				all++
				ys += min(n, 1)
			}
		}
		out[i] = bitOpTruth(op, x, ys, all, len(keys))
	}
	m[dst] = fromBits(out)
	if size == 0 {
		delete(m, dst)
	}
	return strconv.Itoa(size)
}

// bitOpTruth tells the result of an operation on a bit of x, one that is set in
// so many of the ys, and in so many of all n sources.
func bitOpTruth(op BitOp, x bool, ys, all, n int) bool {
	switch op {
	case BitAnd:
		return all == n
	case BitOr:
		return all > 0
	case BitXor:
		return all%2 == 1
	case BitNot:
		return !x
	case BitDiff:
		return x && ys == 0
	case BitDiff1:
		return !x && ys > 0
	case BitAndOr:
		return x && ys > 0
	default:
		return all == 1
	}
}

func (m bitmapModel) fields(key string, steps []BitFieldOp) string {
	for _, o := range steps {
		if o.Kind != FieldGet {
			m[key] = fromBits(m.grown(key, o.Offset+int64(o.Type.Bits)))
		}
	}
	results := make([]OptionalInt, len(steps))
	for i, o := range steps {
		results[i] = m.field(key, o)
	}
	return showInts(results)
}

func (m bitmapModel) field(key string, o BitFieldOp) OptionalInt {
	width := uint(o.Type.Bits)
	b := m.grown(key, o.Offset+int64(width))[o.Offset:]
	old := new(big.Int)
	for i := range width {
		old.Lsh(old, 1)
		if b[i] {
			old.SetBit(old, 0, 1)
		}
	}
	low, high, size := fieldLimits(o.Type)
	if old.Cmp(high) > 0 {
		old.Sub(old, size)
	}
	if o.Kind == FieldGet {
		return OptionalInt{old.Int64(), true}
	}
	next := big.NewInt(o.Value)
	switch {
	case o.Kind == FieldIncrBy:
		next.Add(next, old)
	case !o.Type.Signed:
		next.SetUint64(uint64(o.Value))
	}
	if next.Cmp(low) < 0 || next.Cmp(high) > 0 {
		switch o.Overflow {
		case Fail:
			return OptionalInt{}
		case Sat:
			next = nearest(o, next, low, high)
		default:
			next.Mod(next, size)
			if next.Cmp(high) > 0 {
				next.Sub(next, size)
			}
		}
	}
	whole := m.grown(key, 0)
	for i := range width {
		whole[o.Offset+int64(i)] = new(big.Int).Mod(next, size).Bit(int(width-1-i)) == 1
	}
	m[key] = fromBits(whole)
	if o.Kind == FieldSet {
		return OptionalInt{old.Int64(), true}
	}
	return OptionalInt{next.Int64(), true}
}

// fieldLimits returns the least and the greatest integer of a type and how many
// there are.
func fieldLimits(f FieldType) (low, high, size *big.Int) {
	one := big.NewInt(1)
	size = new(big.Int).Lsh(one, uint(f.Bits))
	low, high = new(big.Int), new(big.Int).Sub(size, one)
	if f.Signed {
		half := new(big.Int).Rsh(size, 1)
		low.Neg(half)
		high.Sub(half, one)
	}
	return low, high, size
}

// nearest is the limit that v is beyond. Redis gets that wrong when a SET is so
// far below that the distance to the upper limit is no int64.
func nearest(o BitFieldOp, v, low, high *big.Int) *big.Int {
	quirk := o.Kind == FieldSet && !new(big.Int).Sub(high, v).IsInt64()
	if v.Cmp(high) > 0 || quirk {
		return high
	}
	return low
}

// A bitmapStep is one command, as the wire, the store and the model take it.
type bitmapStep struct {
	args  []string
	typed func(s *Store) (string, error)
	naive func(m bitmapModel) string
}

var (
	bitmapKeys  = rapid.SampledFrom([]string{"a", "b", "c"})
	bitmapIndex = rapid.OneOf(rapid.Int64Range(-30, 30), rapid.SampledFrom([]int64{0, -1, 511, 512, 4095, 4096, -4200, math.MaxInt64, math.MinInt64}))
	bitmapBit   = rapid.IntRange(0, 1)
	bitmapWhere = rapid.OneOf(rapid.Int64Range(0, 40), rapid.Int64Range(4080, 4110), rapid.Int64Range(0, 5000))
	bitmapBytes = rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune{0, 'a', 'U'}), 0, 20, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.IntRange(0, 20), func(n int) string { return strings.Repeat("\xff", n) + "\x0f" }),
		rapid.Map(rapid.IntRange(505, 530), func(n int) string { return strings.Repeat("\x00\xff\xa5", n)[:n] }),
	)
)

func drawBitmapStep(t *rapid.T, ops []BitOp) bitmapStep {
	key := bitmapKeys.Draw(t, "key")
	switch rapid.IntRange(0, 12).Draw(t, "command") {
	case 0, 1:
		return stepSet(key, bitmapBytes.Draw(t, "value"))
	case 2:
		return stepNumber(key, rapid.Int64().Draw(t, "number"))
	case 3:
		return stepGet(key)
	case 4, 5:
		return stepSetBit(key, bitmapWhere.Draw(t, "offset"), bitmapBit.Draw(t, "bit"))
	case 6:
		return stepGetBit(key, bitmapWhere.Draw(t, "offset"))
	case 7:
		return stepCount(key, drawBitRange(t))
	case 8:
		return stepPos(key, bitmapBit.Draw(t, "bit"), drawBitRange(t), rapid.Bool().Draw(t, "open"))
	case 9:
		return stepOp(rapid.SampledFrom(ops).Draw(t, "op"), key, rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "missing"}), 2, 4).Draw(t, "keys"))
	default:
		return stepFields(key, rapid.SliceOfN(rapid.Custom(drawBitField), 0, 4).Draw(t, "steps"))
	}
}

func drawBitRange(t *rapid.T) BitRange {
	return BitRange{bitmapIndex.Draw(t, "start"), bitmapIndex.Draw(t, "end"), Unit(rapid.IntRange(0, 1).Draw(t, "unit"))}
}

func drawBitField(t *rapid.T) BitFieldOp {
	o := BitFieldOp{
		Kind:     FieldKind(rapid.IntRange(0, 2).Draw(t, "kind")),
		Type:     FieldType{Signed: rapid.Bool().Draw(t, "signed")},
		Offset:   bitmapWhere.Draw(t, "offset"),
		Overflow: Overflow(rapid.IntRange(0, 2).Draw(t, "overflow")),
		Value: rapid.OneOf(rapid.Int64Range(-300, 300), rapid.Int64(),
			rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64})).Draw(t, "value"),
	}
	widest := 63
	if o.Type.Signed {
		widest = 64
	}
	o.Type.Bits = rapid.IntRange(1, widest).Draw(t, "bits")
	return o
}

func stepSet(key, value string) bitmapStep {
	return bitmapStep{
		args:  []string{"SET", key, value},
		typed: func(s *Store) (string, error) { return "OK", s.Set(key, value) },
		naive: func(m bitmapModel) string { m[key] = value; return "OK" },
	}
}

// stepNumber gives the store a counter.
func stepNumber(key string, n int64) bitmapStep {
	text := strconv.FormatInt(n, 10)
	return bitmapStep{
		args: []string{"SET", key, text},
		typed: func(s *Store) (string, error) {
			_, err := s.Del(key)
			if err == nil {
				_, err = s.IncrBy(key, n)
			}
			return "OK", err
		},
		naive: func(m bitmapModel) string { m[key] = text; return "OK" },
	}
}

// stepGet makes the store hand out a value, after which it must not change it in place.
func stepGet(key string) bitmapStep {
	return bitmapStep{
		args:  []string{"GET", key},
		typed: func(s *Store) (string, error) { v, _, err := s.Get(key); return v, err },
		naive: func(m bitmapModel) string { return m[key] },
	}
}

func stepSetBit(key string, offset int64, bit int) bitmapStep {
	return bitmapStep{
		args:  []string{"SETBIT", key, fmt.Sprint(offset), fmt.Sprint(bit)},
		typed: func(s *Store) (string, error) { old, err := s.SetBit(key, offset, bit); return fmt.Sprint(old), err },
		naive: func(m bitmapModel) string { return m.setBit(key, offset, bit) },
	}
}

func stepGetBit(key string, offset int64) bitmapStep {
	return bitmapStep{
		args:  []string{"GETBIT", key, fmt.Sprint(offset)},
		typed: func(s *Store) (string, error) { bit, err := s.GetBit(key, offset); return fmt.Sprint(bit), err },
		naive: func(m bitmapModel) string { return m.getBit(key, offset) },
	}
}

func rangeArgs(part BitRange) []string {
	return []string{fmt.Sprint(part.Start), fmt.Sprint(part.End), []string{"BYTE", "BIT"}[part.Unit]}
}

func stepCount(key string, part BitRange) bitmapStep {
	return bitmapStep{
		args:  append([]string{"BITCOUNT", key}, rangeArgs(part)...),
		typed: func(s *Store) (string, error) { n, err := s.BitCountRange(key, part); return fmt.Sprint(n), err },
		naive: func(m bitmapModel) string { return m.count(key, part) },
	}
}

func stepPos(key string, bit int, part BitRange, open bool) bitmapStep {
	args := append([]string{"BITPOS", key, fmt.Sprint(bit)}, rangeArgs(part)...)
	typed := func(s *Store) (int64, error) { return s.BitPosRange(key, bit, part) }
	if open {
		args = args[:4]
		part = BitRange{part.Start, -1, Bytes}
		typed = func(s *Store) (int64, error) { return s.BitPosFrom(key, bit, part.Start) }
	}
	return bitmapStep{
		args:  args,
		typed: func(s *Store) (string, error) { pos, err := typed(s); return fmt.Sprint(pos), err },
		naive: func(m bitmapModel) string { return m.pos(key, bit, part, open) },
	}
}

func stepOp(op BitOp, dst string, keys []string) bitmapStep {
	if op == BitNot {
		keys = keys[:1]
	}
	return bitmapStep{
		args:  append([]string{"BITOP", op.String(), dst}, keys...),
		typed: func(s *Store) (string, error) { n, err := s.BitOp(op, dst, keys...); return fmt.Sprint(n), err },
		naive: func(m bitmapModel) string { return m.op(op, dst, keys) },
	}
}

func stepFields(key string, steps []BitFieldOp) bitmapStep {
	args := []string{"BITFIELD", key}
	readOnly := true
	for _, o := range steps {
		args = append(args, "OVERFLOW", o.Overflow.String(), []string{"GET", "SET", "INCRBY"}[o.Kind], o.Type.String(), fmt.Sprint(o.Offset))
		if o.Kind != FieldGet {
			args = append(args, fmt.Sprint(o.Value))
			readOnly = false
		}
	}
	return bitmapStep{
		args: args,
		typed: func(s *Store) (string, error) {
			call := s.BitField
			if readOnly {
				call = s.BitFieldRO
			}
			results, err := call(key, steps...)
			return showInts(results), err
		},
		naive: func(m bitmapModel) string { return m.fields(key, steps) },
	}
}

var allBitOps = []BitOp{BitAnd, BitOr, BitXor, BitNot, BitDiff, BitDiff1, BitAndOr, BitOne}

func TestBitmapModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var j bitmapJournal
		s, m := bitmapStore(t, Options{Journal: &j}), bitmapModel{}
		handed := map[string]string{} // copies of values that Get gave away, by these
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			step := drawBitmapStep(t, allBitOps)
			got, err := step.typed(s)
			require.NoError(t, err)
			require.Equal(t, step.naive(m), got, step.args)
			requireModel(t, s, m)
			if step.args[0] == "GET" {
				handed[strings.Clone(got)] = got
			}
		}
		for want, got := range handed {
			require.Equal(t, want, got, "a value was changed after it had been handed out")
		}
		replayed := bitmapStore(t, Options{})
		for _, e := range j.effects {
			require.NoError(t, replayBitmap(replayed, e.Args))
		}
		requireModel(t, replayed, m)
	})
}

func requireModel(t require.TestingT, s *Store, m bitmapModel) {
	for _, key := range []string{"a", "b", "c", "missing"} {
		b, ok, err := s.AppendGet(nil, key)
		require.NoError(t, err)
		want, exists := m[key]
		require.Equal(t, exists, ok, key)
		require.Equal(t, want, string(b), key)
	}
}

// replayBitmap runs an effect.
func replayBitmap(s *Store, args []string) error {
	number := func(i int) int64 { n, _ := strconv.ParseInt(args[i], 10, 64); return n }
	var err error
	switch args[0] {
	case "SET":
		err = s.Set(args[1], args[2])
	case "DEL":
		_, err = s.Del(args[1])
	case "INCRBY":
		_, err = s.IncrBy(args[1], number(2))
	case "SETBIT":
		_, err = s.SetBit(args[1], number(2), int(number(3)))
	case "BITOP":
		_, err = s.BitOp(BitOp(slices.Index(bitOpNames[:], args[1])), args[2], args[3:]...)
	case "BITFIELD":
		_, err = s.BitField(args[1], parseFields(args[2:])...)
	default:
		err = fmt.Errorf("unexpected effect %q", args)
	}
	return err
}

func parseFields(args []string) (steps []BitFieldOp) {
	overflow := Wrap
	for len(args) > 0 {
		if args[0] == "OVERFLOW" {
			overflow = Overflow(slices.Index(overflowNames[:], args[1]))
			args = args[2:]
			continue
		}
		o := BitFieldOp{Kind: FieldSet, Overflow: overflow, Type: FieldType{Signed: args[1][0] == 'i'}}
		if args[0] == "INCRBY" {
			o.Kind = FieldIncrBy
		}
		o.Type.Bits, _ = strconv.Atoi(args[1][1:])
		o.Offset, _ = strconv.ParseInt(args[2], 10, 64)
		o.Value, _ = strconv.ParseInt(args[3], 10, 64)
		steps, args = append(steps, o), args[4:]
	}
	return steps
}

// TestBitmapServer compares replies, values and encodings with those of a real server,
// and lets it run the effects in another database.
func TestBitmapServer(t *testing.T) {
	server := redistest.Start(t)
	conn, replica := server.Dial(t), server.Dial(t)
	require.Equal(t, "OK", replica.Do("SELECT", "1").Str)
	rapid.Check(t, func(t *rapid.T) {
		require.Equal(t, "OK", conn.Do("FLUSHALL").Str)
		var j bitmapJournal
		s := bitmapStore(t, Options{Journal: &j})
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			step := drawBitmapStep(t, []BitOp{BitAnd, BitOr, BitXor, BitNot})
			got, err := step.typed(s)
			require.NoError(t, err)
			require.Equal(t, showReply(conn.Do(step.args...)), got, step.args)
			for _, key := range []string{"a", "b", "c"} {
				b, _, err := s.AppendGet(nil, key)
				require.NoError(t, err)
				require.Equal(t, conn.Do("GET", key).Str, string(b), key)
				encoding, _, err := s.ObjectEncoding(key)
				require.NoError(t, err)
				require.Equal(t, conn.Do("OBJECT", "ENCODING", key).Str, encoding, key)
			}
		}
		for _, e := range j.effects {
			require.NotEqual(t, resp.KindError, replica.Do(e.Args...).Kind, e.Args)
		}
		for _, key := range []string{"a", "b", "c"} {
			require.Equal(t, conn.Do("GET", key), replica.Do("GET", key))
		}
	})
}

// showReply writes a reply as a bitmapStep does.
func showReply(r resp.Reply) string {
	switch r.Kind {
	case resp.KindInt:
		return strconv.FormatInt(r.Int, 10)
	case resp.KindArray:
		results := make([]OptionalInt, len(r.Elems))
		for i, e := range r.Elems {
			results[i] = OptionalInt{e.Int, !e.Null}
		}
		return showInts(results)
	default:
		return r.Str
	}
}

package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// allocated returns how many bytes f allocates, with those of other goroutines.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A file of units and where each of them ends.
type file struct {
	text  []byte
	units [][][]string
	ends  []int64
}

func (f *file) add(transaction bool, commands ...[]string) {
	if transaction {
		f.text = AppendMulti(f.text)
	}
	for _, c := range commands {
		f.text = AppendCommand(f.text, c)
	}
	if transaction {
		f.text = AppendExec(f.text)
	}
	f.units = append(f.units, commands)
	f.ends = append(f.ends, int64(len(f.text)))
}

// wholeUpTo returns how many units end at or before n, and where the last of
// them does.
func (f *file) wholeUpTo(n int64) (units int, end int64) {
	for units < len(f.ends) && f.ends[units] <= n {
		end = f.ends[units]
		units++
	}
	return units, end
}

// readAll returns the units of r up to its error.
func readAll(r *Reader) ([][][]string, error) {
	units := [][][]string{}
	for {
		u, err := r.Next()
		if err != nil {
			return units, err
		}
		var commands [][]string
		for _, c := range u.Commands {
			commands = append(commands, append([]string(nil), c...))
		}
		units = append(units, commands)
	}
}

func smallFile() *file {
	f := &file{}
	f.text = AppendSelect(f.text, 0)
	f.units, f.ends = [][][]string{{{"SELECT", "0"}}}, []int64{int64(len(f.text))}
	f.add(false, []string{"SET", "key", "value\r\nof two lines"})
	f.add(true, []string{"SELECT", "10"}, []string{"RPUSH", "list", "", "a", "b"}, []string{"SELECT", "0"}, []string{"DEL", "key"})
	f.add(true)
	f.add(false, []string{"SET", "long", strings.Repeat("x", 600)})
	f.add(false, []string{"MULTIPLE", "EXEC"})
	return f
}

func drawFile(t *rapid.T) *file {
	arg := rapid.OneOf(
		rapid.StringMatching(`[a-z\r\n*$0-9]{0,8}`),
		rapid.Map(rapid.IntRange(0, 3*ownSize), func(n int) string { return strings.Repeat("y", n) }),
	)
	command := rapid.Custom(func(t *rapid.T) []string {
		return append([]string{rapid.StringMatching(`[A-Z]{1,8}`).Filter(func(s string) bool { return s != "MULTI" && s != "EXEC" }).Draw(t, "name")},
			rapid.SliceOfN(arg, 0, 20).Draw(t, "args")...)
	})
	f := &file{}
	for range rapid.IntRange(0, 8).Draw(t, "units") {
		if rapid.Bool().Draw(t, "transaction") {
			f.add(true, rapid.SliceOfN(command, 0, 4).Draw(t, "commands")...)
		} else {
			f.add(false, command.Draw(t, "command"))
		}
	}
	return f
}

func TestReaderRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFile(t)
		var rd io.Reader = bytes.NewReader(f.text)
		switch rapid.IntRange(0, 3).Draw(t, "reader") {
		case 0:
			rd = iotest.OneByteReader(rd)
		case 1:
			rd = iotest.HalfReader(rd)
		case 2:
			rd = iotest.DataErrReader(rd)
		}
		r := NewReader(rd, 1000)
		for i, want := range f.units {
			u, err := r.Next()
			require.NoError(t, err)
			require.Len(t, u.Commands, len(want))
			for j := range want {
				require.Equal(t, want[j], u.Commands[j])
			}
			require.Equal(t, 1000+f.ends[i], r.Offset())
			if i > 0 {
				require.Equal(t, 1000+f.ends[i-1], u.Offset)
			}
		}
		for range 2 {
			_, err := r.Next()
			require.Equal(t, io.EOF, err)
		}
		require.Equal(t, 1000+int64(len(f.text)), r.Offset())
	})
}

// TestCutAtEveryByte: what is whole is read, and the rest is told to be torn.
func TestCutAtEveryByte(t *testing.T) {
	f := smallFile()
	for n := range len(f.text) + 1 {
		whole, end := f.wholeUpTo(int64(n))
		units, err := readAll(NewReader(bytes.NewReader(f.text[:n]), 0))
		require.Equal(t, f.units[:whole], units, n)
		if int64(n) == end {
			require.Equal(t, io.EOF, err, n)
			continue
		}
		var torn *TornError
		require.ErrorAs(t, err, &torn, n)
		require.Equal(t, end, torn.Offset, n)
		require.Equal(t, int64(n), torn.End, n)
	}
}

// TestZerosAtEveryByte: a file made longer before its bytes were written.
func TestZerosAtEveryByte(t *testing.T) {
	f := smallFile()
	for n := range len(f.text) {
		for _, zeros := range []int{1, 3, 3000, bufferSize + 1} {
			text := append(bytes.Clone(f.text[:n]), make([]byte, zeros)...)
			whole, end := f.wholeUpTo(int64(n))
			units, err := readAll(NewReader(bytes.NewReader(text), 0))
			require.Equal(t, f.units[:whole], units, n)
			var torn *TornError
			require.ErrorAs(t, err, &torn, n)
			require.Equal(t, end, torn.Offset, n)
		}
	}
	text := append(bytes.Clone(f.text[:len(f.text)-1]), make([]byte, 100)...)
	_, err := readAll(NewReader(bytes.NewReader(append(text, '*')), 0))
	require.ErrorAs(t, err, new(*DamageError), "zeros that something follows")
}

// TestFlipEveryByte: damage is told, at its place or later in the same unit, or
// it is in the bytes of an argument. Only in the last unit can it look torn.
func TestFlipEveryByte(t *testing.T) {
	f := smallFile()
	for i := range f.text {
		for _, flip := range []byte{1, 4, 16, 0x80} {
			text := bytes.Clone(f.text)
			text[i] ^= flip
			whole, end := f.wholeUpTo(int64(i))
			r := NewReader(bytes.NewReader(text), 0)
			units, err := readAll(r)
			require.GreaterOrEqual(t, len(units), whole, i)
			require.Equal(t, f.units[:whole], units[:whole], i)
			var damage *DamageError
			var torn *TornError
			switch {
			case err == io.EOF:
				require.Equal(t, len(f.units), len(units), "%d: %q", i, text)
				require.NotEqual(t, f.units, units, "%d: only a change of an argument goes unseen", i)
			case errors.As(err, &damage):
				require.GreaterOrEqual(t, damage.Offset, end, i)
				require.GreaterOrEqual(t, damage.Whole, end, i)
				require.Equal(t, damage.Whole, r.Offset())
			case errors.As(err, &torn):
				require.True(t, whole == len(f.units)-1 || strings.Contains(string(f.text[end:i+1]), "MULTI"), "%d: %q", i, text[i:])
			default:
				require.NoError(t, err, i)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	const set = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"
	n := int64(len(set))
	for _, c := range []struct {
		text   string
		offset int64 // from the end of set
		reason string
	}{
		{"hello", 0, `there is 'h' where '*' should be`},
		{"*0\r\n", 1, "a command of no arguments"},
		{"*-1\r\n", 1, "no number, or not as it would have been written"},
		{"*\r\n", 1, "no number, or not as it would have been written"},
		{"*01\r\n", 2, "no number, or not as it would have been written"},
		{"*+1\r\n", 1, "no number, or not as it would have been written"},
		{"*1 \r\n", 2, "no number, or not as it would have been written"},
		{"*1\n", 2, "no number, or not as it would have been written"},
		{"*1\rx", 3, "the line's end is missing"},
		{"*2147483648\r\n", 0, "the number is too large"},
		{"*1\r\n*1\r\n", 4, `there is '*' where '$' should be`},
		{"*1\r\n$-1\r\n", 5, "no number, or not as it would have been written"},
		{"*1\r\n$536870913\r\n", 4, "the number is too large"},
		{"*1\r\n$99999999999999999999\r\n", 4, "the number is too large"},
		{"*1\r\n$4\r\nPING!\r\n", 12, "the line's end is missing"},
		{"*1\r\n$4\r\nPING\r!", 13, "the line's end is missing"},
		{"*1\r\n$600\r\n" + strings.Repeat("x", 601), 610, "the line's end is missing"},
		{execRecord, 0, "EXEC without MULTI"},
		{multiRecord + set + multiRecord, int64(len(multiRecord)) + n, "MULTI within a transaction"},
		{"#" + strings.Repeat("x", maxAnnotation), maxAnnotation - 1, "an annotation without an end"},
		{"*2\r\n$4\r\nPING\r\n$900\r\nabc\r\n" + set, 20, fmt.Sprint("the argument is longer than the file, and a whole record stands within it, at offset ", n+25)},
		{"*2\r\n$4\r\nPING\r\n$90\r\nabc\r\n" + set, 19, fmt.Sprint("the argument is longer than the file, and a whole record stands within it, at offset ", n+24)},
	} {
		r := NewReader(strings.NewReader(set+c.text), 7)
		_, err := r.Next()
		require.NoError(t, err)
		for range 2 {
			_, err = r.Next()
			require.Equal(t, &DamageError{Offset: 7 + n + c.offset, Whole: 7 + n, Reason: adjusted(c.reason)}, err, "%q", c.text)
		}
		require.EqualError(t, err, fmt.Sprintf("offset %d: %s", 7+n+c.offset, adjusted(c.reason)))
	}
}

// adjusted adds the 7 bytes that stand before the file to the offset in a reason.
func adjusted(reason string) string {
	head, tail, found := strings.Cut(reason, "at offset ")
	if !found {
		return reason
	}
	var n int
	_, _ = fmt.Sscan(tail, &n)
	return fmt.Sprint(head, "at offset ", n+7)
}

func TestTorn(t *testing.T) {
	const set = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"
	for text, reason := range map[string]string{
		"*":                        tornRecord,
		"*1\r\n$4\r\nPIN":          tornRecord,
		"#TS:1":                    tornRecord,
		multiRecord:                tornTransaction,
		multiRecord + set:          tornTransaction,
		multiRecord + "#TS:2\r\n":  tornTransaction,
		multiRecord + "*1":         tornRecord,
		"\x00":                     tornZeros,
		multiRecord + set + "\x00": tornZeros,
	} {
		r := NewReader(strings.NewReader(set+text), 0)
		_, err := r.Next()
		require.NoError(t, err)
		_, err = r.Next()
		end := int64(len(set) + len(strings.TrimRight(text, "\x00")))
		require.Equal(t, &TornError{Offset: int64(len(set)), End: end, Reason: reason}, err, "%q", text)
		require.EqualError(t, err, fmt.Sprintf("offset %d: %s, at offset %d", len(set), reason, end))
	}
}

func TestAnnotations(t *testing.T) {
	text := "#TS:1700000000\r\n*1\r\n$4\r\nPING\r\n#\n#TS:x\r\n#other\r\n" +
		multiRecord + "#TS:1700000001\r\n*1\r\n$4\r\nPING\r\n" + execRecord + "#TS:1700000002\r\n"
	r := NewReader(strings.NewReader(text), 0)
	u, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, Unit{Commands: [][]string{{"PING"}}, Offset: 16, Time: 1700000000}, u)
	u, err = r.Next()
	require.NoError(t, err)
	require.Equal(t, Unit{Commands: [][]string{{"PING"}}, Offset: int64(strings.Index(text, multiRecord)), Time: 1700000001}, u)
	_, err = r.Next()
	require.Equal(t, io.EOF, err)
	require.Equal(t, int64(len(text)), r.Offset())
}

func TestMaxBulk(t *testing.T) {
	text := AppendCommand(nil, []string{"SET", "k", strings.Repeat("x", 700)})
	r := NewReader(bytes.NewReader(text), 0)
	r.MaxBulk = 699
	_, err := r.Next()
	require.ErrorAs(t, err, new(*DamageError))
	r = NewReader(bytes.NewReader(text), 0)
	r.MaxBulk = 700
	_, err = r.Next()
	require.NoError(t, err)
}

// TestReadFails: an error of the disk is neither a torn end nor damage.
func TestReadFails(t *testing.T) {
	f := smallFile()
	broken := errors.New("input/output error")
	for n := range len(f.text) {
		_, err := readAll(NewReader(io.MultiReader(bytes.NewReader(f.text[:n]), iotest.ErrReader(broken)), 0))
		require.ErrorIs(t, err, broken, n)
		require.EqualError(t, err, fmt.Sprintf("offset %d: input/output error", n))
	}
}

// TestClaimsAreNotBelieved: a few bytes cost little memory, whatever they say.
func TestClaimsAreNotBelieved(t *testing.T) {
	for _, text := range []string{"*2147483647\r\n", "*2\r\n$4\r\nPING\r\n$536870912\r\nabc", "*2147483647\r\n$1\r\na\r\n"} {
		r := NewReader(strings.NewReader(text), 0)
		require.Less(t, allocated(func() {
			_, err := r.Next()
			require.ErrorAs(t, err, new(*TornError))
		}), uint64(2*firstPiece), "%q", text)
	}
}

// TestReaderAllocations: a command of short arguments costs one allocation.
func TestReaderAllocations(t *testing.T) {
	text := bytes.Repeat(AppendCommand(nil, []string{"SET", "some:key", "some value"}), 2000)
	r := NewReader(bytes.NewReader(text), 0)
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() { _, _ = r.Next() }), 1.0)
}

func FuzzReader(f *testing.F) {
	f.Add(smallFile().text)
	f.Add([]byte("#TS:1\r\n*1\r\n$4\r\nPING\r\n\x00\x00"))
	f.Add([]byte("*2\r\n$4\r\nPING\r\n$900\r\nabc\r\n*1\r\n$4\r\nPING\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := NewReader(bytes.NewReader(text), 0)
		var units [][][]string
		var err error
		spent := allocated(func() { units, err = readAll(r) })
		require.LessOrEqual(t, spent, uint64(128<<10+64*len(text)))
		whole := r.Offset()
		require.LessOrEqual(t, whole, int64(len(text)))
		var torn *TornError
		var damage *DamageError
		switch {
		case errors.As(err, &torn):
			require.Equal(t, whole, torn.Offset)
			require.LessOrEqual(t, torn.End, int64(len(text)))
		case errors.As(err, &damage):
			require.Equal(t, whole, damage.Whole)
			require.Less(t, damage.Offset, int64(len(text)))
		default:
			require.Equal(t, io.EOF, err)
			require.Equal(t, int64(len(text)), whole)
		}
		again, err := readAll(NewReader(iotest.HalfReader(bytes.NewReader(text[:whole])), 0))
		require.Equal(t, io.EOF, err)
		require.Equal(t, units, again)
	})
}

func BenchmarkReader(b *testing.B) {
	text := bytes.Repeat(AppendCommand(nil, []string{"SET", "key:0000012345", strings.Repeat("v", 64)}), 10000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(text), 0)
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}

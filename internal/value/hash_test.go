package value

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/table"
)

// check verifies the invariants of a hash.
func (h *Hash) check() error {
	if h.isBig() {
		return h.more().check()
	}
	if err := listpack.Check(h.list()); err != nil {
		return err
	}
	if h.list().Len()%h.width() != 0 {
		return errors.New("a part of a field is missing")
	}
	next := int64(0)
	for _, field := range h.All(Names) {
		at, ok := h.Deadline(field)
		if !ok || h.more() == nil && at != 0 {
			return fmt.Errorf("deadline of %q", field)
		}
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	if next != h.Next() {
		return fmt.Errorf("the first deadline is %d, not %d", next, h.Next())
	}
	return nil
}

func (m *hashMore) check() error {
	size, timed := 0, 0
	for e := range m.table.All() {
		size += e.Size()
		if e.Deadline() != 0 {
			timed++
		}
	}
	if size != m.entries || timed != m.order.Len() {
		return fmt.Errorf("%d bytes of %d, %d deadlines of %d", m.entries, size, m.order.Len(), timed)
	}
	var err error
	m.order.Ascend(func(d table.Due) bool {
		if m.entry(d.Entry.Key()) != d.Entry || d.At != d.Entry.Deadline() {
			err = fmt.Errorf("deadline of no entry: %v", d.Entry)
		}
		return true
	})
	return err
}

// cell is a field of the model.
type cell struct {
	value    string
	deadline int64
}

// model is what a hash is taken to be.
type model map[string]cell

func (m model) next() int64 {
	next := int64(0)
	for _, c := range m {
		if c.deadline != 0 && (next == 0 || c.deadline < next) {
			next = c.deadline
		}
	}
	return next
}

func (m model) over(now int64) bool {
	for _, c := range m {
		if c.deadline == 0 || c.deadline > now {
			return false
		}
	}
	return len(m) > 0
}

var hashLimits = []Limits{
	{HashEntries: 512, HashValue: 64},
	{HashEntries: 4, HashValue: 64},
	{HashEntries: 512, HashValue: 3},
	{},
	{HashEntries: 1 << 30, HashValue: 1 << 30},
}

var hashFields = rapid.SampledFrom([]string{
	"", "a", "b", "c", "0", "1", "-7", "100", "65536", "abcd", "12345678901", strings.Repeat("f", 64), strings.Repeat("g", 600),
})

var hashValues = rapid.SampledFrom([]string{
	"", "x", "0", "99", "-12345", "9223372036854775807", "01", strings.Repeat("v", 64), strings.Repeat("w", 65), strings.Repeat("z", 5000),
})

func TestHashModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom(hashLimits).Draw(t, "limits")
		h, m := NewHash(rapid.IntRange(0, 5000).Draw(t, "room")), model{}
		at := rapid.Int64Range(1, 20)
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				field, v := hashFields.Draw(t, "field"), hashValues.Draw(t, "value")
				_, old := m[field]
				require.Equal(t, !old, h.Set(field, v, &l))
				m[field] = cell{v, 0}
			},
			"update": func(t *rapid.T) {
				field, v := hashFields.Draw(t, "field"), hashValues.Draw(t, "value")
				old, ok := m[field]
				require.Equal(t, !ok, h.Update(field, v, &l))
				m[field] = cell{v, old.deadline}
			},
			"reserve": func(t *rapid.T) { h.Reserve(hashFields.Draw(t, "field"), "", &l) },
			"delete": func(t *rapid.T) {
				field := hashFields.Draw(t, "field")
				_, old := m[field]
				require.Equal(t, old, h.Delete(field))
				delete(m, field)
			},
			"deadline": func(t *rapid.T) {
				field, deadline := hashFields.Draw(t, "field"), rapid.OneOf(at, rapid.Just(int64(0))).Draw(t, "at")
				if c, ok := m[field]; ok {
					h.SetDeadline(field, deadline)
					m[field] = cell{c.value, deadline}
				}
			},
			"expire": func(t *rapid.T) {
				now, most := at.Draw(t, "now"), rapid.IntRange(1, 3).Draw(t, "most")
				gone := h.Expire(now, most)
				require.LessOrEqual(t, len(gone), most)
				for _, field := range gone {
					c, ok := m[field]
					require.True(t, ok && c.deadline != 0 && c.deadline <= now)
					delete(m, field)
				}
				require.True(t, len(gone) == most || m.next() == 0 || m.next() > now, "not all that are due went")
			},
			"clone": func(t *rapid.T) {
				old := h
				h = h.Clone().(*Hash)
				old.Set("a", "changed", &l)
				old.Delete("b")
				old.SetDeadline("a", 1)
			},
			"": func(t *rapid.T) { compareHash(t, h, m) },
		})
	})
}

// compareHash compares a hash with the model in every way in which it can be
// read.
func compareHash(t *rapid.T, h *Hash, m model) {
	require.NoError(t, h.check())
	require.Equal(t, len(m), h.Len())
	require.Equal(t, m.next(), h.Next())
	for _, now := range []int64{0, 7, 20} {
		require.Equal(t, m.over(now), h.Over(now))
	}
	for _, field := range append([]string{"missing", "7"}, h.All(Names)...) {
		var digits [20]byte
		want, exists := m[field]
		got, ok := h.Get(field)
		require.Equal(t, want.value, got)
		require.Equal(t, exists, ok)
		got, ok = h.View(field, &digits)
		require.Equal(t, want.value, got)
		require.Equal(t, exists, ok)
		require.Equal(t, exists, h.Has(field))
		at, ok := h.Deadline(field)
		require.Equal(t, want.deadline, at)
		require.Equal(t, exists, ok)
	}
	names, values, both := h.All(Names), h.All(Values), h.All(Both)
	require.Len(t, names, len(m))
	for i := range names {
		require.Equal(t, []string{names[i], values[i]}, both[2*i:2*i+2])
	}
	comparePairs(t, m, both)
	comparePairs(t, m, scanned(h, 1))
	sampled(t, h, m)
}

// comparePairs verifies that pairs are the model's fields, each once.
func comparePairs(t *rapid.T, m model, pairs []string) {
	require.Len(t, pairs, 2*len(m))
	seen := map[string]bool{}
	for pair := range slices.Chunk(pairs, 2) {
		require.False(t, seen[pair[0]], pair[0])
		seen[pair[0]] = true
		require.Equal(t, m[pair[0]].value, pair[1])
	}
}

func scanned(h *Hash, n int) []string {
	all, pos := h.Scan(0, n, nil)
	for pos != 0 {
		all, pos = h.Scan(pos, n, all)
	}
	return all
}

// sampled verifies that random fields are those of the model.
func sampled(t *rapid.T, h *Hash, m model) {
	if len(m) == 0 {
		return
	}
	r := rand.New(rand.NewPCG(1, uint64(len(m))))
	field, v := h.Random(r)
	pairs := append(h.Draw(r, 3), field, v)
	require.Len(t, pairs, 8)
	for pair := range slices.Chunk(pairs, 2) {
		c, ok := m[pair[0]]
		require.True(t, ok)
		require.Equal(t, c.value, pair[1])
	}
	for _, n := range []int{0, 1, 3, len(m), len(m) + 5} {
		some := h.Sample(r, n)
		require.Len(t, some, 2*min(n, len(m)))
		part := model{}
		for pair := range slices.Chunk(some, 2) {
			part[pair[0]] = m[pair[0]]
		}
		comparePairs(t, part, some)
	}
}

func TestHashForms(t *testing.T) {
	l := Limits{HashEntries: 3, HashValue: 8}
	h := NewHash(0)
	require.Equal(t, "hash", h.Type())
	for i := range 3 {
		h.Set(fmt.Sprint("f", i), "v", &l)
	}
	require.Equal(t, "listpack", h.Encoding())
	require.Equal(t, []string{"f0", "v", "f1", "v", "f2", "v"}, h.All(Both), "in the order in which they came")
	h.SetDeadline("f1", 0)
	require.Equal(t, "listpack", h.Encoding())
	h.SetDeadline("f1", 5)
	require.Equal(t, "listpackex", h.Encoding())
	h.SetDeadline("f1", 0)
	require.Equal(t, "listpackex", h.Encoding(), "there is no way back")
	require.Equal(t, []string{"f0", "v", "f1", "v", "f2", "v"}, h.All(Both))
	h.SetDeadline("f2", 7)
	h.Set("f3", "v", &l)
	require.Equal(t, "hashtable", h.Encoding())
	require.EqualValues(t, 7, h.Next())
	h.Delete("f3")
	require.Equal(t, "hashtable", h.Encoding(), "there is no way back")

	h = NewHash(0)
	h.Set("f", strings.Repeat("v", 8), &l)
	require.Equal(t, "listpack", h.Encoding())
	h.Reserve("f", strings.Repeat("v", 9), &l)
	require.Equal(t, "hashtable", h.Encoding())
}

// TestHashRandomIsUniform draws from a hash of each form: each of 8 fields comes
// about as often as the others.
func TestHashRandomIsUniform(t *testing.T) {
	for _, l := range hashLimits[:4] {
		h := NewHash(0)
		for i := range 8 {
			h.Set(fmt.Sprint("f", i), "v", &l)
		}
		r := rand.New(rand.NewPCG(7, 7))
		random, drawn, sample := map[string]int{}, map[string]int{}, map[string]int{}
		for range 8000 {
			field, _ := h.Random(r)
			random[field]++
			drawn[h.Draw(r, 1)[0]]++
			pairs := h.Sample(r, 2)
			sample[pairs[0]]++
			sample[pairs[2]]++
		}
		for i := range 8 {
			field := fmt.Sprint("f", i)
			require.InDelta(t, 1000, random[field], 150)
			require.InDelta(t, 1000, drawn[field], 150)
			require.InDelta(t, 2000, sample[field], 250)
		}
	}
}

// TestHashBytes compares Bytes with what the heap says.
func TestHashBytes(t *testing.T) {
	standard := hashLimits[0]
	for name, c := range map[string]struct {
		hashes, fields, size int
		timed                bool
	}{
		"one field":          {20000, 1, 10, false},
		"small":              {2000, 20, 8, false},
		"small and timed":    {2000, 20, 8, true},
		"big":                {1, 20000, 30, false},
		"big and timed":      {1, 20000, 30, true},
		"big, long values":   {2, 2000, 1000, false},
		"just big":           {8, 600, 8, false},
		"just big and timed": {8, 600, 8, true},
	} {
		hashes := make([]*Hash, c.hashes)
		value := strings.Repeat("v", c.size)
		taken := heapGrowth(func() {
			for i := range hashes {
				hashes[i] = NewHash(FieldRoom("field-12345", value))
				for n := range c.fields {
					field := fmt.Sprint("field-", n)
					v := value
					if c.size > table.MaxInline {
						v = strings.Clone(value)
					}
					hashes[i].Set(field, v, &standard)
					if c.timed {
						hashes[i].SetDeadline(field, int64(1e12+n*n%977))
					}
				}
			}
		})
		sum := 0
		for _, h := range hashes {
			sum += h.Bytes()
		}
		require.InEpsilon(t, taken, sum, 0.1, "%s: %d of %d", name, sum, taken)
		runtime.KeepAlive(hashes)
	}
}

// heapGrowth returns how many bytes more the heap has after f.
func heapGrowth(f func()) int {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what other tests left in pools is gone after two
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int(after.HeapAlloc) - int(before.HeapAlloc)
}

func TestHashAllocations(t *testing.T) {
	standard := hashLimits[0]
	small, big := NewHash(0), NewHash(0)
	big.Reserve(strings.Repeat("f", 65), "", &standard)
	value := strings.Repeat("v", 40)
	for i := range 20 {
		small.Set(fmt.Sprint("field", i), value, &standard)
		big.Set(fmt.Sprint("field", i), value, &standard)
	}
	require.Equal(t, 1.0, testing.AllocsPerRun(100, func() { small.Get("field7") }))
	require.Zero(t, testing.AllocsPerRun(100, func() { big.Get("field7") }))
	require.Zero(t, testing.AllocsPerRun(100, func() { small.Set("field7", value, &standard) }))
	require.Equal(t, 1.0, testing.AllocsPerRun(100, func() { big.Set("field7", value, &standard) }))
}

func BenchmarkHash(b *testing.B) {
	standard := hashLimits[0]
	for _, n := range []int{10, 100, 512, 100_000} {
		h := NewHash(0)
		fields := make([]string, n)
		for i := range fields {
			fields[i] = fmt.Sprint("field-", i)
			h.Set(fields[i], "value-12345", &standard)
		}
		b.Run(fmt.Sprint("get/", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h.Get(fields[i*7919%n])
			}
		})
		b.Run(fmt.Sprint("set/", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h.Set(fields[i*7919%n], "value-54321", &standard)
			}
		})
	}
}

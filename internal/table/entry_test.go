package table

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// want is what an entry was made of.
type want struct {
	key      string
	form     Form
	text     string // or the buffer
	number   int64
	object   Collection
	deadline int64
	access   uint32
	mark     uint8
}

func (w want) entry() *Entry {
	var e *Entry
	switch w.form {
	case Text, Long:
		e = NewText(w.key, w.text, w.deadline)
	case Number:
		e = NewNumber(w.key, w.number, w.deadline)
	case Buffer:
		e = NewBuffer(w.key, []byte(w.text), w.deadline)
	case Object:
		e = NewObject(w.key, w.object, w.deadline)
	}
	e.SetAccess(w.access)
	return e.Marked(w.mark)
}

func (w want) check(t testingT, e *Entry) {
	t.Helper()
	require.Equal(t, w.key, e.Key())
	require.Equal(t, w.form, e.Form())
	switch w.form {
	case Text, Long:
		require.Equal(t, w.text, e.Text())
	case Number:
		require.Equal(t, w.number, e.Number())
	case Buffer:
		require.Equal(t, w.text, string(e.Buffer()))
	case Object:
		require.Equal(t, w.object, e.Object())
	}
	require.Equal(t, w.deadline, e.Deadline())
	require.Equal(t, w.access, e.Access())
	require.Equal(t, w.mark, e.Mark())
}

func drawWant(t *rapid.T) want {
	w := want{
		key:      string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "key")),
		form:     rapid.SampledFrom([]Form{Text, Number, Buffer, Object}).Draw(t, "form"),
		number:   rapid.Int64().Draw(t, "number"),
		object:   things(rapid.Int().Draw(t, "object")),
		deadline: rapid.SampledFrom([]int64{0, 0, 1, -1, math.MaxInt64}).Draw(t, "deadline"),
		access:   rapid.Uint32().Draw(t, "access"),
		mark:     rapid.Uint8().Draw(t, "mark"),
	}
	n := rapid.OneOf(rapid.IntRange(0, 600), rapid.SampledFrom([]int{0, 1, MaxInline, MaxInline + 1})).Draw(t, "length")
	w.text = strings.Repeat(rapid.StringN(1, 1, 1).Draw(t, "byte"), n)
	if w.form == Text && n > MaxInline {
		w.form = Long
	}
	return w
}

func TestEntry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWant(t)
		e := w.entry()
		w.check(t, e)
		t.Repeat(map[string]func(*rapid.T){
			"deadline": func(t *rapid.T) {
				timed := w.deadline != 0 || e.timed
				w.deadline = rapid.SampledFrom([]int64{0, 1, 2, math.MinInt64}).Draw(t, "deadline")
				before := e
				e = e.WithDeadline(w.deadline)
				if timed || w.deadline == 0 {
					require.Same(t, before, e, "there was room")
				} else {
					require.NotSame(t, before, e)
					require.Zero(t, before.Deadline(), "readers may be at the old entry")
				}
			},
			"key": func(t *rapid.T) {
				before, was := e, w
				w.key = string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "key"))
				e = e.WithKey(w.key)
				was.check(t, before)
			},
			"number": func(t *rapid.T) {
				if w.form == Number {
					w.number = rapid.Int64().Draw(t, "number")
					e.SetNumber(w.number)
				}
			},
			"buffer": func(t *rapid.T) {
				if w.form == Buffer {
					w.text = rapid.String().Draw(t, "buffer")
					e.SetBuffer([]byte(w.text))
				}
			},
			"access": func(t *rapid.T) {
				w.access = rapid.Uint32().Draw(t, "access")
				e.SetAccess(w.access)
			},
			"": func(t *rapid.T) { w.check(t, e) },
		})
	})
}

// TestEntryText covers every length across the border between inline and long
// values, each with and without a deadline.
func TestEntryText(t *testing.T) {
	value := strings.Repeat("0123456789", 60)
	for n := range len(value) + 1 {
		for _, deadline := range []int64{0, 7} {
			for _, key := range []string{"", "k", "key:1234567890123456"} {
				w := want{key: key, text: value[:n], deadline: deadline}
				if n > MaxInline {
					w.form = Long
				}
				e := w.entry()
				w.check(t, e)
				w.key = "other"
				w.check(t, e.WithKey("other"))
			}
		}
	}
}

func TestNewBlank(t *testing.T) {
	for _, n := range []int{0, 1, MaxInline} {
		e, b := NewBlank("k", n, 3)
		require.Equal(t, strings.Repeat("\x00", n), e.Text())
		require.Len(t, b, n)
		for i := range b {
			b[i] = 'x'
		}
		require.Equal(t, strings.Repeat("x", n), e.Text())
		require.Equal(t, "k", e.Key())
		require.EqualValues(t, 3, e.Deadline())
		blank, _ := NewBlank("k", n, 0)
		require.Equal(t, strings.Repeat("\x00", n), blank.Text(), "the zeros are not shared")
	}
}

// TestEntryOwnsItsBytes changes the strings' origins afterwards.
func TestEntryOwnsItsBytes(t *testing.T) {
	key, value := []byte("key"), []byte("value")
	k, v := unsafe.String(&key[0], 3), unsafe.String(&value[0], 5)
	entries := []*Entry{
		NewText(k, v, 0), NewNumber(k, 1, 0), NewBuffer(k, nil, 0), NewObject(k, nil, 0),
		NewText(k, strings.Repeat("x", MaxInline+1), 0),
	}
	key[0], value[0] = '-', '-'
	for _, e := range entries {
		require.Equal(t, "key", e.Key())
	}
	require.Equal(t, "value", entries[0].Text())
}

// TestEntryEmptyEnds looks at strings of no bytes where an entry ends with its
// allocation: the collector dies of a pointer to that end, or keeps what
// follows alive.
func TestEntryEmptyEnds(t *testing.T) {
	for size := headerSize; size <= 256; size += 8 {
		e := NewText(strings.Repeat("k", size-headerSize), "", 0)
		require.True(t, inside(e, e.Text()), "text behind %d bytes", size)
		require.True(t, inside(e, e.Key()))
	}
	for _, deadline := range []int64{0, 1} {
		for _, e := range []*Entry{NewText("", "", deadline), NewNumber("", 1, deadline)} {
			require.True(t, inside(e, e.Key()))
		}
	}

	// And the collector's own opinion.
	kept := make([]string, 0, 1<<16)
	for i := range cap(kept) {
		e := NewText(fmt.Sprintf("%0128d", i), "", 0)
		if i%2 == 0 {
			kept = append(kept, e.Text())
		}
	}
	runtime.GC()
	runtime.GC()
	runtime.KeepAlive(kept)
}

// inside reports whether s is nowhere or within the entry's bytes.
func inside(e *Entry, s string) bool {
	p := uintptr(unsafe.Pointer(unsafe.StringData(s)))
	start := uintptr(unsafe.Pointer(e))
	size := uintptr(e.keyOff) + max(uintptr(e.klen)+uintptr(e.vlen), 1)
	return p == 0 || p >= start && p < start+size
}

// shapes are entries of all forms and many sizes. Each is made anew by its
// function, which allocates nothing that Size does not count.
func shapes() map[string]func() *Entry {
	shapes := map[string]func() *Entry{}
	for _, klen := range []int{0, 3, 8, 20, 64, 100, 1000} {
		key := strings.Repeat("k", klen)
		for _, deadline := range []int64{0, 1} {
			for _, vlen := range []int{0, 1, 16, 40, 100, 200, 300, MaxInline} {
				value := strings.Repeat("v", vlen)
				shapes[fmt.Sprintf("text %d+%d at %d", klen, vlen, deadline)] = func() *Entry {
					return NewText(key, value, deadline)
				}
			}
			shapes[fmt.Sprintf("number %d at %d", klen, deadline)] = func() *Entry {
				return NewNumber(key, 1, deadline)
			}
		}
		for _, vlen := range []int{600, 1000, 3000, 5000, 12000, 40000} {
			value := strings.Repeat("v", vlen)
			shapes[fmt.Sprintf("long %d+%d", klen, vlen)] = func() *Entry {
				return NewText(key, strings.Clone(value), 0)
			}
		}
		buffer := make([]byte, 1000)
		shapes[fmt.Sprintf("buffer %d", klen)] = func() *Entry { return NewBuffer(key, buffer, 0) }
		shapes[fmt.Sprintf("object %d", klen)] = func() *Entry { return NewObject(key, t0, 0) }
	}
	return shapes
}

// t0 is a collection that costs nothing.
var t0 Collection = things(0)

// things are a collection for tests.
type things int

func (t things) Empty() bool { return t == 0 }
func (things) Bytes() int    { return 0 }

func TestEntrySize(t *testing.T) {
	const n = 100
	entries := make([]*Entry, n)
	for name, fresh := range shapes() {
		// The rest of the process allocates little, and not every time.
		taken := math.Inf(1)
		for range 3 {
			before := allocatedBytes()
			for i := range entries {
				entries[i] = fresh()
			}
			taken = min(taken, float64(allocatedBytes()-before)/n)
		}
		require.InEpsilon(t, taken, float64(entries[0].Size()), 0.15, name)
	}
}

// TestAllocated asks the allocator for its size classes: append grows a slice
// to the end of what it has been given.
func TestAllocated(t *testing.T) {
	const most = 48 << 10
	bytes, words := make([]byte, most), make([]*byte, most/8)
	check := func(name string, counted func(n int) int, taken func(n int) int) {
		off := 0.0
		for n := 8; n <= most; n += 8 {
			want := float64(taken(n))
			require.InEpsilon(t, want, float64(counted(n)), 0.15, "%s of %d bytes", name, n)
			off += math.Abs(float64(counted(n))-want) / want
		}
		require.Less(t, off/(most/8), 0.05, "mean error of %s", name)
	}
	check("bytes", allocated, func(n int) int { return cap(append([]byte(nil), bytes[:n]...)) })
	if unsafe.Sizeof(words[0]) == 8 {
		check("words", allocatedScan, func(n int) int {
			taken := 8 * cap(append([]*byte(nil), words[:n/8]...))
			if n > 512 && taken < 32<<10 {
				taken += 8 // the allocator's own
			}
			return taken
		})
	}
}

func allocatedBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestEntryAllocations(t *testing.T) {
	var e *Entry
	plain, long := NewText("key", "value", 0), strings.Repeat("k", 65)
	for _, c := range []struct {
		name string
		n    float64
		make func()
	}{
		{"text", 1, func() { e = NewText("key", "value", 0) }},
		{"text with deadline", 1, func() { e = NewText("key", "value", 1) }},
		{"blank", 1, func() { e, _ = NewBlank("key", 100, 0) }},
		{"number", 1, func() { e = NewNumber("key", 1, 0) }},
		{"box with key", 1, func() { e = NewObject("key", t0, 0) }},
		{"box and key", 2, func() { e = NewObject(long, t0, 0) }},
		{"deadline without room", 1, func() { e = plain.WithDeadline(5) }},
	} {
		if got := testing.AllocsPerRun(100, c.make); got > c.n {
			t.Errorf("%s: %v allocations, want %v", c.name, got, c.n)
		}
	}
	require.NotNil(t, e)
}

func TestEntryPlain(t *testing.T) {
	for name, fresh := range shapes() {
		e := fresh()
		require.Equal(t, strings.HasPrefix(name, "text"), e.Plain(e.Key()), name)
		require.False(t, e.Plain(e.Key()+"x"))
		if e.Key() != "" {
			require.False(t, e.Plain(e.Key()[1:]))
			require.False(t, e.Plain("-"+e.Key()[1:]))
		}
		if e.Form() == Text {
			require.Equal(t, e.Text(), e.Inline())
		}
	}
}

func TestEntryString(t *testing.T) {
	for want, e := range map[string]*Entry{
		`"k": "v\x00"`: NewText("k", "v\x00", 0),
		`"k": -5`:      NewNumber("k", -5, 1),
		`"k": "b"`:     NewBuffer("k", []byte("b"), 0),
		`"k": object`:  NewObject("k", t0, 0),
	} {
		require.Equal(t, want, e.String())
	}
	require.Len(t, NewText("", strings.Repeat("v", 600), 0).String(), 606)
}

package listpack

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// contents returns the elements from the first to the last, having walked both
// ways.
func contents(t require.TestingT, l List) []string {
	require.NoError(t, Check(l))
	forth, back := []string{}, []string{}
	for p := l.First(); p != None; p = l.Next(p) {
		forth = append(forth, l.Get(p).String())
	}
	for p := l.Last(); p != None; p = l.Prev(p) {
		back = append(back, l.Get(p).String())
	}
	slices.Reverse(back)
	require.Equal(t, forth, back)
	require.Equal(t, len(forth), l.Len())
	return forth
}

// someElement draws what elements may be: text of all classes of length, integers of
// all sizes, and what looks like one and is none.
func someElement() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "-", "0", "-0", "00", "+1", " 1", "1.0", "9223372036854775807", "9223372036854775808",
			"-9223372036854775808", "-9223372036854775809", "127", "128", "-1", "4095", "4096", "-4096", "-4097", "8388607", "-8388609"}),
		rapid.Custom(func(t *rapid.T) string { return strconv.FormatInt(rapid.Int64().Draw(t, "n"), 10) }),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat("x", rapid.SampledFrom([]int{1, 62, 63, 64, 126, 127, 4094, 4095, 4096, 16378, 16379, 16380, 20_000}).Draw(t, "len"))
		}),
		rapid.StringN(0, 20, -1),
	)
}

// TestModel does random things to a list and to a slice.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := New()
		want := []string{}
		index := func() int { return rapid.IntRange(0, len(want)-1).Draw(t, "index") }
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				s := someElement().Draw(t, "s")
				l, want = l.Append(s), append(want, s)
			},
			"append integer": func(t *rapid.T) {
				n := rapid.Int64().Draw(t, "n")
				l, want = l.AppendInt(n), append(want, strconv.FormatInt(n, 10))
			},
			"prepend": func(t *rapid.T) {
				s := someElement().Draw(t, "s")
				l, want = l.Prepend(s), slices.Insert(want, 0, s)
			},
			"insert": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip()
				}
				i, s := index(), someElement().Draw(t, "s")
				if rapid.Bool().Draw(t, "after") {
					l, want = l.InsertAfter(l.Seek(i), s), slices.Insert(want, i+1, s)
				} else {
					l, want = l.InsertBefore(l.Seek(i), s), slices.Insert(want, i, s)
				}
			},
			"replace": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip()
				}
				i, s := index(), someElement().Draw(t, "s")
				l, want[i] = l.Replace(l.Seek(i), s), s
			},
			"replace by integer": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip()
				}
				i, n := index(), rapid.Int64().Draw(t, "n")
				l, want[i] = l.ReplaceInt(l.Seek(i), n), strconv.FormatInt(n, 10)
			},
			"delete": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip()
				}
				i, n := index(), rapid.IntRange(0, 5).Draw(t, "n")
				p := l.Seek(i)
				l = l.Delete(p, n)
				want = slices.Delete(want, i, min(i+n, len(want)))
				require.Equal(t, i == len(want), l.End(p))
			},
			"concatenate": func(t *rapid.T) {
				m := New()
				for _, s := range rapid.SliceOfN(someElement(), 0, 5).Draw(t, "list") {
					m, want = m.Append(s), append(want, s)
				}
				l = l.Concat(m)
			},
			"find": func(t *rapid.T) {
				s := someElement().Draw(t, "s")
				if len(want) > 0 && rapid.Bool().Draw(t, "present") {
					s = want[index()]
				}
				require.Equal(t, l.Seek(indexOr(slices.Index(want, s), len(want))), l.Find(l.First(), s, 0))
			},
			"clone": func(*rapid.T) { l = l.Clone() },
			"": func(t *rapid.T) {
				require.Equal(t, want, contents(t, l))
				for i := range want {
					p := l.Seek(i)
					require.Equal(t, p, l.Seek(i-len(want)))
					e := l.Get(p)
					require.True(t, e.Is(want[i]))
					require.False(t, e.Is(want[i]+"x"))
					require.Equal(t, len(want[i]), e.Len())
				}
				require.Equal(t, None, l.Seek(len(want)))
				require.Equal(t, None, l.Seek(-len(want)-1))
			},
		})
	})
}

// indexOr turns the index of nothing into one behind the end.
func indexOr(i, n int) int {
	if i < 0 {
		return n
	}
	return i
}

// TestFindSkips looks at every second or third element only.
func TestFindSkips(t *testing.T) {
	l := New()
	for _, s := range []string{"a", "b", "b", "a", "1", "b"} {
		l = l.Append(s)
	}
	require.Equal(t, l.Seek(2), l.Find(l.First(), "b", 1))
	require.Equal(t, None, l.Find(l.First(), "1", 2))
	require.Equal(t, l.Seek(3), l.Find(l.First(), "a", 2).and(func(p Pos) Pos { return l.Find(l.Next(p), "a", 1) }))
	require.Equal(t, None, l.Find(None, "a", 0))
}

func (p Pos) and(f func(Pos) Pos) Pos { return f(p) }

// TestBytesOfRedis compares with the list in what DUMP returns of a key at a
// redis-server 7.0.15, without compression:
//
//	RPUSH k "" a 0 127 128 -1 4095 -4096 4096 32767 -32769 8388607 -8388609 2147483648 <64 times x>
func TestBytesOfRedis(t *testing.T) {
	l := New()
	for _, s := range []string{"", "a", "0", "127", "128", "-1", "4095", "-4096", "4096", "32767", "-32769", "8388607", "-8388609", "2147483648", strings.Repeat("x", 64)} {
		l = l.Append(s)
	}
	const want = "810000000f00800181610200017f01c08002dfff02cfff02d00002f1001003f1ff7f03f2ff7fff04f2ffff7f04f3ffff7fff" +
		"05f4000000800000000009e04078787878787878787878787878787878787878787878787878787878787878787878787878" +
		"78787878787878787878787878787878787878787878787878787842ff"
	require.Equal(t, want, hex.EncodeToString(l))
}

// TestDamagedLengths decodes lists whose elements are followed by other lengths than theirs.
func TestDamagedLengths(t *testing.T) {
	lists := map[string][]byte{
		"another":               {9, 0, 0, 0, 1, 0, 0x01, 2, end},
		"none":                  {9, 0, 0, 0, 1, 0, 0x01, 0, end},
		"begins before its own": {10, 0, 0, 0, 1, 0, 0xDF, 0xFF, 0x82, end},
		"goes on and on":        {13, 0, 0, 0, 1, 0, 0x84, 0x80, 0x80, 0x80, 0x80, 0x85, end},
	}
	for name, b := range lists {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(b)
			require.ErrorIs(t, err, ErrDamaged)
		})
	}
}

// TestManyElements counts more of them than the header can.
func TestManyElements(t *testing.T) {
	l := New()
	for i := range unknown + 10 {
		require.Equal(t, i, l.lenQuickly(i))
		l = l.Append("x")
	}
	require.Equal(t, unknown+10, l.Len())
	require.NoError(t, Check(l))
	l = l.Delete(l.First(), 10)
	require.Equal(t, unknown, l.Len())
	l = l.Delete(l.First(), 1)
	require.Equal(t, unknown-1, l.Len())
	require.Len(t, contents(t, l), unknown-1)
}

// lenQuickly is Len, but only now and then if that walks.
func (l List) lenQuickly(i int) int {
	if i >= unknown && i%5 != 0 {
		return i
	}
	return l.Len()
}

// TestGivesMemoryBack deletes most of a list.
func TestGivesMemoryBack(t *testing.T) {
	l := New()
	for range 1000 {
		l = l.Append("some text")
	}
	require.LessOrEqual(t, cap(l), len(l)*5/4)
	l = l.Delete(l.Seek(10), 1000)
	require.Len(t, contents(t, l), 10)
	require.LessOrEqual(t, cap(l), 2*len(l)+64)
}

func TestFits(t *testing.T) {
	require.True(t, New().Fits(1<<20))
	require.False(t, New().Fits(MaxBytes))
}

// FuzzDecode feeds it anything. What it takes can be read and changed.
func FuzzDecode(f *testing.F) {
	l := New()
	for _, s := range []string{"a", "1", "-5000", strings.Repeat("x", 100), strings.Repeat("y", 5000), strconv.Itoa(math.MaxInt64)} {
		f.Add([]byte(l))
		l = l.Append(s)
	}
	f.Add([]byte(l))
	f.Add([]byte{8, 0, 0, 0, 1, 0, 0xF0, end})
	f.Add([]byte{10, 0, 0, 0, 1, 0, 0xDF, 0xFF, 0x82, end})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := Decode(slices.Clone(b))
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		before := contents(t, l)
		l = l.Prepend("x").Append("17")
		require.Equal(t, slices.Concat([]string{"x"}, before, []string{"17"}), contents(t, l))
		l = l.Delete(l.First(), len(b))
		require.Empty(t, contents(t, l))
	})
}

// benchList is a list as a small hash has it.
func benchList() List {
	l := New()
	for i := range 32 {
		l = l.Append("field:" + strconv.Itoa(i)).Append("some value of a field")
	}
	return l
}

func BenchmarkFind(b *testing.B) {
	l := benchList()
	b.ReportAllocs()
	for b.Loop() {
		if l.Find(l.First(), "field:31", 1) == None {
			b.Fatal("not found")
		}
	}
}

func BenchmarkReplace(b *testing.B) {
	l := benchList()
	values := []string{"one value", "another value"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := l.Next(l.Find(l.First(), "field:16", 1))
		l = l.Replace(p, values[i&1])
	}
}

func BenchmarkAppend(b *testing.B) {
	l := New()
	b.ReportAllocs()
	for b.Loop() {
		if len(l) > 8000 {
			l = New()
		}
		l = l.Append("some text")
	}
}

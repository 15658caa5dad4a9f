package hll

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

// add adds elements.
func add(t require.TestingT, s Sketch, elements ...string) Sketch {
	for _, e := range elements {
		m := MarkOf(e)
		has, err := s.Has(m)
		require.NoError(t, err)
		if has {
			continue
		}
		s, err = s.Set(m, 3000)
		require.NoError(t, err)
	}
	return s
}

// check verifies that runs are in their only form: none is empty, and those of
// zeros are as short as can be.
func (s Sketch) check(t require.TestingT, limit int) {
	_, ok := Parse(s)
	require.True(t, ok)
	if s.Dense() {
		return
	}
	require.LessOrEqual(t, len(s), limit)
	var again []byte
	require.NoError(t, s.each(func(_ int, r run) { again = appendRun(again, r.n, r.value) }))
	require.Equal(t, []byte(s[headerSize:]), again)
}

// registersOf returns all registers.
func registersOf(t require.TestingT, s Sketch) *Registers {
	u := new(Registers)
	require.NoError(t, u.Merge(s))
	return u
}

// TestBytesOfRedis compares with what a redis-server 7.0.15 made of
//
//	PFADD h a b c
//	PFCOUNT h
func TestBytesOfRedis(t *testing.T) {
	s := add(t, New(), "a", "b", "c")
	n, err := s.Count()
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
	s.SetEstimate(n)
	require.Equal(t, "48594c4c010000000300000000000000"+"60f380"+"50b184"+"4bfb80"+"425a", hex.EncodeToString(s))
	require.Equal(t, "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603", s.Decode())
}

// TestModel sets marks in a sketch and in an array.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{0, 20, 40, 3000}).Draw(t, "limit")
		base := rapid.SampledFrom([]int{0, 100, registers - 40}).Draw(t, "base")
		s := New()
		var model Registers
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				m := Mark{base + rapid.IntRange(0, 39).Draw(t, "register"), uint8(rapid.SampledFrom([]int{1, 1, 2, 3, 5, 32, 33, 51}).Draw(t, "value"))}
				if m.value > 5 && !rapid.Bool().Draw(t, "large") {
					m.value = 2
				}
				has, err := s.Has(m)
				require.NoError(t, err)
				require.Equal(t, model[m.register] >= m.value, has)
				if has {
					return
				}
				s.SetEstimate(1)
				s, err = s.Set(m, limit)
				require.NoError(t, err)
				model[m.register] = m.value
				_, ok := s.Estimate()
				require.False(t, ok)
			},
			"merge": func(t *rapid.T) {
				var u Registers
				for _, i := range rapid.SliceOf(rapid.IntRange(0, 39)).Draw(t, "registers") {
					u[base+i] = uint8(i%4 + 1)
					model[base+i] = max(model[base+i], u[base+i])
				}
				var err error
				s, err = u.Into(s, limit)
				require.NoError(t, err)
			},
			"": func(t *rapid.T) {
				s.check(t, max(limit, headerSize+2))
				require.True(t, model == *registersOf(t, s))
			},
			"widen": func(t *rapid.T) {
				dense, err := s.Widen()
				require.NoError(t, err)
				require.Len(t, dense, denseSize)
				require.True(t, model == *registersOf(t, dense))
				one, err := s.Count()
				require.NoError(t, err)
				other, err := dense.Count()
				require.NoError(t, err)
				require.Equal(t, one, other)
				require.Equal(t, one, model.Count())
			},
		})
	})
}

// TestIntoIsSet shows that a union gives the same bytes as its registers one by one.
func TestIntoIsSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(i int) string { return strconv.Itoa(i) }
		n := rapid.SampledFrom([]int{0, 10, 100, 300}).Draw(t, "n")
		var u Registers
		for i := range n {
			m := MarkOf(number(i))
			u[m.register] = max(u[m.register], m.value)
		}
		s := add(t, New(), "some", "elements", "before")
		want := slices.Clone(s)
		var err error
		for i, v := range u {
			if has, _ := want.Has(Mark{i, v}); v > 0 && !has {
				want, err = want.Set(Mark{i, v}, 3000)
				require.NoError(t, err)
			}
		}
		want.Outdate()
		s, err = u.Into(s, 3000)
		require.NoError(t, err)
		require.Equal(t, want, s)
	})
}

// TestError counts sets of known sizes.
func TestError(t *testing.T) {
	s := New()
	for n := 1; n <= 100_000; n++ {
		s = add(t, s, "element "+strconv.Itoa(n))
		if n&(n-1) == 0 {
			got, err := s.Count()
			require.NoError(t, err)
			require.InDelta(t, n, got, math.Ceil(float64(n)*4*0.0081), "%d elements", n)
		}
	}
	require.True(t, s.Dense())
	require.NoError(t, SelfTest())
}

// TestEstimator has the extremes.
func TestEstimator(t *testing.T) {
	var u Registers
	require.Zero(t, u.Count())
	for i := range u {
		u[i] = restBits + 1
	}
	require.Equal(t, uint64(boundless), u.Count())
	u[0] = 0
	require.NotZero(t, u.Count())
}

func TestParse(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "HYLL": false, strings.Repeat("x", 16): false, string(New()): true, string(New()[:16]): true, string(New()[:15]): false,
		"hyll" + string(New()[4:]):                               false,
		"HYLL\x02" + strings.Repeat("\x00", 11):                  false,
		"HYLL\x00" + strings.Repeat("\x00", denseSize-5):         true,
		"HYLL\x00" + strings.Repeat("\x00", denseSize-6):         false,
		"HYLL\x00" + strings.Repeat("\x00", denseSize-4):         false,
		"HYLL\x01" + strings.Repeat("\xff", 11) + "any old junk": true,
	} {
		_, ok := Parse([]byte(s))
		require.Equal(t, want, ok, "%q", s)
	}
}

func TestCorrupt(t *testing.T) {
	header := string(New()[:headerSize])
	for name, runs := range map[string]string{
		"no registers":  "",
		"one too few":   "\x7f\xfe",
		"one too many":  "\x7f\xff\x00",
		"half a run":    "\x7f",
		"a value after": "\x7f\xff\x80",
	} {
		s := Sketch(header + runs)
		_, err := s.Count()
		require.ErrorIs(t, err, ErrCorrupt, name)
		_, err = s.Widen()
		require.ErrorIs(t, err, ErrCorrupt, name)
		require.ErrorIs(t, new(Registers).Merge(s), ErrCorrupt, name)
		_, err = s.Set(Mark{1, 33}, 3000)
		require.ErrorIs(t, err, ErrCorrupt, name)
	}
	_, err := Sketch(header).Has(Mark{0, 1})
	require.ErrorIs(t, err, ErrCorrupt)
	_, err = Sketch(header+"\x7f").Set(Mark{0, 1}, 3000)
	require.ErrorIs(t, err, ErrCorrupt)
}

// FuzzSketch uses whatever passes for a sketch.
func FuzzSketch(f *testing.F) {
	s := add(f, New(), "a", "b", "c")
	f.Add([]byte(s), "element", uint8(3))
	f.Add([]byte(s)[:20], "x", uint8(33))
	f.Add([]byte("HYLL\x00"+strings.Repeat("\xff", denseSize-5)), "x", uint8(51))
	f.Fuzz(func(t *testing.T, b []byte, element string, value uint8) {
		s, ok := Parse(slices.Clone(b))
		if !ok {
			return
		}
		m := MarkOf(element)
		m.value = max(value%52, 1)
		s.Decode()
		_, wrong := s.Count()
		d, err := s.Widen()
		require.Equal(t, wrong, err)
		var u Registers
		require.Equal(t, wrong, u.Merge(s))
		if has, err := s.Has(m); err == nil && !has {
			if s, err = s.Set(m, 3000); err == nil {
				has, err = s.Has(m)
				require.True(t, has || wrong != nil)
				require.True(t, err == nil || wrong != nil)
			}
		}
		if wrong == nil {
			_, err = u.Into(s, 3000)
			require.NoError(t, err)
			d, err = d.Set(Mark{m.register, 51}, 3000)
			require.NoError(t, err)
			_, err = d.Count()
			require.NoError(t, err)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{10, 500, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s := New()
			for i := range n {
				s = add(b, s, strconv.Itoa(i))
			}
			b.ReportAllocs()
			for b.Loop() {
				_, _ = s.Has(MarkOf("an element"))
			}
		})
	}
}

func BenchmarkCount(b *testing.B) {
	s := New()
	for i := range 10_000 {
		s = add(b, s, strconv.Itoa(i))
	}
	for b.Loop() {
		_, _ = s.Count()
	}
}

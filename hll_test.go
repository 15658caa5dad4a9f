package nook

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What a damaged HyperLogLog takes before the damage is found is told as it then is: the command failed.
func TestPFAddToDamage(t *testing.T) {
	j := new(bitmapJournal)
	s := newStore(t, Options{Journal: j})
	damaged := "HYLL\x01" + strings.Repeat("\x00", 10) + "\x80`\x00\x83\x85\x02_\xf3"
	require.NoError(t, s.Set("k", damaged))
	elements := make([]string, 2000)
	for i := range elements {
		elements[i] = strconv.Itoa(1600 + i)
	}
	_, err := s.PFAdd("k", elements...)
	require.ErrorIs(t, err, ErrCorruptHLL)
	v, _, err := s.Get("k")
	require.NoError(t, err)
	require.NotEqual(t, damaged, v)
	require.Equal(t, []string{"SET", "k", v, "KEEPTTL"}, j.effects[len(j.effects)-1].Args)
}

func TestHLL(t *testing.T) {
	s := newStore(t, Options{})
	require.True(t, must(s.PFAdd("h")), "it is created")
	require.False(t, must(s.PFAdd("h")))
	require.Zero(t, must(s.PFCount("h")))
	require.True(t, must(s.PFAdd("h", "a", "b", "c", "a")))
	require.False(t, must(s.PFAdd("h", "a", "c")))
	require.EqualValues(t, 3, must(s.PFCount("h")))
	require.EqualValues(t, 3, must(s.PFCount("h")), "which is kept")
	must(s.PFAdd("other", "c", "d"))
	require.EqualValues(t, 4, must(s.PFCount("h", "none", "other")))
	require.Zero(t, must(s.PFCount("none")))
	require.Zero(t, must(s.PFCount()))
	require.NoError(t, s.PFMerge("all", "h", "none", "other"))
	require.EqualValues(t, 4, must(s.PFCount("all")))
	require.NoError(t, s.PFMerge("none"))
	require.Equal(t, 1, must(s.Exists("none")))
	require.NoError(t, s.PFSelfTest())
	require.Equal(t, "raw", encodingOf(s.Select(0), "h"))
	require.Equal(t, "string", must(s.Type("h")))
}

// TestHLLBecomesDense counts more elements than fit into a sparse one.
func TestHLLBecomesDense(t *testing.T) {
	s := newStore(t, Options{Encodings: Encodings{HLLSparseMaxBytes: 100}})
	for i := range 2000 {
		must(s.PFAdd("h", fmt.Sprint(i)))
		if i == 10 {
			require.Equal(t, some("sparse"), found(s.PFDebugEncoding("h")))
			require.LessOrEqual(t, must(s.StrLen("h")), 100)
		}
	}
	require.Equal(t, some("dense"), found(s.PFDebugEncoding("h")))
	require.Equal(t, 12304, must(s.StrLen("h")))
	require.InDelta(t, 2000, must(s.PFCount("h")), 60)
}

func TestHLLDebug(t *testing.T) {
	s := newStore(t, Options{})
	must(s.PFAdd("h", "a", "b", "c"))
	require.Equal(t, some("Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"), found(s.PFDebugDecode("h")))
	registers, ok, err := s.PFDebugGetReg("h")
	require.NoError(t, err)
	require.True(t, ok)
	require.Len(t, registers, 16384)
	require.EqualValues(t, 2, registers[8436+1+4274])
	require.Equal(t, some("dense"), found(s.PFDebugEncoding("h")))
	fails(t, ErrDenseHLL)(s.PFDebugDecode("h"))
	converted, ok, err := s.PFDebugToDense("h")
	require.Equal(t, []any{false, true, nil}, []any{converted, ok, err})
	_, ok, err = s.PFDebugToDense("none")
	require.Equal(t, []any{false, nil}, []any{ok, err})
	require.EqualValues(t, 3, must(s.PFCount("h")))
}

// TestHLLIsAString has what strings can do with one.
func TestHLLIsAString(t *testing.T) {
	s, clock := newTimed(t, Options{})
	must(s.PFAdd("h", "a", "b"))
	require.EqualValues(t, 2, must(s.PFCount("h")))
	kept := found(s.Get("h")).Value
	must(s.PFAdd("h", "c"))
	require.NoError(t, s.Set("back", kept))
	require.EqualValues(t, 2, must(s.PFCount("back")), "what was handed out does not change")
	require.True(t, must(s.Copy("h", "copy")))
	must(s.PFAdd("copy", "d"))
	require.EqualValues(t, 3, must(s.PFCount("h")))
	require.EqualValues(t, 4, must(s.PFCount("copy")))

	must(s.Expire("h", time.Minute))
	must(s.PFAdd("h", "e"))
	must(s.PFCount("h"))
	require.NoError(t, s.PFMerge("h", "copy"))
	require.Equal(t, time.Minute, ttlOf(s.Select(0), "h"))
	clock.Advance(time.Minute)
	require.Zero(t, must(s.PFCount("h")))

	_, _, err := s.PFDebugToDense("copy")
	require.NoError(t, err)
	dense := found(s.Get("copy")).Value
	must(s.PFAdd("copy", "f"))
	require.NoError(t, s.Set("back", dense))
	require.EqualValues(t, 4, must(s.PFCount("back")))
}

func TestHLLWrong(t *testing.T) {
	s := newStore(t, Options{})
	must(s.RPush("l", "a"))
	must(s.PFAdd("h", "a"))
	for value, want := range map[string]error{
		"": ErrNotHLL, "5": ErrNotHLL, "HYLL": ErrNotHLL, strings.Repeat("x", 600): ErrNotHLL,
		"HYLL\x01" + strings.Repeat("\x80", 11):              ErrCorruptHLL,
		"HYLL\x01" + strings.Repeat("\x80", 11) + "\x7f\xfe": ErrCorruptHLL,
	} {
		require.NoError(t, s.Set("s", value))
		_, err := s.PFCount("s")
		require.Equal(t, want, err, "%q", value)
		_, err = s.PFCount("h", "s")
		require.Equal(t, want, err)
		require.Equal(t, want, s.PFMerge("s", "h"))
		require.Equal(t, want, s.PFMerge("h", "s"))
		_, _, err = s.PFDebugToDense("s")
		require.Equal(t, want, err)
		_, _, err = s.PFDebugGetReg("s")
		require.Equal(t, want, err)
		require.Equal(t, some(value), found(s.Get("s")))
	}
	fails(t, ErrWrongType)(s.PFAdd("l", "a"))
	fails(t, ErrWrongType)(s.PFCount("l"))
	fails(t, ErrWrongType)(s.PFCount("h", "l"))
	fails(t, ErrWrongType)(s.PFMerge("h", "l"))
	fails(t, ErrWrongType)(s.PFMerge("l", "h"))
	fails(t, ErrWrongType)(s.PFDebugEncoding("l"))
}

// TestHLLAnyString lets HyperLogLog commands at strings that look like one.
func TestHLLAnyString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStore(t, Options{})
		head := rapid.SampledFrom([]string{"HYLL\x01", "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", "HYLL\x00", ""}).Draw(t, "head")
		require.NoError(t, s.Set("k", head+string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes"))))
		for range 3 {
			_, _ = s.PFAdd("k", rapid.String().Draw(t, "element"))
			_, _ = s.PFCount("k")
			_, _ = s.PFCount("k", "l")
			_ = s.PFMerge("l", "k")
			_, _, _ = s.PFDebugDecode("k")
		}
		_, _, _ = s.PFDebugGetReg("k")
	})
}

// TestHLLConcurrently adds from many goroutines what is then counted.
func TestHLLConcurrently(t *testing.T) {
	s := newStore(t, Options{Shards: 2})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				must(s.PFAdd("h", fmt.Sprint(g%2, "-", i)))
				must(s.PFCount("h"))
				must(s.PFCount("h", "other"))
				found(s.Get("h"))
			}
		})
	}
	wg.Wait()
	alone := newStore(t, Options{})
	for g := range 2 {
		for i := range 500 {
			must(alone.PFAdd("h", fmt.Sprint(g, "-", i)))
		}
	}
	require.Equal(t, must(alone.PFCount("h")), must(s.PFCount("h")))
}

func BenchmarkHLL(b *testing.B) {
	s := must(New(nil))
	defer s.Close()
	elements := make([]string, 100_000)
	for i := range elements {
		elements[i] = fmt.Sprint("element ", i)
	}
	must(s.PFAdd("dense", elements...))
	must(s.PFAdd("sparse", elements[:100]...))
	b.Run("PFAddDense", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			must(s.PFAdd("dense", elements[i%len(elements)]))
		}
	})
	b.Run("PFAddSparse", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			must(s.PFAdd("sparse", elements[i%100]))
		}
	})
	b.Run("PFCountKept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			must(s.PFCount("dense"))
		}
	})
	b.Run("PFCountTwo", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			must(s.PFCount("dense", "sparse"))
		}
	})
}

package value

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/intset"
	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/table"
)

// check verifies the invariants of a set and returns its members, sorted.
func (s *Set) check(t require.TestingT, l *Limits) []string {
	members := []string{}
	for member := range s.All() {
		members = append(members, strings.Clone(member))
	}
	require.Len(t, members, s.Len())
	switch s.form() {
	case setIsInts:
		require.NoError(t, intset.Check(s.small))
	case setIsList:
		require.NoError(t, listpack.Check(s.small))
		require.LessOrEqual(t, s.Len(), l.SetEntries)
	case setIsTable:
		require.Nil(t, s.small)
		size := 0
		for e := range s.big.table.All() {
			require.Same(t, e, s.big.table.Find(table.Hash(e.Key()), e.Key()))
			require.Empty(t, e.Text())
			size += e.Size()
		}
		require.Equal(t, size, s.big.bytes)
	}
	slices.Sort(members)
	require.Len(t, slices.Compact(slices.Clone(members)), len(members))
	return members
}

// aSet is what a set is taken to be: its members, and the encoding that the
// rules of Redis give it.
type aSet struct {
	members  map[string]bool
	encoding string
	limits   *Limits
}

func isInteger(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == s
}

func (a *aSet) add(member string) bool {
	if a.members[member] {
		return false
	}
	short := len(member) <= a.limits.SetValue && len(a.members) < a.limits.SetEntries
	switch {
	case a.encoding == "intset" && isInteger(member):
		if len(a.members)+1 > a.limits.SetIntEntries {
			a.encoding = "hashtable"
		}
	case a.encoding == "intset" && short && a.longest() <= a.limits.SetValue:
		a.encoding = "listpack"
	case a.encoding == "listpack" && short:
	default:
		a.encoding = "hashtable"
	}
	a.members[member] = true
	return true
}

func (a *aSet) longest() (n int) {
	for member := range a.members {
		n = max(n, len(member))
	}
	return n
}

func (a *aSet) sorted() []string {
	members := []string{}
	for member := range a.members {
		members = append(members, member)
	}
	slices.Sort(members)
	return members
}

var setLimits = []Limits{
	{SetIntEntries: 512, SetEntries: 128, SetValue: 64},
	{SetIntEntries: 4, SetEntries: 6, SetValue: 3},
	{SetIntEntries: 6, SetEntries: 4, SetValue: 8},
	{SetIntEntries: 0, SetEntries: 5, SetValue: 5},
	{SetIntEntries: 5, SetEntries: 0, SetValue: 0},
	{},
}

func someMember() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(-9, 9).Draw(t, "n")) }),
		rapid.SampledFrom([]string{
			"", "a", "b", "abc", "abcd", "01", "-0", "+1", " 1", "12345", "-123456789", "9223372036854775807",
			"9223372036854775808", strings.Repeat("x", 64), strings.Repeat("y", 65), strings.Repeat("z", 600),
		}),
		rapid.StringN(0, 5, -1),
	)
}

// TestSetModel does random things to a set and to a map.
func TestSetModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := &setLimits[rapid.IntRange(0, len(setLimits)-1).Draw(t, "limits")]
		r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		s, want := NewIntSet(), &aSet{map[string]bool{}, "intset", limits}
		member := func(t *rapid.T) string {
			if s.Len() > 0 && rapid.Bool().Draw(t, "present") {
				return rapid.SampledFrom(want.sorted()).Draw(t, "member")
			}
			return someMember().Draw(t, "member")
		}
		gone := func(members ...string) {
			for _, m := range members {
				require.True(t, want.members[m], m)
				delete(want.members, m)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				m := member(t)
				require.Equal(t, want.add(m), s.Add(m, limits))
			},
			"remove": func(t *rapid.T) {
				m := member(t)
				require.Equal(t, want.members[m], s.Remove(m))
				delete(want.members, m)
			},
			"pop": func(t *rapid.T) {
				if s.Len() > 0 {
					gone(s.Pop(r))
				}
			},
			"pop some": func(t *rapid.T) {
				if s.Len() < 2 {
					t.Skip()
				}
				n := rapid.IntRange(0, s.Len()-1).Draw(t, "n")
				popped := s.PopSome(r, n, limits)
				require.Len(t, popped, n)
				gone(popped...)
				want.encoding = s.Encoding()
			},
			"sample": func(t *rapid.T) {
				n := rapid.IntRange(0, s.Len()+1).Draw(t, "n")
				sample := s.Sample(r, n)
				slices.Sort(sample)
				require.Len(t, slices.Compact(sample), min(n, s.Len()))
				for _, m := range sample {
					require.True(t, want.members[m], m)
				}
			},
			"compact": func(*rapid.T) {
				s.Compact(limits)
				if !slices.ContainsFunc(want.sorted(), func(m string) bool { return !isInteger(m) }) &&
					s.Len() <= limits.SetIntEntries {
					want.encoding = "intset"
				}
			},
			"clone": func(*rapid.T) {
				before := s
				s = s.Clone().(*Set)
				before.Add("another", limits)
			},
			"": func(t *rapid.T) {
				require.Equal(t, want.sorted(), s.check(t, limits))
				members := s.Members()
				slices.Sort(members)
				require.Equal(t, want.sorted(), members)
				require.Equal(t, want.sorted(), scannedSet(s, nil))
				require.Equal(t, want.encoding, s.Encoding())
				m := member(t)
				require.Equal(t, want.members[m], s.Has(m))
				if s.Len() > 0 {
					require.True(t, want.members[s.Random(r)])
				}
			},
		})
	})
}

// scannedSet returns what a scan yields, sorted; between runs after each step.
func scannedSet(s *Set, between func()) []string {
	found := []string{}
	for pos := uint64(0); ; {
		pos = s.Scan(pos, func(member string) { found = append(found, member) })
		if pos == 0 {
			slices.Sort(found)
			return found
		}
		if between != nil {
			between()
		}
	}
}

// TestSetScanOfShrinkingTable makes a table a listpack while it is scanned: the
// members that stay come once nevertheless.
func TestSetScanOfShrinkingTable(t *testing.T) {
	limits, r := &setLimits[0], rand.New(rand.NewPCG(1, 2))
	for step := range 5 {
		s := NewSet("", 1000, limits)
		for i := range 1000 {
			s.Add(fmt.Sprint("m", i), limits)
		}
		count := 0
		found := scannedSet(s, func() {
			if count++; count == 10*step {
				s.PopSome(r, 900, limits)
				require.Equal(t, "listpack", s.Encoding())
			}
		})
		times := map[string]int{}
		for _, m := range found {
			times[m]++
		}
		for _, m := range s.Members() {
			require.Equal(t, 1, times[m], m)
		}
		require.Len(t, times, len(found))
	}
}

func TestNewSet(t *testing.T) {
	l := &setLimits[0]
	require.Equal(t, "intset", NewSet("1", 512, l).Encoding())
	require.Equal(t, "hashtable", NewSet("1", 513, l).Encoding())
	require.Equal(t, "listpack", NewSet("a", 128, l).Encoding())
	require.Equal(t, "hashtable", NewSet("a", 129, l).Encoding())
	require.Equal(t, "listpack", NewSet("1", 1, &setLimits[3]).Encoding())
	for _, n := range []int{512, 513} {
		s := NewIntSet()
		s.Expect(n, l)
		require.Equal(t, n > 512, s.Encoding() == "hashtable")
	}
	for _, n := range []int{128, 129} {
		s := NewListSet()
		s.Expect(n, l)
		require.Equal(t, n > 128, s.Encoding() == "hashtable")
	}
}

// fairSets are sets of each encoding, with the sizes of samples that take each way.
var fairSets = map[string]func() *Set{
	"intset":   func() *Set { return someSet(30, "") },
	"listpack": func() *Set { return someSet(30, "m") },
	"table":    func() *Set { return someSet(30, strings.Repeat("m", 65)) },
}

func someSet(n int, prefix string) *Set {
	s := NewIntSet()
	for i := range n {
		s.Add(prefix+strconv.Itoa(i), &setLimits[0])
	}
	return s
}

// TestSetFairness counts how often each member is chosen. A fair set would fail in one of a
// million tests, by the chi-square distribution with 29 degrees of freedom; but the seeds
// are fixed.
func TestSetFairness(t *testing.T) {
	const size, rounds, level = 30, 20_000, 82.9
	for name, fresh := range fairSets {
		r := rand.New(rand.NewPCG(3, 4))
		for way, choose := range map[string]func(s *Set) []string{
			"random":    func(s *Set) []string { return []string{s.Random(r)} },
			"pop":       func(s *Set) []string { return []string{s.Clone().(*Set).Pop(r)} },
			"sample 2":  func(s *Set) []string { return s.Sample(r, 2) },
			"sample 25": func(s *Set) []string { return s.Sample(r, 25) },
			"pop 2":     func(s *Set) []string { return s.Clone().(*Set).PopSome(r, 2, &setLimits[0]) },
			"pop 25":    func(s *Set) []string { return s.Clone().(*Set).PopSome(r, 25, &setLimits[0]) },
		} {
			s, counts := fresh(), map[string]int{}
			chosen := 0
			for chosen < rounds {
				for _, m := range choose(s) {
					counts[m]++
					chosen++
				}
			}
			expected, sum := float64(chosen)/size, 0.0
			for m := range s.All() {
				sum += math.Pow(float64(counts[m])-expected, 2) / expected
			}
			require.Less(t, sum, level, "%s, %s", name, way)
		}
	}
}

// TestSetBytes compares Bytes with what the heap has given.
func TestSetBytes(t *testing.T) {
	const count = 200
	sets := make([]*Set, count)
	for _, c := range []struct {
		n      int
		prefix string
	}{{1, ""}, {10, ""}, {300, ""}, {5, "m"}, {100, "member"}, {500, "member"}, {3000, ""}} {
		taken := math.Inf(1)
		for range 3 {
			clear(sets)
			before := heapInUse()
			for i := range sets {
				sets[i] = someSet(c.n, c.prefix)
			}
			taken = min(taken, float64(heapInUse()-before)/count)
		}
		require.InEpsilon(t, taken, float64(sets[0].Bytes()), 0.2, "%d of %q", c.n, c.prefix)
	}
}

// heapInUse returns what is in use after a collection.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkSet(b *testing.B) {
	limits := &setLimits[0]
	for _, c := range []struct {
		name   string
		n      int
		prefix string
	}{{"intset", 500, ""}, {"listpack", 100, "m"}, {"table", 10_000, "member:"}} {
		s, absent := someSet(c.n, c.prefix), c.prefix+"123456"
		present := make([]string, c.n)
		for i := range present {
			present[i] = c.prefix + strconv.Itoa(i*7919%c.n)
		}
		b.Run(c.name+"/has", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Has(present[i%c.n])
			}
		})
		b.Run(c.name+"/add and remove", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Add(absent, limits)
				s.Remove(absent)
			}
		})
		b.Run(c.name+"/members", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Members()
			}
		})
	}
}

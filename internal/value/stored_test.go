package value

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/intset"
	"github.com/nookdb/nook/internal/listpack"
)

// packOf makes a listpack.
func packOf(elements ...string) listpack.List {
	l := listpack.New()
	for _, s := range elements {
		l = l.Append(s)
	}
	return l
}

// storedLimits are limits that are soon reached.
var storedLimits = Limits{HashEntries: 2, HashValue: 8, SetIntEntries: 3, SetEntries: 2, SetValue: 8, ZSetEntries: 2, ZSetValue: 8, ListSize: -1}

// TestStoredLimits builds values at their limits and above them.
func TestStoredLimits(t *testing.T) {
	m := &storedLimits
	type made struct {
		c   Collection
		err error
	}
	of := func(c Collection, err error) made { return made{c, err} }
	hash := func(l listpack.List) made { h, err := HashOfList(l, m, false); return of(h, err) }
	timed := func(l listpack.List) made { h, err := HashOfTimedList(l, m, false); return of(h, err) }
	set := func(l listpack.List) made { s, err := SetOfList(l, m, false); return of(s, err) }
	zset := func(l listpack.List) made { z, err := ZSetOfList(l, m, false); return of(z, err) }
	ints := func(n int64) made {
		s := intset.New()
		for i := range n {
			s, _ = s.Add(i)
		}
		return of(SetOfInts(s, m), nil)
	}
	for _, c := range []struct {
		made     made
		encoding string
		err      error
	}{
		{hash(packOf("a", "1", "b", "2")), "listpack", nil},
		{hash(packOf("a", "1", "b", "2", "c", "3")), "hashtable", nil},
		{hash(packOf("a", "1", "b", "2", "a", "3")), "", ErrDuplicate},
		{hash(packOf("a", "1", "b")), "", ErrOdd},
		{timed(packOf("a", "1", "0", "b", "2", "5")), "listpackex", nil},
		{timed(packOf("a", "1", "0", "b", "2", "5", "c", "3", "4")), "hashtable", nil},
		{timed(packOf("a", "1", "-1")), "", ErrDeadline},
		{timed(packOf("a", "1", "never")), "", ErrDeadline},
		{timed(packOf("a", "1")), "", ErrOdd},
		{set(packOf("a", "1")), "listpack", nil},
		{set(packOf("a", "1", "b")), "hashtable", nil},
		{set(packOf("a", "1", "1")), "", ErrDuplicate},
		{ints(3), "intset", nil},
		{ints(4), "hashtable", nil},
		{zset(packOf("a", "-inf", "b", "1.5")), "listpack", nil},
		{zset(packOf("a", "1", "b", "1", "c", "1e300")), "skiplist", nil},
		{zset(packOf("a", "1", "b", "2", "a", "3")), "", ErrDuplicate},
		{zset(packOf("b", "1", "a", "1")), "", ErrOrder},
		{zset(packOf("a", "nan")), "", ErrScore},
		{zset(packOf("a")), "", ErrOdd},
	} {
		require.ErrorIs(t, c.made.err, c.err)
		if c.err == nil {
			require.Equal(t, c.encoding, c.made.c.Encoding())
			require.Equal(t, c.made.c.Clone().Encoding(), c.encoding)
		}
	}
}

// TestDeepLook finds duplicates in small collections only if it is asked to.
func TestDeepLook(t *testing.T) {
	m := &Limits{HashEntries: 10, SetEntries: 10, ZSetEntries: 10}
	for _, deep := range []bool{false, true} {
		var want error
		if deep {
			want = ErrDuplicate
		}
		_, err := HashOfList(packOf("12", "1", "b", "2", "12", "3"), m, deep)
		require.ErrorIs(t, err, want)
		_, err = HashOfTimedList(packOf("a", "1", "0", "a", "2", "0"), m, deep)
		require.ErrorIs(t, err, want)
		_, err = SetOfList(packOf("a", "b", "a"), m, deep)
		require.ErrorIs(t, err, want)
		_, err = ZSetOfList(packOf("a", "1", "b", "2", "a", "3"), m, deep)
		require.ErrorIs(t, err, want)
	}
	_, err := HashOfList(packOf("a", "x", "b", "x", "c", "a"), m, true)
	require.NoError(t, err, "values may be the same")
}

// TestLoadHash loads fields one by one, into hashes that become big at once, on the way or never.
func TestLoadHash(t *testing.T) {
	for _, c := range []struct {
		n        uint64
		value    string
		encoding string
	}{{2, "short", "listpackex"}, {2, "rather long", "hashtable"}, {3, "short", "hashtable"}} {
		h := NewHashFor(c.n, &storedLimits)
		require.True(t, h.Load("a", c.value, 0, &storedLimits))
		require.True(t, h.Load("b", "2", 77, &storedLimits))
		require.False(t, h.Load("a", "again", 0, &storedLimits))
		require.Equal(t, c.encoding, h.Encoding())
		require.ElementsMatch(t, []string{"a", c.value, "b", "2"}, h.All(Both))
		require.Equal(t, int64(77), h.Next())
		l, width := h.List()
		if c.encoding == "hashtable" {
			require.Nil(t, l)
			n := 0
			for e := range h.Fields() {
				require.Equal(t, e.Key() == "b", e.Deadline() == 77)
				n++
			}
			require.Equal(t, 2, n)
		} else {
			require.Equal(t, 3, width)
			require.Equal(t, 6, l.Len())
		}
	}
}

// TestLoadZSet loads members one by one, and makes the set a small one if it can be.
func TestLoadZSet(t *testing.T) {
	for _, c := range []struct {
		members  []string
		encoding string
	}{{[]string{"b", "a"}, "listpack"}, {[]string{"c", "b", "a"}, "skiplist"}, {[]string{"rather long", "a"}, "skiplist"}} {
		z, longest := NewBigZSet(), 0
		for i, member := range c.members {
			require.True(t, z.Load(member, -float64(i)))
			require.False(t, z.Load(member, 5))
			longest = max(longest, len(member))
		}
		z.Compact(longest, &storedLimits)
		require.Equal(t, c.encoding, z.Encoding())
		require.Equal(t, len(c.members), z.Len())
		cursor := z.From(len(c.members)-1, true)
		for i, want := range c.members {
			member, score := cursor.Next()
			require.Equal(t, want, member)
			require.InDelta(t, -float64(i), score, 0)
		}
	}
}

// TestSetFor adds members to sets of which it is known how many there will be.
func TestSetFor(t *testing.T) {
	for n, encoding := range map[uint64]string{2: "intset", 3: "hashtable"} {
		s := NewSetFor(n, &storedLimits)
		for i := range n {
			s.Add(strconv.FormatUint(i, 10), &storedLimits)
		}
		require.Equal(t, encoding, s.Encoding())
		_, isInts := s.Ints()
		require.Equal(t, encoding == "intset", isInts)
	}
}

package value

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/quicklist"
)

// elements returns all elements of a list.
func elements(l *List) []string { return l.Range(0, l.Len(), quicklist.Back) }

func TestListFind(t *testing.T) {
	l, m := NewList(), &Limits{ListSize: 2}
	l.Push(quicklist.Back, m, "a", "1", "b", "1", "01", "1")
	require.Equal(t, []int{1, 3, 5}, l.Find("1", Search{}))
	require.Equal(t, []int{4}, l.Find("01", Search{}), "what looks like an integer and is none")
	require.Equal(t, []int{3, 5}, l.Find("1", Search{Skip: 1}))
	require.Equal(t, []int{3}, l.Find("1", Search{Skip: 1, Most: 1}))
	require.Equal(t, []int{1, 3}, l.Find("1", Search{Look: 5}))
	require.Equal(t, []int{5, 3}, l.Find("1", Search{From: quicklist.Back, Most: 2}))
	require.Equal(t, []int{5, 3}, l.Find("1", Search{From: quicklist.Back, Look: 4}))
	require.Empty(t, l.Find("1", Search{Skip: 3}))
	require.Empty(t, l.Find("nothing", Search{}))
}

func TestListRemove(t *testing.T) {
	for _, size := range []int{1, 2, 3, 100, -2} {
		l, m := NewList(), &Limits{ListSize: size}
		l.Push(quicklist.Back, m, "x", "a", "x", "x", "b", "x", "c", "x")
		require.Equal(t, 2, l.Remove(quicklist.Back, m, 2, "x"))
		require.Equal(t, []string{"x", "a", "x", "x", "b", "c"}, elements(l))
		require.Equal(t, 2, l.Remove(quicklist.Front, m, 2, "x"))
		require.Equal(t, []string{"a", "x", "b", "c"}, elements(l))
		require.Equal(t, 0, l.Remove(quicklist.Front, m, 2, "nothing"))
		require.Equal(t, 1, l.Remove(quicklist.Back, m, 100, "x"))
		require.Equal(t, []string{"a", "b", "c"}, elements(l))
		require.Equal(t, 1, l.Remove(quicklist.Back, m, 100, "a"))
		require.Equal(t, 1, l.Remove(quicklist.Front, m, 100, "c"))
		require.Equal(t, 1, l.Remove(quicklist.Front, m, 100, "b"))
		require.Zero(t, l.Len())
	}
}

func TestListInsertTrim(t *testing.T) {
	for _, size := range []int{1, 2, 3, 100, -2} {
		l, m := NewList(), &Limits{ListSize: size}
		l.Push(quicklist.Back, m, "a", "b", "c", "b")
		require.True(t, l.Insert(quicklist.Front, m, "b", "1"))
		require.True(t, l.Insert(quicklist.Back, m, "b", "2"))
		require.False(t, l.Insert(quicklist.Back, m, "nothing", "3"))
		require.Equal(t, []string{"a", "1", "b", "2", "c", "b"}, elements(l))
		l.Trim(1, 5, m)
		require.Equal(t, []string{"1", "b", "2", "c"}, elements(l))
		require.Equal(t, []string{"c", "2"}, l.PopSome(quicklist.Back, m, 2))
		require.Equal(t, []string{"1", "b"}, l.PopSome(quicklist.Front, m, 3))
	}
}

// TestListEncodings goes from one form to the other and back.
func TestListEncodings(t *testing.T) {
	l, m := NewList(), &Limits{ListSize: -1}
	require.Equal(t, "list", l.Type())
	for range 3 {
		l.Push(quicklist.Front, m, strings.Repeat("x", 1000))
	}
	require.Equal(t, "listpack", l.Encoding())
	l.Push(quicklist.Front, m, strings.Repeat("y", 1500))
	require.Equal(t, "quicklist", l.Encoding())
	c := l.Clone().(*List)
	l.Pop(quicklist.Front, m)
	require.Equal(t, "quicklist", l.Encoding(), "3000 bytes are more than half a node")
	l.Pop(quicklist.Front, m)
	require.Equal(t, "listpack", l.Encoding())
	require.Equal(t, 4, c.Len())
	require.Equal(t, "quicklist", c.Encoding())
	require.Less(t, l.Bytes(), c.Bytes())
	l.Set(l.Seek(0), m, strings.Repeat("z", 5000))
	require.Equal(t, "quicklist", l.Encoding())
	l.Set(l.Seek(0), m, "small")
	require.Equal(t, "small", l.At(l.Seek(0)))
}

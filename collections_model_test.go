package nook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naive is what a key holds: a list, a set or a sorted set, as a beginner would
// keep it.
type naive struct {
	list []string
	set  map[string]bool
	zset map[string]float64
}

// kind is the name of the type, "none" for nothing.
func (n *naive) kind() string {
	switch {
	case n == nil:
		return "none"
	case n.set != nil:
		return "set"
	case n.zset != nil:
		return "zset"
	default:
		return "list"
	}
}

func (n *naive) len() int { return len(n.list) + len(n.set) + len(n.zset) }

func (n *naive) clone() *naive {
	return &naive{slices.Clone(n.list), maps.Clone(n.set), maps.Clone(n.zset)}
}

// ranked returns the members of a sorted set in order.
func (n *naive) ranked() []Z {
	all := []Z{}
	for member, score := range n.zset {
		all = append(all, Z{member, score})
	}
	slices.SortFunc(all, func(a, b Z) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Member, b.Member))
	})
	return all
}

// collectionsModel is a store beside a map.
type collectionsModel struct {
	s    *Store
	keys map[string]*naive
}

// as returns what a key holds, made if there is nothing, and whether it is of a kind. A call
// on a key of another must have failed with err.
func (m *collectionsModel) as(t *rapid.T, key, kind string, err error, fresh naive) *naive {
	n := m.keys[key]
	if k := n.kind(); k != "none" && k != kind {
		require.ErrorIs(t, err, ErrWrongType)
		return nil
	}
	require.NoError(t, err)
	if n == nil {
		return &fresh
	}
	return n
}

// keep notes what a key holds now.
func (m *collectionsModel) keep(key string, n *naive) {
	if n.len() == 0 {
		delete(m.keys, key)
	} else {
		m.keys[key] = n
	}
}

// TestCollectionsModel does random things to lists, sets and sorted sets of a store, in all
// encodings, and to naive ones. The store's own invariants, bytes in use among them, are checked
// when each run ends.
func TestCollectionsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.SampledFrom([]int{0, 3, 10}).Draw(t, "limits")
		m := &collectionsModel{keys: map[string]*naive{}, s: newStore(t, Options{Encodings: Encodings{
			ListMaxListpackSize: few, SetMaxIntsetEntries: few, SetMaxListpackEntries: few, ZSetMaxListpackEntries: few,
		}})}
		key := func() string { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key") }
		member := func() string {
			return fmt.Sprint(rapid.SampledFrom([]string{"", "m"}).Draw(t, "kind"), rapid.IntRange(0, 20).Draw(t, "number"))
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				k, v := key(), member()
				_, err := m.s.RPush(k, v)
				if n := m.as(t, k, "list", err, naive{}); n != nil {
					n.list = append(n.list, v)
					m.keep(k, n)
				}
			},
			"move an element": func(t *rapid.T) {
				src, dst := key(), key()
				v, ok, err := m.s.LMove(src, dst, Left, Right)
				from := m.keys[src]
				if from == nil {
					require.NoError(t, err)
					require.False(t, ok)
					return
				}
				if k := m.keys[dst].kind(); from.kind() != "list" || k != "none" && k != "list" {
					require.ErrorIs(t, err, ErrWrongType)
					return
				}
				require.NoError(t, err)
				require.Equal(t, from.list[0], v)
				from.list = from.list[1:]
				m.keep(src, from)
				to := m.as(t, dst, "list", nil, naive{})
				to.list = append(to.list, v)
				m.keep(dst, to)
			},
			"add to a set": func(t *rapid.T) {
				k, v := key(), member()
				_, err := m.s.SAdd(k, v)
				if n := m.as(t, k, "set", err, naive{set: map[string]bool{}}); n != nil {
					n.set[v] = true
					m.keep(k, n)
				}
			},
			"remove from a set": func(t *rapid.T) {
				k, v := key(), member()
				removed, err := m.s.SRem(k, v)
				if n := m.as(t, k, "set", err, naive{set: map[string]bool{}}); n != nil {
					require.Equal(t, n.set[v], removed == 1)
					delete(n.set, v)
					m.keep(k, n)
				}
			},
			"score": func(t *rapid.T) {
				k, v, by := key(), member(), rapid.Float64Range(-10, 10).Draw(t, "by")
				sum, err := m.s.ZIncrBy(k, v, by)
				if n := m.as(t, k, "zset", err, naive{zset: map[string]float64{}}); n != nil {
					n.zset[v] += by
					require.Equal(t, n.zset[v], sum)
					m.keep(k, n)
				}
			},
			"remove by rank": func(t *rapid.T) {
				k, from, to := key(), rapid.Int64Range(0, 5).Draw(t, "from"), rapid.Int64Range(0, 8).Draw(t, "to")
				_, err := m.s.ZRemRange(k, RankRange(from, to))
				if n := m.as(t, k, "zset", err, naive{zset: map[string]float64{}}); n != nil {
					for i, z := range n.ranked() {
						if from <= int64(i) && int64(i) <= to {
							delete(n.zset, z.Member)
						}
					}
					m.keep(k, n)
				}
			},
			"rename": func(t *rapid.T) {
				src, dst := key(), key()
				err := m.s.Rename(src, dst)
				if n := m.keys[src]; n == nil {
					require.ErrorIs(t, err, ErrNoSuchKey)
				} else if src != dst {
					m.keys[dst] = n
					delete(m.keys, src)
				}
			},
			"copy": func(t *rapid.T) {
				src, dst := key(), key()
				if src == dst {
					t.Skip("the same")
				}
				_, err := m.s.CopyWith(src, dst, CopyOptions{Replace: true})
				require.NoError(t, err)
				if n := m.keys[src]; n != nil {
					m.keys[dst] = n.clone()
				}
			},
			"delete": func(*rapid.T) {
				k := key()
				_, err := m.s.Del(k)
				require.NoError(t, err)
				delete(m.keys, k)
			},
			"": m.compare,
		})
	})
}

// compare verifies that the store holds what the model does.
func (m *collectionsModel) compare(t *rapid.T) {
	require.Equal(t, len(m.keys), must(m.s.DBSize()))
	for key, n := range m.keys {
		require.Equal(t, n.kind(), must(m.s.Type(key)))
		switch n.kind() {
		case "list":
			require.Equal(t, n.list, must(m.s.LRange(key, 0, -1)))
		case "set":
			require.ElementsMatch(t, slices.Collect(maps.Keys(n.set)), must(m.s.SMembers(key)))
		default:
			require.Equal(t, n.ranked(), must(m.s.ZRange(key, RankRange(0, -1))))
		}
	}
}

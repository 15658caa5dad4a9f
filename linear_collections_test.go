package nook_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
)

// A shelf is a naive store of collections: of each key, its elements. Those of a list are in
// order. A set is sorted, a hash or a sorted set has its fields or members as keys.
type shelf struct {
	lists  map[string]string // elements, each with a comma behind it
	sets   map[string]string // the same, sorted
	scores map[string]int64  // of "key/member", of hashes and sorted sets
}

func (s *shelf) clone() *shelf {
	return &shelf{maps.Clone(s.lists), maps.Clone(s.sets), maps.Clone(s.scores)}
}

// pop takes the first element of a list.
func (s *shelf) pop(key string) (string, bool) {
	v, rest, ok := strings.Cut(s.lists[key], ",")
	if !ok {
		return "", false
	}
	s.setList(key, rest)
	return v, true
}

func (s *shelf) setList(key, elements string) {
	if elements == "" {
		delete(s.lists, key)
	} else {
		s.lists[key] = elements
	}
}

// put adds a member to a set, or takes it away, and reports whether that changes anything.
func (s *shelf) put(key, member string, in bool) bool {
	members := strings.FieldsFunc(s.sets[key], func(r rune) bool { return r == ',' })
	i, found := slices.BinarySearch(members, member)
	switch {
	case found == in:
		return false
	case in:
		members = slices.Insert(members, i, member)
	default:
		members = slices.Delete(members, i, i+1)
	}
	if len(members) == 0 {
		delete(s.sets, key)
	} else {
		s.sets[key] = strings.Join(members, ",") + ","
	}
	return true
}

// ranked returns the members of a sorted set, or of a hash by their numbers.
func (s *shelf) ranked(key string) []nook.Z {
	all := []nook.Z{}
	for at, score := range s.scores {
		if member, ok := strings.CutPrefix(at, key+"/"); ok {
			all = append(all, nook.Z{Member: member, Score: float64(score)})
		}
	}
	slices.SortFunc(all, func(a, b nook.Z) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Member, b.Member))
	})
	return all
}

// An errand is a call on collections, of the store and of the naive one. What it returned is
// told the naive one: chance may have decided.
type errand struct {
	name  string
	typed func(s *nook.Store) string
	naive func(s *shelf, result string) string
}

// errandMakers draw errands. The keys of a type are its own.
var errandMakers = []func(d draw) errand{
	func(d draw) errand {
		key, v := "l"+d.key(), d.letter()
		return errand{"rpush " + key + " " + v,
			func(s *nook.Store) string { return show(s.RPush(key, v)) },
			func(s *shelf, _ string) string {
				s.lists[key] += v + ","
				return show(strings.Count(s.lists[key], ","), nil)
			}}
	},
	func(d draw) errand {
		key := "l" + d.key()
		return errand{"lpop " + key,
			func(s *nook.Store) string { return show(s.LPop(key)) },
			func(s *shelf, _ string) string {
				v, ok := s.pop(key)
				return show(v, ok, nil)
			}}
	},
	func(d draw) errand {
		src, dst := "l"+d.key(), "l"+d.key()
		return errand{"lmove " + src + " " + dst,
			func(s *nook.Store) string { return show(s.LMove(src, dst, nook.Left, nook.Right)) },
			func(s *shelf, _ string) string {
				v, ok := s.pop(src)
				if ok {
					s.lists[dst] += v + ","
				}
				return show(v, ok, nil)
			}}
	},
	// A call that waits takes what there is, or has been served by one that came
	// while it waited; or else time was up, which can be at any moment of it.
	func(d draw) errand {
		key := "l" + d.key()
		return errand{"blpop " + key,
			func(s *nook.Store) string {
				p, ok, err := s.BLPop(context.Background(), 50*time.Microsecond, key)
				return show(p.Value, ok, err)
			},
			func(s *shelf, result string) string {
				if none := show("", false, nil); result == none {
					return none
				}
				v, ok := s.pop(key)
				return show(v, ok, nil)
			}}
	},
	func(d draw) errand {
		key := "l" + d.key()
		return errand{"lrange " + key,
			func(s *nook.Store) string { return show(s.LRange(key, 0, -1)) },
			func(s *shelf, _ string) string {
				elements := strings.Split(s.lists[key], ",")
				return show(elements[:len(elements)-1], nil)
			}}
	},
	func(d draw) errand {
		key, member := "s"+d.key(), d.letter()
		return errand{"sadd " + key + " " + member,
			func(s *nook.Store) string { return show(s.SAdd(key, member)) },
			func(s *shelf, _ string) string { return show(count01(s.put(key, member, true)), nil) }}
	},
	func(d draw) errand {
		src, dst, member := "s"+d.key(), "s"+d.key(), d.letter()
		return errand{"smove " + src + " " + dst + " " + member,
			func(s *nook.Store) string { return show(s.SMove(src, dst, member)) },
			func(s *shelf, _ string) string {
				there := s.put(src, member, false)
				if there {
					s.put(dst, member, true)
				}
				return show(there, nil)
			}}
	},
	func(d draw) errand {
		key := "s" + d.key()
		return errand{"spop " + key,
			func(s *nook.Store) string { return show(s.SPop(key)) },
			func(s *shelf, result string) string {
				for member := range strings.SplitSeq(s.sets[key], ",") {
					if want := show(member, true, nil); member != "" && result == want {
						s.put(key, member, false)
						return want
					}
				}
				if s.sets[key] != "" {
					return "one of the members"
				}
				return show("", false, nil)
			}}
	},
	func(d draw) errand {
		a, b := "s"+d.key(), "s"+d.key()
		return errand{"sunion " + a + " " + b,
			func(s *nook.Store) string {
				members, err := s.SUnion(a, b)
				slices.Sort(members)
				return show(fmt.Sprint(members), err)
			},
			func(s *shelf, _ string) string {
				members := strings.FieldsFunc(s.sets[a]+s.sets[b], func(r rune) bool { return r == ',' })
				slices.Sort(members)
				return show(fmt.Sprint(slices.Compact(members)), nil)
			}}
	},
	func(d draw) errand {
		key, member, by := "z"+d.key(), d.letter(), int64(d.int(-3, 3))
		return errand{fmt.Sprint("zincrby ", key, " ", by, " ", member),
			func(s *nook.Store) string { return show(s.ZIncrBy(key, member, float64(by))) },
			func(s *shelf, _ string) string {
				s.scores[key+"/"+member] += by
				return show(float64(s.scores[key+"/"+member]), nil)
			}}
	},
	func(d draw) errand {
		key := "z" + d.key()
		return errand{"zpopmin " + key,
			func(s *nook.Store) string { return show(s.ZPopMin(key)) },
			func(s *shelf, _ string) string {
				all := s.ranked(key)
				if len(all) == 0 {
					return show(nook.Z{}, false, nil)
				}
				delete(s.scores, key+"/"+all[0].Member)
				return show(all[0], true, nil)
			}}
	},
	func(d draw) errand {
		key := "z" + d.key()
		return errand{"zrange " + key,
			func(s *nook.Store) string {
				members, err := s.ZRange(key, nook.RankRange(0, -1))
				return show(fmt.Sprint(members), err)
			},
			func(s *shelf, _ string) string { return show(fmt.Sprint(s.ranked(key)), nil) }}
	},
	func(d draw) errand {
		key, field, by := "h"+d.key(), d.letter(), int64(d.int(-3, 3))
		return errand{fmt.Sprint("hincrby ", key, " ", field, " ", by),
			func(s *nook.Store) string { return show(s.HIncrBy(key, field, by)) },
			func(s *shelf, _ string) string {
				s.scores[key+"/"+field] += by
				return show(s.scores[key+"/"+field], nil)
			}}
	},
	func(d draw) errand {
		key, a, b := "h"+d.key(), d.letter(), d.letter()
		return errand{"hmget " + key + " " + a + " " + b,
			func(s *nook.Store) string { return show(s.HMGet(key, a, b)) },
			func(s *shelf, _ string) string {
				var values []nook.Optional
				for _, field := range []string{a, b} {
					n, ok := s.scores[key+"/"+field]
					v := nook.Optional{OK: ok}
					if ok {
						v.Value = strconv.FormatInt(n, 10)
					}
					values = append(values, v)
				}
				return show(values, nil)
			}}
	},
}

// count01 returns how many changed, of one.
func count01(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// letter draws an element of a collection.
func (d draw) letter() string {
	return rapid.SampledFrom([]string{"p", "q", "r", "7"}).Draw(d.T, "letter")
}

// shelves are the states of a linearizable history of errands.
var shelves = porcupine.Model{
	Init: func() any { return &shelf{map[string]string{}, map[string]string{}, map[string]int64{}} },
	Step: func(state, input, output any) (bool, any) {
		next := state.(*shelf).clone()
		return input.(errand).naive(next, output.(string)) == output, next
	},
	Equal: func(a, b any) bool {
		x, y := a.(*shelf), b.(*shelf)
		return maps.Equal(x.lists, y.lists) && maps.Equal(x.sets, y.sets) && maps.Equal(x.scores, y.scores)
	},
}

// TestCollectionsLinearizable is TestLinearizable for collections, in their compact forms and
// in the others, with callers that wait among them.
func TestCollectionsLinearizable(t *testing.T) {
	const clients = 3
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.SampledFrom([]int{0, -1, 2}).Draw(t, "limits")
		s := nook.NewChecked(t, nook.Options{
			Shards: rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "shards"),
			Encodings: nook.Encodings{
				HashMaxListpackEntries: few, SetMaxIntsetEntries: few, SetMaxListpackEntries: few, ZSetMaxListpackEntries: few,
			},
		})
		d := draw{T: t, databases: 1}
		inStep := d.bool("in step")
		errands := make([][]errand, clients)
		size := d.int(1, 30)
		for i := range errands {
			for range size {
				errands[i] = append(errands[i], rapid.SampledFrom(errandMakers).Draw(t, "errand")(d))
			}
		}
		all := together(errands, inStep, func(e errand) string { return e.typed(s) })
		if porcupine.CheckOperationsTimeout(shelves, all, 20*time.Second) != porcupine.Ok {
			t.Fatal(describe(all, func(input any) string { return input.(errand).name }))
		}
	})
}

package nook

import (
	"context"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/value"
)

// ZPopMin removes the first member and returns it, and false if there is none.
//
// Fails with ErrWrongType. O(log n). ZPOPMIN.
func (c *commands) ZPopMin(key string) (Z, bool, error) {
	members, err := c.zpop(key, 1, false)
	return first(members, err)
}

// ZPopMax removes the last member and returns it, and false if there is none.
//
// Fails with ErrWrongType. O(log n). ZPOPMAX.
func (c *commands) ZPopMax(key string) (Z, bool, error) {
	members, err := c.zpop(key, 1, true)
	return first(members, err)
}

// ZPopMinCount removes the first n members, or as many as there are, and returns them.
//
// Fails with ErrNotPositive if n is negative, and with ErrWrongType. O(log n + removed). See ZPopMin.
func (c *commands) ZPopMinCount(key string, n int) ([]Z, error) { return c.zpop(key, n, false) }

// ZPopMaxCount removes the last n members, or as many as there are, and returns them, the last one
// first.
//
// Fails with ErrNotPositive if n is negative, and with ErrWrongType. O(log n + removed). See ZPopMax.
func (c *commands) ZPopMaxCount(key string, n int) ([]Z, error) { return c.zpop(key, n, true) }

func first(members []Z, err error) (Z, bool, error) {
	if len(members) == 0 {
		return Z{}, false, err
	}
	return members[0], true, nil
}

func (c *commands) zpop(key string, n int, last bool) (_ []Z, err error) {
	if n < 0 {
		return nil, ErrNotPositive
	}
	w, z, err := c.writeZSet(key, 0)
	if err != nil {
		return nil, err
	}
	defer w.done(&err)
	if z == nil || n == 0 {
		return nil, nil
	}
	return w.pop(z, n, last), nil
}

// pop removes members of the key's sorted set from one of its ends.
func (w *write) pop(z *value.ZSet, n int, last bool) []Z {
	size := z.Len()
	n = min(n, size)
	var members []Z
	name, event := "ZPOPMIN", "zpopmin"
	if last {
		name, event = "ZPOPMAX", "zpopmax"
		members = walk(z, size-1, n, true)
		z.DeleteRange(size-n, size)
	} else {
		members = walk(z, 0, n, false)
		z.DeleteRange(0, n)
	}
	w.shrunk(event, n)
	if w.logged() {
		w.effect(name, w.key, strconv.Itoa(n))
	}
	return members
}

// ZPopOptions are the options of ZMPop.
type ZPopOptions struct {
	Max   bool // from the last member on, not from the first
	Count int  // how many to remove at most; 0 means 1
}

// ZPopped is what was removed from a sorted set.
type ZPopped struct {
	Key     string
	Members []Z
}

// ZMPop removes members of the first of the sorted sets that is there, and returns them, and false if
// there is none.
//
// Fails with ErrWrongType. O(keys + log n + removed). ZMPOP.
func (c *commands) ZMPop(o ZPopOptions, keys ...string) (popped ZPopped, ok bool, err error) {
	if len(keys) == 0 {
		return ZPopped{}, false, nil
	}
	m, err := c.reduceAll(keys...)
	if err != nil {
		return ZPopped{}, false, err
	}
	defer m.done(&err)
	for _, key := range keys {
		w := m.open(key)
		z, err := as[*value.ZSet](w.entry)
		if err != nil {
			return ZPopped{}, false, err
		}
		if z != nil {
			popped := ZPopped{key, w.pop(z, max(o.Count, 1), o.Max)}
			w.settle()
			return popped, true, nil
		}
	}
	return ZPopped{}, false, nil
}

// BZPopMin is ZMPop of one member, the first of its sorted set. If there is none it waits until another
// caller has added one. It returns false when the timeout passes first, which is none if it is 0.
//
// Callers that wait for the same key are served in the order of their arrival. Within a transaction
// it does not wait. Fails with ErrTimeout if that is negative, with the error of a context that ends, and
// with ErrWrongType. O(keys + log n). BZPOPMIN.
func (c *commands) BZPopMin(ctx context.Context, timeout time.Duration, keys ...string) (ZPopped, bool, error) {
	return c.BZMPop(ctx, timeout, ZPopOptions{}, keys...)
}

// BZPopMax is BZPopMin of the last member.
//
// Fails as BZPopMin does. O(keys + log n). BZPOPMAX.
func (c *commands) BZPopMax(ctx context.Context, timeout time.Duration, keys ...string) (ZPopped, bool, error) {
	return c.BZMPop(ctx, timeout, ZPopOptions{Max: true}, keys...)
}

// BZMPop is ZMPop that waits, as BZPopMin does.
//
// Fails as BZPopMin does. O(keys + log n + removed). BZMPOP.
func (c *commands) BZMPop(ctx context.Context, timeout time.Duration, o ZPopOptions, keys ...string) (popped ZPopped, ok bool, err error) {
	ok, err = c.block(ctx, timeout, keys, nil, func(c *commands, key string) (bool, error) {
		w, z, err := c.writeZSet(key, 0)
		if err != nil {
			return false, err
		}
		defer w.done(nil)
		if z == nil {
			return false, nil
		}
		popped = ZPopped{key, w.pop(z, max(o.Count, 1), o.Max)}
		return true, nil
	})
	return popped, ok, err
}

// ZRandMember returns a member, each with the same probability, and false if there is none.
//
// Fails with ErrWrongType. O(1). ZRANDMEMBER.
func (c *commands) ZRandMember(key string) (Z, bool, error) {
	return first(c.ZRandMembers(key, 1))
}

// ZRandMembers returns n members, or as many as there are, no one twice and in no order. If
// n is negative it returns -n members, of which some may be the same.
//
// Fails with ErrWrongType, and with ErrCount if n is below -MaxDraws. O(n · log members). See ZRandMember.
func (c *commands) ZRandMembers(key string, n int) ([]Z, error) {
	r, z, err := readAs[*value.ZSet](c, key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	switch {
	case z == nil || n == 0:
		return nil, nil
	case n < -MaxDraws:
		return nil, ErrCount
	case n < 0:
		return randomOnes(z, c.randOf(key), -n), nil
	case n >= z.Len():
		return walk(z, 0, z.Len(), false), nil
	}
	return randomSome(z, c.randOf(key), n), nil
}

// randomOnes returns n members, drawn one by one.
func randomOnes(z *value.ZSet, r *rand.Rand, n int) []Z {
	members := make([]Z, n)
	for i := range members {
		members[i].Member, members[i].Score = z.Random(r)
	}
	return members
}

// randomSome returns n of more members. It draws those that it takes or, if these are many, those
// that it leaves out.
func randomSome(z *value.ZSet, r *rand.Rand, n int) []Z {
	if size := z.Len(); n > size/2 {
		return others(z, drawRanks(r, size, size-n))
	}
	members := make([]Z, n)
	for i, rank := range drawRanks(r, z.Len(), n) {
		cursor := z.From(rank, false)
		members[i].Member, members[i].Score = cursor.Next()
	}
	return members
}

// drawRanks returns few of size ranks, no one twice.
func drawRanks(r *rand.Rand, size, few int) []int {
	drawn := make(map[int]bool, few)
	ranks := make([]int, 0, few)
	for len(ranks) < few {
		if rank := r.IntN(size); !drawn[rank] {
			drawn[rank] = true
			ranks = append(ranks, rank)
		}
	}
	return ranks
}

// others returns the members with other ranks than those given.
func others(z *value.ZSet, ranks []int) []Z {
	slices.Sort(ranks)
	members := make([]Z, 0, z.Len()-len(ranks))
	cursor := z.From(0, false)
	for rank := range z.Len() {
		member, score := cursor.Next()
		if len(ranks) > 0 && ranks[0] == rank {
			ranks = ranks[1:]
			continue
		}
		members = append(members, Z{member, score})
	}
	return members
}

// ZScan returns the members of a sorted set with their scores, one after the other, in no order. It
// holds no lock while it yields, so that the loop may use and change the store.
//
// Of the options Type does not count. A member that is there from the beginning to the end comes
// exactly once, unless the sorted set grows out of its small form meanwhile, when it may come
// twice. An error ends the loop. O(n) in all. ZSCAN.
func (c *commands) ZScan(key string, o ScanOptions) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for cursor := uint64(0); ; {
			members, next, err := c.ZScanPage(key, cursor, o)
			if err != nil {
				return
			}
			for _, m := range members {
				if !yield(m.Member, m.Score) {
					return
				}
			}
			if next == 0 {
				return
			}
			cursor = next
		}
	}
}

// ZScanPage is one step of ZScan. It begins with cursor 0; each step returns the next one's cursor, and 0
// at the end.
//
// Fails with ErrWrongType. O(count); a small sorted set is one step. See ZScan.
func (c *commands) ZScanPage(key string, cursor uint64, o ScanOptions) ([]Z, uint64, error) {
	r, z, err := readAs[*value.ZSet](c, key)
	if err != nil {
		return nil, 0, err
	}
	defer r.done()
	if z == nil {
		return nil, 0, nil
	}
	want := o.Count
	if want <= 0 {
		want = defaultScanCount
	}
	var members []Z
	pos, seen := cursor<<cursorShift, 0
	for more := true; more; more = pos != 0 && seen < want {
		pos = z.Scan(pos, func(member string, score float64) {
			seen++
			if o.Match == "" || glob.All(o.Match) || glob.Match(o.Match, member) {
				members = append(members, Z{member, score})
			}
		})
	}
	return members, pos >> cursorShift, nil
}

package nook

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var evicting = []MaxMemoryPolicy{
	AllKeysLRU, AllKeysLFU, AllKeysRandom, VolatileLRU, VolatileLFU, VolatileRandom, VolatileTTL,
}

// TestStaysWithinLimit fills stores far beyond their limit. What they use goes
// beyond it by no more than what one command adds and what shards keep to
// themselves.
func TestStaysWithinLimit(t *testing.T) {
	for _, policy := range evicting {
		for _, shards := range []int{1, 8} {
			t.Run(fmt.Sprint(policy, shards), func(t *testing.T) {
				const limit, largest = 300_000, 4000
				s, _ := newTimed(t, Options{Shards: shards, Databases: 2, MaxMemory: limit, MaxMemoryPolicy: policy, Seed: 1})
				r := rand.New(rand.NewPCG(1, 2))
				for i := range 3000 {
					key, v := fmt.Sprint(r.IntN(2000)), strings.Repeat("v", r.IntN(largest/2))
					c := s.Select(r.IntN(2))
					switch i % 4 {
					case 0:
						must(c.SetRange(key, 0, v))
						must(c.Expire(key, time.Hour))
					case 1:
						try(c.MSet(Pair{key, v}))
						must(c.Expire(key, time.Minute))
					default:
						must(c.SetWith(key, v, SetOptions{Expire: ExpireIn(time.Duration(i+1) * time.Second)}))
					}
					if i%10 == 0 {
						require.LessOrEqual(t, must(s.Stats()).Bytes, int64(limit+2*largest+shards*unsaidMax))
					}
				}
				stats := must(s.Stats())
				require.Greater(t, stats.Bytes, int64(limit/2), "it is used")
				require.Greater(t, stats.Evicted, int64(500))
			})
		}
	}
}

// fill sets keys until there is no room left.
func fill(t *testing.T, s *Store) (n int) {
	for ; ; n++ {
		require.Less(t, n, 100_000)
		if err := s.Set(fmt.Sprint("fill", n), strings.Repeat("v", 100)); err != nil {
			require.ErrorIs(t, err, ErrOutOfMemory)
			return n
		}
	}
}

// TestNoEviction shows which commands fail where there is no room: those that
// the real server flags denyoom.
func TestNoEviction(t *testing.T) {
	s, _ := newTimed(t, Options{Shards: 1, MaxMemory: 50_000})
	try(s.MSet(Pair{"k", "5"}, Pair{"other", "v"}))
	n := fill(t, s)
	require.Greater(t, n, 100)
	full := fails(t, ErrOutOfMemory)
	full(s.Set("k", "v"))
	full(s.Set("new", "v"))
	full(s.SetWith("k", "v", SetOptions{If: IfAbsent()}))
	full(s.MSet(Pair{"k", "v"}))
	full(s.MSetNX(Pair{"k", "v"}))
	full(s.MSetWith(MSetOptions{}, Pair{"k", "v"}))
	full(s.Append("k", "v"))
	full(s.SetRange("k", 0, "v"))
	full(s.Incr("k"))
	full(s.DecrBy("k", 2))
	full(s.IncrByFloat("k", 1))
	full(s.IncrByDecimal("k", "1"))
	full(s.SetBit("k", 1, 1))
	full(s.BitOp(BitNot, "k", "k"))
	full(s.BitField("k", BitFieldOp{Kind: FieldSet, Type: FieldType{Bits: 8}}))
	full(s.Copy("k", "l"))
	full(s.MakeRoom())
	require.Equal(t, some("5"), found(s.Get("k")))
	require.Equal(t, n+2, must(s.DBSize()))

	require.Len(t, must(s.BitField("k", BitFieldOp{Type: FieldType{Bits: 8}})), 1)
	require.True(t, must(s.Expire("k", time.Hour)))
	require.True(t, must(s.Persist("k")))
	require.Equal(t, some("5"), found(s.GetEx("k", ExpireIn(time.Minute))))
	require.NoError(t, s.Rename("k", "l"))
	require.True(t, must(s.Move("l", 1)))
	require.Equal(t, some("5"), found(s.DB(1).GetDel("l")))
	require.Equal(t, 1, must(s.Del("other")))
	for i := range 10 {
		require.Equal(t, 1, must(s.Unlink(fmt.Sprint("fill", i))))
	}
	require.NoError(t, s.MakeRoom())
	require.NoError(t, s.Set("k", "v"))
	fill(t, s)
	require.NoError(t, s.FlushAll())
	require.NoError(t, s.Set("k", "v"))
}

// TestVolatileKeepsOthers shows that keys without a time to live are never
// evicted, and that without others there is no room.
func TestVolatileKeepsOthers(t *testing.T) {
	for _, policy := range []MaxMemoryPolicy{VolatileLRU, VolatileLFU, VolatileRandom, VolatileTTL} {
		s, _ := newTimed(t, Options{Shards: 4, MaxMemory: 100_000, MaxMemoryPolicy: policy})
		for i := range 200 {
			must(s.SetWith(fmt.Sprint("timed", i), strings.Repeat("v", 100), SetOptions{Expire: ExpireIn(time.Hour)}))
		}
		n := fill(t, s)
		for i := range n {
			require.Equal(t, 1, must(s.Exists(fmt.Sprint("fill", i))), policy)
		}
		require.Equal(t, n, must(s.DBSize()))
		require.EqualValues(t, 200, must(s.Stats()).Evicted)
	}
}

// evicted fills a store of one shard and returns which keys went, in order. Of
// those that setUp makes, as many as there were must go.
func evicted(t *testing.T, policy MaxMemoryPolicy, setUp func(s *Store, clock *ManualClock)) (keys []string) {
	s, clock := newTimed(t, Options{
		Shards: 1, MaxMemory: 100_000, MaxMemoryPolicy: policy, MaxMemorySamples: 64, Seed: 5, LFULogFactor: -1,
	})
	setUp(s, clock)
	hear(s, EventEvicted, func(e Event) { keys = append(keys, e.Key) })
	for i := 0; len(keys) < 30; i++ {
		must(s.SetWith(fmt.Sprint("fill", i), strings.Repeat("v", 1000), SetOptions{Expire: ExpireIn(24 * time.Hour)}))
		must(s.Touch(fmt.Sprint("fill", i), fmt.Sprint("fill", i), fmt.Sprint("fill", i)))
	}
	require.EqualValues(t, len(keys), must(s.Stats()).Evicted)
	return keys
}

func timed(s *Store, i int, d time.Duration) {
	must(s.SetWith(fmt.Sprintf("%02d", i), strings.Repeat("v", 1000), SetOptions{Expire: ExpireIn(d)}))
}

func TestLRUOrder(t *testing.T) {
	for _, policy := range []MaxMemoryPolicy{AllKeysLRU, VolatileLRU} {
		keys := evicted(t, policy, func(s *Store, clock *ManualClock) {
			for i := range 60 {
				timed(s, i, 24*time.Hour)
				clock.Advance(10 * time.Second)
			}
			for i := range 20 { // the oldest become the youngest
				found(s.Get(fmt.Sprintf("%02d", i)))
			}
			clock.Advance(time.Minute)
		})
		for _, key := range keys {
			require.Greater(t, key, "19")
			require.Less(t, key, "56", "30 of the oldest 40 go, with 64 samples")
		}
	}
}

func TestLFUOrder(t *testing.T) {
	for _, policy := range []MaxMemoryPolicy{AllKeysLFU, VolatileLFU} {
		keys := evicted(t, policy, func(s *Store, _ *ManualClock) {
			for i := range 60 {
				timed(s, i, 24*time.Hour)
				for range 60 - i {
					found(s.Get(fmt.Sprintf("%02d", i)))
				}
			}
		})
		for _, key := range keys {
			if !strings.HasPrefix(key, "fill") {
				require.Greater(t, key, "20")
			}
		}
	}
}

func TestTTLOrder(t *testing.T) {
	keys := evicted(t, VolatileTTL, func(s *Store, _ *ManualClock) {
		for i := range 60 {
			timed(s, i, time.Duration(60-i)*time.Minute)
		}
	})
	for i, key := range keys {
		require.Equal(t, fmt.Sprintf("%02d", 59-i), key, "exactly in order in one shard")
	}
}

// TestEvictionIsAChange shows that an eviction is told to watches, the journal
// and subscribers, as if someone had deleted the key.
func TestEvictionIsAChange(t *testing.T) {
	j := new(bitmapJournal)
	s := newStore(t, Options{Shards: 1, Databases: 2, MaxMemory: 20_000, MaxMemoryPolicy: AllKeysRandom, Journal: j})
	try(s.DB(1).Set("k", strings.Repeat("v", 15_000)))
	w := must(s.DB(1).Watch("k"))
	var events []Event
	hear(s, EventEvicted|EventGeneric, func(e Event) { events = append(events, e) })
	j.take()
	for i := 0; len(events) == 0 || events[len(events)-1].Key != "k"; i++ {
		try(s.Set(fmt.Sprint(i), strings.Repeat("v", 1000)))
	}
	require.Equal(t, Event{DB: 1, Key: "k", Class: EventEvicted, Name: "evicted"}, events[len(events)-1])
	require.Contains(t, j.effects, Effect{1, []string{"DEL", "k"}})
	require.ErrorIs(t, w.Exec(func(*Tx) error { return nil }), ErrTxConflict)
}

// TestEvictionAroundTransactions shows that room is made before a transaction
// and not within.
func TestEvictionAroundTransactions(t *testing.T) {
	value := strings.Repeat("v", 1000)
	s := newStore(t, Options{Shards: 2, MaxMemory: 50_000, MaxMemoryPolicy: AllKeysRandom})
	require.NoError(t, s.Exec(func(tx *Tx) error {
		for i := range 200 {
			try(tx.Set(fmt.Sprint(i), value))
		}
		require.Equal(t, 200, must(tx.DBSize()))
		return nil
	}))
	require.NoError(t, s.Exec(func(tx *Tx) error {
		require.Less(t, must(tx.DBSize()), 50)
		return nil
	}))

	s = newStore(t, Options{Shards: 2, MaxMemory: 50_000})
	try(s.Exec(func(tx *Tx) error {
		for i := range 200 {
			try(tx.Set(fmt.Sprint(i), value))
		}
		return nil
	}))
	require.NoError(t, s.Exec(func(tx *Tx) error {
		fails(t, ErrOutOfMemory)(tx.Set("k", "v"))
		fails(t, ErrOutOfMemory)(tx.MakeRoom())
		require.Equal(t, some(value), found(tx.Get("7")))
		must(tx.Del("7"))
		return nil
	}))
	require.Equal(t, 199, must(s.DBSize()))
}

// TestBytesComeBack shows that what a store uses depends on what it holds and
// not on how that came about.
func TestBytesComeBack(t *testing.T) {
	s, clock := newTimed(t, Options{Shards: 1, Databases: 2})
	for way, create := range ways {
		for _, end := range []func(c *Commands){
			func(c *Commands) { must(c.Del("k")) },
			func(c *Commands) { must(c.Expire("k", -1)) },
			func(c *Commands) { must(c.Expire("k", time.Second)); clock.Advance(time.Second) },
			func(c *Commands) { found(c.GetDel("k")) },
			func(c *Commands) { found(c.Get("k")); must(c.Move("k", 1)); must(c.Select(1).Del("k")) },
			func(c *Commands) { must(c.Copy("k", "l")); try(c.Rename("l", "k")); must(c.Del("k")) },
		} {
			try(s.Set("stays", "v"))
			try(s.DB(1).Set("stays", "v"))
			before := must(s.Stats()).Bytes
			create(&s.commands, "k")
			require.Greater(t, must(s.Stats()).Bytes, before)
			end(&s.commands)
			require.Equal(t, before, must(s.Stats()).Bytes, way)
		}
	}
}

// TestEmptyCollection shows that a key goes with the last element of its
// collection, and that growth of a collection is accounted for.
func TestEmptyCollection(t *testing.T) {
	s, _ := newTimed(t, Options{Shards: 1})
	v := putThings(t, &s.commands, "k", 3)
	must(s.Expire("k", time.Hour))
	var events []string
	hear(s, EventGeneric, func(e Event) { events = append(events, e.Name) })
	change := func(n int) {
		w, err := s.write("k")
		require.NoError(t, err)
		v.n, v.bytes = n, 100*n
		w.modified()
		w.done(nil)
	}
	before := must(s.Stats()).Bytes
	change(5)
	require.Equal(t, before+200, must(s.Stats()).Bytes)
	change(0)
	require.Equal(t, []string{"del"}, events)
	require.Zero(t, must(s.Exists("k")))
	require.Less(t, must(s.Stats()).Bytes, before-200)
}

package nook

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// addTo adds entries with the IDs from-0 to to-0.
func addTo(c *Commands, key string, from, to uint64) {
	for ms := from; ms <= to; ms++ {
		_, _, err := c.XAddWith(key, XAddOptions{ID: GivenID(sid(ms, 0))}, Field{"f", fmt.Sprint(ms)})
		if err != nil {
			panic(err)
		}
	}
}

// msOf returns the milliseconds of the IDs of entries.
func msOf(entries []StreamEntry) []uint64 {
	ids := []uint64{}
	for _, e := range entries {
		ids = append(ids, e.ID.Ms)
	}
	return ids
}

// grouped returns a store with a stream of the entries 1-0 to n-0 and a group.
func grouped(t *testing.T, n uint64) (*Store, *ManualClock) {
	s, clock := newTimed(t, Options{})
	addTo(&s.commands, "s", 1, n)
	require.NoError(t, s.XGroupCreate("s", "g", StreamAfter(sid(0, 0))))
	return s, clock
}

func TestGroupErrors(t *testing.T) {
	s, _ := grouped(t, 5)
	require.NoError(t, s.Set("str", "v"))
	require.ErrorIs(t, s.XGroupCreate("s", "g", StreamNew()), ErrBusyGroup)
	require.ErrorIs(t, s.XGroupCreate("x", "g", StreamNew()), ErrNoStream)
	require.ErrorIs(t, s.XGroupCreate("str", "g", StreamNew()), ErrWrongType)
	require.ErrorIs(t, s.XGroupCreateWith("s", "h", StreamNew(), XGroupOptions{Read: OptionalInt{-2, true}}), ErrEntriesRead)
	require.ErrorIs(t, s.XGroupSetID("x", "g", StreamNew()), ErrNoStream)
	require.EqualError(t, s.XGroupSetID("s", "x", StreamNew()), "NOGROUP No such consumer group 'x' for key name 's'")
	require.ErrorIs(t, s.XGroupSetIDWith("s", "g", StreamNew(), OptionalInt{-2, true}), ErrEntriesRead)
	fails(t, ErrNoStream)(s.XGroupDestroy("x", "g"))
	fails(t, ErrNoGroup)(s.XGroupCreateConsumer("s", "x", "c"))
	fails(t, ErrNoGroup)(s.XGroupDelConsumer("s", "x", "c"))
	_, err := s.XReadGroup("x", "c", "s")
	require.EqualError(t, err, "NOGROUP No such key 's' or consumer group 'x' in XREADGROUP with GROUP option")
	fails(t, ErrWrongType)(s.XReadGroup("g", "c", "s", "str"))
	_, err = s.XPending("s", "x\x00y")
	require.EqualError(t, err, "NOGROUP No such key 's' or consumer group 'x'")
	fails(t, ErrNoGroup)(s.XPendingRange("x", "g", StreamLowest(), StreamHighest(), 1))
	fails(t, ErrStreamStart)(s.XPendingRange("s", "g", StreamBound{StreamHighest().ID, true}, StreamHighest(), 1))
	fails(t, ErrStreamStop)(s.XPendingRange("s", "g", StreamLowest(), StreamBound{Open: true}, 1))
	fails(t, ErrNoGroup)(s.XClaim("x", "g", "c", 0, sid(1, 0)))
	fails(t, ErrNoGroup)(s.XAutoClaim("s", "x", "c", 0, StreamLowest()))
	fails(t, ErrStreamStart)(s.XAutoClaim("s", "g", "c", 0, StreamBound{StreamHighest().ID, true}))
	fails(t, ErrClaimCount)(s.XAutoClaimWith("s", "g", "c", 0, StreamLowest(), XAutoClaimOptions{Count: -1}))
	fails(t, ErrNoSuchKey)(s.XInfoGroups("x"))
	fails(t, ErrNoSuchKey)(s.XInfoConsumers("x", "g"))
	fails(t, ErrNoGroup)(s.XInfoConsumers("s", "x"))
	fails(t, ErrSyntax)(s.XAckDel("s", "g", 3, sid(1, 0)))
	for _, call := range []func() error{
		func() error { _, err := s.XAck("str", "g", sid(1, 0)); return err },
		func() error { _, err := s.XAckDel("str", "g", KeepRefs, sid(1, 0)); return err },
		func() error { _, err := s.XPending("str", "g"); return err },
		func() error { _, err := s.XClaim("str", "g", "c", 0); return err },
		func() error { _, err := s.XAutoClaim("str", "g", "c", 0, StreamLowest()); return err },
		func() error { _, err := s.XInfoGroups("str"); return err },
		func() error { _, err := s.XInfoConsumers("str", "g"); return err },
		func() error { _, err := s.XGroupDestroy("str", "g"); return err },
	} {
		require.ErrorIs(t, call(), ErrWrongType)
	}
	require.Equal(t, "v", found(s.Get("str")).Value)
}

func TestReadGroup(t *testing.T) {
	s, clock := grouped(t, 5)
	got := must(s.XReadGroupWith(t.Context(), "g", "c", XReadGroupOptions{Count: 2}, GroupFrom{Key: "s"}))
	require.Equal(t, []StreamEntries{{"s", []StreamEntry{{sid(1, 0), []Field{{"f", "1"}}}, {sid(2, 0), []Field{{"f", "2"}}}}}}, got)
	clock.Advance(time.Second)
	require.Equal(t, []uint64{3, 4, 5}, msOf(must(s.XReadGroup("g", "d", "s"))[0].Entries))
	require.Empty(t, must(s.XReadGroup("g", "e", "s")), "there is nothing more")
	require.Len(t, must(s.XInfoConsumers("s", "g")), 2, "who was given nothing is no consumer yet")

	must(s.XDel("s", sid(2, 0)))
	history := func(consumer string, after uint64, count int) []StreamEntries {
		from := GroupFrom{Key: "s", History: true, After: sid(after, 0)}
		return must(s.XReadGroupWith(t.Context(), "g", consumer, XReadGroupOptions{Count: count}, from))
	}
	require.Equal(t, []StreamEntries{{"s", []StreamEntry{{sid(1, 0), []Field{{"f", "1"}}}, {ID: sid(2, 0)}}}}, history("c", 0, 0))
	require.Equal(t, []StreamEntries{{"s", []StreamEntry{{ID: sid(2, 0)}}}}, history("c", 1, 5))
	require.Equal(t, []uint64{3}, msOf(history("d", 0, 1)[0].Entries))
	require.Equal(t, []StreamEntries{{"s", []StreamEntry{}}}, history("nobody", 0, 0))
	require.Equal(t, PendingSummary{5, sid(1, 0), sid(5, 0), []ConsumerPending{{"c", 2}, {"d", 3}}}, must(s.XPending("s", "g")))
	require.Equal(t, []PendingEntry{
		{sid(1, 0), "c", 0, 2}, {sid(2, 0), "c", time.Second, 1}, {sid(3, 0), "d", 0, 2}, {sid(4, 0), "d", 0, 1},
	}, must(s.XPendingRange("s", "g", StreamLowest(), StreamHighest(), 4)))

	require.Equal(t, 2, must(s.XAck("s", "g", sid(1, 0), sid(2, 0), sid(2, 0), sid(9, 0))))
	require.Equal(t, 0, must(s.XAck("s", "x", sid(3, 0))))
	require.Equal(t, 0, must(s.XAck("x", "g", sid(3, 0))))
	require.Equal(t, 3, must(s.XPending("s", "g")).Count)
	require.Equal(t, 3, must(s.XGroupDelConsumer("s", "g", "d")))
	require.Equal(t, PendingSummary{}, must(s.XPending("s", "g")))
	require.True(t, must(s.XGroupDestroy("s", "g")))
	require.False(t, must(s.XGroupDestroy("s", "g")))
}

func TestReadGroupOfSeveral(t *testing.T) {
	s, _ := grouped(t, 2)
	addTo(&s.commands, "r", 7, 8)
	fails(t, ErrNoGroup)(s.XReadGroup("g", "c", "s", "r"))
	require.Empty(t, must(s.XInfoConsumers("s", "g")), "nothing is read if one of the groups is missing")
	require.NoError(t, s.XGroupCreate("r", "g", StreamAfter(sid(7, 0))))
	got := must(s.XReadGroup("g", "c", "s", "r"))
	require.Equal(t, []uint64{1, 2}, msOf(got[0].Entries))
	require.Equal(t, []uint64{8}, msOf(got[1].Entries))
	addTo(&s.commands, "r", 9, 9)
	got = must(s.XReadGroup("g", "c", "s", "r"))
	require.Len(t, got, 1)
	require.Equal(t, "r", got[0].Key)
	require.Empty(t, must(s.XReadGroup("g", "c")))
	require.NoError(t, s.Exec(func(tx *Tx) error {
		addTo(&tx.commands, "r", 10, 10)
		got, err := tx.XReadGroupWith(t.Context(), "g", "c", XReadGroupOptions{Wait: true}, GroupFrom{Key: "s"}, GroupFrom{Key: "r"})
		require.Equal(t, []uint64{10}, msOf(got[0].Entries))
		return err
	}))
}

// TestGroupSetBack has a group give entries to one consumer that are pending of another.
func TestGroupSetBack(t *testing.T) {
	s, _ := grouped(t, 3)
	must(s.XReadGroup("g", "c", "s"))
	require.NoError(t, s.XGroupSetID("s", "g", StreamAfter(sid(1, 0))))
	must(s.XReadGroup("g", "d", "s"))
	require.Equal(t, []PendingEntry{{sid(1, 0), "c", 0, 1}, {sid(2, 0), "d", 0, 1}, {sid(3, 0), "d", 0, 1}},
		must(s.XPendingRange("s", "g", StreamLowest(), StreamHighest(), 9)))
	got := must(s.XReadGroupWith(t.Context(), "g", "e", XReadGroupOptions{NoAck: true}, GroupFrom{Key: "s"}))
	require.Empty(t, got)
	addTo(&s.commands, "s", 4, 4)
	got = must(s.XReadGroupWith(t.Context(), "g", "e", XReadGroupOptions{NoAck: true}, GroupFrom{Key: "s"}))
	require.Equal(t, []uint64{4}, msOf(got[0].Entries))
	require.Equal(t, 3, must(s.XPending("s", "g")).Count)
}

// TestGroupLag has what a redis-server 7.0.15 tells of entries read and lag.
func TestGroupLag(t *testing.T) {
	progress := func(s *Store) [2]OptionalInt {
		g := must(s.XInfoGroups("s"))[0]
		return [2]OptionalInt{g.Read, g.Lag}
	}
	none := OptionalInt{Value: -1}
	s, _ := grouped(t, 5)
	require.Equal(t, [2]OptionalInt{none, {5, true}}, progress(s))
	must(s.XReadGroupWith(t.Context(), "g", "c", XReadGroupOptions{Count: 2}, GroupFrom{Key: "s"}))
	require.Equal(t, [2]OptionalInt{{2, true}, {3, true}}, progress(s))
	must(s.XDel("s", sid(4, 0)))
	require.False(t, progress(s)[1].OK, "one of those to come was deleted")
	must(s.XReadGroup("g", "c", "s"))
	require.Equal(t, [2]OptionalInt{{5, true}, {0, true}}, progress(s))
	require.NoError(t, s.XGroupSetIDWith("s", "g", StreamAfter(sid(3, 0)), OptionalInt{3, true}))
	require.Equal(t, OptionalInt{3, true}, progress(s)[0])
	require.False(t, progress(s)[1].OK)

	s, _ = grouped(t, 5)
	must(s.XReadGroupWith(t.Context(), "g", "c", XReadGroupOptions{Count: 2}, GroupFrom{Key: "s"}))
	must(s.XDel("s", sid(1, 0), sid(2, 0), sid(3, 0)))
	require.Equal(t, [2]OptionalInt{{2, true}, {3, true}}, progress(s), "the first entry is behind all that were deleted")
}

func TestClaim(t *testing.T) {
	s, clock := grouped(t, 5)
	must(s.XReadGroupWith(t.Context(), "g", "c", XReadGroupOptions{Count: 3}, GroupFrom{Key: "s"}))
	clock.Advance(time.Minute)
	pending := func() []PendingEntry { return must(s.XPendingRange("s", "g", StreamLowest(), StreamHighest(), 9)) }
	require.Empty(t, must(s.XClaim("s", "g", "d", time.Hour, sid(1, 0))))
	require.Len(t, must(s.XInfoConsumers("s", "g")), 1, "who claims nothing is no consumer yet")
	require.Equal(t, []StreamEntry{{sid(1, 0), []Field{{"f", "1"}}}}, must(s.XClaim("s", "g", "d", time.Minute, sid(1, 0), sid(4, 0), sid(9, 0))))
	require.Equal(t, PendingEntry{sid(1, 0), "d", 0, 2}, pending()[0])
	ids := must(s.XClaimJustID("s", "g", "d", 0, XClaimOptions{Idle: time.Hour}, sid(2, 0)))
	require.Equal(t, []StreamID{sid(2, 0)}, ids)
	require.Equal(t, PendingEntry{sid(2, 0), "d", time.Hour, 1}, pending()[1])
	o := XClaimOptions{Time: clock.Now().Add(-time.Second), RetryCount: OptionalInt{7, true}, Force: true, LastID: sid(4, 0)}
	require.Equal(t, []uint64{4}, msOf(must(s.XClaimWith("s", "g", "d", time.Hour, o, sid(4, 0)))))
	require.Equal(t, PendingEntry{sid(4, 0), "d", time.Second, 7}, pending()[3])
	require.Equal(t, sid(4, 0), must(s.XInfoGroups("s"))[0].LastID)
	o = XClaimOptions{Time: clock.Now().Add(time.Hour), RetryCount: OptionalInt{0, true}}
	must(s.XClaimWith("s", "g", "d", 0, o, sid(4, 0)))
	require.Equal(t, PendingEntry{sid(4, 0), "d", 0, 0}, pending()[3])

	must(s.XDel("s", sid(3, 0)))
	require.Empty(t, must(s.XClaim("s", "g", "d", time.Hour, sid(3, 0))))
	require.Len(t, pending(), 3, "what was deleted is pending no more")
	require.Empty(t, must(s.XPendingRangeWith("s", "g", StreamLowest(), StreamHighest(), 9, XPendingOptions{Consumer: Optional{"c", true}})))
	idle := XPendingOptions{Consumer: Optional{"d", true}, MinIdle: time.Hour}
	require.Equal(t, []PendingEntry{{sid(2, 0), "d", time.Hour, 1}}, must(s.XPendingRangeWith("s", "g", StreamLowest(), StreamHighest(), 9, idle)))
}

func TestAutoClaim(t *testing.T) {
	s, clock := grouped(t, 200)
	must(s.XReadGroup("g", "c", "s"))
	clock.Advance(time.Minute)
	must(s.XDel("s", sid(2, 0), sid(4, 0)))
	got := must(s.XAutoClaimWith("s", "g", "d", time.Minute, StreamLowest(), XAutoClaimOptions{Count: 4}))
	require.Equal(t, []uint64{1, 3}, msOf(got.Entries))
	require.Equal(t, []StreamID{sid(2, 0), sid(4, 0)}, got.Deleted)
	require.Equal(t, sid(5, 0), got.Next)
	got = must(s.XAutoClaim("s", "g", "d", time.Minute, StreamBound{ID: got.Next}))
	require.Len(t, got.Entries, 100)
	require.Equal(t, sid(105, 0), got.Next)
	got = must(s.XAutoClaimJustID("s", "g", "d", 0, StreamBound{sid(198, 0), true}, XAutoClaimOptions{}))
	require.Equal(t, AutoClaim{IDs: []StreamID{sid(199, 0), sid(200, 0)}}, got)
	got = must(s.XAutoClaimWith("s", "g", "d", time.Hour, StreamLowest(), XAutoClaimOptions{Count: 3}))
	require.Equal(t, AutoClaim{Next: sid(33, 0)}, got, "it looks at ten times as many as it may claim")
}

func TestAckDel(t *testing.T) {
	s, _ := grouped(t, 6)
	require.NoError(t, s.XGroupCreate("s", "h", StreamAfter(sid(0, 0))))
	must(s.XReadGroup("g", "c", "s"))
	must(s.XReadGroupWith(t.Context(), "h", "c", XReadGroupOptions{Count: 5}, GroupFrom{Key: "s"}))
	results := func(refs StreamRefs, group string, ids ...StreamID) []StreamDelResult {
		return must(s.XAckDel("s", group, refs, ids...))
	}
	require.Equal(t, []StreamDelResult{StreamEntryDeleted, StreamEntryMissing}, results(KeepRefs, "g", sid(1, 0), sid(9, 0)))
	require.Equal(t, []StreamDelResult{StreamEntryDeleted}, results(DelRefs, "g", sid(2, 0)))
	require.Equal(t, []StreamDelResult{StreamEntryKept, StreamEntryKept}, results(AckedRefs, "g", sid(3, 0), sid(6, 0)))
	require.Equal(t, 4, must(s.XLen("s")))
	require.Equal(t, PendingSummary{4, sid(1, 0), sid(5, 0), []ConsumerPending{{"c", 4}}}, must(s.XPending("s", "h")))
	require.Equal(t, []StreamDelResult{StreamEntryDeleted, StreamEntryDeleted}, results(AckedRefs, "h", sid(1, 0), sid(3, 0)),
		"one that is gone already is as good as deleted")
	require.Equal(t, 3, must(s.XLen("s")))
	require.Equal(t, []StreamDelResult{StreamEntryMissing}, results(KeepRefs, "x", sid(4, 0)))
	require.Equal(t, []StreamDelResult{StreamEntryMissing}, must(s.XAckDel("x", "g", KeepRefs, sid(4, 0))))
}

func TestStreamFullOfGroups(t *testing.T) {
	s, clock := grouped(t, 3)
	now := clock.Now()
	must(s.XReadGroup("g", "c", "s"))
	full := must(s.XInfoStreamFull("s", 2))
	require.Equal(t, 1, full.Groups)
	detail := []PendingDetail{{sid(1, 0), "c", now.Local(), 1}, {sid(2, 0), "c", now.Local(), 1}}
	require.Equal(t, []GroupDetail{{
		GroupInfo{"g", 1, 3, sid(3, 0), OptionalInt{3, true}, OptionalInt{0, true}}, detail,
		[]ConsumerDetail{{"c", now.Local(), 3, detail}},
	}}, full.GroupList)
	clock.Advance(time.Minute)
	must(s.XGroupCreateConsumer("s", "g", "b"))
	require.Equal(t, []ConsumerInfo{{"b", 0, 0, -1}, {"c", 3, time.Minute, time.Minute}}, must(s.XInfoConsumers("s", "g")))
}

// readingGroup turns the result of a reader that waits into a taking.
func readingGroup(ctx context.Context, c *Commands, o XReadGroupOptions, group, consumer string, keys ...string) func() taking {
	o.Wait = true
	var from []GroupFrom
	for _, key := range keys {
		from = append(from, GroupFrom{Key: key})
	}
	return func() taking {
		got, err := c.XReadGroupWith(ctx, group, consumer, o, from...)
		if len(got) == 0 {
			return taking{err: err}
		}
		return taking{got[0].Key, fmt.Sprint(msOf(got[0].Entries)), true, err}
	}
}

func TestGroupReaderWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		for _, key := range []string{"s", "r"} {
			require.NoError(t, s.XGroupCreateWith(key, "g", StreamNew(), XGroupOptions{MkStream: true}))
			require.NoError(t, s.XGroupCreate(key, "h", StreamNew()))
		}
		read := func(group, consumer string, keys ...string) <-chan taking {
			return waiting(readingGroup(t.Context(), &s.commands, XReadGroupOptions{}, group, consumer, keys...))
		}
		one, two, three := read("g", "c", "s", "r"), read("g", "d", "s"), read("h", "c", "s")
		addTo(&s.commands, "s", 1, 1)
		require.Equal(t, taking{"s", "[1]", true, nil}, result(t, one))
		require.Equal(t, taking{"s", "[1]", true, nil}, result(t, three), "another group")
		stillWaits(t, two)
		require.NoError(t, s.XGroupSetID("s", "g", StreamAfter(sid(0, 0))))
		must(s.XAck("s", "g", sid(1, 0)))
		stillWaits(t, two) // only entries that come serve
		require.NoError(t, s.Exec(func(tx *Tx) error { addTo(&tx.commands, "s", 2, 3); return nil }))
		require.Equal(t, taking{"s", "[1 2 3]", true, nil}, result(t, two))

		o := XReadGroupOptions{Count: 1, NoAck: true, Timeout: time.Minute}
		require.Equal(t, taking{}, readingGroup(t.Context(), &s.commands, o, "g", "c", "s")())
		four := waiting(readingGroup(t.Context(), &s.commands, o, "g", "c", "s"))
		require.NoError(t, s.Exec(func(tx *Tx) error { addTo(&tx.commands, "s", 4, 5); return nil }))
		require.Equal(t, taking{"s", "[4]", true, nil}, result(t, four))
		require.Equal(t, 3, must(s.XPending("s", "g")).Count)
		fails(t, ErrTimeout)(s.XReadGroupWith(t.Context(), "g", "c", XReadGroupOptions{Wait: true, Timeout: -1}, GroupFrom{Key: "s"}))
		fails(t, ErrNoGroup)(s.XReadGroupWith(t.Context(), "x", "c", XReadGroupOptions{Wait: true}, GroupFrom{Key: "s"}))
		ctx, cancel := context.WithCancel(t.Context())
		five := waiting(readingGroup(ctx, &s.commands, XReadGroupOptions{}, "h", "c", "r"))
		cancel()
		require.Equal(t, taking{err: context.Canceled}, result(t, five))
	})
}

// TestGroupReaderLosesItsStream has the errors that a redis-server 7.0.15 gives.
func TestGroupReaderLosesItsStream(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *Store) error
		err    error
	}{
		"deleted":  {func(s *Store) error { _, err := s.Del("s"); return err }, ErrStreamGone},
		"set":      {func(s *Store) error { return s.Set("s", "v") }, ErrStreamGone},
		"flushed":  {func(s *Store) error { return s.FlushDB() }, ErrStreamGone},
		"all gone": {func(s *Store) error { return s.FlushAll() }, ErrStreamGone},
		"renamed":  {func(s *Store) error { return s.Rename("s", "x") }, ErrStreamGone},
		"moved":    {func(s *Store) error { _, err := s.Move("s", 2); return err }, ErrStreamGone},
		"swapped":  {func(s *Store) error { return s.SwapDB(0, 2) }, ErrStreamGone},
		"overwritten": {func(s *Store) error {
			must(s.RPush("l", "x"))
			return s.Rename("l", "s")
		}, ErrStreamGone},
		"replaced":  {func(s *Store) error { addTo(&s.commands, "x", 1, 1); return s.Rename("x", "s") }, ErrGroupGone},
		"destroyed": {func(s *Store) error { _, err := s.XGroupDestroy("s", "g"); return err }, ErrGroupGone},
		"expired": {func(s *Store) error {
			_, err := s.Expire("s", time.Second)
			time.Sleep(2 * time.Second)
			return err
		}, ErrStreamGone},
		"flushed in a transaction": {func(s *Store) error { return s.Exec(func(tx *Tx) error { return tx.FlushDB() }) }, ErrStreamGone},
		"swapped in a transaction": {func(s *Store) error { return s.Exec(func(tx *Tx) error { return tx.SwapDB(0, 2) }) }, ErrStreamGone},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t, Options{})
				addTo(&s.commands, "s", 1, 1)
				require.NoError(t, s.XGroupCreate("s", "g", StreamNew()))
				all := []<-chan taking{
					waiting(readingGroup(t.Context(), &s.commands, XReadGroupOptions{}, "g", "c", "s")),
					waiting(readingGroup(t.Context(), &s.commands, XReadGroupOptions{}, "g", "d", "s", "s")),
				}
				list := waiting(func() taking { return pair(s.BLPop(t.Context(), 0, "s2")) })
				require.NoError(t, c.change(s))
				for _, x := range all {
					require.Equal(t, taking{err: c.err}, result(t, x))
				}
				stillWaits(t, list)
				must(s.RPush("s2", "x"))
				result(t, list)
			})
		})
	}
}

// TestGroupReaderEvicted has the stream go to make room.
func TestGroupReaderEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{MaxMemory: 1 << 20, MaxMemoryPolicy: AllKeysRandom})
		require.NoError(t, s.XGroupCreateWith("s", "g", StreamNew(), XGroupOptions{MkStream: true}))
		c := waiting(readingGroup(t.Context(), &s.commands, XReadGroupOptions{}, "g", "c", "s"))
		for i := 0; must(s.Exists("s")) == 1; i++ {
			require.NoError(t, s.Set(fmt.Sprint(i), string(make([]byte, 10_000))))
		}
		require.Equal(t, taking{err: ErrStreamGone}, result(t, c))
	})
}

// TestGroupReplacedInOneGo has a stream and its group go and come again before anybody can see it.
func TestGroupReplacedInOneGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		addTo(&s.commands, "s", 1, 1)
		require.NoError(t, s.XGroupCreate("s", "g", StreamNew()))
		c := waiting(readingGroup(t.Context(), &s.commands, XReadGroupOptions{}, "g", "c", "s"))
		require.NoError(t, s.Exec(func(tx *Tx) error {
			must(tx.Del("s"))
			must(tx.RPush("s", "x"))
			must(tx.Del("s"))
			addTo(&tx.commands, "s", 2, 2)
			return tx.XGroupCreate("s", "g", StreamAfter(sid(0, 0)))
		}))
		require.Equal(t, taking{"s", "[2]", true, nil}, result(t, c))
	})
}

// TestGroupWork has consumers share the entries of a stream: each is given to one of them, once.
func TestGroupWork(t *testing.T) {
	s := newStore(t, Options{})
	require.NoError(t, s.XGroupCreateWith("s", "g", StreamNew(), XGroupOptions{MkStream: true}))
	const entries = 2000
	var mu sync.Mutex
	seen := map[StreamID]int{}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range 4 {
		wg.Go(func() {
			for {
				got, err := s.XReadGroupWith(ctx, "g", fmt.Sprint(i), XReadGroupOptions{Wait: true, Count: 3}, GroupFrom{Key: "s"})
				if err != nil {
					return
				}
				for _, e := range got[0].Entries {
					must(s.XAck("s", "g", e.ID))
					mu.Lock()
					if seen[e.ID]++; len(seen) == entries {
						cancel()
					}
					mu.Unlock()
				}
			}
		})
	}
	for range entries {
		must(s.XAdd("s", Field{"f", "v"}))
	}
	wg.Wait()
	for id, times := range seen {
		require.Equal(t, 1, times, id)
	}
	require.Equal(t, 0, must(s.XPending("s", "g")).Count)
}

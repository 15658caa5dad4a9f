package nook

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sid returns the ID ms-seq.
func sid(ms, seq uint64) StreamID { return StreamID{ms, seq} }

// addAt adds an entry {f: v} with an ID and returns the error.
func addAt(c *Commands, key string, id StreamID) error {
	_, _, err := c.XAddWith(key, XAddOptions{ID: GivenID(id)}, Field{"f", "v"})
	return err
}

// fillStream adds entries {n: ms} with the IDs ms-0.
func fillStream(c *Commands, key string, ms ...uint64) {
	for _, n := range ms {
		_, _, err := c.XAddWith(key, XAddOptions{ID: GivenID(sid(n, 0))}, Field{"n", strconv.FormatUint(n, 10)})
		try(err)
	}
}

// idsIn returns the IDs of all entries of a stream.
func idsIn(c *Commands, key string) string {
	return idsOf(must(c.XRange(key, StreamLowest(), StreamHighest())))
}

func idsOf(entries []StreamEntry) string {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.ID.String())
	}
	return strings.Join(ids, " ")
}

// smallNodes are options that make many nodes of few entries, and ordinary ones.
var smallNodes = []Options{
	{}, {Encodings: Encodings{StreamNodeMaxEntries: 2}}, {Encodings: Encodings{StreamNodeMaxEntries: -1, StreamNodeMaxBytes: -1}},
	{Encodings: Encodings{StreamNodeMaxBytes: 60}},
}

func TestXAdd(t *testing.T) {
	clock := NewManualClock(time.UnixMilli(1000))
	s := newStore(t, Options{Clock: clock})
	f := Field{"f", "v"}
	require.Equal(t, sid(1000, 0), must(s.XAdd("x", f)))
	require.Equal(t, sid(1000, 1), must(s.XAdd("x", f, Field{"", "g"})))
	clock.Advance(time.Millisecond)
	require.Equal(t, sid(1001, 0), must(s.XAdd("x", f)))
	require.NoError(t, addAt(s.Select(0), "x", sid(5000, 7)))
	require.Equal(t, sid(5000, 8), must(s.XAdd("x", f)), "time does not go back")
	require.Equal(t, 5, must(s.XLen("x")))
	require.Equal(t, []StreamEntry{{sid(1000, 0), []Field{f}}, {sid(1000, 1), []Field{f, {"", "g"}}}},
		must(s.XRangeWith("x", StreamLowest(), StreamHighest(), XRangeOptions{Count: 2})))

	require.NoError(t, s.Exec(func(tx *Tx) error {
		a := must(tx.XAdd("y", f))
		clock.Advance(time.Second)
		require.Equal(t, sid(a.Ms, 1), must(tx.XAdd("y", f)), "time stands still in a transaction")
		return nil
	}))
	require.Equal(t, "stream", must(s.Type("x")))
	require.Equal(t, "stream", found(s.ObjectEncoding("x")).Value)

	require.NoError(t, s.Set("s", "v"))
	fails(t, ErrWrongType)(s.XAdd("s", f))
	fails(t, ErrNoFields)(s.XAdd("x"))
	fails(t, ErrTooLong)(newStore(t, Options{MaxStringLen: 3}).XAdd("x", Field{"f", "long"}))
}

func TestXAddIDs(t *testing.T) {
	s := newStore(t, Options{Clock: NewManualClock(time.UnixMilli(1000))}).Select(0)
	next := func(ms uint64) (StreamID, bool, error) {
		return s.XAddWith("x", XAddOptions{ID: NextIDWithin(ms)}, Field{"f", "v"})
	}
	fails(t, ErrStreamZeroID)(addAt(s, "x", sid(0, 0)))
	id, ok, err := next(0)
	require.True(t, ok && err == nil && id == sid(0, 1))
	fails(t, ErrStreamOldID)(addAt(s, "x", sid(0, 1)))
	require.NoError(t, addAt(s, "x", sid(3, 4)))
	fails(t, ErrStreamOldID)(next(2))
	id, _, _ = next(3)
	require.Equal(t, sid(3, 5), id)
	require.NoError(t, addAt(s, "x", sid(3, math.MaxUint64)))
	fails(t, ErrStreamOldID)(next(3))
	id, _, _ = next(4)
	require.Equal(t, sid(4, 0), id)
	require.NoError(t, addAt(s, "x", sid(math.MaxUint64, math.MaxUint64)))
	fails(t, ErrStreamFull)(s.XAdd("x", Field{"f", "v"}))
	fails(t, ErrStreamFull)(addAt(s, "x", sid(1, 0)))
	fails(t, ErrStreamZeroID)(addAt(s, "x", sid(0, 0)))

	_, ok, err = s.XAddWith("y", XAddOptions{NoMkStream: true}, Field{"f", "v"})
	require.True(t, !ok && err == nil)
	require.Zero(t, must(s.Exists("y")))
	require.NoError(t, addAt(s, "y", sid(1, 0)))
	_, ok, err = s.XAddWith("y", XAddOptions{NoMkStream: true}, Field{"f", "v"})
	require.True(t, ok && err == nil)
}

func TestXRange(t *testing.T) {
	for _, o := range smallNodes {
		s := newStore(t, o).Select(0)
		fillStream(s, "x", 1, 2, 3, 4, 5)
		open := func(ms uint64) StreamBound { return StreamBound{sid(ms, 0), true} }
		closed := func(ms uint64) StreamBound { return StreamBound{ID: sid(ms, 0)} }
		get := func(from, to StreamBound, o XRangeOptions) string { return idsOf(must(s.XRangeWith("x", from, to, o))) }
		require.Equal(t, "1-0 2-0 3-0 4-0 5-0", idsIn(s, "x"))
		require.Equal(t, "2-0 3-0 4-0", get(closed(2), closed(4), XRangeOptions{}))
		require.Equal(t, "3-0", get(open(2), open(4), XRangeOptions{}))
		require.Equal(t, "4-0 3-0", get(open(2), closed(4), XRangeOptions{Reverse: true}))
		require.Equal(t, "5-0 4-0", get(StreamLowest(), StreamHighest(), XRangeOptions{Reverse: true, Count: 2}))
		require.Empty(t, get(closed(4), closed(2), XRangeOptions{}))
		require.Equal(t, 3, must(s.XDel("x", sid(3, 0), sid(5, 0), sid(5, 0), sid(1, 0), sid(1, 1))))
		require.Equal(t, "2-0 4-0", idsIn(s, "x"))
		require.Equal(t, []StreamEntry{{sid(4, 0), []Field{{"n", "4"}}}}, must(s.XRange("x", open(2), StreamHighest())))
		require.Empty(t, must(s.XRange("none", StreamLowest(), StreamHighest())))
		fails(t, ErrStreamStart)(s.XRange("x", StreamBound{sid(math.MaxUint64, math.MaxUint64), true}, StreamHighest()))
		fails(t, ErrStreamStop)(s.XRange("x", StreamLowest(), StreamBound{Open: true}))
		require.NoError(t, s.Set("s", "v"))
		fails(t, ErrWrongType)(s.XRange("s", StreamLowest(), StreamHighest()))
		fails(t, ErrWrongType)(s.XLen("s"))
		fails(t, ErrWrongType)(s.XDel("s"))
		require.Zero(t, must(s.XDel("none", sid(1, 0))))
	}
}

// TestXRangeStrings shows that what was read stays as it was.
func TestXRangeStrings(t *testing.T) {
	s := newStore(t, Options{}).Select(0)
	fillStream(s, "x", 1, 2, 3)
	entries := must(s.XRange("x", StreamLowest(), StreamHighest()))
	must(s.Del("x"))
	fillStream(s, "x", 7, 8, 9)
	require.Equal(t, []StreamEntry{{sid(1, 0), []Field{{"n", "1"}}}, {sid(2, 0), []Field{{"n", "2"}}}, {sid(3, 0), []Field{{"n", "3"}}}}, entries)
	_ = append(entries[0].Fields, Field{"x", "y"})
	require.Equal(t, []Field{{"n", "2"}}, entries[1].Fields, "fields have no room that is another's")
}

func TestXTrim(t *testing.T) {
	s := newStore(t, Options{Encodings: Encodings{StreamNodeMaxEntries: 3}}).Select(0)
	fillStream(s, "x", 1, 2, 3, 4, 5, 6, 7, 8, 9)
	require.Zero(t, must(s.XTrim("x", StreamTrim{By: TrimMaxLen, MaxLen: 7, Approx: true})))
	require.Equal(t, 3, must(s.XTrim("x", StreamTrim{By: TrimMaxLen, MaxLen: 5, Approx: true})))
	require.Equal(t, 1, must(s.XTrim("x", StreamTrim{By: TrimMaxLen, MaxLen: 5})))
	require.Zero(t, must(s.XTrim("x", StreamTrim{By: TrimMinID, MinID: sid(6, 0), Approx: true})))
	require.Equal(t, "5-0 6-0 7-0 8-0 9-0", idsIn(s, "x"))
	require.Zero(t, must(s.XTrim("x", StreamTrim{By: TrimMinID, MinID: sid(10, 0), Approx: true, Limit: 1})))
	require.Equal(t, 2, must(s.XTrim("x", StreamTrim{By: TrimMinID, MinID: sid(10, 0), Approx: true, Limit: 4})))
	require.Equal(t, 1, must(s.XTrim("x", StreamTrim{By: TrimMinID, MinID: sid(8, 0)})))
	require.Equal(t, 2, must(s.XTrim("x", StreamTrim{By: TrimMaxLen, Approx: true, Limit: NoLimit})))
	require.Equal(t, 1, must(s.Exists("x")), "a stream stays without entries")
	require.Zero(t, must(s.XTrim("none", StreamTrim{By: TrimMaxLen})))

	for _, keep := range []StreamTrim{{By: TrimMaxLen, MaxLen: 2}, {By: TrimMinID, MinID: sid(13, 0)}} {
		must(s.Del("x"))
		fillStream(s, "x", 10, 11, 12, 13)
		id, _, err := s.XAddWith("x", XAddOptions{ID: GivenID(sid(14, 0)), Trim: keep}, Field{"f", "v"})
		require.NoError(t, err)
		require.Equal(t, sid(14, 0), id)
		require.True(t, strings.HasSuffix(idsIn(s, "x"), "13-0 14-0"))
		require.Equal(t, 2, must(s.XLen("x")))
	}

	for _, c := range []struct {
		trim StreamTrim
		err  error
	}{
		{StreamTrim{}, ErrXTrimNone},
		{StreamTrim{By: 9}, ErrSyntax},
		{StreamTrim{By: TrimMaxLen, Refs: 9}, ErrSyntax},
		{StreamTrim{By: TrimMaxLen, MaxLen: -1}, ErrXMaxLen},
		{StreamTrim{By: TrimMaxLen, Limit: 5}, ErrXLimitExact},
		{StreamTrim{By: TrimMaxLen, Limit: -5, Approx: true}, ErrXLimit},
		{StreamTrim{Limit: 5, Approx: true}, ErrXLimitAlone},
	} {
		fails(t, c.err)(s.XTrim("x", c.trim))
		if c.err != ErrXTrimNone {
			_, _, err := s.XAddWith("x", XAddOptions{Trim: c.trim}, Field{"f", "v"})
			require.ErrorIs(t, err, c.err)
		}
	}
	require.NoError(t, s.Set("s", "v"))
	fails(t, ErrWrongType)(s.XTrim("s", StreamTrim{By: TrimMaxLen}))
	require.Equal(t, 2, must(s.XLen("x")))
}

// TestXTrimDefaultLimit shows how much goes at once if nobody says: 100 nodes.
func TestXTrimDefaultLimit(t *testing.T) {
	about := StreamTrim{By: TrimMaxLen, Approx: true}
	for _, c := range []struct{ entries, removed int }{{2, 200}, {-1, 0}} {
		s := newStore(t, Options{Encodings: Encodings{StreamNodeMaxEntries: c.entries, StreamNodeMaxBytes: -1}}).Select(0)
		for n := range uint64(1000) {
			fillStream(s, "x", n+1)
		}
		if c.removed == 0 {
			c.removed = 1000 // one node, and 10,000 entries may go
		}
		require.Equal(t, c.removed, must(s.XTrim("x", about)))
	}
}

func TestXDelEx(t *testing.T) {
	s := newStore(t, Options{}).Select(0)
	fillStream(s, "x", 1, 2, 3)
	for _, refs := range []StreamRefs{KeepRefs, DelRefs, AckedRefs} {
		id := sid(1+uint64(refs), 0)
		require.Equal(t, []StreamDelResult{StreamEntryDeleted, StreamEntryMissing, StreamEntryMissing}, must(s.XDelEx("x", refs, id, id, sid(9, 9))))
		require.Equal(t, []StreamDelResult{StreamEntryMissing}, must(s.XDelEx("none", refs, id)))
	}
	require.Zero(t, must(s.XLen("x")))
	fails(t, ErrSyntax)(s.XDelEx("x", 3))
	require.NoError(t, s.Set("s", "v"))
	fails(t, ErrWrongType)(s.XDelEx("s", KeepRefs))
	require.Equal(t, "KEEPREF DELREF ACKED", KeepRefs.String()+" "+DelRefs.String()+" "+AckedRefs.String())
}

func TestXSetID(t *testing.T) {
	s := newStore(t, Options{}).Select(0)
	fails(t, ErrNoSuchKey)(s.XSetID("none", sid(5, 0)))
	fillStream(s, "x", 5, 6)
	fails(t, ErrSetIDTop)(s.XSetID("x", sid(5, 9)))
	require.NoError(t, s.XSetID("x", sid(6, 0)))
	require.NoError(t, s.XSetIDWith("x", sid(8, 0), XSetIDOptions{SetAdded: true, Added: 9, MaxDeleted: sid(7, 0)}))
	fails(t, ErrSetIDFewer)(s.XSetIDWith("x", sid(8, 0), XSetIDOptions{SetAdded: true, Added: 1}))
	fails(t, ErrSetIDAdded)(s.XSetIDWith("x", sid(8, 0), XSetIDOptions{SetAdded: true, Added: -1}))
	fails(t, ErrSetIDBelow)(s.XSetIDWith("x", sid(8, 0), XSetIDOptions{MaxDeleted: sid(8, 1)}))
	fails(t, ErrStreamOldID)(addAt(s, "x", sid(8, 0)))
	require.NoError(t, addAt(s, "x", sid(8, 1)))
	info := must(s.XInfoStream("x"))
	require.Equal(t, sid(8, 1), info.LastID)
	require.Equal(t, sid(7, 0), info.MaxDeleted)
	require.EqualValues(t, 10, info.Added)
	require.NoError(t, s.Set("s", "v"))
	fails(t, ErrWrongType)(s.XSetID("s", sid(8, 0)))
}

func TestXInfoStream(t *testing.T) {
	s := newStore(t, Options{Encodings: Encodings{StreamNodeMaxEntries: 2}}).Select(0)
	fails(t, ErrNoSuchKey)(s.XInfoStream("none"))
	fails(t, ErrNoSuchKey)(s.XInfoStreamFull("none", 0))
	fillStream(s, "x", 1, 2, 3)
	must(s.XDel("x", sid(2, 0)))
	want := StreamInfo{Len: 2, Nodes: 2, RadixNodes: 6, LastID: sid(3, 0), MaxDeleted: sid(2, 0), Added: 3, FirstID: sid(1, 0)}
	first, last := StreamEntry{sid(1, 0), []Field{{"n", "1"}}}, StreamEntry{sid(3, 0), []Field{{"n", "3"}}}
	require.Equal(t, StreamSummary{want, first, last}, must(s.XInfoStream("x")))
	full := must(s.XInfoStreamFull("x", 0))
	require.Equal(t, want, full.StreamInfo)
	require.Equal(t, []StreamEntry{first, last}, full.Entries)
	require.Equal(t, []StreamEntry{first}, must(s.XInfoStreamFull("x", 1)).Entries)
	must(s.XTrim("x", StreamTrim{By: TrimMaxLen}))
	want = StreamInfo{RadixNodes: 1, LastID: sid(3, 0), MaxDeleted: sid(2, 0), Added: 3}
	require.Equal(t, StreamSummary{StreamInfo: want}, must(s.XInfoStream("x")))
	require.NoError(t, s.Set("s", "v"))
	fails(t, ErrWrongType)(s.XInfoStream("s"))
}

func TestStreamCopy(t *testing.T) {
	s := newStore(t, Options{}).Select(0)
	fillStream(s, "x", 1, 2, 3)
	must(s.XDel("x", sid(3, 0)))
	require.True(t, must(s.Copy("x", "y")))
	fillStream(s, "x", 4)
	must(s.XDel("x", sid(1, 0)))
	require.Equal(t, "1-0 2-0", idsIn(s, "y"))
	require.Equal(t, sid(3, 0), must(s.XInfoStream("y")).LastID)
	require.NoError(t, s.Rename("y", "z"))
	require.Equal(t, "1-0 2-0", idsIn(s, "z"))
	require.Equal(t, []string{"z", "x"}[:1], must(s.Keys("z")))
}

func TestStreamIDs(t *testing.T) {
	id := must(ParseStreamID("1526919030474-55"))
	require.Equal(t, sid(1526919030474, 55), id)
	require.Equal(t, "1526919030474-55", id.String())
	require.Equal(t, "x1526919030474-55", string(id.Append([]byte("x"))))
	require.Equal(t, time.UnixMilli(1526919030474), id.Time())
	require.Equal(t, sid(1526919030474, 0), StreamIDAt(id.Time()))
	require.Equal(t, StreamID{}, StreamIDAt(time.UnixMilli(-5)))
	require.Equal(t, 1, id.Compare(StreamIDAt(id.Time())))
	fails(t, ErrStreamID)(ParseStreamID("5-*"))

	require.Equal(t, StreamBound{sid(5, 0), true}, must(ParseStreamMin("(5")))
	require.Equal(t, StreamBound{sid(5, math.MaxUint64), false}, must(ParseStreamMax("5")))
	require.Equal(t, StreamLowest(), must(ParseStreamMin("-")))
	require.Equal(t, StreamHighest(), must(ParseStreamMax("+")))
	fails(t, ErrStreamID)(ParseStreamMin("(-"))
	fails(t, ErrStreamID)(ParseStreamMax("x"))
	fails(t, ErrStreamStart)(ParseStreamMin("(" + StreamHighest().ID.String()))
	fails(t, ErrStreamStop)(ParseStreamMax("(0-0"))

	require.Equal(t, NewStreamID{}, must(ParseNewStreamID("*")))
	require.Equal(t, NextIDWithin(5), must(ParseNewStreamID("5-*")))
	require.Equal(t, GivenID(sid(5, 0)), must(ParseNewStreamID("5")))
	fails(t, ErrStreamID)(ParseNewStreamID("+"))
}

// TestXTrimOfNoEntries has a trim remove a node in which a trim before has left no entries: nothing happens, but for memory that
// is free, which the store's own check at the end counts.
func TestXTrimOfNoEntries(t *testing.T) {
	s := newStore(t, Options{Encodings: Encodings{StreamNodeMaxEntries: 5}}).Select(0)
	fillStream(s, "x", 1, 2, 3, 4, 5, 6)
	require.Equal(t, 1, must(s.XDel("x", sid(5, 0))))
	require.Equal(t, 4, must(s.XTrim("x", StreamTrim{By: TrimMinID, MinID: sid(5, 0)})))
	before := must(s.Stats()).Bytes
	require.Zero(t, must(s.XTrim("x", StreamTrim{By: TrimMinID, MinID: sid(6, 0)})))
	require.Less(t, must(s.Stats()).Bytes, before)
}

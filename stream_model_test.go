package nook

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naiveStream is a stream as a beginner would keep it.
type naiveStream struct {
	entries          []StreamEntry
	last, maxDeleted StreamID
	added            int64
}

func (n *naiveStream) clone() *naiveStream {
	c := *n
	c.entries = slices.Clone(n.entries)
	return &c
}

// streamModel is a store beside a map.
type streamModel struct {
	s     *Store
	clock *ManualClock
	keys  map[string]*naiveStream
}

// id draws an ID, mostly of an entry.
func (m *streamModel) id(t *rapid.T, key string) StreamID {
	if n := m.keys[key]; n != nil && len(n.entries) > 0 && rapid.IntRange(0, 4).Draw(t, "known") > 0 {
		return rapid.SampledFrom(n.entries).Draw(t, "entry").ID
	}
	return sid(rapid.Uint64Range(0, 50).Draw(t, "ms"), rapid.Uint64Range(0, 3).Draw(t, "seq"))
}

func (m *streamModel) key(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
}

// add adds an entry to both, at the time or in a given millisecond.
func (m *streamModel) add(t *rapid.T) {
	key := m.key(t)
	n := m.keys[key]
	if n == nil {
		n = &naiveStream{}
	}
	want, o := sid(uint64(m.clock.Now().UnixMilli()), 0), XAddOptions{}
	if ms := rapid.Uint64Range(0, 60).Draw(t, "ms"); ms > 0 {
		want, o.ID = sid(ms, 0), NextIDWithin(ms)
	}
	refused := o.ID != NewStreamID{} && want.Ms < n.last.Ms
	if want.Compare(n.last) <= 0 {
		want = sid(n.last.Ms, n.last.Seq+1)
	}
	var fields []Field
	for range rapid.IntRange(1, 3).Draw(t, "fields") {
		name := rapid.SampledFrom([]string{"f", "g", "1", ""}).Draw(t, "name")
		fields = append(fields, Field{name, strconv.Itoa(rapid.IntRange(-200, 99999).Draw(t, "value"))})
	}
	id, ok, err := m.s.XAddWith(key, o, fields...)
	if refused {
		require.ErrorIs(t, err, ErrStreamOldID)
		return
	}
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want, id)
	n.entries = append(n.entries, StreamEntry{id, fields})
	n.last = id
	n.added++
	m.keys[key] = n
}

// remove removes entries from both.
func (m *streamModel) remove(t *rapid.T) {
	key := m.key(t)
	id := m.id(t, key)
	count := must(m.s.XDel(key, id))
	n := m.keys[key]
	if n == nil {
		require.Zero(t, count)
		return
	}
	i := slices.IndexFunc(n.entries, func(e StreamEntry) bool { return e.ID == id })
	require.Equal(t, i >= 0, count == 1)
	if i >= 0 {
		n.entries = slices.Delete(n.entries, i, i+1)
		if n.maxDeleted.Compare(id) < 0 {
			n.maxDeleted = id
		}
	}
}

// trim removes the first entries from both.
func (m *streamModel) trim(t *rapid.T) {
	key := m.key(t)
	o := StreamTrim{By: TrimMinID, MinID: m.id(t, key)}
	if rapid.Bool().Draw(t, "by length") {
		o = StreamTrim{By: TrimMaxLen, MaxLen: rapid.IntRange(0, 60).Draw(t, "length")}
	}
	o.Approx = rapid.Bool().Draw(t, "about")
	count := must(m.s.XTrim(key, o))
	n := m.keys[key]
	if n == nil {
		require.Zero(t, count)
		return
	}
	most := 0
	for most < len(n.entries) {
		if o.By == TrimMaxLen && len(n.entries)-most <= o.MaxLen || o.By == TrimMinID && n.entries[most].ID.Compare(o.MinID) >= 0 {
			break
		}
		most++
	}
	require.LessOrEqual(t, count, most)
	require.True(t, o.Approx || count == most)
	n.entries = n.entries[count:]
}

// read reads a part of both.
func (m *streamModel) read(t *rapid.T) {
	key := m.key(t)
	from, to := StreamBound{ID: m.id(t, key)}, StreamBound{m.id(t, key), rapid.Bool().Draw(t, "open")}
	o := XRangeOptions{Reverse: rapid.Bool().Draw(t, "reverse"), Count: rapid.IntRange(0, 20).Draw(t, "count")}
	got, err := m.s.XRangeWith(key, from, to, o)
	if to.Open && to.ID == (StreamID{}) {
		require.ErrorIs(t, err, ErrStreamStop)
		return
	}
	require.NoError(t, err)
	var want, behind []StreamEntry
	if n := m.keys[key]; n != nil {
		for _, e := range n.entries {
			if last := e.ID.Compare(to.ID); e.ID.Compare(from.ID) >= 0 && (last < 0 || last == 0 && !to.Open) {
				want = append(want, e)
			}
			if e.ID.Compare(from.ID) > 0 {
				behind = append(behind, e)
			}
		}
	}
	if o.Reverse {
		slices.Reverse(want)
	}
	cut := func(list []StreamEntry) []StreamEntry {
		if o.Count > 0 {
			return list[:min(o.Count, len(list))]
		}
		return list
	}
	require.Equal(t, cut(want), got)
	found := must(m.s.XReadWith(t.Context(), XReadOptions{Count: o.Count}, StreamFrom{key, StreamAfter(from.ID)}))
	require.Equal(t, len(behind) > 0, len(found) == 1)
	if len(found) == 1 {
		require.Equal(t, cut(behind), found[0].Entries)
	}
}

// compare verifies that the store holds what the model does.
func (m *streamModel) compare(t *rapid.T) {
	require.Equal(t, len(m.keys), must(m.s.DBSize()))
	for key, n := range m.keys {
		info := must(m.s.XInfoStream(key))
		require.Equal(t, len(n.entries), info.Len)
		require.Equal(t, n.last, info.LastID)
		require.Equal(t, n.maxDeleted, info.MaxDeleted)
		require.Equal(t, n.added, info.Added)
		if info.Len > 0 {
			require.Equal(t, n.entries[0].ID, info.FirstID)
			require.Equal(t, n.entries[0], info.First)
			require.Equal(t, n.entries[info.Len-1], info.Last)
		}
	}
}

// TestStreamModel does random things to streams of a store and to naive ones. The store's own invariants, bytes in use among
// them, are checked when each run ends.
func TestStreamModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &streamModel{keys: map[string]*naiveStream{}, clock: NewManualClock(time.UnixMilli(1))}
		m.s = newStore(t, Options{Clock: m.clock, Encodings: Encodings{
			StreamNodeMaxEntries: rapid.SampledFrom([]int{0, 1, 3, -1}).Draw(t, "entries"),
			StreamNodeMaxBytes:   rapid.SampledFrom([]int{0, 70, -1}).Draw(t, "bytes"),
		}})
		repeat := func(f func(*rapid.T)) func(*rapid.T) {
			return func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "n") {
					f(t)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": repeat(m.add), "remove": repeat(m.remove), "trim": m.trim, "read": repeat(m.read), "": m.compare,
			"tick": func(*rapid.T) { m.clock.Advance(time.Millisecond) },
			"copy": func(t *rapid.T) {
				if src, dst := m.key(t), m.key(t); src != dst && must(m.s.CopyWith(src, dst, CopyOptions{Replace: true})) {
					m.keys[dst] = m.keys[src].clone()
				}
			},
			"delete": func(t *rapid.T) {
				key := m.key(t)
				require.Equal(t, m.keys[key] != nil, must(m.s.Del(key)) == 1)
				delete(m.keys, key)
			},
		})
	})
}

package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A machine drives a table and a map through the same changes, with scans and
// readers that began earlier and go on in between.
type machine struct {
	table  *Table
	skip   int
	model  map[string]string
	order  []string // the model's keys, for drawing one
	writes int
	steps  int
	scans  []*scan
	stale  []*reader
}

// A scan remembers what it owes: the keys that have been there since it began.
type scan struct {
	pos  uint64
	owed map[string]bool
	seen map[string]bool
}

// A reader has loaded the directory and stands still. The keys that have been
// there, or have not, since then must be found, or not, when it goes on.
type reader struct {
	dir     *directory
	present map[string]bool
	changed map[string]bool
}

func (m *machine) hash(key string) uint64 { return Hash(key) << m.skip }

// family makes keys of one kind: the hashes of a kind agree in some way, or in
// none.
type family struct {
	name string
	key  func(skip, n int) string
}

var families = []family{
	{"natural", func(_, n int) string { return fmt.Sprintf("key:%d", n) }},
	{"equal hashes", func(_, n int) string { return forge(0x5555_5555_5555_5555, uint64(n)) }},
	{"equal positions", func(skip, n int) string {
		return forge((0xffff_ffff_ff00_0000|uint64(n)&0xff_ffff)>>skip, uint64(n))
	}},
	{"neighbouring positions", func(skip, n int) string {
		return forge(uint64(n)<<(64-PositionBits)>>skip, uint64(n))
	}},
	{"agree in 20 bits", func(skip, n int) string {
		return forge((0xabcde<<44|Hash(fmt.Sprint(n))>>20)>>skip, uint64(n))
	}},
	{"few tags", func(skip, n int) string {
		return forge(Hash(fmt.Sprint(n))&^(0xfe<<tagShift)>>skip, uint64(n))
	}},
}

func (m *machine) insert(key string) {
	m.writes++
	value := fmt.Sprint(m.writes)
	h := m.hash(key)
	_, p := m.table.Locate(h, key)
	if _, ok := m.model[key]; ok {
		m.table.Replace(h, p, NewText(key, value, 0))
	} else {
		m.table.Insert(h, NewText(key, value, int64(m.writes%2)))
		m.order = append(m.order, key)
	}
	m.model[key] = value
	for _, r := range m.stale {
		if !r.present[key] {
			r.changed[key] = true
		}
	}
}

func (m *machine) delete(i int) {
	key := m.order[i]
	h := m.hash(key)
	_, p := m.table.Locate(h, key)
	m.table.Delete(h, p)
	delete(m.model, key)
	m.order[i] = m.order[len(m.order)-1]
	m.order = m.order[:len(m.order)-1]
	m.forget(key)
}

func (m *machine) forget(key string) {
	for _, s := range m.scans {
		delete(s.owed, key)
	}
	for _, r := range m.stale {
		delete(r.present, key)
		r.changed[key] = true
	}
}

func (m *machine) clear() {
	m.table.Clear()
	for _, key := range m.order {
		m.forget(key)
	}
	clear(m.model)
	m.order = m.order[:0]
}

func (m *machine) startScan() {
	s := &scan{owed: map[string]bool{}, seen: map[string]bool{}}
	for key := range m.model {
		s.owed[key] = true
	}
	m.scans = append(m.scans, s)
}

// step takes scan i one step on and, at its end, checks that it owes nothing.
func (m *machine) step(t *rapid.T, i int) {
	s := m.scans[i]
	next := m.table.Scan(s.pos, func(e *Entry) {
		if s.seen[e.Key()] {
			require.Failf(t, "scan met a key twice", "%q", e.Key())
		}
		if m.model[e.Key()] != e.Text() {
			require.Failf(t, "scan met a wrong value", "%s", e)
		}
		s.seen[e.Key()] = true
		delete(s.owed, e.Key())
	})
	require.Zero(t, next<<PositionBits, "position does not fit")
	if next == 0 {
		require.Empty(t, s.owed, "scan missed keys")
		m.scans = slices.Delete(m.scans, i, i+1)
		return
	}
	require.Greater(t, next, s.pos)
	s.pos = next
}

func (m *machine) startReader() {
	r := &reader{m.table.dir.Load(), map[string]bool{}, map[string]bool{}}
	for key := range m.model {
		r.present[key] = true
	}
	m.stale = append(m.stale, r)
}

// finish lets reader i go on, as it is and as if it had loaded the depth of
// each place at some other time than the segment.
func (m *machine) finish(t *rapid.T, i int) {
	r := m.stale[i]
	m.stale = slices.Delete(m.stale, i, i+1)
	then := &Table{skip: m.table.skip}
	then.dir.Store(r.dir)
	m.read(t, then, r)
	if r.dir.depth == 0 {
		return // depth is 0 as long as this directory lives
	}
	torn := newDirectory(r.dir.depth, r.dir.bits)
	for i := range torn.refs {
		torn.refs[i].seg.Store(r.dir.refs[i].seg.Load())
		torn.refs[i].depth.Store(uint32(rapid.Uint8Range(0, r.dir.depth).Draw(t, "depth")))
	}
	then.dir.Store(torn)
	m.read(t, then, r)
}

// read looks for every key that r can know about.
func (m *machine) read(t *rapid.T, then *Table, r *reader) {
	for key := range r.present {
		if e := then.Find(m.hash(key), key); e == nil || e.Key() != key {
			require.Failf(t, "a key that was there throughout is not found", "%q", key)
		}
	}
	for n := range 20 {
		for _, f := range families {
			key := f.key(m.skip, n)
			if !r.present[key] && !r.changed[key] && then.Find(m.hash(key), key) != nil {
				require.Failf(t, "a key that was never there is found", "%q", key)
			}
		}
	}
}

// compare checks the table against the model, key by key.
func (m *machine) compare(t *rapid.T) {
	m.table.check(t)
	require.Equal(t, len(m.model), m.table.Len())
	for key, value := range m.model {
		if e := m.table.Find(m.hash(key), key); e == nil || e.Text() != value {
			require.Failf(t, "wrong entry", "%q: %q, want %q", key, e, value)
		}
	}
	got := map[string]string{}
	for e := range m.table.All() {
		got[e.Key()] = e.Text()
	}
	require.True(t, maps.Equal(m.model, got))
}

func TestTableAgainstMap(t *testing.T) { rapid.Check(t, againstMap) }

func FuzzTableAgainstMap(f *testing.F) { f.Fuzz(rapid.MakeFuzz(againstMap)) }

func againstMap(t *rapid.T) {
	m := &machine{skip: rapid.SampledFrom([]int{0, 0, 3, 8}).Draw(t, "skip"), model: map[string]string{}}
	m.table = New(m.skip)
	drawKey := func() string {
		f := rapid.SampledFrom(families).Draw(t, "family")
		return f.key(m.skip, rapid.IntRange(0, 1000).Draw(t, "n"))
	}
	t.Repeat(map[string]func(*rapid.T){
		"insert": func(*rapid.T) { m.insert(drawKey()) },
		"insert many": func(*rapid.T) {
			f := rapid.SampledFrom(families).Draw(t, "family")
			from := rapid.IntRange(0, 1000).Draw(t, "from")
			for n := range rapid.IntRange(1, 500).Draw(t, "count") {
				m.insert(f.key(m.skip, from+n))
			}
		},
		"find": func(t *rapid.T) {
			key := drawKey()
			value, ok := m.model[key]
			e := m.table.Find(m.hash(key), key)
			require.Equal(t, ok, e != nil)
			if ok {
				require.Equal(t, value, e.Text())
			}
		},
		"delete": func(t *rapid.T) {
			if len(m.order) > 0 {
				m.delete(rapid.IntRange(0, len(m.order)-1).Draw(t, "i"))
			}
		},
		"delete many": func(t *rapid.T) {
			// In the order of insertion whole regions go empty, backwards
			// recent ones do.
			n := rapid.IntRange(0, len(m.order)).Draw(t, "count")
			old := rapid.Bool().Draw(t, "oldest")
			for range n {
				if old {
					m.delete(0)
				} else {
					m.delete(len(m.order) - 1)
				}
			}
		},
		"delete natural": func(*rapid.T) {
			// What is left may stand very unevenly.
			for i := len(m.order) - 1; i >= 0; i-- {
				if strings.HasPrefix(m.order[i], "key:") {
					m.delete(i)
				}
			}
		},
		"clear": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "once in ten") == 0 {
				m.clear()
			}
		},
		"start scan": func(*rapid.T) { m.startScan() },
		"scan": func(t *rapid.T) {
			if len(m.scans) == 0 {
				return
			}
			i := rapid.IntRange(0, len(m.scans)-1).Draw(t, "scan")
			scans := len(m.scans)
			for range rapid.IntRange(1, 40).Draw(t, "steps") {
				if len(m.scans) == scans {
					m.step(t, i)
				}
			}
		},
		"start reader": func(*rapid.T) { m.startReader() },
		"finish reader": func(t *rapid.T) {
			if len(m.stale) > 0 {
				m.finish(t, rapid.IntRange(0, len(m.stale)-1).Draw(t, "reader"))
			}
		},
		"": func(t *rapid.T) {
			if m.steps++; len(m.model) < 300 || m.steps%8 == 0 {
				m.compare(t)
			}
		},
	})
	for len(m.scans) > 0 {
		m.step(t, 0)
	}
	for len(m.stale) > 0 {
		m.finish(t, 0)
	}
	m.compare(t)
}

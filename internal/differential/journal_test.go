package differential

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	rows "github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// newerForms are commands that a real server of version 7.0 does not know, for tests of nook alone.
var newerForms = parseForms(`
	4* HSET {key} ({field} {value})+
	2* HEXPIRE {key} {secs} [NX|XX|GT|LT] FIELDS 1 {field}
	2* HPEXPIRE {key} {ms} FIELDS 2 {field} {field}
	HEXPIREAT {key} ({at}|{past}) FIELDS 1 {field}
	HPEXPIREAT {key} ({atms}|{past}) FIELDS 2 {field} {field}
	HPERSIST {key} FIELDS 2 {field} {field}
	HGETDEL {key} FIELDS 2 {field} {field}
	2* HGETEX {key} [EX {secs}|PX {ms}|EXAT {at}|PXAT {past}|PERSIST] FIELDS 2 {field} {field}
	3* HSETEX {key} [FNX|FXX] [EX {secs}|PX {ms}|EXAT {at}|PXAT {past}|KEEPTTL] FIELDS 2 {field} {value} {field} {value}
	HDEL {key} {field}
	HINCRBY {key} {field} {int}
	HSETNX {key} {field} {value}
	2* MSETEX 2 {key} {value} {key} {value} [NX|XX] [EX {secs}|PXAT {past}|KEEPTTL]
	DELEX {key} [IFEQ {value}|IFNE {value}]
	2* SET {key} {value} [IFEQ {value}|IFNE {value}] [GET] [EX {secs}|KEEPTTL]
	2* BITOP (DIFF|DIFF1|ANDOR|ONE) {key} {key} {key}
	2* XADD {key} {newid} ({field} {value})+
	XGROUP CREATE {key} {group} 0
	2* XREADGROUP GROUP {group} {consumer} STREAMS {key} >
	2* XDELEX {key} [KEEPREF|DELREF|ACKED] IDS 2 {entryid} {entryid}
	2* XACKDEL {key} {group} [KEEPREF|DELREF|ACKED] IDS 2 {entryid} {entryid}
	COPY {key} {key} [DB {db}] [REPLACE]
	RENAME {key} {key}
	MOVE {key} {db}
	DEL {key}
	FUNCTION LOAD [REPLACE] {library}
	FUNCTION DELETE {libraryname}
	FUNCTION FLUSH
`)

// newer is a family of them.
var newerFamily = family{name: "newer", conns: 1, forms: newerForms, chunks: []func(*rapid.T) []step{inTransaction(newerForms)}}

// effectLog is a journal that keeps what it gets.
type effectLog struct {
	mu      sync.Mutex
	effects []nook.Effect // guarded by mu
}

func (*effectLog) Admit() error  { return nil }
func (*effectLog) Commit() error { return nil }

func (l *effectLog) Append(effects []nook.Effect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range effects {
		l.effects = append(l.effects, e.Clone())
	}
}

// TestJournal runs sequences of all families on a store with a journal, while time passes, and what the journal got on stores that are
// being loaded: these are then what the first one is.
func TestJournal(t *testing.T) {
	for _, f := range append(families, newerFamily, everything()) {
		t.Run(f.name, func(t *testing.T) { checkJournal(t, f, nook.Options{}) })
	}
}

// TestJournalOfEvictions is TestJournal of a store that has too little memory.
func TestJournalOfEvictions(t *testing.T) {
	all := everything()
	all.forms = append(all.forms, newerForms...)
	for _, p := range []nook.MaxMemoryPolicy{nook.NoEviction, nook.AllKeysLRU, nook.AllKeysRandom, nook.VolatileTTL} {
		t.Run(p.String(), func(t *testing.T) { checkJournal(t, all, nook.Options{MaxMemory: 8 << 10, MaxMemoryPolicy: p}) })
	}
}

func checkJournal(t *testing.T, f family, o nook.Options) {
	setChecks(t, *checks/4+1)
	sequences := f.sequences()
	rapid.Check(t, func(t *rapid.T) {
		clock, log := nook.NewManualClock(time.Now().Truncate(time.Millisecond)), new(effectLog)
		o := o
		o.Clock, o.Journal = clock, log
		i := nookSide{clock: clock, options: o}.begin(t).(*nookInstance)
		defer i.close()
		l := &lone{t: t, side: i, conns: map[int]*redistest.Conn{}}
		for _, s := range sequences.Draw(t, "sequence").settle() {
			l.run(sequence{s})
			if chance(t, 8) {
				clock.Advance(pick(t, passing))
			}
		}
		want := l.contents()
		for range 2 {
			require.Equal(t, want, log.replayed(t, clock.Now()))
		}
	})
}

// TestJournalOnRedis runs what a journal got on a real server.
func TestJournalOnRedis(t *testing.T) {
	real := redisSide{server: redistest.Shared(t)}
	for _, f := range append(families, everything()) {
		t.Run(f.name, func(t *testing.T) {
			setChecks(t, *checks/8+1)
			sequences := f.sequences()
			rapid.Check(t, func(t *rapid.T) {
				clock, log := nook.NewManualClock(time.Now()), new(effectLog)
				i := nookSide{clock: clock, options: nook.Options{Journal: log}}.begin(t).(*nookInstance)
				defer i.close()
				(&lone{t: t, side: i, conns: map[int]*redistest.Conn{}}).run(sequences.Draw(t, "sequence").settle())
				c := redistest.NewConn(t, real.begin(t).dial(t))
				defer func() { _ = c.Close() }()
				log.send(t, c)
				digest, err := i.store.DebugDigest()
				require.NoError(t, err)
				require.Equal(t, digest, c.Do("DEBUG", "DIGEST").Str)
			})
		})
	}
}

// passing is how much time may pass between two steps.
var passing = []time.Duration{time.Millisecond, time.Hour, 500 * 24 * time.Hour, 2000 * 24 * time.Hour}

// replayed returns the contents of a store that was made of the effects.
func (l *effectLog) replayed(t *rapid.T, now time.Time) map[string][]resp.Reply {
	o := nook.Options{Loading: true}
	i := nookSide{clock: nook.NewManualClock(now), options: o}.begin(t).(*nookInstance)
	defer i.close()
	c := redistest.NewConn(t, i.dial(t))
	defer func() { _ = c.Close() }()
	l.send(t, c)
	require.NoError(t, i.store.Loaded())
	return (&lone{t: t, side: i}).contents()
}

// send sends the effects to a server, which must take them all.
func (l *effectLog) send(t *rapid.T, c *redistest.Conn) {
	db := 0
	for _, e := range l.effects {
		if e.DB != db {
			c.Do("SELECT", strconv.Itoa(e.DB))
			db = e.DB
		}
		row, err := rows.Lookup(e.Args)
		require.NoError(t, err)
		require.True(t, row.Flags&(rows.Write|rows.MayReplicate) != 0 && !row.Flags.Has(rows.Blocking), "%s is not for files", command(e.Args))
		if r := c.Do(e.Args...); r.Kind == resp.KindError {
			t.Fatalf("%s: %s", command(e.Args), r.Str)
		}
	}
}

// contents returns all that a store holds but what its journal does not tell: the encodings of values, and when consumers were seen.
func (l *lone) contents() map[string][]resp.Reply {
	all := map[string][]resp.Reply{}
	for db, keys := range l.keys() {
		for key, held := range keys {
			held = slices.Delete(held, 1, 2)
			for i := range held {
				held[i] = withoutSeen(held[i])
			}
			all[strconv.Itoa(db)+" "+key] = held
		}
	}
	c := redistest.NewConn(l.t, l.side.dial(l.t))
	defer func() { _ = c.Close() }()
	for place, held := range all {
		db, key, _ := strings.Cut(place, " ")
		c.Do("SELECT", db)
		all[place] = append(held, c.Do("DEBUG", "DIGEST-VALUE", key), fieldDeadlines(c, held[0].Str, key))
	}
	all["libraries"] = []resp.Reply{c.Do("FUNCTION", "LIST", "WITHCODE")}
	all["digest"] = []resp.Reply{c.Do("DEBUG", "DIGEST")}
	return all
}

// fieldDeadlines returns when the fields of a hash expire.
func fieldDeadlines(c *redistest.Conn, kind, key string) resp.Reply {
	if kind != "hash" {
		return resp.Reply{}
	}
	fields := sorted(c.Do("HKEYS", key).Elems)
	look := command{"HPEXPIRETIME", key, "FIELDS", strconv.Itoa(len(fields))}
	for _, f := range fields {
		look = append(look, f.Str)
	}
	return c.Do(look...)
}

// withoutSeen returns a reply without when consumers were seen, and without counts of entries that are unknown, or have wrapped around, as in Redis: no
// command says what those are.
func withoutSeen(r resp.Reply) resp.Reply {
	r.Elems = slices.Clone(r.Elems)
	for i := range r.Elems {
		if s := r.Elems[i].Str; i+1 < len(r.Elems) && (s == "seen-time" || s == "active-time" || strings.HasPrefix(s, "radix-tree-")) {
			r.Elems[i+1] = resp.Reply{}
		} else if s == "entries-read" && i+3 < len(r.Elems) && (r.Elems[i+1].Null || r.Elems[i+1].Int < 0) {
			r.Elems[i+1], r.Elems[i+3] = resp.Reply{}, resp.Reply{}
		}
		r.Elems[i] = withoutSeen(r.Elems[i])
	}
	return r
}

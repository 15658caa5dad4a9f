package nook

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/nookdb/nook/internal/rdb"
	"github.com/nookdb/nook/internal/table"
)

// redisVersion is the version of Redis that files are written for.
const redisVersion = "7.0.15"

// SaveOptions are the options of SaveRDB. The zero value is what Redis does.
type SaveOptions struct {
	// Uncompressed leaves long strings as they are: the file is larger, and written sooner. rdbcompression no.
	Uncompressed bool

	// Base says in the file that it is the base of an append-only file.
	Base bool

	// Journal becomes the store's at the moment that the file shows: so the file and what the journal gets are, together, all that
	// happens to the store. nil leaves the journal that there is.
	Journal Journal

	// At is called at the moment that the file shows, with the whole store locked: it must be quick, and not use the store.
	At func()

	// Progress is called now and then with how many keys have been written, of how many.
	Progress func(done, total int)
}

// A SaveReport says what SaveRDB has written.
type SaveReport struct {
	Keys    int
	Bytes   int64 // of the file
	Changes int64 // Stats.Changes at the moment that the file shows
}

// SaveRDB writes all databases and libraries as an RDB file, as they are at the moment of the call. Others go on reading and writing meanwhile; what they
// change before it has been written is kept aside. redis-server 7.0 and later read it; if a hash has fields with times to live, 7.4 and
// later. A nil o means the defaults.
//
// Returns the error of w, or ErrClosed. O(n). SAVE, BGSAVE.
func (s *Store) SaveRDB(w io.Writer, o *SaveOptions) (report SaveReport, err error) {
	if o == nil {
		o = new(SaveOptions)
	}
	ks := s.ks
	var version, bytes int
	k, err := ks.checkpoint(func() {
		version, bytes, report.Changes = ks.rdbVersion(), ks.bytes(), ks.changes()
		if o.Journal != nil {
			ks.opts.Journal = o.Journal
			ks.setLog(o.Journal)
		}
		if o.At != nil {
			o.At()
		}
	})
	if err != nil {
		return report, err
	}
	defer k.close()
	file := rdb.NewEncoder(w, version, &rdb.Header{Redis: redisVersion, Created: s.Now().Unix(), Memory: bytes, Base: o.Base})
	file.Writer().Plain = o.Uncompressed
	for _, name := range slices.Sorted(maps.Keys(k.libraries)) {
		if err := file.Function(k.libraries[name].Code); err != nil {
			return report, err
		}
	}
	x := saving{k: k, file: file, db: -1}
	for more := true; more; {
		if more, err = x.next(); err != nil {
			return report, err
		}
		if o.Progress != nil {
			o.Progress(x.done, x.total())
		}
	}
	err = file.Close()
	report.Keys, report.Bytes = x.done, file.Len()
	return report, err
}

// saving is a checkpoint on its way into a file.
type saving struct {
	k     *checkpoint
	file  *rdb.Encoder
	db    int // of the last key
	done  int // keys
	fixed []*table.Entry
	buf   []byte
	used  rdb.Access
}

// next writes some keys. What never changes is written with no lock held.
func (x *saving) next() (more bool, err error) {
	w := x.file.Writer()
	db := x.k.db
	more, err = x.k.next(func(_ int, e *table.Entry) int {
		x.done++
		if e.Fixed() {
			x.fixed = append(x.fixed, e)
			return 0
		}
		before := len(x.buf)
		x.buf = w.AppendKey(x.buf, e, x.k.ks.accessOf(e))
		return len(x.buf) - before
	})
	if err != nil || len(x.fixed)+len(x.buf) == 0 {
		return more, err
	}
	if x.db != db {
		x.db = db
		if err := x.file.DB(db, x.k.keys[db], x.k.timed[db]); err != nil {
			return false, err
		}
	}
	for _, e := range x.fixed {
		if err := x.file.Key(e, x.k.ks.accessOf(e)); err != nil {
			return false, err
		}
	}
	clear(x.fixed)
	err = x.file.Keys(x.buf)
	x.fixed, x.buf = x.fixed[:0], x.buf[:0]
	return more, err
}

// total returns how many keys there are to be written.
func (x *saving) total() (sum int) {
	for _, n := range x.k.keys {
		sum += n
	}
	return sum
}

// rdbVersion returns the oldest version of the format that can say all that the store, which is locked, has.
func (ks *keyspace) rdbVersion() int {
	for i := range ks.shards {
		for n := range ks.shards[i].dbs {
			if d := ks.shards[i].dbs[n].Load(); d != nil && d.fields.Len() > 0 {
				return rdb.VersionMax
			}
		}
	}
	return rdb.VersionPlain
}

// changes returns how often keys have changed in the store, which is locked.
func (ks *keyspace) changes() (sum int64) {
	for i := range ks.shards {
		sum += ks.shards[i].changes
	}
	return sum
}

// bytes returns the size of the store, which is locked.
func (ks *keyspace) bytes() (sum int) {
	for i := range ks.shards {
		sum += int(ks.shards[i].used)
	}
	return sum
}

// accessOf returns what a file keeps of how a key was used: as in Redis, what the policy of eviction asks for.
func (ks *keyspace) accessOf(e *table.Entry) rdb.Access {
	switch p := ks.policy(); {
	case p.frequency():
		return rdb.Access{Freq: ks.frequency(e), HasFreq: true}
	case p == AllKeysLRU || p == VolatileLRU:
		return rdb.Access{Idle: uint64(ks.idle(e)), HasIdle: true}
	default:
		return rdb.Access{}
	}
}

// LoadOptions are the options of LoadRDB.
type LoadOptions struct {
	// Library is called with the code of each library of functions. nil means that a file with libraries is refused.
	Library func(code string) error

	// SkipModules leaves out what belongs to modules, which else is an error.
	SkipModules bool

	// Replace puts keys of the file in the place of those that the store has, which else are an error.
	Replace bool

	// Progress is called now and then with how many bytes have been read.
	Progress func(bytes int64)
}

// A LoadReport says what LoadRDB has met besides keys that it has loaded.
type LoadReport struct {
	Bytes   int64             // of the file
	Keys    int               // that were loaded
	Expired int               // keys whose time was up: left out, unless the store is Loading
	Empty   int               // keys with empty collections, which Redis leaves out too
	Skipped int               // values of modules
	Aux     map[string]string // what the file says of itself
}

// LoadRDB reads an RDB file, of any version up to 12, and adds what it holds to the store. It
// returns what is behind the file too, as in an append-only file that begins with one.
//
// Fails with an error that has the offset if the file is damaged, or newer, or has a key that exists, a database
// that the store has not, or values of modules. What stands before that has been loaded by then. O(n).
func (s *Store) LoadRDB(r io.Reader, o *LoadOptions) (report LoadReport, rest io.Reader, err error) {
	if o == nil {
		o = new(LoadOptions)
	}
	d, err := rdb.NewDecoder(r, &rdb.Options{Limits: s.ks.sizes(), SkipModules: o.SkipModules})
	if err != nil {
		return report, nil, err
	}
	x := loading{s: s, o: o, report: LoadReport{Aux: map[string]string{}}}
	for n := 0; ; n++ {
		it, err := d.Next()
		if err == nil {
			err = x.take(it)
		}
		x.report.Bytes = d.Offset()
		switch {
		case errors.Is(err, io.EOF) && it == nil:
			return x.report, d.Rest(), nil
		case err != nil:
			return x.report, nil, err
		}
		if o.Progress != nil && n%progressKeys == 0 {
			o.Progress(x.report.Bytes)
		}
	}
}

// progressKeys is after how many keys the progress of loading is told.
const progressKeys = 1024

// loading is a file on its way into a store.
type loading struct {
	s      *Store
	o      *LoadOptions
	report LoadReport
}

// take puts one thing of the file into the store.
func (x *loading) take(it *rdb.Item) error {
	switch it.Kind {
	case rdb.KindKey:
		return x.key(it)
	case rdb.KindEmpty:
		x.report.Empty++
	case rdb.KindSkipped:
		x.report.Skipped++
	case rdb.KindAux:
		x.report.Aux[it.Name] = it.Text
	case rdb.KindFunction:
		if x.o.Library == nil {
			return errors.New("nook: the file has libraries of functions, and nobody to take them")
		}
		return x.o.Library(it.Text)
	}
	return nil
}

// key puts a key into the store.
func (x *loading) key(it *rdb.Item) (err error) {
	c := x.s.Select(it.DB)
	at := it.Entry.Deadline()
	if at != 0 && at <= c.elapsed() {
		x.report.Expired++
		return nil
	}
	w, err := c.reduce(it.Key)
	if errors.Is(err, ErrDBIndex) {
		return fmt.Errorf("nook: the file has a database %d, which the store has not", it.DB)
	}
	if err != nil {
		return err
	}
	defer w.done(&err)
	if w.entry != nil {
		if !x.o.Replace {
			return fmt.Errorf("nook: the file has key %q, which database %d has already", it.Key, it.DB)
		}
		w.remove()
	}
	o := RestoreOptions{}
	if it.Idle > 0 {
		o.Idle = time.Duration(min(it.Idle, math.MaxUint32)) * time.Second
	}
	if it.Freq >= 0 {
		o.Freq = OptionalInt{Value: int64(it.Freq), OK: true}
	}
	c.ks.date(it.Entry, &o)
	w.adopt(it.Entry)
	x.report.Keys++
	if w.logged() {
		w.effect(o.effect(it.Key, dumpOf(it.Entry), at)...)
	}
	return err
}

package nook

import (
	"io"
	"maps"
	"slices"

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

	// Keys that changed before they had been written, and the memory that what they held took until it had been, at most: large
	// values share some with what they have become.
	KeptKeys  int
	KeptBytes int64
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
	defer func() { report.KeptKeys, report.KeptBytes = k.close() }()
	file := rdb.NewEncoder(w, version, &rdb.Header{Redis: redisVersion, Created: s.Now().Unix(), Memory: bytes, Base: o.Base})
	for _, name := range slices.Sorted(maps.Keys(k.libraries)) {
		if err := file.Function(k.libraries[name].Code); err != nil {
			return report, err
		}
	}
	x := newSaving(k, file, o)
	for db := range k.keys {
		if err := x.database(db); err != nil {
			return report, err
		}
	}
	err = file.Close()
	report.Keys, report.Bytes = x.done, file.Len()
	return report, err
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

// changes returns how often keys and libraries have changed in the store, which is locked.
func (ks *keyspace) changes() (sum int64) {
	sum = int64(ks.libraries.revision.Load())
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
// that the store has not, or values of modules. What stands before that has been loaded by then, and of a file with
// a key that exists perhaps some of what stands behind it. O(n).
func (s *Store) LoadRDB(r io.Reader, o *LoadOptions) (report LoadReport, rest io.Reader, err error) {
	if o == nil {
		o = new(LoadOptions)
	}
	d, err := rdb.NewDecoder(r, &rdb.Options{Limits: s.ks.sizes(), SkipModules: o.SkipModules})
	if err != nil {
		return report, nil, err
	}
	x := newLoading(s, o)
	err = x.read(d)
	if failed := x.end(); err == nil {
		err = failed
	}
	if err != nil {
		return x.report, nil, err
	}
	return x.report, d.Rest(), nil
}

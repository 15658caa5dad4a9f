package nook

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook/internal/rdb"
	"github.com/nookdb/nook/internal/table"
)

// # Loading
//
// One goroutine reads the file and makes entries. They are gathered by shard, and put into it in lots, by others: each has shards of its
// own, so that keys come there in the order of the file. To put many keys into one shard takes the lock once, and finds its table in the
// processor's caches, which the whole store's are too large for.

const (
	// lotSize is how many keys make a lot.
	lotSize = 64
	// unloadersMax is how many goroutines unload lots at most: more have nothing to do.
	unloadersMax = 8
)

// An arrival is a key that is to be put into a shard.
type arrival struct {
	entry *table.Entry
	hash  uint64
	idle  int64 // as in Item
	db    int32
	freq  int16 // as in Item
}

// A lot is some arrivals for one shard.
type lot struct {
	shard int
	keys  []arrival
}

// loading is a file on its way into a store.
type loading struct {
	s         *Store
	o         *LoadOptions
	report    LoadReport
	lots      [][]arrival // of each shard
	unloaders []chan lot  // nil before the first lot; those of shard i are for number i modulo their number
	working   sync.WaitGroup
	spare     chan []arrival // memory of lots that have been unloaded
	keys      atomic.Int64   // that were loaded
	failed    atomic.Bool
	once      sync.Once
	err       error // set once, before failed
}

func newLoading(s *Store, o *LoadOptions) *loading {
	return &loading{s: s, o: o, report: LoadReport{Aux: map[string]string{}}, lots: make([][]arrival, len(s.ks.shards))}
}

// progressKeys is after how many keys the progress of loading is told.
const progressKeys = 1024

// read reads the file to its end, or an error.
func (x *loading) read(d *rdb.Decoder) error {
	for n := 0; !x.failed.Load(); n++ {
		it, err := d.Next()
		if err == nil {
			err = x.take(it)
		}
		x.report.Bytes = d.Offset()
		switch {
		case errors.Is(err, io.EOF) && it == nil:
			return nil
		case err != nil:
			return err
		}
		if x.o.Progress != nil && n%progressKeys == 0 {
			x.o.Progress(x.report.Bytes)
		}
	}
	return nil
}

// take takes one thing of the file.
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

// key takes a key.
func (x *loading) key(it *rdb.Item) error {
	ks := x.s.ks
	if it.DB >= ks.opts.Databases {
		return fmt.Errorf("nook: the file has a database %d, which the store has not", it.DB)
	}
	if at := it.Entry.Deadline(); at != 0 && at <= x.s.elapsed() {
		x.report.Expired++
		return nil
	}
	i, hash := ks.shardOf(it.Key)
	keys := append(x.lots[i], arrival{it.Entry, hash, it.Idle, int32(it.DB), int16(it.Freq)})
	x.lots[i] = keys
	if len(keys) == lotSize {
		x.send(i)
	}
	return nil
}

// send sends a shard its lot.
func (x *loading) send(shard int) {
	if runtime.GOMAXPROCS(0) == 1 {
		x.land(lot{shard, x.lots[shard]})
		x.lots[shard] = x.lots[shard][:0]
		return
	}
	if x.unloaders == nil {
		x.begin()
	}
	x.unloaders[shard%len(x.unloaders)] <- lot{shard, x.lots[shard]}
	select {
	case x.lots[shard] = <-x.spare:
	default:
		x.lots[shard] = make([]arrival, 0, lotSize)
	}
}

// begin starts to unload.
func (x *loading) begin() {
	n := min(runtime.GOMAXPROCS(0)-1, unloadersMax, len(x.lots))
	x.unloaders, x.spare = make([]chan lot, n), make(chan []arrival, 8*n)
	for i := range x.unloaders {
		lots := make(chan lot, 4)
		x.unloaders[i] = lots
		x.working.Go(func() {
			for l := range lots {
				x.land(l)
				clear(l.keys)
				select {
				case x.spare <- l.keys[:0]:
				default:
				}
			}
		})
	}
}

// end unloads what is still to be, waits until all is, and returns the first error of that.
func (x *loading) end() error {
	for i, keys := range x.lots {
		switch {
		case len(keys) == 0:
		case x.unloaders == nil:
			x.land(lot{i, keys})
		default:
			x.unloaders[i%len(x.unloaders)] <- lot{i, keys}
		}
	}
	for _, lots := range x.unloaders {
		close(lots)
	}
	x.working.Wait()
	x.report.Keys = int(x.keys.Load())
	return x.err
}

// land puts a lot into its shard, unless something has failed.
func (x *loading) land(l lot) {
	if x.failed.Load() {
		return
	}
	n, err := x.s.ks.land(l, x.o.Replace)
	x.keys.Add(int64(n))
	if err != nil {
		x.once.Do(func() { x.err = err })
		x.failed.Store(true)
	}
}

// land puts a lot into its shard, and returns how many of its keys. They may replace others.
func (ks *keyspace) land(l lot, replace bool) (n int, err error) {
	c := commands{ks: ks}
	if err := c.admit(); err != nil {
		return 0, err
	}
	sh := &ks.shards[l.shard]
	sh.expect(l.keys)
	sh.mu.Lock()
	if sh.closed {
		sh.mu.Unlock()
		return 0, ErrClosed
	}
	var ready []place
	logged := false
	for n < len(l.keys) && err == nil {
		a := &l.keys[n]
		c.db = int(a.db)
		w := write{c: &c, shard: sh, key: a.entry.Key(), hash: a.hash, ready: &ready}
		if err = w.arrive(a, replace); err == nil {
			n++
		}
		logged = w.commit() || logged
	}
	if len(ready) > 0 {
		ks.yieldOne(sh, ready)
	} else {
		sh.mu.Unlock()
	}
	if logged {
		c.acknowledge(&err)
	}
	return n, err
}

// expect looks at where arrivals will go, and at them. The processor waits for all of that at once; who looked when it is time to put each
// into its place would wait for one after the other.
func (sh *shard) expect(keys []arrival) {
	for i := range keys {
		keys[i].entry.Access()
		if d := sh.dbs[keys[i].db].Load(); d != nil {
			d.table.Guess(keys[i].hash)
		}
	}
}

// arrive puts an arrival into its place.
func (w *write) arrive(a *arrival, replace bool) error {
	w.find()
	w.freshen()
	switch {
	case w.entry == nil:
	case replace:
		w.remove()
	default:
		return fmt.Errorf("nook: the file has key %q, which database %d has already", w.key, w.c.db)
	}
	var o RestoreOptions
	if a.idle > 0 {
		o.Idle = time.Duration(min(a.idle, math.MaxUint32)) * time.Second
	}
	if a.freq >= 0 {
		o.Freq = OptionalInt{Value: int64(a.freq), OK: true}
	}
	w.c.ks.date(a.entry, &o)
	w.adopt(a.entry)
	if w.logged() {
		w.effect(o.effect(w.key, dumpOf(a.entry), a.entry.Deadline())...)
	}
	w.settle()
	return nil
}

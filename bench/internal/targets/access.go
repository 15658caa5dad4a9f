package targets

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nookdb/nook/bench/internal/peer"
	"github.com/nookdb/nook/bench/internal/workload"
)

// An operation goes through a sequence once and returns the number of keys it
// did not find. What it reads goes into the sink.
type operation struct {
	writes float64 // share of the accesses
	run    func(s peer.Store, seq workload.Sequence, values []string) (misses int)
}

var (
	getOp = operation{0, readAll}
	setOp = operation{1, writeAll}
	mixOp = operation{0.1, mixed}
)

// sink keeps the compiler from dropping reads whose result nobody wants.
var sink atomic.Int64

func readAll(s peer.Store, seq workload.Sequence, _ []string) (misses int) {
	length := 0
	for i := range seq.Len() {
		v, ok := s.Get(seq.Key(i))
		if !ok {
			misses++
		}
		length += len(v)
	}
	sink.Add(int64(length))
	return misses
}

func writeAll(s peer.Store, seq workload.Sequence, values []string) int {
	for i := range seq.Len() {
		s.Set(seq.Key(i), values[i%len(values)])
	}
	return 0
}

func mixed(s peer.Store, seq workload.Sequence, values []string) (misses int) {
	length := 0
	for i := range seq.Len() {
		if seq.Writes(i) {
			s.Set(seq.Key(i), values[i%len(values)])
			continue
		}
		v, ok := s.Get(seq.Key(i))
		if !ok {
			misses++
		}
		length += len(v)
	}
	sink.Add(int64(length))
	return misses
}

// time returns the wall time per operation, in ns, with one goroutine a sequence.
func (o operation) time(s peer.Store, seqs []workload.Sequence, values []string) (float64, error) {
	var wg sync.WaitGroup
	var misses atomic.Int64
	start := make(chan struct{})
	total := 0
	for _, seq := range seqs {
		total += seq.Len()
		wg.Go(func() {
			<-start
			misses.Add(int64(o.run(s, seq, values)))
		})
	}
	begin := time.Now()
	close(start)
	wg.Wait()
	elapsed := time.Since(begin)
	if n := misses.Load(); n > 0 {
		return 0, fmt.Errorf("%d of %d accesses found no key", n, total)
	}
	return float64(elapsed) / float64(total), nil
}

// A workers function says how many goroutines take part.
type workers func() int

func one() int   { return 1 }
func cores() int { return runtime.GOMAXPROCS(0) }

// zipfExponent is the skew that cache benchmarks commonly take, YCSB's.
const zipfExponent = 0.99

func uniform(n int) workload.Distribution { return workload.Uniform(n) }
func zipf(n int) workload.Distribution    { return workload.NewZipf(n, zipfExponent, 1) }

// A script is what is done to a store in the rounds: two sets of
// sequences, taken in turn. An overwrite may keep the key string it was given, and
// with a single set the next round would meet the very same string objects.
type script struct {
	op     operation
	seqs   [2][]workload.Sequence
	values []string
}

// scriptValues is the number of values that writes take in turn. They stay in
// the nearest caches, as a value does that a service has just made.
const scriptValues = 256

func newScript(op operation, d workload.Distribution, goroutines, ops int) script {
	s := script{op: op, values: workload.Values(scriptValues)}
	for i := range s.seqs {
		for g := range goroutines {
			seed := uint64(1 + i + g*len(s.seqs))
			s.seqs[i] = append(s.seqs[i], workload.NewSequence(d, ops/goroutines, op.writes, seed))
		}
	}
	return s
}

// on returns a side for interleave.
func (s script) on(store peer.Store) func(round int) (float64, error) {
	return func(round int) (float64, error) { return s.op.time(store, s.seqs[round&1], s.values) }
}

// access compares the time of an operation on nook with the same on a peer.
func access(op operation, d func(n int) workload.Distribution, w workers, against peer.Peer) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		stores, err := filled(e.Keys, peer.Nook, against)
		if err != nil {
			return Result{}, err
		}
		defer closeAll(stores)
		s := newScript(op, d(e.Keys), w(), e.Ops)
		times, err := e.interleave(s.on(stores[0]), s.on(stores[1]))
		if err != nil {
			return Result{}, err
		}
		return share("ns", times[0], times[1]), nil
	}
}

// filled returns one filled store a peer.
func filled(n int, peers ...peer.Peer) ([]peer.Store, error) {
	var stores []peer.Store
	for _, p := range peers {
		s, err := peer.Filled(p, n)
		if err != nil {
			closeAll(stores)
			return nil, err
		}
		stores = append(stores, s)
	}
	return stores, nil
}

// closeAll closes stores that nobody will ask again; what they then say is of no interest.
func closeAll(stores []peer.Store) {
	for _, s := range stores {
		s.Close()
	}
}

// getAllocations counts allocations over many GETs at a time, because
// AllocsPerRun drops fractions.
func getAllocations(e *Env) (Result, error) {
	stores, err := filled(e.Keys, peer.Nook)
	if err != nil {
		return Result{}, err
	}
	defer closeAll(stores)
	seq := workload.NewSequence(uniform(e.Keys), min(e.Ops, 100_000), 0, 1)
	values := workload.Values(scriptValues)
	perOp := func(run func(peer.Store, workload.Sequence, []string) int) float64 {
		return testing.AllocsPerRun(3, func() { run(stores[0], seq, values) }) / float64(seq.Len())
	}
	r := alone("", perOp(readAll))
	r.Note = "SET overwrite " + number(perOp(writeAll))
	return r, nil
}

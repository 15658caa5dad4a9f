package bench

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/nookdb/nook/bench/internal/peer"
	"github.com/nookdb/nook/bench/internal/workload"
)

var contestants = append(peer.InProcess, peer.Redis)

// keys is the number of keys in a store.
func keys() int {
	if testing.Short() {
		return 10_000
	}
	return 1_000_000
}

var (
	sinkLength atomic.Int64
	misses     atomic.Int64
)

// draws is the number of accesses drawn beforehand; goroutines begin at
// different places of them.
const draws = 1 << 20

func BenchmarkGet(b *testing.B) { benchmarkMix(b, 0) }
func BenchmarkSet(b *testing.B) { benchmarkMix(b, 1) }
func BenchmarkMix(b *testing.B) { benchmarkMix(b, 0.1) }

// benchmarkMix runs GETs with a share of SETs. -cpu says how many goroutines.
func benchmarkMix(b *testing.B, writes float64) {
	values := workload.Values(256)
	for _, p := range contestants {
		store, err := peer.Filled(p, keys())
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range []struct {
			name string
			workload.Distribution
		}{{"uniform", workload.Uniform(keys())}, {"zipf", workload.NewZipf(keys(), 0.99, 1)}} {
			seq := workload.NewSequence(d, draws, writes, 1)
			b.Run(fmt.Sprintf("peer=%s/keys=%s", p.Name, d.name), func(b *testing.B) { replay(b, store, seq, values) })
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func replay(b *testing.B, store peer.Store, seq workload.Sequence, values []string) {
	misses.Store(0)
	var goroutines atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		length, absent := 0, 0
		// An odd number, far from any power of two.
		i := int(goroutines.Add(1)) * 0x9e3779b1
		for ; pb.Next(); i++ {
			at := i & (draws - 1)
			if seq.Writes(at) {
				store.Set(seq.Key(at), values[at%len(values)])
				continue
			}
			v, ok := store.Get(seq.Key(at))
			if !ok {
				absent++
			}
			length += len(v)
		}
		sinkLength.Add(int64(length))
		misses.Add(int64(absent))
	})
	if n := misses.Load(); n > 0 {
		b.Fatalf("%d accesses found no key", n)
	}
}

// BenchmarkFill inserts a store's worth of keys an iteration and reports what
// a key takes on the heap.
func BenchmarkFill(b *testing.B) {
	for _, p := range peer.InProcess {
		b.Run("peer="+p.Name, func(b *testing.B) {
			before := heap()
			var store peer.Store
			for b.Loop() {
				if store != nil {
					store.Close()
				}
				store = fill(b, p)
			}
			after := heap()
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(keys()), "ns/key")
			b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(keys()), "B/key")
			b.ReportMetric((float64(after.HeapObjects)-float64(before.HeapObjects))/float64(keys()), "objects/key")
			store.Close()
		})
	}
}

func fill(b *testing.B, p peer.Peer) peer.Store {
	store, err := p.New(keys())
	if err != nil {
		b.Fatal(err)
	}
	for i := range keys() {
		store.Set(workload.Key(i), workload.Value(i))
	}
	return store
}

func heap() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

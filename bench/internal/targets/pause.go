package targets

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/nookdb/nook/bench/internal/peer"
	"github.com/nookdb/nook/bench/internal/workload"
)

// insertsOf is one side of the longest single call: what was seen in the rounds.
type insertsOf struct {
	peer peer.Peer
	n    int
	all  *hdrhistogram.Histogram // ns of each call, all rounds
}

func newInserts(p peer.Peer, n int) insertsOf {
	return insertsOf{p, n, hdrhistogram.New(1, int64(time.Minute), 3)}
}

// round fills a new store and returns the longest single Set in µs. Keys and
// values are made between the calls: handed over, as a service would,
// and the collector's help that making them asks for is not the store's.
func (i insertsOf) round(int) (float64, error) {
	s, err := i.peer.New(i.n)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	longest := time.Duration(0)
	for k := range i.n {
		key, value := workload.Key(k), workload.Value(k)
		begin := time.Now()
		s.Set(key, value)
		took := time.Since(begin)
		longest = max(longest, took)
		if err := i.all.RecordValue(int64(took)); err != nil {
			return 0, err
		}
	}
	return float64(longest) / float64(time.Microsecond), nil
}

// tail returns the 99.99th percentile in µs.
func (i insertsOf) tail() float64 {
	return float64(i.all.ValueAtQuantile(99.99)) / float64(time.Microsecond)
}

func longestInsert(e *Env) (Result, error) {
	ours, theirs := newInserts(peer.Nook, e.Inserts), newInserts(peer.GoMap, e.Inserts)
	longest, err := e.interleaveCold(ours.round, theirs.round)
	if err != nil {
		return Result{}, err
	}
	r := share("µs", longest[0], longest[1])
	r.Note += fmt.Sprintf("; p99.99 %s and %s µs, mean %s and %s ns", number(ours.tail()), number(theirs.tail()),
		number(ours.all.Mean()), number(theirs.all.Mean()))
	return r, nil
}

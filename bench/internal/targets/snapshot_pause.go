package targets

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/bench/internal/workload"
)

// during makes calls, one after the other, while run runs, and returns how long each took, in ns.
func during(run func() error, call func(i int) error) (*hdrhistogram.Histogram, error) {
	took := hdrhistogram.New(1, int64(time.Minute), 3)
	var failed error
	var over atomic.Bool
	var calling sync.WaitGroup
	underWay := make(chan struct{})
	calling.Go(func() {
		begun := sync.OnceFunc(func() { close(underWay) })
		defer begun()
		for i := 0; failed == nil && !over.Load(); i++ {
			begin := time.Now()
			failed = call(i)
			_ = took.RecordValue(int64(time.Since(begin))) // or it took more than a minute
			if i == callsBefore {
				begun()
			}
		}
	})
	<-underWay
	err := run()
	over.Store(true)
	calling.Wait()
	if err == nil {
		err = failed
	}
	return took, err
}

// callsBefore is how many calls are made before what they are measured during begins.
const callsBefore = 100

// A paused is what writers have seen of a snapshot, the medians of the rounds.
type paused struct {
	longest, tail float64 // in µs; tail is the 99.99th percentile
	least         float64 // the longest of the round that it was shortest in, in µs: what other processes do is not in all rounds
	quiet         float64 // the longest in the same time without a snapshot, in µs
	kept          float64 // MB that were put aside
}

// pausesOf writes snapshots of a store while it changes.
func (e *Env) pausesOf(s *nook.Store, call func(i int) error) (paused, error) {
	var longest, tail, quiet, kept samples
	for round := -1; round < e.long(); round++ {
		e.collect()
		var report nook.SaveReport
		var took time.Duration
		h, err := during(func() (err error) {
			begin := time.Now()
			report, err = e.save(s)
			took = time.Since(begin)
			return err
		}, call)
		if err != nil {
			return paused{}, err
		}
		e.collect()
		none, err := during(func() error { time.Sleep(took); return nil }, call)
		if err != nil {
			return paused{}, err
		}
		if round < 0 {
			continue
		}
		longest = append(longest, float64(h.Max())/1e3)
		tail = append(tail, float64(h.ValueAtQuantile(99.99))/1e3)
		quiet = append(quiet, float64(none.Max())/1e3)
		kept = append(kept, float64(report.KeptBytes)/1e6)
	}
	return paused{
		longest: longest.median(), tail: tail.median(), least: slices.Min(longest), quiet: quiet.median(), kept: kept.median(),
	}, nil
}

// save writes a snapshot into a file.
func (e *Env) save(s *nook.Store) (report nook.SaveReport, err error) {
	f, err := os.Create(filepath.Join(e.home, "pause.rdb"))
	if err != nil {
		return report, err
	}
	defer f.Close()
	return s.SaveRDB(f, nil)
}

// snapshotPauses is the row of the longest single SET while a snapshot is written: of all keys, and beside it of a tenth and a
// hundredth of them.
func snapshotPauses(e *Env) (Result, error) {
	var all []paused
	for _, n := range []int{e.Keys / 100, e.Keys / 10, e.Keys} {
		s, err := nook.New(nil)
		if err != nil {
			return Result{}, err
		}
		for i := range n {
			if err := s.Set(workload.Key(i), workload.Value(i)); err != nil {
				return Result{}, err
			}
		}
		seq := workload.NewSequence(uniform(n), min(e.Ops, 1<<18), 1, 1)
		values := workload.Values(scriptValues)
		p, err := e.pausesOf(s, func(i int) error { return s.Set(seq.Key(i%seq.Len()), values[i%len(values)]) })
		if err != nil {
			return Result{}, err
		}
		if err := s.Close(); err != nil {
			return Result{}, err
		}
		all = append(all, p)
	}
	last := all[2]
	r := alone("µs", last.longest)
	r.Note = fmt.Sprintf("%s and %s with a hundredth and a tenth, least of the rounds %s, %s and %s, p99.99 %s, %s and %s; without %s; %s MB kept aside",
		number(all[0].longest), number(all[1].longest), number(all[0].least), number(all[1].least), number(last.least),
		number(all[0].tail), number(all[1].tail), number(last.tail), number(last.quiet), number(last.kept))
	return r, nil
}

// largePauses is the row of the longest single write to a collection of as many members as others have keys, while a snapshot is written.
func largePauses(t task) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		o, err := newOurs(e, t, e.Keys)
		if err != nil {
			return Result{}, err
		}
		defer o.store.Close()
		list := t.some(0, min(e.Ops, 1<<18), e.Keys)
		p, err := e.pausesOf(o.store, func(i int) error { return t.call(o.store, list[i%len(list)]) })
		if err != nil {
			return Result{}, err
		}
		r := alone("µs", p.longest)
		r.Note = fmt.Sprintf("least of the rounds %s; without %s; p99.99 %s; %s MB kept aside", number(p.least), number(p.quiet), number(p.tail), number(p.kept))
		return r, nil
	}
}

package nook_test

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
)

// atomicMakers draw steps that are one command each, and whose result the state
// of the store decides.
var atomicMakers = []func(d draw) step{
	stepGet, stepGet, stepGet, stepGet, stepSet, stepSetWith, stepGetDel, stepGetEx, stepGetRange, stepMGet, stepMGet, stepMSet,
	stepMSetWith, stepAppend, stepSetRange, stepIncrBy, stepIncrBy, stepDelEx, stepDel, stepExists, stepRename, stepCopy,
	stepMove, stepExpire, stepPersist, stepKeys, stepDBSize, stepFlush, stepSwap, stepTx, stepTx, stepCompareAndSet,
}

// conflict is the result of a stepCompareAndSet that lost.
const conflict = "conflict"

// stepCompareAndSet watches a key, reads it and sets it in a transaction. If
// that succeeds it is one step.
func stepCompareAndSet(d draw) step {
	key := d.key()
	return step{"compare and set " + key, func(c *nook.Commands) string {
		w, err := c.Watch(key)
		if err != nil {
			return show(err)
		}
		v, ok, err := c.Get(key)
		if err != nil {
			return show(err)
		}
		next := v[:min(len(v), 100)] + "h"
		err = w.Exec(func(tx *nook.Tx) error { return tx.Set(key, next) }, key)
		if errors.Is(err, nook.ErrTxConflict) {
			return conflict
		}
		return show(v, ok, err)
	}, func(v view) string {
		e, ok := v.db[key]
		v.db[key] = thing{value: e.value[:min(len(e.value), 100)] + "h"}
		return show(e.value, ok, nil)
	}}
}

// A call is a step in a database of the store.
type call struct {
	step
	db int
}

// worlds are the states of a linearizable history.
var worlds = porcupine.Model{
	Step: func(state, input, output any) (bool, any) {
		w, c := state.(*world), input.(call)
		if output == conflict {
			return true, w
		}
		next := w.clone()
		return c.naive(next.view(c.db)) == output, next
	},
	Equal: func(a, b any) bool {
		for n, db := range a.(*world).dbs {
			if !maps.Equal(db, b.(*world).dbs[n]) {
				return false
			}
		}
		return true
	},
}

func (w *world) clone() *world {
	next := &world{now: w.now, maxLen: w.maxLen}
	for _, db := range w.dbs {
		next.dbs = append(next.dbs, maps.Clone(db))
	}
	return next
}

// barrier lets goroutines go on together, without putting them to sleep.
type barrier struct {
	parties int64
	arrived atomic.Int64
}

func (b *barrier) wait() {
	n := b.arrived.Add(1)
	for last := (n + b.parties - 1) / b.parties * b.parties; b.arrived.Load() < last; {
		runtime.Gosched()
	}
}

// TestLinearizable runs random commands and transactions from several
// goroutines, and looks for an order of them that explains all results.
func TestLinearizable(t *testing.T) {
	const clients = 3
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		s := nook.NewChecked(t, nook.Options{
			Clock: nook.NewManualClock(start), Databases: 2, Shards: rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "shards"),
		})
		d := draw{T: t, databases: 2, start: start.UnixMilli(), inTx: true}
		inStep := d.bool("in step") // each call of a client together with those of the others
		calls := make([][]call, clients)
		size := d.int(1, 30)
		for i := range calls {
			for range size {
				calls[i] = append(calls[i], call{rapid.SampledFrom(atomicMakers).Draw(t, "step")(d), min(d.int(0, 5), 1)})
			}
		}
		all := together(calls, inStep, func(c call) string { return c.typed(s.Select(c.db)) })
		model := worlds
		model.Init = func() any { return newWorld(2, 512<<20, start) }
		if porcupine.CheckOperationsTimeout(model, all, 20*time.Second) != porcupine.Ok {
			t.Fatal(describe(all, func(input any) string {
				c := input.(call)
				return fmt.Sprintf("db%d %s", c.db, c.name)
			}))
		}
	})
}

// together makes the calls of each client in a goroutine of its own, and returns the
// history of all. With inStep, each call is made together with those of the others.
func together[C any](calls [][]C, inStep bool, do func(c C) string) []porcupine.Operation {
	history := make([][]porcupine.Operation, len(calls))
	gate := &barrier{parties: int64(len(calls))}
	var ticks atomic.Int64
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			gate.wait()
			for _, c := range calls[i] {
				if inStep {
					gate.wait()
				}
				began := ticks.Add(1)
				result := do(c)
				history[i] = append(history[i], porcupine.Operation{
					ClientId: i, Input: c, Call: began, Output: result, Return: ticks.Add(1),
				})
			}
		})
	}
	wg.Wait()
	return slices.Concat(history...)
}

// describe writes a history for people.
func describe(history []porcupine.Operation, name func(input any) string) string {
	var b strings.Builder
	b.WriteString("no order explains these results:\n")
	for _, o := range history {
		fmt.Fprintf(&b, "%d: %d-%d %s: %.100v\n", o.ClientId, o.Call, o.Return, name(o.Input), o.Output)
	}
	return b.String()
}

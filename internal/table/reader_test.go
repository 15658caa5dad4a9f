package table

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// A register is a key that one writer takes through numbered states. Readers
// compare the state they see with the numbers begun and finished around their
// call: the table must have been in that state at some moment between.
type register struct {
	key             string
	stable          bool // always there, else absent in every third state
	begun, finished atomic.Int64
}

func (r *register) absent(state int64) bool { return !r.stable && state%3 == 0 }

// advance takes the register to its next state.
func (r *register) advance(t *Table) {
	state := r.begun.Add(1)
	h := Hash(r.key)
	e := NewText(r.key, strconv.FormatInt(state, 10), 0)
	switch _, p := t.Locate(h, r.key); {
	case r.absent(state):
		t.Delete(h, p)
	case r.absent(state - 1), state == 1:
		t.Insert(h, e)
	default:
		t.Replace(h, p, e)
	}
	r.finished.Store(state)
}

// read looks the key up and returns what is wrong with the answer, if anything.
func (r *register) read(t *Table) error {
	from := r.finished.Load()
	e := t.Guess(Hash(r.key))
	if e == nil || e.Key() != r.key {
		e = t.Find(Hash(r.key), r.key)
	}
	to := r.begun.Load()
	if e == nil {
		for state := from; state <= to; state++ {
			if r.absent(state) {
				return nil
			}
		}
		return fmt.Errorf("%q not found in states %d to %d", r.key, from, to)
	}
	state, err := strconv.ParseInt(e.Text(), 10, 64)
	if err != nil || e.Key() != r.key || state < from || state > to || r.absent(state) {
		return fmt.Errorf("found %s for %q in states %d to %d", e, r.key, from, to)
	}
	return nil
}

// whileReading runs write while goroutines read the registers.
func whileReading(t *testing.T, table *Table, registers []*register, write func()) {
	var stop atomic.Bool
	var readers sync.WaitGroup
	registers = slices.Clone(registers)
	for seed := range uint64(3) {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(seed, 1))
			for !stop.Load() {
				if err := registers[r.IntN(len(registers))].read(table); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	write()
	stop.Store(true)
	readers.Wait()
}

// TestReaders grows a table from one bucket to many segments and lets it
// shrink again, round after round, with readers in it.
func TestReaders(t *testing.T) {
	for _, f := range []struct {
		name string
		n    int
		key  func(n int) string
	}{
		{"natural", 1000, func(n int) string { return fmt.Sprintf("key:%d", n) }},
		{"one region", 1000, func(n int) string { return forge(3<<61|Hash(fmt.Sprint(n))>>5, uint64(n)) }},
		{"equal hashes", 300, func(n int) string { return forge(77, uint64(n)) }},
		{"mixed", 600, func(n int) string {
			if n%3 == 0 {
				return forge(77, uint64(n))
			}
			return fmt.Sprintf("key:%d", n)
		}},
	} {
		t.Run(f.name, func(t *testing.T) {
			table, registers := New(0), make([]*register, f.n)
			for n := range registers {
				registers[n] = &register{key: f.key(n), stable: n < 3}
			}
			for _, r := range registers[:3] {
				r.advance(table)
			}
			whileReading(t, table, registers, func() { churn(table, registers) })
			table.check(t)
			require.Equal(t, 3, table.Len())
		})
	}
}

// churn takes all registers through three states, several times, and some of
// them through more on the way.
func churn(table *Table, registers []*register) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 4 {
		for range 3 {
			r.Shuffle(len(registers), func(i, j int) { registers[i], registers[j] = registers[j], registers[i] })
			for i, g := range registers {
				g.advance(table)
				if i%10 == 0 {
					for range 3 {
						g.advance(table)
					}
				}
			}
		}
	}
}

// TestReadersMeetLoneSegments goes to and fro between the sizes of a lone
// segment and the first split, where the directory itself is exchanged.
func TestReadersMeetLoneSegments(t *testing.T) {
	table, registers := New(0), make([]*register, 230)
	for n := range registers {
		registers[n] = &register{key: fmt.Sprintf("key:%d", n), stable: n == 0}
	}
	registers[0].advance(table)
	whileReading(t, table, registers, func() {
		for _, most := range []int{7, 20, 50, 200, 230} {
			for range 30 {
				for range 3 {
					for _, r := range registers[:most] {
						r.advance(table)
					}
				}
			}
		}
	})
	table.check(t)
}

// TestReadersMeetClear requires no more than a right answer or none.
func TestReadersMeetClear(t *testing.T) {
	table, keys := New(0), naturalKeys(500)
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				key := keys[i%len(keys)]
				if e := table.Find(Hash(key), key); e != nil && e.Text() != key {
					t.Errorf("found %s for %q", e, key)
				}
			}
		})
	}
	for n := range 300 {
		table.add(keys[:n]...)
		table.Clear()
		table.check(t)
		require.Zero(t, table.Len())
	}
	for range 20_000 {
		table.Clear()
	}
	stop.Store(true)
	readers.Wait()
}

package table

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// tables for Random, in states where it is hard to be fair.
var awkward = map[string]func() *Table{
	"one entry":   func() *Table { return filled(1) },
	"two entries": func() *Table { return filled(2) },
	"one bucket":  func() *Table { return filled(6) },
	"two homes":   func() *Table { return filled(13) },
	"lone":        func() *Table { return filled(150) },
	"first split": func() *Table { return filled(197) },
	// Some segments have been split for the third time, others not yet.
	"some split": func() *Table { return filled(700) },
	"many":       func() *Table { return filled(3000) },
	"nine in ten deleted": func() *Table {
		t := filled(5000)
		t.remove(naturalKeys(4500)...)
		return t
	},
	// One half of the hash order is deep, the other shallow.
	"half deleted": func() *Table {
		t := filled(4000)
		for _, key := range naturalKeys(4000) {
			if Hash(key)>>63 == 0 {
				t.remove(key)
			}
		}
		return t
	},
	"all but one region deleted": func() *Table {
		t := filled(20_000)
		for _, key := range naturalKeys(20_000) {
			if Hash(key)>>59 != 7 {
				t.remove(key)
			}
		}
		return t
	},
	"some collide": func() *Table {
		t := filled(1000)
		for n := range uint64(500) {
			t.add(forge(1<<40, n))
		}
		return t
	},
	"all collide": func() *Table {
		t := New(0)
		for n := range uint64(500) {
			t.add(forge(1<<40, n))
		}
		return t
	},
	"skipped bits": func() *Table {
		t := New(9)
		t.add(naturalKeys(1000)...)
		return t
	},
}

func filled(n int) *Table {
	t := New(0)
	t.add(naturalKeys(n)...)
	return t
}

// TestRandomIsFair draws 30 times as often as there are entries. By chance, one
// in a million tables would fail; but the seeds are fixed.
func TestRandomIsFair(t *testing.T) {
	for name, fresh := range awkward {
		t.Run(name, func(t *testing.T) {
			table := fresh()
			table.check(t)
			r := rand.New(rand.NewPCG(11, 12))
			drawn := map[string]int{}
			const each = 30
			for range each * table.Len() {
				drawn[table.Random(r).Key()]++
			}
			sum := 0.0
			for e := range table.All() {
				off := float64(drawn[e.Key()] - each)
				sum += off * off / each
			}
			require.Less(t, sum, chiSquare(table.Len()-1))
		})
	}
}

// chiSquare returns what the sum exceeds with a probability of 1e-6, by the
// approximation of Wilson and Hilferty.
func chiSquare(freedom int) float64 {
	if freedom == 0 {
		return math.SmallestNonzeroFloat64
	}
	const z = 4.7534
	v := 2 / (9 * float64(freedom))
	return float64(freedom) * math.Pow(1-v+z*math.Sqrt(v), 3)
}

// TestRandomDraws bounds the randomness, and so the work, that an entry costs.
func TestRandomDraws(t *testing.T) {
	for name, fresh := range awkward {
		table := fresh()
		draws := &countingSource{from: rand.NewPCG(1, 2)}
		r := rand.New(draws)
		const n = 2000
		for range n {
			table.Random(r)
		}
		t.Logf("%s: %.1f draws", name, float64(draws.n)/n)
		require.Less(t, draws.n, 60*n, name)
	}
}

// TestRandomAmongHuge gives one segment a size that makes each of its slots much
// too rare.
func TestRandomAmongHuge(t *testing.T) {
	table := filled(1000)
	table.resize(0, table.segment(0), 18)
	draws := &countingSource{from: rand.NewPCG(1, 2)}
	r := rand.New(draws)
	const n = 500
	for range n {
		table.Random(r)
	}
	require.Less(t, draws.n, 3000*n)
}

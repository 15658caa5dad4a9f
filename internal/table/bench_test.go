package table

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// forSizes runs a benchmark at tables of 10^3 to 10^6 entries. Keys are drawn
// in an order that no cache can foresee.
func forSizes(b *testing.B, run func(b *testing.B, t *Table, keys []string)) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			t, keys := benchTable(n)
			rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) {
				keys[i], keys[j] = keys[j], keys[i]
			})
			runtime.GC()
			b.ReportAllocs()
			b.ResetTimer()
			run(b, t, keys)
		})
	}
}

func benchTable(n int) (*Table, []string) {
	t, keys := New(0), make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("key:%012d", i)
		t.Insert(Hash(keys[i]), NewText(keys[i], "0123456789abcdef", 0))
	}
	return t, keys
}

func BenchmarkFindHit(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Table, keys []string) {
		for i := range b.N {
			k := keys[i%len(keys)]
			if t.Find(Hash(k), k) == nil {
				b.Fatal(k)
			}
		}
	})
}

// BenchmarkGuess looks keys up as readers without a lock do first.
func BenchmarkGuess(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Table, keys []string) {
		wrong := 0
		for i := range b.N {
			k := keys[i%len(keys)]
			if e := t.Guess(Hash(k)); e == nil || !e.Plain(k) {
				wrong++
			}
		}
		b.ReportMetric(float64(wrong)/float64(b.N), "wrong/op")
	})
}

func BenchmarkFindMiss(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Table, keys []string) {
		for i, k := range keys {
			keys[i] = "no " + k
		}
		b.ResetTimer()
		for i := range b.N {
			k := keys[i%len(keys)]
			if t.Find(Hash(k), k) != nil {
				b.Fatal(k)
			}
		}
	})
}

// BenchmarkInsert fills a table from empty, look-up included; a round is one
// entry. It reports what the table takes for each, on average over its growth.
func BenchmarkInsert(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, keys := benchTable(n)
			entries := make([]*Entry, n)
			for i, k := range keys {
				entries[i] = NewText(k, "0123456789abcdef", 0)
			}
			runtime.GC()
			b.ReportAllocs()
			b.ResetTimer()
			t, perEntry, samples := New(0), 0.0, 0
			for i := range b.N {
				at := i % n
				if at == 0 {
					t = New(0)
				}
				h := Hash(keys[at])
				if e, _ := t.Locate(h, keys[at]); e == nil {
					t.Insert(h, entries[at])
				}
				if at&1023 == 1023 && at > n/4 {
					perEntry += float64(t.Bytes()) / float64(t.Len())
					samples++
				}
			}
			b.ReportMetric(perEntry/float64(max(samples, 1)), "table-B/entry")
		})
	}
}

func BenchmarkDeleteInsert(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Table, keys []string) {
		for i := range b.N {
			k := keys[i%len(keys)]
			h := Hash(k)
			e, p := t.Locate(h, k)
			t.Delete(h, p)
			t.Insert(h, e)
		}
	})
}

func BenchmarkReplace(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Table, keys []string) {
		for i := range b.N {
			k := keys[i%len(keys)]
			e, p := t.Locate(Hash(k), k)
			t.Replace(Hash(k), p, e)
		}
	})
}

// BenchmarkDelete empties a table; a round is one entry.
func BenchmarkDelete(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var t *Table
			var keys []string
			for i := range b.N {
				if i%n == 0 {
					b.StopTimer()
					t, keys = benchTable(n)
					b.StartTimer()
				}
				k := keys[i%n]
				h := Hash(k)
				_, p := t.Locate(h, k)
				t.Delete(h, p)
			}
		})
	}
}

// BenchmarkScan walks the table; a round is one entry.
func BenchmarkScan(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Table, keys []string) {
		pos, n := uint64(0), 0
		for n < b.N {
			pos = t.Scan(pos, func(*Entry) { n++ })
		}
	})
}

func BenchmarkRandom(b *testing.B) {
	forSizes(b, func(b *testing.B, t *Table, keys []string) {
		r := rand.New(rand.NewPCG(3, 4))
		for range b.N {
			if t.Random(r) == nil {
				b.Fatal()
			}
		}
	})
}

// BenchmarkMemory reports what an entry with a key of 16 bytes and a value of 16
// takes in all, and the table's part of it.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				keys := make([]string, n)
				for i := range keys {
					keys[i] = fmt.Sprintf("key:%012d", i)
				}
				before := heap()
				t := New(0)
				for _, k := range keys {
					t.Insert(Hash(k), NewText(k, k, 0))
				}
				b.ReportMetric(float64(heap()-before)/float64(n), "B/entry")
				b.ReportMetric(float64(t.Bytes())/float64(n), "table-B/entry")
				runtime.KeepAlive(keys)
				runtime.KeepAlive(t)
			}
		})
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkLongestStep reports how many entries a single insertion has moved at
// most, and how many places of the directory it has copied.
func BenchmarkLongestStep(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			keys := naturalKeys(n)
			for range b.N {
				t, most, copied := New(0), 0, 0
				for _, k := range keys {
					entries, places := t.moved(k)
					most, copied = max(most, entries), max(copied, places)
				}
				b.ReportMetric(float64(most), "entries/step")
				b.ReportMetric(float64(copied), "places/step")
			}
		})
	}
}

func BenchmarkNewText(b *testing.B) {
	var e *Entry
	b.ReportAllocs()
	for range b.N {
		e = NewText("key:000000000001", "0123456789abcdef", 0)
	}
	runtime.KeepAlive(e)
}

package rdb

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// benchKeys makes keys of 16 bytes, with values of one sort.
func benchKeys(n int, of func(key string, r *rand.Rand) *table.Entry) []*table.Entry {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]*table.Entry, n)
	for i := range all {
		all[i] = of("key:"+strconv.FormatInt(100_000_000_000+int64(i), 10), r)
	}
	return all
}

// benchSorts are the sorts of values.
var benchSorts = []struct {
	name string
	n    int
	of   func(key string, r *rand.Rand) *table.Entry
}{
	{"string of 10 bytes", 1_000_000, func(key string, r *rand.Rand) *table.Entry {
		return value.NewString(key, noise(r, 10), 0)
	}},
	{"string of 64 bytes", 1_000_000, func(key string, r *rand.Rand) *table.Entry {
		return value.NewString(key, noise(r, 64), 0)
	}},
	{"hash of 10 fields", 100_000, func(key string, _ *rand.Rand) *table.Entry {
		h := value.NewHash(0)
		for i := range 10 {
			h.Set("field:"+strconv.Itoa(i), "value:"+strconv.Itoa(i), &deepLook.Limits)
		}
		return value.New(key, h, 0)
	}},
	{"set of 200 members", 5_000, func(key string, r *rand.Rand) *table.Entry {
		s := value.NewIntSet()
		for range 200 {
			s.Add(noise(r, 10), &deepLook.Limits)
		}
		return value.New(key, s, 0)
	}},
	{"zset of 200 members", 5_000, func(key string, r *rand.Rand) *table.Entry {
		z := value.NewZSet()
		for range 200 {
			z.Add(noise(r, 10), r.Float64(), &deepLook.Limits)
		}
		return value.New(key, z, 0)
	}},
}

// noise returns letters that cannot be compressed.
func noise(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'A' + byte(r.UintN(50))
	}
	return string(b)
}

func benchFile(all []*table.Entry) []byte {
	var b bytes.Buffer
	e := NewEncoder(&b, VersionPlain, &Header{})
	_ = e.DB(0, len(all), 0)
	for _, x := range all {
		_ = e.Key(x, Access{})
	}
	_ = e.Close()
	return b.Bytes()
}

func BenchmarkEncode(b *testing.B) {
	for _, s := range benchSorts {
		b.Run(s.name, func(b *testing.B) {
			all := benchKeys(s.n, s.of)
			for b.Loop() {
				e := NewEncoder(io.Discard, VersionPlain, &Header{})
				for _, x := range all {
					if err := e.Key(x, Access{}); err != nil {
						b.Fatal(err)
					}
				}
				_ = e.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*s.n), "ns/key")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range benchSorts {
		file := benchFile(benchKeys(s.n, s.of))
		for name, deep := range map[string]bool{"": false, ", deep": true} {
			b.Run(s.name+name, func(b *testing.B) {
				o := deepLook
				o.Deep = deep
				for b.Loop() {
					d, err := NewDecoder(bytes.NewReader(file), &o)
					for err == nil {
						_, err = d.Next()
					}
					if err != io.EOF {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*s.n), "ns/key")
				b.ReportMetric(float64(len(file))/float64(s.n), "bytes/key")
			})
		}
	}
}

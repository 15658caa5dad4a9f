package script

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

func BenchmarkRun(b *testing.B) {
	store, err := nook.New(nil)
	require.NoError(b, err)
	defer store.Close()
	require.NoError(b, store.Set("k", "v"))
	for _, x := range []struct{ name, source string }{
		{"constant", "return 1"},
		{"get", "return redis.call('GET', KEYS[1])"},
		{"incr and expire", "local n = redis.call('INCR', KEYS[2]) if n == 1 then redis.call('PEXPIRE', KEYS[2], ARGV[1]) end return n"},
		{"whole store", "return redis.call('GET', KEYS[1] .. '')"},
		{"loop", "local n = 0 for i = 1, 1000 do n = n + i end return n"},
	} {
		b.Run(x.name, func(b *testing.B) {
			s := New(x.source)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Run(b.Context(), store, []string{"k", "n"}, "60000"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package nook_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/rdb"
	"github.com/nookdb/nook/internal/table"
)

// benchmarkKeys is how many keys the files of benchmarks have.
const benchmarkKeys = 1 << 19

// shuffledFile is a file with keys in no order, as another server would write it.
func shuffledFile(b *testing.B) []byte {
	var file bytes.Buffer
	e := rdb.NewEncoder(&file, rdb.VersionPlain, &rdb.Header{})
	require.NoError(b, e.DB(0, benchmarkKeys, 0))
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(benchmarkKeys) {
		text := fmt.Sprintf("%064x", uint64(i)*0x9e3779b97f4a7c15)
		require.NoError(b, e.Key(table.NewText(fmt.Sprintf("key:%012d", i), text, 0), rdb.Access{}))
	}
	require.NoError(b, e.Close())
	return file.Bytes()
}

func BenchmarkLoadRDB(b *testing.B) {
	file := shuffledFile(b)
	for b.Loop() {
		s, err := nook.New(nil)
		require.NoError(b, err)
		_, _, err = s.LoadRDB(bytes.NewReader(file), nil)
		require.NoError(b, err)
		require.NoError(b, s.Close())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkKeys, "ns/key")
}

func BenchmarkSaveRDB(b *testing.B) {
	s, err := nook.New(nil)
	require.NoError(b, err)
	_, _, err = s.LoadRDB(bytes.NewReader(shuffledFile(b)), nil)
	require.NoError(b, err)
	for b.Loop() {
		_, err := s.SaveRDB(io.Discard, nil)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkKeys, "ns/key")
	require.NoError(b, s.Close())
}

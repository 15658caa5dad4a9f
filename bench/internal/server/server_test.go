package server

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/bench/internal/workload"
)

func startRedis(t *testing.T) *Process {
	p, err := StartRedis(context.Background())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop()) })
	return p
}

func TestLoadAndCounters(t *testing.T) {
	ctx := context.Background()
	p := startRedis(t)
	before, err := p.UsedMemory(ctx)
	require.NoError(t, err)
	require.NoError(t, p.Load(ctx, 2500))
	after, err := p.UsedMemory(ctx)
	require.NoError(t, err)
	require.Greater(t, after-before, int64(2500*(workload.KeyLen+workload.ValueLen)))

	seq := workload.NewSequence(workload.Uniform(2500), 1234, 0, 1)
	require.NoError(t, p.ReadAll(ctx, seq))
	inside, err := p.TimePerCall(ctx, "get")
	require.NoError(t, err)
	require.Positive(t, inside)
	require.Less(t, inside, time.Millisecond)

	require.NoError(t, p.ResetStats(ctx))
	_, err = p.TimePerCall(ctx, "get")
	require.Error(t, err)
}

func TestStopEndsTheProcess(t *testing.T) {
	p, err := StartRedis(context.Background())
	require.NoError(t, err)
	require.NoError(t, p.Stop())
	_, err = net.Dial("tcp", p.Addr())
	require.Error(t, err)
	require.NoDirExists(t, p.home)
}

func TestStartSaysWhyItFailed(t *testing.T) {
	path, err := exec.LookPath("false")
	require.NoError(t, err)
	_, err = StartNook(context.Background(), path)
	require.ErrorContains(t, err, "false ended at once")
	_, err = StartNook(context.Background(), "/nowhere/nook")
	require.ErrorContains(t, err, "/nowhere/nook")
}

func TestBenchmark(t *testing.T) {
	p := startRedis(t)
	got, err := p.Benchmark(context.Background(), 4, 2000, "SET", "GET")
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Positive(t, got["SET"])
	require.Positive(t, got["GET"])
	got, err = p.Benchmark(context.Background(), 16, 100)
	require.NoError(t, err)
	require.Len(t, got, len(DefaultTests))
}

func TestParseThroughput(t *testing.T) {
	want := []string{"SET", "GET", "LPUSH", "SPOP"}
	got, err := parseThroughput("WARNING: Could not fetch server CONFIG\n"+
		"\"test\",\"rps\",\"avg_latency_ms\"\n\"SET\",\"1492537.25\",\"0.454\"\n\"GET (of a key)\",\"2222222.50\",\"0.293\"\n"+
		"\"LPUSH\",\"3.5\"\n\"LPUSH (needed to benchmark LRANGE)\",\"4.5\"\n\"HSET\",\"5\"\n\"SPOP\",\"inf\"\n", 100, want)
	require.NoError(t, err)
	require.Equal(t, Throughput{"GET": 2222222.5, "SET": 1492537.25, "LPUSH": 3.5, "SPOP": 100_000}, got)

	for _, bad := range []string{"", "\"SET\",\"1\"\n", "\"GET\",\"x\"\n", "\"GET\"\n", "\"GET\",\"1\n"} {
		_, err := parseThroughput(bad, 100, want)
		require.Error(t, err, "%q", bad)
	}
}

func TestIdleConnections(t *testing.T) {
	p := startRedis(t)
	grown, err := p.IdleConnections(context.Background(), 200)
	require.NoError(t, err)
	require.Positive(t, grown)
}

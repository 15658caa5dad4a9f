package server

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// clients is the number of connections that redis-benchmark holds.
const clients = 50

// DefaultTests are the tests that redis-benchmark runs unless told which, in its order.
var DefaultTests = []string{
	"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET", "SPOP", "ZADD", "ZPOPMIN",
	"LRANGE_100", "LRANGE_300", "LRANGE_500", "LRANGE_600", "MSET",
}

// Throughput is what redis-benchmark saw in each of its tests, in requests a second.
type Throughput map[string]float64

// Benchmark runs those tests of redis-benchmark against the server that only names, or the default ones if it names
// none, with the given number of requests in each pipeline. They go in the order of DefaultTests, so GET
// finds what SET has set.
func (p *Process) Benchmark(ctx context.Context, pipeline, requests int, only ...string) (Throughput, error) {
	path, err := exec.LookPath("redis-benchmark")
	if err != nil {
		return nil, fmt.Errorf("redis-benchmark is needed for this comparison: %w", err)
	}
	args := []string{"-h", "127.0.0.1", "-p", strconv.Itoa(p.Port), "--csv",
		"-c", strconv.Itoa(clients), "-P", strconv.Itoa(pipeline), "-n", strconv.Itoa(requests)}
	want := DefaultTests
	if len(only) > 0 {
		args = append(args, "-t", strings.ToLower(strings.Join(only, ",")))
		want = only
	}
	out, err := exec.CommandContext(ctx, path, args...).Output()
	if err != nil {
		return nil, fmt.Errorf("redis-benchmark: %w", err)
	}
	return parseThroughput(string(out), requests, want)
}

// parseThroughput reads the rates of the tests wanted in redis-benchmark's CSV. Warnings may stand before the
// header, unquoted. Some names are followed by a remark; that LPUSH which only makes the list for LRANGE is left out. The clock of redis-benchmark
// counts whole milliseconds: where none has passed, one is taken for it.
func parseThroughput(out string, requests int, want []string) (Throughput, error) {
	t := Throughput{}
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, `"`) {
			continue
		}
		record, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(record[0], " (")
		if len(record) < 2 || t[name] != 0 || !slices.Contains(want, name) {
			continue
		}
		if t[name], err = strconv.ParseFloat(record[1], 64); err != nil {
			return nil, err
		}
		if math.IsInf(t[name], 0) {
			t[name] = float64(requests) * 1000
		}
	}
	for _, name := range want {
		if t[name] == 0 {
			return nil, fmt.Errorf("redis-benchmark printed no rate of %s: %q", name, out)
		}
	}
	return t, nil
}

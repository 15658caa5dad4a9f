package server

import (
	"context"
	"encoding/csv"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// clients is the number of connections that redis-benchmark holds.
const clients = 50

// Throughput is what redis-benchmark saw, in requests a second.
type Throughput struct{ Get, Set float64 }

// Benchmark runs redis-benchmark's SET and GET tests against the server, with
// the given number of requests in each pipeline. SET goes first, so GET hits.
func (p *Process) Benchmark(ctx context.Context, pipeline, requests int) (Throughput, error) {
	path, err := exec.LookPath("redis-benchmark")
	if err != nil {
		return Throughput{}, fmt.Errorf("redis-benchmark is needed for this comparison: %w", err)
	}
	cmd := exec.CommandContext(ctx, path, "-h", "127.0.0.1", "-p", strconv.Itoa(p.Port), "-t", "get,set", "--csv",
		"-c", strconv.Itoa(clients), "-P", strconv.Itoa(pipeline), "-n", strconv.Itoa(requests))
	out, err := cmd.Output()
	if err != nil {
		return Throughput{}, fmt.Errorf("redis-benchmark: %w", err)
	}
	return parseThroughput(string(out))
}

// parseThroughput reads redis-benchmark's CSV. Warnings may stand before the
// header, unquoted.
func parseThroughput(out string) (t Throughput, err error) {
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, `"`) {
			continue
		}
		record, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil {
			return t, err
		}
		switch {
		case len(record) < 2:
		case record[0] == "GET":
			t.Get, err = strconv.ParseFloat(record[1], 64)
		case record[0] == "SET":
			t.Set, err = strconv.ParseFloat(record[1], 64)
		}
		if err != nil {
			return t, err
		}
	}
	if t.Get == 0 || t.Set == 0 {
		return t, fmt.Errorf("redis-benchmark printed no rates: %q", out)
	}
	return t, nil
}

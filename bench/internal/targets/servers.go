package targets

import "github.com/nookdb/nook/bench/internal/server"

// versus holds the rates of both servers, round by round.
type versus struct{ ours, theirs []server.Throughput }

func gets(t server.Throughput) float64 { return t.Get }
func sets(t server.Throughput) float64 { return t.Set }

// serverRate is the row of one test of redis-benchmark. The rows of one
// pipeline length share their measurement, as redis-benchmark runs both tests at once.
func serverRate(pipeline int, pick func(server.Throughput) float64) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		v, err := e.servers[pipeline]()
		if err != nil {
			return Result{}, err
		}
		return share("req/s", picked(v.ours, pick), picked(v.theirs, pick)), nil
	}
}

func picked(rates []server.Throughput, pick func(server.Throughput) float64) samples {
	s := make(samples, len(rates))
	for i, r := range rates {
		s[i] = pick(r)
	}
	return s
}

// measureServers runs redis-benchmark against nook's server and against
// redis-server in turn, each a process of its own on loopback TCP.
func (e *Env) measureServers(pipeline int) (v versus, err error) {
	path, err := e.nookPath()
	if err != nil {
		return v, err
	}
	ours, err := server.StartNook(e.ctx, path)
	if err != nil {
		return v, err
	}
	defer ours.Stop()
	theirs, err := server.StartRedis(e.ctx)
	if err != nil {
		return v, err
	}
	defer theirs.Stop()
	// Pipelined requests are cheaper: more of them, for rounds of like length.
	requests := e.Requests
	if pipeline > 1 {
		requests *= 5
	}
	for round := -1; round < e.Rounds; round++ {
		a, err := ours.Benchmark(e.ctx, pipeline, requests)
		if err != nil {
			return v, err
		}
		b, err := theirs.Benchmark(e.ctx, pipeline, requests)
		if err != nil {
			return v, err
		}
		if round >= 0 {
			v.ours, v.theirs = append(v.ours, a), append(v.theirs, b)
		}
	}
	return v, nil
}

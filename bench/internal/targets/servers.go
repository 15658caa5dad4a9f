package targets

import (
	"errors"
	"fmt"

	"github.com/nookdb/nook/bench/internal/server"
)

// versus holds the rates of both servers, round by round.
type versus struct{ ours, theirs []server.Throughput }

// serverRate is the row of one test of redis-benchmark. SET and GET of one pipeline length share their measurement, as
// redis-benchmark runs both at once.
func serverRate(pipeline int, test string) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) { return rated(test, e.servers[pipeline]) }
}

// defaultRate is the row of one of the tests that redis-benchmark runs unless told which. They share their measurement.
func defaultRate(pipeline int, test string) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) { return rated(test, e.defaults[pipeline]) }
}

func rated(test string, measured func() (versus, error)) (Result, error) {
	v, err := measured()
	if err != nil {
		return Result{}, err
	}
	return share("req/s", picked(v.ours, test), picked(v.theirs, test)), nil
}

func picked(rates []server.Throughput, test string) samples {
	s := make(samples, len(rates))
	for i, r := range rates {
		s[i] = r[test]
	}
	return s
}

// measureServers measures SET and GET in every round.
func (e *Env) measureServers(pipeline int) (versus, error) {
	// Pipelined requests are cheaper: more of them, for rounds of like length.
	requests := e.Requests
	if pipeline > 1 {
		requests *= 5
	}
	return e.benchmarked(e.Rounds, pipeline, requests, "SET", "GET")
}

// measureDefaults measures the default tests, which take half a minute at a time: less often, and with fewer requests.
func (e *Env) measureDefaults(pipeline int) (versus, error) {
	requests := e.Requests
	if pipeline == 1 {
		requests /= 2
	}
	return e.benchmarked(e.long(), pipeline, requests)
}

// benchmarked runs redis-benchmark against nook's server and against
// redis-server in turn, each a process of its own on loopback TCP.
func (e *Env) benchmarked(rounds, pipeline, requests int, only ...string) (v versus, err error) {
	ours, theirs, err := e.startServers()
	if err != nil {
		return v, err
	}
	defer ours.Stop()
	defer theirs.Stop()
	for round := -1; round < rounds; round++ {
		a, err := ours.Benchmark(e.ctx, pipeline, requests, only...)
		if err != nil {
			return v, err
		}
		b, err := theirs.Benchmark(e.ctx, pipeline, requests, only...)
		if err != nil {
			return v, err
		}
		if round >= 0 {
			v.ours, v.theirs = append(v.ours, a), append(v.theirs, b)
		}
	}
	return v, nil
}

// startServers starts nook's server and redis-server, as processes.
func (e *Env) startServers() (ours, theirs *server.Process, err error) {
	path, err := e.nookPath()
	if err != nil {
		return nil, nil, err
	}
	if ours, err = server.StartNook(e.ctx, path); err != nil {
		return nil, nil, err
	}
	if theirs, err = server.StartRedis(e.ctx); err != nil {
		return nil, nil, errors.Join(err, ours.Stop())
	}
	return ours, theirs, nil
}

// idleConnection is the row of the memory that a connection takes while nothing comes over it.
func idleConnection(e *Env) (Result, error) {
	ours, theirs, err := e.startServers()
	if err != nil {
		return Result{}, err
	}
	defer ours.Stop()
	defer theirs.Stop()
	each := func(p *server.Process) (float64, error) {
		grown, err := p.IdleConnections(e.ctx, e.Connections)
		return float64(grown) / float64(e.Connections), err
	}
	a, err := each(ours)
	if err != nil {
		return Result{}, err
	}
	b, err := each(theirs)
	if err != nil {
		return Result{}, err
	}
	return Result{Ours: a, Theirs: b, Unit: "B", Ratio: a / b, Note: fmt.Sprintf("%d connections", e.Connections)}, nil
}

package targets

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nookdb/nook/bench/internal/peer"
	"github.com/nookdb/nook/bench/internal/server"
	"github.com/nookdb/nook/bench/internal/workload"
)

// loopback compares a GET by method call with a GET by go-redis from a
// redis-server on the same machine over loopback TCP, both with the same keys.
func loopback(e *Env) (Result, error) {
	stores, err := filled(e.Keys, peer.Nook)
	if err != nil {
		return Result{}, err
	}
	defer closeAll(stores)
	r, err := server.StartRedis(e.ctx)
	if err != nil {
		return Result{}, err
	}
	defer r.Stop()
	if err := r.Load(e.ctx, e.Keys); err != nil {
		return Result{}, err
	}
	client := r.Client()
	defer client.Close()

	s := newScript(getOp, uniform(e.Keys), 1, e.Ops)
	times, err := e.interleave(s.on(stores[0]), func(round int) (float64, error) {
		return timeGets(e.ctx, client, s.seqs[round&1][0].Head(e.Calls))
	})
	if err != nil {
		return Result{}, err
	}
	inside, err := r.TimePerCall(e.ctx, "get")
	if err != nil {
		return Result{}, err
	}
	result := speedup("ns", times[0], times[1])
	result.Note += "; inside redis-server " + inside.String()
	return result, nil
}

// timeGets returns ns per GET through the client, one after the other.
func timeGets(ctx context.Context, client *redis.Client, seq workload.Sequence) (float64, error) {
	begin := time.Now()
	for i := range seq.Len() {
		if err := client.Get(ctx, seq.Key(i)).Err(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(begin)) / float64(seq.Len()), nil
}

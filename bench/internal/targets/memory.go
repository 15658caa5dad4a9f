package targets

import (
	"runtime"

	"github.com/nookdb/nook/bench/internal/peer"
	"github.com/nookdb/nook/bench/internal/server"
)

// A footprint is what a key with its value takes.
type footprint struct{ bytes, objects float64 }

// heapPerKey returns the growth of the heap per key, key and value included:
// they are made for the store and nothing else keeps them.
func heapPerKey(p peer.Peer, n int) (footprint, error) {
	before := heap()
	s, err := peer.Filled(p, n)
	if err != nil {
		return footprint{}, err
	}
	after := heap()
	return footprint{
		bytes:   (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / float64(n),
		objects: (float64(after.HeapObjects) - float64(before.HeapObjects)) / float64(n),
	}, s.Close()
}

// heap returns the statistics of what is reachable. The second collection
// takes what the first one's finalizers and pools let go.
func heap() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

func bytesPerKey(e *Env) (Result, error) {
	ours, err := heapPerKey(peer.Nook, e.Keys)
	if err != nil {
		return Result{}, err
	}
	theirs, err := e.redisBytesPerKey()
	if err != nil {
		return Result{}, err
	}
	return Result{Ours: ours.bytes, Theirs: theirs, Unit: "B", Ratio: ours.bytes / theirs}, nil
}

// redisBytesPerKey returns the growth of used_memory per key.
func (e *Env) redisBytesPerKey() (float64, error) {
	return e.redisGrowth(e.Keys, func(r *server.Process) error { return r.Load(e.ctx, e.Keys) })
}

// redisGrowth returns the growth of used_memory for each of n things that fill makes.
func (e *Env) redisGrowth(n int, fill func(r *server.Process) error) (float64, error) {
	r, err := server.StartRedis(e.ctx)
	if err != nil {
		return 0, err
	}
	defer r.Stop()
	before, err := r.UsedMemory(e.ctx)
	if err != nil {
		return 0, err
	}
	if err := fill(r); err != nil {
		return 0, err
	}
	after, err := r.UsedMemory(e.ctx)
	return float64(after-before) / float64(n), err
}

func objectsPerKey(e *Env) (Result, error) {
	ours, err := heapPerKey(peer.Nook, e.Keys)
	return alone("", ours.objects), err
}

package targets

import (
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/bench/internal/server"
	"github.com/nookdb/nook/bench/internal/workload"
)

// A shape is a collection of which there are many: what each holds, said by a
// typed call and as a command.
type shape struct {
	fill     func(s *nook.Store, key string) error
	command  func(key string) []any
	commands func(key string) [][]any // in the place of command
	large    int                      // how many others one is as large as, about; 0 stands for 1
}

// number returns how many there are.
func (h shape) number(e *Env) int { return max(e.Keys*smallCollections/1000/max(h.large, 1), 10) }

// smallCollections is how many there are for each 1000 keys of the scale.
const smallCollections = 5

// bytesOf is a row of the bytes that a collection takes, its key included.
func bytesOf(h shape) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		n := h.number(e)
		ours, err := h.footprint(n)
		if err != nil {
			return Result{}, err
		}
		theirs, err := h.redisBytes(e, n)
		if err != nil {
			return Result{}, err
		}
		return Result{
			Ours: ours.bytes, Theirs: theirs, Unit: "B", Ratio: ours.bytes / theirs,
			Note: "heap objects " + number(ours.objects),
		}, nil
	}
}

// objectsOf is a row of the heap objects that a collection takes.
func objectsOf(h shape) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		ours, err := h.footprint(h.number(e))
		return alone("", ours.objects), err
	}
}

func (h shape) footprint(n int) (footprint, error) {
	s, err := nook.New(nil)
	if err != nil {
		return footprint{}, err
	}
	// What a store has at any size is not that of its collections.
	for i := range n {
		if err := s.Set(workload.Key(i), "v"); err != nil {
			return footprint{}, err
		}
	}
	empty := heap()
	for i := range n {
		if _, err := s.Del(workload.Key(i)); err != nil {
			return footprint{}, err
		}
		if err := h.fill(s, workload.Key(i)); err != nil {
			return footprint{}, err
		}
	}
	full := heap()
	const keyBytes = 48 // of the entry that each took the place of
	f := footprint{
		bytes:   (float64(full.HeapAlloc)-float64(empty.HeapAlloc))/float64(n) + keyBytes,
		objects: (float64(full.HeapObjects)-float64(empty.HeapObjects))/float64(n) + 1,
	}
	return f, s.Close()
}

// redisBytes returns the growth of used_memory for each collection.
func (h shape) redisBytes(e *Env, n int) (float64, error) {
	return e.redisGrowth(n, func(r *server.Process) error {
		return r.Pipelined(e.ctx, n, func(pipe redis.Pipeliner, i int) {
			if h.command != nil {
				pipe.Do(e.ctx, h.command(workload.Key(i))...)
				return
			}
			for _, args := range h.commands(workload.Key(i)) {
				pipe.Do(e.ctx, args...)
			}
		})
	})
}

var smallHash = shape{
	fill: func(s *nook.Store, key string) error {
		fields := make([]nook.Field, 10)
		for i := range fields {
			fields[i] = nook.Field{Name: "field" + strconv.Itoa(i), Value: "some value " + strconv.Itoa(i)}
		}
		_, err := s.HSet(key, fields...)
		return err
	},
	command: func(key string) []any {
		args := []any{"HSET", key}
		for i := range 10 {
			args = append(args, "field"+strconv.Itoa(i), "some value "+strconv.Itoa(i))
		}
		return args
	},
}

var smallList = shape{
	fill: func(s *nook.Store, key string) error { _, err := s.RPush(key, names(members(0, 1000))...); return err },
	command: func(key string) []any {
		return namesAfter(members(0, 1000), "RPUSH", key)
	},
}

// oddNumbers are the members of a set of integers.
func oddNumbers(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = strconv.Itoa(1_000_001 + 2*i)
	}
	return all
}

var intSet = shape{
	fill: func(s *nook.Store, key string) error { _, err := s.SAdd(key, oddNumbers(1000)...); return err },
	command: func(key string) []any {
		args := []any{"SADD", key}
		for _, n := range oddNumbers(1000) {
			args = append(args, n)
		}
		return args
	},
}

var smallZSet = shape{
	fill: func(s *nook.Store, key string) error {
		all := make([]nook.Z, 100)
		for i, m := range members(0, 100) {
			all[i] = nook.Z{Member: m.name, Score: m.score}
		}
		_, err := s.ZAdd(key, all...)
		return err
	},
	command: func(key string) []any {
		args := []any{"ZADD", key}
		for _, m := range members(0, 100) {
			args = append(args, m.score, m.name)
		}
		return args
	},
}

// bigZSetBytes is the row of the bytes that a member of a big sorted set takes.
func bigZSetBytes(e *Env) (Result, error) {
	before := heap()
	ours, err := newOurs(e, zaddTask, e.Keys)
	if err != nil {
		return Result{}, err
	}
	after := heap()
	if err := ours.store.Close(); err != nil {
		return Result{}, err
	}
	n := float64(e.Keys)
	theirs, err := e.redisGrowth(e.Keys, func(r *server.Process) error { return zaddTask.load(e.ctx, r, e.Keys) })
	x := float64(after.HeapAlloc-before.HeapAlloc) / n
	return Result{Ours: x, Theirs: theirs, Unit: "B", Ratio: x / theirs}, err
}

package targets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/bench/internal/server"
	"github.com/nookdb/nook/bench/internal/workload"
)

// A task is work on one collection, said twice: by typed calls and as commands.
type task struct {
	command string // under which redis-server keeps its time; of several, the times are added
	fresh   bool   // each call has a new member, instead of one of those that are there
	drains  bool   // each call takes a member away
	inTurn  bool   // calls have the members one after the other
	seldom  int    // a call takes about so many times what others do; 0 stands for 1
	batch   int    // how many members one command fills in; 0 stands for fillBatch

	fill     func(s *nook.Store, members []member) error
	fillArgs func(members []member) []any
	call     func(s *nook.Store, m member) error
	args     func(m member) []any
	then     func(m member) []any // a second command of the same call, if not nil
	begin    []any                // a command before all, if not nil
}

// A member is what a collection is filled with, or asked for.
type member struct {
	name, value string
	number      int
	score       float64
	lon, lat    float64
}

// collection is the key that tasks work on.
const collection = "collection"

func memberOf(i int) member {
	return member{
		name: workload.Key(i), value: values[i%len(values)], number: i,
		score: float64(workload.Noise(2*i) % 1e6),
		lon:   float64(workload.Noise(2*i)%360_000_000)/1e6 - 180,
		lat:   float64(workload.Noise(2*i+1)%170_000_000)/1e6 - 85,
	}
}

var values = workload.Values(64)

// members returns those of the numbers from and up to, not including, to.
func members(from, to int) []member {
	list := make([]member, 0, to-from)
	for i := from; i < to; i++ {
		list = append(list, memberOf(i))
	}
	return list
}

// fillBatch is how many members one call or command fills in.
const fillBatch = 100

// insideOf is a row of a task on a collection of so many members: the time of a
// typed call over the time that redis-server, by its own account, spends inside the
// command.
func insideOf(t task, size func(*Env) int) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		n := size(e)
		if t.drains {
			n = (e.Rounds + 1) * max(t.ops(e), t.calls(e))
		}
		ours, err := newOurs(e, t, n)
		if err != nil {
			return Result{}, err
		}
		defer ours.store.Close()
		theirs, err := newTheirs(e, t, n)
		if err != nil {
			return Result{}, err
		}
		defer theirs.process.Stop()
		times, err := e.interleave(ours.round, theirs.round)
		if err != nil {
			return Result{}, err
		}
		return share("ns", times[0], times[1]), nil
	}
}

// ops and calls return how many typed calls and commands a round has.
func (t task) ops(e *Env) int   { return max(e.Ops/10/max(t.seldom, 1), 1) }
func (t task) calls(e *Env) int { return max(10*e.Calls/max(t.seldom, 1), 1) }

func fixed(n int) func(*Env) int { return func(*Env) int { return n } }
func keys(e *Env) int            { return e.Keys }

// some returns the members that the calls of a round have.
func (t task) some(round, n, size int) []member {
	list := make([]member, n)
	for i := range list {
		at := (round+1)*n + i
		switch {
		case t.fresh:
			list[i] = memberOf(size + at)
		case t.inTurn:
			list[i] = memberOf(at)
		default:
			list[i] = memberOf(int(workload.Noise(at) % uint64(size)))
		}
	}
	return list
}

type ourTask struct {
	task
	env   *Env
	size  int
	store *nook.Store
}

func newOurs(e *Env, t task, size int) (*ourTask, error) {
	s, err := nook.New(nil)
	if err != nil {
		return nil, err
	}
	for from := 0; from < size; from += fillBatch {
		if err := t.fill(s, members(from, min(from+fillBatch, size))); err != nil {
			return nil, err
		}
	}
	return &ourTask{t, e, size, s}, nil
}

// round returns ns per call.
func (o *ourTask) round(round int) (float64, error) {
	list := o.some(round, o.ops(o.env), o.size)
	o.env.collect()
	begin := time.Now()
	for i := range list {
		if err := o.call(o.store, list[i]); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(begin)) / float64(len(list)), nil
}

type theirTask struct {
	task
	env     *Env
	size    int
	process *server.Process
}

func newTheirs(e *Env, t task, size int) (*theirTask, error) {
	p, err := server.StartRedis(e.ctx)
	if err != nil {
		return nil, err
	}
	return &theirTask{t, e, size, p}, t.load(e.ctx, p, size)
}

// load fills the collection at a redis-server.
func (t task) load(ctx context.Context, p *server.Process, size int) error {
	batch := t.batch
	if batch == 0 {
		batch = fillBatch
	}
	if t.begin != nil {
		client := p.SocketClient()
		defer client.Close()
		if err := client.Do(ctx, t.begin...).Err(); err != nil {
			return err
		}
	}
	return p.Pipelined(ctx, (size+batch-1)/batch, func(pipe redis.Pipeliner, i int) {
		from := i * batch
		pipe.Do(ctx, t.fillArgs(members(from, min(from+batch, size)))...)
	})
}

// round returns ns per command, inside the server.
func (o *theirTask) round(round int) (float64, error) {
	if err := o.process.ResetStats(o.env.ctx); err != nil {
		return 0, err
	}
	list := o.some(round, o.calls(o.env), o.size)
	err := o.process.Pipelined(o.env.ctx, len(list), func(pipe redis.Pipeliner, i int) {
		pipe.Do(o.env.ctx, o.args(list[i])...)
		if o.then != nil {
			pipe.Do(o.env.ctx, o.then(list[i])...)
		}
	})
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for command := range strings.FieldsSeq(o.command) {
		inside, err := o.process.TimePerCall(o.env.ctx, command)
		if err != nil {
			return 0, err
		}
		sum += float64(inside)
	}
	return sum, nil
}

// taskGrowth is a row of our time alone, from few members to many.
func taskGrowth(t task) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		var first, last float64
		note := "ns"
		for i, size := range e.Scale.Growth {
			o, err := newOurs(e, t, size)
			if err != nil {
				return Result{}, err
			}
			times, err := e.interleaveLong(o.round)
			if err != nil {
				return Result{}, err
			}
			last = times[0].median()
			if i == 0 {
				first = last
			}
			note += fmt.Sprintf(" %s", number(last))
			if err := o.store.Close(); err != nil {
				return Result{}, err
			}
		}
		r := alone("x", last/first)
		r.Note = note
		return r, nil
	}
}

// The tasks.

func hashTask(command string, t task) task {
	t.command = command
	t.fill = func(s *nook.Store, list []member) error {
		fields := make([]nook.Field, len(list))
		for i, m := range list {
			fields[i] = nook.Field{Name: m.name, Value: m.value}
		}
		_, err := s.HSet(collection, fields...)
		return err
	}
	t.fillArgs = func(list []member) []any {
		args := []any{"HSET", collection}
		for _, m := range list {
			args = append(args, m.name, m.value)
		}
		return args
	}
	return t
}

var hgetTask = hashTask("hget", task{
	call: func(s *nook.Store, m member) error { _, _, err := s.HGet(collection, m.name); return err },
	args: func(m member) []any { return []any{"HGET", collection, m.name} },
})

var hsetTask = hashTask("hset", task{
	call: func(s *nook.Store, m member) error {
		_, err := s.HSet(collection, nook.Field{Name: m.name, Value: m.value})
		return err
	},
	args: func(m member) []any { return []any{"HSET", collection, m.name, m.value} },
})

func listTask(command string, t task) task {
	t.command = command
	t.fill = func(s *nook.Store, list []member) error {
		_, err := s.RPush(collection, names(list)...)
		return err
	}
	t.fillArgs = func(list []member) []any { return namesAfter(list, "RPUSH", collection) }
	return t
}

func names(list []member) []string {
	all := make([]string, len(list))
	for i, m := range list {
		all[i] = m.name
	}
	return all
}

func namesAfter(list []member, args ...any) []any {
	for _, m := range list {
		args = append(args, m.name)
	}
	return args
}

var lpushTask = listTask("lpush", task{
	call: func(s *nook.Store, m member) error { _, err := s.LPush(collection, m.name); return err },
	args: func(m member) []any { return []any{"LPUSH", collection, m.name} },
})

var rpopTask = listTask("rpop", task{
	drains: true,
	call:   func(s *nook.Store, m member) error { _, _, err := s.RPop(collection); return err },
	args:   func(m member) []any { return []any{"RPOP", collection} },
})

func setTask(command string, t task) task {
	t.command = command
	t.fill = func(s *nook.Store, list []member) error {
		_, err := s.SAdd(collection, names(list)...)
		return err
	}
	t.fillArgs = func(list []member) []any { return namesAfter(list, "SADD", collection) }
	return t
}

var saddTask = setTask("sadd", task{
	fresh: true,
	call:  func(s *nook.Store, m member) error { _, err := s.SAdd(collection, m.name); return err },
	args:  func(m member) []any { return []any{"SADD", collection, m.name} },
})

var sismemberTask = setTask("sismember", task{
	call: func(s *nook.Store, m member) error { _, err := s.SIsMember(collection, m.name); return err },
	args: func(m member) []any { return []any{"SISMEMBER", collection, m.name} },
})

func zsetTask(command string, t task) task {
	t.command = command
	t.fill = func(s *nook.Store, list []member) error {
		all := make([]nook.Z, len(list))
		for i, m := range list {
			all[i] = nook.Z{Member: m.name, Score: m.score}
		}
		_, err := s.ZAdd(collection, all...)
		return err
	}
	t.fillArgs = func(list []member) []any {
		args := []any{"ZADD", collection}
		for _, m := range list {
			args = append(args, m.score, m.name)
		}
		return args
	}
	return t
}

var zaddTask = zsetTask("zadd", task{
	fresh: true,
	call: func(s *nook.Store, m member) error {
		_, err := s.ZAdd(collection, nook.Z{Member: m.name, Score: m.score})
		return err
	},
	args: func(m member) []any { return []any{"ZADD", collection, m.score, m.name} },
})

var zincrbyTask = zsetTask("zincrby", task{
	call: func(s *nook.Store, m member) error { _, err := s.ZIncrBy(collection, m.name, 100); return err },
	args: func(m member) []any { return []any{"ZINCRBY", collection, 100, m.name} },
})

var zrankTask = zsetTask("zrank", task{
	call: func(s *nook.Store, m member) error { _, _, err := s.ZRank(collection, m.name); return err },
	args: func(m member) []any { return []any{"ZRANK", collection, m.name} },
})

var zrangeTask = zsetTask("zrange", task{
	call: func(s *nook.Store, m member) error {
		_, err := s.ZRange(collection, nook.RankRange(int64(m.number), int64(m.number)+9))
		return err
	},
	args: func(m member) []any { return []any{"ZRANGE", collection, m.number, m.number + 9} },
})

var zrangeByScoreTask = zsetTask("zrangebyscore", task{
	call: func(s *nook.Store, m member) error {
		_, err := s.ZRangeWith(collection, nook.ScoreRange(m.score, m.score+1000), nook.ZRangeOptions{Count: 10})
		return err
	},
	args: func(m member) []any {
		return []any{"ZRANGEBYSCORE", collection, m.score, m.score + 1000, "LIMIT", 0, 10}
	},
})

var geosearchTask = task{
	command: "geosearch",
	fill: func(s *nook.Store, list []member) error {
		all := make([]nook.GeoLocation, len(list))
		for i, m := range list {
			all[i] = nook.GeoLocation{Member: m.name, GeoPoint: nook.GeoPoint{Longitude: m.lon, Latitude: m.lat}}
		}
		_, err := s.GeoAdd(collection, all...)
		return err
	},
	fillArgs: func(list []member) []any {
		args := []any{"GEOADD", collection}
		for _, m := range list {
			args = append(args, m.lon, m.lat, m.name)
		}
		return args
	},
	call: func(s *nook.Store, m member) error {
		_, err := s.GeoSearch(collection, nook.GeoQuery{
			Center: nook.GeoAroundMember(m.name), Shape: nook.GeoCircle(100), Unit: nook.Kilometers,
		})
		return err
	},
	args: func(m member) []any {
		return []any{"GEOSEARCH", collection, "FROMMEMBER", m.name, "BYRADIUS", 100, "km"}
	},
}

var pfaddTask = task{
	command: "pfadd", fresh: true,
	fill: func(s *nook.Store, list []member) error {
		_, err := s.PFAdd(collection, names(list)...)
		return err
	},
	fillArgs: func(list []member) []any { return namesAfter(list, "PFADD", collection) },
	call:     func(s *nook.Store, m member) error { _, err := s.PFAdd(collection, m.name); return err },
	args:     func(m member) []any { return []any{"PFADD", collection, m.name} },
}

// mebibyte is what BITCOUNT counts the bits of.
var mebibyte = strings.Repeat("\x5a\x01\xff\x00", 1<<18)

var bitcountTask = task{
	command:  "bitcount",
	seldom:   100,
	fill:     func(s *nook.Store, _ []member) error { return s.Set(collection, mebibyte) },
	fillArgs: func([]member) []any { return []any{"SET", collection, mebibyte} },
	call:     func(s *nook.Store, _ member) error { _, err := s.BitCount(collection); return err },
	args:     func(member) []any { return []any{"BITCOUNT", collection} },
}

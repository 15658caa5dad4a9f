package targets

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/nookdb/nook/bench/internal/peer"
	"github.com/nookdb/nook/bench/internal/server"
	"github.com/nookdb/nook/bench/internal/workload"
)

// A Standing is one contestant's line in the comparison of all.
type Standing struct {
	Name     string
	Get, Set float64 // ns an operation, uniformly random, one goroutine
	Bytes    float64 // a key, key included
}

// Standings measures every contestant, the in-process ones interleaved.
func (e *Env) Standings() ([]Standing, error) {
	standings := make([]Standing, len(peer.InProcess))
	for i, p := range peer.InProcess {
		f, err := heapPerKey(p, e.Keys)
		if err != nil {
			return nil, err
		}
		standings[i] = Standing{Name: p.Name, Bytes: f.bytes}
	}
	if err := e.timeInProcess(standings); err != nil {
		return nil, err
	}
	redis, err := e.redisStandings()
	return append(standings, redis...), err
}

func (e *Env) timeInProcess(standings []Standing) error {
	stores, err := filled(e.Keys, peer.InProcess...)
	if err != nil {
		return err
	}
	defer closeAll(stores)
	gets, err := e.timeAll(getOp, stores)
	if err != nil {
		return err
	}
	sets, err := e.timeAll(setOp, stores)
	if err != nil {
		return err
	}
	for i := range standings {
		standings[i].Get, standings[i].Set = gets[i].median(), sets[i].median()
	}
	return nil
}

func (e *Env) timeAll(op operation, stores []peer.Store) ([]samples, error) {
	s := newScript(op, uniform(e.Keys), 1, e.Ops)
	var sides []func(round int) (float64, error)
	for _, store := range stores {
		sides = append(sides, s.on(store))
	}
	return e.interleave(sides...)
}

// redisStandings returns redis-server's own time, and the time it
// takes through a client on its unix socket.
func (e *Env) redisStandings() ([]Standing, error) {
	bytes, err := e.redisBytesPerKey()
	if err != nil {
		return nil, err
	}
	r, err := server.StartRedis(e.ctx)
	if err != nil {
		return nil, err
	}
	defer r.Stop()
	inside, err := e.insideRedis(r)
	if err != nil {
		return nil, err
	}
	through, err := e.throughClient()
	inside.Bytes, through.Bytes = bytes, bytes
	return []Standing{inside, through}, err
}

func (e *Env) insideRedis(r *server.Process) (Standing, error) {
	s := Standing{Name: "redis-server, inside"}
	if err := r.Load(e.ctx, e.Keys); err != nil {
		return s, err
	}
	if err := r.ResetStats(e.ctx); err != nil {
		return s, err
	}
	seq := workload.NewSequence(uniform(e.Keys), e.Ops, 0, 1)
	if err := r.ReadAll(e.ctx, seq); err != nil {
		return s, err
	}
	if err := r.WriteAll(e.ctx, seq, workload.Values(scriptValues)); err != nil {
		return s, err
	}
	get, err := r.TimePerCall(e.ctx, "get")
	if err != nil {
		return s, err
	}
	set, err := r.TimePerCall(e.ctx, "set")
	s.Get, s.Set = float64(get)/float64(time.Nanosecond), float64(set)/float64(time.Nanosecond)
	return s, err
}

func (e *Env) throughClient() (Standing, error) {
	s := Standing{Name: "redis-server, go-redis on a unix socket"}
	stores, err := filled(e.Keys, peer.Redis)
	if err != nil {
		return s, err
	}
	defer closeAll(stores)
	gets, err := e.interleave(newScript(getOp, uniform(e.Keys), 1, e.Calls).on(stores[0]))
	if err != nil {
		return s, err
	}
	sets, err := e.interleave(newScript(setOp, uniform(e.Keys), 1, e.Calls).on(stores[0]))
	if err != nil {
		return s, err
	}
	s.Get, s.Set = gets[0].median(), sets[0].median()
	return s, nil
}

// PrintStandings writes the table.
func PrintStandings(w io.Writer, standings []Standing) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "contestant\tGET ns\tSET ns\tbytes a key")
	for _, s := range standings {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", s.Name, number(s.Get), number(s.Set), number(s.Bytes))
	}
	return t.Flush()
}

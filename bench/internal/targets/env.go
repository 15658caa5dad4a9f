package targets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"sync"

	"github.com/nookdb/nook/bench/internal/server"
)

// nookModule is built and run where nook's own server is measured.
const nookModule = "github.com/nookdb/nook"

// An Env is what the rows of one run share: the sizes, and measurements that
// several rows read.
type Env struct {
	Scale
	ctx       context.Context
	home      string // directory for what is built; removed by Close
	collected uint64 // bytes ever allocated, at the last collection between turns

	growth   func() (Growth, error)
	nookPath func() (string, error)
	servers  map[int]func() (versus, error) // by requests in a pipeline
	defaults map[int]func() (versus, error) // the same, of redis-benchmark's default tests
}

// NewEnv returns the surroundings of one run. Processes started by rows end
// with the context.
func NewEnv(ctx context.Context, s Scale) (*Env, error) {
	home, err := os.MkdirTemp("", "nook-targets-")
	if err != nil {
		return nil, err
	}
	e := &Env{Scale: s, ctx: ctx, home: home,
		servers: map[int]func() (versus, error){}, defaults: map[int]func() (versus, error){}}
	e.growth = sync.OnceValues(e.measureGrowth)
	e.nookPath = sync.OnceValues(e.buildNook)
	for _, pipeline := range []int{1, 16} {
		e.servers[pipeline] = sync.OnceValues(func() (versus, error) { return e.measureServers(pipeline) })
		e.defaults[pipeline] = sync.OnceValues(func() (versus, error) { return e.measureDefaults(pipeline) })
	}
	return e, nil
}

// Close removes what the run has built.
func (e *Env) Close() error { return os.RemoveAll(e.home) }

// Machine describes where the figures come from, in one line.
func (e *Env) Machine() string {
	return fmt.Sprintf("%s %s/%s, %d cores, redis-server %s; scale %s, %d rounds",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), e.redisVersion(), e.Name, e.Rounds)
}

func (e *Env) redisVersion() string {
	r, err := server.StartRedis(e.ctx)
	if err != nil {
		return "not found"
	}
	defer r.Stop()
	version, err := r.Version(e.ctx)
	if err != nil {
		return "unknown"
	}
	return version
}

// interleave measures every side once a round, one side after the other,
// and returns each side's samples. A round before the first warms up
// and does not count.
func (e *Env) interleave(sides ...func(round int) (float64, error)) ([]samples, error) {
	return e.rounds(-1, e.Rounds, sides)
}

// interleaveLong is interleave for sides that, or whose collections, take
// seconds: fewer rounds.
func (e *Env) interleaveLong(sides ...func(round int) (float64, error)) ([]samples, error) {
	return e.rounds(-1, e.long(), sides)
}

// interleaveCold is interleaveLong for sides that begin from nothing each
// time: there is nothing to warm up.
func (e *Env) interleaveCold(sides ...func(round int) (float64, error)) ([]samples, error) {
	return e.rounds(0, e.long(), sides)
}

func (e *Env) rounds(first, end int, sides []func(round int) (float64, error)) ([]samples, error) {
	all := make([]samples, len(sides))
	for round := first; round < end; round++ {
		for i, side := range sides {
			if err := e.ctx.Err(); err != nil {
				return nil, err
			}
			e.collect()
			x, err := side(round)
			if err != nil {
				return nil, err
			}
			if round >= 0 {
				all[i] = append(all[i], x)
			}
		}
	}
	return all, nil
}

// collect runs the collector, so that nobody pays for another's garbage,
// unless less than a sixteenth of the live heap has been allocated since it last did:
// that brings no collection nearer, and with 10^7 keys each costs seconds.
func (e *Env) collect() {
	heap := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(heap)
	allocated, live := heap[0].Value.Uint64(), heap[1].Value.Uint64()
	if allocated-e.collected < live/16 {
		return
	}
	runtime.GC()
	e.collected = allocated
}

// buildNook builds cmd/nook from the sources this module is built with.
func (e *Env) buildNook() (string, error) {
	dir, err := e.goCommand("", "list", "-m", "-f", "{{.Dir}}", nookModule)
	if err != nil {
		return "", err
	}
	path := filepath.Join(e.home, "nook")
	_, err = e.goCommand(dir, "build", "-o", path, "./cmd/nook")
	return path, err
}

func (e *Env) goCommand(dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(e.ctx, "go", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("go %s: %s", args[0], bytes.TrimSpace(exit.Stderr))
	}
	return string(bytes.TrimSpace(out)), err
}

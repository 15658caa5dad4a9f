package server

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nookdb/nook/bench/internal/workload"
)

// batch is the number of commands in one pipeline.
const batch = 1000

// Load sets the first n keys of an empty server to their values, over a
// connection that is closed afterwards, so that its buffers do not count as
// the server's memory.
func (p *Process) Load(ctx context.Context, n int) error {
	err := p.Pipelined(ctx, n, func(pipe redis.Pipeliner, i int) {
		pipe.Set(ctx, workload.Key(i), workload.Value(i), 0)
	})
	if err != nil {
		return err
	}
	client := p.SocketClient()
	defer client.Close()
	held, err := client.DBSize(ctx).Result()
	if err == nil && held != int64(n) {
		err = fmt.Errorf("redis-server holds %d keys of %d", held, n)
	}
	return err
}

// ReadAll gets every key of the sequence.
func (p *Process) ReadAll(ctx context.Context, s workload.Sequence) error {
	return p.Pipelined(ctx, s.Len(), func(pipe redis.Pipeliner, i int) { pipe.Get(ctx, s.Key(i)) })
}

// WriteAll sets every key of the sequence, to the values in turn.
func (p *Process) WriteAll(ctx context.Context, s workload.Sequence, values []string) error {
	return p.Pipelined(ctx, s.Len(), func(pipe redis.Pipeliner, i int) {
		pipe.Set(ctx, s.Key(i), values[i%len(values)], 0)
	})
}

// Pipelined sends n commands, many at a time. A null reply is no error.
func (p *Process) Pipelined(ctx context.Context, n int, add func(pipe redis.Pipeliner, i int)) error {
	client := p.SocketClient()
	defer client.Close()
	for from := 0; from < n; from += batch {
		pipe := client.Pipeline()
		for i := from; i < min(from+batch, n); i++ {
			add(pipe, i)
		}
		if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
	}
	return nil
}

// UsedMemory returns INFO's used_memory once it stands still: the buffers of
// closed connections and the rest of a table being rehashed go a little later.
func (p *Process) UsedMemory(ctx context.Context) (int64, error) {
	client := p.SocketClient()
	defer client.Close()
	last := int64(-1)
	for {
		info, err := client.Info(ctx, "memory").Result()
		if err != nil {
			return 0, err
		}
		used, err := strconv.ParseInt(field(info, "used_memory:", "\r\n"), 10, 64)
		if err != nil || used == last {
			return used, err
		}
		last = used
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// TimePerCall returns the time the server has spent inside a command, by its
// own account, per call since the last ResetStats.
func (p *Process) TimePerCall(ctx context.Context, command string) (time.Duration, error) {
	client := p.SocketClient()
	defer client.Close()
	info, err := client.Info(ctx, "commandstats").Result()
	if err != nil {
		return 0, err
	}
	line := field(info, "cmdstat_"+command+":", "\r\n")
	calls, err1 := strconv.ParseFloat(field(line, "calls=", ","), 64)
	usec, err2 := strconv.ParseFloat(field(line, "usec=", ","), 64)
	if err1 != nil || err2 != nil || calls == 0 {
		return 0, fmt.Errorf("redis-server has no statistics of %s: %q", command, line)
	}
	// The ratio is taken here: usec_per_call is rounded to two decimals.
	return time.Duration(usec / calls * float64(time.Microsecond)), nil
}

// Save lets the server write a snapshot.
func (p *Process) Save(ctx context.Context) error {
	client := p.SocketClient()
	defer client.Close()
	client.Options().ReadTimeout = -1
	return client.Save(ctx).Err()
}

// ResetStats forgets the statistics of commands.
func (p *Process) ResetStats(ctx context.Context) error {
	client := p.SocketClient()
	defer client.Close()
	return client.ConfigResetStat(ctx).Err()
}

// Version returns the server's version, such as "7.0.15".
func (p *Process) Version(ctx context.Context) (string, error) {
	client := p.SocketClient()
	defer client.Close()
	info, err := client.Info(ctx, "server").Result()
	return field(info, "redis_version:", "\r\n"), err
}

// field returns what stands between the first start and the end that follows.
func field(text, start, end string) string {
	_, rest, _ := strings.Cut(text, start)
	value, _, _ := strings.Cut(rest, end)
	return value
}

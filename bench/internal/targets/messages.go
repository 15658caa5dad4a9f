package targets

import (
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/bench/internal/server"
	"github.com/nookdb/nook/internal/resp"
)

const (
	channel = "channel"
	message = "some message or other"

	// burst is how many messages are published before the receivers are waited
	// for, so that none of them falls behind.
	burst = 100
)

// deliveries is how many messages a round has, over all receivers.
func deliveries(e *Env) int { return e.Ops / 4 }

// published is a row of the time of a call that publishes to so many receivers.
func published(receivers int) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		o, err := newOurChannel(e, receivers)
		if err != nil {
			return Result{}, err
		}
		defer o.store.Close()
		times, err := e.interleaveLong(o.round)
		if err != nil {
			return Result{}, err
		}
		return alone("ns", times[0].median()), nil
	}
}

// publishedInside is published, over the time that redis-server spends in the command.
func publishedInside(receivers int) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		ours, err := newOurChannel(e, receivers)
		if err != nil {
			return Result{}, err
		}
		defer ours.store.Close()
		theirs, err := newTheirChannel(e, receivers)
		if err != nil {
			return Result{}, err
		}
		defer theirs.process.Stop()
		times, err := e.interleaveLong(ours.round, theirs.round)
		if err != nil {
			return Result{}, err
		}
		return share("ns", times[0], times[1]), nil
	}
}

// ourChannel is a channel of a store with receivers, each a goroutine.
type ourChannel struct {
	env       *Env
	store     *nook.Store
	receivers int
	received  atomic.Int64
}

func newOurChannel(e *Env, receivers int) (*ourChannel, error) {
	s, err := nook.New(nil)
	if err != nil {
		return nil, err
	}
	o := &ourChannel{env: e, store: s, receivers: receivers}
	for range receivers {
		sub, err := s.Subscribe(channel)
		if err != nil {
			return nil, err
		}
		go func() {
			for range sub.Messages() {
				o.received.Add(1)
			}
		}()
	}
	return o, nil
}

// round returns ns per call. What receivers do after it is not counted, but what they do
// meanwhile takes their share of the machine.
func (o *ourChannel) round(int) (float64, error) {
	n := max(deliveries(o.env)/o.receivers, burst)
	var spent time.Duration
	for done := 0; done < n; done += burst {
		want := o.received.Load() + int64(burst*o.receivers)
		begin := time.Now()
		for range burst {
			if _, err := o.store.Publish(channel, message); err != nil {
				return 0, err
			}
		}
		spent += time.Since(begin)
		for o.received.Load() < want {
			runtime.Gosched()
		}
	}
	return float64(spent) / float64((n+burst-1)/burst*burst), nil
}

// theirChannel is a channel of redis-server with connections that are subscribed to it.
type theirChannel struct {
	env       *Env
	process   *server.Process
	receivers int
}

func newTheirChannel(e *Env, receivers int) (*theirChannel, error) {
	p, err := server.StartRedis(e.ctx)
	if err != nil {
		return nil, err
	}
	for range receivers {
		conn, err := net.Dial("tcp", p.Addr())
		if err != nil {
			return nil, err
		}
		if _, err := conn.Write(resp.AppendCommand(nil, "SUBSCRIBE", channel)); err != nil {
			return nil, err
		}
		go func() {
			_, _ = io.Copy(io.Discard, conn) // ends with the server
			conn.Close()
		}()
	}
	client := p.SocketClient()
	defer client.Close()
	for subscribed := int64(0); subscribed < int64(receivers); {
		counts, err := client.PubSubNumSub(e.ctx, channel).Result()
		if err != nil {
			return nil, err
		}
		subscribed = counts[channel]
	}
	return &theirChannel{e, p, receivers}, nil
}

// round returns ns per command, inside the server.
func (o *theirChannel) round(int) (float64, error) {
	if err := o.process.ResetStats(o.env.ctx); err != nil {
		return 0, err
	}
	n := max(min(deliveries(o.env)/o.receivers, 10*o.env.Calls), burst)
	err := o.process.Pipelined(o.env.ctx, n, func(pipe redis.Pipeliner, _ int) {
		pipe.Publish(o.env.ctx, channel, message)
	})
	if err != nil {
		return 0, err
	}
	inside, err := o.process.TimePerCall(o.env.ctx, "publish")
	return float64(inside), err
}

// Package server runs the servers that nook is measured against, and nook's
// own, as processes: it starts them, fills them, reads their counters and
// drives redis-benchmark against them.
package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Process is a running server that speaks RESP.
type Process struct {
	Port   int    // on 127.0.0.1
	socket string // path of the unix socket; "" if it has none
	home   string // directory for its files, removed by Stop
	cmd    *exec.Cmd
	cancel context.CancelFunc
	output bytes.Buffer // stdout and stderr; read after it has ended
	ended  chan struct{}
}

// startTimeout is how long a server may take until it answers PING.
const startTimeout = 10 * time.Second

// StartRedis runs the redis-server on PATH with persistence off, on a unix
// socket and on a free loopback port.
func StartRedis(ctx context.Context) (*Process, error) { return StartRedisIn(ctx, "") }

// StartRedisIn is StartRedis in a directory, from which it loads what there is,
// and with more arguments. With "" the directory is one that Stop removes.
func StartRedisIn(ctx context.Context, dir string, more ...string) (*Process, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("redis-server is needed for this comparison: %w", err)
	}
	home, err := os.MkdirTemp("", "nook-bench-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	if dir == "" {
		dir = home
	}
	socket := filepath.Join(home, "redis.sock")
	p := &Process{Port: port, socket: socket, home: home}
	args := []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port),
		"--unixsocket", socket, "--dir", dir, "--save", "", "--daemonize", "no"}
	return p, p.start(ctx, path, append(args, more...)...)
}

// LoadTime returns how long the redis-server, which has been stopped, has taken
// to load its files, by its own account. That counts milliseconds; what is below one is taken for a half.
func (p *Process) LoadTime() (time.Duration, error) {
	for _, what := range []string{"disk", "append only file"} {
		_, rest, found := strings.Cut(p.output.String(), "DB loaded from "+what+": ")
		text, _, _ := strings.Cut(rest, " seconds")
		if !found {
			continue
		}
		seconds, err := strconv.ParseFloat(text, 64)
		return max(time.Duration(seconds*float64(time.Second)), time.Millisecond/2), err
	}
	return 0, errors.New("redis-server does not say that it has loaded anything")
}

// StartNook runs a nook binary on a free loopback port.
func StartNook(ctx context.Context, path string) (*Process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &Process{Port: port}
	return p, p.start(ctx, path, "-addr", p.Addr())
}

// Addr returns host and port.
func (p *Process) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port)) }

// Client returns a go-redis client over loopback TCP.
func (p *Process) Client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: p.Addr(), DisableIdentity: true})
}

// SocketClient returns a go-redis client over the unix socket.
func (p *Process) SocketClient() *redis.Client {
	return redis.NewClient(&redis.Options{Network: "unix", Addr: p.socket, DisableIdentity: true})
}

// Stop ends the process. There is nothing in it to save, so it is killed.
func (p *Process) Stop() error {
	p.cancel()
	<-p.ended
	if p.home == "" {
		return nil
	}
	return os.RemoveAll(p.home)
}

// start runs the program and waits until it answers. If that fails, the
// process is stopped.
func (p *Process) start(ctx context.Context, path string, args ...string) error {
	ctx, p.cancel = context.WithCancel(ctx)
	p.ended = make(chan struct{})
	p.cmd = exec.CommandContext(ctx, path, args...)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		p.cancel()
		close(p.ended)
		return errors.Join(err, p.Stop())
	}
	go func() {
		_ = p.cmd.Wait() // its end is an error only while start waits; see answers
		close(p.ended)
	}()
	if err := p.answers(ctx); err != nil {
		return errors.Join(err, p.Stop())
	}
	return nil
}

// answers waits until the server replies to PING.
func (p *Process) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	client := p.Client()
	defer client.Close()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended at once: %s", filepath.Base(p.cmd.Path), bytes.TrimSpace(p.output.Bytes()))
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer on %s: %w", filepath.Base(p.cmd.Path), p.Addr(), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// freePort asks the kernel for a port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build builds the command.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nook")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// process is a running command.
type process struct {
	cmd  *exec.Cmd
	addr string
}

// launch starts the command and waits for its ready line.
func launch(t *testing.T, path string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(path, args...)}
	p.cmd.Stderr = os.Stderr
	p.start(t)
	return p
}

// start starts it.
func (p *process) start(t *testing.T) {
	t.Helper()
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended, unless the test has failed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	const ready = "nook: ready to accept connections on "
	require.True(t, strings.HasPrefix(line, ready), line)
	p.addr = strings.TrimSpace(strings.TrimPrefix(line, ready))
}

func dial(t *testing.T, network, addr string) *redistest.Conn {
	t.Helper()
	raw, err := net.Dial(network, addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	return redistest.NewConn(t, raw)
}

func TestCommand(t *testing.T) {
	path := build(t)
	t.Run("TCP and SIGTERM", func(t *testing.T) {
		p := launch(t, path, "-addr", "127.0.0.1:0", "-requirepass", "secret", "-databases", "3", "-maxmemory", "100mb", "-maxmemory-policy", "allkeys-lru", "-notify-keyspace-events", "Kx$", "-enable-debug-command", "local")
		c := dial(t, "tcp", p.addr)
		require.Equal(t, "NOAUTH Authentication required.", c.Do("GET", "k").Str)
		require.Equal(t, "OK", c.Do("AUTH", "secret").Str)
		require.Equal(t, "OK", c.Do("SET", "k", "v").Str)
		require.Equal(t, "v", c.Do("GET", "k").Str)
		require.Equal(t, "ERR DB index is out of range", c.Do("SELECT", "3").Str)
		memory := c.Do("INFO", "memory").Str
		require.Contains(t, memory, "maxmemory:104857600\r\n")
		require.Contains(t, memory, "maxmemory_policy:allkeys-lru\r\n")
		require.Equal(t, "$xK", c.Do("CONFIG", "GET", "notify-keyspace-events").Elems[1].Str)
		require.Equal(t, "OK", c.Do("DEBUG", "SLEEP", "0").Str)
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, p.cmd.Wait())
	})
	t.Run("unix socket and SHUTDOWN", func(t *testing.T) {
		socket := filepath.Join(shortDir(t), "s")
		for range 2 { // the path can be used again
			p := launch(t, path, "-addr", "unix:"+socket)
			c := dial(t, "unix", socket)
			require.Equal(t, "PONG", c.Do("PING").Str)
			c.Send("SHUTDOWN", "NOSAVE")
			_, err := c.Receive()
			require.Error(t, err)
			require.NoError(t, p.cmd.Wait())
		}
	})
	t.Run("socket left by a dead server", func(t *testing.T) {
		socket := filepath.Join(shortDir(t), "s")
		dead := launch(t, path, "-addr", "unix:"+socket)
		require.NoError(t, dead.cmd.Process.Kill())
		require.Error(t, dead.cmd.Wait())
		require.FileExists(t, socket)
		p := launch(t, path, "-addr", "unix:"+socket)
		require.Equal(t, "PONG", dial(t, "unix", socket).Do("PING").Str)

		out, err := exec.Command(path, "-addr", "unix:"+socket).CombinedOutput()
		require.Error(t, err, "another server has it")
		require.Contains(t, string(out), "address already in use")
		require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
		require.NoError(t, p.cmd.Wait())
	})
}

// shortDir returns a directory whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nook")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestCluster(t *testing.T) {
	p := launch(t, build(t), "-addr", "127.0.0.1:0", "-cluster")
	c := dial(t, "tcp", p.addr)
	require.Equal(t, "OK", c.Do("SET", "k", "v").Str)
	require.Contains(t, c.Do("CLUSTER", "NODES").Str, " "+p.addr+"@")
	require.Equal(t, "ERR SELECT is not allowed in cluster mode", c.Do("SELECT", "1").Str)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.cmd.Wait())
}

func TestClusterFlag(t *testing.T) {
	for arg, want := range map[string]bool{"-cluster": true, "-cluster=true": true, "-cluster=false": false, "-databases=3": false} {
		c, err := parse([]string{arg}, io.Discard)
		require.NoError(t, err)
		require.Equal(t, want, c.session.Cluster != nil, arg)
	}
}

func TestRunFails(t *testing.T) {
	for _, args := range [][]string{
		{"-nosuchflag"}, {"argument"}, {"-maxmemory", "much"}, {"-maxmemory-policy", "none"}, {"-notify-keyspace-events", "q"}, {"-databases", "-1"}, {"-enable-debug-command", "maybe"}, {"-addr", "nowhere"}, {"-cluster=maybe"},
	} {
		require.Error(t, run(context.Background(), args, io.Discard, io.Discard), "%q", args)
	}
	var help bytes.Buffer
	require.ErrorIs(t, run(context.Background(), []string{"-help"}, io.Discard, &help), flag.ErrHelp)
	require.Contains(t, help.String(), "-addr host:port")
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	out, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0"}, w, io.Discard) }()
	_, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	cancel()
	require.NoError(t, <-ended)
}

// brokenListener fails at once.
type brokenListener struct{ net.Listener }

var errBroken = errors.New("broken")

func (brokenListener) Accept() (net.Conn, error) { return nil, errBroken }

func (brokenListener) Close() error { return nil }

func TestServeReportsFailures(t *testing.T) {
	store, err := nook.New(nil)
	require.NoError(t, err)
	defer store.Close()
	srv, err := server.New(store, nil)
	require.NoError(t, err)
	require.ErrorIs(t, serve(context.Background(), srv, brokenListener{}), errBroken)
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "100": 100, "100b": 100, "1k": 1000, "1kb": 1024, "2MB": 2 << 20, "1gb": 1 << 30, "3G": 3e9, "1m": 1e6} {
		got, err := parseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "mb", "-1", "1.5gb", "1tb", "9223372036854775807kb"} {
		_, err := parseSize(text)
		require.Error(t, err, text)
	}
}

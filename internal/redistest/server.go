// Package redistest starts real redis-server processes for tests, and talks to
// them, and to anything else that speaks their protocol, as directly as can be:
//
//	func TestMain(m *testing.M) { os.Exit(redistest.Main(m)) }
//
//	func TestGet(t *testing.T) {
//		c := redistest.Shared(t).Dial(t)
//		c.Do("SET", "k", "v")
//		require.Equal(t, "v", c.Do("GET", "k").Str)
//	}
//
// A real server is the independent judge of what nook answers. Where none is
// installed its tests are skipped, unless NOOK_REQUIRE_REDIS is set: then they
// fail, so that an automated run cannot pass by judging nothing.
package redistest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// requireEnv names the variable that turns a missing redis-server from a
	// skipped test into a failed one.
	requireEnv = "NOOK_REQUIRE_REDIS"

	// startTimeout bounds the wait for a server to say that it is ready. It is
	// far above what a start takes, and only a broken server reaches it.
	startTimeout = 20 * time.Second

	// maxSocketPath is the longest socket path that every system accepts:
	// sockaddr_un holds 104 bytes on the BSDs and 108 on Linux, NUL included.
	maxSocketPath = 100
)

// Server is a running redis-server that listens on a unix socket and persists
// nothing.
type Server struct {
	socket string
	cmd    *exec.Cmd
	exited chan struct{} // closed once the process has been waited for
	output *output
	remove func() // removes the socket's directory
}

// Start starts a redis-server with the given further arguments and stops it
// when the test ends. It returns once the server accepts connections.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s, err := start(find(t), t.TempDir(), args)
	if err != nil {
		t.Fatalf("redis-server: %v", err)
	}
	t.Cleanup(s.stop)
	return s
}

// Socket returns the path of the server's unix socket.
func (s *Server) Socket() string { return s.socket }

// Pid returns the process id of the server.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Dial connects to the server. The connection is closed when the test ends.
func (s *Server) Dial(t testing.TB) *Conn {
	t.Helper()
	raw, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatalf("connect to redis-server: %v\n%s", err, s.output.tail())
	}
	c := NewConn(t, raw)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Flush removes every key of every database and waits until they are gone.
func (s *Server) Flush(t testing.TB) {
	t.Helper()
	c := s.Dial(t)
	defer func() { _ = c.Close() }()
	if r := c.Do("FLUSHALL", "SYNC"); r.Str != "OK" {
		t.Fatalf("FLUSHALL: %v", r)
	}
}

// Installed reports whether there is a redis-server to start.
func Installed() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// find returns the path of the installed redis-server; without one it skips
// the test or, if NOOK_REQUIRE_REDIS is set, fails it.
func find(t testing.TB) string {
	t.Helper()
	return Tool(t, "redis-server")
}

// Tool returns the path of a program that comes with redis-server, such as
// redis-check-aof; without it, it skips the test or, if NOOK_REQUIRE_REDIS is
// set, fails it.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv(requireEnv) != "" {
		t.Fatalf("%s is not installed, and %s asks for it: %v", name, requireEnv, err)
	}
	t.Skipf("%s is not installed: %v", name, err)
	return ""
}

// start runs the program at path with its files in dir, or elsewhere if dir is
// too long for a socket's path, and waits until it is ready.
func start(path, dir string, args []string) (*Server, error) {
	remove := func() {}
	if len(filepath.Join(dir, "redis.sock")) > maxSocketPath {
		short, err := os.MkdirTemp("", "redis")
		if err != nil {
			return nil, err
		}
		dir, remove = short, func() { _ = os.RemoveAll(short) }
	}
	s := &Server{
		socket: filepath.Join(dir, "redis.sock"),
		exited: make(chan struct{}),
		output: newOutput(),
		remove: remove,
	}
	s.cmd = exec.Command(path, append([]string{
		"--port", "0",
		"--unixsocket", s.socket,
		"--dir", dir,
		"--save", "",
		"--appendonly", "no",
		"--daemonize", "no",
		"--enable-debug-command", "local",
	}, args...)...)
	if err := s.launch(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// launch starts the process and waits until it is ready, has ended, or has
// taken too long.
func (s *Server) launch() error {
	started := make(chan error, 1)
	go s.run(started)
	if err := <-started; err != nil {
		return err
	}
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case <-s.output.ready:
		return nil
	case <-s.exited:
		return fmt.Errorf("it ended before it was ready:\n%s", s.output.tail())
	case <-timeout.C:
		return fmt.Errorf("not ready after %v:\n%s", startTimeout, s.output.tail())
	}
}

// run starts the process, reports that on started, and stays until it ends.
// The thread is held because a process that dies with its parent (see
// dieWithParent) dies with the thread that started it.
func (s *Server) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.exited)
	dieWithParent(s.cmd)
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		s.cmd.Stderr = s.cmd.Stdout
		err = s.cmd.Start()
	}
	started <- err
	if err != nil {
		return
	}
	s.output.read(out)
	_ = s.cmd.Wait() // it ends by our signal
}

// stop kills the process, waits for its end and removes its files.
func (s *Server) stop() {
	if s.cmd.Process != nil {
		_ = s.cmd.Process.Kill() // an error means that it has ended already
	}
	<-s.exited
	s.remove()
}

// output follows what a server prints: it notices when the server is ready and
// keeps the last lines for error messages.
type output struct {
	ready chan struct{} // closed when the server accepts connections

	mu    sync.Mutex
	lines []string // guarded by mu; the last maxLines ones
}

const maxLines = 40

func newOutput() *output { return &output{ready: make(chan struct{})} }

// read reads r to its end.
func (o *output) read(r io.Reader) {
	ready := false
	for sc := bufio.NewScanner(r); sc.Scan(); {
		o.add(sc.Text())
		if !ready && strings.Contains(sc.Text(), "eady to accept connections") {
			ready = true
			close(o.ready)
		}
	}
}

func (o *output) add(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.lines) == maxLines {
		o.lines = append(o.lines[:0], o.lines[1:]...)
	}
	o.lines = append(o.lines, line)
}

// tail returns the last lines printed.
func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines, "\n")
}

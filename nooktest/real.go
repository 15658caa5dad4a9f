package nooktest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// RedisEnv names the environment variable that makes Run use a real server in the place of nook, so that the same tests show that both agree.
// It is either the path, or the name, of a redis-server program, of which every Run starts one of its own, or the address
// of a server that is running, as host:port. That one must be empty. It is emptied at the end of each test, and the tests of a package
// that use it wait for each other; those of several packages do not, so these need go test -p 1. What tests change besides data, as by CONFIG SET, stays.
//
// Dial, Addr, URL, Fill and RequireKeys work with both. A test that calls what only nook can do (Store, Advance, Snapshot, Inject, Commands
// and so on) is skipped, as is one in a testing/synctest bubble, or one whose options ask for more than a password, a number of databases, a
// limit of memory with its policy, or events.
const RedisEnv = "NOOKTEST_REDIS"

// A realServer is a server that is not nook.
type realServer struct {
	t        testing.TB
	addr     string
	password string
	process  *exec.Cmd // nil if it is not ours
	dir      string    // where the process runs
	once     sync.Once // of close
	release  func()    // lets the next test have a server that is shared; nil otherwise
}

// needsNook skips the test if the server is real, which cannot do what the test asks for.
func (s *Server) needsNook(what string) {
	if s.real != nil {
		s.t.Helper()
		s.t.Skipf("nooktest: %s is for nook alone, and %s is set", what, RedisEnv)
	}
}

// runReal makes s a real server.
func (s *Server) runReal(where string, o *Options) {
	s.t.Helper()
	config, ok := configOf(o)
	switch {
	case inBubble():
		s.t.Skipf("nooktest: a real server is not in the testing/synctest bubble, and %s is set", RedisEnv)
	case !ok:
		s.t.Skipf("nooktest: a real server cannot be given these options, and %s is set", RedisEnv)
	}
	r := &realServer{t: s.t, password: o.Server.Password}
	s.real = r
	var err error
	if _, _, split := net.SplitHostPort(where); split == nil {
		err = r.borrow(where, len(config) == 0)
	} else {
		err = r.start(where, config)
	}
	if err != nil {
		s.t.Fatalf("nooktest: %s=%s: %v", RedisEnv, where, err)
	}
	s.t.Cleanup(s.Close)
}

// configOf returns the options as arguments of redis-server, and false if there are others than it knows.
func configOf(o *Options) (args []string, ok bool) {
	add := func(name, value string) { args = append(args, "--"+name, value) }
	if o.Server.Password != "" {
		add("requirepass", o.Server.Password)
	}
	if o.Store.Databases != 0 {
		add("databases", strconv.Itoa(o.Store.Databases))
	}
	if o.Store.MaxMemory != 0 {
		add("maxmemory", strconv.FormatInt(o.Store.MaxMemory, 10))
		add("maxmemory-policy", o.Store.MaxMemoryPolicy.String())
	}
	if n := o.Store.Notify.String(); n != "" {
		add("notify-keyspace-events", n)
	}
	rest := *o
	rest.RealTime, rest.Seed, rest.Store.Seed, rest.Store.Shards = false, 0, 0, 0
	rest.Server.Password, rest.Server.Logger, rest.Store.Databases = "", nil, 0
	rest.Store.MaxMemory, rest.Store.MaxMemoryPolicy, rest.Store.Notify = 0, 0, nook.Notify{}
	return args, reflect.ValueOf(rest).IsZero()
}

// startTimeout is how long a server may take until it answers.
const startTimeout = 10 * time.Second

// startTries is how many ports are tried: another process may take one before the server does.
const startTries = 3

// start starts a server of our own.
func (r *realServer) start(program string, config []string) (err error) {
	for range startTries {
		if err = r.launch(program, config); err == nil {
			return nil
		}
	}
	return err
}

// launch starts a server on a free port.
func (r *realServer) launch(program string, config []string) error {
	dir, err := os.MkdirTemp("", "nooktest")
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	r.dir, r.addr = dir, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	log := filepath.Join(dir, "log")
	args := append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--dir", dir, "--logfile", log}, config...)
	r.process = exec.Command(program, args...)
	dieWithParent(r.process)
	if err = r.process.Start(); err == nil {
		if err = r.awaitStart(); err == nil {
			return nil
		}
		r.kill()
		said, _ := os.ReadFile(log)
		err = fmt.Errorf("%w\n%s", err, said)
	}
	r.process = nil
	_ = os.RemoveAll(dir)
	return err
}

// awaitStart waits until the process that we started, and no other, answers.
func (r *realServer) awaitStart() error {
	ours := fmt.Sprintf("process_id:%d\r\n", r.process.Process.Pid)
	for begun := time.Now(); time.Since(begun) < startTimeout; time.Sleep(10 * time.Millisecond) {
		reply, err := r.do("INFO", "server")
		if err != nil || strings.HasPrefix(reply.Str, "LOADING") {
			continue // it does not listen yet
		}
		if strings.Contains(reply.Str, ours) {
			return nil
		}
		return errors.New("another server is at the port")
	}
	return errors.New("the server does not answer")
}

// kill ends the process.
func (r *realServer) kill() {
	_ = r.process.Process.Kill()
	_ = r.process.Wait()
}

// freePort returns a port that nobody listens at.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// shared is held by who uses a server that others use too.
var shared = make(chan struct{}, 1)

// borrowTimeout is how long a test may wait for another one.
const borrowTimeout = 10 * time.Minute

// borrow uses a server that is running.
func (r *realServer) borrow(addr string, plain bool) error {
	if !plain {
		r.t.Skipf("nooktest: a server that is running cannot be given options, and %s is set", RedisEnv)
	}
	r.addr = addr
	select {
	case shared <- struct{}{}:
	case <-time.After(borrowTimeout):
		return errors.New("another test does not give the server up; one test can use only one")
	}
	r.release = func() { <-shared }
	reply, err := r.do("INFO", "keyspace")
	if err == nil && strings.Contains(reply.Str, "keys=") {
		err = errors.New("the server holds keys, and would be emptied")
	}
	if err != nil {
		r.release()
	}
	return err
}

// close ends the server, or empties it for the next test.
func (r *realServer) close() {
	r.once.Do(func() {
		if r.process != nil {
			r.kill()
			_ = os.RemoveAll(r.dir)
			return
		}
		for _, what := range [][]string{{"FLUSHALL"}, {"SCRIPT", "FLUSH"}, {"FUNCTION", "FLUSH"}} {
			if _, err := r.do(what...); err != nil {
				r.t.Errorf("nooktest: %v", err)
			}
		}
		r.release()
	})
}

func (r *realServer) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", r.addr)
}

// do runs a command on a connection of its own.
func (r *realServer) do(args ...string) (resp.Reply, error) {
	c, err := r.connect()
	if err != nil {
		return resp.Reply{}, err
	}
	defer c.close()
	return c.call(args...)
}

// A wire runs commands on a connection.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
}

func (r *realServer) connect() (*wire, error) {
	conn, err := r.dial(context.Background())
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(startTimeout)) // an error is that of a connection gone, which the next call tells
	w := &wire{conn, bufio.NewReader(conn)}
	if r.password != "" {
		if _, err := w.call("AUTH", r.password); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

func (w *wire) call(args ...string) (resp.Reply, error) {
	if _, err := w.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		return resp.Reply{}, err
	}
	return resp.ReadReply(w.in)
}

func (w *wire) close() { _ = w.conn.Close() }

package redistest

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/resp"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestStart(t *testing.T) {
	s := Start(t, "--databases", "3")
	c := s.Dial(t)
	require.Equal(t, "OK", c.Do("SET", "k", "v").Str)
	require.Equal(t, "v", c.Do("GET", "k").Str)
	require.Equal(t, "OK", c.Do("SELECT", "2").Str)
	require.Equal(t, resp.KindError, c.Do("SELECT", "3").Kind)

	require.Equal(t, resp.KindMap, c.Hello(3).Kind)
	require.Equal(t, resp.KindArray, c.Hello(2).Kind)

	s.Flush(t)
	c.Do("SELECT", "0")
	require.Zero(t, c.Do("DBSIZE").Int)
}

func TestServersAreApart(t *testing.T) {
	a, b := Start(t), Start(t)
	require.NotEqual(t, a.Pid(), b.Pid())
	a.Dial(t).Do("SET", "k", "v")
	require.Zero(t, b.Dial(t).Do("EXISTS", "k").Int)
}

func TestStopEndsTheProcess(t *testing.T) {
	var s *Server
	t.Run("started", func(t *testing.T) { s = Start(t) })
	require.NoFileExists(t, s.Socket())
	require.Error(t, s.cmd.Process.Kill(), "it has been waited for")
}

func TestShared(t *testing.T) {
	s := Shared(t)
	require.Same(t, s, Shared(t))
	require.Equal(t, "PONG", s.Dial(t).Do("PING").Str)
}

func TestStartReportsWhatTheServerSaid(t *testing.T) {
	_, err := start(find(t), t.TempDir(), []string{"--no-such-option", "1"})
	require.ErrorContains(t, err, "no-such-option")
}

func TestSocketOfALongDirectory(t *testing.T) {
	dir := t.TempDir() + "/" + strings.Repeat("d", maxSocketPath)
	require.NoError(t, os.Mkdir(dir, 0o700))
	s, err := start(find(t), dir, nil)
	require.NoError(t, err)
	require.LessOrEqual(t, len(s.Socket()), maxSocketPath)
	s.stop()
	require.NoFileExists(t, s.Socket())
}

// verdict is how a test ended before its time.
type verdict struct {
	testing.TB
	skipped, failed bool
}

func (v *verdict) Helper()               {}
func (v *verdict) Skipf(string, ...any)  { v.skipped = true }
func (v *verdict) Fatalf(string, ...any) { v.failed = true; panic(v) }

func TestMissingServer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := exec.LookPath("redis-server")
	require.Error(t, err)
	require.False(t, Installed())

	t.Setenv(requireEnv, "")
	v := &verdict{}
	find(v)
	require.True(t, v.skipped)

	t.Setenv(requireEnv, "1")
	require.Panics(t, func() { find(v) })
	require.True(t, v.failed)
}

// TestPipe speaks over a pipe in memory, where a write ends only when the other
// side has read all of it: many commands are sent before the first reply is
// read.
func TestPipe(t *testing.T) {
	near, far := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer func() { _ = far.Close() }()
		echo(far, 100)
	}()
	c := NewConn(t, near)
	for range 99 {
		c.Send("PING")
	}
	for range 99 {
		r, err := c.Receive()
		require.NoError(t, err)
		require.Equal(t, "*1", r.Str)
	}
	c.SendRaw("hello\r\n")
	r, err := c.Receive()
	require.NoError(t, err)
	require.Equal(t, "hello", r.Str)
	<-served
	c.Send("PING")
	_, err = c.Receive()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, c.Close())
}

// echo answers n times, with the first line of each request.
func echo(conn net.Conn, n int) {
	r := bufio.NewReader(conn)
	for range n {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		for range strings.Count(line, "*") * 2 {
			_, _ = r.ReadString('\n')
		}
		_, _ = conn.Write(resp.AppendSimple(nil, strings.TrimSpace(line)))
	}
}

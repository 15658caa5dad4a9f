package persist_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/persist"
	"github.com/nookdb/nook/server"
)

// # Killed
//
// A child process, which is this very binary, keeps a store, under load, with snapshots and rewrites going on. It is killed at some
// moment, again and again on the same directory. Whatever it had told its parent is safe must be there.
//
// Writer w appends the numbers from 0 to two lists, and to nothing else, in one transaction each; after a restart it goes on with the one that follows the last that is
// there. So the lists must be equal, without a gap, and have all that was acknowledged.

const (
	// killEnv names the directory of a child.
	killEnv = "NOOK_TEST_KILL"
	// cyclesEnv names the variable that says how often a child is killed in all.
	cyclesEnv = "NOOK_KILL_CYCLES"

	killedWriters = 4
)

func killCycles(t *testing.T) int {
	t.Helper()
	text, ok := os.LookupEnv(cyclesEnv)
	if !ok {
		return 60
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, cyclesEnv)
	return n
}

// TestKilled is about the typed API: the child itself writes.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(killEnv); dir != "" {
		must(writeUntilKilled(dir))
	}
	dir := t.TempDir()
	acked := make([]int, killedWriters)
	for cycle := range killCycles(t) / 2 {
		c := startChild(t, "TestKilled", dir)
		lines := rand.IntN(400)
		for n := 0; c.out.Scan(); n++ {
			var w, number int
			if _, err := fmt.Sscanf(c.out.Text(), "acked %d %d", &w, &number); err == nil {
				acked[w] = max(acked[w], number+1)
			} else if n > 0 { // the last line may be torn
				break
			}
			if n == lines {
				c.kill()
			}
		}
		c.wait(t)
		requireKept(t, dir, acked, cycle)
	}
}

// TestKilledServer is about the server: the parent writes.
func TestKilledServer(t *testing.T) { killServers(t, persist.FsyncAlways, killCycles(t)/2) }

// TestKilledServerThatSyncsLater has told its clients of nothing that the system does not have, whatever it has yet to sync.
func TestKilledServerThatSyncsLater(t *testing.T) {
	killServers(t, persist.FsyncEverySecond, killCycles(t)/4)
}

func killServers(t *testing.T, policy persist.Fsync, cycles int) {
	t.Helper()
	if dir := os.Getenv(killEnv); dir != "" {
		must(serveUntilKilled(dir, policy))
	}
	dir := t.TempDir()
	acked := make([]int, killedWriters)
	next := make([]int, killedWriters)
	for cycle := range cycles {
		c := startChild(t, t.Name(), dir)
		require.True(t, c.out.Scan())
		socket := c.out.Text()
		enough := rand.IntN(300)
		told := make(chan struct{}, 1000)
		var writers sync.WaitGroup
		for w := range killedWriters {
			writers.Go(func() {
				acked[w] = writeTo(socket, w, next[w], acked[w], told)
			})
		}
		over := make(chan struct{})
		go func() {
			writers.Wait()
			close(over)
		}()
		for range enough {
			select {
			case <-told:
			case <-over: // which it is not before the server ends
			}
		}
		c.kill()
		<-over
		c.wait(t)
		next = requireKept(t, dir, acked, cycle)
	}
}

func must(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A child is a process that is to be killed.
type child struct {
	cmd *exec.Cmd
	out *bufio.Scanner
}

func startChild(t *testing.T, test, dir string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), killEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &child{cmd, bufio.NewScanner(out)}
}

func (c *child) kill() { _ = c.cmd.Process.Kill() }

// wait waits for the end, which must be by the signal.
func (c *child) wait(t *testing.T) {
	t.Helper()
	for c.out.Scan() { // what it had to say
	}
	err := c.cmd.Wait()
	require.ErrorContains(t, err, "killed")
}

// keeps opens the directory as all children do, and keeps saving and rewriting.
func keeps(dir string, policy persist.Fsync) (*persist.Store, error) {
	s, err := persist.Open(dir, &persist.Options{AppendOnly: true, Fsync: policy})
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			if err := errors.Join(s.Rewrite(), s.Save()); err != nil {
				must(err)
			}
		}
	}()
	return s, nil
}

// writeUntilKilled is the child of TestKilled.
func writeUntilKilled(dir string) error {
	s, err := keeps(dir, persist.FsyncAlways)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range killedWriters {
		go func() {
			n, err := s.LLen(listOf("first", w))
			for ; err == nil; n++ {
				if err = appendTo(s.Store, w, n); err == nil {
					_, err = fmt.Printf("acked %d %d\n", w, n)
				}
			}
			failed <- err
		}()
	}
	return <-failed
}

func listOf(name string, w int) string { return name + ":" + strconv.Itoa(w) }

// appendTo makes the transaction of writer w with number n.
func appendTo(s *nook.Store, w, n int) error {
	return s.Exec(func(tx *nook.Tx) error {
		if _, err := tx.RPush(listOf("first", w), strconv.Itoa(n)); err != nil {
			return err
		}
		_, err := tx.DB(1).RPush(listOf("second", w), strconv.Itoa(n))
		return err
	})
}

// serveUntilKilled is the child of killServers. It tells its socket when it serves.
func serveUntilKilled(dir string, policy persist.Fsync) error {
	s, err := keeps(dir, policy)
	if err != nil {
		return err
	}
	srv, err := server.New(s.Store, nil)
	if err != nil {
		return err
	}
	place, err := os.MkdirTemp("", "nook") // the directory may be too long for a socket
	if err != nil {
		return err
	}
	socket := filepath.Join(place, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	fmt.Println(socket)
	return srv.Serve(l)
}

// writeTo sends transactions of writer w, from number n on, until the server is gone. It returns how many are acknowledged.
func writeTo(socket string, w, n, acked int, told chan<- struct{}) int {
	raw, err := net.Dial("unix", socket)
	if err != nil {
		return acked
	}
	defer raw.Close()
	in := bufio.NewReader(raw)
	for ; ; n++ {
		number := strconv.Itoa(n)
		lines := "MULTI\r\nSELECT 0\r\nRPUSH " + listOf("first", w) + " " + number + "\r\nSELECT 1\r\nRPUSH " + listOf("second", w) + " " + number + "\r\nEXEC\r\n"
		if _, err := io.WriteString(raw, lines); err != nil {
			return acked
		}
		for want := range strings.SplitSeq("+OK,+QUEUED,+QUEUED,+QUEUED,+QUEUED,*4,+OK,:"+strconv.Itoa(n+1)+",+OK,:"+strconv.Itoa(n+1), ",") {
			line, err := in.ReadString('\n')
			if err != nil {
				return acked
			}
			if line != want+"\r\n" {
				panic(fmt.Sprintf("%q instead of %q", line, want))
			}
		}
		acked = n + 1
		select {
		case told <- struct{}{}:
		default:
		}
	}
}

// requireKept opens the directory and makes sure that it has all that was acknowledged, and no half of a transaction. It returns how many of each writer's
// transactions it has.
func requireKept(t *testing.T, dir string, acked []int, cycle int) (have []int) {
	t.Helper()
	s, err := persist.Open(dir, &persist.Options{AppendOnly: true, Save: []persist.SaveRule{}})
	require.NoError(t, err, "cycle %d", cycle)
	for w, want := range acked {
		first, err := s.LRange(listOf("first", w), 0, -1)
		require.NoError(t, err)
		second, err := s.DB(1).LRange(listOf("second", w), 0, -1)
		require.NoError(t, err)
		require.Equal(t, first, second, "cycle %d: a half of a transaction", cycle)
		require.GreaterOrEqual(t, len(first), want, "cycle %d: acknowledged, and lost", cycle)
		for i, n := range first {
			require.Equal(t, strconv.Itoa(i), n, "cycle %d", cycle)
		}
		have = append(have, len(first))
	}
	require.NoError(t, s.Close())
	return have
}

// TestSecondProcess is refused while the first has the directory, and takes over when that is gone.
func TestSecondProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "it")
	c := startChild(t, "TestKilled", dir)
	require.True(t, c.out.Scan())
	_, err := persist.Open(dir, nil)
	require.ErrorIs(t, err, persist.ErrInUse)
	_, err = persist.Open(dir, &persist.Options{AppendOnly: true})
	require.ErrorIs(t, err, persist.ErrInUse)
	c.kill()
	c.wait(t)
	requireKept(t, dir, make([]int, killedWriters), 0)
}

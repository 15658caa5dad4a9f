package persist

import (
	"bufio"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

// lockEnv names the directory that a child process is to lock.
const lockEnv = "NOOK_TEST_LOCK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(lockEnv); dir != "" {
		lockForParent(dir)
		return
	}
	os.Exit(redistest.MainWithoutLeaks(m))
}

// lockForParent says whether it got the lock, and keeps it until its input ends.
func lockForParent(dir string) {
	_, err := dirFS(dir).lock("lock")
	_, _ = os.Stdout.WriteString(lockAnswer(err) + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func lockAnswer(err error) string {
	if err != nil {
		return err.Error()
	}
	return "locked"
}

// TestFileSystems does the same with a real directory and with the one in memory.
func TestFileSystems(t *testing.T) {
	for name, d := range map[string]fileSystem{"real": dirFS(t.TempDir()), "memory": newDisk()} {
		t.Run(name, func(t *testing.T) { testFileSystem(t, d) })
	}
}

func testFileSystem(t *testing.T, d fileSystem) {
	text := func() string {
		f, err := d.open("x/a")
		require.NoError(t, err)
		b, err := io.ReadAll(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		return string(b)
	}
	write := func(f file, s string) {
		n, err := f.Write([]byte(s))
		require.NoError(t, err)
		require.Equal(t, len(s), n)
	}
	_, err := d.open("x/a")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = d.create("x/a")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = d.list("x")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, d.mkdir("x"))
	require.NoError(t, d.mkdir("x"))
	require.NoError(t, d.syncDir("."))

	f, err := d.create("x/a")
	require.NoError(t, err)
	write(f, "hello ")
	write(f, "world")
	require.NoError(t, f.truncate(5))
	write(f, "!")
	require.NoError(t, f.sync())
	n, err := f.size()
	require.NoError(t, err)
	require.Equal(t, int64(6), n)
	require.NoError(t, f.Close())
	require.Error(t, f.sync(), "it is closed")
	require.Error(t, f.truncate(0))
	_, err = f.size()
	require.Error(t, err)
	require.Equal(t, "hello!", text())

	f, err = d.extend("x/a")
	require.NoError(t, err)
	write(f, "?")
	require.NoError(t, f.Close())
	require.Equal(t, "hello!?", text())
	f, err = d.create("x/a")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Empty(t, text())
	f, err = d.extend("x/b")
	require.NoError(t, err)
	write(f, "b")
	require.NoError(t, f.Close())

	names, err := d.list("x")
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, names)
	require.NoError(t, d.rename("x/b", "x/a"))
	require.NoError(t, d.syncDir("x"))
	require.Equal(t, "b", text())
	require.ErrorIs(t, d.rename("x/b", "x/a"), fs.ErrNotExist)
	require.NoError(t, d.remove("x/a"))
	require.ErrorIs(t, d.remove("x/a"), fs.ErrNotExist)
	names, err = d.list("x")
	require.NoError(t, err)
	require.Empty(t, names)

	held, err := d.lock("lock")
	require.NoError(t, err)
	_, err = d.lock("lock")
	require.ErrorIs(t, err, ErrInUse)
	require.NoError(t, held.Close())
	held, err = d.lock("lock")
	require.NoError(t, err)
	require.NoError(t, held.Close())
}

// TestLockOfAnotherProcess: the lock of a process is refused to others, and ends with it,
// even if it is killed.
func TestLockOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), lockEnv+"="+dir)
	in, err := child.StdinPipe()
	require.NoError(t, err)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	defer in.Close()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked", strings.TrimSpace(line))

	_, err = dirFS(dir).lock("lock")
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, dir)
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	held, err := dirFS(dir).lock("lock")
	require.NoError(t, err)
	require.NoError(t, held.Close())
}

// TestDiskForgets: the double forgets what it may, and nothing else.
func TestDiskForgets(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(300) {
		d := newDisk()
		f, err := d.create("a")
		require.NoError(t, err)
		_, _ = f.Write([]byte("sure"))
		require.NoError(t, f.sync())
		require.NoError(t, d.syncDir("."))
		_, _ = f.Write([]byte("12"))
		_, _ = f.Write([]byte("34"))
		g, err := d.create("b")
		require.NoError(t, err)
		_, _ = g.Write([]byte("new"))
		require.NoError(t, g.sync())
		require.NoError(t, d.rename("b", "a"))

		left := d.cut(rand.New(rand.NewPCG(seed, 3)))
		_, err = f.Write([]byte("x"))
		require.Error(t, err, "the power has gone")
		a := left.content("a")
		require.True(t, a == "new" || strings.HasPrefix(a, "sure"), a)
		seen[a] = true
	}
	for _, a := range []string{"new", "sure", "sure1", "sure12", "sure123", "sure1234", "sure\x00\x0034", "sure1\x0034"} {
		require.True(t, seen[a], "%q", a)
	}
	d := newDisk()
	_, err := d.create("a")
	require.NoError(t, err)
	require.Empty(t, d.cut(nil).names["a"])
}

// TestDiskDoomsWhatFailed: a sync after one that has failed does not make it good.
func TestDiskDoomsWhatFailed(t *testing.T) {
	d := newDisk()
	f, err := d.create("a")
	require.NoError(t, err)
	require.NoError(t, d.syncDir("."))
	_, _ = f.Write([]byte("lost"))
	d.failWhen(failing("sync", "a", 1, fs.ErrInvalid))
	require.ErrorIs(t, f.sync(), fs.ErrInvalid)
	d.failWhen(nil)
	_, _ = f.Write([]byte("kept"))
	require.NoError(t, f.sync())
	require.Equal(t, "\x00\x00\x00\x00kept", d.cut(nil).content("a"))
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/persist"
)

// end ends a process by SIGTERM and waits for it.
func (p *process) end(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.cmd.Wait())
}

// TestKeeping starts, writes, ends and starts again, in all ways to keep a store; and has a redis-server go on with it, and back.
func TestKeeping(t *testing.T) {
	path := build(t)
	for name, flags := range map[string][]string{
		"snapshots":   nil,
		"append-only": {"-appendonly", "-save", ""},
		"always":      {"-appendonly=yes", "-appendfsync", "always", "-save", "3600 1 60 100"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			args := append([]string{"-addr", "127.0.0.1:0", "-dir", dir, "-enable-debug-command", "yes"}, flags...)
			p := launch(t, path, args...)
			c := dial(t, "tcp", p.addr)
			c.Do("SET", "k", "v")
			c.Do("RPUSH", "list", "a", "b", strings.Repeat("long", 1000))
			c.Do("SELECT", "5")
			c.Do("XADD", "stream", "1-1", "f", "v")
			c.Do("HSET", "hash", "f", "v")
			c.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 7 end)")
			c.Do("CONFIG", "SET", "appendfsync", "everysec")
			require.Equal(t, dir, c.Do("CONFIG", "GET", "dir").Elems[1].Str)
			digest := c.Do("DEBUG", "DIGEST").Str
			p.end(t)

			p = launch(t, path, args...)
			c = dial(t, "tcp", p.addr)
			require.Equal(t, digest, c.Do("DEBUG", "DIGEST").Str)
			require.EqualValues(t, 7, c.Do("FCALL", "f", "0").Int)
			out, err := exec.Command(path, args...).CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(out), "the directory is in use by another process")
			c.Send("SHUTDOWN")
			_, err = c.Receive()
			require.Error(t, err)
			require.NoError(t, p.cmd.Wait())

			appendOnly := "no"
			if name != "snapshots" {
				appendOnly = "yes"
			}
			redis := redistest.Start(t, "--dir", dir, "--appendonly", appendOnly, "--save", "3600 1").Dial(t)
			require.Equal(t, digest, redis.Do("DEBUG", "DIGEST").Str)
			require.EqualValues(t, 7, redis.Do("FCALL", "f", "0").Int)
			redis.Do("SET", "later", "v")
			digest = redis.Do("DEBUG", "DIGEST").Str
			redis.Send("SHUTDOWN")
			_, err = redis.Receive()
			require.Error(t, err)
			waitForFiles(t, dir)

			p = launch(t, path, args...)
			require.Equal(t, digest, dial(t, "tcp", p.addr).Do("DEBUG", "DIGEST").Str)
			p.end(t)
		})
	}
}

// waitForFiles waits until all is whole: a server closes its connections before it ends.
func waitForFiles(t *testing.T, dir string) {
	t.Helper()
	require.Eventually(t, func() bool {
		found, err := persist.Check(dir, nil)
		return err == nil && found[0].Err == nil
	}, 10*time.Second, 10*time.Millisecond)
}

// TestShutdownWithoutSaving ends in ways that leave what there was.
func TestShutdownWithoutSaving(t *testing.T) {
	path := build(t)
	dir := t.TempDir()
	args := []string{"-addr", "127.0.0.1:0", "-dir", dir}
	for i, end := range []string{"SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN SAVE"} {
		p := launch(t, path, args...)
		c := dial(t, "tcp", p.addr)
		require.EqualValues(t, min(i, 1), c.Do("EXISTS", "SHUTDOWN").Int, "what the ways before have left")
		require.EqualValues(t, 0, c.Do("EXISTS", "SHUTDOWN NOSAVE").Int)
		c.Do("SET", end, "v")
		c.Send(strings.Fields(end)...)
		_, err := c.Receive()
		require.Error(t, err)
		require.NoError(t, p.cmd.Wait())
	}
	found, err := persist.Check(dir, nil)
	require.NoError(t, err)
	require.EqualValues(t, 2, found[0].Keys)
}

// TestCheckAndRepair damages files and looks after them.
func TestCheckAndRepair(t *testing.T) {
	dir := t.TempDir()
	s, err := persist.Open(dir, &persist.Options{AppendOnly: true, Save: []persist.SaveRule{}})
	require.NoError(t, err)
	require.NoError(t, s.Set("a", "v"))
	require.NoError(t, s.Set("b", "v"))
	require.NoError(t, s.Close())
	file := filepath.Join(dir, "appendonlydir", "appendonly.aof.1.incr.aof")
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	do := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(context.Background(), args, &out, io.Discard)
		return out.String(), err
	}
	text, err := do("check", dir)
	require.NoError(t, err)
	require.Contains(t, text, "appendonly.aof.1.incr.aof: increment, "+strconv.Itoa(len(whole))+" bytes, 2 commands: whole\n")

	require.NoError(t, os.WriteFile(file, whole[:len(whole)-1], 0o600))
	text, err = do("check", file)
	require.ErrorIs(t, err, errDamaged)
	require.Contains(t, text, ": torn: offset 50")
	text, err = do("repair", dir)
	require.NoError(t, err)
	require.Contains(t, text, "cut at offset 50, where the last whole command ends; 26 bytes of one that is not whole go")
	text, err = do("repair", dir)
	require.NoError(t, err)
	require.Equal(t, "nothing to repair\n", text)

	require.NoError(t, os.WriteFile(file, bytes.Replace(whole, []byte("SET"), []byte("SAT"), 1), 0o600))
	var log bytes.Buffer
	err = run(context.Background(), []string{"-addr", "127.0.0.1:0", "-dir", dir, "-appendonly"}, io.Discard, &log)
	require.ErrorContains(t, err, "appendonly.aof.1.incr.aof")
	require.ErrorContains(t, err, "nook repair")
	text, err = do("repair", dir)
	require.ErrorContains(t, err, "-force")
	require.Contains(t, text, "not done: appendonlydir/appendonly.aof.1.incr.aof: cut at offset ")
	require.Contains(t, text, "bytes are lost")
	text, err = do("repair", "-force", dir)
	require.NoError(t, err)
	require.Contains(t, text, "the original is kept as appendonlydir/appendonly.aof.1.incr.aof.damaged")
	for _, args := range [][]string{{"check", dir, "x"}, {"check", "-nosuchflag"}, {"check", t.TempDir()}, {"repair"}, {"repair", "-nosuchflag", dir}, {"repair", filepath.Join(dir, "x")}} {
		_, err := do(args...)
		require.Error(t, err, "%q", args)
	}
}

// TestRecoveryIsLogged has a file end within a command.
func TestRecoveryIsLogged(t *testing.T) {
	path := build(t)
	dir := t.TempDir()
	p := launch(t, path, "-addr", "127.0.0.1:0", "-dir", dir, "-appendonly", "-appendfsync", "always")
	c := dial(t, "tcp", p.addr)
	c.Do("SET", "a", "v")
	require.NoError(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
	file := filepath.Join(dir, "appendonlydir", "appendonly.aof.1.incr.aof")
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("*3\r\n$3\r\nSET\r\n$1")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	ctx, cancel := context.WithCancel(context.Background())
	var log bytes.Buffer
	out, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-dir", dir, "-appendonly"}, w, &log) }()
	_, err = out.Read(make([]byte, 1))
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, w.Close())
	require.Contains(t, log.String(), "level=INFO msg=loaded")
	require.Contains(t, log.String(), "was cut at offset 50")
}

func TestFlagsOfKeeping(t *testing.T) {
	for _, args := range [][]string{
		{"-appendonly"}, {"-appendfsync", "no"}, {"-save", "1 1"}, {"-dir", "d", "-appendfsync", "sometimes"}, {"-dir", "d", "-save", "1"},
		{"-dir", "d", "-save", "0 1"}, {"-dir", "d", "-appendonly=maybe"},
	} {
		_, err := parse(args, io.Discard)
		require.Error(t, err, "%q", args)
	}
	c, err := parse([]string{"-dir", "d", "-appendonly=no", "-save", ""}, io.Discard)
	require.NoError(t, err)
	require.False(t, c.keep.options.AppendOnly)
	require.NotNil(t, c.keep.options.Save)
	require.Empty(t, c.keep.options.Save)
}

// TestRulesAddUp: as with a redis-server, a flag that is given again adds rules, and takes all away if it is empty.
func TestRulesAddUp(t *testing.T) {
	for want, flags := range map[int][]string{
		2: {"-save", "3600 1", "-save", "60 100"}, 1: {"-save", "1 1 2 2", "-save", "", "-save", "60 100"}, 0: {"-save", "60 100", "-save", ""},
	} {
		c, err := parse(append([]string{"-dir", "d"}, flags...), io.Discard)
		require.NoError(t, err)
		require.NotNil(t, c.keep.options.Save)
		require.Len(t, c.keep.options.Save, want, "%q", flags)
	}
	c, err := parse([]string{"-dir", "d", "-appendonly=YES", "-appendfsync", "ALWAYS"}, io.Discard)
	require.NoError(t, err)
	require.True(t, c.keep.options.AppendOnly)
	require.Equal(t, persist.FsyncAlways, c.keep.options.Fsync)
	_, err = parse([]string{"-dir", "d", "-appendonly", "yes"}, io.Discard)
	require.ErrorContains(t, err, "-appendonly=yes")
}

// TestGoesOnUnsaved: at SIGTERM, a server that cannot write its snapshot goes on, and ends at the next one when it can.
func TestGoesOnUnsaved(t *testing.T) {
	dir := t.TempDir()
	p := &process{cmd: exec.Command(build(t), "-addr", "127.0.0.1:0", "-dir", dir)}
	log, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	p.start(t)
	lines := bufio.NewScanner(log)
	c := dial(t, "tcp", p.addr)
	c.Do("SET", "k", "v")
	obstacle := filepath.Join(dir, "temp-nook.rdb")
	require.NoError(t, os.Mkdir(obstacle, 0o700))
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	for lines.Scan() && !strings.Contains(lines.Text(), "the server goes on") {
	}
	require.Equal(t, "v", c.Do("GET", "k").Str)
	require.Equal(t, "OK", c.Do("SET", "k", "w").Str)
	require.NoError(t, os.Remove(obstacle))
	p.end(t)
	s, err := persist.Open(dir, nil)
	require.NoError(t, err)
	v, _, err := s.Get("k")
	require.NoError(t, err)
	require.Equal(t, "w", v)
	require.NoError(t, s.Close())
}

// TestInterruptedLoad is no failure: nothing is lost by it. A redis-server ends with 0 too.
func TestInterruptedLoad(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "dump.rdb"), 0o600)) // nobody writes to it
	p := &process{cmd: exec.Command(build(t), "-addr", "127.0.0.1:0", "-dir", dir)}
	var log bytes.Buffer
	p.cmd.Stderr = &log
	require.NoError(t, p.cmd.Start())
	w, err := os.OpenFile(filepath.Join(dir, "dump.rdb"), os.O_WRONLY, 0) // returns once somebody reads
	require.NoError(t, err)
	p.end(t)
	require.NoError(t, w.Close())
	require.Contains(t, log.String(), "interrupted while the store was being loaded")
}

// TestUnreadFilesAreTold: who forgets a flag hears that there is more.
func TestUnreadFilesAreTold(t *testing.T) {
	dir := t.TempDir()
	s, err := persist.Open(dir, &persist.Options{AppendOnly: true})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	k := keeping{dir: dir}
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	k.warn(log)
	require.Contains(t, text.String(), "neither read nor written without -appendonly")
	text.Reset()
	k.options.AppendOnly = true
	k.warn(log)
	require.Empty(t, text.String())
}

func TestBar(t *testing.T) {
	require.Equal(t, "load dump.rdb [###############...............] 50 %, 1.0 MB of 2.0 MB",
		draw(persist.Progress{Task: persist.TaskLoad, File: "dump.rdb", Done: 1e6, Total: 2e6}))
	require.Equal(t, "save dump.rdb [..............................]  1 %, 10 keys of 1000 keys",
		draw(persist.Progress{Task: persist.TaskSave, File: "dump.rdb", Done: 10, Total: 1000}))
	require.Equal(t, "check dump.rdb 0.5 MB", draw(persist.Progress{Task: persist.TaskCheck, File: "dump.rdb", Done: 5e5}))
	var out bytes.Buffer
	b := newBar(&out)
	require.False(t, b.shows, "it is no terminal")
	b.show(persist.Progress{Total: 1})
	require.Empty(t, out.String())
	b.shows = true
	p := persist.Progress{Task: persist.TaskLoad, File: "dump.rdb", Done: 1, Total: 2}
	b.show(p)
	require.Empty(t, out.String(), "it may be over soon")
	b.begun = b.begun.Add(-barAfter)
	b.show(p)
	b.show(p)
	require.Equal(t, 1, strings.Count(out.String(), "load dump.rdb"), "not so often")
	_, err := b.Write([]byte("a line\n"))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(out.String(), eraseEnd+"a line\n"))
	b.clear()
	require.True(t, strings.HasSuffix(out.String(), "a line\n"))
	b.show(p)
	b.begun, b.drawn = b.begun.Add(-barAfter), time.Time{}
	b.show(p)
	require.True(t, b.there)
	b.end()
	require.True(t, strings.HasSuffix(out.String(), wrap+eraseEnd))
	b.drawn = time.Time{}
	b.show(p)
	require.True(t, strings.HasSuffix(out.String(), wrap+eraseEnd), "the process ends")
}

package differential

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/persist"
	"github.com/nookdb/nook/server"
)

// # Directories
//
// Both servers run the same random sequences, each on a directory of its own. Then each is started on the directory of the other, and must have
// all that the other had.

// keptSide is nook's server on a store that a directory keeps.
type keptSide struct {
	dir  string
	o    persist.Options
	kept **persist.Store // where the store is left, for who wants to save it
}

type keptInstance struct {
	nookInstance
	kept *persist.Store
	t    redistest.TB
}

func (s keptSide) begin(t redistest.TB) instance {
	t.Helper()
	kept, err := persist.Open(s.dir, &s.o)
	if err != nil {
		t.Fatalf("persist.Open: %v", err)
	}
	if s.kept != nil {
		*s.kept = kept
	}
	i := &keptInstance{nookInstance{store: kept.Store}, kept, t}
	i.server, err = server.New(kept.Store, &server.Options{Debug: server.DebugLocal})
	if err != nil {
		t.Fatalf("server.New: %v", err)
	}
	return i
}

func (i *keptInstance) close() {
	_ = i.server.Close()
	i.tasks.Wait()
	if err := i.kept.Close(); err != nil {
		i.t.Fatalf("Close: %v", err)
	}
}

// stateOf returns what must be the same after a restart. Keys that would soon be gone stay for good.
func stateOf(t *testing.T, i instance) string {
	t.Helper()
	c := redistest.NewConn(t, i.dial(t))
	defer func() { _ = c.Close() }()
	var groups []string
	for db := range 16 {
		require.Equal(t, "OK", c.Do("SELECT", strconv.Itoa(db)).Str)
		for _, key := range c.Do("KEYS", "*").Elems {
			if ttl := c.Do("PTTL", key.Str).Int; ttl >= 0 && ttl < 3_600_000 {
				c.Do("PERSIST", key.Str)
			}
			if c.Do("TYPE", key.Str).Str == "stream" {
				groups = append(groups, fmt.Sprint(db, key.Str, ordered(c.Do("XINFO", "GROUPS", key.Str))))
			}
		}
	}
	slices.Sort(groups)
	return strings.Join([]string{
		c.Do("DEBUG", "DIGEST").Str, librariesIn(c.Do("FUNCTION", "LIST", "WITHCODE")), strings.Join(groups, "\n"),
	}, "\n")
}

// rewriteRedis makes a real server rewrite its append-only files.
func rewriteRedis(t *testing.T, i instance) {
	t.Helper()
	c := redistest.NewConn(t, i.dial(t))
	defer func() { _ = c.Close() }()
	require.Equal(t, resp.KindSimple, c.Do("BGREWRITEAOF").Kind)
	for strings.Contains(c.Do("INFO", "persistence").Str, "aof_rewrite_in_progress:1") {
	}
	require.Contains(t, c.Do("INFO", "persistence").Str, "aof_last_bgrewrite_status:ok")
}

// A way is how data get into a directory.
type way struct {
	name         string
	args         []string // of redis-server
	appends      bool
	single       bool // what Redis has written becomes a single file, as a server before Redis 7 has it
	rounds, each int
}

var ways = []way{
	{name: "snapshots", rounds: 3, each: 40},
	{name: "append-only", args: []string{"--appendonly", "yes"}, appends: true, rounds: 4, each: 60},
	{name: "append-only without a preamble", args: []string{"--appendonly", "yes", "--aof-use-rdb-preamble", "no"}, appends: true, rounds: 3, each: 40},
	{name: "single file", args: []string{"--appendonly", "yes"}, appends: true, single: true, rounds: 2, each: 40},
	{
		name: "single file without a preamble", args: []string{"--appendonly", "yes", "--aof-use-rdb-preamble", "no"},
		appends: true, single: true, rounds: 2, each: 40,
	},
}

func TestDirectoriesOfEachOther(t *testing.T) {
	for _, w := range ways {
		for round := range w.rounds * max(1, *checks/200) {
			t.Run(fmt.Sprint(w.name, " ", round), func(t *testing.T) { w.check(t, round) })
		}
	}
}

func (w way) check(t *testing.T, round int) {
	ours, theirs := t.TempDir(), t.TempDir()
	var kept *persist.Store
	o := persist.Options{AppendOnly: w.appends, Save: []persist.SaveRule{}}
	start := append([]string{"--auto-aof-rewrite-percentage", "0"}, w.args...)
	redis := redistest.Start(t, append([]string{"--dir", theirs}, start...)...)
	r := begin(t, [2]side{redisSide{server: redis}, keptSide{ours, o, &kept}}, 3)
	sequences := everything().sequences()
	for n := range w.each {
		if !r.steps(logged(sequences.Example(round*w.each + n))) {
			t.Fatal(r.log.String())
		}
		if w.appends && n == w.each/2 {
			rewriteRedis(t, r.sides[0])
			require.NoError(t, kept.Rewrite())
		}
	}
	was := [2]string{stateOf(t, r.sides[0]), stateOf(t, r.sides[1])}
	if !w.appends {
		require.NoError(t, kept.Save())
	}
	w.shutdown(t, redis)
	r.close()
	acceptedByTools(t, ours)

	if w.single {
		theirs = singleFile(t, theirs)
	}
	// Redis itself forgets how many entries a group has read.
	restarted := redistest.Start(t, append([]string{"--dir", copied(t, theirs)}, start...)...)
	digest, _, _ := strings.Cut(was[0], "\n")
	was[0] = stateOf(t, redisSide{server: restarted})
	require.Equal(t, digest, was[0][:len(digest)])
	i := keptSide{dir: theirs, o: o}.begin(t)
	require.Equal(t, was[0], stateOf(t, i), "Redis's directory")
	i.close()
	i = keptSide{dir: theirs, o: o}.begin(t)
	require.Equal(t, was[0], stateOf(t, i), "Redis's directory, again")
	i.close()
	i = keptSide{dir: copied(t, ours), o: o}.begin(t)
	require.Equal(t, was[1], stateOf(t, i), "our directory, by ourselves")
	i.close()
	again := redistest.Start(t, append([]string{"--dir", ours}, start...)...)
	require.Equal(t, was[1], stateOf(t, redisSide{server: again}), "our directory")
	again = redistest.Start(t, append([]string{"--dir", theirs}, start...)...)
	require.Equal(t, was[0], stateOf(t, redisSide{server: again}), "Redis's directory, when we have had it")
}

// logged returns a sequence without what Redis answers or logs otherwise if it has a log:
//   - BITFIELD makes a key, or makes it longer, even if all that it was to write would overflow after OVERFLOW FAIL. None of that gets into the
//     log. SAT stands there instead.
//   - SORT may fail when the log is read, and then leaves out what it was to store: where a number too great or too small has been read before, it
//     takes the error of that for one of its own. With ALPHA it reads no numbers.
//   - OBJECT REFCOUNT counts, too, what a transaction is going to log. OBJECT ENCODING stands there instead.
func logged(steps sequence) sequence {
	all := slices.Clone(steps)
	for i, s := range all {
		all[i].commands = slices.Clone(s.commands)
		for j, c := range s.commands {
			switch { // a script may call them
			case c.name() == "BITFIELD" || c.has("BITFIELD"):
				all[i].commands[j] = c.replaced("FAIL", "SAT")
			case (c.name() == "SORT" || c.has("SORT")) && c.has("STORE"):
				all[i].commands[j] = append(slices.Clone(c), "ALPHA")
			case c.has("REFCOUNT"):
				all[i].commands[j] = c.replaced("REFCOUNT", "ENCODING")
			}
		}
	}
	return all
}

// replaced returns a command with one word in the place of another.
func (c command) replaced(word, by string) command {
	c = slices.Clone(c)
	for i := range c {
		if strings.EqualFold(c[i], word) {
			c[i] = by
		}
	}
	return c
}

// shutdown ends a real server, which leaves all in its directory.
func (w way) shutdown(t *testing.T, s *redistest.Server) {
	t.Helper()
	c := s.Dial(t)
	c.Send("SHUTDOWN", map[bool]string{true: "NOSAVE", false: "SAVE"}[w.appends])
	c.Flush()
	_, err := c.Receive()
	require.Error(t, err, "it is gone")
}

// copied returns a copy of a directory.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

// acceptedByTools makes sure that redis-check-rdb and redis-check-aof find nothing wrong with a directory.
func acceptedByTools(t *testing.T, dir string) {
	t.Helper()
	rdbs, err := filepath.Glob(filepath.Join(dir, "dump.rdb"))
	require.NoError(t, err)
	bases, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.rdb"))
	require.NoError(t, err)
	for _, name := range append(rdbs, bases...) {
		out, err := exec.Command(redistest.Tool(t, "redis-check-rdb"), name).CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "RDB looks OK")
	}
	manifests, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.manifest"))
	require.NoError(t, err)
	for _, name := range manifests {
		out, err := exec.Command(redistest.Tool(t, "redis-check-aof"), name).CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "All AOF files and manifest are valid")
	}
	require.NotEmpty(t, append(rdbs, manifests...))
}

// singleFile returns a directory with the files of another one as one.
func singleFile(t *testing.T, dir string) string {
	t.Helper()
	bases, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.base.*"))
	require.NoError(t, err)
	increments, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	require.NoError(t, err)
	require.Len(t, bases, 1)
	require.Len(t, increments, 1)
	var all []byte
	for _, name := range append(bases, increments...) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		all = append(all, text...)
	}
	single := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(single, "appendonly.aof"), all, 0o600))
	return single
}

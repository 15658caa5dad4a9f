package persist

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
	"github.com/nookdb/nook/internal/redistest"
)

// putManifest writes the manifest of increments, which it numbers from 1.
func putManifest(t *testing.T, d fileSystem, increments int) []aof.File {
	t.Helper()
	var m aof.Manifest
	for range increments {
		m.Increments = append(m.Increments, m.NextIncrement(appendName))
	}
	f, err := d.create(appendDir + "/" + aof.ManifestName(appendName))
	require.NoError(t, err)
	_, err = f.Write(m.Append(nil))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return m.Increments
}

// startOn starts a redis-server that loads what is in the directory.
func startOn(t *testing.T, dir string) *redistest.Conn {
	t.Helper()
	return redistest.Start(t, "--dir", dir, "--appendonly", "yes").Dial(t)
}

// fill writes of several types, databases and transactions into the store.
func fill(t *testing.T, s *nook.Store, rnd *rand.Rand) {
	t.Helper()
	for range 300 {
		db := s.DB(rnd.IntN(3))
		key, n := "key:"+strconv.Itoa(rnd.IntN(20)), rnd.IntN(1000)
		value := strings.Repeat("\r\n*1$", rnd.IntN(200)) + strconv.Itoa(n)
		switch rnd.IntN(6) {
		case 0:
			require.NoError(t, db.Set("s"+key, value))
		case 1:
			_, err := db.RPush("l"+key, value, "", "b")
			require.NoError(t, err)
		case 2:
			_, err := db.SAdd("u"+key, value, strconv.Itoa(n))
			require.NoError(t, err)
		case 3:
			_, err := db.HSet("h"+key, nook.Field{Name: "field", Value: value})
			require.NoError(t, err)
		case 4:
			_, _, err := db.SPop("u" + key)
			require.NoError(t, err)
		default:
			require.NoError(t, db.Exec(func(tx *nook.Tx) error {
				_, err := tx.Incr("n" + key)
				if err == nil {
					_, err = tx.RPush("l"+key, value)
				}
				return err
			}))
		}
	}
}

// TestRealServerLoads: a redis-server loads what a journal has written, in two
// increments, and has the same data; redis-check-aof accepts it.
func TestRealServerLoads(t *testing.T) {
	check := redistest.Tool(t, "redis-check-aof")
	dir := t.TempDir()
	d := dirFS(dir)
	require.NoError(t, d.mkdir(appendDir))
	files := putManifest(t, d, 2)
	first, err := d.create(appendDir + "/" + files[0].Name)
	require.NoError(t, err)
	j := newJournal(first, 0, FsyncAlways)
	s, err := nook.New(&nook.Options{Journal: j})
	require.NoError(t, err)
	rnd := rand.New(rand.NewPCG(1, 2))
	fill(t, s, rnd)
	second, err := d.create(appendDir + "/" + files[1].Name)
	require.NoError(t, err)
	require.NoError(t, <-j.rotate(second, func() error { return d.syncDir(appendDir) }))
	fill(t, s, rnd)
	digest, err := s.DebugDigest()
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, j.close())

	manifest := filepath.Join(dir, appendDir, aof.ManifestName(appendName))
	out, err := exec.Command(check, manifest).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "All AOF files and manifest are valid")
	require.Equal(t, digest, startOn(t, dir).Do("DEBUG", "DIGEST").Str)
}

// TestRealServerCutsAtTheSamePlace: it cuts torn files where our reader says. But in a
// transaction it cuts behind the last whole command, and leaves the MULTI.
func TestRealServerCutsAtTheSamePlace(t *testing.T) {
	text := wanted(effect("SET", "a", "1"),
		[]nook.Effect{{Args: []string{"SET", "b", "2"}}, {DB: 1, Args: []string{"SET", "c", "3"}}},
		[]nook.Effect{{DB: 1, Args: []string{"SET", "d", "4"}}})
	for n := 11; n < len(text); n += 23 {
		dir := t.TempDir()
		d := dirFS(dir)
		require.NoError(t, d.mkdir(appendDir))
		file := filepath.Join(dir, appendDir, putManifest(t, d, 1)[0].Name)
		require.NoError(t, os.WriteFile(file, []byte(text[:n]), 0o600))
		startOn(t, dir)
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, wholeUnits([]byte(text[:n])), wholeUnits([]byte(text[:info.Size()])), n)
		if !strings.Contains(text[:info.Size()], "MULTI") || strings.Contains(text[:info.Size()], "EXEC") {
			require.Equal(t, wholeUnits([]byte(text[:n])), info.Size(), n)
		}
	}
}

// TestFilesOfRealServer: our reader reads what a redis-server has written, and what it
// read makes the same bytes.
func TestFilesOfRealServer(t *testing.T) {
	c := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always", "--aof-timestamp-enabled", "yes").Dial(t)
	for _, line := range []string{
		"SELECT 3", "SET a 1", "MULTI", "SET b 2", "SELECT 4", "INCR c", "EXEC", "RPUSH l a b c", "SPOP nothing", "SADD s 1 2 3", "SPOP s",
		"EVAL redis.call('set','x',1);redis.call('set','y',2) 0", "EXPIRE a 100", "SET long " + strings.Repeat("x", 3000),
	} {
		r := c.Do(strings.Split(line, " ")...)
		require.NotEqual(t, "ERR", strings.SplitN(r.Str, " ", 2)[0], line)
	}
	where := filepath.Join(c.Do("CONFIG", "GET", "dir").Elems[1].Str, appendDir)
	text, err := os.ReadFile(filepath.Join(where, aof.ManifestName(appendName)))
	require.NoError(t, err)
	m, err := aof.ParseManifest(text)
	require.NoError(t, err)
	require.Equal(t, string(text), string(m.Append(nil)))
	require.Equal(t, aof.File{Name: appendName + ".1.base.rdb", Seq: 1, Kind: aof.Base}, m.Base)
	require.Len(t, m.Increments, 1)

	text, err = os.ReadFile(filepath.Join(where, m.Increments[0].Name))
	require.NoError(t, err)
	r := aof.NewReader(strings.NewReader(string(text)), 0)
	var again []byte
	for int(r.Offset()) < len(text) {
		u, err := r.Next()
		require.NoError(t, err)
		require.NotZero(t, u.Time)
		transaction := len(u.Commands) > 1
		if transaction {
			again = aof.AppendMulti(again)
		}
		for _, args := range u.Commands {
			again = aof.AppendCommand(again, args)
		}
		if transaction {
			again = aof.AppendExec(again)
		}
	}
	require.Equal(t, withoutAnnotations(string(text)), string(again))
}

func withoutAnnotations(text string) string {
	var kept strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		if !strings.HasPrefix(line, "#") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

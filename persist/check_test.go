package persist

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
)

// directoryOf returns a directory with a base, two increments and a snapshot, all of which hold something.
func directoryOf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(dir, &Options{AppendOnly: true, Save: []SaveRule{}, Logger: quiet})
	require.NoError(t, err)
	require.NoError(t, s.Set("base", "v"))
	_, err = s.SetWith("timed", "v", nook.SetOptions{Expire: nook.ExpireIn(1e12)})
	require.NoError(t, err)
	require.NoError(t, s.Rewrite())
	require.NoError(t, s.Set("first", "v"))
	require.NoError(t, s.Exec(func(tx *nook.Tx) error {
		_, err := tx.RPush("list", "a")
		if err == nil {
			_, err = tx.RPush("list", "b")
		}
		return err
	}))
	require.NoError(t, s.Save())
	require.NoError(t, s.Close())
	// A rewrite that did not get to its base leaves two increments.
	second := strings.Replace(string(bytesOf(t, dir, "appendonlydir/appendonly.aof.2.incr.aof")), "first", "other", 1)
	put(t, dir, "appendonlydir/appendonly.aof.3.incr.aof", second)
	m, _, err := readManifest(dirFS(dir), manifestName())
	require.NoError(t, err)
	m.Increments[0].Size = int64(len(second))
	m.Increments = append(m.Increments, m.NextIncrement(appendName))
	require.NoError(t, writeManifest(dirFS(dir), m))
	return dir
}

func bytesOf(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return b
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), fileMode))
}

// lines returns what Check says.
func lines(t *testing.T, path string) (text string) {
	t.Helper()
	found, err := Check(path, nil)
	require.NoError(t, err)
	for i := range found {
		text += found[i].String() + "\n"
	}
	return text
}

func TestCheckWhole(t *testing.T) {
	dir := directoryOf(t)
	text := lines(t, dir)
	require.NotContains(t, text, ": damaged:")
	require.NotContains(t, text, "torn")
	require.Contains(t, text, "dump.rdb: snapshot, ")
	require.Contains(t, text, "version 10, 4 keys, 1 with a time to live, 0 libraries: whole\n")
	require.Contains(t, text, "appendonlydir/appendonly.aof.2.base.rdb: base, ")
	require.Contains(t, text, "appendonlydir/appendonly.aof.2.incr.aof: increment, ")
	require.Contains(t, text, "3 commands: whole\n")
	require.Equal(t, 5, strings.Count(text, "\n"), text)
	put(t, dir, "appendonlydir/notes", "x")
	require.Contains(t, lines(t, dir), "appendonlydir/notes: not in the manifest, 1 bytes\n")
	require.Contains(t, lines(t, filepath.Join(dir, "dump.rdb")), "dump.rdb: snapshot, ")
	require.Equal(t, 5, strings.Count(lines(t, filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest")), "\n"))
	_, err := Check(t.TempDir(), nil)
	require.ErrorIs(t, err, errNothing)
	_, err = Check(filepath.Join(dir, "missing"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestDamage damages files, and looks at what Check says, what Repair does, and what the store has then.
func TestDamage(t *testing.T) {
	const (
		base   = "appendonlydir/appendonly.aof.2.base.rdb"
		second = "appendonlydir/appendonly.aof.2.incr.aof"
		third  = "appendonlydir/appendonly.aof.3.incr.aof"
	)
	cut := func(n int) func(b []byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }
	replace := func(from, to string) func(b []byte) []byte {
		return func(b []byte) []byte { return []byte(strings.Replace(string(b), from, to, 1)) }
	}
	for _, x := range []struct {
		name, file string
		damage     func(b []byte) []byte
		says       string // Check
		does       string // Repair
		lossless   bool
		has, hasNo string // keys of the store afterwards
	}{
		{"torn in a transaction", third, cut(5), third + ": increment, ", "cut at offset 54", true, "base first other list", ""},
		{"torn in the first command", third, cut(137), "torn: offset 0", "cut at offset 0", true, "base first list", "other"},
		{"torn before the last file", second, cut(5), second + ": increment", "the original is kept as " + second + ".damaged", false, "base first", "list other"},
		{"no command", second, replace("$3\r\nSET", "$3\r\nSAT"), "damaged: offset ", "bytes are lost; the original is kept", false, "base", "first list other"},
		{"a length that is wrong", third, replace("$5\r\nother", "$4\r\nother"), "damaged: offset ", "cut at offset 23", false, "base first list", "other"},
		{"no command in a transaction", third, replace("RPUSH", "RPASH"), "damaged: offset 54", "cut at offset 54", false, "base first other list", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			dir := directoryOf(t)
			original := bytesOf(t, dir, x.file)
			damaged := x.damage(append([]byte(nil), original...))
			put(t, dir, x.file, string(damaged))
			require.Contains(t, lines(t, dir), x.says)
			_, err := Open(dir, &Options{AppendOnly: true, RefuseTorn: true, Logger: quiet})
			var failed *FileError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, x.file, failed.File)

			changes, err := Repair(dir, nil)
			if x.lossless {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, ErrLoss)
				require.Equal(t, damaged, bytesOf(t, dir, x.file), "nothing changes without Force")
				changes, err = Repair(dir, &RepairOptions{Force: true})
				require.NoError(t, err)
				require.Equal(t, damaged, bytesOf(t, dir, changes[0].Kept))
			}
			var text string
			for i := range changes {
				text += changes[i].String() + "\n"
			}
			require.Contains(t, text, x.does)
			require.NotContains(t, lines(t, dir), "torn:")
			require.NotContains(t, lines(t, dir), ": damaged:")
			changes, err = Repair(dir, nil)
			require.NoError(t, err)
			require.Empty(t, changes, "all is well")

			s, err := Open(dir, &Options{AppendOnly: true, RefuseTorn: true, Logger: quiet})
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			n, err := s.Exists(strings.Fields(x.has)...)
			require.NoError(t, err)
			require.Equal(t, len(strings.Fields(x.has)), n)
			n, err = s.Exists(strings.Fields(x.hasNo)...)
			require.NoError(t, err)
			require.Zero(t, n)
		})
	}
	t.Run("base", func(t *testing.T) {
		dir := directoryOf(t)
		put(t, dir, base, string(cut(5)(bytesOf(t, dir, base))))
		require.Contains(t, lines(t, dir), base+": base")
		_, err := Repair(dir, &RepairOptions{Force: true})
		require.ErrorIs(t, err, ErrBeyondRepair)
		changes, err := Repair(filepath.Join(dir, base), &RepairOptions{Force: true})
		require.NoError(t, err)
		require.EqualValues(t, 2, changes[0].Keys)
		_, err = Repair(filepath.Join(dir, second), nil)
		require.NoError(t, err)
	})
	t.Run("a single increment that others follow", func(t *testing.T) {
		dir := directoryOf(t)
		put(t, dir, second, string(cut(5)(bytesOf(t, dir, second))))
		_, err := Repair(filepath.Join(dir, second), &RepairOptions{Force: true})
		require.ErrorIs(t, err, ErrBeyondRepair)
	})
	t.Run("missing", func(t *testing.T) {
		dir := directoryOf(t)
		require.NoError(t, os.Remove(filepath.Join(dir, second)))
		require.Contains(t, lines(t, dir), second+": increment, 0 bytes, 0 commands: damaged: no such file")
		_, err := Repair(dir, &RepairOptions{Force: true})
		require.ErrorIs(t, err, ErrBeyondRepair)
	})
	t.Run("manifest", func(t *testing.T) {
		dir := directoryOf(t)
		put(t, dir, "appendonlydir/appendonly.aof.manifest", "nonsense\n")
		require.Contains(t, lines(t, dir), "damaged: AOF manifest, line 1")
		_, err := Repair(dir, &RepairOptions{Force: true})
		require.ErrorIs(t, err, ErrBeyondRepair)
	})
}

// TestSalvage gets the keys out of a snapshot that lie before the damage; a redis-server reads the result.
func TestSalvage(t *testing.T) {
	for _, x := range []struct {
		name   string
		damage func(b []byte) []byte
	}{
		{"checksum", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }},
		{"end", func(b []byte) []byte { return b[:len(b)-20] }},
		{"empty", func([]byte) []byte { return nil }},
	} {
		t.Run(x.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(dir, &Options{Logger: quiet})
			require.NoError(t, err)
			for i := range 100 {
				require.NoError(t, s.DB(i%3).Set(strings.Repeat("k", i), "v"))
			}
			require.NoError(t, s.Close())
			put(t, dir, "dump.rdb", string(x.damage(bytesOf(t, dir, "dump.rdb"))))
			_, err = Open(dir, &Options{Logger: quiet})
			var failed *FileError
			require.ErrorAs(t, err, &failed)
			_, err = Repair(dir, nil)
			require.ErrorIs(t, err, ErrLoss)
			changes, err := Repair(dir, &RepairOptions{Force: true})
			require.NoError(t, err)
			require.Equal(t, "dump.rdb.damaged", changes[0].Kept)
			require.Contains(t, lines(t, dir), "whole")
			s, err = Open(dir, &Options{Logger: quiet})
			require.NoError(t, err)
			require.EqualValues(t, changes[0].Keys, s.Recovery().Keys)
			digest, err := s.DebugDigest()
			require.NoError(t, err)
			require.NoError(t, s.Close())
			require.Equal(t, digest, redistest.Start(t, "--dir", dir).Dial(t).Do("DEBUG", "DIGEST").Str)
		})
	}
}

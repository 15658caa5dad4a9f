package rdb

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/table"
)

// contents is what a file consists of.
type contents struct {
	version   int
	aux       map[string]string
	functions []string
	keys      []stored
	sizes     [][3]uint64
	others    []Item
}

// stored is a key of a file.
type stored struct {
	db    int
	entry *table.Entry
	idle  int64
	freq  int
}

// decode reads a file.
func decode(src io.Reader, o *Options) (*contents, error) {
	d, err := NewDecoder(src, o)
	if err != nil {
		return nil, err
	}
	c := &contents{version: d.Version(), aux: map[string]string{}}
	for {
		it, err := d.Next()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		switch it.Kind {
		case KindKey:
			c.keys = append(c.keys, stored{it.DB, it.Entry, it.Idle, it.Freq})
		case KindAux:
			c.aux[it.Name] = it.Text
		case KindFunction:
			c.functions = append(c.functions, it.Text)
		case KindSize:
			c.sizes = append(c.sizes, [3]uint64{uint64(it.DB), it.Keys, it.Timed})
		default:
			other := *it
			other.Key = string(append([]byte(nil), it.Key...))
			c.others = append(c.others, other)
		}
	}
}

// encode writes a file of what is in another.
func encode(t require.TestingT, c *contents) []byte {
	var b bytes.Buffer
	e := NewEncoder(&b, c.version, &Header{Redis: "7.0.15", Created: 1_700_000_000, Memory: 1 << 20})
	for _, code := range c.functions {
		require.NoError(t, e.Function(code))
	}
	sizes := c.sizes
	for _, k := range c.keys {
		for len(sizes) > 0 && sizes[0][0] <= uint64(k.db) {
			require.NoError(t, e.DB(int(sizes[0][0]), int(sizes[0][1]), int(sizes[0][2])))
			sizes = sizes[1:]
		}
		a := Access{HasIdle: k.idle >= 0, Idle: uint64(max(k.idle, 0)), HasFreq: k.freq >= 0, Freq: uint8(max(k.freq, 0))}
		require.NoError(t, e.Key(k.entry, a))
	}
	require.NoError(t, e.Close())
	require.Equal(t, int64(b.Len()), e.Len())
	return b.Bytes()
}

// saved makes keys of all types in several databases of a server and returns the file that it saves.
func saved(t *testing.T, c *redistest.Conn, dir string, seed int) []byte {
	j := judge{c: c}
	library := "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
	require.Equal(t, "lib", c.Do("FUNCTION", "LOAD", "REPLACE", library).Str)
	n := 0
	random := rapid.Custom(func(t *rapid.T) [][]string {
		var cmds [][]string
		for kind, commands := range makers {
			key := fmt.Sprintf("key %s %d", kind, n)
			n++
			cmds = append(cmds, []string{"SELECT", strconv.Itoa(n % 3)})
			cmds = append(cmds, commands(t, key)...)
			if n%4 == 0 {
				cmds = append(cmds, []string{"PEXPIREAT", key, strconv.FormatInt(4102444800000+int64(n), 10)})
			}
		}
		return cmds
	})
	for i := range 12 {
		j.run(t, random.Example(seed+i))
	}
	require.Equal(t, "OK", c.Do("SAVE").Str)
	b, err := os.ReadFile(filepath.Join(dir, "dump.rdb"))
	require.NoError(t, err)
	return b
}

// TestFileOfRedis reads what a real server saved, finds the same values in it, and writes a file from which another
// server has the same keys.
func TestFileOfRedis(t *testing.T) {
	for i, policy := range []string{"noeviction", "allkeys-lru", "allkeys-lfu"} {
		t.Run(policy, func(t *testing.T) {
			dir := t.TempDir()
			c := redistest.Start(t, "--dir", dir, "--maxmemory-policy", policy).Dial(t)
			file := saved(t, c, dir, 100*i)
			all, err := decode(bytes.NewReader(file), &deepLook)
			require.NoError(t, err)
			require.Equal(t, VersionPlain, all.version)
			require.Equal(t, "7.0.15", all.aux["redis-ver"])
			require.Equal(t, "0", all.aux["aof-base"])
			require.Len(t, all.functions, 1)
			require.Len(t, all.sizes, 3)
			require.Empty(t, all.others)
			checkKeys(t, c, all, policy)

			ours := encode(t, all)
			again, err := decode(iotest.HalfReader(bytes.NewReader(ours)), &deepLook)
			require.NoError(t, err)
			checkKeys(t, c, again, policy)
			require.Equal(t, c.Do("DEBUG", "DIGEST").Str, digestOf(t, ours))
		})
	}
}

// checkKeys compares the keys of a file with those of a server.
func checkKeys(t *testing.T, c *redistest.Conn, all *contents, policy string) {
	db := -1
	counts := map[int]uint64{}
	for _, k := range all.keys {
		if k.db != db {
			db = k.db
			c.Do("SELECT", strconv.Itoa(db))
		}
		counts[db]++
		require.Equal(t, c.Do("DEBUG", "DIGEST-VALUE", k.entry.Key()).Elems[0].Str, fingerprint(k.entry), k.entry.Key())
		require.Equal(t, max(c.Do("PEXPIRETIME", k.entry.Key()).Int, 0), k.entry.Deadline())
		require.Equal(t, policy == "allkeys-lru", k.idle >= 0)
		require.Equal(t, policy == "allkeys-lfu", k.freq >= 0)
	}
	for _, size := range all.sizes {
		require.Equal(t, counts[int(size[0])], size[1])
	}
}

// digestOf returns the digest of all that a server has that was started on a file, which redis-check-rdb accepts.
func digestOf(t *testing.T, file []byte) string {
	dir := t.TempDir()
	path := filepath.Join(dir, "dump.rdb")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	out, err := exec.Command("redis-check-rdb", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "Checksum OK")
	return redistest.Start(t, "--dir", dir).Dial(t).Do("DEBUG", "DIGEST").Str
}

// TestEmptyFile writes a file without keys.
func TestEmptyFile(t *testing.T) {
	var b bytes.Buffer
	e := NewEncoder(&b, VersionMax, &Header{Redis: "7.4.0", Created: time.Unix(1e9, 0).Unix(), Memory: 5, Base: true})
	require.NoError(t, e.Aux("repl-id", "x"))
	require.NoError(t, e.Close())
	require.Equal(t, "REDIS0012", b.String()[:9])
	b.WriteString("*1\r\n$4\r\nPING\r\n")
	d, err := NewDecoder(&b, &deepLook)
	require.NoError(t, err)
	aux := map[string]string{}
	for {
		it, err := d.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		require.Equal(t, KindAux, it.Kind)
		aux[it.Name] = it.Text
	}
	require.Equal(t, map[string]string{
		"redis-ver": "7.4.0", "redis-bits": "64", "ctime": "1000000000", "used-mem": "5", "aof-base": "1", "repl-id": "x",
	}, aux)
	rest, err := io.ReadAll(d.Rest())
	require.NoError(t, err)
	require.Equal(t, "*1\r\n$4\r\nPING\r\n", string(rest))
}

package persist

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/server"
)

// served returns a client of a server of the store, that ends with the test.
func served(t *testing.T, s *Store, onShutdown func()) *redistest.Conn {
	t.Helper()
	srv, err := server.New(s.Store, &server.Options{Persistence: s, Debug: server.DebugAllowed, OnShutdown: onShutdown})
	require.NoError(t, err)
	near, far := net.Pipe()
	go srv.ServeConn(far)
	t.Cleanup(func() {
		_ = near.Close()
		require.NoError(t, srv.Close())
	})
	return redistest.NewConn(t, near)
}

// field returns a field of INFO persistence.
func field(c *redistest.Conn, name string) string {
	for line := range strings.Lines(c.Do("INFO", "persistence").Str) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return "(none)"
}

// settle waits until nothing is under way.
func settle(t *testing.T, c *redistest.Conn) {
	t.Helper()
	require.Eventually(t, func() bool {
		return field(c, "rdb_bgsave_in_progress") == "0" && field(c, "aof_rewrite_in_progress") == "0" && field(c, "aof_rewrite_scheduled") == "0"
	}, 30*time.Second, 5*time.Millisecond)
}

// TestLikeARealServer sends the same to a redis-server and to a server of a Store, which each have a directory.
func TestLikeARealServer(t *testing.T) {
	for _, appendOnly := range []string{"yes", "no"} {
		t.Run("appendonly "+appendOnly, func(t *testing.T) {
			redis := redistest.Start(t, "--dir", t.TempDir(), "--appendonly", appendOnly, "--save", "3600 1").Dial(t)
			s, err := Open(t.TempDir(), &Options{AppendOnly: appendOnly == "yes", Save: []SaveRule{{time.Hour, 1}}, Logger: quiet})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			c := served(t, s, func() {})
			inside, later, saves := false, false, [2]string{}
			for line := range strings.Lines(strings.ReplaceAll(commonRequests, "RESTORE_APPENDONLY", "CONFIG SET appendonly "+appendOnly)) {
				args := strings.Fields(line)
				if len(args) == 0 {
					continue
				}
				for i := range args {
					args[i] = strings.ReplaceAll(strings.ReplaceAll(args[i], "_", " "), "''", "")
				}
				if args[0] == "MULTI" {
					saves = [2]string{field(redis, "rdb_saves"), field(c, "rdb_saves")}
				}
				want, got := redis.Do(args...), c.Do(args...)
				if appendOnly == "no" && args[0] == "BGREWRITEAOF" && len(args) == 1 && !inside { // Redis writes files that nobody reads
					require.Equal(t, resp.KindError, got.Kind)
				} else if line != "EXEC\n" || appendOnly == "yes" {
					require.True(t, want.Equal(got), "%s\nredis %v\nnook  %v", line, want, got)
				}
				later = later || inside && args[0] == "BGSAVE"
				if later && args[0] == "EXEC" { // now it begins
					require.Eventually(t, func() bool {
						return saves[0] != field(redis, "rdb_saves") && saves[1] != field(c, "rdb_saves")
					}, 30*time.Second, 5*time.Millisecond)
					later = false
				}
				if inside = args[0] == "MULTI" || inside && args[0] != "EXEC"; !inside {
					settle(t, redis)
					settle(t, c)
				}
			}
			for _, key := range []string{"a", "list", "hash", "zset", "set"} {
				want, got := redis.Do("DEBUG", "OBJECT", key).Str, c.Do("DEBUG", "OBJECT", key).Str
				require.Equal(t, serializedLength(want), serializedLength(got), key)
			}
			for _, name := range []string{
				"loading", "rdb_changes_since_last_save", "rdb_bgsave_in_progress", "rdb_last_bgsave_status", "rdb_saves",
				"aof_enabled", "aof_last_bgrewrite_status", "aof_last_write_status", "aof_rewrites_consecutive_failures", "aof_pending_rewrite",
			} {
				require.Equal(t, field(redis, name), field(c, name), name)
			}
		})
	}
}

// serializedLength returns that field of DEBUG OBJECT.
func serializedLength(line string) string {
	_, rest, _ := strings.Cut(line, "serializedlength:")
	length, _, _ := strings.Cut(rest, " ")
	return length
}

// commonRequests are answered alike. An underscore stands for a space, and two quotes for nothing.
const commonRequests = `
CONFIG GET save
CONFIG GET appendonly
CONFIG GET appendfsync
CONFIG GET appendfilename
CONFIG GET appenddirname
CONFIG GET dbfilename
CONFIG GET auto-aof-rewrite-percentage
CONFIG GET auto-aof-rewrite-min-size
CONFIG GET stop-writes-on-bgsave-error
CONFIG SET save 900_1_10_5
CONFIG GET save
CONFIG SET save x
CONFIG SET save 900
CONFIG SET save 900_1_
CONFIG SET save _
CONFIG SET save 900__1
CONFIG SET save ''
CONFIG GET save
CONFIG SET save 3600_1000
CONFIG SET appendonly maybe
CONFIG SET appendonly no
CONFIG GET appendonly
SET unlogged 1
CONFIG SET appendonly yes
CONFIG GET appendonly
CONFIG SET appendonly yes
CONFIG SET appendonly no appendonly yes
DEL unlogged
RESTORE_APPENDONLY
CONFIG SET appendfsync always
CONFIG GET appendfsync
CONFIG SET appendfsync sometimes
CONFIG SET appendfsync no
CONFIG SET appendfsync everysec
CONFIG SET auto-aof-rewrite-percentage 0
CONFIG GET auto-aof-rewrite-percentage
CONFIG SET auto-aof-rewrite-percentage 50
CONFIG SET auto-aof-rewrite-percentage x
CONFIG SET auto-aof-rewrite-min-size 1gb
CONFIG GET auto-aof-rewrite-min-size
CONFIG SET rdbcompression no
CONFIG GET rdbcompression
CONFIG SET rdbcompression yes
CONFIG SET aof-load-truncated no
CONFIG GET aof-load-truncated
CONFIG SET stop-writes-on-bgsave-error no
CONFIG GET stop-writes-on-bgsave-error
CONFIG SET stop-writes-on-bgsave-error maybe
CONFIG SET dir /
CONFIG SET dbfilename x
CONFIG SET appendfilename x
CONFIG SET rdbchecksum no
SET a 1
RPUSH list a b c
HSET hash f v
ZADD zset 1 m
SADD set 1 2 3
DEBUG OBJECT nosuch
SAVE
SAVE x
SET b 2
BGSAVE
BGSAVE SCHEDULE
BGSAVE soon
BGSAVE SCHEDULE x
BGREWRITEAOF
BGREWRITEAOF x
LASTSAVE x
MULTI
SAVE
EXEC
MULTI
SHUTDOWN
EXEC
MULTI
SET c 3
BGSAVE
EXEC
MULTI
BGREWRITEAOF
BGREWRITEAOF
EXEC
EVAL return_redis.call('save') 0
EVAL return_redis.call('bgsave') 0
EVAL return_type(redis.call('lastsave')) 0
EVAL return_redis.call('debug','reload') 0
SHUTDOWN SAVE NOSAVE
SHUTDOWN ABORT
SHUTDOWN ABORT NOW
SHUTDOWN x
DEBUG RELOAD
DEBUG DIGEST
SET later 1
DEBUG RELOAD NOSAVE
EXISTS later
SET later 1
DEBUG RELOAD NOSAVE NOFLUSH MERGE
EXISTS later a b
DEBUG RELOAD noflush merge
DEBUG RELOAD x
DEBUG RELOAD NOSAVE x
DBSIZE
DEBUG RELOAD MERGE
BGREWRITEAOF
SET after 1
`

// TestReloadAppendOnly reads the append-only files again.
func TestReloadAppendOnly(t *testing.T) {
	s := reopened(t, newDisk(), nil, Options{AppendOnly: true, Logger: quiet})
	c := served(t, s, nil)
	c.Do("SET", "k", "v")
	c.Do("INCR", "n")
	before := c.Do("DEBUG", "DIGEST").Str
	require.Equal(t, "OK", c.Do("DEBUG", "LOADAOF").Str)
	require.Equal(t, before, c.Do("DEBUG", "DIGEST").Str)
	c.Do("MULTI")
	c.Do("DEBUG", "LOADAOF")
	require.Contains(t, c.Do("EXEC").Elems[0].Str, "not possible within a transaction")
	reply := c.Do("WAITAOF", "1", "0", "0")
	require.EqualValues(t, 1, reply.Elems[0].Int)
	c = served(t, reopened(t, newDisk(), nil, Options{Logger: quiet}), nil)
	require.Equal(t, "ERR Error trying to load the AOF files, check server logs.", c.Do("DEBUG", "LOADAOF").Str)
	require.Contains(t, c.Do("WAITAOF", "1", "0", "0").Str, "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled")
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "appendonly", "yes").Str)
	settle(t, c)
	require.Equal(t, "OK", c.Do("DEBUG", "LOADAOF").Str)
}

// TestChangesLikeARealServer compares how many changes each command counts for.
func TestChangesLikeARealServer(t *testing.T) {
	redis := redistest.Start(t, "--save", "").Dial(t)
	c := served(t, reopened(t, newDisk(), nil, Options{Save: []SaveRule{}, Logger: quiet}), nil)
	for line := range strings.Lines(countedRequests) {
		args := strings.Fields(line)
		want, got := redis.Do(args...), c.Do(args...)
		require.Equal(t, want.Kind, got.Kind, line)
		require.Equal(t, field(redis, "rdb_changes_since_last_save"), field(c, "rdb_changes_since_last_save"), line)
	}
}

const countedRequests = `SET a 1
SET a 1 NX
MSET a 1 b 2 c 3
APPEND a x
DEL a b c nosuch
RPUSH l a b c d c
LPUSH l x y
LPOP l
LPOP l 2
LREM l 0 c
LPUSH l 1 2 3 4
LTRIM l 1 2
LSET l 0 q
LINSERT l BEFORE q a
LMPOP 1 l LEFT COUNT 2
LMPOP 1 l LEFT COUNT 9
HSET h a 1 b 2 c 3
HSET h a 2 d 4
HDEL h a b x
HINCRBY h n 1
SADD s a b c
SADD s a d e f
SREM s a b z
SPOP s 2
SPOP s 9
SADD s a b c
SMOVE s s2 a
SPOP s
ZADD z 1 a 2 b 3 c
ZADD z 1 a 3 b 4 d
ZINCRBY z 1 a
ZREM z a b x
ZADD z 1 a 2 b 3 e
ZPOPMIN z 2
ZREMRANGEBYRANK z 0 -1
GEOADD g 1 1 a 2 2 b
XADD st 1-1 f v
XADD st 2-1 f v
XADD st 3-1 f v
XADD st 4-1 f v
XDEL st 1-1 2-1
XTRIM st MAXLEN 0
SET k v
RENAME k k2
COPY k2 k3
MOVE k3 3
EXPIRE k2 100
PERSIST k2
EVAL redis.call('rpush','e','1','2') 0
FLUSHALL
`

// TestReloadNothing has no snapshot to read. Redis has then lost what it had.
func TestReloadNothing(t *testing.T) {
	redis := redistest.Start(t, "--dir", t.TempDir(), "--save", "").Dial(t)
	c := served(t, reopened(t, newDisk(), nil, Options{Logger: quiet}), nil)
	c.Do("SET", "k", "v")
	want, got := redis.Do("DEBUG", "RELOAD", "NOSAVE"), c.Do("DEBUG", "RELOAD", "NOSAVE")
	require.True(t, want.Equal(got), "redis %v\nnook  %v", want, got)
	require.Equal(t, "v", c.Do("GET", "k").Str)
}

// TestMisconf takes the directory away, so that no snapshot can be written, and compares what is refused then.
func TestMisconf(t *testing.T) {
	dirs := []string{filepath.Join(t.TempDir(), "redis"), filepath.Join(t.TempDir(), "nook")}
	require.NoError(t, os.Mkdir(dirs[0], dirMode))
	redis := redistest.Start(t, "--dir", dirs[0], "--save", "3600 1").Dial(t)
	s, err := Open(dirs[1], &Options{Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.Error(t, s.Close(), "the last snapshot cannot be written") })
	c := served(t, s, func() {})
	both := []*redistest.Conn{redis, c}
	for i, x := range both {
		x.Do("SET", "k", "v")
		x.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return redis.call('SET', 'f', 'v') end)")
		require.NoError(t, os.RemoveAll(dirs[i]))
		require.Equal(t, "Background saving started", x.Do("BGSAVE").Str)
		settle(t, x)
		require.Equal(t, "err", field(x, "rdb_last_bgsave_status"))
	}
	for _, args := range [][]string{
		{"SET", "k", "w"}, {"PING"}, {"GET", "k"}, {"DEL", "k"}, {"DBSIZE"},
		{"EVAL", "return redis.call('SET', KEYS[1], 'v')", "1", "k"},
		{"EVAL", "return redis.pcall('SET', KEYS[1], 'v')['err']", "1", "k"},
		{"EVAL", "return redis.call('GET', KEYS[1])", "1", "k"},
		{"EVAL", "#!lua\nreturn redis.call('GET', KEYS[1])", "1", "k"},
		{"EVAL", "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])", "1", "k"},
		{"FCALL", "f", "0"},
		{"MULTI"}, {"SET", "k", "w"}, {"EXEC"},
		{"MULTI"}, {"GET", "k"}, {"EXEC"},
		{"MULTI"}, {"PING"}, {"EXEC"},
		{"SUBSCRIBE", "ch"}, {"PING"}, {"UNSUBSCRIBE", "ch"},
		{"SAVE"}, {"DEBUG", "RELOAD"}, {"SHUTDOWN"}, {"SHUTDOWN", "SAVE"},
		{"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"}, {"SET", "k", "w"}, {"PING"},
		{"CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"}, {"SET", "k", "w"},
		{"CONFIG", "SET", "save", ""}, {"SET", "k", "w"}, {"CONFIG", "SET", "save", "3600 1"},
		{"FLUSHALL"},
	} {
		want, got := redis.Do(args...), c.Do(args...)
		require.True(t, want.Equal(got), "%q\nredis %v\nnook  %v", args, want, got)
	}
	require.NoError(t, os.Mkdir(dirs[1], dirMode)) // it is there again; Redis is still in the one that has gone
	c.Do("BGSAVE")
	settle(t, c)
	require.Equal(t, "OK", c.Do("SET", "k", "w").Str)
	require.NoError(t, os.RemoveAll(dirs[1]))
}

// TestMisconfOfAppendOnly has the disk fail under an append-only file.
func TestMisconfOfAppendOnly(t *testing.T) {
	d := newDisk()
	s, err := open(d, &Options{AppendOnly: true, Fsync: FsyncAlways, Save: []SaveRule{}, Logger: quiet})
	require.NoError(t, err)
	c := served(t, s, nil)
	require.Equal(t, "OK", c.Do("SET", "k", "v").Str)
	d.failWhen(func(op, _ string, _ int) (int, error) {
		if op == "write" {
			return 0, syscall.ENOSPC
		}
		return 0, nil
	})
	require.Error(t, s.Set("k", "w"))
	const refused = "MISCONF Errors writing to the AOF file: No space left on device"
	for _, args := range [][]string{{"SET", "k", "x"}, {"PING"}, {"EVAL", "return redis.pcall('SET', KEYS[1], 'v')['err']", "1", "k"}, {"EVAL", "#!lua\nreturn 1", "0"}} {
		require.Equal(t, refused, c.Do(args...).Str, "%q", args)
	}
	require.Equal(t, "w", c.Do("GET", "k").Str)
	require.Equal(t, "err", field(c, "aof_last_write_status"))
	require.Error(t, s.Close())
}

// TestShutdown looks at what the ways to end leave on disk.
func TestShutdown(t *testing.T) {
	for _, x := range []struct {
		args, want string
		rules      []SaveRule
	}{
		{"SHUTDOWN", "new", nil}, {"SHUTDOWN", "old", []SaveRule{}},
		{"SHUTDOWN NOSAVE", "old", nil}, {"SHUTDOWN SAVE", "new", []SaveRule{}}, {"SHUTDOWN NOW FORCE", "new", nil},
	} {
		d, ended := newDisk(), make(chan struct{})
		s := reopened(t, d, nil, Options{Save: x.rules, Logger: quiet})
		c := served(t, s, func() { close(ended) })
		c.Do("SET", "k", "old")
		require.Equal(t, "OK", c.Do("SAVE").Str)
		c.Do("SET", "k", "new")
		c.Send(strings.Fields(x.args)...)
		c.Flush()
		<-ended
		s = reopened(t, d, s, Options{})
		require.Equal(t, x.want, valueOf(t, s), "%s with %v", x.args, x.rules)
	}
}

// TestNothingChangesAfterShutdown has a client write when the last snapshot has been written: it is told.
func TestNothingChangesAfterShutdown(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{AppendOnly: true, Logger: quiet})
	require.NoError(t, s.Set("k", "v"))
	require.NoError(t, s.Wire().PrepareShutdown(command.Shutdown{}))
	require.ErrorIs(t, s.Set("k", "w"), nook.ErrClosed)
	s = reopened(t, d, s, Options{})
	require.Equal(t, "v", valueOf(t, s))
}

// TestShutdownFails: the store goes on as if nobody had asked.
func TestShutdownFails(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{AppendOnly: true, Logger: quiet})
	c := served(t, s, func() { t.Error("it has ended") })
	require.Equal(t, "OK", c.Do("SET", "k", "v").Str)
	d.failWhen(func(op, name string, _ int) (int, error) {
		if op == "sync" && strings.HasPrefix(name, appendDir) {
			return 0, syscall.EIO
		}
		return 0, nil
	})
	require.Equal(t, string(command.ErrShutdown), c.Do("SHUTDOWN").Str)
	require.Contains(t, c.Do("SET", "k", "w").Str, "MISCONF Errors writing to the AOF file")
	require.Equal(t, "OK", c.Do("CONFIG", "SET", "appendonly", "no").Str)
	require.Equal(t, "OK", c.Do("SET", "k", "w").Str)
	d.failWhen(nil)
	s = reopened(t, d, s, Options{Logger: quiet})
	require.Equal(t, "w", valueOf(t, s))
}

// TestShutdownTwice: what the second asks for cannot undo that the first has been told that all is on disk.
func TestShutdownTwice(t *testing.T) {
	d := newDisk()
	s := reopened(t, d, nil, Options{Logger: quiet})
	require.NoError(t, s.Set("k", "v"))
	require.NoError(t, s.Wire().PrepareShutdown(command.Shutdown{}))
	d.failWhen(failing("create", tempSnapshot, 0, syscall.EIO))
	_ = s.Wire().PrepareShutdown(command.Shutdown{Save: true})
	require.ErrorIs(t, s.Set("k", "w"), nook.ErrClosed)
	s = reopened(t, d, s, Options{})
	require.Equal(t, "v", valueOf(t, s))
}

// TestReloadIsKept: what the store holds after DEBUG RELOAD is in the append-only files when that returns.
func TestReloadIsKept(t *testing.T) {
	for _, words := range []string{"NOSAVE", "NOSAVE NOFLUSH MERGE", "NOSAVE NOFLUSH"} {
		d := newDisk()
		o := Options{AppendOnly: true, Save: []SaveRule{}, Logger: quiet}
		s := reopened(t, d, nil, o)
		c := served(t, s, nil)
		c.Do("SET", "k", "in the snapshot")
		require.Equal(t, "OK", c.Do("SAVE").Str)
		c.Do("DEL", "k")
		c.Do("SET", "l", "not there")
		if words == "NOSAVE NOFLUSH" {
			c.Do("RPUSH", "k", "is there") // so it fails
		}
		c.Do(append([]string{"DEBUG", "RELOAD"}, strings.Fields(words)...)...)
		want := c.Do("DEBUG", "DIGEST").Str
		s = reopened(t, d, s, o)
		have, err := s.DebugDigest()
		require.NoError(t, err)
		require.Equal(t, want, have, words)
	}
}

package nook_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// entries is a journal that keeps what it is given, call by call.
type entries struct {
	mu   sync.Mutex
	list [][]nook.Effect // guarded by mu
}

func (*entries) Admit() error  { return nil }
func (*entries) Commit() error { return nil }

func (j *entries) Append(effects []nook.Effect) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, keptEffects(effects))
}

// run runs the effects that came since the last call on another store. None may fail.
func (j *entries) run(t require.TestingT, s *nook.Store) {
	for _, effects := range j.list {
		for _, e := range effects {
			reply := do(t, s.Select(e.DB), e.Args...)
			require.NotEqual(t, resp.KindError, reply.Kind, "%q: %s", e.Args, reply.Str)
		}
	}
	j.list = nil
}

// take returns what came since the last call: one line for each entry.
func (j *entries) take() (lines []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, effects := range j.list {
		var parts []string
		for _, e := range effects {
			text := strings.Join(e.Args, " ")
			if e.DB != 0 {
				text += fmt.Sprint("@", e.DB)
			}
			parts = append(parts, text)
		}
		lines = append(lines, strings.Join(parts, "; "))
	}
	j.list = nil
	return lines
}

// effectRows are commands, run one after the other, and what they bring into
// the journal. It is 2020-01-01, 1577836800000 in Unix milliseconds.
var effectRows = []struct{ command, effects string }{
	{"set k v", "SET k v"},
	{"set k v ex 10", "SET k v PXAT 1577836810000"},
	{"set k v keepttl", "SET k v KEEPTTL"},
	{"set k w nx", ""},
	{"set k w xx get", "SET k w"},
	{"setnx k w", ""},
	{"setnx l w", "SET l w"},
	{"psetex k 1500 v", "SET k v PXAT 1577836801500"},
	{"getset k v", "SET k v"},
	{"set k v ifeq w", ""},
	{"set k v ifeq v", "SET k v"},
	{"get k", ""},
	{"getex k", ""},
	{"getex k ex 10", "PEXPIREAT k 1577836810000"},
	{"getex k persist", "PERSIST k"},
	{"getex k persist", ""},
	{"getex l pxat 1", "DEL l"},
	{"getdel k", "DEL k"},
	{"getdel k", ""},
	{"mset a 1 b 2", "MSET a 1 b 2"},
	{"msetnx a 1 c 2", ""},
	{"msetnx c 1 d 2", "MSET c 1 d 2"},
	{"msetex 2 a 1 b 2 ex 10", "SET a 1 PXAT 1577836810000; SET b 2 PXAT 1577836810000"},
	{"append a x", "APPEND a x"},
	{"setrange a 5 y", "SETRANGE a 5 y"},
	{"incr n", "INCRBY n 1"},
	{"decr n", "INCRBY n -1"},
	{"decrby n 7", "INCRBY n -7"},
	{"incr a", ""},
	{"incrbyfloat n 0.5", "SET n -6.5 KEEPTTL"},
	{"setbit bits 7 1", "SETBIT bits 7 1"},
	{"sadd s a b c", "SADD s a b c"},
	{"sadd s a", ""},
	{"srem s a x", "SREM s a x"},
	{"srem s x", ""},
	{"smove s t b", "SMOVE s t b"},
	{"smove s t b", ""},
	{"smove s s c", ""},
	{"spop s", "SREM s c"},
	{"spop s", ""},
	{"sadd s a b c", "SADD s a b c"},
	{"spop s 3", "DEL s"},
	{"srandmember t", ""},
	{"sunionstore s t t", "SUNIONSTORE s t t"},
	{"sinterstore s t", "SINTERSTORE s t"},
	{"sdiffstore s t missing", "SDIFFSTORE s t missing"},
	{"sdiffstore s t t", "DEL s"},
	{"sdiffstore s t t", ""},
	{"geoadd g 13.361389 38.115556 p", "ZADD g 3479099956230698 p"},
	{"geoadd g 13.361389 38.115556 p", ""},
	{"geosearchstore h g frommember p byradius 1 km", "ZADD h 3479099956230698 p"},
	{"georadius g 13.361389 38.115556 1 km store h", "DEL h; ZADD h 3479099956230698 p"},
	{"georadius g 0 0 1 km store h", "DEL h"},
	{"georadius g 0 0 1 km store h", ""},
	{"sadd numbers 2 1", "SADD numbers 2 1"},
	{"sort numbers", ""},
	{"sort numbers desc store sorted", "RPUSH sorted 2 1"},
	{"sort numbers store sorted", "DEL sorted; RPUSH sorted 1 2"},
	{"sort missing store sorted", "DEL sorted"},
	{"sort missing store sorted", ""},
	{"expire n 10", "PEXPIREAT n 1577836810000"},
	{"pexpire n 10 nx", ""},
	{"expireat n 2000000000", "PEXPIREAT n 2000000000000"},
	{"persist n", "PERSIST n"},
	{"persist n", ""},
	{"expire n 0", "DEL n"},
	{"rename a a", ""},
	{"rename a z", "RENAME a z"},
	{"renamenx z b", ""},
	{"renamenx z a", "RENAME z a"},
	{"copy a b", ""},
	{"copy a b replace", "COPY a b DB 0 REPLACE"},
	{"copy a b db 3", "COPY a b DB 3 REPLACE"},
	{"move a 2", "MOVE a 2"},
	{"move missing 2", ""},
	{"delex b ifeq nothing", ""},
	{"del b missing c", "DEL b; DEL c"},
	{"unlink d", "DEL d"},
	{"touch bits", ""},
	{"rpush li a b", "RPUSH li a b"},
	{"lpush li c", "LPUSH li c"},
	{"lpushx li d d d d", "LPUSH li d d d d"},
	{"rpushx missing d", ""},
	{"lset li -1 e", "LSET li -1 e"},
	{"linsert li after c x", "LINSERT li AFTER c x"},
	{"linsert li after missing x", ""},
	{"ltrim li 1 -1", "LTRIM li 1 -1"},
	{"lrem li 0 x", "LREM li 0 x"},
	{"lrem li 0 x", ""},
	{"lmove li mo left right", "LMOVE li mo LEFT RIGHT"},
	{"rpoplpush li li", "LMOVE li li RIGHT LEFT"},
	{"lmpop 2 missing li left count 3", "LPOP li 3"},
	{"rpop li 0", ""},
	{"rpop li 9", "RPOP li 2"},
	{"rpop li", ""},
	{"lpop mo", "LPOP mo"},
	{"pfadd hll a b", "PFADD hll a b"},
	{"pfadd hll a", ""},
	{"pfcount hll", "PFCOUNT hll"},
	{"pfcount hll", ""},
	{"pfcount hll missing", ""},
	{"pfmerge union hll missing", "PFMERGE union hll missing"},
	{"pfdebug todense hll", "PFDEBUG TODENSE hll"},
	{"pfdebug todense hll", ""},
	{"del hll union", "DEL hll; DEL union"},
	{"zadd z 1 a 2.5 b inf c", "ZADD z 1 a 2.5 b inf c"},
	{"zadd z 1 a", ""},
	{"zadd z gt ch 0 a 3 b 4 d", "ZADD z 3 b 4 d"},
	{"zincrby z 0.1 a", "ZADD z 1.1000000000000001 a"},
	{"zadd z incr -inf c", ""},
	{"zadd z xx incr 1 missing", ""},
	{"zrem z a missing d", "ZREM z a d"},
	{"zrem z missing", ""},
	{"zadd z 0 a 0 b 0 c 0 d 0 e 0 f", "ZADD z 0 a 0 b 0 c 0 d 0 e 0 f"},
	{"zrangestore y z 1 2", "ZADD y 0 b 0 c"},
	{"zrangestore y z (0 +inf byscore", "DEL y"},
	{"zrangestore y z [b + bylex limit 1 2", "ZADD y 0 c 0 d"},
	{"zunionstore y 2 y z weights 2 3", "DEL y; ZADD y 0 a 0 b 0 c 0 d 0 e 0 f"},
	{"zinterstore missing 2 y nosuch", ""},
	{"zpopmin z", "ZPOPMIN z 1"},
	{"zpopmax z 0", ""},
	{"bzpopmax nosuch z 0", "ZPOPMAX z 1"},
	{"zmpop 2 nosuch y max count 4", "ZPOPMAX y 4"},
	{"zremrangebyrank z 0 0", "ZREMRANGEBYRANK z 0 0"},
	{"zremrangebyscore z (0 inf", ""},
	{"zremrangebyscore z (-1 inf", "ZREMRANGEBYSCORE z (-1 inf"},
	{"zremrangebylex y [b +", "ZREMRANGEBYLEX y [b +"},
	{"zpopmax y 9", "ZPOPMAX y 1"},
	{"xgroup create st g $ mkstream", "XGROUP CREATE st g 0-0 MKSTREAM ENTRIESREAD -1"},
	{"xgroup create st g $", ""},
	{"xgroup setid st g 5-5 entriesread 3", "XGROUP SETID st g 5-5 ENTRIESREAD 3"},
	{"xgroup setid st g 0", "XGROUP SETID st g 0-0 ENTRIESREAD -1"},
	{"xgroup createconsumer st g a", "XGROUP CREATECONSUMER st g a"},
	{"xgroup createconsumer st g a", ""},
	{"xgroup delconsumer st g a", "XGROUP DELCONSUMER st g a"},
	{"xgroup delconsumer st g a", ""},
	{"xreadgroup group g a streams st >", ""},
	{"xadd st 1-0 f v", "XADD st 1-0 f v"},
	{"xadd st 2-0 f v", "XADD st 2-0 f v"},
	{"xreadgroup group g a count 1 streams st >", "XGROUP CREATECONSUMER st g a; XCLAIM st g a 0 1-0 TIME 1577836800000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-0; XGROUP SETID st g 1-0 ENTRIESREAD 1"},
	{"xreadgroup group g b noack streams st >", "XGROUP CREATECONSUMER st g b; XGROUP SETID st g 2-0 ENTRIESREAD 2"},
	{"xreadgroup group g a streams st 0", "XCLAIM st g a 0 1-0 TIME 1577836800000 RETRYCOUNT 2 FORCE JUSTID LASTID 2-0"},
	{"xclaim st g b 0 1-0 time 1577836700000", "XCLAIM st g b 0 1-0 TIME 1577836700000 RETRYCOUNT 3 FORCE JUSTID LASTID 2-0"},
	{"xclaim st g b 0 7-0 lastid 3-0", "XGROUP SETID st g 3-0 ENTRIESREAD 2"},
	{"xautoclaim st g a 0 0 justid", "XCLAIM st g a 0 1-0 TIME 1577836800000 RETRYCOUNT 3 FORCE JUSTID LASTID 3-0"},
	{"xdel st 1-0", "XDEL st 1-0"},
	{"xautoclaim st g a 0 0 justid", "XCLAIM st g a 0 1-0 TIME 1577836800000 RETRYCOUNT 3 FORCE JUSTID LASTID 3-0"},
	{"xclaim st g a 0 2-0 force", "XCLAIM st g a 0 2-0 TIME 1577836800000 RETRYCOUNT 2 FORCE JUSTID LASTID 3-0"},
	{"xack st g 2-0 5-0", "XACK st g 2-0"},
	{"xack st g 2-0", ""},
	{"xclaim st g a 0 2-0 force justid retrycount 0", "XCLAIM st g a 0 2-0 TIME 1577836800000 RETRYCOUNT 0 FORCE JUSTID LASTID 3-0"},
	{"xackdel st g acked ids 2 2-0 5-0", "XACKDEL st g ACKED IDS 1 2-0"},
	{"xgroup destroy st g", "XGROUP DESTROY st g"},
	{"xgroup destroy st g", ""},
	{"del st", "DEL st"},
	{"xadd x * f v", "XADD x 1577836800000-0 f v"},
	{"xadd x * f w g h", "XADD x 1577836800000-1 f w g h"},
	{"xadd x 1577836800000-* f v", "XADD x 1577836800000-2 f v"},
	{"xadd x maxlen 5 1577836800001 f v", "XADD x 1577836800001-0 f v"},
	{"xadd x nomkstream maxlen 3 1577836800002-1 f v", "XADD x 1577836800002-1 f v; XTRIM x MAXLEN = 3"},
	{"xadd x minid ~ 1577836800003 1577836800003-1 f v", "XADD x 1577836800003-1 f v"},
	{"xadd x minid 1577836800002 1577836800004 f v", "XADD x 1577836800004-0 f v; XTRIM x MINID = 1577836800002-1"},
	{"xadd x 5 f v", ""},
	{"xadd nosuch nomkstream * f v", ""},
	{"xdel x 1577836800003-1 5 1577836800003-1", "XDEL x 1577836800003-1"},
	{"xdel x 5", ""},
	{"xtrim x maxlen 2", ""},
	{"xtrim x maxlen 1", "XTRIM x MAXLEN = 1"},
	{"xtrim x minid 1577836800009", "XTRIM x MINID = 1577836800009-0"},
	{"xadd x 1577836800009 f v", "XADD x 1577836800009-0 f v"},
	{"xadd x 1577836800010 f v", "XADD x 1577836800010-0 f v"},
	{"xadd x 1577836800011 f v", "XADD x 1577836800011-0 f v"},
	{"xdelex x delref ids 2 1577836800009 7", "XDELEX x DELREF IDS 1 1577836800009-0"},
	{"xtrim x minid 1577836800011 delref", "XTRIM x MINID = 1577836800011-0 DELREF"},
	{"xtrim x minid 1577836800012 acked", "XTRIM x MAXLEN = 0 ACKED"},
	{"xdelex x acked ids 1 1577836800011", ""},
	{"xsetid x 1577836800012", "XSETID x 1577836800012-0"},
	{"xread count 1 streams x 0", ""},
	{"swapdb 0 2", "SWAPDB 0 2"},
	{"swapdb 1 1", ""},
	{"flushdb", "FLUSHDB"},
	{"flushall", "FLUSHALL"},
	{"set k v pxat 1", "SET k v PXAT 1"},
	{"get k", "DEL k"},
	{"set k v pxat 1", "SET k v PXAT 1"},
	{"append k w", "DEL k; APPEND k w"},
}

func TestEffects(t *testing.T) {
	j := new(entries)
	s := nook.NewChecked(t, nook.Options{Clock: nook.NewManualClock(time.Time{}), Journal: j})
	for _, row := range effectRows {
		do(t, s.Select(0), strings.Fields(row.command)...)
		require.Equal(t, row.effects, strings.Join(j.take(), " | "), row.command)
	}
}

// TestEffectsOfTransactions shows that a transaction is one entry, whatever
// becomes of it.
// pledge is a journal that may refuse or fail, and knows what it has not been asked to keep yet.
type pledge struct {
	refusal, failure  error
	appended, waiting int
}

func (j *pledge) Admit() error         { return j.refusal }
func (j *pledge) Append([]nook.Effect) { j.appended++; j.waiting++ }
func (j *pledge) Commit() error        { j.waiting = 0; return j.failure }

// TestCommit runs commands on a journal that promises to keep what they did, and on one that fails to.
func TestCommit(t *testing.T) {
	j := new(pledge)
	s := nook.NewChecked(t, nook.Options{Clock: nook.NewManualClock(time.Time{}), Journal: j})
	j.failure = nook.ErrTimeout // any error
	for _, row := range effectRows {
		before := j.appended
		reply := do(t, s.Select(0), strings.Fields(row.command)...)
		if row.command == findsExpired {
			continue
		}
		require.Zero(t, j.waiting, row.command)
		require.Equal(t, row.effects != "", j.appended > before, row.command)
		if row.effects != "" {
			require.Equal(t, resp.KindError, reply.Kind, row.command)
		}
	}
}

// flusher is a pledge that tells who waits for many commands from who waits for one.
type flusher struct {
	pledge
	flushed bool
}

func (j *flusher) Flush() error { j.flushed = true; return j.Commit() }

// TestFlusher is asked to by those alone who wait for many commands at once.
func TestFlusher(t *testing.T) {
	j := new(flusher)
	s := nook.NewChecked(t, nook.Options{Journal: j})
	require.NoError(t, s.Set("k", "v"))
	require.False(t, j.flushed)
	require.Zero(t, j.waiting)
	var owes bool
	c := s.Select(0).As(&nook.Caller{Owes: &owes})
	require.NoError(t, c.Set("k", "v"))
	require.True(t, owes)
	require.Equal(t, 1, j.waiting)
	j.failure = nook.ErrTimeout // any error
	require.Equal(t, nook.ErrTimeout, s.Commit())
	require.True(t, j.flushed)
	require.Zero(t, j.waiting)
}

// findsExpired is a command that reads only, and has nothing to acknowledge, though its key goes by this.
const findsExpired = "get k"

// TestAdmit runs commands on a journal that refuses, which change nothing then.
func TestAdmit(t *testing.T) {
	j := new(pledge)
	s := nook.NewChecked(t, nook.Options{Clock: nook.NewManualClock(time.Time{}), Journal: j})
	digest := func() string {
		sum, err := s.DebugDigest()
		require.NoError(t, err)
		return sum
	}
	for _, row := range effectRows {
		before := digest()
		j.refusal = nook.ErrTimeout // any error
		reply := do(t, s.Select(0), strings.Fields(row.command)...)
		require.Equal(t, before, digest(), row.command)
		j.refusal = nil
		if row.effects != "" && row.command != findsExpired {
			require.Equal(t, nook.ErrTimeout.Error(), reply.Str, row.command)
			do(t, s.Select(0), strings.Fields(row.command)...)
		}
	}
}

// TestOwes is of a caller who waits for many commands at once.
func TestOwes(t *testing.T) {
	j := &pledge{failure: nook.ErrTimeout}
	s := nook.NewChecked(t, nook.Options{Journal: j})
	owes := false
	c := s.As(&nook.Caller{Owes: &owes})
	_, _, err := c.Get("a")
	require.NoError(t, err)
	require.False(t, owes)
	require.NoError(t, c.Set("a", "1"))
	require.NoError(t, c.Exec(func(tx *nook.Tx) error { return tx.Set("b", "1") }, "b"))
	require.Equal(t, 2, j.waiting)
	require.True(t, owes)
	require.ErrorIs(t, s.Commit(), nook.ErrTimeout)
	require.Zero(t, j.waiting)
	require.NoError(t, nook.NewChecked(t, nook.Options{}).Commit())
}

// TestCommitOfTransactions waits once, at the end.
func TestCommitOfTransactions(t *testing.T) {
	j := &pledge{failure: nook.ErrTimeout}
	s := nook.NewChecked(t, nook.Options{Journal: j})
	err := s.Exec(func(tx *nook.Tx) error {
		require.NoError(t, tx.Set("a", "1"))
		require.NoError(t, tx.Set("b", "1"))
		return nil
	})
	require.ErrorIs(t, err, nook.ErrTimeout)
	require.Zero(t, j.waiting)
	require.ErrorIs(t, s.Exec(func(tx *nook.Tx) error { return tx.Set("a", "2") }), nook.ErrTimeout)
	require.ErrorIs(t, s.PutLibrary(nook.Library{Name: "l", Code: "c"}), nook.ErrTimeout)
	require.Zero(t, j.waiting)
}

func TestEffectsOfTransactions(t *testing.T) {
	j := new(entries)
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{Clock: clock, Journal: j})
	failure := errors.New("failure")
	steps := func(tx *nook.Tx) {
		succeed(tx.Set("a", "1"))
		succeed(tx.DB(1).Set("a", "2"))
		succeed(tx.Exec(func(tx *nook.Tx) error { return tx.MSet(nook.Pair{Key: "b", Value: "3"}) }, "b"))
		_, err := tx.Del("a", "b")
		succeed(err)
	}
	const want = "SET a 1; SET a 2@1; MSET b 3; DEL a; DEL b"
	require.NoError(t, s.Exec(func(tx *nook.Tx) error { steps(tx); return nil }))
	require.ErrorIs(t, s.Exec(func(tx *nook.Tx) error { steps(tx); return failure }, "a", "b"), failure)
	require.Panics(t, func() { _ = s.Exec(func(tx *nook.Tx) error { steps(tx); panic(failure) }) })
	require.Equal(t, []string{want, want, want}, j.take())

	require.NoError(t, s.Exec(func(tx *nook.Tx) error { _, _, err := tx.Get("a"); return err }))
	w, err := s.Watch("a")
	require.NoError(t, err)
	succeed(s.Set("a", "v"))
	require.Equal(t, []string{"SET a v"}, j.take())
	require.ErrorIs(t, w.Exec(func(*nook.Tx) error { return nil }), nook.ErrTxConflict)
	require.Nil(t, j.take(), "what does nothing says nothing")

	_, err = s.Expire("a", time.Second)
	succeed(err)
	clock.Advance(time.Second)
	require.Equal(t, []string{"PEXPIREAT a 1577836801000", "DEL a"}, j.take())
}

// TestJournalOrder changes few keys from many goroutines. The entries, in the
// order in which they came, make the same of an empty store.
func TestJournalOrder(t *testing.T) {
	j := new(entries)
	s := nook.NewChecked(t, nook.Options{Shards: 4, Databases: 2, Journal: j})
	key := func(r *rand.Rand) string { return string(rune('a' + r.IntN(5))) }
	changes := []func(r *rand.Rand, c *nook.Commands) error{
		func(r *rand.Rand, c *nook.Commands) error { return c.Set(key(r), fmt.Sprint(r.IntN(100))) },
		func(r *rand.Rand, c *nook.Commands) error { _, err := c.Append(key(r), "x"); return err },
		func(r *rand.Rand, c *nook.Commands) error { _, err := c.Incr(key(r)); return err },
		func(r *rand.Rand, c *nook.Commands) error {
			_, err := c.SetRange(key(r), int64(r.IntN(9)), "0")
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error { _, err := c.Del(key(r), key(r)); return err },
		func(r *rand.Rand, c *nook.Commands) error { return c.Rename(key(r), key(r)) },
		func(r *rand.Rand, c *nook.Commands) error {
			_, err := c.CopyWith(key(r), key(r), nook.CopyOptions{DB: nook.ToDB(r.IntN(2)), Replace: true})
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error { _, err := c.Move(key(r), r.IntN(2)); return err },
		func(r *rand.Rand, c *nook.Commands) error {
			return c.MSet(nook.Pair{Key: key(r), Value: "1"}, nook.Pair{Key: key(r), Value: "2"})
		},
		func(r *rand.Rand, c *nook.Commands) error {
			a, b := key(r), key(r)
			return c.Exec(func(tx *nook.Tx) error {
				n, err := tx.Append(a, "y")
				return errors.Join(err, tx.Set(b, fmt.Sprint(n)))
			}, a, b)
		},
		func(r *rand.Rand, c *nook.Commands) error {
			_, err := c.SAdd(key(r), fmt.Sprint(r.IntN(9)), "x")
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error { _, err := c.SPopCount(key(r), r.IntN(4)); return err },
		func(r *rand.Rand, c *nook.Commands) error { _, _, err := c.SPop(key(r)); return err },
		func(r *rand.Rand, c *nook.Commands) error { _, err := c.SMove(key(r), key(r), "x"); return err },
		func(r *rand.Rand, c *nook.Commands) error {
			_, err := c.SUnionStore(key(r), key(r), key(r))
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error {
			_, err := c.ZAdd(key(r), nook.Z{Member: "x", Score: r.Float64()}, nook.Z{Member: fmt.Sprint(r.IntN(9))})
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error { _, err := c.ZIncrBy(key(r), "x", 0.1); return err },
		func(r *rand.Rand, c *nook.Commands) error { _, err := c.ZPopMinCount(key(r), r.IntN(4)); return err },
		func(r *rand.Rand, c *nook.Commands) error {
			_, err := c.ZUnionStore(key(r), nook.ZCombineOptions{}, key(r), key(r))
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error {
			_, err := c.ZRemRange(key(r), nook.ScoreRange(0, 0.3))
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error {
			trim := nook.StreamTrim{By: nook.TrimBy(r.IntN(3)), MaxLen: r.IntN(9), MinID: nook.StreamID{Ms: uint64(r.IntN(300))}, Approx: r.IntN(2) == 0}
			o := nook.XAddOptions{ID: nook.NextIDWithin(uint64(r.IntN(500))), Trim: trim}
			_, _, err := c.XAddWith(key(r), o, nook.Field{Name: "f", Value: fmt.Sprint(r.IntN(9))})
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error {
			_, err := c.XDel(key(r), nook.StreamID{Ms: uint64(r.IntN(500))}, nook.StreamID{Ms: uint64(r.IntN(500))})
			return err
		},
		func(r *rand.Rand, c *nook.Commands) error {
			if r.IntN(20) == 0 {
				return c.FlushDB()
			}
			return c.SwapDB(0, 1)
		},
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for range 2000 {
				err := changes[r.IntN(len(changes))](r, s.Select(r.IntN(2)))
				var known *nook.Error
				if err != nil && !errors.As(err, &known) {
					panic(err)
				}
			}
		})
	}
	wg.Wait()
	copied := nook.NewChecked(t, nook.Options{Databases: 2})
	j.run(t, copied)
	require.Equal(t, bare(nook.Contents(s)), bare(nook.Contents(copied)))
}

// TestExpiryIsAlwaysJournaled: what of a transaction is not to go to the journal is what its commands do; that a key has expired is no such.
func TestExpiryIsAlwaysJournaled(t *testing.T) {
	j := new(entries)
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{Clock: clock, Journal: j})
	succeed(s.SetActiveExpire(false))
	for _, key := range []string{"k", "l"} {
		_, err := s.SetWith(key, "v", nook.SetOptions{Expire: nook.ExpireIn(time.Second)})
		succeed(err)
	}
	_, err := s.HSet("h", nook.Field{Name: "f", Value: "v"}, nook.Field{Name: "g", Value: "v"})
	succeed(err)
	_, err = s.HExpire("h", time.Second, "f")
	succeed(err)
	clock.Advance(time.Second)
	j.take()
	succeed(s.Exec(func(tx *nook.Tx) error {
		tx.Journaled(false)
		_, _, err := tx.Get("k")
		succeed(err)
		_, err = tx.HLen("h")
		succeed(err)
		return tx.Set("l", "w")
	}))
	require.Equal(t, []string{"DEL k; HDEL h f; DEL l"}, j.take())
}

// TestNothingIsEvictedForWhatIsRefused: a journal that takes no writes is asked first.
func TestNothingIsEvictedForWhatIsRefused(t *testing.T) {
	j := new(pledge)
	s := nook.NewChecked(t, nook.Options{Journal: j, MaxMemory: 64 << 10, MaxMemoryPolicy: nook.AllKeysRandom})
	for i := range 9 {
		succeed(s.Set(strconv.Itoa(i), "v"))
	}
	succeed(s.Set("large", strings.Repeat("v", 128<<10)))
	j.refusal = nook.ErrTimeout // any error
	for _, write := range []func() error{
		func() error { return s.Set("a", "b") },
		func() error { return s.MSet(nook.Pair{Key: "a", Value: "b"}, nook.Pair{Key: "c", Value: "d"}) },
		func() error { return s.Exec(func(tx *nook.Tx) error { return tx.Set("a", "b") }) },
		func() error { return s.Exec(func(tx *nook.Tx) error { return tx.Set("a", "b") }, "a") },
	} {
		require.ErrorIs(t, write(), nook.ErrTimeout)
		n, err := s.DBSize()
		succeed(err)
		require.Equal(t, 10, n)
	}
	j.refusal = nil
	succeed(s.Set("a", "b"))
	n, err := s.DBSize()
	succeed(err)
	require.Less(t, n, 11)
}

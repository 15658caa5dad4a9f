package nook

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nookdb/nook/internal/redistest"
)

func TestMain(m *testing.M) {
	code := redistest.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// testT is what *testing.T and *rapid.T have in common.
type testT interface {
	require.TestingT
	Helper()
	Cleanup(func())
}

// newStore returns a store that, when the test ends, is checked and closed,
// unless the test has closed it.
func newStore(t testT, o Options) *Store {
	t.Helper()
	s, err := New(&o)
	require.NoError(t, err)
	t.Cleanup(func() {
		if !s.ks.isClosed() {
			s.ks.check(t)
		}
		require.NoError(t, s.Close())
		s.ks.checkClosed(t)
	})
	return s
}

// newTimed returns a store whose time stands still, and its clock.
func newTimed(t testT, o Options) (*Store, *ManualClock) {
	t.Helper()
	clock := NewManualClock(time.Time{})
	o.Clock = clock
	return newStore(t, o), clock
}

// calls are calls of every method that can fail, which all need a database and
// a store that is open.
var calls = map[string]func(c *Commands) error{
	"Get":            func(c *Commands) error { _, _, err := c.Get("k"); return err },
	"AppendGet":      func(c *Commands) error { _, _, err := c.AppendGet(nil, "k"); return err },
	"GetDel":         func(c *Commands) error { _, _, err := c.GetDel("k"); return err },
	"GetEx":          func(c *Commands) error { _, _, err := c.GetEx("k", KeepTTL()); return err },
	"GetRange":       func(c *Commands) error { _, err := c.GetRange("k", 0, 1); return err },
	"Set":            func(c *Commands) error { return c.Set("k", "v") },
	"SetBytes":       func(c *Commands) error { return c.SetBytes("k", nil) },
	"SetWith":        func(c *Commands) error { _, err := c.SetWith("k", "v", SetOptions{}); return err },
	"MGet":           func(c *Commands) error { _, err := c.MGet("k", "l"); return err },
	"MSet":           func(c *Commands) error { return c.MSet(Pair{"k", "v"}) },
	"MSetNX":         func(c *Commands) error { _, err := c.MSetNX(Pair{"k", "v"}); return err },
	"MSetWith":       func(c *Commands) error { _, err := c.MSetWith(MSetOptions{}, Pair{"k", "v"}); return err },
	"Append":         func(c *Commands) error { _, err := c.Append("k", "v"); return err },
	"StrLen":         func(c *Commands) error { _, err := c.StrLen("k"); return err },
	"SetRange":       func(c *Commands) error { _, err := c.SetRange("k", 0, "v"); return err },
	"Incr":           func(c *Commands) error { _, err := c.Incr("k"); return err },
	"Decr":           func(c *Commands) error { _, err := c.Decr("k"); return err },
	"IncrBy":         func(c *Commands) error { _, err := c.IncrBy("k", 1); return err },
	"DecrBy":         func(c *Commands) error { _, err := c.DecrBy("k", 1); return err },
	"IncrByFloat":    func(c *Commands) error { _, err := c.IncrByFloat("k", 1); return err },
	"IncrByDecimal":  func(c *Commands) error { _, err := c.IncrByDecimal("k", "1"); return err },
	"bad decimal":    func(c *Commands) error { _, err := c.IncrByDecimal("k", "x"); return err },
	"LCS":            func(c *Commands) error { _, err := c.LCS("k", "l"); return err },
	"LCSLen":         func(c *Commands) error { _, err := c.LCSLen("k", "l"); return err },
	"LCSIdx":         func(c *Commands) error { _, err := c.LCSIdx("k", "l", 0); return err },
	"DelEx":          func(c *Commands) error { _, err := c.DelEx("k", Condition{}); return err },
	"Digest":         func(c *Commands) error { _, _, err := c.Digest("k"); return err },
	"GetBit":         func(c *Commands) error { _, err := c.GetBit("k", 0); return err },
	"SetBit":         func(c *Commands) error { _, err := c.SetBit("k", 0, 1); return err },
	"BitCount":       func(c *Commands) error { _, err := c.BitCount("k"); return err },
	"BitPos":         func(c *Commands) error { _, err := c.BitPos("k", 1); return err },
	"BitOp":          func(c *Commands) error { _, err := c.BitOp(BitNot, "k", "l"); return err },
	"BitField":       func(c *Commands) error { _, err := c.BitField("k"); return err },
	"BitFieldRO":     func(c *Commands) error { _, err := c.BitFieldRO("k"); return err },
	"Del":            func(c *Commands) error { _, err := c.Del("k"); return err },
	"Del of two":     func(c *Commands) error { _, err := c.Del("k", "l"); return err },
	"Unlink":         func(c *Commands) error { _, err := c.Unlink("k"); return err },
	"Exists":         func(c *Commands) error { _, err := c.Exists("k"); return err },
	"Exists of two":  func(c *Commands) error { _, err := c.Exists("k", "l"); return err },
	"Touch":          func(c *Commands) error { _, err := c.Touch("k"); return err },
	"Type":           func(c *Commands) error { _, err := c.Type("k"); return err },
	"Rename":         func(c *Commands) error { return c.Rename("k", "l") },
	"RenameNX":       func(c *Commands) error { _, err := c.RenameNX("k", "l"); return err },
	"Copy":           func(c *Commands) error { _, err := c.Copy("k", "l"); return err },
	"CopyWith":       func(c *Commands) error { _, err := c.CopyWith("k", "l", CopyOptions{DB: ToDB(1)}); return err },
	"Move":           func(c *Commands) error { _, err := c.Move("k", 1); return err },
	"Keys":           func(c *Commands) error { _, err := c.Keys("*"); return err },
	"ScanPage":       func(c *Commands) error { _, _, err := c.ScanPage(0, ScanOptions{}); return err },
	"RandomKey":      func(c *Commands) error { _, _, err := c.RandomKey(); return err },
	"DBSize":         func(c *Commands) error { _, err := c.DBSize(); return err },
	"ObjectEncoding": func(c *Commands) error { _, _, err := c.ObjectEncoding("k"); return err },
	"ObjectRefCount": func(c *Commands) error { _, _, err := c.ObjectRefCount("k"); return err },
	"ObjectIdleTime": func(c *Commands) error { _, _, err := c.ObjectIdleTime("k"); return err },
	"ObjectFreq":     func(c *Commands) error { _, _, err := c.ObjectFreq("k"); return err },
	"FlushDB":        (*Commands).FlushDB,
	"FlushAll":       (*Commands).FlushAll,
	"SwapDB":         func(c *Commands) error { return c.SwapDB(0, 1) },
	"Expire":         func(c *Commands) error { _, err := c.Expire("k", 1); return err },
	"ExpireWith":     func(c *Commands) error { _, err := c.ExpireWith("k", 1, ExpireIfNone); return err },
	"ExpireAt":       func(c *Commands) error { _, err := c.ExpireAt("k", time.Time{}); return err },
	"ExpireAtWith":   func(c *Commands) error { _, err := c.ExpireAtWith("k", time.Time{}, ExpireIfNone); return err },
	"TTL":            func(c *Commands) error { _, _, err := c.TTL("k"); return err },
	"ExpireTime":     func(c *Commands) error { _, _, err := c.ExpireTime("k"); return err },
	"Persist":        func(c *Commands) error { _, err := c.Persist("k"); return err },
	"Stats":          func(c *Commands) error { _, err := c.Stats(); return err },
	"Exec":           func(c *Commands) error { return c.Exec(func(*Tx) error { panic("called") }) },
	"Watch":          func(c *Commands) error { _, err := c.Watch("k"); return err },
}

// failsOnly are the methods of Commands that calls does not need.
var failsOnly = map[string]string{
	"BitCountRange": "is BitCount", "BitPosFrom": "is BitPos", "BitPosRange": "is BitPos",
	"Scan": "ends with the loop", "Now": "cannot fail", "DBIndex": "cannot fail", "Databases": "cannot fail",
	"Select": "cannot fail", "MakeRoom": "does nothing",
}

// TestCallsAreAll keeps the list of calls complete.
func TestCallsAreAll(t *testing.T) {
	for m := range reflect.TypeFor[*Commands]().Methods() {
		if _, listed := calls[m.Name]; !listed {
			require.NotEmpty(t, failsOnly[m.Name], m.Name)
		}
	}
}

func TestClose(t *testing.T) {
	for _, o := range []Options{{}, {MaxMemory: 100}, {MaxMemory: 100, MaxMemoryPolicy: AllKeysLRU}} {
		s, _ := newTimed(t, o)
		_ = s.Set("k", "v")
		_, _ = s.SetWith("timed", strings.Repeat("v", 1000), SetOptions{Expire: ExpireIn(time.Minute)})
		require.NoError(t, s.Close())
		require.NoError(t, s.Close())
		for name, call := range calls {
			require.ErrorIs(t, call(&s.commands), ErrClosed, name)
			require.ErrorIs(t, call(s.Select(3)), ErrClosed, name)
		}
		require.NotZero(t, s.Now())
	}
}

// TestCloseWaits shows that a transaction under way is finished first.
func TestCloseWaits(t *testing.T) {
	s := newStore(t, Options{})
	closed := make(chan error)
	require.NoError(t, s.Exec(func(tx *Tx) error {
		go func() { closed <- s.Close() }()
		runtime.Gosched()
		for range 100 {
			try(tx.Set("k", "v"))
			require.Equal(t, some("v"), found(tx.Get("k")))
		}
		return nil
	}))
	require.NoError(t, <-closed)
	fails(t, ErrClosed)(s.Get("k"))
}

// TestCloseWhileInUse closes a store that many goroutines use: each call works
// wholly or finds the store closed.
func TestCloseWhileInUse(t *testing.T) {
	for range 20 {
		s := newStore(t, Options{Shards: 4})
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 4 {
			wg.Go(func() {
				key := fmt.Sprint(i)
				<-start
				for n := int64(1); ; n++ {
					got, err := s.Incr(key)
					if err != nil {
						requireClosed(err)
						return
					}
					v, ok, err := s.Get(key)
					if err != nil {
						requireClosed(err)
						return
					}
					if got != n || !ok || v != fmt.Sprint(n) {
						panic(fmt.Sprintf("%s is %q after %d", key, v, n))
					}
				}
			})
		}
		close(start)
		require.NoError(t, s.Close())
		wg.Wait()
	}
}

func requireClosed(err error) {
	if !errors.Is(err, ErrClosed) {
		panic(err)
	}
}

func TestDBOutOfRange(t *testing.T) {
	s := newStore(t, Options{Databases: 2})
	for _, n := range []int{-1 << 63, -1, 2, 16, 1 << 40} {
		for name, call := range calls {
			require.ErrorIs(t, call(&s.DB(n).commands), ErrDBIndex, name)
		}
		require.Equal(t, n, s.DB(n).DBIndex())
		require.Equal(t, n, s.Select(n).DBIndex())
		require.NotZero(t, s.DB(n).Now())
		require.NoError(t, s.Exec(func(tx *Tx) error {
			for name, call := range calls {
				if name != "Watch" { // which comes to nothing anyway
					require.ErrorIs(t, call(&tx.DB(n).commands), ErrDBIndex, name)
				}
			}
			return nil
		}))
	}
}

func TestDatabasesAreApart(t *testing.T) {
	s := newStore(t, Options{Databases: 3})
	require.Equal(t, 3, s.Databases())
	for n := range 3 {
		try(s.DB(n).Set("k", fmt.Sprint(n)))
	}
	require.Equal(t, some("0"), found(s.Get("k")))
	require.Equal(t, some("1"), found(s.DB(1).Get("k")))
	require.Equal(t, some("2"), found(s.DB(1).Select(2).Get("k")))
	must(s.DB(2).Del("k"))
	require.Equal(t, 1, must(s.DBSize()))
	require.Zero(t, must(s.DB(2).DBSize()))
}

func TestStats(t *testing.T) {
	s, clock := newTimed(t, Options{Databases: 3, MaxMemory: 1 << 30, MaxMemoryPolicy: AllKeysLRU})
	for i := range 10 {
		try(s.Set(fmt.Sprint(i), "v"))
		must(s.DB(2).SetWith(fmt.Sprint(i), "v", SetOptions{Expire: ExpireIn(time.Duration(i+1) * time.Minute)}))
	}
	must(s.Append("0", strings.Repeat("x", 1000)))
	clock.Advance(30 * time.Second)
	got := must(s.Stats())
	require.Equal(t, []DatabaseStats{{Keys: 10}, {}, {10, 10, 5 * time.Minute}}, got.Databases)
	require.EqualValues(t, 1<<30, got.MaxMemory)
	require.Equal(t, AllKeysLRU, got.MaxMemoryPolicy)
	require.EqualValues(t, 21, got.Changes)
	require.Zero(t, got.Evicted)
	require.Greater(t, got.Bytes, int64(1000+20*24))
	must(s.Del("0"))
	require.Less(t, must(s.Stats()).Bytes, got.Bytes-1000)
}

func TestErrors(t *testing.T) {
	require.Equal(t, "WRONGTYPE", ErrWrongType.Code())
	require.Equal(t, "ERR", ErrSyntax.Code())
	err := error(invalidExpire("setex"))
	require.EqualError(t, err, "ERR invalid expire time in 'setex' command")
	require.ErrorIs(t, err, ErrInvalidExpire)
	require.NotErrorIs(t, err, ErrSyntax)
	require.NotErrorIs(t, ErrInvalidExpire, err)
	require.NotErrorIs(t, ErrSyntax, (*Error)(nil))
	var e *Error
	require.ErrorAs(t, fmt.Errorf("wrapped: %w", err), &e)
	require.Equal(t, "ERR", e.Code())
}

package nooktest_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
	"github.com/nookdb/nook/server"
)

// Every server of these tests must be gone at the end, with all its goroutines.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial connects in memory.
func dial(t testing.TB, s *nooktest.Server) *redistest.Conn {
	t.Helper()
	raw, err := s.Dial(t.Context(), "", "")
	require.NoError(t, err)
	return redistest.NewConn(t, raw)
}

func TestClientsAndStoreShareTheData(t *testing.T) {
	s := nooktest.Run(t)
	memory := dial(t, s)
	raw, err := net.Dial("tcp", s.Addr())
	require.NoError(t, err)
	tcp := redistest.NewConn(t, raw)

	require.NoError(t, s.Store().Set("greeting", "hello"))
	require.Equal(t, "hello", memory.Do("GET", "greeting").Str)
	require.Equal(t, "hello", tcp.Do("GET", "greeting").Str)
	require.EqualValues(t, 11, tcp.Do("APPEND", "greeting", " world").Int)
	v, _, err := s.Store().Get("greeting")
	require.NoError(t, err)
	require.Equal(t, "hello world", v)
}

func TestAddressStays(t *testing.T) {
	s := nooktest.Run(t)
	require.Equal(t, s.Addr(), s.Addr())
	require.Equal(t, "redis://"+s.Addr(), s.URL())
}

func TestEachClientHasItsAddress(t *testing.T) {
	s := nooktest.Run(t)
	dial(t, s).Do("PING")
	c := dial(t, s)
	c.Do("PING")
	require.Contains(t, c.Do("CLIENT", "LIST").Str, "addr=memory:1 ")
	require.Contains(t, c.Do("CLIENT", "INFO").Str, "addr=memory:2 ")
}

func TestTimeStandsStill(t *testing.T) {
	before := time.Now()
	s := nooktest.Run(t)
	began := s.Store().Now()
	require.WithinRange(t, began, before.Round(0), time.Now())

	c := dial(t, s)
	c.Do("SET", "k", "v", "PX", "1000")
	s.Advance(999 * time.Millisecond)
	require.EqualValues(t, 1, c.Do("PTTL", "k").Int)
	s.Advance(time.Millisecond)
	require.EqualValues(t, 0, c.Do("EXISTS", "k").Int)
	require.Equal(t, time.Second, s.Store().Now().Sub(began))
	require.Equal(t, s.Store().Now(), s.Clock().Now())
}

func TestRealTime(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{RealTime: true})
	require.Nil(t, s.Clock())
	first := s.Store().Now()
	require.Eventually(t, func() bool { return s.Store().Now().After(first) }, time.Minute, time.Millisecond)
	c := dial(t, s)
	c.Do("SET", "k", "v", "EX", "3600")
	s.Advance(59 * time.Minute)
	require.EqualValues(t, 1, c.Do("EXISTS", "k").Int)
	s.Advance(time.Minute)
	require.EqualValues(t, 0, c.Do("EXISTS", "k").Int)
	require.GreaterOrEqual(t, s.Store().Now().Sub(first), time.Hour)
}

// realTime is a clock that is none of ours.
type realTime struct{}

func (realTime) Now() time.Time { return time.Now() }

func (realTime) AfterFunc(d time.Duration, f func()) nook.Timer { return time.AfterFunc(d, f) }

func TestForeignClock(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{Store: nook.Options{Clock: realTime{}}})
	require.Contains(t, failure(t, func(testing.TB) { s.Advance(time.Second) }, s), "Advance")
	i := s.Inject(nooktest.Fault{Effect: nooktest.Delay(time.Millisecond)})
	require.Equal(t, "PONG", dial(t, s).Do("PING").Str)
	require.Equal(t, 1, i.Struck())
}

func TestTimeOfTheEnvironment(t *testing.T) {
	t.Setenv(nooktest.TimeEnv, "2026-05-04T03:02:01.5Z")
	require.Equal(t, "2026-05-04T03:02:01.5Z", nooktest.Run(t).Store().Now().Format(time.RFC3339Nano))
	t.Setenv(nooktest.TimeEnv, "noon")
	require.Contains(t, failure(t, func(t testing.TB) { nooktest.Run(t) }, nil), "no time")
}

func TestOwnClock(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	s := nooktest.RunWith(t, nooktest.Options{RealTime: true, Store: nook.Options{Clock: clock}})
	require.Same(t, clock, s.Clock())
	s.Advance(time.Hour)
	require.Equal(t, clock.Now(), s.Store().Now())
	require.Equal(t, time.Date(2020, 1, 1, 1, 0, 0, 0, time.UTC), s.Store().Now())
}

// In a bubble, time passes as it does for all others there.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nooktest.Run(t)
		c := dial(t, s)
		require.Equal(t, time.Now(), s.Store().Now())
		c.Do("SET", "k", "v", "EX", "3600")
		time.Sleep(time.Hour - time.Millisecond)
		require.EqualValues(t, 1, c.Do("PTTL", "k").Int)
		time.Sleep(time.Millisecond)
		require.EqualValues(t, 0, c.Do("EXISTS", "k").Int)

		c.Do("SET", "k", "v", "EX", "60")
		before := time.Now()
		s.Advance(time.Minute)
		require.Equal(t, time.Minute, time.Since(before))
		require.EqualValues(t, 0, c.Do("EXISTS", "k").Int)
		require.Nil(t, s.Clock())
	})
}

// A clock of the test's own stays in force in a bubble.
func TestOwnClockInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nooktest.RunWith(t, nooktest.Options{Store: nook.Options{Clock: nook.NewManualClock(time.Time{})}})
		before := time.Now()
		s.Advance(time.Hour)
		require.Zero(t, time.Since(before))
	})
}

func TestNoSocketInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *nooktest.Server
		report := failure(t, func(t testing.TB) {
			s = nooktest.Run(t)
			s.Addr()
		}, nil)
		require.Contains(t, report, "use Dial")
		s.Close()
	})
}

// failure runs f in a goroutine that a failing test may end, with a T that keeps
// what it was failed with. A server that f did not start itself reports to that T too.
func failure(t *testing.T, f func(testing.TB), s *nooktest.Server) string {
	t.Helper()
	v := &verdict{TB: t}
	if s != nil {
		nooktest.SetTB(s, v)
		defer nooktest.SetTB(s, t)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(v)
	}()
	<-done
	return v.text
}

// verdict keeps how a test was failed.
type verdict struct {
	testing.TB
	text string
}

func (v *verdict) Fatal(args ...any) {
	v.text = fmt.Sprint(args...)
	runtime.Goexit()
}

func (v *verdict) Fatalf(format string, args ...any) { v.Fatal(fmt.Sprintf(format, args...)) }

// What fails in a subtest fails that, and what comes after it the test again.
func TestIn(t *testing.T) {
	s := nooktest.Run(t)
	outer := &verdict{TB: t}
	nooktest.SetTB(s, outer)
	defer nooktest.SetTB(s, t)
	t.Run("inner", func(t *testing.T) {
		inner := &verdict{TB: t}
		s.In(inner)
		failure(t, func(testing.TB) { s.Inject(nooktest.Fault{}) }, nil)
		require.Contains(t, inner.text, "Effect")
		require.Empty(t, outer.text)
	})
	failure(t, func(testing.TB) { s.Inject(nooktest.Fault{}) }, nil)
	require.Contains(t, outer.text, "Effect")
}

func TestPassword(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{Server: server.Options{Password: "p@ss/word"}})
	c := dial(t, s)
	require.True(t, strings.HasPrefix(c.Do("GET", "k").Str, "NOAUTH "))
	require.Equal(t, "OK", c.Do("AUTH", "default", "p@ss/word").Str)

	u, err := url.Parse(s.URL())
	require.NoError(t, err)
	password, _ := u.User.Password()
	require.Equal(t, []string{"default", "p@ss/word", s.Addr()}, []string{u.User.Username(), password, u.Host})
}

func TestStoreOptions(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{Store: nook.Options{Databases: 2}})
	require.Equal(t, "ERR DB index is out of range", dial(t, s).Do("SELECT", "2").Str)
}

func TestWrongOptions(t *testing.T) {
	for want, o := range map[string]nooktest.Options{
		"Databases": {Store: nook.Options{Databases: -1}},
		"MaxBulk":   {Server: server.Options{MaxBulk: -1}},
	} {
		require.Contains(t, failure(t, func(t testing.TB) { nooktest.RunWith(t, o) }, nil), want)
	}
}

func TestParallelTestsAreApart(t *testing.T) {
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := nooktest.Run(t)
			c := dial(t, s)
			for n := range 100 {
				require.EqualValues(t, n+1, c.Do("INCR", "n").Int)
				s.Advance(time.Second)
			}
			require.EqualValues(t, 1, c.Do("DBSIZE").Int)
		})
	}
}

// A client whose server goes sees the end of its connection, and no new one.
func TestClose(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	c.Do("PING")
	addr := s.Addr()
	s.Close()
	s.Close()

	c.Send("PING")
	_, err := c.Receive()
	require.Error(t, err)
	_, err = s.Dial(t.Context(), "tcp", "cache:6379")
	var refused *net.OpError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "dial", refused.Op)
	require.ErrorIs(t, err, server.ErrClosed)
	_, err = net.Dial("tcp", addr)
	require.Error(t, err)
	_, _, err = s.Store().Get("k")
	require.ErrorIs(t, err, nook.ErrClosed)
}

func TestNoAddressOnceClosed(t *testing.T) {
	s := nooktest.Run(t)
	s.Close()
	require.Contains(t, failure(t, func(testing.TB) { s.Addr() }, s), "closed")
}

func TestDialHeedsItsContext(t *testing.T) {
	s := nooktest.Run(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Dial(ctx, "", "")
	require.ErrorIs(t, err, context.Canceled)
}

// Clients dial while the test ends.
func TestDialAgainstClose(t *testing.T) {
	s := nooktest.Run(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := s.Dial(context.Background(), "", "")
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	s.Close()
	<-ended
}

// 100,000 requests are written before the first reply is read.
func TestLongPipeline(t *testing.T) {
	s := nooktest.Run(t)
	raw, err := s.Dial(t.Context(), "", "")
	require.NoError(t, err)
	const requests = 100_000
	_, err = raw.Write([]byte(strings.Repeat("INCR n\r\n", requests)))
	require.NoError(t, err)
	c := redistest.NewConn(t, raw)
	for i := range requests {
		r, err := c.Receive()
		require.NoError(t, err)
		require.EqualValues(t, i+1, r.Int)
	}
}

// TestDebug shows that tests may use DEBUG as those of Redis do.
func TestDebug(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	require.Equal(t, "OK", c.Do("DEBUG", "SET-ACTIVE-EXPIRE", "0").Str)
	require.Equal(t, "OK", c.Do("DEBUG", "POPULATE", "3").Str)
	require.EqualValues(t, 3, c.Do("DBSIZE").Int)
	require.NotEqual(t, strings.Repeat("0", 40), c.Do("DEBUG", "DIGEST").Str)
}

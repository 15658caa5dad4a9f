package nooktest_test

import (
	"fmt"
	"net/url"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
	"github.com/nookdb/nook/server"
)

// realKeys are keys that Redis 7.0 can hold too.
var realKeys = nooktest.Keys{
	"greeting": nooktest.String("hello"),
	"user:1":   nooktest.Hash{"name": "ada", "born": "1815"},
	"queue":    nooktest.List{"first", "second"},
	"tags":     nooktest.Set{"a", "b"},
	"board":    nooktest.ZSet{"ada": 12, "bob": 7.5},
	"session":  nooktest.Expiring{Value: nooktest.String("token"), TTL: time.Minute},
	"events":   everything["events"],
	"trimmed":  everything["trimmed"],
}

// TestRealServer runs the same test against nook and a server of its own.
func TestRealServer(t *testing.T) {
	redistest.Start(t) // fails, or skips the test, if there is none
	for _, where := range []string{"", "redis-server"} {
		t.Run(where, func(t *testing.T) {
			t.Setenv(nooktest.RedisEnv, where)
			for range 2 {
				s := nooktest.Run(t)
				c := dial(t, s)
				require.EqualValues(t, 0, c.Do("DBSIZE").Int)
				s.Fill(realKeys)
				require.Equal(t, "hello", c.Do("GET", "greeting").Str)
				s.RequireKeys(t, realKeys)
				c.Do("DEL", "greeting")
				require.Contains(t, failure(t, func(t testing.TB) { s.RequireKeys(t, realKeys) }, nil), `- "greeting": nooktest.String("hello"),`)
				require.Contains(t, failure(t, func(testing.TB) { s.Fill(nooktest.Keys{"x": nooktest.Stream{LastID: "x"}}) }, s), "XSETID")
			}
		})
	}
}

func TestRealServerWithOptions(t *testing.T) {
	redistest.Start(t)
	t.Setenv(nooktest.RedisEnv, "redis-server")
	s := nooktest.RunWith(t, nooktest.Options{
		Store: nook.Options{
			Databases: 3, MaxMemory: 1 << 30, MaxMemoryPolicy: nook.AllKeysLRU,
			Notify: nook.Notify{Keyevent: true, Classes: nook.EventExpired},
		},
		Server: server.Options{Password: "secret"},
	})
	c := dial(t, s)
	require.Contains(t, c.Do("PING").Str, "NOAUTH")
	require.Equal(t, "OK", c.Do("AUTH", "secret").Str)
	for name, want := range map[string]string{
		"databases": "3", "maxmemory": "1073741824", "maxmemory-policy": "allkeys-lru", "notify-keyspace-events": "xE",
	} {
		require.Equal(t, want, c.Do("CONFIG", "GET", name).Elems[1].Str, name)
	}
	s.Fill(realKeys)
	s.RequireKeys(t, realKeys)
	u, err := url.Parse(s.URL())
	require.NoError(t, err)
	require.Equal(t, s.Addr(), u.Host)
}

// A server that is running is for one test at a time, and emptied at the end of each.
func TestRunningServer(t *testing.T) {
	port := freePort(t)
	redis := redistest.Start(t, "--port", port)
	t.Setenv(nooktest.RedisEnv, "127.0.0.1:"+port)
	for range 2 {
		t.Run("", func(t *testing.T) {
			s := nooktest.Run(t)
			dial(t, s).Do("SET", "k", "v")
			s.RequireKeys(t, nooktest.Keys{"k": nooktest.String("v")})
		})
	}
	redis.Dial(t).Do("SET", "precious", "v")
	require.Contains(t, failure(t, func(t testing.TB) { nooktest.Run(t) }, nil), "would be emptied")
	require.EqualValues(t, 1, redis.Dial(t).Do("EXISTS", "precious").Int)
}

// freePort returns a port of this machine.
func freePort(t *testing.T) string {
	s := nooktest.Run(t)
	u, err := url.Parse(s.URL())
	require.NoError(t, err)
	s.Close()
	return u.Port()
}

// What only nook can do skips the test.
func TestRealServerSkips(t *testing.T) {
	redistest.Start(t)
	t.Setenv(nooktest.RedisEnv, "redis-server")
	s := nooktest.Run(t)
	for what, f := range map[string]func(){
		"Store":           func() { s.Store() },
		"Clock":           func() { s.Clock() },
		"Advance":         func() { s.Advance(time.Second) },
		"Snapshot":        func() { s.Snapshot() },
		"Inject":          func() { s.Inject(nooktest.Fault{Effect: nooktest.Disconnect()}) },
		"Commands":        func() { s.Commands() },
		"Forget":          func() { s.Forget() },
		"RequireCommands": func() { s.RequireCommands(t, "") },
	} {
		text := skipped(t, func(t testing.TB) {
			nooktest.SetTB(s, t)
			f()
		})
		require.Contains(t, text, what+" is for nook alone")
	}
	nooktest.SetTB(s, t)
	require.Contains(t, skipped(t, func(t testing.TB) {
		nooktest.RunWith(t, nooktest.Options{Store: nook.Options{Encodings: nook.Encodings{HashMaxListpackEntries: 1}}})
	}), "these options")
}

// A subtest of a server's test is skipped by itself.
func TestRealServerSkipsSubtest(t *testing.T) {
	redistest.Start(t)
	t.Setenv(nooktest.RedisEnv, "redis-server")
	s := nooktest.Run(t)
	skip := false
	t.Run("moves the time", func(t *testing.T) {
		v := &skipping{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.In(v)
			s.Advance(time.Second)
		}()
		<-done
		skip = v.text != ""
	})
	require.True(t, skip)
	dial(t, s).Do("SET", "k", "v")
	s.RequireKeys(t, nooktest.Keys{"k": nooktest.String("v")})
}

// skipped runs f in a goroutine that a skipped test may end, and returns why it was skipped.
func skipped(t *testing.T, f func(t testing.TB)) string {
	v := &skipping{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(v)
	}()
	<-done
	return v.text
}

func TestNoRealServerInBubble(t *testing.T) {
	t.Setenv(nooktest.RedisEnv, "redis-server")
	synctest.Test(t, func(t *testing.T) {
		require.Contains(t, skipped(t, func(t testing.TB) { nooktest.Run(t) }), "bubble")
	})
}

func TestNoSuchRealServer(t *testing.T) {
	for _, where := range []string{"no-such-program", "127.0.0.1:1"} {
		t.Setenv(nooktest.RedisEnv, where)
		require.Contains(t, failure(t, func(t testing.TB) { nooktest.Run(t) }, nil), nooktest.RedisEnv+"="+where)
	}
}

// skipping keeps why a test was skipped.
type skipping struct {
	testing.TB
	text string
}

func (v *skipping) Skipf(format string, args ...any) {
	v.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

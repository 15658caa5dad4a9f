package nooktest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
	"github.com/nookdb/nook/server"
)

// said returns commands, one a line.
func said(commands []nooktest.Command) string {
	var lines []string
	for _, c := range commands {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "\n")
}

func TestCommands(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	c.Do("HELLO", "3")
	c.Do("CLUSTER", "SLOTS") // as rueidis does, to see what it talks to
	c.Do("client", "setname", "worker")
	c.Do("select", "2")
	c.Do("set", "user:1", "Ada L.", "PX", "100")
	c.Do("GET", "user:1")
	other := dial(t, s)
	other.Do("MGET", "user:1", "cart:7")
	other.Do("config", "get", "maxmemory")
	other.Do("INCR")

	all := s.Commands()
	require.Equal(t, "SET user:1 \"Ada L.\" PX 100\nGET user:1\nMGET user:1 cart:7\nCONFIG get maxmemory\nINCR", said(all))
	require.Equal(t, []any{int64(1), "worker", 2, s.Store().Now()}, []any{all[0].ClientID, all[0].Client, all[0].DB, all[0].At})
	require.Equal(t, "CONFIG GET", all[3].Name())
	var replies []string
	for _, c := range all {
		replies = append(replies, c.Reply())
	}
	require.Equal(t, []string{`OK`, `"Ada L."`, `[nil nil]`, `["maxmemory" "0"]`, "ERR wrong number of arguments for 'incr' command"}, replies)

	require.Equal(t, "GET user:1", said(s.Commands(nooktest.Named("get"))))
	require.Equal(t, "CLUSTER SLOTS", said(s.Commands(nooktest.Named("CLUSTER"))))
	require.Equal(t, "HELLO 3\nCLIENT setname worker", said(s.Commands(nooktest.Named("HELLO", "CLIENT"))))
	require.Equal(t, "CONFIG get maxmemory", said(s.Commands(nooktest.Named("config get", "config set"))))
	require.Equal(t, "MGET user:1 cart:7", said(s.Commands(nooktest.OnKey("cart:*"))))
	require.Equal(t, "GET user:1", said(s.Commands(nooktest.OnKey("user:?"), nooktest.FromClient("work*"), nooktest.Named("GET"))))

	require.Equal(t, all, s.Commands(nooktest.Filter{}))

	s.Forget()
	require.Empty(t, s.Commands())
}

func TestRequireCommands(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	c.Do("SET", "user:1", "ada", "PX", "100")
	c.Do("GET", "user:1")
	c.Do("DEL", "")
	s.RequireCommands(t, `
		set user:1 ada PX 100
		GET user:1
		DEL ""
	`)
	s.RequireCommands(t, "SET user:1 * PX *\nGET ...\n...")
	s.RequireCommands(t, "GET user:1", nooktest.Named("GET"))
	s.RequireCommands(t, "", nooktest.Named("INCR"))

	require.Equal(t, `nooktest: the commands differ (- wanted, + came):
	  SET user:1 ada PX 100
	- GET user:2
	+ GET user:1
	  DEL ""
	- INCR * ...
`, failure(t, func(t testing.TB) { s.RequireCommands(t, "SET user:1 * PX 100\nGET user:2\nDEL \"\"\nincr * ...") }, nil))
	require.Contains(t, failure(t, func(t testing.TB) { s.RequireCommands(t, `GET "half`) }, nil), "quoted")
}

func TestRequireCommandsShowsWhatDiffers(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	var want strings.Builder
	for i := range 30 {
		c.Do("GET", fmt.Sprint(i))
		if i == 15 {
			i = 99
		}
		fmt.Fprintf(&want, "GET %d\n", i)
	}
	require.Equal(t, `nooktest: the commands differ (- wanted, + came):
	  ...
	  GET 12
	  GET 13
	  GET 14
	- GET 99
	+ GET 15
	  GET 16
	  GET 17
	  GET 18
	  ...
`, failure(t, func(t testing.TB) { s.RequireCommands(t, want.String()) }, nil))
}

// Of many commands, the oldest are forgotten, and a comparison says so.
func TestCommandsAreBounded(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	const n = 70_000
	for range n {
		c.Send("INCR", "n")
	}
	for range n {
		_, err := c.Receive()
		require.NoError(t, err)
	}
	all := s.Commands()
	require.Less(t, len(all), 1<<16+1)
	require.Equal(t, fmt.Sprint(n), all[len(all)-1].Reply())
	require.Contains(t, failure(t, func(t testing.TB) { s.RequireCommands(t, "") }, nil), "are forgotten")
}

// A test's own interceptor sees what the kit's leaves alone.
func TestOwnInterceptor(t *testing.T) {
	var seen []string
	s := nooktest.RunWith(t, nooktest.Options{Server: server.Options{Intercept: func(r *server.Request) {
		seen = append(seen, r.Args[0])
		r.Serve()
	}}})
	c := dial(t, s)
	s.Inject(nooktest.Fault{Command: "GET", Effect: nooktest.FailWith("LOADING")})
	c.Do("SET", "k", "v")
	require.Equal(t, "LOADING", c.Do("GET", "k").Str)
	require.Equal(t, []string{"SET"}, seen)
	s.RequireCommands(t, "SET k v\nGET k")
}

// What a failing test says lets it be repeated.
func TestReport(t *testing.T) {
	v := &failing{verdict: verdict{TB: t}}
	s := nooktest.RunWith(v, nooktest.Options{Seed: 7, Store: nookOptions()})
	c := dial(t, s)
	for i := range 25 {
		c.Do("SET", "k", fmt.Sprint(i))
	}
	s.Inject(nooktest.Fault{Key: "k", Effect: nooktest.FailWith("LOADING not yet")})
	c.Do("CLIENT", "SETNAME", "me")
	c.Do("SELECT", "3")
	c.Do("GET", "k")
	s.Advance(time.Minute)
	v.end()
	require.Contains(t, v.logged, "nooktest: the seed is 7, and the store's time went from 2020-01-01T00:00:00Z to 2020-01-01T00:01:00Z "+
		"(NOOKTEST_SEED=7 NOOKTEST_TIME=2020-01-01T00:00:00Z repeats it); the last commands:\n"+
		"\t7  client 1: SET k 6 -> OK\n")
	require.Contains(t, v.logged, "\n\t26  client 1 me db 3: GET k -> LOADING not yet (fails with LOADING)")
}

// A subtest that fails says so itself, before others have the server forget its commands.
func TestReportOfSubtest(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{Seed: 7})
	c := dial(t, s)
	ready := s.Snapshot()
	v := &failing{verdict: verdict{TB: t}}
	s.In(v)
	c.Do("SET", "k", "v")
	v.end()
	require.Contains(t, v.logged, "the seed is 7")
	require.Contains(t, v.logged, "client 1: SET k v -> OK")
	ready.Restore()
	s.RequireCommands(t, "")
}

func TestSeedOfTheEnvironment(t *testing.T) {
	t.Setenv(nooktest.SeedEnv, "1234")
	require.EqualValues(t, 1234, nooktest.Run(t).Seed())
	require.EqualValues(t, 7, nooktest.RunWith(t, nooktest.Options{Seed: 7}).Seed())
	t.Setenv(nooktest.SeedEnv, "x")
	require.Contains(t, failure(t, func(t testing.TB) { nooktest.Run(t) }, nil), "no seed")
}

func TestSameSeedSameChance(t *testing.T) {
	draw := func(seed uint64) (drawn string) {
		s := nooktest.RunWith(t, nooktest.Options{Seed: seed, Store: nookOptions()})
		c := dial(t, s)
		s.Inject(nooktest.Fault{Command: "PING", Probability: 0.5, Effect: nooktest.FailWith("NO luck")})
		for i := range 30 {
			c.Do("SET", fmt.Sprint(i), "v")
			drawn += c.Do("RANDOMKEY").Str + c.Do("PING").Str + " "
		}
		return drawn
	}
	require.Equal(t, draw(1), draw(1))
	require.NotEqual(t, draw(1), draw(2))
}

// failing is a test that has failed and keeps what it was told.
type failing struct {
	verdict
	logged   string
	cleanups []func()
}

func (v *failing) Failed() bool     { return true }
func (v *failing) Log(args ...any)  { v.logged += fmt.Sprint(args...) }
func (v *failing) Cleanup(f func()) { v.cleanups = append(v.cleanups, f) }

func (v *failing) end() {
	for i := len(v.cleanups) - 1; i >= 0; i-- {
		v.cleanups[i]()
	}
}
